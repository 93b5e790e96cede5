"""Loss functions: how much demand X is expected to exceed a stock x, and how much stock is expected to be left.

Each function returns two arrays, broadcast from its arguments: the loss n(x) = E[(X − x)⁺] and the complementary loss
n̄(x) = E[(x − X)⁺]. Of second order they are ½E[((X − x)⁺)²] for demand that is measured and ½E[(X − x)⁺(X − x − 1)⁺] for
demand that is counted, so that in both cases n⁽²⁾(x) adds up n(y) over all y above x; the complement adds up n̄(y) over
all y below (measured) or up to (counted) x. Formulas: Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed.,
appendix C. They are written such that n(x) keeps its digits far out in the tail, where tables print zeros.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, gammaincc, gammaln, ndtr, xlogy
from scipy.special import gammainc as gammainc_lower

from analysis.elementwise import parameter
from analysis.result import Floats

Losses = tuple[Floats, Floats]

# Below this variance-to-mean ratio less one, negative binomial and Poisson counts agree to all digits.
_POISSON = 1e-13
# From here on three terms of Stirling's series leave an error below 10⁻¹⁵.
_LARGE = 50.0


def standard_normal_loss(z: ArrayLike) -> Losses:
    """L(z) = φ(z) − z(1 − Φ(z)) and its complement z + L(z) = L(−z), for demand of mean 0 and standard deviation 1."""
    z = parameter(z, "z")
    return _unit_loss(z), _unit_loss(-z)


def standard_normal_second_loss(z: ArrayLike) -> Losses:
    """L⁽²⁾(z) = ½[(z² + 1)(1 − Φ(z)) − zφ(z)] and its complement, which is L⁽²⁾(−z)."""
    z = parameter(z, "z")
    return _unit_second_loss(z), _unit_second_loss(-z)


def normal_loss(x: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Losses:
    """Loss of normal demand: sd · L((x − mean)/sd). Without spread (sd = 0) it is what the mean exceeds x by.

    Raises ValueError for sd below 0.
    """
    x, mean, sd = parameter(x, "x"), parameter(mean, "mean"), parameter(sd, "sd", least=0.0)
    spread = np.where(sd == 0, 1.0, sd)
    z = (x - mean) / spread
    return (
        np.where(sd == 0, np.maximum(mean - x, 0.0), spread * _unit_loss(z)),
        np.where(sd == 0, np.maximum(x - mean, 0.0), spread * _unit_loss(-z)),
    )


def normal_second_loss(x: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Losses:
    """Loss of second order of normal demand: sd² · L⁽²⁾((x − mean)/sd). Raises ValueError for sd below 0."""
    x, mean, sd = parameter(x, "x"), parameter(mean, "mean"), parameter(sd, "sd", least=0.0)
    spread = np.where(sd == 0, 1.0, sd)
    z = (x - mean) / spread
    return (
        np.where(sd == 0, np.maximum(mean - x, 0.0) ** 2 / 2, spread**2 * _unit_second_loss(z)),
        np.where(sd == 0, np.maximum(x - mean, 0.0) ** 2 / 2, spread**2 * _unit_second_loss(-z)),
    )


def gamma_loss(x: ArrayLike, shape: ArrayLike, scale: ArrayLike) -> Losses:
    """Loss of gamma demand, mean shape · scale; shape = 1 is exponential demand. Raises ValueError unless both are above 0."""
    x, mean, tail, first, _ = _gamma_tails(x, shape, scale)
    loss = np.maximum(first - x * tail, 0.0)
    return loss, np.maximum(loss + x - mean, 0.0)


def gamma_second_loss(x: ArrayLike, shape: ArrayLike, scale: ArrayLike) -> Losses:
    """Loss of second order of gamma demand. Raises ValueError unless shape and scale are above 0."""
    x, mean, tail, first, second = _gamma_tails(x, shape, scale)
    loss = np.maximum(second - 2 * x * first + x**2 * tail, 0.0) / 2
    variance = mean * np.asarray(scale, dtype=np.float64)
    return loss, np.maximum(((x - mean) ** 2 + variance) / 2 - loss, 0.0)


def lognormal_loss(x: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> Losses:
    """Loss of lognormal demand; mu and sigma are of its logarithm. Raises ValueError unless sigma is above 0."""
    x, mean, tail, first, _ = _lognormal_tails(x, mu, sigma)
    loss = np.maximum(first - x * tail, 0.0)
    return loss, np.maximum(loss + x - mean, 0.0)


def lognormal_second_loss(x: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> Losses:
    """Loss of second order of lognormal demand. Raises ValueError unless sigma is above 0."""
    x, mean, tail, first, second = _lognormal_tails(x, mu, sigma)
    loss = np.maximum(second - 2 * x * first + x**2 * tail, 0.0) / 2
    square = mean**2 * np.exp(np.asarray(sigma, dtype=np.float64) ** 2)
    return loss, np.maximum((x**2 - 2 * x * mean + square) / 2 - loss, 0.0)


def poisson_loss(x: ArrayLike, mean: ArrayLike) -> Losses:
    """Loss of Poisson demand at any x; linear between whole numbers. Raises ValueError for a mean below 0."""
    return negative_binomial_loss(x, mean, mean)


def poisson_second_loss(x: ArrayLike, mean: ArrayLike) -> Losses:
    """Loss of second order of Poisson demand at whole numbers x. Raises ValueError for a mean below 0 or x in between."""
    return negative_binomial_second_loss(x, mean, mean)


def negative_binomial_loss(x: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Losses:
    """Loss of negative binomial demand at any x; linear between whole numbers.

    By mean and variance: r = mean²/(variance − mean) failures before which successes of probability p = mean/variance
    are counted (geometric: r = 1); r need not be whole. A variance equal to the mean is Poisson demand.
    Raises ValueError for a mean below 0 or a variance below the mean, which counts of this kind cannot have.
    """
    x = parameter(x, "x")
    mean, excess = _counts(mean, variance)
    k = np.floor(x)
    tail, mass = count_tail(k, mean, excess), count_mass(k, mean, excess)
    # E[X; X > k] = mean · P(X > k) + (mean + excess · k) · P(X = k)
    loss = np.maximum((mean - x) * tail + (mean + excess * k) * mass, 0.0)
    return loss, np.maximum(loss + x - mean, 0.0)


def negative_binomial_second_loss(x: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> Losses:
    """Loss of second order of negative binomial demand at whole numbers x; parameters and errors as of the first order.

    Raises ValueError also for an x in between.
    """
    x = whole(x, "x")
    mean, excess = _counts(mean, variance)
    tail, mass = count_tail(x, mean, excess), count_mass(x, mean, excess)
    edge = (mean + excess * x) * mass
    # E[X; X > x] and E[X(X − 1); X > x], less the parts that would cancel.
    first = mean * tail + edge
    loss = np.maximum((mean + excess - 2 * x) * first + x * edge + x * (x + 1) * tail, 0.0) / 2
    factorial = mean * (mean + excess)  # E[X(X − 1)]
    return loss, np.maximum((factorial - 2 * x * mean + x * (x + 1)) / 2 - loss, 0.0)


def count_tail(k: Floats, mean: Floats, excess: Floats) -> Floats:
    """P(X > k) of a count; `excess` is its variance-to-mean ratio less one, 0 for Poisson."""
    at = np.maximum(k, 0.0) + 1
    poisson = excess < _POISSON
    over = np.where(poisson, 1.0, excess)
    with np.errstate(all="ignore"):  # where it is Poisson, the other branch means nothing
        negative_binomial = np.where(
            mean > 0, betainc(at, np.where(mean > 0, mean, 1.0) / over, over / (1 + over)), 0.0
        )
    tail = np.where(poisson, gammainc_lower(at, mean), negative_binomial)
    return np.where(np.isnan(mean), np.nan, np.where(k < 0, 1.0, tail))


def count_mass(k: Floats, mean: Floats, excess: Floats) -> Floats:
    """P(X = k) of a count at whole numbers; `excess` as above."""
    k, mean, excess = np.broadcast_arrays(k, mean, excess)
    at = np.maximum(k, 0.0)
    poisson = excess < _POISSON
    # k log k − k is taken out of log k!, as it nearly cancels against k log mean: so large counts keep their digits.
    log_mass = xlogy(at, mean / np.maximum(at, 1.0)) + (at - mean) - _log_factorial_rest(at)
    if not poisson.all():
        rate, over = np.where(mean > 0, mean, 1.0), np.where(poisson, 1.0, excess)
        counted = _negative_binomial_log_mass(at, rate, over)
        log_mass = np.where(poisson, log_mass, np.where(mean > 0, counted, np.where(at > 0, -np.inf, 0.0)))
    return np.where(np.isnan(mean), np.nan, np.where(k < 0, 0.0, np.exp(log_mass)))


def _negative_binomial_log_mass(k: Floats, mean: Floats, excess: Floats) -> Floats:
    """log P(X = k); Γ(r + k)/Γ(r) by Stirling's series where r is large, as the difference of logarithms keeps no digits."""
    r = mean / excess
    base = np.maximum(r, _LARGE)
    stirling = (base - 0.5) * np.log1p(k / base) + _stirling(base + k) - _stirling(base)
    stirling = stirling + xlogy(k, (mean + excess * k) / (1 + excess) / np.maximum(k, 1.0)) - _log_factorial_rest(k)
    exact = gammaln(r + k) - gammaln(r) + xlogy(k, excess / (1 + excess)) - gammaln(k + 1)
    return np.asarray(np.where(r > _LARGE, stirling, exact) - r * np.log1p(excess), dtype=np.float64)


