"""A mapping as the YAML that people edit: a line for each part, small parts on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml


def column(name: str) -> str:
    """A column as an expression: a single word as it is, any other in double quotes."""
    return name if re.fullmatch(r"[^\W\d]\w*", name) else '"' + name.replace('"', '""') + '"'


def inline(value: Any) -> str:
    """A value as YAML on one line."""
    dumped = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return dumped.removesuffix("...\n").strip()


def text_of(mapping: Mapping[str, Any], head: str) -> str:
    """A whole mapping, under a remark."""
    return "\n".join([f"# {head}", *_lines(mapping)]) + "\n"


def _lines(mapping: Mapping[str, Any]) -> Iterator[str]:
    for name, value in mapping.items():
        if name not in ("streams", "entities"):
            yield f"{name}: {inline(value)}"
    yield "streams:"
    for stream, options in mapping["streams"].items():
        yield f"  {inline(stream)}: {inline(options)}"
    yield "entities:"
    for entity, part in mapping["entities"].items():
        yield f"  {entity}:"
        for name, value in part.items():
            if name == "fields":
                yield "    fields:"
                yield from (f"      {field}: {inline(said)}" for field, said in value.items())
            else:
                yield f"    {name}: {inline(value)}"
