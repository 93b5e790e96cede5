"""What a report consists of, in words and numbers: a writer needs to know nothing but this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from bilingual.text import Language

Tone = Literal["", "good", "warning", "bad", "quiet"]
NOTHING = "—"
# About that of a mail, in points of a screen: pictures are drawn so wide.
WIDTH = 640


@dataclass(frozen=True)
class Cell:
    """One cell: as people read it and, for a spreadsheet, as a number with its format there."""

    words: str
    value: float | None = None
    form: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Heading:
    """What follows is about this."""

    words: str


@dataclass(frozen=True)
class Sentence:
    """A sentence; `sign` judges it in a word or two before it."""

    words: str
    sign: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Grid:
    """A table. widths: of its columns, in relation to one another; numbers: the columns that stand on the right. A row of
    one cell is a heading over those below it. is_titled: whether its title is more than that of the heading above."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    numbers: frozenset[int] = frozenset()
    is_titled: bool = True


@dataclass(frozen=True)
class Picture:
    """A figure of plotly's, with its question above and a line in words below; `name` is that of its file."""

    name: str
    title: str
    figure: dict[str, Any]
    words: str
    height: int


Block = Heading | Sentence | Grid | Picture


@dataclass(frozen=True)
class Period:
    """First and last day, and what people call it."""

    first: dt.date
    last: dt.date
    label: str


@dataclass(frozen=True)
class Document:
    """A whole report. about: what it was made from, printed in every file; subject: of the mail; address: the application."""

    name: str
    language: Language
    house: str
    title: str
    period: Period
    subject: str
    about: tuple[tuple[str, str], ...]
    foot: str
    blocks: tuple[Block, ...]
    address: str = ""

    @property
    def pictures(self) -> Iterator[Picture]:
        """What is drawn."""
        return (block for block in self.blocks if isinstance(block, Picture))


@dataclass(frozen=True)
class Drawn:
    """The pictures as PNG by name, or why there are none."""

    files: dict[str, bytes]
    none: str = ""
