"""A file as a delivery: named by its content, read with its stream's options, and not while somebody writes to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from bilingual.errors import UserError
from pipelines.formats.reading import Reading
from pipelines.formats.recognise import frames
from pipelines.sources import Stream

State = tuple[int, int]


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
    )


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
