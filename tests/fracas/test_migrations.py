"""A register that is in use comes to the tables of this version from any earlier one, with all that is in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from register_cast import KEY, Hire, cast, walk
from sqlalchemy import Engine, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from fracas import database
from fracas.database import connect, reading
from fracas.journal import verify
from fracas.model import Base, Report
from fracas.register import Register
from fracas.states import State

EARLIER = [script.revision for script in ScriptDirectory.from_config(database._migrations()).walk_revisions()][1:]
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def old(url: str, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database beside that of the test."""
    if url.startswith("sqlite"):
        return url.replace("register.sqlite", "old.sqlite")
    name, _, at = url.removeprefix("postgresql:///").partition("?")
    outside = sqlalchemy.create_engine(f"postgresql+psycopg:///postgres?{at}", isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}_old")
    outside.dispose()
    return f"postgresql:///{name}_old?{at}"


def empty(url: str, revision: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with the tables of an earlier version."""
    with monkeypatch.context() as patched:
        patched.setattr(database, "migrate", lambda _: None)
        engine = connect(url)
    with engine.execution_options(writes=True).begin() as connection:
        command.upgrade(database._migrations(connection), revision)
    return engine


def tables(engine: Engine) -> dict[str, Table]:
    """What a database has, apart from where it says its version."""
    found = MetaData()
    found.reflect(engine)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def rows(engine: Engine) -> Rows:
    with engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for name, table in tables(engine).items()
        }


def filled(engine: Engine, held: Rows) -> None:
    """Write into tables what they have columns for."""
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("DELETE FROM head"))
        for name, table in tables(engine).items():
            mine = [{k: v for k, v in row.items() if k in table.columns} for row in held[name]]
            if mine:
                connection.execute(insert(table), mine)


@pytest.mark.parametrize("revision", EARLIER)
def test_what_an_earlier_version_wrote_is_there_and_proves_itself(
    register: Register, hire: Hire, old: str, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = cast(hire)
    way = walk(register, people).to(State.CLOSED)
    register.same_fault(people.engineer, way.id, register.draft(people.engineer, "s3", {}))
    held = rows(register.engine)
    before = empty(old, revision, monkeypatch)
    filled(before, held)
    kept = rows(before)
    before.dispose()
    after = connect(old)
    try:
        assert {name: len(found) for name, found in kept.items()} == {name: len(held[name]) for name in kept}
        assert min(len(kept[name]) for name in ("person", "report", "event", "action", "signature", "like_unit")) > 0
        # What an earlier version had no table for, it did not write.
        assert rows(after) == {name: held[name] if name in kept else [] for name in held}
        with reading(after) as session:
            proof = verify(session, KEY)
            assert (proof.broken, proof.events) == ((), len(held["event"]))
        # It goes on, and its journal is sealed as before.
        walk(Register(after, KEY), people, "s4").to(State.SUBMITTED)
        with reading(after) as session:
            assert verify(session, KEY).broken == ()
        with pytest.raises(DBAPIError, match="never changed"), after.begin() as connection:
            connection.execute(text("UPDATE event SET kind = 'x'"))
    finally:
        after.dispose()


@pytest.mark.parametrize("revision", EARLIER)
def test_the_tables_are_those_of_the_model(url: str, old: str, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert url
    empty(old, revision, monkeypatch).dispose()
    engine = connect(old)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert connection.scalar(select(func.count()).select_from(text("head"))) == 1
    engine.dispose()


def test_threads_of_one_process_make_their_databases_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        engines = list(threads.map(lambda n: connect(f"sqlite:///{tmp_path / f'{n % 4}.sqlite'}"), range(8)))
    for engine in engines:
        with reading(engine) as session:
            assert session.scalar(select(func.count()).select_from(Report)) == 0
        engine.dispose()
