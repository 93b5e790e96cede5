"""Demand as a distribution: over a period, over the time until a delivery comes, or of units in the repair pipeline.

Every parameter may be an array, one value per part; a parameter that is not known is NaN and gives NaN. `n` is how many
observations the parameters were estimated from (0: they are assumed); every decision that is taken from them carries it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

from analysis import loss_functions as lf
from analysis.elementwise import parameter, smallest
from analysis.result import Floats, Ints, Values

# Cumulated probabilities are sums: a quantile is reached when they come as near as this.
_ROUNDING = 1e-12
# The least that a probability can be below 1; where waiting is very dear, the critical ratio rounds to 1.
_SMALLEST = 2.0**-53


@dataclass(frozen=True, eq=False)
class Demand(ABC):
    """A distribution of demand. `whole_units`: it is counted in units, so that stock is too."""

    whole_units: ClassVar[bool] = False

    @property
    @abstractmethod
    def mean(self) -> Floats:
        """Expected demand."""

    @property
    @abstractmethod
    def sd(self) -> Floats:
        """Standard deviation of demand."""

    @property
    @abstractmethod
    def observations(self) -> Values:
        """How many observations the distribution rests on; 0 where it is assumed."""

    @abstractmethod
    def cdf(self, x: ArrayLike) -> Floats:
        """P(demand ≤ x)."""

    @abstractmethod
    def quantile(self, p: ArrayLike) -> Floats:
        """The smallest x with P(demand ≤ x) ≥ p, for 0 < p < 1."""

    @abstractmethod
    def loss(self, x: ArrayLike) -> Floats:
        """E[(demand − x)⁺]: what is expected to be short with stock x."""

    @abstractmethod
    def second_loss(self, x: ArrayLike) -> Floats:
        """The loss added up over all stock above x; whole numbers x only where demand is counted."""

    def left(self, x: ArrayLike) -> Floats:
        """E[(x − demand)⁺]: what is expected to be left of stock x."""
        return np.maximum(self.loss(x) + np.asarray(x, dtype=np.float64) - self.mean, 0.0)

    def over(self, periods: ArrayLike) -> Self:
        """Demand over that many independent periods like this one. Raises ValueError where it has another form then."""
        raise ValueError(f"{type(self).__name__} has no simple form over {np.asarray(periods)} periods")


@dataclass(frozen=True, eq=False)
class NormalDemand(Demand):
    """Normal demand, for parts that are used all the time. Negative demand has a probability: keep sd below mean/3."""

    average: Values
    deviation: Values
    n: Values = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "average", parameter(self.average, "mean"))
        object.__setattr__(self, "deviation", parameter(self.deviation, "sd", least=0.0))

    @classmethod
    def of_moments(cls, mean: ArrayLike, variance: ArrayLike, n: ArrayLike = 0) -> Self:
        """By mean and variance."""
        return cls(mean, np.sqrt(parameter(variance, "variance", least=0.0)), n)

    @property
    def mean(self) -> Floats:
        return np.asarray(self.average, dtype=np.float64)

    @property
    def sd(self) -> Floats:
        return np.asarray(self.deviation, dtype=np.float64)

    @property
    def observations(self) -> Values:
        return self.n

    def cdf(self, x: ArrayLike) -> Floats:
        x = np.asarray(x, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = ndtr((x - self.mean) / self.sd)
        return np.where(self.sd == 0, np.where(np.isnan(self.mean + x), np.nan, x >= self.mean), p)

    def quantile(self, p: ArrayLike) -> Floats:
        return np.asarray(self.mean + self.sd * ndtri(np.minimum(p, 1 - _SMALLEST)), dtype=np.float64)

    def loss(self, x: ArrayLike) -> Floats:
        return lf.normal_loss(x, self.mean, self.sd)[0]

    def left(self, x: ArrayLike) -> Floats:
        return lf.normal_loss(x, self.mean, self.sd)[1]

    def second_loss(self, x: ArrayLike) -> Floats:
        return lf.normal_second_loss(x, self.mean, self.sd)[0]

    def over(self, periods: ArrayLike) -> Self:
        t = parameter(periods, "periods", least=0.0)
        return type(self)(self.mean * t, self.sd * np.sqrt(t), self.n)


@dataclass(frozen=True, eq=False)
class NegativeBinomialDemand(Demand):
    """Counted demand that varies at least as much as Poisson: lumpy parts, failures of units that differ in their rate.

    By mean and variance. Where the variance is below the mean (in small samples it often is) the demand is taken as
    Poisson, the least variable distribution of this family, elementwise: so one call serves a mixed store.
    """

    whole_units: ClassVar[bool] = True

    average: Values
    variance: Values
    n: Values = 0

    def __post_init__(self) -> None:
        mean, variance = parameter(self.average, "mean", least=0.0), parameter(self.variance, "variance", least=0.0)
        object.__setattr__(self, "average", mean)
        object.__setattr__(self, "variance", np.maximum(variance, mean))

    @classmethod
    def of_moments(cls, mean: ArrayLike, variance: ArrayLike, n: ArrayLike = 0) -> Self:
        """By mean and variance."""
        return cls(mean, variance, n)

    @property
    def mean(self) -> Floats:
        return np.asarray(self.average, dtype=np.float64)

    @property
    def sd(self) -> Floats:
        return np.sqrt(np.asarray(self.variance, dtype=np.float64))

    @property
    def observations(self) -> Values:
        return self.n

    @property
    def _excess(self) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.mean > 0, self.variance / self.mean - 1.0, 0.0 * self.mean)

    def cdf(self, x: ArrayLike) -> Floats:
        return 1.0 - lf.count_tail(np.floor(np.asarray(x, dtype=np.float64)), self.mean, self._excess)

    def pmf(self, x: ArrayLike) -> Floats:
        """P(demand = x) at whole numbers."""
        return lf.count_mass(lf.whole(x, "x"), self.mean, self._excess)

    def quantile(self, p: ArrayLike) -> Floats:
        p = np.asarray(p, dtype=np.float64)
        mean, sd, p, excess = np.broadcast_arrays(self.mean, self.sd, p, self._excess)
        # Cantelli's inequality: no distribution has its quantile above mean + sd √(p/(1 − p)).
        high = np.ceil(mean + sd * np.sqrt(p / np.maximum(1 - p, _SMALLEST)))
        low = np.full(high.shape, -1.0)
        return smallest(lambda k: lf.count_tail(k, mean, excess) <= 1 - p + _ROUNDING * (1 - p), low, high, whole=True)

    def loss(self, x: ArrayLike) -> Floats:
        return lf.negative_binomial_loss(x, self.mean, self.variance)[0]

    def second_loss(self, x: ArrayLike) -> Floats:
        return lf.negative_binomial_second_loss(x, self.mean, self.variance)[0]

    def over(self, periods: ArrayLike) -> Self:
        t = parameter(periods, "periods", least=0.0)
        return type(self)(self.mean * t, self.variance * t, self.n)

    def column(self, shape: tuple[int, ...], part: Ints) -> NegativeBinomialDemand:
        """These parts of all that broadcast to a shape, one per row."""
        mean, variance = (np.broadcast_to(x, shape).reshape(-1)[part, None] for x in (self.mean, self.variance))
        return NegativeBinomialDemand(mean, variance)


class PoissonDemand(NegativeBinomialDemand):
    """Poisson demand: failures of many units, each rare; by Palm's theorem also the units in repair at any time."""

    def __init__(self, mean: ArrayLike, n: ArrayLike = 0) -> None:
        super().__init__(mean, mean, n)

    @classmethod
    def of_moments(cls, mean: ArrayLike, variance: ArrayLike, n: ArrayLike = 0) -> Self:  # noqa: ARG003
        """By mean; the variance of Poisson demand is its mean, whatever was observed."""
        return cls(mean, n)

    def over(self, periods: ArrayLike) -> Self:
        return type(self)(self.mean * parameter(periods, "periods", least=0.0), self.n)


