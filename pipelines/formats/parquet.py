"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import parquet as arrow_parquet

from bilingual.errors import UserError
from pipelines.formats.header import columns_of, missing, missing_columns
from pipelines.formats.reading import ROW, Reading
from pipelines.formats.values import as_text

BATCH_ROWS = 100_000


def frames(reading: Reading) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file as frames of text columns with `_row`; a file without rows gives one empty frame.

    Times become ISO text, whole floats lose their “.0”, nested values become JSON, bytes hexadecimal. Raises
    UserError for a damaged file and for one that lacks needed columns.
    """
    try:
        with arrow_parquet.ParquetFile(reading.path) as file:
            names = list(file.schema_arrow.names)
            columns = columns_of(names, reading.needs)
            if lacking := missing(columns, reading.needs):
                raise missing_columns(reading.name, columns, lacking)
            yield from _frames(file, columns)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UserError(
            en="{name}: this Parquet file is damaged or was cut off ({reason}); copy it anew.",
            zh="{name}：Parquet 文件已损坏或不完整（{reason}）；请重新复制。",
            name=reading.name,
            reason=str(error).partition("\n")[0][:200].rstrip("."),
        ) from None


def _frames(file: Any, columns: list[str]) -> Iterator[pl.DataFrame]:
    done = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        yield _numbered(pl.from_arrow(pa.Table.from_batches([batch]).rename_columns(columns)), done)
        done += batch.num_rows
    if not done:
        yield _numbered(pl.from_arrow(file.schema_arrow.empty_table().rename_columns(columns)), 0)


def _numbered(frame: Any, done: int) -> pl.DataFrame:
    rows = pl.int_range(done + 1, done + frame.height + 1, eager=True, dtype=pl.Int64)
    return as_text(frame).with_columns(rows.alias(ROW))
