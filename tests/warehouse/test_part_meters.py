"""Meters: slips, set-backs, pace, and what they showed between readings."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from factories import warehouse

from warehouse.part_meters import Fleet, fleet, settled

NAN = float("nan")
ASSETS = """
asset_id | model | product_line | installed_at     | status
A        | M     | Copiers      | 2023-01-01 00:00 |
B        | M     | Copiers      | 2023-01-01 00:00 |
OLD      | M     | Copiers      | 2023-01-01 00:00 | scrapped
"""
READINGS = """
asset_id | read_at          | value | unit
A        | 2023-01-11 00:00 | 1000  | copies
A        | 2023-01-21 00:00 | 2000  | copies
A        | 2023-01-31 00:00 | 900   | copies
A        | 2023-02-10 00:00 | 1900  | copies
B        | 2023-01-11 00:00 | 500   | copies
OLD      | 2023-01-11 00:00 | 500   | copies
"""


def day(text: str) -> float:
    return float((dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    settings = {"as_of": "2023-02-20T00:00Z"}
    return fleet(warehouse(tmp_path_factory.mktemp("meters"), settings, asset=ASSETS, usage=READINGS))


def values(*numbers: float) -> list[float]:
    unit, at = np.zeros(len(numbers), dtype=np.int64), np.arange(len(numbers), dtype=np.float64)
    return settled(unit, at, np.array(numbers))[2].tolist()


def test_a_meter_that_was_set_back_counts_on() -> None:
    assert values(100, 200, 10, 60) == [100, 200, 200 + 10, 200 + 60]


def test_a_reading_out_of_line_between_two_that_agree_is_a_slip() -> None:
    assert values(100, 9999, 110, 120) == [100, 110, 120]
    assert values(100, 110, 1, 120) == [100, 110, 120]
    assert values(5, 5, 5) == [5, 5, 5]


def test_readings_are_told_apart_by_unit_whatever_their_order() -> None:
    unit, at, value = settled(np.array([1, 0, 1, 0]), np.array([2.0, 2.0, 1.0, 1.0]), np.array([7.0, 3.0, 5.0, 4.0]))
    assert (unit.tolist(), at.tolist()) == ([0, 0, 1, 1], [1, 2, 1, 2])
    assert value.tolist() == [4, 4 + 3, 5, 7]


def test_no_readings_are_no_readings() -> None:
    assert values() == []


def test_units_out_of_service_are_not_in_the_fleet(known: Fleet) -> None:
    assert (known.key.size, known.share) == (2, 1.0)


def test_the_meter_between_and_after_readings(known: Fleet) -> None:
    """100 a day; set back between 2000 and 900. At the last reading 2000 + 900 + 1000, and on at the pace."""
    a = int(np.argmax(np.bincount(known.meters.unit)))
    at = np.array([day("2023-01-01"), day("2023-01-06"), day("2023-02-10"), day("2023-02-20")])
    expected = [0, 500, 3900, 3900 + 10 * known.rate[a]]
    assert known.meter(np.full(4, a), at).tolist() == pytest.approx(expected)


def test_the_pace_is_the_median_of_all_slopes(known: Fleet) -> None:
    """A: of the ten slopes between 0, 1000, 2000, 2900, 3900 the two in the middle. B: 500 in ten days."""
    middle = ((2900 - 0) / 30 + (3900 - 0) / 40) / 2
    assert sorted(known.rate.tolist()) == pytest.approx([50.0, middle])


def test_before_a_time_nothing_later_is_known(known: Fleet) -> None:
    then = known.before(day("2023-01-15"))
    assert sorted(then.rate.tolist()) == pytest.approx([50.0, 100.0])
    assert max(then.meters.at) < day("2023-01-15")
    assert np.isnan(known.before(day("2022-12-01")).rate).all()


def test_old_readings_tell_no_pace(tmp_path: Path) -> None:
    settings = {"as_of": "2025-06-01T00:00Z"}
    found = fleet(warehouse(tmp_path, settings, asset=ASSETS, usage=READINGS))
    assert np.isnan(found.rate).all()


def test_without_meters_use_is_days(tmp_path: Path) -> None:
    found = fleet(warehouse(tmp_path, {"as_of": "2023-06-01T00:00Z"}, asset=ASSETS))
    assert found.rate.tolist() == [1.0, 1.0]
    assert found.meter(np.array([0]), np.array([19000.0])).tolist() == [19000.0]
