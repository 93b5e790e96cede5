"""Lists of a REST server: tickets of a help desk, assets, people, and what belongs to each of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import polars as pl

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED, ROW
from pipelines.offering import Standing
from pipelines.past import GONE, Past
from pipelines.rest.asking import Asking
from pipelines.rest.client import Client, MissingError, client
from pipelines.rest.moments import Moment, written
from pipelines.rest.options import Options, Parent, options_of
from pipelines.rest.paging import List
from pipelines.rest.records import Record, at, exploded, items, parsed, table
from pipelines.rest.spool import RowSpool
from pipelines.sources import Delivery, Landed, Rejection, Stream

PLACES = frozenset({"ca"})
# Rows that land at a time where they come in the cursor's order, and rows whose children are asked for at a time.
_CHUNK, _PARENTS = 20_000, 500
# No clock is further ahead than this.
_FUTURE = timedelta(days=2)
# So many addresses without anything in a row are no rows that were deleted meanwhile, but a wrong path.
_MISSING_MOST = 20


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """What a list holds now, or, with `cursor`, what it holds from a while before the highest landed value on.

    For the options see docs/sources-rest.md. Everything is text, numbers as the server wrote them. A row that landed before just
    as it is does not land again; with `paging: seek` rows land in parts as they come, so that a run that was killed goes on where
    it was. Raises UserError for a server that does not answer soundly.
    """
    options = options_of(stream)
    if options.of is None:
        with client(stream, options) as asked:
            yield from _list(stream, options, asked, landed)
    elif options.of.list:
        yield from _inside(stream, options, options.of, landed)
    else:
        with client(stream, options) as asked:
            yield from _one_by_one(stream, options, options.of, asked, landed)


def _list(stream: Stream, options: Options, asked: Client, landed: Landed) -> Iterator[Delivery]:
    # With other options everything is read anew.
    files = [file for file in landed.files() if stream.signature in file.name]
    marks_gone = GONE in stream.needs
    if marks_gone and not options.keys:
        raise _lacks_key(stream)
    mark = f"whole-{stream.signature}"
    age = landed.age(mark) if options.cursor else None
    asking = Asking(asked, options)
    refuse = partial(asked.refused, asked.address(options.path))
    try:
        if marks_gone and files and (age is None or age >= timedelta(hours=options.reconcile_hours)):
            every = List(options, asking.page, refuse).rows(options.start)
            yield from _compared(stream, options, every, landed)
        else:
            known = files if options.cursor else []
            since = _since(known, options)
            yield from _new(stream, options, List(options, asking.page, refuse).rows(since), known, landed)
            if files or not marks_gone:
                return
    except MissingError as error:
        raise refuse(str(error)) from None
    landed.mark(mark)


def _new(
    stream: Stream, options: Options, pages: Iterator[Sequence[Record]], files: list[Path], landed: Landed
) -> Iterator[Delivery]:
    """What did not land before just as it is; without a cursor all of the list, where it is another than what stands."""
    made = partial(RowSpool, _label(options), stream.needs, options.depth, options.cursor)
    spool, is_first = made(), not files
    for page in pages:
        spool.add(_not_landed(page, files, options))
        if options.paging == "seek" and spool.rows >= _CHUNK:
            yield _delivery(stream, options, spool)
            spool, is_first = made(), False
    # An empty list lands once as an empty batch, so that its columns are known.
    if spool.rows or is_first:
        found = _delivery(stream, options, spool)
        batch = found.batch if options.cursor else Standing(stream, landed).batch(found.file, found.batch)
        if batch:
            yield replace(found, batch=batch)


def _compared(
    stream: Stream, options: Options, pages: Iterator[Sequence[Record]], landed: Landed
) -> Iterator[Delivery]:
    """All of a list held against what landed: rows that are new or stood otherwise, then those that it has no longer."""
    spool = RowSpool(_label(options), stream.needs | set(options.keys), options.depth)
    for page in pages:
        spool.add(page)
    digest = spool.finish()
    if not spool.rows:
        return  # a list that comes empty all at once is a slip of the server, or of a permission
    columns = next(spool.frames()).columns
    past = Past(landed, [name for name in columns if name not in (ROW, GONE)], options.keys)
    found = (frame for frame in _differing(spool, past) if frame.height)
    if (begin := next(found, None)) is not None:
        batch = f"{digest}-{stream.signature}-{len(landed.batches())}"
        yield Delivery(batch, _label(options), partial(chain, [begin], found))


def _differing(spool: RowSpool, past: Past) -> Iterator[pl.DataFrame]:
    keys = []
    for frame in spool.frames():
        keys.append(past.keys_of(frame))
        yield past.new(frame)
    lost = past.gone(past.keys.filter(~past.keys.is_in(pl.concat(keys).implode())))
    yield lost.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW) + spool.rows)


def _delivery(stream: Stream, options: Options, spool: RowSpool) -> Delivery:
    """The rows that land together, named by what they hold and by the range of the cursor."""
    name = f"{spool.finish()}-{stream.signature}"
    if spool.range:
        name += "-" + "__".join(re.sub(r"[^0-9A-Za-z.]+", "-", end)[:40] for end in spool.range)
    return Delivery(name, _label(options), spool.frames)


def _since(files: list[Path], options: Options) -> str:
    """Where to begin: a while before the highest value that landed, since a row may be written later than it says."""
    found = {Moment(text) for file in files for text in _values(file, str(options.cursor))}
    # A time of the future, or a word among times, is somebody's slip: it must not hold the list up for good.
    soon = Moment((datetime.now(UTC) + _FUTURE).isoformat())
    times = {moment for moment in found if isinstance(moment.value, datetime)}
    last = max((moment for moment in times or found if not times or moment < soon), default=None)
    return written(last.before(options.overlap) if last else Moment(options.start), options)


def _values(file: Path, column: str) -> list[str]:
    if column not in pl.read_parquet_schema(file):
        return []
    return pl.read_parquet(file, columns=[column])[column].drop_nulls().unique().to_list()


def _not_landed(page: Sequence[Record], files: list[Path], options: Options) -> Sequence[Record]:
    """The rows of a page that did not land before just as they are."""
    cursor = options.cursor
    if not files or not page or cursor is None:
        return page
    as_landed = table(page, options.depth)
    if cursor not in as_landed.columns:
        return page
    known: set[bytes] = set()
    for file in files:
        if cursor in pl.read_parquet_schema(file):
            same = pl.scan_parquet(file).filter(pl.col(cursor).is_in(as_landed[cursor].implode())).collect()
            known.update(map(_content, same.drop(RESERVED, strict=False).rows(named=True)))
    return [row for row, landed in zip(page, as_landed.rows(named=True), strict=True) if _content(landed) not in known]


def _content(row: Record) -> bytes:
    return orjson.dumps({name: value for name, value in row.items() if value is not None}, option=orjson.OPT_SORT_KEYS)


# --- what belongs to rows of another stream -----------------------------------------------------------------------------


def _inside(stream: Stream, options: Options, of: Parent, landed: Landed) -> Iterator[Delivery]:
    """The items of lists that landed in rows of the parent: nobody is asked for them again."""
    path, label = str(of.list), f"{of.stream}.{of.list}"
    for file in landed.files(of.stream):
        batch = f"{_digest(file.stem)}-{stream.signature}"
        if landed.has(batch):
            continue
        # The list is a column, or inside of one.
        has = pl.read_parquet_schema(file)
        column = next((c for c in sorted(has, key=len, reverse=True) if f"{path}.".startswith(f"{c}.")), path)
        spool = RowSpool(label, stream.needs, options.depth)
        for parent in _parents(file, [*of.keys.values(), column]):
            keys = {key: parent[name] for key, name in of.keys.items() if name in parent}
            records = items(at(_value(parent.get(column)), path[len(column) + 1 :]))
            spool.add(
                [record | keys for record in (exploded(records, options.explode) if options.explode else records)]
            )
        spool.finish()
        yield Delivery(batch, label, spool.frames)


def _value(landed: str | None) -> Any:
    """What landed as text, as it was: JSON, or else a text."""
    try:
        return parsed(landed or "null")
    except ValueError:
        return landed


def _one_by_one(
    stream: Stream, options: Options, of: Parent, asked: Client, landed: Landed
) -> Iterator[Delivery | Rejection]:
    """A list of each row of the parent that landed since; some hundred of them are a batch."""
    label = _label(options)
    for file in landed.files(of.stream):
        parents = iter(
            list({tuple(sorted(row.items())): row for row in _parents(file, list(of.keys.values()))}.values())
        )
        part = 0
        while some := list(islice(parents, _PARENTS)):
            part += 1
            batch = f"{_digest(f'{file.stem} {part}')}-{stream.signature}"
            if landed.has(batch):
                continue
            spool = _children(stream, options, of, asked, some)
            spool.finish()
            yield Delivery(batch, label, spool.frames)


def _children(stream: Stream, options: Options, of: Parent, asked: Client, parents: list[Record]) -> RowSpool:
    spool, missing = RowSpool(_label(options), stream.needs, options.depth), 0
    refuse = partial(asked.refused, asked.address(options.path))
    for parent in parents:
        keys = {key: parent[column] for key, column in of.keys.items() if column in parent}
        try:
            for page in List(options, Asking(asked, options, keys).page, refuse).rows(options.start):
                spool.add(page)
        except MissingError as error:
            missing += 1
            if missing == _MISSING_MOST and not spool.rows:
                raise refuse(str(error)) from None
    return spool


def _parents(file: Path, columns: list[str]) -> Iterator[Record]:
    """The rows of a batch, by those of some columns that it has, without what is null."""
    has = set(pl.read_parquet_schema(file))
    frame = pl.read_parquet(file, columns=[column for column in dict.fromkeys(columns) if column in has])
    for row in frame.iter_rows(named=True):
        yield {name: value for name, value in row.items() if value is not None}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _label(options: Options) -> str:
    """How lineage names the list: its address without what was asked of it."""
    address = urlsplit(options.url)
    path = "/".join(part.strip("/") for part in (address.path, options.path) if part.strip("/"))
    return re.sub(r"/+$", "", f"{address.hostname}/{path}".partition("?")[0])


def _lacks_key(stream: Stream) -> UserError:
    return UserError(
        en="Source “{source}”, stream “{stream}”: `_gone` needs to know rows from another; name the columns that tell them as `key`.",
        zh="来源“{source}”的流“{stream}”：`_gone` 需要区分各行；请用 `key` 指定能区分各行的列。",
        source=stream.source,
        stream=stream.name,
    )
