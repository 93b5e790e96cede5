"""What leaves the register for others: the rows of reports that changed since an event, all of one state of the database.

A draft is nobody else's business and never leaves. Each row is a dict with `entity` (what it is), `id` (its own, for ever),
`seq` (the last event of the state that was read) and its values as JSON has them; a row that is there no longer, or no
longer counts, says so by `gone`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, make_url, or_, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from fracas.gates import REVIEW, window_end
from fracas.journal import plain
from fracas.model import Action, Event, Head, Person, ReplacedPart, Report, ReturnedUnit, Signature
from fracas.states import MOVES, State

Row = dict[str, Any]
# Reports whose rows are held in memory at a time.
_AT_A_TIME = 500
_PLATFORM = "FaultLoop"
# Of these an event of the state says when and by whom; what is left is what the report says itself.
_OF_REPORT = (
    "ticket_id", "fault_id", "asset_id", "state", "severity", "product_line", "component", "failure_mode", "mechanism", "cause",
    "root_cause", "occurred_at", "submitted_at", "closed_at",
)  # fmt: skip
_OF_PART = ("position", "part_no", "quantity", "old_serial", "new_serial")
_OF_UNIT = ("part_no", "serial_no", "received_at", "inspected_at", "repaired_at", "released_at", "sent_at", "verdict")
_OF_VERDICT = ("failures_before", "exposure_before", "failures_after", "exposure_after")
_OF_ACTION = ("kind", "description", "original_due_on", "due_on", "implemented_at")
# Every key that a row may have.
COLUMNS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            "entity", "id", "seq", "gone", "report_id", *_OF_REPORT, "owner", "action_id", *_OF_ACTION, "effectivity", "review_id",
            "gate", "reviewer", "role", "decided_at", "reason", "from_state", "to_state", "at", "actor", "window_start",
            "window_end", *_OF_VERDICT, "verdict", "repair_id", *_OF_PART, *_OF_UNIT, "finished_at", "work",
        )
    )
)  # fmt: skip


def is_begun(url: str) -> bool:
    """Whether there may be a register at a URL: a file that nobody made yet holds none."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return True  # what is wrong with it is said by who opens it
    return parsed.get_backend_name() != "sqlite" or (bool(parsed.database) and Path(str(parsed.database)).is_file())


def holds_anything(engine: Engine) -> bool:
    """Whether anything was ever submitted."""
    with one_state(engine) as session:
        return session.scalars(select(Report.id).where(Report.state != State.DRAFT).limit(1)).first() is not None


