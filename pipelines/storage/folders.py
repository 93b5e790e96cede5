"""Files in the folders of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.sources import Rejection, Stream
from pipelines.storage import absent, is_passed_over, is_readable

_WILDCARDS = frozenset("*?[")


@dataclass(frozen=True)
class Local:
    """A file in a folder."""

    name: str
    path: Path
    is_far = False

    def state(self) -> str | None:
        """The size and both times: programs that copy set one of them back."""
        found = self.path.stat()
        return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"

    def near(self, room: Path) -> Path:  # noqa: ARG002  # it is here
        """The file itself."""
        return self.path


def files(stream: Stream, patterns: list[str], skipped: list[str]) -> Iterator[Local | Rejection]:
    """The files that paths, folders and globs name, in sorted order; a name without wildcard has to be there."""
    found: set[Path] = set()
    missing: list[str] = []
    for pattern in patterns:
        literal = stream.home / pattern
        if literal.is_dir():
            found.update(path for path in literal.iterdir() if is_readable(path.name))
        elif literal.exists():
            found.add(literal)
        elif _WILDCARDS.isdisjoint(pattern):
            missing.append(pattern)
        else:
            root = Path(Path(pattern).anchor or stream.home)
            found.update(root.glob(str(Path(pattern).relative_to(root)) if Path(pattern).anchor else pattern))
    for path in sorted(found):
        name = (path.relative_to(stream.home) if path.is_relative_to(stream.home) else path).as_posix()
        if path.is_file() and not is_passed_over(name, skipped):
            yield Local(name, path)
    for pattern in missing:
        yield Rejection(pattern, absent(stream, pattern))
