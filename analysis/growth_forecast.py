"""How many failures the next period brings by a fitted power-law process, with an interval for the number itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc

from analysis.groups import Groups
from analysis.growth import estimate_beta
from analysis.power_law import PowerLaw, Watched
from analysis.repairable import Systems
from analysis.result import Estimate, Floats, Reason


def crow_amsaa_forecast(
    times: ArrayLike,
    ahead: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    start: ArrayLike | None = None,
    group: ArrayLike | None = None,
    unbiased: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """How many failures will these systems have while they run so much further, and between which numbers will it be?

    times, end, system, start, group, unbiased: as `analysis.growth.crow_amsaa`. ahead: the further operation of each
    system in the unit of times, one number for all or one per system (0 for one that was taken out of service).

    value: λ Σ ((T + ahead)^β − T^β), the failures expected of all systems of the group together. low, high: whole
    numbers between which the number of failures falls, with (1 − confidence)/2 outside each. It is a prediction
    interval: wider than bounds of the expectation, as it also holds the chance of the next period.

    Method: given β, the failures to come and those seen are binomial, which bounds the former by those seen alone
    (Thatcher 1964: n + 1 above and n below, n both where watching stopped with a failure); β is averaged over its pivot
    as in `crow_amsaa`. At a nominal 90 % it holds the number in 90 … 98 %, the more the fewer are expected. No answer
    where `crow_amsaa` has none. About 25 × 32 beta integrals a group. Raises ValueError as `crow_amsaa`, and for an
    `ahead` that is negative or not one number or one per system.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    data = Systems.of(times, end, system, start, group)
    further = np.asarray(ahead, dtype=np.float64)
    if further.ndim > 1 or (further.ndim and further.size != data.end.size):
        raise ValueError(f"ahead must be one number or one per system ({data.end.size}), not {further.shape}")
    if not np.all((further >= 0) & np.isfinite(further)):
        raise ValueError("ahead must be known and not negative")
    law = PowerLaw(data)
    beta, _, reason = estimate_beta(law, unbiased)
    known = reason == ""
    later = _still_to_come(data, law, np.broadcast_to(further, data.end.shape))

    def ratio(at: Floats) -> Floats:
        return np.asarray(later.total(at)[0] / law.watched.total(at)[0])

    with np.errstate(all="ignore"):
        value = law.n * ratio(np.where(known, beta, 1.0))
        values, weights = law.beta_pivot(known)
        filled = np.ones(known.size)
        ratios = np.empty(values.shape)
        for i, row in enumerate(values):
            filled[known] = row
            ratios[i] = ratio(filled)[known]
    lost = known.copy()  # late starts from which no bounds of β were found
    lost[known] = ~np.isfinite(ratios).all(axis=0)
    ratios, weights = ratios[:, ~lost[known]], weights[:, ~lost[known]]
    known, reason = known & ~lost, np.where(lost, Reason.NOT_CONVERGED.value, reason)
    by_failure = (data.group.sum(~data.stopped & (data.end > data.start)) == 0)[known]
    outside = (1 - confidence) / 2
    low, high = np.full(known.size, np.nan), np.full(known.size, np.nan)
    seen = law.n[known]
    low[known] = _least_count(ratios, weights, seen, outside)
    high[known] = _least_count(ratios, weights, seen + ~by_failure, 1 - outside)
    result = Estimate(
        n=law.n.astype(np.int64),
        method="Crow-AMSAA, prediction interval",
        confidence=confidence,
        reason=reason,
        value=np.where(known, value, np.nan),
        low=low,
        high=high,
    )
    return result if group is not None else result[0]


def _still_to_come(data: Systems, law: PowerLaw, ahead: Floats) -> Watched:
    """The systems as if watched from their ends on; those that run no further have no part in it."""
    going = ahead > 0
    end, code = data.end[going], data.group.code[going]
    until = end + ahead[going]
    with np.errstate(divide="ignore"):
        return Watched(np.log(until) - law.log_oldest[code], np.log(until / end), Groups(code, data.group.count))


def _least_count(ratio: Floats, weight: Floats, seen: Floats, share: float) -> Floats:
    """By group: the smallest number that at most so many failures to come has at least a probability of `share`.

    The failures to come are negative binomial given their ratio to those seen; `ratio` and `weight` say how likely each
    is.
    """
    past = 1 / (1 + ratio)

    def at_most(count: Floats) -> Floats:
        return np.asarray((weight * betainc(seen, count + 1, past)).sum(axis=0))

    low, high = np.full(seen.size, -1.0), np.ones(seen.size)
    while (short := (at_most(high) < share) & (high < 1e15)).any():
        low, high = np.where(short, high, low), np.where(short, high * 4, high)
    while (open_ := high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = at_most(middle) >= share
        low, high = np.where(open_ & ~enough, middle, low), np.where(open_ & enough, middle, high)
    return high
