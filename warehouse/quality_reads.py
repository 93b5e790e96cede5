"""What each measure reads: the columns of the entities behind it, found by following the SQL of marts and core.

Nobody keeps a list: the engine parses the very files that the warehouse is built from, and each column is traced from
query to query down to the fields that sources deliver. So a check over a field knows the measures that it touches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import duckdb

from warehouse.build import relations
from warehouse.entities import entities
from warehouse.metrics import measures
from warehouse.metrics.measure import CompletedMedian, Count, Duration, Level, Measure, PerUnitMonth, Quotient
from warehouse.quality import checks
from warehouse.reading import Reading, remembered

# An entity and one of its fields.
Field = tuple[str, str]
Fields = frozenset[Field]
_NOTHING: Fields = frozenset()
_Node = dict[str, Any]


@dataclass(frozen=True)
class _Branch:
    """One SELECT: what each of its columns reads (None where it is always 0 or NULL), and what decides on its rows."""

    columns: Mapping[str, Fields | None]
    rows: Fields

    def reads(self, column: str) -> Fields:
        found = self.columns.get(column)
        return _NOTHING if found is None else found | self.rows


@dataclass
class _Scope:
    """What stands in the FROM of one SELECT: sources by alias, and what an outer join looks at to find their rows."""

    sources: dict[str, _Source] = field(default_factory=dict)
    joined_by: dict[str, Fields] = field(default_factory=dict)
    rows: Fields = _NOTHING

    def reads(self, alias: str | None, column: str) -> Fields:
        for name, source in self.sources.items():
            if alias == name or (alias is None and column in source.names):
                return source.reads(column) | self.joined_by.get(name, _NOTHING)
        return _NOTHING


class _Source:
    """A relation that a query reads: an entity, or what other queries made."""

    def __init__(self, entity: str | None, branches: list[_Branch]) -> None:
        self._entity, self._branches = entity, branches
        self.names = (
            list(entities()[entity].fields) if entity else list(branches[0].columns) if branches else []
        )  # those of a UNION are the first's

    def reads(self, column: str) -> Fields:
        if self._entity:
            return frozenset({(self._entity, column)}) if column in self.names else _NOTHING
        return frozenset().union(*(branch.reads(column) for branch in self._branches))


@cache
def queries() -> dict[str, _Node]:
    """The SELECT of every relation that a build makes, taken apart, by its name."""
    found = {}
    with duckdb.connect(":memory:") as con:
        for folder in ("core", "marts"):
            for name, statement in relations(folder).items():
                row = con.execute("SELECT json_serialize_sql(?)", [statement.split(" AS\n", 1)[1]]).fetchone()
                tree: _Node = json.loads(row[0]) if row else {"error_message": "no answer"}
                if "statements" not in tree:
                    raise ValueError(f"{folder}/{name}: {tree['error_message']}")
                found[f"{folder}.{name}"] = tree["statements"][0]["node"]
    return found


@cache
def _relation(name: str) -> list[_Branch]:
    """The columns of a relation of core or marts; none for one that no SQL file makes."""
    return _branches(queries()[name], {}) if name in queries() else []


def _branches(node: _Node, outer: Mapping[str, _Source]) -> list[_Branch]:
    named = dict(outer)
    for entry in node["cte_map"]["map"]:
        named[entry["key"]] = _Source(None, _branches(entry["value"]["query"]["node"], named))
    if node["type"] == "SET_OPERATION_NODE":
        parts = node.get("children") or [node["left"], node["right"]]
        first, *others = (_branches(part, named) for part in parts)
        names = list(first[0].columns)
        renamed = [
            _Branch(dict(zip(names, b.columns.values(), strict=True)), b.rows) for branches in others for b in branches
        ]
        return first + renamed
    scope = _Scope()
    _join(node["from_table"], named, scope)
    columns: dict[str, Fields | None] = {}
    for item in node["select_list"]:
        if item["class"] == "STAR":
            wanted = item.get("relation_name") or None
            for alias, source in scope.sources.items():
                if wanted in (None, alias):
                    columns |= {name: scope.reads(alias, name) for name in source.names}
        else:
            name = item["alias"] or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else "")
            columns[name or f"column {len(columns)}"] = None if _is_nothing(item) else _reads(item, scope)
    chosen = _reads(node.get("where_clause"), scope) | _reads(node.get("having"), scope)
    return [_Branch(columns, scope.rows | chosen)]


def _join(table: _Node, named: Mapping[str, _Source], scope: _Scope) -> None:
    match table["type"]:
        case "JOIN":
            _join(table["left"], named, scope)
            known = set(scope.sources)
            _join(table["right"], named, scope)
            looked_at = _reads(table.get("condition"), scope)
            if table["join_type"] == "INNER":
                scope.rows |= looked_at
            else:
                scope.joined_by |= {alias: looked_at for alias in scope.sources if alias not in known}
        case "BASE_TABLE":
            name, schema = table["table_name"], table["schema_name"]
            alias = table["alias"] or name
            if not schema:
                scope.sources[alias] = named[name]
            elif schema == "core" and name in entities():
                scope.sources[alias] = _Source(name, [])
            else:
                scope.sources[alias] = _Source(None, _relation(f"{schema}.{name}"))
        case "SUBQUERY":
            scope.sources[table["alias"]] = _Source(None, _branches(table["subquery"]["node"], named))


def _is_nothing(item: _Node) -> bool:
    """Whether an expression is 0 or NULL whatever the row: a column that another branch of a UNION fills."""
    if item["class"] == "CAST":
        return _is_nothing(item["child"])
    return item["class"] == "CONSTANT" and (item["value"]["is_null"] or not item["value"].get("value"))


def _reads(expression: object, scope: _Scope) -> Fields:
    return frozenset().union(*(scope.reads(*_named(node)) for node in _column_refs(expression)))


def _named(node: _Node) -> tuple[str | None, str]:
    *alias, column = node["column_names"]
    return (alias[-1] if alias else None), column


def _column_refs(node: object) -> Iterator[_Node]:
    if isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield node
        for value in node.values():
            yield from _column_refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from _column_refs(value)


def asked(measure: Measure) -> tuple[str, tuple[str, ...]]:
    """The mart that a measure reads, and its columns there."""
    match measure.how:
        case Quotient(numerator, denominator, of):
            return f"marts.{of}_flow", (numerator, denominator)
        case Count(column):
            return "marts.ticket_flow", (column,)
        case Level(plus, minus):
            return "marts.ticket_flow", (plus, minus)
        case Duration():
            return "marts.ticket", ("opened_on", "hours_open", "is_closed")
        case CompletedMedian(column, period):
            return "marts.ticket", (column, period)
        case PerUnitMonth():
            return "marts.cost", ("parts", "labour", "travel")


@cache
def reads(measure: str) -> Fields:
    """The fields of entities that a measure's value is made of; not those that only say where it belongs."""
    relation, columns = asked(measures()[measure])
    of_machines = _relation("marts.unit") if isinstance(measures()[measure].how, PerUnitMonth) else []
    found = [branch.reads("watched_from") for branch in of_machines]
    found += [
        # A flow counts a row on the day on which it happened.
        branch.reads(column) | branch.reads("day")
        for branch in _relation(relation)
        for column in columns
        if branch.columns.get(column) is not None
    ]
    return frozenset().union(*found)


