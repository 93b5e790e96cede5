"""A run that is being recorded: its steps, its rows, what it says, and that it goes on.

All of it is written by a thread of its own, in order, and tried again where the database is away: a recording that fails never
stops what it records. After a kill the run falls silent, and is shown as broken off.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.database import Database, connect, writing
from fracas.model import new_id, now
from fracas.outflow import is_begun
from fracas.watch import runs
from fracas.watch.runs import Ended
from warehouse.publish import TakenError
from warehouse.settings import Home

# How long the end of a run waits for a database that is away.
_LAST_WORDS_SECONDS = 10.0
_AGAIN_AFTER_SECONDS = 1.0
_BROKE = Text(en="Broke off with an error: {error}", zh="因错误中断：{error}")
_STOPPED = Text(en="Was told to stop before its end.", zh="在结束前被要求停止。")
log = logging.getLogger("faultloop.runs")
# Of a session of the register's database.
Entry = Callable[[Any], None]
# Runs one named step (see pipelines.refresh).
Runner = Callable[..., Any]


class _Book:
    """Writes entries in order, from a thread."""

    def __init__(self, url: str, run_id: str) -> None:
        self._url, self._run_id = url, run_id
        self._entries: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._gives_up_at = float("inf")
        self._thread = threading.Thread(target=self._write_all, name="run book", daemon=True)
        self._thread.start()

    def add(self, entry: Entry) -> None:
        self._entries.put(entry)

    def close(self) -> None:
        """Write what is left, and stop; what cannot be written in time is lost."""
        self._gives_up_at = time.monotonic() + _LAST_WORDS_SECONDS
        self._closing.set()
        self._entries.put(lambda _: None)  # wakes who waits
        self._thread.join(_LAST_WORDS_SECONDS + _AGAIN_AFTER_SECONDS)

    def _write_all(self) -> None:
        engine: Database | None = None
        pending: list[Entry] = []
        told = False
        while not (self._closing.is_set() and self._entries.empty() and not pending):
            pending += self._next(bool(pending))
            if time.monotonic() > self._gives_up_at:
                break
            try:
                engine = engine or connect(self._url)
                with writing(engine) as session:
                    for entry in pending:
                        entry(session)
                    runs.alive(session, self._run_id, now())
                pending, told = [], False
            except Exception as error:  # whatever it is: the run goes on
                if not told:
                    log.warning("The run cannot be recorded for now: %s", error)
                    told = True
                time.sleep(_AGAIN_AFTER_SECONDS)
        if engine is not None:
            engine.dispose()

    def _next(self, is_behind: bool) -> list[Entry]:
        """What came since; after a while nothing, which says that the run goes on."""
        found: list[Entry] = []
        try:
            if not is_behind:
                found.append(self._entries.get(timeout=runs.ALIVE_EVERY.total_seconds()))
            while True:
                found.append(self._entries.get_nowait())
        except queue.Empty:
            return found


class Record:
    """What a run tells of itself."""

    def __init__(self, book: _Book | None, run_id: str) -> None:
        self._book, self.id = book, run_id
        self._place = -1
        self._rows: int | None = None
        self._end: tuple[Ended, Text | None, str | None] = (Ended.DONE, None, None)

    def _enter(self, function: Callable[..., None], *arguments: Any, **named: Any) -> None:
        if self._book is not None:
            self._book.add(lambda session: function(session, self.id, *arguments, **named))

    def say(self, line: str, level: str = "INFO") -> None:
        """A line of its log."""
        stamped = "".join(f"{now():%Y-%m-%d %H:%M:%S} {level:<7} {part}\n" for part in line.splitlines())
        self._enter(runs.say, stamped)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step, from here to the end of the block; `rows` tells what it counted."""
        self._place += 1
        self._rows = None
        began = time.monotonic()
        self._enter(runs.begin_step, self._place, name, now())
        yield
        self._enter(runs.end_step, self._place, now(), self._rows)
        counted = "" if self._rows is None else f", {self._rows:,} counted"
        self.say(f"{name}: {time.monotonic() - began:.1f} s{counted}")

    def rows(self, count: int | None) -> None:
        """The step that goes on landed, built or looked at so many rows."""
        self._rows = count

    def around(self, run: Runner, counted: Callable[[str, Any], int | None]) -> Runner:
        """A runner of steps that records each of them. counted: the rows of a step, by its name and what it gave back."""

        def recorded(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
            @wraps(function)
            def tried(*given: Any) -> Any:
                try:
                    return function(*given)
                except Exception as error:
                    # A try that fails and is repeated by who runs it would leave no trace else.
                    self.say(f"{name}: {type(error).__name__}: {error}", "WARNING")
                    raise

            with self.step(name):
                found = run(name, tried, *arguments)
                self.rows(counted(name, found))
                return found

        return recorded

    def ended(self, state: Ended, text: Text | None = None, snapshot: str | None = None) -> None:
        """How it ended; said before the end of its block."""
        self._end = (state, text, snapshot)

    def _close(self) -> None:
        state, text, snapshot = self._end
        if text is not None:
            self.say(text.en, "INFO" if state is not Ended.FAILED else "ERROR")
        self._enter(runs.end, now(), state, text, snapshot)
        if self._book is not None:
            self._book.close()


@contextmanager
def recorded(home: Home, flow: str, *, trigger: str = "schedule", wish: str | None = None) -> Iterator[Record]:
    """Record a run where the register was begun; what breaks out of the block is how it ended, and goes on.

    wish: the id of what somebody wished, which becomes the run's own.
    """
    run_id = wish or new_id()
    book = None
    if is_begun(home.register_url):
        book = _Book(home.register_url, run_id)
        began = partial(runs.begin, flow=flow, at=now(), host=socket.gethostname(), trigger=trigger)
        book.add(lambda session: began(session, run_id))
    record = Record(book, run_id)
    try:
        yield record
    except TakenError as error:
        record.ended(Ended.SKIPPED, error.text)
        raise
    except UserError as error:
        record.ended(Ended.FAILED, error.text)
        raise
    except Exception as error:
        record.say(traceback.format_exc(), "ERROR")
        record.ended(Ended.FAILED, _BROKE.format(error=f"{type(error).__name__}: {error}"))
        raise
    except BaseException:
        record.ended(Ended.FAILED, _STOPPED)
        raise
    finally:
        record._close()
