"""What the server sends beside the pages: headers, language, exports; and what it answers to nonsense."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from dash import Dash
from flask.testing import FlaskClient
from visitors import client_of

from dashboards.app import create_app
from dashboards.context import Context
from dashboards.export import neutral
from warehouse import records
from warehouse.records import COLUMNS_SHOWN
from warehouse.settings import Home


def test_every_answer_forbids_what_the_page_does_not_need(client: FlaskClient) -> None:
    headers = client.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe-eval" not in policy
    assert "script-src 'self' 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_index_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert "http://" not in page
    assert "https://" not in page


def test_a_worker_knows_the_bundles_of_an_index_that_another_worker_made(client: FlaskClient, empty_home: Home) -> None:
    page = client.get("/").get_data(as_text=True)
    bundles = re.findall(r'src="(/_dash-component-suites/[^"]+)"', page)
    assert len(bundles) > 3
    another = client_of(create_app(empty_home))
    assert {another.get(bundle).status_code for bundle in bundles} == {200}


@pytest.mark.parametrize(
    ("search", "tag"), [("", "zh-CN"), ("?lang=en", "en"), ("?lang=zh", "zh-CN"), ("?lang=xx", "zh-CN")]
)
def test_the_page_names_its_language(app: Dash, search: str, tag: str) -> None:
    client = client_of(app)
    assert f'<html lang="{tag}">' in client.get("/closure" + search).get_data(as_text=True)


def test_the_language_is_remembered(app: Dash) -> None:
    client = client_of(app)
    client.get("/?lang=en")
    assert '<html lang="en">' in client.get("/").get_data(as_text=True)
    assert "Filters" in client.get("/_dash-layout").get_data(as_text=True)


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "{}",
        '"text"',
        json.dumps({"output": "nowhere.children", "outputs": {}, "inputs": []}),
        json.dumps({"output": 5}),
        json.dumps({"output": "content.children", "outputs": None, "inputs": "x"}),
        json.dumps({"output": "..content.children...title.data...filters.hidden..", "outputs": [], "inputs": []}),
    ],
)
def test_a_malformed_callback_body_is_the_askers_mistake(client: FlaskClient, body: str) -> None:
    answer = client.post("/_dash-update-component", data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.get_data(as_text=True)


def test_any_change_to_a_good_body_gives_no_server_error(
    client: FlaskClient, part_body: Callable[..., dict[str, Any]]
) -> None:
    good = part_body("overview", "findings", "/", "")
    for junk in (None, 5, "x", [], {}, [None], {"a": 1}):
        for key in good:
            answer = client.post("/_dash-update-component", json={**good, key: junk})
            assert answer.status_code < 500, (key, junk)


def test_bundles_are_kept_by_the_browser_and_pages_are_not(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    asset = next(part for part in page.get_data(as_text=True).split('"') if part.startswith("/assets/app.js"))
    with client.get(asset) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_csv_holds_the_selection_and_no_formula(client: FlaskClient, context: Callable[..., Context]) -> None:
    search = "?from=2026-01-01&to=2026-06-30&lang=en"
    answer = client.get("/export/records.csv" + search)
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    c = context(search)
    assert len(rows) - 1 == records.count(c.reading, c.filters, c.query.selection)
    assert len(rows[0]) == len(COLUMNS_SHOWN)
    assert rows[0][0] == "Ticket no."


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("value", [-1, -1.5, None, "text", ""])
def test_what_is_no_formula_stays(value: Any) -> None:
    assert neutral(value) == value


def test_a_workbook_says_what_it_was_made_from(client: FlaskClient, context: Callable[..., Context]) -> None:
    search = "?from=2026-01-01&to=2026-03-31&lang=en"
    with client.get("/export/records.xlsx" + search) as answer:
        data = answer.get_data()
    c = context(search)
    n = records.count(c.reading, c.filters, c.query.selection)
    about = pl.read_excel(io.BytesIO(data), sheet_id=1, has_header=False)
    assert c.reading.id in about["column_1"].to_list()
    assert len(pl.read_excel(io.BytesIO(data), sheet_id=2)) == n
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet2.xml")


def test_the_data_of_a_chart_can_be_taken_along(client: FlaskClient) -> None:
    text = client.get("/export/closure/flow.csv?from=2026-01-01&to=2026-12-31").get_data(as_text=True)
    assert text.splitlines()[0].lstrip("\ufeff") == "day,opened,closed,backlog"


@pytest.mark.parametrize("path", ["/export/records.pdf", "/export/closure/nothing.csv", "/export/nowhere/flow.csv"])
def test_an_export_that_does_not_exist_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_without_a_snapshot_there_is_nothing_to_export(empty_home: Home) -> None:
    assert client_of(create_app(empty_home)).get("/export/records.csv").status_code == 404
