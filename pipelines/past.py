"""What of a table or list has landed: how far its cursor came, which rows stand as they are, which are there no longer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import polars as pl

from pipelines.sources import Landed

# The column by which what landed says that a row is there no longer.
GONE = "_gone"
_KEY, _CONTENT = "_key", "_content"
_ORDER = ("_extracted_at", "_row")


def hashed(columns: Sequence[str]) -> pl.Expr:
    """One number for the texts of some columns; equal within one process only, so it is never kept."""
    return pl.struct(pl.col(*columns)).hash(0)


class Past:
    """The rows of a stream as they last landed, by their key; where there is no key, by all they hold."""

    def __init__(self, landed: Landed, columns: Sequence[str], key: Sequence[str]) -> None:
        self._columns, self._key = list(columns), list(key or columns)
        self._landed = landed
        self._rows = partial(landed.rows, [*columns, GONE])
        every = [frame.select(hashed(self._key).alias(_KEY), self._content, *_ORDER, GONE) for frame in self._rows()]
        standing = _newest(pl.concat(every)).filter(pl.col(GONE).is_null())
        self.keys, self._contents = standing[_KEY], standing[_CONTENT]

    @property
    def _content(self) -> pl.Expr:
        return hashed(self._columns).alias(_CONTENT)

    def new(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a frame that did not land, or stood otherwise, or were gone."""
        return frame.filter(~hashed(self._columns).is_in(self._contents.implode()))

    def keys_of(self, frame: pl.DataFrame) -> pl.Series:
        """The keys of a frame's rows, as `keys` has them."""
        return frame.select(hashed(self._key).alias(_KEY)).to_series()

    def gone(self, keys: pl.Series) -> pl.DataFrame:
        """The rows of some keys as they last landed, marked as gone."""
        is_lost = pl.col(_KEY).is_in(keys.implode())
        lost = [frame.with_columns(hashed(self._key).alias(_KEY)).filter(is_lost) for frame in self._rows()]
        return _newest(pl.concat(lost)).select(*self._columns, pl.lit("true").alias(GONE))

    def is_content(self, frames: Iterable[pl.DataFrame], batch: str) -> bool:
        """Whether a batch held these rows and no others."""
        held = pl.concat(f.filter(pl.col("_batch") == batch).select(self._content) for f in self._rows())
        found = pl.concat([held.clear(), *(frame.select(self._content) for frame in frames)])
        return found.sort(_CONTENT).equals(held.sort(_CONTENT))

    def frontier(self, cursor: str) -> str | None:
        """The greatest value of the cursor that landed; a time of the future is somebody's slip and holds nothing up."""
        text = pl.col("text")
        number, is_time = text.cast(pl.Float64, strict=False), text.str.contains(r"^\d{4}-\d\d-\d\d")
        # In whatever zone the clock runs, tomorrow is over by then.
        is_over = text < (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d")
        values = pl.concat(
            frame.select(text=pl.col(cursor)).drop_nulls().unique() for frame in self._landed.rows([cursor])
        )
        tops = values.select(
            is_numeric=number.is_not_null().all(),
            number=text.sort_by(number).last(),
            present=text.filter(is_time & is_over).max(),
            time=text.filter(is_time).max(),
            text=text.max(),
        )
        is_numeric, highest, *others = tops.row(0)
        return highest if is_numeric else next((top for top in others if top is not None), None)


def _newest(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(*_ORDER).unique(_KEY, keep="last", maintain_order=True)
