"""The quarantine, row by row: each with its reason, its value and its line in the source; to be corrected."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.quality_quarantine import PATH, browser
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.extent_words import of_the_house
from dashboards.page import Component, Page
from dashboards.plain import html

TITLE = Text(en="Quarantine", zh="隔离区")


def _layout(c: Context) -> Component:
    return [html.H1(c.say(TITLE)), part("quarantine", "rows", height=480)]


PAGE = Page(
    name="quarantine",
    path=PATH,
    title=TITLE,
    layout=_layout,
    order=92,
    has_filters=False,
    parts={"rows": browser},
    withheld=of_the_house(),
)
