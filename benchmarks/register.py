"""The register at 100,000 reports: how long finding similar past reports takes, the first time in a process and while one types."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, event, insert

from demo.catalogue import MODES
from fracas import lessons, similar
from fracas.database import connect
from fracas.model import Lesson, Person, Report, new_id
from fracas.people import Actor
from fracas.permissions import Role

REPORTS, ASKED = 100_000, 300
TARGET_MS = 150.0
_STATES = ("submitted", "analysing", "monitoring", "closed", "closed", "closed")
_MORE = (
    "重启后恢复", "再次出现", "雨天更明显", "customer waits", "since the last service", "only in the morning", "伴有异响", "已断电",
    "at full load", "冷机启动时", "after the software update", "更换后仍然存在", "intermittent", "报警代码",
)  # fmt: skip
_REGIONS = ("North", "East", "South", "West")


def symptom(chance: random.Random) -> str:
    """A customer's words about one way of failing, with what people add: circumstances, codes, numbers."""
    words = [chance.choice(chance.choice(MODES).symptoms), *chance.sample(_MORE, chance.randrange(1, 5))]
    if chance.random() < 0.3:
        words.append(f"E-{chance.randrange(1000, 4000)}")
    if chance.random() < 0.3:
        words.append(f"{chance.randrange(1, 500)} h, {chance.randrange(20, 95)} °C")
    return "，".join(words)


def filled(url: str, reports: int) -> Engine:
    """A register with so many reports and a lesson for each twentieth, written straight into its tables."""
    engine = connect(url)
    # As durable as it need be for figures of reading.
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    chance, at = random.Random(5), dt.datetime(2025, 1, 1)
    person = {"id": new_id(), "login": "q", "name": "Q", "roles": ["quality_engineer"], "is_active": True, "version": 1}
    person |= {"functions": [], "regions": ["East"], "product_lines": []}
    rows: list[dict[str, Any]] = []
    for n in range(reports):
        mode = chance.choice(MODES)
        rows.append(
            {
                "id": f"{n:032x}", "number": f"FR-2025-{n:06d}", "state": chance.choice(_STATES), "reporter_id": person["id"],
                "created_at": at, "changed_at": at + dt.timedelta(minutes=n), "version": 1, "region": chance.choice(_REGIONS),
                "symptom": symptom(chance), "component": mode.component, "cause": "磨损 wear", "five_whys": [], "ishikawa": {},
            }
        )  # fmt: skip
    told = {f"{part}_{language}": "words" for part in ("symptom", "cause", "solution") for language in ("en", "zh")}
    taught = [
        {"id": new_id(), "report_id": row["id"], "author_id": person["id"], "made_at": at, "version": 1, **told,
         "symptom_en": row["symptom"], "symptom_zh": row["symptom"]}
        for row in rows[::20]
    ]  # fmt: skip
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(Person), [person])
        for i in range(0, reports, 10_000):
            connection.execute(insert(Report), rows[i : i + 10_000])
        connection.execute(insert(Lesson), taught)
    return engine


def timed(ask: Any) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def run(scratch: Path, *, ten_million: bool = False) -> str:  # noqa: ARG001  # as the others are called
    """Measure and tell."""
    file = scratch / "similar.sqlite"
    for old in scratch.glob(f"{file.name}*"):
        old.unlink()
    engine = filled(f"sqlite:///{file}", REPORTS)
    with engine.connect() as connection:
        person = connection.execute(Person.__table__.select()).one()
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
