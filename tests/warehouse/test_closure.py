"""Fault closure on tables one can count: states, cumulative flow, cohorts, groups, holders, dispatch, complaints, return visits."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse
from installation import published_demo

from demo.truths import Truths
from warehouse.closure_cohorts import cohorts, mature
from warehouse.closure_dispatch import dispatched, queue, same_day
from warehouse.closure_findings import findings
from warehouse.closure_flow import cumulative_flow
from warehouse.closure_groups import groups
from warehouse.closure_owners import HOLDERS, held, tickets_of
from warehouse.closure_rules import (
    Rules,
    by_month,
    by_owner,
    complaints,
    kept,
    remarks,
    return_visits,
    rules_of,
    visited,
)
from warehouse.closure_states import Change, states
from warehouse.filters import Filters
from warehouse.reading import Reader, Reading
from warehouse.settings import Home, Settings

SETTINGS = {"holidays": "", "as_of": "2024-03-20T12:00Z"}
EVER = Filters()
MARCH = Filters(dt.date(2024, 3, 1), dt.date(2024, 3, 31))
RULES = rules_of(Settings())
# 4 March 2024 is a Monday; the house works 08:30 to 17:30 UTC.
TECHNICIAN = "technician_id | name | team\nX | Xu | red\nY | Ying | red\nZ | Zhao | blue"
TICKET = """
ticket_id | region | zone     | technician_id | opened_at        | dispatched_at    | arrived_at       | resolved_at      | closed_at        | product_line
T1        | north  | urban    | X             | 2024-03-04 09:00 | 2024-03-04 10:00 | 2024-03-04 12:00 | 2024-03-05 09:00 | 2024-03-06 09:00 | cars
T2        | north  | urban    | X             | 2024-03-04 16:00 | 2024-03-05 09:00 | 2024-03-05 10:00 | 2024-03-07 09:00 |                  | cars
T3        | south  | suburban | Y             | 2024-03-08 18:00 | 2024-03-11 09:00 | 2024-03-11 15:00 |                  |                  | copiers
T4        | south  | suburban |               | 2024-03-15 10:00 |                  |                  |                  |                  | copiers
T5        | south  | urban    |               | 2024-03-20 09:00 |                  |                  |                  |                  | copiers
T6        | south  | urban    | Z             | 2024-03-11 09:00 |                  |                  | 2024-03-11 15:00 | 2024-03-12 09:00 | copiers
"""
EVENT = """
ticket_id | from_status | to_status     | at
T1        | new         | dispatched    | 2024-03-04 10:00
T1        | dispatched  | in_progress   | 2024-03-04 12:00
T1        | in_progress | waiting_parts | 2024-03-04 13:00
T1        | waiting_parts | in_progress | 2024-03-04 17:00
T1        | in_progress | resolved      | 2024-03-05 09:00
T1        | resolved    | closed        | 2024-03-06 09:00
T2        |             | dispatched    | 2024-03-05 09:00
T2        | dispatched  | in_progress   | 2024-03-05 10:00
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("closure")
    return warehouse(folder, SETTINGS, ticket=TICKET, ticket_event=EVENT, technician=TECHNICIAN)


@pytest.fixture(scope="module")
def without_events(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("instants"), SETTINGS, ticket=TICKET)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("nothing"), SETTINGS, asset="asset_id | model\nA | M")


def test_changes_of_state_are_counted_and_one_without_a_former_state_left_new(reading: Reading) -> None:
    found = states(reading, EVER)
    assert found is not None
    assert found.source == "events"
    assert (found.tickets, found.looked_at, found.measured) == (6, 6, 2)
    counted = {(change.came_from, change.went_to): change.n for change in found.changes}
    assert counted == {
        ("new", "dispatched"): 2,
        ("dispatched", "in_progress"): 2,
        ("in_progress", "waiting_parts"): 1,
        ("waiting_parts", "in_progress"): 1,
        ("in_progress", "resolved"): 1,
        ("resolved", "closed"): 1,
    }