@dataclass(frozen=True, eq=False)
class GammaDemand(Demand):
    """Gamma demand by shape and scale: measured, never negative, skew. Shape 1 is exponential demand."""

    shape: Values
    scale: Values
    n: Values = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", parameter(self.shape, "shape", above=0.0))
        object.__setattr__(self, "scale", parameter(self.scale, "scale", above=0.0))

    @classmethod
    def of_moments(cls, mean: ArrayLike, variance: ArrayLike, n: ArrayLike = 0) -> Self:
        """By mean and variance, both above 0."""
        mean, variance = parameter(mean, "mean", above=0.0), parameter(variance, "variance", above=0.0)
        return cls(mean**2 / variance, variance / mean, n)

    @property
    def mean(self) -> Floats:
        return np.asarray(self.shape * self.scale, dtype=np.float64)

    @property
    def sd(self) -> Floats:
        return np.asarray(np.sqrt(self.shape) * self.scale, dtype=np.float64)

    @property
    def observations(self) -> Values:
        return self.n

    def cdf(self, x: ArrayLike) -> Floats:
        p: Floats = gammainc(self.shape, np.maximum(np.asarray(x, dtype=np.float64), 0.0) / self.scale)
        return p

    def quantile(self, p: ArrayLike) -> Floats:
        return np.asarray(self.scale * gammaincinv(self.shape, np.minimum(p, 1 - _SMALLEST)), dtype=np.float64)

    def loss(self, x: ArrayLike) -> Floats:
        return lf.gamma_loss(x, self.shape, self.scale)[0]

    def second_loss(self, x: ArrayLike) -> Floats:
        return lf.gamma_second_loss(x, self.shape, self.scale)[0]

    def over(self, periods: ArrayLike) -> Self:
        return type(self)(self.shape * parameter(periods, "periods", above=0.0), self.scale, self.n)


