"""Relevant failures and units as columns of small numbers, held in memory for as long as a snapshot is open.

Most questions about failures look at all of them, for other periods and places each time. A dozen bytes a failure and as
many a unit spare them the texts of the marts: a place is a comparison of small numbers, a unit a place in an array.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools, Floats, Ints
from warehouse.database import quote
from warehouse.filters import COLUMNS, Filters
from warehouse.reading import Reading, held

# What is told apart of failures and of units. Customers are not: there are too many.
_OF_FAILURES = (
    "component",
    "failure_mode",
    "model",
    "product_line",
    "region",
    "priority",
    "service_kind",
    "is_no_fault_found",
)
_OF_UNITS = ("model", "product_line", "region", "software_version")
# Days since 1970 that stand for "not known": before and after all others.
NEVER, EVER = np.int32(2**31 - 1), np.int32(-(2**31))
_NO_AGE = np.int32(-(2**31))
_LAST_DAY = np.int16(2**15 - 1)  # in 2059
_EPOCH = dt.date(1970, 1, 1)


def day_number(day: dt.date) -> int:
    """A day as the number of days since 1970."""
    return (day - _EPOCH).days


@dataclass(frozen=True, eq=False)
class Failures:
    """Relevant failures in the order of marts.failure: the row of their unit in marts.unit (−1: none there), the day, the age
    of the unit in seconds, and what they are: a row of `kinds`, whose columns are places in the lists of `values`."""

    unit: NDArray[np.int32]
    day: NDArray[np.int16]
    seconds: NDArray[np.int32]
    kind: NDArray[Any]
    kinds: dict[str, Ints]
    values: dict[str, list[str]]

    def ages(self, rows: NDArray[np.integer[Any]]) -> Floats:
        """The ages in days, as marts.failure has them; NaN where nobody knows."""
        seconds = self.seconds[rows]
        return np.where(seconds == _NO_AGE, np.nan, seconds / 3600.0 / 24.0)


@dataclass(frozen=True, eq=False)
class Units:
    """Units in the order of marts.unit: days since 1970 from which they are watched (NEVER) and were installed (EVER: not
    known), and a place in the list of values of each column."""

    watched: NDArray[np.int32]
    installed: NDArray[np.int32]
    codes: dict[str, NDArray[np.int16]]
    values: dict[str, list[str]]


def _values(reading: Reading, table: str, columns: tuple[str, ...]) -> dict[str, list[str]]:
    """The values of each column, in order."""
    return {
        c: [row[0] for row in reading.rows(f"SELECT DISTINCT CAST({quote(c)} AS VARCHAR) FROM {table} ORDER BY 1")]
        for c in columns
    }


def _codes(columns: tuple[str, ...], table: str) -> str:
    return ", ".join(
        f"CAST(list_position(?, CAST({table}.{quote(c)} AS VARCHAR)) - 1 AS SMALLINT) AS {quote(c)}" for c in columns
    )


@held
def failures(reading: Reading) -> Failures:
    """Load the failures; once per snapshot and process."""
    values = _values(reading, "marts.failure", _OF_FAILURES)
    found = reading.arrays(
        f"""
        SELECT f.rowid AS row, CAST(coalesce(u.rowid, -1) AS INTEGER) AS unit,
            CAST(least(date_diff('day', DATE '1970-01-01', f.failed_on), {_LAST_DAY}) AS SMALLINT) AS day,
            CAST(coalesce(greatest(round(f.age_days * 86400), {_NO_AGE} + 1), {_NO_AGE}) AS INTEGER) AS seconds,
            {_codes(_OF_FAILURES, "f")}
        FROM marts.failure AS f LEFT JOIN marts.unit AS u ON u.asset_id = f.asset_id
        WHERE f.is_relevant
        """,
        [values[c] for c in _OF_FAILURES],
    )
    order = np.argsort(found["row"])
    key = np.zeros(order.size, dtype=np.int64)
    for c in _OF_FAILURES:
        key = key * len(values[c]) + found[c]
    _, first, kind = np.unique(key, return_index=True, return_inverse=True)
    return Failures(
        found["unit"][order],
        found["day"][order],
        found["seconds"][order],
        kind[order].astype(np.min_scalar_type(max(first.size - 1, 0))),
        {c: found[c][first].astype(np.int64) for c in _OF_FAILURES},
        values,
    )


@held
def units(reading: Reading) -> Units:
    """Load the units; once per snapshot and process."""
    values = _values(reading, "marts.unit", _OF_UNITS)
    found = reading.arrays(
        f"""
        SELECT CAST(coalesce(date_diff('day', DATE '1970-01-01', u.watched_from), {NEVER}) AS INTEGER) AS watched,
            CAST(coalesce(date_diff('day', DATE '1970-01-01', u.installed_on), {EVER}) AS INTEGER) AS installed,
            {_codes(_OF_UNITS, "u")}
        FROM marts.unit AS u
        """,
        [values[c] for c in _OF_UNITS],
    )
    return Units(found["watched"], found["installed"], {c: found[c] for c in _OF_UNITS}, values)


def chosen_kinds(of: Failures, filters: Filters, **more: str) -> Bools:
    """Which kinds the filters let through, but for the customer; more: values of other columns."""
    found = np.ones(of.kinds["model"].size, dtype=bool)
    wanted = {c: getattr(filters, c) for c in ("product_line", "region", "priority", "service_kind")}
    for column, values in (wanted | {column: (value,) for column, value in more.items()}).items():
        if values:
            known = [i for i, value in enumerate(of.values[column]) if value in values]
            found &= np.isin(of.kinds[column], known)
    return found


def chosen_failures(
    reading: Reading, filters: Filters, start: dt.date | None, end: dt.date | None, **more: str
) -> Ints:
    """The rows of the relevant failures at the filters' places, from `start` to `end` (both included; the filters' period
    does not apply); more: values of other columns, a component say."""
    of = failures(reading)
    kinds = chosen_kinds(of, filters, **more)
    found = np.ones(of.day.size, dtype=bool) if kinds.all() else kinds[of.kind]
    if start is not None:
        found &= of.day >= _small(start)
    if end is not None:
        found &= of.day <= _small(end)
    if filters.customer:
        found &= _at_customers(reading, "marts.failure", filters.customer, " WHERE is_relevant")
    return np.flatnonzero(found)


def _small(day: dt.date) -> np.int16:
    return np.int16(np.clip(day_number(day), -_LAST_DAY, _LAST_DAY))


def chosen_units(reading: Reading, filters: Filters) -> Bools:
    """Which units are at the filters' places; priority and service kind do not narrow down units."""
    of = units(reading)
    found = np.ones(of.watched.size, dtype=bool)
    for column in ("product_line", "region"):
        values = getattr(filters, column)
        if values:
            known = [i for i, value in enumerate(of.values[column]) if value in values]
            found &= np.isin(of.codes[column], np.array(known, dtype=np.int16))
    if filters.customer:
        found &= _at_customers(reading, "marts.unit", filters.customer)
    return found


def _at_customers(reading: Reading, table: str, customers: tuple[str, ...], where: str = "") -> Bools:
    """Row by row whether it is of these customers."""
    marks = ", ".join("?" * len(customers))
    sql = f"SELECT coalesce({COLUMNS['customer']} IN ({marks}), FALSE) AS hit FROM {table}{where}"
    return reading.arrays(sql, list(customers))["hit"].astype(bool)
