"""Which complaints come, are they answered in time and closed by the rule, and whose are overdue?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.components.picker import picker
from dashboards.context import Context
from dashboards.figures.course import course
from dashboards.figures.intervals import intervals
from dashboards.figures.stacks import standing
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.service_look import PATH, View, here, known_by, nothing_of, percent, silent_without, window_of
from warehouse.complaints import (
    ANSWERED,
    COMPLAINTS,
    CONFIRMED,
    LISTS,
    OPEN,
    OVERDUE,
    Complaint,
    by_class,
    by_owner,
    by_region,
    by_rule,
    complaints,
    findings,
    in_time,
    listed,
    overdue,
)
from warehouse.filters import Filters
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.service_findings import Finding, Share, as_value

_LOOK = "complaints"
_MOST, _MONTHS = 20, 6


def _all(c: Context, filters: Filters | None = None) -> tuple[Complaint, ...]:
    return complaints(c.reading, filters or c.filters, c.time_zone, c.home.settings.complaint_answer_hours)


def _values(found: Sequence[Complaint]) -> list[tuple[Measure, Value, str]]:
    """Every card's measure and value, and the list that shows what it counts."""
    n, still = len(found), sum(not x.is_closed for x in found)
    return [
        (COMPLAINTS, Value(COMPLAINTS.name, float(n), n, float(n)), ""),
        (ANSWERED, as_value(ANSWERED, in_time(found)), "late"),
        (OVERDUE, as_value(OVERDUE, overdue(found)), "waiting"),
        (CONFIRMED, as_value(CONFIRMED, by_rule(found)), "against"),
        (OPEN, Value(OPEN.name, float(still), n, float(still)), "open"),
    ]


def _cards(c: Context) -> Sequence[Component]:
    before = {m.name: v for m, v, _ in _values(_all(c, c.before))} if c.before else {}
    return [
        kpi_card(
            measure, known_by(c, "complaint", now), before.get(measure.name), (), here(c, _LOOK, window), c.language
        )
        for measure, now, window in _values(_all(c))
    ]


_CLASSES_WORDS = Text(
    en="{n} complaints by category and cause; most about {first} ({k}). A bar narrows the list below.",
    zh="{n} 件投诉按类别与原因统计；{first} 最多（{k} 件）。点击柱形可筛选下方清单。",
)
_CLASSES_DEFINITION = Text(
    en="Complaints opened in the period. The cause is what the analysis found: quality, human, other; unknown before it.",
    zh="期内提出的投诉。原因为分析结论：质量、人为、其他；尚未分析的为未知。",
)
_COUNT = Text(en="complaints", zh="投诉数")


def _cause(c: Context, cause: str) -> str:
    return c.coded("complaint_cause", cause)


def _draw_classes(c: Context) -> Drawn:
    found = _all(c)
    if not found:
        return Drawn(None, nothing_of(c, "complaint"))
    categories, causes, n = by_class(found)
    links = [[here(c, _LOOK, f"category={category}") for category in categories] for _ in causes]
    names = [c.coded("complaint_category", category) for category in categories]
    figure = standing(
        names,
        causes,
        [_cause(c, cause) for cause in causes],
        [[n.get((category, cause), 0) for category in categories] for cause in causes],
        links,
        0,
        c.say(_COUNT),
    )
    first = sum(n.get((categories[0], cause), 0) for cause in causes)
    words = _CLASSES_WORDS.format(n=count(len(found)), first=names[0], k=count(first))
    rows = [
        [category, cause, n[category, cause]] for category in categories for cause in causes if (category, cause) in n
    ]
    return Drawn(figure, c.say(words), lambda: Table(("category", "cause", "complaints"), rows), here(c, _LOOK))


_COURSE_WORDS = Text(
    en="{share} of {n} complaints were answered within {hours:g} hours, by the month in which they came.",
    zh="{n} 件投诉中 {share} 在 {hours:g} 小时内答复，按提出月份统计。",
)
_COURSE_NAMES = (
    Text(en="answered in time", zh="按时答复"),
    Text(en="95 % interval", zh="95% 区间"),
    Text(en="complaints", zh="投诉数"),
)


def _month(filters: Filters, month: str) -> Filters:
    first = dt.date.fromisoformat(f"{month}-01")
    last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return replace(
        filters, start=max(first, filters.start or first), end=min(last, filters.end) if filters.end else last
    )


