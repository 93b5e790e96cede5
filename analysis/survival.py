"""How long things last when some have not ended yet: the Kaplan–Meier and the Nelson–Aalen estimate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.result import Bools, Estimate, Floats, Ints, Reason, Result

# On which scale of S the bounds are symmetric. Log-log is the one that covers best at small numbers.
Scale = Literal["log-log", "log", "logit", "plain", "arcsin"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Quantile(Estimate):
    """The duration by which a share p has ended, with bounds; None where the data do not reach that far."""

    p: float


@dataclass(frozen=True, eq=False, kw_only=True)
class KaplanMeier(Result):
    """A survival curve: after `times[i]` the share `survival[i]` has not ended yet.

    `times` are the distinct durations at which something ended, ascending; `at_risk` is how many were still observed just
    before each; `low` and `high` are pointwise bounds of level `confidence`. They are computed when they are asked for,
    from one step per end: its time, how many were at risk, log S and the variance of log S after it. `last_seen` is the
    longest duration, ended or not: beyond it the curve says nothing, unless it is zero.
    """

    step_times: Floats
    step_at_risk: Ints
    step_log_survival: Floats
    step_variance: Floats
    n: int
    events: int
    last_seen: float
    confidence: float
    scale: Scale

    @cached_property
    def _last(self) -> NDArray[np.intp]:
        """The last step of each distinct time: d ends at one time are d steps of (k − 1)/k, whose product is (k − d)/k."""
        return np.flatnonzero(np.append(self.step_times[1:] != self.step_times[:-1], self.step_times.size > 0))

    @cached_property
    def times(self) -> Floats:
        """Distinct times of ends, ascending."""
        return self.step_times[self._last]

    @cached_property
    def at_risk(self) -> Ints:
        """How many were still observed just before each time."""
        return self.step_at_risk[np.concatenate(([0], self._last[:-1] + 1))] if self.events else self.step_at_risk

    @cached_property
    def survival(self) -> Floats:
        """S after each time."""
        survival: Floats = np.exp(self.step_log_survival[self._last])
        return survival

    @cached_property
    def std_err_log(self) -> Floats:
        """Greenwood's standard error of −log S; R keeps this one under the name std.err. Infinite where S is 0."""
        error: Floats = np.sqrt(self.step_variance[self._last])
        return error

    @cached_property
    def std_err(self) -> Floats:
        """Greenwood's standard error of S, which textbooks and summaries print. NaN where S is 0."""
        with np.errstate(invalid="ignore"):
            return self.survival * self.std_err_log

    @cached_property
    def low(self) -> Floats:
        """The lower bound after each time."""
        return self._bound(self._last, +1)

    @cached_property
    def high(self) -> Floats:
        """The upper bound after each time."""
        return self._bound(self._last, -1)

    def _bound(self, part: slice | NDArray[np.intp], sign: int) -> Floats:
        log_s = self.step_log_survival[part]
        bound = survival_bound(log_s, self.step_variance[part], sign, self.confidence, self.scale)
        # Where the last one at risk ends, S is 0 and has no bounds (R prints none): we keep [0, the bound before].
        ended = np.isneginf(log_s)
        if ended.any():
            before = int(np.argmax(np.isneginf(self.step_log_survival))) - 1
            # Of ends at one time only the last step is a value of the curve: the bound before is that of an earlier time.
            earlier = int(np.searchsorted(self.step_times, self.step_times[before + 1])) - 1
            bound[ended] = (
                0.0 if sign > 0 else (self._bound(slice(earlier, earlier + 1), sign)[0] if earlier >= 0 else 1.0)
            )
        return bound

    @property
    def censored(self) -> int:
        """How many had not ended when last seen."""
        return self.n - self.events

    def quantile(self, p: float, *, bounds: bool = True, middle: bool = False) -> Quantile:
        """The duration by which a share p (0 < p < 1) has ended: the smallest time with S(t) ≤ 1 − p.

        Bounds by Brookmeyer and Crowley (1982): the times at which the bounds of S cross 1 − p. `reason` is NO_DATA,
        NO_EVENTS or NOT_REACHED where there is no value. `bounds=False` leaves them out, which is most of the work.
        middle: where S equals 1 − p on a whole step, the middle of that step as R and SAS print (and as the median of an
        even number is commonly taken) instead of its beginning.
        """
        if not 0 < p < 1:
            raise ValueError(f"p must lie between 0 and 1, not {p}")
        if self.events == 0:
            return self._quantile(p, None, None, None, self.reason)

        # One part in 10¹² of slack: 1 − p and a product of quotients that equals it differ in the last bits.
        level = np.log(1 - p) + 1e-12
        index = int(np.searchsorted(-self.step_log_survival, -level))
        value = float(self.step_times[index]) if index < self.step_times.size else None
        if middle and value is not None:
            after = int(np.searchsorted(self.step_times, value, side="right"))
            if self.step_log_survival[after - 1] > level - 2e-12:
                following = self.step_times[after] if after < self.step_times.size else self.last_seen
                value = (value + float(following)) / 2
        low, high = (self._crossing(sign, level) if bounds else None for sign in (+1, -1))
        return self._quantile(p, value, low, high, Reason.NONE if value is not None else Reason.NOT_REACHED)

    def _quantile(
        self, p: float, value: float | None, low: float | None, high: float | None, reason: Reason
    ) -> Quantile:
        return Quantile(
            p=p,
            value=value,
            low=low,
            high=high,
            n=self.n,
            confidence=self.confidence,
            method=f"{self.method}, Brookmeyer-Crowley",
            reason=reason,
        )

    def restricted_mean(self, until: float) -> Estimate:
        """The mean duration when each is counted up to `until` at most: the area under the curve, with plain bounds.

        The mean itself is not known where things have not ended. Variance as R's print(fit, rmean=until) (Klein and
        Moeschberger 2003, §4.5). No value (NOT_MATURE) where nothing was watched as long as `until`; a value but no
        bounds (NO_EVENTS) where nothing ended by then.
        """
        if not 0 < until < np.inf:
            raise ValueError(f"until must be above 0, not {until}")
        steps = int(np.searchsorted(self.step_times, until, side="right"))
        survival = np.exp(np.concatenate(([0.0], self.step_log_survival[:steps])))
        area = np.diff(self.step_times[:steps], prepend=0.0, append=until) * survival
        ahead = np.cumsum(area[::-1])[::-1][1:]  # the area from each step on
        gained = np.diff(self.step_variance[:steps], prepend=0.0) if steps else np.empty(0)
        # Where S has fallen to zero nothing lies ahead, and the variance of its logarithm is infinite.
        variance = float(np.sum(ahead[ahead > 0] ** 2 * gained[ahead > 0]))
        value, error = float(area.sum()), ndtri(0.5 + self.confidence / 2) * np.sqrt(variance)
        known = self.n > 0 and (until <= self.last_seen or survival[-1] == 0)
        spread = known and steps > 0
        without = Reason.NO_DATA if not self.n else Reason.NOT_MATURE if not known else Reason.NO_EVENTS
        return Estimate(
            value=value if known else None,
            low=float(value - error) if spread else None,
            high=float(value + error) if spread else None,
            n=self.n,
            confidence=self.confidence,
            method="area under Kaplan-Meier, plain bounds",
            reason=Reason.NONE if spread else without,
        )

    def _crossing(self, sign: int, log_level: float) -> float | None:
        """The first time at which a bound is at most a level; looked for block by block, as bounds cost most."""
        block, size, last = 4096, self.step_times.size, self._last
        for begin in range(0, size, block):
            end = min(begin + block, size)
            # The upper bound lies above S: it is not below the level where S is not.
            if sign < 0 and self.step_log_survival[end - 1] > log_level:
                continue
            # Bounds hold after all ends of one time; so only the last step of each counts.
            part = last[np.searchsorted(last, begin) : np.searchsorted(last, end)]
            reached = self._bound(part, sign) <= np.exp(log_level)
            if reached.any():
                return float(self.step_times[part[int(np.argmax(reached))]])
        return None

    def at(self, times: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Survival and its bounds at any times: the step that each falls on; 1 before the first end, also the bounds.

        NaN beyond `last_seen`, unless S has fallen to zero: nothing was watched there.
        """
        wanted = np.asarray(times, dtype=np.float64)
        index = np.asarray(np.searchsorted(self.step_times, wanted, side="right")) - 1
        steps, begun = np.maximum(index, 0), index >= 0
        if self.events:
            curves = np.exp(self.step_log_survival[steps]), self._bound(steps, +1), self._bound(steps, -1)
        else:
            curves = np.ones(wanted.shape), np.ones(wanted.shape), np.ones(wanted.shape)
        beyond = (wanted > self.last_seen) & ~(begun & (curves[0] == 0))
        survival, low, high = (np.where(beyond, np.nan, np.where(begun, curve, 1.0)) for curve in curves)
        return survival, low, high


def survival_bound(log_survival: Floats, variance: Floats, sign: int, confidence: float, scale: Scale) -> Floats:
    """A pointwise bound of S from log S and its Greenwood variance; sign +1 for the lower, −1 for the upper one."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = sign * ndtri(0.5 + confidence / 2) * np.sqrt(variance)
        if scale == "log-log":
            bound = np.exp(log_survival * np.exp(spread / np.abs(log_survival)))
        elif scale == "log":
            bound = np.exp(log_survival - spread)
        elif scale == "plain":
            bound = np.exp(log_survival) * (1.0 - spread)
        elif scale == "arcsin":
            survival = np.exp(log_survival)
            angle = np.arcsin(np.sqrt(survival)) - spread / 2.0 * np.sqrt(survival / (1.0 - survival))
            bound = np.sin(np.clip(angle, 0.0, np.pi / 2)) ** 2
        else:
            survival = np.exp(log_survival)
            bound = 1.0 / (1.0 + (1.0 - survival) / survival * np.exp(spread / (1.0 - survival)))
        clipped: Floats = np.clip(bound, 0.0, 1.0)
    return clipped


def kaplan_meier(
    durations: ArrayLike,
    ended: ArrayLike,
    confidence: float = 0.95,
    *,
    entry: ArrayLike | None = None,
    count: ArrayLike | None = None,
    scale: Scale = "log-log",
) -> KaplanMeier:
    """What share lasts longer than t? The survival function from durations of which some are right-censored.

    durations: shape (n,), any unit, not negative. ended: shape (n,), True where the end was seen, False where the
    thing was still going on after that duration. entry: shape (n,), the age at which each came under observation
    (left truncation), so that it is at risk over (entry, duration] as in R's Surv(entry, time, ended); None if from the
    start. count: whole numbers, how many each row stands for. Assumes that being censored or entering late says nothing
    about when it will end. With entry the curve is that of things older than the earliest entry, and where the few that
    entered early all end it stays at zero, as R's does.

    Variance by Greenwood; pointwise bounds on the log(−log S) scale (Kalbfleisch and Prentice 2002, §1.4), which keep
    within [0, 1]; 90 % bounds cover 90 % on average over ages with 30 things, 92 with ten, 95 with five. R's default is
    scale="log", Meeker and Escobar (1998, §3.6) print "logit", older textbooks and Minitab "plain", Klein and Moeschberger
    (2003, §4.3) also "arcsin" (of √S). A censoring at the time of an event counts as after it. O(n log n), the sorting of
    the durations. Raises ValueError for negative, missing or infinite durations, `ended` other than true and false (or 1
    and 0), arrays of different length, or an entry not before its end.
    """
    checked_scale(scale)
    ends, at_risk, n, last_seen = _risk_sets(durations, ended, confidence, entry, count)
    log_step, variance_step = _steps(n)
    return KaplanMeier(
        step_times=ends,
        step_at_risk=at_risk,
        step_log_survival=np.cumsum(log_step[at_risk]),
        step_variance=np.cumsum(variance_step[at_risk]),
        n=n,
        events=ends.size,
        last_seen=last_seen,
        confidence=confidence,
        scale=scale,
        method=f"Kaplan-Meier, {scale} bounds",
        reason=_nothing_ended(n, ends.size),
    )


def checked_scale(scale: str) -> None:
    """Raises ValueError for a scale that is none."""
    if scale not in get_args(Scale):
        raise ValueError(f"scale must be one of {', '.join(get_args(Scale))}, not {scale}")


def _nothing_ended(n: int, events: int) -> Reason:
    return Reason.NONE if events else Reason.NO_EVENTS if n else Reason.NO_DATA


def _risk_sets(
    durations: ArrayLike, ended: ArrayLike, confidence: float, entry: ArrayLike | None, count: ArrayLike | None
) -> tuple[Floats, Ints, int, float]:
    """One step per end, ascending: its time and how many were at risk, itself among them; n; the longest duration."""
    times, seen, entered = checked(durations, ended, confidence, entry)
    if count is not None:
        times, seen, entered = _repeated(count, times, seen, entered)
    n = times.size
    ends, censored = np.sort(times[seen]), np.sort(times[~seen])
    # How many were censored before each end; a censoring at the time of an end counts as after it.
    after = np.searchsorted(ends, censored, side="right")
    gone = np.cumsum(np.bincount(after, minlength=ends.size + 1))[: ends.size]
    come = n if entered is None else np.searchsorted(np.sort(entered), ends, side="left")
    last_seen = max(ends[-1] if ends.size else 0.0, censored[-1] if censored.size else 0.0)
    return ends, come - np.arange(ends.size) - gone, n, float(last_seen)


def checked(
    durations: ArrayLike, ended: ArrayLike, confidence: float, entry: ArrayLike | None
) -> tuple[Floats, Bools, Floats | None]:
    """Durations, whether each ended, and entries, as arrays. Raises ValueError for what cannot be."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    times = np.asarray(durations, dtype=np.float64)
    seen = np.asarray(ended)
    if times.shape != seen.shape or times.ndim != 1:
        raise ValueError(f"durations and ended must be of one length, not {times.shape} and {seen.shape}")
    if times.size and not (times.min() >= 0 and times.max() < np.inf):
        raise ValueError("durations must not be negative, missing or infinite")
    if seen.dtype != bool:
        # Codes such as 1 and 2 of R's data sets, or a missing value, would all pass for true.
        if not np.isin(seen, (0, 1)).all():
            raise ValueError("ended must hold True or False, or 1 and 0")
        seen = seen.astype(bool)
    if entry is None:
        return times, seen, None
    entered = np.asarray(entry, dtype=np.float64)
    if entered.shape != times.shape:
        raise ValueError(f"entry must be of the same length as durations, not {entered.shape} and {times.shape}")
    if not (entered < times).all():
        raise ValueError("entry must lie before the duration in every row")
    return times, seen, entered


def _repeated(
    count: ArrayLike, times: Floats, seen: Bools, entered: Floats | None
) -> tuple[Floats, Bools, Floats | None]:
    many = np.asarray(count)
    if many.shape != times.shape or not np.issubdtype(many.dtype, np.integer) or (many < 0).any():
        raise ValueError(f"count must be whole numbers, one per duration ({times.size}), none negative")
    return np.repeat(times, many), np.repeat(seen, many), None if entered is None else np.repeat(entered, many)


_tables: tuple[Floats, Floats] = (np.empty(0), np.empty(0))


def _steps(n: int) -> tuple[Floats, Floats]:
    """log((k − 1)/k) and 1/(k(k − 1)) by k = 0 … n; the same for every curve, so computed once for the longest."""
    global _tables  # noqa: PLW0603  # a table of constants that grows
    log_step, variance_step = _tables
    if log_step.size <= n:
        k = np.arange(max(n + 1, 2 * log_step.size), dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_step, variance_step = np.log1p(-1.0 / k), 1.0 / (k * (k - 1.0))
        _tables = log_step, variance_step
    return log_step, variance_step


@dataclass(frozen=True, eq=False, kw_only=True)
class NelsonAalen(Result):
    """A cumulative hazard: by `times[i]` a thing has met the hazard `hazard[i]`; `survival` is exp(−hazard).

    `events` ended at each time out of `at_risk`; `std_err` is that of the hazard, `low` and `high` are its bounds.
    `last_seen` is the longest duration, ended or not.
    """

    times: Floats
    at_risk: Ints
    events: Ints
    hazard: Floats
    std_err: Floats
    low: Floats
    high: Floats
    last_seen: float

    @property
    def survival(self) -> Floats:
        """The survival that follows from the hazard (Breslow, Fleming–Harrington): a little above Kaplan–Meier's."""
        survival: Floats = np.exp(-self.hazard)
        return survival

    def at(self, times: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Hazard and its bounds at any times; 0 before the first event, NaN beyond `last_seen`."""
        wanted = np.asarray(times, dtype=np.float64)
        index = np.searchsorted(self.times, wanted, side="right")
        curves = (np.concatenate(([0.0], c))[index] for c in (self.hazard, self.low, self.high))
        hazard, low, high = (np.where(wanted > self.last_seen, np.nan, curve) for curve in curves)
        return hazard, low, high


def nelson_aalen(
    durations: ArrayLike,
    ended: ArrayLike,
    confidence: float = 0.95,
    *,
    entry: ArrayLike | None = None,
    count: ArrayLike | None = None,
    ties: Literal["aalen", "fleming-harrington"] = "aalen",
    scale: Literal["log", "plain"] = "log",
) -> NelsonAalen:
    """How much hazard has a thing met by age t? The cumulative hazard H(t); a straight line is a constant failure rate.

    Arguments as in `kaplan_meier`. Sum of d/k over the times at which d of k ended, variance by Aalen's (Poisson) sum of
    d/k² (Klein and Moeschberger 2003, §4.2), as R's survfit(ctype=1). ties="fleming-harrington" adds 1/k + 1/(k − 1) + … instead
    (Fleming and Harrington 1984; R's ctype=2, lifelines' default), right where ties come from rounding. Bounds
    H·exp(± z·se/H), or H ± z·se for scale="plain"; exp(−H) of these is what R prints for the survival with stype=2 and
    conf.type "log-log" and "log". Some print the binomial variance d(k − d)/k³, which is smaller.
    Raises ValueError as `kaplan_meier`.
    """
    if ties not in ("aalen", "fleming-harrington"):
        raise ValueError(f"ties must be aalen or fleming-harrington, not {ties}")
    if scale not in ("log", "plain"):
        raise ValueError(f"scale must be log or plain, not {scale}")
    ends, step_at_risk, n, last_seen = _risk_sets(durations, ended, confidence, entry, count)
    times, first, events = np.unique(ends, return_index=True, return_counts=True)
    at_risk = step_at_risk[first]
    if ties == "aalen":
        hazard, variance = np.cumsum(events / at_risk), np.cumsum(events / at_risk**2.0)
    else:
        last = first + events - 1
        hazard, variance = np.cumsum(1.0 / step_at_risk)[last], np.cumsum(1.0 / step_at_risk**2.0)[last]
    std_err = np.sqrt(variance)
    spread = ndtri(0.5 + confidence / 2) * std_err
    if scale == "log":
        low, high = hazard * np.exp(-spread / hazard), hazard * np.exp(spread / hazard)
    else:
        low, high = hazard - spread, hazard + spread
    return NelsonAalen(
        times=times,
        at_risk=at_risk,
        events=events,
        hazard=hazard,
        std_err=std_err,
        low=low,
        high=high,
        last_seen=last_seen,
        n=n,
        confidence=confidence,
        method=f"Nelson-Aalen, {ties} ties, {scale} bounds",
        reason=_nothing_ended(n, ends.size),
    )
