"""Forecasts of parts and what to order: against made-up demand of which the answer is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from factories import warehouse

from analysis.demand_distributions import NegativeBinomialDemand
from analysis.result import Reason
from bilingual.errors import UserError
from warehouse.filters import Filters
from warehouse.part_forecast import forecasts, month_after, part_forecast
from warehouse.parts import Costs, Part, Plan, cost_of_stock, lead_time_demand, plan, use
from warehouse.reading import Reading
from warehouse.settings import Home, Settings

COSTS = Costs(holding_per_year=0.2, waiting_per_day=10.0, order=50.0)
FIRST, MONTHS = dt.date(2021, 1, 1), 36
# Lines a month: every month alike, summers only, a part of the past, one long ago, and two that nobody used.
DEMAND = {
    "STEADY": [4] * MONTHS,
    "SUMMER": [12 if m % 12 in (5, 6, 7) else 1 for m in range(MONTHS)],
    "GONE": [6] * 20 + [0] * (MONTHS - 20),
    "ONCE": [1] + [0] * (MONTHS - 1),
    "NEVER": [0] * MONTHS,
}
PARTS = """
part_no  | name    | unit_cost | lead_time_days
STEADY   | Valve   | 100       | 30
SUMMER   | Fan     | 10        | 45
GONE     | Fax     | 500       | 30
ONCE     | Panel   | 1000      | 30
NEVER    | Spare   | 5         |
"""
STOCK = {"STEADY": 5, "SUMMER": 40, "GONE": 30, "ONCE": 2, "LOOSE": 3}


def days(month: int, lines: int) -> list[dt.date]:
    begin = month_after(FIRST, month)
    return [begin + dt.timedelta(days=day) for day in range(lines)]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    uses = [(part_no, day) for part_no, lines in DEMAND.items() for m, n in enumerate(lines) for day in days(m, n)]
    repairs = [{"repair_id": f"R{i}", "finished_at": f"{day} 08:00"} for i, (_, day) in enumerate(uses)]
    part_uses = [
        {"repair_id": f"R{i}", "part_no": part_no, "position": "1", "quantity": "1", "from_stock": "yes"}
        for i, (part_no, _) in enumerate(uses)
    ]
    moves = [
        {"part_no": no, "site": "A", "at": "2021-01-01 08:00", "kind": "receipt", "quantity": str(n)}
        for no, n in STOCK.items()
    ]
    catalogue = PARTS + "LOOSE | Screw | 1 | 30\n"
    settings = {"as_of": "2023-12-31T12:00Z", "holidays": ""}
    folder = tmp_path_factory.mktemp("plan")
    return warehouse(folder, settings, part=catalogue, repair=repairs, part_use=part_uses, stock_move=moves)


@pytest.fixture(scope="module")
def whole(reading: Reading) -> Plan:
    return plan(reading, 0.95, COSTS, 24)


def of(found: Plan, part_no: str) -> Part:
    return next(p for p in found.parts if p.part_no == part_no)


def test_every_line_is_demand_of_its_month(reading: Reading) -> None:
    found = forecasts(reading)
    assert (found.since, found.until) == (FIRST, dt.date(2023, 12, 1))
    for part_no, lines in DEMAND.items():
        assert found.demand[found.index[part_no]].tolist() == lines
    assert use(reading, Filters()).lines == sum(map(sum, DEMAND.values()))


def test_a_month_that_is_not_over_is_no_demand(tmp_path: Path) -> None:
    repairs = "repair_id|finished_at\nR1|2024-01-10 08:00\nR2|2024-02-03 08:00"
    uses = "repair_id|part_no|position|quantity\nR1|P|1|1\nR2|P|1|1"
    reading = warehouse(tmp_path, {"as_of": "2024-02-15T00:00Z"}, repair=repairs, part="part_no\nP", part_use=uses)
    found = forecasts(reading)
    assert found.until == dt.date(2024, 1, 1)
    assert found.demand.tolist() == [[1.0]]
    assert found.forecast is None
    assert plan(reading, 0.95, COSTS, 24).parts[0].reason == Reason.TOO_FEW


def test_the_forecast_of_a_steady_part_is_what_it_always_needed(reading: Reading, whole: Plan) -> None:
    part = of(whole, "STEADY")
    assert part.kind == "smooth"
    assert part.per_month == pytest.approx(4.0, abs=0.2)
    assert part.expected == pytest.approx(4.0 * 30 / (365.25 / 12), abs=0.2)
    assert part.flags == {"order"}


def test_order_point_quantity_and_order_follow_from_forecast_and_costs(reading: Reading, whole: Plan) -> None:
    """Poisson demand of a steady part; √(2 · 50 · 48/(0.2 · 100)) = 15.5 pieces a time."""
    part = of(whole, "STEADY")
    assert part.expected is not None
    demand = NegativeBinomialDemand(part.expected, part.expected)
    assert part.reorder == demand.quantile(0.95)
    assert part.risk == pytest.approx(1 - demand.cdf(5.0))
    assert part.quantity == round(np.sqrt(2 * 50 * 12 * (part.per_month or 0) / 20))
    assert part.order == part.reorder + part.quantity - 5
    assert of(plan(reading, 0.99, COSTS, 24), "STEADY").reorder == demand.quantile(0.99)


def test_the_part_of_the_summer_is_forecast_by_season_and_flagged(reading: Reading, whole: Plan) -> None:
    assert "seasonal" in of(whole, "SUMMER").flags
    found = part_forecast(reading, "SUMMER")
    assert found is not None
    assert found.is_seasonal
    assert found.method.startswith("seasonal")
    assert max(found.expected[5:8]) > 6 > 3 > max(found.expected[:4])
    assert all(a <= b <= c for a, b, c in zip(found.low, found.expected, found.high, strict=True))
    assert [p.part_no for p in whole.flagged("seasonal")] == ["SUMMER"]


def test_a_part_that_nobody_asks_for_any_more_is_dying_out_and_ordered_one_at_a_time(whole: Plan) -> None:
    part = of(whole, "GONE")
    assert (part.recent, part.earlier) == (0, 120)
    assert {"obsolescent", "excess"} <= part.flags
    assert part.quantity == 1
    assert [p.part_no for p in whole.flagged("obsolescent")] == ["GONE"]


def test_stock_that_nobody_touched_for_two_years_is_dead(whole: Plan) -> None:
    """ONCE was used in January 2021, LOOSE never; NEVER has no stock to be dead."""
    assert {p.part_no for p in whole.flagged("dead")} == {"ONCE", "LOOSE"}
    assert whole.value("dead") == (2 * 1000 + 3 * 1, 2)
    assert whole.value() == (5 * 100 + 40 * 10 + 30 * 500 + 2 * 1000 + 3 * 1, 5)


def test_short_records_call_nothing_dead(tmp_path: Path) -> None:
    moves = "part_no|at|kind|quantity\nP|2024-01-01 08:00|receipt|4"
    reading = warehouse(tmp_path, {"as_of": "2024-06-30T00:00Z"}, part="part_no|unit_cost\nP|2", stock_move=moves)
    found = plan(reading, 0.95, COSTS, 24)
    assert not found.tells_dead
    assert found.value() == (8.0, 1)
    assert found.flagged("dead") == ()


def test_a_part_without_demand_lead_time_or_stock_says_why(reading: Reading, whole: Plan) -> None:
    never = of(whole, "NEVER")
    assert never.reason == Reason.NO_DEMAND
    assert (never.expected, never.on_hand, never.reorder, never.order, never.risk) == (None,) * 5
    found = part_forecast(reading, "NEVER")
    assert found is not None
    assert (found.expected, found.scores) == ((), ())
    assert cost_of_stock(reading, "NEVER", COSTS).reason == Reason.NO_DEMAND
    assert part_forecast(reading, "nowhere") is None
    assert cost_of_stock(reading, "nowhere", COSTS).reason == Reason.NO_DATA


def test_the_parts_are_sorted_by_risk_and_value(whole: Plan) -> None:
    weights = [p.weight for p in whole.parts]
    assert weights == sorted(weights, reverse=True)
    assert whole.parts[0].part_no == "STEADY"
    assert whole.find("GONE") == of(whole, "GONE")
    assert whole.find("nowhere") == whole.find(None) == whole.parts[0]


def test_the_cheapest_stock_is_the_quantile_of_the_critical_ratio(reading: Reading) -> None:
    """Holding 0.2 · 100 = 20 a year, waiting 10 · 365.25."""
    found = cost_of_stock(reading, "STEADY", COSTS).curve
    assert found is not None
    i = forecasts(reading).index["STEADY"]
    demand = NegativeBinomialDemand(lead_time_demand(reading).mean[i], lead_time_demand(reading).variance[i])
    assert found.best.level == demand.quantile(3652.5 / 3672.5)
    assert found.best.cost == pytest.approx(found.cost.min())
    assert found.levels[-1] > found.best.level


def test_methods_are_ranked_and_one_is_chosen(reading: Reading) -> None:
    found = part_forecast(reading, "STEADY")
    assert found is not None
    losses = [s.pinball for s in found.scores if s.pinball is not None]
    assert losses == sorted(losses)
    assert [s.name for s in found.scores if s.is_chosen] == [found.method]
    assert (found.origins, found.tested_over) == (12, 1)
    assert found.held is not None
    assert 0 <= found.held[0] <= found.held[1] <= 1


def test_an_empty_warehouse_and_one_of_one_row_have_a_plan(tmp_path: Path) -> None:
    one = warehouse(tmp_path / "one", part="part_no\nP")
    found = plan(one, 0.95, COSTS, 24)
    assert [p.part_no for p in found.parts] == ["P"]
    assert found.parts[0].reason == Reason.NO_DEMAND
    nothing = warehouse(tmp_path / "nothing", ticket="ticket_id|opened_at\nT|2024-01-01 08:00")
    assert plan(nothing, 0.95, COSTS, 24).parts == ()
    assert plan(nothing, 0.95, COSTS, 24).find(None) is None
    assert use(nothing, Filters()).fill_rate is None


def test_a_part_that_was_delivered_negative_or_endless_numbers_breaks_nothing(tmp_path: Path) -> None:
    rows = "\n".join(f"R{m}|2023-{m:02d}-10 08:00" for m in range(1, 13))
    uses = "\n".join(f"R{m}|P|1|{-3 if m == 2 else 1}" for m in range(1, 13))
    reading = warehouse(
        tmp_path,
        {"as_of": "2023-12-31T12:00Z"},
        part="part_no|unit_cost|lead_time_days\nP|-5|4000",
        repair="repair_id|finished_at\n" + rows,
        part_use="repair_id|part_no|position|quantity\n" + uses,
    )
    found = plan(reading, 0.95, COSTS, 24).parts[0]
    assert found.expected is not None
    assert found.unit_cost is None
    assert cost_of_stock(reading, "P", COSTS).reason == Reason.MISSING


def test_what_holding_waiting_and_ordering_cost_is_set_in_the_house_and_above_nothing(tmp_path: Path) -> None:
    settings = Settings()
    assert (settings.holding_cost_per_year, settings.waiting_cost_per_day, settings.order_cost) == (0.2, 200, 150)
    (tmp_path / "faultloop.yaml").write_text("waiting_cost_per_day: 0", encoding="utf-8")
    with pytest.raises(UserError, match="waiting_cost_per_day"):
        _ = Home(tmp_path).settings
