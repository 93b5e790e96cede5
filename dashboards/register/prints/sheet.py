"""What is printed, in words: a writer needs to know nothing but this."""

from __future__ import annotations

from dataclasses import dataclass

from bilingual.text import Language

NOTHING = "—"


@dataclass(frozen=True)
class Facts:
    """Labels, each with what it says."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table. widths: of its columns, in relation to one another."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Picture:
    """A photo. ending: `jpg` or `png`; width and height: in dots."""

    name: str
    data: bytes
    ending: str
    width: int
    height: int


@dataclass(frozen=True)
class Pictures:
    """Photos, for the writers that can show them."""

    pictures: tuple[Picture, ...]


Block = Facts | Grid | Pictures


@dataclass(frozen=True)
class Section:
    """A part of a form."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Sheet:
    """A whole print. about: what is known of the print itself; foot: what stands on every page."""

    language: Language
    house: str
    title: str
    number: str
    about: Facts
    sections: tuple[Section, ...]
    foot: str
