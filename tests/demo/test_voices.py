"""What customers remark fits the grades that they gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from demo.voices import GRADES, ITEMS

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

GRADE = ("非常满意", "满意", "一般", "不满意", "非常不满意")
THANKS = {"师傅态度很好", "很专业，谢谢", "Very quick, thank you"}
LATE = "来得太慢，等了一天"


def test_thanks_come_from_the_contented_and_complaints_from_the_others(company: Delivered) -> None:
    assert len(GRADE) == len(GRADES)
    grades = [pl.col(item).replace_strict(dict(zip(GRADE, range(5), strict=True))) for item in ITEMS]
    said = company.csv("export/surveys.csv").rename(
        dict(zip(("服务态度", "技术水平", "到达时间", "承诺兑现"), ITEMS, strict=True))
    )
    said = said.filter(pl.col("客户意见").is_not_null() & (pl.col("客户意见") != "")).with_columns(grades)
    assert len(said) > 100
    is_thanks = pl.col("客户意见").is_in(THANKS)
    assert set(said.filter(is_thanks)["客户意见"]) == THANKS
    worst = pl.max_horizontal(ITEMS)
    assert said.filter(is_thanks).select(worst.max()).item() == GRADES.index("satisfied")
    assert said.filter(~is_thanks).select(worst.min()).item() == GRADES.index("fair")
    late = said.filter(pl.col("客户意见") == LATE)
    assert len(late) > 0
    assert late.select((pl.col("arrival_time") == worst).all()).item()
