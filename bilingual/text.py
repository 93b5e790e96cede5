"""A text that people see, in every language the platform speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Text:
    """One text in English and 简体中文; leaving one out is a TypeError, so nothing exists in one language only."""

    en: str
    zh: str

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def format(self, **values: Any) -> Text:
        """The same text with `{name}` places filled; a value that is itself a Text is filled language by language."""

        def fill(language: Language) -> str:
            return self[language].format(**{k: v[language] if isinstance(v, Text) else v for k, v in values.items()})

        return Text(en=fill("en"), zh=fill("zh"))


def as_language(text: str | None) -> Language | None:
    """The language that a tag such as `zh-CN` or `en_GB.UTF-8` names, or None for one that is not spoken here."""
    for language in LANGUAGES:
        if text and text.lower().startswith(language):
            return language
    return None
