"""Counts by period with what was exposed in each: one series, or a matrix of cells × periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.result import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Periods:
    """Rows of counts. Where a count is missing or nothing was exposed, both are 0 and `known` is False."""

    count: Floats  # (cells, periods)
    exposure: Floats  # (cells, periods)
    known: Bools  # (cells, periods)
    exposed: Bools  # (cells,) whether anything was exposed at all; True where there are no periods
    single: bool  # asked about one series

    @classmethod
    def of(
        cls, count: ArrayLike, exposure: ArrayLike | None = None, *, names: tuple[str, str] = ("count", "exposure")
    ) -> Periods:
        """From one series (periods,) or a matrix (cells, periods); NaN is "not known".

        exposure: a number, one per period, or one per cell and period; None is 1 everywhere. Raises ValueError for
        negative or infinite numbers and shapes that do not fit.
        """
        rows = matrix(count, names[0], least=0.0)
        given = unmasked(1.0 if exposure is None else exposure)
        if given.ndim > 2 or given.shape not in ((), rows.shape[1:], rows.shape):
            raise ValueError(f"{names[1]} must be a number or have the shape of {names[0]}, not {given.shape}")
        _check(given, names[1], 0.0)
        exposed = np.broadcast_to(given, rows.shape)
        known = ~np.isnan(rows) & (exposed > 0)
        return cls(
            count=np.where(known, rows, 0.0),
            exposure=np.where(known, exposed, 0.0),
            known=known,
            exposed=anywhere(exposed > 0) if rows.shape[1] else np.ones(len(rows), dtype=bool),
            single=np.ndim(count) == 1,
        )

    @property
    def rate(self) -> Floats:
        """Count per exposure; NaN where not known."""
        rate: Floats = np.divide(self.count, self.exposure, out=np.full(self.count.shape, np.nan), where=self.known)
        return rate


def unmasked(values: ArrayLike) -> Floats:
    """As numbers, NaN where a masked array masks them."""
    array: Floats = np.ma.asarray(values, dtype=np.float64).filled(np.nan)
    return array


def matrix(values: ArrayLike, name: str, *, least: float | None = None) -> Floats:
    """One series or a matrix of series as (cells, periods); NaN, or masked, is allowed. Raises ValueError, naming it."""
    array = unmasked(values)
    if array.ndim not in {1, 2}:
        raise ValueError(f"{name} must be a series or a matrix of cells × periods, not {array.ndim}-dimensional")
    _check(array, name, least)
    return np.atleast_2d(array)


def _check(array: Floats, name: str, least: float | None) -> None:
    if np.isinf(array).any():
        raise ValueError(f"{name} must not hold infinite numbers")
    if least is not None and (array < least).any():
        raise ValueError(f"{name} must be at least {least:g}, found {np.nanmin(array):g}")


def selected(which: Any, shape: tuple[int, int], name: str) -> Bools:
    """The periods meant by a mask, by positions from 0 or by a slice, for all cells or, as a matrix mask, for each."""
    mask = np.zeros(shape, dtype=bool)
    try:
        array = None if isinstance(which, slice) else np.asarray(which)
        if array is not None and array.ndim == 2:
            if array.dtype != bool or array.shape != shape:
                raise IndexError("a matrix must be a mask of the shape of the data")
            return array
        mask[:, which if array is None else array.astype(np.int64) if not array.size else array] = True
    except IndexError as error:
        raise ValueError(f"{name} does not fit {shape[1]} periods: {error}") from error
    return mask


def phase_one(known: Bools, baseline: Any, exclude: Any) -> Bools:
    """The points that centre and spread are taken from: known ones of the baseline that were not excluded."""
    used = known if baseline is None else known & selected(baseline, known.shape, "baseline")
    return used if exclude is None else used & ~selected(exclude, known.shape, "exclude")


def anywhere(mask: Bools) -> Bools:
    """Per row: does it hold for any point?"""
    found: Bools = np.asarray(mask.any(axis=-1))
    return found


def mean_of(values: Floats, used: Bools) -> Floats:
    """Mean per row over the points used, NaN where there is none."""
    n = used.sum(axis=-1)
    total = np.where(used, values, 0.0).sum(axis=-1)
    mean: Floats = np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
    return mean


def medians(rows: Floats, known: Bools) -> Floats:
    """Median per row over the known points, NaN without any: the middle one or two of the sorted, NaN last."""
    if not rows.shape[1]:
        return np.full(len(rows), np.nan)
    n = known.sum(axis=1)
    ordered = np.sort(rows, axis=1)
    pair = np.stack((np.maximum(n - 1, 0) // 2, n // 2), axis=1)
    middle: Floats = np.take_along_axis(ordered, np.minimum(pair, rows.shape[1] - 1), axis=1).mean(axis=1)
    return np.where(n > 0, middle, np.nan)


def pooled_rate(periods: Periods, used: Bools) -> Floats:
    """Σ count / Σ exposure per row over the points used, NaN where there is none."""
    count, exposure = (np.where(used, v, 0.0).sum(axis=1) for v in (periods.count, periods.exposure))
    rate: Floats = np.divide(count, exposure, out=np.full(len(used), np.nan), where=exposure > 0)
    return rate


def moving_ranges(values: Floats, used: Bools) -> Floats:
    """|this − the one before| along the points used, whatever lies between two of them; NaN elsewhere."""
    if not used.shape[-1]:
        return np.zeros(used.shape)
    place: Ints = np.where(used, np.arange(used.shape[-1]), -1)
    last = np.maximum.accumulate(place, axis=-1)
    before = np.concatenate((np.full((len(last), 1), -1), last[:, :-1]), axis=1)
    gap = np.abs(values - np.take_along_axis(values, np.maximum(before, 0), axis=-1))
    return np.where(used & (before >= 0), gap, np.nan)
