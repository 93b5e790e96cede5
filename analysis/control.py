"""Shewhart charts: is this period out of line with what the process does by itself?

All charts take one series (periods,) or a matrix (cells, periods) and treat every cell by itself. Points without a
value (a missing count, a denominator of 0) have no limits, give no signal and are kept out of the centre line.

Arguments that all of them share:

- `baseline`: the periods of phase I that centre and spread are taken from: a slice, positions from 0, or a mask
  ((periods,) or (cells, periods)); the others are then phase II, judged by limits they have no part in. None is all.
- `exclude`: periods (as above) kept out of centre and spread because their cause was found; they are still judged.
- `sigmas`: how far the limits are from the centre, in standard deviations.
- `rules`: "limits" (a point beyond a limit), "western_electric" or "nelson"; see `analysis.run_rules`. Rule 1 always
  means the limits drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.periods import Periods, anywhere, matrix, mean_of, moving_ranges, phase_one, pooled_rate
from analysis.result import Bools, Floats, Reason, Values, reasons
from analysis.run_rules import RuleSet, Signals, broken_by

Limits: TypeAlias = Literal["sigma", "probability"]

# The expected range of two normal values in standard deviations, 2/√π = 1.12838, as the printed tables round it: every
# book and tool divides by 1.128.
MEAN_RANGE_OF_TWO = 1.128


@dataclass(frozen=True, eq=False, kw_only=True)
class ControlChart(Signals):
    """A chart: n is the number of points with a value, `centre` one number per cell, the rest one per point.

    sigma is the standard deviation of each point that run rules divide by. Limits have no value where n or the spread
    gives none; `reason` says why.
    """

    value: Floats
    centre: Values
    sigma: Floats
    lcl: Floats
    ucl: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class LaneyChart(ControlChart):
    """sigma_z: how many times as much the points vary from one to the next as chance alone would make them, per cell."""

    sigma_z: Values


@dataclass(frozen=True)
class LimitRule:
    """How limits are set: so many sigmas, or by the false-alarm rate. Raises ValueError for what cannot be."""

    kind: Limits
    sigmas: float
    false_alarm_rate: float = 0.0027

    def __post_init__(self) -> None:
        if self.kind not in get_args(Limits):
            raise ValueError(f"limits must be 'sigma' or 'probability', not {self.kind!r}")
        if not 0 < self.false_alarm_rate < 1:
            raise ValueError(f"false_alarm_rate must lie between 0 and 1, not {self.false_alarm_rate}")
        if not self.sigmas > 0:
            raise ValueError(f"sigmas must be above 0, not {self.sigmas}")

    def __str__(self) -> str:
        if self.kind == "sigma":
            return f"{self.sigmas:g} sigma"
        return f"probability limits, false-alarm rate {self.false_alarm_rate:g}"

    @property
    def tails(self) -> tuple[float, float]:
        """The levels of the quantiles that are the limits."""
        return self.false_alarm_rate / 2, 1 - self.false_alarm_rate / 2


def p_chart(
    defective: ArrayLike,
    size: ArrayLike,
    *,
    centre: float | None = None,
    baseline: Any = None,
    exclude: Any = None,
    limits: Limits = "sigma",
    sigmas: float = 3.0,
    false_alarm_rate: float = 0.0027,
    rules: RuleSet = "limits",
) -> ControlChart:
    """Is the share of jobs (units, reports) with a property out of line in some period?

    defective: how many had the property; size: out of how many (a number, one per period, or as defective). centre: a
    known share instead of the pooled one, Σ defective / Σ size. limits: "sigma" draws p̄ ± 3 √(p̄(1−p̄)/size) within
    [0, 1]; "probability" the quantiles of the binomial, beyond each of which a point falls with at most half of
    `false_alarm_rate` — the right choice where p̄·size is small. See the module for the rest.

    Assumes independent jobs with one probability; for large sizes, where shares vary more than binomially, use
    `p_prime_chart`. Montgomery, Introduction to Statistical Quality Control, 7th ed., §7.2. Raises ValueError for
    defective above size.
    """
    periods = _binomial(defective, size)
    used = phase_one(periods.known, baseline, exclude)
    level = _level(periods, used, centre, most=1.0)
    how = LimitRule(limits, sigmas, false_alarm_rate)
    sigma = _spread(periods, level, binomial=True)
    chart = _attribute_chart(periods, level, sigma, how, rules, f"p chart, {how}", binomial=True)
    return chart[0] if periods.single else chart


def np_chart(defective: ArrayLike, size: float, **options: Any) -> ControlChart:
    """As `p_chart`, in numbers instead of shares, for samples that are all of one size. Options as there."""
    if np.ndim(size):
        raise ValueError("size must be one number: where samples differ in size, use p_chart")
    chart = p_chart(defective, size, **options)
    return _scaled(chart, size, chart.method.replace("p chart", "np chart"))


def u_chart(
    count: ArrayLike,
    exposure: ArrayLike,
    *,
    centre: float | None = None,
    baseline: Any = None,
    exclude: Any = None,
    limits: Limits = "sigma",
    sigmas: float = 3.0,
    false_alarm_rate: float = 0.0027,
    rules: RuleSet = "limits",
) -> ControlChart:
    """Is the failure rate (failures per unit, kilometre, month in service) out of line in some period?

    count: failures; exposure: what they arose from (a number, one per period, or as count). centre: a known rate
    instead of Σ count / Σ exposure. limits: "sigma" draws ū ± 3 √(ū/exposure), not below 0; "probability" the quantiles
    of the Poisson distribution: with half a failure expected, 3σ limits alarm every 70 points, not every 370.

    Assumes Poisson counts; where they vary more, use `u_prime_chart`. Montgomery, 7th ed., §7.3. Raises ValueError as
    `Periods.of`.
    """
    periods = Periods.of(count, exposure)
    level = _level(periods, phase_one(periods.known, baseline, exclude), centre)
    how = LimitRule(limits, sigmas, false_alarm_rate)
    sigma = _spread(periods, level, binomial=False)
    chart = _attribute_chart(periods, level, sigma, how, rules, f"u chart, {how}", binomial=False)
    return chart[0] if periods.single else chart


def c_chart(count: ArrayLike, **options: Any) -> ControlChart:
    """Is the number of failures out of line in some period, all exposed alike? Options as `u_chart`."""
    chart = u_chart(count, 1.0, **options)
    return replace(chart, method=chart.method.replace("u chart", "c chart"))


def p_prime_chart(
    defective: ArrayLike,
    size: ArrayLike,
    *,
    centre: float | None = None,
    baseline: Any = None,
    exclude: Any = None,
    screened: bool = False,
    sigmas: float = 3.0,
    rules: RuleSet = "limits",
) -> LaneyChart:
    """As `p_chart` where shares vary more (or less) between periods than chance alone makes them: Laney's p′.

    The standard deviation is that of the p chart times σ_z, the mean moving range of z = (p − p̄)/σ divided by 1.128.
    screened: leave out moving ranges above 3.267 times their mean and average again (Nelson 1982), as qicharts2 does
    with the option qic.screenedmr.

    Assumes that neighbouring periods differ by common causes only. Laney (2002), Quality Engineering 14:531. Limits
    outside [0, 1] are drawn at 0 and 1.
    """
    periods = _binomial(defective, size)
    used = phase_one(periods.known, baseline, exclude)
    level = _level(periods, used, centre, most=1.0)
    return _laney_chart(periods, level, used, screened, LimitRule("sigma", sigmas), rules, binomial=True)


def u_prime_chart(
    count: ArrayLike,
    exposure: ArrayLike,
    *,
    centre: float | None = None,
    baseline: Any = None,
    exclude: Any = None,
    screened: bool = False,
    sigmas: float = 3.0,
    rules: RuleSet = "limits",
) -> LaneyChart:
    """As `u_chart` where rates vary more (or less) than Poisson counts do: Laney's u′. As `p_prime_chart`."""
    periods = Periods.of(count, exposure)
    used = phase_one(periods.known, baseline, exclude)
    level = _level(periods, used, centre)
    return _laney_chart(periods, level, used, screened, LimitRule("sigma", sigmas), rules, binomial=False)


