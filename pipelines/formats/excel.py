"""Workbooks: .xlsx, .xls and their relatives, every sheet that has the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

import fastexcel
import polars as pl

from bilingual.errors import UserError
from pipelines.formats.header import HEAD_ROWS, Header, find_header, missing_columns, tidy
from pipelines.formats.reading import FILE, ROW, Reading, sliced, without_blank_rows
from pipelines.formats.values import shortest

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MIDNIGHT = " 00:00:00"
# What calamine makes of a time of day, or of a duration below a day.
_DAY_ZERO = "1899-12-31 "
# The reader writes numbers with at most nine decimals.
_DECIMALS = 9


def frames(reading: Reading) -> Iterator[pl.DataFrame]:
    """The rows of a workbook's sheets as frames of text columns with `_row`, the sheet's row, and `_file`.

    A sheet is read when it holds all needed columns. It is passed over when it holds none of them, or fewer than
    half while another sheet holds all (a cover, a list of terms); otherwise the missing columns are an error.
    Numbers and dates become their shortest text. Raises UserError too for a workbook that is damaged, protected
    or without such a sheet.
    """
    sheets = _Workbook(reading)
    poor: UserError | None = None
    delivered = False
    for sheet, table in sheets.tables():
        header = find_header(_head(table, reading), reading.needs, reading.header_row)
        if header is None:
            continue
        lacking = header.missing(reading.needs)
        if lacking:
            found = len(reading.needs) - len(lacking)
            error = missing_columns(f"{reading.name}#{sheet}", header.columns, lacking)
            if 2 * found >= len(reading.needs):
                raise error
            poor = poor or error
            continue
        delivered = True
        rows = sheets.exact(sheet, table, header)
        yield from sliced(_finished(rows, f"{reading.name}#{sheet}"))
    if not delivered:
        raise poor or UserError(
            en="{name}: no sheet has a table in it; export it again or remove the file.",
            zh="{name}：没有任何工作表包含数据表；请重新导出或删除该文件。",
            name=reading.name,
        )


class _Workbook:
    """An open workbook whose sheets are read as text."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        try:
            self._reader = fastexcel.read_excel(reading.path)
        except BaseException as error:
            raise self._unreadable(error) from None

    def tables(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Each wanted sheet with its cells as text, from its first row on, columns numbered from 0."""
        names = self._reader.sheet_names
        wanted = [name for name in names if fnmatchcase(name, self._reading.sheet or "*")]
        if not wanted:
            raise UserError(
                en="{file}: there is no sheet “{sheet}” (found {found}); correct `sheet` in the stream's options.",
                zh="{file}：没有工作表“{sheet}”（找到的是{found}）；请更正流选项中的 `sheet`。",
                file=self._reading.name,
                sheet=self._reading.sheet,
                found=", ".join(f"“{name}”" for name in names) or "—",
            )
        for name in wanted:
            table = self._load(name, "string")
            if table is not None and table.width:
                yield name, table.rename({c: str(i) for i, c in enumerate(table.columns)})

    def exact(self, sheet: str, table: pl.DataFrame, header: Header) -> pl.DataFrame:
        """The rows under the header with its names and `_row`; values that the reader rounded are read again."""
        rows = table.slice(header.index + 1)
        rounded = [column for column in rows.columns if _is_rounded(rows[column])]
        if rounded:
            again = self._load(sheet, "float")
            if again is not None:
                again = again.slice(header.index + 1)
                rows = rows.with_columns(_reread(rows[column], again[:, int(column)]) for column in rounded)
        named = [tidy(value) for value in table.row(header.index)]
        kept = [c for c, name in zip(rows.columns, named, strict=True) if name or rows[c].null_count() < rows.height]
        columns = {c: header.columns[int(c)] for c in kept}
        numbers = pl.int_range(header.index + 2, header.index + 2 + rows.height, eager=True, dtype=pl.Int64)
        return rows.select(kept).rename(columns).with_columns(numbers.alias(ROW))

    def _load(self, sheet: str, kind: Literal["string", "float"]) -> pl.DataFrame | None:
        try:
            # Without `skip_rows` blank rows at the top would be left out and rows be misnumbered.
            loaded = self._reader.load_sheet(
                sheet,
                header_row=None,
                skip_rows=0,
                dtypes=kind,
                skip_whitespace_tail_rows=True,
            )
            return pl.DataFrame(loaded)
        except BaseException as error:
            if "not a valid worksheet" in str(error):  # a sheet that is a chart
                return None
            raise self._unreadable(error) from None

    def _unreadable(self, error: BaseException) -> BaseException:
        # calamine panics on some damaged files, and a panic is no Exception.
        if not isinstance(error, fastexcel.FastExcelError) and type(error).__name__ != "PanicException":
            return error
        content = self._reading.path.read_bytes()
        if content.startswith(_OLE) and _ENCRYPTED in content:
            return UserError(
                en="{name}: the workbook is protected by a password; save it without one.",
                zh="{name}：工作簿设有密码；请取消密码后重新保存。",
                name=self._reading.name,
            )
        return UserError(
            en="{name}: the workbook is damaged or was cut off on its way ({reason}); copy it anew or save it again in "
            "Excel.",
            zh="{name}：工作簿已损坏或传输不完整（{reason}）；请重新复制，或在 Excel 中重新保存。",
            name=self._reading.name,
            reason=str(error).partition("\n")[0][:200],
        )


def _head(table: pl.DataFrame, reading: Reading) -> list[tuple[str | None, ...]]:
    return table.head(max(HEAD_ROWS, reading.header_row or 0)).rows()


def _is_rounded(column: pl.Series) -> bool:
    # The cheap look first: a point before the last nine characters.
    suspects = column.filter(column.str.tail(_DECIMALS + 1).str.head(1) == ".")
    return bool(suspects.str.contains(r"^-?\d+\.\d{9}$").any())


def _reread(text: pl.Series, number: pl.Series) -> pl.Series:
    pair = pl.DataFrame({"text": text, "number": number})
    is_number = pl.col("text").str.contains(r"^-?\d+\.\d{9}$") & pl.col("number").is_not_null()
    exact = shortest("number")
    return pair.select(pl.when(is_number).then(exact).otherwise("text").alias(text.name)).to_series()


def _finished(rows: pl.DataFrame, file: str) -> pl.DataFrame:
    columns = [column for column in rows.columns if column != ROW]
    rows = without_blank_rows(rows, columns)
    rows = rows.with_columns(_dated(rows[column]) for column in columns)
    return rows.with_columns(pl.lit(file).alias(FILE))


def _dated(column: pl.Series) -> pl.Series:
    """The column with days without a time, times without a day, durations in hours, and "" as null."""
    if (column == "").any():
        column = column.replace("", None)
    if column.str.starts_with(_DAY_ZERO).any():
        return _timed(column)
    if column.str.ends_with(_MIDNIGHT).any():
        return column.str.replace(rf"^(\d{{4}}-\d\d-\d\d){_MIDNIGHT}$", "$1")
    return column


def _timed(column: pl.Series) -> pl.Series:
    """A column that holds times of day; days in 1900 beside them are what durations over a day look like."""
    pattern = r"^(1899-12-31|1900-0[1-3]-\d\d) (\d+):(\d\d:\d\d)(\.\d+)?$"
    days = column.str.extract(pattern, 1).str.to_date("%Y-%m-%d", strict=False)
    past = (days - date(1899, 12, 31)).dt.total_days()
    hours = column.str.extract(pattern, 2).cast(pl.Int64) + 24 * past
    rest = column.str.extract(pattern, 3)
    frame = pl.DataFrame({"text": column, "hours": hours, "rest": rest})
    text = pl.col("hours").cast(pl.String).str.zfill(2) + ":" + pl.col("rest")
    plain = pl.col("text").str.replace(rf"^(\d{{4}}-\d\d-\d\d){_MIDNIGHT}$", "$1")
    return frame.select(pl.coalesce(text, plain).alias(column.name)).to_series()
