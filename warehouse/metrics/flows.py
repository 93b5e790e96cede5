"""What happened in a period, added up: columns of a flow, over a whole selection, by day, week or month, or by place.

A flow `of` something is the view `marts.<of>_flow`: a day, the places, and columns that add up over both. Most selections
name one place at most; `marts.<of>_day_place` is small enough to be held in memory for them (some 20 places, 1,100 days and
ten columns: 2 MB a flow), so that a sum is a slice and not a query: microseconds, however many records there are. The
engine answers the others from the smallest relation that can.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from warehouse.filters import COLUMNS, Filters
from warehouse.metrics.durations import days_since_epoch
from warehouse.reading import Reading, held

Grain = Literal["day", "week", "month"]
GRAINS = ("day", "week", "month")
PLACES = ("product_line", "region", "customer", "priority", "service_kind", "zone")


@dataclass(frozen=True)
class Daily:
    """The sums of a flow, in order of place, value and day. `rows`: which rows are a value's; '' of 'all' is everything."""

    day: NDArray[np.int32]
    columns: dict[str, NDArray[np.float64]]
    rows: dict[tuple[str, str], slice]

    def between(self, place: str, value: str, start: dt.date | None, end: dt.date | None) -> slice:
        """The rows of one value of a place from `start` to `end`, both included."""
        rows = self.rows.get((place, value), slice(0, 0))
        days = self.day[rows]
        first = 0 if start is None else int(np.searchsorted(days, days_since_epoch(start)))
        last = days.size if end is None else int(np.searchsorted(days, days_since_epoch(end), side="right"))
        return slice(rows.start + first, rows.start + max(first, last))


@held
def daily(reading: Reading, of: str) -> Daily:
    """Load the sums of a flow; once per snapshot and process."""
    names = [row[0] for row in reading.rows(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'marts' AND table_name = ? "
        "AND column_name NOT IN ('place', 'value', 'day')", [f"{of}_day_place"])]  # fmt: skip
    found = reading.arrays(
        f"SELECT CAST(date_diff('day', DATE '1970-01-01', day) AS INTEGER) AS day, "
        f"{', '.join(f'CAST({name} AS DOUBLE) AS {name}' for name in names)} "
        f"FROM marts.{of}_day_place WHERE day IS NOT NULL ORDER BY place, value, day"
    )
    rows, first = {}, 0
    for place, value, n in reading.rows(
        f"SELECT place, value, count(*) FROM marts.{of}_day_place WHERE day IS NOT NULL GROUP BY ALL ORDER BY place, value"
    ):
        rows[place, value] = slice(first, first + n)
        first += n
    return Daily(found["day"], {name: found[name] for name in names}, rows)


def sums(
    reading: Reading, of: str, names: Sequence[str], filters: Filters, by: str | None, keys: Sequence[Any]
) -> Mapping[str, NDArray[np.float64]]:
    """Columns of a flow in the period: column → its sum for each of `keys`.

    The keys are the first days of the buckets where `by` is a grain, values where it is a place, and any one for the whole.
    """
    places = places_of(filters, by)
    if len(places) > 1 or "customer" in places:
        return _asked(reading, of, names, filters, by, keys, places)
    return added(daily(reading, of), names, filters, by, keys)


def places_of(filters: Filters, by: str | None) -> set[str]:
    """The places that a question names: those of the filters, and the one it is asked by."""
    places = {place for place in PLACES if getattr(filters, place, ())}
    return places | ({"customer" if by == "customer_id" else by} if by and by not in GRAINS else set())


