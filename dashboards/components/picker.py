"""A choice of what the page looks at: one of many, each an address, so that it works without a callback and by keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.address import link
from dashboards.context import Context
from dashboards.page import Component
from dashboards.plain import dcc, html


def picker(c: Context, path: str, name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> Component:
    """A list that folds out: `options` are values of the address parameter `name` and what they are called."""
    called = dict(options).get(chosen, chosen)
    links = [
        dcc.Link(
            words,
            href=link(path, c.filters, c.query.selection, **{**c.query.choices, name: value}),
            className="option chosen" if value == chosen else "option",
        )
        for value, words in options
    ]
    return html.Details(
        [html.Summary([html.Span(label, className="quiet"), " ", called]), html.Div(links, className="options")],
        # A new choice makes a new element, which is folded again.
        key=f"{name} {chosen}",
        className="picker",
    )
