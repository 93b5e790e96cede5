"""A workbook with all that people do to one, landed and published by a mapping without a line of Python."""

from __future__ import annotations

from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from installation import Installation
from workbooks import book

from faultloop.cli import cli

MAPPING = """\
title: {en: Calls, zh: 报修}
kind: files
time_zone: Asia/Shanghai
streams: {calls: {path: "data/*.xlsx"}}
entities:
  ticket:
    from: calls
    fields:
      ticket_id: "'T-' || 单号"
      opened_at: 日期 || ' ' || 时间
      closed_at: 年 || '-' || 月 || '-' || 日
      site: 站点
      description: '"时长(分钟)"'
"""
HEAD = ["站点", "单号", "日期", "时间", "年", "月", "日", "时长(分钟)"]


@pytest.fixture
def house(installation: Installation) -> Installation:
    installation.mapping("calls", MAPPING)
    (installation.path / "data").mkdir(exist_ok=True)
    return installation


def test_split_dates_midnight_units_and_merged_stations_are_published(house: Installation) -> None:
    day = date(2024, 3, 7)
    march = [
        HEAD,
        ["龙阳路", "1", day, clock(0, 0), 2024, 3, 7, 30],
        [None, "2", day, clock(8, 5), 2024, 12, 31, 0.5],
    ]
    april = [[*HEAD[:-1], "时长(小时)"], ["漕宝路", "3", day, timedelta(hours=9, minutes=30), 2024, 4, 1, 1.5]]
    book(house.path / "data/a.xlsx", {"3月": march}, merged=["A2:A3"])
    book(house.path / "data/b.xlsx", {"4月": april})
    checked = CliRunner().invoke(cli, ["--home", str(house.path), "sources", "check", "calls"], catch_exceptions=False)
    assert checked.exit_code == 0, checked.output
    (change,) = house.refresh(checked=False).drift
    assert (change.kind, change.what) == ("renamed", "时长(分钟)")
    assert "column “时长(小时)” is read as “时长(分钟)”, its numbers converted" in change.en
    rows = house.rows(
        "SELECT ticket_id, CAST(opened_at AS VARCHAR), CAST(closed_at AS VARCHAR), site, description FROM core.ticket ORDER BY 1"
    )
    assert rows == [
        ("T-1", "2024-03-06 16:00:00", "2024-03-06 16:00:00", "龙阳路", "30"),
        ("T-2", "2024-03-07 00:05:00", "2024-12-30 16:00:00", "龙阳路", "0.5"),
        ("T-3", "2024-03-07 01:30:00", "2024-03-31 16:00:00", "漕宝路", "90"),
    ]


def errors(path: Path) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("s")
        sheet.write_row(0, 0, HEAD)
        for r in range(1, 5):
            sheet.write_row(r, 0, ["龙阳路", str(r), "2024-03-07", "08:05", 2024, 3, 8, 30])
        sheet.write_formula(2, 0, "=NA()", None, "#N/A")
        sheet.write_formula(3, 1, "=A0", None, "#REF!")
        sheet.write_formula(4, 2, "=1/0", None, "#DIV/0!")


def test_an_error_of_a_formula_is_quarantined_unless_it_is_said_to_mean_nothing(house: Installation) -> None:
    errors(house.path / "data/a.xlsx")
    house.refresh(checked=False)
    assert house.rows("SELECT ticket_id FROM core.ticket") == [("T-1",)]
    assert house.rows("SELECT row_no, rule, field, value FROM meta.quarantine ORDER BY 1") == [
        (3, "error_value", "site", "#N/A"),
        (4, "error_value", "ticket_id", "T-#REF!"),
        (5, "not_instant", "opened_at", "#DIV/0! 08:05"),
    ]
    house.mapping("calls", MAPPING + 'nulls: ["#N/A"]\n')
    house.refresh(checked=False)
    assert house.rows("SELECT ticket_id, site FROM core.ticket ORDER BY 1") == [("T-1", "龙阳路"), ("T-2", None)]


@pytest.mark.parametrize(("option", "said"), [("layout: list", "`form` or `table`"), ("hidden: 5", "`read` or `skip`")])
def test_an_option_that_says_nothing_is_told(house: Installation, option: str, said: str) -> None:
    errors(house.path / "data/a.xlsx")
    house.mapping("calls", MAPPING.replace('"data/*.xlsx"', f'"data/*.xlsx", {option}'))
    (rejected,) = house.refresh(checked=False).extraction.rejected
    assert said in rejected.en
    assert said.replace(" or ", " 或 ") in rejected.zh
