"""Base data: the code lists of the house and the bills of materials of its models, row by row or as whole tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, abort, redirect, request

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.export import attached_csv
from dashboards.register.history import Change
from dashboards.register.kept import Row as Held
from dashboards.register.kept import told
from dashboards.register.sent import MOST_BYTES, table, version
from dashboards.register.view import View, Visit
from dashboards.register.views.people import OPERATE
from fracas.base import BOM, CODES, FIXED, Kind, Row, Written, holds, tree
from fracas.columns import COLUMNS
from fracas.model import Code
from warehouse.entities import code_lists
from warehouse.models import models

_CODES = Text(en="Code lists", zh="代码表")
_BOMS = Text(en="Bills of materials", zh="产品 BOM")
_SAVED = Text(en="Saved.", zh="已保存。")
_OUT = Text(en="“{position}” was taken out.", zh="已删除“{position}”。")
_TAKEN = Text(
    en="{added} rows added, {changed} changed, {ended} ended.",
    zh="新增 {added} 行，修改 {changed} 行，停用或删除 {ended} 行。",
)
# Of a long list a page shows so many; the file has all of them.
_MOST = 1_000
# The lists that the house fills: those that the register's forms choose from, but for what rules are written with.
HOUSE = {column.codes: column.label for column in COLUMNS.values() if column.codes and column.codes not in FIXED}


@dataclass(frozen=True)
class Line:
    """A row as the page shows it. row: what is written in it; is_own: by the house, not by the platform."""

    depth: int
    row: Any
    is_own: bool
    holds: bool


def _platform(v: Visit, name: str) -> list[Code]:
    """The platform's own entries of a list."""
    return [
        Code(list=name, code=c.code, parent=c.parent, en=c.label.en, zh=c.label.zh)
        for c in code_lists(v.house.home.codes).get(name, [])
    ]


def _lists(v: Visit) -> Response:
    own, shipped = v.house.base.groups(CODES), code_lists(v.house.home.codes)
    return v.page(
        "base_lists.html",
        _CODES,
        house=HOUSE,
        own=own,
        shipped={name: len(codes) for name, codes in shipped.items()},
        others=sorted(shipped.keys() - HOUSE.keys()),
    )


def _list(v: Visit, name: str) -> Any:
    platform = _platform(v, name)
    if name not in HOUSE and not platform:
        return abort(404)
    if request.method == "POST":
        if name not in HOUSE:
            return abort(404)
        return _write(v, CODES, name, f"/base/codes/{name}", {code.code for code in platform})
    own = {code.code: code for code in v.house.base.codes(name)}
    rows = [*own.values(), *(code for code in platform if code.code not in own)]
    if request.args.get("as") == "csv":
        return _file(CODES, list(own.values()), name)
    day = v.register.today()
    lines = [Line(depth, row, row.code in own, holds(row, day)) for depth, row in tree(CODES, rows)]
    return v.page(
        "base_rows.html",
        HOUSE.get(name, name),
        **_rows(v, CODES, name, lines),
        home={"path": "/base/codes", "words": _CODES},
        is_editable=name in HOUSE,
    )


def _boms(v: Visit) -> Any:
    if asked := request.args.get("model", "").strip():
        return redirect(_address(asked))
    reading = v.desk.reader.current()
    own = v.house.base.groups(BOM)
    known = models(reading) if reading is not None else []
    return v.page("base_boms.html", _BOMS, own=own, address=_address, without=[m for m in known if m not in own])


def _address(model: str) -> str:
    """Where the bill of materials of a model is."""
    return f"/base/bom/{quote(model, safe='')}"


def _bom(v: Visit, model: str) -> Any:
    here = _address(model)
    if request.method == "POST":
        if request.form.get("deed") == "take_out":
            position = request.form.get("position", "")
            v.house.base.take_out(v.actor, model, version(), position)
            return v.back(here, _OUT.format(position=position))
        return _write(v, BOM, model, here, ())
    rows = v.house.base.bom(model)
    if request.args.get("as") == "csv":
        return _file(BOM, list(rows), "bom")
    lines = [Line(depth, row, is_own=True, holds=True) for depth, row in tree(BOM, rows)]
    return v.page(
        "base_rows.html",
        model,
        **_rows(v, BOM, model, lines),
        home={"path": "/base/bom", "words": _BOMS},
        is_editable=True,
    )


