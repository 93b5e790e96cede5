"""What every answer of an analysis carries: how many observations, at which level, by which method, and why not."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

# As in scipy.stats: a number for one question (None where there is no answer), an array of one number per group for
# many (NaN where there is no answer). The reason stands beside it.
Values: TypeAlias = Any


class Reason(StrEnum):
    """Why there is no number; "" where there is one. Screens translate these, so add here and say what it means."""

    NONE = ""
    NO_DATA = "no_data"  # nothing was observed at all
    NO_EVENTS = "no_events"  # things were observed, and nothing happened to them
    TOO_FEW = "too_few"  # fewer events or units than the method needs for this number
    NOT_REACHED = "not_reached"  # the data end before the quantile asked for
    NO_EXPOSURE = "no_exposure"  # no operating time, kilometres or units to divide by
    NO_VARIATION = "no_variation"  # all values are the same: the likelihood has no maximum, the spread is zero
    NOT_BOUNDED = "not_bounded"  # the interval is open on this side: its bound is infinite
    NOT_CONVERGED = "not_converged"  # the iteration did not settle; better no number than a wrong one
    TREND = "trend"  # the failures of the unit come faster or slower with age: they are not of one distribution
    NOT_MATURE = "not_mature"  # the time of observation is shorter than the window asked about
    NO_PEERS = "no_peers"  # nothing to compare with
    NO_DEMAND = "no_demand"  # the series has no demand at all
    MISSING = "missing"  # values in between are not known


_REASONS = {str(r): r for r in Reason}


@dataclass(frozen=True, eq=False, kw_only=True)
class Result:
    """The base of all answers; `result[i]` is the answer for one group of many, with plain numbers in it.

    n: the observations that the answer rests on. confidence: of its bounds, two-sided unless `method` says otherwise.
    """

    n: Values
    method: str
    confidence: float | None = None
    reason: Values = Reason.NONE

    def __len__(self) -> int:
        """How many groups were asked about; TypeError for the answer to one question."""
        return len(self.n)

    def __bool__(self) -> bool:
        """An answer is there, whatever it says; `reason` tells whether there is a number in it."""
        return True

    def __getitem__(self, index: int) -> Self:
        """The answer for one group: arrays by group become numbers, "no value" becomes None."""
        size = len(self)
        picked = {f.name: _picked(getattr(self, f.name), index, size) for f in fields(self)}
        return replace(self, **picked)


def _picked(value: Any, index: int, size: int) -> Any:
    if isinstance(value, Result):
        return value[index] if isinstance(value.n, np.ndarray) else value
    if not isinstance(value, np.ndarray) or value.ndim == 0 or len(value) != size:
        return value
    return plain(value[index])


def plain(value: Any) -> Any:
    """A numpy scalar as the Python value of its kind; NaN as None; a reason as a Reason; arrays as they are."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value
    if isinstance(value, str):
        return _REASONS.get(value, str(value))
    item = value.item() if isinstance(value, np.generic | np.ndarray) else value
    return None if isinstance(item, float) and np.isnan(item) else item


@dataclass(frozen=True, eq=False, kw_only=True)
class Estimate(Result):
    """A number and its bounds. A bound may be missing alone: a lower bound of MTBF exists without any failure."""

    value: Values
    low: Values
    high: Values


def reasons(shape: int | tuple[int, ...], *cases: tuple[Bools, Reason]) -> NDArray[np.str_]:
    """The first reason that holds per group, "" where none does."""
    if not cases:
        return np.full(shape, "", dtype="U16")
    conditions = [np.broadcast_to(c, shape) for c, _ in cases]
    return np.select(conditions, [np.full(shape, str(r), dtype="U16") for _, r in cases], "").astype("U16")
