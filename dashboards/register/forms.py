"""From what a form sends to values of columns: each read by its kind; what cannot be read is told beside its field."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from bilingual.text import Text
from dashboards.register.view import Visit
from fracas.columns import BONES, COLUMNS, TABLES, Column

_LINE, _WORDS = 200, 20_000
_PARTS = TABLES["replaced_part"][1]
_MOST_ROWS = 50
_NO_TIME = Text(
    en="“{value}” is no date and time; write it as 2026-03-01 08:30.",
    zh="“{value}”不是日期时间；请写作 2026-03-01 08:30。",
)
_NO_DAY = Text(en="“{value}” is no date; write it as 2026-03-01.", zh="“{value}”不是日期；请写作 2026-03-01。")
_NO_NUMBER = Text(
    en="“{value}” is no number; write digits, such as 12.5.", zh="“{value}”不是数字；请填写数字，如 12.5。"
)
_NO_CHOICE = Text(
    en="“{value}” is none of the choices; choose one from the list.", zh="“{value}”不在选项中；请从列表中选择。"
)
_TOO_LONG = Text(en="This is longer than {most} characters; shorten it.", zh="超过 {most} 个字符；请缩短。")


@dataclass
class Read:
    """What was read: values by column, and what could not be read, by column, in words."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, Text] = field(default_factory=dict)


class _WrongError(Exception):
    def __init__(self, text: Text) -> None:
        self.text = text


def read(v: Visit, sent: MultiDict[str, str], names: Iterable[str], columns: Mapping[str, Column] = COLUMNS) -> Read:
    """The columns of `names` that a form sent; those that it does not have are left alone."""
    found = Read()
    for name in names:
        column = columns[name]
        if name not in sent and not any(f"{name}.{bone}" in sent for bone in BONES):
            continue
        try:
            found.values[name] = _value(v, name, column, sent)
        except _WrongError as wrong:
            found.wrong[name] = wrong.text
    return found


def read_parts(sent: MultiDict[str, str]) -> list[dict[str, Any]] | None:
    """The rows of replaced parts that were sent; None where the form has none."""
    if "old_serial" not in sent:
        return None
    columns = {name: sent.getlist(name)[:_MOST_ROWS] for name in _PARTS}
    rows = []
    for i in range(max(len(values) for values in columns.values())):
        row: dict[str, Any] = {
            name: (" ".join(values[i].split())[:200] or None) if i < len(values) else None
            for name, values in columns.items()
        }
        try:
            row["quantity"] = max(float(row.get("quantity") or 1), 0)
        except ValueError:
            row["quantity"] = 1.0
        if any(value for name, value in row.items() if name != "quantity"):
            rows.append(row)
    return rows


def _value(v: Visit, name: str, column: Column, sent: MultiDict[str, str]) -> Any:
    if column.kind == "bones":
        said = {bone: sent.get(f"{name}.{bone}", "").strip()[:_WORDS] for bone in BONES}
        return {bone: words for bone, words in said.items() if words}
    text = sent.get(name, "").replace("\r\n", "\n").replace("\x00", "").strip()
    if column.kind == "lines":
        _short(text, _WORDS)
        return [line.strip() for line in text.splitlines() if line.strip()]
    if not text:
        return None
    match column.kind:
        case "instant":
            return _instant(v, text)
        case "day":
            return _day(text)
        case "number" | "whole":
            return _number(text, is_whole=column.kind == "whole")
        case "yes_no":
            return _chosen(text, ("yes", "no")) == "yes"
        case "person":
            return _chosen(text, v.people)
        case "code":
            codes = [code for code, _ in v.choices(column.codes or "")]
            return _chosen(text, codes) if codes else _short(text, _LINE)
        case "words":
            return _short(text, _WORDS)
    return _short(" ".join(text.split()), _LINE)


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise _WrongError(_TOO_LONG.format(most=most))
    return text


def _chosen(text: str, among: Iterable[str]) -> str:
    if text not in among:
        raise _WrongError(_NO_CHOICE.format(value=text[:60]))
    return text


def _instant(v: Visit, text: str) -> dt.datetime:
    try:
        at = v.instant(text)
    except ValueError:
        raise _WrongError(_NO_TIME.format(value=text[:60])) from None
    if at is None or not 1950 <= at.year <= 2200:
        raise _WrongError(_NO_TIME.format(value=text[:60]))
    return at


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise _WrongError(_NO_DAY.format(value=text[:60])) from None
    if not 1950 <= day.year <= 2200:
        raise _WrongError(_NO_DAY.format(value=text[:60]))
    return day


def _number(text: str, *, is_whole: bool) -> float | int:
    try:
        value = float(text.replace(",", "").replace(" ", ""))
    except ValueError:
        raise _WrongError(_NO_NUMBER.format(value=text[:60])) from None
    if not math.isfinite(value) or abs(value) > 1e12 or (is_whole and value != int(value)):
        raise _WrongError(_NO_NUMBER.format(value=text[:60]))
    return int(value) if is_whole else value