@cache
def touches(entity: str, column: str, *, whole_rows: bool = False) -> tuple[str, ...]:
    """The measures that a check touches, in the order of the catalogue.

    A check over whole rows (they are missing, doubled, in quarantine), or over a field without which there is no row,
    touches all measures that read the entity; any other those that read its field.
    """
    if entity not in entities():
        return tuple(measures())
    known = entities()[entity]
    is_row = (
        whole_rows or not column or column in known.key or (column in known.fields and known.fields[column].required)
    )
    return tuple(name for name in measures() if any(e == entity and (is_row or f == column) for e, f in reads(name)))


@dataclass(frozen=True)
class Concern:
    """A check that failed, could not run or sent rows to quarantine: what is expected, and how many rows are not so."""

    suite: str
    name: str
    en: str
    zh: str
    severity: str
    status: str
    failed: int
    checked: int


@remembered
def touched(reading: Reading) -> dict[str, tuple[Concern, ...]]:
    """The measures that checks of this snapshot cast a doubt on, each with these checks, the worst first."""
    found: dict[str, list[Concern]] = {}
    for check in checks(reading):
        if check["status"] not in ("failed", "error", "quarantined"):
            continue
        named = {k: check[k] for k in ("suite", "name", "en", "zh", "severity", "status")}
        concern = Concern(**named, failed=check["failed"] or 0, checked=check["checked_rows"] or 0)
        for name in touches(check["suite"], check["field"] or "", whole_rows=check["is_quarantine"]):
            found.setdefault(name, []).append(concern)
    return {name: tuple(concerns) for name, concerns in found.items()}
