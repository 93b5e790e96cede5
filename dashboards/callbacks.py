"""The few callbacks of the application: every part of every page is filled by one of them, so they are written once."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from bilingual.errors import UserError
from bilingual.text import Language, as_language
from dashboards.ask import Desk
from dashboards.comparison import comparing
from dashboards.components import states
from dashboards.components.chart import chart_card
from dashboards.components.grid import BLOCK, row_shown
from dashboards.components.rail import UNSAID, chosen
from dashboards.components.shell import navigation, status
from dashboards.components.states import FORBIDDEN
from dashboards.context import Context
from dashboards.page import Component, Page
from dashboards.pages import pages
from dashboards.viewer import viewer
from warehouse import records
from warehouse.filters import PLACES
from warehouse.records import COLUMNS_SHOWN

F = TypeVar("F", bound=Callable[..., Any])
log = logging.getLogger("faultloop.web")


def spoken_in(language: object) -> Language:
    """The language a page was made in; whatever a request says instead is taken for the default."""
    return as_language(language if isinstance(language, str) else None) or "zh"


def guarded(language: Language, make: Callable[[], Component]) -> Component:
    """What `make` makes, or a card that says what went wrong: a user's mistake in a sentence, ours by its number."""
    try:
        return make()
    except PreventUpdate:
        raise
    except UserError as mistake:
        return states.message(mistake[language], kind="error")
    except Exception:
        number = secrets.token_hex(4)
        log.exception("error %s", number)
        return states.error(language, number)


def on_error(error: Exception) -> None:
    """Log an error of a callback that fills no part; the page stays as it is."""
    log.error("error %s", secrets.token_hex(4), exc_info=error)


def fill(c: Context, page: Page, name: str) -> Component:
    """One part of a page; a sentence instead where it is not for who asks."""
    if not c.viewer.may(page.permission):
        return states.withheld(c.language, FORBIDDEN)
    why = page.withheld(c, name)
    if why is not None:
        return states.withheld(c.language, why, page.not_shown(c, why))
    with comparing(c.query.compare):
        if name in page.charts:
            return chart_card(c, page.name, name, page.charts[name])
        return page.parts[name](c)


def address_of(asked: object) -> tuple[str, str]:
    """Path and query string of the address that a page or what stands around it is asked for by."""
    given = asked if isinstance(asked, dict) else {}
    path, search = given.get("path"), given.get("search")
    return (path if isinstance(path, str) else "/"), (search if isinstance(search, str) else "")


def answers(app: Dash, *wiring: Any, **options: Any) -> Callable[[F], F]:
    """Dash's decorator for a callback, with a type."""
    return app.callback(*wiring, **options)  # type: ignore[no-any-return]


def register(app: Dash, desk: Desk) -> None:
    """Add the callbacks to an application."""
    by_name = {page.name: page for page in pages().values()}

    @answers(
        app,
        Output("content", "children"),
        Output("title", "data"),
        Output("filters", "hidden"),
        # In one answer with the parts that ask by them: those of the page before are gone by then and ask no more.
        Output("path", "data"),
        Output("search", "data"),
        Input("asked", "data"),
        State("language", "data"),
    )
    def content(asked: Any, language: Any) -> tuple[Component, str, bool, str, str]:
        spoken = spoken_in(language)
        path, search = address_of(asked)
        page = pages().get(path)
        organisation = desk.home.settings.organisation
        if page is None:
            return states.not_found(spoken), organisation, True, path, search

        def make() -> Component:
            c = desk.context("", spoken)
            if c is None:
                return states.no_snapshot(spoken)
            return page.layout(c) if c.viewer.may(page.permission) else states.forbidden(spoken)

        is_empty = desk.reader.current() is None
        has_none = is_empty or not page.has_filters
        return guarded(spoken, make), f"{page.title[spoken]} · {organisation}", has_none, path, search

    @answers(
        app,
        Output({"type": "part", "page": MATCH, "name": MATCH}, "children"),
        Input("search", "data"),
        State("path", "data"),
        State("language", "data"),
        State({"type": "part", "page": MATCH, "name": MATCH}, "id"),
    )
    def part(search: Any, path: Any, language: Any, place: Any) -> Component:
        spoken = spoken_in(language)
        page = by_name.get(str(place.get("page"))) if isinstance(place, dict) else None
        # The address may already be that of the next page, whose parts ask for themselves.
        if page is None or page.path != path or place.get("name") not in {*page.parts, *page.charts}:
            raise PreventUpdate

        def make() -> Component:
            c = desk.context(search if isinstance(search, str) else "", spoken)
            return fill(c, page, place["name"]) if c else states.no_snapshot(spoken)

        return guarded(spoken, make)

    @answers(
        app,
        Output({"shell": MATCH}, "children"),
        Input("asked", "data"),
        State("language", "data"),
        State({"shell": MATCH}, "id"),
    )
    def shell(asked: Any, language: Any, place: Any) -> Component:
        spoken = spoken_in(language)
        where, query = address_of(asked)

        def make() -> Component:
            c = desk.context(query, spoken)
            with comparing(c.query.compare if c else "before"):
                match place["shell"]:
                    case "nav":
                        return navigation(viewer(), c, spoken, where)
                    case "status":
                        return status(c, desk.reader, where, query, spoken)
                return chosen(c, where) if c else None

        return guarded(spoken, make)

    _rail(app, desk)
    _grid(app, desk)
    _in_the_browser(app)


