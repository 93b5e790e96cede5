"""What is wrong is said in a sentence, with its rows, the measures it touches and who owns the source; and by whom it is over."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from installation import published_demo
from sqlalchemy import select

from bilingual.text import Text
from expectations.run import Outcome
from fracas.database import connect, reading
from fracas.watch.model import Alert
from pipelines import watching
from pipelines.watching import after_recheck, after_refresh, after_run, of_refresh
from warehouse import quality
from warehouse.publish import last_refresh
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

AT = dt.datetime(2026, 12, 1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_demo(tmp_path_factory)


@pytest.fixture
def home(demo: Path, tmp_path: Path) -> Home:
    """A copy whose snapshots are those of the demo, to be written beside."""
    made = Home(tmp_path / "home")
    shutil.copytree(demo, made.path, ignore=shutil.ignore_patterns("landing", "data"))
    return made


@pytest.fixture
def published(demo: Path) -> Reading:
    found = Reader(Home(demo)).current()
    assert found is not None
    return found


def note(home: Home, **changed: Any) -> None:
    file = home.snapshots / "LAST_REFRESH.json"
    file.write_text(json.dumps({**(last_refresh(home) or {}), **changed}), encoding="utf-8")


BLOCKED = {
    **{
        "suite": "ticket",
        "name": "volume",
        "severity": "critical",
        "passed": False,
        "applicable": True,
        "failed": None,
    },
    **{"rows": None, "observed": "3", "samples": [], "error": None, "en": "Not fewer rows.", "zh": "行数没有减少。"},
}


def test_every_check_that_found_something_is_a_problem_with_its_rows(home: Home, published: Reading) -> None:
    found = {problem.key: problem for problem in of_refresh(home, published, AT)}
    expected = {
        f"check/{c['suite']}.{c['name']}"
        for c in quality.checks(published)
        if c["status"] in ("failed", "error", "quarantined") and c["name"] != "fresh_ticket"
    }
    assert {key for key in found if key.startswith("check/")} == expected
    aside = found["check/ticket.closed_before_opened"]
    (rows,) = published.rows("SELECT count(*) FROM meta.quarantine WHERE rule = 'closed_before_opened'")[0]
    assert aside.size == rows > 0
    assert aside.text.en == f"Ticket: {rows} rows were set aside. The ticket was closed before it was opened."
    assert aside.text.zh == f"工单：{rows} 行已被隔离。工单关闭早于报修。"
    sample = aside.facts["samples"][0]
    where = "rule = 'closed_before_opened' AND file = $1 AND row_no = $2 AND source_key = $3"
    assert published.rows(
        f"SELECT count(*) FROM meta.quarantine WHERE {where}", [sample["file"], sample["row"], sample["key"]]
    ) == [(1,)]
    assert aside.owner == quality.sources(published)[sample["source"]]["owner"]
    assert {"en": "Closure rate (cohort)", "zh": "关闭率（同批）"} in aside.facts["measures"]
    assert aside.address == "/quarantine?entity=ticket&rule=closed_before_opened"


def test_what_is_blocked_rejected_or_silent_is_told(home: Home, published: Reading) -> None:
    rejected = {
        "source": "call_register",
        "stream": "calls",
        "file": "a.xlsx",
        "en": "It is empty.",
        "zh": "文件为空。",
    }
    note(home, is_new=False, blocked_by=[BLOCKED], rejected=[rejected])
    found = {problem.key: problem for problem in of_refresh(home, published, AT)}
    assert found["refresh/blocked"].topic == "platform"
    assert "Not fewer rows." in found["refresh/blocked"].text.en
    assert found["check/ticket.volume"].severity == "critical"
    assert found["rejected/call_register/a.xlsx"].text.en == "a.xlsx could not be read: It is empty."
    assert found["rejected/call_register/a.xlsx"].owner == quality.sources(published)["call_register"]["owner"]
    note(home, is_new=True, blocked_by=[], rejected=[])
    assert "refresh/blocked" not in {problem.key for problem in of_refresh(home, published, AT)}


def opened(home: Home) -> dict[str, str]:
    with watching.book(home) as engine, reading(engine) as session:
        return {a.key: a.family for a in session.scalars(select(Alert).where(Alert.recovered_at.is_(None)))}


def test_a_look_repeated_tells_nothing_new_and_one_that_ends_well_ends_it(home: Home) -> None:
    with watching.book(home) as engine:
        after_refresh(home, engine, AT)
        first = opened(home)
        after_refresh(home, engine, AT)
        assert opened(home) == first
        assert {"refresh", "rules"} == set(first.values())
        note(home, is_new=False, blocked_by=[BLOCKED])
        after_refresh(home, engine, AT)
        assert opened(home).keys() - first.keys() == {"refresh/blocked", "check/ticket.volume"}
        note(home, is_new=True, blocked_by=[])
        after_refresh(home, engine, AT)
        assert opened(home) == first


def test_the_daily_look_tells_what_went_wrong_since(home: Home) -> None:
    silent = Outcome("ticket", "volume", "critical", False, observed="3")
    with watching.book(home) as engine:
        after_recheck(home, engine, [silent], AT)
        assert opened(home) == {"check/ticket.volume": "recheck"}
        after_recheck(home, engine, [Outcome("ticket", "volume", "critical", True)], AT)
        assert opened(home) == {}


def test_a_flow_that_broke_is_told_until_it_ends_well(home: Home) -> None:
    engine = connect(home.register_url)
    after_run(home, engine, "refresh", Text(en="disk is full", zh="磁盘已满"), AT)
    after_run(home, engine, "quality", None, AT)
    assert opened(home) == {"run/refresh": "run.refresh"}
    after_run(home, engine, "refresh", None, AT)
    assert opened(home) == {}
    engine.dispose()
