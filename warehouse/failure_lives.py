"""How long does each component last, and how does it fail: a Weibull distribution per component, where one is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.life import weibull_mle_by_group
from analysis.result import Bools, Ints, Reason
from analysis.trend import Direction, lewis_robinson_trend
from warehouse.failure_life_rows import life_rows
from warehouse.failure_months import items, product_lines
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

LEAST_FAILURES = 10
_SIGNIFICANCE = 0.01
_MOST_ITEMS = 60
# The corrected bounds cost with every life; of so many the simple ones say the same.
_MOST_FOR_CORRECTED = 60_000
# Of more units than this, lives of a part of them (by their numbers) are taken.
_MOST_UNITS = 15_000
# This share of the units must have been read in one unit of use for lives to be told in it.
_READ = 0.8

# Of many lives the bounds exclude 1 soon; a shape within a tenth of it is still random for whoever plans maintenance.
_AS_GOOD_AS_ONE = 1.1

Pattern = Literal["early", "random", "wear-out"]


@dataclass(frozen=True)
class Life:
    """Lives of one item: n, failures among them, the Weibull shape and the age by which 10 % failed, each with bounds.

    unit: "days" in service or a unit of use ("km", "hours" …). reason: why there is no fit (too few failures, or times
    between failures that grow shorter or longer).
    """

    item: str
    unit: str
    n: int
    failures: int
    shape: tuple[float, float | None, float | None] | None
    b10: tuple[float, float | None, float | None] | None
    scale: float | None
    reason: Reason
    direction: Direction = Direction.UNKNOWN

    @property
    def pattern(self) -> Pattern | None:
        """How it fails, as far as shape and bounds tell; "random" where they hold 1 or the shape is as good as 1."""
        if self.shape is None:
            return None
        shape, low, high = self.shape
        if low is None or high is None:
            return None
        if low > 1 and shape > _AS_GOOD_AS_ONE:
            return "wear-out"
        return "early" if high < 1 and shape < 1 / _AS_GOOD_AS_ONE else "random"


@dataclass(frozen=True)
class Lives:
    """All items, most failures first; part: the share of units that the lives are of."""

    lives: tuple[Life, ...]
    part: float = 1.0


@remembered
def usage_units(reading: Reading) -> dict[str, str]:
    """The product lines whose units' use is read, and in which unit."""
    return dict(
        reading.rows(
            f"""
            WITH unit AS (SELECT product_line, count(*) AS n FROM marts.unit GROUP BY 1),
            read AS (
                SELECT a.product_line, u.unit, count(DISTINCT u.asset_id) AS n
                FROM core.usage AS u JOIN marts.unit AS a ON a.asset_id = u.asset_id
                WHERE u.value > 0 AND u.read_at > a.installed_at AND u.unit IS NOT NULL GROUP BY ALL
            )
            SELECT r.product_line, max_by(r.unit, r.n) FROM read AS r JOIN unit AS u ON u.product_line = r.product_line
            WHERE r.n >= {_READ} * u.n GROUP BY 1
            """
        )
    )


@remembered
def lives(reading: Reading, filters: Filters) -> Lives:
    """The Weibull distribution of each item's life, from the installation or its last failure to the next one.

    All records up to the period's end. A unit that was installed before them is known to have come as far as it had; what
    still runs is known to have lasted so long. In days, or in the use of the units where most are read: each is taken to be
    used evenly. First the test of Lewis and Robinson whether times between failures grow shorter or longer: no
    distribution then.
    """
    units = int(reading.rows("SELECT count(*) FROM marts.unit")[0][0])
    part = min(1.0, _MOST_UNITS / units) if units else 1.0
    in_use = usage_units(reading)
    of_item = product_lines(reading)
    chosen = list(items(reading))[:_MOST_ITEMS]
    by_unit: dict[str, list[str]] = {}
    for item in chosen:
        told = {in_use.get(line, "days") for line in of_item[item]}
        by_unit.setdefault(told.pop() if len(told) == 1 else "days", []).append(item)
    found: dict[str, Life] = {}
    for unit, alike in by_unit.items():
        found |= {life.item: life for life in _fitted(reading, filters, tuple(alike), unit, part)}
    return Lives(tuple(found[item] for item in chosen), part)


def _fitted(reading: Reading, filters: Filters, alike: tuple[str, ...], unit: str, part: float) -> list[Life]:
    rows = life_rows(reading, filters, alike, unit, part)
    group = rows["item"].astype(np.int64)
    failed = rows["failed"].astype(bool)
    pace_of = rows["pace"].astype(float)
    ages, since, entry = (rows[name].astype(float) for name in ("age", "since", "entry"))
    fit = weibull_mle_by_group(
        (ages - since) * pace_of, failed, group, entry=entry * pace_of, groups=len(alike), least_failures=LEAST_FAILURES
    )
    kind = None if group.size <= _MOST_FOR_CORRECTED else "wald"
    shape, b10 = fit.bounds("shape", kind=kind), fit.b_life(0.1, kind=kind)
    trend = _trends(group, rows, failed)
    made = []
    for i, item in enumerate(alike):
        reason, direction = Reason(str(fit.reason[i])), Direction.UNKNOWN
        if not reason and i in trend:
            reason, direction = Reason.TREND, trend[i]
        known = not reason
        made.append(
            Life(
                item, unit, int(fit.n[i]), int(fit.failures[i]),
                (float(shape.value[i]), _number(shape.low[i]), _number(shape.high[i])) if known else None,
                (float(b10.value[i]), _number(b10.low[i]), _number(b10.high[i])) if known else None,
                float(fit.scale[i]) if known else None, reason, direction,
            )
        )  # fmt: skip
    return made


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _trends(group: Ints, rows: dict[str, Any], failed: Bools) -> dict[int, Direction]:
    """Items whose times between failures grow shorter or longer within units, and which.

    Only whole times are asked: a unit watched from a later age counts from its first failure on.
    """
    key = group * (int(rows["system"].max(initial=0)) + 1) + rows["system"].astype(np.int64)
    age, entry = rows["age"].astype(float), rows["entry"].astype(float)
    first_of_late = failed & (entry > 0)
    from_new = ~failed & (rows["entered"].astype(float) == 0)
    start_key = np.concatenate((key[first_of_late], key[from_new]))
    start_age = np.concatenate((age[first_of_late], np.zeros(int(from_new.sum()))))
    order = np.argsort(start_key)
    keys, start = start_key[order], start_age[order]
    ends_at = np.full(keys.size, -np.inf)
    place, known = _places(keys, key)
    np.maximum.at(ends_at, place[known], age[known])
    counted = known & failed & ~first_of_late
    if not counted.any():
        return {}
    size = int(rows["system"].max(initial=0)) + 1
    found = lewis_robinson_trend(
        age[counted], ends_at, system=place[counted], start=start, group=keys // size, confidence=1 - _SIGNIFICANCE
    )
    wanted = {str(Direction.IMPROVING), str(Direction.DETERIORATING)}
    return {i: Direction(str(v)) for i, v in enumerate(found.verdict) if str(v) in wanted}


def _places(keys: Ints, key: Ints) -> tuple[Ints, Bools]:
    """Where each key stands among sorted ones, and whether it is there."""
    place = np.minimum(np.searchsorted(keys, key), max(keys.size - 1, 0)).astype(np.int64)
    there = keys[place] == key if keys.size else np.zeros(key.size, dtype=bool)
    return place, there
