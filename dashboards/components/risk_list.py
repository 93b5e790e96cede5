"""The open risks as a short list: how many, the worst example, and the way to both."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.components.badge import badge
from dashboards.components.exports import exports
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse.filters import Filters
from warehouse.metrics.findings import at_place
from warehouse.metrics.wording import count
from warehouse.records import Selection
from warehouse.risks import Risk, Rules, risks

_TITLE = Text(en="Open risks", zh="未决风险")
_WORDS = Text(
    en="As of {time}, whatever the period. The places filtered apply, except where marked (all).",
    zh="截至 {time}，与所选时段无关；除注明（全部）者外，按所筛选的地点统计。",
)
_STATES = {
    "good": Text(en="none", zh="无"),
    "warning": Text(en="coming", zh="临近"),
    "bad": Text(en="act now", zh="须处理"),
    "neutral": Text(en="not known", zh="未知"),
}
_ALL = Text(en=" (all)", zh="（全部）")
_SHOW = Text(en="Show", zh="查看")
_WORST = Text(en="Worst: ", zh="最严重：")


def _where(places: Filters, risk: Risk) -> str:
    """The page or the records where a risk is looked into."""
    match risk.name:
        case "critical":
            return link("/records", places, Selection(is_open=True))
        case "response":
            return link("/records", places, Selection("response_due_on", is_open=True, response_met=False))
        case "warnings":
            return link("/trends", places)
        case "actions":
            return link("/repeats", places, look="actions")
        case "stock":
            return link("/parts", places)
        case "quality":
            return "/quality"
    return link("/service", places)


def _example(places: Filters, risk: Risk) -> str | None:
    """The worst example itself, where it has a place of its own."""
    match risk.name:
        case "critical" | "response":
            return thing("/record", ticket=risk.example)
        case "warnings":
            return link("/trends", at_place(places, "region", risk.place), look=risk.example)
        case "stock":
            return thing("/parts", look=risk.example)
    return None


def _found(c: Context) -> tuple[Filters, tuple[Risk, ...]]:
    """The risks as they stand on the day of the snapshot, and the places that they are of."""
    places = Filters(**{**c.filters.__dict__, "start": None, "end": None})
    found = risks(c.reading, places, Rules.of(c.home.settings))
    # What is of all places together is not told of a part of the house.
    return places, tuple(risk for risk in found if risk.has_places or c.viewer.extent.is_whole)


def risk_list(c: Context) -> Component:
    """Every risk with its state in words; those nobody delivers say what would fill them."""
    places, found = _found(c)
    words = _WORDS.format(time=c.local(c.reading.as_of))
    head = html.Header([html.H2(c.say(_TITLE)), html.Div(exports(c, "overview", "risks"), className="tools")])
    rows = [_row(c, places, risk) for risk in found]
    return html.Section(
        [head, html.P(c.say(words), className="words"), html.Ul(rows, className="risks")],
        className="card",
    )


def risk_table(c: Context) -> Table:
    """The same for export."""
    rows = [
        [r.name, c.say(r.label), r.state, r.count, c.say(r.words), r.example or None, c.say(r.worst), r.has_places]
        for r in _found(c)[1]
    ]
    return Table(("risk", "name", "state", "count", "words", "example", "worst", "filtered_by_place"), rows)


def _row(c: Context, places: Filters, risk: Risk) -> Component:
    number = "—" if risk.count is None else count(risk.count)
    worst: Component = None
    if risk.worst.en:
        words, href = c.say(risk.worst), _example(places, risk) if risk.example else None
        worst = html.Span([c.say(_WORST), dcc.Link(words, href=href) if href else words], className="worst")
    scope = "" if risk.has_places else c.say(_ALL)
    return html.Li(
        [
            badge(risk.state, c.say(_STATES[risk.state])),
            html.Span(number, className="how-many"),
            html.Span(
                [
                    html.Strong(c.say(risk.label)),
                    html.Span(scope, className="quiet"),
                    " ",
                    html.Span(c.say(risk.words), className="quiet"),
                    worst,
                ]
            ),
            dcc.Link(c.say(_SHOW), href=_where(places, risk), className="tool") if risk.count else html.Span(),
        ],
    )
