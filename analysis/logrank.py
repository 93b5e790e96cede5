"""Whether groups last equally long: the log-rank test and its family, with strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from analysis.groups import Groups
from analysis.result import Bools, Floats, Ints, Reason, Result
from analysis.running import count_until, running_sum, starts
from analysis.survival import checked

# What an end counts: a power of the survival just before it, or how many were at risk then, or the root of that.
Weight = Literal["survival", "wilcoxon", "tarone-ware"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LogRank(Result):
    """The test of equal survival: `chi2` on `df` degrees of freedom, p its upper tail; None where there is no test.

    By group, shape (G,): size, and the ends observed and expected if all groups were alike, both weighted as `method`
    says (the log-rank test: plain counts). covariance: of observed − expected, shape (G, G).
    """

    n: int
    chi2: float | None
    df: int | None
    p: float | None
    size: Ints
    observed: Floats
    expected: Floats
    covariance: Floats
    rho: float


def log_rank(
    durations: ArrayLike,
    ended: ArrayLike,
    group: ArrayLike,
    *,
    rho: float = 0.0,
    weight: Weight = "survival",
    strata: ArrayLike | None = None,
    entry: ArrayLike | None = None,
) -> LogRank:
    """Do these groups last differently, or is it chance? Two or more groups, right-censored durations.

    durations, ended, entry: shape (n,), as in `kaplan_meier`. group: shape (n,), numbers 0 … G − 1. rho: 0 for the
    log-rank (Mantel–Haenszel) test, which sees best that one hazard is a multiple of the other; 1 for Peto and Peto's
    Wilcoxon, which gives weight to early ends; the weight of an end is the pooled Kaplan–Meier estimate just before it to
    the power rho (Harrington and Fleming 1982, Biometrika 69:553), within each stratum. weight: instead of that power the
    number at risk ("wilcoxon": Gehan's and Breslow's, which SAS, JMP and Minitab print beside the log-rank test; it depends
    on the pattern of censoring) or its square root ("tarone-ware"), Klein and Moeschberger 2003, §7.3. strata: shape (n,), numbers: ends
    are compared only within one stratum. R's survdiff prints the same for each rho, observed and expected weighted alike.

    Assumes that being censored says nothing about the end, in each group. The variance is hypergeometric, so ties are
    allowed for. Some programs print Σ (O − E)²/E, which is smaller than chi2. A group in which no end could be expected
    takes no part in the degrees of freedom. NO_DATA, NO_EVENTS, or NO_PEERS (fewer than two groups with something at risk
    when others ended) where there is no test. O(n log n) time, and memory of ages with ends × G.
    Raises ValueError as `kaplan_meier`, and for group numbers that are none.
    """
    if weight not in get_args(Weight):
        raise ValueError(f"weight must be one of {', '.join(get_args(Weight))}, not {weight}")
    if rho and weight != "survival":
        raise ValueError(f"rho is a power of the survival; weight={weight} has none")
    times, seen, entered = checked(durations, ended, 0.5, entry)
    method = _method(rho, weight, strata is not None)
    groups = Groups.of(group, times.size)
    stratum = Groups.of(strata, times.size)
    if not seen.any():
        return _no_test(groups, rho, method, Reason.NO_EVENTS if times.size else Reason.NO_DATA)
    at_code, died, risk = _tables(times, seen, entered, groups, stratum)
    total, dead = risk.sum(axis=1), died.sum(axis=1)
    if weight == "survival":
        counts = _survival_before(at_code, total, dead, stratum.count) ** rho
    else:
        counts = total if weight == "wilcoxon" else np.sqrt(total)
    share = risk / total[:, None]
    observed = counts @ died
    expected = (counts * dead) @ share
    # d of k ended without looking at the group: hypergeometric. Where all at risk ended there is nothing to choose.
    spread = counts**2 * dead * (total - dead) / np.maximum(total - 1.0, 1.0)
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    part = expected > 0
    df = int(part.sum()) - 1
    chi2 = _quadratic((observed - expected)[part], covariance[np.ix_(part, part)]) if df > 0 else None
    if chi2 is None:
        tables = {"observed": observed, "expected": expected, "covariance": covariance}
        return _no_test(groups, rho, method, Reason.NO_PEERS, **tables)
    return LogRank(
        n=times.size,
        chi2=chi2,
        df=df,
        p=float(chdtrc(df, chi2)),
        size=groups.size(),
        observed=observed,
        expected=expected,
        covariance=covariance,
        rho=rho,
        method=method,
    )


def _tables(
    times: Floats, seen: Bools, entered: Floats | None, groups: Groups, stratum: Groups
) -> tuple[Ints, Floats, Floats]:
    """Per distinct (stratum, age) of ends, ascending: the stratum, and by group how many ended and how many were at risk."""
    ages, rank = np.unique(times[seen], return_inverse=True)
    keys, row = np.unique(stratum.code[seen] * ages.size + rank, return_inverse=True)
    at, at_code = ages[keys % ages.size], keys // ages.size
    shape = (keys.size, groups.count)
    died = np.bincount(row * groups.count + groups.code[seen], minlength=shape[0] * shape[1]).reshape(shape)
    # Each group within each stratum is a group of its own, asked about at each age of the stratum.
    cells = Groups.of(stratum.code * groups.count + groups.code, times.size, stratum.count * groups.count)
    asked = (at_code[:, None] * groups.count + np.arange(groups.count)).ravel()
    ages_asked = np.repeat(at, groups.count)
    gone = count_until(cells.code, times, asked, ages_asked, inclusive=False, count=cells.count)
    if entered is None:
        come = cells.size()[asked]
    else:
        come = count_until(cells.code, entered, asked, ages_asked, inclusive=False, count=cells.count)
    return at_code, died.astype(np.float64), (come - gone).reshape(shape).astype(np.float64)


def _survival_before(code: Ints, total: Floats, dead: Floats, count: int) -> Floats:
    """Kaplan–Meier of all groups together just before each age, within its stratum."""
    start = starts(code, count)
    none_left = dead == total
    step = np.where(none_left, 0.0, np.log1p(-np.where(none_left, 0.0, dead / total)))
    after = np.where(running_sum(none_left, start) > 0.5, 0.0, np.exp(running_sum(step, start)))
    before = np.ones(code.size)
    same = code[1:] == code[:-1]
    before[1:][same] = after[:-1][same]
    return before


def _quadratic(difference: Floats, covariance: Floats) -> float | None:
    """Differences add up to zero, so one group is left out. None where groups were never at risk together."""
    reduced = covariance[:-1, :-1]
    if np.linalg.matrix_rank(reduced, hermitian=True) < len(reduced):
        return None
    return float(difference[:-1] @ np.linalg.solve(reduced, difference[:-1]))


def _method(rho: float, weight: Weight, stratified: bool) -> str:
    names = {"survival": "log-rank test", "wilcoxon": "Gehan-Wilcoxon test", "tarone-ware": "Tarone-Ware test"}
    name = f"G-rho test, rho = {rho:g}" if rho else names[weight]
    return f"stratified {name}" if stratified else name


def _no_test(groups: Groups, rho: float, method: str, reason: Reason, **weighted: Floats) -> LogRank:
    zero = np.zeros(groups.count)
    tables: dict[str, Any] = {"observed": zero, "expected": zero, "covariance": np.zeros((groups.count, groups.count))}
    return LogRank(
        n=groups.code.size,
        chi2=None,
        df=None,
        p=None,
        size=groups.size(),
        **(tables | weighted),
        rho=rho,
        method=method,
        reason=reason,
    )
