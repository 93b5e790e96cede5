"""Which lots of a part fail more often than chance allows?"""

from __future__ import annotations

import numpy as np

from analysis.bad_actors import bad_actors
from analysis.multiple import benjamini_hochberg, storey_q
from analysis.rates import poisson_rate, proportion
from analysis.shrinkage import beta_binomial, beta_posterior, gamma_poisson, gamma_posterior
from docs.worked.example import Example, number
from docs.worked.organisation import UNTIL, Organisation
from docs.worked.plots import GREY, RED, axes, line, points


def example(organisation: Organisation) -> Example:
    """Raw failure rates of lots against shrunken ones, and which lots are selected."""
    batch = organisation.truths.bad_batch
    lots = organisation.columns("lots", part_no=batch["part_no"], first_lot="2311", until=UNTIL)
    failures, years = lots["failures"], lots["years"]
    found = bad_actors(failures, years, threshold=1.5)
    prior = gamma_poisson(failures, years)
    raw = failures / years
    worst = np.argsort(found.rank)[found.rank[np.argsort(found.rank)] > 0][:6]
    rows = "\n".join(
        f"| {lots['lot'][i]} | {failures[i]} in {years[i]:.1f} | {raw[i]:.2f} | {found.posterior.value[i]:.2f} "
        f"({found.posterior.low[i]:.2f} to {found.posterior.high[i]:.2f}) | {found.probability[i]:.0%} |"
        for i in worst
    )
    text = f"""
{len(failures)} lots of the {batch["component"]} ({batch["part_no"]}) were installed since the records began, {failures.sum():,} pieces of them
failed, {failures.sum() / years.sum():.2f} per year in service. Some lots must look bad by chance alone. What all lots have in common
(a gamma distribution of failure rates with shape {number(prior.shape)}) says how far to trust the few failures of one.

| lot | failures in years | raw | shrunken (95 %) | chance that it exceeds 1.5 × all |
|---|---|---|---|---|
{rows}

Selected, so that no more than 10 % are expected to be wrongly accused: lots {", ".join(lots["lot"][found.selected])}. Put into the
demo: lots {", ".join(batch["lots"])} with {batch["hazard_ratio"]:.0f} times the hazard of the others.
"""
    top = float(raw.max())
    figure = {
        "data": [
            points("lots", raw, found.posterior.value, color=GREY),
            points(
                "selected",
                raw[found.selected],
                found.posterior.value[found.selected],
                color=RED,
                text=lots["lot"][found.selected],
            ),
            line("as seen", [0, top], [0, top], color=GREY, dotted=True),
        ],
        "layout": axes("failures per year as seen", "failures per year, shrunken", rangemode="tozero"),
    }
    return Example(
        name="bad_actors",
        title="Bad actors",
        title_zh="异常个体",
        question="Which units, lots or customers fail more often than the others, when some must do so by chance?",
        question_zh="哪些设备、批次或客户的故障确实偏多，而非偶然？",
        functions=(
            bad_actors,
            gamma_poisson,
            gamma_posterior,
            beta_binomial,
            beta_posterior,
            benjamini_hochberg,
            storey_q,
            proportion,
            poisson_rate,
        ),
        text=text,
        figure=figure,
    )
