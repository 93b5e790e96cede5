"""Pages set by Typst, and the room that words take. The font comes with us and is embedded: Chinese reads the same on any
machine."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pylopdf_fonts_zh_cn as own
import typst

_LOOK = Path(__file__).with_name("look.typ")
# A line breaks between words; in one longer than this it may break anywhere.
_LONG = re.compile(r"[!-~\u00a1-\u024f]{25,}")
_COPIED = re.compile(r"[0-9a-f]{64}|[0-9]{8}T[0-9]{12}Z-[0-9a-f]{12}")
_ANYWHERE = "\u200b"


@cache
def _fonts() -> typst.Fonts:
    """Ours, read once, and no others: every machine makes the same file."""
    return typst.Fonts(include_system_fonts=False, font_paths=[own.sans_path().parent])


def breakable(value: Any) -> Any:
    """The same with places to break in long words. A hash and the id of a snapshot fit their lines and are left to be copied."""
    match value:
        case str():
            return _LONG.sub(lambda m: m[0] if _COPIED.fullmatch(m[0]) else _ANYWHERE.join(m[0]), value)
        case list() | tuple():
            return [breakable(item) for item in value]
        case dict():
            return {name: breakable(item) for name, item in value.items()}
    return value


def lines(words: str, width: int) -> int:
    """How many lines words take that are so many letters wide; a Chinese character is as wide as two letters."""
    return sum(
        -(-sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) // width) or 1
        for line in words.split("\n")
    )


def pdf(template: Path, said: Any, files: Mapping[str, bytes]) -> bytes:
    """A PDF of a template, which reads its words from sheet.json and finds `look.typ` and other files beside it."""
    beside = {
        **files,
        "sheet.json": orjson.dumps(breakable(said)),
        _LOOK.name: _LOOK.read_bytes(),
        template.name: template.read_bytes(),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, data in beside.items():
            (Path(folder) / name).write_bytes(data)
        return typst.compile(Path(folder) / template.name, root=Path(folder), font_paths=_fonts(), format="pdf")
