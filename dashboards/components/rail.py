"""The filter rail: period and places as controls, and what is chosen as chips that can be taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards.address import link, without
from dashboards.components.badge import badge
from dashboards.context import Context
from dashboards.page import Component
from dashboards.periods import presets
from warehouse import records
from warehouse.entities import entities
from warehouse.filters import PLACES, Filters
from warehouse.metrics.closure import AGES
from warehouse.metrics.wording import UNKNOWN
from warehouse.records import Selection
from warehouse.text import Text

FROM = Text(en="From", zh="起")
TO = Text(en="To", zh="止")
FILTERS = Text(en="Filters", zh="筛选")
PERIOD = Text(en="Period", zh="时段")
RESET = Text(en="Reset", zh="重置")
COPY = Text(en="Copy link", zh="复制链接")
COPIED = Text(en="Copied", zh="已复制")
REMOVE = Text(en="Remove filter {what}", zh="移除筛选 {what}")
SEARCH = Text(en="Type to search", zh="输入以搜索")
NOTHING = Text(en="Nothing found", zh="无匹配项")
IGNORED = Text(
    en="Not known here and left out of the address: {names}.", zh="地址中以下参数未被识别，已忽略：{names}。"
)
CUSTOMER = Text(en="Customer", zh="客户")
_DATED = {
    "closed_on": Text(en="closed in the period", zh="期内关闭"),
    "resolved_on": Text(en="resolved in the period", zh="期内修复"),
    "arrived_on": Text(en="arrived in the period", zh="期内到达"),
    "response_due_on": Text(en="response due in the period", zh="期内响应到期"),
}
_FLAGS = {
    ("is_open", True): Text(en="still open", zh="未关闭"),
    ("is_open", False): Text(en="closed", zh="已关闭"),
    ("response_met", True): Text(en="response within target", zh="响应达标"),
    ("response_met", False): Text(en="response missed", zh="响应未达标"),
    ("is_reopened", True): Text(en="reopened", zh="曾重新打开"),
    ("is_reopened", False): Text(en="never reopened", zh="未重新打开"),
    ("at_end", True): Text(en="open at the end of the period", zh="期末未关闭"),
}
_BEHIND = {
    **{name: entities()["fault"].fields[name].label for name in ("component", "failure_mode", "cause", "asset_id")},
    "model": entities()["asset"].fields["model"].label,
    "technician_id": entities()["technician"].fields["technician_id"].label,
}
_AGE = Text(en="open for {age}", zh="已开 {age}")
_DEFAULTS = Selection().__dict__
# Mantine's options need a value that is not empty; '' in an address means that nobody said.
UNSAID = "∅"


def label_of(place: str) -> Text:
    """What a place filter is called."""
    return CUSTOMER if place == "customer" else entities()["ticket"].fields[place].label


def offered(c: Context) -> list[str]:
    """The place filters that have any value in this snapshot."""
    places = records.places(c.reading)
    found = [p for p in PLACES if any(value for value, _ in places.get(p, []))]
    has_customers = any(number for number, _, _ in records.customers(c.reading, ""))
    return [p for p in PLACES if p in found or (p == "customer" and has_customers)]


def rail(c: Context) -> Component:
    """The rail's controls, empty: the callback that reads the address fills them."""
    days = [
        dmc.TextInput(
            id={"filter": name},
            label=c.say(label),
            # The browser's own date field: ISO in the address, a calendar in the visitor's language on the phone.
            attributes={"input": {"type": "date"}},
            size="xs",
            debounce=500,
            w=132,
        )
        for name, label in (("from", FROM), ("to", TO))
    ]
    selects = []
    for place in offered(c):
        values = [] if place == "customer" else records.places(c.reading)[place]
        selects.append(
            dmc.MultiSelect(
                id={"filter": place},
                label=c.say(label_of(place)),
                data=[{"value": v or UNSAID, "label": f"{c.place(place, v)} · {n:,}"} for v, n in values],
                placeholder=c.say(SEARCH) if place == "customer" else None,
                nothingFoundMessage=c.say(NOTHING),
                searchable=True,
                clearable=True,
                hidePickedOptions=place == "customer",
                size="xs",
                maxDropdownHeight=320,
                comboboxProps={"width": 260, "position": "bottom-start"},
                className="place",
            )
        )
    return html.Div([*days, *selects], className="controls")


def period_links(c: Context, path: str) -> Component:
    """The presets, the one that is shown marked."""
    chosen = (c.filters.start, c.filters.end)
    links = [
        dcc.Link(
            c.say(p.label),
            href=link(path, replace(c.filters, start=p.start, end=p.end), c.query.selection, **c.query.choices),
            className="preset chosen" if (p.start, p.end) == chosen else "preset",
        )
        for p in presets(c.last_day)
    ]
    return html.Nav(links, className="presets", **{"aria-label": c.say(PERIOD)})


def chips(c: Context) -> Iterator[tuple[str, str]]:
    """What is chosen in words, and the address without it (its query string)."""
    filters, selection = c.filters, c.query.selection
    for place in PLACES:
        chosen = getattr(filters, place)
        for value in chosen:
            fewer = Filters(**{**filters.__dict__, place: without(chosen, value)})
            yield f"{c.say(label_of(place))}: {c.place(place, value)}", link("", fewer, selection, **c.query.choices)
    for name, value in selection.__dict__.items():
        if value == _DEFAULTS[name]:
            continue
        fewer_selected = replace(selection, **{name: _DEFAULTS[name]})
        if name == "dated":
            words = c.say(_DATED[value])
        elif name == "age":
            words = c.say(_AGE.format(age=AGES[value][2]))
        elif name == "zone":
            words = f"{c.say(entities()['ticket'].fields['zone'].label)}: {c.coded('zone', value)}"
        elif name in _BEHIND:
            words = f"{c.say(_BEHIND[name])}: {value or c.say(UNKNOWN)}"
        else:
            words = c.say(_FLAGS[name, value])
        yield words, link("", filters, fewer_selected, **c.query.choices)


def chosen(c: Context, path: str) -> Component:
    """The row of chips with reset and copy link; parameters that were left out are named."""
    links = [
        dcc.Link(
            [words, html.Span("×", className="cross", **{"aria-hidden": "true"})],
            href=path + search,
            className="chip",
            title=c.say(REMOVE.format(what=words)),
        )
        for words, search in chips(c)
    ]
    ignored = badge("warning", c.say(IGNORED.format(names=", ".join(c.query.ignored)))) if c.query.ignored else None
    tools = html.Span(
        [
            dcc.Link(c.say(RESET), href=path, className="tool"),
            html.Button(
                c.say(COPY),
                id="copy",
                type="button",
                className="tool",
                **{
                    "data-link": link(path, c.filters, c.query.selection, **c.query.choices),
                    "data-done": c.say(COPIED),
                },
            ),
        ],
        className="tools",
    )
    return html.Div([period_links(c, path), *links, ignored, tools], className="chosen")
