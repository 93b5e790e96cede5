"""Plain tables and lists of facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dash import html

from dashboards.page import Component


def table(
    head: Sequence[Component], rows: Iterable[Sequence[Component]], numeric: frozenset[int] = frozenset()
) -> Component:
    """A table; the columns whose indices are in `numeric` are set to the right. A column without a name has no heading."""

    def cells(tag: type, values: Sequence[Component]) -> list[Component]:
        return [
            (tag if v != "" else html.Td)(v, className="number" if i in numeric else None) for i, v in enumerate(values)
        ]

    body = [html.Tr(cells(html.Td, row)) for row in rows]
    return html.Div(
        html.Table([html.Thead(html.Tr(cells(html.Th, head))), html.Tbody(body)], className="facts"), className="scroll"
    )


def pairs(items: Iterable[tuple[str, Component]]) -> Component:
    """Names with their values beside them."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in items], className="pairs")
