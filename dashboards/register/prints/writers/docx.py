"""A print for Word: paragraphs and tables with styles of its own, page numbers as fields."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from docx import Document
from docx.document import Document as Paper
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import CONTENT_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from dashboards.register.prints.sheet import Block, Facts, Grid, Picture, Pictures, Sheet
from dashboards.register.prints.writers import Writer

_LATIN, _CHINESE = "Arial", "Microsoft YaHei"
_ACCENT, _QUIET = RGBColor(0x1D, 0x4F, 0x7C), RGBColor(0x55, 0x61, 0x6D)
_HEAD_FILL, _LABEL_WIDTH = "F3F6F9", Mm(42)
_PAGE, _MARGIN = (Mm(210), Mm(297)), Mm(16)
_WIDTH = Length(_PAGE[0] - 2 * _MARGIN)
# Beside the words of a cell, in twentieths of a point.
_NARROW = "60"
_PICTURE = (Mm(120), Mm(90))


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


def _styled(paper: Paper) -> None:
    for name, size, color in (
        ("Normal", 9, None),
        ("Title", 18, _ACCENT),
        ("Heading 1", 11.5, _ACCENT),
        ("Caption", 8, _QUIET),
    ):
        style = paper.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), _CHINESE)
        if color is not None:
            style.font.color.rgb = color
    normal = paper.styles["Normal"]
    normal.element.get_or_add_rPr().append(_element("w:lang", val="en-GB", eastAsia="zh-CN"))
    normal.paragraph_format.space_after = Pt(2)


def _field(paragraph: Paragraph, code: str) -> None:
    paragraph._p.append(_element("w:fldSimple", instr=code))


def _around(paper: Paper, sheet: Sheet) -> None:
    """What stands on every page, with the page's number."""
    page = paper.sections[0]
    page.page_width, page.page_height = _PAGE
    page.left_margin = page.right_margin = _MARGIN
    page.top_margin = page.bottom_margin = Mm(20)
    head, foot = page.header.paragraphs[0], page.footer.paragraphs[0]
    head.text = f"{sheet.house}\t{sheet.title} {sheet.number}"
    foot.text = f"{sheet.foot}\t"
    _field(foot, "PAGE")
    foot.add_run(" / ")
    _field(foot, "NUMPAGES")
    for line in (head, foot):
        line.style = paper.styles["Caption"]
        line.paragraph_format.tab_stops.add_tab_stop(_WIDTH, WD_TAB_ALIGNMENT.RIGHT)


def _filled(cell: _Cell, words: str, width: Length, *, color: RGBColor | None, shade: str | None) -> Run:
    cell.width = width
    run: Run = cell.paragraphs[0].add_run(words)
    if color is not None:
        run.font.color.rgb = color
    if shade is not None:
        run.bold = True
        cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=shade))
    return run


def _table(paper: Paper, rows: Iterable[Sequence[str]], widths: Sequence[Length], *, has_head: bool) -> None:
    made = paper.add_table(rows=0, cols=len(widths), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    if has_head:
        margins = _element("w:tblCellMar")
        for side in ("left", "right"):
            margins.append(_element(f"w:{side}", w=_NARROW, type="dxa"))
        made._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for i, row in enumerate(rows):
        line = made.add_row()
        is_head = has_head and i == 0
        if has_head:
            line._tr.get_or_add_trPr().append(_element("w:cantSplit"))
        if is_head:
            line._tr.get_or_add_trPr().append(_element("w:tblHeader"))
        for j, (cell, words, width) in enumerate(zip(line.cells, row, widths, strict=True)):
            is_quiet = is_head or (not has_head and j == 0)
            run = _filled(cell, words, width, color=_QUIET if is_quiet else None, shade=_HEAD_FILL if is_head else None)
            if has_head:
                run.font.size = Pt(8)
    # Word wants something between two tables, or makes one of them.
    paper.add_paragraph(style="Caption").paragraph_format.space_after = Pt(0)


def _picture(paper: Paper, picture: Picture) -> None:
    scale = min(_PICTURE[0] / picture.width, _PICTURE[1] / picture.height)
    size = (Length(int(side * scale)) for side in (picture.width, picture.height))
    paper.add_picture(io.BytesIO(picture.data), *size)
    paper.add_paragraph(picture.name, style="Caption")


def _block(paper: Paper, block: Block) -> None:
    match block:
        case Facts():
            if block.rows:
                _table(paper, block.rows, (_LABEL_WIDTH, Length(_WIDTH - _LABEL_WIDTH)), has_head=False)
        case Grid():
            whole = sum(block.widths)
            widths = [Length(_WIDTH * width // whole) for width in block.widths]
            _table(paper, [block.heads, *block.rows], widths, has_head=True)
        case Pictures():
            for picture in block.pictures:
                _picture(paper, picture)


def write(sheet: Sheet) -> bytes:
    """The file."""
    paper = Document()
    core = paper.core_properties
    core.title, core.author, core.comments = f"{sheet.title} {sheet.number}"[:255], sheet.house[:255], ""
    _styled(paper)
    _around(paper, sheet)
    paper.add_paragraph(sheet.title, style="Title")
    _block(paper, sheet.about)
    for section in sheet.sections:
        paper.add_heading(section.title, level=1)
        for block in section.blocks:
            _block(paper, block)
    file = io.BytesIO()
    paper.save(file)
    return file.getvalue()


WRITER = Writer("docx", CONTENT_TYPE.WML_DOCUMENT, write)
