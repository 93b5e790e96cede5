"""Costs per machine-month by warranty and stage, by kind and nature; prices held against who has to approve them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.costs import by_kind, by_month, by_product_line, by_stage, by_warranty, whole
from warehouse.failure_months import DAYS_PER_MONTH
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_by, evaluate_over_time
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import spoken
from warehouse.reading import Reading
from warehouse.service_prices import Rules, approvals, bands, misfits
from warehouse.settings import Settings

DAY = dt.date
SETTINGS = {"holidays": "", "as_of": "2024-06-30T12:00Z"}
STAGES = (("commissioning", 0.0), ("early", 3.0), ("normal", 12.0), ("late", 60.0))
ASSET = """asset_id | model | product_line | installed_at | warranty_end
A | M | X | 2024-01-01 00:00 | 2024-03-31
B | M | Y | 2010-01-01 00:00 | 2011-01-01"""
TICKET = """ticket_id | asset_id | opened_at | resolved_at | service_kind
T1 | A | 2024-01-01 00:00 | 2024-02-10 00:00 | warranty
T2 | A | 2024-05-01 00:00 | 2024-05-10 00:00 | paid
T3 | B | 2024-05-01 00:00 | 2024-06-10 00:00 | paid"""
REPAIR = """repair_id | ticket_id | asset_id | finished_at | cost_labour | cost_travel
R1 | T1 | A | 2024-02-09 00:00 | 10 | 5
R2 | T2 | A | 2024-05-09 00:00 | 20 |
R3 | T3 | B | 2024-06-09 00:00 | |"""
PART = "part_no | unit_cost\nP | 7"
PART_USE = """repair_id | part_no | quantity | unit_cost
R1 | P | 2 | 50
R2 | P | 3 |"""


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return warehouse(tmp_path, SETTINGS, asset=ASSET, ticket=TICKET, repair=REPAIR, part=PART, part_use=PART_USE)


def test_cost_is_parts_labour_and_travel_over_machine_months(reading: Reading) -> None:
    found = whole(reading, Filters())
    # A part without a price of its own has that of the catalogue.
    assert (found.parts, found.labour, found.travel) == (2 * 50 + 3 * 7, 10 + 20, 5)
    days = (DAY(2024, 7, 1) - DAY(2024, 1, 1)).days * 2  # both are watched since the records begin
    assert found.per_unit_month == pytest.approx(156 / (days / DAYS_PER_MONTH))
    assert (found.repairs, found.known) == (3, 2)  # of the third nobody wrote a cost
    assert found.per_repair == 156 / 2


def test_a_mean_of_twenty_repairs_has_an_interval_and_one_of_two_has_none(reading: Reading, tmp_path: Path) -> None:
    assert whole(reading, Filters()).squares == 115**2 + 41**2
    assert whole(reading, Filters()).repair_bounds is whole(reading, Filters()).unit_month_bounds is None
    # Ten repairs of 10 and ten of 30: mean 20, variance 20·10² ÷ 19, sum of squares 10·(100 + 900) = 10,000.
    rows = [f"R{i} | T{i} | A | 2024-02-09 00:00 | {10 if i % 2 else 30}" for i in range(20)]
    made = warehouse(
        tmp_path / "twenty", SETTINGS, asset=ASSET,
        ticket="ticket_id | asset_id | opened_at | resolved_at\n"
        + "\n".join(f"T{i} | A | 2024-01-01 00:00 | 2024-02-10 00:00" for i in range(20)),
        repair="repair_id | ticket_id | asset_id | finished_at | cost_labour\n" + "\n".join(rows),
    )  # fmt: skip
    found = whole(made, Filters())
    assert (found.total, found.squares) == (400, 10_000)
    error = (20 * 10**2 / 19 / 20) ** 0.5
    assert found.repair_bounds == pytest.approx((20 - 1.96 * error, 20 + 1.96 * error), rel=1e-4)
    # A compound Poisson total varies by the sum of the squares: its standard error is 100 of 400.
    assert found.unit_months is not None
    per_month = [(400 + 1.96 * 100 * side) / found.unit_months for side in (-1, 1)]
    assert found.unit_month_bounds == pytest.approx(per_month, rel=1e-4)


def test_a_repair_and_a_machines_months_are_in_warranty_until_its_end(reading: Reading) -> None:
    within, out, unknown = by_warranty(reading, Filters())
    assert (within.total, out.total) == (100 + 15, 21 + 20)
    assert within.unit_months == pytest.approx((31 + 29 + 31) / DAYS_PER_MONTH)
    assert out.unit_months == pytest.approx((30 + 31 + 30 + 182) / DAYS_PER_MONTH)
    assert (unknown.repairs, unknown.unit_months) == (0, 0)


def test_the_stage_is_that_of_the_machines_age(reading: Reading) -> None:
    found = {c.name: c for c in by_stage(reading, Filters(), STAGES)}
    assert (found["commissioning"].total, found["early"].total, found["late"].repairs) == (115, 41, 1)
    assert found["commissioning"].unit_months == pytest.approx(3.0)
    assert found["early"].unit_months == pytest.approx(182 / DAYS_PER_MONTH - 3.0)
    assert found["normal"].unit_months == 0
    assert found["normal"].per_unit_month is None


def test_costs_by_kind_month_and_product_line_add_up(reading: Reading) -> None:
    assert [(c.name, c.total) for c in by_kind(reading, Filters())] == [("paid", 41), ("warranty", 115)]
    months, found = by_month(reading, Filters())
    assert months[0] == DAY(2024, 1, 1)
    assert [c.total for c in found] == [0, 115, 0, 0, 41, 0]
    assert sum(c.unit_months or 0 for c in found) == pytest.approx(whole(reading, Filters()).unit_months)
    assert [c.name for c in by_product_line(reading, Filters())] == ["X", "Y"]


NAME = "cost_per_unit_month"
# Both machines are watched since the records begin, until their last day.
WATCHED = (DAY(2024, 7, 1) - DAY(2024, 1, 1)).days


def _number(value: Value) -> tuple[float | None, float | None, float | None, int]:
    return value.value, value.numerator, value.denominator, value.n


def test_the_measure_of_the_catalogue_is_the_cost_over_machine_months(reading: Reading) -> None:
    months = WATCHED * 2 / DAYS_PER_MONTH
    (value,) = evaluate(reading, (NAME,), Filters()).values()
    assert _number(value) == pytest.approx((156 / months, 156, months, 2))
    assert spoken(measures()[NAME], value.value)["en"] == f"{156 / months:.2f}"


def test_the_measure_by_product_line_has_the_machines_of_each_and_by_service_kind_all_of_them(reading: Reading) -> None:
    one = WATCHED / DAYS_PER_MONTH
    lines = evaluate_by(reading, (NAME,), Filters(), "product_line")[NAME]
    assert _number(lines["X"]) == pytest.approx((156 / one, 156, one, 2))
    # Nobody wrote what its repair cost.
    assert (lines["Y"].value, lines["Y"].n) == (None, 0)
    kinds = evaluate_by(reading, (NAME,), Filters(), "service_kind")[NAME]
    assert _number(kinds["paid"]) == pytest.approx((41 / one / 2, 41, 2 * one, 1))
    assert _number(kinds["warranty"]) == pytest.approx((115 / one / 2, 115, 2 * one, 1))
    (paid,) = evaluate(reading, (NAME,), Filters(service_kind=("paid",))).values()
    assert _number(paid) == _number(kinds["paid"])


def test_the_measure_by_month_and_week_adds_up_to_the_whole(reading: Reading) -> None:
    days, found = evaluate_over_time(reading, (NAME,), Filters(), "month")
    assert days[0] == DAY(2024, 1, 1)
    assert [(v.numerator, v.n) for v in found[NAME]] == [(None, 0), (115, 1), (None, 0), (None, 0), (41, 1), (None, 0)]
    assert found[NAME][1].denominator == pytest.approx(2 * 29 / DAYS_PER_MONTH)
    # A week that the period cuts has as many days as lie within.
    cut = Filters(start=DAY(2024, 2, 8), end=DAY(2024, 2, 10))
    days, found = evaluate_over_time(reading, (NAME,), cut, "week")
    assert days == [DAY(2024, 2, 5)]
    assert _number(found[NAME][0]) == pytest.approx((115 / (6 / DAYS_PER_MONTH), 115, 6 / DAYS_PER_MONTH, 1))


def test_the_measure_has_no_value_by_zone_and_says_so(reading: Reading) -> None:
    for value in evaluate_by(reading, (NAME,), Filters(), "zone")[NAME].values():
        assert value.value is None
        assert value.reason is not None
        assert "zone" in value.reason.en


def test_filters_narrow_costs_and_machines(reading: Reading) -> None:
    only = Filters(start=DAY(2024, 5, 1), product_line=("X",))
    found = whole(reading, only)
    assert found.total == 41
    assert found.unit_months == pytest.approx(61 / DAYS_PER_MONTH)


def test_without_repairs_there_is_no_cost(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, ticket=TICKET)
    found = whole(reading, Filters())
    assert (found.known, found.per_unit_month, found.per_repair) == (0, None, None)
    assert by_month(reading, Filters()) == ((), ())


APPROVAL = """ticket_id | amount | in_warranty | approver_role | decided_at | waived
T1 | 999.99 | false | service_manager | 2024-02-01 00:00 | false
T2 | 1000 | false | service_manager | 2024-02-01 00:00 | false
T3 | 6000 | true | general_manager | 2024-02-01 00:00 | true
T4 | 6000 | false | sales_director | 2024-02-01 00:00 | true
T5 | 300 | false | general_manager | 2024-02-01 00:00 | false
T6 | 300 | false | | 2024-02-01 00:00 | false
T7 | 9000 | true | | 2024-02-01 00:00 | false"""


def test_prices_and_waivers_are_held_against_who_has_to_approve_them(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path, SETTINGS, ticket="ticket_id | opened_at\nT1 | 2024-01-01 00:00", price_approval=APPROVAL
    )
    rules = Rules.of(Settings())
    found = approvals(reading, Filters(), "UTC", rules)
    # T2 is 1,000 and wants the sales director, T4 waives 6,000, T6 nobody approved; T7 is in warranty and no waiver.
    assert {a.ticket_id for a in misfits(found, rules)} == {"T2", "T4", "T6"}
    roles, shown = bands(found, rules)
    assert roles == ("service_manager", "sales_director", "general_manager", "")
    assert [(b.is_waived, b.low, b.by_role, b.misfits) for b in shown] == [
        (False, 0, (1, 0, 1, 1), 1),
        (False, 1000, (1, 0, 0, 0), 1),
        (True, 0, (0, 0, 0, 0), 0),
        (True, 1000, (0, 0, 0, 0), 0),
        (True, 5000, (0, 1, 1, 0), 1),
    ]
