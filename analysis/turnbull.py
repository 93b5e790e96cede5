"""How long things last when the end is only known to lie between two looks: Turnbull's estimate of the survival."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from analysis.life_data import LifeData
from analysis.result import Floats, Ints, Reason, Result

_MOST_ITERATIONS = 5000
_TOLERANCE = 1e-10
_NO_MASS = 1e-9  # at the tolerance a mass that should be zero is far below this


@dataclass(frozen=True, eq=False, kw_only=True)
class Turnbull(Result):
    """Where ends lie: the share `mass[j]` of all in (left[j], right[j]], or at left[j] where the two are equal.

    How a mass is spread within its interval the data do not say. right is infinite for what outlasts the last look.
    gap: how far, per observation, the log likelihood can be from its maximum at most (no such bound with entry).
    """

    left: Floats
    right: Floats
    mass: Floats
    log_likelihood: float | None
    gap: float
    iterations: int

    @property
    def survival(self) -> Floats:
        """The share that lasts longer than right[j]."""
        share: Floats = np.clip(1.0 - np.cumsum(self.mass), 0.0, 1.0)
        return share

    def at(self, ages: ArrayLike) -> tuple[Floats, Floats]:
        """The lowest and highest survival at ages that the data allow: they differ within an interval that holds mass."""
        wanted = np.asarray(ages, dtype=np.float64)
        total = np.concatenate(([0.0], np.cumsum(self.mass)))
        surely = np.searchsorted(self.right, wanted, side="right")
        reached = np.maximum(surely, np.searchsorted(self.left, wanted, side="left"))
        lowest, highest = np.clip(1.0 - total[reached], 0.0, 1.0), np.clip(1.0 - total[surely], 0.0, 1.0)
        return lowest, highest

    def quantile(self, p: float) -> tuple[float, float] | None:
        """Between which ages a share p has ended: the interval in which the survival falls to 1 − p; None if never."""
        if not 0 < p < 1:
            raise ValueError(f"p must lie between 0 and 1, not {p}")
        index = int(np.searchsorted(np.cumsum(self.mass), p * (1.0 - 1e-12)))
        if index >= self.mass.size or np.isinf(self.right[index]) or np.isnan(self.mass[index]):
            return None
        return float(self.left[index]), float(self.right[index])


def turnbull(
    lower: ArrayLike, upper: ArrayLike, *, count: ArrayLike | None = None, entry: ArrayLike | None = None
) -> Turnbull:
    """What share lasts longer than t, when ends were found at inspections? The nonparametric maximum likelihood estimate.

    lower, upper: shape (n,): each ended in (lower, upper]; equal where the age is known exactly; lower 0, −inf or missing
    where it had ended before `upper` (left-censored), upper infinite or missing where it was still going on at `lower`
    (right-censored). count: how many each row stands for. entry: the age from which each was watched (left truncation).
    Assumes that when one looks says nothing about when it ends.

    Mass can only lie in Turnbull's innermost intervals (1976, JRSS B 38:290; with entry as corrected by Frydman 1994,
    JRSS B 56:71). Their masses are found by EM steps alternating with steps of the iterative convex minorant (Wellner and
    Zhan 1997, JASA 92:945), O(n + m) each for n distinct rows and m intervals, some 10 to 200 of them, after one
    sorting. It stops when the Karush–Kuhn–Tucker conditions hold to 1e-10 per observation: no interval would gain from
    more mass. Plain EM, as R's survfit runs it, stops at a small change instead, with masses off in the third digit; R's
    Icens, interval and npsurv agree with this one. With right-censored data only, it is Kaplan–Meier.
    With entry the conditions are necessary, not sufficient, and where the few that entered early all end at once there is
    no maximum but at zero for all later ages: NOT_CONVERGED.

    No bounds: at the rate n^(1/3) neither the information matrix nor the plain bootstrap is right. Raises ValueError as
    `LifeData.between`.
    """
    data = _counted(LifeData.between(lower, upper, count=count, entry=entry))
    if not len(data):
        nothing = np.empty(0)
        return _result(data, nothing, nothing, nothing, None, 0.0, 0, Reason.NO_DATA)
    left, right, problem = _innermost(data)
    mass, gap, iterations = _maximise(problem, left.size)
    if gap > _TOLERANCE:
        return _result(data, left, right, np.full(left.size, np.nan), None, gap, iterations, Reason.NOT_CONVERGED)
    kept = mass > _NO_MASS
    height = problem.log_likelihood(_total(mass))
    reason = Reason.NONE if data.failed.any() else Reason.NO_EVENTS
    return _result(data, left[kept], right[kept], mass[kept], height, gap, iterations, reason)


def _counted(data: LifeData) -> LifeData:
    """Without rows that stand for none."""
    some = data.count > 0
    return LifeData(data.lower[some], data.upper[some], data.count[some], data.entry[some])


def _result(
    data: LifeData,
    left: Floats,
    right: Floats,
    mass: Floats,
    log_likelihood: float | None,
    gap: float,
    iterations: int,
    reason: Reason,
) -> Turnbull:
    return Turnbull(
        left=left,
        right=right,
        mass=mass,
        log_likelihood=log_likelihood,
        gap=gap,
        iterations=iterations,
        n=int(data.count.sum()),
        method="Turnbull, nonparametric maximum likelihood",
        reason=reason,
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    """Distinct rows: `count` ends in the innermost intervals first … last − 1, none of them seen before interval `since`."""

    first: Ints
    last: Ints
    since: Ints
    count: Floats
    intervals: int

    def shares(self, total: Floats) -> tuple[Floats, Floats]:
        """The probability of each row, and of its having been seen at all."""
        return total[self.last] - total[self.first], 1.0 - total[self.since]

    def log_likelihood(self, total: Floats) -> float:
        row, seen = self.shares(total)
        if not (row > 0).all():
            return -np.inf
        return float(self.count @ (np.log(row) - np.log(seen)))

    def pull(self, total: Floats) -> tuple[Floats, Floats]:
        """By interval: the derivative of Σ count·log(row) by its mass, and that of Σ count·log(seen)."""
        row, seen = self.shares(total)
        m, by_row, by_seen = self.intervals, self.count / row, self.count / seen
        gain = np.cumsum(self._sum(self.first, by_row) - self._sum(self.last, by_row))[:m]
        loss = np.cumsum(self._sum(self.since, by_seen))[:m]
        return gain, loss

    def slope(self, total: Floats) -> tuple[Floats, Floats]:
        """By inner boundary between intervals: first derivative by the distribution function there, and curvature."""
        row, seen = self.shares(total)
        by_row, m = self.count / row, self.intervals
        gradient = (
            self._sum(self.last, by_row) - self._sum(self.first, by_row) + self._sum(self.since, self.count / seen)
        )
        curvature = self._sum(self.last, by_row / row) + self._sum(self.first, by_row / row)
        return gradient[1:m], curvature[1:m]

    def _sum(self, index: Ints, weights: Floats) -> Floats:
        summed: Floats = np.bincount(index, weights, self.intervals + 1).astype(np.float64, copy=False)
        return summed


def _total(mass: Floats) -> Floats:
    """The distribution function at the boundaries of the intervals, from 0 to exactly 1."""
    total = np.concatenate(([0.0], np.cumsum(mass)))
    share: Floats = total / total[-1]
    return share


def _innermost(data: LifeData) -> tuple[Floats, Floats, _Problem]:
    """Turnbull's intervals: a lower limit that is followed by an upper one with no limit in between.

    At one age, an exact end begins at it, then intervals (…, age] end, then intervals (age, …] begin; what enters at the
    age is only at risk after it, so mass in an interval that reaches no further costs it nothing: entry counts as an end.
    """
    n = len(data)
    late = data.entry > 0
    ages = np.concatenate((data.lower, data.upper, data.entry[late]))
    kind = np.concatenate((np.where(data.exact, 0, 2), np.ones(n + int(late.sum()), dtype=np.int64)))
    order = np.lexsort((kind, ages))
    ages, kind = ages[order], kind[order]
    new = np.append(True, (np.diff(kind) != 0) | (ages[1:] != ages[:-1]))  # infinite ages have no difference
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    ages, kind = ages[new], kind[new]
    begins = np.flatnonzero((kind[:-1] != 1) & (kind[1:] == 1))
    first = np.searchsorted(begins, place[:n])
    last = np.searchsorted(begins + 1, place[n : 2 * n], side="right")
    since = np.zeros(n, dtype=np.int64)
    since[late] = np.searchsorted(begins, place[2 * n :])
    width = begins.size + 1
    rows, which = np.unique((first * width + last) * width + since, return_inverse=True)
    problem = _Problem(
        first=rows // width**2,
        last=rows // width % width,
        since=rows % width,
        count=np.bincount(which, data.count).astype(np.float64, copy=False),
        intervals=begins.size,
    )
    return ages[begins], ages[begins + 1], problem


def _maximise(problem: _Problem, intervals: int) -> tuple[Floats, float, int]:
    """Masses, the gap that remains, and how many iterations it took."""
    n = problem.count.sum()
    mass = np.full(intervals, 1.0 / intervals)
    for iteration in range(_MOST_ITERATIONS):
        gain, loss = problem.pull(_total(mass))
        gap = float(np.max(gain - loss)) / n
        if gap <= _TOLERANCE:
            return mass, gap, iteration
        # EM: each row's end spread over its intervals, and what of its kind went unseen over those before it was watched.
        mass = mass * (gain + loss[-1] - loss)
        mass = _convex_minorant(problem, mass / mass.sum()) if intervals > 1 else np.ones(1)
    return mass, gap, _MOST_ITERATIONS


def _convex_minorant(problem: _Problem, mass: Floats) -> Floats:
    """One Newton step with the diagonal of the curvature, kept ascending, halved until the likelihood is no lower."""
    total = _total(mass)
    at_least = problem.log_likelihood(total)
    gradient, curvature = problem.slope(total)
    aim = isotonic_regression(total[1:-1] + gradient / curvature, weights=curvature).x
    step = np.concatenate(([0.0], np.clip(aim, 0.0, 1.0), [1.0])) - total
    for _ in range(20):
        ahead = total + step
        if problem.log_likelihood(ahead) >= at_least:
            return np.diff(ahead)
        step = step / 2.0
    return mass
