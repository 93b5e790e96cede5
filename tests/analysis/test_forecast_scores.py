"""The scores of forecasts against published numbers and their definitions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.demand import seasonal_naive
from analysis.forecast_scores import (
    mase,
    mean_absolute_error,
    mean_absolute_rate,
    mean_squared_error,
    mean_squared_rate,
    periods_in_stock,
    pinball_loss,
    rmsse,
)

SHARED = Path(__file__).parents[3] / "shared"
PUBLISHED = SHARED / "reference" / "published_examples.json"
CAR_PARTS = SHARED / "data" / "car_parts" / "carparts.csv"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_published_scores_come_out() -> None:
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    given_ = next(e for e in examples if e["id"] == "intermittent_forecast_basic")
    actual, forecast = (given_["data"]["metrics"][name] for name in ("actual", "forecast"))
    found = {
        "mae": mean_absolute_error(actual, forecast),
        "mse": mean_squared_error(actual, forecast),
        "msr": mean_squared_rate(actual, forecast),
        "mar": mean_absolute_rate(actual, forecast),
        "pis": periods_in_stock(actual, forecast),
    }
    for name, value in found.items():
        assert value == pytest.approx(given_["published"][name], rel=1e-7), name


def test_the_pinball_loss_costs_its_level_short_and_the_rest_too_many() -> None:
    assert pinball_loss([5], [2], 0.9) == pytest.approx(2.7)
    assert pinball_loss([2], [5], 0.9) == pytest.approx(0.3)
    assert pinball_loss([5, 2, np.nan], [2, 5, 1], 0.9) == pytest.approx(1.5)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_quantile_of_the_data_has_the_least_pinball_loss(demand: list[int], level: float) -> None:
    losses = [pinball_loss(demand, np.full(len(demand), q), level) for q in range(10)]
    best = int(np.quantile(demand, level, method="inverted_cdf"))
    assert losses[best] == pytest.approx(min(losses))


def test_rmsse_divides_by_the_changes_since_the_first_demand() -> None:
    # Since the first demand 2, 0, 4: changes −2 and 4, mean square 10; errors 1 and −3, mean square 5.
    assert rmsse([3, 0], [2, 3], [0, 0, 0, 2, 0, 4]) == pytest.approx(np.sqrt(5 / 10))


def test_mase_divides_by_the_changes_over_a_season() -> None:
    assert mase([3, 0], [2, 3], [1, 2, 4, 4]) == pytest.approx(2 / 1)
    assert mase([3, 0], [2, 3], [1, 2, 4, 4], season=2) == pytest.approx(2 / 2.5)


def test_where_nothing_changed_there_is_nothing_to_divide_by() -> None:
    assert rmsse([1], [2], [0, 0, 0]) is None
    assert mase([1], [2], [3, 3, 3]) is None
    assert np.isnan(rmsse([[1], [1]], [[2], [2]], [[0, 0], [1, 3]])).tolist() == [True, False]


def test_stock_that_lies_counts_for_every_period_that_it_lies() -> None:
    # 2 too many in the first of three periods lie for three periods: Wallström and Segerstedt (2010).
    assert periods_in_stock([0, 2, 2], [2, 2, 2]) == 6
    assert periods_in_stock([2, 2], [0, 2]) == -4
    assert periods_in_stock([np.nan], [1]) is None


def test_the_rate_settles_when_told_to() -> None:
    # Rates 4, 2, 2, 2; with the first half settled 2, 2, 2, 2.
    assert mean_absolute_rate([4, 0, 2, 2], [2, 2, 2, 2]) == pytest.approx(0.5)
    assert mean_absolute_rate([4, 0, 2, 2], [2, 2, 2, 2], settle=0.5) == 0
    assert mean_squared_rate([4, np.nan, 2], [4, 4, 4]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("level", [0, 1, -0.1])
def test_a_level_lies_between_0_and_1(level: float) -> None:
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        pinball_loss([1], [1], level)


def test_scores_are_of_periods() -> None:
    with pytest.raises(ValueError, match="must hold periods"):
        mean_absolute_error(1, 1)
    with pytest.raises(ValueError, match="settle must be a share"):
        mean_squared_rate([1], [1], settle=2)


@pytest.mark.real_data
@pytest.mark.skipif(not CAR_PARTS.exists(), reason="the car parts are not beside the project")
def test_on_the_car_parts_the_seasonal_forecast_has_its_known_mase_and_zero_beats_it() -> None:
    demand = np.genfromtxt(CAR_PARTS, delimiter=",", skip_header=1)[:, 1:]
    past, actual = demand[:, :-12], demand[:, -12:]
    scores = mase(actual, seasonal_naive(past, season=12).by_period(12), past, season=12)
    # 2,606 parts have a scale; of 113 of them, with months missing to the end, nothing is known to score.
    assert np.nanmean(scores) == pytest.approx(1.2014638, abs=5e-8)
    assert (mase(np.zeros((len(past), 1)), np.ones((len(past), 1)), past, season=12) > 0).sum() == 2606
    assert (~np.isnan(scores)).sum() == 2493
    # With what is missing counted as none: how a forecast of zero comes to 0.746, better than any method.
    past, actual = np.nan_to_num(past), np.nan_to_num(actual)
    assert np.nanmean(mase(actual, np.zeros(actual.shape), past, season=12)) == pytest.approx(0.746, abs=5e-4)
