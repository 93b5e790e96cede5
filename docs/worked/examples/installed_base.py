"""How many air compressors will the installed base need next year?"""

from __future__ import annotations

import numpy as np

from analysis.installed_base import conditional_failure_probability, installed_base_demand
from analysis.life import weibull_mle
from analysis.renewal import weibull_renewal_function
from docs.worked.example import Example, number
from docs.worked.organisation import SINCE, Organisation
from docs.worked.plots import BLUE, GREY, RED, axes, line

COMPONENT = "空压机 Air compressor"
CUT, MONTHS, DAYS = "2025-10-31 16:00:00", 12, 365.25 / 12


def example(organisation: Organisation) -> Example:
    """Fitted on the first two years, forecast for the third, compared with what came."""
    line_of = organisation.truth_of(COMPONENT)["product_line"]
    lives = organisation.columns("lives", product_line=line_of, component=COMPONENT, since=SINCE, until=CUT)
    fit = weibull_mle(lives["exit"], lives["failed"], entry=lives["entry"])
    running = ~lives["failed"]
    ages, usage = lives["exit"][running], lives["per_day"][running] * DAYS
    demand = installed_base_demand(ages, shape=fit.shape, scale=fit.scale, usage=usage, periods=MONTHS)
    came = organisation.columns("failures_since", product_line=line_of, component=COMPONENT, cut=CUT)
    actual = np.bincount(came["month"].astype(int), came["failures"], minlength=MONTHS)[:MONTHS]
    low, high = demand.total_quantile(0.05)[-1], demand.total_quantile(0.95)[-1]
    constant = running.sum() * np.mean(usage) * MONTHS / fit.mean
    text = f"""
On 2025-11-01 {running.sum():,} units run a {COMPONENT}, each with its own age since the last replacement and its own usage
per month. With the Weibull distribution of the first two years (shape {number(fit.shape)}, scale {number(fit.scale)} km) the next
twelve months need {demand.total_mean[-1]:.0f} pieces, with 90 % between {low:.0f} and {high:.0f}. {actual.sum():.0f} came. Dividing the kilometres by
the mean life, as if compressors did not age, would have said {constant:.0f}.
"""
    month = np.arange(1, MONTHS + 1)
    figure = {
        "data": [
            line("expected", month, demand.total_mean, color=BLUE),
            line("90 % between", month, demand.total_quantile(0.05), color=GREY, dotted=True),
            line("", month, demand.total_quantile(0.95), color=GREY, dotted=True),
            line("came", month, np.cumsum(actual), color=RED, steps=True),
        ],
        "layout": axes("months ahead", "pieces so far", rangemode="tozero"),
    }
    return Example(
        name="installed_base",
        title="Spare parts from the installed base",
        title_zh="基于装机量的备件需求",
        question="How many pieces will the units in the field need, given how old they are?",
        question_zh="按在役设备的役龄，未来需要多少备件？",
        functions=(installed_base_demand, conditional_failure_probability, weibull_renewal_function),
        text=text,
        figure=figure,
    )
