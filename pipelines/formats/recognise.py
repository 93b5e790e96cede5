"""Which format a file is in: by its content first, then by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from bilingual.errors import UserError
from pipelines.formats import csv, excel, jsonl, parquet
from pipelines.formats.encoding import head, mark_of
from pipelines.formats.reading import Reading
from pipelines.formats.standins import with_needed

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
BOOK_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
SUFFIXES = (*TEXT_SUFFIXES, *JSON_SUFFIXES, *BOOK_SUFFIXES, ".parquet")

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET = b"PAR1"


def frames(reading: Reading) -> Iterator[pl.DataFrame]:
    """The rows of a file in whatever format it is; see the formats for what they yield and raise."""
    start = head(reading.path, reading.name)
    suffix = suffix_of(reading.path)
    if not start:
        raise UserError(
            en="{name}: the file is empty; export it again or remove it.",
            zh="{name}：文件为空；请重新导出或删除该文件。",
            name=reading.name,
        )
    if start.startswith((_ZIP, _OLE)):
        return excel.frames(reading)
    if start.startswith(_PARQUET) or suffix == ".parquet":
        return parquet.frames(reading)
    if _is_html(start):
        raise UserError(
            en="{name}: this is a web page under the name of a table; open it in Excel and save it as .xlsx.",
            zh="{name}：这是以表格文件名保存的网页；请在 Excel 中打开并另存为 .xlsx。",
            name=reading.name,
        )
    if _is_json(start, suffix):
        return jsonl.frames(reading)
    return (with_needed(frame, reading.needs) for frame in csv.frames(reading))


def suffix_of(path: Path) -> str:
    """The file's extension in lower case, that of the packed file for a gzip."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix


def _is_html(start: bytes) -> bool:
    return start[mark_of(start)[1] :].lstrip()[:64].lower().startswith((b"<!doctype html", b"<html", b"<table"))


def _is_json(start: bytes, suffix: str) -> bool:
    text = start[mark_of(start)[1] :].replace(b"\0", b"").lstrip()
    if suffix in JSON_SUFFIXES:
        return text[:1] in {b"{", b"["} or not text
    if text[:1] != b"{":
        return False
    try:
        return isinstance(json.loads(text.partition(b"\n")[0]), dict)
    except ValueError:
        return False
