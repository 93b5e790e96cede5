"""The history of runs: what ran when, how it went, what it said; and the wishes of people who want a run now.

Functions over a session of `fracas.database`. Who runs says that it goes on; whoever is silent for too long was broken off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bilingual.text import Text
from fracas.watch.model import Run, Step, Wish

# How often a run says that it goes on, and after which silence nobody believes it any more.
ALIVE_EVERY = dt.timedelta(seconds=10)
SILENT_AFTER = dt.timedelta(seconds=90)
# Of what a run says so many characters are kept; a run that says more is broken anyway.
MOST_LOG = 200_000
_CUT = "\n…\n"


class Ended(StrEnum):
    """How a run stands. BROKEN is never written: it is what a run that fell silent is shown as."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    BROKEN = "broken"


def begin(session: Session, run_id: str, flow: str, *, at: dt.datetime, host: str, trigger: str) -> None:
    """A run began. One that somebody wished for has the wish's id; begun again, it forgets that it was begun before."""
    session.execute(delete(Step).where(Step.run_id == run_id))
    session.execute(delete(Run).where(Run.id == run_id))
    wish = session.get(Wish, run_id)
    session.add(
        Run(
            id=run_id,
            flow=flow,
            trigger="person" if wish else trigger,
            asked_by_id=wish.person_id if wish else None,
            host=host,
            started_at=at,
            alive_at=at,
            ended_at=None,
            state=Ended.RUNNING,
            snapshot=None,
            en=None,
            zh=None,
            log="",
        )
    )
    if wish is not None and wish.taken_at is None:
        wish.taken_at = at


def alive(session: Session, run_id: str, at: dt.datetime) -> None:
    """The run goes on."""
    session.execute(update(Run).where(Run.id == run_id, Run.ended_at.is_(None)).values(alive_at=at))


def begin_step(session: Session, run_id: str, place: int, name: str, at: dt.datetime) -> None:
    """A step of the run began; place: which one it is, from 0."""
    session.add(Step(run_id=run_id, place=place, name=name, started_at=at, ended_at=None, rows=None))


def end_step(session: Session, run_id: str, place: int, at: dt.datetime, rows: int | None) -> None:
    """A step of the run ended."""
    session.execute(update(Step).where(Step.run_id == run_id, Step.place == place).values(ended_at=at, rows=rows))


def say(session: Session, run_id: str, lines: str) -> None:
    """The run said something: whole lines."""
    lines = _writable(lines)
    room = MOST_LOG - (session.scalar(select(func.length(Run.log)).where(Run.id == run_id)) or 0)
    if room > 0:
        kept = lines if len(lines) <= room else lines[:room] + _CUT
        session.execute(update(Run).where(Run.id == run_id).values(log=Run.log + kept))


def end(
    session: Session, run_id: str, at: dt.datetime, state: Ended, text: Text | None, snapshot: str | None = None
) -> None:
    """The run ended; what was still going on in it ended with it."""
    session.execute(update(Step).where(Step.run_id == run_id, Step.ended_at.is_(None)).values(ended_at=at))
    session.execute(
        update(Run)
        .where(Run.id == run_id)
        .values(
            ended_at=at,
            alive_at=at,
            state=state,
            snapshot=snapshot,
            en=_writable(text.en) if text else None,
            zh=_writable(text.zh) if text else None,
        )
    )


