"""Where an installation keeps its things, and the rules it can set: rows of name, default and help."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from annotated_types import Interval
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from bilingual.errors import UserError
from bilingual.text import Language, Text
from warehouse.yamlfile import read_yaml

FILE = "faultloop.yaml"


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Share = Annotated[float, Interval(ge=0, le=1), Strict(False)]
Positive = Annotated[float, Interval(gt=0), Strict(False)]
NotNegative = Annotated[float, Interval(ge=0), Strict(False)]
Memory = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$")]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"“{name}” is no time zone, use a name such as Asia/Shanghai") from None
    return name


TimeZone = Annotated[str, AfterValidator(_zone)]


def _as_written(value: Any) -> Any:
    """YAML makes a date or an instant of what looks like one."""
    return value.isoformat() if isinstance(value, dt.date) else value


Instant = Annotated[str, BeforeValidator(_as_written)]


def _row(default: Any, en: str, zh: str) -> Any:
    return Field(default, json_schema_extra={"help": {"en": en, "zh": zh}}, validate_default=True)


class Zone(BaseModel):
    """What a service zone has of its own; the rest is the house's."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    working_week: dict[Weekday, str] | None = None
    time_zone: TimeZone | None = None
    holidays: str | None = None


class Settings(BaseModel):
    """The rules of one installation; what `faultloop.yaml` does not name keeps the default written here."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    organisation: str = _row("FaultLoop", "Name shown in the title bar.", "显示在标题栏的名称。")
    language: Language = _row(
        "zh", "Language of a visitor who has not chosen one: zh or en.", "访客未选择时的语言：zh 或 en。"
    )
    time_zone: TimeZone = _row(
        "Asia/Shanghai", "Zone in which days begin and end on screens.", "界面上划分日期所用的时区。"
    )
    as_of: Instant = _row(
        "latest_record",
        "Until when the records tell: `latest_record`, or an instant such as 2015-02-17T00:00Z for an archive.",
        "数据截止时刻：latest_record（最新记录），或归档数据的固定时刻，如 2015-02-17T00:00Z。",
    )
    https: bool = _row(
        False,
        "Whether browsers reach the application by https, through a proxy: cookies then travel by https only.",
        "浏览器是否经代理以 https 访问；若是，Cookie 仅经 https 传送。",
    )
    register_database: str = _row(
        "",
        "Database of the FRACAS register, such as postgresql://…; empty: the file register.sqlite in this folder.",
        "FRACAS 登记库地址，如 postgresql://…；留空则为本目录的 register.sqlite 文件。",
    )
    public_address: str = _row(
        "",
        "Address under which people reach the application, such as https://faults.example.com; for QR labels and single sign-on.",
        "用户访问本系统的地址，如 https://faults.example.com；用于二维码标签与单点登录。",
    )
    report_number: str = _row(
        "FR-{year}-{number:5}",
        "Pattern of report numbers: {number} or {number:5} once, with {year} and {month} where wanted.",
        "报告编号格式：须含一个 {number} 或 {number:5}，可含 {year}、{month}。",
    )
    source_folders: list[str] = _row(
        [],
        "Folders beside data/ that sources set up on a page may read: absolute, or from this folder.",
        "除 data/ 外，页面上设置的来源可读取的目录：绝对路径，或相对本目录。",
    )
    upload_megabytes: Annotated[int, Interval(ge=1, le=2000)] = _row(
        50, "Megabytes that one photo or file of a report may have.", "报告中单个照片或文件的最大兆字节数。"
    )
    uploads_gigabytes: Positive = _row(
        20.0, "Gigabytes that all files of the register may take.", "登记库全部文件的总容量（GB）。"
    )
    oidc_issuer: str = _row(
        "",
        "Address of the house’s OpenID Connect provider; empty: people log in with a password. FAULTLOOP_OIDC_SECRET holds the secret.",
        "企业 OpenID Connect 提供方地址；留空则以密码登录。密钥由环境变量 FAULTLOOP_OIDC_SECRET 提供。",
    )
    oidc_client: str = _row("", "Name of this application at that provider.", "本系统在该提供方登记的客户端标识。")
    response_target_hours: dict[str, Positive] = _row(
        {"urban": 6.0, "suburban": 7.0},
        "Working hours from call to arrival that each zone promises.",
        "各服务区承诺的到达响应时间（工作小时）。",
    )
    working_week: dict[Weekday, str] = _row(
        dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:30-17:30"),
        "Opening hours per weekday; a day that is not named is off.",
        "每周各日的工作时间；未列出的日子为休息日。",
    )
    zones: dict[str, Zone | None] = _row(
        {"urban": None, "suburban": None},
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
    repeat_window_days: Annotated[int, Interval(ge=1)] = _row(
        30,
        "Days within which the same fault on the same asset counts as a repeat failure.",
        "同一设备同一故障在多少天内再次发生计为重复故障。",
    )
    rating_scale: dict[str, Positive] = _row(
        {"very_satisfied": 1.1, "satisfied": 1.0, "fair": 0.9, "dissatisfied": 0.8, "very_dissatisfied": 0.7},
        "Score of each grade of a return visit, best first.",
        "回访评价各等级的分值，由高到低。",
    )
    least_jobs: Annotated[int, Interval(ge=1)] = _row(
        30,
        "Jobs from which a technician is compared with colleagues; of fewer the page says that they are too few.",
        "技术员参与比较所需的最少工单数；不足时页面注明数量过少。",
    )
    holding_cost_per_year: Positive = _row(
        0.2,
        "Cost of keeping a part in stock for a year, as a share of its unit cost.",
        "备件库存持有成本：每年占单价的比例。",
    )
    waiting_cost_per_day: Positive = _row(
        200.0,
        "Cost of a machine that waits a day for a part, in the currency of the unit costs.",
        "设备等待备件每天的成本，币种与备件单价相同。",
    )
    order_cost: Positive = _row(
        150.0,
        "Cost of placing and receiving one order of parts, in the currency of the unit costs.",
        "一次备件订货（下单与收货）的成本，币种与备件单价相同。",
    )
    survey_points: dict[str, NotNegative] = _row(
        {"very_satisfied": 100.0, "satisfied": 85.0, "fair": 70.0, "dissatisfied": 55.0, "very_dissatisfied": 40.0},
        "Points of 100 that each grade counts in the satisfaction survey.",
        "满意度调查中各等级的百分制分值。",
    )
    survey_weights: dict[str, Positive] = _row(
        {},
        "Weights of the items of a survey; an item that is not named weighs 1.",
        "满意度调查各项目的权重；未列出的项目权重为 1。",
    )
    satisfied_from: NotNegative = _row(
        85.0, "Survey score from which a customer counts as satisfied.", "调查得分达到此值计为满意。"
    )
    survey_target: Share = _row(
        0.75,
        "Share of resolved jobs whose customers are to be reached: coverage × return rate of return visits.",
        "回访应达到的比例：覆盖率 × 回访接通率（占已解决工单）。",
    )
    complaint_answer_hours: Positive = _row(
        48.0, "Clock hours within which a complaint is answered.", "投诉答复时限（自然小时）。"
    )
    complaint_report_days: Annotated[int, Interval(ge=1)] = _row(
        5, "Working days within which the owner of a complaint reports on it.", "投诉责任人提交报告的时限（工作日）。"
    )
    return_visit_days: Annotated[int, Interval(ge=0)] = _row(
        3, "Days after the repair within which the customer is asked about it.", "修复后须完成回访的天数。"
    )
    return_visit_lines: dict[str, Annotated[int, Interval(ge=0)]] = _row(
        {},
        "Product lines whose customers are asked within other than `return_visit_days`, such as `Copiers: 1` (next day).",
        "回访时限与 return_visit_days 不同的产品线，如 `复印机: 1`（次日）。",
    )
    remark_answer_days: Annotated[int, Interval(ge=1)] = _row(
        1, "Working days within which a customer’s remark is answered.", "客户意见的答复时限（工作日）。"
    )
    contract_list_months: Annotated[int, Interval(ge=1)] = _row(
        2, "Months before its end from which a contract is on the renewal list.", "合同到期前多少个月列入续约清单。"
    )
    contract_contact_months: Annotated[int, Interval(ge=0)] = _row(
        1,
        "Months before its end at which a contract’s customer is first contacted; then weekly.",
        "合同到期前多少个月首次联系客户；此后每周一次。",
    )
    contract_renewed_days: Annotated[int, Interval(ge=0)] = _row(
        60,
        "Days after the end of a contract within which the next one counts as its renewal.",
        "合同结束后多少天内签订下一份合同计为续约。",
    )
    unit_stages: dict[Literal["commissioning", "early", "normal", "late"], NotNegative] = _row(
        {"commissioning": 0.0, "early": 3.0, "normal": 12.0, "late": 60.0},
        "Age of a machine, in months since installation, from which each stage of its life begins.",
        "设备各寿命阶段的起始役龄（装机后月数）。",
    )
    price_approval_from: dict[str, NotNegative] = _row(
        {"service_manager": 0.0, "sales_director": 1000.0},
        "Amount from which each role has to approve a price out of warranty.",
        "保修期外价格由各角色审批的起始金额。",
    )
    waiver_approval_from: dict[str, NotNegative] = _row(
        {"service_manager": 0.0, "sales_director": 1000.0, "general_manager": 5000.0},
        "Amount from which each role has to approve a waiver.",
        "减免由各角色审批的起始金额。",
    )
    first_maintenance_days: Annotated[int, Interval(ge=0)] = _row(
        7,
        "Days after its planned date by which the first maintenance of a new machine is still in time.",
        "新装设备首次保养在计划日期后多少天内仍算按时。",
    )
    advisory_share: Share = _row(
        0.2,
        "Share of all consultations from which a topic deserves an advisory notice to all customers.",
        "某主题占全部咨询的比例达到此值时，应向全体客户发出忠告性通知。",
    )
    effect_window_days: Annotated[int, Interval(ge=1)] = _row(
        365,
        "Days before and after a corrective action whose failures are compared; of whole years no season is left over.",
        "纠正措施前后用于对比故障的天数；取整年可消除季节影响。",
    )
    effect_trigger_days: Annotated[int, Interval(ge=0)] = _row(
        30,
        "Days before the report of a corrective action that are left out: a bad month sets it off, and a better one follows anyway.",
        "纠正措施所属报告上报前不计入对比的天数：异常月份引发措施，其后本会回落。",
    )
    effect_goal: Annotated[float, Interval(gt=0, lt=1), Strict(False)] = _row(
        0.5,
        "Failure rate after ÷ before that a corrective action should reach at most.",
        "纠正措施应达到的故障率比值上限（措施后 ÷ 措施前）。",
    )
    dead_stock_months: Annotated[int, Interval(ge=1)] = _row(
        24,
        "Months after which the stock of a part that nobody used and no store issued counts as dead.",
        "备件无人使用且无出库满多少个月计为呆滞库存。",
    )
    consumable_contact_days: Annotated[int, Interval(ge=0)] = _row(
        7,
        "Days before the predicted replacement of a part, or a planned maintenance, at which the customer is contacted.",
        "在预计更换或计划保养日期前多少天联系客户。",
    )
    retention: Annotated[int, Interval(ge=1)] = _row(
        10, "Published snapshots that are kept for rollback.", "为回滚保留的快照数量。"
    )
    volume_drop_critical: Share = _row(
        0.2,
        "Share of an entity's rows that may be fewer than in the last snapshot before publishing is blocked.",
        "某实体行数较上一快照减少超过此比例时阻止发布。",
    )
    quarantine_share_critical: Share = _row(
        0.2,
        "Share of an entity's rows that may be in quarantine before publishing is blocked.",
        "某实体隔离行占比超过此值时阻止发布。",
    )
    thresholds: dict[str, NotNegative] = _row(
        {},
        "Thresholds of checks that differ from their own, such as `ticket.mostly_filled_asset_id: 0.8`.",
        "与默认不同的检查阈值，如 `ticket.mostly_filled_asset_id: 0.8`。",
    )
    severities: dict[str, Literal["critical", "warning", "muted"]] = _row(
        {},
        "Checks that block publishing (critical), only warn (warning) or are not asked (muted), such as `ticket.volume: warning`.",
        "调整检查的级别：阻止发布（critical）、仅警告（warning）或不检查（muted），如 `ticket.volume: warning`。",
    )
    outbound_hosts: list[str] = _row(
        [],
        "Hosts that messages may be sent to, such as smtp.example.com or *.example.com; any other is refused. Addresses and passwords of channels stand in the environment, FAULTLOOP_CHANNEL_….",
        "允许外发消息的主机，如 smtp.example.com 或 *.example.com；其余一律拒绝。通道地址与密码存于环境变量 FAULTLOOP_CHANNEL_…。",
    )
    quiet_hours: Annotated[str, Field(pattern=r"^$|^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] = _row(
        "22:00-07:00",
        "Local hours in which only what is urgent is sent; the rest follows in one message when they end. Empty: none.",
        "静默时段（本地时间）：其间只发送紧急消息，其余在结束后合并发送；留空表示不设。",
    )
    escalate_after_hours: NotNegative = _row(
        4.0,
        "Hours after which a critical alert that nobody acknowledged is told to the managers; 0: never.",
        "严重告警无人确认时，多少小时后上报管理者；0 表示不上报。",
    )
    worse_by: Annotated[float, Interval(gt=1, le=50), Strict(False)] = _row(
        1.5,
        "Times by which what is wrong must have grown since people were last told, to be told again.",
        "问题较上次告知时扩大到多少倍才再次告警。",
    )
    refresh_expected_minutes: Positive = _row(
        60.0,
        "Minutes within which a refresh is expected to succeed; after that the courier says that none did.",
        "应有一次刷新成功的时限（分钟）；超过后由投递进程告警。",
    )
    keep_days: Annotated[int, Interval(ge=1)] = _row(
        400,
        "Days for which runs, recovered alerts, sent messages and made reports are kept.",
        "运行记录、已恢复告警、已发消息与已生成报告的保留天数。",
    )
    backups: Annotated[int, Interval(ge=1)] = _row(
        14, "Backups of the register and the configuration that are kept.", "登记库与配置备份的保留份数。"
    )
    memory_limit: Memory = _row("4GB", "Memory that building a snapshot may take.", "构建快照可用内存。")
    threads: Annotated[int, Interval(ge=0)] = _row(
        0, "Processor cores for building a snapshot; 0 takes all.", "构建快照使用的核数；0 为全部。"
    )


def setting_rows() -> list[tuple[str, Any, Text]]:
    """Every setting: name, default, and what it is for."""
    rows = []
    for name, field in Settings.model_fields.items():
        assert isinstance(field.json_schema_extra, dict)
        rows.append((name, field.default, Text(**field.json_schema_extra["help"])))  # type: ignore[arg-type]
    return rows


def _checked(values: Any, file: Path) -> Settings:
    if not isinstance(values, dict):
        raise UserError(
            en=f"{file}: settings are written as `name: value`, one a line; see `faultloop doctor --settings`.",
            zh=f"{file}：设置应逐行写成“名称: 值”；参见 `faultloop doctor --settings`。",
        )
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise UserError(
                en=f"{file}: there is no setting “{where}”; remove it, or see `faultloop doctor --settings` for the names.",
                zh=f"{file}：没有名为“{where}”的设置；请删除，或用 `faultloop doctor --settings` 查看可用名称。",
            ) from None
        what = first["msg"].removeprefix("Value error, ")
        raise UserError(
            en=f"{file}: “{where}” is {first['input']!r}, which will not do ({what}); correct it, see `faultloop doctor --settings`.",
            zh=f"{file}：“{where}”的值 {first['input']!r} 无效（{what}）；请更正，参见 `faultloop doctor --settings`。",
        ) from None


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
    def register_url(self) -> str:
        """The database of the FRACAS register."""
        return self.settings.register_database or f"sqlite:///{self.path / 'register.sqlite'}"

    @property
    def exists(self) -> bool:
        return self.settings_file.exists()

    @cached_property
    def settings(self) -> Settings:
        if not self.settings_file.exists():
            return Settings()
        values = read_yaml(self.settings_file)
        return _checked({} if values is None else values, self.settings_file)
