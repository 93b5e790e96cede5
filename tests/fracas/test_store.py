"""The store of files: what is let in by its content, what is refused, and that nothing is left of what was refused."""

from __future__ import annotations

import errno
import hashlib
import io
import multiprocessing
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
import xlsxwriter

from bilingual.errors import UserError
from fracas.database import FullError
from fracas.kinds import DOCX, ENDINGS, TEXT, XLSX
from fracas.store import Kept, Store, fitting

REST = bytes(range(256)) * 8
PNG = b"\x89PNG\r\n\x1a\n" + REST


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files", most_bytes=1_000_000, quota_bytes=3_000_000)


def keep(store: Store, content: bytes) -> Kept:
    with store.keeping(io.BytesIO(content), "a file") as kept:
        return kept


def left(store: Store) -> list[str]:
    """The files in the folder, but for the lock."""
    return sorted(path.name for path in store.folder.rglob("*") if path.is_file() and path.name != ".lock")


def boxes(major: bytes, *compatible: bytes) -> bytes:
    brands = major + bytes(4) + b"".join(compatible)
    return (len(brands) + 8).to_bytes(4, "big") + b"ftyp" + brands + REST


def document() -> bytes:
    file = io.BytesIO()
    docx.Document().save(file)
    return file.getvalue()


def workbook() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet()
    return file.getvalue()


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe1" + REST, "image/jpeg"),
        (PNG, "image/png"),
        (b"GIF89a" + REST, "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + REST, "image/webp"),
        (b"%PDF-1.7\n" + REST, "application/pdf"),
        (boxes(b"heic", b"mif1", b"heic"), "image/heic"),
        (boxes(b"mif1", b"mif1", b"heix"), "image/heic"),
        (boxes(b"isom", b"iso2", b"avc1"), "video/mp4"),
        (boxes(b"iso6"), "video/mp4"),
        (boxes(b"M4V ", b"isom"), "video/mp4"),
        (boxes(b"qt  "), "video/quicktime"),
        (document(), DOCX),
        (workbook(), XLSX),
        (b"asset,reading\nA-17,3.5\n", TEXT),
        ("\ufeff设备,读数\r\nA-17,3.5\r\n".encode(), TEXT),
        ("制动缸漏风，密封圈开裂。".encode("gb18030"), TEXT),
        (("气" * 200_000).encode(), TEXT),  # characters of three bytes, cut by every piece that is read
    ],
)
def test_a_file_is_known_by_its_content(store: Store, content: bytes, kind: str) -> None:
    kept = keep(store, content)
    assert kept == Kept(hashlib.sha256(content).hexdigest(), f"a file{ENDINGS[kind][0]}", kind, len(content))
    assert store.path(kept.sha256).read_bytes() == content
    assert store.path(kept.sha256).parent.name == kept.sha256[:2]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\n\n  <!DOCTYPE html><p>hello",
        b"<?xml version='1.0'?><x/>",
        "<HTML>气</HTML>".encode("gb18030"),
        b"MZ" + REST,
        b"\x7fELF" + REST,
        archive("evil.exe"),
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        archive("[Content_Types].xml", "ppt/presentation.xml"),
        b"PK\x03\x04 no archive at all",
        boxes(b"avif", b"mif1"),
        boxes(b"mif1", b"avif"),
        b"text with a \x00 in it",
        b"text and then \xff" + REST,
        b"a" * 600_000 + b"\x07",
    ],
)
def test_what_is_on_no_list_is_refused_and_nothing_is_left(store: Store, content: bytes) -> None:
    with pytest.raises(UserError):
        keep(store, content)
    assert left(store) == []


def test_the_same_file_lies_there_once(store: Store) -> None:
    first = keep(store, PNG)
    assert keep(store, PNG) == first
    assert left(store) == [first.sha256]
    assert store.used() == len(PNG)


def test_a_file_that_is_too_big_is_refused_before_it_was_read_to_its_end(store: Store) -> None:
    read = 0

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            nonlocal read
            read += size
            return b"a" * size

    with pytest.raises(UserError, match="“long” is larger than 1 MB"), store.keeping(Endless(), "long"):  # type: ignore[arg-type]
        pass
    assert read < 2 * store.most_bytes
    assert left(store) == []


def test_all_files_together_stay_within_the_quota(store: Store) -> None:
    for letter in b"abc":
        keep(store, bytes([letter]) * 900_000)
    before = left(store)
    with pytest.raises(FullError, match=r"0\.003 GB"):
        keep(store, b"d" * 900_000)
    assert left(store) == before
    keep(store, b"d" * 300_000)
    keep(store, b"a" * 900_000)  # lies there already: takes no room
    assert store.used() == 3_000_000


def test_a_file_that_no_report_took_does_not_stay(store: Store) -> None:
    with pytest.raises(RuntimeError), store.keeping(io.BytesIO(PNG), "photo"):
        raise RuntimeError("the register refused")
    assert left(store) == []
    kept = keep(store, PNG)
    with pytest.raises(RuntimeError), store.keeping(io.BytesIO(PNG), "photo"):
        raise RuntimeError("the register refused it for a second report")
    assert left(store) == [kept.sha256]


def test_a_full_disk_is_said_in_a_sentence(store: Store) -> None:
    parts = [b"a" * 1000]

    class Full(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            if parts:
                return parts.pop()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(FullError, match="disk is full"), store.keeping(Full(), "a"):  # type: ignore[arg-type]
        pass
    assert left(store) == []


def test_what_a_killed_process_left_is_cleared_away(store: Store) -> None:
    keep(store, PNG)
    old, new = store.folder / ".taking-old", store.folder / ".taking-new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    keep(store, b"something else")
    assert (old.exists(), new.exists()) == (False, True)


def test_bytes_that_are_gone_are_said_in_a_sentence(store: Store) -> None:
    with pytest.raises(UserError, match="restore the folder"):
        store.path("0" * 64)


def _keep_some(folder: Path, seed: int) -> int:
    store = Store(folder, 1_000_000, 1_000_000)
    kept = 0
    for i in range(10):
        try:
            keep(store, f"{seed} {i} ".encode() * 10_000)
            kept += 1
        except FullError:
            pass
    return kept


def test_many_at_once_do_not_pass_the_quota(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        kept = sum(pool.starmap(_keep_some, [(tmp_path, seed) for seed in range(8)]))
    store = Store(tmp_path, 1_000_000, 1_000_000)
    assert len(left(store)) == kept
    assert 900_000 < store.used() <= 1_000_000


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("photo.JPEG", "image/jpeg", "photo.JPEG"),
        ("D:\\depot\\轴承 照片.png", "image/png", "轴承 照片.png"),
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("run.bat", TEXT, "run.bat.txt"),
        ("photo\u202egnp.exe", "image/png", "photognp.exe.png"),
        ("a\r\nSet-Cookie: x=1.pdf", "application/pdf", "aSet-Cookie: x=1.pdf"),
        ("..", TEXT, "file.txt"),
        ("", "image/png", "file.png"),
        (".csv", TEXT, "csv.txt"),
        ("x" * 500 + ".pdf", "application/pdf", "x" * 120 + ".pdf"),
    ],
)
def test_the_name_of_a_file_fits_what_it_is(name: str, kind: str, expected: str) -> None:
    assert fitting(name, kind) == expected


@pytest.mark.parametrize("make", [lambda: PNG, document])
def test_what_is_kept_is_readable_by_its_owner_alone(store: Store, make: Callable[[], bytes]) -> None:
    assert store.path(keep(store, make()).sha256).stat().st_mode & 0o077 == 0
