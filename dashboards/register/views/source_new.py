"""A new source, set up by steps: where its rows are, what they look like, which column is which field, a trial, the file."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import request

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.asked import ask
from dashboards.house import House
from dashboards.register import arrivals
from dashboards.register.view import View, Visit
from dashboards.register.views.sources import MANAGE, SAVED, mappings, refused_because, words
from warehouse.entities import Entity, Field, code_lists, entities
from warehouse.mapping import REGISTER
from warehouse.mapping_files import write_text
from warehouse.settings import Home

_TITLE = Text(en="New source", zh="新建来源")
_FORM_AROUND = 1_000_000
_LONGEST_NAME = 50
# An address of ours, and sources that every installation has.
_TAKEN = frozenset({"new", "templates", REGISTER})
# What is started with where there is nothing to look at yet: the text is written by hand.
_BLANK = """\
title: {{en: {name}, zh: {name}}}
kind: files
owner:
time_zone: {zone}
streams:
  rows: {{path: "data/{name}/*.xlsx"}}
entities:
  ticket:
    from: rows
    fields:
      ticket_id:
      opened_at:
"""
_MAILBOX = """\
title: {{en: {name}, zh: {name}}}
kind: mailbox
time_zone: {zone}
streams:
  rows:
    url: imaps://user:${{FAULTLOOP_MAILBOX_PASSWORD}}@imap.example.com/INBOX
    senders: ["@example.com"]
entities:
  ticket:
    from: rows
    fields:
      ticket_id:
      opened_at:
