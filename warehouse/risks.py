"""What may go wrong next, as of the end of the records: each risk one function, with a count, the worst example, and where to look.

Risks are of now: of the filters the places apply, the period does not. Where no source delivers what a risk is judged by,
it says so in place of a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from bilingual.text import Text
from warehouse import actions, contracts, quality
from warehouse.early_warnings import FALSE_DISCOVERY_RATE, warnings
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count, elapsed, share
from warehouse.parts import Costs, plan
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.settings import Settings

_SERVICE = 0.95
NOTHING = Text(en="", zh="")


@dataclass(frozen=True)
class Rules:
    """The house's rules that risks are judged by: its contracts, hours to answer a complaint, cost of stock and when
    it is dead, time zone."""

    contracts: contracts.Rules
    answer_hours: float
    costs: Costs
    dead_months: int
    zone: str

    @classmethod
    def of(cls, s: Settings) -> Rules:
        """The rules of an installation."""
        costs = Costs(s.holding_cost_per_year, s.waiting_cost_per_day, s.order_cost)
        return cls(contracts.Rules.of(s), s.complaint_answer_hours, costs, s.dead_stock_months, s.time_zone)


@dataclass(frozen=True)
class Risk:
    """One risk. count: how many things are at risk; None where that is not known, `words` then says what is missing.

    level: how it stands where the count is not zero. worst: the worst example in words, with what names it (`example`, and
    for a cell its `place`). has_places: whether the filters of places apply.
    """

    name: str
    label: Text
    count: int | None
    words: Text
    level: Literal["bad", "warning"] = "warning"
    worst: Text = NOTHING
    example: str = ""
    place: str = ""
    has_places: bool = True

    @property
    def state(self) -> Literal["good", "warning", "bad", "neutral"]:
        """As a badge shows it."""
        if self.count is None:
            return "neutral"
        return self.level if self.count else "good"


def _ask(reading: Reading, name: str, filters: Filters, *parameters: object) -> tuple[object, ...]:
    """The one row that answers a question at the places of the filters."""
    conditions, places = filters.places()
    sql = question(name).format(places="".join(f" AND {condition}" for condition in conditions))
    return reading.rows(sql, [*parameters, *places])[0]


def _delivers(reading: Reading, relation: str, column: str) -> bool:
    """Whether any source says something of a column."""
    return bool(reading.rows(f"SELECT EXISTS (SELECT 1 FROM {relation} WHERE {column} IS NOT NULL)")[0][0])


_ACTIONS = Text(en="Overdue actions", zh="逾期措施")
_NO_ACTIONS = Text(
    en="No source delivers corrective actions; a register of actions would fill this.",
    zh="没有来源提供纠正措施；接入措施台账后即可显示。",
)
_OF_ACTIONS = Text(en="of {n} open actions with a due date", zh="共 {n} 项有期限的未完成措施")
_WORST_ACTION = Text(en="{action}: {days} d overdue, {owner}", zh="{action}：逾期 {days} 天，{owner}")


def overdue_actions(reading: Reading, filters: Filters, rules: Rules) -> Risk:
    """Actions that are not implemented and past their due date."""
    if not _delivers(reading, "core.action", "action_id"):
        return Risk("actions", _ACTIONS, None, _NO_ACTIONS)
    found = actions.due(reading, filters, rules.zone)
    words, worst, example = _OF_ACTIONS.format(n=count(found.overdue.n)), NOTHING, ""
    if found.late:
        action, days = found.late[0]
        worst = _WORST_ACTION.format(action=action.action_id, days=count(days), owner=action.owner or UNKNOWN)
        example = action.action_id
    return Risk("actions", _ACTIONS, len(found.late), words, "bad", worst, example)


_CRITICAL = Text(en="Critical failures open", zh="未关闭的严重故障")
_NO_SEVERITY = Text(
    en="No source says how severe failures are; a severity in the fault records would fill this.",
    zh="没有来源提供故障严重度；故障记录含严重度后即可显示。",
)
_OF_FAILURES = Text(en="of {n} open tickets with a failure", zh="共 {n} 张未关闭的故障工单")
_WORST_FAILURE = Text(en="{ticket}: {component}, open for {days} d", zh="{ticket}：{component}，已开 {days} 天")


@remembered
def critical_open(reading: Reading, filters: Filters, _rules: Rules) -> Risk:
    """Tickets with a critical failure that are not closed."""
    if not _delivers(reading, "core.fault", "severity"):
        return Risk("critical", _CRITICAL, None, _NO_SEVERITY)
    critical, every, ticket, days, component = _ask(reading, "critical_open", filters)
    worst = NOTHING
    if critical:
        worst = _WORST_FAILURE.format(ticket=ticket, component=component or UNKNOWN, days=f"{days:,.0f}")
    words = _OF_FAILURES.format(n=count(_whole(every)))
    return Risk("critical", _CRITICAL, _whole(critical), words, "bad", worst, str(ticket or ""))


_RESPONSE = Text(en="Open beyond the response target", zh="超出响应时限的未关闭工单")
_NO_TARGETS = Text(
    en="No open ticket has a response target; tickets with a service zone would fill this.",
    zh="没有未关闭工单具有响应时限；工单含服务区后即可显示。",
)
_OF_OPEN = Text(
    en="of {n} open; nobody came yet to {unanswered}; {soon} more fall due within a day",
    zh="共 {n} 张未关闭；其中 {unanswered} 张尚无人到场；另有 {soon} 张一天内到期",
)
_WORST_CALL = Text(en="{ticket}: due {time} ago, nobody there yet", zh="{ticket}：已超时 {time}，尚无人到场")


@remembered
def response_late(reading: Reading, filters: Filters, _rules: Rules) -> Risk:
    """Open tickets that nobody reached in time; those about to miss their target are told beside them."""
    if not _delivers(reading, "marts.ticket", "response_due_at"):
        return Risk("response", _RESPONSE, None, _NO_TARGETS)
    late, every, unanswered, soon, ticket, hours = _ask(reading, "response_late", filters, reading.as_of)
    words = _OF_OPEN.format(n=count(_whole(every)), unanswered=count(_whole(unanswered)), soon=count(_whole(soon)))
    worst = _WORST_CALL.format(ticket=ticket, time=elapsed(float(str(hours)))) if ticket else NOTHING
    return Risk("response", _RESPONSE, _whole(late), words, "bad", worst, str(ticket or ""))


_COMPLAINTS = Text(en="Complaints overdue", zh="逾期未答复的投诉")
_NO_COMPLAINTS = Text(
    en="No source delivers complaints; a complaint register would fill this.",
    zh="没有来源提供投诉；接入投诉台账后即可显示。",
)
_OF_COMPLAINTS = Text(en="of {n} that nobody answered yet", zh="共 {n} 件尚未答复")
_WORST_COMPLAINT = Text(en="{complaint}: {days} d overdue, {owner}", zh="{complaint}：逾期 {days} 天，{owner}")


@remembered
def complaints_overdue(reading: Reading, filters: Filters, rules: Rules) -> Risk:
    """Complaints that nobody answered by their due date, or within the house's hours where they have none."""
    if not _delivers(reading, "core.complaint", "complaint_id"):
        return Risk("complaints", _COMPLAINTS, None, _NO_COMPLAINTS)
    minutes = int(rules.answer_hours * 60)
    late, every, complaint, days, owner = _ask(reading, "complaints_overdue", filters, minutes, reading.as_of)
    worst = NOTHING
    if late:
        worst = _WORST_COMPLAINT.format(complaint=complaint, days=f"{days:,.0f}", owner=owner or UNKNOWN)
    words = _OF_COMPLAINTS.format(n=count(_whole(every)))
    return Risk("complaints", _COMPLAINTS, _whole(late), words, "bad", worst, str(complaint or ""))


