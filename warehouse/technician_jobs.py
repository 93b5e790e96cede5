"""Completed jobs as columns in memory, each credited to who did the work: what the pages about technicians add up.

A job is a resolved ticket, dated by the day of its completion and credited by `marts.work`. It came back where the next
job with the same component on the same asset was opened within 30 days after it was closed (the same failure mode, where
nobody says components); that is known once 30 days have passed. Loaded once per snapshot, for the repeats look across
all jobs there are; every selection is then a mask over columns.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.repeats import following_job
from analysis.result import Bools, Floats, Ints
from warehouse.filters import PLACES, Filters
from warehouse.reading import Reading, remembered

WINDOW_DAYS = 30
_WINDOW = WINDOW_DAYS * 24.0
_EPOCH = dt.date(1970, 1, 1)

# Three scans that numpy joins by the hash of the ticket's number: joining texts would take far more memory.
_TICKETS = """
WITH places AS (SELECT filter, value, row_number() OVER (PARTITION BY filter ORDER BY value) - 1 AS code FROM marts.place)
SELECT
    hash(t.ticket_id) AS ticket,
    CAST(coalesce(date_diff('day', DATE '1970-01-01', t.resolved_on), -1) AS INTEGER) AS day,
    epoch_us(t.opened_at) / 3600000000.0 AS opened,
    coalesce(CASE WHEN t.closed_at >= t.opened_at THEN epoch_us(t.closed_at) / 3600000000.0 END, 'nan') AS closed,
    coalesce(CASE WHEN t.resolved_at >= t.opened_at THEN epoch_us(t.resolved_at) / 3600000000.0 END, 'nan') AS resolved,
    CAST(coalesce(t.response_wh, 'nan') AS DOUBLE) AS response,
    {places}
FROM marts.ticket AS t
{joins}
WHERE t.opened_at IS NOT NULL
"""
_FAILURES = """
WITH components AS (
    SELECT component, row_number() OVER (ORDER BY component) - 1 AS code
    FROM (SELECT DISTINCT component FROM marts.failure)
)
SELECT
    hash(f.ticket_id) AS ticket,
    coalesce(f.asset_id, '') <> '' AND (f.component <> '' OR f.failure_mode <> '') AS has_key,
    hash(f.asset_id, f.component, CASE WHEN f.component = '' THEN f.failure_mode ELSE '' END) AS key,
    CAST(c.code AS INTEGER) AS component
FROM marts.failure AS f JOIN components AS c ON c.component = f.component
WHERE f.ticket_id IS NOT NULL
"""
_WORK = """
WITH people AS (
    SELECT technician_id, row_number() OVER (ORDER BY technician_id) - 1 AS code
    FROM (SELECT DISTINCT technician_id FROM marts.work WHERE technician_id <> '')
)
SELECT
    hash(w.ticket_id) AS ticket,
    CAST(coalesce(p.code, -1) AS INTEGER) AS technician,
    CAST(w.visits AS INTEGER) AS visits,
    CAST(coalesce(w.labour_hours, 'nan') AS DOUBLE) AS labour
