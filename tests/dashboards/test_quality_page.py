"""Data quality, the quarantine and the source row: what they show, what can be taken along, odd data."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import Installation, opened, table
from flask.testing import FlaskClient
from visitors import client_of

from bilingual.text import Language
from dashboards.address import parse
from dashboards.app import create_app
from dashboards.callbacks import fill
from dashboards.components.quality_quarantine import PAGE_ROWS
from dashboards.context import Context, known
from dashboards.pages import pages
from demo.truths import Truths
from warehouse import quality
from warehouse.database import open_for_building
from warehouse.publish import current
from warehouse.quality_findings import findings
from warehouse.reading import Reader
from warehouse.settings import Home

Make = Callable[..., Context]
QUALITY, QUARANTINE, SOURCE = (pages()[path] for path in ("/quality", "/quarantine", "/source"))
CALLS = "no | at | note\nT1 | 2024-03-04 | fine\nT2 | soon | =cmd()\nT3 | | -5"


def texts(component: Any) -> Iterator[str]:
    """All text in what a part sends to the browser."""
    plain = component.to_plotly_json() if hasattr(component, "to_plotly_json") else component
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list | tuple):
        for item in plain:
            yield from texts(item)
    elif isinstance(plain, dict):
        for key, value in plain.get("props", {}).items():
            if key in ("children", "label", "title"):
                yield from texts(value)


def said(c: Context, page: Any, name: str) -> str:
    return " ".join(texts(fill(c, page, name)))


def links(component: Any) -> list[str]:
    sent = json.dumps(component, default=lambda o: o.to_plotly_json(), ensure_ascii=False)
    return re.findall(r'"href": "([^"]+)"', sent)


def desk(path: Path, rows: str = CALLS, **parts: Any) -> Installation:
    """An installation with one source of calls that names its columns in its own way."""
    made = Installation(path, {"time_zone": "UTC", "holidays": ""})
    fields = {"ticket_id": "no", "opened_at": "at", "description": "note"}
    made.maps("s", {"ticket": {"from": "calls", "fields": fields}}, **parts)
    made.lands("s", "calls", rows, file="data/calls.csv")
    return made


def context_of(made: Installation, search: str = "", language: Language = "en") -> Context:
    reading = opened(made.home)
    return Context(made.home, reading, parse(search, known(reading)), language)


# --- the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(QUALITY.parts))
def test_a_chinese_page_speaks_chinese(context: Make, name: str) -> None:
    for text in texts(fill(context("?from=all", "zh"), QUALITY, name)):
        assert re.search(r"[一-鿿]", text) or not re.search(r" (the|of|and|in|is|with) ", text), text


def test_the_dirt_of_the_demo_is_in_quarantine_for_its_reason_and_behind_failed_checks(
    context: Make, home: Home
) -> None:
    kinds = Truths.read(home.path).dirty
    c = context()
    n: dict[str, int] = {}
    for lot in quality.lots(c.reading):
        n[lot.rule] = n.get(lot.rule, 0) + lot.n
    assert n["not_instant"] == kinds["bad_date"]["count"]
    assert n["missing"] == kinds["missing_ticket_no"]["count"] + kinds["missing_opening_time"]["count"]
    assert n["closed_before_opened"] == kinds["closed_before_opened"]["count"]
    assert n["opened_in_future"] == kinds["future_opening"]["count"]
    assert n["negative_hours"] == kinds["negative_active_hours"]["count"]
    failed = {(x["suite"], x["name"]): x["failed"] for x in quality.checks(c.reading)}
    assert failed["ticket", "known_asset_id"] == kinds["unknown_asset"]["count"]
    assert failed["ticket", "code_priority"] == kinds["unknown_code"]["count"]
    page = said(c, QUALITY, "checks")
    assert f"{kinds['unknown_asset']['count']} of" in page
    assert "Response within target" in page, "what the unknown assets touch"
    assert said(c, QUALITY, "quarantine").count("The value is not a date and time.") == 2, "from two sources"


def test_an_example_of_a_failed_check_leads_to_its_source_row(context: Make) -> None:
    c = context()
    examples = [href for href in links(fill(c, QUALITY, "checks")) if href.startswith("/source?")]
    assert examples
    there = context(examples[0].partition("?")[2])
    assert "in the warehouse" in said(there, SOURCE, "row")


def test_a_region_leads_to_the_tickets_behind_what_it_left_out(context: Make) -> None:
    c = context("?from=all")
    (href, *_) = [href for href in links(fill(c, QUALITY, "coding_region")) if href.startswith("/records?")]
    there = context(href.partition("?")[2]).query
    assert there.selection.cause == ""
    assert there.filters.region


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", list(QUALITY.tables))
def test_every_table_can_be_taken_along(client: FlaskClient, name: str, kind: str) -> None:
    with client.get(f"/export/quality/{name}.{kind}?from=all&lang=en") as answer:
        assert answer.status_code == 200
        assert len(answer.get_data()) > 200


def test_rows_that_are_nowhere_are_loud(tmp_path: Path) -> None:
    made = desk(tmp_path)
    made.publish()
    snapshot = current(made.home)
    assert snapshot is not None
    with open_for_building(snapshot.file, snapshot.file.parent, memory_limit="1GB") as con:
        con.execute("UPDATE meta.account SET core = core - 1")
    c = context_of(made)
    assert "1 rows unaccounted for" in said(c, QUALITY, "account")
    assert "1 rows are unaccounted for" in said(c, QUALITY, "verdict")


def test_an_overdue_source_and_a_blocked_refresh_are_told(tmp_path: Path) -> None:
    made = desk(tmp_path, fresh_within_hours=24)
    made.publish()
    note = {
        "ended_at": "2026-11-20T08:00:00+00:00",
        "is_new": False,
        "blocked_by": [{"en": "It must not.", "zh": "不可。"}],
    }
    (made.home.snapshots / "LAST_REFRESH.json").write_text(json.dumps(note), encoding="utf-8")
    verdict = said(context_of(made), QUALITY, "verdict")
    assert "expected within 24 h" in verdict
    assert "publishing was blocked" in verdict
    assert "It must not." in verdict
    assert "overdue" in said(context_of(made), QUALITY, "sources")
    assert "逾期" in said(context_of(made, language="zh"), QUALITY, "sources")


@pytest.mark.parametrize("language", [pytest.param("zh", marks=pytest.mark.matrix), "en"])
def test_an_installation_with_nothing_in_it_says_what_would_fill_each_part(tmp_path: Path, language: Language) -> None:
    made = Installation(tmp_path, {"time_zone": "UTC", "holidays": ""})
    made.publish()
    c = context_of(made, "?from=all", language)
    for page in (QUALITY, QUARANTINE, SOURCE):
        for name in page.parts:
            assert said(c, page, name)
    assert findings(c.reading, c.home, c.filters) == ()
    for rows in QUALITY.tables.values():
        assert list(rows(c).rows) == []


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_a_warehouse_of_one_ticket_is_enough_for_every_part(tmp_path: Path, language: Language) -> None:
    made = desk(tmp_path, "no | at | note\nT1 | 2024-03-04 |")
    made.publish()
    c = context_of(made, "?from=all", language)
    for page in (QUALITY, QUARANTINE, SOURCE):
        for name in page.parts:
            assert said(c, page, name)


def test_a_snapshot_of_before_with_fewer_tables_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    made = desk(tmp_path)
    made.publish()
    snapshot = current(made.home)
    assert snapshot is not None
    with open_for_building(snapshot.file, snapshot.file.parent, memory_limit="1GB") as con:
        for entity in ("review", "contract", "usage"):
            con.execute(f"DROP TABLE core.{entity}")
        con.execute("ALTER TABLE core.visit DROP COLUMN departed_at")
        con.execute("ALTER TABLE marts.failure DROP COLUMN is_coded")
    c = context_of(made, "?from=all")
    for name in QUALITY.parts:
        assert said(c, QUALITY, name)
    assert "the next refresh fills this part" in said(c, QUALITY, "coding_site")


# --- the quarantine -----------------------------------------------------------------------------------------------


def test_the_quarantine_is_paged_and_narrowed_by_the_address(tmp_path: Path) -> None:
    rows = "no | at | note\n" + "\n".join(f"T{i} | soon |" for i in range(PAGE_ROWS + 20)) + "\nT999 | |"
    made = desk(tmp_path, rows)
    made.publish()
    assert f"1–{PAGE_ROWS} of {PAGE_ROWS + 21}" in said(context_of(made), QUARANTINE, "rows")
    (further,) = [
        h for h in links(fill(context_of(made), QUARANTINE, "rows")) if h == f"/quarantine?row={PAGE_ROWS + 1}"
    ]
    second = context_of(made, further.partition("?")[2])
    assert f"{PAGE_ROWS + 1}–{PAGE_ROWS + 21} of {PAGE_ROWS + 21}" in said(second, QUARANTINE, "rows")
    missing = said(context_of(made, "?look=missing&entity=ticket&source=s&file=data/calls.csv"), QUARANTINE, "rows")
    assert "1–1 of 1" in missing
    assert "T999" in missing


@pytest.mark.parametrize(
    "search",
    [
        "?row=-1",
        "?row=0",
        "?row=999999999999",
        "?row=²",
        "?look=%27%3B--",
        "?entity=nothing&source=..&file=/etc/passwd",
    ],
)
def test_a_hostile_address_shows_the_first_page_and_says_what_it_left_out(context: Make, search: str) -> None:
    c = context(search)
    page = said(c, QUARANTINE, "rows")
    assert re.search(r"1–\d+ of \d+", page)
    assert ("Left out" in page) == ("look" in search or "entity" in search)


def test_a_quarantined_row_leads_to_its_source_row_and_that_to_its_reason(context: Make) -> None:
    c = context("?look=closed_before_opened")
    (href, *_) = [h for h in links(fill(c, QUARANTINE, "rows")) if h.startswith("/source?")]
    row = said(context(href.partition("?")[2]), SOURCE, "row")
    assert "in quarantine" in row
    assert "The ticket was closed before it was opened." in row
    assert "关闭时间" in row, "the source's own column"
    assert "All quarantined rows of this file" in row


def test_a_source_row_shows_what_each_column_became(context: Make) -> None:
    c = context()
    key, source = c.reading.rows("SELECT source_key, _source FROM core.ticket WHERE _source = 'ticket_export' LIMIT 1")[
        0
    ]
    row = said(context(f"?entity=ticket&key={key}&source={source}"), SOURCE, "row")
    assert f"Open ticket {key}" in row
    assert "报修时间" in row
    assert "Opened" in row


# --- taken along for correction -----------------------------------------------------------------------------------


@pytest.fixture
def calls(tmp_path: Path) -> Installation:
    made = desk(tmp_path)
    made.lands("s", "calls", table("no | at\n=T8 | someday"), file="data/more/calls.csv")
    made.publish()
    return made


def test_rows_for_correction_come_as_they_landed_with_the_reason_in_front(calls: Installation) -> None:
    client = client_of(create_app(calls.home))
    lines = client.get("/export/quarantine.csv?lang=en&file=data/calls.csv").get_data(as_text=True).splitlines()
    assert lines[0].lstrip("\ufeff").endswith("FaultLoop: file,FaultLoop: line,no,at,note")
    assert lines[1:] == [
        "The value is not a date and time.,Opened,at,soon,data/calls.csv,3,T2,soon,'=cmd()",
        "A mandatory value is missing.,Opened,at,,data/calls.csv,4,T3,,-5",
    ]
    both = client.get("/export/quarantine.csv?lang=en").get_data(as_text=True).splitlines()
    assert both[3] == ""
    assert both[5].endswith("data/more/calls.csv,2,'=T8,someday"), "a block for each file"


def test_the_workbook_has_a_sheet_for_each_file_and_says_what_it_was_made_from(calls: Installation) -> None:
    client = client_of(create_app(calls.home))
    snapshot = current(calls.home)
    assert snapshot is not None
    with (
        client.get("/export/quarantine.xlsx?lang=zh&look=not_instant") as answer,
        zipfile.ZipFile(io.BytesIO(answer.get_data())) as book,
    ):
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        sheets = "".join(book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet"))
    assert names == ["说明", "1 calls.csv", "2 calls.csv"]
    assert "<f>" not in sheets
    assert snapshot.id in sheets
    assert "该值不是日期时间。" in sheets
    assert "=cmd()" in sheets


def test_there_is_no_other_kind_of_file_and_none_without_a_snapshot(calls: Installation, empty_home: Home) -> None:
    client = client_of(create_app(calls.home))
    assert client.get("/export/quarantine.pdf").status_code == 404
    assert Reader(empty_home).current() is None
    assert client_of(create_app(empty_home)).get("/export/quarantine.csv").status_code == 404
