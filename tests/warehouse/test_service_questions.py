"""The rest of the page of service: when calls are missed, who is quiet, how suppliers compare, the pace of targets."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.service_customers import accounts, customers
from warehouse.service_customers import findings as customer_findings
from warehouse.service_sla import findings, hours, regions, weeks, zones
from warehouse.service_suppliers import suppliers
from warehouse.service_targets import paces, rest_in_words
from warehouse.service_targets import weeks as weeks_of

DAY = dt.date
SETTINGS = {"holidays": "", "as_of": "2024-12-31T00:00Z"}


def calls(region: str, hour: int, n: int, late: int, name: str) -> list[dict[str, str | None]]:
    """Calls of Mondays at an hour; `late` of them were answered a day later."""
    return [
        {
            "ticket_id": f"{name}{i}",
            "region": region,
            "zone": "urban",
            "opened_at": f"2024-03-{4 + 7 * (i % 4):02d} {hour:02d}:00",
            "arrived_at": f"2024-03-{4 + 7 * (i % 4) + (i < late):02d} {hour + 1:02d}:00",
            "resolved_at": f"2024-03-{4 + 7 * (i % 4) + (i < late):02d} {hour + 2:02d}:00",
            "customer_id": "K",
        }
        for i in range(n)
    ]


def test_misses_are_told_by_region_and_hour(tmp_path: Path) -> None:
    rows = [*calls("East", 9, 100, 5, "E"), *calls("West", 14, 100, 60, "W")]
    reading = warehouse(tmp_path, SETTINGS, ticket=rows)
    assert [(name, s.k, s.n) for name, s in regions(reading, Filters())] == [("West", 40, 100), ("East", 95, 100)]
    found = hours(reading, Filters(), "UTC")
    assert (found.due[0][9], found.missed[0][9], found.due[0][14], found.missed[0][14]) == (100, 5, 100, 60)
    assert found.worst is not None
    assert found.worst[:2] == (0, 14)
    there = hours(reading, Filters(), "Asia/Shanghai")
    assert there.due[0][17] == 100  # the same calls by another clock
    said = findings(reading, Filters(), None, "UTC")
    assert said[0].filters == Filters(region=("West",))
    assert "Monday 14:00" in said[1].text.en


def test_zones_come_with_promise_and_calendar(tmp_path: Path) -> None:
    settings = SETTINGS | {
        "extra_days": [{"day": "2024-03-04", "name": "fair"}],
        "working_week": {"mon": "08:00-18:00"},
    }
    reading = warehouse(tmp_path, settings, ticket=calls("East", 9, 8, 2, "E"))
    (zone,) = (z for z in zones(reading, Filters(), (("urban", 6.0),)) if z.zone == "urban")
    assert zone.target_hours == 6
    assert zone.week is not None
    assert zone.week.hours == ("08:00–18:00", "", "", "", "", "", "")
    assert weeks(reading, Filters(DAY(2024, 3, 4), DAY(2024, 3, 10)))["urban"].off == 1


ASSETS = [{"asset_id": f"{k}{i}", "customer_id": k, "product_line": "X", "installed_at": "2020-01-01 00:00", "status": "in_service"}
          for k in "ABCD" for i in range(10)]  # fmt: skip
CUSTOMER = "customer_id | name | class\nA | Ay | key\nB | Bee | normal\nC | Cee | normal\nD | Dee | normal"


def of_customers(**n: int) -> list[dict[str, str | None]]:
    return [
        {"ticket_id": f"T{k}{i}", "customer_id": k, "asset_id": f"{k}{i % 10}", "product_line": "X",
         "opened_at": f"2024-{1 + i % 12:02d}-10 08:00"}
        for k, calls_of in n.items() for i in range(calls_of)
    ]  # fmt: skip


def test_a_customer_with_far_fewer_calls_than_its_machines_should_make_is_quiet(tmp_path: Path) -> None:
    contract = "\n".join(
        ["contract_id | asset_id | kind | starts_at | ends_at", *(f"N{i} | D{i} | maintenance | 2022-01-01 | 2023-01-01" for i in range(10))]
    )  # fmt: skip
    reading = warehouse(
        tmp_path, SETTINGS, asset=ASSETS, customer=CUSTOMER, contract=contract, ticket=of_customers(A=40, B=40, C=12)
    )
    found = {c.customer_id: c for c in customers(reading, Filters())}
    # Of the others of the line: (40 + 12 + 0) calls on 30 machines let expect 52/3 of ten.
    assert found["A"].expected == pytest.approx(52 / 3)
    assert found["C"].expected == pytest.approx(80 / 3)
    assert [name for name in "ABCD" if found[name].is_quiet] == ["C", "D"]
    every = customers(reading, Filters())
    assert [c.customer_id for c in every.those(every.is_quiet)] == [c.customer_id for c in every[:2]] == ["D", "C"]
    assert [c.is_key for c in every] == every.is_key.tolist()
    assert (found["D"].has_left, found["C"].has_left, found["D"].lapsed) == (True, False, 10)
    said = customer_findings(customers(reading, Filters()), Filters())
    assert "2 customers are quiet" in said[0].text.en
    assert "Dee" in said[1].text.en


def test_equal_customers_are_not_quiet(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path, SETTINGS, asset=ASSETS, customer=CUSTOMER, ticket=of_customers(A=20, B=22, C=18, D=20)
    )
    assert not any(c.is_quiet or c.is_loud for c in customers(reading, Filters()))


def test_a_lone_customer_has_nobody_to_be_compared_with(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, asset=ASSETS[:10], ticket=of_customers(A=5))
    (only,) = customers(reading, Filters())
    assert (only.q, only.is_quiet, only.expected) == (None, False, 0)


def test_what_is_going_on_at_a_key_account(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path, SETTINGS, asset=ASSETS, customer=CUSTOMER, ticket=of_customers(A=2),
        visit="visit_id | ticket_id | arrived_at\nV1 | TA0 | 2024-01-11 08:00\nV2 | TA1 | 2024-02-11 08:00",
        complaint="complaint_id | ticket_id | opened_at\nC1 | TA0 | 2024-01-12 08:00",
        maintenance="asset_id | planned_on | done_at\nA0 | 2024-01-20 | 2024-01-21 08:00\nA1 | 2024-01-20 |",
    )  # fmt: skip
    january = Filters(DAY(2024, 1, 1), DAY(2024, 1, 31))
    found = accounts(reading, january, "UTC", ("A",))["A"]
    assert (found.still_open, found.visits, found.last_visit, found.complaints) == (2, 1, DAY(2024, 2, 11), 1)
    assert (found.planned, found.done) == (2, 1)


def test_suppliers_are_compared_as_far_as_the_records_tell(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path, SETTINGS,
        supplier="supplier_id | name\nS1 | One",
        part="part_no | supplier | lead_time_days\nP1 | S1 | 10\nP2 | S1 | 20\nP3 | S2 | 5",
        asset=[{"asset_id": "A", "parent_asset_id": None, "model": "M"},
               *({"asset_id": f"A-{i}", "parent_asset_id": "A", "model": "P1"} for i in range(10))],
        ticket="ticket_id | opened_at\nT | 2024-01-01 00:00",
        repair="repair_id | ticket_id | finished_at\nR | T | 2024-06-01 00:00",
        part_use="repair_id | part_no | position | quantity | from_stock\nR | P1 | a | 2 | true\nR | P2 | b | 1 | false\nR | P3 | c | 1 |",
        returned_unit="repair_id | part_no | serial | received_at | verdict\nR | P1 | x | 2024-06-02 00:00 | scrapped",
    )  # fmt: skip
    one, two = suppliers(reading, Filters(DAY(2024, 1, 1), DAY(2024, 12, 31)), "UTC")
    assert (one.name, one.parts, one.lead_time_days, one.used) == ("One", 2, 15, 3)
    assert (one.at_once.k, one.at_once.n) == (1, 2)
    assert one.failures is not None
    # Only of P1 the positions are on record: two of ten replaced in a year.
    assert one.failures[0] == pytest.approx(2 / (10 * 365 / 365.25 / 100))
    assert (one.returned, one.scrapped.k) == (1, 1)
    assert (two.name, two.failures, two.at_once.n) == ("S2", None, 0)


TARGET = """measure | scope | period | value
opened | all | 2024 | 366
response_within_target | all | 2024 | 0.9
opened | all | 2023 | 10
nonsense | all | 2024 | 1"""


def test_pace_is_what_should_have_been_reached_by_now(tmp_path: Path) -> None:
    rows = calls("East", 9, 80, 16, "E")
    reading = warehouse(tmp_path, {"holidays": "", "as_of": "2024-03-31T23:00Z"}, ticket=rows, target=TARGET)
    found = {(p.measure.name, p.target.period): p for p in paces(reading, Filters())}
    assert set(found) == {("opened", "2024"), ("response_within_target", "2024"), ("opened", "2023")}
    opened, kept = found["opened", "2024"], found["response_within_target", "2024"]
    gone = 31 + 29 + 31
    assert (opened.days, opened.due, opened.so_far.value) == ((gone, 366), pytest.approx(gone), 80)
    assert opened.rest == 366 - 80
    assert opened.is_met is None  # neither many calls nor few are the aim
    assert (kept.due, kept.so_far.value, kept.is_met) == (0.9, 64 / 80, False)
    # The rest of the year has to make good: 0.8·gone + rest·(1 − gone) = 0.9.
    assert kept.rest == pytest.approx((0.9 - 0.8 * gone / 366) / (1 - gone / 366))
    assert "93." in rest_in_words(kept).en
    assert found["opened", "2023"].days == (365, 365)


def test_weeks_add_up(tmp_path: Path) -> None:
    rows = calls("East", 9, 80, 16, "E")
    reading = warehouse(tmp_path, {"holidays": "", "as_of": "2024-03-31T23:00Z"}, ticket=rows, target=TARGET)
    for pace in paces(reading, Filters()):
        found = weeks_of(reading, Filters(), pace.target)
        if pace.target.period == "2024":
            assert found.so_far[-1] == pytest.approx(pace.so_far.value)
            assert found.starts[0] == DAY(2024, 1, 1)


def test_nothing_is_delivered(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, ticket="ticket_id | opened_at\nT | 2024-03-01 00:00")
    assert not customers(reading, Filters())
    assert suppliers(reading, Filters(), "UTC") == ()
    assert paces(reading, Filters()) == ()
    assert hours(reading, Filters(), "UTC").n == 0
