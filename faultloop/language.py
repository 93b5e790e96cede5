"""The language of the terminal: FAULTLOOP_LANGUAGE, else the locale's, else English."""

from __future__ import annotations

import os

from bilingual.text import Language, Text, as_language


def terminal_language() -> Language:
    """The language to speak at the terminal."""
    for name in ("FAULTLOOP_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        language = as_language(os.environ.get(name))
        if language:
            return language
    return "en"


def say(en: str, zh: str) -> str:
    """One of two texts, in the terminal's language."""
    return Text(en=en, zh=zh)[terminal_language()]