def _draw_course(c: Context) -> Drawn:
    found = _all(c)
    whole = in_time(found)
    if whole.value is None:
        return Drawn(None, nothing_of(c, "complaint"))
    months = sorted({x.opened_on.strftime("%Y-%m") for x in found})
    by_month = [[x for x in found if x.opened_on.strftime("%Y-%m") == m] for m in months]
    shares = [in_time(group) for group in by_month]
    figure = course(
        months,
        ([s.value for s in shares], [s.low for s in shares], [s.high for s in shares]),
        [len(group) for group in by_month],
        [link(PATH, _month(c.filters, m), look=_LOOK) for m in months],
        (c.say(_COURSE_NAMES[0]), c.say(_COURSE_NAMES[1]), c.say(_COURSE_NAMES[2])),
        is_ratio=False,
    )
    words = _COURSE_WORDS.format(
        share=share(whole.value), n=count(whole.n), hours=c.home.settings.complaint_answer_hours
    )
    rows = [[m, len(g), s.n, s.k, s.value, s.low, s.high] for m, g, s in zip(months, by_month, shares, strict=True)]
    columns = ("month", "complaints", "due", "in_time", "share", "low", "high")
    return Drawn(figure, c.say(words), lambda: Table(columns, rows), here(c, _LOOK, "late"))


_REGIONS_WORDS = Text(
    en="{low} answers the smallest share in time ({low_share}); n = {n} complaints due for an answer. Intervals are wide where complaints are few.",
    zh="{low} 按时答复率最低（{low_share}）；n = {n} 件应答复投诉。投诉少则区间宽。",
)
_HOVER = Text(en="{name}: {share}, n = {n}", zh="{name}：{share}，n = {n}")


def _draw_regions(c: Context) -> Drawn:
    found = by_region(_all(c))
    if not found:
        return Drawn(None, nothing_of(c, "complaint"))
    names = [c.place("region", region) for region, _ in found]
    figure = intervals(
        names,
        [s for _, s in found],
        [None] * len(found),
        [
            c.say(_HOVER.format(name=n, share=percent(c, s), n=count(s.n)))
            for n, (_, s) in zip(names, found, strict=True)
        ],
        [link(PATH, replace(c.filters, region=(r,)), look=_LOOK) for r, _ in found],
        (c.say(_COURSE_NAMES[0]), ""),
    )
    words = _REGIONS_WORDS.format(
        low=names[0], low_share=share(found[0][1].value or 0.0), n=count(sum(s.n for _, s in found))
    )
    rows = [[r, s.n, s.k, s.value, s.low, s.high] for r, s in found]
    columns = ("region", "due", "in_time", "share", "low", "high")
    return Drawn(figure, c.say(words), lambda: Table(columns, rows), here(c, _LOOK, "late"))


_OWNERS = Text(en="Whose complaints are overdue, month by month?", zh="各责任人每月逾期多少？")
_OWNERS_WORDS = Text(
    en="{late} of {n} complaints that fell due were overdue ({share}). Cells: overdue of fallen due, by the month of falling due; the last {months} months.",
    zh="到期 {n} 件投诉中逾期 {late} 件（{share}）。单元格为逾期/到期，按到期月份统计，显示最近 {months} 个月。",
)
_OWNER, _WHOLE = Text(en="Owner", zh="责任人"), Text(en="Overdue", zh="逾期率")


def _owner(c: Context, owner: str) -> str:
    return owner or c.say(UNKNOWN)


def _share(c: Context, found: Share) -> str:
    return f"{found.k} / {found.n} · {c.say(share(found.value or 0.0))}"


def _draw_owners(c: Context) -> Listed:
    found = _all(c)
    whole = overdue(found)
    if not whole.n:
        return Listed(nothing_of(c, "complaint"), None)
    months, owners = by_owner(found, _MONTHS)

    def cell(late: int, due: int) -> Component:
        shade = f"rgba(213, 94, 0, {min(0.6, 0.15 * late):.2f})" if late else "transparent"
        return html.Td(f"{late} / {due}" if due else "", style={"background": shade})

    head = [c.say(_OWNER), *months, c.say(_WHOLE)]
    body = [
        html.Tr(
            [
                html.Th(dcc.Link(_owner(c, o.owner), href=here(c, _LOOK, f"owner={o.owner}")), scope="row"),
                *(cell(late, due) for late, due in o.months),
                html.Td(_share(c, o.whole), className="number", title=percent(c, o.whole)),
            ]
        )
        for o in owners
    ]
    shown = html.Table(
        [html.Thead(html.Tr([html.Th(h, scope="col") for h in head])), html.Tbody(body)], className="facts heat owners"
    )
    words = _OWNERS_WORDS.format(
        late=count(whole.k), n=count(whole.n), share=share(whole.value or 0.0), months=len(months)
    )
    return Listed(c.say(words), html.Div(shown, className="scroll", tabIndex=0), here(c, _LOOK, "waiting"))


def _owner_table(c: Context) -> Table:
    months, owners = by_owner(_all(c), 1_000)
    rows = [
        [o.owner, month, late, due] for o in owners for month, (late, due) in zip(months, o.months, strict=True) if due
    ]
    return Table(("owner", "month_due", "overdue", "due"), rows)


