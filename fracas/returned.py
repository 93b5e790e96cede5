"""The failed item's way through the workshop, started from its report: received, inspected, repaired, inspected, sent back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.database import reading
from fracas.model import Report, ReturnedUnit, now
from fracas.people import Actor, RefusedError
from fracas.refusals import not_there
from fracas.register import Register, must_stand
from fracas.sight import visible
from fracas.states import State

# Whoever may implement or analyse looks after returned parts; a draft has none.
_PERMISSIONS = ("report.implement", "report.analyse")
_STANDS = frozenset(State) - {State.DRAFT}
_VERDICTS = frozenset({"repaired", "scrapped", "no_fault_found"})


@dataclass(frozen=True)
class Step:
    """One step: its instant's column, what is said with it (None: nothing), and whether a verdict is."""

    name: str
    label: Text
    at: str
    says: str | None = None
    with_verdict: bool = False


STEPS: tuple[Step, ...] = (
    Step("receive", Text(en="Received", zh="收到"), "received_at"),
    Step("inspect", Text(en="Inspected", zh="检验"), "inspected_at", "inspection"),
    Step("repair", Text(en="Repaired", zh="维修"), "repaired_at", "repair", with_verdict=True),
    Step("release", Text(en="Inspected after repair", zh="修后检验"), "released_at", "final_inspection"),
    Step("send", Text(en="Sent back", zh="发回"), "sent_at", "sent_to"),
)


def next_step(unit: ReturnedUnit) -> Step | None:
    """What comes next; None at the end. What was scrapped goes nowhere."""
    if unit.verdict == "scrapped":
        return None
    return next((step for step in STEPS if getattr(unit, step.at) is None), None)


def _may(actor: Actor) -> bool:
    return any(actor.may(permission) for permission in _PERMISSIONS)


def _must(actor: Actor) -> None:
    if not _may(actor):
        actor.must(_PERMISSIONS[0])


def start(register: Register, actor: Actor, report_id: str, version: int, facts: Mapping[str, str | None]) -> str:
    """Start the repair of a report's failed item; returns its id. facts: repair_no, part_no, serial_no, description."""
    _must(actor)
    if not any((facts.get(name) or "").strip() for name in ("part_no", "serial_no", "description")):
        raise UserError(
            en="Say which item is repaired: its part number, serial number or a description.",
            zh="请说明送修部件：备件号、序列号或描述。",
        )
    with register.changing(actor, report_id, version, "returned_unit") as (session, report):
        must_stand(report, _STANDS)
        said = {
            name: (facts.get(name) or "").strip() or None
            for name in ("repair_no", "part_no", "serial_no", "description")
        }
        unit = ReturnedUnit(report_id=report.id, started_at=now(), started_by_id=actor.id, **said)
        session.add(unit)
        session.flush()
    return unit.id


def go_on(
    register: Register, actor: Actor, unit_id: str, version: int, step: str, said: str = "", verdict: str | None = None
) -> None:
    """Take the next step. RefusedError where it is not the next one: the way is gone in its order."""
    _must(actor)
    with reading(register.engine) as session:
        found = session.get(ReturnedUnit, unit_id)
    if found is None:
        raise not_there()
    with register.changing(actor, found.report_id, None, "returned_unit", said.strip() or None) as (session, _):
        unit = session.get(ReturnedUnit, unit_id)
        assert unit is not None
        expected = next_step(unit)
        if expected is None or expected.name != step or unit.version != version:
            raise RefusedError(
                en="This part has gone on in between; look at where it is now.",
                zh="该部件的流转状态已变化；请查看当前进度。",
            )
        setattr(unit, expected.at, now())
        if expected.says:
            if not said.strip():
                raise UserError(en="Say what was found or done.", zh="请填写检验结果或处理内容。")
            setattr(unit, expected.says, said.strip())
        if expected.with_verdict:
            if verdict not in _VERDICTS:
                raise UserError(
                    en="Say whether it was repaired, scrapped, or nothing was found.",
                    zh="请选择：修复、报废或未发现故障。",
                )
            unit.verdict = verdict


@dataclass(frozen=True)
class Away:
    """A unit in the workshop, with its report. since: when it took its last step."""

    unit: ReturnedUnit
    report: Report
    since: dt.datetime


def away(register: Register, actor: Actor) -> list[Away]:
    """The units that are on their way, the longest waiting first."""
    query = (
        select(ReturnedUnit, Report)
        .join(Report, Report.id == ReturnedUnit.report_id)
        .where(ReturnedUnit.sent_at.is_(None), visible(actor))
    )
    with reading(register.engine) as session:
        found = [
            Away(unit, report, max(at for at in (unit.started_at, *(getattr(unit, s.at) for s in STEPS)) if at))
            for unit, report in session.execute(query)
        ]
    return sorted((a for a in found if next_step(a.unit) is not None), key=lambda a: a.since)
