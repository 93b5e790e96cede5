"""The service department's own database: SQLite with English tables, times as local ISO text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import polars as pl

_CHUNK = 100_000  # rows held as Python tuples at a time


def write(file: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    """Create the database with these tables, in one transaction and without a journal: a half-written file is thrown away."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for name, frame in tables.items():
            columns = ", ".join(f'"{c}" {_affinity(t)}' for c, t in frame.schema.items())
            db.execute(f'CREATE TABLE "{name}" ({columns})')
            places = ", ".join("?" * frame.width)
            for rows in _rows(frame):
                db.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)
        db.execute("COMMIT")


def _affinity(dtype: pl.DataType) -> str:
    if dtype.is_integer() or dtype == pl.Boolean:
        return "INTEGER"
    return "REAL" if dtype.is_float() else "TEXT"


def _rows(frame: pl.DataFrame) -> Iterator[Iterator[tuple[object, ...]]]:
    text = frame.with_columns(
        pl.selectors.datetime().dt.strftime("%Y-%m-%d %H:%M:%S"),
        pl.selectors.date().dt.strftime("%Y-%m-%d"),
        pl.selectors.boolean().cast(pl.Int8),
    )
    for chunk in text.iter_slices(_CHUNK):
        # Column lists zipped are tuples twice as fast as rows().
        yield zip(*[column.to_list() for column in chunk.get_columns()], strict=True)
