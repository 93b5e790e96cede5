"""Histories of repairable systems, and the steps of their mean cumulative functions with the variance, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.groups import Groups, as_floats
from analysis.result import Bools, Floats, Ints
from analysis.running import count_until, running_sum, starts

Variance = Literal["lawless_nadeau", "nelson", "poisson", "independent"]


@dataclass(frozen=True, eq=False)
class Steps:
    """The functions of all groups, one row per distinct (group, age) of events, by group then by age."""

    start: Ints  # rows of group g are start[g] to start[g + 1] − 1
    code: Ints
    times: Floats
    at_risk: Ints
    events: Ints
    mcf: Floats
    variance: Floats
    effective: Floats
    known: Bools  # two systems at least were at risk at all steps so far


@dataclass(frozen=True, eq=False)
class Histories:
    """Events of systems, and the window of age over which each system was observed: (entered, end]."""

    times: Floats
    system: Ints
    weights: Floats
    entered: Floats
    end: Floats
    groups: Groups  # of systems

    @classmethod
    def of(
        cls,
        event_times: ArrayLike,
        event_system: ArrayLike,
        end_times: ArrayLike,
        start: ArrayLike | None,
        weights: ArrayLike | None,
        group: ArrayLike | None,
        group_count: int | None,
    ) -> Histories:
        times = as_floats(event_times, "event_times", least=0.0) if np.size(event_times) else np.empty(0)
        end = as_floats(end_times, "end_times", least=0.0) if np.size(end_times) else np.empty(0)
        system = Groups.of(np.asarray(event_system), times.size, end.size).code if times.size else np.empty(0, np.int64)
        weight = np.ones(times.size) if weights is None else np.atleast_1d(np.asarray(weights, dtype=np.float64))
        if weight.shape != times.shape or not (weight >= 0).all():
            raise ValueError(f"weights must be one number per event ({times.size}), none negative or missing")
        if start is None:
            entered = np.full(end.size, -np.inf)
        else:
            begin = np.broadcast_to(np.asarray(start, dtype=np.float64), end.shape)
            if not (begin >= 0).all() or (begin > end).any():
                raise ValueError("start must lie between 0 and the end time of its system")
            # Watched from age 0 includes age 0: what is dead on arrival counts.
            entered = np.where(begin > 0, begin, -np.inf)
        outside = (times > end[system]) | (times <= entered[system])
        if outside.any():
            worst = times[outside][0]
            raise ValueError(f"an event at age {worst:g} lies outside the ages at which its system was observed")
        return cls(times, system, weight, entered, end, Groups.of(group, end.size, group_count))


def steps_of(h: Histories, variance: Variance) -> Steps:
    """Nelson–Aalen by group with its variance, in a fixed number of sorts and running sums: O(n log n).

    Lawless and Nadeau's variance is V(t) = Σ_i ψ_i(t)², where system i gathers ψ_i(t) = Σ_{k: t_k ≤ t, i at risk}
    (n_ik − m_k) / r_k: n_ik is what happened to i at step k, r_k the number at risk, m_k = Σ_i n_ik / r_k. Summed as
    it stands that is systems × steps. But a step changes V by

        V_k − V_{k−1} = Σ_i (Δψ_i)² + 2 Σ_i ψ_i Δψ_i,   sums over those at risk, ψ_i as it was before the step,
        Σ_i (Δψ_i)²   = (Σ_i n_ik² − r_k m_k²) / r_k²,
        Σ_i ψ_i Δψ_i  = (Σ_i n_ik ψ_i − m_k Σ_i ψ_i) / r_k.

    In the first sum of the last line only those count that have an event at step k, and theirs is
    ψ_i = O_i − (A(t) − A(entry_i)), with O_i the running sum of n_ik / r_k over its own earlier events and A that of
    m_k / r_k over all earlier steps. In the second sum, the Δψ_i of a step add up to zero and ψ_i starts at zero on
    entry; so the ψ of all that were ever at risk add up to zero, and those at risk hold minus what those gone took away.
    """
    count, system_code = h.groups.count, h.groups.code
    # Steps: distinct (group, age), sorted; in one group every age is a step.
    levels, level = np.unique(h.times, return_inverse=True)
    if count == 1:
        keys, step_of_event = np.arange(levels.size), level
    else:
        keys, step_of_event = np.unique(system_code[h.system] * levels.size + level, return_inverse=True)
    size, width = keys.size, max(levels.size, 1)
    code, step_times = keys // width, levels[keys % width]

    # Events by system, then age. Several of one system at one age are one event of their joint weight (n_ik).
    where = h.system * size + step_of_event
    order = np.argsort(where)
    place = where[order]
    new = np.append(True, place[1:] != place[:-1])[: place.size]
    own, step = np.divmod(place[new], max(size, 1))
    amount = np.bincount(np.cumsum(new) - 1, h.weights[order], own.size)

    start = starts(code, count)
    come = count_until(system_code, h.entered, code, step_times, inclusive=False, count=count)
    gone = count_until(system_code, h.end, code, step_times, inclusive=False, count=count)
    at_risk = come - gone
    r = at_risk.astype(np.float64)
    mean = np.bincount(step, amount, size) / r
    square = np.bincount(step, amount**2, size)

    mcf, drift = running_sum(mean, start), running_sum(mean / r, start)  # M and A after each step
    if variance in ("lawless_nadeau", "nelson"):
        part = amount / r[step]
        gathered = running_sum(part, starts(own, h.end.size))  # O_i after each of its events
        by_entry = count_until(code, step_times, system_code, h.entered, inclusive=True, count=count)
        by_end = count_until(code, step_times, system_code, h.end, inclusive=True, count=count)
        at_entry, at_end = (_after(drift, start[system_code], steps) for steps in (by_entry, by_end))
        psi = gathered - part - ((drift - mean / r)[step] - at_entry[own])
        # What each system holds as it goes, taken from the first step after it has gone.
        total = np.bincount(own, part, h.end.size)
        later = start[system_code] + by_end
        leaves = later < start[system_code + 1]
        taken = np.bincount(later[leaves], (total - (at_end - at_entry))[leaves], size)
        held = -running_sum(taken, start)
        gain = (square - r * mean**2) / r**2 + 2.0 / r * (np.bincount(step, amount * psi, size) - mean * held)
        if variance == "nelson":
            gain = gain * r / np.maximum(r - 1.0, 1.0)
    else:
        single = np.bincount(step_of_event, h.weights**2, size) / r**2  # each event on its own
        gain = single if variance == "poisson" else single * (1.0 - 1.0 / r)
    return Steps(
        start=start,
        code=code,
        times=step_times,
        at_risk=at_risk,
        events=np.bincount(step_of_event, minlength=size),
        mcf=mcf,
        variance=np.maximum(running_sum(gain, start), 0.0),  # below 0 by rounding where all systems are alike
        effective=mcf / np.where(drift > 0, drift, np.nan),
        known=running_sum(at_risk < 2, start) < 0.5,
    )


def _after(values: Floats, start: Ints, steps: Ints) -> Floats:
    """A step function after so many steps of those that begin at `start`; 0 after none."""
    found = np.zeros(steps.size)
    found[steps > 0] = values[(start + steps - 1)[steps > 0]]
    return found
