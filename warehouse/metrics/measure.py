"""A measure, defined once: what it counts over what, in which unit, with its words in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bilingual.text import Text

Unit = Literal["count", "share", "hours", "days", "score", "money"]
UNITS: dict[str, Text] = {
    "count": Text(en="", zh=""),
    "share": Text(en="%", zh="%"),
    "hours": Text(en="h", zh="小时"),
    "days": Text(en="d", zh="天"),
    "score": Text(en="points", zh="分"),
    "money": Text(en="currency of the records", zh="记录所用币种"),
}


@dataclass(frozen=True)
class Quotient:
    """Sum of one column of a flow over the sum of another, divided last: right at every grain.

    The flow `of` something is the view `marts.<of>_flow`: a day, the places, and columns that add up over both.
    """

    numerator: str
    denominator: str
    of: str = "ticket"


@dataclass(frozen=True)
class Count:
    """Sum of one column of `marts.ticket_flow` over the period."""

    column: str


@dataclass(frozen=True)
class Level:
    """What has come in and not gone out by the end of the period: all of `plus` so far less all of `minus` so far."""

    plus: str
    minus: str


@dataclass(frozen=True)
class Duration:
    """A quantile of the time from opening to closing: by Kaplan–Meier, with the open ones censored at the as-of instant."""

    p: float


@dataclass(frozen=True)
class CompletedMedian:
    """The median of a duration column of `marts.ticket` among rows that have it; `period` is the day that dates them."""

    column: str
    period: str


@dataclass(frozen=True)
class PerUnitMonth:
    """What the repairs of `marts.cost` cost over the months that machines were in service: `warehouse.unit_costs`."""


@dataclass(frozen=True)
class Measure:
    """One measure. `better` tells which direction is good, None where neither is."""

    name: str
    label: Text
    definition: Text
    numerator: Text
    denominator: Text | None
    unit: Unit
    how: Quotient | Count | Level | Duration | CompletedMedian | PerUnitMonth
    better: Literal["higher", "lower"] | None = None


@dataclass(frozen=True)
class Value:
    """A measure's value in one cell. None with a reason where there is none: never 0, NaN or infinity in its place.

    Shares are 0 to 1. `n` is how many things the value rests on; bounds are given where the method has them.
    """

    measure: str
    value: float | None
    n: int
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    reason: Text | None = None


NOTHING_COUNTED = Text(
    en="No value: nothing in this selection counts for it ({denominator}: 0).",
    zh="无值：当前筛选下没有可计入的对象（{denominator}：0）。",
)
NOT_REACHED = Text(
    en="No value: too many are still open to say by when this share is closed.",
    zh="无值：未关闭的过多，无法得出该比例的关闭时间。",
)
NOT_BY_ZONE = Text(
    en="No value: what repairs cost is not known by zone.",
    zh="无值：维修费用未按服务区记录。",
)
