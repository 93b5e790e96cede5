"""Does a repairable system fail more often as it ages, or less often? Tests of "no trend".

All tests take the same data (see `analysis.repairable.Systems`): one system, several systems pooled into one answer, or
many groups at once. They differ in what "no trend" means and against which trend they are strongest:

| test | no trend means | strongest against |
| --- | --- | --- |
| `laplace_trend` | failures at a constant rate (HPP) | a log-linear intensity exp(a + bt) |
| `mil_hdbk_189_trend` | failures at a constant rate (HPP) | a power law λβt^(β−1) |
| `anderson_darling_trend` | failures at a constant rate (HPP) | also trends that turn, such as a bathtub |
| `lewis_robinson_trend` | times between failures alike, of any distribution (renewal process) | a monotonic trend |
| `reverse_arrangement_trend` | times between failures alike, of any distribution | a monotonic trend |

The first three also reject a renewal process without any trend whose times between failures are not exponential: use
one of the last two before fitting a distribution to times between repairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtr, chdtrc, ndtr

from analysis.groups import Groups
from analysis.repairable import Systems
from analysis.result import Bools, Floats, Ints, Reason, Result, Values, reasons

Alternative: TypeAlias = Literal["two-sided", "deteriorating", "improving"]

LEAST = 3  # failures that a test of trend counts at least; two points always make a line


class Direction(StrEnum):
    """Where the reliability goes."""

    UNKNOWN = ""
    IMPROVING = "improving"  # failures come ever less often
    DETERIORATING = "deteriorating"  # failures come ever more often
    NONE = "no trend"  # as a verdict: the data do not reject a constant rate


@dataclass(frozen=True, eq=False, kw_only=True)
class Trend(Result):
    """The answer of a test of trend.

    n: the failures (or times between them) that the test counted. statistic, p_value: as `method` says. df: degrees of
    freedom, of the MIL-HDBK-189 test only. direction: to which side the data lean, however weakly. verdict: that
    direction where p_value ≤ 1 − confidence, "no trend" otherwise, which never proves that there is none.
    """

    statistic: Values
    p_value: Values
    direction: Values
    verdict: Values
    df: Values = None


def laplace_trend(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    start: ArrayLike | None = None,
    group: ArrayLike | None = None,
    ttt: bool = False,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
) -> Trend:
    """Do failures lie later in the time watched than a constant rate would put them?

    times, end, system, start, group: see `analysis.repairable.Systems`; ages at failure in any unit, the end of
    watching left out where it is the last failure. The statistic is positive when failures come ever more often
    (deteriorating): Σ (t − (S + T)/2) / √(Σ m (T − S)²/12) over systems watched from S to T with m failures counted,
    standard normal when the rate of each system is constant. Where watching stopped with the last failure, that one is
    not counted.

    ttt: place failures on the total time on test of the group instead. That assumes that its systems fail at one common
    rate, and is then the stronger test; the default lets every system have a rate of its own. alternative: "two-sided",
    or the one-sided "deteriorating" or "improving". Fewer than 3 failures counted have no answer. Raises ValueError for
    failures outside the time watched.

    Source: Cox and Lewis 1966; NIST/SEMATECH e-Handbook 8.2.3.4; for several systems Kvaløy and Lindqvist 1998. NIST
    looks up one side only, mcotear and Minitab print two-sided p-values as here. Some tools count the last failure
    although it ended the watching; its position is 1 by definition, which biases the test towards deteriorating.
    """
    data = Systems.of(times, end, system, start, group)
    place, weight, code = _positions(data, ttt)
    score, variance = code.sum(weight * (place - 0.5)), code.sum(weight**2) / 12
    with np.errstate(divide="ignore", invalid="ignore"):
        z = score / np.sqrt(variance)
    tails = Tails(deteriorating=ndtr(-z), improving=ndtr(z))
    return _trend(data, code.size(), z, tails, "Laplace" + _pooling(ttt), alternative, confidence, group)


def mil_hdbk_189_trend(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    start: ArrayLike | None = None,
    group: ArrayLike | None = None,
    ttt: bool = False,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
) -> Trend:
    """Do failures follow a power law of age (Crow-AMSAA) rather than a constant rate?

    Arguments as `laplace_trend`. The statistic 2 Σ ln((T − S)/(t − S)) is exactly χ² with df = 2 × the failures counted
    when the rate of each system is constant: 2n time-truncated, 2(n − 1) failure-truncated. Large means improving. The
    two-sided p-value is twice the smaller tail. Against β ≠ 1 it decides as the bounds of β in `crow_amsaa` do.

    Source: MIL-HDBK-189 (1981); NIST/SEMATECH e-Handbook 8.2.3.4; for several systems Kvaløy and Lindqvist 1998.
    """
    data = Systems.of(times, end, system, start, group)
    place, _, code = _positions(data, ttt)
    n = code.size()
    statistic = 2 * code.sum(-np.log(place))
    lower, upper = chdtr(2.0 * n, statistic), chdtrc(2.0 * n, statistic)
    return _trend(
        data,
        n,
        statistic,
        Tails(deteriorating=lower, improving=upper),
        "MIL-HDBK-189" + _pooling(ttt),
        alternative,
        confidence,
        group,
        df=2 * n,
    )


def anderson_darling_trend(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    start: ArrayLike | None = None,
    group: ArrayLike | None = None,
    ttt: bool = False,
    confidence: float = 0.95,
) -> Trend:
    """Do failures come at anything but a constant rate, be it ever more often, ever less, or now this and now that?

    Arguments as `laplace_trend`. The statistic is Anderson and Darling's A² of the positions of the failures in (0, 1),
    uniform when the rate of each system is constant. A failure at the very end has no logarithm and is not counted. The
    test has no side; `direction` says whether failures lie early or late on average.

    The p-value is that of the limit for many failures (Anderson and Darling 1954), within 0.005 of the exact one for p
    ≤ 0.1 from 3 failures on; mcotear adds a correction for n by Marsaglia and Marsaglia (2004) whose error exceeds it
    in the far tail. mcotear always places failures on the total time on test (`ttt=True`), the same where all systems
    end together. Source: Kvaløy and Lindqvist 1998, Reliability Engineering and System Safety 60; Marsaglia and
    Marsaglia 2004.
    """
    data = Systems.of(times, end, system, start, group)
    place, _, code = _positions(data, ttt)
    inside = place < 1
    place, code = place[inside], Groups(code.code[inside], code.count)
    order, first = code.order(place)
    place, n = place[order], code.size()
    rank = np.arange(place.size) - first[code.code[order]]
    mirrored = first[code.code[order]] + n[code.code[order]] - 1 - rank
    terms = (2 * rank + 1) * (np.log(place) + np.log1p(-place[mirrored]))
    sums = Groups(code.code[order], code.count).sum
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = -n - sums(terms) / n
        late = sums(place) / n > 0.5
    p = _anderson_darling_tail(np.where(n > 0, statistic, 1.0))
    method = "Anderson-Darling" + _pooling(ttt)
    return _trend(data, n, statistic, Tails(two_sided=p, late=late), method, "two-sided", confidence, group)


def lewis_robinson_trend(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    start: ArrayLike | None = None,
    group: ArrayLike | None = None,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
) -> Trend:
    """Do times between failures grow shorter or longer with age, whatever their distribution?

    Arguments as `laplace_trend`. For one system the statistic is Laplace's divided by the coefficient of variation
    (standard deviation with n − 1, over the mean) of its n complete times between failures. Its p-value is normal,
    failure-truncated as it stands; time-truncated the time still open after the last failure counts in the coefficient
    of variation as one more, as without it (as in other tools) 10 times between failures that are Weibull of shape 0.5,
    2 and 5 reject in 12, 10 and 30 % of cases instead of 5, 6 and 10. For a group of several systems that failed: the
    same comparison within each system, Σ over systems of (sum of ages − its mean over all orders of the times between
    failures) over the root of the summed variance over all orders, which is exact whatever the systems' distributions
    are and for however few failures each had. n counts the times between failures.

    Source: Lewis and Robinson 1974; Lawless and Thiagarajah 1996; NIST e-Handbook 8.2.3.4 has Laplace only. Equal times
    between failures have no spread to compare with: reason "no_variation".
    """
    data = Systems.of(times, end, system, start, group)
    by_system = Groups(data.system, data.end.size)
    n, gaps = data.failures.astype(np.float64), data.gaps
    place, weight, code = _positions(data, ttt=False)
    total = data.group.sum
    with np.errstate(divide="ignore", invalid="ignore"):
        laplace = code.sum(weight * (place - 0.5)) / np.sqrt(code.sum(weight**2) / 12)
        mean = np.where(n > 0, by_system.sum(gaps) / n, 0.0)
        squares = by_system.sum((gaps - mean[data.system]) ** 2)
        # Within rounding of equal gaps: their squares are then noise of the subtraction.
        squares[squares <= 1e-20 * n * mean**2] = 0.0
        statistic = laplace / np.sqrt(total(np.where(n > 0, squares / (n - 1), 0.0)) / total(mean) ** 2)

        # Time-truncated, the time still open is one more part of the time watched.
        parts = n + ~data.stopped
        part = np.where(n > 0, (data.end - data.start) / parts, 0.0)
        still = np.where(data.stopped, part, data.end - data.start - by_system.sum(gaps))
        spread = by_system.sum((gaps - part[data.system]) ** 2) + (still - part) ** 2
        alone = laplace / np.sqrt(total(np.where(n > 0, spread / (parts - 1), 0.0)) / total(part) ** 2)

        # Ages at the failures before the last are Σ (n − k) x_k over times between failures x_k, k = 1 … n.
        later = n[data.system] - 1 - _index_in(by_system, data.system)
        ages = by_system.sum(later * (gaps - mean[data.system]))
        several = total(ages) / np.sqrt(total(n * (n + 1) * np.where(n > 1, squares, 0) / 12))
    pooled = total(n > 0) > 1
    z = np.where(pooled, several, alone)
    count = total(np.where(n > 1, n, 0)).astype(np.int64)
    return _trend(
        data,
        count,
        np.where(pooled, several, statistic),
        Tails(deteriorating=ndtr(-z), improving=ndtr(z)),
        "Lewis-Robinson",
        alternative,
        confidence,
        group,
        flat=(total(squares > 0) == 0) & (count >= LEAST),
    )


def reverse_arrangement_trend(
    times: ArrayLike,
    end: ArrayLike | None = None,
    *,
    system: ArrayLike | None = None,
    start: ArrayLike | None = None,
    group: ArrayLike | None = None,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
) -> Trend:
    """How often is a later time between failures longer than an earlier one?

    Arguments as `laplace_trend`. The statistic R counts the pairs of times between failures of one system of which the
    later is longer; half of all pairs is expected when they are alike, of any distribution. Large means improving. A
    pair of equal ones adds nothing to R, as NIST counts, and ½ to what the p-value is taken of. n counts the times
    between failures; the open one after the last failure is not used.

    The p-value is exact (all orders equally likely) for one system with up to 50 times between failures and no equal
    ones, else by the normal approximation with continuity correction and the variance that ties leave, which for
    several systems with 3 failures each rejects 2 … 4 % instead of 5 %. The two-sided one is twice the smaller tail.
    Source: Kendall 1938 and Mann 1945; NIST/SEMATECH e-Handbook 8.2.3.4, which tabulates one side. O(n log n).
    """
    data = Systems.of(times, end, system, start, group)
    n = data.failures.astype(np.float64)
    falls, ties, tied_variance = _falls_and_ties(data)
    pairs = n * (n - 1) / 2
    total = data.group.sum
    rises = total(pairs - falls - ties / 2)
    variance = total(n * (n - 1) * (2 * n + 5) / 72 - tied_variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        z_more = (rises - 0.5 - total(pairs) / 2) / np.sqrt(variance)
        z_less = (rises + 0.5 - total(pairs) / 2) / np.sqrt(variance)
    improving, deteriorating = ndtr(-z_more), ndtr(z_less)

    counted = np.where(n > 1, n, 0)
    count = total(counted).astype(np.int64)
    exact = (total(counted > 0) == 1) & (total(ties) == 0) & (count <= EXACT_UP_TO)
    for size in np.unique(count[exact]):
        at = exact & (count == size)
        share = _orders_with_rises(int(size))
        upto = np.cumsum(share)
        r = rises[at].astype(np.int64)
        deteriorating[at], improving[at] = upto[r], upto[::-1][r]  # the distribution is symmetric
    flat = (variance == 0) & (count >= LEAST)
    return _trend(
        data,
        count,
        total(pairs - falls - ties),
        Tails(deteriorating=deteriorating, improving=improving),
        "reverse arrangements",
        alternative,
        confidence,
        group,
        flat=flat,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Tails:
    """The probability of data at least this far to each side, or of both sides and where the failures lie."""

    deteriorating: Any = None
    improving: Any = None
    two_sided: Any = None
    late: Any = None


def _positions(data: Systems, ttt: bool) -> tuple[Floats, Floats, Groups]:
    """Of the failures counted: the position in (0, 1], the time that it is a position in, and the group."""
    if ttt:
        place, counts = data.position_in_total_time()
        weight = np.ones(place.size)
    else:
        place, counts = data.position, data.counted
        weight = (data.end - data.start)[data.system]
    return place[counts], weight[counts], Groups(data.rows.code[counts], data.rows.count)


def _pooling(ttt: bool) -> str:
    return ", on total time on test" if ttt else ""


def _trend(
    data: Systems,
    n: Ints,
    statistic: Floats,
    tails: Tails,
    method: str,
    alternative: Alternative,
    confidence: float,
    group: ArrayLike | None,
    *,
    df: Ints | None = None,
    flat: Bools | None = None,
) -> Trend:
    """The answer by group, or the plain one where no groups were asked about."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if alternative not in ("two-sided", "deteriorating", "improving"):
        raise ValueError(f'alternative must be "two-sided", "deteriorating" or "improving", not "{alternative}"')
    if tails.two_sided is not None:
        p, late = tails.two_sided, tails.late
    else:
        both = np.minimum(1.0, 2 * np.minimum(tails.deteriorating, tails.improving))
        p = {"two-sided": both, "deteriorating": tails.deteriorating, "improving": tails.improving}[alternative]
        late = tails.deteriorating < tails.improving
    reason = why_too_few(data, n, LEAST, *(() if flat is None else ((flat, Reason.NO_VARIATION),)))
    known = reason == Reason.NONE
    direction = np.where(late, Direction.DETERIORATING.value, Direction.IMPROVING.value)
    rejected = np.where(known, p, 1.0) <= 1 - confidence
    result = Trend(
        n=n,
        method=method if alternative == "two-sided" else f"{method}, one-sided",
        confidence=confidence,
        reason=reason,
        statistic=np.where(known, statistic, np.nan),
        p_value=np.where(known, p, np.nan),
        direction=np.where(known, direction, Direction.UNKNOWN.value),
        verdict=np.where(known, np.where(rejected, direction, Direction.NONE.value), Direction.UNKNOWN.value),
        df=df,
    )
    return result if group is not None else result[0]


