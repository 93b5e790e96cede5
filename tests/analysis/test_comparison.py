"""The ratio of rate ratios against Fisher's exact test, and the ratio by unit against what it must cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, nchypergeom_fisher, poisson
from scipy.stats.contingency import odds_ratio

from analysis.comparison import rate_ratio_by_unit, ratio_of_rate_ratios
from analysis.effectiveness import RateRatio, rate_ratio
from analysis.result import Reason

small = st.integers(0, 40)
exposures = st.floats(0.01, 100)


def of_table(a: Any, b: Any, c: Any, d: Any, factor: float = 1.0, **options: Any) -> RateRatio:
    """Failures of the treated after (a) and before (b), of the untreated after (c) and before (d)."""
    return ratio_of_rate_ratios(
        b,
        factor,
        a,
        1.0,
        untreated_failures_before=d,
        untreated_exposure_before=1.0,
        untreated_failures_after=c,
        untreated_exposure_after=1.0,
        **options,
    )


def test_with_equal_exposures_it_is_fishers_exact_test_as_r_prints_it() -> None:
    """R Manual, stats::fisher.test: Convictions of twins, p = 0.0005367; tea tasting, two-sided p = 0.4857."""
    twins = of_table(2, 10, 15, 3)
    assert twins.p_minlike == pytest.approx(0.0005367, abs=5e-8)
    assert (twins.low, twins.high) == pytest.approx((0.003325764, 0.363182271), rel=3e-3)  # as far as R's digits hold
    assert of_table(3, 1, 1, 3).p_minlike == pytest.approx(0.4857, abs=5e-5)
    assert of_table(3, 1, 1, 3).p_greater == pytest.approx(0.2429, abs=5e-5)


@settings(deadline=None)
@given(small, small, small, small)
def test_bounds_and_p_values_are_those_of_scipys_conditional_odds_ratio(a: int, b: int, c: int, d: int) -> None:
    table = np.array([[a, b], [c, d]])
    found = of_table(a, b, c, d)
    if (table.sum(0) == 0).any() or (table.sum(1) == 0).any():
        assert (found.value, found.low, found.high, found.reason) == (None, None, None, Reason.NO_EVENTS)
        return
    theirs = odds_ratio(table, kind="conditional").confidence_interval(0.95)
    assert found.low == pytest.approx(theirs.low, rel=1e-8)
    assert (np.inf if found.high is None else found.high) == pytest.approx(theirs.high, rel=1e-8)
    assert found.p_less == pytest.approx(fisher_exact(table, "less").pvalue)
    assert found.p_greater == pytest.approx(fisher_exact(table, "greater").pvalue)
    assert found.p_minlike == pytest.approx(fisher_exact(table).pvalue)
    if b * c:
        assert found.value == pytest.approx(a * d / (b * c))


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_at_its_bounds_the_outcome_has_just_the_tail_that_is_allowed(
    a: int, b: int, c: int, d: int, midp: bool
) -> None:
    found = of_table(a, b, c, d, midp=midp)
    for bound, sign in ((found.low, 1), (found.high, -1)):
        table = nchypergeom_fisher(a + b + c + d, a + b, a + c, bound)
        k = np.arange(a + b + 1)
        chance = table.pmf(k)
        beyond = chance[sign * k > sign * a].sum() + chance[a] * (0.5 if midp else 1.0)
        assert beyond == pytest.approx(0.025, rel=1e-6)


def test_an_untreated_group_that_is_endlessly_large_leaves_the_plain_rate_ratio() -> None:
    plain = rate_ratio(40, 3.0, 22, 2.0)
    found = ratio_of_rate_ratios(
        40,
        3.0,
        22,
        2.0,
        untreated_failures_before=10**8,
        untreated_exposure_before=1.0,
        untreated_failures_after=10**8,
        untreated_exposure_after=1.0,
    )
    for name in ("value", "low", "high", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(plain, name), rel=1e-5), name


def test_a_fall_that_the_untreated_share_is_not_credited_to_the_action() -> None:
    """Half as many failures after, in both groups alike: a milder season."""
    assert rate_ratio(200, 1.0, 100, 1.0).high < 1
    found = of_table(100, 200, 150, 300)
    assert found.value == pytest.approx(1)
    assert found.low < 1 < found.high


@settings(deadline=None)
@given(small, small, small, small, exposures, exposures)
def test_exposures_scale_the_ratio_and_nothing_else(a: int, b: int, c: int, d: int, factor: float, unit: float) -> None:
    one, other = of_table(a, b, c, d, null=1.0), of_table(a, b, c, d, factor=factor, null=factor)
    for name in ("value", "low", "high"):
        ours = getattr(one, name)
        assert getattr(other, name) == (None if ours is None else pytest.approx(ours * factor, rel=1e-8)), name
    assert other.p_less == (None if one.p_less is None else pytest.approx(one.p_less))


@settings(deadline=None)
@given(st.lists(st.tuples(small, small, small, small), min_size=1, max_size=6), st.booleans())
def test_many_tables_at_once_are_the_single_ones(rows: list[tuple[int, int, int, int]], midp: bool) -> None:
    together = of_table(*(list(column) for column in zip(*rows, strict=True)), midp=midp)
    for i, row in enumerate(rows):
        alone = of_table(*row, midp=midp)
        for name in ("value", "low", "high", "p_value", "reason"):
            ours, theirs = getattr(together[i], name), getattr(alone, name)
            assert ours == (pytest.approx(theirs, rel=1e-9) if isinstance(theirs, float) else theirs), name


def test_large_counts_come_out_as_the_normal_approximation() -> None:
    found = of_table(15_778, 40_060, 20_000, 20_100)
    spread = 1.959964 * np.sqrt(1 / 15_778 + 1 / 40_060 + 1 / 20_000 + 1 / 20_100)
    assert np.log([found.low, found.high]) == pytest.approx(np.log(found.value) + spread * np.array([-1, 1]), abs=2e-4)
    assert found.p_value == pytest.approx(0, abs=1e-100)


def test_without_an_untreated_group_there_is_nothing_to_compare_with() -> None:
    def peers(exposure: float) -> RateRatio:
        return ratio_of_rate_ratios(
            5,
            1.0,
            4,
            1.0,
            untreated_failures_before=3,
            untreated_exposure_before=1.0,
            untreated_failures_after=0,
            untreated_exposure_after=exposure,
        )

    assert (peers(0.0).reason, peers(0.0).value) == (Reason.NO_PEERS, None)
    assert (peers(1.0).reason, peers(1.0).value, peers(1.0).high) == (Reason.NOT_BOUNDED, None, None)
    assert peers(1.0).low > 0


@pytest.mark.parametrize("expected", [5, 10, 30])
def test_the_exact_interval_covers_at_least_its_level(expected: float) -> None:
    """Coverage by sampling 6,000 outcomes of the four counts."""
    rng = np.random.default_rng(expected)
    a, b, c, d = rng.poisson(expected, (4, 6000))
    for midp, least, most in ((False, 0.895, 0.97), (True, 0.88, 0.93)):
        found = of_table(a, b, c, d, midp=midp, confidence=0.90)
        covered = ~(found.low > 1) & ~(found.high < 1)
        assert least <= covered.mean() <= most, midp


def test_with_equal_exposure_ratios_the_units_give_the_ratio_of_their_sum() -> None:
    found = rate_ratio_by_unit([9, 4, 6, 2], [1, 2, 1, 3], [3, 3, 1, 2], [2, 4, 2, 6])
    assert found.value == pytest.approx(9 / 21 / 2)
    assert (found.n, found.failures) == (4, 30)
    assert found.low < found.value < found.high


def test_units_that_come_and_go_do_no_harm() -> None:
    """A bad unit, always at 10 per unit of exposure, is retired early: the pooled rate falls, the rate of no unit did."""
    before, hours_before = np.array([100, 10, 10, 10]), np.array([10.0, 10, 10, 10])
    after, hours_after = np.array([10, 10, 10, 10]), np.array([1.0, 10, 10, 10])
    pooled = rate_ratio(before.sum(), hours_before.sum(), after.sum(), hours_after.sum())
    assert pooled.high < 1
    assert rate_ratio_by_unit(before, hours_before, after, hours_after).value == pytest.approx(1)


def test_clusters_of_failures_on_single_units_widen_the_interval() -> None:
    even = rate_ratio_by_unit([5] * 8, 1.0, [2, 3] * 4, 1.0)
    uneven = rate_ratio_by_unit([5] * 8, 1.0, [0, 0, 0, 0, 0, 0, 10, 10], 1.0)
    assert even.value == pytest.approx(uneven.value)
    assert uneven.dispersion > 3 > 1 > even.dispersion
    assert uneven.high / uneven.low > 2 * even.high / even.low
    poisson_only = rate_ratio(40, 8.0, 20, 8.0)
    assert even.high > poisson_only.value
    assert even.low < poisson_only.value


@pytest.mark.parametrize("units", [5, 10, 30])
@pytest.mark.parametrize(("clustering", "least"), [(0.0, 0.895), (1 / 3, 0.88), (1.0, 0.87)])
def test_the_interval_by_unit_covers_its_level_where_the_poisson_interval_fails(
    units: int, clustering: float, least: float
) -> None:
    """Rates that differ between units, and, with clustering, jump from one period to the next within a unit."""
    rng = np.random.default_rng(units)
    actions = 2500
    shape, rows = (actions, units), actions * units

    def jump() -> Any:
        return rng.gamma(1 / clustering, clustering, shape) if clustering else np.ones(shape)

    rate, exposure = 6 * rng.gamma(2, 1 / 2, shape), rng.uniform(0.5, 2, shape)
    before, after = rng.poisson(rate * jump()), rng.poisson(rate * jump() * 0.5 * exposure)
    group = np.repeat(np.arange(actions), units)
    found = rate_ratio_by_unit(
        before.ravel(), np.ones(rows), after.ravel(), exposure.ravel(), group=group, confidence=0.9
    )
    covered = ~(found.low > 0.5) & ~(found.high < 0.5)
    assert covered.mean() >= least
    if clustering and units == 30:
        pooled = rate_ratio(before.sum(1), units, after.sum(1), exposure.sum(1), confidence=0.9)
        assert (~(pooled.low > 0.5) & ~(pooled.high < 0.5)).mean() < 0.75
        assert np.median(found.dispersion) > 2


def test_without_clustering_the_dispersion_is_1_on_average() -> None:
    rng = np.random.default_rng(7)
    group = np.repeat(np.arange(4000), 6)
    rate = 4 * rng.gamma(1, 1, group.size)
    found = rate_ratio_by_unit(rng.poisson(rate), 1.0, rng.poisson(0.5 * rate), 1.0, group=group)
    assert np.nanmean(found.dispersion) == pytest.approx(1, abs=0.03)


units = st.lists(st.tuples(st.integers(0, 9), exposures, st.integers(0, 9), exposures), min_size=1, max_size=8)


@settings(deadline=None)
@given(units, units, st.floats(1e-3, 1e3))
def test_many_actions_by_unit_are_the_single_ones_in_any_order_and_unit(first: Any, second: Any, unit: float) -> None:
    rows = [(0, *row) for row in first] + [(1, *row) for row in second]
    group, b, before, a, after = (list(column) for column in zip(*rows[::-1], strict=True))
    together = rate_ratio_by_unit(b, before, a, after, group=group)
    for i, part in enumerate((first, second)):
        b, before, a, after = (np.array(column) for column in zip(*part, strict=True))
        alone = rate_ratio_by_unit(b, before * unit, a, after * unit)
        for name in ("value", "low", "high", "dispersion", "n", "reason"):
            ours, theirs = getattr(together[i], name), getattr(alone, name)
            assert ours == (pytest.approx(theirs, rel=1e-7) if isinstance(theirs, float) else theirs), name


def test_units_without_failures_or_with_one_side_only_say_nothing() -> None:
    bare = rate_ratio_by_unit([4, 3, 5], 1.0, [1, 2, 2], 1.0)
    more = rate_ratio_by_unit([4, 3, 5, 0, 9], [1, 1, 1, 1, 1], [1, 2, 2, 0, 0], [1, 1, 1, 1, 0])
    assert (more.value, more.low, more.high, more.n) == (bare.value, bare.low, bare.high, 3)


def test_the_reasons_say_why_there_is_no_interval() -> None:
    assert rate_ratio_by_unit([4], 1.0, [2], 1.0).reason is Reason.TOO_FEW
    assert rate_ratio_by_unit([0, 0], 1.0, [0, 0], 1.0).reason is Reason.NO_EVENTS
    none_before = rate_ratio_by_unit([0, 0], 1.0, [2, 1], 1.0)
    assert (none_before.value, none_before.high, none_before.reason) == (None, None, Reason.NOT_BOUNDED)
    assert none_before.low > 0
    none_after = rate_ratio_by_unit([20, 10], 1.0, [0, 0], 1.0)
    assert (none_after.value, none_after.low, none_after.reason) == (0, 0, Reason.NONE)
    assert 0 < none_after.high < 1 or none_after.high > 0


def test_lengths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="treated and untreated must be of one length, not 2 and 3"):
        of_table([1, 2], [1, 2], [1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="group must hold one number per row"):
        rate_ratio_by_unit([1, 2], 1.0, [1, 2], 1.0, group=[0])


def test_the_sums_do_not_depend_on_the_blocks_they_are_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    tables = poisson.rvs(20, size=(4, 50), random_state=rng)
    whole = of_table(*tables)
    monkeypatch.setattr("analysis.comparison._BLOCK", 300)
    parts = of_table(*tables)
    assert parts.low == pytest.approx(whole.low, rel=1e-12)
    assert parts.p_value == pytest.approx(whole.p_value, rel=1e-12)
