"""The page of runs tells what ran, how and when next, in either language; a run now is wished for by who may."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Open
from flask.testing import FlaskClient
from playwright.sync_api import expect
from visitors import client_of, known, logged_in

from bilingual.text import Text
from dashboards.app import Application, create_app
from dashboards.register import run_words
from fracas.database import reading, writing
from fracas.model import new_id, now
from fracas.permissions import MATRIX, Role
from fracas.watch import runs
from fracas.watch.model import Wish
from fracas.watch.runs import SILENT_AFTER, Ended
from fracas.watch.timetable import COURIER_ALIVE, SCHEDULER_ALIVE, Timed, timetable
from warehouse.settings import Home


@pytest.fixture
def house(empty_home: Home) -> Application:
    return create_app(empty_home)


@pytest.fixture
def visitor(house: Application) -> FlaskClient:
    return client_of(house)


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def ran(
    app: Application,
    flow: str = "refresh",
    *,
    minutes_ago: float = 60,
    state: Ended | None = Ended.DONE,
    run_id: str | None = None,
    trigger: str = "schedule",
    log: str = "",
) -> str:
    """A run of two steps; with no state it goes on, or fell silent."""
    run_id, at = run_id or new_id(), now() - dt.timedelta(minutes=minutes_ago)
    with writing(app.house.engine) as session:
        runs.begin(session, run_id, flow, at=at, host="host-7", trigger=trigger)
        session.flush()
        runs.begin_step(session, run_id, 0, "extract desk", at)
        session.flush()
        runs.end_step(session, run_id, 0, at + dt.timedelta(seconds=2), 1234)
        runs.begin_step(session, run_id, 1, "build", at + dt.timedelta(seconds=2))
        runs.say(session, run_id, log)
        if state is not None:
            runs.end(session, run_id, at + dt.timedelta(seconds=75), state, Text(en="It is so.", zh="就是这样。"), "S1")
    return run_id


def test_every_schedule_is_there_with_its_last_run_and_its_next(house: Application, visitor: FlaskClient) -> None:
    ran(house)
    english, chinese = text(visitor, "/runs?lang=en"), text(visitor, "/runs?lang=zh")
    for timed in timetable():
        assert run_words.RUNS[timed.key].en in english
        assert run_words.RUNS[timed.key].zh in chinese
        words = run_words.schedule(timed)
        assert (words.en in english, words.zh in chinese) == (True, True)
        at = timed.next(now(), "Asia/Shanghai") + dt.timedelta(hours=8)
        assert f"{at:%Y-%m-%d %H:%M}" in english, timed.key
    assert "done 1,234 rows fetched 1:15 min" in english
    assert "抽取 1,234 行" in chinese
    assert english.count("never yet") == len(timetable()) - 1


@pytest.mark.parametrize(
    ("state", "en", "zh"),
    [
        (Ended.DONE, "done", "完成"),
        (Ended.FAILED, "failed", "失败"),
        (Ended.BLOCKED, "not published", "未发布"),
        (Ended.SKIPPED, "skipped", "跳过"),
    ],
)
def test_a_runs_page_tells_how_it_went_its_steps_and_what_it_said(
    house: Application, visitor: FlaskClient, state: Ended, en: str, zh: str
) -> None:
    run = ran(house, state=state, log="what it <said>\n")
    page = text(visitor, f"/runs/{run}?lang=en")
    for words in (en, "It is so.", "host-7", "1:15 min", "Fetch desk", "1,234 rows fetched", "what it <said>", "S1"):
        assert words in page
    assert "<said>" not in visitor.get(f"/runs/{run}").get_data(as_text=True), "what a log says is no markup"
    page = text(visitor, f"/runs/{run}?lang=zh")
    assert zh in page
    assert "就是这样。" in page
    assert text(visitor, "/runs/none", 404)


def test_who_goes_on_is_told_apart_from_who_was_broken_off(house: Application, visitor: FlaskClient) -> None:
    going = ran(house, "quality", minutes_ago=0.5, state=None)
    silent = SILENT_AFTER / dt.timedelta(minutes=1) + 1
    broken = ran(house, minutes_ago=silent, state=None)
    page = text(visitor, "/runs?lang=en")
    assert "Running now Daily quality check on schedule · for 30 s" in page
    assert page.count("broken off") == 2, "as the last of its schedule, and in the history"
    assert "data-live" in visitor.get("/runs").get_data(as_text=True)
    assert "was broken off" in text(visitor, f"/runs/{broken}?lang=en")
    assert "was broken off" not in text(visitor, f"/runs/{going}?lang=en")
    with writing(house.house.engine) as session:
        runs.end(session, going, now(), Ended.DONE, None)
    assert "data-live" not in visitor.get("/runs").get_data(as_text=True), "nothing to look for again"


def test_earlier_runs_are_paged_and_filtered(house: Application, visitor: FlaskClient) -> None:
    for n in range(52):
        ran(house, minutes_ago=n + 10)
    ran(house, "maintenance", minutes_ago=500)
    page = text(visitor, "/runs?lang=en")
    assert "History: 53 runs" in page
    assert "1 / 2" in page
    last = text(visitor, "/runs?lang=en&page=2")
    assert "← Before" in last
    assert last.count("It is so.") == 3
    only = text(visitor, "/runs?lang=en&flow=maintenance")
    assert "History: 1 runs" in only
    for odd in ("0", "-1", "x", "99999", "²"):
        assert visitor.get(f"/runs?page={odd}").status_code == 200
    assert visitor.get("/runs?flow=<b>").status_code == 200


def test_who_wishes_for_a_run_sees_what_became_of_it(
    house: Application, visitor: FlaskClient, empty_home: Home
) -> None:
    assert visitor.post("/runs/refresh/now", data={"back": "/runs"}).location == "/runs"
    page = text(visitor, "/runs?lang=en")
    assert "Everybody: Refresh – waits: the courier does not run" in page
    assert "asked for, or running" in page
    visitor.post("/runs/refresh/now")
    with reading(house.house.engine) as session:
        (wish,) = runs.wishes(session, 9)
    (empty_home.path / COURIER_ALIVE).touch()
    assert "waits for the courier" in text(visitor, "/runs?lang=en")
    with writing(house.house.engine) as session:
        assert runs.take(session, wish.id, now())
    assert "not begun yet" in text(visitor, "/runs?lang=en")
    ran(house, run_id=wish.id, minutes_ago=0)
    page = text(visitor, "/runs?lang=en")
    assert "Refresh – done" in page
    assert "asked for: Everybody" in page
    visitor.post("/runs/quality/now")
    with writing(house.house.engine) as session:
        (waits,) = runs.waiting(session)
        runs.take(session, waits.id, now(), Text(en="No server.", zh="没有服务器。"))
    assert "Daily quality check – No server." in text(visitor, "/runs?lang=en")
    assert "没有服务器。" in text(visitor, "/runs?lang=zh")


def test_a_run_that_is_not_scheduled_cannot_be_wished_for(house: Application, visitor: FlaskClient) -> None:
    assert visitor.post("/runs/rm/now").status_code == 404
    with reading(house.house.engine) as session:
        assert session.query(Wish).count() == 0


@pytest.mark.parametrize("role", list(Role))
def test_who_may_see_and_who_may_start(house: Application, role: Role) -> None:
    run = ran(house)
    known(house, "one", role)
    client = logged_in(house, "one")
    sees, starts = role in MATRIX["watch.read"].roles, role in MATRIX["runs.start"].roles
    assert client.get("/runs").status_code == client.get(f"/runs/{run}").status_code == (200 if sees else 403)
    assert client.post("/runs/refresh/now").status_code == (302 if starts else 403)
    if sees:
        page = client.get("/runs").get_data(as_text=True)
        assert ("/runs/maintenance/now" in page) == starts
    with reading(house.house.engine) as session:
        assert session.query(Wish).count() == int(starts)


def test_a_forged_wish_is_refused(house: Application, visitor: FlaskClient) -> None:
    del visitor.environ_base["HTTP_X_CSRFTOKEN"]
    assert visitor.post("/runs/refresh/now").status_code == 400


def test_whether_anything_runs_by_itself_is_told(house: Application, visitor: FlaskClient, empty_home: Home) -> None:
    page = text(visitor, "/runs?lang=en")
    assert "Scheduler : not running Courier : not running" in page.replace(":", " :").replace("  ", " ")
    (empty_home.path / SCHEDULER_ALIVE).touch()
    assert "Scheduler: runs" in text(visitor, "/runs?lang=en")
    (empty_home.path / SCHEDULER_ALIVE).unlink()
    ran(house, minutes_ago=20)
    assert "Scheduler: runs" in text(visitor, "/runs?lang=en"), "a server elsewhere, as its runs tell"


def test_what_somebody_started_says_nothing_of_the_scheduler(house: Application, visitor: FlaskClient) -> None:
    ran(house, minutes_ago=5, trigger="terminal")
    ran(house, minutes_ago=45)
    assert "Scheduler: silent since" in text(visitor, "/runs?lang=en")


@pytest.mark.parametrize(
    ("cron", "en", "zh"),
    [
        ("5 4 * * *", "daily 04:05", "每天 04:05"),
        ("0 7 * * 1", "Mondays 07:00", "每周一 07:00"),
        ("0 7 * * 7", "Sundays 07:00", "每周日 07:00"),
        ("0 7 3 * *", "on day 3, 07:00", "每月 3 日 07:00"),
        ("*/5 7 3 * *", "*/5 7 3 * *", "*/5 7 3 * *"),
        ("0 7 1 1 *", "0 7 1 1 *", "0 7 1 1 *"),
    ],
)
def test_a_schedule_in_words(cron: str, en: str, zh: str) -> None:
    assert run_words.schedule(Timed("f", "d", "", "", cron=cron)) == Text(en=en, zh=zh)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (60, "1:00 min"),
        (3599, "59:59 min"),
        (3660, "1:01 h"),
    ],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert run_words.lasted(dt.timedelta(seconds=seconds)) == words


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("zh", 390), pytest.param("en", 1440, marks=pytest.mark.matrix)])
def test_it_looks_again_by_itself_fits_and_is_accessible(
    empty_home: Home, empty_site: str, open_tab: Open, language: str, width: int
) -> None:
    app = create_app(empty_home)
    run = ran(app, minutes_ago=0.2, state=None, log="x" * 300 + "\n")
    ran(app, "quality", state=Ended.FAILED)
    tab = open_tab(width)
    for address in ("/runs", f"/runs/{run}"):
        tab.page.goto(f"{empty_site}{address}?lang={language}")
        assert tab.width() <= width
        found = Axe().run(tab.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    with writing(app.house.engine) as session:
        runs.end(session, run, now(), Ended.DONE, Text(en="It ended.", zh="已结束。"))
    expect(tab.page.get_by_text("已结束。" if language == "zh" else "It ended.").first).to_be_visible(timeout=15_000)
    expect(tab.page.locator("[data-live]")).to_have_count(0)
