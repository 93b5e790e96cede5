"""Change points: a published series, exact enumeration, coverage by simulation, and the best of all segmentations."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import factorial, prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.change import change_point, change_points, largest_ratio

# British coal-mining disasters by year, 1851 to 1962 (Jarrett 1979, Biometrika 66:191).
DISASTERS = [
    4, 5, 4, 1, 0, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4, 2,
    1, 3, 2, 2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0,
    0, 0, 1, 1, 0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1,
]  # fmt: skip

counts = st.lists(st.integers(0, 6), min_size=2, max_size=8)


def test_the_coal_mining_disasters_become_rarer_after_1891() -> None:
    """Carlin, Gelfand and Smith (1992), Applied Statistics 41:389: after year 41 (1891), 3.1 before, 0.9 after."""
    assert (len(DISASTERS), sum(DISASTERS)) == (112, 191)
    found = change_point(DISASTERS)
    assert 1851 + found.at == 1892
    assert (found.before, found.after) == pytest.approx((127 / 41, 64 / 71))
    assert found.ratio == pytest.approx(64 / 71 / (127 / 41))
    assert (1851 + found.low, 1851 + found.high) == (1887, 1897)
    assert found.p_value < 1e-10
    assert found.n == 191


def likelihood_ratio(y: list[int], e: list[float], at: int) -> float:
    """From the likelihoods themselves."""

    def log_likelihood(y: list[int], e: list[float]) -> float:
        rate = sum(y) / sum(e)
        return sum(v * np.log(rate) if v else 0.0 for v in y) - rate * sum(e)

    return 2 * (log_likelihood(y[:at], e[:at]) + log_likelihood(y[at:], e[at:]) - log_likelihood(y, e))


def splits(total: int, parts: int) -> Any:
    """All ways to share out failures to periods."""
    for bars in combinations(range(total + parts - 1), parts - 1):
        edges = [-1, *bars, total + parts - 1]
        yield [b - a - 1 for a, b in pairwise(edges)]


@pytest.mark.parametrize(
    ("y", "e"), [([0, 1, 3, 2], [1.0, 2.0, 1.0, 1.5]), ([5, 0, 0], [1.0, 1.0, 1.0]), ([1, 1, 1, 1], [1.0, 1, 1, 1])]
)
def test_the_p_value_is_the_exact_probability_over_all_ways_the_failures_could_have_fallen(
    y: list[int], e: list[float]
) -> None:
    def largest(z: list[int]) -> float:
        return max(likelihood_ratio(z, e, at) for at in range(1, len(z)))

    observed, p = largest(y), 0.0
    for z in splits(sum(y), len(y)):
        if largest(z) >= observed - 1e-9:
            ways = factorial(sum(z)) / prod(factorial(v) for v in z)
            p += ways * prod((w / sum(e)) ** v for v, w in zip(z, e, strict=True))
    assert change_point(y, e).p_value == pytest.approx(p, rel=1e-9)
    assert change_point(y, e).statistic == pytest.approx(observed, abs=1e-9)


@given(counts, st.data())
def test_the_place_is_that_of_the_largest_likelihood_ratio(y: list[int], data: st.DataObject) -> None:
    e = data.draw(st.lists(st.floats(0.5, 3), min_size=len(y), max_size=len(y)))
    found = change_point(y, e)
    if not sum(y):
        assert (found.at, found.reason) == (None, "no_events")
        return
    ratios = [likelihood_ratio(y, e, at) for at in range(1, len(y))]
    assert found.statistic == pytest.approx(max(ratios), abs=1e-9)
    assert ratios[found.at - 1] == pytest.approx(max(ratios), abs=1e-8)
    assert found.low <= found.at <= found.high
    assert 0 <= found.p_value <= 1


@given(counts, st.floats(0.01, 100))
def test_the_unit_of_exposure_matters_to_the_rates_alone(y: list[int], unit: float) -> None:
    one, other = change_point(y, 1.0), change_point(y, unit)
    assert (one.at, one.low, one.high) == (other.at, other.low, other.high)
    assert other.p_value == pytest.approx(one.p_value)
    if one.before is not None:
        assert other.before * unit == pytest.approx(one.before)


@given(counts)
def test_periods_that_were_not_exposed_or_not_known_change_nothing_but_positions(y: list[int]) -> None:
    gappy = [float("nan"), float(y[0]), 7.0, *[float(v) for v in y[1:]]]
    exposure = [1.0, 1.0, 0.0, *[1.0] * (len(y) - 1)]
    one, other = change_point(y), change_point(gappy, exposure)
    assert other.p_value == pytest.approx(one.p_value)
    if one.at is not None:
        assert (other.at, other.low, other.high) == (one.at + 2, one.low + 2, one.high + 2)


@given(counts)
def test_the_series_read_backwards_tells_the_same(y: list[int]) -> None:
    one, other = change_point(y), change_point(y[::-1])
    assert other.p_value == pytest.approx(one.p_value)
    if one.at is not None:
        assert other.low == len(y) - one.high


def test_many_series_at_once_are_each_by_itself() -> None:
    rng = np.random.default_rng(2)
    y = rng.poisson(rng.gamma(1, 3, (60, 1)), (60, 12))
    e = rng.uniform(0, 2, (60, 12)) * (rng.random((60, 12)) > 0.2)
    together = change_point(y, e)
    for i in range(60):
        alone = change_point(y[i], e[i])
        assert alone.reason == together[i].reason
        assert alone.p_value == pytest.approx(together[i].p_value)
        if alone.at is not None:
            assert (alone.at, alone.low, alone.high) == (together[i].at, together[i].low, together[i].high)


@pytest.mark.slow
@pytest.mark.parametrize(("level", "ratio"), [(0.5, 4.0), (2.0, 1.8)])
def test_the_confidence_set_covers_the_true_place(level: float, ratio: float) -> None:
    rng = np.random.default_rng(9)
    e = rng.uniform(0.5, 2, 24)
    y = rng.poisson(e * level * np.where(np.arange(24) < 15, 1.0, ratio), (1000, 24))
    found = change_point(y, e, confidence=0.9)
    assert 0.88 <= ((found.low <= 15) & (found.high >= 15)).mean() <= 0.97
    assert (found.high - found.low).mean() < 18


def test_without_a_change_small_p_values_are_as_rare_as_they_say() -> None:
    p = change_point(np.random.default_rng(4).poisson(1.0, (2000, 16))).p_value
    for level in (0.01, 0.05, 0.2):
        assert level * 0.6 < (p <= level).mean() <= level + 2.5 * np.sqrt(level / 2000)


def test_the_exact_p_value_stays_fast_and_plausible_with_thousands_of_failures() -> None:
    y = np.random.default_rng(1).poisson(200, 60)
    found = change_point(y)
    assert found.n > 11_000
    simulated = np.random.default_rng(2).multinomial(found.n, np.full(60, 1 / 60), 4000).astype(float)
    share = (largest_ratio(simulated, np.ones(simulated.shape))[0] >= found.statistic - 1e-9).mean()
    assert found.p_value == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(
    ("y", "e", "reason"),
    [
        ([0, 0, 0], 1.0, "no_events"),
        ([3], 1.0, "too_few"),
        ([3, 3], 0.0, "no_exposure"),
        ([np.nan, np.nan], 1.0, "no_data"),
    ],
)
def test_where_there_is_nothing_to_compare_there_is_no_place(y: list[float], e: float, reason: str) -> None:
    found = change_point(y, e)
    assert (found.at, found.low, found.p_value, found.reason) == (None, None, None, reason)


def cost(y: list[int], e: list[float], places: tuple[int, ...], penalty: float) -> float:
    edges = [0, *places, len(y)]
    total = penalty * len(places)
    for a, b in pairwise(edges):
        failures, exposed = sum(y[a:b]), sum(e[a:b])
        total -= 2 * failures * np.log(failures / exposed) if failures else 0.0
    return total


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.floats(0, 8), st.data())
@settings(max_examples=60)
def test_several_changes_are_the_best_of_all_segmentations(y: list[int], penalty: float, data: st.DataObject) -> None:
    e = data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=len(y), max_size=len(y)))
    found = change_points(y, e, penalty=penalty)
    inner = range(1, len(y))
    best = min(cost(y, e, places, penalty) for k in range(len(y)) for places in combinations(inner, k))
    assert cost(y, e, tuple(found.at.tolist()), penalty) == pytest.approx(best, abs=1e-8)


def test_several_changes_carry_their_rates_and_skip_unexposed_periods() -> None:
    y = [2, 2, 2, np.nan, 30, 30, 30, 9, 5, 5, 5, 5]
    found = change_points(y, [1.0] * 7 + [0.0] + [1.0] * 4)
    assert found.at.tolist() == [4, 8]
    assert found.rates.tolist() == [2.0, 30.0, 5.0]
    assert found.penalty == pytest.approx(2 * np.log(10))
    assert change_points([3, 3, 3]).at.size == 0
    assert change_points([np.nan]).reason == "no_data"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: change_point([1, 2], confidence=1.0), "confidence must lie"),
        (lambda: change_point([1.5, 2]), "count must hold whole numbers"),
        (lambda: change_point([-1, 2]), "count must be at least 0"),
        (lambda: change_points([[1, 2]]), "count must be one series"),
        (lambda: change_points([1, 2], penalty=-1.0), "penalty must be at least 0"),
    ],
)
def test_what_cannot_be_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_very_many_failures_are_counted_in_batches_and_say_the_same() -> None:
    count = np.array([1400.0] * 18 + [700.0] * 18)
    exposure = np.full(36, 9000.0)
    found = change_point(count + np.arange(36) % 5, exposure)
    assert (found.at, found.low, found.high) == (18, 18, 18)
    assert found.p_value < 1e-9
    assert found.ratio == pytest.approx(0.5, rel=0.01)
    assert found.n == 18 * 2100 + (np.arange(36) % 5).sum()


def test_batches_never_say_more_than_the_failures() -> None:
    rng = np.random.default_rng(8)
    count = rng.poisson(np.repeat([40.0, 80.0], 10)).astype(float)
    alone, tenfold = change_point(count), change_point(10_000 * count)
    assert tenfold.at == alone.at
    assert alone.low <= tenfold.low <= tenfold.at <= tenfold.high <= alone.high
    assert tenfold.p_value < 1e-9  # both are below what 1 less a probability can tell
