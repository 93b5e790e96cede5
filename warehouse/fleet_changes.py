"""What changed in the fleet and its configuration, for time axes: actions implemented, new models, large deliveries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from statistics import median
from typing import Literal

from warehouse.actions import CORRECTIVE, Action, actions
from warehouse.failure_months import item_column, month_index, of_units, product_lines, watched_until
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

# A month in which a product line got so many times as many units as in its middle month, and so many at least.
_LARGE, _LEAST_LARGE = 3.0, 10
# A model is new when it is first installed so long after the records began: those that failed before have been seen by then.
_NEW_AFTER_DAYS = 90


@dataclass(frozen=True)
class Change:
    """One change: an action, the first installation of a model, a large delivery to a product line (of `n` units)."""

    on: dt.date
    kind: Literal["action", "model", "delivery"]
    name: str
    n: int = 0
    action: Action | None = None


@remembered
def fleet_changes(reading: Reading, filters: Filters, zone: str, item: str | None = None) -> tuple[Change, ...]:
    """The changes up to the period's end, by day: of the fleet that the filters choose; of one item's where it is named.

    Of an item only actions on it are told; where none is named, all corrective ones.
    """
    until = watched_until(reading, filters)
    own = product_lines(reading).get(item, ()) if item else None
    found = [
        Change(a.implemented_on, "action", a.component or a.failure_mode, action=a)
        for a in actions(reading, zone)
        if a.implemented_on and a.implemented_on <= until and _is_told(reading, a, filters, item)
    ]
    return tuple(sorted([*found, *_deliveries(reading, filters, until, own)], key=lambda change: change.on))


def _is_told(reading: Reading, action: Action, filters: Filters, item: str | None) -> bool:
    if filters.product_line and action.product_line and action.product_line not in filters.product_line:
        return False
    if item:
        return bool(getattr(action, item_column(reading)) == item)
    return action.kind in CORRECTIVE


def _deliveries(reading: Reading, filters: Filters, until: dt.date, lines: tuple[str, ...] | None) -> list[Change]:
    where, values = of_units(filters)
    rows = reading.rows(
        f"""
        SELECT product_line, model, CAST(date_trunc('month', installed_on) AS DATE) AS month, min(installed_on), count(*)
        FROM marts.unit WHERE installed_on <= ? AND {where} GROUP BY ALL ORDER BY month
        """,
        [until, *values],
    )
    (begin,) = reading.rows("SELECT min(opened_on) FROM marts.ticket")[0]
    if begin is None:
        return []
    first: dict[str, dt.date] = {}
    by_line: dict[str, dict[dt.date, int]] = {}
    for line, model, month, on, n in rows:
        if lines is not None and line not in lines:
            continue
        if model:
            first.setdefault(model, on)
        of_line = by_line.setdefault(line, {})
        of_line[month] = of_line.get(month, 0) + n
    new = begin + dt.timedelta(days=_NEW_AFTER_DAYS)
    found = [Change(on, "model", model) for model, on in first.items() if on >= new]
    for line, months in by_line.items():
        empty = month_index(until) - month_index(min(months)) + 1 - len(months)
        large = max(_LARGE * median([*months.values(), *[0] * empty]), _LEAST_LARGE)
        found += [Change(month, "delivery", line, n) for month, n in months.items() if month >= begin and n > large]
    return found
