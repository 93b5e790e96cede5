"""What repairable systems go through as they age: the mean cumulative function, its rate, and the difference of two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from analysis.groups import Groups, as_floats
from analysis.recurrence_steps import Histories, Steps, Variance, steps_of
from analysis.result import Bools, Estimate, Floats, Ints, Reason, Result, reasons
from analysis.running import count_until

Bounds = Literal["t", "log", "plain"]


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanCumulativeFunction(Result):
    """By age `times[i]` a system has had `mcf[i]` events (or costs) on average; a step at each distinct age of events.

    n: systems. events: at each age, out of at_risk systems then under observation. variance: of mcf, by the method
    named. effective: how many systems mcf rests on, see `mean_cumulative_function`. known: whether two systems at least
    were at risk up to there; if not, nothing is known of the spread between systems, and there are no bounds, while
    variance goes on as other tools print it. last_seen: the highest age that any system was watched to. Bounds are
    computed when they are asked for: Student's t costs more than all else.
    """

    n: int
    confidence: float
    times: Floats
    at_risk: Ints
    events: Ints
    mcf: Floats
    variance: Floats
    effective: Floats
    known: Bools
    last_seen: float
    bounds: Bounds

    @cached_property
    def _limits(self) -> tuple[Floats, Floats]:
        return _interval(self.mcf, self.variance, self.effective, self.known, self.confidence, self.bounds)

    @property
    def low(self) -> Floats:
        """The lower bound of mcf; NaN from the first age on at which a single system was at risk."""
        return self._limits[0]

    @property
    def high(self) -> Floats:
        """The upper bound of mcf; NaN as `low`."""
        return self._limits[1]

    @property
    def std_err(self) -> Floats:
        """Standard error of mcf."""
        error: Floats = np.sqrt(self.variance)
        return error

    def at(self, ages: ArrayLike) -> Estimate:
        """The function at ages of shape (K,), any order: 0 before the first event, no value beyond last_seen."""
        wanted = np.atleast_1d(np.asarray(ages, dtype=np.float64))
        step = np.searchsorted(self.times, wanted, side="right") - 1
        beyond, empty = wanted > self.last_seen, np.full(wanted.size, self.n == 0)
        value, low, high, reason = _at_steps(self, step, step >= 0, beyond, empty, self.confidence, self.bounds)
        return Estimate(
            value=value,
            low=low,
            high=high,
            n=self.n,
            confidence=self.confidence,
            method=self.method,
            reason=reason,
        )


def _at_steps(
    f: Steps | MeanCumulativeFunction,
    step: Ints,
    begun: Bools,
    beyond: Bools,
    empty: Bools,
    confidence: float,
    bounds: Bounds,
) -> tuple[Floats, Floats, Floats, Any]:
    """Value, low and high after steps, and the reason where one of them is missing."""
    value, low = np.zeros(step.size), np.zeros(step.size)
    high = np.full(step.size, np.nan)  # of what has not happened yet only the lower bound is known
    at = step[begun]
    value[begun] = f.mcf[at]
    low[begun], high[begun] = _interval(f.mcf[at], f.variance[at], f.effective[at], f.known[at], confidence, bounds)
    few, same = np.zeros(step.size, dtype=bool), begun & np.isnan(high)
    few[begun] = ~f.known[at]
    for found in (value, low, high):
        found[beyond | empty] = np.nan
    reason = reasons(
        step.size,
        (empty, Reason.NO_DATA),
        (beyond, Reason.NOT_MATURE),
        (~begun, Reason.NO_EVENTS),
        (few, Reason.TOO_FEW),
        (same, Reason.NO_VARIATION),
    )
    return value, low, high, reason


def _interval(
    mcf: Floats, variance: Floats, effective: Floats, known: Bools, confidence: float, bounds: Bounds
) -> tuple[Floats, Floats]:
    """Low and high; NaN where no spread is known, or where systems happen to be all alike, which is no certainty."""
    tail = 0.5 + confidence / 2
    known = known & (variance > 1e-12 * mcf**2)  # the rounding of a variance of zero
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if bounds == "t":
            spread = stdtrit(effective - 1.0, tail) * np.sqrt(_unbiased(variance, effective))
        else:
            spread = ndtri(tail) * np.sqrt(variance)
        if bounds == "plain":
            low, high = mcf - spread, mcf + spread
        else:
            low, high = mcf * np.exp(-spread / mcf), mcf * np.exp(spread / mcf)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _unbiased(variance: Floats, effective: Floats) -> Floats:
    """A sum of squared deviations from a mean of r things, divided by r − 1 in place of r."""
    return variance * effective / (effective - 1.0)


def _choices(variance: str, bounds: str | None, confidence: float) -> Bounds:
    if variance not in get_args(Variance):
        raise ValueError(f"variance must be one of {', '.join(get_args(Variance))}, not {variance}")
    if bounds is not None and bounds not in get_args(Bounds):
        raise ValueError(f"bounds must be one of {', '.join(get_args(Bounds))}, not {bounds}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if bounds is None:
        return "t" if variance == "lawless_nadeau" else "log"
    return cast(Bounds, bounds)


def _named(variance: str, bounds: str) -> str:
    return f"mean cumulative function, {variance} variance, {bounds} bounds"


def mean_cumulative_function(
    event_times: ArrayLike,
    event_system: ArrayLike,
    end_times: ArrayLike,
    *,
    start: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
    variance: Variance = "lawless_nadeau",
    bounds: Bounds | None = None,
) -> MeanCumulativeFunction:
    """How many repairs (or what cost) has a system had on average by age t? Systems may be of quite different ages.

    event_times: shape (E,), the age of its system at each event, in any unit. event_system: shape (E,), which system,
    numbers 0 … S − 1. end_times: shape (S,), the age to which each system was observed, events or not; an event at that
    age counts. start: shape (S,) or one number, the age from which each was observed (late entry), itself excluded
    unless it is 0; the function is then counted from the earliest. weights: shape (E,), the cost of each event.

    Assumes that the age at which observation of a system begins and ends says nothing about its failures; nothing about
    the process: systems may differ and their failures may come in bursts. Nelson–Aalen sum of d/r over ages (Nelson
    1995, Technometrics 37:147). One window per system; at least one system should be under observation at every age.

    variance: "lawless_nadeau" (1995, Technometrics 37:158) follows each system through, so that what a bad system adds
    again and again counts; R prints it (survfit with id, reda). "nelson" (Nelson 1995, as in SAS) divides by r − 1 where
    that divides by r. "poisson", Σ d/r² (R without id), and "independent", Σ (1 − 1/r)/r² over events (ReliaWiki), take
    all events for independent and are far too small where systems differ: where their rates have a coefficient of
    variation of 1, such 90 % bounds cover half of the time.

    bounds: "log" M·exp(± z·se/M) as Nelson and ReliaWiki print, "plain" M ± z·se. "t", what Lawless and Nadeau's variance
    gets if not told otherwise (others "log"), is "log" with Student's t on r − 1 degrees of freedom and r/(r − 1) times
    the variance, for the effective number r = M / Σ (d/r)/r: the mean number at risk by where M grew. At nominal 90 % it
    covers 88 to 92 % with 5, 10 or 30 systems of two or more events each, alike or not, where "log" covers about 77, 84
    and 88 %; among five with one event each it covers more, where late entries leave a handful at risk 86 to 94 %. No
    bounds where a single system is or was at risk, or all are exactly alike. ReliaWiki's "95 % one-sided bounds" are
    those of confidence=0.90.

    O((E + S) log(E + S)). Raises ValueError for events outside the observed ages, negative numbers, wrong lengths.
    """
    scale = _choices(variance, bounds, confidence)
    h = Histories.of(event_times, event_system, end_times, start, weights, None, None)
    steps = steps_of(h, variance)
    n = h.end.size
    return MeanCumulativeFunction(
        times=steps.times,
        at_risk=steps.at_risk,
        events=steps.events,
        mcf=steps.mcf,
        variance=steps.variance,
        effective=steps.effective,
        known=steps.known,
        last_seen=float(h.end.max()) if n else -np.inf,
        bounds=scale,
        n=n,
        confidence=confidence,
        method=_named(variance, scale),
        reason=Reason.NONE if steps.times.size else Reason.NO_EVENTS if n else Reason.NO_DATA,
    )


def mean_cumulative_function_by_group(
    event_times: ArrayLike,
    event_system: ArrayLike,
    end_times: ArrayLike,
    group: ArrayLike,
    *,
    at: ArrayLike,
    start: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
    variance: Variance = "lawless_nadeau",
    bounds: Bounds | None = None,
    group_count: int | None = None,
) -> Estimate:
    """How many repairs has a system of each model had on average by the ages `at`? Many groups of systems at once.

    group: shape (S,), the group of each system, numbers 0 … G − 1; group_count: G, where the last groups may be empty.
    at: one age or several, shape (K,). Value, low and high of shape (G,) for one age, (G, K) for several; n: systems.
    Else as `mean_cumulative_function`. NO_DATA for an empty group, NOT_MATURE beyond the highest age observed in it;
    NO_EVENTS (value 0, no upper bound) where nothing happened by then, TOO_FEW (a value, no bounds) where a single
    system was at risk, NO_VARIATION (a value, no bounds) where all systems happen to be alike.
    """
    scale = _choices(variance, bounds, confidence)
    ages = np.asarray(at, dtype=np.float64)
    if ages.ndim > 1 or not (ages >= 0).all():
        raise ValueError("at must be one age or one row of ages, none negative or missing")
    h = Histories.of(event_times, event_system, end_times, start, weights, group, group_count)
    count = h.groups.count
    wanted = np.tile(np.atleast_1d(ages), count)
    code = np.repeat(np.arange(count), ages.size)
    value, low, high, reason = _by_group(h, code, wanted, variance, scale, confidence)
    shape = (count,) if ages.ndim == 0 else (count, ages.size)
    return Estimate(
        value=value.reshape(shape),
        low=low.reshape(shape),
        high=high.reshape(shape),
        n=h.groups.size(),
        confidence=confidence,
        method=_named(variance, scale),
        reason=reason.reshape(shape),
    )


def _by_group(
    h: Histories, code: Ints, wanted: Floats, variance: Variance, scale: Bounds, confidence: float
) -> tuple[Floats, Floats, Floats, Any]:
    """Value, low, high and reason of group `code[i]` at age `wanted[i]`."""
    count = h.groups.count
    steps = steps_of(h, variance)
    done = count_until(steps.code, steps.times, code, wanted, inclusive=True, count=count)
    last_seen = np.full(count, -np.inf)
    np.maximum.at(last_seen, h.groups.code, h.end)
    empty = (h.groups.size() == 0)[code]
    at = steps.start[code] + done - 1
    return _at_steps(steps, at, done > 0, wanted > last_seen[code], empty, confidence, scale)


def recurrence_rate(
    event_times: ArrayLike,
    event_system: ArrayLike,
    end_times: ArrayLike,
    *,
    edges: ArrayLike,
    start: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
    variance: Variance = "lawless_nadeau",
    bounds: Bounds | None = None,
) -> Estimate:
    """How many repairs per system and unit of age, in the ages between edges[j] (excluded) and edges[j + 1]?

    (M(b) − M(a)) / (b − a): the slope of the mean cumulative function, with its bounds. That is the function of the same
    systems entering observation at a, so the covariance of M(a) and M(b) needs no formula of its own. edges: shape
    (J + 1,), ascending; value, low and high of shape (J,), n: the systems that were watched in each interval. NO_DATA
    where no system was, NOT_MATURE where none was watched to its end. Else as `mean_cumulative_function`.
    """
    scale = _choices(variance, bounds, confidence)
    cut = as_floats(edges, "edges", least=0.0)
    if cut.size < 2 or not (np.diff(cut) > 0).all():
        raise ValueError("edges must be at least two ages, each above the one before")
    h = Histories.of(event_times, event_system, end_times, start, weights, None, None)
    width, intervals, n = np.diff(cut), cut.size - 1, h.end.size
    # Each system once in each interval that it was watched in; the intervals are the groups.
    left, right = np.repeat(cut[:-1], n), np.repeat(cut[1:], n)
    entered = np.maximum(np.tile(h.entered, intervals), np.where(left > 0, left, -np.inf))
    end = np.minimum(np.tile(h.end, intervals), right)
    watched = entered < end
    new = np.cumsum(watched) - 1
    interval = np.searchsorted(cut, h.times, side="left") - 1
    interval = np.where((cut[0] == 0) & (h.times == 0), 0, interval)
    inside = (interval >= 0) & (interval < intervals)
    pieces = Histories(
        times=h.times[inside],
        system=new[interval[inside] * n + h.system[inside]],
        weights=h.weights[inside],
        entered=entered[watched],
        end=end[watched],
        groups=Groups.of(np.repeat(np.arange(intervals), n)[watched], int(watched.sum()), intervals),
    )
    value, low, high, reason = _by_group(pieces, np.arange(intervals), cut[1:], variance, scale, confidence)
    return Estimate(
        value=value / width,
        low=low / width,
        high=high / width,
        n=pieces.groups.size(),
        confidence=confidence,
        method=f"slope of the {_named(variance, scale)}",
        reason=reason,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class McfDifference(Estimate):
    """How much further one function is than another at ages `times`: value, low and high of the same shape."""

    times: Floats
    std_err: Floats


def mcf_difference(
    one: MeanCumulativeFunction,
    other: MeanCumulativeFunction,
    ages: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    bounds: Literal["t", "plain"] = "t",
) -> McfDifference:
    """Do two fleets differ, and from which age on? one − other with pointwise bounds, at ages of shape (K,).

    ages: those at which either function has a step, up to the age to which both were observed, if None. The fleets must
    have no system in common. Bounds "plain": difference ± z·√(V₁ + V₂) (Doganaksoy and Nelson 1998, Lifetime Data
    Analysis 4:51; SAS prints them, with Nelson's variance). "t": each variance times r/(r − 1) and Student's t with
    Welch's degrees of freedom, r the effective number of `mean_cumulative_function`; no bounds before both have had an
    event. One of 20 ages falls outside pointwise 95 % bounds by chance: they are no test of the whole curves.
    Raises ValueError for another level or kind of bounds.
    """
    if bounds not in ("t", "plain"):
        raise ValueError(f"bounds must be t or plain, not {bounds}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    until = min(one.last_seen, other.last_seen)
    if ages is None:
        both = np.union1d(one.times, other.times)
        times = both[both <= until]
    else:
        times = np.atleast_1d(np.asarray(ages, dtype=np.float64))
    (m1, v1, r1, k1), (m2, v2, r2, k2) = (_moments(f, times) for f in (one, other))
    known = k1 & k2
    with np.errstate(divide="ignore", invalid="ignore"):
        if bounds == "t":
            v1, v2 = _unbiased(v1, r1), _unbiased(v2, r2)
            freedom = (v1 + v2) ** 2 / (v1**2 / (r1 - 1.0) + v2**2 / (r2 - 1.0))
            factor = stdtrit(freedom, 0.5 + confidence / 2)
        else:
            factor = np.full(times.size, ndtri(0.5 + confidence / 2))
        error = np.sqrt(v1 + v2)
        spread = np.where(known, factor * error, np.nan)
    beyond = times > until
    value = np.where(beyond, np.nan, m1 - m2)
    return McfDifference(
        times=times,
        std_err=np.where(beyond, np.nan, error),
        value=value,
        low=value - spread,
        high=value + spread,
        n=one.n + other.n,
        confidence=confidence,
        method=f"difference of mean cumulative functions, {bounds} bounds",
        reason=reasons(
            times.size,
            (np.full(times.size, min(one.n, other.n) == 0), Reason.NO_DATA),
            (beyond, Reason.NOT_MATURE),
            (np.isnan(spread), Reason.TOO_FEW),
        ),
    )


def _moments(f: MeanCumulativeFunction, times: Floats) -> tuple[Floats, Floats, Floats, Bools]:
    """M, its variance, the effective number and whether the spread is known, at ages; before the first event 0, 0, NaN."""
    step = np.searchsorted(f.times, times, side="right")
    mcf, variance = (np.concatenate(([0.0], c))[step] for c in (f.mcf, f.variance))
    effective = np.concatenate(([np.nan], f.effective))[step]
    known = np.concatenate(([True], f.known))[step]
    return mcf, variance, effective, known
