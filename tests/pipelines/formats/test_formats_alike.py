"""What a table lands as depends neither on the format that it was written in nor on where it stands in the sheet."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbooks import book, old_book, read

from pipelines.formats import sheetxml

WORDS = ["异响", "x", "007", "1e5", " y ", "2024-03-07", "-", "true", "12.50", "0.123456789", "#N/A", '5" pipe', "时间"]
CELLS = st.one_of(
    st.none(),
    st.sampled_from(WORDS),
    st.integers(-(10**9), 10**12),
    st.integers(-(10**6), 10**6).map(lambda n: n / 64),
    st.integers(1, 10**6).map(lambda n: float(f"{n / 7:.15g}")),  # what the writer keeps of it
    st.booleans(),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    st.times().map(lambda at: at.replace(microsecond=0)),
    st.integers(0, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
)
HEAD = ["单号", "甲", "乙 b"]


def written(value: Any) -> str:
    """A cell as somebody would type it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return repr(value).removesuffix(".0")
        case datetime():
            return value.isoformat(" ").removesuffix(" 00:00:00")
        case timedelta():
            seconds = int(value.total_seconds())
            return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        case date() | clock():
            return value.isoformat()
    return str(value)


def told(frame: pl.DataFrame, top: int) -> list[tuple[Any, ...]]:
    return [(*row, number - top) for *row, number in frame.select(*HEAD, "_row").rows()]


@pytest.mark.parametrize("is_large", [False, True])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5), top=st.integers(0, 4), left=st.integers(0, 3)
)
def test_one_table_lands_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_large: bool, rows: list[tuple[Any, ...]], top: int, left: int
) -> None:
    if is_large:
        monkeypatch.setattr(sheetxml, "_TRUSTED", 0)
    table = [HEAD, *rows]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["", "", ""]] * top + [[written(cell) for cell in row] for row in table])
    plain = told(read(tmp_path / "a.csv", *HEAD), top)
    assert told(read(book(tmp_path / "a.xlsx", {"s": table}, at=(top, left)), *HEAD), top) == plain
    assert told(read(old_book(tmp_path / "a.xls", {"s": table}, at=(top, left)), *HEAD), top) == plain
