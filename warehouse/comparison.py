"""What a period is compared with: the period before, the same period last year, or nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal, get_args

from warehouse.filters import Filters
from warehouse.metrics.evaluate import first_day, period_before
from warehouse.reading import Reading

Comparison = Literal["before", "year", "none"]
COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)


def compared_with(reading: Reading, filters: Filters, last: dt.date, comparison: Comparison) -> Filters | None:
    """The selection to compare with; None where the records do not reach back so far, and for no comparison."""
    if comparison == "before":
        return period_before(reading, filters, last)
    return year_before(reading, filters, last) if comparison == "year" else None


def year_before(reading: Reading, filters: Filters, last: dt.date) -> Filters | None:
    """The selection over the same days a year earlier; None where the records do not reach back so far."""
    known, start, end = first_day(reading), filters.start, filters.end or last
    if known is None or start is None or start > end:
        return None
    begins, ends = _a_year_earlier(start), _a_year_earlier(end)
    following = end + dt.timedelta(days=1)
    if following.day == 1:
        # A period that ends with a month ends with it in every year: February has 28 or 29 days.
        ends = _a_year_earlier(following) - dt.timedelta(days=1)
    return replace(filters, start=begins, end=ends) if begins >= known.replace(day=1) else None


def _a_year_earlier(day: dt.date) -> dt.date:
    """The same day of the year before; 28 February for 29 February."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
