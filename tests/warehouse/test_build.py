"""A build: every entity there, fed or not; the same from the same; and nothing left open behind it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from factories import EXTRACTED_AT, Installation, installation, table, warehouse

from warehouse.build import Build, Rejected, build, relations, steps
from warehouse.entities import entities
from warehouse.fieldcheck import field_reports
from warehouse.publish import building_file
from warehouse.quality import (
    accounts,
    overdue_sources,
    quarantine,
    rejected,
)
from warehouse.reading import Reading

CALLS = "ticket_id|opened_at\nT1|2024-03-04 08:00\nT2|2024-03-05 09:00"


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("build"), ticket=CALLS)


def test_every_entity_has_its_table_also_when_no_source_feeds_it(reading: Reading) -> None:
    for name, entity in entities().items():
        columns = [row[0] for row in reading.rows(f"SELECT column_name FROM (DESCRIBE core.{name})")]
        assert columns[: len(entity.fields)] == list(entity.fields)
        assert {"source_key", "_source", "_stream", "_batch", "_file", "_row", "_extracted_at"} <= set(columns)


def test_every_relation_is_built(reading: Reading) -> None:
    found = {
        f"{schema}.{name}"
        for schema, name in reading.rows("SELECT table_schema, table_name FROM information_schema.tables")
    }
    assert {f"{folder}.{name}" for folder in ("core", "marts") for name in relations(folder)} <= found


def test_a_relation_is_built_after_those_it_reads() -> None:
    for folder in ("core", "marts"):
        order = list(relations(folder))
        for name, text in relations(folder).items():
            body = text.split("\n", 1)[1]
            earlier = [other for other in order if f"{folder}.{other} " in body or f"{folder}.{other}\n" in body]
            assert all(order.index(other) <= order.index(name) for other in earlier), name


def test_the_steps_are_told_in_order(tmp_path: Path) -> None:
    made = installation(tmp_path, {"ticket": CALLS})
    told: list[str] = []
    build(Build(made.home, list(made.sources.values()), step=told.append), building_file(made.home))
    assert told == steps()


def test_a_built_file_can_be_opened_by_another_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = installation(tmp_path, {"ticket": CALLS}).build()
    with duckdb.connect(str(file), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM core.ticket").fetchone() == (2,)
    assert list(file.parent.glob("building-*")) == [file]


def test_several_mappings_of_several_sources_feed_one_entity(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    for name in ("a", "b"):
        made.maps(name, {"customer": [{"from": s, "fields": {"customer_id": "no"}} for s in ("one", "two")]})
        for stream in ("one", "two"):
            made.lands(name, stream, [{"no": f"{name} {stream}"}])
    assert made.read().rows("SELECT customer_id FROM core.customer ORDER BY 1") == [
        ("a one",), ("a two",), ("b one",), ("b two",),
    ]  # fmt: skip


def test_a_stream_that_has_not_landed_yet_is_no_error(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.maps("s", {"customer": {"from": "rows", "fields": {"customer_id": "no"}}})
    assert made.read().rows("SELECT count(*) FROM core.customer") == [(0,)]


def test_an_empty_delivery_is_no_error(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    source = made.maps("s", {"customer": {"from": "rows", "fields": {"customer_id": "no"}}})
    made.lands("s", "rows", "no\nC1")
    empty = made.lands("s", "rows", [], file="empty.csv")
    assert empty.exists()
    assert source.name == "s"
    assert made.read().rows("SELECT customer_id FROM core.customer") == [("C1",)]


def test_the_snapshot_tells_its_sources_and_what_could_not_be_landed(tmp_path: Path) -> None:
    no = Rejected("s", "ticket", "data/bad.xlsx", "The file is cut off.", "文件被截断。")
    made = installation(tmp_path, {"ticket": CALLS}, owner="客服", fresh_within_hours=24)
    made.rejected = [no]
    reading = made.read()
    assert reading.rows("SELECT * FROM meta.source") == [("s", "s", "s", "客服", 24.0)]
    assert rejected(reading) == [{"source": "s", "stream": "ticket", "file": "data/bad.xlsx", "en": no.en, "zh": no.zh}]


def test_a_source_is_overdue_when_its_newest_ticket_is_older_than_promised(tmp_path: Path) -> None:
    reading = installation(tmp_path, {"ticket": CALLS}, fresh_within_hours=24).read()
    latest = dt.datetime(2024, 3, 5, 9, tzinfo=dt.UTC)
    assert overdue_sources(reading, latest + dt.timedelta(hours=24)) == []
    (late,) = overdue_sources(reading, latest + dt.timedelta(hours=24, minutes=1))
    assert (late["source"], late["fresh_within_hours"], late["latest"]) == ("s", 24, dt.datetime(2024, 3, 5, 9))
    # An instant by another clock is the same instant.
    assert (
        overdue_sources(reading, (latest + dt.timedelta(hours=24)).astimezone(dt.timezone(dt.timedelta(hours=8)))) == []
    )


def test_quarantined_rows_are_told_with_reason_value_and_place(tmp_path: Path) -> None:
    rows = table("ticket_id|opened_at\nT1|2024-03-04\nT2|soon\nT3|later")
    reading = installation(tmp_path, {"ticket": rows, "customer": "customer_id\nC1"}).read()
    first, second = quarantine(reading)
    assert (first["row_no"], first["source_key"], first["rule"], first["value"]) == (3, "T2", "not_instant", "soon")
    assert first["en"] == "The value is not a date and time."
    assert first["zh"]
    assert second["source_key"] == "T3"
    assert quarantine(reading, "ticket", 1, 5) == [second]
    assert quarantine(reading, "customer") == []
    assert quarantine(reading, rows=-1) == []
    assert [a["entity"] for a in accounts(reading)] == ["customer", "ticket"]


def test_a_report_tells_for_each_field_what_was_cast(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    fields = {"ticket_id": "no", "opened_at": "at", "priority": "p"}
    source = made.maps("s", {"ticket": {"from": "rows", "fields": fields}})
    made.lands("s", "rows", "no|at|p\nT1|2024-03-04|高\nT2|soon|P9\nT3||")
    reports = {r.field: r for r in field_reports(made.home.landing, source, made.home.codes)}
    at, p = reports["opened_at"], reports["priority"]
    assert (at.rows, at.cast, at.failed, at.empty, at.failing) == (3, 1, 1, 1, ("soon",))
    assert (p.rows, p.cast, p.failed, p.empty, p.unknown_codes) == (3, 2, 0, 1, 1)
    assert (reports["ticket_id"].cast, reports["ticket_id"].type) == (3, "text")
    assert at.expression == '"at"'


def test_rows_keep_their_lineage(reading: Reading) -> None:
    found = reading.rows("SELECT source_key, _source, _stream, _file, _row, _extracted_at FROM core.ticket ORDER BY 1")
    assert found == [
        ("T1", "s", "ticket", "ticket.csv", 2, EXTRACTED_AT),
        ("T2", "s", "ticket", "ticket.csv", 3, EXTRACTED_AT),
    ]
