"""Life data: how long things last, from failures and survivors, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.life_data import LifeData
from analysis.life_fit import STANDARDS, LifeFit, fit_life
from analysis.log_location_scale import EXPONENTIAL, LOGNORMAL, WEIBULL
from analysis.median_ranks import RankRegression, median_rank_regression, median_ranks
from analysis.result import Floats, Reason, Result
from analysis.survival import kaplan_meier, nelson_aalen
from analysis.turnbull import turnbull

__all__ = [
    "Choice",
    "LifeData",
    "LifeFit",
    "RankRegression",
    "choose_distribution",
    "exponential_mle",
    "kaplan_meier",
    "lognormal_mle",
    "median_rank_regression",
    "median_ranks",
    "nelson_aalen",
    "turnbull",
    "weibayes",
    "weibull_mle",
    "weibull_mle_by_group",
]


def weibull_mle(
    data: LifeData | ArrayLike,
    failed: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    group: ArrayLike | None = None,
    least_failures: int = 2,
    confidence: float = 0.95,
) -> LifeFit:
    """How do these things age: a Weibull distribution R(t) = exp(−(t/η)^β) by maximum likelihood.

    data: ages, shape (n,), above 0, in any unit, with `failed` True for failures and False for survivors (None: all
    failed), or a `LifeData` with limits. count: lives per row. entry: ages from which on each was watched. group: group
    numbers per row, for one fit per group. least_failures: fewer give the reason "too_few"; two are what two parameters need.

    The result has `shape` (β: under 1 early failures, 1 chance, above 1 wear-out), `scale` (η), `log_likelihood`, standard
    errors and AIC, and answers `bounds`, `b_life`, `reliability`. A group in which one age explains all rows has the
    reason "no_variation": its likelihood has no maximum. Raises ValueError as `LifeData.of` does.

    Assumes independent lives of one population, and that what was taken off unfailed was no likelier to fail than the
    rest. Newton's method on the observed information (Meeker and Escobar 1998, Statistical Methods for Reliability Data,
    ch. 7, 8 and 11). The estimate of β is not corrected for bias, as in R's survreg, NIST and the default of ReliaSoft: at
    5 failures it is on average 1.4 times too large; the default bounds take that into account. Abernethy's "reduced bias
    adjustment" multiplies it by c₄(failures)^3.5, ReliaSoft's option divides it by Hirose's (1999) mean ratio.
    """
    return fit_life(WEIBULL, _data(data, failed, count, entry), group, None, least_failures, confidence)


def lognormal_mle(
    data: LifeData | ArrayLike,
    failed: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    group: ArrayLike | None = None,
    least_failures: int = 2,
    confidence: float = 0.95,
) -> LifeFit:
    """How do these things last when log t is normal (fatigue, repair times): μ and σ of log t by maximum likelihood.

    Arguments, result and assumptions as in `weibull_mle`. σ has the divisor n in complete data, as maximum likelihood has
    it; the sample standard deviation of the log ages (divisor n − 1), which some programs print, is larger.
    """
    return fit_life(LOGNORMAL, _data(data, failed, count, entry), group, None, least_failures, confidence)


def exponential_mle(
    data: LifeData | ArrayLike,
    failed: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    group: ArrayLike | None = None,
    confidence: float = 0.95,
) -> LifeFit:
    """How long do things last that do not age: the mean θ = time on test / failures of an exponential distribution.

    Arguments, result and assumptions as in `weibull_mle`; `scale` is θ. Bounds are those of χ² by default, and without
    any failure there is still a lower one. Epstein and Sobel 1953; MIL-HDBK-338B §8.3.2.5.
    """
    return fit_life(EXPONENTIAL, _data(data, failed, count, entry), group, None, 1, confidence)


def weibayes(
    data: LifeData | ArrayLike,
    failed: ArrayLike | None = None,
    *,
    shape: float,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    group: ArrayLike | None = None,
    confidence: float = 0.95,
) -> LifeFit:
    """How long do things last whose β is known from before (Weibayes, one-parameter Weibull): η = (Σ tᵝ / failures)^(1/β).

    shape: the β assumed. Other arguments, result and assumptions as in `weibull_mle`; one failure is enough. Bounds are
    those of χ² by default, as in `exponential_mle` (β = 1), and without any failure there is still a lower one: for what
    ran 5 of 5 times without failing, `bounds("scale")`, `b_life` and `reliability` say what that shows. They take β as
    certain: where it is wrong, so are they. The Weibayes of zero failures in handbooks, (Σ tᵝ)^(1/β), supposes that one is
    about to happen, which is the one-sided bound at level 1 − 1/e = 63.2 % (confidence 0.264 here).
    Abernethy, The New Weibull Handbook, 5th ed., ch. 6; Nelson 1985, Journal of Quality Technology 17:140.
    """
    if not (shape > 0 and np.isfinite(shape)):
        raise ValueError(f"shape must be above 0, not {shape}")
    standard = replace(WEIBULL, given_b=float(shape))
    fit = fit_life(standard, _data(data, failed, count, entry), group, None, 1, confidence)
    return replace(fit, method="Weibull of given shape, maximum likelihood")


def weibull_mle_by_group(
    times: ArrayLike,
    failed: ArrayLike | None,
    group: ArrayLike,
    *,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    groups: int | None = None,
    least_failures: int = 3,
    confidence: float = 0.95,
) -> LifeFit:
    """How does each of many small populations age: `weibull_mle` for all groups at once, 10,000 of 30 in a tenth of a second.

    times, failed, count, entry: one per row, as in `weibull_mle`. group: the group's number per row, 0 … groups − 1.
    least_failures: groups with fewer get the reason "too_few". Three, one more than a single fit asks for: who looks
    through thousands of groups picks the most extreme, and a β from two failures is mostly chance (its 90 % bounds are a
    factor of 30 or more apart).

    Returns arrays by group: shape, scale, log_likelihood, se_mu, se_log_sigma, n, failures, reason; NaN where there is a
    reason. `bounds`, `b_life` and `reliability` answer for all groups; `fit[i]` is the fit of one.
    """
    data = LifeData.of(times, failed, count=count, entry=entry)
    return fit_life(WEIBULL, data, np.asarray(group), groups, least_failures, confidence)


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice(Result):
    """Distributions fitted to the same lives, the likeliest first.

    best: the first, None where there is a reason. fits: all, by AICc ascending. aicc: theirs. weights: Akaike's, the
    relative support for each, summing to 1 (Burnham and Anderson 2002, §2.9).
    """

    best: LifeFit | None
    fits: tuple[LifeFit, ...]
    aicc: Floats
    weights: Floats


def choose_distribution(
    data: LifeData | ArrayLike,
    failed: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    candidates: tuple[str, ...] = ("Weibull", "lognormal", "exponential"),
    least_failures: int = 5,
    confidence: float = 0.95,
) -> Choice:
    """Which distribution do these lives follow best: Weibull, lognormal or exponential, by AICc.

    Arguments as in `weibull_mle`. With fewer than `least_failures` failures the reason is "too_few" and nothing is called
    best: AICc then prefers whatever has the fewest parameters. A difference under 2 is no evidence; `weights` shows it.
    """
    if not candidates or not set(candidates) <= set(STANDARDS):
        raise ValueError(f"candidates must be among {', '.join(STANDARDS)}, not {candidates}")
    lives = _data(data, failed, count, entry)
    fits = [fit_life(STANDARDS[c], lives, None, None, 2, confidence) for c in candidates]
    usable = sorted((f for f in fits if f.aicc is not None), key=lambda f: f.aicc)
    aicc = np.array([f.aicc for f in usable], dtype=np.float64)
    support = np.exp((aicc.min(initial=np.inf) - aicc) / 2)
    # Where one of them has no maximum, the likeliest of the others is not the best.
    reason = next((f.reason for f in fits if f.reason), Reason.NONE)
    few = fits[0].failures < least_failures or (not reason and len(usable) < len(fits))
    if few and reason not in (Reason.NO_DATA, Reason.NO_EVENTS):
        reason = Reason.TOO_FEW
    return Choice(
        n=fits[0].n,
        method="smallest AICc",
        confidence=confidence,
        reason=reason,
        best=None if reason else usable[0],
        fits=tuple(usable),
        aicc=aicc,
        weights=support / support.sum() if usable else support,
    )


def _data(
    data: LifeData | ArrayLike, failed: ArrayLike | None, count: ArrayLike | None, entry: ArrayLike | None
) -> LifeData:
    if not isinstance(data, LifeData):
        return LifeData.of(data, failed, count=count, entry=entry)
    if not (failed is None and count is None and entry is None):
        raise ValueError("failed, count and entry belong into the LifeData where one is given")
    return data
