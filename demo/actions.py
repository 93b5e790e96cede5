"""The house's register of corrective actions: 8D reports and what was decided in them, one Excel workbook in Chinese.

The two actions whose effect is known are in it like all others. What the house itself says of the effect is what houses
say: nearly always that it worked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from demo import clock
from demo.catalogue import EVENTS, LINES, MODES, Line, Mode
from demo.chance import Rng, pick, stream
from demo.clock import DAY, DAYS, instants
from demo.failures import ACTIONS
from demo.records import Desk

FILE = "corrective_actions.xlsx"

# What was done against each failure so that it does not come again. The first two are those whose effect is known.
_CORRECTIVE = {
    "防夹传感器 Anti-pinch sensor": "固件升级并重新标定灵敏度 Firmware update, sensitivity calibrated anew",
    "搓纸机构 Paper feed": "更换高摩擦系数搓纸轮 Pick-up roller with more friction",
    "制动阀 Brake valve": "更换密封圈材料 New seal compound",
    "空压机 Air compressor": "加装油水分离器 Oil-water separator fitted",
    "制动控制单元 Brake control unit": "电源板加装浪涌保护 Surge protection on the power board",
    "速度传感器 Speed sensor": "接插件加锁扣 Locking connector",
    "管路接头 Pipe fitting": "接头改用防松垫圈 Locking washers at fittings",
    "门驱电机 Door motor": "电机绕组绝缘升级 Better winding insulation",
    "门锁 Door lock": "锁舌改用耐磨材料 Wear-resistant latch",
    "密封胶条 Door seal": "改用三元乙丙胶条 EPDM seal",
    "定影器 Fuser": "缩短加热辊更换周期 Heat roller replaced earlier",
    "主控板 Main board": "主控板固件升级 Main board firmware update",
    "探测器 Detector": "标定规程增加温度补偿 Temperature compensation in the calibration",
    "冷却泵 Cooling pump": "更换不锈钢叶轮 Stainless impeller",
    "操作台软件 Console software": "安装软件补丁 V4.2 Software patch V4.2",
    "压缩机 Compressor": "加装相序保护器 Phase protection relay",
    "风机 Fan motor": "改用密封轴承 Sealed bearings",
    "电磁阀 Solenoid valve": "阀前加装过滤器 Filter ahead of the valve",
}
_CONTAINMENT = (
    "在库同类件全检并隔离 Stock inspected and segregated",
    "客户处临时巡检 Interim inspection at customers",
    "发货前增加百分之百测试 Full test before delivery",
)
_PREVENTIVE = (
    "更新设计 FMEA 并横向展开 Design FMEA updated and read across",
    "修订保养规程 Maintenance instructions revised",
    "供方过程审核 Process audit at the supplier",
    "技术员专项培训 Training of technicians",
)
_OWNERS = (
    "质量部 刘敏 Quality", "设计部 陈立 Design", "工艺部 高峰 Process", "采购部 马玲 Purchasing",
    "售后部 何军 After-sales", "SQE Anna Berg",
)  # fmt: skip
# Of corrective and preventive actions these shares get a later due date, are late, and are not done at all: more often of
# those of the last year, whose reports are still open.
_MOVED, _LATE, _LEFT, _LEFT_LATELY, _LATELY = 0.25, 0.25, 0.08, 0.5, 330
_JUDGED_AFTER = 90
_LEAST, _TICKETS_PER_REPORT = 18, 10_000


@dataclass(frozen=True)
class Report:
    """One 8D report. Days are those of the records' calendar."""

    report_id: str
    ticket_id: str | None
    fault_id: str | None
    asset_id: str | None
    product_line: str
    component: str
    failure_mode: str
    mechanism: str
    root_cause: str | None
    severity: str
    owner: str
    occurred_at: datetime | None
    submitted_on: date
    closed_on: date | None
    state: str


@dataclass(frozen=True)
class Action:
    """One line of the list of actions; `verdict` is what the house wrote about its effect, over the days since it was done."""

    action_id: str
    report_id: str
    kind: str
    description: str
    owner: str
    model: str | None
    effectivity: str
    original_due_on: date
    due_on: date
    done_on: date | None
    judged_on: date | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class _Case:
    """A report before it has a number: what failed, on which day (since START) it was raised, and its known action."""

    mode: int
    raised: int
    known: str | None = None


@dataclass(frozen=True)
class Book:
    """The register; `known` names the corrective actions whose effect is known, by their verdict."""

    reports: list[Report]
    actions: list[Action]
    known: dict[str, str]


