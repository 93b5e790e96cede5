"""A published demo organisation, the application over it, and a way to ask it as the browser does."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import QUIET, Open, Watched, watched
from dash import Dash
from flask.testing import FlaskClient
from installation import published_demo
from playwright.sync_api import Browser, expect, sync_playwright
from visitors import client_of, cookies
from werkzeug.serving import make_server

from bilingual.text import Language
from dashboards.app import Application, create_app
from dashboards.context import Context
from warehouse.settings import Home

# The two cores may be busy with other tests.
expect.set_options(timeout=20_000)

# Of all applications that were served: their names differ by installation.
COOKIES: list[dict[str, Any]] = []


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A demo organisation of 1,500 tickets, refreshed and published."""
    path = tmp_path_factory.mktemp("dashboards") / "home"
    shutil.copytree(published_demo(tmp_path_factory), path)
    return Home(path)


@pytest.fixture
def empty_home(tmp_path: Path) -> Home:
    """An installation that was never refreshed."""
    return Home(tmp_path / "nothing")


@pytest.fixture(scope="session")
def app(home: Home) -> Dash:
    """The one application over the demo organisation: DuckDB opens a file once in a process."""
    return create_app(home)


@pytest.fixture(scope="session")
def client(app: Dash) -> FlaskClient:
    return client_of(app)


@pytest.fixture(scope="session")
def context(app: Application) -> Callable[..., Context]:
    """Makes the context of an address: `context(search, language)`."""
    desk = app.desk

    def make(search: str = "", language: Language = "en") -> Context:
        found = desk.context(search, language)
        assert found is not None
        return found

    return make


def body_of_part(page: str, name: str, path: str, search: str, language: str = "en") -> dict[str, Any]:
    """The body that Dash's front end sends to have one part of a page filled."""
    place = {"name": name, "page": page, "type": "part"}
    return {
        "output": '{"name":["MATCH"],"page":["MATCH"],"type":"part"}.children',
        "outputs": {"id": place, "property": "children"},
        "inputs": [{"id": "search", "property": "data", "value": search}],
        "changedPropIds": ["search.data"],
        "state": [
            {"id": "path", "property": "data", "value": path},
            {"id": "language", "property": "data", "value": language},
            {"id": place, "property": "id", "value": place},
        ],
    }


@pytest.fixture(scope="session")
def part_body() -> Callable[..., dict[str, Any]]:
    return body_of_part


@pytest.fixture(scope="session")
def ask(client: FlaskClient) -> Callable[..., str]:
    """Asks for one part and returns what the browser would be sent, as text."""

    def send(page: str, name: str, path: str, search: str = "", language: str = "en") -> str:
        answer = client.post("/_dash-update-component", json=body_of_part(page, name, path, search, language))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return json.dumps(answer.get_json(), ensure_ascii=False)

    return send


def serve(app: Dash) -> Iterator[str]:
    """The application on a free port of this machine, for a browser that has logged in."""
    COOKIES.extend(cookies(client_of(app)))
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def site(app: Dash) -> Iterator[str]:
    yield from serve(app)


@pytest.fixture
def empty_site(empty_home: Home) -> Iterator[str]:
    yield from serve(create_app(empty_home))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_tab(chromium: Browser) -> Iterator[Open]:
    """Opens tabs; whatever one complained about fails the test."""
    tabs: list[Watched] = []

    def make(width: int = 1440, scheme: str = "light") -> Watched:
        tabs.append(watched(chromium, width, scheme))
        tabs[-1].page.context.add_cookies(COOKIES)  # type: ignore[arg-type]
        return tabs[-1]

    yield make
    for tab in tabs:
        tab.page.context.close()
        assert tab.complaints == []
