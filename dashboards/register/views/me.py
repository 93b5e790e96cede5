"""One's own account: who one is here, one's language and password, and where one is logged in."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_login import current_user

from bilingual.text import Text, as_language
from dashboards.register.view import View, Visit
from dashboards.register.views.people import LABELS, LANGUAGES, browser, passwords, repeated
from fracas.database import reading, writing
from fracas.people import visit_id
from fracas.watch import subscriptions
from fracas.watch.topics import TOPICS

_TITLE = Text(en="My account", zh="我的账户")
_CHANGED = Text(
    en="Your password was changed; everywhere else you are logged out.", zh="密码已修改；其他设备上的登录已全部退出。"
)
_SPOKEN = Text(en="Saved.", zh="已保存。")
_CHOSEN = Text(en="Saved what you are told of.", zh="已保存接收内容。")
_ENDED = Text(en="That visit was ended.", zh="已结束该会话。")


def _me(v: Visit) -> Any:
    staff = v.house.staff
    with reading(v.house.engine) as session:
        told = subscriptions.of_person(session, v.actor)
    return v.page(
        "me.html",
        _TITLE,
        topics=TOPICS,
        told=told,
        person=staff.person(v.actor, v.actor.id),
        visits=staff.visits(v.actor, v.actor.id),
        this=visit_id(current_user.token),
        labels=LABELS,
        languages=[(name, v.say(words)) for name, words in LANGUAGES.items()],
        browser=browser,
    )


def _password(v: Visit) -> Any:
    old, new, again = (*passwords(), "", "", "")[:3]
    v.house.staff.change_password(v.actor, old, repeated(new, again), current_user.token)
    return v.back("/me", _CHANGED)


def _language(v: Visit) -> Any:
    language = as_language(request.form.get("language"))
    v.house.staff.speak(v.actor, language)
    # The address tells this browser too.
    return v.back(f"/me?lang={language}" if language else "/me", _SPOKEN)


def _topics(v: Visit) -> Any:
    with writing(v.house.engine) as session:
        subscriptions.choose(session, v.actor, v.actor.id, request.form.getlist("topic"))
    return v.back("/me#topics", _CHOSEN)


def _end(v: Visit, visit: str) -> Any:
    v.house.staff.end_visit(v.actor, visit)
    return v.back("/me", _ENDED)


# Whoever has logged in may see to their own password, whom nobody gave a role too.
_OWN, _POST = "own.edit", ("POST",)
VIEWS = (
    View("me", "/me", _OWN, _me),
    View("own_password", "/me/password", _OWN, _password, _POST),
    View("own_language", "/me/language", _OWN, _language, _POST),
    View("own_topics", "/me/topics", _OWN, _topics, _POST),
    View("end_own_visit", "/me/visits/<visit>/end", _OWN, _end, _POST),
)
