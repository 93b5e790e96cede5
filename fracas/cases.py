"""All that a gate looks at, read from the register: a report, what belongs to it, and the signatures on what it says now."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fracas import journal
from fracas.gates import Case, Rules
from fracas.model import Action, Event, LikeUnit, ReplacedPart, Report, Signature
from fracas.people import Actor
from fracas.states import State

# What a report says, without where it stands: that is what people sign.
_NOT_SIGNED = {
    "state", "created_at", "changed_at", "submitted_at", "closed_at", "number", "submission_id", "duplicate_of_id",
    "verdict_at",
}  # fmt: skip


def case_of(session: Session, rules: Rules, today: dt.date, actor: Actor | None, report: Report) -> Case:
    """The case of a report as it stands in a session."""
    (case,) = cases_of(session, rules, today, actor, [report])
    return case


def cases_of(
    session: Session, rules: Rules, today: dt.date, actor: Actor | None, reports: Sequence[Report]
) -> Iterator[Case]:
    """The cases of reports, in their order; what belongs to them is read once for all."""
    ids = [report.id for report in reports]

    def belonging(table: type[Any]) -> dict[str, list[Any]]:
        found = defaultdict(list)
        for row in session.scalars(select(table).where(table.report_id.in_(ids)).order_by(table.id)):
            found[row.report_id].append(row)
        return found

    tables = (Action, LikeUnit, ReplacedPart, Signature)
    actions, units, parts, signatures = (belonging(table) for table in tables)
    reopened = (
        select(Event.subject, func.max(Event.at))
        .where(
            Event.subject.in_([f"report:{number}" for number in ids]),
            Event.to_state == State.REOPENED,
            Event.from_state != State.REOPENED,
        )
        .group_by(Event.subject)
    )
    reopened_at = {row[0]: row[1] for row in session.execute(reopened)}
    for report in reports:
        rows = actions[report.id], units[report.id], parts[report.id]
        digest = _digest(report, rows)
        yield Case(
            report=report,
            actor=actor,
            rules=rules,
            today=today,
            actions=tuple(actions[report.id]),
            units=tuple(units[report.id]),
            signed=tuple(s for s in signatures[report.id] if s.digest == digest),
            digest=digest,
            last_reopened_at=reopened_at.get(f"report:{report.id}"),
        )


def _digest(report: Report, belonging: Sequence[Sequence[Any]]) -> str:
    """The hash of what is signed: all that a report says, and what belongs to it."""
    said = {k: v for k, v in journal.columns(report).items() if k not in _NOT_SIGNED}
    return journal.digest([said, *([journal.columns(row) for row in rows] for rows in belonging)])
