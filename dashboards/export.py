"""Exports: the records of a selection, the data of a chart, a table of a page; as CSV or Excel, from the address alone."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO, Any

import xlsxwriter
from flask import Flask, Response, abort, request, send_file, stream_with_context

from bilingual.text import Text
from dashboards.ask import Desk
from dashboards.comparison import COMPARE, comparing
from dashboards.components.grid import heading
from dashboards.components.rail import chips
from dashboards.context import Context
from dashboards.extent_words import seen
from dashboards.page import Page, Table
from dashboards.pages import pages
from warehouse import records
from warehouse.filters import Filters
from warehouse.metrics.wording import count
from warehouse.records import COLUMNS_SHOWN

# Rows at most. Excel takes ten times as long per row as CSV.
CAPS = {"csv": 200_000, "xlsx": 100_000}
_BOM = "\ufeff"
_ABOUT = Text(en="About", zh="说明")
_RECORDS = Text(en="Records", zh="记录")
_DATA = Text(en="Data", zh="数据")
_ORGANISATION = Text(en="Organisation", zh="组织")
_SNAPSHOT = Text(en="Snapshot", zh="快照")
_AS_OF = Text(en="Data as of", zh="数据截至")
_PERIOD = Text(en="Period", zh="时段")
_SEEN = Text(en="Part of the house", zh="可见范围")
_FILTER = Text(en="Filter", zh="筛选")
_TICKETS = Text(en="Tickets in the selection", zh="符合条件的工单数")
_CAP = Text(en="Rows at most in this file (newest first)", zh="本文件最多行数（最新在前）")
_PAGE = Text(en="Page", zh="页面")
_QUESTION = Text(en="Question", zh="问题")
_WORDS = Text(en="In words", zh="说明文字")
_DEFINITION = Text(en="Definition", zh="定义")
_ROWS = Text(en="Rows", zh="行数")
_ADDRESS = Text(en="Address", zh="地址")

Row = Sequence[Any]
Sheet = tuple[str, Iterable[Row]]


def neutral(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, made a text again by an apostrophe; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return "'" + value
    return value


def _lines(rows: Iterable[Row]) -> Iterator[str]:
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


def about(c: Context, address: str, more: Sequence[tuple[Text, Any]]) -> Sheet:
    """The first sheet: what a file was made from."""
    pairs = [
        (c.say(_ORGANISATION), c.home.settings.organisation),
        (c.say(_SNAPSHOT), c.reading.id),
        (c.say(_AS_OF), f"{c.local(c.reading.as_of)} {c.time_zone}"),
        (c.say(_PERIOD), f"{c.filters.start or ''} … {c.filters.end or ''}"),
        *((c.say(_SEEN), part) for part in [seen(c)] if part),
        *((c.say(_FILTER), words) for words, _ in chips(c)),
        *((c.say(name), value) for name, value in more),
        (c.say(_ADDRESS), address),
    ]
    return c.say(_ABOUT), pairs


def book(first: Sheet, *others: Sheet) -> IO[bytes]:
    """An Excel file: pairs of words on the first sheet, tables with their heads on the others; nothing is a formula."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        for name, rows in (first, *others):
            sheet = workbook.add_worksheet(name)
            if name == first[0]:
                sheet.set_column(0, 0, 32)
                sheet.set_column(1, 1, 80)
            else:
                sheet.freeze_panes(1, 1)
                sheet.set_column(0, 25, 16)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    file.seek(0)
    return file


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def attached_csv(rows: Iterable[Row], name: str) -> Response:
    """Rows as an answer, sent while they are made."""

    # Excel takes a CSV for the local encoding unless it begins with the mark.
    def body() -> Iterator[str]:
        yield _BOM
        yield from _lines(rows)

    return Response(stream_with_context(body()), mimetype="text/csv", headers=_attachment(name))


def attached(c: Context, name: str, file: IO[bytes]) -> Response:
    """A workbook as an answer; its name ends with the snapshot it was made from."""
    return sent(file, f"{name}-{c.reading.snapshot.fingerprint[:7]}.xlsx")


def sent(file: IO[bytes], name: str) -> Response:
    """A file as an answer, to be kept under a name."""
    return send_file(file, download_name=name, as_attachment=True, max_age=0)


def _data(c: Context, page: Page, name: str) -> tuple[Table, list[tuple[Text, Any]]]:
    """The rows of a chart or a table, and what is said about them."""
    said: list[tuple[Text, Any]] = [(_PAGE, c.say(page.title))]
    with comparing(c.query.compare):
        if name in page.tables:
            return page.tables[name](c), said
        chart = page.charts[name]
        drawn = chart.draw(c)
        said += [(_QUESTION, c.say(chart.question)), (_WORDS, drawn.words), (_DEFINITION, c.say(chart.definition))]
        return drawn.table(), said


def add_routes(server: Flask, desk: Desk) -> None:
    """`/export/records.<kind>` and `/export/<page>/<name>.<kind>` (csv, xlsx), each with a page's query string."""

    def asked(kind: str) -> Context:
        context = desk.context(request.query_string.decode("utf-8", "replace"), desk.language(request))
        return context if context and kind in CAPS else abort(404)

    def all_records(kind: str) -> Response:
        c = asked(kind)
        cap = CAPS[kind]
        if kind == "csv":
            return attached_csv(_rows(c, cap), f"records-{c.reading.snapshot.fingerprint[:7]}.csv")
        n = count(records.count(c.reading, c.filters, c.query.selection))
        first = about(c, request.url, [(_TICKETS, n), (_CAP, count(cap))])
        return attached(c, "records", book(first, (c.say(_RECORDS), _rows(c, cap))))

    def data(page: str, name: str, kind: str) -> Response:
        c = asked(kind)
        found = next((p for p in pages().values() if p.name == page and name in {*p.charts, *p.tables}), None)
        if found is None:
            return abort(404)
        if not c.viewer.may(found.permission) or found.withheld(c, name) is not None:
            return abort(403)
        table, said = _data(c, found, name)
        rows = [table.columns, *table.rows]
        if kind == "csv":
            return attached_csv(rows, f"{page}-{name}-{c.reading.snapshot.fingerprint[:7]}.csv")
        # A page without filters shows one thing, or what is so whatever the period: none of them narrowed it.
        compared = [(COMPARE, c.say(c.compared))] if found.has_filters else []
        narrowed = c if found.has_filters else replace(c, query=replace(c.query, filters=Filters()))
        first = about(narrowed, request.url, [*said, *compared, (_ROWS, count(len(table.rows)))])
        return attached(c, f"{page}-{name}", book(first, (c.say(_DATA), rows)))

    server.add_url_rule("/export/records.<kind>", "export_records", all_records)
    server.add_url_rule("/export/<page>/<name>.<kind>", "export_data", data)
