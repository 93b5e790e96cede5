"""Shares and rates with their intervals: so many of so many, so many per so much."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, gammaincinv, ndtri

from analysis.groups import as_floats
from analysis.result import Estimate, Floats, Reason, plain, reasons

ShareMethod: TypeAlias = Literal["jeffreys", "wilson", "clopper-pearson"]
RateMethod: TypeAlias = Literal["exact", "byar", "jeffreys"]
_SHARE_NAMES = {"jeffreys": "Jeffreys", "wilson": "Wilson score", "clopper-pearson": "Clopper-Pearson"}
_RATE_NAMES = {"exact": "exact Poisson", "byar": "Byar", "jeffreys": "Jeffreys"}


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
    (Beta(x, n − x + 1) and Beta(x + 1, n − x)): for promises, not for pictures.

    Raises ValueError for counts that cannot be, and for a confidence outside (0, 1).
    """
    x, size = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64))
    check_confidence(confidence)
    if method not in get_args(ShareMethod):
        raise ValueError(f"method must be one of {', '.join(get_args(ShareMethod))}, not {method}")
    if not (np.isfinite(x) & np.isfinite(size) & (x >= 0) & (x <= size)).all():
        raise ValueError("successes must lie between 0 and n, and neither may be missing")
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(size > 0, x / size, np.nan)
        low, high = _share_bounds(x, size, method, (1 - confidence) / 2)
    return Estimate(
        n=plain(size),
        method=_SHARE_NAMES[method],
        confidence=confidence,
        reason=plain(reasons(size.shape, (size == 0, Reason.NO_DATA))),
        value=plain(value),
        low=plain(np.where(size > 0, low, np.nan)),
        high=plain(np.where(size > 0, high, np.nan)),
    )


def _share_bounds(x: Floats, n: Floats, method: ShareMethod, tail: float) -> tuple[Floats, Floats]:
    if method == "wilson":
        z2 = ndtri(tail) ** 2
        spread = np.sqrt(z2 * (x * (n - x) / n + z2 / 4))
        middle = x + z2 / 2
        return np.maximum((middle - spread) / (n + z2), 0.0), np.minimum((middle + spread) / (n + z2), 1.0)
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
    at least nominally. "byar" is his approximation of it (Breslow and Day 1987, Statistical Methods in Cancer Research
    II, eq. 2.13): x(1 − 1/9x − z/3√x)³ and with x + 1; to print what a report printed. "jeffreys" Gamma(x + ½):
    nominal on average. Raises ValueError for negative or missing numbers and for a confidence outside (0, 1).
    """
    x, size = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(exposure, dtype=np.float64))
    check_confidence(confidence)
    if method not in get_args(RateMethod):
        raise ValueError(f"method must be one of {', '.join(get_args(RateMethod))}, not {method}")
    as_floats(x.ravel(), "events", least=0)
    as_floats(size.ravel(), "exposure", least=0)
    low, high = count_bounds(x, method, confidence)
    known = size > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        value, low, high = (np.where(known, v / size, np.nan) for v in (x, low, high))
    return Estimate(
        n=plain(x),
        method=_RATE_NAMES[method],
        confidence=confidence,
        reason=plain(reasons(size.shape, (~known, Reason.NO_EXPOSURE))),
        value=plain(value),
        low=plain(low),
        high=plain(high),
    )


def count_bounds(x: Floats, method: RateMethod, confidence: float) -> tuple[Floats, Floats]:
    """Bounds of the mean of a Poisson count; the lower one is 0 for no events."""
    tail = (1 - confidence) / 2
    if method == "byar":
        z, more, some = -ndtri(tail), x + 1, np.maximum(x, 1.0)
        low = some * np.maximum(1 - 1 / (9 * some) - z / (3 * np.sqrt(some)), 0.0) ** 3
        high = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    else:
        below, above = (0.5, 0.5) if method == "jeffreys" else (0.0, 1.0)
        low, high = gammaincinv(np.where(x > 0, x + below, 1.0), tail), gammaincinv(x + above, 1 - tail)
    return np.where(x > 0, low, 0.0), high


def check_confidence(confidence: float) -> None:
    """Raises ValueError unless the level lies between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
