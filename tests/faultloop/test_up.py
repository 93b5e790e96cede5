"""`faultloop up` runs everything with one command, and Ctrl-C, or a kill, ends all of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from installation import Installation, tickets_csv

from fracas.database import connect, reading
from fracas.watch import runs
from pipelines.schedule import free_port
from warehouse.publish import current, snapshots

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class Up:
    """A running `faultloop up` and all that it started."""

    def __init__(self, home: Path, *options: str) -> None:
        self.port = free_port()
        self.lines: list[str] = []
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "faultloop", "--home", str(home), "up", "--port", str(self.port), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "FAULTLOOP_LANGUAGE": "en", "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self.seen: dict[int, psutil.Process] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def said(self) -> str:
        return "".join(self.lines)

    def wait_for(self, what: Callable[[], Any], within: float) -> Any:
        """What the question answers, as soon as that is something."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self.family()
            if answer := what():
                return answer
            assert self.process.poll() is None, self.said()
            time.sleep(0.2)
        raise AssertionError(f"not within {within} s; it said:\n{self.said()}")

    def address(self) -> str:
        """The address that it printed, once the page answers."""
        found = self.wait_for(lambda: re.search(r"http://\S+:\d+", self.said()), 120)
        return str(found[0])

    def family(self) -> list[psutil.Process]:
        """Every process of ours that was ever seen."""
        with suppress(psutil.NoSuchProcess):
            me = psutil.Process(self.process.pid)
            self.seen.update({p.pid: p for p in [me, *me.children(recursive=True)]})
        return list(self.seen.values())

    def left(self, within: float) -> list[str]:
        """What is still running after so many seconds."""
        deadline = time.monotonic() + within
        while True:
            alive = [p for p in self.seen.values() if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
            if not alive or time.monotonic() > deadline:
                return [" ".join(p.cmdline()) for p in alive]
            time.sleep(0.1)

    def api(self) -> str:
        """The address of the scheduler's Prefect server."""
        for process in self.family():
            line = line_of(process)
            if "prefect" in line and "server" in line and "--port" in line:
                return f"http://127.0.0.1:{line[line.index('--port') + 1]}/api"
        return ""

    def end(self) -> None:
        """Whatever the test did: nothing is left behind."""
        self.family()
        for process in self.seen.values():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(30)
        self._reader.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def up() -> Iterator[Callable[..., Up]]:
    running: list[Up] = []

    def start(home: Path, *options: str) -> Up:
        running.append(Up(home, *options))
        return running[-1]

    yield start
    for one in running:
        one.end()


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.status, response.read().decode()


def logged_in(address: str, login: str, password: str) -> bool:
    """Whether a visitor who logs in at the address is shown the application."""
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with visitor.open(f"{address}/login", timeout=30) as response:
        token = re.search(r'name="csrf_token" value="([^"]+)"', response.read().decode())
    assert token is not None
    given = urllib.parse.urlencode({"login": login, "password": password, "csrf_token": token[1]}).encode()
    with suppress(urllib.error.HTTPError), visitor.open(f"{address}/login", given, timeout=30) as response:
        return "react-entry-point" in response.read().decode()
    return False


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON answer of the Prefect server; None while it does not answer, or knows nothing of what is asked."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b"true")
    except urllib.error.HTTPError as error:
        # 503 is its way of saying that its database is busy; its own client asks again then.
        if error.code not in (404, 503):
            raise
        return None
    except OSError:
        return None


def is_free(port: int) -> bool:
    return all(c.laddr.port != port for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN)


def test_from_nothing_to_a_scheduled_refresh_and_a_clean_end(tmp_path: Path, up: Callable[..., Up]) -> None:
    installation = Installation(tmp_path / "home")
    running = up(installation.path, "--tickets", "1000", "--workers", "1")
    address = running.address()
    assert address == f"http://localhost:{running.port}"
    assert "making the demo organisation" in running.said()
    assert "Published snapshot" in running.said()
    assert running.said().count("http://") == 1
    status, page = get(address)
    assert status == 200
    assert "<html" in page.lower()
    first = current(installation.home)

    # A run of the deployment, as its schedule makes one every quarter of an hour.
    api = running.wait_for(running.api, 30)
    deployment = running.wait_for(lambda: ask(f"{api}/deployments/name/refresh/every-15-minutes"), 120)
    assert deployment["paused"] is False
    installation.put(
        "export/tickets_2026Q5.csv",
        "工单号,渠道,服务类别,类别,优先级,报修时间,派工时间,响应时间,到达时间,修复时间,关闭时间,状态,设备编号,客户编号,技术员编号,"
        "产品线,区域,地点,服务区,故障现象,重开次数,备注,更新时间\n"
        "WO-NEW,电话,维修,故障,高,2026-10-30 08:00:00,,,,,,新建,,,,,,,,,0,,2026-10-30 08:00:00\n",
    )
    create, now = f"{api}/deployments/{deployment['id']}/create_flow_run", {"type": "SCHEDULED", "name": "Scheduled"}
    run = running.wait_for(lambda: ask(create, {"state": now}), 60)
    state = running.wait_for(lambda: finished(api, run["id"]), 120)
    assert state == "COMPLETED", running.said()
    second = current(installation.home)
    assert first is not None
    assert second is not None
    assert second.id != first.id
    assert installation.value("SELECT status FROM core.ticket WHERE ticket_id = 'WO-NEW'") == "new"
    assert get(address)[0] == 200
    engine = connect(installation.home.register_url)
    with reading(engine) as session:
        recorded = runs.last(session, began_by_schedule=True)["refresh"]
        counted = {step.name: step.rows for step in runs.steps(session, [recorded.id])[recorded.id]}
    engine.dispose()
    assert (recorded.state, recorded.snapshot) == ("done", second.id)
    assert counted["extract ticket_export"] == 1
    assert counted["build"]
    password = re.search(r"Log in as admin with the password (\S+)", running.said())
    assert password is not None
    assert logged_in(address, "admin", password[1])
    assert not logged_in(address, "admin", "another")

    running.family()
    assert len(running.seen) >= 5, "up, web server, scheduler, Prefect server, courier"
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert running.left(5) == []
    assert "Stopping" in running.said()
    assert "Traceback" not in running.said()
    assert is_free(running.port)


def finished(api: str, run: str) -> str | None:
    found = ask(f"{api}/flow_runs/{run}")
    return (
        found["state"]["type"]
        if found and found["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        else None
    )


def test_a_second_start_repeats_nothing_and_a_third_is_told_that_the_port_is_in_use(
    demo: Installation, up: Callable[..., Up]
) -> None:
    before = [s.id for s in snapshots(demo.home)]
    running = up(demo.path, "--no-schedule", "--workers", "1")
    address = running.address()
    assert time.monotonic() - running.began < 30
    assert get(address)[0] == 200
    assert "Nothing new; snapshot" in running.said()
    assert [s.id for s in snapshots(demo.home)] == before

    third = subprocess.run(
        [sys.executable, "-m", "faultloop", "--home", str(demo.path), "up", "--port", str(running.port)],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "FAULTLOOP_LANGUAGE": "en"},
    )
    assert third.returncode == 2
    assert f"Port {running.port} of 127.0.0.1 is in use" in third.stderr
    assert "Traceback" not in third.stderr

    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert running.left(5) == []


REFRESHES = "deployments/name/refresh/every-15-minutes"


@pytest.mark.matrix
def test_a_web_server_that_dies_is_started_again_and_a_kill_of_up_leaves_no_orphan(
    demo: Installation, up: Callable[..., Up]
) -> None:
    running = up(demo.path, "--workers", "2")
    address = running.address()
    (web,) = [p for p in psutil.Process(running.process.pid).children() if "web" in line_of(p)]
    web.kill()
    running.wait_for(lambda: "web ended; starting it again." in running.said(), 30)
    running.wait_for(lambda: answered(address), 60)

    api = running.wait_for(running.api, 30)
    running.wait_for(lambda: ask(f"{api}/{REFRESHES}"), 120)
    alive = [p for p in running.family() if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert len(alive) >= 5, "up, web server and its workers, scheduler, Prefect server"
    running.process.kill()
    running.process.wait(10)
    assert running.left(30) == []
    assert is_free(running.port)


def test_a_scheduler_that_is_killed_schedules_again_and_a_stop_in_the_middle_of_a_refresh_leaves_nothing(
    demo: Installation, up: Callable[..., Up]
) -> None:
    running = up(demo.path, "--workers", "1")
    running.address()
    before = running.wait_for(running.api, 30)
    running.wait_for(lambda: ask(f"{before}/{REFRESHES}"), 120)
    schedulers = [p for p in running.family() if p.is_running() and "pipelines.schedule" in p.cmdline()]
    (scheduler,) = [p for p in schedulers if "--serve" not in p.cmdline()]
    scheduler.kill()
    running.wait_for(lambda: "scheduler ended; starting it again." in running.said(), 30)
    api = running.wait_for(lambda: running.api() if running.api() != before else "", 60)
    deployment = running.wait_for(lambda: ask(f"{api}/{REFRESHES}"), 60)

    demo.home.settings_file.write_text(
        demo.home.settings_file.read_text(encoding="utf-8") + "retention: 4\n", encoding="utf-8"
    )
    create, now = f"{api}/deployments/{deployment['id']}/create_flow_run", {"type": "SCHEDULED", "name": "Scheduled"}
    running.wait_for(lambda: ask(create, {"state": now}), 60)
    running.wait_for(lambda: [p for p in running.family() if "expectations.run" in " ".join(line_of(p))], 120)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert running.left(10) == []
    assert "Traceback" not in running.said()
    assert demo.refresh(checked=False).is_new, "what was broken off is done by the next refresh"
    assert demo.leftovers() == []


def line_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.is_running() else []
    except psutil.Error:
        return []


def answered(address: str) -> bool:
    try:
        return get(address)[0] == 200
    except (urllib.error.URLError, OSError):
        return False


def test_a_mapping_that_went_wrong_does_not_take_the_dashboards_away(demo: Installation, up: Callable[..., Up]) -> None:
    demo.mapping("targets", "title: [\n")
    running = up(demo.path, "--no-schedule", "--workers", "1")
    assert get(running.address())[0] == 200
    assert "targets.yaml, line" in running.said(), "the reason is told"
    assert "Refresh failed; showing the last snapshot." in running.said()


def test_without_any_snapshot_a_mistake_ends_up_with_its_sentence(tmp_path: Path, up: Callable[..., Up]) -> None:
    installation = Installation(tmp_path / "home")
    installation.mapping("desk", "title: [\n")
    installation.home.settings_file.write_text("organisation: Desk\n")
    running = up(installation.path)
    assert running.process.wait(30) == 2
    running._reader.join(5)
    assert "desk.yaml, line" in running.said()
    assert "Traceback" not in running.said()


@pytest.mark.matrix
def test_up_publishes_what_was_delivered_since(demo: Installation, up: Callable[..., Up]) -> None:
    demo.tickets("desk", "data/desk/*.csv")
    demo.put("desk/a.csv", tickets_csv(range(1, 4)))
    before = demo.value("SELECT count(*) FROM core.ticket")
    running = up(demo.path, "--no-schedule", "--workers", "1")
    assert get(running.address())[0] == 200
    assert demo.value("SELECT count(*) FROM core.ticket") == before + 3
