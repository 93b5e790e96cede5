"""Forms: sheets that hold one record, each value beside or below its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.formats.header import Region, columns_of, tidy
from pipelines.formats.reading import ROW
from pipelines.formats.standins import lacking, stand_ins
from pipelines.formats.workbook import Sheet

# A form is no longer than this, and a label no longer than that.
_MOST_ROWS, _MOST_COLUMNS, _LONGEST = 300, 100, 30

_Place = tuple[int, int]


@dataclass(frozen=True)
class Form:
    """The record on a sheet: its columns, their values, and the 0-based row of its first label."""

    columns: list[str]
    values: list[str | None]
    row: int

    def missing(self, needs: frozenset[str]) -> list[str]:
        """The needed columns that have no label, and none that stands for them."""
        return lacking(needs, self.columns)

    def has_data(self, needs: frozenset[str]) -> bool:
        """Whether it is filled: a glossary, which explains the columns, has only words beside their names."""
        known = stand_ins(needs, self.columns)
        read = {need.casefold() for need in needs} | {column.casefold() for column, _ in known.values()}
        values = [
            v for c, v in zip(self.columns, self.values, strict=True) if v and (not needs or c.casefold() in read)
        ]
        return any(character.isdigit() for value in values for character in value)

    def rows(self) -> pl.DataFrame:
        """One row."""
        frame = pl.DataFrame([self.values], schema=dict.fromkeys(self.columns, pl.String), orient="row")
        return frame.with_columns(pl.lit(self.row + 1, pl.Int64).alias(ROW))


def find_form(sheet: Sheet, needs: frozenset[str]) -> Form | None:
    """The form on a sheet; None where no needed column has a label there.

    Labels are the needed columns and what stands for them, what ends with a colon, and other words in line with these.
    The value of a label is what stands right of it, up to the next label; where labels stand side by side, what is
    below. Merged cells count as the one that they are.
    """
    page = _Page(sheet, needs)
    if not page.known:
        return None
    found = page.beside() if page.is_across() else page.below()
    # A word with nothing beside it is more often a title than the label of nothing.
    pairs = [(place, value) for place, value in found if value or page.is_certain(place)]
    labels = [page.label(place) for place, _ in pairs]
    return Form(columns_of(labels, needs), [value for _, value in pairs], min(row for row, _ in page.known))


class _Page:
    """The filled cells of a sheet's top, and which of them are labels."""

    def __init__(self, sheet: Sheet, needs: frozenset[str]) -> None:
        self._ends = _ends(sheet.merged)
        rows = sheet.cells.head(_MOST_ROWS).select(sheet.cells.columns[:_MOST_COLUMNS]).rows()
        self._texts = {(r, c): text for r, row in enumerate(rows) for c, text in enumerate(row) if tidy(text)}
        self._rows: dict[int, list[_Place]] = {}
        for place in sorted(self._texts):
            self._rows.setdefault(place[0], []).append(place)
        self.known = self._known(needs)
        self._columns = {c for _, c in self.known}

    def label(self, place: _Place) -> str:
        """A cell as a label."""
        return tidy(self._texts[place]).strip(" :*")

    def is_certain(self, place: _Place) -> bool:
        """Whether a cell is a label by what it says, not only by where it stands."""
        return place in self.known or _is_colon(self._texts[place])

    def is_across(self) -> bool:
        """Whether values stand beside their labels rather than below."""
        beside = sum(value is not None for place, value in self.beside() if place in self.known)
        below = sum(value is not None for place, value in self.below() if place in self.known)
        return beside >= below

    def beside(self) -> Iterator[tuple[_Place, str | None]]:
        """The labels, each with what stands right of it, or alone in the row below it."""
        taken: set[_Place] = set()
        has_ended = False
        for places in self._rows.values():
            # More cells than labels and values could fill: a table begins, whose cells are none.
            has_ended = has_ended or (len(places) > 2 * len(self._columns) and not self.known.intersection(places))
            labels = [p for p in places if p not in taken and self._is_label(p, known_only=has_ended)]
            for i, place in enumerate(labels):
                until = labels[i + 1][1] if i + 1 < len(labels) else _MOST_COLUMNS
                values = [p for p in places if place[1] < p[1] < until and p not in taken]
                under = self._rows.get(self._ends.get(place, place)[0] + 1, [])
                if (
                    not values
                    and len(places) == 1
                    and len(under) == 1
                    and not self._is_label(under[0], known_only=True)
                ):
                    values = under
                    taken.update(under)
                yield place, self._text(values)
            taken.update(labels)

    def below(self) -> Iterator[tuple[_Place, str | None]]:
        """The words in rows that have a label, each with what stands below it."""
        taken: set[_Place] = set()
        for places in self._rows.values():
            if not self.known.intersection(places):
                continue
            for place in places:
                if place not in taken and _is_word(self._texts[place]):
                    under = (self._ends.get(place, place)[0] + 1, place[1])
                    values = [under] if under in self._texts and under not in self.known else []
                    taken.update(values)
                    yield place, self._text(values)

    def _text(self, places: Sequence[_Place]) -> str | None:
        return " ".join(self._texts[place].strip() for place in places) or None

    def _known(self, needs: frozenset[str]) -> set[_Place]:
        words = {place: self.label(place) for place, text in self._texts.items() if _is_word(text) or _is_colon(text)}
        wanted = {tidy(need).casefold() for need in needs}
        known = {place for place, word in words.items() if word.casefold() in wanted}
        columns = columns_of([*words.values()], needs)
        others = {column for column, _ in stand_ins(needs, columns).values()}
        known |= {place for place, column in zip(words, columns, strict=True) if column in others}
        # Without a mapping, what ends with a colon is a label.
        return known or (set() if needs else {place for place in words if _is_colon(self._texts[place])})

    def _is_label(self, place: _Place, *, known_only: bool) -> bool:
        return self.is_certain(place) or (not known_only and place[1] in self._columns and _is_word(self._texts[place]))


def _ends(merged: Sequence[Region]) -> dict[_Place, _Place]:
    return {(top, left): (bottom, right) for top, left, bottom, right in merged}


def _is_colon(text: str) -> bool:
    return len(text) <= _LONGEST and tidy(text).endswith(":")


def _is_word(text: str) -> bool:
    return len(text) <= _LONGEST and any(c.isalpha() for c in text) and not any(c.isdigit() for c in text)
