"""Two closure rates side by side over the months: of the tickets opened in a month, and of what went out to what came in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from warehouse.filters import Filters
from warehouse.questions import question
from warehouse.reading import Reading, remembered

WINDOWS = (7, 30, 90)


@dataclass(frozen=True)
class Cohort:
    """The tickets opened in a month; by window how many of them are that many days old and how many of these were closed by then."""

    month: dt.date
    opened: int
    old: dict[int, int]
    closed: dict[int, int]

    def is_mature(self, days: int) -> bool:
        """Whether every ticket of the month is old enough."""
        return self.old[days] == self.opened

    def share(self, days: int) -> float | None:
        """The share closed within so many days, of those that are old enough."""
        return self.closed[days] / self.old[days] if self.old[days] else None


@remembered
def cohorts(reading: Reading, filters: Filters) -> tuple[Cohort, ...]:
    """By month of opening; months without a ticket are not there."""
    where, parameters = filters.where("opened_on")
    return tuple(
        Cohort(
            row["month"],
            row["opened"],
            {days: row[f"old_{days}"] for days in WINDOWS},
            {days: row[f"closed_{days}"] for days in WINDOWS},
        )
        for row in reading.records(question("cohorts").format(where=where), parameters)
    )


def mature(found: tuple[Cohort, ...], days: int) -> tuple[int, int]:
    """How many tickets of mature cohorts were closed within so many days, and how many there are."""
    old = [cohort for cohort in found if cohort.is_mature(days)]
    return sum(cohort.closed[days] for cohort in old), sum(cohort.opened for cohort in old)
