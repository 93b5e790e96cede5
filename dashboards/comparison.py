"""The words of a comparison, and which one the part of a page that is being made has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bilingual.text import Text
from warehouse.comparison import Comparison

COMPARE = Text(en="Compare with", zh="对比")
NAMES: dict[Comparison, Text] = {
    "before": Text(en="period before", zh="上一周期"),
    "year": Text(en="same period last year", zh="去年同期"),
    "none": Text(en="nothing", zh="无"),
}
# What stands after a change, and what stands there where there is nothing to compare with.
AGAINST: dict[Comparison, Text] = {
    "before": Text(en="vs period before ({value})", zh="较上一周期（{value}）"),
    "year": Text(en="vs last year ({value})", zh="较去年同期（{value}）"),
    "none": Text(en="", zh=""),
}
NOT_ON_RECORD: dict[Comparison, Text] = {
    "before": Text(en="no period before on record", zh="无上一周期可比"),
    "year": Text(en="no same period last year on record", zh="无去年同期可比"),
    "none": Text(en="", zh=""),
}
_chosen: ContextVar[Comparison] = ContextVar("comparison", default="before")


@contextmanager
def comparing(comparison: Comparison) -> Iterator[None]:
    """While a part of a page is made: every link in it keeps this comparison, every change is said against it."""
    token = _chosen.set(comparison)
    try:
        yield
    finally:
        _chosen.reset(token)


def chosen() -> Comparison:
    """The comparison of the part that is being made."""
    return _chosen.get()
