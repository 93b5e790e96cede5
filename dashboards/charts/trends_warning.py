"""Which cells fail more lately than their own past?"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.look import BACKLOG, CURVE
from dashboards.figures.trends import Dot, dots
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import behind, called, cells_by, month, number, of_cell, place_called, told_apart
from warehouse.early_warnings import FALSE_DISCOVERY_RATE, Warned, Warnings, warnings
from warehouse.metrics.wording import count
from warehouse.reasons import why

SHOWN = 12
_QUIET = Text(
    en="Nothing stands out among {cells} cells ({by}) watched in {first} to {last}, n = {n} failures in all months{season}. Drawn: the {shown} nearest to standing out.",
    zh="{first} 至 {last} 监视的 {cells} 个单元（{by}）均无异常，全部月份故障 n = {n}{season}。图示最接近预警的 {shown} 个。",
)
_LOUD = Text(
    en="{signals} of {cells} cells ({by}) stand out in {first} to {last}, n = {n} failures in all months{season}; at most {fdr} % of them by chance. Drawn: the strongest {shown}.",
    zh="{first} 至 {last}，{cells} 个单元（{by}）中 {signals} 个异常增多，全部月份故障 n = {n}{season}；其中误报期望不超过 {fdr}%。图示最强的 {shown} 个。",
)
_SEASON = Text(en=", the season taken out", zh="，已剔除季节因素")
_NO_SEASON = Text(en="; the records are too short to take a season out", zh="；记录过短，未剔除季节因素")
_NONE = Text(en="No cell can be judged: {why}", zh="无法判断：{why}")
_SHORT = Text(
    en="the records must reach back nine months at least ({cells} cells).", zh="记录至少需要九个月（{cells} 个单元）。"
)
_AXIS = Text(en="seen ÷ expected", zh="实际 ÷ 期望")
_HOVER = Text(
    en="{name}<br>seen {observed}, expected {expected}<br>ratio {ratio} (95 %: {low} – {high}), q = {q}<br>n = {n} in all months",
    zh="{name}<br>实际 {observed}，期望 {expected}<br>比值 {ratio}（95%：{low} – {high}），q = {q}<br>全部月份 n = {n}",
)


def names(c: Context, cell: Warned, by: str) -> str:
    """A cell in words."""
    return f"{called(c, cell.item)} · {place_called(c, cell.place, by)}"


def words(c: Context, found: Warnings, by: Literal["region", "model"]) -> str:
    """What the early warning says in one sentence."""
    if found.reason or found.first is None or found.last is None:
        reason = _SHORT.format(cells=count(found.watched)) if found.watched else why(found.reason)
        return c.say(_NONE.format(why=reason))
    text = (_LOUD if found.signals else _QUIET).format(
        signals=count(found.signals),
        cells=count(found.watched),
        by=cells_by(c, by),
        first=month(found.first),
        last=month(found.last),
        n=count(found.n),
        season=_SEASON if found.is_seasonal else _NO_SEASON,
        shown=min(SHOWN, len(found.cells)),
        fdr=f"{FALSE_DISCOVERY_RATE * 100:.0f}",
    )
    return c.say(text)


def table_of(found: Warnings, by: str) -> Table:
    """The list as it is exported."""
    columns = ("item", by, "observed", "expected", "ratio", "low", "high", "q", "signal", "since", "failures")
    rows = [
        [w.item, w.place, w.observed, round(w.expected, 3), round(w.ratio, 4), w.low, w.high, w.q, w.is_signal, w.since, w.n]
        for w in found.cells
    ]  # fmt: skip
    return Table(columns, rows)


def draw(c: Context) -> Drawn:
    """Seen over expected of the strongest cells, with bounds."""
    by = told_apart(c)
    found = warnings(c.reading, replace(c.filters, start=None), by)
    drawn = [w for w in found.cells[:SHOWN] if w.observed]
    if not drawn or found.first is None or found.last is None:
        return Drawn(None, words(c, found, by))
    rows = []
    for w in drawn:
        name = names(c, w, by)
        hover = _HOVER.format(
            name=name, observed=count(w.observed), expected=number(w.expected), ratio=number(w.ratio),
            low=number(w.low), high=number(w.high), q=number(w.q, 2), n=count(w.n),
        )  # fmt: skip
        href = of_cell(c, w.item, by, w.place)
        rows.append(
            Dot(
                name.replace(" · ", "<br>", 1),
                w.ratio,
                w.low,
                w.high,
                BACKLOG if w.is_signal else CURVE,
                href,
                c.say(hover),
            )
        )
    recent = replace(c.filters, start=found.first, end=c.filters.end)
    return Drawn(
        dots(rows, c.say(_AXIS), log=True, against=1.0),
        words(c, found, by),
        lambda: table_of(found, by),
        link("/records", recent, behind(c)),
    )


CHART = Chart(
    Text(en="What fails more often lately than it used to?", zh="近期哪些故障多于以往？"),
    Text(
        en="Relevant failures of the last three months over those that the cell's own past, the season and its peers (the same component elsewhere) let expect, with 95 % bounds. Chance and how much months vary are in the p-value (negative binomial); cells are ranked by it and stand out at a false-discovery rate of 10 % (Benjamini–Hochberg). All months before the period's end are the past; its start does not apply.",
        zh="最近三个月的关联故障数与按该单元自身历史、季节及同类（同一部件在其他处）所得期望之比，附 95% 界限。偶然性与月间波动已计入 p 值（负二项分布）；按其排序，以 10% 错误发现率（Benjamini–Hochberg）判定预警。时段截止之前的全部月份作为历史，时段起点不适用。",
    ),
    draw,
    500,
)
