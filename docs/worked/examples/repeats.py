"""How often does the same fault come back?"""

from __future__ import annotations

import numpy as np

from analysis.association import mode_association, mode_sequence
from analysis.repeats import first_time_fix, no_fault_found_chains, repeat_failures
from analysis.survival_groups import ended_by_group, quantile_by_group
from docs.worked.example import Example, interval
from docs.worked.organisation import SINCE, Organisation
from docs.worked.plots import BLUE, GREY, RED, axes, line, points

DAYS = 3 * 365.0 + 1


def example(organisation: Organisation) -> Example:
    """Repeats by window, both ways of counting; first-time fix; what follows a fault that was not found."""
    jobs = organisation.columns("jobs", since=SINCE)
    key = _codes(jobs["asset_id"], jobs["component"])
    asset = _codes(jobs["asset_id"])
    closed = np.where(jobs["closed"] >= jobs["opened"], jobs["closed"], np.nan)
    repeats = repeat_failures(key, jobs["opened"], closed, DAYS, windows=[7, 30, 90, 180], cluster=asset)
    fixed = first_time_fix(key, jobs["opened"], closed, jobs["visits"], DAYS)
    chains = no_fault_found_chains(asset, jobs["opened"], jobs["no_fault_found"], start=0.0, end=DAYS)
    share, ended = repeats.share, repeats.ended
    rows = "\n".join(
        f"| {w:.0f} | {share.numerator[i]:,.0f} of {share.denominator[i]:,.0f} "
        f"| {share.value[i]:.1%} ({share.low[i]:.1%} to {share.high[i]:.1%}) | {ended.value[i]:.1%} |"
        for i, w in enumerate(repeats.windows)
    )
    text = f"""
{np.isfinite(closed).sum():,} closed failures. A job comes back within W days when the next job of the same component on the same asset was opened at
most W days after it was closed. The share counts only jobs that are W days old; one minus Kaplan-Meier uses the younger ones
too, for as long as they have been watched.

| days | came back | share (95 %) | 1 − Kaplan-Meier |
|---|---|---|---|
{rows}

Fixed at the first visit and not back within 30 days: {fixed.value:.1%} ({fixed.low:.1%} to {fixed.high:.1%}) of {fixed.denominator:,.0f}.

After a visit that found no fault, a confirmed fault follows on the same asset within 30 days in {chains.share.value:.1%} of
{chains.share.denominator:,.0f} cases; {chains.expected:.1%} would by chance. The ratio is {interval(chains.lift)}.
"""
    windows = np.arange(1.0, 181.0)
    curve = repeat_failures(key, jobs["opened"], closed, DAYS, windows=windows)
    figure = {
        "data": [
            line("1 − Kaplan-Meier", windows, curve.ended.value, color=BLUE),
            line("of jobs old enough", windows, curve.share.value, color=GREY, dotted=True),
            points("7, 30, 90, 180 days", repeats.windows, repeats.share.value, color=RED),
        ],
        "layout": axes("days after closing", "came back", tickformat=".0%", rangemode="tozero"),
    }
    return Example(
        name="repeats",
        title="Repeat failures",
        title_zh="重复故障",
        question="How many jobs come back with the same fault, and how many were fixed at once?",
        question_zh="多少工单因同一故障返修？多少一次修复？",
        functions=(
            repeat_failures,
            first_time_fix,
            no_fault_found_chains,
            ended_by_group,
            quantile_by_group,
            mode_association,
            mode_sequence,
        ),
        text=text,
        figure=figure,
    )


def _codes(*columns: np.ndarray) -> np.ndarray:
    joined = columns[0].astype(str)
    for column in columns[1:]:
        joined = np.char.add(np.char.add(joined, "|"), column.astype(str))
    return np.unique(joined, return_inverse=True)[1]
