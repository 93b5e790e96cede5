"""The lives of items on units: from the installation or the last failure of the item to the next one, or to where it still runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools, Floats
from warehouse import failure_columns
from warehouse.failure_columns import EVER, chosen_kinds, chosen_units, day_number
from warehouse.failure_months import DAYS_PER_MONTH, item_column, product_lines, watched_until
from warehouse.filters import Filters
from warehouse.reading import Reading, held


@dataclass(frozen=True, eq=False)
class _Sample:
    """A share of the units: their rows in marts.unit, and their relevant failures by unit, item and age: the unit as a place
    among these, the row of the failure."""

    units: NDArray[np.int32]
    owner: NDArray[np.int32]
    failures: NDArray[np.int32]


@held
def _sample(reading: Reading, per_mille: int) -> _Sample:
    hit = reading.arrays("SELECT hash(asset_id) % 1000 < ? AS hit FROM marts.unit", [per_mille])["hit"].astype(bool)
    place = np.where(hit, np.cumsum(hit) - 1, -1)
    of = failure_columns.failures(reading)
    rows = np.flatnonzero(of.unit >= 0)
    rows = rows[hit[of.unit[rows]]]
    owner, item = place[of.unit[rows]], of.kinds[item_column(reading)][of.kind[rows]]
    order = np.lexsort((of.seconds[rows], item, owner))
    return _Sample(*(v.astype(np.int32) for v in (np.flatnonzero(hit), owner[order], rows[order])))


@held
def _pace(reading: Reading, per_mille: int, unit: str) -> Floats:
    """How much each unit of the sample is used in a day, by its last reading in a unit of use; NaN where it has none."""
    sql = """
        WITH use AS (
            SELECT asset_id, max_by(value, read_at) AS value, max(read_at) AS read_at
            FROM core.usage WHERE unit = ? GROUP BY asset_id
        )
        SELECT u.rowid AS row, s.value / (date_diff('second', u.installed_at, s.read_at) / 86400.0) AS pace
        FROM marts.unit AS u JOIN use AS s ON s.asset_id = u.asset_id AND s.read_at > u.installed_at
        WHERE hash(u.asset_id) % 1000 < ?
    """
    found = reading.arrays(sql, [unit, per_mille])
    units = _sample(reading, per_mille).units
    pace = np.full(units.size, np.nan)
    pace[np.searchsorted(units, found["row"].astype(np.int32))] = np.ma.filled(found["pace"].astype(float), np.nan)
    return pace


@held
def _warranty(reading: Reading, per_mille: int) -> NDArray[np.int32]:
    """The last day of the warranty of each unit of the sample, as days since 1970; EVER where nobody says."""
    sql = f"""
        SELECT u.rowid AS row, CAST(coalesce(date_diff('day', DATE '1970-01-01', a.warranty_end), {EVER}) AS INTEGER) AS day
        FROM marts.unit AS u JOIN core.asset AS a ON a.asset_id = u.asset_id WHERE hash(u.asset_id) % 1000 < ?
    """
    found = reading.arrays(sql, [per_mille])
    return np.asarray(found["day"][np.argsort(found["row"])])


def life_rows(
    reading: Reading,
    filters: Filters,
    alike: tuple[str, ...],
    unit: str,
    part: float,
    *,
    model: str | None = None,
    warranty: bool = False,
) -> dict[str, Any]:
    """The lives of some items that are told in one unit, of a share of the units, up to the period's end.

    item: the place of each in `alike`; system: its unit; entered: the age in days at which the unit is watched; age, failed:
    at the end of the life; since: the age at its beginning; entry: how old what lives was when watching began; pace: the use
    of the unit in a day (1 for "days"). warranty: with `covered`, the months from the last day that counts until the unit's
    warranty ends.
    """
    share = round(part * 1000)
    sample, units, of = _sample(reading, share), failure_columns.units(reading), failure_columns.failures(reading)
    until = day_number(watched_until(reading, replace(filters, start=None)))
    installed, watched = (v[sample.units].astype(np.float64) for v in (units.installed, units.watched))
    line = units.codes["product_line"][sample.units]
    lines_of = product_lines(reading)
    fails: Bools = np.array([[name in lines_of[item] for name in units.values["product_line"]] for item in alike], bool)
    pace = np.ones(line.size) if unit == "days" else _pace(reading, share, unit)
    there: Bools = chosen_units(reading, filters)[sample.units] & (installed != EVER) & (watched <= until)
    there &= np.atleast_1d(fails.any(axis=0))[line] & (pace > 0)
    if model is not None:
        there &= np.array([name == model for name in units.values["model"]])[units.codes["model"][sample.units]]
    entered, seen_until = watched - installed, until - installed + 1.0

    column = item_column(reading)
    place = np.array([alike.index(value) if value in alike else -1 for value in of.values[column]])
    narrow = Filters(priority=filters.priority, service_kind=filters.service_kind)
    item_of = np.where(chosen_kinds(of, narrow), place[of.kinds[column]], -1)
    item = item_of[of.kind[sample.failures]]
    rows = np.flatnonzero((item >= 0) & there[sample.owner])
    owner, item, age = sample.owner[rows].astype(np.int64), item[rows], of.ages(sample.failures[rows])
    kept = (age > entered[owner]) & (age <= seen_until[owner])
    owner, item, age = owner[kept], item[kept], age[kept]

    # What still runs: an item of each unit that could have it. The age of its last failure is the last of its rows.
    key = owner * len(alike) + item
    is_later = np.append(False, key[1:] == key[:-1])[: key.size]
    since = np.where(is_later, np.append(0.0, age[:-1])[: age.size], np.nan)
    newest = np.append(key[1:] != key[:-1], True)[: key.size]
    running, what = np.nonzero(there[:, None] & fails.T[line])
    last = np.full(line.size * len(alike), np.nan)
    last[key[newest]] = age[newest]
    owner, item = np.append(owner, running), np.append(item, what)
    failed = np.append(np.ones(age.size, dtype=bool), np.zeros(running.size, dtype=bool))
    age, since = np.append(age, seen_until[running]), np.append(since, last[running * len(alike) + what])
    is_first = np.isnan(since)
    begun = np.where(is_first, entered[owner], since)
    lived = age > begun
    owner, is_first = owner[lived], is_first[lived]
    found = {
        "item": item[lived],
        "system": owner,
        "entered": entered[owner],
        "age": age[lived],
        "failed": failed[lived],
        "since": np.where(is_first, 0.0, since[lived]),
        "entry": np.where(is_first, entered[owner], 0.0),
        "pace": pace[owner],
    }
    if warranty:
        ends = _warranty(reading, share)[owner]
        found["covered"] = np.where(ends == EVER, 0.0, (ends.astype(np.float64) - until) / DAYS_PER_MONTH)
    return found
