"""Workbooks come out as text a person would type, sheet by sheet."""

from __future__ import annotations

import re
import time
import zipfile
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from workbooks import book, read

from bilingual.errors import UserError


def values(path: Path, *cells: Any) -> list[Any]:
    return read(book(path, {"s": [["x"], *([cell] for cell in cells)]}), "x")["x"].to_list()


def test_numbers_are_their_shortest_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert values(path, 12, 12.5, 0.1, 1 / 3, 100000, 0) == ["12", "12.5", "0.1", repr(1 / 3), "100000", "0"]


def test_texts_are_untouched_and_booleans_are_words(tmp_path: Path) -> None:
    assert values(tmp_path / "a.xlsx", "007", " x ", "?", True, False) == ["007", " x ", "?", "true", "false"]


def test_dates_are_iso_text(tmp_path: Path) -> None:
    cells = [datetime(2024, 3, 7, 8, 5), date(2024, 3, 7), "2020.09.07"]
    assert values(tmp_path / "a.xlsx", *cells) == ["2024-03-07 08:05:00", "2024-03-07", "2020.09.07"]
    assert values(tmp_path / "b.xlsx", clock(8, 5), clock(0, 0), "early") == ["08:05:00", "00:00:00", "early"]


@pytest.mark.parametrize("days", [[0.25, 1.5, 40], [1.5], [0.25, 700.25, 0]])
def test_durations_are_hours_that_do_not_wrap_at_a_day(tmp_path: Path, days: list[float]) -> None:
    found = values(tmp_path / "a.xlsx", *(timedelta(days=d) for d in days))
    assert found == [f"{int(d * 24):02}:00:00" for d in days]


def test_a_duration_and_a_date_in_one_column_stay_what_they_are(tmp_path: Path) -> None:
    cells = [timedelta(hours=36), datetime(2024, 3, 7, 8), date(1925, 5, 1)]
    assert values(tmp_path / "a.xlsx", *cells) == ["36:00:00", "2024-03-07 08:00:00", "1925-05-01"]


def test_the_table_may_start_anywhere_and_rows_are_numbered_as_in_the_sheet(tmp_path: Path) -> None:
    rows = [["报修台账"], [], ["工单号\n(编号)", "现象"], ["1", "异响"], [], ["2", "卡住"]]
    frame = read(book(tmp_path / "a.xlsx", {"一月": rows}, at=(3, 2)), "工单号 (编号)")
    assert frame.rows() == [("1", "异响", 7, "a.xlsx#一月"), ("2", "卡住", 9, "a.xlsx#一月")]
    assert frame.columns == ["工单号 (编号)", "现象", "_row", "_file"]


def test_sheets_with_the_table_are_read_and_others_passed_over(tmp_path: Path) -> None:
    sheets = {
        "封面": [["报修台账"]],
        "一月": [["工单号", "现象", "日期"], ["1", "a", "x"]],
        "二月": [["日期", "工单号", "现象", "备注"], ["y", "2", "b", "n"]],
        "说明": [["工单号", "唯一编号"], ["现象", "代码"]],
        "空": [],
    }
    frame = read(book(tmp_path / "a.xlsx", sheets), "工单号", "现象", "日期")
    assert frame["工单号"].to_list() == ["1", "2"]
    assert frame["日期"].to_list() == ["x", "y"]
    assert frame["_file"].to_list() == ["a.xlsx#一月", "a.xlsx#二月"]
    assert frame["_row"].to_list() == [2, 2]


def test_a_sheet_whose_names_have_drifted_is_told(tmp_path: Path) -> None:
    sheets = {"一月": [["工单号", "日期"], ["1", "x"]], "二月": [["工单号", "报修日期"], ["2", "y"]]}
    with pytest.raises(UserError, match=r"a.xlsx#二月: the column “日期” is missing .found “报修日期”"):
        read(book(tmp_path / "a.xlsx", sheets), "工单号", "日期")


def test_a_workbook_without_the_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="“工单号” is missing"):
        read(book(tmp_path / "a.xlsx", {"封面": [["台账", "x"]]}), "工单号")
    with pytest.raises(UserError, match="no sheet has a table"):
        read(book(tmp_path / "a.xlsx", {"空": []}), "工单号")


def test_sheets_are_chosen_by_name(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"一月": [["x"], ["1"]], "二月": [["x"], ["2"]]})
    assert read(path, sheet="二*")["x"].to_list() == ["2"]
    with pytest.raises(UserError, match=r"no sheet “三月” .found “一月”, “二月”"):
        read(path, sheet="三月")


def test_a_sheet_that_is_a_chart_is_passed_over(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as workbook:
        workbook.add_worksheet("s").write_column(0, 0, ["x", 1])
        chart = workbook.add_chart({"type": "line"})
        chart.add_series({"values": "=s!$A$2:$A$2"})
        workbook.add_chartsheet("chart").set_chart(chart)
    assert read(tmp_path / "a.xlsx")["x"].to_list() == ["1"]


def test_a_million_declared_rows_cost_nothing(tmp_path: Path) -> None:
    whole = book(tmp_path / "whole.xlsx", {"s": [["x", "y"], *([i, "a"] for i in range(40))]})
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1:XFD1048576"/>', content)
                content = content.replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576"/></row></sheetData>')
            new.writestr(name, content)
    started = time.perf_counter()
    frame = read(tmp_path / "a.xlsx", "x")
    assert frame.height == 40
    assert frame["_row"].to_list() == list(range(2, 42))
    assert time.perf_counter() - started < 1


def test_trailing_rows_of_spaces_are_no_rows(tmp_path: Path) -> None:
    assert read(book(tmp_path / "a.xlsx", {"s": [["x", "y"], [1, 2], [], [" ", None]]}), "x").height == 1
