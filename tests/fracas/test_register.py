"""The way of a report: who may do what when, what gates ask for, and what is left of it in the journal."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from register_cast import CAUSE, FACTS, KEY, PASSWORD, SIGNED, Cast, Hire, Later, Walk, cast, walk
from sqlalchemy import Engine

from bilingual.errors import UserError
from fracas import platform
from fracas.database import ConflictError, reading
from fracas.journal import verify
from fracas.people import Actor, RefusedError
from fracas.permissions import Function, Role
from fracas.refusals import GateError, MeanwhileError, NotThereError
from fracas.register import Planned, Register, Rejoinder
from fracas.states import MOVES, PATH, State


@pytest.fixture
def people(hire: Hire) -> Cast:
    return cast(hire)


@pytest.fixture
def way(register: Register, people: Cast) -> Walk:
    return walk(register, people)


def broken(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [b.text.en for b in verify(session, KEY).broken]


def test_a_report_from_draft_to_closed_by_six_people_is_proven_afterwards(way: Walk, engine: Engine) -> None:
    way.to(State.CLOSED)
    report = way.report
    assert report.number is not None
    assert report.number.startswith(f"FR-{way.register.today():%Y}-0000")
    assert report.closed_at is not None
    events = way.register.history(way.cast.reporter, way.id)
    assert [e.to_state for e in events if e.from_state != e.to_state] == list(PATH)
    signed = [(s.act, s.name) for s in report.signatures]
    assert signed == [
        ("confirm_cause", "Engineer"), ("approve", "Board1"), ("approve", "Board2"), ("review", "Reviewer"), ("close", "Board1"),
    ]  # fmt: skip
    assert len({s.digest for s in report.signatures if s.act == "approve"}) == 1
    assert broken(engine) == []


def test_the_same_submission_is_one_report_however_often_it_is_sent(register: Register, people: Cast) -> None:
    first = register.draft(people.reporter, "form-1", FACTS)
    assert register.draft(people.reporter, "form-1", {**FACTS, "symptom": "other"}) == first
    assert register.look(people.reporter, first).symptom == FACTS["symptom"]
    with pytest.raises(NotThereError):
        register.draft(people.engineer, "form-1", FACTS)


def test_a_draft_is_nobody_elses_business(way: Walk) -> None:
    for other in way.cast.everybody()[1:]:
        with pytest.raises(NotThereError):
            way.register.look(other, way.id)
    way.to(State.SUBMITTED)
    for other in way.cast.everybody():
        assert way.register.look(other, way.id).id == way.id


@pytest.mark.parametrize("name", ["serial_no", "occurred_at", "symptom", "severity"])
def test_submission_asks_for_the_mandatory_fields_only(register: Register, people: Cast, name: str) -> None:
    without = walk(register, people)
    without.save(people.reporter, **{name: None})
    with pytest.raises(GateError) as refused:
        without.move(people.reporter, "submit")
    assert [m.field for m in refused.value.missing] == [name]
    assert without.report.number is None


def test_numbers_have_no_gaps_though_drafts_are_left_lying(register: Register, people: Cast) -> None:
    ways = [walk(register, people, f"s{i}") for i in range(4)]
    for one in (ways[2], ways[0], ways[3]):
        one.to(State.SUBMITTED)
    assert [one.report.number[-5:] for one in (ways[2], ways[0], ways[3])] == ["00001", "00002", "00003"]  # type: ignore[index]
    assert ways[1].report.number is None


def test_a_cause_is_not_confirmed_by_who_found_it(way: Walk) -> None:
    way.to(State.ANALYSING)
    way.save(way.cast.analyst, analyst_id=way.cast.analyst.id, **CAUSE)
    with pytest.raises(GateError, match="somebody else confirms"):
        way.move(way.cast.analyst, "confirm_cause")
    assert way.move(way.cast.reviewer, "confirm_cause") == State.CAUSE_CONFIRMED


@pytest.mark.parametrize("name", ["location", "mechanism", "cause", "escape_cause", "is_reproduced"])
def test_a_cause_that_is_not_explained_in_full_is_not_confirmed(way: Walk, name: str) -> None:
    way.to(State.ANALYSING)
    way.save(way.cast.analyst, analyst_id=way.cast.analyst.id, **{**CAUSE, name: None})
    with pytest.raises(GateError) as refused:
        way.move(way.cast.engineer, "confirm_cause")
    assert [m.field for m in refused.value.missing] == [name]


def test_what_could_not_be_reproduced_needs_to_say_why(way: Walk) -> None:
    way.to(State.ANALYSING)
    way.save(way.cast.analyst, analyst_id=way.cast.analyst.id, **{**CAUSE, "is_reproduced": False})
    with pytest.raises(GateError, match="reproduced"):
        way.move(way.cast.engineer, "confirm_cause")
    way.save(way.cast.analyst, reproduction="destroyed on removal")
    assert way.move(way.cast.engineer, "confirm_cause") == State.CAUSE_CONFIRMED


def test_an_approval_waits_for_every_function_of_the_board(way: Walk) -> None:
    way.to(State.CAUSE_CONFIRMED)
    way.plan(way.cast.analyst, "corrective")
    way.save(way.cast.analyst, new_risks="none", like_items="none installed")
    assert way.move(way.cast.board[0], "approve") == State.CAUSE_CONFIRMED
    # What was signed changes: the signature holds for what it was, and has to be given again.
    way.save(way.cast.analyst, new_risks="the new ring is dearer")
    assert way.move(way.cast.board[1], "approve") == State.CAUSE_CONFIRMED
    assert way.move(way.cast.board[0], "approve") == State.ACTION_APPROVED


def test_nobody_approves_what_they_proposed_or_the_cause_they_found(way: Walk, hire: Hire) -> None:
    both = hire("both", Role.REVIEW_BOARD, Role.QUALITY_ENGINEER, functions=tuple(Function))
    way.to(State.CAUSE_CONFIRMED)
    way.save(way.cast.analyst, new_risks="none", like_items="none")
    way.plan(both, "corrective")
    with pytest.raises(GateError, match="You proposed an action"):
        way.move(both, "approve")
    mute = hire("mute", Role.REVIEW_BOARD)
    with pytest.raises(GateError, match="no function"):
        way.move(mute, "approve")


def test_who_found_the_cause_does_not_approve_what_follows_from_it(way: Walk, hire: Hire) -> None:
    both = hire("both", Role.REVIEW_BOARD, Role.QUALITY_ENGINEER, functions=tuple(Function))
    way.to(State.ANALYSING)
    way.save(way.cast.analyst, analyst_id=both.id, **CAUSE)
    way.move(way.cast.engineer, "confirm_cause")
    way.plan(way.cast.analyst, "corrective")
    way.save(way.cast.analyst, new_risks="none", like_items="none")
    with pytest.raises(GateError, match="You analysed the cause"):
        way.move(both, "approve")
    assert way.report.signatures[-1].act == "confirm_cause"


def test_a_signature_needs_the_password_and_says_what_was_signed(way: Walk) -> None:
    way.to(State.ANALYSING)
    way.save(way.cast.analyst, analyst_id=way.cast.analyst.id, **CAUSE)
    for wrong in (None, "", "wrong password"):
        with pytest.raises(RefusedError, match="not your password"):
            way.move(way.cast.engineer, "confirm_cause", Rejoinder(password=wrong))
    assert way.report.signatures == []
    way.move(way.cast.engineer, "confirm_cause", Rejoinder(password=PASSWORD, remark="seen it myself"))
    (signature,) = way.report.signatures
    meaning = MOVES["confirm_cause"].meaning
    assert meaning is not None
    assert (signature.name, signature.meaning_en, signature.meaning_zh) == ("Engineer", meaning.en, meaning.zh)
    assert signature.remark == "seen it myself"


def test_implemented_needs_evidence_and_effectivity_of_every_action(way: Walk) -> None:
    way.to(State.ACTION_APPROVED)
    with pytest.raises(GateError, match="Not implemented"):
        way.move(way.cast.owner, "implement")
    (action,) = [a for a in way.report.actions if a.kind == "corrective"]
    with pytest.raises(UserError, match="shows"):
        way.register.implemented(way.cast.owner, action.id, action.version, " ", ["S1"])
    way.register.implemented(way.cast.owner, action.id, action.version, "order 4711")
    with pytest.raises(GateError, match="No serials or lots"):
        way.move(way.cast.owner, "implement")
    (action,) = [a for a in way.report.actions if a.kind == "corrective"]
    way.register.implemented(way.cast.owner, action.id, action.version, "order 4711", [], ["L-78 ", "L-79", "L-78"])
    assert way.move(way.cast.owner, "implement") == State.IMPLEMENTED
    (action,) = [a for a in way.report.actions if a.kind == "corrective"]
    assert action.effective_lots == ["L-78", "L-79"]


def test_a_due_date_moves_with_a_reason_and_the_first_one_stays(way: Walk, people: Cast) -> None:
    way.to(State.ACTION_APPROVED)
    (action,) = [a for a in way.report.actions if a.kind == "corrective"]
    with pytest.raises(UserError, match="Say why"):
        way.register.postpone(people.owner, action.id, action.version, dt.date(2026, 9, 1), " ")
    with pytest.raises(RefusedError, match="somebody else"):
        way.register.postpone(people.manager, action.id, action.version, dt.date(2026, 9, 1), "holidays")
    way.register.postpone(people.owner, action.id, action.version, dt.date(2026, 9, 1), "supplier is late")
    (moved,) = [a for a in way.report.actions if a.kind == "corrective"]
    assert (moved.original_due_on, moved.due_on) == (dt.date(2026, 5, 1), dt.date(2026, 9, 1))
    assert way.register.history(people.owner, way.id)[-1].reason == "supplier is late"
    with pytest.raises(ConflictError):
        way.register.postpone(people.owner, action.id, action.version, dt.date(2026, 10, 1), "again")


def test_closing_asks_for_the_window_the_effect_the_like_units_and_two_others(way: Walk) -> None:
    way.to(State.MONITORING)
    with pytest.raises(GateError) as refused:
        way.move(way.cast.board[0], "close")
    said = refused.value.text.en
    for part in ("window of verification lasts until", "effect is not verified", "Like units not checked yet: 1",
                 "management was the cause", "No independent reviewer"):  # fmt: skip
        assert part in said
    way.ready_to_close()
    with pytest.raises(GateError, match="window of verification"):
        way.register.review(way.cast.reviewer, way.id, way.version, PASSWORD)
    later = way.later(90)
    for concerned in (way.cast.engineer, way.cast.analyst):
        with pytest.raises(GateError, match="You had a part in it"):
            later.register.review(concerned, way.id, way.version, PASSWORD)
    with pytest.raises(GateError, match="No independent reviewer"):
        later.move(way.cast.board[0], "close")
    later.register.review(way.cast.reviewer, way.id, way.version, PASSWORD)
    assert later.move(way.cast.board[0], "close") == State.CLOSED


def test_whoever_reviewed_does_not_close(way: Walk) -> None:
    way.to(State.MONITORING).ready_to_close()
    later = way.later(90)
    later.register.review(way.cast.board[1], way.id, way.version, PASSWORD)
    with pytest.raises(GateError, match="another one of the board"):
        later.move(way.cast.board[1], "close")
    assert later.move(way.cast.board[0], "close") == State.CLOSED


def test_a_cause_in_management_closes_with_its_five_points_only(way: Walk) -> None:
    way.to(State.MONITORING).ready_to_close()
    way.save(way.cast.analyst, is_management_cause=True)
    later = way.later(90)
    with pytest.raises(GateError) as refused:
        later.register.review(way.cast.reviewer, way.id, way.version, PASSWORD)
    named = [f"management_{n}" for n in ("process", "responsibility", "measures", "discipline", "rules")]
    assert [m.field for m in refused.value.missing] == named
    way.save(way.cast.analyst, **dict.fromkeys(named, "said"))
    later.register.review(way.cast.reviewer, way.id, way.version, PASSWORD)
    assert later.move(way.cast.board[0], "close") == State.CLOSED


def test_a_failure_that_comes_back_reopens_by_the_platform_and_needs_a_new_containment(way: Walk) -> None:
    way.to(State.CLOSED)
    platform.came_back(way.register, way.id, "BR-2041 failed again on 2026-11-20")
    platform.came_back(way.register, way.id, "told twice")
    report = way.report
    assert (report.state, report.closed_at, report.verdict) == (State.REOPENED, None, None)
    event = way.register.history(way.cast.owner, way.id)[-1]
    assert (event.actor_id, event.kind, event.reason) == (None, "reopen", "BR-2041 failed again on 2026-11-20")
    with pytest.raises(GateError, match="containment"):
        way.move(way.cast.engineer, "contain")
    way.plan(way.cast.engineer, "containment")
    assert way.move(way.cast.engineer, "contain") == State.CONTAINED


def test_a_returned_report_is_with_its_reporter_who_submits_it_again_under_its_number(way: Walk) -> None:
    number = way.to(State.VERIFIED).report.number
    with pytest.raises(UserError, match="Say why"):
        way.move(way.cast.engineer, "return", Rejoinder(reason=" "))
    way.move(way.cast.engineer, "return", Rejoinder(reason="which valve?"))
    with pytest.raises(RefusedError):
        way.save(way.cast.engineer, component="ring")
    way.save(way.cast.reporter, component="valve BV-3")
    with pytest.raises(RefusedError, match="Only its reporter"):
        way.move(way.cast.manager, "submit")
    assert way.move(way.cast.reporter, "submit") == State.SUBMITTED
    assert way.report.number == number


def test_a_duplicate_names_the_other_report(register: Register, people: Cast) -> None:
    first, second = walk(register, people, "a").to(State.SUBMITTED), walk(register, people, "b").to(State.SUBMITTED)
    why = Rejoinder(reason="same event")
    with pytest.raises(GateError, match="repeats"):
        second.move(people.engineer, "duplicate", why)
    with pytest.raises(GateError, match="repeats"):
        second.move(people.engineer, "duplicate", Rejoinder(reason="same", duplicate_of=second.id))
    second.move(people.engineer, "duplicate", Rejoinder(reason="same event", duplicate_of=first.id))
    assert (second.report.state, second.report.duplicate_of_id) == (State.DUPLICATE, first.id)
    assert second.move(people.manager, "reopen", Rejoinder(reason="not the same")) == State.REOPENED


def test_a_risk_is_accepted_by_the_board_alone_and_signed(way: Walk) -> None:
    way.to(State.ANALYSING)
    why = Rejoinder(reason="spare part no longer made", password=PASSWORD)
    for other in (way.cast.engineer, way.cast.manager, way.cast.owner):
        with pytest.raises(RefusedError):
            way.move(other, "accept_risk", why)
    assert way.move(way.cast.board[0], "accept_risk", why) == State.RISK_ACCEPTED
    assert [s.act for s in way.report.signatures] == ["accept_risk"]


def test_two_editors_conflict_and_the_second_reads_what_the_first_did(way: Walk) -> None:
    way.to(State.VERIFIED)
    seen = way.version
    way.save(way.cast.engineer, effect="train stopped")
    with pytest.raises(MeanwhileError) as conflict:
        way.register.save(way.cast.reviewer, way.id, seen, {"effect": "train late"})
    assert "Engineer changed this report" in conflict.value.text.en
    (event,) = conflict.value.events
    assert json.loads(event.data)[0]["set"]["effect"] == "train stopped"
    assert way.report.effect == "train stopped"


def test_a_scope_hides_what_lies_outside_it_and_not_ones_own(way: Walk, hire: Hire) -> None:
    way.to(State.SUBMITTED)
    east, west = (hire(name, Role.QUALITY_ENGINEER, regions=(name.title(),)) for name in ("east", "west"))
    doors = hire("doors", Role.QUALITY_ENGINEER, lines=("Doors",))
    assert way.register.look(east, way.id).region == "East"
    for outside in (west, doors):
        with pytest.raises(NotThereError):
            way.register.look(outside, way.id)
        with pytest.raises(NotThereError):
            way.register.save(outside, way.id, way.version, {"is_failure": True})
    way.save(east, owner_id=west.id)
    assert way.register.look(west, way.id).id == way.id


def test_a_closed_report_changes_no_more(way: Walk) -> None:
    way.to(State.CLOSED)
    for column, value in (("symptom", "x"), ("cause", "x"), ("monitored_days", 1), ("owner_id", way.cast.owner.id)):
        with pytest.raises(RefusedError):
            way.save(way.cast.engineer, **{column: value})
    for column in ("state", "number", "verdict", "version", "reporter_id", "nonsense"):
        with pytest.raises(UserError, match="nothing that people fill in"):
            way.save(way.cast.engineer, **{column: "x"})
    with pytest.raises(RefusedError):
        way.plan(way.cast.engineer, "corrective")


def test_parts_are_replaced_as_a_list_and_all_of_it_is_in_the_journal(way: Walk, engine: Engine) -> None:
    reporter = way.cast.reporter
    rings = [
        {"position": "1.2", "part_no": "R-9", "old_serial": "V-1", "new_serial": "V-2"},
        {"part_no": "S-1", "quantity": 4},
    ]
    way.register.replace_parts(reporter, way.id, way.version, rings)
    way.register.replace_parts(reporter, way.id, way.version, rings[:1])
    assert [(p.part_no, p.quantity) for p in way.report.parts] == [("R-9", 1.0)]
    assert broken(engine) == []
    said = json.loads(way.register.history(reporter, way.id)[-1].data)
    assert sum("gone" in change for change in said) == 2


def test_a_same_fault_is_linked_once(register: Register, people: Cast) -> None:
    first, second = (walk(register, people, s).to(State.SUBMITTED) for s in "ab")
    for a, b in ((first, second), (first, second), (second, first)):
        register.same_fault(people.engineer, a.id, b.id)
    links = [e for w in (first, second) for e in register.history(people.engineer, w.id) if "other_id" in e.data]
    assert len(links) == 1
    with pytest.raises(UserError):
        register.same_fault(people.engineer, first.id, first.id)


@pytest.mark.parametrize("move", MOVES.values(), ids=lambda m: m.name)
def test_no_move_is_made_without_its_permission_or_from_elsewhere(
    register: Register, people: Cast, move: object
) -> None:
    assert move in MOVES.values()
    way = walk(register, people).to(State.SUBMITTED)
    said = Rejoinder(reason="why", password=PASSWORD)
    for actor in people.everybody():
        allowed = actor.may(move.permission) and State.SUBMITTED in move.sources  # type: ignore[attr-defined]
        if not allowed:
            with pytest.raises(UserError):
                way.move(actor, move.name, said)  # type: ignore[attr-defined]
            assert way.report.state == State.SUBMITTED


def test_offered_moves_are_those_of_the_state_and_the_roles(way: Walk) -> None:
    register: Register = way.register

    def offered(actor: Actor) -> set[str]:
        return set(register.offered(actor, way.report))

    assert offered(way.cast.reporter) == {"submit"}
    way.to(State.SUBMITTED)
    assert offered(way.cast.reporter) == set()
    assert offered(way.cast.engineer) == {"verify", "duplicate", "not_a_failure", "no_fault_found", "return"}
    way.to(State.CAUSE_CONFIRMED)
    assert offered(way.cast.board[0]) == {"approve", "accept_risk", "return"}


def test_an_action_needs_a_known_owner_and_words(way: Walk) -> None:
    way.to(State.VERIFIED)
    with pytest.raises(UserError, match="no such person"):
        way.register.plan(
            way.cast.engineer, way.id, way.version, Planned("containment", "x", "nobody", dt.date(2026, 1, 1))
        )
    with pytest.raises(UserError, match="description"):
        way.register.plan(
            way.cast.engineer, way.id, way.version, Planned("containment", " ", way.cast.owner.id, dt.date(2026, 1, 1))
        )


def test_time_in_tests_runs_ahead(register: Register) -> None:
    assert Later(**{**register.__dict__, "days": 2}).today() == register.today() + dt.timedelta(days=2)
    assert SIGNED.password == PASSWORD
