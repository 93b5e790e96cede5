"""The guard before a life distribution is fitted to times between repairs: are they alike at all?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.life import weibull_mle
from analysis.life_fit import LifeFit
from analysis.repairable import Systems
from analysis.result import Reason, Result
from analysis.trend import Direction, Trend, lewis_robinson_trend


@dataclass(frozen=True, eq=False, kw_only=True)
class BetweenRepairs(Result):
    """The test of trend, and the fit where it found none (`fit` None, reason "trend" otherwise).

    n: times between failures, those still open at the end of watching included.
    """

    trend: Trend
    fit: LifeFit | None


def weibull_between_repairs(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    significance: float = 0.05,
    confidence: float = 0.95,
) -> BetweenRepairs:
    """Do the times between repairs follow a Weibull distribution, and which: only asked where they show no trend.

    times: ages at failure, one row each, in any unit; system: whose, 0 … systems − 1; end: the age up to which each was
    watched, one number or one per system (None or NaN: up to its last failure). All were watched from new. The time still
    open after the last failure counts as a survivor.

    A Weibull fit takes the times as independent and alike: each repair makes as good as new. Whether a system wears out or
    grows is in their order, which the fit does not see; its β is not the β of a power law, and times that shrink from 500 to 5
    hours can give a β near 1. So the Lewis–Robinson test comes first, whose "no trend" is just this (times alike, whatever
    their distribution; Laplace and MIL-HDBK-189 would reject alike times that are not exponential too). Where it rejects at
    level `significance` the reason is "trend", and a growth model is what fits (`crow_amsaa`). With too few times to test,
    the fit is given and `trend.reason` says so.

    Raises ValueError as the test does, and where two failures of a system have one age. Ascher and Feingold 1984,
    Repairable Systems Reliability, ch. 5; Louit, Pascual and Jardine 2009.
    """
    if not 0 < significance < 1:
        raise ValueError(f"significance must lie between 0 and 1, not {significance}")
    systems = Systems.of(times, end, system, None, None)
    if (systems.gaps == 0).any():
        age = systems.times[systems.gaps == 0][0]
        raise ValueError(f"two failures of a system at the age {age:g} leave no time between them; make them one")
    trend = lewis_robinson_trend(times, end, system=system, confidence=1 - significance)
    # A system that has not failed yet is open from the start.
    last = np.zeros(systems.end.size)
    np.maximum.at(last, systems.system, systems.times)
    open_times = systems.end - last
    open_times = open_times[open_times > 0]
    gaps = np.concatenate((systems.gaps, open_times))
    trending = not trend.reason and trend.verdict != Direction.NONE
    fit = None
    if not trending:
        fit = weibull_mle(gaps, np.arange(gaps.size) < systems.gaps.size, confidence=confidence)
    return BetweenRepairs(
        n=int(gaps.size),
        method="Weibull, maximum likelihood, where the Lewis-Robinson test shows no trend",
        confidence=confidence,
        reason=fit.reason if fit is not None else Reason.TREND,
        trend=trend,
        fit=fit,
    )
