"""An answer for many groups, read one group at a time."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.groups import Groups, as_floats
from analysis.result import Estimate, Reason, Result, reasons


def estimates() -> Estimate:
    return Estimate(
        value=np.array([1.5, np.nan]),
        low=np.array([1.0, np.nan]),
        high=np.array([2.0, np.nan]),
        n=np.array([12, 0]),
        confidence=0.9,
        method="a mean",
        reason=reasons(2, (np.array([False, True]), Reason.NO_DATA)),
    )


def test_a_group_with_an_answer_gives_plain_numbers() -> None:
    one = estimates()[0]
    assert (one.value, one.low, one.high, one.n, one.confidence, one.reason) == (1.5, 1.0, 2.0, 12, 0.9, Reason.NONE)
    assert type(one.value) is float
    assert type(one.n) is int


def test_a_group_without_an_answer_gives_none_and_the_reason() -> None:
    one = estimates()[1]
    assert (one.value, one.low, one.high) == (None, None, None)
    assert one.reason is Reason.NO_DATA


def test_an_answer_within_an_answer_is_picked_with_it() -> None:
    class Outer(Result):
        pass

    outer = Outer(n=np.array([1, 2]), method="outer")
    assert len(outer) == 2
    assert outer[1].n == 2


def test_the_first_reason_that_holds_is_given() -> None:
    given = reasons(
        3, (np.array([True, False, False]), Reason.NO_DATA), (np.array([True, True, False]), Reason.TOO_FEW)
    )
    assert given.tolist() == ["no_data", "too_few", ""]


def test_sums_per_group_count_groups_without_rows_too() -> None:
    groups = Groups.of(np.array([2, 0, 2]), 3, count=4)
    assert groups.sum([1.0, 2.0, 3.0]).tolist() == [2.0, 0.0, 4.0, 0.0]
    assert groups.size().tolist() == [1, 0, 2, 0]


def test_rows_are_ordered_by_group_then_value() -> None:
    order, start = Groups.of(np.array([1, 0, 1]), 3).order([5.0, 9.0, 2.0])
    assert order.tolist() == [1, 2, 0]
    assert start.tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    ("group", "message"),
    [([0], "one number per row"), ([0.5, 1.0], "whole numbers"), ([-1, 0], "between 0"), ([0, 9], "between 0")],
)
def test_group_numbers_that_cannot_be_are_named(group: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Groups.of(np.array(group), 2, count=2)


def test_missing_and_impossible_numbers_are_named() -> None:
    with pytest.raises(ValueError, match="times must not hold missing"):
        as_floats([1.0, np.nan], "times")
    with pytest.raises(ValueError, match="times must be at least 0, found -1"):
        as_floats([1.0, -1.0], "times", least=0)
    with pytest.raises(ValueError, match="times must be above 0, found 0"):
        as_floats([1.0, 0.0], "times", above=0)
