"""Corrective actions: did the failures that each is about become rarer, and which actions are overdue.

An action is about a component, a failure mode, a product line, a model, as far as it, its report or the failure behind the
report says. Its failures are the relevant ones of that; its exposure the days in service of the units that could have them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from analysis.effectiveness import Verdict, verdict
from analysis.result import Floats, Ints, Reason
from bilingual.text import Text
from warehouse.failure_months import DAYS_PER_MONTH, month_index, month_start, named, of_units, watched_until
from warehouse.filters import Filters
from warehouse.metrics.evaluate import quotient, share_of
from warehouse.metrics.measure import Measure, Quotient, Value
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.settings import Settings

OVERDUE = Measure(
    name="overdue_actions",
    label=Text(en="Overdue actions", zh="逾期措施"),
    definition=Text(
        en="Actions of all kinds that are not implemented and past their due date, of those that are not implemented and have one. As of the end of the period; a due date that was moved counts as it stands.",
        zh="未实施且已过期限的措施，占有期限的未实施措施的比例（含各类措施）。截至期末；期限若有变更，按现行期限计。",
    ),
    numerator=Text(en="open actions past due", zh="已过期限的未完成措施"),
    denominator=Text(en="open actions with a due date", zh="有期限的未完成措施"),
    unit="share",
    how=Quotient("overdue", "open"),
    better="lower",
)
ON_TIME = Measure(
    name="actions_on_time",
    label=Text(en="Actions on time", zh="措施按期完成率"),
    definition=Text(
        en="Actions of all kinds implemented in the period by their original due date, of those implemented in it that had one. Moving the due date does not help.",
        zh="期内实施且不晚于原定期限的措施，占期内实施且有原定期限的措施的比例（含各类措施）。变更期限不影响判定。",
    ),
    numerator=Text(en="done by the original due date", zh="按原定期限完成"),
    denominator=Text(en="actions done in the period", zh="期内完成的措施"),
    unit="share",
    how=Quotient("in_time", "done"),
    better="higher",
)
CORRECTIVE = ("corrective", "")
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Rules:
    """How actions are judged: days compared on either side, days left out before the report, the ratio that is asked for.

    zone: that of the days of the records.
    """

    window: int
    trigger: int
    goal: float
    zone: str

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        return cls(settings.effect_window_days, settings.effect_trigger_days, settings.effect_goal, settings.time_zone)


@dataclass(frozen=True)
class Action:
    """One action, of any kind ('' where nobody says). What it is about is '' where it may be anything.

    said, said_on: the verdict that its owners recorded themselves ('' where none), and the day on which their window ended.
    """

    action_id: str
    source_key: str
    source: str
    kind: str
    description: str
    owner: str
    effectivity: str
    original_due_on: dt.date | None
    due_on: dt.date | None
    implemented_on: dt.date | None
    raised_on: dt.date | None
    component: str
    failure_mode: str
    product_line: str
    model: str
    said: str
    said_on: dt.date | None

    @property
    def is_about_something(self) -> bool:
        """Whether anybody says which failures it is about."""
        return bool(self.component or self.failure_mode)

    def is_open(self, day: dt.date) -> bool:
        """Whether it was not implemented by the end of a day, and known by then."""
        begun = self.raised_on is None or self.raised_on <= day
        return begun and (self.implemented_on is None or self.implemented_on > day)


@remembered
def actions(reading: Reading, zone: str) -> tuple[Action, ...]:
    """All actions on record, those implemented last first; their instants as days of a time zone."""

    def day(instant: dt.datetime | None) -> dt.date | None:
        return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).date() if instant else None

    found = []
    for row in reading.records(question("actions")):
        implemented, raised = day(row.pop("implemented_at")), day(row.pop("raised_at"))
        found.append(Action(**row, implemented_on=implemented, raised_on=raised))
    return tuple(found)


@dataclass(frozen=True)
class Side:
    """One side of an action: the days [first, last), the failures that count in them and the unit-days in service."""

    first: dt.date
    last: dt.date
    failures: int
    exposure: float

    @property
    def per_month(self) -> float | None:
        """Failures per unit-month; None without exposure."""
        return self.failures / self.exposure * DAYS_PER_MONTH if self.exposure > 0 else None


@dataclass(frozen=True)
class Effect:
    """What became of the failures of one action. ratio: of the rates after ÷ before, with its exact 95 % interval.

    trigger: what is left out of the days before, because it set the action off; None where nobody says when that was.
    missing_days: about how many days more it takes until there is a verdict, None where that is not known.
    """

    action: Action
    before: Side
    after: Side
    trigger: Side | None
    verdict: Verdict
    ratio: float | None
    low: float | None
    high: float | None
    missing_days: int | None
    reason: Reason


@dataclass(frozen=True)
class Effects:
    """All judged actions, those that did not work first, then the undecided; among them the last implemented first.

    unclear: implemented ones of which nobody says what they are about, or of whose subject no unit is in the selection;
    waiting: corrective actions not implemented by the end of the period.
    """

    judged: tuple[Effect, ...] = ()
    unclear: int = 0
    waiting: int = 0
    per_unit: bool = True

    def of(self, verdict: Verdict) -> int:
        """How many have a verdict."""
        return sum(effect.verdict == verdict for effect in self.judged)


@dataclass(frozen=True, eq=False)
class Followed:
    """Per subject: the days (since 1970) of its failures with how many there were, and those from which its units count."""

    failures: tuple[tuple[Ints, Ints], ...]
    units: tuple[tuple[Ints, Ints], ...]
    first: int
    until: int

    def side(self, i: int, first: int, last: int) -> Side:
        """The days [first, last) of a subject, as far as the records reach."""
        first, last = max(first, self.first), min(last, self.until)
        last = max(first, last)
        failed_on, n = self.failures[i]
        within = int(n[(failed_on >= first) & (failed_on < last)].sum())
        return Side(_date(first), _date(last), within, float(self.exposure(i, np.array([first]), np.array([last]))[0]))

    def exposure(self, i: int, first: Ints, last: Ints) -> Floats:
        """Unit-days in service of spans [first, last)."""
        since, n = self.units[i]
        days = np.maximum(last[:, None] - np.maximum(first[:, None], since), 0)
        exposed: Floats = (days * n).sum(axis=1).astype(np.float64)
        return exposed


def _date(day: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=day)


def _number(day: dt.date) -> int:
    return (day - _EPOCH).days


@remembered
def _corrective(reading: Reading, zone: str) -> tuple[Action, ...]:
    """Implemented corrective actions of which somebody says what they are about."""
    return tuple(
        a for a in actions(reading, zone) if a.kind in CORRECTIVE and a.implemented_on and a.is_about_something
    )


@remembered
def _units_known(reading: Reading) -> bool:
    return bool(reading.rows("SELECT EXISTS (SELECT 1 FROM marts.unit WHERE watched_from IS NOT NULL)")[0][0])


@remembered
def _followed(reading: Reading, filters: Filters, zone: str) -> Followed | None:
    """The failures and the units of all corrective actions up to the period's end; None where there is nothing to follow."""
    return follow(reading, filters, _corrective(reading, zone))


