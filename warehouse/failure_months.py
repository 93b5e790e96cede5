"""Failures and unit-months, month by month, of all cells of what fails × where (or which model)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.change import largest_ratio
from analysis.result import Floats, Ints
from warehouse import failure_columns
from warehouse.failure_columns import chosen_failures, chosen_units, day_number
from warehouse.filters import Filters
from warehouse.gaps import of_failures, undelivered
from warehouse.reading import Reading, remembered

By = Literal["region", "model", "product_line"]
Item = Literal["component", "failure_mode"]
DAYS_PER_MONTH = 30.4375


def month_index(day: dt.date) -> int:
    """Months since the year 0, so that months can be counted."""
    return day.year * 12 + day.month - 1


def month_start(index: int) -> dt.date:
    """The first day of a month by its index."""
    return dt.date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True)
class Cell:
    """What fails, and the place or model it fails in (or the product line; '' where nobody said)."""

    item: str
    place: str


@dataclass(frozen=True, eq=False)
class FailureMonths:
    """Relevant failures and exposure of cells, both of shape (cells, months); every cell is exposed in some month.

    months: their first days, without a gap. exposure: unit-months in service, or months of watching where the records
    know no units (`per_unit` False). A unit counts from its installation or the first record, whichever is later, but not
    in months of which nobody delivered anything.
    """

    months: tuple[dt.date, ...]
    cells: tuple[Cell, ...]
    count: Floats
    exposure: Floats
    per_unit: bool


@remembered
def item_column(reading: Reading) -> Item:
    """By what failures are told apart: the component, or the failure mode where nobody ever said a component."""
    said = reading.rows("SELECT count(*) FROM (SELECT 1 FROM marts.failure WHERE component <> '' LIMIT 1) AS one")
    return "component" if said[0][0] else "failure_mode"


@remembered
def _totals(reading: Reading) -> list[tuple[str, str, int]]:
    """Item, product line, relevant failures in all records."""
    column = item_column(reading)
    return reading.rows(
        f"SELECT {column}, product_line, count(*) AS n FROM marts.failure WHERE is_relevant GROUP BY ALL ORDER BY 1, 2"
    )


@remembered
def items(reading: Reading) -> dict[str, int]:
    """What fails, with its relevant failures in all records, most first; what nobody named only if nothing is named."""
    found: dict[str, int] = {}
    for item, _, n in _totals(reading):
        found[item] = found.get(item, 0) + n
    ranked = {item: found[item] for item in sorted(found, key=lambda i: (-found[i], i))}
    return {item: n for item, n in ranked.items() if item} or ranked


@remembered
def product_lines(reading: Reading) -> dict[str, tuple[str, ...]]:
    """The product lines in which each item failed: the units that could have had such a failure."""
    found: dict[str, tuple[str, ...]] = {}
    for item, line, _ in _totals(reading):
        found[item] = (*found.get(item, ()), line)
    return found


def watched_until(reading: Reading, filters: Filters) -> dt.date:
    """The last day that counts: that of the period, or of the records."""
    return min(filters.end or reading.as_of_on, reading.as_of_on)


def of_units(filters: Filters, alias: str = "") -> tuple[str, list[object]]:
    """Conditions on marts.unit: those of a ticket (priority, service kind) do not narrow down units."""
    conditions, parameters = replace(filters, priority=(), service_kind=()).places()
    return " AND ".join([f"{alias}{c}" for c in conditions] or ["TRUE"]), parameters


def named(clause: str, values: Sequence[object], name: str = "value") -> tuple[str, dict[str, object]]:
    """A clause of filters, which are written with `?`, with names for its values: the two kinds do not go together."""
    of = {f"{name}_{i}": value for i, value in enumerate(values)}
    for each in of:
        clause = clause.replace("?", f"${each}", 1)
    return clause, of


@remembered
def first_month(reading: Reading) -> int | None:
    """The month from which the records watch; None for empty ones."""
    (day,) = reading.rows("SELECT min(opened_on) FROM marts.ticket")[0]
    return month_index(day) if day else None


@remembered
def failure_months(
    reading: Reading, filters: Filters, by: By | None = None, *, apart: bool = True
) -> FailureMonths | None:
    """The matrix of all months up to the end of the period (its start does not apply); None for empty records.

    by: what else cells are told apart by. apart: tell items apart at all.
    """
    first, until = first_month(reading), watched_until(reading, filters)
    if first is None or month_index(until) < first:
        return None
    width = month_index(until) - first + 1
    months = tuple(month_start(first + i) for i in range(width))
    following = [*months[1:], until + dt.timedelta(days=1)]
    days = np.array([(b - a).days for a, b in zip(months, following, strict=True)], dtype=np.float64)
    units = _unit_days(reading, filters, by, first, days)
    per_unit = bool(_units_known(reading))
    counts = _counts(reading, filters, by, first, width, apart)
    lines = product_lines(reading)
    wanted = items(reading) if apart else ("",)
    begun = np.array(days)
    begun[0] -= (_first_day(reading) - months[0]).days
    is_watched = ~undelivered(reading, of_failures(reading), months)
    cells: list[Cell] = []
    exposure: list[Floats] = []
    for name in wanted:
        for place in sorted({p for _, p in units} | {p for i, p in counts if i == name}):
            of_lines = [units[line, place] for line in (lines.get(name, ()) if apart else _lines_of(units, place))
                        if (line, place) in units]  # fmt: skip
            exposed = np.sum(of_lines, axis=0) if of_lines else begun if not per_unit else np.zeros(width)
            exposed = exposed * is_watched
            if exposed.any():
                cells.append(Cell(name, place))
                exposure.append(exposed / DAYS_PER_MONTH)
    none = np.zeros(width)
    count = [counts.get((cell.item, cell.place), none) for cell in cells]
    shape = (len(cells), width)
    return FailureMonths(
        months, tuple(cells), np.reshape(count, shape).astype(float), np.reshape(exposure, shape), per_unit
    )


def _lines_of(units: dict[tuple[str, str], Floats], place: str) -> list[str]:
    return [line for line, p in units if p == place]


@remembered
def _first_day(reading: Reading) -> dt.date:
    day: dt.date = reading.rows("SELECT min(opened_on) FROM marts.ticket")[0][0]
    return day


@remembered
def _units_known(reading: Reading) -> int:
    return int(reading.rows("SELECT count(*) FROM marts.unit")[0][0])


def _unit_days(
    reading: Reading, filters: Filters, by: By | None, first: int, days: Floats
) -> dict[tuple[str, str], Floats]:
    """(product line, place) → days that its units were in service, per month."""
    of, width = failure_columns.units(reading), days.size
    until = month_start(first) + dt.timedelta(days=int(days.sum()) - 1)
    rows = np.flatnonzero(chosen_units(reading, filters) & (of.watched <= np.int32(day_number(until))))
    lines, places = of.values["product_line"], of.values[by] if by else [""]
    code = of.codes["product_line"][rows].astype(np.int64) * len(places) + (of.codes[by][rows] if by else 0)
    begun, of_month = months_of_days(of.watched[rows], first, width)
    shape = (len(lines) * len(places), width)
    cell = code * width + begun
    n = np.bincount(cell, minlength=shape[0] * width).reshape(shape)
    late = np.bincount(cell, of_month, shape[0] * width).reshape(shape)
    exposed = np.cumsum(n, axis=1) * days - late
    return {
        (lines[i // len(places)], places[i % len(places)]): exposed[i] for i in np.flatnonzero(n.any(axis=1)).tolist()
    }


def months_of_days(days: NDArray[np.int32], first: int, width: int) -> tuple[Ints, Ints]:
    """The month of each day (since 1970), from `first` on of so many, and how many days of it lie before; a day before them all counts as the first."""
    starts = np.array([day_number(month_start(first + i)) for i in range(width + 1)])
    of_day = np.repeat(np.arange(width), np.diff(starts))
    since = np.maximum(days.astype(np.int64) - starts[0], 0)
    month = of_day[since]
    return month, since - (starts[month] - starts[0])


def _counts(
    reading: Reading, filters: Filters, by: By | None, first: int, width: int, apart: bool
) -> dict[tuple[str, str], Floats]:
    """(item, place) → relevant failures per month."""
    of = failure_columns.failures(reading)
    until = watched_until(reading, filters)
    rows = chosen_failures(reading, filters, month_start(first), until)
    column = item_column(reading)
    names, places = of.values[column] if apart else [""], of.values[by] if by else [""]
    none = np.zeros_like(of.kinds[column])
    cell = (of.kinds[column] if apart else none) * len(places) + (of.kinds[by] if by else none)
    cells, number = np.unique(cell, return_inverse=True)
    # Of a table by day: there are hundreds of times as many failures.
    begins, ends = (day_number(month_start(m)) for m in (first, first + width))
    month, _ = months_of_days(np.arange(begins, ends, dtype=np.int32), first, width)
    month = month[of.day[rows] - np.int32(begins)]
    count = np.bincount((number * width)[of.kind[rows]] + month, minlength=cells.size * width).astype(float)
    return {
        (names[i // len(places)], places[i % len(places)]): n
        for i, n in zip(cells.tolist(), count.reshape(cells.size, width), strict=True)
        if n.any()
    }


@remembered
def most_changed(reading: Reading, filters: Filters) -> str | None:
    """The item whose failure rate changed most clearly at some time; None where nothing failed."""
    data = failure_months(reading, filters)
    if data is None or not data.cells:
        return None
    statistic, _ = largest_ratio(data.count, data.exposure)
    return data.cells[int(np.argmax(statistic))].item
