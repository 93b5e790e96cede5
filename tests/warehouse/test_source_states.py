"""How sources stand, from what lies in an installation: without any snapshot, with broken mappings, with cursors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from warehouse.drift import GONE, NEW
from warehouse.landed import signature
from warehouse.settings import Home
from warehouse.source_states import Condition, names, state, states

SQL = "title: {{en: Desk, zh: 服务台}}\nkind: sql\nstreams: {{calls: {options}}}\nentities: {{}}\n"
OPTIONS: dict[str, Any] = {"url": "sqlite:///x", "table": "calls", "cursor": "Nr"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "sources").mkdir()
    return Home(tmp_path)


def mapped(home: Home, options: dict[str, Any] = OPTIONS, name: str = "desk") -> None:
    (home.sources / f"{name}.yaml").write_text(SQL.format(options=str(options)), encoding="utf-8")


def landed(home: Home, values: list[str | None], batch: int = 1, options: dict[str, Any] = OPTIONS) -> None:
    folder = home.landing / "desk" / "calls"
    folder.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame({"nr": pl.Series(values, dtype=pl.String)})
    frame.write_parquet(folder / f"sql-{batch:012d}-{signature(options)}.parquet")


def reached(home: Home) -> str | None:
    (stream,) = state(home, None, None, "desk").streams
    return stream.reached


@pytest.mark.parametrize(
    ("values", "highest"),
    [(["9", "10", None], "10"), (["2026-01-02", "2026-01-10"], "2026-01-10"), (["9", "x"], "x"), ([None], None), ([], None)],
)  # fmt: skip
def test_a_cursor_stands_at_the_highest_value(home: Home, values: list[str | None], highest: str | None) -> None:
    mapped(home)
    landed(home, values)
    assert reached(home) == highest


def test_a_cursor_moves_with_what_lands(home: Home) -> None:
    mapped(home)
    assert reached(home) is None
    landed(home, ["9"])
    assert reached(home) == "9"
    landed(home, ["11", "10"], batch=2)
    assert reached(home) == "11"
    found = state(home, None, None, "desk")
    assert (found.rows, found.batches) == (3, 2)
    # Read anew with other options: what landed before counts no more.
    other = {**OPTIONS, "table": "tickets"}
    mapped(home, other)
    landed(home, ["4"], batch=1, options=other)
    assert reached(home) == "11", "batches of other names count on"


def test_whatever_there_is_of_a_source_makes_it_one(home: Home) -> None:
    mapped(home, name="written")
    (home.landing / "fetched" / "rows").mkdir(parents=True)
    assert names(home, None) == ["fetched", "written"]
    fetched, written = states(home, None, None)
    assert (fetched.kind, fetched.file, fetched.condition) == (None, None, Condition.EMPTY)
    assert (written.kind, written.is_own, written.title.zh) == ("sql", True, "服务台")


def test_the_worst_is_what_is_said(home: Home) -> None:
    mapped(home)
    landed(home, ["1"])
    change = {
        "source": "desk",
        "stream": "calls",
        "kind": NEW,
        "what": "x",
        "since": "2026-01-01T00:00:00",
        "en": "a",
        "zh": "b",
    }
    refused = {"source": "desk", "stream": "calls", "file": "f", "en": "a", "zh": "b"}
    other = {**refused, "source": "other"}

    def said(**note: Any) -> Condition:
        return state(home, None, note, "desk").condition

    assert said(rejected=[other]) is Condition.GOOD
    assert said(drift=[change]) is Condition.CHANGED
    assert said(drift=[change, {**change, "kind": GONE, "since": None}]) is Condition.GONE
    assert said(drift=[change], rejected=[refused]) is Condition.REFUSED
    (home.sources / "desk.yaml").write_text("title: [\n", encoding="utf-8")
    broken = state(home, None, {"rejected": [refused]}, "desk")
    assert broken.condition is Condition.BROKEN
    assert broken.error is not None
    assert broken.error["en"].startswith("desk.yaml, line 2: this is not YAML")
    assert str(home.path) not in broken.error["zh"]
    assert broken.rows == 1, "what landed is there all the same"
