"""A part of the house, by regions and product lines, and a snapshot that holds nothing else.

Who sees a part of the house reads a snapshot that was narrowed to it: what is not in there, no question can find, whoever
asks it and however. So nothing above this module needs to know of it. A narrowed snapshot is made when it is first asked
for, kept beside the whole one, and let go with it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from filelock import FileLock

from warehouse.build import relations
from warehouse.database import Connection, literal, open_for_narrowing, quote
from warehouse.publish import Snapshot, snapshots
from warehouse.settings import Home

_SQL = Path(__file__).parent / "narrowed"
# What can be told whole to everybody: days, words, rules, catalogues, people's names, and counts of rows that name nobody.
# A table that is neither here, nor has a column that places its rows, nor SQL of its own in `narrowed` is left empty.
_OPEN = frozenset(
    {
        *("core.as_of", "core.calendar", "core.clock_grain", "core.code_list", "core.dim_block", "core.dim_day"),
        *("core.part", "core.rating_scale", "core.response_target", "core.rule", "core.supplier", "core.technician"),
        *("core.working_block", "core.working_day", "core.working_interval", "core.zone"),
        *("meta.about", "meta.account", "meta.mapped", "meta.rule", "meta.source"),
    }
)
# The columns by which a row hangs on another, the nearest first, with the table of that other.
_HANGS_ON = {
    "ticket_id": "ticket",
    "repair_id": "repair",
    "action_id": "action",
    "report_id": "fracas_report",
    "asset_id": "asset",
    "customer_id": "customer",
}
# What others hang on comes first, each before what hangs on it.
_FIRST = ("asset", "ticket", "customer", "repair", "fracas_report", "action")


# It is made by who serves pages, beside that; what does not fit is put aside on disk.
_MEMORY = "256MB"


@dataclass(frozen=True)
class Extent:
    """A part of the house: empty means all of it. What nobody placed is in every part."""

    regions: frozenset[str] = frozenset()
    product_lines: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        return not self.regions and not self.product_lines

    @property
    def key(self) -> str:
        """A short name of it for files."""
        written = repr((sorted(self.regions), sorted(self.product_lines)))
        return hashlib.sha256(written.encode()).hexdigest()[:16]


WHOLE = Extent()


def narrowed(home: Home, snapshot: Snapshot, extent: Extent) -> Snapshot:
    """The same snapshot with nothing in it but an extent. One process makes it, the others wait for it."""
    folder = home.snapshots / "narrowed"
    file = folder / f"{snapshot.id}.{extent.key}.duckdb"
    if not file.exists():
        folder.mkdir(exist_ok=True)
        with FileLock(folder / ".lock"):
            if not file.exists():
                _let_go(home, folder)
                built = file.with_suffix(".part")
                _narrow(snapshot.file, built, extent)
                built.rename(file)
    return replace(snapshot, file=file)


def _let_go(home: Home, folder: Path) -> None:
    """Remove what was made of snapshots that are gone, and what a killed process left; call with the lock held."""
    kept = {snapshot.id for snapshot in snapshots(home)}
    for left in folder.glob("*-*.*"):
        if ".part" in left.suffixes or left.name.split(".")[0] not in kept:
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)


def _narrow(whole: Path, file: Path, extent: Extent) -> None:
    con = open_for_narrowing(file, whole, memory_limit=_MEMORY)
    try:
        con.execute(f"""
            CREATE TEMP MACRO is_within(region, product_line) AS
                {_allows("region", extent.regions)} AND {_allows("product_line", extent.product_lines)}
        """)
        for schema in ("core", "marts", "meta"):
            con.execute(f"CREATE SCHEMA {schema}")
        for name, statement in _statements(con):
            con.execute(statement)
            _, _, table = name.partition("core.")
            if table in _FIRST:
                number = next(column for column, other in _HANGS_ON.items() if other == table)
                con.execute(
                    f"CREATE TEMP TABLE outside_{table} AS "
                    f"SELECT {number} FROM house.core.{table} EXCEPT SELECT {number} FROM core.{table}"
                )
        con.execute("CHECKPOINT")
    finally:
        con.close()


def _allows(column: str, chosen: frozenset[str]) -> str:
    values = ", ".join(literal(value) for value in ("", *sorted(chosen)))
    return f"coalesce({column}, '') IN ({values})" if chosen else "TRUE"


def _statements(con: Connection) -> Iterator[tuple[str, str]]:
    """What makes each relation, in an order in which each can be made."""
    columns: dict[str, list[str]] = {}
    for name, column in con.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = 'house' ORDER BY table_oid, column_index"
    ).fetchall():
        columns.setdefault(name, []).append(column)
    first = [f"core.{table}" for table in _FIRST]
    made = {f"{folder}.{name}": text for folder in ("core", "marts") for name, text in relations(folder).items()}
    # Marts in the order of their making: some are made of others.
    for name in dict.fromkeys([*first, *sorted(columns.keys() - made.keys()), *made]):
        if name in columns:
            yield name, _statement(name, columns[name], made.get(name, ""))


def _statement(name: str, columns: list[str], made_by: str) -> str:
    """What makes one relation: its own SQL, how the build makes it, or its rows as far as they are in the extent."""
    schema, _, table = name.partition(".")
    own = _own(name)
    if own:
        return f"CREATE TABLE {name} AS\n{own}"
    if made_by.startswith("CREATE VIEW"):
        return made_by
    conditions = _conditions(name, columns)
    if name not in _OPEN and not conditions:
        # Sums over marts are added up again from what is left of them.
        if schema == "marts" and not re.search(r"\bcore\.", made_by):
            return made_by
        conditions = ["FALSE"]
    where = f"WHERE {' AND '.join(conditions)}" if name not in _OPEN else ""
    return f"CREATE TABLE {name} AS SELECT t.* FROM house.{schema}.{quote(table)} AS t {where} ORDER BY t.rowid"


def _conditions(name: str, columns: list[str]) -> list[str]:
    """That a row's own places and those of what it hangs on are in the extent; none where nothing places it."""
    found = []
    if {"region", "product_line"} & set(columns):
        region, line = (f"t.{c}" if c in columns else "''" for c in ("region", "product_line"))
        found.append(f"is_within({region}, {line})")
    # The nearest that is on record decides; a row that hangs on nothing was not placed.
    cases = [
        f"WHEN t.{column} IN (SELECT {column} FROM outside_{other}) THEN FALSE "
        f"WHEN t.{column} IN (SELECT {column} FROM core.{other}) THEN TRUE"
        for column, other in _HANGS_ON.items()
        if column in columns and name != f"core.{other}"
    ]
    return found + ([f"CASE {' '.join(cases)} ELSE TRUE END"] if cases else [])


@cache
def _own(name: str) -> str:
    file = _SQL / f"{name}.sql"
    return file.read_text(encoding="utf-8") if file.exists() else ""
