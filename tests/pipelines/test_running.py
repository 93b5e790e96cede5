"""What runs is recorded, whatever happens to the record; and what is killed is shown as broken off."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from installation import Installation, no_suites, tickets_csv
from register_cast import KEY
from sqlalchemy import Engine

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.database import connect, reading, writing
from fracas.model import Person, now
from fracas.permissions import Scope
from fracas.staff import Staff
from fracas.watch import runs
from fracas.watch.alerts import listed
from fracas.watch.model import Run, Step
from fracas.watch.runs import Ended
from pipelines import running
from pipelines.jobs import perform
from pipelines.running import recorded
from warehouse.publish import TakenError, current, locked


@pytest.fixture
def engine(installation: Installation) -> Engine:
    return connect(installation.home.register_url)


def only(engine: Engine) -> tuple[Run, list[Step]]:
    with reading(engine) as session:
        (run,), _ = runs.earlier(session, 0, 9)
        return run, runs.steps(session, [run.id])[run.id]


def test_a_block_is_a_run_with_its_steps(installation: Installation, engine: Engine) -> None:
    with recorded(installation.home, "refresh", trigger="terminal") as record:
        with record.step("extract desk"):
            record.rows(12)
        with record.step("publish"):
            pass
        record.say("two\nlines")
        record.ended(Ended.DONE, Text(en="Done.", zh="完成。"), "S1")
    run, steps = only(engine)
    assert (run.flow, run.trigger, run.state, run.zh, run.snapshot) == ("refresh", "terminal", "done", "完成。", "S1")
    assert [(step.name, step.rows) for step in steps] == [("extract desk", 12), ("publish", None)]
    assert all(step.ended_at is not None for step in steps)
    said = [line.split(maxsplit=3)[3] for line in run.log.splitlines()]
    assert said == ["extract desk: 0.0 s, 12 counted", "publish: 0.0 s", "two", "lines", "Done."]


@pytest.mark.parametrize(
    ("error", "en", "zh"),
    [
        (UserError(en="The file is empty.", zh="文件为空。"), "The file is empty.", "文件为空。"),
        (TakenError(en="Another is at it.", zh="另一次正在进行。"), "Another is at it.", "另一次正在进行。"),
        (ValueError("7 {x}"), "Broke off with an error: ValueError: 7 {x}", "因错误中断：ValueError: 7 {x}"),
        (KeyboardInterrupt(), "Was told to stop before its end.", "在结束前被要求停止。"),
    ],
)
def test_what_breaks_out_is_how_it_ended(
    installation: Installation, engine: Engine, error: BaseException, en: str, zh: str
) -> None:
    with pytest.raises(type(error)), recorded(installation.home, "quality") as record, record.step("check"):
        raise error
    run, (step,) = only(engine)
    assert (run.en, run.zh) == (en, zh)
    assert run.state == ("skipped" if isinstance(error, TakenError) else "failed")
    assert step.ended_at == run.ended_at
    assert ("Traceback" in run.log) == isinstance(error, ValueError)


def test_without_a_register_nothing_is_recorded_and_none_is_begun(installation: Installation) -> None:
    installation.path.mkdir()
    with recorded(installation.home, "refresh") as record, record.step("build"):
        record.rows(1)
    assert list(installation.path.iterdir()) == []


def test_a_database_that_is_away_stops_nothing_and_is_told_when_it_is_back(
    installation: Installation, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_AGAIN_AFTER_SECONDS", 0.05)
    file, aside = installation.path / "register.sqlite", installation.path / "aside"
    engine.dispose()
    # A folder where the file was: neither read nor written, and not made anew.
    file.rename(aside)
    file.mkdir()
    monkeypatch.setattr(running, "is_begun", lambda url: True)
    with recorded(installation.home, "refresh") as record:
        began = time.monotonic()
        with record.step("build"):
            record.rows(7)
        assert time.monotonic() - began < 0.5, "the run does not wait"
        time.sleep(0.2)
        file.rmdir()
        aside.rename(file)
        record.ended(Ended.DONE, Text(en="Done.", zh="完成。"))
    run, (step,) = only(connect(installation.home.register_url))
    assert (run.state, step.rows) == ("done", 7)


def test_a_database_that_never_comes_back_delays_the_end_and_no_more(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_AGAIN_AFTER_SECONDS", 0.05)
    monkeypatch.setattr(running, "_LAST_WORDS_SECONDS", 0.3)
    monkeypatch.setattr(running, "is_begun", lambda url: True)
    (installation.path / "register.sqlite").mkdir(parents=True)
    began = time.monotonic()
    with recorded(installation.home, "refresh") as record:
        record.ended(Ended.DONE)
    assert 0.2 < time.monotonic() - began < 5


def test_who_goes_on_says_so(installation: Installation, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "ALIVE_EVERY", dt.timedelta(seconds=0.05))
    with recorded(installation.home, "refresh"):
        time.sleep(0.4)
        run, _ = only(engine)
        assert run.alive_at - run.started_at > dt.timedelta(seconds=0.2)
        assert runs.state(run, now()) is Ended.RUNNING


def test_a_refresh_is_recorded_with_the_rows_of_each_step(installation: Installation, engine: Engine) -> None:
    installation.tickets("desk", "data/*.csv")
    installation.put("a.csv", tickets_csv(range(1, 4)))
    with no_suites():
        done = perform("refresh", installation.home)
    assert done.summary["rows"] == 3
    run, steps = only(engine)
    counted = {step.name: step.rows for step in steps}
    assert counted["extract desk"] == 3
    assert counted["build"] == 3
    assert counted["check"] == 0
    assert list(counted)[-3:] == ["publish", "alerts", "report"]
    shown = current(installation.home)
    assert shown is not None
    assert (run.state, run.snapshot) == ("done", shown.id)
    assert "3 new rows" in (run.en or "")


def test_a_refresh_that_meets_another_is_skipped_and_alerts_nobody(installation: Installation, engine: Engine) -> None:
    installation.tickets("desk", "data/*.csv")
    with locked(installation.home):
        done = perform("refresh", installation.home)
    assert done.state is Ended.SKIPPED
    run, _ = only(engine)
    assert (run.state, run.en) == ("skipped", done.text.en)
    assert wrong(engine) == []


def wrong(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [seen.alert.key for seen in listed(session, Scope(), is_open=True)]


def test_a_run_that_breaks_is_an_alert_until_one_ends_well(installation: Installation, engine: Engine) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="faultloop demo"):
            perform("refresh", installation.home)
    assert wrong(engine) == ["run/refresh"]
    with locked(installation.home):
        assert perform("refresh", installation.home).state is Ended.SKIPPED
    assert wrong(engine) == ["run/refresh"], "a run that was skipped ended neither well nor badly"
    installation.tickets("desk", "data/*.csv")
    installation.put("a.csv", tickets_csv(range(1, 4)))
    with no_suites():
        perform("refresh", installation.home)
    assert "run/refresh" not in wrong(engine)


@pytest.mark.slow
def test_a_run_that_is_killed_is_shown_as_broken_off_and_the_next_one_is_not(
    installation: Installation, engine: Engine
) -> None:
    installation.tickets("desk", "data/*.csv")
    installation.put("a.csv", tickets_csv(range(1, 4)))
    command = [sys.executable, "-m", "pipelines.now", "refresh", "--home", str(installation.path)]
    process = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with reading(engine) as session:
            found, _ = runs.earlier(session, 0, 1)
            if found and any(step.name == "check" for step in runs.steps(session, [found[0].id])[found[0].id]):
                break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    run, steps = only(engine)
    assert run.ended_at is None
    assert steps[-1].name == "check"
    assert steps[-1].ended_at is None
    assert runs.state(run, now() + runs.SILENT_AFTER * 1.1) is Ended.BROKEN
    with no_suites():
        assert perform("refresh", installation.home).state is Ended.DONE, "the lock went with who held it"


def test_a_wish_is_the_run_that_it_becomes(installation: Installation, engine: Engine) -> None:
    ann = Staff(engine, KEY).enrol(None, Person(login="ann", name="Ann", roles=[], functions=[])).id
    with writing(engine) as session:
        wish = runs.wish(session, "maintenance", ann, now()).id
    perform("maintenance", installation.home, wish=wish)
    run, steps = only(engine)
    assert (run.id, run.trigger, run.asked_by_id, run.state) == (wish, "person", ann, "done")
    assert [step.name for step in steps] == ["retention", "vacuum", "backup"]
    assert len(list(Path(installation.path, "backups").glob("*.tar.gz"))) == 1
