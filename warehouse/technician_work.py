"""What the team or one person did: by service kind and day, how repeats went, what customers said, which work is hard."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from analysis.performance import observed_expected
from analysis.rates import proportion
from analysis.result import Floats, Ints
from warehouse.filters import Filters
from warehouse.metrics.flows import Grain
from warehouse.rating import SCALE, Scale
from warehouse.reading import Reading, remembered
from warehouse.reasons import why
from warehouse.technician_jobs import Jobs, day_number, day_of, jobs, ratings
from warehouse.technician_numbers import bucket_of, buckets, cards_of, rows_of
from warehouse.technician_standing import Ratio
from warehouse.technicians import LEAST_JOBS, distinct, points_of

# The days that the daily report can look at: the last one with work, the last seven, the last thirty-one of the period.
SPANS = {"day": 1, "week": 7, "month": 31}
# Service kinds A to D (DOMAIN §2) in their order; what else an organisation has comes after.
KINDS = ("paid", "contract", "warranty", "internal")
_MOST_COMPONENTS = 10
_LEAST_OWN = 5


@dataclass(frozen=True)
class Course:
    """How repeats went, month by month. For a person observed over expected of all months so far; for the team the share.

    observed, counted, expected: of the month itself; ratios: so far (person) or of the month (team).
    """

    months: tuple[dt.date, ...]
    counted: tuple[int, ...]
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    ratios: tuple[Ratio, ...]


@remembered
def course(reading: Reading, filters: Filters, person: str | None) -> Course | None:
    """How the repeats of the jobs completed in each month went; None where none is known."""
    held = jobs(reading)
    rows = held.rows(filters)
    rows = rows[held.was_watched[rows]]
    starts = buckets(held, filters, "month", reading.as_of_on)
    code = held.code_of(person)
    mine = np.ones(rows.size, dtype=bool) if person is None else held.technician[rows] == code
    if not starts or not mine.any():
        return None
    size = len(starts)
    place = bucket_of(starts, held.day[rows[mine]])
    seen, counted = np.bincount(place, held.came_back[rows[mine]], size), np.bincount(place, minlength=size)
    if person is None:
        found = proportion(seen, counted)
        ratios = [_ratio(found[i]) for i in range(size)]
        expected = np.zeros(size)
    else:
        expected, ratios = _so_far(held, rows, mine, place, size)
    return Course(
        tuple(starts),
        tuple(int(n) for n in counted),
        tuple(int(k) for k in seen),
        tuple(float(e) for e in expected),
        tuple(ratios),
    )


def _ratio(one: object) -> Ratio:
    value, low, high, n, reason = (getattr(one, name) for name in ("value", "low", "high", "n", "reason"))
    return Ratio(value, low, high, int(n), why(reason))


def _so_far(held: Jobs, rows: Ints, mine: Ints, place: Ints, size: int) -> tuple[Floats, list[Ratio]]:
    """Expected of each month and observed over expected of all months so far. Peers: all others, over the whole selection."""
    stratum = np.unique(held.stratum[rows], return_inverse=True)[1]
    strata = int(stratum.max()) + 1
    back = held.came_back[rows]
    cell = place * strata + stratum[mine]
    own = np.bincount(cell, minlength=size * strata).reshape(size, strata).cumsum(axis=0)
    own_back = np.bincount(cell, back[mine], size * strata).reshape(size, strata).cumsum(axis=0)
    others = rows[~mine]
    is_other = held.technician[others] >= 0
    peers = np.bincount(stratum[~mine][is_other], minlength=strata)
    peers_back = np.bincount(stratum[~mine][is_other], back[~mine][is_other], strata)
    # Sums per stratum and side, 0 the person and 1 the others.
    strata_twice, side = np.tile(np.arange(strata), 2), np.repeat([0, 1], strata)
    expected, ratios = [], []
    for month in range(size):
        found = observed_expected(
            np.concatenate([own_back[month], peers_back]),
            strata_twice,
            side,
            exposure=np.concatenate([own[month], peers]),
        )[0]
        expected.append(float(found.expected))
        ratios.append(_ratio(found))
    return np.diff(expected, prepend=0.0), ratios


@dataclass(frozen=True)
class Work:
    """Jobs and hours of labour: `jobs[k][i]` and `hours[k][i]` of the kind k in the bucket that starts with starts[i]."""

    starts: tuple[dt.date, ...]
    kinds: tuple[str, ...]
    jobs: tuple[tuple[int, ...], ...]
    hours: tuple[tuple[float, ...], ...]


@remembered
def work(reading: Reading, filters: Filters, person: str | None, grain: Grain) -> Work | None:
    """Jobs by service kind and time; None where nothing was done."""
    held = jobs(reading)
    rows = rows_of(held, filters, person)
    starts = buckets(held, filters, grain, reading.as_of_on)
    if not rows.size or not starts:
        return None
    kind = held.codes["service_kind"][rows]
    used = sorted(np.unique(kind), key=lambda k: KINDS.index(_kind(held, k)) if _kind(held, k) in KINDS else len(KINDS))
    place, size = bucket_of(starts, held.day[rows]), len(starts)
    labour = np.nan_to_num(held.labour[rows].astype(np.float64))
    return Work(
        tuple(starts),
        tuple(_kind(held, k) for k in used),
        tuple(tuple(int(n) for n in np.bincount(place[kind == k], minlength=size)) for k in used),
        tuple(tuple(float(h) for h in np.bincount(place[kind == k], labour[kind == k], size)) for k in used),
    )


def _kind(held: Jobs, code: int) -> str:
    return held.values["service_kind"][code] if code >= 0 else ""


@remembered
def span(reading: Reading, filters: Filters, person: str | None, window: str) -> Filters | None:
    """The last days of the selection with work in them: the last day on which anything was completed, and those before."""
    held = jobs(reading)
    rows = rows_of(held, filters, person)
    if not rows.size:
        return None
    last = day_of(int(held.day[rows[-1]]))
    first = last - dt.timedelta(days=SPANS[window] - 1)
    return replace(filters, start=max(first, filters.start) if filters.start else first, end=last)


@dataclass(frozen=True)
class Line:
    """One line of the daily report: what one person completed on one day of one kind."""

    day: dt.date
    technician_id: str
    kind: str
    jobs: int
    hours: float


@remembered
def daily(reading: Reading, filters: Filters, person: str | None) -> tuple[Line, ...]:
    """The daily report of the selection: jobs by kind and hours used, latest day first."""
    held = jobs(reading)
    rows = rows_of(held, filters, person)
    columns = (held.day[rows], held.technician[rows], held.codes["service_kind"][rows])
    labour = np.nan_to_num(held.labour[rows].astype(np.float64))
    cells, place, n = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True, return_counts=True)
    hours = np.bincount(place.ravel(), labour, len(cells))
    lines = [
        Line(day_of(int(day)), held.people[who] if who >= 0 else "", _kind(held, kind), int(n[i]), float(hours[i]))
        for i, (day, who, kind) in enumerate(cells)
    ]
    return tuple(sorted(lines, key=lambda x: (-day_number(x.day), x.technician_id, x.kind)))


@dataclass(frozen=True)
class Kind:
    """One service kind: jobs, how many have labour on record, hours, and the mean of everybody for comparison."""

    kind: str
    jobs: int
    recorded: int
    hours: float
    everybody: float | None


@remembered
def kinds(reading: Reading, filters: Filters, person: str | None) -> tuple[Kind, ...]:
    """Jobs and hours by service kind, most jobs first."""
    held = jobs(reading)
    everyone = held.rows(filters)
    rows = rows_of(held, filters, person)
    found = []
    for code in np.unique(held.codes["service_kind"][rows]):
        labour = held.labour[rows[held.codes["service_kind"][rows] == code]].astype(np.float64)
        every = held.labour[everyone[held.codes["service_kind"][everyone] == code]].astype(np.float64)
        is_known, every_known = ~np.isnan(labour), ~np.isnan(every)
        found.append(
            Kind(
                _kind(held, int(code)),
                int(labour.size),
                int(is_known.sum()),
                float(labour[is_known].sum()),
                float(every[every_known].mean()) if every_known.any() else None,
            )
        )
    return tuple(sorted(found, key=lambda k: -k.jobs))


@dataclass(frozen=True)
class Item:
    """One item of the return visit: answers by grade, the best first, and the mean score beside everybody's."""

    item: str
    grades: tuple[int, ...]
    score: float
    everybody: float


