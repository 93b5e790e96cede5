"""Settings: defaults are the rules of the trade, each says what it is for, and a slip is told in one sentence."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from factories import installation, warehouse

from bilingual.errors import UserError
from bilingual.text import Text
from warehouse.settings import Home, Settings, Zone, setting_rows


def written(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "faultloop.yaml").write_text(text, encoding="utf-8")
    return Home(tmp_path).settings


def test_the_defaults_are_the_rules_of_the_trade() -> None:
    """Six hours in town and seven in the suburbs (DOMAIN §3)."""
    settings = Settings()
    assert settings.response_target_hours == {"urban": 6, "suburban": 7}
    assert settings.working_week == dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:30-17:30")
    assert (settings.holidays, settings.time_zone, settings.retention) == ("CN", "Asia/Shanghai", 10)


@pytest.mark.parametrize("text", [text for _, _, text in setting_rows()], ids=[name for name, *_ in setting_rows()])
def test_every_setting_says_what_it_is_for_in_both_languages(text: Text) -> None:
    assert text.en
    assert any("一" <= sign <= "鿿" for sign in text.zh)


def test_no_file_and_an_empty_file_are_the_defaults(tmp_path: Path) -> None:
    assert Home(tmp_path / "nowhere").settings == Settings()
    assert written(tmp_path, "") == Settings()
    assert not Home(tmp_path / "nowhere").exists
    assert Home(tmp_path).exists


def test_what_the_file_names_replaces_the_default_and_nothing_else(tmp_path: Path) -> None:
    settings = written(tmp_path, "organisation: 某公司\nvolume_drop_critical: 1\n")
    assert settings == Settings(organisation="某公司", volume_drop_critical=1)


def test_two_installations_share_no_default() -> None:
    one, other = Settings(), Settings()
    one.zones["added"] = Zone()
    assert "added" not in other.zones


def test_a_zone_with_nothing_of_its_own_may_be_left_empty(tmp_path: Path) -> None:
    assert set(written(tmp_path, "zones:\n  urban:\n  suburban: {}\n").zones) == {"urban", "suburban"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour: blue", "there is no setting “colour”; remove it"),
        ("retention: many", "“retention” is 'many', which will not do"),
        ("retention: true", "“retention” is True, which will not do"),
        ("retention: 0", "“retention” is 0, which will not do"),
        ("retention: 2.5", "“retention” is 2.5, which will not do"),
        ("organisation: 7", "“organisation” is 7, which will not do"),
        ("zones: [urban]", "“zones” is ['urban'], which will not do"),
        ("time_zone: Mars", "“Mars” is no time zone, use a name such as Asia/Shanghai"),
        ("zones: {urban: {time_zone: Mars}}", "“Mars” is no time zone"),
        ("zones: {urban: six}", "zones"),
        ("response_target_hours: {urban: six}", "response_target_hours"),
        ("working_week: {mon: 8}", "working_week"),
        ("memory_limit: lots", "memory_limit"),
        ("threads: -1", "threads"),
        ("language: fr", "language"),
        ("a: b: c", "line 1: this is not YAML"),
        ("- a\n- b", "faultloop.yaml"),
    ],
    ids=lambda value: value.replace("\n", " "),
)
def test_a_slip_is_told_in_one_sentence_with_its_file(tmp_path: Path, text: str, sentence: str) -> None:
    """When the file is read, or at the latest when a snapshot is built by it."""
    made = installation(tmp_path, {"ticket": "ticket_id|zone|opened_at\nT1|urban|2024-03-04"})
    made.home.settings_file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as told:
        made.build()
    assert "faultloop.yaml" in str(told.value)
    assert sentence in str(told.value)


def test_where_an_installation_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAULTLOOP_HOME", raising=False)
    assert Home.find().path == tmp_path.resolve() / "instance"
    monkeypatch.setenv("FAULTLOOP_HOME", str(tmp_path / "there"))
    assert Home.find().path == tmp_path.resolve() / "there"
    assert Home.find("here").path == tmp_path.resolve() / "here"


CALL = "ticket_id|opened_at|closed_at\nT1|2024-03-04 08:00|\nT2|2024-03-05 08:00|2024-03-06 08:00"


@pytest.mark.parametrize(
    ("written", "as_of"),
    [
        ("latest_record", dt.datetime(2024, 3, 6, 8)),
        ("2024-03-10T00:00Z", dt.datetime(2024, 3, 10)),
        ("2024-03-10T08:00+08:00", dt.datetime(2024, 3, 10)),
        ("2024-03-01T00:00Z", dt.datetime(2024, 3, 1)),
    ],
)
def test_until_when_the_records_tell(tmp_path: Path, written: str, as_of: dt.datetime) -> None:
    assert warehouse(tmp_path, {"as_of": written}, ticket=CALL).as_of == as_of


def test_an_instant_after_its_own_extraction_does_not_move_the_as_of(tmp_path: Path) -> None:
    rows = CALL + "\nT3|2024-03-01 08:00|2924-03-01 08:00"
    assert warehouse(tmp_path, ticket=rows.replace("2924", "2124")).as_of == dt.datetime(2024, 3, 6, 8)


@pytest.fixture
def machine_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine_in_tokyo")
def test_an_as_of_without_offset_is_by_the_house_s_clock_whatever_the_machine_s(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, {"as_of": "2024-03-10T08:00", "time_zone": "Asia/Shanghai"}, ticket=CALL)
    assert reading.as_of == dt.datetime(2024, 3, 10)


@pytest.mark.parametrize("written", ["yesterday", "", "2024-13-01"])
def test_an_as_of_that_is_no_instant_is_told(tmp_path: Path, written: str) -> None:
    with pytest.raises(UserError, match=f"“{written}” is no instant; write latest_record or"):
        warehouse(tmp_path, {"as_of": written}, ticket=CALL)


def test_a_zone_says_only_what_it_does_otherwise_than_the_house(tmp_path: Path) -> None:
    zone = written(tmp_path, yaml.safe_dump({"zones": {"urban": {"holidays": ""}}})).zones["urban"]
    assert zone == Zone(holidays="")
    assert (zone.working_week, zone.time_zone) == (None, None)
