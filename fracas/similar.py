"""Past reports like the one that somebody writes, with the solutions that are known: found while they type."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from fracas.people import Actor
from fracas.texts import Kept, Match, Said, joined

# Below this the likeness is one of chance.
_LEAST = 0.1


def _say(report: Any, lesson: Any) -> Said | None:
    """How a failure shows: in the words of who reported it, and in both languages where it has a lesson."""
    told = joined(report.symptom, report.failure_mode, report.component)
    if lesson is not None:
        told = joined(told, lesson.lesson_symptom_en, lesson.lesson_symptom_zh)
    return Said(told, report.symptom_code) if told or report.symptom_code else None


_REPORTS = Kept(("symptom", "failure_mode", "component", "symptom_code"), _say)


def similar(
    engine: Engine,
    actor: Actor,
    symptom: str,
    *,
    component: str | None = None,
    code: str | None = None,
    most: int = 5,
    apart_from: str | None = None,
) -> tuple[Match, ...]:
    """The reports most like a symptom that a person may see, without the one that they are writing.

    Those that share a fault code come first; drafts are nobody else's business. Milliseconds, but for the first time in a
    process (`warm`).
    """
    asked = Said(joined(symptom.strip(), component), code)
    if not (asked.text or asked.code):
        return ()
    return _REPORTS.of(engine).find(engine, actor, asked, most=most, least=_LEAST, apart_from=apart_from)


def warm(engine: Engine) -> None:
    """Read the texts of all reports now, so that the first who types need not wait: seconds for a hundred thousand."""
    _REPORTS.of(engine).follow(engine)
