"""Connections to DuckDB: one that builds a snapshot, one that only reads it; nobody else imports duckdb."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection

# Tells this process from others of its number, in another container over the same files.
_PROCESS = secrets.token_hex(4)
# Two threads that open one file share its settings: one finds them as they are or as they shall be, never on the way.
_OPENING = threading.Lock()
_OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def quote(name: str) -> str:
    """An SQL identifier, safely quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """An SQL text literal, for the places where DuckDB takes no bound parameter (views, DDL)."""
    return "'" + value.replace("'", "''") + "'"


def insert(con: Connection, into: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows, at least one, in one statement: one for each row takes thirty times as long."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    values = ", ".join(f"unnest(${number})" for number in range(1, len(columns) + 1))
    con.execute(f"INSERT INTO {into} SELECT {values}", columns)


def open_for_building(
    file: Path, landing: Path, *, memory_limit: str, threads: int = 0, before: Path | None = None
) -> Connection:
    """A connection that may write `file` and read only below `landing`, and of the snapshot `before`, as `before`.

    Mappings carry SQL expressions of the installation; so nothing outside those two places can be reached by them.
    """
    # A snapshot is read by the DuckDB that wrote it; its newest format takes a quarter less time to write.
    newest = {"storage_compatibility_version": "latest"}
    con = duckdb.connect(str(file), config={**_OFFLINE, **newest, "memory_limit": memory_limit})
    if threads:
        con.execute(f"SET threads = {int(threads)}")
    scratch = file.with_suffix(".tmp")
    con.execute("SET TimeZone = 'UTC'")
    con.execute(f"SET temp_directory = {literal(str(scratch))}")
    if before:
        con.execute(f"ATTACH {literal(str(before))} AS before (READ_ONLY)")
    con.execute(f"SET allowed_directories = [{literal(str(landing))}, {literal(str(scratch))}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def open_for_narrowing(file: Path, whole: Path, *, memory_limit: str) -> Connection:
    """A connection that writes `file`, reads the snapshot `whole` as `house`, and reaches nothing else.

    It leaves the other cores to those who wait for a page.
    """
    newest = {"storage_compatibility_version": "latest"}
    con = duckdb.connect(str(file), config={**_OFFLINE, **newest, "memory_limit": memory_limit, "threads": 1})
    scratch = file.with_suffix(".tmp")
    con.execute(f"SET temp_directory = {literal(str(scratch))}")
    con.execute(f"ATTACH {literal(str(whole))} AS house (READ_ONLY)")
    con.execute(f"SET allowed_directories = [{literal(str(scratch))}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def open_for_reading(file: Path, *, threads: int = 1) -> Connection:
    """A connection that reads one snapshot and reaches nothing else: no file, no network, no setting.

    `read_only` alone is no sandbox in DuckDB; external access is off and the configuration locked. What it keeps of the
    file in memory grows with the file: a question joins or sorts a part of it, and the system holds the rest.
    """
    small: dict[str, str | int | float | list[str]] = {
        # What a large sort puts aside. DuckDB would have all processes that read a file share one folder, in which they
        # write over each other's.
        "temp_directory": str(file.with_name(f"{file.name}.{os.getpid()}-{_PROCESS}.tmp")),
        "memory_limit": f"{64 + file.stat().st_size // 6_000_000}MB",
        "allocator_background_threads": True,  # what is given back goes back to the system
    }
    with _OPENING:
        con = duckdb.connect(str(file), read_only=True, config={**_OFFLINE, **small, "threads": threads})
        # A second connection to the same file in this process shares its settings and finds them locked.
        row = con.execute("SELECT current_setting('lock_configuration')").fetchone()
        if row and not row[0]:
            con.execute("SET GLOBAL TimeZone = 'UTC'")
            con.execute("SET enable_external_access = false")
            con.execute("SET lock_configuration = true")
    return con


def open_in_memory(landing: Path) -> Connection:
    """A scratch connection that may read landed files: for dry runs of a mapping and for looking up a source row."""
    con = duckdb.connect(":memory:", config=dict(_OFFLINE))
    con.execute("SET TimeZone = 'UTC'")
    con.execute(f"SET allowed_directories = [{literal(str(landing))}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con
