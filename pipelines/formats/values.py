"""Typed values as the text they land as."""

from __future__ import annotations

import json
from typing import Any

import polars as pl


def shortest(value: pl.Expr) -> pl.Expr:
    """Floats in the shortest text that reads back equal: “12”, “0.1”, never “12.0” or “1e+16”."""
    whole = value.is_finite() & (value == value.round(0)) & (value.abs() < 2**63)
    return (
        pl.when(whole)
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(value.cast(pl.String).str.strip_suffix(".0"))
    )


def iso(column: str, kind: pl.Datetime) -> pl.Expr:
    """A column of instants as “2024-03-07 08:05:00”, with what fraction it has and the offset of a zoned one."""
    value = pl.col(column)
    fraction = value.dt.to_string("%.6f").str.strip_chars_end("0").str.strip_suffix(".")
    text = value.dt.to_string("%Y-%m-%d %H:%M:%S") + fraction
    return (text + value.dt.to_string("%:z") if kind.time_zone else text).alias(column)


def elapsed(column: str) -> pl.Expr:
    """A column of durations as “36:00:00”, hours not wrapped at a day."""
    seconds = pl.col(column).dt.total_seconds()
    size = seconds.abs()
    sign = pl.when(seconds < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    two = [part.cast(pl.String).str.zfill(2) for part in (size // 3600, size // 60 % 60, size % 60)]
    return (sign + two[0] + ":" + two[1] + ":" + two[2]).alias(column)


def compact(value: Any) -> str | None:
    """A nested value as JSON text without spaces; None stays None."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every column as text; nulls and empty texts are null."""
    frame = frame.with_columns(
        pl.Series(name, [compact(value) for value in frame[name].to_list()], dtype=pl.String)
        for name, kind in frame.schema.items()
        if kind.is_nested()
    )
    texts = [_text(name, kind) for name, kind in frame.schema.items()]
    frame = frame.with_columns(texts)
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    if kind.is_float():
        return shortest(pl.col(name))
    if isinstance(kind, pl.Datetime):
        return iso(name, kind)
    if isinstance(kind, pl.Duration):
        return elapsed(name)
    if isinstance(kind, pl.Binary):
        return pl.col(name).bin.encode("hex")
    if isinstance(kind, pl.Null | pl.Object):
        return pl.lit(None, pl.String).alias(name)
    return pl.col(name).cast(pl.String)
