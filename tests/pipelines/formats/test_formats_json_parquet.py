"""JSON and Parquet come out as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bilingual.errors import UserError
from pipelines.formats import jsonl, parquet
from pipelines.formats.reading import Reading


def read(reader: Callable[[Reading], Iterator[pl.DataFrame]], path: Path, *needs: str) -> pl.DataFrame:
    return pl.concat(reader(Reading(path, path.name, frozenset(needs))), how="diagonal")


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    def from_text(text: str | bytes, *needs: str) -> pl.DataFrame:
        path = tmp_path / "a.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(jsonl.frames, path, *needs)

    return from_text


def test_numbers_stay_as_written_and_nested_values_are_compact(lines: Callable[..., pl.DataFrame]) -> None:
    frame = lines('{"a": 1.10, "b": 12345678901234567890, "c": {"x": [1.0, null, true, "é"]}, "d": false, "e": ""}\n')
    assert frame.rows() == [
        ("1.10", "12345678901234567890", '{"x":[1.0,null,true,"é"]}', "false", None, 1),
    ]


def test_keys_may_come_and_go(lines: Callable[..., pl.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "CHUNK_LINES", 1)
    frame = lines('{"a":1}\n\n{"b":2,"a":null}\n{"A":3}\n', "b")
    assert frame.select("a", "b", "A_2", "_row").rows() == [
        ("1", None, None, 1),
        (None, "2", None, 3),
        (None, None, "3", 4),
    ]


def test_lines_that_are_no_objects_say_so(lines: Callable[..., pl.DataFrame]) -> None:
    frame = lines('{"a":1}\nxx\n[1]\n{"a":2},{"a":3}\n{"a":4}\n{"a":fal')
    assert frame.select("a", "_row", "_defect").rows() == [
        ("1", 1, None),
        (None, 2, "not a JSON object"),
        (None, 3, "not a JSON object"),
        (None, 4, "not a JSON object"),
        ("4", 5, None),
        (None, 6, "cut off"),
    ]


def test_an_array_and_an_object_over_several_lines_are_read(lines: Callable[..., pl.DataFrame]) -> None:
    assert lines('[\n  {"a": 1},\n  {"a": 2}\n]')["a"].to_list() == ["1", "2"]
    assert lines('{\n  "a": 1\n}\n')["a"].to_list() == ["1"]


def test_other_encodings_are_read(lines: Callable[..., pl.DataFrame]) -> None:
    for codec in ("utf-8-sig", "gb18030", "utf-16"):
        assert lines('{"现象":"电机异响"}\n'.encode(codec))["现象"].to_list() == ["电机异响"]


def test_a_key_that_never_occurs_is_told(lines: Callable[..., pl.DataFrame]) -> None:
    with pytest.raises(UserError, match=r"“opened_at” is missing .found “opened”"):
        lines('{"opened":1}\n', "opened_at")


def test_parquet_values_become_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    at = datetime(2024, 3, 7, 8, 5)
    row: dict[str, Any] = {
        "whole": 12.0,
        "part": 0.1,
        "n": 7,
        "at": at,
        "fine": at.replace(microsecond=120_000),
        "zoned": at.replace(tzinfo=UTC),
        "day": date(2024, 3, 7),
        "clock": time(8, 5),
        "lasts": timedelta(hours=36),
        "is_on": True,
        "raw": b"\x00\xff",
        "list": [1, 2],
        "struct": {"x": "é"},
        "empty": "",
        "text": " 007 ",
    }
    pl.DataFrame([row]).write_parquet(path)
    assert read(parquet.frames, path, "n").rows(named=True) == [
        {
            "whole": "12",
            "part": "0.1",
            "n": "7",
            "at": "2024-03-07 08:05:00",
            "fine": "2024-03-07 08:05:00.12",
            "zoned": "2024-03-07 08:05:00+00:00",
            "day": "2024-03-07",
            "clock": "08:05:00",
            "lasts": "36:00:00",
            "is_on": "true",
            "raw": "00ff",
            "list": "[1,2]",
            "struct": '{"x":"é"}',
            "empty": None,
            "text": " 007 ",
            "_row": 1,
        }
    ]


def test_parquet_rows_are_numbered_through_its_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 2)
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": range(5)}).write_parquet(path)
    assert read(parquet.frames, path)["_row"].to_list() == [1, 2, 3, 4, 5]
    pl.DataFrame({"a": []}, schema={"a": pl.Int64}).write_parquet(path)
    assert read(parquet.frames, path).schema == {"a": pl.String, "_row": pl.Int64}


def test_a_parquet_file_without_a_needed_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"opened": [1]}).write_parquet(path)
    with pytest.raises(UserError, match="“opened_at” is missing"):
        read(parquet.frames, path, "opened_at")
