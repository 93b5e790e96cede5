"""One's own account: the password by the old one, visits that can be ended, the language; for whom has no role too."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from visitors import PASSWORD, known, logged_in

from dashboards.app import Application, create_app
from fracas.database import reading
from fracas.people import logged_in as enters
from fracas.permissions import Role
from warehouse.settings import Home

NEW = "a new password"


@pytest.fixture
def house(empty_home: Home) -> Application:
    app = create_app(empty_home)
    known(app, "ann", Role.REVIEW_BOARD, functions=["design"], regions=["East"])
    known(app, "nobody")
    return app


def page(client: FlaskClient) -> str:
    answer = client.get("/me?lang=en")
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def knows(app: Application, login: str, password: str) -> bool:
    with reading(app.house.engine) as session:
        return enters(session, login, password) is not None


def test_one_reads_who_one_is(house: Application) -> None:
    said = page(logged_in(house, "ann"))
    for words in ("Ann", "Review board", "Design", "East"):
        assert words in said
    assert house.server.test_client().get("/me").status_code == 302


def test_who_has_no_role_has_an_account_all_the_same(house: Application) -> None:
    client = logged_in(house, "nobody")
    assert "none yet; ask an administrator" in page(client)
    assert client.get("/reports").status_code == 403
    assert client.post("/me/password", data={"password": [PASSWORD, NEW, NEW]}).status_code == 302
    assert knows(house, "nobody", NEW)


def test_the_password_is_changed_by_the_old_one_and_other_visits_end(house: Application) -> None:
    here, elsewhere = logged_in(house, "ann"), logged_in(house, "ann")
    assert here.post("/me/password?lang=en", data={"password": [PASSWORD, NEW, NEW]}).location == "/me"
    assert "everywhere else you are logged out" in page(here)
    assert elsewhere.get("/me").status_code == 302
    assert knows(house, "ann", NEW)
    assert not knows(house, "ann", PASSWORD)


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (["wrong password", NEW, NEW], 403, "not your password of now"),
        (["", NEW, NEW], 403, "not your password of now"),
        ([PASSWORD, NEW, "another"], 400, "differ"),
        ([PASSWORD, "short", "short"], 400, "at least 10"),
        ([], 400, "at least 10"),
    ],
)
def test_a_password_is_not_changed_otherwise(house: Application, typed: list[str], status: int, said: str) -> None:
    here, elsewhere = logged_in(house, "ann"), logged_in(house, "ann")
    answer = here.post("/me/password?lang=en", data={"password": typed})
    words = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status
    assert said in words
    assert not any(text in words for text in typed if len(text) > 6), "no password is shown"
    assert knows(house, "ann", PASSWORD)
    assert elsewhere.get("/me").status_code == 200


def test_one_ends_a_visit_of_ones_own_and_no_other(house: Application) -> None:
    here, elsewhere, other = logged_in(house, "ann"), logged_in(house, "ann"), logged_in(house, "nobody")
    (end,) = re.findall(r"/me/visits/[0-9a-f]{64}/end", page(here))
    assert other.post(end).status_code == 302
    assert elsewhere.get("/me").status_code == 200, "nobody ends another's visit"
    here.post(end)
    assert elsewhere.get("/me").status_code == 302
    assert here.get("/me").status_code == 200
    assert "/me/visits/" not in page(here)


def test_one_says_in_which_language_one_is_spoken_to(house: Application) -> None:
    client = logged_in(house, "ann")
    answer = client.post("/me/language", data={"language": "en"})
    assert answer.location == "/me?lang=en"
    assert "My account" in client.get(answer.location).get_data(as_text=True)
    assert house.house.staff.everybody(None)[0].language == "en"
    client.post("/me/language", data={"language": ""})
    assert house.house.staff.everybody(None)[0].language is None


def test_a_form_of_another_site_does_nothing(house: Application) -> None:
    client = logged_in(house, "ann")
    del client.environ_base["HTTP_X_CSRFTOKEN"]
    assert client.post("/me/password", data={"password": [PASSWORD, NEW, NEW]}).status_code == 400
    assert knows(house, "ann", PASSWORD)
