"""What the web application asks about sources: looked at, proposed, tried; and what nobody on a page may read."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from installation import Installation
from rest_server import Asked, Said, serving

from bilingual.errors import UserError
from pipelines.asked import answered
from warehouse.mapping import load

CALLS = """\
单号,来电时间,完工日期,紧急程度,机号,处理状态,报修内容
B-1,3/4/2026 8:05,5/4/2026 9:00,特急,M1,已完成,不启动
B-2,13/4/2026 8:05,,一般,M2,待处理,漏水
B-3,14/4/2026 8:05,,普通,M2,未知状态,漏水
"""
TEXT = """\
title: {{en: Calls, zh: 报修}}
kind: {kind}
streams: {{rows: {options}}}
entities:
  ticket: {{from: rows, fields: {{ticket_id: 单号, opened_at: {opened}}}}}
"""
SECRET = "a-very-secret/word"


@pytest.fixture
def home(installation: Installation) -> Installation:
    installation.put("calls.csv", CALLS)
    return installation


def look(home: Installation, where: str, **more: Any) -> dict[str, Any]:
    request = {"ask": "look", "home": str(home.path), "name": "calls", "language": "en", "where": where, **more}
    return answered(request)


def attempt(home: Installation, text: str, **more: Any) -> dict[str, Any]:
    return answered({"ask": "attempt", "home": str(home.path), "name": "calls", "language": "en", "text": text, **more})


def tried(home: Installation, options: str, *, kind: str = "files", opened: str = "来电时间") -> dict[str, Any]:
    return attempt(home, TEXT.format(kind=kind, options=options, opened=opened))


def refusal(home: Installation, where: str, **more: Any) -> str:
    with pytest.raises(UserError) as told:
        look(home, where, **more)
    assert told.value["zh"] != told.value["en"]
    return told.value["en"]


def test_a_file_is_looked_at_and_proposed(home: Installation) -> None:
    found = look(home, "data/calls.csv")
    assert found["ranked"][0] == "ticket"
    assert found["form"]["fields"]["opened_at"] == {"from": "来电时间", "map": {}}
    assert found["form"]["fields"]["priority"]["map"] == {"特急": "critical", "一般": "medium", "普通": "medium"}
    status = next(f for f in found["fields"] if f["field"] == "status")
    assert (status["shown"], status["unknown"]) == ("处理状态", ("未知状态",))
    opened = next(c for c in found["columns"] if c["name"] == "来电时间")
    assert (opened["filled"], opened["rows"], opened["examples"][0]) == (3, 3, "3/4/2026 8:05")
    assert ("status", "on no code list: 未知状态") in found["notes"]
    assert found["first"][0]["total"] == 3
    assert found["is_sound"]


def test_what_a_form_says_is_written_and_tried(home: Installation) -> None:
    found = look(home, "data/calls.csv")
    form = found["form"]
    form["fields"]["status"]["map"]["未知状态"] = "closed"
    form["fields"]["opened_at"]["from"] = "完工日期"
    form |= {"owner": "desk@example.com", "fresh_within_hours": "48", "title": {"en": "Calls", "zh": "报修登记"}}
    again = attempt(home, found["text"], form=form)
    file = home.path / "calls.yaml"
    file.write_text(again["text"], encoding="utf-8")
    written = load(file)
    (mapping,) = written.entities["ticket"]
    assert mapping.fields["status"].map["未知状态"] == "closed"
    assert (written.owner, written.fresh_within_hours, written.title.zh) == ("desk@example.com", 48, "报修登记")
    assert written.dates == ("%d/%m/%Y %H:%M",)
    opened = next(f for f in again["fields"] if f["field"] == "opened_at")
    assert (opened["cast"], opened["empty"]) == (1, 2)
    assert again["first"][0]["reasons"] == [("missing", "opened_at", 2, "")]
    assert again["form"]["fields"]["status"]["map"]["未知状态"] == "closed", "the form is what the text says"
    assert again["columns"] == found["columns"]


def test_a_form_says_nothing_of_what_it_has_no_field_for(home: Installation) -> None:
    text = TEXT.format(kind="files", options='{path: "data/calls.csv"}', opened="来电时间").replace(
        "from: rows,", "from: rows, where: 单号 <> 'B-1',"
    )
    found = attempt(home, text)
    assert found["form"] is None
    assert found["first"][0]["total"] == 2
    assert "more than the form can" in attempt(home, text, form={"entity": "ticket"})["errors"][0]["en"]


@pytest.mark.parametrize(
    "hours", ["-1", *(pytest.param(text, marks=pytest.mark.matrix) for text in ("many", "nan", "1e9"))]
)
def test_what_is_no_number_of_hours_is_told(home: Installation, hours: str) -> None:
    found = look(home, "data/calls.csv")
    answer = attempt(home, found["text"], form={**found["form"], "fresh_within_hours": hours})
    assert not answer["is_sound"]
    assert f"“{hours}” is no number of hours" in answer["errors"][0]["en"]


def test_a_mistake_is_told_with_its_line(home: Installation) -> None:
    answer = tried(home, '{path: "data/calls.csv"}', opened="来电时间, colour: 颜色")
    assert not answer["is_sound"]
    assert answer["errors"][0]["en"].startswith(
        "calls.yaml, line 5: entities.ticket.fields.colour: there is no such field"
    )
    assert answer["errors"][0]["zh"].startswith("calls.yaml 第 5 行：")
    broken = attempt(home, "title: {en: a\nkind: b")
    assert "calls.yaml, line 2: this is not YAML" in broken["errors"][0]["en"]
    assert str(home.path.parent) not in json.dumps(broken), "where it was tried is nobody's business"


# --- what a page may not read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        "/etc/passwd",
        "../../etc/passwd",
        "data/../faultloop.yaml",
        "data/*/../../register.sqlite",
        "register.sqlite",
        "files/*",
        "faultloop.yaml",
        "*.yaml",
        "**/*",
        "data/link.csv",
        "file:///etc/passwd",
        "local:///etc/passwd",
        "memory://x",
        "zip:///etc/x.zip",
        "zip://a.csv::file:///etc/x.zip",
        "zip://a.csv::/etc/x.zip",
        "simplecache::file:///etc/passwd",
        "s3://bucket/a.csv::/etc/passwd",
        "data/${HOME}/x",
        "sqlite:////etc/passwd",
        "sqlite:///register.sqlite",
        "sqlite:///data/../register.sqlite",
        "sqlite:///data/x.db?mode=rw",
        "sqlite:///file:register.sqlite?uri=true",
        "sqlite://",
        "sqlite+pysqlcipher://:x@/data/x.db",
        "mysql+pymysql://me:${P}@evil.example.com/db?local_infile=1",
        "mysql+pymysql://me:${P}@evil.example.com/db?read_default_file=/etc/x",
        "postgresql+psycopg://me:${P}@/db?host=/var/run/postgresql",
        "postgresql+psycopg://me:${P}@h/db?passfile=/etc/x",
        "mssql+pyodbc://me:${P}@h/db?driver=/tmp/evil.so",
        "oracle+oracledb://me:${P}@h/db",
    ],
)
def test_nothing_outside_can_be_pointed_at(home: Installation, where: str) -> None:
    home.path.joinpath("data/link.csv").symlink_to("/etc/passwd")
    sentence = refusal(home, where, table="t")
    assert any(
        words in sentence
        for words in ("is outside of what a page may read", "is no URL of a database", "may not stand in a mapping")
    ), sentence
    # Nor can it be written into a mapping.
    kind, option = (
        ("sql", "url") if where.startswith(("sqlite", "mysql", "postgresql", "mssql", "oracle")) else ("files", "path")
    )
    answer = tried(home, json.dumps({option: where, **({"table": "t"} if kind == "sql" else {})}), kind=kind)
    assert not answer["is_sound"]
    assert answer["errors"]
    assert answer["rows"] == {}


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ('{path: "s3://bucket/a.csv", storage: {key_filename: /root/.ssh/id}}', "files"),
        ('{path: "s3://bucket/a.csv", storage: {client_kwargs: {verify: /etc/x}}}', "files"),
        ('{url: "https://desk.example.com", path: /x, ca: /etc/shadow}', "rest"),
        ("{x: y}", "elsewhere"),
    ],
)
def test_no_option_names_a_file_of_this_machine(home: Installation, options: str, kind: str) -> None:
    answer = tried(home, options, kind=kind)
    assert not answer["is_sound"]
    assert answer["errors"]


def test_what_stands_in_a_mapping_already_may_stay(home: Installation, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "calls.csv").write_text(CALLS, encoding="utf-8")
    options = json.dumps({"path": str(outside / "calls.csv")})
    assert not tried(home, options)["is_sound"]
    home.mapping("calls", TEXT.format(kind="files", options=options, opened="完工日期"))
    assert tried(home, options)["rows"] == {"rows": 3}
    assert not tried(home, json.dumps({"path": str(outside / "*.csv")}))["is_sound"]


def test_folders_that_the_house_names_may_be_read(home: Installation, tmp_path: Path) -> None:
    outside = tmp_path / "share"
    outside.mkdir()
    (outside / "calls.csv").write_text(CALLS, encoding="utf-8")
    assert "outside" in refusal(home, str(outside / "calls.csv"))
    home.path.joinpath("faultloop.yaml").write_text(f"source_folders: ['{outside}']\n", encoding="utf-8")
    assert look(home, str(outside / "calls.csv"))["rows"] == {"rows": 3}
    assert "outside" in refusal(home, str(tmp_path / "share2"))


@pytest.mark.parametrize("stream", ["../../../evil", "a/b", ".."])
def test_no_stream_is_called_like_a_way_out(home: Installation, tmp_path: Path, stream: str) -> None:
    text = TEXT.format(kind="files", options='{path: "data/calls.csv"}', opened="来电时间")
    answer = attempt(home, text.replace("rows", json.dumps(stream)))
    assert not answer["is_sound"]
    assert "is no name of a stream" in answer["errors"][0]["en"]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("(SELECT count(*) FROM read_text('/etc/passwd'))", "Permission Error"),
        ("getenv('DESK_PASSWORD')", "does not exist"),
        pytest.param("(SELECT count(*) FROM read_csv('/etc/passwd'))", "Permission Error", marks=pytest.mark.matrix),
        pytest.param("(SELECT count(*) FROM glob('/etc/*'))", "Permission Error", marks=pytest.mark.matrix),
        pytest.param("(SELECT 1 FROM sqlite_scan('/etc/x', 't'))", "not in the catalog", marks=pytest.mark.matrix),
    ],
)
def test_an_expression_reads_no_file_and_no_variable(
    home: Installation, monkeypatch: pytest.MonkeyPatch, expression: str, reason: str
) -> None:
    monkeypatch.setenv("DESK_PASSWORD", SECRET)
    answer = tried(home, '{path: "data/calls.csv"}', opened=json.dumps(expression))
    assert answer["first"] == []
    assert reason in answer["said"][0]["en"]
    assert "root:" not in json.dumps(answer)
    assert SECRET not in json.dumps(answer)


# --- databases and interfaces -------------------------------------------------------------------------------------------


def test_a_table_of_a_database_is_looked_at(home: Installation) -> None:
    with closing(sqlite3.connect(home.path / "data/desk.db")) as db:
        db.execute("CREATE TABLE calls (ticket_no TEXT PRIMARY KEY, opened TEXT, updated_at TEXT)")
        db.execute("INSERT INTO calls VALUES ('T1', '2026-01-01 08:00', '2026-01-02 08:00')")
        db.commit()
    found = look(home, "sqlite:///data/desk.db", table="calls")
    assert found["rows"] == {"rows": 1}
    assert "cursor: updated_at" in found["text"]
    assert found["form"]["version"] == "updated_at"


def test_an_interface_is_asked_for_its_first_page(home: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_TOKEN", SECRET)

    def answer(asked: Asked) -> Said:
        if asked.headers.get("Authorization") != f"Bearer {SECRET}":
            return Said({"error": f"not for {asked.headers.get('Authorization')}"}, 403)
        first = (int(asked.params["page"]) - 1) * int(asked.params["per_page"])
        rows = [
            {"ticket no": f"T{n}", "opened at": "2026-01-01T08:00:00Z", "priority": "P1"} for n in range(first, 250)
        ]
        return Said({"data": {"items": rows[: int(asked.params["per_page"])], "others": [{"a": 1}]}})

    with serving(answer) as server:
        url = f"{server.url}/api/tickets?page=1&per_page=100"
        found = look(home, url, token="${DESK_TOKEN}")
        assert found["rows"] == {"rows": 50}, "one page, whatever the list holds"
        assert found["variables"] == [{"name": "DESK_TOKEN", "is_set": True}]
        file = home.path / "desk.yaml"
        file.write_text(found["text"], encoding="utf-8")
        assert load(file).streams["rows"] == {
            "url": server.url,
            "path": "/api/tickets",
            "auth": {"kind": "token", "token": "${DESK_TOKEN}"},
            "params": {"page": "{page}", "per_page": "{limit}"},
            "paging": "page",
            "size": 100,
            "records": "data.items",
        }
        assert "no list of records" not in found["text"]
        refused = refusal(home, url)
        assert "403" in refused
        assert refusal(home, f"{url}&api_key=abc").startswith("A secret is written down")
        assert refusal(home, url, token="abc").startswith("A secret is written down")


@pytest.mark.parametrize(
    ("content", "headers", "options"),
    [
        ([{"id": 1}], {}, {}),
        ({"result": [{"id": 1}], "next": "/api?page=2"}, {}, {"records": "result", "paging": "next", "next": "next"}),
        ({"value": [{"id": 1}], "@odata.nextLink": "http://x"}, {}, {"records": "value", "paging": "next", "next": "@odata.nextLink"}),
        ([{"id": 1}], {"Link": '</api?p=2>; rel="next"'}, {"paging": "link"}),
    ],
)  # fmt: skip
def test_how_a_list_goes_on_is_seen_in_its_answer(
    tmp_path: Path, content: Any, headers: dict[str, str], options: dict[str, str]
) -> None:
    from pipelines.proposing.endpoint import options_for  # noqa: PLC0415

    with serving(lambda _: Said(content, 200, headers)) as server:
        found = options_for(tmp_path, "desk", "rows", f"{server.url}/api", None)
        assert found == {"url": server.url, "path": "/api", **options}


def test_what_answers_no_list_is_told(home: Installation) -> None:
    with serving(lambda _: Said({"status": "well"})) as server:
        assert "answers without a list of records" in refusal(home, f"{server.url}/health")


def test_a_preset_is_tried_with_what_it_needs_from_the_environment(home: Installation) -> None:
    found = answered({"ask": "preset", "home": str(home.path), "name": "desk", "language": "en", "preset": "zammad"})
    assert found["is_sound"]
    assert {"name": "FAULTLOOP_ZAMMAD_TOKEN", "is_set": False} in found["variables"]
    assert any("FAULTLOOP_ZAMMAD_URL is not set" in error["en"] for error in found["said"])


# --- secrets, and the process -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["FAULTLOOP_SECRET_KEY", "FAULTLOOP_OIDC_SECRET", "FAULTLOOP_CHANNEL_MAIL"])
def test_the_platforms_own_secrets_are_for_no_source(home: Installation, name: str) -> None:
    where = f"postgresql+psycopg://me:${{{name}}}@evil.example.com/db"
    assert f"{name} is a secret of the platform itself" in refusal(home, where, table="t")
    answer = tried(home, json.dumps({"url": where, "table": "t"}), kind="sql")
    assert f"{name} is a secret of the platform itself" in answer["errors"][0]["en"]


def test_a_password_that_is_written_down_is_refused(home: Installation) -> None:
    assert "The URL holds a password" in refusal(home, "postgresql+psycopg://me:abc@db.example.com/d", table="t")


def asked_of_the_process(home: Installation, **request: Any) -> tuple[str, subprocess.CompletedProcess[str]]:
    whole = {"home": str(home.path), "name": "calls", "language": "en", **request}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.asked"], input=json.dumps(whole), capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    return done.stdout, done


def test_the_systems_that_are_known_are_told(home: Installation) -> None:
    answer, _ = asked_of_the_process(home, ask="presets")
    assert "zammad" in json.loads(answer)["presets"]


def test_what_nobody_thought_of_is_told_in_a_sentence(home: Installation) -> None:
    answer, done = asked_of_the_process(home)
    assert done.returncode == 0
    assert json.loads(answer)["error"]["en"].startswith("This cannot be read or tried (KeyError")
