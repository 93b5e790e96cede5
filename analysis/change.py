"""When did the failure rate change? One change point with an exact p-value and an exact set of places, or several.

Everything is conditional on the total number of failures of a series: then a series of Poisson counts without a change
is a multinomial with the exposures as weights, and nothing about its rate needs to be known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlog1py, xlogy

from analysis.groups import checked_confidence
from analysis.periods import Periods
from analysis.result import Floats, Ints, Reason, Result, Values, reasons

# Likelihood ratios that are equal on paper differ by rounding.
_ROUNDING = 1e-9
# Numbers held at once in one array of the exact computation: 16 MB.
_NUMBERS_AT_ONCE = 2_000_000
# Beyond so many failures × statistic the exact computation takes minutes, and there the answer is beyond doubt: failures
# are then counted in batches, as large as leave a statistic of 60, of which p is below 1e-11.
_MOST, _BEYOND_DOUBT = 2_000_000, 60.0
# A count whose likelihood ratio is not above this has a Poisson probability above 1e-220: no number gets lost in products.
_SURE = 1_000.0


@dataclass(frozen=True, eq=False, kw_only=True)
class ChangePoint(Result):
    """One change: n failures; `at` is the position (from 0) of the first period with the new rate.

    low … high: the span of the places that the data do not exclude, at the level of confidence. before, after: the
    rates; ratio = after/before, missing where `before` is 0. statistic: twice the log likelihood ratio of a change
    there against none. p_value: the chance of one as large at any place when nothing changed. Places are −1 (None for
    one series) where there is no answer.
    """

    at: Values
    low: Values
    high: Values
    before: Values
    after: Values
    ratio: Values
    statistic: Values
    p_value: Values


def change_point(count: ArrayLike, exposure: ArrayLike | None = None, *, confidence: float = 0.95) -> ChangePoint:
    """Did the failure rate change at some time, when, and from what to what?

    count: failures by period, one series (periods,) or a matrix (cells, periods); exposure: what they arose from (None:
    alike in every period). Periods that are NaN or were not exposed carry no information.

    The place is that of the largest likelihood ratio over all places (the first of several). The p-value is the exact
    conditional probability of a ratio as large somewhere, given the total; there is no simulation and no asymptotics.
    The set of places inverts, for each place, the exact test that the change is there (Worsley 1986, Biometrika 73:91),
    given the failures before and after it: it covers the true place with at least the stated confidence. Its ends are
    returned.

    Assumes Poisson counts with at most one change; overdispersed counts find changes that are none. The cost for each
    series is periods × n × the statistic; where that product exceeds 2 million and the statistic 60, failures are counted
    in batches, whose p-value and places say less than the failures would, never more. Raises ValueError for a confidence outside (0, 1) and as `Periods.of`.
    """
    checked_confidence(confidence)
    periods = Periods.of(count, exposure)
    if (periods.count != np.round(periods.count)).any():
        raise ValueError("count must hold whole numbers")
    statistic, at = largest_ratio(periods.count, periods.exposure)
    n = periods.count.sum(axis=1)
    exposed = periods.known.sum(axis=1)
    answer = (n > 0) & (at >= 0)
    p, low, high = (np.full(len(n), v) for v in (np.nan, -1.0, -1.0))
    counted, weight = _in_batches(periods.count, periods.exposure, n, statistic)
    for part in _parts(np.flatnonzero(answer), counted.sum(axis=1), weight):
        p[part], low[part], high[part] = _exactly(counted[part], periods.exposure[part], weight[part], 1 - confidence)
    low, high = np.where(answer, np.minimum(low, at), -1.0), np.where(answer, np.maximum(high, at), -1.0)
    y, e = np.cumsum(periods.count, axis=1), np.cumsum(periods.exposure, axis=1)
    last = np.maximum(at - 1, 0)[:, None]
    y_before, e_before = (np.take_along_axis(v, last, axis=1)[:, 0] for v in (y, e)) if y.shape[1] else (n, n)
    before, after, ratio = (np.full(len(n), np.nan) for _ in range(3))
    np.divide(y_before, e_before, out=before, where=answer)
    np.divide(n - y_before, periods.exposure.sum(axis=1) - e_before, out=after, where=answer)
    np.divide(after, before, out=ratio, where=answer & (before > 0))
    found = ChangePoint(
        n=n.astype(np.int64), method="Poisson likelihood ratio, exact given the total", confidence=confidence,
        reason=reasons(
            len(n), (~periods.exposed, Reason.NO_EXPOSURE),
            (exposed == 0, Reason.NO_DATA), (n == 0, Reason.NO_EVENTS), (exposed < 2, Reason.TOO_FEW)
        ),
        at=np.where(answer, at, -1), low=low.astype(np.int64), high=high.astype(np.int64), before=before, after=after,
        ratio=ratio, statistic=np.where(answer, statistic, np.nan), p_value=p,
    )  # fmt: skip
    if not periods.single:
        return found
    one = found[0]
    return one if answer[0] else replace(one, at=None, low=None, high=None)


def largest_ratio(
    count: Floats, exposure: Floats, since: int = 1, *, only: Literal["rise", "fall"] | None = None
) -> tuple[Floats, Ints]:
    """Per row, twice the largest log likelihood ratio of a change and the place of it, from `since` on; −1 where none.

    count, exposure: (cells, periods), both 0 where not known. only: changes to a higher (lower) rate.
    """
    cells, width = count.shape
    if width <= since:
        return np.zeros(cells), np.full(cells, -1)
    y, e = np.cumsum(count, axis=1), np.cumsum(exposure, axis=1)
    total, all_exposed = y[:, -1:], e[:, -1:]
    ratio = _likelihood_ratio(y[:, since - 1 : -1], e[:, since - 1 : -1], total, all_exposed)
    # A change in a period that was not exposed cannot be told from one in the next.
    possible = (e[:, since - 1 : -1] > 0) & (e[:, since - 1 : -1] < all_exposed) & (exposure[:, since:] > 0)
    if only:
        higher_after = y[:, since - 1 : -1] * all_exposed < total * e[:, since - 1 : -1]
        possible &= higher_after if only == "rise" else ~higher_after
    ratio = np.where(possible, ratio, -1.0)
    best = np.argmax(ratio > ratio.max(axis=1, keepdims=True) - _ROUNDING, axis=1)
    found = possible.any(axis=1)
    return np.maximum(ratio.max(axis=1), 0.0), np.where(found, best + since, -1)


def _likelihood_ratio(y: Floats, e: Floats, total: Floats, exposed: Floats) -> Floats:
    """Twice the log likelihood ratio of two rates, y/e before and the rest after, against one."""
    share = np.divide(e, exposed, out=np.zeros(np.broadcast_shapes(e.shape, exposed.shape)), where=exposed > 0)
    inner = (share > 0) & (share < 1)
    share = np.where(inner, share, 0.5)
    rest = total - y
    ratio = xlogy(y, y / share) + xlogy(rest, rest / (1 - share)) - xlogy(total, total)
    return np.where(inner, np.maximum(2 * ratio, 0.0), 0.0)


def _in_batches(count: Floats, exposure: Floats, n: Floats, statistic: Floats) -> tuple[Floats, Floats]:
    """The counts, and the statistic, of batches of failures where there are too many to count one by one."""
    wanted = np.ceil(np.sqrt(n * statistic / _MOST))
    batch = np.maximum(np.minimum(wanted, np.floor(statistic / _BEYOND_DOUBT)), 1.0)[:, None]
    if (batch == 1).all():
        return count, statistic
    counted = np.diff(np.floor(np.cumsum(count, axis=1) / batch), axis=1, prepend=0.0)
    return counted, np.where(batch[:, 0] > 1, largest_ratio(counted, exposure)[0], statistic)


def _parts(rows: Ints, n: Floats, statistic: Floats) -> list[Ints]:
    """The rows in parts of similar size, each such that it fits into memory."""
    # 2n·KL(s/n, w) ≥ 4n(s/n − w)²: no more counts than these are below the statistic at any place.
    states = np.minimum(np.sqrt(statistic * n) + 3, n + 1)
    rows = rows[np.argsort(states[rows], kind="stable")]
    parts = []
    while rows.size:
        size = np.arange(1, rows.size + 1) * states[rows] ** 2
        take = max(1, int(np.searchsorted(size, _NUMBERS_AT_ONCE, side="right")))
        parts.append(rows[:take])
        rows = rows[take:]
    return parts


def _exactly(count: Floats, exposure: Floats, statistic: Floats, alpha: float) -> tuple[Floats, Floats, Floats]:
    """p-value and first and last place of the confidence set, for rows with at least one failure.

    The exact distribution of the largest ratio, as that of a boundary crossing: the likelihood ratio of a place depends
    on the data only by the count up to there, and the counts up to each place are a Markov chain.
    """
    forward = _staying(count, exposure, statistic)
    backward = _staying(count[:, ::-1], exposure[:, ::-1], statistic)[:, ::-1]
    p = 1 - forward[:, -1]
    # A place between t − 1 and t: those before it stay below and those after it too, given the count up to it.
    chance = 1 - forward[:, :-1] * backward[:, 1:]
    y, e = np.cumsum(count, axis=1), np.cumsum(exposure, axis=1)
    ratio = _likelihood_ratio(y[:, :-1], e[:, :-1], y[:, -1:], e[:, -1:])
    possible = (e[:, :-1] > 0) & (e[:, :-1] < e[:, -1:]) & (exposure[:, 1:] > 0)
    inside = possible & ((chance > alpha) | (ratio > statistic[:, None] - _ROUNDING))
    width = inside.shape[1]
    return np.clip(p, 0.0, 1.0), inside.argmax(axis=1) + 1.0, width - inside[:, ::-1].argmax(axis=1) + 0.0


def _staying(count: Floats, exposure: Floats, statistic: Floats) -> Floats:
    """(cells, periods): the chance, given the count up to each period, that no place before had a ratio as large.

    Given s failures up to a period, those up to the one before are binomial with its share of the exposure: from the
    chance for each s there follows the chance for each s here. Only an s whose ratio is not above the observed one
    matters.
    """
    y, e = np.cumsum(count, axis=1), np.cumsum(exposure, axis=1)
    total, exposed = y[:, -1:], e[:, -1:]
    counts = np.arange(float(total.max()) + 1)
    log_factorial = gammaln(counts + 1)
    result = np.ones(count.shape)
    states, stays = np.zeros((len(count), 1), dtype=np.int64), np.ones((len(count), 1))
    for t in range(count.shape[1]):
        ratio = _likelihood_ratio(counts, e[:, t : t + 1], total, exposed)
        so_far = e[:, t : t + 1]
        # Before any exposure nothing has failed, after the last of it everything has.
        certain = np.where(so_far > 0, total, 0.0)
        place = (so_far > 0) & (so_far < exposed)
        open_to = np.where(place, (counts <= total) & (ratio <= statistic[:, None] + _ROUNDING), counts == certain)
        first = open_to.argmax(axis=1)[:, None]
        now = first + np.arange(int(open_to.sum(axis=1).max()))
        inside = now < counts.size
        now = np.minimum(now, counts.size - 1)
        share = np.divide(so_far - exposure[:, t : t + 1], so_far, out=np.zeros((len(e), 1)), where=so_far > 0)
        share = np.maximum(share, 0.0)
        if statistic.max() > _SURE:
            stays = _come_from_far(states, now, share, log_factorial, stays)
        else:
            mean = total * np.divide(so_far, exposed, out=np.zeros((len(e), 1)), where=exposed > 0)
            stays = _come_from(states[:, :1], first, now, mean, share, log_factorial, stays)
        here = (y[:, t : t + 1] - first).astype(np.int64)
        result[:, t] = np.take_along_axis(stays, here, axis=1)[:, 0]
        ratio = np.take_along_axis(ratio, now, axis=1)
        reached = place & (ratio > statistic[:, None] - _ROUNDING)
        stays = np.where(inside & (now <= total) & ~reached, stays, 0.0)
        states = now
    return result


def _come_from(
    before: Ints, first: Ints, now: Ints, mean: Floats, share: Floats, log_factorial: Floats, stays: Floats
) -> Floats:
    """Σ over the counts before of Binomial(now, share) at it times what was there; `before` and `first` begin the counts.

    Binomial(s; share) at r is Poisson(r; share·m)·Poisson(s − r; (1 − share)·m) ÷ Poisson(s; m), for any m: a convolution,
    and no exponential for each pair. With the mean of the count as m no factor is too small.
    """

    def poisson(k: Ints, m: Floats) -> Floats:
        known = np.clip(k, 0, log_factorial.size - 1)
        return np.where(known == k, np.exp(xlogy(known, m) - m - log_factorial[known]), 0.0)

    width = stays.shape[1]
    weight = poisson(before + np.arange(width), share * mean) * stays
    rest = poisson(first - before + np.arange(1 - width, now.shape[1]), (1 - share) * mean)
    sums = np.einsum("ijk,ik->ij", sliding_window_view(rest, width, axis=1), weight[:, ::-1])
    whole = poisson(now, mean)
    come: Floats = np.minimum(np.divide(sums, whole, out=np.zeros(now.shape), where=whole > 0), 1.0)
    return come


def _come_from_far(before: Ints, now: Ints, share: Floats, log_factorial: Floats, stays: Floats) -> Floats:
    """The same in logarithms, pair by pair."""
    constant = xlogy(before, share) - log_factorial[before]
    rest = now[:, :, None] - before[:, None, :]
    log_chance = xlog1py(np.maximum(rest, 0), -share[:, :, None]) - log_factorial[np.maximum(rest, 0)]
    log_chance += constant[:, None, :] + log_factorial[now][:, :, None]
    chance = np.where(rest >= 0, np.exp(np.minimum(log_chance, 0.0)), 0.0)
    come: Floats = np.minimum(np.einsum("ijk,ik->ij", chance, stays), 1.0)
    return come


@dataclass(frozen=True, eq=False, kw_only=True)
class ChangePoints(Result):
    """Several changes in one series: `at` are the positions (from 0) of the first periods of each new rate, `rates` the
    rates, one more than changes, `penalty` what each change had to be worth in twice the log likelihood."""

    at: Ints
    rates: Floats
    penalty: float


def change_points(count: ArrayLike, exposure: ArrayLike | None = None, *, penalty: float | None = None) -> ChangePoints:
    """At which times did the failure rate change, when it may have changed several times?

    count, exposure: one series, as `change_point`. penalty: how much twice the log likelihood must rise for each
    change; None is 2 ln(periods), the Bayesian information criterion with rate and place as parameters (R's changepoint
    calls it BIC; its default, MBIC, is stricter, and its segments last two periods at least, here one). The segmentation
    is the best of all, found by PELT.

    Assumes Poisson counts; with overdispersed ones raise the penalty. For one change use `change_point`, which has a
    p-value. Killick, Fearnhead and Eckley (2012), JASA 107:1590. A loop over the periods; each step costs the
    candidates left, few when there are changes and all earlier periods when there are none. Raises ValueError for a
    negative penalty.
    """
    periods = Periods.of(count, exposure)
    if not periods.single:
        raise ValueError("count must be one series; for many at once there is change_point")
    places = np.flatnonzero(periods.known[0])
    y = np.concatenate(([0.0], np.cumsum(periods.count[0, places])))
    e = np.concatenate(([0.0], np.cumsum(periods.exposure[0, places])))
    price = 2 * float(np.log(max(places.size, 1))) if penalty is None else float(penalty)
    if not price >= 0:
        raise ValueError(f"penalty must be at least 0, not {penalty}")
    starts = _best_segments(y, e, price)
    ends = np.append(starts[1:], places.size)
    rates = (y[ends] - y[starts]) / (e[ends] - e[starts]) if places.size else np.zeros(0)
    return ChangePoints(
        n=int(y[-1]), method=f"PELT, penalty {price:.6g}", reason=Reason.NONE if places.size else Reason.NO_DATA,
        at=places[starts[1:]], rates=rates, penalty=price,
    )  # fmt: skip


def _best_segments(y: Floats, e: Floats, price: float) -> Ints:
    """Where the segments start, from the cumulative counts and exposures."""
    periods = len(y) - 1
    best = np.full(periods + 1, -price)
    came_from = np.zeros(periods + 1, dtype=np.int64)
    candidates = np.zeros(1, dtype=np.int64)
    for t in range(1, periods + 1):
        failures, exposed = y[t] - y[candidates], e[t] - e[candidates]
        # Minus twice the log likelihood of one rate, without the terms that all segmentations share.
        cost = best[candidates] - 2 * xlogy(failures, failures / exposed)
        choice = int(np.argmin(cost))
        best[t], came_from[t] = cost[choice] + price, candidates[choice]
        candidates = np.append(candidates[cost <= best[t] + _ROUNDING], t)
    starts = []
    while periods:
        periods = int(came_from[periods])
        starts.append(periods)
    return np.array(starts[::-1] or [0], dtype=np.int64)
