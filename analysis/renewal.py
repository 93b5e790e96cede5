"""How often a part fails that is replaced by a new one each time: the renewal function of the Weibull distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gamma, gammaln

from analysis.result import Floats, Values

# With shape below 1 the series is summed up to (t/scale)^shape = 15: its terms grow as e^15, its last digits with them.
_SERIES_REACH = 15.0
_SERIES_TERMS = 160
_SERIES_GRID = 2048

# Steps per unit of the scale: the distribution function rises over about scale/shape, and near shape 1 it bends at 0.
_STEPS, _STEPS_PER_SHAPE = 240, 30
_MOST_STEPS = 16_384


def weibull_renewal_function(t: ArrayLike, shape: ArrayLike, scale: ArrayLike = 1.0) -> Values:
    """How many replacements to expect by time t of a part that is new at 0 and replaced by a new one whenever it fails?

    t, shape, scale: broadcast; t in the unit of scale. Returns M(t), a plain number for plain numbers, NaN where something
    is not known. Shape 1 gives t/scale. Assumes that replacing takes no time and new parts are alike.

    Shape above 1: the renewal equation M(t) = F(t) + ∫ M(t − x) dF(x) by the trapezoidal rule in M against exact
    increments of F (as Xie 1989, Communications in Statistics B 18:281–293, with midpoints), twice, and extrapolated to
    step 0 (Richardson). Below 1, where F is not smooth at 0: the power series of Smith and Leadbetter (1963), Technometrics
    5:393–396. To within 1e-6 for shapes from 0.5 to 9. Far out the asymptote t/μ + (σ²/μ² − 1)/2, once M has settled to it;
    it waves longer for higher shapes (beyond 546/shape times the scale that is not followed) and lags for lower ones (by
    2e-5 of M for a shape of 0.3). Cost: quadratic in the steps up to the largest t, per distinct shape; all t of one shape
    together.
    Raises ValueError for negative t, or shape or scale not above 0.
    """
    time, beta, eta = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(t, shape, scale))
    if (time < 0).any():
        raise ValueError(f"t must not be negative, found {np.nanmin(time):g}")
    if (beta <= 0).any() or (eta <= 0).any():
        raise ValueError("shape and scale must be above 0")
    found = np.full(time.shape, np.nan)
    lives = (time / eta).astype(np.float64)
    known = ~np.isnan(lives + beta)
    for one in np.unique(beta[known]):
        these = known & (beta == one)
        found[these] = renewals(np.asarray(lives[these], dtype=np.float64), float(one))
    return found if found.ndim else (None if np.isnan(found) else float(found))


def renewals(lives: Floats, shape: float) -> Floats:
    """M at times in units of the scale, one row of them, for one shape."""
    if shape == 1.0:
        return lives
    if shape < 1.0:
        near = lives**shape <= _SERIES_REACH
        found = _asymptote(lives, shape)
        risk = lives[near] ** shape
        last = float(risk.max(initial=0.0))
        # M is smooth in (t/scale)^shape, so that many times cost no more than this grid.
        grid = _series(np.linspace(0.0, last, _SERIES_GRID), shape)
        found[near] = _interpolated(risk, last / (_SERIES_GRID - 1), grid) if last > 0 else 0.0
        return found
    steps_per_life, reach = _grid(shape)
    near = lives <= reach
    found = _asymptote(lives, shape)
    last = float(lives[near].max(initial=0.0))
    count = max(int(np.ceil(last * steps_per_life)), 64)
    found[near] = (
        _interpolated(lives[near], last / count, _extrapolated(last / count, count, shape)) if last > 0 else 0.0
    )
    return found


def _grid(shape: float) -> tuple[float, float]:
    """Steps per unit of the scale, and how far to go: M waves around its asymptote by exp(−2π² t σ²/μ²), σ/μ ≈ 1.2/shape."""
    steps = max(_STEPS, _STEPS_PER_SHAPE * shape)
    return steps, min(max(10.0, 0.6 * shape * shape), _MOST_STEPS / steps)


def _asymptote(lives: Floats, shape: float) -> Floats:
    mean, square = gamma(1.0 + 1.0 / shape), gamma(1.0 + 2.0 / shape)
    line: Floats = lives / mean + square / (2.0 * mean * mean) - 1.0
    return line


def _series(risk: Floats, shape: float) -> Floats:
    """Σ (−1)^(k−1) A_k z^k/Γ(kβ + 1) at z = (t/scale)^β, with A_k = γ_k − Σ γ_j A_(k−j) and γ_k = Γ(kβ + 1)/k!."""
    k = np.arange(1, _SERIES_TERMS + 1)
    ratios = np.exp(gammaln(k * shape + 1.0) - gammaln(k + 1.0))
    terms = np.empty(k.size)
    for i in range(k.size):
        terms[i] = ratios[i] - ratios[:i] @ terms[:i][::-1]
    with np.errstate(divide="ignore"):
        size = np.exp(k * np.log(risk[:, None]) - gammaln(k * shape + 1.0))
    found: Floats = (np.where(k % 2 == 1, 1.0, -1.0) * terms * size).sum(axis=1)
    return found


def _extrapolated(step: float, count: int, shape: float) -> Floats:
    """M on the grid: the trapezoidal solution with this step and with half of it, their error h² taken out."""
    coarse, fine = _trapezoidal(step, count, shape), _trapezoidal(step / 2.0, 2 * count, shape)[::2]
    return fine + (fine - coarse) / 3.0


def _trapezoidal(step: float, count: int, shape: float) -> Floats:
    """Step by step M_i (1 − f_1/2) = F_i + Σ over what is known, f_j being the increments of F."""
    cumulated = -np.expm1(-((np.arange(count + 1) * step) ** shape))
    increments = np.diff(cumulated)
    # Each M_k, k ≥ 1, is an end of two steps: its weight is half the sum of the two increments it lies between.
    weights = (increments[:-1] + increments[1:]) / 2.0
    backwards = weights[::-1].copy()
    found = np.zeros(count + 1)
    for i in range(1, count + 1):
        known = backwards[count - i :] @ found[1:i] if i > 1 else 0.0
        found[i] = (cumulated[i] + known) / (1.0 - increments[0] / 2.0)
    return found


def _interpolated(places: Floats, step: float, grid: Floats) -> Floats:
    """Cubic through the four grid points around each place."""
    at = np.clip(np.floor(places / step).astype(np.int64), 1, grid.size - 3)
    x = places / step - at
    before, here, after, beyond = (grid[at + j] for j in (-1, 0, 1, 2))
    found: Floats = (
        -x * (x - 1) * (x - 2) / 6 * before
        + (x + 1) * (x - 1) * (x - 2) / 2 * here
        - (x + 1) * x * (x - 2) / 2 * after
        + (x + 1) * x * (x - 1) / 6 * beyond
    )
    return found
