"""Reports looked at one by one, as pages need them: by number or submission, with what is linked to them."""

from __future__ import annotations

from sqlalchemy import or_, select

from fracas import gates
from fracas.database import reading
from fracas.model import Report, SameFault
from fracas.people import Actor
from fracas.permissions import Function
from fracas.refusals import not_there
from fracas.register import Register
from fracas.sight import visible, whole


def find(register: Register, actor: Actor, number: str) -> Report:
    """A report with all that belongs to it, by its number or its id."""
    with reading(register.engine) as session:
        report = session.scalars(select(Report).where(Report.number == number)).one_or_none()
        return whole(register.seen(session, actor, report.id if report else number))


def same_faults(register: Register, actor: Actor, report_id: str) -> tuple[Report, ...]:
    """The reports that somebody said are of the same fault, or that repeat it; those that the person may see."""
    with reading(register.engine) as session:
        report = register.seen(session, actor, report_id)
        pairs = session.execute(
            select(SameFault.report_id, SameFault.other_id).where(
                (SameFault.report_id == report.id) | (SameFault.other_id == report.id)
            )
        )
        ids = {number for pair in pairs for number in pair} | {report.duplicate_of_id}
        is_one = Report.id.in_([i for i in ids if i]) | (Report.duplicate_of_id == report.id)
        query = select(Report).where(is_one, Report.id != report.id, visible(actor)).order_by(Report.number)
        return tuple(session.scalars(query))


def unsigned(register: Register, actor: Actor, report_id: str) -> tuple[Function, ...]:
    """The functions of the board that have not approved what a report says now."""
    with reading(register.engine) as session:
        return gates.unsigned(register.case(session, None, register.seen(session, actor, report_id)))


def by_submission(register: Register, actor: Actor, submission_id: str) -> Report | None:
    """The report that was begun under a submission id, with its parts and files; None before. Nobody sees another's."""
    with reading(register.engine) as session:
        report = session.scalars(select(Report).where(Report.submission_id == submission_id)).one_or_none()
        if report is None:
            return None
        if report.reporter_id != actor.id:
            raise not_there()
        for belongs in (report.parts, report.files):
            list(belongs)
        return report


def number_of(register: Register, actor: Actor, report_id: str) -> str:
    """The number of a report; an empty text where it has none yet or the person may not see it."""
    with reading(register.engine) as session:
        return session.scalar(select(Report.number).where(Report.id == report_id, visible(actor))) or ""


def reported(register: Register, actor: Actor, ticket_id: str | None, fault_id: str | None) -> tuple[Report, ...]:
    """The reports that were written of a ticket or fault already; those that the person may see."""
    named = [column == value for column, value in ((Report.ticket_id, ticket_id), (Report.fault_id, fault_id)) if value]
    if not named:
        return ()
    with reading(register.engine) as session:
        return tuple(
            session.scalars(select(Report).where(or_(*named), visible(actor)).order_by(Report.number).limit(5))
        )


def numbered(register: Register, actor: Actor, text: str, most: int) -> tuple[Report, ...]:
    """The reports whose number begins with a text, that the person may see, the newest first."""
    begins = text.strip().upper()
    if not begins:
        return ()
    within = (Report.number >= begins) & (Report.number < begins[:-1] + chr(ord(begins[-1]) + 1))
    with reading(register.engine) as session:
        return tuple(
            session.scalars(select(Report).where(within, visible(actor)).order_by(Report.number.desc()).limit(most))
        )
