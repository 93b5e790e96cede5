"""The durations of all tickets, held in memory for as long as a snapshot is open: survival curves need each of them.

About 15 bytes a ticket, in order of opening: a period is a slice, a place a comparison over small integers. That costs a
fraction of fetching the rows from the engine for every question.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warehouse.database import quote
from warehouse.filters import Filters
from warehouse.reading import Reading, held

# The customer is not among them: there are too many, and their tickets are few enough to be fetched.
PLACES = ("product_line", "region", "zone", "priority", "service_kind")
_EPOCH = dt.date(1970, 1, 1)
Cell = tuple[NDArray[np.float64], NDArray[np.bool_]]
Cells = list[Cell]


def days_since_epoch(day: dt.date) -> np.int32:
    """A day as the number of days since 1970, of the type of the columns of days: of another, a search in one would copy it."""
    return np.int32((day - _EPOCH).days)


def days_between(day: NDArray[np.int32], start: dt.date | None, end: dt.date | None) -> slice:
    """The rows of an ascending column of days from `start` to `end`, both included."""
    first = 0 if start is None else int(np.searchsorted(day, days_since_epoch(start)))
    last = day.size if end is None else int(np.searchsorted(day, days_since_epoch(end), side="right"))
    return slice(first, max(first, last))


@dataclass(frozen=True)
class Durations:
    """Columns in order of opening: day (since 1970), time (so many to the hour), whether ended, and a code per place."""

    day: NDArray[np.int32]
    time: NDArray[Any]
    per_hour: int
    ended: NDArray[np.bool_]
    codes: dict[str, NDArray[Any]]
    values: dict[str, tuple[str, ...]]

    def between(self, start: dt.date | None, end: dt.date | None) -> slice:
        """The tickets opened from `start` to `end`, both included."""
        return days_between(self.day, start, end)

    def cell(self, part: slice, filters: Filters, place: str = "", value: str = "") -> Cell:
        """Hours and ends of the part at the places of the filters and, if named, at one more."""
        wanted = {f.name: getattr(filters, f.name) for f in fields(filters) if f.name in PLACES}
        wanted |= {place: (value,)} if place else {}
        mask: NDArray[np.bool_] | None = None
        for name, chosen in wanted.items():
            if chosen:
                known = [self.values[name].index(v) for v in chosen if v in self.values[name]]
                codes = self.codes[name][part]
                found = codes == known[0] if len(known) == 1 else np.isin(codes, known)
                mask = found if mask is None else mask & found
        time, ended = self.time[part], self.ended[part]
        return (time / self.per_hour, ended) if mask is None else (time[mask] / self.per_hour, ended[mask])


@held
def place_values(reading: Reading, place: str) -> tuple[str, ...]:
    """The values of a place of which there are tickets, in order: what codes count from 0."""
    return tuple(r[0] for r in reading.rows("SELECT value FROM marts.place WHERE filter = ? ORDER BY value", [place]))


@held
def durations(reading: Reading) -> Durations:
    """Load the columns; once per snapshot and process."""
    values = {place: place_values(reading, place) for place in PLACES}
    codes = ", ".join(f"CAST(coalesce({place}.code, -1) AS INTEGER) AS {quote(place)}" for place in PLACES)
    joins = " ".join(
        f"LEFT JOIN places AS {place} ON {place}.filter = '{place}' AND {place}.value = t.{place}" for place in PLACES
    )
    found: dict[str, NDArray[Any]] = reading.arrays(
        "WITH places AS (SELECT filter, value, row_number() OVER (PARTITION BY filter ORDER BY value) - 1 AS code "
        "FROM marts.place) "
        "SELECT hours_open, is_closed, CAST(date_diff('day', DATE '1970-01-01', opened_on) AS INTEGER) AS opened_day, "
        f"{codes} FROM marts.ticket AS t {joins} WHERE hours_open >= 0 ORDER BY opened_on"
    )
    hours = found.pop("hours_open")
    seconds = np.rint(hours * 3600)
    # Instants are mostly whole seconds: half the room, and the very same hours again.
    is_whole = bool((seconds / 3600 == hours).all()) and seconds.max(initial=0) < np.iinfo(np.int32).max
    return Durations(
        day=found["opened_day"],
        time=seconds.astype(np.int32) if is_whole else hours,
        per_hour=3600 if is_whole else 1,
        ended=found["is_closed"],
        codes={place: found[place].astype(np.min_scalar_type(-len(values[place]) - 1)) for place in PLACES},
        values=values,
    )


def whole(reading: Reading, filters: Filters) -> Cells:
    """Hours and ends of the selection, as one cell."""
    if filters.customer:
        where, parameters = filters.where("opened_on")
        return [_fetched(reading, where, parameters)]
    held = durations(reading)
    return [held.cell(held.between(filters.start, filters.end), filters)]


def by_start(reading: Reading, filters: Filters, starts: list[dt.date]) -> Cells:
    """Hours and ends of the selection, by the last of `starts` (ascending) on or before the day of opening."""
    cells = []
    for start, following in zip_longest(starts, starts[1:]):
        last = following - dt.timedelta(days=1) if following else None
        ends = [day for day in (last, filters.end) if day]
        part = replace(filters, start=max(start, filters.start or start), end=min(ends) if ends else None)
        cells += whole(reading, part)
    return cells


def by_place(reading: Reading, filters: Filters, place: str, keys: list[str]) -> Cells:
    """Hours and ends of the selection, by value of a place."""
    if filters.customer or place not in PLACES:
        if place not in {f.name for f in fields(filters)} and place != "customer_id":
            where, parameters = filters.where("opened_on")
            return [_fetched(reading, f"{where} AND {place} = ?", [*parameters, key]) for key in keys]
        name = "customer" if place == "customer_id" else place
        return [whole(reading, Filters(**{**filters.__dict__, name: (key,)}))[0] for key in keys]
    held = durations(reading)
    part = held.between(filters.start, filters.end)
    return [held.cell(part, filters, place, key) for key in keys]


def _fetched(reading: Reading, where: str, parameters: list[object]) -> Cell:
    sql = f"SELECT hours_open, is_closed FROM marts.ticket{where} AND hours_open >= 0"
    found = reading.arrays(sql, parameters)
    return found["hours_open"], found["is_closed"]
