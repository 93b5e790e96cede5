"""What the warehouse knows of its entities and codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import Installation

from bilingual.text import LANGUAGES, Text
from warehouse.entities import SQL_TYPES, Entity, code_lists, entities

ALL = pytest.mark.parametrize("entity", entities().values(), ids=lambda e: e.name)


def is_chinese(text: str) -> bool:
    return any("一" <= sign <= "鿿" for sign in text)


@ALL
def test_an_entity_and_each_field_has_a_name_in_both_languages(entity: Entity) -> None:
    texts: list[Text] = [entity.label, entity.about, *(f.label for f in entity.fields.values())]
    for text in texts:
        assert all(text[language].strip() for language in LANGUAGES), text
    assert is_chinese(entity.label.zh)
    assert is_chinese(entity.about.zh)
    assert not any(is_chinese(text.en) for text in texts)


@ALL
def test_labels_of_an_entity_s_fields_are_told_apart(entity: Entity) -> None:
    for language in LANGUAGES:
        labels = [f.label[language] for f in entity.fields.values()]
        assert len(labels) == len(set(labels))


@ALL
def test_every_field_has_a_type_and_refers_to_what_exists(entity: Entity) -> None:
    for field in entity.fields.values():
        assert field.type in SQL_TYPES
        assert (field.type == "code") == (field.codes is not None), field.name
        assert field.codes is None or field.codes in code_lists(), field.name
        assert field.refers is None or field.refers in entities(), field.name
        if field.refers:
            assert len(entities()[field.refers].key) == 1, field.name


@ALL
def test_a_key_is_made_of_fields(entity: Entity) -> None:
    assert entity.key
    assert set(entity.key) <= set(entity.fields)
    assert any(entity.fields[k].required for k in entity.key)


@ALL
def test_names_follow_the_house_s_style(entity: Entity) -> None:
    for field in entity.fields.values():
        assert field.name == field.name.lower()
        assert field.type != "instant" or field.name == "at" or field.name.endswith("_at"), field.name


def test_every_code_has_a_name_in_both_languages_and_is_listed_once() -> None:
    for name, codes in code_lists().items():
        assert codes, name
        assert len({c.code for c in codes}) == len(codes), name
        for code in codes:
            assert code.label.en
            assert code.label.zh
            assert code.list == name


def test_the_codes_of_the_trade_are_there() -> None:
    lists = {name: [c.code for c in codes] for name, codes in code_lists().items()}
    assert lists["service_kind"] == ["paid", "contract", "warranty", "internal"]
    assert [c.code for c in code_lists()["ticket_status"] if c.parent == "paused"] == ["waiting_customer"]
    assert len(lists["survey_grade"]) == 5


def test_an_installation_may_replace_a_code_list(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.home.codes.mkdir()
    # Excel writes a mark before the first letter.
    (made.home.codes / "priority.csv").write_text("code,parent,en,zh\np1,,Now,马上\n", encoding="utf-8-sig")
    lists = code_lists(made.home.codes)
    assert [(c.code, c.parent, c.label) for c in lists["priority"]] == [("p1", None, Text(en="Now", zh="马上"))]
    assert lists["zone"] == code_lists()["zone"]
    made.maps("s", {"ticket": {"from": "rows", "fields": {"ticket_id": "no", "opened_at": "at", "priority": "p"}}})
    made.lands("s", "rows", "no|at|p\nT1|2024-03-04|马上")
    reading = made.read()
    assert reading.rows("SELECT priority FROM core.ticket") == [("p1",)]
    assert reading.rows("SELECT code, en, zh FROM core.code_list WHERE list = 'priority'") == [("p1", "Now", "马上")]
