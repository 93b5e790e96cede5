"""Open risks: each counted as arithmetic on a few rows, with its worst example; nothing known is said as such."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse import quality
from warehouse.complaints import complaints
from warehouse.filters import Filters
from warehouse.reading import Reading
from warehouse.risks import RISKS, Risk, Rules, risks
from warehouse.settings import Settings

RULES = Rules.of(Settings())
# A Tuesday at noon; urban calls are due after 6 working hours of 8:30 to 17:30.
SETTINGS = {"holidays": "", "as_of": "2024-04-02T12:00Z"}
TICKETS = """
ticket_id | region | customer_id | zone  | opened_at        | arrived_at       | closed_at
T1        | north  | C1          | urban | 2024-03-01 09:00 |                  |
T2        | north  | C1          | urban | 2024-03-20 09:00 | 2024-03-22 09:00 |
T3        | south  | C2          | urban | 2024-04-02 09:00 |                  |
T4        | south  | C2          | urban | 2024-03-04 09:00 |                  | 2024-03-05 09:00
T5        | south  | C2          | urban | 2024-04-01 09:00 | 2024-04-01 10:00 |
"""
FAULTS = """
fault_id | ticket_id | component | severity
F1       | T1        | valve     | critical
F2       | T2        | lock      | degraded
F3       | T3        | pad       | critical
F4       | T4        | valve     | critical
"""
COMPLAINTS = """
complaint_id | ticket_id | owner | opened_at        | due_at           | answered_at
P1           | T1        | Wang  | 2024-03-02 00:00 | 2024-03-23 12:00 |
P2           | T3        | Li    | 2024-03-31 00:00 |                  |
P3           | T4        | Li    | 2024-04-01 00:00 |                  |
P4           | T4        | Li    | 2024-03-05 00:00 | 2024-03-07 00:00 | 2024-03-20 00:00
"""
ACTIONS = """
action_id | owner | due_on     | implemented_at
A1        | Sun   | 2024-03-31 |
A2        |       | 2024-03-01 |
A3        | Sun   | 2024-02-01 | 2024-03-01 00:00
A4        | Sun   | 2024-04-02 |
"""
CONTRACTS = """
contract_id | customer_id | asset_id | starts_at  | ends_at    | price
K1          | C1          | U1       | 2023-05-01 | 2024-05-01 | 100
K2          | C1          | U2       | 2023-05-01 | 2024-06-02 | 900
K3          | C2          | U3       | 2023-05-01 | 2024-05-01 | 100
K4          | C2          | U3       | 2024-05-02 | 2025-05-01 | 100
K5          | C2          | U4       | 2023-01-01 | 2024-04-01 | 100
K6          | C2          | U5       | 2023-01-01 | 2024-06-03 | 100
"""
ASSETS = """
asset_id | customer_id | region | product_line
U1       | C1          | north  | Doors
U2       | C1          | north  | Brakes
U3       | C2          | south  | Doors
U4       | C2          | south  | Doors
U5       | C2          | south  | Doors
"""
CUSTOMERS = "customer_id | name\nC1 | First Metro\nC2 | Second Metro"
EVER = Filters()


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(
        tmp_path_factory.mktemp("risks"),
        SETTINGS,
        ticket=TICKETS,
        fault=FAULTS,
        complaint=COMPLAINTS,
        action=ACTIONS,
        contract=CONTRACTS,
        asset=ASSETS,
        customer=CUSTOMERS,
    )


def one(reading: Reading, name: str, filters: Filters = EVER) -> Risk:
    return next(risk for risk in risks(reading, filters, RULES) if risk.name == name)


def test_critical_failures_are_those_of_open_tickets(reading: Reading) -> None:
    found = one(reading, "critical")
    # T1 and T3 of T1, T2, T3; T4 is closed. T1 has been open for 32 days.
    assert (found.count, found.example, found.state) == (2, "T1", "bad")
    assert "of 3 open" in found.words.en
    assert "T1: valve, open for 32 d" in found.worst.en


def test_a_response_is_late_once_it_fell_due_and_soon_before(reading: Reading) -> None:
    found = one(reading, "response")
    # T1 unanswered and T2 answered late; T3 falls due today at 15:00; T5 was in time. T1 fell due on 1 March at 15:00.
    assert (found.count, found.example) == (2, "T1")
    assert "of 4 open; nobody came yet to 1; 1 more fall due within a day" in found.words.en
    assert "due 31 d 21 h ago" in found.worst.en


def test_a_complaint_without_a_due_date_has_the_hours_of_the_house(reading: Reading) -> None:
    found = one(reading, "complaints")
    # P1 since 23 March; P2 was due after 48 h, half a day ago; P3 still has time; P4 was answered.
    assert (found.count, found.example) == (2, "P1")
    assert "of 3 " in found.words.en
    assert "P1: 10 d overdue, Wang" in found.worst.en
    # As the page of complaints counts those who wait.
    assert found.count == sum(c.is_waiting for c in complaints(reading, EVER, "UTC", RULES.answer_hours))


def test_an_action_is_overdue_after_its_day(reading: Reading) -> None:
    found = one(reading, "actions")
    assert (found.count, found.example, found.has_places) == (2, "A2", True)
    assert "of 3 open actions" in found.words.en
    assert "A2: 32 d overdue, Unknown" in found.worst.en


def test_a_contract_ends_when_no_other_of_the_machine_follows(reading: Reading) -> None:
    found = one(reading, "contracts")
    # Until 2 June: K1, to be contacted since 1 April, and K2. K4 follows K3, K5 has ended, K6 ends a day later.
    assert (found.count, found.example) == (2, "K2")
    assert "within 2 months, and no other of the machine follows; 1 are due" in found.words.en
    assert "First Metro, ends 2024-06-02" in found.worst.en


def test_places_narrow_what_has_places(reading: Reading) -> None:
    south = Filters(region=("south",), priority=("high",))
    assert [one(reading, name, Filters(region=("south",))).count for name in ("critical", "response", "contracts")] == [
        1,
        0,
        0,
    ]
    # Contracts have no priority.
    assert one(reading, "contracts", south).count == 0
    assert one(reading, "contracts", Filters(product_line=("Brakes",), priority=("high",))).count == 1
    assert one(reading, "complaints", Filters(customer=("C1",))).count == 1
    assert one(reading, "actions", south).count == 2


def test_the_period_does_not_apply(reading: Reading) -> None:
    last_year = Filters(dt.date(2023, 1, 1), dt.date(2023, 12, 31))
    assert [r.count for r in risks(reading, last_year, RULES)] == [r.count for r in risks(reading, EVER, RULES)]


def test_sources_that_are_overdue_are_data_to_be_corrected(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    before = one(reading, "quality").count
    monkeypatch.setattr(quality, "overdue_sources", lambda _reading: [{"en": "Call register", "zh": "报修登记簿"}])
    found = one(reading, "quality")
    assert before is not None
    assert found.count == before + 1
    assert "Call register" in found.worst.en
    assert "报修登记簿" in found.worst.zh


def test_where_nobody_delivers_it_a_risk_says_what_would_fill_it(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, asset=ASSETS)
    found = risks(reading, EVER, RULES)
    assert len(found) == len(RISKS)
    for risk in found:
        if risk.name != "quality":
            assert (risk.count, risk.state, risk.worst.en) == (None, "neutral", "")
        assert risk.words.en
        assert risk.words.zh
