"""Looking at a corrective action every night, without raising the chance of a false alarm.

Who tests every night at 5 % will, sooner or later, find what is not there. The bounds here hold at all times at once, for
any number of looks on any days, decided on beforehand or not.

The statistic. With b failures over exposure B before, and a over A so far, the likelihood of a ratio ρ of the rates,
with the unknown rate itself integrated out by the scale-free prior 1/rate, is L(ρ) = ρ^a (B + ρA)^−(a + b): the binomial
likelihood of a among a + b. For a fixed r, L(ρr)/L(ρ) is a nonnegative martingale with mean 1 if ρ is the true ratio, and
so is its mean over r. It passes 1/α ever with a chance of at most α (Ville's inequality). A ratio whose statistic has
passed 1/α is rejected for good; those never rejected are the anytime-valid interval (mixture sequential probability
ratio test: Robbins 1970; Howard et al. 2021, Annals of Statistics 49:1055). The r are uniform between 0 and 1 for "fewer
failures than ρ", 1/r is for "more". So the evidence for better and for worse has α/2 each.

The unknown rate. The martingale is exact when the time before is counted to its b-th failure: conditioning on the failures
before, as the conditional maxSPRT of Li and Kulldorff (2010, Statistics in Medicine 29:284) does, which however needs
the end of the watch in advance, and critical values computed for it. Here the time before is a given period that ends
between two failures; as in the Clopper–Pearson interval, its end counts as the last failure where that is the cautious
choice (b for "fewer") and as one more failure where that one is (b + 1 for "more"). Summed exactly over all outcomes
(tests do some), with looks at any time up to 20 times the exposure before, the chance of a false alarm is then at most
0.016 where 0.025 is allowed, growing with 0.7 to 100 failures expected before; with many the two ways of counting are one.

The price: about twice the exposure of a single look at the right time, which nobody knows. Failures that come in clusters
(one cause counted several times) are not Poisson, and raise the false alarms: count a cluster as one failure. Rates that
differ between units, and last, do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize.elementwise import find_root

from analysis.effectiveness import Verdict, checked_goal, checked_ratio, combined_verdict
from analysis.elementwise import smallest
from analysis.groups import as_floats, checked_confidence
from analysis.result import Bools, Estimate, Floats, Ints, Reason, Result, Values, reasons

# The prior of r, uniform between 0 and 1, at the nodes of Gauss and Legendre: any weights that sum to 1 keep the false alarms,
# and these nodes are dense at 1, where many failures make the difference.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_LOG_R, _LOG_WEIGHT = np.log((_NODES + 1) / 2), np.log(_WEIGHTS / 2)
_ENDLESS = 2.0**40  # more failures than anybody counts


@dataclass(frozen=True, eq=False, kw_only=True)
class SequentialVerdict(Estimate):
    """What is known after the last look, and how it came about. n: failures before and after together.

    value: the rate ratio after/before; low, high: the anytime-valid interval, of level `confidence` at all looks together.
    verdict: as in `Verdict`. effective_from, not_effective_from: the exposure at which that was first shown, else None.
    exposure, evidence_effective, evidence_not_effective: per look, to be drawn against the line `threshold` (log scale):
    evidence for "below limit" and for "above goal".
    """

    verdict: Values
    effective_from: Values
    not_effective_from: Values
    goal: Values
    limit: Values
    exposure: Floats
    evidence_effective: Floats
    evidence_not_effective: Floats
    threshold: float

    def __getitem__(self, index: int) -> Self:
        """The answer for one action, its verdict as a `Verdict`."""
        one = super().__getitem__(index)
        return replace(one, verdict=Verdict(one.verdict))


@dataclass(frozen=True, eq=False, kw_only=True)
class SequentialBoundary(Result):
    """How many failures after the action decide, per exposure; None or NaN where no number does. n: failures before."""

    exposure: Floats
    effective_at_most: Values
    not_effective_at_least: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class RecurrenceAlarm(Result):
    """Whether failures came back after an action was closed. n: failures before and since the closing together.

    alarm: True from the first look on at which the evidence passed the threshold; alarm_from: the exposure since the
    closing at that look. exposure, evidence: per look, to be drawn against the line `threshold` (log scale).
    confidence: 1 − the chance that an action that stays good ever raises an alarm.
    """

    alarm: Values
    alarm_from: Values
    goal: Values
    exposure: Floats
    evidence: Floats
    threshold: float


@dataclass(frozen=True, eq=False)
class _Watch:
    """b failures over B before, of shape (actions, 1), and running totals a over A after, of shape (actions, looks)."""

    b: Floats
    exposure_before: Floats
    a: Floats
    exposure_after: Floats
    single: bool

    @classmethod
    def of(
        cls, failures_before: ArrayLike, exposure_before: ArrayLike, failures: ArrayLike, exposure: ArrayLike, when: str
    ) -> _Watch:
        """Raises ValueError for numbers that are no running totals, and for lengths that do not fit."""
        a, exposure_after = np.asarray(failures, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
        single = a.ndim == 1 and exposure_after.ndim == 1
        if a.ndim not in (1, 2) or exposure_after.ndim not in (1, 2) or a.shape[-1] != exposure_after.shape[-1]:
            raise ValueError(
                f"failures_{when} and exposure_{when} must hold one total per look, (looks,) or (actions, looks), "
                f"not {a.shape} and {exposure_after.shape}"
            )
        if a.shape[-1] == 0:
            raise ValueError(f"failures_{when} must hold at least one look")
        for values, name in ((a, f"failures_{when}"), (exposure_after, f"exposure_{when}")):
            as_floats(values.ravel(), name, least=0)
            if (np.diff(values, axis=-1) < 0).any():
                raise ValueError(f"{name} must be running totals, which do not fall from one look to the next")
        b = as_floats(failures_before, "failures_before", least=0)
        for values, name in ((a, f"failures_{when}"), (b, "failures_before")):
            if (values != np.floor(values)).any():
                raise ValueError(f"{name} must be whole numbers, found {values[values != np.floor(values)][0]:g}")
        before = as_floats(exposure_before, "exposure_before", least=0)
        try:
            columns = np.broadcast_arrays(b[:, None], before[:, None], np.atleast_2d(a), np.atleast_2d(exposure_after))
        except ValueError:
            raise ValueError(
                f"before and after must be of one number of actions, not {b.size}, {before.size}, "
                f"{np.atleast_2d(a).shape[0]} and {np.atleast_2d(exposure_after).shape[0]}"
            ) from None
        scalars = np.ndim(failures_before) == 0 and np.ndim(exposure_before) == 0
        return cls(columns[0][:, :1], columns[1][:, :1], columns[2], columns[3], single and scalars)

    @property
    def size(self) -> int:
        """How many actions."""
        return len(self.b)

    @property
    def n(self) -> Ints:
        return (self.b[:, 0] + self.a[:, -1]).astype(np.int64)

    @property
    def exposed(self) -> Bools:
        return np.logical_and(self.exposure_before[:, 0] > 0, self.exposure_after[:, -1] > 0)

    def odds(self, ratio: Floats) -> Floats:
        """ratio × exposure after / before, per look; 0 where there is none before, which tells nothing."""
        safe = np.where(self.exposure_before > 0, self.exposure_before, np.inf)
        odds: Floats = ratio[:, None] * self.exposure_after / safe
        return odds


def _evidence(a: Floats, b: Floats, odds: Floats, sign: int) -> Floats:
    """log of the mean of L(ρr)/L(ρ) over r, at odds = ρA/B: for fewer failures (sign −1), for more (sign +1)."""
    log_r = -sign * _LOG_R
    failures = a + b + (1 if sign > 0 else 0)
    terms = np.log1p(odds[..., None] * np.exp(log_r))
    terms = _LOG_WEIGHT + a[..., None] * log_r - failures[..., None] * (terms - np.log1p(odds)[..., None])
    # Without exposure nothing is known.
    return np.where(odds > 0, _log_sum(terms), 0.0)


def _log_sum(terms: Floats) -> Floats:
    """log Σ exp over the last axis; scipy's does more, and takes three times as long."""
    most = terms.max(axis=-1)
    total: Floats = most + np.log(np.exp(terms - most[..., None]).sum(axis=-1))
    return total


