"""No Weibull fit where the times between repairs have a trend."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.between_repairs import weibull_between_repairs
from analysis.life import weibull_mle
from analysis.result import Reason
from analysis.trend import lewis_robinson_trend

# A system that gets worse; in another order the same times are those of one that does not.
GAPS = [177, 65, 51, 43, 32, 27, 27, 20, 15, 10]


def test_times_that_only_shrink_are_not_fitted() -> None:
    answer = weibull_between_repairs(np.cumsum(GAPS))
    assert (answer.reason, answer.fit) == (Reason.TREND, None)
    assert answer.trend.p_value == lewis_robinson_trend(np.cumsum(GAPS)).p_value
    assert answer.trend.verdict == "deteriorating"


def test_the_same_times_in_no_order_are_fitted() -> None:
    mixed = [51, 27, 20, 177, 15, 43, 27, 65, 10, 32]
    answer = weibull_between_repairs(np.cumsum(mixed))
    assert answer.reason == Reason.NONE
    assert answer.fit is not None
    assert answer.fit.shape == pytest.approx(weibull_mle(GAPS).shape)


def test_the_time_still_open_at_the_end_counts_as_a_survivor() -> None:
    # Two systems watched to 400 and 300; the third has not failed yet.
    answer = weibull_between_repairs([100, 220, 80, 300], [400, 300, 150], system=[0, 0, 1, 1])
    assert answer.fit is not None
    expected = weibull_mle([100, 120, 180, 80, 220, 150], [1, 1, 0, 1, 1, 0])
    assert (answer.fit.shape, answer.fit.scale) == pytest.approx((expected.shape, expected.scale))
    assert (answer.n, answer.fit.failures) == (6, 4)


def test_too_few_times_to_test_are_fitted_and_the_test_says_so() -> None:
    answer = weibull_between_repairs([10, 35])
    assert answer.fit is not None
    assert (answer.trend.reason, answer.reason) == (Reason.TOO_FEW, Reason.NONE)


def test_two_failures_of_a_system_at_one_age_are_named() -> None:
    with pytest.raises(ValueError, match="at the age 30 leave no time"):
        weibull_between_repairs([10, 30, 30])
    with pytest.raises(ValueError, match="significance"):
        weibull_between_repairs([10, 30], significance=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape", [pytest.param(0.7, marks=pytest.mark.matrix), pytest.param(1.0, marks=pytest.mark.matrix), 3.0]
)
def test_times_that_are_alike_are_refused_no_oftener_than_the_significance_says(shape: float) -> None:
    rng, runs = np.random.default_rng(3), 800
    ages = np.cumsum(rng.weibull(shape, (runs, 25)), axis=1)
    refused = sum(weibull_between_repairs(row).reason == Reason.TREND for row in ages)
    assert 0.025 < refused / runs < 0.075
