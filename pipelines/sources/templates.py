"""Forms of ours that people filled: `faultloop sources template` writes one, what comes back is read without a mapping.

A form is known by its hidden sheet, wherever below the folder it lies and whatever it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

import fastexcel
import polars as pl

from bilingual.errors import UserError
from bilingual.text import LANGUAGES, Language, as_language
from pipelines.formats import excel
from pipelines.formats.header import tidy
from pipelines.formats.reading import FILE, ROW, Reading
from pipelines.offering import Standing, batch_of, state, still, unopened
from pipelines.sources import Delivery, Landed, Rejection, Stream
from pipelines.templates import EXAMPLE, MARK, PASSPORT, Form, example, heading
from warehouse.entities import Entity, code_lists, entities
from warehouse.mapping import Source
from warehouse.settings import Home

PLACES: frozenset[str] = frozenset()
NAME = "templates"
FOLDER = Path("data") / NAME
# Tells what lies in the folder and is no form.
_OTHER = "other"


def built_in(home: Home) -> list[Source]:
    """The folder of forms as a source, where it is there and the installation has no mapping of that name."""
    is_there = (home.path / FOLDER).is_dir() or (home.landing / NAME).is_dir()
    if not is_there or (home.sources / f"{NAME}.yaml").exists():
        return []
    lying = {found.entity for _, found in _files(home.path) if isinstance(found, Form)}
    used = sorted(lying | {name for name in entities() if (home.landing / NAME / name).is_dir()})
    # With other fields, as of a later version, the forms that lie there are read anew.
    streams = {name: {"entity": name, "fields": list(entities()[name].fields)} for name in used}
    mapped = {name: {"from": name, "fields": {f: f for f in entities()[name].fields}} for name in used}
    source = {
        "name": NAME,
        "title": {"en": "Filled forms", "zh": "填报表单"},
        "kind": NAME,
        "time_zone": home.settings.time_zone,
        # Somebody who wrote over the example but not over its name gave no name.
        "nulls": [EXAMPLE[language] for language in LANGUAGES],
        "streams": {**streams, _OTHER: {}},
        "entities": mapped,
    }
    return [Source.model_validate(source)]


def deliveries(stream: Stream, landed: Landed) -> Iterator[Delivery | Rejection]:
    """The forms of the stream's entity that have not landed; for the stream without one, what is no form."""
    standing = Standing(stream, landed)
    entity = stream.option("entity")
    for path, found in _files(stream.home):
        name = path.relative_to(stream.home).as_posix()
        if not isinstance(found, Form):
            if entity is None:
                yield Rejection(name, unopened(name, found) if found else _no_form(name))
        elif found.entity == entity:
            try:
                before, content = state(path), batch_of(path, stream)
            except OSError as error:
                yield Rejection(name, unopened(name, error))
                continue
            if batch := standing.batch(name, content):
                yield Delivery(batch, name, partial(_read, stream.home, path, name, found, before))


def _files(home: Path) -> Iterator[tuple[Path, Form | OSError | None]]:
    """The files of the folder, each with the form that it is, or why that cannot be told."""
    for path in sorted((home / FOLDER).rglob("*")):
        if path.is_file() and not path.name.startswith((".", "~$")):
            try:
                yield path, form_of(path, *state(path))
            except OSError as error:
                yield path, error


@lru_cache(maxsize=10_000)
def form_of(path: Path, size: int, changed: int) -> Form | None:  # noqa: ARG001  # another state is another file
    """Which form a workbook is; None for what is none of ours."""
    try:
        sheet = fastexcel.read_excel(path).load_sheet(PASSPORT, header_row=None, dtypes="string")
        mark, entity, language, *_ = pl.DataFrame(sheet).to_series(0).to_list()
    except BaseException as error:
        # calamine panics on some damaged files, and a panic is no Exception.
        if isinstance(error, OSError) or not (isinstance(error, Exception) or type(error).__name__ == "PanicException"):
            raise
        return None
    spoken = as_language(language)
    return Form(entity, spoken) if mark == MARK and entity in entities() and spoken else None


def _read(home: Path, path: Path, name: str, form: Form, before: tuple[int, int]) -> Iterator[pl.DataFrame]:
    """The form's rows under the fields' own names, without the example that it came with."""
    spec = entities()[form.entity]
    needs = frozenset(heading(f, form.language) for f in spec.fields.values() if f.required)
    shown = _example(Home(home), spec, form.language)
    frames = (
        _without_example(_named(frame, spec, form.language), shown)
        for frame in excel.frames(Reading(path, name, needs))
    )
    yield from still(frames, path, name, before)


def _example(home: Home, spec: Entity, language: Language) -> dict[str, str]:
    names = {name: [c.label[language] for c in codes] for name, codes in code_lists(home.codes).items()}
    return {name: text for name, (_, text) in example(spec, names, language).items()}


def _named(frame: pl.DataFrame, spec: Entity, language: Language) -> pl.DataFrame:
    """The frame with a column for every field, and the columns that people added under their own names."""
    by_heading = {tidy(heading(f, language)).casefold(): f.name for f in spec.fields.values()}
    renamed = {}
    for column in frame.columns:
        field = by_heading.get(tidy(column).casefold())
        # What somebody called `status` is not our field of that name.
        renamed[column] = field or (f"{column}_2" if column.casefold() in spec.fields else column)
    frame = frame.rename(renamed)
    return frame.with_columns(pl.lit(None, pl.String).alias(f) for f in spec.fields if f not in frame.columns)


def _without_example(frame: pl.DataFrame, shown: dict[str, str]) -> pl.DataFrame:
    columns = [c for c in frame.columns if c not in (ROW, FILE)]
    # Other programs than Excel write an instant with a T.
    spaced = {c: pl.col(c).str.replace(r"^(\d{4}-\d\d-\d\d)T", "$1 ") for c in columns}
    is_shown = pl.all_horizontal(spaced[c].eq_missing(pl.lit(shown.get(c), pl.String)) for c in columns)
    return frame.filter(~is_shown)


def _no_form(name: str) -> UserError:
    return UserError(
        en="{file}: this is no form of FaultLoop, or it is damaged; fill one that `faultloop sources template` wrote, or set this "
        "file up as a source of its own.",
        zh="{file}：不是 FaultLoop 的表单或已损坏；请填写由 `faultloop sources template` 生成的表单，或将该文件设为单独的来源。",
        file=name,
    )
