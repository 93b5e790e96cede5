"""What a file is, by its content: the kinds that a report may have, and nothing else.

Libraries that know hundreds of kinds were looked at (filetype, puremagic): they miss what phones write today (MP4 of the brands
iso5, iso6 and avc1, HEIC of heix) and take any archive whose first names look right for a document.
"""

from __future__ import annotations

import codecs
import unicodedata
import zipfile
from pathlib import Path

from bilingual.errors import UserError

_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
TEXT = "text/plain"

# The endings of each kind's names; the first is given to a name with none of them.
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "image/heic": (".heic", ".heif"),
    "application/pdf": (".pdf",),
    "video/mp4": (".mp4", ".m4v", ".3gp"),
    "video/quicktime": (".mov", ".qt"),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    TEXT: (".txt", ".csv", ".log", ".md", ".tsv"),
}
# Those that a browser shows as a picture.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})

_BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}
_MEMBERS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_MP4 = (b"iso", b"mp4", b"avc", b"M4V", b"3gp", b"3g2", b"dash", b"MSNV", b"mmp4")
# What a browser would run, were it ever to take a text for a page.
_MARKUP = ("<!doctype", "<html", "<svg", "<script", "<?xml", "<body", "<iframe")
_SPACES = frozenset("\t\n\r\f")
_HEAD = 8192
_PIECE = 1 << 18


def kind_of(file: Path, name: str) -> str:
    """The media type of a file, which its sender calls `name`. UserError for what is empty or on no list."""
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        raise UserError(en="“{name}” is empty; choose another file.", zh="“{name}”为空；请选择其他文件。", name=name)
    found = next((kind for begin, kind in _BEGINNINGS.items() if head.startswith(begin)), None)
    found = found or _riff(head) or _boxes(head) or _archive(file, head) or _text(file)
    if found is None:
        raise UserError(
            en="By its content “{name}” is none of the files that a report takes: photos (JPEG, PNG, WebP, GIF, HEIC), videos (MP4, MOV), "
            "PDF, Word and Excel (.docx, .xlsx, without macros) and plain text; convert it to one of these.",
            zh="按内容判断，“{name}”不属于报告可附的类型：照片（JPEG、PNG、WebP、GIF、HEIC）、视频（MP4、MOV）、PDF、"
            "Word 与 Excel（.docx、.xlsx，不含宏）及纯文本；请转换后再上传。",
            name=name,
        )
    return found


def _riff(head: bytes) -> str | None:
    return "image/webp" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else None


def _boxes(head: bytes) -> str | None:
    """Photos and videos of phones: boxes, of which the first names the brands."""
    if head[4:8] != b"ftyp":
        return None
    length = min(int.from_bytes(head[:4], "big"), len(head))
    major, others = head[8:12], {head[i : i + 4] for i in range(16, length, 4)}
    if major in _HEIC or (major in (b"mif1", b"msf1") and others & _HEIC):
        return "image/heic"
    if major == b"qt  ":
        return "video/quicktime"
    return "video/mp4" if major.startswith(_MP4) else None


def _archive(file: Path, head: bytes) -> str | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((kind for member, kind in _MEMBERS.items() if member in names), None)


def _text(file: Path) -> str | None:
    """Whether it is text from end to end, in UTF-8 or as Chinese systems write it, and no page for a browser."""
    return TEXT if any(_reads_as(file, encoding) for encoding in ("utf-8-sig", "gb18030")) else None


def _reads_as(file: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    is_first = True
    with file.open("rb") as stream:
        while True:
            piece = stream.read(_PIECE)
            try:
                words = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                return False
            if any(unicodedata.category(c) == "Cc" for c in set(words) - _SPACES):
                return False
            if is_first and any(mark in words[:_HEAD].lower() for mark in _MARKUP):
                return False
            if not piece:
                return True
            is_first = False
