"""The asset page without an asset: the search, what it found, and the units whose files are worth opening."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bilingual.text import Text
from dashboards.asset_look import MOST, PATH, file_of, looked_at
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.components.search import form, hit_rows, hit_table
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse.asset_file_units import Unit, failing, waiting
from warehouse.entities import entities
from warehouse.metrics.wording import count
from warehouse.search import Found, Hit, assets, search, tidy

_SHOWN, _EXPORTED = 12, 1_000
_HINT = Text(
    en="Serial number, asset number, position, site, model or customer; part of it is enough. Case, spaces and dashes do not matter.",
    zh="序列号、设备编号、位置、站点、型号或客户，输入一部分即可；不区分大小写、空格、连字符与全角。",
)
_LABEL = Text(en="Find an asset", zh="查找设备")
_NOTHING = Text(
    en="No asset answers to “{text}”. Part of a serial number is enough; a customer or site works too.",
    zh="没有与“{text}”相符的设备。可只输入序列号的一部分，也可输入客户或站点。",
)
_FOUND = Text(en="{n} assets answer to “{text}”.", zh="与“{text}”相符的设备有 {n} 台。")
_FIRST = Text(
    en="The first {n} assets that answer to “{text}”; type more to narrow them down.",
    zh="与“{text}”相符的前 {n} 台设备；请输入更多字符以缩小范围。",
)
_PIECES = Text(en="Pieces that sat in a unit once", zh="曾装机的部件")
_HEAD = (
    entities()["asset"].fields["serial_no"].label,
    entities()["asset"].fields["model"].label,
    Text(en="Customer and site", zh="客户与站点"),
)


def search_card(c: Context) -> Component:
    """The field, and what answers to what it says where that is not one asset."""
    asked = c.query.argument("look") or ""
    text = tidy(asked)
    field = form(PATH, c.say(_LABEL), asked, c.language)
    hint = html.P(c.say(_HINT), className="words")
    if looked_at(c) is not None or not text:
        return html.Section([field, None if looked_at(c) else hint], className="card find")
    found, pieces = _found(c, text, MOST)
    body: list[Component] = []
    if found.hits:
        words = (_FIRST if found.has_more else _FOUND).format(n=count(len(found.hits)), text=text)
        body += [html.P(c.say(words), className="words"), hit_rows(c, found.hits)]
    if pieces:
        body += [html.H3(c.say(_PIECES)), hit_rows(c, pieces)]
    tools = html.Div(exports(c, "asset", "found"), className="tools") if body else None
    if not body:
        body = [html.P(c.say(_NOTHING.format(text=text)), className="nothing")]
    return html.Section([field, html.Header([hint, tools]), *body], className="card find")


def _found(c: Context, text: str, most: int) -> tuple[Found, list[Hit]]:
    """The assets that answer to a text, and the pieces that were fitted once."""
    return assets(c.reading, text, most), [
        hit for f in search(c.reading, text, most) if f.kind == "piece" for hit in f.hits
    ]


def _found_table(c: Context) -> Table:
    text = tidy(c.query.argument("look") or "")
    found, pieces = _found(c, text, _EXPORTED)
    return hit_table([*found.hits, *pieces])


@dataclass(frozen=True)
class _Ranking:
    """A table of units: what it asks, how it comes about, what it says, what its number and day are called."""

    question: Text
    definition: Text
    words: Text
    nothing: Text
    counted: Text
    day: Text
    units: Callable[..., Sequence[Unit]]


_RANKINGS = {
    "failing": _Ranking(
        Text(en="Which units fail most?", zh="哪些设备故障最多？"),
        Text(
            en="Counts say nothing about how many a unit should have: its file holds them against others of its model.",
            zh="次数本身不说明应有多少；设备档案会与同型号其他设备对照。",
        ),
        Text(en="Relevant failures in the period, most first.", zh="期内关联故障，次数多者在前。"),
        Text(en="No unit failed in this selection.", zh="当前筛选下没有设备发生故障。"),
        Text(en="Failures", zh="故障次数"),
        Text(en="Last", zh="最近一次"),
        failing,
    ),
    "waiting": _Ranking(
        Text(en="Which units wait for us?", zh="哪些设备在等待处理？"),
        Text(
            en="Units by their open tickets, of equal numbers those that wait longest. The period does not apply; the other filters do.",
            zh="按未关闭工单数排列，数量相同者等待最久的在前。时段不适用，其他筛选有效。",
        ),
        Text(en="Tickets open now, whenever they were opened.", zh="当前未关闭的工单，不限报修时间。"),
        Text(en="No ticket of a unit is open in this selection.", zh="当前筛选下没有设备存在未关闭工单。"),
        Text(en="Open tickets", zh="未关闭工单"),
        Text(en="Oldest", zh="最早"),
        waiting,
    ),
}


def ranking_card(name: str) -> Callable[[Context], Component]:
    """The units with most failures in the period, or with open tickets, each leading to its file."""
    ranking = _RANKINGS[name]

    def card(c: Context) -> Component:
        if looked_at(c) is not None:
            return None
        units = ranking.units(c.reading, c.filters, _SHOWN)
        question = c.say(ranking.question)
        tools = [
            exports(c, "asset", name) if units else None,
            definition([c.say(ranking.definition)], question, c.language),
        ]
        head = html.Header([html.H2(question), html.Div(tools, className="tools")])
        if not units:
            return html.Section([head, html.P(c.say(ranking.nothing), className="nothing")], className="card")
        rows = [
            [
                dcc.Link(u.serial_no, href=file_of(c, u.asset_id)),
                u.model,
                html.Span([*([u.customer, html.Br()] if u.customer else []), html.Span(u.site, className="quiet")]),
                count(u.n),
                str(u.day or ""),
            ]
            for u in units
        ]
        columns = [c.say(text) for text in (*_HEAD, ranking.counted, ranking.day)]
        words = html.P(c.say(ranking.words), className="words")
        return html.Section([head, words, table(columns, rows, frozenset({3, 4}))], className="card ranking")

    return card


def _exported(name: str) -> Callable[[Context], Table]:
    def rows(c: Context) -> Table:
        units = _RANKINGS[name].units(c.reading, c.filters, _EXPORTED)
        columns = ("asset_id", "serial_no", "model", "site", "customer", name, "day")
        return Table(columns, [[u.asset_id, u.serial_no, u.model, u.site, u.customer, u.n, u.day] for u in units])

    return rows


TABLES: Mapping[str, Callable[[Context], Table]] = {
    "found": _found_table,
    **{name: _exported(name) for name in _RANKINGS},
}
