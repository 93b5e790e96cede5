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

from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_by, period_before
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.reading import Reading, remembered
from warehouse.text import Text

_MOST = 3
# Two-sided 5 % point of the normal distribution.
_Z = 1.96
_STRONG = 3.0
_LEAST_CHANGE = 0.10
_LEAST_POINTS = 0.02
_LEAST_PLACE_POINTS = 0.05
# Below this many tickets a median is not held against the others.
_LEAST_N = 30
_PLACE_NAMES = {"region": Text(en="region", zh="区域"), "product_line": Text(en="product line", zh="产品线")}


@dataclass(frozen=True)
class Finding:
    """One sentence. `strength` orders findings (how many standard errors, or alike); `filters` is where it shows."""

    text: Text
    n: int
    is_good: bool
    strength: float
    filters: Filters
    subject: Literal["backlog", "time_to_close", "response", "opened"]


@remembered
def findings(reading: Reading, filters: Filters) -> tuple[Finding, ...]:
    """At most three findings about a selection, what is bad first, then the strongest."""
    last = reading.as_of_on
    rules: tuple[Callable[[Reading, Filters, dt.date], Iterator[Finding]], ...] = (
        _backlog,
        _slowest,
        _missing_target,
        _response,
        _opened,
    )
    found = [finding for rule in rules for finding in rule(reading, filters, last)]
    return tuple(sorted(found, key=lambda f: (f.is_good, -f.strength))[:_MOST])


def at_place(filters: Filters, place: str, value: str) -> Filters:
    """The selection at one value of a place filter only."""
    return Filters(**{**filters.__dict__, place: (value,)})


def _whole(value: Value) -> float:
    return value.value or 0.0


def _backlog(reading: Reading, filters: Filters, _last: dt.date) -> Iterator[Finding]:
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
        where=_largest_part(reading, filters, until, growth),
    )
    yield Finding(words, int(now), not grew, strength, filters, "backlog")


def _largest_part(reading: Reading, filters: Filters, until: Filters, growth: float) -> Text:
    """The place that most of a change lies in, where it is at least a third and there is more than one place."""
    best: tuple[float, Text] = (0.0, Text(en="", zh=""))
    for by in _PLACE_NAMES:
        ends = evaluate_by(reading, ("backlog",), replace(filters, start=None), by)["backlog"]
        begins = evaluate_by(reading, ("backlog",), until, by)["backlog"]
        if len(ends) < 2:
            continue
        parts = {k: (_whole(v) - (_whole(begins[k]) if k in begins else 0.0)) / growth for k, v in ends.items()}
        place = max(parts, key=lambda k: parts[k])
        if 1 / 3 <= parts[place] <= 1 and parts[place] > best[0]:
            words = Text(en="; {part} of it in {place}", zh="，其中 {part} 在{place}")
            best = (parts[place], words.format(part=share(parts[place]), place=place or UNKNOWN))
    return best[1]


def _slowest(reading: Reading, filters: Filters, _last: dt.date) -> Iterator[Finding]:
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


def difference_of_shares(a: float, n_a: float, b: float, n_b: float) -> float:
    """Standard errors between two independent shares a of n_a and b of n_b, by the pooled normal approximation."""
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    spread = sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    return (a - b) / spread if spread else 0.0


def _missing_target(reading: Reading, filters: Filters, _last: dt.date) -> Iterator[Finding]:
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


def _response(reading: Reading, filters: Filters, last: dt.date) -> Iterator[Finding]:
    """The share within target against the period before: by two points, and beyond what chance gives in 19 of 20."""
    before_filters = period_before(reading, filters, last)
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
            en="{measure} {verb} from {before} to {now} against the period before (n = {n_before} and {n}).",
            zh="{measure}较上一周期{verb}：{before} → {now}（n = {n_before} 与 {n}）。",
        ).format(
            measure=measures()[name].label,
            verb=Text(en="rose", zh="上升") if z > 0 else Text(en="fell", zh="下降"),
            before=share(before.value),
            now=share(now.value),
            n_before=count(before.n),
            n=count(now.n),
        )
        yield Finding(words, now.n, z > 0, abs(z), filters, "response")
        return


def _opened(reading: Reading, filters: Filters, last: dt.date) -> Iterator[Finding]:
    """Tickets opened against the period before: by a tenth, and by three deviations of two Poisson counts."""
    before_filters = period_before(reading, filters, last)
    if before_filters is None:
        return
    now, before = (_whole(evaluate(reading, ("opened",), f)["opened"]) for f in (filters, before_filters))
    if not before or abs(now / before - 1) < _LEAST_CHANGE:
        return
    z = (now - before) / sqrt(now + before)
    if abs(z) < _STRONG:
        return
    words = Text(
        en="{percent} {verb} tickets were opened than in the period before ({before} → {now}).",
        zh="报修数较上一周期{verb} {percent}（{before} → {now}）。",
    ).format(
        percent=share(abs(now / before - 1)),
        verb=Text(en="more", zh="增加") if z > 0 else Text(en="fewer", zh="减少"),
        before=count(before),
        now=count(now),
    )
    yield Finding(words, int(now), z < 0, abs(z), filters, "opened")
