"""What import-linter cannot see: entities and measures that are whole, SQL that two engines run, files one can read."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import time
from pathlib import Path
from pkgutil import iter_modules

import pytest

from bilingual.text import LANGUAGES
from expectations import suites
from warehouse import metrics
from warehouse.build import relations
from warehouse.entities import entities
from warehouse.metrics import measures
from warehouse.metrics.measure import UNITS, Level, Measure, Quotient

ROOT = Path(__file__).parent.parent
PACKAGES = ("analysis", "dashboards", "demo", "expectations", "faultloop", "pipelines", "warehouse")
SQL = sorted(f for folder in ("core", "marts") for f in (ROOT / "warehouse" / folder).glob("*.sql"))
PYTHON = sorted(f for package in PACKAGES for f in (ROOT / package).rglob("*.py"))

# DOMAIN §5, in its order.
# fmt: off
ENTITIES = (
    "asset", "customer", "technician", "ticket", "ticket_event", "visit", "repair", "part_use",
    "fault", "usage", "part", "stock_move", "contract", "maintenance", "survey", "complaint",
    "installation", "consultation", "price_approval", "returned_unit", "supplier", "target", "fracas_report", "fracas_event",
    "action", "review", "effectiveness", "calendar", "code_list",
)
# fmt: on


def own_files() -> list[Path]:
    """The project's text files: what git keeps or would keep; all of them where there is no git."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    hidden = {".venv", ".venv-oracles", ".git", "instance", "dist"}
    everything = (
        f.relative_to(ROOT).as_posix() for f in ROOT.rglob("*") if not hidden & set(f.relative_to(ROOT).parts)
    )
    files = [ROOT / name for name in listed or everything]
    binary = {".png", ".jpg", ".ico", ".svg", ".woff2", ".parquet", ".pyc", ".gz", ".xlsx"}
    return [f for f in files if f.is_file() and f.suffix not in binary and f.name != "uv.lock"]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def bare(sql: str) -> str:
    """SQL without its comments and texts, in capitals."""
    return re.sub(r"'[^']*'", "''", re.sub(r"--[^\n]*", "", sql)).upper()


@pytest.mark.parametrize("name", ENTITIES)
def test_every_entity_of_the_domain_has_a_schema_file_in_both_languages(name: str) -> None:
    assert name in entities()
    entity = entities()[name]
    for text in (entity.label, entity.about, *(f.label for f in entity.fields.values())):
        assert all(text[language].strip() for language in LANGUAGES)


def test_no_entity_is_unknown_to_the_domain() -> None:
    assert set(entities()) == set(ENTITIES)


@pytest.mark.parametrize("measure", measures().values(), ids=lambda m: m.name)
def test_every_measure_is_told_in_both_languages_with_its_unit_and_a_quotient_with_its_denominator(
    measure: Measure,
) -> None:
    texts = [measure.label, measure.definition, measure.numerator]
    if isinstance(measure.how, Quotient):
        assert measure.denominator is not None
    if measure.denominator is not None:
        texts.append(measure.denominator)
    for text in texts:
        assert all(text[language].strip() for language in LANGUAGES)
        assert text.en != text.zh
    assert measure.definition.en.endswith(".")
    assert measure.definition.zh.endswith("。")
    assert measure.unit in UNITS


def test_every_measure_of_every_family_is_found_under_a_name_of_its_own() -> None:
    families = [importlib.import_module(f"{metrics.__name__}.{m.name}") for m in iter_modules(metrics.__path__)]
    named = [measure.name for family in families for measure in getattr(family, "MEASURES", ())]
    assert sorted(named) == sorted(measures())
    labels = [measure.label for measure in measures().values()]
    assert len({label.en for label in labels}) == len({label.zh for label in labels}) == len(labels)


def test_every_quotient_is_of_columns_that_the_flow_has() -> None:
    quotients = [m.how for m in measures().values() if isinstance(m.how, Quotient)]
    needed = {(how.of, column) for how in quotients for column in (how.numerator, how.denominator)}
    levels = [m.how for m in measures().values() if isinstance(m.how, Level)]
    needed |= {("ticket", column) for how in levels for column in (how.plus, how.minus)}
    flows = {of: relations("marts")[f"{of}_flow"] for of, _ in needed}
    assert {(of, column) for of, column in needed if not re.search(rf"\b{column}\b", flows[of])} == set()


def test_every_suite_is_named_after_its_file_or_an_entity() -> None:
    files = (ROOT / "expectations").glob("*.py")
    named = {file.stem for file in files if "\nSUITE = " in file.read_text(encoding="utf-8")}
    assert set(suites()) == named | set(entities())


# What DuckDB runs and Spark does not.
ONE_ENGINE_ONLY = {
    "ASOF join": r"\bASOF\b",
    "QUALIFY": r"\bQUALIFY\b",
    "list aggregate": r"\b(LIST|ARRAY_AGG|STRING_AGG|LIST_\w+|UNNEST)\s*\(",
    "count() of nothing": r"\bCOUNT\s*\(\s*\)",
    "cast with ::": r"::",
    "EXCLUDE": r"\bEXCLUDE\b",
    "FROM first": r"\(\s*FROM\b",
    "POSITIONAL join": r"\bPOSITIONAL\b",
    "GROUP BY ALL": r"\b(GROUP|ORDER)\s+BY\s+ALL\b",
    "DISTINCT ON": r"\bDISTINCT\s+ON\b",
    "list or struct": r"[\[{]",
}


@pytest.mark.parametrize("file", [f for f in SQL if f.name != "macros.sql"], ids=name_of)
def test_core_and_marts_keep_to_what_two_engines_run(file: Path) -> None:
    text = bare(file.read_text(encoding="utf-8"))
    assert [what for what, pattern in ONE_ENGINE_ONLY.items() if re.search(pattern, text, re.MULTILINE)] == []


@pytest.mark.parametrize("file", SQL, ids=name_of)
def test_a_sql_file_says_first_what_it_is_and_reads_only_its_own_and_lower_folders(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    allowed = {"core": {"core"}, "marts": {"core", "marts"}}[file.parent.name]
    assert set(re.findall(r"\b(?:FROM|JOIN) (\w+)\.\w+", text)) <= allowed


@pytest.mark.parametrize("file", PYTHON, ids=name_of)
def test_a_module_says_in_its_first_line_what_it_is_for(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def test_no_file_is_longer_than_one_reads() -> None:
    long = {name_of(f): n for f in own_files() if (n := len(f.read_text(encoding="utf-8").splitlines())) > 500}
    assert long == {}


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    place = re.compile(r"(?<![\w.])(/(?:work|root|Users)/\w|/home/\w|[A-Z]:\\\\?Users)")
    found = [
        f"{name_of(f)}:{n}"
        for f in own_files()
        for n, line in enumerate(f.read_text(encoding="utf-8").splitlines(), 1)
        if place.search(line)
    ]
    assert found == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "data2", "shared"}
    assert [name_of(f) for f in PYTHON if empty & {f.stem, *f.relative_to(ROOT).parent.parts}] == []


def test_help_is_there_at_once() -> None:
    command = [str(Path(sys.executable).parent / "faultloop"), "--help"]
    best = 9.0
    for _ in range(6):
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        best = min(best, time.perf_counter() - begin)
        assert "refresh" in done.stdout
        if best < 0.5:
            break
    assert best < 0.5
