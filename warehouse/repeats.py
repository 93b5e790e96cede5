"""Repeat failures: how often the same fault comes back, what was fixed at once, and what was not found the first time.

A job is a failure with its ticket. Two jobs are of one fault where asset and component are the same (the failure mode where
nobody names a component). What follows a job is looked for in all records; filters choose the jobs that are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.rates import proportion
from analysis.repeats import (
    NoFaultFoundChains,
    Share,
    first_time_fix,
    following_job,
    no_fault_found_chains,
    repeat_failures,
)
from analysis.result import Bools, Floats, Ints, plain
from analysis.survival import kaplan_meier
from warehouse.filters import Filters
from warehouse.metrics.measure import Measure, Quotient, Value
from warehouse.reading import Reading, remembered
from warehouse.reasons import why
from warehouse.text import Text

WINDOWS = (7, 30, 90, 180)
# The same fault on the same asset within 30 days; a first-time fix is judged by it whatever window is looked at.
WINDOW = 30
_SLICES = 12
_FEWEST = 5


# Half the memory of what numpy takes by itself: a million jobs are kept for as long as the snapshot is open.
Numbers: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Jobs:
    """All failures, in order of fault and opening. Times in days on one clock, NaN where not known.

    row: in marts.failure. asset: −1 where nobody says. fault: number of (asset, what failed), −1 where nobody says, or when
    it was opened. following: the place in this order of the next job of the same fault after it was closed, −1 where none;
    days: from closing until then, after_fix: from its resolution until the next one after that. `rows` are those of the mart.
    """

    rows: int
    end: float
    row: Numbers
    asset: Numbers
    fault: Numbers
    failed: Floats
    opened: Floats
    closed: Floats
    resolved: Floats
    installed: Floats
    visits: Numbers
    nothing_found: Bools
    following: Numbers
    days: Floats
    after_fix: Floats

    def chosen(self, rows: Ints) -> Bools:
        """Which jobs are among these rows of the mart."""
        is_there = np.zeros(self.rows, dtype=bool)
        is_there[rows] = True
        return is_there[self.row]


_WHAT = "CASE WHEN component <> '' THEN component ELSE failure_mode END"
_NAN = "CAST('nan' AS DOUBLE)"
# Read one by one, in the order of the mart: all together would be the most memory that a page ever needs.
_COLUMNS = {
    "asset": "CASE WHEN asset_id <> '' THEN hash(asset_id) ELSE 0 END",
    "fault": f"CASE WHEN asset_id <> '' AND {_WHAT} <> '' AND opened_at IS NOT NULL THEN hash(asset_id, {_WHAT}) ELSE 0 END",
    "failed": "epoch(failed_at) / 86400.0",
    "opened": f"coalesce(epoch(opened_at) / 86400.0, {_NAN})",
    "closed": f"CASE WHEN closed_at >= opened_at THEN epoch(closed_at) / 86400.0 ELSE {_NAN} END",
    "resolved": f"CASE WHEN resolved_at >= opened_at THEN epoch(resolved_at) / 86400.0 ELSE {_NAN} END",
    "installed": f"CAST(coalesce(epoch(failed_at) / 86400.0 - age_days, {_NAN}) AS FLOAT)",
    "nothing_found": "is_no_fault_found",
}
_VISITS = """
    SELECT f.rowid AS row, CAST(w.visits AS INTEGER) AS visits
    FROM marts.failure AS f JOIN marts.work AS w ON w.ticket_id = f.ticket_id
    WHERE w.visits > 0
