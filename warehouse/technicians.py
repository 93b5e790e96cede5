"""Technicians compared fairly: with what colleagues would have done with the same jobs, and how sure that is.

Peers of a person are all others in the selection, stratum by stratum: component × product line for repeats, first-time
fix and labour, region × zone for the response. Whoever has fewer jobs to compare than `least` is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.funnel import funnel_limits, funnel_plot
from analysis.performance import observed_expected, shrunken_ranking, standardised_mean
from analysis.result import Bools, Estimate, Floats, Ints, Reason
from warehouse.filters import Filters
from warehouse.rating import SCALE, Scale
from warehouse.reading import Reading, remembered
from warehouse.reasons import why
from warehouse.settings import Settings
from warehouse.technician_jobs import Jobs, Ratings, jobs, ratings
from warehouse.text import Text

LEAST_JOBS = Settings().least_jobs
# Several parts of a page ask for the same at once.
_DRAWS = 1_000
_LIMIT_POINTS = 80


@dataclass(frozen=True)
class Ratio:
    """A number with its bounds and how many jobs it rests on; none with the reason."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: Text


@dataclass(frozen=True)
class Technician:
    """Who it is; skill is None where nobody says."""

    technician_id: str
    name: str
    team: str
    skill: int | None


@dataclass(frozen=True)
class Standing:
    """One person in the selection.

    jobs: completed; watched: closed failures whose repeat window is over, came_back: of them. observed, expected: repeats of
    those that have peers; ratio: one over the other, shrunken: after what all have in common, with the interval of its
    rank (1 has the highest ratio). fix, labour, response: against colleagues; means in hours, `fixed` a share. outside:
    +2 above and −2 below the 99.8 % limits of the funnel, ±1 the 95 % ones. score: mean graded score, of `answered` of
    the `asked` jobs.
    """

    who: Technician
    jobs: int
    watched: int
    came_back: int
    observed: float
    expected: float
    ratio: Ratio
    shrunken: Ratio
    rank_low: int
    rank_high: int
    fixed: float | None
    fix: Ratio
    labour_hours: float | None
    labour: Ratio
    response_hours: float | None
    response: Ratio
    outside: int
    score: float | None
    asked: int
    answered: int

    @property
    def is_judged(self) -> bool:
        """Whether there are enough jobs to compare repeats."""
        return self.ratio.value is not None

    @property
    def raw(self) -> float | None:
        """The share that came back, whatever the jobs were."""
        return self.came_back / self.watched if self.watched else None


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

    @property
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


@remembered
def team(reading: Reading, filters: Filters, least: int = LEAST_JOBS, scale: Scale = SCALE) -> Team:
    """Everybody against colleagues with the same jobs, in the selection."""
    held = jobs(reading)
    rows = held.rows(filters)
    rows = rows[held.technician[rows] >= 0]
    here, code = np.unique(held.technician[rows], return_inverse=True)
    if not here.size:
        return Team((), None, None, least)
    size = here.size
    numbers = _Numbers(held, rows, code, size, least)
    repeats = numbers.observed(held.came_back, held.was_watched)
    fix = numbers.observed(held.was_fixed, held.was_visited)
    labour, labour_mean = numbers.mean(held.labour, held.stratum)
    place = held.codes["region"].astype(np.int64) * (len(held.values["zone"]) + 1) + held.codes["zone"]
    response, response_mean = numbers.mean(held.response, place - place.min(initial=0))
    is_judged = np.array([r.value is not None for r in repeats.ratios])
    shrunken, ranks = _ranked(repeats.observed, repeats.expected, is_judged)
    outside = _outside(repeats.observed, repeats.expected, is_judged)
    score, asked, answered = _scores(ratings(reading), held, rows, code, size, scale)
    known = technicians(reading)
    done, watched, back = (
        np.bincount(code, w, size).astype(int) for w in (None, held.was_watched[rows], held.came_back[rows])
    )
    people = [
        Standing(
            who=known[held.people[here[i]]],
            jobs=int(done[i]),
            watched=int(watched[i]),
            came_back=int(back[i]),
            observed=float(repeats.observed[i]),
            expected=float(repeats.expected[i]),
            ratio=repeats.ratios[i],
            shrunken=shrunken[i],
            rank_low=int(ranks[i, 0]),
            rank_high=int(ranks[i, 1]),
            fixed=fix.share[i],
            fix=fix.ratios[i],
            labour_hours=labour_mean[i],
            labour=labour[i],
            response_hours=response_mean[i],
            response=response[i],
            outside=int(outside[i]),
            score=score[i],
            asked=int(asked[i]),
            answered=int(answered[i]),
        )
        for i in range(size)
    ]
    people.sort(key=lambda p: (-max(abs(p.outside) - 1, 0), -p.jobs, p.who.technician_id))
    judged = [p for p in people if p.is_judged]
    return Team(tuple(people), _limits(judged), _misled(judged), least)


