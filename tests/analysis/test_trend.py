"""Tests of trend against published output, small cases written out, and their false alarms where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from math import erf, gamma, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.result import Reason
from analysis.trend import (
    Trend,
    _anderson_darling_tail,
    anderson_darling_trend,
    laplace_trend,
    lewis_robinson_trend,
    mil_hdbk_189_trend,
    reverse_arrangement_trend,
)

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"
TESTS: list[Callable[..., Trend]] = [
    laplace_trend,
    mil_hdbk_189_trend,
    anderson_darling_trend,
    lewis_robinson_trend,
    reverse_arrangement_trend,
]
CONSTANT_RATE = TESTS[:3]

# Case study 1 of the NIST/SEMATECH e-Handbook, 8.2.2.3: hours of 10 repairs within 1,500 hours.
NIST = [5, 40, 43, 175, 389, 712, 747, 795, 1299, 1478]

# Three systems simulated by Crow (1975, AMSAA TR-138), each watched for 200 hours.
TR_138 = [
    [4.3, 4.4, 10.2, 23.5, 23.8, 26.4, 74.0, 77.1, 92.1, 197.2],
    [0.1, 5.6, 18.6, 19.5, 24.2, 26.7, 45.1, 45.8, 75.7, 79.7, 98.6, 120.1, 161.8, 180.6, 190.8],
    [8.4, 32.5, 44.7, 48.4, 50.6, 73.6, 98.7, 112.2, 129.8, 136.0, 195.8],
]


def flat(systems: list[list[float]]) -> tuple[list[float], list[int]]:
    """Times and the code of the system that each belongs to."""
    return [t for s in systems for t in s], [i for i, s in enumerate(systems) for _ in s]


def normal(z: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * (1 + erf(z / sqrt(2)))


def same(one: float | None, other: float | None) -> bool:
    """Whether two answers agree to rounding, or both are none."""
    if one is None or other is None:
        return one is other
    return one == pytest.approx(other, rel=1e-9, abs=1e-9)


def renewals(shape: float, systems: int, failures: int, seed: int) -> Any:
    """Ages at failure, (systems, failures), of systems whose times between failures are Weibull with mean 1."""
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.weibull(shape, (systems, failures)) / gamma(1 + 1 / shape), axis=1)


def alarms(test: Callable[..., Trend], ages: Any, until: float | None, systems_per_group: int = 1) -> float:
    """How often a test at 5 % rejects; each row of ages is a system, watched until an age or its last failure."""
    seen = ages <= until if until else np.ones(ages.shape, dtype=bool)
    row = np.nonzero(seen)[0]
    end = np.full(len(ages), until) if until else None
    group = np.arange(len(ages)) // systems_per_group
    p = test(ages[seen], end, system=row, group=group).p_value
    return float((p[~np.isnan(p)] <= 0.05).mean())


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_three_systems_give_what_mcotear_prints() -> None:
    example = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}["mcotear_trend"]
    printed = example["published"]
    times, system = flat(example["data"]["systems"])
    for ttt in (False, True):  # all systems end together: their total time on test is three times their age
        mil = mil_hdbk_189_trend(times, example["data"]["T"], system=system, ttt=ttt)
        assert mil.statistic == pytest.approx(printed["mil_hdbk_statistic"], abs=5e-5)
        assert mil.df == printed["mil_hdbk_df"]
        assert mil.p_value == pytest.approx(printed["mil_hdbk_p"], abs=5e-10)
        laplace = laplace_trend(times, example["data"]["T"], system=system, ttt=ttt)
        assert laplace.statistic == pytest.approx(printed["laplace"], abs=5e-7)
        assert laplace.p_value == pytest.approx(printed["laplace_p"], abs=5e-10)
        anderson = anderson_darling_trend(times, example["data"]["T"], system=system, ttt=ttt)
        assert anderson.statistic == pytest.approx(printed["anderson_darling"], abs=5e-7)
        # mcotear's p-value has an approximation of its own, right to 1e-5.
        assert anderson.p_value == pytest.approx(printed["ad_p"], abs=1e-5)
        assert {t.verdict for t in (mil, laplace, anderson)} == {"improving"}


def test_the_case_study_of_nist_gives_its_three_statistics() -> None:
    """e-Handbook 8.2.3.4: 33 of 45 reversals, 37.23 with 20 degrees of freedom, −1.33."""
    reversals = reverse_arrangement_trend(NIST, 1500)
    assert (reversals.statistic, reversals.n) == (33, 10)
    mil = mil_hdbk_189_trend(NIST, 1500)
    assert (round(mil.statistic, 2), mil.df) == (37.23, 20)
    assert round(laplace_trend(NIST, 1500).statistic, 2) == -1.33
    one_sided = mil_hdbk_189_trend(NIST, 1500, alternative="improving")
    assert one_sided.p_value == pytest.approx(mil.p_value / 2)
    assert mil_hdbk_189_trend(NIST, 1500, alternative="deteriorating").p_value == pytest.approx(1 - mil.p_value / 2)
    assert mil_hdbk_189_trend(NIST, 1500, alternative="deteriorating").verdict == "no trend"


def test_the_submarine_of_meeker_and_escobar() -> None:
    """USS Halfbeak (1998, §16.6): MIL-HDBK-189 51 and Lewis-Robinson 4.70; figures from memory, confirmed by this.

    The book counts the last failure, at the end of watching, as one more.
    """
    ages = [
        1.382,
        2.990,
        4.124,
        6.827,
        7.472,
        7.567,
        8.845,
        9.450,
        9.794,
        10.848,
        11.993,
        12.300,
        15.413,
        16.497,
        17.352,
    ]
    ages += [17.632, 18.122, 19.067, 19.172, 19.299, 19.360, 19.686, 19.940, 19.944, 20.121, 20.132, 20.431, 20.525]
    ages += [21.057, 21.061, 21.309, 21.310, 21.378, 21.391, 21.456, 21.461, 21.603, 21.658, 21.688, 21.750, 21.815]
    ages += [21.820, 21.822, 21.888, 21.930, 21.943, 21.946, 22.181, 22.311, 22.634, 22.635, 22.669, 22.691, 22.846]
    ages += [22.947, 23.149, 23.305, 23.491, 23.526, 23.774, 23.791, 23.822, 24.006, 24.286, 25.000, 25.010, 25.048]
    ages += [25.268, 25.400, 25.500, 25.518]
    assert round(lewis_robinson_trend(ages, 25.518).statistic, 2) == 4.70
    assert round(mil_hdbk_189_trend(ages, 25.518).statistic) == 51
    assert mil_hdbk_189_trend(ages).verdict == "deteriorating"


def test_the_laplace_statistic_of_the_package_reliability() -> None:
    # tests/test_Repairable_systems.py, test_ROCOF: failure-truncated times between failures.
    gaps = [104, 131, 1597, 59, 4, 503, 157, 6, 118, 173, 114, 62, 101, 216, 106, 140, 1, 102, 3, 393, 96, 232, 89, 61]
    gaps += [37, 293, 7, 165, 87, 99]
    found = laplace_trend(np.cumsum(gaps))
    assert found.statistic == pytest.approx(2.4094382960447107, rel=1e-12)
    assert found.verdict == "deteriorating"


def test_the_failure_that_ended_the_watching_is_not_counted() -> None:
    """Ages 1, 2, 4 | 8: positions 1/8, 1/4, 1/2, whose mean lies 5/24 below ½ at a spread of √(1/36)."""
    ended = laplace_trend([8, 1, 4, 2])
    assert ended.n == 3
    assert ended.statistic == pytest.approx((1 / 8 + 1 / 4 + 1 / 2 - 3 / 2) / np.sqrt(3 / 12))
    assert mil_hdbk_189_trend([8, 1, 4, 2]).df == 6
    assert mil_hdbk_189_trend([8, 1, 4, 2]).statistic == pytest.approx(2 * np.log(8 * 4 * 2))
    assert laplace_trend([8, 1, 4, 2], 8).n == 4


def test_systems_with_ends_of_their_own_are_pooled_with_weights() -> None:
    """Kvaløy and Lindqvist 1998: [ΣΣ t − Σ m(T + S)/2] / √(Σ m(T − S)²/12)."""
    times, system = [3.0, 9.0, 2.0, 7.0, 11.0], [0, 0, 1, 1, 1]
    pooled = laplace_trend(times, [10, 12], system=system, start=[2, 0])
    expected = (32 - 2 * 12 / 2 - 3 * 12 / 2) / np.sqrt((2 * 8**2 + 3 * 12**2) / 12)
    assert pooled.statistic == pytest.approx(expected)


def test_the_total_time_on_test_grows_with_the_systems_watched() -> None:
    """Two systems, to 4 and 10: at age 3 they ran 6 hours together, at 7 they ran 4 + 7, at the end 14."""
    ttt = mil_hdbk_189_trend([3, 7, 9], [4, 10], system=[0, 1, 1], ttt=True)
    assert ttt.statistic == pytest.approx(-2 * np.log(6 / 14 * 11 / 14 * 13 / 14))
    ended = laplace_trend([3, 7, 8, 10], [4, np.nan], system=[0, 1, 1, 1], ttt=True)
    assert ended.n == 3
    assert ended.statistic == pytest.approx((6 + 11 + 12 - 21) / 14 / np.sqrt(3 / 12))


def test_lewis_robinson_is_laplace_over_the_coefficient_of_variation() -> None:
    gaps = np.diff(NIST, prepend=0)
    cv = gaps.std(ddof=1) / gaps.mean()
    for end in (None, 1500):
        assert lewis_robinson_trend(NIST, end).statistic == pytest.approx(laplace_trend(NIST, end).statistic / cv)


def test_time_still_open_counts_in_the_p_value_of_lewis_robinson() -> None:
    parts = np.append(np.diff(NIST, prepend=0), 1500 - NIST[-1])
    z = laplace_trend(NIST, 1500).statistic / (parts.std(ddof=1) / parts.mean())
    one_sided = lewis_robinson_trend(NIST, 1500, alternative="improving").p_value
    assert one_sided == pytest.approx(normal(z))


def test_several_systems_are_compared_with_all_orders_of_their_own_times_between_failures() -> None:
    """The mean and variance over all 2! · 3! orders, written out."""
    first, second = [1.0, 5.0], [2.0, 3.0, 9.0]
    sums = [sum(np.cumsum(a)[:-1]) + sum(np.cumsum(b)[:-1]) for a in permutations(first) for b in permutations(second)]
    observed = sum(np.cumsum(first)[:-1]) + sum(np.cumsum(second)[:-1])
    pooled = lewis_robinson_trend([*np.cumsum(first), *np.cumsum(second)], [7, 20], system=[0, 0, 1, 1, 1])
    assert pooled.statistic == pytest.approx((observed - np.mean(sums)) / np.std(sums))


def test_the_exact_p_value_of_reverse_arrangements_counts_the_orders() -> None:
    gaps = [3.0, 1.0, 4.0, 2.0, 6.0]

    def rises(order: Any) -> int:
        return sum(order[j] > order[i] for i in range(5) for j in range(i + 1, 5))

    counts = np.array([rises(order) for order in permutations(gaps)])
    found = reverse_arrangement_trend(np.cumsum(gaps), alternative="improving")
    assert found.statistic == rises(gaps) == 7
    assert found.p_value == pytest.approx((counts >= 7).mean())
    assert reverse_arrangement_trend(np.cumsum(gaps), alternative="deteriorating").p_value == pytest.approx(
        (counts <= 7).mean()
    )


def test_beyond_the_exact_range_the_normal_approximation_takes_over_smoothly() -> None:
    ages = renewals(1.0, 1, 60, seed=2)[0]
    exact, approximate = (reverse_arrangement_trend(ages[:n]) for n in (50, 51))
    assert exact.p_value == pytest.approx(approximate.p_value, abs=0.05)
    gaps = np.diff(ages[:51], prepend=0)
    r = sum(gaps[j] > gaps[i] for i in range(51) for j in range(i + 1, 51))
    assert approximate.statistic == r
    z = (abs(r - 51 * 50 / 4) - 0.5) / np.sqrt(51 * 50 * 107 / 72)
    assert approximate.p_value == pytest.approx(2 * (1 - normal(z)))


def test_the_tail_of_anderson_darling_is_the_published_one() -> None:
    """Percentage points of A² for many observations: 1.933 (10 %), 2.492 (5 %), 3.878 (1 %) (Lewis 1961)."""
    assert _anderson_darling_tail(np.array([1.933, 2.492, 3.878])).tolist() == pytest.approx(
        [0.1, 0.05, 0.01], rel=5e-3
    )
    # The two formulas meet where one takes over from the other.
    left, right = _anderson_darling_tail(np.array([12 - 1e-9, 12 + 1e-9]))
    assert left == pytest.approx(right, rel=2e-3)


def test_anderson_darling_sees_a_bathtub_that_laplace_does_not() -> None:
    early = np.array([1, 2, 3, 4, 5, 6, 8, 10.0])
    ages = [*early, *(100 - early)]
    assert laplace_trend(ages, 100).verdict == "no trend"
    assert anderson_darling_trend(ages, 100).p_value < 0.01


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    ("times", "end", "reason"),
    [
        ([], None, Reason.NO_DATA),
        ([], 100, Reason.NO_EVENTS),
        ([5.0], 100, Reason.TOO_FEW),
        ([5.0, 20.0], 100, Reason.TOO_FEW),
    ],
)
def test_too_few_failures_have_no_answer(
    test: Callable[..., Trend], times: list[float], end: float | None, reason: Reason
) -> None:
    found = test(times, end)
    assert (found.statistic, found.p_value, found.verdict, found.reason) == (None, None, "", reason)


@pytest.mark.parametrize("test", [lewis_robinson_trend, reverse_arrangement_trend])
def test_equal_times_between_failures_have_nothing_to_compare(test: Callable[..., Trend]) -> None:
    assert test([0.1, 0.2, 0.3, 0.4, 0.5]).reason == Reason.NO_VARIATION


@pytest.mark.parametrize("test", TESTS)
def test_the_side_of_the_trend_is_told(test: Callable[..., Trend]) -> None:
    gaps = 1.4 ** np.arange(15)
    slower, faster = np.cumsum(gaps), np.cumsum(gaps[::-1])
    assert (test(slower).direction, test(slower).verdict) == ("improving", "improving")
    assert (test(faster).direction, test(faster).verdict) == ("deteriorating", "deteriorating")


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 3.0], 5), "above the age at which watching started"),
        (([1.0, 6.0], 5), "after the end of watching"),
        (([1.0, np.nan], 5), "missing"),
        (([1.0], [5, 5]), "one number or one per system"),
    ],
)
def test_failures_outside_the_time_watched_are_an_error(
    test: Callable[..., Trend], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        test(*arguments)


def test_other_mistakes_are_errors() -> None:
    with pytest.raises(ValueError, match="confidence"):
        laplace_trend(NIST, 1500, confidence=1.0)
    with pytest.raises(ValueError, match="alternative"):
        laplace_trend(NIST, 1500, alternative="worse")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="end must not lie before start"):
        laplace_trend([], [1.0], start=2.0)


ages_of_systems = st.lists(
    st.lists(st.integers(1, 1000), max_size=12).map(sorted),
    min_size=1,
    max_size=5,
)


@settings(deadline=None)  # the machine may be busy
@given(ages_of_systems, st.booleans(), st.sampled_from(TESTS))
def test_a_group_among_many_has_the_answer_that_it_has_alone(
    systems: list[list[int]], stopped: bool, test: Callable[..., Trend]
) -> None:
    times, code = flat(systems)  # type: ignore[arg-type]
    end = None if stopped else np.full(len(systems), 1001.0)
    together = test(times, end, system=code, group=np.arange(len(systems)))
    by_row = test(times, end if end is not None else np.full(len(systems), np.nan), group=code)
    for i, ages in enumerate(systems):
        alone = test(ages, None if stopped else 1001.0)
        for found in (together[i], by_row[i]):
            assert found.reason == alone.reason
            assert same(found.p_value, alone.p_value)
            assert same(found.statistic, alone.statistic)


@settings(deadline=None)  # the machine may be busy
@given(ages_of_systems, st.sampled_from(TESTS), st.booleans(), st.randoms(use_true_random=False))
def test_neither_the_unit_nor_the_order_matters(
    systems: list[list[int]], test: Callable[..., Trend], stopped: bool, chance: Any
) -> None:
    times, code = flat(systems)  # type: ignore[arg-type]
    end = None if stopped else 1001.0
    rows = list(zip(times, code, strict=True))
    chance.shuffle(rows)
    order = list(range(len(systems)))
    chance.shuffle(order)
    one = test(times, end, system=code)
    other = test([t * 4 for t, _ in rows], None if end is None else end * 4, system=[order[c] for _, c in rows])
    assert other.reason == one.reason
    assert same(other.p_value, one.p_value)


@settings(deadline=None)  # the machine may be busy
@given(ages_of_systems, st.sampled_from(TESTS))
def test_a_system_without_failures_changes_nothing_of_the_pooled_answer(
    systems: list[list[int]], test: Callable[..., Trend]
) -> None:
    times, code = flat(systems)  # type: ignore[arg-type]
    one = test(times, 1001.0, system=code)
    other = test(times, np.full(len(systems) + 1, 1001.0), system=code)
    assert same(other.statistic, one.statistic)
    assert same(other.p_value, one.p_value)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.integers(0, 20), min_size=3, max_size=40))
def test_reversals_are_counted_as_by_hand(gaps: list[int]) -> None:
    gaps = [g + 1 for g in gaps]
    found = reverse_arrangement_trend(np.cumsum(gaps).astype(float))
    pairs = [(gaps[i], gaps[j]) for i in range(len(gaps)) for j in range(i + 1, len(gaps))]
    if found.statistic is not None:
        assert found.statistic == sum(b > a for a, b in pairs)


@pytest.mark.slow
@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("failures", [10, 30])
@pytest.mark.parametrize("stopped", [True, False])
def test_at_a_constant_rate_five_in_a_hundred_are_rejected(
    test: Callable[..., Trend], failures: int, stopped: bool
) -> None:
    """20,000 systems show 5 % within ±0.5 %. The exact p-values of the reversals go in steps and reject fewer."""
    ages = renewals(1.0, 20_000, failures if stopped else 3 * failures + 10, seed=7)
    rate = alarms(test, ages, None if stopped else failures)
    low = 0.034 if test is reverse_arrangement_trend else 0.044
    assert low < rate < 0.056


@pytest.mark.slow
@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_where_repair_renews_only_the_tests_of_a_renewal_process_keep_their_level(shape: float) -> None:
    """20 Weibull times between failures without a trend: tests of a constant rate see one, or would never."""
    for until in (None, 20.0):
        ages = renewals(shape, 10_000, 20 if until is None else 80, seed=8)
        for test in CONSTANT_RATE:
            wrong = alarms(test, ages, until)
            assert wrong > 0.2 if shape < 1 else wrong < 0.01
        assert 0.035 < alarms(lewis_robinson_trend, ages, until) < 0.065
        assert 0.035 < alarms(reverse_arrangement_trend, ages, until) < 0.058


@pytest.mark.slow
@pytest.mark.parametrize("shape", [0.5, 1.0, 3.0])
def test_pooled_over_systems_with_few_failures_lewis_robinson_keeps_its_level(shape: float) -> None:
    """8 systems with 3 failures each on average; the reversals, a small whole number, reject less often."""
    ages = renewals(shape, 40_000, 40, seed=9)
    assert 0.04 < alarms(lewis_robinson_trend, ages, 3.0, systems_per_group=8) < 0.06
    assert 0.015 < alarms(reverse_arrangement_trend, ages, 3.0, systems_per_group=8) < 0.057


@pytest.mark.slow
def test_systems_of_differing_rates_mislead_the_total_time_on_test_but_not_the_pooled_tests() -> None:
    """Those that fail often are watched for a short time: their failures are early in the total time on test."""
    rng = np.random.default_rng(10)
    groups, ends = 4000, np.tile([1.0, 10.0], 4000)
    n = rng.poisson(15, 2 * groups)
    system = np.repeat(np.arange(2 * groups), n)
    times = rng.uniform(0, ends[system])
    for test in CONSTANT_RATE:
        pooled, ttt = (test(times, ends, system=system, group=np.arange(2 * groups) // 2, ttt=t) for t in (False, True))
        assert 0.04 < np.mean(pooled.p_value <= 0.05) < 0.06
        assert np.mean(ttt.p_value <= 0.05) > 0.5
