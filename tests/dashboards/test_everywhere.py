"""What stands on every page: the comparison, exports of all charts and tables, what a page was made from."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from dash import Dash
from flask.testing import FlaskClient
from visitors import client_of

from dashboards.address import link
from dashboards.app import create_app
from dashboards.comparison import comparing
from dashboards.components.rail import chosen, made_from
from dashboards.context import Context
from dashboards.pages import pages
from warehouse.metrics.evaluate import evaluate
from warehouse.settings import Home

Ask = Callable[..., str]
Make = Callable[..., Context]
EXPORTED = [(p.name, name) for p in pages().values() for name in (*p.charts, *p.tables)]
QUARTER = "?from=2026-07-01&to=2026-09-30"


def test_the_address_says_what_changes_are_said_against(context: Make) -> None:
    c = {name: context(f"{QUARTER}&compare={name}") for name in ("before", "year", "none")}
    assert c["before"].before is not None
    assert c["year"].before is not None
    assert c["before"].before.end == c["before"].filters.start - timedelta(days=1)  # type: ignore[operator]
    assert str(c["year"].before.start) == "2025-07-01"
    assert c["none"].before is None
    assert context(QUARTER).before == c["before"].before


@pytest.mark.parametrize(
    ("compare", "english", "chinese"),
    [("before", "vs period before (", "较上一周期（"), ("year", "vs last year (", "较去年同期（")],
)
def test_cards_and_measures_name_their_comparison(ask: Ask, compare: str, english: str, chinese: str) -> None:
    for language, words, other in (("en", english, "vs "), ("zh", chinese, "较")):
        for page, part, path in (("closure", "rates", "/closure"), ("repeats", "again", "/repeats")):
            answer = ask(page, part, path, f"{QUARTER}&compare={compare}", language)
            assert words in answer
            assert answer.count(other) == answer.count(words)


def test_the_change_is_that_to_the_year_before(ask: Ask, context: Make) -> None:
    c = context(f"{QUARTER}&compare=year")
    assert c.before is not None
    last_year = evaluate(c.reading, ("opened",), c.before)["opened"].value
    assert f"vs last year ({last_year:,.0f})" in ask("overview", "counted", "/", f"{QUARTER}&compare=year")


def test_without_a_comparison_nothing_is_said_about_one(ask: Ask) -> None:
    answer = ask("closure", "rates", "/closure", f"{QUARTER}&compare=none")
    assert "vs " not in answer
    assert "on record" not in answer


def test_every_link_of_a_part_keeps_the_comparison(ask: Ask, context: Make) -> None:
    c = context(QUARTER)
    assert "compare=" not in link("/records", c.filters)
    with comparing("year"):
        assert "compare=year" in link("/records", c.filters)
    answer = ask("closure", "ageing", "/closure", f"{QUARTER}&compare=year")
    links = re.findall(r"/(?:records|export)[^\"]*\?[^\"\\]*", answer)
    assert len(links) > 5
    assert all("compare=year" in address for address in links)


def test_presets_and_chips_keep_the_comparison_and_another_can_be_chosen(context: Make) -> None:
    c = context(f"{QUARTER}&compare=year&open=yes")
    with comparing("year"):
        rail = str(chosen(c, "/closure"))
    links = re.findall(r"href='(/closure[^']*)'", rail)
    # The presets, the three comparisons, the chip and the reset; two comparisons and the reset lead elsewhere.
    assert len(links) == 5 + 3 + 1 + 1
    assert sum("compare=year" in address for address in links) == len(links) - 3


@pytest.mark.parametrize(("page", "name"), EXPORTED)
def test_every_chart_and_table_is_exported_with_what_it_was_made_from(
    client: FlaskClient, context: Make, page: str, name: str
) -> None:
    with client.get(f"/export/{page}/{name}.xlsx?from=all&lang=en") as answer:
        assert answer.status_code == 200
        data = answer.get_data()
    with client.get(f"/export/{page}/{name}.csv?from=all&lang=en") as answer:
        rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    sheets = pl.read_excel(io.BytesIO(data), sheet_id=0, has_header=False, infer_schema_length=0, raise_if_empty=False)
    about = dict(sheets["About"].iter_rows())
    assert about["Snapshot"] == context().reading.id
    assert about["Page"] == next(p.title.en for p in pages().values() if p.name == page)
    assert int(about["Rows"].replace(",", "")) == len(rows) - 1
    assert len({len(row) for row in rows}) <= 1
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet2.xml")


def test_the_measures_are_exported_as_numbers(client: FlaskClient, context: Make) -> None:
    answer = client.get(f"/export/closure/measures.csv{QUARTER}&compare=year&lang=en").get_data(as_text=True)
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(answer.lstrip("\ufeff")))}
    c = context(f"{QUARTER}&compare=year")
    assert c.before is not None
    now, then = (evaluate(c.reading, ("closed",), f)["closed"].value for f in (c.filters, c.before))
    assert (float(rows["closed"]["value"]), float(rows["closed"]["compared_with"])) == (now, then)


@pytest.mark.parametrize("path", ["/export/closure/measures.pdf", "/export/closure/title.csv", "/export/x/flow.xlsx"])
def test_nothing_else_is_exported(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_without_a_snapshot_no_chart_is_exported(empty_home: Home) -> None:
    assert client_of(create_app(empty_home)).get("/export/closure/flow.xlsx").status_code == 404


def test_paper_and_pictures_say_what_they_were_made_from(context: Make) -> None:
    search = f"{QUARTER}&compare=year&open=yes"
    english, chinese = (made_from(context(search, language)) for language in ("en", "zh"))
    snapshot = context().reading.snapshot.fingerprint[:7]
    for words in (english, chinese):
        assert "2026-07-01 – 2026-09-30" in words
        assert snapshot in words
    assert "still open · compared with: same period last year" in english
    assert "未关闭 · 对比：去年同期" in chinese
    assert "period all ·" in made_from(context("?from=all"))


def test_bundles_are_sent_small_and_the_same_as_they_are(app: Dash) -> None:
    client = client_of(app)
    page = client.get("/").get_data(as_text=True)
    bundles = [part for part in page.split('"') if part.startswith(("/assets/", "/_dash-component-suites/"))]
    plain, small = 0, 0
    for bundle in bundles:
        with client.get(bundle) as whole, client.get(bundle, headers={"Accept-Encoding": "gzip"}) as packed:
            plain += len(whole.data)
            small += len(packed.data)
            if len(whole.data) > 1_000:
                assert packed.headers["Content-Encoding"] == "gzip"
                assert "Accept-Encoding" in packed.headers["Vary"]
    assert small < 1_500_000 < 4_000_000 < plain


def test_a_bundle_without_a_version_is_asked_for_again(client: FlaskClient) -> None:
    with client.get("/_dash-component-suites/dash_ag_grid/async-community.js") as answer:
        assert answer.status_code == 200
        assert "immutable" not in answer.headers.get("Cache-Control", "")
        assert answer.headers["ETag"]
