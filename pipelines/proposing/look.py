"""The first rows of a file or table, as they would land."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED
from pipelines.landing import LandedStream
from pipelines.sources import Delivery, Rejection, Stream, kind
from warehouse.settings import Home

ROWS = 5_000
STREAM = "rows"
_PASSWORD = re.compile(r"://[^/@:]*:(?!\$\{)[^@/]+@")


def place_of(home: Home, where: str, table: str | None) -> tuple[str, dict[str, Any]]:
    """The kind of source and the stream's options for what somebody pointed at; UserError where that cannot be told."""
    if "://" not in where and not where.startswith("${"):
        path = Path(where).resolve()
        if not path.exists():
            raise UserError(
                en="{path}: there is no such file or folder; name one, or the URL of a database.",
                zh="{path}：文件或目录不存在；请指定文件、目录或数据库地址。",
                path=where,
            )
        inside = path.is_relative_to(home.path)
        return "files", {"path": (path.relative_to(home.path) if inside else path).as_posix()}
    if where.startswith(("http://", "https://")):
        raise UserError(
            en="{url} is a web address: an interface is described by a preset or by hand, see docs/sources-rest.md.",
            zh="{url} 是网址：接口请使用预设或手工编写映射，参见 docs/sources-rest.md。",
            url=where,
        )
    if _PASSWORD.search(where):
        raise UserError(
            en="The URL holds a password, which would be written into the mapping; put it into the environment and write ${NAME} in "
            "its place.",
            zh="地址中含有密码，会被写入映射文件；请将密码放入环境变量，并在地址中写 ${NAME}。",
        )
    if not table:
        raise UserError(
            en="Name the table of the database to read with --table.",
            zh="请用 --table 指定要读取的数据库表。",
        )
    return "sql", {"url": where, "table": table}


def first_tables(home: Home, name: str, of_kind: str, options: dict[str, Any]) -> list[pl.DataFrame]:
    """The first rows, one frame for each sheet or layout, every column text; UserError when nothing can be read."""
    stream = Stream(name, STREAM, options, frozenset(), home.path)
    tables: dict[tuple[str, ...], pl.DataFrame] = {}
    error: UserError | None = None
    with tempfile.TemporaryDirectory() as empty:
        for offer in kind(of_kind).deliveries(stream, LandedStream(Path(empty))):
            if isinstance(offer, Rejection):
                error = error or offer.error
                continue
            try:
                _add(tables, offer)
            except UserError as broken:
                error = error or broken
            if sum(frame.height for frame in tables.values()) >= ROWS:
                break
    found = [frame for frame in tables.values() if frame.height and frame.width]
    if not found:
        raise error or UserError(
            en="{where} holds no rows; name a file or table that has some.",
            zh="{where} 中没有数据行；请指定有数据的文件或表。",
            where=options.get("path") or options.get("table"),
        )
    return found


def _add(tables: dict[tuple[str, ...], pl.DataFrame], offer: Delivery) -> None:
    """Rows of one delivery to those of the same columns."""
    for frame in offer.read():
        rows = frame.select(pl.exclude(*RESERVED)).head(ROWS)
        columns = tuple(rows.columns)
        tables[columns] = pl.concat([tables[columns], rows]).head(ROWS) if columns in tables else rows
        if sum(table.height for table in tables.values()) >= ROWS:
            return
