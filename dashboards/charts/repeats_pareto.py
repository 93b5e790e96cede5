"""What fails most, and how much of it comes back?"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.pareto import pareto as figure_of
from dashboards.page import Chart, Drawn, Table
from dashboards.repeat_words import LABELS, LOOKS, behind, look_of, said, window_of
from warehouse import records
from warehouse.failure_classes import Pareto, pareto
from warehouse.metrics.wording import count, share
from warehouse.records import BEHIND

MOST = 15
_WORDS = Text(
    en="{n} failures in the period, {back} of them ({share}) came back within {window} days. The first {top} of {classes} by {look} make {part} of all.",
    zh="期内故障 {n} 次，其中 {back} 次（{share}）在 {window} 天内再次发生。按{look}，{classes} 类中前 {top} 类占 {part}。",
)
_NOTHING = Text(en="No failure in this selection.", zh="当前筛选下没有故障。")
_CALLED = (
    Text(en="came back", zh="重复发生"),
    Text(en="other failures", zh="其他故障"),
    Text(en="cumulative (top axis)", zh="累计占比（上轴）"),
)
_HOVER = Text(
    en="{name}<br>{n} failures, {back} came back ({share})", zh="{name}<br>故障 {n} 次，重复 {back} 次（{share}）"
)


def _names(c: Context, column: str, found: Pareto) -> list[str]:
    if column == "customer_id":
        named = records.customer_names(c.reading, tuple(v for v in found.values if v))
        return [said(c, named.get(v, v)) for v in found.values]
    return [said(c, v) for v in found.values]


def _link(c: Context, column: str, value: str) -> str | None:
    """The tickets of a class; None where records cannot be asked for it."""
    if column == "customer_id":
        return link("/records", replace(c.filters, customer=(value,)))
    if column not in BEHIND["marts.failure"]:
        return None
    return link("/records", c.filters, behind(column, value))


def draw(c: Context) -> Drawn:
    """Failures by class, most first, with the cumulative share of all."""
    look, window = look_of(c), window_of(c)
    column = LOOKS[look]
    found = pareto(c.reading, c.filters, column, window, MOST)
    if not found.failures:
        return Drawn(None, c.say(_NOTHING))
    names = _names(c, column, found)
    hover = [
        c.say(_HOVER.format(name=name, n=count(n), back=count(back), share=share(back / n)))
        for name, n, back in zip(names, found.counts, found.repeated, strict=True)
    ]
    cumulative = [n / found.failures for n in accumulate(found.counts)]
    rest = [n - back for n, back in zip(found.counts, found.repeated, strict=True)]
    links = [_link(c, column, value) for value in found.values]
    figure = figure_of(
        names, found.repeated, rest, cumulative, hover, links, (c.say(_CALLED[0]), c.say(_CALLED[1]), c.say(_CALLED[2]))
    )
    words = _WORDS.format(
        n=count(found.failures),
        back=count(found.came_back),
        share=share(found.came_back / found.failures),
        window=window,
        look=Text(en=LABELS[column].en.lower(), zh=LABELS[column].zh),
        top=len(names),
        classes=found.classes,
        part=share(cumulative[-1]),
    )

    def table() -> Table:
        every = pareto(c.reading, c.filters, column, window, 10_000)
        rows = zip(every.values, _names(c, column, every), every.counts, every.repeated, strict=True)
        return Table((column, "name", "failures", "came_back"), [list(row) for row in rows])

    return Drawn(figure, c.say(words), table, link("/records", c.filters))


CHART = Chart(
    Text(en="What fails most, and how much of it comes back?", zh="哪些故障最多？其中多少会重复？"),
    Text(
        en="Failures of the period by class, most first. Came back: closed, and the same component failed again on the same asset within the window. Line: cumulative share of all failures. Young failures had less time to come back, so shares here are a little below the repeat rate.",
        zh="期内故障按类别由多到少排列。重复发生：关闭后在窗口期内同一设备同一部件再次故障。折线为累计占比。较新的故障观察时间较短，故此处占比略低于重复故障率。",
    ),
    draw,
    460,
)
