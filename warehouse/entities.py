"""What the warehouse knows about each entity: one file in `schema/` says its fields, types, names and references."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bilingual.errors import UserError
from bilingual.text import Text

_SCHEMA = Path(__file__).parent / "schema"
_CODES = Path(__file__).parent / "codes"

SQL_TYPES = {
    "text": "VARCHAR",
    "code": "VARCHAR",
    "instant": "TIMESTAMP",
    "day": "DATE",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "time": "TIME",
}

LINEAGE = ("_source", "_stream", "_batch", "_file", "_row", "_extracted_at")


@dataclass(frozen=True)
class Field:
    """One column of an entity. `refers` names the entity whose key it holds, `codes` the code list of its values."""

    name: str
    type: str
    label: Text
    required: bool = False
    refers: str | None = None
    codes: str | None = None

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Entity:
    """One table of `core`: its fields in order and the fields that identify a row."""

    name: str
    label: Text
    about: Text
    key: tuple[str, ...]
    fields: dict[str, Field]

    @property
    def dated_by(self) -> Field | None:
        """The instant that dates a row: the mandatory one, else the first."""
        instants = [f for f in self.fields.values() if f.type == "instant"]
        return min(instants, key=lambda f: not f.required, default=None)


@dataclass(frozen=True)
class Code:
    """One value of a code list."""

    list: str
    code: str
    parent: str | None
    label: Text


@cache
def entities() -> dict[str, Entity]:
    """Every entity of the warehouse by name, one per file in `schema/`."""
    found = {}
    for file in sorted(_SCHEMA.glob("*.yaml")):
        raw = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        found[file.stem] = Entity(
            name=file.stem,
            label=Text(**raw["label"]),
            about=Text(**raw["about"]),
            key=tuple(raw["key"]),
            fields={
                name: Field(
                    name=name,
                    type=f["type"],
                    label=Text(en=f["en"], zh=f["zh"]),
                    required=f.get("required", False),
                    refers=f.get("refers"),
                    codes=f.get("codes"),
                )
                for name, f in raw["fields"].items()
            },
        )
    return found


def code_lists(overrides: Path | None = None) -> dict[str, list[Code]]:
    """Code lists by name; a file of the same name in the installation's `codes/` replaces the list that ships."""
    files = {file.stem: file for file in sorted(_CODES.glob("*.csv"))}
    if overrides and overrides.is_dir():
        files |= {file.stem: file for file in sorted(overrides.glob("*.csv"))}
    lists = {}
    for name, file in files.items():
        try:
            with file.open(encoding="utf-8-sig", newline="") as rows:
                lists[name] = [
                    Code(list=name, code=r["code"], parent=r["parent"] or None, label=Text(en=r["en"], zh=r["zh"]))
                    for r in csv.DictReader(rows)
                ]
        except (UnicodeDecodeError, KeyError) as error:
            raise UserError(
                en=f"{file}: a code list is UTF-8 CSV with the columns code, parent, en, zh ({error}); correct the file.",
                zh=f"{file}：代码表应为 UTF-8 编码、含 code, parent, en, zh 列的 CSV（{error}）；请更正。",
            ) from None
    return lists
