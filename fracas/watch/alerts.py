"""Alerts: what is wrong now is held against what was known to be wrong, so that only news is told.

Whoever looks (a *family*) says everything that it finds wrong at every look. A problem that was not there before opens an alert,
one that is markedly worse is told again, one that is no longer there is over and says so once. The same look again changes
nothing, however often and by whomever it is repeated.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.model import Person
from fracas.people import Actor
from fracas.permissions import Scope
from fracas.watch.model import Alert, AlertEvent
from fracas.watch.topics import TOPICS


class Severity(StrEnum):
    """How bad it is, the worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTE = "note"


class Kind(StrEnum):
    """What becomes of an alert."""

    OPENED = "opened"
    WORSENED = "worsened"
    RECOVERED = "recovered"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"


# As long as the column that keeps keys.
_LONGEST_KEY = 400
_RANK = {severity: rank for rank, severity in enumerate(reversed(Severity))}
# More than anybody reads; a house with more open has other worries.
_MOST = 5_000
# What is not news to anybody who is told of alerts.
_SAID_BY_PEOPLE = {Kind.ACKNOWLEDGED}


@dataclass(frozen=True)
class Problem:
    """Something that is wrong. key: the same at every look, one that is too long is cut and ends in its digest; size: how bad, growing where it gets worse, None where it cannot.

    facts: what a message shows beside the sentence, as JSON: `samples` (rows by column), `measures` (texts of those it touches).
    address: the page that shows it. is_urgent: told in quiet hours too.
    """

    key: str
    topic: str
    severity: Severity
    text: Text
    size: float | None = None
    is_urgent: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None
    owner: str | None = None
    region: str | None = None
    product_line: str | None = None

    def __post_init__(self) -> None:
        if len(self.key) > _LONGEST_KEY:
            digest = hashlib.sha256(self.key.encode()).hexdigest()[:16]
            object.__setattr__(self, "key", f"{self.key[: _LONGEST_KEY - 17]}~{digest}")


