"""The weeks and months that reports are about."""

from __future__ import annotations

import datetime as dt

import pytest

from dashboards.reports.periods import MONTH, WEEK


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("rule", "at", "first", "last"),
    [
        (WEEK, "2026-11-09", "2026-11-02", "2026-11-08"),  # a Monday: the week that ended the day before
        (WEEK, "2026-11-08", "2026-10-26", "2026-11-01"),  # a Sunday: that week is not over
        (WEEK, "2027-01-01", "2026-12-21", "2026-12-27"),
        (MONTH, "2026-11-01", "2026-10-01", "2026-10-31"),
        (MONTH, "2026-10-31", "2026-09-01", "2026-09-30"),
        (MONTH, "2024-03-08", "2024-02-01", "2024-02-29"),
        (MONTH, "2026-01-03", "2025-12-01", "2025-12-31"),
    ],
)
def test_the_last_whole_one_is_over_before_the_day(rule: object, at: str, first: str, last: str) -> None:
    assert isinstance(rule, type(WEEK))
    assert rule.last_whole(day(at)) == (day(first), day(last))


def test_a_period_is_the_one_in_which_a_day_lies() -> None:
    assert WEEK.of(day("2026-12-31")) == (day("2026-12-28"), day("2027-01-03"))
    assert MONTH.of(day("2026-12-31")) == (day("2026-12-01"), day("2026-12-31"))


def test_a_course_of_months_begins_with_the_same_month_of_the_year_before() -> None:
    assert MONTH.back(day("2026-09-01"), MONTH.courses - 1) == day("2025-09-01")
    assert WEEK.back(day("2026-10-19"), 1) == day("2026-10-12")


def test_a_week_around_new_year_has_the_number_of_its_own_year() -> None:
    assert WEEK.label(day("2024-12-30")).en == "week 1 of 2025"
    assert MONTH.label(day("2024-12-01")).zh == "2024 年 12 月"