"""


@remembered
def jobs(reading: Reading) -> Jobs:
    """All jobs of the snapshot."""

    def column(name: str) -> Any:
        return reading.arrays(f"SELECT {_COLUMNS[name]} AS v FROM marts.failure ORDER BY rowid")["v"]

    end = float(reading.rows("SELECT epoch(CAST($1 AS TIMESTAMP)) / 86400.0", [reading.as_of])[0][0])
    key, opened = column("fault"), column("opened")
    order = np.lexsort((opened, key)).astype(np.int32)
    key, opened = key[order], opened[order]
    closed, resolved = column("closed")[order], column("resolved")[order]
    changes = np.append(False, key[1:] != key[:-1])[: order.size]
    # One ticket that names one fault twice is one job.
    same = np.append(False, (opened[1:] == opened[:-1]) & (closed[1:] == closed[:-1]))[: order.size]
    fault = np.where((key != 0) & ~(same & ~changes), np.cumsum(changes), -1).astype(np.int32)
    following = _next(fault, opened, closed)
    after_fix = _days_to(_next(fault, opened, resolved), opened, resolved, end)
    assets, codes = np.unique(column("asset"), return_inverse=True)
    asset: Numbers = (codes - int(assets.size > 0 and assets[0] == 0)).astype(np.int32)
    visits = np.zeros(order.size, dtype=np.int32)
    visited = reading.arrays(_VISITS)
    visits[visited["row"]] = visited["visits"]
    return Jobs(
        rows=order.size,
        end=end,
        row=order,
        asset=asset[order],
        fault=fault,
        failed=column("failed")[order],
        opened=opened,
        closed=closed,
        resolved=resolved,
        installed=column("installed")[order],
        visits=visits[order],
        nothing_found=column("nothing_found").astype(bool)[order],
        following=following,
        days=_days_to(following, opened, closed, end),
        after_fix=after_fix,
    )


def _next(fault: Numbers, opened: Floats, done: Floats) -> Numbers:
    """For each job the place of the next of its fault that was opened after it was done; −1 where there is none."""
    place = np.flatnonzero(fault >= 0)
    following = np.full(fault.size, -1, dtype=np.int32)
    if place.size:
        found = following_job(fault[place], opened[place], done[place])
        following[place] = np.where(found >= 0, place[found], -1)
    return following


def _days_to(following: Numbers, opened: Floats, done: Floats, end: float) -> Floats:
    """From when each job was done until the next was opened; NaN where none was by the end, or it was not done by then."""
    at = opened[following]
    known = (following >= 0) & (done <= end) & (at <= end)
    return np.where(known, at - done, np.nan)


@remembered
def jobs_left_out(reading: Reading, filters: Filters) -> int:
    """How many failures of the selection cannot be followed: nobody says which asset, or what failed."""
    where, parameters = filters.where("failed_on")
    unknown = "(asset_id IS NULL OR asset_id = '' OR (component = '' AND failure_mode = '') OR opened_at IS NULL)"
    sql = f"SELECT count(*) FROM marts.failure{where}{' AND' if where else ' WHERE'} {unknown}"
    return int(reading.rows(sql, parameters)[0][0])


def rows_of(reading: Reading, filters: Filters) -> Ints:
    """The rows of marts.failure that failed in the period, at the places."""
    where, parameters = filters.where("failed_on")
    return reading.arrays(f"SELECT rowid AS row FROM marts.failure{where}", parameters)["row"]


@dataclass(frozen=True, eq=False)
class _Done:
    """Jobs that were done, each with the next of its fault, as `repeat_failures` takes them: each pair has a key of its own,
    so that nothing need be looked for again. `days` until the next one, NaN where there is none."""

    key: Ints
    opened: Floats
    done: Floats
    asset: Numbers
    visits: Numbers
    days: Floats

    @classmethod
    def of(cls, all_jobs: Jobs, chosen: Bools, done: Floats, days: Floats, longest: int) -> _Done:
        at = np.flatnonzero(chosen & (all_jobs.fault >= 0) & (done <= all_jobs.end))
        # What comes later than the longest window asked about is as good as none.
        size = 1 + (days[at] <= longest)
        key = np.repeat(np.arange(at.size), size)
        is_job = np.append(True, key[1:] != key[:-1])[: key.size]
        job = at[key]
        return cls(
            key,
            np.where(is_job, all_jobs.opened[job], done[job] + days[job]),
            np.where(is_job, done[job], np.nan),
            all_jobs.asset[job],
            all_jobs.visits[job],
            np.where(is_job, days[job], np.nan),
        )


REPEAT_RATE = Measure(
    name="repeat_rate",
    label=Text(en="Repeat failures", zh="重复故障率"),
    definition=Text(
        en="Closed jobs followed by a job of the same component on the same asset, opened within the window after closing. Only jobs closed at least that long ago count (mature). Interval: Jeffreys', with assets as clusters.",
        zh="关闭后在窗口期内同一设备同一部件再次报修的工单占比。仅计关闭时间已满窗口期的工单（成熟工单）。区间为 Jeffreys 区间，以设备为群。",
    ),
    numerator=Text(en="mature jobs that came back", zh="重复发生的成熟工单"),
    denominator=Text(en="mature closed jobs", zh="成熟的已关闭工单"),
    unit="share",
    how=Quotient("came_back", "mature"),
    better="lower",
)
FIRST_TIME_FIX = Measure(
    name="first_time_fix",
    label=Text(en="First-time fix", zh="一次修复率"),
    definition=Text(
        en="Jobs resolved on the first visit whose fault did not return to the asset within 30 days, of jobs with a visit that were resolved at least 30 days ago.",
        zh="首次上门即解决、且 30 天内同一设备未再出现同一故障的工单，占解决已满 30 天且有上门记录的工单的比例。",
    ),
    numerator=Text(en="jobs fixed at the first visit", zh="一次修复的工单"),
    denominator=Text(en="mature jobs with a visit", zh="有上门记录的成熟工单"),
    unit="share",
    how=Quotient("fixed", "mature"),
    better="higher",
)
NOTHING_FOUND = Measure(
    name="no_fault_found",
    label=Text(en="No fault found", zh="未发现故障率"),
    definition=Text(
        en="Failures in which nothing was found, of the failures that were diagnosed (resolved).",
        zh="未发现故障的次数占已诊断（已解决）故障的比例。",
    ),
    numerator=Text(en="no fault found", zh="未发现故障"),
    denominator=Text(en="diagnosed failures", zh="已诊断的故障"),
    unit="share",
    how=Quotient("nothing_found", "diagnosed"),
    better="lower",
)
FOUND_LATER = Measure(
    name="found_later",
    label=Text(en="No fault found, then confirmed", zh="未发现后又确认"),
    definition=Text(
        en="Of the visits that found no fault, those after which a fault was confirmed on the same asset within 30 days; only visits at least 30 days ago count. Compare with what would follow by chance.",
        zh="未发现故障后 30 天内同一设备确认故障的比例；仅计已满 30 天者。应与偶然发生的比例相比。",
    ),
    numerator=Text(en="followed by a confirmed fault", zh="随后确认故障"),
    denominator=Text(en="mature reports of no fault found", zh="成熟的未发现故障记录"),
    unit="share",
    how=Quotient("confirmed", "mature"),
    better="lower",
)
_WITHIN = Text(en="{label} within {n} days", zh="{n} 天{label}")


def repeat_measure(window: int) -> Measure:
    """The repeat rate, named after its window."""
    return replace(REPEAT_RATE, label=_WITHIN.format(label=REPEAT_RATE.label, n=window))


def _no_value(measure: Measure, reason: Any) -> Value:
    return Value(measure.name, None, 0, reason=Text(en="No value: {w}.", zh="无值：{w}。").format(w=why(reason)))


def _value(measure: Measure, share: Share, at: Any = ()) -> Value:
    """One cell of an analysis' answer as a measure's value."""
    value, low, high, x, n, reason = (
        plain(np.asarray(v)[at])
        for v in (share.value, share.low, share.high, share.numerator, share.denominator, share.reason)
    )
    if value is None:
        return _no_value(measure, reason)
    return Value(measure.name, float(value), int(n), float(x), float(n), low, high)


def _slices(at: Floats, hit: Bools) -> tuple[float | None, ...]:
    """The share of hits in twelve equal slices of the time from the first to the last."""
    if not at.size:
        return ()
    edges = np.linspace(at.min(), at.max(), _SLICES + 1)
    place = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, _SLICES - 1)
    x, n = np.bincount(place[hit], minlength=_SLICES), np.bincount(place, minlength=_SLICES)
    return tuple(float(a / b) if b >= _FEWEST else None for a, b in zip(x, n, strict=True))


@dataclass(frozen=True)
class Rate:
    """A share of a selection, and its movement in twelve equal slices of the period."""

    value: Value
    trend: tuple[float | None, ...]


@dataclass(frozen=True)
class Windows:
    """The repeat rate at each of `WINDOWS`: the share of mature jobs, and 1 − Kaplan–Meier (None where not reached).

    n: closed jobs; left_out: failures that cannot be followed.
    """

    rates: tuple[Rate, ...]
    ended: tuple[float | None, ...]
    n: int
    left_out: int


@remembered
def by_window(reading: Reading, filters: Filters) -> Windows:
    """How many of the closed jobs of the period's failures came back, within each window."""
    everything = jobs(reading)
    left_out = jobs_left_out(reading, filters)
    done = _Done.of(
        everything, everything.chosen(rows_of(reading, filters)), everything.closed, everything.days, WINDOWS[-1]
    )
    if not done.key.size:
        return Windows(
            (Rate(_no_value(REPEAT_RATE, "no_data"), ()),) * len(WINDOWS), (None,) * len(WINDOWS), 0, left_out
        )
    found = repeat_failures(done.key, done.opened, done.done, everything.end, windows=WINDOWS, cluster=done.asset)
    rates = []
    for i, window in enumerate(WINDOWS):
        mature = done.done + window <= everything.end
        trend = _slices(done.opened[mature], done.days[mature] <= window)
        rates.append(Rate(_value(REPEAT_RATE, found.share, i), trend))
    return Windows(tuple(rates), tuple(plain(v) for v in found.ended.value), int(found.n), left_out)


