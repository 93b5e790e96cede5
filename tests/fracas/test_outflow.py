"""What leaves the register: rows of what changed since an event, never a draft, never the same twice without a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from register_cast import FACTS, Cast, Hire, Walk, cast, walk
from sqlalchemy import Engine

from bilingual.errors import UserError
from fracas.outflow import COLUMNS, holds_anything, is_begun, one_state, outflow
from fracas.register import Register
from fracas.states import State


@pytest.fixture
def everybody(hire: Hire) -> Cast:
    return cast(hire)


def rows(engine: Engine, since: int = 0) -> list[dict[str, Any]]:
    with outflow(engine) as state:
        return [row for some in state.rows(since) for row in some]


def last(engine: Engine) -> int:
    with outflow(engine) as state:
        return state.seq


def ids(found: list[dict[str, Any]], entity: str, *, gone: bool = False) -> list[str]:
    return [row["id"] for row in found if row["entity"] == entity and bool(row.get("gone")) == gone]


def test_drafts_stay_until_they_are_submitted_and_then_tell_how_they_began(register: Register, everybody: Cast) -> None:
    way = walk(register, everybody)
    assert rows(register.engine) == []
    assert not holds_anything(register.engine)
    since = last(register.engine)
    way.to(State.SUBMITTED)
    assert holds_anything(register.engine)
    found = rows(register.engine, since)
    assert ids(found, "fracas_report") == [way.id]
    moves = [(r["from_state"], r["to_state"]) for r in found if r["entity"] == "fracas_event"]
    assert moves == [(None, "draft"), ("draft", "submitted")], "its beginning lies before what was asked for"


def test_rows_have_known_columns_and_values_of_json_only(register: Register, everybody: Cast) -> None:
    way = walk(register, everybody).to(State.CLOSED)
    assert way.report.verdict == "effective"
    for row in rows(register.engine):
        assert set(row) <= set(COLUMNS)
        assert {type(value) for value in row.values()} <= {str, int, float, bool, type(None), State}


def test_only_what_changed_since_is_read(register: Register, everybody: Cast) -> None:
    first, second = (
        walk(register, everybody, "s1").to(State.VERIFIED),
        walk(register, everybody, "s2").to(State.VERIFIED),
    )
    since = last(register.engine)
    assert rows(register.engine, since) == []
    second.to(State.CONTAINED)
    assert ids(rows(register.engine, since), "fracas_report") == [second.id]
    assert ids(rows(register.engine), "fracas_report") == sorted([first.id, second.id])


def test_parts_and_actions_that_were_taken_back_say_so(register: Register, everybody: Cast) -> None:
    way = walk(register, everybody).to(State.SUBMITTED)
    register.replace_parts(everybody.engineer, way.id, way.version, [{"part_no": "P-1"}, {"part_no": "P-2"}])
    way.to(State.ANALYSING)
    since, before = last(register.engine), rows(register.engine)
    assert len(ids(before, "part_use")) == 2
    assert ids(before, "repair") == [way.id], "the handling at the site"
    register.replace_parts(everybody.engineer, way.id, way.version, [])
    (action,) = way.report.actions
    register.withdraw(everybody.owner, action.id, action.version, "not needed")
    after = rows(register.engine, since)
    assert sorted(ids(after, "part_use", gone=True)) == sorted(ids(before, "part_use"))
    assert ids(after, "action", gone=True) == [action.id]
    assert ids(after, "repair", gone=True) == [way.id]


def test_the_last_event_proves_that_it_is_the_same_register(register: Register, everybody: Cast) -> None:
    walk(register, everybody).to(State.SUBMITTED)
    with outflow(register.engine) as state:
        assert state.knows(0, "")
        assert state.knows(state.seq, state.mac)
        assert not state.knows(state.seq, "0" * 64)
        assert not state.knows(state.seq + 1, state.mac)


def test_a_state_does_not_move_while_it_is_read_and_keeps_nobody_waiting(register: Register, everybody: Cast) -> None:
    way: Walk = walk(register, everybody).to(State.SUBMITTED)
    with outflow(register.engine) as state:
        register.draft(everybody.reporter, "s2", FACTS)
        way.to(State.VERIFIED)
        (report,) = [r for some in state.rows(0) for r in some if r["entity"] == "fracas_report"]
    assert report["state"] == "submitted"


def test_what_breaks_off_is_a_sentence(register: Register) -> None:
    with pytest.raises(UserError, match="tried again"), one_state(register.engine) as session:
        session.connection().exec_driver_sql("SELECT nothing FROM nowhere")


def test_a_file_that_nobody_made_is_no_register(tmp_path: Path, url: str) -> None:
    assert is_begun(url)
    assert not is_begun(f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert not (tmp_path / "none.sqlite").exists()
