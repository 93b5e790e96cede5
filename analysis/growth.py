"""Reliability growth and ageing of repairable systems: the power-law process of Crow (AMSAA), with exact bounds.

The intensity of failures of a system of age t is λβt^(β−1): β < 1 improving, β > 1 deteriorating. This β is not the
shape of a Weibull distribution, although the formula looks alike: that one describes the life of a part that is
replaced, this one how often a system that is repaired fails again. For counts in intervals see
`analysis.growth_grouped`, for what comes next `analysis.growth_forecast`, for Duane's line `analysis.duane`, for a
constant rate `analysis.mtbf`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, chdtri, xlogy

from analysis.cramer_von_mises import GoodnessOfFit, cramer_von_mises_p
from analysis.groups import Groups
from analysis.mtbf import Truncation, mtbf_bounds
from analysis.mtbf_factors import crow_mtbf_factors
from analysis.power_law import PowerLaw, systems_by_group
from analysis.power_law_curve import PowerLawCurve, curve
from analysis.repairable import Systems
from analysis.result import Bools, Estimate, Floats, Reason, Result, Values
from analysis.trend import why_too_few

LEAST = 2  # failures: the tables of Crow begin there


@dataclass(frozen=True, eq=False, kw_only=True)
class CrowAmsaa(PowerLawCurve):
    """A power-law process fitted to one system or several alike. systems: those watched. fit: Cramér–von Mises."""

    systems: Values
    fit: GoodnessOfFit


def crow_amsaa(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    start: ArrayLike | None = None,
    group: ArrayLike | None = None,
    unbiased: bool = False,
    age: ArrayLike | None = None,
    confidence: float = 0.95,
) -> CrowAmsaa:
    """Do systems under repair get better or worse with age, and what is their MTBF now?

    times, end, system, start, group: see `analysis.repairable.Systems`: ages at failure in any unit; ends of watching,
    left out where watching stopped with the last failure; several systems of one group follow one common power law.
    With `group` all numbers are arrays by group. age: for which mtbf and intensity are wanted, one number or one per
    group; by default the largest age watched. Fewer than 2 failures have no answer ("too_few"), nor have failures that
    all lie at the end ("no_variation") or, watched from a late start only, a likelihood without a maximum at β > 0
    ("not_converged").

    Estimates are of maximum likelihood: β = n/Σ ln(T/t), λ = n/(kT^β) for k systems with one end T, by iteration where
    ends or starts differ (MIL-HDBK-189C; Crow 1975, AMSAA TR-138). unbiased: β = (m − 1)/ΣΣ ln(T/t) over the m
    failures counted, (n − 1)/n of the MLE for one system time-truncated and (n − 2)/n failure-truncated, and λ to
    match; NIST calls it modified. The bounds are the same either way.

    Bounds, two-sided. β: 2mβ/β̂ is χ² with 2m degrees of freedom, m = n time-truncated, n − 1 failure-truncated, summed
    over systems; exact, also where ends and rates differ. MTBF at the end: exact by `crow_mtbf_factors` for one end, or
    one system failure-truncated; several systems failure-truncated by a generalised pivot. Cumulative MTBF: exact by
    `mtbf_bounds`. Bounds time-truncated rest on a number that is whole and hold more often than their level: 90 % ones of
    the MTBF in 95.6, 93.8 and 92.4 % with 5, 10 and 30 failures expected; failure-truncated, and those of β either way, in
    90 %. Otherwise (late starts, differing ends, other ages) by the modified signed root r*, within a percent or two of its
    level from 5 failures on; watched from late starts only, β has the lower bound 0 where the data exclude no small β. A
    one-sided bound of 95 % is that of confidence=0.90. ReliaWiki and RGA print "Crow bounds" of β from D factors that divide by n −
    1 and n − 2 once more and cover 84.7 % at a nominal 90 %, and Fisher bounds besides.

    fit: Crow's Cramér–von Mises statistic of all t/T with the unbiased β; its p-value from simulation, no answer with
    late starts. Source of all: Crow 1974, 1975, 1982; MIL-HDBK-189A/C; Rigdon and Basu 2000, ch. 4–5.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    data = Systems.of(times, end, system, start, group)
    law = PowerLaw(data)
    beta, mle, reason = estimate_beta(law, unbiased)
    known = reason == ""
    at = law.oldest if age is None else _ages(age, data.group.count)
    failures = law.n.astype(np.int64)
    log_lambda = _log_lambda(law, beta)
    beta_low, beta_high, beta_method = _beta_bounds(law, confidence, known)
    mtbf = np.exp((1 - beta) * np.log(at) - log_lambda - np.log(beta))
    mtbf_low, mtbf_high, mtbf_method = _mtbf_bounds(law, mle, at, confidence, known)

    def estimate(value: Floats, low: Floats, high: Floats, method: str) -> Estimate:
        return Estimate(
            n=failures,
            method=method,
            confidence=confidence,
            reason=reason,
            value=np.where(known, value, np.nan),
            low=np.where(known, low, np.nan),
            high=np.where(known, high, np.nan),
        )

    result = CrowAmsaa(
        n=failures,
        method="Crow-AMSAA, " + ("unbiased" if unbiased else "MLE"),
        confidence=confidence,
        reason=reason,
        systems=systems_by_group(data),
        fit=_cramer_von_mises(law, reason),
        **curve(
            beta=estimate(beta, beta_low, beta_high, beta_method),
            log_lambda=log_lambda,
            age=at,
            mtbf=estimate(mtbf, mtbf_low, mtbf_high, mtbf_method),
            cumulative_mtbf=_cumulative_mtbf(law, confidence, reason),
        ),
    )
    return result if group is not None else result[0]


