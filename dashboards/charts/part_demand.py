"""How much of one part will be needed, month by month?"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bilingual.text import Text
from dashboards.context import Context
from dashboards.figures.parts import DemandNames, demand
from dashboards.page import Chart, Drawn, Table
from dashboards.part_words import KINDS, METHODS, here, part_of
from warehouse.metrics.wording import share
from warehouse.part_forecast import PartForecast, month_after, part_forecast
from warehouse.reasons import why

_NO_PART = Text(en="No part is on record.", zh="没有备件记录。")
_NO_FORECAST = Text(en="{part}: no forecast, {why}.", zh="{part}：无预测，{why}。")
_WORDS = Text(
    en="{part} ({kind} demand): {total} expected in the next 12 months, by {method}; {months} whole months up to {until} went into it.{season}{held}",
    zh="{part}（{kind}需求）：未来 12 个月预计 {total} 件，方法为{method}；依据截至 {until} 的 {months} 个完整月。{season}{held}",
)
_SEASON = Text(
    en=" Months differ beyond chance: most in {high}, least in {low}.",
    zh="月份差异显著：{high}最多，{low}最少。",
)
_HELD = Text(
    en=" Checked on the past, {share} of the lead times of all parts stayed at or below this method's 95 % quantile.",
    zh="回测显示，全部备件中有 {share} 的提前期需求未超过该方法的 95% 分位数。",
)
_NAMES = (
    Text(en="used", zh="实际用量"),
    Text(en="expected", zh="预测"),
    Text(en="90 % interval of a month", zh="单月 90% 区间"),
)
_NONE = Text(en="", zh="")


def _month(month: dt.date) -> Text:
    return Text(en=month.strftime("%B"), zh=f"{month.month} 月")


def _words(c: Context, part: str, f: PartForecast) -> str:
    if f.reason or not f.expected:
        return c.say(_NO_FORECAST.format(part=part, why=why(f.reason)))
    order = sorted(range(len(f.expected)), key=lambda i: f.expected[i])
    season = _SEASON.format(high=_month(f.ahead[order[-1]]), low=_month(f.ahead[order[0]])) if f.is_seasonal else _NONE
    return c.say(
        _WORDS.format(
            part=part,
            kind=KINDS.get(f.kind, KINDS[""]),
            total=f"{sum(f.expected):,.1f}",
            method=METHODS.get(f.method, METHODS[""]),
            months=len(f.months),
            until=f.months[-1].strftime("%Y-%m"),
            season=season,
            held=_HELD.format(share=share(f.held[1])) if f.held else _NONE,
        )
    )


def draw(c: Context) -> Drawn:
    """What was used of the part by month, and what is expected."""
    part = part_of(c)
    f = part_forecast(c.reading, part.part_no) if part else None
    if part is None or f is None:
        return Drawn(None, c.say(_NO_PART))
    words = _words(c, part.title, f)
    if not f.months:
        return Drawn(None, words)
    links = [
        here(c, replace(c.filters, start=m, end=month_after(m, 1) - dt.timedelta(days=1)), look=part.part_no)
        for m in f.months
    ]
    used, expected, band = (c.say(name) for name in _NAMES)
    figure = demand(f.months, f.used, f.ahead, f.expected, f.low, f.high, DemandNames(used, expected, band), links)

    def table() -> Table:
        past = [[m.strftime("%Y-%m"), u, None, None, None] for m, u in zip(f.months, f.used, strict=True)]
        future = [[m.strftime("%Y-%m"), None, *row] for m, *row in zip(f.ahead, f.expected, f.low, f.high, strict=True)]
        return Table(("month", "used", "expected", "low", "high"), [*past, *future])

    return Drawn(figure, words, table, here(c, replace(c.filters, start=None, end=None), look=part.part_no))


CHART = Chart(
    Text(en="How much of this part will be needed?", zh="这种备件未来需要多少？"),
    Text(
        en="Pieces by month in which the repair ended, whole months only, over all places and whatever the period chosen: a forecast needs all of the past. Interval: 5 % and 95 % quantiles of the demand of a single month, negative binomial, with the scatter that the method's errors have had. A click on a month leads to its uses.",
        zh="按维修完成月份统计的件数，只含完整月；不受所选时段与地点筛选影响，因为预测需要全部历史。区间为单月需求的 5% 与 95% 分位数（负二项分布，离散程度取自该方法以往误差）。点击某月可查看该月用件。",
    ),
    draw,
    300,
)
