"""Forms: what a template writes and a user fills comes back the same, without a mapping, by the rules of any source."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from form_filling import as_typed, fill
from hypothesis import given, settings
from hypothesis import strategies as st
from installation import Installation

from bilingual.text import LANGUAGES, Language
from faultloop.cli import cli
from pipelines.landing import extract
from pipelines.sources.templates import FOLDER, built_in
from pipelines.templates import EXAMPLE, heading
from pipelines.templates.form import write_form
from warehouse.entities import Entity, Field, code_lists, entities
from warehouse.fieldcheck import first_rows
from warehouse.settings import Home

CODES = code_lists()
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31))
# What people type: no control characters, nothing that reads as blank, no line of spaces around it.
TEXTS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20).filter(
    lambda text: text not in (EXAMPLE.en, EXAMPLE.zh)
)


def values(field: Field) -> st.SearchStrategy[Any]:
    match field.type:
        case "code":
            return st.sampled_from([c.code for c in CODES[field.codes or ""]])
        case "instant":
            clock = st.times().map(lambda t: t.replace(microsecond=0))
            return st.builds(dt.datetime.combine, DAYS, clock)
        case "day":
            return DAYS
        case "time":
            return st.times().map(lambda t: t.replace(microsecond=0))
        case "number":
            return st.integers(-(10**9), 10**9).map(lambda n: n / 100)
        case "integer":
            return st.integers(-(10**6), 10**6)
        case "boolean":
            return st.booleans()
        case _:
            return TEXTS


def records(entity: Entity) -> st.SearchStrategy[list[dict[str, Any]]]:
    def of(field: Field) -> st.SearchStrategy[Any]:
        return values(field) if field.required else st.none() | values(field)

    return st.lists(st.fixed_dictionaries({f.name: of(f) for f in entity.fields.values()}), min_size=1, max_size=5)


def put(home: Path, entity: Entity, language: Language, rows: list[dict[str, Any]], name: str, **how: bool) -> Path:
    """A form that somebody filled with these rows, in the folder of forms."""
    home.joinpath(FOLDER).mkdir(parents=True, exist_ok=True)
    empty = home / "empty.xlsx"
    write_form(empty, entity, CODES, language)
    fields = list(entity.fields.values())
    typed = [
        {n: as_typed(f, row[f.name], CODES, language) for n, f in enumerate(fields) if row.get(f.name) is not None}
        for row in rows
    ]
    filled = fill(empty, typed, home / FOLDER / name, **how)
    empty.unlink()
    return filled


def staged(home: Path, entity: Entity) -> tuple[list[dict[str, str | None]], int]:
    """What landed of an entity's forms as it would be staged, as text, and how many rows are set aside."""
    place = Home(home)
    (source,) = built_in(place)
    assert extract(place, source).rejected == ()
    (found,) = [f for f in first_rows(place.landing, source, place.codes, 100) if f.entity == entity.name]
    return found.rows, found.aside


