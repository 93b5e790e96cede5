"""EWMA and CUSUM charts: the tables of Montgomery and NIST, closed forms, and run lengths as computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cumulative import cusum_chart, ewma_chart, poisson_cusum_chart, poisson_ewma_chart
from analysis.run_length import cusum_arl, ewma_arl, poisson_cusum_arl

# Montgomery, Introduction to Statistical Quality Control, table 9.1: μ0 = 10, σ = 1, a shift of 1 from value 21 on.
SHIFTED = [
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08,
    9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
]  # fmt: skip
# NIST/SEMATECH e-Handbook 6.3.2.4 (EWMA) and 6.3.2.3.1 (CUSUM).
NIST_EWMA = [
    52.0,
    47.0,
    53.0,
    49.3,
    50.1,
    47.0,
    51.0,
    50.1,
    51.2,
    50.5,
    49.6,
    47.6,
    49.9,
    51.3,
    47.8,
    51.2,
    52.6,
    52.4,
    53.6,
    52.1,
]
NIST_CUSUM = [
    324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
    324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
]  # fmt: skip

series = st.lists(st.floats(-5, 5), min_size=1, max_size=30)


def test_the_tabular_cusum_is_the_one_that_montgomery_prints() -> None:
    """Table 9.2: C⁺, N⁺, C⁻, N⁻; the signal is at value 29, the shift began 7 values before, the level is 11.25."""
    chart = cusum_chart(SHIFTED, target=10, sigma=1)
    assert chart.upper.sum.round(2).tolist() == [
        0, 0, 0, 1.16, 2.82, 2.5, 0.04, 1.0, 0, 0, 0, 0.97, 0.98, 0, 0, 0, 0.12, 0, 0, 0.34,
        0.74, 0, 1.79, 2.79, 2.89, 3.47, 3.35, 4.47, 5.28, 5.3,
    ]  # fmt: skip
    assert chart.upper.run[19:].tolist() == [1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert chart.lower.sum[:9].round(2).tolist() == [0.05, 1.56, 1.77, 0, 0, 0, 1.46, 0, 0.3]
    assert np.flatnonzero(chart.signal).tolist() == [28, 29]
    assert chart.upper.level[28] == pytest.approx(10 + 0.5 + 5.28 / 7, abs=1e-9)
    assert np.isnan(chart.upper.level[:28]).all()


def test_the_cusum_of_the_nist_handbook_comes_out() -> None:
    """k = 0.3175 and h = 4.1959 in units of the data; the process is out of control at group 14."""
    chart = cusum_chart(NIST_CUSUM, target=325, sigma=1, k=0.3175, h=4.1959)
    printed = [3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04]
    assert chart.upper.sum[12:] == pytest.approx(np.array(printed), abs=0.0051)
    assert np.flatnonzero(chart.signal)[0] == 13


def test_the_ewma_is_the_one_that_montgomery_prints() -> None:
    """Table 9.10 and example 9.2: λ = 0.1, L = 2.7; limits 10.27, 10.36, 10.42 … 10.62; a signal at value 29."""
    chart = ewma_chart(SHIFTED, target=10, sigma=1, weight=0.1, width=2.7)
    assert chart.value[:8] == pytest.approx(
        [9.945, 9.7495, 9.70355, 9.8992, 10.1253, 10.1307, 9.92167, 10.0755], abs=6e-5
    )
    assert chart.value[-2:] == pytest.approx([10.6468, 10.6341], abs=6e-5)
    assert chart.ucl[[0, 1, 2, 29]].round(2).tolist() == [10.27, 10.36, 10.42, 10.62]
    assert chart.lcl[[0, 1, 2, 29]].round(2).tolist() == [9.73, 9.64, 9.58, 9.38]
    assert np.flatnonzero(chart.signal).tolist() == [28, 29]


def test_the_ewma_of_the_nist_handbook_comes_out_with_steady_limits() -> None:
    chart = ewma_chart(NIST_EWMA, target=50, sigma=2.0539, weight=0.3, steady_state=True)
    assert (chart.lcl[0], chart.ucl[0]) == pytest.approx((47.4115, 52.5884), abs=2e-4)
    printed = [
        50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33,
        50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
    ]  # fmt: skip
    assert chart.value == pytest.approx(np.array(printed), abs=0.0051)
    assert not chart.signal.any()


def test_target_and_spread_come_from_the_baseline_when_they_are_not_known() -> None:
    chart = cusum_chart([1.0, 3.0, 2.0, 9.0, 9.0], baseline=slice(0, 3), h=4)
    assert chart.target == 2.0
    assert chart.sigma == pytest.approx(1.5 / 1.128)
    assert chart.upper.decision_interval == pytest.approx(4 * 1.5 / 1.128)
    ewma = ewma_chart([1.0, 3.0, 2.0, 9.0, 9.0], baseline=slice(0, 3))
    assert ewma.centre == 2.0
    assert ewma.ucl[0] == pytest.approx(2 + 3 * 0.2 * 1.5 / 1.128)


def test_with_equal_exposure_the_limits_of_the_poisson_ewma_are_the_textbooks() -> None:
    """Borror, Champ and Rigdon (1998): μ0 ± A √(λ μ0 / (2 − λ)) in the long run."""
    chart = poisson_ewma_chart([4] * 200, rate=4.0, weight=0.27, width=2.9)
    reach = 2.9 * np.sqrt(0.27 * 4 / 1.73 * (1 - 0.73 ** (2 * np.arange(1, 201))))
    assert chart.ucl == pytest.approx(4 + reach)
    assert chart.lcl == pytest.approx(np.maximum(4 - reach, 0))
    steady = poisson_ewma_chart([4] * 3, rate=4.0, weight=0.27, width=2.9, steady_state=True)
    assert steady.ucl == pytest.approx(np.full(3, chart.ucl[-1]))


def test_the_variance_of_the_poisson_ewma_is_exact_for_exposures_that_differ() -> None:
    exposure = np.array([1.0, 10.0, 0.0, 3.0, 0.5])
    x = np.random.default_rng(2).poisson(3 * exposure, (60_000, 5))
    chart = poisson_ewma_chart(x, exposure, rate=3.0, weight=0.3)
    assert np.isnan(chart.value[:, 2]).all()
    seen = [0, 1, 3, 4]
    assert chart.value[:, seen].std(axis=0) == pytest.approx(chart.sigma[0, seen], rel=0.015)


def test_a_missing_period_leaves_the_state_as_it_was() -> None:
    gap = cusum_chart([11.0, np.nan, 12.0], target=10, sigma=1)
    none = cusum_chart([11.0, 12.0], target=10, sigma=1)
    assert gap.upper.sum.tolist() == [none.upper.sum[0], none.upper.sum[0], none.upper.sum[1]]
    assert gap.upper.run.tolist() == [1, 1, 2]
    counts = poisson_cusum_chart([2, 0, 3], [1.0, 0.0, 1.0], rate=1, h=5, k=1)
    assert counts.sum.tolist() == [1.0, 1.0, 3.0]
    smooth = ewma_chart([11.0, np.nan, 12.0], target=10, sigma=1)
    assert smooth.value[2] == ewma_chart([11.0, 12.0], target=10, sigma=1).value[1]


def test_the_poisson_cusum_is_lucas_recursion_with_his_reference_value() -> None:
    """Lucas (1985): k = (μd − μa)/(ln μd − ln μa), a signal at a sum of h or more."""
    chart = poisson_cusum_chart([3, 5, 0, 6, 4], rate=2.0, ratio=2.0, h=6)
    k = 2 / np.log(2)
    expected, c = [], 0.0
    for y in (3, 5, 0, 6, 4):
        c = max(0.0, c + y - k)
        expected.append(c)
    assert chart.sum == pytest.approx(expected)
    assert poisson_cusum_chart([3, 4], rate=2.0, k=2.0, h=3).signal.tolist() == [False, True]


def test_a_sum_of_decimal_fractions_that_meets_the_limit_signals() -> None:
    assert poisson_cusum_chart([1, 1, 1], rate=0.5, k=0.9, h=0.3).signal.tolist() == [False, False, True]


def test_the_poisson_cusum_tells_since_when_and_how_much() -> None:
    exposure = np.array([2.0, 2.0, 4.0, 4.0])
    chart = poisson_cusum_chart([1, 2, 12, 12], exposure, rate=1.0, ratio=2.0, h=8)
    assert chart.signal.tolist() == [False, False, False, True]
    assert chart.run[-1] == 2
    assert chart.level[-1] == pytest.approx(24 / 8)


def test_a_ratio_below_one_watches_for_an_improvement() -> None:
    chart = poisson_cusum_chart([10, 4, 4, 4, 4], rate=10, ratio=0.5, h=12)
    assert chart.signal.tolist() == [False, False, False, False, True]
    assert chart.level[-1] == pytest.approx(4.0)
    assert not poisson_cusum_chart([10] * 20, rate=10, ratio=0.5, h=12).signal.any()


def run_lengths(signal: np.ndarray[Any, Any]) -> float:
    """Mean run length where runs that did not end go on anew."""
    width = signal.shape[1]
    ended = signal.any(axis=1)
    return float(np.where(ended, signal.argmax(axis=1) + 1, width).sum() / ended.sum())


@pytest.mark.slow
def test_charts_run_as_long_as_computed_before_a_false_alarm() -> None:
    rng = np.random.default_rng(8)
    x = rng.standard_normal((4000, 600))
    design = {"target": 0.0, "sigma": 1.0}
    chart = cusum_chart(x, **design, k=0.5, h=4)
    assert run_lengths(chart.signal) == pytest.approx(cusum_arl(0.5, 4), rel=0.05)
    started = cusum_chart(x + 0.5, **design, k=0.5, h=4, head_start=2)
    assert run_lengths(started.signal) == pytest.approx(cusum_arl(0.5, 4, shift=0.5, head_start=2), rel=0.05)
    smooth = ewma_chart(x, **design, weight=0.2, width=2.6, steady_state=True)
    assert run_lengths(smooth.signal) == pytest.approx(ewma_arl(0.2, 2.6), rel=0.05)
    y = rng.poisson(1.88, (4000, 300))
    assert run_lengths(poisson_cusum_chart(y, rate=1.88, k=2, h=6).signal) == pytest.approx(37.2, rel=0.05)
    lower = poisson_cusum_chart(y, rate=1.88, ratio=0.5, k=1.5, h=4)
    assert run_lengths(lower.signal) == pytest.approx(poisson_cusum_arl(1.88, 1.5, 4, side="lower"), rel=0.05)


@given(series, st.floats(0.1, 50), st.floats(-100, 100))
def test_unit_and_origin_of_the_values_do_not_matter(x: list[float], unit: float, origin: float) -> None:
    moved = np.array(x) * unit + origin
    one, other = cusum_chart(x, target=0, sigma=1), cusum_chart(moved, target=origin, sigma=unit)
    assert other.upper.sum == pytest.approx(one.upper.sum * unit, abs=1e-9 * (1 + abs(origin)) * 100)
    smooth = ewma_chart(moved, target=origin, sigma=unit).value
    assert smooth == pytest.approx(ewma_chart(x, target=0, sigma=1).value * unit + origin, abs=1e-6)


@given(series)
def test_the_lower_side_is_the_upper_side_of_the_mirrored_values(x: list[float]) -> None:
    one, mirrored = cusum_chart(x, target=0, sigma=1), cusum_chart(-np.array(x), target=0, sigma=1)
    assert one.lower.sum.tolist() == mirrored.upper.sum.tolist()
    assert one.lower.signal.tolist() == mirrored.upper.signal.tolist()


@given(st.lists(st.integers(0, 9), min_size=2, max_size=20), st.lists(st.integers(0, 9), min_size=2, max_size=20))
def test_every_row_of_a_matrix_is_the_chart_of_that_row(x: list[int], y: list[int]) -> None:
    size = min(len(x), len(y))
    rows = np.array([x[:size], y[:size]], dtype=float)
    for chart in (
        lambda v: poisson_cusum_chart(v, rate=2.0, h=5).sum,
        lambda v: poisson_ewma_chart(v, 2.0).ucl,
        lambda v: cusum_chart(v).upper.sum,
        lambda v: ewma_chart(v).value,
    ):
        together = chart(rows)
        for i in range(2):
            assert together[i].tolist() == pytest.approx(chart(rows[i]).tolist(), nan_ok=True)


def test_one_cell_of_many_has_both_its_sides() -> None:
    chart = cusum_chart(np.array([SHIFTED, SHIFTED[::-1]]), target=10, sigma=1)
    assert chart[0].upper.sum.tolist() == cusum_chart(SHIFTED, target=10, sigma=1).upper.sum.tolist()
    assert chart[0].upper.decision_interval == 5.0


@pytest.mark.parametrize(
    ("chart", "reason"),
    [
        (ewma_chart([]), "no_data"),
        (ewma_chart([np.nan]), "no_data"),
        (ewma_chart([1.0]), "too_few"),
        (ewma_chart([1.0, 1.0]), "no_variation"),
        (poisson_ewma_chart([0, 0]), "no_events"),
        (poisson_ewma_chart([1], 0.0), "no_exposure"),
        (cusum_chart([]), "no_data"),
        (cusum_chart([np.nan]), "no_data"),
        (poisson_cusum_chart([], rate=1, h=2), "no_data"),
        (cusum_chart([1.0]), "too_few"),
        (cusum_chart([1.0, 1.0]), "no_variation"),
        (poisson_cusum_chart([np.nan], rate=1, h=2), "no_data"),
    ],
)
def test_without_what_limits_need_there_is_no_signal(chart: Any, reason: str) -> None:
    assert chart.reason == reason
    assert not chart.signal.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ewma_chart([1.0], weight=0.0), "weight must be above 0"),
        (lambda: ewma_chart([1.0], width=0.0), "width must be above 0"),
        (lambda: ewma_chart([1.0], sigma=0.0), "sigma must be above 0"),
        (lambda: cusum_chart([1.0], target=np.nan), "level must be a number"),
        (lambda: poisson_ewma_chart([1], rate=0.0), "rate must be above 0"),
        (lambda: cusum_chart([1.0], h=0.0), "h must be above 0"),
        (lambda: cusum_chart([1.0], k=-1.0), "k must be at least 0"),
        (lambda: cusum_chart([1.0], head_start=5.0), "head_start must be"),
        (lambda: poisson_cusum_chart([1], rate=0.0, h=1), "rate must be above 0"),
        (lambda: poisson_cusum_chart([1], rate=1.0, h=1, ratio=1.0), "ratio must be"),
    ],
)
def test_what_cannot_be_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
