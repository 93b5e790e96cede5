"""How complete the fields are that something rests on: the share of rows with a value, by source and month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from warehouse.database import quote
from warehouse.entities import Entity, Field, entities
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.findings import difference_of_shares
from warehouse.quality import checks, columns, sources
from warehouse.quality_reads import reads
from warehouse.reading import Reading, remembered

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


def dated_by(entity: Entity) -> Field | None:
    """The instant that dates a row: the mandatory one, else the first."""
    instants = [f for f in entity.fields.values() if f.type == "instant"]
    return min(instants, key=lambda f: not f.required, default=None)


@remembered
def important(reading: Reading, entity: str) -> tuple[str, ...]:
    """The fields whose values matter: those that a measure reads or a check of the snapshot asks about.

    Not those without which there is no row, nor the parent of a part, nor what ends the life of a row.
    """
    known, dating = entities()[entity], dated_by(entities()[entity])
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
    dating = dated_by(entity)
    if not fields or dating is None or dating.name not in columns(reading)[f"core.{name}"]:
        return []
    is_of_ticket = "ticket_id" in entity.fields and name != "ticket"
    later = {f for f in fields if entity.fields[f].type == "instant" and "closed_at" in entity.fields}
    # What is found out while a ticket is open is not missing yet.
    closed_only = "ANTI JOIN (SELECT ticket_id FROM core.ticket WHERE closed_at IS NULL) USING (ticket_id)"
    at, begin, end = quote(dating.name), *_instants(filters, zone)
    counted = [f"count({f}) FILTER (closed_at IS NOT NULL)" if f in later else f"count({quote(f)})" for f in fields]
    closed = "count(closed_at)" if later else "0"
    # The zone's offset of today serves for all months: asking the zone for each row takes five times as long, and moves
    # a row only where daylight saving meets the turn of a month.
    month = f"{at} + to_seconds(CAST($offset AS BIGINT))"
    rows = reading.rows(
        f"""
        SELECT _source, year({month}) AS y, month({month}) AS m, count(*), {closed}, {", ".join(counted)}
        FROM core.{name} {closed_only if is_of_ticket else ""}
        WHERE {at} >= coalesce(CAST($begin AS TIMESTAMP), {at})
            AND {at} < coalesce(CAST($end AS TIMESTAMP), TIMESTAMP 'infinity')
        GROUP BY ALL ORDER BY ALL
        """,
        {"begin": begin, "end": end, "offset": _offset(reading.as_of, zone)},
    )
    rows = [(source, dt.date(year, month, 1), *numbers) for source, year, month, *numbers in rows]
    found = []
    for source in [s for s in sources(reading) if any(row[0] == s for row in rows)]:
        mine = [row[1:] for row in rows if row[0] == source]
        for i, field in enumerate(fields):
            expected = tuple(row[2 if field in later else 1] for row in mine)
            if sum(expected):
                read_by = tuple(m for m in measures() if (name, field) in reads(m))
                months, filled = tuple(row[0] for row in mine), tuple(row[3 + i] for row in mine)
                fell = _fall(months, expected, filled, reading.as_of_on)
                is_of_closed = is_of_ticket or field in later
                found.append(Filled(name, field, source, months, expected, filled, is_of_closed, read_by, fell))
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


def _instants(filters: Filters, zone: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The period of local days as instants (UTC, naive), the end not included."""
    after = filters.end + dt.timedelta(days=1) if filters.end else None
    begin, end = (
        dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC).replace(tzinfo=None) if day else None
        for day in (filters.start, after)
    )
    return begin, end


def _offset(instant: dt.datetime, zone: str) -> int:
    """Seconds by which a zone's clocks are ahead of UTC."""
    offset = instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0
