"""Single sign-on against a provider that runs: whom it lets in, and whatever is wrong with an answer of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oidc_provider
import pytest
import requests
from flask.testing import FlaskClient
from joserfc.jwk import KeySet, OctKey, RSAKey
from oidc_provider import CLIENT, SECRET, Provider
from playwright.sync_api import Browser, expect
from visitors import client_of, known
from werkzeug.serving import make_server

from bilingual.errors import UserError
from dashboards.app import Application, create_app
from dashboards.single_sign_on import ENVIRONMENT
from fracas.database import reading
from fracas.model import Person
from fracas.people import by_login
from fracas.permissions import Role
from warehouse.settings import FILE, Home


@pytest.fixture
def provider() -> Iterator[Provider]:
    with oidc_provider.running() as found:
        found.people = {
            "17": {"sub": "17", "email": "Ann@example.com", "email_verified": True, "name": "Ann"},
            "18": {"sub": "18", "email": "ann@example.com", "email_verified": False},
            "19": {"sub": "19", "email": "mallory@example.com", "email_verified": True},
            "20": {"sub": "20"},
        }
        yield found


def house(home: Home, issuer: str, **more: str) -> Application:
    home.path.mkdir(parents=True, exist_ok=True)
    lines = {"language": "en", "oidc_issuer": issuer, "oidc_client": CLIENT, **more}
    (home.path / FILE).write_text("".join(f'{name}: "{value}"\n' for name, value in lines.items()), encoding="utf-8")
    return create_app(Home(home.path))


@pytest.fixture
def app(empty_home: Home, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Application:
    monkeypatch.setenv(ENVIRONMENT, SECRET)
    app = house(empty_home, provider.address)
    known(app, "boss", Role.ADMINISTRATOR)
    known(app, "ann", Role.MANAGER, email="ann@example.com")
    return app


def sent_to(client: FlaskClient, address: str = "/login/oidc") -> str:
    """Where the provider is asked."""
    answer = client.get(address)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def at_provider(where: str, sub: str) -> str:
    """Log in at the provider, and where it sends the browser back to."""
    answer = requests.get(f"{where}&login_hint={sub}", allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def came_in(client: FlaskClient, sub: str, address: str = "/login/oidc") -> Any:
    return client.get(at_provider(sent_to(client, address), sub))


def said(answer: Any) -> str:
    found = re.search(r'role="alert">([^<]*)', answer.get_data(as_text=True))
    return found[1] if found else ""


def person(app: Application, login: str) -> Person:
    with reading(app.house.engine) as session:
        found = by_login(session, login)
        assert found is not None
        return found


def test_the_log_in_page_leads_to_the_provider_where_one_is_named(app: Application, tmp_path: Any) -> None:
    page = app.server.test_client().get("/login?next=/closure%3Ffrom%3Dall").get_data(as_text=True)
    assert 'href="/login/oidc?next=/closure%3Ffrom%3Dall"' in page
    other = create_app(Home(tmp_path / "other"))
    assert "/login/oidc" not in other.server.test_client().get("/login").get_data(as_text=True)
    assert other.server.test_client().get("/login/oidc").location.startswith("/login?")


def test_whom_the_register_knows_by_a_verified_email_comes_in_and_goes_where_they_wanted(
    app: Application, provider: Provider
) -> None:
    client = app.server.test_client()
    answer = came_in(client, "17", "/login/oidc?next=/reports%3Fwhich%3Dopen")
    assert (answer.status_code, answer.location) == (302, "/reports?which=open")
    assert client.get("/reports").status_code == 200
    assert person(app, "ann").subject == f"{provider.address}|17"
    # The visit is one of ours: it ends when it is ended here.
    app.house.staff.change(None, person(app, "ann").id, person(app, "ann").version, {"roles": ["reporter"]})
    assert client.get("/reports").status_code == 302


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(app: Application, provider: Provider) -> None:
    asked = parse_qs(urlsplit(sent_to(app.server.test_client())).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost/login/oidc/callback"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))


def test_the_way_back_is_the_address_that_people_use(
    empty_home: Home, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, SECRET)
    app = house(empty_home, provider.address, public_address="https://faults.example.com/")
    asked = parse_qs(urlsplit(sent_to(app.server.test_client())).query)
    assert asked["redirect_uri"] == ["https://faults.example.com/login/oidc/callback"]


def test_once_bound_a_person_is_known_whatever_their_email(app: Application, provider: Provider) -> None:
    came_in(app.server.test_client(), "17")
    provider.people["17"] |= {"email": "ann.married@example.com", "email_verified": False}
    assert came_in(app.server.test_client(), "17").status_code == 302
    # And nobody else becomes them by the e-mail that they had.
    provider.people["21"] = {"sub": "21", "email": "ann@example.com", "email_verified": True}
    answer = came_in(app.server.test_client(), "21")
    assert answer.status_code == 403
    assert person(app, "ann").subject == f"{provider.address}|17"


def test_an_email_that_the_token_leaves_out_is_asked_for(app: Application, provider: Provider) -> None:
    provider.in_token = False
    assert came_in(app.server.test_client(), "17").status_code == 302


@pytest.mark.parametrize(
    ("sub", "words"),
    [("18", "does not vouch"), ("19", "mallory@example.com"), ("20", "does not vouch")],
)
def test_strangers_and_unverified_emails_stay_outside(app: Application, sub: str, words: str) -> None:
    client = app.server.test_client()
    answer = came_in(client, sub)
    assert answer.status_code == 403
    assert words in said(answer)
    assert client.get("/").status_code == 302
    assert {p.login for p in app.house.staff.everybody(None)} == {"ann", "boss"}
    assert person(app, "ann").subject is None


def test_an_email_of_two_people_lets_neither_in(app: Application) -> None:
    known(app, "ann2", Role.REPORTER, email="ANN@example.com")
    assert came_in(app.server.test_client(), "17").status_code == 403


@pytest.mark.parametrize("is_bound", [True, False])
def test_who_was_shut_out_stays_outside(app: Application, is_bound: bool) -> None:
    if is_bound:
        came_in(app.server.test_client(), "17")
    ann = person(app, "ann")
    app.house.staff.change(None, ann.id, ann.version, {"is_active": False})
    client = app.server.test_client()
    answer = came_in(client, "17")
    assert answer.status_code == 403
    assert "shut out" in said(answer)
    assert client.get("/").status_code == 302


def refused(app: Application, client: FlaskClient, address: str, status: int) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    assert client.get("/").status_code == 302, "nobody came in"
    assert person(app, "ann").subject is None
    return said(answer)


def test_an_answer_of_another_state_is_refused(app: Application, provider: Provider) -> None:
    client = app.server.test_client()
    back = at_provider(sent_to(client), "17")
    assert "begin again" in refused(app, client, re.sub(r"state=[^&]+", "state=guessed", back), 401)
    # In a browser that began nothing, as when somebody is sent a link.
    assert "begin again" in refused(app, app.server.test_client(), back, 401)
    assert "begin again" in refused(app, client, "/login/oidc/callback", 401)


def test_an_answer_is_good_once(app: Application, provider: Provider) -> None:
    client = app.server.test_client()
    back = at_provider(sent_to(client), "17")
    assert client.get(back).status_code == 302
    with client.session_transaction() as session:
        session.clear()
    assert client.get(back).status_code == 401


def test_a_code_of_another_log_in_is_refused(app: Application, provider: Provider) -> None:
    """Somebody's code is put into the answer to another's question: the challenge tells them apart."""
    victim, thief = app.server.test_client(), app.server.test_client()
    stolen = parse_qs(urlsplit(at_provider(sent_to(victim), "17")).query)["code"][0]
    back = at_provider(sent_to(thief), "19")
    assert "begin again" in refused(app, thief, re.sub(r"code=[^&]+", f"code={stolen}", back), 401)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": ["somebody else"]},
        {"aud": ["somebody else"], "azp": CLIENT},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
    ],
)
def test_a_token_that_is_not_for_this_log_in_is_refused(
    app: Application, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    client = app.server.test_client()
    assert "begin again" in refused(app, client, at_provider(sent_to(client), "17"), 401)


@pytest.mark.filterwarnings("ignore:JWS algorithm:joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RS256", KeySet([RSAKey.generate_key(2048, auto_kid=True)])),
        ("HS256", OctKey.import_key(SECRET)),
        ("none", OctKey.import_key(SECRET)),
    ],
    ids=["another key", "the shared secret", "no signature"],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    app: Application, provider: Provider, alg: str, key: Any
) -> None:
    provider.alg, provider.signs_with = alg, key
    client = app.server.test_client()
    assert "begin again" in refused(app, client, at_provider(sent_to(client), "17"), 401)


def test_a_provider_that_says_no_is_told(app: Application) -> None:
    client = app.server.test_client()
    state = parse_qs(urlsplit(sent_to(client)).query)["state"][0]
    words = refused(app, client, f"/login/oidc/callback?error=access_denied&error_description=<b>x&state={state}", 401)
    assert words.startswith("The single sign-on did not let you in")


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "http://192.0.2.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_is_not_what_the_settings_say_is_not_followed(
    app: Application, provider: Provider, metadata: dict[str, str]
) -> None:
    provider.metadata = metadata
    answer = app.server.test_client().get("/login/oidc")
    assert answer.status_code == 502
    assert "does not answer as it should" in said(answer)


def test_a_provider_that_is_away_is_told_and_passwords_still_work(
    empty_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, SECRET)
    app = house(empty_home, "http://127.0.0.1:1")
    assert app.server.test_client().get("/login/oidc").status_code == 502
    assert client_of(app).get("/reports").status_code == 200


@pytest.mark.parametrize(
    "issuer",
    ["http://id.example.com", "ftp://127.0.0.1", "id.example.com", "https://", "http://127.0.0.1.evil.example"],
)
def test_only_a_provider_to_whom_nobody_listens_is_taken(
    empty_home: Home, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, SECRET)
    with pytest.raises(UserError, match="https://"):
        house(empty_home, issuer)


def test_nothing_starts_without_the_secret_or_the_client(empty_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with pytest.raises(UserError, match=ENVIRONMENT):
        house(empty_home, "https://id.example.com")
    monkeypatch.setenv(ENVIRONMENT, SECRET)
    with pytest.raises(UserError, match="oidc_client"):
        house(empty_home, "https://id.example.com", oidc_client="")


def test_many_attempts_do_not_fill_the_cookie(app: Application) -> None:
    client = app.server.test_client()
    for _ in range(12):
        sent_to(client)
    assert sum(len(cookie.value) for cookie in client._cookies.values()) < 3_000
    assert came_in(client, "17").status_code == 302


def test_who_is_inside_already_is_not_sent_out(app: Application) -> None:
    client = app.server.test_client()
    came_in(client, "17")
    assert client.get("/login/oidc?next=/reports").location == "/reports"
    assert client.get("/login/oidc?next=//evil.example").location == "/"


@pytest.mark.browser
def test_a_browser_goes_there_and_back(chromium: Browser, app: Application) -> None:
    """The policy of what a page may load or send lets it, and the cookie comes along from the provider's address."""
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/me?lang=en")
    page.get_by_text("Log in with single sign-on").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="ann@example.com")).to_be_visible()
    page.close()
    server.shutdown()
    server.server_close()
    thread.join()
