"""MTBF at a constant rate against the factors of the NIST handbook, and how often its bounds hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from analysis.mtbf import mtbf_bounds
from analysis.result import Reason

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_factors_are_those_of_nist() -> None:
    example = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}["hpp_mtbf_factors"]
    r, confidence, factors = example["data"]["r"], example["data"]["conf"], example["recomputed"]["values"]
    for truncation in ("time", "failure"):
        bounds = mtbf_bounds(r, r, truncation=truncation, confidence=confidence)  # type: ignore[arg-type]
        assert bounds.value.tolist() == [1.0] * len(r)
        assert bounds.low.tolist() == pytest.approx(factors[f"{truncation}_truncated_lower"], rel=1e-12)
        assert bounds.high.tolist() == pytest.approx(factors[f"{truncation}_truncated_upper"], rel=1e-12)
    none = mtbf_bounds(0, 1, confidence=confidence)
    assert 1 / none.low == pytest.approx(factors["zero_fail_lower_T_over"], rel=1e-12)


def test_two_failures_in_eight_hundred_hours() -> None:
    """NIST/SEMATECH e-Handbook 8.4.5.1: MTBF 400; 90 % bounds 127 and 2251, a 90 % lower bound 150 (from memory, recomputed)."""
    both, lower = mtbf_bounds(2, 800, confidence=0.9), mtbf_bounds(2, 800, confidence=0.9, side="lower")
    assert (both.value, round(both.low, 2), round(both.high, 2)) == (400, 127.07, 2251.23)
    assert (round(lower.low, 2), lower.high) == (150.31, None)


def test_without_failures_there_is_only_a_lower_bound() -> None:
    """1,000 hours without a failure: e^(−1000/434.29) = 0.1, so that 434.29 h is exceeded at 90 %."""
    none = mtbf_bounds(0, 1000.0, confidence=0.9)
    assert none.low == pytest.approx(434.2944819)
    assert (none.value, none.high, none.reason, none.n) == (None, None, Reason.NO_EVENTS, 0)
    assert "one-sided" in none.method
    assert mtbf_bounds(0, 1000.0, side="lower", confidence=0.9).low == none.low


def test_without_exposure_there_is_nothing() -> None:
    nothing = mtbf_bounds(0, 0.0)
    assert (nothing.value, nothing.low, nothing.high, nothing.reason) == (None, None, None, Reason.NO_EXPOSURE)


def test_a_one_sided_bound_leaves_all_of_the_risk_on_its_side() -> None:
    two = mtbf_bounds(4, 100.0, confidence=0.9)
    low = mtbf_bounds(4, 100.0, side="lower", confidence=0.95)
    high = mtbf_bounds(4, 100.0, side="upper", confidence=0.95)
    assert (low.low, low.high) == (two.low, None)
    assert (high.low, high.high) == (None, two.high)
    assert "one-sided lower" in low.method


def test_the_bounds_are_where_the_poisson_tails_are() -> None:
    for r in range(1, 12):
        found = mtbf_bounds(r, 50.0, confidence=0.8)
        assert poisson.cdf(r, 50 / found.low) == pytest.approx(0.1)
        assert poisson.sf(r - 1, 50 / found.high) == pytest.approx(0.1)


def test_arrays_give_arrays_with_a_reason_beside_each() -> None:
    many = mtbf_bounds([3, 0, 2], [30.0, 10.0, 0.0])
    assert many.reason.tolist() == ["", "no_events", "no_exposure"]
    assert many[0].value == 10
    assert np.isnan(many.value[1:]).all()
    assert (many[2].low, many[1].low is None) == (None, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"failures": -1, "exposure": 1}, "whole numbers"),
        ({"failures": 1.5, "exposure": 1}, "whole numbers"),
        ({"failures": 1, "exposure": -1}, "exposure"),
        ({"failures": 1, "exposure": np.nan}, "exposure"),
        ({"failures": 1, "exposure": 1, "confidence": 0}, "confidence"),
        ({"failures": 1, "exposure": 1, "side": "left"}, "side"),
        ({"failures": 1, "exposure": 1, "truncation": "both"}, "truncation"),
    ],
)
def test_mistakes_are_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mtbf_bounds(**arguments)


@settings(deadline=None)  # the machine may be busy
@given(st.integers(1, 200), st.floats(0.1, 1e6), st.floats(0.01, 1e4))
def test_the_unit_does_not_matter_and_the_value_lies_between(r: int, exposure: float, unit: float) -> None:
    one, other = mtbf_bounds(r, exposure), mtbf_bounds(r, exposure * unit)
    assert one.low < one.value < one.high
    assert (other.low, other.value, other.high) == pytest.approx([x * unit for x in (one.low, one.value, one.high)])


@pytest.mark.parametrize("r", [5, 10, 30])
def test_failure_truncated_ninety_percent_bounds_hold_in_ninety_percent(r: int) -> None:
    exposure = np.random.default_rng(11).gamma(r, 1.0, 100_000)
    found = mtbf_bounds(r, exposure, truncation="failure", confidence=0.9)
    assert np.mean((found.low <= 1) & (found.high >= 1)) == pytest.approx(0.9, abs=0.004)


@pytest.mark.parametrize("mean", [5, 10, 30])
def test_time_truncated_ninety_percent_bounds_never_hold_less_often(mean: float) -> None:
    """By the Poisson distribution: at least 95 % on each side, but for the one-sided bound without failures."""
    r = np.arange(200)
    found = mtbf_bounds(r, mean, confidence=0.9)
    probability = poisson.pmf(r, mean)
    assert probability[np.nan_to_num(found.low) <= 1].sum() >= 0.95 - probability[0]
    assert probability[np.nan_to_num(found.high, nan=np.inf) >= 1].sum() >= 0.95
