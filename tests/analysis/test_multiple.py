"""False-discovery control against published examples, definitions written out, and simulated families of tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.multiple import benjamini_hochberg, benjamini_yekutieli, storey_q

# Benjamini and Hochberg (1995), JRSS B 57:289, §4: fifteen end points of a trial of thrombolysis.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip

p_values = st.lists(st.one_of(st.floats(0, 1), st.just(float("nan")), st.just(0.5)), max_size=40)


def test_of_the_fifteen_published_p_values_four_are_kept_at_5_percent() -> None:
    q = benjamini_hochberg(THROMBOLYSIS)
    assert np.flatnonzero(q <= 0.05).tolist() == [0, 1, 2, 3]  # 0.0095 ≤ 4/15 × 0.05 = 0.0133; Bonferroni keeps three
    assert q[:4].tolist() == pytest.approx([0.0001 * 15, 0.0004 * 15 / 2, 0.0019 * 15 / 3, 0.0095 * 15 / 4])
    # The sixth is drawn down by the seventh: 0.0298 × 15/7 < 0.0278 × 15/6.
    assert q[5] == q[6] == pytest.approx(0.0298 * 15 / 7)


def test_any_dependence_costs_the_harmonic_number() -> None:
    harmonic = sum(1 / i for i in range(1, 16))
    q = benjamini_yekutieli(THROMBOLYSIS)
    assert q[:4] == pytest.approx(benjamini_hochberg(THROMBOLYSIS)[:4] * harmonic)
    assert q.max() == 1


def test_what_was_not_tested_is_no_test() -> None:
    q = benjamini_hochberg([0.01, float("nan"), 0.5])
    assert np.isnan(q[1])
    assert q[[0, 2]].tolist() == [0.02, 0.5]


def test_tests_that_are_known_to_find_nothing_may_be_left_out() -> None:
    p = [0.001, 0.02, 0.03]
    assert benjamini_hochberg(p, tests=10).tolist() == pytest.approx(benjamini_hochberg([*p, *[1.0] * 7])[:3].tolist())
    assert benjamini_yekutieli(p, tests=10).tolist() == pytest.approx(
        benjamini_yekutieli([*p, *[1.0] * 7])[:3].tolist()
    )


def test_a_table_of_tests_is_one_family_and_keeps_its_shape() -> None:
    table = np.array(THROMBOLYSIS).reshape(5, 3)
    assert (benjamini_hochberg(table).ravel() == benjamini_hochberg(THROMBOLYSIS)).all()
    assert benjamini_hochberg([]).shape == (0,)


@given(p_values, st.randoms())
def test_q_is_the_least_rate_at_which_the_published_rule_keeps_the_test(p: list[float], r: Any) -> None:
    q = benjamini_hochberg(p)
    known = sorted(x for x in p if x == x)
    m = len(known)
    for one, found in zip(p, q, strict=True):
        if one != one:
            assert found != found
        else:
            assert found == pytest.approx(min(1, *(x * m / (i + 1) for i, x in enumerate(known) if x >= one), 1))
    shuffled = list(range(len(p)))
    r.shuffle(shuffled)
    assert benjamini_hochberg([p[i] for i in shuffled]) == pytest.approx(q[shuffled], nan_ok=True)


def test_storeys_share_of_nothing_to_find_is_counted_above_lambda() -> None:
    found = storey_q(THROMBOLYSIS, at=0.5)
    assert found.null_share == pytest.approx(4 / (15 * 0.5))  # 0.5719, 0.6528, 0.7590 and 1
    assert found.q == pytest.approx(benjamini_hochberg(THROMBOLYSIS) * 4 / 7.5)


def test_storeys_lambda_is_chosen_by_its_mean_squared_error() -> None:
    p = np.concatenate((np.linspace(0.0005, 0.9995, 1000), np.full(1000, 1e-6)))
    found = storey_q(p)
    assert found.null_share == pytest.approx(0.5, abs=0.01)
    assert found.q == pytest.approx(found.null_share * benjamini_hochberg(p))


def test_storey_has_no_answer_where_no_p_value_is_large_or_none_is_there() -> None:
    assert storey_q([0.01, 0.02], at=0.5).reason == "too_few"
    assert storey_q([float("nan")]).reason == "no_data"


@pytest.mark.parametrize("method", [benjamini_hochberg, benjamini_yekutieli])
def test_false_discoveries_stay_below_the_rate(method: Any) -> None:
    random = np.random.default_rng(4)
    false, found = [], 0
    for _ in range(400):
        real = random.random(300) < 0.2
        p = np.where(real, random.beta(0.05, 10, 300), random.random(300))
        kept = method(p) <= 0.1
        false.append((kept & ~real).sum() / max(1, kept.sum()))
        found += int((kept & real).sum())
    assert np.mean(false) <= 0.1 + 2.5 * np.std(false) / 20
    assert found > 400 * 20


def test_the_rate_is_nominal_times_the_share_of_true_nulls_and_storey_uses_what_is_left() -> None:
    random = np.random.default_rng(5)
    rates: dict[str, list[float]] = {"bh": [], "storey": [], "chosen": []}
    for _ in range(400):
        real = random.random(500) < 0.5
        p = np.where(real, random.beta(0.1, 10, 500), random.random(500))
        kinds = (("bh", benjamini_hochberg(p)), ("storey", storey_q(p, at=0.5).q), ("chosen", storey_q(p).q))
        for name, q in kinds:
            kept = q <= 0.1
            rates[name].append((kept & ~real).sum() / max(1, kept.sum()))
    assert np.mean(rates["bh"]) == pytest.approx(0.05, abs=0.005)
    assert np.mean(rates["storey"]) == pytest.approx(0.1, abs=0.01)
    assert np.mean(rates["chosen"]) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("p", [[-0.1], [1.2], [float("inf")]])
def test_p_values_outside_0_to_1_are_a_mistake(p: list[float]) -> None:
    with pytest.raises(ValueError, match="p must lie between 0 and 1"):
        benjamini_hochberg(p)


def test_fewer_tests_than_p_values_and_a_lambda_of_1_are_mistakes() -> None:
    with pytest.raises(ValueError, match="tests must be at least"):
        benjamini_hochberg([0.1, 0.2], tests=1)
    with pytest.raises(ValueError, match="at must be"):
        storey_q([0.1], at=1.0)
