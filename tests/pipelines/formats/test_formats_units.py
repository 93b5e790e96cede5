"""A unit in a header is never passed over: it is converted into the mapping's, or told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from workbooks import book, read

from bilingual.errors import UserError
from warehouse.units import Measure, measure


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("时长（分钟）", Measure("时长", "time", Fraction(60))),
        ("Duration [min]", Measure("duration", "time", Fraction(60))),
        ("时长(单位：小时)", Measure("时长", "time", Fraction(3600))),
        ("Downtime in hours", Measure("downtime", "time", Fraction(3600))),
        ("downtime_min", Measure("downtime", "time", Fraction(60))),
        ("里程 km", Measure("里程", "length", Fraction(1000))),
        ("里程/公里", Measure("里程", "length", Fraction(1000))),
        ("费用（万元）", Measure("费用", "yuan", Fraction(10_000))),
        ("Line m", Measure("linem")),
        ("工单号(编号)", Measure("工单号(编号)")),
        ("min", Measure("min")),
    ],
)
def test_names_are_taken_apart(name: str, meant: Measure) -> None:
    assert measure(name) == meant


@pytest.mark.parametrize(
    ("header", "value", "converted"),
    [
        ("时长(小时)", 1.5, "90"),
        ("时长（分钟）", 90, "90"),
        ("时长 [min]", 90, "90"),
        ("时长", 90, "90"),
        ("时长 h", "1,000.5", "60030"),
        ("时长(天)", "约 2", "约 2"),
        ("时长(秒)", 50, "0.8333333333333334"),
    ],
)
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_another_unit_of_the_kind_is_converted_and_stays_as_written_beside_it(
    tmp_path: Path, header: str, value: object, converted: str, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "xlsx":
        book(path, {"s": [["单号", header], ["1", value]]})
    else:
        path.write_text(f'单号,{header}\n1,"{value}"\n')
    frame = read(path, "单号", "时长(分钟)")
    assert frame["时长(分钟)"].to_list() == [converted]
    others = [c for c in frame.columns if c.startswith("时长") and c != "时长(分钟)"]
    assert all(frame[c].to_list() == [str(value)] for c in others)


def test_sheets_of_one_workbook_may_count_otherwise(tmp_path: Path) -> None:
    sheets = {"1月": [["单号", "时长(分钟)"], ["1", 90]], "2月": [["单号", "时长(小时)"], ["2", 2]]}
    frame = read(book(tmp_path / "a.xlsx", sheets), "单号", "时长(分钟)")
    assert frame["时长(分钟)"].to_list() == ["90", "120"]


@pytest.mark.parametrize(
    ("header", "need", "said"),
    [
        ("里程(km)", "里程", "the header “里程(km)” names a unit and the mapping's “里程” does not"),
        ("时长(km)", "时长(分钟)", "names a unit that cannot be converted into that of “时长(分钟)”"),
        ("费用(USD)", "费用(元)", "names a unit that cannot be converted"),
        ("维修工时(小时)", "工时", "names a unit and the mapping's “工时” does not"),
    ],
)
def test_what_cannot_be_converted_is_told(tmp_path: Path, header: str, need: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read(book(tmp_path / "a.xlsx", {"s": [["单号", header], ["1", 5]]}), "单号", need)
    assert said in caught.value["en"]
    assert "单位" in caught.value["zh"]


def test_a_synonym_in_another_unit_is_converted_too(tmp_path: Path) -> None:
    frame = read(book(tmp_path / "a.xlsx", {"s": [["单号", "维修工时(分钟)"], ["1", 90]]}), "单号", "工时(小时)")
    assert frame["工时(小时)"].to_list() == ["1.5"]