@dataclass(frozen=True)
class Answers:
    """What customers said: `grades` name the columns of each item, best first."""

    grades: tuple[str, ...]
    items: tuple[Item, ...]
    n: int


@remembered
def answers(reading: Reading, filters: Filters, person: str | None, scale: Scale = SCALE) -> Answers | None:
    """Grades by item; None where nobody answered."""
    held, cards = jobs(reading), ratings(reading)
    points = points_of(cards, scale)
    order = [g for g, _ in scale if g in cards.grades]
    codes = np.array([cards.grades.index(g) for g in order], dtype=np.int64)
    everyone, mine = (cards_of(held, cards, rows_of(held, filters, who)) for who in (None, person))
    found = []
    for code, item in enumerate(cards.items):
        here, there = (at[(cards.item[at] == code) & (cards.grade[at] >= 0)] for at in (mine, everyone))
        score = points[cards.grade[here]]
        if not here.size or np.isnan(score).all():
            continue
        n = np.bincount(cards.grade[here], minlength=len(cards.grades))[codes]
        whole = float(np.nanmean(points[cards.grade[there]]))
        found.append(Item(item, tuple(int(x) for x in n), float(np.nanmean(score)), whole))
    if not found:
        return None
    answered = distinct(cards.job[mine[cards.grade[mine] >= 0]], held.day.size).size
    return Answers(tuple(order), tuple(sorted(found, key=lambda i: i.score)), int(answered))


@dataclass(frozen=True)
class Component:
    """One component: how often its repairs came back, and how often those of colleagues did (None for the team)."""

    component: str
    ratio: Ratio
    observed: int
    colleagues: float | None


@remembered
def components(
    reading: Reading, filters: Filters, person: str | None, least: int = LEAST_JOBS
) -> tuple[Component, ...]:
    """The hardest components: those that come back most after everybody's work, of those with enough jobs."""
    held = jobs(reading)
    everyone = held.rows(filters)
    everyone = everyone[held.was_watched[everyone]]
    code = held.code_of(person)
    is_mine = np.ones(everyone.size, dtype=bool) if person is None else held.technician[everyone] == code
    size = len(held.components) + 1
    back, what = held.came_back[everyone], held.component[everyone] + 1
    n, k = np.bincount(what[is_mine], minlength=size), np.bincount(what[is_mine], back[is_mine], size)
    all_n, all_k = np.bincount(what, minlength=size), np.bincount(what, back, size)
    enough = least if person is None else _LEAST_OWN
    shares = proportion(k, n)
    hard = [i for i in range(size) if n[i] >= enough]
    hard.sort(key=lambda i: -all_k[i] / all_n[i])
    return tuple(
        Component(
            held.components[i - 1] if i else "",
            _ratio(shares[i]),
            int(k[i]),
            None if person is None or all_n[i] == n[i] else float((all_k[i] - k[i]) / (all_n[i] - n[i])),
        )
        for i in hard[:_MOST_COMPONENTS]
    )
