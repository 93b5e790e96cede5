"""Lives of things, known exactly or only within limits: what a life distribution is fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.groups import as_floats
from analysis.result import Bools, Floats


@dataclass(frozen=True, eq=False)
class LifeData:
    """One row per life (or per `count` equal ones): it ended in (lower, upper], at `lower` where the two are equal.

    lower 0: it had ended before `upper` (left censored). upper infinite: it was still going on at `lower` (right
    censored). entry: the age at which it came under observation (left truncation); 0 where it was seen from the start.
    All in one unit of time, use or distance. Made with `LifeData.of` or `LifeData.between`.
    """

    lower: Floats
    upper: Floats
    count: Floats
    entry: Floats

    @classmethod
    def of(
        cls,
        times: ArrayLike,
        failed: ArrayLike | None = None,
        *,
        count: ArrayLike | None = None,
        entry: ArrayLike | None = None,
    ) -> Self:
        """From ages: `failed` True where the age is that of the failure, False where it is that of a survivor.

        failed: None where all failed. count: how many lives each row stands for (default 1). Raises ValueError for a
        failure at age 0, negative or missing numbers, arrays of different length, an entry that is not before the end.
        """
        lower = as_floats(times, "times", least=0)
        ended = np.ones(lower.shape, dtype=bool) if failed is None else np.asarray(failed)
        if ended.shape != lower.shape:
            raise ValueError(f"failed must hold one value per time ({lower.size}), not {ended.shape}")
        if ended.dtype != bool and not np.isin(ended, (0, 1)).all():
            raise ValueError("failed must hold True or False, or 1 and 0")
        return cls._checked(lower, np.where(ended.astype(bool), lower, np.inf), count, entry)

    @classmethod
    def between(
        cls, lower: ArrayLike, upper: ArrayLike, *, count: ArrayLike | None = None, entry: ArrayLike | None = None
    ) -> Self:
        """From limits (as "interval2" in R's survival): equal where the age is known exactly.

        lower 0, −inf, NaN or None: failed before `upper`. upper inf, NaN or None: not failed by `lower`.
        Raises ValueError as `of` does, and where a lower limit lies above its upper one.
        """
        low, high = (np.atleast_1d(np.asarray(limit, dtype=np.float64)) for limit in (lower, upper))
        if low.ndim != 1 or low.shape != high.shape:
            raise ValueError(f"lower and upper must be of one length, not {low.shape} and {high.shape}")
        low = np.where(np.isnan(low) | np.isneginf(low), 0.0, low)
        high = np.where(np.isnan(high), np.inf, high)
        return cls._checked(low, high, count, entry)

    @classmethod
    def _checked(cls, lower: Floats, upper: Floats, count: ArrayLike | None, entry: ArrayLike | None) -> Self:
        counts = np.ones(lower.shape) if count is None else as_floats(count, "count", least=0)
        entries = np.zeros(lower.shape) if entry is None else as_floats(entry, "entry", least=0)
        for name, values in (("count", counts), ("entry", entries)):
            if values.shape != lower.shape:
                raise ValueError(f"{name} must hold one number per life ({lower.size}), not {values.size}")
        for wrong, what in (
            (~np.isfinite(lower) | (lower < 0), "ages must be finite and not negative, found {:g}"),
            (upper < lower, "lower limits must not lie above the upper ones, found {:g}"),
            (upper == 0, "a failure at age {:g} has no logarithm; leave out what was dead on arrival"),
        ):
            if wrong.any():
                raise ValueError(what.format(lower[wrong][0]))
        if entry is None:
            return cls(lower, upper, counts, entries)
        # A survivor that left when it came tells nothing, and does no harm.
        late = (entries >= upper) | (entries > lower) & np.isinf(upper)
        if late.any():
            raise ValueError(f"an entry must come before the end of the life, found {entries[late][0]:g}")
        # What is known to have lived up to `entry` cannot have failed before it.
        return cls(np.maximum(lower, entries), upper, counts, entries)

    def __len__(self) -> int:
        """Rows."""
        return self.lower.size

    @cached_property
    def exact(self) -> Bools:
        """Rows whose age at failure is known."""
        exact: Bools = self.lower == self.upper
        return exact

    @cached_property
    def survived(self) -> Bools:
        """Rows that had not failed when last seen."""
        return np.isinf(self.upper)

    def gathered(self) -> Self:
        """The same lives, the survivors of the greatest age in one row: after a test up to one age, most of them."""
        if len(self) == 0 or self.entry.any():
            return self
        last = self.survived & (self.lower == self.lower.max())
        others = np.flatnonzero(~last)  # a mask is slower to pick by than the numbers of rows
        if len(self) - others.size < 2:
            return self
        one = (self.lower.max(), np.inf, self.count.sum(where=last), 0.0)
        rows = (self.lower, self.upper, self.count, self.entry)
        return type(self)(*(np.append(x.take(others), value) for x, value in zip(rows, one, strict=True)))

    @property
    def failed(self) -> Bools:
        """Rows that failed, at an age known exactly or within limits."""
        return ~self.survived
