"""Evaluate measures on a snapshot: at any grain, with any filter, from the coarsest mart that answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.rates import proportion
from analysis.survival import KaplanMeier, kaplan_meier
from warehouse.filters import COLUMNS, Filters
from warehouse.metrics import durations, measures
from warehouse.metrics.closure import AGES
from warehouse.metrics.flows import GRAINS, PLACES, Grain, sums, values_of
from warehouse.metrics.measure import (
    NOT_BY_ZONE,
    NOT_REACHED,
    NOTHING_COUNTED,
    CompletedMedian,
    Count,
    Duration,
    Level,
    Measure,
    PerUnitMonth,
    Quotient,
    Value,
)
from warehouse.reading import Reading, remembered
from warehouse.unit_costs import Cost, per_unit_month

# A flow and a column of it → its sum for each key.
_Sums = dict[tuple[str, str], NDArray[np.float64]]


@remembered
def first_day(reading: Reading) -> dt.date | None:
    """The first local day on which anything is on record; None for an empty warehouse."""
    day: dt.date | None = reading.rows("SELECT min(day) FROM marts.ticket_day")[0][0]
    return day


def period_before(reading: Reading, filters: Filters, last: dt.date) -> Filters | None:
    """The selection over the period of the same length just before; None where the records do not reach back so far.

    A period that starts with a month and ends with one (or with the records, on the day `last`) is moved by whole
    months, any other by its days.
    """
    known, start, end = first_day(reading), filters.start, filters.end or last
    if known is None or start is None or start > end:
        return None
    if filters.covers_whole_months(last):
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        begins = _month_start(start, -months)
        # The last month is not over: compare with as much of the month that corresponds to it.
        is_over = (end + dt.timedelta(days=1)).day == 1
        following = _month_start(end, 1 - months)
        days_in = following if is_over else min(following, _month_start(end, -months) + dt.timedelta(days=end.day))
        ends = days_in - dt.timedelta(days=1)
    else:
        ends = start - dt.timedelta(days=1)
        begins = ends - (end - start)
    return Filters(**{**filters.__dict__, "start": begins, "end": ends}) if begins >= known.replace(day=1) else None


def _month_start(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


@remembered
def evaluate(reading: Reading, names: tuple[str, ...], filters: Filters) -> dict[str, Value]:
    """Each named measure over the whole selection."""
    return {name: values[0] for name, values in _columns(reading, names, filters, None, [None]).items()}


@remembered
def evaluate_by(reading: Reading, names: tuple[str, ...], filters: Filters, by: str) -> dict[str, dict[str, Value]]:
    """Each named measure per value of a place (`region`, `zone`, `priority` …): measure → place → value."""
    if by not in PLACES:
        raise ValueError(f"{by} is no place; use one of {PLACES}")
    column = COLUMNS.get(by, by)
    # Until the end of the period: also those where nothing was opened in it, since their backlog stands, and tickets close there.
    keys = values_of(reading, by, replace(filters, start=None))
    return {n: dict(zip(keys, v, strict=True)) for n, v in _columns(reading, names, filters, column, keys).items()}


@remembered
def evaluate_over_time(
    reading: Reading, names: tuple[str, ...], filters: Filters, grain: Grain
) -> tuple[list[dt.date], dict[str, list[Value]]]:
    """Each named measure per day, week (from Monday) or month: the first days of the buckets, and measure → values.

    Buckets without a ticket are there too: their counts are 0, their quotients have no value.
    """
    if grain not in GRAINS:
        raise ValueError(f"{grain} is no grain; use one of {GRAINS}")
    ends = reading.rows("SELECT min(day), max(day) FROM marts.ticket_month")[0]
    first, last = filters.start or ends[0], filters.end or (ends[1] and reading.as_of_on)
    if first is None or last is None or first > last:
        return [], {name: [] for name in names}
    buckets = _buckets(first, last, grain)
    return buckets, _columns(reading, names, filters, grain, list(buckets))


def _buckets(first: dt.date, last: dt.date, grain: Grain) -> list[dt.date]:
    step = {"day": "1d", "week": "1w", "month": "1mo"}[grain]
    begin = {"day": first, "week": first - dt.timedelta(days=first.weekday()), "month": first.replace(day=1)}[grain]
    return pl.date_range(begin, last, step, eager=True).to_list()


def _columns(
    reading: Reading, names: Iterable[str], filters: Filters, by: str | None, keys: Sequence[object]
) -> dict[str, list[Value]]:
    wanted = [measures()[name] for name in names]
    added = _sums(reading, wanted, filters, by, keys)
    has_durations = any(isinstance(m.how, Duration) for m in wanted)
    curves = _curves(reading, filters, by, keys) if has_durations else []
    return {m.name: _values(reading, m, filters, by, keys, added, curves) for m in wanted}


def _needs(measure: Measure) -> tuple[tuple[str, str], ...]:
    """The flow and column of each number that a measure is made of."""
    match measure.how:
        case Quotient(numerator, denominator, of):
            return (of, numerator), (of, denominator)
        case Count(column):
            return (("ticket", column),)
    return ()


def _sums(
    reading: Reading, wanted: Sequence[Measure], filters: Filters, by: str | None, keys: Sequence[object]
) -> _Sums:
    """Column of a flow → its sum in the period for each key."""
    found: _Sums = {}
    needed = sorted({column for measure in wanted for column in _needs(measure)})
    for of, columns in groupby(needed, key=itemgetter(0)):
        names = [name for _, name in columns]
        found |= {(of, name): x for name, x in sums(reading, of, names, filters, by, keys).items()}
    return found


def _values(
    reading: Reading,
    measure: Measure,
    filters: Filters,
    by: str | None,
    keys: Sequence[object],
    added: _Sums,
    curves: Sequence[KaplanMeier],
) -> list[Value]:
    match measure.how:
        case Count(column):
            return [Value(measure.name, x, int(x), x) for x in added["ticket", column].tolist()]
        case Quotient(numerator, denominator, of):
            pairs = zip(added[of, numerator].tolist(), added[of, denominator].tolist(), strict=True)
            return [quotient(measure, top, bottom) for top, bottom in pairs]
        case Level(plus, minus):
            levels = _levels(reading, plus, minus, filters, by, keys)
            return [Value(measure.name, level, int(level), level) for level in levels]
        case Duration(p):
            # Bounds cost most of a quantile, and a trend has no room for them.
            return [_duration(measure, p, curve, bounds=by not in GRAINS) for curve in curves]
        case CompletedMedian(column, period):
            return _medians(reading, measure, column, period, filters, by, keys)
        case PerUnitMonth():
            return [cost_per_unit(measure, x, by) for x in per_unit_month(reading, filters, by, keys)]


def no_value(measure: Measure) -> Value:
    """No value, because nothing was counted in the denominator."""
    words = measure.denominator or measure.numerator
    return Value(measure.name, None, 0, reason=NOTHING_COUNTED.format(denominator=words))


def quotient(measure: Measure, numerator: float, denominator: float) -> Value:
    """One number over another, as a value without bounds: where everything is counted there is no chance in it."""
    if denominator == 0:
        return no_value(measure)
    return Value(measure.name, numerator / denominator, int(denominator), numerator, denominator)


def share_of(measure: Measure, part: int, whole: int) -> Value:
    """A share of things that might have come out otherwise, with Jeffreys' interval at 95 %."""
    value = quotient(measure, float(part), float(whole))
    if value.value is None:
        return value
    bounds = proportion(part, whole)
    return replace(value, low=bounds.low, high=bounds.high)


