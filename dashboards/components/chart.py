"""The card of one chart: its question, a line in words, the figure, and the ways to its records, data and definition."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.context import Context
from dashboards.figures.look import CONFIG, LOCALES, height
from dashboards.page import Chart, Component, Figure
from dashboards.plain import dcc, html

RECORDS = Text(en="Records", zh="记录")
_BY_KEYBOARD = Text(
    en="{question} Arrow keys go from mark to mark, Enter opens what is behind it.",
    zh="{question} 用方向键逐个查看数据点，按 Enter 打开其明细。",
)


def chart_card(c: Context, page: str, name: str, chart: Chart) -> Component:
    """The card; marks that carry an address in `customdata` lead there when clicked."""
    drawn, question = chart.draw(c), c.say(chart.question)
    tools = html.Div(
        [
            dcc.Link(c.say(RECORDS), href=drawn.records, className="tool") if drawn.records else None,
            exports(c, page, name, has_picture=True) if drawn.figure else None,
            definition([c.say(chart.definition)], question, c.language),
        ],
        className="tools",
    )
    head = html.Header([html.H2(question), tools])
    body = _graph(c, page, name, chart, drawn.figure) if drawn.figure else None
    return html.Section([head, html.P(drawn.words, className="words"), body], className="card chart")


def _graph(c: Context, page: str, name: str, chart: Chart, figure: Figure) -> Component:
    graph = dcc.Graph(
        id={"type": "graph", "page": page, "name": name},
        figure=figure,
        config={**CONFIG, "locale": LOCALES[c.language]},
        style={"height": height(figure, chart.height)},
    )
    if not any("customdata" in trace for trace in figure["data"]):
        return graph
    by_keyboard = {"aria-label": c.say(_BY_KEYBOARD.format(question=chart.question))}
    heard = html.Div(className="heard", **{"aria-live": "polite"})
    return html.Div([graph, heard], className="marks", tabIndex="0", role="group", **by_keyboard)