def as_shown(field: Field, value: Any) -> str | None:
    """A value as the warehouse shows it as text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(float(value)) if field.type == "number" else str(value)


def as_close(shown: str | None, field: Field) -> Any:
    return float(shown) if shown is not None and field.type == "number" else shown


@pytest.mark.parametrize(
    "name",
    [
        "ticket",
        "stock_move",
        *(pytest.param(name, marks=pytest.mark.matrix) for name in ("fault", "maintenance", "survey")),
    ],
)
@settings(max_examples=6)
@given(data=st.data())
def test_what_is_filled_comes_back_the_same(name: str, data: st.DataObject) -> None:
    entity = entities()[name]
    language = data.draw(st.sampled_from(LANGUAGES))
    rows = data.draw(records(entity))
    with tempfile.TemporaryDirectory() as scratch:
        # The forms' clock is the house's: one of UTC keeps what was typed.
        Path(scratch, "faultloop.yaml").write_text("time_zone: UTC\n")
        put(Path(scratch), entity, language, rows, "somebody's.xlsx")
        found, aside = staged(Path(scratch), entity)
    assert aside == 0
    for shown, row in zip(found, rows, strict=True):
        for field in entity.fields.values():
            expected = as_shown(field, row[field.name])
            assert as_close(shown[field.name], field) == as_close(expected, field), field.name


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_every_entity_has_a_form_whose_example_is_not_read(tmp_path: Path, language: Language) -> None:
    for entity in entities().values():
        put(tmp_path, entity, language, [], f"{entity.name}.xlsx")
    (source,) = built_in(Home(tmp_path))
    landed = extract(Home(tmp_path), source)
    assert landed.rejected == ()
    assert (landed.batches, landed.rows) == (len(entities()), 0)
    assert extract(Home(tmp_path), source).batches == 0, "what landed does not land again"


def test_a_row_typed_over_the_example_counts_once_it_has_a_name(tmp_path: Path) -> None:
    entity = entities()["ticket"]
    row = {"ticket_id": "T-1", "opened_at": dt.datetime(2026, 3, 7, 8, 5), "priority": "high"}
    put(tmp_path, entity, "zh", [row], "named.xlsx", over_example=True)
    put(tmp_path, entity, "zh", [{**row, "ticket_id": EXAMPLE.zh}], "nameless.xlsx", over_example=True)
    found, aside = staged(tmp_path, entity)
    assert [r["ticket_id"] for r in found] == ["T-1"]
    assert found[0]["opened_at"] == "2026-03-07 00:05:00", "the form's clock is the house's, Asia/Shanghai"
    assert aside == 1


def test_columns_may_be_moved_left_out_and_added(tmp_path: Path) -> None:
    entity = entities()["ticket"]
    form = put(tmp_path, entity, "en", [{"ticket_id": "T-1", "opened_at": dt.datetime(2026, 3, 7)}], "form.xlsx")
    with zipfile.ZipFile(form) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    strings = parts["xl/sharedStrings.xml"].decode()
    # “Status” is renamed by somebody: their column lands under its name and is not the field.
    parts["xl/sharedStrings.xml"] = (
        strings.replace(">Status<", ">status <", 1).replace(">Region<", ">Our region<").encode()
    )
    with zipfile.ZipFile(form, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    found, aside = staged(tmp_path, entity)
    assert (len(found), aside) == (1, 0)
    assert found[0]["region"] is None
    (batch,) = (tmp_path / "landing/templates/ticket").glob("*.parquet")
    assert "Our region" in pl.read_parquet_schema(batch)


def test_what_is_no_form_or_has_lost_a_mandatory_column_is_told(tmp_path: Path) -> None:
    entity = entities()["ticket"]
    form = put(tmp_path, entity, "zh", [], "form.xlsx")
    (tmp_path / FOLDER / "notes.txt").write_text("not a form")
    (tmp_path / FOLDER / "torn.xlsx").write_bytes(form.read_bytes()[:2000])
    with zipfile.ZipFile(form) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    head = heading(entity.fields["opened_at"], "zh")
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].decode().replace(head, "来电", 1).encode()
    with zipfile.ZipFile(form, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    (source,) = built_in(Home(tmp_path))
    told = {r.file: r for r in extract(Home(tmp_path), source).rejected}
    assert set(told) == {f"{FOLDER}/{name}" for name in ("form.xlsx", "notes.txt", "torn.xlsx")}
    assert f"“{head}” is missing" in told[f"{FOLDER}/form.xlsx"].en
    assert "faultloop sources template" in told[f"{FOLDER}/notes.txt"].zh


def test_a_form_is_published_and_one_sent_again_takes_its_place(installation: Installation) -> None:
    entity = entities()["ticket"]
    good = {"ticket_id": "T-1", "opened_at": dt.datetime(2026, 3, 7, 8, 5), "service_kind": "contract"}
    installation.path.mkdir()
    put(installation.path, entity, "zh", [good, {"ticket_id": "T-2"}], "北京.xlsx")
    assert installation.refresh(checked=False).is_new
    assert installation.rows("SELECT ticket_id, service_kind FROM core.ticket") == [("T-1", "contract")]
    assert installation.rows("SELECT rule, field, file, row_no FROM meta.quarantine") == [
        ("missing", "opened_at", f"{FOLDER}/北京.xlsx#{entity.label.zh}", 6)
    ]
    put(installation.path, entity, "zh", [good, {**good, "ticket_id": "T-2"}], "北京.xlsx")
    assert installation.refresh(checked=False).is_new
    assert installation.value("SELECT count(*) FROM core.ticket") == 2
    assert installation.value("SELECT count(*) FROM meta.quarantine") == 0
    shutil.rmtree(installation.path / FOLDER)
    assert not installation.refresh(checked=False).is_new, "what landed stays when the folder is cleared"


def test_the_command_writes_a_form_and_never_over_one(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--home", str(tmp_path / "home"), "sources", "template", *arguments])
        return done.exit_code, f"{done.output}{done.exception or ''}"

    file = tmp_path / "form.xlsx"
    code, said = run("repair", "--lang", "zh", "--into", str(file))
    assert (code, str(tmp_path / "home" / FOLDER) in said) == (0, True)
    written = file.read_bytes()
    code, said = run("repair", "--into", str(file))
    assert (code, file.read_bytes() == written, "there already" in said) == (1, True, True)
    code, said = run("repairs", "--into", str(tmp_path / "other.xlsx"))
    assert (code, "repair" in said) == (1, True)
    assert not (tmp_path / "other.xlsx").exists()