def test_time_in_a_state_counts_stays_that_go_on_as_far_as_they_got(reading: Reading) -> None:
    found = states(reading, EVER)
    assert found is not None
    # T1 waited 1 h for dispatch, T2 17 h: half had left after 1 h.
    assert (found.stays["new"].median, found.stays["new"].n, found.stays["new"].going_on) == (1.0, 2, 0)
    assert found.stays["waiting_parts"].median == 4.0
    # In progress: 1 h and 16 h of T1, T2's goes on since 15 days.
    assert (found.stays["in_progress"].median, found.stays["in_progress"].n, found.stays["in_progress"].going_on) == (
        16,
        3,
        1,
    )
    assert "closed" not in found.stays


def test_without_changes_the_instants_stand_in(without_events: Reading) -> None:
    found = states(without_events, EVER)
    assert found is not None
    assert found.source == "instants"
    # T6 was never dispatched on record: it went from new to resolved.
    assert set(found.changes) == {
        Change("new", "dispatched", 3),
        Change("dispatched", "in_progress", 3),
        Change("in_progress", "resolved", 2),
        Change("resolved", "closed", 2),
        Change("new", "resolved", 1),
    }
    assert (found.stays["resolved"].n, found.stays["resolved"].going_on) == (3, 1)
    # 24 h of T1 and 18 h of T6, T2's goes on.
    assert found.stays["resolved"].median == 24.0


def test_cumulative_flow_stacks_up_and_its_distance_is_the_work_in_process(reading: Reading) -> None:
    found = cumulative_flow(reading, Filters(dt.date(2024, 3, 4), dt.date(2024, 3, 6)))
    assert found is not None
    assert found.days == tuple(dt.date(2024, 3, d) for d in (4, 5, 6))
    assert found.counts == {
        "opened": (2, 2, 2),
        "dispatched": (1, 2, 2),
        "arrived": (1, 2, 2),
        "resolved": (0, 1, 1),
        "closed": (0, 0, 1),
    }
    assert (found.began, found.ended, found.closed) == (0, 1, 1)
    assert found.work == (2 + 2 + 1) / 3
    assert found.throughput == 1 / 3
    assert found.days_in_process == (5 / 3) / (1 / 3)
    assert not found.is_steady


def test_who_was_resolved_is_past_the_earlier_steps_and_closed_before_does_not_count(reading: Reading) -> None:
    found = cumulative_flow(reading, Filters(dt.date(2024, 3, 11), dt.date(2024, 3, 12)))
    assert found is not None
    # T1 was closed before; T2 and T3 came over from before, T6 has no dispatch and no arrival on record.
    assert found.counts["opened"] == (3, 3)
    assert found.counts["dispatched"] == (3, 3)
    assert found.counts["arrived"] == (3, 3)
    assert found.counts["resolved"] == (2, 2)
    assert found.counts["closed"] == (0, 1)
    assert found.began == 2


def test_a_cohort_counts_those_that_are_old_enough_and_is_mature_once_all_are(reading: Reading) -> None:
    (march,) = cohorts(reading, EVER)
    assert march.opened == 6
    # As of 20 March 12:00 T4 and T5 are younger than seven days.
    assert (march.old[7], march.closed[7]) == (4, 2)
    assert march.share(7) == 2 / 4
    assert not march.is_mature(7)
    assert (march.old[30], march.share(30)) == (0, None)
    assert mature((march,), 7) == (0, 0)


def test_groups_are_compared_over_open_and_closed_and_keep_to_the_filter(reading: Reading) -> None:
    found = groups(reading, EVER, "region")
    assert [(g.value, g.n, g.closed) for g in found.groups] == [("south", 4, 1), ("north", 2, 1)]
    assert (found.n, found.censored) == (6, 4)
    assert found.p is not None
    assert sum(g.expected for g in found.groups) == pytest.approx(2)
    assert found.groups[1].median == 48.0
    north = groups(reading, Filters(region=("north",)), "region")
    assert [g.value for g in north.groups] == ["north"]
    assert north.p is None
    assert "compare" in north.reason.en


