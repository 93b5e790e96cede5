"""Seasonal forecasts: factors where the data prove a season, none where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.backtest import backtest, choose_method
from analysis.demand import seasonal_naive, seasonal_ses, ses
from analysis.result import Reason

SUMMER = np.array([2, 2, 2, 4, 8, 14, 16, 14, 8, 4, 2, 2], dtype=float)  # mean 6.5


def test_factors_of_a_season_that_repeats_exactly_are_its_own() -> None:
    forecast = seasonal_ses(np.tile(SUMMER, 3))
    assert forecast.by_period(12) == pytest.approx(SUMMER)
    assert forecast.mean == pytest.approx(SUMMER.mean())


def test_the_first_future_period_follows_the_last_known_one() -> None:
    forecast = seasonal_ses(np.tile(SUMMER, 4)[:41])
    assert forecast.by_period(12) == pytest.approx(np.roll(SUMMER, -5), rel=0.05)


def test_two_periods_a_season_by_hand() -> None:
    """Roots 1 3 1 3 2 3: means 4/3 and 3, between 25/6 with 1, within 2/3 with 4 degrees of freedom: F = 25, p = 0.0075.

    With two periods there is nothing to draw factors to 1 with: they are 2/5.5 and 9/5.5, of the means of 1, 1, 4 and 9, 9, 9.
    """
    demand = np.array([1.0, 9, 1, 9, 4, 9])
    forecast = seasonal_ses(demand, alpha=0.5, season=2)
    weight = 0.5 ** np.arange(6, 0, -1)
    factors = np.tile([2 / 5.5, 9 / 5.5], 3)
    level = (weight @ demand) / (weight @ factors)
    assert forecast.by_period(2) == pytest.approx(level * factors[:2])


def test_parts_without_a_season_get_factors_once_in_a_hundred() -> None:
    demand = np.random.default_rng(1).poisson(3.0, (4000, 36)).astype(float)
    profile = seasonal_ses(demand).by_period(12)
    assert np.mean(np.ptp(profile, axis=1) > 1e-9) == pytest.approx(0.01, abs=0.006)


def test_without_proof_the_forecast_is_a_smoothed_level() -> None:
    """The weighted mean of all periods, α(1 − α)^age, which is SES without the start value that SES keeps a share of."""
    demand = np.random.default_rng(2).poisson(3.0, 30).astype(float)
    weight = 0.9 ** np.arange(29, -1, -1)
    assert seasonal_ses(demand).mean == pytest.approx(weight @ demand / weight.sum())
    assert seasonal_ses(demand).mean == pytest.approx(ses(demand).mean, rel=0.05)


def test_one_year_and_a_bit_prove_nothing() -> None:
    forecast = seasonal_ses(np.tile(SUMMER, 2)[:12])
    assert np.ptp(forecast.by_period(12)) == pytest.approx(0)


def test_noise_draws_factors_to_one() -> None:
    rng = np.random.default_rng(3)
    profile = seasonal_ses(rng.poisson(np.tile(SUMMER, 3), (500, 36)).astype(float)).by_period(12)
    lengths = np.ptp(profile / profile.mean(axis=1, keepdims=True), axis=1)
    own = rng.poisson(np.tile(SUMMER, 3), (500, 36)).reshape(500, 3, 12).mean(axis=1)
    assert lengths.mean() < np.ptp(own / own.mean(axis=1, keepdims=True), axis=1).mean()


def test_unknown_months_are_skipped_and_the_calendar_kept() -> None:
    demand = np.tile(SUMMER, 4)
    demand[[5, 20, 30]] = np.nan
    assert seasonal_ses(demand).by_period(12) == pytest.approx(SUMMER)
    assert seasonal_naive(demand).by_period(12) == pytest.approx(SUMMER)


def test_the_unit_of_demand_does_not_matter() -> None:
    demand = np.random.default_rng(4).poisson(np.tile(SUMMER, 3)).astype(float)
    assert seasonal_ses(12 * demand).by_period(12) == pytest.approx(12 * seasonal_ses(demand).by_period(12))


def test_parts_side_by_side_answer_as_each_alone() -> None:
    demand = np.random.default_rng(5).poisson(np.tile(SUMMER, 3), (6, 36)).astype(float)
    together = seasonal_ses(demand)
    for i, row in enumerate(demand):
        assert together.by_period(12)[i] == pytest.approx(seasonal_ses(row).by_period(12))


def test_no_demand_is_no_forecast() -> None:
    forecast = seasonal_ses(np.zeros(36))
    assert (forecast.mean, forecast.reason) == (None, Reason.NO_DEMAND)


def test_a_part_with_a_season_is_forecast_by_a_seasonal_method_among_parts_without() -> None:
    rng = np.random.default_rng(6)
    demand = rng.poisson(2.0, (40, 36)).astype(float)
    demand[7] = rng.poisson(np.tile(SUMMER, 3))
    choice = choose_method(backtest(demand, lead_time=2, origins=10))
    assert choice.name[7] in ("seasonal_ses", "seasonal_naive")


def test_a_constant_that_smooths_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha must lie in"):
        seasonal_ses(np.ones(24), alpha=0.0)
