"""Where a change comes from: what each place contributed to the difference of a measure between two periods, adding up exactly.

Of a count or a backlog each place contributes its own difference. Of a rate or mean R = Σ x_i ÷ Σ n_i, with the places' own
rates r_i = x_i ÷ n_i and shares w_i = n_i ÷ Σ n_i, before (0) and now (1):

    R1 − R0 = Σ (r1_i − r0_i) · (w0_i + w1_i) / 2                     rate effect: the place itself became better or worse
            + Σ ((r0_i + r1_i) / 2 − (R0 + R1) / 2) · (w1_i − w0_i)   mix effect: more or less of the whole came from it

(Kitagawa 1955, Components of a difference between two rates, J. Am. Stat. Assoc. 50:1168–1194; the middle (R0 + R1) / 2 is taken
off because Σ (w1_i − w0_i) = 0, so that a place is held against the whole.) A place of which nothing is counted in one period
has the other period's rate there: it contributes by mix alone. Medians and quantiles do not come apart like this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isnan, sqrt
from statistics import NormalDist
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from warehouse.filters import COLUMNS, Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_by, evaluate_over_time
from warehouse.metrics.flows import Grain
from warehouse.metrics.measure import Count, Level, Measure, Quotient
from warehouse.metrics.wording import change
from warehouse.reading import Reading, remembered

BY = ("product_line", "region", "component", "customer")
# The chance that any of all the places is said to have changed when none has (Bonferroni: each has its part of it).
_ALPHA = 0.05
# Months (or weeks, or days) with a value that a period needs for its spread to be told.
_FEWEST = 6
_LEAST_POINTS, _LEAST_CHANGE = 0.02, 0.1

# What columns of marts.ticket_flow count, on the tickets themselves: the day that dates them, and what of one is added.
_OF_TICKETS = {
    "opened": ("opened_on", "1"),
    "opened_closed": ("opened_on", "is_closed"),
    "reopen_known": ("opened_on", "is_reopened IS NOT NULL"),
    "reopened": ("opened_on", "coalesce(is_reopened, FALSE)"),
    "resolved": ("resolved_on", "1"),
    "resolve_hours": ("resolved_on", "resolve_hours"),
    "resolved_wh_known": ("resolved_on", "resolve_wh IS NOT NULL"),
    "resolve_wh": ("resolved_on", "coalesce(resolve_wh, 0)"),
    "closed": ("closed_on", "1"),
    "close_hours": ("closed_on", "hours_open"),
    "arrived": ("arrived_on", "response_wh IS NOT NULL"),
    "response_wh": ("arrived_on", "coalesce(response_wh, 0)"),
    "response_due": ("response_due_on", "response_met IS NOT NULL"),
    "response_met": ("response_due_on", "coalesce(response_met, FALSE)"),
}


class Cell(NamedTuple):
    """What is counted of one place in one period: a number, or what is divided by what."""

    numerator: float
    denominator: float | None = None

    @property
    def value(self) -> float | None:
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None

    @property
    def n(self) -> float:
        """How many things the value rests on."""
        return self.numerator if self.denominator is None else self.denominator


@dataclass(frozen=True)
class Part:
    """What one place contributed. strength: standard errors of its own change; None where that cannot be told (means).

    is_clear: whether it changed by more than chance, though all places were looked at.
    """

    place: str
    before: Cell
    now: Cell
    rate: float
    mix: float
    strength: float | None
    is_clear: bool | None

    @property
    def difference(self) -> float:
        return self.rate + self.mix


@dataclass(frozen=True)
class Parts(Sequence[Part]):
    """The parts of a change, those that made most of it first; as columns, since customers are many and few are looked at.

    before, now: a row of numerator and, of quotients, denominator each, shape (parts, 1 or 2). strength is NaN where unknown.
    """

    place: list[str]
    before: NDArray[np.float64]
    now: NDArray[np.float64]
    rate: NDArray[np.float64]
    mix: NDArray[np.float64]
    strength: NDArray[np.float64]
    is_clear: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.place)

    @overload
    def __getitem__(self, index: int) -> Part: ...
    @overload
    def __getitem__(self, index: slice) -> Parts: ...
    def __getitem__(self, index: int | slice) -> Part | Parts:
        if isinstance(index, slice):
            return Parts(*(getattr(self, f.name)[index] for f in fields(self)))
        strength = float(self.strength[index])
        is_known = not isnan(strength)
        return Part(
            place=self.place[index],
            before=Cell(*self.before[index].tolist()),
            now=Cell(*self.now[index].tolist()),
            rate=float(self.rate[index]),
            mix=float(self.mix[index]),
            strength=strength if is_known else None,
            is_clear=bool(self.is_clear[index]) if is_known else None,
        )

    @property
    def difference(self) -> float:
        """What all of them made."""
        return float((self.rate + self.mix).sum())

    @property
    def n(self) -> float:
        """How many things they rest on now."""
        return float(self.now[:, -1].sum())


@dataclass(frozen=True)
class Contributions:
    """The change of a measure and its parts (`by` says parts of what)."""

    measure: str
    by: str
    before: Cell
    now: Cell
    parts: Parts

    @property
    def difference(self) -> float:
        """The change as a whole; the parts add up to it."""
        return (self.now.value or 0.0) - (self.before.value or 0.0)


@dataclass(frozen=True)
class Movement:
    """How a measure changed against how it usually moves (standard errors), and whether that is too little to matter."""

    measure: str
    strength: float
    is_little: bool


def comes_apart(measure: Measure, by: str) -> bool:
    """Whether a measure's change can be told by what contributed to it."""
    match measure.how:
        case Count() | Level():
            return True
        case Quotient():
            return by != "component" or _of_tickets(measure)
    return False


