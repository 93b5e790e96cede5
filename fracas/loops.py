"""Reports whose loop is or was being closed, as the platform follows them up: what they are about, for which units, since when."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from fracas.gates import window_end
from fracas.model import Action, Event, LikeUnit, Report
from fracas.outflow import one_state
from fracas.states import State

FOLLOWED_UP = frozenset({State.MONITORING, State.CLOSED})
_AT_A_TIME = 500


@dataclass(frozen=True)
class Loop:
    """One report in monitoring or closed.

    since: its last implementation or closing, whichever is later: only what fails after that came back. implemented_at: of
    its last action. assets, serials, lots: for which its actions hold, its own unit and like units that are affected.
    window_end: the first day after the stated window.
    """

    id: str
    number: str
    state: State
    component: str
    failure_mode: str
    product_line: str
    submitted_at: dt.datetime | None
    implemented_at: dt.datetime
    since: dt.datetime
    monitored_from: dt.date | None
    window_end: dt.date | None
    assets: tuple[str, ...]
    serials: tuple[str, ...]
    lots: tuple[str, ...]


# Of very many closed reports only what is asked for.
_REPORT = tuple(
    getattr(Report, name)
    for name in (
        "id", "number", "state", "component", "failure_mode", "product_line", "asset_id", "serial_no", "submitted_at", "changed_at",
        "monitored_from", "monitored_days",
    )
)  # fmt: skip


def loops(engine: Engine) -> tuple[Loop, ...]:
    """All of them, by number, of one state of the register."""
    with one_state(engine) as session:
        reports = session.execute(select(*_REPORT).where(Report.state.in_(FOLLOWED_UP)).order_by(Report.number)).all()
        found: list[Loop] = []
        for i in range(0, len(reports), _AT_A_TIME):
            some = reports[i : i + _AT_A_TIME]
            ids = [report.id for report in some]
            entered = _entered(session, ids)
            standing = select(Action.__table__).where(Action.report_id.in_(ids), Action.withdrawn_at.is_(None))
            actions = _by_report(session.execute(standing))
            units = _by_report(session.execute(select(LikeUnit.__table__).where(LikeUnit.report_id.in_(ids))))
            found += [_loop(report, actions[report.id], units[report.id], entered) for report in some]
    return tuple(found)


def _by_report(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.report_id].append(row)
    return found


def _entered(session: Session, ids: Sequence[str]) -> dict[tuple[str, str], dt.datetime]:
    """When each report entered `implemented` and `closed` the last time."""
    moved = (
        Event.subject.in_([f"report:{key}" for key in ids])
        & Event.to_state.in_((State.IMPLEMENTED, State.CLOSED))
        & (Event.from_state != Event.to_state)
    )
    last = (
        select(Event.subject, Event.to_state, func.max(Event.at)).where(moved).group_by(Event.subject, Event.to_state)
    )
    return {(subject.partition(":")[2], state): at for subject, state, at in session.execute(last)}


def _loop(report: Any, actions: list[Any], units: list[Any], entered: dict[tuple[str, str], dt.datetime]) -> Loop:
    lasting = [a for a in actions if a.kind != "containment" and a.implemented_at is not None]
    affected = [unit for unit in units if unit.is_affected is not False]
    implemented_at = entered.get((report.id, State.IMPLEMENTED)) or report.changed_at
    return Loop(
        id=report.id,
        number=report.number or "",
        state=State(report.state),
        component=report.component or "",
        failure_mode=report.failure_mode or "",
        product_line=report.product_line or "",
        submitted_at=report.submitted_at,
        implemented_at=max((a.implemented_at for a in lasting), default=implemented_at),
        since=max(implemented_at, entered.get((report.id, State.CLOSED), implemented_at)),
        monitored_from=report.monitored_from,
        window_end=window_end(report),
        assets=_said(report.asset_id, *(unit.asset_id for unit in affected)),
        serials=_said(
            report.serial_no, *(unit.serial_no for unit in affected), *(s for a in lasting for s in a.effective_serials)
        ),
        lots=_said(*(lot for a in lasting for lot in a.effective_lots)),
    )


def _said(*values: Any) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