_STOCK = Text(en="Parts running out", zh="即将断货的备件")
_NO_STOCK = Text(
    en="No part has both a stock and a use on record; a parts ledger would fill this.",
    zh="没有同时具备库存与用量记录的备件；接入配件台账后即可显示。",
)
_OF_PARTS = Text(
    en="of {n} parts with a forecast and a stock: more likely than not short before an order of today arrives",
    zh="共 {n} 种有预测和库存的备件：今日订货到货之前更可能短缺",
)
_WORST_PART = Text(
    en="{part}: {hand} on hand, {expected} expected in the lead time, short with {risk}",
    zh="{part}：现存 {hand}，提前期预计需 {expected}，短缺概率 {risk}",
)


def stock_running_out(reading: Reading, _filters: Filters, rules: Rules) -> Risk:
    """Parts whose demand over the lead time more likely than not exceeds what is on hand."""
    found = plan(reading, _SERVICE, rules.costs, rules.dead_months)
    known = [p for p in found.parts if p.risk is not None]
    if not known:
        return Risk("stock", _STOCK, None, _NO_STOCK, has_places=False)
    out, worst = found.flagged("out"), NOTHING
    if out:
        first = out[0]
        worst = _WORST_PART.format(
            part=f"{first.part_no} {first.name}".strip(),
            hand=f"{first.on_hand:,.0f}",
            expected=f"{first.expected:,.1f}",
            risk=share(first.risk or 0.0),
        )
    words = _OF_PARTS.format(n=count(len(known)))
    return Risk("stock", _STOCK, len(out), words, "warning", worst, out[0].part_no if out else "", has_places=False)


