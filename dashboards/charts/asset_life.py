"""What happened to this asset?"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bilingual.text import Text
from dashboards.asset_look import KINDS, label, local, looked_at, record_of, told, when
from dashboards.context import Context
from dashboards.figures.lanes import Mark, lanes
from dashboards.page import Chart, Drawn, Table
from warehouse.asset_file import Happening
from warehouse.metrics.wording import count

_WORDS = Text(
    en="n = {n} records from {first} to {last}, all kinds and all time; filters do not narrow the file of one asset. Bars lasted; hollow marks are open, planned or without a fault found. Drag to zoom, double-click for all; a mark leads to its record.",
    zh="n = {n} 条记录，{first} 至 {last}，含全部类别与全部时间，筛选不影响单台设备的档案。横条表示持续时间；空心点表示未关闭、计划中或未发现故障。拖动可放大，双击复原；点击标记打开记录。",
)
_NO_ASSET = Text(en="No asset was chosen.", zh="未选择设备。")
_NOTHING = Text(
    en="Nothing with a date is on record of this asset. Tickets, repairs, meter readings, maintenance or contracts that name its number would stand here.",
    zh="该设备没有带日期的记录。写明其编号的工单、维修、读数、保养或合同将显示于此。",
)
_ZOOMS = Text(en="3 months", zh="3 个月"), Text(en="1 year", zh="1 年"), Text(en="all", zh="全部")
_WIDTH = 90


def _mark(c: Context, happening: Happening) -> Mark | None:
    if happening.at is None:
        return None
    what = told(c, happening)
    # What people wrote must not become markup of the figure.
    short = escape(what if len(what) <= _WIDTH else what[: _WIDTH - 1] + "…", quote=False)
    is_open = happening.is_open and happening.kind in ("ticket", "complaint", "fracas_report")
    until = happening.until or (c.reading.as_of if is_open else None)
    return Mark(
        happening.kind,
        local(c, happening.at, happening.is_day),
        local(c, until, happening.is_day) if until and until > happening.at else None,
        happening.is_open,
        f"{when(c, happening)} · {c.say(label(happening.kind))}<br>{short}",
        record_of(happening),
    )


def exported(c: Context, life: Iterable[Happening]) -> Table:
    """What happened, as rows."""
    rows = [
        [
            when(c, h),
            (h.until.date() if h.is_day else c.local(h.until)) if h.until else None,
            c.say(label(h.kind)),
            told(c, h),
            h.ticket_id,
            h.entity,
            h.row["source_key"],
            h.row["_source"],
        ]
        for h in life
    ]
    return Table(("at", "until", "kind", "what", "ticket_id", "entity", "source_key", "source"), rows)


def draw(c: Context) -> Drawn:
    """The life of the asset in lanes."""
    found = looked_at(c)
    if found is None:
        return Drawn(None, c.say(_NO_ASSET))
    marks = [mark for h in found.life if (mark := _mark(c, h))]
    if not marks:
        return Drawn(None, c.say(_NOTHING))
    days = sorted(mark.at for mark in marks)
    words = _WORDS.format(n=count(len(marks)), first=days[0].date(), last=days[-1].date())
    three, year, everything = _ZOOMS
    figure = lanes(
        marks,
        {kind: c.say(name) for kind, name in KINDS.items()},
        local(c, c.reading.as_of),
        (c.say(three), c.say(year), c.say(everything)),
    )
    return Drawn(figure, c.say(words), lambda: exported(c, found.life))


CHART = Chart(
    Text(en="What happened to it?", zh="它经历了什么？"),
    Text(
        en="Every record that names the asset, a part below it, or one of their tickets, repairs or reports, at the time the record says. What says no time of its own (a part replaced) stands at that of its repair or ticket.",
        zh="所有写明该设备、其下级部件，或其工单、维修单、故障报告的记录，按记录时间排列。自身没有时间的记录（如换件）取其维修单或工单的时间。",
    ),
    draw,
    430,
)
