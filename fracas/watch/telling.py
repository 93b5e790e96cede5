"""News becomes messages: gathered for each recipient into one, held back in quiet hours, each told once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bilingual.clock import at_home
from bilingual.text import Language, Text
from fracas.model import Notice
from fracas.watch import outbox
from fracas.watch.alerts import Kind, concerns, escalate, take_turn
from fracas.watch.letters import House, Line, Word, letter
from fracas.watch.model import Alert, AlertEvent
from fracas.watch.subscriptions import Recipient, recipients
from fracas.watch.topics import ESCALATION, NOTICES


@dataclass(frozen=True)
class Rules:
    """How the house is told. language: of who has not chosen one; quiet: as `22:00-07:00` local time, or empty."""

    house: House
    language: Language
    quiet: str = ""
    escalate_after: dt.timedelta = dt.timedelta(hours=4)

    def is_quiet(self, at: dt.datetime) -> bool:
        """Whether an instant (UTC, naive) lies in the quiet hours of the house's zone."""
        if not self.quiet:
            return False
        begins, ends = (dt.time.fromisoformat(time) for time in self.quiet.split("-"))
        local = at_home(at, self.house.zone).time()
        return begins <= local < ends if begins <= ends else local >= begins or local < ends


def tell(session: Session, rules: Rules, at: dt.datetime) -> int:
    """Put what nobody was told of yet into messages, and escalate what nobody acknowledged; returns the messages written."""
    take_turn(session)
    if rules.escalate_after:
        escalate(session, at, rules.escalate_after)
    is_quiet = rules.is_quiet(at)
    news: list[tuple[AlertEvent, Alert]] = [
        (event, alert)
        for event, alert in session.execute(
            select(AlertEvent, Alert)
            .join(Alert, Alert.id == AlertEvent.alert_id)
            .where(AlertEvent.told_at.is_(None))
            .order_by(AlertEvent.at, AlertEvent.id)
        )
        if alert.is_urgent or not is_quiet
    ]
    for event, _ in news:
        event.told_at = at
    words = {} if is_quiet else _words(session, rules, at)
    lines = _lines(session, rules, news)
    written = 0
    for recipient in sorted(lines.keys() | words.keys(), key=lambda one: one.key):
        mine, said = lines.get(recipient, {}), words.get(recipient, [])
        told = [f"{line.alert.id}{event_id}" for event_id, line in mine.items()] + [notice.id for notice in said]
        key = hashlib.sha256("/".join([recipient.key, *sorted(told)]).encode()).hexdigest()
        words_said = [Word(Text(en=n.en, zh=n.zh), n.report_id, n.at) for n in said]
        composed = letter(rules.house, recipient.language, list(mine.values()), words_said)
        written += outbox.put(session, f"alerts/{key}", "alerts", recipient, composed, at)
    return written


def _lines(
    session: Session, rules: Rules, news: Sequence[tuple[AlertEvent, Alert]]
) -> dict[Recipient, dict[str, Line]]:
    """For each recipient what became of each alert in the end: one that came and went is told as over, once."""
    last: dict[tuple[str, str], tuple[AlertEvent, Alert]] = {}
    for event, alert in news:
        is_escalated = event.kind == Kind.ESCALATED
        last[alert.id, ESCALATION if is_escalated else alert.topic] = (event, alert)
    everybody = {topic: recipients(session, topic, rules.language) for topic in {topic for _, topic in last}}
    lines: dict[Recipient, dict[str, Line]] = defaultdict(dict)
    for (alert_id, topic), (event, alert) in last.items():
        if topic == ESCALATION and alert.recovered_at is not None:
            continue
        for recipient in everybody[topic]:
            if concerns(alert, recipient.scope):
                known = next((k for k, line in lines[recipient].items() if line.alert.id == alert_id), None)
                if known is None or topic == ESCALATION:
                    lines[recipient].pop(known or "", None)
                    lines[recipient][event.id] = Line(Kind(event.kind), alert)
    return {recipient: mine for recipient, mine in lines.items() if mine}


def _words(session: Session, rules: Rules, at: dt.datetime) -> dict[Recipient, list[Notice]]:
    """The notices of the register that nobody was sent yet, for those who have an address and want them."""
    waiting = list(session.scalars(select(Notice).where(Notice.sent_at.is_(None)).order_by(Notice.at, Notice.id)))
    if not waiting:
        return {}
    people = {one.person_id: one for one in recipients(session, NOTICES, rules.language) if one.person_id}
    words: dict[Recipient, list[Notice]] = defaultdict(list)
    for notice in waiting:
        # Who has no address, or does not want it, finds it on the page; it does not wait for them here.
        notice.sent_at = at
        if notice.person_id in people and notice.seen_at is None:
            words[people[notice.person_id]].append(notice)
    return words
