"""What waits is sent through real servers on this machine: once, to the hosts of the list, and by another after a kill."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from mail_server import Hook, Mailbox, smtp_server, webhook
from sqlalchemy import select

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.database import Database, connect, reading, writing
from fracas.model import Person
from fracas.permissions import Role, Scope
from fracas.staff import Staff
from fracas.watch import outbox
from fracas.watch.alerts import Problem, Severity, settle
from fracas.watch.model import Alert, Message
from fracas.watch.subscriptions import MAIL, Recipient, post_to
from fracas.watch.timetable import COURIER_ALIVE
from pipelines.channels import NotSentError, Parcel, channels, send
from pipelines.courier import Courier
from pipelines.deadman import missing
from warehouse.settings import Home

NOON = dt.datetime(2026, 3, 2, 4)
KEY = b"a key of the tests"
PARCEL = Parcel("id-1", "主题 Subject", "正文", "<p>正文 <b>x</b></p>", "anna@example.com")


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with smtp_server() as found:
        yield found


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "house")
    made.path.mkdir()
    made.settings_file.write_text("outbound_hosts: [localhost]\nlanguage: en\norganisation: Acme\n", encoding="utf-8")
    return made


@pytest.fixture
def engine(home: Home) -> Iterator[Database]:
    found = connect(home.register_url)
    yield found
    found.dispose()


def person(engine: Database, login: str = "anna", **more: object) -> str:
    columns = {"email": f"{login}@example.com", "roles": [Role.QUALITY_ENGINEER, Role.ADMINISTRATOR], **more}
    return Staff(engine, KEY).enrol(None, Person(login=login, name=login.title(), password=None, **columns)).id


def wrong(engine: Database, *keys: str, at: dt.datetime = NOON) -> None:
    text = Text(en="Tickets: 4 rows fail", zh="工单：4 行未通过")
    with writing(engine) as session:
        settle(session, "f", [Problem(k, "data_quality", Severity.WARNING, text) for k in keys], at=at)


def courier(home: Home, engine: Database, at: dt.datetime = NOON) -> Courier:
    return Courier(Home(home.path), engine, lambda: at)


def test_an_alert_reaches_a_mailbox_and_a_room(
    home: Home, engine: Database, box: Mailbox, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", box.url())
    monkeypatch.setenv("FAULTLOOP_CHANNEL_QUALITY_ROOM", hook.url())
    person(engine)
    admin = Staff(engine, KEY).enrol(None, Person(login="b", name="B", password=None, roles=[Role.ADMINISTRATOR]))
    with writing(engine) as session:
        post_to(session, admin, "quality_room", "data_quality", "zh")
    wrong(engine, "x")
    assert courier(home, engine).round() == 2
    assert courier(home, engine).round() == 0
    (mail,) = box.messages
    assert box.receivers == ["anna@example.com"]
    assert mail["Subject"] == "[Acme] Warning: Tickets: 4 rows fail"
    html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert "4 rows fail" in html.get_content()
    assert "4 rows fail" in plain.get_content()
    ((posted, headers),) = hook.posted
    assert "工单：4 行未通过" in posted["message"]
    with reading(engine) as session:
        ids = {message.channel: message.id for message in session.scalars(select(Message))}
    # By these the other side can tell a second delivery.
    assert mail["X-FaultLoop-Message"] == ids[MAIL]
    assert headers["X-FaultLoop-Message"] == ids["quality_room"]
    assert (home.path / COURIER_ALIVE).exists()


def test_a_mail_server_that_is_down_gets_everything_once_when_it_is_back(
    home: Home, engine: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", box.url().replace(str(box.port), "1", 1))
    person(engine)
    wrong(engine, "x")
    assert courier(home, engine).round() == 1  # tried
    with reading(engine) as session:
        (waits,) = outbox.waiting(session)
    assert waits.n == 1
    assert "refused" in (waits.error or "")
    monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", box.url())
    box.refuses = "451 try again later"
    minute = dt.timedelta(minutes=1)
    assert courier(home, engine, NOON + minute).round() == 1
    with reading(engine) as session:
        assert "451" in (outbox.waiting(session)[0].error or "")
    wrong(engine, "x", "y", at=NOON + 2 * minute)
    box.refuses = ""
    assert courier(home, engine, NOON + 3 * minute).round() == 2
    assert courier(home, engine, NOON + 30 * minute).round() == 0
    assert len(box.messages) == 2
    assert len({mail["X-FaultLoop-Message"] for mail in box.messages}) == 2


def test_who_left_or_lost_the_address_is_not_written_to(
    home: Home, engine: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", box.url())
    ids = {login: person(engine, login, email=email) for login, email in (("left", "l@example.com"), ("lost", None))}
    with writing(engine) as session:
        for login, person_id in ids.items():
            one = Recipient(MAIL, person_id, login, "en", Scope())
            outbox.put(session, login, "alerts", one, outbox.Letter("s", "b"), NOON)
    Staff(engine, KEY).change(None, ids["left"], 1, {"is_active": False})
    assert courier(home, engine).round() == 2
    assert box.messages == []
    with reading(engine) as session:
        assert all(message.given_up_at for message in session.scalars(select(Message)))


def test_a_report_goes_with_its_files_and_its_pictures_in_the_text(
    home: Home, engine: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", box.url())
    folder = home.path / "reports/r1"
    folder.mkdir(parents=True)
    files = {"report.pdf": b"%PDF-1", "report.xlsx": b"PK", "kpi.png": b"\x89PNG", "about.json": b"{}"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    anna = person(engine)
    letter = outbox.Letter("Report", "text", f'<p>{"x" * 50_000}<img src="cid:kpi.png"></p>', "reports/r1")
    with writing(engine) as session:
        outbox.put(session, "r", "report", Recipient(MAIL, anna, "", "en", Scope()), letter, NOON)
    courier(home, engine).round()
    (mail,) = box.messages
    parts = {part.get_filename(): part for part in mail.walk() if part.get_filename()}
    assert parts.keys() == {"report.pdf", "report.xlsx", "kpi.png"}
    assert parts["report.pdf"].get_payload(decode=True) == b"%PDF-1"
    assert parts["kpi.png"]["Content-ID"] == "<kpi.png>"
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().count("x") > 49_000  # all of it, however long


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_room_that_refuses_is_tried_again(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(NotSentError):
        send("room", hook.url(), Parcel("i", "s", "b"), ["localhost"])
    assert hook.posted == []


@pytest.mark.parametrize(
    ("name", "address", "host"),
    [
        ("wecom", "wecombot://botkey123", "qyapi.weixin.qq.com"),
        ("dingtalk", "dingtalk://token12345", "oapi.dingtalk.com"),
        ("feishu", "feishu://token12345", "open.feishu.cn"),
        ("slack", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "hooks.slack.com"),
        ("teams", "workflow://prod.logic.example.com/abcdefabcdef/signature", "prod.logic.example.com"),
        ("hook", "jsons://hooks.example.com/x", "hooks.example.com"),
        (MAIL, "mailtos://user:secret-word@mail.example.com", "mail.example.com"),
    ],
)
def test_nothing_leaves_for_a_host_that_the_house_did_not_name(name: str, address: str, host: str) -> None:
    parcel = PARCEL if name == MAIL else Parcel("i", "s", "b")
    with pytest.raises(NotSentError, match=f"{host} is not among `outbound_hosts`"):
        send(name, address, parcel, ["localhost", "*.intranet"])


def test_a_room_leads_nowhere_else_by_sending_us_on(hook: Hook) -> None:
    hook.status = 302
    with pytest.raises(NotSentError, match=r"elsewhere\.example\.com is not among"):
        send("room", hook.url(), Parcel("i", "s", "b"), ["localhost"])


def test_an_error_tells_no_secret(box: Mailbox) -> None:
    address = f"mailto://someone:secret-word@localhost:{box.port}?smtp=localhost&from=f@example.com&mode=insecure"
    with pytest.raises(NotSentError) as told:
        send(MAIL, address, PARCEL, ["localhost"])
    assert "secret-word" not in str(told.value)
    assert "AUTH" in str(told.value)


@pytest.mark.parametrize(
    ("name", "address"), [("room", "nonsense"), ("room", "mailto://a@example.com"), (MAIL, "json://x")]
)
def test_an_address_that_will_not_do_is_said_by_its_variable(name: str, address: str) -> None:
    with pytest.raises(UserError, match=f"FAULTLOOP_CHANNEL_{name.upper()}"):
        send(name, address, PARCEL, ["*"])


def test_channels_are_what_the_environment_names() -> None:
    environment = {
        "FAULTLOOP_CHANNEL_MAIL": "mailto://x",
        "FAULTLOOP_CHANNEL_WeCom_1": "w",
        "FAULTLOOP_CHANNEL_OFF": "",
        "PATH": "/",
    }
    assert channels(environment) == {"mail": "mailto://x", "wecom_1": "w"}


def succeeded(home: Home, at: dt.datetime | None) -> None:
    home.snapshots.mkdir(exist_ok=True)
    note = {"succeeded_at": at.isoformat() if at else None}
    (home.snapshots / "LAST_REFRESH.json").write_text(json.dumps(note), encoding="utf-8")


def test_it_says_when_refreshes_stop_and_when_they_go_on(
    home: Home, engine: Database, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTLOOP_CHANNEL_MAIL", box.url())
    person(engine)
    minute = dt.timedelta(minutes=1)
    night = NOON + dt.timedelta(hours=12)  # it is urgent: quiet hours do not hold it back
    succeeded(home, night)
    assert courier(home, engine, night + 59 * minute).round() == 0
    assert courier(home, engine, night + 61 * minute).round() == 1
    assert courier(home, engine, night + 62 * minute).round() == 0
    assert "No refresh has succeeded since 2026-03-03 00:00" in box.messages[0]["Subject"]
    succeeded(home, night + 70 * minute)
    assert courier(home, engine, night + 71 * minute).round() == 1
    assert box.messages[1]["Subject"].startswith("[Acme] Over: No refresh")
    with reading(engine) as session:
        assert [alert.key for alert in session.scalars(select(Alert))] == ["deadman/refresh"]


def test_a_new_house_has_time_to_refresh_for_the_first_time(home: Home) -> None:
    made = dt.datetime.fromtimestamp(home.settings_file.stat().st_mtime, dt.UTC).replace(tzinfo=None)
    assert missing(home, made + dt.timedelta(minutes=59)) == []
    for never in (False, True):
        if never:
            succeeded(home, None)
        (problem,) = missing(home, made + dt.timedelta(minutes=61))
        assert "ever succeeded" in problem.text.en
    assert missing(Home(home.path / "nothing"), made) == []


@pytest.mark.slow
def test_a_courier_killed_at_any_moment_loses_nothing(home: Home, engine: Database, box: Mailbox) -> None:
    anna = person(engine)
    with writing(engine) as session:
        for n in range(24):
            one = Recipient(MAIL, anna, "", "en", Scope())
            outbox.put(session, f"m{n}", "alerts", one, outbox.Letter(f"s{n}", "b"), NOON)
    environment = {**os.environ, "FAULTLOOP_CHANNEL_MAIL": box.url(), "FAULTLOOP_HOME": str(home.path)}
    dice = random.Random(6)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        child = subprocess.Popen(
            [sys.executable, "-m", "faultloop", "courier"], env=environment, stderr=subprocess.DEVNULL
        )
        started = len(box.messages)
        while len(box.messages) == started and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.5))
        child.send_signal(signal.SIGKILL)
        child.wait()
        # What it was at is free again when its claim has run out.
        with writing(engine) as session:
            for message in session.scalars(select(Message).where(Message.claimed_until.is_not(None))):
                message.claimed_until = None
        with reading(engine) as session:
            if not outbox.waiting(session):
                break
    subjects = Counter(mail["X-FaultLoop-Message"] for mail in box.messages)
    assert len(subjects) == 24
    # Only what the other side had taken before we could write that down goes twice, under its one id.
    assert sum(subjects.values()) <= 24 + 4
    with reading(engine) as session:
        assert all(message.sent_at for message in session.scalars(select(Message)))
