"""The power-law process from counts, against published examples, its laws, and how often its bounds hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.growth import crow_amsaa
from analysis.growth_grouped import crow_amsaa_grouped
from analysis.result import Reason

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_helicopter_of_reliawiki() -> None:
    case = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}["rw_crow_grouped"]
    fit, printed = crow_amsaa_grouped(case["data"]["interval_ends"], case["data"]["failures"]), case["published"]
    assert fit.beta.value == pytest.approx(printed["beta"], abs=5e-8)
    assert fit.lambda_ == pytest.approx(printed["lam"], abs=5e-8)
    # Printed from parameters of five digits.
    assert fit.cumulative_mtbf.value == pytest.approx(printed["mtbf_c_500"], abs=1e-5)
    assert fit.mtbf.value == pytest.approx(printed["mtbf_i_500"], abs=2e-5)
    assert fit.chi_square.statistic == pytest.approx(printed["chi_square"], abs=5e-7)
    assert fit.chi_square.df == 4
    # The interval from 187 to 210 h expects 3.1 failures and joins the next one.
    assert (fit.chi_square_merged.n, fit.chi_square_merged.df) == (5, 3)


def test_the_aircraft_of_mil_hdbk_189() -> None:
    """Printed: β 0.753, λ 1.53, MTBF 2.7 h, χ² 5.5 with 3 degrees of freedom."""
    fit = crow_amsaa_grouped([20, 40, 60, 80, 100], [13, 16, 5, 8, 7])
    assert (round(fit.beta.value, 3), round(fit.lambda_, 2), round(fit.mtbf.value, 1)) == (0.753, 1.53, 2.7)
    assert (round(fit.chi_square.statistic, 2), fit.chi_square.df) == (5.45, 3)
    assert fit.chi_square_merged.statistic == fit.chi_square.statistic


def test_two_intervals_have_a_closed_form() -> None:
    """12 of 20 failures by half of the time: (1/2)^β = 0.6."""
    fit = crow_amsaa_grouped([50, 100], [12, 8])
    assert fit.beta.value == pytest.approx(np.log(0.6) / np.log(0.5))
    assert fit.expected_failures([50, 100]).tolist() == pytest.approx([12, 20])
    assert fit.chi_square.reason == Reason.TOO_FEW


def test_ever_finer_intervals_approach_the_exact_ages() -> None:
    times = np.array([4.3, 4.4, 10.2, 23.5, 23.8, 26.4, 74.0, 77.1, 92.1, 197.2])
    edges = np.linspace(0, 200, 40_001)
    fine = crow_amsaa_grouped(edges[1:], np.histogram(times, edges)[0])
    exact = crow_amsaa(times, 200)
    assert fine.beta.value == pytest.approx(exact.beta.value, rel=1e-4)
    assert fine.beta.low == pytest.approx(exact.beta.low, rel=0.05)
    # Crow's exact bound is that of a whole number, and higher.
    assert 0.8 * exact.mtbf.high < fine.mtbf.high < exact.mtbf.high
    assert fine.cumulative_mtbf.low == pytest.approx(exact.cumulative_mtbf.low)


def test_no_answer_where_the_counts_have_none() -> None:
    many = crow_amsaa_grouped([10, 20, 30], [[0, 0, 0], [0, 1, 0], [5, 0, 0], [0, 0, 5], [1, 2, 1]])
    assert many.reason.tolist() == ["no_events", "too_few", "no_variation", "no_variation", ""]
    assert np.isnan(many.beta.value[:4]).all()
    assert many[4].beta.low < many[4].beta.value < many[4].beta.high
    assert many[0].mtbf.low is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([10, 5], [1, 2]), "ascend"),
        (([0, 5], [1, 2]), "above 0"),
        (([5, 10], [1, 2, 3]), "one number per interval"),
        (([5, 10], [1, -2]), "whole numbers"),
    ],
)
def test_mistakes_are_errors(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crow_amsaa_grouped(*arguments)


counts = st.lists(st.integers(0, 9), min_size=2, max_size=8)


@settings(deadline=None)  # the machine may be busy
@given(counts, st.sampled_from([0.5, 24.0]))
def test_the_unit_matters_in_times_only(failures: list[int], unit: float) -> None:
    ends = np.arange(1, len(failures) + 1) ** 1.3
    one, other = crow_amsaa_grouped(ends, failures), crow_amsaa_grouped(ends * unit, failures)
    assert one.reason == other.reason
    assume(one.reason == "")
    assert (other.beta.low, other.beta.high) == pytest.approx((one.beta.low, one.beta.high), rel=1e-7)
    found = (one.mtbf.low, one.mtbf.value, one.mtbf.high)
    assert (other.mtbf.low, other.mtbf.value, other.mtbf.high) == pytest.approx([x * unit for x in found], rel=1e-7)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(counts.filter(lambda c: len(c) >= 4).map(lambda c: c[:4]), min_size=1, max_size=4))
def test_a_row_among_many_has_the_answer_that_it_has_alone(rows: list[list[int]]) -> None:
    together = crow_amsaa_grouped([1, 2, 4, 5], rows)
    for i, row in enumerate(rows):
        alone = crow_amsaa_grouped([1, 2, 4, 5], row)
        assert together[i].reason == alone.reason
        if not alone.reason:
            assert together[i].mtbf.high == pytest.approx(alone.mtbf.high, rel=1e-7)
            merged, own = together[i].chi_square_merged, alone.chi_square_merged
            assert (merged.n, merged.reason) == (own.n, own.reason)
            assert merged.statistic == (None if own.statistic is None else pytest.approx(own.statistic, rel=1e-9))


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.6, 1.5])
@pytest.mark.parametrize("mean", [5, 10, 30])
def test_ninety_percent_bounds_hold_in_ninety_percent_and_the_fit_rejects_five(beta: float, mean: float) -> None:
    ends = np.array([0.1, 0.2, 0.4, 0.6, 0.8, 1.0])
    expected = mean * np.diff(ends**beta, prepend=0)
    fit = crow_amsaa_grouped(ends, np.random.default_rng(16).poisson(expected, (10_000, 6)), confidence=0.9)
    known = ~np.isnan(fit.mtbf.high)
    assert known.mean() > 0.94
    assert 0.88 < np.mean(((fit.beta.low <= beta) & (beta <= fit.beta.high))[known]) < 0.92
    mtbf = 1 / (mean * beta)
    assert 0.88 < np.mean(((fit.mtbf.low <= mtbf) & (mtbf <= fit.mtbf.high))[known]) < 0.92
    if mean == 30:
        p = fit.chi_square_merged.p_value
        assert 0.035 < np.mean(p[~np.isnan(p)] <= 0.05) < 0.075
