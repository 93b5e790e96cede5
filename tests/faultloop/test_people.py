"""`faultloop people` and `faultloop audit`: who may come in, and the proof of what they did; the secret that both rest on."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bilingual.errors import UserError
from faultloop.cli import cli
from faultloop.secret import load
from warehouse.settings import Home

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("FAULTLOOP_SECRET_KEY", SECRET)
    monkeypatch.setenv("FAULTLOOP_PASSWORD", "a password that is long")
    monkeypatch.setenv("FAULTLOOP_LANGUAGE", "en")

    def command(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--home", str(tmp_path), *words])

    return command


def test_the_first_administrator_is_made_on_the_command_line(run) -> None:  # type: ignore[no-untyped-def]
    assert run("people", "add", "ann", "--name", "Ann Li", "--role", "administrator").exit_code == 0
    assert run("people", "list").output == "ann  Ann Li  administrator\n"
    added = (
        "people",
        "add",
        "bo",
        "--role",
        "manager",
        "--role",
        "technician",
        "--region",
        "East",
        "--technician",
        "T1",
    )
    assert run(*added).exit_code == 0
    assert "bo  bo  manager, technician\n" in run("people", "list").output
    assert run("people", "change", "bo", "--inactive", "--email", "bo@example.com", "--language", "zh").exit_code == 0
    assert "(shut out)" in run("people", "list").output
    assert run("people", "password", "bo").exit_code == 0
    assert run("audit", "verify").output.startswith("✓ 4 events hold")


def test_a_mistake_is_told_in_a_sentence(run) -> None:  # type: ignore[no-untyped-def]
    run("people", "add", "ann", "--role", "administrator")
    for words, said in (
        (("people", "add", "ANN", "--role", "manager"), "is taken"),
        (("people", "change", "ann", "--role", "manager"), "no administrator"),
    ):
        result = run(*words)
        assert isinstance(result.exception, UserError)
        assert said in result.exception["en"]
        assert result.exception["zh"]
    result = run("people", "change", "nobody", "--inactive")
    assert (result.exit_code, "Nobody has the login" in result.output) == (2, True)
    assert run("people", "add", "x", "--role", "king").exit_code == 2


def test_no_password_is_asked_of_a_script_that_has_none(run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.delenv("FAULTLOOP_PASSWORD")
    result = run("people", "add", "ann", "--role", "administrator")
    assert result.exit_code == 2
    assert "FAULTLOOP_PASSWORD" in result.output


def test_a_row_changed_behind_the_register_and_an_end_cut_off_are_found(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run("people", "add", "ann", "--role", "administrator")
    run("people", "add", "bo", "--role", "manager")
    head = tmp_path / "head.json"
    head.write_text(run("audit", "head").output, encoding="utf-8")
    assert json.loads(head.read_text(encoding="utf-8"))["seq"] == 2
    assert run("audit", "verify", "--head", str(head)).exit_code == 0
    con = sqlite3.connect(tmp_path / "register.sqlite")
    con.execute("UPDATE person SET roles = '[\"administrator\"]' WHERE login = 'bo'")
    con.commit()
    found = run("audit", "verify")
    assert (found.exit_code, "is not what its events say (roles)" in found.output) == (1, True)
    con.execute("DROP TRIGGER event_keeps_from_delete")
    con.execute("DELETE FROM event WHERE seq = 2")
    con.commit()
    con.close()
    assert "event 1" in run("audit", "verify", "--head", str(head)).output
    head.write_text("{}", encoding="utf-8")
    assert isinstance(run("audit", "verify", "--head", str(head)).exception, UserError)


@pytest.mark.parametrize("secret", ["", "short"])
def test_nothing_starts_without_a_secret(run, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("FAULTLOOP_SECRET_KEY", secret)
    for words in (("people", "list"), ("audit", "verify"), ("web", "--port", "1")):
        result = run(*words)
        assert isinstance(result.exception, UserError)
        assert "FAULTLOOP_SECRET_KEY" in result.exception["en"]


def test_up_makes_a_secret_once_for_its_owners_eyes_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTLOOP_SECRET_KEY", "")
    load(Home(tmp_path))
    assert not (tmp_path / ".env").exists()
    load(Home(tmp_path), make=True)
    made = (tmp_path / ".env").read_text(encoding="utf-8")
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert len(made) > 60
    monkeypatch.setenv("FAULTLOOP_SECRET_KEY", "")
    load(Home(tmp_path), make=True)
    assert (tmp_path / ".env").read_text(encoding="utf-8") == made
    # What the environment says goes first.
    monkeypatch.setenv("FAULTLOOP_SECRET_KEY", SECRET)
    load(Home(tmp_path), make=True)
    assert os.environ["FAULTLOOP_SECRET_KEY"] == SECRET
