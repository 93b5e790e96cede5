"""Lists of reports: what somebody looks for, what stands in which state, and what waits for whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from register_cast import FACTS, SIGNED, Cast, Hire, Walk, cast, walk

from fracas import lists
from fracas.lists import Asked
from fracas.people import Actor
from fracas.permissions import Role
from fracas.register import Planned, Register, Rejoinder
from fracas.states import State


@pytest.fixture
def people(hire: Hire) -> Cast:
    return cast(hire)


def report(register: Register, people: Cast, name: str, state: State = State.SUBMITTED, **facts: object) -> Walk:
    begun = Walk(register, people, register.draft(people.reporter, name, {**FACTS, **facts}))
    return begun.to(state) if state != State.DRAFT else begun


def found(register: Register, actor: Actor, **asked: object) -> list[str]:
    lines, total = lists.found(register, actor, Asked(**asked))  # type: ignore[arg-type]
    assert len(lines) == total
    return [line.report.symptom or "" for line in lines]


def test_what_is_looked_for_is_found_and_nothing_else(register: Register, people: Cast) -> None:
    report(register, people, "s1", symptom="制动缸漏风", severity="critical", region="East", lot="L-77")
    report(
        register,
        people,
        "s2",
        symptom="100 % of_doors",
        severity="degraded",
        region="West",
        serial_no="DR-1",
        lot="L-1",
    )
    report(register, people, "s3", State.DRAFT, symptom="a draft")
    engineer = people.engineer
    assert set(found(register, engineer)) == {"制动缸漏风", "100 % of_doors"}
    assert set(found(register, people.reporter)) == {"制动缸漏风", "100 % of_doors", "a draft"}
    assert found(register, engineer, severity="critical") == ["制动缸漏风"]
    assert found(register, engineer, region="West") == ["100 % of_doors"]
    for text in ("漏风", "l-77", "br-2041"):
        assert found(register, engineer, text=text) == ["制动缸漏风"], text
    # Signs that a search takes for "anything" stand for themselves.
    assert found(register, engineer, text="%") == ["100 % of_doors"]
    assert found(register, engineer, text="f_d") == ["100 % of_doors"]
    assert found(register, engineer, text="漏_") == []
    assert found(register, engineer, states=("verified",)) == []


def test_a_page_of_a_list_knows_how_many_there_are(register: Register, people: Cast) -> None:
    for i in range(5):
        report(register, people, f"s{i}", symptom=f"number {i}")
    lines, total = lists.found(register, people.engineer, Asked(order="number"), start=2, most=2)
    assert (total, [line.report.symptom for line in lines]) == (5, ["number 2", "number 1"])


def test_overdue_is_what_has_an_open_action_past_its_day(register: Register, people: Cast) -> None:
    late = report(register, people, "s1", State.VERIFIED, symptom="late")
    other = report(register, people, "s2", State.VERIFIED, symptom="in time")
    yesterday, tomorrow = (register.today() + dt.timedelta(days=days) for days in (-1, 1))
    register.plan(people.engineer, other.id, other.version, Planned("containment", "soon", people.owner.id, tomorrow))
    late.plan(people.engineer, "containment")
    action = late.report.actions[0]
    register.postpone(people.engineer, action.id, action.version, yesterday, "as a test of it")
    (line,), _ = lists.found(register, people.engineer, Asked(which="overdue"))
    assert (line.report.symptom, line.due_on) == ("late", yesterday)
    action = late.report.actions[0]
    register.implemented(people.owner, action.id, action.version, "photo", ["x"])
    assert found(register, people.engineer, which="overdue") == []


def test_nobody_finds_what_lies_outside_of_their_scope(register: Register, people: Cast, hire: Hire) -> None:
    report(register, people, "s1", symptom="east", region="East")
    report(register, people, "s2", symptom="west", region="West")
    report(register, people, "s3", symptom="nowhere", region=None)
    western = hire("western", Role.QUALITY_ENGINEER, regions=("West",))
    assert set(found(register, western)) == {"west", "nowhere"}
    assert lists.values(register, western, "region") == ["West"]
    assert {r.symptom for r in (t.report for t in lists.tasks(register, western))} == {"west", "nowhere"}
    columns = lists.by_state(register, western, Asked())
    assert {line.report.symptom for line in columns[State.SUBMITTED][0]} == {"west", "nowhere"}


def test_the_board_shows_the_first_of_every_state_and_counts_all(register: Register, people: Cast) -> None:
    for i in range(3):
        report(register, people, f"s{i}")
    report(register, people, "s9", State.VERIFIED)
    columns = lists.by_state(register, people.engineer, Asked(), each=2)
    assert {state: (len(lines), n) for state, (lines, n) in columns.items()} == {
        State.SUBMITTED: (2, 3), State.VERIFIED: (1, 1),
    }  # fmt: skip


def waiting(way: Walk, actor: Actor) -> list[str]:
    return [task.what.en for task in lists.tasks(way.register, actor)]


def test_at_every_step_it_waits_for_those_who_can_take_it(register: Register, people: Cast) -> None:
    way = walk(register, people)
    c = people

    def only(*expected: tuple[Actor, str]) -> None:
        for actor in (c.reporter, c.engineer, c.analyst, c.owner, *c.board, c.reviewer, c.manager, c.administrator):
            mine = [words for who, words in expected if who.id == actor.id]
            assert waiting(way, actor) == mine, actor.login

    engineers = (c.engineer, c.analyst, c.reviewer)
    only((c.reporter, "Finish and submit your draft"))
    way.to(State.SUBMITTED)
    only(*((e, "Verify that it is a failure") for e in engineers))
    way.to(State.VERIFIED)
    contain = "Contain it: an interim action with a due date"
    only(*((e, contain) for e in (*engineers, c.owner)))
    way.to(State.CONTAINED)
    # From here on its owner goes on; the owner of an action has it to do.
    only((c.engineer, "Find the cause"), (c.owner, "Implement the action"))
    way.to(State.CAUSE_CONFIRMED)
    way.plan(c.analyst, "corrective")
    way.save(c.analyst, new_risks="none", like_items="all of the lot")
    assert "Approve the actions" in waiting(way, c.board[0])
    way.move(c.board[0], "approve")
    assert "Approve the actions" not in waiting(way, c.board[0])
    assert "Approve the actions" in waiting(way, c.board[1])
    way.move(c.board[1], "approve")
    assert waiting(way, c.owner) == ["Implement the action"] * 2


def test_closing_waits_for_nobody_before_its_gate_holds(register: Register, people: Cast) -> None:
    way = walk(register, people).to(State.MONITORING)
    assert waiting(way, people.board[0]) == []
    way.ready_to_close()
    later = way.later(91)
    assert waiting(later, people.manager) == ["Review it independently before closing"]
    later.register.review(people.reviewer, way.id, way.version, SIGNED.password or "")
    assert "Close the loop" in waiting(later, people.board[0])
    later.move(people.board[0], "close")
    assert waiting(later, people.board[0]) == []


def test_what_is_overdue_comes_first(register: Register, people: Cast) -> None:
    days = (20, -3, 5)
    for i, days_on in enumerate(days):
        way = report(register, people, f"s{i}", State.VERIFIED)
        day = register.today() + dt.timedelta(days=days_on)
        register.plan(
            people.engineer, way.id, way.version, Planned("containment", f"in {days_on}", people.owner.id, day)
        )
    mine = [t for t in lists.tasks(register, people.owner) if t.action]
    assert [t.action.description for t in mine if t.action] == ["in -3", "in 5", "in 20"]


def test_what_was_returned_waits_for_its_reporter(register: Register, people: Cast) -> None:
    way = report(register, people, "s1")
    way.move(people.engineer, "return", replace(Rejoinder(), reason="which door?"))
    assert waiting(way, people.reporter) == ["Returned to you: complete it and submit it again"]
