"""What every part of a page is given: the snapshot, the address it was asked for, and the language of who asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bilingual.text import Language, Text
from dashboards.address import Known, Query
from dashboards.comparison import AGAINST, NAMES, NOT_ON_RECORD
from dashboards.viewer import PLATFORM, Viewer
from fracas.register import Register
from warehouse import records
from warehouse.comparison import compared_with
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.metrics.evaluate import first_day
from warehouse.metrics.flows import Grain
from warehouse.metrics.wording import UNKNOWN
from warehouse.reading import Reading
from warehouse.settings import Home

_TICKET = entities()["ticket"].fields


def known(reading: Reading) -> Known:
    """What an address may name in this snapshot."""
    places = {name: frozenset(value for value, _ in values) for name, values in records.places(reading).items()}
    return Known(reading.as_of_on, places)


@dataclass(frozen=True)
class Context:
    """One question to one snapshot, with the words to answer it in."""

    home: Home
    reading: Reading
    query: Query
    language: Language
    viewer: Viewer = PLATFORM
    register: Register | None = None

    def say(self, text: Text) -> str:
        """The text in the reader's language."""
        return text[self.language]

    @property
    def filters(self) -> Filters:
        return self.query.filters

    @property
    def time_zone(self) -> str:
        return self.home.settings.time_zone

    @cached_property
    def last_day(self) -> dt.date:
        return self.reading.as_of_on

    @cached_property
    def before(self) -> Filters | None:
        """The same selection over the period that the address compares with; None for none, and where nothing is on record."""
        return compared_with(self.reading, self.filters, self.last_day, self.query.compare)

    @property
    def compared(self) -> Text:
        """What the address compares with."""
        return NAMES[self.query.compare]

    @property
    def against(self) -> Text:
        """What stands after a change: against which period, with a place for its `value`."""
        return AGAINST[self.query.compare]

    @property
    def not_on_record(self) -> Text:
        """What stands in place of a change where there is no period to compare with; nothing where none was asked for."""
        return NOT_ON_RECORD[self.query.compare]

    @cached_property
    def grain(self) -> Grain:
        """Days for up to nine weeks, weeks for up to half a year, else months."""
        start = self.filters.start or first_day(self.reading) or self.last_day
        days = ((self.filters.end or self.last_day) - start).days
        return "day" if days <= 62 else "week" if days <= 183 else "month"

    def local(self, instant: dt.datetime) -> str:
        """An instant (UTC, naive) as the installation's local time."""
        return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(self.time_zone)).strftime("%Y-%m-%d %H:%M")

    def coded(self, codes: str | None, value: str) -> str:
        """A value in words: '' is unknown, a code its label, anything else itself."""
        if value == "":
            return self.say(UNKNOWN)
        labels = records.code_labels(self.reading).get(codes or "", {}).get(value)
        return self.say(Text(*labels)) if labels else value

    def place(self, name: str, value: str) -> str:
        """A value of a place filter in words."""
        if name == "customer":
            return records.customer_names(self.reading, (value,))[value] or self.say(UNKNOWN)
        return self.coded(_TICKET[name].codes, value)

    def shown(self, entity: str, name: str, value: Any) -> str:
        """A field's value as people read it; an empty text for none."""
        field = entities()[entity].fields.get(name)
        if value is None:
            return ""
        if isinstance(value, dt.datetime):
            return self.local(value)
        if isinstance(value, bool):
            return self.say(Text(en="yes", zh="是") if value else Text(en="no", zh="否"))
        if isinstance(value, float):
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        return self.coded(field.codes, str(value)) if field and field.codes else str(value)
