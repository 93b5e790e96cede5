"""Early warning: the cells of what fails × where (or which model) that fail more lately than their own past."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.early_warning import early_warning
from analysis.result import Reason
from warehouse.failure_months import failure_months
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

RECENT = 3
CYCLE = 12
FALSE_DISCOVERY_RATE = 0.1
_LEAST_PAST = 2 * RECENT
_MOST_CELLS = 20_000
_KEPT = 50


@dataclass(frozen=True)
class Warned:
    """One cell: failures seen in the recent months, those its past lets expect, their ratio, and how sure that is.

    q: the false-discovery rate at which it is a finding. since: the month the rise most likely began, for signals.
    """

    item: str
    place: str
    n: int
    observed: int
    expected: float
    ratio: float
    low: float | None
    high: float | None
    q: float
    is_signal: bool
    since: dt.date | None


@dataclass(frozen=True)
class Warnings:
    """The strongest first. watched: cells looked at; signals: how many stand out; reason: why nothing could be asked."""

    cells: tuple[Warned, ...]
    watched: int
    signals: int
    n: int
    first: dt.date | None = None
    last: dt.date | None = None
    is_seasonal: bool = False
    per_unit: bool = True
    reason: Reason = Reason.NONE


@remembered
def warnings(reading: Reading, filters: Filters, by: Literal["region", "model"]) -> Warnings:
    """Which cells fail more in the last months of the period than their past, the season and their peers let expect?

    All months before the period's end are the past, whatever its start. Season and spread are shared by the cells of one
    component.
    """
    data = failure_months(reading, replace(filters, start=None), by)
    if data is None or not data.cells:
        return Warnings((), 0, 0, 0, reason=Reason.NO_DATA)
    past = len(data.months) - RECENT
    if past < _LEAST_PAST:
        return Warnings((), len(data.cells), 0, int(data.count.sum()), reason=Reason.NOT_MATURE)
    count, exposure, cells = data.count, data.exposure, data.cells
    if len(cells) > _MOST_CELLS:
        failed = np.flatnonzero(count.any(axis=1))
        count, exposure, cells = count[failed], exposure[failed], tuple(cells[i] for i in failed)
    names = {cell.item: 0 for cell in cells}
    code = dict(zip(names, range(len(names)), strict=True))
    group = np.array([code[cell.item] for cell in cells])
    # One year of past would take last year's accidents for the season.
    cycle = CYCLE if past >= 2 * CYCLE else None
    found = early_warning(
        count, exposure, recent=RECENT, cycle=cycle, season_group=group, peer_group=group,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
    )  # fmt: skip
    ranked = [int(i) for i in found.ranking if not np.isnan(found.q_value[i])]

    def warned(i: int) -> Warned:
        low, high = (float(v) if np.isfinite(v) else None for v in (found.ratio.low[i], found.ratio.high[i]))
        return Warned(
            cells[i].item, cells[i].place, int(found.n[i]), int(found.observed[i]), float(found.expected[i]),
            float(found.ratio.value[i]), low, high, float(found.q_value[i]), bool(found.signal[i]),
            data.months[int(found.since[i])] if found.since[i] >= 0 else None,
        )  # fmt: skip

    signals = int(found.signal.sum())
    return Warnings(
        cells=tuple(warned(i) for i in ranked[: max(_KEPT, signals)]),
        watched=len(cells),
        signals=signals,
        n=int(found.n.sum()),
        first=data.months[past],
        last=data.months[-1],
        is_seasonal=cycle is not None,
        per_unit=data.per_unit,
    )
