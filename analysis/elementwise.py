"""One formula for 10,000 parts at once: parameters that broadcast, plain numbers for one question, a search by halving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.result import Bools, Floats, Result, plain

R = TypeVar("R", bound=Result)


def parameter(values: ArrayLike, name: str, *, least: float | None = None, above: float | None = None) -> Floats:
    """Numbers of any shape; NaN is one that is not known. Raises ValueError, naming them, where one is infinite or too small."""
    array = np.asarray(values, dtype=np.float64)
    known = array[~np.isnan(array)]
    if np.isinf(known).any():
        raise ValueError(f"{name} must be finite, found {known[np.isinf(known)][0]:g}")
    if known.size and least is not None and known.min() < least:
        raise ValueError(f"{name} must be at least {least:g}, found {known.min():g}")
    if known.size and above is not None and known.min() <= above:
        raise ValueError(f"{name} must be above {above:g}, found {known.min():g}")
    return array


def share(values: ArrayLike, name: str) -> Floats:
    """Numbers strictly between 0 and 1. Raises ValueError, naming them, for others."""
    array = parameter(values, name, above=0.0)
    if (array >= 1).any():
        raise ValueError(f"{name} must lie between 0 and 1, found {np.nanmax(array):g}")
    return array


def answer(kind: type[R], method: str, reason: NDArray[np.str_], *, n: ArrayLike, **values: ArrayLike) -> R:
    """A result in the shape of `reason`: NaN where there is one; plain numbers where the shape is that of one question."""
    shape = reason.shape
    fields: dict[str, Any] = {name: np.where(reason == "", value, np.nan) for name, value in values.items()}
    fields |= {"n": np.broadcast_to(np.asarray(n, dtype=np.int64), shape), "reason": reason}
    if not shape:
        fields = {name: plain(value) for name, value in fields.items()}
        fields["reason"] = plain(str(reason))
    return kind(method=method, **fields)


def smallest(holds: Callable[[Floats], Bools], low: Floats, high: Floats, *, whole: bool) -> Floats:
    """The smallest number at which a condition holds that holds from some point on, known to lie in (low, high].

    By halving, elementwise: log₂(high − low) evaluations for whole numbers, about 60 for real ones.
    """
    for _ in range(200):
        middle = np.floor((low + high) / 2) if whole else (low + high) / 2
        # A real interval is exhausted when its middle is one of its ends.
        open_ = (high - low > 1) if whole else (middle > low) & (middle < high)
        if not open_.any():
            break
        true = holds(middle)
        high = np.where(open_ & true, middle, high)
        low = np.where(open_ & ~true, middle, low)
    return high
