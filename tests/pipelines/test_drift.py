"""Sources whose shape changes: what is new is told, what has another name is recognised, what is gone stops one entity."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing

import polars as pl
import pytest
from click.testing import CliRunner
from installation import Installation, no_suites, tickets_csv

from faultloop.cli import cli
from fracas.watch.alerts import Problem, Severity
from pipelines.watching import of_refresh
from warehouse.drift import TOLD_DAYS, told

ASSETS = """\
title: {en: Machines, zh: 设备}
kind: files
streams: {assets: {path: "data/assets*.csv"}}
entities:
  asset:
    from: assets
    fields: {asset_id: id, model: model, site: site}
"""
NOW = dt.datetime.now(dt.UTC).replace(tzinfo=None)


@pytest.fixture
def house(installation: Installation) -> Installation:
    """Tickets and machines, both delivered once and published."""
    installation.tickets("desk", "data/t*.csv")
    installation.mapping("machines", ASSETS)
    installation.put("t1.csv", tickets_csv(range(1, 4)))
    installation.put("assets1.csv", "id,model,site\nM1,X,Berlin\nM2,X,Berlin\n")
    done = installation.refresh(checked=False)
    assert (done.is_new, done.drift) == (True, ())
    return installation


def problems(house: Installation) -> dict[str, Problem]:
    """What the next look finds wrong with what was delivered."""
    return {problem.key: problem for problem in of_refresh(house.home, None, NOW)}


def test_a_new_column_lands_and_is_told_until_it_is_read_or_old(house: Installation) -> None:
    house.put("t2.csv", "nr,opened,closed,priority,note,Lieferant,Ort\nT9,2024-03-02 08:00,,high,,ACME,Köln\n")
    done = house.refresh(checked=False)
    (change,) = done.drift
    assert (change.kind, change.source, change.stream, change.what) == ("new", "desk", "tickets", "Lieferant,Ort")
    assert "data/t2.csv of source “desk” brings columns that were not there before: “Lieferant”, “Ort”" in change.en
    assert "“Lieferant”" in change.zh
    assert house.last_refresh()["drift"][0]["en"] == change.en
    (problem,) = problems(house).values()
    assert (problem.key, problem.severity) == ("drift/new/desk/tickets/Lieferant,Ort", Severity.NOTE)
    # Still told by the next look, which finds nothing new; no longer when everybody has known it for a week.
    assert house.refresh(checked=False).drift == done.drift
    assert told(house.snapshot(), NOW + dt.timedelta(days=TOLD_DAYS + 1)) == []
    house.mapping(
        "desk", (house.path / "sources/desk.yaml").read_text().replace("{ticket_id:", "{site: Ort, ticket_id:")
    )
    (rest,) = house.refresh(checked=False).drift
    assert rest.what == "Lieferant"
    assert house.rows("SELECT ticket_id, site FROM core.ticket WHERE site IS NOT NULL") == [("T9", "Köln")]


def test_a_file_without_a_mapped_column_stops_its_entity_and_no_other(house: Installation) -> None:
    house.put("t2.csv", "nr,closed,priority,note\nT9,,high,\n")
    house.put("assets2.csv", "id,model,site\nM3,Y,Bonn\n")
    done = house.refresh(checked=False)
    (rejection,) = done.extraction.rejected
    assert "“opened”" in rejection.en
    assert house.value("SELECT count(*) FROM core.ticket") == 3, "what was there stays"
    assert house.value("SELECT count(*) FROM core.asset") == 3, "the others go on"
    assert set(problems(house)) == {"rejected/desk/data/t2.csv"}
    house.put("t2.csv", "nr,opened,closed,priority,note\nT9,2024-03-02 08:00,,high,\n")
    assert house.refresh(checked=False).extraction.rejected == ()
    assert house.value("SELECT count(*) FROM core.ticket") == 4


def test_a_mapping_that_reads_what_nobody_delivers_keeps_the_last_rows_of_its_entity(house: Installation) -> None:
    before = house.rows("SELECT * FROM core.ticket ORDER BY ticket_id")
    sound = (house.path / "sources/desk.yaml").read_text()
    house.mapping("desk", sound.replace("priority: priority", "priority: prioritaet"))
    house.put("assets2.csv", "id,model,site\nM3,Y,Bonn\n")
    done = house.refresh(checked=False)
    (change,) = done.drift
    assert (change.kind, change.what) == ("gone", "ticket")
    assert "desk.yaml, ticket.priority: column “prioritaet” is not in stream “tickets” (it has closed, nr" in (
        change.en.replace("note, ", "")
    )
    assert "the others go on" in change.en
    assert "其他实体照常更新" in change.zh
    assert house.rows("SELECT * FROM core.ticket ORDER BY ticket_id") == before
    assert house.value("SELECT count(*) FROM core.asset") == 3
    assert house.rows("SELECT landed, staged, core, quarantined FROM meta.account WHERE entity = 'ticket'") == [
        (3, 3, 3, 0)
    ]
    (problem,) = problems(house).values()
    assert (problem.key, problem.severity) == ("drift/gone/desk/tickets/ticket", Severity.WARNING)
    # It stays so, with rows that came of rows that were kept, until the mapping is right again.
    house.put("assets3.csv", "id,model,site\nM4,Y,Bonn\n")
    assert [c.kind for c in house.refresh(checked=False).drift] == ["gone"]
    assert house.rows("SELECT * FROM core.ticket ORDER BY ticket_id") == before
    house.mapping("desk", sound)
    house.put("t2.csv", tickets_csv(range(4, 6)))
    assert house.refresh(checked=False).drift == ()
    assert problems(house) == {}
    assert house.value("SELECT count(*) FROM core.ticket") == 5


def test_a_second_mapping_of_the_same_rows_waits_with_the_first(house: Installation) -> None:
    """Rows that are kept and rows of the mapping that still fits would be counted twice."""
    sound = (house.path / "sources/desk.yaml").read_text()
    house.mapping("desk", sound.replace("\n    from: tickets\n    fields: {", "\n    - from: tickets\n      fields: {"))
    house.mapping(
        "desk",
        (house.path / "sources/desk.yaml").read_text()
        + "    - {from: tickets, fields: {ticket_id: nr, opened_at: eröffnet}}\n",
    )
    (change,) = house.refresh(checked=False).drift
    assert (change.kind, change.what) == ("gone", "ticket")
    assert house.rows("SELECT landed, staged, core FROM meta.account WHERE entity = 'ticket'") == [(3, 3, 3)]
    assert house.rows("SELECT * FROM meta.mapped WHERE entity = 'ticket'") == []


@pytest.mark.matrix
def test_kept_rows_pass_the_checks_of_the_account(house: Installation) -> None:
    sound = (house.path / "sources/desk.yaml").read_text()
    house.mapping("desk", sound.replace("priority: priority", "priority: prioritaet"))
    done = house.refresh()
    assert done.is_new
    assert done.blocked_by == ()
    assert house.value("SELECT count(*) FROM core.ticket") == 3


def test_without_a_snapshot_before_the_entity_has_no_rows_and_the_others_do(house: Installation) -> None:
    for file in (house.path / "snapshots").iterdir():
        file.unlink()
    sound = (house.path / "sources/desk.yaml").read_text()
    house.mapping("desk", sound.replace("priority: priority", "priority: prioritaet"))
    assert [c.kind for c in house.refresh(checked=False).drift] == ["gone"]
    assert house.value("SELECT count(*) FROM core.ticket") == 0
    assert house.value("SELECT count(*) FROM core.asset") == 2


def test_a_header_of_another_name_is_read_as_the_same_and_told(house: Installation) -> None:
    house.put("t2.csv", "nr,报修时间,closed,priority,note\nT9,2024-03-02 08:00,,high,\n")
    done = house.refresh(checked=False)
    assert done.extraction.rejected == ()
    (change,) = done.drift
    assert (change.kind, change.what) == ("renamed", "opened")
    assert "the column “opened” is now called “报修时间”; it is read as the same" in change.en
    assert house.rows("SELECT ticket_id, CAST(opened_at AS VARCHAR) FROM core.ticket ORDER BY ticket_id")[-1] == (
        "T9",
        "2024-03-02 08:00:00",
    )
    assert house.value("SELECT count(opened_at) FROM core.ticket") == 4
    assert problems(house)["drift/renamed/desk/tickets/opened"].severity == Severity.NOTE
    landed = [set(pl.read_parquet_schema(f)) for f in (house.path / "landing/desk/tickets").glob("*.parquet")]
    assert [columns & {"opened", "报修时间"} for columns in landed if "报修时间" in columns] == [{"报修时间"}], (
        "untouched"
    )


def test_a_workbook_of_another_header_is_read_too(installation: Installation) -> None:
    installation.tickets("desk", "data/*.xlsx")
    head, row = ["nr", "opened", "closed", "priority", "note"], ["T1", "2024-03-02 08:00", None, "high", None]
    installation.workbook("a.xlsx", [head, row])
    installation.workbook("b.xlsx", [["Ticket no.", "Open time", *head[2:]], ["T2", *row[1:]]])
    done = installation.refresh(checked=False)
    assert {c.what for c in done.drift} == {"nr", "opened"}
    assert installation.rows("SELECT ticket_id, opened_at IS NULL FROM core.ticket ORDER BY 1") == [
        ("T1", False),
        ("T2", False),
    ]


def test_a_database_whose_column_has_another_name_is_not_guessed(installation: Installation) -> None:
    installation.mapping(
        "desk",
        "title: {en: D, zh: D}\nkind: sql\nstreams: {t: {url: 'sqlite:///data/d.db', table: t}}\n"
        "entities: {ticket: {from: t, fields: {ticket_id: nr, opened_at: opened}}}\n",
    )
    (installation.path / "data").mkdir()
    with closing(sqlite3.connect(installation.path / "data/d.db")) as db:
        db.execute("CREATE TABLE t (nr TEXT, opened TEXT)")
        db.execute("INSERT INTO t VALUES ('T1', '2024-03-02 08:00')")
        db.commit()
        assert installation.refresh(checked=False).extraction.rejected == ()
        db.execute("ALTER TABLE t RENAME COLUMN opened TO created_at")
        db.commit()
    (rejection,) = installation.refresh(checked=False).extraction.rejected
    assert "“opened”" in rejection.en
    assert installation.value("SELECT count(*) FROM core.ticket") == 1


def test_a_header_that_could_be_two_columns_is_not_guessed(house: Installation) -> None:
    house.put("t2.csv", "nr,报修时间,创建时间,closed,priority,note\nT9,2024-03-02 08:00,2024-03-02 08:00,,high,\n")
    (rejection,) = house.refresh(checked=False).extraction.rejected
    assert "“opened”" in rejection.en


def test_a_column_beside_the_mapped_one_is_never_taken_for_it(house: Installation) -> None:
    """Another word for the same field, in a file that has the mapped column: its blanks stay blanks."""
    house.put("t2.csv", "nr,opened,closed,关闭时间,priority,note\nT9,2024-03-02 08:00,,2024-03-03 08:00,high,\n")
    done = house.refresh(checked=False)
    assert [c.kind for c in done.drift] == ["new"]
    assert house.rows("SELECT closed_at FROM core.ticket WHERE ticket_id = 'T9'") == [(None,)]


def test_a_column_of_another_type_sends_its_rows_to_quarantine(house: Installation) -> None:
    house.put("t2.csv", "nr,opened,closed,priority,note\nT8,soon,,high,\nT9,2024-03-02 08:00,,high,\n")
    done = house.refresh(checked=False)
    assert done.extraction.rejected == ()
    assert house.rows("SELECT rule, field, value, row_no FROM meta.quarantine") == [
        ("not_instant", "opened_at", "soon", 2)
    ]
    assert house.value("SELECT count(*) FROM core.ticket") == 4


def test_the_command_says_what_changed(house: Installation) -> None:
    house.put("t2.csv", "nr,opened,closed,priority,note,Ort\nT9,2024-03-02 08:00,,high,,Köln\n")
    with no_suites():
        done = CliRunner().invoke(cli, ["--home", str(house.path), "refresh"], env={"FAULTLOOP_LANGUAGE": "zh"})
    assert done.exit_code == 0, done.output
    assert "data/t2.csv 出现此前没有的列：“Ort”" in done.output
