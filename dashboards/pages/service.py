"""Service and contracts: promises kept, satisfaction, complaints, contracts, costs, customers, suppliers, targets.

It is a page of several views, one at a time, chosen in the address. Each view fills the same places: cards of numbers,
findings, and up to six charts and tables.
"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts import (
    service_complaints,
    service_contracts,
    service_costs,
    service_customers,
    service_questions,
    service_satisfaction,
    service_sla,
    service_suppliers,
    service_targets,
)
from dashboards.components.badge import State, badge
from dashboards.components.sections import charts_of, choice, fillers, places, tables_of
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from dashboards.plain import dcc, html
from dashboards.service_look import PATH, View, here
from warehouse.metrics.wording import count
from warehouse.service_findings import Finding

TITLE = Text(en="Service and contracts", zh="服务与合同")
VIEWS: dict[str, View] = {
    "sla": service_sla.VIEW,
    "satisfaction": service_satisfaction.VIEW,
    "complaints": service_complaints.VIEW,
    "questions": service_questions.VIEW,
    "contracts": service_contracts.VIEW,
    "costs": service_costs.VIEW,
    "customers": service_customers.VIEW,
    "suppliers": service_suppliers.VIEW,
    "targets": service_targets.VIEW,
}
_PLACES = 6
_MOST_FINDINGS = 3
_FINDINGS = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out here in this selection: nothing differs by more than chance, no rule is broken.",
    zh="当前筛选下没有值得注意之处：差异均未超出偶然，也没有违反规则的情况。",
)
_SIGNS: dict[bool | None, tuple[State, Text]] = {
    True: ("good", Text(en="good", zh="向好")),
    False: ("warning", Text(en="look here", zh="关注")),
    None: ("neutral", Text(en="mind", zh="留意")),
}
_SHOW = Text(en="Show", zh="查看")
_N = Text(en="n = {n}", zh="n = {n}")


def look_of(c: Context) -> str:
    """Which view the address asks for; the first where it names none."""
    asked = c.query.argument("look")
    return asked if asked in VIEWS else next(iter(VIEWS))


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("service", "views", height=32),
        part("service", "findings", height=96),
        html.Div(part("service", "numbers", height=128, class_name="spread"), className="kpis of-view"),
        places("service", _PLACES),
    ]


def _views(c: Context) -> Component:
    return choice(c, TITLE, [(look, view.name, here(c, look)) for look, view in VIEWS.items()], look_of(c))


def _numbers(c: Context) -> Component:
    return list(VIEWS[look_of(c)].cards(c))


def _show(c: Context, finding: Finding) -> str | None:
    if finding.window:
        return here(c, look_of(c), finding.window)
    if finding.selection:
        return link("/records", finding.filters or c.filters, finding.selection)
    return link(PATH, finding.filters, None, **c.query.choices) if finding.filters else None


def _sentence(c: Context, finding: Finding) -> Component:
    href, (state, sign) = _show(c, finding), _SIGNS[finding.is_good]
    return html.Li(
        [
            badge(state, c.say(sign)),
            html.Span([c.say(finding.text), " ", html.Span(c.say(_N.format(n=count(finding.n))), className="quiet")]),
            dcc.Link(c.say(_SHOW), href=href, className="tool") if href else None,
        ]
    )


def _findings(c: Context) -> Component:
    view = VIEWS[look_of(c)]
    silent = view.silent(c)
    found = () if silent else view.findings(c)[:_MOST_FINDINGS]
    body = html.Ol([_sentence(c, f) for f in found]) if found else html.P(silent or c.say(_NOTHING), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


_SHOWN = [view.shows for view in VIEWS.values()]
_DRESS = {name: "wide" for view in VIEWS.values() for name in view.wide}
PAGE = Page(
    name="service",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=25,
    parts={
        "views": _views,
        "numbers": _numbers,
        "findings": _findings,
        **fillers("service", _PLACES, lambda c: VIEWS[look_of(c)].shows, _DRESS),
    },
    charts=charts_of(_SHOWN),
    tables=tables_of(_SHOWN),
)
