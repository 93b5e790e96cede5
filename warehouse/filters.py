"""What a reader narrows a page down to: a period and some places, as bound SQL conditions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

PLACES = ("product_line", "region", "customer", "priority", "service_kind")
# The column that each place filter compares; every ticket mart names them alike.
COLUMNS = {"customer": "customer_id"}


@dataclass(frozen=True)
class Filters:
    """A selection. Days are local and inclusive, None is open-ended; an empty tuple lets everything through.

    The value '' in a place stands for "nobody said".
    """

    start: dt.date | None = None
    end: dt.date | None = None
    product_line: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    service_kind: tuple[str, ...] = ()

    def places(self) -> tuple[list[str], list[object]]:
        """SQL conditions on the place columns and their parameters."""
        conditions: list[str] = []
        parameters: list[object] = []
        for f in fields(self):
            chosen = getattr(self, f.name)
            if f.name in PLACES and chosen:
                conditions.append(f"{COLUMNS.get(f.name, f.name)} IN ({', '.join('?' * len(chosen))})")
                parameters += chosen
        return conditions, parameters

    def where(self, day: str) -> tuple[str, list[object]]:
        """A WHERE clause (or an empty text) with `day` within the period, and its parameters."""
        conditions, parameters = self.places()
        if self.start:
            conditions.append(f"{day} >= ?")
            parameters.append(self.start)
        if self.end:
            conditions.append(f"{day} <= ?")
            parameters.append(self.end)
        return (" WHERE " + " AND ".join(conditions) if conditions else ""), parameters

    def covers_whole_months(self, last_day: dt.date) -> bool:
        """Whether both ends lie on month boundaries; an end on or after the last day of the records counts as one."""
        starts = self.start is None or self.start.day == 1
        ends = self.end is None or self.end >= last_day or (self.end + dt.timedelta(days=1)).day == 1
        return starts and ends
