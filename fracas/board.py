"""The review board: what waits for its decision, decisions signed in one sitting, and the minutes of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bilingual.errors import UserError
from bilingual.text import Text
from fracas import gates
from fracas.cases import cases_of
from fracas.database import reading
from fracas.gates import Missing
from fracas.model import Event, Report, Signature
from fracas.people import Actor
from fracas.permissions import Function
from fracas.register import Register, Rejoinder
from fracas.sight import visible, whole_at_once
from fracas.states import MOVES, State

# What the board decides: from which state, by which move. Everything else that may be done there is on the report's page.
_DECIDES = ((State.CAUSE_CONFIRMED, "approve"), (State.MONITORING, "close"))
# Decisions beside those that a sitting takes.
DECISIONS = ("approve", "close", "return", "accept_risk", "reopen", "review")
_MOST = 100


@dataclass(frozen=True)
class Due:
    """A report before the board. missing: what keeps this person from the decision; unsigned: who has not approved yet."""

    report: Report
    move: str
    missing: tuple[Missing, ...]
    unsigned: tuple[Function, ...]
    has_signed: bool


def due(register: Register, actor: Actor) -> list[Due]:
    """What waits for the board's decision, the longest waiting first."""
    found = []
    with reading(register.engine) as session:
        for state, move in _DECIDES:
            query = select(Report).where(Report.state == state, visible(actor)).order_by(Report.changed_at).limit(_MOST)
            reports = session.scalars(query.options(*whole_at_once())).all()
            for case in cases_of(session, register.rules, register.today(), actor, reports):
                signed = any(s.act == move and s.person_id == actor.id for s in case.signed)
                unsigned = gates.unsigned(replace(case, actor=None))
                found.append(Due(case.report, move, gates.missing(move, case), unsigned, signed))
    return found


@dataclass(frozen=True)
class Decision:
    """What one person decides of one report: `approve`, `close` or `return`, with a reason or remark."""

    move: str
    version: int
    words: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a decision ended: the state that the report is in now, or why nothing was done."""

    number: str
    state: str | None
    refused: Text | None


def decide(register: Register, actor: Actor, password: str, decisions: Mapping[str, Decision]) -> list[Outcome]:
    """Take each decision by itself, under one password: what one is refused for keeps none of the others back."""
    register.recognise(actor, password)
    outcomes = []
    for report_id, decision in decisions.items():
        if decision.move not in ("approve", "close", "return"):
            raise UserError(en="The board approves, closes or returns.", zh="评审会只作批准、关闭或退回的决定。")
        needs_reason = MOVES[decision.move].needs_reason
        said = Rejoinder(
            password=password,
            reason=decision.words if needs_reason else None,
            remark=None if needs_reason else decision.words or None,
        )
        number = ""
        try:
            number = register.look(actor, report_id).number or ""
            state = register.move(actor, report_id, decision.version, decision.move, said)
            outcomes.append(Outcome(number, state, None))
        except UserError as error:
            outcomes.append(Outcome(number, None, error.text))
    return outcomes


@dataclass(frozen=True)
class Minute:
    """One decision of a day: the event, the report as it stands now, and the signature that was given with it."""

    event: Event
    report: Report
    signature: Signature | None


def minutes(register: Register, actor: Actor, day: dt.date) -> list[Minute]:
    """What was decided on a local day, in its order; of the reports that the person may see."""
    zone = ZoneInfo(register.zone)
    begin, end = (
        dt.datetime.combine(d, dt.time(), zone).astimezone(dt.UTC).replace(tzinfo=None)
        for d in (day, day + dt.timedelta(days=1))
    )
    query = (
        select(Event, Report)
        .join(Report, Event.subject == "report:" + Report.id)
        .where(Event.at >= begin, Event.at < end, Event.kind.in_(DECISIONS), visible(actor))
        .order_by(Event.seq)
    )
    with reading(register.engine) as session:
        found = session.execute(query).all()
        signed = session.scalars(select(Signature).where(Signature.signed_at >= begin, Signature.signed_at < end)).all()
    given = {(s.report_id, s.act, s.person_id): s for s in signed}
    return [Minute(e, report, given.get((report.id, e.kind, e.actor_id or ""))) for e, report in found]
