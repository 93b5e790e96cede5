"""Workbooks of any age, sheet by sheet: every cell as text, as exact as it was kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from io import BytesIO
from typing import Any, Literal

import fastexcel
import polars as pl
import python_calamine

from bilingual.errors import UserError
from pipelines.formats import typed
from pipelines.formats.header import Region
from pipelines.formats.oldbook import check_old
from pipelines.formats.reading import Reading, blank_rows
from pipelines.formats.sheetxml import DamagedError, Marks, Parts
from pipelines.formats.values import shortest

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_OLD, _NEW = {".xls"}, {".xlsx", ".xlsm", ".xlsb", ".ods"}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# The reader writes numbers with at most nine decimals. To look at the end alone is cheaper.
_ROUNDED_END = r"\.\d{9}$"
_ROUNDED = r"^-?\d+\.\d{9}$"
# What calamine makes of a duration of a day or more: a date that no service record has.
_LONG_AGO = r"^19[0-2]\d-"
_MIDNIGHT = " 00:00:00"
# What calamine makes of a time of day, or of a duration below a day.
_DAY_ZERO = "1899-12-31 "
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
# In the place of a value that nobody has worked out yet: what wrote the file is no spreadsheet program.
NOT_CALCULATED = "#NOT CALCULATED"
_ERROR = re.compile(r"but got 'Error\((\w+)\)'")
_ISO_TIME = re.compile(r'DurationIso\("PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?"\)')
_ELAPSED = re.compile(r"value: (-?[\d.e+-]+), datetime_type: TimeDelta")


@dataclass(frozen=True)
class Sheet:
    """One sheet: its cells as text from its first row on, in columns “0”, “1”, …; where cells are merged, and rows hidden."""

    name: str
    cells: pl.DataFrame
    merged: Sequence[Region]
    hidden: Sequence[int]

    def filled_down(self) -> pl.DataFrame:
        """The cells, with what stands in merged ones in all of their rows but those that have nothing else."""
        down = [(top, left, bottom) for top, left, bottom, _ in self.merged if bottom > top and left < self.cells.width]
        if not down:
            return self.cells
        blank = set(blank_rows(self.cells, self.cells.columns))
        return _with(
            self.cells,
            (
                (row, left, self.cells[top, left])
                for top, left, bottom in down
                if top < self.cells.height
                for row in range(top + 1, min(bottom + 1, self.cells.height))
                if row not in blank
            ),
        )


class Workbook:
    """An open workbook. Raises UserError for one that is damaged, protected, or too large to hold."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        with reading.path.open("rb") as file:
            start = file.read(len(_OLE))
        self._is_old = start.startswith(_OLE)
        try:
            self._parts = Parts(reading.path, reading.name) if start.startswith(_ZIP) else None
            if self._is_old:
                check_old(reading.path)
            self._sheet_parts: dict[str, str] = {}
            if self._parts:
                self._parts.read_through()
                self._sheet_parts = self._parts.sheets()
            # By its name the reader takes a file for what it is not: a new workbook is often called .xls.
            is_named_so = reading.path.suffix.lower() in (_OLD if self._is_old else _NEW)
            self._reader = fastexcel.read_excel(reading.path if is_named_so else reading.path.read_bytes())
        except BaseException as error:
            raise self._unreadable(error) from None
        names = self._reader.sheet_names
        self.names = [name for name in names if fnmatchcase(name, reading.sheet or "*")]
        if not self.names:
            raise UserError(
                en="{file}: there is no sheet “{sheet}” (found {found}); correct `sheet` in the stream's options.",
                zh="{file}：没有工作表“{sheet}”（找到的是{found}）；请更正流选项中的 `sheet`。",
                file=reading.name,
                sheet=reading.sheet,
                found=", ".join(f"“{name}”" for name in names) or "—",
            )

    def sheets(self) -> Iterator[Sheet]:
        """Each wanted sheet that has cells."""
        for name in self.names:
            try:
                sheet = self._sheet(name)
            except BaseException as error:
                if "not a valid worksheet" in str(error):  # a sheet that is a chart
                    continue
                raise self._unreadable(error) from None
            if sheet is not None:
                yield sheet

    def _sheet(self, name: str) -> Sheet | None:
        marks = self._marks(name)
        found = typed.load(self._reader, name, self._reading) if marks.is_large_and_plain else None
        if found:
            cells, errors, mixed, loaded = found
        else:
            loaded = self._load(name, "string")
            batch, told = loaded.to_arrow_with_errors()
            cells, errors = pl.DataFrame(pl.from_arrow(batch)), told.errors if told else []
            cells.columns = [str(i) for i in range(cells.width)]
            mixed = list(range(cells.width))
        if not cells.width or (self._reading.skip_hidden and loaded.visible != "visible"):
            return None
        first = min(column.absolute_index for column in loaded.selected_columns)
        cells = _with(cells, ((*e.position, _as_shown(e.detail)) for e in errors))
        if found and marks.first:
            cells = pl.concat([cells.clear(marks.first), cells])
        cells = self._exact(name, cells, mixed, first)
        cells = cells.with_columns(_dated(cells[:, i]) for i in mixed)
        cells = _with(cells, ((row, column - first, NOT_CALCULATED) for row, column in marks.uncalculated))
        merged = [
            (top, max(left - first, 0), bottom, right - first)
            for top, left, bottom, right in marks.merged
            if right >= first
        ]
        return Sheet(name, cells, merged, marks.hidden)

    def _marks(self, name: str) -> Marks:
        if self._parts and name in self._sheet_parts:
            return self._parts.marks(self._sheet_parts[name], hidden=self._reading.skip_hidden)
        if self._is_old:
            found = self._old.get_sheet_by_name(name).merged_cell_ranges or ()
            return Marks(tuple((*start, *end) for start, end in found))
        return Marks()

    @cached_property
    def _old(self) -> python_calamine.CalamineWorkbook:
        return python_calamine.CalamineWorkbook.from_filelike(BytesIO(self._reading.path.read_bytes()))

    def _load(self, name: str, kind: Literal["string", "float"], columns: list[int] | None = None) -> Any:
        # Without `skip_rows` blank rows at the top would be left out and rows be misnumbered.
        return self._reader.load_sheet(
            name, header_row=None, skip_rows=0, dtypes=kind, use_columns=columns, skip_whitespace_tail_rows=True
        )

    def _exact(self, name: str, cells: pl.DataFrame, mixed: list[int], first: int) -> pl.DataFrame:
        """The cells with numbers that the reader rounded, and durations that it took for dates, read again.

        `mixed` are the columns that it made text of itself, `first` is the place of the first one in the sheet.
        """
        rounded = [i for i in mixed if cells[:, i].str.contains(_ROUNDED_END).any() and _is_rounded(cells[:, i])]
        if rounded:
            again = pl.DataFrame(self._load(name, "float", [first + i for i in rounded]))
            cells = cells.with_columns(_reread(cells[:, i], again[:, n]) for n, i in enumerate(rounded))
        odd = [i for i in mixed if cells[:, i].str.starts_with("19").any() and _is_odd(cells[:, i])]
        if odd:
            # As a number it has what it is none of in its complaints.
            _, errors = self._load(name, "float", [first + i for i in odd]).to_arrow_with_errors()
            told = ((*e.position, _ELAPSED.search(e.detail)) for e in (errors.errors if errors else ()))
            cells = _with(cells, ((row, column, _hours(float(found[1]))) for row, column, found in told if found))
        return cells

    def _unreadable(self, error: BaseException) -> BaseException:
        # calamine panics on some damaged files, and a panic is no Exception.
        known = (fastexcel.FastExcelError, python_calamine.CalamineError, DamagedError)
        if not isinstance(error, known) and type(error).__name__ != "PanicException":
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


