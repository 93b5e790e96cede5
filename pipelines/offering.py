"""A file as a delivery: named by its content, read with its stream's options, and not while somebody writes to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from bilingual.errors import UserError
from pipelines.formats.reading import FILE, Reading
from pipelines.formats.recognise import frames
from pipelines.sources import Landed, Stream

State = tuple[int, int]
_EXTRACTED = "_extracted_at"
_AT_ONCE = 100


class Standing:
    """What stands under the name of each file: the content that landed last."""

    def __init__(self, stream: Stream, landed: Landed) -> None:
        self._stream, self._landed = stream, landed
        self._offered: set[str] = set()
        self._known: list[tuple[str, str]] = []

    def batch(self, name: str, content: str) -> str | None:
        """The batch to land a file's content as, which `batch_of` names; None where nothing would be new.

        Content that landed under another name is a copy. A file that was put back to what it was before lands once more: what
        landed last is what counts.
        """
        last = self._last.get(name)
        batch, number = content, 1
        while batch in self._offered or self._landed.has(batch):
            number += 1
            batch = f"{content}-{number}"
        # A batch without rows does not say whose it is, and changes nothing however often it comes.
        if number > 1 and (last is None or last.startswith(content) or content in self._without_rows):
            return None
        self._offered.add(batch)
        return batch

    def is_known(self, name: str, state: str | None) -> bool:
        """Whether all that a file holds in this state has landed, so that it need not be fetched or unpacked again."""
        return state is not None and self._landed.age(self._mark(name, state)) is not None

    def know(self, name: str, state: str | None) -> None:
        """Note, by `keep` at the latest, that all that a file holds in this state has landed."""
        if state is not None:
            self._known.append((name, state))
            if len(self._known) >= _AT_ONCE:
                self.keep()

    def keep(self) -> None:
        """Write down what is known by now. What landed meanwhile is looked at for that, so it is done for many at once."""
        for looked_at in ("_batches", "_last", "_within", "_without_rows"):
            self.__dict__.pop(looked_at, None)
        for name, state in self._known:
            self._landed.mark(self._mark(name, state))
        self._known.clear()

    def _mark(self, name: str, state: str) -> str:
        """The mark tells of what stands as well: a file that is put back, its old time with it, is no known one."""
        known = f"{name} {state} {self._stream.signature} {sorted(self._within.get(name, ()))}"
        return "seen-" + hashlib.sha256(known.encode()).hexdigest()[:32]

    @cached_property
    def _batches(self) -> list[tuple[str, str | None, datetime]]:
        """The batches read with the stream's options: each with the file that it is of, None where it has no row, and when."""
        files = [file for file in self._landed.files() if self._stream.signature in file.name]
        return [(file.stem, *_origin(file, file.stat().st_mtime_ns)) for file in files]

    @cached_property
    def _last(self) -> dict[str, str]:
        """The batch that landed last, by the file's name. A # begins a sheet's name or is part of the file's: both are held."""
        found = {}
        for batch, file, _ in sorted(self._batches, key=lambda one: one[2]):
            if file is not None:
                found.update(dict.fromkeys(accumulate(file.split("#"), "{}#{}".format), batch))
        return found

    @cached_property
    def _within(self) -> dict[str, set[str]]:
        """The batches that landed last of a file and of all that is in it, as in an archive."""
        found: dict[str, set[str]] = {}
        for file, batch in self._last.items():
            for place in accumulate(file.split("/"), "{}/{}".format):
                found.setdefault(place, set()).add(batch)
        return found

    @cached_property
    def _without_rows(self) -> frozenset[str]:
        return frozenset(batch for batch, file, _ in self._batches if file is None)


@lru_cache(maxsize=100_000)
def _origin(file: Path, changed: int) -> tuple[str | None, datetime]:  # noqa: ARG001  # a file landed anew is another
    """The file that a batch is of, and when it was read."""
    with pq.ParquetFile(file) as batch:
        for first in batch.iter_batches(1, columns=[FILE, _EXTRACTED]):
            return first[FILE][0].as_py(), first[_EXTRACTED][0].as_py()
    return None, datetime.min


def state(path: Path) -> State:
    """A file's size and time of change."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def batch_of(path: Path, stream: Stream) -> str:
    """The name of a file's batch: its content, and how the stream reads it. OSError where it cannot be opened."""
    with path.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}-{stream.signature}"


def unopened(name: str, error: OSError) -> UserError:
    """The sentence for a file that the operating system does not give."""
    return UserError(
        en="{file}: the file cannot be opened ({reason}); check its permissions.",
        zh="{file}：无法打开文件（{reason}）；请检查文件权限。",
        file=name,
        reason=error.strerror or type(error).__name__,
    )


def reading_of(stream: Stream, path: Path, name: str) -> Reading:
    """How the stream's options say that a file is to be read; UserError for an option that says nothing."""
    row = stream.option("header_row")
    if row is not None and (not isinstance(row, int) or row < 1):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `header_row` is {row}; it is a row number counted from 1.",
            zh="来源“{source}”的流“{stream}”：`header_row` 为 {row}；应为从 1 开始的行号。",
            source=stream.source,
            stream=stream.name,
            row=row,
        )
    delimiter = stream.option("delimiter")
    if delimiter is not None and not (isinstance(delimiter, str) and len(delimiter) == 1 and delimiter.isascii()):
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `delimiter` is “{delimiter}”; it is one ASCII character.",
            zh="来源“{source}”的流“{stream}”：`delimiter` 为“{delimiter}”；应为一个 ASCII 字符。",
            source=stream.source,
            stream=stream.name,
            delimiter=delimiter,
        )
    return Reading(
        path=path,
        name=name,
        needs=stream.needs,
        sheet=stream.option("sheet"),
        encoding=stream.option("encoding"),
        delimiter=delimiter,
        header_row=row,
        layout=_one_of(stream, "layout", ("form", "table")),
        skip_hidden=_one_of(stream, "hidden", ("read", "skip")) == "skip",
    )


def _one_of(stream: Stream, option: str, words: tuple[str, ...]) -> str | None:
    value = stream.option(option)
    if value is not None and value not in words:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `{option}` is “{value}”; it is {words}.",
            zh="来源“{source}”的流“{stream}”：`{option}` 为“{value}”；应为 {words_zh}。",
            source=stream.source,
            stream=stream.name,
            option=option,
            value=value,
            words=" or ".join(f"`{word}`" for word in words),
            words_zh=" 或 ".join(f"`{word}`" for word in words),
        )
    return value  # type: ignore[no-any-return]


def read_still(reading: Reading, before: State) -> Iterator[pl.DataFrame]:
    """The file's frames; UserError when it cannot be read, or is written to meanwhile: its name is its content."""
    yield from still(frames(reading), reading.path, reading.name, before)


def still(read: Iterator[pl.DataFrame], path: Path, name: str, before: State) -> Iterator[pl.DataFrame]:
    """What is read of a file that was in the state `before`; UserError where it is in another one at the end."""
    try:
        yield from read
        after = state(path)
    except OSError as error:
        raise unopened(name, error) from None
    if after != before:
        raise UserError(
            en="{file}: the file was changed while it was read; it is read again at the next run.",
            zh="{file}：读取过程中文件被修改；下次运行时将重新读取。",
            file=name,
        )
