"""A large sheet read as its cells are kept: columns of one type are made text here, which is quicker and exact."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from typing import Any

import fastexcel
import polars as pl

from pipelines.formats.header import columns_of
from pipelines.formats.reading import Reading
from pipelines.formats.standins import lacking
from pipelines.formats.values import elapsed, shortest

# It says which columns are empty.
logging.getLogger("fastexcel").setLevel(logging.ERROR)
_NUMBERED = re.compile(r"_\d+$")
_SECONDS = "%Y-%m-%d %H:%M:%S"
# Before this a cell in the format of a date is a time of day, or hours.
_FIRST_DATE = datetime(1930, 1, 1)


def load(reader: Any, name: str, reading: Reading) -> tuple[pl.DataFrame, list[Any], list[int], Any] | None:
    """A sheet's cells as text from its first filled row on, its errors, the columns that are yet to be looked at, and the sheet.

    None where its first filled row is not the header that is needed: then it has to be read otherwise.
    """
    if not reading.needs or reading.header_row is not None or reading.layout == "form":
        return None
    try:
        sheet = reader.load_sheet(name, header_row=0, schema_sample_rows=None, skip_whitespace_tail_rows=True)
        batch, errors = sheet.to_arrow_with_errors()
    except fastexcel.UnsupportedColumnTypeCombinationError:
        return None
    titles = [c.name if c.column_name_from == "looked_up" else None for c in sheet.selected_columns]
    # A name met twice has got a number, and cannot be told from one that was written so.
    if lacking(reading.needs, columns_of(titles, reading.needs)) or any(_NUMBERED.search(t or "") for t in titles):
        return None
    rows = pl.DataFrame(pl.from_arrow(batch))
    rows.columns = [str(i) for i in range(rows.width)]
    mixed = [i for i, column in enumerate(rows) if column.dtype == pl.String or _has_times(column)]
    header = pl.DataFrame([titles], schema=dict.fromkeys(rows.columns, pl.String), orient="row")
    cells = pl.concat([header, rows.select(_text(rows[c]).alias(c) for c in rows.columns)], rechunk=False)
    return cells, errors.errors if errors else [], mixed, sheet


def _has_times(column: pl.Series) -> bool:
    """Whether it is of dates some of which are times of day, or hours, by themselves."""
    first = column.min() if isinstance(column.dtype, pl.Datetime) else None
    return isinstance(first, datetime) and first < _FIRST_DATE


def _text(column: pl.Series) -> pl.Series:
    kind, value = column.dtype, pl.col(column.name)
    if kind == pl.String:
        return column
    if kind.is_float():
        text = shortest(value)
    elif isinstance(kind, pl.Duration):
        text = elapsed(column.name)
    elif isinstance(kind, pl.Datetime):
        has_fraction = (column.dt.millisecond() != 0).any()
        text = (
            value.dt.to_string(f"{_SECONDS}%.3f").str.strip_suffix(".000")
            if has_fraction
            else value.dt.to_string(_SECONDS)
        )
        if not _has_times(column):
            text = text.str.strip_suffix(" 00:00:00")
    else:
        text = value.cast(pl.String)
    return column.to_frame().select(text).to_series()
