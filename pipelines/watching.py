"""What the platform finds wrong with itself and its data, and whom it concerns: each look says everything, only news is told.

A look reads the published snapshot and the note of the last refresh, so it can be repeated at any time and after any kill.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from bilingual.text import Text
from expectations.run import Outcome
from fracas.database import Database, connect, writing
from fracas.model import now
from fracas.watch.alerts import Problem, Severity, settle
from fracas.watch.topics import PLATFORM
from pipelines import rules
from warehouse import quality
from warehouse.drift import GONE
from warehouse.entities import entities
from warehouse.metrics import measures
from warehouse.publish import kept_back_by, last_refresh
from warehouse.quality_findings import label
from warehouse.quality_reads import touches
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

REFRESH, RECHECK, RULES, NIGHTLY = "refresh", "recheck", "rules", "rules.nightly"
_QUALITY = "data_quality"
_SAMPLES = 3
_FAILED = Text(en="{what}: {rows} rows fail “{check}”", zh="{what}：{rows} 行未通过“{check}”")
_FAILED_AS_A_WHOLE = Text(en="{what}: “{check}” does not hold", zh="{what}：“{check}”不成立")
_NOT_RUN = Text(
    en="{what}: the check “{check}” could not be run ({error})", zh="{what}：检查“{check}”无法执行（{error}）"
)
_SET_ASIDE = Text(
    en="{what}: {rows} rows were set aside. {check}", zh="{what}：{rows} 行已被隔离。{check}"
)  # the check's own sentence says why
_BLOCKED = Text(
    en="Nothing new is published: {n} critical checks fail on what was delivered. People see the last good snapshot. First: {first}",
    zh="新数据未发布：{n} 项关键检查未通过，看板仍显示最近一次有效快照。首项：{first}",
)
_REJECTED = Text(en="{file} could not be read: {why}", zh="无法读取 {file}：{why}")
_OVERDUE = Text(
    en="{source} has gone silent: its newest record is of {latest}, expected within {hours} h.",
    zh="{source} 没有新数据：最新记录为 {latest}，应在 {hours} 小时内更新。",
)
_BROKE = Text(en="The run “{flow}” failed: {error}", zh="运行“{flow}”失败：{error}")


@contextmanager
def book(home: Home) -> Iterator[Database]:
    """The database that alerts are kept in."""
    engine = connect(home.register_url)
    try:
        yield engine
    finally:
        engine.dispose()


def after_refresh(home: Home, engine: Database, at: dt.datetime | None = None) -> None:
    """What a refresh left wrong, and what the house's own rules find in what is published."""
    reading = Reader(home).current()
    _settled(home, engine, REFRESH, of_refresh(home, reading, at or now()), reading, at)
    if reading is not None:
        _settled(home, engine, RULES, rules.problems(home, reading, when="refresh"), reading, at)


def nightly(home: Home, engine: Database, at: dt.datetime | None = None) -> None:
    """The house's rules that take longer: early warnings, control charts, stock."""
    reading = Reader(home).current()
    if reading is not None:
        _settled(home, engine, NIGHTLY, rules.problems(home, reading, when="nightly"), reading, at)


def after_recheck(home: Home, engine: Database, outcomes: Sequence[Outcome], at: dt.datetime | None = None) -> None:
    """What has gone wrong with the published snapshot since it was checked."""
    reading = Reader(home).current()
    if reading is None:
        return
    words = {(check["suite"], check["name"]): check for check in quality.checks(reading)}
    failed = [
        {**words[o.suite, o.name], "status": "error" if o.error else "failed", "failed": o.failed, "error": o.error, "samples": json.dumps(o.samples)}
        for o in outcomes
        if not o.passed and (o.suite, o.name) in words
    ]  # fmt: skip
    _settled(home, engine, RECHECK, of_checks(reading, failed), reading, at)


def after_run(home: Home, engine: Database, flow: str, error: Text | None, at: dt.datetime | None = None) -> None:
    """A flow that broke, or ended well again."""
    broke = [] if error is None else [
        Problem(
            f"run/{flow}", PLATFORM, Severity.CRITICAL, _BROKE.format(flow=flow, error=error), address="/runs"
        )
    ]  # fmt: skip
    _settled(home, engine, f"run.{flow}", broke, None, at)


def _settled(
    home: Home,
    engine: Database,
    family: str,
    problems: Iterable[Problem],
    reading: Reading | None,
    at: dt.datetime | None,
) -> None:
    found = list(problems)
    with writing(engine) as session:
        settle(
            session,
            family,
            found,
            at=at or now(),
            worse_by=home.settings.worse_by,
            snapshot=reading.id if reading else None,
            # A rule that broke says so, and nothing of what it looks for.
            unjudged=tuple(
                f"{problem.key.removeprefix(rules.BROKEN)}/"
                for problem in found
                if problem.key.startswith(rules.BROKEN)
            ),
        )


