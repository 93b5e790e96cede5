"""Instants as people read them: by the clock of their house."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def at_home(instant: dt.datetime, zone: str) -> dt.datetime:
    """An instant (UTC, naive) by the clock of a zone."""
    return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone))


def spoken(instant: dt.datetime, zone: str) -> str:
    """An instant (UTC, naive) by the clock of a zone, to the minute."""
    return at_home(instant, zone).strftime("%Y-%m-%d %H:%M")
