"""Is this month out of line?"""

from __future__ import annotations

import numpy as np

from analysis.change import change_point, change_points
from analysis.control import c_chart, individuals_chart, p_chart, p_prime_chart, u_chart, u_prime_chart
from analysis.cumulative import cusum_chart, ewma_chart, poisson_cusum_chart, poisson_ewma_chart
from analysis.run_length import cusum_arl, decision_interval, ewma_arl
from analysis.run_rules import anhoej_rules, run_rules
from analysis.time_between import g_chart, t_chart
from docs.worked.example import Example, chance, number
from docs.worked.organisation import MONTHS, SINCE, Organisation
from docs.worked.plots import GREY, RED, axes, line, points

COMPONENT = "防夹传感器 Anti-pinch sensor"
FIRST_YEAR = 12


def example(organisation: Organisation) -> Example:
    """A u chart whose limits come from the first year, and the month in which the rate changed."""
    rows = organisation.columns("failures_by_month", since=SINCE, months=MONTHS)
    own = rows["component"] == COMPONENT
    failures = np.bincount(rows["month"][own], rows["failures"][own])
    exposure = np.bincount(rows["month"][own], rows["unit_months"][own])
    chart = u_chart(failures, exposure, baseline=slice(0, FIRST_YEAR), limits="probability", rules="western_electric")
    change = change_point(failures, exposure)
    month = np.datetime64("2023-11", "M") + np.arange(MONTHS)
    signals = np.flatnonzero(chart.signal)
    text = f"""
Relevant failures of the {COMPONENT} per unit-month. Limits are drawn from the first year, as exact Poisson quantiles with a
false alarm in 370 points: three sigma would cry wolf on small counts. Centre {number(chart.centre)}; {len(signals)} months signal, the
first is {month[signals[0]]}.

The rate changed at {month[change.at]} (95%: {month[change.low]} to {month[change.high]}), from {number(change.before)} to
{number(change.after)} per unit-month ({chance(change.p_value)}). The corrective action came into force on
{organisation.truths.actions[0]["implemented_on"]}.
"""
    x = [str(m) for m in month]
    figure = {
        "data": [
            line("", x, chart.ucl, color=GREY, steps=True),
            line("limits", x, chart.lcl, color=GREY, steps=True),
            line("centre", x, np.full(MONTHS, chart.centre), color=GREY, dotted=True),
            line("failures per unit-month", x, chart.value),
            points("signal", np.array(x)[signals], chart.value[signals], color=RED),
        ],
        "layout": axes("", "failures per unit-month", rangemode="tozero"),
    }
    return Example(
        name="control",
        title="Control charts",
        title_zh="控制图",
        question="Is this month out of line with what the process does by itself, and when did it change?",
        question_zh="本月是否异常？何时发生变化？",
        functions=(
            u_chart,
            c_chart,
            p_chart,
            u_prime_chart,
            p_prime_chart,
            g_chart,
            t_chart,
            individuals_chart,
            run_rules,
            anhoej_rules,
            ewma_chart,
            poisson_ewma_chart,
            cusum_chart,
            poisson_cusum_chart,
            cusum_arl,
            ewma_arl,
            decision_interval,
            change_point,
            change_points,
        ),
        text=text,
        figure=figure,
    )