def _with(cells: pl.DataFrame, values: Any) -> pl.DataFrame:
    """The cells with some put in their places: row, column and text each."""
    by_column: dict[int, tuple[list[int], list[str]]] = {}
    for row, column, text in values:
        if row < cells.height and column < cells.width:
            rows, texts = by_column.setdefault(column, ([], []))
            rows.append(row)
            texts.append(text)
    return cells.with_columns(cells[:, column].scatter(rows, texts) for column, (rows, texts) in by_column.items())


def _as_shown(detail: str) -> str:
    """What the reader has no text for: an error as it is shown, a time of an .ods, else what it says of it."""
    if error := _ERROR.search(detail):
        return _ERRORS.get(error[1], f"#{error[1]}")
    if time := _ISO_TIME.search(detail):
        return ":".join(f"{int(part or 0):02}" for part in time.groups())
    return detail.partition("but got ")[2].strip("'")


def _hours(days: float) -> str:
    seconds = round(days * 86_400)
    sign, size = "-" if seconds < 0 else "", abs(seconds)
    return f"{sign}{size // 3600:02}:{size // 60 % 60:02}:{size % 60:02}"


def _is_rounded(column: pl.Series) -> bool:
    return bool(column.str.contains(_ROUNDED).any())


def _is_odd(column: pl.Series) -> bool:
    return bool(column.str.contains(_LONG_AGO).any())


def _reread(text: pl.Series, number: pl.Series) -> pl.Series:
    pair = pl.DataFrame({"text": text, "number": number})
    is_number = pl.col("text").str.contains(_ROUNDED) & pl.col("number").is_not_null()
    exact = shortest(pl.col("number"))
    return pair.select(pl.when(is_number).then(exact).otherwise("text").alias(text.name)).to_series()


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
