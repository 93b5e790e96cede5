"""(r, Q) policies against the examples of Snyder and Shen, other ways to compute them, and a simulated store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from analysis.demand_distributions import (
    EmpiricalDemand,
    GammaDemand,
    NegativeBinomialDemand,
    NormalDemand,
    PoissonDemand,
)
from analysis.reorder_policies import r_q_approximation, r_q_cost, r_q_per_shortage, r_q_policy, r_q_reorder_point
from analysis.result import Reason
from analysis.stock import economic_order_quantity, newsvendor, newsvendor_cost

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"

# Problems 5.1 and 5.3 of Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed.: lead-time demand, rate and costs.
PROBLEM_1 = NormalDemand(800, 40).over(4 / 365), 800, {"holding": 3.1, "waiting": 45}
PROBLEM_3 = NormalDemand(192, 17.4).over(3), 192, {"holding": 3 / 14, "waiting": 40}


def published(name: str) -> dict[str, Any]:
    """A worked example with its answer."""
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED.name} is not beside the project")
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    found: dict[str, Any] = next(e for e in examples if e["id"] == name)
    return found


def test_the_published_r_q_example_has_its_costs_and_policies() -> None:
    example = published("rQ_ex51")
    data, expected = example["data"], example["published"]
    demand = NormalDemand(data["demand_mean"], data["demand_sd"]).over(data["lead_time"])
    rate, costs = data["demand_mean"], {"holding": data["holding"], "waiting": data["stockout"]}
    cost = r_q_cost([126.8, 100], [328.5, 250], demand, rate, fixed=data["fixed"], **costs).cost
    assert cost.tolist() == pytest.approx([expected["cost_126_8_328_5"], expected["cost_100_250"]], rel=1e-12)
    # The book's program stops its search for r at 10⁻⁶.
    assert r_q_reorder_point(318, demand, rate, **costs).reorder_point == pytest.approx(
        expected["r_for_Q318"], abs=1e-6
    )
    simple = r_q_approximation(demand, rate, fixed=data["fixed"], method="EOQ+SS", **costs)
    assert (simple.reorder_point, simple.order_quantity) == pytest.approx(
        (expected["eoqss_r"], expected["eoqss_Q"]), rel=1e-13
    )


EXAMPLE = NormalDemand(1300, 150).over(1 / 12), 1300, {"holding": 0.225, "waiting": 7.5}


# The answers of the book's examples 5.4–5.6 and problems 5.1(b)–(d), 5.3(b)–(d), as its program prints them (stockpyl, tests
# of rq), searches stopped at 10⁻⁶.
@pytest.mark.parametrize(
    ("problem", "fixed", "method", "r", "q"),
    [
        (EXAMPLE, 8, "EOQB", 128.6378144242710, 308.5737801203754),
        (EXAMPLE, 8, "loss function", 126.8670634479628, 328.4491421980451),
        (PROBLEM_1, 50, "EOQB", -1.929822185100239, 166.0850065197970),
        (PROBLEM_1, 50, "EOQ+SS", 15.125515371852014, 160.6438657804998),
        (PROBLEM_1, 50, "loss function", -1.985868645048718, 166.9501022040942),
        (PROBLEM_3, 85, "EOQB", 609.0252058220594, 391.3259510944808),
        (PROBLEM_3, 85, "loss function", 608.5445118000358, 403.8060023373138),
    ],
)
def test_the_approximations_of_snyder_and_shen_are_theirs(
    problem: Any, fixed: float, method: Literal["EOQ+SS", "EOQB", "loss function"], r: float, q: float
) -> None:
    demand, rate, costs = problem
    found = r_q_approximation(demand, rate, fixed=fixed, method=method, **costs)
    assert (found.reorder_point, found.order_quantity) == pytest.approx((r, q), abs=1e-4)
    assert r_q_policy(demand, rate, fixed=fixed, **costs).cost <= found.cost * (1 + 1e-12)


@pytest.mark.parametrize(
    ("problem", "points"),
    [  # stockpyl, tests of rq: the best r for Q = 318, 150 and 750, searched to 10⁻⁶
        (EXAMPLE, [127.7880348669655, 147.1949581740714, 99.853773396165280]),
        (PROBLEM_1, [-11.727678833180178, -0.885130303271656, -39.569675038859785]),
        (PROBLEM_3, [612.1331312304716, 622.5171783526781, 598.4126476551643]),
    ],
)
def test_the_reorder_points_for_given_quantities_are_those_of_snyder_and_shen(
    problem: Any, points: list[float]
) -> None:
    demand, rate, costs = problem
    found = r_q_reorder_point([318, 150, 750], demand, rate, **costs).reorder_point
    assert found.tolist() == pytest.approx(points, abs=1e-6)


def test_the_repair_parts_of_hopp_and_spearman_wait_and_lie_as_printed() -> None:
    # Factory Physics, ch. 2, (Q, r) model: 14 parts a year, lead time 45 days, (Q, r) = (4, 2): fill rate 0.904 (from rounded
    # losses 0.389 and 0.003), 0.049 backorders, 2.823 on hand. From memory, confirmed by this computation only.
    demand = PoissonDemand(14 * 45 / 365)
    found = r_q_cost(2, 4, demand, 14, holding=25, waiting=40, fixed=15)
    assert demand.loss([2, 3, 4, 5, 6]).round(3).tolist() == [0.389, 0.140, 0.042, 0.011, 0.003]
    assert found.fill_rate == pytest.approx(0.904, abs=1e-3)
    assert (round(found.expected_backorders, 3), round(found.expected_on_hand, 3)) == (0.049, 2.823)
    parts = 25 * found.expected_on_hand + 40 * found.expected_backorders + 15 * 14 / 4
    assert found.cost == pytest.approx(parts, rel=1e-14)


def test_without_a_lead_time_the_policy_is_the_economic_order_quantity_with_backorders() -> None:
    costs = {"holding": 2.0, "waiting": 30.0, "fixed": 40.0}
    best = r_q_policy(NormalDemand(0, 0), 500, **costs)
    steady = economic_order_quantity(500, **costs)
    assert (best.order_quantity, best.cost) == pytest.approx((steady.quantity, steady.cost), rel=1e-12)
    assert best.reorder_point == pytest.approx(-steady.backorder_share * steady.quantity, rel=1e-12)
    counted = r_q_policy(PoissonDemand(0), 500, **costs)
    assert counted.order_quantity == round(steady.quantity)
    assert counted.cost == pytest.approx(steady.cost, rel=1e-3)


@pytest.mark.parametrize(
    ("problem", "fixed", "r", "q", "cost"),
    [  # Example 5.2 and problems 5.1(a), 5.3(a)
        (EXAMPLE, 8, 213.9704421358024, 318.5901810768729, 95.451140222851961),
        (PROBLEM_1, 50, 17.972649360167715, 162.1231617283653, 531.1189321826714),
        (PROBLEM_3, 85, 644.8385303830128, 400.7559793125993, 100.6273949347740),
    ],
)
def test_the_policies_with_a_cost_per_shortage_are_those_of_snyder_and_shen(
    problem: Any, fixed: float, r: float, q: float, cost: float
) -> None:
    demand, rate, costs = problem
    found = r_q_per_shortage(demand, rate, holding=costs["holding"], shortage=costs["waiting"], fixed=fixed)
    assert (found.reorder_point, found.order_quantity, found.cost) == pytest.approx((r, q, cost), rel=1e-7)


def test_the_mustard_of_nahmias_is_ordered_111_at_a_time_at_143() -> None:
    # Production and Operations Analysis, Example 5.4: 200 a year, lead-time demand 100 ± 25, K = 50, h = 2, p = 25 per jar;
    # printed (111, 143) from tables of two digits.
    found = r_q_per_shortage(NormalDemand(100, 25), 200, holding=2, shortage=25, fixed=50)
    assert found.order_quantity == pytest.approx(111, abs=0.5)
    assert found.reorder_point == pytest.approx(143, abs=0.5)


def test_the_poisson_policies_are_those_of_snyder_and_shen() -> None:
    # Example 5.8 and Problem 5.2
    demand, costs = PoissonDemand(1.5).over(2), {"holding": 20, "waiting": 150, "fixed": 100}
    cost = r_q_cost([3, 8], [5, 12], demand, 1.5, **costs).cost
    assert cost.tolist() == pytest.approx([107.9235806331498, 242.5281637662021], rel=1e-13)
    best = r_q_policy(demand, 1.5, **costs)
    assert (best.reorder_point, best.order_quantity) == (3, 5)
    assert best.cost == pytest.approx(107.9235806331498, rel=1e-13)
    other = r_q_policy(PoissonDemand(6), 12, holding=4, waiting=28, fixed=4)
    assert (other.reorder_point, other.order_quantity) == (6, 7)
    assert other.cost == pytest.approx(28.241312842169155, rel=1e-13)
    assert r_q_cost(3, 9, PoissonDemand(6), 12, holding=4, waiting=28, fixed=4).cost == pytest.approx(
        34.264154469469503
    )


@pytest.mark.parametrize("demand", [NormalDemand(20, 6), GammaDemand(2.5, 8)])
def test_the_cost_is_the_mean_of_the_newsvendor_cost_over_the_positions(demand: NormalDemand | GammaDemand) -> None:
    r, q = 17.0, 31.0
    area = integrate.quad(lambda y: newsvendor_cost(y, demand, holding=2, waiting=11).cost, r, r + q, epsabs=1e-10)[0]
    found = r_q_cost(r, q, demand, 90, holding=2, waiting=11, fixed=25)
    assert found.cost == pytest.approx((25 * 90 + area) / q, rel=1e-10)


counted = st.one_of(
    st.builds(PoissonDemand, st.floats(0.1, 40)),
    st.builds(lambda m, d: NegativeBinomialDemand(m, m * d), st.floats(0.1, 40), st.floats(1, 8)),
    st.builds(EmpiricalDemand, st.lists(st.integers(0, 30), min_size=2, max_size=20).filter(lambda v: max(v) > 0)),
)


@settings(deadline=None)
@given(counted, st.floats(0.1, 30), st.floats(0.2, 5), st.floats(0.5, 80), st.floats(0, 60))
def test_the_counted_policy_is_what_adding_one_position_after_the_other_finds(
    demand: Any, rate: float, holding: float, waiting: float, fixed: float
) -> None:
    # Federgruen and Zheng (1992): from the cheapest position on, take the cheaper neighbour while it is below the cost.
    def g(y: float) -> float:
        return float(holding * (y - demand.mean) + (holding + waiting) * demand.loss(y))

    best = int(newsvendor(demand, holding=holding, waiting=waiting).level)
    r, q, total = best - 1, 1, fixed * rate + g(best)
    while min(g(r), g(r + q + 1)) < total / q * (1 - 1e-12):
        if g(r) < g(r + q + 1):
            total, r = total + g(r), r - 1
        else:
            total += g(r + q + 1)
        q += 1
    found = r_q_policy(demand, rate, holding=holding, waiting=waiting, fixed=fixed)
    assert found.reason is Reason.NONE
    assert found.cost == pytest.approx(total / q, rel=1e-9)


measured = st.one_of(
    st.builds(NormalDemand, st.floats(5, 300), st.floats(0.5, 60)),
    st.builds(GammaDemand, st.floats(0.3, 20), st.floats(0.5, 10)),
)


@settings(deadline=None)
@given(measured, st.floats(1, 200), st.floats(0.2, 5), st.floats(0.5, 80), st.floats(0.5, 100))
def test_at_the_best_policy_both_ends_cost_what_the_policy_costs(
    demand: Any, rate: float, holding: float, waiting: float, fixed: float
) -> None:
    costs = {"holding": holding, "waiting": waiting}
    best = r_q_policy(demand, rate, fixed=fixed, **costs)
    assert best.reason is Reason.NONE
    ends = newsvendor_cost([best.reorder_point, best.reorder_point + best.order_quantity], demand, **costs).cost
    assert ends == pytest.approx([best.cost] * 2, rel=1e-5)
    given_quantity = r_q_reorder_point(best.order_quantity, demand, rate, fixed=fixed, **costs)
    assert given_quantity.cost == pytest.approx(best.cost, rel=1e-9)
    # EOQB costs at most 11.8 % more (Axsäter 1996).
    assert best.cost * (1 - 1e-9) <= r_q_approximation(demand, rate, fixed=fixed, **costs).cost <= best.cost * 1.118


def test_a_simulated_store_costs_what_the_formula_says() -> None:
    # Poisson demand at rate 3 for 300,000 units, lead time 2, (r, Q) = (5, 8): on hand and owed, integrated over time.
    rng = np.random.default_rng(11)
    rate, lead, r, q, holding, waiting, fixed = 3.0, 2.0, 5, 8, 1.0, 9.0, 12.0
    at = np.cumsum(rng.exponential(1 / rate, 300_000))
    position = (
        r + q - np.arange(at.size) % q
    )  # just after each demand but the first; r is never held, it orders at once
    # The inventory level at t + lead is the position at t less the demand in between.
    look = np.linspace(10, at[-1] - lead - 10, 400_000)
    before = np.searchsorted(at, look, side="right")
    level = position[before % position.size] - (np.searchsorted(at, look + lead, side="right") - before)
    cost = holding * np.maximum(level, 0).mean() + waiting * np.maximum(-level, 0).mean() + fixed * rate / q
    found = r_q_cost(r, q, PoissonDemand(rate * lead), rate, holding=holding, waiting=waiting, fixed=fixed)
    assert cost == pytest.approx(found.cost, rel=0.01)
    assert np.maximum(-level, 0).mean() == pytest.approx(found.expected_backorders, rel=0.03)
    assert np.maximum(level, 0).mean() == pytest.approx(found.expected_on_hand, rel=0.01)
    assert np.mean(level > 0) == pytest.approx(found.fill_rate, abs=0.005)  # Poisson demands see time averages


def test_many_parts_at_once_are_single_answers_and_those_without_demand_have_reasons() -> None:
    mean = np.array([3.0, 0.0, np.nan, 40.0])
    many = r_q_policy(PoissonDemand(mean), mean / 2, holding=1, waiting=[9.0, 9.0, 9.0, 30.0], fixed=20)
    assert many.reason.tolist() == ["", "no_demand", "missing", ""]
    one = r_q_policy(PoissonDemand(40.0), 20.0, holding=1, waiting=30, fixed=20)
    assert (many[3].reorder_point, many[3].order_quantity, many[3].cost) == (
        one.reorder_point, one.order_quantity, pytest.approx(one.cost, rel=1e-13)
    )  # fmt: skip
    assert many[1].order_quantity is None
    dear = r_q_per_shortage(NormalDemand(10, 3), 20, holding=50, shortage=1, fixed=100)
    assert dear.reason is Reason.NOT_CONVERGED
    assert dear.reorder_point is None


def test_mistakes_are_named() -> None:
    costs = {"holding": 1, "waiting": 9, "fixed": 5}
    with pytest.raises(ValueError, match="whole numbers"):
        r_q_cost(1.5, 3, PoissonDemand(2), 1, **costs)
    with pytest.raises(ValueError, match="order_quantity must be above 0"):
        r_q_cost(1, 0, PoissonDemand(2), 1, **costs)
    with pytest.raises(ValueError, match="fixed must be above 0"):
        r_q_policy(NormalDemand(2, 1), 1, holding=1, waiting=9, fixed=0)
    with pytest.raises(ValueError, match="demand that is measured"):
        r_q_approximation(PoissonDemand(2), 1, **costs)
