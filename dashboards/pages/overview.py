"""Overview: what stands out, the six numbers, how it went, and where."""

from __future__ import annotations

from functools import partial

from dash import dcc, html

from dashboards.address import link
from dashboards.charts import flow
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.kpis import kpi_cards
from dashboards.components.rail import label_of
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from warehouse import records
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate_by
from warehouse.metrics.findings import Finding, at_place, findings
from warehouse.metrics.wording import count, spoken
from warehouse.records import Selection
from warehouse.text import Text

TITLE = Text(en="Overview", zh="总览")
_FINDINGS = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out in this selection: no change or place differs by more than chance and a tenth.",
    zh="当前筛选下没有值得注意之处：各项变化与各处差异均未超出偶然波动和一成。",
)
_N = Text(en="n = {n}", zh="n = {n}")
_SHOW = Text(en="Show", zh="查看")
_GOOD = Text(en="good", zh="向好")
_BAD = Text(en="look here", zh="关注")
_BY = Text(en="By {place}", zh="按{place}")
_MORE = Text(en="The {shown} with the most tickets of {all}.", zh="共 {all} 个，此处为工单最多的 {shown} 个。")

_COUNTED = ("opened", "closed", "backlog", "closure_rate", "response_within_target")
_TIMED = ("time_to_close_median",)
_COLUMNS = ("opened", "closed", "backlog", "closure_rate", "response_within_target", "mttr_ticket")
_MOST_ROWS = 20


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("overview", "findings", height=96),
        html.Div(
            [
                part("overview", "counted", height=128, class_name="spread"),
                part("overview", "timed", height=128, class_name="spread"),
            ],
            className="kpis",
        ),
        part("overview", "flow", height=420),
        part("overview", "places", height=220),
    ]


def _sentence(c: Context, finding: Finding) -> Component:
    if finding.subject == "backlog":
        href = link("/records", finding.filters, Selection(at_end=True))
    else:
        href = link("/closure", finding.filters)
    return html.Li(
        [
            badge("good" if finding.is_good else "warning", c.say(_GOOD if finding.is_good else _BAD)),
            html.Span([c.say(finding.text), " ", html.Span(c.say(_N.format(n=count(finding.n))), className="quiet")]),
            dcc.Link(c.say(_SHOW), href=href, className="tool"),
        ]
    )


def _findings(c: Context) -> Component:
    found = findings(c.reading, c.filters)
    body = html.Ol([_sentence(c, f) for f in found]) if found else html.P(c.say(_NOTHING), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


def _places(c: Context) -> Component:
    """The measures per region, or per product line where nobody says the region."""
    known = records.places(c.reading)
    by = "region" if any(value for value, _ in known.get("region", [])) else "product_line"
    values = evaluate_by(c.reading, _COLUMNS, c.filters, by)
    ranked = sorted(values["opened"], key=lambda place: -(values["opened"][place].value or 0))
    shown = ranked[:_MOST_ROWS]
    rows = [
        [
            dcc.Link(c.place(by, place), href=link("/closure", at_place(c.filters, by, place))),
            *(c.say(spoken(measures()[name], values[name][place].value)) for name in _COLUMNS),
        ]
        for place in shown
    ]
    head = [c.say(label_of(by)), *(c.say(measures()[name].label) for name in _COLUMNS)]
    more = c.say(_MORE.format(shown=len(shown), all=len(ranked))) if len(shown) < len(ranked) else None
    numbers = frozenset(range(1, len(head)))
    return html.Section(
        [
            html.H2(c.say(_BY.format(place=label_of(by)))),
            html.P(more, className="words") if more else None,
            table(head, rows, numbers),
        ],
        className="card",
    )


PAGE = Page(
    name="overview",
    path="/",
    title=TITLE,
    layout=_layout,
    group=Text(en="Overview", zh="总览"),
    order=10,
    parts={
        "findings": _findings,
        "counted": partial(kpi_cards, names=_COUNTED),
        "timed": partial(kpi_cards, names=_TIMED),
        "places": _places,
    },
    charts={"flow": flow.CHART},
)
