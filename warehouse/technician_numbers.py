"""The numbers of the team or of one person: jobs done, fixed at once, come back, hours of labour, response, satisfaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.result import Floats, Ints
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import quotient, share_of
from warehouse.metrics.flows import Grain
from warehouse.metrics.measure import Count, Measure, Quotient, Value
from warehouse.rating import SCALE, Scale
from warehouse.reading import Reading, remembered
from warehouse.technician_jobs import Jobs, Ratings, day_number, day_of, jobs, ratings
from warehouse.technicians import distinct, points_of

_CREDIT = Text(
    en=" Credited to the technician of the last visit that ended by the resolution, on the day of completion.",
    zh="计入解决前最后一次上门的技术员，以完成日期为准。",
)


def _credited(en: str, zh: str) -> Text:
    return Text(en=en + _CREDIT.en, zh=zh + _CREDIT.zh)


def _own(name: str) -> Measure:
    """A measure of the catalogue, said of a person."""
    measure = measures()[name]
    return replace(measure, definition=_credited(measure.definition.en, measure.definition.zh))


JOBS = Measure(
    name="jobs",
    label=Text(en="Jobs completed", zh="完成工单"),
    definition=_credited(
        "Tickets resolved in the period, or closed where no resolution was written down.",
        "期内修复（未记录修复时为关闭）的工单数。",
    ),
    numerator=Text(en="tickets resolved", zh="解决的工单"),
    denominator=None,
    unit="count",
    how=Count("jobs"),
)
FIXED = _own("first_time_fix")
REPEATS = _own("repeat_rate")
LABOUR = Measure(
    name="labour",
    label=Text(en="Labour per job", zh="单均工时"),
    definition=_credited(
        "Active repair hours over the jobs that have any on record; waiting and travel are not in it.",
        "实际维修工时之和除以有工时记录的工单数，不含等待与路途。",
    ),
    numerator=Text(en="active repair hours", zh="实际维修工时"),
    denominator=Text(en="jobs with labour on record", zh="有工时记录的工单"),
    unit="hours",
    how=Quotient("labour_hours", "labour_known"),
)
RESPONSE = Measure(
    name="response",
    label=Text(en="Response", zh="平均响应"),
    definition=_credited(
        "Working hours from the call to the arrival, by the calendar of the site, over the jobs with an arrival.",
        "报修至到达的工作小时（按现场日历）之和除以有到达记录的工单数。",
    ),
    numerator=Text(en="working hours to arrival", zh="到达前工作小时"),
    denominator=Text(en="jobs with an arrival", zh="有到达记录的工单"),
    unit="hours",
    how=Quotient("response_wh", "arrived"),
    better="lower",
)
# A point of a trend rests on at least so many.
_FEWEST = 5
MEASURES = (JOBS, FIXED, REPEATS, LABOUR, RESPONSE)


@dataclass(frozen=True)
class Satisfaction:
    """score: mean graded score of all answers, None without any; answers: how many; jobs: completed, asked about, answered."""

    score: float | None
    answers: int
    jobs: int
    asked: int
    answered: int
    trend: tuple[float | None, ...] = ()


def rows_of(held: Jobs, filters: Filters, person: str | None) -> Ints:
    """The rows of a selection, of one person or of all."""
    rows = held.rows(filters)
    code = held.code_of(person)
    if person is None:
        return rows
    return rows[held.technician[rows] == code] if code is not None else rows[:0]


_STEPS: dict[Grain, str] = {"day": "1d", "week": "1w", "month": "1mo"}


def buckets(held: Jobs, filters: Filters, grain: Grain, last_day: dt.date) -> list[dt.date]:
    """The first days of the days, weeks (from Monday) or months of a selection."""
    first = filters.start or (day_of(int(held.day[0])) if held.day.size else None)
    last = filters.end or last_day
    if first is None or first > last:
        return []
    begin = {"day": first, "week": first - dt.timedelta(days=first.weekday()), "month": first.replace(day=1)}[grain]
    return pl.date_range(begin, last, _STEPS[grain], eager=True).to_list()


def bucket_of(starts: list[dt.date], day: NDArray[Any]) -> Ints:
    """Which bucket each day falls in."""
    return np.maximum(np.searchsorted([day_number(s) for s in starts], day, side="right") - 1, 0)


def _parts(held: Jobs, rows: Ints) -> dict[str, tuple[Floats, Floats]]:
    """Of each row what counts in the numerator and the denominator of each measure."""
    ones = np.ones(rows.size)
    parts: dict[str, tuple[Floats, Floats]] = {JOBS.name: (ones, ones)}
    for name, event, counted in (
        (FIXED.name, held.was_fixed, held.was_visited),
        (REPEATS.name, held.came_back, held.was_watched),
    ):
        parts[name] = (event[rows].astype(np.float64), counted[rows].astype(np.float64))
    for name, hours in ((LABOUR.name, held.labour), (RESPONSE.name, held.response)):
        value = hours[rows].astype(np.float64)
        parts[name] = (np.nan_to_num(value), (~np.isnan(value)).astype(np.float64))
    return parts


@remembered
def numbers(reading: Reading, filters: Filters, person: str | None) -> dict[str, Value]:
    """Each measure over the selection."""
    held = jobs(reading)
    parts = _parts(held, rows_of(held, filters, person))
    found = {}
    for measure in MEASURES:
        top, bottom = (float(p.sum()) for p in parts[measure.name])
        if measure.denominator is None:
            found[measure.name] = Value(measure.name, top, int(top), top)
        elif measure.unit == "share":
            found[measure.name] = share_of(measure, int(top), int(bottom))
        else:
            found[measure.name] = quotient(measure, top, bottom)
    return found


@remembered
def trends(
    reading: Reading, filters: Filters, person: str | None, grain: Grain
) -> tuple[list[dt.date], dict[str, list[float | None]]]:
    """Each measure per day, week or month of the selection; None where it would rest on too few."""
    held = jobs(reading)
    starts = buckets(held, filters, grain, reading.as_of_on)
    rows = rows_of(held, filters, person)
    place, size = bucket_of(starts, held.day[rows]) if starts else rows[:0], len(starts)
    found: dict[str, list[float | None]] = {}
    for name, (top, bottom) in _parts(held, rows).items():
        if not size:
            found[name] = []
            continue
        x, n = np.bincount(place, top, size), np.bincount(place, bottom, size)
        least = 0 if name == JOBS.name else _FEWEST
        found[name] = [
            (float(a) if name == JOBS.name else float(a / b)) if b >= least else None for a, b in zip(x, n, strict=True)
        ]
    return starts, found


@remembered
def satisfaction(
    reading: Reading, filters: Filters, person: str | None, grain: Grain = "month", scale: Scale = SCALE
) -> Satisfaction:
    """The graded score of the jobs completed in the selection, with how many were asked and answered."""
    held, cards = jobs(reading), ratings(reading)
    rows = rows_of(held, filters, person)
    at = cards_of(held, cards, rows)
    points = points_of(cards, scale)[cards.grade[at]]
    has_points = ~np.isnan(points)
    job = cards.job[at]
    starts = buckets(held, filters, grain, reading.as_of_on)
    trend: tuple[float | None, ...] = ()
    if starts:
        place = bucket_of(starts, held.day[job[has_points]])
        x, n = np.bincount(place, points[has_points], len(starts)), np.bincount(place, minlength=len(starts))
        trend = tuple(float(a / b) if b >= _FEWEST else None for a, b in zip(x, n, strict=True))
    return Satisfaction(
        score=float(points[has_points].mean()) if has_points.any() else None,
        answers=int(has_points.sum()),
        jobs=int(rows.size),
        asked=distinct(job, held.day.size).size,
        answered=distinct(job[has_points], held.day.size).size,
        trend=trend,
    )


def cards_of(held: Jobs, cards: Ratings, rows: Ints) -> Ints:
    """The rows of return visits about some jobs."""
    is_there = np.zeros(held.day.size, dtype=bool)
    is_there[rows] = True
    return np.flatnonzero(is_there[cards.job])
