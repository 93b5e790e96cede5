"""Does the rate rise or fall, and what does the next quarter bring?"""

from __future__ import annotations

from analysis.trend import Direction
from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures import trends as figures
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
    span,
)
from warehouse.failure_growth import Growth, growth
from warehouse.metrics.wording import count
from warehouse.reasons import why

DIRECTIONS = {
    Direction.IMPROVING: Text(en="failures come ever less often", zh="故障越来越少"),
    Direction.DETERIORATING: Text(en="failures come ever more often", zh="故障越来越多"),
    Direction.NONE: Text(en="no trend is proven", zh="未证实有趋势"),
    Direction.UNKNOWN: Text(en="no trend can be told", zh="无法判断趋势"),
}
_WORDS = Text(
    en="{name}, since {since}{after} (n = {n}): {direction} (Laplace {laplace}, MIL-HDBK-189 {hdbk}; power law β = {beta}). One failure in {now} {unit} now. {forecast}{fit}{varies}",
    zh="{name}，自 {since} 起{after}（n = {n}）：{direction}（Laplace {laplace}，MIL-HDBK-189 {hdbk}；幂律 β = {beta}）。目前每 {now}{unit}一次故障。{forecast}{fit}{varies}",
)
_AFTER = Text(en=", when the rate changed", zh="（故障率变化之后）")
FORECAST = Text(
    en="{first} to {last}: {value} failures expected, between {low} and {high} with 95 % certainty.",
    zh="{first} 至 {last} 预计 {value} 次故障，95% 预测区间 {low} 至 {high}。",
)
_NO_FORECAST = Text(en="No forecast is possible.", zh="无法预测。")
_POOR = Text(
    en=" The power law does not fit well ({p}): take the forecast with care.",
    zh="幂律拟合不佳（{p}），预测请谨慎对待。",
)
_VARIES = Text(
    en=" Months vary {times} times as much as chance makes them (a season, say): the interval is too narrow.",
    zh="月间波动为偶然波动的 {times} 倍（如季节性）：预测区间偏窄。",
)
_NO_CHART = Text(en="{name} (n = {n}): no trend can be told: {why}.", zh="{name}（n = {n}）：无法判断趋势：{why}。")
_NAMES = (
    Text(en="failures so far", zh="累计故障数"),
    Text(en="power law", zh="幂律模型"),
    Text(en="next three months, 95 %", zh="未来三个月，95%"),
)
_AXIS = Text(en="{unit}s in service since {since}", zh="自 {since} 起的累计{unit}")
_HOVER = Text(
    en="{month}<br>{n} failures in {exposure} unit-months so far", zh="{month}<br>累计 {exposure} 台·月，{n} 次故障"
)


def growth_of(c: Context, found: Look) -> Growth:
    """The growth that the page looks at."""
    return growth(c.reading, ever(c.filters), found.item, found.model)


def forecast_in_words(made: Growth) -> Text:
    """What the next quarter brings."""
    ahead = made.forecast
    if ahead is None:
        return _NO_FORECAST
    return FORECAST.format(
        first=month(ahead.first),
        last=month(ahead.last),
        value=count(ahead.value) if ahead.value >= 10 else number(ahead.value, 2),
        low=count(ahead.low),
        high=count(ahead.high),
    )


def draw(c: Context) -> Drawn:
    """Cumulative failures over cumulative unit-months with the power law."""
    found = look(c)
    if found is None:
        return Drawn(None, c.say(NO_FAILURE))
    made, name = growth_of(c, found), named(c, found)
    if made.reason or made.beta is None or made.now is None or made.since is None:
        return Drawn(None, c.say(_NO_CHART.format(name=name, n=count(made.n), why=why(made.reason))))
    unit = c.say(UNIT_MONTH[made.per_unit])
    links = [link("/records", month_of(c.filters, m), behind(c, found.item, found.model)) for m in made.months]
    hover = [
        c.say(_HOVER.format(month=month(m), n=count(n), exposure=count(u)))
        for m, n, u in zip(made.months, made.so_far, made.until, strict=True)
    ]
    ahead = made.forecast
    drawn = None
    if ahead:
        so_far = made.so_far[-1]
        drawn = (made.until[-1] + ahead.exposure, so_far + ahead.value, so_far + ahead.low, so_far + ahead.high)
    figure = figures.growth(
        made.until, made.so_far, made.curve, links, hover, drawn,
        (c.say(_NAMES[0]), c.say(_NAMES[1]), c.say(_NAMES[2])), c.say(_AXIS.format(unit=unit, since=month(made.since))),
    )  # fmt: skip
    words = _WORDS.format(
        name=name,
        since=month(made.since),
        after=_AFTER if made.is_after_change else "",
        n=count(made.n),
        direction=DIRECTIONS[made.direction],
        laplace=chance(made.laplace),
        hdbk=chance(made.mil_hdbk),
        beta=span(made.beta),
        now=span(made.now),
        unit=unit if c.language == "zh" else f"{unit}s",
        forecast=forecast_in_words(made),
        fit="" if made.is_fitting else _POOR.format(p=chance(made.fit_p)),
        varies=_VARIES.format(times=number(made.times_chance, 2)) if made.times_chance else "",
    )

    def table() -> Table:
        rows = [list(row) for row in zip(made.months, made.until, made.so_far, strict=True)]
        return Table(("month", "unit_months_so_far", "failures_so_far"), rows)

    records = link("/records", ever(c.filters), behind(c, found.item, found.model))
    return Drawn(figure, c.say(words), table, records)


CHART = Chart(
    Text(en="Rising or falling, and what will the next quarter bring?", zh="故障在增多还是减少？下一季度预计多少？"),
    Text(
        en="Cumulative relevant failures over cumulative unit-months with a power law (Crow–AMSAA, maximum likelihood from the counts per month): β below 1 means ever less often. Tests of no trend: Laplace and MIL-HDBK-189. After a proven change of the rate only the months since then count. The forecast takes the units in service now and holds both the uncertainty of the curve and chance; it knows no season.",
        zh="累计关联故障数随累计台·月的变化及幂律模型（Crow–AMSAA，由月计数最大似然估计）：β 小于 1 表示故障越来越少。无趋势检验：Laplace 与 MIL-HDBK-189。故障率变化得到证实后，仅计其后的月份。预测按现有在役设备计算，区间包含模型不确定性与偶然性，不考虑季节。",
    ),
    draw,
    320,
)
