"""The register's database as one file, and back: SQLite by its own online backup, PostgreSQL by pg_dump and pg_restore.

People go on working meanwhile; the copy is of one moment.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from bilingual.errors import UserError
from bilingual.text import Text

SQLITE, DUMP = "register.sqlite", "register.dump"
NO_PROGRAM = Text(
    en="The register is in PostgreSQL and {program} is not on the PATH, so this backup is without it; install PostgreSQL’s client programs.",
    zh="登记库位于 PostgreSQL，但 PATH 中没有 {program}，因此本次备份不含登记库；请安装 PostgreSQL 客户端程序。",
)
# Pages that are free, and their share, from which rewriting the file is worth it.
_FREE_PAGES, _FREE_SHARE = 1_000, 0.25


def dump(url: str, folder: Path) -> Path | None:
    """Write the database into a file of the folder; None where the program for that is missing. UserError where it fails."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        into = folder / SQLITE
        with closing(sqlite3.connect(str(parsed.database))) as source, closing(sqlite3.connect(into)) as target:
            source.backup(target)
            # A copy is one file: its reader needs no log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
        return into
    if shutil.which("pg_dump") is None:
        return None
    into = folder / DUMP
    _run("pg_dump", parsed, "--format=custom", "--no-owner", "--no-privileges", f"--file={into}")
    return into


def restore(url: str, file: Path) -> None:
    """Bring a file of `dump` into a database that is empty. UserError where it is of the other kind, or not empty."""
    parsed = make_url(url)
    if (parsed.get_backend_name() == "sqlite") != (file.name == SQLITE):
        raise UserError(
            en="The backup holds a register of another kind of database than “register_database” in faultloop.yaml names; set that to what it was.",
            zh="备份中的登记库类型与 faultloop.yaml 的 register_database 不符；请改回原来的设置。",
        )
    if file.name == SQLITE:
        into = Path(str(parsed.database))
        if into.exists():
            raise UserError(
                en=f"{into} exists already; a backup is restored where no register is.",
                zh=f"{into} 已存在；备份只能恢复到尚无登记库的位置。",
            )
        into.parent.mkdir(parents=True, exist_ok=True)
        part = into.with_name(f"{into.name}.part")
        shutil.copyfile(file, part)
        part.replace(into)
        return
    if shutil.which("pg_restore") is None:
        raise UserError(
            en="pg_restore is not on the PATH; install PostgreSQL’s client programs.",
            zh="PATH 中没有 pg_restore；请安装 PostgreSQL 客户端程序。",
        )
    _run("pg_restore", parsed, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(file))


def _run(program: str, url: URL, *arguments: str) -> None:
    # Whoever lists the processes of the machine is not shown a password.
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    address = url.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(
        [program, f"--dbname={address}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(
            en="{program} of the register failed: {error}",
            zh="登记库的 {program} 失败：{error}",
            program=program,
            error=done.stderr.strip().splitlines()[-1:] or done.returncode,
        )


def vacuum(url: str) -> bool:
    """Keep an SQLite file quick and, where a good part of it is free, small; True where it was rewritten.

    PostgreSQL sees to itself.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return False
    with closing(sqlite3.connect(str(parsed.database), timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA optimize")
        ((free,),) = connection.execute("PRAGMA freelist_count")
        ((pages,),) = connection.execute("PRAGMA page_count")
        is_worth_it = free > _FREE_PAGES and free > _FREE_SHARE * pages
        if is_worth_it:
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return bool(is_worth_it)
