"""A reading answers questions, remembers the answers, and reaches nothing but its snapshot."""

from __future__ import annotations

import datetime as dt
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pytest
from factories import Installation, warehouse
from numpy.typing import NDArray

from bilingual.errors import UserError
from warehouse.database import Connection
from warehouse.reading import Reading, remembered

CALLS = "ticket_id|opened_at\nT1|2024-03-04 08:00\nT2|2024-03-05 09:00"


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("reading"), ticket=CALLS)


def test_rows_records_and_arrays_say_the_same(reading: Reading) -> None:
    sql = "SELECT ticket_id, 1 AS one FROM core.ticket WHERE ticket_id = $1"
    assert reading.rows(sql, ["T1"]) == [("T1", 1)]
    assert reading.records(sql, ["T1"]) == [{"ticket_id": "T1", "one": 1}]
    arrays = reading.arrays("SELECT 1.5 AS x UNION ALL SELECT 2.5 ORDER BY 1")
    assert isinstance(arrays["x"], np.ndarray)
    assert arrays["x"].tolist() == [1.5, 2.5]


def test_a_question_that_takes_too_long_is_interrupted_and_the_next_one_is_not(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.reading._TIMEOUT_SECONDS", 0.2)
    with pytest.raises(duckdb.InterruptException):
        reading.rows("SELECT sum(a.range * b.range) FROM range(1000000) AS a, range(1000000) AS b")
    assert reading.rows("SELECT 1") == [(1,)]


def test_the_records_tell_until_their_latest_instant(reading: Reading) -> None:
    assert reading.as_of == dt.datetime(2024, 3, 5, 9)


def test_an_empty_warehouse_tells_until_its_publishing(tmp_path: Path) -> None:
    empty = warehouse(tmp_path, customer="customer_id\nC1")
    assert empty.as_of == empty.snapshot.published_at.replace(tzinfo=None)


def test_an_answer_is_remembered_by_its_question(reading: Reading) -> None:
    asked = []

    @remembered
    def answer(reading: Reading, x: int, y: int = 0) -> int:
        asked.append((x, y))
        return x + y

    assert [answer(reading, 1), answer(reading, 1), answer(reading, 1, y=2), answer(reading, 2)] == [1, 1, 3, 2]
    assert asked == [(1, 0), (1, 2), (2, 0)]


def test_who_asks_while_it_is_being_answered_waits_for_that_answer(reading: Reading) -> None:
    begun, go_on, asked = threading.Event(), threading.Event(), []

    @remembered
    def slow(reading: Reading, x: int) -> int:
        asked.append(x)
        begun.set()
        assert go_on.wait(10)
        return 2 * x

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(slow, reading, 21) for _ in range(4)]
        assert begun.wait(10)
        go_on.set()
        assert [a.result(10) for a in answers] == [42] * 4
    assert asked == [21]


