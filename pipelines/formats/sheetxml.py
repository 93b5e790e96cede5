"""What calamine does not tell of a workbook, read from its parts: merged cells, hidden rows, formulas nobody calculated.

And whether it can be opened at all without filling the memory: calamine makes room for every cell up to the last one.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast
from xml.etree import ElementTree

from isal import isal_zlib

from bilingual.errors import UserError
from pipelines.formats.header import Region

MOST_BYTES = 2_000_000_000
MOST_CELLS = 50_000_000
# Larger pieces are given back to the system one by one, which costs more than unpacking them.
_BLOCK = 1 << 18
# A sheet larger than this is what a program wrote, whose word on its size is taken; looking costs a tenth of reading.
_TRUSTED = 8_000_000
# Text is packed to a tenth or a hundredth; a thousandth is a trap.
_BOMB_BYTES, _BOMB_RATIO = 64_000_000, 200
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=\"([A-Z]+\d+):([A-Z]+\d+)\"")
_HIDDEN = re.compile(rb"<(?:\w+:)?row\b(?=[^>]*\bhidden=\"(?:1|true)\")[^>]*?\br=\"(\d+)\"")
_FORMULA = b"<f"
_VALUELESS = (b"</f></c>", b"</f><v></v>", b"</f><v/>", b"</f><v />", b"/></c>")
_UNCALCULATED = re.compile(
    rb"<c\b(?![^>]*\bt=\"str\")[^>]*?\br=\"([A-Z]+\d+)\"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>"
)
_FILLED = re.compile(rb"<(?:\w+:)?(?:v|is)>")
_INLINE = b"inlineStr"
# The few letters looked at first make it four times as quick.
_NOTHING = re.compile(
    rb"<t>(?=[#1Nn&<-])(?:#N/A(?: N/A)?|#NA|-?1\.#(?:IND|QNAN)|-?NaN|-?nan|&lt;NA&gt;|N/A|NA|NULL|None|n/a|null)?</t>"
)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*\bref=\"(?:[A-Z]+\d+:)?([A-Z]+\d+)\"")
_ROW = re.compile(rb"\br=\"(\d+)\"")
_DIGITS = b"0123456789"
# Stubs take that of isal for a value.
_BROKEN = cast(
    "tuple[type[Exception], ...]",
    (zipfile.BadZipFile, zlib.error, EOFError, OSError, isal_zlib.error, NotImplementedError, RuntimeError),
)


class DamagedError(Exception):
    """The file is not what it says it is."""


@dataclass(frozen=True)
class Marks:
    """What is said of a sheet's cells; rows and columns counted from 0, as they stand in the sheet. `first` is the first filled row.

    A sheet is plain that has no formula, no text of its own, and no word in its workbook that calamine takes for nothing
    in a column of numbers.
    """

    merged: tuple[Region, ...] = ()
    hidden: tuple[int, ...] = ()
    uncalculated: tuple[tuple[int, int], ...] = ()
    first: int = 0
    is_large_and_plain: bool = False


class Parts:
    """The parts of an .xlsx or .xlsm."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._has_nothings = False
        try:
            with zipfile.ZipFile(path) as packed:
                self._sizes = {i.filename: (i.file_size, i.compress_size) for i in packed.infolist()}
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise DamagedError(str(error)) from None
        self._check_size()

    def read_through(self) -> None:
        """Read what calamine reads when it opens the workbook, so that it meets nothing larger than is said."""
        for part in self._sizes:
            if part.startswith("xl/") and part.endswith(".xml") and "/worksheets/" not in part:
                before = b""
                for block in self._blocks(part):
                    self._has_nothings |= b":t>" in block or _NOTHING.search(before + block) is not None
                    before = block[-20:]

    def sheets(self) -> dict[str, str]:
        """The part that holds each sheet, by the sheet's name; none where the workbook is of another kind."""
        if "xl/workbook.xml" not in self._sizes:
            return {}
        try:
            book = self._tree("xl/workbook.xml")
            ties = {r.get("Id"): r.get("Target", "") for r in self._tree("xl/_rels/workbook.xml.rels")}
        except (ElementTree.ParseError, KeyError) as error:
            raise DamagedError(str(error)) from None
        found = {}
        for sheet in book.iter():
            if sheet.tag.rpartition("}")[2] == "sheet":
                tie = next((value for key, value in sheet.items() if key.rpartition("}")[2] == "id"), None)
                target = ties.get(tie, "")
                part = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
                if part in self._sizes:
                    found[sheet.get("name", "")] = part
        return found

    def marks(self, part: str, *, hidden: bool) -> Marks:
        """What is said of the cells of a sheet; `hidden` asks for hidden rows too. UserError for one of too many cells."""
        rows, uncalculated = set[int](), list[tuple[int, int]]()
        extent = _Extent(self._sizes[part][0])
        tail, block, first, is_plain = b"", b"", -1, not self._has_nothings
        for block in self._by_rows(part):
            if (
                first < 0
                and (filled := _FILLED.search(block))
                and (row := _ROW.search(block, block.rfind(b"row ", 0, filled.start())))
            ):
                first = int(row[1]) - 1
            # What comes after the rows begins a piece, as these end with a row.
            tail = tail + block if tail or block.startswith(b"</") else b""
            extent.follow(block)
            if extent.cells > MOST_CELLS:
                raise self._too_large()
            if hidden and b"hidden=" in block:
                rows.update(int(found[1]) - 1 for found in _HIDDEN.finditer(block))
            # Without formulas there is hardly an “f” in a sheet, which is seen at once.
            has_formulas = b"f" in block and _FORMULA in block
            is_plain = is_plain and not has_formulas and not (b"i" in block and _INLINE in block)
            if has_formulas and any(mark in block for mark in _VALUELESS):
                uncalculated += [_place(found[1]) for found in _UNCALCULATED.finditer(block)]
        merged = tuple((*_place(a), *_place(b)) for a, b in _MERGED.findall(tail or block))
        is_plain = is_plain and first >= 0 and self._sizes[part][0] > _TRUSTED
        return Marks(merged, tuple(sorted(rows)), tuple(uncalculated), max(first, 0), is_plain)

    def _by_rows(self, part: str) -> Iterator[bytes]:
        """The part in pieces that end with a row, so that no cell is cut in two; the last one is what comes after."""
        rest = b""
        for block in self._blocks(part):
            end = block.rfind(b"row>") + 4
            if end < 4:
                rest += block
                if len(rest) > _BOMB_BYTES:
                    raise self._too_large()
                continue
            yield rest + block[:end]
            rest = block[end:]
        yield rest

    def _check_size(self) -> None:
        if sum(size for size, _ in self._sizes.values()) > MOST_BYTES:
            raise self._too_large()
        if any(size > _BOMB_BYTES and size > _BOMB_RATIO * packed for size, packed in self._sizes.values()):
            raise self._too_large()

    def _too_large(self) -> UserError:
        return UserError(
            en="{name}: the workbook unpacks to more than can be held, mostly of nothing; save the table alone in a new workbook, or as "
            "CSV.",
            zh="{name}：工作簿解压后过大，且多为空内容；请将数据表单独另存为新工作簿或 CSV。",
            name=self._name,
        )

    def _blocks(self, part: str) -> Iterator[bytes]:
        try:
            with zipfile.ZipFile(self._path) as packed, packed.open(part) as file:
                if packed.getinfo(part).compress_type == zipfile.ZIP_DEFLATED:
                    # Three times as quick; where the library keeps it elsewhere one day, its own goes on.
                    file._decompressor = isal_zlib.decompressobj(-zlib.MAX_WBITS)  # type: ignore[attr-defined]
                while block := file.read(_BLOCK):
                    yield block
        except _BROKEN as error:
            raise DamagedError(str(error)) from None

    def _tree(self, part: str) -> ElementTree.Element:
        # The parser is guarded against entities that grow; the part's size is checked.
        return ElementTree.fromstring(b"".join(self._blocks(part)))  # noqa: S314


