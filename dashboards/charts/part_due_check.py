"""How close did predictions come?"""

from __future__ import annotations

import numpy as np

from bilingual.text import Text
from dashboards.context import Context
from dashboards.figures.bars import counts
from dashboards.page import Chart, Drawn, Table
from dashboards.part_due_words import here
from warehouse.consumables import CLOSE_DAYS, check
from warehouse.metrics.wording import count, share

_WIDTH, _REACH = 90, 360
_WORDS = Text(
    en="Of {n} replacements in the last 12 months {share} (95 %: {low} – {high}) came within {close} days of the day predicted a year before, half within {typical} days. Of {ended} intervals of 80 % that have ended, {held} held the replacement ({held_share}).",
    zh="近 12 个月的 {n} 次更换中，{share}（95% 区间 {low} – {high}）与一年前预计的日期相差不超过 {close} 天，半数在 {typical} 天以内。已结束的 {ended} 个 80% 区间中，{held} 个包含了实际更换（{held_share}）。",
)
_PART = Text(en=" Asked of one unit in {part}.", zh="按每 {part} 台设备抽取一台计算。")
_FEW = Text(
    en="{n} replacements in the last 12 months of parts that could have been predicted a year before: too few to say.",
    zh="近 12 个月内一年前可预测的更换仅 {n} 次，数量过少，无法判断。",
)
_AXIS = Text(en="days after the day predicted (steps of {days})", zh="比预计推迟的天数（每档 {days} 天）")
_BEFORE, _AFTER = Text(en="< −{days}", zh="< −{days}"), Text(en="> {days}", zh="> {days}")


def draw(c: Context) -> Drawn:
    """Replacements by how many days they came before (−) or after the day predicted."""
    done = check(c.reading)
    if done.close is None:
        return Drawn(None, c.say(_FEW.format(n=count(done.n))))
    edges = np.arange(-_REACH, _REACH + 1, _WIDTH)
    n = np.bincount(np.searchsorted(edges, done.errors), minlength=edges.size + 1).tolist()
    labels = [
        c.say(_BEFORE.format(days=_REACH)),
        *(f"{middle:+d}".replace("-", "−") for middle in (edges[:-1] + _WIDTH // 2).tolist()),
        c.say(_AFTER.format(days=_REACH)),
    ]
    figure = counts(labels, n, [here(c)] * len(n))
    figure["layout"]["xaxis"] |= {"title": {"text": c.say(_AXIS.format(days=_WIDTH)), "font": {"size": 12}}}
    value, low, high = done.close
    words = _WORDS.format(
        n=count(done.n),
        share=share(value),
        low=share(low),
        high=share(high),
        close=CLOSE_DAYS,
        typical=count(done.typical or 0.0),
        ended=count(done.ended),
        held=count(done.held),
        held_share=share(done.held / done.ended) if done.ended else "—",
    )
    part = _PART.format(part=f"{1 / done.share:.0f}") if done.share < 1 else Text(en="", zh="")
    rows = [list(row) for row in zip(labels, n, strict=True)]
    return Drawn(figure, c.say(words) + c.say(part), lambda: Table(("days_after_prediction", "replacements"), rows))


CHART = Chart(
    Text(en="How close did predictions come?", zh="预测有多准？"),
    Text(
        en="A year before the end of the records everything is learned and predicted once more, knowing only what was known then, for every part that ran; what was replaced since is counted by how many days before (−) or after the predicted day it came. Only what was replaced is counted, so that early ones are many. Intervals that end later are not judged. Filters do not apply.",
        zh="以数据截止日前一年为时点，只用当时已知的记录重新学习并预测每件在用备件；其后实际更换者按比预计提前（−）或推迟的天数统计。只计已更换者，故提前者偏多；尚未结束的区间不作判断。筛选不适用。",
    ),
    draw,
    300,
)
