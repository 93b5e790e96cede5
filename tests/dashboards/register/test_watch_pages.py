"""The pages of the watch: what is wrong and who sees to it, who is told what, what was reported, each as far as one may see."""

from __future__ import annotations

import base64
import datetime as dt
import re
from html import unescape
from typing import Any

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Open
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import select
from visitors import client_of, known, logged_in

from bilingual.text import Text
from dashboards.app import Application, create_app
from fracas.database import reading, writing
from fracas.permissions import Role, Scope
from fracas.watch import issues, outbox, subscriptions
from fracas.watch.alerts import Problem, Severity, settle
from fracas.watch.model import Alert, Issue, Message, Wish
from fracas.watch.subscriptions import MAIL, Recipient
from warehouse.settings import Home

AT = dt.datetime(2026, 3, 2, 4)
FEW = Problem(
    "check/ticket.x",
    "data_quality",
    Severity.WARNING,
    Text(en="Tickets: 4 rows fail", zh="工单：4 行未通过"),
    4.0,
    facts={"samples": [{"ticket_id": "<i>W1", "row": 7}], "measures": [{"en": "MTTR", "zh": "平均修复时间"}]},
    address="/quality",
    owner="Dispatch",
)
PLACED = Problem(
    "serious/F1", "serious", Severity.CRITICAL, Text(en="Brakes fail in East", zh="华东制动失效"), region="East"
)


@pytest.fixture
def house(empty_home: Home) -> Application:
    app = create_app(empty_home)
    with writing(app.house.engine) as session:
        settle(session, "f", [FEW, PLACED], at=AT)
    return app


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def alert(app: Application, key: str) -> Alert:
    with reading(app.house.engine) as session:
        return session.scalars(select(Alert).where(Alert.key == key)).one()


def test_what_is_wrong_is_listed_the_worst_first_and_by_topic(house: Application) -> None:
    client = client_of(house)
    said = text(client, "/alerts?lang=en")
    assert said.index("Brakes fail in East") < said.index("Tickets: 4 rows fail")
    assert "Wrong now: 2" in said
    assert "Owner: Dispatch" in said
    assert "Brakes" not in text(client, "/alerts?topic=data_quality&lang=en")
    assert "华东制动失效" in text(client, "/alerts?lang=zh")
    assert client.get("/alerts?topic=weather").status_code == 404


def test_an_alert_shows_its_rows_and_who_sees_to_it(house: Application) -> None:
    client, one = client_of(house), alert(house, FEW.key)
    page = client.get(f"/alerts/{one.id}?lang=en").get_data(as_text=True)
    assert "<i>W1" not in page
    assert "&lt;i&gt;W1" in page
    assert 'href="/quality"' in page
    assert "MTTR" in page
    assert 'href="/record?ticket=%3Ci%3EW1"' in page
    assert "工单 行号" in text(client, f"/alerts/{one.id}?lang=zh")
    answer = client.post(f"/alerts/{one.id}/acknowledge", data={"remark": "calling dispatch"})
    assert answer.status_code == 302
    said = text(client, f"/alerts/{one.id}?lang=en")
    assert "calling dispatch" in said
    assert "Acknowledged · Everybody" in said
    with writing(house.house.engine) as session:
        settle(session, "f", [PLACED], at=AT)
    # It ended meanwhile, on another's screen.
    refused = client.post(f"/alerts/{one.id}/acknowledge?lang=en")
    assert refused.status_code == 400
    assert "over already" in refused.get_data(as_text=True)
    assert "Over" in text(client, "/alerts?lang=en")
    assert client.get("/alerts/nothing").status_code == 404


def test_who_sees_a_part_of_the_house_sees_its_alerts(house: Application) -> None:
    known(house, "west", Role.QUALITY_ENGINEER, regions=["West"])
    known(house, "east", Role.QUALITY_ENGINEER, regions=["East"])
    west, east, one = logged_in(house, "west"), logged_in(house, "east"), alert(house, PLACED.key)
    assert "Brakes" not in text(west, "/alerts?lang=en")
    assert west.get(f"/alerts/{one.id}").status_code == 404
    assert west.post(f"/alerts/{one.id}/acknowledge").status_code == 400
    assert "Brakes" in text(east, "/alerts?lang=en")
    assert "4 rows" not in text(east, "/alerts?lang=en")
    assert east.post(f"/alerts/{one.id}/acknowledge").status_code == 302


