"""A report with all that belongs to it, and how a form takes words from it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bilingual.text import Text
from dashboards.register.prints.sheet import NOTHING, Facts, Grid
from dashboards.register.shown import shown
from dashboards.register.view import Visit
from fracas.columns import COLUMNS, TABLES, Column, Kind
from fracas.database import reading
from fracas.model import Action, Event, Report

# How wide a column of a table is, by what is written into it.
_WIDTHS: dict[Kind, int] = {"words": 6, "instant": 3, "lines": 4, "number": 2, "whole": 2, "yes_no": 2}
_USUAL = 3
# These turn the direction of writing, so that something else is read than was written.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(words: str) -> str:
    """Words that every kind of file can hold, and that read as they were written; `NOTHING` for none."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in lines if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _TURNING))
    return "".join(kept).strip() or NOTHING


@dataclass(frozen=True)
class Record:
    """One report as its reader sees it."""

    v: Visit
    report: Report
    events: tuple[Event, ...]

    def say(self, text: Text) -> str:
        """The text in the language of the print."""
        return self.v.say(text)

    def words(self, column: Column, value: Any) -> str:
        """What a column holds."""
        return plain(shown(self.v, column, value))

    def facts(self, *columns: str) -> Facts:
        """Columns of the report, each with its label."""
        return Facts(
            tuple(
                (self.say(COLUMNS[name].label), self.words(COLUMNS[name], getattr(self.report, name)))
                for name in columns
            )
        )

    def grid(self, table: str, rows: Iterable[Any], *columns: str) -> Grid:
        """Rows of a table that belongs to the report."""
        of = TABLES[table][1]
        heads = tuple(self.say(of[name].label) for name in columns)
        cells = (tuple(self.words(of[name], getattr(row, name)) for name in columns) for row in rows)
        return grid(heads, cells, tuple(_WIDTHS.get(of[name].kind, _USUAL) for name in columns))

    def actions(self, *kinds: str) -> tuple[Action, ...]:
        """The actions of some kinds that were not withdrawn."""
        return tuple(a for a in self.report.actions if a.kind in kinds and a.withdrawn_at is None)


def grid(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: tuple[int, ...]) -> Grid:
    """A table; one without rows says so."""
    return Grid(heads, tuple(rows) or ((NOTHING,) * len(heads),), widths)


def record_of(v: Visit, report_id: str) -> Record:
    """A report with all that belongs to it. NotThereError where the visitor may not see it."""
    with reading(v.house.engine) as session:
        report = v.register.seen(session, v.actor, report_id)
        for belongs in (
            report.parts, report.actions, report.like_units, report.signatures, report.files, report.returned_units,
        ):  # fmt: skip
            list(belongs)
    return Record(v, report, v.register.history(v.actor, report_id))