def individuals_chart(
    values: ArrayLike,
    *,
    centre: float | None = None,
    sigma: float | None = None,
    baseline: Any = None,
    exclude: Any = None,
    screened: bool = False,
    sigmas: float = 3.0,
    rules: RuleSet = "limits",
) -> ControlChart:
    """Is one measurement per period (days to close, cost of a job) out of line? The I chart of XmR.

    centre: a known level instead of the mean; sigma: a known standard deviation instead of the mean moving range of
    neighbouring values divided by 1.128. screened: as in `p_prime_chart`.

    Assumes values that are roughly normal and independent. Montgomery, 7th ed., §6.4; his 2.66 is 3/1.128. Raises
    ValueError for infinite values and a sigma not above 0.
    """
    how = LimitRule("sigma", sigmas)
    rows = matrix(values, "values")
    known = ~np.isnan(rows)
    level, spread = level_and_spread(rows, phase_one(known, baseline, exclude), centre, sigma, screened)
    per_point = np.where(known, spread[:, None], np.nan)
    reach = how.sigmas * np.where(per_point > 0, per_point, np.nan)
    n = known.sum(axis=1)
    chart = drawn(
        rows, level, per_point, level[:, None] - reach, level[:, None] + reach,
        rules=rules, method=f"individuals chart, {how}",
        reason=reasons(
            len(rows),
            (n == 0, Reason.NO_DATA),
            (np.isnan(level) | np.isnan(spread), Reason.TOO_FEW),
            (~(spread > 0), Reason.NO_VARIATION),
        ),
    )  # fmt: skip
    return chart[0] if np.ndim(values) == 1 else chart


