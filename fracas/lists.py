"""Reports as lists: those that somebody looks for, those of each state, and what somebody has to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from bilingual.text import Text
from fracas import gates
from fracas.cases import cases_of
from fracas.database import reading
from fracas.gates import REVIEW, Case, window_end
from fracas.model import Action, Report
from fracas.people import Actor
from fracas.register import Register
from fracas.sight import visible
from fracas.states import ENDED, FOLLOWED, State

S = State
# By what a list can be ordered; the newest or most urgent first.
ORDERS: dict[str, Any] = {
    "changed": Report.changed_at.desc(),
    "number": Report.number.desc(),
    "occurred": Report.occurred_at.desc(),
    "submitted": Report.submitted_at.desc(),
}


@dataclass(frozen=True)
class Asked:
    """What is looked for: nothing said means all. text: part of number, serial, symptom, component or lot; which: `open` for those not
    at an end, `overdue` for those of them with an action past its day."""

    states: tuple[str, ...] = ()
    severity: str | None = None
    product_line: str | None = None
    region: str | None = None
    owner_id: str | None = None
    text: str | None = None
    which: str = ""
    order: str = "changed"


@dataclass(frozen=True)
class Line:
    """A report in a list. due_on: the next due date of its open actions; None where it has none."""

    report: Report
    due_on: dt.date | None


# An action that is still to be done.
_OPEN = (Action.implemented_at.is_(None), Action.withdrawn_at.is_(None))
# Of so few reports that a text was found in, the numbers are kept instead of looking for it again.
_FEW = 500


def _due(table: Any = Report) -> Any:
    """The next due date of a report's open actions."""
    return select(func.min(Action.due_on)).where(Action.report_id == table.id, *_OPEN).scalar_subquery()


