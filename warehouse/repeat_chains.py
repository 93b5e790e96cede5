"""Chains: the same fault on the same asset again and again, each time soon after it was said to be mended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from analysis.repeats import following_job
from analysis.result import Ints
from warehouse.filters import Filters
from warehouse.questions import question
from warehouse.reading import Reading, remembered


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
    where, parameters = filters.where("failed_on")
    jobs = reading.arrays(question("chain_jobs").format(where=where), [*parameters, window])
    if not jobs["row"].size:
        return Chains((), 0, 0)
    opened, closed = jobs["opened"], jobs["closed"]
    following = following_job(jobs["fault"], opened, closed)
    again = np.zeros(opened.size, dtype=bool)
    again[following[(following >= 0) & (opened[following] - closed <= window)]] = True
    # In order of fault and opening a chain begins where the fault changes or the job is no repeat.
    number = np.cumsum(~again) - 1
    length = np.bincount(number)
    touches = np.bincount(number, weights=jobs["is_chosen"]) > 0
    last = np.zeros(length.size)
    np.maximum.at(last, number, opened)
    known = np.flatnonzero(touches & (length > 1))
    order = known[np.lexsort((-last[known], -length[known]))][:most]
    longest = [jobs["row"][np.searchsorted(number, i) : np.searchsorted(number, i, side="right")] for i in order]
    found = _links(reading, np.concatenate(longest)) if longest else {}
    return Chains(
        longest=tuple(_chain([found[int(row)] for row in rows]) for rows in longest),
        pairs=int(known.size),
        threes=int((length[known] > 2).sum()),
    )


_Row = tuple[str, str, str, str, str, Link]


def _links(reading: Reading, rows: Ints) -> dict[int, _Row]:
    """The jobs of these rows of marts.failure, by row."""
    marks = ", ".join("?" * rows.size)
    sql = f"""
        SELECT f.rowid, f.asset_id, coalesce(a.serial_no, ''), f.model, f.component, f.failure_mode,
            f.ticket_id, f.opened_at, f.closed_at, f.is_no_fault_found
        FROM marts.failure AS f LEFT JOIN core.asset AS a ON a.asset_id = f.asset_id
        WHERE f.rowid IN ({marks})
    """
    found = reading.rows(sql, rows.tolist())
    return {row[0]: (*row[1:6], Link(*row[6:])) for row in found}


def _chain(rows: list[_Row]) -> Chain:
    return Chain(*rows[-1][:5], links=tuple(row[5] for row in rows))
