"""The journal: nothing changes without an event, and whoever changes, removes or adds one is found."""

from __future__ import annotations

import datetime as dt

import pytest
from register_cast import FACTS, KEY, PASSWORD, Cast, Hire, Walk, cast, walk
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from fracas import journal
from fracas.database import reading, writing
from fracas.journal import Broken, Told, Verified, canonical, digest, mac
from fracas.model import Event, Report, now
from fracas.permissions import Role
from fracas.register import Register
from fracas.states import State


@pytest.fixture
def people(hire: Hire) -> Cast:
    return cast(hire)


@pytest.fixture
def way(register: Register, people: Cast) -> Walk:
    return walk(register, people).to(State.CAUSE_CONFIRMED)


def verified(engine: Engine, kept: tuple[int, str] | None = None, key: bytes = KEY) -> Verified:
    with reading(engine) as session:
        return journal.verify(session, key, kept)


def tampered(engine: Engine, sql: str, **values: object) -> None:
    """What somebody with the database's password does."""
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS event_keeps_from_update")
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS event_keeps_from_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE event DISABLE TRIGGER ALL")
        connection.execute(text(sql), values)


def test_what_was_written_proves_itself(way: Walk, engine: Engine) -> None:
    found = verified(engine)
    assert found.broken == ()
    assert found.events == 9 + len(way.register.history(way.cast.reporter, way.id))
    assert verified(engine, kept=(found.events, found.mac)).broken == ()


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", dt.datetime(2020, 1, 1)), ("actor_id", None), ("subject", "report:x"), ("kind", "burned"),
     ("from_state", "closed"), ("to_state", "closed"), ("reason", "because"), ("data", "[]"), ("mac", "0" * 64)],
)  # fmt: skip
def test_an_event_that_was_changed_is_named(way: Walk, engine: Engine, column: str, value: object) -> None:
    (event, *_) = way.register.history(way.cast.reporter, way.id)[3:]
    tampered(engine, f"UPDATE event SET {column} = :value WHERE seq = :seq", value=value, seq=event.seq)
    named = [b.seq for b in verified(engine).broken if b.seq is not None]
    # A seal that was changed breaks the link to the next event as well.
    assert named == ([event.seq, event.seq + 1] if column == "mac" else [event.seq])


def test_one_flipped_byte_anywhere_in_an_event_is_found(way: Walk, engine: Engine) -> None:
    event = way.register.history(way.cast.reporter, way.id)[0]
    for at in range(0, len(event.data), 7):
        flipped = event.data[:at] + chr(ord(event.data[at]) ^ 1) + event.data[at + 1 :]
        tampered(engine, "UPDATE event SET data = :data WHERE seq = :seq", data=flipped, seq=event.seq)
        assert Broken(journal._CHANGED.format(seq=event.seq), seq=event.seq) in verified(engine).broken
    tampered(engine, "UPDATE event SET data = :data WHERE seq = :seq", data=event.data, seq=event.seq)
    assert verified(engine).broken == ()


def test_an_event_that_was_removed_is_missed(way: Walk, engine: Engine) -> None:
    event = way.register.history(way.cast.reporter, way.id)[2]
    tampered(engine, "DELETE FROM event WHERE seq = :seq", seq=event.seq)
    assert next(b.seq for b in verified(engine).broken if b.seq) == event.seq + 1


def test_an_end_that_was_cut_off_is_missed_by_the_head_and_by_one_that_was_kept(way: Walk, engine: Engine) -> None:
    whole = verified(engine)
    tampered(engine, "DELETE FROM event WHERE seq = :seq", seq=whole.events)
    assert [b.seq for b in verified(engine).broken if b.seq] == [whole.events - 1]
    # Who also sets the head back is found by a head kept elsewhere.
    before = verified(engine)
    tampered(engine, "UPDATE head SET seq = :seq, mac = :mac", seq=before.events, mac=before.mac)
    assert all(b.seq is None for b in verified(engine).broken)
    assert [b.seq for b in verified(engine, kept=(whole.events, whole.mac)).broken if b.seq] == [whole.events]


def test_an_event_of_another_key_is_not_ours(way: Walk, engine: Engine) -> None:
    assert way.id
    assert [b.seq for b in verified(engine, key=b"another").broken][:3] == [1, 2, 3]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("UPDATE report SET cause = 'sabotage' WHERE id = :id", "cause"),
        ("UPDATE report SET state = 'closed' WHERE id = :id", "state"),
        ("DELETE FROM action WHERE report_id = :id", "missing"),
        ("UPDATE signature SET name = 'Somebody' WHERE report_id = :id", "name"),
    ],
)
def test_a_row_that_was_changed_behind_the_register_is_named(way: Walk, engine: Engine, sql: str, named: str) -> None:
    tampered(engine, sql, id=way.id)
    (found,) = verified(engine).broken
    assert named in found.text.en
    assert found.table in ("report", "action", "signature")


def test_the_database_itself_keeps_events_from_being_changed(way: Walk, engine: Engine) -> None:
    assert way.id
    for sql in ("UPDATE event SET kind = 'x'", "DELETE FROM event"):
        with (
            pytest.raises(DBAPIError, match="never changed"),
            engine.execution_options(writes=True).begin() as connection,
        ):
            connection.execute(text(sql))


def spoiled(engine: Engine, report_id: str, *, told: bool, failed: bool) -> None:
    """A transaction that changes a report, and tells of it or not, and fails at its end or not."""
    with writing(engine) as session:
        report = session.get(Report, report_id)
        assert report is not None
        report.symptom = "nothing"
        session.flush()
        if told:
            journal.append(session, KEY, Told("save", f"report:{report_id}", None))
        if failed:
            raise ValueError("half-way")


def test_a_change_that_no_event_tells_of_is_not_written(way: Walk, engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="no event"):
        spoiled(engine, way.id, told=False, failed=False)
    assert way.report.symptom == FACTS["symptom"]


def test_a_transaction_that_fails_leaves_nothing(way: Walk, engine: Engine) -> None:
    before = verified(engine)
    with pytest.raises(ValueError, match="half-way"):
        spoiled(engine, way.id, told=True, failed=True)
    assert verified(engine) == before
    assert way.report.symptom == FACTS["symptom"]


def test_no_event_holds_a_password(hire: Hire, engine: Engine) -> None:
    hire("ann", Role.MANAGER)
    with reading(engine) as session:
        said = [e.data for e in session.query(Event)]
    assert said
    assert not any("argon2" in data or PASSWORD in data for data in said)


def test_the_canonical_form_is_one_whatever_the_order(engine: Engine) -> None:
    assert engine
    assert canonical({"b": 1, "a": "阀"}) == '{"a":"阀","b":1}'
    at = dt.datetime(2026, 3, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    assert canonical([at, dt.date(2026, 3, 1)]) == '["2026-03-01T00:00:00.000000","2026-03-01"]'
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


def test_the_seal_is_hmac_over_the_event_and_the_one_before() -> None:
    e = Event(seq=1, at=now(), actor_id=None, subject="s", kind="k", data="[]", previous="0" * 64)
    seals = {mac(KEY, e), mac(b"other", e)}
    e.previous = "1" * 64
    seals.add(mac(KEY, e))
    assert len(seals) == 3