class _Extent:
    """How many cells a sheet spans, up to its last row and its last column."""

    def __init__(self, size: int) -> None:
        self._is_trusted: bool | None = None if size > _TRUSTED else False
        self._said = 0
        self._width = 0
        self._rows = 0

    @property
    def cells(self) -> int:
        return self._said if self._is_trusted else self._rows * self._width

    def follow(self, rows: bytes) -> None:
        """Look at the next whole rows."""
        if self._is_trusted is None:
            said = _DIMENSION.search(rows, 0, 4096)
            row, column = _place(said[1]) if said else (0, 0)
            self._said = (row + 1) * (column + 1)
            # Programs that write as they go say “A1”.
            self._is_trusted = self._said > 1
        if self._is_trusted:
            return
        parts = rows.split(b"row>")
        last = {
            part[at + 4 : at + 7].rstrip(b'"').rstrip(_DIGITS) for part in parts if (at := part.rfind(b' r="')) >= 0
        }
        self._width = max([self._width, *(_column(letters) for letters in last if letters.isalpha())])
        if number := _ROW.search(rows, max(0, rows.rfind(b"<row"), rows.rfind(b":row "))):
            self._rows = max(self._rows, int(number[1]))


def _place(cell: bytes) -> tuple[int, int]:
    letters = cell.rstrip(_DIGITS)
    return int(cell[len(letters) :]) - 1, _column(letters) - 1


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
