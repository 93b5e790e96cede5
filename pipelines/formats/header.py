"""Column names: finding the header row, cleaning its names, and telling which needed columns are not there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED
from pipelines.formats.standins import lacking, missing, other_unit

__all__ = ["HEAD_ROWS", "Cells", "Header", "Region", "columns_of", "find_header", "missing", "missing_columns", "tidy"]

HEAD_ROWS = 30
# A header of more rows than this is not looked for.
_LEVELS = 3

Cells = Sequence[str | None]
# Merged cells: first row, first column, last row, last column, counted from 0.
Region = tuple[int, int, int, int]


@dataclass(frozen=True)
class Header:
    """A header: the 0-based index of its last row among the rows looked at, its column names, and what it says in full.

    `titles` has "" for a column that the header does not name; `levels` is the number of its rows.
    """

    index: int
    columns: list[str]
    titles: list[str]
    levels: int = 1

    def missing(self, needs: frozenset[str]) -> list[str]:
        """The needed columns that are not among the names, nor another one that stands for them."""
        return lacking(needs, self.columns)


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


def find_header(
    rows: Sequence[Cells], needs: frozenset[str], forced: int | None = None, merged: Sequence[Region] | None = None
) -> Header | None:
    """The header among the first rows of a file or sheet; None when all of them are blank.

    `forced` is its 1-based number. Otherwise it is the row that holds most of the needed columns (the first of
    equals); when no row holds any, or nothing is needed, the first row with the most distinct words, or, where
    no cell is a word, the most distinct cells. Where rows above, groups over columns, give more of what is needed,
    they are part of it. `merged` are the merged cells, where they are known.
    """
    if forced is not None and forced > len(rows):
        return None
    indexes = range(min(len(rows), HEAD_ROWS)) if forced is None else [forced - 1]
    best: tuple[tuple[int, int, int], Header] | None = None
    for levels in range(1, _LEVELS + 1):
        for index in indexes:
            cells = rows[index] if levels == 1 else _stacked(rows, index, levels, needs, merged)
            filled = [name for cell in cells if (name := tidy(cell))]
            if not filled and forced is None:
                continue
            header = Header(index, columns_of(cells, needs), [tidy(cell) for cell in cells], levels)
            found = len(needs) - len(header.missing(needs))
            # With some needed columns found, the earliest best match wins; width says nothing then.
            score = (found, 0, 0) if found else (0, _words(filled), len(set(filled)))
            if best is None or score > best[0]:
                best = (score, header)
        if best is None or (needs and best[0][0] == len(needs)) or not (needs or merged):
            break
    return best[1] if best else None


def _stacked(
    rows: Sequence[Cells], index: int, levels: int, needs: frozenset[str], merged: Sequence[Region] | None
) -> Cells:
    """The names of a header of several rows, each with the groups above it: “报修” over “时间” is “报修时间”.

    Nothing where the rows above are no groups.
    """
    above = range(index - 1, index - levels, -1)
    grouped = needs or any(right > left and top in above for top, left, _, right in merged or ())
    if index + 1 < levels or not grouped:
        return ()
    stack: list[Cells] = [rows[index]]
    for group in above:
        stack.insert(0, _spread(rows[group], stack[0], group, merged))
        if len(set(map(tidy, stack[0])) - {""}) < 2:  # a title
            return ()
    width = max(map(len, stack))
    spelling = {_loose(need): need for need in needs}
    names = [_joined(row[c] if c < len(row) else None for row in stack) for c in range(width)]
    return [spelling.get(_loose(name), name) for name in names]


def _spread(row: Cells, below: Cells, index: int, merged: Sequence[Region] | None) -> Cells:
    """A row of groups with each over all of its columns, by the merged cells or, where there are none, up to the next."""
    spread = list(row)
    groups = [(left, right) for top, left, _, right in merged or () if top == index and right > left]
    for left, right in groups:
        spread[left : right + 1] = [row[left]] * (min(right + 1, len(row)) - left)
    if groups:
        return spread
    for c in range(1, len(spread)):
        under = [tidy(below[i]) if i < len(below) else "" for i in (c - 1, c)]
        if not tidy(spread[c]) and all(under):
            spread[c] = spread[c - 1]
    return spread


def _joined(parts: Iterable[str | None]) -> str:
    name = ""
    for part in map(tidy, parts):
        if part and part != name:
            close = not name or _is_wide(name[-1]) or _is_wide(part[0]) or part[0] in "(["
            name = f"{name}{part}" if close else f"{name} {part}"
    return name


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _loose(name: str) -> str:
    """A name as far as spelling does not matter between a group and what it is over."""
    return re.sub(r"[\s/_|.:·-]", "", tidy(name)).casefold()


def _words(cells: list[str]) -> int:
    """How many cells have letters; a title repeated across a merged range counts once, a column name twice twice."""
    words = [cell for cell in cells if any(character.isalpha() for character in cell)]
    distinct = len(set(words))
    return len(words) if 2 * distinct > len(words) else distinct


def missing_columns(where: str, columns: Sequence[str], lacking: Sequence[str], *, several: bool = False) -> UserError:
    """The sentence for needed columns that a file, sheet or table does not have, with the closest that it has.

    `several` says that it is one sheet of several, which may be left out.
    """
    if wrong := other_unit(where, lacking, columns):
        return wrong
    by_tidy = {tidy(column).casefold(): column for column in columns}
    closest = []
    for need in lacking:
        close = get_close_matches(tidy(need).casefold(), list(by_tidy), n=1, cutoff=0.4)
        if close and by_tidy[close[0]] not in closest:
            closest.append(by_tidy[close[0]])
    found = closest or list(columns[:8])
    return UserError(
        en="{where}: the column{s} {lacking} {is_} missing (found {found}{more}); rename it in the file or in the mapping{out}.",
        zh="{where}：缺少列{lacking}（找到的是{found}{more}）；请在文件或映射中改名{out_zh}。",
        where=where,
        s="" if len(lacking) == 1 else "s",
        is_="is" if len(lacking) == 1 else "are",
        lacking=_quoted(lacking),
        found=_quoted(found),
        out=", or name the sheets to read in `sheet`" if several else "",
        out_zh="，或用 `sheet` 指定要读取的工作表" if several else "",
        more="" if closest or len(columns) <= len(found) else ", …",
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names) or "—"