@dataclass(frozen=True, eq=False)
class LognormalDemand(Demand):
    """Lognormal demand; mu and sigma are the mean and standard deviation of its natural logarithm."""

    mu: Values
    sigma: Values
    n: Values = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "mu", parameter(self.mu, "mu"))
        object.__setattr__(self, "sigma", parameter(self.sigma, "sigma", above=0.0))

    @property
    def mean(self) -> Floats:
        return np.asarray(np.exp(self.mu + self.sigma**2 / 2), dtype=np.float64)

    @property
    def sd(self) -> Floats:
        return np.asarray(self.mean * np.sqrt(np.expm1(self.sigma**2)), dtype=np.float64)

    @property
    def observations(self) -> Values:
        return self.n

    def cdf(self, x: ArrayLike) -> Floats:
        with np.errstate(divide="ignore"):
            p: Floats = ndtr((np.log(np.maximum(np.asarray(x, dtype=np.float64), 0.0)) - self.mu) / self.sigma)
        return p

    def quantile(self, p: ArrayLike) -> Floats:
        return np.asarray(np.exp(self.mu + self.sigma * ndtri(np.minimum(p, 1 - _SMALLEST))), dtype=np.float64)

    def loss(self, x: ArrayLike) -> Floats:
        return lf.lognormal_loss(x, self.mu, self.sigma)[0]

    def second_loss(self, x: ArrayLike) -> Floats:
        return lf.lognormal_second_loss(x, self.mu, self.sigma)[0]


