"""How completely closed failure reports are coded (DOMAIN §6), station by station: mode, cause and serial number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from analysis.rates import proportion
from warehouse.filters import Filters
from warehouse.quality import columns
from warehouse.questions import question
from warehouse.reading import Reading, remembered

By = Literal["region", "site", "team"]
STATIONS: tuple[By, ...] = get_args(By)
Missing = Literal["failure_mode", "cause", "serial_no"]
MISSING: tuple[Missing, ...] = get_args(Missing)
_EXAMPLES = 4

# Where each kind of station is found: its column, and what has to be joined for it. What is closed has a ticket.
_TICKET = "JOIN marts.ticket AS t ON t.ticket_id = r.ticket_id"
_COLUMNS: dict[By, tuple[str, str]] = {
    "region": ("r.region", ""),
    "site": ("t.site", _TICKET),
    "team": ("coalesce(w.team, '')", f"{_TICKET} LEFT JOIN core.technician AS w ON w.technician_id = t.technician_id"),
}


@dataclass(frozen=True)
class Station:
    """One station: its closed reports, how many are coded whole, of how many each code is missing.

    share: coded whole over closed reports; low and high are its 95 % bounds (Jeffreys).
    latest: the tickets of the latest reports that lack something.
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


def _station(name: str, n: int, whole: int, missing: Sequence[int], latest: Sequence[str | None] = ()) -> Station:
    found = proportion(whole, n)
    return Station(
        name,
        n,
        whole,
        dict(zip(MISSING, missing, strict=True)),
        whole / n,
        float(found.low),
        float(found.high),
        tuple(dict.fromkeys(ticket for ticket in latest if ticket)),
    )


@remembered
def coding(reading: Reading, filters: Filters, by: By, least: int) -> tuple[Station, ...]:
    """The stations with closed reports about failures of the period: the lowest share first.

    Those with fewer than `least` reports come at the end, however they stand.
    """
    if not is_told(reading):
        return ()
    column, join = _COLUMNS[by]
    where, parameters = filters.where("failed_on")
    sql = question("coding_by_station").format(station=column, join=join, where=where or "WHERE TRUE", most=_EXAMPLES)
    found = [
        _station(name, n, whole, missing, latest or ())
        for name, n, whole, latest, *missing in reading.rows(sql, parameters)
    ]
    return tuple(sorted(found, key=lambda s: (s.n < least, s.share, -s.n, s.name)))


def is_told(reading: Reading) -> bool:
    """Whether the snapshot tells of failures whether they are coded: one from before may not."""
    return "is_coded" in columns(reading).get("marts.failure", ())


def together(stations: Sequence[Station]) -> Station | None:
    """All stations as one; None without a report."""
    n = sum(s.n for s in stations)
    missing = [sum(s.missing[what] for s in stations) for what in MISSING]
    return _station("", n, sum(s.whole for s in stations), missing) if n else None
