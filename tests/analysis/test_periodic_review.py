"""(s, S) policies against Snyder and Shen and the 24 instances of Zheng and Federgruen, brute force, and a simulated store."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.demand_distributions import EmpiricalDemand, NegativeBinomialDemand, NormalDemand, PoissonDemand
from analysis.periodic_review import s_s_cost, s_s_policy, s_s_power_approximation
from analysis.result import Reason

# Zheng and Federgruen (1991), Operations Research 39:654–665, table 1: Poisson demand, h = 1, p = 9, K = 64.
MEANS = [*range(10, 80, 5), 21, 22, 23, 24, 51, 52, 59, 61, 63, 64]
POINTS = [6, 10, 14, 19, 23, 28, 33, 37, 42, 47, 52, 56, 62, 67, 15, 16, 17, 18, 43, 44, 51, 52, 54, 55]
LEVELS = [40, 49, 62, 56, 66, 77, 87, 97, 108, 118, 129, 75, 81, 86, 65, 68, 52, 54, 110, 112, 126, 131, 73, 74]
COSTS = [35.022, 42.698, 49.173, 54.262, 57.819, 61.215, 64.512, 67.776, 70.975, 74.149, 77.306, 78.518, 79.037, 79.554,
         50.406, 51.632, 52.757, 53.518, 71.611, 72.246, 76.679, 77.929, 78.287, 78.402]  # fmt: skip


def test_the_instances_of_zheng_and_federgruen_have_their_policies_and_costs() -> None:
    found = s_s_policy(PoissonDemand(MEANS), holding=1, waiting=9, fixed=64)
    assert found.reorder_point.tolist() == POINTS
    assert found.order_up_to.tolist() == LEVELS
    assert found.cost == pytest.approx(COSTS, abs=5e-4)
    again = s_s_cost(POINTS, LEVELS, PoissonDemand(MEANS), holding=1, waiting=9, fixed=64)
    assert again.cost == pytest.approx(found.cost, rel=1e-12)


def test_the_examples_of_snyder_and_shen_have_their_policies_and_costs() -> None:
    # Fundamentals of Supply Chain Theory, 2nd ed., Example 4.7 and Problem 4.31
    demand, costs = PoissonDemand(6), {"holding": 1, "waiting": 4, "fixed": 5}
    best = s_s_policy(demand, **costs)
    assert (best.reorder_point, best.order_up_to) == (4, 10)
    assert best.cost == pytest.approx(8.034111561471644, rel=1e-13)
    assert s_s_cost(6, 18, demand, **costs).cost == pytest.approx(10.193798671644046, rel=1e-13)
    for other in (PoissonDemand(4), EmpiricalDemand(np.arange(51.0), stats.poisson.pmf(np.arange(51), 4))):
        best = s_s_policy(other, holding=40, waiting=125, fixed=150)
        assert (best.reorder_point, best.order_up_to) == (2, 7)
        assert best.cost == pytest.approx(223.5748295669688, rel=1e-11)
        assert s_s_cost(4, 10, other, holding=40, waiting=125, fixed=150).cost == pytest.approx(
            262.2755613772775, rel=1e-11
        )


def test_the_power_approximations_of_snyder_and_shen_are_theirs() -> None:
    # Example 4.8 and Problem 4.32
    found = s_s_power_approximation([50, 190], [8, 48], holding=[0.18, 2], waiting=[0.7, 36], fixed=[2.5, 60])
    assert found.reorder_point.tolist() == pytest.approx([40.194616956474071, 226.6137928222839], rel=1e-14)
    assert found.order_up_to.tolist() == pytest.approx([74.290170109805786, 324.3797868133974], rel=1e-14)
    limited = s_s_power_approximation(50, 8, holding=0.18, waiting=0.7, fixed=2.5, base_stock_limit=True)
    assert limited.order_up_to == pytest.approx(56.60395592743389)
    delayed = s_s_power_approximation(50, 8, holding=0.18, waiting=0.7, fixed=2.5, lead_time=3)
    assert delayed.reorder_point > 3 * 50


def test_the_power_approximation_is_near_the_optimum() -> None:
    mean, sd = 12.0, 6.0
    demand, costs = NegativeBinomialDemand(mean, sd**2), {"holding": 1, "waiting": 9, "fixed": 48}
    rough = s_s_power_approximation(mean, sd, lead_time=2, **costs)
    at = s_s_cost(round(rough.reorder_point), round(rough.order_up_to), demand, protection=demand.over(3), **costs)
    assert s_s_policy(demand, protection=demand.over(3), **costs).cost <= at.cost
    assert at.cost < 1.02 * s_s_policy(demand, protection=demand.over(3), **costs).cost


@settings(max_examples=25, deadline=None)
@given(st.floats(0.2, 8), st.floats(1, 4), st.integers(0, 3), st.floats(0.3, 3), st.floats(0.5, 40), st.floats(0, 40))
def test_no_policy_around_costs_less(
    mean: float, spread: float, lead: int, holding: float, waiting: float, fixed: float
) -> None:
    demand = NegativeBinomialDemand(mean, mean * spread)
    costs = {"holding": holding, "waiting": waiting, "fixed": fixed, "protection": demand.over(lead + 1)}
    best = s_s_policy(demand, **costs)
    s, depth = np.meshgrid(np.arange(-8.0, 30.0) + best.reorder_point - 10, np.arange(1.0, 40.0))
    column = NegativeBinomialDemand(np.full(s.shape, mean), mean * spread)
    others = s_s_cost(s, s + depth, column, **{**costs, "protection": column.over(lead + 1)})
    assert best.cost <= others.cost.min() * (1 + 1e-10)
    assert best.cost == pytest.approx(s_s_cost(best.reorder_point, best.order_up_to, demand, **costs).cost, rel=1e-11)


def test_without_a_fixed_cost_it_is_the_newsvendors_base_stock() -> None:
    # Newsvendor: 8 for Poisson demand of 6, h = 1, p = 4 (Snyder and Shen, Example 4.7)
    found = s_s_policy(PoissonDemand(6), holding=1, waiting=4, fixed=0)
    assert found.order_up_to == 8
    assert found.cost == pytest.approx(3.570106945770946, rel=1e-12)


def test_a_simulated_store_costs_what_the_formula_says() -> None:
    # 4,000 stores for 300 periods, lead time of two periods: order at review, receive, meet demand, count.
    rng = np.random.default_rng(5)
    s, top, lead, mean, variance = 9, 20, 2, 3.0, 6.0
    position, arriving = np.full(4_000, top), np.zeros((lead, 4_000), dtype=np.int64)
    level, cost, periods = position.copy(), 0.0, 0
    for period in range(300):
        order = np.where(position <= s, top - position, 0)
        position = position + order
        level = level + arriving[0]
        arriving = np.concatenate((arriving[1:], order[None]))
        demand = rng.negative_binomial(mean**2 / (variance - mean), mean / variance, 4_000)
        level, position = level - demand, position - demand
        if period >= 60:
            cost += float((np.maximum(level, 0) + 9 * np.maximum(-level, 0) + 15 * (order > 0)).mean())
            periods += 1
    per_period = NegativeBinomialDemand(mean, variance)
    found = s_s_cost(s, top, per_period, holding=1, waiting=9, fixed=15, protection=per_period.over(lead + 1))
    assert cost / periods == pytest.approx(found.cost, rel=0.01)


def test_parts_of_every_size_at_once_are_single_answers_and_those_without_demand_have_reasons() -> None:
    mean = np.array([[0.02, 3.0, 0.0], [np.nan, 60.0, 7.0]])
    many = s_s_policy(PoissonDemand(mean), holding=1, waiting=19, fixed=[10.0, 40.0, 10.0])
    assert many.reason.tolist() == [["", "", "no_demand"], ["missing", "", ""]]
    for row, column, fixed in ((0, 0, 10), (0, 1, 40), (1, 1, 40), (1, 2, 10)):
        one = s_s_policy(PoissonDemand(mean[row, column]), holding=1, waiting=19, fixed=fixed)
        assert one.reorder_point == many.reorder_point[row, column]
        assert one.cost == pytest.approx(many.cost[row, column], rel=1e-12)
    assert s_s_policy(PoissonDemand(0.0), holding=1, waiting=9, fixed=1).cost is None
    assert s_s_power_approximation(5, 0, holding=1, waiting=9, fixed=1).reason is Reason.NO_VARIATION


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="order_up_to must be above reorder_point"):
        s_s_cost(5, 5, PoissonDemand(2), holding=1, waiting=9, fixed=1)
    with pytest.raises(ValueError, match="whole numbers"):
        s_s_cost(5.5, 8, PoissonDemand(2), holding=1, waiting=9, fixed=1)
    with pytest.raises(ValueError, match="demand of at least 0"):
        s_s_policy(EmpiricalDemand([-1, 0, 4]), holding=1, waiting=9, fixed=1)
    with pytest.raises(ValueError, match="demand that is counted"):
        s_s_policy(NormalDemand(5, 1), holding=1, waiting=9, fixed=1)  # type: ignore[arg-type]
