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
    before each, `log_survival` and `greenwood` are log S and the variance of log S after each. `low` and `high` are
    pointwise bounds of level `confidence`, computed when they are asked for.
    """

    times: Floats
    log_survival: Floats
    greenwood: Floats
    at_risk: NDArray[np.int64]
    n: int
    events: int
    confidence: float
    method: str = "Kaplan-Meier, log-log bounds"

    @cached_property
    def survival(self) -> Floats:
        """S after each time."""
        survival: Floats = np.exp(self.log_survival)
        return survival

    @cached_property
    def low(self) -> Floats:
        """The lower bound after each time."""
        return self._bound(slice(None), +1)

    @cached_property
    def high(self) -> Floats:
        """The upper bound after each time."""
        return self._bound(slice(None), -1)

    def _bound(self, part: slice, sign: int) -> Floats:
        log_s = self.log_survival[part]
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = ndtri(0.5 + self.confidence / 2) * np.sqrt(self.greenwood[part]) / np.abs(log_s)
            bound: Floats = np.exp(log_s * np.exp(sign * spread))
        # Where the last one at risk ends, S is 0 and has no log-log bounds (R prints none): we keep [0, the bound before].
        if bound.size and np.isneginf(log_s[-1]):
            bound[-1] = 0.0 if sign > 0 else (bound[-2] if bound.size > 1 else 1.0)
        return bound

    @property
    def censored(self) -> int:
        """How many had not ended when last seen."""
        return self.n - self.events

    def quantile(self, p: float) -> Quantile:
        """The duration by which a share p (0 < p < 1) has ended: the smallest time with S(t) ≤ 1 − p.

        Bounds by Brookmeyer and Crowley (1982): the times at which the bounds of S cross 1 − p. `reason` is
        "no_events" or "not_reached" where there is no value.
        """
        if not 0 < p < 1:
            raise ValueError(f"p must lie between 0 and 1, not {p}")
        if self.events == 0:
            return Quantile(p, None, None, None, self.confidence, "no_events")

        # One part in 10¹² of slack: 1 − p and a product of quotients that equals it differ in the last bits.
        level = np.log(1 - p) + 1e-12
        index = int(np.searchsorted(-self.log_survival, -level))
        value = float(self.times[index]) if index < self.times.size else None
        low, high = self._crossing(+1, np.exp(level)), self._crossing(-1, np.exp(level))
        return Quantile(p, value, low, high, self.confidence, None if value is not None else "not_reached")

    def _crossing(self, sign: int, level: float) -> float | None:
        """The first time at which a bound is at most `level`; looked for block by block, as bounds cost most."""
        block = 4096
        for begin in range(0, self.times.size, block):
            part = slice(begin, begin + block)
            # A bound lies on its side of S: the lower one may be below a level that S is above, not the other way round.
            if sign < 0 and self.log_survival[min(begin + block, self.times.size) - 1] > np.log(level):
                continue
            reached = self._bound(part, sign) <= level
            if reached.any():
                return float(self.times[begin + int(np.argmax(reached))])
        return None

    def at(self, times: Floats) -> tuple[Floats, Floats, Floats]:
        """Survival and its bounds at any times: the step that each falls on; 1 before the first event."""
        index = np.searchsorted(self.times, times, side="right")
        return tuple(np.concatenate(([1.0], curve))[index] for curve in (self.survival, self.low, self.high))  # type: ignore[return-value]


def kaplan_meier(durations: Floats, ended: NDArray[np.bool_], confidence: float = 0.95) -> KaplanMeier:
    """Estimate the survival function from durations of which some are right-censored.

    durations: shape (n,), any unit, not negative. ended: shape (n,), True where the end was seen, False where the
    thing was still going on after that duration. Assumes that being censored says nothing about when it will end.

    Variance by Greenwood; pointwise bounds on the log(−log S) scale (Kalbfleisch and Prentice 2002, §1.4), which keep
    within [0, 1]. A censoring at the time of an event counts as after it. O(n log n), O(n) for sorted durations.
    Raises ValueError for negative or missing durations, or arrays of different length.
    """
    durations = np.asarray(durations, dtype=np.float64)
    ended = np.asarray(ended, dtype=bool)
    if durations.shape != ended.shape or durations.ndim != 1:
        raise ValueError(f"durations and ended must be of one length, not {durations.shape} and {ended.shape}")
    if durations.size and not durations.min() >= 0:
        raise ValueError("durations must not be negative or missing")
    n = durations.size
    if np.any(np.diff(durations) < 0):
        order = np.argsort(durations, kind="stable")
        durations, ended = durations[order], ended[order]
    # Runs of equal durations: where each starts, how many ended in it, how many were at risk before it.
    starts = np.flatnonzero(np.concatenate(([True], np.diff(durations) > 0))) if n else np.empty(0, dtype=np.intp)
    d = np.add.reduceat(ended.astype(np.int64), starts) if n else np.empty(0, dtype=np.int64)
    seen = d > 0
    starts, d = starts[seen], d[seen]
    at_risk = (n - starts).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_survival = np.cumsum(np.log1p(-d / at_risk))
        greenwood = np.cumsum(d / (at_risk * (at_risk - d).astype(np.float64)))
    return KaplanMeier(durations[starts], log_survival, greenwood, at_risk, n, int(ended.sum()), confidence)
