"""What changed in the shape of what a source delivers: columns that are new, that have another name, that are gone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bilingual.errors import UserError
from bilingual.text import Text
from warehouse import landed, units
from warehouse.database import Connection, open_for_reading, quote
from warehouse.entities import Entity
from warehouse.mapping import REGISTER, Source

# How long a column that is new, or has another name, is told of; one that is gone is told of until it is back.
TOLD_DAYS = 7
GONE, NEW, RENAMED = "gone", "new", "renamed"
_UNNAMED = re.compile(r"column_\d+")
_KEPT = Text(
    en="{why} Until then {entity} keeps what the last snapshot has of this source; the others go on.",
    zh="{why}在此之前，“{entity}”保留上一快照中来自该来源的数据，其他实体照常更新。",
)
_NEW = Text(
    en="{file} of source “{source}” brings columns that were not there before: {columns}. They are landed; no mapping reads them.",
    zh="来源“{source}”的 {file} 出现此前没有的列：{columns}。已落地，但没有映射读取。",
)
_RENAMED = Text(
    en="{file} of source “{source}”: the column “{need}” is now called “{column}”; it is read as the same. If it is not, name the "
    "right column in {source}.yaml.",
    zh="来源“{source}”的 {file}：列“{need}”现名为“{column}”，按同一列读取；若不是，请在 {source}.yaml 中指定正确的列。",
)
_CONVERTED = Text(
    en="{file} of source “{source}” counts in another unit: its column “{column}” is read as “{need}”, its numbers converted.",
    zh="来源“{source}”的 {file} 使用了其他单位：列“{column}”按“{need}”读取，数值已换算。",
)


@dataclass(frozen=True)
class Change:
    """One change. `what` names it: the columns or the entity; `since` is when the delivery that brought it was landed."""

    source: str
    stream: str
    kind: str
    what: str
    since: dt.datetime | None
    en: str
    zh: str

    def is_told(self, now: dt.datetime) -> bool:
        """Whether people are still to be told of it; now: UTC."""
        return self.since is None or now - self.since <= dt.timedelta(days=TOLD_DAYS)


def forgiven(source: Source, needs: frozenset[str]) -> frozenset[str]:
    """Of the needed columns those that may have another name in a delivery: headers that people write.

    Programs name columns too: what has another name there is another column.
    """
    return needs if source.is_of_files else frozenset()


def gone(source: Source, entity: Entity, stream: str, why: UserError) -> Change:
    """An entity with a mapping whose columns no delivery of a stream has any more; `why` names them."""
    text = _KEPT.format(why=why.text, entity=entity.label)
    return Change(source.name, stream, GONE, entity.name, None, text.en, text.zh)


def found(
    con: Connection, source: Source, stream: str, view: str, files: list[Path], needs: frozenset[str]
) -> Iterator[Change]:
    """The columns that came later than the stream's first delivery, and those that are read under another name.

    `view` is the view over the landed files.
    """
    if source.name == REGISTER or len({landed.schema(file) for file in files}) < 2:
        return
    rows = con.execute(f"SELECT _batch, min(_extracted_at), min(_file) FROM {quote(view)} GROUP BY _batch").fetchall()
    # An empty batch says nothing.
    batches = sorted((at, batch, file) for batch, at, file in rows)
    if not batches:
        return
    by_name = {file.stem: file for file in files}
    known = landed.schema(by_name[batches[0][1]])
    renames = landed.renames(files, forgiven(source, needs))
    read = {need.casefold() for need in needs} | {c.casefold() for by in renames.values() for c in by.values()}
    wide = [mapping.unpivot for mapping in source.mappings_of(stream) if mapping.unpivot]
    for at, batch, file in batches:
        fresh = landed.schema(by_name[batch]) - known
        known |= fresh
        unread = sorted(c for c in fresh if _is_of_people(c) and c.casefold() not in read)
        # A month more is what such a table is for.
        unread = [column for column in unread if not any(table.matches(column) for table in wide)]
        for column, need in units.converted(forgiven(source, needs), unread).items():
            text = _CONVERTED.format(file=file, source=source.name, need=need, column=column)
            yield Change(source.name, stream, RENAMED, need, at, text.en, text.zh)
            unread.remove(column)
        if unread:
            columns = "“" + "”, “".join(unread) + "”"
            text = _NEW.format(file=file, source=source.name, columns=columns)
            yield Change(source.name, stream, NEW, ",".join(unread), at, text.en, text.zh)
    firsts: dict[tuple[str, str], tuple[dt.datetime, str]] = {}
    for at, batch, file in batches:
        for need, column in renames.get(batch, {}).items():
            firsts.setdefault((need, column), (at, file))
    for (need, column), (at, file) in sorted(firsts.items()):
        text = _RENAMED.format(file=file, source=source.name, need=need, column=column)
        yield Change(source.name, stream, RENAMED, need, at, text.en, text.zh)


def _is_of_people(column: str) -> bool:
    return not column.startswith("_") and not _UNNAMED.fullmatch(column)


def write(con: Connection, changes: list[Change]) -> None:
    """Keep changes in the snapshot that is being built."""
    for c in changes:
        con.execute(
            "INSERT INTO meta.drift VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [c.source, c.stream, c.kind, c.what, c.since, c.en, c.zh],
        )


def told(file: Path, now: dt.datetime) -> list[Change]:
    """The changes that a snapshot tells of; none in one of a version that kept none. now: UTC."""
    with open_for_reading(file) as con:
        tables = con.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'meta' AND table_name = 'drift'"
        )
        if not (tables.fetchone() or (0,))[0]:
            return []
        rows = con.execute("SELECT * FROM meta.drift ORDER BY source, stream, kind, what").fetchall()
    return [change for change in (Change(*row) for row in rows) if change.is_told(now)]
