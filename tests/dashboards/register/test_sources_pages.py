"""Pages of sources: how each stands, its mapping, a new one set up by steps; for administrators, and told in the journal."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import sqlite3
import sys
import threading
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Open
from flask.testing import FlaskClient
from installation import Installation, no_suites
from playwright.sync_api import expect
from rest_server import Asked, Said, serving
from visitors import known, logged_in
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from bilingual.errors import UserError
from dashboards import asked
from dashboards.app import Application, create_app
from dashboards.register import arrivals
from fracas.database import reading, writing
from fracas.journal import verify
from fracas.model import new_id, now
from fracas.permissions import Role
from fracas.watch import runs
from fracas.watch.runs import Ended
from pipelines.asked import answered
from pipelines.jobs.refresh import watched
from pipelines.refresh import refresh
from pipelines.running import recorded
from warehouse.settings import Home

CALLS = """\
单号,来电时间,完工日期,紧急程度,机号,处理状态,报修内容
B-1,3/4/2026 8:05,5/4/2026 9:00,特急,M1,已完成,不启动
B-2,13/4/2026 8:05,,一般,M2,待处理,漏水
B-3,14/4/2026 8:05,,普通,M2,未知状态,漏水
"""
ROWS = "nr,opened,closed,priority,note\nT1,2026-01-01,2026-01-02,high,one\nT2,bad day,,high,two\n"


@pytest.fixture
def place(empty_home: Home) -> Installation:
    empty_home.path.mkdir(parents=True)
    return Installation(empty_home.path)


@pytest.fixture
def house(place: Installation) -> Application:
    return create_app(place.home)


@pytest.fixture
def admin(house: Application) -> FlaskClient:
    known(house, "ann", Role.ADMINISTRATOR)
    return logged_in(house, "ann")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation that tests share, each with a source of its own; nothing is refreshed."""
    place = Installation(tmp_path_factory.mktemp("sources"))
    place.path.joinpath("faultloop.yaml").write_text("upload_megabytes: 1\n", encoding="utf-8")
    place.put("calls.csv", ROWS)
    place.tickets("desk", "data/calls.csv")
    return place


@pytest.fixture(scope="module")
def shared(many: Installation) -> Application:
    return create_app(many.home)


@pytest.fixture(scope="module")
def reader(shared: Application) -> FlaskClient:
    """Its administrator."""
    known(shared, "ann", Role.ADMINISTRATOR)
    return logged_in(shared, "ann")


