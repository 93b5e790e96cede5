"""How long things last when some have not ended yet: the Kaplan–Meier estimate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quantile:
    """The duration by which a share p has ended, with bounds; None where the data do not reach that far."""

    p: float
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    reason: str | None = None


@dataclass(frozen=True)
class KaplanMeier:
    """A survival curve: after `times[i]` the share `survival[i]` has not ended yet.

    `times` are the distinct durations at which something ended, ascending; `at_risk` is how many were still observed just
    before each; `low` and `high` are pointwise bounds of level `confidence`. They are computed when they are asked for,
    from one step per end: its time, how many were at risk, log S and the variance of log S after it.
    """

    step_times: Floats
    step_at_risk: NDArray[np.int64]
    step_log_survival: Floats
    step_variance: Floats
    n: int
    events: int
    confidence: float
    method: str = "Kaplan-Meier, log-log bounds"

    @cached_property
    def _last(self) -> NDArray[np.intp]:
        """The last step of each distinct time: d ends at one time are d steps of (k − 1)/k, whose product is (k − d)/k."""
        return np.flatnonzero(np.append(self.step_times[1:] != self.step_times[:-1], self.step_times.size > 0))

    @cached_property
    def times(self) -> Floats:
        """Distinct times of ends, ascending."""
        return self.step_times[self._last]

    @cached_property
    def at_risk(self) -> NDArray[np.int64]:
        """How many were still observed just before each time."""
        return self.step_at_risk[np.concatenate(([0], self._last[:-1] + 1))] if self.events else self.step_at_risk

    @cached_property
    def survival(self) -> Floats:
        """S after each time."""
        survival: Floats = np.exp(self.step_log_survival[self._last])
        return survival

    @cached_property
    def low(self) -> Floats:
        """The lower bound after each time."""
        return self._bound(self._last, +1)

    @cached_property
    def high(self) -> Floats:
        """The upper bound after each time."""
        return self._bound(self._last, -1)

    def _bound(self, part: slice | NDArray[np.intp], sign: int) -> Floats:
        log_s = self.step_log_survival[part]
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = ndtri(0.5 + self.confidence / 2) * np.sqrt(self.step_variance[part]) / np.abs(log_s)
            bound: Floats = np.exp(log_s * np.exp(sign * spread))
        # Where the last one at risk ends, S is 0 and has no log-log bounds (R prints none): we keep [0, the bound before].
        ended = np.isneginf(log_s)
        if ended.any():
            before = int(np.argmax(np.isneginf(self.step_log_survival))) - 1
            # Of ends at one time only the last step is a value of the curve: the bound before is that of an earlier time.
            earlier = int(np.searchsorted(self.step_times, self.step_times[before + 1])) - 1
            bound[ended] = (
                0.0 if sign > 0 else (self._bound(slice(earlier, earlier + 1), sign)[0] if earlier >= 0 else 1.0)
            )
        return bound

    @property
    def censored(self) -> int:
        """How many had not ended when last seen."""
        return self.n - self.events

    def quantile(self, p: float, *, bounds: bool = True) -> Quantile:
        """The duration by which a share p (0 < p < 1) has ended: the smallest time with S(t) ≤ 1 − p.

        Bounds by Brookmeyer and Crowley (1982): the times at which the bounds of S cross 1 − p. `reason` is
        "no_events" or "not_reached" where there is no value. `bounds=False` leaves them out, which is most of the work.
        """
        if not 0 < p < 1:
            raise ValueError(f"p must lie between 0 and 1, not {p}")
        if self.events == 0:
            return Quantile(p, None, None, None, self.confidence, "no_events")

        # One part in 10¹² of slack: 1 − p and a product of quotients that equals it differ in the last bits.
        level = np.log(1 - p) + 1e-12
        index = int(np.searchsorted(-self.step_log_survival, -level))
        value = float(self.step_times[index]) if index < self.step_times.size else None
        low, high = (self._crossing(sign, level) if bounds else None for sign in (+1, -1))
        return Quantile(p, value, low, high, self.confidence, None if value is not None else "not_reached")

    def _crossing(self, sign: int, log_level: float) -> float | None:
        """The first time at which a bound is at most a level; looked for block by block, as bounds cost most."""
        block, size, last = 4096, self.step_times.size, self._last
        for begin in range(0, size, block):
            end = min(begin + block, size)
            # The upper bound lies above S: it is not below the level where S is not.
            if sign < 0 and self.step_log_survival[end - 1] > log_level:
                continue
            # Bounds hold after all ends of one time; so only the last step of each counts.
            part = last[np.searchsorted(last, begin) : np.searchsorted(last, end)]
            reached = self._bound(part, sign) <= np.exp(log_level)
            if reached.any():
                return float(self.step_times[part[int(np.argmax(reached))]])
        return None

    def at(self, times: Floats) -> tuple[Floats, Floats, Floats]:
        """Survival and its bounds at any times: the step that each falls on; 1 before the first event."""
        index = np.searchsorted(self.step_times, times, side="right") - 1
        steps = np.maximum(index, 0)
        if not self.events:
            return tuple(np.ones(len(times)) for _ in range(3))  # type: ignore[return-value]  # nothing ended
        curves = (np.exp(self.step_log_survival[steps]), self._bound(steps, +1), self._bound(steps, -1))
        return tuple(np.where(index < 0, 1.0, curve) for curve in curves)  # type: ignore[return-value]


def kaplan_meier(durations: Floats, ended: NDArray[np.bool_], confidence: float = 0.95) -> KaplanMeier:
    """Estimate the survival function from durations of which some are right-censored.

    durations: shape (n,), any unit, not negative. ended: shape (n,), True where the end was seen, False where the
    thing was still going on after that duration. Assumes that being censored says nothing about when it will end.

    Variance by Greenwood; pointwise bounds on the log(−log S) scale (Kalbfleisch and Prentice 2002, §1.4), which keep
    within [0, 1]. A censoring at the time of an event counts as after it. O(n log n), the sorting of the durations.
    Raises ValueError for negative or missing durations, or arrays of different length.
    """
    durations = np.asarray(durations, dtype=np.float64)
    ended = np.asarray(ended, dtype=bool)
    if durations.shape != ended.shape or durations.ndim != 1:
        raise ValueError(f"durations and ended must be of one length, not {durations.shape} and {ended.shape}")
    if durations.size and not durations.min() >= 0:
        raise ValueError("durations must not be negative or missing")
    n = durations.size
    ends, censored = np.sort(durations[ended]), np.sort(durations[~ended])
    # How many were censored before each end; a censoring at the time of an end counts as after it.
    after = np.searchsorted(ends, censored, side="right")
    gone = np.cumsum(np.bincount(after, minlength=ends.size + 1))[: ends.size]
    at_risk = n - np.arange(ends.size) - gone
    log_step, variance_step = _steps(n)
    return KaplanMeier(
        step_times=ends,
        step_at_risk=at_risk,
        step_log_survival=np.cumsum(log_step[at_risk]),
        step_variance=np.cumsum(variance_step[at_risk]),
        n=n,
        events=ends.size,
        confidence=confidence,
    )


_tables: tuple[Floats, Floats] = (np.empty(0), np.empty(0))


def _steps(n: int) -> tuple[Floats, Floats]:
    """log((k − 1)/k) and 1/(k(k − 1)) by k = 0 … n; the same for every curve, so computed once for the longest."""
    global _tables  # noqa: PLW0603  # a table of constants that grows
    log_step, variance_step = _tables
    if log_step.size <= n:
        k = np.arange(max(n + 1, 2 * log_step.size), dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_step, variance_step = np.log1p(-1.0 / k), 1.0 / (k * (k - 1.0))
        _tables = log_step, variance_step
    return log_step, variance_step
