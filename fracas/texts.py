"""Reports by what is said in them, found by likeness: an index held in memory per process, which follows the register.

The index itself does not change: what changed since stands in a small one beside it, and when that has grown both are made
one again, in the background. What a person may see is asked of the register each time.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from analysis.text import TextIndex
from fracas.database import reading
from fracas.model import Action, Lesson, Report
from fracas.people import Actor
from fracas.sight import visible
from fracas.states import PATH, State

# From here on the cause is confirmed.
EXPLAINED = frozenset(PATH[PATH.index(State.CAUSE_CONFIRMED) :])
# So many changed reports stand beside the index before it is made anew.
_BESIDE = 500
# A transaction may be written later than it says; by more than this it is not.
_LATE = dt.timedelta(minutes=2)
_ROWS = 5_000


@dataclass(frozen=True)
class Said:
    """What is said in a report, to be found by: its texts, one a line, and its code."""

    text: str
    code: str | None = None


@dataclass(frozen=True)
class Match:
    """A report that was found, with its lesson and its corrective actions. codes: those it shares with what was asked."""

    report: Report
    lesson: Lesson | None
    actions: tuple[Action, ...]
    score: float
    codes: tuple[str, ...] = ()

    @property
    def is_explained(self) -> bool:
        """Whether its cause is confirmed."""
        return self.report.state in EXPLAINED


def joined(*texts: str | None) -> str:
    """Texts one below the other, without those that say nothing."""
    return "\n".join(text for text in texts if text)


@dataclass(frozen=True)
class _Index:
    """Texts of some reports."""

    ids: tuple[str, ...]
    index: TextIndex

    @classmethod
    def of(cls, said: dict[str, Said]) -> _Index:
        codes = [one.code for one in said.values()]
        return cls(tuple(said), TextIndex.build([one.text for one in said.values()], codes))

    def like(self, asked: Said, k: int, least: float) -> tuple[list[tuple[str, float, tuple[str, ...]]], bool]:
        """Ids with score and shared codes; and whether there may be more."""
        codes = [asked.code] if asked.code else []
        found = self.index.similar(asked.text, k=k, least=least, codes=codes)
        hits = zip(found.index.tolist(), found.score.tolist(), found.codes, strict=True)
        return [(self.ids[place], score, shared) for place, score, shared in hits], found.index.size == k


class Texts:
    """What is said in all reports of a register that `say` has something to say of; drafts are never among them.

    columns: those of the report that `say` reads. Safe to share between threads.
    """

    def __init__(self, columns: Sequence[str], say: Callable[[Any, Any], Said | None]) -> None:
        self._columns = [getattr(Report, name) for name in ("id", "version", "state", "changed_at", *columns)]
        self._say = say
        self._lock = threading.Lock()
        self._versions: dict[str, int] = {}
        self._said: dict[str, Said] = {}
        self._since: dt.datetime | None = None
        self._main = _Index.of({})
        self._beside: dict[str, Said | None] = {}
        self._small = _Index.of({})
        self._merging: threading.Thread | None = None

    def follow(self, engine: Engine) -> None:
        """Read what changed since the last time."""
        with self._lock:
            self._follow(engine)

    def _follow(self, engine: Engine) -> None:
        changed = dict(self._changed(engine))
        if not changed:
            return
        for key, said in changed.items():
            if said is None:
                self._said.pop(key, None)
            else:
                self._said[key] = said
        if not self._main.ids:
            self._main = _Index.of(self._said)
            return
        self._beside |= changed
        self._small = _Index.of({key: said for key, said in self._beside.items() if said is not None})
        if len(self._beside) > _BESIDE and self._merging is None:
            self._merging = threading.Thread(target=self._merge, args=(dict(self._said),), daemon=True)
            self._merging.start()

    def _changed(self, engine: Engine) -> Iterator[tuple[str, Said | None]]:
        """What is said now in reports that are new or changed; None where nothing is any more."""
        lesson = [c.label(f"lesson_{c.name}") for c in Lesson.__table__.columns]
        query = select(*self._columns, *lesson).outerjoin(Lesson, Lesson.report_id == Report.id)
        query = query.where(Report.state != State.DRAFT)
        if self._since is not None:
            query = query.where(Report.changed_at >= self._since - _LATE)
        with reading(engine) as session:
            for row in session.execute(query.execution_options(yield_per=_ROWS)):
                self._since = max(self._since or row.changed_at, row.changed_at)
                if self._versions.get(row.id) != row.version:
                    self._versions[row.id] = row.version
                    said = self._say(row, row if row.lesson_id else None)
                    if said is not None or row.id in self._said:
                        yield row.id, said

    def _merge(self, said: dict[str, Said]) -> None:
        whole = _Index.of(said)
        with self._lock:
            self._main, self._merging = whole, None
            # What changed meanwhile stays beside.
            self._beside = {key: now for key, now in self._beside.items() if said.get(key) != now}
            self._small = _Index.of({key: now for key, now in self._beside.items() if now is not None})

    def find(
        self, engine: Engine, actor: Actor, asked: Said, *, most: int, least: float, apart_from: str | None = None
    ) -> tuple[Match, ...]:
        """The reports most like what is asked that a person may see: those that share a code first, then by score."""
        with self._lock:
            self._follow(engine)
            main, small, beside = self._main, self._small, frozenset(self._beside)
        k = 4 * most
        while True:
            old, is_more = main.like(asked, k, least)
            new, is_newer = small.like(asked, k, least)
            hits = [hit for hit in old if hit[0] not in beside] + new
            hits = sorted(
                (hit for hit in hits if hit[0] != apart_from), key=lambda hit: (-len(hit[2]), -hit[1], hit[0])
            )
            with reading(engine) as session:
                query = select(Report).where(Report.id.in_([key for key, *_ in hits]), visible(actor))
                seen = {report.id: report for report in session.scalars(query)}
                shown = [hit for hit in hits if hit[0] in seen][:most]
                if len(shown) == most or not (is_more or is_newer):
                    return tuple(matches(session, seen, shown))
            k *= 8


def matches(
    session: Any, reports: dict[str, Report], hits: list[tuple[str, float, tuple[str, ...]]]
) -> Iterator[Match]:
    """Reports by their ids, with score and shared codes, with what is known of each."""
    ids = [key for key, *_ in hits]
    lessons = {lesson.report_id: lesson for lesson in session.scalars(select(Lesson).where(Lesson.report_id.in_(ids)))}
    standing = select(Action).where(
        Action.report_id.in_(ids), Action.kind == "corrective", Action.withdrawn_at.is_(None)
    )
    actions = list(session.scalars(standing.order_by(Action.id)))
    for key, score, codes in hits:
        mine = tuple(action for action in actions if action.report_id == key)
        yield Match(reports[key], lessons.get(key), mine, score, codes)


_LOCK = threading.Lock()


class Kept:
    """One `Texts` for each register, as long as that is open."""

    def __init__(self, columns: Sequence[str], say: Callable[[Any, Any], Said | None]) -> None:
        self._columns, self._say = columns, say
        self._texts: WeakKeyDictionary[Engine, Texts] = WeakKeyDictionary()

    def of(self, engine: Engine) -> Texts:
        """The texts of a register, made when they are first asked for."""
        with _LOCK:
            if engine not in self._texts:
                self._texts[engine] = Texts(self._columns, self._say)
            return self._texts[engine]
