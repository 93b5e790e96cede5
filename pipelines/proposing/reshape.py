"""A mapping of one stream and one entity as a form has it, and with what somebody said in the form."""

from __future__ import annotations

from typing import Any

import yaml

from bilingual.errors import UserError
from bilingual.text import Language, Text
from pipelines.proposing.written import text_of
from warehouse.entities import entities

# What is said of the whole, in the order in which it is written.
_PARTS = ("title", "kind", "owner", "time_zone", "fresh_within_hours", "nulls", "dates", "streams", "entities")
_HEAD = Text(
    en="Proposed from the first rows and completed on the page of sources.",
    zh="根据前若干行生成，并在“数据来源”页面补充。",
)

Form = dict[str, Any]


def form_of(text: str) -> Form | None:
    """What a form says of a mapping: its entity, the parts of the whole, and `from` and `map` of each field.

    None for one that a form cannot say: of several streams or entities, or with parts that no form has.
    """
    raw = yaml.safe_load(text)
    if (
        not isinstance(raw, dict)
        or not raw.keys() <= {*_PARTS}
        or len(raw["entities"]) != 1
        or len(raw["streams"]) != 1
    ):
        return None
    ((entity, mapping),) = raw["entities"].items()
    if not isinstance(mapping, dict) or not mapping.keys() <= {"from", "key", "version", "fields"}:
        return None
    fields = {
        name: {"from": str(said["from"]), "map": said.get("map", {})}
        if isinstance(said, dict)
        else {"from": str(said), "map": {}}
        for name, said in mapping["fields"].items()
    }
    return {
        "entity": entity,
        "title": raw["title"],
        "owner": raw.get("owner") or "",
        "time_zone": raw.get("time_zone", "UTC"),
        "fresh_within_hours": raw.get("fresh_within_hours"),
        "nulls": [str(text) for text in raw.get("nulls", [])],
        "dates": [str(form) for form in raw.get("dates", [])],
        "key": str(mapping.get("key") or ""),
        "version": str(mapping.get("version") or ""),
        "fields": fields,
    }


def reshaped(text: str, said: Form, language: Language) -> str:
    """A mapping with what a form says of it; UserError for a mapping that no form can say, or a number that is none."""
    if form_of(text) is None:
        raise UserError(
            en="This mapping says more than the form can; change its text.", zh="此映射超出表单的范围；请直接修改文本。"
        )
    raw = yaml.safe_load(text)
    ((entity, mapping),) = raw["entities"].items()
    whole = {
        **raw,
        "title": {language: str(said["title"].get(language, "")).strip() for language in ("en", "zh")},
        "owner": said["owner"],
        "time_zone": said["time_zone"],
        "fresh_within_hours": _hours(said["fresh_within_hours"]),
        "nulls": said["nulls"],
        "dates": said["dates"],
    }
    fields = {
        name: _field(said["fields"][name]) for name in entities()[entity].fields if _is_said(said["fields"].get(name))
    }
    parts = {"from": mapping["from"], "key": said["key"], "version": said["version"], "fields": fields}
    whole["entities"] = {entity: {name: part for name, part in parts.items() if part or name == "fields"}}
    known = {name: whole[name] for name in _PARTS if whole.get(name)}
    return text_of(known, _HEAD[language])


def _is_said(field: Any) -> bool:
    return bool(field) and bool(str(field["from"]).strip())


def _field(said: dict[str, Any]) -> Any:
    known = {str(value): str(code) for value, code in said["map"].items() if code}
    expression = str(said["from"]).strip()
    return {"from": expression, "map": known} if known else expression


def _hours(said: Any) -> float | None:
    if said in (None, ""):
        return None
    try:
        hours = float(said)
    except ValueError:
        hours = -1
    if not 0 < hours < 1e6:
        raise UserError(
            en="“{said}” is no number of hours; write a number, or leave it empty.",
            zh="“{said}”不是有效的小时数；请填写数字或留空。",
            said=str(said)[:40],
        )
    return int(hours) if hours == int(hours) else hours
