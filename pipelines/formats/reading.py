"""What a format is asked to read, and the shape of what it gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

FRAME_ROWS = 200_000

ROW = "_row"
FILE = "_file"
DEFECT = "_defect"
RESERVED = frozenset({"_source", "_stream", "_batch", FILE, ROW, DEFECT, "_extracted_at"})


@dataclass(frozen=True)
class Reading:
    """One file to read: `name` is what people are told it is called, `needs` are the columns the mapping reads.

    The rest are the stream's options: `header_row` is 1-based, `sheet` a glob on sheet names, `layout` is "table" or
    "form" where it is not to be found out, `skip_hidden` leaves hidden sheets and rows out.
    """

    path: Path
    name: str
    needs: frozenset[str]
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    layout: str | None = None
    skip_hidden: bool = False


def sliced(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The frame in pieces of at most FRAME_ROWS rows; an empty frame is one piece, so that its columns are known."""
    if frame.height <= FRAME_ROWS:
        yield frame
    else:
        yield from frame.iter_slices(FRAME_ROWS)


def blank_rows(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """The indexes of the rows in which every one of the columns is null or only spaces."""
    # Column after column looks only at the rows still blank, so a sound frame costs one look at its first column.
    blank = pl.int_range(frame.height, eager=True)
    for column in columns:
        if blank.is_empty():
            break
        values = frame[column] if blank.len() == frame.height else frame[column].gather(blank)
        blank = blank.filter(values.str.strip_chars().fill_null("") == "")
    return blank


def without_blank_rows(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The frame without the rows in which every one of the columns is null or only spaces."""
    if not columns or frame.is_empty():
        return frame
    blank = blank_rows(frame, columns)
    if blank.is_empty():
        return frame
    keep = pl.Series(values=[True]).new_from_index(0, frame.height).scatter(blank, False)
    return frame.filter(keep)
