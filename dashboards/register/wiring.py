"""The register's addresses on the web server: each answers for who came in, and says a refusal in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, abort, request
from flask_login import current_user
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.ask import Desk
from dashboards.components.rail import VIEW_WORDS, VIEWS, VIEWS_HINT
from dashboards.door import PAGES
from dashboards.house import House
from dashboards.navigation import seen_by
from dashboards.register.effect_words import WORDS
from dashboards.register.prints.forms import forms
from dashboards.register.refused import refused, stopped
from dashboards.register.view import MOST_BYTES, View, Visit
from dashboards.register.views import views
from dashboards.viewer import viewer
from fracas.columns import BONES, COLUMNS
from fracas.permissions import FUNCTIONS, ROLES
from fracas.states import LABELS, MOVES

BLUEPRINT = "register"


def needs() -> dict[str, str | None]:
    """The permission that each endpoint of the register needs."""
    return {f"{BLUEPRINT}.static": None} | {f"{BLUEPRINT}.{view.name}": view.permission for view in views()}


def add_routes(server: Flask, desk: Desk, house: House) -> None:
    """Add the register's addresses."""
    blueprint = Blueprint(
        BLUEPRINT, __name__, template_folder="templates", static_folder="static", static_url_path="/register-static"
    )
    for view in views():
        blueprint.add_url_rule(view.rule, view.name, _answering(view, desk, house), methods=list(view.methods))
    # A name that a template has wrong is a bug, and must look like one.
    server.jinja_env.undefined = StrictUndefined
    server.jinja_env.trim_blocks = server.jinja_env.lstrip_blocks = True
    server.jinja_env.globals.update(
        effect_words=WORDS,
        prints=lambda: {name: form.title for name, form in forms().items()},
        columns=COLUMNS,
        bones=BONES,
        states=LABELS,
        moves=MOVES,
        roles=ROLES,
        functions=FUNCTIONS,
        seen_by=seen_by,
        viewer=viewer,
        view_words={"title": VIEWS, "hint": VIEWS_HINT, "words": VIEW_WORDS},
    )

    def words() -> dict[str, Any]:
        """`t(en=…, zh=…)`: a text of a template, in the language of who reads it."""
        language = desk.language(request)

        def t(en: str, zh: str, **values: Any) -> str:
            text = Text(en=en, zh=zh)
            return (text.format(**values) if values else text)[language]

        other = urlencode(
            [
                *((k, v) for k, v in request.args.items(multi=True) if k != "lang"),
                ("lang", "en" if language == "zh" else "zh"),
            ]
        )
        return {"t": t, "lang": language, "other_language": other}

    # Of the server, not of the blueprint: a page that is refused may be one of Dash.
    server.context_processor(words)

    asked = {f"{BLUEPRINT}.{view.name}": view for view in views()}

    def measured() -> None:
        """Before the door, whose look for the token reads the form: nobody fills the disk by sending one."""
        view = asked.get(request.endpoint or "")
        request.max_content_length = view.most_bytes(house) if view else MOST_BYTES

    server.before_request(measured)

    def stop(error: HTTPException) -> Any:
        """In the frame and in words, where somebody came by a link; plain for programs and strangers."""
        actor, endpoint = getattr(current_user, "actor", None), request.endpoint or ""
        is_page = request.method == "GET" and (endpoint in PAGES or endpoint.startswith(f"{BLUEPRINT}."))
        if actor is None or not is_page:
            return error
        return stopped(Visit(house, desk, actor, desk.language(request), request.path), error.code or 404)

    server.register_error_handler(403, stop)
    server.register_error_handler(404, stop)
    server.register_blueprint(blueprint)


def _answering(view: View, desk: Desk, house: House) -> Callable[..., Any]:
    def answer(**named: Any) -> Any:
        # The door asked already; asked again, because nothing here may ever run for whom it is not meant.
        actor = getattr(current_user, "actor", None) or abort(401)
        if not actor.may(view.permission):
            return abort(403)
        v = Visit(house, desk, actor, desk.language(request), request.path)
        try:
            found = view.answer(v, **named)
        except UserError as error:
            return refused(v, error)
        return found

    return answer
