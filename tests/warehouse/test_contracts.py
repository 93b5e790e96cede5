"""Contracts: the renewal list with what to do, renewals, lapsed ones that still call, cover, machines handed over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.contracts import (
    Rules,
    checked,
    complete,
    covered,
    due,
    ended,
    findings,
    installations,
    lapsed,
    months_after,
    months_before,
    next_step,
    renewed,
)
from warehouse.filters import Filters
from warehouse.reading import Reading

DAY = dt.date
SETTINGS = {"holidays": "", "as_of": "2024-06-30T12:00Z"}
RULES = Rules(2, 1, 60, 7)
ASSET = """asset_id | serial_no | model | product_line | customer_id | installed_at | warranty_end | status
A | S-A | M | X | K | 2020-01-01 00:00 | 2021-01-01 | in_service
B | S-B | M | X | K | 2020-01-01 00:00 | 2021-01-01 | in_service
C | S-C | M | Y | L | 2024-06-01 00:00 | 2025-06-01 | in_service
D | S-D | M | Y | L | 2020-01-01 00:00 | 2021-01-01 | scrapped"""
CUSTOMER = "customer_id | name | region\nK | Kay | East\nL | Ell | West"
CONTRACT = """contract_id | customer_id | asset_id | kind | starts_at | ends_at | price
C1 | K | A | maintenance | 2023-07-20 | 2024-07-20 | 100
C2 | K | B | maintenance | 2023-01-01 | 2023-12-31 | 200
C3 | K | B | maintenance | 2024-01-15 | 2024-08-25 | 210
C4 | L | D | maintenance | 2023-01-01 | 2024-01-31 | 50
C5 | L | | full_service | 2023-07-01 | 2024-07-10 | 900"""
TICKET = """ticket_id | asset_id | opened_at
T1 | D | 2024-01-15 00:00
T2 | D | 2024-03-01 00:00
T3 | D | 2024-05-01 00:00
T4 | A | 2024-05-01 00:00"""


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return warehouse(tmp_path, SETTINGS, asset=ASSET, customer=CUSTOMER, contract=CONTRACT, ticket=TICKET)


def test_months_end_where_the_month_does() -> None:
    assert months_before(DAY(2024, 3, 31), 1) == DAY(2024, 2, 29)
    assert months_after(DAY(2024, 1, 31), 1) == DAY(2024, 2, 29)
    assert months_after(DAY(2023, 12, 15), 1) == DAY(2024, 1, 15)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (DAY(2024, 6, 19), ("list", 0, DAY(2024, 6, 20))),
        (DAY(2024, 6, 20), ("first", 1, DAY(2024, 6, 20))),
        (DAY(2024, 6, 26), ("first", 1, DAY(2024, 6, 20))),
        (DAY(2024, 6, 27), ("weekly", 2, DAY(2024, 6, 27))),
        (DAY(2024, 7, 20), ("weekly", 5, DAY(2024, 7, 18))),
    ],
)
def test_a_contract_is_listed_then_contacted_then_contacted_every_week(
    today: DAY, expected: tuple[str, int, DAY]
) -> None:
    assert next_step(DAY(2024, 7, 20), today, 1) == expected


def test_the_list_holds_what_ends_within_two_months_and_nothing_follows(reading: Reading) -> None:
    found = due(reading, Filters(), RULES)
    assert [(d.contract_id, d.step) for d in found] == [("C5", "weekly"), ("C1", "weekly"), ("C3", "list")]
    assert found[1].customer_name == "Kay"
    assert [d.contract_id for d in due(reading, Filters(product_line=("X",)), RULES)] == ["C1", "C3"]


def test_a_contract_is_renewed_where_another_follows_in_time(reading: Reading) -> None:
    # C2 → C3 within 15 days; C4 ended without. C1, C3 have not ended; C5 is of no machine.
    assert (renewed(ended(reading, Filters(), 60)).k, renewed(ended(reading, Filters(), 60)).n) == (1, 2)
    assert renewed(ended(reading, Filters(), 10)).k == 0
    # Too young to say: the days of grace have not passed for C4.
    assert renewed(ended(reading, Filters(), 180)).n == 1


def test_a_lapsed_machine_still_calls(reading: Reading) -> None:
    (machine,) = lapsed(reading, Filters())
    assert (machine.asset_id, machine.calls, machine.last_call) == ("D", 2, DAY(2024, 5, 1))
    assert lapsed(reading, Filters(end=DAY(2024, 2, 1))) == ()


def test_machines_in_service_are_covered_by_warranty_or_contract_or_nothing(reading: Reading) -> None:
    assert covered(reading, Filters()) == {"X": (0, 2, 0), "Y": (1, 0, 0)}


def test_new_machines_are_checked_and_what_is_not_due_is_not_late(tmp_path: Path) -> None:
    installation = """asset_id | commissioned_at | training_done | accepted_by | parameters_ok
A | 2024-01-10 00:00 | true | Ms Li | true
B | 2024-02-10 00:00 | false | Ms Li | true
C | 2024-06-10 00:00 | true | | true"""
    maintenance = """asset_id | planned_on | done_at
A | 2024-03-01 | 2024-03-08 00:00
A | 2024-09-01 |
B | 2024-03-01 | 2024-03-09 00:00
C | 2024-06-28 |"""
    reading = warehouse(tmp_path, SETTINGS, asset=ASSET, installation=installation, maintenance=maintenance)
    found = installations(reading, Filters(), "UTC", 7)
    assert {i.asset_id: i.is_in_time for i in found} == {"A": True, "B": False, "C": None}
    assert {name: (s.k, s.n) for name, s in checked(found).items()} == {
        "training": (2, 3), "accepted": (2, 3), "parameters": (3, 3), "maintenance": (1, 2),
    }  # fmt: skip
    assert complete(found).k == 1


def test_without_contracts_there_is_nothing_to_list(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, ticket=TICKET)
    assert due(reading, Filters(), RULES) == ()
    assert lapsed(reading, Filters()) == ()
    assert renewed(ended(reading, Filters(), 60)).value is None
    assert covered(reading, Filters()) == {}


@pytest.mark.parametrize(
    ("months", "en", "zh"),
    [(1, "end within a month and", "将在 1 个月内到期"), (2, "end within 2 months and", "将在 2 个月内到期")],
)
def test_it_says_within_how_many_months_contracts_end(reading: Reading, months: int, en: str, zh: str) -> None:
    (first, *_) = findings(reading, Filters(), Rules(2, months, 60, 7), ())
    assert en in first.text.en
    assert zh in first.text.zh
