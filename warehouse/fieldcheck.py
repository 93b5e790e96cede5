"""For each mapped field: how many landed values became one of its type, how many did not, and examples of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse import drift, landed
from warehouse.build import require_columns
from warehouse.database import Connection, literal, open_in_memory, quote
from warehouse.entities import Code, Entity, code_lists, entities
from warehouse.mapping import EntityMapping, Source
from warehouse.stage import PROBLEM_END, PROBLEM_PART, define_macros, explain_failure, staging_select, stream_columns

_EXAMPLES = 3
# Codes that have to be translated are listed; a column with more of them is of no list.
_UNKNOWN = 40


@dataclass(frozen=True)
class FieldReport:
    """One mapped field of one mapping over the rows that were read.

    `cast` rows have a value of the field's type, `empty` have none, `failed` have a text that is none of it;
    `unknown_codes` counts values that are on no code list; `unknown` are those values.
    """

    entity: str
    field: str
    type: str
    expression: str
    rows: int
    cast: int
    empty: int
    failed: int
    unknown_codes: int
    examples: tuple[str, ...]
    failing: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def field_reports(landing: Path, source: Source, codes_folder: Path) -> list[FieldReport]:
    """Stage everything below `landing` by the source's mappings, in memory, and report on each field.

    Raises UserError for an expression that does not fit the landed columns.
    """
    reports = []
    codes = code_lists(codes_folder)
    with open_in_memory(landing) as con:
        for entity, mapping in _staged(con, landing, source, codes):
            for field_name, mapped in mapping.fields.items():
                spec = entity.fields[field_name]
                column = quote(field_name)
                rows, cast = con.execute(f"SELECT count(*), count({column}) FROM staged").fetchone() or (0, 0)
                failed = con.execute(
                    "SELECT count(*) FROM problem WHERE field = $1 AND rule LIKE 'not%'", [field_name]
                ).fetchone() or (0,)
                unknown: list[tuple[str, int]] = []
                if spec.codes:
                    known = ", ".join(literal(c.code) for c in codes[spec.codes])
                    unknown = con.execute(
                        f"SELECT {column}, count(*) FROM staged WHERE {column} IS NOT NULL AND {column} NOT IN ({known}) "
                        "GROUP BY ALL ORDER BY 2 DESC, 1"
                    ).fetchall()
                examples = con.execute(
                    f"SELECT DISTINCT CAST({column} AS VARCHAR) FROM staged WHERE {column} IS NOT NULL LIMIT {_EXAMPLES}"
                ).fetchall()
                failing = con.execute(
                    f"SELECT DISTINCT value FROM problem WHERE field = $1 AND rule LIKE 'not%' LIMIT {_EXAMPLES}",
                    [field_name],
                ).fetchall()
                reports.append(
                    FieldReport(
                        entity=entity.name,
                        field=field_name,
                        type=spec.type,
                        expression=mapped.expression,
                        rows=rows,
                        cast=cast,
                        empty=rows - cast - failed[0],
                        failed=failed[0],
                        unknown_codes=sum(count for _, count in unknown),
                        examples=tuple(e[0] for e in examples),
                        failing=tuple(f[0] for f in failing),
                        unknown=tuple(value for value, _ in unknown[:_UNKNOWN]),
                    )
                )
    return reports


@dataclass(frozen=True)
class FirstRows:
    """How the first rows of one mapping would land: values by field, and of how many rows how many are set aside.

    `reasons` are the rules by which they are, with the field each is about, how many rows it concerns, and one of their values.
    """

    entity: str
    rows: list[dict[str, Any]]
    total: int
    aside: int
    reasons: list[tuple[str, str, int, str]]


def first_rows(landing: Path, source: Source, codes_folder: Path, count: int) -> list[FirstRows]:
    """The first rows below `landing` as the source's mappings stage them, and what would be quarantined."""
    found = []
    with open_in_memory(landing) as con:
        for entity, mapping in _staged(con, landing, source, code_lists(codes_folder)):
            fields = list(mapping.fields)
            listed = ", ".join(f"CAST({quote(f)} AS VARCHAR) AS {quote(f)}" for f in fields)
            rows = con.execute(f"SELECT {listed} FROM staged WHERE _problem = '' ORDER BY _file, _row LIMIT {count}")
            values = [dict(zip(fields, row, strict=True)) for row in rows.fetchall()]
            total, aside = con.execute("SELECT count(*), count(*) FILTER (_problem <> '') FROM staged").fetchone() or (
                0,
                0,
            )
            reasons = con.execute(
                "SELECT rule, field, count(*), coalesce(min(value), '') FROM problem GROUP BY ALL ORDER BY 3 DESC, 1, 2"
            ).fetchall()
            found.append(FirstRows(entity.name, values, total, aside, [(r, f, n, v) for r, f, n, v in reasons]))
    return found


def _staged(
    con: Connection, landing: Path, source: Source, codes: Mapping[str, list[Code]]
) -> Iterator[tuple[Entity, EntityMapping]]:
    """Each mapping that something landed for, while its rows are in the table `staged` and their faults in `problem`."""
    define_macros(con)
    for name, mappings in source.entities.items():
        entity = entities()[name]
        for mapping in mappings:
            files = landed.batches(landing, source.name, mapping.stream, source.streams[mapping.stream])
            if not files:
                continue
            view = f"landing {source.name} {mapping.stream}"
            needs = drift.forgiven(source, stream_columns(con, source, mapping.stream))
            con.execute(landed.view_sql(view, files, needs))
            columns = landed.columns(files, needs)
            require_columns(con, source, entity, mapping, columns)
            relation = landed.relation_sql(view, columns, mapping.unpivot, source.nulls)
            try:
                select = staging_select(source, entity, mapping, relation, codes, ())
                con.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {select}")
            except duckdb.Error as error:
                sentence = explain_failure(con, source, entity, mapping, relation)
                raise sentence or error from error
            con.execute(f"""
                CREATE OR REPLACE TEMP TABLE problem AS
                SELECT split_part(p, chr({ord(PROBLEM_PART)}), 1) AS rule, split_part(p, chr({ord(PROBLEM_PART)}), 2) AS field,
                    split_part(p, chr({ord(PROBLEM_PART)}), 3) AS value
                FROM (SELECT unnest(string_split(_problem, chr({ord(PROBLEM_END)}))) AS p FROM staged WHERE _problem <> '')
            """)
            yield entity, mapping
