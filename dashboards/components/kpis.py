"""Cards of several measures at once, the table of those that have no card, and both as rows for an export."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.definition import lines_of
from dashboards.components.drill import records_of
from dashboards.components.facts import table
from dashboards.components.goal import notes
from dashboards.components.kpi import change_line, kpi_card
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import html
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_over_time
from warehouse.metrics.wording import count, spoken
from warehouse.quality_needs import explained
from warehouse.targets import goal

_HEAD = (
    Text(en="Measure", zh="指标"),
    Text(en="Value", zh="值"),
    Text(en="n", zh="n"),
    Text(en="Change", zh="变化"),
    Text(en="Definition", zh="定义"),
)


def kpi_cards(c: Context, names: tuple[str, ...]) -> Component:
    """One card per measure, with its trend over the period and the period compared with."""
    now = evaluate(c.reading, names, c.filters)
    before = evaluate(c.reading, names, c.before) if c.before else {}
    _, trends = evaluate_over_time(c.reading, names, c.filters, c.grain)
    cards = []
    for name in names:
        measure = measures()[name]
        trend = [value.value for value in trends[name]]
        beside = notes(c, measure, now[name], goal(c.reading, name, c.filters))
        href = records_of(measure, c.filters)
        value = explained(c.reading, now[name])
        cards.append(kpi_card(measure, value, before.get(name), trend, href, c.language, beside))
    return cards


def measure_table(c: Context, names: tuple[str, ...]) -> Component:
    """One row per measure: value, n, change, definition; a dash with the reason where there is no value."""
    now = evaluate(c.reading, names, c.filters)
    before = evaluate(c.reading, names, c.before) if c.before else {}
    rows = []
    for name in names:
        measure, value = measures()[name], explained(c.reading, now[name])
        rows.append(
            [
                c.say(measure.label),
                c.say(spoken(measure, value.value)),
                count(value.n),
                change_line(measure, value, before.get(name), c.language)
                if value.value is not None
                else html.Span(c.say(value.reason) if value.reason else "", className="quiet"),
                html.Span(c.say(measure.definition), title="\n".join(lines_of(measure, c.language)), className="quiet"),
            ]
        )
    return table([c.say(h) for h in _HEAD], rows, frozenset({1, 2}))


def measure_rows(c: Context, names: tuple[str, ...]) -> Table:
    """The measures as numbers: value, n, bounds, and the value of the period compared with."""
    now = evaluate(c.reading, names, c.filters)
    before = evaluate(c.reading, names, c.before) if c.before else {}
    head = (
        "name",
        "measure",
        "unit",
        "value",
        "numerator",
        "n",
        "low",
        "high",
        "compared_with",
        "reason",
        "definition",
    )
    rows = [
        [
            name,
            c.say(measures()[name].label),
            measures()[name].unit,
            value.value,
            value.numerator,
            value.n,
            value.low,
            value.high,
            before[name].value if name in before else None,
            c.say(value.reason) if value.reason else None,
            c.say(measures()[name].definition),
        ]
        for name, value in ((name, explained(c.reading, value)) for name, value in now.items())
    ]
    return Table(head, rows)
