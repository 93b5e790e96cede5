"""Shewhart charts against published limits, exact false-alarm rates, and what must hold for any data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.control import (
    ControlChart,
    c_chart,
    individuals_chart,
    np_chart,
    p_chart,
    p_prime_chart,
    u_chart,
    u_prime_chart,
)

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"

# Nonconformities in 26 samples of 100 printed circuit boards (Montgomery, Introduction to Statistical Quality Control,
# Example 7.3; the figures are those that R's qcc 3.0 prints in its vignette).
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]
# Viscosity of batches (Montgomery; qcc's data set `viscosity`): 20 of phase I.
VISCOSITY = [
    34.05, 34.40, 33.59, 35.96, 34.70, 33.51, 33.79, 34.04, 34.52, 33.75,
    33.27, 33.71, 34.03, 34.58, 34.02, 33.97, 34.05, 34.04, 33.73, 34.05,
]  # fmt: skip

counts = st.lists(st.integers(0, 40), min_size=2, max_size=30)


def example(name: str) -> dict[str, Any]:
    if not PUBLISHED.exists():
        pytest.skip("the published examples are not beside the project")
    found: dict[str, Any] = next(
        e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"] if e["id"] == name
    )
    return found


def limits(chart: ControlChart) -> tuple[Any, Any, Any]:
    """Centre and the limits of the first point."""
    return chart.centre, chart.lcl[0], chart.ucl[0]


def test_the_p_chart_of_the_juice_cans_is_the_published_one() -> None:
    e = example("p_chart_oj")
    chart = p_chart(e["data"]["D"], e["data"]["n"])
    published = e["published"]
    assert limits(chart) == pytest.approx((published["center"], published["LCL"], published["UCL"]), rel=1e-6)
    assert np.flatnonzero(chart.signal).tolist() == [14, 22]
    assert (chart.n, chart.reason) == (30, "")


def test_samples_whose_cause_was_found_are_kept_out_of_the_centre_but_judged() -> None:
    e = example("p_chart_oj")
    chart = p_chart(e["data"]["D"], e["data"]["n"], exclude=[14, 22])
    published = e["published"]["excl"]
    assert limits(chart) == pytest.approx((published["center"], published["LCL"], published["UCL"]), rel=1e-6)
    assert {14, 22} <= set(np.flatnonzero(chart.signal))


def test_the_np_chart_is_the_p_chart_in_numbers() -> None:
    """qcc 3.0, vignette: centre 11.56667, limits 2.621377 and 20.51196."""
    chart = np_chart(example("p_chart_oj")["data"]["D"], 50)
    assert limits(chart) == pytest.approx((11.56667, 2.621377, 20.51196), rel=1e-6)
    assert chart.value[0] == 12


@pytest.mark.parametrize(("name", "exposure"), [("u_chart_ex74", "n"), ("u_chart_ex75", "units")])
def test_u_charts_with_equal_and_differing_exposure_are_the_published_ones(name: str, exposure: str) -> None:
    e = example(name)
    chart = u_chart(e["data"]["x"], e["data"][exposure])
    published = e["published"]
    assert chart.centre == pytest.approx(published["center"], rel=1e-9)
    assert chart.ucl == pytest.approx(np.broadcast_to(published["UCL"], chart.ucl.shape), rel=1e-9)
    assert chart.lcl == pytest.approx(np.broadcast_to(published["LCL"], chart.lcl.shape), rel=1e-9)


def test_laneys_chart_of_large_samples_and_the_plain_one_beside_it_are_the_published_ones() -> None:
    e = example("laney_p_nhs")
    r, n, published = e["data"]["r"], e["data"]["n"], e["published"]
    prime, plain = p_prime_chart(r, n), p_chart(r, n)
    assert prime.centre == pytest.approx(published["center"], rel=1e-12)
    for ours, theirs in ((prime.lcl, "pp_LCL"), (prime.ucl, "pp_UCL"), (plain.lcl, "p_LCL"), (plain.ucl, "p_UCL")):
        assert ours == pytest.approx(np.array(published[theirs]), rel=1e-12)
    assert prime.sigma_z == pytest.approx(e["recomputed"]["values"]["sigma_z"], rel=1e-12)


def test_the_c_chart_of_the_circuit_boards_is_the_published_one_before_and_after_exclusion() -> None:
    chart = c_chart(BOARDS)
    assert limits(chart) == pytest.approx((19.84615, 6.481447, 33.21086), rel=1e-6)
    assert np.flatnonzero(chart.signal).tolist() == [5, 19]
    assert limits(c_chart(BOARDS, exclude=[5, 19])) == pytest.approx((19.66667, 6.362532, 32.9708), rel=1e-6)


def test_the_c_chart_of_the_wafers_is_that_of_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook 6.3.3.1: c̄ = 16, UCL = 28, LCL = 4; wafer 24 is above, wafer 3 on the limit."""
    wafers = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31, 13]
    chart = c_chart(wafers)
    assert limits(chart) == (16, 4, 28)
    assert np.flatnonzero(chart.signal).tolist() == [23]


