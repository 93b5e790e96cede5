"""What will each spare part need, and which method says it best?"""

from __future__ import annotations

import numpy as np

from analysis.backtest import backtest, choose_method, chosen_forecast
from analysis.demand import (
    adida,
    croston,
    demand_class,
    empirical_bootstrap,
    imapa,
    moving_average,
    sba,
    sbj,
    seasonal_naive,
    seasonal_ses,
    ses,
    tsb,
)
from docs.worked.example import Example
from docs.worked.organisation import MONTHS, SINCE, Organisation
from docs.worked.plots import BLUE, GREY, RED, axes, line

LEAD_TIME = 2


def example(organisation: Organisation) -> Example:
    """Class, chosen method and forecast of three parts with a character of their own."""
    rows = organisation.columns("demand_by_month", since=SINCE, months=MONTHS)
    parts, code = np.unique(rows["part_no"].astype(str), return_inverse=True)
    demand = np.zeros((parts.size, MONTHS))
    demand[code, rows["month"]] = rows["quantity"]
    kind = demand_class(demand)
    tested = backtest(demand, lead_time=LEAD_TIME, origins=10)
    choice = choose_method(tested)
    forecast = chosen_forecast(demand, choice)
    ahead = forecast.over(LEAD_TIME)
    truths = organisation.truths
    named = {
        truths.seasonal_part["part_no"]: "seasonal",
        truths.obsolescent_part["part_no"]: "obsolescent",
        truths.bad_batch["part_no"]: "wearing",
    }
    lines = []
    for part, what in named.items():
        i = int(np.searchsorted(parts, part))
        lines.append(
            f"| {part} ({what}) | {kind.kind[i]} | {kind.interval[i]:.2f} | {kind.cv2[i]:.2f} | {choice.name[i]} | "
            f"{np.mean(ahead.mean, axis=None, where=np.arange(parts.size) == i):.1f} | {ahead.quantile(0.95)[i]:.0f} |"
        )
    ses_column, zero_column = tested.of("ses"), tested.of("zero")
    scored = np.isfinite(tested.pinball[:, ses_column, 2]) & (choice.index >= 0)
    own = tested.pinball[scored, choice.index[scored], 2]
    better = np.mean(own < tested.pinball[scored, ses_column, 2])
    than_zero = np.mean(own < tested.pinball[scored, zero_column, 2])
    names, counts = np.unique(choice.name[scored].astype(str), return_counts=True)
    text = f"""
{parts.size} parts over {MONTHS} months. Every method is run again from each of the last ten origins and scored on the demand over the lead time of
{LEAD_TIME} months; each part gets the method with the smaller pinball loss and RMSSE, drawn towards what is best for its class. Never by
absolute error: forecasting zero wins that on sparse demand.

| part | class | mean interval | CV² | method | expected in {LEAD_TIME} months | 95 % quantile |
|---|---|---|---|---|---|---|
{chr(10).join(lines)}

Chosen: {"; ".join(f"{n} {c} times" for n, c in zip(names, counts, strict=True))}. On the same origins the chosen method has the smaller loss at the 95 %
quantile than SES for {better:.0%} of the parts, and than stocking nothing for {than_zero:.0%}.
"""
    i = int(np.searchsorted(parts, truths.seasonal_part["part_no"]))
    j = int(np.searchsorted(parts, truths.obsolescent_part["part_no"]))
    month = np.arange(MONTHS) + np.datetime64("2023-11", "M")
    future = np.arange(12) + np.datetime64("2026-11", "M")
    figure = {
        "data": [
            line("seasonal part", month.astype(str), demand[i], color=BLUE),
            line("forecast", future.astype(str), forecast.by_period(12)[i], color=BLUE, dotted=True),
            line("obsolescent part", month.astype(str), demand[j], color=RED),
            line("forecast", future.astype(str), forecast.by_period(12)[j], color=RED, dotted=True),
            line("", [str(month[-1])] * 2, [0, float(demand[i].max())], color=GREY, dotted=True),
        ],
        "layout": axes("", "pieces per month", rangemode="tozero"),
    }
    return Example(
        name="demand",
        title="Spare-parts demand",
        title_zh="备件需求预测",
        question="How many pieces of each part will be needed, and which method is to be trusted?",
        question_zh="每种备件需要多少？该信哪种预测方法？",
        functions=(
            demand_class,
            ses,
            croston,
            sba,
            sbj,
            tsb,
            adida,
            imapa,
            moving_average,
            seasonal_naive,
            seasonal_ses,
            empirical_bootstrap,
            backtest,
            choose_method,
            chosen_forecast,
        ),
        text=text,
        figure=figure,
    )
