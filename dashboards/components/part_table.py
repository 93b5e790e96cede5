"""The table of all parts for the level of service chosen: each row leads to the part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_ag_grid as dag

from bilingual.text import Text
from dashboards.components.grid import own_words
from dashboards.context import Context
from dashboards.page import Component, Table
from dashboards.part_words import FLAGS, KINDS, METHODS, WAITED, here, plan_of
from warehouse.entities import entities
from warehouse.parts import FLAGS as ORDER
from warehouse.parts import Part, Use, use_by_part

_FIELDS = entities()["part"].fields
_EMPTY = Text(en="No part in this choice.", zh="此范围内没有备件。")
# Name, label, width, kind: text, whole number, one decimal, percent, chance.
COLUMNS: tuple[tuple[str, Text, int, str], ...] = (
    ("part_no", _FIELDS["part_no"].label, 104, "link"),
    ("name", _FIELDS["name"].label, 180, "text"),
    ("flags", Text(en="Flags", zh="标记"), 150, "text"),
    ("risk", Text(en="Chance of running out", zh="提前期断货概率"), 108, "chance"),
    ("on_hand", Text(en="On hand", zh="现存量"), 82, "whole"),
    ("reorder", Text(en="Reorder point", zh="订货点"), 88, "whole"),
    ("quantity", Text(en="Order quantity", zh="订货量"), 88, "whole"),
    ("order", Text(en="Order now", zh="现应订"), 80, "whole"),
    ("expected", Text(en="Expected in lead time", zh="提前期预计需求"), 100, "decimal"),
    ("upper", Text(en="95 % quantile", zh="95% 分位数"), 88, "whole"),
    ("lead_days", Text(en="Lead time, days", zh="提前期（天）"), 96, "whole"),
    ("kind", Text(en="Class", zh="需求类别"), 100, "text"),
    ("method", Text(en="Method", zh="预测方法"), 190, "text"),
    ("used", Text(en="Used in period", zh="期内用量"), 90, "whole"),
    ("fill_rate", Text(en="Filled at once", zh="即时满足率"), 92, "percent"),
    ("value", Text(en="Value on hand", zh="库存金额"), 104, "whole"),
)
WINDOWS = (*ORDER, "waited")


def window_of(c: Context) -> str:
    """Which parts the table shows: '' for all, a flag, or `waited` for those with lines not filled at once."""
    asked = c.query.argument("window")
    return asked if asked in WINDOWS else ""


def parts_shown(c: Context) -> tuple[Part, ...]:
    """The parts of the table, in its order."""
    chosen, parts = window_of(c), plan_of(c).parts
    if chosen == "waited":
        used = use_by_part(c.reading, c.filters)
        waited = {no: u.known - u.from_stock for no, u in used.items() if u.known > u.from_stock}
        return tuple(sorted((p for p in parts if p.part_no in waited), key=lambda p: -waited[p.part_no]))
    return tuple(p for p in parts if not chosen or chosen in p.flags)


def flags_of(c: Context, part: Part) -> str:
    """A part's flags in words, a failing forecast among them."""
    return c.say(Text(en=", ", zh="、")).join(c.say(FLAGS[flag]) for flag in ORDER if flag in part.flags)


def row_of(c: Context, part: Part, used: Use | None) -> dict[str, Any]:
    """One row: numbers as numbers, None where there is none."""
    values: dict[str, Callable[[], Any]] = {
        "flags": lambda: flags_of(c, part),
        "kind": lambda: c.say(KINDS.get(part.kind, KINDS[""])),
        "method": lambda: c.say(METHODS.get(part.method, METHODS[""])),
        "used": lambda: used.quantity if used else 0.0,
        "fill_rate": lambda: used.fill_rate if used else None,
    }
    return {name: values[name]() if name in values else getattr(part, name) for name, *_ in COLUMNS}


def part_rows(c: Context) -> Table:
    """The parts of the table with all that it says of them."""
    used = use_by_part(c.reading, c.filters)
    rows = [list(row_of(c, part, used.get(part.part_no)).values()) for part in parts_shown(c)]
    return Table(tuple(name for name, *_ in COLUMNS), rows)


def part_table(c: Context, height: str) -> Component:
    """The grid; it sorts in the browser, as parts are few."""
    used = use_by_part(c.reading, c.filters)
    rows = [row_of(c, part, used.get(part.part_no)) | {"href": here(c, look=part.part_no)} for part in parts_shown(c)]
    sign = "%" if c.language == "zh" else " %"
    formats = {
        "whole": {"function": "shown(params.value, 0)"},
        "decimal": {"function": "shown(params.value, 1)"},
        "percent": {"function": f"percent(params.value, '{sign}', false)"},
        "chance": {"function": f"percent(params.value, '{sign}', true)"},
    }
    columns: list[dict[str, Any]] = []
    for name, label, width, kind in COLUMNS:
        column: dict[str, Any] = {"field": name, "headerName": c.say(label), "width": width}
        if kind == "link":
            column |= {"cellRenderer": "RowLink", "pinned": "left"}
        elif kind in formats:
            column |= {"type": "rightAligned", "valueFormatter": formats[kind]}
        columns.append(column)
    return dag.AgGrid(
        id={"type": "rows", "page": "parts"},
        columnDefs=columns,
        rowData=rows,
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "filter": False,
            "sortingOrder": ["desc", "asc"],
            "wrapHeaderText": True,
        },
        getRowId="params.data.part_no",
        dashGridOptions={
            "rowHeight": 30,
            "headerHeight": 46,
            "suppressCellFocus": False,
            "localeText": {**own_words(c), "noRowsToShow": c.say(_EMPTY)},
        },
        style={"height": height, "width": "100%"},
        className="grid row-links",
    )


def shown_as(c: Context, window: str) -> str:
    """What a choice of parts is called."""
    if window == "waited":
        return c.say(WAITED)
    return c.say(FLAGS[next(flag for flag in ORDER if flag == window)])
