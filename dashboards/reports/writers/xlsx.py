"""The report for Excel: what it was made from, what it says, a sheet per table with numbers as numbers, the pictures.
Nothing is a formula."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Format, Workbook
from xlsxwriter.worksheet import Worksheet

from bilingual.text import Text
from dashboards.reports.blocks import Cell, Document, Drawn, Grid, Heading, Sentence, Tone
from dashboards.reports.writers import Writer
from dashboards.typeset import lines

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_ABOUT, _SAID = Text(en="About", zh="说明"), Text(en="In words", zh="文字")
_PICTURES, _MADE = Text(en="Pictures", zh="图"), Text(en="Made at", zh="生成时间")
_REPORT = Text(en="Report", zh="报表")
# Excel takes no more letters in a cell, nor in the name of a sheet, where it forbids some.
_LETTERS, _NAME = 32_000, 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_COLOURS: dict[Tone, str] = {
    "": "#1F2933",
    "good": "#0B6B4B",
    "warning": "#8A5A00",
    "bad": "#B3261E",
    "quiet": "#5C6670",
}
# In points: a line of words, the highest row that Excel takes, a row that nobody made higher (as pixels of a picture).
_LINE, _HIGHEST, _ROW = 16, 400, 20
_SHADE = "#F3F6F9"
# Letters that are as wide as a picture.
_PICTURE = 92


class _Book:
    """A workbook with the formats that were asked for so far."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self._formats: dict[tuple[Any, ...], Format] = {}
        self._names: set[str] = set()

    def format(self, **wanted: Any) -> Format:
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"valign": "top", **wanted})
        return self._formats[key]

    def sheet(self, title: str) -> Worksheet:
        """A sheet with a name of its own."""
        words = _FORBIDDEN.sub(" ", title).strip()[:_NAME] or "1"
        name, number = words, 1
        while name.casefold() in self._names:
            number += 1
            name = f"{words[: _NAME - 4]} {number}"
        self._names.add(name.casefold())
        made: Worksheet = self.book.add_worksheet(name)
        made.set_paper(9)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        return made

    def cell(self, sheet: Worksheet, row: int, column: int, cell: Cell, *, is_right: bool) -> None:
        """A number with its format, or the words."""
        # What stands on the left keeps away from the number before it.
        side = {"align": "right"} if is_right else {"align": "left", "indent": 1}
        colour = {"font_color": _COLOURS[cell.tone], **side}
        if cell.value is not None and cell.form:
            sheet.write_number(row, column, cell.value, self.format(num_format=cell.form, **colour))
        else:
            sheet.write_string(row, column, cell.words[:_LETTERS], self.format(text_wrap=True, **colour))


def _about(book: _Book, document: Document, drawn: Drawn, made_at: dt.datetime) -> None:
    language = document.language
    sheet = book.sheet(_ABOUT[language])
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    pairs = [(_REPORT[language], document.title), *document.about, (_MADE[language], f"{made_at:%Y-%m-%d %H:%M}")]
    pairs += [(_PICTURES[language], drawn.none)] if drawn.none else []
    for row, (label, words) in enumerate(pairs):
        sheet.write_string(row, 0, label, book.format(font_color=_COLOURS["quiet"]))
        sheet.write_string(row, 1, words[:_LETTERS], book.format(text_wrap=True, bold=row == 0))
        _high(sheet, row, [(words, 90)])


def _high(sheet: Worksheet, row: int, cells: Iterable[tuple[str, float]]) -> None:
    """As high as the words need that are so many letters wide: not every program finds that out by itself."""
    sheet.set_row(
        row, min(_HIGHEST, _LINE * max((lines(words, max(1, int(width))) for words, width in cells), default=1))
    )


def _said(book: _Book, document: Document) -> None:
    """The sentences, each with the heading that it stands under."""
    sheet = book.sheet(_SAID[document.language])
    widths = (28, 12, 110)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    under, row = "", 0
    for block in document.blocks:
        if isinstance(block, Heading):
            under = block.words
        elif isinstance(block, Sentence):
            said = (under, block.sign, block.words)
            for column, words in enumerate(said):
                colour = _COLOURS[block.tone if column == 1 else ""]
                sheet.write_string(row, column, words[:_LETTERS], book.format(text_wrap=True, font_color=colour))
            _high(sheet, row, zip(said, widths, strict=True))
            row += 1


def _grid(book: _Book, document: Document, grid: Grid) -> None:
    sheet = book.sheet(grid.title)
    sheet.freeze_panes(1, 1)
    whole = max(sum(grid.widths), 1)
    widths = [max(12.0, min(70.0, 120 * width / whole)) for width in grid.widths]
    for column, (head, width) in enumerate(zip(grid.heads, widths, strict=True)):
        sheet.set_column(column, column, width)
        side = {"align": "right"} if column in grid.numbers else {"align": "left", "indent": 1}
        sheet.write_string(0, column, head, book.format(bold=True, text_wrap=True, bg_color=_SHADE, bottom=1, **side))
    _high(sheet, 0, zip(grid.heads, widths, strict=True))
    for row, cells in enumerate(grid.rows, 1):
        if len(cells) == 1:
            sheet.write_string(row, 0, cells[0].words[:_LETTERS], book.format(bold=True, bg_color=_SHADE))
            for column in range(1, len(widths)):
                sheet.write_blank(row, column, None, book.format(bg_color=_SHADE))
            continue
        for column, cell in enumerate(cells):
            book.cell(sheet, row, column, cell, is_right=column in grid.numbers)
        _high(sheet, row, ((cell.words, width) for cell, width in zip(cells, widths, strict=True) if not cell.form))
    sheet.set_footer(f"&L{document.foot[:200].replace('&', '&&')}&R&P / &N")


def _pictures(book: _Book, document: Document, drawn: Drawn) -> None:
    sheet = book.sheet(_PICTURES[document.language])
    sheet.set_column(0, 0, _PICTURE)
    row = 0
    for picture in document.pictures:
        if picture.name not in drawn.files:
            continue
        sheet.write_string(row, 0, picture.title, book.format(bold=True))
        sheet.write_string(row + 1, 0, picture.words[:_LETTERS], book.format(text_wrap=True))
        _high(sheet, row + 1, [(picture.words, _PICTURE)])
        image = {
            "image_data": io.BytesIO(drawn.files[picture.name]),
            "description": picture.title,
            "x_scale": 0.5,
            "y_scale": 0.5,
        }
        sheet.insert_image(row + 2, 0, f"{picture.name}.png", image)
        row += 5 + picture.height // _ROW


def write(document: Document, drawn: Drawn, made_at: dt.datetime) -> bytes:
    """The file."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as workbook:
        workbook.set_properties({"title": document.subject[:255], "author": document.house[:255], "created": made_at})
        book = _Book(workbook)
        _about(book, document, drawn, made_at)
        _said(book, document)
        for block in document.blocks:
            if isinstance(block, Grid):
                _grid(book, document, block)
        if drawn.files:
            _pictures(book, document, drawn)
    return file.getvalue()


WRITER = Writer("report.xlsx", write)