def _answer_here(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return answered(request)
    except UserError as error:
        return {"error": {"en": error.text.en, "zh": error.text.zh}}


@pytest.fixture
def mostly_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is asked to look; what is tried afterwards is answered here."""
    real = asked._answer
    monkeypatch.setattr(asked, "_answer", lambda r: (real if r["ask"] == "look" else _answer_here)(r))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked is answered in this process, which is started already."""

    monkeypatch.setattr(asked, "_answer", _answer_here)


def words(answer: Any, status: int = 200) -> str:
    page = answer.get_data(as_text=True)
    assert answer.status_code == status, page
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def form_of(answer: Any) -> dict[str, Any]:
    """What a browser would send back of the page's form for the mapping."""
    page = answer.get_data(as_text=True)
    form = page[page.index('id="map"') : page.index("</form>", page.index('id="map"'))]
    sent: dict[str, Any] = {}
    for tag, name, rest in re.findall(r'<(input|select|textarea)[^>]*? name="([^"]+)"([^>]*)>', form):
        if tag == "input":
            value = re.search(r'value="([^"]*)"', rest)
            sent.setdefault(name, []).append(unescape(value[1] if value else ""))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent.setdefault(name, []).append(unescape(chosen[1]) if chosen else "")
    for name, text in re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = [unescape(text)]
    return sent


def uploaded(client: FlaskClient, name: str = "calls", file: str = "calls.csv", content: str = CALLS) -> Any:
    given = FileStorage(io.BytesIO(content.encode("gb18030")), filename=file)
    boundary, body = encode_multipart(MultiDict({"deed": "look", "name": name, "how": "upload", "file": given}))
    return client.post("/sources/new?lang=en", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_how_each_source_stands(place: Installation, house: Application, admin: FlaskClient) -> None:
    assert "No source is set up yet." in words(admin.get("/sources?lang=en"))
    place.put("calls.csv", ROWS)
    place.put("other.csv", "a,b\n1,2\n")
    place.tickets("desk", "data/calls.csv")
    place.tickets("late", "data/other.csv")
    place.mapping("wrong", "title: {en: a\n")
    page = words(admin.get("/sources?lang=en"))
    assert "mapping wrong" in page
    assert "wrong.yaml, line 2: this is not YAML" in page
    assert page.count("nothing landed yet") == 2
    (place.path / "sources/wrong.yaml").unlink()
    with no_suites(), recorded(place.home, "refresh") as record:
        watched(place.home, record)
    english, chinese = words(admin.get("/sources?lang=en")), words(admin.get("/sources?lang=zh"))
    assert "▲ deliveries rejected data/other.csv: the columns “closed”, “note”, “nr”" in english
    assert "有交付被拒收" in chinese
    assert "● in order" in english
    assert "2 rows 1 batch" in english
    assert "1 shown 1 set aside" in english
    assert "2 rows fetched" in english
    one = words(admin.get("/sources/desk?lang=en"))
    for said in (
        "tickets 2 1",
        "Ticket 1 1 0 0",
        "Nothing new",
        "ticket_id: nr",
        "Nobody has changed it on a page yet.",
    ):
        assert said in one or said == "Nothing new", said
    assert "/quarantine?source=desk" in admin.get("/sources/desk").get_data(as_text=True)
    assert admin.get("/sources/nothing").status_code == 404
    assert admin.get("/sources/.lock").status_code == 404


def test_the_cursor_is_shown_where_it_stands(place: Installation, house: Application, admin: FlaskClient) -> None:
    (place.path / "data").mkdir()
    with closing(sqlite3.connect(place.path / "data/desk.db")) as db:
        db.execute("CREATE TABLE calls (nr INTEGER PRIMARY KEY, opened TEXT)")
        db.executemany("INSERT INTO calls VALUES (?, '2026-01-01')", [(9,), (10,)])
        db.commit()
    place.mapping(
        "desk",
        "title: {en: Desk, zh: 服务台}\nkind: sql\nstreams: {calls: {url: 'sqlite:///data/desk.db', table: calls, cursor: nr}}\n"
        "entities: {ticket: {from: calls, fields: {ticket_id: nr, opened_at: opened}}}\n",
    )
    with no_suites():
        refresh(place.home)
    assert "calls 2 1" in words(admin.get("/sources/desk?lang=en"))
    assert re.search(r"Highest value.* nr 10 ", words(admin.get("/sources/desk?lang=en"))), "10 is more than 9"
    with closing(sqlite3.connect(place.path / "data/desk.db")) as db:
        db.execute("INSERT INTO calls VALUES (11, '2026-01-01')")
        db.commit()
    with no_suites():
        refresh(place.home)
    assert "cursor 11 " in words(admin.get("/sources?lang=en"))


def test_a_file_becomes_a_source_by_steps(
    place: Installation, house: Application, admin: FlaskClient, here: None
) -> None:
    first = uploaded(admin, file="../../..\\evil/报修 登记;rm -rf.csv")
    page = words(first)
    assert "on no code list: 未知状态" in page
    assert "Of 3 rows 0 would be set aside." in page
    sent = form_of(first)
    assert sent["place"] == ["data/calls/报修_登记_rm_-rf.csv"]
    assert not (place.path / "data").exists(), "nothing lands before it is saved"
    # The column of a field is changed, a word is given its code.
    assert "mandatory" not in page
    sent |= {"from.opened_at": [""], "deed": ["try"], "lang": ["en"]}
    tried = words(admin.post("/sources/new", data=sent))
    assert "Of 3 rows 3 would be set aside." in tried
    assert "mandatory, not read" in tried
    at = sent["value.status"].index("未知状态")
    codes = list(sent["code.status"])
    codes[at] = "closed"
    sent |= {"from.opened_at": ["来电时间"], "code.status": codes, "title_zh": ["报修登记"], "deed": ["save"]}
    saved = admin.post("/sources/new", data=sent)
    assert saved.location == "/sources/calls", saved.get_data(as_text=True)
    assert (place.path / "data/calls/报修_登记_rm_-rf.csv").read_text(encoding="gb18030") == CALLS
    assert list((place.path / "arrivals").iterdir()) == []
    text = (place.path / "sources/calls.yaml").read_text(encoding="utf-8")
    assert "未知状态: closed" in text
    one = admin.get("/sources/calls?lang=en")
    assert "Saved: sources/calls.yaml" in words(one)
    assert "Ann Saved" in words(one), "the journal tells who"
    with no_suites():
        assert refresh(place.home).is_new
    assert "3 shown none set aside" in words(admin.get("/sources?lang=en"))
    with reading(house.house.engine) as session:
        assert verify(session, house.house.journal_key).broken == ()
    # Never over one that is there.
    assert "There is a source “calls” already" in words(uploaded(admin), 400)
    assert "could not be tried" in words(admin.post("/sources/new?lang=en", data=sent), 400)
    again = words(admin.post("/sources/new?lang=en", data=sent | {"untried": ["yes"]}), 400)
    assert "the file that was sent is no longer kept" in again.lower()
    assert (place.path / "sources/calls.yaml").read_text(encoding="utf-8") == text


def test_a_text_is_tried_and_saved(many: Installation, reader: FlaskClient, here: None) -> None:
    begun = reader.post("/sources/new", data={"deed": "look", "name": "typed", "how": "text"})
    sent = form_of(begun)
    assert "data/typed/*.xlsx" in sent["text"][0]
    wrong = sent | {"deed": ["text"]}
    tried = words(reader.post("/sources/new?lang=en", data=wrong))
    assert "typed.yaml, line 8: entities.ticket.0.fields.ticket_id: nothing is written here" in tried
    many.tickets("x", "data/none.csv")
    text = (many.path / "sources/x.yaml").read_text(encoding="utf-8")
    cannot = words(reader.post("/sources/new?lang=en", data=sent | {"text": text, "deed": "save"}), 400)
    assert "could not be tried" in cannot
    assert "there is no such file" in cannot
    assert not (many.path / "sources/typed.yaml").exists()
    saved = reader.post("/sources/new", data=sent | {"text": text, "deed": "save", "untried": "yes"})
    assert saved.location == "/sources/typed"
    assert (many.path / "sources/typed.yaml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": "../evil", "how": "path", "path": "data/calls.csv"}, "cannot be a source's name"),
        ({"name": "new", "how": "path", "path": "data/calls.csv"}, "cannot be a source's name"),
        ({"name": "a" * 51, "how": "path", "path": "x"}, "cannot be a source's name"),
        ({"name": "calls", "how": "path", "path": "../../etc/passwd"}, "outside of what a page may read"),
        ({"name": "calls", "how": "path", "path": ""}, "Say where the rows are."),
        ({"name": "calls", "how": "database", "url": "sqlite:////etc/passwd", "table": "x"}, "outside of what a page may read"),
        ({"name": "calls", "how": "database", "url": "postgresql+psycopg://u:abc@h/d", "table": "x"}, "The URL holds a password"),
        ({"name": "calls", "how": "database", "url": "sqlite:///data/x.db"}, "Name the table"),
        ({"name": "calls", "how": "preset", "preset": "nothing"}, "Choose a system."),
        ({"name": "calls", "how": "upload", "held": "../../../etc", "place": "data/calls/passwd"}, "The form is not whole"),
        ({"name": "calls", "how": "upload", "held": "A" * 22, "place": "data/other/x.csv"}, "Say where the rows are."),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_is_told_beside_what_was_written(
    reader: FlaskClient, here: None, sent: dict[str, str], sentence: str
) -> None:
    answer = reader.post("/sources/new?lang=en", data={"deed": "look", **sent})
    assert sentence in words(answer, 400)
    assert f'value="{unescape(sent["name"])}"' in answer.get_data(as_text=True)


def test_a_file_that_is_too_large_is_not_kept(many: Installation, reader: FlaskClient, here: None) -> None:
    large = uploaded(reader, content="a,b\n" + "1,2\n" * 300_000)
    assert "larger than 1 MB" in words(large, 400)
    assert list((many.path / "arrivals").iterdir()) == []
    assert uploaded(reader, content="a,b\n" + "1,2\n" * 800_000).status_code == 413


def test_a_mapping_is_edited_and_never_over_what_another_wrote(
    many: Installation, reader: FlaskClient, here: None
) -> None:
    many.tickets("edited", "data/calls.csv")
    file = many.path / "sources/edited.yaml"
    before = file.read_text(encoding="utf-8")
    page = reader.get("/sources/edited/edit").get_data(as_text=True)
    mark = re.search(r'name="mark" value="(\w+)"', page)
    assert mark is not None
    changed = before.replace("{en: Desk, zh: 服务台}", "{en: Help desk, zh: 服务台}")
    sent = {"text": changed.replace("\n", "\r\n"), "mark": mark[1], "deed": "try"}
    assert "The mapping is sound. Nothing is written yet." in words(
        reader.post("/sources/edited/edit?lang=en", data=sent)
    )
    assert "Opened opened_at opened date and time read 1 empty 0 1 bad day" in words(
        reader.post("/sources/edited/edit?lang=en", data=sent)
    )
    assert file.read_text(encoding="utf-8") == before
    wrong = sent | {"text": changed.replace("opened_at", "opened_on"), "deed": "save"}
    assert "there is no such field; did you mean “opened_at”?" in words(
        reader.post("/sources/edited/edit?lang=en", data=wrong), 400
    )
    assert reader.post("/sources/edited/edit", data=sent | {"deed": "save"}).location == "/sources/edited"
    assert file.read_text(encoding="utf-8") == changed
    assert file.with_name("edited.yaml.before").read_text(encoding="utf-8") == before
    told = words(reader.get("/sources/edited?lang=en"))
    assert "FaultLoop Found: changed on the server" in told, "what was there is in the journal"
    assert "+ title: {en: Help desk" in told
    # The same form once more is of a text that is no longer there.
    late = words(reader.post("/sources/edited/edit?lang=en", data=sent | {"deed": "save", "text": before}), 409)
    assert "was changed while you did; nothing was written" in late
    assert "What the file is now" in late
    assert file.read_text(encoding="utf-8") == changed
    outside = sent | {"text": changed.replace("data/calls.csv", "/etc/passwd"), "deed": "save"}
    assert "outside of what a page may read" in words(reader.post("/sources/edited/edit?lang=en", data=outside), 400)


def test_of_two_who_save_at_once_one_is_told(
    many: Installation, shared: Application, reader: FlaskClient, here: None
) -> None:
    many.tickets("both", "data/calls.csv")
    clients = [logged_in(shared, "ann") for _ in range(2)]
    page = clients[0].get("/sources/both/edit").get_data(as_text=True)
    mark = re.search(r'name="mark" value="(\w+)"', page)
    assert mark is not None
    text = (many.path / "sources/both.yaml").read_text(encoding="utf-8")
    codes: list[int] = []

    def save(number: int, client: FlaskClient) -> None:
        sent = {"text": f"# {number}\n{text}", "mark": mark[1], "deed": "save"}
        codes.append(client.post("/sources/both/edit", data=sent).status_code)

    threads = [threading.Thread(target=save, args=each) for each in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302, 409]
    with reading(shared.house.engine) as session:
        assert verify(session, shared.house.journal_key).broken == ()


@pytest.mark.parametrize("role", list(Role))
def test_administrators_only(shared: Application, role: Role) -> None:
    known(shared, role.value, role)
    client = logged_in(shared, role.value)
    code = 200 if role is Role.ADMINISTRATOR else 403
    for address in ("/sources", "/sources/desk", "/sources/desk/edit"):
        assert client.get(address).status_code == code, address
    if code == 403:
        for address in ("/sources/desk", "/sources/desk/edit", "/sources/new"):
            assert client.post(address, data={"deed": "save"}).status_code == 403, address
        assert 'href="/sources"' not in client.get("/me").get_data(as_text=True)


def test_a_forged_form_is_refused(shared: Application, reader: FlaskClient) -> None:
    forger = logged_in(shared, "ann")
    del forger.environ_base["HTTP_X_CSRFTOKEN"]
    for address in ("/sources/desk", "/sources/desk/edit", "/sources/new"):
        assert forger.post(address, data={"deed": "save"}).status_code == 400


def test_no_page_shows_a_secret(reader: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real process is asked, of a server that says everything back."""
    secret = "hunter2/of:the@desk"
    monkeypatch.setenv("DESK_TOKEN", secret)

    def echo(asked: Asked) -> Said:
        said = asked.headers["Authorization"]
        return Said([{"ticket no": said, "opened at": "2026-01-01", "remark": quote(said.partition(" ")[2], safe="")}])

    with serving(echo) as server:
        sent = {"deed": "look", "name": "calls", "how": "address", "entity": "ticket", "token": "${DESK_TOKEN}"}
        answer = reader.post("/sources/new?lang=en", data={**sent, "address": f"{server.url}/api/tickets"})
    assert "Bearer ***" in words(answer)
    page = answer.get_data(as_text=True)
    assert "${DESK_TOKEN}" in page
    assert "DESK_TOKEN</code>: is set" in page
    for part in ("hunter2", "of:the", quote("of:the", safe="")):
        assert part not in page


def test_a_process_that_hangs_or_dies_harms_nobody(reader: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_SECONDS", 0.05)
    assert "did not answer within 0 s" in words(reader.post("/sources/desk?lang=en"), 400)
    monkeypatch.setattr(asked, "_SECONDS", 60.0)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert "nothing else was harmed" in words(reader.post("/sources/desk?lang=en"), 400)


def test_what_nobody_saved_is_let_go(place: Installation) -> None:
    file = FileStorage(io.BytesIO(b"a,b\n"), filename=".hidden.csv")
    token, path = arrivals.kept(place.home, "calls", file)
    assert path == "data/calls/hidden.csv"
    os.utime(arrivals.held(place.home, token), (0, 0))
    arrivals.kept(place.home, "calls", file)
    assert not arrivals.held(place.home, token).exists()


def test_the_history_of_what_was_read_is_there(many: Installation, shared: Application, reader: FlaskClient) -> None:
    many.tickets("old", "data/calls.csv")
    for minutes, state in ((60, Ended.DONE), (30, Ended.FAILED)):
        at, run = now() - dt.timedelta(minutes=minutes), new_id()
        with writing(shared.house.engine) as session:
            runs.begin(session, run, "refresh", at=at, host="h", trigger="schedule")
            session.flush()
            runs.begin_step(session, run, 0, "extract old", at)
            session.flush()
            runs.end_step(session, run, 0, at + dt.timedelta(seconds=3), 17 + minutes)
            runs.end(session, run, at + dt.timedelta(seconds=9), state, None)
    page = words(reader.get("/sources/old?lang=en"))
    assert re.search(r"3\.0 s new rows 47 failed .* 3\.0 s new rows 77 done", page)
    assert "3.0 s · 47 rows fetched" in words(reader.get("/sources?lang=en"))


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("zh", 390),
        pytest.param("en", 1440, marks=pytest.mark.matrix),
        pytest.param("zh", 1024, marks=pytest.mark.matrix),
    ],
)
def test_a_workbook_becomes_a_source_in_a_browser(
    place: Installation, mostly_here: None, empty_site: str, open_tab: Open, tmp_path: Path, language: str, width: int
) -> None:
    """From the file on somebody's desk to its rows in the snapshot: send, look, change, try, save, refresh, see."""
    say = {
        "en": {
            "look": "Look",
            "try": "Try",
            "save": "Save the source",
            "new": "New source",
            "aside": "Of 3 rows 0 would be set aside.",
        },
        "zh": {
            "look": "查看",
            "try": "试运行",
            "save": "保存来源",
            "new": "新建来源",
            "aside": "3 行中有 0 行将被隔离。",
        },
    }[language]
    desk = Installation(tmp_path / "desk")
    file = desk.workbook("报修.xlsx", [line.split(",") for line in CALLS.splitlines()])
    tab = open_tab(width)
    page = tab.page

    def is_fit(*, and_accessible: bool = False) -> None:
        assert tab.width() <= width
        if not and_accessible:
            return
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")] == []

    page.goto(f"{empty_site}/sources?lang={language}")
    page.get_by_role("link", name=say["new"]).click()
    is_fit(and_accessible=True)
    page.locator("[name=name]").fill("calls")
    page.locator("[name=file]").set_input_files(file)
    page.get_by_role("button", name=say["look"], exact=True).click()
    expect(page.locator("#rows")).to_be_visible(timeout=30_000)
    is_fit(and_accessible=True)
    page.locator("select[name='from.symptom']").select_option("机号")
    page.locator("select[name='code.status']").last.select_option("closed")
    page.get_by_role("button", name=say["try"], exact=True).last.click()
    expect(page.get_by_text(say["aside"])).to_be_visible(timeout=30_000)
    expect(page.locator("select[name='from.symptom']")).to_have_value("机号")
    page.get_by_role("button", name=say["save"]).click()
    page.wait_for_url("**/sources/calls", timeout=30_000)
    is_fit()
    with no_suites():
        assert refresh(place.home).is_new
    page.goto(f"{empty_site}/sources?lang={language}")
    expect(page.locator(".source-good")).to_have_count(1)
    is_fit(and_accessible=True)