def _writable(text: str) -> str:
    """A text as every database takes it: names of files may hold what is no character, PostgreSQL knows no NUL."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()


def state(run: Run, at: dt.datetime) -> Ended:
    """How a run stands: one that is silent for long was broken off, whatever its row says."""
    if run.ended_at is None and at - run.alive_at > SILENT_AFTER:
        return Ended.BROKEN
    return Ended(run.state)


def ended_at(run: Run, at: dt.datetime) -> dt.datetime:
    """Until when a run lasted: its end, its last sign of life, or now."""
    return run.ended_at or (run.alive_at if state(run, at) is Ended.BROKEN else at)


def run(session: Session, run_id: str) -> Run | None:
    """The run of an id."""
    return session.get(Run, run_id)


def last(session: Session, *, began_by_schedule: bool = False) -> dict[str, Run]:
    """The last run of each flow that had one."""
    begun = select(Run.flow, func.max(Run.started_at).label("at")).group_by(Run.flow)
    if began_by_schedule:
        begun = begun.where(Run.trigger == "schedule")
    newest = begun.subquery()
    found = session.scalars(select(Run).join(newest, (Run.flow == newest.c.flow) & (Run.started_at == newest.c.at)))
    return {one.flow: one for one in found}


def going_on(session: Session, at: dt.datetime) -> list[Run]:
    """The runs that go on, the first begun first."""
    return list(
        session.scalars(
            select(Run).where(Run.ended_at.is_(None), Run.alive_at > at - SILENT_AFTER).order_by(Run.started_at)
        )
    )


def earlier(session: Session, offset: int, limit: int, flow: str | None = None) -> tuple[list[Run], int]:
    """A page of all runs, the last begun first, and how many there are."""
    which = [Run.flow == flow] if flow else []
    total = session.scalar(select(func.count()).select_from(Run).where(*which)) or 0
    found = session.scalars(
        select(Run).where(*which).order_by(Run.started_at.desc(), Run.id.desc()).offset(offset).limit(limit)
    )
    return list(found), total


def steps(session: Session, run_ids: Iterable[str]) -> dict[str, list[Step]]:
    """The steps of some runs, in their order."""
    found: dict[str, list[Step]] = {run_id: [] for run_id in run_ids}
    for one in session.scalars(select(Step).where(Step.run_id.in_(list(found))).order_by(Step.place)):
        found[one.run_id].append(one)
    return found


def of_step(session: Session, name: str, limit: int) -> list[tuple[Step, Run]]:
    """The last runs that had a step of a name, each with that step, the last begun first."""
    found = select(Step, Run).join(Run, Step.run_id == Run.id).where(Step.name == name)
    return [
        (step, run)
        for step, run in session.execute(found.order_by(Step.started_at.desc(), Step.id.desc()).limit(limit))
    ]


def last_of_steps(session: Session, beginning: str) -> dict[str, tuple[Step, Run]]:
    """The last step of each name that begins so, with its run."""
    begun = select(Step.name, func.max(Step.started_at).label("at")).where(
        Step.name.startswith(beginning, autoescape=True)
    )
    newest = begun.group_by(Step.name).subquery()
    found = (
        select(Step, Run)
        .join(newest, (Step.name == newest.c.name) & (Step.started_at == newest.c.at))
        .join(Run, Step.run_id == Run.id)
    )
    return {step.name: (step, run) for step, run in session.execute(found)}


def wish(session: Session, flow: str, person_id: str, at: dt.datetime, options: dict[str, Any] | None = None) -> Wish:
    """Somebody asks for a run now; who asks again while that waits is given the wish that waits."""
    waiting = select(Wish).where(Wish.flow == flow, Wish.taken_at.is_(None))
    known = session.scalars(waiting.order_by(Wish.at).limit(1)).first()
    if known is not None:
        return known
    made = Wish(
        flow=flow, person_id=person_id, at=at, options=options or {}, taken_at=None, refusal_en=None, refusal_zh=None
    )
    session.add(made)
    session.flush()
    return made


def wishes(session: Session, limit: int) -> list[Wish]:
    """The last wishes, the newest first."""
    return list(session.scalars(select(Wish).order_by(Wish.at.desc(), Wish.id.desc()).limit(limit)))


def waiting(session: Session) -> Sequence[Wish]:
    """The wishes that nobody took yet, the oldest first."""
    return session.scalars(select(Wish).where(Wish.taken_at.is_(None)).order_by(Wish.at, Wish.id)).all()


def take(session: Session, wish_id: str, at: dt.datetime, refusal: Text | None = None) -> bool:
    """A wish was passed on, or refused; False where somebody else took it."""
    result: Any = session.execute(
        update(Wish)
        .where(Wish.id == wish_id, Wish.taken_at.is_(None))
        .values(taken_at=at, refusal_en=refusal.en if refusal else None, refusal_zh=refusal.zh if refusal else None)
    )
    return bool(result.rowcount)


def forget(session: Session, before: dt.datetime) -> int:
    """Let go of runs and wishes from before an instant, but for the last run of each flow; returns how many runs."""
    newest = [one.id for one in last(session).values()]
    old = list(session.scalars(select(Run.id).where(Run.started_at < before, Run.id.not_in(newest))))
    for at in range(0, len(old), 500):
        some = old[at : at + 500]
        session.execute(delete(Step).where(Step.run_id.in_(some)))
        session.execute(delete(Run).where(Run.id.in_(some)))
    session.execute(delete(Wish).where(Wish.at < before))
    return len(old)
