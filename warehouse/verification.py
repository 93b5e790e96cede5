"""Closed loops of the register, held against the records: did the failures become rarer, and did one come back?

What a loop is about is said by its report; here nothing of the register is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from analysis.effectiveness import Verdict, verdict
from warehouse.actions import Rules, Side, follow, side_before, side_of
from warehouse.filters import Filters
from warehouse.questions import question
from warehouse.reading import Reading


@dataclass(frozen=True)
class Window:
    """What is verified: the failures of a subject ('' is anything), before its actions and in the days [first, last).

    raised_on: when it was reported; done_on: when the last action was implemented.
    """

    component: str
    failure_mode: str
    product_line: str
    raised_on: dt.date | None
    done_on: dt.date
    first: dt.date
    last: dt.date
    model: str = ""


@dataclass(frozen=True)
class Verified:
    """The verdict on a window, and what it rests on; is_whole: whether the records reach to its end.

    ratio: of the rates after ÷ before, with its exact 95 % interval. missing_days: about how many more it takes.
    """

    verdict: Verdict
    before: Side | None = None
    after: Side | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    missing_days: int | None = None
    is_whole: bool = False


def verify(reading: Reading, windows: Sequence[Window], rules: Rules) -> tuple[Verified, ...]:
    """The verdict on each window; too early where nobody says what it is about, or nothing is watched."""
    about = [i for i, window in enumerate(windows) if window.component or window.failure_mode]
    data = follow(reading, Filters(), [windows[i] for i in about])
    found = [Verified(Verdict.TOO_EARLY)] * len(windows)
    if data is None:
        return tuple(found)
    before = [side_before(data, n, windows[i].done_on, windows[i].raised_on, rules)[0] for n, i in enumerate(about)]
    after = [side_of(data, n, windows[i].first, windows[i].last) for n, i in enumerate(about)]
    judged = verdict(
        [side.failures for side in before],
        [side.exposure for side in before],
        [side.failures for side in after],
        [side.exposure for side in after],
        goal=rules.goal,
    )
    for n, i in enumerate(about):
        one, in_service = judged[n], float(data.units[n][1].sum())
        left = one.exposure_missing / in_service if one.exposure_missing and in_service else None
        found[i] = Verified(
            one.verdict, before[n], after[n], one.ratio.value, one.ratio.low, one.ratio.high,
            None if left is None else int(np.ceil(left)), after[n].last >= windows[i].last,
        )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True)
class Loop:
    """A loop that may come open again: what it is about ('' is unsaid), the units its actions hold for, and since when (UTC)."""

    number: str
    component: str
    failure_mode: str
    since: dt.datetime
    assets: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()


@dataclass(frozen=True)
class CameBack:
    """The first failure that came back: its ticket, fault or report, the local day, and the unit."""

    record: str
    day: dt.date
    unit: str


def came_back(reading: Reading, loops: Sequence[Loop], zone: str) -> dict[int, CameBack]:
    """The loops whose failure came back, by their place. Work grows with the failures since the oldest of them."""
    if not loops:
        return {}
    units = [
        (i, kind, value)
        for i, loop in enumerate(loops)
        for kind, values in (("asset", loop.assets), ("serial", loop.serials), ("lot", loop.lots))
        for value in values
    ]
    rows = reading.records(
        question("came_back"),
        {
            **{
                name: [getattr(loop, name) for loop in loops]
                for name in ("number", "component", "failure_mode", "since")
            },
            "of": [i for i, _, _ in units],
            "kind": [kind for _, kind, _ in units],
            "value": [value for _, _, value in units],
        },
    )
    found = {}
    for row in rows:
        day = row["failed_at"].replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).date()
        record = row["ticket_id"] or row["report_id"] or row["fault_id"] or ""
        found[row["loop"]] = CameBack(record, day, row["serial_no"] or row["asset_id"])
    return found
