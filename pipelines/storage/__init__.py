"""Where files are: in folders, in object storage and on servers, and inside of archives."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Protocol

from bilingual.errors import UserError
from pipelines.formats.recognise import SUFFIXES, suffix_of
from pipelines.sources import Stream

ARCHIVE = ".zip"
_UNFINISHED = (".tmp", ".part", ".crdownload")
_MOST_MB = 4096


class File(Protocol):
    """A file where it lies."""

    @property
    def name(self) -> str:
        """How lineage shows it."""

    @property
    def is_far(self) -> bool:
        """Whether it has to be fetched to be read."""

    def state(self) -> str | None:
        """What is another text when the content may be another one; None where nobody can tell without reading it."""

    def near(self, room: Path) -> Path:
        """The content as a file of this machine, put below `room` if need be; UserError or OSError where it cannot be had."""


def is_readable(name: str) -> bool:
    """Whether a file of that name is one to read, by its extension: all that are when a whole folder is named."""
    return suffix_of(Path(name)) in (*SUFFIXES, ARCHIVE)


def extension(name: str) -> str:
    """The extension by which a format may be told, for a copy that has no name of its own."""
    suffix = suffix_of(Path(name))
    return f"{suffix}{'.gz' if name.lower().endswith('.gz') else ''}" if suffix in SUFFIXES else ""


def is_passed_over(name: str, skipped: Iterable[str]) -> bool:
    """Whether a file is hidden, belongs to a program that has not finished with it, or is one of those to skip."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    if hidden or path.name.startswith("~$") or path.name.lower().endswith(_UNFINISHED):
        return True
    return any(fnmatchcase(name, pattern) or fnmatchcase(path.name, pattern) for pattern in skipped)


def most_bytes(stream: Stream) -> int:
    """How large a file may be that is fetched, or an archive that is unpacked: the option `max_mb`."""
    most = stream.option("max_mb", _MOST_MB)
    if isinstance(most, bool) or not isinstance(most, int | float) or most <= 0:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: `max_mb` is {most}; it is a number of megabytes.",
            zh="来源“{source}”的流“{stream}”：`max_mb` 为 {most}；应为以 MB 计的数值。",
            source=stream.source,
            stream=stream.name,
            most=most,
        )
    return int(most * 1_000_000)


def absent(stream: Stream, name: str) -> UserError:
    """The sentence for a file or folder that the mapping names and that is not there."""
    return UserError(
        en="{file}: there is no such file; put it there or correct `path` of stream “{stream}” in source “{source}”.",
        zh="{file}：文件不存在；请放入该文件，或更正来源“{source}”中流“{stream}”的 `path`。",
        file=name,
        stream=stream.name,
        source=stream.source,
    )
