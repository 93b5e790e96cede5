"""The failed items that are on their way through the workshop."""

from __future__ import annotations

from flask import Response

from bilingual.text import Text
from dashboards.register.view import View, Visit
from dashboards.register.views.lists import GROUP
from fracas import returned
from fracas.returned import STEPS, next_step

_TITLE = Text(en="Returned parts", zh="返修件")


def _away(v: Visit) -> Response:
    return v.page(
        "returned.html", _TITLE, away=returned.away(v.register, v.actor), repair_steps=STEPS, next_repair_step=next_step
    )


VIEWS = (View("returned", "/returned", "report.read", _away, title=_TITLE, group=GROUP, order=36),)
