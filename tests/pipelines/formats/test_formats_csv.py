"""Delimited text comes out exactly as it was written, and damaged rows say what is wrong with them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bilingual.errors import UserError
from pipelines.formats import csv as subject
from pipelines.formats import encoding
from pipelines.formats.reading import Reading

NEED = "工单号"


def read(folder: Path, content: str | bytes, *needs: str, **options: Any) -> pl.DataFrame:
    path = folder / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return pl.concat(subject.frames(Reading(path, "a.csv", frozenset(needs), **options)), how="diagonal")


def defects(frame: pl.DataFrame) -> dict[int, str]:
    return dict(frame.filter(pl.col("_defect").is_not_null()).select("_row", "_defect").rows())


def test_fields_are_as_written_and_empty_ones_are_null(tmp_path: Path) -> None:
    frame = read(tmp_path, 'a,b,c\n007, x ,\n?,"q""q","1,5"\n')
    assert frame.rows() == [("007", " x ", None, 2), ("?", 'q"q', "1,5", 3)]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_and_delimiter_are_found(tmp_path: Path, codec: str, delimiter: str, end: str) -> None:
    rows = [["工单号", "现象", "n"], ["1", "电机异响", "3"], ["2", "门，卡住", "5"]]
    text = end.join(delimiter.join(row) for row in rows) + end
    frame = read(tmp_path, text.encode(codec))
    assert frame.columns == ["工单号", "现象", "n", "_row"]
    assert frame.rows() == [("1", "电机异响", "3", 2), ("2", "门，卡住", "5", 3)]


def test_the_encoding_that_shows_the_mapped_column_wins(tmp_path: Path) -> None:
    # “小模” in GB18030 is valid UTF-8 too.
    content = "小模,n\n1,2\n".encode("gb18030")
    content.decode("utf-8", "strict")
    assert read(tmp_path, content, "小模")["小模"].to_list() == ["1"]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), max_size=6)),
    codec=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_any_table_reads_back_equal(tmp_path: Path, rows: list[list[str]], codec: str) -> None:
    # The needed column tells which of two encodings is right where the bytes of a small table fit both.
    width = len(rows[0]) if rows else 2
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([NEED, *(f"c{i}" for i in range(1, width))])
    writer.writerows(rows)
    frame = read(tmp_path, buffer.getvalue().encode(codec), NEED)
    sound = [tuple(cell or None for cell in row) for row in rows if any(cell.strip() for cell in row)]
    blank_to_polars = frame.drop("_row", *(["_defect"] if "_defect" in frame.columns else [])).rows()
    assert [row for row in blank_to_polars if any((c or "").strip() for c in row)] == sound
    assert "_defect" not in frame.columns


def test_the_header_is_found_under_titles_and_blank_lines(tmp_path: Path) -> None:
    text = "报修台账,,\n\n制表：张三,2024年,\n 工单号 ,报修（日期）,\n1,2,3\n"
    frame = read(tmp_path, text, "工单号", "报修(日期)")
    assert frame.columns == ["工单号", "报修(日期)", "column_3", "_row"]
    assert frame.rows() == [("1", "2", "3", 5)]


def test_a_mapping_may_spell_a_column_as_the_file_does(tmp_path: Path) -> None:
    assert read(tmp_path, "报修（日期）,ID\n1,2\n", "报修（日期）", "id").columns == ["报修（日期）", "id", "_row"]


def test_without_a_mapping_the_first_row_with_most_distinct_words_is_the_header(tmp_path: Path) -> None:
    assert read(tmp_path, "台账,台账,台账\nid,state,state\n1,2,3\n").columns == ["id", "state", "state_2", "_row"]


def test_a_forced_header_row_is_taken(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\nc,d\n1,2\n", header_row=2).rows(named=True) == [{"c": "1", "d": "2", "_row": 3}]


def test_names_of_lineage_columns_are_not_given_to_columns(tmp_path: Path) -> None:
    assert read(tmp_path, "_row,_file,x\n1,2,3\n").columns == ["_row_2", "_file_2", "x", "_row"]


def test_rows_of_another_width_keep_their_fields_and_say_so(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,b,c\n1,2,3\n4,5\n\n6,7,8,9\n6,7,8,\n,,\nx,y,z\n", "a")
    assert frame["_row"].to_list() == [2, 3, 5, 6, 8]
    assert frame["c"].to_list() == ["3", None, "8", "8", "z"]
    assert frame["column_4"].to_list() == [None, None, "9", None, None]
    assert defects(frame) == {3: "2 of 3 columns", 5: "4 of 3 columns"}


def test_a_column_beyond_the_header_never_takes_a_name_that_is_taken(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,column_3\n1,2,3\n", "a")
    assert frame.rows(named=True)[0]["column_3"] == "2"


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("4,5", "cut off: 2 of 3 columns"),
        ('4,5,"x', "cut off: 3 of 3 columns"),
        ('4,5,"x\n', "cut off: 3 of 3 columns"),
        ('4,5,"', "cut off: 3 of 3 columns"),
        ('4,"5,x', "cut off: 2 of 3 columns"),
        ("4,5,电".encode()[:-1], "cut off: 3 of 3 columns"),
        ("4,电".encode()[:-1], "cut off: 2 of 3 columns"),
    ],
)
def test_the_row_a_file_breaks_off_in_says_so(tmp_path: Path, ending: str | bytes, said: str) -> None:
    frame = read(tmp_path, b"a,b,c\n1,2,3\n" + (ending if isinstance(ending, bytes) else ending.encode()), "a")
    assert defects(frame) == {3: said}
    assert frame["a"].to_list() == ["1", "4"]


@pytest.mark.parametrize("ending", ["4,5,6", '4,5,"6"', '4,5,""', '4,5,"6""6"', "4,5,", '4,5,"6"\n'])
def test_a_whole_last_row_is_sound_with_or_without_line_end(tmp_path: Path, ending: str) -> None:
    frame = read(tmp_path, "a,b,c\n1,2,3\n" + ending, "a")
    assert frame.height == 2
    assert "_defect" not in frame.columns


def test_a_gb18030_file_that_ends_inside_a_character_is_read(tmp_path: Path) -> None:
    frame = read(tmp_path, "工单号,现象\n1,电机\n2,异响".encode("gb18030")[:-1], "工单号")
    assert frame["现象"].to_list() == ["电机", "异"]
    assert defects(frame) == {3: "cut off: 2 of 2 columns"}


@pytest.mark.parametrize("block", [64, 1 << 23])
def test_a_quote_never_closed_costs_one_row_not_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(subject, "BLOCK_BYTES", block)
    frame = read(tmp_path, "a,b,c\n" + "1,2,3\n" * 50 + '4,"5,yy\n' + "6,7,8\n" * 400, "a")
    assert frame.height == 50 + 1 + 400
    assert frame["_row"].to_list() == list(range(2, 453))
    assert list(defects(frame)) == [52]


def test_a_stray_quote_closed_by_another_one_later_does_not_merge_rows(tmp_path: Path) -> None:
    frame = read(tmp_path, 'a,b,c\n1,2,3\n4,"5\n7,8,9\n6,7,8\nq,"w",e\nx,y,z\n', "a")
    assert frame["a"].to_list() == ["1", "4", "7", "6", "q", "x"]
    assert list(defects(frame)) == [3]


@pytest.mark.parametrize("block", [64, 1 << 22])
def test_a_quote_never_closed_does_not_swallow_rows_that_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(encoding, "BLOCK", block)
    frame = read(tmp_path, "a,b,c\n" + "1,2,3\n" * 99 + '4,5,"x\n' + "6,7,8\n" * 50, "a")
    assert frame["_row"].to_list() == list(range(2, 152))
    assert list(defects(frame)) == [101]


@pytest.mark.parametrize("block", [16, 17, 18, 19, 1 << 22])
def test_quotes_in_place_are_followed_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(encoding, "BLOCK", block)
    monkeypatch.setattr(subject, "rows_in", None)  # the slow way is not taken
    frame = read(tmp_path, "a,b,c\n" + '"x, ""y""","","""z"""\n' * 20, "a")
    assert set(frame.drop("_row").rows()) == {('x, "y"', None, '"z"')}
    assert frame.height == 20


