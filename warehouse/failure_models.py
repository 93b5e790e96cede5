"""Product lines and models compared: failures per unit-month, failures by age."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from analysis.recurrence import mean_cumulative_function
from analysis.result import Floats, Reason
from warehouse.failure_months import (
    DAYS_PER_MONTH,
    failure_months,
    item_column,
    month_index,
    of_units,
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


_UNITS = """
    SELECT asset_id, model, date_diff('day', installed_on, watched_from) AS entered,
        date_diff('day', installed_on, CAST(? AS DATE)) + 1 AS seen_until
    FROM marts.unit
    WHERE installed_on IS NOT NULL AND watched_from <= ? AND product_line IN ({lines}) AND {where}
"""


@remembered
def curves(reading: Reading, filters: Filters, item: str) -> Curves:
    """Failures of one item that a unit has had on average by an age, by model of the product lines it belongs to.

    All records up to the period's end. A unit counts from the age at which the records began to watch it; units without a
    date of installation have no age.
    """
    own = product_lines(reading).get(item, ())
    if not own:
        return Curves(reason=Reason.NO_DATA)
    until = watched_until(reading, filters)
    where, values = of_units(filters)
    units = _UNITS.format(lines=", ".join("?" * len(own)), where=where)
    parameters = [until, until, *own, *values]
    numbers = reading.rows(
        f"SELECT model, count(*), count(*) FILTER (entered > 0) FROM ({units}) AS u GROUP BY 1 ORDER BY 2 DESC, 1",
        parameters,
    )
    enough = [row for row in numbers if row[1] >= _LEAST_UNITS]
    if not enough:
        return Curves(reason=Reason.TOO_FEW if numbers else Reason.NO_DATA)
    all_units = sum(row[1] for row in numbers)
    found = tuple(_curve(reading, filters, item, model, units, parameters) for model, _, _ in enough[:MOST_CURVES])
    n = sum(curve.n for curve in found)
    return Curves(
        found,
        n,
        sum(row[2] for row in numbers) / all_units,
        len(numbers) - len(found),
        Reason.NONE if n else Reason.NO_EVENTS,
    )


def _curve(reading: Reading, filters: Filters, item: str, model: str, units: str, parameters: list[object]) -> Curve:
    of_model = f"SELECT *, row_number() OVER (ORDER BY asset_id) - 1 AS system FROM ({units}) AS u WHERE model = ?"
    given = [*parameters, model]
    system = reading.arrays(f"SELECT entered, seen_until FROM ({of_model}) AS s ORDER BY system", given)
    entered, until = system["entered"].astype(float), system["seen_until"].astype(float)
    narrowed, narrow = _narrowed(filters)
    events = reading.arrays(
        f"""
        SELECT s.system, f.age_days FROM marts.failure AS f JOIN ({of_model}) AS s ON s.asset_id = f.asset_id
        WHERE f.is_relevant AND f.{item_column(reading)} = ? AND {narrowed}
            AND f.age_days > s.entered AND f.age_days <= s.seen_until AND f.age_days > 0
        """,
        [*given, item, *narrow],
    )
    ages, owner = events["age_days"].astype(float), events["system"].astype(np.int64)
    found = mean_cumulative_function(ages, owner, until, start=entered)
    # Beyond the age that a handful reached, the curve is theirs alone.
    oldest = np.sort(until)[-min(_LEAST_UNITS, until.size)]
    youngest = float(np.sort(entered)[min(_LEAST_UNITS, until.size) - 1])
    grid = np.linspace(youngest, max(float(oldest), youngest), _POINTS)
    at = found.at(grid)
    return Curve(model, until.size, ages.size, tuple(grid.tolist()), _known(at.value), _known(at.low), _known(at.high))


def _narrowed(filters: Filters) -> tuple[str, list[object]]:
    """Conditions on failures that units do not have: priority and service kind."""
    conditions, values = Filters(priority=filters.priority, service_kind=filters.service_kind).places()
    return " AND ".join(conditions or ["TRUE"]), values


def _known(values: Floats) -> tuple[float | None, ...]:
    return tuple(float(v) if np.isfinite(v) else None for v in values)


def months_of(days: float) -> float:
    """Days as months."""
    return days / DAYS_PER_MONTH
