"""Failure trends: what fails more lately, when a rate changed, which model fails how often, what wears out."""

from __future__ import annotations

from dataclasses import replace

from dash import dcc, html

from analysis.trend import Direction
from dashboards.address import link
from dashboards.charts import (
    trends_ahead,
    trends_cohorts,
    trends_control,
    trends_curves,
    trends_growth,
    trends_lines,
    trends_lives,
    trends_models,
    trends_warning,
)
from dashboards.components.badge import State, badge
from dashboards.components.chart import RECORDS
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.components.nevada import nevada_card, nevada_table
from dashboards.components.picker import picker
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Chart, Component, Page
from dashboards.trends_look import (
    NO_FAILURE,
    PATH,
    Look,
    behind,
    bounds,
    called,
    ever,
    here,
    look,
    month,
    named,
    number,
    place_called,
    told_apart,
)
from warehouse.early_warnings import Warned, warnings
from warehouse.failure_control import control
from warehouse.failure_growth import growth
from warehouse.failure_months import items
from warehouse.metrics.wording import count
from warehouse.reasons import why
from warehouse.text import Text

TITLE = Text(en="Failure trends", zh="故障趋势")
_STANDS_OUT = Text(en="What stands out", zh="值得注意")
_LOOK = Text(en="Component", zh="部件")
_BY = Text(en="Early warning by", zh="预警单元")
_BY_NAMES = (
    ("region", Text(en="component × region", zh="部件 × 区域")),
    ("model", Text(en="component × model", zh="部件 × 型号")),
)
_OPTION = Text(en="{item} · n = {n}", zh="{item} · n = {n}")
_MOST_OPTIONS = 200
_GOOD = Text(en="good", zh="向好")
_BAD = Text(en="look here", zh="关注")
_CALM = Text(en="calm", zh="平稳")
_SHOW = Text(en="Show", zh="查看")
_N = Text(en="n = {n}", zh="n = {n}")
_QUIET = Text(
    en="Nothing stands out among {cells} cells ({by}) in the last three months.",
    zh="最近三个月，{cells} 个单元（{by}）均无异常。",
)
_LOUD = Text(
    en="{name} fails more lately: {observed} seen in three months, {expected} expected (ratio {ratio}, q = {q}), since {since}.",
    zh="{name} 近期故障增多：三个月 {observed} 次，期望 {expected} 次（比值 {ratio}，q = {q}），自 {since} 起。",
)
_MORE_SIGNALS = Text(en=" {n} cells stand out in all.", zh="共 {n} 个单元异常。")
_UNJUDGED = Text(en="The records are too short for an early warning.", zh="记录过短，无法预警。")
_CHANGED = Text(en="{name}: {change}", zh="{name}：{change}")
_AHEAD = Text(en="{direction} since {since}. {forecast}", zh="自 {since} 起{direction}。{forecast}")
_JUDGED: dict[Direction, tuple[State, Text]] = {
    Direction.IMPROVING: ("good", _GOOD),
    Direction.DETERIORATING: ("warning", _BAD),
}
_LIST = Text(en="Early-warning list", zh="预警清单")
_LIST_HEAD = (
    Text(en="", zh=""),
    Text(en="Component", zh="部件"),
    Text(en="Seen", zh="实际"),
    Text(en="Expected", zh="期望"),
    Text(en="Ratio (95 %)", zh="比值（95%）"),
    Text(en="q", zh="q"),
    Text(en="Since", zh="起始"),
    Text(en="n", zh="n"),
    Text(en="", zh=""),
)
_PLACES = {"region": Text(en="Region", zh="区域"), "model": Text(en="Model", zh="型号")}
_SIGNAL = Text(en="stands out", zh="预警")
_NONE = Text(en="as usual", zh="正常")
_LISTED = 15
_RULES = Text(en="Why months are out of line", zh="判异依据")
_RULES_WORDS = Text(
    en="{name}: {n} of {months} months break a rule.", zh="{name}：{months} 个月中 {n} 个月触发判异规则。"
)
_RULES_HEAD = (
    Text(en="Rule", zh="规则"),
    Text(en="Side", zh="方向"),
    Text(en="Months", zh="月数"),
    Text(en="Which", zh="月份"),
)
_LIVES = Text(en="Life of each component", zh="各部件寿命")
_LIVES_HEAD = (
    Text(en="Component", zh="部件"),
    Text(en="Fails by", zh="失效类型"),
    Text(en="Shape (95 %)", zh="形状（95%）"),
    Text(en="B10 (95 %)", zh="B10（95%）"),
    Text(en="Unit", zh="单位"),
    Text(en="Failures", zh="故障数"),
    Text(en="n", zh="n"),
)


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("trends", "findings", height=120),
        part("trends", "choices", height=34),
        part("trends", "warning", height=470),
        part("trends", "warnings", height=420),
        part("trends", "control", height=450),
        part("trends", "rules", height=120),
        html.Div([part("trends", "growth", height=420), part("trends", "curves", height=420)], className="halves"),
        part("trends", "nevada", height=560),
        html.Div([part("trends", "cohorts", height=560), part("trends", "ahead", height=560)], className="halves"),
        part("trends", "lines", height=420),
        html.Div([part("trends", "models", height=500), part("trends", "lives", height=620)], className="halves"),
        part("trends", "life_table", height=420),
    ]


