"""What stands out among the parts and the maintenance that fall due, in sentences with their numbers, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bilingual.text import Text
from warehouse.consumables import CLOSE_DAYS, Due, Window, check, contacts, due
from warehouse.filters import Filters
from warehouse.metrics.wording import count, share
from warehouse.reading import Reading, remembered
from warehouse.suspects import part_names

_WEEK = Text(
    en="{n} replacements and {planned} maintenance visits are to be announced within 7 days; next: {part} on {unit}, {customer}.",
    zh="7 天内应联系客户的更换 {n} 项、保养 {planned} 项；最近的是 {customer} 的 {unit}：{part}。",
)
_LATE = Text(
    en="{n} parts run beyond their usual life by the meter, most of them {part} ({most}); {chance} of them are expected to be replaced within 30 days.",
    zh="按读数已超过通常寿命仍在用的有 {n} 件，最多的是 {part}（{most} 件）；预计其中 {chance} 将在 30 天内更换。",
)
_MISSED = Text(en="{n} planned maintenance visits are overdue and not done.", zh="计划保养逾期未做 {n} 项。")
_CLOSE = Text(
    en="The meter tells who is next rather than the day: of {n} replacements in the last 12 months {share} came within {days} days of what it said a year ago, half within {typical} days.",
    zh="读数能说明谁先到期，却难以精确到日：近 12 个月的 {n} 次更换中，{share} 与一年前的预计相差不超过 {days} 天，半数在 {typical} 天以内。",
)
# The predictions deserve a warning where fewer than half come so close.
_ENOUGH = 0.5


@dataclass(frozen=True)
class Finding:
    """One sentence, whether it is only to know, and what of the list shows it (None: how predictions did)."""

    text: Text
    is_good: bool
    window: Window | None = None
    what: str = ""


@remembered
def findings(reading: Reading, filters: Filters, notice: int) -> tuple[Finding, ...]:
    """What to do first, what is late, and how far to trust it."""
    found = due(reading, filters)
    candidates = (_week(reading, found, notice), _late(reading, found), _missed(found), _close(reading))
    return tuple(f for f in candidates if f)


def _week(reading: Reading, found: Due, notice: int) -> Finding | None:
    week = found.within("week", notice)
    parts = week.of("parts")
    if not len(parts):
        return None
    first = contacts(reading, parts.rows(np.arange(1)), notice)[0]
    text = _WEEK.format(
        n=count(len(parts)),
        planned=count(len(week) - len(parts)),
        part=first.part,
        unit=first.serial_no or first.asset_id,
        customer=first.customer or first.customer_id,
    )
    return Finding(text, False, "week")


def _late(reading: Reading, found: Due) -> Finding | None:
    late = found.within("overdue", 0).of("parts")
    if not len(late):
        return None
    parts, n = np.unique(late.part, return_counts=True)
    part_no = found.parts[parts[n.argmax()]]
    text = _LATE.format(
        n=count(len(late)),
        part=part_names(reading, (part_no,))[part_no],
        most=count(n.max()),
        chance=share(float(late.chance.mean())),
    )
    return Finding(text, False, "overdue", "parts")


def _missed(found: Due) -> Finding | None:
    missed = found.within("overdue", 0).of("maintenance")
    return Finding(_MISSED.format(n=count(len(missed))), False, "overdue", "maintenance") if len(missed) else None


def _close(reading: Reading) -> Finding | None:
    done = check(reading)
    if done.close is None or done.close[0] >= _ENOUGH:
        return None
    text = _CLOSE.format(
        n=count(done.n), share=share(done.close[0]), days=CLOSE_DAYS, typical=count(done.typical or 0.0)
    )
    return Finding(text, True)
