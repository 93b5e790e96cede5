"""What fails and when: components that wear out (Weibull lives), events at a constant rate, one bad batch."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from demo import clock
from demo.catalogue import BAD_BATCH_COMPONENT, EVENTS, LINE_OF_MODE, MODES, WEAR, Event
from demo.chance import Rng, numbered, pick, pick_within, stream
from demo.clock import DAY, HORIZON, Floats, Ints
from demo.organisation import Organisation, exposure_days

# Brake valves that were installed in these months come from the lots with the higher hazard.
BAD_LOT_FROM, BAD_LOT_UNTIL = date(2024, 5, 1), date(2024, 9, 1)
BAD_LOT_HAZARD_RATIO = 5.0

ACTIONS = {"effective": (date(2025, 6, 1), 0.35), "not_effective": (date(2025, 5, 1), 1.0)}


def lives(seed: int, org: Organisation) -> pl.DataFrame:
    """Every component that was ever installed on a unit: one row per life, failed or still running.

    Columns: slot, unit, mode, generation, installed and failed (s since START, NaN while running), life (usage units,
    NaN while running), from_bad_lot, serial. A unit that is older than the records is known to have survived until they
    begin, so its first life is drawn on that condition; at a failure the component is replaced, as good as new.
    """
    rng = stream(seed, "lives")
    line = org.units["line"].to_numpy()
    pairs = [(np.flatnonzero(line == LINE_OF_MODE[m]), m) for m in range(len(WEAR))]
    unit = np.concatenate([rows for rows, _ in pairs])
    mode = np.concatenate([np.full(len(rows), m) for rows, m in pairs])
    slot = np.arange(len(unit))
    installed = org.units["installed"].to_numpy()[unit]
    lived = np.maximum(-installed, 0.0) / DAY * org.units["per_day"].to_numpy()[unit]
    found: list[pl.DataFrame] = []
    generation = 0
    while len(slot):
        bad = is_bad_lot(mode, installed)
        life = _weibull(rng, mode, lived, bad)
        failed = installed + life / org.units["per_day"].to_numpy()[unit] * DAY
        over = failed >= HORIZON
        found.append(
            pl.DataFrame(
                {
                    "slot": slot,
                    "unit": unit,
                    "mode": mode,
                    "generation": np.full(len(slot), generation),
                    "installed": installed,
                    "failed": np.where(over, np.nan, failed),
                    "life": np.where(over, np.nan, life),
                    "from_bad_lot": bad,
                }
            )
        )
        again = ~over
        slot, unit, mode, installed = slot[again], unit[again], mode[again], failed[again]
        lived = np.zeros(len(slot))
        generation += 1
    frame = pl.concat(found).sort("mode", "installed", "slot")
    running = frame.select(pl.int_range(1, pl.len() + 1).over("mode")).to_series()
    lot = clock.instants(frame["installed"].to_numpy()).dt.strftime("-%y%m-")
    part = pl.Series([m.part for m in WEAR]).gather(frame["mode"])
    return frame.with_columns(serial=part + lot + numbered("", running.to_numpy(), 6))


def is_bad_lot(mode: Ints, installed: Floats) -> clock.Bools:
    """Whether components of these modes, installed at these seconds, come from the bad lots."""
    culprit = [m.component for m in WEAR].index(BAD_BATCH_COMPONENT)
    since, until = clock.seconds(BAD_LOT_FROM), clock.seconds(BAD_LOT_UNTIL)
    return np.asarray((mode == culprit) & (installed >= since) & (installed < until), dtype=np.bool_)


def _weibull(rng: Rng, mode: Ints, lived: Floats, bad: clock.Bools) -> Floats:
    """Lives in usage units, each on the condition that it exceeds what was `lived` already."""
    shape = np.array([w.shape for w in WEAR])[mode]
    scale = np.array([w.scale for w in WEAR])[mode]
    scale = np.where(bad, scale * BAD_LOT_HAZARD_RATIO ** (-1.0 / shape), scale)
    hazard = (lived / scale) ** shape + rng.standard_exponential(len(mode))
    return np.asarray(scale * hazard ** (1.0 / shape), dtype=np.float64)


def events(seed: int, org: Organisation, n: int) -> pl.DataFrame:
    """`n` failures at rates that know no age. Columns: unit, mode, at (s since START).

    Candidates fall evenly over the unit-days in service and are thinned by season, by a demand that dies out and by
    corrective actions; so a rate ratio is a ratio of failures per unit-day.
    """
    rng = stream(seed, "events")
    line = org.units["line"].to_numpy()
    exposed = exposure_days(org.units)
    members = [np.flatnonzero(line == LINE_OF_MODE[len(WEAR) + e]) for e in range(len(EVENTS))]
    parts: list[pl.DataFrame] = []
    have = 0
    while have < n:
        size = 2 * (n - have) + 100
        which = pick(rng, [e.weight for e in EVENTS], size)
        unit = pick_within(rng, which, members, [exposed[m] for m in members])
        at = HORIZON - rng.random(size) * exposed[unit] * DAY
        kept = rng.random(size) < _intensity(which, at)
        parts.append(pl.DataFrame({"unit": unit[kept], "mode": which[kept] + len(WEAR), "at": at[kept]}))
        have += int(kept.sum())
    return pl.concat(parts).head(n)


def _intensity(which: Ints, at: Floats) -> Floats:
    """The rate of each event at each instant, relative to the greatest it ever has."""
    relative = np.ones(len(at))
    for index, event in enumerate(EVENTS):
        mine = which == index
        relative[mine] = _relative(event, at[mine])
    return relative


def _relative(event: Event, at: Floats) -> Floats:
    level = np.ones(len(at))
    if event.summer:
        # Day 258 after 1 November is mid-July; the sixth power keeps the season to the hot months.
        wave = np.cos(np.pi * (at / DAY - 258.0) / 365.25) ** 6
        level *= (1.0 + event.summer * wave) / (1.0 + event.summer)
    if event.dies_out_days:
        level *= np.exp(-at / DAY / event.dies_out_days)
    if event.action:
        day, ratio = ACTIONS[event.action]
        level *= np.where(at >= clock.seconds(day), ratio, 1.0)
    return level


def usage_at(org: Organisation, unit: Ints, at: Floats) -> Floats:
    """Meter readings (usage units of the unit's line) at instants; a unit is used evenly from its installation on."""
    age = np.maximum(at - org.units["installed"].to_numpy()[unit], 0.0) / DAY
    return np.asarray(age * org.units["per_day"].to_numpy()[unit], dtype=np.float64)


HARD = np.array([getattr(mode, "hard", False) for mode in MODES])
