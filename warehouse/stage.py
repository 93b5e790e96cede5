"""Staging: the SQL that turns landed text into an entity's typed columns, written from the mapping.

One SELECT per mapping. Layer by layer it cleans, translates, reads and judges, and notes in `_problem` why a row cannot be used;
it joins nothing and drops nothing but what the mapping's own filter leaves out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from bilingual.errors import UserError
from bilingual.text import Text
from warehouse.database import Connection, literal, quote
from warehouse.entities import LINEAGE, Code, Entity, Field
from warehouse.mapping import EntityMapping, FieldMapping, Source

# Between problems and between the parts of one problem: control characters that no register contains.
PROBLEM_END, PROBLEM_PART = "\x1e", "\x1f"

_MACROS = (Path(__file__).parent / "staging" / "macros.sql").read_text(encoding="utf-8")


# Most expressions are a column: that is seen without parsing.
_COLUMN = re.compile(r'"[^"]+"')


@dataclass(frozen=True)
class Rule:
    """A row-level rule: `where` is the SQL condition, over an entity's typed columns, of the rows that break it.

    `field` is the column whose value is shown beside the reason, `text` the reason.
    """

    name: str
    field: str
    where: str
    text: Text


# Why staging itself sends a row to quarantine; the names are what `_problem` carries.
CAST_REASONS = {
    "malformed_row": Text(
        en="The row is not whole: it does not have the columns of the header, or the file was cut off.",
        zh="该行不完整：列数与表头不符，或文件被截断。",
    ),
    "error_value": Text(
        en="The spreadsheet shows an error in this cell; correct its formula, or name the error in `nulls`.",
        zh="该单元格为电子表格的错误值；请更正公式，或将该错误值写入 `nulls`。",
    ),
    "missing": Text(en="A mandatory value is missing.", zh="缺少必填值。"),
    "not_instant": Text(en="The value is not a date and time.", zh="该值不是日期时间。"),
    "not_day": Text(en="The value is not a date.", zh="该值不是日期。"),
    "not_number": Text(en="The value is not a number.", zh="该值不是数字。"),
    "not_integer": Text(en="The value is not a whole number.", zh="该值不是整数。"),
    "not_boolean": Text(en="The value is neither yes nor no.", zh="该值既不是“是”也不是“否”。"),
    "not_time": Text(en="The value is not a time of day.", zh="该值不是时刻。"),
}


def define_macros(con: Connection) -> None:
    """Define the casts that staging uses, on a building connection."""
    con.execute(_MACROS)


def columns_of(con: Connection, expression: str) -> set[str]:
    """The column names that an SQL expression reads; raises UserError where it is not an expression."""
    if _COLUMN.fullmatch(expression):
        return {expression[1:-1]}
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if node.get("type") == "COLUMN_REF":
                found.add(node["column_names"][-1])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    row = con.execute("SELECT json_serialize_sql(?)", [f"SELECT {expression}"]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error") or not expression.strip() or len(tree["statements"]) != 1:
        raise UserError(
            en="“{e}” is not an SQL expression ({m}); a column whose name has spaces or signs needs double quotes.",
            zh="“{e}”不是有效的 SQL 表达式（{m}）；列名含空格或符号时请用双引号括起。",
            e=expression,
            m=tree.get("error_message", "it must be one expression"),
        )
    walk(tree)
    return found


def mapped_columns(con: Connection, source: Source, entity: str, mapping: EntityMapping) -> set[str]:
    """The columns of the stream that one mapping reads; raises UserError that names the place of what is no SQL expression."""
    found = set()
    for place, expression in mapping.expressions().items():
        try:
            found |= columns_of(con, expression)
        except UserError as error:
            raise UserError(
                en=f"{source.name}.yaml, {entity}.{place}: {error.text.en}",
                zh=f"{source.name}.yaml 的 {entity}.{place}：{error.text.zh}",
            ) from None
    return found - {mapping.unpivot.names, mapping.unpivot.values} if mapping.unpivot else found


def needed_columns(source: Source, stream: str) -> frozenset[str]:
    """The columns that the mappings of a stream read: by these its header is recognised."""
    with duckdb.connect(":memory:") as con:
        return stream_columns(con, source, stream)


def stream_columns(con: Connection, source: Source, stream: str) -> frozenset[str]:
    """The columns that the mappings of a stream read, told by a connection that is open anyway."""
    return frozenset(
        column
        for entity, mappings in source.entities.items()
        for mapping in mappings
        if mapping.stream == stream
        for column in mapped_columns(con, source, entity, mapping)
    )


def _fixed_offset_minutes(zone: str) -> int | None:
    """Minutes east of UTC if the zone has had one offset since 1992, else None."""
    tz = ZoneInfo(zone)
    start = datetime(1992, 1, 1, tzinfo=UTC)
    offsets = {(start + timedelta(days=7 * week)).astimezone(tz).utcoffset() for week in range(52 * 40)}
    only = offsets.pop()
    return int(only.total_seconds() // 60) if not offsets and only is not None else None


def local_to_utc(sql: str, zone: str) -> str:
    """SQL for the UTC instant of a local time; plain arithmetic where the zone's offset never changes."""
    minutes = _fixed_offset_minutes(zone)
    if minutes is None:
        return f"timezone('UTC', timezone({literal(zone)}, {sql}))"
    return sql if minutes == 0 else f"({sql} - INTERVAL '{minutes} minutes')"


