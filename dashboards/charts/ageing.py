"""How old is what is still open?"""

from __future__ import annotations

from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.bars import counts
from dashboards.figures.look import BACKLOG
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics.closure import AGES
from warehouse.metrics.evaluate import ageing
from warehouse.metrics.wording import count
from warehouse.records import Selection

_WORDS = Text(
    en="{n} tickets are open as of {day}, whenever they were opened; bars by days since opening.",
    zh="截至 {day} 共有 {n} 张工单未关闭，不论何时报修；按已开天数分组。",
)
_NOTHING = Text(en="Nothing is open in this selection.", zh="当前筛选下没有未关闭的工单。")


def draw(c: Context) -> Drawn:
    """Open tickets by age at the as-of instant. The period does not apply: it is about now."""
    values = ageing(c.reading, c.filters)
    ever = replace(c.filters, start=None, end=None)
    labels = [c.say(label) for _, _, label in AGES]
    if not any(values):
        return Drawn(None, c.say(_NOTHING))
    links = [link("/records", ever, Selection(age=i)) for i in range(len(AGES))]
    words = c.say(_WORDS.format(n=count(sum(values)), day=c.last_day.isoformat()))
    figure = counts(labels, values, links, BACKLOG)
    return Drawn(
        figure,
        words,
        lambda: Table(("age", "open"), list(zip(labels, values, strict=True))),
        link("/records", ever, Selection(is_open=True)),
    )


CHART = Chart(
    Text(en="How old is what is still open?", zh="未关闭的工单已有多久？"),
    Text(
        en="Tickets without a closing time at the as-of instant, by whole days since opening.",
        zh="数据截止时刻尚无关闭时间的工单，按报修以来的整天数分组。",
    ),
    draw,
    380,
)
