"""Fault closure: rates, how long closing takes, what is still open, and the tickets behind it."""

from __future__ import annotations

from functools import partial

from dash import dcc, html

from dashboards.address import link
from dashboards.charts import ageing, flow, survival, zones
from dashboards.components.grid import grid
from dashboards.components.kpis import kpi_cards, measure_table
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from warehouse import records
from warehouse.metrics.wording import count
from warehouse.text import Text

TITLE = Text(en="Fault closure", zh="故障关闭")
_OTHERS = Text(en="All measures of closure", zh="关闭类全部指标")
_BEHIND = Text(en="The tickets behind it", zh="对应工单")
_COUNT = Text(en="{n} tickets opened in the period, newest first.", zh="期内报修 {n} 张工单，最新在前。")
_ALL = Text(en="Open as records", zh="在记录页打开")

_RATES = ("closure_rate", "closure_flow", "response_within_target", "mttr_ticket")
_TIMES = ("time_to_close_median", "time_to_close_p90")
_COUNTS = ("opened", "closed", "backlog", "response_time", "time_to_resolve")
_REST = ("time_to_resolve_median", "time_to_close_mean", "reopened", "sla_as_reported")


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        html.Div(
            [
                part("closure", "rates", height=128, class_name="spread"),
                part("closure", "times", height=128, class_name="spread"),
            ],
            className="kpis",
        ),
        part("closure", "flow", height=420),
        part("closure", "survival", height=420),
        html.Div([part("closure", "ageing", height=340), part("closure", "zones", height=340)], className="halves"),
        part("closure", "measures", height=300),
        part("closure", "behind", height=420),
    ]


def _measures(c: Context) -> Component:
    return html.Section([html.H2(c.say(_OTHERS)), measure_table(c, _COUNTS + _REST)], className="card measures")


def _behind(c: Context) -> Component:
    n = records.count(c.reading, c.filters, c.query.selection)
    more = dcc.Link(c.say(_ALL), href=link("/records", c.filters, c.query.selection), className="tool")
    head = html.Header([html.H2(c.say(_BEHIND)), html.Div(more, className="tools")])
    words = html.P(c.say(_COUNT.format(n=count(n))), className="words")
    return html.Section([head, words, grid(c, "closure", "360px")], className="card")


PAGE = Page(
    name="closure",
    path="/closure",
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=20,
    parts={
        "rates": partial(kpi_cards, names=_RATES),
        "times": partial(kpi_cards, names=_TIMES),
        "measures": _measures,
        "behind": _behind,
    },
    charts={"flow": flow.CHART, "survival": survival.CHART, "ageing": ageing.CHART, "zones": zones.CHART},
)
