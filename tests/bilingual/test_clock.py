"""Instants by the clock of a house."""

from __future__ import annotations

import datetime as dt

from bilingual.clock import at_home, spoken


def test_an_instant_is_said_by_the_clock_of_its_house() -> None:
    instant = dt.datetime(2026, 3, 7, 16, 5)
    assert spoken(instant, "Asia/Shanghai") == "2026-03-08 00:05"
    assert at_home(instant, "Asia/Shanghai").date() == dt.date(2026, 3, 8)


def test_the_same_hour_of_the_clock_comes_twice_when_summer_time_ends() -> None:
    first, second = dt.datetime(2026, 10, 25, 0, 30), dt.datetime(2026, 10, 25, 1, 30)
    assert spoken(first, "Europe/Berlin") == spoken(second, "Europe/Berlin") == "2026-10-25 02:30"
    assert at_home(second, "Europe/Berlin") - at_home(first, "UTC") == dt.timedelta(hours=1)
