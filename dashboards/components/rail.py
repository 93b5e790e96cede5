"""The filter rail: period and places as controls, what is chosen as chips that can be taken away, and what can be done
with the page as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import dash_mantine_components as dmc
from dash import dcc, html

from bilingual.text import Language, Text
from dashboards.address import link, without
from dashboards.comparison import COMPARE, NAMES, comparing
from dashboards.components.badge import badge
from dashboards.components.menu import menu
from dashboards.context import Context
from dashboards.extent_words import SEEN, SEEN_HINT, seen
from dashboards.page import Component
from dashboards.periods import presets
from warehouse import records
from warehouse.entities import entities
from warehouse.filters import PLACES, Filters
from warehouse.metrics.closure import AGES
from warehouse.metrics.evaluate import first_day
from warehouse.metrics.wording import UNKNOWN
from warehouse.records import Selection

FROM = Text(en="From", zh="起")
TO = Text(en="To", zh="止")
FILTERS = Text(en="Filters", zh="筛选")
PERIOD = Text(en="Period", zh="时段")
RESET = Text(en="Reset", zh="重置")
COPY = Text(en="Copy link", zh="复制链接")
COPIED = Text(en="Copied", zh="已复制")
PRINT = Text(en="Print / PDF", zh="打印/PDF")
PRINT_HINT = Text(en="The browser prints the page, or saves it as a PDF.", zh="由浏览器打印本页或另存为 PDF。")
VIEWS = Text(en="Views", zh="视图")
VIEWS_HINT = Text(
    en="Addresses kept under a name, in this browser only.",
    zh="以名称保存当前地址，仅存于本浏览器。",
)
VIEW_WORDS = {
    "data-name": Text(en="Name of this view", zh="当前视图的名称"),
    "data-save": Text(en="Save view", zh="保存视图"),
    "data-rename": Text(en="Rename {name}", zh="重命名 {name}"),
    "data-remove": Text(en="Remove {name}", zh="删除 {name}"),
    "data-empty": Text(en="No view is saved in this browser.", zh="本浏览器尚未保存视图。"),
}
MADE_FROM = Text(
    en="{organisation} · period {period} · {chosen}compared with: {compared} · data as of {as_of} · snapshot {snapshot}",
    zh="{organisation} · 时段 {period} · {chosen}对比：{compared} · 数据截至 {as_of} · 快照 {snapshot}",
)
EVERYTHING = Text(en="all", zh="全部")
_MONTHS = Text(en="MMMM YYYY", zh="YYYY年M月")
_CALENDAR = {
    "previousMonth": Text(en="Month before", zh="上个月"),
    "nextMonth": Text(en="Next month", zh="下个月"),
    "previousYear": Text(en="Year before", zh="上一年"),
    "nextYear": Text(en="Next year", zh="下一年"),
    "previousDecade": Text(en="Decade before", zh="上一个十年"),
    "nextDecade": Text(en="Next decade", zh="下一个十年"),
    "monthLevelControl": Text(en="Choose a month", zh="选择月份"),
    "yearLevelControl": Text(en="Choose a year", zh="选择年份"),
}
_LOCALES: dict[Language, str] = {"en": "en", "zh": "zh-cn"}
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
    "completed_on": Text(en="completed in the period", zh="期内完成"),
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
    **{name: entities()["asset"].fields[name].label for name in ("model", "software_version")},
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
    known = first_day(c.reading) or c.last_day
    days = [
        dmc.DateInput(
            id={"filter": name},
            label=c.say(label),
            valueFormat="YYYY-MM-DD",
            monthLabelFormat=c.say(_MONTHS),
            ariaLabels={control: c.say(words) for control, words in _CALENDAR.items()},
            # Beyond the years on record nothing can be found, and half a date that is typed would be taken for one there.
            minDate=known.replace(month=1, day=1).isoformat(),
            maxDate=c.last_day.replace(month=12, day=31).isoformat(),
            # Typing is done on Enter or when the field is left; a click in the calendar leaves it (assets/app.js).
            debounce=True,
            size="xs",
            w=104,
        )
        for name, label in (("from", FROM), ("to", TO))
    ]
    calendar = {"locale": _LOCALES[c.language], "firstDayOfWeek": 1}
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
    return html.Div([dmc.DatesProvider(days, settings=calendar), *selects], className="controls")


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


def compare_menu(c: Context, path: str) -> Component:
    """What the changes on the page are said against."""
    links = []
    for name, words in NAMES.items():
        with comparing(name):
            href = link(path, c.filters, c.query.selection, **c.query.choices)
        links.append(
            dcc.Link(c.say(words), href=href, className="option chosen" if name == c.query.compare else "option")
        )
    return menu([html.Span(f"{c.say(COMPARE)} ", className="quiet"), c.say(c.compared)], links, "compare")


def made_from(c: Context) -> str:
    """What a page shows, in one line: for paper and for pictures of charts."""
    ends = [c.say(EVERYTHING) if day is None else day.isoformat() for day in (c.filters.start, c.filters.end)]
    period = ends[0] if ends[0] == ends[1] else " – ".join(ends)
    filters = "".join(f"{words} · " for words in (seen(c), *(words for words, _ in chips(c))) if words)
    words = MADE_FROM.format(
        organisation=c.home.settings.organisation,
        period=period,
        chosen=filters,
        compared=c.compared,
        as_of=f"{c.local(c.reading.as_of)} {c.time_zone}",
        snapshot=c.reading.snapshot.fingerprint[:7],
    )
    return c.say(words)


def _tools(c: Context, path: str) -> Component:
    here = link(path, c.filters, c.query.selection, **c.query.choices)
    views = html.Div(id="views", **{"data-here": here}, **{name: c.say(words) for name, words in VIEW_WORDS.items()})
    return html.Span(
        [
            dcc.Link(c.say(RESET), href=path, className="tool"),
            html.Button(
                c.say(COPY),
                id="copy",
                type="button",
                className="tool",
                **{"data-link": here, "data-done": c.say(COPIED)},
            ),
            menu(c.say(VIEWS), [views], "saved", c.say(VIEWS_HINT)),
            html.Button(c.say(PRINT), id="print", type="button", className="tool", title=c.say(PRINT_HINT)),
        ],
        className="tools",
    )


def chosen(c: Context, path: str) -> Component:
    """The row of chips and tools; parameters that were left out are named."""
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
    part = seen(c)
    part_seen = badge("neutral", c.say(SEEN.format(part=part)), c.say(SEEN_HINT)) if part else None
    made = html.P(made_from(c), id="made-from")
    return html.Div(
        [period_links(c, path), compare_menu(c, path), part_seen, *links, ignored, _tools(c, path), made],
        className="chosen",
    )
