"""One source row, exactly as it landed, and what became of it: the end of every way back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bilingual.text import Text
from dashboards.address import thing
from dashboards.components.badge import badge
from dashboards.components.exports import exports
from dashboards.components.facts import pairs, table
from dashboards.components.quality_quarantine import here
from dashboards.components.states import message, part
from dashboards.context import Context
from dashboards.extent_words import OF_THE_HOUSE
from dashboards.page import Component, Page, Table
from dashboards.plain import dcc, html
from warehouse.entities import LINEAGE, entities
from warehouse.landed import source_row
from warehouse.quality import Sought, sources
from warehouse.quality_findings import label
from warehouse.quality_trace import Became, Place, Trace, neighbours, trace
from warehouse.records import source_row_of

TITLE = Text(en="Source row", zh="来源行")
_ABOUT = Text(
    en="On the left as it landed: text as the source wrote it, nothing cast, translated or left out. On the right what it became.",
    zh="左侧为落地原文：与来源一致，未转换、未翻译、未省略；右侧为其成为的内容。",
)
_LINEAGE = {
    "_source": Text(en="Source", zh="来源"),
    "_stream": Text(en="Stream", zh="数据流"),
    "_file": Text(en="File", zh="文件"),
    "_row": Text(en="Row number", zh="行号"),
    "_batch": Text(en="Batch", zh="批次"),
    "_extracted_at": Text(en="Read at", zh="读取时间"),
}
_WHERE = Text(en="Where it comes from", zh="出处")
_CONTENT = Text(en="The row", zh="行内容")
_BECAME = Text(en="What became of it", zh="去向")
_HEAD = (
    Text(en="Column", zh="列"),
    Text(en="As it landed", zh="落地原文"),
    Text(en="Became", zh="成为"),
)
_IN = Text(en="in the warehouse", zh="已入库")
_AWAY = Text(en="in quarantine", zh="已隔离")
_ELSEWHERE = Text(
    en="It is not shown: a newer version of it took its place, or its mapping leaves it out.",
    zh="未展示：已被更新版本取代，或其映射将其排除。",
)
_TICKET = Text(en="Open ticket {ticket}", zh="查看工单 {ticket}")
_SAME_FILE = Text(en="All quarantined rows of this file", zh="此文件的全部隔离行")
_NOT_READ = Text(en="no field of its own", zh="无对应字段")
_PREVIOUS, _NEXT = Text(en="Line {n}", zh="第 {n} 行"), Text(en="Line {n}", zh="第 {n} 行")
_MISSING = Text(en="This source row is not at hand", zh="找不到该来源行")
_MISSING_BODY = Text(
    en="Its batch is no longer in the landing zone of this installation, or the address is not complete.",
    zh="其批次已不在本机落地区，或地址不完整。",
)


def _layout(c: Context) -> Component:
    return [html.H1(c.say(TITLE)), part("source", "row", height=320)]


def _landed(c: Context) -> dict[str, Any] | None:
    a = c.query.argument
    source = a("source") or ""
    if (entity := a("entity")) and (key := a("key")):
        return source_row_of(c.home, c.reading, entity, key, source)
    number = a("row") or ""
    if not (number.isascii() and number.isdigit()) or len(number) > 15:
        return None
    return source_row(c.home.landing, source, a("stream") or "", a("batch") or "", a("file") or "", int(number))


def _address(place: Place, row: int) -> str:
    return thing("/source", source=place.source, stream=place.stream, batch=place.batch, file=place.file, row=row)


def _where(c: Context, row: dict[str, Any], place: Place) -> Component:
    shown: dict[str, Component] = {name: html.Code(str(row[name])) for name in _LINEAGE if name in row}
    if place.source in sources(c.reading):
        shown["_source"] = html.Span([sources(c.reading)[place.source][c.language], " ", html.Code(place.source)])
    if isinstance(row.get("_extracted_at"), dt.datetime):
        shown["_extracted_at"] = c.local(row["_extracted_at"])
    before, after = neighbours(c.home.landing, place) if c.viewer.extent.is_whole else (None, None)
    steps = [
        dcc.Link(words, href=_address(place, number), className="tool")
        for number, words in (
            (before, f"‹ {c.say(_PREVIOUS.format(n=before))}"),
            (after, f"{c.say(_NEXT.format(n=after))} ›"),
        )
        if number is not None
    ]
    head = html.Header([html.H2(c.say(_WHERE)), html.Div(steps, className="tools")])
    return html.Section(
        [head, pairs((c.say(_LINEAGE[name]), value) for name, value in shown.items())], className="card"
    )


def _became(c: Context, followed: Trace, place: Place) -> Component:
    lines: list[Component] = []
    for found in followed.became:
        ticket = found.fields.get("ticket_id")
        open_ = dcc.Link(c.say(_TICKET.format(ticket=ticket)), href=thing("/record", ticket=ticket)) if ticket else None
        lines.append(
            html.Li([badge("good", c.say(_IN)), " ", c.say(label(found.entity)), " ", html.B(found.key), " ", open_])
        )
    for fault in followed.faults:
        fields = entities()[fault["entity"]].fields if fault["entity"] in entities() else {}
        field = f"{c.say(fields[fault['field']].label)}: " if fault["field"] in fields else ""
        reason = fault[c.language] or fault["rule"]
        value = html.Span(f" {field}{fault['value'] or '—'}", className="raw")
        lines.append(html.Li([badge("warning", c.say(_AWAY)), " ", c.say(label(fault["entity"])), ": ", reason, value]))
    if followed.faults:
        lines.append(html.Li(dcc.Link(c.say(_SAME_FILE), href=here(Sought(source=place.source, file=place.file)))))
    body = html.Ul(lines, className="plain") if lines else html.P(badge("neutral", c.say(_ELSEWHERE)))
    return html.Section([html.H2(c.say(_BECAME)), body], className="card")


def _values(c: Context, became: tuple[Became, ...], entity: str, field: str) -> list[str]:
    """The values of a field in the rows of the warehouse that the source row became."""
    return list(dict.fromkeys(c.shown(entity, field, b.fields.get(field)) or "—" for b in became if b.entity == entity))


def _concerned(followed: Trace) -> set[str]:
    """The entities that a row became or was meant for; all that its stream is read for where it became none."""
    became = {b.entity for b in followed.became} | {fault["entity"] for fault in followed.faults}
    return became or {entity for entity, _ in followed.written_in}


def _result(c: Context, became: tuple[Became, ...], entity: str, field: str, *, is_one_of: bool) -> Component:
    """What a column became: the field, of which entity where there are several, its value where the row is in the warehouse."""
    name = c.say(entities()[entity].fields[field].label)
    if is_one_of:
        name = f"{c.say(label(entity))} · {name}"
    return html.Div([html.Span(name, className="quiet"), " ", " · ".join(_values(c, became, entity, field))])


def _own(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of the source itself."""
    return {name: value for name, value in row.items() if name not in LINEAGE and (name != "_defect" or value)}