def _rows(v: Visit, kind: Kind, group: str, lines: list[Line]) -> dict[str, Any]:
    """What the page of a list or model shows."""
    find = request.args.get("find", "")[:100].strip().casefold()
    chosen = request.args.get(kind.key, "")
    found = [line for line in lines if not find or find in _text(kind, line.row)]
    words: Callable[[Held, Held], Iterator[Change]] = lambda before, after: _changes(kind, before, after)  # noqa: E731
    return {
        "kind": kind,
        "lines": found[:_MOST],
        "total": len(found),
        "find": find,
        "shown": _shown(kind, found),
        "chosen": next((line.row for line in lines if getattr(line.row, kind.key) == chosen), None),
        "keys": [getattr(line.row, kind.key) for line in lines][:_MOST],
        "version": v.house.base.version(kind, group),
        "events": told(v, v.house.base.history(kind, group), words),
        "today": v.register.today(),
    }


def _shown(kind: Kind, lines: list[Line]) -> list[str]:
    """The columns that say something; what lies below what is seen by the tree."""
    always = (kind.key, "en", "zh")
    return [
        name
        for name in kind.columns
        if name in always or (name != "parent" and any(getattr(x.row, name) for x in lines))
    ]


def _text(kind: Kind, row: Any) -> str:
    return "\n".join(str(getattr(row, name) or "") for name in kind.columns).casefold()


def _write(v: Visit, kind: Kind, group: str, here: str, known: Any) -> Any:
    """A row of a form, or a whole table."""
    sent, day = request.form, v.register.today()
    match sent.get("deed"):
        case "row":
            said = {name: sent.get(name, "").strip() for name in kind.columns if name in sent}
            if sent.get("retire"):
                said["valid_to"] = day.isoformat()
            is_new = not sent.get("was")
            v.house.base.write(v.actor, kind, group, version(), [Row(said)], known=known, is_new=is_new)
            return v.back(here, _SAVED)
        case "table":
            whole_on = day if sent.get("whole") else None
            done: Written = v.house.base.write(
                v.actor, kind, group, version(), table(kind), known=known, whole_on=whole_on
            )
            return v.back(here, _TAKEN.format(added=done.added, changed=done.changed, ended=done.ended))
    raise UserError(en="The form does not say what to do; open the page again.", zh="表单不完整；请重新打开页面。")


def _file(kind: Kind, rows: list[Any], name: str) -> Response:
    """All rows as a table that can be changed and sent back."""
    body = [
        [str(value) if (value := getattr(row, column)) is not None else "" for column in kind.columns] for row in rows
    ]
    return attached_csv([list(kind.columns), *body], f"{name}.csv")


def _changes(kind: Kind, before: Held, after: Held) -> Iterator[Change]:
    was, now = _words(before), _words(after)
    if was != now:
        yield Change("", str((after or before).get(kind.key, "")), was, now)


def _words(row: Held) -> str:
    """A row in one line: what it is called, and what it has beside."""
    if not row:
        return ""
    beside = {"parent": "↑ {}", "part_no": "{}", "valid_from": "{} →", "valid_to": "→ {}"}
    more = [words.format(row[name]) for name, words in beside.items() if row.get(name)]
    return " · ".join([f"{row.get('en', '')} / {row.get('zh', '')}", *more])


_BOTH = ("GET", "POST")
VIEWS = (
    View("base_codes", "/base/codes", "base.edit", _lists, title=_CODES, group=OPERATE, order=47),
    View("base_list", "/base/codes/<name>", "base.edit", _list, _BOTH, most_bytes=lambda house: MOST_BYTES),
    View("base_boms", "/base/bom", "base.edit", _boms, title=_BOMS, group=OPERATE, order=47),
    View("base_bom", "/base/bom/<path:model>", "base.edit", _bom, _BOTH, most_bytes=lambda house: MOST_BYTES),
)
