"""Chains: the same fault on the same asset again and again, each time soon after it was said to be mended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from analysis.repeats import following_job
from analysis.result import Floats, Ints
from warehouse.filters import Filters
from warehouse.questions import question
from warehouse.reading import Reading, held, remembered


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


@dataclass(frozen=True, eq=False)
class _Linked:
    """All chains of two or more: their jobs (rows of marts.failure) in order, the chain of each, and per chain its number
    of jobs and when the last was opened."""

    row: Ints
    chain: Ints
    length: Ints
    last: Floats


@held
def _linked(reading: Reading, window: int) -> _Linked:
    jobs = reading.arrays(question("chain_jobs"), [window])
    opened, closed = jobs["opened"], jobs["closed"]
    following = following_job(jobs["fault"], opened, closed)
    again = np.zeros(opened.size, dtype=bool)
    again[following[(following >= 0) & (opened[following] - closed <= window)]] = True
    # In order of fault and opening a chain begins where the fault changes or the job is no repeat.
    number = np.cumsum(~again) - 1
    kept = np.bincount(number, minlength=1)[number] > 1
    _, chain = np.unique(number[kept], return_inverse=True)
    length = np.bincount(chain)
    last = np.zeros(length.size)
    np.maximum.at(last, chain, opened[kept])
    return _Linked(jobs["row"][kept], chain, length, last)


@remembered
def chains(reading: Reading, filters: Filters, window: int, most: int) -> Chains:
    """The `most` longest chains that touch the period; of equally long ones the latest come first."""
    linked = _linked(reading, window)
    if not linked.row.size:
        return Chains((), 0, 0)
    where, parameters = filters.where("failed_on")
    chosen = reading.arrays(f"SELECT rowid AS row FROM marts.failure{where}", parameters)["row"]
    known = np.unique(linked.chain[np.isin(linked.row, chosen)])
    order = known[np.lexsort((-linked.last[known], -linked.length[known]))][:most]
    begins = np.searchsorted(linked.chain, np.arange(linked.length.size + 1))
    longest = [linked.row[begins[i] : begins[i + 1]] for i in order]
    found = _links(reading, np.concatenate(longest)) if longest else {}
    return Chains(
        longest=tuple(_chain([found[int(row)] for row in rows]) for rows in longest),
        pairs=int(known.size),
        threes=int((linked.length[known] > 2).sum()),
    )


_Row = tuple[str, str, str, str, str, Link]


def _links(reading: Reading, rows: Ints) -> dict[int, _Row]:
    """The jobs of these rows of marts.failure, by row."""
    # With an order and a limit the engine fetches the texts of these rows only, not of all around them.
    sql = f"""
        SELECT rowid, asset_id, model, component, failure_mode, ticket_id, opened_at, closed_at, is_no_fault_found
        FROM marts.failure WHERE rowid IN ({", ".join("?" * rows.size)}) ORDER BY rowid LIMIT {rows.size}
    """
    found = reading.rows(sql, rows.tolist())
    serial = _serials(reading, sorted({row[1] for row in found}))
    return {row[0]: (row[1], serial.get(row[1], ""), *row[2:5], Link(*row[5:])) for row in found}


def _serials(reading: Reading, assets: list[str]) -> dict[str, str]:
    """The serial numbers of assets: nearly all are units, of which there are fewer."""
    found: dict[str, str] = {}
    for table in ("marts.unit", "core.asset"):
        if unknown := [asset for asset in assets if asset not in found]:
            sql = f"SELECT asset_id, coalesce(serial_no, '') FROM {table} WHERE asset_id IN ({', '.join('?' * len(unknown))})"
            found |= dict(reading.rows(sql, unknown))
    return found


def _chain(rows: list[_Row]) -> Chain:
    return Chain(*rows[-1][:5], links=tuple(row[5] for row in rows))