def level_and_spread(
    rows: Floats, used: Bools, level: float | None, sigma: float | None, screened: bool = False
) -> tuple[Floats, Floats]:
    """Mean and standard deviation per row: those given, else from the points used. Raises ValueError for impossible ones."""
    if level is not None and not np.isfinite(level):
        raise ValueError(f"the level must be a number, not {level}")
    if sigma is not None and not sigma > 0:
        raise ValueError(f"sigma must be above 0, not {sigma}")
    middle = mean_of(rows, used) if level is None else np.full(len(rows), float(level))
    spread = mean_range(rows, used, screened) / MEAN_RANGE_OF_TWO if sigma is None else np.full(len(rows), float(sigma))
    return middle, spread


def mean_range(values: Floats, used: Bools, screened: bool = False) -> Floats:
    """Mean moving range per row; NaN below two points. Screened: again without those above 3.267 times the mean."""
    ranges = moving_ranges(values, used)
    kept = ~np.isnan(ranges)
    mean = mean_of(ranges, kept)
    return mean_of(ranges, kept & (ranges < 3.267 * mean[:, None])) if screened else mean


def drawn(
    value: Floats,
    centre: Floats,
    sigma: Floats,
    lcl: Floats,
    ucl: Floats,
    *,
    rules: RuleSet,
    method: str,
    reason: Values,
    score: Floats | None = None,
) -> ControlChart:
    """The chart of matrices that are computed: signals where a value is beyond its limits or breaks a further rule.

    score: where given, the z-values that the further rules look at.
    """
    none = np.isnan(value)
    lcl, ucl, sigma = (np.where(none, np.nan, limit) for limit in (lcl, ucl, sigma))
    if score is None:
        broken = broken_by(value, np.broadcast_to(centre[:, None], value.shape), sigma, rules)
    else:
        broken = broken_by(score, np.zeros(value.shape), np.ones(value.shape), rules)
    broken[..., 0] = (value < lcl) | (value > ucl)
    return ControlChart(
        n=(~none).sum(axis=1), method=method, reason=reason, rules=rules, broken=broken,
        value=value, centre=centre, sigma=sigma, lcl=lcl, ucl=ucl,
    )  # fmt: skip


def _binomial(defective: ArrayLike, size: ArrayLike) -> Periods:
    periods = Periods.of(defective, size, names=("defective", "size"))
    if (periods.count > periods.exposure).any():
        raise ValueError("defective must not be above size")
    return periods