_CONTRACTS = Text(en="Contracts ending", zh="即将到期的合同")
_NO_CONTRACTS = Text(
    en="No source delivers contracts with an end; a contract register would fill this.",
    zh="没有来源提供含到期日的合同；接入合同台账后即可显示。",
)
_OF_CONTRACTS = Text(
    en="end within {months} months, and no other of the machine follows; {contact} are due for a contact",
    zh="{months} 个月内到期且该设备无后续合同；其中 {contact} 份应联系客户",
)
_WORST_CONTRACT = Text(en="{contract}: {customer}, ends {day}", zh="{contract}：{customer}，{day} 到期")


def contracts_ending(reading: Reading, filters: Filters, rules: Rules) -> Risk:
    """The renewal list: contracts and warranties that end soon without another that follows; the worst brings most."""
    if not _delivers(reading, "core.contract", "ends_at"):
        return Risk("contracts", _CONTRACTS, None, _NO_CONTRACTS)
    found = contracts.due(reading, filters, rules.contracts)
    contact = sum(due.contact > 0 for due in found)
    words, worst, example = (
        _OF_CONTRACTS.format(months=rules.contracts.list_months, contact=count(contact)),
        NOTHING,
        "",
    )
    if found:
        first = max(found, key=lambda due: due.price or 0.0)
        customer = first.customer_name or first.customer_id or UNKNOWN
        worst = _WORST_CONTRACT.format(contract=first.contract_id, customer=customer, day=first.ends_on)
        example = first.contract_id
    return Risk("contracts", _CONTRACTS, len(found), words, "warning", worst, example)


_WARNINGS = Text(en="Early warnings", zh="故障早期预警")
_NO_FAILURES = Text(
    en="The failures on record are too few or too recent to tell more from fewer.",
    zh="故障记录过少或过短，无法判断增减。",
)
_OF_CELLS = Text(
    en="of {n} cells (component × region) fail more than their past; at most {fdr} of them by chance",
    zh="共 {n} 个单元（部件 × 区域）中故障多于以往；其中误报期望不超过 {fdr}",
)
_WORST_CELL = Text(
    en="{item}, {place}: {observed} in three months, {expected} expected",
    zh="{item}，{place}：近三个月 {observed} 次，期望 {expected} 次",
)


def early_signals(reading: Reading, filters: Filters, _rules: Rules) -> Risk:
    """Cells of component and region that fail more lately than their own past."""
    found = warnings(reading, filters, "region")
    if found.reason:
        return Risk("warnings", _WARNINGS, None, _NO_FAILURES)
    words = _OF_CELLS.format(n=count(found.watched), fdr=f"{FALSE_DISCOVERY_RATE:.0%}")
    if not found.signals:
        return Risk("warnings", _WARNINGS, 0, words)
    cell = found.cells[0]
    worst = _WORST_CELL.format(
        item=cell.item or UNKNOWN,
        place=cell.place or UNKNOWN,
        observed=count(cell.observed),
        expected=f"{cell.expected:,.1f}",
    )
    return Risk("warnings", _WARNINGS, found.signals, words, "warning", worst, cell.item, cell.place)


_QUALITY = Text(en="Data to be corrected", zh="待更正的数据")
_OF_CHECKS = Text(
    en="{failed} checks failed, {quarantined} rows in quarantine, {rejected} deliveries rejected, {overdue} sources overdue",
    zh="{failed} 项检查未通过，{quarantined} 行被隔离，{rejected} 份文件被拒收，{overdue} 个来源逾期",
)
_WORST_SOURCE = Text(en="No new records from {source}", zh="{source} 无新记录")


def data_quality(reading: Reading, _filters: Filters, _rules: Rules) -> Risk:
    """What the snapshot says of its own quality, and sources that are overdue as of this moment."""
    verdict, overdue = quality.verdict(reading), quality.overdue_sources(reading)
    words = _OF_CHECKS.format(
        failed=count(verdict.failed),
        quarantined=count(verdict.quarantined),
        rejected=count(verdict.rejected),
        overdue=len(overdue),
    )
    findings = verdict.failed + verdict.rejected + bool(verdict.quarantined) + len(overdue)
    worst = _WORST_SOURCE.format(source=Text(en=overdue[0]["en"], zh=overdue[0]["zh"])) if overdue else NOTHING
    return Risk("quality", _QUALITY, findings, words, "warning", worst, has_places=False)


def _whole(value: object) -> int:
    return int(str(value or 0))


# In the order in which a manager acts on them; a new risk is a function and its place here.
RISKS: tuple[Callable[[Reading, Filters, Rules], Risk], ...] = (
    critical_open,
    response_late,
    complaints_overdue,
    overdue_actions,
    early_signals,
    stock_running_out,
    contracts_ending,
    data_quality,
)


def risks(reading: Reading, filters: Filters, rules: Rules) -> tuple[Risk, ...]:
    """All risks at the places of the filters."""
    places = replace(filters, start=None, end=None)
    return tuple(risk(reading, places, rules) for risk in RISKS)
