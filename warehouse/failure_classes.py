"""Failures by class: the Pareto of components, modes, causes and customers with what came back, and modes against what has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warehouse.filters import Filters
from warehouse.reading import Reading, remembered
from warehouse.repeats import jobs, rows_of

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
def _codes(reading: Reading, column: str) -> tuple[list[str], NDArray[np.int32]]:
    """The values of a column of marts.failure, and which of them each row has."""
    if column not in CLASSES:
        raise ValueError(f"{column} is no class of failures; use one of {CLASSES}")
    values = [row[0] for row in reading.rows(f"SELECT DISTINCT {column} FROM marts.failure ORDER BY 1")]
    found = reading.arrays(f"""
        WITH v AS (SELECT {column} AS value, row_number() OVER (ORDER BY {column}) - 1 AS code FROM marts.failure GROUP BY 1)
        SELECT f.rowid AS row, CAST(v.code AS INTEGER) AS code FROM marts.failure AS f JOIN v ON f.{column} = v.value
    """)
    codes = np.zeros(found["row"].size, dtype=np.int32)
    codes[found["row"]] = found["code"]
    return values, codes


@remembered
def pareto(reading: Reading, filters: Filters, column: str, window: int, most: int) -> Pareto:
    """The `most` classes with the most failures of the period, and how many of these came back within `window` days."""
    values, codes = _codes(reading, column)
    rows = rows_of(reading, filters)
    everything = jobs(reading)
    again = np.zeros(codes.size, dtype=bool)
    again[everything.row[everything.days <= window]] = True
    counts = np.bincount(codes[rows], minlength=len(values))
    repeated = np.bincount(codes[rows[again[rows]]], minlength=len(values))
    order = [int(i) for i in np.argsort(-counts, kind="stable")[:most] if counts[i]]
    return Pareto(
        values=tuple(values[i] for i in order),
        counts=tuple(int(counts[i]) for i in order),
        repeated=tuple(int(repeated[i]) for i in order),
        failures=int(counts.sum()),
        came_back=int(repeated.sum()),
        classes=int(np.count_nonzero(counts)),
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
