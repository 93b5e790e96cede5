"""Forecasts of sparse demand against statsforecast, where it computes the same: first values as start, fixed constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.demand import adida, croston, moving_average, naive, sba, seasonal_naive, ses, tsb

models = pytest.importorskip("statsforecast.models")

RNG = np.random.default_rng(21)
ARRIVALS = RNG.poisson(RNG.gamma(1.5, 0.4, 60)[:, None], (60, 48))
DEMAND = (ARRIVALS + RNG.poisson(2 * ARRIVALS)).astype(float)
DEMAND = DEMAND[(DEMAND > 0).any(axis=1)]


def theirs(model: Any) -> np.ndarray:
    """What a model says of the next period, part by part."""
    return np.array([model.forecast(y=row, h=1)["mean"][0] for row in DEMAND])


@pytest.mark.parametrize(
    ("ours", "model"),
    [
        (ses(DEMAND, alpha=0.1, init="naive"), models.SimpleExponentialSmoothing(alpha=0.1)),
        (croston(DEMAND, alpha=0.1, init="naive"), models.CrostonClassic()),
        (sba(DEMAND, alpha=0.1, init="naive"), models.CrostonSBA()),
        (tsb(DEMAND, alpha=0.2, beta=0.1, init="naive"), models.TSB(alpha_d=0.2, alpha_p=0.1)),
        (moving_average(DEMAND, window=18), models.WindowAverage(window_size=18)),
        (naive(DEMAND), models.Naive()),
    ],
    ids=["ses", "croston", "sba", "tsb", "moving average", "naive"],
)
def test_the_forecast_is_that_of_statsforecast(ours: Any, model: Any) -> None:
    assert ours.mean == pytest.approx(theirs(model), rel=1e-9)


def test_a_season_is_repeated_as_in_statsforecast() -> None:
    model = models.SeasonalNaive(season_length=12)
    expected = np.array([model.forecast(y=row, h=15)["mean"] for row in DEMAND])
    assert seasonal_naive(DEMAND, season=12).by_period(15) == pytest.approx(expected)


def test_blocks_agree_with_statsforecast_where_no_period_is_left_over() -> None:
    # It drops the newest periods where blocks do not fill the series, and chooses alpha between 0.1 and 0.3 for each part.
    low, high = (adida(DEMAND, alpha=a, init="naive").mean for a in (0.1, 0.3))
    slack = 1e-9 + 0.05 * np.abs(high - low)
    expected = theirs(models.ADIDA())
    level = np.rint([np.diff(np.flatnonzero(row) + 1, prepend=0).mean() for row in DEMAND])
    whole = (48 % level == 0) & (level <= 6)
    between = (expected >= np.minimum(low, high) - slack) & (expected <= np.maximum(low, high) + slack)
    assert whole.sum() > 15
    assert between[whole].mean() > 0.9
