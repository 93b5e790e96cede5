"""One report: where it stands and what is next, everything that was said of it, and who said what when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, redirect

from bilingual.text import Text
from dashboards.register.history import told
from dashboards.register.shown import shown
from dashboards.register.view import View, Visit
from fracas import looking
from fracas.columns import COLUMNS, TABLES
from fracas.fields import ACTIONS_OPEN, GROUP_OF, GROUPS, WITH_REPORTER, Group
from fracas.gates import REVIEW, Missing, window_end
from fracas.lessons import lesson_of
from fracas.model import Report
from fracas.permissions import FUNCTIONS
from fracas.returned import STEPS, next_step
from fracas.states import ENDED, MOVES, PATH, Move, State, moves_from
from fracas.texts import EXPLAINED

# What a report's page is called by where it has no number yet.
_DRAFT = Text(en="Draft", zh="草稿")
_REVIEWED = Text(en="Independent review", zh="独立审查")


@dataclass(frozen=True)
class Next:
    """A move that the visitor may make from here, and what it still waits for."""

    move: Move
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class Facts:
    """A group of columns as the page shows it. rows: what was said, in words; editable: whether the visitor may change it."""

    group: Group
    rows: list[tuple[str, str]]
    editable: bool


def _facts(v: Visit, report: Report) -> list[Facts]:
    found = []
    for group in GROUPS:
        rows = [
            (v.say(COLUMNS[name].label), words)
            for name in group.columns
            if (words := shown(v, COLUMNS[name], getattr(report, name)))
        ]
        editable = v.register.may_fill(v.actor, report, group.columns[0])
        if rows or editable:
            found.append(Facts(group, rows, editable))
    return found


def _next(v: Visit, report: Report) -> list[Next]:
    # What has no answer yet but the form that makes the move gives (which report it repeats) is not waited for.
    given_with_it = {"duplicate"}
    return [
        Next(MOVES[name], () if name in given_with_it else v.register.missing(v.actor, report.id, name))
        for name in v.register.offered(v.actor, report)
    ]


def _report(v: Visit, number: str) -> Any:
    report = looking.find(v.register, v.actor, number)
    if report.state in WITH_REPORTER and report.reporter_id == v.actor.id and report.submission_id:
        return redirect(f"/reports/write/{report.submission_id}")
    if report.number and number != report.number:
        return redirect(f"/reports/{report.number}")
    return page(v, report)


def page(v: Visit, report: Report) -> Response:
    """The page of a report."""
    offered = _next(v, report)
    along = [n for n in offered if n.move.target in PATH or n.move.name == "reopen"]
    others = [n for n in offered if n not in along]
    can_review = v.may("report.review") and report.state == State.MONITORING
    review = v.register.missing(v.actor, report.id, REVIEW) if can_review else None
    # What is folded out: the columns that the next step on the way waits for, whoever takes it.
    ahead = [move.name for move in moves_from(State(report.state)) if move.target in PATH]
    waits = [*(m for name in ahead for m in v.register.missing(v.actor, report.id, name)), *(review or ())]
    wanted = {GROUP_OF[m.field].name for m in waits if m.field in GROUP_OF}
    return v.page(
        "report.html",
        report.number or _DRAFT,
        report=report,
        here=f"/reports/{report.number or report.id}",
        along=along,
        others=others,
        review=review,
        wanted=wanted,
        review_label=_REVIEWED,
        facts=_facts(v, report),
        path=PATH,
        is_ended=report.state in ENDED,
        is_off_path=report.state not in PATH,
        shown=lambda table, name, value: shown(v, TABLES[table][1][name], value),
        tables=TABLES,
        group_of=GROUP_OF,
        repair_steps=STEPS,
        next_repair_step=next_step,
        people=[p for p in v.house.staff.everybody(v.actor) if p.is_active],
        can_act=report.state in ACTIONS_OPEN,
        may_contain=v.may("report.contain"),
        may_plan=v.may("report.analyse"),
        may_say_parts=v.register.may_fill(v.actor, report, "part_no"),
        may_list=v.register.may_fill(v.actor, report, "like_items"),
        may_check=v.may("report.implement") or v.may("report.analyse"),
        same=looking.same_faults(v.register, v.actor, report.id),
        events=told(v, v.register.history(v.actor, report.id)),
        lesson=lesson_of(v.house.engine, v.actor, report.id),
        may_teach=v.may("report.analyse") and report.state in EXPLAINED,
        # What a lesson begins with; who writes it puts it into the other language too.
        taught={
            "symptom": report.symptom,
            "cause": report.root_cause or report.cause,
            "solution": "\n".join(
                a.description for a in report.actions if a.kind == "corrective" and not a.withdrawn_at
            ),
        },
        window_end=window_end(report),
        today=v.register.today(),
        unsigned=_unsigned(v, report),
    )


def _unsigned(v: Visit, report: Report) -> list[str]:
    """The functions of the board whose signature on what the report says now is still missing."""
    if report.state != State.CAUSE_CONFIRMED:
        return []
    return [v.say(FUNCTIONS[function]) for function in looking.unsigned(v.register, v.actor, report.id)]


VIEWS = (View("report", "/reports/<number>", "report.read", _report),)
