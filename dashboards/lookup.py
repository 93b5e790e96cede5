"""The callbacks of the search field in the top bar."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from dashboards.ask import Desk
from dashboards.callbacks import answers, spoken_in
from dashboards.components.search import suggestions
from dashboards.found import found
from warehouse.search import tidy

_EACH = 5


def register(app: Dash, desk: Desk) -> None:
    """Suggestions while one types, and the way to the one that is chosen."""

    @answers(
        app,
        Output("lookup", "data"),
        Input("lookup", "searchValue"),
        State("search", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def suggest(typed: Any, address: Any, language: Any) -> list[dict[str, Any]]:
        text = tidy(typed) if isinstance(typed, str) else ""
        c = desk.context(address if isinstance(address, str) else "", spoken_in(language)) if text else None
        return suggestions(c, text, found(c, text, _EACH)) if c else []

    app.clientside_callback(
        ClientsideFunction("lookup", "markFirst"),
        Output("lookup", "className"),
        Input("lookup", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("lookup", "follow"),
        Output("lookup", "value"),
        Output("lookup", "searchValue"),
        Input("lookup", "value"),
        prevent_initial_call=True,
    )
