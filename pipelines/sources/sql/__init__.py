"""Tables and queries of SQL databases, opened read-only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import chain

import numpy as np
import polars as pl
import pyarrow as pa
import sqlalchemy as sa

from bilingual.errors import UserError
from pipelines.formats.reading import ROW
from pipelines.past import GONE, Past
from pipelines.sources import Delivery, Frame, Landed, Rejection, Stream
from pipelines.sources.sql.opening import Opened, opened, told
from pipelines.sources.sql.relation import Relation, columnar, earlier, frames, relation_of, without_parameters
from warehouse.entities import entities
from warehouse.landed import signature
from warehouse.told import ROWS

PLACES = frozenset({"url"})
_OVERLAP_SECONDS = 3600
_RECONCILE_HOURS = 24
_BATCH = re.compile(r"sql-(\d{12})")


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """The rows of a table or a query that are new or other than they last landed, as one batch; none where none are.

    Options: `url` (`${NAME}` is taken from the environment; SQLite paths start from the configuration's folder),
    `table` or `query`, `key` (columns; else the table's primary key), `cursor` (a column), `overlap` (seconds, or units
    of a number, that are read again before the highest landed cursor), `reconcile_hours`, `chunk` (rows fetched at a
    time), `timeout` (seconds). Everything is text: blobs are hexadecimal, nulls null.

    Where the mapping reads the column `_gone`, rows whose key the source has no longer land once more with `true` in it:
    without a cursor each time, with one as often as `reconcile_hours` says; keys that never landed are then fetched too.
    Raises UserError for a database, table or column that is not there.
    """
    with told(stream), opened(stream) as source:
        relation = relation_of(stream, source)
        pull = _Pull(stream, landed, source, relation)
        if stream.totals:
            # Under the same snapshot, so that they are of the very rows that are read.
            landed.keep_totals({entity: _totals(stream, source.connection, entity) for entity in stream.totals})
        rows = (frame for frame in pull.rows() if len(frame))
        first = next(rows, None)
        if first is None and not pull.batches:
            # An empty table lands once as an empty batch, so that its columns are known.
            first = pl.DataFrame(schema=dict.fromkeys(relation.columns, pl.String()))
        if first is not None:
            # Whoever asks for the frames does so before the next delivery: they are of this transaction.
            yield Delivery(pull.batch, relation.label, partial(pull.numbered, chain([first], rows)))
        pull.landed_whole()


class _Pull:
    """One look at a table: what it has that what landed has not."""

    def __init__(self, stream: Stream, landed: Landed, source: Opened, relation: Relation) -> None:
        self.batches = landed.batches()
        numbers = [int(found[1]) for batch in self.batches if (found := _BATCH.match(batch))]
        meant = {name: stream.option(name) for name in ("table", "query", "cursor")} | {"columns": relation.columns}
        # Read with the same meaning to the end at least once; else all of it is compared.
        self._mark = f"whole-{signature(meant)}"
        # The number makes the first 16 characters: no batch takes the place of another.
        self.batch = f"sql-{max(numbers, default=0) + 1:012d}-{signature(meant)}"
        self._stream, self._landed, self._source, self._relation = stream, landed, source, relation
        self._marks_gone = GONE in stream.needs and GONE not in relation.columns
        self._is_whole = False
        if self._marks_gone and not relation.key:
            raise _lacks_key(stream)

    def rows(self) -> Iterator[Frame]:
        """The rows to land, frame by frame."""
        relation, every = self._relation, self._relation.columns
        age = self._landed.age(self._mark) if self.batches else None
        if not self.batches:
            # There is nothing to compare them with: as the driver gives them.
            yield from columnar(self._stream, self._source, relation, every)
        elif not (relation.key or relation.cursor):
            yield from self._all_if_changed(Past(self._landed, relation.columns, relation.key))
        else:
            past = Past(self._landed, relation.columns, relation.key)
            since = past.frontier(relation.cursor) if relation.cursor and age is not None else None
            overlap = float(self._stream.option("overlap", _OVERLAP_SECONDS))
            seen = []
            for frame in self._read(every, earlier(since, overlap) if since is not None else None):
                seen.append(past.keys_of(frame))
                yield past.new(frame)
            keys = pl.concat(seen) if seen else past.keys.clear()
            if since is None and relation.key and keys.n_unique() < keys.len():
                raise _repeats_key(self._stream, relation.key)
            hours = float(self._stream.option("reconcile_hours", _RECONCILE_HOURS))
            if self._marks_gone and (since is None or age is None or age >= timedelta(hours=hours)):
                yield from self._reconciled(past, keys, keys_are_all=since is None)
            elif since is not None:
                return
        self._is_whole = True

    def numbered(self, found: Iterator[Frame]) -> Iterator[Frame]:
        """The frames with `_row` counted from 1, and with `_gone` where the mapping reads it."""
        done = 0
        for frame in found:
            if isinstance(frame, pa.Table):
                table = frame.append_column(ROW, pa.array(np.arange(done + 1, done + len(frame) + 1)))
                done += len(table)
                yield table.append_column(GONE, pa.nulls(len(table), pa.string())) if self._marks_gone else table
                continue
            numbers = pl.int_range(done + 1, done + frame.height + 1, eager=True, dtype=pl.Int64)
            done += frame.height
            gone = [pl.lit(None, pl.String).alias(GONE)] if self._marks_gone and GONE not in frame.columns else []
            yield frame.with_columns(numbers.alias(ROW), *gone)

    def landed_whole(self) -> None:
        """Note that all of the table has been looked at and has landed, if that is so."""
        if self._is_whole:
            self._landed.mark(self._mark)

    def _read(self, columns: list[str], since: str | None = None) -> Iterator[pl.DataFrame]:
        return frames(self._stream, self._source, self._relation, columns, since)

    def _all_if_changed(self, past: Past) -> Iterator[pl.DataFrame]:
        """Without key and cursor no row is known from another: all of them land when any changed."""
        every = self._relation.columns
        last = max(self.batches, key=lambda batch: (bool(_BATCH.match(batch)), batch))
        if not past.is_content(self._read(every), last):
            yield from self._read(every)

    def _reconciled(self, past: Past, keys: pl.Series, *, keys_are_all: bool) -> Iterator[pl.DataFrame]:
        """Rows that never came, as when they were committed later than the overlap reaches; then those that are gone."""
        if not keys_are_all:
            fetched = keys
            keys = pl.concat([past.keys.clear(), *(past.keys_of(f) for f in self._read(self._relation.key))])
            never = keys.filter(~keys.is_in(past.keys.implode()) & ~keys.is_in(fetched.implode()))
            if never.len():
                for frame in self._read(self._relation.columns):
                    yield frame.filter(past.keys_of(frame).is_in(never.implode()))
        lost = past.keys.filter(~past.keys.is_in(keys.implode()))
        if lost.len():
            yield past.gone(lost)


def _totals(stream: Stream, connection: sa.Connection, entity: str) -> dict[str, float]:
    """What the source says of an entity: `rows` and sums of fields; a sum of nothing is 0."""
    row = connection.execute(sa.text(without_parameters(stream.totals[entity]))).mappings().one()
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


def _lacks_key(stream: Stream) -> UserError:
    return UserError(
        en="Source “{source}”, stream “{stream}”: `_gone` needs to know rows from another and the table has no primary key; name its key as `key`.",
        zh="来源“{source}”的流“{stream}”：`_gone` 需要区分各行，而该表没有主键；请用 `key` 指定其键。",
        source=stream.source,
        stream=stream.name,
    )


def _repeats_key(stream: Stream, key: list[str]) -> UserError:
    return UserError(
        en="Source “{source}”, stream “{stream}”: several rows have the same {key}; name columns as `key` that tell every row.",
        zh="来源“{source}”的流“{stream}”：有多行的 {key} 相同；请用 `key` 指定能区分每一行的列。",
        source=stream.source,
        stream=stream.name,
        key=", ".join(f"“{name}”" for name in key),
    )