def _choices(c: Context) -> Component:
    """What the page looks at and how cells are told apart; a model is a chip of the rail."""
    found = look(c)
    if found is None:
        return None
    offered = list(items(c.reading).items())[:_MOST_OPTIONS]
    options = [(item, c.say(_OPTION.format(item=called(c, item), n=count(n)))) for item, n in offered]
    if found.item not in {item for item, _ in offered}:
        options.append((found.item, called(c, found.item)))
    by = [(value, c.say(name)) for value, name in _BY_NAMES]
    return html.Div(
        [
            picker(c, PATH, "look", c.say(_LOOK), options, found.item),
            picker(c, PATH, "window", c.say(_BY), by, found.by),
        ],
        className="looks",
    )


def _sentence(c: Context, state: State, judged: Text, text: str, n: int, href: str) -> Component:
    return html.Li(
        [
            badge(state, c.say(judged)),
            html.Span([text, " ", html.Span(c.say(_N.format(n=count(n))), className="quiet")]),
            dcc.Link(c.say(_SHOW), href=href, className="tool"),
        ]
    )


def _findings(c: Context) -> Component:
    """The strongest warning, or that there is none; when what is looked at changed; what the next quarter brings."""
    found = look(c)
    if found is None:
        return html.Section([html.H2(c.say(_STANDS_OUT)), html.P(c.say(NO_FAILURE))], className="card")
    sentences = [_warning(c, found), *_of_look(c, found)]
    return html.Section([html.H2(c.say(_STANDS_OUT)), html.Ol(sentences)], className="card findings")


def _warning(c: Context, found: Look) -> Component:
    every = warnings(c.reading, ever(c.filters), found.by)
    by = dict(_BY_NAMES)[found.by]
    everything = link("/records", ever(c.filters))
    if every.reason:
        return _sentence(c, "neutral", _CALM, c.say(_UNJUDGED), every.n, everything)
    if not every.signals:
        return _sentence(c, "good", _CALM, c.say(_QUIET.format(cells=count(every.watched), by=by)), every.n, everything)
    top = every.cells[0]
    text = _LOUD.format(
        name=trends_warning.names(c, top, found.by),
        observed=count(top.observed),
        expected=number(top.expected),
        ratio=number(top.ratio),
        q=number(top.q, 2),
        since=month(top.since) if top.since else "—",
    )
    more = c.say(_MORE_SIGNALS.format(n=count(every.signals))) if every.signals > 1 else ""
    return _sentence(c, "warning", _BAD, c.say(text) + more, top.n, here(c, top.item, **{found.by: top.place}))


def _of_look(c: Context, found: Look) -> list[Component]:
    name, sentences = named(c, found), []
    chart = control(c.reading, ever(c.filters), found.item, found.model)
    records = link("/records", ever(c.filters), behind(c, found.item, found.model))
    if chart.change:
        change = trends_control.change_in_words(chart.change)
        rose = chart.change.after > chart.change.before
        state: State = "neutral" if not chart.change.is_proven else "warning" if rose else "good"
        judged = _CALM if not chart.change.is_proven else _BAD if rose else _GOOD
        sentences.append(
            _sentence(c, state, judged, c.say(_CHANGED.format(name=name, change=change)), chart.n, records)
        )
    made = growth(c.reading, ever(c.filters), found.item, found.model)
    if made.forecast and made.since:
        ahead = _AHEAD.format(
            direction=trends_growth.DIRECTIONS[made.direction],
            since=month(made.since),
            forecast=trends_growth.forecast_in_words(made),
        )
        state, judged = _JUDGED.get(made.direction, ("neutral", _CALM))
        sentences.append(_sentence(c, state, judged, c.say(_CHANGED.format(name=name, change=ahead)), made.n, records))
    return sentences