def test_what_waits_to_be_sent_is_told_with_the_reason(house: Application) -> None:
    client = client_of(house)
    with writing(house.house.engine) as session:
        outbox.put(
            session, "m", "alerts", Recipient("wecom", None, "", "zh", Scope()), outbox.Letter("Subject", "b"), AT
        )
        session.flush()
        outbox.failed(session, session.scalars(select(Message.id)).one(), "connection refused", AT)
    assert "1 for the channel “wecom”, since 2026-03-02 12:00. Last try: connection refused" in text(
        client, "/alerts?lang=en"
    )
    assert "connection refused" in text(client, "/rooms?lang=en")


def test_one_chooses_what_one_is_told_of(house: Application) -> None:
    known(house, "ann", Role.MANAGER, email="ann@example.com")
    ann = logged_in(house, "ann")
    assert "ann@example.com" in text(ann, "/me?lang=en")
    assert ann.post("/me/topics", data={"topic": ["stock", "trends"]}).status_code == 302
    page = ann.get("/me").get_data(as_text=True)
    assert set(re.findall(r'value="(\w[\w.]*)" checked', page)) == {"stock", "trends"}
    assert ann.post("/me/topics", data={"topic": ["weather"]}).status_code == 400
    assert ann.get("/rooms").status_code == 403
    assert ann.post("/rooms/roles", data={"told": []}).status_code == 403


def test_an_administrator_says_what_roles_and_rooms_are_told(house: Application) -> None:
    client = client_of(house)
    assert "wecom" not in text(client, "/rooms").replace("wecom_quality", "")
    with reading(house.house.engine) as session:
        before = subscriptions.of_roles(session)
    sent = {f"{topic}:{role}" for topic, roles in before.items() for role in roles} - {"stock:manager"} | {
        "stock:technician"
    }
    assert client.post("/rooms/roles", data={"told": sorted(sent)}).status_code == 302
    added = {"channel": "WeCom", "topic": "stock", "language": "zh", "regions": "East， West"}
    assert client.post("/rooms/add", data=added).status_code == 302
    with reading(house.house.engine) as session:
        assert subscriptions.of_roles(session) == before | {"stock": frozenset({Role.TECHNICIAN})}
        (room,) = subscriptions.rooms(session)
    assert (room.channel, room.language, room.regions) == ("wecom", "zh", ["East", "West"])
    assert client.post("/rooms/add", data={"channel": MAIL, "topic": "stock"}).status_code == 400
    assert client.post(f"/rooms/{room.id}/leave").status_code == 302
    with reading(house.house.engine) as session:
        assert subscriptions.rooms(session) == []


PICTURE = b"\x89PNG of a chart"


def made(app: Application, **more: Any) -> str:
    """A report that was made, with its files."""
    columns: dict[str, Any] = {
        "key": f"weekly_ranking/{more}", "name": "weekly_ranking", "en": "Weekly ranking", "zh": "每周排名", "language": "en",
        "first_on": dt.date(2026, 2, 23), "last_on": dt.date(2026, 3, 1), "has_names": False, "state": issues.MADE,
        "folder": "reports/r1", "made_at": AT, "snapshot": "S1",
    }  # fmt: skip
    folder = app.house.home.path / "reports/r1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "about.json").write_bytes(orjson.dumps({"subject": "Weekly ranking, week 9"}))
    (folder / "mail.txt").write_text("in words", encoding="utf-8")
    html = '<html lang="en"><title>r</title><h1>Ranking &amp; all</h1><img alt="" src="cid:chart.png">'
    (folder / "mail.html").write_text(html, encoding="utf-8")
    (folder / "chart.png").write_bytes(PICTURE)
    (folder / "report.pdf").write_bytes(b"%PDF-1.7 the report")
    with writing(app.house.engine) as session:
        issue = Issue(**columns | more)
        session.add(issue)
    return issue.id


