"""Tables and queries of SQL databases, opened read-only."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from bilingual.errors import UserError
from pipelines.formats.header import columns_of, missing, missing_columns
from pipelines.formats.spool import Spool
from pipelines.sources import Delivery, Landed, Rejection, Stream
from warehouse.entities import entities
from warehouse.told import ROWS

_CHUNK = 50_000
_TIMEOUT_SECONDS = 900
_SQLITE_STEPS = 100_000
_FIRST, _BETWEEN, _LAST, _NULL = "first", "between", "last", "null"


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """What a table or a query holds now, or, with `cursor`, what it holds from the highest landed value on.

    Options: `url` (`${NAME}` is taken from the environment; SQLite paths start from the configuration's folder),
    `table` or `query`, `cursor` (a column), `chunk` (rows fetched at a time), `timeout` (seconds). Everything is
    text: blobs are hexadecimal, nulls null. Rows are read in one statement under one snapshot and kept in a
    temporary file, so a batch is named by what it holds and is offered only when that did not land before.

    With a cursor, rows that have the first and the last value are batches of their own: these are read again next
    time, since equal values may still be added, and land again only when they have changed. Rows without a value
    are one more batch. Raises UserError for a database, table or column that is not there.
    """
    with _errors_told(stream), _opened(stream) as connection:
        relation = _relation(stream, connection)
        batches = (
            _by_cursor(stream, connection, relation, landed)
            if relation.cursor
            else _whole(stream, connection, relation)
        )
        offers = [(name, spool) for name, spool in batches if not landed.has(name)]
        if stream.totals:
            # Under the same snapshot, so that they are of the very rows that were read.
            landed.keep_totals({entity: _totals(stream, connection, entity) for entity in stream.totals})
    yield from (Delivery(name, relation.label, spool.frames) for name, spool in offers)


@dataclass(frozen=True)
class _Relation:
    """What is read: `columns` are the names landed, `source` its FROM clause, `texts` its columns as text."""

    label: str
    source: sa.FromClause
    columns: list[str]
    texts: list[sa.ColumnElement[Any]]
    key: list[sa.ColumnElement[Any]]
    cursor: str | None
    moves: sa.ColumnElement[Any] | None


def _whole(stream: Stream, connection: sa.Connection, relation: _Relation) -> list[tuple[str, Spool]]:
    spool = Spool(relation.columns)
    for rows in _rows(
        stream, connection, sa.select(*relation.texts).select_from(relation.source).order_by(*relation.key)
    ):
        spool.add(rows)
    return [(f"{spool.finish()[:16]}-{stream.signature}", spool)]


def _by_cursor(
    stream: Stream, connection: sa.Connection, relation: _Relation, landed: Landed
) -> list[tuple[str, Spool]]:
    moves = relation.moves
    assert moves is not None
    assert relation.cursor is not None
    position = relation.columns.index(relation.cursor)
    low = landed.highest(relation.cursor)
    top = connection.scalar(sa.select(_text(connection, sa.func.max(moves))).select_from(relation.source))
    statement = sa.select(*relation.texts).select_from(relation.source).order_by(moves, *relation.key)
    if low is not None:
        statement = statement.where(sa.or_(moves >= _bound(connection, relation.source, moves, low), moves.is_(None)))
    spools = {part: Spool(relation.columns) for part in (_FIRST, _BETWEEN, _LAST, _NULL)}
    ends: dict[str, tuple[str, str]] = {}
    for rows in _rows(stream, connection, statement):
        parts: dict[str, list[Sequence[str | None]]] = {part: [] for part in spools}
        for row in rows:
            value = row[position]
            part = _NULL if value is None else _FIRST if value == low else _LAST if value == top else _BETWEEN
            parts[part].append(row)
        for part, some in parts.items():
            spools[part].add(some)
            if some:
                ends[part] = (ends.get(part, (str(some[0][position]), ""))[0], str(some[-1][position]))
    found = [(part, spool) for part, spool in spools.items() if spool.rows]
    # An empty table lands once as an empty batch, so that its columns are known.
    if not found and low is None:
        found = [(_BETWEEN, spools[_BETWEEN])]
    return [(_named(ends.get(part, ("", "")), stream, spool), spool) for part, spool in found]


def _named(ends: tuple[str, str], stream: Stream, spool: Spool) -> str:
    first, last = (re.sub(r"[^0-9A-Za-z.]+", "-", end)[:40] for end in ends)
    return f"{first}__{last}-{stream.signature}-{spool.finish()[:12]}"


def _rows(
    stream: Stream, connection: sa.Connection, statement: sa.Select[Any]
) -> Iterator[list[tuple[str | None, ...]]]:
    """Chunks of rows; drivers that give another type for text give it its text here."""
    result = connection.execution_options(stream_results=True).execute(statement)
    for rows in result.partitions(int(stream.option("chunk", _CHUNK))):
        yield [tuple(v if v is None or isinstance(v, str) else str(v) for v in row) for row in rows]


def _totals(stream: Stream, connection: sa.Connection, entity: str) -> dict[str, float]:
    """What the source says of an entity: `rows` and sums of fields; a sum of nothing is 0."""
    row = connection.execute(sa.text(_no_parameters(stream.totals[entity]))).mappings().one()
    known = {ROWS, *(f.name for f in entities()[entity].fields.values() if f.type in ("number", "integer"))}
    if unknown := [name for name in row if name not in known]:
        raise UserError(
            en="Source “{source}”, {entity}.totals: “{name}” is neither `rows` nor a number of this entity; name the column so.",
            zh="来源“{source}”的 {entity}.totals：“{name}”既不是 `rows` 也不是该实体的数值字段；请相应命名该列。",
            source=stream.source,
            entity=entity,
            name="”, “".join(unknown),
        )
    return {name: float(value or 0) for name, value in row.items()}


def _no_parameters(query: str) -> str:
    """A query of a mapping as SQLAlchemy's text: a colon before a word would be taken for a parameter."""
    return re.sub(r"(?<!:):(?=\w)", r"\\:", query.strip().rstrip(";"))


# --- what is read ---------------------------------------------------------------------------------------------------


def _relation(stream: Stream, connection: sa.Connection) -> _Relation:
    table, query = stream.option("table"), stream.option("query")
    if bool(table) == bool(query):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: give either `table` or `query`.",
            zh="来源“{source}”的流“{stream}”：请指定 `table` 或 `query` 之一。",
            source=stream.source,
            stream=stream.name,
        )
    inspector = sa.inspect(connection)
    service = (connection.engine.url.database or connection.engine.url.host or "").replace("\\", "/")
    key: list[str] = []
    if table:
        schema, _, name = str(table).rpartition(".")
        _check_table(stream, inspector, name, schema or None)
        found: Any = inspector.get_columns(name, schema=schema or None)
        raw = [sa.column(column["name"], column["type"]) for column in found]
        key = inspector.get_pk_constraint(name, schema=schema or None)["constrained_columns"]
        source: sa.FromClause = sa.table(name, *raw, schema=schema or None)
    else:
        text = _no_parameters(str(query))
        described = connection.execute(sa.text(f"SELECT * FROM ({text}) AS q WHERE 1 = 0"))  # the mapping's own query
        raw = [sa.column(column) for column in list(described.keys())]
        source = sa.text(text).columns(*raw).subquery("q")
        name = "query"
    label = f"{service.rpartition('/')[2]}:{table or 'query'}"
    names = columns_of([column.name for column in raw], stream.needs)
    cursor = stream.option("cursor")
    wanted = [*stream.needs, *([cursor] if cursor else [])]
    if lacking := missing(names, wanted):
        raise missing_columns(label, names, lacking)
    at = [n.casefold() for n in names].index(str(cursor).casefold()) if cursor else None
    columns = list(source.c)
    return _Relation(
        label=label,
        source=source,
        columns=names,
        texts=[_text(connection, column).label(f"c{i}") for i, column in enumerate(columns)],
        key=[source.c[column] for column in key],
        cursor=None if at is None else names[at],
        moves=None if at is None else columns[at],
    )


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
        found=", ".join(f"“{other}”" for other in close) or "—",
    )


