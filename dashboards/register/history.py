"""Events of the journal in words: who did what when, and what each column held before and holds since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bilingual.text import Text
from dashboards.register.shown import shown
from dashboards.register.view import Visit
from fracas.columns import TABLES
from fracas.model import Event
from fracas.states import LABELS, MOVES, State

PLATFORM = Text(en="FaultLoop", zh="FaultLoop")
_GONE = Text(en="taken out", zh="已删除")
KINDS: dict[str, Text] = {
    "draft": Text(en="Begun", zh="创建"),
    "save": Text(en="Completed", zh="填写"),
    "parts": Text(en="Replaced parts", zh="更换部件"),
    "action": Text(en="Action proposed", zh="提出措施"),
    "action.postponed": Text(en="Due date moved", zh="期限调整"),
    "action.implemented": Text(en="Action implemented", zh="措施已实施"),
    "action.withdrawn": Text(en="Action withdrawn", zh="措施已撤回"),
    "units": Text(en="Like units listed", zh="列出同类设备"),
    "unit.checked": Text(en="Like unit checked", zh="同类设备已排查"),
    "file": Text(en="File added", zh="添加文件"),
    "same_fault": Text(en="Same fault linked", zh="关联同一故障"),
    "review": Text(en="Reviewed", zh="独立审查"),
    "verdict": Text(en="Verdict on the effect", zh="效果结论"),
    "returned_unit": Text(en="Returned part", zh="返修件"),
    "lesson": Text(en="Lesson", zh="知识条目"),
    **{name: move.label for name, move in MOVES.items()},
}


@dataclass(frozen=True)
class Change:
    """One column: of what, its name, what it held before, what it holds since."""

    of: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """One event in words. way: from which state to which, where it moved."""

    at: str
    who: str
    what: str
    way: str
    reason: str
    changes: tuple[Change, ...]


def _changes(v: Visit, event: Event, held: dict[tuple[str, str], Any]) -> Iterator[Change]:
    for change in json.loads(event.data):
        table = change["table"]
        if table not in TABLES:
            continue
        label, columns = TABLES[table]
        of = "" if table == "report" else v.say(label)
        if change.get("gone"):
            yield Change(of, v.say(_GONE), "", "")
        for name, value in change.get("set", {}).items():
            place = (change["id"], name)
            before, held[place] = held.get(place), value
            # What is told of by the event itself, or by nothing that people read, has no column here.
            if name in columns and name not in ("state", "created_at", "changed_at"):
                column = columns[name]
                words = shown(v, column, before), shown(v, column, value)
                if words[0] != words[1]:
                    yield Change(of, v.say(column.label), *words)


def told(v: Visit, events: Iterable[Event]) -> list[Told]:
    """Events, given in their order, in words; the last first."""
    held: dict[tuple[str, str], Any] = {}
    return [_told(v, event, held) for event in events][::-1]


def _told(v: Visit, event: Event, held: dict[tuple[str, str], Any]) -> Told:
    def state(name: Any) -> str:
        return LABELS[State(name)][v.language] if name else ""

    moved = event.from_state and event.to_state and event.from_state != event.to_state
    return Told(
        at=v.local(event.at),
        who=v.person(event.actor_id) or v.say(PLATFORM),
        what=v.say(KINDS.get(event.kind, Text(en=event.kind, zh=event.kind))),
        way=f"{state(event.from_state)} → {state(event.to_state)}" if moved else "",
        reason=event.reason or "",
        changes=tuple(_changes(v, event, held)),
    )
