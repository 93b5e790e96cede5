"""The six cards about spare parts: what was used, how well the shelf served, what it holds and what is about to run out."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.definition import definition
from dashboards.context import Context
from dashboards.extent_words import OF_THE_HOUSE
from dashboards.figures.sparkline import sparkline
from dashboards.page import Component
from dashboards.part_words import here, level_of, plan_of, service_of
from dashboards.plain import dcc, html
from warehouse.metrics.wording import count, share
from warehouse.parts import Flag, Plan, Use, use, use_by_month
from warehouse.service_findings import is_delivered

_LABELS = {
    "used": Text(en="Parts used", zh="备件用量"),
    "fill": Text(en="Filled at once", zh="即时满足率"),
    "order": Text(en="Below reorder point", zh="低于订货点的备件"),
    "value": Text(en="Stock value", zh="库存金额"),
    "dead": Text(en="Dead stock", zh="呆滞库存金额"),
    "out": Text(en="Running out", zh="提前期内将断货"),
}
_DEFINITIONS = {
    "used": Text(
        en="Pieces put in by repairs that ended in the period, at the places filtered. A line without a quantity counts as one piece.",
        zh="期内完成的维修所更换的件数，适用各项筛选。未写数量的记录按 1 件计。",
    ),
    "fill": Text(
        en="Lines of parts that were at hand when needed, of the lines where somebody wrote whether they were; by lines, not pieces. Interval: 95 %, Jeffreys.",
        zh="需要时现货满足的记录数 ÷ 注明是否现货的记录数；按记录行计，不按件数。区间为 95%（Jeffreys）。",
    ),
    "order": Text(
        en="Parts with as many pieces on hand as the reorder point of the level of service chosen, or fewer. All stores count as one; what is on order is not on record.",
        zh="现存量不高于所选服务水平之订货点的备件数。各库房合并计算；在途订货没有记录，未计入。",
    ),
    "value": Text(
        en="Pieces on hand times unit cost, over all stores, at the end of the records: the last count and what moved since. Filters do not apply.",
        zh="数据截止时各库房现存量 × 单价之和（最近盘点加其后出入库）；不受筛选影响。",
    ),
    "dead": Text(
        en="Value on hand of parts that nobody used and no store issued in the last {months} months. Filters do not apply.",
        zh="最近 {months} 个月无人使用也无出库的备件的库存金额；不受筛选影响。",
    ),
    "out": Text(
        en="Parts that more likely than not will be short before a delivery ordered today arrives: the chance that the demand of the lead time exceeds what is on hand is above 50 %.",
        zh="今日下单、到货之前很可能（概率超过 50%）短缺的备件数：提前期需求超过现存量的概率大于 50%。",
    ),
}
_LINES = Text(en="n = {n} lines", zh="n = {n} 行")
_BOUNDS = Text(en=" · 95 %: {low} – {high}", zh=" · 95% 区间 {low} – {high}")
_OF = Text(en="of {n} parts with a forecast and a stock on record", zh="有预测和库存记录的备件共 {n} 种")
_FOR = Text(en="at {service} service", zh="服务水平 {service}")
_PRICED = Text(en="n = {n} parts with a unit cost", zh="n = {n} 种有单价的备件")
_DEAD = Text(en="parts: {n}, {share} of the value", zh="{n} 种，占库存金额 {share}")
_NO_LINES = Text(en="nobody wrote in this selection whether parts were at hand", zh="当前筛选下没有是否现货的记录")
_NO_USES = Text(
    en="no source delivers parts replaced in repairs (entity part_use)", zh="没有来源提供换件记录（实体 part_use）"
)
_NO_STOCK = Text(en="no stock with a unit cost on record", zh="没有带单价的库存记录")
_NO_PLAN = Text(en="no part has both a forecast and a stock on record", zh="没有同时具备预测和库存记录的备件")
_SHORT = Text(en="the records reach back less than {months} months", zh="记录不足 {months} 个月，无法判断")


def _missing(c: Context, why: Text) -> str:
    """Why a card of what the stores hold has no value."""
    return c.say(why if c.viewer.extent.is_whole else OF_THE_HOUSE)


def card(
    c: Context,
    name: Text,
    said: Text,
    value: str | None,
    lines: list[Component],
    href: str = "",
    trend: str | None = None,
) -> Component:
    """One card with its definition; without a value its first line says why there is none."""
    label = c.say(name)
    head = html.Div([html.H2(label), definition([c.say(said)], label, c.language)], className="kpi-head")
    shown = html.Div("—", className="kpi-value") if value is None else dcc.Link(value, href=href, className="kpi-value")
    picture = html.Img(src=trend, alt="", className="spark") if trend and value is not None else None
    body = [html.P(line, className="kpi-change" if i == 0 else "quiet") for i, line in enumerate(lines)]
    return html.Article([head, html.Div([shown, picture], className="kpi-row"), *body], className="card kpi")


def _card(
    c: Context, name: str, value: str | None, lines: list[Component], href: str = "", trend: str | None = None
) -> Component:
    said = _DEFINITIONS[name].format(months=c.home.settings.dead_stock_months)
    return card(c, _LABELS[name], said, value, lines, href, trend)


def _moved(c: Context, size: float, words: str, before: str, *, is_good: bool | None) -> Component:
    arrow = "→" if abs(size) < 0.005 else "↑" if size > 0 else "↓"
    tone = "even" if is_good is None or abs(size) < 0.005 else "better" if is_good else "worse"
    return [html.Span(f"{arrow} {words}", className=f"change {tone}"), " ", c.say(c.against.format(value=before))]


def _used(c: Context, now: Use, before: Use | None, trend: str | None) -> Component:
    if not is_delivered(c.reading, "part_use"):
        return _card(c, "used", None, [c.say(_NO_USES)])
    line: Component = c.say(c.not_on_record)
    if before and before.quantity:
        ratio = now.quantity / before.quantity - 1
        words = c.say(Text(en=f"{ratio * 100:+.1f} %", zh=f"{ratio * 100:+.1f}%"))
        line = _moved(c, ratio, words, count(before.quantity), is_good=None)
    href = here(c, window="")
    return _card(c, "used", count(now.quantity), [line, c.say(_LINES.format(n=count(now.lines)))], href, trend)


def _fill(c: Context, now: Use, before: Use | None, trend: str | None) -> Component:
    if now.fill_rate is None:
        return _card(c, "fill", None, [c.say(_NO_LINES)])
    line: Component = c.say(c.not_on_record)
    if before and before.fill_rate is not None:
        points = now.fill_rate - before.fill_rate
        words = c.say(Text(en=f"{points * 100:+.1f} pp", zh=f"{points * 100:+.1f} 个百分点"))
        line = _moved(c, points, words, c.say(share(before.fill_rate)), is_good=points > 0)
    n = c.say(_LINES.format(n=count(now.known)))
    bounds = ""
    if now.bounds:
        low, high = now.bounds
        bounds = c.say(_BOUNDS.format(low=share(low), high=share(high)))
    return _card(c, "fill", c.say(share(now.fill_rate)), [line, n + bounds], _window(c, "waited"), trend)


def _window(c: Context, window: str) -> str:
    return here(c, window=window)


def _counted(c: Context, name: Flag, plan: Plan) -> Component:
    judged = sum(p.risk is not None for p in plan.parts)
    if not judged:
        return _card(c, name, None, [_missing(c, _NO_PLAN)])
    lines: list[Component] = [c.say(_OF.format(n=count(judged)))]
    if name == "order":
        lines.append(c.say(_FOR.format(service=level_of(service_of(c)))))
    return _card(c, name, count(len(plan.flagged(name))), lines, _window(c, name))


def part_cards(c: Context) -> Component:
    """All six."""
    now, before = use(c.reading, c.filters), use(c.reading, c.before) if c.before else None
    months = use_by_month(c.reading, c.filters).values()
    plan = plan_of(c)
    (value, priced), (dead, _) = plan.value(), plan.value("dead")
    everything = here(c, window="")
    stock = (
        _card(c, "value", count(value), [c.say(_PRICED.format(n=count(priced)))], everything)
        if priced
        else _card(c, "value", None, [_missing(c, _NO_STOCK)])
    )
    if not priced:
        dead_card = _card(c, "dead", None, [_missing(c, _NO_STOCK)])
    elif not plan.tells_dead:
        dead_card = _card(c, "dead", None, [c.say(_SHORT.format(months=c.home.settings.dead_stock_months))])
    else:
        n, part = count(len(plan.flagged("dead"))), share(dead / value if value else 0.0)
        dead_card = _card(c, "dead", count(dead), [c.say(_DEAD.format(n=n, share=part))], _window(c, "dead"))
    return [
        _used(c, now, before, sparkline([m.quantity for m in months])),
        _fill(c, now, before, sparkline([m.fill_rate for m in months])),
        _counted(c, "order", plan),
        _counted(c, "out", plan),
        stock,
        dead_card,
    ]
