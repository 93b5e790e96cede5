"""People who log in to an application under test, the way a browser does."""

from __future__ import annotations

import os
import re
from typing import Any

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from dashboards.app import Application
from dashboards.door import csrf_cookie
from fracas.database import reading
from fracas.model import Person
from fracas.people import by_login
from fracas.permissions import Role

PASSWORD = "a password of the tests"
# Quick to verify: those that the register makes are slow on purpose.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
os.environ.setdefault("FAULTLOOP_SECRET_KEY", "the secret of the tests, which is no secret at all")

EVERYTHING = tuple(Role)


def known(app: Application, login: str, *roles: Role, **more: Any) -> None:
    """Make sure that somebody is in the register."""
    with reading(app.house.engine) as session:
        is_there = by_login(session, login) is not None
    if not is_there:
        app.house.staff.enrol(None, Person(login=login, name=login.title(), password=_HASH, roles=[*roles], **more))


def logged_in(app: Application, login: str) -> FlaskClient:
    """A client that has logged in; what it posts carries the token against forged requests."""
    client: FlaskClient = app.server.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None, page
    answer = client.post("/login", data={"login": login, "password": PASSWORD, "csrf_token": token[1]})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    client.get("/")
    sent = client.get_cookie(csrf_cookie(app.house))
    assert sent is not None
    client.environ_base["HTTP_X_CSRFTOKEN"] = sent.value
    return client


def client_of(app: Application) -> FlaskClient:
    """A client of somebody who may do everything."""
    known(app, "everybody", *EVERYTHING)
    return logged_in(app, "everybody")


def cookies(client: FlaskClient) -> list[dict[str, Any]]:
    """The cookies of a client, for a browser on this machine."""
    return [{"name": c.key, "value": c.value, "domain": "127.0.0.1", "path": "/"} for c in client._cookies.values()]
