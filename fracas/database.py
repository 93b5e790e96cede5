"""Where the register is kept: SQLite in a file of its own, or PostgreSQL by URL; the same code for both.

SQLite: write-ahead log, every commit on disk (synchronous=FULL), and writing transactions begin IMMEDIATE: a transaction
that reads before it writes would otherwise be refused when two do so at once. Whoever waits to write asks the more often
the longer they have waited: SQLite's own way of waiting is the other way round, and keeps one of many waiting for seconds
while others pass. PostgreSQL: read committed; writers of one
report meet at its version, all writers at the head of the journal.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bilingual.errors import UserError
from fracas import journal

# What others hold of the database, without knowing what it is made with.
Database = Engine
# How long a writer waits for another, in seconds: far beyond what any transaction takes.
_PATIENCE = 30.0
# Seconds between two attempts of a writer to begin: at first about as long as a transaction takes, and ever less.
_PAUSE, _SHORTEST = 0.008, 0.0005
_MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic keeps what it is at in globals: two threads of a process would mix up their databases.
_MIGRATING = threading.Lock()


class ConflictError(UserError):
    """Somebody else changed the same thing in between; nothing was written."""


class FullError(UserError):
    """The disk is full; nothing was written."""


class BusyError(UserError):
    """Others have been writing for longer than anybody waits; nothing was written."""


def connect(url: str) -> Engine:
    """The database at a URL (`sqlite:///file`, `postgresql+psycopg://…`), brought up to the tables of this version.

    Raises UserError where there is none or it cannot be used.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        is_file = parsed.get_backend_name() == "sqlite"
        if is_file and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}} if is_file else {"pool_pre_ping": True}
        engine = create_engine(parsed, **options)
        if is_file:
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", _begin)
        migrate(engine)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise UserError(
            en="The register's database “{url}” is none that can be used ({error}); name one as sqlite:///file or postgresql://….",
            zh="登记库地址“{url}”无法使用（{error}）；请写作 sqlite:///文件 或 postgresql://…。",
            url=_without_password(url),
            error=error,
        ) from error
    except OperationalError as error:
        raise UserError(
            en="The register's database {url} does not answer ({error}); check the address, and that it runs.",
            zh="登记库 {url} 无法连接（{error}）；请检查地址以及数据库是否在运行。",
            url=_without_password(url),
            error=str(error.orig).strip(),
        ) from error
    return engine


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "…"


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions are begun by us, below: sqlite3 would begin one at the first change only.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA busy_timeout=0")
    try:
        if not _began_to_write(raw):
            # Something else is wrong than that others write; SQLAlchemy's errors are those that are looked for.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={_PATIENCE * 1000:.0f}")


def _began_to_write(raw: sqlite3.Connection) -> bool:
    """Wait for one's turn and begin; False where that is not what is in the way."""
    began = time.monotonic()
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            # The low byte says what it is, those above say more of it.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False
            waited = time.monotonic() - began
            if waited > _PATIENCE:
                raise BusyError(
                    en="The register is busy: others have been writing for {seconds} s. Nothing was written; try again.",
                    zh="登记库繁忙：其他写入已持续 {seconds} 秒。未写入任何内容；请重试。",
                    seconds=round(waited),
                ) from error
            time.sleep(max(_PAUSE / (1 + 20 * waited), _SHORTEST))
        else:
            return True


def _migrations(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Bring the tables to this version; several processes may do so at once. A newer database is refused."""
    scripts = ScriptDirectory.from_config(_migrations())
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    if at == scripts.get_current_head():
        return
    if at is not None and at not in {script.revision for script in scripts.walk_revisions()}:
        raise UserError(
            en="The register's database was written by a newer version of FaultLoop ({revision}); install that version or a later one.",
            zh="登记库由更新版本的 FaultLoop 写入（{revision}）；请安装该版本或更高版本。",
            revision=at,
        )
    with _MIGRATING, engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            # One at a time; whoever comes second finds nothing left to do. The number is the name of this lock.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260001)")
        command.upgrade(_migrations(connection), "head")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one state of the database and writes nothing; what it gave out stays as it was read."""
    with Session(engine, autoflush=False) as session:
        yield session
        session.expunge_all()


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A transaction whose changes of journaled rows are noted; all of it is written, or nothing.

    Raises ConflictError where somebody else wrote one of its rows first, FullError where the disk is full, BusyError where
    no turn came.
    """
    with Session(engine.execution_options(writes=True), expire_on_commit=False) as session:
        journal.watch(session)
        try:
            yield session
            if session.info["changes"]:
                raise RuntimeError("journaled rows were changed and no event tells of it")
            session.commit()
        except StaleDataError as error:
            session.rollback()
            raise ConflictError(
                en="Somebody else changed this while you did; look at it again and repeat what is still to be done.",
                zh="他人已同时修改了此内容；请重新查看后再继续操作。",
            ) from error
        except DBAPIError as error:
            session.rollback()
            if is_full(error):
                raise FullError(
                    en="The disk is full, so nothing was written; make room and try again.",
                    zh="磁盘已满，未写入任何内容；请清理空间后重试。",
                ) from error
            raise
        except BaseException:
            session.rollback()
            raise


def is_full(error: DBAPIError) -> bool:
    """Whether an error of the database says that its disk is full."""
    said = str(error.orig)
    return "disk is full" in said or "No space left" in said or getattr(error.orig, "sqlstate", None) == "53100"
