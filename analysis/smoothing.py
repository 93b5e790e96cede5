"""The recursions under the forecast methods: what each method would have said before every period, in one pass over time.

All arrays here are periods × series: a step over time then touches one contiguous row. A path has one row more than the
demand: row t is the forecast for period t from what was known before it, the last row is the forecast of the future.
With `rolling` each row is the fit on the past alone; without, the start value (`init`) comes from the whole series, as
fitted values in R do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from analysis.result import Bools, Floats, Ints

Init: TypeAlias = Literal["mean", "naive"]
Constant: TypeAlias = Floats | float

# What optimised smoothing constants are chosen from. Finer grids choose noise: few series have a clear minimum.
GRID = (0.05, 0.1, 0.2, 0.3, 0.5)

# Sums of squares that differ by less are equal: the constants that come first are kept, in whatever unit demand is counted.
EQUAL = 1.0 - 1e-9


@dataclass(frozen=True, eq=False)
class History:
    """Demand by period and series, NaN where not known; what all methods count from it."""

    demand: Floats  # (periods, series)

    @cached_property
    def known(self) -> Bools:
        """Where the demand is known."""
        return ~np.isnan(self.demand)

    @cached_property
    def filled(self) -> Floats:
        """The demand, 0 where not known: for sums."""
        filled: Floats = np.where(self.known, self.demand, 0.0)
        return filled

    @cached_property
    def occurred(self) -> Bools:
        """Where there was a demand."""
        return self.filled > 0

    @cached_property
    def known_before(self) -> Floats:
        """How many periods were known before each row of a path."""
        return counted(self.known)

    @cached_property
    def demands_before(self) -> Floats:
        """How many periods with demand there were before each row of a path."""
        return counted(self.occurred)

    @cached_property
    def last_demand(self) -> Floats:
        """The number (1, 2, …, unknown ones not counted) of the last period with demand before each row; 0 if none."""
        number = np.where(self.occurred, self.known_before[1:], 0.0)
        return np.concatenate((np.zeros((1, number.shape[1])), np.maximum.accumulate(number)))

    @cached_property
    def interval(self) -> Floats:
        """Known periods from the demand before (or from the beginning) to each demand; 0 where there is none."""
        return np.where(self.occurred, self.known_before[1:] - self.last_demand[:-1], 0.0)

    @cached_property
    def mean_interval(self) -> Floats:
        """The mean of the intervals before each row of a path, trailing zeros not counted; NaN without a demand."""
        return ratio(self.last_demand, self.demands_before)

    @cached_property
    def total_before(self) -> Floats:
        """The sum of the demand before each row of a path."""
        return cumulated(self.filled)

    @cached_property
    def judged(self) -> Bools:
        """The known periods after the first demand: where a forecast of the period can be right or wrong."""
        return self.known & (self.demands_before[:-1] > 0)

    @cached_property
    def levels(self) -> Exponential:
        """The demand of each known period, to be smoothed."""
        return Exponential(self.filled, self.known)

    @cached_property
    def sizes(self) -> Exponential:
        """The sizes of the demands, to be smoothed."""
        return Exponential(self.filled, self.occurred)

    @cached_property
    def intervals(self) -> Exponential:
        """The intervals between the demands, to be smoothed."""
        return Exponential(self.interval, self.occurred)

    @cached_property
    def occurrences(self) -> Exponential:
        """Whether each known period had a demand, to be smoothed."""
        return Exponential(self.occurred.astype(np.float64), self.known)


def counted(flags: Bools) -> Floats:
    """How many are true before each row of a path."""
    return cumulated(flags.astype(np.float64))


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """A quotient that is NaN where nothing is divided by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Floats = numerator / np.where(denominator > 0, denominator, np.nan)
    return quotient


@dataclass(frozen=True, eq=False)
class Exponential:
    """Values that are seen in some periods, to be smoothed exponentially."""

    values: Floats
    seen: Bools

    @cached_property
    def first(self) -> Floats:
        """The first value of each series that was seen."""
        at = np.argmax(self.seen, axis=0)
        first: Floats = self.values[at, np.arange(at.size)]
        return first

    @cached_property
    def before(self) -> Floats:
        """How many were seen before each row of a path."""
        return counted(self.seen)

    def smoothed(self, constant: Constant) -> Floats:
        """The level before each row: the first value, then level + constant × (value − level) at each one seen.

        constant: one, or one per series. Before the first value the level is that value: mask by `before` where that matters.
        """
        path = np.empty((self.values.shape[0] + 1, self.values.shape[1]))
        path[0] = self.first
        step = np.empty_like(path[0])
        for t, (value, seen) in enumerate(zip(self.values, self.seen, strict=True)):
            np.subtract(value, path[t], out=step)
            step *= constant
            step *= seen
            np.add(path[t], step, out=path[t + 1])
        return path

    def started_at(self, path: Floats, start: Floats, constant: Constant, updates: Floats) -> Floats:
        """The path had it begun at `start` instead of the first value: smoothing is linear, so only that weight changes.

        start: one per series, or one per row for a rolling fit. updates: how often the start was smoothed, per row.
        """
        moved: Floats = path + _remaining(constant, updates) * (start - self.first)
        return moved


