"""One refresh: extract what is new, build aside, check, publish. The order of the steps is written here, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from bilingual.errors import UserError
from bilingual.text import LANGUAGES
from expectations import row_rules
from expectations.configured import context, words
from expectations.run import Checker, Outcome
from pipelines.landing import Extraction, extract
from pipelines.sources import register, templates
from warehouse import drift, landed, results
from warehouse.build import Build, Rejected, build
from warehouse.drift import Change
from warehouse.mapping import Source, load_all
from warehouse.publish import (
    Snapshot,
    building_file,
    current,
    is_withdrawn,
    last_refresh,
    last_success,
    locked,
    publish,
)
from warehouse.settings import Home
from warehouse.told import told

_CODE = [Path(__file__).parent.parent / folder for folder in ("warehouse", "expectations")]


class Progress(Protocol):
    """Somebody who watches a refresh."""

    def step(self, name: str, part: str = "") -> None:
        """A step begins, or a part of it."""

    def rows(self, count: int) -> None:
        """So many more rows were landed."""


class Unwatched:
    """Nobody watches."""

    def step(self, name: str, part: str = "") -> None: ...

    def rows(self, count: int) -> None: ...


# Runs one named step: a plain call at the terminal, a task in a flow.
Runner = Callable[..., Any]


def call(_: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a step as a plain call."""
    return function(*arguments)


@dataclass(frozen=True)
class Refreshed:
    """How a refresh ended.

    `snapshot` is what readers see now; `is_new` whether this run published it. `blocked_by` are the failed checks
    that forbade publishing, `is_withdrawn` says that the same rows and rules were rolled back by hand. `drift` is what
    changed in the columns that sources deliver.
    """

    snapshot: Snapshot | None
    is_new: bool
    extraction: Extraction
    blocked_by: tuple[Outcome, ...] = ()
    is_withdrawn: bool = False
    drift: tuple[Change, ...] = ()


def sources_of(home: Home) -> list[Source]:
    """The installation's mappings, and those of its register and its filled forms; UserError when there are none."""
    sources = [*load_all(home.sources), *register.built_in(home), *templates.built_in(home)]
    if not sources:
        raise UserError(
            en=f"{home.sources} has no mapping; run `faultloop demo`, or write one as docs/sources.md shows.",
            zh=f"{home.sources} 中没有映射文件；请运行 `faultloop demo`，或按 docs/sources.md 编写。",
        )
    return sources


def refresh(home: Home, *, run: Runner = call, progress: Progress | None = None, force: bool = False) -> Refreshed:
    """Bring the installation's snapshot up to date.

    Publishes only when rows, mappings, settings or the program changed, and only what passes the critical checks;
    `force` publishes in spite of them, for a fall in volume that is meant. Killed anywhere and run again, it ends
    with the same content. Raises UserError when another refresh is running or a mapping does not fit.
    """
    watch = progress or Unwatched()
    # A check that is set and does not exist is said before hours of work, not after.
    context(home.settings, datetime.now(UTC), {})
    with locked(home):
        sources = sources_of(home)
        extraction = Extraction()
        for source in sources:
            watch.step("extract", source.name)
            extraction += run(f"extract {source.name}", extract, home, source, watch.rows)
        made_from = fingerprint(home, sources, extraction.rejected)
        before = current(home)
        changes = _drift(before.file) if before else ()
        if before and before.fingerprint == made_from:
            return _noted(home, Refreshed(before, False, extraction, drift=changes))
        if is_withdrawn(home, made_from) and not force:
            return _noted(home, Refreshed(before, False, extraction, is_withdrawn=True, drift=changes))
        known = last_refresh(home)
        if known and known.get("blocked") == made_from and not force:
            # The same rows were forbidden before: the same checks would say the same, every quarter of an hour.
            return _noted(
                home, Refreshed(before, False, extraction, blocked_before(known), drift=drift_before(known)), made_from
            )
        with Checker() as checker:
            watch.step("build")
            file = run("build", build_aside, home, sources, extraction.rejected, watch)
            changes = _drift(file)
            watch.step("check")
            outcomes = run("check", check_built, home, file, checker, made_from)
        failed = tuple(o for o in outcomes if o.error or (o.severity == "critical" and not o.passed))
        if failed and not force:
            file.unlink()
            return _noted(home, Refreshed(before, False, extraction, failed, drift=changes), made_from)
        watch.step("publish")
        snapshot = run("publish", publish, home, file, made_from)
        return _noted(home, Refreshed(snapshot, True, extraction, failed, drift=changes))


