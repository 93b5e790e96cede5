"""A backup holds the register as it stood at one moment, its files and the configuration, and brings them back; never a secret."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from installation import Installation
from register_cast import KEY

from bilingual.errors import UserError
from fracas import backup
from fracas.database import connect, reading, writing
from fracas.journal import verify
from fracas.states import State
from fracas.watch import runs
from fracas.watch.keeping import Forgotten
from pipelines import maintenance
from pipelines.maintenance import back_up, backups, forget, restore
from warehouse.settings import Home


def contents(file: Path) -> set[str]:
    with tarfile.open(file) as archive:
        return set(archive.getnames())


def put(home: Path, name: str, text: str) -> Path:
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def events(home: Home) -> int:
    """How many events of the journal there are, all of them proven."""
    engine = connect(home.register_url)
    with reading(engine) as session:
        found = verify(session, KEY)
    engine.dispose()
    assert found.broken == ()
    return found.events


@pytest.mark.parametrize("registered", ["sqlite", "postgresql"], indirect=True)
def test_what_is_restored_into_an_empty_home_is_what_was_there_and_its_journal_holds(
    registered: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    registered.report("s1").to(State.MONITORING)
    home: Home = registered.installation.home
    put(home.path, "sources/desk.yaml", "title: Desk\n")
    put(home.path, "codes/own.csv", "code,en,zh\n")
    put(home.path, "alerts/late.yaml", "off: true\n")
    put(home.path, ".env", "FAULTLOOP_SECRET_KEY=hush\n")
    photo = put(home.path, "files/ab/abcdef", "the bytes of a photo")
    is_file = home.register_url.startswith("sqlite")
    if is_file:
        put(home.path, "faultloop.yaml", "organisation: Ours\n")
    before = events(home)
    assert before > 10
    made = back_up(home)
    assert made.missing is None
    names = contents(made.file)
    assert {"home/faultloop.yaml", "home/sources/desk.yaml", "home/codes/own.csv", "home/alerts/late.yaml"} <= names
    assert not any(".env" in name for name in names)
    assert made.file.stat().st_mode & 0o077 == 0, "for nobody else's eyes"

    # What was done since is not in it.
    registered.report("s2")
    away = tmp_path / "elsewhere"
    shutil.copytree(home.path / "backups", away)
    new = Home(tmp_path / "new")
    if not is_file:
        # Its database is named in the configuration; it is emptied, as after a loss.
        url = sqlalchemy.make_url(home.register_url).set(drivername="postgresql+psycopg")
        registered.register.engine.dispose()
        outside = sqlalchemy.create_engine(url)
        with outside.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        outside.dispose()
    assert restore(new, away / made.file.name)
    assert events(Home(new.path)) == before
    assert (new.path / "files/ab/abcdef").read_text() == photo.read_text()
    assert (new.path / "sources/desk.yaml").read_text() == "title: Desk\n"
    assert not list(new.path.glob(".*")), "nothing is left lying about"

    with pytest.raises(UserError, match="holds an installation already"):
        restore(new, away / made.file.name)


def test_files_are_kept_once_and_go_with_the_last_backup_that_names_them(installation: Installation) -> None:
    home = installation.home
    put(home.path, "faultloop.yaml", "backups: 2\n")
    first = put(home.path, "files/aa/one", "1")
    back_up(home)
    kept = home.path / "backups/files/aa/one"
    was = kept.stat().st_mtime_ns
    put(home.path, "files/bb/two", "2")
    put(home.path, "files/.taking-x", "half")
    back_up(home)
    assert kept.stat().st_mtime_ns == was, "not copied twice"
    assert not (home.path / "backups/files/.taking-x").exists()
    first.unlink()
    back_up(home)
    assert kept.exists(), "the second backup names it"
    back_up(home)
    assert len(backups(home)) == 2
    assert not kept.exists()
    assert (home.path / "backups/files/bb/two").exists()


def test_a_file_whose_bytes_are_gone_is_told_of_and_nothing_is_half_restored(
    installation: Installation, tmp_path: Path
) -> None:
    put(installation.path, "faultloop.yaml", "organisation: Ours\n")
    put(installation.path, "files/aa/one", "1")
    connect(installation.home.register_url).dispose()
    made = back_up(installation.home)
    alone = tmp_path / made.file.name
    shutil.copy(made.file, alone)
    new = Home(tmp_path / "new")
    with pytest.raises(UserError, match="is missing"):
        restore(new, alone)
    assert not new.exists
    assert not (new.path / "register.sqlite").exists()


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_what_is_no_backup_is_refused(installation: Installation, tmp_path: Path, damage: bytes | None) -> None:
    put(installation.path, "faultloop.yaml", "organisation: Ours\n")
    file = back_up(installation.home).file
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(UserError, match="is no backup of FaultLoop, or is damaged"):
        restore(Home(tmp_path / "new"), file)


def test_a_backup_cannot_write_outside_its_home(tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar.gz"
    source = put(tmp_path, "x", "x")
    with tarfile.open(evil, "w:gz") as archive:
        archive.add(put(tmp_path, "manifest.json", '{"files": []}'), "manifest.json")
        archive.add(source, "../../outside")
    with pytest.raises(UserError, match="is no backup"):
        restore(Home(tmp_path / "new"), evil)
    with tarfile.open(evil, "w:gz") as archive:
        archive.add(put(tmp_path, "manifest.json", '{"files": ["../../x"]}'), "manifest.json")
    with pytest.raises(UserError, match="is no backup"):
        restore(Home(tmp_path / "deep" / "new"), evil)
    assert not (tmp_path / "deep" / "x").exists()


def test_without_pg_dump_the_run_says_so_in_a_sentence(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(installation.path, "faultloop.yaml", "register_database: postgresql:///nowhere\n")
    monkeypatch.setenv("PATH", "/nowhere")
    made = back_up(installation.home)
    assert made.missing is not None
    assert "pg_dump is not on the PATH" in made.missing.en
    assert "pg_dump" in made.missing.zh
    assert contents(made.file) == {"home/faultloop.yaml", "manifest.json"}


@pytest.mark.parametrize("registered", ["sqlite"], indirect=True)
def test_people_go_on_writing_while_a_backup_is_made(registered: Any) -> None:
    home: Home = registered.installation.home
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            registered.report(f"s{len(written)}")
            written.append(1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for n in range(3):
            made = back_up(home)
            with tarfile.open(made.file) as archive:
                archive.extract("register.sqlite", home.path / f"copy{n}", filter="data")
            copy = connect(f"sqlite:///{home.path / f'copy{n}' / 'register.sqlite'}")
            with reading(copy) as session:
                assert verify(session, KEY).broken == ()
            copy.dispose()
    finally:
        stop.set()
        thread.join()
    assert written


@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_the_ones_before_and_the_next_one_tidies_up(installation: Installation) -> None:
    home = installation.home
    put(home.path, "faultloop.yaml", "backups: 9\n")
    put(home.path, "files/aa/big", "x" * 20_000_000)
    engine = connect(home.register_url)
    with writing(engine) as session:
        for n in range(300):
            runs.begin(session, f"r{n}", "refresh", at=dt.datetime(2026, 1, 1), host="x" * 2_000, trigger="schedule")
            session.flush()
    engine.dispose()
    before = back_up(home).file
    by_chance = random.Random(20260301)
    code = "import sys; from pathlib import Path; from warehouse.settings import Home; from pipelines.maintenance import back_up; print('go', flush=True); back_up(Home(Path(sys.argv[1])))"
    for n in range(3):
        put(home.path, f"files/bb/more{n}", "y" * 5_000_000)
        process = subprocess.Popen([sys.executable, "-c", code, str(home.path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(by_chance.random() * 0.12)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert before.exists()
        for whole in backups(home):
            assert "manifest.json" in contents(whole), "every one that is named is whole"
    made = back_up(home).file
    assert not list((home.path / "backups").glob(".making-*"))
    assert not list((home.path / "backups").rglob("*.part"))
    new = Home(home.path.parent / "new")
    assert restore(new, made)
    assert {f.name for f in (new.path / "files").rglob("*") if f.is_file()} == {"big", *(f"more{n}" for n in range(3))}


def test_folders_of_reports_go_with_their_rows_and_never_one_outside(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = installation.home
    connect(home.register_url).dispose()
    inside = put(home.path, "issues/old/report.pdf", "x")
    outside = put(home.path.parent, "precious/file", "x")
    gone = Forgotten(3, ("issues/old", "../precious", "", "issues/never"))
    monkeypatch.setattr(maintenance, "forget_rows", lambda session, before: gone)
    assert forget(home) == 3
    assert not inside.parent.exists()
    assert outside.exists()
    assert home.path.exists()


def test_what_is_old_is_what_the_house_keeps_no_longer(installation: Installation) -> None:
    home = installation.home
    put(home.path, "faultloop.yaml", "keep_days: 30\n")
    engine = connect(home.register_url)
    at = dt.datetime(2026, 5, 1)
    with writing(engine) as session:
        for n, days in enumerate((31, 29, 0)):
            runs.begin(session, f"r{n}", "refresh", at=at - dt.timedelta(days=days), host="h", trigger="schedule")
    assert forget(home, at) == 1
    assert forget(home, at) == 0


def test_a_file_that_is_mostly_free_is_rewritten_and_another_is_not(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [("y" * 4_000,) for _ in range(3_000)])
        connection.commit()
    assert not backup.vacuum(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM t WHERE rowid > 100")
        connection.commit()
    before = file.stat().st_size
    assert backup.vacuum(f"sqlite:///{file}")
    assert file.stat().st_size < before / 10
    assert not backup.vacuum("postgresql:///anything")


@pytest.mark.parametrize("registered", ["sqlite"], indirect=True)
def test_the_command_restores_and_proves(registered: Any, tmp_path: Path) -> None:
    home: Home = registered.installation.home
    put(home.path, "faultloop.yaml", "organisation: Ours\n")
    registered.report("s1")
    faultloop = run_with({"FAULTLOOP_LANGUAGE": "en", "FAULTLOOP_SECRET_KEY": ""})
    status, said, _ = faultloop("--home", str(home.path), "backup")
    assert status == 0
    assert said.strip() == str(backups(home)[0])
    new = tmp_path / "new"
    status, out, err = faultloop("--home", str(new), "restore", said.strip())
    assert status == 0, err
    assert f"Restored into {new}." in out
    assert "The journal was not proven" in err
    wrong = run_with({"FAULTLOOP_LANGUAGE": "en", "FAULTLOOP_SECRET_KEY": "another secret than the register's own was"})
    status, _, err = wrong("--home", str(tmp_path / "other"), "restore", said.strip())
    assert status == 1, "a journal of another secret is not proven by this one"


def run_with(environment: dict[str, str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "faultloop", *arguments],
            env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run
