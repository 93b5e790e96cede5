"""Sources of data: how each stands, and its mapping, which is tried and written on its page."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator
from typing import Any

from flask import Response, abort, request

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.asked import ask
from dashboards.register import run_words, source_words
from dashboards.register.history import Change
from dashboards.register.kept import Row, told
from dashboards.register.view import View, Visit
from dashboards.register.views.people import OPERATE
from fracas.database import reading
from fracas.mappings import Mappings
from fracas.model import now
from fracas.watch import runs
from fracas.watch.model import Run, Step
from warehouse.entities import code_lists, entities
from warehouse.mapping import mapping_file
from warehouse.mapping_files import ChangedError, MappingText, read_text, write_text
from warehouse.source_states import SourceState, names, state, states
from warehouse.stage import CAST_REASONS

MANAGE = "sources.manage"
TITLE = Text(en="Sources", zh="数据来源")
SAVED = Text(
    en="Saved: sources/{name}.yaml. It is read with the next refresh.",
    zh="已保存：sources/{name}.yaml。下次刷新时读取。",
)
_EDIT = Text(en="Mapping of {title}", zh="{title}的映射")
_EXTRACT = "extract "
_LAST = 20
_NOT_SOUND = Text(en="Nothing was written: the mapping is wrong.", zh="未写入：映射有误。")
_UNTRIED = UserError(
    en="Nothing was written: the mapping could not be tried. Put right what stands in the way, or tick “save although it could not be tried”.",
    zh="未写入：映射无法试运行。请先解决下列问题，或勾选“未能试运行也保存”。",
)


def mappings(v: Visit) -> Mappings:
    """The journal of mappings."""
    return Mappings(v.house.engine, v.house.journal_key)


def words(v: Visit) -> dict[str, Any]:
    """What templates of sources speak with."""
    return {
        "s": source_words,
        "w": run_words,
        "entities": entities(),
        "code_lists": code_lists(v.house.home.codes),
        "reasons": CAST_REASONS,
    }


def refused_because(answer: dict[str, Any]) -> list[UserError]:
    """Why what was tried is not saved; nothing where it may be."""
    wrong = [UserError(**error) for error in answer["errors"]]
    if wrong or not answer["is_sound"]:
        return wrong or [UserError(en=_NOT_SOUND.en, zh=_NOT_SOUND.zh)]
    return [_UNTRIED] if answer["said"] and not request.form.get("untried") else []


def _sources(v: Visit) -> Response:
    note = v.desk.reader.last_refresh()
    found = states(v.house.home, v.desk.reader.current(), note)
    with reading(v.house.engine) as session:
        last = runs.last_of_steps(session, _EXTRACT)
    return v.page(
        "sources.html",
        TITLE,
        sources=sorted(found, key=lambda one: list(source_words.CONDITIONS).index(one.condition)),
        last={name.removeprefix(_EXTRACT): step for name, step in last.items()},
        refreshed_at=dt.datetime.fromisoformat(note["ended_at"]) if note else None,
        lasted=lambda step: _lasted(*step),
        state=lambda run: runs.state(run, now()),
        **words(v),
    )


def _lasted(step: Step, run: Run) -> str:
    return run_words.lasted((step.ended_at or runs.ended_at(run, now())) - step.started_at)


def _state(v: Visit, name: str) -> SourceState:
    reader = v.desk.reader
    if name not in names(v.house.home, reader.current()):
        abort(404)
    return state(v.house.home, reader.current(), reader.last_refresh(), name)


def _source(v: Visit, name: str) -> Response:
    """How one source stands; on request, what its mapping makes of the first rows now."""
    source = _state(v, name)
    home = v.house.home
    there = _text(v, source)
    answer = None
    if request.method == "POST" and there:
        answer = ask(home, "attempt", name=name, text=there.text, language=v.language)
    with reading(v.house.engine) as session:
        steps = runs.of_step(session, _EXTRACT + name, _LAST)
    return v.page(
        "source.html",
        source.title,
        source=source,
        text=there.text if there else None,
        answer=answer,
        steps=steps,
        lasted=lambda step: _lasted(*step),
        state=lambda run: runs.state(run, now()),
        events=told(v, mappings(v).history(name), _changes),
        **words(v),
    )


def _text(v: Visit, source: SourceState) -> MappingText | None:
    """The text of a source's mapping: the installation's own, else the one that ships."""
    own = read_text(v.house.home.sources, source.name)
    return own or read_text(mapping_file(v.house.home.sources, source.name).parent, source.name)


def _edit(v: Visit, name: str) -> Response:
    """The text of a mapping, to be changed: tried, then written."""
    source = _state(v, name)
    there = read_text(v.house.home.sources, name) or abort(404)
    if request.method != "POST":
        return _edited(v, source, there.text, there.mark)
    text, mark = _sent("text"), request.form.get("mark", "")
    answer = None
    try:
        answer = ask(v.house.home, "attempt", name=name, text=text, language=v.language)
        if request.form.get("deed") != "save":
            return _edited(v, source, text, mark, answer)
        if because := refused_because(answer):
            return _edited(v, source, text, mark, answer, because)
        mappings(v).save(v.actor, name, text, there.text, lambda: write_text(v.house.home.sources, name, text, mark))
    except ChangedError as error:
        return _edited(v, source, text, mark, answer, [error], there)
    except UserError as error:
        return _edited(v, source, text, mark, answer, [error])
    return v.back(f"/sources/{name}", SAVED.format(name=name))  # type: ignore[return-value]


def _edited(
    v: Visit,
    source: SourceState,
    text: str,
    mark: str,
    answer: dict[str, Any] | None = None,
    because: list[UserError] | None = None,
    there: MappingText | None = None,
) -> Response:
    """The page with the text; there: what somebody else wrote meanwhile."""
    return v.page(
        "source_edit.html",
        _EDIT.format(title=source.title),
        409 if there else 400 if because else 200,
        source=source,
        text=text,
        mark=mark,
        answer=answer,
        because=because or [],
        there=there,
        **words(v),
    )


def _sent(name: str) -> str:
    """A text of a form as a file has it."""
    text = request.form.get(name, "").replace("\r\n", "\n").replace("\x00", "")
    return text if text.endswith("\n") else text + "\n"


def _changes(before: Row, after: Row) -> Iterator[Change]:
    """The lines that went and came; of one that was new, how many there are."""
    was, is_now = str(before.get("text") or "").splitlines(), str(after.get("text") or "").splitlines()
    if not before:
        yield Change("", "YAML", "", "\n".join(is_now))
        return
    lines = [line for line in difflib.ndiff(was, is_now) if line[:2] in ("- ", "+ ")]
    if lines:
        yield Change("", "YAML", "", "\n".join(lines))


_BOTH = ("GET", "POST")
VIEWS = (
    View("sources", "/sources", MANAGE, _sources, title=TITLE, group=OPERATE, order=38),
    View("source", "/sources/<name>", MANAGE, _source, _BOTH),
    View("source_edit", "/sources/<name>/edit", MANAGE, _edit, _BOTH),
)