def _log_factorial_rest(k: Floats) -> Floats:
    """log k! − (k log k − k)."""
    large = np.maximum(k, _LARGE)
    series = np.log(2 * np.pi * large) / 2 + _stirling(large)
    return np.asarray(np.where(k > _LARGE, series, gammaln(k + 1) - xlogy(k, k) + k), dtype=np.float64)


def whole(values: ArrayLike, name: str) -> Floats:
    """Whole numbers (NaN is one that is not known). Raises ValueError, naming them, for others."""
    array = parameter(values, name)
    broken = array[(array != np.floor(array)) & ~np.isnan(array)]
    if broken.size:
        raise ValueError(f"{name} must be whole numbers for demand that is counted, found {broken.flat[0]:g}")
    return array


def _unit_loss(z: Floats) -> Floats:
    return np.asarray(np.maximum(_density(z) - z * ndtr(-z), 0.0), dtype=np.float64)


def _unit_second_loss(z: Floats) -> Floats:
    return np.asarray(np.maximum((z**2 + 1) * ndtr(-z) - z * _density(z), 0.0) / 2, dtype=np.float64)


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), dtype=np.float64)


def _stirling(x: Floats) -> Floats:
    return np.asarray(1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5), dtype=np.float64)


def _counts(mean: ArrayLike, variance: ArrayLike) -> tuple[Floats, Floats]:
    """The mean and the variance-to-mean ratio less one; a variance below the mean by rounding only is taken as the mean."""
    mean = parameter(mean, "mean", least=0.0)
    variance = parameter(variance, "variance")
    if (variance < mean * (1 - 1e-9)).any():
        raise ValueError("variance must be at least the mean: negative binomial counts vary more than Poisson counts")
    with np.errstate(divide="ignore", invalid="ignore"):
        return mean, np.where(mean > 0, np.maximum(variance - mean, 0.0) / mean, 0.0)


