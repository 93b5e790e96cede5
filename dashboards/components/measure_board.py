"""All measures by theme in one compact table: value, target, last year, the period before, how it went, and where it is analysed."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.definition import definition, lines_of
from dashboards.components.exports import exports
from dashboards.components.goal import target_of
from dashboards.context import Context
from dashboards.figures.sparkline import sparkline
from dashboards.overview_words import themes
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse.comparison import year_before
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_over_time, period_before
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import change, count, spoken
from warehouse.quality_needs import explained
from warehouse.targets import Goal, goal, is_met, targets

_TITLE = Text(en="All measures against target and against last year", zh="全部指标：与目标及去年同期对比")
_WORDS = Text(
    en="{met} of {judged} targets met. Targets are those of the period's last day, of the places filtered where there are any.",
    zh="{judged} 项目标中达成 {met} 项。目标取时段末日所适用者；所筛选的地点另有目标时以其为准。",
)
_NO_TARGETS = Text(
    en="No target is on record for these measures; a table of targets (measure, scope, period, value) would fill that column.",
    zh="没有这些指标的目标记录；提供目标表（指标、范围、周期、目标值）后即可显示该列。",
)
_UNREAD = Text(
    en=" {n} targets name a measure, period or scope that is not known here.",
    zh="另有 {n} 项目标的指标、周期或范围无法识别。",
)
_HEAD = (
    Text(en="Theme", zh="主题"),
    Text(en="Measure", zh="指标"),
    Text(en="Value", zh="值"),
    Text(en="n", zh="n"),
    Text(en="Target", zh="目标"),
)
_YEAR = Text(en="Same period last year", zh="去年同期")
_BEFORE = Text(en="Period before", zh="上一周期")
_TREND = Text(en="Trend", zh="趋势")
_NOT_ON_RECORD = Text(en="not on record", zh="无记录")


def _names() -> tuple[str, ...]:
    return tuple(name for _, _, names in themes() for name in names)


def _compared(c: Context) -> list[tuple[Text, Filters | None]]:
    """The selections in the two columns of comparison; one where a year ago and the period before are the same."""
    year = year_before(c.reading, c.filters, c.last_day)
    before = period_before(c.reading, c.filters, c.last_day)
    columns = [(_YEAR, year)]
    return columns if year is not None and year == before else [*columns, (_BEFORE, before)]


def board(c: Context) -> Component:
    """The table; a dash with its reason where there is no value."""
    names = _names()
    now = evaluate(c.reading, names, c.filters)
    compared = [(label, evaluate(c.reading, names, f) if f else {}) for label, f in _compared(c)]
    _, trends = evaluate_over_time(c.reading, names, c.filters, c.grain)
    wanted = {name: goal(c.reading, name, c.filters) for name in names}
    body = []
    for label, path, mine in themes():
        for i, name in enumerate(mine):
            measure, value = measures()[name], explained(c.reading, now[name])
            trend = sparkline([v.value for v in trends[name]])
            cells = [
                html.Td(_named(c, measure, path)),
                html.Td(_value(c, measure, value), className="number"),
                html.Td(count(value.n) if value.n else "—", className="number"),
                html.Td(target_of(c, measure, value, wanted[name])),
                *(html.Td(_then(c, measure, value, then.get(name)), className="number") for _, then in compared),
                html.Td(html.Img(src=trend, alt="", className="spark") if trend else None, className="course-of"),
            ]
            theme = html.Th(c.say(label), scope="rowgroup", rowSpan=len(mine)) if i == 0 else None
            body.append(html.Tr([cell for cell in (theme, *cells) if cell is not None], className="" if i else "first"))
    head = [*(c.say(h) for h in _HEAD), *(c.say(label) for label, _ in compared), c.say(_TREND)]
    numeric = {2, 3, *range(5, 5 + len(compared))}
    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [html.Th(h, scope="col", className="number" if i in numeric else "") for i, h in enumerate(head)]
                )
            ),
            html.Tbody(body),
        ],
        className="facts",
    )
    tools = html.Div(exports(c, "overview", "board"), className="tools")
    return html.Section(
        [
            html.Header([html.H2(c.say(_TITLE)), tools]),
            html.P(_words(c, now, wanted), className="words"),
            html.Div(table, className="scroll", tabIndex=0),
        ],
        className="card board",
    )


def _words(c: Context, now: dict[str, Value], wanted: dict[str, Goal | None]) -> str:
    judged = [met for name, g in wanted.items() if (met := is_met(measures()[name], now[name], g)) is not None]
    words = c.say(_WORDS.format(met=sum(judged), judged=len(judged)) if judged else _NO_TARGETS)
    unread = targets(c.reading)[1]
    return words + (c.say(_UNREAD.format(n=unread)) if unread else "")


def _named(c: Context, measure: Measure, path: str) -> Component:
    label = c.say(measure.label)
    sign = definition(lines_of(measure, c.language), label, c.language)
    return html.Div([dcc.Link(label, href=link(path, c.filters)), sign], className="named")


def _value(c: Context, measure: Measure, value: Value) -> Component:
    if value.value is None:
        return html.Span("—", title=c.say(value.reason) if value.reason else None)
    return html.Strong(c.say(spoken(measure, value.value)))


def _then(c: Context, measure: Measure, now: Value, then: Value | None) -> Component:
    """The value of another period, and how this one moved against it."""
    if then is None:
        return html.Span("—", className="quiet", title=c.say(_NOT_ON_RECORD))
    moved = change(measure, now, then)
    value = c.say(spoken(measure, then.value))
    if moved is None:
        return html.Span(value, className="quiet", title=c.say(then.reason) if then.reason else None)
    size, words = moved
    tone = "even" if not measure.better else "better" if (size > 0) == (measure.better == "higher") else "worse"
    arrow = "↑" if size > 0 else "↓" if size < 0 else "→"
    return [html.Span(value, className="quiet"), " ", html.Span(f"{arrow} {c.say(words)}", className=f"change {tone}")]


def board_table(c: Context) -> Table:
    """The same for export, as plain numbers."""
    names = _names()
    now = evaluate(c.reading, names, c.filters)
    year, before = (
        evaluate(c.reading, names, f) if f else {}
        for f in (year_before(c.reading, c.filters, c.last_day), period_before(c.reading, c.filters, c.last_day))
    )
    columns = (
        "measure",
        "name",
        "unit",
        "value",
        "n",
        "low",
        "high",
        "target",
        "target_of",
        "met",
        "last_year",
        "period_before",
    )
    rows = []
    for name in names:
        measure, value, wanted = measures()[name], now[name], goal(c.reading, name, c.filters)
        rows.append(
            [name, c.say(measure.label), measure.unit, value.value, value.n, value.low, value.high,
             wanted.value if wanted else None, wanted.period if wanted else None, is_met(measure, value, wanted),
             year[name].value if year else None, before[name].value if before else None]
        )  # fmt: skip
    return Table(columns, rows)
