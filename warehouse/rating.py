"""The score of a return visit's grade."""

from __future__ import annotations

from bilingual.text import LANGUAGES, Language, Text
from warehouse.entities import code_lists
from warehouse.settings import Settings

# Grade → score, best first; an installation's own is in its settings.
Scale = tuple[tuple[str, float], ...]
SCALE: Scale = tuple(Settings().rating_scale.items())


def in_words(scale: Scale = SCALE) -> Text:
    """The scale, grade by grade."""
    labels = {code.code: code.label for code in code_lists()["survey_grade"]}

    def spoken(language: Language) -> str:
        parts = [f"{labels[grade][language]} {score:.1f}" for grade, score in scale]
        return "、".join(parts) if language == "zh" else ", ".join(parts).lower()

    return Text(**{language: spoken(language) for language in LANGUAGES})
