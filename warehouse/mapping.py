"""Mappings: the YAML files of an installation that say which stream of a source feeds which entity, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic import Field as PydanticField

from bilingual.errors import UserError
from bilingual.text import Text
from warehouse.entities import entities
from warehouse.yamlfile import line_of, read_yaml

# The source that is the house's own FRACAS register.
REGISTER = "fracas_register"
# Kinds whose rows programs write one by one; every other kind takes whole files, which people write.
_OF_PROGRAMS = frozenset({"sql", "rest", "register"})
# The kind whose senders are answered.
MAILBOX = "mailbox"
# Mappings of what every installation has; a file of the same name in the installation's `sources/` takes the place of one.
_SHIPPED = Path(__file__).parent / "mappings"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, ignored_types=(cached_property,))


def _as_sql(expression: str) -> str:
    """A single word is a column, also where SQL reserves the word (`at`, `order`); a number stays a number."""
    return f'"{expression}"' if re.fullmatch(r"[^\W\d]\w*", expression) else expression


class FieldMapping(_Strict):
    """Where a field comes from: an SQL expression over the stream's columns, and a translation of its values."""

    expression: str = PydanticField(alias="from")
    map: dict[str, str | None] = PydanticField(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("YAML reads this word as true or false; write it in quotes")
        if value is None:
            raise ValueError("nothing is written here; name a column, or remove the line")
        return {"from": str(value)} if isinstance(value, str | int | float) else value

    @field_validator("expression")
    @classmethod
    def _sql(cls, value: str) -> str:
        return _as_sql(value)

    @field_validator("map", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        # YAML reads `1: high` and `yes: true` as a number and a boolean; landed values are text.
        def text(v: Any) -> Any:
            return str(v).lower() if isinstance(v, bool) else v if v is None else str(v)

        return {text(k): text(v) for k, v in value.items()} if isinstance(value, dict) else value


class Unpivot(_Strict):
    """Columns of a wide table read as rows, one for each cell with a value: months side by side, as people keep them.

    columns: globs of the headers. names: the column that takes the header; values: the one that takes the cell.
    """

    columns: tuple[str, ...]
    names: str
    values: str

    @field_validator("columns", mode="before")
    @classmethod
    def _globs(cls, value: Any) -> Any:
        return [str(glob) for glob in value] if isinstance(value, list) else [str(value)]

    @field_validator("values")
    @classmethod
    def _differ(cls, value: str, info: ValidationInfo) -> str:
        if value.casefold() == str(info.data.get("names")).casefold():
            raise ValueError("`names` and `values` are two columns; give them different names")
        return value

    def matches(self, column: str) -> bool:
        """Whether a landed column is one of those side by side."""
        return not column.startswith("_") and any(fnmatchcase(column, glob) for glob in self.columns)

    def made(self, columns: Iterable[str]) -> set[str]:
        """The columns that a stream of these columns gets by being read so."""
        return {self.names, self.values} if any(map(self.matches, columns)) else set()


class EntityMapping(_Strict):
    """How one stream feeds one entity. `version` tells which of two rows with the same key is the newer one.

    gone: the condition of rows that say that what has their key is there no longer: they take older rows away.
    totals: a query that the source's database answers in one row, with the count `rows` and sums by the fields' names.
    """

    stream: str = PydanticField(alias="from")
    key: FieldMapping | None = None
    version: FieldMapping | None = None
    where: str | None = None
    gone: str | None = None
    totals: str | None = None
    unpivot: Unpivot | None = None
    fields: dict[str, FieldMapping]

    @field_validator("where", "gone")
    @classmethod
    def _filter(cls, value: str | None) -> str | None:
        return value if value is None else _as_sql(value)

    def expressions(self) -> dict[str, str]:
        """Every SQL expression of the mapping by its place in it, for finding the columns it needs and what is wrong."""
        found = {name: mapped.expression for name, mapped in self.fields.items()}
        found |= {part: m.expression for part, m in (("key", self.key), ("version", self.version)) if m}
        conditions = {"where": self.where, "gone": self.gone}
        return found | {part: condition for part, condition in conditions.items() if condition is not None}


class Source(_Strict):
    """One source: where its streams are, in which zone its clocks run, and what its columns mean."""

    name: str
    title: Text
    kind: str
    owner: str | None = None
    time_zone: str = "UTC"
    fresh_within_hours: float | None = None
    nulls: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    streams: dict[str, dict[str, Any]]
    entities: dict[str, tuple[EntityMapping, ...]]

    @field_validator("title", mode="before")
    @classmethod
    def _title(cls, value: Any) -> Any:
        if not isinstance(value, dict) or set(value) != {"en", "zh"}:
            raise ValueError("a title needs both languages, such as {en: Call register, zh: 报修登记簿}")
        return Text(**value)

    @field_validator("entities", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return {k: v if isinstance(v, list) else [v] for k, v in value.items()} if isinstance(value, dict) else value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception:
            raise ValueError(f"“{value}” is no time zone") from None
        return value

    @model_validator(mode="after")
    def _resolves(self) -> Source:
        for entity, mappings in self.entities.items():
            if entity not in entities():
                raise ValueError(f"entities.{entity}: there is no such entity{_hint(entity, entities())}")
            for mapping in mappings:
                if mapping.stream not in self.streams:
                    raise ValueError(f"entities.{entity}.from: “{mapping.stream}” is not among the streams")
                if mapping.totals and self.kind != "sql":
                    raise ValueError(f"entities.{entity}.totals: only a source of the kind sql answers a query")
                for field in mapping.fields:
                    if field not in entities()[entity].fields:
                        raise ValueError(
                            f"entities.{entity}.fields.{field}: there is no such field{_hint(field, entities()[entity].fields)}"
                        )
        return self

    @property
    def is_of_files(self) -> bool:
        """Whether whole files are delivered: one takes the place of what came under its name, and its headers may drift."""
        return self.kind not in _OF_PROGRAMS

    def mappings_of(self, stream: str) -> list[EntityMapping]:
        """All mappings that read the stream."""
        return [m for several in self.entities.values() for m in several if m.stream == stream]

    def totals_of(self, stream: str) -> dict[str, str]:
        """The queries for totals of the entities that the stream feeds."""
        return {e: m.totals for e, several in self.entities.items() for m in several if m.stream == stream and m.totals}


def _hint(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean “{close[0]}”?" if close else f" (known: {', '.join(known)})"


def load(file: Path) -> Source:
    """The mapping in one YAML file.

    Raises UserError for a file that is not YAML, or that names entities, fields or streams that do not exist.
    """
    raw = read_yaml(file)
    if not isinstance(raw, dict):
        raise UserError(
            en=f"{file.name}: a mapping needs the parts title, kind, streams and entities; see docs/sources.md.",
            zh=f"{file.name}：映射须包含 title、kind、streams 和 entities；参见 docs/sources.md。",
        )
    try:
        return Source.model_validate({"name": file.stem, **raw})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        # What is wrong with the whole begins with where it is.
        line = line_of(file, (where or what.partition(":")[0]).split("."))
        raise UserError(
            en=f"{file.name}{f', line {line}' if line else ''}: {where + ': ' if where else ''}{what}; "
            "correct the mapping and run `faultloop sources check`.",
            zh=f"{file.name}{f' 第 {line} 行' if line else ''}：{where + '：' if where else ''}{what}；"
            "请更正映射后运行 `faultloop sources check`。",
        ) from None


def mapping_file(folder: Path, name: str) -> Path:
    """The file that says how a source is read: the installation's own, else the one that ships."""
    own = folder / f"{name}.yaml"
    return own if own.exists() else _SHIPPED / own.name


def load_all(folder: Path) -> list[Source]:
    """All mappings of an installation, by name."""
    return [load(file) for file in sorted(folder.glob("*.yaml"))]
