"""A report's page without a browser: what its forms do, what it says when they may not, and what is exported."""

from __future__ import annotations

import html
import io
import re
import secrets
from collections.abc import Callable
from typing import Any

import docx
import pytest
from flask.testing import FlaskClient
from register_cast import FACTS, Walk
from register_cast import Cast as People
from visitors import PASSWORD, known, logged_in

from dashboards.app import Application
from fracas.database import reading
from fracas.people import Actor, by_login
from fracas.permissions import Function, Role
from fracas.register import Rejoinder
from fracas.states import State
from warehouse import report_facts

LOGINS: dict[str, tuple[tuple[Role, ...], tuple[Function, ...]]] = {
    "r-reporter": ((Role.TECHNICIAN,), ()),
    "r-engineer": ((Role.QUALITY_ENGINEER,), ()),
    "r-analyst": ((Role.QUALITY_ENGINEER,), ()),
    "r-owner": ((Role.ACTION_OWNER,), ()),
    "r-board1": ((Role.REVIEW_BOARD,), (Function.DESIGN, Function.PROCESS, Function.RELIABILITY)),
    "r-board2": ((Role.REVIEW_BOARD,), (Function.QUALITY, Function.AFTER_SALES)),
    "r-reviewer": ((Role.QUALITY_ENGINEER,), ()),
    "r-manager": ((Role.MANAGER,), ()),
    "r-administrator": ((Role.ADMINISTRATOR,), ()),
}


@pytest.fixture(scope="module")
def people(app: Application) -> People:
    for login, (roles, functions) in LOGINS.items():
        known(app, login, *roles, functions=[*functions])

    def actor(name: str) -> Actor:
        with reading(app.house.engine) as session:
            person = by_login(session, f"r-{name}")
            assert person is not None
            return Actor.of(person)

    return People(
        reporter=actor("reporter"),
        engineer=actor("engineer"),
        analyst=actor("analyst"),
        owner=actor("owner"),
        board=(actor("board1"), actor("board2")),
        reviewer=actor("reviewer"),
        manager=actor("manager"),
        administrator=actor("administrator"),
    )


class Signing(Walk):
    """The same people with the password that the application's tests have."""

    def move(self, actor: Actor, name: str, said: Any = None) -> str:
        return super().move(actor, name, said or Rejoinder(password=PASSWORD))


@pytest.fixture
def begin(app: Application, people: People) -> Callable[..., Walk]:
    def make(state: State = State.SUBMITTED, **facts: Any) -> Walk:
        register = app.house.register
        report_id = register.draft(people.reporter, secrets.token_hex(12), {**FACTS, **facts})
        return Signing(register, people, report_id).to(state)

    return make


@pytest.fixture(scope="module")
def engineer(app: Application, people: People) -> FlaskClient:
    assert people
    return logged_in(app, "r-engineer")


def page(client: FlaskClient, way: Walk, language: str = "en") -> str:
    answer = client.get(f"/reports/{way.report.number}?lang={language}")
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def post(client: FlaskClient, way: Walk, deed: str, **sent: Any) -> Any:
    return client.post(f"/reports/{way.id}/{deed}", data={"version": str(way.version), **sent})


