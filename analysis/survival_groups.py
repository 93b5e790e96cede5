"""How long things last in many groups at once: Kaplan–Meier at stated ages, and the ages by which a share has ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.groups import Groups
from analysis.result import Bools, Estimate, Floats, Ints, Reason, reasons
from analysis.running import count_until, running_sum, starts
from analysis.survival import Scale, checked, checked_scale, survival_bound


@dataclass(frozen=True, eq=False)
class _Curves:
    """The curves of all groups, one row per distinct (group, time) of ends, by group then by time."""

    groups: Groups
    start: Ints  # rows of group g are start[g] to start[g + 1] − 1
    code: Ints
    times: Floats
    survival: Floats
    low: Floats
    high: Floats
    last_seen: Floats  # by group; −inf where nothing was observed


def _curves(
    durations: ArrayLike,
    ended: ArrayLike,
    group: ArrayLike | None,
    confidence: float,
    entry: ArrayLike | None,
    scale: Scale,
    group_count: int | None,
) -> _Curves:
    checked_scale(scale)
    times, seen, entered = checked(durations, ended, confidence, entry)
    groups = Groups.of(group, times.size, group_count)
    count = groups.count
    order = np.lexsort((~seen, times, groups.code))  # ends before what is censored at the same time
    code, times, seen = groups.code[order], times[order], seen[order]
    begin = starts(code, count)
    last_seen = np.full(count, -np.inf)
    np.maximum.at(last_seen, code, times)

    row = np.flatnonzero(seen)
    code, times = code[row], times[row]
    gone = row - begin[code]  # how many of the group ended or were censored before
    if entered is None:
        come = np.diff(begin)[code]
    else:
        come = count_until(groups.code, entered, code, times, inclusive=False, count=count)
    at_risk = (come - gone).astype(np.float64)

    # One step of (k − 1)/k per end. The last one at risk takes S to zero, for good: kept beside the sum of logarithms.
    step_start = starts(code, count)
    none_left = at_risk == 1
    left = np.where(none_left, 2.0, at_risk)
    log_survival = running_sum(np.where(none_left, 0.0, np.log1p(-1.0 / left)), step_start)
    variance = running_sum(np.where(none_left, 0.0, 1.0 / (left * (left - 1.0))), step_start)
    zero = running_sum(none_left, step_start) > 0.5

    # Ends at one time are one row: their last step.
    last = np.flatnonzero(np.append((times[1:] != times[:-1]) | (code[1:] != code[:-1]), times.size > 0))
    code, times, zero = code[last], times[last], zero[last]
    log_survival, variance = log_survival[last], variance[last]
    row_start = starts(code, count)
    survival = np.where(zero, 0.0, np.exp(log_survival))
    low = np.where(zero, 0.0, survival_bound(log_survival, variance, +1, confidence, scale))
    high = survival_bound(log_survival, variance, -1, confidence, scale)
    # S = 0 has no bounds: [0, the upper bound before], as `kaplan_meier` has it.
    here = np.arange(code.size)
    before = np.maximum.accumulate(np.where(zero, -1, here)) if code.size else here
    high = np.where(zero, np.where(before >= row_start[code], high[before], 1.0), high)
    return _Curves(groups, row_start, code, times, survival, low, high, last_seen)


def survival_by_group(
    durations: ArrayLike,
    ended: ArrayLike,
    group: ArrayLike | None = None,
    *,
    at: ArrayLike,
    entry: ArrayLike | None = None,
    confidence: float = 0.95,
    scale: Scale = "log-log",
    group_count: int | None = None,
) -> Estimate:
    """What share of each group lasts longer than `at`? Kaplan–Meier at stated ages, for 10,000 groups at once.

    durations, ended, entry, scale: shape (n,), as in `kaplan_meier`. group: shape (n,), numbers 0 … G − 1; None is one
    group. group_count: G, where the last groups may have no rows. at: one age, or several of shape (K,). Value, low and high are of
    shape (G,) for one age, (G, K) for several; without `group` a number or shape (K,).

    No value where the data do not support one: NO_DATA, or NOT_MATURE where nothing in the group was watched as long as
    `at`. Where none has ended by `at` (NO_EVENTS) the value is 1 and its lower bound (α/2)^(1/k) for the k still
    watched: the exact binomial bound (Clopper and Pearson 1934), conservative as it leaves out those censored before;
    the log-log scale has none there and R prints none. O(n log n + G·K). Raises ValueError as `kaplan_meier`.
    """
    curves = _curves(durations, ended, group, confidence, entry, scale, group_count)
    count = curves.groups.count
    ages = np.asarray(at, dtype=np.float64)
    if ages.ndim > 1 or not (ages >= 0).all():
        raise ValueError("at must be one age or one row of ages, none negative or missing")
    wanted = np.tile(np.atleast_1d(ages), count)
    code = np.repeat(np.arange(count), ages.size)
    steps = count_until(curves.code, curves.times, code, wanted, inclusive=True, count=count)
    step = curves.start[code] + steps - 1
    known = steps > 0
    size = curves.groups.size()
    no_data, immature = size[code] == 0, _beyond(curves, code, wanted, step, known)
    value, low, high = (_picked(c, step, known, 1.0) for c in (curves.survival, curves.low, curves.high))
    untouched = ~known & ~no_data & ~immature
    if untouched.any():
        times, _, entered = checked(durations, ended, confidence, entry)
        watched = size[code] - count_until(curves.groups.code, times, code, wanted, inclusive=False, count=count)
        if entered is not None:
            late = size[code] - count_until(curves.groups.code, entered, code, wanted, inclusive=False, count=count)
            watched = watched - late
        low = np.where(untouched, ((1.0 - confidence) / 2.0) ** (1.0 / np.maximum(watched, 1)), low)
        low = np.where(untouched & (watched < 1), 0.0, low)
    reason = reasons(code.size, (no_data, Reason.NO_DATA), (immature, Reason.NOT_MATURE), (untouched, Reason.NO_EVENTS))
    unknown = no_data | immature
    shape = (count,) if ages.ndim == 0 else (count, ages.size)
    value, low, high = (np.where(unknown, np.nan, v).reshape(shape) for v in (value, low, high))
    found = Estimate(
        value=value,
        low=low,
        high=high,
        n=size,
        confidence=confidence,
        method=f"Kaplan-Meier, {scale} bounds",
        reason=reason.reshape(shape),
    )
    return found if group is not None else found[0]


def _beyond(curves: _Curves, code: Ints, wanted: Floats, step: Ints, known: Bools) -> Bools:
    """Asked about an age that nothing in the group was watched to; at S = 0 all later ages are known."""
    beyond: Bools = (wanted > curves.last_seen[code]) & (_picked(curves.survival, step, known, 1.0) > 0)
    return beyond


def _picked(values: Floats, index: Ints, known: Bools, otherwise: float) -> Floats:
    picked = np.full(index.size, otherwise)
    picked[known] = values[index[known]]
    return picked


def ended_by_group(
    durations: ArrayLike,
    ended: ArrayLike,
    group: ArrayLike | None = None,
    *,
    at: ArrayLike,
    entry: ArrayLike | None = None,
    confidence: float = 0.95,
    scale: Scale = "log-log",
    group_count: int | None = None,
) -> Estimate:
    """What share of each group has ended by `at`? One minus Kaplan–Meier: repeats within 30 days, say.

    Those whose window has not run out yet count for as long as they were watched, so nothing need be left out or
    waited for. Arguments, shapes and reasons as in `survival_by_group`.
    """
    lasting = survival_by_group(
        durations,
        ended,
        group,
        at=at,
        entry=entry,
        confidence=confidence,
        scale=scale,
        group_count=group_count,
    )
    missing = lasting.value is None
    return Estimate(
        value=None if missing else 1.0 - lasting.value,
        low=None if missing else 1.0 - lasting.high,
        high=None if missing else 1.0 - lasting.low,
        n=lasting.n,
        confidence=confidence,
        method=f"1 − {lasting.method}",
        reason=lasting.reason,
    )


def quantile_by_group(
    durations: ArrayLike,
    ended: ArrayLike,
    group: ArrayLike | None = None,
    *,
    p: float = 0.5,
    entry: ArrayLike | None = None,
    confidence: float = 0.95,
    scale: Scale = "log-log",
    group_count: int | None = None,
) -> Estimate:
    """By which age has a share p of each group ended? The smallest age with S ≤ 1 − p, bounds by Brookmeyer and Crowley.

    Arguments as in `survival_by_group`; value, low and high of shape (G,), without `group` plain numbers. NO_DATA,
    NO_EVENTS or NOT_REACHED where there is no value; a bound may be missing alone. O(n log n). Raises ValueError as
    `kaplan_meier`.
    """
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p}")
    curves = _curves(durations, ended, group, confidence, entry, scale, group_count)
    # One part in 10¹² of slack: 1 − p and a product of quotients that equals it differ in the last bits.
    level = (1.0 - p) * (1.0 + 1e-12)
    value, low, high = (_first_time(curves, c <= level) for c in (curves.survival, curves.low, curves.high))
    size = curves.groups.size()
    found = Estimate(
        value=value,
        low=low,
        high=high,
        n=size,
        confidence=confidence,
        method=f"Kaplan-Meier, {scale} bounds, Brookmeyer-Crowley",
        reason=reasons(
            size.size,
            (size == 0, Reason.NO_DATA),
            (np.diff(curves.start) == 0, Reason.NO_EVENTS),
            (np.isnan(value), Reason.NOT_REACHED),
        ),
    )
    return found if group is not None else found[0]


def _first_time(curves: _Curves, holds: Bools) -> Floats:
    """By group, the first time at which it holds; NaN where it never does."""
    first = np.full(curves.groups.count, np.inf)
    np.minimum.at(first, curves.code[holds], curves.times[holds])
    return np.where(np.isinf(first), np.nan, first)