@dataclass(frozen=True, eq=False)
class EmpiricalDemand(Demand):
    """Demand as observed, as simulated, or as a table of probabilities; no distribution is assumed.

    values: shape (…, m), one row per part: sums over lead times from a bootstrap, for instance. weights: how likely each
    is, of a shape that broadcasts, scaled to add up to 1; None for equally likely. A part with a missing value has no
    answer. Each evaluation costs O(parts · m). `n` is m unless told (what was simulated is not what was observed), and 0 for
    a table of probabilities.
    """

    values: Values
    weights: Values = None
    n: Values = None

    def __post_init__(self) -> None:
        values = parameter(self.values, "values")
        if values.ndim == 0 or values.shape[-1] == 0:
            raise ValueError("values must hold at least one number per part")
        weights = parameter(1.0 if self.weights is None else self.weights, "weights", least=0.0)
        weights = np.broadcast_to(weights, values.shape)
        total = weights.sum(axis=-1, keepdims=True)
        if (total <= 0).any():
            raise ValueError("weights must be above 0 for at least one value of each part")
        if self.n is None:
            object.__setattr__(self, "n", values.shape[-1] if self.weights is None else 0)
        order = np.argsort(values, axis=-1, kind="stable")
        object.__setattr__(self, "values", np.take_along_axis(values, order, axis=-1))
        object.__setattr__(self, "weights", np.take_along_axis(weights / total, order, axis=-1))

    @classmethod
    def of_quantiles(cls, levels: ArrayLike, values: ArrayLike, n: ArrayLike = 0) -> Self:
        """From forecast quantiles: `values[…, i]` is the demand that is not exceeded with probability `levels[i]`.

        Each value takes the probability between its level and the one before, the last also what is above: so the
        quantile at each level is the value given for it, and nothing is assumed beyond the highest.
        """
        steps = parameter(levels, "levels", above=0.0)
        if steps.ndim != 1 or (steps >= 1).any() or (np.diff(steps) <= 0).any():
            raise ValueError("levels must be one ascending row of numbers between 0 and 1")
        return cls(values, np.diff(np.append(steps[:-1], 1.0), prepend=0.0), n)

    @property
    def whole_units(self) -> bool:  # type: ignore[override]  # here a matter of the values
        known = self.values[~np.isnan(self.values)]
        return bool((known == np.floor(known)).all())

    @property
    def mean(self) -> Floats:
        return np.asarray((self.values * self.weights).sum(axis=-1), dtype=np.float64)

    @property
    def sd(self) -> Floats:
        spread = (self.values - self.mean[..., None]) ** 2 * self.weights
        return np.sqrt(np.asarray(spread.sum(axis=-1), dtype=np.float64))

    @property
    def observations(self) -> Values:
        return self.n

    def _expected(self, amount: Floats) -> Floats:
        return np.asarray((amount * self.weights).sum(axis=-1), dtype=np.float64)

    def cdf(self, x: ArrayLike) -> Floats:
        x = np.asarray(x, dtype=np.float64)
        return np.where(np.isnan(self.mean + x), np.nan, self._expected(self.values <= x[..., None]))

    def pmf(self, x: ArrayLike) -> Floats:
        """P(demand = x)."""
        return self._expected(self.values == np.asarray(x, dtype=np.float64)[..., None])

    def quantile(self, p: ArrayLike) -> Floats:
        p = np.asarray(p, dtype=np.float64)[..., None]
        reached = np.cumsum(self.weights, axis=-1) >= p - _ROUNDING
        shape = np.broadcast_shapes(reached.shape, self.values.shape)
        first = np.argmax(np.broadcast_to(reached, shape), axis=-1)[..., None]
        found = np.take_along_axis(np.broadcast_to(self.values, shape), first, axis=-1)[..., 0]
        return np.where(np.isnan(self.mean) | np.isnan(p[..., 0]), np.nan, found)

    def loss(self, x: ArrayLike) -> Floats:
        short = self.values - np.asarray(x, dtype=np.float64)[..., None]
        return self._expected(np.maximum(short, 0.0))

    def left(self, x: ArrayLike) -> Floats:
        return self._expected(np.maximum(np.asarray(x, dtype=np.float64)[..., None] - self.values, 0.0))

    def second_loss(self, x: ArrayLike) -> Floats:
        short = np.maximum(self.values - np.asarray(x, dtype=np.float64)[..., None], 0.0)
        return self._expected(short * np.maximum(short - 1, 0.0) if self.whole_units else short**2) / 2

    def over(self, periods: ArrayLike) -> Self:
        if np.asarray(periods).shape == () and float(np.asarray(periods)) == 1.0:
            return self
        return super().over(periods)

    def column(self, shape: tuple[int, ...], part: Ints) -> EmpiricalDemand:
        """These parts of all that broadcast to a shape, one per row."""
        m = self.values.shape[-1]
        values, weights = (
            np.broadcast_to(x, (*shape, m)).reshape(-1, m)[part, None, :] for x in (self.values, self.weights)
        )
        return EmpiricalDemand(values, weights)


def lead_time_demand(
    mean: ArrayLike,
    variance: ArrayLike,
    lead_time: ArrayLike,
    lead_time_variance: ArrayLike = 0.0,
    *,
    family: type[NormalDemand] | type[NegativeBinomialDemand] | type[GammaDemand] = NegativeBinomialDemand,
    n: ArrayLike = 0,
) -> Demand:
    """What is asked for while one waits for a delivery, when the lead time varies too.

    mean and variance of demand per period; lead_time and lead_time_variance in periods (squared). Demand is independent
    from period to period and of the lead time: mean = mean · lead_time and variance = variance · lead_time +
    mean² · lead_time_variance (Silver, Pyke and Thomas 2017, §6.10), fitted by `family`. A part whose lead time is not
    known (NaN) gets no answer. Raises ValueError for negative arguments.
    """
    rate, time = parameter(mean, "mean", least=0.0), parameter(lead_time, "lead_time", least=0.0)
    spread = parameter(variance, "variance", least=0.0) * time
    spread = spread + rate**2 * parameter(lead_time_variance, "lead_time_variance", least=0.0)
    return family.of_moments(rate * time, spread, n)
