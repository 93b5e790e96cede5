"""Column names: finding the header row, cleaning its names, and telling which needed columns are not there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED
from warehouse.synonyms import renamed

HEAD_ROWS = 30

Cells = Sequence[str | None]


@dataclass(frozen=True)
class Header:
    """A header row: its 0-based index among the rows looked at, and its column names."""

    index: int
    columns: list[str]

    def missing(self, needs: Iterable[str]) -> list[str]:
        """The needed columns that are not among the names, under their own or another that is known for the same."""
        lacking = missing(self.columns, needs)
        return sorted(set(lacking) - renamed(needs, self.columns).keys()) if lacking else lacking


def tidy(name: str | None) -> str:
    """A header cell as a name: full-width forms narrowed, white space and line breaks collapsed, stripped."""
    return " ".join(unicodedata.normalize("NFKC", name or "").replace("\ufeff", "").split())


def columns_of(cells: Cells, needs: Iterable[str] = ()) -> list[str]:
    """Unique column names for header cells.

    Duplicates become `name_2`, `name_3`; empty cells become `column_N` with N counted from 1. Names are compared
    without case, as SQL does. Where the mapping spells a name differently (full-width brackets, case), the
    mapping's spelling is taken, since its expressions use it. Names of our own lineage columns are never given.
    """
    spelling = {tidy(need).casefold(): need for need in needs}
    taken = {name.casefold() for name in RESERVED}
    columns = []
    for position, cell in enumerate(cells, start=1):
        base = tidy(cell) or f"column_{position}"
        name, count = base, 1
        while name.casefold() in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name.casefold())
        columns.append(spelling.get(name.casefold(), name))
    return columns


def missing(columns: Iterable[str], needs: Iterable[str]) -> list[str]:
    """The needed columns not among the names; lineage columns are always there."""
    have = {column.casefold() for column in columns} | {name.casefold() for name in RESERVED}
    return sorted(need for need in needs if need.casefold() not in have)


def find_header(rows: Sequence[Cells], needs: frozenset[str], forced: int | None = None) -> Header | None:
    """The header among the first rows of a file or sheet; None when all of them are blank.

    `forced` is its 1-based number. Otherwise it is the row that holds most of the needed columns (the first of
    equals); when no row holds any, or nothing is needed, the first row with the most distinct words, or, where
    no cell is a word, the most distinct cells.
    """
    if forced is not None:
        return Header(forced - 1, columns_of(rows[forced - 1], needs)) if forced <= len(rows) else None
    best: tuple[tuple[int, int, int], Header] | None = None
    for index, cells in enumerate(rows[:HEAD_ROWS]):
        filled = [name for cell in cells if (name := tidy(cell))]
        if not filled:
            continue
        header = Header(index, columns_of(cells, needs))
        found = len(needs) - len(header.missing(needs))
        # With some needed columns found, the earliest best match wins; width says nothing then.
        score = (found, 0, 0) if found else (0, _words(filled), len(set(filled)))
        if best is None or score > best[0]:
            best = (score, header)
    return best[1] if best else None


def _words(cells: list[str]) -> int:
    """How many cells have letters; a title repeated across a merged range counts once, a column name twice twice."""
    words = [cell for cell in cells if any(character.isalpha() for character in cell)]
    distinct = len(set(words))
    return len(words) if 2 * distinct > len(words) else distinct


def missing_columns(where: str, columns: Sequence[str], lacking: Sequence[str]) -> UserError:
    """The sentence for needed columns that a file, sheet or table does not have, with the closest that it has."""
    by_tidy = {tidy(column).casefold(): column for column in columns}
    closest = []
    for need in lacking:
        close = get_close_matches(tidy(need).casefold(), list(by_tidy), n=1, cutoff=0.4)
        if close and by_tidy[close[0]] not in closest:
            closest.append(by_tidy[close[0]])
    found = closest or list(columns[:8])
    return UserError(
        en="{where}: the column{s} {lacking} {is_} missing (found {found}{more}); rename it in the file or in the mapping.",
        zh="{where}：缺少列{lacking}（找到的是{found}{more}）；请在文件或映射中改名。",
        where=where,
        s="" if len(lacking) == 1 else "s",
        is_="is" if len(lacking) == 1 else "are",
        lacking=_quoted(lacking),
        found=_quoted(found),
        more="" if closest or len(columns) <= len(found) else ", …",
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names) or "—"