def _level(periods: Periods, used: Bools, centre: float | None, most: float = np.inf) -> Floats:
    if centre is not None:
        if not 0 < centre < most:
            raise ValueError(f"centre must lie between 0 and {most:g}, not {centre}")
        return np.full(len(used), float(centre))
    return pooled_rate(periods, used)


def _spread(periods: Periods, level: Floats, *, binomial: bool) -> Floats:
    """Standard deviation of each point by chance alone; NaN where there is no value or no variation."""
    variance = level * (1 - level) if binomial else level
    out = np.full(periods.count.shape, np.nan)
    known = periods.known & (variance > 0)[:, None]
    return np.asarray(np.sqrt(np.divide(variance[:, None], periods.exposure, out=out, where=known)))


def _laney_chart(
    periods: Periods, level: Floats, used: Bools, screened: bool, how: LimitRule, rules: RuleSet, *, binomial: bool
) -> LaneyChart:
    """With the spread by chance alone times the spread that the z-values have from point to point."""
    spread = _spread(periods, level, binomial=binomial)
    z = (periods.rate - level[:, None]) / spread
    between = mean_range(z, used & ~np.isnan(z), screened) / MEAN_RANGE_OF_TWO
    method = f"Laney {'p' if binomial else 'u'}' chart, {how}"
    chart = _attribute_chart(periods, level, spread * between[:, None], how, rules, method, binomial=binomial)
    laney = LaneyChart(sigma_z=between, **{f.name: getattr(chart, f.name) for f in fields(chart)})
    return laney[0] if periods.single else laney


def _attribute_chart(
    periods: Periods, level: Floats, sigma: Floats, how: LimitRule, rules: RuleSet, method: str, *, binomial: bool
) -> ControlChart:
    if how.kind == "sigma":
        reach = how.sigmas * np.where(sigma > 0, sigma, np.nan)
        lcl, ucl = (np.clip(level[:, None] + reach * s, 0.0, 1.0 if binomial else None) for s in (-1, 1))
    else:
        lcl, ucl = _quantiles(periods, np.where(anywhere(sigma > 0), level, np.nan), how, binomial)
    n = periods.known.sum(axis=1)
    varies = anywhere(~np.isnan(sigma))
    return drawn(
        periods.rate, level, sigma, lcl, ucl, rules=rules, method=method,
        reason=reasons(
            len(n),
            (~periods.exposed, Reason.NO_EXPOSURE),
            (n == 0, Reason.NO_DATA),
            (np.isnan(level), Reason.TOO_FEW),
            (level == 0, Reason.NO_EVENTS),
            ((level == 1.0) & binomial, Reason.NO_VARIATION),
            (~varies, Reason.TOO_FEW),
            (~anywhere(sigma > 0), Reason.NO_VARIATION),
        ),
    )  # fmt: skip


def _quantiles(periods: Periods, level: Floats, how: LimitRule, binomial: bool) -> tuple[Floats, Floats]:
    """Limits such that chance alone puts a point beyond each with at most half the false-alarm rate."""
    drawn_at = periods.known & ~np.isnan(level)[:, None]
    exposed = periods.exposure[drawn_at]
    if binomial and (exposed != np.round(exposed)).any():
        raise ValueError("size must hold whole numbers where probability limits are asked for")
    rate = np.broadcast_to(level[:, None], drawn_at.shape)[drawn_at]
    limits = []
    for q in how.tails:
        count = stats.binom.ppf(q, exposed, rate) if binomial else stats.poisson.ppf(q, rate * exposed)
        limit = np.full(drawn_at.shape, np.nan)
        limit[drawn_at] = count / exposed
        limits.append(limit)
    return limits[0], limits[1]


def _scaled(chart: ControlChart, by: float, method: str) -> ControlChart:
    none = chart.centre is None
    return replace(
        chart, method=method, value=chart.value * by, centre=None if none else chart.centre * by,
        sigma=chart.sigma * by, lcl=chart.lcl * by, ucl=chart.ucl * by,
    )  # fmt: skip
