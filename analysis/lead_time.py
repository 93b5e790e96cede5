"""How demand scatters around a forecast, how that grows over a lead time, and quantiles of very many such demands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analysis.demand_distributions import NegativeBinomialDemand
from analysis.forecast_methods import WindowPath
from analysis.result import Floats, Ints
from analysis.smoothing import History, Path, counted, cumulated, ratio

# Above this the probability of no demand is too small to sum from 0, 1, 2, … on; few parts have such demand.
_LARGE = 200.0


def dispersion_before(history: History, path: Path) -> Floats:
    """How many times the demand scatters around the forecasts as a Poisson one would, at each row; at least 1.

    Mean squared one-step error by the mean demand or the mean forecast, the larger, over the n periods since the first
    demand; times (n + 1)/(n − 1), as level and scatter are themselves estimated from so few.
    """
    forecast = path.ahead(0)[:-1]
    judged = history.judged & ~np.isnan(forecast)
    squares = np.square(np.where(judged, history.filled - forecast, 0.0))
    level = np.maximum(cumulated(np.where(judged, history.filled, 0.0)), cumulated(np.where(judged, forecast, 0.0)))
    n = counted(judged)
    few = (n + 1.0) / np.maximum(n - 1.0, 1.0)
    return np.maximum(np.nan_to_num(ratio(cumulated(squares), level) * few, nan=1.0), 1.0)


def lead_time_sums(history: History, lead_time: int) -> Floats:
    """The demand of the `lead_time` periods that begin at each row; NaN where one of them is not known or has not come."""
    sums = np.full(history.known_before.shape, np.nan)
    if lead_time < len(sums):
        known = history.known_before[lead_time:] - history.known_before[:-lead_time] == lead_time
        totals = history.total_before[lead_time:] - history.total_before[:-lead_time]
        sums[: len(sums) - lead_time] = np.where(known, totals, np.nan)
    return sums


def quantiles_over(history: History, path: Path, rows: Ints, lead_time: int, levels: Sequence[float]) -> Floats:
    """What a method forecasts at each row as quantiles of the demand over the lead time, shape (levels, rows, parts)."""
    if isinstance(path, WindowPath):
        return _quantiles_seen(history, path.window, rows, lead_time, levels)
    mean = np.sum([path.ahead(step)[rows] for step in range(lead_time)], axis=0)
    spread = dispersion_before(history, path)[rows] * growth(
        np.broadcast_to(path.gain, path.rolling.shape)[rows], lead_time
    )
    return negative_binomial_quantiles(mean, mean * np.maximum(spread, 1.0), levels)


def _quantiles_seen(
    history: History, window: int | None, rows: Ints, lead_time: int, levels: Sequence[float]
) -> Floats:
    """Quantiles of the sums over the lead times that were complete before each row; NaN where there was none."""
    sums = lead_time_sums(history, lead_time)
    found = np.full((len(levels), len(rows), sums.shape[1]), np.nan)
    for i, row in enumerate(rows):
        begin = 0 if window is None else max(row - window, 0)
        if row - lead_time < begin:
            continue
        seen = np.sort(sums[begin : row - lead_time + 1], axis=0)  # what is not known goes to the end
        count = (~np.isnan(seen)).sum(axis=0)
        for j, level in enumerate(levels):
            # The smallest value that a share `level` of all does not exceed.
            at = np.maximum(np.ceil(level * count * (1.0 - 1e-13)).astype(np.int64) - 1, 0)
            found[j, i] = np.take_along_axis(seen, at[None, :], axis=0)[0]
    return found


def growth(gain: ArrayLike, periods: ArrayLike) -> Floats:
    """By how much the variance over a lead time exceeds that of as many independent errors.

    A forecast that moves by `gain` of each error takes part of an error along into all later periods:
    1 + g (L − 1) + g² (L − 1)(2L − 1)/6 (Hyndman et al. 2008, Forecasting with Exponential Smoothing, §6.3, for the
    local-level model).
    """
    g, later = np.asarray(gain, dtype=np.float64), np.asarray(periods, dtype=np.float64) - 1.0
    total: Floats = 1.0 + g * later + g * g * later * (2.0 * later + 1.0) / 6.0
    return total


def negative_binomial_quantiles(mean: ArrayLike, variance: ArrayLike, levels: ArrayLike) -> Floats:
    """Quantiles, shape (levels, …), of negative binomial distributions of given mean and variance; NaN for a mean of NaN.

    Variance of at most the mean is Poisson. The same as `NegativeBinomialDemand.quantile`, but for the millions of a
    backtest: the probabilities of 0, 1, 2, … are summed side by side for all levels, which costs as many steps as the
    largest quantile has units.
    """
    m, v = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(mean, variance))
    wanted = np.asarray(levels, dtype=np.float64)
    shape, m, v = m.shape, m.ravel(), np.maximum(v, m).ravel()
    quantiles = np.where(np.isnan(m), np.nan, np.zeros((wanted.size, m.size)))
    large = m > _LARGE
    if large.any():
        quantiles[:, large] = NegativeBinomialDemand(m[large], v[large]).quantile(wanted[:, None])
    small = np.flatnonzero((m > 0) & ~large)
    quantiles[:, small] = _summed(m[small], v[small], wanted)
    return quantiles.reshape(wanted.size, *shape)


def _summed(mean: Floats, variance: Floats, levels: Floats) -> Floats:
    """Quantiles by the recursion p(k + 1) = p(k) · (k·q + m/φ)/(k + 1) with φ = variance/mean, q = 1 − 1/φ."""
    excess = variance / mean - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        probability = np.exp(-mean * np.where(excess > 1e-9, np.log1p(excess) / excess, 1.0))
    q, base = excess / (1.0 + excess), mean / (1.0 + excess)
    found, counts = np.zeros((levels.size, mean.size)), np.zeros((levels.size, mean.size))
    active, below, k = np.arange(mean.size), probability.copy(), 0
    # The slack keeps a level that is met exactly from being missed by the last bit of a sum.
    enough = levels[:, None] * (1.0 - 1e-13)
    while active.size and k < 20_000:
        for _ in range(4):
            counts += below < enough
            probability = probability * (k * q + base) / (k + 1)
            below = below + probability
            k += 1
        # Whoever passed the highest level in these steps was not counted since, and leaves.
        going = below < enough.max()
        found[:, active[~going]] = counts[:, ~going]
        active, below, probability, q, base = (a[going] for a in (active, below, probability, q, base))
        counts = counts[:, going]
    if active.size:
        found[:, active] = NegativeBinomialDemand(mean[active], variance[active]).quantile(levels[:, None])
    return found
