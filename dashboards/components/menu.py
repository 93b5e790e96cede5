"""A list that folds out of a word: links and buttons, reached and worked by keyboard as any other."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.page import Component
from dashboards.plain import html


def menu(label: Component, items: Sequence[Component], name: str = "", title: str | None = None) -> Component:
    """The list; `assets/app.js` folds it again on Escape, on a choice and on a click elsewhere."""
    return html.Details(
        [html.Summary(label, className="tool", title=title), html.Div(items, className="options")],
        className=f"folding {name}".strip(),
    )
