"""g and t charts: published limits, closed forms, and the false alarms that the limits promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.control import individuals_chart
from analysis.time_between import g_chart, t_chart

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"

# Hours between the failures of a valve (Montgomery, Introduction to Statistical Quality Control, Example 7.6) and the
# same to the power 0.2777 as his table prints them.
VALVE = [286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96]
VALVE_TRANSFORMED = [
    4.80986, 6.70903, 5.72650, 3.81367, 6.43541, 6.23705, 1.46958, 3.96768, 5.39007, 1.78151,
    9.09619, 5.89774, 3.38833, 4.51095, 5.91690, 5.59189, 7.16124, 7.18601, 9.09083, 3.55203,
]  # fmt: skip

times = st.lists(st.floats(0.01, 1000), min_size=2, max_size=30)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_g_chart_is_the_published_one_about_median_and_mean() -> None:
    examples = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}
    x, published = examples["g_chart"]["data"]["x"], examples["g_chart"]["published"]
    chart = g_chart(x, centre_line="median")
    assert (chart.centre, chart.lcl[0]) == (published["center"], published["LCL"])
    assert chart.ucl[0] == pytest.approx(published["UCL"], rel=1e-9)
    about_mean = g_chart(x)
    assert (about_mean.centre, about_mean.ucl[0]) == (7.5, chart.ucl[0])


def test_counting_the_failed_job_too_moves_the_whole_chart_by_one() -> None:
    x = np.array([5, 12, 0, 3, 8, 20, 1, 7, 15, 4])
    for limits in ("sigma", "probability"):
        one, other = g_chart(x, limits=limits), g_chart(x + 1, least=1, limits=limits)  # type: ignore[arg-type]
        assert other.ucl == pytest.approx(one.ucl + 1)
        assert other.lcl == pytest.approx(one.lcl + 1)
        assert other.centre == pytest.approx(one.centre + 1)


@pytest.mark.parametrize("mean", [0.3, 4.0, 250.0, 5000.0])
def test_probability_limits_of_the_g_chart_are_the_geometric_quantiles(mean: float) -> None:
    chart = g_chart(np.array([0.0, 2 * mean]), limits="probability", false_alarm_rate=0.01)
    p = 1 / (mean + 1)
    assert chart.lcl[0] == stats.geom.ppf(0.005, p) - 1
    assert chart.ucl[0] == stats.geom.ppf(0.995, p) - 1


def test_only_probability_limits_have_a_lower_limit_that_finds_failures_that_come_faster() -> None:
    x = [900, 1100, 1500, 700, 1000, 800, 1200, 950, 0]
    assert not g_chart(x, baseline=slice(0, 8)).signal.any()
    found = g_chart(x, baseline=slice(0, 8), limits="probability").signal
    assert np.flatnonzero(found).tolist() == [8]


def test_the_valve_failures_transform_as_published_and_are_in_control() -> None:
    """Limits from his printed column: 11.661 and −0.888. (−0.836 and 11.607, also quoted for it, follow from no usual
    estimate: the median moving range gives 11.38, the standard deviation 11.52, over c₄ 11.60, mean squares 11.72.)"""
    chart = individuals_chart(np.array(VALVE) ** 0.2777)
    assert chart.value == pytest.approx(np.array(VALVE_TRANSFORMED), abs=2e-5)
    assert not chart.signal.any()
    assert chart.centre == pytest.approx(np.mean(VALVE_TRANSFORMED), abs=1e-5)
    reach = 3 * np.abs(np.diff(VALVE_TRANSFORMED)).mean() / 1.128
    assert chart.ucl[0] == pytest.approx(chart.centre + reach, abs=1e-4)
    assert (chart.lcl[0], chart.ucl[0]) == pytest.approx((-0.888, 11.661), abs=5e-4)


def test_the_t_chart_of_the_valve_is_the_published_one() -> None:
    """The reference of qicharts2's test of Montgomery's example 7.6, in hours, by the power 1/3.6."""
    chart = t_chart(VALVE)
    assert (chart.centre, chart.ucl[0], chart.lcl[0]) == pytest.approx((430.040952, 6937.933488, 0.0), abs=5e-7)
    assert not chart.signal.any()


def test_with_a_known_rate_the_limits_are_those_of_the_literature() -> None:
    """Xie, Goh and Ranjan (2002): λ = 0.001, 0.0027 (from memory, recomputed): −ln(q)/λ = 1.35, 693.15, 6607.65."""
    chart = t_chart([5000.0], scale=1000.0, limits="probability")
    assert chart.centre == pytest.approx(693.15, abs=0.005)
    assert (chart.lcl[0], chart.ucl[0]) == pytest.approx((1.35, 6607.65), abs=0.005)
    of_count = g_chart([20], mean=0.99 / 0.01, limits="probability")
    assert of_count.lcl[0] == stats.geom.ppf(0.00135, 0.01) - 1
    assert of_count.ucl[0] == stats.geom.ppf(0.99865, 0.01) - 1
    assert g_chart([20], mean=4.0).ucl[0] == pytest.approx(4 + 3 * 20**0.5)
    assert g_chart([20, 3], mean=4.0, centre_line="median").centre == 11.5


def test_the_t_chart_is_the_transformed_chart_carried_back() -> None:
    flat, chart = individuals_chart(np.array(VALVE) ** (1 / 3.6)), t_chart(VALVE)
    assert chart.value.tolist() == VALVE
    assert chart.centre == pytest.approx(flat.centre**3.6)
    assert chart.ucl == pytest.approx(flat.ucl**3.6)
    assert flat.lcl[0] < 0
    assert chart.lcl[0] == 0


def test_probability_limits_of_the_t_chart_are_the_exponential_quantiles() -> None:
    chart = t_chart(VALVE, limits="probability")
    mean = np.mean(VALVE)
    assert chart.lcl[0] == pytest.approx(stats.expon.ppf(0.00135, scale=mean))
    assert chart.ucl[0] == pytest.approx(stats.expon.ppf(0.99865, scale=mean))
    assert chart.centre == pytest.approx(stats.expon.median(scale=mean))


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.0])
def test_points_outside_probability_limits_are_as_many_as_promised(shape: float) -> None:
    x = np.random.default_rng(4).weibull(shape, (200, 1000))
    outside = t_chart(x, shape=shape, limits="probability", false_alarm_rate=0.01)
    assert outside.signal.mean() == pytest.approx(0.01, abs=0.0008)
    assert (x < outside.lcl).mean() == pytest.approx(0.005, abs=0.0006)


def test_further_rules_see_normal_scores_of_the_times() -> None:
    """Nine exponential times above the median in a row are one signal of rule 2, whatever their skew."""
    chart = t_chart([9.0, 1, 9, 1] + [8.0] * 9, baseline=slice(0, 4), limits="probability", rules="nelson")
    assert 2 in chart.broken_rules[-1]
    assert all(2 not in point for point in chart.broken_rules[:-1])


@given(times, st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter(x: list[float], unit: float) -> None:
    for limits in ("transformed", "probability"):
        one = t_chart(x, limits=limits)  # type: ignore[arg-type]
        other = t_chart(np.array(x) * unit, limits=limits)  # type: ignore[arg-type]
        assert other.centre == pytest.approx(one.centre * unit, rel=1e-6)
        if one.reason == other.reason == "":
            assert other.ucl == pytest.approx(one.ucl * unit, rel=1e-4)


@given(times)
def test_weibull_times_are_exponential_times_to_a_power(x: list[float]) -> None:
    one = t_chart(np.array(x) ** 2, limits="probability")
    other = t_chart(x, shape=2.0, limits="probability")
    assert other.ucl**2 == pytest.approx(one.ucl)
    assert other.signal.tolist() == one.signal.tolist()


def test_rows_of_different_length_are_filled_with_nan() -> None:
    together = t_chart([[3.0, 5.0, 9.0], [3.0, 5.0, np.nan]])
    assert together[1].ucl[:2] == pytest.approx(t_chart([3.0, 5.0]).ucl)
    assert together.n.tolist() == [3, 2]
    assert g_chart([[3.0, 5.0], [4.0, np.nan]]).centre.tolist() == [4.0, 4.0]


@pytest.mark.parametrize(
    ("chart", "reason"),
    [
        (t_chart([]), "no_data"),
        (t_chart([np.nan]), "no_data"),
        (t_chart([4.0]), "too_few"),
        (t_chart([4.0], baseline=[], limits="probability"), "too_few"),
        (t_chart([0.0, 0.0], limits="probability"), "no_variation"),
        (g_chart([np.nan]), "no_data"),
        (g_chart([0, 0]), "no_variation"),
        (g_chart([3], baseline=[]), "too_few"),
    ],
)
def test_without_what_limits_need_there_are_none(chart: Any, reason: str) -> None:
    assert chart.reason == reason
    assert np.isnan(chart.ucl).all()
    assert not chart.signal.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t_chart([-1.0]), "time must be at least 0"),
        (lambda: t_chart([1.0], shape=0), "shape must be above 0"),
        (lambda: t_chart([1.0], sigmas=-1), "sigmas must be above 0"),
        (lambda: t_chart([1.0], scale=3.0), "limits 'probability'"),
        (lambda: t_chart([1.0], scale=0.0, limits="probability"), "scale must be above 0"),
        (lambda: g_chart([1], sigmas=-1), "sigmas must be above 0"),
        (lambda: g_chart([1], mean=1.0, least=1), "mean must be above 1"),
        (lambda: t_chart([1.0], limits="sigma"), "limits must be"),  # type: ignore[arg-type]
        (lambda: t_chart([1.0], limits="probability", false_alarm_rate=1.0), "false_alarm_rate"),
        (lambda: g_chart([0], least=1), "count must be at least 1"),
        (lambda: g_chart([0], centre_line="mode"), "centre_line must be"),  # type: ignore[arg-type]
        (lambda: g_chart([0], limits="exact"), "limits must be"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
