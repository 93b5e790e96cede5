"""Kind `sql`: what a database holds lands as text, once, and only what is new lands again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql

from bilingual.errors import UserError
from pipelines.landing import LandedStream, with_lineage, write_batch
from pipelines.sources import Delivery, Rejection, Stream, as_frame
from pipelines.sources.sql import deliveries
from pipelines.sources.sql.relation import as_text, earlier


class Landing:
    """A landing zone of one stream."""

    def __init__(self, home: Path) -> None:
        self.stream = LandedStream(home / f"landing of {id(self)}")

    def take(self, stream: Stream) -> list[str]:
        """Land what is offered, as an extraction does; gives the names of the batches."""
        taken = []
        for delivery in deliveries(stream, self.stream):
            assert not isinstance(delivery, Rejection)
            write_batch(self.stream.folder / f"{delivery.batch}.parquet", with_lineage(stream, delivery))
            taken.append(delivery.batch)
        return taken

    def batch(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.stream.folder / f"{name}.parquet")

    def rows(self) -> list[dict[str, Any]]:
        return [row for name in self.stream.batches() for row in self.batch(name).rows(named=True)]


@pytest.fixture
def database(tmp_path: Path) -> Callable[..., None]:
    def execute(*statements: str) -> None:
        connection = sqlite3.connect(tmp_path / "service desk.db")
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return execute


def stream(home: Path, needs: tuple[str, ...] = (), **options: Any) -> Stream:
    return Stream("desk", "tickets", {"url": "sqlite:///service desk.db", **options}, frozenset(needs), home)


def refusal(landing: Landing, of: Stream) -> UserError:
    with pytest.raises(UserError) as caught:
        landing.take(of)
    return caught.value


def test_every_value_lands_as_text_without_losing_precision(tmp_path: Path, database: Callable[..., None]) -> None:
    database(
        "CREATE TABLE t (id INTEGER, hours REAL, name TEXT, photo BLOB, note)",
        "INSERT INTO t VALUES (1, 0.1, ' 电机 ', x'00ff', NULL), (2, 0.1 + 0.2, '', NULL, 9007199254740993)",
        "INSERT INTO t VALUES (3, 12, '007', x'', 1.5)",
    )
    landing = Landing(tmp_path)
    (batch,) = landing.take(stream(tmp_path, table="t"))
    frame = landing.batch(batch)
    assert frame["_file"].unique().to_list() == ["service desk.db:t"]
    assert frame.select("id", "hours", "name", "photo", "note", "_row").rows() == [
        ("1", "0.1", " 电机 ", "00ff", None, 1),
        ("2", "0.30000000000000004", "", None, "9007199254740993", 2),
        ("3", "12.0", "007", "", "1.5", 3),
    ]


def test_an_unchanged_table_lands_once_and_then_what_changed(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, name)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    landing = Landing(tmp_path)
    whole = stream(tmp_path, table="t", chunk=1)
    assert len(landing.take(whole)) == 1
    assert landing.take(whole) == []
    for name in ("c", "b"):  # also when it is what it once was
        database(f"UPDATE t SET name = '{name}' WHERE id = 2")
        (batch,) = landing.take(whole)
        assert landing.batch(batch).select("id", "name", "_row").rows() == [("2", name, 1)]
    assert landing.take(whole) == []


def test_a_table_without_a_key_lands_whole_when_it_changed(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (name)", "INSERT INTO t VALUES ('a'), ('a'), (NULL)")
    landing = Landing(tmp_path)
    whole = stream(tmp_path, table="t", chunk=2)
    assert len(landing.take(whole)) == 1
    assert landing.take(whole) == []
    for statement, names in (
        ("DELETE FROM t WHERE rowid = 1", ["a", None]),
        ("INSERT INTO t VALUES ('a')", ["a", None, "a"]),  # what it once was
    ):
        database(statement)
        (batch,) = landing.take(whole)
        assert landing.batch(batch)["name"].to_list() == names
        assert landing.take(whole) == []


def test_an_empty_table_lands_as_an_empty_batch_with_its_columns(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER, at TEXT)")
    each: list[dict[str, Any]] = [{}, {"cursor": "at"}]
    for options in each:
        landing = Landing(tmp_path)
        (batch,) = landing.take(stream(tmp_path, table="t", **options))
        frame = landing.batch(batch)
        assert (frame.height, frame.columns[:3]) == (0, ["id", "at", "_row"])
        assert landing.take(stream(tmp_path, table="t", **options)) == []


@pytest.mark.parametrize("relation", [{"table": "t"}, {"query": "SELECT id + 0 AS id, at, '12:30' AS x FROM t;"}])
@pytest.mark.parametrize("cursor", ["at", "id"])
def test_with_a_cursor_only_new_rows_land(
    tmp_path: Path, database: Callable[..., None], relation: dict[str, Any], cursor: str
) -> None:
    database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)",
        "INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, '2024-01-03'), (4, NULL)",
    )
    landing = Landing(tmp_path)
    increments = stream(tmp_path, cursor=cursor, **relation)
    landing.take(increments)
    assert sorted(row["id"] for row in landing.rows()) == ["1", "2", "3", "4"]
    assert landing.take(increments) == []
    database("INSERT INTO t VALUES (5, '2024-01-05'), (6, '2024-01-06')")
    landing.take(increments)
    assert [row["id"] for row in landing.rows()][4:] == ["5", "6"]
    assert landing.take(increments) == []


def test_a_row_with_the_highest_cursor_value_added_later_is_not_missed(
    tmp_path: Path, database: Callable[..., None]
) -> None:
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)", "INSERT INTO t VALUES (1, '2024'), (2, '2025')")
    landing = Landing(tmp_path)
    increments = stream(tmp_path, table="t", cursor="at", overlap=0)
    landing.take(increments)
    database("INSERT INTO t VALUES (3, '2025')")
    (again,) = landing.take(increments)
    assert landing.batch(again)["id"].to_list() == ["3"]
    assert landing.take(increments) == []


def test_a_row_committed_late_is_found_within_the_overlap(tmp_path: Path, database: Callable[..., None]) -> None:
    database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)",
        "INSERT INTO t VALUES (1, '2024-03-01T08:00:00'), (2, '2024-03-01T12:00:00'), (3, '2999-01-01T00:00:00')",
    )
    landing = Landing(tmp_path)
    increments = stream(tmp_path, table="t", cursor="at", overlap=7200)
    landing.take(increments)
    database("INSERT INTO t VALUES (4, '2024-03-01T10:30:00'), (5, '2024-03-01T09:30:00')")
    (again,) = landing.take(increments)
    # The slip of the year 2999 does not hold it up, and what is before the overlap is not found.
    assert landing.batch(again)["id"].to_list() == ["4"]


def test_a_row_that_no_overlap_reached_is_found_by_its_key(tmp_path: Path, database: Callable[..., None]) -> None:
    database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)",
        "INSERT INTO t VALUES (1, '2024-03-01'), (2, '2024-03-09'), (7, '2024-03-09')",
    )
    landing = Landing(tmp_path)
    increments = stream(tmp_path, ("_gone",), table="t", cursor="at", reconcile_hours=0)
    landing.take(increments)
    database("INSERT INTO t VALUES (3, '2024-02-01')", "DELETE FROM t WHERE id = 1")
    (again,) = landing.take(increments)
    assert landing.batch(again).select("id", "at", "_gone").rows() == [
        ("3", "2024-02-01", None),
        ("1", "2024-03-01", "true"),
    ]
    assert landing.take(increments) == []


@pytest.mark.parametrize("options", [{}, {"cursor": "at", "reconcile_hours": 24}])
def test_what_is_gone_at_the_source_lands_once_more_as_gone(
    tmp_path: Path, database: Callable[..., None], options: dict[str, Any]
) -> None:
    database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)", "INSERT INTO t VALUES (1, '2024-03-01'), (2, '2024-03-09')"
    )
    landing = Landing(tmp_path)
    followed = stream(tmp_path, ("_gone",), table="t", **options)
    landing.take(followed)
    database("DELETE FROM t WHERE id = 2")
    if options:
        assert landing.take(followed) == [], "a day has not passed"
        (mark,) = landing.stream.folder.glob("whole-*")
        os.utime(mark, (0, 0))
    (batch,) = landing.take(followed)
    assert landing.batch(batch).select("id", "at", "_gone").rows() == [("2", "2024-03-09", "true")]
    assert landing.take(followed) == []
    database("INSERT INTO t VALUES (2, '2024-03-09')")
    (batch,) = landing.take(followed)
    assert landing.batch(batch).select("id", "_gone").rows() == [("2", None)], "it is there again"
    assert landing.take(followed) == []


def test_what_is_gone_needs_a_key_that_tells_every_row(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER, name TEXT)", "INSERT INTO t VALUES (1, 'a'), (1, 'b')")
    landing = Landing(tmp_path)
    assert "name its key as `key`" in str(refusal(landing, stream(tmp_path, ("_gone",), table="t")))
    landing.take(stream(tmp_path, ("_gone",), table="t", key="id"))
    assert "several rows have the same “id”" in str(refusal(landing, stream(tmp_path, ("_gone",), table="t", key="id")))
    assert landing.take(stream(tmp_path, ("_gone",), table="t", key=["ID", "name"])) == []


def test_a_new_column_is_read_of_rows_that_had_landed(tmp_path: Path, database: Callable[..., None]) -> None:
    database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)", "INSERT INTO t VALUES (1, '2024-03-01'), (2, '2024-03-09')"
    )
    landing = Landing(tmp_path)
    increments = stream(tmp_path, table="t", cursor="at")
    landing.take(increments)
    database("ALTER TABLE t ADD COLUMN note TEXT", "UPDATE t SET note = 'x' WHERE id = 1")
    (batch,) = landing.take(increments)
    assert landing.batch(batch).select("id", "note").rows() == [("1", "x")]
    assert landing.take(increments) == []


@pytest.mark.parametrize(
    ("cursor", "by", "before"),
    [
        ("2024-03-01 08:00:00.5+00", 3600, "2024-03-01 07:00:00+00:00"),
        ("2024-03-01T08:00:00", 1, "2024-03-01T07:59:59"),
        ("2024-03-01", 3600, "2024-02-29"),
        ("20240301", 100, "20240201"),
        ("1.5", 1, "0.5"),
        ("R-0017", 3600, "R-0017"),
        ("2024-03-01 08:00", 0, "2024-03-01 08:00"),
    ],
)
def test_an_overlap_goes_back_in_the_cursors_own_way_of_writing(cursor: str, by: float, before: str) -> None:
    assert earlier(cursor, by) == before


def test_columns_of_sql_server_are_text_as_its_manual_writes_it() -> None:
    """No server of that kind runs here: this holds the SQL, not what a server makes of it."""
    written = {
        sa.NVARCHAR(20): "convert(NVARCHAR(MAX), c, 126)",
        sa.DateTime(): "convert(NVARCHAR(MAX), c, 126)",
        sa.Float(): "convert(NVARCHAR(MAX), c, 3)",
        sa.VARBINARY(8): "convert(NVARCHAR(MAX), c, 2)",
    }
    for kind, sql in written.items():
        assert str(as_text("mssql", sa.column("c", kind)).compile(dialect=mssql.dialect())) == sql  # type: ignore[no-untyped-call]


def test_rows_are_those_of_one_moment(tmp_path: Path, database: Callable[..., None]) -> None:
    database("PRAGMA journal_mode = WAL", "CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1), (3)")
    offers = deliveries(stream(tmp_path, table="t", chunk=1), Landing(tmp_path).stream)
    delivery = next(offers)
    assert isinstance(delivery, Delivery)
    database("INSERT INTO t VALUES (2)", "UPDATE t SET id = id + 10")
    assert pl.concat(map(as_frame, delivery.read()))["id"].to_list() == ["1", "3"]


def test_the_database_is_never_created_and_never_written(tmp_path: Path, database: Callable[..., None]) -> None:
    error = refusal(Landing(tmp_path), stream(tmp_path, table="t"))
    assert "there is no database file service desk.db" in str(error)
    assert list(tmp_path.iterdir()) == []
    database("CREATE TABLE t (id INTEGER)")
    error = refusal(Landing(tmp_path), stream(tmp_path, query="DELETE FROM t"))
    assert "the database answers" in str(error)


def test_a_missing_table_or_column_is_told_with_what_comes_close(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE tickets (报修日期 TEXT)")
    error = refusal(Landing(tmp_path), stream(tmp_path, table="ticket"))
    assert "no table “ticket” (found “tickets”)" in str(error)
    assert "没有表“ticket”" in error["zh"]
    error = refusal(Landing(tmp_path), stream(tmp_path, table="tickets", needs=("报修时间",)))
    assert "“报修时间” is missing (found “报修日期”)" in str(error)
    error = refusal(Landing(tmp_path), stream(tmp_path, table="tickets", cursor="updated"))
    assert "“updated” is missing" in str(error)


def test_a_url_takes_what_the_environment_says_and_says_what_it_lacks(
    tmp_path: Path, database: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    database("CREATE TABLE t (id INTEGER)")
    monkeypatch.setenv("DESK_FILE", "service desk")
    assert Landing(tmp_path).take(stream(tmp_path, url="sqlite:///${DESK_FILE}.db", table="t"))
    monkeypatch.delenv("DESK_FILE")
    error = refusal(Landing(tmp_path), stream(tmp_path, url="sqlite:///${DESK_FILE}.db", table="t"))
    assert "DESK_FILE is not set" in str(error)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "nonsense", "table": "t"}, "is no database URL"),
        ({"url": "nosuch://user:${DESK_PASSWORD}@host/db", "table": "t"}, "the database answers"),
        ({"url": "mysql+pymysql://user:hush@host/db", "table": "t"}, "`url` holds a password"),
        ({"url": "postgresql+psycopg://host/db?user=u&password=hush", "table": "t"}, "`url` holds a password"),
        ({"url": "postgresql+psycopg://user:${DESK_PASSWORD}@localhost:9/db", "table": "t"}, "refused"),
        ({"url": "mysql+pymysql://user:${DESK_PASSWORD}@localhost:9/db", "table": "t"}, "refused"),
        ({"table": "t", "query": "SELECT 1"}, "either `table` or `query`"),
        ({}, "either `table` or `query`"),
        ({"query": "SELEC 1"}, "the database answers"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence_without_the_password(
    tmp_path: Path,
    database: Callable[..., None],
    options: dict[str, Any],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESK_PASSWORD", "hush@home/")
    database("CREATE TABLE t (id INTEGER)")
    error = refusal(Landing(tmp_path), stream(tmp_path, **options))
    assert said in str(error)
    assert "hush" not in error["en"] + error["zh"]


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "service desk.db").write_bytes(b"not a database at all" * 100)
    assert "file is not a database" in str(refusal(Landing(tmp_path), stream(tmp_path, table="t")))


def test_a_statement_that_takes_too_long_is_given_up(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER)")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS i FROM n"
    assert "interrupted" in str(refusal(Landing(tmp_path), stream(tmp_path, query=endless, timeout=0.2)))
