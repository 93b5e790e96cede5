"""One byte that was flipped in the file of the register: `faultloop audit verify` names the event, or says that the file is broken."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from faultloop.cli import cli

FLIPPED = 3


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose register has five events."""
    monkeypatch.setenv("FAULTLOOP_SECRET_KEY", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("FAULTLOOP_PASSWORD", "a password that is long")
    monkeypatch.setenv("FAULTLOOP_LANGUAGE", "en")
    for login in ("ann", "bo", "cy", "di", "ed"):
        assert ran(tmp_path, "people", "add", login, "--role", "administrator").exit_code == 0
    con = sqlite3.connect(tmp_path / "register.sqlite")
    con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    con.close()
    return tmp_path


def ran(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *words])


@pytest.mark.parametrize("column", ["data", "subject", "kind", "mac", "at"])
def test_one_flipped_byte_in_the_file_is_found_and_its_event_named(home: Path, column: str) -> None:
    assert ran(home, "audit", "verify").output.startswith("✓ 5 events hold")
    file = home / "register.sqlite"
    con = sqlite3.connect(file)
    (written,) = con.execute(f"SELECT {column} FROM event WHERE seq = ?", (FLIPPED,)).fetchone()
    (seal,) = con.execute("SELECT mac FROM event WHERE seq = ?", (FLIPPED,)).fetchone()
    con.close()
    # The record ends with its own seal: what is flipped lies in it, and nowhere else.
    held = bytearray(file.read_bytes())
    end = _record_end(held, seal)
    at = held.rindex(written.encode(), 0, end) + len(written) - 1
    held[at] ^= 1
    file.write_bytes(held)
    found = ran(home, "audit", "verify")
    assert found.exit_code == 1
    assert f"Event {FLIPPED} " in found.output


def _record_end(held: bytes, seal: str) -> int:
    """Where the event with a seal ends: the next one names the seal too, but not as the last that it says."""
    at = held.find(seal.encode())
    ends = []
    while at >= 0:
        ends.append(at + len(seal))
        at = held.find(seal.encode(), at + 1)
    # Records of a page are written from its end to its beginning: the event lies behind the one that names it.
    return max(ends)
