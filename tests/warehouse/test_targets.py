"""Targets: which one holds for a selection, how much of a count's is due, and when it is met."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.measure import Value
from warehouse.reading import Reading
from warehouse.targets import Goal, days_of, goal, is_met, targets

SETTINGS = {"holidays": "", "as_of": "2024-10-31T00:00Z"}
TICKETS = """
ticket_id | region | product_line | opened_at
T1        | north  | Doors        | 2023-01-02 00:00
T2        | south  | Brakes       | 2024-10-30 00:00
"""
TARGETS = """
measure                | scope                          | period  | value
closure_rate           | all                            | 2023    | 0.90
closure_rate           |                                | 2024    | 0.92
closure_rate           | all                            | 2024-Q3 | 0.93
closure_rate           | all                            | 2024-08 | 0.94
closure_rate           | north                          | 2024    | 0.80
closure_rate           | region=north;product_line=Doors | 2024    | 0.70
opened                 | all                            | 2023    | 365
opened                 | all                            | 2024    | 732
opened                 | all                            | 2024-02 | 290
happiness              | all                            | 2024    | 1
closure_rate           | nowhere                        | 2024    | 1
closure_rate           | all                            | soon    | 1
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("targets"), SETTINGS, ticket=TICKETS, target=TARGETS)


def value_of(found: Goal | None) -> float | None:
    return found.value if found else None


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", (2024, 1, 1), (2024, 12, 31)),
        ("2024-Q1", (2024, 1, 1), (2024, 3, 31)),
        ("2024q4", (2024, 10, 1), (2024, 12, 31)),
        ("2024-02", (2024, 2, 1), (2024, 2, 29)),
        (" 2024/12 ", (2024, 12, 1), (2024, 12, 31)),
    ],
)
def test_a_period_is_a_year_a_quarter_or_a_month(
    period: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert days_of(period) == (dt.date(*first), dt.date(*last))


@pytest.mark.parametrize("period", ["", "soon", "2024-13", "2024-00", "2024-Q5", "24", "0000", "2024-02-03"])
def test_anything_else_is_no_period(period: str) -> None:
    assert days_of(period) is None


def test_targets_that_cannot_be_read_are_counted(reading: Reading) -> None:
    found, unread = targets(reading)
    assert (len(found), unread) == (9, 3)


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        # That of the last day: the month before the quarter, the quarter before the year.
        ((2023, 9, 1), (2024, 8, 31), 0.94),
        ((2024, 8, 1), (2024, 9, 30), 0.93),
        ((2024, 1, 1), (2024, 10, 31), 0.92),
        ((2022, 1, 1), (2023, 12, 31), 0.90),
        ((2022, 1, 1), (2022, 12, 31), None),
    ],
)
def test_a_rate_is_held_against_the_shortest_period_around_its_last_day(
    reading: Reading, start: tuple[int, int, int], end: tuple[int, int, int], wanted: float | None
) -> None:
    assert value_of(goal(reading, "closure_rate", Filters(dt.date(*start), dt.date(*end)))) == wanted


def test_a_place_has_its_own_target_and_the_narrower_goes_first(reading: Reading) -> None:
    def of(**places: tuple[str, ...]) -> float | None:
        return value_of(goal(reading, "closure_rate", Filters(dt.date(2024, 8, 1), dt.date(2024, 8, 31), **places)))

    assert of(region=("north",)) == 0.80
    assert of(region=("north",), product_line=("Doors",)) == 0.70
    # Two regions are no longer the north alone; the south has no target of its own.
    assert of(region=("north", "south")) == 0.94
    assert of(region=("south",), product_line=("Doors",)) == 0.94


def test_a_count_takes_each_days_part_of_the_target_that_holds_on_it(reading: Reading) -> None:
    whole = goal(reading, "opened", Filters(dt.date(2023, 1, 1), dt.date(2023, 12, 31)))
    assert (value_of(whole), whole and whole.is_part, whole and whole.period) == (365, False, "2023")
    # January 2024 at 732 ÷ 366 a day, February at 290 ÷ 29.
    part = goal(reading, "opened", Filters(dt.date(2024, 1, 1), dt.date(2024, 2, 29)))
    assert value_of(part) == pytest.approx(31 * 2 + 29 * 10)
    assert part is not None
    assert (part.is_part, part.period) == (True, "2024 + 2024-02")


def test_a_period_that_runs_beyond_the_records_is_held_against_the_pace_so_far(reading: Reading) -> None:
    running = goal(reading, "opened", Filters(dt.date(2024, 10, 1), dt.date(2024, 12, 31)))
    assert value_of(running) == pytest.approx(31 * 2)


def test_a_count_with_a_day_of_no_target_has_none(reading: Reading) -> None:
    assert goal(reading, "opened", Filters(dt.date(2022, 12, 31), dt.date(2023, 12, 31))) is None


def test_met_depends_on_which_direction_is_good() -> None:
    rate, time, opened = (measures()[name] for name in ("closure_rate", "time_to_resolve", "opened"))
    aim = Goal(0.9, (), False)
    assert is_met(rate, Value("closure_rate", 0.9, 10), aim) is True
    assert is_met(rate, Value("closure_rate", 0.89, 10), aim) is False
    assert is_met(time, Value("time_to_resolve", 0.5, 10), aim) is True
    assert is_met(opened, Value("opened", 5, 5), aim) is None
    assert is_met(rate, Value("closure_rate", None, 0), aim) is None
    assert is_met(rate, Value("closure_rate", 0.9, 10), None) is None


def test_without_records_or_targets_there_is_no_goal(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, target="measure | scope | period | value\nopened | all | 2024 | 5")
    assert goal(reading, "opened", Filters()) is None
    assert goal(reading, "closure_rate", Filters(dt.date(2024, 1, 1), dt.date(2024, 12, 31))) is None
