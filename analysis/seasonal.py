"""Forecasts that know the season: last year again, and a level with a factor for each month where the data prove one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from analysis.result import Floats
from analysis.smoothing import History, Path

# A part gets factors when chance alone would make its months differ so much once in so many parts. Sparse demand always
# looks a little seasonal after two or three years; factors made of that cost more than they bring.
_SIGNIFICANCE = 0.01


@dataclass(frozen=True, eq=False)
class SeasonalPath(Path):
    """A path whose forecasts differ by the period of the season."""

    history: History
    season: int


@dataclass(frozen=True, eq=False)
class RepeatedPath(SeasonalPath):
    """A path that repeats the last season: step j ahead of row t is the demand of period t + j − season."""

    def ahead(self, step: int) -> Floats:
        """The rolling forecast of the period `step` after each row."""
        demand = self.history.demand
        rows = np.arange(len(self.rolling)) - self.season + step % self.season
        ahead: Floats = np.where((rows >= 0)[:, None], demand[np.clip(rows, 0, len(demand) - 1)], np.nan)
        return ahead


@dataclass(frozen=True, eq=False)
class FactorPath(SeasonalPath):
    """A smoothed level times the factor of the period; `factors` of shape (rows, season, series), known before each row."""

    level: Floats
    factors: Floats

    def ahead(self, step: int) -> Floats:
        """The rolling forecast of the period `step` after each row."""
        rows = np.arange(len(self.level))
        ahead: Floats = self.level * self.factors[rows, (rows + step) % self.season]
        return ahead


def repeated_season(history: History, season: int) -> RepeatedPath:
    """See `seasonal_naive`."""
    none = np.full(history.demand.shape[1], np.nan)
    rolling = np.full((len(history.demand) + 1, none.size), np.nan)
    rolling[season:] = history.demand[: max(len(rolling) - season, 0)]
    return RepeatedPath(rolling, rolling, 0.0, none, none, history, season)


def season_factors(history: History, alpha: float, season: int) -> FactorPath:
    """See `seasonal_ses`. One pass over time; memory: periods × season × series."""
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha must lie in (0, 1], not {alpha}")
    rows, series = history.known_before.shape
    level, factors = np.full((rows, series), np.nan), np.ones((rows, season, series))
    seen = _Seen.nothing(season, series)
    for t in range(rows):
        factors[t] = seen.factors()
        weight = (seen.weights * factors[t]).sum(axis=0)
        np.divide(seen.smoothed.sum(axis=0), weight, out=level[t], where=weight > 0)
        if t + 1 < rows:
            seen.learn(t % season, history.filled[t], history.known[t], alpha)
    none = np.full(series, np.nan)
    first = level * factors[np.arange(rows), np.arange(rows) % season]
    return FactorPath(first, first, alpha, np.full(series, alpha), none, history, season, level, factors)


@dataclass(eq=False)
class _Seen:
    """What was seen so far by period of the season, each of shape (season, series)."""

    count: Floats
    total: Floats
    root_total: Floats  # of the square roots: their scatter does not grow with the demand
    square_total: Floats  # of the square roots' squares, the demand itself, over all periods: (series,)
    smoothed: Floats  # demand, the older the less: α(1 − α)^age
    weights: Floats  # the same of the number of periods

    @classmethod
    def nothing(cls, season: int, series: int) -> _Seen:
        count, total, root_total, smoothed, weights = (np.zeros((season, series)) for _ in range(5))
        return cls(count, total, root_total, np.zeros(series), smoothed, weights)

    def learn(self, place: int, demand: Floats, known: Floats, alpha: float) -> None:
        """Add a period; a period that is not known leaves all as it was."""
        fading = np.where(known, 1.0 - alpha, 1.0)
        self.smoothed *= fading
        self.weights *= fading
        self.smoothed[place] += alpha * demand
        self.weights[place] += alpha * known
        self.count[place] += known
        self.total[place] += demand
        self.root_total[place] += np.sqrt(demand)
        self.square_total += demand

    def factors(self) -> Floats:
        """By how much each period of the season lies above or below the mean of all; 1 where nothing is proved.

        One-way analysis of variance of the square roots; where its F rejects that all periods of the season are alike, the
        factors are drawn to 1 by as much as James and Stein's estimator would (positive part).
        """
        met = self.count > 0
        per_place = np.where(met, self.count, 1.0)
        periods, places = self.count.sum(axis=0), met.sum(axis=0)
        df_between, df_within = np.maximum(places - 1.0, 1.0), np.maximum(periods - places, 1.0)
        between = (self.root_total**2 / per_place).sum(axis=0) - self.root_total.sum(axis=0) ** 2 / np.maximum(
            periods, 1
        )
        within = self.square_total - (self.root_total**2 / per_place).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            f = (between / df_between) / (np.maximum(within, 1e-12) / df_within)
        proved = (places == len(met)) & (periods > places) & (fdtrc(df_between, df_within, f) < _SIGNIFICANCE)
        noise = np.maximum(df_between - 2.0, 0.0) / df_between * df_within / (df_within + 2.0)
        trust = np.where(proved, np.maximum(1.0 - noise / np.where(proved, f, 1.0), 0.0), 0.0)
        overall = self.total.sum(axis=0) / np.maximum(periods, 1.0)
        own = np.where(proved & (overall > 0), self.total / per_place / np.where(overall > 0, overall, 1.0), 1.0)
        factors: Floats = 1.0 + trust * (own - 1.0)
        return factors
