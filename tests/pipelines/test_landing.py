"""Rows land as they came, once, whole, and lead back to their file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from installation import Installation, tickets_csv

from bilingual.errors import UserError
from pipelines.landing import LandedStream, write_batch
from warehouse.landed import source_row


def landed(installation: Installation) -> pl.DataFrame:
    return pl.read_parquet(installation.home.landing / "desk" / "tickets" / "*.parquet")


@pytest.fixture
def desk(installation: Installation) -> Installation:
    installation.tickets("desk", "data/*.csv")
    return installation


def test_every_row_lands_as_text_with_its_file_and_row_number(desk: Installation) -> None:
    desk.put("a.csv", "nr,opened,closed,priority,note\n007,2024-03-07 8:05,,1.50, 门 \n")
    extraction = desk.extract()
    assert (extraction.batches, extraction.rows, extraction.rejected) == (1, 1, ())
    (row,) = landed(desk).rows(named=True)
    assert {k: v for k, v in row.items() if not k.startswith("_")} == {
        "nr": "007", "opened": "2024-03-07 8:05", "closed": None, "priority": "1.50", "note": " 门 "
    }  # fmt: skip
    assert (row["_source"], row["_stream"], row["_file"], row["_row"]) == ("desk", "tickets", "data/a.csv", 2)


def test_what_landed_before_does_not_land_again(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    assert desk.extract().rows == 3
    assert desk.extract().batches == 0
    desk.put("a copy.csv", tickets_csv(range(1, 4)))
    assert desk.extract().batches == 0
    desk.put("b.csv", tickets_csv(range(4, 6)))
    assert desk.extract().rows == 2
    assert landed(desk).height == 5


def test_a_row_of_the_warehouse_leads_back_to_its_source_row(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4), note="门卡住"))
    desk.extract()
    row = landed(desk).filter(pl.col("nr") == "T2").row(0, named=True)
    found = source_row(desk.home.landing, "desk", "tickets", row["_batch"], "data/a.csv", 3)
    assert found is not None
    assert (found["nr"], found["note"]) == ("T2", "门卡住")


def test_a_delivery_that_cannot_be_read_leaves_nothing_and_the_others_land(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    desk.put("b.csv", "")
    desk.put("c.csv", tickets_csv(range(4, 7)))
    extraction = desk.extract()
    assert (extraction.batches, extraction.rows) == (2, 6)
    assert [r.file for r in extraction.rejected] == ["data/b.csv"]
    assert desk.leftovers() == []


def test_a_delivery_that_turns_out_bad_half_way_leaves_nothing(tmp_path: Path) -> None:
    def frames() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"a": ["1"]})
        raise UserError(en="Torn.", zh="损坏。")

    with pytest.raises(UserError, match="Torn"):
        write_batch(tmp_path / "s" / "b.parquet", frames())
    assert list((tmp_path / "s").iterdir()) == []


def test_frames_of_one_batch_may_differ_in_their_columns(tmp_path: Path) -> None:
    frames = [{"a": ["1"], "b": ["2"]}, {"b": ["4"], "a": ["3"]}, {"a": ["5"], "c": ["6"]}, {"a": ["7"], "b": ["8"]}]
    assert write_batch(tmp_path / "b.parquet", map(pl.DataFrame, frames)) == 4
    back = pl.read_parquet(tmp_path / "b.parquet").sort("a")
    assert back.rows() == [("1", "2", None), ("3", "4", None), ("5", None, "6"), ("7", "8", None)]


def test_a_batch_of_frames_without_rows_keeps_their_columns(tmp_path: Path) -> None:
    assert write_batch(tmp_path / "b.parquet", iter([pl.DataFrame({"a": []}, schema={"a": pl.String})])) == 0
    assert pl.read_parquet(tmp_path / "b.parquet").columns == ["a"]


def test_the_cursor_is_read_back_from_what_landed(tmp_path: Path) -> None:
    stream = LandedStream(tmp_path)
    assert stream.highest("n") is None
    write_batch(tmp_path / "1.parquet", iter([pl.DataFrame({"n": ["9", "10"], "t": ["2024-03-01", "2024-02-28"]})]))
    write_batch(tmp_path / "2.parquet", iter([pl.DataFrame({"n": ["2", None], "x": ["a", "b"]})]))
    assert stream.highest("n") == "10"
    assert stream.highest("t") == "2024-03-01"
    assert stream.highest("absent") is None
    assert stream.has("1")
    assert not stream.has("3")


WRITER = """
import os, sys, time
import polars as pl
from pathlib import Path
from pipelines.landing import write_batch
def frames():
    for i in range(1000):
        yield pl.DataFrame({"a": [str(i)] * 10_000})
        if i == 3:
            print("writing", flush=True)
            time.sleep(60)
write_batch(Path(sys.argv[1]), frames())
"""


def test_a_kill_while_a_batch_is_written_leaves_no_batch(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    target = desk.home.landing / "desk" / "tickets" / "0123456789abcdef-00000000.parquet"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE, text=True)
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        writer.kill()
    assert len(desk.leftovers()) == 1
    assert not target.exists()
    assert desk.extract().rows == 3
    assert desk.leftovers() == []
    assert landed(desk).height == 3


def test_changed_reading_options_read_the_files_anew_and_do_not_double_them(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    desk.extract()
    desk.mapping("desk", (desk.home.sources / "desk.yaml").read_text().replace('.csv"', '.csv", encoding: utf-8'))
    assert desk.extract().batches == 1
    done = desk.refresh(checked=False)
    assert done.is_new
    assert desk.value("SELECT count(*) FROM core.ticket") == 3
    assert desk.rows("SELECT landed, staged, core FROM meta.account WHERE entity = 'ticket'") == [(3, 3, 3)]
