"""The door: strangers get nothing, everybody gets what their role may see, and a visit ends when it is ended."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Open, filled
from flask.testing import FlaskClient
from playwright.sync_api import expect
from visitors import PASSWORD, client_of, known, logged_in

from dashboards import door
from dashboards.app import Application, create_app
from dashboards.door import NEEDS, PAGES
from dashboards.pages import pages
from dashboards.register import wiring
from fracas.database import writing
from fracas.people import end_visits
from fracas.permissions import MATRIX, OF_EVERYBODY, Role
from fracas.staff import Staff
from warehouse.settings import Home


@pytest.fixture(scope="module")
def people(app: Application) -> Application:
    """One person of each role, a technician of the demo, and one whom nobody gave a role."""
    for role in Role:
        known(app, role.value, role)
    known(app, "roleless")
    return app


def token_of(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").get_data(as_text=True))
    assert found is not None
    return found[1]


def code(client: FlaskClient, address: str) -> int:
    """How an address is answered; the answer is read to its end, as files are."""
    with client.get(address, buffered=True) as answer:
        return answer.status_code


def entered(client: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login", data={"login": login, "password": password, "csrf_token": token_of(client), **more})


def needed() -> dict[str, str | None]:
    """The permission that each route needs, those of the register among them."""
    return NEEDS | wiring.needs()


def test_every_route_says_which_permission_it_needs(app: Application) -> None:
    endpoints = {rule.endpoint for rule in app.server.url_map.iter_rules()}
    needs = needed()
    assert endpoints - needs.keys() == set()
    assert {permission for permission in needs.values() if permission} <= MATRIX.keys()
    assert {name for name, permission in needs.items() if permission is None} == {
        "login", "logout", "static", "register.static", "/health", "_dash_assets.static", "/_favicon.ico",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    }  # fmt: skip


def test_every_page_says_which_permission_it_needs() -> None:
    assert {page.permission for page in pages().values()} <= MATRIX.keys()


def allowed(role: str, permission: str) -> bool:
    """Whether a role has a permission, as the matrix says; one's own account is everybody's."""
    return permission in OF_EVERYBODY or (role != "roleless" and Role(role) in MATRIX[permission].roles)


def addresses(app: Application) -> dict[str, str]:
    """An address for each route that asks for a permission."""
    filled_in = {"path:path": "closure", "kind": "csv", "page": "closure", "name": "flow"}
    found = {}
    for rule in app.server.url_map.iter_rules():
        if needed()[rule.endpoint] is not None and "GET" in (rule.methods or ()):
            # What is not there is answered by 404: that is no refusal.
            found[rule.endpoint] = re.sub(r"<([^>]+)>", lambda m: filled_in.get(m[1], "nothing"), rule.rule)
    return found


def test_a_stranger_gets_the_log_in_for_a_page_and_nothing_for_anything_else(
    app: Application, part_body: Callable[..., dict[str, Any]]
) -> None:
    stranger = app.server.test_client()
    for endpoint, address in addresses(app).items():
        is_page = endpoint in PAGES or endpoint in wiring.needs()
        assert code(stranger, address) == (302 if is_page else 401), address
    answer = stranger.get("/closure?region=x")
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.location).query)["next"] == ["/closure?region=x"]
    body = part_body("overview", "places", "/", "")
    assert stranger.post("/_dash-update-component", json=body).status_code == 401
    for public in ("/login", "/health", "/assets/app.css"):
        assert code(stranger, public) == 200


@pytest.mark.parametrize("role", [*(role.value for role in Role), "roleless"])
def test_each_route_answers_each_role_as_the_matrix_says(people: Application, role: str) -> None:
    client = logged_in(people, role)
    for endpoint, address in addresses(people).items():
        permission = needed()[endpoint]
        assert permission is not None
        assert (code(client, address) == 403) is not allowed(role, permission), address


@pytest.mark.parametrize(("language", "words"), [("en", "not for your role"), ("zh", "您的角色不能查看")])
def test_who_has_no_role_is_told_so_and_can_leave(people: Application, language: str, words: str) -> None:
    client = logged_in(people, "roleless")
    for address in ("/", "/closure", "/reports"):
        answer = client.get(f"{address}?lang={language}")
        said = answer.get_data(as_text=True)
        assert answer.status_code == 403
        assert words in said
        assert 'action="/logout"' in said
        assert 'href="/me"' in said
    assert client.get("/export/records.csv").get_data(as_text=True).count("<nav") == 0


def deeds(app: Application) -> dict[str, str]:
    """An address for each route that changes something."""
    return {
        rule.endpoint: re.sub(r"<[^>]+>", "nothing", rule.rule)
        for rule in app.server.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.startswith("register.")
    }


@pytest.mark.parametrize("role", [*(role.value for role in Role), "roleless"])
def test_each_deed_answers_each_role_as_the_matrix_says(people: Application, role: str) -> None:
    """A deed that is allowed comes as far as the register, which says what is wrong with it; never an error of ours."""
    client = logged_in(people, role)
    for endpoint, address in deeds(people).items():
        permission = needed()[endpoint]
        assert permission is not None
        answer = client.post(address)
        if allowed(role, permission):
            assert answer.status_code in {200, 302, 400, 403, 404}, address
        else:
            assert answer.status_code == 403, address


def callbacks(app: Application) -> list[dict[str, Any]]:
    """A request for every callback that the server answers, with nothing filled in."""

    def nothing(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**place, "value": None} for place in places]

    asked = [one for one in app._callback_list if not one.get("clientside_function")]
    return [
        {
            "output": one["output"],
            "outputs": [],
            "inputs": nothing(one["inputs"]),
            "state": nothing(one["state"]),
            "changedPropIds": [],
        }
        for one in asked
    ]


@pytest.mark.parametrize("role", [*(role.value for role in Role), "roleless"])
def test_each_callback_answers_each_role_as_the_matrix_says(people: Application, role: str) -> None:
    asked = callbacks(people)
    assert len(asked) >= 7
    client, permission = logged_in(people, role), needed()["/_dash-update-component"]
    assert permission is not None
    for body in asked:
        assert people.server.test_client().post("/_dash-update-component", json=body).status_code == 401, body["output"]
        answer = client.post("/_dash-update-component", json=body)
        assert (answer.status_code == 403) is not allowed(role, permission), body["output"]


def test_a_deed_of_another_site_is_refused(people: Application) -> None:
    client = client_of(people)
    del client.environ_base["HTTP_X_CSRFTOKEN"]
    for address in deeds(people).values():
        assert client.post(address).status_code == 400, address


def test_a_route_that_forgets_to_say_is_closed(empty_home: Home) -> None:
    app = create_app(empty_home)
    client = client_of(app)
    app.server.view_functions["forgotten"] = lambda: "secret"
    app.server.url_map._remap = True
    app.server.url_map.add(app.server.url_rule_class("/forgotten", endpoint="forgotten", methods=["GET"]))
    answer = client.get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("login", "password"), [("manager", "wrong"), ("nobody", PASSWORD), ("", ""), ("manager", "")])
def test_a_wrong_log_in_says_the_same_whatever_was_wrong(people: Application, login: str, password: str) -> None:
    client = people.server.test_client()
    answer = entered(client, login, password)
    assert answer.status_code == 401
    assert "不匹配" in answer.get_data(as_text=True)
    assert client.get("/").status_code == 302


def test_guessing_is_slowed_down(empty_home: Home) -> None:
    app = create_app(empty_home)
    known(app, "ann", Role.MANAGER)
    client = app.server.test_client()
    codes = [entered(client, "ann", "wrong").status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert "稍候" in entered(client, "ann").get_data(as_text=True)
    # Another person at the same address is not shut out by it.
    known(app, "bob", Role.MANAGER)
    assert entered(client, "bob").status_code == 302


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [("/closure?from=all", "/closure?from=all"), ("//evil.example/x", "/"), ("https://evil.example", "/"),
     ("/\\evil.example", "/"), ("javascript:alert(1)", "/"), ("/login?next=/", "/"), ("", "/")],
)  # fmt: skip
def test_the_way_back_never_leads_out_of_the_application(people: Application, asked: str, leads_to: str) -> None:
    assert entered(people.server.test_client(), "manager", next=asked).location == leads_to


def test_what_was_typed_is_shown_as_text(people: Application) -> None:
    said = entered(people.server.test_client(), '"><script>alert(1)</script>').get_data(as_text=True)
    assert "<script>alert" not in said
    assert "&lt;script&gt;" in said


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(people: Application) -> None:
    answer = entered(people.server.test_client(), "manager")
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("faultloop_") and "csrf" not in c]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_cookies_travel_by_https_only(tmp_path: Any) -> None:
    (tmp_path / "faultloop.yaml").write_text("https: true\n", encoding="utf-8")
    app = create_app(Home(tmp_path))
    assert app.server.config["SESSION_COOKIE_SECURE"] is True


def test_leaving_ends_the_visit_there_and_then(people: Application) -> None:
    client = logged_in(people, "manager")
    stolen = client.get_cookie(f"faultloop_{people.house.mark}")
    assert stolen is not None
    assert client.post("/logout", data={"csrf_token": token(client, people)}).status_code == 302
    thief = people.server.test_client()
    thief.set_cookie(stolen.key, stolen.value)
    assert thief.get("/_dash-layout").status_code == 401


def token(client: FlaskClient, app: Application) -> str:
    found = client.get_cookie(door.csrf_cookie(app.house))
    assert found is not None
    return found.value


def test_a_visit_that_was_revoked_or_a_role_that_was_taken_holds_at_once(people: Application) -> None:
    known(people, "leaver", Role.MANAGER)
    client = logged_in(people, "leaver")
    assert client.get("/_dash-layout").status_code == 200
    staff: Staff = people.house.staff
    (person,) = [p for p in staff.everybody(None) if p.login == "leaver"]
    with writing(people.house.engine) as session:
        end_visits(session, person.id)
    assert client.get("/_dash-layout").status_code == 401
    client = logged_in(people, "leaver")
    staff.change(None, person.id, person.version, {"is_active": False})
    assert client.get("/_dash-layout").status_code == 401
    assert entered(people.server.test_client(), "leaver").status_code == 401


def test_a_visit_runs_out(empty_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(empty_home)
    client = client_of(app)
    assert client.get("/_dash-layout").status_code == 200
    later = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=3)
    monkeypatch.setattr("fracas.people.now", lambda: later)
    assert client.get("/_dash-layout").status_code == 401


def test_a_request_from_another_site_is_refused(people: Application, part_body: Callable[..., dict[str, Any]]) -> None:
    client = logged_in(people, "manager")
    body = part_body("overview", "places", "/", "")
    assert client.post("/_dash-update-component", json=body).status_code == 200
    del client.environ_base["HTTP_X_CSRFTOKEN"]
    assert client.post("/_dash-update-component", json=body).status_code == 400
    assert client.post("/logout").status_code == 400
    assert client.get("/_dash-layout").status_code == 200
    assert (
        people.server.test_client().post("/login", data={"login": "manager", "password": PASSWORD}).status_code == 400
    )


def test_an_installation_without_people_says_how_to_add_one(empty_home: Home) -> None:
    said = create_app(empty_home).server.test_client().get("/login?lang=en").get_data(as_text=True)
    assert "faultloop people add" in said


# Who sees whom on the technicians' page.
@pytest.fixture(scope="module")
def technician(people: Application) -> str:
    reading = people.desk.reader.current()
    assert reading is not None
    (first, *_), *_ = reading.rows("SELECT technician_id, name FROM core.technician ORDER BY 1")
    known(people, "mechanic", Role.TECHNICIAN, technician_id=first)
    return str(first)


def part_of(client: FlaskClient, body: dict[str, Any]) -> str:
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_technician_sees_their_own_page_whatever_the_address_says(
    people: Application, technician: str, part_body: Callable[..., dict[str, Any]]
) -> None:
    reading = people.desk.reader.current()
    assert reading is not None
    names = dict(reading.rows("SELECT technician_id, name FROM core.technician"))
    other = next(n for n in names if n != technician)
    mechanic, manager = logged_in(people, "mechanic"), logged_in(people, "manager")
    said = part_of(mechanic, part_body("technicians", "who", "/technicians", f"?look={other}&from=all"))
    assert technician in said
    assert other not in said
    own = part_of(manager, part_body("technicians", "numbers", "/technicians", f"?look={technician}&from=all"))
    for look in ("", f"&look={other}"):
        asked = part_body("technicians", "numbers", "/technicians", f"?from=all{look}")
        assert part_of(mechanic, asked).replace(f"look={technician}&", "") == own.replace(f"look={technician}&", "")
    for name in ("team", "funnel", "findings"):
        withheld = part_of(mechanic, part_body("technicians", name, "/technicians", "?from=all"))
        assert "managers" in withheld
        assert not any(n in withheld for n in names if n != technician)
        assert "managers and quality engineers" not in part_of(
            manager, part_body("technicians", name, "/technicians", "?from=all")
        )
    assert code(mechanic, "/export/technicians/funnel.csv") == 403
    assert code(manager, "/export/technicians/funnel.csv") == 200
    exported = mechanic.get(f"/export/technicians/hours.csv?look={other}&from=all").get_data(as_text=True)
    assert not any(n in exported for n in names if n != technician)


def test_who_is_no_technician_and_may_not_see_the_team_sees_nobodys_numbers(
    people: Application, part_body: Callable[..., dict[str, Any]]
) -> None:
    client = logged_in(people, "reporter")
    page = pages()["/technicians"]
    for name in (*page.parts, *page.charts):
        said = part_of(client, part_body("technicians", name, "/technicians", "?from=all"))
        assert "an administrator has to enter which technician you are" in said
    for name in page.charts:
        assert code(client, f"/export/technicians/{name}.csv") == 403


WORDS = {"en": ("Log in", "Log out", "do not belong together"), "zh": ("登录", "退出", "不匹配")}


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [pytest.param("en", 1440, marks=pytest.mark.matrix), ("zh", 390)])
def test_in_by_the_door_to_where_one_was_going_and_out_again(
    people: Application, site: str, open_tab: Open, language: str, width: int
) -> None:
    tab = open_tab(width)
    page = tab.page
    page.context.clear_cookies()
    into, out, wrong = WORDS[language]
    page.goto(f"{site}/closure?lang={language}&from=all")
    expect(page).to_have_url(re.compile("/login"))
    assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[language]
    assert Axe().run(page).response["violations"] == []
    assert tab.width() <= width
    page.keyboard.type("manager")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(wrong)
    tab.complaints[:] = [c for c in tab.complaints if "401" not in c]
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name=into, exact=True).click()
    expect(page).to_have_url(re.compile("/closure"))
    filled(page)
    if width < 700:
        page.locator("#menu").click()
    page.get_by_role("button", name=out).click()
    expect(page).to_have_url(re.compile("/login"))
    page.go_back()
    expect(page).to_have_url(re.compile("/login"))
