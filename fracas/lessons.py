"""The knowledge base: what confirmed causes teach, told in both languages, and found in either."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, select

from bilingual.errors import UserError
from fracas.database import reading
from fracas.model import Lesson, Report, now
from fracas.people import Actor
from fracas.register import Register, must_stand
from fracas.sight import visible
from fracas.texts import EXPLAINED, Kept, Match, Said, joined, matches

_LEAST = 0.05


@dataclass(frozen=True)
class Words:
    """What a lesson says: how the failure shows, why it comes, and what helps."""

    symptom_en: str
    symptom_zh: str
    cause_en: str
    cause_zh: str
    solution_en: str
    solution_zh: str


def write(register: Register, actor: Actor, report_id: str, version: int, words: Words) -> int:
    """Write the lesson of a report whose cause is confirmed, or change it; returns the report's new version.

    UserError where a text is missing: whoever searches does so in one of the two languages.
    """
    actor.must("report.analyse")
    told = {name: text.strip() for name, text in asdict(words).items()}
    if not all(told.values()):
        raise UserError(
            en="A lesson says symptom, cause and solution in both languages; fill in what is missing.",
            zh="知识条目须以中英文写明现象、原因和解决办法；请补全。",
        )
    with register.changing(actor, report_id, version, "lesson") as (session, report):
        must_stand(report, EXPLAINED)
        lesson = session.scalars(select(Lesson).where(Lesson.report_id == report.id)).one_or_none()
        if lesson is None:
            session.add(Lesson(report_id=report.id, author_id=actor.id, made_at=now(), **told))
        else:
            for name, text in told.items():
                setattr(lesson, name, text)
    return report.version


def lesson_of(engine: Engine, actor: Actor, report_id: str) -> Lesson | None:
    """The lesson of a report; None where it has none, or the person may not see the report."""
    mine = (
        select(Lesson).join(Report, Report.id == Lesson.report_id).where(Lesson.report_id == report_id, visible(actor))
    )
    with reading(engine) as session:
        return session.scalars(mine).one_or_none()


def _say(report: Any, lesson: Any) -> Said | None:
    """A lesson, and what its report says; a confirmed cause without one is known too. A cause in doubt teaches nothing."""
    if report.state not in EXPLAINED:
        return None
    told = joined(
        report.symptom, report.component, report.failure_mode, report.mechanism, report.cause, report.root_cause
    )
    if lesson is not None:
        told = joined(told, *(getattr(lesson, f"lesson_{name}") for name in Words.__dataclass_fields__))
    return Said(told, report.symptom_code)


_KNOWN = Kept(("symptom", "component", "failure_mode", "mechanism", "cause", "root_cause", "symptom_code"), _say)


def search(engine: Engine, actor: Actor, text: str, *, most: int = 20) -> tuple[Match, ...]:
    """Lessons and confirmed causes that a person may see, the most alike first; without a text the newest lessons."""
    if text.strip():
        return _KNOWN.of(engine).find(engine, actor, Said(text.strip()), most=most, least=_LEAST)
    newest = (
        select(Report)
        .join(Lesson, Report.id == Lesson.report_id)
        .where(Report.state.in_(EXPLAINED), visible(actor))
        .order_by(Lesson.made_at.desc(), Lesson.id.desc())
        .limit(most)
    )
    with reading(engine) as session:
        reports = {report.id: report for report in session.scalars(newest)}
        return tuple(matches(session, reports, [(key, 0.0, ()) for key in reports]))
