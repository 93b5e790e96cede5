"""Looking after people: who they are, what they may and see, whether they come in; each change with its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, request

from bilingual.errors import UserError
from bilingual.text import Text, as_language
from dashboards.register.history import Change
from dashboards.register.kept import Row, told
from dashboards.register.sent import version
from dashboards.register.view import View, Visit
from fracas import lists
from fracas.model import Person
from fracas.people import hashed
from fracas.permissions import FUNCTIONS, ROLES
from warehouse.records import places
from warehouse.technicians import technicians

OPERATE = Text(en="Operate", zh="运行")
_TITLE = Text(en="People", zh="人员")
_NEW = Text(en="Add a person", zh="添加人员")
_SAVED = Text(en="Saved.", zh="已保存。")
_ADDED = Text(en="{name} was added.", zh="已添加 {name}。")
_PASSWORD_SET = Text(en="The password was set; {name} logs in anew.", zh="已设置密码；{name} 须重新登录。")
_ENDED = Text(en="All visits of {name} were ended.", zh="已结束 {name} 的全部会话。")
LABELS: dict[str, Text] = {
    "login": Text(en="Login", zh="登录名"),
    "name": Text(en="Name", zh="姓名"),
    "email": Text(en="E-mail", zh="邮箱"),
    "language": Text(en="Language", zh="语言"),
    "technician_id": Text(en="Technician", zh="技术员"),
    "is_active": Text(en="May come in", zh="启用"),
    "roles": Text(en="Roles", zh="角色"),
    "functions": Text(en="Speaks on the board for", zh="在评审中代表"),
    "regions": Text(en="Regions", zh="区域"),
    "product_lines": Text(en="Product lines", zh="产品线"),
    "subject": Text(en="Single sign-on", zh="单点登录"),
}
LANGUAGES = {"zh": Text(en="Chinese", zh="中文"), "en": Text(en="English", zh="英文")}
_YES, _NO = Text(en="yes", zh="是"), Text(en="no", zh="否")
_LONGEST = 200


def passwords() -> list[str]:
    """The fields for passwords of a form, in their order; all of one name, under which nothing is ever shown again."""
    return [text[:1000] for text in request.form.getlist("password")]


def repeated(new: str, again: str) -> str:
    """A new password that was typed twice. UserError where it differs."""
    if new != again:
        raise UserError(en="The two passwords differ; type the same twice.", zh="两次输入的密码不一致；请重新输入。")
    return new


def _scope(v: Visit, person: Person | None) -> dict[str, list[str]]:
    """The regions and product lines to choose from: those of the records, of reports, and what is chosen now."""
    reading = v.desk.reader.current()
    known = places(reading) if reading is not None else {}
    return {
        plural: sorted(
            {value for value, _ in known.get(single, ()) if value}
            | set(lists.values(v.register, v.actor, single))
            | set(getattr(person, plural) if person else ())
        )
        for single, plural in (("region", "regions"), ("product_line", "product_lines"))
    }


def _technicians(v: Visit) -> list[tuple[str, str]]:
    """The technicians of the records: number and words, by name."""
    reading = v.desk.reader.current()
    found = technicians(reading).items() if reading is not None else ()
    named = [(number, " · ".join(filter(None, (t.name, t.team)))) for number, t in found]
    return sorted(named, key=lambda one: one[1])


def _among(chosen: Iterable[str], there: Iterable[str], label: Text) -> list[str]:
    known, found = set(there), sorted({text for text in chosen if text})
    for text in found:
        if text not in known:
            raise UserError(
                en="{label}: “{value}” is none of the choices.",
                zh="{label}：“{value}”不在选项中。",
                label=label,
                value=text[:60],
            )
    return found


def _sent(v: Visit, person: Person | None) -> dict[str, Any]:
    """What the form says of a person."""
    sent = request.form
    technician = sent.get("technician_id", "")
    known = [number for number, _ in _technicians(v)] + ([person.technician_id or ""] if person else [])
    scope = _scope(v, person)
    return {
        "name": " ".join(sent.get("name", "").split())[:_LONGEST],
        "email": sent.get("email", "").strip()[:_LONGEST] or None,
        "language": as_language(sent.get("language")),
        "technician_id": next(iter(_among([technician], known, LABELS["technician_id"])), None),
        "is_active": sent.get("is_active") == "yes",
        "roles": _among(sent.getlist("roles"), ROLES, LABELS["roles"]),
        "functions": _among(sent.getlist("functions"), FUNCTIONS, LABELS["functions"]),
        "regions": _among(sent.getlist("regions"), scope["regions"], LABELS["regions"]),
        "product_lines": _among(sent.getlist("product_lines"), scope["product_lines"], LABELS["product_lines"]),
    }


def _people(v: Visit) -> Response:
    everybody = v.house.staff.everybody(v.actor)
    return v.page(
        "people.html",
        _TITLE,
        people=sorted(everybody, key=lambda p: not p.is_active),
        seen=v.house.staff.last_seen(v.actor),
        labels=LABELS,
    )


def _form(v: Visit, person: Person | None) -> dict[str, Any]:
    """What the fields of a person need: the choices of each as pairs of value and words."""
    return {
        "person": person,
        "labels": LABELS,
        "choices": {
            "language": [(name, v.say(words)) for name, words in LANGUAGES.items()],
            "technician_id": _technicians(v),
            "roles": [(name.value, v.say(words)) for name, words in ROLES.items()],
            "functions": [(name.value, v.say(words)) for name, words in FUNCTIONS.items()],
            **{name: [(value, value) for value in values] for name, values in _scope(v, person).items()},
        },
        "has_single_sign_on": bool(v.house.home.settings.oidc_issuer),
    }


def _new(v: Visit) -> Any:
    if request.method == "GET":
        return v.page("person_new.html", _NEW, **_form(v, None))
    new, again = (*passwords(), "", "")[:2]
    # Whom the single sign-on lets in needs no password; nobody has one that nobody typed.
    may_have_none = bool(v.house.home.settings.oidc_issuer)
    secret = None if may_have_none and not new else hashed(repeated(new, again))
    person = Person(login=request.form.get("login", "").strip(), password=secret, **_sent(v, None))
    name = person.name
    added = v.house.staff.enrol(v.actor, person)
    return v.back(f"/people/{added.id}", _ADDED.format(name=name))


def _person(v: Visit, person_id: str) -> Any:
    staff = v.house.staff
    person = staff.person(v.actor, person_id)
    if request.method == "POST":
        changes = _sent(v, person)
        if request.form.get("unbind"):
            changes["subject"] = None
        staff.change(v.actor, person_id, version(), changes)
        return v.back(f"/people/{person_id}", _SAVED)
    return v.page(
        "person.html",
        person.name,
        visits=staff.visits(v.actor, person_id),
        browser=browser,
        events=told(v, staff.history(v.actor, person_id), lambda before, after: changes_of(v, before, after)),
        **_form(v, person),
    )


def _set_password(v: Visit, person_id: str) -> Any:
    new, again = (*passwords(), "", "")[:2]
    person = v.house.staff.person(v.actor, person_id)
    v.house.staff.set_password(v.actor, person_id, repeated(new, again))
    return v.back(f"/people/{person_id}", _PASSWORD_SET.format(name=person.name))


def _end_visits(v: Visit, person_id: str) -> Any:
    person = v.house.staff.person(v.actor, person_id)
    v.house.staff.end_visits(v.actor, person_id)
    return v.back(f"/people/{person_id}", _ENDED.format(name=person.name))


def changes_of(v: Visit, before: Row, after: Row) -> Iterator[Change]:
    """What changed of a person, in words; of a password, that it did."""
    for name, label in LABELS.items():
        was, now = _shown(v, name, before.get(name)), _shown(v, name, after.get(name))
        if was != now:
            yield Change("", v.say(label), was, now)


def _shown(v: Visit, name: str, value: Any) -> str:
    if value is None:
        return ""
    match name:
        case "roles" | "functions":
            return ", ".join(v.say(text) for one, text in (*ROLES.items(), *FUNCTIONS.items()) if one in value)
        case "regions" | "product_lines":
            return ", ".join(value)
        case "is_active":
            return v.say(_YES if value else _NO)
        case "language":
            return v.say(LANGUAGES[value]) if value in LANGUAGES else value
    return str(value)


_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "MicroMessenger": "WeChat",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")


def browser(said: str | None) -> str:
    """What a browser calls itself, as people call it."""
    text = said or ""
    found = next((words for mark, words in _BROWSERS.items() if mark in text), "")
    system = next((name for name in _SYSTEMS if name in text), "")
    return " · ".join(filter(None, (found, system))) or text[:60] or "—"


_POST = ("POST",)
VIEWS = (
    View("people", "/people", "people.edit", _people, title=_TITLE, group=OPERATE, order=45),
    View("person_new", "/people/new", "people.edit", _new, ("GET", "POST")),
    View("person", "/people/<person_id>", "people.edit", _person, ("GET", "POST")),
    View("set_password", "/people/<person_id>/password", "people.edit", _set_password, _POST),
    View("end_visits", "/people/<person_id>/visits/end", "people.edit", _end_visits, _POST),
)
