"""The grid of tickets: pages of rows come from the server as one scrolls."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag

from bilingual.text import Text
from dashboards.components.rail import offered
from dashboards.context import Context
from dashboards.page import Component
from warehouse.entities import entities
from warehouse.filters import COLUMNS, PLACES
from warehouse.metrics.wording import elapsed
from warehouse.records import COLUMNS_SHOWN

_OWN_LABELS = {
    "response_wh": Text(en="Response (working h)", zh="响应（工作小时）"),
    "response_met": Text(en="Within target", zh="响应达标"),
    "hours_open": Text(en="Open for", zh="历时"),
}
_WIDTHS = {
    "ticket_id": 180, "symptom": 260, "opened_at": 145, "closed_at": 145, "customer_id": 120, "status": 145,
    "product_line": 180, "site": 165,
}  # fmt: skip
_NUMBERS = {"response_wh", "hours_open"}
BLOCK = 100
# AG Grid's own words, as far as a grid that can only be scrolled and sorted says them, to the eye or the ear.
_OWN_WORDS = {
    "noRowsToShow": Text(en="Nothing in this selection.", zh="当前筛选下没有内容。"),
    "loadingOoo": Text(en="Loading …", zh="正在加载…"),
    "loadingError": Text(en="could not be loaded", zh="加载失败"),
    "ariaSkeletonCellLoading": Text(en="The row is loading", zh="正在加载此行"),
    "ariaSkeletonCellLoadingFailed": Text(en="The row could not be loaded", zh="此行加载失败"),
    "ariaSortableColumn": Text(en="Press ENTER to sort", zh="按 Enter 键排序"),
    "ariaLabelTooltip": Text(en="Tooltip", zh="提示"),
    "ariaChecked": Text(en="checked", zh="已勾选"),
    "ariaUnchecked": Text(en="unchecked", zh="未勾选"),
}


def heading(name: str) -> Text:
    """What a column of the grid is called."""
    fields = entities()["ticket"].fields
    return _OWN_LABELS[name] if name in _OWN_LABELS else fields[name].label


def own_words(c: Context) -> dict[str, str]:
    """What a grid says by itself, in the page's language: its `localeText`."""
    return {name: c.say(words) for name, words in _OWN_WORDS.items()}


def grid(c: Context, page: str, height: str) -> Component:
    """The grid; its rows are asked for by the address it was made with."""
    columns: list[dict[str, Any]] = []
    unsaid = {COLUMNS.get(place, place) for place in PLACES if place not in offered(c)}
    for name in COLUMNS_SHOWN:
        if name in unsaid:
            continue
        column: dict[str, Any] = {"field": name, "headerName": c.say(heading(name)), "width": _WIDTHS.get(name, 125)}
        if name == "ticket_id":
            column |= {"cellRenderer": "TicketLink", "pinned": "left"}
        if name == "asset_id":
            column |= {"cellRenderer": "AssetLink"}
        if name in _NUMBERS:
            column |= {"type": "rightAligned"}
        columns.append(column)
    return dag.AgGrid(
        id={"type": "grid", "page": page},
        columnDefs=columns,
        defaultColDef={"sortable": True, "resizable": True, "filter": False, "sortingOrder": ["desc", "asc"]},
        rowModelType="infinite",
        getRowId="params.data.ticket_id",
        dashGridOptions={
            "cacheBlockSize": BLOCK,
            "maxBlocksInCache": 10,
            "rowBuffer": 0,
            "rowHeight": 30,
            "headerHeight": 32,
            "infiniteInitialRowCount": 1,
            "localeText": own_words(c),
        },
        style={"height": height, "width": "100%"},
        className="grid",
    )


def row_shown(c: Context, row: dict[str, Any]) -> dict[str, Any]:
    """One row as the grid shows it."""
    shown = {name: c.shown("ticket", name, value) for name, value in row.items()}
    return shown | {"hours_open": c.say(elapsed(row["hours_open"])) if row["hours_open"] is not None else ""}
