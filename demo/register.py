"""The call register of the slow region: one Excel workbook per year, filled in by hand in Chinese."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xlsxwriter

from demo.catalogue import REGIONS, SLOW_REGION
from demo.chance import stream
from demo.export import in_chinese

MOST_ROWS = 30_000
_STAMPS = {
    "opened_at": "报修时间",
    "dispatched_at": "派工时间",
    "arrived_at": "到达时间",
    "resolved_at": "修复时间",
    "closed_at": "关闭时间",
}
_COLUMNS = {
    "ticket_id": "登记号", **{"opened_at": "报修时间"}, "customer_id": "客户编号", "customer": "客户名称", "asset_id": "设备编号",
    "model": "机型", "product_line": "产品线", "priority": "优先级", "channel": "渠道", "service_kind": "服务类别",
    "symptom": "故障现象", "dispatched_at": "派工时间", "technician_id": "技术员", "arrived_at": "到达时间",
    "resolved_at": "修复时间", "closed_at": "关闭时间", "status": "状态", "site": "地点", "zone": "服务区", "description": "备注",
}  # fmt: skip


def kept_by_hand(tickets: pl.DataFrame) -> pl.Series:
    """Which tickets stand in the register: those of the slow region's customers, as many customers as the book can hold."""
    slow = tickets.select("customer_id", mine=pl.col("region") == REGIONS[SLOW_REGION].label)
    per = slow.filter("mine").group_by("customer_id").len().sort("customer_id")
    fits = per.filter(pl.col("len").cum_sum() <= MOST_ROWS)["customer_id"]
    return tickets["customer_id"].is_in(fits.implode())


def rows(tickets: pl.DataFrame) -> pl.DataFrame:
    """The register's rows with its headings; instants stay datetimes (to the minute), and `file` names the workbook."""
    words = in_chinese(tickets).with_columns(pl.col(list(_STAMPS)).dt.truncate("1m"))
    # This house calls its most urgent jobs 特急.
    words = words.with_columns(priority=pl.col("priority").replace({"紧急": "特急"}))
    file = pl.format("register_{}.xlsx", pl.col("opened_at").dt.year()).alias("file")
    return words.select(*[pl.col(k).alias(v) for k, v in _COLUMNS.items()], file)


def write(seed: int, folder: Path, register: pl.DataFrame) -> None:
    """One workbook per year: a merged title, the header below it, dates in the shapes that different people use.

    `register` are the rows, with `undecided` where somebody wrote 待定 for the arrival.
    """
    rng = stream(seed, "register")
    # Who keeps the book changes from page to page: 0 a real date, 1 dotted, 2 in Chinese.
    shape = pl.Series(rng.integers(3, size=len(register) // 25 + 1)).gather(pl.Series(np.arange(len(register)) // 25))
    for (name,), year in register.with_columns(shape=shape).partition_by("file", as_dict=True).items():
        _workbook(folder / str(name), str(name)[9:13], year)


def _workbook(file: Path, year: str, frame: pl.DataFrame) -> None:
    headings = list(_COLUMNS.values())
    options = {"default_date_format": "yyyy-mm-dd hh:mm", "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime(2026, 11, 1)})
        sheet = book.add_worksheet(f"{year}年")
        title = book.add_format({"bold": True, "align": "center", "font_size": 16})
        head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1})
        sheet.merge_range(0, 0, 0, len(headings) - 1, f"西南大区报修登记簿（{year}年）", title)
        sheet.write_row(1, 0, headings, head)
        sheet.freeze_panes(2, 0)
        sheet.set_column(0, len(headings) - 1, 16)
        for at, heading in enumerate(headings):
            _column(sheet, at, _cells(frame, heading))


def _cells(frame: pl.DataFrame, heading: str) -> list[Any]:
    column = frame[heading]
    if column.dtype == pl.String:
        return column.to_list()
    shape = frame["shape"].to_list()
    dotted, chinese = (
        column.dt.strftime("%Y.%m.%d %-H:%M").to_list(),
        column.dt.strftime("%Y年%-m月%-d日 %H:%M").to_list(),
    )
    undecided = frame["undecided"].to_list() if heading == "到达时间" else [False] * len(frame)
    ways = zip(column.to_list(), dotted, chinese, shape, undecided, strict=True)
    return ["待定" if u else (real, dot, word)[s] for real, dot, word, s, u in ways]


def _column(sheet: Any, at: int, cells: list[Any]) -> None:
    for row, cell in enumerate(cells, start=2):
        if isinstance(cell, str):
            sheet.write_string(row, at, cell)
        elif cell is not None:
            sheet.write_datetime(row, at, cell)
