"""Corrective actions: what each is about, failures and exposure before and after, the verdict, what is overdue."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from analysis.effectiveness import Verdict, rate_ratio
from warehouse.actions import Effect, Rules, actions, course, due, effects
from warehouse.filters import Filters
from warehouse.reading import Reading

RULES = Rules(window=100, trigger=0, goal=0.5, zone="UTC")
SETTINGS = {"holidays": "", "as_of": "2024-07-19T00:00Z"}
UNITS = """
asset_id | model | product_line | installed_at
A | M1 | doors | 2023-12-01
B | M1 | doors | 2024-01-11
C | M2 | doors | 2023-12-01
D | X | lifts | 2023-12-01
"""


def rows_of(entity: str, days: list[tuple[str, str, str, str]]) -> str:
    """Tickets or faults: (day, asset, component, mode) each."""
    if entity == "ticket":
        lines = [f"T{i} | {asset} | {day} 08:00" for i, (day, asset, _, _) in enumerate(days)]
        return "ticket_id | asset_id | opened_at\n" + "\n".join(lines)
    lines = [f"F{i} | T{i} | {asset} | {c} | {m}" for i, (_, asset, c, m) in enumerate(days)]
    return "fault_id | ticket_id | asset_id | component | failure_mode\n" + "\n".join(lines)


def read(path: Path, action: str, days: list[tuple[str, str, str, str]], **more: str) -> Reading:
    # The first ticket lets the records begin on 1 January.
    known = [("2024-01-01", "D", "motor", "hot"), *days]
    return warehouse(
        path, SETTINGS, asset=UNITS, ticket=rows_of("ticket", known), fault=rows_of("fault", known), action=action, **more
    )  # fmt: skip


def one(reading: Reading, filters: Filters | None = None, rules: Rules = RULES) -> Effect:
    [effect] = effects(reading, filters or Filters(), rules).judged
    return effect


# Day 0 is 2024-04-10: 100 days before it begin on 1 January, 100 days after it end on 19 July.
OWN = "action_id | kind | component | product_line | implemented_at\nX1 | corrective | lock | doors | 2024-04-10"
STUCK = [
    (f"2024-0{m}-{d:02d}", "A", "lock", "stuck") for m, d in [(1, 20), (2, 2), (2, 20), (3, 3), (4, 9), (4, 10), (5, 5)]
]


def test_failures_and_unit_days_are_counted_on_both_sides_of_the_day(tmp_path: Path) -> None:
    effect = one(
        read(tmp_path, OWN, [*STUCK, ("2024-05-06", "A", "motor", "hot"), ("2024-05-07", "D", "lock", "stuck")])
    )
    # A and C the whole time, B from 11 January (day 10 of 100); D is of another line.
    assert (effect.before.failures, effect.before.exposure) == (5, 100 + 90 + 100)
    assert (effect.after.failures, effect.after.exposure) == (2, 300)
    assert (effect.before.first, effect.after.last) == (dt.date(2024, 1, 1), dt.date(2024, 7, 19))
    published = rate_ratio(5, 290, 2, 300)
    assert (effect.ratio, effect.low, effect.high) == (published.value, published.low, published.high)
    assert effect.verdict == Verdict.TOO_EARLY


def test_many_failures_give_a_verdict(tmp_path: Path) -> None:
    before = [(str(dt.date(2024, 1, 2) + dt.timedelta(days=i)), "A", "lock", "stuck") for i in range(90)]
    after = [(str(dt.date(2024, 4, 11) + dt.timedelta(days=4 * i)), "A", "lock", "stuck") for i in range(20)]
    assert one(read(tmp_path / "few", OWN, before + after)).verdict == Verdict.EFFECTIVE
    again = [(str(dt.date(2024, 4, 11) + dt.timedelta(days=i)), "C", "lock", "stuck") for i in range(90)]
    assert one(read(tmp_path / "many", OWN, before + again)).verdict == Verdict.NOT_EFFECTIVE


def test_an_action_is_about_what_its_report_says_and_the_report_what_its_failure_says(tmp_path: Path) -> None:
    about_report = "action_id | kind | report_id | implemented_at | model\nX1 | corrective | R | 2024-04-10 | M1"
    report = "report_id | component | failure_mode | asset_id\nR | lock | stuck | A"
    days = [*STUCK, ("2024-05-06", "C", "lock", "stuck"), ("2024-05-07", "A", "lock", "loose")]
    effect = one(read(tmp_path / "report", about_report, days, fracas_report=report))
    # The product line is that of the report's asset, the model the action's own.
    assert (effect.action.product_line, effect.action.component, effect.action.model) == ("doors", "lock", "M1")
    assert (effect.after.failures, effect.after.exposure) == (2, 200)
    by_fault = "report_id | fault_id\nR | F1"
    effect = one(read(tmp_path / "fault", about_report, days, fracas_report=by_fault))
    assert (effect.action.component, effect.action.failure_mode, effect.action.product_line) == ("lock", "stuck", "")
    # No line is said: the units are those of the lines in which it failed.
    assert effect.after.exposure == 200


def test_what_set_the_action_off_is_left_out(tmp_path: Path) -> None:
    action = "action_id | kind | report_id | implemented_at\nX1 | corrective | R | 2024-04-10"
    report = "report_id | component | product_line | submitted_at\nR | lock | doors | 2024-03-10"
    reading = read(tmp_path, action, STUCK, fracas_report=report)
    rules = Rules(100, 30, 0.5, "UTC")
    effect = one(reading, rules=rules)
    assert effect.trigger is not None
    assert (effect.trigger.first, effect.trigger.last) == (dt.date(2024, 2, 9), dt.date(2024, 3, 10))
    assert (effect.trigger.failures, effect.trigger.exposure) == (2, 90)
    assert (effect.before.failures, effect.before.exposure) == (3, 200)


def test_filters_choose_failures_and_units_and_the_end_of_the_period_is_the_end(tmp_path: Path) -> None:
    reading = read(tmp_path, OWN, STUCK)
    early = one(reading, Filters(end=dt.date(2024, 4, 19)))
    assert (early.after.failures, early.after.exposure) == (1, 30)
    assert early.before.failures == 5
    assert effects(reading, Filters(end=dt.date(2024, 4, 9)), RULES).judged == ()
    assert effects(reading, Filters(end=dt.date(2024, 4, 9)), RULES).waiting == 1
    assert effects(reading, Filters(product_line=("lifts",)), RULES).unclear == 1
    assert one(reading, Filters(priority=("high",))).before.failures == 0


def test_an_action_about_nothing_or_not_implemented_is_counted_apart(tmp_path: Path) -> None:
    action = "action_id | kind | component | implemented_at\nX1 | corrective | | 2024-04-10\nX2 | corrective | lock |\nX3 | containment | lock | 2024-04-01"
    found = effects(read(tmp_path, action, STUCK), Filters(), RULES)
    assert (found.judged, found.unclear, found.waiting) == ((), 1, 1)


def test_the_course_counts_by_month_what_the_sides_count(tmp_path: Path) -> None:
    reading = read(tmp_path, OWN, STUCK)
    found = course(reading, Filters(), RULES, "X1")
    assert found is not None
    assert found.months == tuple(dt.date(2024, m, 1) for m in range(1, 8))
    assert found.count == (1, 2, 1, 2, 1, 0, 0)
    # July is watched up to its 18th; B came on 11 January.
    days = [31 + 31 + 21, *(3 * d for d in (29, 31, 30, 31, 30, 19))]
    assert found.exposure == pytest.approx([d / 30.4375 for d in days])
    assert course(reading, Filters(), RULES, "X2") is None


def test_without_units_the_days_of_watching_count(tmp_path: Path) -> None:
    known = [("2024-01-01", "", "motor", "hot"), *((day, "", c, m) for day, _, c, m in STUCK)]
    reading = warehouse(
        tmp_path, SETTINGS, ticket=rows_of("ticket", known), fault=rows_of("fault", known),
        action="action_id | component | implemented_at\nX1 | lock | 2024-04-10",
    )  # fmt: skip
    found = effects(reading, Filters(), RULES)
    assert not found.per_unit
    assert (found.judged[0].before.failures, found.judged[0].before.exposure) == (5, 100)


def test_overdue_and_in_time(tmp_path: Path) -> None:
    action = """
    action_id | kind | original_due_on | due_on | implemented_at
    A1 | corrective | 2024-05-01 | 2024-05-01 | 2024-05-01
    A2 | corrective | 2024-05-01 | 2024-06-01 | 2024-05-20
    A3 | preventive | 2024-05-01 | 2024-07-01 |
    A4 | containment | 2024-07-01 | 2024-07-19 |
    A5 | corrective | | |
    """
    reading = read(tmp_path, action, STUCK)
    assert len(actions(reading, "UTC")) == 5
    found = due(reading, Filters(), "UTC")
    # A3 was due on 1 July; A4 is due on the last day itself, which is not late yet; A5 has no due date.
    assert (found.overdue.value, found.overdue.n, found.open) == (0.5, 2, 3)
    assert [(a.action_id, days) for a, days in found.late] == [("A3", 18)]
    # A2's due date was moved: it was not in time by the original one.
    assert (found.on_time.value, found.on_time.n) == (0.5, 2)
    later = due(reading, Filters(start=dt.date(2024, 6, 1)), "UTC")
    assert later.on_time.value is None
    assert later.on_time.reason is not None
    assert due(reading, Filters(end=dt.date(2024, 5, 10)), "UTC").overdue.n == 3


def test_a_warehouse_without_actions_has_none(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, asset=UNITS)
    found = effects(reading, Filters(), RULES)
    assert (found.judged, found.unclear, found.waiting) == ((), 0, 0)
    assert due(reading, Filters(), "UTC").overdue.value is None
