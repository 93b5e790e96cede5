"""What a database says it holds is asked with its rows, kept beside them, and compared with what the warehouse has."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bilingual.errors import UserError
from expectations import row_rules, suites
from expectations.check import Context
from pipelines.landing import extract
from warehouse.build import Build, build
from warehouse.database import open_for_reading
from warehouse.mapping import Source, load
from warehouse.settings import Home
from warehouse.told import told

FIELDS = ("repair_id", "cost_labour", "active_hours")
Execute = Callable[[str], None]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Execute]:
    connection = sqlite3.connect(tmp_path / "service.db", isolation_level=None)
    connection.executescript("""
        CREATE TABLE repair (repair_id TEXT, cost_labour REAL, active_hours REAL);
        INSERT INTO repair VALUES ('R1', 100, 1), ('R2', 50.5, 2), ('R3', NULL, -1);
    """)
    yield lambda statement: connection.executescript(statement) and None
    connection.close()


def source(tmp_path: Path, totals: str | None, kind: str = "sql") -> Source:
    entity = {"from": "repair", "fields": {f: f for f in FIELDS}} | ({"totals": totals} if totals else {})
    whole = {
        "title": {"en": "Service", "zh": "服务"},
        "kind": kind,
        "streams": {"repair": {"url": "sqlite:///service.db", "table": "repair"}},
        "entities": {"repair": entity},
    }
    file = tmp_path / "sources" / "service.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return load(file)


def differing(home: Home, of: Source, number: int = 0) -> dict[str, list[dict[str, Any]] | None]:
    """Build from what has landed, and what the two checks of totals find."""
    home.snapshots.mkdir(exist_ok=True)
    file = home.snapshots / f"{number}.duckdb"
    build(Build(home, [of], row_rules()), file)
    suite, known = suites()["source"], Context(dt.datetime(2026, 1, 1), {}, told=told(home.landing, [of]))
    found: dict[str, list[dict[str, Any]] | None] = {}
    with open_for_reading(file) as con:
        for check in suite.checks:
            if check.name in ("rows_as_told", "sums_as_told"):
                asked = suite.asked(check, known)
                found[check.name] = con.execute(asked["found_by"]).pl().to_dicts() if asked else None
    return found


TOTALS = "SELECT count(*) AS rows, sum(cost_labour) AS cost_labour FROM repair"


def test_totals_that_agree_are_silent_and_a_row_in_quarantine_is_there(tmp_path: Path, database: Execute) -> None:
    of, home = source(tmp_path, TOTALS), Home(tmp_path)
    extract(home, of)
    assert [(t["entity"], t["total"], t["value"]) for t in told(home.landing, [of])] == [
        ("repair", "rows", 3.0),
        ("repair", "cost_labour", 150.5),
    ]
    assert differing(home, of) == {"rows_as_told": [], "sums_as_told": []}


def test_a_row_that_is_gone_at_the_source_is_missed_there(tmp_path: Path, database: Execute) -> None:
    of, home = source(tmp_path, TOTALS), Home(tmp_path)
    extract(home, of)
    database("DELETE FROM repair WHERE repair_id = 'R2'")
    extract(home, of)
    where = {"source": "service", "stream": "repair", "entity": "repair"}
    assert differing(home, of) == {
        "rows_as_told": [{**where, "total": "rows", "told": 2.0, "held": 3.0}],
        "sums_as_told": [{**where, "total": "cost_labour", "told": 100.0, "held": 150.5}],
    }


def test_who_is_not_asked_is_compared_with_nothing(tmp_path: Path, database: Execute) -> None:
    home = Home(tmp_path)
    extract(home, source(tmp_path, TOTALS))
    # What was told before the mapping ceased to ask is nothing that anybody said of today.
    of = source(tmp_path, None)
    assert told(home.landing, [of]) == []
    assert differing(home, of) == {"rows_as_told": None, "sums_as_told": None}


def test_a_total_of_what_there_is_not_is_told(tmp_path: Path, database: Execute) -> None:
    extraction = extract(Home(tmp_path), source(tmp_path, "SELECT count(*) AS n FROM repair"))
    assert "“n” is neither `rows` nor a number of this entity" in extraction.rejected[0].en
    assert told(tmp_path / "landing", [source(tmp_path, TOTALS)]) == []


def test_a_query_that_the_database_refuses_is_told(tmp_path: Path, database: Execute) -> None:
    extraction = extract(Home(tmp_path), source(tmp_path, "SELECT count(*) AS rows FROM repairs"))
    assert "no such table: repairs" in extraction.rejected[0].en


def test_files_answer_no_query(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"entities.repair.totals: only a source of the kind sql answers a query"):
        source(tmp_path, TOTALS, kind="files")
