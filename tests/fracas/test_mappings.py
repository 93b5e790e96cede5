"""Mappings that are written on pages: who, when, which text; the file and the journal, or neither."""

from __future__ import annotations

import json

import pytest
from register_cast import KEY, Hire
from sqlalchemy import Engine

from fracas.database import reading
from fracas.journal import verify
from fracas.mappings import Mappings
from fracas.people import RefusedError
from fracas.permissions import Role


def texts(mappings: Mappings, source: str = "desk") -> list[tuple[str, bool, str]]:
    """The events of a mapping: their kinds, whether somebody did it, and the text."""
    events = mappings.history(source)
    return [(e.kind, e.actor_id is not None, json.loads(e.data)[0]["set"].get("text", "")) for e in events]


def test_every_text_is_in_the_journal(engine: Engine, hire: Hire) -> None:
    mappings, ann = Mappings(engine, KEY), hire("ann", Role.ADMINISTRATOR)
    written: list[str] = []
    mappings.save(ann, "desk", "one", None, lambda: written.append("one"))
    mappings.save(ann, "desk", "two", "one", lambda: written.append("two"))
    mappings.save(ann, "desk", "four", "three, by hand", lambda: written.append("four"))
    mappings.save(ann, "a" * 100, "other", None, lambda: written.append("other"))
    assert written == ["one", "two", "four", "other"]
    assert texts(mappings) == [
        ("mapping", True, "one"),
        ("mapping", True, "two"),
        ("mapping.found", False, "three, by hand"),
        ("mapping", True, "four"),
    ]
    assert texts(mappings, "a" * 100) == [("mapping", True, "other")]
    with reading(engine) as session:
        assert verify(session, KEY).broken == ()


def test_what_is_not_written_is_in_no_journal(engine: Engine, hire: Hire) -> None:
    mappings = Mappings(engine, KEY)

    def full() -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        mappings.save(hire("ann", Role.ADMINISTRATOR), "desk", "one", "zero", full)
    assert texts(mappings) == []


def test_administrators_only(engine: Engine, hire: Hire) -> None:
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(RefusedError):
            Mappings(engine, KEY).save(hire(role.value, role), "desk", "one", None, lambda: pytest.fail("written"))
