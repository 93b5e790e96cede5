"""The bytes of files that belong to reports: in a folder, each under its SHA-256, so that the same file lies there once.

What a file is follows from its content, never from its name, and only what is on the list of kinds is kept. Photos are kept as
they came, with the place and time that a camera wrote into them: that is evidence, and who may see the report may see it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from filelock import FileLock

from bilingual.errors import UserError
from fracas.database import FullError
from fracas.kinds import ENDINGS, kind_of

_PIECE = 1 << 18
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ASIDE = ".taking-"
_DAY = 86_400
_LONGEST_NAME = 120
# Characters that turn the direction of writing: with one of them photo⟨gnp.exe reads as photo exe.png.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Kept:
    """A file in the store. kind: its media type; name: one that fits it."""

    sha256: str
    name: str
    kind: str
    size: int


@dataclass(frozen=True)
class Store:
    """A folder of files. most_bytes: of one; quota_bytes: of all together."""

    folder: Path
    most_bytes: int
    quota_bytes: int

    def path(self, sha256: str) -> Path:
        """Where the bytes with a hash lie. UserError where they do not."""
        path = self._place(sha256)
        if not path.is_file():
            raise UserError(
                en="The register knows this file, but its bytes are not in the store; restore the folder “files” from a backup.",
                zh="登记库中有此文件的记录，但文件内容不在存储中；请从备份恢复“files”目录。",
            )
        return path

    @contextmanager
    def keeping(self, stream: IO[bytes], name: str) -> Iterator[Kept]:
        """Take in a stream; it stays where the block ends well, so that no file lies here of which no report knows.

        UserError for what is too big, empty or of no kind on the list, FullError where there is no room; nothing is left then.
        """
        with _room(), self._aside() as file:
            aside = Path(file.name)
            try:
                kept = self._taken(stream, name, file)
                # One at a time: who counts must know that nobody else is about to add, and who takes back that nobody else built on it.
                with FileLock(self.folder / ".lock"):
                    is_new = self._settle(aside, kept)
                    try:
                        yield kept
                    except BaseException:
                        if is_new:
                            self._place(kept.sha256).unlink()
                        raise
            finally:
                aside.unlink(missing_ok=True)

    def _aside(self) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(f"{_ASIDE}*"):
            # Of a process that was killed, since nobody sends one file for a day; others may be gone before they are looked at.
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < time.time() - _DAY:
                    left.unlink()
        return tempfile.NamedTemporaryFile(dir=self.folder, prefix=_ASIDE, delete=False)

    def used(self) -> int:
        """Bytes of all files; looked up, because nothing that is written down would survive a restored backup."""
        return sum(
            entry.stat().st_size
            for folder in os.scandir(self.folder)
            if folder.is_dir()
            for entry in os.scandir(folder)
        )

    def _place(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def _taken(self, stream: IO[bytes], name: str, file: IO[bytes]) -> Kept:
        digest, size = hashlib.sha256(), 0
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > self.most_bytes:
                raise UserError(
                    en="“{name}” is larger than {most} MB, which is the most that one may have; send a smaller one, or raise upload_megabytes.",
                    zh="“{name}”超过单个文件上限 {most} MB；请上传较小的文件，或调高 upload_megabytes。",
                    name=name,
                    most=f"{self.most_bytes / 1e6:g}",
                )
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
        kind = kind_of(Path(file.name), name)
        return Kept(digest.hexdigest(), fitting(name, kind), kind, size)

    def _settle(self, aside: Path, kept: Kept) -> bool:
        """Put a file into its place; False where it lay there already."""
        place = self._place(kept.sha256)
        if place.exists():
            return False
        if self.used() + kept.size > self.quota_bytes:
            raise FullError(
                en="All files of the register together may take {quota} GB, and with this one they would take more; "
                "ask the administrator to raise uploads_gigabytes.",
                zh="登记库全部文件的总容量上限为 {quota} GB，加上此文件将超出；请联系管理员调高 uploads_gigabytes。",
                quota=f"{self.quota_bytes / 1e9:g}",
            )
        place.parent.mkdir(exist_ok=True)
        aside.replace(place)
        _synced(place.parent)
        return True


@contextmanager
def _room() -> Iterator[None]:
    """Says in a sentence that the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise FullError(
            en="The disk is full, so the file was not kept; make room and try again.",
            zh="磁盘已满，文件未保存；请清理空间后重试。",
        ) from error


def fitting(name: str, kind: str) -> str:
    """A name under which a file of a kind can be kept by whoever fetches it: no path, nothing invisible, an ending that says
    what it is, so that no system runs a text because it is called .bat."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(c for c in last if not unicodedata.category(c).startswith("C") and c not in _TURNING).strip(" .")
    stem, ending = os.path.splitext(plain)  # noqa: PTH122  # a suffix by pathlib is none where a name begins with a dot
    endings = ENDINGS[kind]
    if ending.lower() not in endings:
        stem, ending = plain, endings[0]
    return (stem[:_LONGEST_NAME] or "file") + ending


def _synced(folder: Path) -> None:
    at = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(at)
    finally:
        os.close(at)
