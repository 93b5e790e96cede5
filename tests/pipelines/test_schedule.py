"""What `prefect.yaml` says is what the scheduler serves, on this machine, calling nobody."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from installation import Installation, tickets_csv

from pipelines.schedule import deployments_file, environment, free_port, served

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load(deployments_file().read_text(encoding="utf-8"))["deployments"]


def test_prefect_yaml_refreshes_every_quarter_of_an_hour_looks_again_daily_and_follows_up_nightly() -> None:
    found = {d["entrypoint"].split(":")[1]: (d["name"], d["schedules"][0]) for d in DEPLOYMENTS}
    assert found["refresh"] == ("every-15-minutes", {"interval": 15 * 60})
    assert found["quality"][0] == "daily"
    assert found["quality"][1]["cron"].split()[2:] == ["*", "*", "*"]
    assert found["effectiveness"][0] == "nightly"
    assert found["effectiveness"][1]["cron"].split()[2:] == ["*", "*", "*"]


def test_prefect_yaml_holds_deployments_and_nothing_else() -> None:
    whole = yaml.safe_load(deployments_file().read_text(encoding="utf-8"))
    assert set(whole) <= {"name", "prefect-version", "pull", "build", "push", "deployments"}
    for deployment in DEPLOYMENTS:
        file, name = deployment["entrypoint"].split(":")
        assert f"def {name}(" in (deployments_file().parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: d["name"])
def test_what_is_served_is_what_is_declared(deployment: dict[str, Any]) -> None:
    made = served(deployment)
    assert made.name == deployment["name"]
    assert made.flow_name == deployment["entrypoint"].split(":")[1]
    assert made.description == deployment["description"]
    (schedule,) = (s.schedule for s in made.schedules)
    (declared,) = deployment["schedules"]
    if "cron" in declared:
        assert (schedule.cron, schedule.timezone) == (declared["cron"], declared["timezone"])
    else:
        assert schedule.interval == timedelta(seconds=declared["interval"])
    assert made.concurrency_limit == 1, "never two at once"


def test_prefect_keeps_everything_below_the_home_and_calls_nobody(tmp_path: Path) -> None:
    found = environment(tmp_path, 4711)
    assert found["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert found["PREFECT_API_URL"] == "http://127.0.0.1:4711/api"
    assert (found["DO_NOT_TRACK"], found["PREFECT_SERVER_ANALYTICS_ENABLED"]) == ("1", "false")
    assert found["FAULTLOOP_HOME"] == str(tmp_path)


def ended(processes: list[psutil.Process], within: float) -> list[psutil.Process]:
    """Those that are still there after so many seconds."""
    return psutil.wait_procs(processes, timeout=within)[1]


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_the_scheduler_serves_and_ends_with_everything_it_started_and_serves_again(installation: Installation) -> None:
    installation.tickets("desk", "data/*.csv")
    installation.put("a.csv", tickets_csv(range(1, 4)))
    # What it ends with is kept in its database: the second start must wake what the first one's end put to sleep.
    for _ in range(2):
        serves_and_ends(installation)


def serves_and_ends(installation: Installation) -> None:
    port = free_port()
    command = [sys.executable, "-m", "pipelines.schedule", "--home", str(installation.path), "--port", str(port)]
    scheduler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    family: list[psutil.Process] = []
    try:
        awake: set[str] = set()
        deadline = time.monotonic() + 180
        while awake < {d["name"] for d in DEPLOYMENTS} and time.monotonic() < deadline:
            assert scheduler.poll() is None
            time.sleep(0.5)
            awake = {d["name"] for d in deployments(port) if not d["paused"]}
        assert awake == {d["name"] for d in DEPLOYMENTS}
        family = [psutil.Process(scheduler.pid), *psutil.Process(scheduler.pid).children(recursive=True)]
        scheduler.terminate()
        assert scheduler.wait(60) in (0, -15)
        assert ended(family, 20) == []
    finally:
        for process in ended(family, 0):
            process.kill()
        scheduler.kill()
        scheduler.wait()


def deployments(port: int) -> list[dict[str, Any]]:
    """The deployments that the server knows; none while it does not answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/deployments/filter", data=b"{}", headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            found: list[dict[str, Any]] = json.load(response)
            return found
    except (urllib.error.URLError, OSError):
        return []
