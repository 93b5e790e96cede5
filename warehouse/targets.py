"""What a measure is to reach: the target that holds for a selection, by clear rules, and whether it was met.

A row of core.target names a measure, a value in the measure's unit (shares 0 to 1), a period and a scope. The period is a
year (2026), a quarter (2026-Q3) or a month (2026-09). The scope is everybody (empty or `all`) or places: `region=East`,
several joined by `;`, the value alone where only one kind of place has it.

1. A target holds for a selection where each place that its scope names is the only one of its kind that was chosen.
2. On each day the most specific of them holds: the one that names most places, then the one of the shorter period.
3. A count adds up over time: each day brings its part of its target, so that a part of a year is held against the pace of
   the year; it has none where a day of the selection has none. All else (shares, times, backlogs) is held against the
   target of the selection's last day.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.filters import PLACES, Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import first_day
from warehouse.metrics.measure import Count, Measure, Value
from warehouse.reading import Reading, remembered
from warehouse.records import places

_EVERYBODY = ("", "all", "全部")
_PERIOD = re.compile(r"(\d{4})(?:[-/. ]?[Qq]([1-4])|[-/.](\d{1,2}))?")


@dataclass(frozen=True)
class Target:
    """One target: at places (kind and value of each), from the day `start` to the day `end`; `period` is as it was written."""

    measure: str
    places: frozenset[tuple[str, str]]
    period: str
    start: dt.date
    end: dt.date
    value: float

    def holds(self, filters: Filters) -> bool:
        """Whether the selection lies within its scope."""
        return all(getattr(filters, place) == (value,) for place, value in self.places)

    def covers(self, day: dt.date) -> bool:
        """Whether a day lies within its period."""
        return self.start <= day <= self.end

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class Goal:
    """What a measure is to reach in one selection, and the targets that say so, in order of time.

    is_part: the sum of the days' parts of a count's target, where the selection is not the whole period of one.
    """

    value: float
    targets: tuple[Target, ...]
    is_part: bool

    @property
    def period(self) -> str:
        """The period or periods, as they were written."""
        return " + ".join(dict.fromkeys(t.period for t in self.targets))


def days_of(period: str) -> tuple[dt.date, dt.date] | None:
    """The first and last day of a year, quarter or month as targets write it; None for anything else."""
    found = _PERIOD.fullmatch(period.strip())
    if not found:
        return None
    year, quarter, month = (int(part) if part else None for part in found.groups())
    first, months = (quarter * 3 - 2, 3) if quarter else (1, 12) if month is None else (month, 1)
    if not year or not 1 <= first <= 12:
        return None
    after = year * 12 + first - 1 + months
    return dt.date(year, first, 1), dt.date(after // 12, after % 12 + 1, 1) - dt.timedelta(days=1)


def _places_of(scope: str, known: dict[str, list[str]]) -> frozenset[tuple[str, str]] | None:
    """The places that a scope names: none for everybody; None where it cannot be read."""
    if scope.strip().lower() in _EVERYBODY:
        return frozenset()
    found = set()
    for part in scope.split(";"):
        place, equals, value = (piece.strip() for piece in part.partition("="))
        alike = [place] if equals else [kind for kind, values in known.items() if place in values]
        if len(alike) != 1 or alike[0] not in PLACES:
            return None
        found.add((alike[0], value if equals else place))
    return frozenset(found)


@remembered
def targets(reading: Reading) -> tuple[tuple[Target, ...], int]:
    """All targets that can be read, the most specific first; and how many cannot (measure, period or scope unknown)."""
    rows = reading.rows("SELECT measure, coalesce(scope, ''), period, value FROM core.target")
    known = {kind: [value for value, _ in values] for kind, values in places(reading).items()}
    found = []
    for measure, scope, period, value in rows:
        at, days = _places_of(scope, known), days_of(period)
        if measure in measures() and at is not None and days:
            found.append(Target(measure, at, period.strip(), *days, float(value)))
    found.sort(key=lambda t: (-len(t.places), t.days, sorted(t.places), t.start))
    return tuple(found), len(rows) - len(found)


@remembered
def goal(reading: Reading, name: str, filters: Filters) -> Goal | None:
    """What the measure `name` is to reach in a selection; None where nobody said."""
    mine = [t for t in targets(reading)[0] if t.measure == name and t.holds(filters)]
    start, end = filters.start or first_day(reading), filters.end or reading.as_of_on
    if not mine or start is None:
        return None
    if isinstance(measures()[name].how, Count):
        return _summed(mine, start, min(end, reading.as_of_on))
    last = next((t for t in mine if t.covers(end)), None)
    return Goal(last.value, (last,), False) if last else None


def _summed(mine: Sequence[Target], start: dt.date, end: dt.date) -> Goal | None:
    """The days' parts of the targets that hold on them, `mine` being in order of precedence."""
    held: list[Target] = []
    for number in range((end - start).days + 1):
        day = start + dt.timedelta(days=number)
        found = next((t for t in mine if t.covers(day)), None)
        if found is None:
            return None
        held.append(found)
    if not held:
        return None
    distinct = tuple(dict.fromkeys(held))
    is_part = len(distinct) > 1 or (start, end) != (distinct[0].start, distinct[0].end)
    return Goal(sum(t.value * held.count(t) / t.days for t in distinct), distinct, is_part)


def is_met(measure: Measure, value: Value, wanted: Goal | None) -> bool | None:
    """Whether a value reaches its goal; None without either, or where neither direction of the measure is good."""
    if value.value is None or wanted is None or measure.better is None:
        return None
    return value.value >= wanted.value if measure.better == "higher" else value.value <= wanted.value
