"""Workbooks: .xlsx, .xls and their relatives, every sheet that has the table or is a form of it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from bilingual.errors import UserError
from pipelines.formats.form import find_form
from pipelines.formats.header import missing_columns
from pipelines.formats.reading import FILE, ROW, Reading, sliced, without_blank_rows
from pipelines.formats.standins import with_needed
from pipelines.formats.tables import tables
from pipelines.formats.workbook import Sheet, Workbook


def frames(reading: Reading) -> Iterator[pl.DataFrame]:
    """The rows of a workbook's sheets as frames of text columns with `_row`, the sheet's row, and `_file`.

    A sheet is read when it holds all needed columns, in the header of a table or as labels of a form. It is passed over
    when it holds none of them, or fewer than half while another sheet holds all (a cover, a list of terms); otherwise
    the missing columns are an error: a delivery lands whole or not at all, so that no month goes missing in silence.
    Numbers and dates become their shortest text, merged cells fill their rows, errors of formulas stay as they are
    shown. Raises UserError too for a workbook that is damaged, protected, too large or without such a sheet.
    """
    book = Workbook(reading)
    several = len(book.names) > 1
    poor: UserError | None = None
    delivered = False
    for sheet in book.sheets():
        parts = _Parts(sheet, reading, several)
        for rows in parts.found():
            delivered = True
            frame = with_needed(_finished(rows, sheet, reading), reading.needs, synonyms=several or parts.are_several)
            yield from sliced(frame)
        poor = poor or parts.poor
    if not delivered:
        raise poor or UserError(
            en="{name}: no sheet has a table in it; export it again or remove the file.",
            zh="{name}：没有任何工作表包含数据表；请重新导出或删除该文件。",
            name=reading.name,
        )


class _Parts:
    """What a sheet holds of what is needed; `poor` is what it lacks, where that is not yet an error."""

    def __init__(self, sheet: Sheet, reading: Reading, several: bool) -> None:
        self._sheet, self._reading, self._several = sheet, reading, several
        self._name = f"{reading.name}#{sheet.name}"
        self.poor: UserError | None = None
        self.are_several = False

    def found(self) -> Iterator[pl.DataFrame]:
        """Rows of each table, or the one row of a form; UserError for what has most of the needed columns, but not all."""
        if self._reading.layout == "form":
            yield from self._form()
            return
        cells = self._sheet.filled_down()
        found = list(tables(cells, self._sheet.merged, self._reading))
        whole = [table for table in found if not table.header.missing(self._reading.needs)]
        self.are_several = len(whole) > 1
        if not whole and self._reading.layout is None and self._reading.needs:
            form = find_form(self._sheet, self._reading.needs)
            if form and not form.missing(self._reading.needs) and form.has_data(self._reading.needs):
                yield form.rows()
                return
        for table in found:
            if lacking := table.header.missing(self._reading.needs):
                self._lacks(table.header.columns, lacking)
            else:
                yield table.rows(cells)

    def _form(self) -> Iterator[pl.DataFrame]:
        form = find_form(self._sheet, self._reading.needs)
        if form and (lacking := form.missing(self._reading.needs)):
            self._lacks(form.columns, lacking)
        elif form:
            yield form.rows()

    def _lacks(self, columns: list[str], lacking: list[str]) -> None:
        error = missing_columns(self._name, columns, lacking, several=self._several)
        if 2 * len(lacking) <= len(self._reading.needs):
            raise error
        self.poor = self.poor or error


def _finished(rows: pl.DataFrame, sheet: Sheet, reading: Reading) -> pl.DataFrame:
    columns = [column for column in rows.columns if column != ROW]
    rows = without_blank_rows(rows, columns)
    if sheet.hidden:
        rows = rows.filter(~pl.col(ROW).is_in([row + 1 for row in sheet.hidden]))
    return rows.with_columns(pl.lit(f"{reading.name}#{sheet.name}").alias(FILE))
