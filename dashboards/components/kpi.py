"""The card of one measure: value, movement, n, change against the period compared with, definition."""

from __future__ import annotations

from collections.abc import Sequence

from bilingual.text import Language, Text
from dashboards.comparison import AGAINST, NOT_ON_RECORD, chosen
from dashboards.components.definition import definition, lines_of
from dashboards.figures.sparkline import sparkline
from dashboards.page import Component
from dashboards.plain import dcc, html
from warehouse.metrics.measure import Measure, Value
from warehouse.metrics.wording import change, count, spoken

_N = Text(en="n = {n}", zh="n = {n}")
_INTERVAL = Text(en="95\u00a0%: {low} – {high}", zh="95%：{low} – {high}")
# Below this a change is shown without a judgement.
_STILL = 0.005


def _whole(text: Text) -> Text:
    """A value that is not torn between its number and its unit at the end of a line."""
    return Text(en=text.en.replace(" ", "\u00a0"), zh=text.zh.replace(" ", "\u00a0"))


def change_line(measure: Measure, now: Value, before: Value | None, language: Language) -> Component:
    """The change with a sign and, where a direction is good, whether it went that way."""
    if before is None:
        return html.Span(NOT_ON_RECORD[chosen()][language], className="quiet")
    against = AGAINST[chosen()].format(value=_whole(spoken(measure, before.value)))[language]
    moved = change(measure, now, before)
    if moved is None:
        return html.Span(against, className="quiet")
    size, words = moved
    arrow = "→" if abs(size) < _STILL else "↑" if size > 0 else "↓"
    tone = "even"
    if measure.better and abs(size) >= _STILL:
        tone = "better" if (size > 0) == (measure.better == "higher") else "worse"
    return html.Span([html.Span(f"{arrow} {words[language]}", className=f"change {tone}"), " ", against])


def kpi_card(
    measure: Measure,
    now: Value,
    before: Value | None,
    trend: Sequence[float | None],
    href: str,
    language: Language,
    notes: Sequence[Component] = (),
) -> Component:
    """The card; its number is a link to the records it counts. `notes` are lines under it: its target, doubts."""
    picture = sparkline(trend)
    label = measure.label[language]
    interval = ""
    if now.low is not None and now.high is not None:
        low, high = (_whole(spoken(measure, bound))[language] for bound in (now.low, now.high))
        interval = _INTERVAL.format(low=low, high=high)[language]
    head = html.Div([html.H2(label), definition(lines_of(measure, language), label, language)], className="kpi-head")
    value = dcc.Link(spoken(measure, now.value)[language], href=href, className="kpi-value")
    if now.value is None:
        reason = now.reason[language] if now.reason else ""
        return html.Article(
            [head, html.Div("—", className="kpi-value"), html.P(reason, className="quiet")], className="card kpi"
        )
    return html.Article(
        [
            head,
            html.Div(
                [value, html.Img(src=picture, alt="", className="spark") if picture else None], className="kpi-row"
            ),
            html.P(change_line(measure, now, before, language), className="kpi-change"),
            *notes,
            html.P(
                [
                    html.Span(_N.format(n=count(now.n))[language]),
                    html.Span(interval, className="together") if interval else None,
                ],
                className="quiet apart",
            ),
        ],
        className="card kpi",
    )
