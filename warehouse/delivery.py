"""What became of the rows of one delivery: shown, set aside and why, replaced by newer ones, left out by the mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bilingual.text import Text
from warehouse import drift, landed
from warehouse.database import Connection, open_in_memory, quote
from warehouse.entities import entities
from warehouse.mapping import EntityMapping, Source
from warehouse.quality_correction import written_in
from warehouse.reading import Reading
from warehouse.settings import Home
from warehouse.stage import define_macros, stream_columns


@dataclass(frozen=True)
class Delivered:
    """Some batches of a stream that landed together."""

    source: Source
    stream: str
    batches: tuple[str, ...]

    def files(self, home: Home) -> list[Path]:
        """The batches that are still in the landing zone."""
        folder = home.landing / self.source.name / self.stream
        return [file for batch in self.batches if (file := folder / f"{batch}.parquet").is_file()]


@dataclass(frozen=True)
class Became:
    """Rows of one entity. replaced: another row with their key stands, which is newer; left_out: no mapping wants them."""

    entity: str
    accepted: int
    set_aside: int
    replaced: int
    left_out: int


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong with one row. column: of the delivery, or the field's name where it comes from none."""

    file: str
    row: int
    column: Text
    value: str
    why: Text


_VIEW = "delivered"
_OF = "{q}source = $1 AND {q}stream = $2 AND list_contains($3, {q}batch)"


def became(home: Home, reading: Reading, delivered: Delivered) -> list[Became]:
    """What became of the rows, by entity."""
    parameters = [delivered.source.name, delivered.stream, list(delivered.batches)]
    aside = dict(
        reading.rows(
            f"""
            SELECT entity, count(*) FROM (
                SELECT DISTINCT entity, batch, file, row_no, source_key FROM meta.quarantine WHERE {_OF.format(q="")}
            ) GROUP BY entity
            """,
            parameters,
        )
    )
    found = []
    for entity, (through, left_out) in _let_through(home, delivered).items():
        ((accepted,),) = reading.rows(
            f"SELECT count(*) FROM core.{quote(entity)} WHERE {_OF.format(q='_')}", parameters
        )
        set_aside = aside.get(entity, 0)
        found.append(Became(entity, accepted, set_aside, max(0, through - accepted - set_aside), left_out))
    return found


def _let_through(home: Home, delivered: Delivered) -> dict[str, tuple[int, int]]:
    """By entity: how often its mappings let a row through, and how many rows none of them does."""
    source, files = delivered.source, delivered.files(home)
    if not files:
        return {}
    fed = {
        entity: [m for m in mappings if m.stream == delivered.stream]
        for entity, mappings in source.entities.items()
        if any(m.stream == delivered.stream for m in mappings)
    }
    with open_in_memory(home.landing) as con:
        define_macros(con)
        needs = drift.forgiven(source, stream_columns(con, source, delivered.stream))
        con.execute(landed.view_sql(_VIEW, files, needs))
        columns = landed.columns(files, needs)
        return {entity: _counted(con, source, mappings, columns) for entity, mappings in fed.items()}


def _counted(con: Connection, source: Source, mappings: Sequence[EntityMapping], columns: set[str]) -> tuple[int, int]:
    """How often mappings let a row through, and how many rows none of them does."""
    wanted = [f"coalesce(CAST(({m.where}) AS BOOLEAN), false)" if m.where else "true" for m in mappings]
    relations = [landed.relation_sql(_VIEW, columns, m.unpivot, source.nulls) for m in mappings]
    try:
        counts = [
            con.execute(f"SELECT count(*) FILTER ({w}), count(*) FROM {r} AS landed").fetchone() or (0, 0)
            for w, r in zip(wanted, relations, strict=True)
        ]
        through = sum(count for count, _ in counts)
        if len(mappings) == 1:
            return through, counts[0][1] - through
        if len(set(relations)) > 1:
            return through, 0  # rows of one reading are not those of another
        none = con.execute(f"SELECT count(*) FILTER (NOT ({' OR '.join(wanted)})) FROM {relations[0]} AS landed")
        return through, (none.fetchone() or (0,))[0]
    except duckdb.Error:
        return 0, 0  # the mapping does not fit these files: nobody can say what it would leave out


def complaints(home: Home, reading: Reading, delivered: Delivered, most: int) -> list[Complaint]:
    """What is wrong with rows that were set aside, in their order; at most so many."""
    source, stream = delivered.source.name, delivered.stream
    written = written_in(home, source, stream)
    rows = reading.rows(
        f"""
        SELECT DISTINCT q.file, q.row_no, q.entity, q.field, coalesce(q.value, ''), coalesce(r.en, q.rule), coalesce(r.zh, q.rule)
        FROM meta.quarantine AS q LEFT JOIN meta.rule AS r ON r.rule = q.rule
        WHERE {_OF.format(q="q.")} ORDER BY ALL LIMIT $4
        """,
        [source, stream, list(delivered.batches), most],
    )
    return [
        Complaint(file, row, _column(written.get((entity, field)), entity, field), value, Text(en=en, zh=zh))
        for file, row, entity, field, value, en, zh in rows
    ]


def _column(written: str | None, entity: str, field: str | None) -> Text:
    if written:
        return Text(en=written, zh=written)
    fields = entities()[entity].fields
    return fields[field].label if field in fields else Text(en="", zh="")
