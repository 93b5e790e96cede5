"""The organisation's time: three years of local seconds, and the arithmetic of its working hours.

Instants are float64 seconds since START in local time (Asia/Shanghai keeps one offset, so nothing jumps); NaN is none.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

START = datetime(2023, 11, 1)
END = datetime(2026, 11, 1)
DAY = 86_400.0
HOUR = 3_600.0
DAYS = (END - START).days
HORIZON = DAYS * DAY

_OPENS, _CLOSES = 8.5, 17.5
_SHIFT = (_CLOSES - _OPENS) * HOUR
_MARGIN = 400  # days after END that appointments may fall on; whatever is later than END is not recorded anyway

# First and last day of the long public holidays, when only emergencies are served.
_HOLIDAYS = (
    ("2024-01-01", "2024-01-01"), ("2024-02-10", "2024-02-17"), ("2024-04-04", "2024-04-06"), ("2024-05-01", "2024-05-05"),
    ("2024-10-01", "2024-10-07"), ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"),
    ("2025-05-01", "2025-05-05"), ("2025-10-01", "2025-10-08"), ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"),
    ("2026-05-01", "2026-05-05"), ("2026-10-01", "2026-10-07"),
)  # fmt: skip


def _working_days() -> Bools:
    days = np.array([START.date() + timedelta(days=i) for i in range(DAYS + _MARGIN)], dtype="datetime64[D]")
    works = np.is_busday(days)
    for first, last in _HOLIDAYS:
        works &= ~((days >= np.datetime64(first)) & (days <= np.datetime64(last)))
    return np.asarray(works, dtype=np.bool_)


WORKS = _working_days()
_WORKDAYS = np.flatnonzero(WORKS)
_BEFORE = np.concatenate([[0], np.cumsum(WORKS)])  # working days before day i


def is_open(at: Floats) -> Bools:
    """Whether the service desk works at these instants (seconds, none missing)."""
    day = (at // DAY).astype(np.int64)
    hour = (at % DAY) / HOUR
    return np.asarray(WORKS[day] & (hour >= _OPENS) & (hour < _CLOSES), dtype=np.bool_)


def add_working(at: Floats, seconds: Floats) -> Floats:
    """The instants `seconds` of working time after `at`; NaN stays NaN."""
    missing = np.isnan(at)
    safe = np.clip(np.where(missing, 0.0, at), 0.0, (DAYS + _MARGIN - 90) * DAY)
    day = (safe // DAY).astype(np.int64)
    today = np.clip(safe % DAY - _OPENS * HOUR, 0.0, _SHIFT) * WORKS[day]
    worked = _BEFORE[day] * _SHIFT + today + np.where(missing, 0.0, seconds)
    index = np.minimum((worked // _SHIFT).astype(np.int64), len(_WORKDAYS) - 1)
    then = _WORKDAYS[index] * DAY + _OPENS * HOUR + worked % _SHIFT
    return np.where(missing, np.nan, then)


def instants(at: Floats) -> pl.Series:
    """Local datetimes (whole seconds, null for NaN) of seconds since START."""
    epoch = np.datetime64(START, "s")
    whole = np.where(np.isnan(at), 0, np.floor(at)).astype("int64").astype("timedelta64[s]")
    stamps = (epoch + whole).astype("datetime64[ms]")
    stamps[np.isnan(at)] = np.datetime64("NaT")
    return pl.Series(stamps)


def days_of(at: Floats) -> pl.Series:
    """Local dates (null for NaN) of seconds since START."""
    return instants(at).dt.date()


def seconds(day: date) -> float:
    """Seconds since START of the first instant of a day."""
    return (datetime(day.year, day.month, day.day) - START).total_seconds()
