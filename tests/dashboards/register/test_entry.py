"""Writing a report without a browser: what is filled in, kept, refused; and that it is one report however often it is sent."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from visitors import known, logged_in

from dashboards.app import Application
from fracas.database import reading
from fracas.looking import by_submission
from fracas.model import Report
from fracas.people import Actor, by_login
from fracas.permissions import Role

FACTS = {
    "2": {"occurred_at": "2026-03-01T08:30"},
    "3": {"symptom": "门关不上 the door does not close"},
    "4": {"severity": "degraded", "delay_minutes": "12.5", "is_out_of_service": "yes"},
}


@pytest.fixture(scope="module")
def writer(app: Application) -> FlaskClient:
    known(app, "writer", Role.TECHNICIAN)
    known(app, "other", Role.TECHNICIAN)
    return logged_in(app, "writer")


@pytest.fixture
def address() -> str:
    return f"/reports/write/{secrets.token_urlsafe(18)}"


@pytest.fixture(scope="module")
def ask(app: Application) -> Callable[..., Any]:
    current = app.desk.reader.current()
    assert current is not None
    return lambda sql: current.rows(sql)[0]


def kept(app: Application, address: str) -> Report:
    with reading(app.house.engine) as session:
        person = by_login(session, "writer")
        assert person is not None
        actor = Actor.of(person)
    found = by_submission(app.house.register, actor, address.split("/")[3].split("?", maxsplit=1)[0])
    assert found is not None
    return found


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return html.unescape(answer.get_data(as_text=True))


def value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', page)
    return found[1] if found else ""


def send(client: FlaskClient, address: str, step: int, go: str = "next", **more: Any) -> Any:
    return client.post(address, data={"step": str(step), "go": go, **FACTS.get(str(step), {}), **more})


def test_a_new_report_has_an_address_of_its_own(writer: FlaskClient) -> None:
    first, second = (writer.get("/reports/new?asset=A1&evil=x").location for _ in range(2))
    assert first != second
    assert re.fullmatch(r"/reports/write/[\w-]{24}\?asset=A1", first)


def test_a_ticket_becomes_a_report_with_its_facts_and_parts(
    app: Application, writer: FlaskClient, address: str, ask: Any
) -> None:
    ticket, fault, asset, serial, model, component, mode, part, new = ask(
        """
        SELECT t.ticket_id, f.fault_id, a.asset_id, a.serial_no, a.model, f.component, f.failure_mode, u.part_no, u.new_serial
        FROM core.ticket t JOIN core.fault f USING (ticket_id) JOIN core.asset a ON a.asset_id = t.asset_id
        JOIN core.repair r ON r.ticket_id = t.ticket_id JOIN core.part_use u ON u.repair_id = r.repair_id
        WHERE f.component <> '' AND f.failure_mode <> '' AND a.serial_no <> '' AND u.new_serial <> '' ORDER BY 1, 2 LIMIT 1
        """
    )
    page = text(writer, f"{address}?ticket={ticket}")
    assert [value(page, name) for name in ("serial_no", "asset_id", "model", "component")] == [
        serial,
        asset,
        model,
        component,
    ]
    # Looking writes nothing.
    with reading(app.house.engine) as session:
        assert session.query(Report).filter(Report.ticket_id == ticket).count() == 0
    assert send(writer, f"{address}?ticket={ticket}", 1, serial_no=serial).status_code == 302
    report = kept(app, address)
    assert (report.ticket_id, report.fault_id, report.asset_id, report.failure_mode) == (ticket, fault, asset, mode)
    assert (part, new) in {(p.part_no, p.new_serial) for p in report.parts}
    # Who comes from the same ticket again is told.
    assert send(writer, address, 2).status_code == 302
    for step in (3, 4):
        send(writer, address, step)
    number = send(writer, address, 5, "submit").location.rsplit("/", 1)[1]
    assert number in text(writer, f"/reports/write/{secrets.token_urlsafe(18)}?ticket={ticket}")


def test_a_unit_that_is_named_brings_what_is_known_of_it(
    app: Application, writer: FlaskClient, address: str, ask: Any
) -> None:
    serial, asset, model, region = ask(
        "SELECT serial_no, asset_id, model, region FROM core.asset WHERE serial_no <> '' AND model <> '' AND region <> '' ORDER BY 1 LIMIT 1"
    )
    send(writer, address, 1, serial_no=serial, site="my own words")
    report = kept(app, address)
    assert (report.asset_id, report.model, report.region, report.site) == (asset, model, region, "my own words")
    # A unit that nobody knows is as good.
    send(writer, address, 1, serial_no="UNKNOWN-1", version=str(report.version))
    assert kept(app, address).serial_no == "UNKNOWN-1"


def test_sent_twice_it_is_one_report(app: Application, writer: FlaskClient, address: str) -> None:
    for _ in range(2):
        send(writer, address, 1, serial_no="S-1")
    for step in (2, 3, 4):
        send(writer, address, step)
    first, second = send(writer, address, 5, "submit"), send(writer, address, 5, "submit")
    assert first.location == second.location
    with reading(app.house.engine) as session:
        assert session.query(Report).filter(Report.submission_id == address.rsplit("/", 1)[1]).count() == 1


def test_what_is_written_is_kept_while_one_types(app: Application, writer: FlaskClient, address: str) -> None:
    first = writer.post(f"{address}/autosave", data={"step": "3", "symptom": "it le", "version": ""}).get_json()
    second = writer.post(
        f"{address}/autosave", data={"step": "3", "symptom": "it leaks", "version": str(first["version"])}
    ).get_json()
    assert kept(app, address).symptom == "it leaks"
    # Another window that does not know of it is told, and overwrites nothing.
    stale = writer.post(f"{address}/autosave", data={"step": "3", "symptom": "it le", "version": str(first["version"])})
    assert stale.status_code == 409
    assert kept(app, address).symptom == "it leaks"
    assert second["version"] > first["version"]
    unread = writer.post(
        f"{address}/autosave", data={"step": "2", "occurred_at": "yesterday", "usage_at_failure": "7"}
    ).get_json()
    assert set(unread["wrong"]) == {"occurred_at"}
    assert kept(app, address).usage_at_failure == 7.0


@pytest.mark.parametrize(
    ("step", "sent", "field"),
    [(2, {"occurred_at": "2026-13-01T08:30"}, "occurred_at"), (2, {"usage_at_failure": "many"}, "usage_at_failure"),
     (2, {"usage_at_failure": "inf"}, "usage_at_failure"), (4, {"severity": "terrible"}, "severity"),
     (4, {"is_out_of_service": "perhaps"}, "is_out_of_service"), (3, {"symptom": "x" * 20_001}, "symptom"),
     (2, {"found_during": "<script>"}, "found_during"), (1, {"serial_no": "9" * 201}, "serial_no")],
)  # fmt: skip
def test_what_cannot_be_read_is_told_beside_its_field_and_stays_written(
    app: Application, writer: FlaskClient, address: str, step: int, sent: dict[str, str], field: str
) -> None:
    send(writer, address, 1, serial_no="S-1")
    before = kept(app, address).version
    answer = send(writer, address, step, **sent)
    said = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert f'href="#f-{field}"' in said
    assert "<script>" not in said.replace("<script src", "")
    assert kept(app, address).version == before
    if field in ("occurred_at", "usage_at_failure", "symptom", "serial_no"):
        assert sent[field] in html.unescape(said)


def test_hours_are_local_and_kept_as_instants(app: Application, writer: FlaskClient, address: str) -> None:
    send(writer, address, 1, serial_no="S-1")
    send(writer, address, 2, occurred_at="2026-03-01T08:30")
    # Shanghai is eight hours ahead of UTC.
    assert kept(app, address).occurred_at.isoformat() == "2026-03-01T00:30:00"  # type: ignore[union-attr]
    assert value(text(writer, f"{address}?step=2"), "occurred_at") == "2026-03-01T08:30"


def test_a_draft_is_its_reporters(app: Application, writer: FlaskClient, address: str) -> None:
    send(writer, address, 1, serial_no="S-1")
    other = logged_in(app, "other")
    assert other.get(address).status_code == 404
    assert send(other, address, 3).status_code == 404
    assert other.get(f"/reports/{kept(app, address).id}").status_code == 404


def test_replaced_parts_are_rows_and_empty_ones_are_none(app: Application, writer: FlaskClient, address: str) -> None:
    send(writer, address, 1, serial_no="S-1")
    rows = {
        "part_no": ["P-1", "", "P-2"],
        "old_serial": ["a", "", ""],
        "new_serial": ["b", "", "c"],
        "quantity": ["", "", "2"],
    }
    send(writer, address, 5, "back", **rows)
    assert [(p.part_no, p.old_serial, p.new_serial, p.quantity) for p in kept(app, address).parts] == [
        ("P-1", "a", "b", 1.0), ("P-2", None, "c", 2.0),
    ]  # fmt: skip
    before = kept(app, address).version
    send(writer, address, 5, "back", **rows)
    assert [p.part_no for p in kept(app, address).parts] == ["P-1", "P-2"]
    assert kept(app, address).version == before


def test_units_are_suggested_for_what_is_typed(writer: FlaskClient, ask: Any) -> None:
    (serial,) = ask("SELECT serial_no FROM core.asset WHERE serial_no <> '' ORDER BY 1 LIMIT 1")
    found = writer.get("/reports/units.json", query_string={"text": serial[:-1]}).get_json()
    assert serial in [unit["value"] for unit in found]
    assert writer.get("/reports/units.json").get_json() == []


def test_reports_that_sound_alike_are_shown_while_one_types(app: Application, writer: FlaskClient) -> None:
    numbers = []
    for words in ("空压机不启动，有异响 compressor does not start, strange noise", "屏幕黑屏 the screen stays dark"):
        place = f"/reports/write/{secrets.token_urlsafe(18)}"
        send(writer, place, 1, serial_no="S-1")
        send(writer, place, 2)
        send(writer, place, 3, symptom=words)
        send(writer, place, 4)
        numbers.append(send(writer, place, 5, "submit").location.rsplit("/", 1)[1])
    for typed in ("空压机又不启动", "Compressor won't start"):
        said = writer.get("/reports/similar", query_string={"text": typed}).get_data(as_text=True)
        assert numbers[0] in said, typed
        assert numbers[1] not in said, typed


def test_a_label_leads_to_a_new_report_of_its_machine(writer: FlaskClient, ask: Any) -> None:
    (asset,) = ask("SELECT asset_id FROM core.asset ORDER BY 1 LIMIT 1")
    page = text(writer, f"/label?asset={asset}&lang=en")
    assert f"/reports/new?asset={asset}" in page
    assert "data:image/svg+xml" in page
    assert writer.get("/label?asset=nothing").status_code == 404
