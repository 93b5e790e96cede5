"""Exports: the records of a selection as CSV or Excel, the data of a chart as CSV; always from the address alone."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any

import xlsxwriter
from flask import Flask, Response, abort, request, send_file, stream_with_context

from dashboards.ask import Desk
from dashboards.components.grid import heading
from dashboards.components.rail import chips
from dashboards.context import Context
from dashboards.page import Drawn
from dashboards.pages import pages
from warehouse import records
from warehouse.metrics.wording import count
from warehouse.records import COLUMNS_SHOWN
from warehouse.text import Text

# Rows at most. Excel takes ten times as long per row as CSV.
CAPS = {"csv": 200_000, "xlsx": 100_000}
_BOM = "\ufeff"
_SHEETS = Text(en="About", zh="说明"), Text(en="Records", zh="记录")
_ORGANISATION = Text(en="Organisation", zh="组织")
_SNAPSHOT = Text(en="Snapshot", zh="快照")
_AS_OF = Text(en="Data as of", zh="数据截至")
_PERIOD = Text(en="Period", zh="时段")
_FILTER = Text(en="Filter", zh="筛选")
_ROWS = Text(en="Tickets in the selection", zh="符合条件的工单数")
_CAP = Text(en="Rows at most in this file (newest first)", zh="本文件最多行数（最新在前）")
_ADDRESS = Text(en="Address", zh="地址")


def neutral(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, made a text again by an apostrophe; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return "'" + value
    return value


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV in pieces of a few thousand rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for i, row in enumerate(rows, 1):
        writer.writerow([neutral(value) for value in row])
        if i % 2_000 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cell(c: Context, name: str, value: Any) -> Any:
    if isinstance(value, datetime | bool | str):
        return c.shown("ticket", name, value)
    return round(value, 4) if isinstance(value, float) else value


def _rows(c: Context, cap: int) -> Iterator[list[Any]]:
    yield [c.say(heading(name)) for name in COLUMNS_SHOWN]
    for batch in records.stream(c.reading, c.filters, c.query.selection, limit=cap):
        for row in batch:
            yield [_cell(c, name, value) for name, value in zip(COLUMNS_SHOWN, row, strict=True)]


def about(c: Context, kind: str, address: str) -> list[tuple[str, str]]:
    """What an export was made from: for its first sheet."""
    period = f"{c.filters.start or ''} … {c.filters.end or ''}"
    return [
        (c.say(_ORGANISATION), c.home.settings.organisation),
        (c.say(_SNAPSHOT), c.reading.id),
        (c.say(_AS_OF), f"{c.local(c.reading.as_of)} {c.time_zone}"),
        (c.say(_PERIOD), period),
        *((c.say(_FILTER), words) for words, _ in chips(c)),
        (c.say(_ROWS), count(records.count(c.reading, c.filters, c.query.selection))),
        (c.say(_CAP), count(CAPS[kind])),
        (c.say(_ADDRESS), address),
    ]


def workbook(c: Context, address: str) -> IO[bytes]:
    """An Excel file: what it was made from on the first sheet, the records on the second; nothing in it is a formula."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        first, second = (book.add_worksheet(c.say(name)) for name in _SHEETS)
        for i, pair in enumerate(about(c, "xlsx", address)):
            first.write_row(i, 0, pair)
        first.set_column(0, 0, 32)
        first.set_column(1, 1, 60)
        second.freeze_panes(1, 0)
        for i, row in enumerate(_rows(c, CAPS["xlsx"])):
            second.write_row(i, 0, row)
    file.seek(0)
    return file


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def _csv(rows: Iterable[Sequence[Any]], name: str) -> Response:
    # Excel takes a CSV for the local encoding unless it begins with the mark.
    def body() -> Iterator[str]:
        yield _BOM
        yield from _lines(rows)

    return Response(stream_with_context(body()), mimetype="text/csv", headers=_attachment(name))


def add_routes(server: Flask, desk: Desk) -> None:
    """`/export/records.csv`, `/export/records.xlsx` and `/export/<page>/<chart>.csv`, each with a page's query string."""

    def asked() -> Context:
        context = desk.context(request.query_string.decode("utf-8", "replace"), desk.language(request))
        return context or abort(404)

    def table(kind: str) -> Response:
        c = asked()
        name = f"records-{c.reading.snapshot.fingerprint[:7]}.{kind}"
        if kind == "csv":
            return _csv(_rows(c, CAPS["csv"]), name)
        if kind == "xlsx":
            return send_file(workbook(c, request.url), download_name=name, as_attachment=True, max_age=0)
        return abort(404)

    def chart(page: str, name: str) -> Response:
        c = asked()
        found = next((p.charts[name] for p in pages().values() if p.name == page and name in p.charts), None)
        draw: Callable[[Context], Drawn] | None = found.draw if found else None
        if draw is None:
            return abort(404)
        data = draw(c).table()
        return _csv([data.columns, *data.rows], f"{page}-{name}-{c.reading.snapshot.fingerprint[:7]}.csv")

    server.add_url_rule("/export/records.<kind>", "export_records", table)
    server.add_url_rule("/export/<page>/<name>.csv", "export_chart", chart)
