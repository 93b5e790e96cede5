"""Every kind of dirty row is delivered as often as the truths say, in the rows they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from demo.dirt import per_kind

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

SHAPE = "%Y-%m-%d %H:%M:%S"


@pytest.fixture(scope="module")
def rows(company: Delivered) -> pl.DataFrame:
    """The ticket export without the copied file."""
    return company.csv("export/tickets_*.csv").filter(~pl.col("file").str.contains("(1)", literal=True))


def _ids(company: Delivered, kind: str) -> list[str]:
    return sorted(case["ticket_id"] for case in company.truths.dirty[kind]["cases"])


def _found(frame: pl.DataFrame) -> list[str]:
    return sorted(frame["工单号"])


def _cases(company: Delivered, kind: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = company.truths.dirty[kind]["cases"]
    return cases


def test_each_kind_is_there(company: Delivered) -> None:
    n = per_kind(20_000)
    counts = {kind: entry["count"] for kind, entry in company.truths.dirty.items()}
    per_row = ("closed_before_opened", "missing_ticket_no", "missing_opening_time", "unknown_asset", "unknown_code")
    per_row += ("future_opening", "duplicate_key", "corrected_version", "negative_active_hours")
    assert counts == dict.fromkeys(per_row, n) | {"bad_date": n + 2, "file_delivered_twice": 1}


def test_dates_that_are_no_dates(company: Delivered, rows: pl.DataFrame) -> None:
    bad = rows.filter((pl.col("报修时间") == "待定") | (pl.col("到达时间") == "2024-13-45"))
    book = company.register().filter(pl.col("到达时间") == "待定")
    assert sorted([*bad["工单号"], *book["登记号"]]) == _ids(company, "bad_date")


def test_closed_before_opened(company: Delivered, rows: pl.DataFrame) -> None:
    opened, closed = (pl.col(c).str.to_datetime(SHAPE, strict=False) for c in ("报修时间", "关闭时间"))
    assert _found(rows.filter(closed < opened)) == _ids(company, "closed_before_opened")


def test_missing_number_and_missing_opening_time(company: Delivered, rows: pl.DataFrame) -> None:
    assert rows["工单号"].null_count() == company.truths.dirty["missing_ticket_no"]["count"]
    assert _found(rows.filter(pl.col("报修时间").is_null())) == _ids(company, "missing_opening_time")


def test_unknown_asset(company: Delivered, rows: pl.DataFrame) -> None:
    known = company.table("asset")["asset_id"]
    assert _found(rows.filter(~pl.col("设备编号").is_in(known.implode()))) == _ids(company, "unknown_asset")


def test_unknown_code(company: Delivered, rows: pl.DataFrame) -> None:
    assert _found(rows.filter(pl.col("优先级") == "加急??")) == _ids(company, "unknown_code")


def test_opening_in_the_future(company: Delivered, rows: pl.DataFrame) -> None:
    assert _found(rows.filter(pl.col("报修时间").str.starts_with("2031"))) == _ids(company, "future_opening")


def test_duplicates_are_identical_and_corrections_are_newer(company: Delivered, rows: pl.DataFrame) -> None:
    numbered = rows.filter(pl.col("工单号").is_not_null())
    assert _found(numbered.filter(pl.struct(pl.all()).is_duplicated()).unique()) == _ids(company, "duplicate_key")
    corrections = rows.filter(pl.col("file") == "tickets_corrections.csv")
    assert _found(corrections) == _ids(company, "corrected_version")
    both = corrections.join(rows.filter(pl.col("file") != "tickets_corrections.csv"), on="工单号", suffix=" old")
    assert (both["更新时间"] > both["更新时间 old"]).all()
    words = {"high": "高", "low": "低"}
    for case in _cases(company, "corrected_version"):
        assert both.filter(pl.col("工单号") == case["ticket_id"])["优先级"].item() == words[case["priority"]]


def test_negative_hours(company: Delivered) -> None:
    negative = company.table("repair").filter(pl.col("active_hours") < 0)
    cases = _cases(company, "negative_active_hours")
    assert sorted(negative["repair_id"]) == sorted(c["repair_id"] for c in cases)


def test_one_file_came_twice(company: Delivered) -> None:
    [case] = _cases(company, "file_delivered_twice")
    folder = company.home / "data" / "export"
    assert (folder / case["file"]).read_bytes() == (folder / case["copy"]).read_bytes()
    assert case["rows"] == len(company.csv(f"export/{case['file']}"))
