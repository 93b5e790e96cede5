"""Fault closure: rates, how work flows, how long closing takes, what is still open, which rules are kept, the tickets behind it.

Numbers and findings come first; below them one section at a time, chosen in the address, so that no screen has more than
six charts.
"""

from __future__ import annotations

from functools import partial

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts import (
    ageing,
    closure_complaints,
    closure_cumulative,
    closure_dispatch,
    closure_groups,
    closure_rates,
    closure_states,
    flow,
    survival,
    zones,
)
from dashboards.closure_look import SECTION_NAMES, SECTIONS, here, section
from dashboards.components import closure_open, closure_tables
from dashboards.components.badge import badge
from dashboards.components.closure_numbers import rule_cards
from dashboards.components.exports import exports
from dashboards.components.grid import grid
from dashboards.components.kpis import kpi_cards, measure_rows, measure_table
from dashboards.components.sections import Shown, charts_of, choice, fillers, places, tables_of
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from dashboards.plain import dcc, html
from warehouse import records
from warehouse.closure_findings import Finding, findings
from warehouse.closure_rules import rules_of
from warehouse.metrics.wording import count

TITLE = Text(en="Fault closure", zh="故障关闭")
_OTHERS = Text(en="All measures of closure", zh="关闭类全部指标")
_BEHIND = Text(en="The tickets behind it", zh="对应工单")
_COUNT = Text(en="{n} tickets opened in the period, newest first.", zh="期内报修 {n} 张工单，最新在前。")
_ALL = Text(en="Open as records", zh="在记录页打开")
_FINDINGS = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out in this selection: no group is clearly slower (a tenth fewer closings than expected, beyond chance), and no rule is clearly broken.",
    zh="当前筛选下没有值得注意之处：没有哪一组明显偏慢（关闭数比期望少一成以上且超出偶然），也没有明显违反的规则。",
)
_LOOK_HERE = Text(en="look here", zh="关注")
_SHOW = Text(en="Show", zh="查看")
_N = Text(en="n = {n}", zh="n = {n}")

_RATES = ("closure_rate", "closure_flow", "response_within_target", "mttr_ticket")
_TIMES = ("time_to_close_median", "time_to_close_p90")
_COUNTS = ("opened", "closed", "backlog", "response_time", "time_to_resolve")
_REST = ("time_to_resolve_median", "time_to_close_mean", "reopened", "sla_as_reported")

# What each section shows, in its order.
SHOWN: dict[str, Shown] = {
    "flow": {
        "states": closure_states.CHART,
        "flow": flow.CHART,
        "cumulative": closure_cumulative.CHART,
        "cohorts": closure_rates.COHORTS,
        "flow_rate": closure_rates.FLOW,
    },
    "time": {
        "survival": survival.CHART,
        "zones": zones.CHART,
        "groups": closure_groups.CHART,
        "group_table": closure_tables.GROUPS,
    },
    "open": {
        "ageing": ageing.CHART,
        "dispatch": closure_dispatch.CHART,
        "queue": closure_open.QUEUE,
        "owners": closure_open.OWNERS,
    },
    "rules": {
        "complaints": closure_complaints.COMPLAINTS,
        "visits": closure_complaints.VISITS,
        "complaint_owners": closure_tables.OWNERS,
        "remarks": closure_tables.REMARKS,
    },
}
_DRESS = {"states": "wide roomy", **dict.fromkeys(("flow", "cumulative", "groups"), "wide")}
_PLACES = max(len(shown) for shown in SHOWN.values())


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("closure", "findings", height=96),
        html.Div(
            [
                part("closure", "rates", height=128, class_name="spread"),
                part("closure", "times", height=128, class_name="spread"),
            ],
            className="kpis",
        ),
        part("closure", "sections", height=32),
        part("closure", "rule_cards", height=0),
        places("closure", _PLACES),
        part("closure", "measures", height=300),
        part("closure", "behind", height=420),
    ]


def _sections(c: Context) -> Component:
    return choice(c, TITLE, [(s, SECTION_NAMES[s], here(c, s)) for s in SECTIONS], section(c))


def _sentence(c: Context, f: Finding) -> Component:
    return html.Li(
        [
            badge("warning", c.say(_LOOK_HERE)),
            html.Span([c.say(f.text), " ", html.Span(c.say(_N.format(n=count(f.n))), className="quiet")]),
            dcc.Link(c.say(_SHOW), href=here(c, f.look, **({"window": f.by} if f.by else {})), className="tool"),
        ]
    )


def _findings(c: Context) -> Component:
    found = findings(c.reading, c.filters, rules_of(c.home.settings))
    body = html.Ol([_sentence(c, f) for f in found]) if found else html.P(c.say(_NOTHING), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


def _rule_cards(c: Context) -> Component:
    """The numbers of the rules stand above their section only."""
    return html.Div(rule_cards(c), className="kpis of-view") if section(c) == "rules" else None


def _measures(c: Context) -> Component:
    head = html.Header([html.H2(c.say(_OTHERS)), html.Div(exports(c, "closure", "measures"), className="tools")])
    return html.Section([head, measure_table(c, _COUNTS + _REST)], className="card measures")


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
        "findings": _findings,
        "sections": _sections,
        "rule_cards": _rule_cards,
        **fillers("closure", _PLACES, lambda c: SHOWN[section(c)], _DRESS),
        "measures": _measures,
        "behind": _behind,
    },
    charts=charts_of(SHOWN.values()),
    tables={
        **tables_of(SHOWN.values()),
        "measures": partial(measure_rows, names=_RATES + _TIMES + _COUNTS + _REST),
    },
)
