"""Which asset the page looks at, from its address, and what happened to it in words."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.components.person import full_name
from dashboards.components.register_ways import report_address
from dashboards.context import Context
from warehouse.asset_file import AssetFile, Happening, asset_file
from warehouse.entities import entities
from warehouse.search import assets, tidy
from warehouse.technicians import technicians

PATH = "/asset"
MOST = 50
# The lanes of the time line from the top; each is a kind of what happened.
KINDS: dict[str, Text] = {
    "installation": Text(en="Installation", zh="装机"),
    "contract": Text(en="Contract, warranty", zh="合同与保修"),
    "fault": Text(en="Fault", zh="故障"),
    "ticket": Text(en="Ticket", zh="工单"),
    "visit": Text(en="Visit", zh="上门"),
    "repair": Text(en="Repair", zh="维修"),
    "part_use": Text(en="Configuration", zh="配置变更"),
    "returned_unit": Text(en="Returned unit", zh="返修件"),
    "maintenance": Text(en="Maintenance", zh="保养"),
    "usage": Text(en="Usage reading", zh="运行读数"),
    "complaint": Text(en="Complaint", zh="投诉"),
    "survey": Text(en="Return visit", zh="回访"),
    "fracas_report": Text(en="FRACAS report", zh="故障报告"),
    "action": Text(en="Action", zh="措施"),
}
# The fields that say in a line what a record is about.
_TOLD = {
    "ticket": ("symptom", "priority", "service_kind", "status"),
    "fault": ("component", "failure_mode", "cause", "severity"),
    "visit": ("technician_id", "outcome"),
    "repair": ("action", "cause", "technician_id"),
    "returned_unit": ("part_no", "serial", "verdict"),
    "maintenance": ("technician_id",),
    "contract": ("kind", "contract_id"),
    "complaint": ("category", "cause_kind", "severity", "owner"),
    "fracas_report": ("report_id", "state", "failure_mode", "root_cause"),
    "action": ("kind", "description", "owner"),
}
_NOTHING_FOUND = Text(en="no fault found", zh="未发现故障")
_REPLACED = Text(en="{what}: {old} → {new}", zh="{what}：{old} → {new}")
_FITTED = Text(en="{what}: {new} installed", zh="{what}：安装 {new}")
_TIMES = Text(en="{what} × {n} replaced", zh="更换 {what} × {n}")
_UNSAID = Text(en="(no serial)", zh="（无序列号）")
_PLANNED = Text(en="planned, not done", zh="已计划，未完成")
_DONE = Text(en="done, planned for {day}", zh="已完成，计划日期 {day}")
_WARRANTY = Text(en="warranty until {day}", zh="保修至 {day}")
_UNTIL = Text(en="until {day}", zh="至 {day}")
_OPEN = Text(en="still open", zh="未关闭")
_HOURS = Text(en="{n} h", zh="{n} 小时")
_SILENT = Text(en="no answer", zh="未作答")
_IN_SERVICE = Text(en="installed", zh="已装机")


def looked_at(c: Context) -> AssetFile | None:
    """The file of the asset that the address names, or that alone answers to what somebody typed."""
    asked = c.query.argument("look") or ""
    if not asked:
        return None
    if (found := asset_file(c.reading, asked)) is not None:
        return found
    hits = assets(c.reading, tidy(asked), MOST)
    exact = [hit for hit in hits.hits if hit.is_exact]
    alone = exact if len(exact) == 1 else list(hits.hits) if len(hits.hits) == 1 else []
    return asset_file(c.reading, alone[0].key) if alone else None


def kind_looked_at(c: Context) -> str | None:
    """The kind to which the address narrows the list down."""
    asked = c.query.argument("entity")
    return asked if asked in KINDS else None


def here(c: Context, found: AssetFile, kind: str | None = None) -> str:
    """The file of an asset, its list narrowed down to a kind."""
    chosen = {"entity": kind} if kind else {}
    return link(PATH, c.filters, None, look=found.asset["asset_id"], **chosen)


def file_of(c: Context, asset_id: str) -> str:
    """The address of another asset's file."""
    return link(PATH, c.filters, None, look=asset_id)


