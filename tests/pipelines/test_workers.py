"""A Prefect server on PostgreSQL with a work pool and two workers: who is killed in the middle of a refresh leaves no gap."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy
from installation import Installation, tickets_csv

from fracas.database import connect, reading
from fracas.model import now
from fracas.watch import runs
from fracas.watch.runs import Ended
from pipelines.schedule import free_port
from warehouse.publish import current, snapshots

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]


class Prefect:
    """A server on PostgreSQL and what runs beside it, each with the environment that docs/running.md tells of."""

    def __init__(self, folder: Path, home: Path, postgres: str) -> None:
        outside = sqlalchemy.create_engine(f"postgresql+psycopg:///postgres{postgres}", isolation_level="AUTOCOMMIT")
        with outside.connect() as connection:
            for name in ("prefect", "register"):
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        outside.dispose()
        home.mkdir(parents=True, exist_ok=True)
        (home / "faultloop.yaml").write_text(
            f"register_database: postgresql:///register{postgres}\ntime_zone: Europe/Berlin\n", encoding="utf-8"
        )
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/api"
        self.log = folder / "log"
        self.environment = {
            **os.environ,
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": self.url,
            "PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg:///prefect{postgres}",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "FAULTLOOP_HOME": str(home),
            "FAULTLOOP_TIME_ZONE": "Europe/Berlin",
            "FAULTLOOP_SECRET_KEY": "the secret of the tests, which is no secret at all",
        }
        self.port = port

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "prefect", *arguments]

    @contextmanager
    def running(self, *arguments: str) -> Iterator[psutil.Process]:
        """One of its programs, with all that it starts, until the end of the block."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                self.command(*arguments), env=self.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        try:
            yield psutil.Process(process.pid)
        finally:
            if process.poll() is None:
                kill(psutil.Process(process.pid))
            process.wait(20)

    def begun(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that is to end by itself."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @staticmethod
    def finishes(command: subprocess.Popen[str]) -> None:
        """It ended well."""
        said, _ = command.communicate(timeout=120)
        assert command.returncode == 0, said

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON answer; None while nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.loads(response.read() or b"true")
        except urllib.error.HTTPError as error:
            if error.code in (404, 503):
                return None
            raise
        except OSError:
            return None

    def until(self, what: Callable[[], Any], within: float = 90) -> Any:
        """What the question answers, as soon as that is something."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if answer := what():
                return answer
            time.sleep(0.1)
        raise AssertionError(self.log.read_text()[-6000:])

    def deployment(self, name: str) -> Any:
        return self.until(lambda: self.ask(f"/deployments/name/{name}"))

    def start(self, name: str) -> str:
        """Have a deployment run now, as its schedule would."""
        deployment = self.deployment(name)
        path = f"/deployments/{deployment['id']}/create_flow_run"
        return str(self.until(lambda: self.ask(path, {"state": {"type": "SCHEDULED"}}))["id"])

    def state(self, run: str) -> tuple[str, str]:
        """The type and name of the state in which a run is."""
        found = self.until(lambda: self.ask(f"/flow_runs/{run}"))["state"]
        return found["type"], found["name"]

    def ended(self, run: str) -> tuple[str, str]:
        def over() -> Any:
            state = self.state(run)
            return state if state[0] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        return self.until(over)  # type: ignore[no-any-return]


def kill(process: psutil.Process) -> None:
    """Kill a process and all that it started, with signal 9."""
    family = [process, *process.children(recursive=True)]
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(family, timeout=20)


def checking(worker: psutil.Process) -> bool:
    """Whether a worker is in the middle of a refresh: its suites are being run."""
    with suppress(psutil.NoSuchProcess):
        for child in worker.children(recursive=True):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if "expectations.run" in " ".join(child.cmdline()):
                    return True
    return False


def test_a_worker_that_is_killed_leaves_no_gap_and_nothing_is_published_twice(
    installation: Installation, postgres: str, tmp_path: Path
) -> None:
    prefect = Prefect(tmp_path, installation.path, postgres)
    installation.tickets("desk", "data/*.csv")
    installation.put("a.csv", tickets_csv(range(1, 4)))
    engine = connect(installation.home.register_url)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        stack.enter_context(prefect.running("server", "start", "--host", "127.0.0.1", "--port", str(prefect.port)))
        prefect.until(lambda: prefect.ask("/health"))
        prefect.finishes(prefect.begun("work-pool", "create", "faultloop", "--type", "process"))
        deploying = prefect.begun("--no-prompt", "deploy", "--all")
        workers = [
            stack.enter_context(prefect.running("worker", "start", "--pool", "faultloop", "--name", name))
            for name in ("one", "two")
        ]
        prefect.finishes(deploying)
        daily = prefect.deployment("quality/daily")["schedules"][0]["schedule"]
        assert (daily["cron"], daily["timezone"]) == ("30 5 * * *", "Europe/Berlin")

        prefect.start("refresh/every-15-minutes")
        hit = prefect.until(lambda: next((w for w in workers if checking(w)), None))
        kill(hit)
        assert current(installation.home) is None

        # Two schedules at once: one does it, the other finds that it is being done, or was.
        both = [prefect.start("refresh/every-15-minutes") for _ in range(2)]
        assert [prefect.ended(run)[0] for run in both] == ["COMPLETED"] * 2
        assert len(snapshots(installation.home)) == 1
        assert installation.value("SELECT count(*) FROM core.ticket") == 3
        assert installation.leftovers() == []

        later = now() + dt.timedelta(minutes=5)
        with reading(engine) as session:
            found, _ = runs.earlier(session, 0, 10, "refresh")
        states = sorted(runs.state(run, later) for run in found)
        assert states.count(Ended.BROKEN) == 1, states
        assert states.count(Ended.DONE) >= 1
        assert set(states) <= {Ended.BROKEN, Ended.DONE, Ended.SKIPPED}
        assert sum("Published snapshot" in (run.en or "") for run in found) == 1

        deployment = prefect.deployment("refresh/every-15-minutes")
        waiting = prefect.ask(
            "/flow_runs/filter",
            {
                "deployments": {"id": {"any_": [deployment["id"]]}},
                "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
            },
        )
        assert waiting, "the schedule goes on"
