"""Zip archives: what is in them lands as files of their own, and what they were made to do is told in one sentence."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from installation import Installation, tickets_csv

from bilingual.errors import UserError
from pipelines.landing import LandedStream
from pipelines.sources import Delivery, Stream, files

HEADER = "nr,opened,closed,priority,note\n"


@pytest.fixture
def desk(installation: Installation) -> Installation:
    installation.tickets("desk", "data")
    return installation


def one(key: str) -> str:
    return f"{HEADER}{key},2024-03-01,,high,\n"


def packed(members: dict[str, str | bytes], **options: Any) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, **options)
    return to.getvalue()


def workbook(key: str) -> bytes:
    to = io.BytesIO()
    with xlsxwriter.Workbook(to) as book:
        sheet = book.add_worksheet("报修")
        sheet.write_row(0, 0, HEADER.strip().split(","))
        sheet.write_row(1, 0, [key, "2024-03-01", "", "high", ""])
    return to.getvalue()


def landed(home: Installation) -> dict[str, str]:
    """The keys that landed, each with the file it is from."""
    found = pl.concat(
        [pl.read_parquet(file) for file in (home.home.landing / "desk" / "tickets").glob("*.parquet")], how="diagonal"
    )
    return dict(found.select("nr", "_file").rows())


def rejections(home: Installation) -> dict[str, str]:
    found = home.extract().rejected
    assert all("\n" not in r.en + r.zh and r.en != r.zh for r in found)
    return {r.file: r.en for r in found}


def test_members_are_files_of_their_own_beside_files(desk: Installation) -> None:
    desk.put("a.csv", one("A"))
    desk.put(
        "mail.zip", packed({"b.csv": one("B"), "三月/c.xlsx": workbook("C"), "readme.pdf": b"%PDF", "empty/": b""})
    )
    desk.put("book.xlsx", workbook("D"))
    assert rejections(desk) == {}
    assert landed(desk) == {
        "A": "data/a.csv",
        "B": "data/mail.zip/b.csv",
        "C": "data/mail.zip/三月/c.xlsx#报修",
        "D": "data/book.xlsx#报修",
    }
    assert desk.extract().batches == 0
    assert desk.leftovers() == []


def test_an_archive_is_told_by_its_content(desk: Installation) -> None:
    desk.put("book.zip", workbook("A"))
    desk.put("archive.xlsx", packed({"b.csv": one("B")}))
    assert rejections(desk) == {}
    assert sorted(landed(desk)) == ["A", "B"]


def test_the_same_content_in_and_outside_of_an_archive_is_one_batch(desk: Installation) -> None:
    desk.put("a.csv", one("A"))
    desk.put("copies.zip", packed({"a.csv": one("A"), "again.csv": one("A")}))
    assert desk.extract().batches == 1


def test_what_is_hidden_or_skipped_is_passed_over(installation: Installation) -> None:
    installation.mapping(
        "desk",
        "title: {en: D, zh: 台}\nkind: files\n"
        'streams: {tickets: {path: "data/*.zip", skip: ["old_*", "*/backup/*"]}}\n'
        "entities: {ticket: {from: tickets, fields: {ticket_id: nr, opened_at: opened}}}\n",
    )
    names = [
        "a.csv", "old_b.csv", "backup/c.csv", "__MACOSX/._a.csv", ".hidden/d.csv", ".e.csv", "~$f.xlsx", "g.csv.part", ".DS_Store",
    ]  # fmt: skip
    installation.put("x.zip", packed({name: one(str(number)) for number, name in enumerate(names)}))
    assert rejections(installation) == {}
    assert landed(installation) == {"0": "data/x.zip/a.csv"}


@pytest.mark.parametrize(
    ("written", "flag", "shown"),
    [
        ("三月/报修单.csv".encode("gbk"), 0, "三月/报修单.csv"),
        ("三月/堃.csv".encode("gb18030"), 0, "三月/堃.csv"),
        ("三月/报修单.csv".encode(), 0, "三月/报修单.csv"),
        ("三月/报修单.csv".encode(), 0x800, "三月/报修单.csv"),
        (b"Ger\x84.csv", 0, "Gerä.csv"),
        (b"..\\..\\etc\\a.csv", 0, "etc/a.csv"),
        (b"/etc/../a\n.csv", 0, "etc/a�.csv"),
    ],
)  # fmt: skip
def test_names_are_shown_as_they_were_meant(desk: Installation, written: bytes, flag: int, shown: str) -> None:
    stand_in = "x" * (len(written) - 4) + ".csv"
    content = packed({stand_in: one("A")}).replace(stand_in.encode(), written)
    if flag:
        at = content.index(b"PK\x01\x02")
        content = (
            content[:6] + struct.pack("<H", flag) + content[8 : at + 8] + struct.pack("<H", flag) + content[at + 10 :]
        )
    desk.put("x.zip", content)
    assert rejections(desk) == {}
    assert landed(desk) == {"A": f"data/x.zip/{shown}"}
    assert list(desk.path.rglob("*.csv")) == []


def test_a_member_that_cannot_be_read_holds_up_no_other(desk: Installation) -> None:
    content = packed({"a.csv": one("A"), "b.csv": one("B" * 300), "c.csv": "", "d.zip": packed({"e.csv": one("E")})})
    broken = bytearray(content)
    at = broken.index(b"b.csv") + len(b"b.csv")
    broken[at + 4] ^= 0xFF
    desk.put("x.zip", bytes(broken))
    told = rejections(desk)
    assert sorted(landed(desk)) == ["A"]
    assert "damaged or was cut off" in told["data/x.zip/b.csv"]
    assert "the file is empty" in told["data/x.zip/c.csv"]
    assert "archive inside of an archive" in told["data/x.zip/d.zip"]
    assert len(told) == 3
    assert sorted(rejections(desk)) == sorted(told)
    desk.put("x.zip", packed({"a.csv": one("A"), "b.csv": one("B")}))
    assert rejections(desk) == {}
    assert sorted(landed(desk)) == ["A", "B"]


def encrypted() -> bytes:
    content = bytearray(packed({"a.csv": one("A")}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def method(number: int) -> bytes:
    content = bytearray(packed({"a.csv": one("A")}))
    content[8] = number
    content[content.index(b"PK\x01\x02") + 10] = number
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "file", "said"),
    [
        (encrypted, "/a.csv", "protected by a password"),
        (lambda: method(14), "/a.csv", "a method that is not read"),
        (lambda: method(9), "/a.csv", "a method that is not read"),
        (lambda: packed({"a.csv": one("A")})[:60], "", "archive is damaged"),
        (lambda: b"PK\x03\x04 and nothing else", "", "archive is damaged"),
        (lambda: packed({}), "", "holds no file that can be read"),
        (lambda: packed({"photo.jpg": b"x"}), "", "holds no file that can be read"),
        (lambda: packed({f"{n}.csv": b"" for n in range(10_001)}), "", "more than 10000 files"),
    ],
    ids=["password", "lzma", "deflate64", "cut", "nonsense", "empty", "photo", "many"],
)
def test_what_cannot_be_unpacked_is_told_in_one_sentence(
    desk: Installation, content: Any, file: str, said: str
) -> None:
    desk.put("x.zip", content())
    told = rejections(desk)
    assert list(told) == [f"data/x.zip{file}"]
    assert said in told[f"data/x.zip{file}"]
    assert desk.leftovers() == []


def offered(home: Path, **options: Any) -> tuple[list[Any], int]:
    """What is offered of an archive, read to its end, and the most memory that took."""
    stream = Stream("desk", "tickets", {"path": "x.zip", **options}, frozenset({"nr"}), home)
    found = []
    tracemalloc.start()
    for offer in files.deliveries(stream, LandedStream(home / "landing")):
        try:
            found.append(
                sum(frame.height for frame in offer.read()) if isinstance(offer, Delivery) else offer.error["en"]
            )
        except UserError as error:
            found.append(error["en"])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, most


def test_an_archive_made_to_burst_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("a.csv", "w") as member:
            for _ in range(100):
                member.write(bytes(1 << 20))
        archive.writestr("b.csv", one("B"))
    found, most = offered(tmp_path)
    assert "more than 250 times" in found[0]
    assert found[1] == 1
    assert most < 32 << 20
    found, _ = offered(tmp_path, max_mb=50)
    assert len(found) == 1
    assert "would become more than 50 MB" in found[0]


def test_an_archive_that_lies_about_sizes_gives_no_more_than_it_says(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": one("A") + "x" * (8 << 20)}))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 100)
    (tmp_path / "x.zip").write_bytes(content)
    found, most = offered(tmp_path)
    assert ["damaged" in text for text in found] == [True]
    assert most < 4 << 20


def test_a_directory_without_end_is_not_read(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": one("A")}))
    content[-10:-6] = struct.pack("<L", 1 << 30)
    (tmp_path / "x.zip").write_bytes(content)
    found, _ = offered(tmp_path)
    assert ["more than 10000 files" in text for text in found] == [True]


def test_an_archive_that_landed_is_not_unpacked_again(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("x.zip", packed({f"{n}.csv": tickets_csv([n]) for n in range(3)}))
    assert desk.extract().batches == 3
    unpacked: list[str] = []
    real = zipfile.ZipFile.open
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda self, *a, **k: (unpacked.append(a), real(self, *a, **k))[1])
    assert desk.extract().batches == 0
    assert unpacked == []
    desk.put("x.zip", packed({f"{n}.csv": tickets_csv([n]) for n in range(4)}))
    unpacked.clear()
    assert desk.extract().batches == 1
    assert len(unpacked) == 4
