"""Lists of a REST server: tickets of a help desk, assets, people, and what belongs to each of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import polars as pl

from pipelines.formats.reading import RESERVED
from pipelines.rest.asking import Asking
from pipelines.rest.client import Client, MissingError, client
from pipelines.rest.moments import Moment, written
from pipelines.rest.options import Options, Parent, options_of
from pipelines.rest.paging import List
from pipelines.rest.records import Record, at, exploded, parsed, table
from pipelines.rest.spool import RowSpool
from pipelines.sources import Delivery, Landed, Rejection, Stream

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
    files = [file for file in landed.files() if stream.signature in file.name] if options.cursor else []
    asking = Asking(asked, options)
    refuse = partial(asked.refused, asked.address(options.path))
    made = partial(RowSpool, _label(options), stream.needs, options.depth, options.cursor)
    spool, is_first = made(), not files
    try:
        for page in List(options, asking.page, refuse).rows(_since(files, options)):
            spool.add(_not_landed(page, files, options))
            if options.paging == "seek" and spool.rows >= _CHUNK:
                yield _delivery(stream, options, spool)
                spool, is_first = made(), False
    except MissingError as error:
        raise refuse(str(error)) from None
    # An empty list lands once as an empty batch, so that its columns are known.
    if spool.rows or is_first:
        yield _delivery(stream, options, spool)


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


def _not_landed(page: list[Record], files: list[Path], options: Options) -> list[Record]:
    """The rows of a page that did not land before just as they are."""
    cursor = options.cursor
    if not files or not page or cursor is None:
        return page
    as_landed = pl.DataFrame(table(page, options.depth))
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
            items = at(parsed(parent.get(column, "null")), path[len(column) + 1 :]) or []
            records = map(_record, items)
            spool.add(
                [record | keys for record in (exploded(records, options.explode) if options.explode else records)]
            )
        spool.finish()
        yield Delivery(batch, label, spool.frames)


def _record(item: object) -> Record:
    """An item of a list as a record: what is no object has its places for names, or is a `value`."""
    if isinstance(item, dict):
        return item
    return {str(n): one for n, one in enumerate(item)} if isinstance(item, list) else {"value": item}


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
    """The rows of a batch, by some of its columns, without what is null; UserError where a column is not there."""
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
