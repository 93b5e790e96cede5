"""How long do units run between failures, told apart by their model, their software version or when they were installed?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from analysis.mtbf import mtbf_bounds
from analysis.result import Floats, Ints, Reason
from warehouse import failure_columns
from warehouse.failure_cohorts import grain
from warehouse.failure_columns import EVER, Units, chosen_failures, chosen_units, day_number
from warehouse.failure_months import (
    DAYS_PER_MONTH,
    first_month,
    month_index,
    month_start,
    watched_until,
)
from warehouse.filters import Filters
from warehouse.gaps import of_failures, undelivered
from warehouse.reading import Reading, remembered

By = Literal["model", "software_version", "installed_at"]
BYS: tuple[By, ...] = get_args(By)
MOST_GROUPS = 25
# Of fewer failures than this, the longest and the shortest time between them are those of chance.
LEAST_COMPARED = 5


# How much a unit of a group (a value, a product line) is used in a month, by unit of use.
Use = dict[tuple[str, str], list[tuple[float, str]]]
# A value, a product line, units, their days in service and failures.
Counted = tuple[str, str, int, int, int]
_1970 = 1970 * 12  # months since the year 0


@dataclass(frozen=True)
class Group:
    """Units that have one thing in common: their unit-months per failure with χ² bounds; without a failure a lower bound only.

    value: the model, the version, or the first month of their installation as `since`; '' and None where nobody said.
    product_line: that of the units; of an installation cohort one of several, '' where the value is unknown.
    use: how much a unit of it is used in a month, and in which unit (km, hours …); None where that is not read.
    """

    value: str
    since: dt.date | None
    product_line: str
    units: int
    n: int
    exposure: float
    mtbf: float | None
    low: float | None
    high: float | None
    reason: Reason
    use: tuple[float, str] | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether nobody said what these units have."""
        return not self.value


@dataclass(frozen=True)
class Groups:
    """The groups with most failures; `left_out` others are not among them.

    n: relevant failures of all units. elsewhere: relevant failures of the selection that no unit on record had.
    months: how many months an installation cohort is of. is_told: whether any unit on record has the thing at all.
    """

    groups: tuple[Group, ...] = ()
    n: int = 0
    elsewhere: int = 0
    left_out: int = 0
    months: int = 1
    is_told: bool = True

    @property
    def compared(self) -> tuple[Group, ...]:
        """Those that may be called longest and shortest: with enough failures, the shortest time between them first."""
        enough = [g for g in self.groups if g.n >= LEAST_COMPARED and not g.is_unknown]
        return tuple(sorted(enough, key=lambda g: g.mtbf or 0.0))

    @property
    def unknown(self) -> int:
        """Units of which nobody said it."""
        return sum(g.units for g in self.groups if g.is_unknown)


@remembered
def between_failures(reading: Reading, filters: Filters, by: By) -> Groups:
    """Unit-months per relevant failure of all groups, over the whole months of the period of which somebody delivered anything.

    A model and an installation cohort may be of several product lines; the same name of a version in two product lines is
    two versions. Failures count for what their unit has now.
    """
    begun, until = first_month(reading), watched_until(reading, filters)
    if begun is None or not is_told(reading, by):
        return Groups(is_told=begun is None)
    first = month_start(max(begun, month_index(filters.start) if filters.start else begun))
    if first > until:
        return Groups()
    months = _months(reading, filters, until) if by == "installed_at" else 1
    rows, elsewhere = _counted(reading, filters, by, months, first, until)
    return _made(rows, by, _use(reading, by, _VALUES[by].format(months=months)), months, elsewhere)


# What the units of a group have in common, as text; months are counted from the year 0.
_VALUES: dict[By, str] = {
    "model": "model",
    "software_version": "software_version",
    "installed_at": (
        "coalesce(CAST((year(installed_on) * 12 + month(installed_on) - 1) // {months} * {months} AS VARCHAR), '')"
    ),
}


def _counted(
    reading: Reading, filters: Filters, by: By, months: int, first: dt.date, until: dt.date
) -> tuple[list[Counted], int]:
    """The groups, and how many failures no unit on record had."""
    units, begins, last = failure_columns.units(reading), np.int32(day_number(first)), np.int32(day_number(until))
    rows = np.flatnonzero(chosen_units(reading, filters) & (units.watched <= last))
    failed = failure_columns.failures(reading).unit[chosen_failures(reading, filters, first, until)]
    of_unit = np.bincount(failed[failed >= 0], minlength=units.watched.size)[rows]
    watched = _watched_days(reading, first, until)
    days = watched[last - begins + 1] - watched[np.maximum(units.watched[rows], begins) - begins]
    names, value = _told(units, rows, by, months)
    line, lines = units.codes["product_line"][rows].astype(np.int64), units.values["product_line"]
    # The same version in two product lines is two; units of which nobody said it are one group, of whatever product line.
    is_known = np.array([bool(name) for name in names])[value]
    key = value * len(lines) + np.where(is_known, line, 0) if by == "software_version" else value
    _, at, group = np.unique(key, return_index=True, return_inverse=True)
    least = np.full(at.size, len(lines))
    np.minimum.at(least, group, line)
    n, in_service, failures = (
        np.bincount(group, weights, at.size).astype(np.int64).tolist() for weights in (None, days, of_unit)
    )
    found = [
        (names[v], lines[i], *rest)
        for v, i, *rest in zip(value[at].tolist(), least.tolist(), n, in_service, failures, strict=True)
    ]
    return found, failed.size - int(of_unit.sum())