"""


@cache
def _presets(home: Home) -> tuple[str, ...]:
    """The systems that are known; asked for once."""
    return tuple(ask(home, "presets")["presets"])


def _new(v: Visit) -> Any:
    if request.method != "POST":
        return _connect(v)
    deed = request.form.get("deed", "")
    try:
        match deed:
            case "look":
                return _look(v)
            case "try" | "text" | "save":
                return _attempt(v, deed)
    except UserError as error:
        return _connect(v, error)
    finally:
        for file in request.files.values():
            file.close()
    return _connect(v)


def _connect(v: Visit, error: UserError | None = None) -> Any:
    """Where the rows are."""
    return v.page(
        "source_new.html",
        _TITLE,
        400 if error else 200,
        error=error,
        sent=request.form,
        presets=_presets(v.house.home),
        megabytes=v.house.home.settings.upload_megabytes,
        folders=v.house.home.settings.source_folders,
        **words(v),
    )


def _name() -> str:
    """What the source is to be called. UserError for what cannot be a name."""
    name = request.form.get("name", "").strip()
    if not name or len(name) > _LONGEST_NAME or name in _TAKEN or not name[0].isalpha() or not _is_plain(name):
        raise UserError(
            en="“{name}” cannot be a source's name: use up to 50 small letters, digits and underscores, such as call_register.",
            zh="“{name}”不能作为来源名称：请使用不超过 50 个小写字母、数字和下划线，例如 call_register。",
            name=name[:60],
        )
    return name


def _is_plain(name: str) -> bool:
    return all(c in "abcdefghijklmnopqrstuvwxyz0123456789_" for c in name)


def _look(v: Visit) -> Any:
    """Look at what somebody pointed at, and show it with a proposed mapping."""
    home, name, sent = v.house.home, _name(), request.form
    if (home.sources / f"{name}.yaml").exists():
        raise UserError(
            en="There is a source “{name}” already; choose another name.",
            zh="已有名为“{name}”的来源；请换一个名称。",
            name=name,
        )
    how, token = sent.get("how", ""), sent.get("held", "")
    said = {"name": name, "language": v.language, "entity": sent.get("entity", "")}
    match how:
        case "preset":
            answer = ask(home, "preset", **said, preset=_preset(home))
        case "text" | "mailbox":
            blank = _MAILBOX if how == "mailbox" else _BLANK
            answer = _unanswered(blank.format(name=name, zone=home.settings.time_zone))
        case _:
            where = {"upload": "", "database": "url", "address": "address"}.get(how, "path")
            place = sent.get(where, "").strip() if where else sent.get("place", "")
            file = request.files.get("file")
            if how == "upload" and file is not None and file.filename:
                token, place = arrivals.kept(home, name, file)
            elif token and not place.startswith(f"data/{name}/"):
                token = place = ""  # sent under another name of the source
            if not place:
                raise UserError(en="Say where the rows are.", zh="请填写数据所在的位置。")
            at = str(arrivals.held(home, token)) if token else None
            table = sent.get("table", "").strip() if how == "database" else ""
            if how == "database" and not table:
                raise UserError(en="Name the table of the database.", zh="请填写数据库表名。")
            reference = sent.get("token", "").strip() if how == "address" else ""
            answer = ask(home, "look", **said, where=place, table=table, token=reference, at=at)
            return _mapped(v, name, token, answer, place=place)
    return _mapped(v, name, token, answer)


def _preset(home: Home) -> str:
    chosen = request.form.get("preset", "")
    if chosen not in _presets(home):
        raise UserError(en="Choose a system.", zh="请选择系统。")
    return chosen


def _attempt(v: Visit, deed: str) -> Any:
    """Try what the form says, or the text; save it where that is asked for."""
    home, name, token = v.house.home, _name(), request.form.get("held", "")
    text = request.form.get("text", "").replace("\r\n", "\n").replace("\x00", "")
    at = str(arrivals.held(home, token)) if token else None
    # The text is what counts where it was tried as a text; else the form goes over it.
    form = _form() if deed != "text" and request.form.get("by") == "form" else None
    try:
        answer = ask(home, "attempt", name=name, text=text, form=form, language=v.language, at=at)
    except UserError as error:
        return _mapped(v, name, token, _unanswered(text), because=[error])
    if deed != "save":
        return _mapped(v, name, token, answer)
    if because := refused_because(answer):
        return _mapped(v, name, token, answer, because=because)
    try:
        mappings(v).save(v.actor, name, answer["text"], None, lambda: _write(v, name, token, answer["text"]))
    except UserError as error:
        return _mapped(v, name, token, answer, because=[error])
    if token:
        arrivals.let_go(home, token)
    return v.back(f"/sources/{name}", SAVED.format(name=name))


def _write(v: Visit, name: str, token: str, text: str) -> None:
    """The file that was sent and its mapping: both, or neither."""
    landed = arrivals.landed(v.house.home, token, name) if token else []
    try:
        write_text(v.house.home.sources, name, text, None)
    except BaseException:
        for file in landed:
            file.unlink(missing_ok=True)
        raise


def _unanswered(text: str) -> dict[str, Any]:
    """What is shown of a text that could not be tried at all."""
    empty: dict[str, Any] = {
        part: [] for part in ("errors", "said", "notes", "ranked", "columns", "fields", "first", "variables")
    }
    return {**empty, "text": text, "form": None, "is_sound": False, "rows": {}}


def _form() -> dict[str, Any]:
    """What the form says of a mapping."""
    sent = request.form

    def listed(name: str) -> list[str]:
        return [line.strip() for line in sent.get(name, "").splitlines() if line.strip()]

    fields = {}
    for key in sent:
        if key.startswith("from."):
            field = key.removeprefix("from.")
            values, codes = sent.getlist(f"value.{field}"), sent.getlist(f"code.{field}")
            expression = sent.get(f"sql.{field}", "").strip() or sent[key].strip()
            fields[field] = {"from": expression, "map": dict(zip(values, codes, strict=False))}
    return {
        "title": {language: sent.get(f"title_{language}", "") for language in ("en", "zh")},
        "owner": sent.get("owner", "").strip(),
        "time_zone": sent.get("time_zone", "").strip(),
        "fresh_within_hours": sent.get("fresh_within_hours", "").strip(),
        "nulls": listed("nulls"),
        "dates": listed("dates"),
        "key": sent.get("key", "").strip(),
        "version": sent.get("version", "").strip(),
        "fields": fields,
    }


def _mapped(
    v: Visit, name: str, token: str, answer: dict[str, Any], *, because: list[UserError] | None = None, place: str = ""
) -> Any:
    """The columns, the mapping as a form and as a text, and what it makes of the first rows."""
    form = answer["form"]
    entity = entities()[form["entity"]] if form else None
    sent = request.form
    ranked = [one for one in (answer["ranked"] or sent.getlist("ranked")) if one in entities()]
    return v.page(
        "source_map.html",
        _TITLE,
        400 if because else 200,
        name=name,
        held=token,
        how=sent.get("how", ""),
        kept={
            "place": place or sent.get("place", ""),
            **{key: sent.get(key, "") for key in ("path", "url", "table", "address", "token")},
        },
        answer=answer,
        form=form,
        entity=entity,
        ranked=ranked,
        others=_others(entity, form) if entity else [],
        # Of one entity a column is of one field: what reports say of each, by the field's name.
        reports={report["field"]: report for report in answer["fields"]},
        because=because or [],
        codes={f.name: code_lists(v.house.home.codes).get(f.codes, []) for f in entity.fields.values() if f.codes}
        if entity
        else {},
        **words(v),
    )


def _others(entity: Entity, form: dict[str, Any]) -> list[Field]:
    """The fields that need no column and have none."""
    needed = {*form["fields"], *entity.key}
    return [field for field in entity.fields.values() if field.name not in needed and not field.required]


def _most(house: House) -> int:
    return house.home.settings.upload_megabytes * 1_000_000 + _FORM_AROUND


VIEWS = (View("source_new", "/sources/new", MANAGE, _new, ("GET", "POST"), most_bytes=_most),)
