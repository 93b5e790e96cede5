"""The power-law process where only counts are known: so many failures in each interval of age or operating time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri

from analysis.cramer_von_mises import GoodnessOfFit
from analysis.groups import as_floats
from analysis.growth import LEAST
from analysis.mtbf import mtbf_bounds
from analysis.power_law import falling_root, newton_in_log
from analysis.power_law_curve import PowerLawCurve, curve
from analysis.result import Estimate, Floats, Ints, Reason, reasons

MERGE_BELOW = 5.0  # expected failures below which an interval joins its neighbour: MIL-HDBK-189C


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupedCrowAmsaa(PowerLawCurve):
    """A power-law process fitted to counts. n: failures; age: the end of the last interval, for mtbf and intensity.

    chi_square: Pearson's statistic over the intervals as given (what ReliaWiki prints, however few failures they
    expect); chi_square_merged: over intervals merged with their neighbours until each expects 5 failures, the one to
    judge by.
    """

    chi_square: GoodnessOfFit
    chi_square_merged: GoodnessOfFit


def crow_amsaa_grouped(interval_ends: ArrayLike, failures: ArrayLike, *, confidence: float = 0.95) -> GroupedCrowAmsaa:
    """Does the MTBF grow or fall, and what is it now, when failures were only counted per interval?

    interval_ends: shape (k,), ages or cumulative operating time at which each interval ended, ascending; the first
    begins at 0. failures: shape (k,), the number in each interval; or (groups, k) for many systems with the same
    intervals, which gives arrays. Fewer than 2 failures have no answer, nor failures all in the first or all in the
    last interval, for which the likelihood has no maximum ("no_variation").

    β of maximum likelihood, Σ nᵢ (Tᵢ^β ln Tᵢ − Tᵢ₋₁^β ln Tᵢ₋₁)/(Tᵢ^β − Tᵢ₋₁^β) = n ln T_k, and λ = n/T_k^β
    (MIL-HDBK-189C, Crow 1975). Bounds of β and of the MTBF at the end by the likelihood ratio, of the cumulative
    MTBF exact. ReliaWiki prints Fisher bounds and an approximation by Crow instead, which differ by some percent.

    The fit: Σ (observed − expected)²/expected is χ² with k − 2 degrees of freedom; see `GroupedCrowAmsaa`. Raises
    ValueError for ends that do not ascend from above 0, counts that are negative or broken, or differing lengths.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    ends = as_floats(interval_ends, "interval_ends", above=0.0)
    if (np.diff(ends) <= 0).any():
        raise ValueError("interval_ends must ascend")
    given = np.asarray(failures, dtype=np.float64)
    if given.ndim not in (1, 2) or given.shape[-1] != ends.size or not ends.size:
        raise ValueError(f"failures must have one number per interval ({ends.size}), not {given.shape}")
    if not np.all((given >= 0) & (given == np.floor(given)) & np.isfinite(given)):
        raise ValueError("failures must be whole numbers that are not negative")
    counts = np.atleast_2d(given)

    law = _Counts(counts, ends)
    n = counts.sum(axis=1)
    lonely = (counts[:, 0] == n) | (counts[:, -1] == n)
    reason = reasons(n.size, (n == 0, Reason.NO_EVENTS), (n < LEAST, Reason.TOO_FEW), (lonely, Reason.NO_VARIATION))
    known = reason == ""
    beta = np.full(n.size, np.nan)
    part = _Counts(counts[known], ends)
    beta[known] = part.beta()
    age = ends[-1]
    log_lambda = np.log(np.where(known, n, 1.0)) - beta * np.log(age)
    mtbf = age / (np.where(known, n, np.nan) * beta)

    z = float(ndtri(0.5 + confidence / 2))
    bounds = np.full((4, n.size), np.nan)
    bounds[:2, known] = part.beta_bounds(beta[known], z)
    bounds[2:, known] = age / part.intensity_bounds(beta[known], z)[::-1]
    beta_low, beta_high, mtbf_low, mtbf_high = bounds

    def estimate(value: Floats, low: Floats, high: Floats, method: str = "likelihood ratio") -> Estimate:
        values = (np.where(known, x, np.nan) for x in (value, low, high))
        value, low, high = values
        return Estimate(
            n=n.astype(np.int64), method=method, confidence=confidence, reason=reason, value=value, low=low, high=high
        )

    total = mtbf_bounds(n, np.full(n.size, age), confidence=confidence)
    expected = law.expected(beta)
    result = GroupedCrowAmsaa(
        n=n.astype(np.int64),
        method="Crow-AMSAA, grouped",
        confidence=confidence,
        reason=reason,
        **curve(
            beta=estimate(beta, beta_low, beta_high),
            log_lambda=log_lambda,
            age=np.full(n.size, age),
            mtbf=estimate(mtbf, mtbf_low, mtbf_high),
            cumulative_mtbf=estimate(total.value, total.low, total.high, "exact, chi-square"),
        ),
        chi_square=_chi_square(counts, expected, reason, 0.0),
        chi_square_merged=_chi_square(counts, expected, reason, MERGE_BELOW),
    )
    return result if given.ndim == 2 else result[0]


