"""How complete the fields are that something rests on: the share of rows with a value, by source and month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from warehouse.database import quote
from warehouse.entities import Entity, entities
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.durations import days_between
from warehouse.metrics.findings import difference_of_shares
from warehouse.quality import checks, columns, sources
from warehouse.quality_reads import reads
from warehouse.reading import Reading, held, remembered

# What is found out later (a cause, a repair's end) may still come to the rows of the last weeks.
_RIPENS = dt.timedelta(days=30)
_LEAST_POINTS = 0.02
_STRONG = -3.0


@dataclass(frozen=True)
class Fall:
    """A month in which a field was filled less than in those before: beyond chance, and by enough to matter."""

    month: dt.date
    share: float
    n: int
    share_before: float
    n_before: int
    z: float


@dataclass(frozen=True)
class Filled:
    """One field of an entity as one source fills it: per month the rows that should have a value, and those that have.

    `is_of_closed`: expected only in what is closed: later instants of a row that is closed one day, and whatever hangs
    on a ticket. `measures` read it.
    """

    entity: str
    field: str
    source: str
    months: tuple[dt.date, ...]
    expected: tuple[int, ...]
    filled: tuple[int, ...]
    is_of_closed: bool
    measures: tuple[str, ...]
    fall: Fall | None

    @property
    def n(self) -> int:
        return sum(self.expected)

    @property
    def missing(self) -> int:
        return self.n - sum(self.filled)

    @property
    def share(self) -> float:
        return sum(self.filled) / self.n


@remembered
def important(reading: Reading, entity: str) -> tuple[str, ...]:
    """The fields whose values matter: those that a measure reads or a check of the snapshot asks about.

    Not those without which there is no row, nor the parent of a part, nor what ends the life of a row.
    """
    known, dating = entities()[entity], entities()[entity].dated_by
    asked = {c["field"] for c in checks(reading) if c["suite"] == entity}
    asked |= {column for name in measures() for e, column in reads(name) if e == entity}
    has = columns(reading).get(f"core.{entity}", frozenset())
    return tuple(
        f.name
        for f in known.fields.values()
        if f.name in asked & has
        and not (f.required or f.name in known.key or f.refers == entity or f == dating or f.name == "closed_at")
    )


def completeness(reading: Reading, filters: Filters, zone: str) -> tuple[Filled, ...]:
    """Every important field by source, over the rows of the period (local months of `zone`), worst first.

    Places do not apply: a row whose place is missing would be left out by them.
    """
    return _completeness(reading, Filters(filters.start, filters.end), zone)


@remembered
def _completeness(reading: Reading, filters: Filters, zone: str) -> tuple[Filled, ...]:
    found = [filled for name in entities() for filled in _of_entity(reading, name, filters, zone)]
    return tuple(sorted(found, key=lambda f: (f.share, -f.n, f.entity, f.field)))


def _of_entity(reading: Reading, name: str, filters: Filters, zone: str) -> list[Filled]:
    entity, fields = entities()[name], important(reading, name)
    is_of_ticket, later = _is_of_ticket(entity), _later(entity, fields)
    found = []
    counted = _counted(reading, name, zone)
    for source in [s for s in sources(reading) if s in counted]:
        months, rows = counted[source].by_month(filters)
        for i, field in enumerate(fields):
            expected = tuple(row[1 if field in later else 0] for row in rows)
            if sum(expected):
                read_by = tuple(m for m in measures() if (name, field) in reads(m))
                filled = tuple(row[2 + i] for row in rows)
                fell = _fall(months, expected, filled, reading.as_of_on)
                is_of_closed = is_of_ticket or field in later
                found.append(Filled(name, field, source, months, expected, filled, is_of_closed, read_by, fell))
    return found


def _is_of_ticket(entity: Entity) -> bool:
    return "ticket_id" in entity.fields and entity.name != "ticket"


def _later(entity: Entity, fields: Sequence[str]) -> set[str]:
    """Instants that come later in the life of a row that is closed one day."""
    return {f for f in fields if entity.fields[f].type == "instant" and "closed_at" in entity.fields}


@dataclass(frozen=True, eq=False)
class _Counted:
    """The rows of an entity from one source by local day (since 1970): all, those closed, those with each field."""

    day: NDArray[np.int32]
    n: NDArray[np.int32]

    def by_month(self, filters: Filters) -> tuple[tuple[dt.date, ...], list[list[int]]]:
        """The months of a period in which there are rows, and the sums of each."""
        part = days_between(self.day, filters.start, filters.end)
        months, first = np.unique(self.day[part].astype("datetime64[D]").astype("datetime64[M]"), return_index=True)
        sums = np.add.reduceat(self.n[part], first, axis=0).tolist() if first.size else []
        return tuple(month.astype("datetime64[D]").item() for month in months), sums


@held
def _counted(reading: Reading, name: str, zone: str) -> dict[str, _Counted]:
    """The important fields of an entity counted by source; some hundred kilobytes, whatever the number of rows."""
    entity, fields = entities()[name], important(reading, name)
    dating = entity.dated_by
    if not fields or dating is None or dating.name not in columns(reading)[f"core.{name}"]:
        return {}
    later = _later(entity, fields)
    # What is found out while a ticket is open is not missing yet.
    closed_only = "ANTI JOIN (SELECT ticket_id FROM core.ticket WHERE closed_at IS NULL) USING (ticket_id)"
    counted = [f"count({f}) FILTER (closed_at IS NOT NULL)" if f in later else f"count({quote(f)})" for f in fields]
    counts = ["count(*)", "count(closed_at)" if later else "0", *counted]
    # Asking the zone for the day of each row takes several times as long: quarters of an hour are few.
    rows = reading.rows(
        f"""
        SELECT
            _source,
            date_diff('day', DATE '1970-01-01', CAST(timezone($zone, timezone('UTC', quarter)) AS DATE)) AS day,
            {", ".join(f"CAST(sum(n{i}) AS INTEGER)" for i, _ in enumerate(counts))}
        FROM (
            SELECT
                _source,
                time_bucket(INTERVAL 15 MINUTE, {quote(dating.name)}) AS quarter,
                {", ".join(f"{count} AS n{i}" for i, count in enumerate(counts))}
            FROM core.{name} {closed_only if _is_of_ticket(entity) else ""}
            WHERE {quote(dating.name)} IS NOT NULL
            GROUP BY ALL
        )
        GROUP BY ALL ORDER BY ALL
        """,
        {"zone": zone},
    )
    found = {}
    for source, mine in groupby(rows, key=lambda row: row[0]):
        table = np.array([row[1:] for row in mine], dtype=np.int32)
        found[source] = _Counted(table[:, 0], table[:, 1:])
    return found


def _fall(months: Sequence[dt.date], expected: Sequence[int], filled: Sequence[int], last_day: dt.date) -> Fall | None:
    """The latest month that is old enough, where it lies two points and three standard errors under those before."""
    judged = [i for i, month in enumerate(months) if _end(month) <= last_day - _RIPENS]
    if not judged or not (n := expected[judged[-1]]) or not (n_before := sum(expected[: judged[-1]])):
        return None
    i = judged[-1]
    share, before = filled[i] / n, sum(filled[:i]) / n_before
    z = difference_of_shares(share, n, before, n_before)
    is_one = z <= _STRONG and before - share >= _LEAST_POINTS
    return Fall(months[i], share, n, before, n_before, z) if is_one else None


def _end(month: dt.date) -> dt.date:
    """The last day of a month."""
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
