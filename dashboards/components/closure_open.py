"""Two tables of what is open: who waits for dispatch in which order, and who holds the open tickets."""

from __future__ import annotations

from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.closure_look import PATH, called, held_by, here, place
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.person import full_name
from dashboards.components.picker import picker
from dashboards.context import Context
from dashboards.page import Component, Listed, Listing, Table
from dashboards.plain import dcc, html
from warehouse.closure_dispatch import Waiting, queue
from warehouse.closure_owners import HOLDERS, Held, Ticket, held, tickets_of
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count, elapsed, share
from warehouse.records import Selection
from warehouse.service_findings import is_delivered
from warehouse.technicians import technicians

_QUEUED, _HELD, _TICKETS, _EXPORTED = 15, 20, 50, 10_000
_LABELS = {name: field.label for name, field in entities()["ticket"].fields.items()}
_WAITED = Text(en="Waiting for", zh="已等待")
_QUEUE_HEAD = (
    Text(en="No.", zh="序"),
    _LABELS["ticket_id"],
    _LABELS["opened_at"],
    _WAITED,
    _LABELS["priority"],
    Text(en="Region, zone", zh="区域与服务区"),
    _LABELS["site"],
    _LABELS["symptom"],
)
_QUEUE = Text(
    en="{n} calls wait for dispatch as of {day}, whenever they came; {carried} were left over from days before and come first, oldest on top.{more}",
    zh="截至 {day} 有 {n} 次报修待派工，不论何时报修；其中 {carried} 次此前遗留，排在最前，先报先派。{more}",
)
_MORE = Text(en=" Shown are the first {n}; the export has all.", zh="此处显示前 {n} 条，导出包含全部。")
_EMPTY = Text(en="Nobody waits for dispatch in this selection.", zh="当前筛选下没有待派工的报修。")
_UNTOLD = Text(
    en="No source delivers when tickets were dispatched (field dispatched_at of the entity ticket), so nobody can tell which wait for it.",
    zh="没有来源提供派工时间（实体 ticket 的字段 dispatched_at），无法判断哪些报修待派工。",
)
_CARRIED = Text(en="left over", zh="遗留")
_TODAY = Text(en="of its day", zh="当日")


def _ever(filters: Filters) -> Filters:
    return replace(filters, start=None, end=None)


def _waiting(c: Context, number: int, w: Waiting) -> list[Component]:
    return [
        count(number),
        html.Span(
            [
                dcc.Link(w.ticket_id, href=thing("/record", ticket=w.ticket_id)),
                " ",
                badge("warning", c.say(_CARRIED)) if w.is_carried_over else badge("neutral", c.say(_TODAY)),
            ]
        ),
        c.local(w.opened_at),
        c.say(elapsed(w.hours_open)),
        c.shown("ticket", "priority", w.priority),
        f"{c.place('region', w.region)} · {c.coded('zone', w.zone)}",
        w.site,
        w.symptom,
    ]


def _draw_queue(c: Context) -> Listed:
    if not is_delivered(c.reading, "ticket", "dispatched_at"):
        return Listed(c.say(_UNTOLD), None)
    found = queue(c.reading, c.filters, _QUEUED)
    if not found.waiting:
        return Listed(c.say(_EMPTY), None)
    more = c.say(_MORE.format(n=_QUEUED)) if found.waiting > _QUEUED else ""
    words = c.say(_QUEUE).format(
        n=count(found.waiting), carried=count(found.carried_over), day=c.last_day.isoformat(), more=more
    )
    rows = [_waiting(c, i, w) for i, w in enumerate(found.calls, 1)]
    body = table([c.say(h) for h in _QUEUE_HEAD], rows, frozenset({0, 3}))
    return Listed(
        words, html.Div(body, className="unbroken"), link("/records", _ever(c.filters), Selection(is_open=True))
    )


def _queue_rows(c: Context) -> Table:
    columns = ("position", "ticket_id", "opened_at", "hours_waiting", "left_over", "priority", "zone", "region")
    rows = [
        [
            *(i, w.ticket_id, c.local(w.opened_at), w.hours_open, w.is_carried_over),
            *(w.priority, w.zone, w.region, w.site, w.symptom),
        ]
        for i, w in enumerate(queue(c.reading, c.filters, _EXPORTED).calls, 1)
    ]
    return Table((*columns, "site", "symptom"), rows)


