"""Service and contracts: promises kept, satisfaction, complaints, contracts, costs, customers, suppliers, targets.

It is a page of several views, one at a time, chosen in the address. Each view fills the same places: cards of numbers,
findings, and up to six charts and tables.
"""

from __future__ import annotations

from collections.abc import Callable

from dash import dcc, html

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
from dashboards.components.chart import chart_card
from dashboards.components.service_card import listing_card
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Chart, Component, Page
from dashboards.service_look import PATH, Listing, View, here
from warehouse.metrics.wording import count
from warehouse.service_findings import Finding
from warehouse.text import Text

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
        html.Div(part("service", "numbers", height=128, class_name="spread"), className="kpis of-view"),
        part("service", "findings", height=96),
        html.Div([part("service", f"place{i}", height=360) for i in range(_PLACES)], className="halves"),
    ]


def _views(c: Context) -> Component:
    chosen = look_of(c)
    links = [
        dcc.Link(c.say(view.name), href=here(c, look), className="preset chosen" if look == chosen else "preset")
        for look, view in VIEWS.items()
    ]
    return html.Nav(links, className="presets views", **{"aria-label": c.say(TITLE)})


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
    found = VIEWS[look_of(c)].findings(c)[:_MOST_FINDINGS]
    body = html.Ol([_sentence(c, f) for f in found]) if found else html.P(c.say(_NOTHING), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


def _place(number: int) -> Callable[[Context], Component]:
    """What the view shows in one place: a chart, a table, or nothing."""

    def fill(c: Context) -> Component:
        shows = list(VIEWS[look_of(c)].shows.items())
        if number >= len(shows):
            return None
        name, shown = shows[number]
        card = (
            listing_card(c, "service", name, shown)
            if isinstance(shown, Listing)
            else chart_card(c, "service", name, shown)
        )
        if name in VIEWS[look_of(c)].wide:
            card.className += " wide"
        # Another view's card in the same place is another thing, not this one changed.
        card.key = name
        return card

    return fill


_SHOWS = {name: shown for view in VIEWS.values() for name, shown in view.shows.items()}
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
        **{f"place{i}": _place(i) for i in range(_PLACES)},
    },
    charts={name: shown for name, shown in _SHOWS.items() if isinstance(shown, Chart)},
    tables={name: shown.table for name, shown in _SHOWS.items() if isinstance(shown, Listing)},
)
