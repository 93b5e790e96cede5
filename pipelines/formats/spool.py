"""Rows kept aside on disk between being counted and being asked for."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

from pipelines.formats.reading import ROW


class Spool:
    """Rows of text written to a compressed temporary file as they come, with the hash of all of them.

    So a database is asked once, under one snapshot, and memory holds one chunk. The file goes when the spool does.
    """

    def __init__(self, columns: list[str]) -> None:
        handle, path = tempfile.mkstemp(prefix="faultloop-", suffix=".arrow")
        self._path = Path(path)
        self._columns = columns
        self._schema = pa.schema([(column, pa.string()) for column in columns])
        self._sink = pa.OSFile(str(self._path), "wb")
        self._writer = pa.ipc.new_stream(self._sink, self._schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))
        self._hash = sha256()
        self.rows = 0
        self._end = weakref.finalize(self, _remove, handle, self._path)

    def add(self, rows: Sequence[Sequence[str | None]]) -> None:
        """Append rows, each as wide as the columns."""
        if not rows:
            return
        # One JSON text a row, so that the hash does not depend on how the rows were chunked.
        for row in rows:
            self._hash.update(orjson.dumps(tuple(row)))
        cells: list[Any] = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
        self._writer.write_batch(pa.record_batch(cells, schema=self._schema))
        self.rows += len(rows)

    def finish(self) -> str:
        """Close the file for writing; the SHA-256 of columns and rows in hexadecimal."""
        self._writer.close()
        self._sink.close()
        return sha256(orjson.dumps(self._columns) + self._hash.digest()).hexdigest()

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows as frames of text columns with `_row` counted from 1; one empty frame when there are none."""
        done = 0
        with pa.OSFile(str(self._path)) as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                yield _numbered(pl.DataFrame(batch), done)
                done += batch.num_rows
        if not done:
            yield _numbered(pl.DataFrame(schema=dict.fromkeys(self._columns, pl.String)), 0)


def _numbered(frame: pl.DataFrame, done: int) -> pl.DataFrame:
    rows = pl.int_range(done + 1, done + frame.height + 1, eager=True, dtype=pl.Int64)
    return frame.with_columns(rows.alias(ROW))


def _remove(handle: int, path: Path) -> None:
    os.close(handle)
    path.unlink(missing_ok=True)
