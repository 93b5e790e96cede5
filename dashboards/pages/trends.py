"""Failure trends: what fails more lately, when a rate changed, which units fail how often, what wears out.

Findings come first; below them one section at a time, chosen in the address.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from analysis.trend import Direction
from bilingual.text import Text
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
from dashboards.components import trends_tables
from dashboards.components.badge import State, badge
from dashboards.components.nevada import NEVADA
from dashboards.components.picker import picker
from dashboards.components.sections import Shown, charts_of, choice, fillers, places, tables_of
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from dashboards.plain import dcc, html
from dashboards.trends_look import (
    NO_FAILURE,
    PATH,
    SECTION_NAMES,
    SECTIONS,
    Look,
    Section,
    asked_for,
    called,
    cells_by,
    compared,
    ever,
    here,
    kind_of_item,
    look,
    month,
    named,
    number,
    of_cell,
    section,
)
from warehouse.early_warnings import warnings
from warehouse.failure_control import control
from warehouse.failure_growth import growth
from warehouse.failure_months import item_column, items
from warehouse.metrics.wording import count
from warehouse.records import Selection

TITLE = Text(en="Failure trends", zh="故障趋势")
_STANDS_OUT = Text(en="What stands out", zh="值得注意")
_BY = Text(en="Early warning by", zh="预警单元")
_BYS: tuple[Literal["region", "model"], ...] = ("region", "model")
_BETWEEN_BY = Text(en="Time between failures by", zh="平均故障间隔按")
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

# What each section shows, in its order.
SHOWN: dict[str, Shown] = {
    "signals": {
        "warning": trends_warning.CHART,
        "control": trends_control.CHART,
        "warnings": trends_tables.WARNINGS,
        "rules": trends_tables.RULES,
    },
    "rates": {"lines": trends_lines.CHART, "growth": trends_growth.CHART, "models": trends_models.CHART},
    "lives": {"curves": trends_curves.CHART, "lives": trends_lives.CHART, "life_table": trends_tables.LIVES},
    "cohorts": {"nevada": NEVADA, "cohorts": trends_cohorts.CHART, "ahead": trends_ahead.CHART},
}
_DRESS = {"models": "wide", **dict.fromkeys(("warnings", "rules", "life_table"), "listed")}
_PLACES = max(len(shown) for shown in SHOWN.values())


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("trends", "findings", height=120),
        part("trends", "sections", height=32),
        part("trends", "choices", height=34),
        places("trends", _PLACES),
    ]


def _sections(c: Context) -> Component:
    """The sections; what is looked at goes along."""
    item = asked_for(c) or ""
    model = c.query.selection.model
    return choice(c, TITLE, [(s, SECTION_NAMES[s], here(c, item, model=model, at=s)) for s in SECTIONS], section(c))


def _choices(c: Context) -> Component:
    """What the section looks at and how it tells apart; a model is a chip of the rail."""
    found = look(c)
    if found is None:
        return None
    chosen = section(c)
    pickers = [_items(c, found)]
    if chosen == "signals":
        by = [(by, c.say(cells_by(c, by))) for by in _BYS]
        pickers.append(picker(c, PATH, "window", c.say(_BY), by, found.by))
    if chosen == "rates":
        ways = [(value, c.say(name)) for value, name in trends_models.BY_NAMES.items()]
        pickers.append(picker(c, PATH, "window", c.say(_BETWEEN_BY), ways, compared(c)))
    return html.Div(pickers, className="looks")


def _items(c: Context, found: Look) -> Component:
    """What fails, most first."""
    offered = list(items(c.reading).items())[:_MOST_OPTIONS]
    options = [(item, c.say(_OPTION.format(item=called(c, item), n=count(n)))) for item, n in offered]
    if found.item not in {item for item, _ in offered}:
        options.append((found.item, called(c, found.item)))
    column = item_column(c.reading)
    # The list writes the item into the address itself, in place of the one that is there.
    others = Selection(**{**c.query.selection.__dict__, column: None})
    arguments = tuple({**dict(c.query.arguments), "look": section(c)}.items())
    label = c.say(kind_of_item(c))
    return picker(
        replace(c, query=replace(c.query, selection=others, arguments=arguments)),
        PATH,
        column,
        label,
        options,
        found.item,
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
    by = cells_by(c, found.by)
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
    return _sentence(
        c, "warning", _BAD, c.say(text) + more, top.n, of_cell(c, top.item, found.by, top.place, "signals")
    )


def _of_look(c: Context, found: Look) -> list[Component]:
    name, sentences = named(c, found), []
    chart = control(c.reading, ever(c.filters), found.item, found.model)
    if chart.change:
        whole = trends_control.change_in_words(chart.change)
        # After a colon it is no sentence of its own.
        change = Text(en=whole.en[:1].lower() + whole.en[1:], zh=whole.zh)
        rose = chart.change.after > chart.change.before
        state: State = "neutral" if not chart.change.is_proven else "warning" if rose else "good"
        judged = _CALM if not chart.change.is_proven else _BAD if rose else _GOOD
        sentences.append(
            _sentence(
                c, state, judged, c.say(_CHANGED.format(name=name, change=change)), chart.n, _at(c, found, "signals")
            )
        )
    made = growth(c.reading, ever(c.filters), found.item, found.model)
    if made.forecast and made.since:
        ahead = _AHEAD.format(
            direction=trends_growth.DIRECTIONS[made.direction],
            since=month(made.since),
            forecast=trends_growth.forecast_in_words(made),
        )
        state, judged = _JUDGED.get(made.direction, ("neutral", _CALM))
        told = c.say(_CHANGED.format(name=name, change=ahead))
        sentences.append(_sentence(c, state, judged, told, made.n, _at(c, found, "rates")))
    return sentences


def _at(c: Context, found: Look, at: Section) -> str:
    """What is looked at, in the section that shows more of it."""
    return here(c, found.item, model=found.model, at=at)


PAGE = Page(
    name="trends",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=22,
    parts={
        "findings": _findings,
        "sections": _sections,
        "choices": _choices,
        **fillers("trends", _PLACES, lambda c: SHOWN[section(c)], _DRESS),
    },
    charts=charts_of(SHOWN.values()),
    tables=tables_of(SHOWN.values()),
)
