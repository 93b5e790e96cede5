"""Reports reach everybody in their variant, once; on doubtful data they are withheld, with the reason, and made up for later."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installation import published_demo
from sqlalchemy import select

from bilingual.errors import UserError
from fracas.database import Database, connect, reading, writing
from fracas.model import Person, now
from fracas.permissions import Role
from fracas.staff import Staff
from fracas.watch import runs
from fracas.watch.issues import MADE, WITHHELD
from fracas.watch.model import Issue, Message
from pipelines.reporting import catch_up, doubt, issue
from warehouse.publish import last_refresh
from warehouse.settings import Home

WEEKLY = "weekly_ranking"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_demo(tmp_path_factory)


@pytest.fixture
def home(demo: Path, tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    shutil.copytree(demo, made.path, ignore=shutil.ignore_patterns("landing", "data"))
    return made


@pytest.fixture
def engine(home: Home) -> Iterator[Database]:
    found = connect(home.register_url)
    yield found
    found.dispose()


def person(engine: Database, login: str, *roles: Role, **more: Any) -> str:
    columns = {"email": f"{login}@example.com", "language": "en", "roles": [*roles], **more}
    return Staff(engine, b"a key").enrol(None, Person(id=login, login=login, name=login, password=None, **columns)).id


def block(home: Home, **changed: Any) -> None:
    file = home.snapshots / "LAST_REFRESH.json"
    file.write_text(json.dumps({**(last_refresh(home) or {}), **changed}), encoding="utf-8")


BLOCKED = {"is_new": False, "blocked_by": [{"en": "No number is used twice.", "zh": "编号不重复。"}]}
SOUND = {"is_new": True, "blocked_by": []}


def kept(engine: Database) -> tuple[list[Issue], list[Message]]:
    with reading(engine) as session:
        return list(session.scalars(select(Issue).order_by(Issue.made_at))), list(session.scalars(select(Message)))


@pytest.mark.slow
def test_withheld_with_the_reason_and_made_once_the_data_are_right(home: Home, engine: Database) -> None:
    for login, language in (("ann", "en"), ("bob", "en"), ("chen", "zh")):
        person(engine, login, Role.MANAGER, language=language)
    person(engine, "dan", Role.TECHNICIAN)
    block(home, **BLOCKED)
    for expected in (2, 0):  # the second time nothing is new
        new = issue(home, engine, WEEKLY)
        assert [one.state for one in new] == [WITHHELD] * expected
    issues, messages = kept(engine)
    assert {one.reason_en for one in issues} == {
        "the last delivery is not published because it fails critical checks: No number is used twice"
    }
    assert Counter(m.person_id for m in messages) == {"ann": 1, "bob": 1, "chen": 1}
    assert {m.subject.split("] ")[1] for m in messages} == {
        "Weekly return-visit ranking withheld",
        "每周回访排名已暂缓",
    }
    assert catch_up(home, engine) == []
    block(home, **SOUND)
    assert Counter(one.state for one in catch_up(home, engine)) == {MADE: 2}
    assert catch_up(home, engine) == []
    assert issue(home, engine, WEEKLY) == []
    issues, messages = kept(engine)
    reports = [m for m in messages if m.folder]
    assert Counter(m.person_id for m in reports) == {"ann": 1, "bob": 1, "chen": 1}
    for m in reports:
        files = {file.name for file in (home.path / str(m.folder)).iterdir()}
        assert {"mail.html", "mail.txt", "report.pdf", "report.xlsx", "about.json"} <= files
        about = json.loads((home.path / str(m.folder) / "about.json").read_text(encoding="utf-8"))
        assert (about["language"], about["subject"]) == (m.language, m.subject)
        assert about["names"] is True  # managers see the team
    assert [file for file in (home.path / "reports").iterdir() if file.name.startswith(".")] == []


@pytest.mark.slow
def test_a_run_that_was_broken_off_is_made_up_for_once(home: Home, engine: Database) -> None:
    long_ago = now() - dt.timedelta(hours=2)
    person(engine, "ann", Role.MANAGER, Role.ADMINISTRATOR)
    person(engine, "bob", Role.MANAGER, regions=["Atlantis"])  # whoever cannot have theirs keeps nobody from having it
    with writing(engine) as session:
        runs.begin(session, "r1", f"reports.{WEEKLY}", at=long_ago, host="h", trigger="schedule")
    with pytest.raises(UserError, match="Atlantis"):
        catch_up(home, engine)
    issues, messages = kept(engine)
    assert [one.state for one in issues] == [MADE]
    assert [m.person_id for m in messages] == ["ann"]
    Staff(engine, b"a key").change(None, "bob", 1, {"is_active": False})
    assert catch_up(home, engine) == []  # made already
    with reading(engine) as session:
        run = runs.run(session, "r1")
        assert run is not None
        assert runs.state(run, now()) is runs.Ended.DONE
    assert len(kept(engine)[1]) == 1


def test_what_speaks_against_a_report(home: Home, tmp_path: Path) -> None:
    assert doubt(home) is None
    block(home, **BLOCKED)
    reason = doubt(home)
    assert reason is not None
    assert "编号不重复" in reason.zh
    nothing = doubt(Home(tmp_path / "empty"))
    assert nothing is not None
    assert nothing.en == "nothing is published yet"


def test_a_report_that_there_is_not_is_refused_by_name(home: Home, engine: Database) -> None:
    with pytest.raises(UserError, match="known are monthly_management, monthly_ranking, weekly_ranking"):
        issue(home, engine, "daily")


def test_what_cannot_be_made_is_told_in_the_renderer_s_words(home: Home, engine: Database) -> None:
    person(engine, "ann", Role.MANAGER, regions=["Atlantis"])
    with pytest.raises(UserError, match="Atlantis"):
        issue(home, engine, WEEKLY)
    assert kept(engine) == ([], [])
