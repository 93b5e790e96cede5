"""Kinds of source: one file each, found by its name, with one function `deliveries`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol, TypeAlias

import polars as pl
import pyarrow as pa

from bilingual.errors import UserError
from warehouse.landed import signature
from warehouse.told import Totals


@dataclass(frozen=True)
class Stream:
    """One stream of a source as its kind sees it.

    `options` is the stream's part of the mapping file; `needs` are the columns that the mapping reads, by which
    a header row is recognised; `home` is the folder that relative paths start from; `totals` are queries by entity for
    what the source itself says it holds.
    """

    source: str
    name: str
    options: dict[str, Any]
    needs: frozenset[str]
    home: Path
    totals: Mapping[str, str] = field(default_factory=dict)

    def option(self, name: str, default: Any = None) -> Any:
        """The value of an option; an environment reference is resolved by the kind that needs a secret."""
        return self.options.get(name, default)

    @property
    def signature(self) -> str:
        """Eight hex digits that change when the reading options do, so that files are then read anew."""
        return signature(self.options)


Frame: TypeAlias = pl.DataFrame | pa.Table


def as_frame(frame: Frame) -> pl.DataFrame:
    """The frame as one of Polars."""
    return pl.DataFrame(frame) if isinstance(frame, pa.Table) else frame


@dataclass(frozen=True)
class Delivery:
    """One batch of rows on offer: a file, or what a cursor range holds.

    `batch` names the landing file, so the same content always has the same name and lands once. `read` yields
    frames in which every column is text, except `_row`, the row's 1-based number where it came from (int64).
    A frame may carry `_file` (where one batch has several sheets) and `_defect` (text, null for a sound row:
    what is wrong with how the row was written). `read` raises UserError for what cannot be read at all; it is called
    before the next delivery is asked for, if at all. What a driver
    gives in Arrow's columns may stay in them.
    """

    batch: str
    file: str
    read: Callable[[], Iterator[Frame]]


@dataclass(frozen=True)
class Rejection:
    """A file that could not be offered at all, with the sentence that says why."""

    file: str
    error: UserError


class Landed(Protocol):
    """What a kind may ask of its own stream's landing zone."""

    def has(self, batch: str) -> bool:
        """Whether this batch landed before."""

    def highest(self, column: str) -> str | None:
        """The greatest value of a column over everything landed, as text; None when nothing landed."""

    def files(self, stream: str | None = None) -> list[Path]:
        """The batches that landed, of its own stream or of another one of its source, as Parquet."""

    def batches(self) -> list[str]:
        """The names of the batches that landed."""

    def rows(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Some columns of everything landed, as text, null where a batch has none such; with `_batch`, `_row`, `_extracted_at`.

        There is at least one frame; memory holds one.
        """

    def age(self, mark: str) -> timedelta | None:
        """How long ago something was marked; None when it never was. Losing a mark may cost work, nothing else."""

    def mark(self, mark: str) -> None:
        """Note that something has been done by now."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A folder, made by who needs it, for files on their way while deliveries are offered; then it is gone."""

    def note(self, name: str) -> dict[str, Any] | None:
        """What was noted under a name; None when nothing was. Losing a note may cost work, nothing else."""

    def notes(self, within: timedelta) -> dict[str, dict[str, Any]]:
        """Everything that was noted so lately, by its name."""

    def keep_note(self, name: str, note: dict[str, Any]) -> None:
        """Note something, in place of what the name stood for."""

    def keep_totals(self, totals: Totals) -> None:
        """Write down what the source says it holds now."""


class Kind(Protocol):
    """A module in this folder.

    One that may be set up on a page says in `PLACES` which of its options name what of this machine, or of others, is read.
    """

    def deliveries(self, stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
        """What the source offers now; batches that landed before may be left out or offered again."""


def kinds() -> list[str]:
    """The kinds of source there are: the modules of this folder."""
    return sorted(module.name for module in iter_modules(__path__))


def kind(name: str) -> Kind:
    """The kind of that name; UserError for one that does not exist."""
    if name not in kinds():
        close = get_close_matches(name, kinds(), n=1)
        raise UserError(
            en="“{name}” is no kind of source; use one of {known}{hint}.",
            zh="“{name}”不是有效的来源类型；可用：{known}。",
            name=name,
            known=", ".join(kinds()),
            hint=f" (did you mean “{close[0]}”?)" if close else "",
        )
    return import_module(f"{__name__}.{name}")  # a module that has the function


def places(name: str) -> frozenset[str] | None:
    """The options of a kind by which it is told where to read; None where the kind does not say, and no page may set it up."""
    found: frozenset[str] | None = getattr(kind(name), "PLACES", None)
    return found
