"""What forms of administration send beside plain fields: the version they were made from, and whole tables."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import fastexcel
from flask import request

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.base import MOST_ROWS, Kind, Row

# Of a table, and of the form around it.
_MOST_BYTES = 10_000_000
MOST_BYTES = _MOST_BYTES + 1_000_000
# A small file can hold a workbook that fills the memory.
_MOST_UNPACKED = 100_000_000
_DELIMITERS = "\t;,"
_MIDNIGHT = " 00:00:00"
# Our own files keep a spreadsheet from taking a text for a formula by this mark.
_FORMULA = re.compile(r"^'(?=[=+\-@\t\r])")


def version() -> int:
    """The version that a form was made from. UserError where it does not say."""
    given = request.form.get("version", "")
    if not given.isdecimal() or len(given) > 15:
        raise UserError(
            en="The form does not say which version it is of; open the page again.",
            zh="表单未注明版本；请重新打开页面。",
        )
    return int(given)


def table(kind: Kind) -> list[Row]:
    """The rows of the table that a form brings, as a file (CSV or XLSX) or pasted. UserError for what is none."""
    content = _content()
    if not content.strip():
        raise UserError(en="Choose a file, or paste a table.", zh="请选择文件，或粘贴表格。")
    if len(content) > _MOST_BYTES:
        raise UserError(
            en="The table is larger than 10 MB; send it in parts, or as XLSX, which is smaller.",
            zh="表格超过 10 MB；请分批导入，或使用更小的 XLSX。",
        )
    is_workbook = content.startswith(b"PK")
    return _rows(kind, _of_workbook(content) if is_workbook else _of_text(content))


def _content() -> bytes:
    """The bytes of the file that was chosen, else what was pasted; a little more of what is too long."""
    file = request.files.get("file")
    if file is None:
        return request.form.get("table", "").encode()
    with file.stream:
        return file.stream.read(_MOST_BYTES + 1) if file.filename else request.form.get("table", "").encode()


def _of_workbook(content: bytes) -> list[list[str]]:
    """The cells of the first sheet, as texts."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > _MOST_UNPACKED:
                raise _unreadable()
        sheet = fastexcel.read_excel(content).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
        columns = [column.to_pylist() for column in sheet.to_arrow().columns]
    except UserError:
        raise
    except BaseException as error:
        # calamine panics on some damaged files, and a panic is no Exception.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _unreadable() from error
        raise
    return [[(cell or "").strip().removesuffix(_MIDNIGHT) for cell in cells] for cells in zip(*columns, strict=True)]


def _unreadable() -> UserError:
    return UserError(
        en="This is no workbook that can be read; save it as XLSX without a password, or as CSV.",
        zh="无法读取此工作簿；请另存为未加密的 XLSX 或 CSV。",
    )


def _of_text(content: bytes) -> list[list[str]]:
    """The cells of CSV, or of what was copied from a workbook; in UTF-8, or as Excel writes Chinese."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UserError(
            en="This is no text; save the table as CSV in UTF-8.", zh="不是文本；请将表格另存为 UTF-8 CSV。"
        )
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        read = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter, strict=True)
        return [[_FORMULA.sub("", cell.strip()) for cell in cells] for cells in read]
    except csv.Error as error:
        raise UserError(
            en="The table cannot be read ({error}); look for a quotation mark that is not closed.",
            zh="无法读取表格（{error}）；请检查未闭合的引号。",
            error=error,
        ) from error


def _rows(kind: Kind, lines: list[list[str]]) -> list[Row]:
    """Rows by column, under the names in the first line: those of the columns, or their words in either language."""
    names = {word.casefold(): name for name, text in kind.columns.items() for word in (name, text.en, text.zh)}
    head, *body = lines or [[]]
    columns = [names.get(cell.casefold()) for cell in head]
    for cell, name in zip(head, columns, strict=True):
        if cell and name is None:
            raise UserError(
                en="Row 1: “{cell}” is no column; there are {columns}.",
                zh="第 1 行：没有列“{cell}”；可用的列为 {columns}。",
                cell=cell[:60],
                columns=_named(kind),
            )
        if name is not None and columns.count(name) > 1:
            raise UserError(en="Row 1: the column “{cell}” is there twice.", zh="第 1 行：列“{cell}”重复。", cell=cell)
    for name in (kind.key, "en", "zh"):
        if name not in columns:
            raise UserError(
                en="Row 1: the column “{name}” is missing; the first row names the columns ({columns}).",
                zh="第 1 行：缺少列“{name}”；首行须为列名（{columns}）。",
                name=name,
                columns=_named(kind),
            )
    if len(body) > MOST_ROWS:
        raise UserError(
            en="There are more than {n} rows; send it in parts.", zh="超过 {n} 行；请分批导入。", n=MOST_ROWS
        )
    found = []
    for at, cells in enumerate(body, 2):
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            raise UserError(
                en="Row {at} has more cells than there are columns; put a cell with a comma into quotation marks.",
                zh="第 {at} 行的单元格多于列数；含逗号的单元格请加引号。",
                at=at,
            )
        if any(cells):
            full = [*cells, *[""] * (len(columns) - len(cells))]
            found.append(Row({name: cell for name, cell in zip(columns, full, strict=False) if name}, at))
    return found


def _named(kind: Kind) -> Text:
    names = ", ".join(kind.columns)
    return Text(en=names, zh=names)
