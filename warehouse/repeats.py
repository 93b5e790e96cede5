"""Repeat failures: how often the same fault comes back, what was fixed at once, and what was not found the first time.

A job is a completed ticket with a failure; what came back after it stands in `marts.job` and `marts.failure`, looked for in all
records. Filters choose the jobs that are counted, by the day of their completion.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.clustered_share import Share
from analysis.repeats import AfterNothing, after_nothing_found, first_time_share, followed_by_confirmed, repeat_share
from analysis.result import Bools, Floats, plain
from analysis.survival import kaplan_meier
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate_over_time, share_of
from warehouse.metrics.measure import Measure, Quotient, Value
from warehouse.questions import question
from warehouse.reading import Reading, held, remembered
from warehouse.reasons import why

WINDOWS = (7, 30, 90, 180)
_SLICES = 12
_POINTS = 181
# A share of fewer things than this is not drawn.
FEWEST = 5


@remembered
def house_window(reading: Reading) -> int:
    """Within how many days the same fault counts as a repeat by the rules of the house."""
    return int(reading.rows("SELECT value FROM core.rule WHERE name = 'repeat_window_days'")[0][0])


@remembered
def windows(reading: Reading) -> tuple[int, ...]:
    """The windows that are looked at, the house's own among them."""
    return tuple(sorted({*WINDOWS, house_window(reading)}))


def _end(reading: Reading) -> float:
    """Until when the records tell, in days."""
    return float(reading.rows("SELECT epoch(CAST($1 AS TIMESTAMP)) / 86400.0", [reading.as_of])[0][0])


@held
def _assets(reading: Reading) -> NDArray[np.int32]:
    """The asset of each job as a number, by the row of marts.job: texts would have to be told apart for every question."""
    hashes = reading.arrays("SELECT hash(asset_id) AS asset FROM marts.job")["asset"]
    return np.unique(hashes, return_inverse=True)[1].astype(np.int32)


@dataclass(frozen=True, eq=False)
class _Done:
    """Jobs that were done, times in days. asset: a number; days: until the next of the fault was opened, NaN for none."""

    asset: NDArray[np.int32]
    done: Floats
    days: Floats
    rest: dict[str, NDArray[Any]]

    @classmethod
    def of(cls, reading: Reading, filters: Filters, name: str) -> _Done:
        """What a question of `warehouse/questions` gives, over the jobs completed in the period."""
        where, parameters = filters.where("completed_on")
        found = reading.arrays(question(name).format(where=where), parameters)
        return cls(_assets(reading)[found.pop("row")], found.pop("done"), found.pop("days"), found)


