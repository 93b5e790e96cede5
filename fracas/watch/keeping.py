"""How long the watch remembers: what is over and older than the house keeps is let go of. What is still open never is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from fracas.watch import runs
from fracas.watch.model import Alert, Issue, Message


@dataclass(frozen=True)
class Forgotten:
    """What was let go of: rows, and the folders of reports that nobody names any more."""

    rows: int
    folders: tuple[str, ...]


def forget(session: Session, before: dt.datetime) -> Forgotten:
    """Let go of runs, wishes, recovered alerts, messages that were sent or given up, and reports, from before an instant."""
    rows = runs.forget(session, before)
    old = list(session.execute(select(Issue.id, Issue.folder).where(Issue.made_at < before)))
    for gone in (
        delete(Alert).where(Alert.recovered_at < before),
        delete(Message).where(or_(Message.sent_at < before, Message.given_up_at < before)),
        delete(Issue).where(Issue.made_at < before),
    ):
        done: Any = session.execute(gone)
        rows += done.rowcount
    return Forgotten(rows, tuple(row.folder for row in old if row.folder))
