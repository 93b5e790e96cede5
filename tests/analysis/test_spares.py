"""Repairable spares: Palm's identities, exact two-echelon backorders, and plans that nothing of their cost beats."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.result import Reason
from analysis.spares import Network, allocate_spares, availability, expected_backorders, metric, metric_allocation

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"


def test_the_metric_identities_have_their_values() -> None:
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED.name} is not beside the project")
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    example = next(e for e in examples if e["id"] == "metric_identities")
    expected = example["recomputed"]["values"]
    for pipeline in example["data"]["pipeline"]:
        found = expected_backorders(pipeline, example["data"]["stock"])
        # Its sums from 0 to s − 1 leave an error of some 10⁻¹⁵.
        assert found.expected_backorders == pytest.approx(expected["EBO"][str(pipeline)], abs=1e-14)
        assert found.fill_rate == pytest.approx(expected["fill_rate"][str(pipeline)], abs=1e-14)
        assert found.ready_rate[:3] == pytest.approx(found.fill_rate[1:4], abs=1e-14)


@settings(deadline=None)
@given(st.floats(0.01, 60), st.floats(1, 6), st.integers(0, 80))
def test_one_more_spare_saves_the_probability_of_a_longer_pipeline(mean: float, spread: float, stock: int) -> None:
    found = expected_backorders(mean, [stock, stock + 1], mean * spread)
    saved = found.expected_backorders[0] - found.expected_backorders[1]
    assert saved == pytest.approx(1 - found.ready_rate[0], abs=1e-10)
    assert found.fill_rate[1] == found.ready_rate[0] >= found.fill_rate[0]
    assert found.expected_on_hand - found.expected_backorders == pytest.approx(
        [stock - mean, stock + 1 - mean], abs=1e-9
    )


def test_the_variance_of_backorders_is_that_of_the_distribution() -> None:
    k = np.arange(200)
    for mean, variance in ((3.0, 3.0), (4.0, 10.0)):
        mass = stats.poisson.pmf(k, mean)
        if variance > mean:
            mass = stats.nbinom.pmf(k, mean**2 / (variance - mean), mean / variance)
        for stock in (0, 2, 6):
            owed = np.maximum(k - stock, 0)
            expected = (owed**2 * mass).sum() - (owed * mass).sum() ** 2
            assert expected_backorders(mean, stock, variance).backorder_variance == pytest.approx(expected, rel=1e-9)


def test_the_repair_time_counts_by_its_mean_only() -> None:
    # Palm's theorem, simulated: exponential and constant repair times of mean 2 with failures at rate 1.5.
    rng = np.random.default_rng(2)
    at = np.cumsum(rng.exponential(1 / 1.5, 200_000))
    look = np.linspace(100, at[-1] - 100, 100_000)
    for times in (np.full(at.size, 2.0), rng.exponential(2.0, at.size)):
        ends = np.sort(at + times)
        pipeline = np.searchsorted(at, look, side="right") - np.searchsorted(ends, look, side="right")
        found = expected_backorders(3.0, 4)
        assert np.maximum(pipeline - 4, 0).mean() == pytest.approx(found.expected_backorders, rel=0.03)
        assert (pipeline <= 4).mean() == pytest.approx(found.ready_rate, abs=0.005)


def test_availability_is_the_product_over_the_items() -> None:
    # 20 machines; an item twice in each with 0.4 backorders, another once with 0.1: (1 − 0.4/40)² (1 − 0.1/20)
    assert availability([0.4, 0.1], 20, [2, 1]) == pytest.approx((1 - 0.01) ** 2 * (1 - 0.005))
    assert availability([[0.4, 0.1], [0.0, 0.0]], 20).tolist() == pytest.approx([(1 - 0.02) * (1 - 0.005), 1.0])
    assert availability([np.nan, 0.1], 20) is None
    assert availability([30.0], 20) == 0.0


def test_the_plan_takes_the_spare_that_saves_most_per_money() -> None:
    # Pipelines of 1 and 4, a spare costs 5 and 1: gains per money by hand from Poisson tables.
    plan = allocate_spares([1, 4], [5, 1], 12)
    gains = [(1 - stats.poisson.cdf(k, 1)) / 5 for k in range(3)], [1 - stats.poisson.cdf(k, 4) for k in range(9)]
    order = sorted([(-g, 0, 5) for g in gains[0]] + [(-g, 1, 1) for g in gains[1]])
    spent, stock = 0, [0, 0]
    for _, item, cost in order:
        if spent + cost > 12:
            break
        spent, stock[item] = spent + cost, stock[item] + 1
    assert plan.stock.tolist() == stock == [1, 7]
    assert plan.cost == spent == 12
    assert plan.expected_backorders == pytest.approx(
        [expected_backorders(1, 1).expected_backorders, expected_backorders(4, 7).expected_backorders]
    )
    at = plan.curve_cost.tolist().index(12)
    assert plan.curve_backorders[at] == pytest.approx(plan.expected_backorders.sum())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 3), st.floats(0.5, 9)), min_size=3, max_size=3), st.floats(0, 30))
def test_no_plan_that_costs_as_little_has_fewer_backorders(items: list[tuple[float, float]], budget: float) -> None:
    pipeline, cost = (np.array(x) for x in zip(*items, strict=True))
    plan = allocate_spares(pipeline, cost, budget)
    assert plan.cost <= budget + 1e-9
    assert plan.cost == pytest.approx(float((plan.stock * cost).sum()))
    for stock in itertools.product(range(7), repeat=3):
        if float((np.array(stock) * cost).sum()) <= plan.cost * (1 - 1e-12):
            others = expected_backorders(pipeline, list(stock)).expected_backorders.sum()
            assert others >= plan.expected_backorders.sum() - 1e-9


# A depot and three bases with unequal demand, partly repaired at the bases.
NETWORK = Network([[4.0, 2.0, 1.0]], [[0.25, 0.0, 0.5]], 0.1, 0.08, 0.4)


def exact_backorders(network: Network, depot: int, base: list[int]) -> list[float]:
    """By the exact distribution for one item and constant times: the depot's backorders, thinned, and the base's own."""
    k = np.arange(80)
    waiting = np.bincount(
        np.maximum(k - depot, 0), weights=stats.poisson.pmf(k, network.depot_pipeline[0]), minlength=80
    )
    to_depot = network.demand[0] * (1 - network.repaired_at_base[0])
    found = []
    for j, stock in enumerate(base):
        thinned = stats.binom.pmf(k[None, :], k[:, None], to_depot[j] / to_depot.sum())
        owed = (waiting[:, None] * thinned).sum(axis=0)
        own = to_depot[j] * network.order_and_ship_time[0, j]
        own += network.demand[0, j] * network.repaired_at_base[0, j] * network.base_repair_time[0, j]
        pipeline = np.convolve(owed, stats.poisson.pmf(k, own))
        found.append(float((np.maximum(np.arange(pipeline.size) - stock, 0) * pipeline).sum()))
    return found


def test_without_depot_stock_metric_is_exact_and_with_it_vari_metric_is_nearer() -> None:
    for method in ("METRIC", "VARI-METRIC"):
        found = metric(NETWORK, [0], [[2, 1, 0]], method=method)  # type: ignore[arg-type]
        assert found.base_backorders[0] == pytest.approx(exact_backorders(NETWORK, 0, [2, 1, 0]), rel=1e-9)
    for depot, base in ((1, [2, 1, 1]), (3, [1, 1, 0]), (2, [3, 2, 1])):
        exact = sum(exact_backorders(NETWORK, depot, base))
        plain, fitted = (
            metric(NETWORK, [depot], [base], method=m).total_backorders[0]  # type: ignore[arg-type]
            for m in ("METRIC", "VARI-METRIC")
        )
        assert plain < exact
        assert abs(fitted - exact) < 0.25 * (exact - plain)
        assert fitted == pytest.approx(exact, rel=0.03)


def test_metric_lets_the_bases_wait_for_the_mean_delay_of_the_depot() -> None:
    # The form of Sherbrooke 1968 (and of LINGO's model METRIC, whose data these are): two outlets with 0.1 demands a day,
    # 2 days from the depot, which is supplied in 14; what a base has under way is demand · (2 + backorders/total demand).
    network = Network([[0.1, 0.1]], 0.0, 0.0, 2.0, 14.0)
    for depot, base in ((2, 1), (1, 2), (4, 0)):
        delay = expected_backorders(2.8, depot).expected_backorders / 0.2
        alone = expected_backorders(0.1 * (2 + delay), base).expected_backorders
        found = metric(network, [depot], [[base, base]], method="METRIC")
        assert found.base_backorders[0].tolist() == pytest.approx([alone, alone], rel=1e-12)


def test_base_stocks_of_hopp_and_spearman_have_their_service() -> None:
    # Factory Physics, ch. 2: Poisson demand of 10 in the lead time; base stock 15: fill rate 0.917, 0.103 backorders, 5.103 on
    # hand. Sherbrooke, ch. 2: expected backorders of pipelines of 1 and 4. From memory, confirmed by computation only.
    found = expected_backorders(10, 15)
    assert round(found.fill_rate, 3) == 0.917
    assert round(found.expected_backorders, 3) == 0.103
    assert round(found.expected_on_hand, 3) == 5.103
    one, four = (expected_backorders(m, np.arange(9)).expected_backorders.round(3).tolist() for m in (1, 4))
    assert one[:4] == [1.0, 0.368, 0.104, 0.023]
    assert four == [4.0, 3.018, 2.11, 1.348, 0.781, 0.41, 0.195, 0.085, 0.034]


def test_a_base_that_repairs_everything_needs_no_depot() -> None:
    found = metric(Network([[10.0, 6.0]], 1.0, [[0.1, 0.2]], 5.0, 5.0), [7], [[2, 1]])
    alone = expected_backorders([1.0, 1.2], [2, 1]).expected_backorders
    assert found.base_backorders[0] == pytest.approx(alone)
    assert found.depot_backorders[0] == 0


def test_the_plan_for_depot_and_bases_is_the_best_of_all_of_its_size() -> None:
    for budget in (2, 3, 5, 6):
        plan = metric_allocation(NETWORK, 1.0, budget)
        assert plan.stock[0] == plan.depot_stock[0] + plan.base_stock[0].sum() <= budget
        best = min(
            float(metric(NETWORK, [n0], [list(base)]).total_backorders[0])
            for n0 in range(plan.stock[0] + 1)
            for base in itertools.product(range(plan.stock[0] + 1), repeat=3)
            if n0 + sum(base) == plan.stock[0]
        )
        assert plan.expected_backorders[0] == pytest.approx(best, rel=1e-9)
        assert metric(NETWORK, plan.depot_stock, plan.base_stock).total_backorders[0] == pytest.approx(best, rel=1e-9)


def test_the_curve_of_a_plan_for_many_items_is_convex_and_meets_the_plan() -> None:
    rng = np.random.default_rng(8)
    network = Network(rng.gamma(1.0, 3.0, (40, 4)), 0.3, 0.05, 0.08, rng.uniform(0.05, 0.3, 40))
    cost = rng.gamma(2.0, 50.0, 40)
    plan = metric_allocation(network, cost, 4_000)
    slope = np.diff(plan.curve_backorders) / np.diff(plan.curve_cost)
    assert (np.diff(slope) > -1e-9).all()
    assert plan.cost == pytest.approx(float((plan.stock * cost).sum()))
    assert plan.expected_backorders.sum() == pytest.approx(
        plan.curve_backorders[np.searchsorted(plan.curve_cost, plan.cost * (1 - 1e-12))]
    )
    again = metric(network, plan.depot_stock, plan.base_stock).total_backorders
    assert again == pytest.approx(plan.expected_backorders, rel=1e-8)


def test_what_is_not_known_has_a_reason_and_no_plan() -> None:
    found = expected_backorders([1.0, np.nan, 0.0], 2)
    assert found.reason.tolist() == ["", "missing", "no_demand"]
    assert found[1].expected_backorders is None
    plan = allocate_spares([1.0, np.nan], 5.0, 100)
    assert (plan.reason, plan.cost, plan.stock.size) == (Reason.MISSING, None, 0)
    assert allocate_spares([], 5.0, 100).reason is Reason.NO_DATA
    assert metric_allocation(Network([[1.0, np.nan]], 0.1, 1, 1, 1), 1.0, 5).reason is Reason.MISSING
    service = metric(Network([[1.0, np.nan], [1.0, 1.0], [0.0, 0.0]], 0.1, 1, 1, 1), [0, 0, 0], [[0, 0]] * 3)
    assert service.reason.tolist() == ["missing", "", "no_demand"]
    assert np.isnan(service.base_backorders[[0, 2]]).all()


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        expected_backorders(1.0, 1.5)
    with pytest.raises(ValueError, match="pipeline must be at least 0"):
        expected_backorders(-1.0, 1)
    with pytest.raises(ValueError, match="budget must be at least 0"):
        allocate_spares([1.0], 5.0, -1)
    with pytest.raises(ValueError, match="method must be 'VARI-METRIC' or 'METRIC'"):
        metric(NETWORK, [0], [[0, 0, 0]], method="Metric")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be a share, found 2"):
        Network([[1.0]], 2.0, 1, 1, 1)
    with pytest.raises(ValueError, match="row per item"):
        Network([1.0, 2.0], 0.5, 1, 1, 1)
