"""Zip archives: their members as files of their own, one at a time, whatever an archive says of itself."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bilingual.errors import UserError
from bilingual.text import Text
from pipelines.sources import Rejection
from pipelines.storage import ARCHIVE, extension, is_passed_over, is_readable

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# What a zip holds that is a workbook: one of Excel, one of OpenDocument.
_OF_WORKBOOKS = frozenset({"[Content_Types].xml", "META-INF/manifest.xml"})
_MOST_MEMBERS = 10_000
_MOST_DIRECTORY_BYTES = 16 << 20
# No register packs better than this, but for small ones; an archive that was made to burst does.
_RATIO, _HARMLESS = 250, 64 << 20
_BLOCK = 1 << 20
_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
# Others unpack what they have read in one piece, however much it becomes.
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MAC = "__MACOSX/"
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def is_archive(path: Path) -> bool:
    """Whether a file is an archive of files. A workbook is a zip too; one that is damaged is told by its name."""
    with path.open("rb") as file:
        if not file.read(4).startswith(_ZIP):
            return False
    try:
        with _opened(path) as archive:
            return _OF_WORKBOOKS.isdisjoint(archive.NameToInfo)
    except zipfile.LargeZipFile:
        return True
    except _BROKEN:
        return path.suffix.lower() in (ARCHIVE, "")


@dataclass(frozen=True)
class Member:
    """A file in an archive. It is unpacked under a name of ours: its own leads nowhere."""

    name: str
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    def unpacked(self, room: Path) -> Path:
        """The content as a file below `room`; UserError for one that cannot be unpacked."""
        room.mkdir(parents=True, exist_ok=True)
        copy = room / f"unpacked{extension(self.name)}"
        if self.info.flag_bits & _ENCRYPTED:
            raise _refused(self.name, _PROTECTED)
        if self.info.compress_type not in _PACKINGS:
            raise _refused(self.name, _PACKED_OTHERWISE)
        if self.info.file_size > _HARMLESS and self.info.file_size > _RATIO * max(self.info.compress_size, 1):
            raise _refused(self.name, _BURSTS)
        try:
            # No more comes out than the directory says: what is longer fails its checksum.
            with self.archive.open(self.info) as file, copy.open("wb") as to:
                while block := file.read(_BLOCK):
                    to.write(block)
        except _BROKEN:
            raise _refused(self.name, _DAMAGED) from None
        return copy


def members(path: Path, name: str, skipped: list[str], most: int) -> Iterator[Member | Rejection]:
    """The files of an archive in the order of their names, `archive.zip/folder/file.xlsx`; what holds no rows is left out.

    Raises UserError for an archive that cannot be opened, or would become more than `most` bytes.
    """
    try:
        archive = _opened(path)
    except zipfile.LargeZipFile:
        raise _refused(name, _TOO_MANY) from None
    except _BROKEN:
        raise _refused(name, _DAMAGED) from None
    with archive:
        found = _named(archive, name)
        if len(archive.filelist) > _MOST_MEMBERS:
            raise _refused(name, _TOO_MANY)
        if sum(info.file_size for info in found.values()) > most:
            raise _refused(name, _TOO_LARGE, most=f"{most / 1_000_000:g}")
        if not found:
            yield Rejection(name, _refused(name, _NOTHING))
        for shown, info in sorted(found.items()):
            if is_passed_over(shown, skipped):
                continue
            if shown.lower().endswith(ARCHIVE):
                yield Rejection(shown, _refused(shown, _NESTED))
            else:
                yield Member(shown, archive, info)


def _opened(path: Path) -> zipfile.ZipFile:
    """The archive, whose directory is read whole: so one that is too long is not opened."""
    if _directory_bytes(path) > _MOST_DIRECTORY_BYTES:
        raise zipfile.LargeZipFile
    return zipfile.ZipFile(path)


def _directory_bytes(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - 200))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 16 > len(tail):
        raise zipfile.BadZipFile
    size: int = struct.unpack_from("<L", tail, end + 12)[0]
    long_end = tail.rfind(b"PK\x06\x06", 0, end)
    if long_end >= 0 and long_end + 48 <= len(tail):
        size = max(size if size != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, long_end + 40)[0])
    return size


def _named(archive: zipfile.ZipFile, of: str) -> dict[str, zipfile.ZipInfo]:
    """The readable members by the names that they are shown under; of two with one name the later."""
    plain = [info for info in archive.infolist() if not info.flag_bits & _IS_UTF8]
    encoding = _encoding(b"\n".join(info.orig_filename.encode("cp437") for info in plain))
    found = {}
    for info in archive.infolist():
        written = info.orig_filename
        if not info.flag_bits & _IS_UTF8:
            written = written.encode("cp437").decode(encoding)
        inside = _inside(written)
        if inside and not written.endswith(("/", "\\")) and not inside.startswith(_MAC) and is_readable(inside):
            found[f"{of}/{inside}"] = info
    return found


def _encoding(names: bytes) -> str:
    """How the names are written that no flag says to be UTF-8: Chinese Windows writes them as GBK and does not tell."""
    for encoding in ("utf-8", "gb18030"):
        try:
            names.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "cp437"


def _inside(written: str) -> str:
    """A member's path, without what leads out of the archive and without signs that nobody sees."""
    parts = [part for part in written.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in "/".join(parts))


_PROTECTED = Text(
    en="{file}: the file is protected by a password; pack it without one.",
    zh="{file}：该文件有密码保护；请不设密码重新打包。",
)
_PACKED_OTHERWISE = Text(
    en="{file}: the file is packed by a method that is not read; pack it as an ordinary zip (deflate).",
    zh="{file}：该文件的压缩方法不受支持；请用普通 zip（deflate）重新打包。",
)
_BURSTS = Text(
    en="{file}: the file would become more than {ratio} times its packed size, as no register does; it is not unpacked.",
    zh="{file}：解压后将超过压缩大小的 {ratio} 倍，不像登记表；未解压。",
)
_DAMAGED = Text(
    en="{file}: the archive is damaged or was cut off on its way; copy it anew.",
    zh="{file}：压缩包已损坏或传输中断；请重新复制。",
)
_TOO_MANY = Text(
    en="{file}: the archive has more than {members} files; pack fewer together.",
    zh="{file}：压缩包中的文件超过 {members} 个；请分开打包。",
)
_TOO_LARGE = Text(
    en="{file}: the archive would become more than {most} MB; pack fewer files together or raise `max_mb` of its stream.",
    zh="{file}：压缩包解压后将超过 {most} MB；请分开打包，或调高该流的 `max_mb`。",
)
_NOTHING = Text(
    en="{file}: the archive holds no file that can be read; put tables, workbooks or text into it.",
    zh="{file}：压缩包中没有可读取的文件；请放入表格、工作簿或文本文件。",
)
_NESTED = Text(
    en="{file}: an archive inside of an archive is not unpacked; put its files into the outer one.",
    zh="{file}：不解压压缩包中的压缩包；请将其中的文件直接放入外层压缩包。",
)


def _refused(name: str, text: Text, most: str = "") -> UserError:
    said = text.format(file=name, most=most, members=_MOST_MEMBERS, ratio=_RATIO)
    return UserError(en=said.en, zh=said.zh)
