"""Closed failure reports as columns in memory: where and by whom each was closed, and what it lacks.

Most reports stand in few combinations of places and stations, so that each is one small number: some 7 bytes a report, and
a count by station is a count by combination first, whichever the stations are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.result import Ints
from warehouse.filters import Filters
from warehouse.metrics.durations import days_between, place_values
from warehouse.questions import question
from warehouse.reading import Reading, held

# Bits of what a report lacks, in the order of `Missing` (quality_coding); the last: anything at all.
LACKING = (1, 2, 4)
_PLACES = ("product_line", "region", "priority", "service_kind")
_STATIONS = ("region", "site", "team")


@dataclass(frozen=True, eq=False)
class Reports:
    """Closed reports in order of failure, those that lack something once more.

    day, first: the days (since 1970) with reports and the first row of each, at the end the number of rows.
    combination, customer: of each report. codes: by place or station the code of each combination in `values`, −1 is ''.
    incomplete: the rows that lack something, lacking: what, report: their rows in the mart.
    """

    day: NDArray[np.int32]
    first: Ints
    combination: NDArray[Any]
    customer: NDArray[Any]
    codes: dict[str, NDArray[np.int32]]
    values: dict[str, tuple[str, ...]]
    incomplete: NDArray[np.int32]
    lacking: NDArray[np.uint8]
    report: NDArray[np.int32]

    def names(self, station: str) -> tuple[str, ...]:
        """The stations of one kind, by their codes; the last is where nobody said."""
        return (*self.values[station], "")

    def chosen(self, filters: Filters) -> tuple[NDArray[np.bool_], NDArray[Any], Ints]:
        """Which combinations the filters let through; those of the reports of the period, and which are incomplete."""
        days = days_between(self.day, filters.start, filters.end)
        rows = slice(int(self.first[days.start]), int(self.first[max(days.stop, days.start)]))
        low, high = np.searchsorted(self.incomplete, np.array([rows.start, rows.stop], dtype=np.int32))
        lacking = np.arange(low, high)
        combinations = self.combination[rows]
        if filters.customer:
            known = self._codes("customer", filters.customer)
            combinations = combinations[np.isin(self.customer[rows], known)]
            lacking = lacking[np.isin(self.customer[self.incomplete[low:high]], known)]
        mask = np.ones(self.codes["region"].size, dtype=bool)
        for place in _PLACES:
            if wanted := getattr(filters, place):
                mask &= np.isin(self.codes[place], self._codes(place, wanted))
        return mask, combinations, lacking

    def _codes(self, place: str, wanted: tuple[str, ...]) -> list[int]:
        known = self.values[place]
        return [known.index(value) if value in known else -1 for value in wanted if value in known or not value]


@held
def reports(reading: Reading) -> Reports:
    """Load the columns; once per snapshot and process."""
    values = {place: place_values(reading, place) for place in (*_PLACES, "customer")}
    values["site"] = _listed(reading, "SELECT DISTINCT site FROM marts.ticket WHERE site <> '' ORDER BY 1")
    values["team"] = _listed(reading, "SELECT DISTINCT team FROM core.technician WHERE team <> '' ORDER BY 1")
    found = reading.arrays(question("closed_reports"))
    order = np.lexsort((found.pop("failed_us"), found["failed_day"]))
    day, first = np.unique(found.pop("failed_day")[order], return_index=True)
    told = (*_PLACES, *(s for s in _STATIONS if s not in _PLACES))
    number, radix = np.zeros(order.size, dtype=np.int64), 1
    for name in told:
        number += (found.pop(name).astype(np.int64) + 1) * radix
        radix *= len(values[name]) + 1
    kinds, combination = np.unique(number, return_inverse=True)
    codes = {}
    for name in told:
        kinds, code = np.divmod(kinds, len(values[name]) + 1)
        codes[name] = code.astype(np.int32) - 1
    lacking = found["lacking"][order]
    incomplete = np.flatnonzero(lacking)
    customer = found["customer"][order]
    return Reports(
        day=day,
        first=np.append(first, order.size),
        combination=combination[order].astype(np.min_scalar_type(codes["region"].size)),
        customer=customer.astype(np.min_scalar_type(-len(values["customer"]) - 1)),
        codes=codes,
        values=values,
        incomplete=incomplete.astype(np.int32),
        lacking=lacking[incomplete],
        report=found["report"][order][incomplete].astype(np.int32),
    )


def _listed(reading: Reading, sql: str) -> tuple[str, ...]:
    return tuple(row[0] for row in reading.rows(sql))
