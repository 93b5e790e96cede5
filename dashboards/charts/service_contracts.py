"""Which contracts come to an end, which lapsed, what covers the machines, and were new machines handed over complete?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.badge import State, badge
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.components.picker import picker
from dashboards.components.service_card import standing_card
from dashboards.context import Context
from dashboards.figures.intervals import intervals
from dashboards.figures.stacks import graded, standing
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.service_look import PATH, View, here, known_by, nothing_of, percent, silent_without, window_of
from warehouse.contracts import (
    CHECKS,
    COVERED,
    DUE,
    HANDED_OVER,
    LAPSED,
    RENEWED,
    SOON,
    Due,
    Installation,
    Rules,
    Step,
    checked,
    complete,
    covered,
    due,
    ended,
    findings,
    installations,
    lapsed,
    renewed,
)
from warehouse.filters import Filters
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import count, share
from warehouse.records import Selection
from warehouse.service_findings import Finding, as_value, is_delivered, share_of

_LOOK = "contracts"
_MOST = 20


def _rules(c: Context) -> Rules:
    return Rules.of(c.home.settings)


def _handed(c: Context, filters: Filters | None = None) -> tuple[Installation, ...]:
    return installations(c.reading, filters or c.filters, c.time_zone, _rules(c).maintenance_days)


def _counted(measure: Measure, n: int) -> Value:
    return Value(measure.name, float(n), n, float(n))


_NO_COVER = Text(
    en="No source says what covers machines: contracts (entity contract) or the end of warranty (field warranty_end of the entity asset) would fill this.",
    zh="没有数据源说明设备的保障：提供合同（实体 contract）或保修截止日（实体 asset 的字段 warranty_end）后，此处即有内容。",
)


def _tells_cover(c: Context) -> bool:
    return is_delivered(c.reading, "contract") or is_delivered(c.reading, "asset", "warranty_end")


def _cover(c: Context, value: Value) -> Value:
    """The value, unless nobody says which machines are covered: that none is on record does not make it none."""
    return value if _tells_cover(c) else Value(value.measure, None, 0, reason=_NO_COVER)


def _cards(c: Context) -> Sequence[Component]:
    rules = _rules(c)
    listed = due(c.reading, c.filters, rules)
    cover = [sum(n) for n in zip(*covered(c.reading, c.filters).values(), strict=True)] or [0, 0, 0]
    renewals = renewed(ended(c.reading, c.filters, rules.renewed_days))
    before = {}
    if c.before:
        before = {
            RENEWED.name: as_value(RENEWED, renewed(ended(c.reading, c.before, rules.renewed_days))),
            LAPSED.name: _counted(LAPSED, len(lapsed(c.reading, c.before))),
            HANDED_OVER.name: as_value(HANDED_OVER, complete(_handed(c, c.before))),
        }
    as_it_stands = [
        (DUE, known_by(c, "contract", _counted(DUE, len(listed))), "list"),
        (SOON, known_by(c, "contract", _counted(SOON, sum(d.step != "list" for d in listed))), "soon"),
        (COVERED, _cover(c, as_value(COVERED, share_of(cover[0] + cover[1], sum(cover)))), ""),
    ]
    of_period = [
        (RENEWED, as_value(RENEWED, renewals)),
        (LAPSED, known_by(c, "contract", _counted(LAPSED, len(lapsed(c.reading, c.filters))))),
        (HANDED_OVER, as_value(HANDED_OVER, complete(_handed(c)))),
    ]
    return [
        *(standing_card(m, v, here(c, _LOOK, window), c.language) for m, v, window in as_it_stands),
        *(kpi_card(m, v, before.get(m.name), (), here(c, _LOOK), c.language) for m, v in of_period),
    ]


_DUE = Text(en="Whom to call about renewal, and when?", zh="该联系谁续约？何时联系？")
_DUE_DEFINITION = Text(
    en="Contracts and warranty cards that end within contract_list_months of the snapshot and that nothing follows yet on the same machine. Until contract_contact_months before the end they are only listed; then the customer is contacted, and again every week. Whether a contact took place is not on record. The period does not apply.",
    zh="快照日起 contract_list_months 个月内到期、同一设备尚无后续合同的合同与保修卡。到期前 contract_contact_months 个月起首次联系客户，此后每周一次，之前仅列入清单。是否已联系没有记录。不受时段筛选影响。",
)
_DUE_WORDS = Text(
    en="{shown} of {n} contracts, the next to end first; {soon} of them are to be contacted now. At stake: {value} a year.",
    zh="共 {n} 份，显示 {shown} 份，最先到期在前；其中 {soon} 份现在应联系。涉及年金额 {value}。",
)
_DUE_HEAD = (
    Text(en="Ends", zh="到期"),
    Text(en="Customer", zh="客户"),
    Text(en="Machine", zh="设备"),
    Text(en="Kind", zh="类型"),
    Text(en="Price", zh="金额"),
    Text(en="What to do", zh="应做"),
)
_STEPS: dict[Step, tuple[State, Text]] = {
    "list": ("neutral", Text(en="listed; first contact on {on}", zh="列入清单；{on} 首次联系")),
    "first": ("warning", Text(en="first contact, since {on}", zh="首次联系（自 {on} 起）")),
    "weekly": ("bad", Text(en="contact no. {n}, since {on}", zh="第 {n} 次联系（自 {on} 起）")),
}
_DUE_LISTS = {
    "": Text(en="all", zh="全部"),
    "soon": Text(en="to be contacted", zh="应联系"),
    "list": Text(en="only listed", zh="仅列入清单"),
}
_PICK = Text(en="Show", zh="显示")


def _machine(c: Context, asset_id: str, serial_no: str, model: str) -> Component:
    """A machine with the way to its tickets of all time."""
    if not asset_id:
        return "—"
    href = link("/records", replace(c.filters, start=None), Selection(asset_id=asset_id))
    model_of = html.Span(f" {model}", className="quiet")
    return html.Span([dcc.Link(serial_no or asset_id, href=href), model_of], className="machine")


def _due_shown(c: Context) -> tuple[Due, ...]:
    window = window_of(c)
    found = due(c.reading, c.filters, _rules(c))
    if window in ("soon", "list"):
        return tuple(d for d in found if (d.step == "list") == (window == "list"))
    return found


def _draw_due(c: Context) -> Listed:
    found, shown = due(c.reading, c.filters, _rules(c)), _due_shown(c)
    if not found:
        return Listed(nothing_of(c, "contract"), None)
    rows = []
    for d in shown[:_MOST]:
        state, words = _STEPS[d.step]
        rows.append(
            [
                d.ends_on.isoformat(),
                dcc.Link(d.customer_name or d.customer_id, href=link(PATH, replace(c.filters, customer=(d.customer_id,)), look=_LOOK)),
                _machine(c, d.asset_id, d.serial_no, d.model),
                c.coded("contract_kind", d.kind),
                count(d.price) if d.price else "—",
                badge(state, c.say(words.format(n=d.contact, on=d.on.isoformat()))),
            ]
        )  # fmt: skip
    window = window_of(c) if window_of(c) in _DUE_LISTS else ""
    options = [(name, c.say(words)) for name, words in _DUE_LISTS.items()]
    choice = html.Div(picker(c, PATH, "window", c.say(_PICK), options, window), className="pickers")
    words = _DUE_WORDS.format(
        shown=count(len(rows)),
        n=count(len(shown)),
        soon=count(sum(d.step != "list" for d in shown)),
        value=count(sum(d.price or 0 for d in shown)),
    )
    return Listed(c.say(words), html.Div([choice, table([c.say(h) for h in _DUE_HEAD], rows, frozenset({4}))]))


def _due_table(c: Context) -> Table:
    columns = (
        "contract_id", "kind", "ends_on", "price", "asset_id", "serial_no", "model", "region", "customer_id",
        "customer_name", "step", "contact", "on",
    )  # fmt: skip
    return Table(columns, [[getattr(d, name) for name in columns] for d in _due_shown(c)])


_LAPSED = Text(en="Who still calls without a contract?", zh="哪些脱保设备仍在报修？")
_LAPSED_WORDS = Text(
    en="{shown} of {n} machines that called after their last contract or warranty card ended; {calls} calls in the period.",
    zh="共 {n} 台设备在最后一份合同或保修卡到期后报修，显示 {shown} 台；期内报修 {calls} 次。",
)
_LAPSED_HEAD = (
    Text(en="Machine", zh="设备"),
    Text(en="Customer", zh="客户"),
    Text(en="Last cover", zh="最后保障"),
    Text(en="Ended", zh="到期"),
    Text(en="Calls since, in the period", zh="期内脱保报修"),
    Text(en="Last call", zh="最近报修"),
)


def _draw_lapsed(c: Context) -> Listed:
    found = lapsed(c.reading, c.filters)
    if not found:
        return Listed(nothing_of(c, "contract"), None)
    rows = [
        [
            _machine(c, m.asset_id, m.serial_no, m.model),
            dcc.Link(m.customer_name or m.customer_id, href=link(PATH, replace(c.filters, customer=(m.customer_id,)), look=_LOOK)),
            c.coded("contract_kind", m.kind),
            m.ended_on.isoformat(),
            count(m.calls),
            m.last_call.isoformat(),
        ]
        for m in found[:15]
    ]  # fmt: skip
    words = _LAPSED_WORDS.format(shown=len(rows), n=count(len(found)), calls=count(sum(m.calls for m in found)))
    return Listed(c.say(words), table([c.say(h) for h in _LAPSED_HEAD], rows, frozenset({4})))


def _lapsed_table(c: Context) -> Table:
    columns = (
        "asset_id", "serial_no", "model", "region", "customer_id", "customer_name", "kind", "ended_on", "price", "calls",
        "last_call",
    )  # fmt: skip
    return Table(columns, [[getattr(m, name) for name in columns] for m in lapsed(c.reading, c.filters)])


_ENDED_WORDS = Text(
    en="{share} of {n} contracts and warranty cards that ended in the period (at least {days} days ago) were followed by another.",
    zh="期内到期（已满 {days} 天）的 {n} 份合同与保修卡中 {share} 有后续合同。",
)
_RENEWED_OR_NOT = (Text(en="renewed", zh="已续约"), Text(en="not renewed", zh="未续约"))
_CONTRACTS = Text(en="contracts", zh="合同数")


def _draw_ended(c: Context) -> Drawn:
    days = _rules(c).renewed_days
    found = ended(c.reading, c.filters, days)
    whole = renewed(found)
    if whole.value is None:
        return Drawn(None, nothing_of(c, "contract"))
    n, k = Counter[str](), Counter[str]()
    for _, month, all_of, again in found:
        n[month.strftime("%Y-%m")] += all_of
        k[month.strftime("%Y-%m")] += again
    months = sorted(n)
    figure = standing(
        months,
        ("contract", "internal"),
        [c.say(w) for w in _RENEWED_OR_NOT],
        [[k[m] for m in months], [n[m] - k[m] for m in months]],
        [[here(c, _LOOK)] * len(months)] * 2,
        0,
        c.say(_CONTRACTS),
    )
    words = _ENDED_WORDS.format(share=share(whole.value), n=count(whole.n), days=days)
    rows = [[kind, month, all_of, again] for kind, month, all_of, again in found]
    return Drawn(figure, c.say(words), lambda: Table(("kind", "month", "ended", "renewed"), rows))


_COVERED_WORDS = Text(
    en="{share} of {n} machines in service are covered: {warranty} by warranty, {contract} by contract. On the day of the snapshot.",
    zh="快照日 {n} 台在用设备中 {share} 在保：保修期内 {warranty} 台，合同期内 {contract} 台。",
)
_COVERS = (
    Text(en="under warranty", zh="保修期内"),
    Text(en="under contract", zh="合同期内"),
    Text(en="neither", zh="均无"),
)


def _draw_covered(c: Context) -> Drawn:
    found = covered(c.reading, c.filters)
    if not found:
        return Drawn(None, nothing_of(c, "asset"))
    if not _tells_cover(c):
        return Drawn(None, c.say(_NO_COVER))
    lines = sorted(found, key=lambda line: -sum(found[line]))
    figure = graded(
        [c.place("product_line", line) for line in lines],
        [c.say(w) for w in _COVERS],
        [[found[line][i] / sum(found[line]) for line in lines] for i in range(3)],
        [[found[line][i] for line in lines] for i in range(3)],
        here(c, _LOOK),
    )
    whole = [sum(n) for n in zip(*found.values(), strict=True)]
    words = _COVERED_WORDS.format(
        share=share((whole[0] + whole[1]) / sum(whole)),
        n=count(sum(whole)),
        warranty=count(whole[0]),
        contract=count(whole[1]),
    )
    rows = [[line, *found[line]] for line in lines]
    return Drawn(figure, c.say(words), lambda: Table(("product_line", "warranty", "contract", "none"), rows))


_CHECKS_WORDS = Text(
    en="{n} machines were commissioned in the period; {share} were handed over complete (training, acceptance, parameters).",
    zh="期内装机 {n} 台，其中 {share} 交付完整（培训、验收、参数）。",
)
_PASSED = Text(en="in order, 95 %", zh="合格率，95%")
_HOVER = Text(en="{name}: {share}, n = {n}", zh="{name}：{share}，n = {n}")
_HANDED_DEFINITION = Text(
    en="Machines commissioned in the period. First maintenance in time: the first planned after commissioning was done by its planned date plus the days of the setting first_maintenance_days; one not due yet counts in neither.",
    zh="期内装机的设备。首次保养按时：装机后首个计划保养在计划日期加设置 first_maintenance_days 天内完成；尚未到期的不计。",
)


def _draw_checks(c: Context) -> Drawn:
    handed = _handed(c)
    if not handed:
        return Drawn(None, nothing_of(c, "installation"))
    found = [(c.say(CHECKS[name][0]), s) for name, s in checked(handed).items() if s.value is not None]
    figure = intervals(
        [name for name, _ in found],
        [s for _, s in found],
        [None] * len(found),
        [c.say(_HOVER.format(name=name, share=percent(c, s), n=count(s.n))) for name, s in found],
        [here(c, _LOOK)] * len(found),
        (c.say(_PASSED), ""),
    )
    whole = complete(handed)
    words = _CHECKS_WORDS.format(n=count(whole.n), share=share(whole.value or 0.0))
    rows = [[name, s.n, s.k, s.value, s.low, s.high] for name, s in checked(handed).items()]
    return Drawn(figure, c.say(words), lambda: Table(("check", "known", "in_order", "share", "low", "high"), rows))


_INCOMPLETE = Text(en="Which new machines are not in order?", zh="哪些新装设备交付不完整？")
_INCOMPLETE_WORDS = Text(
    en="{shown} of {n} machines commissioned in the period on which something is missing, the latest first.",
    zh="期内装机中有缺项的 {n} 台，显示 {shown} 台，最新在前。",
)
_COMPLETE_WORDS = Text(
    en="All {n} machines commissioned in the period are in order.", zh="期内装机的 {n} 台设备均符合要求。"
)
_INSTALLED = (Text(en="Commissioned", zh="装机日期"), Text(en="Machine", zh="设备"))
_YES, _NO, _NOT_YET = Text(en="yes", zh="是"), Text(en="no", zh="否"), Text(en="—", zh="—")


def _missing(found: Sequence[Installation]) -> list[Installation]:
    return [i for i in found if any(passed(i) is False for _, passed in CHECKS.values())]


def _draw_incomplete(c: Context) -> Listed:
    handed = _handed(c)
    if not handed:
        return Listed(nothing_of(c, "installation"), None)
    found = _missing(handed)
    if not found:
        return Listed(c.say(_COMPLETE_WORDS.format(n=count(len(handed)))), None)

    def cell(passed: bool | None) -> Component:
        return c.say(_NOT_YET) if passed is None else c.say(_YES) if passed else badge("bad", c.say(_NO))

    rows = [
        [
            i.commissioned_on.isoformat(),
            _machine(c, i.asset_id, i.serial_no, i.model),
            *(cell(passed(i)) for _, passed in CHECKS.values()),
        ]
        for i in found[:8]
    ]
    head = [c.say(h) for h in (*_INSTALLED, *(words for words, _ in CHECKS.values()))]
    return Listed(c.say(_INCOMPLETE_WORDS.format(shown=len(rows), n=count(len(found)))), table(head, rows))


def _handed_table(c: Context) -> Table:
    columns = (
        "asset_id", "serial_no", "model", "region", "technician_id", "commissioned_on", "training_done", "is_accepted",
        "parameters_ok", "planned_on", "done_on", "is_in_time",
    )  # fmt: skip
    return Table(columns, [[getattr(i, name) for name in columns] for i in _handed(c)])


def _findings(c: Context) -> Sequence[Finding]:
    return findings(c.reading, c.filters, _rules(c), _handed(c))


VIEW = View(
    Text(en="Contracts", zh="合同与装机"),
    _cards,
    _findings,
    {
        "due": Listing(_DUE, _DUE_DEFINITION, _draw_due, _due_table),
        "ended": Chart(
            Text(en="Are contracts renewed?", zh="合同续约情况如何？"), RENEWED.definition, _draw_ended, 280
        ),
        "covered": Chart(
            Text(en="What covers the machines?", zh="设备保障情况如何？"), COVERED.definition, _draw_covered, 280
        ),
        "lapsed": Listing(_LAPSED, LAPSED.definition, _draw_lapsed, _lapsed_table),
        "handed_over": Chart(
            Text(en="Are new machines handed over in order?", zh="新设备交付是否规范？"),
            _HANDED_DEFINITION,
            _draw_checks,
            260,
        ),
        "incomplete": Listing(_INCOMPLETE, _HANDED_DEFINITION, _draw_incomplete, _handed_table, is_wide=False),
    },
    silent=lambda c: None if is_delivered(c.reading, "installation") else silent_without("contract")(c),
)
