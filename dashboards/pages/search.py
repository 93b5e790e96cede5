"""Everything that answers to what somebody typed into the top bar."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.exports import exports
from dashboards.components.search import KINDS, PATH, SEARCH, form, hit_rows, hit_table
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.found import found
from dashboards.page import Component, Page, Table
from dashboards.plain import html
from warehouse.metrics.wording import count
from warehouse.search import LONGEST, tidy

_MOST, _EXPORTED = 30, 1_000
_LABEL = Text(
    en="Serial, ticket or report number, customer, person, part", zh="序列号、工单号、报告编号、客户、人员、备件"
)
_NOTHING = Text(
    en="Nothing answers to “{text}”. Numbers are found by their beginning, serial numbers and names also by any part of them.",
    zh="没有与“{text}”相符的结果。编号按开头查找，序列号与名称可只输入其中一部分。",
)
_FIRST = Text(en="the first {n}", zh="前 {n} 条")
_HINT = Text(
    en="Case, spaces and full-width digits do not matter; the first {n} signs count.",
    zh="不区分大小写、空格与全角；最多取前 {n} 个字符。",
)


def _layout(c: Context) -> Component:
    return [html.H1(c.say(SEARCH)), part("search", "found", height=240)]


def _found(c: Context) -> Component:
    asked = c.query.argument("look") or ""
    text = tidy(asked)
    hint = html.P(c.say(_HINT.format(n=LONGEST)), className="words")
    hits = found(c, text, _MOST)
    tools = html.Div(exports(c, "search", "found"), className="tools") if hits else None
    field = form(PATH, c.say(_LABEL), asked, c.language)
    head = html.Section([field, html.Header([hint, tools])], className="card find")
    if not text:
        return head
    if not hits:
        return [head, html.Section(html.P(c.say(_NOTHING.format(text=text)), className="nothing"), className="card")]
    cards = [
        html.Section(
            [
                html.Header(
                    [
                        html.H2(c.say(KINDS[f.kind])),
                        html.Span(
                            c.say(_FIRST.format(n=_MOST)) if f.has_more else count(len(f.hits)), className="quiet"
                        ),
                    ]
                ),
                hit_rows(c, f.hits),
            ],
            className="card hits",
        )
        for f in hits
    ]
    return [head, *cards]


def _found_table(c: Context) -> Table:
    """All kinds one below the other, up to a thousand of each."""
    hits = found(c, tidy(c.query.argument("look") or ""), _EXPORTED)
    return hit_table([hit for f in hits for hit in f.hits])


PAGE = Page(
    name="search",
    path=PATH,
    title=SEARCH,
    layout=_layout,
    order=92,
    has_filters=False,
    parts={"found": _found},
    tables={"found": _found_table},
)
