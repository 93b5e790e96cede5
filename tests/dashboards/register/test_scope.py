"""Who sees a part of the house finds the reports of that part in the register, and is told of no other, wherever they ask."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from installation import published_demo
from register_cast import FACTS, PASSWORD, Cast, Walk, cast, walk
from visitors import EVERYTHING, known, logged_in
from werkzeug.datastructures import FileStorage

from dashboards.app import Application, create_app
from fracas import lessons, returned
from fracas.lessons import Words
from fracas.model import Person
from fracas.people import Actor
from fracas.permissions import Function, Role
from fracas.states import State
from warehouse.settings import Home

REGION, LINE = "华东 East", "制动系统 Brake systems"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
# What only the reports of elsewhere say; their numbers beside.
TELLING = (
    "BR-2041",
    "air leaks at the brake cylinder",
    "rubber of the wrong mixture",
    "soft rings of L-77",
    "V-991",
    "far.png",
)
# Words that are in reports here and elsewhere.
ALIKE = "air leaks at the cylinder 漏风"


@dataclass(frozen=True)
class World:
    """Reports here and elsewhere, and two who may do everything: one in the whole house, one in a part of it."""

    app: Application
    cast: Cast
    closed: Walk
    due: Walk
    near: str
    boss: FlaskClient
    eastern: FlaskClient

    @property
    def numbers(self) -> tuple[str, str]:
        return str(self.closed.report.number), str(self.due.report.number)

    def told(self, answer: Any) -> set[str]:
        """What an answer tells of the reports elsewhere."""
        text = answer.get_data(as_text=True) if answer.mimetype.startswith(("text", "application/json")) else ""
        return {words for words in (*TELLING, *self.numbers, self.closed.id, self.due.id) if words in text}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    path: Path = tmp_path_factory.mktemp("scope") / "home"
    shutil.copytree(published_demo(tmp_path_factory), path)
    app = create_app(Home(path))
    register, staff = app.house.register, app.house.staff
    password = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

    def hire(login: str, *roles: Role, functions: tuple[Function, ...] = ()) -> Actor:
        return staff.enrol(
            None, Person(login=login, name=login.title(), password=password, roles=[*roles], functions=[*functions])
        )

    people = cast(hire)
    closed, due = walk(register, people, "closed"), walk(register, people, "due")
    closed.to(State.SUBMITTED)
    with app.house.store.keeping(io.BytesIO(PNG), "far.png") as kept:
        register.add_file(people.engineer, closed.id, **kept.__dict__)
    closed.to(State.CLOSED)
    words = Words(*(["soft rings of L-77"] * len(Words.__dataclass_fields__)))
    lessons.write(register, people.analyst, closed.id, closed.version, words)
    due.to(State.CAUSE_CONFIRMED)
    due.plan(people.analyst, "corrective")
    due.save(people.analyst, new_risks="none seen", like_items="all units")
    repair = {"repair_no": "", "part_no": "P-4411", "serial_no": "V-991", "description": "valve"}
    returned.start(register, people.engineer, due.id, due.version, {k: v or None for k, v in repair.items()})
    here = {
        **FACTS,
        "region": REGION,
        "product_line": LINE,
        "serial_no": "NEAR-1",
        "asset_id": None,
        "symptom": f"{ALIKE} here",
    }
    near = register.draft(people.reporter, "near", here)
    register.move(people.reporter, near, 1, "submit")
    register.same_fault(people.engineer, near, closed.id)
    known(app, "eastern", *EVERYTHING, regions=[REGION], product_lines=[LINE])
    known(app, "boss", *EVERYTHING, functions=[*Function])
    return World(app, people, closed, due, near, logged_in(app, "boss"), logged_in(app, "eastern"))


def ways(world: World, report: Walk, method: str) -> dict[str, str]:
    """Each route of the register that takes something of a report, filled in with that of one report."""
    whole = report.report
    values = {
        "number": str(whole.number), "report_id": report.id, "form": "fracas", "kind": "pdf",
        "file_id": next(iter(f.id for f in whole.files), ""), "action_id": whole.actions[0].id, "deed": "withdraw",
        "unit_id": next(iter([*(u.id for u in whole.like_units), *(u.id for u in whole.returned_units)]), ""),
        "step": "inspect", "group": "facts", "name": "return",
    }  # fmt: skip
    rules = [r for r in world.app.server.url_map.iter_rules() if method in (r.methods or ())]
    filled = {}
    for rule in rules:
        names = set(re.findall(r"<(?:\w+:)?(\w+)>", rule.rule))
        if rule.endpoint.startswith("register.") and names & {"number", "report_id", "file_id"}:
            filled[rule.endpoint] = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: values[m[1]], rule.rule)
    return filled


def test_no_page_file_or_print_of_a_report_elsewhere_is_handed_out(world: World) -> None:
    routes = ways(world, world.closed, "GET")
    assert len(routes) >= 4
    for address in [*routes.values(), f"/reports/{world.closed.id}", f"/reports/{world.numbers[1]}"]:
        with world.eastern.get(address) as mine, world.boss.get(address) as whole:
            assert mine.status_code == 404, address
            assert whole.status_code in (200, 302), address
            assert not world.told(mine) - {part for part in world.told(mine) if part in address}


def test_nothing_can_be_done_to_a_report_elsewhere(world: World) -> None:
    routes = ways(world, world.closed, "POST")
    assert len(routes) >= 8
    before = world.closed.report.version, world.due.report.version
    for walked in (world.closed, world.due):
        for address in ways(world, walked, "POST").values():
            answers = []
            for place in (address, address.replace(walked.id, "f" * 32)):
                said = {"version": walked.version, "reason": "x", "is_affected": "yes", "finding": "x"}
                file = {"file": FileStorage(io.BytesIO(PNG), filename="a.png")}
                answers.append(world.eastern.post(place, data=file if place.endswith("/files") else said))
            # Refused as for a report that does not exist.
            assert 400 <= answers[0].status_code == answers[1].status_code, address
            assert not world.told(answers[0]) - {walked.id}, address
    # Nor by way of a report that is theirs.
    for address, data in {
        f"/reports/{world.near}/same": {"other": world.numbers[0]},
        f"/reports/{world.near}/move/duplicate": {"version": 1, "duplicate_of": world.numbers[0], "reason": "x"},
        "/review/decide": {
            f"decision.{world.due.id}": "approve",
            f"version.{world.due.id}": before[1],
            "password": "x",
        },
    }.items():
        answer = world.eastern.post(address, data=data, follow_redirects=True)
        assert not world.told(answer) - {*data.values(), world.due.id}, address
    assert (world.closed.report.version, world.due.report.version) == before


@pytest.mark.parametrize(
    "address",
    [
        "/tasks",
        "/reports",
        "/reports?region=East&product_line=Brakes&text=air",
        "/reports?which=overdue",
        "/reports/board",
        "/reports/export.csv",
        "/review",
        "/returned",
        "/knowledge?text=soft+rings+rubber",
        f"/reports/similar?text={ALIKE}",
        "/reports/{near}",
    ],
)
def test_no_list_tells_of_a_report_elsewhere(world: World, address: str) -> None:
    address = address.replace("{near}", world.near)
    mine, whole = (client.get(address, follow_redirects=True, buffered=True) for client in (world.eastern, world.boss))
    assert (mine.status_code, whole.status_code) == (200, 200)
    assert world.told(whole)
    assert world.told(mine) == set()


def test_what_is_theirs_they_find(world: World) -> None:
    [number] = {str(r.number) for r in [world.app.house.register.look(world.cast.reporter, world.near)]}
    for address in ("/reports", "/reports/board", "/reports/export.csv", f"/reports/similar?text={ALIKE}"):
        answer = world.eastern.get(address).get_data(as_text=True)
        assert "NEAR-1" in answer or number in answer, address
    assert world.eastern.get(f"/reports/{number}").status_code == 200


def test_minutes_tell_of_no_decision_elsewhere(world: World) -> None:
    signed_at = next(s.signed_at for s in world.closed.report.signatures)
    day = signed_at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(world.app.house.register.zone)).date()
    mine, whole = (c.get(f"/review?on={day}") for c in (world.eastern, world.boss))
    assert world.numbers[0] in whole.get_data(as_text=True)
    assert world.told(mine) == set()


def test_units_elsewhere_are_neither_suggested_nor_labelled_nor_filled_in(world: World) -> None:
    reading = world.app.desk.reader.current()
    assert reading is not None
    [(asset, serial, site)] = reading.rows(
        "SELECT asset_id, serial_no, site FROM core.asset WHERE region <> ? AND product_line <> ? AND parent_asset_id IS NULL "
        "AND serial_no <> '' ORDER BY 1 LIMIT 1",
        [REGION, LINE],
    )
    [(ticket, fault, of_ticket)] = reading.rows(
        "SELECT t.ticket_id, f.fault_id, a.serial_no FROM marts.ticket AS t JOIN core.fault AS f USING (ticket_id) "
        "JOIN core.asset AS a ON a.asset_id = t.asset_id "
        "WHERE t.region <> ? AND t.product_line <> ? AND a.serial_no <> '' ORDER BY 1 LIMIT 1",
        [REGION, LINE],
    )
    label, units = f"/label?asset={asset}", f"/reports/units.json?text={serial[:-1]}"
    assert world.boss.get(label).status_code == 200
    assert world.eastern.get(label).status_code == 404
    assert serial in world.boss.get(units).get_data(as_text=True)
    assert serial not in world.eastern.get(units).get_data(as_text=True)
    for what, telling in (
        (f"asset={asset}", {site, serial}),
        (f"serial={serial}", {site, asset}),
        (f"ticket={ticket}", {of_ticket}),
        (f"fault={fault}", {of_ticket, ticket}),
    ):
        whole, mine = (
            c.get(f"/reports/new?{what}", follow_redirects=True).get_data(as_text=True)
            for c in (world.boss, world.eastern)
        )
        assert any(words in whole for words in telling), what
        assert not any(words in mine for words in telling), what
