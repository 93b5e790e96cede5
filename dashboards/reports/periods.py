"""The weeks and months that reports are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from bilingual.text import Text

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """A kind of period. of: the first and last day of the one in which a day lies; back: the first day of the one that lies
    so many before; label: what the one with that first day is called; courses: how many of them a course over time shows, this one the last."""

    of: Callable[[dt.date], tuple[dt.date, dt.date]]
    back: Callable[[dt.date, int], dt.date]
    label: Callable[[dt.date], Text]
    courses: int
    course_label: Text

    def last_whole(self, day: dt.date) -> tuple[dt.date, dt.date]:
        """The last one that is over before a day."""
        return self.of(self.of(day)[0] - _DAY)


def _week(day: dt.date) -> tuple[dt.date, dt.date]:
    monday = day - dt.timedelta(days=day.weekday())
    return monday, monday + dt.timedelta(days=6)


def _week_label(first: dt.date) -> Text:
    year, week, _ = first.isocalendar()
    return Text(en=f"week {week} of {year}", zh=f"{year} 年第 {week} 周")


def _months_back(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, 1)


def _month(day: dt.date) -> tuple[dt.date, dt.date]:
    return day.replace(day=1), _months_back(day, -1) - _DAY


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def _month_label(first: dt.date) -> Text:
    return Text(en=f"{_MONTHS[first.month - 1]} {first.year}", zh=f"{first.year} 年 {first.month} 月")


WEEK = Rule(
    _week,
    lambda day, n: _week(day)[0] - dt.timedelta(weeks=n),
    _week_label,
    26,
    Text(en="26 weeks to {last}", zh="截至 {last} 的 26 周"),
)
# Thirteen, so that the same month of the year before is among them.
MONTH = Rule(_month, _months_back, _month_label, 13, Text(en="13 months to {last}", zh="截至 {last} 的 13 个月"))