def why_too_few(data: Systems, n: Ints, least: int, *more: tuple[Bools, Reason]) -> Any:
    """By group: why there is no answer from n failures counted, where at least so many are needed."""
    failures = data.group.sum(data.failures)
    watched = data.group.sum(data.end - data.start)
    return reasons(
        n.shape,
        ((watched == 0) & (failures == 0), Reason.NO_DATA),
        (failures == 0, Reason.NO_EVENTS),
        (n < least, Reason.TOO_FEW),
        *more,
    )


def _anderson_darling_tail(a2: Floats) -> Floats:
    """P(A² > a2) for many observations: Anderson and Darling's series (1954), its integral by the trapezoid rule.

    The integrand is analytic and falls like exp(−w²), so that the rule is exact to rounding. Beyond 12 the series
    cancels: there the tail of A² = Σ Z_j²/(j(j + 1)), of which the first term decides, √(3/(πz)) e^(−z), with its first
    correction.
    """
    z = np.clip(a2, 1e-3, 12.0)[:, None]
    step = 0.1
    w = np.arange(0.0, 20.0, step)
    weight = np.where(w == 0, step / 2, step)
    below = np.zeros(a2.size)
    binomial = 1.0
    for j in range(6):
        falloff = (4 * j + 1) ** 2 * np.pi**2 / (8 * z)
        integral = np.exp(z / (8 * (w**2 + 1)) - falloff * (1 + w**2)) @ weight
        below += binomial * (4 * j + 1) * integral
        binomial *= (-0.5 - j) / (j + 1)
    below *= np.sqrt(2 * np.pi) / z[:, 0]
    far = np.maximum(a2, 12.0)
    return np.where(a2 > 12, np.sqrt(3 / (np.pi * far)) * np.exp(-far) * (1 - 0.17 / far), np.clip(1 - below, 0, 1))


