"""Many at once: processes that edit the same few reports, each as a user does, who reads again where somebody was faster."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks.reports import emptied
from fracas import journal
from fracas.database import ConflictError, connect, reading
from fracas.model import Person, Report
from fracas.people import Actor
from fracas.permissions import Role
from fracas.register import Register
from fracas.staff import Staff
from tests.postgresql import server

KEY = b"a key of many editors"
PROCESSES, EDITS, REPORTS = 8, 200, 20
TARGET_S = 1.0

# Where each process of `at_once` waits for the others.
_gates: list[Barrier] = []


@dataclass
class Done:
    """What one process did. words: the word of each edit that was acknowledged, by report; answers: seconds until each answer,
    a refusal too; edits: seconds until each edit was in, however often it was refused before."""

    words: dict[str, list[str]] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    edits: list[float] = field(default_factory=list)
    refused: int = 0


def hot(url: str, processes: int, reports: int) -> tuple[list[Actor], list[str]]:
    """People, one for each process, and the reports that all of them edit."""
    engine = connect(url)
    staff, register = Staff(engine, KEY), Register(engine, KEY)
    people = [
        staff.enrol(None, Person(login=f"e{n}", name=f"E{n}", roles=[Role.TECHNICIAN, Role.QUALITY_ENGINEER]))
        for n in range(processes)
    ]
    facts = {"serial_no": "S1", "occurred_at": dt.datetime(2026, 1, 1), "symptom": "leaks", "severity": "degraded"}
    ids = []
    for n in range(reports):
        ids.append(register.draft(people[0], f"hot-{n}", facts))
        register.move(people[0], ids[-1], 1, "submit")
    engine.dispose()
    return people, ids


def edit(url: str, actor: Actor, ids: list[str], edits: int) -> Done:
    """Add one word to a report, so often: look, save, and look again where it was changed in between.

    The first one is the same report for everybody, and none of `at_once` saves it before all have looked at it: all but one
    of them are refused, however slowly one process starts after the other.
    """
    engine = connect(url)
    register, chance, done = Register(engine, KEY), random.Random(actor.id), Done()
    for n in range(edits):
        chosen, word = chance.choice(ids) if n else ids[0], f"{actor.login}.{n}"
        began = time.perf_counter()
        is_in = False
        while not is_in:
            report = register.look(actor, chosen)
            if _gates:
                _gates.pop().wait(60)
                began = time.perf_counter()
            asked = time.perf_counter()
            try:
                words = " ".join(filter(None, (report.handling, word)))
                register.save(actor, chosen, report.version, {"handling": words})
                is_in = True
            except ConflictError:
                done.refused += 1
            done.answers.append(time.perf_counter() - asked)
        done.edits.append(time.perf_counter() - began)
        done.words.setdefault(chosen, []).append(word)
    engine.dispose()
    return done


def _meet_at(gate: Barrier) -> None:
    _gates.append(gate)


def at_once(url: str, people: list[Actor], ids: list[str], edits: int) -> list[Done]:
    """All of them at the same time, each in a process of its own; raises what any of them met."""
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(len(people), _meet_at, [spawned.Barrier(len(people))]) as pool:
        return pool.starmap(edit, [(url, person, ids, edits) for person in people], chunksize=1)


def lost(url: str, ids: list[str], done: list[Done]) -> list[str]:
    """What is wrong afterwards: an acknowledged word that is not in its report, or twice; an event too few or too many; a
    journal that does not hold. Nothing is how it should be."""
    engine = connect(url)
    wrong = []
    with reading(engine) as session:
        for report_id in ids:
            said = Counter((session.get_one(Report, report_id).handling or "").split())
            acknowledged = Counter(word for one in done for word in one.words.get(report_id, []))
            if said != acknowledged:
                wrong.append(f"{report_id}: {acknowledged - said} lost, {said - acknowledged} nobody's")
            saved = session.query(journal.Event).filter_by(subject=f"report:{report_id}", kind="save").count()
            if saved != acknowledged.total():
                wrong.append(f"{report_id}: {saved} events of {acknowledged.total()} edits")
        wrong += [broken.text.en for broken in journal.verify(session, KEY).broken]
    engine.dispose()
    return wrong


def measured(url: str) -> tuple[list[Done], float]:
    """What each process did, and how many seconds all of them took; raises where anything was lost."""
    people, ids = hot(url, PROCESSES, REPORTS)
    began = time.perf_counter()
    done = at_once(url, people, ids, EDITS)
    took = time.perf_counter() - began
    if wrong := lost(url, ids, done):
        raise RuntimeError("; ".join(wrong))
    return done, took


def run(scratch: Path) -> str:
    """Measure and tell."""
    found = {"SQLite": measured(emptied(scratch / "editors.sqlite"))}
    with server() as at:
        found["PostgreSQL"] = measured(f"postgresql:///postgres{at}")
    lines = [
        "## Many who edit the same reports",
        "",
        f"{PROCESSES} processes, each with {EDITS} edits of {REPORTS} reports and no pause between them; who was refused because "
        "somebody else was faster looks again and repeats it. Nothing was lost, every edit has its event, the journal holds. "
        f"Target: an answer within {TARGET_S:g} s, p99.",
        "",
        "| ms | p50 | p95 | p99 | most | refused | edits/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (done, took) in found.items():
        refused = sum(one.refused for one in done)
        for what, times in (
            ("an answer", [a for one in done for a in one.answers]),
            ("an edit, repeated until it is in", [e for one in done for e in one.edits]),
        ):
            cuts = statistics.quantiles(times, n=100)
            ms = " | ".join(f"{seconds * 1000:.0f}" for seconds in (cuts[49], cuts[94], cuts[98], max(times)))
            lines.append(f"| {name}: {what} | {ms} | {refused} | {PROCESSES * EDITS / took:.0f} |")
    return "\n".join(lines)