REPEAT_RATE = measures()["repeat_rate"]
FIRST_TIME_FIX = measures()["first_time_fix"]
NOTHING_FOUND = measures()["no_fault_found"]
FOUND_LATER = Measure(
    name="found_later",
    label=Text(en="No fault found, then confirmed", zh="未发现后又确认"),
    definition=Text(
        en="Of the visits that found no fault, those after which a fault was confirmed on the same asset within the repeat window (30 days, unless set otherwise); only visits whose window has run out count. Compare with what would follow by chance.",
        zh="未发现故障后在重复窗口（默认 30 天）内同一设备确认故障的比例；仅计窗口已满者。应与偶然发生的比例相比。",
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
    return tuple(float(a / b) if b >= FEWEST else None for a, b in zip(x, n, strict=True))


@dataclass(frozen=True)
class Rate:
    """A share of a selection, and its movement in twelve equal slices of the period."""

    value: Value
    trend: tuple[float | None, ...]


@dataclass(frozen=True)
class Windows:
    """The repeat rate at each of `days`: the share of mature jobs, and 1 − Kaplan–Meier (None where not reached).

    n: closed jobs; left_out: failures that cannot be followed.
    """

    days: tuple[int, ...]
    rates: tuple[Rate, ...]
    ended: tuple[float | None, ...]
    n: int
    left_out: int


@dataclass(frozen=True)
class Curve:
    """How many came back by when: 1 − Kaplan–Meier by days since closing, with its bounds, thinned for drawing."""

    times: tuple[float, ...]
    ended: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@remembered
def _came_back(reading: Reading, filters: Filters) -> tuple[Windows, Curve | None]:
    """Shares and curve of the jobs that were closed, from one look at them; what is left out is not counted here."""
    days, jobs = windows(reading), _Done.of(reading, filters, "jobs_closed")
    if not jobs.done.size:
        nothing = Rate(_no_value(REPEAT_RATE, "no_data"), ())
        return Windows(days, (nothing,) * len(days), (None,) * len(days), 0, 0), None
    end, longest = _end(reading), float(days[-1])
    found = repeat_share(jobs.done, jobs.days, end, windows=days, cluster=jobs.asset)
    rates = []
    for i, window in enumerate(days):
        mature = jobs.done + window <= end
        trend = _slices(jobs.done[mature], jobs.days[mature] <= window)
        rates.append(Rate(_value(REPEAT_RATE, found, i), trend))
    # What happens after the longest window is not drawn, and need not be sorted.
    until = end - jobs.done
    watched = np.fmin(jobs.days, until)
    km = kaplan_meier(np.minimum(watched, longest + 1), (jobs.days <= until) & (watched <= longest))
    ended = tuple(plain(v) for v in 1 - km.at(days)[0])
    times = np.linspace(0.0, longest, _POINTS)
    times = times[times <= km.last_seen]
    lasting, low, high = km.at(times)
    curve = Curve(*(tuple(v.tolist()) for v in (times, 1 - lasting, 1 - high, 1 - low)))
    return Windows(days, tuple(rates), ended, jobs.done.size, 0), curve


def by_window(reading: Reading, filters: Filters) -> Windows:
    """How many of the closed jobs of the period came back, within each window."""
    return replace(_came_back(reading, filters)[0], left_out=failures_left_out(reading, filters))


def curve(reading: Reading, filters: Filters) -> Curve | None:
    """The curve of the jobs completed in the period up to the longest window; None without a closed job."""
    return _came_back(reading, filters)[1]


@remembered
def failures_left_out(reading: Reading, filters: Filters) -> int:
    """How many failures of the selection cannot be followed: nobody says which asset, or what failed, or they are of no ticket."""
    where, parameters = filters.where("failed_on")
    # None of these is followed: texts need be compared for a few rows only.
    unknown = "NOT is_followed AND (asset_id IS NULL OR (component = '' AND failure_mode = '') OR opened_at IS NULL)"
    sql = f"SELECT count(*) FROM marts.failure{where}{' AND' if where else ' WHERE'} {unknown}"
    return int(reading.rows(sql, parameters)[0][0])


def repeat_rate(reading: Reading, filters: Filters, window: int) -> Rate:
    """How many of the closed jobs of the period came back within `window` days, one of `windows`."""
    found, _ = _came_back(reading, filters)
    return found.rates[found.days.index(window)]


@remembered
def fixed_at_first(reading: Reading, filters: Filters) -> Rate:
    """How many of the jobs of the period were fixed at the first visit, for as long as the house's window at least."""
    window, end = house_window(reading), _end(reading)
    jobs = _Done.of(reading, filters, "jobs_resolved")
    if not jobs.done.size:
        return Rate(_no_value(FIRST_TIME_FIX, "no_data"), ())
    visits = jobs.rest["visits"]
    found = first_time_share(jobs.done, jobs.days, visits, end, days=float(window), cluster=jobs.asset)
    mature = (jobs.done + window <= end) & (visits > 0)
    fixed = (visits == 1) & ~(jobs.days <= window)
    return Rate(_value(FIRST_TIME_FIX, found), _slices(jobs.done[mature], fixed[mature]))


@remembered
def by_month(reading: Reading, filters: Filters, name: str) -> tuple[tuple[dt.date, Value], ...]:
    """A share of the measures by month, with its bounds: repeats and first-time fix with the window of the house."""
    days, values = evaluate_over_time(reading, (name,), filters, "month")
    shares = [share_of(measures()[name], int(v.numerator or 0), int(v.denominator or 0)) for v in values[name]]
    return tuple(zip(days, shares, strict=True))


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
    where, parameters = filters.where("failed_on")
    diagnosed = f"{where}{' AND' if where else ' WHERE'} resolved_at >= opened_at AND is_diagnosed"
    found = reading.arrays(
        "SELECT CAST(rowid AS BIGINT) AS row, epoch(failed_at) / 86400.0 AS failed, is_no_fault_found AS nothing "
        f"FROM marts.failure{diagnosed}",
        parameters,
    )
    nothing = found["nothing"].astype(bool)
    rate = Rate(share_of(NOTHING_FOUND, int(nothing.sum()), nothing.size), _slices(found["failed"], nothing))
    every = _after_nothing(reading)
    reports = every.among(np.isin(every.row, found["row"][nothing])) if every else None
    if reports is None or not reports.row.size:
        return NothingFound(rate, _no_value(FOUND_LATER, "no_data"), None, None, None, None)
    later = followed_by_confirmed(reports)
    lift = later.lift
    return NothingFound(rate, _value(FOUND_LATER, later.share), later.expected, lift.value, lift.low, lift.high)


@held
def _after_nothing(reading: Reading) -> AfterNothing | None:
    """What followed every report of nothing found, by the row of marts.failure; None without a report.

    An asset is watched since it was installed, or since the records began; at the latest from its first failure.
    """
    found = reading.arrays(question("nothing_found"))
    failed, installed, nothing = found["failed"], found["installed"], found["is_nothing"].astype(bool)
    if not nothing.any():
        return None
    _, asset = np.unique(found["asset"], return_inverse=True)
    first, since = (np.full(int(asset.max()) + 1, np.inf) for _ in range(2))
    np.minimum.at(first, asset, failed)
    np.minimum.at(since, asset, np.where(np.isnan(installed), -np.inf, installed))
    began = float(reading.rows("SELECT epoch(min(failed_at)) / 86400.0 FROM marts.failure")[0][0])
    start = np.minimum(np.maximum(since, began), first)
    after = after_nothing_found(
        asset, failed, nothing, start=start, end=_end(reading), days=float(house_window(reading))
    )
    return replace(after, row=found["row"][after.row].astype(np.int32), asset=after.asset.astype(np.int32))