def added(
    kept: Daily, names: Collection[str], filters: Filters, by: str | None, keys: Sequence[Any]
) -> Mapping[str, NDArray[np.float64]]:
    """`sums` of what is held in memory; the question names one place at most."""
    places = places_of(filters, by)
    place = places.pop() if places else "all"
    values = getattr(filters, place, ()) or ("",)
    if by is None or by in GRAINS:
        parts = [kept.between(place, value, filters.start, filters.end) for value in values]
        cells = [_cells(kept.day[part], by, keys) for part in parts]
        cell = np.concatenate(cells)
        # The first cell and the last take what lies before and after all keys.
        return {
            name: np.bincount(cell, np.concatenate([column[part] for part in parts]), len(keys) + 2)[1:-1].astype(float)
            for name, column in kept.columns.items()
            if name in names
        }
    chosen = getattr(filters, by, ())
    parts = [
        kept.between(by, key, filters.start, filters.end) if not chosen or key in chosen else slice(0, 0)
        for key in keys
    ]
    return {name: np.array([kept.columns[name][part].sum() for part in parts]) for name in names}


def _cells(days: NDArray[np.int32], by: str | None, keys: Sequence[Any]) -> NDArray[np.int64]:
    """Which bucket each day is in, from 1; 0 before the first of `keys`, one more than there are after the last."""
    if by is None or not len(keys):
        return np.ones(days.size, dtype=np.int64)
    first, last = _bucket(np.array([days_since_epoch(keys[0]), days_since_epoch(keys[-1])]), by)
    return np.asarray(np.clip(_bucket(days, by) - first + 1, 0, last - first + 2))


def _bucket(days: NDArray[Any], by: str) -> NDArray[np.int64]:
    """Days since 1970 as days, weeks (from Monday) or months since 1970."""
    if by == "month":
        return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]"), dtype=np.int64)
    # 1970 began on a Thursday.
    return np.asarray((days + 3) // 7 if by == "week" else days, dtype=np.int64)


def _asked(
    reading: Reading,
    of: str,
    names: Sequence[str],
    filters: Filters,
    by: str | None,
    keys: Sequence[Any],
    places: set[str],
) -> Mapping[str, NDArray[np.float64]]:
    """The same of the engine."""
    where, parameters = filters.where("day")
    key = f"CAST(date_trunc('{by}', day) AS DATE)" if by in GRAINS else by or "NULL"
    sql = (
        f"SELECT {key} AS k, {', '.join(f'CAST(sum({name}) AS DOUBLE)' for name in names)} "
        f"FROM {_relation(reading, of, filters, by, places)}{where} GROUP BY 1"
    )
    found = {row[0]: row[1:] for row in reading.rows(sql, parameters)}
    return {name: np.array([found[k][i] or 0.0 if k in found else 0.0 for k in keys]) for i, name in enumerate(names)}


def _relation(reading: Reading, of: str, filters: Filters, by: str | None, places: set[str]) -> str:
    """The smallest mart that answers: by all places and month, or day; the records themselves."""
    if of != "ticket" or "customer" in places:
        return f"marts.{of}_flow"
    coarse = by not in ("day", "week") and filters.covers_whole_months(reading.as_of_on)
    return "marts.ticket_month" if coarse else "marts.ticket_day"


def values_of(reading: Reading, place: str, so_far: Filters) -> list[str]:
    """The values of a place of which a ticket was opened until the end of a period, in order."""
    places = {name for name in PLACES if getattr(so_far, name, ())} | {place}
    column = COLUMNS.get(place, place)
    if len(places) == 1 and place != "customer":
        chosen, kept = getattr(so_far, place, ()), daily(reading, "ticket")
        known = [value for at, value in kept.rows if at == place and (not chosen or value in chosen)]
        opened = sums(reading, "ticket", ("opened",), so_far, place, known)["opened"]
        return [value for value, n in zip(known, opened, strict=True) if n > 0]
    where, parameters = so_far.where("day")
    relation = _relation(reading, "ticket", so_far, column, places)
    sql = f"SELECT {column} FROM {relation}{where} GROUP BY 1 HAVING sum(opened) > 0 ORDER BY 1"
    return [row[0] for row in reading.rows(sql, parameters)]
