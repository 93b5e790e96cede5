"""The card of one chart: its question, a line in words, the figure, and the ways to its records, data and definition."""

from __future__ import annotations

from dash import dcc, html

from dashboards.components.definition import definition
from dashboards.figures.look import CONFIG
from dashboards.page import Chart, Component, Drawn
from warehouse.text import Language, Text

RECORDS = Text(en="Records", zh="记录")
EXPORT = Text(en="Export", zh="导出")


def chart_card(page: str, name: str, chart: Chart, drawn: Drawn, search: str, language: Language) -> Component:
    """The card; marks that carry an address in `customdata` lead there when clicked."""
    question = chart.question[language]
    tools = html.Div(
        [
            dcc.Link(RECORDS[language], href=drawn.records, className="tool") if drawn.records else None,
            html.A(EXPORT[language], href=f"/export/{page}/{name}.csv{search}", className="tool", download="")
            if drawn.figure
            else None,
            definition([chart.definition[language]], question, language),
        ],
        className="tools",
    )
    body = (
        dcc.Graph(
            id={"type": "graph", "page": page, "name": name},
            figure=drawn.figure,
            config={**CONFIG, "locale": "en"},
            style={"height": chart.height},
        )
        if drawn.figure
        else html.Div("—", className="nothing")
    )
    head = html.Header([html.H2(question), tools])
    return html.Section([head, html.P(drawn.words, className="words"), body], className="card chart")
