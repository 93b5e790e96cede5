"""Plain components are what Dash's own classes are sent as."""

from __future__ import annotations

import json
from typing import Any

import dash_mantine_components
import pytest
from dash import dcc as dash_core
from dash import html as dash_html

from dashboards.plain import dcc, dmc, html


def sent(component: Any) -> Any:
    return json.loads(json.dumps(component, default=lambda o: o.to_plotly_json()))


def test_an_element_is_sent_as_dash_sends_it() -> None:
    def made(lib: Any) -> Any:
        head = lib.Tr([lib.Th("a", scope="col", rowSpan=2), lib.Td(None, title=None)], className="x")
        return lib.Div([head, "text", lib.Img(src="s", alt=""), lib.Br()], id={"type": "t"}, **{"aria-label": "y"})

    assert sent(made(html)) == sent(made(dash_html))


def test_links_graphs_and_tooltips_are_too() -> None:
    assert sent(dcc.Link("a", href="/b")) == sent(dash_core.Link("a", href="/b"))
    # A graph holds nothing, so it has no children.
    assert sent(dcc.Graph(id="g", figure={"data": []})) == sent(dash_core.Graph(id="g", figure={"data": []}))
    assert sent(dmc.Tooltip("a", label="b")) == sent(dash_mantine_components.Tooltip("a", label="b"))


def test_a_component_that_the_library_has_not_is_not_made() -> None:
    with pytest.raises(AttributeError):
        html.Dvi  # noqa: B018
