"""The knowledge base: a lesson of a confirmed cause, found in either language by whoever may see its report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from register_cast import KEY, Cast, Hire, Walk, cast, walk

from bilingual.errors import UserError
from fracas import platform
from fracas.database import ConflictError, reading
from fracas.journal import verify
from fracas.lessons import Words, lesson_of, search, write
from fracas.people import RefusedError
from fracas.permissions import Role
from fracas.register import Register
from fracas.states import State

WORDS = Words(
    symptom_en="Air leaks at the brake cylinder in cold mornings",
    symptom_zh="低温早晨制动缸漏风",
    cause_en="The seal ring is of the wrong rubber and hardens",
    cause_zh="密封圈橡胶配方错误而硬化",
    solution_en="Fit rings of lot L-90 or later",
    solution_zh="更换为 L-90 及以后批次的密封圈",
)


@pytest.fixture
def everybody(hire: Hire) -> Cast:
    return cast(hire)


def numbers(found: tuple[object, ...]) -> list[str]:
    return [match.report.number for match in found]  # type: ignore[attr-defined]


def taught(way: Walk, words: Words = WORDS) -> Walk:
    write(way.register, way.cast.analyst, way.id, way.version, words)
    return way


def test_a_lesson_is_written_once_the_cause_is_confirmed_and_changed_thereafter(
    register: Register, everybody: Cast
) -> None:
    way = walk(register, everybody).to(State.ANALYSING)
    with pytest.raises(RefusedError, match="Analysing"):
        taught(way)
    taught(way.to(State.CAUSE_CONFIRMED))
    first = lesson_of(register.engine, everybody.manager, way.id)
    assert first is not None
    assert (first.symptom_zh, first.author_id) == (WORDS.symptom_zh, everybody.analyst.id)
    taught(way, replace(WORDS, solution_en="  Fit rings of lot L-91  "))
    second = lesson_of(register.engine, everybody.manager, way.id)
    assert second is not None
    assert (second.id, second.solution_en, second.made_at) == (first.id, "Fit rings of lot L-91", first.made_at)
    told = [event.kind for event in register.history(everybody.manager, way.id)]
    assert told[-2:] == ["lesson", "lesson"]
    with reading(register.engine) as session:
        assert verify(session, KEY).broken == ()


def test_it_takes_the_right_the_version_and_both_languages(register: Register, everybody: Cast) -> None:
    way = walk(register, everybody).to(State.CAUSE_CONFIRMED)
    with pytest.raises(RefusedError):
        write(register, everybody.reporter, way.id, way.version, WORDS)
    with pytest.raises(ConflictError):
        write(register, everybody.analyst, way.id, way.version - 1, WORDS)
    with pytest.raises(UserError, match="both languages"):
        taught(way, replace(WORDS, cause_zh="  "))
    assert lesson_of(register.engine, everybody.manager, way.id) is None


def test_what_is_known_is_found_in_either_language(register: Register, everybody: Cast) -> None:
    lesson = taught(walk(register, everybody, "s1").to(State.CLOSED))
    cause = walk(register, everybody, "s2")
    cause.save(everybody.reporter, symptom="motor smells of burning", component="motor")
    cause.to(State.CAUSE_CONFIRMED)
    walk(register, everybody, "s3").to(State.ANALYSING)  # nothing is known of it yet
    engine, reader = register.engine, everybody.manager
    for text in ("hardened seal ring", "密封圈硬化", "漏风 低温"):
        found = search(engine, reader, text)
        assert found[0].report.number == lesson.report.number, text
        assert found[0].lesson is not None
    (best, *_) = search(engine, reader, "smell of burning motor")
    assert (best.report.number, best.lesson, best.is_explained) == (cause.report.number, None, True)
    assert set(numbers(search(engine, reader, "valve rubber ring"))) <= {lesson.report.number, cause.report.number}
    assert [a.kind for a in search(engine, reader, "hardened seal ring")[0].actions] == ["corrective"]
    assert search(engine, reader, "qqqq") == ()


def test_without_a_text_the_newest_lessons_come_first(register: Register, everybody: Cast) -> None:
    ways = [taught(walk(register, everybody, s).to(State.CAUSE_CONFIRMED)) for s in ("s1", "s2", "s3")]
    found = search(register.engine, everybody.manager, " ", most=2)
    assert numbers(found) == [ways[2].report.number, ways[1].report.number]


def test_a_change_is_found_at_once_and_a_cause_in_doubt_no_longer(register: Register, everybody: Cast) -> None:
    way = walk(register, everybody).to(State.MONITORING)
    engine, reader = register.engine, everybody.manager
    assert search(engine, reader, "Feuchtigkeit im Stecker") == ()
    taught(way, replace(WORDS, cause_en="Feuchtigkeit im Stecker"))
    assert numbers(search(engine, reader, "Feuchtigkeit im Stecker")) == [way.report.number]
    platform.came_back(register, way.id, "again")
    assert search(engine, reader, "Feuchtigkeit im Stecker") == ()


def test_everybody_finds_what_they_may_see(register: Register, everybody: Cast, hire: Hire) -> None:
    way = taught(walk(register, everybody).to(State.CAUSE_CONFIRMED))
    near = hire("near", Role.TECHNICIAN, regions=("East",))
    far = hire("far", Role.TECHNICIAN, regions=("West",))
    for text in ("seal ring", ""):
        assert numbers(search(register.engine, near, text)) == [way.report.number]
        assert search(register.engine, far, text) == ()
    assert lesson_of(register.engine, near, way.id) is not None
    assert lesson_of(register.engine, far, way.id) is None
