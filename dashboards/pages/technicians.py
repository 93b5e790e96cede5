"""Technicians, fair by construction: with what colleagues would have done with the same jobs, never by raw rates.

A technician sees their own page, who may see the team (`team.read`) everybody's: `looked_at` is the one place that says
whom it is about, `_withheld` what is not for others' eyes.
"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.charts import (
    technicians_components,
    technicians_course,
    technicians_funnel,
    technicians_ratings,
    technicians_work,
)
from dashboards.components import technicians_table
from dashboards.components.badge import State, badge
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import pairs, table
from dashboards.components.kpi import kpi_card
from dashboards.components.person import (
    PATH,
    compared,
    full_name,
    look,
    looked_at,
    person_id,
    records,
    scale,
    sees_team,
)
from dashboards.components.picker import picker
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.figures.sparkline import sparkline
from dashboards.page import Component, Page
from dashboards.plain import dcc, html
from warehouse.metrics.wording import UNKNOWN, count, elapsed, share
from warehouse.rating import in_words
from warehouse.technician_findings import Finding, findings, interval
from warehouse.technician_numbers import MEASURES, numbers, satisfaction, trends
from warehouse.technician_standing import Technician
from warehouse.technician_work import SPANS, daily, kinds, span
from warehouse.technicians import technicians

TITLE = Text(en="Technicians", zh="技术员")
_FINDINGS = Text(en="What stands out", zh="值得注意")
_FAIR = Text(
    en="Raw rates compare people with different work. Here everybody is held against what all others would have had with the same jobs, and few jobs prove little: read the intervals, not the order.",
    zh="原始比例比较的是工作内容不同的人。此处以其他人承担同样工作时的水平为准；工单少则说明不了问题，请看区间而非名次。",
)
_WHO = Text(en="Technician", zh="技术员")
_ALL = Text(en="everybody", zh="全体")
_BACK = Text(en="Back to everybody", zh="返回全体")
_N = Text(en="n = {n}", zh="n = {n}")
_SHOW = Text(en="Show", zh="查看")
_SIGNS: dict[bool | None, tuple[State, Text]] = {
    True: ("good", Text(en="good", zh="向好")),
    False: ("warning", Text(en="look here", zh="关注")),
    None: ("neutral", Text(en="mind", zh="留意")),
}
_MOST_OFFERED = 300


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("technicians", "who", height=60),
        part("technicians", "findings", height=96),
        html.Div(
            [
                part("technicians", "numbers", height=128, class_name="spread"),
                part("technicians", "satisfaction", height=128, class_name="spread"),
            ],
            className="kpis",
        ),
        part("technicians", "funnel", height=470),
        part("technicians", "team", height=420),
        html.Div([part("technicians", "course", height=400), part("technicians", "jobs", height=400)], className="halves"),
        html.Div(
            [part("technicians", "components", height=400), part("technicians", "ratings", height=400)], className="halves"
        ),
        html.Div([part("technicians", "hours", height=330), part("technicians", "kinds", height=330)], className="halves"),
        part("technicians", "report", height=240),
    ]  # fmt: skip


_TEAM = Text(en="Team", zh="班组")
_SKILL = Text(en="Skill level", zh="技能等级")
_RATIO = Text(en="Repeats, observed ÷ expected", zh="重复故障 观察 ÷ 期望")
_SHRUNKEN = Text(en="… drawn to what all have in common", zh="…… 向共同水平收缩后")
_FIX = Text(en="First-time fix against colleagues", zh="一次修复率（相对同事）")
_LABOUR = Text(en="Labour against colleagues", zh="工时（相对同事）")
_RESPONSE = Text(en="Response against colleagues", zh="响应（相对同事）")
_RANK = Text(en="Rank by repeats (1 has most)", zh="重复名次（1 为最多）")
_RANGE = Text(en="{low} to {high} of {n}", zh="{n} 人中第 {low} 至 {high} 位")
_UNSEEN = Text(en="completed no job in this selection.", zh="在当前筛选下没有完成的工单。")


def _who(c: Context) -> Component:
    """Who the page looks at, to be changed; of one person how they stand against colleagues."""
    person, known = looked_at(c), technicians(c.reading)
    found = compared(c)
    shown = sorted(found.people[:_MOST_OFFERED], key=lambda p: (p.who.team, p.who.name, p.who.technician_id))
    options = [("", c.say(_ALL)), *((p.who.technician_id, full_name(p.who.technician_id, known)) for p in shown)]
    if person and person.technician_id not in dict(options):
        options.append((person.technician_id, full_name(person.technician_id, known)))
    if not sees_team(c):
        return html.Div(_standing(c, person), className="who") if person else None
    chosen = person.technician_id if person else ""
    head = [picker(c, PATH, "look", c.say(_WHO), options, chosen)]
    if person is None:
        return html.Div([*head, html.P(c.say(_FAIR), className="words")], className="who")
    head.append(dcc.Link(c.say(_BACK), href=look(c, None), className="tool"))
    return html.Div([html.Div(head, className="who-head"), _standing(c, person)], className="who")


def _standing(c: Context, person: Technician) -> Component:
    found = compared(c)
    mine = found.of(person.technician_id)
    title = html.H2(full_name(person.technician_id, technicians(c.reading)))
    facts: list[tuple[str, Component]] = [
        (c.say(_TEAM), person.team or c.say(UNKNOWN)),
        (c.say(_SKILL), str(person.skill) if person.skill is not None else c.say(UNKNOWN)),
    ]
    if mine is None:
        return html.Section([title, html.P(c.say(_UNSEEN)), pairs(facts)], className="card")
    for label, ratio in (
        (_RATIO, mine.ratio),
        (_SHRUNKEN, mine.shrunken),
        (_FIX, mine.fix),
        (_LABOUR, mine.labour),
        (_RESPONSE, mine.response),
    ):
        facts.append((c.say(label), interval(ratio) if ratio.value is not None else f"— {c.say(ratio.reason)}"))
    if mine.rank_low:
        rank = _RANGE.format(low=mine.rank_low, high=mine.rank_high, n=len(found.judged))
        facts.append((c.say(_RANK), c.say(rank)))
    return html.Section([title, pairs(facts), html.P(c.say(_FAIR), className="words")], className="card")


def _numbers(c: Context) -> Component:
    person = person_id(c)
    now = numbers(c.reading, c.filters, person)
    before = numbers(c.reading, c.before, person) if c.before else {}
    _, lines = trends(c.reading, c.filters, person, c.grain)
    href = records(c.filters, person)
    return [kpi_card(m, now[m.name], before.get(m.name), lines[m.name], href, c.language) for m in MEASURES]


_SATISFACTION = Text(en="Satisfaction", zh="满意度")
_SCALE = Text(
    en="Mean score of all answers to return visits about the jobs completed: {scale}.",
    zh="对完成工单回访的全部评价的平均分：{scale}。",
)
_RATE = Text(en="{rate} of {asked} asked answered", zh="询问 {asked} 单，答复率 {rate}")
_COVERAGE = Text(en="asked about {share} of {n} jobs", zh="询问覆盖 {n} 张工单的 {share}")
_SILENT = Text(en="No value: no customer was asked or answered.", zh="无值：没有客户被询问或作答。")


def _satisfaction(c: Context) -> Component:
    """The graded score, never without how many answered."""
    found = satisfaction(c.reading, c.filters, person_id(c), c.grain, scale(c))
    label = c.say(_SATISFACTION)
    head = html.Div(
        [html.H2(label), definition([c.say(_SCALE.format(scale=in_words(scale(c))))], label, c.language)],
        className="kpi-head",
    )
    rate = None
    if found.asked:
        rate = c.say(_RATE.format(rate=share(found.answered / found.asked), asked=count(found.asked)))
    if found.score is None:
        body = [html.Div("—", className="kpi-value"), html.P(c.say(_SILENT), className="quiet")]
        return html.Article([head, *body, html.P(rate, className="quiet") if rate else None], className="card kpi")
    picture = sparkline(found.trend)
    value = dcc.Link(f"{found.score:.2f}", href=records(c.filters, person_id(c)), className="kpi-value")
    row = [value, html.Img(src=picture, alt="", className="spark") if picture else None]
    coverage = c.say(_COVERAGE.format(share=share(found.asked / found.jobs), n=count(found.jobs)))
    return html.Article(
        [
            head,
            html.Div(row, className="kpi-row"),
            html.P(rate, className="kpi-change"),
            html.P(f"{c.say(_N.format(n=count(found.answers)))} · {coverage}", className="quiet"),
        ],
        className="card kpi",
    )


def _sentence(c: Context, finding: Finding) -> Component:
    kind, sign = _SIGNS[finding.is_good]
    return html.Li(
        [
            badge(kind, c.say(sign)),
            html.Span([c.say(finding.text), " ", html.Span(c.say(_N.format(n=count(finding.n))), className="quiet")]),
            dcc.Link(c.say(_SHOW), href=look(c, finding.person), className="tool") if finding.person else None,
        ]
    )


def _findings(c: Context) -> Component:
    body = html.Ol([_sentence(c, f) for f in findings(compared(c))])
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


_KINDS = Text(en="How long does each kind of service take?", zh="各类服务用时多少？")
_KIND_WORDS = Text(
    en="Jobs completed and active repair hours on record. Kinds differ in their work too: for people against each other see “Labour against colleagues”.",
    zh="完成的工单与登记的实际维修工时。各类别工作内容不同，人员比较请看“工时（相对同事）”。",
)
_KIND_HEAD = (
    Text(en="Service kind", zh="服务类别"),
    Text(en="Jobs", zh="工单"),
    Text(en="Hours", zh="工时"),
    Text(en="Per job", zh="单均"),
    Text(en="Everybody", zh="全体单均"),
)


def _kinds(c: Context) -> Component:
    person = person_id(c)
    rows = [
        [
            technicians_work.kind_called(c, k.kind),
            count(k.jobs),
            f"{k.hours:,.1f}" if k.recorded else "—",
            c.say(elapsed(k.hours / k.recorded)) if k.recorded else "—",
            *([c.say(elapsed(k.everybody)) if k.everybody is not None else "—"] if person else []),
        ]
        for k in kinds(c.reading, c.filters, person)
    ]
    head = [c.say(h) for h in (_KIND_HEAD if person else _KIND_HEAD[:-1])]
    top = html.Header([html.H2(c.say(_KINDS)), html.Div(exports(c, "technicians", "jobs"), className="tools")])
    body = table(head, rows, frozenset(range(1, len(head)))) if rows else html.Div("—", className="nothing")
    return html.Section([top, html.P(c.say(_KIND_WORDS), className="words"), body], className="card")


_REPORT = Text(en="Daily report", zh="工作日报表")
_REPORT_WORDS = Text(
    en="Jobs completed by service kind, and hours of labour used on them, {from_} to {to}: {jobs} jobs, {hours}.",
    zh="{from_} 至 {to} 按服务类别完成的工单及所用工时：{jobs} 张，{hours}。",
)
_REPORT_HOURS = Text(en="{hours} h", zh="{hours} 小时")
_NO_HOURS = Text(en="no hours on record", zh="没有工时记录")
_NO_WORK = Text(en="No job was completed in this selection.", zh="当前筛选下没有完成的工单。")
_SPAN = Text(en="Show", zh="显示")
_SPANS = {
    "day": Text(en="the latest day", zh="最近一日"),
    "week": Text(en="the latest 7 days", zh="最近 7 天"),
    "month": Text(en="the latest 31 days", zh="最近 31 天"),
}
_DAY = Text(en="Day", zh="日期")
_TOTAL = Text(en="All jobs", zh="合计")
_HOURS = Text(en="Hours", zh="工时")
_MORE = Text(en="{n} more in the export.", zh="导出中另有 {n} 行。")
_MOST_LINES = 60


def _report(c: Context) -> Component:
    """Jobs by kind and hours used: of everybody on the latest day, of one person by day."""
    person, asked = person_id(c), c.query.argument("window") or ""
    window = asked if asked in SPANS else ("month" if person else "day")
    chosen = span(c.reading, c.filters, person, window)
    options = [(name, c.say(words)) for name, words in _SPANS.items()]
    tools = html.Div(
        [
            picker(c, PATH, "window", c.say(_SPAN), options, window),
            exports(c, "technicians", "hours"),
        ],
        className="tools",
    )
    head = html.Header([html.H2(c.say(_REPORT)), tools])
    if chosen is None or chosen.end is None:
        return html.Section([head, html.P(c.say(_NO_WORK), className="words")], className="card")
    lines = daily(c.reading, chosen, person)
    known, names = (
        technicians(c.reading),
        sorted({x.kind for x in lines}, key=lambda kind: technicians_work.kind_called(c, kind)),
    )
    cells: dict[tuple[str, str], dict[str, float]] = {}
    for x in lines:
        row = cells.setdefault((x.day.isoformat(), x.technician_id), {})
        row[x.kind] = row.get(x.kind, 0) + x.jobs
        row["hours"] = row.get("hours", 0.0) + x.hours
    rows = [
        [
            day,
            dcc.Link(full_name(who, known), href=look(c, who)) if who else c.say(UNKNOWN),
            *(count(row[k]) if k in row else "" for k in names),
            count(sum(row[k] for k in names if k in row)),
            f"{row['hours']:,.2f}" if row["hours"] else "—",
        ]
        for (day, who), row in cells.items()
    ]
    columns = [
        c.say(_DAY),
        c.say(_WHO),
        *(technicians_work.kind_called(c, k) for k in names),
        c.say(_TOTAL),
        c.say(_HOURS),
    ]
    hours = sum(x.hours for x in lines)
    words = _REPORT_WORDS.format(
        from_=chosen.start.isoformat() if chosen.start else "",
        to=chosen.end.isoformat(),
        jobs=count(sum(x.jobs for x in lines)),
        hours=_REPORT_HOURS.format(hours=f"{hours:,.1f}") if hours else _NO_HOURS,
    )
    more = c.say(_MORE.format(n=len(rows) - _MOST_LINES)) if len(rows) > _MOST_LINES else None
    return html.Section(
        [
            head,
            html.P(c.say(words), className="words"),
            table(columns, rows[:_MOST_LINES], frozenset(range(2, len(columns)))),
            html.P(more, className="words") if more else None,
        ],
        className="card report",
    )


_OF_THE_TEAM = frozenset({"findings", "funnel", "team"})
_MANAGERS = Text(
    en="How colleagues stand against each other is shown to managers and quality engineers.",
    zh="同事之间的比较仅向管理者与质量工程师显示。",
)
_UNKNOWN = Text(
    en="Your numbers would stand here: an administrator has to enter which technician you are.",
    zh="此处应显示您的数据：请管理员登记您对应的技术员编号。",
)


def _withheld(c: Context, name: str) -> Text | None:
    """Others' numbers are for those who may see the team; one's own need to be known as one's own."""
    if sees_team(c):
        return None
    return _UNKNOWN if looked_at(c) is None else _MANAGERS if name in _OF_THE_TEAM else None


PAGE = Page(
    name="technicians",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=24,
    parts={
        "who": _who,
        "numbers": _numbers,
        "satisfaction": _satisfaction,
        "findings": _findings,
        "team": technicians_table.team_table,
        "kinds": _kinds,
        "report": _report,
    },
    charts={
        "funnel": technicians_funnel.CHART,
        "course": technicians_course.CHART,
        "jobs": technicians_work.JOBS,
        "components": technicians_components.CHART,
        "ratings": technicians_ratings.CHART,
        "hours": technicians_work.HOURS,
    },
    withheld=_withheld,
)
