"""All that a gate looks at, read from the register: a report, what belongs to it, and the signatures on what it says now."""

from __future__ import annotations

import datetime as dt
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

    def of(table: type[Any]) -> tuple[Any, ...]:
        return tuple(session.scalars(select(table).where(table.report_id == report.id).order_by(table.id)))

    actions, units = of(Action), of(LikeUnit)
    said = {k: v for k, v in journal.columns(report).items() if k not in _NOT_SIGNED}
    belonging = [[journal.columns(row) for row in rows] for rows in (actions, units, of(ReplacedPart))]
    digest = journal.digest([said, *belonging])
    reopened = select(func.max(Event.at)).where(
        Event.subject == f"report:{report.id}", Event.to_state == State.REOPENED, Event.from_state != State.REOPENED
    )
    return Case(
        report=report,
        actor=actor,
        rules=rules,
        today=today,
        actions=actions,
        units=units,
        signed=tuple(s for s in of(Signature) if s.digest == digest),
        digest=digest,
        last_reopened_at=session.scalar(reopened),
    )
