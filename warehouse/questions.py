"""The SQL of questions that are longer than a few lines: `questions/<name>.sql`, what it answers in its first line."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "questions"


@cache
def question(name: str) -> str:
    """The SQL of one question; its parameters are bound by whoever asks."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
