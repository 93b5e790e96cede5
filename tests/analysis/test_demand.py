"""Classes and forecasts of sparse demand against published numbers, arithmetic by hand, and what must hold for any demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.demand import (
    DemandForecast,
    adida,
    croston,
    demand_class,
    empirical_bootstrap,
    imapa,
    moving_average,
    naive,
    sba,
    sbj,
    seasonal_naive,
    ses,
    tsb,
    zero,
)

SHARED = Path(__file__).parents[3] / "shared"
PUBLISHED = SHARED / "reference" / "published_examples.json"
published_only = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")

# Test series of intermittent-forecast 1.0.0 (github.com/pmrgn/intermittent-forecast, tests/forecasters).
BASIC = [0, 0, 3, 0, 4, 0, 0, 0, 2, 0]

# Monthly sales of a lubricant, Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 2nd ed., §12.2.
LUBRICANT = [
    0,
    2,
    0,
    1,
    0,
    11,
    0,
    0,
    0,
    0,
    2,
    0,
    6,
    3,
    0,
    0,
    0,
    0,
    0,
    7,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    3,
    1,
    0,
    0,
    1,
    0,
    1,
    0,
    0,
]

METHODS: dict[str, Callable[[Any], DemandForecast]] = {
    "ses": ses,
    "croston": croston,
    "sba": sba,
    "sbj": sbj,
    "tsb": tsb,
    "adida": adida,
    "imapa": imapa,
    "moving_average": moving_average,
    "naive": naive,
    "ses chosen": lambda y: ses(y, alpha=None),
    "sba chosen": lambda y: sba(y, alpha=None),
    "tsb chosen": lambda y: tsb(y, alpha=None),
    "imapa chosen": lambda y: imapa(y, alpha=None),
    "ses naive": lambda y: ses(y, init="naive"),
    "croston naive": lambda y: croston(y, init="naive"),
    "adida naive": lambda y: adida(y, init="naive"),
}
each_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())

series = st.lists(st.sampled_from([0, 0, 0, 0, 1, 1, 2, 5, 30]), min_size=3, max_size=40).filter(any)


def example(name: str) -> dict[str, Any]:
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    return next(e for e in examples if e["id"] == name)


# ---- classes ----


@published_only
def test_the_published_intervals_and_variations_come_out_to_the_last_digit() -> None:
    given_ = example("sbc_classification")
    found = demand_class(given_["data"]["series"])
    assert found.interval.tolist() == pytest.approx(given_["published"]["p"], rel=1e-11)
    assert found.cv2.tolist() == pytest.approx(given_["published"]["cv2"], rel=1e-11)
    assert found.kind.tolist() == ["lumpy", "smooth", "erratic", "smooth"]


def test_a_series_is_intermittent_when_it_is_seldom_and_even() -> None:
    found = demand_class([0, 4, 0, 0, 5, 0, 0, 4])
    assert (found.kind, found.interval, found.n) == ("intermittent", 8 / 3, 3)


def test_exactly_on_the_cut_off_is_still_smooth() -> None:
    # 25 demands, 33 periods up to the last: p = 1.32. Sizes 1 and 1 + d with CV² of exactly 0.49 are not to be had.
    found = demand_class([0] * 8 + [3] * 25)
    assert (found.interval, found.kind) == (1.32, "smooth")


def test_one_demand_has_an_interval_but_no_kind_and_none_at_all_says_so() -> None:
    found = demand_class([[0, 0, 5, 0], [0, 0, 0, 0], [np.nan] * 4])
    assert found.reason.tolist() == ["too_few", "no_demand", "no_data"]
    assert found.kind.tolist() == ["", "", ""]
    assert found.interval[0] == 3
    assert np.isnan(found.cv2).all()
    assert demand_class([0, 0, 5, 0]).cv2 is None


def test_what_is_not_known_is_left_out_of_the_interval() -> None:
    gaps = demand_class([np.nan, 0, 4, np.nan, 0, 0, 6, np.nan])
    whole = demand_class([0, 4, 0, 0, 6])
    assert (gaps.interval, gaps.cv2) == (whole.interval, whole.cv2) == (2.5, pytest.approx(0.08))


# ---- published forecasts ----


@published_only
def test_what_r_prints_with_fixed_constants_comes_out_to_the_last_digit() -> None:
    given_ = example("tsintermittent_data1")
    y, out = given_["data"]["y"], given_["published"]
    for method, name in ((croston, "croston"), (sba, "sba"), (sbj, "sbj")):
        assert method(y, alpha=0.1, init="naive").mean == pytest.approx(out["naive_w01"][name], rel=1e-13)
        assert method(y, alpha=0.1, beta=0.2).mean == pytest.approx(out["mean_w01_02"][name], rel=1e-13)
    assert demand_class(y).interval == pytest.approx(out["mean_w01_02"]["initial_interval"], rel=1e-13)
    obsolete = tsb(y, alpha=0.1, beta=0.2, init="naive")
    assert obsolete.mean == pytest.approx(out["tsb_naive_w01_02"]["out"], rel=1e-13)
    assert obsolete.fitted[1:12].tolist() == pytest.approx(out["tsb_naive_w01_02"]["first11"], rel=1e-13)
    assert ses(y, alpha=0.1, init="naive").mean == pytest.approx(out["ses_naive_w01"], rel=1e-12)


@published_only
def test_what_intermittent_forecast_tests_for_comes_out() -> None:
    given_ = example("intermittent_forecast_basic")
    constants = {"alpha": given_["data"]["alpha"], "beta": given_["data"]["beta"]}
    assert given_["data"]["y"] == BASIC
    for method, name in ((croston, "croston"), (sba, "sba"), (sbj, "sbj")):
        assert method(BASIC, **constants).mean == pytest.approx(given_["published"][name], rel=1e-6)
    assert tsb(BASIC, alpha=0.3, beta=0.1).mean == pytest.approx(given_["published"]["tsb_alpha03_beta01"], rel=1e-6)


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        (croston(BASIC, alpha=0.5, beta=0.2), [np.nan, np.nan, np.nan, 1, 1, 1.25, 1.25, 1.25, 1.25, 0.904605]),
        (sba(BASIC, alpha=0.5, beta=0.2), [np.nan, np.nan, np.nan, 0.9, 0.9, 1.125, 1.125, 1.125, 1.125, 0.8141447]),
        (
            tsb(BASIC, alpha=0.3, beta=0.1),
            [np.nan, 0.9, 0.81, 1.029, 0.9261, 1.2468390, 1.1221551, 1.0099396, 0.9089456, 1.0123723],
        ),
    ],
    ids=["croston", "sba", "tsb"],
)
def test_the_fitted_values_of_intermittent_forecast_come_out(forecast: DemandForecast, expected: list[float]) -> None:
    assert forecast.fitted == pytest.approx(np.array(expected), rel=1e-5, nan_ok=True)


def test_the_lubricant_is_forecast_as_in_the_text_book() -> None:
    # Demand forecast 2.750, interval forecast 2.793, their ratio 0.985 (alpha = 0.1, R's forecast::croston).
    assert croston(LUBRICANT, alpha=0.1, init="naive").mean == pytest.approx(0.985, abs=5e-4)


def test_smoothing_by_hand_gives_the_forecast() -> None:
    # Sizes 5, 4.8, 5.02, 4.918; intervals 3, 3, 3.1, 3.09.
    y = [0, 0, 5, 0, 0, 3, 0, 0, 0, 7, 0, 0, 4, 0, 0]
    assert croston(y, alpha=0.1, init="naive").mean == pytest.approx(4.918 / 3.09, rel=1e-14)


def test_blocks_of_a_week_are_smoothed_as_in_the_documentation_of_intermittent_forecast() -> None:
    # Sums 7, 8, 12, 8; smoothed by 0.3: 7, 7.3, 8.71, 8.497 (docstring of its ADIDA, the seven forecasts added up).
    weeks = [3, 0, 0, 4, 0, 0, 0, 1, 0, 5, 1, 1, 0, 0, 0, 0, 0, 8, 3, 0, 1, 0, 1, 0, 4, 3, 0, 0]
    assert adida(weeks, level=7, alpha=0.3, init="naive").mean == pytest.approx(8.497 / 7, rel=1e-14)


def test_ses_fits_and_forecasts_the_series_of_intermittent_forecast() -> None:
    found = ses([40, 28, 35, 41, 33, 21, 37, 20, 28, 31, 31, 22], alpha=0.3, init="naive")
    assert found.mean == pytest.approx(27.571866, rel=1e-7)
    assert found.fitted.tolist() == pytest.approx(
        [40, 40, 36.4, 35.98, 37.486, 36.1402, 31.59814, 33.218698, 29.2530886, 28.8771620, 29.5140134, 29.9598093],
        rel=1e-8,
    )


# ---- methods, by hand ----


def test_the_bias_of_croston_is_taken_off_by_the_constant_of_the_intervals() -> None:
    plain = croston(BASIC, alpha=0.4, beta=0.1).mean
    assert sba(BASIC, alpha=0.4, beta=0.1).mean == pytest.approx(plain * 0.95)
    assert sbj(BASIC, alpha=0.4, beta=0.1).mean == pytest.approx(plain * (1 - 0.1 / 1.9))


def test_one_demand_alone_is_one_in_so_many_periods() -> None:
    assert croston([0] * 10 + [1]).mean == pytest.approx(1 / 11)


def test_while_nobody_asks_only_tsb_falls() -> None:
    busy, over = [3, 0, 2, 0, 4, 1], [3, 0, 2, 0, 4, 1] + [0] * 30
    assert croston(over).mean == croston(busy).mean
    assert tsb(over, beta=0.1, init="naive").mean == pytest.approx(tsb(busy, beta=0.1, init="naive").mean * 0.9**30)


def test_the_last_block_ends_with_the_last_period() -> None:
    # Level 3 of eight periods: the first two are dropped.
    assert adida([9, 9, 1, 0, 2, 0, 0, 6], level=3, alpha=0.5, init="naive").mean == pytest.approx((3 + 0.5 * 3) / 3)


def test_blocks_begin_from_the_mean_of_all_blocks_unless_told() -> None:
    # Sums 3 and 6, start 4.5, then 0.5 of each new one: 3.75, 4.875.
    assert adida([1, 0, 2, 0, 0, 6], level=3, alpha=0.5).mean == pytest.approx(4.875 / 3)


def test_imapa_is_the_mean_over_the_levels() -> None:
    levels = [adida(BASIC, level=k, alpha=0.3).mean for k in (1, 2, 3)]
    assert imapa(BASIC, alpha=0.3).mean == pytest.approx(np.mean(levels))
    assert adida(BASIC, level=1, alpha=0.3).mean == pytest.approx(ses(BASIC, alpha=0.3).mean)


def test_the_level_is_the_mean_interval_rounded() -> None:
    y = [0, 3, 0, 4, 0, 0, 2]  # intervals 2, 2, 3
    assert adida(y).mean == adida(y, level=2).mean
    assert imapa(y).mean == imapa(y, max_level=2).mean


def test_an_error_moves_a_block_forecast_by_its_share_of_the_block() -> None:
    assert adida(BASIC, level=3, alpha=0.3).gain == pytest.approx(0.3 / 3)
    assert imapa(BASIC, max_level=3, alpha=0.3).gain == pytest.approx(0.3 * (1 + 1 / 2 + 1 / 3) / 3)


def test_a_block_longer_than_the_series_has_no_forecast() -> None:
    found = adida([0, 3, 1], level=4)
    assert (found.mean, found.reason) == (None, "too_few")


def test_the_moving_average_counts_known_periods() -> None:
    assert moving_average([9, 1, np.nan, 2, 0], window=3).mean == pytest.approx(1.0)
    assert moving_average([4, 2], window=12).mean == pytest.approx(3.0)


def test_the_seasonal_forecast_repeats_the_season_and_keeps_what_is_missing() -> None:
    found = seasonal_naive([[1, 2, 3, 4, 5, 6], [1, 2, 3, np.nan, 5, 6]], season=4)
    assert found.by_period(6)[0].tolist() == [3, 4, 5, 6, 3, 4]
    assert found.mean.tolist() == pytest.approx([4.5, 14 / 3])
    assert found.reason.tolist() == ["", "missing"]
    assert found[0].over(5).mean == 21


def test_naive_and_zero_are_what_their_names_say() -> None:
    assert naive([1, 0, 7, np.nan]).mean == 7
    assert zero([1, 0, 7]).mean == 0


def test_the_constants_chosen_are_those_with_the_least_squared_error() -> None:
    steps = [5.0] * 12 + [20.0] * 12  # a step is followed best by the quickest constant
    found = ses(steps, alpha=None)
    assert (found.alpha, found.beta) == (0.5, None)
    noise = np.random.default_rng(1).poisson(4, 200)
    assert ses(noise, alpha=None).alpha == 0.05


# ---- what must hold for any demand ----


@each_method
def test_a_part_never_asked_for_gets_no_forecast_but_the_reason(method: Callable[[Any], DemandForecast]) -> None:
    found = method([[0, 0, 0, 0], [np.nan] * 4, [0, 3, 0, 2]])
    assert found.reason.tolist() == ["no_demand", "no_data", ""]
    assert np.isnan(found.mean[:2]).all()
    assert np.isnan(found.over(2).quantile(0.9)[:2]).all()
    assert found[0].mean is None


@each_method
@settings(deadline=None, max_examples=40)
@given(y=series, factor=st.sampled_from([0.5, 3, 1000]))
def test_in_other_units_the_forecast_is_the_same(
    method: Callable[[Any], DemandForecast], y: list[int], factor: float
) -> None:
    assert method(np.array(y) * factor).mean == pytest.approx(method(y).mean * factor, rel=1e-9, abs=1e-12)


@each_method
@settings(deadline=None, max_examples=40)
@given(rows=st.lists(st.tuples(st.lists(st.integers(0, 3), min_size=8, max_size=8)), min_size=1, max_size=5))
def test_a_part_is_forecast_the_same_alone_and_among_others(
    method: Callable[[Any], DemandForecast], rows: list[tuple[list[int]]]
) -> None:
    together = method([row for (row,) in rows])
    for i, (row,) in enumerate(rows):
        alone, one = method(row), together[i]
        assert (alone.reason, alone.mean is None) == (one.reason, one.mean is None)
        if alone.mean is not None:
            assert (alone.mean, alone.dispersion) == pytest.approx((one.mean, one.dispersion), rel=1e-12)


@each_method
@settings(deadline=None, max_examples=40)
@given(y=series, data=st.data())
def test_unknown_periods_change_nothing_wherever_they_are(
    method: Callable[[Any], DemandForecast], y: list[int], data: st.DataObject
) -> None:
    places = data.draw(st.lists(st.integers(0, len(y)), max_size=6))
    gaps = np.insert(np.array(y, dtype=float), places, np.nan)
    found, whole = method(gaps), method(y)
    assert (found.mean, found.dispersion, found.n) == pytest.approx((whole.mean, whole.dispersion, whole.n), rel=1e-9)


@each_method
@settings(deadline=None, max_examples=40)
@given(y=series)
def test_a_forecast_lies_within_what_was_asked_for(method: Callable[[Any], DemandForecast], y: list[int]) -> None:
    mean = method(y).mean
    assert mean is None or 0 <= mean <= max(y) + 1e-9


@settings(deadline=None, max_examples=40)
@given(y=series, before=st.integers(1, 10))
def test_zeros_before_the_first_demand_lower_what_is_expected(y: list[int], before: int) -> None:
    first = next(i for i, v in enumerate(y) if v)
    later = [0] * before + y[first:]
    assert croston(later).mean <= croston(y[first:]).mean + 1e-12
    assert demand_class(later).interval >= demand_class(y[first:]).interval


@settings(deadline=None, max_examples=40)
@given(y=series)
def test_when_nobody_asks_any_more_the_forecast_goes_to_nothing(y: list[int]) -> None:
    silent = [*y, *[0] * 120]
    for method in (ses, tsb, moving_average):
        assert method(silent).mean <= 0.01 * max(y)


# ---- the distribution over a lead time ----


def test_the_lead_time_has_the_mean_of_its_periods_and_grows_with_the_gain() -> None:
    found = ses([2, 0, 3, 1, 0, 4], alpha=0.2)
    over = found.over(4)
    growth = 1 + 0.2 * 3 + 0.04 * 3 * 7 / 6
    assert float(over.mean) == pytest.approx(4 * found.mean)
    assert float(over.variance) == pytest.approx(4 * found.mean * found.dispersion * growth)
    assert over.n == 6


def test_parts_may_have_lead_times_of_their_own() -> None:
    found = ses([[2, 0, 3], [1, 1, 2]])
    both = found.over(np.array([1, 6]))
    assert both.mean.tolist() == pytest.approx([found.mean[0], 6 * found.mean[1]])


@pytest.mark.parametrize("lead_time", [0, -1, 2.5])
def test_a_lead_time_is_of_whole_periods(lead_time: Any) -> None:
    with pytest.raises(ValueError, match="lead_time must be whole periods"):
        ses([1, 0, 2]).over(lead_time)


def test_the_bootstrap_has_every_stretch_of_the_past() -> None:
    found = empirical_bootstrap([1, 0, 2, 0, 3], 2)
    assert found.values.tolist() == [1, 2, 2, 3]
    assert (float(found.mean), found.n, float(found.quantile(0.5)), float(found.quantile(0.9))) == (2, 4, 2, 3)


def test_the_bootstrap_skips_stretches_that_are_not_known_and_parts_that_nobody_asked_for() -> None:
    found = empirical_bootstrap([[1, np.nan, 2, 0, 3], [0, 0, 0, 0, 0], [1, np.nan, 1, np.nan, 1]], 2, window=5)
    assert found.mean[0] == pytest.approx(2.5)
    assert found.n.tolist() == [2, 4, 0]
    assert np.isnan(found.quantile(0.9)).tolist() == [False, True, True]


def test_the_bootstrap_looks_back_no_further_than_told() -> None:
    assert empirical_bootstrap([9, 9, 9, 1, 0, 2], 2, window=3).values.tolist() == [1, 2]
    with pytest.raises(ValueError, match="lead_time must not exceed"):
        empirical_bootstrap([1, 2], 3)


@pytest.mark.parametrize("method", [ses, sba, tsb, imapa])
@pytest.mark.parametrize("rate", [0.5, 2.0])
def test_the_quantiles_of_compound_poisson_demand_are_covered_about_as_often_as_they_say(
    method: Callable[[Any], DemandForecast], rate: float
) -> None:
    rng = np.random.default_rng(7)
    parts, past, lead = 6_000, 48, 3
    arrivals = rng.poisson(rate, (parts, past + lead))
    demand = arrivals + rng.poisson(0.8 * arrivals)  # sizes of 1 + Poisson(0.8)
    over = method(demand[:, :past]).over(lead)
    ahead = demand[:, past:].sum(axis=1)
    # Of whole numbers: a share u of the probability of what came is taken as below it, so that any level can be met.
    below = np.where(ahead > 0, over.cdf(np.maximum(ahead - 1, 0)), 0.0)
    reached = below + rng.random(parts) * (over.cdf(ahead) - below)
    for level in (0.9, 0.95):
        assert (reached <= level).mean() == pytest.approx(level, abs=0.03), level


# ---- mistakes ----


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ses([1, -2]), "demand must not be negative, found -2"),
        (lambda: ses([1, np.inf]), "demand must not be infinite"),
        (lambda: ses([[[1]]]), "demand must be of shape"),
        (lambda: ses([]), "demand must be of shape"),
        (lambda: ses([1, 2], alpha=0), "alpha must lie in"),
        (lambda: sba([1, 2], beta=1.5), "beta must lie in"),
        (lambda: ses([1, 2], init="median"), "init must be"),  # type: ignore[arg-type]
        (lambda: moving_average([1, 2], window=0), "window must be a whole number"),
        (lambda: adida([1, 2], level=0), "level must be a whole number"),
        (lambda: seasonal_naive([1, 2], season=0), "season must be a whole number"),
        (lambda: demand_class([-1]), "demand must not be negative"),
    ],
)
def test_mistakes_are_told_in_a_sentence(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