def test_open_tickets_are_counted_by_who_holds_them(reading: Reading) -> None:
    found = {h.holder: h for h in held(reading, MARCH, "technician")}
    assert {holder: h.n for holder, h in found.items()} == {"X": 1, "Y": 1, "": 2}
    # T2 was answered after 4.5 working hours of six; T4 of 15 March is not, T5 of this morning is not due yet.
    assert (found["X"].missed, found["X"].judged) == (0, 1)
    assert (found[""].missed, found[""].judged) == (1, 1)
    assert (
        found["Y"].median_hours == (dt.datetime(2024, 3, 20, 12) - dt.datetime(2024, 3, 8, 18)).total_seconds() / 3600
    )
    assert {h.holder: h.n for h in held(reading, EVER, "team")} == {"red": 2, "": 2}
    assert {h.holder: h.n for h in held(reading, Filters(region=("south",)), "zone")} == {"suburban": 2, "urban": 1}
    assert [t.ticket_id for t in tickets_of(reading, EVER, "technician", "", 10)] == ["T4", "T5"]


def test_a_call_is_dispatched_the_same_day_by_the_calendar_of_its_zone(reading: Reading) -> None:
    found = {(row.region, row.zone): row for row in same_day(reading, EVER)}
    # T1 on its day; T2 of the afternoon the next morning. T3 came on Friday after closing: its day is Monday.
    assert (found["north", "urban"].same_day, found["north", "urban"].later) == (1, 1)
    assert (found["south", "suburban"].same_day, found["south", "suburban"].waiting) == (1, 1)
    # T5's day is not over, and nobody says when somebody was sent to T6.
    assert (found["south", "urban"].not_due, found["south", "urban"].unknown, found["south", "urban"].judged) == (
        1,
        1,
        0,
    )
    value = dispatched(reading, EVER)
    assert (value.numerator, value.denominator) == (2, 4)


def test_who_waits_since_a_day_before_leads_the_queue(reading: Reading) -> None:
    found = queue(reading, Filters(dt.date(2020, 1, 1), dt.date(2020, 1, 2)), 10)
    assert [(w.ticket_id, w.is_carried_over) for w in found.calls] == [("T4", True), ("T5", False)]
    assert (found.waiting, found.carried_over) == (2, 1)
    assert queue(reading, EVER, 1).waiting == 2


def test_where_nobody_delivers_dispatches_nothing_is_judged(tmp_path: Path) -> None:
    bare = warehouse(tmp_path, SETTINGS, ticket="ticket_id | opened_at\nT1 | 2024-03-04 09:00")
    assert same_day(bare, EVER) == ()
    assert dispatched(bare, EVER).value is None


# Raised on Friday 1 March at noon: 48 h end on Sunday, five working days on Friday the 8th.
COMPLAINT = """
complaint_id | ticket_id | owner | opened_at        | answered_at      | closed_at        | confirmed
C1           | T1        | An    | 2024-03-01 12:00 | 2024-03-03 11:00 | 2024-03-08 20:00 | yes
C2           | T1        | An    | 2024-03-01 12:00 | 2024-03-03 13:00 | 2024-03-09 01:00 | no
C3           | T3        | Bo    | 2024-03-01 12:00 |                  |                  |
C4           |           | Bo    | 2024-03-19 12:30 |                  |                  |
"""
SURVEY = """
ticket_id | item     | at               | grade        | remark   | reached
T1        | attitude | 2024-03-08 10:00 | satisfied    |          | yes
T1        | skill    | 2024-03-08 10:00 | dissatisfied | too slow | yes
T6        | attitude | 2024-03-14 10:00 |              | call me  | no
"""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("voices")
    return warehouse(folder, SETTINGS, ticket=TICKET, complaint=COMPLAINT, survey=SURVEY)


