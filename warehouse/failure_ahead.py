"""How many failures the ages of what is in the field bring in the next months, and how many of them under warranty."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from analysis.installed_base import conditional_failure_probability, counted_quantile, installed_base_demand
from analysis.result import Floats, Reason
from warehouse.failure_control import series
from warehouse.failure_life_rows import life_rows
from warehouse.failure_lives import lives
from warehouse.failure_months import DAYS_PER_MONTH, month_index, month_start, watched_until
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

MONTHS_AHEAD = 6
MONTHS_BACK = 18
_TAIL = 0.025
_AGES, _USAGES = 64, 5


@dataclass(frozen=True)
class Ahead:
    """Failures of one item by month: those that were, and those expected, each month between `low` and `high` with 95 %.

    warranty: of those expected, on units that are under warranty then; None where no warranty is on record.
    running: the lives that run on. part: the share of units that the forecast was computed from.
    """

    months: tuple[dt.date, ...] = ()
    seen: tuple[int, ...] = ()
    ahead: tuple[dt.date, ...] = ()
    expected: tuple[float, ...] = ()
    low: tuple[int, ...] = ()
    high: tuple[int, ...] = ()
    warranty: tuple[float, ...] | None = None
    running: int = 0
    total: tuple[float, int, int] = (0.0, 0, 0)
    part: float = 1.0
    reason: Reason = Reason.NONE


@remembered
def ahead(reading: Reading, filters: Filters, item: str, model: str | None) -> Ahead:
    """The months after the period's end, from the Weibull distribution of the item's life and the ages of what runs.

    What fails is replaced by a new one. Where the period ends within a month, the first month ahead begins on the next day.
    """
    filters = replace(filters, start=None)
    found = lives(reading, filters)
    life = next((life for life in found.lives if life.item == item), None)
    if life is None:
        return Ahead(reason=Reason.NO_DATA)
    if life.shape is None or life.scale is None:
        return Ahead(reason=life.reason or Reason.NOT_CONVERGED)
    rows = life_rows(reading, filters, (item,), life.unit, found.part, model=model, warranty=True)
    runs = ~rows["failed"].astype(bool)
    if not runs.any():
        return Ahead(reason=Reason.NO_DATA)
    pace = rows["pace"].astype(float)[runs]
    ages = (rows["age"].astype(float) - rows["since"].astype(float))[runs] * pace
    usage = pace * DAYS_PER_MONTH
    demand = installed_base_demand(
        _alike(ages, _AGES),
        shape=life.shape[0],
        scale=life.scale,
        usage=_alike(usage, _USAGES),
        periods=MONTHS_AHEAD,
    )
    mean, variance, so_far, so_far_variance = (
        v / found.part for v in (demand.mean, demand.variance, demand.total_mean, demand.total_variance)
    )
    low, high = (counted_quantile(mean, variance, q) for q in (_TAIL, 1 - _TAIL))
    covered = _covered(ages, usage, life.shape[0], life.scale, rows["covered"].astype(float)[runs])
    until = watched_until(reading, filters)
    last = month_index(until)
    past = series(reading, filters, item, model)
    return Ahead(
        months=past.months[-MONTHS_BACK:] if past else (),
        seen=tuple(int(n) for n in past.count[-MONTHS_BACK:]) if past else (),
        ahead=tuple(month_start(last + 1 + k) for k in range(MONTHS_AHEAD)),
        expected=tuple(float(v) for v in mean),
        low=tuple(int(v) for v in low),
        high=tuple(int(v) for v in high),
        warranty=tuple(float(v) for v in mean * covered) if _has_warranty(reading) else None,
        running=int(runs.sum()),
        total=(
            float(so_far[-1]),
            int(counted_quantile(so_far[-1], so_far_variance[-1], _TAIL)),
            int(counted_quantile(so_far[-1], so_far_variance[-1], 1 - _TAIL)),
        ),
        part=found.part,
    )


def _alike(values: Floats, levels: int) -> Floats:
    """The values brought to so many levels, each the mean of those it stands for: the forecast costs with their number."""
    found = np.empty(values.size)
    for part in np.array_split(np.argsort(values), levels):
        found[part] = values[part].mean() if part.size else 0.0
    return found


def _covered(ages: Floats, usage: Floats, shape: float, scale: float, months: Floats) -> Floats:
    """The share of each month's first failures that falls on units whose warranty lasts to the middle of it at least."""
    reached = np.arange(MONTHS_AHEAD + 1)
    failed = conditional_failure_probability(ages[:, None], usage[:, None] * reached, shape, scale)
    each = np.diff(failed, axis=1)
    is_covered = months[:, None] >= reached[:-1] + 0.5
    whole = each.sum(axis=0)
    share: Floats = np.divide((each * is_covered).sum(axis=0), whole, out=np.zeros(MONTHS_AHEAD), where=whole > 0)
    return share


@remembered
def _has_warranty(reading: Reading) -> bool:
    return bool(reading.rows("SELECT EXISTS (SELECT 1 FROM core.asset WHERE warranty_end IS NOT NULL)")[0][0])
