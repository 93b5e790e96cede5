"""Completed jobs as columns in memory, each credited to who did the work: what the pages about technicians add up.

Loaded once per snapshot from `marts.job`, some 30 bytes a job; every selection is then a mask over columns.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools, Ints
from warehouse.filters import PLACES, Filters
from warehouse.metrics.durations import days_between, place_values
from warehouse.questions import question
from warehouse.reading import Reading, held

_EPOCH = dt.date(1970, 1, 1)
_PLACES = (*PLACES, "zone")


@dataclass(frozen=True, eq=False)
class Jobs:
    """One row per completed job, by day of completion, then by row of the mart. Codes count from 0 into the tuples, −1 is nobody or nothing.

    was_watched: a failure whose window for repeats has run out since it was closed, so that `came_back` is known;
    was_visited: the same since the resolution, where somebody came, so that `was_fixed` (at the first visit, and not
    back) is known. labour, response: hours, NaN where nobody says. stratum: component × product line.
    """

    people: tuple[str, ...]
    components: tuple[str, ...]
    values: dict[str, tuple[str, ...]]
    technician: NDArray[Any]
    component: NDArray[Any]
    stratum: NDArray[Any]
    day: NDArray[np.int32]
    codes: dict[str, NDArray[Any]]
    was_watched: Bools
    came_back: Bools
    was_visited: Bools
    was_fixed: Bools
    labour: NDArray[np.float32]
    response: NDArray[np.float32]

    def rows(self, filters: Filters) -> Ints:
        """The numbers of the rows that the filters let through."""
        part = days_between(self.day, filters.start, filters.end)
        mask: Bools | None = None
        for place in PLACES:
            wanted = getattr(filters, place)
            if wanted:
                known = [self.values[place].index(v) for v in wanted if v in self.values[place]]
                found = np.isin(self.codes[place][part], known)
                mask = found if mask is None else mask & found
        return np.arange(part.start, part.stop) if mask is None else part.start + np.flatnonzero(mask)

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
    values = {place: place_values(reading, place) for place in _PLACES}
    found = reading.arrays(question("completed_jobs"))
    order = np.lexsort((found.pop("job"), found["day"]))
    kept = {name: found.pop(name)[order] for name in list(found)}
    people = reading.rows("SELECT DISTINCT technician_id FROM marts.job WHERE technician_id <> '' ORDER BY 1")
    components = reading.rows("SELECT DISTINCT component FROM marts.job WHERE component IS NOT NULL ORDER BY 1")
    lines = len(values["product_line"]) + 1
    return Jobs(
        people=tuple(row[0] for row in people),
        components=tuple(row[0] for row in components),
        values=values,
        technician=_narrow(kept["technician"], len(people)),
        component=_narrow(kept["component"], len(components)),
        stratum=_narrow((kept["component"] + 1) * lines + kept["product_line"] + 1, (len(components) + 1) * lines),
        day=kept["day"],
        codes={place: _narrow(kept[place], len(values[place])) for place in _PLACES},
        was_watched=kept["was_watched"],
        came_back=kept["came_back"],
        was_visited=kept["was_visited"],
        was_fixed=kept["was_fixed"],
        labour=kept["labour"],
        response=kept["response"],
    )


def _narrow(codes: NDArray[np.int32], size: int) -> NDArray[Any]:
    """Codes −1 … size − 1 in the smallest type that holds them."""
    return codes.astype(np.min_scalar_type(-size - 1))


@dataclass(frozen=True, eq=False)
class Ratings:
    """Return visits: one row per item that was asked about a job. job: the row in `Jobs`; grade −1: no answer.

    asked: the jobs that were asked about, ascending; mart_row: their rows in marts.job; reached: whose customer was.
    """

    items: tuple[str, ...]
    grades: tuple[str, ...]
    job: NDArray[np.int32]
    item: NDArray[np.int8]
    grade: NDArray[np.int8]
    asked: NDArray[np.int32]
    mart_row: NDArray[np.int32]
    reached: Bools


@held
def ratings(reading: Reading) -> Ratings:
    """All return visits of completed jobs."""
    listed = reading.rows(
        "SELECT list, code FROM core.code_list WHERE list IN ('survey_item', 'survey_grade') ORDER BY 1, 2"
    )
    items, grades = (tuple(c for name, c in listed if name == f"survey_{what}") for what in ("item", "grade"))
    found = reading.arrays(question("ratings"), {"items": list(items), "grades": list(grades)})
    is_item = found["item"] >= 0
    job, item, grade, row = (found[name][is_item] for name in ("job", "item", "grade", "mart_row"))
    asked, first = np.unique(job, return_index=True)
    reached = np.isin(asked, found["job"][found["reached"]])
    return Ratings(items, grades, job, item, grade, asked, row[first], reached)
