"""Forms that hold one record a sheet become one row each, beside tables or without."""

from __future__ import annotations

from datetime import date
from datetime import time as clock
from pathlib import Path

import pytest
from workbooks import Rows, book, old_book, read

from bilingual.errors import UserError

NEEDS = ["单号", "报修日期", "故障现象"]
DAY = date(2024, 3, 7)
BESIDE: Rows = [
    ["报修单"],
    [],
    ["单号：", "B7", None, "报修日期：", DAY],
    ["客户", "一号线", None, "时间", clock(8, 5)],
    ["故障现象：", "门不关", None, "完工时间"],
    ["处理经过"],
    ["更换门机，测试 3 次"],
    [],
    ["名称", "料号", "数量", "单价", "金额", "备注", "库位"],
    ["门机", "D-12", 1, 800, 800, "原厂", "A1"],
]
BELOW: Rows = [
    [],
    ["单号", "报修日期", "客户"],
    ["B7", DAY, "一号线"],
    [],
    ["故障现象", "完工时间", "技师"],
    ["门不关", None, "张三"],
]


@pytest.mark.parametrize("write", [book, old_book])
def test_labels_are_columns_and_what_stands_beside_them_is_the_row(tmp_path: Path, write: object) -> None:
    frame = read(write(tmp_path / "a.xls", {"B7": BESIDE}, at=(1, 1)), *NEEDS)  # type: ignore[operator]
    assert frame.rows(named=True) == [
        {
            "单号": "B7",
            "报修日期": "2024-03-07",
            "客户": "一号线",
            "时间": "08:05:00",
            "故障现象": "门不关",
            "处理经过": "更换门机，测试 3 次",
            "_row": 4,
            "_file": "a.xls#B7",
        }
    ]


def test_labels_may_stand_above_their_values(tmp_path: Path) -> None:
    frame = read(book(tmp_path / "a.xlsx", {"B7": BELOW}), *NEEDS)
    row = {"单号": "B7", "报修日期": "2024-03-07", "客户": "一号线", "故障现象": "门不关", "技师": "张三"}
    assert frame.rows(named=True) == [row | {"_row": 2, "_file": "a.xlsx#B7"}]


def test_merged_labels_and_values_are_the_one_cell_that_they_are(tmp_path: Path) -> None:
    rows: Rows = [
        ["单号", None, "B7", None, "报修日期", DAY],
        ["故障现象", None, "门不关", None, "电话"],
        [],
        [None, None, None, None, "技师", "张三"],
    ]
    path = book(tmp_path / "a.xlsx", {"B7": rows}, merged=["A1:B1", "C1:D1", "A2:B4", "C2:D4"])
    frame = read(path, *NEEDS)
    assert frame.columns[:4] == ["单号", "报修日期", "故障现象", "技师"]
    assert frame.row(0)[:4] == ("B7", "2024-03-07", "门不关", "张三")


def test_forms_and_tables_share_a_workbook(tmp_path: Path) -> None:
    table: Rows = [["单号", "报修日期", "故障现象"], ["1", DAY, "x"]]
    terms: Rows = [["单号", "唯一编号"], ["报修日期", "来电的日期"], ["故障现象", "客户所述"]]
    path = book(tmp_path / "a.xlsx", {"1月": table, "B7": BESIDE, "说明": terms, "B8": BELOW})
    assert read(path, *NEEDS).select("单号", "_file").rows() == [
        ("1", "a.xlsx#1月"),
        ("B7", "a.xlsx#B7"),
        ("B7", "a.xlsx#B8"),
    ]
    with pytest.raises(UserError, match="#B7: the column"):
        read(path, *NEEDS, sheet="B*", layout="table")


def test_labels_are_known_by_their_synonyms(tmp_path: Path) -> None:
    rows: Rows = [["工单编号:", "B7"], ["报修时间:", DAY], ["故障现象:", "x"]]
    frame = read(book(tmp_path / "a.xlsx", {"s": rows, "空": []}), *NEEDS)
    assert frame.select(NEEDS).row(0) == ("B7", "2024-03-07", "x")


def test_a_form_that_is_one_by_option_tells_what_it_lacks(tmp_path: Path) -> None:
    one_line: Rows = [["单号", "报修日期", "故障现象"], ["B7", DAY, "x"], ["备注:", "y"]]
    path = book(tmp_path / "a.xlsx", {"s": one_line})
    assert read(path, *NEEDS, layout="form").select(*NEEDS).rows() == [("B7", "2024-03-07", "x")]
    with pytest.raises(UserError, match="“完工” is missing"):
        read(path, *NEEDS, "完工", layout="form")