def test_an_inch_mark_in_an_unquoted_field_is_text(tmp_path: Path) -> None:
    frame = read(tmp_path, 'a,b\n5" pipe,x\n"7"" pipe",y\n', "a")
    assert frame.rows() == [('5" pipe', "x", 2), ('7" pipe', "y", 3)]


def test_rows_keep_their_places_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "BLOCK_BYTES", 64)
    lines = [f"{i},{i}" if i % 7 == 0 else f"{i},{i},{i}" for i in range(2, 300)]
    frame = read(tmp_path, "a,b,c\n" + "\n".join(lines) + "\n", "a")
    assert [str(row) for row in frame["_row"]] == frame["a"].to_list()
    assert list(defects(frame)) == [i for i in range(2, 300) if i % 7 == 0]


def test_a_quoted_field_may_span_lines(tmp_path: Path) -> None:
    frame = read(tmp_path, 'a,b\n1,"first\nsecond"\n2,y\n', "a")
    assert frame["b"].to_list() == ["first\nsecond", "y"]


@pytest.mark.parametrize(("written", "meant"), [(r"c:\\new", r"c:\new"), (r"c:\new", r"c:\new")])
def test_backslash_escaped_quotes_are_detected(tmp_path: Path, written: str, meant: str) -> None:
    frame = read(tmp_path, f'id,text,n\n1,"say \\"hi\\", ok",5\n2,"{written}",6\n')
    assert frame["text"].to_list() == ['say "hi", ok', meant]


def test_a_backslash_before_a_closing_quote_is_no_escape_in_a_sound_file(tmp_path: Path) -> None:
    assert read(tmp_path, 'id,path,n\n1,"c:\\dir\\",5\n')["path"].to_list() == ["c:\\dir\\"]


def test_frames_are_no_larger_than_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 450_000)
    heights = [frame.height for frame in subject.frames(Reading(path, "a.csv", frozenset()))]
    assert sum(heights) == 450_000
    assert max(heights) <= 200_000


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_wrong_byte_far_into_the_file_is_told_by_its_place(tmp_path: Path, codec: str) -> None:
    sound = ("工单号,n\n" + "电机,2\n" * 700_000).encode(codec)
    with pytest.raises(UserError, match=f"byte {len(sound) + 1} is not {codec.upper()}"):
        read(tmp_path, sound + b"\xff\xff\n", "工单号")


def test_missing_columns_are_told_with_the_closest_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, "工单号,派工费\n1,2\n", "工单号", "派工费用")
    assert caught.value["en"] == (
        "a.csv: the column “派工费用” is missing (found “派工费”); rename it in the file or in the mapping."
    )
    assert "缺少列“派工费用”（找到的是“派工费”）" in caught.value["zh"]
