"""The numbers of the rules: complaints, return visits, dispatch on the same day, each as the card of a measure."""

from __future__ import annotations

from dashboards.charts.closure_complaints import rules
from dashboards.closure_look import here
from dashboards.components.kpi import kpi_card
from dashboards.context import Context
from dashboards.page import Component
from dashboards.service_look import known_by
from warehouse.closure_dispatch import SAME_DAY, dispatched
from warehouse.closure_rules import (
    ANSWERED,
    CONFIRMED,
    REPORTED,
    VISITED,
    by_month,
    complaints,
    kept,
    return_visits,
    visited,
)
from warehouse.filters import Filters
from warehouse.metrics.measure import Measure, Value

_OF_COMPLAINTS = (ANSWERED, REPORTED, CONFIRMED)


def _values(c: Context, filters: Filters) -> dict[str, Value]:
    of_complaints = kept(complaints(c.reading, filters, rules(c))).values()
    return {
        **{m.name: known_by(c, "complaint", v) for m, v in zip(_OF_COMPLAINTS, of_complaints, strict=True)},
        VISITED.name: known_by(c, "survey", visited(return_visits(c.reading, filters, rules(c)) or ())),
        SAME_DAY.name: dispatched(c.reading, filters),
    }


def rule_cards(c: Context) -> list[Component]:
    """One card per rule, with its months and the period compared with."""
    now, before = _values(c, c.filters), _values(c, c.before) if c.before else {}
    months = [k.values() for k in by_month(complaints(c.reading, c.filters, rules(c))).values()]
    trends = {m.name: [values[i].value for values in months] for i, m in enumerate(_OF_COMPLAINTS)}
    trends[VISITED.name] = [visited((v,)).value for v in return_visits(c.reading, c.filters, rules(c)) or ()]

    def card(measure: Measure, href: str) -> Component:
        trend = trends.get(measure.name, [])
        return kpi_card(measure, now[measure.name], before.get(measure.name), trend, href, c.language)

    return [
        *(card(measure, here(c, "rules")) for measure in (*_OF_COMPLAINTS, VISITED)),
        card(SAME_DAY, here(c, "open")),
    ]
