"""Who comes in: nobody whom the register does not know. Every route says which permission it needs, or answers nothing.

A visit is a row of the register, so that it can be ended there and then; the cookie holds its token, signed. Whatever is
not named in `NEEDS` is forbidden: a new route that forgets to say who may see it is seen by nobody.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, abort, make_response, redirect, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.wrappers import Response as Answer

from bilingual.text import Language, Text
from dashboards.ask import COOKIE
from dashboards.house import House
from dashboards.register.view import inside
from fracas import people
from fracas.database import reading, writing
from fracas.model import Person
from fracas.people import Actor, Limits

# Each route by its endpoint: the permission it needs, or None where strangers may. Callbacks ask for the page's own beside.
NEEDS: dict[str, str | None] = {
    "login": None,
    "logout": None,
    "static": None,
    "/health": None,
    "_dash_assets.static": None,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": None,
    "/_favicon.ico": None,
    "/": "dashboards.read",
    "/<path:path>": "dashboards.read",
    "/_dash-layout": "dashboards.read",
    "/_dash-dependencies": "dashboards.read",
    "/_dash-update-component": "dashboards.read",
    "/_reload-hash": "dashboards.read",
    "export_records": "dashboards.read",
    "export_data": "dashboards.read",
    "export_order_proposal": "dashboards.read",
    "export_quarantine": "dashboards.read",
}
# Where people arrive; they are shown the way in, all else is refused.
PAGES = frozenset({"/", "/<path:path>"})
_ATTEMPTS = "10 per minute"
_DEEDS = "300 per minute"
_YEAR_SECONDS = 365 * 24 * 3600
log = logging.getLogger("faultloop.web")

_TITLE = Text(en="Log in", zh="登录")
_LOGIN = Text(en="Login", zh="登录名")
_PASSWORD = Text(en="Password", zh="密码")
_ENTER = Text(en="Log in", zh="登录")
_WRONG = Text(
    en="Login and password do not belong together; check both and try again.",
    zh="登录名与密码不匹配；请检查后重试。",
)
_TOO_OFTEN = Text(
    en="Too many attempts; wait a minute and try again.",
    zh="尝试次数过多；请稍候一分钟再试。",
)
_NOBODY = Text(
    en="Nobody is known here yet. On the server, run: faultloop people add LOGIN --role administrator",
    zh="尚无任何人员。请在服务器上运行：faultloop people add 登录名 --role administrator",
)
_ELSEWHERE = Text(en="Log in with single sign-on", zh="单点登录")
_ELSEWHERE_LINK = '<p class="elsewhere"><a href="/login/oidc?next={next}">{words}</a></p>'
_OTHER = Text(en="中文", zh="English")
_TAGS = {"zh": "zh-CN", "en": "en"}
_PAGE = """<!DOCTYPE html>
<html lang="{tag}">
  <head>
    <meta charset="UTF-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{title} · {house}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
    <link rel="stylesheet" href="/assets/app.css">
  </head>
  <body class="door">
    <main>
      <h1>{house}</h1>
      {said}
      <form method="post" action="/login">
        <input type="hidden" name="csrf_token" value="{csrf}">
        <input type="hidden" name="next" value="{next}">
        <label>{login}<input name="login" value="{given}" autocomplete="username" autocapitalize="none" required autofocus></label>
        <label>{password}<input name="password" type="password" autocomplete="current-password" required></label>
        <button type="submit">{enter}</button>
      </form>
      {elsewhere}
      <p><a href="/login?lang={other}&amp;next={next_quoted}" lang="{other_tag}">{other_name}</a></p>
    </main>
  </body>
</html>"""


@dataclass
class Known(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody who came in, for one request. token: that of their visit."""

    actor: Actor
    token: str

    def get_id(self) -> str:
        """What the cookie keeps."""
        return self.token


