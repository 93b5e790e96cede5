"""The dirt of real deliveries: a small, known number of rows of each kind, each on a row of its own.

Rows are frames of text as they are delivered; every function returns the changed frame and what it did, so that tests
can ask for exactly these rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from demo.chance import stream
from demo.clock import Ints

NO_DATES = ("待定", "2024-13-45")
UNKNOWN_PRIORITY = "加急??"
FUTURE = "2031-05-17 09:30:00"
SHAPE = "%Y-%m-%d %H:%M:%S"

# Kinds whose rows have a key of their own that no sound row has: they cannot be used, and their key is lost.
LOSES_KEY = ("bad_date", "closed_before_opened", "missing_opening_time", "future_opening", "negative_active_hours")


@dataclass
class Dirt:
    """What was dirtied: per kind the entity and the cases (ticket, field, value, …)."""

    kinds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, kind: str, entity: str, cases: list[dict[str, Any]], **more: Any) -> None:
        """Add cases of a kind."""
        entry = self.kinds.setdefault(kind, {"entity": entity, "count": 0, "cases": [], **more})
        entry["cases"] += cases
        entry["count"] = len(entry["cases"])

    def lost(self, entity: str) -> int:
        """How many keys of an entity have no row that can be used."""
        return sum(self.kinds[k]["count"] for k in LOSES_KEY if self.kinds.get(k, {}).get("entity") == entity)


def per_kind(tickets: int) -> int:
    """How many rows of each kind an organisation of this size has: 4 in 20,000 tickets, 40 at most."""
    return min(40, 3 + tickets // 20_000)


def _put(frame: pl.DataFrame, column: str, rows: Ints, value: str | pl.Series | None) -> pl.DataFrame:
    return frame.with_columns(frame[column].scatter(rows.tolist(), value).alias(column))


def soil_tickets(seed: int, frame: pl.DataFrame, n: int, dirt: Dirt) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Dirty the ticket export; returns it (duplicates added) and the corrections that are delivered in a later file.

    `frame` has the Chinese headings of the export and its `file`; only closed tickets are touched, so that the number
    of open ones stays what it was.
    """
    rng = stream(seed, "dirt")
    sound = np.flatnonzero((frame["状态"] == "已关闭") & frame["到达时间"].is_not_null())
    lots = np.sort(rng.choice(sound, size=(9, n), replace=False), axis=1)
    ids, files = frame["工单号"], frame["file"]

    def cases(rows: Ints, **more: Any) -> list[dict[str, Any]]:
        return [{"ticket_id": ids[int(r)], "file": files[int(r)], **more} for r in rows]

    unreadable = ("报修时间", "到达时间")
    for i, rows in enumerate(np.array_split(lots[0], 2)):
        frame = _put(frame, unreadable[i], rows, NO_DATES[i])
        dirt.note("bad_date", "ticket", cases(rows, field=("opened_at", "arrived_at")[i], value=NO_DATES[i]))
    rows = lots[1]
    early = frame["报修时间"].gather(rows.tolist()).str.to_datetime(SHAPE).dt.offset_by("-26h").dt.strftime(SHAPE)
    frame = _put(frame, "关闭时间", rows, early)
    dirt.note("closed_before_opened", "ticket", cases(rows))
    dirt.note("missing_ticket_no", "ticket", cases(lots[2]))
    frame = _put(frame, "工单号", lots[2], None)
    frame = _put(frame, "报修时间", lots[3], None)
    dirt.note("missing_opening_time", "ticket", cases(lots[3]))
    frame = _put(frame, "设备编号", lots[4], pl.Series([f"A9{i:05d}X" for i in range(n)]))
    dirt.note("unknown_asset", "ticket", [c | {"value": f"A9{i:05d}X"} for i, c in enumerate(cases(lots[4]))])
    frame = _put(frame, "优先级", lots[5], UNKNOWN_PRIORITY)
    dirt.note("unknown_code", "ticket", cases(lots[5], field="priority", value=UNKNOWN_PRIORITY))
    frame = _put(frame, "报修时间", lots[6], FUTURE)
    for column in ("派工时间", "响应时间", "到达时间", "修复时间", "关闭时间"):
        frame = _put(frame, column, lots[6], None)
    frame = _put(frame, "状态", lots[6], "新建")
    dirt.note("future_opening", "ticket", cases(lots[6], value=FUTURE))
    dirt.note("duplicate_key", "ticket", cases(lots[7]))
    twice = frame[lots[7].tolist()]
    corrected = frame[lots[8].tolist()].with_columns(
        优先级=pl.when(pl.col("优先级") == "低").then(pl.lit("高")).otherwise(pl.lit("低")),
        更新时间=pl.col("更新时间").str.to_datetime(SHAPE).dt.offset_by("9d").dt.strftime(SHAPE),
        file=pl.lit("tickets_corrections.csv"),
    )
    became = ["high" if word == "高" else "low" for word in corrected["优先级"]]
    found = [c | {"priority": word} for c, word in zip(cases(lots[8]), became, strict=True)]
    dirt.note("corrected_version", "ticket", found, delivered_in="tickets_corrections.csv")
    return pl.concat([frame, twice]), corrected


def soil_register(seed: int, frame: pl.DataFrame, dirt: Dirt) -> pl.DataFrame:
    """Write “待定” over two arrival times of the call register; frame columns as in the workbook, plus `file`."""
    rng = stream(seed, "dirt register")
    sound = np.flatnonzero((frame["状态"] == "已关闭") & frame["到达时间"].is_not_null())
    rows = np.sort(rng.choice(sound, size=min(2, len(sound)), replace=False))
    dirt.note(
        "bad_date",
        "ticket",
        [
            {
                "ticket_id": frame["登记号"][int(r)],
                "file": frame["file"][int(r)],
                "field": "arrived_at",
                "value": NO_DATES[0],
            }
            for r in rows
        ],
    )
    marked = np.zeros(len(frame), dtype=np.bool_)
    marked[rows] = True
    return frame.with_columns(undecided=pl.Series(marked))


def soil_repairs(seed: int, frame: pl.DataFrame, n: int, dirt: Dirt) -> pl.DataFrame:
    """Turn the sign of some active hours."""
    rows = np.sort(stream(seed, "dirt repairs").choice(len(frame), size=n, replace=False))
    hours = frame["active_hours"].to_numpy().copy()
    hours[rows] *= -1
    frame = frame.with_columns(active_hours=pl.Series(hours))
    picked = frame[rows.tolist()]
    dirt.note("negative_active_hours", "repair", picked.select("repair_id", "ticket_id", "active_hours").to_dicts())
    return frame
