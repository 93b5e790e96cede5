"""Plain tables and lists of facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dash import html

from dashboards.page import Component


def table(
    head: Sequence[Component], rows: Iterable[Sequence[Component]], numeric: frozenset[int] = frozenset()
) -> Component:
    """A table; the columns whose indices are in `numeric` are set to the right. A column without a name has no heading."""
    classes = ["number" if i in numeric else None for i in range(len(head))]

    def row(tag: str, values: Sequence[Component]) -> Component:
        cells = [_plain(tag if v != "" else "Td", v, name) for v, name in zip(values, classes, strict=True)]
        return _plain("Tr", cells)

    body = [row("Td", values) for values in rows]
    return html.Div(html.Table([html.Thead(row("Th", head)), html.Tbody(body)], className="facts"), className="scroll")


def _plain(tag: str, children: Component, name: str | None = None) -> Component:
    """A component of `dash.html` as it is sent: tables have hundreds, and making one by its class costs 20 times as much."""
    props = {"children": children, "className": name} if name else {"children": children}
    return {"props": props, "type": tag, "namespace": "dash_html_components"}


def pairs(items: Iterable[tuple[str, Component]]) -> Component:
    """Names with their values beside them."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in items], className="pairs")
