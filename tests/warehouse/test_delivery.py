"""What became of the rows of one delivery adds up, however many mappings read it."""

from __future__ import annotations

from pathlib import Path

from installation import Installation

from bilingual.text import Text
from warehouse.delivery import Became, Complaint, Delivered, became, complaints
from warehouse.mapping import load
from warehouse.reading import Reader

MAPPING = """\
title: {en: Desk, zh: 服务台}
kind: files
streams: {calls: {path: "data/*.csv"}}
entities:
  ticket:
    - from: calls
      where: kind = 'a'
      fields: {ticket_id: nr, opened_at: opened}
    - from: calls
      where: kind in ('a', 'b')
      fields: {ticket_id: "'B-' || nr", opened_at: opened}
  part:
    from: calls
    unpivot: {columns: "P*", names: part, values: price}
    fields: {part_no: part, unit_cost: price}
"""
FIRST = """\
nr,opened,kind,P1,P2
1,2026-03-01 08:00,a,5,
2,2026-03-01 08:00,a,,x
3,never,b,,
4,2026-03-01 08:00,c,,
,2026-03-01 08:00,b,,
"""


def test_what_became_of_each_delivery_adds_up(tmp_path: Path) -> None:
    at = Installation(tmp_path / "home")
    at.mapping("desk", MAPPING)
    folder = at.path / "landing" / "desk" / "calls"
    at.put("1.csv", FIRST)
    at.extract()
    (first,) = (file.stem for file in folder.glob("*.parquet"))
    at.put("2.csv", "nr,opened,kind,P1,P2\n2,2026-03-02 08:00,a,,\n")
    at.refresh(checked=False)
    (second,) = {file.stem for file in folder.glob("*.parquet")} - {first}
    reading, source = Reader(at.home).current(), load(at.path / "sources" / "desk.yaml")
    assert reading is not None
    earlier, later = (Delivered(source, "calls", (batch,)) for batch in (first, second))
    # Six times a row was let through, two as they are and four with the prefix; of 2 newer ones came, and nobody wants 4.
    assert became(at.home, reading, earlier) == [
        Became("ticket", accepted=2, set_aside=2, replaced=2, left_out=1),
        Became("part", accepted=1, set_aside=1, replaced=0, left_out=0),
    ]
    assert became(at.home, reading, later) == [
        Became("ticket", accepted=2, set_aside=0, replaced=0, left_out=0),
        Became("part", accepted=0, set_aside=0, replaced=0, left_out=0),
    ]
    told = complaints(at.home, reading, earlier, 10)
    time = Text(en="The value is not a date and time.", zh="该值不是日期时间。")
    assert Complaint("data/1.csv", 4, Text(en="opened", zh="opened"), "never", time) in told
    assert [one.row for one in told] == sorted(one.row for one in told)
    assert complaints(at.home, reading, earlier, 1) == told[:1]
    assert complaints(at.home, reading, later, 10) == []
