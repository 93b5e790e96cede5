"""Charts for rare events: how many jobs, or how long, between one failure and the next.

Where a period holds less than about one failure, charts of counts by period see nothing; these have one point for each
failure. A *low* point is bad news: the failures come faster. The 3σ limits that most tools draw have no lower limit at
all for the g chart and nearly none for the t chart; `limits="probability"` has one. `baseline`, `exclude`, `rules` are
those of `analysis.control`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analysis.control import ControlChart, LimitRule, Limits, drawn, individuals_chart
from analysis.periods import anywhere, matrix, mean_of, medians, phase_one
from analysis.result import Floats, Reason, reasons
from analysis.run_rules import RuleSet

# Nelson (1994): a Weibull variable of shape 3.6 has no skew, so exponential times to the power 1/3.6 are nearly normal.
NEARLY_NORMAL = 3.6


def g_chart(
    count: ArrayLike,
    *,
    least: int = 0,
    mean: float | None = None,
    centre_line: Literal["mean", "median"] = "mean",
    baseline: Any = None,
    exclude: Any = None,
    limits: Limits = "sigma",
    sigmas: float = 3.0,
    false_alarm_rate: float = 0.0027,
    rules: RuleSet = "limits",
) -> ControlChart:
    """Do failures come after fewer (or more) good jobs than they used to?

    count: jobs between one failure and the next; one series (failures,) or a matrix (cells, failures), NaN to fill up
    rows. least: the smallest count there can be: 0 where the failed job is not counted, 1 where it is. mean: the known
    mean count x̄ instead of that of the data, (1 − p)/p + least where jobs fail with chance p.
    limits: "sigma" draws x̄ ± 3 √((x̄ − least)(x̄ − least + 1)), not below `least`, whichever centre line is drawn;
    "probability" the quantiles of the geometric distribution with p = 1/(x̄ − least + 1): beyond each a count falls
    with at most half of `false_alarm_rate`.

    Assumes that every job fails with one probability, independently. Benneyan (2001), Health Care Management Science
    4:305; Kaminsky et al. (1992), J. Quality Technology 24:63. What tools print: qicharts2 the same limits about the
    median; qcc the quantiles of a count from 0 with p = 1/x̄, one job off; Minitab the median and probability
    limits with p = (n − 1)/n / (x̄ + 1), which is less biased.
    """
    if centre_line not in {"mean", "median"}:
        raise ValueError(f"centre_line must be 'mean' or 'median', not {centre_line!r}")
    rows = matrix(count, "count", least=float(least))
    how = LimitRule(limits, sigmas, false_alarm_rate)
    used = phase_one(~np.isnan(rows), baseline, exclude)
    if mean is not None and not mean > least:
        raise ValueError(f"mean must be above {least}, not {mean}")
    average = mean_of(rows, used) if mean is None else np.full(len(rows), float(mean))
    beyond_least = average - least
    spread = np.sqrt(beyond_least * (beyond_least + 1))
    spread = np.where(spread > 0, spread, np.nan)
    if how.kind == "probability":
        lcl, ucl = (least + _geometric_quantile(q, beyond_least) for q in how.tails)
    else:
        lcl, ucl = np.maximum(average - how.sigmas * spread, least), average + how.sigmas * spread
    level = average if centre_line == "mean" else medians(np.where(used, rows, np.nan), used)
    sigma, low, high = (np.broadcast_to(v[:, None], rows.shape) for v in (spread, lcl, ucl))
    chart = drawn(
        rows, level, sigma, low, high, rules=rules, method=f"g chart about the {centre_line}, {how}",
        reason=reasons(
            len(rows),
            (~anywhere(~np.isnan(rows)), Reason.NO_DATA),
            (np.isnan(average), Reason.TOO_FEW),
            (np.isnan(spread), Reason.NO_VARIATION),
        ),
    )  # fmt: skip
    return chart[0] if np.ndim(count) == 1 else chart


def t_chart(
    time: ArrayLike,
    *,
    shape: float = 1.0,
    scale: float | None = None,
    baseline: Any = None,
    exclude: Any = None,
    screened: bool = False,
    limits: Literal["transformed", "probability"] = "transformed",
    sigmas: float = 3.0,
    false_alarm_rate: float = 0.0027,
    rules: RuleSet = "limits",
) -> ControlChart:
    """Do failures come after a shorter (or longer) time than they used to?

    time: days (kilometres) between one failure and the next, of one series (failures,) or a matrix (cells, failures),
    NaN to fill up rows. shape: the Weibull shape of the times, where it is known; 1 is exponential. scale: their known
    Weibull scale (with shape 1 the mean time between failures) instead of the one fitted; for probability limits.

    limits: "transformed" makes an individuals chart of time^(shape/3.6) (mean ± 3 × mean moving range / 1.128;
    screened: as in `p_prime_chart`) and transforms centre and limits back, a negative lower limit to 0 (Nelson 1994, J.
    Quality Technology 26:239; Montgomery, 7th ed., §7.3.5 uses the power 0.2777 and prints the transformed scale, which
    is `individuals_chart(time ** 0.2777)`; qicharts2 prints the same as this). "probability" takes the quantiles of the
    exponential (Weibull) distribution with the mean observed, η (−ln(1 − q))^(1/shape), and its median as centre:
    exactly `false_alarm_rate` of the points fall outside when η is known (Xie, Goh and Ranjan 2002, Reliability
    Engineering and System Safety 77:143). Minitab does so with a Weibull shape fitted.
    Further rules look at the transformed times and at normal scores. sigma is on that scale.

    Assumes independent times with one distribution. Raises ValueError for negative times.
    """
    if not shape > 0:
        raise ValueError(f"shape must be above 0, not {shape}")
    if scale is not None and (limits == "transformed" or not scale > 0):
        raise ValueError(f"scale must be above 0, and limits 'probability', not {scale} and {limits!r}")
    rows = matrix(time, "time", least=0.0)
    if limits == "transformed":
        flat = individuals_chart(
            rows ** (shape / NEARLY_NORMAL), baseline=baseline, exclude=exclude, screened=screened, sigmas=sigmas,
            rules=rules,
        )  # fmt: skip
        back = NEARLY_NORMAL / shape
        chart = replace(
            flat, method=f"t chart by the {shape / NEARLY_NORMAL:.4f}th power, {sigmas:g} sigma", value=rows,
            centre=flat.centre**back, lcl=np.maximum(flat.lcl, 0.0) ** back, ucl=flat.ucl**back,
        )  # fmt: skip
    elif limits == "probability":
        used = phase_one(~np.isnan(rows), baseline, exclude)
        fitted = mean_of(rows**shape, used) ** (1 / shape) if scale is None else np.full(len(rows), float(scale))
        chart = _exponential(rows, shape, fitted, LimitRule(limits, sigmas, false_alarm_rate), rules)
    else:
        raise ValueError(f"limits must be 'transformed' or 'probability', not {limits!r}")
    return chart[0] if np.ndim(time) == 1 else chart


def _exponential(rows: Floats, shape: float, fitted: Floats, how: LimitRule, rules: RuleSet) -> ControlChart:
    scale = np.where(fitted > 0, fitted, np.nan)
    low, high = (scale * (-np.log1p(-q)) ** (1 / shape) for q in how.tails)
    score = ndtri(-np.expm1(-((rows / scale[:, None]) ** shape)))
    return drawn(
        rows, scale * np.log(2) ** (1 / shape), np.ones(rows.shape),
        np.broadcast_to(low[:, None], rows.shape), np.broadcast_to(high[:, None], rows.shape),
        rules=rules, score=score,
        method=f"t chart, Weibull shape {shape:g}, {how}",
        reason=reasons(
            len(rows),
            (~anywhere(~np.isnan(rows)), Reason.NO_DATA),
            (np.isnan(fitted), Reason.TOO_FEW),
            (np.isnan(scale), Reason.NO_VARIATION),
        ),
    )  # fmt: skip


def _geometric_quantile(q: float, mean: Floats) -> Floats:
    """The smallest k with P(X ≤ k) = 1 − (1 − p)^(k + 1) ≥ q, for the count of good jobs with this mean."""
    good = np.where(mean > 0, mean / (mean + 1), np.nan)
    quantile: Floats = np.maximum(np.ceil(np.log1p(-q) / np.log(good)) - 1, 0.0)
    return quantile
