"""A print for Excel: one sheet, one column of labels and seven to write in, ready to be printed on A4. Nothing is a formula."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from docx.opc.constants import CONTENT_TYPE
from xlsxwriter.workbook import Format, Workbook
from xlsxwriter.worksheet import Worksheet

from dashboards.register.prints.sheet import Block, Facts, Grid, Pictures, Sheet
from dashboards.register.prints.writers import Writer
from dashboards.typeset import lines

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# Columns beside that of the labels, and how many letters each holds.
_LABEL, _COLUMNS, _EACH = 22, 8, 10
# Excel takes no more letters in a cell, and no higher row.
_LETTERS, _HIGHEST, _LINE = 32_000, 400, 13
_SMALLER = 11 / 9
_ACCENT, _QUIET, _RULE = "#1D4F7C", "#55616D", "#B9C4CF"


class _Page:
    """A sheet that is written from top to bottom."""

    def __init__(self, book: Workbook, sheet: Worksheet) -> None:
        self.sheet, self.row = sheet, 0
        cell: dict[str, Any] = {"text_wrap": True, "valign": "top", "font_size": 9, "border": 1, "border_color": _RULE}
        self.label: Format = book.add_format({**cell, "font_color": _QUIET})
        self.value: Format = book.add_format(cell)
        self.head: Format = book.add_format({**cell, "bold": True, "font_color": _QUIET, "bg_color": "#F3F6F9"})
        self.title: Format = book.add_format({"bold": True, "font_size": 16, "font_color": _ACCENT})
        self.section: Format = book.add_format(
            {"bold": True, "font_size": 11, "font_color": _ACCENT, "bg_color": "#E8EEF4"}
        )

    def line(self, words: str, style: Format) -> None:
        """A title over the whole width."""
        self.sheet.merge_range(self.row, 0, self.row, _COLUMNS, "", style)
        self.sheet.write_string(self.row, 0, words[:_LETTERS], style)
        self.row += 1

    def cells(self, given: list[tuple[str, int, Format]]) -> None:
        """A row of words, each over a number of columns; as high as the longest needs to be."""
        at, high = 0, 1
        for words, columns, style in given:
            if columns > 1:
                self.sheet.merge_range(self.row, at, self.row, at + columns - 1, "", style)
            self.sheet.write_string(self.row, at, words[:_LETTERS], style)
            high = max(high, lines(words, _letters(at, columns)))
            at += columns
        self.sheet.set_row(self.row, min(high * _LINE + 3, _HIGHEST))
        self.row += 1

    def block(self, block: Block) -> None:
        """What stands in a section; pictures are for paper."""
        match block:
            case Facts():
                for label, value in block.rows:
                    for i in range(0, max(len(value), 1), _LETTERS):
                        self.cells(
                            [("" if i else label, 1, self.label), (value[i : i + _LETTERS], _COLUMNS, self.value)]
                        )
            case Grid():
                spans = _spans(block.widths)
                self.cells([(words, n, self.head) for words, n in zip(block.heads, spans, strict=True)])
                for row in block.rows:
                    self.cells([(words, n, self.value) for words, n in zip(row, spans, strict=True)])
            case Pictures():
                pass


def _spans(widths: tuple[int, ...]) -> list[int]:
    """How many of the columns each column of a table takes: one at least, the rest go to whoever lacks most."""
    spans = [1] * len(widths)
    for _ in range(_COLUMNS + 1 - len(widths)):
        lacking = max(range(len(widths)), key=lambda i: widths[i] / _letters(i, spans[i]))
        spans[lacking] += 1
    return spans


def _letters(at: int, columns: int) -> int:
    """How many letters of ours some columns hold, from one on; they are smaller than those that Excel measures in."""
    return int((columns * _EACH + (_LABEL - _EACH if at == 0 else 0)) * _SMALLER)


def write(sheet: Sheet) -> bytes:
    """The file."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        book.set_properties({"title": f"{sheet.title} {sheet.number}"[:255], "author": sheet.house[:255]})
        of = book.add_worksheet(_sheet_name(sheet.number))
        of.set_column(0, 0, _LABEL)
        of.set_column(1, _COLUMNS, _EACH)
        of.hide_gridlines(2)
        of.set_paper(9)
        of.fit_to_pages(1, 0)
        of.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.8)
        of.set_header(f"&L{_escaped(sheet.house)}&R{_escaped(sheet.title)} {_escaped(sheet.number)}")
        of.set_footer(f"&L{_escaped(sheet.foot)}&R&P / &N")
        page = _Page(book, of)
        page.line(sheet.title, page.title)
        page.block(sheet.about)
        for section in sheet.sections:
            if all(isinstance(block, Pictures) for block in section.blocks):
                continue
            page.row += 1
            page.line(section.title, page.section)
            for block in section.blocks:
                page.block(block)
    return file.getvalue()


def _escaped(words: str) -> str:
    """Words for a header: there an ampersand begins a command, and 255 letters are the most for all."""
    return words[:60].replace("&", "&&")


def _sheet_name(number: str) -> str:
    return "".join(c for c in number if c not in "[]:*?/\\'")[:31].strip() or "1"


WRITER = Writer("xlsx", CONTENT_TYPE.SML_SHEET, write)