_HOLDERS = Text(
    en="{n} tickets are open as of {day}, whenever they were opened. {named} hold them by {by}; the first {most} hold {share}.{nobody}{more}",
    zh="截至 {day} 共有 {n} 张工单未关闭，不论何时报修。按{by}共 {named} 个持有者，前 {most} 个持有 {share}。{nobody}{more}",
)
_NO_HOLDERS = Text(
    en="{n} tickets are open as of {day}, whenever they were opened; of none it is on record who holds it by {by}.",
    zh="截至 {day} 共有 {n} 张工单未关闭，不论何时报修；均未登记所属{by}。",
)
_NOBODY = Text(en=" {n} have no holder on record.", zh="{n} 张未登记归属。")
_MORE_HOLDERS = Text(
    en=" Shown are the {n} with the most; the export has all.", zh="此处显示最多的 {n} 个，导出包含全部。"
)
_NOTHING = Text(en="Nothing is open in this selection.", zh="当前筛选下没有未关闭的工单。")
_HELD_HEAD = (
    Text(en="Open", zh="未关闭"),
    Text(en="Median age", zh="时长中位数"),
    Text(en="Oldest", zh="最久"),
    Text(en="Over 30 d", zh="超过 30 天"),
    Text(en="Response beyond target", zh="响应超目标"),
)
_OF = Text(en="{missed} of {judged} ({share})", zh="{judged} 张中 {missed} 张（{share}）")
_BY = Text(en="Holders", zh="归属")
_BACK = Text(en="Back to all", zh="返回全部")
_TICKETS_OF = Text(
    en="{n} open tickets of {name}, oldest first.{more}",
    zh="{name} 的未关闭工单 {n} 张，最久者在前。{more}",
)
_TICKET_HEAD = (
    _LABELS["ticket_id"],
    _LABELS["opened_at"],
    Text(en="Open for", zh="已开"),
    _LABELS["priority"],
    _LABELS["status"],
    Text(en="Region, zone", zh="区域与服务区"),
    _LABELS["symptom"],
    Text(en="Response", zh="响应"),
)
_MET = {True: Text(en="within target", zh="达标"), False: Text(en="beyond target", zh="超目标")}


def _name(c: Context, holder: str) -> str:
    by = held_by(c)
    if not holder:
        return c.say(UNKNOWN)
    return (
        full_name(holder, technicians(c.reading))
        if by == "technician"
        else holder
        if by == "team"
        else place(c, by, holder)
    )


def _asked_for(c: Context) -> Held | None:
    """The holder whose tickets the address asks for; None where none is, or one that holds nothing."""
    key = c.query.argument("key")
    return next((h for h in held(c.reading, c.filters, held_by(c)) if h.holder == key), None)


def _holder(c: Context, h: Held) -> list[Component]:
    beyond = (
        _OF.format(missed=count(h.missed), judged=count(h.judged), share=share(h.missed / h.judged))
        if h.judged
        else None
    )
    return [
        dcc.Link(_name(c, h.holder), href=here(c, "open", window=held_by(c), key=h.holder)),
        count(h.n),
        c.say(elapsed(h.median_hours)),
        c.say(elapsed(h.oldest_hours)),
        count(h.old),
        c.say(beyond) if beyond else "—",
    ]


def _ticket(c: Context, t: Ticket) -> list[Component]:
    return [
        dcc.Link(t.ticket_id, href=thing("/record", ticket=t.ticket_id)),
        c.local(t.opened_at),
        c.say(elapsed(t.hours_open)),
        c.shown("ticket", "priority", t.priority),
        c.shown("ticket", "status", t.status),
        f"{c.place('region', t.region)} · {c.coded('zone', t.zone)}",
        t.symptom,
        c.say(_MET[t.response_met]) if t.response_met is not None else "—",
    ]


