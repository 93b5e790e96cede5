"""The review board: what is due, decisions in one sitting, and the minutes of a day."""

from __future__ import annotations

import datetime as dt

import pytest
from register_cast import PASSWORD, Cast, Hire, Walk, cast, walk

from fracas import board
from fracas.board import Decision
from fracas.people import RefusedError
from fracas.permissions import Function, Role
from fracas.register import Register
from fracas.states import State


@pytest.fixture
def people(hire: Hire) -> Cast:
    return cast(hire)


def explained(register: Register, people: Cast, name: str) -> Walk:
    way = walk(register, people, name).to(State.CAUSE_CONFIRMED)
    way.plan(people.analyst, "corrective")
    way.save(people.analyst, new_risks="none", like_items="all of the lot")
    return way


def test_one_password_signs_all_that_was_decided(register: Register, people: Cast) -> None:
    first, second, third = (explained(register, people, f"s{i}") for i in range(3))
    one, two = people.board
    for member in (one, two):
        decisions = {
            first.id: Decision("approve", first.version, "agreed"),
            **({second.id: Decision("return", second.version, "cause of the crack?")} if member is two else {}),
        }
        outcomes = board.decide(register, member, PASSWORD, decisions)
        assert all(outcome.refused is None for outcome in outcomes)
    assert (first.report.state, second.report.state, third.report.state) == (
        State.ACTION_APPROVED, State.RETURNED, State.CAUSE_CONFIRMED,
    )  # fmt: skip
    assert [(s.name, s.remark) for s in first.report.signatures if s.act == "approve"] == [
        ("Board1", "agreed"), ("Board2", "agreed"),
    ]  # fmt: skip


def test_what_one_is_refused_for_keeps_the_others_not_back(register: Register, people: Cast) -> None:
    first, second = (explained(register, people, f"s{i}") for i in range(2))
    stale = first.version
    first.save(people.analyst, new_risks="one more")
    outcomes = board.decide(
        register,
        people.board[0],
        PASSWORD,
        {
            first.id: Decision("approve", stale),
            second.id: Decision("approve", second.version),
            "gone": Decision("close", 1),
        },
    )
    assert [outcome.refused is None for outcome in outcomes] == [False, True, False]
    assert outcomes[0].refused is not None
    assert "Analyst" in outcomes[0].refused.en
    # Nobody signed what they had not seen.
    assert [s.act for s in first.report.signatures] == ["confirm_cause"]


def test_without_the_password_nothing_is_decided(register: Register, people: Cast) -> None:
    way = explained(register, people, "s1")
    with pytest.raises(RefusedError):
        board.decide(register, people.board[0], "not the password", {way.id: Decision("approve", way.version)})
    assert way.report.state == State.CAUSE_CONFIRMED


def test_what_is_due_says_who_still_has_to_sign(register: Register, people: Cast) -> None:
    way = explained(register, people, "s1")
    (due,) = board.due(register, people.board[0])
    assert (due.move, due.missing, due.has_signed) == ("approve", (), False)
    assert set(due.unsigned) == set(Function)
    way.move(people.board[0], "approve")
    (due,) = board.due(register, people.board[0])
    assert due.has_signed
    assert set(due.unsigned) == {Function.QUALITY, Function.AFTER_SALES}
    # Who analysed sees why it is not for them.
    (theirs,) = board.due(register, people.analyst)
    assert theirs.missing != ()


def test_nobody_sees_what_is_due_outside_of_their_scope(register: Register, people: Cast, hire: Hire) -> None:
    explained(register, people, "s1")
    western = hire("western", Role.REVIEW_BOARD, functions=(Function.DESIGN,), regions=("West",))
    assert board.due(register, western) == []
    assert board.minutes(register, western, register.today()) == []


def test_the_minutes_of_a_day_tell_each_decision_with_its_signature(register: Register, people: Cast) -> None:
    way = walk(register, people).to(State.ACTION_APPROVED)
    told = board.minutes(register, people.manager, register.today())
    assert [(m.event.kind, m.event.actor_id, m.signature is not None) for m in told] == [
        ("approve", member.id, True) for member in people.board
    ]
    assert {m.report.id for m in told} == {way.id}
    assert board.minutes(register, people.manager, register.today() - dt.timedelta(days=1)) == []
