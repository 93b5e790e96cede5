"""Time between failures by model, software version and installation cohort: counted by hand on a tiny table."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from analysis.result import Reason
from warehouse.failure_between import BYS, Groups, between_failures
from warehouse.failure_months import DAYS_PER_MONTH
from warehouse.filters import Filters
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2024-04-30T12:00Z"}
# Records begin on 1 January. Version 1.0 is that of doors and of lifts, which are not the same software; of E nobody said it.
UNITS = """
asset_id | model | product_line | installed_at | software_version | region | parent_asset_id
A        | M     | doors        | 2023-11-20   | 1.0              | north  |
B        | M     | doors        | 2024-02-01   | 1.1              | north  |
C        | N     | doors        | 2024-02-11   | 1.1              | south  |
D        | X     | lifts        | 2024-01-01   | 1.0              | south  |
E        | X     | lifts        |              |                  | south  |
A-1      | P     | doors        | 2024-02-01   |                  | north  | A
"""
FAILURES = (
    ("2024-01-01", "D", ""), ("2024-02-10", "A", ""), ("2024-03-05", "B", ""), ("2024-03-09", "B", ""),
    ("2024-03-20", "C", "no"), ("2024-04-02", "E", ""), ("2024-04-03", "A-1", ""),
)  # fmt: skip
USAGE = "asset_id | read_at | value | unit\nA | 2023-12-20 | 30 | km\nA | 2024-01-19 | 120 | km\nC | 2024-03-12 | 30 | hours"


def read(path: Path, units: str = UNITS, **more: str) -> Reading:
    tickets = [f"T{i} | {asset} | {day} 08:00" for i, (day, asset, _) in enumerate(FAILURES)]
    faults = [f"F{i} | T{i} | {asset} | lock | {relevant}" for i, (_, asset, relevant) in enumerate(FAILURES)]
    return warehouse(
        path,
        SETTINGS,
        asset=units,
        ticket="ticket_id | asset_id | opened_at\n" + "\n".join(tickets),
        fault="fault_id | ticket_id | asset_id | component | relevant\n" + "\n".join(faults),
        **more,
    )


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return read(tmp_path_factory.mktemp("between"), usage=USAGE)


def counted(found: Groups) -> dict[tuple[str, str], tuple[int, int, float]]:
    """(value, product line) → units, failures, days in service."""
    return {(g.value, g.product_line): (g.units, g.n, round(g.exposure * DAYS_PER_MONTH)) for g in found.groups}


def test_versions_of_two_product_lines_are_two_and_the_unknown_stand_apart(reading: Reading) -> None:
    found = between_failures(reading, Filters(), "software_version")
    # January to April have 121 days; B came on the 32nd of them, C on the 42nd.
    assert counted(found) == {
        ("1.0", "doors"): (1, 1, 121),
        ("1.1", "doors"): (2, 2, 90 + 80),
        ("1.0", "lifts"): (1, 1, 121),
        ("", ""): (1, 1, 121),
    }
    assert (found.n, found.unknown, found.left_out) == (5, 1, 0)
    # What failed on a part of A is on no unit.
    assert found.elsewhere == 1
    first = found.groups[0]
    assert first.mtbf == pytest.approx(121 / DAYS_PER_MONTH)
    # χ² with 4 and with 2 degrees of freedom: 2T/11.1433 and 2T/0.0506356.
    assert first.low == pytest.approx(2 * 121 / DAYS_PER_MONTH / 11.1433, rel=1e-4)
    assert first.high == pytest.approx(2 * 121 / DAYS_PER_MONTH / 0.0506356, rel=1e-4)


def test_cohorts_are_of_the_month_of_installation(reading: Reading) -> None:
    found = between_failures(reading, Filters(), "installed_at")
    assert found.months == 1
    assert [(g.since, g.units, g.n) for g in found.groups] == [
        (dt.date(2023, 11, 1), 1, 1), (dt.date(2024, 1, 1), 1, 1), (dt.date(2024, 2, 1), 2, 2), (None, 1, 1),
    ]  # fmt: skip


def test_where_months_are_too_many_cohorts_are_quarters_or_years(tmp_path: Path) -> None:
    def grown(years: int) -> str:
        rows = [f"U{y}-{m} | {2024 - y}-{m:02d}-01" for y in range(1, years + 1) for m in (1, 2, 6)]
        return "asset_id | installed_at\n" + "\n".join(rows)

    quarters = between_failures(read(tmp_path / "quarters", grown(4)), Filters(), "installed_at")
    years = between_failures(read(tmp_path / "years", grown(9)), Filters(), "installed_at")
    assert quarters.months == 3
    assert [(g.since, g.units) for g in quarters.groups][:2] == [(dt.date(2020, 1, 1), 2), (dt.date(2020, 4, 1), 1)]
    assert years.months == 12
    assert {g.units for g in years.groups} == {3}


def test_the_period_is_of_whole_months_and_places_narrow_units_and_failures(reading: Reading) -> None:
    found = between_failures(reading, Filters(start=dt.date(2024, 3, 15), end=dt.date(2024, 4, 10)), "model")
    assert counted(found) == {
        ("M", "doors"): (2, 2, 2 * 41),
        ("N", "doors"): (1, 0, 41),
        ("X", "lifts"): (2, 1, 2 * 41),
    }
    bounded = next(g for g in found.groups if g.value == "N")
    assert (bounded.mtbf, bounded.high, bounded.reason) == (None, None, Reason.NO_EVENTS)
    # −ln 0.05 = 2.9957.
    assert bounded.low == pytest.approx(41 / DAYS_PER_MONTH / 2.9957, rel=1e-4)
    north = between_failures(reading, Filters(region=("north",)), "model")
    assert counted(north) == {("M", "doors"): (2, 3, 121 + 90)}
    assert between_failures(reading, Filters(start=dt.date(2025, 1, 1)), "model").groups == ()


def test_only_groups_with_enough_failures_are_called_longest_or_shortest(reading: Reading) -> None:
    assert between_failures(reading, Filters(), "model").compared == ()


def test_use_per_month_is_that_of_the_last_readings(reading: Reading) -> None:
    by_model = {g.value: g.use for g in between_failures(reading, Filters(), "model").groups}
    # A: 120 km in 60 days; C: 30 h in 30 days.
    assert by_model == {
        "M": (pytest.approx(2 * 30.4375), "km"), "N": (pytest.approx(30.4375), "hours"), "X": None,
    }  # fmt: skip
    of_version = {
        (g.value, g.product_line): g.use for g in between_failures(reading, Filters(), "software_version").groups
    }
    assert of_version["1.0", "doors"] == (pytest.approx(2 * 30.4375), "km")
    assert of_version["1.0", "lifts"] is None


@pytest.mark.parametrize("by", BYS)
def test_without_a_version_or_a_day_or_a_unit_it_is_said_that_nobody_told(tmp_path: Path, by: str) -> None:
    untold = read(tmp_path / "untold", "asset_id\nA\nB")
    assert between_failures(untold, Filters(), by) == Groups(is_told=False)  # type: ignore[arg-type]
    empty = warehouse(tmp_path / "empty", SETTINGS, asset=UNITS)
    assert between_failures(empty, Filters(), by) == Groups()  # type: ignore[arg-type]
