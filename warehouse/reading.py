"""Reading the published snapshot: one read-only connection per snapshot, a cursor per question, answers remembered."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import duckdb
import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from warehouse.database import Connection, open_for_reading
from warehouse.extent import WHOLE, Extent, narrowed
from warehouse.publish import Snapshot, current, last_refresh
from warehouse.settings import Home

P = ParamSpec("P")
R = TypeVar("R")
Taken = TypeVar("Taken")

# Bytes of answers that are remembered per snapshot.
_REMEMBERED = 32_000_000
# Objects take about so many times the bytes that they take written down; arrays take the same.
_OBJECTS = 4
_TIMEOUT_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.5
# Parts of the house that are open at once, each with a memory of its own.
_NARROWED = 6
# More questions at once would only share the same cores, and each takes memory while it is worked on.
_AT_ONCE = max(2, os.cpu_count() or 2)


def _bytes(answer: object) -> int:
    """About how much memory an answer takes."""
    arrays: list[int] = []

    def apart(buffer: pickle.PickleBuffer) -> None:
        arrays.append(buffer.raw().nbytes)

    return len(pickle.dumps(answer, protocol=5, buffer_callback=apart)) * _OBJECTS + sum(arrays)


class _Deadlines:
    """Interrupts questions that take too long. One thread looks after all of them: a timer for each starts a thread, which
    takes longer than a short question, and much longer while other threads compute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, tuple[float, Connection]] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def of(self, cursor: Connection) -> Iterator[None]:
        """While this lasts the cursor is answering; it is interrupted when its time is over."""
        with self._lock:
            self._running[id(cursor)] = (time.monotonic() + _TIMEOUT_SECONDS, cursor)
            if self._thread is None or not self._thread.is_alive():  # none is after a fork
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._running[id(cursor)]

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_SECONDS)
            now = time.monotonic()
            with self._lock:
                for deadline, cursor in self._running.values():
                    if deadline <= now:
                        cursor.interrupt()


_deadlines = _Deadlines()


@dataclass(eq=False)
class Reading:
    """One published snapshot, open for reading. Safe to share between threads; nobody can write through it."""

    snapshot: Snapshot
    con: Connection
    answers: MutableMapping[Any, Any] = field(default_factory=lambda: LRUCache(_REMEMBERED, _bytes))
    columns: MutableMapping[Any, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_AT_ONCE))
    alone: threading.Lock = field(default_factory=threading.Lock)
    # Questions that are being answered just now, each with what others who ask the same wait for.
    asked: dict[Any, threading.Lock] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.snapshot.id

    @cached_property
    def as_of(self) -> datetime:
        """The instant (UTC, naive) until which the records tell; the time of publishing for an empty warehouse."""
        (value,) = self.rows("SELECT as_of FROM core.as_of")[0]
        return value or self.snapshot.published_at.astimezone(UTC).replace(tzinfo=None)

    @cached_property
    def as_of_on(self) -> date:
        """The local day of that instant."""
        (value,) = self.rows("SELECT as_of_on FROM core.as_of")[0]
        return value or self.as_of.date()

    def _ask(self, sql: str, parameters: Sequence[Any] | dict[str, Any], take: Callable[[Connection], Taken]) -> Taken:
        try:
            with self.turns:
                return take(self._run(sql, parameters))
        except duckdb.OutOfMemoryException:
            # What does not fit beside the others fits alone: wait until all their turns are over.
            with self.alone, ExitStack() as turns:
                for _ in range(_AT_ONCE):
                    turns.enter_context(self.turns)
                return take(self._run(sql, parameters))

    def _run(self, sql: str, parameters: Sequence[Any] | dict[str, Any]) -> Connection:
        cursor = self.con.cursor()
        with _deadlines.of(cursor):
            return cursor.execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The result's rows."""
        return self._ask(sql, parameters, lambda cursor: cursor.fetchall())

    def records(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """The result's rows, each by column name."""

        def named(cursor: Connection) -> list[dict[str, Any]]:
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        return self._ask(sql, parameters, named)

    def arrays(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> dict[str, NDArray[Any]]:
        """The result's columns as numpy arrays; meant for columns without nulls."""
        found = self._ask(sql, parameters, lambda cursor: cursor.fetchnumpy())
        return {k: np.asarray(v) for k, v in found.items()}


Question = Callable[Concatenate[Reading, P], R]


def _kept(place: Callable[[Reading], MutableMapping[Any, Any]]) -> Callable[[Question[P, R]], Question[P, R]]:
    """Keep what a pure function of a snapshot and hashable arguments gives, in one of the snapshot's memories.

    All parts of a page ask at once: the first who asks computes, the others wait for its answer; where it fails, the
    next one tries.
    """

    def keeper(function: Question[P, R]) -> Question[P, R]:
        @wraps(function)
        def wrapper(reading: Reading, /, *args: P.args, **kwargs: P.kwargs) -> R:
            memory = place(reading)
            key = (function, args, tuple(sorted(kwargs.items())))
            with reading.lock:
                if key in memory:
                    return memory[key]  # type: ignore[no-any-return]
                alone = reading.asked.setdefault(key, threading.Lock())
            with alone:
                with reading.lock:
                    if key in memory:
                        return memory[key]  # type: ignore[no-any-return]
                try:
                    answer = function(reading, *args, **kwargs)
                    with reading.lock, suppress(ValueError):  # one answer larger than the whole memory is not kept
                        memory[key] = answer
                finally:
                    with reading.lock:
                        reading.asked.pop(key, None)
            return answer

        return wrapper

    return keeper


def remembered(function: Question[P, R]) -> Question[P, R]:
    """Remember the answers to a question while the snapshot is open; those not asked for longest go first.

    They are weighed as they are pickled, so everything in an answer must be something that can be.
    """
    return _kept(lambda reading: reading.answers)(function)


def held(function: Question[P, R]) -> Question[P, R]:
    """Hold columns that many questions look at in memory for as long as the snapshot is open."""
    return _kept(lambda reading: reading.columns)(function)


class Reader:
    """Opens whichever snapshot is current; asked again after a publish it opens the new one."""

    def __init__(self, home: Home, *, threads: int = 1) -> None:
        self.home = home
        self._threads = threads
        # Whoever sees the whole house does not wait while a snapshot is narrowed for somebody else.
        self._lock, self._narrowing = threading.Lock(), threading.Lock()
        self._open: MutableMapping[Extent, Reading] = {}
        self._narrowed: MutableMapping[Extent, Reading] = LRUCache(_NARROWED)

    def current(self, extent: Extent = WHOLE) -> Reading | None:
        """The current snapshot, as far as an extent of the house goes; None before the first was published."""
        is_whole = extent.is_whole
        lock, readings = (self._lock, self._open) if is_whole else (self._narrowing, self._narrowed)
        while (snapshot := current(self.home)) is not None:
            with lock:
                found = readings.get(extent)
                if found is not None and found.id == snapshot.id:
                    return found
                try:
                    shown = snapshot if is_whole else narrowed(self.home, snapshot, extent)
                    con = open_for_reading(shown.file, threads=self._threads)
                except duckdb.IOException:
                    if snapshot.file.exists():
                        raise
                    continue  # let go after a newer one was published: look again
                # The one before stays open for the requests that still hold it and closes with the last of them.
                readings[extent] = Reading(shown, con)
                return readings[extent]
        return None

    def last_refresh(self) -> dict[str, Any] | None:
        """How the last refresh ended, or None when there was none."""
        return last_refresh(self.home)
