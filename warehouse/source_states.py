"""How each source stands: what its mapping says, what landed of it, how far its cursor came, what the last refresh said of it.

Asked for each view of a page: of the landing zone only the ends of files are read, and a column once for each delivery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bilingual.errors import UserError
from bilingual.text import Text
from warehouse import landed
from warehouse.database import open_in_memory
from warehouse.drift import GONE, Change
from warehouse.mapping import REGISTER, Source, load, mapping_file
from warehouse.quality import columns
from warehouse.quality import sources as published_sources
from warehouse.quality_sources import Freshness, deliveries, freshness
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.settings import Home


@dataclass(frozen=True)
class StreamState:
    """What landed of a stream: batches and rows that count, when the last came (UTC, naive), and the highest value of its cursor."""

    name: str
    batches: int
    rows: int
    landed_at: dt.datetime | None
    cursor: str | None
    reached: str | None


@dataclass(frozen=True)
class Brought:
    """What a source brought to an entity of the published snapshot: rows that are shown, in quarantine, superseded by newer ones
    (None where the snapshot does not tell), left out by the mapping; the newest instant in them."""

    entity: str
    rows: int
    quarantined: int
    superseded: int | None
    left_out: int | None
    newest: dt.datetime | None


@dataclass(frozen=True)
class Refused:
    """A delivery that the last refresh could not land, and why."""

    stream: str
    file: str
    text: Text


class Condition(StrEnum):
    """How a source stands: the worst that can be said of it."""

    BROKEN = "broken"
    REFUSED = "refused"
    GONE = "gone"
    LATE = "late"
    EMPTY = "empty"
    CHANGED = "changed"
    GOOD = "good"


@dataclass(frozen=True)
class SourceState:
    """One source. file: of its mapping, None for one without; error: why that cannot be read. brought: by entity, in the published
    snapshot; freshness is None where there is none."""

    name: str
    title: Text
    kind: str | None
    owner: str | None
    file: Path | None
    is_own: bool
    error: UserError | None
    streams: tuple[StreamState, ...]
    brought: tuple[Brought, ...]
    freshness: Freshness | None
    refused: tuple[Refused, ...]
    drift: tuple[Change, ...]

    @property
    def rows(self) -> int:
        """Rows that landed."""
        return sum(stream.rows for stream in self.streams)

    @property
    def batches(self) -> int:
        """Batches that landed."""
        return sum(stream.batches for stream in self.streams)

    @property
    def landed_at(self) -> dt.datetime | None:
        """When something last landed."""
        return max((stream.landed_at for stream in self.streams if stream.landed_at), default=None)

    @property
    def shown(self) -> int:
        """Rows of the published snapshot."""
        return sum(one.rows for one in self.brought)

    @property
    def quarantined(self) -> int:
        """Rows that are in quarantine."""
        return sum(one.quarantined for one in self.brought)

    @property
    def superseded(self) -> int | None:
        """Rows that newer ones took the place of; None where the snapshot does not tell."""
        known = [one.superseded for one in self.brought if one.superseded is not None]
        return sum(known) if known else None

    @property
    def cursors(self) -> tuple[StreamState, ...]:
        """The streams of which only what is new is fetched."""
        return tuple(stream for stream in self.streams if stream.cursor)

    @property
    def condition(self) -> Condition:
        """How it stands."""
        said = {
            Condition.BROKEN: self.error is not None,
            Condition.REFUSED: bool(self.refused),
            Condition.GONE: any(change.kind == GONE for change in self.drift),
            Condition.LATE: self.freshness is not None and self.freshness.is_late is True,
            Condition.EMPTY: not self.batches,
            Condition.CHANGED: bool(self.drift),
        }
        return next((condition for condition, holds in said.items() if holds), Condition.GOOD)


def names(home: Home, reading: Reading | None) -> list[str]:
    """The sources there are: of mapping files, in the published snapshot, and in the landing zone."""
    own = {file.stem for file in home.sources.glob("*.yaml")}
    published = set(published_sources(reading)) if reading else set()
    folders = {folder.name for folder in home.landing.glob("*") if folder.is_dir()}
    return sorted(own | published | folders)


def states(home: Home, reading: Reading | None, note: Mapping[str, Any] | None) -> list[SourceState]:
    """All sources, by name; `note` is how the last refresh ended."""
    return [state(home, reading, note, name) for name in names(home, reading)]


def state(home: Home, reading: Reading | None, note: Mapping[str, Any] | None, name: str) -> SourceState:
    """One of the sources that `names` names."""
    file = mapping_file(home.sources, name)
    source, error = _mapping(file) if file.exists() else (None, None)
    published = published_sources(reading).get(name) if reading else None
    title = (
        source.title
        if source
        else Text(en=published["en"], zh=published["zh"])
        if published
        else Text(en=name, zh=name)
    )
    return SourceState(
        name=name,
        title=title,
        # What has no mapping of its own is read by a kind of its name.
        kind=source.kind if source else None if file.exists() else name if published else None,
        owner=source.owner if source else published["owner"] if published else None,
        file=file if file.exists() else None,
        is_own=file.is_relative_to(home.sources) and file.exists(),
        error=error,
        streams=tuple(_streams(home, source, name)),
        brought=tuple(_brought(reading, name)) if reading else (),
        freshness=freshness(reading, name) if published and reading else None,
        refused=tuple(_refused(note, name)),
        drift=tuple(_drift(note, name)),
    )


def _brought(reading: Reading, name: str) -> Iterator[Brought]:
    accounts = _accounts(reading)
    for d in deliveries(reading):
        if d.source == name:
            left_out, staged = accounts.get((d.entity, name), (None, None))
            superseded = None if staged is None else max(0, staged - d.rows - d.quarantined)
            yield Brought(d.entity, d.rows, d.quarantined, superseded, left_out, d.newest)


@remembered
def _accounts(reading: Reading) -> dict[tuple[str, str], tuple[int, int]]:
    if "meta.mapped" not in columns(reading):
        return {}
    return {
        (entity, source): (int(out), int(staged))
        for entity, source, out, staged in reading.rows(question("source_accounts"))
    }


def _mapping(file: Path) -> tuple[Source | None, UserError | None]:
    return _loaded(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=1_000)
def _loaded(file: Path, changed: int) -> tuple[Source | None, UserError | None]:  # noqa: ARG001  # another time is another file
    try:
        return load(file), None
    except UserError as error:
        # The folder is nobody's business.
        en, zh = (words.replace(f"{file.parent}/", "") for words in (error.text.en, error.text.zh))
        return None, UserError(en=en, zh=zh)


def _streams(home: Home, source: Source | None, name: str) -> Iterator[StreamState]:
    folder = home.landing / name
    known = source.streams if source else {found.name: {} for found in sorted(folder.glob("*")) if found.is_dir()}
    for stream, options in known.items():
        # Without options nobody knows which batches were read with other ones: all of them count.
        files = (
            landed.batches(home.landing, name, stream, options)
            if source
            else sorted((folder / stream).glob("*.parquet"))
        )
        stamps = [(file, file.stat().st_mtime_ns) for file in files]
        last = max((stamp for _, stamp in stamps), default=None)
        cursor = options.get("cursor") if name != REGISTER else None
        yield StreamState(
            name=stream,
            batches=len(files),
            rows=sum(_rows(file, stamp) for file, stamp in stamps),
            landed_at=dt.datetime.fromtimestamp(last / 1e9, dt.UTC).replace(tzinfo=None) if last else None,
            cursor=str(cursor) if cursor else None,
            reached=_reached(home.landing, tuple(stamps), str(cursor)) if cursor and files else None,
        )


@lru_cache(maxsize=100_000)
def _rows(file: Path, changed: int) -> int:  # noqa: ARG001  # a file landed anew is another
    return int(pq.read_metadata(file).num_rows)


@lru_cache(maxsize=1_000)
def _reached(landing: Path, stamps: tuple[tuple[Path, int], ...], cursor: str) -> str | None:
    """The highest value of the cursor; looked for once for each state of the landing zone."""
    files = [file for file, _ in stamps if any(cursor.casefold() == name.casefold() for name in landed.schema(file))]
    if not files:
        return None
    with open_in_memory(landing) as con:
        asked = {"column": cursor, "files": [str(file) for file in files]}
        row = con.execute(question("highest_landed"), asked).fetchone()
    return row[0] if row else None


def _refused(note: Mapping[str, Any] | None, name: str) -> Iterator[Refused]:
    for one in (note or {}).get("rejected", ()):
        if one["source"] == name:
            yield Refused(one["stream"], one["file"], Text(en=one["en"], zh=one["zh"]))


def _drift(note: Mapping[str, Any] | None, name: str) -> Iterator[Change]:
    for one in (note or {}).get("drift", ()):
        if one["source"] == name:
            yield Change(**{**one, "since": dt.datetime.fromisoformat(one["since"]) if one["since"] else None})
