"""Does the failure rate of one cell rise or fall, and how many failures does the next quarter bring?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from analysis.growth_forecast import crow_amsaa_forecast
from analysis.growth_grouped import crow_amsaa_grouped
from analysis.result import Estimate, Floats, Reason
from analysis.trend import Direction, laplace_trend, mil_hdbk_189_trend
from warehouse.failure_control import Series, control, series
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

NEXT_MONTHS = 3
_LEAST_MONTHS = 6
# After a change, so many failures at least are needed to start anew there.
_LEAST_AFTER = 10
_FIT = 0.05


@dataclass(frozen=True)
class Forecast:
    """So many failures expected in the next three months, between `low` and `high` with 95 % certainty."""

    value: float
    low: int
    high: int
    first: dt.date
    last: dt.date
    exposure: float


@dataclass(frozen=True)
class Growth:
    """A power law (Crow–AMSAA) of the fleet's unit-months, since the change of the rate where one is proven.

    laplace, mil_hdbk: p-values of "no trend" over those months; direction: what they say, "no trend" where neither
    rejects or they disagree, unknown where months vary more than chance makes them. beta below 1: failures come ever
    less often. fit_p: of the chi-square test of fit, None where it has too few.
    until, so_far: cumulative unit-months and failures at the end of each month; curve: those the power law expects.
    """

    n: int
    since: dt.date | None = None
    is_after_change: bool = False
    direction: Direction = Direction.UNKNOWN
    laplace: float | None = None
    mil_hdbk: float | None = None
    beta: tuple[float, float | None, float | None] | None = None
    fit_p: float | None = None
    now: tuple[float, float | None, float | None] | None = None
    forecast: Forecast | None = None
    months: tuple[dt.date, ...] = ()
    until: tuple[float, ...] = ()
    so_far: tuple[int, ...] = ()
    curve: tuple[tuple[float, float], ...] = ()
    times_chance: float | None = None
    per_unit: bool = True
    reason: Reason = Reason.NONE

    @property
    def is_fitting(self) -> bool:
        return self.fit_p is None or self.fit_p >= _FIT


@remembered
def growth(reading: Reading, filters: Filters, item: str, model: str | None) -> Growth:
    """The trend of one item's failures over the unit-months in service, and the forecast of the next quarter.

    Failures of a month are spread evenly over it. After a proven change the months before it say nothing about what comes.
    """
    data = series(reading, filters, item, model)
    if data is None:
        return Growth(0, reason=Reason.NO_DATA)
    chart = control(reading, filters, item, model)
    begin = _begin(data, chart.change.at if chart.change and chart.change.is_proven else None)
    exposed = np.flatnonzero(data.exposure[begin:] > 0) + begin
    count, exposure = data.count[exposed], data.exposure[exposed]
    months = tuple(data.months[i] for i in exposed)
    n = int(count.sum())
    if n == 0:
        return Growth(0, reason=Reason.NO_EVENTS)
    if count.size < _LEAST_MONTHS:
        return Growth(n, reason=Reason.TOO_FEW)
    until = np.cumsum(exposure)
    last = float(until[-1])
    ages = _spread(count, exposure, until)
    laplace, hdbk = laplace_trend(ages, last), mil_hdbk_189_trend(ages, last)
    fit = crow_amsaa_grouped(until, count)
    if fit.reason or laplace.reason:
        return Growth(n, since=months[0], reason=Reason(str(fit.reason or laplace.reason)))
    x = np.linspace(0.0, last, 80)
    # Laplace's test leans on the ends, the other on the beginning: where they disagree the rate goes up and down.
    rejects = hdbk.verdict != Direction.NONE or laplace.verdict != Direction.NONE
    uneven = chart.change.times_chance if chart.change else None
    agreed = hdbk.direction if rejects and hdbk.direction == laplace.direction else hdbk.verdict
    return Growth(
        n=n,
        since=months[0],
        is_after_change=begin > 0,
        # What varies more than chance, with the season say, makes trends for tests that know only chance.
        direction=Direction.UNKNOWN if uneven else Direction(str(agreed)),
        laplace=laplace.p_value,
        mil_hdbk=hdbk.p_value,
        beta=_triple(fit.beta),
        fit_p=fit.chi_square_merged.p_value,
        now=_triple(fit.mtbf),
        forecast=_forecast(data.months[-1], exposure, ages, last),
        months=months,
        until=tuple(float(v) for v in until),
        so_far=tuple(int(v) for v in np.cumsum(count)),
        curve=tuple((float(t), float(fit.expected_failures(float(t))) if t > 0 else 0.0) for t in x),
        times_chance=uneven,
        per_unit=data.per_unit,
    )


def _begin(data: Series, changed: dt.date | None) -> int:
    if changed is None:
        return 0
    place = data.months.index(changed)
    enough = data.count[place:].sum() >= _LEAST_AFTER and len(data.months) - place >= _LEAST_MONTHS
    return place if enough else 0


def _spread(count: Floats, exposure: Floats, until: Floats) -> Floats:
    """Cumulative unit-months at each failure, those of one month evenly within it."""
    whole = count.astype(np.int64)
    within = np.arange(whole.sum()) - np.repeat(np.cumsum(whole) - whole, whole)
    share = (within + 0.5) / np.repeat(whole, whole)
    ages: Floats = np.repeat(until - exposure, whole) + share * np.repeat(exposure, whole)
    return ages


def _triple(estimate: Estimate) -> tuple[float, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high


def _forecast(month: dt.date, exposure: Floats, ages: Floats, last: float) -> Forecast | None:
    """The three months after `month` with the units of the last full month in service of those watched."""
    ahead = float(exposure[-2:].max()) * NEXT_MONTHS
    found = crow_amsaa_forecast(ages, ahead, last)
    if found.reason or found.value is None:
        return None
    index = month.year * 12 + month.month
    first, end = (dt.date((index + i) // 12, (index + i) % 12 + 1, 1) for i in (0, NEXT_MONTHS - 1))
    return Forecast(float(found.value), int(found.low), int(found.high), first, end, ahead)
