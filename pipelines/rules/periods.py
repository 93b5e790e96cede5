"""The periods that rules judge: the last one that is over as of the records, and what it is called."""

from __future__ import annotations

import datetime as dt
from typing import Literal

Span = Literal["day", "week", "month", "quarter", "year"]
_MONTHS: dict[Span, int] = {"month": 1, "quarter": 3, "year": 12}


def last_completed(today: dt.date, span: Span) -> tuple[dt.date, dt.date]:
    """The first and last day of the last day, week (from Monday), month, quarter or year that ended before a day."""
    if span == "day":
        return today - dt.timedelta(days=1), today - dt.timedelta(days=1)
    if span == "week":
        begun = today - dt.timedelta(days=today.weekday())
        return begun - dt.timedelta(days=7), begun - dt.timedelta(days=1)
    months = _MONTHS[span]
    index = (today.year * 12 + today.month - 1) // months * months
    first, after = index - months, dt.date(index // 12, index % 12 + 1, 1)
    return dt.date(first // 12, first % 12 + 1, 1), after - dt.timedelta(days=1)


def called(first: dt.date, last: dt.date) -> str:
    """A period as it is written in both languages: 2026, 2026-Q3, 2026-09, 2026-09-30, else its first and last day."""
    if first == last:
        return first.isoformat()
    if first.day == 1 and (last + dt.timedelta(days=1)).day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        if months == 1:
            return f"{first:%Y-%m}"
        if months == 3 and first.month % 3 == 1:
            return f"{first.year}-Q{first.month // 3 + 1}"
        if months == 12 and first.month == 1:
            return str(first.year)
    return f"{first} – {last}"
