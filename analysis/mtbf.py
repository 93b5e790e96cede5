"""Mean time between failures at a constant failure rate, with bounds, also where nothing failed yet."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from analysis.result import Estimate, Reason, plain, reasons

Truncation: TypeAlias = Literal["time", "failure"]
Side: TypeAlias = Literal["two-sided", "lower", "upper"]


def mtbf_bounds(
    failures: ArrayLike,
    exposure: ArrayLike,
    *,
    truncation: Truncation = "time",
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Estimate:
    """How long do units run between failures, given so many failures in so much operating time?

    failures: whole numbers r ≥ 0, relevant failures only. exposure: operating hours, kilometres or cycles T of all
    units together, ≥ 0. Numbers give plain numbers, arrays (broadcast) give arrays. truncation: "time" where watching
    ended at a moment that no failure decided, the usual case in service; "failure" where it ended with the r-th
    failure. side: "lower" or "upper" for one bound of level `confidence` instead of two with (1 − confidence)/2 outside
    each.

    value = T/r. low = 2T/χ²(2r + 2) time-truncated, 2T/χ²(2r) failure-truncated; high = 2T/χ²(2r). Without a failure
    there is no value and no upper bound (reason "no_events"), and the lower bound is one-sided whatever `side` says:
    T/−ln(1 − confidence). Without exposure there is nothing (reason "no_exposure").

    Assumes a constant rate and failures independent of each other: test it with `analysis.trend`. Exact
    failure-truncated, never below its level time-truncated (Garwood 1936). Source: NIST/SEMATECH e-Handbook 8.4.5.1.
    Tools that use 2r degrees of freedom on both sides of time-truncated data have a lower bound
    that is too high. Raises ValueError for negative or broken counts, negative exposure, an unknown truncation or side.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if truncation not in ("time", "failure"):
        raise ValueError(f'truncation must be "time" or "failure", not "{truncation}"')
    if side not in ("two-sided", "lower", "upper"):
        raise ValueError(f'side must be "two-sided", "lower" or "upper", not "{side}"')
    r, total = np.broadcast_arrays(np.asarray(failures, dtype=np.float64), np.asarray(exposure, dtype=np.float64))
    if not np.all((r >= 0) & (r == np.floor(r)) & np.isfinite(r)):
        raise ValueError("failures must be whole numbers that are not negative")
    if not np.all((total >= 0) & np.isfinite(total)):
        raise ValueError("exposure must be known and not negative")

    outside = 1 - confidence
    each = outside / 2 if side == "two-sided" else outside
    without = r == 0
    shape = r + 1 if truncation == "time" else r
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(without, np.nan, total / r)
        low = 2 * total / chdtri(2 * np.where(without, 1.0, shape), np.where(without, outside, each))
        high = np.where(without, np.nan, 2 * total / chdtri(2 * np.where(without, 1.0, r), 1 - each))
    reason = reasons(r.shape, (total == 0, Reason.NO_EXPOSURE), (without, Reason.NO_EVENTS))
    nothing = total == 0
    value, low, high = (np.where(nothing, np.nan, x) for x in (value, low, high))
    if side == "lower":
        high = np.full(r.shape, np.nan)
    elif side == "upper":
        low = np.where(without, low, np.nan)

    name = f"chi-square, {truncation}-truncated" + ("" if side == "two-sided" else f", one-sided {side} bound")
    if np.any(without):
        name += "; without failures a one-sided lower bound"
    one: Any = plain if r.ndim == 0 else np.asarray
    return Estimate(
        n=one(r.astype(np.int64)[()]),
        method=name,
        confidence=confidence,
        reason=one(reason[()]),
        value=one(value[()]),
        low=one(low[()]),
        high=one(high[()]),
    )
