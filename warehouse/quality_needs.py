"""Which fields a measure cannot do without, and which of them no source delivers: what would fill it.

Found, as in `quality_reads`, in the SQL that the warehouse is built from, with the logic of unknown values: `a + b` and
`a AND b` need both, `coalesce(a, b)` and `a OR b` one of the two, `CASE` one of its branches; a condition of WHERE and of an
inner join is needed by every column. What is needed is a set of groups of fields, of each group one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from itertools import product
from typing import Any

from bilingual.text import Text
from warehouse.entities import entities
from warehouse.metrics import measures
from warehouse.metrics.measure import CompletedMedian, Duration, Level, PerUnitMonth, Quotient, Value
from warehouse.quality_reads import Field, asked, queries
from warehouse.reading import Reading, remembered
from warehouse.service_findings import is_delivered

Needs = frozenset[frozenset[Field]]
_Node = dict[str, Any]
# What one column needs; asked for a value other than 0 and false, or for any value (`known`).
_Column = Callable[[bool], Needs | None]
_NOTHING: Needs = frozenset()
# None: it never has a value, whatever is delivered.


def _all(parts: Iterable[Needs | None]) -> Needs | None:
    found: list[Needs] = []
    for part in parts:
        if part is None:
            return None
        found.append(part)
    return _shortest(frozenset().union(*found))


def _any(parts: Iterable[Needs | None]) -> Needs | None:
    possible = [part for part in parts if part is not None]
    if not possible:
        return None

    def either(a: Needs, b: Needs) -> Needs:
        return _shortest((a & b) | frozenset(one | other for one, other in product(a - b, b - a)))

    return reduce(either, possible)


def _shortest(needs: Needs) -> Needs:
    """Without groups that another one answers already."""
    return frozenset(group for group in needs if not any(other < group for other in needs))


@dataclass
class _Scope:
    """What stands in the FROM of one SELECT, by alias; what an outer join needs to find its rows, and what every row does."""

    sources: dict[str, Mapping[str, _Column]] = field(default_factory=dict)
    joined_by: dict[str, Needs] = field(default_factory=dict)
    rows: Needs | None = _NOTHING

    def needs(self, names: list[str], known: bool) -> Needs | None:
        *alias, column = names
        for name, source in self.sources.items():
            if not source and alias and alias[-1] == name:
                return self.joined_by.get(name, _NOTHING)
            if column in source and (not alias or alias[-1] == name):
                return _all([source[column](known), self.joined_by.get(name, _NOTHING)])
        return _NOTHING


@cache
def _relation(schema: str, name: str) -> Mapping[str, _Column]:
    if schema == "core" and name in entities():
        return {column: _of_field((name, column)) for column in entities()[name].fields}
    node = queries().get(f"{schema}.{name}")
    # What is made of the settings is always there.
    return _union(_branches(node, {})) if node else {}


def _of_field(one: Field) -> _Column:
    return lambda known: frozenset({frozenset({one})})


def _union(branches: list[dict[str, _Column]]) -> Mapping[str, _Column]:
    """The columns of several SELECTs one below the other."""

    def one(column: str) -> _Column:
        return cache(lambda known: _any(branch[column](known) for branch in branches))

    return {column: one(column) for column in branches[0]}


def _branches(node: _Node, outer: Mapping[str, Mapping[str, _Column]]) -> list[dict[str, _Column]]:
    named = dict(outer)
    for entry in node["cte_map"]["map"]:
        named[entry["key"]] = _union(_branches(entry["value"]["query"]["node"], named))
    if node["type"] == "SET_OPERATION_NODE":
        parts = node.get("children") or [node["left"], node["right"]]
        below = [branch for part in parts for branch in _branches(part, named)]
        # They are named by the first.
        return [dict(zip(below[0], branch.values(), strict=True)) for branch in below]
    scope = _Scope()
    _join(node["from_table"], named, scope)
    scope.rows = _all([scope.rows, _needs(node.get("where_clause"), scope, False)])
    columns: dict[str, _Column] = {}
    for item in node["select_list"]:
        if item["class"] == "STAR":
            wanted = item.get("relation_name") or None
            for alias, source in scope.sources.items():
                if wanted in (None, alias):
                    columns |= {name: _of_row(_reference(alias, name), scope) for name in source}
        else:
            name = item["alias"] or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else "")
            columns[name or f"column {len(columns)}"] = _of_row(item, scope)
    return [columns]


def _reference(alias: str, name: str) -> _Node:
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [alias, name]}


def _of_row(item: _Node, scope: _Scope) -> _Column:
    return cache(lambda known: _all([scope.rows, _needs(item, scope, known)]))


def _join(table: _Node, named: Mapping[str, Mapping[str, _Column]], scope: _Scope) -> None:
    match table["type"]:
        case "JOIN":
            _join(table["left"], named, scope)
            known = set(scope.sources)
            _join(table["right"], named, scope)
            needed = _needs(table.get("condition"), scope, False)
            if table["join_type"] == "INNER":
                scope.rows = _all([scope.rows, needed])
            else:
                scope.joined_by |= {alias: needed or _NOTHING for alias in scope.sources if alias not in known}
        case "BASE_TABLE":
            name, schema = table["table_name"], table["schema_name"]
            scope.sources[table["alias"] or name] = _relation(schema, name) if schema else named[name]
        case "SUBQUERY":
            scope.sources[table["alias"]] = _union(_branches(table["subquery"]["node"], named))


def _is_something(constant: _Node) -> bool:
    """Whether a constant is neither 0, false nor an empty text; the parser writes FALSE as the text 'f'."""
    return constant["value"].get("value") not in (0, "", "f", False)


# Functions of many rows, which have the value of one of them.
_OF_ROWS = ("sum", "min", "max", "bool_or", "max_by", "arg_max")


def _needs(node: _Node | None, scope: _Scope, known: bool) -> Needs | None:
    """What an expression needs for a value that is neither 0 nor false, or for any value (`known`)."""
    if node is None:
        return _NOTHING
    match node["class"], node["type"]:
        case "COLUMN_REF", _:
            return scope.needs(node["column_names"], known)
        case "CONSTANT", _:
            return None if node["value"]["is_null"] or not (known or _is_something(node)) else _NOTHING
        case "CAST", _:
            return _needs(node["child"], scope, known)
        case (_, "OPERATOR_COALESCE") | (_, "CONJUNCTION_OR"):
            return _any(_needs(child, scope, known) for child in node["children"])
        case _, "CONJUNCTION_AND":
            return _all(_needs(child, scope, known) for child in node["children"])
        case _, "OPERATOR_IS_NOT_NULL":
            return _NOTHING if known else _needs(node["children"][0], scope, True)
        case "CASE", _:
            return _case(node, scope, known)
        case "COMPARISON", _:
            # Text '' means that nobody said: nothing is joined to it, unless a coalesce in the condition itself says so.
            is_join = node["type"] == "COMPARE_EQUAL"
            sides = [node[side] for side in ("left", "right") if node[side]["class"] != "CONSTANT"]
            return _all(_needs(s, scope, not is_join or s["type"] == "OPERATOR_COALESCE") for s in sides)
        case "FUNCTION", _:
            return _function(node, scope, known)
    return _NOTHING


def _case(node: _Node, scope: _Scope, known: bool) -> Needs | None:
    """One of the branches; a later one needs what an earlier one finds missing."""
    found, so_far = [], _NOTHING
    for check in node["case_checks"]:
        when = check["when_expr"]
        found.append(_all([so_far, _needs(when, scope, False), _needs(check["then_expr"], scope, known)]))
        if when["type"] == "OPERATOR_IS_NULL":
            so_far = _all([so_far, _needs(when["children"][0], scope, True)]) or _NOTHING
    return _any([*found, _all([so_far, _needs(node["else_expr"], scope, known)])])


def _function(node: _Node, scope: _Scope, known: bool) -> Needs | None:
    name, children = node["function_name"], node["children"]
    if name in ("count", "count_star"):
        return _NOTHING if known else _all(_needs(child, scope, True) for child in children)
    if name in ("greatest", "least"):
        return _any(_needs(child, scope, True) for child in children)
    if name == "nullif":
        return _needs(children[0], scope, known)
    return _all(_needs(child, scope, known if name in _OF_ROWS else True) for child in children)


@cache
def needs(measure: str) -> Needs:
    """The groups of fields of which sources have to deliver one each, for a measure to have a value at all."""
    relation, columns = asked(measures()[measure])
    how = measures()[measure].how
    # A quotient has no value where its denominator is 0, a level none where nothing ever came in; a flow is dated by its day.
    wanted = columns[-1:] if isinstance(how, Quotient) else columns[:1] if isinstance(how, Level) else columns
    is_flow = not isinstance(how, Duration | CompletedMedian)
    parts = _branches(queries()[relation], {})
    # One of the costs will do.
    joined = _any if isinstance(how, PerUnitMonth) else _all
    return (
        _any(
            _all([joined([p[c](not is_flow) for c in wanted]), p["day"](True) if is_flow else _NOTHING]) for p in parts
        )
        or _NOTHING
    )


@remembered
def undelivered(reading: Reading, measure: str) -> tuple[tuple[Field, ...], ...]:
    """The groups of which no source delivers any: one field of each would fill the measure. Where facts are missing,
    the numbers of rows are not named: whoever delivers the one delivers the other."""
    missing = [tuple(sorted(g)) for g in needs(measure) if not any(is_delivered(reading, *one) for one in g)]
    facts = [group for group in missing if not any(_is_number(*one) for one in group)]
    return tuple(sorted(facts or missing))


def _is_number(entity: str, name: str) -> bool:
    known = entities()[entity]
    return name in known.key or bool(known.fields[name].refers)


_UNFILLED = Text(
    en="No value: no source delivers {fields}. Mapped in sources/, {it} would fill this.",
    zh="无值：没有数据源提供{fields}；在 sources/ 中映射后即有内容。",
)
_FIELD = Text(en="{name} ({field})", zh="“{field}”（{name}）")
_OR = Text(en=" or ", zh="或")
_AND = Text(en=", nor ", zh="，也没有提供")


def _joined(texts: list[Text], by: Text) -> Text:
    return Text(en=by.en.join(t.en for t in texts), zh=by.zh.join(t.zh for t in texts))


def _called(one: Field) -> Text:
    return _FIELD.format(field=entities()[one[0]].fields[one[1]].label, name=".".join(one))


def explained(reading: Reading, value: Value, of: str | None = None) -> Value:
    """A value; where there is none because no source delivers what it is made of, with that for a reason.

    of: the measure of the catalogue that is made of the same, where the value's own is none of it.
    """
    measure = of or value.measure
    if value.value is not None or measure not in measures():
        return value
    missing = undelivered(reading, measure)
    if not missing:
        return value
    fields = _joined([_joined([_called(one) for one in group], _OR) for group in missing], _AND)
    it = "it" if len(missing) == 1 else "they"
    return replace(value, reason=_UNFILLED.format(fields=fields, it=it))
