"""One ticket: its facts, its course, and everything that hangs on it, each row leading to its source row; or any other record."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from bilingual.text import Text
from dashboards.address import thing
from dashboards.components.exports import exports
from dashboards.components.facts import pairs, table
from dashboards.components.register_ways import begin_report, report_address, way
from dashboards.components.states import message, part
from dashboards.context import Context
from dashboards.page import Component, Page, Table
from dashboards.plain import dcc, html
from warehouse import records
from warehouse.entities import entities

TITLE = Text(en="Ticket", zh="工单")
_MISSING = Text(en="There is no ticket {ticket}", zh="没有工单 {ticket}")
_MISSING_BODY = Text(
    en="It is not in this snapshot: check the number, or look among the quarantined rows on the data quality page.",
    zh="当前快照中没有此工单：请核对编号，或在数据质量页查看被隔离的行。",
)
_NO_RECORD = Text(en="There is no record {key}", zh="没有记录 {key}")
_COURSE = Text(en="Course", zh="经过")
_SOURCE = Text(en="Source row", zh="来源行")

# What happened, in the order of a ticket's life: entity → the instants of it that belong into the course.
_INSTANTS = {
    "ticket": ("opened_at", "dispatched_at", "responded_at", "arrived_at", "resolved_at", "closed_at"),
    "ticket_event": ("at",),
    "visit": ("departed_at", "arrived_at", "started_at", "finished_at"),
    "repair": ("started_at", "finished_at"),
    "fault": ("occurred_at", "detected_at", "restored_at"),
    "survey": ("at",),
    "complaint": ("opened_at", "answered_at", "closed_at"),
    "price_approval": ("decided_at",),
}


def _layout(_: Context) -> Component:
    return [part("record", "ticket", height=480)]


def _source_link(c: Context, entity: str, row: dict[str, Any]) -> Component:
    href = thing("/source", entity=entity, key=row["source_key"], source=row["_source"])
    return dcc.Link(c.say(_SOURCE), href=href, className="tool")


def _filled(entity: str, rows: list[dict[str, Any]]) -> list[str]:
    """The fields of an entity that any of its rows has."""
    return [name for name in entities()[entity].fields if any(row.get(name) not in (None, "") for row in rows)]


def _course(c: Context, found: dict[str, list[dict[str, Any]]]) -> list[tuple[dt.datetime, str, str]]:
    moments = []
    for entity, names in _INSTANTS.items():
        fields = entities()[entity].fields
        for row in found.get(entity, []):
            for name in names:
                if isinstance(at := row.get(name), dt.datetime):
                    moments.append(
                        (at, c.say(entities()[entity].label), _event(c, entity, row, c.say(fields[name].label)))
                    )
    return sorted(moments)


def _event(c: Context, entity: str, row: dict[str, Any], label: str) -> str:
    if entity != "ticket_event":
        return label
    steps = [c.shown(entity, name, row.get(name)) for name in ("from_status", "to_status")]
    return " → ".join(s for s in steps if s) or label


# Where what a field names is to be found: the page and the parameter that names it.
_LEADS = {"asset": ("/asset", "look"), "ticket": ("/record", "ticket"), "technician": ("/technicians", "look"), "part": ("/parts", "look")}  # fmt: skip


def _value(c: Context, entity: str, name: str, row: dict[str, Any]) -> Component:
    """A field's value; the number of something that has a page of its own leads there."""
    shown, refers = c.shown(entity, name, row[name]), entities()[entity].fields[name].refers
    refers = entity if [name] == list(entities()[entity].key) else refers
    if isinstance(row[name], dt.date):
        return html.Time(shown)
    if refers == "fracas_report" and (address := report_address(row["_source"], shown)):
        return way(shown, address)
    if not shown or refers not in _LEADS or (entity, name) == ("ticket", "ticket_id"):
        return shown
    path, parameter = _LEADS[refers]
    return dcc.Link(shown, href=thing(path, **{parameter: row[name]}))


def _section(c: Context, entity: str, rows: list[dict[str, Any]]) -> Component:
    names = [n for n in _filled(entity, rows) if n != "ticket_id"]
    head = [*(c.say(entities()[entity].fields[n].label) for n in names), c.say(_SOURCE)]
    body = [[*(_value(c, entity, n, row) for n in names), html.Span(_ways(c, entity, row))] for row in rows]
    numeric = frozenset(i for i, n in enumerate(names) if entities()[entity].fields[n].type in ("number", "integer"))
    return html.Section(
        [_head(c, c.say(entities()[entity].label), entity), table(head, body, numeric)], className="card related"
    )


