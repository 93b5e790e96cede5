"""One unit against all others of its model: failures it has had by its age, and what they had by the same age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.rates import poisson_rate
from analysis.recurrence import mean_cumulative_function
from analysis.result import Floats, Ints, Reason
from warehouse.reading import Reading, remembered

_POINTS = 120
# Where fewer others than this are watched, their mean is that of a handful.
LEAST_OTHERS = 5

Bounded = tuple[float, float | None, float | None]


@dataclass(frozen=True, eq=False)
class Against:
    """Ages in days. Both are counted between the ages `begins` and `ends`, where five others at least are watched too.

    others: units of the model that are watched there. own: each relevant failure of the unit, as (age, ticket or None);
    curve: what the others have had on average from `begins` to an age, as (age, value, low, high). failures: its own;
    expected: of the others, with 95 % bounds; ratio: one over the other with the bounds of chance. reason: why there is no
    comparison.
    """

    model: str
    reason: Reason
    others: int = 0
    begins: float = 0.0
    ends: float = 0.0
    own: tuple[tuple[float, str | None], ...] = ()
    curve: tuple[tuple[float, float | None, float | None, float | None], ...] = ()
    failures: int = 0
    expected: Bounded | None = None
    ratio: Bounded | None = None


@dataclass(frozen=True, eq=False)
class _Fleet:
    """The units of a model with the ages between which they are watched; the failures' ages and units (by position)."""

    unit: NDArray[np.object_]
    entered: Floats
    until: Floats
    age: Floats
    owner: Ints


@remembered
def _fleet(reading: Reading, model: str) -> _Fleet:
    of_model = f"""
        SELECT asset_id, date_diff('day', installed_on, watched_from) AS entered,
            date_diff('day', installed_on, DATE '{reading.as_of_on}') + 1 AS until
        FROM marts.unit
        WHERE model = ? AND installed_on IS NOT NULL AND watched_from <= DATE '{reading.as_of_on}'
    """
    units = reading.arrays(of_model, [model])
    failures = reading.arrays(
        f"""
        SELECT f.age_days, f.asset_id
        FROM marts.failure AS f JOIN ({of_model}) AS u ON u.asset_id = f.asset_id
        WHERE f.is_relevant AND f.model = ? AND f.age_days > greatest(u.entered, 0) AND f.age_days <= u.until
        """,
        [model, model],
    )
    place = {unit: i for i, unit in enumerate(units["asset_id"])}
    return _Fleet(
        units["asset_id"],
        units["entered"].astype(float),
        units["until"].astype(float),
        failures["age_days"].astype(float),
        np.array([place[unit] for unit in failures["asset_id"]], dtype=np.int64),
    )


@remembered
def against(reading: Reading, asset_id: str) -> Against:
    """The unit's relevant failures on all records against the mean of the others of its model at the same ages."""
    found = reading.rows("SELECT model, installed_on FROM marts.unit WHERE asset_id = ?", [asset_id])
    if not found or not found[0][0] or found[0][1] is None:
        return Against(found[0][0] if found else "", Reason.NO_DATA)
    model = found[0][0]
    fleet = _fleet(reading, model)
    me = int(np.flatnonzero(fleet.unit == asset_id)[0]) if (fleet.unit == asset_id).any() else -1
    others = np.arange(fleet.unit.size) != me
    if me < 0 or others.sum() < LEAST_OTHERS:
        return Against(model, Reason.TOO_FEW)
    begins = max(
        float(fleet.entered[me]), float(np.partition(fleet.entered[others], LEAST_OTHERS - 1)[LEAST_OTHERS - 1])
    )
    ends = min(float(fleet.until[me]), float(np.partition(fleet.until[others], -LEAST_OTHERS)[-LEAST_OTHERS]))
    watched = others & (fleet.until > begins) & (fleet.entered < ends)
    if begins >= ends or watched.sum() < LEAST_OTHERS:
        return Against(model, Reason.NOT_MATURE)
    number = np.cumsum(watched) - 1
    start = np.maximum(fleet.entered[watched], begins)
    counted = watched[fleet.owner] & (fleet.age > np.maximum(fleet.entered[fleet.owner], begins))
    mcf = mean_cumulative_function(fleet.age[counted], number[fleet.owner[counted]], fleet.until[watched], start=start)
    grid = np.linspace(begins, ends, _POINTS)
    at = mcf.at(grid)
    own = _own(reading, asset_id, begins, float(fleet.until[me]))
    n = sum(age <= ends for age, _ in own)
    expected = (float(at.value[-1]), _known(at.low[-1]), _known(at.high[-1]))
    return Against(
        model,
        Reason.NONE if expected[0] > 0 else Reason.NO_EVENTS,
        int(watched.sum()),
        begins,
        ends,
        own,
        tuple(
            (float(x), _known(v), _known(low), _known(high))
            for x, v, low, high in zip(grid, at.value, at.low, at.high, strict=True)
        ),
        n,
        expected,
        _ratio(n, expected[0]),
    )  # fmt: skip


def _own(reading: Reading, asset_id: str, begins: float, until: float) -> tuple[tuple[float, str | None], ...]:
    rows = reading.rows(
        """
        SELECT age_days, CASE WHEN opened_at IS NOT NULL THEN ticket_id END FROM marts.failure
        WHERE asset_id = ? AND is_relevant AND age_days > ? AND age_days <= ? ORDER BY age_days
        """,
        [asset_id, begins, until],
    )
    return tuple((float(age), ticket) for age, ticket in rows)


def _ratio(failures: int, expected: float) -> Bounded | None:
    if expected <= 0:
        return None
    found = poisson_rate(failures, expected)
    return float(found.value), float(found.low), float(found.high)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