def of_refresh(home: Home, reading: Reading | None, at: dt.datetime) -> Iterator[Problem]:
    """What the last refresh left wrong: what it may not publish, could not read, or set aside, and who went silent. at: now."""
    note, blocked = last_refresh(home) or {}, kept_back_by(home)
    if blocked:
        first = Text(en=blocked[0]["en"], zh=blocked[0]["zh"])
        text = _BLOCKED.format(n=len(blocked), first=first)
        yield Problem("refresh/blocked", PLATFORM, Severity.CRITICAL, text, float(len(blocked)), address="/quality")
    for row in note.get("rejected", []):
        why = Text(en=row["en"], zh=row["zh"])
        text, owner = _REJECTED.format(file=row["file"], why=why), _owner(reading, [row["source"]])
        yield Problem(
            f"rejected/{row['source']}/{row['file']}", _QUALITY, Severity.WARNING, text, address="/quality", owner=owner
        )
    for row in note.get("drift", []):
        # One that is gone stops its entity; what is new or has another name goes on.
        severity = Severity.WARNING if row["kind"] == GONE else Severity.NOTE
        key, text = (
            f"drift/{row['kind']}/{row['source']}/{row['stream']}/{row['what']}",
            Text(en=row["en"], zh=row["zh"]),
        )
        yield Problem(key, _QUALITY, severity, text, address="/quality", owner=_owner(reading, [row["source"]]))
    known = quality.checks(reading) if reading else []
    yield from of_checks(
        reading,
        [
            *(c for c in known if c["status"] in ("failed", "error", "quarantined")),
            *(
                {"field": "", "status": "error" if b["error"] else "failed", **b, "samples": json.dumps(b["samples"])}
                for b in blocked
            ),
        ],
    )
    for source in quality.overdue_sources(reading, at.replace(tzinfo=dt.UTC)) if reading else []:
        hours = (at - source["latest"]) / dt.timedelta(hours=1)
        text = _OVERDUE.format(
            source=Text(en=source["en"], zh=source["zh"]),
            latest=f"{source['latest']:%Y-%m-%d}",
            hours=f"{source['fresh_within_hours']:g}",
        )
        owner = _owner(reading, [source["source"]])
        key = f"overdue/{source['source']}"
        yield Problem(key, _QUALITY, Severity.WARNING, text, hours, address="/quality", owner=owner)


def of_checks(reading: Reading | None, failed: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """Checks that found something, with the rows, the measures they touch, and who owns the source."""
    for check in failed:
        suite, name, is_aside = check["suite"], check["name"], check["status"] == "quarantined"
        if (suite, name) == ("ticket", "fresh_ticket"):
            continue  # who went silent is told by source, and as of now
        samples = _set_aside(reading, suite, name) if is_aside and reading else _samples(check)
        sentence = Text(en=check["en"], zh=check["zh"])
        rows = check["failed"]
        words = (
            _SET_ASIDE
            if is_aside
            else _NOT_RUN
            if check["status"] == "error"
            else _FAILED
            if rows
            else _FAILED_AS_A_WHOLE
        )
        touched = [measures()[m].label for m in touches(suite, check["field"] or "", whole_rows=is_aside)]
        yield Problem(
            key=f"check/{suite}.{name}",
            topic=_QUALITY,
            severity=Severity.WARNING if is_aside else Severity(check["severity"]),
            text=words.format(what=label(suite), rows=f"{rows or 0:,}", check=sentence, error=check.get("error")),
            size=float(rows) if rows else None,
            facts={"samples": samples, "measures": [{"en": m.en, "zh": m.zh} for m in touched]},
            address="/quarantine?" + urlencode({"entity": suite, "rule": name}) if is_aside else "/quality",
            owner=_owner(reading, [row["source"] for row in samples if row.get("source")]),
        )


def _samples(check: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A few of the rows that fail: what names them, the field that is wrong, and where the row comes from."""
    spec = entities().get(check["suite"])
    named = [*(spec.key if spec else ()), check["field"]]
    found = []
    for row in json.loads(check["samples"] or "[]")[:_SAMPLES]:
        shown = {name: row[name] for name in named if name in row} or {k: v for k, v in row.items() if k[:1] != "_"}
        origin = {name[1:]: row[name] for name in ("_source", "_file", "_row") if row.get(name) is not None}
        found.append({**shown, **origin})
    return found


def _set_aside(reading: Reading, entity: str, rule: str) -> list[dict[str, Any]]:
    rows = quality.quarantine(reading, rows=_SAMPLES, sought=quality.Sought(entity=entity, rule=rule))
    return [
        {
            "key": row["source_key"],
            row["field"] or "field": row["value"],
            "source": row["source"],
            "file": row["file"],
            "row": row["row_no"],
        }
        for row in rows
    ]


def _owner(reading: Reading | None, named: Sequence[str]) -> str | None:
    """Who owns the sources that rows come from."""
    known = quality.sources(reading) if reading else {}
    return ", ".join(sorted({known[name]["owner"] for name in named if name in known and known[name]["owner"]})) or None