def cost_per_unit(measure: Measure, found: Cost, by: str | None = None) -> Value:
    """What repairs cost over machine-months; n: the repairs of which any cost is on record."""
    if by == "zone":
        return Value(measure.name, None, 0, reason=NOT_BY_ZONE)
    if found.per_unit_month is None:
        return no_value(measure)
    if not found.known:  # machines ran, but nobody wrote what they cost
        return Value(measure.name, None, 0, reason=NOTHING_COUNTED.format(denominator=measure.numerator))
    low, high = found.unit_month_bounds or (None, None)
    return Value(measure.name, found.per_unit_month, found.known, found.total, found.unit_months, low, high)


def _levels(
    reading: Reading, plus: str, minus: str, filters: Filters, by: str | None, keys: Sequence[Any]
) -> list[float]:
    def change(filters: Filters, by: str | None, keys: Sequence[Any]) -> NDArray[np.float64]:
        found = sums(reading, "ticket", (plus, minus), filters, by, keys)
        return found[plus] - found[minus]

    so_far = replace(filters, start=None)
    if by not in GRAINS or not keys:
        levels = change(so_far, by, keys)
    else:
        before = change(replace(so_far, end=keys[0] - dt.timedelta(days=1)), None, [None])
        levels = before + np.cumsum(change(replace(filters, start=keys[0]), by, keys))
    return [float(level) for level in levels]