def _rail(app: Dash, desk: Desk) -> None:
    @answers(
        app,
        Output({"filter": ALL}, "value"),
        Output("synced", "data"),
        Input("asked", "data"),
        State({"filter": ALL}, "id"),
    )
    def sync(asked: Any, controls: Any) -> tuple[list[Any], Any]:
        _, search = address_of(asked)
        c = desk.context(search, "zh")
        if c is None:
            return [no_update] * len(controls), no_update
        values: dict[str, Any] = {
            "from": c.filters.start.isoformat() if c.filters.start else None,
            "to": c.filters.end.isoformat() if c.filters.end else None,
        }
        values |= {place: [v or UNSAID for v in getattr(c.filters, place)] for place in PLACES}
        return [values[control["filter"]] for control in controls], values | {"search": search}

    @answers(
        app,
        Output({"filter": "customer"}, "data"),
        Input({"filter": "customer"}, "searchValue"),
        Input({"filter": "customer"}, "value"),
        State("language", "data"),
    )
    def suggest(text: Any, value: Any, language: Any) -> list[dict[str, str]]:
        c = desk.context("", spoken_in(language))
        if c is None:
            return []
        numbers = tuple(v for v in value if isinstance(v, str) and v != UNSAID) if isinstance(value, list) else ()
        found = {
            n: name for n, name, _ in records.customers(c.reading, text[:100] if isinstance(text, str) else "") if n
        }
        named = records.customer_names(c.reading, numbers[:100]) | found
        return [{"value": n, "label": f"{name} · {n}" if name != n else n} for n, name in named.items()]


def _grid(app: Dash, desk: Desk) -> None:
    @answers(
        app,
        Output({"type": "grid", "page": MATCH}, "getRowsResponse"),
        Input({"type": "grid", "page": MATCH}, "getRowsRequest"),
        State("search", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def rows(request: Any, search: Any, language: Any) -> dict[str, Any]:
        c = desk.context(search if isinstance(search, str) else "", spoken_in(language))
        if c is None or not isinstance(request, dict):
            raise PreventUpdate
        sort = (request.get("sortModel") or [{}])[0]
        column = sort.get("colId")
        start = request.get("startRow")
        found = records.page(
            c.reading,
            c.filters,
            c.query.selection,
            order_by=column if column in COLUMNS_SHOWN else "opened_at",
            descending=sort.get("sort", "desc") != "asc",
            start=start if isinstance(start, int) else 0,
            rows=BLOCK,
        )
        total = records.count(c.reading, c.filters, c.query.selection)
        return {"rowData": [row_shown(c, row) for row in found], "rowCount": total}


def _in_the_browser(app: Dash) -> None:
    """What needs no server: following a clicked mark or row, writing the chosen filters into the address, the title."""

    def run(name: str, *wiring: Any, **options: Any) -> None:
        app.clientside_callback(ClientsideFunction("faultloop", name), *wiring, **options)

    graph, grid = {"type": "graph", "page": MATCH, "name": MATCH}, {"type": "grid", "page": MATCH}
    run("followMark", Output(graph, "className"), Input(graph, "clickData"), prevent_initial_call=True)
    run("followRow", Output(grid, "className"), Input(grid, "cellClicked"), prevent_initial_call=True)
    run("where", Output("asked", "data"), Input("language", "data"))
    run("retitle", Output("title", "storage_type"), Input("title", "data"))
    run(
        "narrow",
        Output("rail", "className"),
        Input({"filter": ALL}, "value"),
        State({"filter": ALL}, "id"),
        State("synced", "data"),
        prevent_initial_call=True,
    )
