"""Are calls answered as promised? By zone and its calendar, by region, over time, by hour of the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts.flow import bucket
from dashboards.charts.zones import NOTHING_DUE
from dashboards.components.facts import table
from dashboards.components.kpis import kpi_cards
from dashboards.context import Context
from dashboards.figures.course import course
from dashboards.figures.goal import with_goal
from dashboards.figures.intervals import intervals
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.service_look import View, percent
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_over_time
from warehouse.metrics.wording import count, share, spoken
from warehouse.records import Selection
from warehouse.service_findings import Finding, share_of
from warehouse.service_sla import DAYS, FEWEST, HOURS, MEASURE, Week, findings, hours, regions, zones
from warehouse.targets import goal

_MISSED = Selection("response_due_on", response_met=False)
_CARDS = (MEASURE, "response_time", "mttr_ticket")
_ZONES = Text(
    en="Is each zone answered as promised, and by which calendar?", zh="各服务区是否按承诺响应？依据哪个工作日历？"
)
_ZONES_DEFINITION = Text(
    en="Calls whose response fell due in the period. Hours are working hours of the zone’s calendar (settings working_week, zones, holidays, extra_days), authorised pauses taken out; targets: response_target_hours. Interval: 95 %, Jeffreys. The calendar is that of the period.",
    zh="期内到期的报修。小时均为服务区工作日历的工作小时（设置 working_week、zones、holidays、extra_days），扣除经批准的暂停；目标见 response_target_hours。区间为 95%（Jeffreys）。日历取所选时段。",
)
_ZONES_WORDS = Text(
    en="{share} of {n} calls that fell due were answered in time.", zh="期内到期的 {n} 次报修中 {share} 按时到达。"
)
_ZONES_HEAD = (
    Text(en="Zone", zh="服务区"),
    Text(en="Target, working h", zh="目标（工作小时）"),
    Text(en="Fell due", zh="到期"),
    Text(en="Missed", zh="未达标"),
    Text(en="In time (95 %)", zh="达标率（95%）"),
    Text(en="Mean response", zh="平均响应"),
    Text(en="Working calendar", zh="工作日历"),
)
_NO_TARGET = Text(en="none promised", zh="未承诺")
_CLOSED = Text(en="off", zh="休")
_CALENDAR = Text(
    en="{week}; {off} holidays off, {made_up} make-up days", zh="{week}；节假日 {off} 天，调休上班 {made_up} 天"
)
_SHORT_DAYS = (
    Text(en="Mon", zh="周一"),
    Text(en="Tue", zh="周二"),
    Text(en="Wed", zh="周三"),
    Text(en="Thu", zh="周四"),
    Text(en="Fri", zh="周五"),
    Text(en="Sat", zh="周六"),
    Text(en="Sun", zh="周日"),
)


def _week(c: Context, week: Week | None) -> str:
    """The calendar in words: runs of days with the same hours, and the days with a name."""
    if week is None:
        return "—"
    runs = []
    for said, days in groupby(range(7), key=lambda d: week.hours[d]):
        ends = list(days)
        first, last = c.say(_SHORT_DAYS[ends[0]]), c.say(_SHORT_DAYS[ends[-1]])
        runs.append(f"{first}{'–' + last if len(ends) > 1 else ''} {said or c.say(_CLOSED)}")
    return c.say(_CALENDAR.format(week=", ".join(runs), off=week.off, made_up=week.made_up))


def _targets(c: Context) -> tuple[tuple[str, float], ...]:
    return tuple(c.home.settings.response_target_hours.items())


def _draw_zones(c: Context) -> Listed:
    whole = evaluate(c.reading, (MEASURE,), c.filters)[MEASURE]
    if whole.value is None:
        return Listed(c.say(NOTHING_DUE), None)
    rows: list[Sequence[Component]] = []
    for z in zones(c.reading, c.filters, _targets(c)):
        missed = link("/records", c.filters, replace(_MISSED, zone=z.zone))
        rows.append(
            [
                c.coded("zone", z.zone),
                f"{z.target_hours:g}" if z.target_hours is not None else c.say(_NO_TARGET),
                count(z.kept.n),
                dcc.Link(count(z.kept.n - z.kept.k), href=missed),
                percent(c, z.kept),
                c.say(spoken(measures()["response_time"], z.response.value)),
                html.Span(_week(c, z.week), className="quiet"),
            ]
        )
    body = table([c.say(h) for h in _ZONES_HEAD], rows, frozenset(range(1, 6)))
    words = _ZONES_WORDS.format(share=share(whole.value), n=count(whole.n))
    return Listed(c.say(words), body, link("/records", c.filters, _MISSED))


def _zone_table(c: Context) -> Table:
    rows = [
        [z.zone, z.target_hours, z.kept.n, z.kept.k, z.kept.value, z.kept.low, z.kept.high, z.response.value]
        for z in zones(c.reading, c.filters, _targets(c))
    ]
    return Table(("zone", "target_hours", "due", "kept", "share", "low", "high", "mean_response_wh"), rows)


_HOURS = Text(en="At which hour of the week do missed calls come?", zh="未达标的报修集中在一周的哪些时段？")
_HOURS_DEFINITION = Text(
    en=f"Share missed of the calls that came in each hour of the week (local time of the house) and whose response fell due in the period. Hours with fewer than {FEWEST} calls are too few to say (·, or no column). What stands out is told above, judged over all hours at once.",
    zh=f"一周各小时（本地时间）内报修且期内到期的工单未达标的比例。不足 {FEWEST} 次的时段数量过少（· 或不设列）。突出时段见上方说明，已对所有时段同时检验。",
)
_HOURS_WORDS = Text(
    en="{n} calls, {missed} missed. Darker: a larger share missed. Records show the missed calls of all hours.",
    zh="{n} 次报修，未达标 {missed} 次。颜色越深，未达标比例越大。“记录”显示全部时段的未达标报修。",
)
_HOUR_OF = Text(en="{day} {hour}:00: {missed} of {n} missed", zh="{day} {hour}:00：{n} 次中未达标 {missed} 次")
_DAY = Text(en="Day", zh="星期")


def _draw_hours(c: Context) -> Listed:
    found = hours(c.reading, c.filters, c.time_zone)
    if not found.n:
        return Listed(c.say(NOTHING_DUE), None)
    shown = [h for h in HOURS if any(day[h] >= FEWEST for day in found.due)]

    def cell(d: int, h: int) -> Component:
        n, k = found.due[d][h], found.missed[d][h]
        if not n:
            return html.Td("")
        hint = c.say(_HOUR_OF.format(day=DAYS[d], hour=f"{h:02d}", missed=count(k), n=count(n)))
        if n < FEWEST:
            return html.Td(html.Span("·", title=hint))
        shade = min(0.65, 1.3 * k / n)
        return html.Td(html.Span(f"{k / n:.0%}", title=hint), style={"background": f"rgba(213, 94, 0, {shade:.2f})"})

    head = html.Tr([html.Th(c.say(_DAY), scope="col"), *(html.Th(f"{h:02d}", scope="col") for h in shown)])
    body = [
        html.Tr([html.Th(c.say(DAYS[d]), scope="row"), *(cell(d, h) for h in shown)])
        for d in range(7)
        if any(found.due[d])
    ]
    heat = html.Table([html.Thead(head), html.Tbody(body)], className="facts heat hours")
    words = _HOURS_WORDS.format(n=count(found.n), missed=count(sum(map(sum, found.missed))))
    return Listed(c.say(words), html.Div(heat, className="scroll", tabIndex=0), link("/records", c.filters, _MISSED))


def _hour_table(c: Context) -> Table:
    found = hours(c.reading, c.filters, c.time_zone)
    cells = [(d, h) for d in range(7) for h in HOURS if found.due[d][h]]
    return Table(
        ("weekday", "hour", "due", "missed"), [[d + 1, h, found.due[d][h], found.missed[d][h]] for d, h in cells]
    )


_REGIONS_WORDS = Text(
    en="{low} answers the smallest share in time ({low_share}), {high} the largest ({high_share}); n = {n} calls that fell due.",
    zh="{low} 达标率最低（{low_share}），{high} 最高（{high_share}）；n = {n} 次到期报修。",
)
_SHARE = Text(en="in time, 95 %", zh="达标率，95%")
_HOVER = Text(en="{name}: {share}, n = {n}", zh="{name}：{share}，n = {n}")


def _draw_regions(c: Context) -> Drawn:
    found = regions(c.reading, c.filters)
    if not found:
        return Drawn(None, c.say(NOTHING_DUE))
    names = [c.place("region", region) for region, _ in found]
    figure = intervals(
        names,
        [s for _, s in found],
        [None] * len(found),
        [
            c.say(_HOVER.format(name=n, share=percent(c, s), n=count(s.n)))
            for n, (_, s) in zip(names, found, strict=True)
        ],
        [link("/records", replace(c.filters, region=(r,)), _MISSED) for r, _ in found],
        (c.say(_SHARE), ""),
    )
    words = _REGIONS_WORDS.format(
        low=names[0],
        low_share=share(found[0][1].value or 0.0),
        high=names[-1],
        high_share=share(found[-1][1].value or 0.0),
        n=count(sum(s.n for _, s in found)),
    )
    rows = [[r, s.n, s.k, s.value, s.low, s.high] for r, s in found]
    return Drawn(
        figure,
        c.say(words),
        lambda: Table(("region", "due", "kept", "share", "low", "high"), rows),
        link("/records", c.filters, _MISSED),
    )


_COURSE_WORDS = Text(
    en="{share} of {n} calls that fell due were answered in time, by the {grain} in which they fell due.{target}",
    zh="到期 {n} 次报修中 {share} 按时到达，按到期的{grain}统计。{target}",
)
_TARGET = Text(en=" Target {period}: {value}.", zh="{period} 目标：{value}。")
_TARGET_LINE = Text(en="target {value}", zh="目标 {value}")
GRAINS = {"day": Text(en="day", zh="日"), "week": Text(en="week", zh="周"), "month": Text(en="month", zh="月")}
_COURSE_NAMES = (
    Text(en="in time", zh="达标率"),
    Text(en="95 % interval", zh="95% 区间"),
    Text(en="calls that fell due", zh="到期报修数"),
)


def _draw_course(c: Context) -> Drawn:
    whole = evaluate(c.reading, (MEASURE,), c.filters)[MEASURE]
    if whole.value is None:
        return Drawn(None, c.say(NOTHING_DUE))
    days, values = evaluate_over_time(c.reading, (MEASURE,), c.filters, c.grain)
    found = [share_of(v.numerator or 0, v.denominator or 0) for v in values[MEASURE]]
    labels = [d.strftime("%Y-%m") if c.grain == "month" else d.isoformat() for d in days]
    wanted = goal(c.reading, MEASURE, c.filters)
    figure = course(
        labels,
        ([s.value for s in found], [s.low for s in found], [s.high for s in found]),
        [s.n for s in found],
        [link("/records", bucket(c.filters, d, c.grain, c.last_day), _MISSED) for d in days],
        (c.say(_COURSE_NAMES[0]), c.say(_COURSE_NAMES[1]), c.say(_COURSE_NAMES[2])),
        is_ratio=False,
    )
    if wanted:
        figure = with_goal(figure, wanted.value, c.say(_TARGET_LINE.format(value=share(wanted.value))), "y2")
    words = _COURSE_WORDS.format(
        share=share(whole.value),
        n=count(whole.n),
        grain=GRAINS[c.grain],
        target=_TARGET.format(period=wanted.period, value=share(wanted.value)) if wanted else Text(en="", zh=""),
    )
    rows = [[label, s.n, s.k, s.value, s.low, s.high] for label, s in zip(labels, found, strict=True)]
    return Drawn(
        figure,
        c.say(words),
        lambda: Table((c.grain, "due", "kept", "share", "low", "high"), rows),
        link("/records", c.filters, _MISSED),
    )


def _silent(c: Context) -> str | None:
    return c.say(NOTHING_DUE) if evaluate(c.reading, (MEASURE,), c.filters)[MEASURE].value is None else None


def _findings(c: Context) -> Sequence[Finding]:
    return findings(c.reading, c.filters, c.before, c.time_zone)


_OF_MEASURE = measures()[MEASURE].definition
VIEW = View(
    Text(en="SLA", zh="响应达标"),
    lambda c: kpi_cards(c, _CARDS),
    _findings,
    {
        "zones": Listing(_ZONES, _ZONES_DEFINITION, _draw_zones, _zone_table),
        "regions": Chart(
            Text(en="Where is the response late?", zh="哪些区域响应较慢？"), _OF_MEASURE, _draw_regions, 320
        ),
        "response_course": Chart(Text(en="Does it get better?", zh="响应是否改善？"), _OF_MEASURE, _draw_course, 320),
        "hours": Listing(_HOURS, _HOURS_DEFINITION, _draw_hours, _hour_table),
    },
    silent=_silent,
)
