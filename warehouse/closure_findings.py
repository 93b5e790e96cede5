"""What stands out about closing, in sentences: who closes slower than chance allows, and which rule is clearly not kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bilingual.text import Text
from warehouse.closure_dispatch import queue
from warehouse.closure_groups import groups
from warehouse.closure_rules import ANSWERED, Rules, complaints, kept, return_visits, visited
from warehouse.filters import Filters
from warehouse.metrics.evaluate import share_of
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import UNKNOWN, count, elapsed, share
from warehouse.reading import Reading, remembered
from warehouse.service_findings import is_delivered

_MOST = 3
# As the findings of other pages: groups of fewer are not held against others, and chance must be that small.
_LEAST = 30
_CHANCE = 0.001
# A group closes clearly slower at a tenth fewer closings than expected.
_SLOW = 0.9
# A rule is clearly not kept where even the upper bound of its share lies below this.
_KEPT = 0.9
_PLACES = {"region": Text(en="region", zh="区域"), "product_line": Text(en="product line", zh="产品线")}
_SLOWER = Text(
    en="{name} closes slowest of the {n} by {called}: {ratio} times the closings expected if all were alike, half closed by {median} (95 %: {low} – {high}); log-rank p < 0.001 over all.",
    zh="按{called}比较，{name} 关闭最慢（共 {n} 个）：关闭数为各组相同时期望值的 {ratio} 倍，{median}内关闭一半（95%：{low} – {high}）；总体对数秩检验 p < 0.001。",
)
_COMPLAINTS = Text(
    en="{share} of complaints were answered within {hours:g} h (95 %: {low} – {high}); {unanswered} are overdue and unanswered.",
    zh="投诉在 {hours:g} 小时内答复的占 {share}（95%：{low} – {high}）；{unanswered} 起逾期未答复。",
)
_VISITS = Text(
    en="{share} of resolved jobs were asked about in time (95 %: {low} – {high}); the rule asks for all.",
    zh="修复的工单按时回访的占 {share}（95%：{low} – {high}）；规则要求全部回访。",
)
_QUEUE = Text(
    en="{n} calls wait for dispatch from days before; the oldest for {oldest}.",
    zh="{n} 次报修已过当日仍未派工，最久已等待 {oldest}。",
)


@dataclass(frozen=True)
class Finding:
    """One sentence; `look` and `by` say where on the page it shows."""

    text: Text
    n: int
    look: Literal["time", "open", "rules"]
    by: str = ""


@remembered
def findings(reading: Reading, filters: Filters, rules: Rules) -> tuple[Finding, ...]:
    """At most three sentences, in the order of the page's sections."""
    rules_broken = (*_waiting(reading, filters), *_late(reading, filters, rules), *_unasked(reading, filters, rules))
    return (*_slow(reading, filters), *rules_broken)[:_MOST]


def _slow(reading: Reading, filters: Filters) -> Iterator[Finding]:
    for by, called in _PLACES.items():
        found = groups(reading, filters, by)
        slowest = found.slowest(_LEAST)
        if slowest is None or found.p is None or found.p >= _CHANCE or (slowest.ratio or 1.0) > _SLOW:
            continue
        never = Text(en="—", zh="—")
        words = _SLOWER.format(
            name=slowest.value or UNKNOWN,
            n=len(found.groups),
            called=called,
            ratio=f"{slowest.ratio:.2f}",
            **{k: elapsed(v) if v is not None else never for k, v in _times(slowest.median, slowest.low, slowest.high)},
        )
        yield Finding(words, slowest.n, "time", by)
        return


def _times(median: float | None, low: float | None, high: float | None) -> tuple[tuple[str, float | None], ...]:
    return ("median", median), ("low", low), ("high", high)


def _waiting(reading: Reading, filters: Filters) -> Iterator[Finding]:
    # Where nobody says who was sent when, every open call looks as if it waited.
    found = queue(reading, filters, 1) if is_delivered(reading, "ticket", "dispatched_at") else None
    if found and found.carried_over:
        words = _QUEUE.format(n=count(found.carried_over), oldest=elapsed(found.calls[0].hours_open))
        yield Finding(words, found.waiting, "open")


def _is_broken(value: Value) -> bool:
    return value.high is not None and value.high < _KEPT and value.n >= _LEAST


def _late(reading: Reading, filters: Filters, rules: Rules) -> Iterator[Finding]:
    every = kept(complaints(reading, filters, rules))
    value = share_of(ANSWERED, *every.answered)
    if _is_broken(value):
        words = _COMPLAINTS.format(**_bounds(value), hours=rules.answer_hours, unanswered=count(every.unanswered))
        yield Finding(words, value.n, "rules")


def _unasked(reading: Reading, filters: Filters, rules: Rules) -> Iterator[Finding]:
    value = visited(return_visits(reading, filters, rules) or ())
    if _is_broken(value):
        yield Finding(_VISITS.format(**_bounds(value)), value.n, "rules")


def _bounds(value: Value) -> dict[str, Text]:
    return {"share": share(value.value or 0.0), "low": share(value.low or 0.0), "high": share(value.high or 0.0)}
