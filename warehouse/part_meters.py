"""How much each unit in the field was used at any time, by its meter, and when each part was replaced on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools, Floats, Ints
from warehouse.failure_lives import usage_units
from warehouse.questions import question
from warehouse.reading import Reading, remembered

DAYS = "days"
# How fast a unit is used is told by its newest readings, so many, none older than this many days.
_NEWEST, _RECENT = 6, 365.0
# So many units teach what all would; of more, a part is taken by their numbers.
MOST_UNITS = 15_000
_EPOCH = dt.datetime(1970, 1, 1)
# More days than any records span: it keeps the readings of units apart on one axis.
_APART = 1e5


@dataclass(frozen=True)
class Model:
    """One model, and in what its units' use is counted: the unit of their meters, or days."""

    product_line: str
    model: str
    use: str


@dataclass(frozen=True, eq=False)
class Meters:
    """Readings in the order of units and times (days since 1970); values count on where a meter was set back.

    first: where the readings of each unit begin, with one more for the end. rate: use a day by the newest readings, NaN
    where there are not two of the last year or the unit stands still.
    """

    unit: Ints
    at: Floats
    value: Floats
    first: Ints
    rate: Floats

    def meter(self, unit: Ints, at: Floats) -> Floats:
        """What the meter of each of these units showed (or will show) at these times; NaN where nobody can tell."""
        begin, end = self.first[unit], self.first[unit + 1] - 1
        has = end >= begin
        if not has.any():
            return np.full(unit.size, np.nan)
        begin, end = np.minimum(begin, self.at.size - 1), np.maximum(end, 0)
        between = np.interp(unit * _APART + at, self.unit * _APART + self.at, self.value)
        earlier = np.maximum(self.value[begin] - self.rate[unit] * (self.at[begin] - at), 0.0)
        later = self.value[end] + self.rate[unit] * (at - self.at[end])
        found = np.where(at < self.at[begin], earlier, np.where(at > self.at[end], later, between))
        return np.where(has, found, np.nan)


@dataclass(frozen=True, eq=False)
class Fleet:
    """Units in the field (a share of them), by the hash of their number, with all that is on record of their meters and parts.

    Replacements refer to rows of the units and to `parts`; `place` tells the positions of one part apart. Times are days
    since 1970; NaN where an installation is not known.
    """

    models: tuple[Model, ...]
    parts: tuple[str, ...]
    share: float
    until: float
    key: NDArray[np.uint64]
    model: Ints
    installed: Floats
    watched: Floats
    readings: tuple[Ints, Floats, Floats]
    part: Ints
    unit: Ints
    place: NDArray[np.uint64]
    at: Floats

    def before(self, until: float) -> Fleet:
        """What was on record at an earlier time: without units, readings and replacements that came later."""
        unit, at, value = self.readings
        read, used = at < until, self.at < until
        return replace(
            self,
            until=until,
            installed=np.where(self.installed < until, self.installed, np.nan),
            readings=(unit[read], at[read], value[read]),
            part=self.part[used],
            unit=self.unit[used],
            place=self.place[used],
            at=self.at[used],
        )

    @cached_property
    def is_metered(self) -> Bools:
        """Units whose use is read from a meter."""
        return np.array([m.use != DAYS for m in self.models], dtype=bool)[self.model]

    @cached_property
    def meters(self) -> Meters:
        """The readings in order, slips left out."""
        unit, at, value = settled(*self.readings)
        first = np.searchsorted(unit, np.arange(self.key.size + 1)).astype(np.int64)
        return Meters(unit, at, value, first, _rates(at, value, first, self.until))

    @cached_property
    def rate(self) -> Floats:
        """Use of each unit a day; NaN where it cannot be told."""
        return np.where(self.is_metered, self.meters.rate, 1.0)

    def meter(self, unit: Ints, at: Floats) -> Floats:
        """Use of units up to these times: what their meters showed; without a meter the days themselves."""
        return np.where(self.is_metered[unit], self.meters.meter(unit, at), at)


def settled(unit: Ints, at: Floats, value: Floats) -> tuple[Ints, Floats, Floats]:
    """Readings by unit and time, without slips, counted on where a meter was set back.

    A reading out of line between two that agree is a slip. Where a meter falls and goes on from there it was set back (or
    exchanged): what it shows then comes on top.
    """
    order = np.lexsort((at, unit))
    unit, at, value = unit[order], at[order], value[order]
    if unit.size > 2:
        before, after = value[:-2], value[2:]
        inner = (unit[:-2] == unit[1:-1]) & (unit[2:] == unit[1:-1]) & (before <= after)
        slip = np.zeros(unit.size, dtype=bool)
        slip[1:-1] = inner & ((value[1:-1] < before) | (value[1:-1] > after))
        unit, at, value = unit[~slip], at[~slip], value[~slip]
    if not unit.size:
        return unit, at, value
    begins = np.append(True, unit[1:] != unit[:-1])
    step = np.diff(value, prepend=0.0)
    total = np.cumsum(np.where(begins | (step < 0), value, step))
    base = (total - value)[begins]
    return unit, at, total - np.repeat(base, np.diff(np.append(np.flatnonzero(begins), unit.size)))


