"""What is read of a database: a table or a query, its columns as text, its key and its cursor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

import polars as pl
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from bilingual.errors import UserError
from pipelines.formats.header import columns_of, missing, missing_columns
from pipelines.past import GONE
from pipelines.sources import Frame, Stream
from pipelines.sources.sql.opening import Opened, told

_CHUNK = 50_000
# Half of what the driver takes by itself: what was read is still in the processor's cache when it is written.
_BATCH_BYTES = 8 * 1024 * 1024
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_BINARY = (sa.LargeBinary, sa.BINARY, sa.VARBINARY, mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB)


@dataclass(frozen=True)
class Relation:
    """`columns` are the names landed, `source` the FROM clause, `texts` its columns as text; `key` are some of the names."""

    label: str
    source: sa.FromClause
    columns: list[str]
    texts: list[sa.ColumnElement[Any]]
    key: list[str]
    cursor: str | None

    def raw(self, name: str) -> sa.ColumnElement[Any]:
        """A column as the database has it."""
        return list(self.source.c)[self.columns.index(name)]


def relation_of(stream: Stream, opened: Opened) -> Relation:
    """What the stream's options name; raises UserError for a table or column that is not there."""
    table, query = stream.option("table"), stream.option("query")
    if bool(table) == bool(query):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: give either `table` or `query`.",
            zh="来源“{source}”的流“{stream}”：请指定 `table` 或 `query` 之一。",
            source=stream.source,
            stream=stream.name,
        )
    connection = opened.connection
    service = (connection.engine.url.database or connection.engine.url.host or "").replace("\\", "/")
    own_key: list[str] = []
    if table:
        inspector = sa.inspect(connection)
        schema, _, name = str(table).rpartition(".")
        _check_table(stream, inspector, name, schema or None)
        found: Any = inspector.get_columns(name, schema=schema or None)
        raw = [sa.column(column["name"], column["type"]) for column in found]
        own_key = inspector.get_pk_constraint(name, schema=schema or None)["constrained_columns"]
        source: sa.FromClause = sa.table(name, *raw, schema=schema or None)
    else:
        text = without_parameters(str(query))
        described = connection.execute(sa.text(f"SELECT * FROM ({text}) AS q WHERE 1 = 0"))  # the mapping's own query
        raw = [sa.column(column) for column in list(described.keys())]
        source = sa.text(text).columns(*raw).subquery("q")
    label = f"{service.rpartition('/')[2]}:{table or 'query'}"
    needs = stream.needs - {GONE}
    names = columns_of([column.name for column in raw], needs)
    cursor, key = stream.option("cursor"), stream.option("key") or []
    key = [key] if isinstance(key, str) else key
    if lacking := missing(names, [*needs, *key, *([cursor] if cursor else [])]):
        raise missing_columns(label, names, lacking)
    spelled = {name.casefold(): name for name in names}
    own = [name for name, column in zip(names, raw, strict=True) if column.name in own_key]
    return Relation(
        label=label,
        source=source,
        columns=names,
        texts=[as_text(opened.dialect, column).label(f"c{i}") for i, column in enumerate(source.c)],
        key=[spelled[str(name).casefold()] for name in key] or own,
        cursor=spelled[str(cursor).casefold()] if cursor else None,
    )


def without_parameters(query: str) -> str:
    """A query of a mapping as SQLAlchemy's text: a colon before a word would be taken for a parameter."""
    return re.sub(r"(?<!:):(?=\w)", r"\\:", query.strip().rstrip(";"))


def frames(
    stream: Stream, opened: Opened, relation: Relation, columns: Sequence[str], since: str | None = None
) -> Iterator[pl.DataFrame]:
    """The rows of some columns, as frames of text; with `since` those whose cursor is that or greater, or has no value."""
    # Polars' own layout of texts; made here it takes two thirds of the time.
    views = pa.schema([(name, pa.string_view()) for name in columns])
    for frame in columnar(stream, opened, relation, columns, since):
        yield pl.DataFrame(frame.cast(views)) if isinstance(frame, pa.Table) else frame


def columnar(
    stream: Stream, opened: Opened, relation: Relation, columns: Sequence[str], since: str | None = None
) -> Iterator[Frame]:
    """The same, in Arrow's columns where the driver gives such."""
    with told(stream):
        by_name = dict(zip(relation.columns, relation.texts, strict=True))
        statement = sa.select(*(by_name[name] for name in columns)).select_from(relation.source)
        # Where later rows count more, what counts as later is the cursor, else the key.
        moves = relation.raw(relation.cursor) if relation.cursor else None
        statement = statement.order_by(
            *([] if moves is None else [moves]), *(relation.raw(name) for name in relation.key)
        )
        if since is not None and moves is not None:
            statement = statement.where(sa.or_(moves >= _bound(opened, relation, moves, since), moves.is_(None)))
        batches: Iterator[Frame] = (
            _by_columns(opened, statement, columns) if opened.fast else _by_rows(stream, opened, statement, columns)
        )
        yield from batches