def _gamma_tails(x: ArrayLike, shape: ArrayLike, scale: ArrayLike) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """x, the mean, and E[Xʲ; X > x] for j = 0, 1, 2."""
    x = parameter(x, "x")
    shape, scale = parameter(shape, "shape", above=0.0), parameter(scale, "scale", above=0.0)
    y, mean = np.maximum(x, 0.0) / scale, shape * scale
    return (
        x,
        mean,
        gammaincc(shape, y),
        mean * gammaincc(shape + 1, y),
        mean * (shape + 1) * scale * gammaincc(shape + 2, y),
    )


def _lognormal_tails(x: ArrayLike, mu: ArrayLike, sigma: ArrayLike) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """x, the mean, and E[Xʲ; X > x] for j = 0, 1, 2."""
    x, mu, sigma = parameter(x, "x"), parameter(mu, "mu"), parameter(sigma, "sigma", above=0.0)
    with np.errstate(divide="ignore"):
        z = (mu - np.log(np.maximum(x, 0.0))) / sigma
    moments = [np.exp(j * mu + (j * sigma) ** 2 / 2) for j in range(3)]
    tails = [moment * ndtr(z + j * sigma) for j, moment in enumerate(moments)]
    return x, moments[1], tails[0], tails[1], tails[2]
