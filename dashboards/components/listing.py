"""The card of a listing: its question, a line in words, what it shows, and the ways to its records, data and definition."""

from __future__ import annotations

from dashboards.components.chart import RECORDS
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.context import Context
from dashboards.page import Component, Listing
from dashboards.plain import dcc, html


def listing_card(c: Context, page: str, name: str, listing: Listing) -> Component:
    """The card of one listing."""
    shown, question = listing.draw(c), c.say(listing.question)
    tools = html.Div(
        [
            dcc.Link(c.say(RECORDS), href=shown.records, className="tool") if shown.records else None,
            exports(c, page, name) if shown.body else None,
            definition([c.say(listing.definition)], question, c.language),
        ],
        className="tools",
    )
    head = html.Header([html.H2(question), tools])
    return html.Section(
        [head, html.P(shown.words, className="words"), shown.body],
        className="card listing wide" if listing.is_wide else "card listing",
    )
