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
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from warehouse.filters import Filters
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


@dataclass(frozen=True)
class Cell:
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
    is_clear: bool | None = None

    @property
    def difference(self) -> float:
        return self.rate + self.mix


@dataclass(frozen=True)
class Contributions:
    """The change of a measure and its parts, those that made most of it first (`by` says parts of what)."""

    measure: str
    by: str
    before: Cell
    now: Cell
    parts: tuple[Part, ...]

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
    then, since = (_cells(reading, measure, filters, by) for filters in (before, now))
    return decompose(name, by, then, since, is_share=measure.unit == "share")


def decompose(
    name: str, by: str, before: Mapping[str, Cell], now: Mapping[str, Cell], *, is_share: bool
) -> Contributions | None:
    """The parts of a change from what is counted of each place before and now; shares can be held against chance."""
    whole_before, whole_now = _total(before), _total(now)
    if whole_before is None or whole_now is None or whole_before.value is None or whole_now.value is None:
        return None
    places = sorted({*before, *now})
    nothing = Cell(0.0) if whole_now.denominator is None else Cell(0.0, 0.0)
    pairs = [(place, before.get(place, nothing), now.get(place, nothing)) for place in places]
    if whole_now.denominator is None:
        parts = [Part(p, a, b, b.numerator - a.numerator, 0.0, _of_counts(a, b)) for p, a, b in pairs]
    else:
        parts = [_of_rates(p, a, b, whole_before, whole_now, is_share=is_share) for p, a, b in pairs]
    seen = [part for part in parts if part.before.n or part.now.n]
    clear = NormalDist().inv_cdf(1 - _ALPHA / 2 / max(1, len(seen)))
    seen = [p if p.strength is None else replace(p, is_clear=abs(p.strength) >= clear) for p in seen]
    seen.sort(key=lambda part: (-abs(part.difference), part.place))
    return Contributions(name, by, whole_before, whole_now, tuple(seen))


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


def _total(cells: Mapping[str, Cell]) -> Cell | None:
    if not cells:
        return None
    counted = [cell.denominator for cell in cells.values() if cell.denominator is not None]
    return Cell(sum(cell.numerator for cell in cells.values()), sum(counted) if counted else None)


def _of_counts(before: Cell, now: Cell) -> float | None:
    """Two independent Poisson counts: their difference over the root of their sum."""
    both = before.numerator + now.numerator
    return (now.numerator - before.numerator) / sqrt(both) if both > 0 else None


def _of_rates(place: str, before: Cell, now: Cell, whole_before: Cell, whole_now: Cell, *, is_share: bool) -> Part:
    w0 = (before.denominator or 0.0) / (whole_before.denominator or 1.0)
    w1 = (now.denominator or 0.0) / (whole_now.denominator or 1.0)
    known = [value for value in (before.value, now.value) if value is not None]
    r0, r1 = (known[0], known[-1]) if known else (0.0, 0.0)
    middle = ((whole_before.value or 0.0) + (whole_now.value or 0.0)) / 2
    strength = difference_of_shares(r1, now.n, r0, before.n) if is_share and len(known) > 1 else None
    return Part(place, before, now, (r1 - r0) * (w0 + w1) / 2, ((r0 + r1) / 2 - middle) * (w1 - w0), strength)


def difference_of_shares(a: float, n_a: float, b: float, n_b: float) -> float:
    """Standard errors between two independent shares a of n_a and b of n_b, by the pooled normal approximation."""
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    spread = sqrt(max(0.0, pooled * (1 - pooled)) * (1 / n_a + 1 / n_b))
    return (a - b) / spread if spread else 0.0


def _cells(reading: Reading, measure: Measure, filters: Filters, by: str) -> dict[str, Cell]:
    """What is counted of each place in a selection."""
    # Components are no place of the marts of measures, and customers so many that the tickets themselves answer sooner.
    if by == "component" or (by == "customer" and _of_tickets(measure)):
        return _cells_of_tickets(reading, measure, filters, by)
    found = evaluate_by(reading, (measure.name,), filters, by)[measure.name]
    if isinstance(measure.how, Quotient):
        return {place: Cell(v.numerator or 0.0, v.denominator or 0.0) for place, v in found.items()}
    return {place: Cell(v.value or 0.0) for place, v in found.items()}


def _of_tickets(measure: Measure) -> bool:
    """Whether a measure counts tickets, so that they can be asked for it."""
    how = measure.how
    return not isinstance(how, Quotient) or {how.numerator, how.denominator} <= _OF_TICKETS.keys()


def _cells_of_tickets(reading: Reading, measure: Measure, filters: Filters, by: str) -> dict[str, Cell]:
    match measure.how:
        case Quotient():
            top, bottom = (_added(reading, c, filters, by) for c in (measure.how.numerator, measure.how.denominator))
            return {place: Cell(top.get(place, 0.0), n) for place, n in bottom.items()}
        case Count(column):
            return {place: Cell(x) for place, x in _added(reading, column, filters, by).items()}
        case Level(plus, minus):
            so_far = replace(filters, start=None)
            out = _added(reading, minus, so_far, by)
            return {place: Cell(x - out.get(place, 0.0)) for place, x in _added(reading, plus, so_far, by).items()}
    raise ValueError(f"{measure.name} does not come apart")


def _added(reading: Reading, column: str, filters: Filters, by: str) -> dict[str, float]:
    """A column of marts.ticket_flow added up by component or customer."""
    day, expression = _OF_TICKETS[column]
    where, parameters = filters.where(day)
    dated = f"FROM marts.ticket{where}{' AND' if where else ' WHERE'} {day} IS NOT NULL"
    if by == "customer":
        rows = reading.rows(f"SELECT customer_id, sum(CAST({expression} AS DOUBLE)) {dated} GROUP BY 1", parameters)
        return dict(rows)
    names, codes = component_of_ticket(reading)
    found = reading.arrays(f"SELECT rowid AS row, CAST({expression} AS DOUBLE) AS x {dated}", parameters)
    return dict(zip(names, np.bincount(codes[found["row"]], found["x"], len(names)).tolist(), strict=True))


@remembered
def component_of_ticket(reading: Reading) -> tuple[list[str], NDArray[np.int32]]:
    """The components on record ('' where nobody named one), and which of them failed on each row of marts.ticket.

    A ticket with several failures counts for the one that was recorded last.
    """
    found = reading.arrays("""
        WITH named AS (
            SELECT component, row_number() OVER (ORDER BY component) AS code
            FROM marts.failure WHERE component <> '' GROUP BY component
        )
        SELECT t.rowid AS row, CAST(n.code AS INTEGER) AS code
        FROM marts.failure AS f
        JOIN marts.ticket AS t ON t.ticket_id = f.ticket_id
        JOIN named AS n ON n.component = f.component
    """)
    named = reading.rows("SELECT DISTINCT component FROM marts.failure WHERE component <> '' ORDER BY component")
    tickets = int(reading.rows("SELECT count(*) FROM marts.ticket")[0][0])
    codes = np.zeros(tickets, dtype=np.int32)
    codes[found["row"]] = found["code"]
    return ["", *(name for (name,) in named)], codes
