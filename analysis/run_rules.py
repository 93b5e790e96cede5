"""Patterns on a control chart that chance seldom makes: Western Electric, Nelson and Anhøj rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from analysis.periods import anywhere, matrix, medians
from analysis.result import Bools, Floats, Ints, Reason, Result, Values, reasons

RuleSet: TypeAlias = Literal["limits", "western_electric", "nelson"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Signals(Result):
    """Which points break which rules: `broken[…, period, i]` is rule i + 1 of the set named by `rules`."""

    rules: RuleSet
    broken: Bools

    @property
    def signal(self) -> Bools:
        """Points that break any rule, of the shape of the data."""
        return anywhere(self.broken)

    @property
    def broken_rules(self) -> list[tuple[int, ...]]:
        """For one series: the numbers of the rules that each point breaks."""
        if self.broken.ndim != 2:
            raise TypeError("many series were asked about: take one of them first, as in chart[0]")
        return [tuple(int(i) + 1 for i in np.flatnonzero(point)) for point in self.broken]


def run_rules(
    values: ArrayLike, centre: ArrayLike, sigma: ArrayLike, *, rules: Literal["western_electric", "nelson"] = "nelson"
) -> Signals:
    """Does the series show a pattern that would be rare if nothing had changed?

    values: one series (periods,) or a matrix (cells, periods); NaN is no value and interrupts every pattern.
    centre, sigma: numbers, one per cell, or of the shape of the values; a sigma of 0 or NaN gives no signal.
    A rule marks the point that completes the pattern, and that point must belong to it (as in qcc).

    Nelson (1984), J. Quality Technology 16:237: 1 beyond 3σ; 2 nine in a row on one side of the centre; 3 six in a
    row rising or falling; 4 fourteen in a row alternating; 5 two of three beyond 2σ on one side; 6 four of five beyond
    1σ on one side; 7 fifteen in a row within 1σ; 8 eight in a row beyond 1σ on either side.
    Western Electric handbook (1956), Montgomery §5.3.6: 1 beyond 3σ; 2 two of three beyond 2σ on one side; 3 four of
    five beyond 1σ on one side; 4 eight in a row on one side.

    Assumes independent points. Each further rule costs false alarms: with normal points the four Western Electric rules
    together alarm every 91.75 points instead of every 370 (Champ and Woodall 1987). Elsewhere the run of rule 2 is
    7, 8 or 9 points and that of rule 3 is 6 or 7: tools differ. Raises ValueError for shapes that do not fit.
    """
    rows = matrix(values, "values")
    middle, spread = (_per_point(v, rows.shape, n) for v, n in ((centre, "centre"), (sigma, "sigma")))
    if (spread < 0).any():
        raise ValueError(f"sigma must be at least 0, found {np.nanmin(spread):g}")
    broken = broken_by(rows, middle, spread, rules)
    n = (~np.isnan(rows)).sum(axis=1)
    method = f"{rules.replace('_', ' ')} rules"
    found = Signals(n=n, method=method, rules=rules, broken=broken, reason=reasons(len(n), (n == 0, Reason.NO_DATA)))
    return found[0] if np.ndim(values) == 1 else found


def broken_by(values: Floats, centre: Floats, sigma: Floats, rules: RuleSet) -> Bools:
    """(cells, periods, rules): which rules each point breaks; matrices in, points without sigma break none."""
    z = np.divide(values - centre, sigma, out=np.full(values.shape, np.nan), where=sigma > 0)
    beyond: Bools = np.abs(z) > 3
    if rules == "limits":
        return beyond.reshape(*beyond.shape, 1)
    two_of_three = _on_one_side(z, 2.0, 2, 3)
    four_of_five = _on_one_side(z, 1.0, 4, 5)
    if rules == "western_electric":
        return np.stack((beyond, two_of_three, four_of_five, _on_one_side(z, 0.0, 8, 8)), axis=-1)
    if rules != "nelson":
        raise ValueError(f"rules must be 'limits', 'western_electric' or 'nelson', not {rules!r}")
    steps = np.diff(np.where(np.isnan(z), np.nan, values), axis=-1, prepend=np.nan)
    up, down = steps > 0, steps < 0
    turns = np.zeros_like(up)
    turns[:, 1:] = (up[:, 1:] & down[:, :-1]) | (down[:, 1:] & up[:, :-1])
    # Six points are five steps; fourteen points are thirteen steps with twelve turns between them.
    trend = _at_least(up, 5, 5) | _at_least(down, 5, 5)
    return np.stack(
        (
            beyond,
            _on_one_side(z, 0.0, 9, 9),
            trend,
            _at_least(turns, 12, 12),
            two_of_three,
            four_of_five,
            _at_least(np.abs(z) < 1, 15, 15),
            _at_least(np.abs(z) > 1, 8, 8),
        ),
        axis=-1,
    )


def _per_point(value: ArrayLike, shape: tuple[int, ...], name: str) -> Floats:
    array = np.asarray(value, dtype=np.float64)
    if array.shape == (shape[0],) != shape[1:]:
        array = array[:, None]
    try:
        return np.broadcast_to(array, shape)
    except ValueError as error:
        raise ValueError(
            f"{name} must be a number, one per cell or of the shape of the values, not {array.shape}"
        ) from error


def _on_one_side(z: Floats, distance: float, least: int, window: int) -> Bools:
    return _at_least(z > distance, least, window) | _at_least(z < -distance, least, window)


def _at_least(met: Bools, least: int, window: int) -> Bools:
    """Where the condition is met now and at `least` of the last `window` points."""
    total = np.cumsum(met, axis=-1, dtype=np.int32)
    total[..., window:] -= total[..., :-window].copy()
    return met & (total >= least)


@dataclass(frozen=True, eq=False, kw_only=True)
class AnhoejRules(Result):
    """Runs about the centre: n is the number of useful points, those not on the centre."""

    longest_run: Values
    longest_run_most: Values
    crossings: Values
    crossings_least: Values
    signal: Values


def anhoej_rules(values: ArrayLike, centre: ArrayLike | None = None) -> AnhoejRules:
    """Has the level shifted somewhere in the series, judged only by runs about the centre, without any σ?

    values: one series (periods,) or a matrix (cells, periods); NaN and points on the centre are left out.
    centre: a number or one per cell; None is the median of the series. Signal: the longest run is above
    round(log2 n) + 3, or the centre is crossed fewer times than the 5 % quantile of Binomial(n − 1, ½).

    Assumes independent points with the centre as median; about 5 % of stable series of 10 to 100 points signal. Anhøj
    and Olesen (2014), PLoS ONE 9:e113825; Schilling (2012); Chen (2010). Equals qicharts2. One pass over the periods.
    """
    rows = matrix(values, "values")
    known = ~np.isnan(rows)
    middle = medians(rows, known) if centre is None else np.asarray(centre, dtype=np.float64)
    if middle.shape not in ((), (len(rows),)):
        raise ValueError(f"centre must be a number or one per cell, not of shape {middle.shape}")
    side: Ints = np.where(known, np.sign(rows - middle.reshape(-1, 1)), 0).astype(np.int64)
    last, run, longest, crossings = np.zeros((4, len(rows)), dtype=np.int64)
    for now in side.T:
        useful = now != 0
        crossed = useful & (last != 0) & (now != last)
        run = np.where(crossed, 1, run + useful)
        longest = np.maximum(longest, run)
        crossings += crossed
        last = np.where(useful, now, last)
    n = (side != 0).sum(axis=1)
    enough = n > 0
    most = np.round(np.log2(np.maximum(n, 1))).astype(np.int64) + 3
    least = _quantile_of_coin_tosses(np.maximum(n - 1, 0))
    found = AnhoejRules(
        n=n,
        method="Anhøj rules",
        reason=reasons(len(n), (~anywhere(known), Reason.NO_DATA), (~enough, Reason.NO_VARIATION)),
        longest_run=longest,
        longest_run_most=most,
        crossings=crossings,
        crossings_least=least,
        signal=enough & ((longest > most) | (crossings < least)),
    )
    return found[0] if np.ndim(values) == 1 else found


def _quantile_of_coin_tosses(tosses: Ints) -> Ints:
    """The smallest k with P(heads ≤ k) ≥ 5 % for each number of tosses."""
    heads = np.arange(int(tosses.max(initial=0)) + 1)
    each, row = np.unique(tosses, return_inverse=True)
    reached = bdtr(np.minimum(heads, each[:, None]), each[:, None], 0.5) >= 0.05
    return np.asarray(reached.argmax(axis=1), dtype=np.int64)[row]
