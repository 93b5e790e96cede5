"""An installation in a temporary folder: files and mappings are put there, refreshes are real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import xlsxwriter
from factories import once

from demo.generate import generate
from pipelines.landing import Extraction, extract
from pipelines.refresh import Refreshed, Unwatched, build_aside, refresh, sources_of
from warehouse.database import open_for_reading
from warehouse.publish import current
from warehouse.settings import Home

TICKETS = """\
title: {{en: Desk, zh: 服务台}}
kind: files
streams: {{tickets: {{path: "{path}"}}}}
entities:
  ticket:
    from: tickets
    fields: {{ticket_id: nr, opened_at: opened, closed_at: closed, priority: priority, description: note}}
"""


@contextmanager
def no_suites() -> Iterator[None]:
    """Refreshes within skip the suites, and do not start the process that takes seconds to load them."""

    def unchecked(*_: object) -> list[Any]:
        return []

    with patch("pipelines.refresh.Checker", nullcontext), patch("pipelines.refresh.check_built", unchecked):
        yield


def published_demo(factory: pytest.TempPathFactory, tickets: int = 1_500) -> Path:
    """The home of a demo organisation, refreshed and published once for all test processes: to be read or copied."""

    def make(home: Path) -> None:
        generate(home, tickets=tickets, seed=7)
        done = refresh(Home(home))
        assert done.is_new
        assert done.blocked_by == ()
        assert done.extraction.rejected == ()

    return once(factory, f"demo of {tickets}", make)


@dataclass(frozen=True)
class Installation:
    """A home folder with what tests do to it."""

    path: Path

    @property
    def home(self) -> Home:
        return Home(self.path)

    def mapping(self, name: str, text: str) -> None:
        """Write a mapping file."""
        self.path.joinpath("sources").mkdir(parents=True, exist_ok=True)
        (self.path / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def tickets(self, name: str, path: str) -> None:
        """A mapping of tickets from files with the columns nr, opened, closed, priority, note."""
        self.mapping(name, TICKETS.format(path=path))

    def put(self, name: str, content: str | bytes) -> Path:
        """Deliver a file; text is UTF-8. It arrives whole, as a copy and a rename would do it."""
        file = self.path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}")
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
        return part.replace(file)

    def workbook(self, name: str, rows: list[list[Any]], **extra: list[list[Any]]) -> Path:
        """Deliver a workbook of one sheet `Sheet1`, and of more."""
        file = self.path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(file) as workbook:
            for title, table in {"Sheet1": rows, **extra}.items():
                sheet = workbook.add_worksheet(title)
                for number, row in enumerate(table):
                    sheet.write_row(number, 0, row)
        return file

    def refresh(self, *, checked: bool = True, force: bool = False) -> Refreshed:
        """One refresh to its end; without the suites where a test is not about them."""
        with nullcontext() if checked else no_suites():
            return refresh(self.home, force=force)

    def extract(self) -> Extraction:
        """Land what is new, and stop there."""
        return sum((extract(self.home, source) for source in sources_of(self.home)), Extraction())

    def build(self) -> Path:
        """Build a snapshot from what landed, and stop there."""
        return build_aside(self.home, sources_of(self.home), (), Unwatched())

    def snapshot(self) -> Path:
        """The file that readers see."""
        shown = current(self.home)
        assert shown is not None
        return shown.file

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The answer of the published snapshot."""
        return answer(self.snapshot(), sql, *parameters)

    def value(self, sql: str, *parameters: Any) -> Any:
        """The one value of the answer."""
        ((value,),) = self.rows(sql, *parameters)
        return value

    def last_refresh(self) -> dict[str, Any]:
        """The note beside the snapshots."""
        return json.loads((self.path / "snapshots" / "LAST_REFRESH.json").read_text(encoding="utf-8"))

    def leftovers(self) -> list[str]:
        """Files that a run that was killed leaves behind."""
        return sorted(
            str(f.relative_to(self.path))
            for pattern in ("snapshots/building-*", "snapshots/*.part", "snapshots/*.wal", "landing/**/*.part")
            for f in self.path.glob(pattern)
        )


def answer(file: Path, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of one snapshot file."""
    with open_for_reading(file) as con:
        return con.execute(sql, parameters).fetchall()


def contents(file: Path, *without: str) -> dict[str, tuple[int, int]]:
    """Rows and a sum of row hashes of every table of core, marts and the account; when rows were fetched is left out.

    Equal sums mean equal rows, in whatever order.
    """
    excluded = {"_extracted_at", *without}
    with open_for_reading(file) as con:
        found: dict[str, list[str]] = {}
        for schema, table, column in con.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            "WHERE table_schema IN ('core', 'marts') OR table_schema = 'meta' AND table_name IN ('account', 'quarantine', 'rejected')"
        ).fetchall():
            found.setdefault(f"{schema}.{table}", []).extend([] if column in excluded else [f'"{column}"'])
        return {
            table: con.execute(  # type: ignore[misc]
                f"SELECT count(*), coalesce(sum(hash({', '.join(sorted(columns))})), 0) FROM {table}"
            ).fetchone()
            for table, columns in sorted(found.items())
        }


def tickets_csv(numbers: range | list[int], *, priority: str = "high", day: int = 1, note: str = "") -> str:
    """A delivery of closed tickets: T1, T2, …, each open for two hours of a day in March 2024."""
    lines = [
        f"T{n},2024-03-{day:02d} {n % 12:02d}:00,2024-03-{day:02d} {n % 12 + 2:02d}:00,{priority},{note}"
        for n in numbers
    ]
    return "\n".join(["nr,opened,closed,priority,note", *lines, ""])
