"""Parts that wear out by the meter: when each falls due on each unit, and whom to call before; with the maintenance that is due."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.rates import proportion
from analysis.result import Bools, Estimate, Floats, Ints, Reason
from warehouse.failure_months import of_units
from warehouse.filters import Filters
from warehouse.part_lives import Lives, PartFits, fits, lives
from warehouse.part_meters import Fleet, Model, fleet, sample
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.suspects import part_names

# Lives scatter by at most half their mean: a Weibull shape of 2 or more, proven to be wear.
REGULAR = 2.0
# The middle share of lives that an interval holds.
HELD = 0.8
# How far ahead is looked, and what counts as soon.
AHEAD_DAYS, SOON_DAYS, WEEK_DAYS = 92, 30, 7
# A prediction this close is called right.
CLOSE_DAYS = 30
_LEAST_CHECKED = 10
_YEAR = 365
_EPOCH = dt.date(1970, 1, 1)
_SAYS = "category ILIKE '%consumable%' OR category LIKE '%耗材%' OR category LIKE '%易损%'"

Window = Literal["", "overdue", "week", "month"]
WINDOWS: tuple[Window, ...] = ("", "overdue", "week", "month")


@dataclass(frozen=True)
class Interval:
    """What was learned of one part, on one model or on all (None): after how much use it is replaced.

    replaced, running: lives that ended in a replacement, and those that go on. median, shape: with 95 % bounds; None with
    the reason. days: the median at the use that is usual. is_watched: it is replaced by the meter, so it is on the list.
    """

    part_no: str
    name: str
    model: Model | None
    use: str
    replaced: int
    running: int
    median: tuple[float, float, float] | None
    shape: tuple[float, float, float] | None
    days: float | None
    is_watched: bool
    reason: Reason


@dataclass(frozen=True, eq=False)
class _Learned:
    fleet: Fleet
    fits: PartFits
    use: dict[int, str]
    watched: Ints
    days: Floats


def _learn(reading: Reading, known: Fleet) -> tuple[_Learned, Lives]:
    """What the records of a fleet teach: distributions, and which parts are replaced by the meter."""
    found = lives(known, with_days=False)
    made = fits(found)
    usual = np.array([_median(found.fleet.rate[found.unit[found.part == p]]) for p in made.part])
    learned = _Learned(known, made, found.use, _watched(reading, known, made), usual)
    return learned, found


def _watched(reading: Reading, known: Fleet, made: PartFits) -> Ints:
    """The parts that the catalogue calls consumables; where it calls none so, those replaced regularly by the meter."""
    if not made.part.size:
        return made.part
    pooled = (made.model < 0) & (made.reason == "")
    said = {no for (no,) in reading.rows(f"SELECT part_no FROM core.part WHERE {_SAYS}")}
    if said:
        wanted = np.isin(made.part, [i for i, no in enumerate(known.parts) if no in said])
    else:
        with np.errstate(invalid="ignore"):
            wanted = (made.shape.value >= REGULAR) & (made.shape.low > 1)
    return np.asarray(made.part[pooled & wanted])


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan


@remembered
def _today(reading: Reading) -> _Learned:
    return _learn(reading, sample(reading))[0]


@remembered
def intervals(reading: Reading) -> tuple[Interval, ...]:
    """Every part whose use is read from meters: those on the list first, most replacements first, all models before each."""
    learned = _today(reading)
    made, known = learned.fits, learned.fleet
    if not made.part.size:
        return ()
    names = part_names(reading, known.parts)
    total = dict(zip(made.part[made.model < 0], made.replaced[made.model < 0], strict=True))

    def place(i: int) -> tuple[bool, float, int, int]:
        return made.part[i] not in learned.watched, -total[made.part[i]], made.part[i], made.model[i]

    found = []
    for i in sorted(range(made.part.size), key=place):
        part_no, has = known.parts[made.part[i]], not made.reason[i]
        found.append(
            Interval(
                part_no=part_no,
                name=names[part_no],
                model=known.models[made.model[i]] if made.model[i] >= 0 else None,
                use=learned.use[int(made.part[i])],
                replaced=int(made.replaced[i]),
                running=int(made.running[i]),
                median=_bounded(made.median, i) if has else None,
                shape=_bounded(made.shape, i) if has else None,
                days=float(made.median.value[i] / learned.days[i]) if has and learned.days[i] > 0 else None,
                is_watched=bool(made.part[i] in learned.watched),
                reason=Reason(str(made.reason[i])),
            )
        )
    return tuple(found)


def _bounded(estimate: Estimate, i: int) -> tuple[float, float, float]:
    return float(estimate.value[i]), float(estimate.low[i]), float(estimate.high[i])


@dataclass(frozen=True, eq=False)
class Due:
    """What falls due: first what is overdue, the likeliest to be replaced soon before the others; then by day. A part of a unit by its meter, or (part −1) a planned maintenance.

    unit: the hash of its number. Days count from 1970; low, high: between them a part is replaced with 80 % certainty, given
    that it still runs; NaN for maintenance. began: since when it runs; is_first: since its unit was installed. used, life: use
    so far, and at which it falls due. chance: that it is replaced within the next 30 days.
    watched: the parts that can be on the list. unread: units that carry one, but of whose use the readings do not tell.
    """

    today: int
    unit: NDArray[np.uint64]
    part: Ints
    day: Ints
    low: Floats
    high: Floats
    began: Floats
    is_first: Bools
    used: Floats
    life: Floats
    chance: Floats
    replaced: Ints
    parts: tuple[str, ...]
    use: dict[int, str]
    watched: tuple[str, ...]
    unread: int

    def rows(self, chosen: Bools | Ints) -> Due:
        """Some of them."""
        columns = ("unit", "part", "day", "low", "high", "began", "is_first", "used", "life", "chance", "replaced")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def within(self, window: Window, notice: int) -> Due:
        """Those of a window: overdue, to be contacted within a week or a month from today (not overdue), or all of these."""
        late = self.day < self.today
        match window:
            case "overdue":
                return self.rows(late)
            case "week" | "month":
                ahead = WEEK_DAYS if window == "week" else SOON_DAYS
                return self.rows(~late & (self.day - notice <= self.today + ahead))
        return self.rows(self.day - notice <= self.today + SOON_DAYS)

    def of(self, what: str) -> Due:
        """Those of one part, of all parts ("parts") or of maintenance ("maintenance"); all for ''."""
        if what == "maintenance":
            return self.rows(self.part < 0)
        if what == "parts":
            return self.rows(self.part >= 0)
        return self.rows(self.part == self.parts.index(what)) if what in self.parts else self

    def __len__(self) -> int:
        return self.unit.size


@remembered
def _all_due(reading: Reading) -> Due:
    """Everything overdue and due within the next quarter."""
    learned = _today(reading)
    today = (reading.as_of_on - _EPOCH).days
    planned = reading.arrays(question("maintenance_due"), {"until": reading.as_of_on + dt.timedelta(days=AHEAD_DAYS)})
    n = planned["unit"].size
    nothing = np.full(n, np.nan)
    whole = Due(
        today=today,
        unit=planned["unit"],
        part=np.full(n, -1),
        day=planned["due"].astype(np.int64),
        low=nothing,
        high=nothing,
        began=nothing,
        is_first=np.zeros(n, dtype=bool),
        used=nothing,
        life=nothing,
        chance=nothing,
        replaced=np.zeros(n, dtype=np.int64),
        parts=learned.fleet.parts,
        use=learned.use,
        watched=tuple(learned.fleet.parts[p] for p in learned.watched),
        unread=0,
    )
    # One kind of meter at a time: the readings of all units together would fill the memory.
    for use in sorted({learned.use[int(p)] for p in learned.watched}):
        whole = _with_parts(whole, reading, learned, use)
    late = whole.day < today
    urgency = np.where(late, -np.nan_to_num(whole.chance), 0.0)
    return whole.rows(np.lexsort((whole.unit, whole.part, whole.day, urgency, ~late)))


def _with_parts(whole: Due, reading: Reading, learned: _Learned, use: str) -> Due:
    """With the parts whose use one kind of meter counts."""
    mine = [int(p) for p in learned.watched if learned.use[int(p)] == use]
    known = fleet(reading, parts=tuple(whole.parts[p] for p in mine))
    found = lives(known, with_days=False)
    found = found.rows(~found.is_replaced & np.isin(found.part, mine) & np.isfinite(known.rate[found.unit]))
    ahead = _predicted(learned, found)
    near = ahead.due < whole.today + AHEAD_DAYS + 1
    columns = {
        "unit": known.key[found.unit], "part": found.part, "day": np.floor(ahead.due).astype(np.int64), "low": ahead.low,
        "high": ahead.high, "began": found.began, "is_first": found.is_first, "used": found.used, "life": ahead.life,
        "chance": ahead.chance, "replaced": ahead.replaced,
    }  # fmt: skip
    carried = np.isin(known.model, known.model[known.unit]) & known.is_metered
    longer: dict[str, Any] = {name: np.append(getattr(whole, name), values[near]) for name, values in columns.items()}
    return replace(
        whole,
        **longer,
        unread=whole.unread + int((carried & ~np.isfinite(known.rate)).sum()),
    )


@dataclass(frozen=True, eq=False)
class _Ahead:
    """Of each part that runs: the use and the day at which it falls due, its interval and chance, and what that rests on."""

    life: Floats
    due: Floats
    low: Floats
    high: Floats
    chance: Floats
    replaced: Ints


def _predicted(learned: _Learned, running: Lives) -> _Ahead:
    made, until = learned.fits, running.fleet.until
    row = made.of(running.part, running.model)
    shape, scale, life = made.shape.value[row], made.scale[row], made.median.value[row]
    rate, so_far = running.fleet.rate[running.unit], (running.used / scale) ** shape

    def day(share: float) -> Floats:
        """When so many of those that came so far are replaced: S(t)/S(used) = 1 − share."""
        return np.asarray(until + (scale * (so_far - np.log1p(-share)) ** (1 / shape) - running.used) / rate)

    soon = ((running.used + SOON_DAYS * rate) / scale) ** shape
    return _Ahead(
        life=life,
        due=until + (life - running.used) / rate,
        low=day((1 - HELD) / 2),
        high=day((1 + HELD) / 2),
        chance=-np.expm1(so_far - soon),
        replaced=made.replaced[row],
    )


@remembered
def due(reading: Reading, filters: Filters) -> Due:
    """What falls due on the units that the filters of place let through; period, priority and service kind do not apply."""
    found = _all_due(reading)
    where, parameters = of_units(filters)
    if not parameters:
        return found
    units = reading.arrays(f"SELECT hash(asset_id) AS unit FROM marts.unit WHERE {where}", parameters)["unit"]
    return found.rows(np.isin(found.unit, units))


@dataclass(frozen=True)
class Contact:
    """One line of the list: whom to call about which unit, by when (None: at once) and why. part_no None: maintenance."""

    asset_id: str
    serial_no: str
    model: str
    region: str
    site: str
    customer_id: str
    customer: str
    part_no: str | None
    part: str
    use: str
    due: dt.date
    contact_by: dt.date | None
    low: dt.date | None
    high: dt.date | None
    since: dt.date | None
    is_first: bool
    used: float | None
    life: float | None
    chance: float | None
    replaced: int


def contacts(reading: Reading, found: Due, notice: int) -> tuple[Contact, ...]:
    """The lines in words and numbers, in their order; a line of a unit that is not on record is left out."""
    keys = sorted({int(k) for k in found.unit})
    units = {row["unit"]: row for row in reading.records(question("contact_units"), {"units": keys})} if keys else {}
    wanted = tuple(sorted({found.parts[p] for p in found.part if p >= 0}))
    names = part_names(reading, wanted) if wanted else {}
    made = []
    for i, key in enumerate(found.unit):
        unit, part = units[int(key)], int(found.part[i])
        part_no = found.parts[part] if part >= 0 else None
        day = _day(found.day[i])
        made.append(
            Contact(
                **{name: value for name, value in unit.items() if name != "unit"},
                part_no=part_no,
                part=names[part_no] if part_no else "",
                use=found.use.get(part, ""),
                due=day,
                contact_by=_day(found.day[i] - notice) if found.day[i] - notice > found.today else None,
                low=_day(found.low[i]) if part_no else None,
                high=_day(found.high[i]) if part_no else None,
                since=_day(found.began[i]) if part_no else None,
                is_first=bool(found.is_first[i]),
                used=float(found.used[i]) if part_no else None,
                life=float(found.life[i]) if part_no else None,
                chance=float(found.chance[i]) if part_no else None,
                replaced=int(found.replaced[i]),
            )
        )
    return tuple(made)


@remembered
def first_contacts(
    reading: Reading, filters: Filters, what: str, window: Window, notice: int, most: int
) -> tuple[Contact, ...]:
    """The first lines of a choice of the list."""
    found = due(reading, filters).of(what).within(window, notice)
    return contacts(reading, found.rows(np.arange(min(len(found), most))), notice)


# Days beyond what a date can hold are as far as anybody looks.
_LAST = (dt.date(2200, 1, 1) - _EPOCH).days


def _day(number: float) -> dt.date:
    return _EPOCH + dt.timedelta(days=int(np.clip(number, -_LAST, _LAST)))


def by_week(found: Due) -> tuple[tuple[dt.date, int, int], ...]:
    """Parts and maintenance that fall due in each of the coming weeks; the weeks by their first day, from today."""
    weeks = AHEAD_DAYS // 7
    index = (found.day - found.today) // 7
    counts = [
        np.bincount(index[(index >= 0) & (index < weeks) & kind], minlength=weeks)
        for kind in (found.part >= 0, found.part < 0)
    ]
    return tuple(
        (_day(found.today + 7 * week), int(parts), int(planned))
        for week, (parts, planned) in enumerate(zip(*counts, strict=True))
    )


@dataclass(frozen=True, eq=False)
class Check:
    """How the predictions would have done a year ago, knowing only what was known then.

    n: replacements of the last 12 months of parts that ran then; errors: days by which each came after (−: before) its
    predicted day. close: the share within 30 days, with bounds. ended: intervals that were over by now; held: how many of
    them the replacement fell into. share: of the units that were asked.
    """

    n: int
    errors: Floats
    close: tuple[float, float, float] | None
    typical: float | None
    ended: int
    held: int
    share: float
    reason: Reason


@remembered
def check(reading: Reading) -> Check:
    """Predictions made a year before the end of the records, against what was replaced since."""
    now = sample(reading)
    then = sample(reading, now.until - _YEAR)
    learned, running = _learn(reading, then)
    running = running.rows(
        ~running.is_replaced & np.isin(running.part, learned.watched) & np.isfinite(then.rate[running.unit])
    )
    ahead = _predicted(learned, running)
    came = _next_replaced(now, then.until, running)
    errors = (came - ahead.due)[np.isfinite(came)]
    over = ahead.high <= now.until
    with np.errstate(invalid="ignore"):
        held = int((over & (came >= ahead.low) & (came <= ahead.high)).sum())
    n = int(errors.size)
    if n < _LEAST_CHECKED:
        return Check(n, errors, None, None, int(over.sum()), held, now.share, Reason.TOO_FEW)
    close = proportion(int((np.abs(errors) <= CLOSE_DAYS).sum()), n)
    bounds = float(close.value), float(close.low), float(close.high)
    return Check(n, errors, bounds, float(np.median(np.abs(errors))), int(over.sum()), held, now.share, Reason.NONE)


def _next_replaced(now: Fleet, since: float, running: Lives) -> Floats:
    """When each part that ran was replaced after a time; NaN where it still runs.

    A part that came with its unit has no position on record: its first replacement in any position counts.
    """
    later = now.at >= since
    part, unit, place, at = now.part[later], now.unit[later], now.place[later], now.at[later]
    # Each replacement is found by its own position and by any (0).
    own, anywhere = _key(now, part, unit, place), _key(now, part, unit, np.zeros_like(place))
    keys, times = np.append(own, anywhere), np.append(at, at)
    order = np.lexsort((times, keys))
    keys, times = keys[order], times[order]
    wanted = _key(now, running.part, running.unit, running.place)
    if not keys.size:
        return np.full(wanted.size, np.nan)
    found = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.where(keys[found] == wanted, times[found], np.nan)


def _key(now: Fleet, part: Ints, unit: Ints, place: NDArray[np.uint64]) -> NDArray[np.uint64]:
    pair = (part * now.key.size + unit).astype(np.uint64)
    return np.asarray((pair * np.uint64(0x9E3779B97F4A7C15)) ^ place)
