"""Many groups at once: rows with a group number beside them, sums per group without a loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.result import Floats, Ints


@dataclass(frozen=True, eq=False)
class Groups:
    """Which group each row belongs to: `code` of shape (rows,), values 0 … count − 1. A group may have no rows."""

    code: Ints
    count: int

    @classmethod
    def of(cls, group: ArrayLike | None, rows: int, count: int | None = None) -> Groups:
        """From numbers 0 … count − 1; None is one group. Raises ValueError for other numbers or another length."""
        if group is None:
            return cls(np.zeros(rows, dtype=np.int64), 1 if count is None else count)
        code = np.asarray(group)
        if code.shape != (rows,):
            raise ValueError(f"group must hold one number per row ({rows}), not {code.shape}")
        if rows and not np.issubdtype(code.dtype, np.integer):
            raise ValueError(
                f"group must hold whole numbers, not {code.dtype}; np.unique(…, return_inverse=True) makes them"
            )
        code = code.astype(np.int64)
        most = int(code.max()) + 1 if rows else 0
        count = most if count is None else count
        if rows and (code.min() < 0 or most > count):
            raise ValueError(f"group must lie between 0 and {count - 1}")
        return cls(code, count)

    def sum(self, values: ArrayLike) -> Floats:
        """Sum per group, shape (count,); 0 for a group without rows."""
        given = np.asarray(values)
        if given.dtype == np.bool_ and given.shape == self.code.shape:
            # Counting takes a fraction of adding up.
            found = (
                [np.count_nonzero(given)] if self.count == 1 else np.bincount(self.code[given], minlength=self.count)
            )
            return np.asarray(found, dtype=np.float64)
        weights = np.asarray(given, dtype=np.float64)
        return np.bincount(self.code, weights=weights, minlength=self.count).astype(np.float64, copy=False)

    def size(self) -> Ints:
        """Rows per group, shape (count,)."""
        return np.bincount(self.code, minlength=self.count)

    def order(self, values: ArrayLike) -> tuple[Ints, Ints]:
        """(order, start): rows by group, then by value; rows of group g are order[start[g]:start[g + 1]]."""
        order = np.lexsort((np.asarray(values), self.code))
        return order, np.concatenate(([0], np.cumsum(self.size())))


def distinct(code: Ints, space: int) -> tuple[Ints, Ints]:
    """(which, place): each number of `code` once, ascending, and for every row its place among them. Numbers lie in 0 … space − 1.

    As np.unique with its inverse, without sorting where the numbers are not spread too thin.
    """
    if space > 8 * code.size + 1_000:
        which, place = np.unique(code, return_inverse=True)
        return which, place
    is_there = np.zeros(space, dtype=bool)
    is_there[code] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[code]


def checked_confidence(confidence: float) -> float:
    """The level itself. Raises ValueError unless it lies between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return float(confidence)


def as_floats(values: ArrayLike, name: str, *, least: float | None = None, above: float | None = None) -> Floats:
    """One array of known numbers. Raises ValueError, naming it, where a number is missing or too small."""
    array = np.atleast_1d(np.ma.asarray(values, dtype=np.float64).filled(np.nan))
    if array.ndim != 1:
        raise ValueError(f"{name} must be one row of numbers, not {array.ndim}-dimensional")
    if array.size and not np.isfinite(array).all():
        raise ValueError(f"{name} must not hold missing or infinite numbers")
    if array.size and least is not None and array.min() < least:
        raise ValueError(f"{name} must be at least {least:g}, found {array.min():g}")
    if array.size and above is not None and array.min() <= above:
        raise ValueError(f"{name} must be above {above:g}, found {array.min():g}")
    return array