def _wrong(followed: Trace) -> set[str | None]:
    """The columns, or expressions over them, of what is in quarantine."""
    return {followed.written_in.get((fault["entity"], fault["field"])) for fault in followed.faults}


def _content(c: Context, row: dict[str, Any], followed: Trace) -> Component:
    """Column by column; what an expression over columns became, below."""
    own, wrong = _own(row), _wrong(followed)
    filled: dict[str, list[Component]] = {}
    concerned = _concerned(followed)
    for (entity, field), written in followed.written_in.items():
        if entity in concerned:
            result = _result(c, followed.became, entity, field, is_one_of=len(concerned) > 1)
            filled.setdefault(written, []).append(result)
    rows: list[list[Component]] = []
    for name, value in own.items():
        text = html.Span(str(value), className="raw") if value is not None else "—"
        marked = html.Div([badge("warning", c.say(_AWAY)), " ", text]) if name in wrong else text
        rows.append([html.B(name), marked, filled.get(name) or html.Span(c.say(_NOT_READ), className="small")])
    rows += [[html.Code(w), "", results] for w, results in filled.items() if w not in own]
    tools = html.Div(exports(c, "source", "content"), className="tools")
    return html.Section(
        [
            html.Header([html.H2(c.say(_CONTENT)), tools]),
            html.P(c.say(_ABOUT), className="words"),
            table([c.say(h) for h in _HEAD], rows),
        ],
        className="card landed",
    )


def _exported(c: Context) -> Table:
    """Where the row comes from, then its columns as they landed; a line for each field that a column became."""
    columns = ("column", "landed", "entity", "field", "became", "in_quarantine")
    row = _landed(c)
    if row is None:
        return Table(columns)
    followed = _followed(c, row)
    own, wrong = _own(row), _wrong(followed)
    lines: list[list[Any]] = [[name.strip("_"), str(row[name]), "", "", "", ""] for name in _LINEAGE if name in row]
    filled: dict[str, list[list[Any]]] = {}
    for (entity, field), written in followed.written_in.items():
        became = " · ".join(_values(c, followed.became, entity, field))
        filled.setdefault(written, []).append([entity, field, became])
    for name in (*own, *(written for written in filled if written not in own)):
        lines += [[name, own.get(name), *rest, name in wrong] for rest in filled.get(name, [["", "", ""]])]
    return Table(columns, lines)


def _followed(c: Context, row: dict[str, Any]) -> Trace:
    return trace(c.home, c.reading, _place(row))


def _place(row: dict[str, Any]) -> Place:
    return Place(*(row[name] for name in ("_source", "_stream", "_batch", "_file", "_row")))


def _row(c: Context) -> Component:
    row = _landed(c)
    if row is None:
        return message(c.say(_MISSING), html.P(c.say(_MISSING_BODY)))
    place, followed = _place(row), _followed(c, row)
    return [_where(c, row, place), _became(c, followed, place), _content(c, row, followed)]


def _withheld(c: Context, _: str) -> Text | None:
    """A row as it landed is placed by the record that it became; by its line in a file alone it is not."""
    is_named = c.query.argument("entity") and c.query.argument("key")
    return None if c.viewer.extent.is_whole or is_named else OF_THE_HOUSE


PAGE = Page(
    name="source",
    path="/source",
    title=TITLE,
    layout=_layout,
    order=91,
    has_filters=False,
    parts={"row": _row},
    tables={"content": _exported},
    withheld=_withheld,
)
