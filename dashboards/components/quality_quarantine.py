"""The quarantine: what lies in it and why, row by row, and the way to have it corrected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bilingual.text import Text
from dashboards.address import thing
from dashboards.components.facts import table
from dashboards.components.menu import menu
from dashboards.context import Context
from dashboards.page import Component
from dashboards.plain import dcc, html
from warehouse import quality
from warehouse.entities import entities
from warehouse.metrics.wording import count
from warehouse.quality import Lot, Sought
from warehouse.quality_correction import written_in
from warehouse.quality_findings import label

PATH = "/quarantine"
PAGE_ROWS = 100
TITLE = Text(en="What is in quarantine, and why?", zh="隔离区有哪些行，原因是什么？")
_WORDS = Text(
    en="Rows that were left out of every number. Corrected in the source and delivered again, they come in with the next refresh.",
    zh="这些行未计入任何数字。在来源中更正并重新送达后，下次刷新即可入库。",
)
_HEAD = (
    Text(en="Entity", zh="实体"),
    Text(en="Reason", zh="原因"),
    Text(en="Source", zh="来源"),
    Text(en="Files", zh="文件"),
    Text(en="Rows", zh="行数"),
)
_BROWSE = Text(en="All rows", zh="全部隔离行")
_EMPTY = Text(en="Nothing is in quarantine.", zh="隔离区为空。")
_ROW_HEAD = (
    Text(en="Entity", zh="实体"),
    Text(en="Key", zh="键"),
    Text(en="Reason", zh="原因"),
    Text(en="Field", zh="字段"),
    Text(en="Value", zh="值"),
    Text(en="File and line", zh="文件与行号"),
)
_NAMES = {
    "entity": Text(en="Entity", zh="实体"),
    "source": Text(en="Source", zh="来源"),
    "rule": Text(en="Reason", zh="原因"),
    "file": Text(en="File", zh="文件"),
}
_ANY = Text(en="all", zh="全部")
_NO_MATCH = Text(en="No row matches. Take a filter away.", zh="没有符合条件的行。请移除筛选。")
_SHOWN = Text(en="{first}–{last} of {n}", zh="第 {first}–{last} 条，共 {n} 条")
_PREVIOUS, _NEXT = Text(en="Previous", zh="上一页"), Text(en="Next", zh="下一页")
_TAKE = Text(en="For correction (rows as they landed, reason in front):", zh="导出更正（原始行，前置原因）：")
_UNKNOWN = Text(
    en="Left out, as nothing in quarantine is called so: {values}.", zh="隔离区中没有以下名称，已忽略：{values}。"
)
# What the address calls each of them.
_ARGUMENTS = {"entity": "entity", "source": "source", "rule": "look", "file": "file"}


def sought(c: Context) -> Sought:
    """What the address asks for: names that nothing in quarantine has are left out."""
    return Sought(**{name: value for name, value in _asked(c).items() if value in _known(c, name)})


def _asked(c: Context) -> dict[str, str]:
    asked = {name: c.query.argument(argument) for name, argument in _ARGUMENTS.items()}
    return {name: value for name, value in asked.items() if value}


def _known(c: Context, name: str) -> set[str]:
    return {getattr(lot, name) for lot in quality.lots(c.reading)}


def here(wanted: Sought, start: int = 0, path: str = PATH) -> str:
    """The address of some quarantined rows, from the one with this number on."""
    named = {_ARGUMENTS[name]: value for name, value in wanted.__dict__.items() if value}
    return thing(path, **named, **({"row": start + 1} if start else {})).rstrip("?")


def called(c: Context, name: str, value: str) -> str:
    """A name in words: an entity's, a source's, a reason's; a file by its own."""
    if name == "entity":
        return c.say(label(value))
    if name == "source":
        source = quality.sources(c.reading).get(value)
        return source[c.language] if source else value
    if name == "rule":
        reasons = {lot.rule: (lot.en, lot.zh) for lot in quality.lots(c.reading)}
        en, zh = reasons.get(value, (None, None))
        return c.say(Text(en=en, zh=zh)) if en and zh else value
    return value


