"""Tiny installations for tests: rows of text land as a delivery would, a mapping reads them, a build publishes them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from filelock import FileLock

from expectations import row_rules
from warehouse.build import Build, Rejected, build
from warehouse.entities import entities
from warehouse.landed import signature
from warehouse.mapping import Source, load
from warehouse.publish import Snapshot, building_file, publish
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

Row = Mapping[str, str | None]

EXTRACTED_AT = dt.datetime(2030, 1, 1)


def table(text: str) -> list[dict[str, str | None]]:
    """Rows of an inline table: a line of column names, then a line per row, cells apart by `|`; an empty cell is None."""
    lines = [[cell.strip() or None for cell in line.split("|")] for line in text.strip().splitlines()]
    names = [str(name) for name in lines[0]]
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]


def land(
    home: Home,
    source: Source,
    stream: str,
    rows: Sequence[Row],
    *,
    file: str = "rows.csv",
    extracted_at: dt.datetime = EXTRACTED_AT,
    defects: Mapping[int, str] | None = None,
) -> Path:
    """Write one delivery to the landing zone as an extraction does: all text, with the lineage of each row.

    `defects` says for some rows (counted from 0) why a reader found them malformed. Data rows are numbered from 2, below
    the header.
    """
    content = json.dumps([list(map(dict, rows)), file, sorted((defects or {}).items())], ensure_ascii=False)
    batch = f"{hashlib.sha256(content.encode()).hexdigest()[:16]}-{signature(source.streams[stream])}"
    columns = list(dict.fromkeys(name for row in rows for name in row))
    frame = pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in columns}, schema=dict.fromkeys(columns, pl.String)
    ).with_columns(
        _source=pl.lit(source.name),
        _stream=pl.lit(stream),
        _batch=pl.lit(batch),
        _file=pl.lit(file),
        _row=pl.int_range(2, len(rows) + 2, dtype=pl.Int64),
        _extracted_at=pl.lit(extracted_at).cast(pl.Datetime("us")),
    )
    if defects:
        frame = frame.with_columns(_defect=pl.Series([defects.get(i) for i in range(len(rows))], dtype=pl.String))
    target = home.landing / source.name / stream / f"{batch}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(target)
    return target


@dataclass
class Installation:
    """A home in a folder of its own, to be given sources and deliveries, then built."""

    path: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    has_rules: bool = True
    rejected: Sequence[Rejected] = ()
    sources: dict[str, Source] = field(default_factory=dict)
    _published: int = 0

    def __post_init__(self) -> None:
        for folder in ("sources", "landing", "snapshots"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        self.home = Home(self.path)
        self.home.settings_file.write_text(yaml.safe_dump(dict(self.settings), allow_unicode=True), encoding="utf-8")

    def maps(self, name: str, entities: Mapping[str, Any], **parts: Any) -> Source:
        """Write the mapping of a source and load it. Streams that `parts` do not name are those that entities read."""
        several = [m for e in entities.values() for m in (e if isinstance(e, list) else [e])]
        whole = {
            "title": {"en": name, "zh": name},
            "kind": "files",
            "streams": {m["from"]: {"path": f"data/{m['from']}.csv"} for m in several},
            "entities": dict(entities),
            **parts,
        }
        file = self.home.sources / f"{name}.yaml"
        file.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
        self.sources[name] = load(file)
        return self.sources[name]

    def lands(self, source: str, stream: str, rows: str | Sequence[Row], **how: Any) -> Path:
        """Land one delivery; rows may be an inline table."""
        return land(
            self.home, self.sources[source], stream, table(rows) if isinstance(rows, str) else list(rows), **how
        )

    def build(self) -> Path:
        """Build a snapshot aside; the file is closed and not yet published."""
        file = building_file(self.home)
        build(Build(self.home, list(self.sources.values()), row_rules() if self.has_rules else {}, self.rejected), file)
        return file

    def publish(self) -> Snapshot:
        """Build and publish, without checks."""
        self._published += 1
        return publish(self.home, self.build(), f"{self._published:012x}")

    def read(self) -> Reading:
        """Build, publish and open what was published; every row that was staged must be accounted for."""
        self.publish()
        reading = opened(self.home)
        assert reading.rows("SELECT * FROM meta.account WHERE core + quarantined + superseded <> staged") == []
        return reading


def opened(home: Home) -> Reading:
    """The current snapshot of an installation, open for reading."""
    reading = Reader(home).current()
    assert reading is not None
    return reading


def same_names(entity: str, columns: Iterable[str]) -> dict[str, str]:
    """The fields of an entity that have a column of their own name, mapped to it."""
    return {name: name for name in columns if name in entities()[entity].fields}


def installation(
    path: Path,
    rows: Mapping[str, str | Sequence[Row]],
    *,
    settings: Mapping[str, Any] | None = None,
    time_zone: str = "UTC",
    **parts: Any,
) -> Installation:
    """An installation with one source `s` in which each entity has a stream whose columns are named as its fields."""
    made = Installation(path, settings or {})
    tables = {entity: table(r) if isinstance(r, str) else list(r) for entity, r in rows.items()}
    mappings = {entity: {"from": entity, "fields": same_names(entity, r[0])} for entity, r in tables.items()}
    made.maps("s", mappings, time_zone=time_zone, **parts)
    for entity, r in tables.items():
        made.lands("s", entity, r, file=f"{entity}.csv")
    return made


def warehouse(path: Path, settings: Mapping[str, Any] | None = None, **rows: str | Sequence[Row]) -> Reading:
    """A published warehouse of some inline tables, all times UTC, open for reading."""
    return installation(path, rows, settings={"time_zone": "UTC", **(settings or {})}).read()


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder made by the first of the parallel test processes that needs it, and shared by the others."""
    shared = factory.getbasetemp().parent if "popen" in factory.getbasetemp().name else factory.getbasetemp()
    folder = shared / f"shared {name}"
    with FileLock(shared / f"{name}.lock"):
        if not folder.exists():
            part = shared / f"part {name}"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            make(part)
            part.rename(folder)
    return folder
