"""From a request to a context: which language, which snapshot, which address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Request

from bilingual.text import Language, as_language
from dashboards.address import parse
from dashboards.context import Context, known
from dashboards.viewer import viewer
from fracas.register import Register
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

COOKIE = "faultloop_lang"


@dataclass(frozen=True)
class Desk:
    """One installation, open for questions."""

    home: Home
    reader: Reader
    register: Register | None = None

    def reading(self) -> Reading | None:
        """The current snapshot, with nothing in it but what who asks may see; None before the first was published."""
        return self.reader.current(viewer().extent)

    def context(self, search: str | None, language: Language) -> Context | None:
        """The context of an address in the current snapshot; None before the first was published."""
        reading, who = self.reading(), viewer()
        if reading is None:
            return None
        return Context(self.home, reading, parse(search, known(reading)), language, who, self.register)

    def language(self, request: Request) -> Language:
        """The language asked for in the address, else the visitor's choice before, else the installation's."""
        settings = self.home.settings.language
        asked = request.args.get("lang"), request.cookies.get(COOKIE), settings
        return next((found for text in asked if (found := as_language(text))), "zh")