def add_door(
    server: Flask,
    house: House,
    language: Callable[[Any], Language],
    more: Mapping[str, str | None],
    limits: Limits = Limits(),  # noqa: B008
) -> None:
    """Deny by default, log in and out, tokens against forged requests, and a limit to guessing.

    more: the needs of endpoints beside `NEEDS`, those of the register.
    """
    needed_by = NEEDS | dict(more)
    server.secret_key = house.cookie_key
    server.config.update(
        SESSION_COOKIE_NAME=f"faultloop_{house.mark}",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=house.home.settings.https,
        # A token is as good as the visit that it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI="memory://",
        RATELIMIT_HEADERS_ENABLED=False,
    )
    manager = LoginManager(server)
    # Who uses another browser or address than at log-in needs no second one: people walk between networks.
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Known | None:
        with reading(house.engine) as session:
            found = people.visitor(session, token, limits)
        if found is None:
            return None
        actor, is_due = found
        if is_due:
            with writing(house.engine) as session:
                people.seen(session, token)
        return Known(actor, token)

    def deny() -> Answer | None:
        endpoint = request.endpoint
        if endpoint is None:
            return None  # nothing is there: 404
        needed = needed_by.get(endpoint, "nobody")
        if needed is None:
            return None
        if not current_user.is_authenticated:
            wants_page = request.method == "GET" and (endpoint in PAGES or endpoint in more)
            return redirect(f"/login?next={quote(request.full_path.rstrip('?'))}") if wants_page else abort(401)
        return None if needed != "nobody" and current_user.actor.may(needed) else abort(403)

    server.before_request(deny)
    CSRFProtect(server)
    limiter = Limiter(_who, app=server)
    for blueprint in server.blueprints.values():
        # A form that keeps itself sends one a second; a program that sends a hundred is none of ours.
        limiter.limit(_DEEDS, key_func=_person, methods=["POST"])(blueprint)  # type: ignore[call-overload]

    def page(said: Text | None = None, status: int = 200) -> Response:
        return log_in_page(house, language(request), said, status)

    # Only what was wrong counts: nobody is shut out for coming in often.
    @limiter.limit(_ATTEMPTS, methods=["POST"], deduct_when=lambda answer: answer.status_code == 401)
    def login() -> Answer:
        if request.method == "GET":
            return redirect(inside_or_home(request.args.get("next", "/"))) if current_user.is_authenticated else page()
        given, password = request.form.get("login", "")[:200], request.form.get("password", "")[:1000]
        with reading(house.engine) as session:
            person = people.logged_in(session, given, password)
        if person is None:
            log.warning("refused a log-in from %s", request.remote_addr)
            return page(_WRONG, 401)
        let_in(house, person)
        return greeted(redirect(inside_or_home(request.form.get("next", "/"))), person)

    def logout() -> Answer:
        if current_user.is_authenticated:
            with writing(house.engine) as session:
                people.end_visit(session, current_user.token)
            logout_user()
        return redirect("/login")

    def too_often(_error: Exception) -> Response:
        return page(_TOO_OFTEN, 429)

    def token_for_callbacks(response: Response) -> Response:
        """Dash reads the token from a cookie and sends it in a header: another site's page can do neither."""
        if request.endpoint in PAGES and response.mimetype == "text/html":
            response.set_cookie(csrf_cookie(house), generate_csrf(), samesite="Lax", secure=house.home.settings.https)
        return response

    server.add_url_rule("/login", "login", login, methods=["GET", "POST"])
    server.add_url_rule("/logout", "logout", logout, methods=["POST"])
    server.register_error_handler(429, too_often)
    server.after_request(token_for_callbacks)


def greeted(answer: Answer, person: Person) -> Answer:
    """The answer to who comes in, from then on in their language, unless this browser has chosen another."""
    if person.language and COOKIE not in request.cookies:
        answer.set_cookie(COOKIE, person.language, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True)
    return answer


def let_in(house: House, person: Person) -> None:
    """Begin a visit of somebody who showed who they are."""
    with writing(house.engine) as session:
        token = people.begin_visit(session, person, request.user_agent.string)
    login_user(Known(Actor.of(person), token))


def log_in_page(house: House, spoken: Language, said: Text | None, status: int) -> Response:
    """The page of the log-in; plain HTML, so that it needs nothing that strangers may not have."""
    asked = inside_or_home(request.values.get("next", "/"))
    other = "en" if spoken == "zh" else "zh"
    with reading(house.engine) as session:
        said = said if people.is_anybody(session) else _NOBODY
    page = _PAGE.format(
        tag=_TAGS[spoken],
        title=_TITLE[spoken],
        house=escape(house.home.settings.organisation),
        said=f'<p role="alert">{escape(said[spoken])}</p>' if said else "",
        csrf=generate_csrf(),
        next=escape(asked),
        next_quoted=quote(asked),
        login=_LOGIN[spoken],
        password=_PASSWORD[spoken],
        given=escape(request.form.get("login", "")[:200]),
        enter=_ENTER[spoken],
        elsewhere=_ELSEWHERE_LINK.format(next=quote(asked), words=_ELSEWHERE[spoken])
        if house.home.settings.oidc_issuer
        else "",
        other=other,
        other_tag=_TAGS[other],
        other_name=_OTHER[spoken],
    )
    return make_response(page, status)


def csrf_cookie(house: House) -> str:
    """The name of the cookie from which Dash takes the token against forged requests."""
    return f"faultloop_csrf_{house.mark}"


def _person() -> str:
    """Whose deeds are counted together: a person's, from wherever."""
    actor = getattr(current_user, "actor", None)
    return f"person {actor.id}" if actor else get_remote_address()


def _who() -> str:
    """Whose attempts are counted together: an address and a login."""
    login = hashlib.sha256(request.form.get("login", "").strip().lower().encode()).hexdigest()[:16]
    return f"{get_remote_address()} {login}"


def inside_or_home(address: str) -> str:
    """Where somebody was going; the overview instead of one that leads elsewhere, or back to the door."""
    return "/" if address.startswith("/login") else inside(address) or "/"