def survival(reading: Reading, filters: Filters) -> KaplanMeier:
    """The Kaplan–Meier curve, in hours, from opening to closing of the tickets opened in the period."""
    return _curves(reading, filters, None, [None])[0]


# A few tickets that lie about for years would press everything else to the left edge.
_DRAWN_TO_P90 = 4.0


@dataclass(frozen=True)
class Drawing:
    """A survival curve thinned for drawing, in hours: at most so many points up to `drawn_to`, the first and last kept.

    `left` is the share still open at `drawn_to`, `longest` the time of the last end; a quantile may have no value.
    """

    times: Sequence[float]
    survival: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    n: int
    censored: int
    median: float | None
    p90: float | None
    drawn_to: float
    longest: float
    left: float


@remembered
def survival_drawing(reading: Reading, filters: Filters, most: int) -> Drawing | None:
    """The Kaplan–Meier curve of the selection as it is drawn, up to four times its P90; None where nothing ended."""
    curve = survival(reading, filters)
    if curve.events == 0:
        return None
    p90 = curve.quantile(0.9, bounds=False).value
    longest = float(curve.step_times[-1])
    drawn_to = min(longest, p90 * _DRAWN_TO_P90) if p90 else longest
    times = curve.times[: int(np.searchsorted(curve.times, drawn_to, side="right")) or 1]
    times = times[np.unique(np.linspace(0, times.size - 1, min(times.size, most)).round().astype(np.int64))]
    open_, low, high = curve.at(times)
    return Drawing(
        times=times.tolist(),
        survival=open_.tolist(),
        low=low.tolist(),
        high=high.tolist(),
        n=curve.n,
        censored=curve.censored,
        median=curve.quantile(0.5, bounds=False).value,
        p90=p90,
        drawn_to=drawn_to,
        longest=longest,
        left=float(open_[-1]),
    )


def _curves(reading: Reading, filters: Filters, by: str | None, keys: Sequence[object]) -> list[KaplanMeier]:
    """The curve of each cell; one pass over the durations, however many cells."""
    if by is None:
        cells = durations.whole(reading, filters)
    elif by in GRAINS:
        cells = durations.by_start(reading, filters, [key for key in keys if isinstance(key, dt.date)])
    else:
        cells = durations.by_place(reading, filters, by, [str(key) for key in keys])
    return [kaplan_meier(hours, ended) for hours, ended in cells]


def _duration(measure: Measure, p: float, curve: KaplanMeier, *, bounds: bool) -> Value:
    if curve.n == 0:
        return no_value(measure)
    q = curve.quantile(p, bounds=bounds)
    reason = None if q.value is not None else NOT_REACHED
    return Value(measure.name, q.value, curve.n, q.value, float(curve.n), q.low, q.high, reason)


def _medians(
    reading: Reading,
    measure: Measure,
    column: str,
    period: str,
    filters: Filters,
    by: str | None,
    keys: Sequence[object],
) -> list[Value]:
    where, parameters = filters.where(period)
    both = f"{where}{' AND' if where else ' WHERE'} {period} IS NOT NULL"
    if by is None:
        # One cell: selecting the middle in numpy costs a third of the engine's median.
        hours = reading.arrays(f"SELECT {column} FROM marts.ticket{both} AND {column} IS NOT NULL", parameters)[column]
        n = hours.size
        middle = float(np.median(hours)) if n else None
        return [Value(measure.name, middle, n, middle, float(n)) if n else no_value(measure)]
    key = f"CAST(date_trunc('{by}', {period}) AS DATE)" if by in GRAINS else by
    sql = f"SELECT {key} AS k, median({column}), count({column}) FROM marts.ticket{both} GROUP BY 1"
    found = {k: (value, n) for k, value, n in reading.rows(sql, parameters) if n}
    return [
        Value(measure.name, found[k][0], found[k][1], found[k][0], float(found[k][1]))
        if k in found
        else no_value(measure)
        for k in keys
    ]


@remembered
def ageing(reading: Reading, filters: Filters) -> list[int]:
    """How many tickets are open at the as-of instant in each age class of `metrics.closure.AGES`, whenever opened."""
    conditions, parameters = filters.places()
    where = " WHERE " + " AND ".join(conditions) if conditions else ""
    counts = ", ".join(
        f"count(*) FILTER (age_days >= {low}{f' AND age_days < {high}' if high else ''})" for low, high, _ in AGES
    )
    return list(reading.rows(f"SELECT {counts} FROM marts.open_ticket{where}", parameters)[0])
