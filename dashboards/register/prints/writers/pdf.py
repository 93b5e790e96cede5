"""A print as PDF, set by Typst."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from dashboards.register.prints.sheet import Block, Facts, Grid, Picture, Pictures, Sheet
from dashboards.register.prints.writers import Writer
from dashboards.typeset import pdf

_TEMPLATE = Path(__file__).with_name("print.typ")


def _block(block: Block, drawn: dict[str, bytes]) -> dict[str, Any]:
    match block:
        case Facts():
            return {"facts": block.rows}
        case Grid():
            return {"grid": asdict(block)}
        case Pictures():
            return {"pictures": [_drawn(picture, drawn) for picture in block.pictures]}


def _drawn(picture: Picture, drawn: dict[str, bytes]) -> dict[str, str]:
    file = f"{len(drawn)}.{picture.ending}"
    drawn[file] = picture.data
    return {"name": picture.name, "file": file}


def write(sheet: Sheet) -> bytes:
    """The file. A photo that is damaged within is named and not drawn."""
    try:
        return _set(sheet, with_pictures=True)
    except typst.TypstError:
        return _set(sheet, with_pictures=False)


def _set(sheet: Sheet, *, with_pictures: bool) -> bytes:
    drawn: dict[str, bytes] = {}
    said = {
        "language": sheet.language,
        "house": sheet.house,
        "title": sheet.title,
        "number": sheet.number,
        "about": sheet.about.rows,
        "foot": sheet.foot,
        "sections": [
            {"title": section.title, "blocks": [_block(block, drawn) for block in section.blocks]}
            for section in sheet.sections
            if with_pictures or not any(isinstance(block, Pictures) for block in section.blocks)
        ],
    }
    return pdf(_TEMPLATE, said, drawn)


WRITER = Writer("pdf", "application/pdf", write)
