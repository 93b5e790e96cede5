"""Rows kept aside until all of their columns are known and all of them can be named by what they hold."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.formats.header import columns_of, missing, missing_columns
from pipelines.formats.reading import ROW
from pipelines.rest.records import Record, table

_CHUNK = 5_000
# What is smaller stays in memory.
_MOST_BYTES = 32 * 1024 * 1024


class RowSpool:
    """Rows of one batch, in a temporary file where they are many; members of objects are columns to a depth.

    `label` and `needs` are for telling what is missing.
    """

    def __init__(self, label: str, needs: frozenset[str], depth: int, cursor: str | None = None) -> None:
        self._file = tempfile.SpooledTemporaryFile(_MOST_BYTES, prefix="faultloop-")  # noqa: SIM115
        self._end = weakref.finalize(self, self._file.close)
        self._label, self._needs, self._depth = label, needs, depth
        self._cursor = cursor
        self._ends: list[str] = []
        self._names: dict[str, None] = {}
        self._held: list[Record] = []
        self._chunks = 0
        self.rows = 0

    def add(self, rows: Sequence[Record]) -> None:
        """Append rows."""
        self.rows += len(rows)
        self._held += rows
        # Chunks of one size, so that what is written, and with it the name, does not depend on the pages.
        while len(self._held) >= _CHUNK:
            self._write(self._held[:_CHUNK])
            del self._held[:_CHUNK]

    def finish(self) -> str:
        """End the batch; the first 16 hexadecimal digits of what it holds."""
        if self._held:
            self._write(self._held)
            self._held = []
        self._file.seek(0)
        digest = hashlib.sha256()
        while block := self._file.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()[:16]

    @property
    def range(self) -> tuple[str, str] | None:
        """The least and the greatest text of the cursor, once the batch is ended."""
        return (min(self._ends), max(self._ends)) if self._ends else None

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows as frames of the same text columns, with `_row` counted from 1; UserError where a needed column is missing."""
        names = list(self._names)
        columns = dict(zip(names, columns_of(names, self._needs), strict=True))
        lacking = missing(columns.values(), self._needs)
        if unknown := [need for need in lacking if self.rows and not self._may_lack(need)]:
            raise missing_columns(self._label, list(columns.values()), unknown)
        all_columns = [*columns.values(), *lacking]
        done = 0
        self._file.seek(0)
        for _ in range(self._chunks):
            with pa.ipc.open_stream(self._file) as reader:
                frame = pl.DataFrame(reader.read_all()).rename(columns, strict=False)
            absent = [pl.lit(None, pl.String).alias(name) for name in all_columns if name not in frame.columns]
            rows = pl.int_range(done + 1, done + frame.height + 1, eager=True, dtype=pl.Int64).alias(ROW)
            yield frame.with_columns(absent).select(all_columns).with_columns(rows)
            done += frame.height
        if not done:
            yield pl.DataFrame(schema=dict.fromkeys(all_columns, pl.String()) | {ROW: pl.Int64()})

    def _may_lack(self, need: str) -> bool:
        """Whether it is a member of an object that is there, without this member or null in all rows."""
        parts = need.split(".")
        wholes = [".".join(parts[:n]) for n in range(1, len(parts))]
        return any(name == whole or name.startswith(f"{whole}.") for whole in wholes for name in self._names)

    def _write(self, rows: Sequence[Record]) -> None:
        laid = table(rows, self._depth)
        self._names |= dict.fromkeys(laid.column_names)
        if self._cursor in laid.column_names:
            ends = pc.min_max(laid[self._cursor]).values()
            self._ends = [end.as_py() for end in ends if end.is_valid] + self._ends
        with pa.ipc.new_stream(self._file, laid.schema) as writer:
            writer.write_table(laid)
        self._chunks += 1
