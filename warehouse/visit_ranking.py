"""The ranking by return visits 回访排名: what customers said of each team or person, item by item, and how many answered.

Of whoever has fewer answers than `least` no score is told: too few to say. They have no rank either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.result import Floats, Ints
from warehouse.filters import Filters
from warehouse.rating import SCALE, Scale
from warehouse.reading import Reading, remembered
from warehouse.technician_jobs import Jobs, Ratings, jobs, ratings
from warehouse.technicians import LEAST_JOBS, distinct, points_of, technicians

By = Literal["team", "technician"]


@dataclass(frozen=True)
class Rated:
    """What was said of one. who: the team, or a person's number; '' where nobody says who did the work.

    jobs: completed; of these asked about and answered; answers: to single items. score: the mean of all answers, scores:
    that of each item; None where no more than a few customers answered (or nobody did about that item).
    """

    who: str
    jobs: int
    asked: int
    answered: int
    answers: int
    score: float | None
    scores: tuple[float | None, ...]

    @property
    def response(self) -> float | None:
        """The share of those asked that answered."""
        return self.answered / self.asked if self.asked else None


@dataclass(frozen=True)
class Ranking:
    """Everybody who completed a job: those with a score, the best first, then the others by their jobs.

    items: in the order of `Rated.scores`; whole: all jobs together, by whomever; least: answers that a score needs.
    """

    items: tuple[str, ...]
    rated: tuple[Rated, ...]
    whole: Rated
    least: int

    @property
    def judged(self) -> tuple[Rated, ...]:
        """Those with a rank."""
        return tuple(one for one in self.rated if one.score is not None)


@remembered
def ranking(reading: Reading, filters: Filters, by: By, least: int = LEAST_JOBS, scale: Scale = SCALE) -> Ranking:
    """The ranking of the jobs completed in the selection."""
    held, cards = jobs(reading), ratings(reading)
    rows = held.rows(filters)
    names, owner = _owners(reading, held, by)
    each = _rated(held, cards, rows, owner, names, least, scale)
    (whole,) = _rated(held, cards, rows, np.zeros(held.day.size, dtype=np.int64), ("",), 1, scale)
    # An item that nobody answered is no column.
    shown = [i for i, score in enumerate(whole.scores) if score is not None]
    best_first = sorted((one for one in each if one.jobs), key=lambda one: _order(one, names))
    return Ranking(
        tuple(cards.items[i] for i in shown),
        tuple(_only(one, shown) for one in best_first),
        _only(whole, shown),
        least,
    )


def _order(one: Rated, names: tuple[str, ...]) -> tuple[bool, float, int, int]:
    return one.score is None, -(one.score or 0.0), -one.jobs, names.index(one.who)


def _only(one: Rated, items: list[int]) -> Rated:
    scores = tuple(one.scores[i] for i in items)
    return Rated(one.who, one.jobs, one.asked, one.answered, one.answers, one.score, scores)


def _owners(reading: Reading, held: Jobs, by: By) -> tuple[tuple[str, ...], Ints]:
    """Whose each job is: names, and per job its place among them; the last is nobody."""
    if by == "technician":
        return (*held.people, ""), np.where(held.technician < 0, len(held.people), held.technician.astype(np.int64))
    known = technicians(reading)
    teams = [known[person].team for person in held.people]
    names = tuple(sorted({*teams} - {""}))
    team = np.array([names.index(t) if t else len(names) for t in teams] + [len(names)], dtype=np.int64)
    # −1 is nobody, and takes the last place.
    return (*names, ""), team[held.technician.astype(np.int64)]


def _rated(
    held: Jobs, cards: Ratings, rows: Ints, owner: Ints, names: tuple[str, ...], least: int, scale: Scale
) -> tuple[Rated, ...]:
    size, items = len(names), len(cards.items)
    is_there = np.zeros(held.day.size, dtype=bool)
    is_there[rows] = True
    at = np.flatnonzero(is_there[cards.job])
    job, points = cards.job[at], points_of(cards, scale)[cards.grade[at]]
    counts = ~np.isnan(points)
    whose, item, points = owner[job[counts]], cards.item[at][counts].astype(np.int64), points[counts]
    total, n = _by_item(whose, item, size, items, points), _by_item(whose, item, size, items)
    done = np.bincount(owner[rows], minlength=size)
    asked, answered = (np.bincount(owner[distinct(j, held.day.size)], minlength=size) for j in (job, job[counts]))

    def mean(i: int, top: float, bottom: float) -> float | None:
        return float(top / bottom) if bottom and answered[i] >= max(least, 1) else None

    return tuple(
        Rated(
            name,
            int(done[i]),
            int(asked[i]),
            int(answered[i]),
            int(n[i].sum()),
            mean(i, total[i].sum(), n[i].sum()),
            tuple(mean(i, x, k) for x, k in zip(total[i], n[i], strict=True)),
        )
        for i, name in enumerate(names)
    )


def _by_item(whose: Ints, item: Ints, size: int, items: int, weights: Floats | None = None) -> Floats:
    """Answers (or their points) by whom and item."""
    found = np.bincount(whose * items + item, weights, size * items)
    return found.reshape(size, items).astype(np.float64)
