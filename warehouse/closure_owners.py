"""Who holds the tickets that are open now: how many, how old, how many of them were not answered in time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal, get_args

from warehouse.filters import Filters
from warehouse.metrics.closure import AGES
from warehouse.reading import Reading, remembered

Holder = Literal["technician", "team", "zone", "region"]
HOLDERS: tuple[Holder, ...] = get_args(Holder)
# What names the holder of a ticket; '' where nobody does.
_WHO = {
    "technician": "coalesce(t.technician_id, '')",
    "team": "coalesce(p.team, '')",
    "zone": "t.zone",
    "region": "t.region",
}
_OLD_DAYS = AGES[2][0]


@dataclass(frozen=True)
class Held:
    """The open tickets of one holder. missed: not answered within the target, of those that have one (judged)."""

    holder: str
    n: int
    median_hours: float
    oldest_hours: float
    old: int
    missed: int
    judged: int


@dataclass(frozen=True)
class Ticket:
    """One open ticket."""

    ticket_id: str
    opened_at: dt.datetime
    hours_open: float
    priority: str
    status: str
    zone: str
    region: str
    symptom: str
    response_met: bool | None


def _open(filters: Filters) -> tuple[str, list[object]]:
    """The tickets open now, whenever they were opened."""
    where, parameters = replace(filters, start=None, end=None).where("")
    return (
        f"FROM (SELECT * FROM marts.ticket{where}) AS t LEFT JOIN core.technician AS p ON p.technician_id = t.technician_id WHERE NOT t.is_closed",
        parameters,
    )


@remembered
def held(reading: Reading, filters: Filters, by: Holder) -> tuple[Held, ...]:
    """By holder, most open tickets first. The period does not apply."""
    source, parameters = _open(filters)
    rows = reading.rows(
        f"SELECT {_WHO[by]} AS holder, count(*), median(t.hours_open), max(t.hours_open), "
        f"count(*) FILTER (t.hours_open >= {_OLD_DAYS * 24}), count(*) FILTER (NOT t.response_met), count(t.response_met) "
        f"{source} GROUP BY 1 ORDER BY 2 DESC, 1",
        parameters,
    )
    return tuple(Held(*row) for row in rows)


@remembered
def tickets_of(reading: Reading, filters: Filters, by: Holder, holder: str, most: int) -> tuple[Ticket, ...]:
    """The oldest open tickets of one holder."""
    source, parameters = _open(filters)
    rows = reading.rows(
        "SELECT t.ticket_id, t.opened_at, t.hours_open, t.priority, coalesce(t.status, ''), t.zone, t.region, "
        f"coalesce(t.symptom, ''), t.response_met {source} AND {_WHO[by]} = ? ORDER BY t.opened_at, t.ticket_id LIMIT ?",
        [*parameters, holder, most],
    )
    return tuple(Ticket(*row) for row in rows)
