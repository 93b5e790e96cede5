"""YAML files that people write: read, or a sentence that says where the slip is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bilingual.errors import UserError


def read_yaml(file: Path) -> Any:
    """What the file says. Raises UserError for one that is not UTF-8 or not YAML, with its line."""
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise UserError(
            en=f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8.",
            zh=f"{file}：第 {error.start} 字节不是 UTF-8；请将文件另存为 UTF-8。",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else "?"
        raise UserError(
            en=f"{file}, line {line}: this is not YAML ({getattr(error, 'problem', error)}); correct that line.",
            zh=f"{file} 第 {line} 行：不是有效的 YAML（{getattr(error, 'problem', error)}）；请更正该行。",
        ) from None


def _parsed(text: str) -> Any:
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)  # safe, and ten times as quick
    except yaml.YAMLError:
        # This one is better at saying where the slip is.
        return yaml.safe_load(text)


def line_of(file: Path, path: Sequence[str]) -> int | None:
    """The line, from 1, of what stands at a path of keys and numbers in a file; of the last part that is there."""
    node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    line = None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
            found = (node.value[int(part)],) * 2
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
