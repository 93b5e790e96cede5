"""Do we close as fast as tickets come in?"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.flow import Names, flow
from dashboards.gap_marks import with_gaps, with_holidays
from dashboards.page import Chart, Drawn, Table
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_over_time
from warehouse.metrics.flows import Grain
from warehouse.metrics.wording import count
from warehouse.records import Selection

_NAMES = ("opened", "closed", "backlog")
_WORDS = Text(
    en="{opened} opened and {closed} closed in the period; {backlog} open at its end. Below: opened and closed per {grain}; above: backlog at its end.",
    zh="期内报修 {opened}、关闭 {closed}，期末未关闭 {backlog}。下：每{grain}报修与关闭；上：{grain}末未关闭数。",
)
_GRAINS = {
    "day": Text(en="day", zh="日"),
    "week": Text(en="week (from Monday)", zh="周"),
    "month": Text(en="month", zh="月"),
}
_NOTHING = Text(en="No ticket in this selection.", zh="当前筛选下没有工单。")
_DEFINITION = Text(
    en="Opened: tickets opened in the bucket. Closed: tickets closed in it, whenever opened. Backlog: open at its end.",
    zh="报修数：该时段内报修的工单；关闭数：该时段内关闭的工单，不论何时报修；未关闭数：时段末仍未关闭的工单。",
)


def bucket(filters: Filters, day: dt.date, grain: Grain, last: dt.date) -> Filters:
    """The selection of one bucket of time, cut to the period."""
    if grain == "month":
        following = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    else:
        following = day + dt.timedelta(days=7 if grain == "week" else 1)
    ends = min(following - dt.timedelta(days=1), filters.end or last)
    return replace(filters, start=max(day, filters.start or day), end=ends)


def draw(c: Context) -> Drawn:
    """Opened, closed and backlog over the period."""
    days, values = evaluate_over_time(c.reading, _NAMES, c.filters, c.grain)
    whole = evaluate(c.reading, _NAMES, c.filters)
    labels = {name: c.say(measures()[name].label) for name in _NAMES}
    numbers = {name: [v.value or 0.0 for v in values[name]] for name in _NAMES}
    if not any(map(any, numbers.values())):
        return Drawn(None, c.say(_NOTHING))
    buckets = [bucket(c.filters, day, c.grain, c.last_day) for day in days]
    links = tuple([link("/records", b, Selection(dated)) for b in buckets] for dated in ("opened_on", "closed_on"))
    figure = flow(
        days,
        numbers["opened"],
        numbers["closed"],
        numbers["backlog"],
        c.grain,
        Names(labels["opened"], labels["closed"], labels["backlog"]),
        (links[0], links[1]),
    )

    def table() -> Table:
        return Table(("day", *_NAMES), [[d, *(numbers[n][i] for n in _NAMES)] for i, d in enumerate(days)])

    words = _WORDS.format(**{n: count(whole[n].value or 0) for n in _NAMES}, grain=_GRAINS[c.grain])
    drawn = Drawn(figure, c.say(words), table, link("/records", c.filters))
    return with_holidays(c, with_gaps(c, drawn, "ticket", days), days)


CHART = Chart(Text(en="Do we close as fast as tickets come in?", zh="关闭速度是否跟得上报修？"), _DEFINITION, draw, 330)
