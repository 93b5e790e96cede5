"""The Nevada chart: what was put into service in which month, and in which months it failed; against what its age explains."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.bad_actors import bad_actors
from analysis.mtbf import mtbf_bounds
from analysis.rates import poisson_rate
from analysis.result import Bools, Floats, Ints, Reason
from warehouse import failure_columns
from warehouse.failure_columns import EVER, chosen_failures, chosen_units, day_number
from warehouse.failure_months import (
    DAYS_PER_MONTH,
    first_month,
    item_column,
    month_index,
    month_start,
    months_of_days,
    product_lines,
    watched_until,
)
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered
from warehouse.suspects import FDR, THRESHOLD

MOST_ROWS = 42
MOST_COLUMNS = 18
_GRAINS = (1, 3, 12)


@dataclass(frozen=True)
class Cell:
    """What began in one span of time and may fail in another: failures, those that its age explains, unit-months at risk."""

    failures: int
    expected: float
    exposure: float


@dataclass(frozen=True)
class Cohort:
    """What began in one span of months; `first` is None for all that was there before the records began.

    cells: one per column, None where it was not there yet. total: over the columns. ratio: total failures ÷ expected with
    its exact 95 % interval; is_named: it fails more than its age explains, at the false-discovery level.
    mtbf: unit-months per failure with χ² bounds.
    """

    first: dt.date | None
    last: dt.date
    n: int
    cells: tuple[Cell | None, ...]
    total: Cell
    ratio: tuple[float | None, float | None, float | None]
    is_named: bool
    mtbf: tuple[float | None, float | None, float | None]

    @property
    def begins(self) -> dt.date:
        """The first month, or the last one before the records."""
        return self.first or self.last


@dataclass(frozen=True)
class Nevada:
    """Cohorts (oldest first) by columns of months, each given by its first and last month; totals of the columns.

    row_months, column_months: how many months a cohort and a column are of.
    """

    columns: tuple[tuple[dt.date, dt.date], ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    totals: tuple[Cell, ...] = ()
    total: Cell = Cell(0, 0.0, 0.0)
    n: int = 0
    row_months: int = 1
    column_months: int = 1
    reason: Reason = Reason.NONE

    @property
    def named(self) -> tuple[Cohort, ...]:
        """The cohorts that fail more than their age explains."""
        return tuple(cohort for cohort in self.cohorts if cohort.is_named)


@remembered
def nevada(reading: Reading, filters: Filters, item: str, model: str | None, most: int = MOST_ROWS) -> Nevada:
    """The lives of one item (on units of one model) by when they began, over all months up to the period's end.

    There are `most` cohorts at most. What age explains is the rate of all lives of the item at the same age in months (a
    life table). Lives from before the records count from when they are watched, at the age they had.
    """
    first, until = first_month(reading), watched_until(reading, filters)
    own = product_lines(reading).get(item, ())
    if first is None or not own or month_index(until) < first:
        return Nevada(reason=Reason.NO_DATA)
    rows = _lives(reading, filters, item, model, until)
    if not rows["begun"].size:
        return Nevada(reason=Reason.NO_DATA)
    oldest, last = int(rows["begun"].min()), month_index(until)
    failures, exposure = _triangle(rows, oldest, first, last, until)
    expected = exposure * _by_age(failures, exposure, first - oldest)
    if not failures.any():
        return Nevada(reason=Reason.NO_EVENTS)
    begun = np.zeros(last - oldest + 1, dtype=np.int64)
    np.add.at(begun, rows["begun"] - oldest, 1)
    grains = grain(first, last, most - 1), grain(first, last, MOST_COLUMNS)
    columns = _bins(first, last, grains[1])
    cohorts = [*([(oldest, first - 1)] if oldest < first else []), *_bins(first, last, grains[0])]
    sums = np.zeros((3, len(cohorts), len(columns)))
    for r, (a, b) in enumerate(cohorts):
        for k, (c, d) in enumerate(columns):
            place = np.s_[a - oldest : b - oldest + 1, c - first : d - first + 1]
            sums[:, r, k] = [part[place].sum() for part in (failures, expected, exposure)]
    n = np.array([begun[a - oldest : b - oldest + 1].sum() for a, b in cohorts])
    return replace(_made(sums, cohorts, columns, n, first), row_months=grains[0], column_months=grains[1])


@remembered
def _lives(reading: Reading, filters: Filters, item: str, model: str | None, until: dt.date) -> dict[str, Ints]:
    """Lives of one item: the months in which they begin, are watched from and end, whether they failed, and the days of the
    month before watching begins and until the life ends. A life begins with the installation of its unit or with the last
    failure of the item on it; what still runs ends with the last day that counts."""
    units, last = failure_columns.units(reading), np.int32(day_number(until))
    lines = np.isin(units.values["product_line"], product_lines(reading)[item])
    there = chosen_units(reading, filters) & lines[units.codes["product_line"]]
    there &= (units.installed != EVER) & (units.installed <= last) & (units.watched <= last)
    if model is not None:
        there &= np.array([name == model for name in units.values["model"]])[units.codes["model"]]
    unit, day = _failed_on(reading, filters, item, there, until)
    running = np.flatnonzero(there)
    if not running.size:
        return dict.fromkeys(("begun", "seen", "ended", "failed", "late", "lasted"), np.zeros(0, dtype=np.int64))
    is_later = np.append(False, unit[1:] == unit[:-1])[: unit.size]
    begun = np.where(is_later, np.append(np.int32(0), day[:-1])[: unit.size], units.installed[unit])
    since, newest = units.installed.copy(), np.append(unit[1:] != unit[:-1], True)[: unit.size]
    since[unit[newest]] = day[newest]
    of_unit, begun = np.append(unit, running), np.append(begun, since[running])
    seen = np.maximum(begun, units.watched[of_unit])
    ended = np.append(day, np.full(running.size, last))
    oldest = month_index(dt.date(1970, 1, 1) + dt.timedelta(days=int(begun.min())))
    width = month_index(until) - oldest + 1
    (begins, _), (sees, late), (ends, lasted) = (months_of_days(days, oldest, width) for days in (begun, seen, ended))
    return {
        "begun": begins + oldest,
        "seen": sees + oldest,
        "ended": ends + oldest,
        "failed": np.append(np.ones(unit.size, dtype=np.int64), np.zeros(running.size, dtype=np.int64)),
        "late": late,
        "lasted": lasted + 1,
    }


def _failed_on(
    reading: Reading, filters: Filters, item: str, there: Bools, until: dt.date
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The relevant failures of an item on units that are `there`, from when each is watched: rows of units in order, and the
    days in order. Of the filters those that units do not have narrow down failures."""
    of, units = failure_columns.failures(reading), failure_columns.units(reading)
    narrow = Filters(priority=filters.priority, service_kind=filters.service_kind)
    rows = chosen_failures(reading, narrow, None, until, **{item_column(reading): item})
    rows = rows[of.unit[rows] >= 0]
    unit, day = of.unit[rows], of.day[rows].astype(np.int32)
    kept = there[unit] & (day >= units.watched[unit])
    unit, day = unit[kept], day[kept]
    order = np.lexsort((day, unit))
    return unit[order], day[order]


