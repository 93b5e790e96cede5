"""`${NAME}` in a mapping: what the environment says under that name, where secrets stand."""

from __future__ import annotations

import os
import re
from typing import Any

from bilingual.errors import UserError
from pipelines.sources import Stream

REFERENCE = re.compile(r"\$\{(\w+)\}")


def filled(stream: Stream, value: Any) -> Any:
    """The value of an option with every reference replaced, however deep it stands; UserError for a name without value."""
    if isinstance(value, dict):
        return {key: filled(stream, item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(stream, item) for item in value]
    return REFERENCE.sub(lambda match: _said(stream, match[1]), value) if isinstance(value, str) else value


def _said(stream: Stream, name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UserError(
            en="Source “{source}”, stream “{stream}”: the environment variable {name} is not set; the mapping needs it.",
            zh="来源“{source}”的流“{stream}”：未设置映射所需的环境变量 {name}。",
            source=stream.source,
            stream=stream.name,
            name=name,
        )
    return value
