"""The pace of targets: what should have been reached by now against what was, week by week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import accumulate

from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_over_time
from warehouse.metrics.measure import Count, Measure, Quotient, Value
from warehouse.metrics.wording import spoken
from warehouse.reading import Reading, remembered
from warehouse.service_findings import Finding
from warehouse.targets import Target, targets

# What was opened long ago may still be closed: such a quotient is not settled when its days are gone.
_STILL_GROWING = ("opened_closed",)


@dataclass(frozen=True)
class Pace:
    """One target and how its measure stands in its period: so far, what was due by now, what the rest has to be.

    A count is due in proportion to the days gone; all else is due as it stands. rest: of a quotient the value that the rest
    of the period must have for the whole to reach the target, if the rest is as busy as what is gone; of a count what is
    left. days: gone of all of the period. is_met: so far; None without a value or a direction.
    """

    target: Target
    measure: Measure
    so_far: Value
    due: float
    rest: float | None
    days: tuple[int, int]
    is_met: bool | None

    @property
    def is_running(self) -> bool:
        return self.days[0] < self.days[1]


@dataclass(frozen=True)
class Weeks:
    """A target week by week: the first days (Mondays), the value of each week alone and of all weeks so far, and what was due
    by the end of each."""

    starts: tuple[dt.date, ...]
    alone: tuple[float | None, ...]
    so_far: tuple[float | None, ...]
    due: tuple[float, ...]
    n: tuple[int, ...]


def of_target(target: Target, filters: Filters) -> Filters:
    """The selection that a target is about: its period and its places; those that the reader filters by come on top."""
    places = {place: (value,) for place, value in target.places}
    return replace(filters, start=target.start, end=target.end, **places)


@remembered
def paces(reading: Reading, filters: Filters) -> tuple[Pace, ...]:
    """Every target whose period has begun, the running ones first, then the latest."""
    today = reading.as_of_on
    found = [_pace(reading, t, of_target(t, filters), today) for t in targets(reading)[0] if t.start <= today]
    # Those that run first, and of each the longer period first; then the past, the latest first.
    return tuple(
        sorted(found, key=lambda p: (not p.is_running, -p.target.end.toordinal(), p.target.start, p.measure.name))
    )


def _pace(reading: Reading, target: Target, at: Filters, today: dt.date) -> Pace:
    measure = measures()[target.measure]
    so_far = evaluate(reading, (target.measure,), replace(at, end=min(target.end, today)))[target.measure]
    days = min(target.days, (today - target.start).days + 1), target.days
    part = days[0] / days[1]
    is_count = isinstance(measure.how, Count)
    due = target.value * part if is_count else target.value
    rest = None
    if so_far.value is not None and part < 1:
        if is_count:
            rest = max(target.value - so_far.value, 0.0)
        elif isinstance(measure.how, Quotient) and measure.how.numerator not in _STILL_GROWING:
            rest = (target.value - so_far.value * part) / (1 - part)
    is_met = None
    if so_far.value is not None and measure.better:
        is_met = so_far.value >= due if measure.better == "higher" else so_far.value <= due
    return Pace(target, measure, so_far, due, rest, days, is_met)


@remembered
def weeks(reading: Reading, filters: Filters, target: Target) -> Weeks:
    """A target's course up to the snapshot."""
    measure, today = measures()[target.measure], reading.as_of_on
    at = replace(of_target(target, filters), end=min(target.end, today))
    starts, values = evaluate_over_time(reading, (target.measure,), at, "week")
    found = values[target.measure]
    ends = [min(s + dt.timedelta(days=6), target.end) for s in starts]
    if isinstance(measure.how, Count | Quotient):
        tops = list(accumulate(v.numerator or 0.0 for v in found))
        below = list(accumulate(v.denominator or 0.0 for v in found))
        is_count = isinstance(measure.how, Count)
        so_far = [top if is_count else top / n if n else None for top, n in zip(tops, below, strict=True)]
    else:
        so_far = [v.value for v in found]
        is_count = False
    due = [target.value * ((e - target.start).days + 1) / target.days if is_count else target.value for e in ends]
    return Weeks(tuple(starts), tuple(v.value for v in found), tuple(so_far), tuple(due), tuple(v.n for v in found))


_BEHIND = Text(
    en="{measure}, target {period}: {value} so far where {due} is due after {gone} of {days} days{rest}.",
    zh="{measure} {period} 目标：{days} 天已过 {gone} 天，应达 {due}，实际 {value}{rest}。",
)
_REST = Text(en="; the rest has to reach {rest}", zh="；其余时间须达到 {rest}")
_LEFT = Text(en="; {rest} are left to do", zh="；尚差 {rest}")
_NOTHING = Text(en="", zh="")
_BEYOND = Text(en="; it cannot be reached any more", zh="；已无法达成")


def rest_in_words(pace: Pace) -> Text:
    """What the rest of the period has to be; empty where nothing is left of it."""
    if pace.rest is None:
        return _NOTHING
    if isinstance(pace.measure.how, Count):
        return _LEFT.format(rest=spoken(pace.measure, pace.rest))
    if pace.rest < 0 or (pace.measure.unit == "share" and pace.rest > 1):
        return _BEYOND if not pace.is_met else _NOTHING
    return _REST.format(rest=spoken(pace.measure, pace.rest))


def findings(found: tuple[Pace, ...]) -> tuple[Finding, ...]:
    """The targets that run: those that are behind first."""
    running = sorted((p for p in found if p.is_running and p.is_met is not None), key=lambda p: bool(p.is_met))
    return tuple(
        Finding(
            _BEHIND.format(
                measure=p.measure.label,
                period=p.target.period,
                value=spoken(p.measure, p.so_far.value),
                due=spoken(p.measure, p.due),
                gone=p.days[0],
                days=p.days[1],
                rest=_NOTHING if p.is_met else rest_in_words(p),
            ),
            p.so_far.n,
            bool(p.is_met),
            window=f"{p.target.measure}@{p.target.period}",
        )
        for p in running
    )
