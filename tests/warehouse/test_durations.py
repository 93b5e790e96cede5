"""The hours held in memory are the hours of the mart to the last bit, whether instants are whole seconds or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.metrics.durations import by_place, durations, whole


@pytest.mark.parametrize("closed", ["2024-03-04 08:00:07", "2024-03-04 08:00:07.25"])
def test_hours_are_those_of_the_mart(tmp_path: Path, closed: str) -> None:
    tickets = f"""ticket_id | opened_at | closed_at | priority
    T1 | 2024-03-01 07:59:58 | {closed} | high
    T2 | 2024-03-02 08:00:00 | | low"""
    reading = warehouse(tmp_path, {"holidays": "", "as_of": "2024-03-10T00:00:01Z", "time_zone": "UTC"}, ticket=tickets)
    expected = [row[0] for row in reading.rows("SELECT hours_open FROM marts.ticket ORDER BY opened_on")]
    [(hours, ended)] = whole(reading, Filters())
    assert hours.tolist() == expected
    assert ended.tolist() == [True, False]
    assert (durations(reading).per_hour == 1) == (".25" in closed)
    [(low, _)] = by_place(reading, Filters(), "priority", ["low"])
    assert low.tolist() == expected[1:]
