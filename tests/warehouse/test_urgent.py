"""Records that cannot wait: working hours until a call is due, counted by the calendar of its zone."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import warehouse

from warehouse.urgent import calls_waiting, critical_complaints, critical_failures, critical_reports

# Friday 5 April 2024, 17:00. The depot works on Saturdays, in another time zone (two hours ahead in summer).
SETTINGS = {
    "holidays": "",
    "as_of": "2024-04-05T17:00Z",
    "zones": {"urban": {}, "depot": {"working_week": {"fri": "08:00-20:00", "sat": "08:00-12:00"}, "time_zone": "Europe/Berlin"}},
    "response_target_hours": {"urban": 6.0, "depot": 6.0},
}  # fmt: skip
# X: due after 0.5 h of today and 5.5 h of Monday. Y: after 4.5 h of today (until 18:00 UTC) and 1.5 h of Saturday. Z was due
# on Thursday at 14:30.
TICKETS = """
ticket_id | zone  | opened_at
X         | urban | 2024-04-05 17:00
Y         | depot | 2024-04-05 13:30
Z         | urban | 2024-04-03 18:00
"""


def test_hours_left_are_those_that_the_zone_works(tmp_path: Path) -> None:
    found = {call.ticket_id: call for call in calls_waiting(warehouse(tmp_path, SETTINGS, ticket=TICKETS), 100.0)}
    assert list(found) == ["Y", "X", "Z"], "what can be kept first, the next to fall due before the others"
    assert found["X"].left == pytest.approx(0.5 + 5.5)
    # 4.5 h of Friday are gone from 13:30 to 18:00 UTC with 1 h of them left; 1.5 h of Saturday follow.
    assert found["Y"].left == pytest.approx(1.0 + 1.5)
    # Thursday 8:30 and 6 h are 14:30; the as-of instant is Friday 17:00.
    assert (found["Z"].left, found["Z"].late) == (None, pytest.approx(26.5))


def test_the_limit_counts_and_an_empty_warehouse_has_nothing(tmp_path: Path) -> None:
    reading = warehouse(tmp_path / "a", SETTINGS, ticket=TICKETS)
    assert [call.ticket_id for call in calls_waiting(reading, 2.49)] == ["Z"]
    assert [call.ticket_id for call in calls_waiting(reading, 2.5)] == ["Y", "Z"]
    assert (
        critical_failures(reading) == critical_complaints(reading) == critical_reports(reading, {"submitted"}, "") == ()
    )
