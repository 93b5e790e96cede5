"""Failures, units and the work on each ticket, as the pages about failures read them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.reading import Reading
from warehouse.records import Selection, count, page

SETTINGS = {"holidays": "", "as_of": "2024-04-30T00:00Z"}
ASSETS = """
asset_id | serial_no | model | product_line | region | customer_id | zone  | installed_at     | parent_asset_id
A        | S-A       | M1    | Brakes       | north  | C1          | urban | 2024-01-01 00:00 |
A-1      | S-A1      | P1    | Brakes       | north  | C1          | urban | 2024-01-01 00:00 | A
B        | S-B       | M2    | Doors        | south  |             |       | 2024-03-10 00:00 |
D        |           |       |              |        |             |       |                  |
"""
TICKETS = """
ticket_id | asset_id | opened_at        | resolved_at      | closed_at        | technician_id | category | priority
T1        | A        | 2024-03-01 08:00 | 2024-03-02 12:00 | 2024-03-03 09:00 | X             | brake    | high
T2        | B        | 2024-03-12 08:00 | 2024-03-12 10:00 |                  | Y             | door     |
T3        | D        | 2024-03-20 08:00 |                  |                  |               | other    |
"""
FAULTS = """
fault_id | ticket_id | asset_id | occurred_at      | detected_at      | component | failure_mode | relevant | no_fault_found
F1       | T1        | A        | 2024-03-01 07:00 | 2024-03-01 07:30 | valve     | leak         |          |
F2       | T2        | B        |                  | 2024-03-12 07:00 | lock      | stuck        | no       | yes
F3       |           | A        | 2024-03-31 00:00 |                  | pad       |              | yes      | no
"""
VISITS = """
visit_id | ticket_id | technician_id | finished_at
V1       | T1        | X             | 2024-03-01 12:00
V2       | T1        | Z             | 2024-03-02 12:00
V3       | T1        | Q             | 2024-03-02 18:00
"""
REPAIRS = """
repair_id | ticket_id | asset_id | active_hours
R1        | T1        | A        | 1.5
R2        | T1        | A        | 0.5
"""  # fmt: skip


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("failures")
    return warehouse(folder, SETTINGS, asset=ASSETS, ticket=TICKETS, fault=FAULTS, visit=VISITS, repair=REPAIRS)


def test_a_failure_belongs_where_its_ticket_says_else_its_asset(reading: Reading) -> None:
    rows = reading.rows(
        "SELECT component, failed_on, model, product_line, region, customer_id, zone, priority FROM marts.failure ORDER BY 2"
    )
    assert rows == [
        ("valve", dt.date(2024, 3, 1), "M1", "Brakes", "north", "C1", "urban", "high"),
        ("lock", dt.date(2024, 3, 12), "M2", "Doors", "south", "", "", ""),
        ("pad", dt.date(2024, 3, 31), "M1", "Brakes", "north", "C1", "urban", ""),
    ]


def test_a_failure_is_relevant_unless_somebody_said_that_it_is_not(reading: Reading) -> None:
    rows = reading.rows("SELECT component, is_relevant, is_no_fault_found FROM marts.failure ORDER BY failed_on")
    assert rows == [("valve", True, False), ("lock", False, True), ("pad", True, False)]


def test_the_age_at_failure_counts_from_the_installation(reading: Reading) -> None:
    rows = dict(reading.rows("SELECT component, age_days FROM marts.failure"))
    # January 31, February 29 days and seven hours; two days and seven hours; 31 + 29 + 30 days.
    assert rows == {"valve": pytest.approx(60 + 7 / 24), "lock": pytest.approx(2 + 7 / 24), "pad": pytest.approx(90)}


def test_where_nobody_delivers_faults_each_ticket_is_a_failure(tmp_path: Path) -> None:
    alone = warehouse(tmp_path, SETTINGS, asset=ASSETS, ticket=TICKETS)
    rows = alone.rows("SELECT ticket_id, failed_on, failure_mode, model FROM marts.failure ORDER BY 1")
    assert rows == [
        ("T1", dt.date(2024, 3, 1), "brake", "M1"),
        ("T2", dt.date(2024, 3, 12), "door", "M2"),
        ("T3", dt.date(2024, 3, 20), "other", ""),
    ]


def test_a_unit_is_watched_from_its_installation_or_the_first_record(reading: Reading) -> None:
    rows = reading.rows("SELECT asset_id, installed_on, watched_from FROM marts.unit ORDER BY 1")
    assert rows == [
        ("A", dt.date(2024, 1, 1), dt.date(2024, 3, 1)),
        ("B", dt.date(2024, 3, 10), dt.date(2024, 3, 10)),
        ("D", None, dt.date(2024, 3, 1)),
    ]


def test_a_job_is_credited_to_the_last_visit_that_ended_by_the_resolution(reading: Reading) -> None:
    rows = reading.rows("SELECT ticket_id, technician_id, visits, repairs, labour_hours FROM marts.job ORDER BY 1")
    assert rows == [("T1", "Z", 2, 2, 2.0), ("T2", "Y", 0, 0, None)]


@pytest.mark.parametrize(
    ("selection", "tickets"),
    [
        (Selection(component="valve"), ["T1"]),
        (Selection(component="valve", failure_mode="stuck"), []),
        (Selection(model="M2"), ["T2"]),
        (Selection(asset_id="A"), ["T1"]),
        (Selection(technician_id="Z"), ["T1"]),
        (Selection(technician_id="Q"), []),
    ],
)
def test_tickets_are_found_by_what_failed_and_who_did_the_work(
    reading: Reading, selection: Selection, tickets: list[str]
) -> None:
    assert [row["ticket_id"] for row in page(reading, Filters(), selection)] == tickets
    assert count(reading, Filters(), selection) == len(tickets)
