"""What the page of fault closure looks at, from its address: a section, and within it groups or holders."""

from __future__ import annotations

from typing import Literal, get_args

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.rail import label_of
from dashboards.context import Context
from warehouse.closure_groups import PLACES
from warehouse.closure_owners import HOLDERS, Holder
from warehouse.entities import entities
from warehouse.records import places

PATH = "/closure"
Section = Literal["flow", "time", "open", "rules"]
SECTIONS: tuple[Section, ...] = get_args(Section)
SECTION_NAMES: dict[str, Text] = {
    "flow": Text(en="How work flows", zh="流转情况"),
    "time": Text(en="How long it takes", zh="关闭用时"),
    "open": Text(en="What is open now", zh="当前未关闭"),
    "rules": Text(en="Complaints and return visits", zh="投诉与回访"),
}
_TEAM = Text(en="Team", zh="班组")
_TECHNICIAN = Text(en="Technician", zh="技术员")
_ZONE = entities()["ticket"].fields["zone"].label


def section(c: Context) -> Section:
    """The section that the address asks for, else the first."""
    asked = c.query.argument("look")
    return next((s for s in SECTIONS if s == asked), SECTIONS[0])


def grouped_by(c: Context) -> str:
    """The place by which curves are told apart: that of the address, else the first that has more than one value."""
    asked, known = c.query.argument("window"), places(c.reading)
    if asked in PLACES:
        return asked
    return next((p for p in PLACES if len(known.get(p, [])) > 1), PLACES[0])


def held_by(c: Context) -> Holder:
    """By what the open tickets are told apart."""
    asked = c.query.argument("window")
    return next((h for h in HOLDERS if h == asked), HOLDERS[0])


def here(c: Context, look: Section, **more: str) -> str:
    """The page looking at a section."""
    return link(PATH, c.filters, None, look=look, **more)


def called(by: str) -> Text:
    """What a way of telling apart is called."""
    return {"team": _TEAM, "technician": _TECHNICIAN, "zone": _ZONE}.get(by) or label_of(by)


def place(c: Context, by: str, value: str) -> str:
    """A value of a place in words."""
    return c.coded("zone", value) if by == "zone" else c.place(by, value)
