"""Chains: the same fault on the same asset again and again, each time soon after it was said to be mended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from analysis.result import Ints
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered
from warehouse.repeats import jobs, rows_of


@dataclass(frozen=True)
class Link:
    """One job of a chain: its ticket, when it was opened and closed (UTC, naive), and whether anything was found."""

    ticket_id: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    nothing_found: bool


@dataclass(frozen=True)
class Chain:
    """Jobs of one fault on one asset in order of opening, each opened within the window after the one before was closed."""

    asset_id: str
    serial_no: str
    model: str
    component: str
    failure_mode: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Chains:
    """The longest chains with a job in the period; how many there are of two or more, and of three or more."""

    longest: tuple[Chain, ...]
    pairs: int
    threes: int


@remembered
def chains(reading: Reading, filters: Filters, window: int, most: int) -> Chains:
    """The `most` longest chains that touch the period; of equally long ones the latest come first."""
    everything = jobs(reading)
    chosen = everything.chosen(rows_of(reading, filters))
    place = np.flatnonzero(everything.fault >= 0)
    again = np.zeros(everything.fault.size, dtype=bool)
    again[everything.following[everything.days <= window]] = True
    # In order of fault and opening a chain begins where the fault changes or the job is no repeat.
    number = np.cumsum(~again[place]) - 1
    if not number.size:
        return Chains((), 0, 0)
    length = np.bincount(number)
    touches = np.bincount(number, weights=chosen[place]) > 0
    last = np.zeros(length.size)
    np.maximum.at(last, number, everything.opened[place])
    known = np.flatnonzero(touches & (length > 1))
    order = known[np.lexsort((-last[known], -length[known]))][:most]
    longest = [place[np.searchsorted(number, i) : np.searchsorted(number, i, side="right")] for i in order]
    found = _links(
        reading, np.concatenate([everything.row[at] for at in longest]) if longest else np.empty(0, np.int64)
    )
    return Chains(
        longest=tuple(_chain([found[int(row)] for row in everything.row[at]]) for at in longest),
        pairs=int(known.size),
        threes=int((length[known] > 2).sum()),
    )


_Row = tuple[str, str, str, str, str, Link]


def _links(reading: Reading, rows: Ints) -> dict[int, _Row]:
    """The jobs of these rows of marts.failure, by row."""
    marks = ", ".join(str(int(row)) for row in rows)
    if not marks:
        return {}
    found = reading.rows(f"""
        SELECT f.rowid, f.asset_id, coalesce(a.serial_no, ''), f.model, f.component, f.failure_mode,
            f.ticket_id, f.opened_at, f.closed_at, f.is_no_fault_found
        FROM marts.failure AS f LEFT JOIN core.asset AS a ON a.asset_id = f.asset_id
        WHERE f.rowid IN ({marks})
    """)
    return {row[0]: (*row[1:6], Link(*row[6:])) for row in found}


def _chain(rows: list[_Row]) -> Chain:
    return Chain(*rows[-1][:5], links=tuple(row[5] for row in rows))
