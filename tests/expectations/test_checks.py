"""Checks as data: what they ask, when they do not apply, and what each needs to say."""

from __future__ import annotations

import datetime as dt

import pytest

from bilingual.text import LANGUAGES, Text
from expectations import row_rules, suites
from expectations.check import Check, Context, fresh, quarantined, schema_checks, volume
from warehouse.entities import entities

NOW = dt.datetime(2024, 3, 5)
EVERY = [(suite.name, check) for suite in suites().values() for check in suite.checks]


def context(**parts: object) -> Context:
    usual = {"now": NOW, "volume_drop_critical": 0.2, "quarantine_share_critical": 0.2, "previous_rows": {}}
    return Context(**{**usual, **parts})  # type: ignore[arg-type]


def test_the_suites_are_those_of_the_issue_and_the_account() -> None:
    assert set(suites()) == {"account", "asset", "fault", "repair", "ticket"}
    for name, suite in suites().items():
        assert suite.name == name
        assert suite.table == ("meta.account" if name == "account" else f"core.{name}")


@pytest.mark.parametrize(("suite", "check"), EVERY, ids=lambda v: v if isinstance(v, str) else v.name)
def test_a_check_speaks_both_languages(suite: str, check: Check) -> None:
    assert all(check.text[language].strip() for language in LANGUAGES)
    assert check.severity in ("critical", "warning")
    assert not check.field or check.field in entities()[suite].fields


def test_names_are_told_apart_within_a_suite() -> None:
    for suite in suites().values():
        names = [check.name for check in suite.checks]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("before", "drop", "least"),
    [(100, 0.2, 80), (5, 0.2, 4), (10, 0.0, 10), (10, 1.0, 0), (7, 0.5, 3), (1, 0.2, 0)],
)
def test_the_volume_may_fall_to_a_share_of_the_last_snapshot(before: int, drop: float, least: int) -> None:
    arguments = volume("ticket").arguments(context(previous_rows={"ticket": before}, volume_drop_critical=drop))
    assert arguments == {"min_value": least}


@pytest.mark.parametrize("previous", [{}, {"asset": 100}, {"ticket": 0}], ids=str)
def test_the_volume_is_compared_with_nothing_where_nothing_was(previous: dict[str, int]) -> None:
    assert volume("ticket").arguments(context(previous_rows=previous)) is None


def test_freshness_asks_by_the_time_of_the_check() -> None:
    arguments = fresh("ticket", "opened_at").arguments(context(now=dt.datetime(2024, 3, 5, 7, 8, 9)))
    assert arguments is not None
    assert "TIMESTAMP '2024-03-05 07:08:09'" in arguments["unexpected_rows_query"]


def test_a_rule_for_rows_is_the_very_condition_of_its_check() -> None:
    check = quarantined("name", "a < b", "a", Text(en="x", zh="x"))
    assert check.quarantine == "a < b"
    assert check.arguments(context()) == {"unexpected_rows_query": "SELECT * FROM {batch} WHERE a < b"}
    assert check.severity == "critical"


def test_rules_belong_to_their_entity() -> None:
    rules = row_rules()
    assert [r.name for r in rules["asset"]] == ["own_parent"]
    assert [r.name for r in rules["repair"]] == ["finished_before_started", "negative_hours"]
    assert rules["account"] == []


@pytest.mark.parametrize("entity", ["ticket", "repair", "fault", "asset"])
def test_the_schema_file_gives_the_checks_of_keys_references_and_codes(entity: str) -> None:
    names = {check.name for check in schema_checks(entity)}
    for field in entities()[entity].fields.values():
        assert (f"filled_{field.name}" in names) == field.required
        assert (f"known_{field.name}" in names) == (field.refers is not None)
        assert (f"code_{field.name}" in names) == (field.codes is not None)


def test_a_key_of_several_fields_is_unique_as_a_whole() -> None:
    check = schema_checks("part_use")[0]
    assert check.expectation == "ExpectCompoundColumnsToBeUnique"
    assert check.arguments(context()) == {"column_list": ["repair_id", "part_no", "position"]}
    assert schema_checks("ticket")[0].expectation == "ExpectColumnValuesToBeUnique"
