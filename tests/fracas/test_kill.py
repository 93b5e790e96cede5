"""Processes that are killed and disks that are full while reports are written: what was acknowledged is there, whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from register_cast import FACTS, KEY, Hire
from sqlalchemy import Engine, select, text

from fracas.database import FullError, connect, reading
from fracas.journal import verify
from fracas.model import Event, Person, Report
from fracas.people import Actor
from fracas.permissions import Role
from fracas.register import Register
from fracas.staff import Staff

PROCESSES, SUBMISSIONS = 5, 50
SUBMITTING = Path(__file__).parent.parent / "submitting.py"


def nothing_is_half(register: Register) -> list[str]:
    """Hold every report against its events and the series of numbers; returns the numbers, in their order."""
    with reading(register.engine) as session:
        proof = verify(session, KEY)
        assert proof.broken == ()
        events = Counter(session.execute(select(Event.subject, Event.kind)).tuples())
        numbers = []
        for report in session.scalars(select(Report)):
            subject = f"report:{report.id}"
            assert events[subject, "draft"] == 1
            assert events[subject, "submit"] == (1 if report.number else 0)
            assert report.state == ("submitted" if report.number else "draft")
            assert (report.submitted_at is None) == (report.number is None)
            assert report.symptom == FACTS["symptom"]
            numbers += [report.number] if report.number else []
        assert events.total() == proof.events
    year = register.today().year
    assert sorted(numbers) == [f"FR-{year}-{n:05}" for n in range(1, len(numbers) + 1)]
    return sorted(numbers)


def submitted(register: Register, actor: Actor, name: str) -> str:
    """Submit one more; returns its number."""
    report_id = register.draft(actor, name, FACTS)
    register.move(actor, report_id, register.look(actor, report_id).version, "submit")
    return register.look(actor, report_id).number or ""


def let_go(engine: Engine) -> None:
    """Wait until PostgreSQL has noticed that those who were killed are gone: until then it finishes what they asked."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    engine.dispose()
    with engine.connect() as connection:
        for _ in range(300):
            if not connection.scalar(others):
                return
            connection.rollback()
            time.sleep(0.1)
    raise AssertionError("a session is left")


@pytest.mark.slow
def test_what_was_acknowledged_outlives_kill_9(register: Register, url: str, hire: Hire) -> None:
    chance = random.Random()
    actor = hire("tech", Role.TECHNICIAN)
    command = [sys.executable, str(SUBMITTING), url, actor.id]
    processes = [
        subprocess.Popen([*command, f"p{n}"], stdout=subprocess.PIPE, text=True, bufsize=1) for n in range(PROCESSES)
    ]
    acknowledged: list[str] = []
    try:
        # They run beside each other, and each goes at some moment of a submission, the others in the midst of theirs.
        for process in processes:
            assert process.stdout is not None
            for _ in range(SUBMISSIONS // PROCESSES):
                acknowledged.append(process.stdout.readline().strip())
            time.sleep(chance.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            assert process.wait(30) == -signal.SIGKILL
            acknowledged += process.stdout.read().split()
    finally:
        for process in processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    if register.engine.dialect.name == "postgresql":
        let_go(register.engine)
    kept = nothing_is_half(register)
    assert len(acknowledged) >= SUBMISSIONS
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(kept)
    # Of each process at most the one is beyond that, which it did not come to say.
    assert len(kept) <= len(acknowledged) + PROCESSES
    if register.engine.dialect.name == "sqlite":
        with register.engine.connect() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    assert submitted(register, actor, "after") == nothing_is_half(register)[-1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.getuid() == 0 and shutil.which("mount")
    options = ["-o", "size=40m,mode=0777", "tmpfs", str(folder)]
    if not mounted or subprocess.run(["mount", "-t", "tmpfs", *options], check=False, capture_output=True).returncode:
        pytest.skip("needs leave to mount a file system in memory")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def refused(register: Register, actor: Actor, name: str) -> FullError | None:
    """Submit one more; what is said where the disk is full."""
    try:
        submitted(register, actor, name)
    except FullError as full:
        return full
    return None


def until_full(register: Register, actor: Actor) -> int:
    """Submit reports until the disk is full; returns how many were acknowledged."""
    done = 0
    while (full := refused(register, actor, f"n{done}")) is None:
        done += 1
        assert done < 10_000
    assert "make room" in full["en"]
    assert "磁盘已满" in full["zh"]
    return done


def refused_and_nothing_damaged(url: str, password: str, room: Path) -> None:
    """Fill what is left of a disk, write until it is full, make room, and write again."""
    engine = connect(url)
    try:
        register = Register(engine, KEY)
        person = Person(login="tech", name="Tech", password=password, roles=[Role.TECHNICIAN])
        actor = Staff(engine, KEY).enrol(None, person)
        submitted(register, actor, "first")
        with room.open("wb") as filler:
            filler.write(bytes(shutil.disk_usage(room.parent).free - 200_000))
        done = until_full(register, actor)
        # All of it can still be read.
        assert len(nothing_is_half(register)) == done + 1
        room.unlink()
        submitted(register, actor, "room was made")
        assert len(nothing_is_half(register)) == done + 2
    finally:
        engine.dispose()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_full_disk_is_told_and_damages_nothing(url: str, small_disk: Path, password: str) -> None:
    file = Path(shutil.copy(url.removeprefix("sqlite:///"), small_disk / "register.sqlite"))
    refused_and_nothing_damaged(f"sqlite:///{file}", password, small_disk / "filler")


def test_a_full_disk_of_postgresql_too(postgres: str, migrated: str, small_disk: Path, password: str) -> None:
    # A tablespace belongs to who runs the server: whoever owns the folder of its socket.
    folder = Path(dict(part.split("=", 1) for part in postgres.lstrip("?").split("&"))["host"])
    shutil.chown(small_disk, folder.owner())
    for parent in (p for p in small_disk.parents if Path(tempfile.gettempdir()) in p.parents):
        parent.chmod(parent.stat().st_mode | 0o011)
    outside = sqlalchemy.create_engine(f"postgresql+psycopg:///postgres{postgres}", isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
        connection.exec_driver_sql(f"CREATE DATABASE small TEMPLATE {migrated} TABLESPACE small")
    try:
        refused_and_nothing_damaged(f"postgresql:///small{postgres}", password, small_disk / "filler")
    finally:
        with outside.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE small WITH (FORCE)")
            connection.exec_driver_sql("DROP TABLESPACE small")
        outside.dispose()
