"""How often do units of each product line fail?"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.marks import marked
from dashboards.figures.trends import Course, courses
from dashboards.fleet_marks import CHANGES, marks
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import NO_FAILURE, UNIT_MONTH, month, month_of, number
from warehouse.failure_models import Lines, lines
from warehouse.filters import Filters
from warehouse.gaps import of_failures, silent
from warehouse.metrics.wording import UNKNOWN, count

_WORDS = Text(
    en="n = {n} relevant failures, {first} to {last}, per {unit}. Over all these months: {each}.{more}",
    zh="{first} 至 {last} 关联故障 n = {n}，按每{unit}计。期间平均：{each}。{more}",
)
_EACH = Text(en="{line} {rate}", zh="{line} {rate}")
_MORE = Text(en=" {n} smaller product lines are not drawn.", zh="另有 {n} 条较小的产品线未画出。")
_HOVER = Text(
    en="{line}, {month}<br>{rate} per {unit}: {n} failures, {exposure} unit-months",
    zh="{line}，{month}<br>每{unit} {rate}：{n} 次故障，{exposure} 台·月",
)


def _of(c: Context, line: str) -> Filters:
    return replace(c.filters, product_line=(line,))


def _table(found: Lines) -> Table:
    rows = [
        [line.product_line, *row]
        for line in found.lines
        for row in zip(found.months, line.count, line.exposure, line.rate, strict=True)
    ]
    return Table(("product_line", "month", "failures", "unit_months", "rate"), rows)


def draw(c: Context) -> Drawn:
    """Failures per unit-month of each product line over the period."""
    found = lines(c.reading, c.filters)
    if not found.n:
        return Drawn(None, c.say(NO_FAILURE))
    unit = c.say(UNIT_MONTH[found.per_unit])
    is_silent = silent(c.reading, of_failures(c.reading), found.months)
    groups, each = [], []
    for line in found.lines:
        name = line.product_line or c.say(UNKNOWN)
        shown: list[dt.date] = list(found.months)
        hover = [
            c.say(
                _HOVER.format(line=name, month=month(m), rate=number(r), unit=unit, n=count(n), exposure=number(e, 4))
            )
            for m, r, n, e in zip(shown, line.rate, line.count, line.exposure, strict=True)
        ]
        links = [link("/records", month_of(_of(c, line.product_line), m)) for m in shown]
        # Nobody knows whether nothing failed while nobody delivered.
        rates = [
            None if no_data and not n else r for r, n, no_data in zip(line.rate, line.count, is_silent, strict=True)
        ]
        groups.append(Course(name, rates, links, hover))
        each.append(c.say(_EACH.format(line=name, rate=number(line.overall))))
    words = _WORDS.format(
        n=count(found.n),
        first=month(found.months[0]),
        last=month(found.months[-1]),
        unit=unit,
        each=("；" if c.language == "zh" else "; ").join(each),
        more=_MORE.format(n=found.left_out) if found.left_out else "",
    )
    months = [month(m) for m in found.months]
    figure = marked(courses(months, groups), marks(c, c.filters, months), c.say(CHANGES))
    drawn = Drawn(figure, c.say(words), lambda: _table(found), link("/records", c.filters))
    return with_gaps(c, drawn, of_failures(c.reading), found.months)


CHART = Chart(
    Text(en="How often do units of each product line fail?", zh="各产品线的故障率走势如何？"),
    Text(
        en="Relevant failures per unit-month in service, by month of the failure; whole months of the period. A unit counts from its installation or the first record, whichever is later, to the end of the records: when a unit left the field is not on record; whole months of which nobody delivered anything do not count. Filters of priority and service kind narrow down failures only.",
        zh="按故障发生月份统计的每台·月关联故障数，取时段内的整月。设备自装机或首条记录（取较晚者）计至记录截止：设备退役时间无记录；无任何来源数据的整月不计。优先级与服务类别的筛选只作用于故障。",
    ),
    draw,
    320,
)
