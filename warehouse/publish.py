"""Snapshots: publish one atomically, list them, go back to an earlier one, let old ones go.

A snapshot is a DuckDB file with a name of its own, never replaced in place. `CURRENT` names the one that readers see
and is itself replaced atomically, so a reader sees one published snapshot or the one before it, never half of one.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bilingual.errors import UserError
from warehouse.settings import Home

_SUFFIX = ".duckdb"
_BUILDING = "building-"
# No question of a reader takes as long: what it put aside on disk is nobody's any more.
_SPILL_SECONDS = 3600.0
# Fingerprints of snapshots that somebody rolled back from: the same rows and rules are not published again.
_WITHDRAWN = "WITHDRAWN"


class TakenError(UserError):
    """Another refresh is at it."""


@dataclass(frozen=True)
class Snapshot:
    """One published snapshot. Its id is the time of its publishing (UTC) and the fingerprint of what it was made from."""

    id: str
    file: Path
    is_current: bool

    @property
    def fingerprint(self) -> str:
        return self.id.rsplit("-", 1)[-1]

    @property
    def published_at(self) -> datetime:
        return datetime.strptime(self.id.split("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)


def lock(home: Home) -> FileLock:
    """The lock that lets one refresh at a time write to an installation; the kernel frees it when its holder dies."""
    home.snapshots.mkdir(parents=True, exist_ok=True)
    return FileLock(home.snapshots / ".lock", blocking=False)


def locked(home: Home) -> FileLock:
    """The acquired lock, to be released by leaving its `with`; TakenError when another refresh holds it."""
    held = lock(home)
    try:
        held.acquire()
    except Timeout:
        raise TakenError(
            en=f"Another refresh of {home.path} is running; wait for it to end, then try again.",
            zh=f"{home.path} 正在进行另一次刷新；请等其结束后再试。",
        ) from None
    return held


def snapshots(home: Home) -> list[Snapshot]:
    """Published snapshots, newest first."""
    current = _current_id(home)
    ids = sorted((f.stem for f in home.snapshots.glob(f"*{_SUFFIX}") if not f.name.startswith(_BUILDING)), reverse=True)
    return [Snapshot(i, home.snapshots / f"{i}{_SUFFIX}", i == current) for i in ids]


def current(home: Home) -> Snapshot | None:
    """The snapshot that readers see, or None before the first was published. Cheap: reads one short file."""
    seen = None
    while (named := _current_id(home)) and named != seen:
        file = home.snapshots / f"{named}{_SUFFIX}"
        if file.exists():
            return Snapshot(named, file, True)
        # It was let go between the two looks, because a newer one was published: look again.
        seen = named
    return None


def _current_id(home: Home) -> str | None:
    try:
        return (home.snapshots / "CURRENT").read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def building_file(home: Home) -> Path:
    """A new name to build under; call with the lock held. What a killed build or reader left behind is removed first."""
    long_ago = time.time() - _SPILL_SECONDS
    spilled = [folder for folder in home.snapshots.glob(f"*{_SUFFIX}*.tmp") if folder.stat().st_mtime < long_ago]
    for leftover in {*home.snapshots.glob(f"{_BUILDING}*"), *spilled}:
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    return home.snapshots / f"{_BUILDING}{secrets.token_hex(4)}{_SUFFIX}"


def publish(home: Home, built: Path, fingerprint: str) -> Snapshot:
    """Make a checked, closed file the current snapshot and let the oldest beyond `retention` go."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    name = f"{stamp}-{fingerprint}"
    target = home.snapshots / f"{name}{_SUFFIX}"
    _sync(built)
    built.rename(target)
    _sync(home.snapshots)
    _point_to(home, name)
    for old in snapshots(home)[max(1, home.settings.retention) :]:
        if not old.is_current:
            old.file.unlink(missing_ok=True)
    return Snapshot(name, target, True)


def rollback(home: Home, to: str | None = None) -> Snapshot:
    """Show readers an earlier snapshot: the one named (any unambiguous beginning), else the one before the current.

    What is left behind is withdrawn: it is not published again until rows or rules change.
    """
    known = snapshots(home)
    here = next((i for i, s in enumerate(known) if s.is_current), None)
    matching = (
        [s for s in known if s.id.startswith(to)] if to else known[here + 1 : here + 2] if here is not None else []
    )
    if len(matching) != 1:
        raise UserError(
            en=f"There is no {'single ' if matching else ''}snapshot {to or 'before the current one'}; `faultloop snapshots list` shows them.",
            zh=f"没有{'唯一的' if matching else ''}快照 {to or '（早于当前）'}；请用 `faultloop snapshots list` 查看。",
        )
    target = matching[0]
    with (home.snapshots / _WITHDRAWN).open("a", encoding="ascii") as file:
        file.writelines(f"{s.fingerprint}\n" for s in known if s.id > target.id)
        file.flush()
        os.fsync(file.fileno())
    _point_to(home, target.id)
    return Snapshot(target.id, target.file, True)


def is_withdrawn(home: Home, fingerprint: str) -> bool:
    """Whether somebody rolled back from a snapshot of the same rows and rules."""
    try:
        return fingerprint in (home.snapshots / _WITHDRAWN).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return False


def last_refresh(home: Home) -> dict[str, Any] | None:
    """How the last refresh ended (see pipelines.refresh), or None when there was none."""
    try:
        note = (home.snapshots / "LAST_REFRESH.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return json.loads(note)  # type: ignore[no-any-return]


def kept_back_by(home: Home) -> list[dict[str, Any]]:
    """The failed checks for which the last refresh published nothing; none where nothing is kept back."""
    note = last_refresh(home) or {}
    return [] if note.get("is_new") else note.get("blocked_by", [])


def last_success(home: Home) -> datetime | None:
    """When a refresh last ended well (UTC, naive), whether or not it had anything to publish; None where none ever did."""
    note = last_refresh(home) or {}
    at = note.get("succeeded_at")
    return datetime.fromisoformat(at) if at else None


def _point_to(home: Home, name: str) -> None:
    part = home.snapshots / "CURRENT.part"
    part.write_text(name + "\n", encoding="ascii")
    _sync(part)
    part.rename(home.snapshots / "CURRENT")
    _sync(home.snapshots)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
