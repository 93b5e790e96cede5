"""How the checks went from snapshot to snapshot, as long as snapshots are kept, and what the one before counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import duckdb

from warehouse.database import open_for_reading
from warehouse.publish import Snapshot, snapshots
from warehouse.quality import accounts, checks
from warehouse.quality_sources import Delivery, deliveries
from warehouse.reading import Reading, remembered
from warehouse.settings import Home

Change = Literal["", "new", "worse", "recovered"]
_BAD = {"quarantined": 1, "failed": 2, "error": 3}


@dataclass(frozen=True)
class Result:
    """What a check found in one snapshot; `failed` counts rows where rows are counted."""

    status: str
    failed: int


@dataclass(frozen=True)
class Noted:
    """What one snapshot keeps about its quality: results by suite and check, accounts by entity."""

    results: dict[tuple[str, str], Result]
    accounts: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Course:
    """One check from snapshot to snapshot: its result in each (None where it was not asked), and what changed there."""

    results: tuple[Result | None, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class History:
    """The snapshots that are kept, oldest first, the last the one that is shown; the course of its checks.

    `before` is what the snapshot before the one shown keeps, None where there is none.
    """

    snapshots: tuple[Snapshot, ...]
    courses: dict[tuple[str, str], Course]
    before: Noted | None


def _note(reading: Reading) -> Noted:
    return Noted(
        {(c["suite"], c["name"]): Result(c["status"], c["failed"] or 0) for c in checks(reading)},
        {a["entity"]: {k: n for k, n in a.items() if k != "entity"} for a in accounts(reading)},
    )


@lru_cache(maxsize=64)
def _kept(snapshot: Snapshot) -> Noted:
    """A published snapshot never changes: what it says is read once in the life of the process."""
    with open_for_reading(snapshot.file) as con:
        return _note(Reading(snapshot, con))


@lru_cache(maxsize=4)
def _brought(snapshot: Snapshot) -> tuple[Delivery, ...]:
    with open_for_reading(snapshot.file) as con:
        return deliveries(Reading(snapshot, con))


def _kept_or_gone(snapshot: Snapshot) -> Noted | None:
    try:
        return _kept(snapshot)
    except duckdb.Error:
        return None  # let go meanwhile, or from a time when snapshots told nothing about themselves


def change(now: Result | None, before: Result | None, *, is_first: bool) -> Change:
    """What a result says beside the one before it; nothing in the first snapshot in which anything was checked."""
    if now is None or is_first:
        return ""
    bad, was = _BAD.get(now.status, 0), _BAD.get(before.status, 0) if before else 0
    if not bad:
        return "recovered" if was else ""
    if not was or before is None:
        return "new"
    return "worse" if bad > was or (bad == was and now.failed > before.failed) else ""


@remembered
def history(reading: Reading, home: Home) -> History:
    """The course of every check of the snapshot shown, over those before it that are still kept."""
    earlier = [(s, n) for s in reversed(snapshots(home)) if s.id < reading.id and (n := _kept_or_gone(s))]
    noted = [n for _, n in earlier] + [_note(reading)]
    courses = {}
    for key in noted[-1].results:
        results = tuple(n.results.get(key) for n in noted)
        changes = [
            change(now, results[i - 1] if i else None, is_first=not any(n.results for n in noted[:i]))
            for i, now in enumerate(results)
        ]
        courses[key] = Course(results, tuple(changes))
    return History((*(s for s, _ in earlier), reading.snapshot), courses, noted[-2] if earlier else None)


@remembered
def brought_before(reading: Reading, home: Home) -> dict[tuple[str, str], Delivery]:
    """What sources had brought in the snapshot before, by entity and source; empty where there is none."""
    kept = history(reading, home).snapshots
    try:
        return {(d.entity, d.source): d for d in _brought(kept[-2])} if len(kept) > 1 else {}
    except duckdb.Error:
        return {}  # let go meanwhile
