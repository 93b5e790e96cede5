"""Words that several kinds of rules use: where something is, and when."""

from __future__ import annotations

import datetime as dt

from bilingual.clock import spoken
from bilingual.text import Text
from warehouse.failure_months import product_lines
from warehouse.reading import Reading
from warehouse.service_findings import named
from warehouse.settings import Settings

_IN = Text(en=" in {place}", zh="（{place}）")
_NOWHERE = Text(en="", zh="")


def place_of(reading: Reading, region: str, product_line: str = "") -> Text:
    """Where: the region and the product line that are known, else nothing."""
    known = [named(reading, by, value) for by, value in (("region", region), ("product_line", product_line)) if value]
    if not known:
        return _NOWHERE
    return _IN.format(place=Text(en=", ".join(t.en for t in known), zh="，".join(t.zh for t in known)))


def local(settings: Settings, at: dt.datetime) -> str:
    """An instant (UTC, naive) by the house's clock."""
    return spoken(at, settings.time_zone)


def local_day(settings: Settings, at: dt.datetime) -> str:
    """The day of an instant by the house's clock."""
    return local(settings, at)[:10]


def line_of(reading: Reading, item: str) -> str:
    """The product line in which an item fails, where it is one only; else nothing."""
    known = product_lines(reading).get(item, ())
    return known[0] if len(known) == 1 else ""
