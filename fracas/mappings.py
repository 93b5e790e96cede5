"""Who wrote which mapping of a source: the file is the installation's, the journal keeps every text of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, select

from fracas import journal
from fracas.database import reading, writing
from fracas.journal import Told
from fracas.model import Event, SourceMapping, now
from fracas.people import Actor

_KIND = "mapping"
# Of what an event is about; a name that is too long for it is told by its hash.
_LONGEST = 60


@dataclass(frozen=True)
class Mappings:
    """The mappings that were written on pages. key: that of the journal."""

    engine: Engine
    key: bytes

    def save(self, actor: Actor, source: str, text: str, before: str | None, write: Callable[[], None]) -> None:
        """Write a mapping by `write`, and into the journal; neither where one of them fails.

        before: what the file has until then; where somebody else wrote that, it is noted as what was there.
        """
        actor.must("sources.manage")
        with writing(self.engine) as session:
            row = session.scalars(select(SourceMapping).where(SourceMapping.source == source)).one_or_none()
            if before is not None and (row is None or row.text != before):
                row = row or SourceMapping(source=source)
                row.text, row.saved_at = before, now()
                session.add(row)
                journal.append(session, self.key, Told("mapping.found", _subject(source), None))
            row = row or SourceMapping(source=source)
            row.text, row.saved_at = text, now()
            session.add(row)
            journal.append(session, self.key, Told(_KIND, _subject(source), actor.id))
            # The last thing before the transaction ends.
            write()

    def history(self, source: str) -> tuple[Event, ...]:
        """The events of a source's mapping, the first first."""
        with reading(self.engine) as session:
            return tuple(session.scalars(select(Event).where(Event.subject == _subject(source)).order_by(Event.seq)))


def _subject(source: str) -> str:
    whole = f"{_KIND}:{source}"
    return whole if len(whole) <= _LONGEST else f"{_KIND}:{hashlib.sha256(source.encode()).hexdigest()[:40]}"
