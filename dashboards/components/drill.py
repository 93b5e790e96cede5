"""Where the records behind a measure are: the day that dates them, and what else selects them."""

from __future__ import annotations

from dashboards.address import link
from warehouse.filters import Filters
from warehouse.metrics.measure import Measure
from warehouse.records import Selection

_BY_MEASURE = {
    "closed": Selection("closed_on"),
    "backlog": Selection(at_end=True),
    "closure_flow": Selection("closed_on"),
    "response_time": Selection("arrived_on"),
    "response_within_target": Selection("response_due_on", response_met=False),
    "mttr_ticket": Selection("resolved_on"),
    "time_to_resolve": Selection("resolved_on"),
    "time_to_resolve_median": Selection("resolved_on"),
    "time_to_close_mean": Selection("closed_on"),
    "reopened": Selection(is_reopened=True),
    "closure_rate": Selection(is_open=True),
}


def records_of(measure: Measure, filters: Filters) -> str:
    """The address of the tickets behind a measure: of a quota those that were missed, of all others those counted."""
    return link("/records", filters, _BY_MEASURE.get(measure.name, Selection()))
