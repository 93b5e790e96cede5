"""The demand of an installed base against closed forms and simulation."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.installed_base import (
    InstalledBaseDemand,
    conditional_failure_probability,
    counted_quantile,
    installed_base_demand,
)
from analysis.renewal import weibull_renewal_function


def simulated(
    ages: np.ndarray, usage: np.ndarray, shape: float, scale: float, periods: int, runs: int, seed: int = 1
) -> np.ndarray:
    """Failures per run and period: the first given the age, then new parts."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((runs, periods))
    next_ = scale * ((ages / scale) ** shape - np.log(rng.random((runs, ages.size)))) ** (1 / shape) - ages
    while (within := next_ < usage * periods).any():
        run, unit = np.nonzero(within)
        np.add.at(counts, (run, (next_[run, unit] / usage[unit]).astype(int)), 1)
        next_[run, unit] += scale * rng.weibull(shape, run.size)
    return counts


def test_with_constant_risk_every_unit_needs_usage_by_mean_life() -> None:
    found = installed_base_demand([0, 500, 9000], shape=1.0, scale=100.0, usage=10.0, periods=5)
    assert found.mean == pytest.approx(np.full(5, 0.3), rel=1e-6)
    assert found.variance == pytest.approx(np.full(5, 0.3), rel=1e-6)
    assert found.total_variance == pytest.approx(0.3 * np.arange(1, 6), rel=1e-6)
    assert found.first == pytest.approx(3 * -np.expm1(-0.1 * np.arange(1, 6)), rel=1e-12)
    assert found.n == 3


@pytest.mark.parametrize("shape", [0.7, 1.8, 3.0])
def test_new_units_need_what_the_renewal_function_says(shape: float) -> None:
    found = installed_base_demand(np.zeros(4), shape=shape, scale=1000.0, usage=200.0, periods=10)
    expected = 4 * weibull_renewal_function(200.0 * np.arange(1, 11), shape, 1000.0)
    assert found.total_mean == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("shape", [0.8, 2.5])
def test_the_first_failures_are_the_sum_of_conditional_probabilities(shape: float) -> None:
    # Weibull risk analysis without renewal: Σ (F(a + x) − F(a))/(1 − F(a)).
    ages = np.array([100.0, 800.0, 1500.0])
    found = installed_base_demand(ages, shape=shape, scale=1200.0, usage=100.0, periods=3)
    life = stats.weibull_min(shape, scale=1200.0)
    expected = [((life.cdf(ages + x) - life.cdf(ages)) / life.sf(ages)).sum() for x in (100, 200, 300)]
    assert found.first == pytest.approx(expected, rel=1e-12)
    assert conditional_failure_probability(ages, 300.0, shape, 1200.0).sum() == pytest.approx(expected[2], rel=1e-12)


@pytest.mark.parametrize("shape", [0.8, pytest.param(1.5, marks=pytest.mark.matrix), 4.0])
def test_mean_variance_and_quantiles_are_those_of_a_simulated_fleet(shape: float) -> None:
    rng = np.random.default_rng(2)
    ages, usage = rng.uniform(0, 3000, 40), rng.uniform(100, 400, 40)
    runs = 8000
    counts = simulated(ages, usage, shape, 1000.0, 6, runs)
    found = installed_base_demand(ages, shape=shape, scale=1000.0, usage=usage, periods=6)
    error = 4.5 * counts.std(axis=0) / np.sqrt(runs)
    assert (np.abs(counts.mean(axis=0) - found.mean) < error + 2e-3 * found.mean).all()
    assert counts.var(axis=0) == pytest.approx(found.variance, rel=0.08)
    totals = counts.cumsum(axis=1)
    assert totals.var(axis=0) == pytest.approx(found.total_variance, rel=0.08)
    for level in (0.9, 0.95):
        for drawn, quantile in ((counts, found.quantile(level)), (totals, found.total_quantile(level))):
            # Whole numbers: the level lies between the shares below and at most, up to the approximation's 2 points.
            assert ((drawn < quantile).mean(axis=0) < level + 0.02).all()
            assert ((drawn <= quantile).mean(axis=0) > level - 0.02).all()


def test_worn_units_fail_sooner_when_parts_wear_out_and_later_when_they_run_in() -> None:
    def first_period(age: float, shape: float) -> float:
        return float(installed_base_demand([age], shape=shape, scale=1000.0, usage=100.0).mean[0])

    assert first_period(900, 3.0) > first_period(100, 3.0)
    assert first_period(900, 0.6) < first_period(100, 0.6)


def test_a_shrinking_base_needs_less() -> None:
    options = {"shape": 2.0, "scale": 1000.0, "usage": 100.0, "periods": 4}
    ages = np.array([100.0, 600.0])
    whole = installed_base_demand(ages, **options)
    shrinking = installed_base_demand(ages, **options, host_survival=[1.0, 0.5, 0.5, 0.0])
    assert shrinking.mean == pytest.approx(whole.mean * [1.0, 0.75, 0.5, 0.25])
    assert shrinking.total_mean == pytest.approx(np.cumsum(shrinking.mean))
    staying = installed_base_demand(ages, **options, host_survival=np.ones(4))
    assert staying.total_variance == pytest.approx(whole.total_variance)


