"""Quarantined rows as they landed, file by file, with what is wrong in front: to be corrected and delivered again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from bilingual.errors import UserError
from warehouse.database import literal, open_in_memory
from warehouse.entities import LINEAGE
from warehouse.landed import is_plain
from warehouse.mapping import load, mapping_file
from warehouse.quality import Sought
from warehouse.reading import Reading
from warehouse.settings import Home


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a source row: the rule's name; field and value where it is about one."""

    entity: str
    rule: str
    field: str
    value: str


@dataclass(frozen=True)
class Wrong:
    """One source row in quarantine: its number in its file, all that is wrong with it, its values as they landed.

    `values` is empty where its batch is no longer in the landing zone.
    """

    row: int
    faults: tuple[Fault, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Sheet:
    """The quarantined rows of one file, in its order; `columns` are the source's own."""

    source: str
    stream: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[Wrong, ...]


_ROWS = """
    SELECT q.source, q.stream, q.file, q.batch, q.row_no,
        list({'entity': q.entity, 'rule': q.rule, 'field': q.field, 'value': q.value}
            ORDER BY q.entity, q.rule, q.field) AS faults
    FROM (SELECT DISTINCT entity, source, stream, file, batch, row_no, rule, field, value FROM meta.quarantine) AS q
    WHERE ($1 IS NULL OR q.entity = $1) AND ($2 IS NULL OR q.source = $2) AND ($3 IS NULL OR q.rule = $3)
        AND ($4 IS NULL OR q.file = $4)
    GROUP BY q.source, q.stream, q.file, q.batch, q.row_no
    ORDER BY q.source, q.stream, q.file, q.row_no, q.batch LIMIT $5"""


def sheets(home: Home, reading: Reading, sought: Sought, most: int) -> Iterator[Sheet]:
    """The rows looked for, at most so many, a sheet for each file; read from the landing zone as they are asked for."""
    found = reading.rows(_ROWS, [*astuple(sought), most])
    for (source, stream, file), of_file in groupby(found, key=lambda row: row[:3]):
        rows = list(of_file)
        columns: dict[str, None] = {}
        landed: dict[tuple[str, int], dict[str, Any]] = {}
        for batch in dict.fromkeys(row[3] for row in rows):
            numbers = [row[4] for row in rows if row[3] == batch]
            names, values = _landed(home.landing, (source, stream, batch), file, numbers)
            columns |= dict.fromkeys(names)
            landed |= {(batch, number): dict(zip(names, row, strict=True)) for number, row in values.items()}
        yield Sheet(source, stream, file, tuple(columns), tuple(_wrong(row, tuple(columns), landed) for row in rows))


def _wrong(row: Sequence[Any], columns: tuple[str, ...], landed: dict[tuple[str, int], dict[str, Any]]) -> Wrong:
    values = landed.get((row[3], row[4]))
    faults = tuple(Fault(**{name: value or "" for name, value in fault.items()}) for fault in row[5])
    return Wrong(row[4], faults, tuple(values.get(name) for name in columns) if values is not None else ())


def _landed(
    landing: Path, place: tuple[str, str, str], file: str, numbers: list[int]
) -> tuple[list[str], dict[int, tuple[Any, ...]]]:
    """The source's own columns of a batch, and the rows with these numbers; nothing where the batch is gone."""
    source, stream, batch = place
    path = landing / source / stream / f"{batch}.parquet"
    if not is_plain(source, stream, batch) or not path.is_file():
        return [], {}
    with open_in_memory(landing) as con:
        cursor = con.execute(
            f"""
            SELECT _row, COLUMNS(c -> NOT list_contains($3, c)) FROM read_parquet({literal(str(path))})
            WHERE _file = $1 AND _row IN (SELECT unnest($2))
            """,
            [file, numbers, [*LINEAGE, "_defect"]],
        )
        names = [column[0] for column in cursor.description or []][1:]
        return names, {row[0]: row[1:] for row in cursor.fetchall()}


def written_in(home: Home, source: str, stream: str) -> dict[tuple[str, str], str]:
    """From which column or expression the mapping of today fills each entity's field; several joined by ·."""
    if not is_plain(source):
        return {}
    file = mapping_file(home.sources, source)
    try:
        return _written(file, file.stat().st_mtime_ns).get(stream, {})
    except (UserError, OSError):
        return {}  # the mapping was changed or taken away since


@lru_cache(maxsize=64)
def _written(file: Path, _changed_at: int) -> dict[str, dict[tuple[str, str], str]]:
    found: dict[str, dict[tuple[str, str], dict[str, None]]] = {}
    for entity, mappings in load(file).entities.items():
        for mapping in mappings:
            for name, filled in mapping.fields.items():
                expressions = found.setdefault(mapping.stream, {}).setdefault((entity, name), {})
                expressions[filled.expression.strip('"')] = None
    return {stream: {place: " · ".join(e) for place, e in fields.items()} for stream, fields in found.items()}
