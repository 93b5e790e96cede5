"""Shares and rates with their intervals: so many of so many, so many per so much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv, gammainc, gammaincinv, ndtri

from analysis.elementwise import smallest
from analysis.groups import as_floats, checked_confidence
from analysis.result import Bools, Estimate, Floats, Reason, plain, reasons

ShareMethod: TypeAlias = Literal["jeffreys", "wilson", "clopper-pearson", "mid-p"]
RateMethod: TypeAlias = Literal["exact", "mid-p", "byar", "jeffreys"]
_SHARE_NAMES = {
    "jeffreys": "Jeffreys",
    "wilson": "Wilson score",
    "clopper-pearson": "Clopper-Pearson",
    "mid-p": "mid-P binomial",
}
_RATE_NAMES = {"exact": "exact Poisson", "mid-p": "mid-P Poisson", "byar": "Byar", "jeffreys": "Jeffreys"}


def proportion(
    successes: ArrayLike, n: ArrayLike, *, method: ShareMethod = "jeffreys", confidence: float = 0.95
) -> Estimate:
    """What share of all is it, and between which bounds does the true share lie?

    successes, n: counts, numbers or arrays that broadcast (an `Estimate` of arrays then); 0 ≤ successes ≤ n. They need
    not be whole: clustered data have an effective n. n = 0 has no value (NO_DATA).

    method: "jeffreys" (default) are the quantiles of Beta(x + ½, n − x + ½), with the lower bound 0 where x = 0 and the
    upper 1 where x = n: its coverage is nominal on average over p at every n, and it is equal-tailed (Brown, Cai and
    DasGupta 2001, Statistical Science 16:101, who recommend it or Wilson for small n). "wilson" inverts the score test,
    without continuity correction. "clopper-pearson" covers at least nominally for every p, hence nearly always more
    (Beta(x, n − x + 1) and Beta(x + 1, n − x)): for promises, not for pictures. "mid-p" counts only half of the outcome
    seen in its tails (Lancaster 1961) and is narrower: Newcombe (1998), Statistics in Medicine 17:857, method 6.

    Raises ValueError for counts that cannot be, and for a confidence outside (0, 1).
    """
    x, size = _side_by_side(successes=successes, n=n)
    checked_confidence(confidence)
    if method not in get_args(ShareMethod):
        raise ValueError(f"method must be one of {', '.join(get_args(ShareMethod))}, not {method}")
    if not (np.isfinite(x) & np.isfinite(size) & (x >= 0) & (x <= size)).all():
        raise ValueError("successes must lie between 0 and n, and neither may be missing")
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(size > 0, x / size, np.nan)
        low, high = _share_bounds(x, size, method, (1 - confidence) / 2)
    return _estimate(value, low, high, size, _SHARE_NAMES[method], confidence, (size == 0, Reason.NO_DATA))


def _share_bounds(x: Floats, n: Floats, method: ShareMethod, tail: float) -> tuple[Floats, Floats]:
    if method == "wilson":
        z2 = ndtri(tail) ** 2
        spread = np.sqrt(z2 * (x * (n - x) / n + z2 / 4))
        middle = x + z2 / 2
        return np.maximum((middle - spread) / (n + z2), 0.0), np.minimum((middle + spread) / (n + z2), 1.0)
    if method == "mid-p":
        some, rest = np.where(x > 0, x, 1.0), np.where(x < n, n - x, 1.0)

        def share_above(p: Floats) -> Floats:
            at_least = np.where(x > 0, betainc(some, n - x + 1, p), 1.0)
            half: Floats = (at_least + np.where(x < n, betainc(x + 1, rest, p), 0.0)) / 2
            return half

        return _mid_p(share_above, np.ones(x.shape), tail, x == 0)
    below, above = (0.5, 0.5) if method == "jeffreys" else (0.0, 1.0)
    # Beta(0, …) does not exist: where a bound is at the edge any other number stands in.
    low = betaincinv(np.where(x > 0, x + below, 1.0), n - x + above, tail)
    high = betaincinv(x + above, np.where(x < n, n - x + below, 1.0), 1 - tail)
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def poisson_rate(
    events: ArrayLike, exposure: ArrayLike = 1.0, *, method: RateMethod = "exact", confidence: float = 0.95
) -> Estimate:
    """How many per unit of exposure, and between which bounds does the true rate lie?

    events: counts; exposure: hours, kilometres, unit-months or an expected count (the rate is then observed ÷ expected,
    the SMR). They broadcast; exposure 0 has no value (NO_EXPOSURE). No events give the value 0 and an upper bound.

    method: "exact" (default) χ²(2x)/2 and χ²(2x + 2)/2 (Garwood 1936; Ulm 1990, Am. J. Epidemiology 131:373), covers
    at least nominally. "mid-p" counts only half of the outcome seen (Lancaster 1961), as Rothman and OpenEpi print.
    "byar" is his approximation of "exact" (Breslow and Day 1987, Statistical Methods in Cancer Research II, eq. 2.13):
    x(1 − 1/9x − z/3√x)³ and with x + 1; to print what a report printed (R's epitools and DescTools call "byar" the same
    with x + ½ on both sides, which is near mid-P). "jeffreys" Gamma(x + ½): nominal on average. Raises ValueError for
    negative or missing numbers and for a confidence outside (0, 1).
    """
    x, size = _side_by_side(events=events, exposure=exposure)
    checked_confidence(confidence)
    if method not in get_args(RateMethod):
        raise ValueError(f"method must be one of {', '.join(get_args(RateMethod))}, not {method}")
    as_floats(x.ravel(), "events", least=0)
    as_floats(size.ravel(), "exposure", least=0)
    low, high = count_bounds(x, method, confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        value, low, high = x / size, low / size, high / size
    return _estimate(value, low, high, x, _RATE_NAMES[method], confidence, (size == 0, Reason.NO_EXPOSURE))


def _side_by_side(**given: ArrayLike) -> list[Floats]:
    """Arrays of one shape. Raises ValueError, naming them, where they do not broadcast."""
    arrays = [np.asarray(values, dtype=np.float64) for values in given.values()]
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = " and ".join(str(a.shape) for a in arrays)
        raise ValueError(f"{' and '.join(given)} must be of one shape, not {shapes}") from None


def _estimate(
    value: Floats, low: Floats, high: Floats, n: Floats, method: str, confidence: float, without: tuple[Bools, Reason]
) -> Estimate:
    """Numbers where there is a value, plain ones for one question; n is whole where all of it is."""
    value, low, high = (np.where(without[0], np.nan, v) for v in (value, low, high))
    reason = reasons(n.shape, without)
    return Estimate(
        n=plain(n.astype(np.int64) if (n == np.floor(n)).all() else n),
        method=method,
        confidence=confidence,
        reason=reason if n.ndim else plain(str(reason)),
        value=plain(value),
        low=plain(low),
        high=plain(high),
    )


def count_bounds(x: Floats, method: RateMethod, confidence: float) -> tuple[Floats, Floats]:
    """Bounds of the mean of a Poisson count; the lower one is 0 for no events."""
    tail = (1 - confidence) / 2
    if method == "byar":
        z, more, some = -ndtri(tail), x + 1, np.where(x > 0, x, 1.0)
        low = some * np.maximum(1 - 1 / (9 * some) - z / (3 * np.sqrt(some)), 0.0) ** 3
        high = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    elif method == "mid-p":
        some = np.where(x > 0, x, 1.0)

        def count_above(mean: Floats) -> Floats:
            half: Floats = (np.where(x > 0, gammainc(some, mean), 1.0) + gammainc(x + 1, mean)) / 2
            return half

        return _mid_p(count_above, gammaincinv(x + 1, 1 - tail), tail, x == 0)
    else:
        below, above = (0.5, 0.5) if method == "jeffreys" else (0.0, 1.0)
        low, high = gammaincinv(np.where(x > 0, x + below, 1.0), tail), gammaincinv(x + above, 1 - tail)
    return np.where(x > 0, low, 0.0), high


def _mid_p(above: Callable[[Floats], Floats], most: Floats, tail: float, none: Bools) -> tuple[Floats, Floats]:
    """Where the chance of more than was seen, and half of just that, passes `tail` and 1 − `tail`: between 0 and `most`."""
    zero = np.zeros(most.shape)
    low = smallest(lambda v: above(v) >= tail, zero, most, whole=False)
    high = smallest(lambda v: above(v) >= 1 - tail, zero, most, whole=False)
    return np.where(none, 0.0, low), high
