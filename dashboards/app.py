"""The Dash application of one installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dash
from flask import Response, request
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from bilingual.text import as_language
from dashboards import callbacks, export, lookup, proposal, quarantine_export, single_sign_on
from dashboards.ask import COOKIE, Desk
from dashboards.components.rail import rail
from dashboards.components.shell import shell
from dashboards.door import add_door, csrf_cookie
from dashboards.house import House
from dashboards.page import Component
from dashboards.register import wiring
from dashboards.security import headers, protect
from dashboards.viewer import PLATFORM, viewer
from fracas.keys import secret_of_environment
from warehouse.reading import Reader
from warehouse.settings import Home

_TAGS = {"zh": "zh-CN", "en": "en"}
_INDEX = """<!DOCTYPE html>
<html lang="{lang}">
  <head>
    {metas}
    <title>{title}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
    {css}
  </head>
  <body>
    {app_entry}
    <footer>{config}{scripts}{renderer}</footer>
  </body>
</html>"""
_YEAR_SECONDS = 365 * 24 * 3600


class Application(dash.Dash):  # type: ignore[misc]  # Dash has no types
    """Dash, with the visitor's language on the page and nothing on it that tells about the server."""

    def __init__(self, desk: Desk, house: House, **options: Any) -> None:
        self.desk, self.house = desk, house
        super().__init__(**options)

    def interpolate_index(self, **parts: Any) -> str:
        """The page around the application."""
        tag = _TAGS[self.desk.language(request)]
        kept = {name: parts[name] for name in ("metas", "title", "css", "app_entry", "config", "scripts", "renderer")}
        return _INDEX.format(lang=tag, **kept)


def create_app(home: Home) -> Application:
    """The web application of an installation; its WSGI server is `.server`. Raises UserError for settings that are wrong,
    and where the environment holds no secret."""
    house = House(home, secret_of_environment())
    desk = Desk(home, Reader(home), house.register)
    app = Application(
        desk,
        house,
        name="faultloop",
        title=home.settings.organisation,
        update_title="",
        assets_folder=str(Path(__file__).parent / "assets"),
        pages_folder="",
        use_pages=False,
        serve_locally=True,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        enable_mcp=False,
        on_error=callbacks.on_error,
        health_endpoint="health",
        csrf_token_name=csrf_cookie(house),
        meta_tags=[{"name": "color-scheme", "content": "light dark"}],
    )

    def layout() -> Component:
        language = desk.language(request)
        if not current_user.is_authenticated:
            # Dash looks at the layout itself before the first request; it is the frame without anything in it.
            return shell(None, home.settings.organisation, language, PLATFORM, "")
        c = desk.context("", language)
        return shell(rail(c) if c else None, home.settings.organisation, language, viewer(), generate_csrf())

    app.layout = layout
    callbacks.register(app, desk)
    lookup.register(app, desk)
    export.add_routes(app.server, desk)
    proposal.add_routes(app.server, desk)
    quarantine_export.add_routes(app.server, desk)
    protect(app.server, headers(app.csp_hashes()))
    wiring.add_routes(app.server, desk, house)
    single_sign_on.add_routes(app.server, house, desk.language)
    add_door(app.server, house, desk.language, wiring.needs() | single_sign_on.NEEDS)
    app.server.after_request(_remember_language)
    # Dash registers its bundles while it makes the first index: without one, a worker that is asked for a bundle of an
    # index that another worker made does not know it.
    with app.server.test_request_context("/"):
        app.index()
    return app


def _remember_language(response: Response) -> Response:
    if language := as_language(request.args.get("lang")):
        response.set_cookie(COOKIE, language, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True)
    return response
