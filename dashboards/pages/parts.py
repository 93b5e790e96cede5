"""Spare parts: what is used and needed, what to order for a level of service, and what lies there for nothing."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import thing
from dashboards.charts import part_base, part_cost, part_demand, part_fill
from dashboards.components.badge import badge
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import pairs, table
from dashboards.components.part_cards import part_cards
from dashboards.components.part_table import (
    WINDOWS,
    flags_of,
    part_rows,
    part_table,
    parts_shown,
    shown_as,
    window_of,
)
from dashboards.components.picker import picker
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.export import CAPS
from dashboards.extent_words import of_the_house
from dashboards.page import Component, Page, Table
from dashboards.part_words import (
    ALL_PARTS,
    KINDS,
    METHODS,
    PATH,
    chance,
    costs_of,
    here,
    level_of,
    number,
    part_of,
    plan_of,
    service_of,
)
from dashboards.plain import dcc, html
from warehouse.entities import entities
from warehouse.filters import PLACES
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.part_findings import Finding, findings
from warehouse.part_forecast import part_forecast
from warehouse.parts import SERVICES, shelves, uses_of
from warehouse.reasons import why

TITLE = Text(en="Spare parts", zh="备件")
_FINDINGS = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out: no part is about to run out or below its reorder point, none is dying out or dead, none is seasonal.",
    zh="没有值得注意之处：没有将断货、低于订货点、趋于淘汰、呆滞或季节性的备件。",
)
_GOOD, _BAD = Text(en="to know", zh="了解"), Text(en="look here", zh="关注")
_SHOW = Text(en="Show", zh="查看")
_TABLE = Text(en="What should lie in stock, and what is to be ordered?", zh="应备多少库存？该订哪些备件？")
_TABLE_WORDS = Text(
    en="{shown} of {all} parts, sorted by chance of running out × value of a year's demand, then by value on hand. Forecasts rest on {months} whole months; all stores count as one.",
    zh="共 {all} 种备件，显示 {shown} 种；按断货概率 × 年需求金额排序，其次按库存金额。预测依据 {months} 个完整月；各库房合并计算。",
)
_WAITED_WORDS = Text(
    en="{shown} of {all} parts had lines in the period that were not filled at once, those with the most first. Forecasts rest on {months} whole months; all stores count as one.",
    zh="共 {all} 种备件，其中 {shown} 种在期内有未即时满足的记录，最多者在前。预测依据 {months} 个完整月；各库房合并计算。",
)
_PLACES = Text(
    en=" The filters of place, customer, priority and service kind narrow what was used and filled at once; stock and forecasts belong to all of them together and stay as they are.",
    zh="地点、客户、优先级与服务类别筛选只作用于用量和即时满足率；库存与预测为整体共用，不随之变化。",
)
_TABLE_DEFINITION = (
    Text(
        en="Reorder point: order when so many are left, and no shortage comes before the delivery with the probability chosen. Demand of the lead time: the forecast for as many whole months, rounded up, of which a lead time between two months takes its part; negative binomial.",
        zh="订货点：库存降至此数即订货，则在到货前不缺货的概率为所选服务水平。提前期需求：按向上取整的整月预测，再按实际提前期折算；负二项分布。",
    ),
    Text(
        en="Order quantity: Harris and Wilson's, √(2 · order cost · yearly demand / holding cost), at least one, at most a year's demand; a part that is dying out one at a time. Order now: up to reorder point and order quantity, where the stock is at the reorder point or below. What is on order already is not on record: take it off.",
        zh="订货量：经济订货批量 √(2·订货成本·年需求/年持有成本)，至少 1 件，至多一年需求；趋于淘汰的备件每次 1 件。现应订：库存不高于订货点时，补至订货点加订货量。在途订货没有记录，请自行扣除。",
    ),
    Text(
        en="Class: Syntetos, Boylan and Croston by mean interval (1.32) and squared variation of sizes (0.49). Method: least pinball loss and RMSSE when run again over the past. Dying out: the lines of the last 12 months are a quarter of the rate before or less, and proven to be below half (exact 95 % interval). Seasonal: months proven to differ at 1 %. More than a year: on hand beyond a year's demand and beyond what an order would fill up to.",
        zh="需求类别：按平均间隔（1.32）与批量变异平方（0.49）分类（Syntetos–Boylan–Croston）。方法：历史回测中分位数损失与 RMSSE 最小者。趋于淘汰：最近 12 个月的记录数不高于此前速率的四分之一，且 95% 精确区间上限低于一半。季节性：月份差异在 1% 水平显著。超储：现存量超过一年需求且超过补货上限。",
    ),
)
_SERVICE = Text(en="Service", zh="服务水平")
_SHOWN = Text(en="Parts", zh="范围")
_PROPOSAL = Text(en="Order proposal (Excel)", zh="订货建议（Excel）")
_LOOKED_AT = Text(en="The part looked at", zh="所选备件概况")
_METHODS = Text(en="Which method would have done best for this part?", zh="哪种方法对这种备件最准？")
_METHODS_WORDS = Text(
    en="{part}: each method run again from {n} ends of a month, knowing only what was known then, and scored on the demand of the {months}-month lead time that followed. Chosen: {chosen}. A part's own scores are drawn towards those of its class, so that the luckiest of many does not win.",
    zh="{part}：从 {n} 个月末重新运行各方法（只用当时已知的数据），按其后 {months} 个月的需求评分。选用：{chosen}。备件自身得分向同类收缩，以免偶然最好者胜出。",
)
_NO_METHODS = Text(en="{part}: no method was tested, {why}.", zh="{part}：未做回测，{why}。")
_METHODS_DEFINITION = (
    Text(
        en="Pinball loss: of the 50, 90 and 95 % quantiles of the demand over the lead time, added up, in pieces; the less the better.",
        zh="分位数损失（pinball）：提前期需求 50%、90%、95% 分位数的损失之和，单位为件；越小越好。",
    ),
    Text(
        en="RMSSE: root mean squared error of the forecasts by that of repeating the month before. Forecasting nothing, the last month and what was seen are there to compare with and are never chosen.",
        zh="RMSSE：预测的均方根误差与“与上月相同”的均方根误差之比。零预测、与上月相同和经验分布仅供比较，从不选用。",
    ),
)
_METHOD, _PINBALL, _CHOSEN = (
    Text(en="Method", zh="方法"),
    Text(en="Pinball loss", zh="分位数损失"),
    Text(en="chosen", zh="选用"),
)
_USES = Text(en="Where was it used?", zh="用在了哪里？")
_USES_WORDS = Text(
    en="{part}: {n} lines in the period at the places filtered, newest first{cut}.",
    zh="{part}：期内当前筛选下共 {n} 行，最新在前{cut}。",
)
_CUT = Text(en="; the first {n}", zh="，显示前 {n} 行")
_USED_ON = Text(en="Day", zh="日期")
_YES, _NO = Text(en="yes", zh="是"), Text(en="no", zh="否")
_NO_PART = Text(en="No part is on record", zh="没有备件记录")
_NO_PART_WORDS = Text(
    en="This page fills when the sources deliver parts, the parts replaced in repairs, or stock movements.",
    zh="数据源提供备件目录、换件记录或出入库记录后，此页才有内容。",
)
_CODED = {"criticality": "criticality"}
_LABELS = {
    "flags": Text(en="Flags", zh="标记"),
    "kind": Text(en="Class of demand", zh="需求类别"),
    "method": Text(en="Method", zh="预测方法"),
    "per_month": Text(en="Expected a month", zh="月均预计"),
    "on_hand": Text(en="On hand", zh="现存量"),
    "risk": Text(en="Chance of running out in the lead time", zh="提前期内断货概率"),
    "reorder": Text(en="Reorder point · order quantity", zh="订货点 · 订货量"),
    "order": Text(en="Order now", zh="现应订"),
    "surplus": Text(en="More than a year needs", zh="超过一年需求"),
    "last_used": Text(en="Last used", zh="最近使用"),
}
_STORES = Text(en="By store: {stores}", zh="各库房：{stores}")
_SURPLUS = Text(en="{n} pieces, worth {value}", zh="{n} 件，金额 {value}")


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("parts", "findings", height=96),
        html.Div(part("parts", "cards", height=128, class_name="spread"), className="kpis"),
        part("parts", "table", height=520),
        html.Div(part("parts", "part", height=180), id="looked-at"),
        html.Div([part("parts", "demand", height=440), part("parts", "base", height=440)], className="halves"),
        html.Div(
            [
                part("parts", "methods", height=560),
                html.Div([part("parts", "cost", height=400), part("parts", "uses", height=160)], className="stack"),
            ],
            className="halves",
        ),
        part("parts", "fill", height=400),
    ]


def _sentence(c: Context, finding: Finding) -> Component:
    mark = badge("good" if finding.is_good else "warning", c.say(_GOOD if finding.is_good else _BAD))
    href = here(c, look=finding.part_no) if finding.part_no else here(c, window=finding.subject)
    return html.Li([mark, html.Span(c.say(finding.text)), dcc.Link(c.say(_SHOW), href=href, className="tool")])


def _findings(c: Context) -> Component:
    found = findings(c.reading, c.filters, service_of(c), costs_of(c), c.home.settings.dead_stock_months)
    nothing = _NOTHING if plan_of(c).parts else _NO_PART_WORDS
    body = html.Ol([_sentence(c, f) for f in found]) if found else html.P(c.say(nothing), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


def _table(c: Context) -> Component:
    plan = plan_of(c)
    if not plan.parts:
        return html.Section([html.H2(c.say(_NO_PART)), html.P(c.say(_NO_PART_WORDS))], className="card message empty")
    services = [(f"{s * 100:.0f}", c.say(level_of(s))) for s in SERVICES]
    windows = [("", c.say(ALL_PARTS)), *((w, shown_as(c, w)) for w in WINDOWS)]
    question = c.say(_TABLE)
    tools = html.Div(
        [
            html.A(
                c.say(_PROPOSAL),
                href=here(c, path="/export/order-proposal.xlsx"),
                className="tool",
                download="",
            ),
            exports(c, "parts", "list"),
            definition([c.say(line) for line in _TABLE_DEFINITION], question, c.language),
        ],
        className="tools",
    )
    said_of = _WAITED_WORDS if window_of(c) == "waited" else _TABLE_WORDS
    words = said_of.format(shown=count(len(parts_shown(c))), all=count(len(plan.parts)), months=plan.months)
    has_places = any(getattr(c.filters, place) for place in PLACES)
    pickers = html.Div(
        [
            picker(c, PATH, "service", c.say(_SERVICE), services, f"{service_of(c) * 100:.0f}"),
            picker(c, PATH, "window", c.say(_SHOWN), windows, window_of(c)),
        ],
        className="pickers",
    )
    said = c.say(words) + (c.say(_PLACES) if has_places else "")
    head = html.Header([html.H2(question), tools])
    return html.Section([head, html.P(said, className="words"), pickers, part_table(c, "400px")], className="card")


def _part(c: Context) -> Component:
    p = part_of(c)
    if p is None:
        return None
    fields = entities()["part"].fields
    stores = shelves(c.reading, p.part_no)
    own = [(c.say(fields[n].label), c.shown("part", n, getattr(p, n) or None)) for n in ("category", "supplier")]
    own.append((c.say(fields["criticality"].label), c.coded("criticality", p.criticality)))
    own += [
        (c.say(fields[n].label), number(v, d))
        for n, v, d in (("unit_cost", p.unit_cost, 2), ("lead_time_days", p.lead_days, 0))
    ]
    method = c.say(METHODS.get(p.method, METHODS[""])) if not p.reason else f"— ({c.say(why(p.reason))})"
    by_store = " · ".join(f"{s.site or c.say(UNKNOWN)} {number(s.on_hand)}" for s in stores)
    surplus = (
        c.say(_SURPLUS.format(n=number(p.surplus), value=number(p.surplus_value))) if p.surplus else number(p.surplus)
    )
    more = {
        "flags": flags_of(c, p) or "—",
        "kind": c.say(KINDS.get(p.kind, KINDS[""])),
        "method": method,
        "per_month": number(p.per_month, 1),
        "on_hand": number(p.on_hand),
        "reorder": f"{number(p.reorder)} · {number(p.quantity)}",
        "order": number(p.order),
        "risk": c.say(chance(p.risk)),
        "surplus": surplus,
        "last_used": p.last_used.isoformat() if p.last_used else "—",
    }
    facts = [(name, value or "—") for name, value in own] + [(c.say(_LABELS[n]), v) for n, v in more.items()]
    words = html.P(c.say(_STORES.format(stores=by_store)), className="words") if stores else None
    return html.Section([html.H2(p.title), pairs(facts), words], className="card")


def _methods(c: Context) -> Component:
    p = part_of(c)
    f = part_forecast(c.reading, p.part_no) if p else None
    if p is None or f is None:
        return None
    question = c.say(_METHODS)
    tools = [
        exports(c, "parts", "methods") if f.scores else None,
        definition([c.say(line) for line in _METHODS_DEFINITION], question, c.language),
    ]
    head = html.Header([html.H2(question), html.Div(tools, className="tools")])
    if not f.scores or not f.origins:
        body: Component = html.P(
            c.say(_NO_METHODS.format(part=p.title, why=why(f.reason or "too_few"))), className="words"
        )
        return html.Section([head, body], className="card")
    words = _METHODS_WORDS.format(
        part=p.title, n=f.origins, months=f.tested_over, chosen=METHODS.get(f.method, METHODS[""])
    )
    rows = [
        [
            html.Strong(c.say(METHODS.get(s.name, METHODS[""])))
            if s.is_chosen
            else c.say(METHODS.get(s.name, METHODS[""])),
            number(s.pinball, 2),
            number(s.rmsse, 2),
            badge("good", c.say(_CHOSEN)) if s.is_chosen else "",
        ]
        for s in f.scores
    ]
    columns = [c.say(_METHOD), c.say(_PINBALL), "RMSSE", ""]
    return html.Section(
        [head, html.P(c.say(words), className="words"), table(columns, rows, frozenset({1, 2}))], className="card"
    )


def _method_rows(c: Context) -> Table:
    p = part_of(c)
    f = part_forecast(c.reading, p.part_no) if p else None
    rows = [[c.say(METHODS.get(s.name, METHODS[""])), s.pinball, s.rmsse, s.is_chosen] for s in (f.scores if f else ())]
    return Table(("method", "pinball_loss", "rmsse", "is_chosen"), rows)


def _use_rows(c: Context) -> Table:
    """All uses, also those that are not shown."""
    p = part_of(c)
    lines = uses_of(c.reading, p.part_no, c.filters, CAPS["xlsx"])[0] if p else ()
    rows = [[line.used_on, line.ticket_id, line.quantity, line.is_from_stock] for line in lines]
    return Table(("used_on", "ticket_id", "quantity", "is_from_stock"), rows)


def _uses(c: Context) -> Component:
    p = part_of(c)
    if p is None:
        return None
    lines, total = uses_of(c.reading, p.part_no, c.filters)
    cut = _CUT.format(n=len(lines)) if len(lines) < total else Text(en="", zh="")
    words = _USES_WORDS.format(part=p.title, n=count(total), cut=cut)
    fields = entities()
    head = [
        c.say(_USED_ON),
        c.say(fields["ticket"].fields["ticket_id"].label),
        c.say(fields["part_use"].fields["quantity"].label),
        c.say(fields["part_use"].fields["from_stock"].label),
    ]
    rows = [
        [
            line.used_on.isoformat(),
            dcc.Link(line.ticket_id, href=thing("/record", ticket=line.ticket_id)) if line.ticket_id else "—",
            number(line.quantity),
            "—" if line.is_from_stock is None else c.say(_YES if line.is_from_stock else _NO),
        ]
        for line in lines
    ]
    body = html.Div(table(head, rows, frozenset({2})), className="uses") if rows else html.Div("—", className="nothing")
    top = html.Header([html.H2(c.say(_USES)), html.Div(exports(c, "parts", "uses"), className="tools")])
    return html.Section([top, html.P(c.say(words), className="words"), body], className="card")


PAGE = Page(
    name="parts",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=23,
    parts={
        "findings": _findings,
        "cards": part_cards,
        "table": _table,
        "part": _part,
        "methods": _methods,
        "uses": _uses,
    },
    charts={
        "demand": part_demand.CHART,
        "base": part_base.CHART,
        "cost": part_cost.CHART,
        "fill": part_fill.CHART,
    },
    tables={"list": part_rows, "methods": _method_rows, "uses": _use_rows},
    # The stores serve the whole house: what lies there, and what to order, is not a part's.
    withheld=of_the_house("findings", "table", "list", "part", "cost"),
    titles={"findings": _FINDINGS, "table": _TABLE, "part": _LOOKED_AT},
)
