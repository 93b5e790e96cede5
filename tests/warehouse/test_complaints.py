"""Complaints: answered in time, closed by the rule, overdue per owner and month."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import warehouse

from warehouse.complaints import by_class, by_owner, by_rule, complaints, findings, in_time, listed, overdue
from warehouse.filters import Filters
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2024-03-10T00:00Z"}
TICKET = """ticket_id | opened_at | region | service_kind
T1 | 2024-03-01 08:00 | East | paid
T2 | 2024-03-01 08:00 | West | paid"""
COMPLAINT = """complaint_id | ticket_id | category | cause_kind | owner | opened_at | due_at | answered_at | closed_at | confirmed
C1 | T1 | parts | quality | Li | 2024-03-01 00:00 | | 2024-03-03 00:00 | 2024-03-04 00:00 | true
C2 | T1 | parts | human | Li | 2024-03-01 00:00 | | 2024-03-03 01:00 | 2024-03-04 00:00 | false
C3 | T2 | claim | | Wu | 2024-03-02 00:00 | | | |
C4 | T2 | claim | | Wu | 2024-03-09 12:00 | | | |
C5 | | other | other | | 2024-03-04 00:00 | 2024-03-08 00:00 | 2024-03-07 00:00 | |"""


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return warehouse(tmp_path, SETTINGS, ticket=TICKET, complaint=COMPLAINT)


def test_an_answer_is_in_time_within_the_hours_and_unknown_while_they_run(reading: Reading) -> None:
    found = {c.complaint_id: c for c in complaints(reading, Filters(), "UTC", 48.0)}
    assert {name: c.is_in_time for name, c in found.items()} == {
        "C1": True,  # on the very hour
        "C2": False,
        "C3": False,  # not answered, and the time has passed
        "C4": None,
        "C5": False,
    }
    assert in_time(found.values()).value == 1 / 4


def test_overdue_goes_by_the_complaints_own_due_date_where_it_has_one(reading: Reading) -> None:
    found = {c.complaint_id: c for c in complaints(reading, Filters(), "UTC", 48.0)}
    assert {name: c.is_overdue for name, c in found.items()} == {
        "C1": False, "C2": True, "C3": True, "C4": None, "C5": False,
    }  # fmt: skip
    assert (overdue(found.values()).k, overdue(found.values()).n) == (2, 4)
    assert [name for name, c in found.items() if c.is_waiting] == ["C3"]


def test_only_what_was_answered_and_confirmed_was_closed_by_the_rule(reading: Reading) -> None:
    found = complaints(reading, Filters(), "UTC", 48.0)
    assert (by_rule(found).k, by_rule(found).n) == (1, 2)
    assert [c.complaint_id for c in listed(found, "against")] == ["C2"]


def test_overdue_is_counted_per_owner_in_the_month_of_falling_due(reading: Reading) -> None:
    months, owners = by_owner(complaints(reading, Filters(), "UTC", 48.0))
    assert months == ("2024-03",)
    assert {o.owner: o.months for o in owners} == {"Li": ((1, 2),), "Wu": ((1, 1),), "": ((0, 1),)}


def test_categories_come_with_their_causes(reading: Reading) -> None:
    categories, causes, n = by_class(complaints(reading, Filters(), "UTC", 48.0))
    assert categories == ("claim", "parts", "other")
    assert causes[-1] == ""  # nobody said: last
    assert n["parts", "quality"] == 1


def test_a_complaint_has_the_places_of_its_ticket(reading: Reading) -> None:
    at = complaints(reading, Filters(region=("West",)), "UTC", 48.0)
    assert {c.complaint_id for c in at} == {"C3", "C4"}
    nobody = complaints(reading, Filters(region=("",)), "UTC", 48.0)
    assert {c.complaint_id for c in nobody} == {"C5"}


def test_the_day_is_the_local_one(reading: Reading) -> None:
    found = {c.complaint_id: c.opened_on.day for c in complaints(reading, Filters(), "Asia/Shanghai", 48.0)}
    assert found["C4"] == 9
    assert {c.complaint_id: c.opened_on.day for c in complaints(reading, Filters(), "America/New_York", 48.0)}[
        "C3"
    ] == 1


@pytest.mark.parametrize("window", ["", "nonsense", "region=East", "owner=", "category=' OR 1=1 --"])
def test_a_hostile_list_is_a_list(reading: Reading, window: str) -> None:
    found = complaints(reading, Filters(), "UTC", 48.0)
    expected = {"owner=": 1, "category=' OR 1=1 --": 0}.get(window, len(found))
    assert len(listed(found, window)) == expected


def test_findings_name_who_waits_and_what_was_closed_against_the_rule(reading: Reading) -> None:
    said = findings(reading, complaints(reading, Filters(), "UTC", 48.0), Filters())
    assert [f.window for f in said[:2]] == ["waiting", "against"]
    assert "2024-03-02 (Wu)" in said[0].text.en
