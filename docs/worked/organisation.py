"""The demo organisation as the examples see it: its published snapshot, and what is known to be true of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import Truths, generate
from pipelines.refresh import refresh
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

TICKETS, SEED = 20_000, 7
# The records begin and end with these local midnights, in UTC.
SINCE, UNTIL, MONTHS = "2023-10-31 16:00:00", "2026-10-31 16:00:00", 36

_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Organisation:
    """The demo of 20,000 tickets: `reading` asks its snapshot, `truths` tells what was put in."""

    reading: Reading
    truths: Truths

    @classmethod
    def found_in(cls, folder: Path) -> Organisation:
        """Generate it in an empty folder, refresh, open the snapshot; some 15 seconds."""
        truths = generate(folder, tickets=TICKETS, seed=SEED)
        home = Home(folder)
        refresh(home)
        reading = Reader(home).current()
        assert reading is not None, "a refresh that did not fail has published"
        return cls(reading, truths)

    def columns(self, question: str, **parameters: Any) -> dict[str, Any]:
        """The columns of a question of `sql/` as numpy arrays."""
        return self.reading.arrays((_SQL / f"{question}.sql").read_text(encoding="utf-8"), parameters)

    def truth_of(self, component: str) -> dict[str, Any]:
        """The Weibull distribution that a component's lives were drawn from."""
        return next(t for t in self.truths.weibull if t["component"] == component)
