"""Workbooks that are broken, or made to fill the memory: one sentence each."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workbooks import book, old_book, read

from bilingual.errors import UserError

SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"


def changed(folder: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """A sound workbook with one of its parts changed."""
    whole = book(folder / "whole.xlsx", {"s": [["x", "y"], *([i, "a"] for i in range(40))]})
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(folder / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return folder / "a.xlsx"


@pytest.mark.parametrize(
    ("part", "before", "more"),
    [
        (SHEET, b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        (SHEET, b"<sheetData>", b" " * 70_000_000),
        (STRINGS, b"</sst>", b"<si><t>" + b"a" * 70_000_000 + b"</t></si>"),
    ],
)
def test_a_small_file_that_would_fill_the_memory_is_told(tmp_path: Path, part: str, before: bytes, more: bytes) -> None:
    path = changed(tmp_path, part, lambda content: content.replace(before, more + before))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(UserError, match=r"^a\.xlsx: the workbook unpacks to more than can be held"):
        read(path, "x")


def test_a_size_that_is_only_said_is_not_believed(tmp_path: Path) -> None:
    lie = b'<dimension ref="A1:XFD1048576"/>'
    assert read(changed(tmp_path, SHEET, lambda c: re.sub(rb"<dimension [^>]*/>", lie, c)), "x").height == 40


def test_a_part_that_is_larger_than_is_said_is_damaged(tmp_path: Path) -> None:
    path = changed(tmp_path, SHEET, lambda content: content.replace(b"<sheetData>", b"<sheetData>" + b" " * 1_000_000))
    content = path.read_bytes()
    with zipfile.ZipFile(path) as packed:
        size = packed.getinfo(SHEET).file_size
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (size - 900_000).to_bytes(4, "little")))
    with pytest.raises(UserError, match="damaged or was cut off"):
        read(path, "x")


def test_entities_do_not_grow(tmp_path: Path) -> None:
    entities = b"".join(b'<!ENTITY a%d "%s">' % (i, (b"&a%d;" % (i - 1) if i else b"aaaa") * 10) for i in range(10))
    bomb = b'<?xml version="1.0"?><!DOCTYPE w [' + entities + b"]><workbook>&a9;</workbook>"
    with pytest.raises(UserError, match="damaged or was cut off"):
        read(changed(tmp_path, BOOK, lambda _: bomb), "x")


@pytest.mark.parametrize("place", [0x2F, 0x43, 0x4B])
def test_an_old_workbook_that_says_it_is_larger_than_it_is_is_damaged(tmp_path: Path, place: int) -> None:
    path = old_book(tmp_path / "a.xls", {"s": [["x"], ["1"]]})
    content = bytearray(path.read_bytes())
    content[place] = 0x7F
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged or was cut off"):
        read(path, "x")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_workbook_is_told(tmp_path: Path, share: float) -> None:
    rows = [["x"], *([f"row {i}"] for i in range(300))]
    for path in (book(tmp_path / "a.xlsx", {"s": rows}), old_book(tmp_path / "a.xls", {"s": rows})):
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(UserError, match="damaged or was cut off"):
            read(path, "x")


def test_a_new_workbook_under_an_old_name_is_read_and_the_other_way_round(tmp_path: Path) -> None:
    book(tmp_path / "a.xls", {"s": [["x"], ["1"]]})
    old_book(tmp_path / "b.xlsx", {"s": [["x"], ["1"]]})
    assert [read(tmp_path / name, "x")["x"].to_list() for name in ("a.xls", "b.xlsx")] == [["1"], ["1"]]
