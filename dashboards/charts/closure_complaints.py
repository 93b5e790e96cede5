"""Are complaints and return visits closed by the rules?"""

from __future__ import annotations

import datetime as dt

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts.flow import bucket
from dashboards.closure_look import PATH
from dashboards.context import Context
from dashboards.figures.stacks import parts
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from warehouse.closure_rules import (
    Kept,
    Rules,
    Visits,
    by_month,
    complaints,
    kept,
    return_visits,
    rules_of,
    visited,
)
from warehouse.metrics.wording import count, share
from warehouse.records import Selection

NO_COMPLAINTS = Text(
    en="No source delivers complaints (entity complaint), or none was raised in this selection.",
    zh="没有来源提供投诉（complaint），或当前筛选下没有投诉。",
)
_COMPLAINTS = Text(
    en="{n} complaints raised in the period: {in_time} of {judged} ({share}) answered within {hours:g} h, {unanswered} are overdue and unanswered. {open} are not closed yet; {confirmed}",
    zh="期内提出投诉 {n} 起：{judged} 起中 {in_time} 起（{share}）在 {hours:g} 小时内答复，{unanswered} 起逾期未答复；尚未关闭 {open} 起。{confirmed}",
)
_CONFIRMED = Text(
    en="{confirmed} of {closed} that were closed were confirmed by a return visit.",
    zh="已关闭的 {closed} 起中 {confirmed} 起经回访确认。",
)
_UNSAID = Text(
    en="of the closed ones nobody says whether a return visit confirmed them.", zh="已关闭者未注明是否经回访确认。"
)
_ANSWERS = (
    Text(en="answered in time", zh="按时答复"),
    Text(en="answered late", zh="逾期答复"),
    Text(en="overdue, unanswered", zh="逾期未答复"),
    Text(en="not due yet", zh="未到期"),
)
_NO_VISITS = Text(
    en="No source delivers return visits (entity survey): who was asked about which job, when, and with what answer.",
    zh="没有来源提供回访（survey）：何时就哪张工单询问、结果如何。",
)
_NO_JOBS = Text(en="No job was resolved in this selection.", zh="当前筛选下没有修复的工单。")
_VISITS = Text(
    en="Of {n} jobs resolved in the period and due, {share} were asked about within {days}; {late} later, {never} never. All are to be asked (100 %). Of {asked} asked, {reached} were reached.{undated}",
    zh="期内修复且已到期的 {n} 张工单中，{share} 在{days}内回访；{late} 张逾期回访，{never} 张未回访。规则要求全部回访（100%）。已回访 {asked} 张，接通 {reached} 张。{undated}",
)
_DAYS = Text(en="{n} days", zh="修复后 {n} 天")
_LINE = Text(en="{line}: {n}", zh="{line} {n} 天")
_UNDATED = Text(en=" {n} more on an unknown day.", zh="另有 {n} 张回访日期未知。")
_ASKED = (
    Text(en="asked in time", zh="按时回访"),
    Text(en="asked late", zh="逾期回访"),
    Text(en="never asked", zh="未回访"),
    Text(en="not due, or day unknown", zh="未到期或日期未知"),
)


def rules(c: Context) -> Rules:
    """The rules of this installation."""
    return rules_of(c.home.settings)


def _month(day: dt.date) -> str:
    return day.strftime("%Y-%m")


def _looking_at(c: Context, month: dt.date) -> str:
    return link(PATH, bucket(c.filters, month, "month", c.last_day), look="rules")


def complaints_in_words(c: Context, every: Kept) -> str:
    """How many, and how they stand to each rule."""
    in_time, judged = every.answered
    confirmed, closed = every.confirmed
    told = _CONFIRMED.format(confirmed=count(confirmed), closed=count(closed)) if closed else _UNSAID
    return c.say(
        _COMPLAINTS.format(
            n=count(every.complaints),
            in_time=count(in_time),
            judged=count(judged),
            share=share(in_time / judged) if judged else "—",
            hours=rules(c).answer_hours,
            unanswered=count(every.unanswered),
            open=count(every.open),
            confirmed=told,
        )
    )