FROM marts.work AS w LEFT JOIN people AS p ON p.technician_id = w.technician_id
"""
_COLUMNS = {place: "customer_id" if place == "customer" else place for place in (*PLACES, "zone")}


@dataclass(frozen=True, eq=False)
class Jobs:
    """One row per completed job, by day of completion. Codes count from 0 into the tuples, −1 is nobody or nothing.

    was_watched: a failure closed 30 days ago, so that `came_back` is known; was_visited: one resolved 30 days ago to
    which somebody came, so that `was_fixed` (at the first visit, and not back) is known. labour, response: hours, NaN
    where nobody says.
    """

    people: tuple[str, ...]
    components: tuple[str, ...]
    values: dict[str, tuple[str, ...]]
    ticket: NDArray[np.uint64]
    technician: Ints
    component: Ints
    stratum: Ints
    day: Ints
    codes: dict[str, Ints]
    was_watched: Bools
    came_back: Bools
    was_visited: Bools
    was_fixed: Bools
    labour: Floats
    response: Floats

    def rows(self, filters: Filters) -> Ints:
        """The numbers of the rows that the filters let through."""
        low = 0 if filters.start is None else int(np.searchsorted(self.day, day_number(filters.start)))
        high = (
            self.day.size if filters.end is None else int(np.searchsorted(self.day, day_number(filters.end), "right"))
        )
        mask = np.ones(max(high - low, 0), dtype=bool)
        for place in PLACES:
            wanted = getattr(filters, place)
            if wanted:
                known = [self.values[place].index(v) for v in wanted if v in self.values[place]]
                mask &= np.isin(self.codes[place][low:high], known)
        return low + np.flatnonzero(mask)

    def code_of(self, technician_id: str | None) -> int | None:
        """The code of a person; None for nobody in particular."""
        return self.people.index(technician_id) if technician_id in self.people else None


def day_number(day: dt.date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def day_of(number: int) -> dt.date:
    """The day with that number."""
    return _EPOCH + dt.timedelta(days=number)


@remembered
def jobs(reading: Reading) -> Jobs:
    """All completed jobs of the snapshot."""
    joins = "\n".join(
        f"LEFT JOIN places AS at_{place} ON at_{place}.filter = '{place}' AND at_{place}.value = t.{column}"
        for place, column in _COLUMNS.items()
    )
    codes = ",\n    ".join(f"CAST(coalesce(at_{place}.code, -1) AS INTEGER) AS {place}" for place in _COLUMNS)
    tickets = reading.arrays(_TICKETS.format(places=codes, joins=joins))
    order = np.argsort(tickets["ticket"])
    tickets = {name: tickets.pop(name)[order] for name in list(tickets)}
    failed = _failed(reading, tickets)
    work = reading.arrays(_WORK)
    row, is_known = _found(tickets["ticket"], work.pop("ticket"))
    # Completed jobs, by day of completion.
    done = np.flatnonzero(is_known)[np.argsort(tickets["day"][row[is_known]], kind="stable")]
    kept = {name: work.pop(name)[done] for name in list(work)}
    row = row[done]
    kept |= {name: tickets.pop(name)[row] for name in list(tickets)}
    kept |= {name: column[row] for name, column in failed.items()}
    end = _hours(reading.as_of)
    watched = kept["has_key"] & (kept["closed"] + _WINDOW <= end)
    visited = kept["has_key"] & (kept["resolved"] + _WINDOW <= end) & (kept["visits"] > 0)
    values = {place: _values(reading, place) for place in _COLUMNS}
    components = tuple(r[0] for r in reading.rows("SELECT DISTINCT component FROM marts.failure ORDER BY 1"))
    return Jobs(
        people=tuple(
            r[0]
            for r in reading.rows("SELECT DISTINCT technician_id FROM marts.work WHERE technician_id <> '' ORDER BY 1")
        ),
        components=components,
        values=values,
        ticket=kept["ticket"],
        technician=kept["technician"],
        component=kept["component"],
        stratum=(kept["component"] + 1) * (len(values["product_line"]) + 1) + kept["product_line"] + 1,
        day=kept["day"],
        codes={place: kept[place] for place in _COLUMNS},
        was_watched=watched,
        came_back=watched & kept["back_closed"],
        was_visited=visited,
        was_fixed=visited & (kept["visits"] == 1) & ~kept["back_resolved"],
        labour=kept["labour"],
        response=kept["response"],
    )


def _values(reading: Reading, place: str) -> tuple[str, ...]:
    return tuple(r[0] for r in reading.rows("SELECT value FROM marts.place WHERE filter = ? ORDER BY value", [place]))


def _found(tickets: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> tuple[Ints, Bools]:
    """The place of each wanted number among the ascending ones, and whether it is there."""
    if not tickets.size:
        return np.zeros(wanted.size, dtype=np.int64), np.zeros(wanted.size, dtype=bool)
    place = np.minimum(np.searchsorted(tickets, wanted), tickets.size - 1)
    return place, tickets[place] == wanted


def _hours(instant: dt.datetime) -> float:
    return (instant - dt.datetime(1970, 1, 1)) / dt.timedelta(hours=1)


def _failed(reading: Reading, tickets: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Of each ticket the first component that failed (−1: none) and whether any failure of it came back.

    It did where the same fault was reported on the same asset within the window after the closing (or the resolution),
    and by now.
    """
    found = reading.arrays(_FAILURES)
    row, is_known = _found(tickets["ticket"], found["ticket"])
    size = tickets["ticket"].size
    component = np.full(size, -1, dtype=np.int32)
    last_to_first = np.flatnonzero(is_known)[np.argsort(-found["component"][is_known], kind="stable")]
    component[row[last_to_first]] = found["component"][last_to_first]
    keyed = np.flatnonzero(is_known & found["has_key"])
    row, key = row[keyed], found["key"][keyed]
    failed: dict[str, NDArray[Any]] = {"component": component, "has_key": np.zeros(size, dtype=bool)}
    failed["has_key"][row] = True
    opened, end = tickets["opened"][row], _hours(reading.as_of)
    for clock in ("closed", "resolved"):
        ended = tickets[clock][row]
        following = following_job(key, opened, ended)
        next_opened = np.where(following >= 0, opened[following], np.inf)
        back = failed[f"back_{clock}"] = np.zeros(size, dtype=bool)
        back[row[(next_opened - ended <= _WINDOW) & (next_opened <= end)]] = True
    return failed


@dataclass(frozen=True, eq=False)
class Ratings:
    """Return visits: one row per item that was asked about a job. job: the row in `Jobs`; grade −1: no answer."""

    items: tuple[str, ...]
    grades: tuple[str, ...]
    job: Ints
    item: Ints
    grade: Ints


@remembered
def ratings(reading: Reading) -> Ratings:
    """All return visits of completed jobs."""
    held = jobs(reading)
    listed = reading.rows(
        "SELECT list, code FROM core.code_list WHERE list IN ('survey_item', 'survey_grade') ORDER BY 1, 2"
    )
    items, grades = (tuple(c for name, c in listed if name == f"survey_{what}") for what in ("item", "grade"))
    found = reading.arrays(
        """
        SELECT hash(ticket_id) AS ticket,
            CAST(list_position(?, item) - 1 AS TINYINT) AS item,
            CAST(coalesce(list_position(?, grade), 0) - 1 AS TINYINT) AS grade
        FROM core.survey WHERE ticket_id IS NOT NULL AND list_contains(?, item)
        """,
        [list(items), list(grades), list(items)],
    )
    order = np.argsort(held.ticket)
    place, is_known = _found(held.ticket[order], found["ticket"])
    return Ratings(
        items=items,
        grades=grades,
        job=order[place[is_known]].astype(np.int32),
        item=found["item"][is_known],
        grade=found["grade"][is_known],
    )
