"""Technicians compared fairly: with what colleagues would have done with the same jobs, and how sure that is.

Peers of a person are all others in the selection, stratum by stratum: component × product line for repeats, first-time
fix and labour, region × zone for the response. Whoever has fewer jobs to compare than `least` is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.funnel import funnel_limits, funnel_plot
from analysis.performance import observed_expected, shrunken_ranking, standardised_mean
from analysis.result import Bools, Floats, Ints, Reason
from warehouse.filters import Filters
from warehouse.rating import SCALE, Scale
from warehouse.reading import Reading, remembered
from warehouse.settings import Settings
from warehouse.technician_jobs import Jobs, Ratings, jobs, ratings
from warehouse.technician_standing import REASON_CODES, Columns, Compared, Ranked, Ratios, Standing, Technician, padded

LEAST_JOBS = Settings().least_jobs
_DRAWS = 1_000
_LIMIT_POINTS = 80


@dataclass(frozen=True)
class Limits:
    """The funnel: for expected numbers the limits of the ratio, as (low, high) at 95 % and 99.8 %."""

    expected: tuple[float, ...]
    inner: tuple[tuple[float, ...], tuple[float, ...]]
    outer: tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Misled:
    """Two people whose raw repeat rates stand the other way round than their ratios, beyond chance."""

    better: Standing
    worse: Standing
    strength: float


@dataclass(frozen=True)
class Team:
    """Everybody who completed a job in the selection: those outside of the limits first, then by number of jobs."""

    people: tuple[Standing, ...]
    limits: Limits | None
    misled: Misled | None
    least: int

    @cached_property
    def judged(self) -> tuple[Standing, ...]:
        return tuple(p for p in self.people if p.is_judged)

    def of(self, technician_id: str | None) -> Standing | None:
        return next((p for p in self.people if p.who.technician_id == technician_id), None)


@remembered
def technicians(reading: Reading) -> dict[str, Technician]:
    """Everybody who is on the list of technicians or did any work."""
    listed = reading.rows("""
        SELECT k.technician_id, coalesce(t.name, k.technician_id), coalesce(t.team, ''), t.skill_level
        FROM (
            SELECT technician_id FROM core.technician
            UNION SELECT technician_id FROM marts.job WHERE technician_id <> ''
        ) AS k LEFT JOIN core.technician AS t ON t.technician_id = k.technician_id
        ORDER BY 1
    """)
    return {row[0]: Technician(*row) for row in listed}


def team(reading: Reading, filters: Filters, least: int = LEAST_JOBS, scale: Scale = SCALE) -> Team:
    """Everybody against colleagues with the same jobs, in the selection."""
    found = _compared(reading, filters, least, scale)
    if found is None:
        return Team((), None, None, least)
    known, ids = technicians(reading), jobs(reading).people
    people = tuple(known[ids[code]] for code in found.columns.technician)
    of = Compared(found.columns, people, lambda: _ranked(reading, filters, least, scale))
    everybody = tuple(Standing(of, i) for i in found.order.tolist())
    misled = found.misled and Misled(Standing(of, found.misled[0]), Standing(of, found.misled[1]), found.misled[2])
    return Team(everybody, found.limits, misled, least)


@dataclass(frozen=True, eq=False)
class _Found:
    """What is remembered of a comparison: columns, in which order they are shown, the pair that misleads by its rows."""

    columns: Columns
    order: NDArray[np.int32]
    limits: Limits | None
    misled: tuple[int, int, float] | None


@remembered
def _compared(reading: Reading, filters: Filters, least: int, scale: Scale) -> _Found | None:
    """The numbers of everybody; None where nobody completed anything."""
    held = jobs(reading)
    rows = held.rows(filters)
    rows = rows[held.technician[rows] >= 0]
    if not rows.size:
        return None
    worked = np.bincount(held.technician[rows])
    here = np.flatnonzero(worked)
    number = np.cumsum(worked > 0) - 1
    code, size = number[held.technician[rows]], here.size
    numbers = _Numbers(held, rows, code, size, least)
    repeats = numbers.observed(held.came_back, held.was_watched)
    fix = numbers.observed(held.was_fixed, held.was_visited)
    labour, labour_hours = numbers.mean(held.labour, held.stratum[rows])
    place = held.codes["region"][rows].astype(np.int64) * (len(held.values["zone"]) + 1) + held.codes["zone"][rows]
    response, response_hours = numbers.mean(held.response, place - place.min(initial=0))
    score, asked, answered = _scores(ratings(reading), held, rows, code, size, scale)
    watched, back = (np.bincount(code, w[rows], size).astype(np.int32) for w in (held.was_watched, held.came_back))
    is_judged = ~np.isnan(repeats.ratios.value)
    columns = Columns(
        technician=here.astype(np.int32),
        jobs=worked[here].astype(np.int32),
        watched=watched,
        came_back=back,
        observed=repeats.observed,
        expected=repeats.expected,
        ratio=repeats.ratios,
        fixed=fix.share,
        fix=fix.ratios,
        labour_hours=labour_hours,
        labour=labour,
        response_hours=response_hours,
        response=response,
        outside=_outside(repeats.observed, repeats.expected, is_judged).astype(np.int8),
        score=score,
        asked=asked.astype(np.int32),
        answered=answered.astype(np.int32),
    )
    # People are numbered in the order of their names, which breaks ties.
    order = np.lexsort((-columns.jobs, -np.maximum(np.abs(columns.outside) - 1, 0)))
    return _Found(columns, order.astype(np.int32), _limits(columns), _misled(columns, order))


@remembered
def _ranked(reading: Reading, filters: Filters, least: int, scale: Scale) -> Ranked:
    """The shrunken ratio and the interval of its rank among those who are judged."""
    found = _compared(reading, filters, least, scale)
    size = found.columns.jobs.size if found else 0
    low, high = np.zeros(size, dtype=np.int32), np.zeros(size, dtype=np.int32)
    none = np.full(size, np.nan)
    few = np.full(size, REASON_CODES.index(Reason.TOO_FEW), dtype=np.int8)
    shown = np.flatnonzero(found.columns.is_judged) if found else np.zeros(0, dtype=np.int64)
    if not found or not shown.size:
        return Ranked(Ratios(none, none, none, low, few), low, high)
    observed = found.columns.observed[shown]
    ranking = shrunken_ranking(observed, found.columns.expected[shown], measure="rate", draws=_DRAWS)
    ratios = Ratios.of(ranking, shown.size)
    has_rank = ~np.isnan(ranking.value)
    low[shown[has_rank]], high[shown[has_rank]] = ranking.rank_low[has_rank], ranking.rank_high[has_rank]
    n = np.zeros(size, dtype=np.int32)
    n[shown], few[shown] = observed, ratios.reason
    value, below, above = (np.full(size, np.nan) for _ in range(3))
    value[shown], below[shown], above[shown] = ratios.value, ratios.low, ratios.high
    return Ranked(Ratios(value, below, above, n, few), low, high)


@dataclass(frozen=True, eq=False)
class _Observed:
    observed: Floats
    expected: Floats
    share: Floats
    ratios: Ratios


@dataclass(frozen=True, eq=False)
class _Numbers:
    """The rows of a selection by person, numbered 0 … size − 1."""

    held: Jobs
    rows: Ints
    code: Ints
    size: int
    least: int

    def observed(self, event: Bools, counted: Bools) -> _Observed:
        """Events against those of colleagues with the same components and product lines."""
        at = counted[self.rows]
        rows, code = self.rows[at], self.code[at]
        found = observed_expected(event[rows], self.held.stratum[rows], code, minimum=self.least)
        n, k = np.bincount(code, minlength=self.size), np.bincount(code, event[rows], self.size)
        return _Observed(
            observed=padded(found.observed, self.size, 0.0),
            expected=padded(found.expected, self.size, 0.0),
            share=self._quotient(k, n),
            ratios=Ratios.of(found, self.size),
        )

    def mean(self, values: NDArray[np.float32], stratum: NDArray[Any]) -> tuple[Ratios, Floats]:
        """Mean hours against those of colleagues in the same strata (of `rows`), and the means themselves."""
        hours = values[self.rows].astype(np.float64)
        at = ~np.isnan(hours)
        hours, code = np.maximum(hours[at], 0.0), self.code[at]
        found = standardised_mean(hours, stratum[at], code, minimum=self.least)
        n, total = np.bincount(code, minlength=self.size), np.bincount(code, hours, self.size)
        return Ratios.of(found, self.size), self._quotient(total, n)

    def _quotient(self, top: NDArray[Any], n: NDArray[Any]) -> Floats:
        """One over the other where there are enough."""
        return np.where(n >= max(self.least, 1), top / np.maximum(n, 1), np.nan)


def _outside(observed: Floats, expected: Floats, is_judged: Bools) -> Ints:
    """±1 outside of the 95 % limits, ±2 of those of 99.8 %."""
    outside = np.zeros(is_judged.size, dtype=np.int64)
    shown = np.flatnonzero(is_judged)
    if shown.size:
        outside[shown] = funnel_plot(observed[shown], expected[shown], kind="ratio", target=1.0).outside.sum(axis=1)
    return outside


def _limits(columns: Columns) -> Limits | None:
    expected = columns.expected[columns.is_judged]
    if not expected.size:
        return None
    least, most = float(expected.min()), float(expected.max())
    grid = np.unique(np.linspace(max(least * 0.9, 0.5), max(most * 1.05, 1.0), _LIMIT_POINTS))
    low, high = funnel_limits(grid, 1.0, kind="ratio")

    def pair(level: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return tuple(low[:, level].tolist()), tuple(high[:, level].tolist())

    return Limits(tuple(grid.tolist()), pair(0), pair(1))


# Three standard errors between two people of many pairs: as findings elsewhere ask.
_STRONG = 3.0
_HAIR = 1e-9


def _misled(columns: Columns, order: Ints) -> tuple[int, int, float] | None:
    """The pair whose raw rates mislead most: the order of the ratios is the other one, by three standard errors."""
    ratio = columns.ratio.value
    some = order[(columns.is_judged & (columns.observed > 0) & (ratio > 0) & (columns.watched > 0))[order]]
    log, error = np.log(ratio[some]), 1 / columns.observed[some]
    if some.size < 2:
        return None
    # Of thousands few lie so far from the other end that they may be one of such a pair.
    reach = (_STRONG - _HAIR) * np.sqrt(error + error.min())
    better, worse = np.flatnonzero(log + reach <= log.max()), np.flatnonzero(log - reach >= log.min())
    if not better.size or not worse.size:
        return None
    raw = columns.came_back[some] / columns.watched[some]
    strength = (log[None, worse] - log[better, None]) / np.sqrt(error[better, None] + error[None, worse])
    strength = np.where(raw[better, None] > raw[None, worse], strength, 0.0)
    best, worst = np.unravel_index(int(np.argmax(strength)), strength.shape)
    most = float(strength[best, worst])
    return (int(some[better[best]]), int(some[worse[worst]]), most) if most >= _STRONG else None


def _scores(cards: Ratings, held: Jobs, rows: Ints, code: Ints, size: int, scale: Scale) -> tuple[Floats, Ints, Ints]:
    """By person: the mean score of all answers, how many jobs were asked about, and how many answered."""
    owner = np.full(held.day.size, -1, dtype=np.int64)
    owner[rows] = code
    mine = np.flatnonzero(owner[cards.job] >= 0)
    job, grade = cards.job[mine], cards.grade[mine]
    points = points_of(cards, scale)[grade]
    has_points = ~np.isnan(points)
    total = np.bincount(owner[job][has_points], points[has_points], size)
    n = np.bincount(owner[job][has_points], minlength=size)
    asked, answered = (np.bincount(owner[distinct(at, held.day.size)], minlength=size) for at in (job, job[has_points]))
    return np.where(n > 0, total / np.maximum(n, 1), np.nan), asked, answered


def distinct(numbers: NDArray[Any], size: int) -> Ints:
    """Each of some numbers below `size` once, ascending."""
    is_there = np.zeros(size, dtype=bool)
    is_there[numbers] = True
    return np.flatnonzero(is_there)


def points_of(cards: Ratings, scale: Scale) -> Floats:
    """The score of each grade's code; NaN for one that the scale does not know, and at the end for no answer (−1)."""
    known = dict(scale)
    return np.array([known.get(grade, np.nan) for grade in cards.grades] + [np.nan])
