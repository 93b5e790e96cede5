"""What a mapping does to the first rows of its source, without landing or publishing anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bilingual.errors import UserError
from pipelines.landing import LandedStream, with_lineage, write_batch
from pipelines.sources import Delivery, Frame, Rejection, Stream, kind
from warehouse.fieldcheck import FieldReport, FirstRows, field_reports, first_rows
from warehouse.mapping import Source
from warehouse.settings import Home
from warehouse.stage import needed_columns


@dataclass
class SourceCheck:
    """What came of trying one source: rows read per stream, a report per mapped field, and what stands in the way.

    `first` are the first rows as they would land, where they were asked for.
    """

    rows: dict[str, int] = field(default_factory=dict)
    fields: list[FieldReport] = field(default_factory=list)
    errors: list[UserError] = field(default_factory=list)
    first: list[FirstRows] = field(default_factory=list)


def check_source(home: Home, source: Source, rows: int, shown: int = 0, *, at: Path | None = None) -> SourceCheck:
    """Read up to `rows` rows of each stream into a scratch folder and stage them there; nothing is kept.

    `shown` is how many of them are given back as they would land; `at` is the folder that paths start from, where it is
    another than the installation's.
    """
    found = SourceCheck()
    with tempfile.TemporaryDirectory() as scratch:
        landing = Path(scratch).resolve()
        for name, options in source.streams.items():
            try:
                stream = Stream(source.name, name, options, needed_columns(source, name), at or home.path)
                found.rows[name] = _read_some(stream, landing, source, rows, found.errors)
            except UserError as error:
                found.errors.append(error)
        try:
            found.fields = field_reports(landing, source, home.codes)
            if shown:
                found.first = first_rows(landing, source, home.codes, shown)
        except UserError as error:
            found.errors.append(error)
    return found


def _read_some(stream: Stream, landing: Path, source: Source, rows: int, errors: list[UserError]) -> int:
    """Land at most `rows` rows of a stream, from as many deliveries as that takes; returns how many."""
    folder = landing / source.name / stream.name
    count = 0
    for offer in kind(source.kind).deliveries(stream, LandedStream(folder)):
        if isinstance(offer, Rejection):
            errors.append(offer.error)
            continue
        try:
            count += write_batch(folder / f"{offer.batch}.parquet", _first(stream, offer, rows - count))
        except UserError as error:
            errors.append(error)
        if count >= rows:
            break
    if not count and not errors and source.mappings_of(stream.name):
        errors.append(
            UserError(
                en=f"{source.name}: stream “{stream.name}” offers no rows; check its path or table.",
                zh=f"{source.name}：数据流“{stream.name}”没有任何行；请检查路径或表名。",
            )
        )
    return count


def _first(stream: Stream, offer: Delivery, rows: int) -> Iterator[Frame]:
    for frame in with_lineage(stream, offer):
        yield frame.slice(0, rows)
        rows -= len(frame)
        if rows <= 0:
            return
