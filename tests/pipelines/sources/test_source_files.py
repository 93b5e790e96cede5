"""Kind `files`: which files are offered, under which names, and what is said of those that cannot be read."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from bilingual.errors import UserError
from pipelines.landing import LandedStream
from pipelines.sources import Delivery, Rejection, Stream
from pipelines.sources.files import deliveries

DATA = Path(__file__).parents[4] / "shared" / "data"
CSV = "工单号,日期\n007,2024-03-07\n"


def stream(home: Path, path: Any = "*", needs: tuple[str, ...] = ("工单号",), **options: Any) -> Stream:
    return Stream("desk", "tickets", {"path": path, **options}, frozenset(needs), home)


def offered(of: Stream) -> list[Delivery]:
    """What is offered where nothing has landed."""
    found = list(deliveries(of, LandedStream(Path("/nowhere"))))
    assert all(isinstance(delivery, Delivery) for delivery in found)
    return found  # type: ignore[return-value]


def refusal(of: Stream) -> UserError:
    (delivery,) = offered(of)
    with pytest.raises(UserError) as caught:
        list(delivery.read())
    assert "\n" not in caught.value["en"] + caught.value["zh"]
    return caught.value


def book(path: Path, **sheets: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def test_files_come_sorted_and_named_from_the_home_folder(tmp_path: Path) -> None:
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "b" / "1.csv").write_text(CSV + "8,\n")
    (tmp_path / "in" / "a.csv").write_text(CSV)
    assert [d.file for d in offered(stream(tmp_path, "in/**/*.csv"))] == ["in/a.csv", "in/b/1.csv"]
    away = stream(tmp_path / "in" / "b", str(tmp_path / "in" / "*.csv"))
    assert [d.file for d in offered(away)] == [(tmp_path / "in" / "a.csv").as_posix()]
    assert [d.file for d in offered(stream(tmp_path, ["in/b/*.csv", "in/a.csv"]))] == ["in/a.csv", "in/b/1.csv"]
    assert [d.file for d in offered(stream(tmp_path, "in"))] == ["in/a.csv"]


def test_the_same_content_under_two_names_is_one_batch(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "copy of a.csv").write_text(CSV)
    (delivery,) = offered(stream(tmp_path))
    assert delivery.file == "a.csv"
    assert delivery.batch == f"{_sha(tmp_path / 'a.csv')}-{stream(tmp_path).signature}"


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def test_unfinished_and_skipped_files_are_left_out(tmp_path: Path) -> None:
    for name in ("~$a.csv", ".a.csv", "a.tmp", "a.csv.part", "old_a.csv", "a.csv"):
        (tmp_path / name).write_text(CSV + name)
    assert [d.file for d in offered(stream(tmp_path, skip="old_*"))] == ["a.csv"]


def test_a_pattern_without_match_is_no_error_but_a_named_file_is(tmp_path: Path) -> None:
    assert offered(stream(tmp_path, "in/*.csv")) == []
    (rejection,) = deliveries(stream(tmp_path, "in/a.csv"), LandedStream(tmp_path / "landing"))
    assert isinstance(rejection, Rejection)
    assert "in/a.csv: there is no such file" in str(rejection.error)


def test_brackets_in_a_file_name_are_no_wildcard_when_the_file_exists(tmp_path: Path) -> None:
    (tmp_path / "a[1].csv").write_text(CSV)
    assert [d.file for d in offered(stream(tmp_path, "a[1].csv"))] == ["a[1].csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_opened_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "a.csv").chmod(0)
    (rejection,) = deliveries(stream(tmp_path), LandedStream(tmp_path / "landing"))
    assert isinstance(rejection, Rejection)
    assert "cannot be opened" in str(rejection.error)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.xls", "a.dat", "a.json"])
def test_delimited_text_is_read_as_such_under_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(CSV)
    (delivery,) = offered(stream(tmp_path))
    assert pl.concat(delivery.read()).rows() == [("007", "2024-03-07", 2)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("a.jsonl", '{"工单号":"007","日期":"2024-03-07"}\n'.encode()),
        ("a.json.gz", gzip.compress('[{"工单号":"007","日期":"2024-03-07"}]'.encode(), mtime=0)),
    ],
)
def test_text_kinds_may_be_packed(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (delivery,) = offered(stream(tmp_path))
    assert pl.concat(delivery.read()).select("工单号", "日期").rows() == [("007", "2024-03-07")]


def test_a_workbook_and_a_parquet_file_are_known_by_their_content(tmp_path: Path) -> None:
    book(tmp_path / "book.csv", 一月=[["工单号"], ["007"]])
    pl.DataFrame({"工单号": ["008"]}).write_parquet(tmp_path / "table.csv")
    values = [pl.concat(d.read())["工单号"].to_list() for d in offered(stream(tmp_path))]
    assert values == [["007"], ["008"]]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"\xef\xbb\xbf", "the file is empty"),
        ("a.csv", b"\n\n \n", "the file is empty"),
        ("a.csv.gz", gzip.compress(CSV.encode() * 99, mtime=0)[:-12], "damaged or was cut off"),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-9] + b"x" * 9, "damaged or was cut off"),
        ("a.xlsx", b"PK\x03\x04 and nothing else", "the workbook is damaged"),
        ("a.xls", bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 4096, "the workbook is damaged"),
        (
            "a.xlsx",
            bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        ("a.parquet", b"PAR1 and nothing else", "Parquet file is damaged"),
        ("a.parquet", b"nothing", "Parquet file is damaged"),
        ("a.json", '[{"工单号":"1"},{"工'.encode(), "line 1, column"),
        ("a.xls", "<html><table><tr><td>工单号</td></tr></table>".encode(), "this is a web page"),
        ("a.csv", "工单号,状态\n1,好\n".encode() + b"2,\xff\xff\n", "byte 26 is not UTF-8"),
        (
            "a.csv",
            CSV.encode().replace("工单号".encode(), "工单码".encode()),
            "“工单号” is missing (found “工单码”)",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    error = refusal(stream(tmp_path))
    assert said in error["en"]
    assert error["en"].startswith(f"{name}: ")
    assert error["zh"].startswith(f"{name}：")


def test_a_truncated_workbook_is_told(tmp_path: Path) -> None:
    book(tmp_path / "whole", s=[["工单号"], ["1"]])
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "whole").unlink()
    (tmp_path / "a.xlsx").write_bytes(content[: len(content) // 2])
    assert "the workbook is damaged or was cut off" in str(refusal(stream(tmp_path)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encoding": "klingon"}, "“klingon” is no encoding"),
        ({"encoding": "ascii"}, "byte 1 is not ASCII"),
        ({"header_row": 9}, "the file is empty"),
    ],
)
def test_options_that_do_not_fit_the_file_are_told(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    assert said in str(refusal(stream(tmp_path, **options)))


def test_a_header_row_that_is_no_number_and_a_path_left_out_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    with pytest.raises(UserError, match="counted from 1"):
        offered(stream(tmp_path, header_row=0))
    with pytest.raises(UserError, match="one ASCII character"):
        offered(stream(tmp_path, delimiter="，"))
    with pytest.raises(UserError, match="`path` is missing"):
        offered(Stream("desk", "tickets", {}, frozenset(), tmp_path))


def test_a_header_alone_lands_an_empty_batch(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("工单号,日期\n")
    book(tmp_path / "b.xlsx", s=[["工单号", "日期"]])
    for delivery in offered(stream(tmp_path)):
        (frame,) = delivery.read()
        assert frame.height == 0
        assert {"工单号", "日期", "_row"} <= set(frame.columns)


def test_a_file_written_to_while_it_is_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (delivery,) = offered(stream(tmp_path))
    (tmp_path / "a.csv").write_text(CSV + "8,2024-03-08\n")
    with pytest.raises(UserError, match="was changed while it was read"):
        list(delivery.read())


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside the project")
@pytest.mark.parametrize(
    ("path", "rows", "columns"),
    [
        ("it_service_desk/incident_event_log.csv.gz", 141_712, ("number", "category", "category_2")),
        ("wmata_lifts/status_events.csv.gz", 121_022, ("unit_id", "time", "end_time")),
        ("car_parts/carparts.csv", 2_674, ("Part", "Jan-98", "Mar-02")),
    ],
)
@pytest.mark.parametrize("is_mapped", [True, False])
def test_real_registers_are_read_whole(path: str, rows: int, columns: tuple[str, ...], is_mapped: bool) -> None:
    (delivery,) = offered(stream(DATA, path, needs=columns if is_mapped else ()))
    table = pl.concat(delivery.read())
    assert table.height == rows
    assert set(columns) <= set(table.columns)
    assert table["_row"].to_list() == list(range(2, rows + 2))
    assert "_defect" not in table.columns
