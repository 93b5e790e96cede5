"""Writing a form: headers in its language, lists to choose from, what each column takes, and an example."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from bilingual.text import Language, Text
from pipelines.templates import MARK, NO, PASSPORT, VERSION, YES, example, heading
from warehouse.entities import Code, Entity, Field, entities

_LISTS = "_lists"
_HEADER, _ROWS = 2, 5_000
_WIDTH = 18
_NOTES = Text(en="Notes", zh="填写说明")
_HINT = Text(
    en="One row per record. Columns with * are mandatory. The row in italics is an example: type over it or leave it, as it "
    "stands it is not read. Leave the headers as they are; columns may be moved, and those without * left out.",
    zh="每行一条记录，带 * 的列必填。斜体行为示例：可覆盖或保留，未改动时不会读入。请勿修改表头；列可移动，不带 * 的列可删除。",
)
_COLUMNS = (
    Text(en="Column", zh="列"),
    Text(en="Mandatory", zh="必填"),
    Text(en="What to write", zh="填写内容"),
    Text(en="Values", zh="可选值"),
)
_TAKES = {
    "text": Text(en="Text", zh="文本"),
    "code": Text(en="A value of the list", zh="从列表中选择"),
    "instant": Text(en="Date and time, such as 2026-03-07 08:05", zh="日期时间，如 2026-03-07 08:05"),
    "day": Text(en="Date, such as 2026-03-07", zh="日期，如 2026-03-07"),
    "time": Text(en="Time of day, such as 08:30", zh="时刻，如 08:30"),
    "number": Text(en="Number, without its unit", zh="数字，不带单位"),
    "integer": Text(en="Whole number", zh="整数"),
    "boolean": Text(en="yes or no", zh="是或否"),
}
_REFERS = Text(en="{takes}: the {field} as in “{entity}”", zh="{takes}：与“{entity}”中的{field}一致")
_REFUSED = Text(en="Not a value of this column", zh="不符合本列要求")
# How cells are shown; text keeps a number such as 007 as it is typed.
_SHOWN = {"instant": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd", "time": "hh:mm", "number": "General", "integer": "0"}


def write_form(file: Path, entity: Entity, codes: Mapping[str, Sequence[Code]], language: Language) -> None:
    """Write an entity's form to `file`; `codes` are the code lists of the installation."""
    fields = list(entity.fields.values())
    names = {f.codes: [c.label[language] for c in codes[f.codes]] for f in fields if f.codes}
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet(_sheet_name(entity.label[language]))
        bold = book.add_format({"bold": True})
        sheet.write(0, 0, f"{entity.label[language]} · {entity.about[language]}", bold)
        sheet.write(1, 0, _HINT[language])
        shown = example(entity, names, language)
        for column, field in enumerate(fields):
            cell = {"num_format": _SHOWN.get(field.type, "@")}
            sheet.set_column(column, column, _WIDTH, book.add_format(cell))
            head = {
                "bold": True,
                "bottom": 1,
                "text_wrap": True,
                "bg_color": "#FFE699" if field.required else "#DDEBF7",
            }
            sheet.write_string(_HEADER, column, heading(field, language), book.add_format(head))
            takes = f"{heading(field, language)}: {_takes(field, language)}"
            sheet.write_comment(_HEADER, column, takes, {"author": "FaultLoop"})
            if field.name in shown:
                italic = book.add_format({**cell, "italic": True, "font_color": "#7F7F7F"})
                sheet.write(_HEADER + 1, column, shown[field.name][0], italic)
            if rule := _validation(field, names, language):
                sheet.data_validation(_HEADER + 1, column, _HEADER + _ROWS, column, rule)
        sheet.freeze_panes(_HEADER + 1, 1)
        _write_notes(book, entity, names, language)
        _write_hidden(book, entity, names, language)


def _takes(field: Field, language: Language) -> str:
    takes = _TAKES[field.type]
    if field.refers:
        other = entities()[field.refers]
        key = other.fields[other.key[0]].label
        takes = _REFERS.format(takes=takes, field=key, entity=other.label)
    return takes[language]


def _validation(field: Field, names: Mapping[str, Sequence[str]], language: Language) -> dict[str, Any] | None:
    """What a cell of the column may hold; None for any text."""
    rule: dict[str, Any]
    match field.type:
        case "code":
            if not (field.codes and names[field.codes]):
                return None
            letter = chr(ord("A") + list(names).index(field.codes))
            rule = {"validate": "list", "source": f"='{_LISTS}'!${letter}$1:${letter}${len(names[field.codes])}"}
        case "boolean":
            rule = {"validate": "list", "source": [YES[language], NO[language]]}
        case "instant" | "day":
            days = {"minimum": dt.date(1950, 1, 1), "maximum": dt.date(2199, 12, 31)}
            rule = {"validate": "date", "criteria": "between", **days}
        case "time":
            times = {"minimum": dt.time(0, 0), "maximum": dt.time(23, 59, 59)}
            rule = {"validate": "time", "criteria": "between", **times}
        case "number":
            rule = {"validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15}
        case "integer":
            rule = {"validate": "integer", "criteria": "between", "minimum": -(10**9), "maximum": 10**9}
        case _:
            return None
    return {**rule, "error_title": _REFUSED[language], "error_message": _takes(field, language)}


def _write_notes(
    book: xlsxwriter.Workbook, entity: Entity, names: Mapping[str, Sequence[str]], language: Language
) -> None:
    sheet = book.add_worksheet(_NOTES[language])
    sheet.set_column(0, 1, _WIDTH)
    sheet.set_column(2, 3, 3 * _WIDTH)
    sheet.write(0, 0, _HINT[language])
    sheet.write_row(2, 0, [c[language] for c in _COLUMNS], book.add_format({"bold": True, "bottom": 1}))
    for row, field in enumerate(entity.fields.values(), start=3):
        values = [YES[language], NO[language]] if field.type == "boolean" else names.get(field.codes or "", [])
        mandatory = YES[language] if field.required else ""
        texts = [field.label[language], mandatory, _takes(field, language), " / ".join(values)]
        sheet.write_row(row, 0, texts)


def _write_hidden(
    book: xlsxwriter.Workbook, entity: Entity, names: Mapping[str, Sequence[str]], language: Language
) -> None:
    lists = book.add_worksheet(_LISTS)
    for column, values in enumerate(names.values()):
        lists.write_column(0, column, values)
    lists.hide()
    passport = book.add_worksheet(PASSPORT)
    passport.write_column(0, 0, [MARK, entity.name, language, str(VERSION)])
    passport.very_hidden()


def _sheet_name(label: str) -> str:
    """A label as Excel lets a sheet be called."""
    return "".join(" " if c in "[]:*?/\\" else c for c in label)[:31]
