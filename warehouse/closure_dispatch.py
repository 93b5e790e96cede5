"""Calls to which nobody was sent on the day they came: by the calendar of their zone, they lead the next day's queue.

A call made after closing or on a day off belongs to the next opening. One that was arrived at, resolved or closed with no
dispatch on record is unknown, neither kept nor missed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.evaluate import share_of
from warehouse.metrics.measure import Measure, Quotient, Value
from warehouse.questions import question
from warehouse.reading import Reading, remembered

SAME_DAY = Measure(
    "dispatched_same_day",
    Text(en="Dispatched the same day", zh="当日派工率"),
    Text(
        en="Of the calls of the period that were dispatched or whose day is over, the share dispatched on the day of the zone's opening that was running or came next.",
        zh="期内已派工或当日已过的报修中，在服务区当时或随后的工作时段所在之日派工的比例。",
    ),
    Text(en="dispatched the same day", zh="当日派工"),
    Text(en="calls dispatched or past their day", zh="已派工或当日已过的报修"),
    "share",
    Quotient("same_day", "judged"),
    "higher",
)


@dataclass(frozen=True)
class SameDay:
    """The calls of a region and zone: dispatched on their day, later, waiting though it is over, waiting on it, unknown."""

    region: str
    zone: str
    same_day: int
    later: int
    waiting: int
    not_due: int
    unknown: int

    @property
    def missed(self) -> int:
        return self.later + self.waiting

    @property
    def judged(self) -> int:
        return self.same_day + self.missed


@dataclass(frozen=True)
class Waiting:
    """One call that nobody was sent to yet."""

    ticket_id: str
    opened_at: dt.datetime
    hours_open: float
    priority: str
    zone: str
    region: str
    site: str
    symptom: str
    is_carried_over: bool


@dataclass(frozen=True)
class Queue:
    """The first calls that wait for dispatch, in the order they are to be served; how many wait, and how many from days before."""

    calls: tuple[Waiting, ...]
    waiting: int
    carried_over: int


@remembered
def same_day(reading: Reading, filters: Filters) -> tuple[SameDay, ...]:
    """By region and zone the calls of the period; none where nobody delivers times of dispatch."""
    if not reading.rows("SELECT 1 FROM marts.ticket WHERE dispatched_at IS NOT NULL LIMIT 1"):
        return ()
    where, parameters = filters.where("opened_on")
    return tuple(SameDay(*row) for row in reading.rows(question("same_day").format(where=where), parameters))


def dispatched(reading: Reading, filters: Filters) -> Value:
    """The share of SAME_DAY over all places."""
    rows = same_day(reading, filters)
    return share_of(SAME_DAY, sum(row.same_day for row in rows), sum(row.judged for row in rows))


@remembered
def queue(reading: Reading, filters: Filters, most: int) -> Queue:
    """Who waits now; the period does not apply."""
    where, parameters = replace(filters, start=None, end=None).where("")
    rows = reading.rows(question("dispatch_queue").format(where=where), [*parameters, most])
    calls = tuple(Waiting(*row[:-2]) for row in rows)
    return Queue(calls, *(rows[0][-2:] if rows else (0, 0)))
