"""What is asked about sources, and answered."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bilingual.errors import UserError
from bilingual.text import Language
from pipelines.asked.confined import must_be_inside, own_secret_in, place_must_be_inside
from pipelines.dryrun import check_source
from pipelines.environment import REFERENCE
from pipelines.proposing.look import Place, first_tables, is_database
from pipelines.proposing.match import Table
from pipelines.proposing.proposal import propose, spared
from pipelines.proposing.reshape import form_of, reshaped
from pipelines.proposing.written import column
from pipelines.rest import presets
from warehouse.entities import code_lists
from warehouse.fieldcheck import FieldReport
from warehouse.landed import is_plain
from warehouse.mapping import Source, load, mapping_file
from warehouse.settings import Home

Answer = dict[str, Any]
_ROWS, _SHOWN, _EXAMPLES = 5_000, 8, 3
_LONGEST = 120
# What a proposal is not sure of: the part of the mapping, and the remark at the end of its line.
_NOTE = re.compile(r"^ *(?:# )?(\w+):.*# \? (.+)$", re.MULTILINE)


def _look(home: Home, asked: Mapping[str, Any]) -> Answer:
    """Look at a place and propose a mapping."""
    at = _at(asked) or home.path
    where = asked["where"].strip()
    if secret := own_secret_in(f"{where} {asked.get('token') or ''}"):
        raise secret
    if not where.startswith(("http://", "https://")):
        kind, option = ("sql", "url") if is_database(where) else ("files", "path")
        place_must_be_inside(home, Place(kind, {option: where}, at))
    found = propose(
        home,
        asked["name"],
        where,
        table=asked.get("table") or None,
        entity=asked.get("entity") or None,
        language=asked["language"],
        token=asked.get("token") or None,
        at=at,
    )
    return {
        **_about(found.text),
        "is_sound": True,
        "errors": [],
        "said": [_said(error) for error in found.check.errors],
        "notes": [note for note in _NOTE.findall(found.text) if note[0] != "title"],
        "ranked": [found.match.entity.name, *(match.entity.name for match in found.others)],
        "columns": _columns(found.table),
        "rows": found.check.rows,
        "fields": [_field(field) for field in found.check.fields],
        "first": [asdict(first) for first in found.check.first],
    }


def _attempt(home: Home, asked: Mapping[str, Any]) -> Answer:
    """Try a mapping, with what a form says of it, on the first rows of its source."""
    text, name, at = asked["text"], asked["name"], _at(asked)
    try:
        text = reshaped(text, asked["form"], asked["language"]) if asked.get("form") else text
        source = _mapping(home, name, text, at or home.path)
    except UserError as error:
        return {**_about(text, is_sound=False), **_nothing(), "errors": [_said(error)]}
    check = check_source(home, spared(source), _ROWS, shown=_SHOWN, at=at)
    answer: Answer = {
        **_about(text),
        **_nothing(),
        "is_sound": True,
        "said": [_said(error) for error in check.errors],
        "rows": check.rows,
        "fields": [_field(field) for field in check.fields],
        "first": [asdict(first) for first in check.first],
    }
    if answer["form"]:
        (options,) = source.streams.values()
        try:
            tables = first_tables(name, Place(source.kind, options, at or home.path))
            # What is read is of the table that has most of the columns.
            needs = {field["expression"].strip('"') for field in answer["fields"]}
            best = max(tables, key=lambda frame: (len(needs & set(frame.columns)), frame.height))
            answer["columns"] = _columns(Table(best, code_lists(home.codes)))
        except UserError as error:
            answer["said"] = answer["said"] or [_said(error)]
    return answer


def _preset(home: Home, asked: Mapping[str, Any]) -> Answer:
    """The mapping of a well-known system, tried."""
    with tempfile.TemporaryDirectory() as folder:
        text = presets.write(Home(Path(folder)), asked["preset"], "preset").read_text(encoding="utf-8")
    return _attempt(home, {**asked, "text": text, "form": None})


def _mapping(home: Home, name: str, text: str, at: Path) -> Source:
    """A mapping as it would be read; UserError for one that is wrong, or would read what a page may not."""
    if not is_plain(name):
        raise UserError(en="That is no name of a source.", zh="来源名称无效。")
    if secret := own_secret_in(text):
        raise secret
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        try:
            source = load(file)
        except UserError as error:
            # The folder is nobody's business.
            en, zh = (words.replace(f"{folder}{os.sep}", "") for words in (error.text.en, error.text.zh))
            raise UserError(en=en, zh=zh) from None
    must_be_inside(home, source, _there(home, name), at)
    return source


def _there(home: Home, name: str) -> Source | None:
    """The mapping that is there now, if it can be read."""
    file = mapping_file(home.sources, name)
    try:
        return load(file) if file.exists() else None
    except UserError:
        return None


def _at(asked: Mapping[str, Any]) -> Path | None:
    return Path(asked["at"]) if asked.get("at") else None


def _about(text: str, *, is_sound: bool = True) -> Answer:
    """What the text of a mapping says by itself."""
    names = dict.fromkeys(REFERENCE.findall(text))
    return {
        "text": text,
        "form": form_of(text) if is_sound else None,
        "variables": [{"name": name, "is_set": bool(os.environ.get(name))} for name in names],
    }


def _nothing() -> Answer:
    return {
        "is_sound": False, "errors": [], "said": [], "notes": [], "ranked": [], "columns": [], "rows": {}, "fields": [], "first": []
    }  # fmt: skip


def _field(report: FieldReport) -> Answer:
    """What is told of a field; `shown` is its column by its own name, or the expression."""
    is_column = re.fullmatch('"[^"]+"', report.expression)
    return {**asdict(report), "shown": report.expression[1:-1] if is_column else report.expression}


def _columns(table: Table) -> list[Answer]:
    """The columns of a table: how a mapping names them, what they look like, examples."""
    return [
        {
            "name": name,
            "sql": column(name),
            "looks": _looks(table, name),
            "examples": [value[:_LONGEST] for value in table.values[name][:_EXAMPLES]],
            "filled": table.frame.height - table.frame[name].str.strip_chars().replace("", None).null_count(),
            "rows": table.frame.height,
        }
        for name in table.frame.columns
    ]


def _looks(table: Table, name: str) -> str:
    """The narrowest type as which all of a column's values can be read; an empty text for one without values."""
    if not table.values[name]:
        return ""
    reads = table.reads[name]
    return next((of for of in ("boolean", "integer", "number", "instant", "time") if reads.get(of, 0) == 1), "text")


def _said(error: UserError) -> dict[Language, str]:
    return {"en": error.text.en, "zh": error.text.zh}


QUESTIONS: dict[str, Callable[[Home, Mapping[str, Any]], Answer]] = {
    "look": _look,
    "attempt": _attempt,
    "preset": _preset,
}