_LIST = Text(en="Which complaints are these?", zh="具体是哪些投诉？")
_LIST_DEFINITION = Text(
    en="Complaints opened in the period, the latest first. In time: answered within the setting complaint_answer_hours. Overdue: not answered when due (its own due date, else the same hours). By the rule: answered, and a return visit confirmed it before closing.",
    zh="期内提出的投诉，最新在前。按时：在设置 complaint_answer_hours 内答复。逾期：到期（自身期限，无则同前）未答复。合规：已答复且经回访确认后关闭。",
)
_LIST_WORDS = Text(en="{shown} of {n} complaints: {what}.", zh="共 {n} 件投诉，显示 {shown} 件：{what}。")
_EVERY, _LATEST = Text(en="all", zh="全部"), Text(en="the latest", zh="最近的")
_PICK = Text(en="Show", zh="显示")
_LIST_HEAD = (
    Text(en="Complaint", zh="投诉"),
    Text(en="Ticket", zh="工单"),
    Text(en="Opened", zh="提出"),
    Text(en="Category", zh="类别"),
    Text(en="Cause", zh="原因"),
    Text(en="Owner", zh="责任人"),
    Text(en="Due", zh="期限"),
    Text(en="Answered after", zh="答复用时"),
    Text(en="State", zh="状态"),
)
_HOURS = Text(en="{h:,.1f} h", zh="{h:,.1f} 小时")
_STATES = {
    "waiting": Text(en="overdue, not answered", zh="逾期未答复"),
    "against": Text(en="closed against the rule", zh="违规关闭"),
    "late": Text(en="answered late", zh="答复超时"),
    "open": Text(en="open", zh="未关闭"),
    "closed": Text(en="closed, confirmed", zh="已回访关闭"),
}


def _state(c: Context, x: Complaint) -> Component:
    if x.is_waiting:
        return badge("bad", c.say(_STATES["waiting"]))
    if x.is_closed and not x.is_by_rule:
        return badge("bad", c.say(_STATES["against"]))
    if x.is_in_time is False:
        return badge("warning", c.say(_STATES["late"]))
    return badge("good", c.say(_STATES["closed"])) if x.is_closed else badge("neutral", c.say(_STATES["open"]))


def _what(c: Context, window: str) -> str:
    """What a list is called."""
    if window in LISTS:
        return c.say(LISTS[window][0])
    field, equals, value = window.partition("=")
    if equals and field == "category":
        return c.coded("complaint_category", value)
    return _owner(c, value) if equals and field == "owner" else c.say(_EVERY)


def _draw_list(c: Context) -> Listed:
    found, window = _all(c), window_of(c)
    if not found:
        return Listed(nothing_of(c, "complaint"), None)
    shown = listed(found, window)
    options = [("", c.say(_EVERY)), *((name, c.say(words)) for name, (words, _) in LISTS.items())]
    if window not in dict(options):
        options.append((window, _what(c, window)))
    rows = [
        [
            x.complaint_id,
            dcc.Link(x.ticket_id, href=thing("/record", ticket=x.ticket_id)) if x.ticket_id else "",
            x.opened_on.isoformat(),
            c.coded("complaint_category", x.category),
            _cause(c, x.cause),
            _owner(c, x.owner),
            x.due_on.isoformat(),
            c.say(_HOURS).format(h=x.answer_hours) if x.answer_hours is not None else "—",
            _state(c, x),
        ]
        for x in shown[:_MOST]
    ]
    what = _what(c, window) if window or len(rows) == len(shown) else c.say(_LATEST)
    words = _LIST_WORDS.format(shown=count(len(rows)), n=count(len(shown)), what=what)
    choice = html.Div(picker(c, PATH, "window", c.say(_PICK), options, window), className="pickers")
    body = [choice, table([c.say(h) for h in _LIST_HEAD], rows, frozenset({7}))]
    return Listed(c.say(words), html.Div(body))


def _list_table(c: Context) -> Table:
    columns = (
        "complaint_id", "ticket_id", "category", "cause", "owner", "region", "opened_on", "due_on", "answered_on",
        "closed_on", "answer_hours", "is_in_time", "is_overdue", "is_confirmed",
    )  # fmt: skip
    return Table(columns, [[getattr(x, name) for name in columns] for x in listed(_all(c), window_of(c))])


def _findings(c: Context) -> Sequence[Finding]:
    return findings(c.reading, _all(c), c.filters)


VIEW = View(
    Text(en="Complaints", zh="投诉"),
    _cards,
    _findings,
    {
        "classes": Chart(
            Text(en="What are complaints about?", zh="投诉些什么？"), _CLASSES_DEFINITION, _draw_classes, 320
        ),
        "answered": Chart(
            Text(en="Are they answered in time?", zh="投诉是否按时答复？"), ANSWERED.definition, _draw_course, 320
        ),
        "owners": Listing(_OWNERS, OVERDUE.definition, _draw_owners, _owner_table, is_wide=False),
        "complaint_regions": Chart(
            Text(en="Where are answers late?", zh="哪些区域答复较慢？"), ANSWERED.definition, _draw_regions, 320
        ),
        "complaint_list": Listing(_LIST, _LIST_DEFINITION, _draw_list, _list_table),
    },
    silent=silent_without("complaint"),
)
