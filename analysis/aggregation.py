"""Forecasts from demand added up over several periods: blocks (ADIDA, IMAPA) and a moving window.

Sparse demand becomes regular when it is added up over its own interval. Periods of which the demand is not known are left
out, as if they had not been. Arrays are periods × series and paths have one row more, as in `analysis.smoothing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.result import Floats, Ints
from analysis.smoothing import EQUAL, History, Init, cumulated


@dataclass(frozen=True, eq=False)
class Compact:
    """The known periods of each series, moved to the end: row `first + k` of its paths follows the k-th known period."""

    history: History

    @cached_property
    def first(self) -> Ints:
        """Where each series begins."""
        first: Ints = (len(self.history.demand) - self.history.known_before[-1]).astype(np.int64)
        return first

    @cached_property
    def total_before(self) -> Floats:
        """The sum of the demand before each compact row."""
        history = self.history
        order = np.argsort(history.known, axis=0, kind="stable")
        return cumulated(np.take_along_axis(history.filled, order, axis=0))

    @cached_property
    def row(self) -> Ints:
        """The compact row that each row of the history's paths corresponds to."""
        return self.first + self.history.known_before.astype(np.int64)


def moving_average_path(history: History, window: int) -> Floats:
    """The mean of the last `window` known periods, of fewer at the beginning; NaN before the first known period."""
    compact = Compact(history)
    begin = np.maximum(compact.row - window, compact.first)
    totals = [np.take_along_axis(compact.total_before, at, axis=0) for at in (compact.row, begin)]
    with np.errstate(invalid="ignore"):
        mean: Floats = (totals[0] - totals[1]) / np.where(compact.row > begin, compact.row - begin, np.nan)
    return mean


def level_of(history: History) -> Ints:
    """How many periods to add up: the mean interval between demands before each row, rounded, at least 1."""
    return np.maximum(np.rint(np.nan_to_num(history.mean_interval, nan=1.0)), 1).astype(np.int64)


def adida_path(history: History, levels: Ints, constants: Sequence[float], init: Init) -> Floats:
    """Blocks of `levels` periods that end at each row, smoothed, spread evenly over the periods of the block."""
    compact = Compact(history)
    path = np.full(levels.shape, np.nan)
    for level in range(1, int(levels.max()) + 1):
        columns = np.flatnonzero((levels == level).any(axis=0))
        if columns.size:
            rate = block_path(compact, level, columns, constants, init) / level
            path[:, columns] = np.where(levels[:, columns] == level, rate, path[:, columns])
    return path


def imapa_path(history: History, levels: Ints, constants: Sequence[float], init: Init) -> Floats:
    """The mean of the forecasts by blocks of 1, 2, … `levels` periods."""
    compact = Compact(history)
    total, found = np.zeros(levels.shape), np.zeros(levels.shape)
    for level in range(1, int(levels.max()) + 1):
        columns = np.flatnonzero((levels >= level).any(axis=0))
        rate = block_path(compact, level, columns, constants, init) / level
        counts = (levels[:, columns] >= level) & ~np.isnan(rate)
        total[:, columns] += np.where(counts, rate, 0.0)
        found[:, columns] += counts
    return np.where(found > 0, total / np.maximum(found, 1), np.nan)


def block_path(compact: Compact, level: int, columns: Ints, constants: Sequence[float], init: Init) -> Floats:
    """The smoothed sum of `level` periods for each row of the history, NaN where there is no whole block before it.

    The blocks lie end to end and the last ends at the row; what is left over at the beginning is dropped. As all rows are
    wanted, block and forecast of a row follow from those `level` rows before. With several constants the one with the
    least squared error over the blocks before counts, for each row.
    """
    totals, first = compact.total_before[:, columns], compact.first[columns]
    rows = len(totals)
    sums = np.full(totals.shape, np.nan)
    if level < rows:
        sums[level:] = totals[level:] - totals[:-level]
    number = np.maximum(np.arange(rows)[:, None] - first, 0) // level
    follows = number > 1
    # Each row depends on the row one block before: a whole block of rows is one step.
    steps = [
        (slice(t, t + level), slice(t - level, min(t, rows - level)), follows[t : t + level])
        for t in range(2 * level, rows, level)
    ]
    start = np.where(number > 0, sums, np.nan)
    shift = np.zeros(1)
    if init == "mean":
        opening, whole = start.copy(), start.copy()
        for now, ago, later in steps:
            np.copyto(opening[now], opening[ago], where=later)
            np.add(whole[now], whole[ago], out=whole[now], where=later)
        shift = whole / np.maximum(number, 1) - opening
    path, best = np.full(totals.shape, np.nan), np.full(totals.shape, np.inf)
    for constant in constants:
        smoothed, loss = start.copy(), np.zeros(totals.shape)
        for now, ago, later in steps:
            error = np.where(later, sums[now] - smoothed[ago], 0.0)
            np.copyto(smoothed[now], smoothed[ago] + constant * error, where=later)
            loss[now] = loss[ago] + error * error
        if init == "mean":
            smoothed += ((1.0 - constant) ** np.arange(rows + 1.0))[number] * shift
        better = loss < best * EQUAL
        np.copyto(best, loss, where=better)
        np.copyto(path, smoothed, where=better)
    return np.take_along_axis(path, compact.row[:, columns], axis=0)
