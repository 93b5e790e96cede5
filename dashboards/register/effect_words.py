"""The figures behind a verdict on an effect, by the names under which the nightly run writes them down."""

from __future__ import annotations

from bilingual.text import Text

WORDS: dict[str, Text] = {}
