"""The journal: every transaction on journaled rows leaves one event, and the events are a chain that proves itself.

The session is watched: whatever is added to, changed in or deleted from a journaled table is noted as it is written to the
database, so that no change can bypass the journal. An event's `mac` is HMAC-SHA256 over all of it and the mac of the one
before, under the house's key: whoever changes, removes or adds an event without the key breaks the chain there; whoever
cuts its end off is found by a head that was kept elsewhere (`audit head`). The rows are what follows from the events:
`verify` replays them and holds the rows against that, so that a row changed behind the register's back is named too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float, inspect, select
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history

from bilingual.text import Text
from fracas.model import Base, Event, Head, Journaled, now

FIRST = "0" * 64
# SQLAlchemy counts versions by itself as it writes.
_NOT_NOTED = {"version"}
# Of these an event holds the hash only: it is read by more people than the row.
_SECRET = {"password"}
_BATCH = 2_000


def plain(value: Any) -> Any:
    """A column's value as JSON has it; instants in UTC without a zone."""
    if isinstance(value, dt.datetime):
        utc = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
        return utc.isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, dt.date) else value


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys in order, no blanks."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain)


def digest(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def columns(row: Any) -> dict[str, Any]:
    """The columns of a row as JSON has them."""
    found = {}
    for column in inspect(type(row)).column_attrs:
        if column.key not in _NOT_NOTED:
            value = getattr(row, column.key)
            if column.key in _SECRET and value is not None:
                value = hashlib.sha256(value.encode()).hexdigest()
            # A whole number in a column of fractions comes back as a fraction.
            is_number = isinstance(column.columns[0].type, Float) and value is not None
            found[column.key] = float(value) if is_number else plain(value)
    return found


def watch(session: Session) -> None:
    """Note every change of a journaled row in `session.info["changes"]`."""
    session.info["changes"] = []
    sqlalchemy_event.listen(session, "after_flush", _note)


def _note(session: Session, _context: Any) -> None:
    changes = session.info["changes"]
    for row in session.new:
        if isinstance(row, Journaled):
            known = {k: v for k, v in columns(row).items() if v is not None}
            changes.append({"table": _table(row), "id": row.id, "set": known})
    for row in session.dirty:
        if isinstance(row, Journaled):
            changed = {k: v for k, v in columns(row).items() if get_history(row, k).has_changes()}
            if changed:
                changes.append({"table": _table(row), "id": row.id, "set": changed})
    for row in session.deleted:
        if isinstance(row, Journaled):
            changes.append({"table": _table(row), "id": row.id, "gone": True})


def _table(row: Any) -> str:
    return str(type(row).__tablename__)


@dataclass(frozen=True)
class Told:
    """What an event says beside the changes."""

    kind: str
    subject: str
    actor_id: str | None
    from_state: str | None = None
    to_state: str | None = None
    reason: str | None = None


def mac(key: bytes, e: Event) -> str:
    """The mac of an event, in hex."""
    said = [e.seq, e.at, e.actor_id, e.subject, e.kind, e.from_state, e.to_state, e.reason, e.data, e.previous]
    return hmac.new(key, canonical(said).encode(), hashlib.sha256).hexdigest()


def append(session: Session, key: bytes, told: Told) -> Event | None:
    """Add the event of a transaction, as its last act; None where no journaled row was changed and nothing moved."""
    session.flush()
    changes = session.info["changes"]
    if not changes and told.from_state == told.to_state:
        return None
    session.info["changes"] = []
    # Whoever holds the head is alone: events are added one after the other.
    head = session.scalars(select(Head).where(Head.id == 1).with_for_update()).one()
    e = Event(
        seq=head.seq + 1,
        at=now(),
        actor_id=told.actor_id,
        subject=told.subject,
        kind=told.kind,
        from_state=told.from_state,
        to_state=told.to_state,
        reason=told.reason,
        data=canonical(changes),
        previous=head.mac,
    )
    e.mac = mac(key, e)
    head.seq, head.mac = e.seq, e.mac
    session.add(e)
    session.flush()
    return e


@dataclass(frozen=True)
class Broken:
    """What does not hold: an event (its number), or a row that is not what the events say (its table and id)."""

    text: Text
    seq: int | None = None
    table: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Verified:
    """The proof: how many events were looked at, the mac of the last, and everything that does not hold."""

    events: int
    mac: str
    broken: tuple[Broken, ...]


_CHANGED = Text(
    en="Event {seq} is not what was written: its content and its seal differ. Somebody changed it, or the key is another.",
    zh="事件 {seq} 与写入时不符：内容与封印不一致，可能被改动，或密钥不同。",
)
_GAP = Text(
    en="Event {seq} does not follow the one before it: events in between were removed or put in.",
    zh="事件 {seq} 与前一事件不衔接：其间有事件被删除或插入。",
)
_CUT = Text(
    en="The chain ends at event {seq}, its head says {head}: the last events were cut off.",
    zh="事件链止于 {seq}，链头记录为 {head}：末尾事件被截去。",
)
_ELSEWHERE = Text(
    en="Event {seq} is missing or differs from the head that was kept: the chain is not the one of then.",
    zh="事件 {seq} 缺失或与留存的链头不符：事件链已不是当时的那一条。",
)
_ROW = Text(
    en="Row {id} of {table} is not what its events say ({columns}).",
    zh="表 {table} 的行 {id} 与其事件不符（{columns}）。",
)
_UNTOLD = Text(en="Row {id} of {table} is in no event.", zh="表 {table} 的行 {id} 没有任何事件。")
_LOST = Text(
    en="Row {id} of {table} is told of by events and missing.", zh="表 {table} 的行 {id} 有事件记载但已不存在。"
)


def head(session: Session) -> tuple[int, str]:
    """Number and mac of the last event, to be kept elsewhere; 0 and zeros before the first."""
    row = session.scalars(select(Head)).one()
    return row.seq, row.mac


def verify(session: Session, key: bytes, kept: tuple[int, str] | None = None) -> Verified:
    """Prove the chain from its first event, and the rows from the events. kept: number and mac of a head kept elsewhere.

    Cost grows with the number of events; in memory are the rows as the events say.
    """
    broken: list[Broken] = []
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    previous, count, found = FIRST, 0, kept is None
    for e in _events(session):
        count += 1
        if e.previous != previous or e.seq != count:
            broken.append(Broken(_GAP.format(seq=e.seq), seq=e.seq))
            count = e.seq
        elif not hmac.compare_digest(mac(key, e), e.mac):
            broken.append(Broken(_CHANGED.format(seq=e.seq), seq=e.seq))
        found = found or (kept is not None and (e.seq, e.mac) == kept)
        previous = e.mac
        _apply(rows, e)
    head = session.scalars(select(Head)).one()
    if (head.seq, head.mac) != (count, previous):
        broken.append(Broken(_CUT.format(seq=count, head=head.seq), seq=count))
    if not found and kept is not None:
        broken.append(Broken(_ELSEWHERE.format(seq=kept[0]), seq=kept[0]))
    broken += _compared(session, rows)
    return Verified(count, previous, tuple(broken))


def _events(session: Session) -> Iterator[Event]:
    return iter(session.scalars(select(Event).order_by(Event.seq).execution_options(yield_per=_BATCH)))


def _apply(rows: dict[tuple[str, str], dict[str, Any]], e: Event) -> None:
    try:
        changes = json.loads(e.data)
        for change in changes:
            key = change["table"], change["id"]
            if change.get("gone"):
                rows.pop(key, None)
            else:
                rows.setdefault(key, {}).update(change["set"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # no event of ours: its seal is broken too, which was said


def _compared(session: Session, rows: dict[tuple[str, str], dict[str, Any]]) -> Iterator[Broken]:
    for mapper in sorted(Base.registry.mappers, key=lambda m: str(m.local_table)):
        if not issubclass(mapper.class_, Journaled):
            continue
        table = str(mapper.local_table)
        for row in session.scalars(select(mapper.class_).execution_options(yield_per=_BATCH)):
            said = rows.pop((table, row.id), None)
            if said is None:
                yield Broken(_UNTOLD.format(table=table, id=row.id), table=table, id=row.id)
                continue
            wrong = sorted(k for k, v in columns(row).items() if canonical(v) != canonical(said.get(k)))
            if wrong:
                words = _ROW.format(table=table, id=row.id, columns=", ".join(wrong))
                yield Broken(words, table=table, id=row.id)
            session.expunge(row)
    for table, key in rows:
        yield Broken(_LOST.format(table=table, id=key), table=table, id=key)
