"""Running sums and look-ups within many groups at once, none of which sees what lies in another."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.result import Floats, Ints


def running_sum(values: ArrayLike, start: Ints) -> Floats:
    """The cumulative sum within each group; rows of group g are start[g] to start[g + 1] − 1 (as of `Groups.order`).

    One pass over all rows would carry the rounding of every group into the next; so the mean of the group is taken out
    before and put back after, and what remains of the groups before is subtracted exactly as it stands.
    """
    rows = np.asarray(values, dtype=np.float64)
    size = np.diff(start)
    if size.size <= 1:
        return np.cumsum(rows)
    group = np.repeat(np.arange(size.size), size)
    mean = np.bincount(group, rows, size.size) / np.maximum(size, 1)
    total = np.cumsum(rows - mean[group])
    before = np.concatenate(([0.0], total))[start[:-1]]
    within = np.arange(rows.size) - start[:-1][group] + 1
    summed: Floats = total - before[group] + mean[group] * within
    return summed


def starts(code: Ints, count: int) -> Ints:
    """Where each group begins in rows that are sorted by group, and where the last one ends: shape (count + 1,)."""
    return np.concatenate(([0], np.cumsum(np.bincount(code, minlength=count))))


def count_until(code: Ints, values: Floats, at_code: Ints, at_values: Floats, *, inclusive: bool, count: int) -> Ints:
    """How many values of the same group are below each of `at_values` (or equal to it, if inclusive).

    Any order of rows; O((n + m) log n). Values and look-ups may be infinite.
    """
    side: Literal["left", "right"] = "right" if inclusive else "left"
    if count <= 1:
        below: Ints = np.searchsorted(np.sort(values), at_values, side=side)
        return below
    # A value as its rank among all, so that (group, rank) is one whole number that sorts by group, then by value.
    levels = np.unique(values)
    width = levels.size + 1
    keys = np.sort(code * width + np.searchsorted(levels, values))
    wanted = at_code * width + np.searchsorted(levels, at_values, side=side)
    found: Ints = np.searchsorted(keys, wanted) - np.searchsorted(keys, at_code * width)
    return found
