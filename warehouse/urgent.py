"""Single records that cannot wait: calls about to miss their promise, serious failures and complaints not dealt with yet.

As of the end of the records; each a row that says what it is, where, and since when.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from warehouse.questions import question
from warehouse.reading import Reading, remembered


@dataclass(frozen=True)
class Call:
    """A call to which nobody came yet. left: working hours until it is due; late: clock hours since; one of them is None."""

    ticket_id: str
    region: str
    product_line: str
    customer_id: str
    priority: str
    symptom: str
    opened_at: dt.datetime
    due_at: dt.datetime
    left: float | None
    late: float | None


@remembered
def calls_waiting(reading: Reading, hours: float) -> tuple[Call, ...]:
    """Calls that fall due within so many working hours of their zone, the next first; then those missed, the latest first."""
    return tuple(Call(*row) for row in reading.rows(question("calls_waiting"), {"hours": hours}))


@dataclass(frozen=True)
class Serious:
    """A critical failure, complaint or report of one that is not dealt with. what: the component, or the category."""

    number: str
    ticket_id: str
    region: str
    product_line: str
    customer_id: str
    asset_id: str
    what: str
    owner: str
    since: dt.datetime | None


@remembered
def critical_failures(reading: Reading) -> tuple[Serious, ...]:
    """Tickets with a critical failure that is not repaired, the newest first."""
    return tuple(Serious(*row) for row in reading.rows(question("critical_failures")))


@remembered
def critical_complaints(reading: Reading) -> tuple[Serious, ...]:
    """Critical complaints that are not closed, the newest first."""
    return tuple(Serious(*row) for row in reading.rows(question("critical_complaints")))


def critical_reports(reading: Reading, states: Collection[str], but: str) -> tuple[Serious, ...]:
    """Reports of critical failures in some states, of all sources but one, the newest first."""
    rows = reading.rows(question("critical_reports"), {"states": sorted(states), "source": but})
    return tuple(Serious(*row) for row in rows)
