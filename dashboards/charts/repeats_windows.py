"""How soon does the same fault come back?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.ended import Share, ended
from dashboards.page import Chart, Drawn, Table
from dashboards.repeat_words import PATH
from warehouse.metrics.wording import count, share
from warehouse.repeats import REPEAT_RATE, by_window, curve

_WORDS = Text(
    en="Of {n} closed jobs: {shares}.{left_out} The curve also counts jobs whose window still runs, for as long as they were watched.",
    zh="{n} 张已关闭工单中：{shares}。{left_out}曲线还计入窗口期未满的工单，按已观察时间计。",
)
_AT = Text(en="{share} came back within {days} days (n = {n})", zh="{days} 天内重复 {share}（n = {n}）")
_NONE_AT = Text(en="for {days} days none is old enough yet", zh="{days} 天窗口尚无成熟工单")
_LEFT_OUT = Text(
    en=" {n} failures without asset, fault or ticket cannot be followed.",
    zh="另有 {n} 次故障缺少设备、故障或工单信息，无法追踪。",
)
_NOTHING = Text(en="No job of this selection is closed yet.", zh="当前筛选下没有已关闭的工单。")
_AXIS = Text(en="days since closing", zh="关闭后天数")
_CALLED = (
    Text(en="1 − Kaplan–Meier", zh="1 − Kaplan–Meier"),
    Text(en="95 % band", zh="95% 置信带"),
    Text(en="share of mature jobs, 95 %", zh="成熟工单占比，95%"),
)


def draw(c: Context) -> Drawn:
    """The share that came back over the days since closing, both ways of counting."""
    found, drawn = by_window(c.reading, c.filters), curve(c.reading, c.filters)
    if drawn is None:
        return Drawn(None, c.say(_NOTHING))
    shares, spoken, rows = [], [], []
    for days, rate, later in zip(found.days, found.rates, found.ended, strict=True):
        v = rate.value
        rows.append([days, v.value, v.low, v.high, v.numerator, v.denominator, later])
        if v.value is None:
            spoken.append(c.say(_NONE_AT.format(days=days)))
            continue
        words = c.say(_AT.format(share=share(v.value), days=days, n=count(v.n)))
        spoken.append(words)
        href = link(PATH, c.filters, c.query.selection, **{**c.query.choices, "window": str(days)})
        shares.append(Share(float(days), v.value, v.low, v.high, words, href))
    figure = ended(
        drawn.times,
        drawn.ended,
        (drawn.low, drawn.high),
        shares,
        c.say(_AXIS),
        (c.say(_CALLED[0]), c.say(_CALLED[1]), c.say(_CALLED[2])),
    )
    joint = "；" if c.language == "zh" else "; "
    left_out = c.say(_LEFT_OUT.format(n=count(found.left_out))) if found.left_out else ""
    words = c.say(_WORDS).format(n=count(found.n), shares=joint.join(spoken), left_out=left_out)
    columns = ("days", "repeat_rate", "low", "high", "came_back", "mature", "one_minus_kaplan_meier")
    return Drawn(figure, words, lambda: Table(columns, rows), link("/records", c.filters))


CHART = Chart(
    Text(en="How soon does the same fault come back?", zh="同一故障多久会再次出现？"),
    REPEAT_RATE.definition,
    draw,
    430,
)