def _card(c: Context, title: Text, words: str, chart: Chart, name: str, body: Component) -> Component:
    """A card of a table whose rows are those that a chart exports."""
    tools = html.Div(
        [
            exports(c, "trends", name),
            definition([c.say(chart.definition)], c.say(title), c.language),
        ],
        className="tools",
    )
    head = html.Header([html.H2(c.say(title)), tools])
    return html.Section([head, html.P(words, className="words"), body], className="card listed")


def _row(c: Context, w: Warned, by: str) -> list[Component]:
    ratio = bounds((w.ratio, w.low, w.high), 2)
    records = link(
        "/records",
        replace(ever(c.filters), region=(w.place,)) if by == "region" else ever(c.filters),
        behind(c, w.item, w.place if by == "model" else None),
    )
    return [
        badge("warning" if w.is_signal else "neutral", c.say(_SIGNAL if w.is_signal else _NONE)),
        dcc.Link(called(c, w.item), href=here(c, w.item, **{by: w.place})),
        place_called(c, w.place, by),
        count(w.observed),
        number(w.expected),
        ratio,
        number(w.q, 2) if w.q < 0.995 else "1",
        month(w.since) if w.since else "—",
        count(w.n),
        dcc.Link(c.say(RECORDS), href=records, className="tool"),
    ]


def _warnings(c: Context) -> Component:
    """The early-warning list: all that stand out, else those nearest to it."""
    by = told_apart(c)
    found = warnings(c.reading, ever(c.filters), by)
    shown = found.cells[: max(_LISTED, found.signals)]
    head = [c.say(h) for h in _LIST_HEAD]
    head.insert(2, c.say(_PLACES[by]))
    body = table(head, [_row(c, w, by) for w in shown], frozenset({3, 4, 5, 6, 8})) if shown else None
    words = trends_warning.words(c, found, by)
    return _card(c, _LIST, words, trends_warning.CHART, "warning", body or html.Div("—", className="nothing"))


def _rules(c: Context) -> Component:
    """Which rule each month out of line breaks, in words."""
    found = look(c)
    chart = trends_control.chart_of(c, found) if found else None
    if found is None or chart is None or not chart.broken:
        return None
    rows = [
        [
            c.say(trends_control.RULES[broken.rule]),
            c.say(trends_control.ABOVE[broken.is_above]),
            count(len(broken.months)),
            trends_control.months_in_words(broken),
        ]
        for broken in chart.broken
    ]
    words = c.say(_RULES_WORDS.format(name=named(c, found), n=len(chart.signals), months=len(chart.months)))
    body = table([c.say(h) for h in _RULES_HEAD], rows, frozenset({2}))
    return _card(c, _RULES, words, trends_control.CHART, "control", body)


def _life_table(c: Context) -> Component:
    """Every component's life, those without a distribution with the reason."""
    found = trends_lives.found_lives(c)
    rows: list[list[Component]] = []
    for life in found.lives:
        pattern = life.pattern
        reason = html.Span(c.say(why(life.reason)), className="quiet") if life.reason else "—"
        rows.append(
            [
                dcc.Link(called(c, life.item), href=here(c, life.item)),
                c.say(trends_lives.PATTERNS[pattern]) if pattern else reason,
                bounds(life.shape, 2),
                bounds(life.b10),
                trends_lives.unit_called(c, life),
                count(life.failures),
                count(life.n),
            ]
        )
    body = table([c.say(h) for h in _LIVES_HEAD], rows, frozenset({2, 3, 5, 6})) if rows else None
    words = trends_lives.words(c, found)
    return _card(c, _LIVES, words, trends_lives.CHART, "lives", body or html.Div("—", className="nothing"))


PAGE = Page(
    name="trends",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=22,
    parts={
        "findings": _findings,
        "choices": _choices,
        "warnings": _warnings,
        "rules": _rules,
        "nevada": nevada_card,
        "life_table": _life_table,
    },
    charts={
        "warning": trends_warning.CHART,
        "control": trends_control.CHART,
        "growth": trends_growth.CHART,
        "curves": trends_curves.CHART,
        "cohorts": trends_cohorts.CHART,
        "ahead": trends_ahead.CHART,
        "lines": trends_lines.CHART,
        "models": trends_models.CHART,
        "lives": trends_lives.CHART,
    },
    tables={"nevada": nevada_table},
)