def _escaped(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _alike(column: Any, like: str, dialect: str) -> Any:
    """Whether a column has a text in it, in capitals or not. SQLite's LIKE asks no more, and lower() would cost three times as much."""
    return column.like(like, escape="\\") if dialect == "sqlite" else column.ilike(like, escape="\\")


def _narrowed(query: Select[Any], register: Register, actor: Actor, asked: Asked) -> Select[Any]:
    query = query.where(visible(actor))
    for column in ("severity", "product_line", "region", "owner_id"):
        if (value := getattr(asked, column)) is not None:
            query = query.where(getattr(Report, column) == value)
    if asked.states:
        query = query.where(Report.state.in_(asked.states))
    if asked.which in ("open", "overdue"):
        query = query.where(Report.state.not_in([*ENDED]))
    if asked.which == "overdue":
        query = query.where(_due() < register.today())
    if asked.text:
        like = _escaped(asked.text.strip())
        columns = (Report.number, Report.serial_no, Report.symptom, Report.component, Report.lot, Report.failed_item)
        query = query.where(or_(*(_alike(column, like, register.engine.dialect.name) for column in columns)))
    return query


def found(register: Register, actor: Actor, asked: Asked, start: int = 0, most: int = 50) -> tuple[list[Line], int]:
    """A page of the reports that are looked for, and how many there are in all."""
    with reading(register.engine) as session:
        wanted = _narrowed(select(Report.id), register, actor, asked)
        if asked.text:
            ids = session.scalars(wanted).all()
            total = len(ids)
            if total <= _FEW:
                wanted = select(Report.id).where(Report.id.in_(ids))
        else:
            total = session.scalar(_narrowed(select(func.count()).select_from(Report), register, actor, asked)) or 0
        return _page(session, wanted, (ORDERS[asked.order], Report.id), start, most), total


def _page(session: Session, wanted: Select[Any], order: Sequence[Any], start: int, most: int) -> list[Line]:
    """Some of the reports whose ids are wanted. Which they are comes first: the others are passed over without being read."""
    page = wanted.order_by(*order).offset(start).limit(most).subquery()
    rows = select(Report, _due()).join(page, page.c.id == Report.id).order_by(*order)
    return [Line(*row) for row in session.execute(rows)]


def by_state(register: Register, actor: Actor, asked: Asked, each: int = 12) -> dict[State, tuple[list[Line], int]]:
    """The reports of every state that has any: the first of each, and how many they are."""
    columns: dict[State, tuple[list[Line], int]] = {}
    with reading(register.engine) as session:
        counted = select(Report.state, func.count()).select_from(Report).group_by(Report.state)
        counts = {State(state): n for state, n in session.execute(_narrowed(counted, register, actor, asked))}
        for state in State:
            if n := counts.get(state, 0):
                wanted = _narrowed(select(Report.id), register, actor, asked).where(Report.state == state)
                # Nothing is due any more of what is at an end.
                urgent = () if state in ENDED else (_due().nulls_last(),)
                order = (*urgent, Report.changed_at.desc(), Report.id)
                columns[state] = _page(session, wanted, order, 0, each), n
    return columns


def values(register: Register, actor: Actor, column: str) -> list[str]:
    """What a column holds in the reports that somebody sees, for a list to choose from."""
    name = getattr(Report, column)
    # From each value to the next by the index: there are few of them, and many reports of each.
    value = select(func.min(name).label("name")).where(name > "").cte(recursive=True)
    after = select(func.min(name)).where(name > value.c.name).scalar_subquery()
    value = value.union_all(select(after).where(value.c.name.is_not(None)))
    is_seen = exists().where(name == value.c.name, visible(actor))
    with reading(register.engine) as session:
        query = select(value.c.name).where(value.c.name.is_not(None), is_seen).order_by(value.c.name).limit(500)
        return list(session.scalars(query))


@dataclass(frozen=True)
class Task:
    """Something that waits for one person. due_on: by when, None where no day is set; action: which one, where it is one."""

    what: Text
    report: Report
    due_on: dt.date | None = None
    action: Action | None = None


# Of one kind and state at most: whoever has more to do begins with the oldest.
_MOST = 100
_FINISH = Text(en="Finish and submit your draft", zh="完善并上报您的草稿")
_RETURNED = Text(en="Returned to you: complete it and submit it again", zh="已退回给您：请补充后重新上报")
_VERIFY = Text(en="Verify that it is a failure", zh="核实是否为故障")
_CONTAIN = Text(en="Contain it: an interim action with a due date", zh="采取带期限的临时措施")
_ANALYSE = Text(en="Find the cause", zh="分析原因")
_CONFIRM = Text(en="Confirm the cause that somebody else found", zh="确认他人分析的原因")
_APPROVE = Text(en="Approve the actions", zh="评审批准措施")
_IMPLEMENT = Text(en="Implement the action", zh="实施措施")
_ALL_DONE = Text(en="All actions are done: say that it is implemented", zh="措施均已完成：请确认实施")
_MONITOR = Text(en="Say how long its effect is watched", zh="确定效果验证期")
_REVIEW = Text(en="Review it independently before closing", zh="关闭前独立审查")
_CLOSE = Text(en="Close the loop", zh="归零关闭")


def tasks(register: Register, actor: Actor) -> list[Task]:
    """What waits for somebody: overdue first, then by due date, then by how long it has waited."""
    with reading(register.engine) as session:
        waiting = [*_of_actions(session, actor), *_of_reports(register, session, actor)]
    return sorted(waiting, key=lambda task: (task.due_on or dt.date.max, task.report.changed_at))


def _of_actions(session: Session, actor: Actor) -> Iterator[Task]:
    mine = (
        select(Action, Report)
        .join(Report, Report.id == Action.report_id)
        .where(Action.owner_id == actor.id, Action.implemented_at.is_(None), Action.withdrawn_at.is_(None))
        .where(Report.state.in_([*FOLLOWED]))
    )
    for action, report in session.execute(mine):
        yield Task(_IMPLEMENT, report, action.due_on, action)


def _of_reports(register: Register, session: Session, actor: Actor) -> Iterator[Task]:
    own = Report.reporter_id == actor.id

    def those(state: State, *conditions: Any) -> Sequence[Report]:
        oldest = select(Report).where(Report.state == state, visible(actor), *conditions).order_by(Report.changed_at)
        return session.scalars(oldest.limit(_MOST)).all()

    for report in those(S.DRAFT, own):
        yield Task(_FINISH, report)
    for report in those(S.RETURNED, own):
        yield Task(_RETURNED, report)
    if actor.may("report.verify"):
        yield from (Task(_VERIFY, r) for r in those(S.SUBMITTED))
    mine = or_(Report.owner_id == actor.id, Report.analyst_id == actor.id)
    if actor.may("report.contain"):
        unowned = or_(Report.owner_id == actor.id, Report.owner_id.is_(None))
        for state in (S.VERIFIED, S.REOPENED):
            yield from (Task(_CONTAIN, r) for r in those(state, unowned))
    if actor.may("report.analyse"):
        for state in (S.CONTAINED, S.ANALYSING):
            yield from (Task(_ANALYSE, r) for r in those(state, mine))
        yield from (Task(_MONITOR, r) for r in those(S.IMPLEMENTED, mine))
    yield from _of_gates(register, session, actor, those)


def _of_gates(register: Register, session: Session, actor: Actor, those: Any) -> Iterator[Task]:
    """What waits for a decision: only what this person can decide now, by the gate itself."""
    decisions: dict[State, tuple[tuple[str, Text], ...]] = {
        S.ANALYSING: (("confirm_cause", _CONFIRM),),
        S.CAUSE_CONFIRMED: (("approve", _APPROVE),),
        S.ACTION_APPROVED: (("implement", _ALL_DONE),),
        S.MONITORING: (("close", _CLOSE), (REVIEW, _REVIEW)),
    }
    for state, moves in decisions.items():
        mine = [(name, what) for name, what in moves if actor.may(f"report.{name}")]
        if not mine:
            continue
        for case in cases_of(session, register.rules, register.today(), actor, those(state)):
            for name, what in mine:
                if not gates.missing(name, case) and not _has_signed(actor, case, name):
                    yield Task(what, case.report, window_end(case.report) if state == S.MONITORING else None)


def _has_signed(actor: Actor, case: Case, name: str) -> bool:
    """Whether somebody signed what the report says now, or everything they speak for was said by others."""
    if any(s.act == name and s.person_id == actor.id for s in case.signed):
        return True
    covered = {f for s in case.signed if s.act == "approve" for f in s.functions}
    return name == "approve" and set(actor.functions) <= covered
