"""Somebody who logs in to the application that is measured, as a browser does."""

from __future__ import annotations

import http.client
import os
import re
import secrets
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from dashboards.house import House
from fracas.keys import ENVIRONMENT, derived
from fracas.model import Person
from fracas.people import hashed
from fracas.permissions import Role
from warehouse.settings import Home

# One secret for all that this process starts.
_SECRET = os.environ.setdefault(ENVIRONMENT, secrets.token_urlsafe(48))


def entered(home: Home, port: int) -> dict[str, str]:
    """The headers of somebody who may see everything: the cookies of their visit and the token against forged requests."""
    house = House(home, _SECRET.encode())
    login, password = f"visitor-{derived(house.secret, secrets.token_hex(4)).hex()[:12]}", secrets.token_urlsafe(16)
    house.staff.enrol(None, Person(login=login, name="Visitor", password=hashed(password), roles=[*Role]))
    house.engine.dispose()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kept: SimpleCookie = SimpleCookie()

    def ask(method: str, path: str, body: str | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{m.key}={m.coded_value}" for m in kept.values()), "Accept": "text/html"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        said = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            kept.load(cookie)
        return said

    token = re.search(r'name="csrf_token" value="([^"]+)"', ask("GET", "/login"))
    assert token is not None
    ask("POST", "/login", urlencode({"login": login, "password": password, "csrf_token": token[1]}))
    ask("GET", "/")
    connection.close()
    (sent,) = [m.value for m in kept.values() if "csrf" in m.key]
    return {"Cookie": "; ".join(f"{m.key}={m.coded_value}" for m in kept.values()), "X-CSRFToken": sent}


def cookies(headers: dict[str, str]) -> list[dict[str, str]]:
    """The cookies of such headers, for a browser on this machine."""
    pairs = (part.partition("=") for part in headers.get("Cookie", "").split("; ") if part)
    return [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, _, value in pairs]