def test_a_group_is_saved_and_told_in_the_history(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    way = begin()
    answer = post(engineer, way, "save/verification", is_failure="yes", failed_item="valve BV-3", is_segregated="no")
    assert answer.status_code == 302
    report = way.report
    assert (report.is_failure, report.failed_item, report.is_segregated) == (True, "valve BV-3", False)
    said = page(engineer, way)
    assert "The failed item is not segregated." in said
    assert "R-Engineer" in said
    assert "valve BV-3" in page(engineer, way, "zh")


def test_what_is_refused_is_said_with_what_was_written(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    way = begin()
    # The cause is not looked for before the report is contained.
    answer = post(engineer, way, "save/analysis", cause="my long thought about the cause <b>")
    said = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "my long thought about the cause &lt;b&gt;" in said
    assert "已上报" in said or "Submitted" in said
    assert way.report.cause is None
    for deed in ("save/nothing", "move/nothing"):
        assert post(engineer, way, deed).status_code == 404
    assert engineer.post(f"/reports/{way.id}/save/facts", data={"effect": "x"}).status_code == 400


def test_a_gate_says_all_that_is_missing_at_once(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    answer = post(engineer, begin(), "move/verify")
    said = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 400
    assert len(re.findall(r"<li>[^<]+</li>", said[said.index("alert") :])) >= 3


def test_parts_are_completed_by_who_completes_the_facts(
    app: Application, engineer: FlaskClient, begin: Callable[..., Walk]
) -> None:
    way = begin()
    sent = {"part_no": ["P-1", ""], "old_serial": ["o", ""], "new_serial": ["n", ""], "quantity": ["3", ""]}
    assert post(engineer, way, "parts", **sent).status_code == 302
    assert [(p.part_no, p.old_serial, p.new_serial, p.quantity) for p in way.report.parts] == [("P-1", "o", "n", 3.0)]
    assert post(logged_in(app, "r-manager"), way, "parts", **sent).status_code == 403


def test_like_units_come_from_the_records(app: Application, engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    current = app.desk.reader.current()
    assert current is not None
    part, model = current.rows(
        """
        SELECT u.part_no, a.model FROM core.part_use u JOIN core.repair r USING (repair_id) JOIN core.asset a USING (asset_id)
        GROUP BY ALL HAVING count(DISTINCT asset_id) BETWEEN 3 AND 400 ORDER BY 1, 2 LIMIT 1
        """
    )[0]
    (n,) = current.rows(
        "SELECT count(DISTINCT a.asset_id) FROM core.part_use u JOIN core.repair r USING (repair_id) "
        "JOIN core.asset a USING (asset_id) WHERE u.part_no = ? AND coalesce(a.status, '') <> 'scrapped'",
        [part],
    )[0]
    (with_model,) = current.rows(
        "SELECT count(DISTINCT a.asset_id) FROM core.asset a LEFT JOIN core.repair r USING (asset_id) "
        "LEFT JOIN core.part_use u USING (repair_id) "
        "WHERE (a.model = ? OR u.part_no = ?) AND coalesce(a.status, '') <> 'scrapped'",
        [model, part],
    )[0]
    assert with_model <= report_facts.MOST_UNITS
    way = begin(State.ANALYSING, part_no=part, model=model, lot=None, asset_id=None)
    assert post(engineer, way, "units", by="part").status_code == 302
    assert len(way.report.like_units) == n
    # Those that are listed already stay as they are.
    post(engineer, way, "units", by="part")
    assert len(way.report.like_units) == n
    post(engineer, way, "units", by="model")
    assert len(way.report.like_units) == with_model
    unit = way.report.like_units[0]
    assert post(engineer, way, f"units/{unit.id}", is_affected="", finding="?").status_code == 400
    post(engineer, way, f"units/{unit.id}", is_affected="yes", finding="ring is hard")
    checked = next(u for u in way.report.like_units if u.id == unit.id)
    assert (checked.is_affected, checked.finding) == (True, "ring is hard")


def test_units_are_named_by_hand_too(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    way = begin(State.ANALYSING)
    post(engineer, way, "units", by="named", units="X-1\n\n X-2 \nX-1")
    assert [u.serial_no for u in way.report.like_units] == ["X-1", "X-2"]


def test_a_lesson_is_found_in_either_language(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    way = begin(State.CAUSE_CONFIRMED)
    words = {
        "symptom_en": "parking brake drags", "symptom_zh": "停放制动不缓解", "cause_en": "ice in the valve",
        "cause_zh": "阀内结冰", "solution_en": "dry the air", "solution_zh": "干燥压缩空气",
    }  # fmt: skip
    assert post(engineer, way, "lesson", **{**words, "cause_zh": ""}).status_code == 400
    assert post(engineer, way, "lesson", **words).status_code == 302
    for language, text, told in (
        ("en", "brake drags", "dry the air"),
        ("zh", "停放制动", "干燥压缩空气"),
        ("en", "停放制动", "dry the air"),
    ):
        said = engineer.get("/knowledge", query_string={"text": text, "lang": language}).get_data(as_text=True)
        assert told in said, (language, text)
        assert way.report.number is not None
        assert way.report.number in said


def test_the_minutes_tell_who_decided_what(app: Application, begin: Callable[..., Walk]) -> None:
    way = begin(State.ACTION_APPROVED)
    client = logged_in(app, "r-board1")
    assert way.report.number in client.get("/review").get_data(as_text=True)
    made = client.get("/review/minutes.docx?lang=en").get_data()
    told = docx.Document(io.BytesIO(made))
    text = "\n".join(
        [p.text for p in told.paragraphs] + [c.text for t in told.tables for row in t.rows for c in row.cells]
    )
    assert way.report.number in text
    for word in ("R-Board1", "R-Board2", "Approve the actions", "Design", "After-sales"):
        assert word in text, word
    assert client.get("/review/minutes.exe").status_code == 404
    assert client.get("/review/minutes.pdf?on=2020-01-01").status_code == 200


def test_the_same_fault_is_linked_by_number(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    first, second = begin(), begin()
    assert post(engineer, first, "same", other=second.report.number).status_code == 302
    assert second.report.number in page(engineer, first)[page(engineer, first).index('id="same"') :]
    assert post(engineer, first, "same", other="FR-1999-00001").status_code == 404
    assert post(engineer, first, "same", other=first.report.number).status_code == 400


def test_the_way_of_a_returned_part(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    way = begin()
    post(engineer, way, "returned", part_no="P-1", serial_no="V-9", description="valve", repair_no="")
    assert way.report.number in engineer.get("/returned").get_data(as_text=True)
    (unit,) = way.report.returned_units
    sent = {"version": str(unit.version)}
    assert engineer.post(f"/reports/{way.id}/returned/{unit.id}/inspect", data=sent).status_code == 403
    assert engineer.post(f"/reports/{way.id}/returned/{unit.id}/receive", data=sent).status_code == 302
    assert way.report.returned_units[0].received_at is not None


def test_lists_export_what_they_show(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    way = begin(symptom="=cmd|' /C calc'!A0", severity="incipient")
    sent = engineer.get(f"/reports/export.csv?text={way.report.number}&lang=en").get_data(as_text=True)
    assert way.report.number in sent
    # What a spreadsheet would run is a text.
    assert "'=cmd" in sent
    assert "Incipient" in sent
    assert sent.count("\n") == 2
    assert engineer.get("/reports/export.exe").status_code == 404


def test_a_report_is_found_by_its_number_and_by_its_id(engineer: FlaskClient, begin: Callable[..., Walk]) -> None:
    way = begin()
    assert engineer.get(f"/reports/{way.id}").location == f"/reports/{way.report.number}"
    for nothing in ("FR-1999-00001", "nothing", "0" * 32):
        answer = engineer.get(f"/reports/{nothing}")
        assert answer.status_code == 404
        assert "<nav" in answer.get_data(as_text=True)


def test_a_report_is_found_in_the_top_bar_before_it_was_ever_pulled(
    app: Application, engineer: FlaskClient, begin: Callable[..., Walk]
) -> None:
    way = begin()
    body = {
        "output": "lookup.data",
        "outputs": {"id": "lookup", "property": "data"},
        "inputs": [{"id": "lookup", "property": "searchValue", "value": str(way.report.number).lower()}],
        "changedPropIds": ["lookup.searchValue"],
        "state": [
            {"id": "search", "property": "data", "value": ""},
            {"id": "language", "property": "data", "value": "en"},
        ],
    }
    found = str(engineer.post("/_dash-update-component", json=body).get_json())
    assert f"/reports/{way.report.number}" in found
    assert "Submitted" in found
    known(app, "western", Role.QUALITY_ENGINEER, regions=["West of everything"])
    elsewhere = logged_in(app, "western").post("/_dash-update-component", json=body).get_json()
    assert f"/reports/{way.report.number}" not in str(elsewhere)
