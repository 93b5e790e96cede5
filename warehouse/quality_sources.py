"""What each source brings to each entity: how many rows, how new they are, and whether that is as new as promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from warehouse.database import quote
from warehouse.entities import entities
from warehouse.quality import columns, sources
from warehouse.reading import Reading, remembered


@dataclass(frozen=True)
class Delivery:
    """What one source brought to one entity. `rows` are in the warehouse, `quarantined` rows are not.

    newest: the latest instant in its rows (UTC, naive), planned ones beyond their own reading left out; None where the
    entity has no instants. read_at: when its latest rows were read from the source.
    """

    entity: str
    source: str
    rows: int
    quarantined: int
    newest: datetime | None
    read_at: datetime | None


@dataclass(frozen=True)
class Freshness:
    """How old a source's newest record is, and may be, in hours; `is_late` is None where nothing is promised."""

    newest: datetime | None
    age_hours: float | None
    within_hours: float | None

    @property
    def is_late(self) -> bool | None:
        if self.within_hours is None or self.age_hours is None:
            return None
        return self.age_hours > self.within_hours


@remembered
def deliveries(reading: Reading) -> tuple[Delivery, ...]:
    """Every pair of entity and source that has rows, in the warehouse or in quarantine, by entity and source."""
    shown: dict[tuple[str, str], tuple[Any, ...]] = {}
    for name in entities():
        if "_extracted_at" in columns(reading).get(f"core.{name}", ()):
            shown |= {(name, row[0]): row[1:] for row in _brought(reading, name)}
    away = {
        (entity, source): n
        for entity, source, n in reading.rows("""
            SELECT entity, source, count(*) FROM (
                SELECT DISTINCT entity, source, stream, batch, file, row_no, source_key FROM meta.quarantine
            ) GROUP BY entity, source
        """)
    }
    found = []
    # Calendars and code lists come from the settings and from the program; those are no sources.
    for entity, source in sorted(pair for pair in shown.keys() | away.keys() if pair[1] in sources(reading)):
        rows, newest_at, read_at = shown.get((entity, source), (0, None, None))
        found.append(Delivery(entity, source, rows, away.get((entity, source), 0), newest_at, read_at))
    return tuple(found)


def _brought(reading: Reading, entity: str) -> list[tuple[Any, ...]]:
    """By source: its name, rows, newest instant, when it was read."""
    has = columns(reading)[f"core.{entity}"]
    instants = [quote(f.name) for f in entities()[entity].fields.values() if f.type == "instant" and f.name in has]

    def ask(latest: str) -> list[tuple[Any, ...]]:
        newest = [latest.format(instant=instant) for instant in instants] or ["CAST(NULL AS TIMESTAMP)"]
        return reading.rows(
            f"SELECT _source, count(*), greatest({', '.join(newest)}), max(_extracted_at), min(_extracted_at) "
            f"FROM core.{entity} GROUP BY _source"
        )

    # Planned instants are rare, and looking at each row for them takes three times as long.
    found = ask("max({instant})")
    if any(newest and newest > first_read for _, _, newest, _, first_read in found):
        found = ask("max({instant}) FILTER ({instant} <= _extracted_at)")
    return [row[:-1] for row in found]


def freshness(reading: Reading, source: str, now: datetime | None = None) -> Freshness:
    """How new a source is at `now`: by its tickets where it brings any, as the check does, else by any record."""
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    brought = [d for d in deliveries(reading) if d.source == source and d.newest]
    judged = [d.newest for d in brought if d.entity == "ticket"] or [d.newest for d in brought]
    newest = max((at for at in judged if at), default=None)
    age = (moment - newest).total_seconds() / 3600 if newest else None
    return Freshness(newest, age, sources(reading).get(source, {}).get("fresh_within_hours"))


@remembered
def undelivered(reading: Reading) -> tuple[str, ...]:
    """The entities to which no source brings anything."""
    brought = {d.entity for d in deliveries(reading)}
    return tuple(name for name in entities() if name not in brought and name not in ("calendar", "code_list"))