def _watched_days(reading: Reading, first: dt.date, until: dt.date) -> Ints:
    """How many days before each one from `first` to the day after `until` somebody delivered, but for whole silent months."""
    begins, ends = month_index(first), month_index(until)
    months = [month_start(m) for m in range(begins, ends + 2)]
    lengths = [(b - a).days for a, b in pairwise(months)]
    is_watched = np.repeat(~undelivered(reading, of_failures(reading), months[:-1]), lengths)
    return np.concatenate([[0], np.cumsum(is_watched)]).astype(np.int64)


def _told(units: Units, rows: Ints, by: By, months: int) -> tuple[list[str], Ints]:
    """The values, and which of them each unit has."""
    if by != "installed_at":
        return units.values[by], units.codes[by][rows].astype(np.int64)
    installed = units.installed[rows]
    is_known = installed != EVER
    month = np.full(rows.size, -1, dtype=np.int64)
    month[is_known] = installed[is_known].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + _1970
    found, value = np.unique(np.where(is_known, month // months * months, -1), return_inverse=True)
    return ["" if m < 0 else str(m) for m in found.tolist()], value


def is_told(reading: Reading, by: By) -> bool:
    """Whether any unit on record has the thing at all."""
    units = failure_columns.units(reading)
    return bool((units.installed != EVER).any()) if by == "installed_at" else any(units.values[by])


def _months(reading: Reading, filters: Filters, until: dt.date) -> int:
    """Of how many months a cohort is, so that all are shown where that can be."""
    installed = failure_columns.units(reading).installed
    known = installed[chosen_units(reading, filters) & (installed != EVER) & (installed <= np.int32(day_number(until)))]
    if not known.size:
        return 1
    oldest, newest = (month_index(dt.date(1970, 1, 1) + dt.timedelta(days=int(d))) for d in (known.min(), known.max()))
    return grain(oldest, newest, MOST_GROUPS)


def _made(rows: list[Counted], by: By, use: Use, months: int, elsewhere: int) -> Groups:
    failures = np.array([row[4] for row in rows], dtype=np.int64)
    exposure = np.array([row[3] for row in rows], dtype=np.float64) / DAYS_PER_MONTH
    found = mtbf_bounds(failures, exposure)

    def number(values: Floats, i: int) -> float | None:
        return float(values[i]) if np.isfinite(values[i]) else None

    def used(value: str, line: str) -> tuple[float, str] | None:
        of_units = use.get((value, line if by == "software_version" else ""), [])
        # Units of several product lines are used in kilometres here and in hours there: there is no middle of that.
        return of_units[-1] if of_units and (by != "installed_at" or len(of_units) == 1) else None

    made = [
        Group(
            value=value,
            since=month_start(int(value)) if value and by == "installed_at" else None,
            product_line=line if value else "",
            units=units,
            n=n,
            exposure=float(exposure[i]),
            mtbf=number(found.value, i),
            low=number(found.low, i),
            high=number(found.high, i),
            reason=Reason(str(found.reason[i])),
            use=used(value, line) if value else None,
        )
        for i, (value, line, units, _, n) in enumerate(rows)
        if exposure[i] > 0
    ]
    shown = sorted(made, key=lambda g: (-g.n, g.product_line, g.value))[:MOST_GROUPS]
    return Groups(
        tuple(sorted(shown, key=_in_order(by))), int(failures.sum()), elsewhere, len(made) - len(shown), months
    )


def _in_order(by: By) -> Callable[[Group], tuple[object, ...]]:
    """Models by product line, the longest time between failures first; versions and cohorts in their own order."""
    if by == "model":
        return lambda g: (g.is_unknown, g.product_line, -g.exposure / (g.n or 0.5), g.value)
    if by == "software_version":
        return lambda g: (g.is_unknown, g.product_line, g.value)
    return lambda g: (g.is_unknown, g.since or dt.date.min)


@remembered
def _use(reading: Reading, by: By, value: str) -> Use:
    """How much a unit of each group is used in a month, by the last meter reading of each unit, and in which unit.

    A group is a value, and its product line where versions of two of them are not the same. Where a group is read in
    several units, that with most readings comes last.
    """
    line = "product_line" if by == "software_version" else "''"
    rows = reading.rows(
        f"""
        WITH last AS (
            SELECT asset_id, unit, max_by(value, read_at) AS value, max(read_at) AS read_at
            FROM core.usage WHERE value > 0 AND unit IS NOT NULL GROUP BY ALL
        )
        SELECT {value}, {line}, l.unit, sum(l.value) / sum(date_diff('second', u.installed_at, l.read_at) / 86400.0) * {DAYS_PER_MONTH}
        FROM last AS l JOIN marts.unit AS u ON u.asset_id = l.asset_id
        WHERE l.read_at > u.installed_at GROUP BY ALL ORDER BY count(*)
        """
    )
    found: Use = {}
    for group, of, unit, per_month in rows:
        found.setdefault((group, of), []).append((per_month, unit))
    return found
