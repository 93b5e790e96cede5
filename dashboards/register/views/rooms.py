"""Who is told what: which roles of what, what is posted into rooms, and the last messages."""

from __future__ import annotations

from typing import Any

from flask import request

from bilingual.text import Text, as_language
from dashboards.register.view import View, Visit
from dashboards.register.views.people import LANGUAGES
from fracas.database import reading, writing
from fracas.watch import outbox, subscriptions
from fracas.watch.topics import ESCALATION, NOTICES, TOPICS

_TITLE = Text(en="Who is told what", zh="接收设置")
_SAVED = Text(en="Saved which roles are told of what.", zh="已保存各角色的接收内容。")
_ADDED = Text(en="From now on it is posted there.", zh="此后将发送到该群。")
_LEFT = Text(en="It is posted there no more.", zh="不再发送到该群。")
_LAST = 50


def _names(field: str) -> list[str]:
    """What a field lists, separated by commas."""
    return [name.strip() for name in request.form.get(field, "").replace("，", ",").split(",") if name.strip()]


def _rooms(v: Visit) -> Any:
    with reading(v.house.engine) as session:
        rooms, messages = subscriptions.rooms(session), outbox.latest(session, _LAST)
        told = subscriptions.of_roles(session)
    return v.page(
        "rooms.html",
        _TITLE,
        rooms=rooms,
        messages=messages,
        told=told,
        topics=TOPICS,
        of_rooms=[name for name in TOPICS if name not in (NOTICES, ESCALATION)],
        languages=[(name, v.say(words)) for name, words in LANGUAGES.items()],
        hosts=v.house.home.settings.outbound_hosts,
    )


def _add(v: Visit) -> Any:
    asked = request.form
    with writing(v.house.engine) as session:
        subscriptions.post_to(
            session,
            v.actor,
            asked.get("channel", "").strip().lower(),
            asked.get("topic", ""),
            as_language(asked.get("language")),
            _names("regions"),
            _names("product_lines"),
        )
    return v.back("/rooms", _ADDED)


def _roles(v: Visit) -> Any:
    pairs = [value.partition(":") for value in request.form.getlist("told")]
    with writing(v.house.engine) as session:
        subscriptions.choose_for_roles(session, v.actor, [(topic, role) for topic, _, role in pairs])
    return v.back("/rooms", _SAVED)


def _leave(v: Visit, room: str) -> Any:
    with writing(v.house.engine) as session:
        subscriptions.leave(session, v.actor, room)
    return v.back("/rooms", _LEFT)


_EDIT = "subscriptions.edit"
VIEWS = (
    View("rooms", "/rooms", _EDIT, _rooms),
    View("told_roles", "/rooms/roles", _EDIT, _roles, ("POST",)),
    View("add_room", "/rooms/add", _EDIT, _add, ("POST",)),
    View("leave_room", "/rooms/<room>/leave", _EDIT, _leave, ("POST",)),
)
