"""A night in which everything is killed again and again ends as one in which nothing was: each alert and each report once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from installation import contents
from mail_server import Mailbox, smtp_server
from sqlalchemy import select

from fracas.database import connect, reading
from fracas.model import Person
from fracas.permissions import Role
from fracas.staff import Staff
from fracas.watch.model import Alert, AlertEvent, Issue, Message
from pipelines.courier import Courier
from warehouse.publish import current
from warehouse.settings import Home

# Twenty moments; the check kills refreshes in test_kill.py and couriers in test_courier.py.
pytestmark = [pytest.mark.matrix, pytest.mark.slow, pytest.mark.timeout(900)]

# In the order of a night; the refresh finds a new delivery.
FLOWS = ("refresh", "quality", "early_warning", "reports.weekly_ranking")


def started(home: Path, flow: str) -> subprocess.Popen[bytes]:
    """A flow as it runs at once, in a process group of its own."""
    name, _, report = flow.partition(".")
    options = ["--options", f'{{"name": "{report}"}}'] if report else []
    command = [sys.executable, "-m", "pipelines.now", name, "--home", str(home), *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def deliver(home: Home) -> int:
    """One round of a courier; returns the messages it sent."""
    engine = connect(home.register_url)
    try:
        return Courier(home, engine).round()
    finally:
        engine.dispose()


@dataclass(frozen=True)
class Ended:
    """What a night left: the published content, what became of each alert, the reports, and what each person was sent."""

    content: dict[str, Any]
    events: Counter[tuple[str, str]]
    reports: Counter[str]
    sent: Counter[tuple[str, str]]


def ended(home: Home, box: Mailbox) -> Ended:
    snapshot = current(home)
    assert snapshot is not None
    engine = connect(home.register_url)
    with reading(engine) as session:
        events = session.execute(select(Alert.key, AlertEvent.kind).join(AlertEvent, AlertEvent.alert_id == Alert.id))
        told = Counter((key, kind) for key, kind in events)
        untold = list(session.scalars(select(AlertEvent.id).where(AlertEvent.told_at.is_(None))))
        reports = Counter(issue.key for issue in session.scalars(select(Issue)))
        messages = list(session.scalars(select(Message)))
    engine.dispose()
    assert untold == []
    assert all(message.sent_at for message in messages)
    # Everything that was written left the house, once.
    assert Counter(mail["X-FaultLoop-Message"] for mail in box.messages) == Counter(m.id for m in messages)
    sent = Counter((m.person_id or "", m.kind) for m in messages if m.kind == "report")
    return Ended(contents(snapshot.file), told, reports, sent)


@pytest.fixture(scope="module")
def evening(small_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that was never refreshed, with people to tell."""
    home = Home(tmp_path_factory.mktemp("evening") / "home")
    shutil.copytree(small_demo, home.path)
    # Nothing is held back, whatever time it is while this runs.
    with home.settings_file.open("a", encoding="utf-8") as file:
        file.write('\nquiet_hours: ""\noutbound_hosts: [localhost]\npublic_address: https://faults.example.com\n')
    engine = connect(home.register_url)
    staff = Staff(engine, b"a key of the tests")
    for login, role in (("engineer", Role.QUALITY_ENGINEER), ("manager", Role.MANAGER)):
        person = Person(id=login, login=login, name=login, email=f"{login}@example.com", password=None, roles=[role])
        staff.enrol(None, person)
    engine.dispose()
    return home.path


@pytest.fixture(scope="module")
def quiet(evening: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, dict[str, float]]:
    """How it ends when nothing is killed, and how long each flow takes."""
    path = tmp_path_factory.mktemp("quiet") / "home"
    shutil.copytree(evening, path)
    seconds = {}
    with smtp_server() as box, pytest.MonkeyPatch.context() as patched:
        patched.setenv("FAULTLOOP_CHANNEL_MAIL", box.url())
        for flow in FLOWS:
            began = time.monotonic()
            assert started(path, flow).wait(300) == 0
            seconds[flow] = time.monotonic() - began
            deliver(Home(path))
        return ended(Home(path), box), seconds


@pytest.mark.parametrize(("seed", "kills"), [(1, 1), (2, 2), (3, 2)])
def test_each_alert_and_each_report_once(
    seed: int,
    kills: int,
    evening: Path,
    quiet: tuple[Ended, dict[str, float]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected, seconds = quiet
    dice, path = random.Random(seed), tmp_path / "home"
    shutil.copytree(evening, path)
    with smtp_server() as box:
        monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", box.url())
        for flow in FLOWS:
            for _ in range(kills):
                process = started(path, flow)
                try:
                    process.wait(dice.uniform(0.2, 1.0) * seconds[flow])
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                if dice.random() < 0.5:
                    deliver(Home(path))  # what was decided until then is told
            assert started(path, flow).wait(300) == 0
            deliver(Home(path))
        assert ended(Home(path), box) == expected
    assert {"check", "serious"} <= {key.split("/")[0] for key, _ in expected.events}
    assert expected.sent == {("manager", "report"): 1}
    left = [p for p in psutil.process_iter(["cmdline"]) if str(path) in " ".join(p.info["cmdline"] or [])]
    assert left == []