def _ways(c: Context, entity: str, row: dict[str, Any]) -> list[Component]:
    """Where a row leads: to its source, and a fault to a report of it."""
    begin = [begin_report(c, fault=row["fault_id"]), " "] if entity == "fault" else []
    return [*begin, _source_link(c, entity, row)]


def _head(c: Context, title: str, name: str, *more: Component) -> Component:
    """The head of a card: its title, and the ways to what it shows."""
    return html.Header([html.H2(title), html.Div([*more, exports(c, "record", name)], className="tools")])


def _facts(c: Context, entity: str, row: dict[str, Any]) -> Component:
    items = [(c.say(entities()[entity].fields[n].label), _value(c, entity, n, row)) for n in _filled(entity, [row])]
    begin = begin_report(c, ticket=row["ticket_id"]) if entity == "ticket" else None
    head = _head(c, c.say(entities()[entity].label), entity, begin, _source_link(c, entity, row))
    return html.Section([head, pairs(items)], className="card")


def _asked_entity(c: Context) -> str | None:
    """The entity of a record that is no ticket; None where the address names a ticket."""
    asked = c.query.argument("entity")
    return asked if asked in entities() else None


def _found(c: Context) -> dict[str, list[dict[str, Any]]]:
    """What the address names, by entity: a ticket and what hangs on it, or one record by its key in its source."""
    entity = _asked_entity(c)
    if entity is None:
        return records.ticket(c.reading, c.query.argument("ticket") or "")
    key, source = (c.query.argument(name) or "" for name in ("key", "source"))
    row = records.record(c.reading, entity, key, source)
    return {entity: [row]} if row else {}


def _exported(c: Context, entity: str) -> Table:
    """The records of an entity on this page, each with the row of its source that it came from."""
    rows = _found(c).get(entity, [])
    names = _filled(entity, rows)

    def cell(name: str, value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number else c.shown(entity, name, value)

    origin = ("_source", "_stream", "_file", "_row")
    lines = [[*(cell(n, row[n]) for n in names), *(row[name] for name in origin)] for row in rows]
    return Table((*names, *(name.strip("_") for name in origin)), lines)


def _exported_course(c: Context) -> Table:
    return Table(("at", "entity", "what"), [[c.local(at), *said] for at, *said in _course(c, _found(c))])


def _one(c: Context, entity: str) -> Component:
    """A record that is no ticket."""
    found = _found(c)
    if not found:
        key = c.query.argument("key") or ""
        return message(c.say(_NO_RECORD.format(key=key)), html.P(c.say(_MISSING_BODY)))
    title = f"{c.say(entities()[entity].label)} {c.query.argument('key')}"
    return [html.H1(title), _facts(c, entity, found[entity][0])]


def _ticket(c: Context) -> Component:
    if entity := _asked_entity(c):
        return _one(c, entity)
    number = c.query.argument("ticket") or ""
    found = _found(c)
    if not found:
        return message(c.say(_MISSING.format(ticket=number)), html.P(c.say(_MISSING_BODY)))
    course = [
        html.Li([html.Time(c.local(at)), html.Span(what, className="what"), html.Span(happened)])
        for at, what, happened in _course(c, found)
    ]
    facts = [_facts(c, entity, found[entity][0]) for entity in ("ticket", "asset") if entity in found]
    line = html.Section([_head(c, c.say(_COURSE), "course"), html.Ol(course, className="course")], className="card")
    others = [_section(c, entity, rows) for entity, rows in found.items() if entity not in ("ticket", "asset")]
    return [
        html.H1(f"{c.say(TITLE)} {number}"),
        html.Div([html.Div(facts, className="stack"), line], className="halves"),
        *others,
    ]


PAGE = Page(
    name="record",
    path="/record",
    title=TITLE,
    layout=_layout,
    order=90,
    has_filters=False,
    parts={"ticket": _ticket},
    tables={**{entity: partial(_exported, entity=entity) for entity in entities()}, "course": _exported_course},
)