def _triangle(rows: dict[str, Ints], oldest: int, first: int, last: int, until: dt.date) -> tuple[Floats, Floats]:
    """Failures and unit-months at risk by month of beginning (from `oldest`) and month (from `first`)."""
    width = last - first + 1
    height = last - oldest + 1
    length = np.array([(month_start(m + 1) - month_start(m)).days for m in range(first, last + 1)], dtype=np.float64)
    length[-1] = until.day
    begun = rows["begun"] - oldest
    begins, ends = (begun * width + rows[name] - first for name in ("seen", "ended"))

    def cells(at: Ints, weights: Ints | None = None) -> Floats:
        return np.bincount(at, weights, height * width).astype(np.float64, copy=False).reshape(height, width)

    failures = cells(ends[rows["failed"] > 0])
    # Whole months from the one watching begins in to the one before the last; then the parts at both ends are set right.
    at_risk = np.cumsum(cells(begins) - cells(ends), axis=1) * length
    at_risk += cells(ends, rows["lasted"]) - cells(begins, rows["late"])
    return failures, np.maximum(at_risk, 0.0) / DAYS_PER_MONTH


def _by_age(failures: Floats, exposure: Floats, before: int) -> Floats:
    """The rate at each cell's age in months, of all cells of that age; 0 where none was at risk."""
    height, width = failures.shape
    # Row r began r − before months after the first column.
    age = np.arange(width)[None, :] - (np.arange(height)[:, None] - before)
    there = age >= 0
    size = int(age.max()) + 1
    failed, risked = (np.bincount(age[there], weights=v[there], minlength=size) for v in (failures, exposure))
    rate = np.divide(failed, risked, out=np.zeros(size), where=risked > 0)
    return np.where(there, rate[np.maximum(age, 0)], 0.0)


def grain(first: int, last: int, most: int) -> int:
    """Whether months first … last are shown as months, quarters or years: the finest of which there are not more than `most`."""
    return next((g for g in _GRAINS if last // g - first // g < most), _GRAINS[-1])


def _bins(first: int, last: int, months: int) -> list[tuple[int, int]]:
    """The first and last month of each span of so many months, the outer ones cut off."""
    edges = range(first - first % months, last + 1, months)
    return [(max(edge, first), min(edge + months - 1, last)) for edge in edges]


def _made(sums: Floats, rows: list[tuple[int, int]], columns: list[tuple[int, int]], n: Ints, first: int) -> Nevada:
    failures, expected, exposure = sums.sum(axis=2)
    # Cohorts of which nothing was expected to fail have nothing to be judged by.
    able = expected > 0
    judged = bad_actors(failures[able], expected[able], threshold=THRESHOLD, fdr=FDR)
    is_named = np.zeros(able.size, dtype=bool)
    is_named[able] = judged.selected
    ratio, mtbf = poisson_rate(failures, expected), mtbf_bounds(failures, exposure)

    def cell(parts: Floats) -> Cell:
        return Cell(int(parts[0]), float(parts[1]), float(parts[2]))

    def triple(i: int, of: object) -> tuple[float | None, float | None, float | None]:
        value, low, high = (getattr(of, name)[i] for name in ("value", "low", "high"))
        return _known(value), _known(low), _known(high)

    cohorts = tuple(
        Cohort(
            month_start(a) if a >= first else None, month_start(b), int(n[i]),
            tuple(cell(sums[:, i, k]) if exposure_k > 0 else None for k, exposure_k in enumerate(sums[2, i])),
            cell(sums[:, i].sum(axis=1)), triple(i, ratio), bool(is_named[i]), triple(i, mtbf),
        )
        for i, (a, b) in enumerate(rows)
        if exposure[i] > 0
    )  # fmt: skip
    return Nevada(
        tuple((month_start(a), month_start(b)) for a, b in columns),
        cohorts,
        tuple(cell(part) for part in sums.sum(axis=1).T),
        cell(sums.sum(axis=(1, 2))),
        int(n.sum()),
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
