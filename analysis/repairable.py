"""Repairable systems: when each failed, how long each was watched, and what the tests and models make of that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.groups import Groups, as_floats
from analysis.result import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Systems:
    """Failures of repairable systems, sorted by system, then age; and from when to when each system was watched.

    The trend tests and the growth models all ask the same of their data, and read them here: `times` are ages at
    failure (hours, kilometres, cycles), one row per failure, in any order; `system` says whose, 0 … systems − 1.
    `start` and `end` are the ages between which each system was watched, one number for all or one per system. No `end`
    (or NaN for one system) says that watching stopped with the last failure: failure-truncated. Systems without any
    failure are known from `end` per system only, not from one number for all. `group` puts each system into a group;
    without `system`, each group is one system and `group` holds one number per failure.
    """

    times: Floats  # by failure
    system: Ints  # by failure
    start: Floats  # by system
    end: Floats  # by system
    stopped: Bools  # by system: watching stopped with its last failure
    group: Groups  # of the systems

    @classmethod
    def of(
        cls,
        times: ArrayLike,
        end: ArrayLike | None,
        system: ArrayLike | None,
        start: ArrayLike | None,
        group: ArrayLike | None,
    ) -> Systems:
        """From what the user gives. Raises ValueError where a failure lies outside the time its system was watched."""
        age = as_floats(times, "times")
        rows = age.size
        if system is None:
            owner = Groups.of(group, rows, 1 if group is None else _length(end, start))
            of_group = (
                Groups(np.arange(owner.count), owner.count) if group is not None else Groups.of(None, owner.count)
            )
        else:
            owner = Groups.of(system, rows, _length(end, start, group))
            of_group = Groups.of(group, owner.count)
        order, first = owner.order(age)
        age, code, size = age[order], owner.code[order], np.diff(first)

        begin = _per_system(start, owner.count, "start", 0.0)
        last = _per_system(end, owner.count, "end", np.nan)
        stopped = np.isnan(last)
        seen = size > 0
        last[stopped] = begin[stopped]
        last[stopped & seen] = age[first[1:][stopped & seen] - 1]

        if rows and (early := age <= begin[code]).any():
            raise ValueError(
                f"times must be above the age at which watching started ({begin[code][early][0]:g}), "
                f"found {age[early][0]:g}: a failure on arrival has no place in a process in time"
            )
        if rows and (late := age > last[code]).any():
            raise ValueError(
                f"times must not lie after the end of watching ({last[code][late][0]:g}), found {age[late][0]:g}"
            )
        if (backward := last < begin).any():
            raise ValueError(
                f"end must not lie before start, found {last[backward][0]:g} before {begin[backward][0]:g}"
            )
        return cls(age, code, begin, last, stopped, of_group)

    @cached_property
    def rows(self) -> Groups:
        """The group of each failure."""
        return Groups(self.group.code[self.system], self.group.count)

    @cached_property
    def failures(self) -> Ints:
        """Failures by system."""
        return np.bincount(self.system, minlength=self.end.size)

    @cached_property
    def counted(self) -> Bools:
        """By failure: whether it says when failures come; the one that ended the watching is there by definition."""
        is_last = np.append(self.system[1:] != self.system[:-1], self.times.size > 0)
        return ~(is_last & self.stopped[self.system])

    @cached_property
    def position(self) -> Floats:
        """By failure: where it lies between start and end, in (0, 1]; uniform when the rate is constant."""
        begin, last = self.start[self.system], self.end[self.system]
        return np.asarray((self.times - begin) / (last - begin))

    @cached_property
    def gaps(self) -> Floats:
        """By failure: the time since the failure before it, or since the start."""
        before = np.concatenate(([0.0], self.times[:-1]))
        is_first = np.append(True, self.system[1:] != self.system[:-1])[: self.times.size]
        return np.asarray(self.times - np.where(is_first, self.start[self.system], before))

    def position_in_total_time(self) -> tuple[Floats, Bools]:
        """By failure: the share of its group's total time on test spent up to that age, and whether the failure counts.

        At age t the total time on test is Σ of what each system of the group was watched up to t; its slope is the
        number watched at t. The last failure does not count where it ended the watching of the oldest system.
        """
        age = np.concatenate((self.start, self.times, self.end))
        group = np.concatenate((self.group.code, self.rows.code, self.group.code))
        watched = np.concatenate((np.ones(self.start.size), np.zeros(self.times.size), -np.ones(self.end.size)))
        # Ends come after failures of the same age, so that what is last in a group is an end.
        order = np.lexsort((-watched, age, group))
        slope = np.cumsum(watched[order])
        # Between groups nothing is watched: the slope there is 0, so that one running sum serves all groups.
        spent = np.concatenate(([0.0], np.cumsum(slope[:-1] * np.diff(age[order]))))
        total = np.empty(age.size)
        total[order] = spent
        low, high = np.full(self.group.count, np.inf), np.full(self.group.count, -np.inf)
        np.minimum.at(low, group, total)
        np.maximum.at(high, group, total)

        code = self.rows.code
        share = total[self.start.size : self.start.size + self.times.size] - low[code]
        with np.errstate(invalid="ignore"):
            share = share / (high - low)[code]
        oldest = np.full(self.group.count, -np.inf)
        np.maximum.at(oldest, self.group.code, self.end)
        ends_it = self.stopped & (self.end == oldest[self.group.code]) & (self.failures > 0)
        # One failure per group is dropped even where two systems stopped at the same age.
        ending = np.flatnonzero(~self.counted & ends_it[self.system])
        _, one_each = np.unique(code[ending], return_index=True)
        counts = np.ones(self.times.size, dtype=bool)
        counts[ending[one_each]] = False
        return share, counts


def _length(*values: ArrayLike | None) -> int | None:
    """The number of systems that one of the arguments by system tells; None where each is left out or one for all."""
    sizes = [np.size(v) for v in values if v is not None and np.ndim(v)]
    return sizes[0] if sizes else None


def _per_system(values: ArrayLike | None, systems: int, name: str, default: float) -> Floats:
    array: Any = np.asarray(default if values is None else values, dtype=np.float64)
    if array.ndim > 1 or (array.ndim and array.size != systems):
        raise ValueError(f"{name} must be one number or one per system ({systems}), not {array.shape}")
    if np.isinf(array).any() or (name == "start" and np.isnan(array).any()):
        raise ValueError(f"{name} must not be missing or infinite")
    return np.array(np.broadcast_to(array, systems), dtype=np.float64)
