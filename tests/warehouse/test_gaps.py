"""Gaps of the records: how long a source usually is silent, its ends, who took over from whom; holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from math import log
from pathlib import Path

import numpy as np
from factories import installation, warehouse

from warehouse.gaps import Gap, Holiday, gaps, holidays, longest_silence, of_failures, silent, undelivered
from warehouse.reading import Reading

# A Monday; 2024-07-01 to 2024-12-27 are 26 weeks of five working days.
BEGIN = dt.date(2024, 7, 1)
SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}


def working_days(n: int, begin: dt.date = BEGIN) -> list[dt.date]:
    return [day for i in range(n * 2) if (day := begin + dt.timedelta(days=i)).weekday() < 5][:n]


def tickets(days: Iterable[dt.date], prefix: str = "T") -> list[dict[str, str | None]]:
    return [{"ticket_id": f"{prefix}{i}", "opened_at": f"{day} 08:00"} for i, day in enumerate(days)]


def without(n: int) -> list[dt.date]:
    """Sixty working days, after the thirtieth of which `n` are missing."""
    days = working_days(60 + n)
    return days[:30] + days[30 + n :]


def found(path: Path, days: Iterable[dt.date], first: dt.date = BEGIN, last: dt.date | None = None) -> list[Gap]:
    given = list(days)
    return list(gaps(warehouse(path, SETTINGS, ticket=tickets(given)), "ticket", first, last or given[-1]))


def test_a_source_that_is_never_silent_may_be_so_for_less_than_a_working_week(tmp_path: Path) -> None:
    assert found(tmp_path / "4", without(4)) == []
    # Five working days are missing: Monday to Friday of the seventh week, and with them the weekends around.
    assert working_days(31)[30] == dt.date(2024, 8, 12)
    assert found(tmp_path / "5", without(5)) == [Gap("s", dt.date(2024, 8, 10), dt.date(2024, 8, 18))]


def test_the_more_often_a_source_is_silent_the_longer_it_may_be() -> None:
    # A row every second working day: 50 silences of one day each, half of all days. 50·½ᵏ ≤ 0.01 from k = 12.3 on.
    assert 12 < log(50 / 0.01) / log(2) < 13
    assert longest_silence(np.ones(50, dtype=np.int64), 50) == 13
    # A silence of a year among them is no usual one: it is left out of the share of silent days, though counted as one of 51.
    assert longest_silence(np.array([*[1] * 50, 260]), 50) == 13
    # Never silent: a working week.
    assert longest_silence(np.zeros(50, dtype=np.int64), 51) == 5


def test_holidays_are_no_silence(tmp_path: Path) -> None:
    missing = working_days(35)[30:35]
    own = [{"day": day.isoformat(), "name": "Works holiday"} for day in missing]
    reading = warehouse(tmp_path, {**SETTINGS, "extra_days": own}, ticket=tickets(without(5)))
    assert gaps(reading, "ticket", BEGIN, dt.date(2024, 9, 30)) == ()
    assert holidays(reading, BEGIN, dt.date(2024, 12, 31)) == (Holiday("Works holiday", missing[0], missing[-1]),)
    assert holidays(reading, missing[1], missing[2]) == (Holiday("Works holiday", missing[1], missing[2]),)


def test_before_the_first_record_and_after_the_last_nothing_was_delivered(tmp_path: Path) -> None:
    days = working_days(60)
    assert found(tmp_path, days, dt.date(2024, 5, 1), dt.date(2024, 12, 31)) == [
        Gap("s", dt.date(2024, 5, 1), dt.date(2024, 6, 30)),
        Gap("s", days[-1] + dt.timedelta(days=1), dt.date(2024, 12, 31)),
    ]


def test_ends_shorter_than_a_usual_silence_are_none(tmp_path: Path) -> None:
    days = working_days(60)
    # The Monday to Thursday before the first record, and the weekend; the same after the last.
    assert found(tmp_path, days, dt.date(2024, 6, 25), days[-1] + dt.timedelta(days=6)) == []


def test_a_gap_is_cut_to_the_days_asked_for(tmp_path: Path) -> None:
    assert found(tmp_path, without(10), dt.date(2024, 8, 15), dt.date(2024, 8, 20)) == [
        Gap("s", dt.date(2024, 8, 15), dt.date(2024, 8, 20))
    ]


def test_a_month_is_silent_where_the_silence_covers_all_of_it(tmp_path: Path) -> None:
    # To 23 August and again from 14 October: September as a whole, August and October in part.
    days = [day for day in working_days(120) if not dt.date(2024, 8, 24) <= day <= dt.date(2024, 10, 13)]
    reading = warehouse(tmp_path, SETTINGS, ticket=tickets(days))
    months = [dt.date(2024, month, 1) for month in (7, 8, 9, 10, 11)]
    assert silent(reading, "ticket", months) == (False, False, True, False, False)
    assert silent(reading, "ticket", []) == ()


def test_a_silent_month_of_which_another_source_delivers_is_watched(tmp_path: Path) -> None:
    all_days = working_days(130)
    days = [day for day in all_days if not dt.date(2024, 8, 24) <= day <= dt.date(2024, 11, 13)]
    months = [dt.date(2024, month, 1) for month in (8, 9, 10, 11)]
    alone = warehouse(tmp_path / "alone", SETTINGS, ticket=tickets(days))
    assert undelivered(alone, "ticket", months).tolist() == [False, True, True, False]
    both = two_sources(tmp_path / "both", days, [day for day in all_days if day.month in (7, 9, 11, 12)])
    assert silent(both, "ticket", months) == (True, True, True, False)
    assert undelivered(both, "ticket", months).tolist() == [False, False, True, False]
    assert undelivered(both, "complaint", months).tolist() == [False] * 4


def test_of_a_few_days_nobody_can_say_what_is_usual(tmp_path: Path) -> None:
    days = working_days(19)
    assert found(tmp_path, days, dt.date(2024, 1, 1), dt.date(2024, 12, 31)) == []


def two_sources(path: Path, first: list[dt.date], second: list[dt.date]) -> Reading:
    made = installation(path, {"ticket": tickets(first)}, settings=SETTINGS)
    fields = {"ticket_id": "ticket_id", "opened_at": "opened_at"}
    made.maps("t", {"ticket": {"from": "ticket", "fields": fields}}, time_zone="UTC")
    made.lands("t", "ticket", tickets(second, "U"))
    return made.read()


def test_a_source_that_took_over_leaves_no_gap_and_one_that_joined_does(tmp_path: Path) -> None:
    days = working_days(120)
    after = two_sources(tmp_path / "after", days[:60], days[62:])
    assert gaps(after, "ticket", days[0], days[-1]) == ()
    beside = two_sources(tmp_path / "beside", days, days[60:])
    assert gaps(beside, "ticket", days[0], days[-1]) == (Gap("t", days[0], days[60] - dt.timedelta(days=1)),)


def test_failures_are_those_of_faults_or_of_tickets_where_nobody_delivers_faults(tmp_path: Path) -> None:
    assert of_failures(warehouse(tmp_path / "a", SETTINGS, ticket=tickets(working_days(2)))) == "ticket"
    fault = [{"fault_id": "F", "ticket_id": "T0", "occurred_at": "2024-07-01 08:00"}]
    made = warehouse(tmp_path / "b", SETTINGS, ticket=tickets(working_days(2)), fault=fault)
    assert of_failures(made) == "fault"
    # Nobody delivers complaints, and an entity without instants has no days.
    assert gaps(made, "complaint", BEGIN, dt.date(2024, 12, 31)) == gaps(made, "part", BEGIN, BEGIN) == ()
