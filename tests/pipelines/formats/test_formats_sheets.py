"""Workbooks as people keep them: drifting months, groups over columns, tables under tables, merged and hidden cells."""

from __future__ import annotations

import zipfile
from datetime import date
from datetime import time as clock
from pathlib import Path

import pytest
import xlsxwriter
from workbooks import book, old_book, read

from bilingual.errors import UserError
from pipelines.formats import sheetxml

HEAD = ["单号", "报修日期", "现象"]


@pytest.fixture(autouse=True, params=[False, True], ids=["small", "large"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large sheets are read in another way, with the same outcome."""
    if request.param:
        monkeypatch.setattr(sheetxml, "_TRUSTED", 0)


DAY = date(2024, 3, 7)


def test_a_year_of_months_lands_though_every_month_writes_its_header_otherwise(tmp_path: Path) -> None:
    headers: dict[str, list[list[object]]] = {
        "1月": [HEAD],
        "2月": [["报修台账"], [], HEAD],
        "3月": [["现象 ", "备注", " 单 号", "报修日期"]],
        "4月": [["工单编号", "报修时间", "故障描述"]],  # synonyms, by which alone they are known
        "May": [["单号", "报修日期", "现象", "备注", "技师"]],
    }
    sheets = {}
    for month, head in headers.items():
        names = [str(name).replace(" ", "") for name in head[-1]]
        row = [{"单号": month, "工单编号": month}.get(n, DAY if "报修" in n else n) for n in names]
        sheets[month] = [*head, row]
    frame = read(book(tmp_path / "a.xlsx", sheets), *HEAD)
    assert frame["单号"].to_list() == list(headers)
    assert frame["报修日期"].to_list() == ["2024-03-07"] * 5
    assert frame["现象"].to_list() == ["现象", "现象", "现象", "故障描述", "现象"]
    assert frame["报修时间"].to_list() == [None, None, None, "2024-03-07", None], "what was written stays beside it"
    assert frame["_file"].to_list() == [f"a.xlsx#{month}" for month in headers]
    assert frame["_row"].to_list() == [2, 4, 2, 2, 2]


def test_a_month_that_lacks_a_column_is_told_and_no_other_lands_without_it(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"1月": [HEAD, ["1", DAY, "x"]], "2月": [HEAD[:2], ["2", DAY]]})
    with pytest.raises(
        UserError, match=r"#2月: the column “现象” is missing .*, or name the sheets to read in `sheet`\.$"
    ):
        read(path, *HEAD)
    assert read(path, *HEAD, sheet="1*").height == 1


@pytest.mark.parametrize("is_merged", [True, False])
def test_groups_over_columns_are_part_of_their_names(tmp_path: Path, is_merged: bool) -> None:
    rows = [["台账"], ["单号", "报修", None, "维修", None, "Cost"], [None, "时间", "人", "时间", "人", "total"]]
    rows.append(["1", "8:00", "张", "9:00", "李", "5"])
    merged = ["A1:F1", "A2:A3", "B2:C2", "D2:E2"] if is_merged else []
    path = book(tmp_path / "a.xlsx", {"s": rows}, merged=merged)
    frame = read(path, "单号", "报修/时间", "维修人", "Cost total")
    assert frame.columns == ["单号", "报修/时间", "报修人", "维修时间", "维修人", "Cost total", "_row", "_file"]
    assert frame.rows() == [("1", "8:00", "张", "9:00", "李", "5", 4, "a.xlsx#s")]
    if is_merged:
        assert read(path).columns[:3] == ["单号", "报修时间", "报修人"], "without a mapping, as the cells are merged"


def test_a_header_that_names_itself_is_not_joined_with_its_title(tmp_path: Path) -> None:
    rows = [["报修台账", None, None], HEAD, ["1", "x", "y"]]
    for needs in (HEAD, []):
        assert read(book(tmp_path / "a.xlsx", {"s": rows}, merged=["A1:C1"]), *needs).columns[:3] == HEAD


def test_tables_under_one_another_are_read_each_by_its_own_header(tmp_path: Path) -> None:
    rows: list[list[object]] = [["一号线"], HEAD, ["1", DAY, "x"], [], ["2", DAY, "y"], []]
    rows += [["二号线"], ["现象", "单号", "报修日期"], ["z", "3", DAY], []]
    rows += [["用件汇总"], ["名称", "数量"], ["轴承", 5], ["皮带", 2]]
    frame = read(book(tmp_path / "a.xlsx", {"s": rows}), *HEAD)
    assert frame.select("_row", "单号", "现象").rows() == [(3, "1", "x"), (5, "2", "y"), (9, "3", "z")]


def test_a_further_table_that_lacks_one_column_is_told(tmp_path: Path) -> None:
    rows: list[list[object]] = [HEAD, ["1", DAY, "x"], [], ["二号线"], HEAD[:2], ["2", DAY]]
    with pytest.raises(UserError, match="“现象” is missing"):
        read(book(tmp_path / "a.xlsx", {"s": rows}), *HEAD)


def test_a_header_printed_again_on_each_page_is_no_row(tmp_path: Path) -> None:
    rows = [HEAD, ["1", DAY, "x"], HEAD, ["2", DAY, "单号"]]
    assert read(book(tmp_path / "a.xlsx", {"s": rows}), *HEAD)["_row"].to_list() == [2, 4]


MERGED = [
    ["站点", "单号", "现象"],
    ["龙阳路", "1", "x"],
    [None, "2", "y"],
    [None, None, None],
    [None, "3", "z"],
    ["漕宝路", "4", "w"],
]
SITES = ["龙阳路", "龙阳路", "龙阳路", "漕宝路"]


def test_what_is_merged_over_rows_belongs_to_each_that_has_more(tmp_path: Path) -> None:
    frame = read(book(tmp_path / "a.xlsx", {"s": MERGED}, at=(2, 1), merged=["B4:B7"]), "站点", "单号")
    assert frame["站点"].to_list() == SITES
    assert frame["_row"].to_list() == [4, 5, 7, 8]


def test_what_is_merged_in_an_old_workbook_belongs_to_each_row(tmp_path: Path) -> None:
    import xlwt  # noqa: PLC0415

    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("一月")
    for r, row in enumerate(MERGED):
        for c, value in enumerate(row):
            if c and value:
                sheet.write(r, c + 1, value)
    sheet.write(0, 1, "站点")
    sheet.write_merge(1, 4, 1, 1, "龙阳路")
    sheet.write(5, 1, "漕宝路")
    workbook.save(str(tmp_path / "a.xls"))
    assert read(tmp_path / "a.xls", "站点", "单号")["站点"].to_list() == SITES


def test_what_is_merged_sideways_stays_in_its_column(tmp_path: Path) -> None:
    rows = [["a", "b", "c"], ["1", "无", None], ["2", "x", "y"]]
    assert read(book(tmp_path / "a.xlsx", {"s": rows}, merged=["B2:C2"]), "a")["c"].to_list() == [None, "y"]


def test_hidden_rows_and_sheets_are_read_unless_they_are_left_out(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as workbook:
        for name in ("1月", "旧"):
            sheet = workbook.add_worksheet(name)
            for r, row in enumerate([["单号", "现象"], [f"{name}1", "x"], [f"{name}2", "y"], [f"{name}3", "z"]]):
                sheet.write_row(r, 0, row)
            sheet.set_row(2, None, None, {"hidden": True})
        workbook.worksheets()[1].hide()
    assert read(tmp_path / "a.xlsx", "单号")["单号"].to_list() == ["1月1", "1月2", "1月3", "旧1", "旧2", "旧3"]
    seen = read(tmp_path / "a.xlsx", "单号", skip_hidden=True)
    assert seen.select("单号", "_row").rows() == [("1月1", 2), ("1月3", 4)]


def test_formulas_land_as_their_values_and_errors_as_they_are_shown(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as workbook:
        sheet = workbook.add_worksheet("s")
        sheet.write_row(3, 2, ["单号", "费用"])
        for r, (formula, value) in enumerate(
            [("=1+1", 2), ("=NA()", "#N/A"), ("=1/0", "#DIV/0!"), ('="a"', "a"), ("=A0", "#REF!")], start=4
        ):
            sheet.write(r, 2, r)
            sheet.write_formula(r, 3, formula, None, value)
    frame = read(tmp_path / "a.xlsx", "单号", "费用")
    assert frame["费用"].to_list() == ["2", "#N/A", "#DIV/0!", "a", "#REF!"]


def test_a_formula_that_nobody_calculated_is_not_taken_for_nothing(tmp_path: Path) -> None:
    whole = book(tmp_path / "whole.xlsx", {"s": [["单号", "费用"], ["1", 5], ["2", 6], ["3", 7]]})
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"<v>5</v>", b"<f>SUM(C1:C9)</f><v></v>").replace(b"<v>6</v>", b"<f>A1*2</f>")
            new.writestr(name, content)
    assert read(tmp_path / "a.xlsx", "单号")["费用"].to_list() == ["#NOT CALCULATED", "#NOT CALCULATED", "7"]


def test_old_workbooks_come_out_as_new_ones_do(tmp_path: Path) -> None:
    from datetime import datetime, timedelta  # noqa: PLC0415

    rows = [
        ["报修台账"],
        ["单号", "日期", "时刻", "时间", "时长", "费用", "完成", "现象"],
        ["W1", DAY, datetime(2024, 3, 7, 8, 5), clock(0, 0), timedelta(hours=36), 1 / 3, True, "电机异响"],
        ["W2", DAY, datetime(2024, 3, 7), clock(23, 59, 59), timedelta(minutes=90), 12, False, " 门 "],
    ]
    old = read(old_book(tmp_path / "a.xls", {"一月": rows, "二月": rows}), "单号", "日期")
    new = read(book(tmp_path / "a.xlsx", {"一月": rows, "二月": rows}), "单号", "日期")
    assert old.drop("_file").rows() == new.drop("_file").rows()
    assert old.row(0) == ("W1", "2024-03-07", "2024-03-07 08:05:00", "00:00:00", "36:00:00", repr(1 / 3), "true", "电机异响", 3, "a.xls#一月")  # fmt: skip
    assert old.row(3)[1:5] == ("2024-03-07", "2024-03-07", "23:59:59", "01:30:00")


def test_errors_in_an_old_workbook_are_shown_too(tmp_path: Path) -> None:
    import xlwt  # noqa: PLC0415

    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("s")
    for r, row in enumerate([["单号", "费用"], ["1", 0x2A], ["2", 0x07]]):
        sheet.write(r, 0, row[0])
        if r:
            sheet.row(r).set_cell_error(1, row[1])
        else:
            sheet.write(r, 1, row[1])
    workbook.save(str(tmp_path / "a.xls"))
    assert read(tmp_path / "a.xls", "单号")["费用"].to_list() == ["#N/A", "#DIV/0!"]


def test_times_of_an_open_document_land_too(tmp_path: Path) -> None:
    def cell(kind: str, value: str) -> str:
        named = {"float": "value", "date": "date-value", "time": "time-value"}.get(kind, "string-value")
        return f'<table:table-cell office:value-type="{kind}" office:{named}="{value}"><text:p>{value}</text:p></table:table-cell>'

    rows = [
        [("string", "单号"), ("string", "日期"), ("string", "时间")],
        [("float", "1"), ("date", "2024-03-07"), ("time", "PT23H59M05S")],
        [("float", "2"), ("date", "2024-03-08"), ("time", "PT36H00M00S")],
    ]
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    body = "".join(f"<table:table-row>{''.join(cell(*c) for c in row)}</table:table-row>" for row in rows)
    sheet = f'<office:body><office:spreadsheet><table:table table:name="s">{body}</table:table></office:spreadsheet></office:body>'
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        file.writestr("META-INF/manifest.xml", f"<manifest:manifest {manifest}/>")
        file.writestr("content.xml", f"<office:document-content {names}>{sheet}</office:document-content>")
    frame = read(tmp_path / "a.ods", "单号", "时间")
    assert frame.drop("_file", "_row").rows() == [("1", "2024-03-07", "23:59:05"), ("2", "2024-03-08", "36:00:00")]
