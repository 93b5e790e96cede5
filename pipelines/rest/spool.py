"""Rows kept aside until all of their columns are known and all of them can be named by what they hold."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import polars as pl

from pipelines.formats.header import columns_of, missing, missing_columns
from pipelines.formats.reading import ROW
from pipelines.past import GONE
from pipelines.rest.records import Record, table

# Rows laid out at a time, while they are in the processor's cache; and those of a frame.
_CHUNK, _FRAME = 1_000, 5_000
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
        self._sizes: list[int] = []
        self._digest = hashlib.sha256()
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
        return self._digest.hexdigest()[:16]

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
        for frame in self._chunks_of(columns):
            absent = [pl.lit(None, pl.String).alias(name) for name in all_columns if name not in frame.columns]
            rows = pl.int_range(done + 1, done + frame.height + 1, eager=True, dtype=pl.Int64).alias(ROW)
            yield frame.with_columns(absent).select(all_columns).with_columns(rows)
            done += frame.height
        if not done:
            yield pl.DataFrame(schema=dict.fromkeys(all_columns, pl.String()) | {ROW: pl.Int64()})

    def _chunks_of(self, columns: Mapping[str, str]) -> Iterator[pl.DataFrame]:
        """What was laid out, several chunks as one frame, its columns named."""
        self._file.seek(0)
        sizes = iter(self._sizes)
        while some := [pl.read_ipc_stream(self._file.read(size)) for size in islice(sizes, _FRAME // _CHUNK)]:
            yield pl.concat(some, how="diagonal").rename(columns, strict=False)

    def _may_lack(self, need: str) -> bool:
        """Whether it is ours, or a member of an object that is there, without this member or null in all rows."""
        if need == GONE:
            return True
        parts = need.split(".")
        wholes = [".".join(parts[:n]) for n in range(1, len(parts))]
        return any(name == whole or name.startswith(f"{whole}.") for whole in wholes for name in self._names)

    def _write(self, rows: Sequence[Record]) -> None:
        laid = table(rows, self._depth)
        self._names |= dict.fromkeys(laid.columns)
        if self._cursor in laid.columns:
            ends = laid[self._cursor]
            self._ends += [end for end in (ends.min(), ends.max()) if isinstance(end, str)]
        chunk = laid.write_ipc_stream(None).getbuffer()
        self._digest.update(chunk)
        self._sizes.append(self._file.write(chunk))
