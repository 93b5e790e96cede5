"""The working calendar: the week, public holidays, make-up days, the house's own days, and what is no opening time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from factories import warehouse

from bilingual.errors import UserError
from warehouse.calendar import calendar_frame
from warehouse.settings import Home, Settings

NINE_HOURS = (dt.time(8, 30), dt.time(17, 30))
OFF = (None, None)


def hours(day: str, zone: str = "urban", **settings: Any) -> tuple[dt.time | None, dt.time | None]:
    """Opening and closing time of a zone on a day."""
    date = dt.date.fromisoformat(day)
    frame = calendar_frame(Settings(**settings), date, date)
    ((opens, closes),) = frame.filter(zone=zone).select("opens", "closes").rows()
    return opens, closes


def test_the_week_is_worked_from_monday_to_friday_by_default() -> None:
    assert [hours(f"2024-03-{day:02d}") for day in range(4, 11)] == [NINE_HOURS] * 5 + [OFF] * 2


# The days off and the weekend days worked in exchange are those of the State Council's notice for 2024
# (国办发明电〔2023〕7号): 10–17 February with 4 and 18 February worked; 4–6 April with 7 April worked.
@pytest.mark.parametrize("day", [f"2024-02-{d}" for d in range(10, 18)] + ["2024-01-01", "2024-04-04", "2024-10-01"])
def test_a_public_holiday_is_off(day: str) -> None:
    assert hours(day) == OFF


@pytest.mark.parametrize("day", ["2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14"])
def test_a_weekend_day_worked_in_exchange_is_worked(day: str) -> None:
    assert dt.date.fromisoformat(day).weekday() >= 5
    assert hours(day) == NINE_HOURS


def test_a_weekend_inside_a_public_holiday_is_off_for_a_house_that_works_on_saturdays() -> None:
    """The same notice: 1–7 October are off, of which the 5th is a Saturday."""
    six_days = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), "08:30-17:30")
    assert hours("2024-09-21", working_week=six_days) == NINE_HOURS
    assert hours("2024-10-05", working_week=six_days) == OFF


def test_each_special_day_says_what_it_is() -> None:
    frame = calendar_frame(Settings(), dt.date(2024, 2, 4), dt.date(2024, 2, 10)).filter(zone="urban")
    names = dict(frame.select("day", "name").rows())
    assert names[dt.date(2024, 2, 4)] == "调休"
    assert names[dt.date(2024, 2, 10)]
    assert names[dt.date(2024, 2, 6)] is None


def test_without_a_country_only_the_week_counts() -> None:
    assert hours("2024-02-12", holidays="") == NINE_HOURS
    assert hours("2024-02-04", holidays="") == OFF


def test_a_zone_may_have_its_own_week_and_its_own_country() -> None:
    zones = {"urban": {}, "berlin": {"working_week": {"mon": "07:00-15:00"}, "holidays": "DE"}}
    assert hours("2024-03-04", "berlin", zones=zones) == (dt.time(7), dt.time(15))
    assert hours("2024-03-05", "berlin", zones=zones) == OFF
    assert hours("2024-04-01", "berlin", zones=zones) == OFF  # Easter Monday
    assert hours("2024-04-01", "urban", zones=zones) == NINE_HOURS


def test_the_house_s_own_days_come_before_public_holidays_and_make_up_days() -> None:
    own = [
        {"day": "2024-02-12", "opens": "10:00", "closes": "12:00", "name": "值班"},
        {"day": dt.date(2024, 2, 4), "name": "停电"},
        {"day": "2024-03-05", "zone": "suburban"},
    ]
    assert hours("2024-02-12", extra_days=own) == (dt.time(10), dt.time(12))
    assert hours("2024-02-04", extra_days=own) == OFF
    assert hours("2024-03-05", "suburban", extra_days=own) == OFF
    assert hours("2024-03-05", "urban", extra_days=own) == NINE_HOURS


def test_the_house_s_own_days_may_be_written_as_people_write_yaml(tmp_path: Path) -> None:
    """YAML 1.1 reads an unquoted 17:30 as the number 1050, in base sixty."""
    text = "extra_days:\n  - {day: 2024-02-12, opens: 08:30, closes: 17:30, name: 值班}\n"
    (tmp_path / "faultloop.yaml").write_text(text, encoding="utf-8")
    assert isinstance(yaml.safe_load(text)["extra_days"][0]["closes"], int)
    assert hours("2024-02-12", extra_days=Home(tmp_path).settings.extra_days) == NINE_HOURS


def test_every_zone_has_every_day_and_so_has_the_zone_that_nobody_said() -> None:
    frame = calendar_frame(Settings(), dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    assert dict(frame.group_by("zone").len().rows()) == {"": 366, "urban": 366, "suburban": 366}


@pytest.mark.parametrize("text", ["nine to five", "08:30", "17:30-08:30", "08:30-08:30", "8-17-18", "08:30-25:00"])
def test_what_is_no_opening_time_is_told_with_its_place(text: str) -> None:
    with pytest.raises(UserError, match=rf"working_week\.tue: “{text}” is no opening time; write it as 08:30-17:30"):
        hours("2024-03-04", working_week={"mon": "08:30-17:30", "tue": text})


def test_what_is_no_weekday_is_told(tmp_path: Path) -> None:
    (tmp_path / "faultloop.yaml").write_text('working_week: {monday: "08:30-17:30"}', encoding="utf-8")
    with pytest.raises(UserError, match=r"working_week\.monday.*'mon', 'tue'"):
        assert Home(tmp_path).settings


def test_a_country_without_known_holidays_is_told() -> None:
    with pytest.raises(UserError, match="no holidays are known for “Atlantis”; use an ISO country code"):
        hours("2024-03-04", holidays="Atlantis")


@pytest.mark.parametrize(
    "settings",
    [
        {"working_week": {"mon": 8}},
        {"extra_days": [{"name": "no day"}]},
        {"extra_days": [{"day": "2024-02-30"}]},
        {"extra_days": [{"day": "2024-02-12", "opens": "10:00"}]},
        {"extra_days": ["2024-02-12"]},
    ],
    ids=str,
)
def test_a_slip_in_the_calendar_s_settings_is_told_in_a_sentence(tmp_path: Path, settings: dict[str, Any]) -> None:
    (tmp_path / "faultloop.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(UserError, match=r"faultloop\.yaml"):
        calendar_frame(Home(tmp_path).settings, dt.date(2024, 2, 1), dt.date(2024, 3, 4))


def test_a_day_that_a_source_delivers_comes_before_all_settings(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path,
        ticket="ticket_id|opened_at\nT1|2024-03-04 08:00",
        calendar="zone|day|opens|closes|name\nurban|2024-03-05|10:00|14:00|short\nurban|2024-03-06|||off",
    )
    days = reading.rows("""
        SELECT day, opens, closes FROM core.calendar
        WHERE zone = 'urban' AND day BETWEEN '2024-03-05' AND '2024-03-07' ORDER BY day""")
    assert days == [
        (dt.date(2024, 3, 5), dt.time(10), dt.time(14)),
        (dt.date(2024, 3, 6), None, None),
        (dt.date(2024, 3, 7), *NINE_HOURS),
    ]