def lots_card(c: Context) -> Component:
    """How many rows lie in quarantine for which reason; each leads to them."""
    groups: dict[tuple[str, str, str], list[Lot]] = {}
    for lot in quality.lots(c.reading):
        groups.setdefault((lot.entity, lot.rule, lot.source), []).append(lot)
    rows = [
        [
            called(c, "entity", entity),
            dcc.Link(called(c, "rule", rule), href=here(Sought(entity, source, rule))),
            called(c, "source", source),
            count(len(lots)),
            count(sum(lot.n for lot in lots)),
        ]
        for (entity, rule, source), lots in sorted(groups.items(), key=lambda g: -sum(lot.n for lot in g[1]))
    ]
    tools = html.Div([dcc.Link(c.say(_BROWSE), href=PATH, className="tool"), *_files(Sought())], className="tools")
    body = (
        [html.P(c.say(_WORDS), className="words"), table([c.say(h) for h in _HEAD], rows, frozenset({3, 4}))]
        if rows
        else [html.P(c.say(_EMPTY), className="words")]
    )
    return html.Section([html.Header([html.H2(c.say(TITLE)), tools if rows else None]), *body], className="card")


def _files(wanted: Sought) -> list[Component]:
    return [
        html.A(kind.upper(), href=here(wanted, path=f"/export/quarantine.{kind}"), className="tool", download="")
        for kind in ("csv", "xlsx")
    ]


def _choice(c: Context, wanted: Sought, name: str) -> Component:
    """What one of the names can be, given the others, with the number of rows of each."""
    others = replace(wanted, **{name: None})
    counts: dict[str, int] = {}
    for lot in quality.lots(c.reading):
        if lot.is_among(others):
            counts[getattr(lot, name)] = counts.get(getattr(lot, name), 0) + lot.n
    chosen = getattr(wanted, name)
    options = [("", c.say(_ANY), sum(counts.values()))]
    options += [(value, called(c, name, value), n) for value, n in sorted(counts.items(), key=lambda item: -item[1])]
    links = [
        dcc.Link(
            f"{words} · {count(n)}",
            href=here(replace(others, **{name: value or None})),
            className="option chosen" if value == (chosen or "") else "option",
        )
        for value, words, n in options
    ]
    shown = called(c, name, chosen) if chosen else c.say(_ANY)
    return html.Div(menu([html.Span(c.say(_NAMES[name]), className="quiet"), " ", shown], links), className="picker")


def _place(r: dict[str, Any]) -> Component:
    href = thing("/source", **{k: r[k] for k in ("source", "stream", "batch", "file")}, row=r["row_no"])
    return dcc.Link(f"{r['file']} : {r['row_no']}", href=href)


def _line(c: Context, r: dict[str, Any]) -> list[Component]:
    fields = entities()[r["entity"]].fields if r["entity"] in entities() else {}
    column = written_in(c.home, r["source"], r["stream"]).get((r["entity"], r["field"]))
    field: list[Component] = [c.say(fields[r["field"]].label) if r["field"] in fields else r["field"] or "—"]
    if column and column != field[0]:
        field += [html.Div(html.Code(column), className="small")]
    return [
        called(c, "entity", r["entity"]),
        r["source_key"] or "—",
        r[c.language] or r["rule"],
        html.Div(field),
        html.Span(r["value"] or "—", className="raw"),
        _place(r),
    ]


def browser(c: Context) -> Component:
    """The rows that the address asks for, a page of them, with what they can be narrowed down by."""
    wanted = sought(c)
    unknown = [value for name, value in _asked(c).items() if getattr(wanted, name) is None]
    n = sum(lot.n for lot in quality.lots(c.reading) if lot.is_among(wanted))
    number = c.query.argument("row") or ""
    asked = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 10 else 0
    start = min(max(asked, 0), max(n - 1, 0)) // PAGE_ROWS * PAGE_ROWS
    rows = quality.quarantine(c.reading, start=start, rows=PAGE_ROWS, sought=wanted)
    pages: list[Component] = [
        html.Span(c.say(_SHOWN.format(first=count(start + 1), last=count(start + len(rows)), n=count(n))))
    ]
    if start:
        pages.append(dcc.Link(f"‹ {c.say(_PREVIOUS)}", href=here(wanted, start - PAGE_ROWS), className="tool"))
    if start + len(rows) < n:
        pages.append(dcc.Link(f"{c.say(_NEXT)} ›", href=here(wanted, start + PAGE_ROWS), className="tool"))
    tools = html.Div([html.Span(c.say(_TAKE), className="quiet"), *_files(wanted)], className="tools")
    body = html.Div(table([c.say(h) for h in _ROW_HEAD], [_line(c, r) for r in rows]), className="away")
    return html.Section(
        [
            html.P(c.say(_WORDS), className="words"),
            html.P(c.say(_UNKNOWN.format(values=", ".join(unknown))), className="words") if unknown else None,
            html.Div([_choice(c, wanted, name) for name in _NAMES], className="pickers"),
            html.Header([html.Div(pages, className="pages"), tools]) if rows else None,
            body if rows else html.P(c.say(_NO_MATCH if _known(c, "rule") else _EMPTY), className="nothing"),
        ],
        className="card",
    )