def test_a_question_that_failed_is_asked_again(reading: Reading) -> None:
    tried = []

    @remembered
    def second_time_lucky(reading: Reading) -> int:
        tried.append(1)
        return 1 // (len(tried) - 1)

    with pytest.raises(ZeroDivisionError):
        second_time_lucky(reading)
    assert second_time_lucky(reading) == 1
    assert reading.asked == {}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.org/x.parquet')",
        "COPY (SELECT 1) TO '/tmp/faultloop_test_out.csv'",
        "EXPORT DATABASE '/tmp/faultloop_test_out'",
        "ATTACH '/tmp/faultloop_test_out.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
    ],
)
def test_a_reading_reaches_no_file_and_no_network(reading: Reading, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        reading.rows(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO core.ticket (ticket_id) VALUES ('T3')",
        "DELETE FROM core.ticket",
        "UPDATE core.ticket SET ticket_id = 'x'",
        "DROP TABLE core.ticket",
        "CREATE TABLE core.mine AS SELECT 1",
    ],
)
def test_nobody_writes_through_a_reading(reading: Reading, sql: str) -> None:
    with pytest.raises(duckdb.Error, match="read-only"):
        reading.rows(sql)
    assert reading.rows("SELECT count(*) FROM core.ticket") == [(2,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_directories = ['/']",
        "RESET enable_external_access",
        "SET threads = 64",
        "PRAGMA enable_external_access = true",
    ],
)
def test_nobody_unlocks_a_reading(reading: Reading, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        reading.rows(sql)
    with pytest.raises(duckdb.Error):
        reading.rows("SELECT * FROM read_text('/etc/passwd')")


@pytest.mark.parametrize(
    "expression",
    [
        "(SELECT max(no) FROM read_text('/etc/passwd') AS t(no))",
        "(SELECT max(no) FROM read_csv('/etc/passwd') AS t(no))",
        "(SELECT max(no) FROM '/etc/passwd' AS t(no))",
        "(SELECT max(no) FROM glob('/etc/*') AS t(no))",
        "getenv('HOME')",
    ],
)
@pytest.mark.parametrize("part", ["field", "key", "where"])
def test_a_mapping_s_expression_reaches_nothing_outside_the_landing_zone(
    tmp_path: Path, expression: str, part: str
) -> None:
    made = Installation(tmp_path)
    mapping = {
        "from": "rows",
        "key": expression if part == "key" else "no",
        "where": f"{expression} <> ''" if part == "where" else "no <> ''",
        "fields": {"customer_id": "no", "name": expression if part == "field" else "no"},
    }
    made.maps("s", {"customer": mapping})
    made.lands("s", "rows", "no\nC1")
    with pytest.raises(UserError, match=r"s\.yaml, customer\..*correct the mapping"):
        made.build()


def test_a_mapping_that_does_not_reach_the_settings_either(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.maps(
        "s",
        {"customer": {"from": "rows", "where": "true; SET enable_external_access = true", "fields": {"name": "no"}}},
    )
    made.lands("s", "rows", "no\nC1")
    with pytest.raises(UserError, match="is not an SQL expression"):
        made.build()


def test_what_does_not_fit_into_memory_is_put_aside_in_a_folder_of_this_process(reading: Reading) -> None:
    ((folder,),) = reading.rows("SELECT current_setting('temp_directory')")
    assert Path(folder).parent == reading.snapshot.file.parent
    assert f".{os.getpid()}-" in Path(folder).name
    # 8 million rows of 16 bytes are twice what a small file's reader may keep.
    sql = "SELECT max(i) FROM (SELECT i, row_number() OVER (ORDER BY hash(i)) AS n FROM range(8_000_000) AS r(i)) WHERE n > 0"
    assert reading.rows(sql) == [(7_999_999,)]


def test_a_question_too_large_beside_others_is_asked_again_alone(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Reading._run
    tried: list[str] = []

    def full_at_first(self: Reading, sql: str, parameters: object) -> Connection:
        tried.append(sql)
        if len(tried) == 1:
            raise duckdb.OutOfMemoryException("Out of Memory Error: could not allocate")
        return first(self, sql, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(Reading, "_run", full_at_first)
    assert reading.rows("SELECT 42") == [(42,)]
    assert tried == ["SELECT 42"] * 2
    # Its turns are given back: were they not, the next questions would wait for ever.
    assert [reading.rows("SELECT 1") for _ in range(20)] == [[(1,)]] * 20


def test_answers_are_remembered_by_their_bytes_and_the_oldest_go_first(reading: Reading) -> None:
    asked: list[int] = []

    @remembered
    def megabytes(_: Reading, number: int) -> NDArray[np.uint8]:
        asked.append(number)
        return np.zeros(10_000_000, dtype=np.uint8)

    for number in (1, 2, 3, 1, 4, 1, 2):
        megabytes(reading, number)
    # Three of ten megabytes fit: 2 was asked for longest ago when 4 came.
    assert asked == [1, 2, 3, 4, 2]