def _cleaned(mapped: FieldMapping) -> str:
    return f"clean(({mapped.expression}))"


def _without(nulls: Sequence[str], sql: str) -> str:
    return f"CASE WHEN {sql} IN ({', '.join(literal(n) for n in nulls)}) THEN NULL ELSE {sql} END" if nulls else sql


def _translated(sql: str, words: Mapping[str, str | None]) -> str:
    whens = " ".join(f"WHEN {literal(k)} THEN {'NULL' if v is None else literal(v)}" for k, v in words.items())
    return f"CASE {sql} {whens} ELSE {sql} END" if words else sql


def _recognised(sql: str, codes: Iterable[Code]) -> str:
    """A value as its code: people write the code or its name, in either language, in any case."""
    words: dict[str, str] = {}
    for code in codes:
        words |= {code.label.zh.lower(): code.code, code.label.en.lower(): code.code, code.code.lower(): code.code}
    whens = " ".join(f"WHEN {literal(word)} THEN {literal(code)}" for word, code in words.items())
    return f"CASE lower({sql}) {whens} ELSE {sql} END"


def _meant(field: Field, mapped: FieldMapping, source: Source, codes: Mapping[str, list[Code]]) -> str:
    """The cleaned text, as a column, in the words of the warehouse."""
    sql = _translated(_without(source.nulls, quote(field.name)), mapped.map)
    return _recognised(sql, codes[field.codes]) if field.codes else sql


def _local_time(raw: str, source: Source) -> str:
    formats = ", ".join(literal(f) for f in source.dates)
    return f"local_time({raw}, [{formats}])" if formats else f"plain_local_time({raw})"


def _instant(raw: str, source: Source) -> str:
    local = local_to_utc(f"movable({_local_time(raw, source)})", source.time_zone)
    return f"CASE WHEN states_offset({raw}) THEN offset_time({raw}) ELSE {local} END"


def _read(field: Field, source: Source) -> str:
    """The text of a field as a value of its type, or NULL; `_judged` says in the next step whether it can be."""
    raw = quote(field.name)
    match field.type:
        case "instant":
            return _instant(raw, source)
        case "day":
            return _local_time(raw, source)
        case "number" | "integer":
            return f"any_number({raw})"
        case "boolean":
            return f"to_boolean({raw})"
        case _:
            return f"try_cast({raw} AS {field.sql_type})"


def _judged(field: Field) -> str:
    value = quote("t " + field.name)
    match field.type:
        case "instant":
            return f"plausible({value})"
        case "day":
            return f"CAST(plausible({value}) AS DATE)"
        case "number":
            return f"finite({value})"
        case "integer":
            return f"whole({value})"
        case _:
            return value


def _problem(rule: str, field: str, value: str = "''") -> str:
    return f"{literal(rule + PROBLEM_PART + field + PROBLEM_PART)} || {value}"


def _own_key(entity: Entity, mapping: EntityMapping) -> str:
    """The entity's own key as one text: its parts joined by |, a | within a part escaped, so that no two keys meet."""
    parts = [quote(k) if k in mapping.fields else "NULL" for k in entity.key]
    if len(parts) == 1:
        return parts[0]
    return " || '|' || ".join(f"replace(replace(coalesce({part}, ''), '\\', '\\\\'), '|', '\\|')" for part in parts)