def sequential_verdict(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    failures_after: ArrayLike,
    exposure_after: ArrayLike,
    *,
    goal: ArrayLike = 0.5,
    limit: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> SequentialVerdict:
    """Did the action work, when one looks every night and stops when one likes?

    failures_after, exposure_after: running totals at each look, of shape (looks,) for one action, or (actions, looks) for
    many (repeat the last total where a history is shorter); failures_before, exposure_before: one number per action.
    goal and limit as in `verdict`. Looks may be at any times. The last look alone is enough, and cheaper, where the
    verdicts of earlier nights are kept: what has once been shown stays shown.

    Effective once the ratio is shown to lie below the limit, not effective once it is shown to lie above the goal (also
    when some improvement had been shown before: it is less than asked for), else too early. An action with a ratio of
    `limit` or more is ever called effective with a chance of at most (1 − confidence)/2; one that reaches the goal is
    ever called not effective with the same. There is no verdict "the power was enough, and nothing was seen".

    Assumes a constant Poisson rate before and another one after; for the method see the head of this file. Reasons:
    "no_exposure", "no_events", "not_bounded" (no upper bound yet), "trend" where the bounds of different looks
    contradict each other: the rate after the action is not constant (bounds are then None).
    Cost: actions × looks × 48, times about 25 for the interval. Raises ValueError for totals that fall, counts that are
    not whole, lengths that do not fit, a goal not below the limit, or a confidence outside (0, 1).
    """
    watch = _Watch.of(failures_before, exposure_before, failures_after, exposure_after, "after")
    tail = (1 - checked_confidence(confidence)) / 2
    aim, most = checked_goal(goal, limit, watch.size)
    threshold = float(-np.log(tail))
    effective = _evidence(watch.a, watch.b, watch.odds(most), -1)
    not_effective = _evidence(watch.a, watch.b, watch.odds(aim), 1)
    effective_from = _first(effective >= threshold, watch.exposure_after)
    not_effective_from = _first(not_effective >= threshold, watch.exposure_after)
    low, high = _interval(watch, threshold)
    contradiction = np.greater(low, high)
    last_b, last_a = watch.b[:, 0], watch.a[:, -1]
    known = watch.exposed & (last_b > 0)
    rate_before = np.where(known, last_b, 1.0) / np.where(known, watch.exposure_before[:, 0], 1.0)
    result = SequentialVerdict(
        n=watch.n,
        method="mixture sequential test, anytime-valid interval of the rate ratio",
        confidence=confidence,
        reason=reasons(
            watch.size,
            (~watch.exposed, Reason.NO_EXPOSURE),
            (watch.n == 0, Reason.NO_EVENTS),
            (contradiction, Reason.TREND),
            (np.isnan(high), Reason.NOT_BOUNDED),
        ),
        value=np.where(known, last_a / np.where(known, watch.exposure_after[:, -1], 1.0) / rate_before, np.nan),
        low=np.where(contradiction | ~watch.exposed | (watch.n == 0), np.nan, low),
        high=np.where(contradiction, np.nan, high),
        verdict=combined_verdict(~np.isnan(not_effective_from), ~np.isnan(effective_from)),
        effective_from=effective_from,
        not_effective_from=not_effective_from,
        goal=aim,
        limit=most,
        exposure=watch.exposure_after,
        evidence_effective=effective,
        evidence_not_effective=not_effective,
        threshold=threshold,
    )
    return result[0] if watch.single else result


def _first(passed: Bools, exposure: Floats) -> Floats:
    """The exposure at the first look that passed, NaN where none did."""
    at = np.argmax(passed, axis=1)[:, None]
    return np.where(passed.any(axis=1), np.take_along_axis(exposure, at, axis=1)[:, 0], np.nan)


def _interval(watch: _Watch, threshold: float) -> tuple[Floats, Floats]:
    """The ratios that no look has rejected: evidence for "fewer" grows with the ratio asked about, that for "more" falls.

    The root finder gives NaN where all ratios stay on one side of the threshold: that bound is then 0 or does not exist.
    """
    exposed = np.where(watch.exposed, watch.exposure_after[:, -1], 1.0)
    middle = np.log(np.where(watch.exposed, watch.exposure_before[:, 0], 1.0) / exposed)
    left, right = middle - 40, middle + 40

    def beyond(log_ratio: Floats, row: Ints, sign: int) -> Floats:
        odds = watch.odds(np.ones(watch.size))[row] * np.exp(log_ratio)[:, None]
        excess: Floats = _evidence(watch.a[row], watch.b[row], odds, sign).max(axis=1) - threshold
        return excess

    rows = np.arange(watch.size)
    high, low = (
        find_root(partial(beyond, sign=sign), (left, right), args=(rows,), tolerances={"xatol": 1e-13}).x
        for sign in (-1, 1)
    )
    return np.where(np.isnan(low), 0.0, np.exp(low)), np.exp(high)


def sequential_boundary(
    failures_before: float,
    exposure_before: float,
    exposure_after: ArrayLike,
    *,
    goal: float = 0.5,
    limit: float = 1.0,
    confidence: float = 0.95,
) -> SequentialBoundary:
    """Between which numbers of failures is it too early, exposure by exposure? For drawing failures over exposure.

    exposure_after: shape (points,), in any order. At or below effective_at_most failures `sequential_verdict` says
    effective, at or above not_effective_at_least it says not effective; NaN where no number of failures does. Raises as
    `sequential_verdict`.
    """
    exposure = as_floats(exposure_after, "exposure_after", least=0)
    tail = (1 - checked_confidence(confidence)) / 2
    zero = np.zeros((exposure.size, 1))
    watch = _Watch.of(failures_before, exposure_before, zero, exposure[:, None], "after")
    aim, most = checked_goal(goal, limit, exposure.size)
    threshold = float(-np.log(tail))

    def below(count: Floats) -> Bools:
        passed: Bools = _evidence(np.maximum(count, 0)[:, None], watch.b, watch.odds(most), -1)[:, 0] >= threshold
        return passed

    def above(count: Floats) -> Bools:
        passed: Bools = _evidence(np.maximum(count, 0)[:, None], watch.b, watch.odds(aim), 1)[:, 0] >= threshold
        return passed

    none, endless = np.full(exposure.size, -1.0), np.full(exposure.size, _ENDLESS)
    at_most = smallest(lambda k: ~below(k), none, endless, whole=True) - 1
    at_least = smallest(above, none, endless, whole=True)
    usable = watch.exposed
    return SequentialBoundary(
        n=watch.b[:, 0].astype(np.int64),
        method="mixture sequential test",
        confidence=confidence,
        reason=reasons(exposure.size, (~usable, Reason.NO_EXPOSURE), (watch.b[:, 0] == 0, Reason.NO_EVENTS)),
        exposure=exposure,
        effective_at_most=np.where(usable & (at_most >= 0), at_most, np.nan),
        not_effective_at_least=np.where(usable & (at_least < _ENDLESS), at_least, np.nan),
    )


def recurrence_alarm(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    failures_since: ArrayLike,
    exposure_since: ArrayLike,
    *,
    goal: ArrayLike = 0.5,
    false_alarm: float = 0.01,
) -> RecurrenceAlarm:
    """After an action was closed as effective: do the failures come back?

    failures_since, exposure_since: running totals since the closing at each look, (looks,) or (actions, looks), as in
    `sequential_verdict`. failures_before, exposure_before: of the time before the action. The alarm says: the rate has
    risen above `goal` times the rate before. An action whose rate stays at or below that ever raises an alarm with a
    chance of at most `false_alarm`, however long it is watched and however often one looks. To compare with what the action
    had reached instead, give failures and exposure of its verification as "before", and a goal of 1.

    The return may come late, when years of quiet would outweigh it. So the evidence is a mean over the times at which
    the rate may have changed, half of it for the time of closing and half spread with weight B/(B + exposure)², B being
    the exposure before (Shiryaev's statistic with a prior of total weight 1, so that the false alarms are bounded for all
    times rather than per time: Shin, Ramdas and Rinaldo 2024, e-detectors). The rate is predicted from all before.

    Reasons: "no_exposure", "no_events" (nothing since, nothing before). Cost: actions × looks × 48, a loop over looks.
    Raises as `sequential_verdict`, and ValueError for a false_alarm outside (0, 1).
    """
    watch = _Watch.of(failures_before, exposure_before, failures_since, exposure_since, "since")
    if not 0 < false_alarm < 1:
        raise ValueError(f"false_alarm must lie between 0 and 1, not {false_alarm}")
    aim = checked_ratio(goal, "goal", watch.size)
    threshold = float(-np.log(false_alarm))
    evidence = _change_evidence(watch, aim)
    passed = (evidence >= threshold) & watch.exposed[:, None]
    result = RecurrenceAlarm(
        n=watch.n,
        method="mixture sequential test for a change at any time",
        confidence=1 - false_alarm,
        reason=reasons(watch.size, (~watch.exposed, Reason.NO_EXPOSURE), (watch.n == 0, Reason.NO_EVENTS)),
        alarm=passed.any(axis=1),
        alarm_from=_first(passed, watch.exposure_after),
        goal=aim,
        exposure=watch.exposure_after,
        evidence=evidence,
        threshold=threshold,
    )
    return result[0] if watch.single else result


def _change_evidence(watch: _Watch, goal: Floats) -> Floats:
    """log evidence per look that the rate rose above the goal at some time: the recursion of Shiryaev, one for each r."""
    odds = watch.odds(goal)
    log_r = -_LOG_R
    weights = _change_weights(watch)
    evidence = np.empty(odds.shape)
    running = np.full((watch.size, log_r.size), -np.inf)
    spent = np.zeros(watch.size)
    seen, until = watch.b[:, 0] + 1, np.zeros(watch.size)
    for look in range(odds.shape[1]):
        failures, step = watch.a[:, look] + watch.b[:, 0] + 1, odds[:, look] - until
        came, until = failures - seen, odds[:, look]
        # What this look adds under r against r = 1: failures predicted as negative binomial from all before.
        change = np.log1p(until)[:, None] - np.log(1 + (until - step)[:, None] + np.exp(log_r) * step[:, None])
        with np.errstate(divide="ignore"):  # nothing can have changed where no exposure has passed
            began = np.log(weights[:, look])[:, None]
        running = np.logaddexp(running, began) + came[:, None] * log_r + failures[:, None] * change
        spent, seen = spent + weights[:, look], failures
        evidence[:, look] = np.logaddexp(_log_sum(running + _LOG_WEIGHT), np.log1p(-spent))
    return evidence


def _change_weights(watch: _Watch) -> Floats:
    """The prior weight of a change since the look before: half at the closing, half as B/(B + exposure)²; sums to under 1."""
    scale = np.where(watch.exposure_before > 0, watch.exposure_before, 1.0)
    start = np.concatenate((np.zeros((watch.size, 1)), watch.exposure_after[:, :-1]), axis=1)
    passed = start / (scale + start)
    return 0.5 * np.concatenate((np.ones((watch.size, 1)), np.diff(passed, axis=1)), axis=1)
