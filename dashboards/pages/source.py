"""One source row, exactly as it landed: the end of every way back."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboards.components.facts import pairs
from dashboards.components.states import message, part
from dashboards.context import Context
from dashboards.page import Component, Page
from warehouse.entities import LINEAGE
from warehouse.landed import source_row
from warehouse.records import source_row_of
from warehouse.text import Text

TITLE = Text(en="Source row", zh="来源行")
_ABOUT = Text(
    en="As it landed: text as the source wrote it, nothing cast, translated or left out.",
    zh="原样落地：内容与来源一致，未转换、未翻译、未省略。",
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


def _row(c: Context) -> Component:
    row = _landed(c)
    if row is None:
        return message(c.say(_MISSING), html.P(c.say(_MISSING_BODY)))
    lineage = [(c.say(_LINEAGE[name]), html.Code(str(row[name]))) for name in LINEAGE if name in row]
    content = [
        (n, html.Span(str(v), className="raw") if v is not None else "—") for n, v in row.items() if n not in LINEAGE
    ]
    return [
        html.Section([html.H2(c.say(_WHERE)), pairs(lineage)], className="card"),
        html.Section(
            [html.H2(c.say(_CONTENT)), html.P(c.say(_ABOUT), className="words"), pairs(content)], className="card"
        ),
    ]


PAGE = Page(
    name="source", path="/source", title=TITLE, layout=_layout, order=91, has_filters=False, parts={"row": _row}
)
