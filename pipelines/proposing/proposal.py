"""A proposed mapping: as the YAML that people edit, and tried on the first rows."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bilingual.errors import UserError
from bilingual.text import Language, Text
from pipelines.dryrun import SourceCheck, check_source
from pipelines.proposing import wide
from pipelines.proposing.look import ROWS, STREAM, Place, first_tables, place_of
from pipelines.proposing.match import Match, Table, matches
from pipelines.proposing.sparing import sparing
from pipelines.proposing.written import column, inline
from warehouse import synonyms
from warehouse.entities import code_lists, entities
from warehouse.mapping import Source, load
from warehouse.settings import Home

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HEAD = Text(
    en="Proposed by `faultloop sources new` from the first {n} rows. Lines marked “# ?” want a look.",
    zh="由 `faultloop sources new` 根据前 {n} 行生成。标有“# ?”的行请核对。",
)
_GLOB = Text(en="a glob such as data/*.xlsx reads all files of a kind", zh="可用通配符如 data/*.xlsx 读取同类文件")
_TITLE = Text(en="the name that people see", zh="界面上显示的名称")
_SWAPPED = Text(en="day and month might be the other way round", zh="日与月可能相反")
_UNKNOWN = Text(en="on no code list: {values}", zh="不在代码表中：{values}")
_UNREAD = Text(en="Columns that nothing reads: {columns}", zh="未读取的列：{columns}")
_WIDE = Text(
    en="months stand side by side: an entity with `unpivot: {{columns: {globs}, names: month, values: number}}` reads a row for each (docs/sources.md)",
    zh="月份并排成列：在实体中写 `unpivot: {{columns: {globs}, names: 月份, values: 数值}}`，即按月逐行读取（见 docs/sources.md）",
)
_MISSING = Text(en="mandatory, no column found: name one", zh="必填，未找到对应列：请指定")
_REPEATED = Text(en="{n} rows repeat a key: the later one wins", zh="{n} 行键值重复：以较新者为准")
_OF_PARTS = Text(en="no column has a number of its own: put together", zh="没有单独的编号列：由多列组合")
_ONE_PAGE = Text(
    en="only one page is read: say how the list goes on, docs/sources-rest.md",
    zh="仅读取一页：请说明如何翻页，参见 docs/sources-rest.md",
)
_MOST = 8


@dataclass(frozen=True)
class Proposal:
    """What is proposed: the YAML, what it makes of the first rows, and the entities that would fit less well.

    `table` is what was looked at.
    """

    name: str
    text: str
    source: Source
    match: Match
    others: tuple[Match, ...]
    check: SourceCheck
    table: Table


def propose(
    home: Home,
    name: str,
    where: str,
    *,
    table: str | None,
    entity: str | None,
    language: Language,
    token: str | None = None,
    at: Path | None = None,
) -> Proposal:
    """Look at a file, folder, table or list and propose a mapping; nothing is written. For `token` and `at` see `place_of`.

    Raises UserError for a name that is taken or no name, and for what cannot be read or is like no entity.
    """
    check_name(home, name)
    if entity is not None and entity not in entities():
        raise UserError(
            en="There is no entity “{entity}”; use one of {known}.",
            zh="没有实体“{entity}”；可用：{known}。",
            entity=entity,
            known=", ".join(entities()),
        )
    place = place_of(home, name, where, table, token, at)
    tables = [Table(frame, code_lists(home.codes)) for frame in first_tables(name, place)]
    # A workbook has covers and lists beside its table.
    ranked = sorted(
        ((m, t) for t in tables for m in matches(t, entities(), entity)),
        key=lambda p: (-p[0].score, -p[1].frame.height),
    )
    if not ranked or (ranked[0][0].score <= 0 and entity is None):
        raise UserError(
            en="{where}: its columns ({columns}) are called like those of no entity; say what its rows are (--entity), or write "
            "the mapping by hand as docs/sources.md shows.",
            zh="{where}：其列名（{columns}）与任何实体都不相符；请指明实体（--entity），或按 docs/sources.md 手工编写映射。",
            where=where,
            columns=", ".join(tables[0].frame.columns[:_MOST]),
        )
    match, chosen = ranked[0]
    others = tuple(m for m, t in ranked[1:] if t is chosen and m.score > 0)[:2]
    text = _yaml(home, name, place, match, chosen, language)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        source = load(file)
    check = check_source(home, spared(source), ROWS, shown=_MOST, at=place.at)
    return Proposal(name, text, source, match, others, check, chosen)


def spared(source: Source) -> Source:
    """The source with options for somebody who waits."""
    streams = {stream: sparing(source.kind, options) for stream, options in source.streams.items()}
    return source.model_copy(update={"streams": streams})


def write(home: Home, proposal: Proposal) -> Path:
    """Write a proposed mapping into the installation, never over one that is there."""
    home.sources.mkdir(parents=True, exist_ok=True)
    file = home.sources / f"{proposal.name}.yaml"
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(proposal.text)
    except FileExistsError:
        raise _taken(file) from None
    return file


def check_name(home: Home, name: str) -> None:
    """UserError for what cannot be a source's name, or is that of one."""
    if not _NAME.fullmatch(name):
        raise UserError(
            en="“{name}” cannot be a source's name: use small letters, digits and underscores, such as call_register.",
            zh="“{name}”不能作为来源名称：请使用小写字母、数字和下划线，如 call_register。",
            name=name,
        )
    if (file := home.sources / f"{name}.yaml").exists():
        raise _taken(file)


