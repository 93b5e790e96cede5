"""Similar past reports at 100,000 reports: how long finding them takes, the first time in a process and while one types."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.reports import emptied, filled, symptom
from fracas import lessons, similar
from fracas.model import Person, Report
from fracas.people import Actor
from fracas.permissions import Role

REPORTS, ASKED = 100_000, 300
TARGET_MS = 150.0


def timed(ask: Any) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def run(scratch: Path) -> str:
    """Measure and tell."""
    engine = filled(emptied(scratch / "similar.sqlite"), REPORTS)
    with engine.connect() as connection:
        person = connection.execute(Person.__table__.select().where(Person.login == "q0")).one()
    somebody = Person(**{**person._mapping, "roles": [Role.QUALITY_ENGINEER]})
    actor = Actor.of(somebody)
    memory, before = psutil.Process(), psutil.Process().memory_info().rss
    first = timed(lambda: similar.warm(engine))
    taken = (memory.memory_info().rss - before) / 1e6
    chance = random.Random(11)
    typed = [symptom(chance) for _ in range(ASKED)]
    # While one types: the whole text, or what there is of it so far.
    typed = [text[: chance.randrange(4, len(text) + 1)] for text in typed]
    whole = [timed(lambda text=text: similar.similar(engine, actor, text)) for text in typed]
    lessons.search(engine, actor, "warm")
    known = [timed(lambda text=text: lessons.search(engine, actor, text)) for text in typed]
    # Somebody saves a report between any two questions.
    fresh = []
    for n, text in enumerate(typed):
        with engine.execution_options(writes=True).begin() as connection:
            saved = {"symptom": text, "version": 2, "changed_at": dt.datetime(2025, 6, 1) + dt.timedelta(minutes=n)}
            connection.execute(Report.__table__.update().where(Report.id == f"{n:032x}").values(**saved))
        fresh.append(timed(lambda text=text: similar.similar(engine, actor, text)))
    engine.dispose()
    lines = [
        "## Similar past reports",
        "",
        f"{REPORTS:,} reports in SQLite, one person of one region of four; {ASKED} texts, half typed. Target: {TARGET_MS:g} ms.",
        "",
        "| question | median | p95 | most |",
        "|---|---|---|---|",
    ]
    for name, times in (
        ("similar reports", whole),
        ("similar reports, one saved before each question", fresh),
        ("knowledge base", known),
    ):
        p95 = statistics.quantiles(times, n=20)[-1]
        lines.append(f"| {name} | {statistics.median(times):.0f} ms | {p95:.0f} ms | {max(times):.0f} ms |")
    lines += ["", f"The first question of a process takes {first / 1000:.1f} s, its index {taken:.0f} MB."]
    return "\n".join(lines)