def repeat_rate(reading: Reading, filters: Filters, window: int) -> Rate:
    """How many of the closed jobs of the period's failures came back within `window` days, one of `WINDOWS`."""
    return by_window(reading, filters).rates[WINDOWS.index(window)]


@remembered
def fixed_at_first(reading: Reading, filters: Filters) -> Rate:
    """How many of the period's failures were fixed at the first visit, for 30 days at least."""
    everything = jobs(reading)
    chosen = everything.chosen(rows_of(reading, filters))
    done = _Done.of(everything, chosen, everything.resolved, everything.after_fix, WINDOW)
    if not done.key.size:
        return Rate(_no_value(FIRST_TIME_FIX, "no_data"), ())
    found = first_time_fix(
        done.key, done.opened, done.done, done.visits, everything.end, days=float(WINDOW), cluster=done.asset
    )
    mature = (done.done + WINDOW <= everything.end) & (done.visits > 0)
    fixed = (done.visits == 1) & ~(done.days <= WINDOW)
    return Rate(_value(FIRST_TIME_FIX, found), _slices(done.opened[mature], fixed[mature]))


@dataclass(frozen=True)
class NothingFound:
    """How often no fault was found, how often one was confirmed on the same asset soon after (`later`), how often that
    would be so by chance (`expected`), and the ratio (`lift`) with its bounds."""

    rate: Rate
    later: Value
    expected: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None


