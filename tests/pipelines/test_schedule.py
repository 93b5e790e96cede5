"""What `prefect.yaml` says is what the scheduler serves, on this machine, calling nobody."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from installation import Installation, tickets_csv
from register_cast import KEY
from sqlalchemy import Engine

from fracas.database import connect, reading, writing
from fracas.model import Person, now
from fracas.people import by_login
from fracas.staff import Staff
from fracas.watch import runs
from fracas.watch.model import Wish
from fracas.watch.timetable import SCHEDULER_ALIVE, Timed, deployments_file, timetable
from pipelines.jobs import jobs
from pipelines.schedule import environment, free_port, served
from pipelines.wishes import api, carry_out

NAMES = {(timed.flow, timed.deployment) for timed in timetable()}


def test_prefect_yaml_says_what_runs_when() -> None:
    found = {timed.key: timed.cron or timed.interval for timed in timetable()}
    assert found.pop("refresh") == 15 * 60
    fields = {key: str(cron).split() for key, cron in found.items()}
    assert {key for key, cron in fields.items() if cron[2:] == ["*", "*", "*"]} == {
        "quality", "effectiveness", "early_warning", "maintenance",
    }  # fmt: skip
    assert fields["reports.weekly_ranking"][2:] == ["*", "*", "1"], "on Monday"
    assert fields["reports.monthly_ranking"][2:] == ["3", "*", "*"]
    assert fields["reports.monthly_management"][2:] == ["8", "*", "*"]


def test_prefect_yaml_holds_deployments_and_nothing_else() -> None:
    whole = yaml.safe_load(deployments_file().read_text(encoding="utf-8"))
    assert set(whole) <= {"name", "prefect-version", "pull", "build", "push", "deployments"}
    for timed in timetable():
        file, name = timed.entrypoint.split(":")
        assert f"def {name}(" in (deployments_file().parent / file).read_text(encoding="utf-8")
        assert name in jobs()
    for deployment in whole["deployments"]:
        assert "concurrency_limit" not in deployment, "a worker that is killed would keep it"
        (schedule,) = deployment["schedules"]
        assert schedule.get("timezone") == ("{{ $FAULTLOOP_TIME_ZONE }}" if "cron" in schedule else None)


@pytest.mark.parametrize("timed", timetable(), ids=lambda t: t.key)
def test_what_is_served_is_what_is_declared_in_the_houses_zone(timed: Timed) -> None:
    made = served(timed, "America/New_York")
    assert (made.name, made.flow_name, made.description) == (timed.deployment, timed.flow, timed.description)
    assert made.parameters == timed.parameters
    (schedule,) = (s.schedule for s in made.schedules)
    if timed.cron:
        assert (schedule.cron, schedule.timezone) == (timed.cron, "America/New_York")
    else:
        assert (schedule.interval, schedule.anchor_date) == (timedelta(seconds=900), timed.anchored_at)
    assert made.concurrency_limit is None, "one refresh at a time is the lock's business"


def test_prefect_keeps_everything_below_the_home_and_calls_nobody(tmp_path: Path) -> None:
    found = environment(tmp_path, 4711)
    assert found["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert found["PREFECT_API_URL"] == "http://127.0.0.1:4711/api"
    assert (found["DO_NOT_TRACK"], found["PREFECT_SERVER_ANALYTICS_ENABLED"]) == ("1", "false")
    assert found["FAULTLOOP_HOME"] == str(tmp_path)


def ended(processes: list[psutil.Process], within: float) -> list[psutil.Process]:
    """Those that are still there after so many seconds."""
    return psutil.wait_procs(processes, timeout=within)[1]


# tests/faultloop/test_up.py has the scheduler serve, be killed and serve again.
@pytest.mark.matrix
@pytest.mark.slow
@pytest.mark.timeout(500)
def test_the_scheduler_serves_and_ends_with_everything_it_started_and_serves_again(installation: Installation) -> None:
    installation.tickets("desk", "data/*.csv")
    installation.put("a.csv", tickets_csv(range(1, 4)))
    # What it ends with is kept in its database: the second start must wake what the first one's end put to sleep.
    for what in (carries_out_a_wish, None):
        serves_and_ends(installation, what)


def serves_and_ends(installation: Installation, meanwhile: Callable[[Installation, int], None] | None) -> None:
    port = free_port()
    command = [sys.executable, "-m", "pipelines.schedule", "--home", str(installation.path), "--port", str(port)]
    scheduler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    family: list[psutil.Process] = []
    try:
        awake: set[str] = set()
        deadline = time.monotonic() + 180
        while len(awake) < len(NAMES) and time.monotonic() < deadline:
            assert scheduler.poll() is None
            time.sleep(0.5)
            awake = {d["id"] for d in deployments(port) if not d["paused"]}
        assert {d["name"] for d in deployments(port)} == {name for _, name in NAMES}
        assert len(awake) == len(NAMES)
        assert (installation.path / SCHEDULER_ALIVE).exists()
        assert api(installation.home) == f"http://127.0.0.1:{port}/api", "who carries out wishes finds the server"
        if meanwhile is not None:
            meanwhile(installation, port)
        family = [psutil.Process(scheduler.pid), *psutil.Process(scheduler.pid).children(recursive=True)]
        scheduler.terminate()
        assert scheduler.wait(60) in (0, -15)
        assert ended(family, 20) == []
        assert api(installation.home) is None
        assert not (installation.path / SCHEDULER_ALIVE).exists()
    finally:
        for process in ended(family, 0):
            process.kill()
        scheduler.kill()
        scheduler.wait()


def carries_out_a_wish(installation: Installation, port: int) -> None:
    """A wish is passed on to the server once, however often it is tried, and the run knows whose it is."""
    engine = connect(installation.home.register_url)
    with reading(engine) as session:
        ann = by_login(session, "ann")
    person = (
        ann.id if ann else Staff(engine, KEY).enrol(None, Person(login="ann", name="Ann", roles=[], functions=[])).id
    )
    with writing(engine) as session:
        wish = runs.wish(session, "maintenance", person, now()).id
    passed_on(installation, engine)
    assert carry_out(installation.home, engine) == 0
    with writing(engine) as session:
        # As after a kill between telling the server and noting it.
        session.get_one(Wish, wish).taken_at = None
    passed_on(installation, engine)
    made = posted(port, "flow_runs", {"flow_runs": {"idempotency_key": {"any_": [f"wish-{wish}"]}}})
    assert [run["parameters"] for run in made] == [{"wish": wish}]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with reading(engine) as session:
            run = runs.run(session, wish)
        if run is not None and run.ended_at is not None:
            break
        time.sleep(0.2)
    engine.dispose()
    assert run is not None
    assert (run.state, run.trigger, run.asked_by_id) == ("done", "person", person)


def passed_on(installation: Installation, engine: Engine) -> None:
    """The wish was passed on, as soon as the server is not busy with its own beginning: the courier tries every few seconds."""
    deadline = time.monotonic() + 60
    while not carry_out(installation.home, engine) and time.monotonic() < deadline:
        time.sleep(0.5)
    with reading(engine) as session:
        assert runs.waiting(session) == []


def deployments(port: int) -> list[dict[str, Any]]:
    """The deployments that the server knows; none while it does not answer."""
    return posted(port, "deployments", {})


def posted(port: int, what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/{what}/filter",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            found: list[dict[str, Any]] = json.load(response)
            return found
    except (urllib.error.URLError, OSError):
        return []
