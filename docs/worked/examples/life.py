"""How long does an air compressor last?"""

from __future__ import annotations

import numpy as np

from analysis.between_repairs import weibull_between_repairs
from analysis.life import (
    choose_distribution,
    exponential_mle,
    lognormal_mle,
    weibayes,
    weibull_mle,
    weibull_mle_by_group,
)
from analysis.logrank import log_rank
from analysis.median_ranks import median_rank_regression
from analysis.survival import kaplan_meier, nelson_aalen
from analysis.turnbull import turnbull
from docs.worked.example import Example, Truth, interval, number
from docs.worked.organisation import SINCE, UNTIL, Organisation
from docs.worked.plots import RED, axes, line

COMPONENT = "空压机 Air compressor"


def example(organisation: Organisation) -> Example:
    """Weibull with survivors and late entries, against the distribution-free curve."""
    truth = organisation.truth_of(COMPONENT)
    lives = organisation.columns(
        "lives", product_line=truth["product_line"], component=COMPONENT, since=SINCE, until=UNTIL
    )
    ages, failed, entry = lives["exit"], lives["failed"], lives["entry"]
    fit = weibull_mle(ages, failed, entry=entry)
    choice = choose_distribution(ages, failed, entry=entry)
    shape, scale, b10 = fit.bounds("shape"), fit.bounds("scale"), fit.b_life(0.1)
    curve = kaplan_meier(ages, failed, entry=entry)
    old = fit.reliability(50_000, age=200_000)
    new = fit.reliability(50_000)
    naive = weibull_mle(ages[failed])
    text = f"""
{len(ages):,} lives of the {COMPONENT}, {failed.sum():,} of which ended with a relevant failure; the others still run (right
censored). {(entry > 0).sum():,} units were installed before the records began and are known to have come as far as their
meter stood then (left truncated). Fitted to all of that, a Weibull distribution has shape {interval(shape)} and
scale {interval(scale)} km. A shape above 1 is wear: replacing in time pays. 10 % have failed by {interval(b10)} km (B10).

A compressor at 200,000 km survives the next 50,000 km with probability {interval(old)}, a new one with {interval(new)}.
By AICc the {choice.best.distribution if choice.best else "–"} fits best
({", ".join(f"{f.distribution} {number(a, 6)}" for f, a in zip(choice.fits, choice.aicc, strict=True))}).

Leaving the survivors out, as a spreadsheet does, would say a scale of {number(naive.scale)} km, {1 - naive.scale / fit.scale:.0%} too
short, because it is the short lives that have ended.
"""
    x = np.linspace(1, float(np.max(ages)), 120)
    step = np.unique(np.linspace(0, curve.times.size - 1, 200).astype(int))
    figure = {
        "data": [
            line("Kaplan-Meier", curve.times[step], curve.survival[step], steps=True),
            line("95 % bounds", curve.times[step], curve.low[step], steps=True, dotted=True),
            line("", curve.times[step], curve.high[step], steps=True, dotted=True),
            line("Weibull", x, np.exp(-((x / fit.scale) ** fit.shape)), color=RED),
        ],
        "layout": axes("km since the last failure", "share still running", range=[0, 1], tickformat=".0%"),
    }
    truths = (
        Truth("Weibull shape", truth["shape"], shape),
        Truth("Weibull scale, km", truth["scale"], scale),
    )
    return Example(
        name="life",
        title="Life data",
        title_zh="寿命数据",
        question="How long does a component last, and does it wear out?",
        question_zh="部件能用多久？是否存在磨损？",
        functions=(
            weibull_mle,
            lognormal_mle,
            exponential_mle,
            choose_distribution,
            weibull_mle_by_group,
            weibayes,
            weibull_between_repairs,
            median_rank_regression,
            kaplan_meier,
            nelson_aalen,
            turnbull,
            log_rank,
        ),
        text=text,
        figure=figure,
        truths=truths,
    )
