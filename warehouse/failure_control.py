"""The control chart of one cell: its failures per unit-month, the months out of line, and when the rate changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from analysis.change import change_point, largest_ratio
from analysis.control import ControlChart, u_chart, u_prime_chart
from analysis.result import Floats, Reason
from warehouse.failure_months import failure_months
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

# Rates that vary so many times as much as chance alone makes them get limits that are wider by that.
_DISPERSED = 1.5
# Months whose variance about the rates before and after a change is more than so many times that of chance are uneven.
_UNEVEN = 1.5
_FIRST_YEAR = 12
_LEAST_BASELINE = 6
# The exact change point costs about as many steps as failures × statistic; beyond this failures are counted in batches. The
# analysis does so by itself only where it would take minutes; a page has a quarter of a second.
_MOST_STEPS = 150_000.0
SIGNIFICANCE = 0.05
UNEVEN_SIGNIFICANCE = 0.01


@dataclass(frozen=True)
class Change:
    """The month with the new rate and the span that the data do not exclude; rates per unit-month before and after.

    batch: failures counted as one (1: each by itself), so that what varies more than chance does not pass for a change.
    times_chance: how many times as much months vary about these rates as chance makes them; None where chance is enough.
    """

    at: dt.date
    low: dt.date
    high: dt.date
    before: float
    after: float
    p: float
    batch: int
    times_chance: float | None = None

    @property
    def is_proven(self) -> bool:
        """Whether chance hardly makes such a change; where months are uneven, which tend to come in a row, more is asked."""
        return self.p <= (SIGNIFICANCE if self.times_chance is None else UNEVEN_SIGNIFICANCE)


@dataclass(frozen=True)
class Broken:
    """A rule (1 to 4, Western Electric) that months break on one side of the centre."""

    rule: int
    is_above: bool
    months: tuple[dt.date, ...]


@dataclass(frozen=True)
class Control:
    """The chart: per month the failures, the unit-months, the rate (None unexposed), its limits and the rules it breaks.

    baseline: the last month from which centre and limits were taken. times_chance: how many times as much neighbouring
    months vary as chance alone makes them; None where the chart takes them for Poisson counts. reason: why no chart.
    """

    months: tuple[dt.date, ...] = ()
    count: tuple[int, ...] = ()
    exposure: tuple[float, ...] = ()
    rate: tuple[float | None, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    rules: tuple[tuple[int, ...], ...] = ()
    centre: float = 0.0
    baseline: dt.date | None = None
    times_chance: float | None = None
    broken: tuple[Broken, ...] = ()
    change: Change | None = None
    n: int = 0
    per_unit: bool = True
    reason: Reason = Reason.NONE

    @property
    def signals(self) -> tuple[dt.date, ...]:
        """The months that break a rule."""
        return tuple(month for month, rules in zip(self.months, self.rules, strict=True) if rules)


@dataclass(frozen=True, eq=False)
class Series:
    """One cell's failures and exposure by month."""

    months: tuple[dt.date, ...]
    count: Floats
    exposure: Floats
    per_unit: bool


@remembered
def series(reading: Reading, filters: Filters, item: str, model: str | None) -> Series | None:
    """The months of one item (of one model of its units); None where nothing is watched."""
    # The start of the period does not matter here: one answer for all starts.
    data = failure_months(reading, replace(filters, start=None), "model" if model is not None else None)
    if data is None:
        return None
    for i, cell in enumerate(data.cells):
        if cell.item == item and cell.place == (model or ""):
            return Series(data.months, data.count[i], data.exposure[i], data.per_unit)
    return None


@remembered
def control(reading: Reading, filters: Filters, item: str, model: str | None) -> Control:
    """The control chart over all months up to the period's end.

    Limits come from the first year, or the first half of records shorter than two. They are Poisson quantiles with one
    false alarm in 370 months; where neighbouring months of that year vary more than 1.5 times as much as chance makes
    them, Laney's u′ limits.
    """
    data = series(reading, filters, item, model)
    if data is None:
        return Control(reason=Reason.NO_DATA)
    n = int(data.count.sum())
    width = len(data.months)
    baseline = min(_FIRST_YEAR, width // 2)
    if n == 0:
        return Control(n=0, reason=Reason.NO_EVENTS)
    if baseline < _LEAST_BASELINE:
        return Control(n=n, reason=Reason.NOT_MATURE)
    if not data.count[:baseline].any():
        baseline = width
    phase_one = slice(0, baseline)
    laney = u_prime_chart(data.count, data.exposure, baseline=phase_one, rules="western_electric")
    dispersed = laney.sigma_z is not None and laney.sigma_z > _DISPERSED
    poisson = u_chart(data.count, data.exposure, baseline=phase_one, limits="probability", rules="western_electric")
    chart: ControlChart = laney if dispersed else poisson
    rules = tuple(chart.broken_rules)
    return Control(
        months=data.months,
        count=tuple(int(v) for v in data.count),
        exposure=tuple(float(v) for v in data.exposure),
        rate=_numbers(chart.value),
        low=_numbers(chart.lcl),
        high=_numbers(chart.ucl),
        rules=rules,
        centre=float(chart.centre),
        baseline=data.months[baseline - 1],
        times_chance=float(laney.sigma_z) if dispersed else None,
        broken=_by_rule(data.months, chart.value, float(chart.centre), rules),
        change=change(data, float(laney.sigma_z) ** 2 if dispersed else 1.0),
        n=n,
        per_unit=data.per_unit,
    )


def _numbers(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(v) for v in values)


def _by_rule(
    months: tuple[dt.date, ...], value: Floats, centre: float, rules: tuple[tuple[int, ...], ...]
) -> tuple[Broken, ...]:
    found: dict[tuple[int, bool], list[dt.date]] = {}
    for month, v, broken in zip(months, value, rules, strict=True):
        for rule in broken:
            found.setdefault((rule, bool(v > centre)), []).append(month)
    return tuple(Broken(rule, above, tuple(found[rule, above])) for rule, above in sorted(found))


def change(data: Series, dispersion: float) -> Change | None:
    """The likeliest month of a change of the rate, with its exact p-value and the months not excluded.

    Counts that vary by `dispersion` times the variance of chance, or are too many for the exact computation, are counted
    in batches: that can only make the change less certain than it is.
    """
    statistic, at = largest_ratio(data.count[None], data.exposure[None])
    if at[0] < 0 or not data.count.any():
        return None
    dispersion = max(dispersion, _dispersion(data, int(at[0])))
    even = dispersion <= _UNEVEN
    batch = max(
        1 if even else round(dispersion), round((float(statistic[0]) * float(data.count.sum()) / _MOST_STEPS) ** 0.5)
    )
    found = change_point(np.round(data.count / batch), data.exposure)
    if found.at is None or found.reason:
        return None
    place = found.at
    before, after = (data.count[p].sum() / data.exposure[p].sum() for p in (slice(0, place), slice(place, None)))
    return Change(
        data.months[place], data.months[found.low], data.months[found.high], float(before), float(after),
        float(found.p_value), batch, None if even else dispersion**0.5,
    )  # fmt: skip


def _dispersion(data: Series, place: int) -> float:
    """Pearson's χ² per degree of freedom of the months about the rates before and after a place: 1 is chance alone."""
    total = 0.0
    for part in (slice(0, place), slice(place, None)):
        exposure = data.exposure[part]
        expected = exposure * (data.count[part].sum() / exposure.sum() if exposure.any() else 0.0)
        total += float((((data.count[part] - expected) ** 2)[expected > 0] / expected[expected > 0]).sum())
    return total / max(int((data.exposure > 0).sum()) - 2, 1)
