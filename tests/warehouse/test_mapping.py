"""Mappings: a YAML file says what a source means, and a slip in it is told with its place and a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from factories import Installation

from bilingual.errors import UserError
from warehouse.mapping import Source, load, load_all

GOOD: dict[str, Any] = {
    "title": {"en": "Calls", "zh": "报修"},
    "kind": "files",
    "streams": {"calls": {"path": "data/*.csv"}},
    "entities": {"ticket": {"from": "calls", "fields": {"ticket_id": "no", "opened_at": "at"}}},
}


def written(tmp_path: Path, text: str) -> Source:
    file = tmp_path / "register.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def changed(tmp_path: Path, **parts: Any) -> Source:
    return written(tmp_path, yaml.safe_dump({**GOOD, **parts}, allow_unicode=True))


def ticket(**parts: Any) -> dict[str, Any]:
    return {"ticket": {**GOOD["entities"]["ticket"], **parts}}


def test_a_source_is_named_after_its_file(tmp_path: Path) -> None:
    source = changed(tmp_path)
    assert source.name == "register"
    assert (source.title.en, source.title.zh) == ("Calls", "报修")
    assert (source.time_zone, source.nulls, source.dates, source.fresh_within_hours) == ("UTC", (), (), None)


def test_an_entity_may_have_one_mapping_or_several(tmp_path: Path) -> None:
    one = changed(tmp_path)
    several = changed(tmp_path, entities={"ticket": [GOOD["entities"]["ticket"]] * 2})
    assert (len(one.entities["ticket"]), len(several.entities["ticket"])) == (1, 2)
    assert len(several.mappings_of("calls")) == 2
    assert several.mappings_of("others") == []


def test_a_field_is_a_column_an_expression_a_number_or_a_map(tmp_path: Path) -> None:
    fields = {
        "ticket_id": "at",
        "symptom": "a || b",
        "reopen_count": 0,
        "priority": {"from": "p", "map": {1: "high", False: None}},
    }
    (mapping,) = changed(tmp_path, entities=ticket(fields=fields)).entities["ticket"]
    assert mapping.fields["ticket_id"].expression == '"at"'
    assert mapping.fields["symptom"].expression == "a || b"
    assert mapping.fields["reopen_count"].expression == "0"
    assert mapping.fields["priority"].map == {"1": "high", "false": None}


def test_every_expression_is_known_for_finding_its_columns(tmp_path: Path) -> None:
    (mapping,) = changed(tmp_path, entities=ticket(key="k", version="v", where="w > 1")).entities["ticket"]
    assert set(mapping.expressions().values()) == {'"no"', '"at"', '"k"', '"v"', "w > 1"}


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"entities": {"tickets": GOOD["entities"]["ticket"]}}, "entities.tickets: there is no such entity; did you mean “ticket”?"),
        ({"entities": {"zzz": GOOD["entities"]["ticket"]}}, "there is no such entity (known: action, asset,"),
        ({"entities": ticket(fields={"opened": "at"})}, "entities.ticket.fields.opened: there is no such field; did you mean “opened_at”?"),
        ({"entities": ticket(**{"from": "kalls"})}, "entities.ticket.from: “kalls” is not among the streams"),
        ({"time_zone": "Mars/Olympus"}, "time_zone: “Mars/Olympus” is no time zone"),
        ({"kind": None}, "kind: Input should be a valid string"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted"),
        ({"streams": ["calls"]}, "streams"),
        ({"title": "Calls"}, "title"),
        ({"title": {"en": "Calls"}}, "title"),
        ({"entities": {"ticket": "calls"}}, "entities.ticket"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_slip_is_told_with_its_file_and_place(tmp_path: Path, parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as told:
        changed(tmp_path, **parts)
    assert str(told.value).startswith("register.yaml")
    assert sentence in str(told.value)
    assert "faultloop sources check" in told.value["zh"]


def test_a_slip_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(
        "title: {en: a, zh: b}\nkind: files\nstreams:\n  calls: {path: x}\nentities:\n  ticket:\n    - from: calls\n"
        "      fields:\n        ticket_id: nr\n        opened: at\n",
        encoding="utf-8",
    )
    with pytest.raises(UserError, match=r"desk\.yaml, line 6: entities.ticket.fields.opened: there is no such field"):
        load(file)
    file.write_text(file.read_text().replace("opened: at", "opened_at: [1]"), encoding="utf-8")
    with pytest.raises(UserError, match=r"desk\.yaml, line 10: entities.ticket.0.fields.opened_at"):
        load(file)
    file.write_text(
        "title: {en: a, zh: b}\nkind: files\ntime_zone: Mars\nstreams: {}\nentities: {}\n", encoding="utf-8"
    )
    with pytest.raises(UserError, match=r"desk\.yaml, line 3: time_zone: “Mars”") as told:
        load(file)
    assert told.value["zh"].startswith("desk.yaml 第 3 行：time_zone：")


@pytest.mark.parametrize("missing", ["title", "kind", "streams", "entities"])
def test_a_missing_part_is_named(tmp_path: Path, missing: str) -> None:
    with pytest.raises(UserError, match=f"{missing}: Field required"):
        written(tmp_path, yaml.safe_dump({k: v for k, v in GOOD.items() if k != missing}))


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"register\.yaml, line 3: this is not YAML"):
        written(tmp_path, "title: {en: a, zh: b}\nkind: files\nstreams: a: b\nentities: {}\n")


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n"])
def test_what_is_no_mapping_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="needs the parts title, kind, streams and entities"):
        written(tmp_path, text)


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    file = tmp_path / "register.yaml"
    file.write_bytes("title: {en: a, zh: 报修}\n".encode("gb18030"))
    with pytest.raises(UserError, match=r"register\.yaml"):
        load(file)


def test_all_mappings_of_an_installation_are_loaded_by_name(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    for name in ("b", "a"):
        made.maps(name, GOOD["entities"])
    assert [source.name for source in load_all(made.home.sources)] == ["a", "b"]
    assert load_all(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"key": "my key"}, "“my key” is not an SQL expression"),
        ({"fields": {"ticket_id": "no_such_function(no)"}}, "s.yaml, ticket.ticket_id: “no_such_function(no)” does not work on the rows"),
        ({"where": "sum(no) > 1"}, "s.yaml, ticket.where"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_mapping_that_does_not_fit_what_landed_is_told_while_building(
    tmp_path: Path, parts: dict[str, Any], sentence: str
) -> None:
    made = Installation(tmp_path)
    made.maps("s", ticket(**parts))
    made.lands("s", "calls", "no|at\nT1|2024-03-04")
    with pytest.raises(UserError) as told:
        made.build()
    assert sentence in str(told.value)
