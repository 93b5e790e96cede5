"""How completely closed failure reports are coded (DOMAIN §6), station by station: mode, cause and serial number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.rates import proportion
from analysis.result import Ints
from warehouse.filters import Filters
from warehouse.quality import columns
from warehouse.quality_reports import LACKING, reports
from warehouse.reading import Reading, remembered

By = Literal["region", "site", "team"]
STATIONS: tuple[By, ...] = get_args(By)
Missing = Literal["failure_mode", "cause", "serial_no"]
MISSING: tuple[Missing, ...] = get_args(Missing)
# So many stations are shown with the tickets of their latest reports, of which two may be about one ticket.
SHOWN = 12
_EXAMPLES = 4


@dataclass(frozen=True)
class Station:
    """One station: its closed reports, how many are coded whole, of how many each code is missing.

    share: coded whole over closed reports; low and high are its 95 % bounds (Jeffreys).
    latest: the tickets of the latest reports that lack something; of the first stations only (`SHOWN`).
    """

    name: str
    n: int
    whole: int
    missing: dict[Missing, int]
    share: float
    low: float
    high: float
    latest: tuple[str, ...] = ()

    @property
    def most(self) -> Missing | None:
        """What is missing most; None where nothing is."""
        worst = max(MISSING, key=lambda what: self.missing[what])
        return worst if self.missing[worst] else None


def _station(name: str, n: int, whole: int, missing: Sequence[int]) -> Station:
    found = proportion(whole, n)
    return Station(
        name, n, whole, dict(zip(MISSING, missing, strict=True)), whole / n, float(found.low), float(found.high)
    )


@remembered
def coding(reading: Reading, filters: Filters, by: By, least: int) -> tuple[Station, ...]:
    """The stations with closed reports about failures of the period: the lowest share first.

    Those with fewer than `least` reports come at the end, however they stand.
    """
    if not is_told(reading):
        return ()
    held = reports(reading)
    is_chosen, combinations, incomplete = held.chosen(filters)
    names, size = held.names(by), is_chosen.size
    # The last name is that of the code −1.
    station = held.codes[by] % len(names)

    def counted(combination: NDArray[Any]) -> Ints:
        """How many of some reports each station has."""
        found = np.bincount(combination, minlength=size) * is_chosen
        return np.bincount(station, found, len(names)).astype(np.int64)

    lacking, of_incomplete = held.lacking[incomplete], held.combination[held.incomplete[incomplete]]
    n, partly = counted(combinations), counted(of_incomplete)
    missing = np.stack([counted(of_incomplete[(lacking & bit) > 0]) for bit in LACKING], axis=1)
    found = [(i, _station(names[i], int(n[i]), int(n[i] - partly[i]), missing[i].tolist())) for i in np.flatnonzero(n)]
    found.sort(key=lambda one: (one[1].n < least, one[1].share, -one[1].n, one[1].name))
    here = np.where(is_chosen, station, -1)[of_incomplete]
    latest = {i: held.report[incomplete[here == i][-_EXAMPLES:][::-1]].tolist() for i, _ in found[:SHOWN]}
    ticket_of = _tickets(reading, [row for rows in latest.values() for row in rows])
    return tuple(
        replace(one, latest=tuple(dict.fromkeys(ticket_of[row] for row in latest.get(i, ())))) for i, one in found
    )


def _tickets(reading: Reading, rows: list[int]) -> dict[int, str]:
    """The tickets of some rows of marts.failure."""
    sql = "SELECT rowid, ticket_id FROM marts.failure WHERE rowid IN (SELECT unnest(CAST(? AS BIGINT[])))"
    return dict(reading.rows(sql, [rows]))


def is_told(reading: Reading) -> bool:
    """Whether the snapshot tells of failures whether they are coded: one from before may not."""
    return "is_coded" in columns(reading).get("marts.failure", ())


def together(stations: Sequence[Station]) -> Station | None:
    """All stations as one; None without a report."""
    n = sum(s.n for s in stations)
    missing = [sum(s.missing[what] for s in stations) for what in MISSING]
    return _station("", n, sum(s.whole for s in stations), missing) if n else None
