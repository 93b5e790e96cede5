"""Did a corrective action work? The failure rate after it against the rate before it, and the verdict.

Failures before and after are counts over an exposure (operating hours, kilometres, unit-months). Given their total, the
count after is binomial with odds ρ × exposure after / exposure before, whatever the failure rate itself is; and given
the count b before, what comes after is negative binomial. All that stands here follows from these two sentences.

Actions are set off by bad periods, and a bad period is followed by a better one even when nothing was done (regression
to the mean). So the window that set the action off may be left out of "before": `trigger_failures` and
`trigger_exposure` are taken off the counts and the exposure before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betainccinv, betaincinv, betaln, gammainc, gammaincinv, xlogy

from analysis.elementwise import smallest
from analysis.groups import as_floats, checked_confidence
from analysis.result import Bools, Estimate, Floats, Reason, Result, Values, reasons

_ENDLESS = 1e9  # an exposure that would bring so many failures is none that anybody waits for


class Verdict(StrEnum):
    """What is known about a corrective action."""

    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"
    TOO_EARLY = "too_early"


@dataclass(frozen=True, eq=False, kw_only=True)
class RateRatio(Estimate):
    """The ratio of the failure rates after/before, with bounds. n: failures before and after together.

    p_less, p_greater: chance of so few (so many) failures after, if the ratio were `null`; p_value: twice the smaller of
    them, which agrees with the interval; p_minlike: the total chance of all outcomes that are no more likely than this one.
    """

    p_value: Values
    p_less: Values
    p_greater: Values
    p_minlike: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class Effectiveness(Result):
    """The verdict on actions. n: failures before and after together.

    ratio: the rate ratio with its interval. power: the chance that an action which reaches the goal would have been shown
    to work with the present exposure. exposure_needed: the exposure after the action from which that chance is at least
    the power asked for, None where the failures before are too few for any exposure to do (reason "too_few");
    exposure_missing: how much of it is still to come, 0 where the verdict stands.
    """

    verdict: Values
    ratio: RateRatio
    goal: Values
    limit: Values
    power: Values
    exposure_needed: Values
    exposure_missing: Values

    def __getitem__(self, index: int) -> Self:
        """The verdict on one action, as a `Verdict`."""
        one = super().__getitem__(index)
        return replace(one, verdict=Verdict(one.verdict))


@dataclass(frozen=True, eq=False)
class Counts:
    """Failures and exposure before and after, one number per action, all of one length."""

    before: Floats
    exposure_before: Floats
    after: Floats
    exposure_after: Floats
    single: bool

    @property
    def exposed(self) -> Bools:
        """Where there is exposure on both sides."""
        return (self.exposure_before > 0) & (self.exposure_after > 0)

    @property
    def factor(self) -> Floats:
        """Exposure before/after: what turns a ratio of counts into a ratio of rates; 1 where one of them is missing."""
        safe = np.where(self.exposed, self.exposure_after, 1.0)
        return np.where(self.exposed, self.exposure_before / safe, 1.0)


def checked_counts(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    failures_after: ArrayLike,
    exposure_after: ArrayLike,
    trigger_failures: ArrayLike = 0,
    trigger_exposure: ArrayLike = 0.0,
) -> Counts:
    """Arrays of one length. Raises ValueError for negative, missing or broken numbers and for other lengths."""
    given = {
        "failures_before": failures_before,
        "exposure_before": exposure_before,
        "failures_after": failures_after,
        "exposure_after": exposure_after,
        "trigger_failures": trigger_failures,
        "trigger_exposure": trigger_exposure,
    }
    known = {name: as_floats(values, name, least=0) for name, values in given.items()}
    for name, values in known.items():
        if "failures" in name and (values != np.floor(values)).any():
            raise ValueError(f"{name} must be whole numbers, found {values[values != np.floor(values)][0]:g}")
    try:
        b, hours_b, a, hours_a, trigger, hours_t = np.broadcast_arrays(*known.values())
    except ValueError:
        lengths = ", ".join(str(v.size) for v in known.values())
        raise ValueError(f"failures and exposures must be of one length, not {lengths}") from None
    if (trigger > b).any() or (hours_t > hours_b).any():
        raise ValueError("the window that set the action off must lie within the time before it")
    return Counts(b - trigger, hours_b - hours_t, a, hours_a, all(np.ndim(v) == 0 for v in given.values()))


def checked_ratio(values: ArrayLike, name: str, size: int) -> Floats:
    """One positive ratio per action. Raises ValueError for others."""
    ratio = as_floats(values, name, above=0)
    if ratio.size not in (1, size):
        raise ValueError(f"{name} must be one number or {size}, not {ratio.size}")
    return np.broadcast_to(ratio, (size,))


def rate_ratio(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    failures_after: ArrayLike,
    exposure_after: ArrayLike,
    *,
    null: ArrayLike = 1.0,
    midp: bool = False,
    trigger_failures: ArrayLike = 0,
    trigger_exposure: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> RateRatio:
    """How does the failure rate after the action compare with the rate before it?

    Counts and exposures (any unit, the same on both sides): numbers for one action, or arrays of shape (actions,).
    null: the ratio that the p-values test, a number or one per action. For trigger_* see the head of this file.

    Assumes that failures come independently at a constant rate on each side (Poisson). The interval is exact: given the
    total, the count after is binomial, and its Clopper–Pearson interval is turned into one for the ratio (Lehmann and
    Romano 2005, §4.5; Nelson 1982, ch. 10 with F quantiles, the same numbers). Being exact for a count it is
    conservative: it covers at least `confidence`. `midp=True` counts only half of the outcome seen (Lancaster 1961), in
    the interval and in all p-values: it covers `confidence` on average, sometimes a little less.

    No failures after: the ratio is 0 and has an upper bound (of level (1 + confidence)/2, as in R). None before: only a
    lower bound, reason "not_bounded". None at all: "no_events"; no exposure on a side: "no_exposure".
    Raises ValueError for negative or broken counts, arrays of other lengths, or a confidence outside (0, 1).

    The interval is that of R's poisson.test, rateratio.test, exactci's "central" and Stata's ir; p_value is
    rateratio.test's and "central", p_minlike is poisson.test's and exactci's "minlike" (which can contradict the
    interval, Fay 2010, R Journal 2(1):53). Stata prints mid-P p-values beside the exact interval, R's epitools the
    median-unbiased estimate beside the mid-P interval, Rothman and episheet a Wald interval.
    """
    counts = checked_counts(
        failures_before, exposure_before, failures_after, exposure_after, trigger_failures, trigger_exposure
    )
    null_ratio = checked_ratio(null, "null", counts.before.size)
    result = _rate_ratio(counts, null_ratio, midp, checked_confidence(confidence))
    return result[0] if counts.single else result


def _rate_ratio(counts: Counts, null: Floats, midp: bool, confidence: float) -> RateRatio:
    tail = (1 - confidence) / 2
    a, b, exposed = counts.after, counts.before, counts.exposed
    n = a + b
    lowest = _midp_odds if midp else _exact_odds
    with np.errstate(divide="ignore"):
        high = np.where(exposed & (b > 0), counts.factor / lowest(b, a, tail), np.nan)
    low = np.where(exposed & (n > 0), counts.factor * lowest(a, b, tail), np.nan)
    value = np.where(exposed & (b > 0), counts.factor * a / np.maximum(b, 1), np.nan)
    p_value, p_less, p_greater, p_minlike = _p_values(counts, null, midp)
    return RateRatio(
        n=n.astype(np.int64),
        method=f"{'mid-P' if midp else 'exact'} conditional (binomial) interval of the rate ratio",
        confidence=confidence,
        reason=reasons(
            n.shape, (~exposed, Reason.NO_EXPOSURE), (n == 0, Reason.NO_EVENTS), (b == 0, Reason.NOT_BOUNDED)
        ),
        value=value,
        low=low,
        high=high,
        p_value=p_value,
        p_less=p_less,
        p_greater=p_greater,
        p_minlike=p_minlike,
    )


def _exact_odds(x: Floats, y: Floats, tail: float) -> Floats:
    """The odds at which x or more of x + y has chance `tail` (Clopper–Pearson's lower bound); 0 where x is 0."""
    some = np.maximum(x, 1)
    # Both the share and its complement from their own inverse: one minus the other would lose digits.
    odds = betaincinv(some, y + 1, tail) / betainccinv(y + 1, some, tail)
    return np.where(x > 0, odds, 0.0)


def _midp_odds(x: Floats, y: Floats, tail: float) -> Floats:
    """The odds at which "more than x, or half of x" of x + y has chance `tail`; 0 where x is 0.

    Newton steps on log chance against log odds. As this function is concave, every step from the left stays left of the
    root: from the exact bound, which is left of it, they rise to it and cannot miss. Cost: at most 60 sweeps, commonly 6.
    """
    some = np.maximum(x, 1)
    n = some + y
    log_odds = np.log(_exact_odds(some, y, tail))
    for _ in range(60):
        share = 1 / (1 + np.exp(-log_odds))
        rest = 1 / (1 + np.exp(log_odds))
        point = _binomial_chance(some, n, share, rest)
        above = np.where(y > 0, betainc(some + 1, np.maximum(y, 1), share), 0.0)
        chance = above + point / 2
        # d P(X ≥ k)/d log odds = k (1 − π) P(X = k), once for k = x and once for k = x + 1
        slope = (some * rest + y * share) * point / 2
        step = (np.log(tail) - np.log(chance)) * chance / slope
        log_odds = log_odds + step
        if np.abs(step).max(initial=0) < 1e-13:
            break
    return np.where(x > 0, np.exp(log_odds), 0.0)


def _binomial_chance(x: Floats, n: Floats, share: Floats, rest: Floats) -> Floats:
    """P(X = x) of n with chance `share` = 1 − `rest`."""
    chance: Floats = np.exp(-np.log(n + 1) - betaln(x + 1, n - x + 1) + xlogy(x, share) + xlogy(n - x, rest))
    return chance


def _p_values(counts: Counts, null: Floats, midp: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """(two-sided, less, greater, two-sided by likelihood); NaN where there is nothing to test."""
    a, b = counts.after, counts.before
    n = a + b
    odds = null / counts.factor
    share, rest = odds / (1 + odds), 1 / (1 + odds)
    half = _binomial_chance(a, n, share, rest) / 2 if midp else 0.0
    less = np.where(b > 0, betainc(np.maximum(b, 1), a + 1, rest), 1.0) - half
    greater = np.where(a > 0, betainc(np.maximum(a, 1), b + 1, share), 1.0) - half
    both = np.minimum(2 * np.minimum(less, greater), 1.0)
    minlike = np.minimum(_no_more_likely(a, n, share, rest), 1.0) - half
    nothing = ~counts.exposed | (n == 0)
    return tuple(np.where(nothing, np.nan, p) for p in (both, less, greater, minlike))  # type: ignore[return-value]


def _no_more_likely(x: Floats, n: Floats, share: Floats, rest: Floats) -> Floats:
    """The chance of all outcomes that are no more likely than x: the tail with x, and the tail beyond the mode."""
    mirrored = x > np.floor((n + 1) * share)
    x = np.where(mirrored, n - x, x)
    share, rest = np.where(mirrored, rest, share), np.where(mirrored, share, rest)
    # As R does: outcomes equally likely but for the last bits count as equally likely.
    most = _binomial_chance(x, n, share, rest) * (1 + 1e-7)
    beyond = smallest(
        lambda k: _binomial_chance(np.clip(k, 0, n), n, share, rest) <= most,
        np.floor((n + 1) * share) - 1,
        n + 1,
        whole=True,
    )
    lower = np.where(x < n, betainc(np.maximum(n - x, 1), x + 1, rest), 1.0)
    inside = np.clip(beyond, 1, n)
    upper = np.where(beyond > n, 0.0, np.where(beyond > 0, betainc(inside, n - inside + 1, share), 1.0))
    return lower + upper


def rate_ratio_power(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    exposure_after: ArrayLike,
    *,
    ratio: ArrayLike = 0.5,
    limit: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> Values:
    """If the action cut the rate to `ratio` times the rate before, how likely would the data show it?

    "Show" means that the upper bound of `rate_ratio` lies below `limit`. Numbers, or arrays of shape (actions,); returned
    likewise. Given b failures over exposure B before, the failures after are negative binomial with size b and chance
    B/(B + ratio × exposure after): the uncertainty of the rate before is part of the answer. (Exact when the time before
    is counted to its b-th failure; else it is the prediction from b and B with the scale-free prior 1/rate.) The textbook's
    power with known rates is a little higher. 0 without failures before. Raises as `rate_ratio`.
    """
    counts = checked_counts(failures_before, exposure_before, 0, exposure_after)
    size = counts.before.size
    power = _power(
        counts,
        checked_ratio(ratio, "ratio", size),
        checked_ratio(limit, "limit", size),
        (1 - checked_confidence(confidence)) / 2,
    )
    return float(power[0]) if counts.single and np.ndim(ratio) == 0 and np.ndim(limit) == 0 else power


def _power(counts: Counts, ratio: Floats, limit: Floats, tail: float) -> Floats:
    b, odds = counts.before, 1 / counts.factor
    some = np.maximum(b, 1)
    able = counts.exposed & (b > 0)
    # The fewest failures after that no longer show it: the chance of so few at the limit is no longer below `tail`.
    too_many = smallest(
        lambda k: betainc(some, np.maximum(k, 0) + 1, 1 / (1 + limit * odds)) >= tail,
        np.full(b.shape, -1.0),
        np.ceil(some * limit * odds) + 1,
        whole=True,
    )
    chance = betainc(some, np.maximum(too_many, 1), 1 / (1 + ratio * odds))
    return np.where(able & (too_many > 0), chance, 0.0)


def exposure_needed(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    *,
    ratio: ArrayLike = 0.5,
    limit: ArrayLike = 1.0,
    power: float = 0.8,
    confidence: float = 0.95,
) -> Values:
    """How much exposure after the action does it take to show an improvement to `ratio`?

    The least exposure from which on `rate_ratio_power` is at least `power`, in the unit of the exposure before. As counts
    are whole, the power falls a little between the exposures at which one more failure is allowed; it stays at or above
    `power` from here on. None (NaN in arrays) where the failures before are so few that no exposure would do: with a
    ratio of 0.5 at 95 % that is below 19 of them. Raises as `rate_ratio`.
    """
    counts = checked_counts(failures_before, exposure_before, 0, 1.0)
    size = counts.before.size
    needed = _exposure_needed(
        counts,
        checked_ratio(ratio, "ratio", size),
        checked_ratio(limit, "limit", size),
        _checked_power(power),
        (1 - checked_confidence(confidence)) / 2,
    )
    if counts.single and np.ndim(ratio) == 0 and np.ndim(limit) == 0:
        return None if np.isnan(needed[0]) else float(needed[0])
    return needed


def _checked_power(power: float) -> float:
    if not 0 < power < 1:
        raise ValueError(f"power must lie between 0 and 1, not {power}")
    return power


def _exposure_needed(counts: Counts, ratio: Floats, limit: Floats, power: float, tail: float) -> Floats:
    """See `exposure_needed`. Between the exposures E(k) and E(k + 1), k failures are allowed; least power just before E(k + 1)."""
    gain = ratio / limit
    # With endless exposure the rate after is known, and the b failures before alone decide.
    size = np.maximum(counts.before, 1)
    reachable = (counts.before > 0) & (counts.exposure_before > 0)
    reachable &= gammainc(size, gammaincinv(size, tail) / gain) > power
    b, gain = size[reachable], gain[reachable]

    def odds_allowing(k: Floats) -> Floats:
        odds: Floats = betainccinv(k + 1, b, tail) / betaincinv(b, k + 1, tail)
        return odds

    def reached(k: Floats) -> Bools:
        enough: Bools = betainc(b, k + 1, 1 / (1 + gain * odds_allowing(k + 1))) >= power
        return enough

    few, enough = np.full(b.shape, -1.0), np.full(b.shape, 1.0)
    while not (done := reached(enough) | (enough > _ENDLESS)).all():
        few, enough = np.where(done, few, enough), np.where(done, enough, 2 * enough)
    allowed = smallest(reached, few, enough, whole=True)
    needed = np.full(counts.before.shape, np.nan)
    needed[reachable] = np.where(allowed > _ENDLESS, np.nan, odds_allowing(allowed))
    return needed * counts.exposure_before / limit


def interval_verdict(low: ArrayLike, high: ArrayLike, *, goal: ArrayLike = 0.5, limit: ArrayLike = 1.0) -> Values:
    """What an interval of the rate ratio says, wherever it comes from (units, an untreated group, a sequence of looks).

    Not effective where it excludes the goal (low > goal), effective where it excludes the limit (high < limit) and not the
    goal, else too early. Bounds that are missing (None, NaN) are open. A `Verdict`, or an array of their values.
    """
    bounds = (np.asarray(values, dtype=np.float64) for values in (low, high, goal, limit))
    lower, upper, aim, most = np.broadcast_arrays(*bounds)
    verdicts = combined_verdict(lower > aim, upper < most)
    return Verdict(str(verdicts)) if verdicts.ndim == 0 else verdicts


def combined_verdict(not_effective: Bools, effective: Bools) -> NDArray[np.str_]:
    """The verdict from what was shown: that the goal is missed, which counts first, and that the ratio is below the limit."""
    choices = [np.str_(Verdict.NOT_EFFECTIVE), np.str_(Verdict.EFFECTIVE)]
    return np.select([not_effective, effective], choices, np.str_(Verdict.TOO_EARLY))


def verdict(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    failures_after: ArrayLike,
    exposure_after: ArrayLike,
    *,
    goal: ArrayLike = 0.5,
    limit: ArrayLike = 1.0,
    power: float = 0.8,
    trigger_failures: ArrayLike = 0,
    trigger_exposure: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> Effectiveness:
    """Did the action work: effective, not effective, or too early to say?

    goal: the largest ratio of the rates after/before that counts as the improvement worth having (0.5: at least 50 %
    fewer failures). limit: what the ratio must be shown to lie below, 1 for any improvement at all. Numbers for one
    action or arrays of shape (actions,), as for `rate_ratio`, whose exact interval decides:

    * not effective: the lower bound is above the goal (the improvement is excluded, even if there is some);
    * effective: the upper bound is below the limit, and the goal is not excluded;
    * not effective: neither, although the exposure was enough to show an action that reaches the goal, with chance
      `power`. One in five such actions (power 0.8) is called so wrongly;
    * too early: neither, and more exposure is needed: `exposure_missing` says how much.

    An action that does nothing is called effective with a chance of at most (1 − confidence)/2, if one looks once.
    Looking every night multiplies that: for a standing verdict use `sequential_verdict`. Raises as `rate_ratio`, and
    ValueError where goal is not below limit.
    """
    counts = checked_counts(
        failures_before, exposure_before, failures_after, exposure_after, trigger_failures, trigger_exposure
    )
    tail = (1 - checked_confidence(confidence)) / 2
    aim, most = checked_goal(goal, limit, counts.before.size)
    ratio = _rate_ratio(counts, np.ones(counts.before.size), False, confidence)
    needed = _exposure_needed(counts, aim, most, _checked_power(power), tail)
    verdicts = combined_verdict(ratio.low > aim, ratio.high < most)
    open_yet = verdicts == Verdict.TOO_EARLY
    verdicts = np.where(open_yet & counts.exposed & (counts.exposure_after >= needed), Verdict.NOT_EFFECTIVE, verdicts)
    missing = np.where(verdicts == Verdict.TOO_EARLY, needed - counts.exposure_after, 0.0)
    result = Effectiveness(
        n=ratio.n,
        method="exact conditional rate ratio",
        confidence=confidence,
        reason=np.where((ratio.reason == "") & np.isnan(missing), str(Reason.TOO_FEW), ratio.reason),
        verdict=verdicts,
        ratio=ratio,
        goal=aim,
        limit=most,
        power=_power(counts, aim, most, tail),
        exposure_needed=needed,
        exposure_missing=missing,
    )
    return result[0] if counts.single else result


def checked_goal(goal: ArrayLike, limit: ArrayLike, size: int) -> tuple[Floats, Floats]:
    """Goal and limit, one per action. Raises ValueError where the goal is not below the limit."""
    aim, most = checked_ratio(goal, "goal", size), checked_ratio(limit, "limit", size)
    if (aim >= most).any():
        raise ValueError(f"goal must be below limit, found {aim[aim >= most][0]:g}")
    return aim, most
