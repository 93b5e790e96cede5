"""Records of an answer: found in it, and laid out as columns of text, with numbers as they were written."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import orjson
import polars as pl

Record = dict[str, Any]

_PLAIN = {int, orjson.Fragment, bool}
# A fraction is kept as what is written out again letter for letter.
_DECODER = msgspec.json.Decoder(float_hook=orjson.Fragment)


@contextmanager
def uncollected() -> Iterator[None]:
    """Meanwhile the collector does not look through the records again and again: they hold nothing that refers to itself."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


@uncollected()
def parsed(text: str | bytes) -> Any:
    """JSON whose fractions are kept as they were written; ValueError for what is none."""
    try:
        return _DECODER.decode(text)
    except (ValueError, msgspec.MsgspecError):
        # Some servers say NaN, or cut a sign in two: no JSON, but Python reads it.
        return _sound(json.loads(text, parse_float=orjson.Fragment, parse_constant=orjson.Fragment))


def _sound(value: Any) -> Any:
    """The value with a question mark for each half of a sign."""
    if isinstance(value, dict):
        return {_sound(name): _sound(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_sound(item) for item in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def at(answer: Any, path: str) -> Any:
    """What stands at a dotted path; `*` is every item of a list or member of an object. None where there is nothing."""
    parts = path.split(".") if path else []
    for number, part in enumerate(parts):
        if part == "*":
            rest = ".".join(parts[number + 1 :])
            items = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else []
            found = [at(item, rest) for item in items]
            return [one for each in found for one in (each if isinstance(each, list) else [each]) if one is not None]
        answer = answer.get(part) if isinstance(answer, dict) else None
    return answer


def column(record: Record, name: str) -> str | None:
    """What a record has in a column, as text."""
    found = record[name] if name in record else at(record, name)
    return found if type(found) is str and found else text(found)


def objects(answer: Any, path: str) -> list[Record] | None:
    """The records at a path, one object being a list of one; None where something else is there."""
    found = at(answer, path)
    if isinstance(found, dict):
        return [found]
    if found is None and path:
        return []
    return found if isinstance(found, list) and set(map(type, found)) <= {dict} else None


def named(record: Record, names: Record) -> Record:
    """The record with members that are only numbered under their names; of two of one name the first that is not null."""
    found: Record = {}
    for key, value in record.items():
        name = str(names.get(key, key)) if key[-1:].isdigit() else key
        if found.get(name) is None:
            found[name] = named(value, names) if isinstance(value, dict) else value
    return found


def exploded(records: Iterable[Record], name: str) -> Iterator[Record]:
    """Each item of a list of each record, as `list.member`, beside the rest of its record."""
    for record in records:
        shared = {key: value for key, value in record.items() if key != name}
        for item in items(record.get(name)):
            yield shared | {f"{name}.{key}": value for key, value in item.items()}


def items(found: Any) -> list[Record]:
    """What stands where a list is looked for, as records: an item alone is a list of one, blank, false or null are none.

    An item that is no object has its places for names, or is a `value`.
    """
    listed = found if isinstance(found, list) else [found] if found else []
    return [_record(item) for item in listed if item is not None]


def _record(item: Any) -> Record:
    if isinstance(item, dict):
        return item
    return {str(n): one for n, one in enumerate(item)} if isinstance(item, list) else {"value": item}


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


def numbered(records: Sequence[Record]) -> list[int]:
    """A number for each record; two share one only if they hold the same in the same order, as those of one server do."""
    try:
        return list(map(hash, map(orjson.dumps, records)))
    except TypeError:
        return list(map(hash, map(written, records)))


def _fragments(value: Any) -> Any:
    """The value with its whole numbers as what is written out letter for letter."""
    if isinstance(value, dict):
        return {name: _fragments(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fragments(item) for item in value]
    return orjson.Fragment(str(value)) if type(value) is int else value


@uncollected()
def table(records: Sequence[Record], depth: int) -> pl.DataFrame:
    """The records as columns of text; a member of an object is `object.member`, to a depth, and JSON text below."""
    columns: dict[str, pl.Series] = {}
    _spread(columns, "", records, depth)
    return pl.DataFrame(columns)


def _spread(columns: dict[str, pl.Series], prefix: str, records: Sequence[Record], depth: int) -> None:
    """A column for each member of the records."""
    shapes = dict.fromkeys(map(tuple, records))
    if len(shapes) == 1:
        # All have the same members in the same order, as those of one server mostly do.
        for name, values in zip(*shapes, zip(*map(dict.values, records), strict=True), strict=True):
            _add(columns, prefix + name, values, depth)
        return
    for name in dict.fromkeys(name for shape in shapes for name in shape):
        _add(columns, prefix + name, [record.get(name) for record in records], depth)


def _add(columns: dict[str, pl.Series], name: str, values: Sequence[Any], depth: int) -> None:
    """A column, or one for each member of what are objects; looked at as a whole, which costs a tenth of looking at each value."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        columns[name] = _cells(values, "")
    elif kinds <= _PLAIN:
        columns[name] = _cells(compact(values)[1:-1].split(","), "null")
    elif dict in kinds and depth:
        members = [value if type(value) is dict else {} for value in values]
        _spread(columns, f"{name}.", members, depth - 1)
        if len(kinds) > 1 or not any(members):
            # What is no object, such as a blank or `false` in place of one.
            columns[name] = _cells([None if type(value) is dict else text(value) for value in values])
    else:
        # Lists for the most part.
        columns[name] = _cells([written(v).decode() if type(v) is list else text(v) for v in values])


def _cells(texts: Sequence[str | None], blank: str = "") -> pl.Series:
    """The texts as a column, with null in place of one of them."""
    cells = pl.Series(values=texts, dtype=pl.String)
    return cells.set(cells == blank, None) if blank in texts else cells
