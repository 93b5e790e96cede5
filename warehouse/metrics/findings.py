"""What stands out in a selection, in sentences that carry their number, their n and what they are compared with.

A finding needs both to be large enough to matter and unlikely to be chance; each rule says how. Nothing is said
without evidence: an empty result means that nothing stands out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from bilingual.text import Text
from warehouse.contributions import Part, contributions, difference_of_shares
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_by
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import UNKNOWN, count, share, spoken
from warehouse.reading import Reading, remembered
from warehouse.targets import goal, is_met

__all__ = ["Finding", "at_place", "difference_of_shares", "findings", "where_from"]

_MOST = 3
# Two-sided 5 % point of the normal distribution.
_Z = 1.96
_STRONG = 3.0
_LEAST_CHANGE = 0.10
_LEAST_POINTS = 0.02
_LEAST_PLACE_POINTS = 0.05
# Below this many tickets a median is not held against the others.
_LEAST_N = 30
# A place is named for a change when it made at least this much of it; a component there when it made most of the place's.
_LEAST_PART = 1 / 3
_MOST_OF_PLACE = 0.5
# Of these the change of a place is the sum of its components' changes.
_ADDS_UP = {"opened", "closed", "backlog"}
_PLACE_NAMES = {"region": Text(en="region", zh="区域"), "product_line": Text(en="product line", zh="产品线")}


@dataclass(frozen=True)
class Finding:
    """One sentence. `strength` orders findings (how many standard errors, or alike); `filters` is where it shows."""

    text: Text
    n: int
    is_good: bool
    strength: float
    filters: Filters
    subject: Literal["backlog", "time_to_close", "response", "opened", "target"]


@remembered
def findings(reading: Reading, filters: Filters, before: Filters | None) -> tuple[Finding, ...]:
    """At most three findings about a selection and its change since another one, what is bad first, then the strongest."""
    rules: tuple[Callable[[Reading, Filters, Filters | None], Iterator[Finding]], ...] = (
        _backlog,
        _slowest,
        _missing_target,
        _behind_goal,
        _response,
        _opened,
    )
    found = [finding for rule in rules for finding in rule(reading, filters, before)]
    return tuple(sorted(found, key=lambda f: (f.is_good, -f.strength))[:_MOST])


def at_place(filters: Filters, place: str, value: str) -> Filters:
    """The selection at one value of a place filter only."""
    return Filters(**{**filters.__dict__, place: (value,)})


def _days(filters: Filters) -> Text:
    """The period of a selection by its days."""
    return Text(en="{start} to {end}", zh="{start} 至 {end}").format(start=filters.start, end=filters.end)


def _whole(value: Value) -> float:
    return value.value or 0.0


def _backlog(reading: Reading, filters: Filters, _before: Filters | None) -> Iterator[Finding]:
    """The backlog at the end against the day before the period: by a tenth, and by two Poisson deviations of a count."""
    if filters.start is None:
        return
    until = replace(filters, start=None, end=filters.start - dt.timedelta(days=1))
    before, now = (_whole(evaluate(reading, ("backlog",), f)["backlog"]) for f in (until, filters))
    growth = now - before
    strength = abs(growth) / sqrt(max(before, 1.0))
    if before == 0 or abs(growth) / before < _LEAST_CHANGE or strength < 2:
        return
    grew = growth > 0
    words = Text(
        en="Backlog {verb} by {percent} in the period ({before} → {now}){where}.",
        zh="期内积压{verb} {percent}（{before} → {now}）{where}。",
    ).format(
        verb=Text(en="grew", zh="增加") if grew else Text(en="fell", zh="减少"),
        percent=share(abs(growth) / before),
        before=count(before),
        now=count(now),
        where=where_from(reading, "backlog", until, filters),
    )
    yield Finding(words, int(now), not grew, strength, filters, "backlog")


_IN = Text(en="; {part} of it in {place}", zh="，其中 {part} 在{place}")
_OF = Text(en="; {part} of it is {component}", zh="，其中 {part} 属{component}")
_MOSTLY = Text(en="{where}, most of that {component} ({part} of all)", zh="{where}，主要是{component}（占全部 {part}）")


def where_from(reading: Reading, name: str, before: Filters, now: Filters) -> Text:
    """The place or component that most of a change comes from, where that is a third at least and no chance; else nothing.

    Of a place also its component, where that made most of what the place did.
    """
    best: tuple[float, str, Part] | None = None
    for by in (*_PLACE_NAMES, "component"):
        found = contributions(reading, name, before, now, by)
        if found is None or len(found.parts) < 2 or not found.difference:
            continue
        part = found.parts[0]
        made = part.difference / found.difference
        if part.place and part.is_clear and _LEAST_PART <= made <= 1 and (best is None or made > best[0]):
            best = (made, by, part)
    if best is None:
        return Text(en="", zh="")
    made, by, part = best
    if by == "component":
        return _OF.format(part=share(made), component=part.place)
    where = _IN.format(part=share(made), place=part.place)
    inside = contributions(reading, name, at_place(before, by, part.place), at_place(now, by, part.place), "component")
    if name not in _ADDS_UP or inside is None or not inside.parts:
        return where
    first = inside.parts[0]
    within = first.difference / part.difference if part.difference else 0.0
    if not first.place or not first.is_clear or not _MOST_OF_PLACE <= within <= 1:
        return where
    return _MOSTLY.format(where=where, component=first.place, part=share(within * made))


def _slowest(reading: Reading, filters: Filters, _before: Filters | None) -> Iterator[Finding]:
    """The place that takes longest to resolve, by working hours, where that is a tenth longer than everybody does."""
    name = "mttr_ticket"
    overall = evaluate(reading, (name,), filters)[name]
    if not overall.value:
        return
    for by, called in _PLACE_NAMES.items():
        values = evaluate_by(reading, (name,), filters, by)[name]
        known = {k: v.value for k, v in values.items() if v.value is not None and v.n >= _LEAST_N}
        place = max(known, key=lambda k: known[k], default=None)
        if place is None or len(known) < 2 or known[place] < overall.value * (1 + _LEAST_CHANGE):
            continue
        words = Text(
            en="{place} resolves slowest of the {n_places} by {called}: {mean} working hours on average against {overall} over all.",
            zh="按{called}比较，{place} 修复最慢（共 {n_places} 个）：平均 {mean} 工作小时，总体为 {overall}。",
        ).format(
            place=place or UNKNOWN,
            called=called,
            n_places=len(known),
            mean=f"{known[place]:.1f}",
            overall=f"{overall.value:.1f}",
        )
        strength = known[place] / overall.value
        yield Finding(words, values[place].n, False, strength, at_place(filters, by, place), "time_to_close")
        return


def _missing_target(reading: Reading, filters: Filters, _before: Filters | None) -> Iterator[Finding]:
    """The place that misses the response target most: five points under all the others, by three standard errors."""
    name = "response_within_target"
    for by, called in _PLACE_NAMES.items():
        values = evaluate_by(reading, (name,), filters, by)[name]
        known = {k: v for k, v in values.items() if v.value is not None and v.n >= _LEAST_N}
        if len(known) < 2:
            continue
        place = min(known, key=lambda k: known[k].value or 0.0)
        here = known[place]
        n_others = sum(v.n for k, v in known.items() if k != place)
        others = sum(v.numerator or 0.0 for k, v in known.items() if k != place) / n_others
        z = difference_of_shares(here.value or 0.0, here.n, others, n_others)
        if z > -_STRONG or others - (here.value or 0.0) < _LEAST_PLACE_POINTS:
            continue
        words = Text(
            en="{place} keeps {share} of its response targets, the least of the {n_places} by {called}; the others keep {others}.",
            zh="按{called}比较，{place} 的响应达标率最低（共 {n_places} 个）：{share}，其余合计 {others}。",
        ).format(
            place=place or UNKNOWN,
            called=called,
            n_places=len(known),
            share=share(here.value or 0.0),
            others=share(others),
        )
        yield Finding(words, here.n, False, -z, at_place(filters, by, place), "response")
        return


def _behind_goal(reading: Reading, filters: Filters, _before: Filters | None) -> Iterator[Finding]:
    """The measure that is furthest behind its target: a share by two points and two standard errors, all else by a tenth."""
    behind: list[tuple[float, Finding]] = []
    for measure in measures().values():
        wanted = goal(reading, measure.name, filters)
        if wanted is None or not wanted.value:
            continue
        now = evaluate(reading, (measure.name,), filters)[measure.name]
        if is_met(measure, now, wanted) is not False or now.value is None or now.n < _LEAST_N:
            continue
        gap = abs(now.value - wanted.value)
        if measure.unit == "share":
            strength = gap / sqrt(wanted.value * (1 - wanted.value) / now.n) if wanted.value < 1 else 0.0
            is_large = gap >= _LEAST_POINTS and strength >= _Z
        else:
            strength = gap / wanted.value
            is_large = strength >= _LEAST_CHANGE
        if not is_large:
            continue
        words = Text(
            en="{measure} is {now}, behind the target of {target} for {period}.",
            zh="{measure}为 {now}，未达到 {period} 目标 {target}。",
        ).format(
            measure=measure.label,
            now=spoken(measure, now.value),
            target=spoken(measure, wanted.value),
            period=wanted.period,
        )
        behind.append((gap / wanted.value, Finding(words, now.n, False, strength, filters, "target")))
    if behind:
        yield max(behind, key=lambda pair: pair[0])[1]


def _response(reading: Reading, filters: Filters, before_filters: Filters | None) -> Iterator[Finding]:
    """The share within target against the period compared with: by two points, and beyond what chance gives in 19 of 20."""
    if before_filters is None:
        return
    for name in ("response_within_target", "sla_as_reported"):
        now, before = (evaluate(reading, (name,), f)[name] for f in (filters, before_filters))
        if now.value is None or before.value is None or min(now.n, before.n) < _LEAST_N:
            continue
        z = difference_of_shares(now.value, now.n, before.value, before.n)
        if abs(z) < _Z or abs(now.value - before.value) < _LEAST_POINTS:
            return
        words = Text(
            en="{measure} {verb} from {before} to {now} against {since} (n = {n_before} and {n}){where}.",
            zh="{measure}较 {since} {verb}：{before} → {now}（n = {n_before} 与 {n}）{where}。",
        ).format(
            measure=measures()[name].label,
            verb=Text(en="rose", zh="上升") if z > 0 else Text(en="fell", zh="下降"),
            before=share(before.value),
            now=share(now.value),
            n_before=count(before.n),
            n=count(now.n),
            since=_days(before_filters),
            where=where_from(reading, name, before_filters, filters),
        )
        yield Finding(words, now.n, z > 0, abs(z), filters, "response")
        return


def _opened(reading: Reading, filters: Filters, before_filters: Filters | None) -> Iterator[Finding]:
    """Tickets opened against the period compared with: by a tenth, and by three deviations of two Poisson counts."""
    if before_filters is None:
        return
    now, before = (_whole(evaluate(reading, ("opened",), f)["opened"]) for f in (filters, before_filters))
    if not before or abs(now / before - 1) < _LEAST_CHANGE:
        return
    z = (now - before) / sqrt(now + before)
    if abs(z) < _STRONG:
        return
    words = Text(
        en="{percent} {verb} tickets were opened than in {since} ({before} → {now}){where}.",
        zh="报修数较 {since} {verb} {percent}（{before} → {now}）{where}。",
    ).format(
        percent=share(abs(now / before - 1)),
        verb=Text(en="more", zh="增加") if z > 0 else Text(en="fewer", zh="减少"),
        before=count(before),
        now=count(now),
        since=_days(before_filters),
        where=where_from(reading, "opened", before_filters, filters),
    )
    yield Finding(words, int(now), z < 0, abs(z), filters, "opened")
