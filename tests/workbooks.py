"""Workbooks as tests write them, and what is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
import xlwt

from pipelines.formats.reading import Reading
from pipelines.formats.recognise import frames

FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", clock: "hh:mm:ss", timedelta: "[h]:mm:ss"}
Rows = Sequence[Sequence[Any]]


def book(path: Path, sheets: dict[str, Rows], *, at: tuple[int, int] = (0, 0), **about: Any) -> Path:
    """An .xlsx of sheets; `merged` is a list of A1 ranges, `hidden` one of 0-based rows, of every sheet."""
    with xlsxwriter.Workbook(path) as workbook:
        formats = {kind: workbook.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for place in about.get("merged", ()):
                sheet.merge_range(place, None)
            for r, row in enumerate(rows, start=at[0]):
                for c, value in enumerate(row, start=at[1]):
                    if value is not None:
                        sheet.write(r, c, value, formats.get(type(value)))
            for row in about.get("hidden", ()):
                sheet.set_row(row, None, None, {"hidden": True})
    return path


def old_book(path: Path, sheets: dict[str, Rows], *, at: tuple[int, int] = (0, 0)) -> Path:
    """The same as an .xls of the nineties."""
    workbook = xlwt.Workbook(encoding="utf-8")
    formats = {kind: xlwt.easyxf(num_format_str=text) for kind, text in FORMATS.items()}
    for name, rows in sheets.items():
        sheet = workbook.add_sheet(name)
        for r, row in enumerate(rows, start=at[0]):
            for c, value in enumerate(row, start=at[1]):
                if isinstance(value, timedelta):
                    sheet.write(r, c, value / timedelta(days=1), formats[timedelta])
                elif value is not None:
                    sheet.write(r, c, value, formats.get(type(value), xlwt.Style.default_style))
    workbook.save(str(path))
    return path


def read(path: Path, *needs: str, **options: Any) -> pl.DataFrame:
    """All that is read of a file."""
    return pl.concat(frames(Reading(path, path.name, frozenset(needs), **options)), how="diagonal")
