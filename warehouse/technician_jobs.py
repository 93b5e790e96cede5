"""Completed jobs as columns in memory, each credited to who did the work: what the pages about technicians add up.

Loaded once per snapshot from `marts.job`, some 40 bytes a job; every selection is then a mask over columns.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools, Floats, Ints
from warehouse.filters import PLACES, Filters
from warehouse.questions import question
from warehouse.reading import Reading, held

_EPOCH = dt.date(1970, 1, 1)
_PLACES = (*PLACES, "zone")


@dataclass(frozen=True, eq=False)
class Jobs:
    """One row per completed job, by day of completion. Codes count from 0 into the tuples, −1 is nobody or nothing.

    was_watched: a failure whose window for repeats has run out since it was closed, so that `came_back` is known;
    was_visited: the same since the resolution, where somebody came, so that `was_fixed` (at the first visit, and not
    back) is known. labour, response: hours, NaN where nobody says. stratum: component × product line.
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


@held
def jobs(reading: Reading) -> Jobs:
    """All completed jobs of the snapshot."""
    values = {place: _values(reading, place) for place in _PLACES}
    given = {place: list(values[place]) for place in _PLACES if place != "customer"}
    found = reading.arrays(question("completed_jobs"), given)
    by_day = np.argsort(found["day"], kind="stable")
    kept = {name: found.pop(name)[by_day] for name in list(found)}
    people = reading.rows("SELECT DISTINCT technician_id FROM marts.job WHERE technician_id <> '' ORDER BY 1")
    components = reading.rows("SELECT DISTINCT component FROM marts.job WHERE component IS NOT NULL ORDER BY 1")
    return Jobs(
        people=tuple(row[0] for row in people),
        components=tuple(row[0] for row in components),
        values=values,
        ticket=kept["ticket"],
        technician=kept["technician"],
        component=kept["component"],
        stratum=(kept["component"] + 1) * (len(values["product_line"]) + 1) + kept["product_line"] + 1,
        day=kept["day"],
        codes={place: kept[place] for place in _PLACES},
        was_watched=kept["was_watched"],
        came_back=kept["came_back"],
        was_visited=kept["was_visited"],
        was_fixed=kept["was_fixed"],
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


@dataclass(frozen=True, eq=False)
class Ratings:
    """Return visits: one row per item that was asked about a job. job: the row in `Jobs`; grade −1: no answer."""

    items: tuple[str, ...]
    grades: tuple[str, ...]
    job: Ints
    item: Ints
    grade: Ints


@held
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
