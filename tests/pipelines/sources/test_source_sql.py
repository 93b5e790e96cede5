"""Kind `sql`: what a database holds lands as text, once, and only what is new lands again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bilingual.errors import UserError
from pipelines.sources import Delivery, Rejection, Stream
from pipelines.sources.sql import deliveries


class Landing:
    """A landing zone in memory."""

    def __init__(self) -> None:
        self.batches: dict[str, pl.DataFrame] = {}

    def has(self, batch: str) -> bool:
        return batch in self.batches

    def highest(self, column: str) -> str | None:
        values = [v for frame in self.batches.values() for v in frame[column].drop_nulls().to_list()]
        return max(values, default=None)

    def take(self, stream: Stream) -> list[Delivery]:
        taken = []
        for delivery in deliveries(stream, self):
            assert not isinstance(delivery, Rejection)
            self.batches[delivery.batch] = pl.concat(delivery.read())
            taken.append(delivery)
        return taken

    def rows(self) -> list[dict[str, Any]]:
        return [row for frame in self.batches.values() for row in frame.drop("_row").rows(named=True)]


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
    landing = Landing()
    (delivery,) = landing.take(stream(tmp_path, table="t"))
    assert delivery.file == "service desk.db:t"
    (frame,) = landing.batches.values()
    assert frame.rows() == [
        ("1", "0.1", " 电机 ", "00ff", None, 1),
        ("2", "0.30000000000000004", "", None, "9007199254740993", 2),
        ("3", "12.0", "007", "", "1.5", 3),
    ]


def test_an_unchanged_table_lands_once_and_a_changed_one_again(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, name)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    landing = Landing()
    whole = stream(tmp_path, table="t", chunk=1)
    assert len(landing.take(whole)) == 1
    assert landing.take(whole) == []
    database("UPDATE t SET name = 'c' WHERE id = 2")
    assert len(landing.take(whole)) == 1


def test_the_name_of_a_batch_does_not_depend_on_chunks(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1), (2), (3)")
    names = {next(deliveries(stream(tmp_path, table="t", chunk=n), Landing())).batch.split("-")[0] for n in (1, 2, 9)}  # type: ignore[union-attr]
    assert len(names) == 1


def test_an_empty_table_lands_as_an_empty_batch_with_its_columns(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER, at TEXT)")
    each: list[dict[str, Any]] = [{}, {"cursor": "at"}]
    for options in each:
        landing = Landing()
        assert len(landing.take(stream(tmp_path, table="t", **options))) == 1
        (frame,) = landing.batches.values()
        assert (frame.height, frame.columns) == (0, ["id", "at", "_row"])
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
    landing = Landing()
    increments = stream(tmp_path, cursor=cursor, **relation)
    landing.take(increments)
    assert sorted(row["id"] for row in landing.rows()) == ["1", "2", "3", "4"]
    assert landing.take(increments) == []
    database("INSERT INTO t VALUES (5, '2024-01-05'), (6, '2024-01-06')")
    landing.take(increments)
    assert sorted(row["id"] for row in landing.rows()) == ["1", "2", "3", "4", "5", "6"]
    assert landing.take(increments) == []


def test_a_row_with_the_highest_cursor_value_added_later_is_not_missed(
    tmp_path: Path, database: Callable[..., None]
) -> None:
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)", "INSERT INTO t VALUES (1, '2024'), (2, '2025')")
    landing = Landing()
    increments = stream(tmp_path, table="t", cursor="at")
    landing.take(increments)
    database("INSERT INTO t VALUES (3, '2025')")
    (again,) = landing.take(increments)
    assert landing.batches[again.batch]["id"].to_list() == ["2", "3"]
    assert landing.take(increments) == []


def test_a_batch_of_a_cursor_is_named_by_its_range(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (at TEXT)", "INSERT INTO t VALUES ('2024-01-01 08:00/x'), ('2024-01-02'), ('2024-01-03')")
    increments = stream(tmp_path, table="t", cursor="at")
    between, last = Landing().take(increments)
    assert between.batch.startswith(f"2024-01-01-08-00-x__2024-01-02-{increments.signature}-")
    assert last.batch.startswith(f"2024-01-03__2024-01-03-{increments.signature}-")


def test_delivered_rows_are_those_of_one_moment(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1)")
    (delivery,) = list(deliveries(stream(tmp_path, table="t"), Landing()))
    database("INSERT INTO t VALUES (2)")
    assert isinstance(delivery, Delivery)
    assert pl.concat(delivery.read())["id"].to_list() == ["1"]


def test_the_database_is_never_created_and_never_written(tmp_path: Path, database: Callable[..., None]) -> None:
    error = refusal(Landing(), stream(tmp_path, table="t"))
    assert "there is no database file service desk.db" in str(error)
    assert list(tmp_path.iterdir()) == []
    database("CREATE TABLE t (id INTEGER)")
    error = refusal(Landing(), stream(tmp_path, query="DELETE FROM t"))
    assert "the database answers" in str(error)


def test_a_missing_table_or_column_is_told_with_what_comes_close(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE tickets (报修日期 TEXT)")
    error = refusal(Landing(), stream(tmp_path, table="ticket"))
    assert "no table “ticket” (found “tickets”)" in str(error)
    assert "没有表“ticket”" in error["zh"]
    error = refusal(Landing(), stream(tmp_path, table="tickets", needs=("报修时间",)))
    assert "“报修时间” is missing (found “报修日期”)" in str(error)
    error = refusal(Landing(), stream(tmp_path, table="tickets", cursor="updated"))
    assert "“updated” is missing" in str(error)


def test_a_url_takes_what_the_environment_says_and_says_what_it_lacks(
    tmp_path: Path, database: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    database("CREATE TABLE t (id INTEGER)")
    monkeypatch.setenv("DESK_FILE", "service desk")
    assert Landing().take(stream(tmp_path, url="sqlite:///${DESK_FILE}.db", table="t"))
    monkeypatch.delenv("DESK_FILE")
    error = refusal(Landing(), stream(tmp_path, url="sqlite:///${DESK_FILE}.db", table="t"))
    assert "DESK_FILE is not set" in str(error)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "nonsense", "table": "t"}, "is no database URL"),
        ({"url": "nosuch://user:hush@host/db", "table": "t"}, "the database answers"),
        ({"table": "t", "query": "SELECT 1"}, "either `table` or `query`"),
        ({}, "either `table` or `query`"),
        ({"query": "SELEC 1"}, "the database answers"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence_without_the_password(
    tmp_path: Path, database: Callable[..., None], options: dict[str, Any], said: str
) -> None:
    database("CREATE TABLE t (id INTEGER)")
    error = refusal(Landing(), stream(tmp_path, **options))
    assert said in str(error)
    assert "hush" not in error["en"] + error["zh"]


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "service desk.db").write_bytes(b"not a database at all" * 100)
    assert "file is not a database" in str(refusal(Landing(), stream(tmp_path, table="t")))


def test_a_statement_that_takes_too_long_is_given_up(tmp_path: Path, database: Callable[..., None]) -> None:
    database("CREATE TABLE t (id INTEGER)")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS i FROM n"
    assert "interrupted" in str(refusal(Landing(), stream(tmp_path, query=endless, timeout=0.2)))


def test_temporary_files_are_gone_afterwards(
    tmp_path: Path, database: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled = tmp_path / "spooled"
    spooled.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spooled))
    database("CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1)")
    Landing().take(stream(tmp_path, table="t"))
    assert list(spooled.iterdir()) == []