def test_retirement_is_counted_as_a_simulation_counts_it() -> None:
    rng = np.random.default_rng(8)
    runs, hosts = 4000, 30
    needed = np.zeros((runs, 4))
    for i in range(hosts):  # each host retires after the second period or stays for all four
        failures = simulated(np.array([500.0]), np.array([300.0]), 2.0, 1000.0, 4, runs, seed=i)
        needed += failures * np.where(np.arange(4) < 2, True, rng.random((runs, 1)) < 0.4)
    survival = [1.0, 1.0, 0.4, 0.4]
    found = installed_base_demand(
        np.full(hosts, 500.0), shape=2.0, scale=1000.0, usage=300.0, periods=4, host_survival=survival
    )
    # In the third period the base is taken as shrinking gradually, from 1 to 0.4.
    known = [0, 1, 3]
    assert needed.mean(axis=0)[known] == pytest.approx(found.mean[known], rel=0.02)
    assert needed.var(axis=0)[known] == pytest.approx(found.variance[known], rel=0.08)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 300)), min_size=2, max_size=6))
def test_the_demand_of_a_fleet_is_that_of_its_parts_together(units: list[tuple[int, int]]) -> None:
    ages, usage = np.array(units, dtype=float).T
    half = len(units) // 2
    options = {"shape": 1.7, "scale": 900.0, "periods": 3}
    whole = installed_base_demand(ages, usage=usage, **options)
    parts = [installed_base_demand(ages[s], usage=usage[s], **options) for s in (slice(half), slice(half, None))]
    for name in ("mean", "variance", "total_mean", "total_variance", "first"):
        assert sum(getattr(p, name) for p in parts) == pytest.approx(getattr(whole, name), rel=1e-6)


def test_groups_have_parameters_of_their_own_and_an_empty_one_says_so() -> None:
    ages, group = np.array([100.0, 700.0, 300.0]), np.array([0, 2, 0])
    found = installed_base_demand(ages, shape=[2.0, 1.0, 1.5], scale=[500.0, 1.0, 800.0], usage=50.0, group=group)
    alone = installed_base_demand(ages[[0, 2]], shape=2.0, scale=500.0, usage=50.0)
    assert found[0].mean == pytest.approx(alone.mean)
    assert found.reason.tolist() == ["", "no_data", ""]
    assert np.isnan(found.mean[1]).all()
    assert isinstance(found[2], InstalledBaseDemand)
    assert found.quantile(0.9).shape == (3, 12)


@pytest.mark.parametrize("shape", [pytest.param(0.6, marks=pytest.mark.matrix), 2.5])
def test_many_ages_and_usages_are_brought_together_without_a_difference_that_matters(shape: float) -> None:
    rng = np.random.default_rng(6)
    ages, usage = rng.uniform(0, 4000, 300), rng.uniform(50, 200, 300)
    options = {"shape": shape, "scale": 1500.0, "periods": 6}
    together = installed_base_demand(ages, usage=usage, **options)
    one_by_one = [
        installed_base_demand(ages[i : i + 25], usage=usage[i : i + 25], **options) for i in range(0, 300, 25)
    ]
    for name in ("mean", "variance", "total_mean", "first"):
        assert getattr(together, name) == pytest.approx(sum(getattr(p, name) for p in one_by_one), rel=1e-3), name


def test_a_million_units_take_no_longer_than_seconds() -> None:
    rng = np.random.default_rng(9)
    ages, usage = rng.uniform(0, 4000, 1_000_000), rng.uniform(50, 200, 1_000_000)
    begun = time.process_time()
    found = installed_base_demand(ages, shape=2.2, scale=2000.0, usage=usage)
    assert time.process_time() - begun < 5
    spread = np.sqrt(found.variance)
    assert found.quantile(0.95) == pytest.approx(found.mean + 1.645 * spread, rel=1e-3)


# ---- counts by mean and variance ----


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9, 0.99])
def test_a_binomial_count_has_its_own_quantile(level: float) -> None:
    assert counted_quantile(30 * 0.4, 30 * 0.4 * 0.6, level) == stats.binom.ppf(level, 30, 0.4)
    assert counted_quantile(7.3, 7.3, level) == stats.poisson.ppf(level, 7.3)
    assert counted_quantile(7.3, 20.0, level) == stats.nbinom.ppf(level, 7.3**2 / 12.7, 7.3 / 20)


def test_a_certain_count_is_its_own_quantile_and_none_is_none() -> None:
    assert counted_quantile([4.0, 0.0], [0.0, 0.0], 0.9).tolist() == [4, 0]
    assert np.isnan(counted_quantile(np.nan, np.nan, 0.9))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ages": [-1.0]}, "ages must be at least 0"),
        ({"shape": 0.0}, "shape must be above 0"),
        ({"usage": -5.0}, "usage must be at least 0"),
        ({"periods": 0}, "periods must be at least 1"),
        ({"host_survival": [0.5, 0.9]}, "host_survival must hold 2 shares"),
        ({"host_survival": [1.0]}, "host_survival must hold 2 shares"),
    ],
)
def test_mistakes_are_told_in_a_sentence(changed: dict[str, object], message: str) -> None:
    options: dict[str, object] = {"ages": [1.0], "shape": 2.0, "scale": 10.0, "usage": 1.0, "periods": 2} | changed
    ages = options.pop("ages")
    with pytest.raises(ValueError, match=message):
        installed_base_demand(ages, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level must lie between"):
        counted_quantile(1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="must not be negative"):
        conditional_failure_probability(-1, 1, 1, 1)
