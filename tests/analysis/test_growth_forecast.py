"""What the next period brings: cases with a closed form, laws, and how often the interval holds the number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, nbinom

from analysis.growth import crow_amsaa
from analysis.growth_forecast import crow_amsaa_forecast
from analysis.result import Reason

AGES = [4.3, 4.4, 10.2, 23.5, 23.8, 26.4, 74.0, 77.1, 92.1, 197.2]


def test_the_failures_expected_are_those_of_the_fitted_curve() -> None:
    for unbiased in (False, True):
        fit = crow_amsaa(AGES, 200, unbiased=unbiased)
        forecast = crow_amsaa_forecast(AGES, 50, 200, unbiased=unbiased)
        assert forecast.value == pytest.approx(fit.expected_failures(250) - fit.expected_failures(200))
    assert forecast.low < forecast.value < forecast.high
    assert forecast.low == int(forecast.low)


@pytest.mark.parametrize("ahead", [80, 400])
@pytest.mark.parametrize("end", [None, 200.0])
def test_the_interval_is_the_negative_binomial_averaged_over_beta(end: float | None, ahead: float) -> None:
    """By 200,000 quantiles of the pivot: βΣ ln(T/t) is gamma, of 9 degrees failure-truncated, 10 time-truncated."""
    last = end or max(AGES)
    counted = 10 if end else 9
    beta = gamma.ppf((np.arange(200_000) + 0.5) / 200_000, counted) / np.log(last / np.array(AGES)).sum()
    past = (last / (last + ahead)) ** beta
    found = crow_amsaa_forecast(AGES, ahead, end, confidence=0.8)

    def least(seen: int, share: float) -> int:
        return next(m for m in range(100) if nbinom.cdf(m, seen, past).mean() >= share)

    assert (found.low, found.high) == (least(10, 0.1), least(11 if end else 10, 0.9))


def test_systems_that_stop_running_bring_nothing() -> None:
    times, system = [10.0, 30, 50, 20, 70], [0, 0, 0, 1, 1]
    both = crow_amsaa_forecast(times, [20, 20], [100, 100], system=system)
    one = crow_amsaa_forecast(times, [20, 0], [100, 100], system=system)
    none = crow_amsaa_forecast(times, 0, [100, 100], system=system)
    assert one.value == pytest.approx(both.value / 2)
    assert (none.low, none.value, none.high) == (0, 0, 0)


def test_without_a_fit_there_is_no_forecast() -> None:
    assert crow_amsaa_forecast([5.0], 10, 100).reason == Reason.TOO_FEW
    assert crow_amsaa_forecast([], 10, 100).high is None
    many = crow_amsaa_forecast([5.0, 3, 9, 20], 10, 50, group=[0, 1, 1, 1])
    assert many.reason.tolist() == ["too_few", ""]
    assert np.isnan(many.low[0])
    assert many.high[1] == crow_amsaa_forecast([3, 9, 20], 10, 50).high


@pytest.mark.parametrize(("ahead", "message"), [(-1, "negative"), ([1, 2], "one per system"), (np.nan, "known")])
def test_mistakes_are_errors(ahead: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crow_amsaa_forecast(AGES, ahead, 200)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.integers(1, 99), min_size=2, max_size=10), st.integers(1, 50), st.sampled_from([0.25, 24.0]))
def test_the_unit_does_not_matter_and_longer_brings_no_fewer(ages: list[int], ahead: int, unit: float) -> None:
    one = crow_amsaa_forecast(ages, ahead, 100)
    other = crow_amsaa_forecast(np.array(ages) * unit, ahead * unit, 100 * unit)
    longer = crow_amsaa_forecast(ages, ahead + 10, 100)
    assert (other.low, other.high) == (one.low, one.high)
    assert other.value == pytest.approx(one.value)
    assert longer.value > one.value
    assert longer.low >= one.low
    assert longer.high >= one.high


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.6, 1.5])
@pytest.mark.parametrize("mean", [5, pytest.param(30, marks=pytest.mark.matrix)])
@pytest.mark.parametrize(("ends", "starts"), [([1.0], [0.0]), ([1.0, 0.5, 0.2], [0.0] * 3), ([1.0, 0.8], [0.0, 0.3])])
def test_ninety_percent_intervals_hold_the_number_at_least_so_often(
    beta: float, mean: float, ends: list[float], starts: list[float]
) -> None:
    rng = np.random.default_rng(17)
    groups, k = 3000, len(ends)
    end, start, code = np.tile(ends, groups), np.tile(starts, groups), np.arange(groups * k) // k
    lam = mean / (np.array(ends) ** beta - np.array(starts) ** beta).sum()
    grown = end**beta - start**beta
    system = np.repeat(np.arange(groups * k), rng.poisson(lam * grown))
    times = (start[system] ** beta + rng.uniform(size=system.size) * grown[system]) ** (1 / beta)
    came = np.bincount(code, rng.poisson(lam * ((end + 0.4) ** beta - end**beta)))
    found = crow_amsaa_forecast(times, 0.4, end, system=system, start=start, group=code, confidence=0.9)
    known = ~np.isnan(found.low)
    assert 0.885 < np.mean(((found.low <= came) & (came <= found.high))[known]) < 0.985
    assert np.mean((came < found.low)[known]) < 0.062
    assert np.mean((came > found.high)[known]) < 0.062


def late_starts(beta: float, mean: float, groups: int) -> tuple[dict[str, Any], Any]:
    """Groups of two systems watched from ages 1 to 4 and 3 to 5, and the failures to come in 2 more."""
    rng = np.random.default_rng(21)
    start, end = np.tile([1.0, 3.0], groups), np.tile([4.0, 5.0], groups)
    grown = end**beta - start**beta
    rate = mean / grown[:2].sum()
    n = rng.poisson(rate * grown)
    system = np.repeat(np.arange(2 * groups), n)
    times = (start[system] ** beta + rng.uniform(size=n.sum()) * grown[system]) ** (1 / beta)
    coming = rng.poisson(rate * ((end + 2) ** beta - end**beta)).reshape(groups, 2).sum(axis=1)
    group = np.arange(2 * groups) // 2
    return {"times": times, "end": end, "system": system, "start": start, "group": group}, coming


@pytest.mark.slow
@pytest.mark.parametrize(("beta", "mean"), [(0.6, 10), pytest.param(1.5, 10, marks=pytest.mark.matrix), (1.5, 30)])
def test_watched_from_late_starts_only_the_bounds_hold_though_small_beta_are_not_excluded(
    beta: float, mean: float
) -> None:
    arguments, coming = late_starts(beta, mean, 3000)
    fit = crow_amsaa(**arguments, confidence=0.9)
    known = fit.reason == ""
    assert np.isnan(fit.beta.high[known]).mean() < 0.004  # there the data speak against any β above 0
    assert (fit.beta.low[known] == 0).mean() > 0.2
    assert 0.88 < ((fit.beta.low <= beta) & (beta <= fit.beta.high))[known].mean() < 0.94
    found = crow_amsaa_forecast(ahead=2, **arguments, confidence=0.9)
    known = found.reason == ""
    assert not np.isnan(found.high[known]).any()
    assert 0.88 < ((found.low <= coming) & (coming <= found.high))[known].mean() < 0.97
