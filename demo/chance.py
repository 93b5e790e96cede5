"""Chance that repeats itself: one random stream per subject, so that changing one part leaves the others as they were."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import polars as pl

from demo.clock import Floats, Ints

Rng = np.random.Generator


def stream(seed: int, subject: str) -> Rng:
    """The generator of one subject of one organisation."""
    return np.random.default_rng([seed, crc32(subject.encode())])


def pick(rng: Rng, weights: Sequence[float] | Floats, n: int) -> Ints:
    """`n` indices drawn with replacement, in proportion to weights."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    index = np.searchsorted(edges, rng.random(n) * edges[-1], side="right")
    return np.asarray(np.minimum(index, len(edges) - 1), dtype=np.int64)


def pick_within(rng: Rng, group: Ints, members: list[Ints], weights: list[Floats]) -> Ints:
    """For each element of `group` one of that group's members, in proportion to the members' weights."""
    chosen = np.zeros(len(group), dtype=np.int64)
    for g, (who, weight) in enumerate(zip(members, weights, strict=True)):
        rows = np.flatnonzero(group == g)
        if len(rows):
            chosen[rows] = who[pick(rng, weight, len(rows))]
    return chosen


def lognormal(rng: Rng, median: float | Floats, sigma: float, n: int) -> Floats:
    """`n` log-normal draws around a median."""
    return np.asarray(median * np.exp(sigma * rng.standard_normal(n)), dtype=np.float64)


def words(vocabulary: Sequence[str | None], index: Ints) -> pl.Series:
    """The words at these indices; -1 gives null."""
    padded = pl.Series([*vocabulary, None], dtype=pl.String)
    return padded.gather(pl.Series(np.where(index < 0, len(vocabulary), index)))


def numbered(prefix: str, numbers: Ints, width: int) -> pl.Series:
    """Identifiers such as `C00042`: prefix and zero-padded number."""
    text = pl.Series("id", numbers).cast(pl.String).str.zfill(width)
    return pl.select((pl.lit(prefix) + text).alias("id")).to_series()
