"""Which units fail more than others of their model?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.ratios import Ratio, ratios
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics.wording import count
from warehouse.suspects import FDR, THRESHOLD, Suspect, units

MOST = 10
_NAMED = Text(
    en="Named: {named} of {n} units, as they fail more than {threshold:g}× as often as others of their model; at most {fdr:.0%} of those named should be innocent. The likeliest {shown} are drawn.",
    zh="{n} 台设备中点名 {named} 台：故障频度超过同型号 {threshold:g} 倍，误点比例预期不超过 {fdr:.0%}。图示可能性最大的 {shown} 台。",
)
_NOBODY = Text(
    en="None of {n} units is named: differences between units of a model are no more than chance brings, at a threshold of {threshold:g}× and a false-discovery level of {fdr:.0%}. The likeliest {shown} are drawn.",
    zh="{n} 台设备中无一被点名：以 {threshold:g} 倍为阈值、误报率 {fdr:.0%}，同型号之间的差异未超出偶然。图示可能性最大的 {shown} 台。",
)
_NOTHING = Text(
    en="Nothing to compare: units are judged within a model, from three units with failures and time in service on.",
    zh="无可比较：设备按型号比较，每个型号至少需三台有运行时间的设备，且发生过故障。",
)
_AXIS = Text(en="failure rate ÷ rate of the model", zh="故障频度 ÷ 同型号频度")
_CALLED = Text(en="named", zh="点名"), Text(en="not named", zh="未点名")
_HOVER = Text(
    en="{name} · {model}<br>{failures} failures in {years} years<br>{ratio}× its model (95 %: {low}–{high})<br>chance of more than {threshold:g}×: {p:.0%}",
    zh="{name} · {model}<br>{years} 年内故障 {failures} 次<br>同型号的 {ratio} 倍（95%：{low}–{high}）<br>超过 {threshold:g} 倍的概率：{p:.0%}",
)


def _ratio(c: Context, s: Suspect) -> Ratio:
    value, low, high = (v / s.peers for v in (s.rate, s.low, s.high))
    hover = _HOVER.format(
        name=s.serial_no or s.name,
        model=s.group,
        failures=s.failures,
        years=f"{s.years:.1f}",
        ratio=f"{value:.2f}",
        low=f"{low:.2f}",
        high=f"{high:.2f}",
        threshold=THRESHOLD,
        p=s.probability,
    )
    href = link("/asset", c.filters, None, look=s.name)
    return Ratio(s.serial_no or s.name, value, low, high, s.is_named, c.say(hover), href)


def draw(c: Context) -> Drawn:
    """Units with their shrunken rates, the likeliest bad ones first."""
    found = units(c.reading, c.filters, MOST)
    if found is None or not found.worst:
        return Drawn(None, c.say(_NOTHING))
    words = (_NAMED if found.named else _NOBODY).format(
        named=count(found.named), n=count(found.judged), threshold=THRESHOLD, fdr=FDR, shown=len(found.worst)
    )
    figure = ratios(
        [_ratio(c, s) for s in found.worst], c.say(_AXIS), (c.say(_CALLED[0]), c.say(_CALLED[1])), THRESHOLD
    )

    def table() -> Table:
        every = units(c.reading, c.filters, 1_000)
        columns = ("asset_id", "serial_no", "model", "failures", "years", "per_year", "low", "high", "model_per_year")
        rows = [
            [
                s.name,
                s.serial_no,
                s.group,
                s.failures,
                s.years,
                s.rate,
                s.low,
                s.high,
                s.peers,
                s.probability,
                s.is_named,
            ]
            for s in (every.worst if every else ())
        ]
        return Table((*columns, "probability", "named"), rows)

    return Drawn(figure, c.say(words), table, link("/records", c.filters))


CHART = Chart(
    Text(en="Which units fail more than others of their model?", zh="哪些设备比同型号更常出故障？"),
    Text(
        en="Relevant failures in the period with something found, per calendar time in service, within each model. Rates are shrunken towards the model (gamma-Poisson, empirical Bayes), with 95 % intervals; units are named while the expected share of wrongly named ones stays within the false-discovery level.",
        zh="期内查明的关联故障次数除以在役日历时间，按型号比较。频度向型号均值收缩（gamma-Poisson 经验贝叶斯），附 95% 区间；在预期误点比例不超过误报率的范围内点名。",
    ),
    draw,
    440,
)
