"""After how much use is one part replaced?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.look import MARK
from dashboards.figures.survival import Marked, survival
from dashboards.page import Chart, Drawn, Table
from dashboards.part_due_words import look_of
from dashboards.part_words import PATH as PARTS
from dashboards.part_words import used_in
from warehouse.consumables import due
from warehouse.filters import Filters
from warehouse.metrics.wording import count
from warehouse.part_lives import life_curve
from warehouse.suspects import part_names

_MOST = 300
_WORDS = Text(
    en="{part}: half are replaced by {median} {use}, as fitted to {n} lives ({replaced} replaced, the others still running).",
    zh="{part}：拟合 {n} 段寿命（其中 {replaced} 段已更换，其余仍在用），半数在 {median} {use}前更换。",
)
_NOTHING = Text(
    en="No part is replaced regularly by the meter: there is nothing to draw.",
    zh="没有按读数规律更换的备件，无可绘制。",
)
_NO_FIT = Text(
    en="{part}: {replaced} of {n} lives ended in a replacement, too few to say by when half are.",
    zh="{part}：{n} 段寿命中 {replaced} 段已更换，数量过少，无法得出中位数。",
)
_CURVE, _BAND = Text(en="still running", zh="仍在用"), Text(en="95 % band", zh="95% 置信带")
_FITTED = Text(en="Weibull", zh="威布尔")
_MEDIAN = Text(en="median {value}", zh="中位数 {value}")


def draw(c: Context) -> Drawn:
    """The share of lives that outlast so much use, seen and fitted, of the part that the list shows or the first on it."""
    watched = due(c.reading, Filters()).watched
    asked = look_of(c)
    part_no = asked if asked in watched else next(iter(watched), "")
    curve = life_curve(c.reading, part_no, _MOST) if part_no else None
    if curve is None:
        return Drawn(None, c.say(_NOTHING))
    part = f"{part_no} {part_names(c.reading, (part_no,))[part_no]}"
    use, median = used_in(c, curve.use), curve.median
    marks = [] if median is None else [Marked(c.say(_MEDIAN.format(value=count(median))), median, 0.5)]
    figure = survival(curve.times, curve.left, curve.low, curve.high, marks, use, (c.say(_CURVE), c.say(_BAND)))
    if curve.fitted:
        line = {"type": "scatter", "mode": "lines", "name": c.say(_FITTED), "x": curve.times, "y": curve.fitted}
        figure["data"].append({**line, "line": {"color": MARK, "width": 2, "dash": "dash"}, "hoverinfo": "skip"})
    said = _NO_FIT if median is None else _WORDS
    words = said.format(
        part=part, median=count(median or 0.0), use=use, n=count(curve.n), replaced=count(curve.replaced)
    )

    def table() -> Table:
        fitted = curve.fitted or (None,) * len(curve.times)
        rows = zip(curve.times, curve.left, curve.low, curve.high, fitted, strict=True)
        return Table((curve.use, "still_running", "low", "high", "weibull"), [list(row) for row in rows])

    return Drawn(figure, c.say(words), table, link(PARTS, c.filters, None, look=part_no))


CHART = Chart(
    Text(en="After how much use is this part replaced?", zh="这种备件用多久更换？"),
    Text(
        en="Kaplan–Meier of all lives on record, by the use their units' meters counted: from the installation or a replacement to the next one. Lives that go on are censored, those older than the records enter late; drawn where at least 10 are at risk. Dashed: the Weibull distribution fitted, whose median is the interval. Filters do not apply.",
        zh="对全部记录寿命按设备读数计量的 Kaplan–Meier 估计：自装机或更换起至下次更换。仍在用者删失，早于记录的为左截断；仅绘制风险数不少于 10 的部分。虚线为拟合的威布尔分布，其中位数即更换间隔。筛选不适用。",
    ),
    draw,
    300,
)