def _by_columns(opened: Opened, statement: sa.Select[Any], columns: Sequence[str]) -> Iterator[pa.Table]:
    # This parameter style is the one that leaves a percent sign in a name alone.
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    with opened.fast.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
        cursor.execute(str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})))
        reader = cursor.fetch_record_batch()
        yield from (pa.table(batch.columns, names=list(columns)) for batch in reader if batch.num_rows)


def _by_rows(
    stream: Stream, opened: Opened, statement: sa.Select[Any], columns: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """Drivers that give another type for text give it its text here."""
    result = opened.connection.execution_options(stream_results=True).execute(statement)
    unread = getattr(result.cursor, "_result", None)
    try:
        for rows in result.partitions(int(stream.option("chunk", _CHUNK))):
            cells = (
                [v if v is None or isinstance(v, str) else str(v) for v in column] for column in zip(*rows, strict=True)
            )
            yield pl.DataFrame(
                [pl.Series(name, column, pl.String) for name, column in zip(columns, cells, strict=True)]
            )
    finally:
        if getattr(unread, "unbuffered_active", False):
            # PyMySQL would fetch all the rest before it closes, also from a connection that is lost.
            unread.unbuffered_active = False  # type: ignore[union-attr]
            opened.connection.invalidate()


def _check_table(stream: Stream, inspector: sa.Inspector, name: str, schema: str | None) -> None:
    known = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
    if inspector.has_table(name, schema=schema) or name in known:
        return
    close = get_close_matches(name, known, n=3, cutoff=0.5) or sorted(known)[:8]
    raise UserError(
        en="Source “{source}”, stream “{stream}”: the database has no table “{table}” (found {found}); correct `table`.",
        zh="来源“{source}”的流“{stream}”：数据库中没有表“{table}”（找到的是{found}）；请更正 `table`。",
        source=stream.source,
        stream=stream.name,
        table=name,
        found=_quoted(close),
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names) or "—"


def as_text(dialect: str, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column as text, in SQL: what was stored, without a digit less."""
    plain: sa.ColumnElement[Any] = sa.cast(column, sa.Text)
    is_binary = isinstance(column.type, _BINARY)
    match dialect:
        case "sqlite":
            # Types belong to values here. Text of 15 digits is what people see; 17 are written only where they differ.
            return sa.case(
                (sa.func.typeof(column) == "blob", sa.func.lower(sa.func.hex(column))),
                (
                    sa.and_(sa.func.typeof(column) == "real", sa.cast(plain, sa.REAL) != column),
                    sa.func.printf("%!.17g", column),
                ),
                else_=plain,
            )
        case "postgresql":
            return sa.func.encode(column, "hex") if is_binary else plain
        case "mysql":
            if isinstance(column.type, sa.TIMESTAMP):
                return sa.func.concat(plain, "+00:00")  # an instant, in the session's zone
            return sa.func.lower(sa.func.hex(column)) if is_binary else plain
        case "mssql":
            # Style 126 is ISO 8601, 3 all digits of a float, 2 hexadecimal without a prefix.
            number = isinstance(column.type, sa.Float)
            style = 2 if is_binary else 3 if number else 126
            return sa.func.convert(sa.literal_column("NVARCHAR(MAX)"), column, sa.literal_column(str(style)))
        case _:
            return plain


def _bound(opened: Opened, relation: Relation, moves: sa.ColumnElement[Any], low: str) -> Any:
    """The landed text as a value that the cursor column is compared with."""
    match opened.dialect:
        case "postgresql":
            # Written out it is a literal of the column's own type; as a parameter it would be text.
            return sa.literal_column("'" + low.replace("'", "''") + "'")
        case "sqlite":
            some = sa.select(sa.func.typeof(moves)).select_from(relation.source).where(moves.is_not(None)).limit(1)
            kind = opened.connection.scalar(some)
            if kind == "integer" and re.fullmatch(r"-?\d+", low):
                return int(low)
            if kind in {"integer", "real"} and re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", low, re.IGNORECASE):
                return float(low)
            return sa.literal(low, sa.Text)
        case _:
            return sa.bindparam("low", low.removesuffix("+00:00"), sa.types.NullType())


def earlier(cursor: str, by: float) -> str:
    """A cursor's value so many seconds, or for a number so many units, before; other texts as they are."""
    if not by:
        return cursor
    if _NUMBER.fullmatch(cursor):
        return str(int(cursor) - int(by)) if cursor.lstrip("-").isdigit() else str(float(cursor) - by)
    try:
        if len(cursor) == len("2024-01-01"):
            return (date.fromisoformat(cursor) - timedelta(days=-(-by // 86_400))).isoformat()
        at = datetime.fromisoformat(cursor) - timedelta(seconds=by)
        return at.replace(microsecond=0).isoformat(cursor[10])
    except (ValueError, OverflowError):
        return cursor
