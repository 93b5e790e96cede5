"""Demand over a lead time: how errors add up, and quantiles of very many distributions at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.demand import history_of
from analysis.demand_distributions import NegativeBinomialDemand
from analysis.forecast_methods import empirical_of, ses_of
from analysis.lead_time import dispersion_before, growth, lead_time_sums, negative_binomial_quantiles, quantiles_over


def test_the_errors_of_a_level_forecast_add_up_as_a_simulation_says() -> None:
    rng = np.random.default_rng(3)
    gain, lead = 0.3, 5
    shocks = rng.normal(size=(200_000, lead))
    level = gain * np.cumsum(shocks, axis=1)
    total = (shocks + np.concatenate((np.zeros((200_000, 1)), level[:, :-1]), axis=1)).sum(axis=1)
    assert total.var() == pytest.approx(lead * float(growth(gain, lead)), rel=0.01)


def test_without_gain_or_over_one_period_errors_are_independent() -> None:
    assert growth(0.0, [1, 5, 9]).tolist() == [1, 1, 1]
    assert growth([0.1, 1.0], 1).tolist() == [1, 1]


def test_the_quantiles_are_those_of_the_distribution_for_means_small_and_large() -> None:
    rng = np.random.default_rng(5)
    mean = np.concatenate((rng.gamma(0.5, 4, 400), rng.uniform(150, 900, 40), [0.0, np.nan, 1e-9]))
    variance = mean * (1 + rng.gamma(0.5, 3, mean.size) * (rng.random(mean.size) < 0.7))
    levels = [0.05, 0.5, 0.9, 0.95, 0.999]
    found = negative_binomial_quantiles(mean, variance, levels)
    expected = np.array([NegativeBinomialDemand(mean, variance).quantile(level) for level in levels])
    assert np.array_equal(found[:, :-3], expected[:, :-3])
    assert found[:, -3].tolist() == [0] * 5
    assert np.isnan(found[:, -2]).all()
    assert found[:, -1].tolist() == [0] * 5


def test_a_level_that_is_met_exactly_is_met() -> None:
    # P(N = 0) = 1/2 for a Poisson mean of log 2.
    assert negative_binomial_quantiles(np.log(2), np.log(2), [0.5]).tolist() == [0]
    assert stats.poisson.ppf(0.5, np.log(2)) == 0


def test_very_dispersed_demand_has_its_quantile_far_out() -> None:
    found = negative_binomial_quantiles([1.0], [400.0], [0.9, 0.999])
    assert found[:, 0].tolist() == [NegativeBinomialDemand(1.0, 400.0).quantile(p) for p in (0.9, 0.999)]


def test_the_sums_over_lead_times_are_known_where_every_period_is() -> None:
    history, _ = history_of([1, 0, 2, np.nan, 5, 1])
    assert lead_time_sums(history, 2)[:, 0] == pytest.approx([1, 2, np.nan, np.nan, 6, np.nan, np.nan], nan_ok=True)
    assert np.isnan(lead_time_sums(history, 7)).all()


def test_the_dispersion_compares_squared_errors_with_the_demand_since_the_first() -> None:
    history, _ = history_of([0, 2, 0, 4, 1])
    path = ses_of(history, 0.5, "naive")
    # Forecasts of the last three periods: 1, 0.5, 2.25. Errors −1, 3.5, −1.25; demand 5, forecasts 3.75; n = 3.
    assert dispersion_before(history, path)[-1, 0] == pytest.approx((1 + 12.25 + 1.5625) / 5 * 4 / 2)


def test_before_there_were_errors_demand_is_taken_as_poisson() -> None:
    history, _ = history_of([0, 3, 0])
    assert dispersion_before(history, ses_of(history, 0.1, "mean"))[:3, 0].tolist() == [1, 1, 1]


def test_the_bootstrap_knows_only_lead_times_that_were_over() -> None:
    history, _ = history_of([1, 0, 2, 0, 9, 9])
    found = quantiles_over(history, empirical_of(history, None), np.array([1, 2, 4]), 2, [0.5, 0.9])
    assert found[:, :, 0] == pytest.approx(np.array([[np.nan, 1, 2], [np.nan, 1, 2]]), nan_ok=True)
