"""FaultLoop's own FRACAS register: what changed in it since the last pull, of one state of its database.

The mapping ships with the warehouse; an installation need not write one. The cursor is the last event that
was read, with its seal: it stands in every row that landed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import polars as pl

from bilingual.errors import UserError
from fracas.database import connect
from fracas.outflow import COLUMNS, Outflow, holds_anything, is_begun, outflow
from pipelines.formats.reading import ROW
from pipelines.sources import Delivery, Landed, Rejection, Stream
from warehouse.mapping import REGISTER, Source, load, mapping_file
from warehouse.settings import Home

PLACES: frozenset[str] = frozenset()
# The name that rows are shown to come from.
_FILE = "register"
# Batches that were read with other options, as an older version did, are told from those that count by these letters.
_BATCH = "register".ljust(16, "-")
_SCHEMA = {**dict.fromkeys(COLUMNS, pl.String()), ROW: pl.Int64()}


def built_in(home: Home) -> list[Source]:
    """The register as a source, where it holds or held anything and the installation has no mapping of its own for it."""
    file = mapping_file(home.sources, REGISTER)
    is_there = not file.is_relative_to(home.sources) and (_has_landed(home) or _holds_anything(home))
    return [load(file)] if is_there else []


def _has_landed(home: Home) -> bool:
    return (home.landing / REGISTER).is_dir()


def _holds_anything(home: Home) -> bool:
    """Whether anything was ever submitted; a register that does not answer tells so when it is read."""
    if not is_begun(home.register_url):
        return False
    try:
        engine = connect(home.register_url)
    except UserError:
        return True
    try:
        return holds_anything(engine)
    finally:
        engine.dispose()


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """All rows of the reports that changed since the last pull, as one batch; nothing where none did.

    Raises UserError for a register that does not answer. One that is not that of the last pull is a Rejection.
    """
    url = Home(stream.home).register_url
    if not is_begun(url):
        return
    # It is of these options: with others everything is read anew.
    cursor = f"through {stream.signature}"
    seq, _, mac = (landed.highest(cursor) or "0").partition(" ")
    engine = connect(url)
    try:
        with outflow(engine) as state:
            if not state.knows(int(seq), mac):
                yield Rejection(_FILE, _another(stream))
                return
            # Whoever asks for the frames does so before the next delivery: they are of this state.
            rows = _numbered(state, int(seq), cursor)
            first = next(rows, None)
            if first is not None:
                batch = f"{_BATCH}{stream.signature}-{int(seq) + 1:012d}-{state.seq:012d}"
                yield Delivery(batch, _FILE, partial(_and_then, first, rows))
    finally:
        engine.dispose()


def _and_then(first: pl.DataFrame, others: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield first
    yield from others


def _numbered(state: Outflow, since: int, cursor: str) -> Iterator[pl.DataFrame]:
    count = 0
    for rows in state.rows(since):
        texts = [{k: _text(v) for k, v in row.items()} | {ROW: count + n} for n, row in enumerate(rows, 1)]
        count += len(rows)
        # Numbers of one length, so that the greatest text is the last.
        yield pl.DataFrame(texts, schema=_SCHEMA).with_columns(pl.lit(f"{state.seq:012d} {state.mac}").alias(cursor))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _another(stream: Stream) -> UserError:
    return UserError(
        en="The FRACAS register is not the one of the last pull (put back to an earlier state, or another database): nothing "
        "was read. If that is meant, remove the folder landing/{source}; the next refresh reads all of it anew.",
        zh="故障报告登记库与上次抽取时不是同一状态（已恢复到较早状态或更换了数据库），未读取任何内容。若属有意，请删除目录 "
        "landing/{source}，下次刷新时将全部重新读取。",
        source=stream.source,
    )
