"""The states of a FRACAS report and the moves between them (DOMAIN §4), as data: who may, what is asked, what is signed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bilingual.text import Text


class State(StrEnum):
    """Where a report stands; the names are the codes of the list `fracas_state`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    CONTAINED = "contained"
    ANALYSING = "analysing"
    CAUSE_CONFIRMED = "cause_confirmed"
    ACTION_APPROVED = "action_approved"
    IMPLEMENTED = "implemented"
    MONITORING = "monitoring"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    NOT_A_FAILURE = "not_a_failure"
    NO_FAULT_FOUND = "no_fault_found"
    RISK_ACCEPTED = "risk_accepted"
    RETURNED = "returned"
    REOPENED = "reopened"


S = State
LABELS: dict[State, Text] = {
    S.DRAFT: Text(en="Draft", zh="草稿"),
    S.SUBMITTED: Text(en="Submitted", zh="已上报"),
    S.VERIFIED: Text(en="Verified", zh="已核实"),
    S.CONTAINED: Text(en="Contained", zh="已控制"),
    S.ANALYSING: Text(en="Analysing", zh="分析中"),
    S.CAUSE_CONFIRMED: Text(en="Cause confirmed", zh="原因确认"),
    S.ACTION_APPROVED: Text(en="Action approved", zh="措施批准"),
    S.IMPLEMENTED: Text(en="Implemented", zh="已实施"),
    S.MONITORING: Text(en="Monitoring", zh="效果验证"),
    S.CLOSED: Text(en="Closed", zh="归零关闭"),
    S.DUPLICATE: Text(en="Duplicate", zh="重复"),
    S.NOT_A_FAILURE: Text(en="Not a failure", zh="非故障"),
    S.NO_FAULT_FOUND: Text(en="No fault found", zh="未发现故障"),
    S.RISK_ACCEPTED: Text(en="Risk accepted", zh="风险接受"),
    S.RETURNED: Text(en="Returned", zh="退回"),
    S.REOPENED: Text(en="Reopened", zh="重新打开"),
}
# The way of a report that is followed to its end.
PATH = (
    S.DRAFT, S.SUBMITTED, S.VERIFIED, S.CONTAINED, S.ANALYSING, S.CAUSE_CONFIRMED, S.ACTION_APPROVED, S.IMPLEMENTED,
    S.MONITORING, S.CLOSED,
)  # fmt: skip
SIDE_EXITS = frozenset({S.DUPLICATE, S.NOT_A_FAILURE, S.NO_FAULT_FOUND, S.RISK_ACCEPTED})
ENDED = SIDE_EXITS | {S.CLOSED}
# In the hands of those who follow it up: neither with the reporter nor at an end.
FOLLOWED = frozenset(PATH[1:-1]) | {S.REOPENED}
# Before its cause is confirmed a report may turn out to be none.
_UNEXPLAINED = frozenset({S.SUBMITTED, S.VERIFIED, S.CONTAINED, S.ANALYSING, S.REOPENED})


@dataclass(frozen=True)
class Move:
    """One way from states to a state.

    permission: what its person must be allowed (fracas.permissions). meaning: what a signature under it says, None where
    none is asked. needs_reason: whether a reason must be given.
    """

    name: str
    label: Text
    sources: frozenset[State]
    target: State
    permission: str
    meaning: Text | None = None
    needs_reason: bool = False


def _move(
    name: str,
    en: str,
    zh: str,
    sources: State | frozenset[State],
    target: State,
    permission: str,
    meaning: Text | None = None,
    *,
    needs_reason: bool = False,
) -> Move:
    given = frozenset({sources}) if isinstance(sources, State) else sources
    return Move(name, Text(en=en, zh=zh), given, target, permission, meaning, needs_reason)


MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        _move("submit", "Submit", "上报", frozenset({S.DRAFT, S.RETURNED}), S.SUBMITTED, "report.submit"),
        _move("verify", "Verify", "核实", S.SUBMITTED, S.VERIFIED, "report.verify"),
        _move("contain", "Contain", "控制", frozenset({S.VERIFIED, S.REOPENED}), S.CONTAINED, "report.contain"),
        _move("analyse", "Begin analysis", "开始分析", S.CONTAINED, S.ANALYSING, "report.analyse"),
        _move(
            "confirm_cause", "Confirm the cause", "确认原因", S.ANALYSING, S.CAUSE_CONFIRMED, "report.confirm_cause",
            Text(en="The cause is located, its mechanism clear, and it was reproduced.", zh="定位准确、机理清楚、问题复现。"),
        ),
        _move(
            "approve", "Approve the actions", "批准措施", S.CAUSE_CONFIRMED, S.ACTION_APPROVED, "report.approve",
            Text(
                en="The actions fit the cause, bring no new risk, and like items were assessed.",
                zh="措施针对原因有效，不引入新风险，已举一反三。",
            ),
        ),
        _move("implement", "Implemented", "实施完成", S.ACTION_APPROVED, S.IMPLEMENTED, "report.implement"),
        _move("monitor", "Begin monitoring", "开始效果验证", S.IMPLEMENTED, S.MONITORING, "report.monitor"),
        _move(
            "close", "Close", "归零关闭", S.MONITORING, S.CLOSED, "report.close",
            Text(en="The loop is closed: implemented, effective, like units checked.", zh="措施落实、效果有效、举一反三完成，同意归零。"),
        ),
        _move(
            "duplicate", "Duplicate", "判为重复", _UNEXPLAINED, S.DUPLICATE, "report.exit", needs_reason=True,
        ),
        _move("not_a_failure", "Not a failure", "判为非故障", _UNEXPLAINED, S.NOT_A_FAILURE, "report.exit", needs_reason=True),
        _move("no_fault_found", "No fault found", "未发现故障", _UNEXPLAINED, S.NO_FAULT_FOUND, "report.exit", needs_reason=True),
        _move(
            "accept_risk", "Accept the risk", "接受风险", FOLLOWED - {S.SUBMITTED}, S.RISK_ACCEPTED, "report.accept_risk",
            Text(en="The risk that remains is known and accepted.", zh="剩余风险已知并予以接受。"), needs_reason=True,
        ),
        _move("return", "Return", "退回", FOLLOWED, S.RETURNED, "report.return", needs_reason=True),
        _move("reopen", "Reopen", "重新打开", ENDED, S.REOPENED, "report.reopen", needs_reason=True),
    )
}  # fmt: skip


def moves_from(state: State) -> tuple[Move, ...]:
    """The moves that lead out of a state, in the order in which they are offered."""
    return tuple(move for move in MOVES.values() if state in move.sources)