def _draw_holders(c: Context) -> Listed:
    by, found = held_by(c), held(c.reading, c.filters, held_by(c))
    if not found:
        return Listed(c.say(_NOTHING), None)
    records = link("/records", _ever(c.filters), Selection(is_open=True))
    choice = picker(c, PATH, "window", c.say(_BY), [(h, c.say(called(h))) for h in HOLDERS], by)
    one = _asked_for(c)
    if one is not None:
        return _tickets_of(c, one, choice, records)
    n, named = sum(h.n for h in found), [h for h in found if h.holder]
    most = min(3, len(named))
    nobody = n - sum(h.n for h in named)
    words = c.say(_HOLDERS if named else _NO_HOLDERS).format(
        n=count(n),
        day=c.last_day.isoformat(),
        named=count(len(named)),
        by=c.say(called(by)) if c.language == "zh" else c.say(called(by)).lower(),
        most=most,
        share=c.say(share(sum(h.n for h in named[:most]) / n)),
        nobody=c.say(_NOBODY.format(n=count(nobody))) if nobody else "",
        more=c.say(_MORE_HOLDERS.format(n=_HELD)) if len(found) > _HELD else "",
    )
    head = [c.say(called(by)), *(c.say(h) for h in _HELD_HEAD)]
    body = table(head, [_holder(c, h) for h in found[:_HELD]], frozenset(range(1, len(head))))
    return Listed(words, html.Div([html.Div(choice, className="looks"), body], className="unbroken"), records)


def _tickets_of(c: Context, one: Held, choice: Component, records: str) -> Listed:
    """The tickets of one holder, and the way back."""
    back = dcc.Link(c.say(_BACK), href=here(c, "open", window=held_by(c)), className="tool")
    shown = tickets_of(c.reading, c.filters, held_by(c), one.holder, _TICKETS)
    more = c.say(_MORE.format(n=_TICKETS)) if one.n > _TICKETS else ""
    words = c.say(_TICKETS_OF).format(n=count(one.n), name=_name(c, one.holder), more=more)
    body = table([c.say(h) for h in _TICKET_HEAD], [_ticket(c, t) for t in shown], frozenset({2}))
    return Listed(words, html.Div([html.Div([choice, back], className="looks"), body], className="unbroken"), records)


def _holder_rows(c: Context) -> Table:
    by, one = held_by(c), _asked_for(c)
    if one is not None:
        columns = ("ticket_id", "opened_at", "hours_open", "priority", "status", "zone", "region", "symptom")
        rows = [
            [
                t.ticket_id,
                c.local(t.opened_at),
                t.hours_open,
                t.priority,
                t.status,
                t.zone,
                t.region,
                t.symptom,
                t.response_met,
            ]
            for t in tickets_of(c.reading, c.filters, by, one.holder, _EXPORTED)
        ]
        return Table((*columns, "response_met"), rows)
    columns = (by, "name", "open", "median_hours", "oldest_hours", "over_30_days", "response_missed", "response_judged")
    return Table(
        columns,
        [
            [h.holder, _name(c, h.holder), h.n, h.median_hours, h.oldest_hours, h.old, h.missed, h.judged]
            for h in held(c.reading, c.filters, by)
        ],
    )


QUEUE = Listing(
    Text(en="Who waits for dispatch, in which order?", zh="谁在等待派工，按什么顺序？"),
    Text(
        en="Open tickets with no dispatch, arrival or resolution on record. Rule: a call not dispatched the same day is first in the next day's queue. The period does not apply.",
        zh="没有派工、到达、修复记录的未关闭工单。规则：当日未派工的报修列为次日之首。不受时段筛选影响。",
    ),
    _draw_queue,
    _queue_rows,
)
OWNERS = Listing(
    Text(en="Who holds what is open, and how old is it?", zh="未关闭的工单在谁手里，已有多久？"),
    Text(
        en="Tickets without a closing time at the as-of instant by whom they name (team: that of the technician); the period does not apply. Beyond target: not arrived within the zone's response target, of those whose target has fallen due or was met. Ages since opening, clock time.",
        zh="数据截止时刻尚无关闭时间的工单，按其登记的归属（班组：技术员所在班组）；不受时段筛选影响。超目标：未在服务区响应目标内到达，占目标已到期或已达标者。时长为报修以来的自然时间。",
    ),
    _draw_holders,
    _holder_rows,
)