def staging_select(
    source: Source,
    entity: Entity,
    mapping: EntityMapping,
    view: str,
    codes: Mapping[str, list[Code]],
    rules: Sequence[Rule],
) -> str:
    """The SELECT that stages one mapping.

    Columns: every field of the entity in its type, `source_key`, `_version` (text), `_version_at` (its instant, where it
    is no number), `_is_gone`, `_problem` (text, empty for a row that can be used), and the lineage. `view` is the landed
    stream, whose columns are all text.
    """
    fields, empty = entity.fields, "''"
    mapped = {name: f for name, f in fields.items() if name in mapping.fields}
    typed = {name: f for name, f in mapped.items() if f.type not in ("text", "code")}
    own = {"source_key": mapping.key, "_version": mapping.version}
    cleaned = [f"{_cleaned(mapping.fields[name])} AS {quote(name)}" for name in mapped]
    cleaned += [f"{_cleaned(m) if m else 'CAST(NULL AS VARCHAR)'} AS {name}" for name, m in own.items()]
    meant = [f"{_meant(f, mapping.fields[name], source, codes)} AS {quote(name)}" for name, f in mapped.items()]
    meant += [f"{_without(source.nulls, name)} AS {name}" for name in own]
    version_at = "CAST(NULL AS TIMESTAMP)"
    if mapping.version:
        version_at = f"CASE WHEN version_number(_version) IS NULL THEN {_instant('_version', source)} END"
    read = [f"{_read(f, source)} AS {quote('t ' + name)}" for name, f in typed.items()]
    read += [f"{version_at} AS _version_at"]
    judged = [f"{_judged(f)} AS {quote('t ' + name)}" for name, f in typed.items()]
    judged += ["plausible(_version_at) AS _version_at"]
    if not mapping.key:
        judged.append(f"{_own_key(entity, mapping)} AS source_key")
    value = {n: quote(n if f.type in ("text", "code") else "t " + n) for n, f in mapped.items()}
    problems = ["CASE WHEN _defect IS NOT NULL THEN " + _problem("malformed_row", "", "_defect") + " END"]
    problems += [
        f"CASE WHEN {quote(n)} IS NOT NULL AND {value[n]} IS NULL THEN {_problem('not_' + f.type, n, quote(n))} END"
        for n, f in typed.items()
    ]
    problems += [
        f"CASE WHEN is_error({quote(n)}) THEN {_problem('error_value', n, quote(n))} END"
        for n in mapped
        if n not in typed
    ]
    problems += [
        f"CASE WHEN {quote(n)} IS NULL THEN {_problem('missing', n)} END" if n in mapped else _problem("missing", n)
        for n, f in fields.items()
        if f.required
    ]
    if mapping.key:
        problems.append(f"CASE WHEN source_key IS NULL THEN {_problem('missing', 'key')} END")
    final = [
        f"{value[n]} AS {quote(n)}" if n in mapped else f"CAST(NULL AS {f.sql_type}) AS {quote(n)}"
        for n, f in fields.items()
    ]
    # The reader of the quarantine looks for the value in the file: it is shown as it was written there.
    written = sorted({r.field for r in rules} & set(mapped))
    shown = {name: f"coalesce({quote('written ' + name)}, '')" for name in written}
    broken = [f"CASE WHEN {r.where} THEN {_problem(r.name, r.field, shown.get(r.field, empty))} END" for r in rules]
    lineage = ", ".join(LINEAGE)
    carried = "".join(f", {quote(name)} AS {quote('written ' + name)}" for name in written)
    dropped = "".join(f", {quote('written ' + name)}" for name in written)
    separator = literal(PROBLEM_END)
    where = f"WHERE {mapping.where}" if mapping.where else ""
    gone = f"coalesce(CAST(({mapping.gone}) AS BOOLEAN), FALSE)" if mapping.gone else "FALSE"
    rule_column = (
        f"concat_ws({separator}, nullif(_cast_problem, ''), {', '.join(broken)})" if broken else "_cast_problem"
    )
    return f"""
SELECT * EXCLUDE (_cast_problem{dropped}), CASE WHEN _is_gone THEN '' ELSE {rule_column} END AS _problem
FROM (
    SELECT {", ".join(final)}, source_key, _version, _version_at, _is_gone, {lineage},
        concat_ws({separator}, {", ".join(problems)}) AS _cast_problem{carried}
    FROM (
        SELECT * REPLACE ({", ".join(judged)})
        FROM (
            SELECT *, {", ".join(read)}
            FROM (
                SELECT {", ".join(meant)}, _is_gone, _defect, {lineage}
                FROM (
                    SELECT {", ".join(cleaned)}, {gone} AS _is_gone, _defect, {lineage}
                    FROM {view} AS landed {where}
                )
            )
        )
    )
)"""


def explain_failure(
    con: Connection, source: Source, entity: Entity, mapping: EntityMapping, view: str
) -> UserError | None:
    """After a staging SELECT failed: which expression of the mapping is wrong, as a sentence; None if none is."""
    for place, expression in mapping.expressions().items():
        try:
            con.execute(f"SELECT {expression} FROM {view} AS landed LIMIT 0")
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            return UserError(
                en="{file}.yaml, {where}: “{e}” does not work on the rows of stream “{stream}” ({reason}); correct the mapping.",
                zh="{file}.yaml 的 {where}：“{e}”不适用于数据流“{stream}”（{reason}）；请更正映射。",
                file=source.name,
                where=f"{entity.name}.{place}",
                e=expression,
                stream=mapping.stream,
                reason=reason,
            )
    return None
