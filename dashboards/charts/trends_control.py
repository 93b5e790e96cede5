"""Is a month out of line, and when did the rate change?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures import trends as figures
from dashboards.figures.marks import marked
from dashboards.fleet_marks import CHANGES, marks
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import (
    NO_FAILURE,
    UNIT_MONTH,
    Look,
    behind,
    chance,
    ever,
    look,
    month,
    month_of,
    named,
    number,
)
from warehouse.failure_control import Broken, Change, Control, control
from warehouse.gaps import of_failures, silent
from warehouse.metrics.wording import count
from warehouse.reasons import why

RULES = {
    1: Text(en="beyond a limit", zh="超出控制限"),
    2: Text(en="two of three months far out (beyond 2σ) on one side", zh="三个月中有两个在同侧 2σ 之外"),
    3: Text(en="four of five months out (beyond 1σ) on one side", zh="五个月中有四个在同侧 1σ 之外"),
    4: Text(en="eight months in a row on one side of the centre", zh="连续八个月在中心线同侧"),
}
ABOVE = {True: Text(en="above", zh="偏高"), False: Text(en="below", zh="偏低")}
_WORDS = Text(
    en="{name}: n = {n} relevant failures in {months} months. Centre {centre} per {unit} and limits from {first} to {last}. {signals} {change}{uneven}{varies}",
    zh="{name}：{months} 个月关联故障 n = {n}。中心线 {centre}（每{unit}）与控制限取自 {first} 至 {last}。{signals}{change}{uneven}{varies}",
)
_QUIET = Text(en="No month is out of line.", zh="没有月份失控。")
_SIGNALS = Text(
    en="{n} months are out of line, the first {first}, the last {last}.",
    zh="{n} 个月失控，最早 {first}，最近 {last}。",
)
_CHANGED = Text(
    en="The rate changed in {at} (95 %: {low} to {high}) from {before} to {after} ({p}).",
    zh="故障率在 {at} 发生变化（95%：{low} 至 {high}），由 {before} 变为 {after}（{p}）。",
)
_UNCHANGED = Text(en="No change of the rate is proven ({p}).", zh="未证实故障率有变化（{p}）。")
_VARIES = Text(
    en=" Limits are Laney's u′: neighbouring months of the baseline vary {times} times as much as chance makes them.",
    zh="基线期相邻月份的波动为偶然波动的 {times} 倍，故采用放宽的 Laney u′ 控制限。",
)
_UNEVEN = Text(
    en=" Months vary {times} times as much as chance makes them about these rates (a season, say): for the change {batch} failures count as one.",
    zh="各月围绕上述故障率的波动为偶然波动的 {times} 倍（如季节性）：判断变化时每 {batch} 次故障计为一次。",
)
_NO_CHART = Text(en="{name}: no chart: {why}.", zh="{name}：无图：{why}。")
_NAMES = (
    Text(en="failures per {unit}", zh="每{unit}故障数"),
    Text(en="limits", zh="控制限"),
    Text(en="centre", zh="中心线"),
    Text(en="out of line", zh="失控"),
    Text(en="before and after the change", zh="变化前后"),
)
_HOVER = Text(
    en="{month}<br>{rate} per {unit}: {n} failures, {exposure} unit-months<br>limits {low} – {high}{broken}",
    zh="{month}<br>每{unit} {rate}：{n} 次故障，{exposure} 台·月<br>控制限 {low} – {high}{broken}",
)


def rules_in_words(c: Context, rules: tuple[int, ...]) -> str:
    """The rules that a month breaks."""
    return "; ".join(c.say(RULES[rule]) for rule in rules)


def change_in_words(changed: Change | None) -> Text:
    """When the rate changed, or that no change is proven."""
    if changed is None:
        return Text(en="", zh="")
    if not changed.is_proven:
        return _UNCHANGED.format(p=chance(changed.p))
    return _CHANGED.format(
        at=month(changed.at),
        low=month(changed.low),
        high=month(changed.high),
        before=number(changed.before),
        after=number(changed.after),
        p=chance(changed.p),
    )


def chart_of(c: Context, found: Look) -> Control:
    """The control chart that the page looks at."""
    return control(c.reading, ever(c.filters), found.item, found.model)


def months_in_words(broken: Broken) -> str:
    """The months that break a rule: all of a few, else the first and the last."""
    shown = [month(m) for m in broken.months]
    return ", ".join(shown) if len(shown) <= 4 else f"{shown[0]} … {shown[-1]}"


def draw(c: Context) -> Drawn:
    """The u chart of what the page looks at."""
    found = look(c)
    if found is None:
        return Drawn(None, c.say(NO_FAILURE))
    chart = chart_of(c, found)
    name = named(c, found)
    if chart.reason or chart.baseline is None:
        return Drawn(None, c.say(_NO_CHART.format(name=name, why=why(chart.reason))))
    unit = c.say(UNIT_MONTH[chart.per_unit])
    links = [link("/records", month_of(c.filters, m), behind(c, found.item, found.model)) for m in chart.months]
    hover = [
        c.say(
            _HOVER.format(
                month=month(m), rate=number(chart.rate[i]), unit=unit, n=count(chart.count[i]),
                exposure=number(chart.exposure[i]), low=number(chart.low[i]), high=number(chart.high[i]),
                broken=f"<br>{rules_in_words(c, chart.rules[i])}" if chart.rules[i] else "",
            )
        )
        for i, m in enumerate(chart.months)
    ]  # fmt: skip
    changed = chart.change if chart.change and chart.change.is_proven else None
    place = {m: i for i, m in enumerate(chart.months)}
    shift = (
        figures.Shift(place[changed.at], place[changed.low], place[changed.high], changed.before, changed.after)
        if changed
        else None
    )
    is_silent = silent(c.reading, of_failures(c.reading), chart.months)
    # Nobody knows whether nothing failed while nobody delivered.
    is_told = [n > 0 or not no_data for n, no_data in zip(chart.count, is_silent, strict=True)]
    figure = figures.control(
        [month(m) for m in chart.months],
        [rate if told else None for rate, told in zip(chart.rate, is_told, strict=True)],
        (chart.low, chart.high),
        chart.centre,
        [i for i, rules in enumerate(chart.rules) if rules and is_told[i]],
        links,
        hover,
        [c.say(n.format(unit=unit)) for n in _NAMES],
        shift,
    )
    months = [month(m) for m in chart.months]
    figure = marked(figure, marks(c, ever(c.filters), months, found.item), c.say(CHANGES))
    signals = chart.signals
    words = _WORDS.format(
        name=name,
        n=count(chart.n),
        months=len(chart.months),
        centre=number(chart.centre),
        unit=unit,
        first=month(chart.months[0]),
        last=month(chart.baseline),
        signals=_SIGNALS.format(n=len(signals), first=month(signals[0]), last=month(signals[-1]))
        if signals
        else _QUIET,
        change=change_in_words(chart.change),
        varies=_VARIES.format(times=number(chart.times_chance, 2)) if chart.times_chance else "",
        uneven=_UNEVEN.format(times=number(chart.change.times_chance, 2), batch=chart.change.batch)
        if chart.change and chart.change.times_chance
        else "",
    )

    def table() -> Table:
        rows = zip(
            chart.months, chart.count, chart.exposure, chart.rate, chart.low, chart.high, chart.rules, strict=True
        )
        columns = ("month", "failures", "unit_months", "rate", "lower_limit", "upper_limit", "rules_broken")
        return Table(columns, [[*row[:6], " ".join(map(str, row[6]))] for row in rows])

    records = link("/records", ever(c.filters), behind(c, found.item, found.model))
    drawn = Drawn(figure, c.say(words), table, records)
    return with_gaps(c, drawn, of_failures(c.reading), chart.months)


CHART = Chart(
    Text(en="Is a month out of line, and when did the rate change?", zh="哪些月份失控？故障率何时变化？"),
    Text(
        en="u chart of relevant failures per unit-month in service. Limits from the first year (the first half of shorter records) as Poisson quantiles, one false alarm in 370 months; Western Electric rules. The change point is that of the largest Poisson likelihood ratio, its p-value and the span of months not excluded are exact. A unit counts from its installation or the first record, whichever is later; whole months of which nobody delivered anything do not count. All months up to the period's end; its start does not apply. Records show the tickets opened in a month, also those whose failure was judged not relevant.",
        zh="每台·月关联故障数的 u 控制图。控制限取自首年（记录较短时取前一半）的泊松分位数，约 370 个月误报一次；采用 Western Electric 判异规则。变化点取泊松似然比最大处，p 值与未被排除的月份区间均为精确计算。设备自装机或首条记录（取较晚者）起计，无任何来源数据的整月不计。含时段截止前的全部月份，时段起点不适用。“记录”显示当月报修的工单，包括判为非关联的故障。",
    ),
    draw,
    440,
)
