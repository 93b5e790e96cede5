"""Did the two corrective actions work?"""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.comparison import rate_ratio_by_unit, ratio_of_rate_ratios
from analysis.effectiveness import exposure_needed, rate_ratio, rate_ratio_power, verdict
from analysis.sequential import recurrence_alarm, sequential_boundary, sequential_verdict
from docs.worked.example import Example, Truth, interval, number
from docs.worked.organisation import MONTHS, SINCE, UNTIL, Organisation
from docs.worked.plots import BLUE, GREY, RED, axes, line


def example(organisation: Organisation) -> Example:
    """One action that worked and one that did not: the verdict today, and the night from which it was certain."""
    told, truths, traces = [], [], []
    for action, color in zip(organisation.truths.actions, (BLUE, RED), strict=True):
        counts = organisation.columns(
            "before_after",
            product_line=action["product_line"],
            component=action["component"],
            implemented=str(np.datetime64(action["implemented_on"], "s") - np.timedelta64(8, "h")),
            since=SINCE,
            until=UNTIL,
        )
        before, after, days_before, days_after = (
            float(counts[k][0]) for k in ("before", "after", "days_before", "days_after")
        )
        answer = verdict(before, days_before, after, days_after)
        looks = _month_by_month(organisation, action)
        sequential = sequential_verdict(before, days_before, looks["after"], looks["days"])
        since = sequential.effective_from or sequential.not_effective_from
        month = int(np.searchsorted(looks["days"], since)) + 1 if since else None
        told.append(
            f"- **{action['component']}**, {action['failure_mode']}: {before:.0f} failures in {days_before:,.0f} unit-days before "
            f"{action['implemented_on']}, {after:.0f} in {days_after:,.0f} after. Rate ratio {interval(answer.ratio)}: **{answer.verdict}**. "
            + (
                f"Looked at month by month, that was certain {month} month{'s' if month != 1 else ''} after it."
                if month
                else ""
            )
        )
        truths.append(Truth(f"rate ratio of the action on {action['component']}", action["rate_ratio"], answer.ratio))
        traces.append(
            line(action["component"], np.arange(1, looks["days"].size + 1), sequential.evidence_effective, color=color)
        )
    early = verdict(40, 1000, 3, 100)
    text = f"""
The failure rate after the action against the rate before it, on both sides with the unit-days in service; the interval is exact.

{chr(10).join(told)}

An action is effective when its whole interval lies below 1, not effective when the wanted improvement (half of the failures, if
nothing else was agreed) lies outside it, and else it is too early: after 40 failures in 1,000 unit-days and 3 in 100 the ratio is
{interval(early.ratio)}, **{early.verdict}**; {number(early.exposure_missing)} more unit-days would show a halving with a chance of
80 %. The verdict that is looked at every night has bounds of its own, which hold however often one looks.
"""
    threshold = sequential.threshold
    figure = {
        "data": [*traces, line("enough", [1, MONTHS / 2], [threshold, threshold], color=GREY, dotted=True)],
        "layout": axes("months since the action", "evidence that it works (log scale)", range=[-5, 40]),
    }
    return Example(
        name="effectiveness",
        title="Corrective-action effectiveness",
        title_zh="纠正措施有效性",
        question="Did the corrective action work, and when could one know?",
        question_zh="纠正措施是否有效？何时可以下结论？",
        functions=(
            rate_ratio,
            verdict,
            rate_ratio_power,
            exposure_needed,
            ratio_of_rate_ratios,
            rate_ratio_by_unit,
            sequential_verdict,
            sequential_boundary,
            recurrence_alarm,
        ),
        text=text,
        figure=figure,
        truths=tuple(truths),
    )


def _month_by_month(organisation: Organisation, action: dict[str, Any]) -> dict[str, np.ndarray]:
    """Failures and unit-days since the action at the end of each month."""
    rows = organisation.columns("failures_by_month", since=SINCE, months=MONTHS)
    own = rows["component"] == action["component"]
    first = (np.datetime64(action["implemented_on"], "M") - np.datetime64("2023-11", "M")).astype(int)
    failures = np.bincount(rows["month"][own], rows["failures"][own])[first:]
    months = np.bincount(rows["month"][own], rows["unit_months"][own])[first:]
    return {"after": np.cumsum(failures), "days": np.cumsum(months) * 365.25 / 12}
