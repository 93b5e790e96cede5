"""A page of several sections, one at a time: the line that chooses one, and the places that its charts and tables fill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bilingual.text import Text
from dashboards.components.chart import chart_card
from dashboards.components.listing import listing_card
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Chart, Component, Listing, Table
from dashboards.plain import dcc, html

# What a section shows, in its order.
Shown = Mapping[str, Chart | Listing]


def choice(c: Context, title: Text, names: Iterable[tuple[str, Text, str]], chosen: str) -> Component:
    """The line of sections; each of `names` is a section, what it is called, and its address."""
    links = [
        dcc.Link(c.say(name), href=href, className="preset chosen" if section == chosen else "preset")
        for section, name, href in names
    ]
    return html.Nav(links, className="presets views", **{"aria-label": c.say(title)})


def places(page: str, number: int) -> Component:
    """So many places for charts and tables, two in a row."""
    return html.Div([part(page, f"place{i}", height=360) for i in range(number)], className="halves")


def fillers(
    page: str, number: int, shown: Callable[[Context], Shown], dress: Mapping[str, str]
) -> dict[str, Callable[[Context], Component]]:
    """What fills them: `shown` tells the section that the address asks for; `dress` how a card is set apart in the style."""

    def filler(i: int) -> Callable[[Context], Component]:
        def fill(c: Context) -> Component:
            here = list(shown(c).items())
            return _card(c, page, *here[i], dress) if i < len(here) else None

        return fill

    return {f"place{i}": filler(i) for i in range(number)}


def _card(c: Context, page: str, name: str, what: Chart | Listing, dress: Mapping[str, str]) -> Component:
    card: Any = listing_card(c, page, name, what) if isinstance(what, Listing) else chart_card(c, page, name, what)
    card["props"]["className"] += f" {dress[name]}" if name in dress else ""
    # Another section's card in the same place is another thing, not this one changed.
    card["props"]["key"] = name
    return card


def charts_of(sections: Iterable[Shown]) -> dict[str, Chart]:
    """The charts of all sections."""
    return {name: what for shown in sections for name, what in shown.items() if isinstance(what, Chart)}


def tables_of(sections: Iterable[Shown]) -> dict[str, Callable[[Context], Table]]:
    """The tables of all sections, as they are exported."""
    return {name: what.table for shown in sections for name, what in shown.items() if isinstance(what, Listing)}