EXACT_UP_TO = 50


@cache
def _orders_with_rises(n: int) -> Floats:
    """Of all orders of n different numbers, the share with r rising pairs, r = 0 … n(n − 1)/2."""
    share = np.ones(1)
    for k in range(2, n + 1):
        share = np.convolve(share, np.full(k, 1 / k))
    return share


def _index_in(groups: Groups, code: Ints) -> Ints:
    """0, 1, 2 … within each group, of rows sorted by group."""
    return np.asarray(np.arange(code.size) - (np.cumsum(groups.size()) - groups.size())[code])


def _falls_and_ties(data: Systems) -> tuple[Floats, Floats, Floats]:
    """By system: pairs of gaps of which the later is shorter; equal pairs; what ties take of the variance.

    Falls are counted for all systems in one pass per bit of the rank: among rows that share the higher bits, in their
    order, a 1 before a 0 is a fall. Ranks ascend with the system, so that rows of two systems never make one.
    """
    code, systems = data.system, data.end.size
    # Differences of ages are equal up to rounding of these.
    gaps = np.round(data.gaps / data.end[code], 12)
    order = np.lexsort((gaps, code))
    new = np.append(True, (gaps[order][1:] != gaps[order][:-1]) | (code[order][1:] != code[order][:-1]))[: gaps.size]
    value = np.cumsum(new) - 1
    rank = np.empty(gaps.size, dtype=np.int64)
    rank[order] = value
    owner = code[order][new]
    size = Groups(value, owner.size).size()
    of_owner = Groups(owner, systems)
    ties = of_owner.sum(size * (size - 1) / 2)
    tied_variance = of_owner.sum(size * (size - 1) * (2 * size + 5) / 72)

    falls = np.zeros(systems)
    for bit in reversed(range(int(rank.max()).bit_length() if rank.size else 0)):
        by_prefix = np.argsort(rank >> (bit + 1), kind="stable")
        prefix, one = (rank >> (bit + 1))[by_prefix], (rank[by_prefix] >> bit) & 1
        ones = np.cumsum(one) - one
        begins = np.append(True, prefix[1:] != prefix[:-1])
        before = ones - ones[np.maximum.accumulate(np.where(begins, np.arange(rank.size), 0))]
        falls += Groups(code[by_prefix], systems).sum(np.where(one == 0, before, 0))
    return falls, ties, tied_variance