@remembered
def contributions(reading: Reading, name: str, before: Filters, now: Filters, by: str) -> Contributions | None:
    """What each value of `by` (one of BY) contributed to the change of a measure between two selections.

    None where the measure does not come apart, or has no value in one of the two.
    """
    if by not in BY:
        raise ValueError(f"{by} is none of {BY}")
    measure = measures()[name]
    if not comes_apart(measure, by):
        return None
    then, since = _cells(reading, measure, (before, now), by)
    return decompose(name, by, then, since, is_share=measure.unit == "share")


def decompose(
    name: str, by: str, before: Mapping[str, Cell], now: Mapping[str, Cell], *, is_share: bool
) -> Contributions | None:
    """The parts of a change from what is counted of each place before and now; shares can be held against chance."""
    if not before or not now:
        return None
    is_count = next(iter(now.values())).denominator is None
    places = sorted({*before, *now})
    nothing = Cell(0.0) if is_count else Cell(0.0, 0.0)
    a, b = (
        np.array([side.get(place, nothing)[: 1 if is_count else 2] for place in places], dtype=np.float64)
        for side in (before, now)
    )
    whole_before, whole_now = (Cell(*side.sum(axis=0).tolist()) for side in (a, b))
    if whole_before.value is None or whole_now.value is None:
        return None
    if is_count:
        rate, mix = b[:, 0] - a[:, 0], np.zeros(len(places))
        strength = _of_counts(a[:, 0], b[:, 0])
    else:
        rate, mix, strength = _of_rates(a, b, whole_before.value, whole_now.value, is_share=is_share)
    is_seen = (a[:, -1] != 0) | (b[:, -1] != 0)
    least = NormalDist().inv_cdf(1 - _ALPHA / 2 / max(1, int(is_seen.sum())))
    # Those that made as much stay in the order of their names.
    order = np.argsort(-np.abs(rate + mix), kind="stable")
    order = order[is_seen[order]]
    parts = Parts(
        [places[i] for i in order],
        a[order],
        b[order],
        rate[order],
        mix[order],
        strength[order],
        abs(strength[order]) >= least,
    )
    return Contributions(name, by, whole_before, whole_now, parts)


