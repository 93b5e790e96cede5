"""The card of a number as it stands, with nothing to compare it with."""

from __future__ import annotations

from bilingual.text import Language, Text
from dashboards.components.definition import definition, lines_of
from dashboards.page import Component
from dashboards.plain import dcc, html
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import count, spoken

_AT_SNAPSHOT = Text(en="on the day of the snapshot", zh="快照日数据")
_N = Text(en="n = {n}", zh="n = {n}")


def standing_card(
    measure: Measure, value: Value, href: str, language: Language, note: Text = _AT_SNAPSHOT
) -> Component:
    """The card of a number with nothing to compare with: as a rule one that stands as it is on the day of the snapshot."""
    label = measure.label[language]
    head = html.Div([html.H2(label), definition(lines_of(measure, language), label, language)], className="kpi-head")
    if value.value is None:
        shown: Component = html.Div("—", className="kpi-value")
        said = value.reason[language] if value.reason else ""
    else:
        shown = dcc.Link(spoken(measure, value.value)[language], href=href, className="kpi-value")
        said = f"{_N.format(n=count(value.n))[language]} · {note[language]}"
    return html.Article(
        [head, html.Div(shown, className="kpi-row"), html.P(said, className="quiet")], className="card kpi"
    )
