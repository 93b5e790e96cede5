"""How many repairs does a brake unit of each model need as it ages?"""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.recurrence import (
    MeanCumulativeFunction,
    mcf_difference,
    mean_cumulative_function,
    mean_cumulative_function_by_group,
    recurrence_rate,
)
from docs.worked.example import Example
from docs.worked.organisation import SINCE, UNTIL, Organisation
from docs.worked.plots import BLUE, RED, axes, line

PRODUCT_LINE = "车门系统 Door systems"
AGE = 3 * 365.0


def example(organisation: Organisation) -> Example:
    """Mean cumulative function by model, with units that were watched over different stretches of their lives."""
    rows = organisation.columns("repairs_by_unit", product_line=PRODUCT_LINE, since=SINCE, until=UNTIL)
    models = np.unique(rows["model"])
    curves = {model: _curve(rows, model) for model in models}
    ends = {model: curve.at(AGE) for model, curve in curves.items()}
    one, other = models[:2]
    difference = mcf_difference(curves[one], curves[other], [AGE])
    told = "\n".join(
        f"- {m}: {e.value[0]:.2f} (95%: {e.low[0]:.2f} to {e.high[0]:.2f}), {curves[m].n:,} units"
        for m, e in ends.items()
    )
    text = f"""
Repairs that a unit of the {PRODUCT_LINE} has had on average by the age of three years, by model. Each unit counts while it
was watched and not before: {np.mean(rows["entry"] > 0):.0%} were in service already when the records began.

{told}

{one} less {other} at three years: {difference.value[0]:.2f} (95%: {difference.low[0]:.2f} to {difference.high[0]:.2f}). The bounds
hold for units that are unlike each other and for repairs that breed repairs: the variance is that between units
(Lawless and Nadeau), not that of independent events.
"""
    figure = {
        "data": [
            trace for m, color in zip((one, other), (BLUE, RED), strict=True) for trace in _traces(m, curves[m], color)
        ],
        "layout": axes("age, days", "repairs per unit so far"),
    }
    return Example(
        name="recurrence",
        title="Recurrence with age",
        title_zh="随役龄的平均累积故障数",
        question="How many repairs does a unit need by an age, and is one model worse than another?",
        question_zh="设备到某一役龄平均维修几次？哪种型号更差？",
        functions=(mean_cumulative_function, mean_cumulative_function_by_group, mcf_difference, recurrence_rate),
        text=text,
        figure=figure,
    )


def _curve(rows: dict[str, Any], model: str) -> MeanCumulativeFunction:
    of_model = rows["model"] == model
    _, first, system = np.unique(rows["system"][of_model], return_index=True, return_inverse=True)
    entry, leave, age = (rows[name][of_model] for name in ("entry", "leave", "age"))
    failed = (age > entry) & (age <= leave)
    return mean_cumulative_function(age[failed], system[failed], leave[first], start=entry[first])


def _traces(model: str, curve: MeanCumulativeFunction, color: str) -> list[dict[str, Any]]:
    ages = np.linspace(0, AGE * 1.3, 150)
    at = curve.at(ages)
    return [
        line(model, ages, at.value, color=color, steps=True),
        line("", ages, at.low, color=color, dotted=True, steps=True),
        line("", ages, at.high, color=color, dotted=True, steps=True),
    ]
