"""What one person has to be told of a report: written in the transaction of what happened, shown until it was seen."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bilingual.text import Text
from fracas.database import reading, writing
from fracas.model import Notice, Person, Report, now
from fracas.people import Actor
from fracas.sight import is_visible

# The kinds that the platform leaves by itself: closing is proposed, the failure came back.
PROPOSED = "proposed"
CAME_BACK = "came_back"


@dataclass(frozen=True)
class Told:
    """A notice and the report that it is about."""

    notice: Notice
    report: Report


def tell(session: Session, person_id: str, report_id: str, kind: str, text: Text) -> None:
    """Leave word for a person, within the transaction that it tells of."""
    session.add(Notice(person_id=person_id, report_id=report_id, kind=kind, en=text.en, zh=text.zh, at=now()))


def tell_who_may(session: Session, permission: str, report: Report, kind: str, text: Text) -> None:
    """Leave word for the owner of a report and everybody who may do something to it; who has such word unseen gets no other."""
    # Looking writes nothing: a report is written once in a transaction, so that its version moves on by one.
    with session.no_autoflush:
        people = [Actor.of(person) for person in session.scalars(select(Person).where(Person.is_active))]
        those = {actor.id for actor in people if actor.may(permission) and is_visible(actor, report)}
        waiting = (Notice.report_id == report.id) & (Notice.kind == kind) & Notice.seen_at.is_(None)
        those |= {report.owner_id or report.reporter_id}
        those -= set(session.scalars(select(Notice.person_id).where(waiting)))
    for person_id in sorted(those):
        tell(session, person_id, report.id, kind, text)


def unseen(engine: Engine, actor: Actor) -> list[Told]:
    """What somebody has not said yet that they saw, the newest first."""
    query = (
        select(Notice, Report)
        .join(Report, Report.id == Notice.report_id)
        .where(Notice.person_id == actor.id, Notice.seen_at.is_(None))
        .order_by(Notice.at.desc())
    )
    with reading(engine) as session:
        return [Told(*row) for row in session.execute(query)]


def seen(engine: Engine, actor: Actor, notice_id: str) -> None:
    """Say that one's own notice was seen; another's, or one that is not there, stays as it is."""
    mine = (Notice.id == notice_id) & (Notice.person_id == actor.id) & Notice.seen_at.is_(None)
    with writing(engine) as session:
        session.execute(update(Notice).where(mine).values(seen_at=now()))