@dataclass(frozen=True, eq=False, kw_only=True)
class CommonBeta(Result):
    """Whether systems share one β. n: failures counted; systems: those with any. statistic: Bartlett-corrected."""

    systems: Values
    statistic: Values
    df: Values
    p_value: Values
    uncorrected: Values
    beta: Values


def common_beta_test(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike,
    group: ArrayLike | None = None,
) -> CommonBeta:
    """Do these systems age alike, so that one β may be fitted to all of them? (Their λ may differ.)

    Arguments as `crow_amsaa`, watched from age 0. The likelihood ratio 2(Σ m ln β̂ − m. ln β̂.) over systems with m
    failures counted, divided by 1 + (Σ 1/m − 1/m.)/(6(k − 1)), is χ² with k − 1 degrees of freedom for k systems that
    share one β. A small p_value speaks against it. Source: AMSAA TR-138 (Crow 1975); Bartlett 1937; mcotear's
    `common_beta`.
    """
    data = Systems.of(times, end, system, None, group)
    law = PowerLaw(data)
    by_system = Groups(data.system, data.end.size)
    m = by_system.sum(data.counted)
    ratio = np.log(data.end[data.system] / data.times)
    logs = by_system.sum(np.where(data.counted, ratio, 0.0))
    total, k = law.counted, data.group.sum(m > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(m > 0, xlogy(m, m / logs), 0.0)
        beta = total / law.log_ratio_sum
        uncorrected = 2 * (data.group.sum(own) - xlogy(total, beta))
        inverse = data.group.sum(np.where(m > 0, 1 / m, 0.0)) - 1 / total
        statistic = uncorrected / (1 + inverse / (6 * (k - 1)))
    flat = data.group.sum((m > 0) & (logs <= 0)) > 0
    reason = why_too_few(data, k.astype(np.int64), 2, (flat, Reason.NO_VARIATION))
    known = reason == ""
    result = CommonBeta(
        n=total.astype(np.int64),
        method="likelihood ratio with Bartlett's correction",
        reason=reason,
        systems=k.astype(np.int64),
        statistic=np.where(known, statistic, np.nan),
        df=np.maximum(k.astype(np.int64) - 1, 0),
        p_value=np.where(known, chdtrc(np.maximum(k - 1, 1), np.where(known, statistic, 0.0)), np.nan),
        uncorrected=np.where(known, uncorrected, np.nan),
        beta=np.where(known, beta, np.nan),
    )
    return result if group is not None else result[0]


def estimate_beta(law: PowerLaw, unbiased: bool) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """By group: the β to report, that of largest likelihood, and why there is none."""
    n, m = law.n, law.counted
    mle = law.beta()
    beta = mle
    if unbiased:
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = np.where(law.late_start, mle * (m - 1) / n, (m - 1) / law.log_ratio_sum)
    reason = why_too_few(
        law.data,
        n.astype(np.int64),
        LEAST,
        (m < (LEAST if unbiased else 1), Reason.TOO_FEW),
        (law.log_ratio_sum <= 0, Reason.NO_VARIATION),
        (np.isnan(mle), Reason.NOT_CONVERGED),
    )
    known = reason == ""
    return np.where(known, beta, np.nan), np.where(known, mle, np.nan), reason


def _ages(age: ArrayLike, groups: int) -> Floats:
    ages = np.asarray(age, dtype=np.float64)
    if ages.ndim > 1 or (ages.ndim and ages.size != groups) or not np.all((ages > 0) & np.isfinite(ages)):
        raise ValueError(f"age must be above 0, one number or one per group ({groups})")
    return np.array(np.broadcast_to(ages, groups))


def _log_lambda(law: PowerLaw, beta: Floats) -> Floats:
    """By group: ln λ, so that as many failures are expected as there were."""
    with np.errstate(divide="ignore", invalid="ignore"):
        integral, _, _ = law.watched.total(np.where(np.isnan(beta), 1.0, beta))
        return np.asarray(np.log(law.n / integral / beta) - beta * law.log_oldest)


def _beta_bounds(law: PowerLaw, confidence: float, known: Bools) -> tuple[Floats, Floats, str]:
    outside = (1 - confidence) / 2
    df = 2 * np.maximum(law.counted, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = chdtri(df, 1 - outside) / (2 * law.log_ratio_sum)
        high = chdtri(df, outside) / (2 * law.log_ratio_sum)
    late = law.late_start & known
    if late.any():
        late_low, late_high = law.beta_bounds(confidence, late)
        low, high = np.where(late, late_low, low), np.where(late, late_high, high)
    return low, high, "r*, given the counts" if late.any() and late[known].all() else "exact, chi-square pivot"


def _mtbf_bounds(law: PowerLaw, mle: Floats, at: Floats, confidence: float, known: Bools) -> tuple[Floats, Floats, str]:
    data = law.data
    stopped = data.group.sum(data.stopped & (data.end > data.start))
    k = systems_by_group(data)
    at_end = known & law.one_end & (at == law.oldest)
    time, failure = at_end & (stopped == 0), at_end & (stopped == 1) & (k == 1)
    several = known & (stopped == k) & ~law.late_start & ~failure
    other = known & ~time & ~failure & ~several
    low, high = np.full(known.size, np.nan), np.full(known.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        center = k * at / (law.n * mle)
    exact: tuple[tuple[Bools, Truncation], ...] = ((time, "time"), (failure, "failure"))
    for where, truncation in exact:
        if where.any():
            factors = crow_mtbf_factors(law.n[where], truncation=truncation, confidence=confidence)
            low[where], high[where] = (factor * center[where] for factor in factors)
    if several.any():
        log_low, log_high = law.log_intensity_pivot(np.log(at), confidence, several)
        low, high = np.where(several, at / np.exp(log_high), low), np.where(several, at / np.exp(log_low), high)
    if other.any():
        log_low, log_high = law.log_intensity_bounds(mle, np.log(at), confidence, other)
        low, high = np.where(other, at / np.exp(log_high), low), np.where(other, at / np.exp(log_low), high)
    names = {
        "exact, Crow 1982": time,
        "exact, product of gammas": failure,
        "generalised pivot": several,
        "r*": other,
    }
    return low, high, "; ".join(name for name, used in names.items() if used.any())


def _cumulative_mtbf(law: PowerLaw, confidence: float, reason: NDArray[np.str_]) -> Estimate:
    """Time watched over failures expected in it: Poisson, or gamma where all systems stopped with a failure."""
    data = law.data
    exposure = data.group.sum(data.end - data.start)
    by_failure = data.group.sum(~data.stopped & (data.end > data.start)) == 0
    time = mtbf_bounds(law.n, exposure, confidence=confidence)
    failure = mtbf_bounds(law.n, exposure, truncation="failure", confidence=confidence)
    known = reason == ""
    return Estimate(
        n=time.n,
        method="exact, chi-square",
        confidence=confidence,
        reason=reason,
        value=np.where(known, time.value, np.nan),
        low=np.where(known, np.where(by_failure, failure.low, time.low), np.nan),
        high=np.where(known, time.high, np.nan),
    )


def _cramer_von_mises(law: PowerLaw, reason: NDArray[np.str_]) -> GoodnessOfFit:
    """Crow's 1/12m + Σ (u^β̄ − (2i − 1)/2m)² of the sorted u = t/T of failures counted, β̄ = (m − 1)/ΣΣ ln(T/t)."""
    data = law.data
    counted = data.counted
    rows = Groups(data.rows.code[counted], data.group.count)
    ratio = (data.times / data.end[data.system])[counted]
    order, first = rows.order(ratio)
    code, m = rows.code[order], law.counted
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = (m - 1) / law.log_ratio_sum
        middle = np.arange(code.size) - first[code] + 0.5
        miss = ratio[order] ** np.nan_to_num(beta[code]) - middle / m[code]
        statistic = 1 / (12 * m) + Groups(code, rows.count).sum(miss**2)
    why = np.where((reason == "") & ((m < 2) | law.late_start), Reason.TOO_FEW.value, reason)
    known = why == ""
    p = np.full(m.size, np.nan)
    p[known] = cramer_von_mises_p(statistic[known], m[known])
    return GoodnessOfFit(
        n=m.astype(np.int64),
        method="Cramér-von Mises",
        reason=why,
        statistic=np.where(known, statistic, np.nan),
        p_value=p,
    )
