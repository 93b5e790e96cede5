"""The outbox: messages are written in the transaction that decides on them, and wait here until a courier has sent them.

A message is sent at least once, and once unless a courier dies between the moment at which the other side took it and the one
at which that is written down: it then goes again under the same id, by which the other side can tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from fracas.model import Person
from fracas.watch.model import Message
from fracas.watch.subscriptions import Recipient

# For how long nobody else takes a message that a courier is sending, longer than any sending takes.
CLAIMED = dt.timedelta(minutes=5)
# After the first failure, the second, …; the last for all that follow.
_PAUSES = [dt.timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30)]
_GIVEN_UP_AFTER = dt.timedelta(days=7)


@dataclass(frozen=True)
class Letter:
    """What is sent: a subject, the text; for e-mail the same as HTML, the folder of the files that go with it, more headers."""

    subject: str
    body: str
    html: str | None = None
    folder: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def put(
    session: Session,
    key: str,
    kind: str,
    recipient: Recipient,
    letter: Letter,
    at: dt.datetime,
    not_before: dt.datetime | None = None,
) -> bool:
    """Write a message, unless one of the same key was; True where it was written."""
    if is_written(session, key):
        return False
    session.add(
        Message(
            key=key,
            kind=kind,
            channel=recipient.channel,
            person_id=recipient.person_id,
            address=recipient.address,
            language=recipient.language,
            subject=letter.subject,
            body=letter.body,
            html=letter.html,
            folder=letter.folder,
            headers=dict(letter.headers),
            made_at=at,
            not_before=not_before or at,
        )
    )
    return True


def is_written(session: Session, key: str) -> bool:
    """Whether a message of the key was written."""
    return session.scalars(select(Message.id).where(Message.key == key)).first() is not None


def claim(session: Session, channels: set[str], at: dt.datetime) -> tuple[Message, Person | None] | None:
    """The next message that is due on one of the channels, which nobody else takes from now on; None where there is none."""
    due = (
        select(Message)
        .where(*_waits(at), Message.channel.in_(channels), Message.not_before <= at)
        .order_by(Message.not_before, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    message = session.scalars(due).first()
    if message is None:
        return None
    message.claimed_until, message.attempts = at + CLAIMED, message.attempts + 1
    person = session.get(Person, message.person_id) if message.person_id else None
    return message, person


def _waits(at: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.sent_at.is_(None),
        Message.given_up_at.is_(None),
        or_(Message.claimed_until.is_(None), Message.claimed_until < at),
    )


def sent(session: Session, message_id: str, at: dt.datetime) -> None:
    """Write down that a message left the house."""
    values = {"sent_at": at, "claimed_until": None, "error": None}
    session.execute(update(Message).where(Message.id == message_id).values(values))


def failed(session: Session, message_id: str, error: str, at: dt.datetime, *, is_final: bool = False) -> None:
    """Write down that a message could not be sent; it is tried again later, ever less often, for a week."""
    message = session.get(Message, message_id)
    if message is None:
        return
    message.error, message.claimed_until = error[:2000], None
    message.not_before = at + _PAUSES[min(message.attempts, len(_PAUSES)) - 1]
    if is_final or at - message.made_at > _GIVEN_UP_AFTER:
        message.given_up_at = at


@dataclass(frozen=True)
class Waiting:
    """What waits in a channel: how many messages, since when, and one of the reasons why they could not be sent."""

    channel: str
    n: int
    since: dt.datetime
    error: str | None


def waiting(session: Session) -> list[Waiting]:
    """What waits, by channel."""
    query = (
        select(Message.channel, func.count(), func.min(Message.made_at), func.max(Message.error))
        .where(Message.sent_at.is_(None), Message.given_up_at.is_(None))
        .group_by(Message.channel)
        .order_by(Message.channel)
    )
    return [Waiting(*row) for row in session.execute(query)]


def latest(session: Session, at_most: int = 100) -> list[tuple[Message, str | None]]:
    """The last messages, the newest first, with the names of the people, or the addresses, they went to."""
    query = select(Message, Person.name).outerjoin(Person, Person.id == Message.person_id)
    rows = session.execute(query.order_by(Message.made_at.desc(), Message.id.desc()).limit(at_most))
    return [(row[0], row[1] or row[0].address) for row in rows]
