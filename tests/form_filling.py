"""Filling a form as Excel would: cells are written into the sheet's XML, the rest of the workbook stays as it is."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from xlsxwriter.utility import xl_col_to_name

from bilingual.text import Language
from pipelines.templates import NO, YES
from warehouse.entities import Code, Field

_FIRST_EMPTY = 5
_SHEET = "xl/worksheets/sheet1.xml"


def fill(form: Path, rows: Sequence[Mapping[int, Any]], into: Path, *, over_example: bool = False) -> Path:
    """Write rows of values by column number below the example, or over it."""
    first = _FIRST_EMPTY - 1 if over_example else _FIRST_EMPTY
    with zipfile.ZipFile(form) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename == _SHEET:
                sheet = content.decode()
                styles = re.findall(r'<col [^>]*style="(\d+)"', sheet)
                cells = "".join(
                    f'<row r="{n}">'
                    + "".join(_cell(_at(c, n), styles[c], v) for c, v in sorted(row.items()))
                    + "</row>"
                    for n, row in enumerate(rows, start=first)
                )
                if over_example:
                    sheet = re.sub(rf'<row r="{first}".*?</row>', "", sheet)
                content = sheet.replace("</sheetData>", cells + "</sheetData>").encode()
            new.writestr(item, content)
    return into


def as_typed(field: Field, value: Any, codes: Mapping[str, Sequence[Code]], language: Language) -> Any:
    """What a person puts into the cell for a value of the warehouse: names of codes, yes and no."""
    if field.type == "boolean":
        return (YES if value else NO)[language]
    if field.codes:
        return next(c.label[language] for c in codes[field.codes] if c.code == value)
    return value


def _at(column: int, row: int) -> str:
    return f"{xl_col_to_name(column)}{row}"


def _cell(at: str, style: str, value: Any) -> str:
    if isinstance(value, str):
        return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{at}" s="{style}"><v>{_serial(value)}</v></c>'


def _serial(value: Any) -> str:
    if isinstance(value, dt.datetime):
        days = value - dt.datetime(1899, 12, 30)
        return repr(days / dt.timedelta(days=1))
    if isinstance(value, dt.date):
        return str((value - dt.date(1899, 12, 30)).days)
    if isinstance(value, dt.time):
        return repr((value.hour * 3600 + value.minute * 60 + value.second) / 86400)
    return repr(value)
