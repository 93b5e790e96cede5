"""Whether calls are answered as promised: by zone and region, by hour of the call, and by which calendar."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.rates import proportion
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.evaluate import evaluate, evaluate_by, first_day
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import share
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.records import Selection
from warehouse.service_findings import Finding, Share, named, share_of

MEASURE = "response_within_target"
WEEKDAYS, HOURS = range(1, 8), range(24)
# A cell or place of fewer calls is not judged.
FEWEST = 20


@dataclass(frozen=True)
class Week:
    """The calendar of a zone: the usual hours of each weekday from Monday ('' is off), named days off and made up."""

    hours: tuple[str, ...]
    off: int
    made_up: int


@dataclass(frozen=True)
class Zone:
    """A service zone: calls that fell due and were answered in time, mean response in working hours, its calendar."""

    zone: str
    target_hours: float | None
    kept: Share
    response: Value
    week: Week | None


@remembered
def weeks(reading: Reading, filters: Filters) -> dict[str, Week]:
    """The working calendar of each zone over the period."""
    start = filters.start or first_day(reading) or reading.as_of_on
    end = min(filters.end or reading.as_of_on, reading.as_of_on)
    found: dict[str, dict[int, tuple[str, int, int]]] = {}
    for zone, weekday, *said in reading.rows(question("working_week"), [start, end]):
        found.setdefault(zone, {})[weekday] = (said[0], said[1], said[2])
    nothing = ("", 0, 0)
    return {
        zone: Week(
            tuple(days.get(d, nothing)[0] for d in WEEKDAYS),
            sum(d[1] for d in days.values()),
            sum(d[2] for d in days.values()),
        )
        for zone, days in found.items()
    }


@remembered
def zones(reading: Reading, filters: Filters, targets: tuple[tuple[str, float], ...]) -> tuple[Zone, ...]:
    """Every zone with a promise or with calls; `targets` are the hours that each promises."""
    found = evaluate_by(reading, (MEASURE, "response_time"), filters, "zone")
    promised, calendar = dict(targets), weeks(reading, filters)
    names = [*promised, *(z for z in found[MEASURE] if z not in promised)]
    return tuple(
        Zone(z, promised.get(z), _kept(found[MEASURE].get(z)), found["response_time"][z], calendar.get(z))
        for z in names
        if z in found["response_time"]
    )


def _kept(value: Value | None) -> Share:
    return share_of(value.numerator or 0, value.denominator or 0) if value else share_of(0, 0)


@remembered
def regions(reading: Reading, filters: Filters) -> tuple[tuple[str, Share], ...]:
    """The share of calls answered in time by region, least first; regions without one are left out."""
    found = evaluate_by(reading, (MEASURE,), filters, "region")[MEASURE]
    kept = [(region, _kept(value)) for region, value in found.items() if value.value is not None]
    return tuple(sorted(kept, key=lambda one: (one[1].value or 0.0, one[0])))


@dataclass(frozen=True)
class Hours:
    """Calls that fell due and those missed: `due[d][h]` of the weekday d (0 is Monday) and hour h of the call.

    worst: weekday, hour and share of the cell with most misses beyond what all calls and chance explain, all cells looked
    at together; None where none stands out.
    """

    due: tuple[tuple[int, ...], ...]
    missed: tuple[tuple[int, ...], ...]
    worst: tuple[int, int, Share] | None

    @property
    def n(self) -> int:
        return sum(map(sum, self.due))


@remembered
def hours(reading: Reading, filters: Filters, time_zone: str) -> Hours:
    """When the calls came whose answer fell due in the period, and how many were answered late."""
    where, parameters = filters.where("response_due_on")
    rows = reading.rows(question("misses_by_hour").format(where=where), [time_zone, *parameters])
    due, missed = ([[0] * 24 for _ in WEEKDAYS] for _ in range(2))
    for weekday, hour, n, k in rows:
        due[weekday - 1][hour], missed[weekday - 1][hour] = n, k
    n, k = sum(map(sum, due)), sum(map(sum, missed))
    cells = [(d, h) for d in range(7) for h in HOURS if due[d][h] >= FEWEST]
    worst = None
    if cells:
        bounds = proportion(
            [missed[d][h] for d, h in cells], [due[d][h] for d, h in cells], confidence=1 - 0.05 / len(cells)
        )
        beyond = [(low, cell) for low, cell in zip(bounds.low, cells, strict=True) if low > k / n]
        if beyond:
            _, (d, h) = max(beyond)
            worst = (d, h, share_of(missed[d][h], due[d][h]))
    return Hours(tuple(map(tuple, due)), tuple(map(tuple, missed)), worst)


_MOVED = Text(
    en="{now} of calls were answered within the target, against {before} from {start} to {end}: {which} than chance explains.",
    zh="{now} 的报修按时到达，{start} 至 {end} 为 {before}：{which}，超出偶然波动。",
)
_BETTER, _WORSE = Text(en="better", zh="上升"), Text(en="worse", zh="下降")
_REGION = Text(
    en="{region} answers {share} of its calls within the target (95 %: {low} – {high}), all together {all}.",
    zh="{region} 的响应达标率为 {share}（95%：{low} – {high}），总体为 {all}。",
)
_HOUR = Text(
    en="Calls of {day} {hour}:00–{hour}:59 are missed most: {share} of them, {all} of all.",
    zh="{day} {hour}:00–{hour}:59 的报修未达标最多：{share}，总体为 {all}。",
)
DAYS = (
    Text(en="Monday", zh="星期一"),
    Text(en="Tuesday", zh="星期二"),
    Text(en="Wednesday", zh="星期三"),
    Text(en="Thursday", zh="星期四"),
    Text(en="Friday", zh="星期五"),
    Text(en="Saturday", zh="星期六"),
    Text(en="Sunday", zh="星期日"),
)


def findings(reading: Reading, filters: Filters, before: Filters | None, time_zone: str) -> tuple[Finding, ...]:
    """The slowest region, how the whole moved, and the hour with most misses."""
    whole = _kept(evaluate(reading, (MEASURE,), filters)[MEASURE])
    if whole.value is None:
        return ()
    missed = Selection("response_due_on", response_met=False)
    found = []
    worst = next(((r, s) for r, s in regions(reading, filters) if s.n >= FEWEST and s.is_below(whole.value)), None)
    if worst:
        region, kept = worst
        words = _REGION.format(
            region=named(reading, "region", region),
            share=share(kept.value or 0.0),
            low=share(kept.low or 0.0),
            high=share(kept.high or 0.0),
            all=share(whole.value),
        )
        found.append(Finding(words, kept.n, False, _at(filters, region), missed))
    past = _kept(evaluate(reading, (MEASURE,), before)[MEASURE]) if before else None
    if (
        before
        and past
        and past.value is not None
        and (whole.is_below(past.low or 0.0) or whole.is_above(past.high or 1.0))
    ):
        is_better = whole.value > past.value
        which = _BETTER if is_better else _WORSE
        words = _MOVED.format(
            now=share(whole.value), before=share(past.value), start=before.start, end=before.end, which=which
        )
        found.append(Finding(words, whole.n, is_better, filters, missed))
    when = hours(reading, filters, time_zone)
    if when.worst:
        d, h, late = when.worst
        words = _HOUR.format(day=DAYS[d], hour=f"{h:02d}", share=share(late.value or 0.0), all=share(1 - whole.value))
        found.append(Finding(words, late.n, False, filters, missed))
    return tuple(found)


def _at(filters: Filters, region: str) -> Filters:
    return Filters(**{**filters.__dict__, "region": (region,)})
