"""Mistakes of users, told in one sentence; bugs keep their traceback."""

from __future__ import annotations

from typing import Any

from bilingual.text import Language, Text


class UserError(Exception):
    """What is wrong (with file, row, column, value), why, and what to do: one sentence in each language.

    Whoever shows it picks the language; `str()` of it is English. Never raised for a bug.
    """

    def __init__(self, *, en: str, zh: str, **values: Any) -> None:
        self.text = Text(en=en, zh=zh).format(**values) if values else Text(en=en, zh=zh)
        super().__init__(self.text.en)

    def __getitem__(self, language: Language) -> str:
        return self.text[language]
