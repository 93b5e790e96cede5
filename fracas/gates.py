"""What must hold before a report moves on (DOMAIN §4): one function per gate, which tells what is missing, all at once.

A gate looks at the report and at who would pass it, changes nothing, and knows no permissions: those are asked before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bilingual.text import Text
from fracas.columns import COLUMNS
from fracas.model import Action, LikeUnit, Report, Signature
from fracas.people import Actor
from fracas.permissions import Function

# The act of the independent review before closing, as its signature names it.
REVIEW = "review"


@dataclass(frozen=True)
class Missing:
    """One thing that does not hold yet; field: the column of the report that would fill it, where one would."""

    text: Text
    field: str | None = None


@dataclass(frozen=True)
class Rules:
    """What the house asks for. board: the functions that must sign an approval. mandatory: what a report must say at submission."""

    board: tuple[Function, ...] = tuple(Function)
    mandatory: tuple[str, ...] = ("serial_no", "occurred_at", "symptom", "severity")
    monitored_days: int = 90


RULES = Rules()


@dataclass(frozen=True)
class Case:
    """All that a gate looks at. signed: signatures on what the report says now, whose hash is `digest`; today: the local day."""

    report: Report
    actor: Actor | None
    rules: Rules
    today: dt.date
    actions: tuple[Action, ...] = ()
    units: tuple[LikeUnit, ...] = ()
    signed: tuple[Signature, ...] = ()
    digest: str = ""
    last_reopened_at: dt.datetime | None = None

    def of_kind(self, *kinds: str) -> list[Action]:
        """The actions of some kinds that were not withdrawn."""
        return [a for a in self.actions if a.kind in kinds and a.withdrawn_at is None]


Gate = Callable[[Case], Iterator[Missing]]
_MANAGEMENT = tuple(name for name in COLUMNS if name.startswith("management_"))
_EMPTY = Text(en="{field} is missing.", zh="缺少{field}。")


def _said(case: Case, *names: str) -> Iterator[Missing]:
    for name in names:
        value = getattr(case.report, name)
        if value is None or (isinstance(value, str) and not value.strip()):
            yield Missing(_EMPTY.format(field=COLUMNS[name].label), name)


def _submit(case: Case) -> Iterator[Missing]:
    yield from _said(case, *case.rules.mandatory)
    at = case.report.occurred_at
    if at is not None and at.date() > case.today + dt.timedelta(days=1):
        text = Text(en="The failure lies in the future ({at}); check its time.", zh="故障时间 {at} 在未来；请核对。")
        yield Missing(text.format(at=at), "occurred_at")


def _verify(case: Case) -> Iterator[Missing]:
    if not case.report.is_failure:
        yield Missing(Text(en="That it is a failure is not confirmed.", zh="尚未确认为故障。"), "is_failure")
    yield from _said(case, "failed_item")
    if not case.report.is_segregated:
        yield Missing(Text(en="The failed item is not segregated.", zh="故障件尚未隔离。"), "is_segregated")


def _contain(case: Case) -> Iterator[Missing]:
    since = case.last_reopened_at
    if not [a for a in case.of_kind("containment") if since is None or a.made_at >= since]:
        yield Missing(Text(en="There is no containment action with a due date.", zh="尚无带期限的临时措施。"))


def _analyse(case: Case) -> Iterator[Missing]:
    if case.report.owner_id is None:
        yield Missing(Text(en="Nobody owns the report.", zh="报告尚无责任人。"), "owner_id")


def _confirm_cause(case: Case) -> Iterator[Missing]:
    yield from _said(case, "location", "mechanism", "cause", "escape_cause")
    r = case.report
    if r.is_reproduced is None or (r.is_reproduced is False and not (r.reproduction or "").strip()):
        yield Missing(
            Text(
                en="Whether it was reproduced is not said; where it could not be, say why.",
                zh="未说明问题是否复现；未能复现的须说明理由。",
            ),
            "is_reproduced",
        )
    if r.analyst_id is None:
        yield Missing(Text(en="Nobody is named as the analyst.", zh="未指明分析人。"), "analyst_id")
    elif case.actor is not None and case.actor.id == r.analyst_id:
        yield Missing(
            Text(en="You analysed it: somebody else confirms the cause.", zh="您是分析人：原因须由他人确认。")
        )


def _approve(case: Case) -> Iterator[Missing]:
    if not case.of_kind("corrective"):
        yield Missing(Text(en="There is no corrective action.", zh="尚无纠正措施。"))
    yield from _said(case, "new_risks", "like_items")
    if case.actor is not None and case.actor.id == case.report.analyst_id:
        yield Missing(
            Text(
                en="You analysed the cause: others approve what follows from it.",
                zh="您是原因分析人：措施须由他人批准。",
            )
        )
    elif case.actor is not None and any(a.author_id == case.actor.id for a in case.of_kind("corrective", "preventive")):
        yield Missing(Text(en="You proposed an action: others approve it.", zh="您是措施提出人：须由他人批准。"))
    if case.actor is not None and not case.actor.functions:
        yield Missing(Text(en="You speak for no function of the review board.", zh="您在评审委员会中未代表任何职能。"))


def unsigned(case: Case) -> tuple[Function, ...]:
    """The functions of the board that have not approved what the report says now, once the actor has."""
    covered = {f for s in case.signed if s.act == "approve" for f in s.functions}
    covered |= set(case.actor.functions) if case.actor is not None else set()
    return tuple(f for f in case.rules.board if f not in covered)


def _implement(case: Case) -> Iterator[Missing]:
    for action in case.of_kind("corrective", "preventive"):
        name = action.description[:60]
        if action.implemented_at is None:
            yield Missing(Text(en="Not implemented: {name}.", zh="未实施：{name}。").format(name=name))
            continue
        if not (action.evidence or "").strip():
            yield Missing(Text(en="No evidence: {name}.", zh="无实施证据：{name}。").format(name=name))
        if not action.effective_serials and not action.effective_lots:
            text = Text(en="No serials or lots from which it holds: {name}.", zh="无适用的序列号或批次：{name}。")
            yield Missing(text.format(name=name))


def _monitor(case: Case) -> Iterator[Missing]:
    # An action that was planned since is in service before its effect is watched.
    yield from _implement(case)
    if not case.report.monitored_days or case.report.monitored_days < 1:
        yield Missing(Text(en="The window of verification is not stated.", zh="未说明效果验证期。"), "monitored_days")


def window_end(report: Report) -> dt.date | None:
    """The last day of the stated window of verification."""
    if report.monitored_from is None or report.monitored_days is None:
        return None
    return report.monitored_from + dt.timedelta(days=report.monitored_days)


def _checked(case: Case) -> Iterator[Missing]:
    unchecked = sum(unit.checked_at is None for unit in case.units)
    if unchecked:
        text = Text(en="Like units not checked yet: {n}.", zh="{n} 台同类设备尚未排查。").format(n=unchecked)
        yield Missing(text)


def _review(case: Case) -> Iterator[Missing]:
    """Before the independent review is signed, and before closing."""
    yield from _implement(case)
    end = window_end(case.report)
    if end is None or case.today < end:
        text = Text(en="The window of verification lasts until {end}.", zh="效果验证期至 {end} 结束。")
        yield Missing(text.format(end=end or "—"))
    if case.report.verdict != "effective":
        yield Missing(Text(en="The effect is not verified.", zh="效果尚未验证有效。"), "verdict")
    yield from _checked(case)
    if case.report.is_management_cause is None:
        text = Text(en="Whether management was the cause is not said.", zh="未说明是否为管理原因。")
        yield Missing(text, "is_management_cause")
    if case.report.is_management_cause:
        yield from _said(case, *_MANAGEMENT)


def concerned(case: Case) -> set[str]:
    """Those who made the report: its reporter, owner and analyst, and who proposed or owned its actions."""
    r = case.report
    people = {r.reporter_id, r.owner_id, r.analyst_id}
    people |= {person for a in case.actions for person in (a.author_id, a.owner_id)}
    return {person for person in people if person}


def review(case: Case) -> Iterator[Missing]:
    """The independent review before closing: all that closing asks for, by somebody who had no part in it."""
    yield from _review(case)
    if case.actor is not None and case.actor.id in concerned(case):
        yield Missing(
            Text(en="You had a part in it: an independent person reviews it.", zh="您参与了该报告：须由独立人员审查。")
        )


def _close(case: Case) -> Iterator[Missing]:
    yield from _review(case)
    reviewers = {s.person_id for s in case.signed if s.act == REVIEW}
    if not reviewers:
        yield Missing(
            Text(en="No independent reviewer has signed what it says now.", zh="尚无独立审查人对现有内容签署。")
        )
    if case.actor is not None and case.actor.id in {
        case.report.reporter_id,
        case.report.owner_id,
        case.report.analyst_id,
    }:
        yield Missing(Text(en="It is your own: somebody else closes it.", zh="这是您本人的报告：须由他人关闭。"))
    elif case.actor is not None and reviewers == {case.actor.id}:
        yield Missing(
            Text(en="You reviewed it: another one of the board closes it.", zh="您是审查人：须由委员会其他成员关闭。")
        )


def _accept_risk(case: Case) -> Iterator[Missing]:
    if case.actor is not None and case.actor.id in {
        case.report.reporter_id,
        case.report.owner_id,
        case.report.analyst_id,
    }:
        yield Missing(
            Text(en="It is your own: somebody else accepts its risk.", zh="这是您本人的报告：须由他人接受风险。")
        )


def _duplicate(case: Case) -> Iterator[Missing]:
    if case.report.duplicate_of_id is None:
        yield Missing(Text(en="Which report it repeats is not said.", zh="未指明与哪份报告重复。"), "duplicate_of_id")


GATES: dict[str, Gate] = {
    "submit": _submit,
    "verify": _verify,
    "contain": _contain,
    "analyse": _analyse,
    "confirm_cause": _confirm_cause,
    "approve": _approve,
    "implement": _implement,
    "monitor": _monitor,
    "close": _close,
    "accept_risk": _accept_risk,
    "duplicate": _duplicate,
    REVIEW: review,
}


def missing(name: str, case: Case) -> tuple[Missing, ...]:
    """All that does not hold yet for a move; nothing where it may be made."""
    gate = GATES.get(name)
    return tuple(gate(case)) if gate else ()
