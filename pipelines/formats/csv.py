"""Delimited text: CSV, TSV and what calls itself so, in any encoding, sound or damaged."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from pipelines.formats.dialect import Layout, layout_of, unescaped
from pipelines.formats.encoding import Blocks, Utf8Text
from pipelines.formats.malformed import AstrayError, QuoteCheck, Row, frame_of, rows_in, rows_of, width_defect
from pipelines.formats.reading import DEFECT, FRAME_ROWS, ROW, Reading, sliced, without_blank_rows

BLOCK_BYTES = 1 << 23
_TAIL_BYTES = 1 << 16


def frames(reading: Reading) -> Iterator[pl.DataFrame]:
    """The rows of a delimited text file as frames of text columns with `_row` and, where needed, `_defect`.

    Fields are as written, quotes taken off; empty ones are null; blank rows are left out. `_row` is the line in the
    file; after a quoted field that spans several lines it counts records instead. A row of another width than the
    header keeps the fields it has (too many: under `column_N`) and its `_defect` says so; the row a file breaks
    off in says "cut off". Raises UserError for a file that cannot be read or lacks needed columns.
    """
    layout = layout_of(reading)
    held: pl.DataFrame | None = None
    table = _Table(reading, layout)
    for frame in table.frames():
        if held is not None:
            yield from sliced(held)
        held = frame
    # Only after the last block is it known how the file ends, so the last frame waits for it.
    last = table.empty() if held is None else table.with_ending(held)
    yield from sliced(last)


class _Table:
    """The part of the file after its header, read once."""

    def __init__(self, reading: Reading, layout: Layout) -> None:
        self._reading = reading
        self._layout = layout
        self._width = len(layout.columns)
        self._text = Utf8Text(reading.path, reading.name, layout.encoding)
        self._tail = b""
        self._bad: list[tuple[int, str]] = []
        # The next record's number, counted from 0, and how many more rows than records there were.
        self._next = 0
        self._surplus = 0

    def empty(self) -> pl.DataFrame:
        """A frame without rows, for a file that has a header only."""
        return frame_of([], [], self._layout.columns).drop(DEFECT)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Frames of sound rows with the rows of wrong width in their places."""
        data = self._data()
        first = next(data, b"")
        if not first:
            return
        try:
            yield from self._by_arrow(self._checked(_chain(first, data)))
        except (AstrayError, pa.ArrowInvalid):
            # A quote that is never closed makes a record larger than a block, or swallows whole rows.
            yield from self._line_by_line()

    def with_ending(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The last frame, with a defect on the row that the file breaks off in."""
        if frame.is_empty() or not self._is_cut(frame):
            return frame
        defect = pl.col(DEFECT) if DEFECT in frame.columns else pl.lit(None, pl.String)
        last = pl.int_range(pl.len()) == pl.len() - 1
        note = width_defect(self._width, self._width, cut=True)
        return frame.with_columns(pl.when(last & defect.is_null()).then(pl.lit(note)).otherwise(defect).alias(DEFECT))

    def _data(self) -> Iterator[bytes]:
        skip = self._layout.offset
        carried = b""
        for text in self._text.blocks():
            block = carried + text[skip:]
            skip -= min(skip, len(text))
            if self._layout.escapes:
                # A backslash at the end of a block belongs to what comes next.
                body = block.rstrip(b"\\")
                block, carried = unescaped(body, self._layout.escapes), block[len(body) :]
            if block:
                self._tail = (self._tail + block[-_TAIL_BYTES:])[-_TAIL_BYTES:]
                yield block
        if carried:
            self._tail += carried
            yield carried

    def _checked(self, data: Iterator[bytes]) -> Iterator[bytes]:
        """The data as long as its quotes are in place."""
        check = QuoteCheck(self._layout.delimiter)
        for block in data:
            check.follow(block)
            yield block
        if check.is_open:
            # Rows after the last quote say that it is a stray one; else the file breaks off inside the field.
            lines = self._tail[self._tail.rfind(b'"') + 1 :].split(b"\n")[1:]
            if any(line.count(self._layout.delimiter.encode()) >= max(1, self._width - 1) for line in lines):
                raise AstrayError

    def _by_arrow(self, data: Iterator[bytes]) -> Iterator[pl.DataFrame]:
        names = [str(position) for position in range(self._width)]
        reader = arrow_csv.open_csv(
            pa.PythonFile(Blocks(data), mode="r"),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=self._put_aside,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
        for batch in reader:
            if batch.num_rows:
                yield self._numbered(pl.DataFrame(batch))
        if self._bad:
            yield self._numbered(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), last=True)

    def _put_aside(self, row: Any) -> str:
        self._bad.append((row.number - 1, row.text))
        return "skip"

    def _numbered(self, sound: pl.DataFrame, *, last: bool = False) -> pl.DataFrame:
        """The sound rows of a block with their row numbers, and the rows put aside that stand before them."""
        sound.columns = self._layout.columns
        aside = np.array([number for number, _ in self._bad], dtype=np.int64)
        free = np.setdiff1d(np.arange(self._next, self._next + sound.height + aside.size), aside)
        numbers = free[: sound.height]
        end = int(numbers[-1]) if numbers.size else self._next
        due = self._bad if last else [bad for bad in self._bad if bad[0] < end]
        self._bad = [] if last else [bad for bad in self._bad if bad[0] >= end]
        wrong, surplus = self._malformed(due)
        before = np.searchsorted(aside[: len(due)], numbers)
        rows = numbers + self._layout.first_row + np.array([self._surplus, *surplus])[before]
        self._next = end + 1
        self._surplus = surplus[-1] if surplus else self._surplus
        frame = sound.with_columns(pl.Series(ROW, rows, dtype=pl.Int64))
        if wrong is not None:
            frame = pl.concat([frame, wrong], how="diagonal").sort(ROW)
        return without_blank_rows(frame, [c for c in frame.columns if c not in {ROW, DEFECT}])

    def _malformed(self, due: list[tuple[int, str]]) -> tuple[pl.DataFrame | None, list[int]]:
        """The rows in the records put aside, and after each record how many more rows than records there were."""
        rows, numbers, surplus, after = [], [], self._surplus, []
        for number, record in due:
            found = rows_of(record, self._layout.delimiter, self._width, cut=self._ends_with(record))
            rows += found
            numbers += [self._layout.first_row + number + surplus + i for i in range(len(found))]
            surplus += len(found) - 1
            after.append(surplus)
        return (frame_of(rows, numbers, self._layout.columns) if rows else None), after

    def _ends_with(self, record: str) -> bool:
        """Whether the file breaks off within this record; false while there is more to come."""
        return self._tail.endswith(record.encode()[-_TAIL_BYTES:]) and not self._text.ends_in_newline

    def _is_cut(self, frame: pl.DataFrame) -> bool:
        """Whether the last row, of full width, breaks off inside a character or inside quotes."""
        if self._text.ends_in_character:
            return True
        value = (frame[self._layout.columns[-1]][-1] or "").replace('"', '""').encode()
        inside = b'"' + value
        if not value:
            return self._tail.endswith((self._layout.delimiter + '"').encode())
        return self._tail.endswith(inside[-_TAIL_BYTES:])

    def _line_by_line(self) -> Iterator[pl.DataFrame]:
        """The rows that are left, the slow way, which a quote never closed does not lead astray."""
        done = self._next + self._surplus
        self._bad = []
        source = io.TextIOWrapper(io.BufferedReader(Blocks(self._data())), encoding="utf-8", newline="")
        kept: list[Row] = []
        first = done
        for number, row in enumerate(rows_in(source, self._layout.delimiter, self._width)):
            if number < done:
                continue
            if len(kept) == FRAME_ROWS:
                yield self._read_slowly(kept, first)
                kept = []
            first = first if kept else number
            kept.append(row)
        if kept and kept[-1].defect and not self._text.ends_in_newline:
            cells = kept[-1].cells
            kept[-1] = Row(cells, width_defect(len(cells), self._width, cut=True))
        if kept:
            yield self._read_slowly(kept, first)

    def _read_slowly(self, rows: list[Row], first: int) -> pl.DataFrame:
        start = self._layout.first_row + first
        frame = frame_of(rows, list(range(start, start + len(rows))), self._layout.columns)
        if frame[DEFECT].null_count() == frame.height:
            frame = frame.drop(DEFECT)
        return without_blank_rows(frame, [c for c in frame.columns if c not in {ROW, DEFECT}])


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