@remembered
def nothing_found(reading: Reading, filters: Filters) -> NothingFound:
    """No fault found among the diagnosed failures of the period, and what followed."""
    everything = jobs(reading)
    diagnosed = everything.chosen(rows_of(reading, filters)) & ~np.isnan(everything.resolved)
    nothing = diagnosed & everything.nothing_found
    rate = Rate(
        _share_of(NOTHING_FOUND, int(nothing.sum()), int(diagnosed.sum())),
        _slices(everything.failed[diagnosed], nothing[diagnosed]),
    )
    later = _found_later(everything, nothing)
    if later is None:
        return NothingFound(rate, _no_value(FOUND_LATER, "no_data"), None, None, None, None)
    lift = later.lift
    return NothingFound(rate, _value(FOUND_LATER, later.share), later.expected, lift.value, lift.low, lift.high)


def _share_of(measure: Measure, x: int, n: int) -> Value:
    found = proportion(x, n)
    if found.value is None:
        return _no_value(measure, found.reason)
    return Value(measure.name, found.value, n, float(x), float(n), found.low, found.high)


def _found_later(everything: Jobs, nothing: Bools) -> NoFaultFoundChains | None:
    """What followed these reports of nothing found, with all confirmed faults of their assets; None without a report."""
    nothing = nothing & (everything.asset >= 0)
    if not nothing.any():
        return None
    has = np.zeros(int(everything.asset.max()) + 1, dtype=bool)
    has[everything.asset[nothing]] = True
    confirmed = ~everything.nothing_found & ~np.isnan(everything.resolved)
    confirmed &= has[everything.asset] & (everything.asset >= 0)
    at = np.flatnonzero((nothing | confirmed) & (everything.failed <= everything.end))
    if not at.size:
        return None
    _, asset = np.unique(everything.asset[at], return_inverse=True)
    failed, installed = everything.failed[at], everything.installed[at]
    # Watched since it was installed, or since the records began; at the latest from its first failure.
    first, since = (np.full(int(asset.max()) + 1, np.inf) for _ in range(2))
    np.minimum.at(first, asset, failed)
    np.minimum.at(since, asset, np.where(np.isnan(installed), -np.inf, installed))
    start = np.minimum(np.maximum(since, float(everything.failed.min())), first)
    return no_fault_found_chains(
        asset, failed, everything.nothing_found[at], start=start, end=everything.end, days=float(WINDOW)
    )


@dataclass(frozen=True)
class Curve:
    """How many came back by when: 1 − Kaplan–Meier by days since closing, with its bounds, thinned for drawing."""

    times: tuple[float, ...]
    ended: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@remembered
def curve(reading: Reading, filters: Filters, most: int = 181) -> Curve | None:
    """The curve of the failures of the period up to the longest window; None without a closed job."""
    everything = jobs(reading)
    chosen = everything.chosen(rows_of(reading, filters)) & (everything.fault >= 0)
    at = np.flatnonzero(chosen & (everything.closed <= everything.end))
    if not at.size:
        return None
    days, longest = everything.days[at], float(WINDOWS[-1])
    watched = np.where(np.isnan(days), everything.end - everything.closed[at], days)
    # What happens after the longest window is not drawn, and need not be sorted.
    km = kaplan_meier(np.minimum(watched, longest + 1), (watched <= longest) & ~np.isnan(days))
    times = np.linspace(0.0, longest, most)
    times = times[times <= km.last_seen]
    lasting, low, high = km.at(times)
    return Curve(*(tuple(v.tolist()) for v in (times, 1 - lasting, 1 - high, 1 - low)))
