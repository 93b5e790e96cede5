"""Who may do what: roles, a matrix that can be read as a table, and scopes. Whatever is not written here is forbidden."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bilingual.text import Text


class Role(StrEnum):
    """What a person is to the register; somebody may be several things."""

    REPORTER = "reporter"
    TECHNICIAN = "technician"
    QUALITY_ENGINEER = "quality_engineer"
    ACTION_OWNER = "action_owner"
    REVIEW_BOARD = "review_board"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


R = Role
ROLES: dict[Role, Text] = {
    R.REPORTER: Text(en="Reporter", zh="上报人"),
    R.TECHNICIAN: Text(en="Technician", zh="技术员"),
    R.QUALITY_ENGINEER: Text(en="Quality engineer", zh="质量工程师"),
    R.ACTION_OWNER: Text(en="Action owner", zh="措施责任人"),
    R.REVIEW_BOARD: Text(en="Review board", zh="评审委员会"),
    R.MANAGER: Text(en="Manager", zh="管理者"),
    R.ADMINISTRATOR: Text(en="Administrator", zh="管理员"),
}


class Function(StrEnum):
    """The parts of the house that the review board speaks for."""

    DESIGN = "design"
    PROCESS = "process"
    QUALITY = "quality"
    RELIABILITY = "reliability"
    AFTER_SALES = "after_sales"


FUNCTIONS: dict[Function, Text] = {
    Function.DESIGN: Text(en="Design", zh="设计"),
    Function.PROCESS: Text(en="Process", zh="工艺"),
    Function.QUALITY: Text(en="Quality", zh="质量"),
    Function.RELIABILITY: Text(en="Reliability", zh="可靠性"),
    Function.AFTER_SALES: Text(en="After-sales", zh="售后"),
}


@dataclass(frozen=True)
class Permission:
    """One thing that may be done, and the roles that may."""

    name: str
    label: Text
    roles: frozenset[Role]


_ALL = frozenset(Role)
_WORKERS = _ALL - {R.ADMINISTRATOR}


def _may(name: str, en: str, zh: str, *roles: Role) -> Permission:
    return Permission(name, Text(en=en, zh=zh), frozenset(roles))


# An administrator looks after people and base data and has no say in reports, unless given another role beside.
MATRIX: dict[str, Permission] = {
    permission.name: permission
    for permission in (
        _may("report.read", "Read reports", "查看报告", *_ALL),
        _may("report.create", "Write a report", "填写报告", *_WORKERS),
        _may("report.submit", "Submit a report", "上报", *_WORKERS),
        _may("report.edit", "Complete the facts of a report", "补充报告事实", R.QUALITY_ENGINEER),
        _may("report.verify", "Verify that it is a failure", "核实故障", R.QUALITY_ENGINEER),
        _may("report.contain", "Contain", "采取临时措施", R.QUALITY_ENGINEER, R.ACTION_OWNER),
        _may("report.analyse", "Analyse the cause", "分析原因", R.QUALITY_ENGINEER),
        _may(
            "report.confirm_cause", "Confirm another's cause", "确认他人分析的原因", R.QUALITY_ENGINEER, R.REVIEW_BOARD
        ),
        _may("report.approve", "Approve actions", "批准措施", R.REVIEW_BOARD),
        _may("report.implement", "Implement actions", "实施措施", R.ACTION_OWNER, R.QUALITY_ENGINEER),
        _may("report.monitor", "Verify the effect", "验证效果", R.QUALITY_ENGINEER),
        _may("report.review", "Review before closing", "关闭前独立审查", R.QUALITY_ENGINEER, R.MANAGER, R.REVIEW_BOARD),
        _may("report.close", "Close", "归零关闭", R.REVIEW_BOARD),
        _may("report.exit", "Take out as duplicate or no failure", "判为重复或非故障", R.QUALITY_ENGINEER),
        _may("report.accept_risk", "Accept a risk", "接受风险", R.REVIEW_BOARD),
        _may("report.return", "Return a report", "退回", R.QUALITY_ENGINEER, R.REVIEW_BOARD),
        _may("report.reopen", "Reopen", "重新打开", R.QUALITY_ENGINEER, R.REVIEW_BOARD, R.MANAGER),
        _may("own.edit", "See and change one’s own account", "查看和修改本人账户", *_ALL),
        _may("dashboards.read", "Read the dashboards", "查看看板", *_ALL),
        _may("team.read", "See each technician by name", "查看每位技术员", R.MANAGER, R.QUALITY_ENGINEER),
        _may("watch.read", "See alerts and runs", "查看告警与运行", R.QUALITY_ENGINEER, R.MANAGER, R.ADMINISTRATOR),
        _may("watch.acknowledge", "Acknowledge alerts", "确认告警", R.QUALITY_ENGINEER, R.MANAGER, R.ADMINISTRATOR),
        _may("runs.start", "Start a run now", "立即运行", R.QUALITY_ENGINEER, R.ADMINISTRATOR),
        _may("issues.read", "Read the reports that were sent", "查看已发报告", R.QUALITY_ENGINEER, R.MANAGER),
        _may("issues.send", "Send a report again", "再次发送报告", R.QUALITY_ENGINEER, R.MANAGER),
        _may("subscriptions.edit", "Decide what others and rooms are told", "维护他人与群的订阅", R.ADMINISTRATOR),
        _may("sources.manage", "Look after sources of data", "维护数据来源", R.ADMINISTRATOR),
        _may("base.edit", "Look after base data", "维护基础数据", R.ADMINISTRATOR),
        _may("people.edit", "Look after people", "维护人员", R.ADMINISTRATOR),
        _may("audit.read", "Read the audit trail", "查看审计记录", R.ADMINISTRATOR, R.QUALITY_ENGINEER, R.MANAGER),
    )
}


# Of whoever has logged in, whom nobody gave a role too: a password is changed by whose it is.
OF_EVERYBODY = frozenset({"own.edit"})


def may(roles: Iterable[Role], permission: str) -> bool:
    """Whether any of the roles has a permission. KeyError for one that the matrix does not name."""
    return permission in OF_EVERYBODY or not MATRIX[permission].roles.isdisjoint(roles)


@dataclass(frozen=True)
class Scope:
    """What part of the house a person sees: empty means all of it. What nobody placed is seen by everybody."""

    regions: frozenset[str] = frozenset()
    product_lines: frozenset[str] = frozenset()

    def covers(self, region: str | None, product_line: str | None) -> bool:
        """Whether something of a region and product line is in it."""
        return (not self.regions or not region or region in self.regions) and (
            not self.product_lines or not product_line or product_line in self.product_lines
        )
