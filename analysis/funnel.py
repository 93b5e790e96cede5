"""Funnel plots: who lies outside what chance allows, given how much each has done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrik, betaincc, chdtrc, gammaincc, ndtri, pdtrik

from analysis.groups import as_floats
from analysis.result import Floats, Ints, Reason, Result, Values, reasons

Kind: TypeAlias = Literal["share", "ratio"]
LimitMethod: TypeAlias = Literal["exact", "normal"]
LEVELS = (0.95, 0.998)


@dataclass(frozen=True, eq=False, kw_only=True)
class FunnelPlot(Result):
    """One row per unit. n: its denominator.

    value: the share or ratio; target: the centre line; low, high: limits, shape (units, levels); z: (value − target) ÷
    its standard error, dispersion counted; outside: +1 above and −1 below, shape (units, levels). dispersion: φ by
    which variances were multiplied, dispersion_p: of the test that φ is 1.
    """

    value: Floats
    target: Values
    low: Floats
    high: Floats
    levels: Floats
    z: Floats
    outside: Ints
    dispersion: Values
    dispersion_p: Values


def funnel_plot(
    observed: ArrayLike,
    denominator: ArrayLike,
    *,
    kind: Kind = "share",
    target: float | None = None,
    levels: ArrayLike = LEVELS,
    overdispersed: bool = False,
    winsorise: float = 0.1,
    method: LimitMethod = "exact",
) -> FunnelPlot:
    """Which technicians (workshops, models) differ from the target by more than chance, at 95 and at 99.8 %?

    observed, denominator: shape (units,): repeats of so many jobs ("share", binomial), or observed and expected numbers
    ("ratio", Poisson). target: the centre; by default Σ observed ÷ Σ denominator. Limits: see `funnel_limits`.

    overdispersed: multiply variances by φ, the mean of z² after its lowest and highest share `winsorise` were drawn in
    to their quantiles (Spiegelhalter 2005, Statistics in Medicine 24:1185, §3.2 and appendix); at least 1. For when
    nearly everyone is outside: then the case mix is not fully accounted for, and the rest of it is taken as chance.
    Winsorising makes φ too small where nothing is wrong (0.7 of 1), which the floor of 1 makes good.

    outside: decided by the exact tail, P(R ≥ observed) or P(R ≤ observed) ≤ (1 − level)/2, so the false signals are at
    most 1 − level. The drawn limits interpolate between counts: on the upper side a count just beyond the line may be
    one too few to be outside. Other tools draw other lines: FunnelPlotR the exact interval of a count that equals the
    expected one, which is `poisson_rate(expected, expected)`, and widens it by an additive variance between units;
    PHEindicatormethods those where the Wilson (exact Poisson) bound of a unit just meets the target.

    NO_EXPOSURE for units without denominator. Raises ValueError for counts that cannot be and targets outside (0, 1).
    """
    y, n = as_floats(observed, "observed", least=0), as_floats(denominator, "denominator", least=0)
    if y.shape != n.shape:
        raise ValueError(f"observed and denominator must be of one length, not {y.size} and {n.size}")
    if kind == "share" and (y > n).any():
        raise ValueError("observed must not be more than the denominator")
    if not 0 <= winsorise < 0.5:
        raise ValueError(f"winsorise must be at least 0 and below 0.5, not {winsorise}")
    if target is not None:
        _check_target(target, kind)
    known = n > 0
    total = float(n.sum())
    centre = (float(y.sum()) / total if total else np.nan) if target is None else float(target)
    flat = (centre <= 0) | (kind == "share" and centre >= 1)
    problem = (np.full(n.shape, flat), Reason.NO_EVENTS if centre <= 0 else Reason.NO_VARIATION)
    reason = reasons(n.shape, (~known, Reason.NO_EXPOSURE), problem)
    fine = reason == ""
    size, safe = np.where(known, n, 1.0), 0.5 if flat or np.isnan(centre) else centre
    value = np.where(known, y / size, np.nan)
    z = np.where(fine, (value - safe) / np.sqrt(_variance(size, safe, kind)), np.nan)
    phi, p = _dispersion(z[fine], winsorise)
    used = max(phi, 1.0) if overdispersed and fine.any() else 1.0
    low, high = funnel_limits(size, safe, kind=kind, levels=levels, dispersion=used, method=method)
    tails = (1 - np.atleast_1d(np.asarray(levels, dtype=np.float64))) / 2
    above, below = _tails(y, size, safe, kind, used)
    outside = (above[:, None] <= tails).astype(np.int64) - (below[:, None] <= tails)
    return FunnelPlot(
        n=n,
        method=f"{method} {'binomial' if kind == 'share' else 'Poisson'} limits",
        reason=reason,
        value=value,
        target=None if np.isnan(centre) else centre,
        low=np.where(fine[:, None], low, np.nan),
        high=np.where(fine[:, None], high, np.nan),
        levels=np.atleast_1d(np.asarray(levels, dtype=np.float64)),
        z=z / np.sqrt(used),
        outside=np.where(fine[:, None], outside, 0),
        dispersion=used,
        dispersion_p=p if fine.any() else None,
    )


def funnel_limits(
    denominator: ArrayLike,
    target: float,
    *,
    kind: Kind = "share",
    levels: ArrayLike = LEVELS,
    dispersion: float = 1.0,
    method: LimitMethod = "exact",
) -> tuple[Floats, Floats]:
    """Between which values do units of a given size lie by chance? (low, high), each of shape (units, levels).

    "exact": with r the smallest count for which P(R ≤ r) ≥ p, the limit is (r − α)/n, α = (P(R ≤ r) − p)/P(R = r)
    (Spiegelhalter 2005, appendix A.1), p = (1 ∓ level)/2; kept within what is possible. "normal": target ± z·standard
    error, which for ratios far from many expected events and shares near 0 or 1 is wrong but is what many reports
    print. Either way distances from the target are multiplied with √dispersion.
    """
    n, p = as_floats(denominator, "denominator", above=0), np.atleast_1d(np.asarray(levels, dtype=np.float64))
    if kind not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}, not {kind}")
    if method not in get_args(LimitMethod):
        raise ValueError(f"method must be one of {', '.join(get_args(LimitMethod))}, not {method}")
    _check_target(target, kind)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError(f"levels must lie between 0 and 1, found {p[~((p > 0) & (p < 1))][0]:g}")
    if not dispersion > 0:
        raise ValueError(f"dispersion must be above 0, not {dispersion}")
    sizes, row = np.unique(n, return_inverse=True)  # limits depend on the size alone, and sizes repeat
    size = sizes[:, None]
    if method == "normal":
        spread = -ndtri((1 - p) / 2) * np.sqrt(_variance(size, target, kind))
        low, high = target - spread, target + spread
    else:
        low, high = (_quantile(size, target, kind, q) / size for q in ((1 - p) / 2, (1 + p) / 2))
    # Of almost no expected events the interpolated limits may lie on one side of the target, or below 0.
    low = np.maximum(target + np.sqrt(dispersion) * (np.minimum(low, target) - target), 0.0)
    high = target + np.sqrt(dispersion) * (np.maximum(high, target) - target)
    return low[row], (np.minimum(high, 1.0) if kind == "share" else high)[row]


def _check_target(target: float, kind: Kind) -> None:
    if not (target > 0 and (kind == "ratio" or target < 1)):
        raise ValueError(f"target must be above 0, and below 1 for shares, not {target}")


def _variance(n: Floats, target: float, kind: Kind) -> Floats:
    return (target * (1 - target) if kind == "share" else target) / n


def _until(count: Floats, n: Floats, target: float, kind: Kind) -> Floats:
    """P(R ≤ count); 0 below 0."""
    k = np.maximum(count, 0.0)
    if kind == "ratio":
        below = gammaincc(k + 1, n * target)
    else:
        below = np.where(k < n, betaincc(k + 1, np.where(k < n, n - k, 1.0), target), 1.0)
    return np.where(count < 0, 0.0, below)


def _quantile(n: Floats, target: float, kind: Kind, p: Floats) -> Floats:
    """The count at which P(R ≤ count), interpolated between whole counts, is p."""
    level, size = np.broadcast_arrays(p, n)
    with np.errstate(invalid="ignore"):
        start = bdtrik(level, size, target) if kind == "share" else pdtrik(level, size * target)
    count = np.ceil(np.nan_to_num(np.maximum(start, 0.0)))
    # The continuous inverse may be one off at the edges of a count.
    count = np.where(_until(count - 1, size, target, kind) >= level, count - 1, count)
    count = np.where(_until(count, size, target, kind) < level, count + 1, count)
    count = np.maximum(count, 0.0)
    here, before = _until(count, size, target, kind), _until(count - 1, size, target, kind)
    found: Floats = count - (here - level) / (here - before)
    return found


def _tails(y: Floats, n: Floats, target: float, kind: Kind, dispersion: float) -> tuple[Floats, Floats]:
    """P(R ≥ y) and P(R ≤ y), the distance of y from its mean divided by √dispersion first."""
    count = y if dispersion == 1 else n * target + (y - n * target) / np.sqrt(dispersion)
    return 1 - _until(np.ceil(count - 1e-9) - 1, n, target, kind), _until(np.floor(count + 1e-9), n, target, kind)


def _dispersion(z: Floats, winsorise: float) -> tuple[float, float]:
    """φ of winsorised z, and p of the test that the (unwinsorised) z are as spread as chance makes them."""
    if not z.size:
        return 1.0, 1.0
    inner = np.clip(z, *np.quantile(z, [winsorise, 1 - winsorise]))
    return float(np.mean(inner**2)), float(chdtrc(z.size, np.sum(z**2)))
