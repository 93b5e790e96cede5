"""The first rows of a file or table, as they would land."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED
from pipelines.landing import LandedStream
from pipelines.proposing import endpoint
from pipelines.proposing.sparing import sparing
from pipelines.sources import Delivery, Rejection, Stream, as_frame, kind
from warehouse.settings import Home

ROWS = 5_000
STREAM = "rows"
_WILDCARDS = frozenset("*?[")
# What SQLAlchemy knows, or a reference to the whole of a URL; any other address is of a storage of files.
_DATABASE = re.compile(r"\$\{|(postgresql|mysql|mariadb|sqlite|mssql|oracle)[+:]")
_PASSWORD = re.compile(r"://[^/@:]*:(?!\$\{)[^@/]+@")


@dataclass(frozen=True)
class Place:
    """Where rows are: the kind of source, the stream's options, and the folder that paths start from."""

    kind: str
    options: dict[str, Any]
    at: Path


def place_of(
    home: Home, name: str, where: str, table: str | None, token: str | None = None, at: Path | None = None
) -> Place:
    """The place that somebody pointed at; UserError where it cannot be told, or holds a secret that is written down.

    where: a file, a folder, a glob, or the URL of a database or of a list of a web interface. token: a reference to the
    environment with which an interface is asked. at: the folder that paths start from, `where` too; None is the
    installation's, and for `where` the one that we are in.
    """
    folder = at or home.path
    if where.startswith(("http://", "https://")):
        return Place("rest", endpoint.options_for(folder, name, STREAM, where, token), folder)
    if "://" not in where and not where.startswith("${"):
        return Place("files", {"path": _path(folder, where, at or Path.cwd())}, folder)
    if _PASSWORD.search(where):
        raise UserError(
            en="The URL holds a password, which would be written into the mapping; put it into the environment and write ${NAME} in "
            "its place.",
            zh="地址中含有密码，会被写入映射文件；请将密码放入环境变量，并在地址中写 ${NAME}。",
        )
    if not is_database(where):
        return Place("files", {"path": where}, folder)
    if not table:
        raise UserError(
            en="Name the table of the database to read with --table.",
            zh="请用 --table 指定要读取的数据库表。",
        )
    return Place("sql", {"url": where, "table": table}, folder)


def is_database(where: str) -> bool:
    """Whether what somebody pointed at is a database, and no file."""
    return bool(_DATABASE.match(where))


def _path(folder: Path, where: str, here: Path) -> str:
    """A path, from `here`, as the mapping has it: from the folder, where it is inside; UserError for one that leads to nothing."""
    path = here / where if _WILDCARDS.intersection(where) else (here / where).resolve()
    if not (path.exists() or _WILDCARDS.intersection(where)):
        raise UserError(
            en="{path}: there is no such file or folder; name one, or the URL of a database.",
            zh="{path}：文件或目录不存在；请指定文件、目录或数据库地址。",
            path=where,
        )
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def first_tables(name: str, place: Place) -> list[pl.DataFrame]:
    """The first rows, one frame for each sheet or layout, every column text; UserError when nothing can be read."""
    stream = Stream(name, STREAM, sparing(place.kind, place.options), frozenset(), place.at)
    tables: dict[tuple[str, ...], pl.DataFrame] = {}
    error: UserError | None = None
    with tempfile.TemporaryDirectory() as empty:
        for offer in kind(place.kind).deliveries(stream, LandedStream(Path(empty))):
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
            where=place.options.get("path") or place.options.get("table"),
        )
    return found


def _add(tables: dict[tuple[str, ...], pl.DataFrame], offer: Delivery) -> None:
    """Rows of one delivery to those of the same columns."""
    for frame in offer.read():
        rows = as_frame(frame).select(pl.exclude(*RESERVED)).head(ROWS)
        columns = tuple(rows.columns)
        tables[columns] = pl.concat([tables[columns], rows]).head(ROWS) if columns in tables else rows
        if sum(table.height for table in tables.values()) >= ROWS:
            return
