"""Charts with a memory, for small lasting shifts that a Shewhart chart sees late: EWMA and CUSUM.

All take one series (periods,) or a matrix (cells, periods), step through the periods once for all cells, and carry
their state unchanged over periods without a value. `baseline` and `exclude` are those of `analysis.control`. Which
limits give which false-alarm rate: `analysis.run_length`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.control import ControlChart, drawn, level_and_spread
from analysis.periods import Periods, anywhere, matrix, phase_one, pooled_rate
from analysis.result import Bools, Floats, Ints, Reason, Result, Values, reasons

# Sums of decimal fractions that should meet the limit exactly must not miss it by a rounding error.
_ROUNDING = 1e-9


def ewma_chart(
    values: ArrayLike,
    *,
    target: float | None = None,
    sigma: float | None = None,
    weight: float = 0.2,
    width: float = 3.0,
    steady_state: bool = False,
    baseline: Any = None,
    exclude: Any = None,
) -> ControlChart:
    """Has the level of a measurement drifted? The moving average z = λx + (1 − λ)z, starting from the target.

    values: one measurement per period. target, sigma: the known level and standard deviation; None takes the mean and
    the mean moving range / 1.128 of the baseline. weight: λ; width: L, the limits in standard deviations of z, exact
    for each period, σ²λ/(2 − λ)·(1 − (1 − λ)^2t); steady_state: with the limit of that, wider in the first periods.
    Returns a chart whose value is z, missing where the measurement is.

    Assumes independent values; little harmed by skewed ones when λ ≤ 0.1. Roberts (1959); Lucas and Saccucci (1990);
    Montgomery, 7th ed., §9.2. Some tools start from the first value or the mean of the data; this starts from the
    target. Raises ValueError for λ outside (0, 1].
    """
    rows = matrix(values, "values")
    known = ~np.isnan(rows)
    level, spread = level_and_spread(rows, phase_one(known, baseline, exclude), target, sigma)
    variance = np.broadcast_to(spread[:, None] ** 2, rows.shape)
    chart = _ewma(np.where(known, rows, 0.0), variance, known, level, weight, width, steady_state, None)
    return chart[0] if np.ndim(values) == 1 else chart


def poisson_ewma_chart(
    count: ArrayLike,
    exposure: ArrayLike | None = None,
    *,
    rate: float | None = None,
    weight: float = 0.2,
    width: float = 3.0,
    steady_state: bool = False,
    baseline: Any = None,
    exclude: Any = None,
) -> ControlChart:
    """Has a failure rate drifted? The EWMA of count / exposure about the rate.

    count: failures; exposure: what they arose from (None: alike in every period). rate: the known rate; None takes
    Σ count / Σ exposure of the baseline. The variance of z is exact for exposures that differ: it follows
    V = λ² rate/exposure + (1 − λ)² V. Limits are not drawn below 0. The rest as `ewma_chart`.

    Assumes Poisson counts. Borror, Champ and Rigdon (1998), J. Quality Technology 30:352 (equal exposures, steady
    state).
    """
    periods = Periods.of(count, exposure)
    level = _rate(periods, rate, phase_one(periods.known, baseline, exclude))
    variance = np.divide(
        level[:, None],
        periods.exposure,
        out=np.zeros(periods.count.shape),
        where=periods.known & ~np.isnan(level)[:, None],
    )
    values = np.where(periods.known, periods.rate, 0.0)
    chart = _ewma(values, variance, periods.known, level, weight, width, steady_state, periods.exposed)
    return chart[0] if periods.single else chart


def _ewma(
    values: Floats,
    variance: Floats,
    known: Bools,
    level: Floats,
    weight: float,
    width: float,
    steady_state: bool,
    exposed: Bools | None,
) -> ControlChart:
    """exposed: for counts, the cells that were exposed at all; None for measurements, whose limits may be negative."""
    if not 0 < weight <= 1:
        raise ValueError(f"weight must be above 0 and at most 1, not {weight}")
    if not width > 0:
        raise ValueError(f"width must be above 0, not {width}")
    z = np.empty(values.shape)
    spread = np.empty(values.shape)
    smooth, uncertain = level.copy(), np.zeros(len(level))
    for t in range(values.shape[1]):
        here = known[:, t]
        smooth = np.where(here, weight * values[:, t] + (1 - weight) * smooth, smooth)
        uncertain = np.where(here, weight**2 * variance[:, t] + (1 - weight) ** 2 * uncertain, uncertain)
        z[:, t] = smooth
        spread[:, t] = uncertain
    if steady_state:
        spread = weight / (2 - weight) * variance
    sigma = np.sqrt(spread)
    reach = width * np.where(sigma > 0, sigma, np.nan)
    low = level[:, None] - reach
    low = low if exposed is None else np.maximum(low, 0.0)
    n = known.sum(axis=1)
    varies = anywhere(variance > 0)
    return drawn(
        np.where(known, z, np.nan), level, sigma, low, level[:, None] + reach,
        rules="limits", method=f"EWMA, weight {weight:g}, width {width:g}" + (", steady state" if steady_state else ""),
        reason=reasons(
            len(n),
            (np.zeros(len(n), dtype=bool) if exposed is None else ~exposed, Reason.NO_EXPOSURE),
            (n == 0, Reason.NO_DATA),
            (np.isnan(level) | ~anywhere(~np.isnan(variance)), Reason.TOO_FEW),
            (~varies & (exposed is not None), Reason.NO_EVENTS),
            (~varies, Reason.NO_VARIATION),
        ),
    )  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Cusum(Result):
    """One side of a CUSUM, arrays of the shape of the data.

    sum: C, which starts again from 0 whenever it would fall below. run: for how many values it has been above 0, so
    that a signal after a run of r says that the shift began r values ago. level: the level estimated since then, NaN
    where there is no signal. decision_interval: H, in the units of the sum.
    """

    sum: Floats
    run: Ints
    signal: Bools
    level: Floats
    decision_interval: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class CusumChart(Result):
    """A two-sided CUSUM in the units of the data; a value may signal on one side."""

    target: Values
    sigma: Values
    upper: Cusum
    lower: Cusum

    @property
    def signal(self) -> Bools:
        """Periods in which either side is above its decision interval."""
        return self.upper.signal | self.lower.signal


def cusum_chart(
    values: ArrayLike,
    *,
    target: float | None = None,
    sigma: float | None = None,
    k: float = 0.5,
    h: float = 5.0,
    head_start: float = 0.0,
    baseline: Any = None,
    exclude: Any = None,
) -> CusumChart:
    """Has the level of a measurement shifted, and since when? The tabular CUSUM.

    values: one measurement per period. target, sigma: as `ewma_chart`. k: the reference value, half the shift to be
    found, h: the decision interval, head_start: where both sums start (h/2 is the fast initial response), all three in
    σ. C⁺ = max(0, C⁺ + x − target − kσ), C⁻ = max(0, C⁻ + target − kσ − x); a signal is a sum above hσ. The sums go on
    after a signal, as in Montgomery's table 9.2; start a new chart after a repair.

    With k = ½, h = 5 a false alarm comes every 465 values, with h = 4 every 168 (`run_length.cusum_arl`). Assumes
    independent normal values. Montgomery, 7th ed., §9.1. Raises ValueError for h ≤ 0, k < 0 or a head start outside [0,
    h).
    """
    _check_design(k, h, head_start)
    rows = matrix(values, "values")
    known = ~np.isnan(rows)
    level, spread = level_and_spread(rows, phase_one(known, baseline, exclude), target, sigma)
    usable = np.isfinite(level) & (spread > 0)
    deviation = np.where(known, rows, 0.0) - np.where(known, level[:, None], 0.0)
    slack, limit = k * spread, np.where(usable, h * spread, np.nan)
    n = known.sum(axis=1)
    given: dict[str, Any] = {
        "n": n,
        "method": f"CUSUM, k {k:g}, h {h:g}",
        "reason": reasons(
            len(n),
            (n == 0, Reason.NO_DATA),
            (np.isnan(level) | np.isnan(spread), Reason.TOO_FEW),
            (~usable, Reason.NO_VARIATION),
        ),
    }
    ones = known.astype(np.float64)
    sides = []
    for sign in (1.0, -1.0):
        step = np.where(known, sign * deviation - slack[:, None], 0.0)
        total, run, weight = _accumulate(step, ones, known & usable[:, None], head_start * spread)
        signal = total > limit[:, None]
        size = slack[:, None] + np.divide(total, weight, out=np.zeros(total.shape), where=weight > 0)
        shifted = np.where(signal, level[:, None] + sign * size, np.nan)
        sides.append(Cusum(sum=total, run=run, signal=signal, level=shifted, decision_interval=limit, **given))
    chart = CusumChart(target=level, sigma=spread, upper=sides[0], lower=sides[1], **given)
    return chart[0] if np.ndim(values) == 1 else chart


def poisson_cusum_chart(
    count: ArrayLike,
    exposure: ArrayLike | None = None,
    *,
    rate: float,
    h: float,
    ratio: float = 2.0,
    k: float | None = None,
    head_start: float = 0.0,
) -> Cusum:
    """Has a failure rate risen (or fallen) to `ratio` times what it was, and since when? The one-sided CUSUM of counts.

    count: failures; exposure: what they arose from (None: alike in every period). rate: the acceptable failures per
    exposure. ratio: the change to be found; below 1 watches for an improvement. k: the reference rate; by default the
    one that finds the ratio fastest, rate·(ratio − 1)/ln(ratio). h, head_start: in failures.
    C = max(0, C + count − k·exposure), for a ratio below 1 max(0, C + k·exposure − count); a signal is a sum of h or
    more (Lucas; others ask for more than h, which for the lattice of sums is the next larger h). `level` is the rate
    since.

    Choose h by `run_length.poisson_decision_interval`. Assumes Poisson counts. Lucas (1985), Technometrics 27:129; with
    exposures: Mei, Han and Tsui (2011), Statistica Sinica 21:597. Raises ValueError for a rate or h not above 0, or a
    ratio not above 0 or equal to 1.
    """
    if not rate > 0:
        raise ValueError(f"rate must be above 0, not {rate}")
    if not ratio > 0 or ratio == 1:
        raise ValueError(f"ratio must be above 0 and not 1, found {ratio}")
    reference = rate * (ratio - 1) / np.log(ratio) if k is None else k
    _check_design(reference, h, head_start)
    periods = Periods.of(count, exposure)
    sign = 1.0 if ratio > 1 else -1.0
    step = sign * (periods.count - reference * periods.exposure)
    start = np.full(len(step), head_start)
    total, run, exposed = _accumulate(step, periods.exposure, periods.known, start)
    signal = periods.known & (total >= h - _ROUNDING)
    change = np.divide(total, exposed, out=np.zeros(total.shape), where=exposed > 0)
    n = periods.known.sum(axis=1)
    chart = Cusum(
        n=n, method=f"Poisson CUSUM, k {reference:.6g}, h {h:g}",
        reason=reasons(len(n), (~periods.exposed, Reason.NO_EXPOSURE), (n == 0, Reason.NO_DATA)),
        sum=total, run=run, signal=signal, level=np.where(signal, np.maximum(reference + sign * change, 0.0), np.nan),
        decision_interval=np.full(len(n), h),
    )  # fmt: skip
    return chart[0] if periods.single else chart


def _accumulate(step: Floats, weight: Floats, known: Bools, start: Floats) -> tuple[Floats, Ints, Floats]:
    """The sums, how many values each has been above 0, and the weight (exposure) of those values."""
    total, since = np.empty(step.shape), np.empty(step.shape)
    runs: NDArray[np.int64] = np.empty(step.shape, dtype=np.int64)
    now, run, carried = start.copy(), np.zeros(len(step), dtype=np.int64), np.zeros(len(step))
    for t in range(step.shape[1]):
        here = known[:, t]
        now = np.where(here, np.maximum(now + step[:, t], 0.0), now)
        above = now > _ROUNDING
        run = np.where(here, np.where(above, run + 1, 0), run)
        carried = np.where(here, np.where(above, carried + weight[:, t], 0.0), carried)
        total[:, t], runs[:, t], since[:, t] = now, run, carried
    return total, runs, since


def _rate(periods: Periods, rate: float | None, used: Bools) -> Floats:
    if rate is not None:
        if not rate > 0:
            raise ValueError(f"rate must be above 0, not {rate}")
        return np.full(len(used), float(rate))
    return pooled_rate(periods, used)


def _check_design(k: float, h: float, head_start: float) -> None:
    if not h > 0:
        raise ValueError(f"h must be above 0, not {h}")
    if not k >= 0:
        raise ValueError(f"k must be at least 0, not {k}")
    if not 0 <= head_start < h:
        raise ValueError(f"head_start must be at least 0 and below h, not {head_start}")