def test_complaints_are_held_against_48_hours_five_working_days_and_the_confirmation(spoken: Reading) -> None:
    found = {c.complaint_id: c for c in complaints(spoken, EVER, RULES)}
    assert {k: c.answered_in_time for k, c in found.items()} == {"C1": True, "C2": False, "C3": False, "C4": None}
    assert {k: c.reported_in_time for k, c in found.items()} == {"C1": True, "C2": False, "C3": False, "C4": None}
    every = kept(found.values())
    assert every.answered == (1, 3)
    assert every.reported == (1, 3)
    assert every.confirmed == (1, 2)
    assert (every.complaints, every.late, every.unanswered, every.open) == (4, 2, 1, 2)
    answered, _, confirmed = every.values()
    assert answered.value == 1 / 3
    assert confirmed.value == 1 / 2
    assert answered.low is not None


def test_the_hours_for_an_answer_are_the_house_s_own(spoken: Reading) -> None:
    patient = rules_of(Settings(complaint_answer_hours=72))
    assert kept(complaints(spoken, EVER, patient)).answered == (2, 3)


def test_complaints_belong_to_the_place_of_their_ticket(spoken: Reading) -> None:
    assert [c.complaint_id for c in complaints(spoken, Filters(region=("south",)), RULES)] == ["C3"]
    found = complaints(spoken, EVER, RULES)
    assert list(by_owner(found)) == ["An", "Bo"]
    assert [(month.month, k.complaints) for month, k in by_month(found).items()] == [(3, 4)]


def test_every_resolved_job_is_to_be_asked_about_within_the_days_of_its_product_line(spoken: Reading) -> None:
    found = return_visits(spoken, EVER, RULES)
    assert found is not None
    (march,) = found
    # T1 was resolved on the 5th and asked about on the 8th: in three days. T6: 11th, 14th. T2 of the 7th never.
    assert (march.jobs, march.in_time, march.late, march.never, march.reached) == (3, 2, 0, 1, 1)
    assert visited(found).value == 2 / 3
    next_day = Rules(48, 5, 3, (("copiers", 1),), 1)
    (march,) = return_visits(spoken, EVER, next_day) or ()
    assert (march.in_time, march.late, march.never) == (1, 1, 1)


def test_a_return_visit_that_is_not_due_is_not_judged(spoken: Reading) -> None:
    patient = Rules(48, 5, 30, (), 1)
    (march,) = return_visits(spoken, EVER, patient) or ()
    # T2 has until April.
    assert (march.in_time, march.never, march.judged) == (2, 0, 2)


def test_remarks_of_dissatisfied_customers_come_first_and_nobody_says_when_they_were_answered(spoken: Reading) -> None:
    found = remarks(spoken, EVER, RULES, 10)
    assert [(r.ticket_id, r.text, r.is_unhappy) for r in found.first] == [
        ("T1", "too slow", True),
        ("T6", "call me", False),
    ]
    assert (found.n, found.due, found.unhappy, found.taken_up) == (2, 2, 1, 0)
    assert remarks(spoken, Filters(region=("north",)), RULES, 10).n == 1


def test_an_empty_warehouse_has_nothing_and_raises_nothing(nothing: Reading) -> None:
    assert states(nothing, EVER) is None
    assert cumulative_flow(nothing, EVER) is None
    assert cohorts(nothing, EVER) == ()
    assert groups(nothing, EVER, "region").groups == ()
    assert all(held(nothing, EVER, by) == () for by in HOLDERS)
    assert same_day(nothing, EVER) == ()
    assert queue(nothing, EVER, 5).calls == ()
    assert complaints(nothing, EVER, RULES) == ()
    assert return_visits(nothing, EVER, RULES) is None
    assert remarks(nothing, EVER, RULES, 5).n == 0
    assert findings(nothing, EVER, RULES) == ()


@pytest.mark.slow
def test_the_slow_region_of_the_demo_shows_beyond_chance(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = published_demo(tmp_path_factory, 20_000)
    slow = Truths.read(home).slow_region["region"]
    reading = Reader(Home(home)).current()
    assert reading is not None
    found = groups(reading, EVER, "region")
    slowest = found.slowest(30)
    assert slowest is not None
    assert slowest.value == slow
    assert found.p is not None
    assert found.p < 0.001
    assert max(found.groups, key=lambda g: g.median or 0).value == slow
    assert slow in findings(reading, EVER, RULES)[0].text.en
