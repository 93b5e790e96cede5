"""Many at once, each a process with an engine of its own: nobody's edit is lost and nobody is told that a database is locked.

How long each waits is measured by `make bench`, with more processes and edits.
"""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import Engine, text

from benchmarks.editors import at_once, edit, hot, lost
from fracas import database
from fracas.database import BusyError, connect, reading, writing

PROCESSES, EDITS, REPORTS = 4, 15, 5


@pytest.mark.slow
def test_of_many_editors_nobody_loses_anything(url: str) -> None:
    people, reports = hot(url, PROCESSES, REPORTS)
    # Whatever any of them met that is no conflict, which a user reads and repeats, is raised here.
    done = at_once(url, people, reports, EDITS)
    assert lost(url, reports, done) == []
    assert sum(len(words) for one in done for words in one.words.values()) == PROCESSES * EDITS
    # They did meet: all had looked at the first report before any of them saved it.
    assert sum(one.refused for one in done) >= PROCESSES - 1


def test_what_is_lost_would_be_told(url: str) -> None:
    (person,), (one, other) = hot(url, 1, 2)
    done = edit(url, person, [one], 2)
    assert lost(url, [one, other], [done]) == []
    engine = connect(url)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE report SET handling = 'x' WHERE id = :id"), {"id": one})
    engine.dispose()
    done.words[other] = ["e0.99"]
    of_one, of_other, no_event, untold = lost(url, [one, other], [done])
    assert "'e0.1': 1}) lost, Counter({'x': 1}) nobody's" in of_one
    assert "Counter({'e0.99': 1}) lost" in of_other
    assert "0 events of 1 edits" in no_event
    assert "is not what its events say (handling)" in untold


def test_who_waits_for_a_writer_gets_their_turn_and_readers_wait_for_nobody(engine: Engine, url: str) -> None:
    other = connect(url)
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(other) as session:
            session.execute(text("UPDATE head SET seq = seq"))
            held.set()
            let_go.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(30)
        with reading(engine) as session:
            assert session.scalar(text("SELECT count(*) FROM head")) == 1
        threading.Timer(0.3, let_go.set).start()
        began = time.monotonic()
        with writing(engine) as session:
            session.execute(text("UPDATE head SET seq = seq"))
        assert time.monotonic() - began >= 0.2
    finally:
        let_go.set()
        holder.join()
        other.dispose()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_where_no_turn_comes_it_is_said_in_a_sentence(
    engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = connect(url)
    monkeypatch.setattr(database, "_PATIENCE", 0.2)
    with other.execution_options(writes=True).begin():
        with pytest.raises(BusyError) as refused, writing(engine) as session:
            session.execute(text("UPDATE head SET seq = seq"))
        assert "try again" in refused.value["en"]
        assert "请重试" in refused.value["zh"]
    other.dispose()
    with writing(engine) as session:
        session.execute(text("UPDATE head SET seq = seq"))
        assert session.scalar(text("PRAGMA busy_timeout")) == 200