@contextmanager
def one_state(engine: Engine) -> Iterator[Session]:
    """A session whose every query sees the same state of the database; nobody who writes waits for it."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with Session(engine, autoflush=False) as session:
            yield session
    except DBAPIError as error:
        raise UserError(
            en="The FRACAS register cannot be read ({reason}); it is tried again at the next run.",
            zh="故障报告登记库无法读取（{reason}）；下次运行时将重试。",
            reason=str(error.orig).strip().partition("\n")[0],
        ) from error


@dataclass(frozen=True)
class Outflow:
    """One state of the register. seq, mac: its last event, 0 before the first."""

    session: Session
    seq: int
    mac: str

    def knows(self, seq: int, mac: str) -> bool:
        """Whether an event is one of its own; none is of every register."""
        return not seq or self.session.scalar(select(Event.mac).where(Event.seq == seq)) == mac

    def rows(self, since: int) -> Iterator[list[Row]]:
        """All rows of the reports that changed after an event, those of some reports at a time."""
        if lost := list(self._lost(since)):
            yield lost
        for ids in _some(self._changed(since)):
            reports = self.session.execute(
                select(Report.__table__).where(Report.id.in_(ids), Report.state != State.DRAFT).order_by(Report.id)
            ).all()
            if reports:
                yield [{**row, "seq": self.seq} for row in self._of(reports)]

    def _changed(self, since: int) -> list[str]:
        if not since:
            return list(self.session.scalars(select(Report.id).order_by(Report.id)))
        later = (Event.seq > since) & (Event.seq <= self.seq)
        subjects = self.session.scalars(select(Event.subject).where(later).distinct())
        named: dict[str, set[str]] = defaultdict(set)
        for subject in subjects:
            table, _, key = subject.partition(":")
            named[table].add(key)
        found = named["report"]
        for people in _some(sorted(named["person"])):
            # Their names stand in the rows of what they own.
            found.update(self.session.scalars(select(Report.id).where(Report.owner_id.in_(people))))
            found.update(self.session.scalars(select(Action.report_id).where(Action.owner_id.in_(people))))
        return sorted(found)

    def _lost(self, since: int) -> Iterator[Row]:
        """Parts that somebody said and took back since; what was never told of before is not missed."""
        if not since:
            return
        told = select(Event.data).where(Event.seq > since, Event.seq <= self.seq, Event.kind == "parts")
        for data in self.session.scalars(told):
            for change in json.loads(data):
                if change["table"] == ReplacedPart.__tablename__ and change.get("gone"):
                    yield {"entity": "part_use", "id": change["id"], "seq": self.seq, "gone": True}

    def _all(self, table: type[Any], condition: ColumnElement[bool], *order: Any) -> list[Any]:
        return list(self.session.execute(select(table.__table__).where(condition).order_by(*order or (table.id,))))

    def _of(self, reports: Sequence[Any]) -> Iterator[Row]:
        ids = [report.id for report in reports]

        def by_report(table: type[Any]) -> dict[str, list[Any]]:
            found: dict[str, list[Any]] = defaultdict(list)
            for row in self._all(table, table.report_id.in_(ids)):
                found[row.report_id].append(row)
            return found

        subjects = [f"report:{key}" for key in ids]
        moved = or_(Event.from_state.is_(None), Event.from_state != Event.to_state)
        events: dict[str, list[Any]] = defaultdict(list)
        for event in self._all(Event, Event.subject.in_(subjects) & Event.to_state.is_not(None) & moved, Event.seq):
            events[event.subject.partition(":")[2]].append(event)
        names = {person.id: person.name for person in self.session.execute(select(Person.id, Person.name))}
        actions, signed = by_report(Action), by_report(Signature)
        parts, units = by_report(ReplacedPart), by_report(ReturnedUnit)
        for report in reports:
            yield _report(report, names)
            yield from (_event(report, event, names) for event in events[report.id])
            yield from _actions(report, actions[report.id], names)
            yield from _signatures(report, signed[report.id])
            yield from _parts(report, parts[report.id])
            yield from _units(report, units[report.id])


@contextmanager
def outflow(engine: Engine) -> Iterator[Outflow]:
    """The register as it stands now, until the end of the block."""
    with one_state(engine) as session:
        head = session.execute(select(Head.seq, Head.mac)).one()
        yield Outflow(session, head.seq, head.mac)


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[i : i + _AT_A_TIME] for i in range(0, len(ids), _AT_A_TIME))


def _plain(row: Any, columns: Iterable[str]) -> Row:
    return {column: plain(getattr(row, column)) for column in columns}


def _report(report: Any, names: dict[str, str]) -> Row:
    owner = names.get(report.owner_id or "")
    return {
        "entity": "fracas_report",
        "id": report.id,
        "report_id": report.number,
        "owner": owner,
        **_plain(report, _OF_REPORT),
    }


def _event(report: Any, event: Any, names: dict[str, str]) -> Row:
    return {
        "entity": "fracas_event",
        "id": event.seq,
        "report_id": report.number,
        "actor": names.get(event.actor_id, event.actor_id) if event.actor_id else _PLATFORM,
        **_plain(event, ("from_state", "to_state", "at", "reason")),
    }


def _actions(report: Any, actions: list[Any], names: dict[str, str]) -> Iterator[Row]:
    facts = report.verdict_facts or {}
    for n, action in enumerate(actions, 1):
        is_gone = action.withdrawn_at is not None
        number = f"{report.number}-{n}"
        yield {
            "entity": "action",
            "id": action.id,
            "gone": is_gone,
            "report_id": report.number,
            "action_id": number,
            "owner": names.get(action.owner_id),
            "effectivity": ", ".join([*action.effective_serials, *action.effective_lots]),
            **_plain(action, _OF_ACTION),
        }
        if action.kind != "corrective":
            continue
        # Who reopens a report takes the verdict back.
        yield {
            "entity": "effectiveness",
            "id": action.id,
            "gone": is_gone or report.verdict is None,
            "action_id": number,
            "verdict": report.verdict,
            "window_start": plain(report.monitored_from),
            "window_end": plain(window_end(report)),
            **{column: facts.get(column) for column in _OF_VERDICT},
        }


def _signatures(report: Any, signed: list[Any]) -> Iterator[Row]:
    for n, signature in enumerate(signed, 1):
        move = MOVES.get(signature.act)
        yield {
            "entity": "review",
            "id": signature.id,
            "report_id": report.number,
            "review_id": f"{report.number}-S{n}",
            "gate": State.CLOSED if signature.act == REVIEW else move.target if move else signature.act,
            "reviewer": signature.name,
            "role": ", ".join(signature.functions),
            "decided_at": plain(signature.signed_at),
            "verdict": "approved",
            "reason": signature.remark,
        }


def _parts(report: Any, parts: list[Any]) -> Iterator[Row]:
    """Parts replaced at the site, and the repair that they were replaced in; of a ticket its service voucher says both."""
    of_ticket = report.ticket_id is not None
    yield {
        "entity": "repair",
        "id": report.id,
        "gone": of_ticket or not parts,
        "repair_id": report.number,
        "finished_at": plain(report.detected_at or report.occurred_at),
        "work": report.handling,
        **_plain(report, ("ticket_id", "asset_id")),
    }
    for part in parts:
        yield {
            "entity": "part_use",
            "id": part.id,
            "gone": of_ticket or not part.part_no,
            "repair_id": report.number,
            **_plain(part, _OF_PART),
        }


def _units(report: Any, units: list[Any]) -> Iterator[Row]:
    """Failed items in the workshop, each a repair of its own."""
    for n, unit in enumerate(units, 1):
        number = f"{report.number}-R{n}"
        yield {
            "entity": "repair",
            "id": unit.id,
            "repair_id": number,
            "finished_at": plain(unit.repaired_at),
            "work": unit.repair,
            **_plain(report, ("ticket_id", "asset_id")),
        }
        yield {"entity": "returned_unit", "id": unit.id, "repair_id": number, **_plain(unit, _OF_UNIT)}
