"""Checks as data: what they ask, when they do not apply, and what each needs to say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from factories import installation

from bilingual.errors import UserError
from bilingual.text import LANGUAGES, Text
from expectations import configured, row_rules, suites
from expectations.check import Context, Suite, quarantined, schema_checks
from warehouse.entities import entities
from warehouse.settings import Settings

NOW = dt.datetime(2024, 3, 5)
EVERY = [(suite.name, check) for suite in suites().values() for check in suite.checks]


def context(**parts: object) -> Context:
    return Context(**{"now": NOW, "previous_rows": {}, **parts})  # type: ignore[arg-type]


def asked(suite: str, name: str, known: Context) -> dict[str, Any] | None:
    (check,) = (c for c in suites()[suite].checks if c.name == name)
    return suites()[suite].asked(check, known)


def test_every_entity_has_a_suite_and_so_have_the_account_and_the_sources() -> None:
    assert set(suites()) == {*entities(), "account", "source"}
    for name, suite in suites().items():
        assert suite.name == name
        assert suite.table == (f"core.{name}" if name in entities() else f"meta.{name}")


def test_a_check_speaks_both_languages_of_a_field_that_there_is() -> None:
    for suite, check in EVERY:
        said = suites()[suite].said(check, context())
        assert all(said[language].strip() for language in LANGUAGES), (suite, check.name)
        assert ("{limit" in check.text.en, "{limit" in check.text.zh) in ((False, False), (True, True))
        assert check.severity in ("critical", "warning")
        assert not check.field or check.field in entities()[suite].fields, (suite, check.name)
        # What has a threshold says so, but for those whose setting is told by its name.
        assert (check.limit is not None) == ("{limit" in check.text.en or bool(check.setting)), (suite, check.name)


def test_names_are_told_apart_within_a_suite() -> None:
    for suite in suites().values():
        names = [check.name for check in suite.checks]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("before", "drop", "least"),
    [(100, 0.2, 80), (5, 0.2, 4), (10, 0.0, 10), (10, 1.0, 0), (7, 0.5, 3), (1, 0.2, 0)],
)
def test_the_volume_may_fall_to_a_share_of_the_last_snapshot(before: int, drop: float, least: int) -> None:
    known = context(previous_rows={"ticket": before}, limits={"ticket.volume": drop})
    assert asked("ticket", "volume", known) == {"min_value": least}


@pytest.mark.parametrize("previous", [{}, {"asset": 100}, {"ticket": 0}], ids=str)
def test_the_volume_is_compared_with_nothing_where_nothing_was(previous: dict[str, int]) -> None:
    assert asked("ticket", "volume", context(previous_rows=previous)) is None


@pytest.mark.parametrize(("suite", "name"), [("ticket", "fresh_ticket"), ("source", "fresh")])
def test_freshness_asks_by_the_time_of_the_check(suite: str, name: str) -> None:
    arguments = asked(suite, name, context(now=dt.datetime(2024, 3, 5, 7, 8, 9)))
    assert arguments is not None
    assert "TIMESTAMP '2024-03-05 07:08:09'" in arguments["found_by"]


def test_a_rule_for_rows_is_the_very_condition_of_its_check() -> None:
    check = quarantined("name", "a < b", "a", Text(en="x", zh="x"))
    assert check.quarantine == "a < b"
    assert Suite("ticket", "core.ticket", ()).asked(check, context()) == {"where": "a < b"}
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


def test_a_key_of_several_fields_is_told_by_one_source() -> None:
    assert [schema_checks(e)[0].severity for e in ("ticket", "part_use")] == ["critical", "warning"]
    assert schema_checks("ticket")[0].expectation == "ExpectColumnValuesToBeUnique"
    assert "count(DISTINCT s._source) > 1" in str(asked("part_use", "unique_repair_id_part_no_position", context()))


# --- what an installation sets --------------------------------------------------------------------------------------


def test_thresholds_of_the_settings_take_the_place_of_the_checks_own() -> None:
    settings = Settings(thresholds={"ticket.mostly_filled_asset_id": 0.75}, volume_drop_critical=0.4)
    known = configured.context(settings, NOW, {"asset": 100, "ticket": 10})
    assert "< 0.75 * count(*)" in str(asked("ticket", "mostly_filled_asset_id", known))
    assert "< 0.95 * count(*)" in str(asked("fault", "mostly_filled_asset_id", known))
    assert asked("asset", "volume", known) == {"min_value": 60}
    said = {(c["suite"], c["name"]): c for c in configured.words(known)}
    assert said["ticket", "mostly_filled_asset_id"]["en"].startswith("At least 75% of the rows")
    assert said["ticket", "mostly_filled_asset_id"]["zh"] == "提供该字段的各来源中，至少 75% 的行有值。"


def test_a_threshold_of_one_check_goes_before_the_setting_of_all() -> None:
    settings = Settings(thresholds={"asset.volume": 0.9, "account.quarantine_share": 0.5})
    known = configured.context(settings, NOW, {"asset": 100, "ticket": 10})
    assert (asked("asset", "volume", known), asked("ticket", "volume", known)) == ({"min_value": 9}, {"min_value": 8})
    assert "quarantined > 0.5 * staged" in str(asked("account", "quarantine_share", known))


@pytest.mark.parametrize("name", ["ticket.mostly_filled_asset_id", "action.has_owner"])
def test_a_field_that_a_mapping_names_is_expected_though_it_was_never_filled(tmp_path: Path, name: str) -> None:
    suite, check = name.split(".")
    columns = {"ticket": "ticket_id, asset_id, opened_at", "action": "action_id, owner"}[suite]
    made = installation(tmp_path, {suite: f"{columns.replace(',', ' |')}\nX1{' |' * columns.count(',')}"})
    known = configured.context(Settings(), NOW, {}, list(made.sources.values()))
    for those, mappers in ((known, "('s')"), (context(), "('none')")):
        found = asked(suite, check, those)
        assert found
        assert f"_source IN {mappers}" in found["where"]


def test_severities_of_the_settings_are_told_and_a_muted_check_is_not_asked() -> None:
    settings = Settings(severities={"ticket.volume": "warning", "usage.runs_forward": "muted"})
    known = configured.context(settings, NOW, {"ticket": 10})
    said = {(c["suite"], c["name"]): c["severity"] for c in configured.words(known)}
    assert (said["ticket", "volume"], said["asset", "volume"]) == ("warning", "critical")
    assert said["usage", "runs_forward"] == "muted"
    assert asked("usage", "runs_forward", known) is None
    assert asked("ticket", "volume", known) == {"min_value": 8}


@pytest.mark.parametrize(
    ("settings", "en", "zh"),
    [
        (
            {"thresholds": {"ticket.mostly_filed_asset_id": 0.5}},
            "thresholds: there is no such check “ticket.mostly_filed_asset_id”; there are ticket.mostly_filled_asset_id",
            "没有检查项“ticket.mostly_filed_asset_id”；可用的有 ticket.mostly_filled_asset_id",
        ),
        # It exists, but has no threshold.
        ({"thresholds": {"usage.runs_forward": 1}}, "there are usage.volume", "usage.volume"),
        ({"severities": {"x": "muted"}}, "there are account.…, action.…", "account.…、action.…".replace("、", ", ")),
    ],
)
def test_a_check_that_there_is_not_is_told_with_those_there_are(settings: dict[str, Any], en: str, zh: str) -> None:
    with pytest.raises(UserError) as told:
        configured.context(Settings(**settings), NOW, {})
    assert en in told.value.text.en
    assert zh in told.value.text.zh
