"""How long does it take until a ticket is closed?"""

from __future__ import annotations

from functools import partial

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.survival import MOST_POINTS, Marked, survival
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics.evaluate import survival as curve_of
from warehouse.metrics.evaluate import survival_drawing
from warehouse.metrics.wording import count, elapsed, share

_WORDS = Text(
    en="Share still open after a time, of {n} tickets opened in the period; {censored} still open are counted as far as they got (censored). Half closed by {median}, nine of ten by {p90}.{cut}",
    zh="期内报修的 {n} 张工单经过一段时间后仍未关闭的比例；其中 {censored} 张尚未关闭，按删失处理。{median}内关闭一半，{p90}内关闭九成。{cut}",
)
_CUT = Text(en=" Drawn up to {time}; {left} are open for longer.", zh="图示至 {time}，另有 {left} 更久未关闭。")
_NOTHING = Text(en="No ticket was closed in this selection.", zh="当前筛选下没有已关闭的工单。")
_AXIS = {"h": Text(en="hours since opening", zh="报修后小时数"), "d": Text(en="days since opening", zh="报修后天数")}
_CURVE = Text(en="still open", zh="仍未关闭")
_BAND = Text(en="95 % band", zh="95% 置信带")
_MEDIAN = Text(en="median {time}", zh="中位数 {time}")
_P90 = Text(en="P90 {time}", zh="P90 {time}")
_DAYS_FROM_HOURS = 72.0


def _table(c: Context) -> Table:
    curve = curve_of(c.reading, c.filters)
    arrays = (curve.times, curve.survival, curve.low, curve.high, curve.at_risk)
    rows = list(zip(*(a.tolist() for a in arrays), strict=True))
    return Table(("hours", "still_open", "low", "high", "at_risk"), rows)


def draw(c: Context) -> Drawn:
    """The Kaplan–Meier curve of the tickets opened in the period."""
    curve = survival_drawing(c.reading, c.filters, MOST_POINTS)
    if curve is None:
        return Drawn(None, c.say(_NOTHING))
    unit, per_unit = ("d", 24.0) if curve.drawn_to > _DAYS_FROM_HOURS else ("h", 1.0)
    marks = [
        Marked(c.say(name.format(time=elapsed(value))), value / per_unit, 1 - p)
        for p, name, value in ((0.5, _MEDIAN, curve.median), (0.9, _P90, curve.p90))
        if value is not None
    ]
    figure = survival(
        [time / per_unit for time in curve.times],
        curve.survival,
        curve.low,
        curve.high,
        marks,
        c.say(_AXIS[unit]),
        (c.say(_CURVE), c.say(_BAND)),
    )
    is_cut = curve.drawn_to < curve.longest
    cut = _CUT.format(time=elapsed(curve.drawn_to), left=share(curve.left)) if is_cut else Text(en="", zh="")
    never = Text(en="— (not reached)", zh="—（未达到）")
    words = _WORDS.format(
        n=count(curve.n),
        censored=count(curve.censored),
        median=elapsed(curve.median) if curve.median is not None else never,
        p90=elapsed(curve.p90) if curve.p90 is not None else never,
        cut=cut,
    )
    return Drawn(figure, c.say(words), partial(_table, c), link("/records", c.filters))


CHART = Chart(
    Text(en="How long does it take until a ticket is closed?", zh="工单多久能够关闭？"),
    Text(
        en="Kaplan–Meier estimate of the clock time from opening to closing; tickets still open are censored at the as-of instant. Pointwise 95 % bounds, log-log. A quantile that the curve does not reach has no value.",
        zh="报修到关闭自然时间的 Kaplan–Meier 估计；未关闭工单在数据截止时刻删失。逐点 95% 置信界（log-log）。曲线未达到的分位数无值。",
    ),
    draw,
    320,
)
