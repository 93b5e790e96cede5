"""What the page of due replacements looks at, judged from its address, and words that several of its parts use."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from warehouse.consumables import WINDOWS, Due, Window, due
from warehouse.filters import Filters

PATH = "/consumables"
WINDOW_NAMES: dict[Window, Text] = {
    "": Text(en="overdue and within a month", zh="已逾期及一个月内"),
    "overdue": Text(en="overdue", zh="已逾期"),
    "week": Text(en="to contact within 7 days", zh="7 天内联系"),
    "month": Text(en="to contact within 30 days", zh="30 天内联系"),
}
MAINTENANCE = Text(en="Planned maintenance", zh="计划保养")
ALL = Text(en="parts and maintenance", zh="备件与保养")
PARTS = Text(en="all parts", zh="全部备件")


def notice_of(c: Context) -> int:
    """How many days before it falls due a customer is contacted."""
    return c.home.settings.consumable_contact_days


def window_of(c: Context) -> Window:
    """Which window of the list the address asks for."""
    asked = c.query.argument("window")
    return next((w for w in WINDOWS if w == asked), "")


def look_of(c: Context) -> str:
    """What the list is of: '' everything, `parts`, `maintenance`, or the number of a part that is on it."""
    asked, found = c.query.argument("look") or "", due(c.reading, Filters())
    return asked if asked in ("parts", "maintenance") or asked in found.watched else ""


def listed(c: Context) -> Due:
    """What the list shows."""
    return due(c.reading, c.filters).of(look_of(c)).within(window_of(c), notice_of(c))


def here(c: Context, **choices: str) -> str:
    """The address of this page with some choices made anew; an empty one is taken away."""
    kept = {name: value for name, value in {**c.query.choices, **choices}.items() if value}
    return link(PATH, c.filters, None, **kept)