def test_samples_of_differing_size_have_limits_of_their_own() -> None:
    """Purchase orders (Montgomery, table 7.4); the figures are those of qicharts2's reference test of that table."""
    errors = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
    orders = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120, 120, 110, 80, 80, 80, 90]
    orders += [100, 100, 100, 100, 90, 90]
    chart = p_chart(errors, orders)
    assert chart.centre == pytest.approx(0.09551, abs=5e-7)
    assert chart.ucl[[0, 1, 4, 8, 11]].round(6).tolist() == [0.183686, 0.194093, 0.179582, 0.188455, 0.176003]
    assert chart.lcl[[0, 1, 4, 8, 11]].round(6).tolist() == [0.007335, 0.0, 0.011438, 0.002565, 0.015017]
    assert np.flatnonzero(chart.signal).tolist() == [10]


def test_the_p_chart_of_the_circuits_is_that_of_the_sas_manual() -> None:
    """SAS/QC, PCHART, "Creating p charts from count data" (limits from memory, and recomputed from these counts)."""
    fail = [5, 6, 11, 6, 4, 9, 17, 10, 12, 9, 8, 7, 7, 15, 8, 18, 12, 16, 4, 7, 17, 12, 8, 7, 15, 6, 8, 12, 7, 9]
    chart = p_chart(fail, 500)
    assert limits(chart) == pytest.approx((0.019467, 0.000930786, 0.038003), rel=5e-5)
    assert not chart.signal.any()


