"""Plain tables and lists of facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dashboards.page import Component
from dashboards.plain import html

# A day, month or quarter, which a narrow column would break at its hyphens.
_DAY = re.compile(r"\d{4}-(\d\d(-\d\d)?|Q\d)")


def table(
    head: Sequence[Component], rows: Iterable[Sequence[Component]], numeric: frozenset[int] = frozenset()
) -> Component:
    """A table; the columns whose indices are in `numeric` are set to the right. A column without a name has no heading."""
    classes = ["number" if i in numeric else None for i in range(len(head))]

    def cell(is_head: bool, value: Component, name: str | None) -> Component:
        make = html.Th if is_head and value != "" else html.Td
        if isinstance(value, str) and _DAY.fullmatch(value):
            name = f"{name} day" if name else "day"
        return make(value, className=name) if name else make(value)

    def row(is_head: bool, values: Sequence[Component]) -> Component:
        return html.Tr([cell(is_head, value, name) for value, name in zip(values, classes, strict=True)])

    body = [row(False, values) for values in rows]
    return html.Div(html.Table([html.Thead(row(True, head)), html.Tbody(body)], className="facts"), className="scroll")


def pairs(items: Iterable[tuple[str, Component]]) -> Component:
    """Names with their values beside them."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in items], className="pairs")
