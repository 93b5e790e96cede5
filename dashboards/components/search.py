"""Searching: the field in the top bar with its suggestions, a form on a page, and things found as rows that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bilingual.text import Language, Text
from dashboards.address import link, thing
from dashboards.components.facts import table
from dashboards.components.register_ways import report_address, way
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import dmc, html
from warehouse.search import Found, Hit, Kind

PATH = "/search"
SEARCH = Text(en="Search", zh="搜索")
_HINT = Text(en="Serial, ticket, report, person…", zh="序列号、工单、报告、人员…")
_BUTTON = Text(en="Search", zh="搜索")
_ALL = Text(en="All results for “{text}”", zh="“{text}”的全部结果")
_NONE = Text(en="Nothing begins with “{text}”; search further", zh="没有以“{text}”开头的结果；进一步搜索")
KINDS: dict[Kind, Text] = {
    "ticket": Text(en="Tickets", zh="工单"),
    "asset": Text(en="Assets", zh="设备"),
    "piece": Text(en="Pieces that sat in a unit once", zh="曾装机的部件"),
    "customer": Text(en="Customers", zh="客户"),
    "technician": Text(en="Technicians", zh="技术员"),
    "part": Text(en="Spare parts", zh="备件"),
    "fracas_report": Text(en="FRACAS reports", zh="故障报告"),
}


def field(language: Language) -> Component:
    """The field of the top bar. Enter takes the suggestion that is marked, or asks the page of results."""
    select = dmc.Select(
        id="lookup",
        data=[],
        searchable=True,
        selectFirstOptionOnChange=True,
        withCheckIcon=False,
        # The server judges what matches; the browser drops what no longer does while it types on.
        filter={"function": "stillFound"},
        placeholder=_HINT[language],
        size="xs",
        maxDropdownHeight=420,
        comboboxProps={"width": 380, "position": "bottom-start"},
        leftSection=html.Span("⌕", className="glass", **{"aria-hidden": "true"}),
        leftSectionPointerEvents="none",
        rightSectionPointerEvents="none",
        rightSection=html.Span(),
        **{"aria-label": SEARCH[language]},
    )
    return html.Form(select, action=PATH, role="search", className="lookup", **{"data-finds": "look"})


def form(path: str, label: str, text: str, language: Language) -> Component:
    """A field on a page that asks the page itself; without a callback, so that its address is its state."""
    return html.Form(
        [
            dmc.TextInput(
                value=text, label=label, attributes={"input": {"type": "search"}}, size="xs", className="find-text"
            ),
            html.Button(_BUTTON[language], type="submit", className="find-go"),
        ],
        # A new address makes a new element, with its own text in it.
        key=f"{path} {text}",
        action=path,
        role="search",
        className="find-form",
        **{"data-finds": "look"},
    )


def address_of(c: Context, hit: Hit) -> str:
    """Where a thing that was found is."""
    match hit.kind:
        case "ticket":
            return thing("/record", ticket=hit.key)
        case "asset":
            return link("/asset", c.filters, None, look=hit.key)
        case "piece":
            return link("/asset", c.filters, None, look=hit.key, key=hit.name)
        case "customer":
            return link("/records", replace(c.filters, customer=(hit.key,)))
        case "technician":
            return link("/technicians", c.filters, None, look=hit.key)
        case "part":
            return link("/parts", c.filters, None, look=hit.key)
    of_register = report_address(hit.source, hit.name)
    return of_register or thing("/record", entity="fracas_report", key=hit.key, source=hit.source)


def suggestions(c: Context, text: str, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Options of the field, grouped by kind; the last one leads to the page of results."""
    groups = [
        {
            "group": c.say(KINDS[f.kind]),
            "items": [{"value": address_of(c, hit), "label": " · ".join((hit.name, *hit.more))} for hit in f.hits],
        }
        for f in found
    ]
    words = (_ALL if found else _NONE).format(text=text)
    return [*groups, {"group": "", "items": [{"value": thing(PATH, look=text), "label": c.say(words)}]}]


def hit_table(hits: Sequence[Hit]) -> Table:
    """Things found as plain values; what else tells one apart is one text."""
    columns = ("kind", "key", "name", "more", "source")
    return Table(columns, [[hit.kind, hit.key, hit.name, " · ".join(hit.more), hit.source] for hit in hits])


def hit_rows(c: Context, hits: Sequence[Hit]) -> Component:
    """Things found, a row each."""
    rows = [
        [way(hit.name, address_of(c, hit)), " · ".join(words for words in hit.more if words != hit.name)]
        for hit in hits
    ]
    return table(["", ""], rows)
