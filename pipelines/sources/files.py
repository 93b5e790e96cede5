"""Files in folders, archives and object storage: workbooks, delimited text, JSON and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bilingual.errors import UserError
from pipelines.offering import Standing, batch_of, read_still, reading_of, state, unopened
from pipelines.sources import Delivery, Landed, Rejection, Stream
from pipelines.storage import File, archives, far, folders, most_bytes

PLACES = frozenset({"path", "storage"})
_HERE = "file://"


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """The files that a stream's `path` names now, and those in archives among them, without what stands as it landed.

    Options: `path` (a file, a folder or a glob, or several: from the configuration's folder, or URLs), `storage` (how a URL is
    opened), `skip` (globs of names left out), `max_mb`, `sheet` (a glob), `encoding`, `delimiter`, `header_row`. A batch is
    named by the file's content, so the same content under two names is one batch. A path without wildcard that does not exist
    and a file that cannot be opened are Rejections.
    """
    standing = Standing(stream, landed)
    # An option that says nothing is told once, not for each file.
    reading_of(stream, stream.home, "")
    most = most_bytes(stream)
    names: set[str] = set()
    with landed.scratch() as room:
        for file in _files(stream):
            if isinstance(file, Rejection):
                yield file
                continue
            # Several paths may name one file.
            if file.name in names:
                continue
            names.add(file.name)
            try:
                yield from _offered(stream, landed, standing, file, room, most)
            except UserError as error:
                yield Rejection(file.name, error)
            except OSError as error:
                yield Rejection(file.name, unopened(file.name, error))
        standing.keep()


def _files(stream: Stream) -> Iterator[File | Rejection]:
    patterns, skipped = _globs(stream, "path"), _globs(stream, "skip")
    here = [pattern.removeprefix(_HERE) for pattern in patterns if "://" not in pattern or pattern.startswith(_HERE)]
    yield from folders.files(stream, here, skipped)
    for pattern in patterns:
        if "://" in pattern and not pattern.startswith(_HERE):
            yield from far.files(stream, pattern, skipped)


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


def _offered(
    stream: Stream, landed: Landed, standing: Standing, file: File, room: Path, most: int
) -> Iterator[Delivery | Rejection]:
    """What a file holds that does not stand yet: itself, or its members."""
    found = file.state()
    if file.is_far and standing.is_known(file.name, found):
        return
    path = file.near(room)
    is_archive = archives.is_archive(path)
    if is_archive and not file.is_far and standing.is_known(file.name, found):
        return
    is_whole = True
    skipped = _globs(stream, "skip")
    inside = archives.members(path, file.name, skipped, most) if is_archive else [None]
    for member in inside:
        if isinstance(member, Rejection):
            yield member
            is_whole = False
            continue
        name = member.name if member else file.name
        try:
            copy = member.unpacked(room) if member else path
            before, content = state(copy), batch_of(copy, stream)
            if batch := standing.batch(name, content):
                yield Delivery(batch, name, partial(read_still, reading_of(stream, copy, name), before))
            is_whole = is_whole and landed.has(batch or content)
        except UserError as error:
            yield Rejection(name, error)
            is_whole = False
    if is_whole and (file.is_far or is_archive):
        standing.know(file.name, found)