def take_turn(session: Session) -> None:
    """Wait until nobody else looks or tells: two at once would find the same news. SQLite lets one at a time write anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(20260002)"))  # the number is the name of this lock


def settle(
    session: Session,
    family: str,
    problems: Iterable[Problem],
    *,
    at: dt.datetime,
    worse_by: float = 1.5,
    snapshot: str | None = None,
    unjudged: tuple[str, ...] = (),
) -> list[AlertEvent]:
    """Write down what a family finds wrong now; returns what is news.

    Of several problems with one key the worst counts. What another family has open already is left to it. unjudged: how the
    keys begin that nobody could look for this time: what is open of them is not over.
    """
    take_turn(session)
    found: dict[str, Problem] = {}
    for problem in sorted(problems, key=_badness):
        found[problem.key] = problem
    concerned = or_(Alert.family == family, Alert.key.in_(found))
    opened = {a.key: a for a in session.scalars(select(Alert).where(Alert.recovered_at.is_(None), concerned))}
    news = []
    for key, problem in sorted(found.items()):
        alert = opened.get(key)
        if alert is None:
            news.append(_opened(session, family, problem, at, snapshot))
        elif alert.family == family:
            worse = _is_worse(alert, problem, worse_by)
            _renew(alert, problem, at, snapshot)
            if worse:
                # What somebody acknowledged was less bad.
                alert.told_size, alert.acknowledged_at, alert.acknowledged_by_id = problem.size, None, None
                alert.escalated_at = None
                news.append(_event(session, alert, Kind.WORSENED, at))
    for key, alert in opened.items():
        if alert.family == family and key not in found and not key.startswith(unjudged):
            alert.recovered_at = at
            news.append(_event(session, alert, Kind.RECOVERED, at))
    return news


def _badness(problem: Problem) -> tuple[int, float]:
    return _RANK[problem.severity], problem.size or 0.0


def _opened(session: Session, family: str, problem: Problem, at: dt.datetime, snapshot: str | None) -> AlertEvent:
    alert = Alert(family=family, key=problem.key, opened_at=at, told_size=problem.size)
    _renew(alert, problem, at, snapshot)
    session.add(alert)
    session.flush()
    return _event(session, alert, Kind.OPENED, at)


def _renew(alert: Alert, problem: Problem, at: dt.datetime, snapshot: str | None) -> None:
    if problem.topic not in TOPICS:
        raise KeyError(problem.topic)
    alert.topic, alert.severity, alert.is_urgent = problem.topic, problem.severity, problem.is_urgent
    alert.en, alert.zh = problem.text.en, problem.text.zh
    alert.size, alert.facts, alert.address, alert.owner = (
        problem.size,
        dict(problem.facts),
        problem.address,
        problem.owner,
    )
    alert.region, alert.product_line = problem.region, problem.product_line
    alert.seen_at, alert.snapshot = at, snapshot


def _is_worse(alert: Alert, problem: Problem, worse_by: float) -> bool:
    if _RANK[problem.severity] > _RANK[Severity(alert.severity)]:
        return True
    if problem.size is None:
        return False
    return problem.size > (alert.told_size or 0.0) * worse_by


def _event(session: Session, alert: Alert, kind: Kind, at: dt.datetime, person_id: str | None = None) -> AlertEvent:
    told_at = at if kind in _SAID_BY_PEOPLE else None
    event = AlertEvent(alert_id=alert.id, kind=kind, at=at, person_id=person_id, size=alert.size, told_at=told_at)
    session.add(event)
    return event


def escalate(session: Session, at: dt.datetime, after: dt.timedelta) -> list[AlertEvent]:
    """Tell of the critical alerts that nobody acknowledged in time, each once."""
    late = session.scalars(
        select(Alert)
        .where(
            Alert.severity == Severity.CRITICAL,
            Alert.recovered_at.is_(None),
            Alert.acknowledged_at.is_(None),
            Alert.escalated_at.is_(None),
            Alert.opened_at <= at - after,
        )
        .order_by(Alert.opened_at)
    )
    told = []
    for alert in late:
        alert.escalated_at = at
        told.append(_event(session, alert, Kind.ESCALATED, at))
    return told


def acknowledge(session: Session, actor: Actor, alert_id: str, at: dt.datetime, remark: str = "") -> Alert:
    """Somebody says that they look after an alert. UserError for one that is over or not theirs to see."""
    actor.must("watch.acknowledge")
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None or not concerns(alert, actor.scope):
        raise UserError(en="There is no such alert, or it is not yours to see.", zh="没有此告警，或您无权查看。")
    if alert.recovered_at is not None:
        raise UserError(
            en="This alert is over already; there is nothing left to look after.", zh="该告警已恢复，无需再确认。"
        )
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by_id = at, actor.id
        alert.remark = remark.strip()[:1000] or None
        _event(session, alert, Kind.ACKNOWLEDGED, at, actor.id)
    return alert


def concerns(alert: Alert, scope: Scope) -> bool:
    """Whether an alert is about the part of the house that a scope covers: one that names no place is about all of it."""
    if not scope.regions and not scope.product_lines:
        return True
    if TOPICS[alert.topic].is_of_the_house:
        return True
    if (scope.regions and alert.region is None) or (scope.product_lines and alert.product_line is None):
        return False
    return scope.covers(alert.region, alert.product_line)


@dataclass(frozen=True)
class Seen:
    """An alert as a page shows it, with who acknowledged it."""

    alert: Alert
    acknowledged_by: str | None


def listed(session: Session, scope: Scope, *, is_open: bool, topic: str | None = None) -> list[Seen]:
    """Alerts that are open, the worst and newest first, or those that are over, the latest first."""
    which: list[ColumnElement[bool]] = [Alert.recovered_at.is_(None) if is_open else Alert.recovered_at.is_not(None)]
    if topic:
        which.append(Alert.topic == topic)
    query = select(Alert, Person.name).outerjoin(Person, Person.id == Alert.acknowledged_by_id).where(*which)
    order = Alert.opened_at.desc() if is_open else Alert.recovered_at.desc()
    rows = [Seen(*row) for row in session.execute(query.order_by(order).limit(_MOST)) if concerns(row[0], scope)]
    if is_open:
        rows.sort(key=lambda seen: -_RANK[Severity(seen.alert.severity)])
    return rows


def history(session: Session, alert_id: str) -> list[tuple[AlertEvent, str | None]]:
    """What became of an alert, the first first, with the names of those who did something."""
    query = select(AlertEvent, Person.name).outerjoin(Person, Person.id == AlertEvent.person_id)
    return [
        tuple(row)
        for row in session.execute(query.where(AlertEvent.alert_id == alert_id).order_by(AlertEvent.at, AlertEvent.id))
    ]


def counts(session: Session) -> dict[str, int]:
    """How many alerts are open, by severity."""
    query = select(Alert.severity, func.count()).where(Alert.recovered_at.is_(None)).group_by(Alert.severity)
    return {row[0]: row[1] for row in session.execute(query)}


def told(session: Session, events: Iterable[AlertEvent], at: dt.datetime) -> None:
    """Say that events were put into messages."""
    ids = [event.id for event in events]
    session.execute(update(AlertEvent).where(AlertEvent.id.in_(ids)).values(told_at=at))
