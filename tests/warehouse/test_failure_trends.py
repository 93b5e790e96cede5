"""Failures by month, control chart, early warning, time between failures, curves by age and lives, from tiny tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factories import warehouse

from analysis.early_warning import EarlyWarning, early_warning
from analysis.result import Reason
from analysis.trend import Direction
from warehouse.early_warnings import warnings
from warehouse.failure_between import between_failures
from warehouse.failure_control import control
from warehouse.failure_growth import growth
from warehouse.failure_lives import Life, lives
from warehouse.failure_models import curves, lines
from warehouse.failure_months import DAYS_PER_MONTH, failure_months, items, most_changed
from warehouse.filters import Filters
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2023-12-31T12:00Z"}
YEARS = (2021, 2022, 2023)
MONTHS = [dt.date(year, month, 1) for year in YEARS for month in range(1, 13)]


def made(path: Path, failures: dict[tuple[str, str], list[int]], units: int = 10) -> Reading:
    """Units in the north (M1) and the south (M2), installed long ago, and so many failures a month of (part, region)."""
    asset = [
        {"asset_id": f"{region}{i}", "model": model, "product_line": "L", "region": region,
         "installed_at": "2020-01-01 00:00", "serial_no": f"{region}{i}"}
        for region, model in (("north", "M1"), ("south", "M2")) for i in range(units)
    ]  # fmt: skip
    ticket, fault = [], []
    for (part, region), numbers in failures.items():
        for month, n in zip(MONTHS, numbers, strict=False):
            for k in range(n):
                number = f"{part}-{region}-{month:%Y%m}-{k}"
                day = f"{month:%Y-%m}-{1 + (k * 7) % 28:02d}"
                of = {"asset_id": f"{region}{k % units}", "ticket_id": number}
                ticket.append({**of, "opened_at": f"{day} 08:00", "region": region, "product_line": "L"})
                fault.append(
                    {**of, "fault_id": number, "component": part, "occurred_at": f"{day} 07:00", "relevant": "yes"}
                )
    return warehouse(path, SETTINGS, asset=asset, ticket=ticket, fault=fault)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """A pump that fails alike all the time, but three times as often in the north's last three months, and a valve that
    was mended half-way."""
    return made(
        tmp_path_factory.mktemp("trends"),
        {
            ("pump", "north"): [4, 5, 3] * 11 + [14, 13, 15],
            ("pump", "south"): [4, 3, 5] * 12,
            ("valve", "north"): [9, 8, 10] * 6 + [2, 3, 1] * 6,
            ("valve", "south"): [3, 2, 4] * 12,
        },
    )


def test_unit_months_count_from_the_first_record_to_the_end_of_the_records(reading: Reading) -> None:
    data = failure_months(reading, Filters(), "region")
    assert data is not None
    assert [(c.item, c.place) for c in data.cells] == [
        ("pump", "north"), ("pump", "south"), ("valve", "north"), ("valve", "south"),
    ]  # fmt: skip
    assert list(data.months) == MONTHS
    assert data.count[0, :3].tolist() == [4, 5, 3]
    # Ten units; January has 31 days, February 28, and the records begin on the first.
    assert data.exposure[0, :2].tolist() == [pytest.approx(310 / DAYS_PER_MONTH), pytest.approx(280 / DAYS_PER_MONTH)]


def test_the_period_ends_the_months_and_a_place_narrows_failures_and_units(reading: Reading) -> None:
    data = failure_months(reading, Filters(end=dt.date(2021, 2, 14), region=("north",)))
    assert data is not None
    assert len(data.months) == 2
    assert data.exposure[0, 1] == pytest.approx(140 / DAYS_PER_MONTH)
    # Of the failures of February two of the 1st and one of the 8th.
    assert data.count[0].tolist() == [4, 3]


def test_items_come_with_most_failures_first(reading: Reading) -> None:
    pump, valve = 4 * 33 + 42 + 4 * 36, 9 * 18 + 2 * 18 + 3 * 36
    assert items(reading) == {"pump": pump, "valve": valve}
    assert most_changed(reading, Filters()) == "valve"


def test_the_cell_that_fails_more_lately_is_the_one_that_stands_out(reading: Reading) -> None:
    found = warnings(reading, Filters(), "region")
    assert (found.watched, found.signals, found.is_seasonal) == (4, 1, True)
    assert (found.first, found.last) == (dt.date(2023, 10, 1), dt.date(2023, 12, 1))
    top = found.cells[0]
    assert (top.item, top.place, top.observed, top.since) == ("pump", "north", 42, dt.date(2023, 10, 1))
    assert top.expected == pytest.approx(12, abs=2)
    assert top.low is not None
    assert top.low > 1
    assert top.q <= 0.1


def test_before_the_rise_nothing_stands_out_and_a_short_past_cannot_be_judged(reading: Reading) -> None:
    assert warnings(reading, Filters(end=dt.date(2023, 9, 30)), "model").signals == 0
    short = warnings(reading, Filters(end=dt.date(2021, 8, 31)), "region")
    assert (short.cells, short.watched, short.reason) == ((), 4, Reason.NOT_MATURE)
    assert not warnings(reading, Filters(end=dt.date(2021, 12, 31)), "region").is_seasonal


def test_the_control_chart_takes_its_limits_from_the_first_year_and_finds_the_change(reading: Reading) -> None:
    chart = control(reading, Filters(region=("north",)), "valve", None)
    days = 365 * 10 / DAYS_PER_MONTH
    assert chart.centre == pytest.approx(9 * 12 / days)
    assert chart.baseline == dt.date(2021, 12, 1)
    assert chart.change is not None
    assert chart.change.is_proven
    assert (chart.change.at, chart.change.low, chart.change.high) == (dt.date(2022, 7, 1),) * 3
    assert chart.change.batch == 1
    assert {broken.is_above for broken in chart.broken} == {False}
    assert min(m for broken in chart.broken for m in broken.months) >= dt.date(2022, 7, 1)


def test_a_model_has_a_chart_of_its_own_and_what_never_failed_has_none(reading: Reading) -> None:
    assert control(reading, Filters(), "valve", "M2").n == 3 * 36
    assert control(reading, Filters(), "valve", "M3").reason == Reason.NO_DATA
    assert control(reading, Filters(end=dt.date(2021, 5, 1)), "valve", None).reason == Reason.NOT_MATURE


def test_after_a_change_the_forecast_is_of_the_months_since(reading: Reading) -> None:
    made_of = growth(reading, Filters(region=("north",)), "valve", None)
    assert (made_of.since, made_of.is_after_change, made_of.n) == (dt.date(2022, 7, 1), True, 36)
    assert made_of.direction == Direction.NONE
    assert made_of.forecast is not None
    assert made_of.forecast.value == pytest.approx(6, abs=1.5)
    assert made_of.forecast.low <= 6 <= made_of.forecast.high
    assert (made_of.forecast.first, made_of.forecast.last) == (dt.date(2024, 1, 1), dt.date(2024, 3, 1))


def test_rates_and_times_between_failures_are_sums_over_sums(reading: Reading) -> None:
    filters = Filters(start=dt.date(2023, 10, 1))
    found = between_failures(reading, filters, "model")
    by_model = {g.value: g for g in found.groups}
    exposure = (31 + 30 + 31) * 10 / DAYS_PER_MONTH
    north = 14 + 13 + 15 + 2 + 3 + 1
    assert by_model["M1"].n == north
    assert by_model["M1"].mtbf == pytest.approx(exposure / north)
    (line,) = lines(reading, filters).lines
    assert sum(line.count) == north + 12 + 9
    assert line.rate[0] == pytest.approx((14 + 4 + 2 + 3) / (31 * 20 / DAYS_PER_MONTH))


def test_the_mean_number_of_failures_grows_by_the_failures_over_the_units(reading: Reading) -> None:
    found = curves(reading, Filters(), "valve")
    south = next(curve for curve in found.curves if curve.model == "M2")
    assert (south.units, south.n, found.late) == (10, 3 * 36, 1.0)
    # Watched from the age of 366 days on, all ten units to the end.
    assert south.ages[0] == 366
    assert south.value[-1] == pytest.approx(3 * 36 / 10)


def test_lives_are_counted_from_one_failure_to_the_next(reading: Reading) -> None:
    found = {life.item: life for life in lives(reading, Filters()).lives}
    # Each failure ends a life, and each of the 20 units has one that still runs.
    assert found["pump"].failures == items(reading)["pump"]
    assert found["pump"].n == found["pump"].failures + 20
    assert found["pump"].unit == "days"


def test_a_shape_is_named_by_its_bounds_and_near_one_it_is_random() -> None:
    def pattern(shape: float, low: float, high: float) -> str | None:
        return Life("x", "days", 9, 9, (shape, low, high), None, None, Reason.NONE).pattern

    assert [pattern(2, 1.5, 2.5), pattern(0.5, 0.4, 0.6), pattern(1.2, 0.9, 1.5), pattern(1.05, 1.01, 1.09)] == [
        "wear-out", "early", "random", "random",
    ]  # fmt: skip
    assert Life("x", "days", 9, 9, None, None, None, Reason.TREND).pattern is None


def test_without_faults_each_ticket_counts_by_its_category(tmp_path: Path) -> None:
    tickets = "ticket_id | opened_at | category\nT1 | 2023-12-01 08:00 | leak\nT2 | 2023-12-02 08:00 | leak\n"
    alone = warehouse(tmp_path, SETTINGS, ticket=tickets)
    data = failure_months(alone, Filters())
    assert data is not None
    assert items(alone) == {"leak": 2}
    assert (data.per_unit, data.count.tolist()) == (False, [[2.0]])
    assert data.exposure[0, 0] == pytest.approx(31 / DAYS_PER_MONTH)


def test_a_warehouse_without_a_ticket_has_no_trend(tmp_path: Path) -> None:
    empty = warehouse(tmp_path, SETTINGS, asset="asset_id | model\nA | M\n")
    assert failure_months(empty, Filters()) is None
    assert warnings(empty, Filters(), "region").reason == Reason.NO_DATA
    assert lines(empty, Filters()).n == 0
    assert between_failures(empty, Filters(), "model").groups == ()
    assert lives(empty, Filters()).lives == ()
    assert curves(empty, Filters(), "x").reason == Reason.NO_DATA


def test_months_of_which_nobody_delivered_anything_are_no_exposure(tmp_path: Path) -> None:
    lost, kept = slice(16, 21), 31
    silent = made(tmp_path, {("pump", "north"): [8] * 16 + [0] * 5 + [8] * 15})
    data = failure_months(silent, Filters(region=("north",)))
    assert data is not None
    assert not data.exposure[0, lost].any()
    assert int((data.exposure[0] > 0).sum()) == kept
    days = float(sum((b - a).days for a, b in zip(MONTHS, [*MONTHS[1:], dt.date(2024, 1, 1)], strict=True)))
    exposure = (days - sum((MONTHS[i + 1] - MONTHS[i]).days for i in range(16, 21))) * 10 / DAYS_PER_MONTH
    # A month more or less would be seen by the rate, and five months of zeros would be a fall.
    chart = control(silent, Filters(region=("north",)), "pump", None)
    assert chart.rate[lost] == (None,) * 5
    assert chart.signals == ()
    assert chart.change is not None
    assert not chart.change.is_proven
    (group,) = between_failures(silent, Filters(region=("north",)), "model").groups
    assert group.mtbf == pytest.approx(exposure / (8 * kept))
    late = between_failures(silent, Filters(region=("north",), start=dt.date(2022, 8, 1)), "model").groups[0]
    assert late.exposure == pytest.approx((30 + 31 + 30 + 31 + 365 - 30) * 10 / DAYS_PER_MONTH)
    grown = growth(silent, Filters(region=("north",)), "pump", None)
    assert grown.until[-1] == pytest.approx(exposure)
    assert grown.direction == Direction.NONE


def test_the_forecast_is_of_the_units_of_the_last_months_that_were_watched(tmp_path: Path) -> None:
    ended = made(tmp_path, {("pump", "north"): [8] * 31})
    forecast = growth(ended, Filters(region=("north",)), "pump", None).forecast
    assert forecast is not None
    assert forecast.exposure == pytest.approx(3 * 31 * 10 / DAYS_PER_MONTH)
    assert (forecast.first, forecast.last) == (dt.date(2024, 1, 1), dt.date(2024, 3, 1))


def test_a_season_does_not_pass_for_a_change(tmp_path: Path) -> None:
    summer = made(
        tmp_path, {("fan", "north"): [2, 1, 2, 2, 9, 14, 15, 13, 8, 2, 1, 2] * 2 + [2, 1, 2, 2, 9, 14, 15, 13]}
    )
    chart = control(summer, Filters(end=dt.date(2023, 8, 31)), "fan", None)
    assert chart.change is not None
    assert chart.change.batch > 1
    assert chart.change.times_chance is not None
    # Counted one by one, the last summer would be a change.
    assert not chart.change.is_proven


def test_a_ratio_that_nothing_bounds_above_has_no_upper_bound(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unbounded(*given: Any, **how: Any) -> EarlyWarning:
        found = early_warning(*given, **how)
        return replace(found, ratio=replace(found.ratio, high=np.full(found.n.shape, np.inf)))

    monkeypatch.setattr("warehouse.early_warnings.early_warning", unbounded)
    found = warnings(reading, Filters(end=dt.date(2023, 12, 30)), "region")
    assert found.cells
    assert all(cell.high is None and cell.low is not None and cell.low > 0 for cell in found.cells)
