"""A ticket's page and a source row's page: what they show is exported, with where it came from."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from flask.testing import FlaskClient

from dashboards.address import thing
from dashboards.callbacks import fill
from dashboards.context import Context
from dashboards.pages import pages
from warehouse import records

Make = Callable[..., Context]


def exported(client: FlaskClient, page: str, name: str, search: str) -> list[dict[str, str]]:
    answer = client.get(f"/export/{page}/{name}.csv{search}&lang=en")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))


@pytest.fixture(scope="module")
def ticket(context: Make) -> str:
    """A ticket with visits, faults and a repair."""
    sql = "SELECT ticket_id FROM core.visit JOIN core.repair USING (ticket_id) JOIN core.fault USING (ticket_id) ORDER BY 1 LIMIT 1"
    return str(context().reading.rows(sql)[0][0])


def test_everything_on_the_page_of_a_ticket_is_exported(client: FlaskClient, context: Make, ticket: str) -> None:
    search = thing("", ticket=ticket)
    c = context(search)
    shown = str(fill(c, pages()["/record"], "ticket"))
    found = records.ticket(c.reading, ticket)
    assert {"ticket", "visit", "repair", "fault"} <= set(found)
    for entity, rows in found.items():
        assert f"/export/record/{entity}.xlsx" in shown
        told = exported(client, "record", entity, search)
        assert [(row["source"], row["file"], row["row"]) for row in told] == [
            (row["_source"], row["_file"], str(row["_row"])) for row in rows
        ]
    (facts,) = exported(client, "record", "ticket", search)
    assert facts["ticket_id"] == ticket
    # Instants as people read them: in the time zone of the installation.
    assert facts["opened_at"] == c.local(found["ticket"][0]["opened_at"])
    course = exported(client, "record", "course", search)
    assert [row["at"] for row in course] == sorted(row["at"] for row in course)
    assert facts["opened_at"] in {row["at"] for row in course}


def test_a_record_that_is_no_ticket_is_exported(client: FlaskClient, context: Make) -> None:
    row = context().reading.records("SELECT * FROM core.asset ORDER BY asset_id LIMIT 1")[0]
    search = thing("", entity="asset", key=row["source_key"], source=row["_source"])
    (told,) = exported(client, "record", "asset", search)
    assert told["asset_id"] == row["asset_id"]
    assert exported(client, "record", "ticket", search) == []


@pytest.mark.parametrize("search", ["?ticket=nothing", "?entity=asset&key=x&source=y", "?entity=%27%3B--", "?row=1"])
def test_what_is_not_there_is_an_empty_export(client: FlaskClient, search: str) -> None:
    assert exported(client, "record", "ticket", search) == []
    assert exported(client, "source", "content", search) == []


def test_a_source_row_is_exported_as_it_landed_and_with_what_it_became(
    client: FlaskClient, context: Make, ticket: str
) -> None:
    c = context()
    row = records.ticket(c.reading, ticket)["ticket"][0]
    search = thing("", entity="ticket", key=row["source_key"], source=row["_source"])
    landed = records.source_row_of(c.home, c.reading, "ticket", row["source_key"], row["_source"])
    assert landed is not None
    told = exported(client, "source", "content", search)
    values: dict[str, Any] = {line["column"]: line["landed"] for line in told}
    assert {name: values[name] for name in ("source", "file", "row")} == {
        name: str(landed[f"_{name}"]) for name in ("source", "file", "row")
    }
    own = [name for name in landed if not name.startswith("_")]
    assert {name: values[name] for name in own} == {name: landed[name] or "" for name in own}
    became = {line["field"]: line["became"] for line in told if line["entity"] == "ticket"}
    assert became["ticket_id"] == ticket
    assert quote("/export/source/content.csv") in str(fill(context(search), pages()["/source"], "row"))


def test_a_page_without_filters_says_of_no_period_that_it_was_narrowed_by_it(
    client: FlaskClient, context: Make, ticket: str
) -> None:
    with client.get(f"/export/record/ticket.xlsx?ticket={ticket}&from=2020-01-01&to=2020-01-31&lang=en") as answer:
        about = dict(pl.read_excel(io.BytesIO(answer.get_data()), sheet_id=1, has_header=False).iter_rows())
    assert about["Rows"] == "1"
    assert "2020" not in about["Period"]
    assert "Compared with" not in about
