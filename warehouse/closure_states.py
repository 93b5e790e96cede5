"""Through which states tickets go, how often from each to which, and how long they stay: from their changes of state.

Where nobody delivers changes, the instants of the tickets stand in: opened, dispatched, arrived, resolved, closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from analysis.result import Bools, Floats, Ints
from analysis.survival_groups import quantile_by_group
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.reasons import why

# A median needs no more tickets than these; of more, every k-th is measured.
MEASURED = 20_000
_STEPS = ("new", "dispatched", "in_progress", "resolved", "closed")


@dataclass(frozen=True)
class Change:
    """How many times tickets went from one state to another."""

    came_from: str
    went_to: str
    n: int


@dataclass(frozen=True)
class Stay:
    """Hours in a state until it was left: the Kaplan–Meier median with its bounds, of n stays, some of which go on."""

    median: float | None
    low: float | None
    high: float | None
    n: int
    going_on: int
    reason: Text


@dataclass(frozen=True)
class States:
    """Changes of the `tickets` opened, most frequent first; stays by state.

    Stays are those of `measured` tickets: of the `looked_at`, every k-th one, those whose changes are known.
    """

    changes: tuple[Change, ...]
    stays: dict[str, Stay]
    tickets: int
    looked_at: int
    measured: int
    source: Literal["events", "instants"]


@remembered
def states(reading: Reading, filters: Filters) -> States | None:
    """The flow of the tickets opened in the period; None where none was."""
    where, parameters = filters.where("opened_on")
    tickets = int(reading.rows(f"SELECT count(*) FROM marts.ticket{where}", parameters)[0][0])
    if not tickets:
        return None
    every = -(-tickets // MEASURED)
    sample = f"SELECT count(*) FILTER (rowid % ? = 0) FROM marts.ticket{where}"
    looked_at = int(reading.rows(sample, [every, *parameters])[0][0])
    rows = reading.rows(question("state_changes").format(where=where), parameters)
    if not rows:
        return _from_instants(reading, where, parameters, tickets, every)
    changes = tuple(Change(*row) for row in rows)
    names = sorted({s for change in changes for s in (change.came_from, change.went_to)})
    found = reading.arrays(question("state_stays").format(where=where), [*parameters, names, names, every])
    state, hours, ended = _stays(
        found["ticket"], found["opened"], found["came_from"], found["went_to"], found["at"], _end(reading)
    )
    is_left = np.isin(np.arange(len(names)), [names.index(c.came_from) for c in changes])
    measured = int(np.unique(found["ticket"]).size)
    return States(changes, _medians(names, is_left, state, hours, ended), tickets, looked_at, measured, "events")


def _end(reading: Reading) -> float:
    return float(reading.rows("SELECT epoch(CAST(? AS TIMESTAMP)) / 3600.0", [reading.as_of])[0][0])


def _stays(
    ticket: Ints, opened: Floats, came_from: Ints, went_to: Ints, at: Floats, end: float
) -> tuple[Ints, Floats, Bools]:
    """State, hours and whether left: one stay that each change ends, and one that goes on after the last of a ticket."""
    is_first = np.append(True, ticket[1:] != ticket[:-1])[: ticket.size]
    is_last = np.append(ticket[1:] != ticket[:-1], True)[: ticket.size]
    since = np.where(is_first, opened, np.roll(at, 1))
    state = np.concatenate([came_from, went_to[is_last]]).astype(np.int64)
    hours = np.maximum(np.concatenate([at - since, end - at[is_last]]), 0.0)
    ended = np.arange(state.size) < at.size
    return state, hours, ended


def _medians(names: list[str], is_left: Bools, state: Ints, hours: Floats, ended: Bools) -> dict[str, Stay]:
    """By state that can be left; in the others tickets stay for good."""
    found = quantile_by_group(hours, ended, state, group_count=len(names))
    going_on = np.bincount(state[~ended], minlength=len(names))
    return {
        name: Stay(one.value, one.low, one.high, int(one.n), int(going_on[i]), why(one.reason))
        for i, name in enumerate(names)
        if is_left[i] and (one := found[i]).n
    }


def _from_instants(reading: Reading, where: str, parameters: list[object], tickets: int, every: int) -> States:
    known = ", ".join(f"{name}_at >= opened_at AS {name}" for name in ("dispatched", "arrived", "resolved", "closed"))
    patterns = reading.rows(
        f"SELECT dispatched, arrived, resolved, closed, count(*) FROM (SELECT {known} FROM marts.ticket{where}) AS t "
        "GROUP BY 1, 2, 3, 4",
        parameters,
    )
    counted: dict[tuple[str, str], int] = {}
    for *reached, n in patterns:
        passed = [step for step, yes in zip(_STEPS, (True, *reached), strict=True) if yes]
        for pair in pairwise(passed):
            counted[pair] = counted.get(pair, 0) + n
    changes = tuple(Change(*pair, n) for pair, n in sorted(counted.items(), key=lambda item: (-item[1], item[0])))
    found = reading.arrays(question("state_instants").format(where=where), [*parameters, every])
    at = np.stack([found[step] for step in _STEPS])
    # The next instant that is known; after the last the as-of instant, until which the stay goes on.
    following = np.full(at.shape[1], np.nan)
    state, hours, ended = [], [], []
    for i in reversed(range(len(_STEPS))):
        is_known = ~np.isnan(at[i])
        until = np.where(np.isnan(following), _end(reading), following)
        state.append(np.full(int(is_known.sum()), i))
        hours.append(np.maximum(until - at[i], 0.0)[is_known])
        ended.append(~np.isnan(following)[is_known])
        following = np.where(is_known, at[i], following)
    is_left = np.array([any(c.came_from == step for c in changes) for step in _STEPS])
    stays = _medians(list(_STEPS), is_left, np.concatenate(state), np.concatenate(hours), np.concatenate(ended))
    return States(changes, stays, tickets, at.shape[1], at.shape[1], "instants")
