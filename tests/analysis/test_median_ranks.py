"""Regression on median ranks against the examples of ReliaWiki, handbook tables, and the definition of the median."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc, ndtri

from analysis.median_ranks import median_rank_regression, median_ranks
from analysis.result import Reason

# ReliaWiki, The Weibull Distribution (after Kececioglu): six units, all failed.
SIX = [16, 34, 53, 75, 93, 120]
# ReliaWiki, The Lognormal Distribution: fourteen units, all failed.
FOURTEEN = [5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100]


def test_the_median_ranks_of_six_are_those_of_the_tables() -> None:
    ranks = median_ranks([True] * 6)
    assert (100 * ranks).round(2).tolist() == [10.91, 26.44, 42.14, 57.86, 73.56, 89.09]


def test_an_exact_median_rank_is_passed_by_half_of_all_samples() -> None:
    ranks = median_ranks([True] * 9)
    order = np.arange(1, 10)
    assert betainc(order, 10 - order, ranks) == pytest.approx(np.full(9, 0.5))


def test_benard_comes_within_a_percent() -> None:
    exact, near = median_ranks([True] * 12), median_ranks([True] * 12, ranks="benard")
    assert near.tolist() == pytest.approx([(i - 0.3) / 12.4 for i in range(1, 13)])
    assert near == pytest.approx(exact, rel=0.01)


def test_survivors_raise_the_order_of_later_failures_by_johnsons_rule() -> None:
    # ReliaWiki, Parameter Estimation, rank adjustment: F 5100, S 9500, F 15000, S 22000, F 40000 has the mean order
    # numbers 1, 2.25 and 4.125.
    ranks = median_ranks([True, False, True, False, True], ranks="benard")
    assert (5.4 * ranks + 0.3).tolist() == pytest.approx([1, 2.25, 4.125])


def test_rank_regression_on_y_gives_what_reliawiki_prints() -> None:
    line = median_rank_regression(SIX, regress="y_on_x")
    assert (line.shape, line.scale) == pytest.approx((1.4301, 76.318), abs=1e-3)
    assert line.rho == pytest.approx(0.9956, abs=5e-5)


def test_rank_regression_on_x_divides_by_the_square_of_the_correlation() -> None:
    x, y = median_rank_regression(SIX), median_rank_regression(SIX, regress="y_on_x")
    assert x.r_squared is not None
    assert y.shape is not None
    assert x.shape == pytest.approx(y.shape / x.r_squared)
    # The least squares of log age on log(−log(1 − F)), from their definition.
    z = np.log(-np.log(1 - median_ranks([True] * 6)))
    slope, intercept = np.polyfit(z, np.log(SIX), 1)
    assert (x.sigma, x.mu) == pytest.approx((slope, intercept))


def test_the_lognormal_example_of_reliawiki() -> None:
    # RRY: μ′ 3.516, σ′ 0.9663, ρ 0.9754; RRX: σ′ 0.9193.
    on_y = median_rank_regression(FOURTEEN, distribution="lognormal", regress="y_on_x")
    on_x = median_rank_regression(FOURTEEN, distribution="lognormal")
    assert (on_y.mu, on_y.sigma, on_y.rho) == pytest.approx((3.516, 0.9663, 0.9754), abs=2e-4)
    assert (on_x.mu, on_x.sigma) == pytest.approx((3.516, 0.9193), abs=2e-4)
    assert on_y.shape == on_y.sigma
    assert on_y.b_life(0.5) == on_y.scale


def test_points_on_a_line_give_the_line() -> None:
    ranks = median_ranks([True] * 8)
    for distribution, z in (("Weibull", np.log(-np.log1p(-ranks))), ("lognormal", ndtri(ranks))):
        ages = np.exp(4 + 0.5 * z)
        for regress in ("x_on_y", "y_on_x"):
            line = median_rank_regression(ages, distribution=distribution, regress=regress)
            assert (line.mu, line.sigma, line.rho) == pytest.approx((4, 0.5, 1))
        assert line.reliability(float(ages[3])) == pytest.approx(1 - ranks[3])
        assert line.b_life(float(ranks[3])) == pytest.approx(ages[3])


def test_failures_come_before_survivors_of_the_same_age() -> None:
    first = median_rank_regression([5, 7, 7, 9], [1, 0, 1, 1])
    second = median_rank_regression([5, 7, 7.0001, 9], [1, 1, 0, 1])
    assert first.ranks.tolist() == second.ranks.tolist()


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=2, max_size=12), st.floats(0.01, 100))
def test_order_counting_and_the_unit_do_not_matter(rows: list[tuple[int, bool]], unit: float) -> None:
    ages, failed = [t for t, _ in rows], [f for _, f in rows]
    one = median_rank_regression(ages, failed)
    distinct = sorted(set(rows), reverse=True)
    two = median_rank_regression(
        [t * unit for t, _ in distinct], [f for _, f in distinct], count=[rows.count(r) for r in distinct]
    )
    assert (one.reason, one.n, one.failures) == (two.reason, two.n, two.failures)
    assert two.ranks == pytest.approx(one.ranks)
    if one.sigma is not None and one.mu is not None:
        assert two.sigma == pytest.approx(one.sigma)
        assert two.mu == pytest.approx(one.mu + np.log(unit), abs=1e-9)


@pytest.mark.parametrize(
    ("ages", "failed", "reason"),
    [
        ([], [], Reason.NO_DATA),
        ([5, 9], [0, 0], Reason.NO_EVENTS),
        ([5, 9], [1, 0], Reason.TOO_FEW),
        ([5, 5, 9], [1, 1, 0], Reason.NO_VARIATION),
    ],
)
def test_without_two_ages_there_is_no_line(ages: Any, failed: Any, reason: Reason) -> None:
    line = median_rank_regression(ages, failed)
    assert (line.reason, line.shape, line.scale, line.r_squared) == (reason, None, None, None)
    assert (line.b_life(0.1), line.reliability(3)) == (None, None)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: median_rank_regression(SIX, distribution="normal"), "distribution must be"),
        (lambda: median_rank_regression(SIX, regress="x"), "regress must be"),
        (lambda: median_rank_regression(SIX, ranks="blom"), "ranks must be"),
        (lambda: median_rank_regression([1, 2], count=[1, 0.5]), "whole numbers"),
        (lambda: median_rank_regression(SIX).b_life(0), "p must lie"),
        (lambda: median_rank_regression(SIX).reliability(-1), "must not be negative"),
    ],
)
def test_mistakes_are_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
