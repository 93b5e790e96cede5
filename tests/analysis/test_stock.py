"""Stock levels against the examples of Snyder and Shen, Nahmias, Chopra and Meindl, and what must hold for any demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.demand_distributions import (
    Demand,
    EmpiricalDemand,
    GammaDemand,
    LognormalDemand,
    NegativeBinomialDemand,
    NormalDemand,
    PoissonDemand,
    lead_time_demand,
)
from analysis.result import Reason
from analysis.stock import economic_order_quantity, newsvendor, newsvendor_cost, reorder_point, stock_cost

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"


def published(name: str) -> dict[str, Any]:
    """A worked example with its answer."""
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED.name} is not beside the project")
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    found: dict[str, Any] = next(e for e in examples if e["id"] == name)
    return found


def test_the_normal_newsvendor_is_the_published_one() -> None:
    example = published("newsvendor_normal_ex43")
    data, expected = example["data"], example["published"]
    demand = NormalDemand(data["mean"], data["sd"])
    costs = {"holding": data["holding"], "waiting": data["stockout"]}
    best = newsvendor(demand, **costs)
    assert best.level == pytest.approx(expected["S"], rel=1e-14)
    assert best.cost == pytest.approx(expected["cost"], rel=1e-14)
    assert newsvendor_cost(40, demand, **costs).cost == pytest.approx(expected["cost_at_40"], rel=1e-14)
    base_stock = newsvendor(demand.over(data["lead_time_ex44"] + 1), **costs)
    assert base_stock.level == pytest.approx(expected["ex44_S_L4"], rel=1e-14)
    assert base_stock.cost == pytest.approx(expected["ex44_cost"], rel=1e-14)


def test_the_poisson_newsvendor_is_the_published_one() -> None:
    example = published("newsvendor_poisson_ex47")
    data, expected = example["data"], example["published"]
    demand, costs = PoissonDemand(data["mean"]), {"holding": data["holding"], "waiting": data["stockout"]}
    best = newsvendor(demand, **costs)
    assert best.level == expected["S"]
    assert best.cost == pytest.approx(expected["cost"], rel=1e-13)
    assert newsvendor_cost(5, demand, **costs).cost == pytest.approx(expected["cost_at_5"], rel=1e-13)


# Problems of Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., with the answers in the tests of their program
# (stockpyl): demand, holding, waiting, a level, and the best level, its cost and the cost at the level.
WEEKLY = EmpiricalDemand(np.arange(1.0, 9.0), [0.25, 0.05, 0.1, 0.2, 0.15, 0.1, 0.1, 0.05])
PROBLEMS: list[tuple[Demand, float, float, float, tuple[float, float, float]]] = [
    (NormalDemand(900, 60), 43, 79, 1040, (922.7214038234755, 2718.196781782411, 6044.298415188692)),  # 4.1
    (NormalDemand(50, 8).over(5), 0.18, 0.7, 180, (264.7668943741548, 4.466781004149578, 49.000164748034095)),  # Ex. 4.4
    (WEEKLY, 5e5, 1e6, 3, (5, 1225000, 1725000)),  # 4.7(b)
    (PoissonDemand(18), 200, 270, 13, (19, 786.0884409351115, 1445.751062891969)),  # 4.8(a)
    (LognormalDemand(6, 0.3), 1, 0.1765, 350, (295.6266448071368, 29.44254358213529, 34.588836685654854)),  # 4.8(b)
    (PoissonDemand(18).over(5), 0.08, 1.25, 105, (105, 1.5450188691551778, 1.5450188691551778)),  # SCMO 4.19
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(PROBLEMS)))
def test_the_newsvendor_problems_of_snyder_and_shen_have_their_answers(row: int) -> None:
    demand, holding, waiting, level, (best_level, best_cost, cost) = PROBLEMS[row]
    best = newsvendor(demand, holding=holding, waiting=waiting)
    assert (best.level, best.cost) == pytest.approx((best_level, best_cost), rel=1e-12)
    assert newsvendor_cost(level, demand, holding=holding, waiting=waiting).cost == pytest.approx(cost, rel=1e-12)


@pytest.mark.parametrize(
    ("demand", "price", "cost", "salvage", "holding", "goodwill", "level", "profit"),
    [  # Example 4.2 and Problem 4.3(b) of the same book: profit = (price − cost) · mean − cost of the mismatch
        (NormalDemand(50, 8), 1, 0.3, 0.12, 0, 0, 56.603955927433887, 33.002394806823354),
        (PoissonDemand(50), 1, 0.3, 0.12, 0, 0, 56, 33.20276478819082),
        (NormalDemand(50, 10), 7, 2.5, 1.5, 1, 5, 59.388143168769034, 195.4729310431908),
        (PoissonDemand(50), 7, 2.5, 1.5, 1, 5, 57, 203.67269269293658),
    ],
)
def test_prices_and_salvage_values_become_the_costs_of_the_newsvendor(
    demand: Demand,
    price: float,
    cost: float,
    salvage: float,
    holding: float,
    goodwill: float,
    level: float,
    profit: float,
) -> None:
    best = newsvendor(demand, holding=cost - salvage + holding, waiting=price - cost + goodwill)
    assert best.level == pytest.approx(level, rel=1e-13)
    assert (price - cost) * 50 - best.cost == pytest.approx(profit, rel=1e-12)


def test_the_order_quantities_of_snyder_and_shen_are_theirs() -> None:
    # Examples 3.1 and 3.8 and Problem 3.1
    steady = economic_order_quantity(1300, fixed=8, holding=0.225)
    assert (steady.quantity, steady.cost) == pytest.approx((304.0467800264368, 68.410525505948272), rel=1e-14)
    assert economic_order_quantity(1300, fixed=8, holding=0.225, order_quantity=250).cost == pytest.approx(69.725)
    many = economic_order_quantity([182500], fixed=2250, holding=275)
    assert (many.quantity[0], many.cost[0]) == pytest.approx((1728.109844993551, 475230.2073732266))
    waits = economic_order_quantity(1300, fixed=8, holding=0.225, waiting=5)
    assert waits.quantity == pytest.approx(np.sqrt(2 * 8 * 1300 * 5.225 / (0.225 * 5)), rel=1e-14)
    assert waits.cost == pytest.approx(np.sqrt(2 * 8 * 1300 * 0.225 * 5 / 5.225), rel=1e-14)
    assert waits.backorder_share == pytest.approx(0.225 / 5.225)


def test_more_stock_levels_of_snyder_and_shen_cost_what_their_program_prints() -> None:
    # stockpyl, tests of newsvendor: Example 4.3, Problem 4.1; with a purchase cost c now and c′ in the next period,
    # discounted by γ, the myopic level has h + c − γc′ and p − c + γc′ (§4.5).
    small, large = NormalDemand(50, 8), NormalDemand(900, 60)
    assert newsvendor_cost(60, small, holding=0.18, waiting=0.7).cost == pytest.approx(2.156131552870387, rel=1e-13)
    assert newsvendor_cost(120, small.over(4), holding=0.18, waiting=0.7).cost == pytest.approx(56.000000752740092)
    found = newsvendor_cost([922, 1100], large, holding=43, waiting=79).cost
    assert found.tolist() == pytest.approx([2718.393552026199, 8600.820410122849], rel=1e-13)
    for demand, h, p, c, later, level in (
        (small, 0.18, 0.7, 0.3, 0.98 * 0.35, 58.09891883213067),
        (large, 43, 79, 65, 0.9 * 55, 903.0832764843523),
    ):
        best = newsvendor(demand, holding=h + c - later, waiting=p - c + later)
        assert best.level == pytest.approx(level, rel=1e-13)
    waits = economic_order_quantity(2080, fixed=40, holding=40.05, waiting=60)  # Problem 3.2(b)
    assert (waits.quantity, waits.backorder_share, waits.cost) == pytest.approx(
        (83.235448128898042, 0.400299850074962, 1999.148244415212), rel=1e-13
    )


def test_the_newsvendors_of_other_books_have_their_profits() -> None:
    # Porteus 2002, as quoted by the R package SCperf (Newsboy): price 4, cost 1.
    best = newsvendor(NormalDemand(100, 30), holding=1, waiting=3)
    assert (round(best.level, 2), round(best.cost, 2), round(300 - best.cost, 2)) == (120.23, 38.13, 261.87)
    assert round(best.fill_rate, 2) == 0.96
    # Cachon and Terwiesch, Matching Supply with Demand, O'Neill's Hammer 3/2: 4,196 leave 1,134, the profit is $222,280 and
    # the mismatch costs $33,080, from tables of two digits.
    hammer = newsvendor_cost(4196, NormalDemand(3192, 1181), holding=20, waiting=80)
    assert round(hammer.expected_left) == 1134
    assert 80 * 3192 - hammer.cost == pytest.approx(222_280, rel=1e-4)
    assert hammer.cost == pytest.approx(33_080, rel=1e-3)
    # From memory, confirmed by this computation only: Chopra and Meindl, Example 13-1 (skis, $250, cost 100, left over 80)
    # and Nahmias, Example 5.1 (Mac's newsstand).
    skis, costs = NormalDemand(350, 100), {"holding": 20, "waiting": 150}
    assert round(150 * 350 - newsvendor(skis, **costs).cost, -1) == 49_150
    fewer = newsvendor_cost(450, skis, **costs)
    assert (round(fewer.expected_left), round(fewer.expected_short)) == (108, 8)
    assert newsvendor(NormalDemand(11.73, 4.74), holding=0.15, waiting=0.5).level == pytest.approx(15.24, abs=0.03)


def test_safety_stocks_are_those_of_chopra_and_meindl() -> None:
    # Supply Chain Management, ch. "Safety inventory": B&M (weekly demand 2,500 ± 500, L = 2 weeks, lots of 10,000) keeps
    # a cycle service of 92 % and a fill rate of 0.9975 with 6,000; 0.90 takes a safety stock of 906; a fill rate of 0.975
    # one of 67. A lead time of 7 ± 7 days with daily demand 2,500 ± 500 takes 22,491.
    weeks = lead_time_demand(2500, 500**2, 2, family=NormalDemand)
    at = newsvendor_cost(6000, weeks, holding=1, waiting=1)
    assert round(at.cycle_service, 2) == 0.92
    assert round(at.expected_short) == 25
    assert round(reorder_point(weeks, cycle_service=0.9).safety_stock) == 906
    assert round(reorder_point(weeks, fill_rate=0.975, order_quantity=10_000).safety_stock) == 67
    days = lead_time_demand(2500, 500**2, 7, 7**2, family=NormalDemand)
    assert reorder_point(days, cycle_service=0.9).safety_stock == pytest.approx(22_491, abs=1.5)


def test_service_levels_are_those_of_silver_pyke_and_peterson() -> None:
    # From memory, confirmed by this computation only: demand 58.3 ± 13.1, P1 = 0.90, safety stock 16.8; demand 50 ± 11.4,
    # Q = 200, P2 = 0.99, s = 57 (k = 0.58). With reviews each 4 weeks and L = 2 (Chopra and Meindl) the stock is 1,570.
    assert reorder_point(NormalDemand(58.3, 13.1), cycle_service=0.9).safety_stock == pytest.approx(16.8, abs=0.05)
    found = reorder_point(NormalDemand(50, 11.4), fill_rate=0.99, order_quantity=200)
    assert np.ceil(found.level) == 57
    assert round(reorder_point(NormalDemand(2500, 500).over(6), cycle_service=0.9).safety_stock) == 1570


def test_service_levels_are_those_of_nahmias() -> None:
    # Production and Operations Analysis, §5.5, Harvey's Specialty Shop: lead-time demand 100 ± 25; type 1 service of 98 %
    # takes R = 151, type 2 service of 98 % with Q = 100 takes R = 126 (both from tables of two digits).
    demand = NormalDemand(100, 25)
    assert reorder_point(demand, cycle_service=0.98).level == pytest.approx(151, abs=0.5)
    assert reorder_point(demand, fill_rate=0.98, order_quantity=100).level == pytest.approx(126, abs=0.6)


def test_the_reorder_point_of_counted_demand_is_the_smallest_that_keeps_the_service() -> None:
    demand = PoissonDemand(4.0)
    cdf = np.cumsum([np.exp(-4) * 4**k / np.prod(np.arange(1.0, k + 1)) for k in range(30)])
    found = reorder_point(demand, cycle_service=[0.5, 0.9, 0.99])
    assert found.level.tolist() == [int(np.argmax(cdf >= p)) for p in (0.5, 0.9, 0.99)]
    # With Q = 1 the fill rate is P(demand ≤ r), with Q = 3 the mean of three of them.
    assert reorder_point(demand, fill_rate=0.9).level == found.level[1]
    rates = (cdf[:-2] + cdf[1:-1] + cdf[2:]) / 3
    assert reorder_point(demand, fill_rate=0.9, order_quantity=3).level == int(np.argmax(rates >= 0.9))


def test_demand_from_samples_needs_no_distribution() -> None:
    demand = EmpiricalDemand([[0, 0, 1, 2, 7], [4, 4, 4, 4, 4]])
    best = newsvendor(demand, holding=1, waiting=[3, 3])
    assert best.level.tolist() == [2, 4]
    assert best.n.tolist() == [5, 5]
    assert best.cost.tolist() == pytest.approx([(2 + 2 + 1 + 3 * 5) / 5, 0])
    assert reorder_point(demand, cycle_service=0.8).level.tolist() == [2, 4]


def test_the_quantile_at_a_forecast_level_is_the_forecast() -> None:
    demand = EmpiricalDemand.of_quantiles([0.5, 0.75, 0.9, 0.95], [[2, 4, 7, 9]], n=36)
    best = newsvendor(demand, holding=1, waiting=[1, 3, 9, 19])
    assert best.level.tolist() == [2, 4, 7, 9]
    assert best.n.tolist() == [36] * 4


demands = st.one_of(
    st.builds(NormalDemand, st.floats(1, 500), st.floats(0.01, 100)),
    st.builds(PoissonDemand, st.floats(0.05, 300)),
    st.builds(lambda m, d: NegativeBinomialDemand(m, m * d), st.floats(0.05, 300), st.floats(1, 20)),
    st.builds(GammaDemand, st.floats(0.2, 50), st.floats(0.1, 10)),
    st.builds(EmpiricalDemand, st.lists(st.integers(0, 40), min_size=2, max_size=30).filter(lambda v: max(v) > 0)),
)


@settings(deadline=None)
@given(demands, st.floats(0.05, 20), st.floats(0.05, 200))
def test_no_other_level_costs_less_than_the_best(demand: Demand, holding: float, waiting: float) -> None:
    best = newsvendor(demand, holding=holding, waiting=waiting)
    assert best.cycle_service >= best.critical_ratio - 1e-9
    step = np.array([-2.0, -1.0, 1.0, 2.0]) * (1 if demand.whole_units else max(0.01, float(demand.sd) / 20))
    others = newsvendor_cost(best.level + step, _repeated(demand), holding=holding, waiting=waiting)
    assert (others.cost >= best.cost * (1 - 1e-9) - 1e-9).all()


def _repeated(demand: Demand) -> Demand:
    """The same demand, such that it broadcasts with several levels."""
    return EmpiricalDemand(demand.values[None, :]) if isinstance(demand, EmpiricalDemand) else demand


@settings(deadline=None)
@given(demands, st.floats(0.1, 50), st.floats(0.3, 0.99))
def test_the_fill_rate_is_kept_and_one_step_less_does_not_keep_it(
    demand: Demand, quantity: float, target: float
) -> None:
    quantity = float(np.ceil(quantity)) if demand.whole_units else quantity
    found = reorder_point(demand, fill_rate=target, order_quantity=quantity)
    assert found.fill_rate >= target - 1e-9
    step = 1.0 if demand.whole_units else 1e-4 * (1 + abs(found.level) + float(demand.sd))
    below = demand.loss(found.level - step) - demand.loss(found.level - step + quantity)
    assert 1 - float(below) / quantity < target + 1e-9


@settings(deadline=None)
@given(demands, st.floats(0.05, 5), st.floats(0.1, 50))
def test_what_is_met_and_what_is_left_add_up_to_the_stock(demand: Demand, holding: float, waiting: float) -> None:
    best = newsvendor(demand, holding=holding, waiting=waiting)
    assert best.level + best.expected_short == pytest.approx(
        float(demand.mean) + best.expected_left, rel=1e-9, abs=1e-9
    )
    assert best.cost == pytest.approx(best.holding_cost + best.waiting_cost)


@settings(deadline=None)
@given(st.floats(0.01, 100), st.floats(0.1, 5))
def test_another_unit_of_measure_changes_nothing(scale: float, spread: float) -> None:
    one = newsvendor(NormalDemand(20, spread), holding=1, waiting=6)
    other = newsvendor(NormalDemand(20 * scale, spread * scale), holding=1, waiting=6)
    assert (other.level, other.cost) == pytest.approx((one.level * scale, one.cost * scale), rel=1e-9)


def test_ten_thousand_parts_at_once_are_ten_thousand_single_answers() -> None:
    rng = np.random.default_rng(3)
    mean = rng.gamma(0.8, 5, 10_000)
    demand = NegativeBinomialDemand(mean, mean * rng.uniform(0.8, 6, mean.size))
    many = newsvendor(demand, holding=1, waiting=rng.uniform(1, 100, mean.size))
    for i in (0, 17, 9_999):
        ratio = many.critical_ratio[i]
        single = newsvendor(
            NegativeBinomialDemand(mean[i], float(demand.variance[i])), holding=1, waiting=ratio / (1 - ratio)
        )
        assert (single.level, single.cost) == pytest.approx((many[i].level, many[i].cost), rel=1e-12)
        assert isinstance(many[i].level, float)


def test_the_cost_curve_has_its_minimum_at_the_best_level() -> None:
    curve = stock_cost(PoissonDemand(3.2), holding=1, waiting=9)
    assert curve.levels[np.argmin(curve.cost)] == curve.best.level
    assert (np.diff(curve.risk) < 0).all()
    assert (np.diff(curve.holding_cost) >= 0).all()
    assert curve.holding_cost + curve.waiting_cost == pytest.approx(curve.cost)
    measured = stock_cost(NormalDemand(0.5, 0.1), holding=1, waiting=9)
    assert measured.cost.min() == pytest.approx(measured.best.cost, rel=1e-3)
    with pytest.raises(ValueError, match="one part"):
        stock_cost(PoissonDemand([1.0, 2.0]), holding=1, waiting=9)


def test_no_demand_and_an_unknown_lead_time_have_reasons_and_no_numbers() -> None:
    demand = lead_time_demand([2.0, 0.0, 2.0], [3.0, 0.0, 3.0], [1.5, 1.5, np.nan])
    for found in (newsvendor(demand, holding=1, waiting=9), reorder_point(demand, fill_rate=0.9)):
        assert found.reason.tolist() == ["", "no_demand", "missing"]
        assert np.isnan(found.level[1:]).all()
        assert found[1].level is None
    assert newsvendor(PoissonDemand(0.0), holding=1, waiting=9).reason is Reason.NO_DEMAND
    assert stock_cost(PoissonDemand(0.0), holding=1, waiting=9).best.level is None
    assert economic_order_quantity(0.0, fixed=1, holding=1).reason is Reason.NO_DEMAND
    assert economic_order_quantity(np.nan, fixed=1, holding=1).reason is Reason.MISSING


def test_a_sample_variance_below_the_mean_counts_as_poisson() -> None:
    mixed = newsvendor(NegativeBinomialDemand([6.0, 6.0], [2.0, 12.0]), holding=1, waiting=4)
    assert mixed.level[0] == newsvendor(PoissonDemand(6.0), holding=1, waiting=4).level == 8
    assert mixed.level[1] > 8


def test_a_table_of_probabilities_is_no_observation() -> None:
    assert newsvendor(EmpiricalDemand([0, 1, 2], [0.5, 0.3, 0.2]), holding=1, waiting=3).n == 0
    assert newsvendor(EmpiricalDemand([0, 1, 2]), holding=1, waiting=3).n == 3


def test_extreme_costs_and_demands_have_finite_answers() -> None:
    for demand in (PoissonDemand(3), NormalDemand(3, 1), GammaDemand(2, 1), LognormalDemand(1, 1), PoissonDemand(1e6)):
        dear = newsvendor(demand, holding=1, waiting=1e20)  # the critical ratio rounds to 1
        assert demand.mean < dear.level < np.inf
    many = newsvendor(PoissonDemand(1e6), holding=1, waiting=9)
    assert (many.level, many.cost) == pytest.approx((1e6 + 1281.55, 1e3 * 1.7549833), rel=1e-3)  # nearly normal
    assert newsvendor_cost(-2, PoissonDemand(3), holding=1, waiting=9).fill_rate == 0


def test_mistakes_are_named() -> None:
    demand = PoissonDemand(3.0)
    with pytest.raises(ValueError, match="mean must be finite, found inf"):
        PoissonDemand(np.inf)
    with pytest.raises(ValueError, match="waiting must be finite"):
        newsvendor(demand, holding=1, waiting=np.inf)
    with pytest.raises(ValueError, match="curve of one part"):
        stock_cost(demand, holding=1, waiting=[8, 9])
    with pytest.raises(ValueError, match="holding must be above 0, found 0"):
        newsvendor(demand, holding=0, waiting=1)
    with pytest.raises(ValueError, match="waiting must be above 0, found -1"):
        newsvendor(demand, holding=1, waiting=[2, -1])
    with pytest.raises(ValueError, match="one target"):
        reorder_point(demand)
    with pytest.raises(ValueError, match="one target"):
        reorder_point(demand, cycle_service=0.9, fill_rate=0.9)
    with pytest.raises(ValueError, match=r"between 0 and 1, found 1\.2"):
        reorder_point(demand, cycle_service=1.2)
    with pytest.raises(ValueError, match="mean must be at least 0"):
        PoissonDemand(-1.0)
    with pytest.raises(ValueError, match="no simple form over 2 periods"):
        EmpiricalDemand([1, 2]).over(2)
    with pytest.raises(ValueError, match="at least one number"):
        EmpiricalDemand([])
    with pytest.raises(ValueError, match="ascending"):
        EmpiricalDemand.of_quantiles([0.9, 0.5], [1, 2])
