"""Tables of the page of fault closure: groups with their medians, owners of complaints, remarks of customers."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import thing
from dashboards.charts.closure_complaints import NO_COMPLAINTS, rules
from dashboards.charts.closure_groups import CHART as CURVES
from dashboards.charts.closure_groups import found_groups, groups_table, records, time
from dashboards.closure_look import PATH, called, grouped_by, place
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.picker import picker
from dashboards.context import Context
from dashboards.page import Component, Listed, Listing, Table
from dashboards.plain import dcc, html
from warehouse.closure_groups import PLACES, Group
from warehouse.closure_rules import (
    ANSWERED,
    CONFIRMED,
    REPORTED,
    Complaint,
    Kept,
    Remark,
    by_month,
    by_owner,
    complaints,
    kept,
    remarks,
)
from warehouse.metrics.evaluate import share_of
from warehouse.metrics.wording import UNKNOWN, count, elapsed, spoken

_REMARKS_SHOWN, _OVERDUE_SHOWN, _EXPORTED = 12, 8, 10_000
_NOTHING = Text(en="No ticket was opened in this selection.", zh="当前筛选下没有报修的工单。")
_BY = Text(en="Compare by", zh="比较")
_GROUP_HEAD = (
    Text(en="Tickets", zh="工单"),
    Text(en="Still open", zh="未关闭"),
    Text(en="Half closed by (95 %)", zh="关闭一半所需（95%）"),
    Text(en="90 % closed by", zh="关闭 90% 所需"),
    Text(en="Closed ÷ expected", zh="关闭 ÷ 期望"),
)
_GROUPS = Text(
    en="Groups by number of tickets. Closed ÷ expected: below 1 closes slower than if all were alike.",
    zh="按工单数排列。关闭 ÷ 期望：低于 1 表示比各组相同时更慢。",
)


def _group(c: Context, by: str, g: Group) -> list[Component]:
    bounds = f" ({c.say(time(g.low))} – {c.say(time(g.high))})" if g.low is not None or g.high is not None else ""
    return [
        dcc.Link(place(c, by, g.value), href=records(c, by, g)),
        count(g.n),
        count(g.n - g.closed),
        html.Span([html.B(c.say(time(g.median))), html.Span(bounds, className="quiet")]),
        c.say(time(g.p90)),
        f"{g.ratio:.2f}" if g.ratio is not None else "—",
    ]


def _draw_groups(c: Context) -> Listed:
    found, by = found_groups(c), grouped_by(c)
    if not found.groups:
        return Listed(c.say(_NOTHING), None)
    choice = picker(c, PATH, "window", c.say(_BY), [(p, c.say(called(p))) for p in PLACES], by)
    head = [c.say(called(by)), *(c.say(h) for h in _GROUP_HEAD)]
    body = table(head, [_group(c, by, g) for g in found.groups], frozenset(range(1, len(head))))
    return Listed(c.say(_GROUPS), html.Div([html.Div(choice, className="looks"), body], className="unbroken"))


_OWNER_HEAD = (
    Text(en="Owner", zh="责任人"),
    Text(en="Complaints", zh="投诉"),
    Text(en="Answered in time", zh="按时答复"),
    Text(en="Late", zh="逾期"),
    Text(en="Late by month", zh="各月逾期"),
    Text(en="Unanswered", zh="逾期未答复"),
    Text(en="Report in time, at least", zh="按时报告（下限）"),
    Text(en="Closed confirmed", zh="确认后关闭"),
)
_OWNERS = Text(
    en="{n} complaints raised in the period with {owners} owners; {late} were not answered within {hours:g} h. Months are those in which complaints were raised.",
    zh="期内提出的 {n} 起投诉由 {owners} 名责任人负责；{late} 起未在 {hours:g} 小时内答复。月份为投诉提出月份。",
)
_OVERDUE = Text(en="Unanswered and overdue:", zh="逾期未答复：")
_WAITING = Text(en="{complaint} ({time})", zh="{complaint}（{time}）")


def _late_by_month(found: list[Complaint]) -> str:
    """The months with late complaints, the last three of them."""
    late = [(month, k.late) for month, k in by_month(found).items() if k.late]
    return ", ".join(f"{month:%Y-%m}: {n}" for month, n in late[-3:])


def _shares(c: Context, k: Kept) -> list[str]:
    pairs = ((ANSWERED, k.answered), (REPORTED, k.reported), (CONFIRMED, k.confirmed))
    return [f"{c.say(spoken(m, share_of(m, *of).value))} (n = {count(of[1])})" if of[1] else "—" for m, of in pairs]


def _draw_owners(c: Context) -> Listed:
    found = complaints(c.reading, c.filters, rules(c))
    if not found:
        return Listed(c.say(NO_COMPLAINTS), None)
    owners = by_owner(found)
    rows = []
    for owner, k in owners.items():
        answered, reported, confirmed = _shares(c, k)
        late = _late_by_month([x for x in found if x.owner == owner])
        name = owner or c.say(UNKNOWN)
        rows.append(
            [name, count(k.complaints), answered, count(k.late), late, count(k.unanswered), reported, confirmed]
        )
    words = _OWNERS.format(
        n=count(len(found)), owners=len(owners), late=count(kept(found).late), hours=rules(c).answer_hours
    )
    body = table([c.say(h) for h in _OWNER_HEAD], rows, frozenset({1, 2, 3, 5, 6, 7}))
    # Nothing in it can be focused: the keyboard is to scroll it all the same.
    body["props"]["tabIndex"] = 0
    return Listed(c.say(words), html.Div([html.Div(body, className="unbroken"), _overdue(c, found)]))


def _overdue(c: Context, found: tuple[Complaint, ...]) -> Component:
    """The complaints that wait longest for their answer, each with the way to its ticket."""
    waiting = sorted((x for x in found if x.answered_in_time is False and not x.is_answered), key=lambda x: -x.hours)
    if not waiting:
        return None
    links: list[Component] = []
    for x in waiting[:_OVERDUE_SHOWN]:
        words = c.say(_WAITING.format(complaint=x.complaint_id, time=elapsed(x.hours)))
        links += [" ", dcc.Link(words, href=thing("/record", ticket=x.ticket_id)) if x.ticket_id else words]
    return html.P([c.say(_OVERDUE), *links], className="words")


def _owner_rows(c: Context) -> Table:
    found = complaints(c.reading, c.filters, rules(c))
    rows = [
        [owner, f"{month:%Y-%m}", k.complaints, *k.answered, k.late, k.unanswered, *k.reported, *k.confirmed]
        for owner in by_owner(found)
        for month, k in by_month(x for x in found if x.owner == owner).items()
    ]
    columns = ("owner", "month", "complaints", "answered_in_time", "answer_judged", "late", "unanswered")
    return Table((*columns, "reported_in_time", "report_judged", "confirmed", "confirmation_told"), rows)


_REMARKS = Text(
    en="{n} remarks in return visits of the period, {unhappy} by customers who were dissatisfied with something. Working days allowed for an answer: {days}. No record says when a remark was answered, so it cannot be judged. {due} are older than that; {taken} became a complaint later.",
    zh="期内回访收到意见 {n} 条，其中 {unhappy} 条来自对某项不满意的客户。规则要求在 {days} 个工作日内答复；没有记录注明意见何时答复，无法判断。{due} 条已超过该时限，{taken} 条其后转为投诉。",
)
_NO_REMARK = Text(en="No remark of a customer in this selection.", zh="当前筛选下没有客户意见。")
_REMARK_HEAD = (
    Text(en="Day", zh="日期"),
    Text(en="Ticket", zh="工单"),
    Text(en="Remark", zh="意见"),
    Text(en="Customer", zh="客户"),
    Text(en="Answer", zh="答复"),
)
_UNHAPPY = Text(en="dissatisfied", zh="不满意")
_DUE, _NOT_DUE = Text(en="was due", zh="已到期"), Text(en="not due yet", zh="未到期")
_TAKEN = Text(en="became a complaint", zh="已转投诉")


def _remark(c: Context, r: Remark) -> list[Component]:
    return [
        html.Span(r.said_on.isoformat(), className="day"),
        dcc.Link(r.ticket_id, href=thing("/record", ticket=r.ticket_id)),
        r.text,
        badge("warning", c.say(_UNHAPPY)) if r.is_unhappy else "",
        c.say(_TAKEN if r.is_taken_up else _DUE if r.is_due else _NOT_DUE),
    ]


def _draw_remarks(c: Context) -> Listed:
    found = remarks(c.reading, c.filters, rules(c), _REMARKS_SHOWN)
    if not found.n:
        return Listed(c.say(_NO_REMARK), None)
    words = _REMARKS.format(
        n=count(found.n),
        unhappy=count(found.unhappy),
        days=rules(c).remark_days,
        due=count(found.due),
        taken=count(found.taken_up),
    )
    body = table([c.say(h) for h in _REMARK_HEAD], [_remark(c, r) for r in found.first])
    return Listed(c.say(words), html.Div(body, className="listed"))


def _remark_rows(c: Context) -> Table:
    columns = ("ticket_id", "said_on", "remark", "dissatisfied", "answer_due", "became_a_complaint")
    every = remarks(c.reading, c.filters, rules(c), _EXPORTED).first
    return Table(columns, [[r.ticket_id, r.said_on, r.text, r.is_unhappy, r.is_due, r.is_taken_up] for r in every])


GROUPS = Listing(
    Text(en="How long does each take?", zh="各组需要多久？"), CURVES.definition, _draw_groups, groups_table
)
OWNERS = Listing(
    Text(en="Whose complaints are late?", zh="谁负责的投诉逾期？"),
    Text(
        en="Complaints raised in the period by the owner on record. Answered: within complaint_answer_hours. Report, at least: closed within complaint_report_days working days, as no record says when the owner reported. The export has each owner's months.",
        zh="期内提出的投诉，按登记的责任人。答复：在 complaint_answer_hours 内。报告（下限）：在 complaint_report_days 个工作日内关闭，因没有记录责任人何时报告。导出按责任人逐月列出。",
    ),
    _draw_owners,
    _owner_rows,
)
REMARKS = Listing(
    Text(en="What did customers remark, and is it answered?", zh="客户提了哪些意见，是否答复？"),
    Text(
        en="Remarks in return visits, one per ticket, those of dissatisfied customers first. Dissatisfied: any item graded dissatisfied or worse. Answer due: older than the working days of the setting remark_answer_days, by the calendar of the ticket's zone.",
        zh="回访中的客户意见，每张工单一条，不满意者在前。不满意：任一项目评为不满意或更差。答复到期：已超过设置 remark_answer_days 规定的工作日（按工单服务区日历）。",
    ),
    _draw_remarks,
    _remark_rows,
)