@remembered
def most_changed(reading: Reading, names: tuple[str, ...], before: Filters, now: Filters) -> tuple[Movement, ...]:
    """Measures by the size of their change against how they usually move, the largest first; those that changed little last.

    Welch's t between the months of the two selections, between whole weeks where they are short, between days where they are
    very short: it needs no model of what is counted, and how much months differ by themselves is in it. Those that hardly
    ever have a value are left out. Of a million tickets a tenth of a point is certain and no matter: little is less than two
    points of a share, a tenth of all else.
    """
    then, since = (_over_time(reading, names, filters) for filters in (before, now))
    whole_then, whole_now = (evaluate(reading, names, filters) for filters in (before, now))
    found = []
    for name in names:
        a, b = (np.array([value for value in side[name] if value is not None]) for side in (then, since))
        if min(a.size, b.size) < _FEWEST:
            continue
        spread = sqrt(float(a.var(ddof=1)) / a.size + float(b.var(ddof=1)) / b.size)
        if spread:
            moved = change(measures()[name], whole_now[name], whole_then[name])
            least = _LEAST_POINTS if measures()[name].unit == "share" else _LEAST_CHANGE
            is_little = moved is None or abs(moved[0]) < least
            found.append(Movement(name, float(b.mean() - a.mean()) / spread, is_little))
    return tuple(sorted(found, key=lambda m: (m.is_little, -abs(m.strength))))


def _over_time(reading: Reading, names: tuple[str, ...], filters: Filters) -> dict[str, list[float | None]]:
    """The measures' values in the months, weeks or days of a selection; what is cut by its ends is left out of the weeks."""
    last = reading.as_of_on
    start, end = filters.start or dt.date.min, min(filters.end or last, last)
    days = (end - start).days + 1
    grain: Grain = "day"
    if filters.covers_whole_months(last) and days >= _FEWEST * 30:
        grain = "month"
    elif days >= (_FEWEST + 2) * 7:
        grain = "week"
    starts, values = evaluate_over_time(reading, names, filters, grain)
    whole = [grain != "week" or start <= day <= end - dt.timedelta(days=6) for day in starts]
    return {name: [v.value for v, is_whole in zip(values[name], whole, strict=True) if is_whole] for name in names}


def _of_counts(before: NDArray[np.float64], now: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two independent Poisson counts: their difference over the root of their sum; NaN of nothing."""
    both = before + now
    found: NDArray[np.float64] = np.full(both.shape, np.nan)
    np.divide(now - before, np.sqrt(np.maximum(both, 0.0)), out=found, where=both > 0)
    return found


def _of_rates(
    before: NDArray[np.float64], now: NDArray[np.float64], whole_before: float, whole_now: float, *, is_share: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The rate and mix effect of each place, and the standard errors of its own change (NaN where that cannot be told)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        r0, r1 = before[:, 0] / before[:, 1], now[:, 0] / now[:, 1]
        w0, w1 = (side[:, 1] / side[:, 1].sum() for side in (before, now))
    strength = _of_shares(r1, now[:, 1], r0, before[:, 1]) if is_share else np.full(r0.shape, np.nan)
    r0, r1 = np.where(np.isnan(r0), r1, r0), np.where(np.isnan(r1), r0, r1)
    r0, r1 = np.nan_to_num(r0), np.nan_to_num(r1)
    middle = (whole_before + whole_now) / 2
    return (r1 - r0) * (w0 + w1) / 2, ((r0 + r1) / 2 - middle) * (w1 - w0), strength


def _of_shares(
    a: NDArray[np.float64], n_a: NDArray[np.float64], b: NDArray[np.float64], n_b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`difference_of_shares` of each place; NaN where one of the two is not known."""
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (a * n_a + b * n_b) / (n_a + n_b)
        spread = np.sqrt(np.maximum(0.0, pooled * (1 - pooled)) * (1 / n_a + 1 / n_b))
        found = np.where(spread > 0, (a - b) / spread, 0.0)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, found)