def _rates(at: Floats, value: Floats, first: Ints, until: float) -> Floats:
    """The median slope between the newest readings of each unit (Theil 1950, Sen 1968), which a bad one does not move."""
    found = np.full(first.size - 1, np.nan)
    if not at.size:
        return found
    place = first[1:, None] - 1 - np.arange(_NEWEST)
    seen = np.maximum(place, 0)
    is_there = (place >= first[:-1, None]) & (at[seen] >= until - _RECENT)
    times, values = np.where(is_there, at[seen], np.nan), value[seen]
    early, late = np.triu_indices(_NEWEST, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (values[:, early] - values[:, late]) / (times[:, early] - times[:, late])
    slope = np.sort(np.where(np.isfinite(slope), slope, np.nan), axis=1)
    n = np.isfinite(slope).sum(axis=1)
    rows = np.flatnonzero(n)
    middle = (slope[rows, (n[rows] - 1) // 2] + slope[rows, n[rows] // 2]) / 2
    found[rows] = np.where(middle > 0, middle, np.nan)
    return found


@remembered
def models(reading: Reading) -> tuple[Model, ...]:
    """All models of the units, in the order of `part_units.sql`."""
    use = usage_units(reading)
    found = reading.rows("SELECT DISTINCT product_line, model FROM marts.unit ORDER BY product_line, model")
    return tuple(Model(line, model, use.get(line, DAYS)) for line, model in found)


@remembered
def replaced_parts(reading: Reading) -> tuple[str, ...]:
    """All parts that were ever replaced, in the order of `part_replacements.sql`."""
    return tuple(no for (no,) in reading.rows("SELECT DISTINCT part_no FROM core.part_use ORDER BY part_no"))


def fleet(reading: Reading, *, most: int | None = None, parts: tuple[str, ...] = ()) -> Fleet:
    """The units in the field, at most about `most` of them, chosen by their numbers; replacements of some parts or of all.

    For some parts only those meters are read that count the use of the models they were replaced on.
    """
    total = reading.rows("SELECT count(*) FROM marts.unit")[0][0]
    share = 1000 if most is None or total <= most else max(round(1000 * most / total), 1)
    known = models(reading)
    units = reading.arrays(question("part_units"), {"share": share})
    key, model, installed = units["unit"], units["model"].astype(np.int64), units["installed"]
    used = reading.arrays(question("part_replacements"), {"share": share, "parts": list(parts)})
    unit, is_known = _rows_of(key, used["unit"])
    used, unit = {name: values[is_known] for name, values in used.items()}, unit[is_known]
    touched = np.unique(model[unit]) if parts else range(len(known))
    uses = sorted({known[m].use for m in touched} - {DAYS})
    use = np.array([uses.index(m.use) if m.use in uses else -1 for m in known], dtype=np.int64)[model]
    until = (reading.as_of - _EPOCH).total_seconds() / 86_400.0
    return Fleet(
        models=known,
        parts=replaced_parts(reading),
        share=share / 1000,
        until=until,
        key=key,
        model=model,
        installed=installed,
        watched=units["watched"],
        readings=_readings(reading, share, uses, (key, use, installed)),
        part=used["part"].astype(np.int64),
        unit=unit,
        place=used["place"],
        at=used["at"],
    ).before(until)


@remembered
def sample(reading: Reading, until: float | None = None) -> Fleet:
    """Enough units to learn from, with all parts; as they were on record at an earlier time, if one is given."""
    return fleet(reading, most=MOST_UNITS) if until is None else sample(reading).before(until)


def _readings(
    reading: Reading, share: int, uses: list[str], fleet_of: tuple[NDArray[np.uint64], Ints, Floats]
) -> tuple[Ints, Floats, Floats]:
    """Rows of the units, times and values of their readings; an installation is one of 0."""
    key, use, installed = fleet_of
    found = reading.arrays(question("part_readings"), {"share": share, "uses": uses})
    unit, is_known = _rows_of(key, found["unit"])
    kept = is_known & (use[unit] == found["used"])
    begun = np.flatnonzero((use >= 0) & np.isfinite(installed))
    return (
        np.append(unit[kept], begun),
        np.append(found["at"][kept], installed[begun]),
        np.append(found["value"][kept], np.zeros(begun.size)),
    )


def _rows_of(key: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> tuple[Ints, Bools]:
    """Where each key stands among sorted ones, and whether it is there."""
    if not key.size:
        return np.zeros(wanted.size, dtype=np.int64), np.zeros(wanted.size, dtype=bool)
    place = np.minimum(np.searchsorted(key, wanted), key.size - 1).astype(np.int64)
    return place, np.asarray(key[place] == wanted)
