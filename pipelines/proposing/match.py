"""Which entity a table is of, and which column is which field: by what the columns are called and what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import polars as pl

from pipelines.proposing.values import Codes, Dates, are_like_dates, codes_of, dates_of, nulls_in
from warehouse import synonyms
from warehouse.entities import Code, Entity, Field
from warehouse.shapes import readable

_DISTINCT = 500
# What the house itself writes is not looked for in what others deliver.
_OURS = frozenset({"calendar", "code_list"})
# What columns of numbers are called where they do not say of what.
_IDS = frozenset({"id", "no", "nr", "number", "key", "uid", "编号", "序号", "编码", "流水号"})
_REQUIRED, _KEY, _OTHER = 3.0, 2.0, 1.0
_NO_KEY, _JOINED_KEY, _REPEATED_KEY = 4.0, 1.0, 4.0
_FITS = 0.8


@dataclass(frozen=True)
class Match:
    """One entity for one table: the column of each field, what identifies a row, and how well it fits."""

    entity: Entity
    columns: dict[str, str]
    key: tuple[str, ...]
    version: str | None
    score: float
    repeated: int


@dataclass
class Table:
    """A table with what its values say, told once for all entities; `declared` are the columns that need `dates`."""

    frame: pl.DataFrame
    codes: Mapping[str, Sequence[Code]]
    values: dict[str, list[str]] = field(init=False)
    nulls: list[str] = field(init=False)
    dates: Dates = field(init=False)
    declared: frozenset[str] = field(init=False)
    reads: dict[str, dict[str, float]] = field(init=False)

    def __post_init__(self) -> None:
        texts = {c: self._distinct(c) for c in self.frame.columns}
        self.nulls = nulls_in(v for several in texts.values() for v in several)
        self.values = {c: [v for v in several if v not in self.nulls] for c, several in texts.items()}
        known = readable(self.values)
        # What one column leaves open, whether 3/4 is of March or April, another tells.
        written = [c for c, several in self.values.items() if known[c]["instant"] < 1 and are_like_dates(several)]
        self.dates = dates_of([v for c in written for v in self.values[c]])
        dated = readable({c: self.values[c] for c in written}, self.dates.formats)
        self.reads = {**known, **dated}
        self.declared = frozenset(written) if self.dates.formats else frozenset()

    def _distinct(self, column: str) -> list[str]:
        texts = self.frame[column].drop_nulls().str.strip_chars()
        return texts.filter(texts != "").unique(maintain_order=True).head(_DISTINCT).to_list()

    def codes_of(self, column: str, codes: str) -> Codes | None:
        """How a column's values become codes of a list; None where they are of none."""
        return codes_of(self.values[column], self.codes[codes])

    def holds(self, column: str, wanted: Field) -> bool:
        """Whether a column's values can be those of a field; one without values says nothing against it."""
        if wanted.type == "text" or not self.values[column]:
            return True
        if wanted.type == "code":
            return self.codes_of(column, wanted.codes or "") is not None
        return self.reads[column][wanted.type] >= _FITS

    def repeats(self, columns: Sequence[str]) -> int:
        """Rows that are not the first with their values in some columns."""
        return self.frame.height - self.frame.select(columns).n_unique()


def matches(table: Table, entities: Mapping[str, Entity], only: str | None) -> list[Match]:
    """The entities that a table can be of, the best first; `only` one where somebody said so."""
    chosen = [entities[only]] if only else [e for e in entities.values() if e.name not in _OURS]
    found = [_match(table, entity) for entity in chosen]
    return sorted((m for m in found if m.columns), key=lambda m: (-m.score, m.entity.name))


def _match(table: Table, entity: Entity) -> Match:
    columns = _columns(table, entity)
    score = sum(_REQUIRED if entity.fields[f].required else _OTHER for f in columns)
    lacking = sum(
        _REQUIRED for f in entity.fields.values() if f.required and f.name not in columns and f.name not in entity.key
    )
    key: tuple[str, ...] = ()
    repeated = 0
    if all(k in columns for k in entity.key):
        score += _KEY
        repeated = table.repeats([columns[k] for k in entity.key])
    else:
        key = _key(table, entity, columns)
        lacking += _JOINED_KEY if key else _NO_KEY
    free = [c for c in table.frame.columns if c not in columns.values()]
    version = next((c for c in free if synonyms.plain(c) in synonyms.versions()), None) if repeated else None
    # Many rows of one record, and nothing that tells the newest: these are events, or visits, of it.
    if repeated * 10 > table.frame.height and version is None:
        lacking += _REPEATED_KEY
    return Match(entity, columns, key, version, score - lacking, repeated)


def _columns(table: Table, entity: Entity) -> dict[str, str]:
    """The column of each field: the field's own name and labels before other words, each column once."""
    taken: dict[str, str] = {}
    for is_own in (True, False):
        for spec in sorted(entity.fields.values(), key=lambda f: not f.required):
            own = {synonyms.plain(w) for w in (spec.name, spec.label.en, spec.label.zh)}
            for column in table.frame.columns:
                word = synonyms.plain(column)
                if spec.name in taken or column in taken.values():
                    continue
                if (word in own if is_own else word in synonyms.words(entity.name, spec.name)) and table.holds(
                    column, spec
                ):
                    taken[spec.name] = column
    return {f: taken[f] for f in entity.fields if f in taken}


def _key(table: Table, entity: Entity, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Columns that tell the rows apart where the entity's own key is not there: one, or a reference and an instant."""
    named = [c for c in table.frame.columns if synonyms.plain(c) in _IDS]
    names = list(dict.fromkeys([*named, *columns.values(), *table.frame.columns]))
    times = [
        c for c in names if table.values[c] and table.reads[c]["instant"] >= _FITS and table.reads[c]["number"] < 1
    ]
    texts = [c for c in names if c not in times and table.frame[c].null_count() == 0]
    refers = [
        columns[f.name] for f in entity.fields.values() if f.name in columns and (f.refers or f.name in entity.key)
    ]
    refers = [c for c in refers if c in texts]
    for several in [*((c,) for c in texts), *((r, t) for r in refers for t in times), *combinations(refers, 2)]:
        if not table.repeats(several):
            return several
    return ()
