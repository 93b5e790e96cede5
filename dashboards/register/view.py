"""What an address of the register is, and what it is given to answer with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from bilingual.clock import spoken
from bilingual.text import Language, Text
from dashboards.ask import Desk
from dashboards.house import House
from dashboards.register.alike import Alike, similar_to
from dashboards.register.codes import choices
from fracas import looking
from fracas.model import now
from fracas.people import Actor
from fracas.register import Register

# Of what is sent to an address that takes no files.
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class View:
    """One address. permission: what the door asks of who comes; answer: given the visit and what the rule names.

    most_bytes: of what is sent to it, by the house's settings. `group` puts it into the navigation, under `title`, in the order of `order`.
    """

    name: str
    rule: str
    permission: str
    answer: Callable[..., Any]
    methods: tuple[str, ...] = ("GET",)
    title: Text | None = None
    group: Text | None = None
    order: int = 0
    most_bytes: Callable[[House], int] = lambda house: MOST_BYTES


@dataclass(frozen=True)
class Visit:
    """One request of somebody to the register."""

    house: House
    desk: Desk
    actor: Actor
    language: Language
    path: str
    _lists: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @cached_property
    def register(self) -> Register:
        return self.house.register

    def say(self, text: Text) -> str:
        """The text in the reader's language."""
        return text[self.language]

    def may(self, permission: str) -> bool:
        """Whether the visitor has a permission of fracas.permissions."""
        return self.actor.may(permission)

    @cached_property
    def _names(self) -> dict[str, str]:
        return self.house.staff.names()

    @property
    def people(self) -> dict[str, str]:
        """The name of everybody by their id, those who have left too."""
        return self._names

    def person(self, person_id: str | None) -> str:
        """The name of a person; an empty text for none."""
        return self._names.get(person_id or "", "")

    def number_of(self, report_id: str) -> str:
        """The number of a report; an empty text where it has none, or is not theirs to see."""
        return looking.number_of(self.register, self.actor, report_id)

    def id_of(self, number: str) -> str:
        """The id of a report that somebody names by number or id. NotThereError where they see no such."""
        return looking.find(self.register, self.actor, number.strip()).id

    def coded(self, codes: str, value: str) -> str:
        """A code in words; itself where the list has no such code."""
        return dict(self.choices(codes)).get(value, value)

    def choices(self, codes: str) -> list[tuple[str, str]]:
        """The codes of a list that hold today, each with its words in the reader's language."""
        if codes not in self._lists:
            self._lists[codes] = choices(self.house, codes, self.language)
        return self._lists[codes]

    def similar(self, text: str, report_id: str | None) -> list[Alike]:
        """Reports and known solutions that sound like a text, but for the report itself."""
        return similar_to(self.house, self.actor, self.language, text, report_id)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.house.home.settings.time_zone)

    def local(self, instant: dt.datetime | None) -> str:
        """An instant (UTC, naive) as the installation's local time; an empty text for none."""
        if instant is None:
            return ""
        return spoken(instant, self.house.home.settings.time_zone)

    def instant(self, local: str) -> dt.datetime | None:
        """What a field for a local time holds (`2026-03-01T08:30`), as an instant (UTC, naive); None for none.

        Raises ValueError for what is no time.
        """
        if not local.strip():
            return None
        at = dt.datetime.fromisoformat(local.strip())
        return at.replace(tzinfo=at.tzinfo or self.zone).astimezone(dt.UTC).replace(tzinfo=None)

    def now(self) -> str:
        """This instant as the installation's local time."""
        return self.local(now())

    def local_input(self, instant: dt.datetime | str | None) -> str:
        """An instant as a field for a local time holds it; what somebody wrote there and could not be read, as it is."""
        if isinstance(instant, str):
            return instant
        return self.local(instant).replace(" ", "T")

    def back(self, otherwise: str, said: Text | None = None) -> Answer:
        """To where a form said that it came from (an address of ours), with a word on what was done."""
        if said is not None:
            flash(said[self.language])
        return redirect(inside(request.form.get("back", "")) or otherwise)

    def page(self, template: str, title: Text | str, status: int = 200, **values: Any) -> Response:
        """A page of the register: a template of this package within the frame of the application."""
        words = title[self.language] if isinstance(title, Text) else title
        return make_response(render_template(template, v=self, title=words, **values), status)


def inside(address: str) -> str:
    """An address of this application; an empty text for one that leads elsewhere."""
    leads_out = not address.startswith("/") or address.startswith(("//", "/\\"))
    return "" if leads_out or any(c in address for c in "\r\n") else address
