"""Duane's plot of reliability growth: a straight line through the cumulative MTBF on logarithmic paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.groups import Groups, as_floats
from analysis.result import Reason, Result, Values, reasons


@dataclass(frozen=True, eq=False, kw_only=True)
class Duane(Result):
    """The line: cumulative MTBF at age t = b · t^alpha. n: the points that it goes through.

    alpha: the growth rate, positive when the reliability grows. b: the cumulative MTBF at age 1. r_squared: the share
    of the points' spread on the line, which is always high and proves nothing, as every point contains those before it.
    As a power law: β = 1 − alpha and λ = 1/b.
    """

    alpha: Values
    b: Values
    r_squared: Values

    def cumulative_mtbf(self, age: ArrayLike) -> Values:
        """Age over the failures expected up to it."""
        return None if self.alpha is None else self.b * np.asarray(age, dtype=np.float64) ** self.alpha

    def mtbf(self, age: ArrayLike) -> Values:
        """The instantaneous MTBF, cumulative / (1 − alpha): what follows if nothing more is improved."""
        return None if self.alpha is None else self.cumulative_mtbf(age) / (1 - self.alpha)


def duane(
    times: ArrayLike,
    failures: ArrayLike | None = None,
    *,
    group: ArrayLike | None = None,
) -> Duane:
    """How fast did the MTBF grow over a test or since a fleet entered service, by Duane's line?

    times: age (or the operating time of the fleet together) at each failure, above 0, in any order; or ages at which
    failures were counted, with `failures` the new ones since the age before. group: one number per row for many lines
    at once.

    Least squares of ln(t/N(t)) on ln t, as in MIL-HDBK-189 and ReliaWiki ("Duane Model", least squares). There are no
    bounds: the points are sums of each other, and the usual ones of a regression are far too narrow. For bounds use
    `analysis.growth.crow_amsaa`, the same curve as a statistical model. Two distinct ages are needed at least. Raises
    ValueError for times that are not positive, negative counts, or no failure up to the first age of a group.
    """
    age = as_floats(times, "times", above=0.0)
    new = np.ones(age.size) if failures is None else as_floats(failures, "failures", least=0.0)
    if new.shape != age.shape:
        raise ValueError(f"times and failures must be of one length, not {age.size} and {new.size}")
    rows = Groups.of(group, age.size, 1 if group is None else None)
    order, first = rows.order(age)
    age, new, code = age[order], new[order], rows.code[order]
    sums = Groups(code, rows.count).sum
    running = np.cumsum(new)
    before = np.concatenate(([0.0], running))[first[:-1]]
    total = running - before[code]
    if (total == 0).any():
        raise ValueError("failures up to the first age must not be 0: the MTBF there is unknown")

    x, y = np.log(age), np.log(age / total)
    n = np.diff(first)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean_x, mean_y = sums(x) / n, sums(y) / n
        dx, dy = x - mean_x[code], y - mean_y[code]
        xx, xy, yy = sums(dx * dx), sums(dx * dy), sums(dy * dy)
        alpha = xy / xx
        b = np.exp(mean_y - alpha * mean_x)
        r_squared = np.where(yy > 0, xy**2 / (xx * yy), 1.0)
    # Ages so close together that the line through them is upright: its b is beyond all numbers.
    alike = (xx == 0) | ~np.isfinite(b)
    reason = reasons(rows.count, (n == 0, Reason.NO_DATA), (n < 2, Reason.TOO_FEW), (alike, Reason.NO_VARIATION))
    known = reason == Reason.NONE
    result = Duane(
        n=n,
        method="Duane, least squares of ln(t/N) on ln t",
        reason=reason,
        alpha=np.where(known, alpha, np.nan),
        b=np.where(known, b, np.nan),
        r_squared=np.where(known, r_squared, np.nan),
    )
    return result if group is not None else result[0]
