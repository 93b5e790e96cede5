"""The failed item's way through the workshop."""

from __future__ import annotations

import pytest
from register_cast import Cast, Hire, Walk, cast, walk
from sqlalchemy import Engine

from bilingual.errors import UserError
from fracas import returned
from fracas.database import reading
from fracas.journal import verify
from fracas.people import RefusedError
from fracas.refusals import NotThereError
from fracas.register import Register
from fracas.states import State

ITEM = {"part_no": "P-3", "serial_no": "V-991", "description": None, "repair_no": "R-1"}


@pytest.fixture
def way(register: Register, hire: Hire) -> Walk:
    return walk(register, cast(hire)).to(State.VERIFIED)


def start(way: Walk) -> str:
    return returned.start(way.register, way.cast.engineer, way.id, way.version, ITEM)


def go(way: Walk, step: str, said: str = "", verdict: str | None = None) -> None:
    (unit,) = way.report.returned_units
    returned.go_on(way.register, way.cast.owner, unit.id, unit.version, step, said, verdict)


def test_from_received_to_sent_back_in_order(way: Walk, engine: Engine) -> None:
    start(way)
    assert [a.unit.serial_no for a in returned.away(way.register, way.cast.engineer)] == ["V-991"]
    go(way, "receive")
    go(way, "inspect", "ring cracked")
    go(way, "repair", "ring replaced", "repaired")
    go(way, "release", "tight at 10 bar")
    go(way, "send", "depot East")
    (unit,) = way.report.returned_units
    instants = [unit.started_at, *(getattr(unit, step.at) for step in returned.STEPS)]
    assert all(at is not None for at in instants)
    assert instants == sorted(instants)
    assert (unit.inspection, unit.repair, unit.final_inspection, unit.sent_to) == (
        "ring cracked", "ring replaced", "tight at 10 bar", "depot East",
    )  # fmt: skip
    assert returned.next_step(unit) is None
    assert returned.away(way.register, way.cast.engineer) == []
    kinds = [e.kind for e in way.register.history(way.cast.engineer, way.id)]
    assert kinds.count("returned_unit") == 6
    with reading(engine) as session:
        assert verify(session, way.register.key).broken == ()


def test_no_step_is_skipped_or_taken_twice(way: Walk) -> None:
    start(way)
    with pytest.raises(RefusedError):
        go(way, "inspect", "before it came")
    go(way, "receive")
    with pytest.raises(RefusedError):
        go(way, "receive")


def test_a_step_says_what_was_found(way: Walk) -> None:
    start(way)
    go(way, "receive")
    with pytest.raises(UserError):
        go(way, "inspect", "  ")
    go(way, "inspect", "ring cracked")
    with pytest.raises(UserError):
        go(way, "repair", "ring replaced")
    (unit,) = way.report.returned_units
    assert unit.repaired_at is None


def test_what_was_scrapped_goes_nowhere(way: Walk) -> None:
    start(way)
    for step, said, verdict in (
        ("receive", "", None),
        ("inspect", "burst", None),
        ("repair", "beyond repair", "scrapped"),
    ):
        go(way, step, said, verdict)
    with pytest.raises(RefusedError):
        go(way, "release", "?")
    assert returned.away(way.register, way.cast.engineer) == []


def test_only_those_who_look_after_it_do(way: Walk) -> None:
    with pytest.raises(RefusedError):
        returned.start(way.register, way.cast.reporter, way.id, way.version, ITEM)
    with pytest.raises(UserError):
        returned.start(way.register, way.cast.engineer, way.id, way.version, {"repair_no": "R-1"})
    start(way)
    (unit,) = way.report.returned_units
    with pytest.raises(RefusedError):
        returned.go_on(way.register, way.cast.manager, unit.id, unit.version, "receive")
    with pytest.raises(NotThereError):
        returned.go_on(way.register, way.cast.owner, "nothing", 1, "receive")


def test_two_who_take_the_same_step_take_it_once(way: Walk) -> None:
    start(way)
    (unit,) = way.report.returned_units
    returned.go_on(way.register, way.cast.owner, unit.id, unit.version, "receive")
    with pytest.raises(RefusedError):
        returned.go_on(way.register, way.cast.engineer, unit.id, unit.version, "receive")


def test_a_draft_has_no_repair(register: Register, hire: Hire) -> None:
    people: Cast = cast(hire)
    draft = walk(register, people)
    with pytest.raises((RefusedError, NotThereError)):
        returned.start(register, people.engineer, draft.id, draft.version, ITEM)