def test_a_report_is_shown_as_it_was_mailed_with_its_files(house: Application) -> None:
    client, one = client_of(house), made(house)
    with (house.house.home.path / "reports/r1/mail.html").open("a", encoding="utf-8") as mail:
        mail.write('<img src="cid:../../.env">')
    assert "Weekly ranking" in text(client, "/issues?lang=en")
    assert "2026-02-23 – 2026-03-01" in text(client, "/issues?lang=en")
    page = client.get(f"/issues/{one}").get_data(as_text=True)
    frame = re.search(r'<iframe[^>]* sandbox [^>]*srcdoc="([^"]*)"', page)
    assert frame is not None
    shown = unescape(frame[1])
    assert "<h1>Ranking &amp; all</h1>" in shown
    assert f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}" in shown
    assert 'src="cid:../../.env"' in shown  # no picture of ours, so nothing is read
    pdf = client.get(f"/issues/{one}/files/report.pdf")
    assert pdf.data == b"%PDF-1.7 the report"
    assert "attachment" in pdf.headers["Content-Disposition"]
    pdf.close()
    for name in ("about.json", "mail.html", "report.xlsx"):
        assert client.get(f"/issues/{one}/files/{name}").status_code == 404


def test_a_report_is_sent_again_to_oneself_or_to_all_who_have_it(house: Application) -> None:
    for login, more in {"ann": {}, "bob": {"language": "zh"}, "eve": {"regions": ["East"]}}.items():
        known(house, login, Role.MANAGER, email=f"{login}@example.com", **{"language": "en", **more})
    one, ann = made(house, has_names=True), logged_in(house, "ann")
    assert ann.post(f"/issues/{one}/send", data={"to": "me"}).status_code == 302
    assert ann.post(f"/issues/{one}/send", data={"to": "all"}).status_code == 302
    with reading(house.house.engine) as session:
        sent = list(session.scalars(select(Message).order_by(Message.id)))
    # Bob has it in Chinese, Eve of her region: this is neither's.
    assert [m.subject for m in sent] == ["Weekly ranking, week 9"] * 2
    assert len({m.person_id for m in sent}) == 1
    assert {m.folder for m in sent} == {"reports/r1"}
    assert "0 sent, 2 wait" in text(ann, "/issues?lang=en")
    eve = logged_in(house, "eve")
    assert "Weekly ranking 2026" not in text(eve, "/issues?lang=en")
    for address in (f"/issues/{one}", f"/issues/{one}/files/report.pdf"):
        assert eve.get(address).status_code == 400
    assert eve.post(f"/issues/{one}/send", data={"to": "me"}).status_code == 400
    withheld = made(house, state=issues.WITHHELD, reason_en="checks fail", reason_zh="检查未通过", folder=None)
    assert "checks fail" in text(ann, f"/issues/{withheld}?lang=en")
    assert ann.post(f"/issues/{withheld}/send", data={"to": "me"}).status_code == 400


def test_a_preview_is_wished_for_and_sent_to_nobody(house: Application) -> None:
    known(house, "ann", Role.MANAGER)
    ann = logged_in(house, "ann")
    assert ann.post("/issues/make", data={"report": "reports.weekly_ranking"}).status_code == 302
    with reading(house.house.engine) as session:
        (wish,) = session.scalars(select(Wish))
    assert wish.flow == "reports.weekly_ranking"
    assert wish.options == {"is_sent": False, "asked_by": wish.person_id}
    assert ann.post("/issues/make", data={"report": "refresh"}).status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.matrix)])
def test_pages_fit_and_are_accessible(app: Application, site: str, open_tab: Open, language: str) -> None:
    with writing(app.house.engine) as session:
        settle(session, "f", [FEW, PLACED], at=AT)
    one, report, tab = alert(app, FEW.key), made(app, key=f"of {language}"), open_tab(390)
    for address in ("/alerts", f"/alerts/{one.id}", "/rooms", "/issues", f"/issues/{report}", "/me"):
        tab.page.goto(f"{site}{address}?lang={language}")
        expect(tab.page.locator("h1")).to_be_visible()
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390, address
        found = Axe().run(tab.page).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == [], address
