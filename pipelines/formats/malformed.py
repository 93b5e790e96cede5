"""Rows of a delimited file that are not as wide as its header, and quotes that are never closed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.formats.header import columns_of
from pipelines.formats.reading import DEFECT, ROW

# A quote open for longer than this many lines is taken for a stray one.
_LONGEST_FIELD = 200


_QUOTE = 0x22


class AstrayError(Exception):
    """Quotes that do not stand where fields begin and end, so that a fast reader may merge rows without a word."""


class QuoteCheck:
    """Follows the quotes of a text block by block.

    Quotes open and close in turns; each opens after a delimiter or a line end and closes before one (two in a row
    are one that is meant). Anything else is a stray quote, or an inch mark, and worth reading line by line.
    """

    def __init__(self, delimiter: str) -> None:
        self._edges = np.frombuffer(b'\r\n"' + delimiter.encode(), np.uint8)
        self._before = b"\n"
        self.is_open = False

    def follow(self, block: bytes) -> None:
        """Look at the next block; AstrayError for a quote out of place."""
        if not block:
            return
        if _QUOTE in block or self._before == b'"':
            text = np.frombuffer(self._before + block, np.uint8)
            quotes = np.flatnonzero(text == _QUOTE)
            # The block's first byte shows what comes after a quote that ended the block before.
            fresh = quotes[quotes > 0]
            turn = (np.arange(fresh.size) + self.is_open) % 2
            opening, closing = fresh[turn == 0], fresh[turn == 1]
            if quotes.size > fresh.size and not self.is_open:
                closing = np.append(closing, 0)
            after = text[closing[closing + 1 < text.size] + 1]
            if not (np.isin(text[opening - 1], self._edges).all() and np.isin(after, self._edges).all()):
                raise AstrayError
            self.is_open ^= bool(fresh.size % 2)
        self._before = block[-1:]


@dataclass(frozen=True)
class Row:
    """One row as far as it can be read, and what is wrong with it; None for a sound row."""

    cells: list[str]
    defect: str | None


def width_defect(count: int, width: int, *, cut: bool = False) -> str:
    """What is said of a row of `count` fields under a header of `width`."""
    return f"{'cut off: ' if cut else ''}{count} of {width} columns"


def rows_of(record: str, delimiter: str, width: int, *, cut: bool = False) -> list[Row]:
    """The rows in the text of a record whose width was found wrong.

    That is one row, unless a quote that is never closed has swallowed the lines after it: then those lines are
    rows of their own again. `cut` says that the file ends within this record.
    """
    lines = list(io.StringIO(record, newline=""))
    if len(lines) > 1:
        apart = list(rows_in(lines, delimiter, width))
        if cut and apart[-1].defect:
            apart[-1] = Row(apart[-1].cells, width_defect(len(apart[-1].cells), width, cut=True))
        if any(row.defect is None for row in apart) or not _closed(lines, delimiter):
            return apart
    return [_row(_cells(lines, delimiter), width, cut=cut)]


def rows_in(lines: Iterable[str], delimiter: str, width: int) -> Iterator[Row]:
    """The rows in physical lines, one by one: slow, and not led astray by a quote that is never closed."""
    source = iter(lines)
    waiting: list[str] = []
    while True:
        line = waiting.pop(0) if waiting else next(source, None)
        if line is None:
            return
        taken = [line]
        while (cells := _strict(taken, delimiter)) is None and len(taken) < _LONGEST_FIELD:
            more = waiting.pop(0) if waiting else next(source, None)
            if more is None:
                break
            taken.append(more)
        if cells is None or (len(taken) > 1 and len(cells) != width):
            waiting[:0] = taken[1:]
            alone = _cells([line], delimiter)
            yield Row(alone, f"quote not closed: {width_defect(len(alone), width)}")
        else:
            yield _row(cells, width)


def _row(cells: list[str], width: int, *, cut: bool = False) -> Row:
    if len(cells) > width and not any(cells[width:]):
        # A delimiter too many at the end of the line says nothing.
        return Row(cells[:width], None)
    sound = len(cells) == width or not cells
    return Row(cells, None if sound else width_defect(len(cells), width, cut=cut))


def _closed(lines: list[str], delimiter: str) -> bool:
    return _strict(lines, delimiter) is not None


def _strict(lines: list[str], delimiter: str) -> list[str] | None:
    """The fields of one record; None when the lines end inside quotes, or text follows a closing quote."""
    try:
        records = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def _cells(lines: list[str], delimiter: str) -> list[str]:
    cells = next(csv.reader(lines, delimiter=delimiter), [])
    return [*cells[:-1], cells[-1].rstrip("\r\n")] if cells else []


def frame_of(rows: list[Row], numbers: list[int], columns: list[str]) -> pl.DataFrame:
    """The rows as a frame: missing fields null, fields too many under `column_N`, and `_defect`."""
    widest = max([len(columns), *(len(row.cells) for row in rows)])
    names = columns_of([*columns, *[None] * (widest - len(columns))])
    names[: len(columns)] = columns
    values = [[*(cell or None for cell in row.cells), *[None] * (widest - len(row.cells))] for row in rows]
    frame = pl.DataFrame(values, schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(
        pl.Series(ROW, numbers, dtype=pl.Int64),
        pl.Series(DEFECT, [row.defect for row in rows], dtype=pl.String),
    )