@dataclass(frozen=True, eq=False)
class _Counts:
    """The likelihood of counts by interval. Given their sum they are multinomial with shares (Tᵢ^β − Tᵢ₋₁^β)/T_k^β."""

    counts: Floats  # (groups, k)
    ends: Floats  # (k,)

    def shares(self, beta: Floats) -> tuple[Floats, Floats, Floats]:
        """By group and interval: ln of the share, its slope in β, and by how much the slope falls."""
        b = beta[:, None]
        log_end = np.log(self.ends / self.ends[-1])
        depth = np.append(np.inf, np.diff(log_end))
        x = b * depth
        with np.errstate(over="ignore", invalid="ignore"):
            far = np.where(x < 700, x / np.expm1(np.minimum(x, 700)), 0.0)
            bend = np.where(far > 0, far * (far + x), 0.0) / b**2
        return b * log_end + np.log(-np.expm1(-x)), log_end + far / b, bend

    def likelihood(self, beta: Floats) -> tuple[Floats, Floats, Floats]:
        """By group: the log-likelihood of β given the sums, its slope, and by how much the slope falls."""
        value, slope, bend = (self.counts * part for part in self.shares(beta))
        return value.sum(axis=1), slope.sum(axis=1), bend.sum(axis=1)

    def expected(self, beta: Floats) -> Floats:
        """By group and interval: the failures expected."""
        share: Floats = np.exp(self.shares(np.where(np.isnan(beta), 1.0, beta))[0])
        return np.asarray(self.counts.sum(axis=1)[:, None] * share)

    def beta(self) -> Floats:
        """By group: the β of largest likelihood; Newton's steps on ln β of a concave function."""
        beta = np.ones(len(self.counts))
        for _ in range(100):
            _, slope, bend = self.likelihood(beta)
            step = newton_in_log(slope, bend, beta)
            beta = beta * np.exp(step)
            if np.abs(step).max(initial=0.0) < 1e-13:
                break
        return beta

    def beta_bounds(self, best: Floats, z: float) -> tuple[Floats, Floats]:
        """By group: where the log-likelihood lies z²/2 below its peak."""
        peak, _, bend = self.likelihood(best)
        spread = 1 / (best * np.sqrt(bend))

        def root(log_beta: Floats) -> Floats:
            return _signed(np.log(best) - log_beta, peak - self.likelihood(np.exp(log_beta))[0])

        low = falling_root(root, np.log(best) - z * spread, spread, z)
        return np.exp(low), np.exp(falling_root(root, np.log(best) + z * spread, spread, -z))

    def intensity_bounds(self, best: Floats, z: float) -> tuple[Floats, Floats]:
        """By group: bounds of the intensity at the last end times that age, by the likelihood with β at its best."""
        n = self.counts.sum(axis=1)
        peak, _, bend = self.likelihood(best)
        center = np.log(n * best)
        peak = peak + n * np.log(n) - n
        spread = np.sqrt(1 / n + 1 / (best**2 * bend))
        beta = best

        def root(log_phi: Floats) -> Floats:
            nonlocal beta
            for _ in range(40):
                mean = np.exp(log_phi) / beta
                _, slope, bend = self.likelihood(beta)
                climb = mean - n + beta * slope
                curvature = mean + beta**2 * bend
                # Far from the peak the true curvature may be negative: then a safe one.
                curvature = np.where(
                    curvature > beta * slope, curvature - np.minimum(beta * slope, curvature / 2), curvature
                )
                step = np.clip(climb / curvature, -1, 1)
                beta = beta * np.exp(step)
                if np.abs(step).max(initial=0.0) < 1e-11:
                    break
            mean = np.exp(log_phi) / beta
            return _signed(center - log_phi, peak - (self.likelihood(beta)[0] + n * np.log(mean) - mean))

        low = falling_root(root, center - z * spread, spread, z)
        beta = best
        return np.exp(low), np.exp(falling_root(root, center + z * spread, spread, -z))


def _signed(side: Floats, fall: Floats) -> Floats:
    return np.asarray(np.sign(side) * np.sqrt(2 * np.maximum(fall, 0.0)))


def _chi_square(counts: Floats, expected: Floats, reason: NDArray[np.str_], least: float) -> GoodnessOfFit:
    """Pearson's statistic by group; intervals are merged from the first on until each expects `least`."""
    interval = _merged(expected, least)
    kept = interval[:, -1] + 1
    observed, mean = np.zeros(counts.shape), np.zeros(counts.shape)
    row = np.arange(len(counts))[:, None]
    np.add.at(observed, (row, interval), counts)
    np.add.at(mean, (row, interval), expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(mean > 0, (observed - mean) ** 2 / mean, 0.0).sum(axis=1)
    df = np.maximum(kept - 2, 0)
    why = np.where((reason == "") & (df < 1), Reason.TOO_FEW.value, reason)
    known = why == ""
    return GoodnessOfFit(
        n=kept,
        method="Pearson chi-square" + (f", intervals merged to expect {least:g}" if least else ""),
        reason=why,
        statistic=np.where(known, statistic, np.nan),
        p_value=np.where(known, chdtrc(np.maximum(df, 1), np.where(known, statistic, 0.0)), np.nan),
        df=df,
    )


def _merged(expected: Floats, least: float) -> Ints:
    """By group and interval: the number of the merged interval that it goes into. One pass over the intervals."""
    number = np.zeros(expected.shape, dtype=np.int64)
    held, current = np.zeros(len(expected)), np.zeros(len(expected), dtype=np.int64)
    for i, column in enumerate(expected.T):
        number[:, i] = current
        held = held + column
        full = held >= least
        current, held = current + full, np.where(full, 0.0, held)
    # What is left over at the end and not full joins the last full one.
    return np.minimum(number, np.maximum(current - 1, 0)[:, None])
