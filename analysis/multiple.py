"""Many tests at once: how many of the findings may be false."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.result import Floats, Reason, Result, Values


def benjamini_hochberg(p: ArrayLike, *, tests: int | None = None, times: ArrayLike | None = None) -> Floats:
    """Which findings to keep when many were tested: of those with q ≤ 0.1, at most 10 % are false on average.

    p: p-values of any shape, all one family; NaN was not tested and stays NaN. tests: how many tests there were where
    the p-values left out are known to be 1 (pairs that never occurred); by default the p-values that are there.
    times: whole numbers of the shape of p, how many tests each p-value is of; by default one.
    Returns the q-value (adjusted p-value) of each: the smallest false-discovery rate at which it is still kept.

    Assumes independent tests or tests with positive regression dependence (Benjamini and Hochberg 1995, JRSS B 57:289;
    Benjamini and Yekutieli 2001). p-values that are conservative keep the promise. Equals R's p.adjust(p, "BH"), which
    also leaves NA out of the count. O(n log n). Raises ValueError for p outside [0, 1] or `tests` below their number.
    """
    return _step_up(_checked(p), tests, harmonic=False, times=times)


def benjamini_yekutieli(p: ArrayLike, *, tests: int | None = None) -> Floats:
    """As `benjamini_hochberg`, whatever the dependence between the tests; the price is a factor 1 + 1/2 + … + 1/m.

    Benjamini and Yekutieli (2001), Annals of Statistics 29:1165, theorem 1.3. Equals R's p.adjust(p, "BY").
    """
    return _step_up(_checked(p), tests, harmonic=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class StoreyQ(Result):
    """The q-values and `null_share`, the estimated share of tests in which there is nothing to find (π₀)."""

    q: Floats
    null_share: Values


def storey_q(p: ArrayLike, *, at: float | None = None) -> StoreyQ:
    """As `benjamini_hochberg`, but not paying for tests that have something to find: q is multiplied by the share π₀.

    p: as there. at: the λ above which p-values are taken to come from tests with nothing to find,
    π₀ = #{p ≥ λ} / (m (1 − λ)), at most 1 (Storey 2002, JRSS B 64:479). By default λ is the one of 0.05, 0.10 … 0.95
    with the least estimated mean squared error (Storey, Taylor and Siegmund 2004, JRSS B 66:187, §6, with the variance
    of the bootstrap in closed form).

    Needs many tests: below some hundred π₀ is mostly noise. Equals R's qvalue(p, pi0.method = "bootstrap"); its
    default fits a spline through π₀(λ) and prints slightly other numbers. Where no p-value lies above λ, π₀ would be 0
    and every test a finding: there is then no answer but TOO_FEW. Raises ValueError for `at` outside [0, 1).
    """
    if at is not None and not 0 <= at < 1:
        raise ValueError(f"at must be at least 0 and below 1, not {at}")
    array = _checked(p)
    tested = array[~np.isnan(array)]
    if not tested.size:
        return StoreyQ(q=np.full(array.shape, np.nan), null_share=None, n=0, method="Storey", reason=Reason.NO_DATA)
    share = _null_share(tested, at)
    if share == 0:
        return StoreyQ(
            q=np.full(array.shape, np.nan), null_share=None, n=tested.size, method="Storey", reason=Reason.TOO_FEW
        )
    return StoreyQ(q=share * _step_up(array, None, harmonic=False), null_share=share, n=tested.size, method="Storey")


def _null_share(p: Floats, at: float | None) -> float:
    levels = np.arange(0.05, 0.951, 0.05) if at is None else np.array([at])
    above = p.size - np.searchsorted(np.sort(p), levels, side="left")
    share = above / (p.size * (1 - levels))
    # Bias against the smallest believable share and the binomial variance of the count above λ.
    bias = share - np.quantile(share, 0.1)
    variance = above / (p.size * (1 - levels)) ** 2 * (1 - above / p.size)
    return min(1.0, float(share[np.argmin(bias**2 + variance)]))


def _checked(p: ArrayLike) -> Floats:
    array = np.asarray(p, dtype=np.float64)
    wrong = (array < 0) | (array > 1)
    if wrong.any():
        raise ValueError(f"p must lie between 0 and 1, found {array[wrong].flat[0]:g}")
    return array


def _step_up(p: Floats, tests: int | None, *, harmonic: bool, times: ArrayLike | None = None) -> Floats:
    """The least of p·m/rank over this p-value and all larger ones."""
    tested = ~np.isnan(p)
    known = p[tested]
    stands_for = np.ones(known.size, dtype=np.int64) if times is None else np.asarray(times)[tested]
    there = int(stands_for.sum())
    m = there if tests is None else tests
    if m < there:
        raise ValueError(f"tests must be at least the number of p-values ({there}), not {m}")
    q = np.full(p.shape, np.nan)
    if known.size:
        order = np.argsort(known)
        factor = m * (1.0 / np.arange(1, m + 1)).sum() if harmonic else float(m)
        ranked = known[order] * factor / np.cumsum(stands_for[order])
        # What was left out has p = 1: its q, m·factor/m/m, bounds the others from above; 1 does so too for BH.
        adjusted = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
        found = np.empty(known.size)
        found[order] = adjusted
        q[tested] = found
    return q
