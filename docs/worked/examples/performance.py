"""Who does better work, when some get the hard jobs?"""

from __future__ import annotations

import numpy as np

from analysis.funnel import funnel_limits, funnel_plot
from analysis.performance import credit_visit, observed_expected, shrunken_ranking, standardised_mean
from analysis.repeats import following_job
from docs.worked.example import Example, interval
from docs.worked.organisation import SINCE, Organisation
from docs.worked.plots import GREY, RED, axes, line, points

DAYS, WINDOW = 3 * 365.0 + 1, 30.0


def example(organisation: Organisation) -> Example:
    """Repeats observed and expected by technician: the strong one who gets the hard jobs, and the weak one."""
    jobs = organisation.columns("jobs", since=SINCE)
    credited = (jobs["technician_id"] != "") & (jobs["closed"] >= jobs["opened"]) & (jobs["closed"] <= DAYS - WINDOW)
    key = np.unique(np.char.add(jobs["asset_id"].astype(str), jobs["component"].astype(str)), return_inverse=True)[1]
    closed = np.where(jobs["closed"] >= jobs["opened"], jobs["closed"], np.nan)
    following = following_job(key, jobs["opened"], closed)
    back = (following >= 0) & (jobs["opened"][following] - closed <= WINDOW)
    people, technician = np.unique(jobs["technician_id"][credited].astype(str), return_inverse=True)
    stratum = np.unique(jobs["component"][credited].astype(str), return_inverse=True)[1]
    events = back[credited]
    ratio = observed_expected(events, stratum, technician, minimum=50)
    ranking = shrunken_ranking(ratio.observed, ratio.expected, measure="rate", minimum=10)
    count = np.bincount(technician)
    raw = np.bincount(technician, events) / count
    told = []
    for name in ("strong", "weak"):
        truth = organisation.truths.technicians[name]
        i = int(np.searchsorted(people, truth["technician_id"]))
        told.append(
            f"- {truth['technician_id']}, drawn as the {name} one ({truth['repeat_odds_ratio']} times the odds of a repeat), closed {count[i]} "
            f"failures of which {raw[i]:.1%} came back within 30 days. Colleagues would have had {ratio.expected[i]:.1f} repeats on the same "
            f"jobs, {ratio.observed[i]:.0f} there were: {interval(ratio[i])}. Shrunken {interval(ranking[i])}, "
            f"rank {ranking.rank_low[i]:.0f} to {ranking.rank_high[i]:.0f} of {(ranking.rank > 0).sum()}."
        )
    text = f"""
{len(people)} technicians. Each job is credited to who did its last visit, in the month of completion. The share that comes back says little by
itself: it is twice as high on hard components, and the best people get those.

{chr(10).join(told)}

Those with fewer than 50 jobs are hidden: too few.
"""
    shown = np.isfinite(ratio.value)
    funnel = np.linspace(max(1.0, ratio.expected[shown].min()), ratio.expected[shown].max(), 60)
    low, high = funnel_limits(funnel, 1.0, kind="ratio")
    marked = [
        int(np.searchsorted(people, organisation.truths.technicians[n]["technician_id"])) for n in ("strong", "weak")
    ]
    figure = {
        "data": [
            points("technicians", ratio.expected[shown], ratio.value[shown], color=GREY),
            points("", ratio.expected[marked], ratio.value[marked], color=RED, text=["strong", "weak"]),
            *(
                line("95 and 99.8 %" if k == 0 and limit is low else "", funnel, limit[:, k], color=GREY, dotted=True)
                for limit in (low, high)
                for k in (0, 1)
            ),
        ],
        "layout": axes("expected repeats", "observed / expected", rangemode="tozero"),
    }
    return Example(
        name="performance",
        title="Technicians",
        title_zh="技术员",
        question="Who does better work than colleagues would have done with the same jobs?",
        question_zh="在相同工作组合下，谁做得更好？",
        functions=(observed_expected, standardised_mean, funnel_plot, funnel_limits, shrunken_ranking, credit_visit),
        text=text,
        figure=figure,
    )