def _text(connection: sa.Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column as text, in SQL."""
    as_text: sa.ColumnElement[Any] = sa.cast(column, sa.Text)
    dialect = connection.dialect.name
    if dialect == "sqlite":
        # Types belong to values here. Text of 15 digits is what people see; 17 are written only where they differ.
        return sa.case(
            (sa.func.typeof(column) == "blob", sa.func.lower(sa.func.hex(column))),
            (
                sa.and_(sa.func.typeof(column) == "real", sa.cast(as_text, sa.REAL) != column),
                sa.func.printf("%!.17g", column),
            ),
            else_=as_text,
        )
    if isinstance(column.type, sa.LargeBinary):
        if dialect == "postgresql":
            return sa.func.encode(column, "hex")
        if dialect in {"mysql", "mariadb"}:
            return sa.func.lower(sa.func.hex(column))
    return as_text


def _bound(connection: sa.Connection, source: sa.FromClause, moves: sa.ColumnElement[Any], low: str) -> Any:
    """The landed text as a value that the cursor column is compared with."""
    if connection.dialect.name != "sqlite":
        # Without a type the server takes it for a literal of the column's own type.
        return sa.bindparam("low", low, sa.types.NullType())
    some = sa.select(sa.func.typeof(moves)).select_from(source).where(moves.is_not(None)).limit(1)
    kind = connection.scalar(some)
    if kind == "integer" and re.fullmatch(r"-?\d+", low):
        return int(low)
    if kind in {"integer", "real"} and re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", low, re.IGNORECASE):
        return float(low)
    return sa.literal(low, sa.Text)


# --- how it is opened -----------------------------------------------------------------------------------------------


def _url(stream: Stream) -> sa.URL:
    def filled(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise UserError(
                en="Source “{source}”, stream “{stream}”: the environment variable {name} is not set; `url` needs it.",
                zh="来源“{source}”的流“{stream}”：未设置 `url` 所需的环境变量 {name}。",
                source=stream.source,
                stream=stream.name,
                name=match[1],
            )
        return value

    try:
        return sa.make_url(re.sub(r"\$\{(\w+)\}", filled, str(stream.option("url") or "")))
    except (sa.exc.ArgumentError, ValueError):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `url` is no database URL; write it as "
            "`postgresql+psycopg://user:${{PASSWORD}}@host/database` or `sqlite:///file.db`.",
            zh="来源“{source}”的流“{stream}”：`url` 不是有效的数据库地址；请写成 "
            "`postgresql+psycopg://user:${{PASSWORD}}@host/database` 或 `sqlite:///file.db`。",
            source=stream.source,
            stream=stream.name,
        ) from None


@contextmanager
def _opened(stream: Stream) -> Iterator[sa.Connection]:
    """A read-only connection inside one transaction that sees one state of the database."""
    url = _url(stream)
    timeout = float(stream.option("timeout", _TIMEOUT_SECONDS))
    engine = (
        _sqlite(stream, url, timeout)
        if url.get_backend_name() == "sqlite"
        else sa.create_engine(url, poolclass=sa.NullPool)
    )
    try:
        with engine.connect() as plain:
            connection = plain
            if engine.dialect.name == "postgresql":
                connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                connection.execute(sa.text(f"SET LOCAL statement_timeout = {int(timeout * 1000)}"))
                connection.execute(sa.text("SET LOCAL datestyle = 'ISO'"))
                # A zoned time carries its offset; one zone for all makes texts comparable.
                connection.execute(sa.text("SET LOCAL timezone = 'UTC'"))
            elif engine.dialect.name in {"mysql", "mariadb"}:
                connection = plain.execution_options(isolation_level="REPEATABLE READ")
                if engine.dialect.name == "mysql":
                    connection.execute(sa.text(f"SET SESSION max_execution_time = {int(timeout * 1000)}"))
            yield connection
    finally:
        engine.dispose()


def _sqlite(stream: Stream, url: sa.URL, timeout: float) -> sa.Engine:
    path = stream.home / (url.database or "")
    if not path.is_file():
        raise UserError(
            en="Source “{source}”, stream “{stream}”: there is no database file {file}; correct `url`.",
            zh="来源“{source}”的流“{stream}”：数据库文件 {file} 不存在；请更正 `url`。",
            source=stream.source,
            stream=stream.name,
            file=url.database or "—",
        )

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
        end = time.monotonic() + timeout
        connection.set_progress_handler(lambda: time.monotonic() > end, _SQLITE_STEPS)
        connection.execute("BEGIN")
        return connection

    # The URL is kept for its name only; connections come from `connect`.
    return sa.create_engine(url, creator=connect, poolclass=sa.NullPool)


@contextmanager
def _errors_told(stream: Stream) -> Iterator[None]:
    """Whatever the database or its driver objects to, as a sentence without the URL, which may hold a password."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0][:300]
        secret = _url(stream).password
        raise UserError(
            en="Source “{source}”, stream “{stream}”: the database answers “{reason}”; check `url`, `table` and `query`.",
            zh="来源“{source}”的流“{stream}”：数据库返回“{reason}”；请检查 `url`、`table` 和 `query`。",
            source=stream.source,
            stream=stream.name,
            reason=reason.replace(secret, "***") if secret else reason,
        ) from None
