"""Administrators look after people through pages: added, changed, shut out, with a history; and nobody else does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Open
from flask.testing import FlaskClient
from visitors import PASSWORD, known, logged_in

from dashboards.app import Application, create_app
from dashboards.register.views.people import browser
from fracas.database import reading
from fracas.model import Person
from fracas.people import by_login
from fracas.people import logged_in as enters
from fracas.permissions import MATRIX, Role
from warehouse.settings import Home


@pytest.fixture
def house(empty_home: Home) -> Application:
    app = create_app(empty_home)
    known(app, "boss", Role.ADMINISTRATOR)
    known(app, "ann", Role.REPORTER, regions=["East"])
    return app


@pytest.fixture
def boss(house: Application) -> FlaskClient:
    return logged_in(house, "boss")


def person(app: Application, login: str) -> Person:
    with reading(app.house.engine) as session:
        found = by_login(session, login)
        assert found is not None
        return found


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return unescape(answer.get_data(as_text=True))


def form(app: Application, login: str, **more: Any) -> dict[str, Any]:
    """What the page of a person sends where nothing is changed."""
    p = person(app, login)
    said = {
        "version": p.version, "name": p.name, "email": p.email or "", "language": p.language or "", "technician_id": "",
        "roles": p.roles, "functions": p.functions, "regions": p.regions, "product_lines": p.product_lines,
        "is_active": "yes",
    }  # fmt: skip
    return {**said, **more}


def test_the_list_tells_who_there_is_and_what_they_are(house: Application, boss: FlaskClient) -> None:
    page = text(boss, "/people?lang=en")
    for words in ("2 people", ">Ann<", ">boss<", "Administrator", "Reporter", "East"):
        assert words in page
    assert "管理员" in text(boss, "/people?lang=zh")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_looks_after_people(house: Application, role: Role) -> None:
    known(house, "other", role)
    other = logged_in(house, "other")
    ann = person(house, "ann").id
    for address in ("/people", "/people/new", f"/people/{ann}"):
        assert other.get(address).status_code == 403
    before = person(house, "ann").version
    for address in ("/people/new", f"/people/{ann}", f"/people/{ann}/password", f"/people/{ann}/visits/end"):
        assert other.post(address, data={"login": "x", "name": "x", "password": ["y" * 12] * 2}).status_code == 403
    assert person(house, "ann").version == before


def test_a_person_is_added_and_logs_in_with_the_password_that_was_entered(
    house: Application, boss: FlaskClient
) -> None:
    text(boss, "/people/new")
    data = {
        "login": "li", "name": "李伟", "email": "li@example.com", "language": "zh", "roles": ["technician", "reporter"],
        "is_active": "yes", "password": ["a first password"] * 2,
    }  # fmt: skip
    answer = boss.post("/people/new", data=data)
    li = person(house, "li")
    assert answer.location == f"/people/{li.id}"
    assert (li.name, li.email, li.language, li.roles) == ("李伟", "li@example.com", "zh", ["reporter", "technician"])
    with reading(house.house.engine) as session:
        assert enters(session, "li", "a first password") is not None
    page = text(boss, f"/people/{li.id}?lang=en")
    assert "Added" in page
    assert "Reporter, Technician" in page
    assert "argon2" not in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": ["", ""]}, "at least 10 characters"),
        ({"password": ["short", "short"]}, "at least 10 characters"),
        ({"password": ["a first password", "another password"]}, "differ"),
        ({"login": "ANN"}, "is taken"),
        ({"login": " "}, "needs a login"),
        ({"name": " "}, "needs a"),
        ({"email": "no address"}, "no e-mail"),
        ({"roles": ["king"]}, "none of the choices"),
        ({"regions": ["Atlantis"]}, "none of the choices"),
        ({"technician_id": "T-404"}, "none of the choices"),
    ],
)
def test_what_no_person_can_be_is_refused_in_a_sentence(
    house: Application, boss: FlaskClient, wrong: dict[str, Any], said: str
) -> None:
    data = {"login": "new", "name": "New", "roles": ["manager"], "password": ["a first password"] * 2, **wrong}
    answer = boss.post("/people/new?lang=en", data=data)
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 400
    assert said in page
    assert "a first password" not in page
    assert len(house.house.staff.everybody(None)) == 2


def test_a_change_is_written_and_told_and_ends_the_visits_where_it_changes_what_they_may(
    house: Application, boss: FlaskClient
) -> None:
    ann, address = logged_in(house, "ann"), f"/people/{person(house, 'ann').id}"
    boss.post(address, data=form(house, "ann", name="Anna", email="anna@example.com"))
    assert ann.get("/reports").status_code == 200
    boss.post(address, data=form(house, "ann", roles=["manager"], functions=["design"], regions=[]))
    assert ann.get("/reports").status_code == 302
    changed = person(house, "ann")
    assert (changed.name, changed.roles, changed.functions, changed.regions) == ("Anna", ["manager"], ["design"], [])
    page = text(boss, f"{address}?lang=en")
    assert re.search(r"<del>Reporter</del> →\s*Manager", page)
    assert re.search(r"<del>Ann</del> →\s*Anna", page)
    assert "<del>East</del>" in page


def test_two_administrators_at_once_do_not_overwrite_each_other(house: Application, boss: FlaskClient) -> None:
    address, seen = f"/people/{person(house, 'ann').id}", form(house, "ann", name="Mine")
    boss.post(address, data=form(house, "ann", name="Theirs"))
    answer = boss.post(f"{address}?lang=en", data=seen)
    assert answer.status_code == 409
    assert "Mine" in answer.get_data(as_text=True), "what was written is not lost"
    assert person(house, "ann").name == "Theirs"
    assert boss.post(address, data={**seen, "version": ""}).status_code == 400


def test_who_is_shut_out_is_outside_at_once(house: Application, boss: FlaskClient) -> None:
    ann = logged_in(house, "ann")
    boss.post(f"/people/{person(house, 'ann').id}", data=form(house, "ann", is_active=""))
    assert ann.get("/reports").status_code == 302
    assert "停用" in text(boss, "/people?lang=zh")


def test_the_last_administrator_stays_one(house: Application, boss: FlaskClient) -> None:
    answer = boss.post(f"/people/{person(house, 'boss').id}", data=form(house, "boss", roles=["manager"]))
    assert answer.status_code == 403
    assert boss.get("/people").status_code == 200


def test_an_administrator_sets_a_password_and_the_old_one_and_its_visits_end(
    house: Application, boss: FlaskClient
) -> None:
    ann, address = logged_in(house, "ann"), f"/people/{person(house, 'ann').id}"
    assert boss.post(f"{address}/password", data={"password": ["one of them", "another one"]}).status_code == 400
    assert ann.get("/reports").status_code == 200
    assert boss.post(f"{address}/password", data={"password": ["set by the boss"] * 2}).status_code == 302
    assert ann.get("/reports").status_code == 302
    with reading(house.house.engine) as session:
        assert enters(session, "ann", PASSWORD) is None
        assert enters(session, "ann", "set by the boss") is not None
    assert "Password set" in text(boss, f"{address}?lang=en")


def test_an_administrator_ends_all_visits_of_a_person(house: Application, boss: FlaskClient) -> None:
    visits = [logged_in(house, "ann"), logged_in(house, "ann")]
    address = f"/people/{person(house, 'ann').id}"
    assert text(boss, address).count("<td title=") == 2
    boss.post(f"{address}/visits/end")
    assert [visit.get("/reports").status_code for visit in visits] == [302, 302]
    assert boss.get("/people").status_code == 200


def test_a_person_whom_nobody_knows_is_told(boss: FlaskClient) -> None:
    assert "There is no such person" in text(boss, "/people/nobody?lang=en", 400)


def test_technicians_and_scope_are_chosen_from_the_records(app: Application) -> None:
    known(app, "keeper", Role.ADMINISTRATOR)
    known(app, "fitter", Role.TECHNICIAN)
    keeper, fitter = logged_in(app, "keeper"), person(app, "fitter")
    page = text(keeper, f"/people/{fitter.id}")
    technician = re.findall(r'<option value="([^"]+)"', page.split('name="technician_id"')[1].split("</select>")[0])[0]
    region = re.findall(r'name="regions" value="([^"]+)"', page)[0]
    keeper.post(f"/people/{fitter.id}", data=form(app, "fitter", technician_id=technician, regions=[region]))
    assert (person(app, "fitter").technician_id, person(app, "fitter").regions) == (technician, [region])


def test_the_matrix_is_read_by_everybody_as_the_server_asks_it(house: Application) -> None:
    page = text(logged_in(house, "ann"), "/permissions?lang=en")
    rows = {
        row[1]: row[0] for row in re.findall(r"(<tr><th scope=\"row\">.*?<code>([a-z._]+)</code>.*?</tr>)", page, re.S)
    }
    assert rows.keys() == MATRIX.keys()
    for name, row in rows.items():
        ticks = re.findall(r'<span class="(yes|no)"', row)
        assert ticks == ["yes" if role in MATRIX[name].roles else "no" for role in Role]
    # Ann alone may write reports, nobody may close them.
    assert "<summary>1</summary>Ann" in rows["report.create"]
    assert ">0<" in rows["report.close"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17 Safari/604", "Safari · iPhone"),
        ("curl/8.5", "curl/8.5"),
        (None, "—"),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_people_call_it(said: str | None, words: str) -> None:
    assert browser(said) == words


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("zh", "dark", 390), pytest.param("en", "light", 1440, marks=pytest.mark.matrix)],
)
def test_no_page_of_administration_has_a_violation_or_is_wider_than_the_screen(
    open_tab: Open, app: Application, site: str, language: str, scheme: str, width: int
) -> None:
    clerk = logged_in(app, "everybody")
    rows = "code,parent,en,zh\nLEAK,,Leak,泄漏\nAIR,LEAK,A leak of air at the cylinder of the brake,制动缸漏风\n"
    clerk.post("/base/codes/symptom", data={"deed": "table", "version": "0", "table": rows})
    page = open_tab(width, scheme).page
    ours = person(app, "everybody").id
    for path in (
        "/people", "/people/new", f"/people/{ours}", "/permissions", "/me", "/base/codes", "/base/codes/symptom?code=AIR",
        "/base/codes/severity", "/base/bom", "/base/bom/EMU-6",
    ):  # fmt: skip
        page.goto(f"{site}{path}{'&' if '?' in path else '?'}lang={language}")
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
