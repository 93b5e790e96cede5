"""Past reports like the one that somebody writes: in either language, with what is known of them, within their scope."""

from __future__ import annotations

import pytest
from register_cast import FACTS, Cast, Hire, cast, walk

from fracas import texts
from fracas.people import Actor
from fracas.permissions import Role
from fracas.register import Register
from fracas.similar import similar, warm
from fracas.states import State


@pytest.fixture
def everybody(hire: Hire) -> Cast:
    return cast(hire)


def reported(register: Register, by: Actor, symptom: str, **facts: object) -> str:
    """A submitted report of a symptom; its number."""
    said = {**FACTS, "component": None, **facts, "symptom": symptom}
    report_id = register.draft(by, symptom, said)
    register.move(by, report_id, register.look(by, report_id).version, "submit")
    return register.look(by, report_id).number or ""


def found(register: Register, actor: Actor, text: str, **asked: object) -> list[str]:
    return [match.report.number or "" for match in similar(register.engine, actor, text, **asked)]  # type: ignore[arg-type]


def test_the_most_alike_comes_first_in_either_language(register: Register, everybody: Cast) -> None:
    door = reported(register, everybody.reporter, "车门关不上，反复弹开")
    leak = reported(register, everybody.reporter, "air leaks at the brake cylinder")
    reported(register, everybody.reporter, "display stays dark")
    assert found(register, everybody.engineer, "右侧车门弹开") == [door]
    assert found(register, everybody.engineer, "brake cylinder leaking air")[0] == leak
    assert found(register, everybody.engineer, "  ") == []
    assert found(register, everybody.engineer, "zzz") == []


def test_a_shared_fault_code_counts_before_all_words(register: Register, everybody: Cast) -> None:
    words = reported(register, everybody.reporter, "door does not close in the morning")
    code = reported(register, everybody.reporter, "alarm E-1042")
    asked = similar(register.engine, everybody.engineer, "door does not close, e1042")
    assert [match.report.number for match in asked] == [code, words]
    assert asked[0].codes == ("E1042",)
    by_code = reported(register, everybody.reporter, "rattles", symptom_code="S-77")
    assert found(register, everybody.engineer, "hums", code="S-77") == [by_code]


def test_what_is_written_just_now_is_not_like_itself_and_drafts_are_nobody_s(
    register: Register, everybody: Cast
) -> None:
    mine = register.draft(everybody.reporter, "x", {**FACTS, "symptom": "belt slips"})
    other = register.draft(everybody.engineer, "y", {**FACTS, "symptom": "belt slips"})
    number = reported(register, everybody.reporter, "belt slips when wet")
    assert found(register, everybody.reporter, "belt slips", apart_from=mine) == [number]
    register.move(everybody.engineer, other, 1, "submit")
    assert len(found(register, everybody.reporter, "belt slips", apart_from=other)) == 1


def test_known_solutions_come_along(register: Register, everybody: Cast) -> None:
    way = walk(register, everybody).to(State.CLOSED)
    (match,) = similar(register.engine, everybody.reporter, "air leaks")
    assert match.is_explained
    assert (match.report.cause, match.lesson) == ("rubber of the wrong mixture", None)
    assert [action.kind for action in match.actions] == ["corrective"]
    assert match.report.id == way.id


def test_a_change_is_seen_at_once(register: Register, everybody: Cast) -> None:
    way = walk(register, everybody).to(State.SUBMITTED)
    warm(register.engine)
    assert found(register, everybody.engineer, "fan rattles") == []
    way.save(everybody.engineer, symptom="fan rattles")
    assert found(register, everybody.engineer, "fan rattles") == [way.report.number]
    assert found(register, everybody.engineer, "漏风") == [], "what it said before is said no longer"


def test_scope_holds_however_many_others_are_more_alike(register: Register, everybody: Cast, hire: Hire) -> None:
    for n in range(30):
        reported(register, everybody.reporter, f"pump is loud {n}", region="West")
    mine = reported(register, everybody.reporter, "the pump over there got loud", region="East")
    near = hire("near", Role.TECHNICIAN, regions=("East",))
    assert found(register, near, "pump is loud", most=3) == [mine]
    assert len(found(register, everybody.engineer, "pump is loud", most=3)) == 3


def test_what_changed_is_made_one_with_the_rest_in_the_background(
    register: Register, everybody: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_BESIDE", 2)
    kept = texts.Texts(("symptom",), lambda report, _: texts.Said(report.symptom))
    reported(register, everybody.reporter, "first")
    kept.follow(register.engine)
    later = [reported(register, everybody.reporter, f"symptom number {word}") for word in ("one", "two", "three")]
    kept.follow(register.engine)
    if kept._merging is not None:
        kept._merging.join()
    assert (len(kept._main.ids), len(kept._beside)) == (4, 0)
    asked = texts.Said("symptom number two")
    best = kept.find(register.engine, everybody.engineer, asked, most=1, least=0.1)
    assert [match.report.number for match in best] == [later[1]]
