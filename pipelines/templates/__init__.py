"""Excel forms of the entities: written for people to fill, and read back without any mapping.

A form says in a hidden sheet which entity it is of and in which language, so neither its name nor its folder matters.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bilingual.text import Language, Text
from warehouse.entities import Entity, Field

# The hidden sheet by which a form is known: its name, and the mark in its first cell.
PASSPORT, MARK, VERSION = "_faultloop", "faultloop form", 1
# Stands where the example has its name; a row that still has it has no name.
EXAMPLE = Text(en="EXAMPLE", zh="示例")
# Where the form says yes and no.
YES, NO = Text(en="yes", zh="是"), Text(en="no", zh="否")

# What an example shows, by type: the value in its cell, and the text that it lands as.
_SHOWN: dict[str, tuple[Any, str]] = {
    "instant": (dt.datetime(2026, 3, 7, 8, 5), "2026-03-07 08:05:00"),
    "day": (dt.date(2026, 3, 7), "2026-03-07"),
    "time": (dt.time(8, 30), "08:30:00"),
    "number": (1.5, "1.5"),
    "integer": (1, "1"),
}


@dataclass(frozen=True)
class Form:
    """Which form a workbook is."""

    entity: str
    language: Language


def heading(field: Field, language: Language) -> str:
    """The header of a field's column; a star says that it is mandatory."""
    return f"{field.label[language]} *" if field.required else field.label[language]


def example(entity: Entity, form_codes: dict[str, list[str]], language: Language) -> dict[str, tuple[Any, str]]:
    """The example's values by field: what its cell holds, and the text that it lands as.

    `form_codes` are the names of the codes by list. The first text field and every mandatory text hold the mark.
    """
    first = next(f.name for f in entity.fields.values() if f.type == "text")
    shown = {}
    for field in entity.fields.values():
        if field.type == "text":
            if field.required or field.name == first:
                shown[field.name] = (EXAMPLE[language], EXAMPLE[language])
        elif field.type == "code":
            if names := form_codes.get(field.codes or ""):
                shown[field.name] = (names[0], names[0])
        elif field.type == "boolean":
            shown[field.name] = (YES[language], YES[language])
        else:
            shown[field.name] = _SHOWN[field.type]
    return shown
