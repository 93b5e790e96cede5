"""What became of a source row: which rows of the warehouse came from it, and why others did not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.database import literal, open_in_memory, quote
from warehouse.entities import entities
from warehouse.landed import is_plain
from warehouse.quality import columns
from warehouse.quality_correction import written_in
from warehouse.reading import Reading
from warehouse.settings import Home


@dataclass(frozen=True)
class Place:
    """Where a source row stands: its lineage."""

    source: str
    stream: str
    batch: str
    file: str
    row: int


@dataclass(frozen=True)
class Became:
    """One row of the warehouse that a source row became: its entity, its key there, its fields."""

    entity: str
    key: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Trace:
    """What became of a source row. Neither became nor faults: a newer version replaced it, or its mapping left it out.

    written_in: (entity, field) → the column or expression that fills it. faults: rule, entity, field, value, en, zh.
    """

    became: tuple[Became, ...]
    faults: tuple[dict[str, Any], ...]
    written_in: dict[tuple[str, str], str]


def neighbours(landing: Path, place: Place) -> tuple[int | None, int | None]:
    """The numbers of the rows before and after it in the same delivery of its file; None at an end."""
    path = landing / place.source / place.stream / f"{place.batch}.parquet"
    if not is_plain(place.source, place.stream, place.batch) or not path.is_file():
        return None, None
    with open_in_memory(landing) as con:
        row = con.execute(
            "SELECT max(_row) FILTER (_row < $1), min(_row) FILTER (_row > $1) "
            f"FROM read_parquet({literal(str(path))}) WHERE _file = $2",
            [place.row, place.file],
        ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def trace(home: Home, reading: Reading, place: Place) -> Trace:
    """Follow a source row into the snapshot."""
    mapped = written_in(home, place.source, place.stream)
    parameters = [place.source, place.stream, place.batch, place.file, place.row]
    became = []
    for name in dict.fromkeys(entity for entity, _ in mapped):
        has = columns(reading).get(f"core.{name}", frozenset())
        fields = [field for field in entities()[name].fields if field in has]
        if not fields:
            continue
        rows = reading.records(
            f"SELECT source_key, {', '.join(quote(f) for f in fields)} FROM core.{name} "
            "WHERE _row = $5 AND _file = $4 AND _batch = $3 AND _stream = $2 AND _source = $1",
            parameters,
        )
        became += [Became(name, str(row.pop("source_key")), row) for row in rows]
    faults = reading.records(
        """
        SELECT DISTINCT q.rule, q.entity, q.field, q.value, r.en, r.zh
        FROM meta.quarantine AS q LEFT JOIN meta.rule AS r ON r.rule = q.rule
        WHERE q.source = $1 AND q.stream = $2 AND q.batch = $3 AND q.file = $4 AND q.row_no = $5
        ORDER BY ALL
        """,
        parameters,
    )
    return Trace(tuple(became), tuple(faults), mapped)
