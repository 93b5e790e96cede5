"""Does the fleet get better or worse?"""

from __future__ import annotations

import numpy as np

from analysis.duane import duane
from analysis.growth import common_beta_test, crow_amsaa
from analysis.growth_forecast import crow_amsaa_forecast
from analysis.growth_grouped import crow_amsaa_grouped
from analysis.mtbf import mtbf_bounds
from analysis.trend import (
    anderson_darling_trend,
    laplace_trend,
    lewis_robinson_trend,
    mil_hdbk_189_trend,
    reverse_arrangement_trend,
)
from docs.worked.example import Example, chance, interval, number
from docs.worked.organisation import MONTHS, SINCE, Organisation
from docs.worked.plots import RED, axes, line, points

COMPONENT = "防夹传感器 Anti-pinch sensor"


def example(organisation: Organisation) -> Example:
    """Crow-AMSAA on the fleet's unit-months, with an action half-way, and the trend tests."""
    rows = organisation.columns("failures_by_month", since=SINCE, months=MONTHS)
    own = rows["component"] == COMPONENT
    failures = np.bincount(rows["month"][own], rows["failures"][own])
    months = np.bincount(rows["month"][own], rows["unit_months"][own])
    until = np.cumsum(months)
    past, last = slice(0, MONTHS - 3), float(until[-1])
    fit = crow_amsaa_grouped(until[past], failures[past])
    expected = fit.expected_failures(last) - fit.expected_failures(float(until[MONTHS - 4]))
    seen = failures[MONTHS - 3 :].sum()
    middle = np.repeat(until - months / 2, failures.astype(int))
    laplace, hdbk = laplace_trend(middle, last), mil_hdbk_189_trend(middle, last)
    now = mtbf_bounds(seen, months[MONTHS - 3 :].sum())
    text = f"""
{failures.sum():,.0f} relevant failures of the {COMPONENT} over {last:,.0f} unit-months. The Laplace statistic is
{number(laplace.statistic)} ({chance(laplace.p_value)}), MIL-HDBK-189's χ² is {number(hdbk.statistic, 5)} with {hdbk.df} degrees of
freedom ({chance(hdbk.p_value)}): {laplace.verdict}. A power law fitted to the first 33 months has β = {interval(fit.beta)}; below 1
failures come ever less often. It expects {number(expected)} failures in the last three months, and {seen:.0f} came.

Whether a power law is the right curve is another question: the χ² test of fit has {chance(fit.chi_square.p_value)}
({"it is not" if fit.chi_square.p_value < 0.05 else "nothing against it"}). The rate did not fall smoothly, it fell at once when a
corrective action came; see [corrective-action effectiveness](#effectiveness). The rate of the last three months by itself is
one failure in {interval(now)} unit-months.
"""
    curve = np.linspace(until[0], last, 100)
    figure = {
        "data": [
            points("failures so far", until, np.cumsum(failures)),
            line(
                "power law of the first 33 months", curve, [fit.expected_failures(float(t)) for t in curve], color=RED
            ),
        ],
        "layout": axes("unit-months so far", "failures so far"),
    }
    return Example(
        name="growth",
        title="Reliability growth and trend",
        title_zh="可靠性增长与趋势",
        question="Do failures come more or less often as time goes on, and how many come next?",
        question_zh="故障越来越多还是越来越少？下一期预计多少？",
        functions=(
            crow_amsaa,
            crow_amsaa_grouped,
            crow_amsaa_forecast,
            common_beta_test,
            duane,
            laplace_trend,
            mil_hdbk_189_trend,
            lewis_robinson_trend,
            anderson_darling_trend,
            reverse_arrangement_trend,
            mtbf_bounds,
        ),
        text=text,
        figure=figure,
    )