def _drift(file: Path) -> tuple[Change, ...]:
    return tuple(drift.told(file, datetime.now(UTC).replace(tzinfo=None)))


@cache
def _program() -> str:
    digest = hashlib.sha256()
    for folder in _CODE:
        for file in sorted(folder.rglob("*")):
            if file.suffix in {".py", ".sql", ".yaml", ".csv"}:
                digest.update(str(file.relative_to(folder.parent)).encode() + file.read_bytes())
    return digest.hexdigest()


def fingerprint(home: Home, sources: Sequence[Source], rejected: Sequence[Rejected]) -> str:
    """Twelve hex digits of all that a snapshot is made from: landed batches, mappings, settings, codes, the program."""
    batches = {
        f"{s.name}/{stream}": [f.name for f in landed.batches(home.landing, s.name, stream, options)]
        for s in sources
        for stream, options in s.streams.items()
    }
    parts = {
        "batches": batches,
        "sources": [s.model_dump(mode="json") for s in sources],
        "settings": home.settings.model_dump(mode="json"),
        "codes": {f.name: f.read_text(encoding="utf-8") for f in sorted(home.codes.glob("*.csv"))},
        "rejected": sorted(str(asdict(r)) for r in rejected),
        "program": _program(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:12]


def build_aside(home: Home, sources: Sequence[Source], rejected: Sequence[Rejected], watch: Progress) -> Path:
    """Build a snapshot under a name of its own and return its file; call with the home's lock held."""
    home.snapshots.mkdir(parents=True, exist_ok=True)
    file = building_file(home)
    before = current(home)
    job = Build(
        home,
        sources,
        row_rules(),
        rejected,
        lambda part: watch.step("build", part),
        before=before.file if before else None,
    )
    build(job, file)
    return file


def check_built(home: Home, file: Path, checker: Checker, made_from: str) -> list[Outcome]:
    """Run all suites on a built file and write what they found into it."""
    before = current(home)
    now = datetime.now(UTC).replace(tzinfo=None)
    previous = results.row_counts(before.file) if before else {}
    sources = load_all(home.sources)
    known = context(home.settings, now, previous, sources, told(home.landing, sources))
    outcomes = checker.check(file, known)
    about = {"built_at": now.isoformat(timespec="seconds") + "Z", "fingerprint": made_from}
    results.write(file, [asdict(o) for o in outcomes], words(known), about)
    return outcomes


def blocked_before(note: dict[str, Any]) -> tuple[Outcome, ...]:
    """The outcomes that a note of a blocked refresh keeps."""
    return tuple(Outcome(**{f.name: o[f.name] for f in fields(Outcome)}) for o in note["blocked_by"])


def drift_before(note: dict[str, Any]) -> tuple[Change, ...]:
    """The changes of columns that a note of a refresh keeps."""
    return tuple(
        Change(**{**c, "since": datetime.fromisoformat(c["since"]) if c["since"] else None})
        for c in note.get("drift", ())
    )


def _noted(home: Home, outcome: Refreshed, blocked: str | None = None) -> Refreshed:
    """Keep how the last refresh ended beside the snapshots, for whoever asks why they are stale.

    `blocked` is the fingerprint of what was forbidden.
    """
    said = {(c["suite"], c["name"]): c for c in words(context(home.settings, datetime.now(UTC), {}))}
    at = datetime.now(UTC)
    is_blocked = bool(outcome.blocked_by) and not outcome.is_new
    succeeded = last_success(home) if is_blocked else at.replace(tzinfo=None)
    note = {
        "ended_at": at.isoformat(timespec="seconds"),
        "succeeded_at": succeeded.isoformat(timespec="seconds") if succeeded else None,
        "snapshot": outcome.snapshot.id if outcome.snapshot else None,
        "is_new": outcome.is_new,
        "is_withdrawn": outcome.is_withdrawn,
        "batches": outcome.extraction.batches,
        "rows": outcome.extraction.rows,
        "blocked": blocked,
        "blocked_by": [
            # A check that the program of before had, and this one has not, is told by its name.
            {**asdict(o), **{language: said.get((o.suite, o.name), {}).get(language, o.name) for language in LANGUAGES}}
            for o in outcome.blocked_by
        ],
        "rejected": [asdict(r) for r in outcome.extraction.rejected],
        "drift": [{**asdict(c), "since": c.since.isoformat() if c.since else None} for c in outcome.drift],
    }
    part = home.snapshots / "LAST_REFRESH.part"
    part.write_text(json.dumps(note, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(home.snapshots / "LAST_REFRESH.json")
    return outcome
