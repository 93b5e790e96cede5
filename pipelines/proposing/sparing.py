"""A stream's options for somebody who waits for a first look: the first page of a list, and no patience with a server."""

from __future__ import annotations

from typing import Any

_SECONDS = 20
_ROWS = 50


def sparing(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options with which only the first rows are asked for, once; those of files stay as they are."""
    if kind == "sql":
        return {**options, "timeout": min(float(options.get("timeout", _SECONDS)), _SECONDS)}
    if kind != "rest":
        return options
    size = min(int(options.get("size", _ROWS)), _ROWS)
    first = {"{page}": str(options.get("first_page", 1)), "{offset}": "0", "{limit}": str(size)}
    asked = {name: _filled(value, first) for name, value in options.items()}
    once = {"paging": "none", "size": size, "attempts": 2, "timeout": _SECONDS, "patience": _SECONDS}
    return {**asked, **once}


def _filled(value: Any, first: dict[str, str]) -> Any:
    """The value with the marks of the first page in place."""
    if isinstance(value, dict):
        return {name: _filled(part, first) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, first) for part in value]
    if not isinstance(value, str):
        return value
    if value in first:
        return int(first[value])
    for mark, said in first.items():
        value = value.replace(mark, said)
    return value
