"""What has landed: which batches count for a stream, and the source row behind a row of the warehouse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from warehouse.database import literal, open_in_memory, quote
from warehouse.mapping import Unpivot
from warehouse.synonyms import renamed


def signature(options: dict[str, Any]) -> str:
    """Eight hex digits that change when a stream's reading options do; part of every batch's name."""
    return hashlib.sha256(json.dumps(options, sort_keys=True, default=str).encode()).hexdigest()[:8]


def batches(landing: Path, source: str, stream: str, options: dict[str, Any]) -> list[Path]:
    """The landed files of a stream that count: read with today's options, or never read with them."""
    files = sorted((landing / source / stream).glob("*.parquet"))
    current = signature(options)
    fresh = {file.name[:16] for file in files if current in file.name}
    return [file for file in files if current in file.name or file.name[:16] not in fresh]


def schema(file: Path) -> frozenset[str]:
    """The columns of a landed file."""
    return _schema(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=100_000)
def _schema(file: Path, changed: int) -> frozenset[str]:  # noqa: ARG001  # a file landed anew is another
    return frozenset(pq.read_schema(file).names)


def renames(files: list[Path], needs: Collection[str]) -> dict[str, dict[str, str]]:
    """The needed columns that a batch has under another name: by batch, by need, that name."""
    found = {file.stem: renamed(needs, schema(file)) for file in files}
    return {batch: by for batch, by in found.items() if by}


def columns(files: list[Path], needs: Collection[str] = ()) -> set[str]:
    """All columns of some landed files, and the needed ones that are there under another name."""
    found = {name for file in files for name in schema(file)}
    return found | {need for by in renames(files, needs).values() for need in by}


def view_sql(name: str, files: list[Path], needs: Collection[str] = ()) -> str:
    """DDL of a view over landed files. Rows that a reader found malformed carry `_defect`; others NULL.

    A needed column that a batch has under another name is read from there, for that batch's rows.
    """
    found = columns(files)
    listed = ", ".join(literal(str(file)) for file in files)
    others: dict[str, list[str]] = {}
    for batch, by in renames(files, needs).items():
        for need, column in by.items():
            others.setdefault(need, []).append(f"WHEN {literal(batch)} THEN {quote(column)}")
    moved = {n: f"CASE _batch {' '.join(w)} {f'ELSE {quote(n)} ' if n in found else ''}END" for n, w in others.items()}
    replaced = ", ".join(f"{sql} AS {quote(n)}" for n, sql in moved.items() if n in found)
    added = "".join(f", {sql} AS {quote(n)}" for n, sql in moved.items() if n not in found)
    added += "" if "_defect" in found else ", CAST(NULL AS VARCHAR) AS _defect"
    star = f"* REPLACE ({replaced})" if replaced else "*"
    return f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {star}{added} FROM read_parquet([{listed}], union_by_name = true)"


def relation_sql(view: str, columns: Collection[str], unpivot: Unpivot | None, nulls: Collection[str]) -> str:
    """What a mapping selects from: the view of a stream, or its wide columns as rows, without cells that hold nothing.

    Rows keep their lineage; `columns` are those of the view, `nulls` the texts that mean nothing.
    """
    wide = [column for column in columns if unpivot and unpivot.matches(column)]
    if not unpivot or not wide:
        return quote(view)
    # A column of the same name as one that is made is hidden by it.
    made = {unpivot.names.casefold(), unpivot.values.casefold()}
    hidden = ", ".join(quote(column) for column in columns if column.casefold() in made and column not in wide)
    listed = ", ".join(quote(column) for column in sorted(wide))
    empty = ", ".join(literal(text) for text in ("", *nulls))
    return f"""(
    SELECT * FROM (SELECT * {f"EXCLUDE ({hidden})" if hidden else ""} FROM {quote(view)})
    UNPIVOT ({quote(unpivot.values)} FOR {quote(unpivot.names)} IN ({listed}))
    WHERE trim({quote(unpivot.values)}) NOT IN ({empty})
)"""


def is_plain(*names: str) -> bool:
    """Whether each is the name of a file or folder and nothing that leads elsewhere."""
    return not any(name in ("", ".", "..") or "/" in name or "\\" in name for name in names)


def source_row(landing: Path, source: str, stream: str, batch: str, file: str, row: int) -> dict[str, Any] | None:
    """One source row exactly as it landed, by its lineage; None when the batch is no longer there.

    Every part is checked to be a plain name: a lineage that points outside the landing zone finds nothing.
    """
    if not is_plain(source, stream, batch):
        return None
    path = landing / source / stream / f"{batch}.parquet"
    if not path.is_file():
        return None
    with open_in_memory(landing) as con:
        cursor = con.execute(
            f"SELECT * FROM read_parquet({literal(str(path))}) WHERE _row = $1 AND _file = $2 LIMIT 1", [row, file]
        )
        names = [column[0] for column in cursor.description or []]
        found = cursor.fetchone()
    return dict(zip(names, found, strict=True)) if found else None