@dataclass(frozen=True, eq=False)
class _Observed:
    observed: Floats
    expected: Floats
    share: list[float | None]
    ratios: list[Ratio]


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
            observed=_padded(found.observed, self.size),
            expected=_padded(found.expected, self.size),
            share=[float(k[i] / n[i]) if n[i] >= self.least else None for i in range(self.size)],
            ratios=_ratios(found, self.size),
        )

    def mean(self, values: Floats, stratum: Ints) -> tuple[list[Ratio], list[float | None]]:
        """Mean hours against those of colleagues in the same strata, and the means themselves."""
        at = ~np.isnan(values[self.rows])
        rows, code = self.rows[at], self.code[at]
        hours = np.maximum(values[rows].astype(np.float64), 0.0)
        found = standardised_mean(hours, stratum[rows], code, minimum=self.least)
        n, total = np.bincount(code, minlength=self.size), np.bincount(code, hours, self.size)
        means = [float(total[i] / n[i]) if n[i] >= self.least else None for i in range(self.size)]
        return _ratios(found, self.size), means


def _padded(values: NDArray[Any], size: int) -> Floats:
    """As many as there are people: those without any row, at the end, have nothing."""
    return np.append(values, np.zeros(size - values.size)).astype(np.float64)


def _ratios(found: Estimate, size: int) -> list[Ratio]:
    columns = (found.value, found.low, found.high, found.n, found.reason)
    some = [
        Ratio(_known(value), _known(low), _known(high), int(n), why(reason))
        for value, low, high, n, reason in zip(*(c.tolist() for c in columns), strict=True)
    ]
    return some + [Ratio(None, None, None, 0, why(Reason.NO_DATA))] * (size - len(some))


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _ranked(observed: Floats, expected: Floats, is_judged: Bools) -> tuple[list[Ratio], Ints]:
    """The shrunken ratio and the interval of its rank among those who are judged."""
    ranks = np.zeros((is_judged.size, 2), dtype=np.int64)
    shrunken = [Ratio(None, None, None, 0, why(Reason.TOO_FEW))] * is_judged.size
    shown = np.flatnonzero(is_judged)
    if not shown.size:
        return shrunken, ranks
    found = shrunken_ranking(observed[shown], expected[shown], measure="rate", draws=_DRAWS)
    for place, one in zip(shown, _ratios(found, shown.size), strict=True):
        shrunken[place] = replace(one, n=int(observed[place]))
    has_rank = ~np.isnan(found.value)
    ranks[shown[has_rank]] = np.stack([found.rank_low, found.rank_high], axis=1)[has_rank].astype(np.int64)
    return shrunken, ranks


def _outside(observed: Floats, expected: Floats, is_judged: Bools) -> Ints:
    """±1 outside of the 95 % limits, ±2 of those of 99.8 %."""
    outside = np.zeros(is_judged.size, dtype=np.int64)
    shown = np.flatnonzero(is_judged)
    if shown.size:
        outside[shown] = funnel_plot(observed[shown], expected[shown], kind="ratio", target=1.0).outside.sum(axis=1)
    return outside


def _limits(judged: list[Standing]) -> Limits | None:
    if not judged:
        return None
    most = max(p.expected for p in judged)
    least = min(p.expected for p in judged)
    grid = np.unique(np.linspace(max(least * 0.9, 0.5), max(most * 1.05, 1.0), _LIMIT_POINTS))
    low, high = funnel_limits(grid, 1.0, kind="ratio")

    def pair(level: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return tuple(low[:, level].tolist()), tuple(high[:, level].tolist())

    return Limits(tuple(grid.tolist()), pair(0), pair(1))


# Three standard errors between two people of many pairs: as findings elsewhere ask.
_STRONG = 3.0


def _misled(judged: list[Standing]) -> Misled | None:
    """The pair whose raw rates mislead most: the order of the ratios is the other one, by three standard errors."""
    some = [p for p in judged if p.observed > 0 and p.ratio.value and p.raw is not None]
    if len(some) < 2:
        return None
    raw = np.array([p.raw for p in some])
    log = np.log([p.ratio.value or 1.0 for p in some])
    error = 1 / np.array([p.observed for p in some])
    strength = (log[None, :] - log[:, None]) / np.sqrt(error[:, None] + error[None, :])
    strength = np.where(raw[:, None] > raw[None, :], strength, 0.0)
    best, worst = np.unravel_index(int(np.argmax(strength)), strength.shape)
    most = float(strength[best, worst])
    return Misled(some[best], some[worst], most) if most >= _STRONG else None


def _scores(
    cards: Ratings, held: Jobs, rows: Ints, code: Ints, size: int, scale: Scale
) -> tuple[list[float | None], Ints, Ints]:
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
    return [float(total[i] / n[i]) if n[i] else None for i in range(size)], asked, answered


def distinct(numbers: Ints, size: int) -> Ints:
    """Each of some numbers below `size` once, ascending."""
    is_there = np.zeros(size, dtype=bool)
    is_there[numbers] = True
    return np.flatnonzero(is_there)


def points_of(cards: Ratings, scale: Scale) -> Floats:
    """The score of each grade's code; NaN for one that the scale does not know, and at the end for no answer (−1)."""
    known = dict(scale)
    return np.array([known.get(grade, np.nan) for grade in cards.grades] + [np.nan])
