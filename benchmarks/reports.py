"""A register of many years: so many reports with actions, like units and events, written straight into its tables."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, insert

from demo.catalogue import MODES
from fracas.database import connect
from fracas.journal import canonical
from fracas.model import Action, Counter, Event, Head, Lesson, LikeUnit, Person, Report, new_id
from fracas.permissions import Role
from fracas.states import State

# Of a hundred reports so many stand where; most are closed.
_STATES = {
    State.SUBMITTED: 3, State.VERIFIED: 1, State.CONTAINED: 1, State.ANALYSING: 3, State.CAUSE_CONFIRMED: 1,
    State.ACTION_APPROVED: 2, State.IMPLEMENTED: 1, State.MONITORING: 4, State.CLOSED: 76, State.REOPENED: 1, State.DRAFT: 1,
    State.RETURNED: 1, State.DUPLICATE: 2, State.NOT_A_FAILURE: 2, State.NO_FAULT_FOUND: 1,
}  # fmt: skip
_PLANNED = {State.ACTION_APPROVED, State.IMPLEMENTED, State.MONITORING, State.CLOSED, State.REOPENED}
_MORE = (
    "重启后恢复", "再次出现", "雨天更明显", "customer waits", "since the last service", "only in the morning", "伴有异响", "已断电",
    "at full load", "冷机启动时", "after the software update", "更换后仍然存在", "intermittent", "报警代码",
)  # fmt: skip
_REGIONS = ("North", "East", "South", "West")
_LINES = ("Doors", "Brakes", "HVAC", "Pumps")
_PEOPLE = 40
_PART = 10_000


def symptom(chance: random.Random) -> str:
    """A customer's words about one way of failing, with what people add: circumstances, codes, numbers."""
    words = [chance.choice(chance.choice(MODES).symptoms), *chance.sample(_MORE, chance.randrange(1, 5))]
    if chance.random() < 0.3:
        words.append(f"E-{chance.randrange(1000, 4000)}")
    if chance.random() < 0.3:
        words.append(f"{chance.randrange(1, 500)} h, {chance.randrange(20, 95)} °C")
    return "，".join(words)


def _people() -> list[dict[str, Any]]:
    """The first speaks for quality in one region; the others for any."""
    somebody = {"roles": [Role.QUALITY_ENGINEER, Role.TECHNICIAN], "is_active": True, "version": 1, "functions": []}
    return [
        {**somebody, "id": new_id(), "login": f"q{n}", "name": f"Q{n}", "regions": [] if n else ["East"], "product_lines": []}
        for n in range(_PEOPLE)
    ]  # fmt: skip


def _report(n: int, chance: random.Random, people: list[str], first: dt.datetime) -> dict[str, Any]:
    (state,) = chance.choices([*_STATES], [*_STATES.values()])
    mode, at = chance.choice(MODES), first + dt.timedelta(minutes=10 * n)
    is_analysed = state in _PLANNED | {State.ANALYSING, State.CAUSE_CONFIRMED}
    return {
        "id": f"{n:032x}", "number": None if state == State.DRAFT else f"FR-{at:%Y}-{n:06d}", "state": state,
        "reporter_id": chance.choice(people), "owner_id": chance.choice(people) if is_analysed else None,
        "analyst_id": chance.choice(people) if is_analysed else None, "created_at": at,
        "changed_at": at + dt.timedelta(days=chance.random() * 90), "submitted_at": at, "occurred_at": at,
        "version": 4, "region": chance.choice(_REGIONS), "product_line": chance.choice(_LINES),
        "serial_no": f"BR-{chance.randrange(20_000)}", "asset_id": f"A-{chance.randrange(20_000)}",
        "symptom": symptom(chance), "component": mode.component, "lot": f"L-{chance.randrange(500)}",
        "severity": chance.choice(("incipient", "degraded", "critical")), "cause": "磨损 wear", "five_whys": [], "ishikawa": {},
        "monitored_days": 90, "monitored_from": at.date(), "is_management_cause": False,
        "verdict": "effective" if state in (State.MONITORING, State.CLOSED) else None,
    }  # fmt: skip


def _actions(report: dict[str, Any], chance: random.Random, people: list[str]) -> list[dict[str, Any]]:
    if report["state"] not in _PLANNED:
        return []
    due, at = report["created_at"].date() + dt.timedelta(days=30), report["created_at"]
    is_done = report["state"] not in (State.ACTION_APPROVED, State.REOPENED)
    return [
        {"id": new_id(), "report_id": report["id"], "kind": kind, "description": "replace it by one of a newer lot",
         "owner_id": chance.choice(people), "author_id": report["analyst_id"], "made_at": at, "original_due_on": due, "due_on": due,
         "implemented_at": at if is_done else None, "evidence": "photos" if is_done else None,
         "effective_serials": [report["serial_no"]], "effective_lots": [], "version": 1}
        for kind in ("containment", "corrective")
    ]  # fmt: skip


def _events(reports: list[dict[str, Any]], seq: int) -> list[dict[str, Any]]:
    """Three of each report, whose seals are none: the journal of this register is not proven."""
    said = {"handling": "replaced, " * 20}
    return [
        {"seq": seq + 3 * i + k, "at": report["created_at"], "actor_id": report["reporter_id"], "kind": "save",
         "data": canonical([{"table": "report", "id": report["id"], "set": said}]), "subject": f"report:{report['id']}", "previous": "0" * 64, "mac": "0" * 64, "from_state": "submitted",
         "to_state": "submitted"}
        for i, report in enumerate(reports)
        for k in range(3)
    ]  # fmt: skip


def filled(url: str, reports: int) -> Engine:
    """A register with so many reports and a lesson for each twentieth."""
    engine = connect(url)
    # As durable as it need be for figures of reading.
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    chance, persons = random.Random(5), _people()
    people = [person["id"] for person in persons]
    first = dt.datetime(2026, 7, 1) - dt.timedelta(minutes=10 * reports)
    told = {f"{part}_{language}": "words" for part in ("symptom", "cause", "solution") for language in ("en", "zh")}
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(Person), persons)
        for begun in range(0, reports, _PART):
            rows = [_report(n, chance, people, first) for n in range(begun, min(begun + _PART, reports))]
            connection.execute(insert(Report), rows)
            connection.execute(insert(Action), [action for row in rows for action in _actions(row, chance, people)])
            units = [{"id": new_id(), "report_id": row["id"], "asset_id": row["asset_id"]} for row in rows[::10]]
            connection.execute(insert(LikeUnit), units)
            connection.execute(insert(Event), _events(rows, 3 * begun + 1))
            lessons = [
                {"id": new_id(), "report_id": row["id"], "author_id": people[0], "made_at": first, "version": 1, **told,
                 "symptom_en": row["symptom"], "symptom_zh": row["symptom"]}
                for row in rows[::20]
            ]  # fmt: skip
            connection.execute(insert(Lesson), lessons)
        connection.execute(Head.__table__.update().values(seq=3 * reports))
        connection.execute(insert(Counter), [{"name": f"FR-{y}-", "last": reports} for y in range(2020, 2030)])
    return engine


def emptied(file: Path) -> str:
    """The URL of a file that is not there yet."""
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    return f"sqlite:///{file}"
