"""Tables on a sheet: where each begins and ends, and its rows under its own names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl

from pipelines.formats.header import HEAD_ROWS, Cells, Header, Region, find_header, tidy
from pipelines.formats.reading import ROW, Reading, blank_rows

# The title of a further table and its header are looked for in so many rows after a blank one.
_TITLE_ROWS = 4
# After so many blank rows with nothing but more rows behind, the rest is of the same table.
_MOST_LOOKS = 500


@dataclass(frozen=True)
class Table:
    """A table: its header and its rows, from `start` up to `end`, counted from 0."""

    header: Header
    start: int
    end: int

    def rows(self, cells: pl.DataFrame) -> pl.DataFrame:
        """The rows with the header's names and `_row`, without those that repeat the header."""
        rows = cells.slice(self.start, self.end - self.start)
        numbers = pl.int_range(self.start + 1, self.start + rows.height + 1, eager=True, dtype=pl.Int64)
        kept = [
            c for c, t in zip(rows.columns, self.header.titles, strict=True) if t or rows[c].null_count() < rows.height
        ]
        named = {c: self.header.columns[int(c)] for c in kept}
        again = self._repeats(rows, cells.row(self.header.index))
        rows = rows.select(kept).rename(named).with_columns(numbers.alias(ROW))
        return rows if again is None else rows.filter(~again)

    def _repeats(self, rows: pl.DataFrame, header: Cells) -> pl.Series | None:
        """Which rows are the header over again, as at the top of each printed page; None where none is."""
        filled = [(str(i), text) for i, text in enumerate(header) if tidy(text)]
        if len(filled) < 2 or not (rows[filled[0][0]] == filled[0][1]).any():
            return None
        return rows.select(
            pl.all_horizontal(pl.col(c) == text for c, text in filled).fill_null(value=False)
        ).to_series()


def tables(cells: pl.DataFrame, merged: Sequence[Region], reading: Reading) -> Iterator[Table]:
    """The tables of a sheet, one under another.

    The first has its header near the top; a further one, after a blank row, has all needed columns in its header, or a
    title of its own. One with a title and other columns ends the table above it.
    """
    head = cells.head(max(HEAD_ROWS, reading.header_row or 0)).rows()
    header = find_header(head, reading.needs, reading.header_row, merged)
    if header is None:
        return
    start = header.index + 1
    for blank, begin in _breaks(cells, start) if reading.header_row is None else ():
        if begin < start:  # a title's own blank row
            continue
        below = [(top - begin, left, bottom - begin, right) for top, left, bottom, right in merged]
        if further := _further(cells.slice(begin, _TITLE_ROWS).rows(), below, reading):
            yield Table(header, start, blank)
            header = replace(further, index=begin + further.index)
            start = header.index + 1
    yield Table(header, start, cells.height)


def _breaks(cells: pl.DataFrame, start: int) -> Iterator[tuple[int, int]]:
    """Where blank rows begin, and where what follows them does."""
    blank = (blank_rows(cells.slice(start), cells.columns) + start).to_list()
    first = blank[0] if blank else 0
    looks = 0
    for at, after in pairwise([*blank, cells.height] if blank else []):
        if after != at + 1 and at + 1 < cells.height and looks < _MOST_LOOKS:
            yield first, at + 1
            looks += 1
        first = first if after == at + 1 else after


def _further(window: Sequence[Cells], merged: Sequence[Region], reading: Reading) -> Header | None:
    """The header of another table, if one begins in these rows: in the first, or under a title."""
    filled = [[name for cell in row if (name := tidy(cell))] for row in window]
    title = next((i for i, names in enumerate(filled) if len(set(names)) > 1), len(filled))
    if reading.needs:
        header = find_header(window, reading.needs, merged=merged)
        if header and not header.missing(reading.needs) and header.index - header.levels < title:
            return header
    if not 0 < title < len(filled) or not _is_words(filled[0]):
        return None
    names = filled[title]
    return (
        find_header(window, reading.needs, title + 1, merged)
        if _is_words(names) and len(set(names)) == len(names)
        else None
    )


def _is_words(names: list[str]) -> bool:
    """Whether these could be names of columns: words without a digit."""
    return all(any(c.isalpha() for c in name) and not any(c.isdigit() for c in name) for name in names)
