"""Records: the tickets of a selection, to look through and to take along."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import to_search
from dashboards.components.grid import grid
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.export import CAPS
from dashboards.page import Component, Page
from dashboards.plain import html
from warehouse import records
from warehouse.metrics.wording import count

TITLE = Text(en="Records", zh="记录")
_COUNT = Text(en="{n} tickets", zh="{n} 张工单")
_HINT = Text(en="Click a row for all that hangs on it.", zh="点击一行查看其全部关联记录。")
_CAP = Text(
    en="An export holds the newest {n} at most.",
    zh="导出最多包含最新的 {n} 条。",
)
_NONE = Text(
    en="No ticket matches. Widen the period or take a filter away.", zh="没有符合条件的工单。请放宽时段或移除筛选。"
)


def _layout(c: Context) -> Component:
    return [html.H1(c.say(TITLE)), part("records", "table", height=560)]


def _table(c: Context) -> Component:
    n = records.count(c.reading, c.filters, c.query.selection)
    search = to_search(c.query)
    tools = html.Div(
        [
            html.A(
                kind.upper(),
                href=f"/export/records.{kind}{search}",
                className="tool",
                download="",
                title=c.say(_CAP.format(n=count(cap))),
            )
            for kind, cap in CAPS.items()
        ],
        className="tools",
    )
    head = html.Header([html.H2(c.say(_COUNT.format(n=count(n)))), tools])
    body = grid(c, "records", "calc(100vh - 300px)") if n else html.P(c.say(_NONE), className="nothing")
    return html.Section([head, html.P(c.say(_HINT), className="words"), body], className="card tall")


PAGE = Page(
    name="records",
    path="/records",
    title=TITLE,
    layout=_layout,
    group=Text(en="Look up", zh="查询"),
    order=30,
    parts={"table": _table},
)
