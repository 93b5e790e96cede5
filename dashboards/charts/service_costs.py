"""What does service cost per machine and month, by warranty, stage of life, nature and kind; and who approved the prices?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.charts.flow import bucket
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.context import Context
from dashboards.figures.stacks import standing, with_intervals
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.service_look import View, known_by, nothing_of, silent_without
from warehouse.costs import (
    COST,
    NATURE_NAMES,
    NATURES,
    PER_JOB,
    PER_UNIT,
    STAGES,
    Cost,
    Stages,
    by_kind,
    by_month,
    by_product_line,
    by_stage,
    by_warranty,
    findings,
    money,
    stages_of,
    whole,
)
from warehouse.metrics.evaluate import cost_per_unit, no_value
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.records import Selection
from warehouse.service_findings import Finding, is_delivered
from warehouse.service_prices import Approval, Rules, approvals, bands, misfits

_DONE = Selection("resolved_on")
_PER_MONTH = Text(en="per machine-month", zh="单台月")
_MIX = Text(
    en=" Groups hold different machines: filter by product line to compare like with like.",
    zh="各组设备构成不同：比较同类设备请按产品线筛选。",
)


def _stages(c: Context) -> Stages:
    return stages_of(c.home.settings)


def _records(c: Context) -> str:
    return link("/records", c.filters, _DONE)


def _value(
    measure: Measure, amount: float | None, over: float, n: int, bounds: tuple[float, float] | None = None
) -> Value:
    if amount is None:
        return no_value(measure)
    return Value(measure.name, amount, n, amount * over, over, *(bounds or (None, None)))


def _values(found: Cost) -> tuple[Value, ...]:
    return (
        _value(COST, found.total if found.known else None, 1.0, found.known),
        cost_per_unit(PER_UNIT, found),
        _value(PER_JOB, found.per_repair, found.known, found.known, found.repair_bounds),
    )


def _cards(c: Context) -> Sequence[Component]:
    now = _values(whole(c.reading, c.filters))
    before = _values(whole(c.reading, c.before)) if c.before else (None, None, None)
    _, months = by_month(c.reading, c.filters)
    trends = ([m.total for m in months], [m.per_unit_month for m in months], [m.per_repair for m in months])
    return [
        kpi_card(measure, known_by(c, "repair", now[i]), before[i], trends[i], _records(c), c.language)
        for i, measure in enumerate((COST, PER_UNIT, PER_JOB))
    ]


def _stack(c: Context, found: Sequence[Cost], names: Sequence[str], links: Sequence[str]) -> dict[str, object]:
    """Cost per machine-month of each group, stacked by nature, with the interval of the whole."""
    figure = standing(
        names,
        NATURES,
        [c.say(NATURE_NAMES[nature]) for nature in NATURES],
        [[x.of(nature) / (x.unit_months or 1.0) for x in found] for nature in NATURES],
        [list(links)] * len(NATURES),
        0,
        c.say(_PER_MONTH),
    )
    bounds = [x.unit_month_bounds for x in found]
    return with_intervals(figure, names, [x.per_unit_month for x in found], bounds, c.say(_INTERVAL))


_COLUMNS = ("group", "parts", "labour", "travel", "repairs", "with_cost", "machine_months", "low", "high")


def _rows(found: Sequence[Cost]) -> list[list[object]]:
    return [
        [x.name, x.parts, x.labour, x.travel, x.repairs, x.known, x.unit_months, *(x.unit_month_bounds or (None, None))]
        for x in found
    ]


_WARRANTY_NAMES = {
    "in": Text(en="in warranty", zh="保修期内"),
    "out": Text(en="out of warranty", zh="保修期外"),
    "": Text(en="warranty unknown", zh="保修未知"),
}
_INTERVAL = Text(en="95 % interval", zh="95% 区间")
_GROUP = Text(en="{name} {cost} (n = {n} repairs)", zh="{name} {cost}（n = {n} 次维修）")
_GROUPS_WORDS = Text(en="Per machine-month: {groups}.{left}", zh="单台月成本：{groups}。{left}")
_LEFT = Text(
    en=" Left out: {n} repairs ({cost} in all) on machines for which this is not on record.",
    zh="未计入：{n} 次维修（共 {cost}），其设备的这一情况没有记录。",
)


def _groups(c: Context, shown: Sequence[Cost], names: Sequence[str], unknown: Sequence[Cost]) -> str:
    spoken = [
        c.say(_GROUP.format(name=name, cost=money(x.per_unit_month), n=count(x.repairs)))
        for x, name in zip(shown, names, strict=True)
    ]
    n = sum(x.repairs for x in unknown)
    left = _LEFT.format(n=count(n), cost=money(sum(x.total for x in unknown))) if n else Text(en="", zh="")
    return c.say(_GROUPS_WORDS.format(groups=("；" if c.language == "zh" else "; ").join(spoken), left=left))


def _draw_groups(c: Context, found: Sequence[Cost], called: dict[str, Text]) -> Drawn:
    shown = [x for x in found if x.unit_months]
    if not any(x.known for x in shown):
        return Drawn(None, nothing_of(c, "repair"))
    names = [c.say(called[x.name]) for x in shown]
    figure = _stack(c, shown, names, [_records(c)] * len(shown))
    words = _groups(c, shown, names, [x for x in found if not x.unit_months])
    return Drawn(figure, words, lambda: Table(_COLUMNS, _rows(found)), _records(c))


def _draw_warranty(c: Context) -> Drawn:
    return _draw_groups(c, by_warranty(c.reading, c.filters), _WARRANTY_NAMES)


def _draw_stages(c: Context) -> Drawn:
    return _draw_groups(c, by_stage(c.reading, c.filters, _stages(c)), STAGES)


def _stage_definition() -> Text:
    return Text(
        en=f"{PER_UNIT.definition.en} The stage is that of the machine’s age on the day, from the months of the setting unit_stages.{_MIX.en}",
        zh=f"{PER_UNIT.definition.zh}阶段按当日役龄划分，起始月数见设置 unit_stages。{_MIX.zh}",
    )


_WARRANTY_DEFINITION = Text(
    en=f"{PER_UNIT.definition.en} In warranty: until the machine’s warranty_end; a repair by its day, the machine’s months likewise.{_MIX.en}",
    zh=f"{PER_UNIT.definition.zh}保修期内：至设备 warranty_end 止；维修按其日期、设备月数按各日划分。{_MIX.zh}",
)
_MONTH_WORDS = Text(
    en="{cost} per machine-month over the period: parts {parts}, labour {labour}, travel {travel}; n = {n} repairs on {months} machine-months.",
    zh="期内单台月成本 {cost}：备件 {parts}、人工 {labour}、差旅 {travel}；n = {n} 次维修，{months} 设备·月。",
)


def _draw_months(c: Context) -> Drawn:
    starts, found = by_month(c.reading, c.filters)
    everything = whole(c.reading, c.filters)
    if not everything.known or everything.per_unit_month is None:
        return Drawn(None, nothing_of(c, "repair"))
    links = [link("/records", bucket(c.filters, d, "month", c.last_day), _DONE) for d in starts]
    figure = _stack(c, found, [x.name for x in found], links)
    words = _MONTH_WORDS.format(
        cost=money(everything.per_unit_month),
        **{nature: share(everything.of(nature) / everything.total if everything.total else 0.0) for nature in NATURES},
        n=count(everything.repairs),
        months=count(everything.unit_months or 0.0),
    )
    return Drawn(figure, c.say(words), lambda: Table(_COLUMNS, _rows(found)), _records(c))


_KINDS = Text(en="What do the kinds of service cost?", zh="各类服务成本如何？")
_KINDS_WORDS = Text(
    en="{n} repairs by service kind; {first} costs most in all ({cost}).{unknown}",
    zh="{n} 次维修按服务类别统计；{first} 总成本最高（{cost}）。{unknown}",
)
_UNKNOWN_COST = Text(en=" {n} repairs have no cost on record.", zh="{n} 次维修没有费用记录。")
_HEAD = (
    Text(en="Repairs", zh="维修次数"),
    Text(en="Cost", zh="成本"),
    Text(en="Per repair", zh="单次成本"),
    NATURE_NAMES["parts"],
    NATURE_NAMES["labour"],
    NATURE_NAMES["travel"],
)
_KIND = Text(en="Service kind", zh="服务类别")
_LINE = Text(en="Product line", zh="产品线")
_MONTHS = (Text(en="Machine-months", zh="设备·月"), Text(en="Per machine-month", zh="单台月成本"))


def _numbers(c: Context, x: Cost) -> list[Component]:
    parts = [c.say(share(x.of(n) / x.total)) if x.total else "—" for n in NATURES]
    return [count(x.repairs), money(x.total), money(x.per_repair), *parts]


def _draw_kinds(c: Context) -> Listed:
    found = by_kind(c.reading, c.filters)
    if not found:
        return Listed(nothing_of(c, "repair"), None)
    rows = [
        [
            dcc.Link(c.coded("service_kind", x.name), href=link("/records", replace(c.filters, service_kind=(x.name,)), _DONE)),
            *_numbers(c, x),
        ]
        for x in found
    ]  # fmt: skip
    most, silent = max(found, key=lambda x: x.total), sum(x.repairs - x.known for x in found)
    words = _KINDS_WORDS.format(
        n=count(sum(x.repairs for x in found)),
        first=c.coded("service_kind", most.name),
        cost=money(most.total),
        unknown=_UNKNOWN_COST.format(n=count(silent)) if silent else Text(en="", zh=""),
    )
    head = [c.say(h) for h in (_KIND, *_HEAD)]
    return Listed(c.say(words), table(head, rows, frozenset(range(1, 7))), _records(c))


def _kind_table(c: Context) -> Table:
    return Table(_COLUMNS, _rows(by_kind(c.reading, c.filters)))


_LINES = Text(en="Which product lines cost most per machine?", zh="哪些产品线单台成本最高？")
_LINES_WORDS = Text(
    en="{line} costs most per machine-month ({cost}); n = {n} repairs.",
    zh="{line} 单台月成本最高（{cost}）；n = {n} 次维修。",
)


def _draw_lines(c: Context) -> Listed:
    found = by_product_line(c.reading, c.filters)
    if not found:
        return Listed(nothing_of(c, "repair"), None)
    rows = [
        [
            dcc.Link(c.place("product_line", x.name), href=link("/records", replace(c.filters, product_line=(x.name,)), _DONE)),
            money(x.unit_months),
            money(x.per_unit_month),
            *_numbers(c, x),
        ]
        for x in found
    ]  # fmt: skip
    words = _LINES_WORDS.format(
        line=c.place("product_line", found[0].name),
        cost=money(found[0].per_unit_month),
        n=count(sum(x.repairs for x in found)),
    )
    head = [c.say(h) for h in (_LINE, *_MONTHS, *_HEAD)]
    return Listed(c.say(words), table(head, rows, frozenset(range(1, 9))), _records(c))


def _line_table(c: Context) -> Table:
    return Table(_COLUMNS, _rows(by_product_line(c.reading, c.filters)))


_APPROVALS = Text(en="Who approved prices and waivers, and had they to?", zh="价格与减免由谁审批？是否符合权限？")
_APPROVALS_DEFINITION = Text(
    en="Prices out of warranty and waivers decided in the period, by the bands of the settings price_approval_from and waiver_approval_from. Fits: approved by the role that the band asks for or by a higher one. Prices within warranty that were not waived have no rule.",
    zh="期内审批的保修期外价格与减免，按设置 price_approval_from 与 waiver_approval_from 的金额档划分。符合：由该档要求或更高的角色审批。保修期内未减免的价格无此规则。",
)
_APPROVALS_WORDS = Text(
    en="{n} prices and {waived} waivers worth {value}; {wrong} do not fit the rule.",
    zh="价格 {n} 笔、减免 {waived} 笔（{value}）；不符合规则 {wrong} 笔。",
)
_BAND_HEAD = (
    Text(en="What", zh="事项"),
    Text(en="Amount", zh="金额"),
    Text(en="To be approved by", zh="应由谁审批"),
)
_SUM, _WRONG = Text(en="Sum", zh="合计金额"), Text(en="Against the rule", zh="不符合规则")
_PRICE, _WAIVER = Text(en="price", zh="价格"), Text(en="waiver", zh="减免")
_FROM_TO = Text(en="{low} up to {high}", zh="{low} 至不足 {high}")
_FROM = Text(en="{low} and more", zh="{low} 及以上")
_OTHERS = Text(en="others, nobody", zh="其他或无人")
_FITS = Text(en="none", zh="无")
_MISFITS = Text(en="{ticket}: {amount}, {role}", zh="{ticket}：{amount}，{role}")


def _approvals(c: Context) -> tuple[tuple[Approval, ...], Rules]:
    rules = Rules.of(c.home.settings)
    return approvals(c.reading, c.filters, c.time_zone, rules), rules


def _draw_approvals(c: Context) -> Listed:
    found, rules = _approvals(c)
    if not found:
        return Listed(nothing_of(c, "price_approval"), None)
    roles, shown = bands(found, rules)
    rows: list[list[Component]] = []
    for band in shown:
        amount = (
            _FROM.format(low=count(band.low))
            if band.high is None
            else _FROM_TO.format(low=count(band.low), high=count(band.high))
        )
        rows.append(
            [
                c.say(_WAIVER if band.is_waived else _PRICE),
                c.say(amount),
                c.coded("approver_role", band.needed),
                *(count(n) if n else "" for n in band.by_role),
                money(band.amount),
                badge("bad", count(band.misfits)) if band.misfits else badge("good", c.say(_FITS)),
            ]
        )  # fmt: skip
    wrong = misfits(found, rules)
    named = [c.coded("approver_role", role) if role else c.say(_OTHERS) for role in roles]
    head = [*(c.say(h) for h in _BAND_HEAD), *named, c.say(_SUM), c.say(_WRONG)]
    body: list[Component] = [table(head, rows, frozenset(range(3, len(head) - 1)))]
    if wrong:
        body.append(html.Ul([_wrong(c, a) for a in wrong[:10]], className="plain"))
    waived = [a for a in found if a.is_waived]
    words = _APPROVALS_WORDS.format(
        n=count(len(found) - len(waived)),
        waived=count(len(waived)),
        value=money(sum(a.amount for a in waived)),
        wrong=count(len(wrong)),
    )
    return Listed(c.say(words), html.Div(body))


def _wrong(c: Context, a: Approval) -> Component:
    role = c.coded("approver_role", a.role) if a.role else c.say(UNKNOWN)
    words = c.say(_MISFITS.format(ticket=a.ticket_id, amount=money(a.amount), role=role))
    return html.Li([badge("bad", words), " ", dcc.Link(a.ticket_id, href=thing("/record", ticket=a.ticket_id))])


def _approval_table(c: Context) -> Table:
    found, rules = _approvals(c)
    order = rules.roles()
    rows = [
        [a.ticket_id, a.decided_on, a.amount, a.in_warranty, a.is_waived, a.role, a.needed, a.fits(order)]
        for a in found
    ]
    return Table(("ticket_id", "decided_on", "amount", "in_warranty", "waived", "role", "needed", "fits"), rows)


_BROKEN = Text(
    en="{n} of {all} prices and waivers were approved by somebody too low, the largest of {amount}.",
    zh="{all} 笔价格与减免中 {n} 笔审批权限不足，最大一笔 {amount}。",
)


def _findings(c: Context) -> Sequence[Finding]:
    found, rules = _approvals(c)
    wrong = misfits(found, rules)
    broken = (
        [Finding(_BROKEN.format(n=count(len(wrong)), all=count(len(found)), amount=money(wrong[0].amount)), len(found))]
        if wrong
        else []
    )
    return [*broken, *findings(c.reading, c.filters, _stages(c))]


VIEW = View(
    Text(en="Costs and prices", zh="成本与价格"),
    _cards,
    _findings,
    {
        "cost_months": Chart(
            Text(en="What does a machine cost each month?", zh="单台设备每月成本多少？"),
            PER_UNIT.definition,
            _draw_months,
            300,
        ),
        "cost_warranty": Chart(
            Text(en="What does a machine cost in and out of warranty?", zh="保修期内外单台成本各多少？"),
            _WARRANTY_DEFINITION,
            _draw_warranty,
            300,
        ),
        "cost_stages": Chart(
            Text(en="At which age does a machine cost most?", zh="哪个役龄阶段成本最高？"),
            _stage_definition(),
            _draw_stages,
            300,
        ),
        "cost_kinds": Listing(_KINDS, PER_JOB.definition, _draw_kinds, _kind_table, is_wide=False),
        "cost_lines": Listing(_LINES, PER_UNIT.definition, _draw_lines, _line_table),
        "approvals": Listing(_APPROVALS, _APPROVALS_DEFINITION, _draw_approvals, _approval_table),
    },
    silent=lambda c: None if is_delivered(c.reading, "price_approval") else silent_without("repair")(c),
)
