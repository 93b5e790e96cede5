"""Columns that stand for needed ones of another name: a synonym, or the same in another unit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

import polars as pl

from bilingual.errors import UserError
from pipelines.formats.reading import RESERVED
from pipelines.formats.values import shortest
from warehouse.synonyms import renamed
from warehouse.units import measure

_GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$"


def missing(columns: Iterable[str], needs: Iterable[str]) -> list[str]:
    """The needed columns not among the names; lineage columns are always there."""
    have = {column.casefold() for column in columns} | {name.casefold() for name in RESERVED}
    return sorted(need for need in needs if need.casefold() not in have)


def stand_ins(needs: Collection[str], columns: Collection[str]) -> dict[str, tuple[str, Fraction]]:
    """By needed column that is not there: the one that stands for it, and the number its values are multiplied by.

    It is the only one that has a word for the same field, or the same name but for the unit. A unit is never passed
    over: where both names have one they are of one kind; a name that has none is taken to mean the mapping's. A
    mapping that names no unit does not say what it counts in, so a column that names one does not stand for it.
    """
    alike = _alike(needs, columns)
    found = {need: (column, by) for need, column in alike.items() if (by := _factor(need, column)) is not None}
    claimed = [column for column, _ in found.values()]
    return {need: (column, by) for need, (column, by) in found.items() if claimed.count(column) == 1}


def lacking(needs: Collection[str], columns: Collection[str]) -> list[str]:
    """The needed columns that are not there, nor another one that stands for them."""
    absent = missing(columns, needs)
    return sorted(set(absent) - stand_ins(needs, columns).keys()) if absent else absent


def other_unit(where: str, needs: Collection[str], columns: Collection[str]) -> UserError | None:
    """The sentence for a column that would be a needed one but for its unit; None where there is none such."""
    for need, column in _alike(needs, columns).items():
        if _factor(need, column) is None:
            if measure(need).kind is None:
                return UserError(
                    en="{where}: the header “{column}” names a unit and the mapping's “{need}” does not, so it is not known what is "
                    "counted in; write the name with its unit in the mapping, then other units are converted.",
                    zh="{where}：表头“{column}”写明了单位，而映射中的“{need}”没有，无法确定按什么单位计；请在映射中写上带单位的列名，其他单位将自动换算。",
                    where=where,
                    column=column,
                    need=need,
                )
            return UserError(
                en="{where}: the header “{column}” names a unit that cannot be converted into that of “{need}”; correct the header or "
                "the mapping.",
                zh="{where}：表头“{column}”的单位无法换算为“{need}”的单位；请更正表头或映射。",
                where=where,
                column=column,
                need=need,
            )
    return None


def with_needed(frame: pl.DataFrame, needs: Collection[str], *, synonyms: bool = False) -> pl.DataFrame:
    """The frame with a needed column for each that stands for it in another unit; what was written stays beside it.

    A synonym is left to the warehouse, which reads it there for the whole delivery and tells of it; `synonyms` says
    that other parts of the delivery may call it otherwise.
    """
    if not missing(frame.columns, needs):
        return frame
    left = set() if synonyms else renamed(needs, frame.columns).keys()
    return frame.with_columns(
        _converted(column, by).alias(need)
        for need, (column, by) in stand_ins(needs, frame.columns).items()
        if by != 1 or need not in left
    )


def _alike(needs: Collection[str], columns: Collection[str]) -> dict[str, str]:
    absent = missing(columns, needs)
    if not absent:
        return {}
    wanted = {need.casefold() for need in needs}
    free = [(c, measure(c)) for c in columns if c.casefold() not in wanted and c not in RESERVED]
    same: dict[str, str] = {}
    for need in absent:
        meant = measure(need)
        named = [(c, m) for c, m in free if m.base == meant.base]
        exact = [c for c, m in named if (m.kind, m.size) == (meant.kind, meant.size)] or [c for c, _ in named]
        if len(exact) == 1:
            same[need] = exact[0]
    return renamed(needs, columns) | same


def _factor(need: str, column: str) -> Fraction | None:
    """What the column's values are multiplied by to be the needed ones; None where that is not known."""
    meant, named = measure(need), measure(column)
    if named.kind is None:
        return Fraction(1)
    return named.size / meant.size if named.kind == meant.kind else None


def _converted(column: str, by: Fraction) -> pl.Expr:
    """The column with its numbers multiplied; what is no number stays as written, for the cast to judge."""
    text = pl.col(column)
    if by == 1:
        return text
    plain = pl.when(text.str.contains(_GROUPED)).then(text.str.replace_all(",", "")).otherwise(text)
    number = plain.str.strip_chars().cast(pl.Float64, strict=False)
    product = shortest(number * by.numerator / by.denominator)
    return pl.when(number.is_finite()).then(product).otherwise(text)
