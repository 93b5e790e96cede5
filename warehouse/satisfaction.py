"""Customer satisfaction: the score of return visits, the survey's 85-of-100 rule, and how many customers were reached."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools, Ints
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.evaluate import no_value
from warehouse.metrics.flows import Grain
from warehouse.metrics.measure import Measure, Quotient, Value
from warehouse.metrics.wording import share
from warehouse.rating import Scale
from warehouse.reading import Reading, held, remembered
from warehouse.records import Selection
from warehouse.service_findings import Finding, as_value, named, share_of
from warehouse.settings import Settings
from warehouse.technician_jobs import day_of, jobs, ratings
from warehouse.technician_numbers import bucket_of, buckets
from warehouse.technicians import points_of

# A place or month of fewer answers is not judged.
FEWEST = 20
# Scores are sums of whole points times weights, so that 85 may come out a hair below.
_HAIR = 1e-9


@dataclass(frozen=True)
class Rules:
    """How a survey is scored: points of 100 per grade, weights of items (others weigh 1), satisfied from; the rating scale."""

    points: Scale
    weights: tuple[tuple[str, float], ...]
    satisfied_from: float
    scale: Scale

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """The rules of an installation."""
        return cls(
            tuple(settings.survey_points.items()),
            tuple(settings.survey_weights.items()),
            settings.satisfied_from,
            tuple(settings.rating_scale.items()),
        )


SCORE = Measure(
    "visit_score",
    Text(en="Visit score", zh="回访评分"),
    Text(
        en="Mean of all grades given at return visits about jobs completed in the period, each grade by the setting rating_scale.",
        zh="期内完成工单回访中全部评价的平均分，各等级分值见设置 rating_scale。",
    ),
    Text(en="scores of all answers", zh="全部评价的分值合计"),
    Text(en="answers", zh="评价数"),
    "score",
    Quotient("score", "answers"),
    "higher",
)
SATISFIED = Measure(
    "satisfied",
    Text(en="Satisfied customers", zh="客户满意率"),
    Text(
        en="Surveys that score as many of 100 points as the setting satisfied_from, or more, of the surveys answered. Points per grade: survey_points; weights of items: survey_weights.",
        zh="得分达到设置 satisfied_from 的调查占已作答调查的比例。各等级分值见 survey_points，项目权重见 survey_weights。",
    ),
    Text(en="satisfied", zh="满意"),
    Text(en="surveys answered", zh="已作答的调查"),
    "share",
    Quotient("satisfied", "scored"),
    "higher",
)
COVERAGE = Measure(
    "survey_coverage",
    Text(en="Coverage", zh="回访覆盖率"),
    Text(
        en="Jobs completed in the period about which a customer was asked, of all of them.",
        zh="期内完成的工单中进行了回访的比例。",
    ),
    Text(en="asked about", zh="已回访"),
    Text(en="jobs completed", zh="完成工单"),
    "share",
    Quotient("asked", "jobs"),
    "higher",
)
RETURN = Measure(
    "survey_return",
    Text(en="Return rate", zh="接通率"),
    Text(
        en="Of the jobs asked about, those whose customer was reached (or answered).",
        zh="已回访的工单中接通（或作答）客户的比例。",
    ),
    Text(en="reached", zh="接通"),
    Text(en="asked about", zh="已回访"),
    "share",
    Quotient("reached", "asked"),
    "higher",
)
REACHED = Measure(
    "survey_reached",
    Text(en="Coverage × return rate", zh="覆盖率 × 接通率"),
    Text(
        en="Of the jobs completed in the period, those whose customer was reached: coverage × return rate. Target: the setting survey_target.",
        zh="期内完成的工单中接通客户的比例，即覆盖率 × 接通率。目标见设置 survey_target。",
    ),
    Text(en="reached", zh="接通"),
    Text(en="jobs completed", zh="完成工单"),
    "share",
    Quotient("reached", "jobs"),
    "higher",
)


@dataclass(frozen=True, eq=False)
class _Held:
    """Per job that was asked about (as `Ratings.asked`): its survey score of 100 (NaN without), points and answers."""

    reached: Bools
    survey: NDArray[np.float32]
    points: NDArray[np.float32]
    answers: NDArray[np.int16]

    def satisfied(self, satisfied_from: float) -> Bools:
        return self.survey >= satisfied_from - _HAIR


@held
def _held(reading: Reading, rules: Rules) -> _Held:
    cards = ratings(reading)
    size = cards.asked.size
    answered = cards.grade >= 0
    job, item, grade = np.searchsorted(cards.asked, cards.job[answered]), cards.item[answered], cards.grade[answered]
    weighs = dict(rules.weights)
    weight = np.array([weighs.get(i, 1.0) for i in cards.items] or [1.0])[item]
    of_hundred, of_scale = points_of(cards, rules.points)[grade], points_of(cards, rules.scale)[grade]
    known, scored = ~np.isnan(of_hundred), ~np.isnan(of_scale)
    total = np.bincount(job[known], weight[known], size)
    with np.errstate(invalid="ignore"):
        survey = np.bincount(job[known], (weight * of_hundred)[known], size) / np.where(total > 0, total, np.nan)
    return _Held(
        # Who answered was reached, whatever else is said.
        reached=cards.reached | (np.bincount(job, minlength=size) > 0),
        survey=survey.astype(np.float32),
        points=np.bincount(job[scored], of_scale[scored], size).astype(np.float32),
        answers=np.bincount(job[scored], minlength=size).astype(np.int16),
    )


def _asked_of(reading: Reading, rows: Ints) -> Ints:
    """The numbers in `Ratings.asked` of those among some jobs that were asked about, ascending."""
    is_there = np.zeros(jobs(reading).day.size, dtype=bool)
    is_there[rows] = True
    return np.flatnonzero(is_there[ratings(reading).asked])


@dataclass(frozen=True)
class Surveyed:
    """Completed jobs, those asked about, reached and scored, the satisfied ones; sum of the visit scores and its answers."""

    jobs: int
    asked: int
    reached: int
    scored: int
    satisfied: int
    points: float
    answers: int

    def value(self, measure: Measure) -> Value:
        """One of the measures above."""
        k, n = {
            SATISFIED.name: (self.satisfied, self.scored),
            COVERAGE.name: (self.asked, self.jobs),
            RETURN.name: (self.reached, self.asked),
            REACHED.name: (self.reached, self.jobs),
        }[measure.name]
        return as_value(measure, share_of(k, n))

    @property
    def score(self) -> float | None:
        """The mean visit score."""
        return self.points / self.answers if self.answers else None


def _sums(reading: Reading, rules: Rules, rows: Ints, place: Ints, size: int) -> tuple[Surveyed, ...]:
    """What was surveyed in each of `size` groups; `place` says to which each row belongs, in ascending order of rows."""
    found, at = _held(reading, rules), _asked_of(reading, rows)
    group = place[np.searchsorted(rows, ratings(reading).asked[at])]
    scored = ~np.isnan(found.survey[at])
    flags = (found.reached[at], scored, found.satisfied(rules.satisfied_from)[at] & scored)
    whole, asked = np.bincount(place, minlength=size), np.bincount(group, minlength=size)
    reached, scored_n, satisfied = (np.bincount(group[f], minlength=size) for f in flags)
    points, answers = (np.bincount(group, column[at], size) for column in (found.points, found.answers))
    return tuple(
        Surveyed(
            int(whole[i]),
            int(asked[i]),
            int(reached[i]),
            int(scored_n[i]),
            int(satisfied[i]),
            float(points[i]),
            int(answers[i]),
        )
        for i in range(size)
    )


@remembered
def surveyed(reading: Reading, filters: Filters, rules: Rules) -> Surveyed:
    """What was surveyed of the jobs completed in the period."""
    rows = jobs(reading).rows(filters)
    return _sums(reading, rules, rows, np.zeros(rows.size, dtype=np.int64), 1)[0]


@remembered
def over_time(
    reading: Reading, filters: Filters, rules: Rules, grain: Grain
) -> tuple[tuple[dt.date, ...], tuple[Surveyed, ...]]:
    """The same per day, week or month of completion."""
    held = jobs(reading)
    starts = buckets(held, filters, grain, reading.as_of_on)
    rows = held.rows(filters)
    if not starts or not rows.size:
        return (), ()
    return tuple(starts), _sums(reading, rules, rows, bucket_of(starts, held.day[rows]), len(starts))


@remembered
def by_region(reading: Reading, filters: Filters, rules: Rules) -> tuple[tuple[str, Surveyed], ...]:
    """The same by region, the least satisfied first."""
    held = jobs(reading)
    rows = held.rows(filters)
    names = (*held.values["region"], "")
    code = held.codes["region"][rows]
    found = _sums(reading, rules, rows, np.where(code < 0, len(names) - 1, code), len(names))
    known = [(name, s) for name, s in zip(names, found, strict=True) if s.scored]
    return tuple(sorted(known, key=lambda one: (one[1].satisfied / one[1].scored, one[0])))


@remembered
def scores(reading: Reading, filters: Filters, rules: Rules, width: int = 5) -> tuple[int, ...]:
    """How many surveys score from 0 to 5, 5 to 10 … and 95 to 100, the upper end left out but in the last."""
    found = _held(reading, rules).survey[_asked_of(reading, jobs(reading).rows(filters))]
    found = found[~np.isnan(found)]
    place = np.clip(((found + _HAIR) // width).astype(np.int64), 0, 100 // width - 1)
    return tuple(int(n) for n in np.bincount(place, minlength=100 // width))


@dataclass(frozen=True)
class Dissatisfied:
    """One job whose survey stayed below the mark."""

    ticket_id: str
    completed_on: dt.date
    score: float
    region: str
    technician_id: str
    remark: str


@remembered
def dissatisfied(reading: Reading, filters: Filters, rules: Rules, most: int) -> tuple[Dissatisfied, ...]:
    """The latest jobs of the period whose customers were not satisfied."""
    held, cards, found = jobs(reading), ratings(reading), _held(reading, rules)
    at = _asked_of(reading, held.rows(filters))
    low = at[found.survey[at] < rules.satisfied_from - _HAIR][::-1][:most]
    said = _said_of(reading, cards.mart_row[low])
    return tuple(
        Dissatisfied(
            said[int(cards.mart_row[k])][0],
            day_of(int(held.day[i])),
            float(found.survey[k]),
            held.values["region"][held.codes["region"][i]] if held.codes["region"][i] >= 0 else "",
            held.people[held.technician[i]] if held.technician[i] >= 0 else "",
            said[int(cards.mart_row[k])][1],
        )
        for k, i in zip(low, cards.asked[low], strict=True)
    )


def _said_of(reading: Reading, rows: NDArray[np.int32]) -> dict[int, tuple[str, str]]:
    """Number and remark of the tickets in some rows of marts.job."""
    sql = """
        SELECT j.rowid, j.ticket_id, coalesce(any_value(s.remark), '')
        FROM marts.job AS j JOIN core.survey AS s ON s.ticket_id = j.ticket_id
        WHERE j.rowid IN (SELECT unnest(CAST(? AS BIGINT[]))) GROUP BY ALL
    """
    return {row: (ticket, remark) for row, ticket, remark in reading.rows(sql, [rows.tolist()])}


def score_value(found: Surveyed) -> Value:
    """The visit score as the value of a measure."""
    if found.score is None:
        return no_value(SCORE)
    return Value(SCORE.name, found.score, found.answers, found.points, float(found.answers))


_SHORT = Text(
    en="Customers of {reached} of {jobs} jobs were reached: {share}, where {target} is the target (coverage {coverage} × return rate {returned}).",
    zh="{jobs} 张完成的工单中接通 {reached} 单客户：{share}，目标 {target}（覆盖率 {coverage} × 接通率 {returned}）。",
)
_REGION = Text(
    en="{region} is satisfied least: {share} of {n} surveys (95 %: {low} – {high}), all together {all}.",
    zh="{region} 满意率最低：{n} 份调查中 {share}（95%：{low} – {high}），总体为 {all}。",
)
_MOVED = Text(
    en="{now} of customers are satisfied, against {before} from {start} to {end}: {which} than chance explains.",
    zh="客户满意率为 {now}，{start} 至 {end} 为 {before}：{which}，超出偶然波动。",
)
_BETTER, _WORSE = Text(en="more", zh="上升"), Text(en="fewer", zh="下降")


def findings(
    reading: Reading, filters: Filters, before: Filters | None, rules: Rules, target: float
) -> tuple[Finding, ...]:
    """How the satisfied share moved, the region with the least, and whether enough customers were reached."""
    found = surveyed(reading, filters, rules)
    if not found.jobs:
        return ()
    done = Selection("resolved_on")
    sentences = []
    whole = share_of(found.satisfied, found.scored)
    worst = next(
        (
            (region, s)
            for region, s in by_region(reading, filters, rules)
            if s.scored >= FEWEST and whole.value is not None and share_of(s.satisfied, s.scored).is_below(whole.value)
        ),
        None,
    )
    if worst:
        region, mine = worst[0], share_of(worst[1].satisfied, worst[1].scored)
        words = _REGION.format(
            region=named(reading, "region", region),
            share=share(mine.value or 0.0),
            n=f"{mine.n:,}",
            low=share(mine.low or 0.0),
            high=share(mine.high or 0.0),
            all=share(whole.value or 0.0),
        )
        at = Filters(**{**filters.__dict__, "region": (region,)})
        sentences.append(Finding(words, mine.n, False, at, done))
    past = surveyed(reading, before, rules) if before else None
    was = share_of(past.satisfied, past.scored) if past else None
    if before and was and was.value is not None and whole.value is not None:
        is_better = whole.is_above(was.high or 1.0)
        if is_better or whole.is_below(was.low or 0.0):
            which = _BETTER if is_better else _WORSE
            words = _MOVED.format(
                now=share(whole.value), before=share(was.value), start=before.start, end=before.end, which=which
            )
            sentences.append(Finding(words, whole.n, is_better, filters, done))
    reached = found.reached / found.jobs
    words = _SHORT.format(
        reached=f"{found.reached:,}",
        jobs=f"{found.jobs:,}",
        share=share(reached),
        target=share(target),
        coverage=share(found.asked / found.jobs),
        returned=share(found.reached / found.asked) if found.asked else "—",
    )
    sentences.append(Finding(words, found.jobs, reached >= target, filters, done))
    return tuple(sentences)
