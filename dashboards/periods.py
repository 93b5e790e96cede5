"""Periods that are one click away, all counted back from the day until which the records tell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bilingual.text import Text
from dashboards.address import default_period


@dataclass(frozen=True)
class Preset:
    """A named period: its first and last day, or None and None for everything."""

    name: str
    label: Text
    start: dt.date | None
    end: dt.date | None


def presets(last_day: dt.date) -> tuple[Preset, ...]:
    """The presets as of a day."""
    return (
        Preset("30d", Text(en="30 days", zh="近 30 天"), last_day - dt.timedelta(days=29), last_day),
        Preset("90d", Text(en="90 days", zh="近 90 天"), last_day - dt.timedelta(days=89), last_day),
        Preset("12m", Text(en="12 months", zh="近 12 个月"), *default_period(last_day)),
        Preset("year", Text(en="This year", zh="今年"), last_day.replace(month=1, day=1), last_day),
        Preset("all", Text(en="All", zh="全部"), None, None),
    )
