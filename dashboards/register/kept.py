"""Events of people and base data in words: what each row was before, and what it is since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from bilingual.text import Text
from dashboards.register.history import PLATFORM, Change, Told
from dashboards.register.view import Visit
from fracas.model import Event

# A row's columns as the journal has them; by it a page says what the row is called and what it holds.
Row = dict[str, Any]
Words = Callable[[Row, Row], Iterable[Change]]
# Of an import of thousands of rows a page shows so many.
_MOST = 200
_KINDS = {
    "person": Text(en="Changed", zh="更改"),
    "password": Text(en="Password set", zh="设置密码"),
    "single_sign_on": Text(en="Bound to the single sign-on", zh="绑定单点登录"),
    "code": Text(en="Changed", zh="更改"),
    "bom": Text(en="Changed", zh="更改"),
    "mapping": Text(en="Saved", zh="保存"),
    "mapping.found": Text(en="Found: changed on the server", zh="发现：已在服务器上修改"),
}
_FIRST = {"person": Text(en="Added", zh="添加")}
_MORE = Text(en="{n} more rows", zh="另有 {n} 行")


def told(v: Visit, events: Iterable[Event], words: Words) -> list[Told]:
    """Events, given in their order, in words; the last first. words: what a row was and is, both empty where it was not."""
    held: dict[str, Row] = {}
    return [_told(v, event, held, words) for event in events][::-1]


def _told(v: Visit, event: Event, held: dict[str, Row], words: Words) -> Told:
    is_first = not held
    changes: list[Change] = []
    for change in json.loads(event.data):
        before = held.get(change["id"], {})
        after = {} if change.get("gone") else before | change["set"]
        held[change["id"]] = after
        changes += words(before, after)
    if len(changes) > _MOST:
        rest = v.say(_MORE.format(n=len(changes) - _MOST))
        changes = [*changes[:_MOST], Change("", rest, "", "…")]
    kinds = _KINDS | _FIRST if is_first else _KINDS
    return Told(
        at=v.local(event.at),
        who=v.person(event.actor_id) or v.say(PLATFORM),
        what=v.say(kinds.get(event.kind, Text(en=event.kind, zh=event.kind))),
        way="",
        reason=event.reason or "",
        changes=tuple(changes),
    )
