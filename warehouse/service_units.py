"""Machines as columns in memory: how long each was watched, what covers it, where it stands; some 20 bytes a machine.

What stands at the snapshot (cover, warranty, places) is the same whatever the period, so that it is fetched once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.result import Bools
from warehouse.filters import COLUMNS, Filters
from warehouse.questions import question
from warehouse.reading import Reading, held

# The other places of a ticket do not narrow down machines.
_PLACES = ("product_line", "region", "customer")


@dataclass(frozen=True, eq=False)
class Units:
    """One row per machine. watched, installed, warranty: days since 1970, −1 unknown; cover: a code into `COVERS` (contracts).

    codes: by place the code of each machine's in `values`, which is in order.
    """

    watched: NDArray[np.int32]
    installed: NDArray[np.int32]
    warranty: NDArray[np.int32]
    cover: NDArray[np.int8]
    is_in_service: Bools
    codes: dict[str, NDArray[Any]]
    values: dict[str, tuple[str, ...]]

    def chosen(self, filters: Filters) -> Bools:
        """Which machines the places of the filters let through."""
        mask = np.ones(self.watched.size, dtype=bool)
        for place in _PLACES:
            if wanted := getattr(filters, place):
                known = self.values[place]
                mask &= np.isin(self.codes[place], [known.index(value) for value in wanted if value in known])
        return mask


@held
def units(reading: Reading) -> Units:
    """Load the columns; once per snapshot and process."""
    values = {}
    for place in _PLACES:
        column = COLUMNS.get(place, place)
        values[place] = tuple(r[0] for r in reading.rows(f"SELECT DISTINCT {column} FROM marts.unit ORDER BY 1"))
    given = {place: list(values[place]) for place in ("product_line", "region")}
    found = reading.arrays(question("units"), given)
    codes = {place: found.pop(place).astype(np.min_scalar_type(-len(values[place]) - 1)) for place in _PLACES}
    return Units(codes=codes, values=values, **found)
