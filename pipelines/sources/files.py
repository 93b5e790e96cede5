"""Files in folders: workbooks, delimited text, JSON and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from bilingual.errors import UserError
from pipelines.formats.recognise import SUFFIXES, suffix_of
from pipelines.offering import batch_of, read_still, reading_of, state, unopened
from pipelines.sources import Delivery, Landed, Rejection, Stream

_WILDCARDS = frozenset("*?[")
_UNFINISHED = (".tmp", ".part", ".crdownload")


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """The files that a stream's `path` names now, in sorted order, without those that landed before.

    Options: `path` (a glob or several, from the configuration's folder), `skip` (globs of names left out),
    `sheet` (a glob), `encoding`, `delimiter`, `header_row`. A batch is named by the file's content, so the same
    content under two names is one batch. A path without wildcard that does not exist and a file that cannot be
    opened are Rejections.
    """
    offered: set[str] = set()
    for path in _files(stream):
        if isinstance(path, Rejection):
            yield path
            continue
        name = _name(path, stream.home)
        try:
            before, batch = state(path), batch_of(path, stream)
        except OSError as error:
            yield Rejection(name, unopened(name, error))
            continue
        if batch in offered or landed.has(batch):
            continue
        offered.add(batch)
        yield Delivery(batch, name, partial(read_still, reading_of(stream, path, name), before))


def _files(stream: Stream) -> Iterator[Path | Rejection]:
    found: set[Path] = set()
    absent: list[str] = []
    for pattern in _globs(stream, "path"):
        literal = stream.home / pattern
        if literal.is_dir():
            found.update(p for p in literal.iterdir() if suffix_of(p) in SUFFIXES)
        elif literal.exists():
            found.add(literal)
        elif _WILDCARDS.isdisjoint(pattern):
            absent.append(pattern)
        else:
            root = Path(Path(pattern).anchor or stream.home)
            found.update(root.glob(str(Path(pattern).relative_to(root)) if Path(pattern).anchor else pattern))
    skipped = _globs(stream, "skip")
    for path in sorted(found):
        if path.is_file() and not _is_passed_over(path, _name(path, stream.home), skipped):
            yield path
    for pattern in absent:
        yield Rejection(
            pattern,
            UserError(
                en="{file}: there is no such file; put it there or correct `path` of stream “{stream}” in source "
                "“{source}”.",
                zh="{file}：文件不存在；请放入该文件，或更正来源“{source}”中流“{stream}”的 `path`。",
                file=pattern,
                stream=stream.name,
                source=stream.source,
            ),
        )


def _globs(stream: Stream, option: str) -> list[str]:
    value = stream.option(option)
    if value is None:
        if option == "path":
            raise UserError(
                en="Source “{source}”, stream “{stream}”: `path` is missing; name the files to read, such as `data/*.xlsx`.",
                zh="来源“{source}”的流“{stream}”缺少 `path`；请写明要读取的文件，例如 `data/*.xlsx`。",
                source=stream.source,
                stream=stream.name,
            )
        return []
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


def _is_passed_over(path: Path, name: str, skipped: list[str]) -> bool:
    hidden = any(part.startswith(".") and part != ".." for part in Path(name).parts)
    if hidden or path.name.startswith("~$") or path.name.lower().endswith(_UNFINISHED):
        return True
    return any(fnmatchcase(name, pattern) or fnmatchcase(path.name, pattern) for pattern in skipped)


def _name(path: Path, home: Path) -> str:
    """The path as lineage shows it: from the configuration's folder where the file is inside it."""
    return (path.relative_to(home) if path.is_relative_to(home) else path).as_posix()
