"""JSON: one object a line, or one array of objects."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import polars as pl

from bilingual.errors import UserError
from pipelines.formats.encoding import Blocks, Utf8Text, candidates
from pipelines.formats.header import columns_of, missing, missing_columns
from pipelines.formats.reading import DEFECT, ROW, Reading, sliced

CHUNK_LINES = 50_000


_NESTED = frozenset({dict, list})


class _Number(str):
    """A number as it is written."""


def frames(reading: Reading) -> Iterator[pl.DataFrame]:
    """The objects of a JSON file as frames of text columns with `_row`, the line or the element's number.

    Numbers stay as written, nested values become compact JSON text, null and "" are null. A line that is no
    object has the defect "not a JSON object", or "cut off" where the file ends in it. Raises UserError for a
    damaged array, for an empty file and for one in which a needed column never occurs.
    """
    encoding = candidates(reading.path, reading.name, reading.encoding)[0]
    text = Utf8Text(reading.path, reading.name, encoding)
    start = text.head().lstrip()
    if not start:
        raise UserError(
            en="{name}: the file is empty; export it again or remove it.",
            zh="{name}：文件为空；请重新导出或删除该文件。",
            name=reading.name,
        )
    names: dict[str, str] = {}
    batches = _elements(reading, text) if start[0] == "[" or _spans_lines(start) else _lines(text)
    for rows, numbers, defects in batches:
        yield from sliced(_frame(rows, numbers, defects, names, reading))
    if lacking := missing(names.values(), reading.needs):
        raise missing_columns(reading.name, list(names.values()), lacking)


_Batch = tuple[list[dict[str, Any]], list[int], list[str | None]]


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def _spans_lines(start: str) -> bool:
    """Whether the file is one object written over several lines."""
    return start.partition("\n")[0].strip() == "{"


def _elements(reading: Reading, text: Utf8Text) -> Iterator[_Batch]:
    whole = b"".join(text.blocks()).decode()
    try:
        found = _loads(whole)
    except json.JSONDecodeError as error:
        raise UserError(
            en="{name}: line {line}, column {column} is not JSON ({reason}), perhaps the file was cut off; export it again.",
            zh="{name}：第 {line} 行第 {column} 列不是有效的 JSON（{reason}），文件可能不完整；请重新导出。",
            name=reading.name,
            line=error.lineno,
            column=error.colno,
            reason=error.msg,
        ) from None
    objects = found if isinstance(found, list) else [found]
    sound = [value if isinstance(value, dict) else {} for value in objects]
    defects = [None if isinstance(value, dict) else "not a JSON object" for value in objects]
    yield sound, list(range(1, len(objects) + 1)), defects


def _lines(text: Utf8Text) -> Iterator[_Batch]:
    source = io.TextIOWrapper(io.BufferedReader(Blocks(text.blocks())), encoding="utf-8", newline="\n")
    done = 0
    while lines := list(islice(source, CHUNK_LINES)):
        rows, defects = _objects(lines)
        numbers = list(range(done + 1, done + len(lines) + 1))
        done += len(lines)
        if defects[-1] and (text.ends_in_character or not lines[-1].endswith("\n")):
            defects[-1] = "cut off"
        kept = [i for i, line in enumerate(lines) if not line.isspace()]
        if len(kept) < len(lines):
            rows, numbers = [rows[i] for i in kept], [numbers[i] for i in kept]
            defects = [defects[i] for i in kept]
        yield rows, numbers, defects


def _objects(lines: list[str]) -> tuple[list[dict[str, Any]], list[str | None]]:
    # One call for all lines is several times faster than one a line; it fails as a whole on the first bad line.
    whole = f"[{','.join(lines)}]"
    try:
        # Plain text for numbers is quicker still, and enough unless a number is inside a nested value.
        rows = json.loads(whole, parse_float=str, parse_int=str, parse_constant=str)
        if len(rows) == len(lines) and set(map(type, rows)) == {dict}:
            nested = any(type(value) in _NESTED for row in rows for value in row.values())
            return _loads(whole) if nested else rows, [None] * len(rows)
    except (json.JSONDecodeError, RecursionError):
        pass
    one_by_one = [_object(line) for line in lines]
    return [row or {} for row in one_by_one], ["not a JSON object" if row is None else None for row in one_by_one]


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = _loads(line)
    except (json.JSONDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _frame(
    rows: list[dict[str, Any]], numbers: list[int], defects: list[str | None], names: dict[str, str], reading: Reading
) -> pl.DataFrame:
    """The rows as a frame; `names`, from key to column, grows as keys are met, so that a column keeps its name."""
    keys = dict.fromkeys(key for row in rows for key in row)
    for key, column in zip([*names, *(k for k in keys if k not in names)], _columns(names, keys, reading), strict=True):
        names[key] = column
    frame = pl.DataFrame(
        {names[key]: pl.Series([_text(row.get(key)) for row in rows], dtype=pl.String) for key in keys}
    )
    if not keys:
        frame = pl.DataFrame({column: pl.Series([None] * len(rows), dtype=pl.String) for column in names.values()})
    frame = frame.with_columns(pl.Series(ROW, numbers, dtype=pl.Int64))
    if any(defects):
        frame = frame.with_columns(pl.Series(DEFECT, defects, dtype=pl.String))
    return frame


def _columns(names: dict[str, str], keys: dict[str, None], reading: Reading) -> list[str]:
    return columns_of([*names, *(key for key in keys if key not in names)], reading.needs)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return str(value) or None
    if value is None:
        return None
    return _json(value)


def _json(value: Any) -> str:
    """A nested value as compact JSON with its numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
