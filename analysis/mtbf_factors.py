"""What to multiply a fitted power law's MTBF with to get its exact bounds, at the end of watching."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import elementwise
from scipy.special import gammainc, gammainccinv, gammaincinv, gammaln, i1e

from analysis.mtbf import Truncation
from analysis.result import Floats


def crow_mtbf_factors(
    failures: ArrayLike, *, truncation: Truncation = "time", confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """The factors that the MLE of the MTBF at the end of watching is multiplied with to give its two-sided bounds.

    failures: n ≥ 1 time-truncated, n ≥ 2 failure-truncated, any shape. Both results have that shape; one failure,
    time-truncated, has no upper bound (infinite). The MLE is T/(nβ̂), with β̂ as it is, not the unbiased one.

    Time-truncated: given Σ ln(T/t) the number of failures depends on the intensity at T alone, P(N = j) ∝
    (x/2)^(2j)/(j!(j − 1)!), x = 2√(n/β̂ · T/MTBF); the factor is 4n²/x² where a tail of it is (1 − confidence)/2. As
    the number is whole, the bounds hold more often than their level whatever the MTBF, as Garwood's of a Poisson mean do:
    nominal 90 % hold in 95.6, 93.8 and 92.4 % where 5, 10 and 30 failures are expected. That is of the published
    coefficients themselves. It is no level given the number that came: they hold in 99 % of the cases in which as many came as
    were expected, and where 10 were in 84 % of those with 5 and 35 % of those with 20.
    Failure-truncated: MTBF estimated/true = ZY/n² with independent Z ~ Gamma(n), Y ~ Gamma(n − 1), exact: n is fixed
    beforehand, and nominal 90 % hold in 90 % at each n.

    Source: Crow 1982, Technometrics 24, 67–72, whose tables MIL-HDBK-189 and NASA TM-103511 reprint; Finkelstein 1976,
    Technometrics 18, 115–117.
    """
    n = np.asarray(failures, dtype=np.float64)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    least = {"time": 1, "failure": 2}.get(truncation)
    if least is None:
        raise ValueError(f'truncation must be "time" or "failure", not "{truncation}"')
    if not np.all((n >= least) & (n == np.floor(n)) & np.isfinite(n)):
        raise ValueError(f"failures must be whole numbers of at least {least}")
    # Many groups share few numbers of failures: the factors are found once for each.
    distinct, which = np.unique(n, return_inverse=True)
    tail = (1 - confidence) / 2
    low, high = _time(distinct, tail) if truncation == "time" else _failure(distinct, tail)
    return np.asarray(low[which].reshape(n.shape)), np.asarray(high[which].reshape(n.shape))


def _time(n: Floats, tail: float) -> tuple[Floats, Floats]:
    # Around its mean x/2 the number of failures spreads by √x/2: the window holds all that has probability.
    window = np.arange(40 + int(14 * np.sqrt(n.max(initial=0))))

    def above(log_x: Floats, most: Floats, share: Floats) -> Floats:
        """P(N > most) − share, growing with x; the counts far below `most` have no probability worth adding."""
        j, x = most[:, None] - window, np.exp(log_x)[:, None]
        known = np.maximum(j, 1.0)
        log_p = (2 * known - 1) * np.log(x / 2) - gammaln(known + 1) - gammaln(known) - np.log(i1e(x)) - x
        return np.asarray(1 - np.where(j >= 1, np.exp(log_p), 0).sum(axis=1) - share)

    def factor(most: Floats, share: float, n: Floats) -> Floats:
        least = np.maximum(2 * (most - 8 * np.sqrt(most) - 16), 1e-6)
        log_x = _root(above, np.log(least), np.log(8 * n + 200), most, np.full(n.size, share))
        return np.asarray((2 * n / np.exp(log_x)) ** 2)

    low, high = factor(n, 1 - tail, n), np.full(n.size, np.inf)
    high[n > 1] = factor(n[n > 1] - 1, tail, n[n > 1])
    return low, high


def _failure(n: Floats, tail: float) -> tuple[Floats, Floats]:
    nodes = np.linspace(0, 1, 161)
    first, last = np.log(gammaincinv(n - 1, 1e-17)), np.log(gammainccinv(n - 1, 1e-17))

    def below(log_w: Floats, n: Floats, first: Floats, last: Floats, p: Floats) -> Floats:
        # The trapezoid rule over ln Y, whose density falls off on both sides: exact to rounding.
        log_y = first[:, None] + (last - first)[:, None] * nodes
        shape = n[:, None]
        density = np.exp((shape - 1) * log_y - np.exp(log_y) - gammaln(shape - 1))
        step = (last - first) / (nodes.size - 1)
        return np.asarray((density * gammainc(shape, np.exp(log_w[:, None] - log_y))).sum(axis=1) * step - p)

    middle, far = np.log(n * (n - 0.9)), 45 / np.sqrt(n)
    quantiles = [
        np.exp(_root(below, middle - far, middle + far, n, first, last, np.full(n.size, p))) for p in (1 - tail, tail)
    ]
    return n**2 / quantiles[0], n**2 / quantiles[1]


def _root(f: Callable[..., Floats], low: Floats, high: Floats, *args: Floats) -> Floats:
    if not low.size:
        return low
    found = elementwise.find_root(f, (low, high), args=args)
    return np.asarray(found.x)