def record_of(happening: Happening) -> str:
    """The address of the record: the ticket where it hangs on one, else itself."""
    row = happening.row
    if happening.entity == "fracas_report" and (address := report_address(row["_source"], row["report_id"])):
        return address
    if happening.ticket_id:
        return thing("/record", ticket=happening.ticket_id)
    return thing("/record", entity=happening.entity, key=row["source_key"], source=row["_source"])


def local(c: Context, instant: dt.datetime, is_day: bool = False) -> dt.datetime:
    """An instant as local time; a day stays as it is."""
    if is_day:
        return instant
    return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(c.time_zone)).replace(tzinfo=None)


def when(c: Context, happening: Happening) -> str:
    """When it happened, to the minute or the day."""
    if happening.at is None:
        return "—"
    return happening.at.strftime("%Y-%m-%d") if happening.is_day else c.local(happening.at)


def told(c: Context, happening: Happening) -> str:
    """What happened, in a line."""
    row, entity = happening.row, happening.entity
    return " · ".join(part for part in [*_special(c, happening), *_plain(c, entity, row)] if part)


def _plain(c: Context, entity: str, row: dict[str, Any]) -> list[str]:
    people = technicians(c.reading)
    return [
        full_name(row[name], people) if name == "technician_id" else c.shown(entity, name, row[name])
        for name in _TOLD.get(entity, ())
        if row.get(name)
    ]


def _special(c: Context, happening: Happening) -> list[str]:
    """What is not simply the value of a field."""
    row = happening.row
    match happening.entity:
        case "part_use" | "asset":
            return [_installed(c, happening)]
        case "fault":
            return [c.say(_NOTHING_FOUND)] if row["no_fault_found"] else []
        case "usage":
            return [f"{row['value']:,.0f} {c.shown('usage', 'unit', row['unit'])}"]
        case "survey":
            if not any(grade for _, grade in row["answers"]):
                return [c.say(_SILENT)]
            answers = [(c.shown("survey", "item", item), c.shown("survey", "grade", g)) for item, g in row["answers"]]
            return [f"{item}: {grade or '—'}" for item, grade in answers]
        case "maintenance":
            return [c.say(_PLANNED if happening.is_open else _DONE.format(day=row["planned_on"]))]
        case "contract":
            return [c.say(_UNTIL.format(day=row["ends_at"]))] if row["ends_at"] else []
        case "ticket" | "complaint" | "fracas_report" if happening.is_open:
            return [c.say(_OPEN)]
        case "repair" if row["active_hours"] is not None:
            return [c.say(_HOURS.format(n=f"{row['active_hours']:.1f}"))]
    return []


def _installed(c: Context, happening: Happening) -> str:
    row = happening.row
    if happening.entity == "asset":
        if happening.kind == "contract":
            return c.say(_WARRANTY.format(day=row["warranty_end"]))
        if happening.kind == "installation":
            return c.say(_IN_SERVICE)
        what = " ".join(row[n] for n in ("position", "model") if row[n])
        return c.say(_FITTED.format(what=what, new=row["serial_no"] or _UNSAID))
    what = " ".join(row[n] for n in ("position", "part_no") if row[n])
    if row["old_serial"] or row["new_serial"]:
        return c.say(
            _REPLACED.format(what=what, old=row["old_serial"] or _UNSAID, new=row["new_serial"] or _UNSAID)
        )  # fmt: skip
    return c.say(_TIMES.format(what=what, n=f"{row['quantity'] or 1:g}"))


def label(kind: str) -> Text:
    """A kind in words; of what has no lane its entity's name."""
    return KINDS.get(kind) or entities()[kind].label