def difference_of_shares(a: float, n_a: float, b: float, n_b: float) -> float:
    """Standard errors between two independent shares a of n_a and b of n_b, by the pooled normal approximation."""
    return float(_of_shares(*(np.array(x, dtype=np.float64) for x in (a, n_a, b, n_b))))


def _cells(reading: Reading, measure: Measure, selections: Sequence[Filters], by: str) -> list[dict[str, Cell]]:
    """What is counted of each place in each selection."""
    # Components are no place of the marts of measures, and customers so many that the tickets themselves answer sooner.
    if by in ("component", "customer") and _of_tickets(measure):
        return _cells_of_tickets(reading, measure, selections, COLUMNS.get(by, by))
    values = [evaluate_by(reading, (measure.name,), filters, by)[measure.name] for filters in selections]
    if isinstance(measure.how, Quotient):
        return [{place: Cell(v.numerator or 0.0, v.denominator or 0.0) for place, v in f.items()} for f in values]
    return [{place: Cell(v.value or 0.0) for place, v in f.items()} for f in values]


def _of_tickets(measure: Measure) -> bool:
    """Whether a measure counts tickets, so that they can be asked for it."""
    how = measure.how
    return not isinstance(how, Quotient) or {how.numerator, how.denominator} <= _OF_TICKETS.keys()


def _cells_of_tickets(
    reading: Reading, measure: Measure, selections: Sequence[Filters], column: str
) -> list[dict[str, Cell]]:
    match measure.how:
        case Quotient(top, bottom):
            return [
                {place: Cell(*x) for place, x in f.items()} for f in _added(reading, (top, bottom), selections, column)
            ]
        case Count(counted):
            return [
                {place: Cell(*x) for place, x in f.items()} for f in _added(reading, (counted,), selections, column)
            ]
        case Level(plus, minus):
            so_far = [replace(filters, start=None) for filters in selections]
            found = _added(reading, (plus, minus), so_far, column)
            return [{place: Cell(x - gone) for place, (x, gone) in f.items()} for f in found]
    raise ValueError(f"{measure.name} does not come apart")


def _added(
    reading: Reading, names: tuple[str, ...], selections: Sequence[Filters], column: str
) -> list[dict[str, list[float]]]:
    """Columns of marts.ticket_flow of each selection, added up by a column of the tickets.

    Selections that differ in nothing but their period are asked in one look at the tickets.
    """
    if any(filters.places() != selections[0].places() for filters in selections):
        return [found for filters in selections for found in _added(reading, names, (filters,), column)]
    shown, is_asked, bounds, again = [column], [], [], []
    for filters in selections:
        ends = [(">=", filters.start)] if filters.start else []
        ends += [("<=", filters.end)] if filters.end else []
        days = {day: " AND ".join(f"{day} {sign} ?" for sign, _ in ends) or f"{day} IS NOT NULL"
                for day in dict.fromkeys(_OF_TICKETS[name][0] for name in names)}  # fmt: skip
        is_asked.append(f"({' OR '.join(days.values())})")
        shown += [f"bool_or({is_asked[-1]})"]
        shown += [f"coalesce(sum(CASE WHEN {days[day]} THEN CAST({x} AS DOUBLE) END), 0)"
                  for day, x in (_OF_TICKETS[name] for name in names)]  # fmt: skip
        own: list[object] = [day for _, day in ends]
        bounds += own * (len(days) + len(names))
        again += own * len(days)
    conditions, places = selections[0].places()
    where = " AND ".join([*conditions, f"({' OR '.join(is_asked)})"])
    sql = f"SELECT {', '.join(shown)} FROM marts.ticket WHERE {where} GROUP BY 1"
    rows = reading.rows(sql, [*bounds, *places, *again])
    width = 1 + len(names)
    starts = range(1, 1 + width * len(selections), width)
    return [{row[0]: list(row[i + 1 : i + width]) for row in rows if row[i]} for i in starts]
