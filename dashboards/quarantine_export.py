"""Quarantined rows for correction: the source rows as they landed, file by file, with what is wrong in front."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Flask, Response, abort, request

from bilingual.text import Text
from dashboards.ask import Desk
from dashboards.components.quality_quarantine import called, sought
from dashboards.context import Context
from dashboards.export import CAPS, about, attached, attached_csv, book
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.metrics.wording import count
from warehouse.quality_correction import Fault, Sheet, sheets, written_in

_HEAD = (
    Text(en="FaultLoop: reason", zh="FaultLoop：原因"),
    Text(en="FaultLoop: field", zh="FaultLoop：字段"),
    Text(en="FaultLoop: column", zh="FaultLoop：列"),
    Text(en="FaultLoop: value", zh="FaultLoop：值"),
    Text(en="FaultLoop: file", zh="FaultLoop：文件"),
    Text(en="FaultLoop: line", zh="FaultLoop：行号"),
)
_NAMES = {
    "entity": Text(en="Entity", zh="实体"),
    "source": Text(en="Source", zh="来源"),
    "rule": Text(en="Reason", zh="原因"),
    "file": Text(en="File", zh="文件"),
}
_ALL = Text(en="all", zh="全部")
_ROWS = Text(en="Source rows", zh="来源行数")
_CAP = Text(en="Rows at most in this file", zh="本文件最多行数")
_HOW = Text(en="How to use it", zh="用法")
_STEPS = Text(
    en="Each sheet holds the rows of one file as they were delivered. Correct the values, take the columns that begin with FaultLoop out, and deliver the rows again; the next refresh brings them in.",
    zh="每个工作表为一个文件中被隔离的原始行。更正取值，删除以 FaultLoop 开头的列，重新送达；下次刷新即可入库。",
)
_NEGATIVE = re.compile(r"-\d+(\.\d+)?")


def _plain(value: Any) -> Any:
    """A negative number stays one: as a text it would be guarded against formulas, and come back with an apostrophe."""
    return Decimal(value) if isinstance(value, str) and _NEGATIVE.fullmatch(value) else value


def _field(c: Context, fault: Fault) -> str:
    fields = entities()[fault.entity].fields if fault.entity in entities() else {}
    return c.say(fields[fault.field].label) if fault.field in fields else fault.field


def _rows(c: Context, sheet: Sheet) -> Iterator[list[Any]]:
    """The head, and a row for each source row: what is wrong, then its own columns."""
    written = written_in(c.home, sheet.source, sheet.stream)
    yield [*(c.say(h) for h in _HEAD), *sheet.columns]
    for wrong in sheet.rows:
        said = [
            dict.fromkeys(x for x in column if x)
            for column in (
                (called(c, "rule", fault.rule) for fault in wrong.faults),
                (_field(c, fault) for fault in wrong.faults),
                (written.get((fault.entity, fault.field), "") for fault in wrong.faults),
                (fault.value for fault in wrong.faults),
            )
        ]
        yield [*("; ".join(column) for column in said), sheet.file, wrong.row, *wrong.values]


def _name(i: int, file: str) -> str:
    """What Excel lets a sheet be called: a number that makes it single, and the end of the file's name."""
    stem = re.sub(r"[\[\]:*?/\\']", " ", file.rsplit("/", 1)[-1]).strip()
    return f"{i} {stem}"[:31]


def _told(c: Context) -> list[tuple[Text, Any]]:
    chosen = {name: getattr(sought(c), name) for name in _NAMES}
    filters = [(_NAMES[name], called(c, name, value) if value else c.say(_ALL)) for name, value in chosen.items()]
    return [(_HOW, c.say(_STEPS)), *filters]


def add_routes(server: Flask, desk: Desk) -> None:
    """`/export/quarantine.<kind>` (csv, xlsx), with the query string of the quarantine's page."""

    def quarantine(kind: str) -> Response:
        c = desk.context(request.query_string.decode("utf-8", "replace"), desk.language(request))
        if c is None or kind not in CAPS:
            return abort(404)
        # Rows as they landed are not placed anywhere.
        if not c.viewer.extent.is_whole:
            return abort(403)
        found = list(sheets(c.home, c.reading, sought(c), CAPS[kind]))
        if kind == "csv":
            # A block for each file, under a head of its own.
            lines = (
                [_plain(value) for value in row]
                for i, sheet in enumerate(found)
                for row in (*([[]] if i else []), *_rows(c, sheet))
            )
            return attached_csv(lines, f"quarantine-{c.reading.snapshot.fingerprint[:7]}.csv")
        n = sum(len(sheet.rows) for sheet in found)
        # The quarantine is that of the whole snapshot: no period and no place narrows it.
        everything = replace(c, query=replace(c.query, filters=Filters()))
        first = about(everything, request.url, [*_told(c), (_ROWS, count(n)), (_CAP, count(CAPS[kind]))])
        return attached(
            c, "quarantine", book(first, *((_name(i, s.file), _rows(c, s)) for i, s in enumerate(found, 1)))
        )

    server.add_url_rule("/export/quarantine.<kind>", "export_quarantine", quarantine)
