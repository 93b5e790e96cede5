"""Days for which a source delivered nothing, though it never is silent for so long; and holidays: what time axes mark.

A source is silent on a working day (of the house's calendar) of which it has no row. Its silence is a gap of the records when
it lasts longer than chance would let it once in a hundred such records, given on how many working days the source is silent
at all (a geometric number of days each time, gaps themselves left out), and a working week at least. Before its first and
after its last record a source is silent too, unless another one begins where it ends: then that took over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from warehouse.database import quote
from warehouse.entities import entities
from warehouse.metrics.durations import days_since_epoch
from warehouse.quality import columns, sources
from warehouse.reading import Reading, held, remembered

_CHANCE = 0.01
_LEAST_SILENT = 5
# Of fewer days with a row nobody can say how long the source usually is silent.
_FEWEST_DAYS = 20
# A source that begins so many days before or after another one ends took over from it.
_HANDED_OVER = 31
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Gap:
    """A source's silence, both days included."""

    source: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Holiday:
    """Days off in a row that have a name (the first one's), of the calendar of tickets without a zone."""

    name: str
    first: dt.date
    last: dt.date


def of_failures(reading: Reading) -> str:
    """The entity that says when something failed: where nobody delivers faults, tickets do."""
    return "fault" if _days(reading, "fault") else "ticket"


@remembered
def gaps(reading: Reading, entity: str, first: dt.date, last: dt.date) -> tuple[Gap, ...]:
    """The gaps of an entity's sources between two days, both included, by their first day."""
    begin, end = int(days_since_epoch(first)), int(days_since_epoch(last))
    by_source = {s: days for s, days in _days(reading, entity).items() if s in sources(reading)}
    judged = {s: days for s, days in by_source.items() if days.size >= _FEWEST_DAYS}
    if not judged or begin > end:
        return ()
    low = min(begin - 1, *(int(days[0]) for days in judged.values()))
    high = max(end, *(int(days[-1]) for days in judged.values()))
    is_open = _open(reading, low, high)
    # How many working days lie before each day.
    before = np.concatenate([[0], np.cumsum(is_open)])

    def worked(days: NDArray[np.int64], following: NDArray[np.int64]) -> NDArray[np.int64]:
        """Working days between each two, neither included."""
        return np.asarray(before[following - low] - before[days + 1 - low])

    found = []
    for source, days in judged.items():
        others = [other for s, other in by_source.items() if s != source]
        limit = longest_silence(worked(days[:-1], days[1:]), int(is_open[days - low].sum()))
        # Before the first record and after the last, where nobody else was there.
        opens = not any(abs(int(days[0] - other[-1])) <= _HANDED_OVER for other in others)
        ends = not any(abs(int(other[0] - days[-1])) <= _HANDED_OVER for other in others)
        edges = np.concatenate(
            [[begin - 1] if opens and begin < days[0] else [], days, [end + 1] if ends and end > days[-1] else []]
        ).astype(np.int64)
        for i in np.flatnonzero(worked(edges[:-1], edges[1:]) >= limit).tolist():
            a, b = max(int(edges[i]) + 1, begin), min(int(edges[i + 1]) - 1, end)
            found += [Gap(source, _day(a), _day(b))] if a <= b else []
    return tuple(sorted(found, key=lambda gap: (gap.first, gap.source)))


def silent(reading: Reading, entity: str, months: Sequence[dt.date]) -> tuple[bool, ...]:
    """Whether each month, by its first day, lies as a whole within a source's silence: a zero there is no number."""
    if not months:
        return ()
    ends = [(month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1) for month in months]
    found = gaps(reading, entity, months[0], ends[-1])
    return tuple(any(gap.first <= a and b <= gap.last for gap in found) for a, b in zip(months, ends, strict=True))


def undelivered(reading: Reading, entity: str, months: Sequence[dt.date]) -> NDArray[np.bool_]:
    """Whether each month is silent and nobody else delivered a row of it: nobody watched, so there is no exposure either."""
    found, asked = np.array(silent(reading, entity, months), dtype=bool), np.array(months, dtype="datetime64[M]")
    for days in _days(reading, entity).values():
        found &= ~np.isin(asked, days.astype("datetime64[D]").astype("datetime64[M]"))
    return found


def longest_silence(between: NDArray[np.int64], delivered: int) -> int:
    """From how many working days in a row on a silence is a gap.

    between: working days of silence between each two days with a row; delivered: working days with a row. With a share q of
    silent days the n silences reach k days with a chance of n·qᵏ.
    """
    usual = between
    while True:
        q = usual.sum() / (usual.sum() + delivered) if usual.sum() else 0.0
        limit = max(_LEAST_SILENT, ceil(log(_CHANCE / between.size) / log(q))) if 0 < q < 1 else _LEAST_SILENT
        kept = usual[usual < limit]
        if kept.size == usual.size:
            return limit
        usual = kept


@held
def _days(reading: Reading, entity: str) -> dict[str, NDArray[np.int64]]:
    """The local days (since 1970) up to the as-of instant of which each source has a row."""
    dating = entities()[entity].dated_by
    if dating is None or dating.name not in columns(reading).get(f"core.{entity}", ()):
        return {}
    at = quote(dating.name)
    # Asking the zone for the day of each row takes several times as long: quarters of an hour are few.
    rows = reading.rows(
        f"""
        SELECT q._source, CAST(timezone(z.time_zone, timezone('UTC', q.quarter)) AS DATE) AS day
        FROM (
            SELECT DISTINCT _source, time_bucket(INTERVAL 15 MINUTE, {at}) AS quarter FROM core.{entity} WHERE {at} <= ?
        ) AS q
        CROSS JOIN core.zone AS z WHERE z.zone = ''
        GROUP BY ALL ORDER BY ALL
        """,
        [reading.as_of],
    )
    return {
        source: np.array([days_since_epoch(day) for _, day in mine])
        for source, mine in groupby(rows, key=lambda row: row[0])
    }


def _open(reading: Reading, low: int, high: int) -> NDArray[np.bool_]:
    """Which days from `low` to `high` (since 1970) the house works; beyond its calendar those from Monday to Friday."""
    # 1970 began on a Thursday.
    found = (np.arange(low, high + 1) + 3) % 7 < 5
    for day, opens in reading.rows(
        "SELECT day, opens IS NOT NULL FROM core.calendar WHERE zone = '' AND day BETWEEN ? AND ?",
        [_day(low), _day(high)],
    ):
        found[days_since_epoch(day) - low] = opens
    return np.asarray(found)


def _day(number: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=number)


@remembered
def holidays(reading: Reading, first: dt.date, last: dt.date) -> tuple[Holiday, ...]:
    """The public holidays and own days off between two days, those in a row taken together."""
    found: list[Holiday] = []
    for day, name in reading.rows(
        "SELECT day, name FROM core.calendar WHERE zone = '' AND opens IS NULL AND name <> '' AND day BETWEEN ? AND ? ORDER BY day",
        [first, last],
    ):
        if found and found[-1].last == day - dt.timedelta(days=1):
            found[-1] = Holiday(found[-1].name, found[-1].first, day)
        else:
            found.append(Holiday(name, day, day))
    return tuple(found)
