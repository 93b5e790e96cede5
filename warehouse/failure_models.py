"""Product lines and models compared: failures per unit-month, failures by age."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from analysis.recurrence import mean_cumulative_function
from analysis.result import Floats, Ints, Reason
from warehouse import failure_columns
from warehouse.failure_columns import EVER, chosen_failures, chosen_units, day_number
from warehouse.failure_months import (
    DAYS_PER_MONTH,
    failure_months,
    item_column,
    month_index,
    product_lines,
    watched_until,
)
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

MOST_LINES = 7
MOST_CURVES = 5
_POINTS = 120
# Where fewer units than this are watched, a curve is that of a handful.
_LEAST_UNITS = 5


@dataclass(frozen=True)
class Line:
    """A product line's relevant failures, unit-months and failures per unit-month by month (None: no unit in service)."""

    product_line: str
    count: tuple[int, ...]
    exposure: tuple[float, ...]
    rate: tuple[float | None, ...]

    @property
    def overall(self) -> float | None:
        """Failures per unit-month of the whole period; None where no unit was in service."""
        exposure = sum(self.exposure)
        return sum(self.count) / exposure if exposure > 0 else None


@dataclass(frozen=True)
class Lines:
    """The product lines with most failures; `left_out` others are not among them."""

    months: tuple[dt.date, ...] = ()
    lines: tuple[Line, ...] = ()
    n: int = 0
    left_out: int = 0
    per_unit: bool = True


@dataclass(frozen=True)
class Curve:
    """Failures that a unit of a model has had on average by an age in days, with bounds where they are known."""

    model: str
    units: int
    n: int
    ages: tuple[float, ...]
    value: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True)
class Curves:
    """The models with most units; `late`: the share of units already in service when the records began."""

    curves: tuple[Curve, ...] = ()
    n: int = 0
    late: float = 0.0
    left_out: int = 0
    reason: Reason = Reason.NONE


def _in_period(filters: Filters, months: tuple[dt.date, ...]) -> int:
    """The position of the first month of the period; a month that the period begins within counts whole."""
    if filters.start is None or not months:
        return 0
    return min(max(month_index(filters.start) - month_index(months[0]), 0), len(months))


@remembered
def lines(reading: Reading, filters: Filters) -> Lines:
    """Relevant failures per unit-month of each product line over the whole months of the period."""
    data = failure_months(reading, replace(filters, start=None), "product_line", apart=False)
    if data is None:
        return Lines()
    begin = _in_period(filters, data.months)
    count, exposure = data.count[:, begin:], data.exposure[:, begin:]
    order = [i for i in np.argsort(-count.sum(axis=1), kind="stable") if exposure[i].any()]
    shown = order[:MOST_LINES]
    return Lines(
        data.months[begin:],
        tuple(
            Line(
                data.cells[i].place,
                tuple(int(v) for v in count[i]),
                tuple(float(v) for v in exposure[i]),
                tuple(float(c / e) if e > 0 else None for c, e in zip(count[i], exposure[i], strict=True)),
            )
            for i in shown
        ),
        int(count.sum()),
        len(order) - len(shown),
        data.per_unit,
    )


@remembered
def curves(reading: Reading, filters: Filters, item: str) -> Curves:
    """Failures of one item that a unit has had on average by an age, by model of the product lines it belongs to.

    All records up to the period's end. A unit counts from the age at which the records began to watch it; units without a
    date of installation have no age.
    """
    own = product_lines(reading).get(item, ())
    if not own:
        return Curves(reason=Reason.NO_DATA)
    held, until = failure_columns.units(reading), np.int32(day_number(watched_until(reading, filters)))
    lines_of_item = np.isin(held.values["product_line"], own)[held.codes["product_line"]]
    is_there = chosen_units(reading, filters) & (held.installed != EVER) & (held.watched <= until) & lines_of_item
    installed = held.installed.astype(np.float64)
    entered, seen_until = held.watched.astype(np.float64) - installed, float(until) - installed + 1.0
    models = held.values["model"]
    model = np.where(is_there, held.codes["model"], len(models))
    size = np.bincount(model, minlength=len(models) + 1)[:-1]
    numbers = sorted((-n, models[i], i) for i, n in enumerate(size.tolist()) if n)
    enough = [i for n, _, i in numbers if -n >= _LEAST_UNITS]
    if not enough:
        return Curves(reason=Reason.TOO_FEW if numbers else Reason.NO_DATA)
    failures = failure_columns.failures(reading)
    narrow = Filters(priority=filters.priority, service_kind=filters.service_kind)
    failed = chosen_failures(reading, narrow, None, None, **{item_column(reading): item})
    failed = failed[failures.unit[failed] >= 0]
    unit, ages = failures.unit[failed], failures.ages(failed)
    kept = is_there[unit] & (ages > entered[unit]) & (ages <= seen_until[unit]) & (ages > 0)
    unit, ages = unit[kept], ages[kept]
    place = np.zeros(model.size, dtype=np.int64)

    def curve(of: int) -> Curve:
        units = np.flatnonzero(model == of)
        place[units] = np.arange(units.size)
        mine = model[unit] == of
        return _curve(models[of], entered[units], seen_until[units], place[unit[mine]], ages[mine])

    found = tuple(curve(i) for i in enough[:MOST_CURVES])
    n = sum(curve.n for curve in found)
    return Curves(
        found,
        n,
        float((entered[is_there] > 0).mean()),
        len(numbers) - len(found),
        Reason.NONE if n else Reason.NO_EVENTS,
    )


def _curve(model: str, entered: Floats, until: Floats, owner: Ints, ages: Floats) -> Curve:
    found = mean_cumulative_function(ages, owner, until, start=entered)
    # Beyond the age that a handful reached, the curve is theirs alone.
    oldest = np.sort(until)[-min(_LEAST_UNITS, until.size)]
    youngest = float(np.sort(entered)[min(_LEAST_UNITS, until.size) - 1])
    grid = np.linspace(youngest, max(float(oldest), youngest), _POINTS)
    at = found.at(grid)
    return Curve(model, until.size, ages.size, tuple(grid.tolist()), _known(at.value), _known(at.low), _known(at.high))


def _known(values: Floats) -> tuple[float | None, ...]:
    return tuple(float(v) if np.isfinite(v) else None for v in values)


def months_of(days: float) -> float:
    """Days as months."""
    return days / DAYS_PER_MONTH
