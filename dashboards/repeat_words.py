"""What the page of repeat failures looks at, judged from its address, and words that several of its parts use."""

from __future__ import annotations

from typing import Any

from bilingual.text import Text
from dashboards.context import Context
from warehouse.entities import entities
from warehouse.failure_classes import CLASSES, best_known
from warehouse.metrics.wording import UNKNOWN
from warehouse.records import Selection
from warehouse.repeats import house_window, windows

PATH = "/repeats"
_FAULT = entities()["fault"].fields
LABELS: dict[str, Text] = {
    "component": _FAULT["component"].label,
    "failure_mode": _FAULT["failure_mode"].label,
    "cause": _FAULT["cause"].label,
    "customer_id": Text(en="Customer", zh="客户"),
    "model": Text(en="Model", zh="型号"),
}
# What the address calls a class of failures.
LOOKS = {"customer" if column == "customer_id" else column: column for column in CLASSES}
DAYS = Text(en="{n} days", zh="{n} 天")


def window_of(c: Context) -> int:
    """The window in days that the address asks for, or the default."""
    asked = c.query.argument("window")
    return int(asked) if asked in {str(w) for w in windows(c.reading)} else house_window(c.reading)


def look_of(c: Context) -> str:
    """By what failures are counted, in the address' word for it: as it asks, else by what is known of most."""
    asked = c.query.argument("look")
    if asked in LOOKS:
        return asked
    known = best_known(c.reading, c.filters)
    return next(look for look, column in LOOKS.items() if column == known)


def behind(column: str, value: str, **more: str) -> Selection:
    """The tickets of failures that have a value in a column (one that records can be asked for)."""
    asked: dict[str, Any] = {column: value, **more}
    return Selection(**asked)


def said(c: Context, value: str) -> str:
    """A value, or that nobody said."""
    return value or c.say(UNKNOWN)


def shortened(text: str, most: int = 15) -> str:
    """A text cut to so many characters, for the axis of a figure."""
    return text if len(text) <= most else text[: most - 1] + "…"
