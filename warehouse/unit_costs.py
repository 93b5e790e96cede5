"""What repairs cost over the months that machines were in service: of a whole selection, by bucket of time or by place.

Repairs are added up in `marts.cost`; the months of the machines are worked out from the lives of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warehouse.failure_months import DAYS_PER_MONTH, first_month, month_start
from warehouse.filters import Filters
from warehouse.metrics.flows import GRAINS, Daily, added, places_of
from warehouse.questions import question
from warehouse.reading import Reading, held
from warehouse.service_units import units
from warehouse.technician_jobs import day_number

# A group with fewer repairs is not judged.
FEWEST = 20
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Cost:
    """Cost of the repairs of one group by nature; repairs, those with any cost on record, the squares of what each cost added
    up; machine-months, None where no machine can be counted (service kinds)."""

    name: str
    parts: float
    labour: float
    travel: float
    repairs: int
    known: int
    squares: float = 0.0
    unit_months: float | None = None

    @property
    def total(self) -> float:
        return self.parts + self.labour + self.travel

    def of(self, nature: str) -> float:
        """The cost of one nature."""
        return float(getattr(self, nature))

    @property
    def per_unit_month(self) -> float | None:
        """Cost over machine-months; None where there are none."""
        return self.total / self.unit_months if self.unit_months else None

    @property
    def per_repair(self) -> float | None:
        """Cost over the repairs with any cost on record; None where there are none."""
        return self.total / self.known if self.known else None

    @property
    def unit_month_bounds(self) -> tuple[float, float] | None:
        """95 % bounds: repairs come by chance (Poisson), each with a cost of its own; None where they are few."""
        if self.per_unit_month is None or self.unit_months is None or self.known < FEWEST:
            return None
        return _around(self.per_unit_month, sqrt(self.squares) / self.unit_months)

    @property
    def repair_bounds(self) -> tuple[float, float] | None:
        """95 % bounds of the mean of repairs; None where they are few."""
        if self.per_repair is None or self.known < FEWEST:
            return None
        spread = max(self.squares - self.total * self.per_repair, 0.0) / (self.known - 1)
        return _around(self.per_repair, sqrt(spread / self.known))


def _around(value: float, error: float) -> tuple[float, float]:
    """The normal interval, which costs cannot leave below."""
    return max(value - _Z * error, 0.0), value + _Z * error


_NOTHING = Cost("", 0.0, 0.0, 0.0, 0, 0)


def costs_of(reading: Reading, filters: Filters, by: str, *values: object) -> dict[Any, Cost]:
    """Costs of the repairs of the period by an SQL expression over marts.cost, of which `values` are the parameters."""
    where, parameters = filters.where("day")
    found = reading.rows(question("costs").format(by=by, where=where), [*values, *parameters])
    return {name: Cost("", *sums) for name, *sums in found}


def named_cost(found: dict[Any, Cost], of: object, name: str, unit_months: float | None) -> Cost:
    """One of the groups, or nothing spent, with its name and machine-months."""
    return replace(found.get(of, _NOTHING), name=name, unit_months=unit_months)


def span(reading: Reading, filters: Filters) -> tuple[int, int]:
    """The first day of the period on record and the day after its last, as numbers."""
    end = min(filters.end or reading.as_of_on, reading.as_of_on)
    first = first_month(reading)
    start = filters.start or (month_start(first) if first is not None else end)
    return day_number(start), day_number(end) + 1


def overlap(low: NDArray[Any], high: NDArray[Any] | int) -> float:
    """The months between days and days."""
    return float(np.maximum(high - low, 0).sum()) / DAYS_PER_MONTH


def lives(reading: Reading, filters: Filters) -> dict[str, NDArray[np.int32]]:
    """When the machines that were watched at all were first watched and installed, and their warranty ended."""
    machines = units(reading)
    rows = machines.chosen(filters) & (machines.watched >= 0)
    columns = {"watched": machines.watched, "installed": machines.installed, "warranty": machines.warranty}
    return {name: column[rows] for name, column in columns.items()}


def per_unit_month(reading: Reading, filters: Filters, by: str | None, keys: Sequence[Any]) -> list[Cost]:
    """Costs and machine-months for each of `keys`: first days of buckets, values of a place (a column), or any one for all.

    Priority and service kind are no machine's: each of theirs is held against all machine-months. Repairs know no zone.
    """
    if by == "zone":
        return [_NOTHING] * len(keys)
    start, end = span(reading, filters)
    watched = lives(reading, filters)["watched"]
    if by in GRAINS:
        edges = [max(day_number(key), start) for key in keys]
        months = np.diff(_days_so_far(watched, np.array([*edges, max(end, *edges)]))) / DAYS_PER_MONTH
    elif by in _OF_MACHINES:
        machines, place = units(reading), _OF_MACHINES[by]
        rows = machines.chosen(filters) & (machines.watched >= 0)
        days = np.maximum(end - np.maximum(machines.watched[rows], start), 0)
        sums = np.bincount(machines.codes[place][rows], days, len(machines.values[place])) / DAYS_PER_MONTH
        known = dict(zip(machines.values[place], sums.tolist(), strict=True))
        months = np.array([known.get(key, 0.0) for key in keys])
    else:
        months = np.full(len(keys), overlap(np.maximum(watched, start), end))
    found = _found(reading, filters, by, keys)
    return [named_cost(found, key, str(key or ""), each) for key, each in zip(keys, months.tolist(), strict=True)]


def _found(reading: Reading, filters: Filters, by: str | None, keys: Sequence[Any]) -> dict[Any, Cost]:
    places = places_of(filters, by)
    if len(places) > 1 or "customer" in places:
        return costs_of(reading, filters, f"CAST(date_trunc('{by}', day) AS DATE)" if by in GRAINS else by or "NULL")
    sums = added(_daily(reading), _SUMS, filters, by, keys)
    columns = zip(*(sums[name].tolist() for name in _SUMS), strict=True)
    return {
        key: Cost("", parts, labour, travel, int(repairs), int(known), squares)
        for key, (parts, labour, travel, repairs, known, squares) in zip(keys, columns, strict=True)
    }


_SUMS = ("parts", "labour", "travel", "repairs", "known", "squares")


@held
def _daily(reading: Reading) -> Daily:
    """The costs of every day, for each value of one place at a time: what a view with at most one place adds up."""
    found = reading.arrays(question("costs_daily"))
    place, value = found["place"].astype(str), found["value"].astype(str)
    begins = np.flatnonzero(np.append(True, (place[1:] != place[:-1]) | (value[1:] != value[:-1]))[: place.size])
    ends = np.append(begins[1:], place.size)[: begins.size]
    rows = {(str(place[a]), str(value[a])): slice(int(a), int(b)) for a, b in zip(begins, ends, strict=True)}
    return Daily(found["day"], {name: found[name] for name in _SUMS}, rows)


# Columns of marts.cost and the place of machines that they are.
_OF_MACHINES = {"product_line": "product_line", "region": "region", "customer_id": "customer"}


def _days_so_far(watched: NDArray[np.int32], days: NDArray[np.int64]) -> NDArray[np.int64]:
    """For how many days machines had been in service, all together, when each of `days` began."""
    ordered = np.sort(watched).astype(np.int64)
    n = np.searchsorted(ordered, days)
    return np.asarray(days * n - np.append(0, np.cumsum(ordered))[n])
