"""Records of an answer: found in it, and laid out as columns of text, with numbers as they were written."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

Record = dict[str, Any]

_PLAIN = {int, orjson.Fragment, bool}


def parsed(text: str | bytes) -> Any:
    """JSON whose fractions are kept as they were written; ValueError for what is none."""
    # What is parsed holds nothing that refers to itself: the collector would look through it again and again, for half the time.
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        return json.loads(text, parse_float=_written, parse_constant=_written)
    finally:
        if was_collecting:
            gc.enable()


def _written(number: str) -> orjson.Fragment:
    """A number that is written out again letter for letter."""
    return orjson.Fragment(number)


def at(answer: Any, path: str) -> Any:
    """What stands at a dotted path; `*` is every item of a list or member of an object. None where there is nothing."""
    parts = path.split(".") if path else []
    for number, part in enumerate(parts):
        if part == "*":
            rest = ".".join(parts[number + 1 :])
            items = answer.values() if isinstance(answer, dict) else answer or []
            found = [at(item, rest) for item in items]
            return [one for each in found for one in (each if isinstance(each, list) else [each]) if one is not None]
        answer = answer.get(part) if isinstance(answer, dict) else None
    return answer


def column(record: Record, name: str) -> str | None:
    """What a record has in a column, as text."""
    return text(record[name] if name in record else at(record, name))


def objects(answer: Any, path: str) -> list[Record] | None:
    """The records at a path, one object being a list of one; None where something else is there."""
    found = at(answer, path)
    if isinstance(found, dict):
        return [found]
    if found is None and path:
        return []
    return found if isinstance(found, list) and all(isinstance(item, dict) for item in found) else None


def exploded(records: Iterable[Record], name: str) -> Iterator[Record]:
    """Each item of a list of each record, as `list.member`, beside the rest of its record."""
    for record in records:
        shared = {key: value for key, value in record.items() if key != name}
        for item in record.get(name) or []:
            yield shared | {f"{name}.{key}": value for key, value in item.items()}


def text(value: Any) -> str | None:
    """A value as it lands: text as it is, nothing for what is null or blank, all else as JSON without spaces."""
    return (value or None) if value is None or isinstance(value, str) else compact(value)


def compact(value: Any) -> str:
    """A value as JSON text without spaces, its numbers as they were written."""
    return written(value).decode()


def written(value: Any) -> bytes:
    """A value as JSON without spaces."""
    try:
        return orjson.dumps(value)
    except TypeError:  # it writes no whole numbers of more than 64 bits by itself
        return orjson.dumps(_fragments(value))


def _fragments(value: Any) -> Any:
    """The value with its whole numbers as what is written out letter for letter."""
    if isinstance(value, dict):
        return {name: _fragments(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_fragments(item) for item in value]
    return _written(str(value)) if type(value) is int else value


def table(records: Sequence[Record], depth: int) -> pa.Table:
    """The records as columns of text; a member of an object is `object.member`, to a depth, and JSON text below."""
    columns: dict[str, pa.Array] = {}
    _spread(columns, "", records, depth)
    return pa.table(columns)


def _spread(columns: dict[str, pa.Array], prefix: str, records: Sequence[Record], depth: int) -> None:
    """A column for each member of the records."""
    for name in dict.fromkeys(name for shape in dict.fromkeys(map(tuple, records)) for name in shape):
        _add(columns, prefix + name, [record.get(name) for record in records], depth)


def _add(columns: dict[str, pa.Array], name: str, values: Sequence[Any], depth: int) -> None:
    """A column, or one for each member of what are objects; looked at as a whole, which costs a tenth of looking at each value."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        cells = pa.array(values, pa.string())
        columns[name] = pc.if_else(pc.equal(cells, ""), None, cells)
    elif kinds <= _PLAIN:
        cells = pa.array(compact(values)[1:-1].split(","), pa.string())
        columns[name] = pc.if_else(pc.equal(cells, "null"), None, cells)
    elif dict in kinds and depth:
        members = [value if type(value) is dict else {} for value in values]
        _spread(columns, f"{name}.", members, depth - 1)
        if len(kinds) > 1 or not any(members):
            # What is no object, such as a blank or `false` in place of one.
            others = [None if type(value) is dict else text(value) for value in values]
            columns[name] = pa.array(others, pa.string())
    else:
        columns[name] = pa.array([text(value) for value in values], pa.string())