def test_individuals_charts_with_a_phase_two_are_the_published_ones() -> None:
    """Mortgage costs (Montgomery, example 6.5, figures of qicharts2's test); flow rates (NIST handbook, 6.3.2.2)."""
    costs = [310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304]
    costs += [305, 282, 305, 296, 314, 295, 287, 301, 298, 311, 310, 292, 305, 299, 304, 310, 304, 305, 333, 328]
    chart = individuals_chart(costs, baseline=slice(0, 20))
    assert limits(chart) == pytest.approx((300.5, 279.783315, 321.216685), abs=5e-7)
    assert np.flatnonzero(chart.signal).tolist() == [38, 39]
    flow = individuals_chart([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    assert limits(flow) == pytest.approx((50.81, 45.8159, 55.8041), abs=5e-5)


def test_u_charts_in_the_units_of_qcc() -> None:
    """qcc 3.0, vignette: boards per 100 without samples 6 and 20; personal computers, 5 at a time (Montgomery)."""
    assert limits(u_chart(BOARDS, 100, exclude=[5, 19])) == pytest.approx((0.1966667, 0.06362532, 0.329708), rel=1e-6)
    computers = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
    assert limits(u_chart(computers, 5)) == pytest.approx((1.93, 0.06613305, 3.793867), rel=1e-6)


def test_phase_two_is_judged_by_the_limits_of_phase_one() -> None:
    later = [16, 18, 12, 15, 24, 21, 28, 20, 25, 19, 18, 21, 16, 22, 19, 12, 14, 9, 16, 21]
    chart = c_chart(BOARDS + later, baseline=slice(0, 26), exclude=[5, 19])
    assert limits(chart) == pytest.approx((19.66667, 6.362532, 32.9708), rel=1e-6)
    assert not chart.signal[26:].any()
    assert limits(chart) == limits(c_chart(BOARDS + later, baseline=np.arange(46) < 26, exclude=[5, 19]))


def test_individuals_are_judged_by_their_moving_range_as_qcc_does() -> None:
    """qcc 3.0, vignette: first all batches, then without batch 4."""
    chart = individuals_chart(VISCOSITY)
    assert limits(chart) == pytest.approx((34.088, 32.56504, 35.61096), rel=1e-6)
    assert chart.sigma[0] == pytest.approx(0.5076521, rel=1e-6)
    assert np.flatnonzero(chart.signal).tolist() == [3]
    assert limits(individuals_chart(VISCOSITY, exclude=[3])) == pytest.approx((33.98947, 32.75425, 35.2247), rel=1e-6)


def test_screened_moving_ranges_leave_out_the_one_jump() -> None:
    x = np.array([10.0, 11, 10, 11, 10, 11, 10, 11, 40, 11, 10, 11, 10, 11])
    assert individuals_chart(x).sigma[0] == pytest.approx((11 * 1 + 29 + 29) / 13 / 1.128)
    assert individuals_chart(x, screened=True).sigma[0] == pytest.approx(1 / 1.128)


def test_excluded_points_are_bridged_in_the_moving_range() -> None:
    x = [1.0, 2.0, 99.0, 4.0, np.nan, 3.0]
    assert individuals_chart(x, exclude=[2]).sigma[0] == pytest.approx((1 + 2 + 1) / 3 / 1.128)


def test_a_period_without_exposure_has_no_value_no_limits_and_no_part_in_the_centre() -> None:
    chart = u_chart([3, 5, np.nan, 4], [1.0, 0.0, 1.0, 1.0])
    assert chart.centre == 3.5
    assert np.isnan(chart.value).tolist() == [False, True, True, False]
    assert np.isnan(chart.ucl).tolist() == [False, True, True, False]
    assert not chart.signal.any()
    assert chart.n == 2


def test_masked_periods_are_periods_without_a_value() -> None:
    values = np.ma.array([3.0, 99.0, 5.0], mask=[False, True, False])
    for chart in (u_chart(values, 1.0), c_chart(values), individuals_chart(values)):
        assert chart.centre == 4.0
        assert np.isnan(chart.ucl).tolist() == [False, True, False]
    sizes = np.ma.array([10, 99, 10], mask=[False, True, False])
    assert p_chart([3, 1, 5], sizes).centre == 0.4


@pytest.mark.parametrize(
    ("chart", "reason"),
    [
        (u_chart([], 1.0), "no_data"),
        (p_prime_chart([], 5), "no_data"),
        (individuals_chart([]), "no_data"),
        (u_chart([np.nan, np.nan], 1.0), "no_data"),
        (u_chart([3, 4], 0.0), "no_exposure"),
        (u_chart([0, 0], 1.0), "no_events"),
        (u_chart([3, 4], 1.0, baseline=[]), "too_few"),
        (p_chart([4, 4], 4), "no_variation"),
        (p_prime_chart([4], 9), "too_few"),
        (u_prime_chart([4, 4, 4], 1.0), "no_variation"),
        (individuals_chart([4.0]), "too_few"),
        (individuals_chart([4.0, 4.0]), "no_variation"),
    ],
)
def test_without_what_limits_need_there_are_none_and_the_reason_is_told(chart: ControlChart, reason: str) -> None:
    assert chart.reason == reason
    assert np.isnan(chart.ucl).all()
    assert not chart.signal.any()


@pytest.mark.parametrize("rate", [0.0027, 0.05])
@pytest.mark.parametrize("mean", [0.1, 0.5, 3.0, 40.0])
def test_probability_limits_are_the_tightest_that_keep_the_false_alarm_rate(mean: float, rate: float) -> None:
    chart = c_chart([0], centre=mean, limits="probability", false_alarm_rate=rate)
    low, high = chart.lcl[0], chart.ucl[0]
    assert stats.poisson.sf(high, mean) <= rate / 2 < stats.poisson.sf(high - 1, mean)
    assert stats.poisson.cdf(low - 1, mean) < rate / 2 <= stats.poisson.cdf(low, mean)
    share = mean / 50
    chart = np_chart([0], 50, centre=share, limits="probability", false_alarm_rate=rate)
    assert stats.binom.sf(np.round(chart.ucl[0]), 50, share) <= rate / 2
    assert rate / 2 < stats.binom.sf(np.round(chart.ucl[0]) - 1, 50, share)


def test_three_sigma_limits_alarm_far_too_often_with_half_a_failure_a_period_and_probability_limits_do_not() -> None:
    """3σ: above ½ + 3·√½ = 2.62 are three failures and more, 1.4 % of all periods, ten times the nominal 0.135 %."""
    rng = np.random.default_rng(5)
    x = rng.poisson(0.5, (400, 500))
    assert u_chart(x, 1.0, centre=0.5).signal.mean() == pytest.approx(stats.poisson.sf(2, 0.5), rel=0.1)
    assert u_chart(x, 1.0, centre=0.5, limits="probability").signal.mean() <= 0.00135 * 1.5


def test_the_false_alarm_rate_of_estimated_probability_limits_is_near_the_nominal() -> None:
    rng = np.random.default_rng(6)
    exposure = rng.uniform(5, 15, (300, 200))
    chart = u_chart(rng.poisson(4 * exposure), exposure, limits="probability", false_alarm_rate=0.01)
    assert chart.signal.mean() == pytest.approx(0.0085, abs=0.0015)  # discreteness keeps it below 0.01


def test_laney_holds_the_false_alarms_where_shares_vary_more_than_binomially() -> None:
    rng = np.random.default_rng(7)
    p = np.clip(rng.normal(0.3, 0.02, (200, 100)), 0.01, 0.99)
    x = rng.binomial(20_000, p)
    assert p_chart(x, 20_000).signal.mean() > 0.5
    assert p_prime_chart(x, 20_000).signal.mean() == pytest.approx(0.0035, abs=0.0015)


@given(counts, st.floats(0.5, 20))
def test_u_limits_scale_with_the_unit_of_exposure(x: list[int], unit: float) -> None:
    one, other = u_chart(x, 2.0), u_chart(x, 2.0 * unit)
    assert other.value * unit == pytest.approx(one.value)
    assert other.ucl * unit == pytest.approx(one.ucl, nan_ok=True)


@given(counts, counts)
def test_every_row_of_a_matrix_is_the_chart_of_that_row(x: list[int], y: list[int]) -> None:
    size = min(len(x), len(y))
    both = u_chart(np.array([x[:size], y[:size]]), 3.0, rules="nelson")
    for i, row in enumerate((x, y)):
        alone = u_chart(row[:size], 3.0, rules="nelson")
        assert both[i].centre == alone.centre
        assert both[i].ucl.tolist() == pytest.approx(alone.ucl.tolist(), nan_ok=True)
        assert both[i].broken_rules == alone.broken_rules
        assert both[i].reason == alone.reason


@given(counts, st.randoms(use_true_random=False))
def test_the_order_of_the_periods_does_not_move_u_limits(x: list[int], chance: Any) -> None:
    shuffled = x[:]
    chance.shuffle(shuffled)
    assert u_chart(shuffled, 1.0).ucl[0] == pytest.approx(u_chart(x, 1.0).ucl[0], nan_ok=True)


@given(counts)
def test_a_prime_chart_widens_the_plain_limits_by_one_factor(x: list[int]) -> None:
    exposure = np.arange(1.0, len(x) + 1)
    plain, prime = u_chart(x, exposure), u_prime_chart(x, exposure)
    factor = prime.sigma / plain.sigma
    assert np.isnan(factor).all() or factor == pytest.approx(np.full(len(x), factor[0]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: p_chart([5], 4), "defective must not be above size"),
        (lambda: u_chart([-1], 1.0), "count must be at least 0, found -1"),
        (lambda: u_chart([1], -1.0), "exposure must be at least 0"),
        (lambda: u_chart([1, 2], [1.0, 2.0, 3.0]), "exposure must be a number or have the shape"),
        (lambda: u_chart([np.inf], 1.0), "must not hold infinite"),
        (lambda: u_chart([1], 1.0, centre=0.0), "centre must lie between"),
        (lambda: u_chart([1, 2], 1.0, exclude=[7]), "exclude does not fit 2 periods"),
        (lambda: u_chart([1, 2], 1.0, limits="probability", false_alarm_rate=0.0), "false_alarm_rate must lie"),
        (lambda: u_chart([1, 2], 1.0, limits="exact"), "limits must be"),  # type: ignore[arg-type]
        (lambda: u_chart([1, 2], 1.0, sigmas=0), "sigmas must be above 0"),
        (lambda: individuals_chart([1, 2], sigmas=-3), "sigmas must be above 0"),
        (lambda: individuals_chart([1, 2], sigma=0), "sigma must be above 0"),
        (lambda: individuals_chart([1, 2], centre=np.nan), "level must be a number"),
        (lambda: u_chart([1, 2], 1.0, rules="mine"), "rules must be"),  # type: ignore[arg-type]
        (lambda: np_chart([1, 2], [3, 4]), "size must be one number"),  # type: ignore[arg-type]
        (lambda: p_chart([1], 2.5, limits="probability"), "whole numbers"),
    ],
)
def test_what_cannot_be_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
