"""Where an installation keeps its things, and the rules it can set: rows of name, default and help."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from dataclasses import field as dataclass_field
from functools import cached_property
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from warehouse.errors import UserError
from warehouse.text import Text

FILE = "faultloop.yaml"


def _row(default: Any, en: str, zh: str) -> Any:
    text = Text(en=en, zh=zh)
    if isinstance(default, dict | list):
        return dataclass_field(default_factory=lambda: type(default)(default), metadata={"help": text})
    return dataclass_field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Settings:
    """The rules of one installation; what `faultloop.yaml` does not name keeps the default written here."""

    organisation: str = _row("FaultLoop", "Name shown in the title bar.", "显示在标题栏的名称。")
    language: str = _row(
        "zh", "Language of a visitor who has not chosen one: zh or en.", "访客未选择时的语言：zh 或 en。"
    )
    time_zone: str = _row("Asia/Shanghai", "Zone in which days begin and end on screens.", "界面上划分日期所用的时区。")
    as_of: str = _row(
        "latest_record",
        "Until when the records tell: `latest_record`, or an instant such as 2015-02-17T00:00Z for an archive.",
        "数据截止时刻：latest_record（最新记录），或归档数据的固定时刻，如 2015-02-17T00:00Z。",
    )
    response_target_hours: dict[str, float] = _row(
        {"urban": 6.0, "suburban": 7.0},
        "Working hours from call to arrival that each zone promises.",
        "各服务区承诺的到达响应时间（工作小时）。",
    )
    working_week: dict[str, str] = _row(
        dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:30-17:30"),
        "Opening hours per weekday; a day that is not named is off.",
        "每周各日的工作时间；未列出的日子为休息日。",
    )
    zones: dict[str, Any] = _row(
        {"urban": {}, "suburban": {}},
        "Service zones; each may override `working_week`, `time_zone` and `holidays`.",
        "服务区；可各自覆盖 working_week、time_zone 与 holidays。",
    )
    holidays: str = _row(
        "CN",
        "Country whose public holidays and make-up working days apply (ISO code), or an empty text for none.",
        "适用其法定节假日与调休的国家（ISO 代码）；留空表示不使用。",
    )
    extra_days: list[Any] = _row(
        [],
        "The house’s own days: rows of day, name, opens, closes and optionally zone; without hours the day is off.",
        "企业自定日期：day、name、opens、closes，可加 zone；未写时间即为休息日。",
    )
    retention: int = _row(10, "Published snapshots that are kept for rollback.", "为回滚保留的快照数量。")
    volume_drop_critical: float = _row(
        0.2,
        "Share of an entity's rows that may be fewer than in the last snapshot before publishing is blocked.",
        "某实体行数较上一快照减少超过此比例时阻止发布。",
    )
    quarantine_share_critical: float = _row(
        0.2,
        "Share of an entity's rows that may be in quarantine before publishing is blocked.",
        "某实体隔离行占比超过此值时阻止发布。",
    )
    memory_limit: str = _row("4GB", "Memory that building a snapshot may take.", "构建快照可用内存。")
    threads: int = _row(0, "Processor cores for building a snapshot; 0 takes all.", "构建快照使用的核数；0 为全部。")


def _checked(values: dict[str, Any], file: Path) -> Settings:
    hints = get_type_hints(Settings)
    known = {f.name for f in fields(Settings)}
    for name, value in values.items():
        if name not in known:
            raise UserError(
                en=f"{file}: there is no setting “{name}”; remove it, or see `faultloop doctor --settings` for the names.",
                zh=f"{file}：没有名为“{name}”的设置；请删除，或用 `faultloop doctor --settings` 查看可用名称。",
            )
        kind = getattr(hints[name], "__origin__", hints[name])
        wanted = (int, float) if kind is float else (kind,)
        if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
            raise UserError(
                en=f"{file}: “{name}” is {value!r}, but a {kind.__name__} is needed; correct the value.",
                zh=f"{file}：“{name}”的值为 {value!r}，应为 {kind.__name__} 类型；请更正。",
            )
    settings = Settings(**values)
    for zone in [settings.time_zone, *(z.get("time_zone", settings.time_zone) for z in settings.zones.values())]:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise UserError(
                en=f"{file}: “{zone}” is no time zone; use a name such as Asia/Shanghai.",
                zh=f"{file}：“{zone}”不是有效时区；请使用 Asia/Shanghai 这样的名称。",
            ) from None
    return settings


@dataclass(frozen=True)
class Home:
    """The folder of one installation: configuration, what landed, the published snapshots."""

    path: Path

    @classmethod
    def find(cls, path: str | Path | None = None) -> Home:
        """The folder that was named, else `FAULTLOOP_HOME`, else `instance` below the current folder."""
        return cls(Path(path or os.environ.get("FAULTLOOP_HOME") or "instance").resolve())

    @property
    def settings_file(self) -> Path:
        return self.path / FILE

    @property
    def sources(self) -> Path:
        return self.path / "sources"

    @property
    def codes(self) -> Path:
        return self.path / "codes"

    @property
    def landing(self) -> Path:
        return self.path / "landing"

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    @property
    def exists(self) -> bool:
        return self.settings_file.exists()

    @cached_property
    def settings(self) -> Settings:
        if not self.settings_file.exists():
            return Settings()
        try:
            values = yaml.safe_load(self.settings_file.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            where = getattr(error, "problem_mark", None)
            line = where.line + 1 if where else "?"
            raise UserError(
                en=f"{self.settings_file}, line {line}: this is not YAML ({getattr(error, 'problem', error)}); correct that line.",
                zh=f"{self.settings_file} 第 {line} 行：不是有效的 YAML（{getattr(error, 'problem', error)}）；请更正该行。",
            ) from None
        return _checked(values, self.settings_file)
