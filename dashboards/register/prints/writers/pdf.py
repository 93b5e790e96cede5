"""A print as PDF, set by Typst. Its font comes with us and is embedded: Chinese reads the same on any machine."""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pylopdf_fonts_zh_cn as fonts
import typst

from dashboards.register.prints.sheet import Block, Facts, Grid, Picture, Pictures, Sheet
from dashboards.register.prints.writers import Writer

_TEMPLATE = Path(__file__).with_name("print.typ")
_DATA = "sheet.json"
# A line breaks between words; in one longer than this it may break anywhere.
_LONG = re.compile(r"[!-~\u00a1-\u024f]{25,}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ANYWHERE = "\u200b"


@cache
def _fonts() -> typst.Fonts:
    """Ours, read once, and no others: every machine makes the same file."""
    return typst.Fonts(include_system_fonts=False, font_paths=[fonts.sans_path().parent])


def _breakable(value: Any) -> Any:
    """The same with places to break in long words. A hash fits its line and is left to be copied as it is."""
    match value:
        case str():
            return _LONG.sub(lambda m: m[0] if _HASH.fullmatch(m[0]) else _ANYWHERE.join(m[0]), value)
        case list() | tuple():
            return [_breakable(item) for item in value]
        case dict():
            return {name: _breakable(item) for name, item in value.items()}
    return value


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
    with tempfile.TemporaryDirectory() as folder:
        for name, data in {
            **drawn,
            _DATA: orjson.dumps(_breakable(said)),
            _TEMPLATE.name: _TEMPLATE.read_bytes(),
        }.items():
            (Path(folder) / name).write_bytes(data)
        return typst.compile(Path(folder) / _TEMPLATE.name, root=Path(folder), font_paths=_fonts(), format="pdf")


WRITER = Writer("pdf", "application/pdf", write)
