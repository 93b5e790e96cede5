"""Failures by class: the Pareto of components, modes, causes and customers with what came back, and modes against what has them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

# What failures are counted by: columns of marts.failure.
CLASSES = ("component", "failure_mode", "cause", "customer_id")


@dataclass(frozen=True)
class Pareto:
    """Failures by class, most first: `values` ('' is unknown), how many, and how many of those came back within the window.

    failures and came_back are those of all classes, of which there are `classes`; more than were asked for are not listed.
    """

    values: tuple[str, ...]
    counts: tuple[int, ...]
    repeated: tuple[int, ...]
    failures: int
    came_back: int
    classes: int


@remembered
def best_known(reading: Reading, filters: Filters) -> str:
    """The first class that is known of at least half of the failures of the period; the first of all where none is."""
    where, parameters = filters.where("failed_on")
    known = ", ".join(f"2 * count(*) FILTER ({column} <> '') >= count(*)" for column in CLASSES)
    found = reading.rows(f"SELECT {known} FROM marts.failure{where}", parameters)[0]
    return next((column for column, is_known in zip(CLASSES, found, strict=True) if is_known), CLASSES[0])


def pareto(reading: Reading, filters: Filters, column: str, window: int, most: int) -> Pareto:
    """The `most` classes with the most failures of the period, and how many of these came back within `window` days."""
    if column not in CLASSES:
        raise ValueError(f"{column} is no class of failures; use one of {CLASSES}")
    # One answer for however many: there are few classes, but for customers.
    found = _pareto(reading, filters, column, window, most if column == "customer_id" else 10_000)
    return replace(found, values=found.values[:most], counts=found.counts[:most], repeated=found.repeated[:most])


@remembered
def _pareto(reading: Reading, filters: Filters, column: str, window: int, most: int) -> Pareto:
    where, parameters = filters.where("failed_on")
    sql = (
        f"SELECT {column}, count(*) AS n, count(*) FILTER (returned_days <= ?) FROM marts.failure{where} "
        "GROUP BY 1 ORDER BY n DESC, 1"
    )
    found = reading.rows(sql, [window, *parameters])
    return Pareto(
        values=tuple(value for value, _, _ in found[:most]),
        counts=tuple(n for _, n, _ in found[:most]),
        repeated=tuple(back for _, _, back in found[:most]),
        failures=sum(n for _, n, _ in found),
        came_back=sum(back for _, _, back in found),
        classes=len(found),
    )


@dataclass(frozen=True)
class Matrix:
    """Failure modes (rows, most failures first) against components or models (columns): counts, and what was asked for."""

    against: str
    modes: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shown: int
    failures: int


@remembered
def matrix(reading: Reading, filters: Filters, most_rows: int, most_columns: int) -> Matrix | None:
    """Modes against components; where each mode is of one component alone, which says nothing new, against models."""
    where, parameters = filters.where("failed_on")

    def cells(column: str) -> list[tuple[str, str, int]]:
        sql = f"SELECT failure_mode, {column}, count(*) FROM marts.failure{where} GROUP BY 1, 2"
        return [(str(mode), str(value), int(n)) for mode, value, n in reading.rows(sql, parameters)]

    against, found = "component", cells("component")
    if len({mode for mode, _, _ in found}) == len(found):
        against, found = "model", cells("model")
    if not found:
        return None
    modes, columns = (_most(found, i, n) for i, n in ((0, most_rows), (1, most_columns)))
    known = {(mode, value): n for mode, value, n in found}
    counts = tuple(tuple(known.get((mode, value), 0) for value in columns) for mode in modes)
    shown = sum(map(sum, counts))
    return Matrix(against, modes, columns, counts, shown, sum(n for _, _, n in found))


def _most(cells: list[tuple[str, str, int]], which: int, most: int) -> tuple[str, ...]:
    """The values of one side with the most failures."""
    totals: dict[str, int] = {}
    for cell in cells:
        totals[str(cell[which])] = totals.get(str(cell[which]), 0) + cell[2]
    return tuple(sorted(totals, key=lambda v: (-totals[v], v))[:most])