def register(seed: int, d: Desk, unusable: set[str | None]) -> Book:
    """The reports by number and their actions; a report names a ticket that is not `unusable`."""
    rng = stream(seed, "corrective actions")
    book = Book([], [], {})
    for case, number in _numbered(_cases(rng, len(d.calls))):
        actions = list(_actions(rng, case, number))
        root = next(a for a in actions if a.kind == "纠正")
        book.reports.append(_report(rng, d, case, number, actions, root, unusable))
        book.actions.extend(actions)
        if case.known:
            book.known[case.known] = root.action_id
    return book


def _cases(rng: Rng, tickets: int) -> list[_Case]:
    """The two that are known, and others spread over the time of the records."""
    components = [m.component for m in MODES]
    known = {event.component: event.action for event in EVENTS if event.action}
    cases = []
    for component, kind in known.items():
        implemented = int(clock.seconds(ACTIONS[str(kind)][0]) // DAY)
        cases.append(_Case(components.index(component), implemented - int(rng.integers(80, 130)), kind))
    others = [components.index(c) for c in _CORRECTIVE if c not in known]
    n = max(_LEAST, tickets // _TICKETS_PER_REPORT) - len(cases)
    modes = np.concatenate([rng.permutation(others) for _ in range(-(-n // len(others)))])[:n]
    raised = 45 + (np.arange(n) + rng.random(n)) / n * (DAYS - 65)
    return cases + [_Case(int(m), int(day)) for m, day in zip(modes, raised, strict=True)]


def _numbered(cases: list[_Case]) -> Iterator[tuple[_Case, str]]:
    so_far: dict[int, int] = {}
    for case in sorted(cases, key=lambda c: (c.raised, c.mode)):
        year = _day(case.raised).year
        so_far[year] = so_far.get(year, 0) + 1
        yield case, f"8D-{year}-{so_far[year]:03d}"


def _day(since_start: int) -> date:
    return (clock.START + timedelta(days=since_start)).date()


def _report(
    rng: Rng, d: Desk, case: _Case, number: str, actions: list[Action], root: Action, unusable: set[str | None]
) -> Report:
    mode = MODES[case.mode]
    is_done = all(a.done_on for a in actions) and root.verdict == "有效"
    state = (
        "归零关闭" if is_done else "效果验证" if root.done_on else "措施批准" if case.raised < DAYS - 60 else "分析中"
    )
    ticket = _ticket(rng, d, case, unusable)
    return Report(
        report_id=number,
        ticket_id=None if ticket is None else d.ticket_id[ticket],
        fault_id=None if ticket is None else f"F{ticket + 1:08d}",
        asset_id=None if ticket is None else d.unit_id[ticket],
        product_line=_line(mode).label,
        component=mode.component,
        failure_mode=mode.failure_mode,
        mechanism=mode.mechanism,
        root_cause=mode.causes[int(rng.integers(len(mode.causes)))] if state != "分析中" else None,
        severity=("严重", "性能下降", "早期")[int(pick(rng, (0.3, 0.6, 0.1), 1)[0])],
        owner=root.owner,
        occurred_at=None if ticket is None else instants(d.stamp("occurred")[[ticket]])[0],
        submitted_on=_day(case.raised),
        closed_on=max(day for a in actions for day in (a.done_on, a.judged_on) if day) if is_done else None,
        state=state,
    )


def _line(mode: Mode) -> Line:
    return next(x for x in LINES if x.key == mode.line)


def _ticket(rng: Rng, d: Desk, case: _Case, unusable: set[str | None]) -> int | None:
    """One of the last calls with the failure before the report was raised."""
    opened = d.stamp("opened")
    alike = (
        (d.mode == case.mode)
        & (opened < case.raised * DAY)
        & ~d.calls["repeat"].to_numpy()
        & ~d.calls["nff"].to_numpy()
    )
    last = [int(i) for i in np.flatnonzero(alike)[-20:] if d.ticket_id[int(i)] not in unusable]
    return last[int(rng.integers(len(last)))] if last else None


def _actions(rng: Rng, case: _Case, number: str) -> Iterator[Action]:
    mode = MODES[case.mode]
    line = _line(mode)
    # Some actions are for one model of the line only.
    model = line.models[int(rng.integers(len(line.models)))] if rng.random() < 0.25 and not case.known else None
    scope = f"{model} 在役及新装 In service and new" if model else f"{line.label} 全部 All"
    kinds = [("纠正", _CORRECTIVE[mode.component], int(rng.integers(60, 120)))]
    if rng.random() < 0.8 or case.known:
        kinds.insert(0, ("临时", _CONTAINMENT[int(rng.integers(len(_CONTAINMENT)))], int(rng.integers(7, 15))))
    if rng.random() < 0.55:
        kinds.append(("预防", _PREVENTIVE[int(rng.integers(len(_PREVENTIVE)))], int(rng.integers(120, 200))))
    for place, (kind, words, days) in enumerate(kinds, 1):
        planned = Action(
            f"{number}-{place}", number, kind, words, _OWNERS[int(rng.integers(len(_OWNERS)))], model, scope,
            _day(case.raised + days), _day(case.raised + days), None,
        )  # fmt: skip
        action = _carried_out(rng, planned, is_recent=case.raised > DAYS - _LATELY)
        if case.known:
            action = _known(action, case.known)
        yield _judged(rng, action, certain=bool(case.known))


def _carried_out(rng: Rng, action: Action, *, is_recent: bool) -> Action:
    """The action with its due date as it stands, and the day it was done on, as far as that was before the records end."""
    moved, late, left = rng.random(3)
    is_interim = action.kind == "临时"
    due = action.original_due_on
    if moved < _MOVED and not is_interim:
        due += timedelta(days=int(rng.integers(30, 100)))
    days = int(rng.integers(4, 45)) if late < _LATE else -int(rng.integers(0, 7))
    done = due + timedelta(days=days)
    is_left = not is_interim and left < (_LEFT_LATELY if is_recent else _LEFT)
    return replace(action, due_on=due, done_on=None if is_left or done >= clock.END.date() else done)


def _known(action: Action, kind: str) -> Action:
    """An action of a report whose corrective one has a known effect: that one was done on its day, the others in time."""
    if action.kind != "纠正":
        return replace(action, due_on=action.original_due_on, done_on=action.original_due_on)
    done = ACTIONS[kind][0]
    # The one that worked was in time; for the other the due date had to be moved.
    late = 0 if kind == "effective" else 30
    return replace(
        action, original_due_on=done + timedelta(days=5 - late), due_on=done + timedelta(days=5), done_on=done
    )


def _judged(rng: Rng, action: Action, *, certain: bool) -> Action:
    """The action with the house's own verdict where it had time to form one."""
    luck = rng.random()
    if action.kind != "纠正" or action.done_on is None:
        return action
    judged = action.done_on + timedelta(days=_JUDGED_AFTER)
    if judged >= clock.END.date():
        return action
    verdict = "有效" if certain or luck < 0.8 else "为时尚早" if luck < 0.9 else "无效"
    return replace(action, judged_on=judged, verdict=verdict)


_REPORT = {
    "report_id": "8D 编号", "ticket_id": "工单号", "fault_id": "故障编号", "asset_id": "设备编号", "product_line": "产品线",
    "component": "部件", "failure_mode": "故障模式", "mechanism": "故障机理", "root_cause": "根本原因", "severity": "严重度",
    "owner": "责任人", "occurred_at": "发生时间", "submitted_on": "上报日期", "closed_on": "归零日期", "state": "状态",
}  # fmt: skip
_ACTION = {
    "action_id": "措施编号", "report_id": "8D 编号", "kind": "类型", "description": "措施内容", "owner": "责任人",
    "model": "适用机型", "effectivity": "适用范围", "original_due_on": "原定期限", "due_on": "期限", "done_on": "完成日期",
    "judged_on": "验证日期", "verdict": "验证结论",
}  # fmt: skip


def write(file: Path, book: Book) -> None:
    """Write the workbook: a sheet of the reports and one of the actions, each with a title above its header."""
    options = {"default_date_format": "yyyy-mm-dd hh:mm", "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties({"created": datetime(2026, 11, 1)})
        _sheet(workbook, "8D报告", "8D 报告一览表 8D reports", _REPORT, [asdict(r) for r in book.reports])
        _sheet(
            workbook,
            "措施台账",
            "纠正与预防措施台账 Corrective and preventive actions",
            _ACTION,
            [asdict(a) for a in book.actions],
        )


def _sheet(book: Any, name: str, title: str, headings: dict[str, str], rows: list[dict[str, Any]]) -> None:
    sheet = book.add_worksheet(name)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, len(headings) - 1, title, book.add_format({"bold": True, "font_size": 16}))
    sheet.write_row(1, 0, headings.values(), book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1}))
    sheet.freeze_panes(2, 1)
    sheet.set_column(0, len(headings) - 1, 16)
    for at, row in enumerate(rows, start=2):
        for column, value in enumerate(row[key] for key in headings):
            if isinstance(value, datetime):
                sheet.write_datetime(at, column, value)
            elif isinstance(value, date):
                sheet.write_datetime(at, column, datetime(value.year, value.month, value.day), day)
            elif value is not None:
                sheet.write_string(at, column, value)
