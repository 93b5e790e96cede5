"""Files of reports through the web: let in by content and by who may, given out to who may see the report, and run by nobody."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from register_cast import FACTS
from visitors import client_of, known, logged_in
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from dashboards.app import Application, create_app
from fracas.database import reading
from fracas.model import Person
from fracas.people import Actor, by_login
from fracas.permissions import Role
from warehouse.settings import Home

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PAGE = b"<!doctype html><script>alert(document.cookie)</script>"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Application:
    path = tmp_path_factory.mktemp("files")
    (path / "faultloop.yaml").write_text("upload_megabytes: 1\nuploads_gigabytes: 0.02\n")
    return create_app(Home(path))


@pytest.fixture(scope="module")
def client(app: Application) -> FlaskClient:
    return client_of(app)


def actor(app: Application, login: str, *roles: Role, **more: Any) -> Actor:
    known(app, login, *roles, **more)
    with reading(app.house.engine) as session:
        person = by_login(session, login)
        assert isinstance(person, Person)
        return Actor.of(person)


@pytest.fixture
def report(app: Application, request: pytest.FixtureRequest) -> str:
    """A report of region East, submitted."""
    writer = actor(app, "writer", Role.TECHNICIAN)
    made = app.house.register.draft(writer, request.node.name[:60], FACTS)
    app.house.register.move(writer, made, 1, "submit")
    return made


def send(client: FlaskClient, report: str, *files: tuple[bytes, str]) -> Any:
    """Post files as a browser's form does."""
    given = [FileStorage(io.BytesIO(content), filename=name) for content, name in files]
    boundary, body = encode_multipart(MultiDict([("file", file) for file in given]))
    return client.post(
        f"/reports/{report}/files?lang=en", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )


def fetch(client: FlaskClient, address: str, **more: Any) -> Any:
    """An answer, read to its end as files are."""
    return client.get(address, buffered=True, **more)


def files_of(app: Application, report: str) -> list[Any]:
    return app.house.register.look(actor(app, "writer"), report).files


def bytes_of(app: Application) -> set[str]:
    folder: Path = app.house.store.folder
    return {path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def test_files_come_in_with_a_form_and_go_out_as_attachments(
    app: Application, client: FlaskClient, report: str
) -> None:
    answer = send(client, report, (PNG, "阀体 photo.png"), ("设备,读数\nA-17,3\n".encode("gb18030"), "读数.csv"))
    assert answer.status_code == 302
    assert answer.location == f"/reports/{report}"
    photo, table = files_of(app, report)
    assert (photo.name, photo.kind, photo.size) == ("阀体 photo.png", "image/png", len(PNG))
    assert (table.name, table.kind) == ("读数.csv", "text/plain")
    given = fetch(client, f"/files/{photo.id}/anything.html")
    assert given.data == PNG
    assert given.mimetype == "image/png"
    assert given.headers["Content-Disposition"].startswith("attachment; filename")
    assert "%E9%98%80%E4%BD%93%20photo.png" in given.headers["Content-Disposition"]
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "private" in given.headers["Cache-Control"]
    again = fetch(client, f"/files/{photo.id}/x", headers={"If-None-Match": given.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_only_pictures_are_shown_inline(app: Application, client: FlaskClient, report: str) -> None:
    send(client, report, (PNG, "a.png"), (b"%PDF-1.4 ...", "b.pdf"))
    photo, paper = files_of(app, report)
    given = fetch(client, f"/files/{photo.id}/preview")
    assert (given.status_code, given.data) == (200, PNG)
    assert given.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert fetch(client, f"/files/{paper.id}/preview").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (PAGE, "photo.png", "By its content “photo.png” is none of the files that a report takes"),
        (b"MZ\x90\x00" + bytes(100), "{0}.exe", "By its content “{0}.exe” is none of"),
        (b"", "empty.txt", "“empty.txt” is empty"),
        (b"a" * 1_000_001, "long.txt", "“long.txt” is larger than 1 MB"),
    ],
    ids=["page", "program", "empty", "long"],
)
def test_what_is_refused_leaves_nothing(
    app: Application, client: FlaskClient, report: str, content: bytes, name: str, said: str
) -> None:
    before = bytes_of(app)
    answer = send(client, report, (content, name))
    assert answer.status_code == 400
    assert said in answer.get_data(as_text=True)
    assert files_of(app, report) == []
    assert bytes_of(app) == before


def test_a_form_without_a_file_is_told_so(client: FlaskClient, report: str) -> None:
    answer = client.post(f"/reports/{report}/files?lang=en", data={}, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "No file was chosen." in answer.get_data(as_text=True)


def test_the_quota_is_said_with_no_room(app: Application, client: FlaskClient, report: str) -> None:
    before = len(files_of(app, report))
    codes = [send(client, report, (bytes([65 + i]) * 999_000, f"{i}.txt")).status_code for i in range(22)]
    assert codes[-1] == 507
    assert len(files_of(app, report)) == before + codes.count(302)
    assert app.house.store.used() <= 20_000_000


def test_nobody_adds_to_or_takes_from_what_is_not_theirs_to_see(
    app: Application, client: FlaskClient, report: str
) -> None:
    send(client, report, (b"only for East", "east.txt"))
    (file,) = files_of(app, report)
    known(app, "western", Role.QUALITY_ENGINEER, regions=["West"])
    stranger = logged_in(app, "western")
    before = bytes_of(app)
    assert send(stranger, report, (b"from the West", "west.txt")).status_code == 404
    assert fetch(stranger, f"/files/{file.id}/east.txt").status_code == 404
    assert fetch(stranger, f"/files/{file.id}/preview").status_code == 404
    assert fetch(stranger, "/files/nothing/east.txt").status_code == 404
    assert bytes_of(app) == before


def test_who_sees_a_report_and_may_not_complete_it_adds_nothing(app: Application, report: str) -> None:
    known(app, "colleague", Role.TECHNICIAN)
    before = bytes_of(app)
    content = b"from a colleague"
    assert send(logged_in(app, "colleague"), report, (content, "x.txt")).status_code == 403
    assert hashlib.sha256(content).hexdigest() not in bytes_of(app)
    assert bytes_of(app) == before
    assert files_of(app, report) == []


def test_a_form_of_another_site_is_not_taken(app: Application, report: str) -> None:
    forged = client_of(app)
    forged.environ_base.pop("HTTP_X_CSRFTOKEN")
    assert send(forged, report, (PNG, "a.png")).status_code == 400
    assert files_of(app, report) == []


def test_a_name_leads_nowhere_and_says_what_the_file_is(app: Application, client: FlaskClient, report: str) -> None:
    send(client, report, (b"@echo off", "../../start/run.bat"))
    (file,) = files_of(app, report)
    assert file.name == "run.bat.txt"
    assert "filename=run.bat.txt" in fetch(client, f"/files/{file.id}/x").headers["Content-Disposition"]


def test_bytes_that_are_gone_are_said_in_a_sentence(app: Application, client: FlaskClient, report: str) -> None:
    send(client, report, (b"soon gone", "gone.txt"))
    (file,) = files_of(app, report)
    app.house.store.path(file.sha256).unlink()
    answer = fetch(client, f"/files/{file.id}/gone.txt?lang=en")
    assert answer.status_code == 400
    assert "restore the folder" in answer.get_data(as_text=True)