class Subject(Protocol):
    """What failures are about; '' where it may be anything."""

    @property
    def component(self) -> str: ...

    @property
    def failure_mode(self) -> str: ...

    @property
    def product_line(self) -> str: ...

    @property
    def model(self) -> str: ...


def follow(reading: Reading, filters: Filters, about: Sequence[Subject]) -> Followed | None:
    """The failures and the units of some subjects up to the period's end; None where there is nothing to follow."""
    (begin,) = reading.rows("SELECT min(opened_on) FROM marts.ticket")[0]
    if not about or begin is None:
        return None
    first, until = _number(begin), _number(watched_until(reading, filters)) + 1
    subjects = {
        name: [getattr(a, name) for a in about] for name in ("component", "failure_mode", "product_line", "model")
    }
    where, values = replace(filters, start=None).where("failed_on")
    failures = _by_subject(reading, "action_failures", where, values, subjects)
    if _units_known(reading):
        placed, values = of_units(filters)
        units = _by_subject(reading, "action_units", f" WHERE {placed}", values, subjects)
    else:
        units = ((np.array([first]), np.array([1])),) * len(about)
    return Followed(failures, units, first, until)


def _by_subject(
    reading: Reading, name: str, where: str, values: list[object], subjects: dict[str, list[str]]
) -> tuple[tuple[Ints, Ints], ...]:
    """Days and numbers of each subject."""
    where, of = named(where, values)
    rows = reading.arrays(question(name).format(where=where), {**subjects, **of})
    subject, day, n = (rows[column].astype(np.int64) for column in ("subject", "day", "n"))
    return tuple((day[subject == i], n[subject == i]) for i in range(len(subjects["component"])))


@remembered
def effects(reading: Reading, filters: Filters, rules: Rules) -> Effects:
    """Every corrective action implemented by the end of the period: the failure rate after it against the one before.

    The start of the period does not apply; its end does as if nothing had been recorded since.
    """
    data, about = _followed(reading, filters, rules.zone), _corrective(reading, rules.zone)
    day = watched_until(reading, filters)
    all_corrective = [a for a in actions(reading, rules.zone) if a.kind in CORRECTIVE]
    waiting = sum(a.is_open(day) for a in all_corrective)
    implemented = sum(a.implemented_on is not None and a.implemented_on <= day for a in all_corrective)
    if data is None:
        return Effects(unclear=implemented, waiting=waiting)
    sides = []
    for i, action in enumerate(about):
        if action.implemented_on is None or action.implemented_on > day:
            continue
        before, after, trigger = _sides(data, i, action, rules)
        if before.exposure or after.exposure:
            sides.append((i, action, before, after, trigger))
    if not sides:
        return Effects(unclear=implemented, waiting=waiting)
    found = verdict(
        [s[2].failures for s in sides],
        [s[2].exposure for s in sides],
        [s[3].failures for s in sides],
        [s[3].exposure for s in sides],
        goal=rules.goal,
    )
    judged = []
    for place, (i, action, before, after, trigger) in enumerate(sides):
        one = found[place]
        in_service = float(data.units[i][1].sum())
        left = one.exposure_missing / in_service if one.exposure_missing and in_service else None
        judged.append(
            Effect(
                action, before, after, trigger, one.verdict, one.ratio.value, one.ratio.low, one.ratio.high,
                None if left is None else int(np.ceil(left)), Reason(str(one.reason)),
            )
        )  # fmt: skip
    order = [Verdict.NOT_EFFECTIVE, Verdict.TOO_EARLY, Verdict.EFFECTIVE]
    judged.sort(key=lambda e: order.index(e.verdict))
    return Effects(tuple(judged), implemented - len(judged), waiting, _units_known(reading))


