"""What a measure cannot do without, found in the SQL of the warehouse, and which of it no source delivers."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate
from warehouse.metrics.measure import NOTHING_COUNTED, Value
from warehouse.quality_needs import explained, needs, undelivered
from warehouse.quality_reads import reads

SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
TICKET = "ticket_id | opened_at | resolved_at\nT1 | 2024-03-01 00:00 | 2024-03-02 00:00"


def group(*names: str) -> frozenset[tuple[str, str]]:
    return frozenset((name.split(".")[0], name.split(".")[1]) for name in names)


@pytest.mark.parametrize(
    ("measure", "wanted"),
    [
        ("opened", {group("ticket.opened_at")}),
        ("reopened", {group("ticket.opened_at"), group("ticket.reopen_count")}),
        # One of the two says that somebody looked; the ticket says when it was resolved.
        ("no_fault_found", {group("fault.cause", "fault.no_fault_found"), group("ticket.resolved_at")}),
        # Without a zone there is no target, though nobody need have arrived: then the call is late.
        ("response_within_target", {group("ticket.zone", "asset.zone"), group("ticket.opened_at")}),
        ("fill_rate", {group("part_use.from_stock"), group("repair.finished_at", "repair.started_at")}),
        ("satisfaction", {group("survey.grade"), group("survey.ticket_id")}),
        ("first_time_fix", {group("visit.finished_at"), group("visit.ticket_id"), group("ticket.resolved_at")}),
    ],
)  # fmt: skip
def test_a_measure_needs_what_its_sql_cannot_do_without(measure: str, wanted: set[frozenset[tuple[str, str]]]) -> None:
    assert wanted <= needs(measure)


def test_every_measure_needs_something_and_nothing_that_it_does_not_read() -> None:
    for name in measures():
        needed = needs(name)
        assert needed, name
        assert frozenset().union(*needed) <= reads(name), name


def test_pauses_on_record_are_no_need_of_the_response_time() -> None:
    assert "ticket_event" in {entity for entity, _ in reads("response_time")}
    assert "ticket_event" not in {entity for one in needs("response_time") for entity, _ in one}


def test_a_value_that_nothing_can_fill_says_what_would(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, ticket=TICKET)
    assert undelivered(reading, "closure_rate") == ()
    assert undelivered(reading, "no_fault_found") == ((("fault", "cause"), ("fault", "no_fault_found")),)
    value = explained(reading, evaluate(reading, ("reopened",), Filters())["reopened"])
    assert value.value is None
    assert value.reason is not None
    assert "ticket.reopen_count (Times reopened)" in value.reason.en
    assert "重新打开次数" in value.reason.zh
    # A number of a row is not named beside a fact; alone it is.
    assert undelivered(reading, "satisfaction") == ((("survey", "grade"),),)
    assert undelivered(reading, "return_rate") == ((("survey", "ticket_id"),),)


def test_a_value_that_is_there_and_one_that_is_zero_of_zero_stay_as_they_are(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, ticket="ticket_id | opened_at | reopen_count\nT1 | 2024-03-01 00:00 | 0")
    there = Value("reopened", 0.5, 2)
    nothing = Value("reopened", None, 0, reason=NOTHING_COUNTED)
    assert explained(reading, there) is there
    assert explained(reading, nothing) is nothing
    # A number that is no measure of the catalogue, unless one is made of the same.
    other = Value("found_later", None, 0)
    assert explained(reading, other) is other
    assert explained(reading, other, "no_fault_found").reason is not None
