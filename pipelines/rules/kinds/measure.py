"""A measure of the catalogue beyond a limit, or changed by more than one, in the last completed period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.periods import Span, called, last_completed
from pipelines.rules.rule import Rule
from warehouse.comparison import compared_with
from warehouse.contributions import comes_apart, contributions, difference_of_shares
from warehouse.filters import Filters
from warehouse.metrics import Measure, Value, measures
from warehouse.metrics.evaluate import evaluate, evaluate_by, first_day, share_of
from warehouse.metrics.findings import at_place
from warehouse.metrics.measure import Count, Duration, Level, PerUnitMonth
from warehouse.metrics.wording import UNKNOWN, change, count, share, spoken
from warehouse.reading import Reading
from warehouse.records import customer_names
from warehouse.service_findings import named
from warehouse.settings import Settings

Place = Literal["product_line", "region", "customer", "priority", "service_kind"]
# Standard errors beyond which a change of a share is no chance in 19 of 20 cases.
_SURE = 1.96
_WHERE = Text(en=", {place}", zh="（{place}）")
_NOWHERE = Text(en="", zh="")
_BEYOND = Text(
    en="{measure}{where}: {value} in {period}, {which} the limit of {limit} (n = {n}{bounds}).",
    zh="{measure}{where}：{period} 为 {value}，{which} {limit}（n = {n}{bounds}）。",
)
_ABOVE, _BELOW = Text(en="above", zh="高于上限"), Text(en="below", zh="低于下限")
_CHANGED = Text(
    en="{measure}{where}: {value} in {period} against {before} in {since}, {change}; the limit is {limit} (n = {n_before} and {n}).",
    zh="{measure}{where}：{period} 为 {value}，{since} 为 {before}，变化 {change}，限值为 {limit}（n = {n_before} 与 {n}）。",
)
_POINTS = Text(en="{n} pp", zh="{n} 个百分点")
_BOUNDS = Text(en="; 95 %: {low} – {high}", zh="；95%：{low} – {high}")


def _known(name: str) -> str:
    if name not in measures():
        raise ValueError(f"there is no measure “{name}” (known: {', '.join(measures())})")
    return name


class MeasureRule(Rule):
    """Exactly one limit: above or below a value; or risen or fallen by more than so much (points of a share, 0.05 for five;
    else a part, 0.3 for 30 %) against the period before or the same of last year.

    by: at which grain; where: only these values of places; least_n: what rests on fewer things is not judged (of two counts
    both have to be fewer). clear: only where the 95 % interval excludes the limit, or a share moved by more than chance.
    """

    measure: Annotated[str, AfterValidator(_known)]
    by: Literal["house", "component", "zone"] | Place = "house"
    where: Mapping[Place, tuple[str, ...]] = {}
    period: Span = "month"
    above: float | None = None
    below: float | None = None
    rises_by: Annotated[float, Field(gt=0)] | None = None
    falls_by: Annotated[float, Field(gt=0)] | None = None
    against: Literal["before", "year"] = "before"
    least_n: Annotated[int, Field(ge=1)] = 30
    clear: bool = False

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        if sum(limit is not None for limit in (self.above, self.below, self.rises_by, self.falls_by)) != 1:
            raise ValueError("say one limit: above, below, rises_by or falls_by")
        measure = measures()[self.measure]
        if self.by == "component" and not comes_apart(measure, "component"):
            raise ValueError(f"{self.measure} is not known by component")
        if self.by == "zone" and isinstance(measure.how, PerUnitMonth):
            raise ValueError(f"{self.measure} is not known by zone")
        if self.clear and not _has_bounds(measure, is_change=self.is_change):
            raise ValueError(f"the interval of {self.measure} is not known, so that `clear` cannot be asked of it here")
        return self

    @property
    def is_change(self) -> bool:
        """Whether two periods are held against each other."""
        return self.rises_by is not None or self.falls_by is not None

    def find(self, reading: Reading, _settings: Settings, /) -> Iterator[Problem]:
        """Each place whose value is beyond the limit, the furthest first."""
        now = Filters(*last_completed(reading.as_of_on, self.period))
        for place, chosen in self.where.items():
            now = Filters(**{**now.__dict__, place: chosen})
        before = compared_with(reading, now, reading.as_of_on, self.against) if self.is_change else None
        begin, begun = first_day(reading), (before or now).start
        # Of a period that began before the records only a part is known.
        if begin is None or begun is None or begun < begin or (self.is_change and before is None):
            return
        values, earlier = self._values(reading, now), self._values(reading, before) if before else {}
        found = [(size, at) for at, value in values.items() if (size := self._size(value, earlier.get(at))) is not None]
        for size, at in sorted(found, key=lambda one: (-one[0], one[1])):
            where = _NOWHERE if self.by == "house" else _WHERE.format(place=_called(reading, self.by, at))
            if before:
                words = self._changed(values[at], earlier[at], where, now, before)
            else:
                words = self._beyond(values[at], where, now)
            yield self._told(at, size, words, values[at], now)

    def _values(self, reading: Reading, filters: Filters) -> Mapping[str, Value]:
        if self.by == "house":
            return {"": evaluate(reading, (self.measure,), filters)[self.measure]}
        if self.by == "component":
            # The parts of no change at all are what there is of each component.
            found = contributions(reading, self.measure, filters, filters, "component")
            cells = {part.place: part.now for part in found.parts} if found else {}
            return {
                place: Value(self.measure, c.value, int(c.n), c.numerator, c.denominator) for place, c in cells.items()
            }
        return evaluate_by(reading, (self.measure,), filters, self.by)[self.measure]

    def _size(self, now: Value, before: Value | None) -> float | None:
        """How far a value is beyond the limit, growing as it gets worse; None where it is not, or cannot be judged."""
        is_count = isinstance(self._of.how, Count | Level)
        if now.value is None:
            return None
        if not self.is_change:
            # A count rests on itself: however few there are, that is how many.
            return self._beyond_by(_bounded(self._of, now), now.value) if is_count or now.n >= self.least_n else None
        if before is None or before.value is None:
            return None
        n = (max if is_count else min)(now.n, before.n)
        moved = change(self._of, now, before) if n >= self.least_n else None
        if moved is None:
            return None
        size, limit = (moved[0], self.rises_by) if self.rises_by is not None else (-moved[0], self.falls_by)
        if limit is None or size <= limit:
            return None
        if self.clear and abs(difference_of_shares(now.value, now.n, before.value, before.n)) < _SURE:
            return None
        return size

    def _beyond_by(self, bounded: Value, value: float) -> float | None:
        if self.above is not None:
            nearest = bounded.low if self.clear else value
            return value if nearest is not None and nearest > self.above else None
        nearest = bounded.high if self.clear else value
        if self.below is None or nearest is None or nearest >= self.below:
            return None
        return 1 - value if self._of.unit == "share" else self.below - value

    @property
    def _of(self) -> Measure:
        return measures()[self.measure]

    def _beyond(self, value: Value, where: Text, now: Filters) -> Text:
        value, limit = _bounded(self._of, value), self.above if self.above is not None else self.below
        bounds = _NOWHERE
        if value.low is not None and value.high is not None:
            bounds = _BOUNDS.format(low=spoken(self._of, value.low), high=spoken(self._of, value.high))
        return _BEYOND.format(
            measure=self._of.label,
            where=where,
            value=spoken(self._of, value.value),
            period=_period(now),
            which=_ABOVE if self.above is not None else _BELOW,
            limit=spoken(self._of, limit),
            n=count(value.n),
            bounds=bounds,
        )

    def _changed(self, value: Value, earlier: Value, where: Text, now: Filters, before: Filters) -> Text:
        moved, limit = change(self._of, value, earlier), self.rises_by or self.falls_by or 0.0
        return _CHANGED.format(
            measure=self._of.label,
            where=where,
            value=spoken(self._of, value.value),
            period=_period(now),
            before=spoken(self._of, earlier.value),
            since=_period(before),
            change=moved[1] if moved else "",
            limit=_POINTS.format(n=f"{limit * 100:g}") if self._of.unit == "share" else share(limit),
            n_before=count(earlier.n),
            n=count(value.n),
        )

    def _told(self, place: str, size: float, text: Text, value: Value, now: Filters) -> Problem:
        at = at_place(now, self.by, place) if self.by in get_args(Place) else now
        looks = {"look": "sla" if self.by == "zone" else self.measure}
        if self.is_change and self.against == "year":
            looks["compare"] = "year"
        return self.problem(
            place,
            text,
            address=page("/service" if self.by == "zone" else "/", at, **looks),
            size=size,
            region=at.region[0] if len(at.region) == 1 else "",
            product_line=at.product_line[0] if len(at.product_line) == 1 else "",
            samples=[{self.by: place, "period": _period(now), "value": value.value, "n": value.n}],
            measures=[self._of.label],
        )


def _has_bounds(measure: Measure, *, is_change: bool) -> bool:
    """Whether chance can be told from what is not: the interval of a value, of a change that of two shares."""
    return measure.unit == "share" or (not is_change and isinstance(measure.how, Duration | PerUnitMonth))


def _bounded(measure: Measure, value: Value) -> Value:
    """A share with its interval; all else as it is."""
    top, below = value.numerator, value.denominator
    if measure.unit != "share" or value.low is not None or top is None or below is None or top > below:
        return value
    return share_of(measure, round(top), round(below))


def _period(filters: Filters) -> str:
    assert filters.start is not None
    assert filters.end is not None
    return called(filters.start, filters.end)


def _called(reading: Reading, by: str, place: str) -> Text:
    """A place in words."""
    if by == "customer":
        name = customer_names(reading, (place,))[place]
        return Text(en=name, zh=name) if name else UNKNOWN
    return named(reading, by, place)


KIND = MeasureRule
