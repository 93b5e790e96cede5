"""The mapping files of an installation as texts: read, and written whole or not at all, never over what somebody else wrote."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from bilingual.errors import UserError

# The text that a file had before it was last written, beside it; no mapping is read from it.
BEFORE = ".before"
_WAIT_SECONDS = 10.0


class ChangedError(UserError):
    """The file is not the one that a text was made from."""


@dataclass(frozen=True)
class MappingText:
    """The text of a mapping file; `mark` tells it from any other text."""

    text: str
    mark: str


def read_text(folder: Path, name: str) -> MappingText | None:
    """The text of a mapping that is there; None for none."""
    try:
        content = _file(folder, name).read_bytes()
    except FileNotFoundError:
        return None
    return MappingText(content.decode("utf-8", "replace"), hashlib.sha256(content).hexdigest()[:16])


def write_text(folder: Path, name: str, text: str, mark: str | None) -> None:
    """Write a mapping; what was there is kept beside it.

    mark: that of the text that it was made from, None for a new file. ChangedError where the file has another text by now, or is
    there already.
    """
    file = _file(folder, name)
    with _alone(folder):
        there = read_text(folder, name)
        if (there.mark if there else None) != mark:
            raise _there(file) if mark is None else _changed(file)
        if there is not None:
            _write(file.with_name(file.name + BEFORE), there.text)
        _write(file, text)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.yaml"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", timeout=_WAIT_SECONDS):
        yield


def _write(file: Path, text: str) -> None:
    part = file.with_name(f"{file.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(file)


def _changed(file: Path) -> ChangedError:
    return ChangedError(
        en="{file} was changed while you did; nothing was written: look at what it is now.",
        zh="{file} 已被他人修改，未写入任何内容；请查看当前内容。",
        file=file.name,
    )


def _there(file: Path) -> ChangedError:
    return ChangedError(
        en="{file} is there already; it is never written over: choose another name.",
        zh="{file} 已存在，不会覆盖；请换一个名称。",
        file=file.name,
    )
