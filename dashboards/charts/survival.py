"""How long does it take until a ticket is closed?"""

from __future__ import annotations

from functools import partial

import numpy as np

from analysis.survival import KaplanMeier
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.survival import Marked, survival, thinned
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics.evaluate import survival as curve_of
from warehouse.metrics.wording import count, elapsed, share
from warehouse.text import Text

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
# A few tickets that lie about for years would press everything else to the left edge.
_DRAWN_TO_P90 = 4.0
_DAYS_FROM_HOURS = 72.0


def _table(curve: KaplanMeier) -> Table:
    arrays = (curve.times, curve.survival, curve.low, curve.high, curve.at_risk)
    rows = list(zip(*(a.tolist() for a in arrays), strict=True))
    return Table(("hours", "still_open", "low", "high", "at_risk"), rows)


def draw(c: Context) -> Drawn:
    """The Kaplan–Meier curve of the tickets opened in the period."""
    curve = curve_of(c.reading, c.filters)
    if curve.events == 0:
        return Drawn(None, c.say(_NOTHING))
    quantiles = {p: curve.quantile(p).value for p in (0.5, 0.9)}
    longest = float(curve.times[-1])
    p90 = quantiles[0.9]
    drawn_to = min(longest, p90 * _DRAWN_TO_P90) if p90 else longest
    shown = int(np.searchsorted(curve.times, drawn_to, side="right")) or 1
    unit, per_unit = ("d", 24.0) if drawn_to > _DAYS_FROM_HOURS else ("h", 1.0)
    kept = thinned(shown)
    marks = [
        Marked(c.say(name.format(time=elapsed(value))), value / per_unit, 1 - p)
        for p, name in ((0.5, _MEDIAN), (0.9, _P90))
        if (value := quantiles[p]) is not None
    ]
    figure = survival(
        (curve.times[kept] / per_unit).tolist(),
        curve.survival[kept].tolist(),
        curve.low[kept].tolist(),
        curve.high[kept].tolist(),
        marks,
        c.say(_AXIS[unit]),
        (c.say(_CURVE), c.say(_BAND)),
    )
    left = float(curve.survival[shown - 1])
    cut = _CUT.format(time=elapsed(drawn_to), left=share(left)) if drawn_to < longest else Text(en="", zh="")
    never = Text(en="— (not reached)", zh="—（未达到）")
    words = _WORDS.format(
        n=count(curve.n),
        censored=count(curve.censored),
        median=elapsed(quantiles[0.5]) if quantiles[0.5] is not None else never,
        p90=elapsed(p90) if p90 is not None else never,
        cut=cut,
    )
    return Drawn(figure, c.say(words), partial(_table, curve), link("/records", c.filters))


CHART = Chart(
    Text(en="How long does it take until a ticket is closed?", zh="工单多久能够关闭？"),
    Text(
        en="Kaplan–Meier estimate of the clock time from opening to closing; tickets still open are censored at the as-of instant. Pointwise 95 % bounds, log-log. A quantile that the curve does not reach has no value.",
        zh="报修到关闭自然时间的 Kaplan–Meier 估计；未关闭工单在数据截止时刻删失。逐点 95% 置信界（log-log）。曲线未达到的分位数无值。",
    ),
    draw,
    320,
)
