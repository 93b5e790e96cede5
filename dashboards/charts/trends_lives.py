"""Which components wear out, and how long do they last?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.look import BACKLOG, CURVE, MUTED
from dashboards.figures.trends import Dot, dots
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import NO_FAILURE, called, ever, here, span, why_no_age
from warehouse.failure_lives import Life, Lives, lives
from warehouse.metrics.wording import count, share
from warehouse.records import code_labels

PATTERNS = {
    "wear-out": Text(en="wear-out", zh="磨损"),
    "random": Text(en="random", zh="随机"),
    "early": Text(en="early failures", zh="早期故障"),
}
_COLOURS = {"wear-out": BACKLOG, "random": MUTED, "early": CURVE}
_WORDS = Text(
    en="n = {n} lives of {items} components, {failures} ended with a failure. {wear} wear out, {random} fail at random, {early} fail early; of {none} no distribution is told (too few failures, or times between failures that change).{part}",
    zh="{items} 个部件共 n = {n} 段寿命，其中 {failures} 段以故障结束。{wear} 个呈磨损，{random} 个随机，{early} 个早期故障；{none} 个不给出分布（故障太少，或间隔随时间变化）。{part}",
)
_PART = Text(en=" Lives of {share} of the units, drawn by their numbers.", zh="寿命取自按编号抽取的 {share} 设备。")
_AXIS = Text(en="Weibull shape β", zh="威布尔形状参数 β")
_HOVER = Text(
    en="{name}<br>shape {shape}<br>B10 {b10} {unit}<br>{failures} failures, n = {n} lives",
    zh="{name}<br>形状 {shape}<br>B10 {b10} {unit}<br>{failures} 次故障，n = {n} 段寿命",
)
_DAYS = Text(en="days", zh="天")
_NONE = Text(
    en="No component has failures enough for a distribution of its life: {why}.",
    zh="没有部件的故障足以估计寿命分布：{why}。",
)
MOST_DRAWN = 25


def found_lives(c: Context) -> Lives:
    """The lives that the page looks at."""
    return lives(c.reading, ever(c.filters))


def unit_called(c: Context, life: Life) -> str:
    """The unit of a life in words."""
    labels = code_labels(c.reading).get("usage_unit", {}).get(life.unit)
    return c.say(Text(*labels)) if labels else c.say(_DAYS) if life.unit == "days" else life.unit


def table_of(found: Lives) -> Table:
    """All components, as they are exported."""
    nothing = (None, None, None)
    rows = [
        [v.item, v.n, v.failures, *(v.shape or nothing), v.scale, *(v.b10 or nothing), v.unit, v.pattern, str(v.reason)]
        for v in found.lives
    ]
    columns = ("item", "lives", "failures", "shape", "shape_low", "shape_high", "scale", "b10", "b10_low", "b10_high")
    return Table((*columns, "unit", "pattern", "reason"), rows)


def words(c: Context, found: Lives) -> str:
    """How many wear out, fail at random, fail early."""
    patterns = [life.pattern for life in found.lives]
    return c.say(
        _WORDS.format(
            n=count(sum(life.n for life in found.lives)),
            items=len(found.lives),
            failures=count(sum(life.failures for life in found.lives)),
            wear=patterns.count("wear-out"),
            random=patterns.count("random"),
            early=patterns.count("early"),
            none=patterns.count(None),
            part=_PART.format(share=share(found.part)) if found.part < 1 else "",
        )
    )


def none_in_words(c: Context, found: Lives) -> str:
    """That no component has a distribution, and why."""
    reasons = sorted({c.say(why_no_age(c, life.reason)) for life in found.lives})
    return c.say(_NONE.format(why=("；" if c.language == "zh" else "; ").join(reasons)))


def draw(c: Context) -> Drawn:
    """The Weibull shape of each component with its bounds."""
    found = found_lives(c)
    if not found.lives:
        return Drawn(None, c.say(NO_FAILURE))
    known = [(v, v.shape, v.b10, v.pattern) for v in found.lives if v.shape and v.b10 and v.pattern]
    known.sort(key=lambda row: -row[1][0])
    if not known:
        return Drawn(None, none_in_words(c, found))
    rows = []
    for life, shape, b10, pattern in known[:MOST_DRAWN]:
        hover = _HOVER.format(
            name=called(c, life.item), shape=span(shape), b10=span(b10), unit=unit_called(c, life),
            failures=count(life.failures), n=count(life.n),
        )  # fmt: skip
        rows.append(Dot(called(c, life.item), *shape, _COLOURS[pattern], here(c, life.item), c.say(hover)))
    figure = dots(rows, c.say(_AXIS), log=True, against=1.0)
    return Drawn(figure, words(c, found), lambda: table_of(found), link("/records", ever(c.filters)))


CHART = Chart(
    Text(en="Which components wear out, and which fail at random?", zh="哪些部件磨损，哪些随机失效？"),
    Text(
        en="Weibull distribution by maximum likelihood of lives from the installation or the component's last failure on the unit to the next one, in the use of the units where it is read, else in days; what still runs is censored, what was installed before the records enters at the age it had. Bounds 95 %. Wear-out: the shape is above 1.1 and its bounds exclude 1; early: below 0.9 likewise; else random. No fit with fewer than 10 failures, or where the Lewis–Robinson test finds that times between failures change (p ≤ 0.01).",
        zh="自装机或该部件上次故障至下次故障的寿命，最大似然威布尔分布；有抄表的以用量计，否则以天计；仍在运行的按删失处理，记录开始前装机的自当时役龄进入。界限 95%。形状大于 1.1 且区间不含 1 为磨损，小于 0.9 且区间不含 1 为早期故障，其余为随机。故障少于 10 次，或 Lewis–Robinson 检验发现间隔变化（p ≤ 0.01）时不拟合。",
    ),
    draw,
    520,
)
