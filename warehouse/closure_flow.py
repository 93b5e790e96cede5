"""How work flows over time: tickets per state day by day, and what Little's law says of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from warehouse.filters import Filters
from warehouse.metrics.evaluate import first_day
from warehouse.questions import question
from warehouse.reading import Reading, remembered

STEPS = ("opened", "dispatched", "arrived", "resolved", "closed")
# Work in process counts as steady where it ends within a tenth of where it began.
_STEADY = 0.1


@dataclass(frozen=True)
class CumulativeFlow:
    """`counts[step][i]`: tickets that took the step by the end of days[i], less those that were closed before the period.

    work: mean of the tickets open at the ends of the days; throughput: tickets closed a day, `closed` in all.
    """

    days: tuple[dt.date, ...]
    counts: dict[str, tuple[int, ...]]
    work: float
    closed: int
    throughput: float
    began: int
    ended: int

    @property
    def days_in_process(self) -> float | None:
        """How long a ticket stays by Little's law: work in process over throughput; None where nothing was closed."""
        return self.work / self.throughput if self.throughput else None

    @property
    def is_steady(self) -> bool:
        """Whether as much work was in process at the end as at the beginning, which the law asks for."""
        return abs(self.ended - self.began) <= _STEADY * self.work


@remembered
def cumulative_flow(reading: Reading, filters: Filters) -> CumulativeFlow | None:
    """Tickets per state over the days of the period; None where none was open in it."""
    first, last = filters.start or first_day(reading), filters.end or reading.as_of_on
    last = min(last, reading.as_of_on)
    if first is None or first > last:
        return None
    where, parameters = replace(filters, start=None, end=last).where("opened_on")
    where += " AND (closed_on IS NULL OR closed_on >= ?)"
    size = (last - first).days + 1
    changes = np.zeros((len(STEPS), size), dtype=np.int64)
    for step, day, n in reading.rows(question("cumulative_flow").format(where=where), [*parameters, first]):
        if day is not None and day <= last:
            changes[step, max((day - first).days, 0)] += n
    counts = changes.cumsum(axis=1)
    if not counts[0, -1]:
        return None
    before = int(
        reading.rows(f"SELECT count(*) FROM marts.ticket{where} AND opened_on < ?", [*parameters, first, first])[0][0]
    )
    work = counts[0] - counts[-1]
    return CumulativeFlow(
        days=tuple(first + dt.timedelta(days=i) for i in range(size)),
        counts={step: tuple(counts[i].tolist()) for i, step in enumerate(STEPS)},
        work=float(work.mean()),
        closed=int(counts[-1, -1]),
        throughput=float(counts[-1, -1] / size),
        began=before,
        ended=int(work[-1]),
    )
