"""What the units in the field will need of a part, by how long theirs has run; beside what its demand so far lets expect."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.backtest import chosen_forecast
from analysis.installed_base import counted_quantile, installed_base_demand
from analysis.result import Floats, Reason
from warehouse.part_forecast import DAYS_PER_MONTH, HORIZON, Forecasts, forecasts, month_after
from warehouse.part_lives import LEAST_REPLACED, fits, lives
from warehouse.part_meters import sample
from warehouse.reading import Reading, remembered

# Units are used at different paces; so many stand for all.
_PACES = 6
# By so much the wear of a fleet must have changed to be an explanation.
_MOVED = 0.03

# Errors that differ by less are alike.
_ALIKE = 0.1
# Below this shape parts do not wear: how old they are says nothing.
_WEARS = 1.1

# Why two forecasts differ: the demand dies out; of late fewer (more) came than the lives so far let expect; parts wear and
# have come further (less far) than a year ago; there are more units; nothing that is known.
Cause = Literal["agree", "dying", "fewer", "more", "ageing", "renewed", "grown", "unexplained"]


@dataclass(frozen=True)
class Course:
    """What is needed in each month, with its 90 % interval, and in all of them together."""

    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    total: tuple[float, float, float]


@dataclass(frozen=True)
class Year:
    """A year ago: what both forecasts said of the last 12 months knowing only what was known then, and what came.

    by_age, by_demand: the mean absolute errors by month of the installed base and of the demand's own method.
    """

    course: Course
    of_demand: float
    came: float
    by_age: float
    by_demand: float

    @property
    def better(self) -> Literal["age", "demand", ""]:
        """Which came nearer, month by month; '' where the two differ by less than a tenth."""
        if abs(self.by_age - self.by_demand) < _ALIKE * max(self.by_age, self.by_demand):
            return ""
        return "age" if self.by_age < self.by_demand else "demand"


@dataclass(frozen=True)
class Base:
    """The forecast from the installed base; None with the reason.

    since: the first month ahead. of_demand: what the demand's own method expects in all 12. units: that carry the part and
    are in the field; retired: of the same models, not any more. worn, worn_before: how far the part has come in the middle
    unit, as a share of its median life, now and a year ago. replaced: lives that ended, on which the shape rests.
    """

    course: Course | None
    since: dt.date | None
    of_demand: float | None
    year: Year | None
    use: str
    units: int
    retired: int
    replaced: int
    shape: float | None
    median: float | None
    worn: float | None
    worn_before: float | None
    cause: Cause
    reason: Reason


@dataclass(frozen=True)
class _Need:
    """What a fleet needs in the months after a time, the distribution behind it, and how worn its parts are."""

    course: Course
    shape: float
    scale: float
    median: float
    used: Floats
    units: int
    replaced: int
    use: str


@remembered
def installed_base(reading: Reading, part_no: str) -> Base:
    """The next 12 months of one part from the ages of the units that carry it, and how that compares."""
    f = forecasts(reading)
    i = f.index.get(part_no)
    if i is None or f.until is None or not f.demand[i].any():
        return _none(Reason.NO_DEMAND)
    known = sample(reading)
    since = month_after(f.until, 1)
    need = _need(reading, part_no, since)
    if isinstance(need, Reason):
        return _none(need)
    of_demand = float(f.forecast.by_period(HORIZON)[i].sum()) if f.forecast and not f.reason[i] else None
    before = _need(reading, part_no, month_after(since, -HORIZON)) if f.demand.shape[1] > HORIZON else Reason.TOO_FEW
    year = None if isinstance(before, Reason) else _year(f, i, before)
    worn = float(np.median(need.used) / need.median)
    worn_before = None if isinstance(before, Reason) else float(np.median(before.used) / need.median)
    grown = 0.0 if isinstance(before, Reason) or not before.units else need.units / before.units - 1
    touched = np.unique(known.model[known.unit[known.part == known.parts.index(part_no)]])
    return Base(
        course=need.course,
        since=since,
        of_demand=of_demand,
        year=year,
        use=need.use,
        units=need.units,
        retired=_retired(reading, [known.models[m].model for m in touched]),
        replaced=need.replaced,
        shape=need.shape,
        median=need.median,
        worn=worn,
        worn_before=worn_before,
        cause=_cause(
            need.course,
            of_demand,
            bool(f.is_obsolescent[i]),
            year,
            worn / worn_before - 1 if worn_before and need.shape >= _WEARS else 0.0,
            grown,
        ),
        reason=Reason.NONE,
    )


def _none(reason: Reason) -> Base:
    return Base(None, None, None, None, "", 0, 0, 0, None, None, None, None, "unexplained", reason)


def _retired(reading: Reading, names: list[str]) -> int:
    sql = "SELECT count(*) FROM marts.unit WHERE status IN ('out_of_service', 'scrapped') AND list_contains(?, model)"
    return int(reading.rows(sql, [names])[0][0])


def _need(reading: Reading, part_no: str, since: dt.date) -> _Need | Reason:
    """What is needed in the 12 months from a day, by what was known then."""
    then, f = sample(reading, (since - dt.date(1970, 1, 1)).days), forecasts(reading)
    if part_no not in then.parts:
        return Reason.NO_DATA
    found = lives(then, only=then.parts.index(part_no))
    if not found.part.size:
        return Reason.NO_DATA
    made = fits(found)
    if made.reason[0]:
        return Reason(str(made.reason[0]))
    pace = then.rate[found.unit]
    running = ~found.is_replaced & np.isfinite(pace)
    replaced = int(found.is_replaced.sum())
    if not running.any() or replaced < LEAST_REPLACED or f.since is None:
        return Reason.TOO_FEW
    # A replacement can take several pieces, some are on record without their unit, and not all units were looked at: as many
    # pieces as were used for each replacement that was.
    months = (since.year - f.since.year) * 12 + since.month - f.since.month
    pieces = float(f.demand[f.index[part_no], :months].sum()) / replaced
    demand = installed_base_demand(
        found.used[running],
        shape=made.shape.value[0],
        scale=made.scale[0],
        usage=_paces(pace[running]) * DAYS_PER_MONTH,
        periods=HORIZON,
    )
    # Raised to all units so, the variance holds the chance of which units were looked at.
    monthly = demand.mean * pieces, demand.variance * pieces**2
    total = demand.total_mean[-1] * pieces, demand.total_variance[-1] * pieces**2
    low, high = (counted_quantile(*monthly, level) for level in (0.05, 0.95))
    ends = [float(counted_quantile(*total, level)) for level in (0.05, 0.95)]
    return _Need(
        course=Course(tuple(monthly[0]), tuple(low), tuple(high), (float(total[0]), ends[0], ends[1])),
        shape=float(made.shape.value[0]),
        scale=float(made.scale[0]),
        median=float(made.median.value[0]),
        used=found.used[running],
        units=round(int((~found.is_replaced).sum()) / then.share),
        replaced=round(replaced / then.share),
        use=next(iter(found.use.values())),
    )


def _paces(rate: Floats) -> Floats:
    """Each unit's use a day, brought to the mean of those that are used alike."""
    group = np.minimum(np.argsort(np.argsort(rate)) * _PACES // rate.size, _PACES - 1)
    return np.asarray(np.bincount(group, rate) / np.bincount(group))[group]


def _year(f: Forecasts, i: int, before: _Need) -> Year | None:
    """Both forecasts of the last 12 months against what came; the demand's method is the one that is chosen today."""
    if f.choice is None or f.choice.index[i] < 0:
        return None
    choice = replace(
        f.choice, **{name: getattr(f.choice, name)[[i]] for name in ("n", "index", "name", "score", "reason")}
    )
    said = chosen_forecast(f.demand[[i], :-HORIZON], choice)
    if said.reason[0]:
        return None
    of_demand, came = said.by_period(HORIZON)[0], f.demand[i, -HORIZON:]
    return Year(
        course=before.course,
        of_demand=float(of_demand.sum()),
        came=float(came.sum()),
        by_age=float(np.abs(np.array(before.course.expected) - came).mean()),
        by_demand=float(np.abs(of_demand - came).mean()),
    )


def _cause(
    course: Course, of_demand: float | None, is_dying: bool, year: Year | None, worn: float, grown: float
) -> Cause:
    """worn, grown: by how much wear and number of the units rose in a year, as shares."""
    _, low, high = course.total
    if of_demand is None or low <= of_demand <= high:
        return "agree"
    is_more = low > of_demand
    if is_more and is_dying:
        return "dying"
    if year and (year.came < year.course.total[1] if is_more else year.came > year.course.total[2]):
        return "fewer" if is_more else "more"
    if abs(worn) > _MOVED and (worn > 0) == is_more:
        return "ageing" if is_more else "renewed"
    return "grown" if is_more and grown > _MOVED else "unexplained"
