"""Which software runs on the units: each line has its releases; a unit came with that of its day, and some were updated."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from demo.catalogue import LINES
from demo.chance import stream, words
from demo.clock import seconds
from demo.organisation import Organisation, exposure_days

# Releases of each line in the order of LINES: from which day units come with them. The first is older than any unit.
RELEASES: tuple[tuple[tuple[str, date], ...], ...] = (
    (("BCU 3.8", date(2019, 1, 1)), ("BCU 4.0", date(2022, 4, 1)), ("BCU 4.1", date(2023, 9, 1)), ("BCU 4.2", date(2025, 3, 1))),
    (("DCU 2.1", date(2018, 6, 1)), ("DCU 2.3", date(2022, 10, 1)), ("DCU 2.4", date(2024, 5, 1)), ("DCU 3.0", date(2025, 9, 1))),
    (("FW 11.2", date(2019, 9, 1)), ("FW 12.0", date(2022, 2, 1)), ("FW 12.4", date(2023, 12, 1)), ("FW 13.1", date(2025, 5, 1))),
    (("MOS 5.2", date(2018, 1, 1)), ("MOS 5.4", date(2022, 7, 1)), ("MOS 6.0", date(2024, 9, 1))),
    (("CTL 1.8", date(2019, 3, 1)), ("CTL 2.0", date(2022, 12, 1)), ("CTL 2.2", date(2024, 11, 1))),
)  # fmt: skip
_UPDATED, _UNKNOWN = 0.3, 0.04


def versions(seed: int, org: Organisation) -> pl.Series:
    """The version of each unit as the register has it at the end: null where nobody wrote it down.

    Three units in ten were brought to the release after that they came with. No version fails more or less than another.
    """
    rng = stream(seed, "software")
    n = len(org.units)
    updated, unknown = rng.random(n) < _UPDATED, rng.random(n) < _UNKNOWN
    line, installed = org.units["line"].to_numpy(), org.units["installed"].to_numpy()
    found = np.full(n, -1, dtype=np.int64)
    names: list[str] = []
    for number, releases in enumerate(RELEASES):
        mine = (line == number) & ~unknown
        came = np.searchsorted([seconds(day) for _, day in releases], installed[mine], side="right") - 1
        found[mine] = len(names) + np.minimum(came + updated[mine], len(releases) - 1)
        names += [name for name, _ in releases]
    return words(names, found)


def truths(seed: int, org: Organisation) -> dict[str, Any]:
    """What is true of the versions: how many units and unit-days each has, and that none fails more than another."""
    units = pl.DataFrame(
        {
            "product_line": words([x.label for x in LINES], org.units["line"].to_numpy()),
            "version": versions(seed, org),
            "days": exposure_days(org.units),
        }
    )
    of = units.group_by("product_line", "version").agg(pl.len().alias("units"), pl.col("days").sum().round(1))
    known = of.filter(pl.col("version").is_not_null()).sort("product_line", "version")
    return {
        "rate_ratio": 1.0,
        "unknown_units": int(units["version"].null_count()),
        "versions": known.rename({"days": "unit_days"}).rows(named=True),
    }
