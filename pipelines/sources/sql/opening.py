"""A database opened for reading: one transaction that sees one state of it, locks nothing and ends in time."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa

from bilingual.errors import UserError
from pipelines.sources import Stream

try:
    from adbc_driver_postgresql import dbapi as adbc
except ImportError:  # comes with the extra `postgresql`; without it the rows come by SQLAlchemy
    adbc = None

_TIMEOUT_SECONDS = 900
_SQLITE_STEPS = 100_000
_REFERENCE = re.compile(r"\$\{(\w+)\}")
# `://user:password@`, where a port behind no user is none, and the parameter that drivers know.
_PASSWORD = re.compile(r"(://[^/:@]*:(?!\d+(?:[/?][^@]*)?$)|[?&]password=)([^@&]+)(@|&|$)")
_ERRORS = (
    sa.exc.SQLAlchemyError, sqlite3.Error, ImportError, OSError, pa.ArrowException, *([adbc.Error] if adbc else [])
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """`connection` asks; `fast` gives the rows of PostgreSQL in columns, of the very state that `connection` sees."""

    connection: sa.Connection
    fast: Any = None

    @property
    def dialect(self) -> str:
        """The family of SQL that is spoken."""
        name = self.connection.dialect.name
        return "mysql" if name == "mariadb" else name


@contextmanager
def opened(stream: Stream) -> Iterator[Opened]:
    """Open the database of a stream for reading; raises UserError where that cannot be."""
    url = _url(stream)
    timeout = float(stream.option("timeout", _TIMEOUT_SECONDS))
    with ExitStack() as ends:
        if url.get_backend_name() == "sqlite":
            engine = _sqlite(stream, url, timeout)
        else:
            engine = sa.create_engine(url, poolclass=sa.NullPool)
        ends.callback(engine.dispose)
        connection = ends.enter_context(engine.connect())
        match engine.dialect.name:
            case "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                for setting in _postgresql(timeout):
                    connection.exec_driver_sql(setting)
                fast = ends.enter_context(closing(_fast(url, connection, timeout))) if adbc else None
                yield Opened(connection, fast)
            case "mysql" | "mariadb":
                is_mariadb = getattr(engine.dialect, "is_mariadb", False)
                limit = (
                    f"max_statement_time = {timeout}" if is_mariadb else f"max_execution_time = {int(timeout * 1000)}"
                )
                connection.exec_driver_sql(f"SET SESSION {limit}, time_zone = '+00:00'")
                connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
                yield Opened(connection)
            case "mssql":
                # Readers of versions take no locks; under the other levels they do, or read what is not committed.
                connection.execution_options(isolation_level="SNAPSHOT")
                yield Opened(connection)
            case _:
                yield Opened(connection)


def _postgresql(timeout: float) -> list[str]:
    # A zoned time carries its offset; one zone for all makes texts comparable.
    settings = {"statement_timeout": int(timeout * 1000), "datestyle": "ISO", "timezone": "UTC", "bytea_output": "hex"}
    return [f"SET LOCAL {name} = '{value}'" for name, value in settings.items()]


def _fast(url: sa.URL, connection: sa.Connection, timeout: float) -> Any:
    snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
    fast = adbc.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    with fast.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        for setting in _postgresql(timeout):
            cursor.execute(setting)
    return fast


def _sqlite(stream: Stream, url: sa.URL, timeout: float) -> sa.Engine:
    path = stream.home / (url.database or "")
    if not path.is_file():
        raise UserError(
            en="Source “{source}”, stream “{stream}”: there is no database file {file}; correct `url`.",
            zh="来源“{source}”的流“{stream}”：数据库文件 {file} 不存在；请更正 `url`。",
            source=stream.source,
            stream=stream.name,
            file=url.database or "—",
        )

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
        end = time.monotonic() + timeout
        connection.set_progress_handler(lambda: time.monotonic() > end, _SQLITE_STEPS)
        connection.execute("BEGIN")
        return connection

    # The URL is kept for its name only; connections come from `connect`.
    return sa.create_engine(url, creator=connect, poolclass=sa.NullPool)


def _url(stream: Stream) -> sa.URL:
    """The URL with what the environment says; a password stands in it by reference only."""

    def filled(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise UserError(
                en="Source “{source}”, stream “{stream}”: the environment variable {name} is not set; `url` needs it.",
                zh="来源“{source}”的流“{stream}”：未设置 `url` 所需的环境变量 {name}。",
                source=stream.source,
                stream=stream.name,
                name=match[1],
            )
        return value

    def secret(match: re.Match[str]) -> str:
        if not _REFERENCE.search(match[2]):
            raise UserError(
                en="Source “{source}”, stream “{stream}”: `url` holds a password; put it into the environment and write "
                "${{NAME}} in its place.",
                zh="来源“{source}”的流“{stream}”：`url` 中写有密码；请将其放入环境变量，并在原处写 ${{NAME}}。",
                source=stream.source,
                stream=stream.name,
            )
        # Whatever signs it has: an @ of a password ends no password.
        return f"{match[1]}{_REFERENCE.sub(lambda reference: quote(filled(reference), safe=''), match[2])}{match[3]}"

    try:
        return sa.make_url(_REFERENCE.sub(filled, _PASSWORD.sub(secret, str(stream.option("url") or ""))))
    except (sa.exc.ArgumentError, ValueError):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `url` is no database URL; write it as "
            "`postgresql+psycopg://user:${{PASSWORD}}@host/database` or `sqlite:///file.db`.",
            zh="来源“{source}”的流“{stream}”：`url` 不是有效的数据库地址；请写成 "
            "`postgresql+psycopg://user:${{PASSWORD}}@host/database` 或 `sqlite:///file.db`。",
            source=stream.source,
            stream=stream.name,
        ) from None


@contextmanager
def told(stream: Stream) -> Iterator[None]:
    """Whatever the database or its driver objects to, as a sentence without the URL, which may hold a password."""
    try:
        yield
    except _ERRORS as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0][:300]
        secret = _url(stream).password
        raise UserError(
            en="Source “{source}”, stream “{stream}”: the database answers “{reason}”; check `url`, `table` and `query`.",
            zh="来源“{source}”的流“{stream}”：数据库返回“{reason}”；请检查 `url`、`table` 和 `query`。",
            source=stream.source,
            stream=stream.name,
            reason=reason.replace(secret, "***") if secret else reason,
        ) from None
