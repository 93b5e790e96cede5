"""The score of a return visit's grade."""

from __future__ import annotations

from warehouse.entities import code_lists
from warehouse.text import LANGUAGES, Language, Text

# Grade → score, as DOMAIN §3 has it, best first. An installation's own scale belongs into its settings; functions take
# it as an argument.
Scale = tuple[tuple[str, float], ...]
SCALE: Scale = (
    ("very_satisfied", 1.1),
    ("satisfied", 1.0),
    ("fair", 0.9),
    ("dissatisfied", 0.8),
    ("very_dissatisfied", 0.7),
)


def in_words(scale: Scale = SCALE) -> Text:
    """The scale, grade by grade."""
    labels = {code.code: code.label for code in code_lists()["survey_grade"]}

    def spoken(language: Language) -> str:
        parts = [f"{labels[grade][language]} {score:.1f}" for grade, score in scale]
        return "、".join(parts) if language == "zh" else ", ".join(parts).lower()

    return Text(**{language: spoken(language) for language in LANGUAGES})
