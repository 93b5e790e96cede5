"""The landing zone: rows as they came, one Parquet file per batch, written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bilingual.errors import UserError
from pipelines.sources import Delivery, Frame, Rejection, Stream, as_frame, kind
from warehouse.build import Rejected
from warehouse.mapping import Source
from warehouse.settings import Home
from warehouse.stage import needed_columns
from warehouse.told import Totals, keep

_PART = ".part"
_NOTES = "notes"
_SAMPLE = 2_000
_ROWS = 65_536
# Of the lineage what is the same in all rows of a batch.
_SINGLE = ("_source", "_stream", "_batch")


@dataclass(frozen=True)
class Extraction:
    """What one run of one source brought: new batches, their rows, and what could not be landed."""

    batches: int = 0
    rows: int = 0
    rejected: tuple[Rejected, ...] = ()

    def __add__(self, other: Extraction) -> Extraction:
        return Extraction(self.batches + other.batches, self.rows + other.rows, self.rejected + other.rejected)


@dataclass(frozen=True)
class LandedStream:
    """One stream's folder of the landing zone, as a kind of source may ask about it."""

    folder: Path

    def has(self, batch: str) -> bool:
        """Whether this batch landed before."""
        return (self.folder / f"{batch}.parquet").exists()

    def highest(self, column: str) -> str | None:
        """The greatest text of a column over everything landed; the cursor is nowhere else."""
        if not any(self.folder.glob("*.parquet")):
            return None
        files = pl.scan_parquet(self.folder / "*.parquet", extra_columns="ignore", missing_columns="insert")
        if column not in files.collect_schema():
            return None
        # Text of numbers must be compared as numbers: "9" is greater than "10" only as text.
        values = (
            files.select(text=pl.col(column))
            .drop_nulls()
            .with_columns(number=pl.col("text").cast(pl.Float64, strict=False))
        )
        tops = values.select(
            is_numeric=pl.col("number").is_not_null().all(),
            as_text=pl.col("text").max(),
            as_number=pl.col("text").sort_by("number", nulls_last=False).last(),
        ).collect()
        return tops["as_number" if tops["is_numeric"].item() else "as_text"].item()  # type: ignore[no-any-return]

    def files(self, stream: str | None = None) -> list[Path]:
        """The batches that landed, of its own stream or of another one of its source."""
        return sorted((self.folder.with_name(stream) if stream else self.folder).glob("*.parquet"))

    def batches(self) -> list[str]:
        """The names of the batches that landed."""
        return [file.stem for file in self.files()]

    def rows(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Some columns of everything landed, as text, null where a batch has none such, and where each row is from."""
        own = {"_batch": pl.String(), "_row": pl.Int64(), "_extracted_at": pl.Datetime("us")}
        schema: dict[str, pl.DataType] = {**dict.fromkeys(columns, pl.String()), **own}
        for file in self.files():
            scan = pl.scan_parquet(file, schema=schema, extra_columns="ignore", missing_columns="insert")
            for start in range(0, pq.read_metadata(file).num_rows, _ROWS):
                yield scan.slice(start, _ROWS).collect()
        yield pl.DataFrame(schema=schema)

    def age(self, mark: str) -> timedelta | None:
        """How long ago something was marked; None when it never was."""
        file = self.folder / mark
        return timedelta(seconds=time.time() - file.stat().st_mtime) if file.exists() else None

    def mark(self, mark: str) -> None:
        """Note that something has been done by now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / mark).touch()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for files on their way; what a run that was killed leaves in it is removed by the next one."""
        room = self.folder / f"scratch{_PART}"
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def note(self, name: str) -> dict[str, Any] | None:
        """What was noted under a name; None when nothing was."""
        try:
            found: dict[str, Any] = json.loads((self.folder / _NOTES / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def notes(self, within: timedelta) -> dict[str, dict[str, Any]]:
        """Everything that was noted so lately, by its name."""
        since = time.time() - within.total_seconds()
        lately = (f for f in (self.folder / _NOTES).glob("*.json") if f.stat().st_mtime >= since)
        return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in lately}

    def keep_note(self, name: str, note: dict[str, Any]) -> None:
        """Note something, there whole or not at all."""
        folder = self.folder / _NOTES
        folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{name}{_PART}"
        part.write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
        part.replace(folder / f"{name}.json")

    def keep_totals(self, totals: Totals) -> None:
        """Write down what the source says it holds, beside the batches."""
        keep(self.folder, totals)


def extract(home: Home, source: Source, rows: Callable[[int], None] = lambda n: None) -> Extraction:
    """Land whatever the source has that has not landed yet.

    `rows` is told the number of rows as they are written. Nothing is raised for a delivery that cannot be read: it
    is rejected with its sentence, and the others land. Run again after a kill it lands just what is missing.
    """
    result = Extraction()
    for name, options in source.streams.items():
        stream = Stream(source.name, name, options, needed_columns(source, name), home.path, source.totals_of(name))
        folder = home.landing / source.name / name
        for leftover in folder.glob(f"*{_PART}"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        try:
            for offer in kind(source.kind).deliveries(stream, LandedStream(folder)):
                result += _land(stream, folder, offer, rows)
        except UserError as error:
            result += _rejected(stream, source.title.en, error)
    return result


def _rejected(stream: Stream, file: str, error: UserError) -> Extraction:
    return Extraction(rejected=(Rejected(stream.source, stream.name, file, error.text.en, error.text.zh),))


def _land(stream: Stream, folder: Path, offer: Delivery | Rejection, rows: Callable[[int], None]) -> Extraction:
    if isinstance(offer, Rejection):
        return _rejected(stream, offer.file, offer.error)
    target = folder / f"{offer.batch}.parquet"
    if target.exists():
        return Extraction()
    try:
        return Extraction(batches=1, rows=write_batch(target, with_lineage(stream, offer), rows))
    except UserError as error:
        return _rejected(stream, offer.file, error)


def with_lineage(stream: Stream, offer: Delivery) -> Iterator[Frame]:
    """The frames of a delivery with the columns that lead back to its rows."""
    extracted_at = datetime.now(UTC).replace(tzinfo=None)
    for frame in offer.read():
        if isinstance(frame, pa.Table):
            table = frame
            single = {"_source": stream.source, "_stream": stream.name, "_batch": offer.batch, "_file": offer.file}
            for name, value in single.items():
                table = table.append_column(name, _repeated(value, len(table)))
            at = pa.repeat(pa.scalar(extracted_at, pa.timestamp("us")), len(table))
            yield table.append_column("_extracted_at", at)
            continue
        lineage = {
            "_source": pl.lit(stream.source),
            "_stream": pl.lit(stream.name),
            "_batch": pl.lit(offer.batch),
            "_file": pl.col("_file") if "_file" in frame.columns else pl.lit(offer.file),
            "_extracted_at": pl.lit(extracted_at).cast(pl.Datetime("us")),
        }
        yield frame.with_columns(**lineage)


def write_batch(target: Path, frames: Iterator[Frame], rows: Callable[[int], None] = lambda n: None) -> int:
    """Write frames of one batch as one Parquet file, atomically; returns the number of rows.

    The frames' columns may differ (sheets of one workbook): they are united by name, absent ones null.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + _PART)
    held: list[pl.DataFrame] = []
    writer: pq.ParquetWriter | None = None
    schema: pa.Schema | None = None
    count = 0
    try:
        for frame in frames:
            count += len(frame)
            rows(len(frame))
            table = _table(frame)
            if schema is None:
                schema = table.schema
            if set(table.column_names) == set(schema.names):
                if writer is None:
                    writer = _writer(part, schema, as_frame(table.slice(0, _SAMPLE)))
                table = table.select(schema.names)
                writer.write_table(table if table.schema == schema else table.cast(schema))
            else:
                held.append(as_frame(frame))
        if held or writer is None:
            if writer is not None:
                writer.close()
                writer = None
                held.insert(0, pl.read_parquet(part))
            union = pl.concat(held, how="diagonal") if held else pl.DataFrame()
            union.write_parquet(part, compression="zstd", compression_level=1)
        if writer is not None:
            writer.close()
            writer = None
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(target)
        _sync_folder(target.parent)
    finally:
        if writer is not None:
            writer.close()
        part.unlink(missing_ok=True)
    return count


def _table(frame: Frame) -> pa.Table:
    """The frame as Arrow: its texts as they lie in memory instead of copied into an older layout, what is one value all along once."""
    if isinstance(frame, pa.Table):
        return frame
    single = [name for name in _SINGLE if name in frame.columns]
    table = frame.drop(single).to_arrow(compat_level=pl.CompatLevel.newest())
    for name in single:
        table = table.append_column(name, _repeated(frame[name].first() if frame.height else None, frame.height))
    return table


def _repeated(value: Any, rows: int) -> pa.DictionaryArray:
    """A column of one text, which is written once."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value], pa.string()))


def _writer(part: Path, schema: pa.Schema, head: pl.DataFrame) -> pq.ParquetWriter:
    """What writes a batch. A dictionary is made of what repeats itself; of the rest it takes half the time and more room."""
    repeating = [name for name in head.columns if head[name].n_unique() < head.height / 2]
    return pq.ParquetWriter(
        part, schema, compression="zstd", compression_level=1, use_dictionary=repeating, write_statistics=False, store_schema=False
    )  # fmt: skip


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
