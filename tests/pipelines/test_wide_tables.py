"""Wide tables: months side by side are read as rows, and nothing is made of a cell that holds nothing."""

from __future__ import annotations

import pytest
from installation import Installation

from bilingual.errors import UserError
from pipelines.dryrun import check_source
from warehouse.drift import told
from warehouse.mapping import load, load_all

STOCK = """\
title: {en: Stock, zh: 库存}
kind: files
nulls: ["无"]
streams: {sheets: {path: "data/*"}}
entities:
  part: {from: sheets, fields: {part_no: 备件号, name: 名称}}
  stock_move:
    from: sheets
    unpivot: {columns: "20*年*月", names: 月份, values: 数量}
    fields:
      part_no: 备件号
      at: replace(replace(月份, '年', '-'), '月', '-01')
      kind: "'issue'"
      quantity: 数量
"""
TITLE = [["2026 年出库", None, None, None]]
HEADER = ["备件号", "名称", "2026年1月", "2026年2月"]


@pytest.fixture
def stock(installation: Installation) -> Installation:
    installation.mapping("stock", STOCK)
    rows = [["P1", "门机", 3, 0], ["P2", "皮带", None, "无"], ["P3", "轿厢", " ", "十二"], ["P4", "钢丝绳", 1.5, -2]]
    installation.workbook("spring.xlsx", [*TITLE, HEADER, *rows])
    return installation


def moves(stock: Installation) -> list[tuple[object, ...]]:
    return stock.rows('SELECT part_no, strftime("at", $1), quantity FROM core.stock_move ORDER BY ALL', "%Y-%m")


def test_each_cell_with_a_value_is_a_row_that_leads_to_its_own(stock: Installation) -> None:
    stock.refresh(checked=False)
    assert moves(stock) == [
        ("P1", "2026-01", 3.0),
        ("P1", "2026-02", 0.0),
        ("P4", "2026-01", 1.5),
        ("P4", "2026-02", -2.0),
    ]
    assert stock.value("SELECT count(*) FROM core.part") == 4
    assert stock.rows("SELECT source_key, rule, value, file, row_no FROM meta.quarantine") == [
        ("P3||2026-2-01|issue", "not_number", "十二", "data/spring.xlsx#Sheet1", 5)
    ]
    # Four cells and the one in quarantine, of four rows; blank cells and texts for nothing make none.
    accounts = stock.rows("SELECT entity, landed, staged, core, quarantined FROM meta.account ORDER BY 1")
    assert accounts == [("part", 4, 4, 4, 0), ("stock_move", 5, 5, 4, 1)]


def test_a_month_more_is_no_column_that_nobody_reads(stock: Installation) -> None:
    stock.refresh(checked=False)
    stock.workbook("summer.xlsx", [["备件号", "名称", "2026年7月", "备注"], ["P1", "门机", 7, "x"]])
    stock.refresh(checked=False)
    assert ("P1", "2026-07", 7.0) in moves(stock)
    with_changes = told(stock.snapshot(), stock.rows("SELECT max(_extracted_at) FROM core.part")[0][0])
    assert [change.what for change in with_changes] == ["备注"]


def test_a_table_without_its_months_keeps_what_was_and_is_told(stock: Installation) -> None:
    stock.refresh(checked=False)
    before = moves(stock)
    mapping = (stock.home.sources / "stock.yaml").read_text(encoding="utf-8")
    stock.mapping("stock", mapping.replace("20*年*月", "19*"))
    stock.refresh(checked=False, force=True)
    assert moves(stock) == before
    changes = told(stock.snapshot(), stock.rows("SELECT max(_extracted_at) FROM core.part")[0][0])
    assert any("“月份” is not in stream “sheets”" in change.en for change in changes)


def test_the_trial_reads_wide_tables_too(stock: Installation) -> None:
    (source,) = load_all(stock.home.sources)
    found = check_source(stock.home, source, 100, 10)
    assert found.errors == []
    cast = {f"{report.entity}.{report.field}": (report.cast, report.failed) for report in found.fields}
    assert cast["stock_move.quantity"] == (4, 1)
    assert cast["stock_move.at"] == (5, 0)


def test_a_column_of_the_made_name_is_hidden(stock: Installation) -> None:
    stock.workbook("spring.xlsx", [["备件号", "名称", "数量", "2026年1月"], ["P1", "门机", 99, 3]])
    stock.refresh(checked=False)
    assert moves(stock) == [("P1", "2026-01", 3.0)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{columns: x*, names: a, values: A}", "two columns"),
        ("{names: a, values: b}", "unpivot.columns"),
        ("{columns: x*, names: a, values: b, by: c}", "unpivot.by"),
    ],
)
def test_what_is_wrong_with_it_is_told(installation: Installation, wrong: str, said: str) -> None:
    installation.mapping("stock", STOCK.replace('{columns: "20*年*月", names: 月份, values: 数量}', wrong))
    with pytest.raises(UserError, match=said):
        load(installation.home.sources / "stock.yaml")