def _sides(data: Followed, i: int, action: Action, rules: Rules) -> tuple[Side, Side, Side | None]:
    """Before and after an action, and what set it off."""
    done = action.implemented_on or _EPOCH
    before, trigger = side_before(data, i, done, action.raised_on, rules)
    return before, data.side(i, _number(done), _number(done) + rules.window), trigger


def side_before(
    data: Followed, i: int, done_on: dt.date, raised_on: dt.date | None, rules: Rules
) -> tuple[Side, Side | None]:
    """The days before an action without what set it off, and that (None where nobody says when it was)."""
    done = _number(done_on)
    before = data.side(i, done - rules.window, done)
    if raised_on is None or not rules.trigger:
        return before, None
    raised = min(_number(raised_on), done)
    first = max(raised - rules.trigger, _number(before.first))
    trigger = data.side(i, first, max(first, raised))
    less = replace(before, failures=before.failures - trigger.failures, exposure=before.exposure - trigger.exposure)
    return less, trigger


def side_of(data: Followed, i: int, first: dt.date, last: dt.date) -> Side:
    """The days [first, last) of a subject, as far as the records reach."""
    return data.side(i, _number(first), _number(last))


@dataclass(frozen=True)
class Course:
    """The failures of one action month by month: how many, over how many unit-months, and the rate (None unexposed)."""

    effect: Effect
    months: tuple[dt.date, ...]
    count: tuple[int, ...]
    exposure: tuple[float, ...]
    rate: tuple[float | None, ...]


@remembered
def course(reading: Reading, filters: Filters, rules: Rules, action_id: str) -> Course | None:
    """The months of one judged action over all records up to the period's end; None for one that is not judged."""
    effect = next((e for e in effects(reading, filters, rules).judged if e.action.action_id == action_id), None)
    data = _followed(reading, filters, rules.zone)
    if effect is None or data is None:
        return None
    i = _corrective(reading, rules.zone).index(effect.action)
    first, last = month_index(_date(data.first)), month_index(_date(data.until - 1))
    months = tuple(month_start(m) for m in range(first, last + 1))
    edges = np.array([_number(m) for m in months] + [_number(month_start(last + 1))])
    edges = np.clip(edges, data.first, data.until)
    failed_on, n = data.failures[i]
    count = np.histogram(failed_on, bins=edges, weights=n)[0] if failed_on.size else np.zeros(len(months))
    exposure = data.exposure(i, edges[:-1], edges[1:]) / DAYS_PER_MONTH
    rate = tuple(float(c / e) if e > 0 else None for c, e in zip(count, exposure, strict=True))
    return Course(effect, months, tuple(int(c) for c in count), tuple(float(e) for e in exposure), rate)


@dataclass(frozen=True)
class Due:
    """Open actions past their due date, the longest first, with their days; and both measures."""

    overdue: Value
    on_time: Value
    late: tuple[tuple[Action, int], ...]
    open: int


@remembered
def due(reading: Reading, filters: Filters, zone: str) -> Due:
    """The actions of all kinds of the chosen product lines: what is past due at the end of the period, what was in time in it."""
    day = watched_until(reading, filters)
    chosen = [a for a in actions(reading, zone) if not filters.product_line or a.product_line in filters.product_line]
    is_open = [a for a in chosen if a.is_open(day)]
    planned = [(a, a.due_on) for a in is_open if a.due_on]
    late = sorted(((a, (day - due_on).days) for a, due_on in planned if due_on < day), key=lambda x: -x[1])
    done = [
        a.implemented_on <= (a.original_due_on or a.due_on or a.implemented_on)
        for a in chosen
        if a.implemented_on
        and (a.original_due_on or a.due_on)
        and a.implemented_on <= day
        and (filters.start is None or a.implemented_on >= filters.start)
    ]
    # All open actions are known: that share has no interval. Those done in a period are a sample of how one does.
    overdue, on_time = quotient(OVERDUE, len(late), len(planned)), share_of(ON_TIME, sum(done), len(done))
    return Due(overdue, on_time, tuple(late), len(is_open))
