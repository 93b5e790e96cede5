"""Kaplan–Meier of many groups at once: each must be what it is alone, and its bounds must cover."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.survival import Scale, kaplan_meier
from analysis.survival_groups import ended_by_group, quantile_by_group, survival_by_group

rows = st.lists(
    st.tuples(st.integers(1, 20), st.booleans(), st.integers(0, 3), st.integers(1, 25)), min_size=1, max_size=50
)
scales = st.sampled_from(["log-log", "log", "logit", "plain", "arcsin"])
AGES = np.array([0.0, 3.0, 7.0, 7.5, 19.0, 25.0])


def columns(data: list[Any], late: bool) -> tuple[Any, ...]:
    duration, ended, group, length = (np.array(c) for c in zip(*data, strict=True))
    return duration.astype(float), ended, group, (duration - length).astype(float) if late else None


@given(rows, scales, st.booleans())
def test_each_group_has_the_curve_that_it_has_alone(data: list[Any], scale: Scale, late: bool) -> None:
    duration, ended, group, entry = columns(data, late)
    many = survival_by_group(duration, ended, group, at=AGES, entry=entry, scale=scale, group_count=5)
    assert many.reason[4].tolist() == ["no_data"] * len(AGES)
    for g in set(group.tolist()):
        own = group == g
        alone = kaplan_meier(duration[own], ended[own], entry=None if entry is None else entry[own], scale=scale)
        survival, low, high = alone.at(AGES)
        answered = many.reason[g] == ""
        assert many.n[g] == own.sum()
        assert many.value[g][answered] == pytest.approx(survival[answered], abs=1e-12)
        assert many.low[g][answered] == pytest.approx(low[answered], abs=1e-9)
        assert many.high[g][answered] == pytest.approx(high[answered], abs=1e-9)
        immature = many.reason[g] == "not_mature"
        assert immature.tolist() == np.isnan(survival).tolist()
        untouched = many.reason[g] == "no_events"
        assert np.all(many.value[g][untouched] == 1)
        assert np.all(survival[untouched] == 1)


@given(rows, scales, st.booleans(), st.sampled_from([0.1, 0.5, 0.75]))
def test_each_group_has_the_quantile_that_it_has_alone(data: list[Any], scale: Scale, late: bool, p: float) -> None:
    duration, ended, group, entry = columns(data, late)
    many = quantile_by_group(duration, ended, group, p=p, entry=entry, scale=scale)
    for g in set(group.tolist()):
        own = group == g
        alone = kaplan_meier(duration[own], ended[own], entry=None if entry is None else entry[own], scale=scale)
        one, other = many[g], alone.quantile(p)
        assert (one.value, one.low, one.high, one.reason) == (other.value, other.low, other.high, other.reason)


def test_what_has_ended_is_the_rest() -> None:
    lasting = survival_by_group([1, 4, 9, 9], [True, True, False, False], [0, 0, 0, 1], at=5.0)
    ended = ended_by_group([1, 4, 9, 9], [True, True, False, False], [0, 0, 0, 1], at=5.0)
    assert ended.value.tolist() == pytest.approx([2 / 3, 0])
    assert ended.low.tolist() == pytest.approx((1 - lasting.high).tolist())
    assert ended.high.tolist() == pytest.approx((1 - lasting.low).tolist())


def test_one_group_and_one_age_is_one_number() -> None:
    found = survival_by_group([1, 4, 9], [True, True, False], at=5)
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)
    assert ended_by_group([1, 4, 9], [True, True, False], at=5).value == pytest.approx(2 / 3)
    assert survival_by_group([1, 4, 9], [True, True, False], at=[0, 5]).value.tolist() == pytest.approx([1, 1 / 3])


def test_one_group_that_cannot_answer_gives_none_and_the_reason() -> None:
    early = ended_by_group([3, 4], [True, False], at=30)
    assert (early.value, early.low, early.reason) == (None, None, "not_mature")
    nothing = survival_by_group([], [], at=30)
    assert (nothing.value, nothing.reason) == (None, "no_data")
    assert quantile_by_group([3], [False]).reason == "no_events"


def test_where_none_has_ended_the_lower_bound_is_the_exact_binomial_one() -> None:
    # 20 watched for 30 days, none back: at most 1 − 0.025^(1/20) = 16.8 % come back (Clopper and Pearson).
    found = ended_by_group([30] * 20 + [5] * 7, [False] * 27, at=30, confidence=0.95)
    assert (found.value, found.low, found.reason) == (0, 0, "no_events")
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_after_all_have_ended_the_survival_is_known_at_all_later_ages() -> None:
    found = survival_by_group([3, 4], [True, True], at=[4, 500])
    assert found.value.tolist() == [0, 0]
    assert found.reason.tolist() == ["", ""]


def test_a_group_beside_others_of_another_size_keeps_its_digits() -> None:
    rng = np.random.default_rng(0)
    small = rng.integers(1, 9, 6).astype(float)
    large = rng.integers(1, 9, 200_000).astype(float)
    alone = survival_by_group(small, small < 8, at=5.0)
    beside = survival_by_group(
        np.concatenate((large, small)),
        np.concatenate((large, small)) < 8,
        np.repeat([0, 1], [large.size, small.size]),
        at=5.0,
    )
    assert beside.value[1] == pytest.approx(alone.value, rel=1e-13)
    assert beside.low[1] == pytest.approx(alone.low, rel=1e-13)


@pytest.mark.parametrize(("n", "least", "most"), [(5, 0.90, 0.96), (10, 0.88, 0.92), (30, 0.88, 0.92)])
def test_ninety_percent_bounds_cover_ninety_percent_on_average_over_ages(n: int, least: float, most: float) -> None:
    """At one age the coverage jumps by some percent, as S can only take few values; with five units it lies above."""
    rng = np.random.default_rng(n)
    groups, ages = 8000, np.arange(1.0, 13.0)
    life, end = rng.exponential(10, groups * n), rng.uniform(4, 25, groups * n)
    group = np.repeat(np.arange(groups), n)
    found = survival_by_group(np.minimum(life, end), life <= end, group, at=ages, confidence=0.9)
    true = np.exp(-ages / 10)
    hit = ((found.low <= true) & (true <= found.high))[found.reason != "not_mature"].mean()
    assert least < hit < most


def test_ten_thousand_groups_take_less_than_two_seconds() -> None:
    rng = np.random.default_rng(1)
    duration, group = rng.exponential(40, 300_000), rng.integers(0, 10_000, 300_000)
    begin = time.process_time()
    ended_by_group(duration, duration < 90, group, at=[7, 30, 90])
    assert time.process_time() - begin < 2.0


@pytest.mark.parametrize(
    ("options", "message"),
    [({"at": -1.0}, "at must be"), ({"at": [[1.0]]}, "at must be"), ({"at": 1.0, "confidence": 0.0}, "confidence")],
)
def test_an_error_names_what_is_wrong(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        survival_by_group([1.0], [True], **options)


def test_a_share_outside_zero_and_one_is_an_error() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile_by_group([1.0], [True], p=1.0)