def draw_complaints(c: Context) -> Drawn:
    """Complaints by the month in which they were raised, by how they were answered."""
    found = complaints(c.reading, c.filters, rules(c))
    if not found:
        return Drawn(None, c.say(NO_COMPLAINTS))
    months = by_month(found)
    rows = [(k.answered[0], k.late - k.unanswered, k.unanswered, k.complaints - k.answered[1]) for k in months.values()]
    figure = parts(
        [_month(m) for m in months],
        [c.say(a) for a in _ANSWERS],
        list(zip(*rows, strict=True)),
        [_looking_at(c, m) for m in months],
    )

    def table() -> Table:
        columns = ("complaint_id", "ticket_id", "category", "owner", "raised_on", "hours_to_answer_or_now", "answered")
        verdicts = ("closed", "answered_in_time", "reported_in_time", "confirmed")
        return Table(
            (*columns, *verdicts),
            [
                [
                    *(x.complaint_id, x.ticket_id, x.category, x.owner, x.raised_on, x.hours, x.is_answered),
                    *(x.is_closed, x.answered_in_time, x.reported_in_time, x.is_confirmed),
                ]
                for x in found
            ],
        )

    return with_gaps(c, Drawn(figure, complaints_in_words(c, kept(found)), table), "complaint", list(months))


def _within(c: Context) -> str:
    asked = rules(c)
    lines = [c.say(_LINE.format(line=line, n=n)) for line, n in asked.visit_lines]
    days = c.say(_DAYS.format(n=asked.visit_days))
    return days + (f" ({', '.join(lines)})" if lines else "")


def draw_visits(c: Context) -> Drawn:
    """The jobs resolved in each month, by whether they were asked about in time."""
    found = return_visits(c.reading, c.filters, rules(c))
    if not found:
        return Drawn(None, c.say(_NO_VISITS if found is None else _NO_JOBS))
    rows = [(v.in_time, v.late, v.never, v.jobs - v.judged) for v in found]
    figure = parts(
        [_month(v.month) for v in found],
        [c.say(a) for a in _ASKED],
        list(zip(*rows, strict=True)),
        [link("/records", bucket(c.filters, v.month, "month", c.last_day), Selection("resolved_on")) for v in found],
    )
    records = link("/records", c.filters, Selection("resolved_on"))
    drawn = Drawn(figure, _visits_in_words(c, found), lambda: _visits_table(found), records)
    return with_gaps(c, drawn, "survey", [v.month for v in found])


def _visits_in_words(c: Context, found: tuple[Visits, ...]) -> str:
    whole = visited(found)
    undated = sum(v.undated for v in found)
    return c.say(_VISITS).format(
        n=count(whole.n),
        share=c.say(share(whole.value)) if whole.value is not None else "—",
        days=_within(c),
        late=count(sum(v.late for v in found)),
        never=count(sum(v.never for v in found)),
        asked=count(sum(v.asked for v in found)),
        reached=count(sum(v.reached for v in found)),
        undated=c.say(_UNDATED.format(n=count(undated))) if undated else "",
    )


def _visits_table(found: tuple[Visits, ...]) -> Table:
    columns = ("month", "resolved", "asked_in_time", "asked_late", "asked_on_unknown_day", "never_asked", "reached")
    return Table(columns, [[v.month, v.jobs, v.in_time, v.late, v.undated, v.never, v.reached] for v in found])


COMPLAINTS = Chart(
    Text(en="Are complaints answered in time?", zh="投诉是否按时答复？"),
    Text(
        en="Complaints by the month in which they were raised. In time: within the hours of the setting complaint_answer_hours, clock time. A bar narrows the page to its month. A complaint without a ticket belongs to no place and is left out where places are filtered.",
        zh="按提出月份统计投诉。按时：在设置 complaint_answer_hours 规定的自然小时内答复。点击柱形将页面限定到该月。没有工单的投诉不属于任何地点，筛选地点时不计入。",
    ),
    draw_complaints,
    300,
)
VISITS = Chart(
    Text(en="Is the customer asked in time after each repair?", zh="修复后是否按时回访？"),
    Text(
        en="Jobs by the month of resolution. In time: first return visit within the days of the settings return_visit_days and return_visit_lines (calendar days after the repair), whether the customer was reached or not. A bar leads to the jobs of its month.",
        zh="按修复月份统计工单。按时：首次回访在设置 return_visit_days 与 return_visit_lines 规定的天数内（修复后自然日），不论是否接通。点击柱形打开当月工单。",
    ),
    draw_visits,
    300,
)