def _remaining(constant: Constant, updates: Floats) -> Floats:
    """The weight that a start value keeps: (1 − constant) to the number of updates."""
    if isinstance(constant, np.ndarray):
        weights: Floats = (1.0 - constant) ** updates
    else:  # powers of one number: look them up
        weights = ((1.0 - constant) ** np.arange(len(updates) + 1.0))[updates.astype(np.int64)]
    return weights


def cumulated(values: Floats) -> Floats:
    """The sum of what came before each row of a path."""
    totals = np.zeros((values.shape[0] + 1, values.shape[1]))
    for t, value in enumerate(values):  # ten times as quick as np.cumsum along this axis
        np.add(totals[t], value, out=totals[t + 1])
    return totals


def start_of(means: Floats, rolling: bool) -> Floats:
    """Start values "mean": of the past alone in a rolling fit, of the whole series otherwise."""
    return np.nan_to_num(means if rolling else means[-1])


def level_component(history: History, init: Init) -> Component:
    """The demand of all known periods, smoothed."""

    def component(alpha: Constant, rolling: bool) -> Floats:
        path = history.levels.smoothed(alpha)
        if init == "naive":
            return path
        start = start_of(ratio(history.total_before, history.known_before), rolling)
        return history.levels.started_at(path, start, alpha, history.levels.before)

    return component


def interval_component(history: History, init: Init, factor: Callable[[Constant], Constant]) -> Component:
    """A factor by the smoothed interval between demands; the first interval is the start, so it is not smoothed again."""
    intervals = history.intervals

    def component(beta: Constant, rolling: bool) -> Floats:
        path = intervals.smoothed(beta)
        if init == "mean":
            start = start_of(history.mean_interval, rolling)
            path = intervals.started_at(path, start, beta, np.maximum(intervals.before - 1, 0))
        return factor(beta) / np.where(history.demands_before > 0, path, 1.0)

    return component


def probability_component(history: History, init: Init) -> Component:
    """The smoothed probability that a period has demand; the first period is the start, so it is not smoothed again."""
    occurrences = history.occurrences

    def component(beta: Constant, rolling: bool) -> Floats:
        path = occurrences.smoothed(beta)
        if init == "naive":
            return path
        start = start_of(ratio(history.demands_before, history.known_before), rolling)
        return occurrences.started_at(path, start, beta, np.maximum(occurrences.before - 1, 0))

    return component


@dataclass(frozen=True, eq=False)
class Path:
    """What a method forecasts before every period, per period: by a rolling fit, and by the fit to the whole series.

    alpha, beta: the constants of the whole fit, one per series (NaN where the method has none). gain: by how much of an
    error the forecast moves, per row and series or for all; it says how errors add up over a lead time.
    """

    rolling: Floats
    fitted: Floats
    gain: Floats | float
    alpha: Floats
    beta: Floats

    def ahead(self, step: int) -> Floats:  # noqa: ARG002  # a level forecast is the same for all steps
        """The rolling forecast of the period `step` (0, 1, …) after each row."""
        return self.rolling


# A component of a forecast from a smoothing constant, by a rolling fit or not.
Component: TypeAlias = Callable[[Constant, bool], Floats]


def smoothed_path(
    history: History, size: Component, rate: Component, pairs: Sequence[tuple[float, float]], answered: Bools
) -> Path:
    """Smoothed size × smoothed rate, with the best pair of constants for each series and for every row of the rolling fit.

    pairs: of alpha (for sizes) and beta (for rates). Best is the least mean squared error of the rolling one-step forecasts
    since the first demand; the pair that comes first where that is equal. One pass over time per constant.
    """
    sizes = {a: size(a, True) for a in dict.fromkeys(a for a, _ in pairs)}
    rates = {b: rate(b, True) for b in dict.fromkeys(b for _, b in pairs)}
    path = sizes[pairs[0][0]] * rates[pairs[0][1]]
    gain: Floats | float = pairs[0][1]
    alpha, beta = (np.full(history.demand.shape[1], constant) for constant in pairs[0])
    if len(pairs) > 1:
        number = best_pair(history, [(sizes[a], rates[b]) for a, b in pairs])
        for i, (a, b) in enumerate(pairs):
            np.multiply(sizes[a], rates[b], out=path, where=number == i)
        tried = np.array(pairs)
        gain, (alpha, beta) = tried[number, 1], tried[number[-1]].T
    fitted = size(alpha, False) * rate(beta, False)
    return Path(np.where(answered, path, np.nan), np.where(answered, fitted, np.nan), gain, alpha, beta)


def best_pair(history: History, products: Sequence[tuple[Floats, Floats]]) -> Ints:
    """Which product of two paths has the least squared one-step errors before each row, over the periods since the first demand."""
    judged = history.judged.astype(np.float64)
    best = np.full(history.known_before.shape, np.inf)
    number = np.zeros(best.shape, dtype=np.int64)
    loss, error = np.zeros_like(best), np.empty_like(judged)
    for i, (size, rate) in enumerate(products):
        np.multiply(size[:-1], rate[:-1], out=error)
        np.subtract(history.filled, error, out=error)
        error *= judged
        np.square(error, out=error)
        for t, square in enumerate(error):
            np.add(loss[t], square, out=loss[t + 1])
        better = loss < best * EQUAL
        np.copyto(number, i, where=better)
        np.copyto(best, loss, where=better)
    return number
