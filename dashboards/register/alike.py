"""Reports and known solutions that sound like what somebody writes, in the words that a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bilingual.text import Language
from dashboards.house import House
from fracas.model import Report
from fracas.people import Actor
from fracas.similar import similar
from fracas.texts import Match

# Less says too little to be like anything.
_LEAST = 2


@dataclass(frozen=True)
class Alike:
    """A report that was found, and what is known of it; the lesson's words where there is one, else those of the report."""

    report: Report
    symptom: str
    cause: str
    solution: str
    is_lesson: bool


def told(found: Iterable[Match], language: Language) -> list[Alike]:
    """What was found, in words. A cause in doubt is not told."""
    alike = []
    for match in found:
        report, lesson = match.report, match.lesson
        solution = "\n".join(action.description for action in match.actions)
        symptom, cause = report.symptom or "", (report.root_cause or report.cause or "") if match.is_explained else ""
        if lesson is not None:
            in_words = [getattr(lesson, f"{name}_{language}") for name in ("symptom", "cause", "solution")]
            symptom, cause, solution = in_words
        alike.append(Alike(report, symptom, cause, solution if match.is_explained else "", lesson is not None))
    return alike


def similar_to(house: House, actor: Actor, language: Language, text: str, report_id: str | None) -> list[Alike]:
    """What sounds like a text, apart from the report that it is of."""
    if len(text.strip()) < _LEAST:
        return []
    return told(similar(house.engine, actor, text, apart_from=report_id), language)