def _taken(file: Path) -> UserError:
    return UserError(
        en="{file} is there already; it is never written over: choose another name, or remove it first.",
        zh="{file} 已存在，不会覆盖；请换一个名称，或先将其删除。",
        file=file,
    )


# --- as YAML --------------------------------------------------------------------------------------------------------


def _yaml(home: Home, name: str, place: Place, match: Match, table: Table, language: Language) -> str:
    note = _Notes(language)
    of_kind, options = place.kind, place.options
    is_dated = not table.declared.isdisjoint(
        c for f, c in match.columns.items() if match.entity.fields[f].type in ("instant", "day")
    )
    nulls = _nulls(match, table)
    version = match.version
    if of_kind == "sql" and (cursor := _cursor(table)):
        options, version = {**options, "cursor": cursor}, version or cursor
    lines = [
        f"# {_HEAD.format(n=f'{table.frame.height:,}')[language]}",
        f"title: {inline({'en': name, 'zh': name})}{note(_TITLE)}",
        f"kind: {of_kind}",
        f"time_zone: {home.settings.time_zone}",
    ]
    if nulls:
        lines.append(f"nulls: {inline(nulls)}")
    if is_dated:
        lines.append(f"dates: {inline(list(table.dates.formats))}{note(_SWAPPED) if table.dates.is_ambiguous else ''}")
    remark = f"  # {_GLOB[language]}" if of_kind == "files" else ""
    if of_kind == "rest" and "paging" not in options:
        remark = note(_ONE_PAGE)
    lines += ["streams:", f"  {STREAM}: {inline(options)}{remark}"]
    lines += ["entities:", f"  {match.entity.name}:", f"    from: {STREAM}"]
    if version:
        lines.append(f"    version: {inline(column(version))}")
    own = match.entity.key[0] if len(match.entity.key) == 1 else None
    if match.key and own is None:
        lines.append(f"    key: {inline(_joined(match.key))}{note(_OF_PARTS)}")
    lines += ["    fields:", *_fields(match, table, own, note, is_versioned=version is not None)]
    read = {*match.columns.values(), *match.key, version}
    if unread := [c for c in table.frame.columns if c not in read]:
        lines.append(f"# {_UNREAD.format(columns=', '.join(unread))[language]}")
    if months := wide.globs(table, unread):
        lines.append(f"#{note(_WIDE, globs=inline(months)).removeprefix('  #')}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class _Notes:
    """Remarks at the end of a line, in one language."""

    language: Language

    def __call__(self, text: Text, **values: Any) -> str:
        # A cell may hold a line break, which would end the remark.
        return f"  # ? {' '.join(text.format(**values)[self.language].split())}"


def _fields(match: Match, table: Table, own: str | None, note: _Notes, *, is_versioned: bool) -> Iterator[str]:
    """The lines of the fields; `own` is the field that is the entity's key, where one is."""
    for field in match.entity.fields.values():
        if found := match.columns.get(field.name):
            line = f"      {field.name}: {inline(column(found))}"
            codes = table.codes_of(found, field.codes) if field.codes else None
            if codes and codes.map:
                line = f"      {field.name}: {inline({'from': column(found), 'map': codes.map})}"
            if codes and codes.unknown:
                line += note(_UNKNOWN, values=", ".join(codes.unknown[:_MOST]))
            if field.name == own and match.repeated and not is_versioned:
                line += note(_REPEATED, n=f"{match.repeated:,}")
            yield line
        elif field.name == own and match.key:
            yield f"      {field.name}: {inline(_joined(match.key))}{note(_OF_PARTS) if len(match.key) > 1 else ''}"
        elif field.required:
            yield f"      # {field.name}:{note(_MISSING)}"


def _nulls(match: Match, table: Table) -> list[str]:
    """The texts for nothing in the columns that are read; in one of yes and no they may say no."""
    types = {c: match.entity.fields[f].type for f, c in match.columns.items()}
    read = [c for c, of in types.items() if of != "boolean"]
    there = {v for c in read for v in table.frame[c].drop_nulls().str.strip_chars().unique().to_list()}
    return [v for v in table.nulls if v in there]


def _cursor(table: Table) -> str | None:
    """The column by which a database tells what changed since the last time: an instant that every row has."""
    names = [c for c in table.frame.columns if synonyms.plain(c) in synonyms.versions()]
    return next((c for c in names if not table.frame[c].null_count() and table.reads[c]["instant"] == 1), None)


def _joined(columns: tuple[str, ...]) -> str:
    return " || '@' || ".join(column(c) for c in columns)
