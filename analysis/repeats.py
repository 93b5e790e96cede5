"""Repeat failures: what came back, what was fixed at once, and what was not found the first time.

Two jobs are of one fault where they have one key (asset and failure). Times are numbers on one clock, hours or days;
windows are in the same unit. What is not known by the end of observation is not used: a job opened after it does not
exist yet, a job closed after it is still open. So a report of last month can be computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.clustered_share import Share, shares
from analysis.groups import Groups, as_floats
from analysis.rates import ShareMethod
from analysis.result import Bools, Estimate, Floats, Ints, Reason, Result, Values, plain, reasons
from analysis.survival_groups import ended_by_group

WINDOWS = (7.0, 30.0, 90.0, 180.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class RepeatFailures(Result):
    """Arrays by window, or by group and window. n: closed jobs.

    share: closed jobs followed by the same fault within the window ÷ closed jobs whose window has run out. ended: one
    minus Kaplan–Meier at the window, over all closed jobs. Both estimate one probability; the second also uses the jobs
    whose window still runs and is there before the first. `following`: for each job the row of the next one of the same
    fault, −1 where none is known; `days`: from its closing to that opening, NaN where none.
    """

    windows: Floats
    share: Share
    ended: Estimate
    following: Ints
    days: Floats


def following_job(key: ArrayLike, opened_at: ArrayLike, closed_at: ArrayLike) -> Ints:
    """For each job the row of the next job of the same key opened after it was closed; −1 where there is none.

    key: shape (n,), numbers or texts; opened_at, closed_at: shape (n,), closed_at NaN for open jobs (they have no
    next). "After" is strict: a job opened before the closing, or at its very instant, was reported while the earlier
    one was in work and is no repeat of it. (Times in whole days thus lose what came back on the day of the closing:
    give hours.) Several jobs may have the same next one; of those opened at one instant it is the first row. O(n log
    n).
    """
    keys = np.asarray(key)
    opened, closed = as_floats(opened_at, "opened_at"), np.asarray(closed_at, dtype=np.float64)
    if keys.shape != opened.shape or closed.shape != opened.shape:
        raise ValueError(
            f"key, opened_at and closed_at must be of one length, not {keys.shape}, {opened.shape}, {closed.shape}"
        )
    early = closed < opened
    if early.any():
        raise ValueError(f"closed_at must not lie before opened_at, found {closed[early][0]:g} < {opened[early][0]:g}")
    found = np.full(opened.size, -1, dtype=np.int64)
    if not opened.size:
        return found
    order = np.lexsort((opened, keys))
    k, o, c = keys[order], opened[order], closed[order]
    ends = np.append(np.flatnonzero(k[1:] != k[:-1]) + 1, k.size)
    high = np.repeat(ends, np.diff(ends, prepend=0))
    low = np.arange(1, k.size + 1)
    # Nearly always the next row is it; among overlapping jobs it is looked for by halving, all at once.
    open_rows = np.flatnonzero((low < high) & (o[np.minimum(low, k.size - 1)] <= c))
    first, last, limit = low[open_rows] + 1, high[open_rows], c[open_rows]
    while (first < last).any():
        middle = np.minimum((first + last) // 2, k.size - 1)
        on = (first < last) & (o[middle] <= limit)
        first, last = np.where(on, middle + 1, first), np.where(on | (first >= last), last, middle)
    low[open_rows] = first
    known = (low < high) & ~np.isnan(c)
    found[order[known]] = order[low[known]]
    return found


def repeat_failures(
    key: ArrayLike,
    opened_at: ArrayLike,
    closed_at: ArrayLike,
    end: float,
    *,
    windows: ArrayLike = WINDOWS,
    group: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    method: ShareMethod = "jeffreys",
    confidence: float = 0.95,
) -> RepeatFailures:
    """Of the jobs that were closed, how many came back with the same fault within 7, 30, 90 and 180 days?

    key: shape (n,), the asset and failure of each job; opened_at, closed_at: shape (n,), NaN where still open;
    end: the last moment of observation. windows: shape (K,). group: shape (n,), what the *closed* job is
    counted under (its technician or model); the next job may be of another group. Jobs of nobody get a
    number of their own: left out, they could not be anyone's repeat.

    A job repeats within W if the next job of its key that was opened after it closed (`following_job`) was opened at
    most W later. The share counts only jobs closed at least W before `end`: without that rule young jobs, which had no
    time to come back, flatter the last months. Its interval: see `proportion`; Jeffreys' by default, since the rates
    are compared and watched, where coverage near the level matters more than coverage never below it, and since it
    takes the effective numbers that clusters need. `ended` is one minus Kaplan–Meier (see `ended_by_group`),
    right-censored at `end`.

    cluster: shape (n,), the asset of each job. Jobs of one asset are alike, so the bounds of independent jobs are too
    narrow; with clusters the variance of the share is that of a ratio estimator over assets, m·Σ(y − p·m)² (Cochran
    1977, Sampling Techniques §11.8), and the interval takes the effective number of jobs p(1 − p) ÷ variance, at
    most n, and degrees of freedom (Korn and Graubard 1998, Survey Methodology 24:193, with the beta quantiles of
    `method`). A group with one asset then has no bounds (TOO_FEW). The bounds of `ended` take jobs as independent in
    either case.

    No value where no job is mature (NOT_MATURE) or closed (NO_DATA). O(n log n). Raises ValueError for jobs closed
    before they were opened, arrays of different length, and windows that are not above 0.
    """
    spans = as_floats(windows, "windows", above=0)
    jobs = _Jobs.of(key, opened_at, closed_at, end)
    groups = Groups.of(group, jobs.closed.size)
    share = _share_within(jobs, spans, groups, cluster, end, method, confidence)
    watched = np.where(np.isnan(jobs.days), end - jobs.closed, jobs.days)[jobs.done]
    ended = ended_by_group(
        watched,
        ~np.isnan(jobs.days[jobs.done]),
        groups.code[jobs.done],
        at=spans,
        confidence=confidence,
        group_count=groups.count,
    )
    n = groups.sum(jobs.done).astype(np.int64)
    single = group is None
    return RepeatFailures(
        n=plain(n[0]) if single else n,
        method="share with full follow-up; 1 − Kaplan-Meier",
        confidence=confidence,
        reason=plain(reasons(n.shape, (n == 0, Reason.NO_DATA))[0])
        if single
        else reasons(n.shape, (n == 0, Reason.NO_DATA)),
        windows=spans,
        share=share[0] if single else share,
        ended=ended[0] if single else ended,
        following=jobs.following,
        days=jobs.days,
    )


def repeat_share(
    closed_at: ArrayLike,
    days: ArrayLike,
    end: float,
    *,
    windows: ArrayLike = WINDOWS,
    cluster: ArrayLike | None = None,
    method: ShareMethod = "jeffreys",
    confidence: float = 0.95,
) -> Share:
    """The share of `repeat_failures`, by window, where it is known already when each job came back.

    days: shape (n,), from the closing of each job to the opening of the next one of its key, NaN where none is known.
    """
    spans = as_floats(windows, "windows", above=0)
    jobs = _Jobs.known(closed_at, days, end)
    return _share_within(jobs, spans, Groups.of(None, jobs.closed.size), cluster, end, method, confidence)[0]


def _share_within(
    jobs: _Jobs,
    spans: Floats,
    groups: Groups,
    cluster: ArrayLike | None,
    end: float,
    method: ShareMethod,
    confidence: float,
) -> Share:
    # Window by window in memory, as they are counted.
    within = (jobs.days <= spans[:, None]).T
    mature = (jobs.closed + spans[:, None] <= end).T
    return shares(within & mature, mature, jobs.done, groups, cluster, method, confidence)


def first_time_fix(
    key: ArrayLike,
    opened_at: ArrayLike,
    closed_at: ArrayLike,
    visits: ArrayLike,
    end: float,
    *,
    days: float = 30.0,
    group: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    method: ShareMethod = "jeffreys",
    confidence: float = 0.95,
) -> Share:
    """Of the jobs on site, how many were done at the first visit, and the same fault did not come back on the asset?

    visits: shape (n,), how many visits each job took until it was resolved (`credit_visit` counts them). Fixed at first
    are jobs of one visit without a repeat within `days`; the denominator is jobs resolved at least `days` before `end`
    with at least one visit. Jobs resolved without any (by telephone) are in neither. closed_at is when the job was
    resolved; all else as in `repeat_failures`.
    """
    jobs = _Jobs.of(key, opened_at, closed_at, end)
    share = _share_of_fixed(jobs, visits, Groups.of(group, jobs.closed.size), cluster, end, days, method, confidence)
    return share[0] if group is None else share


def first_time_share(
    closed_at: ArrayLike,
    returned: ArrayLike,
    visits: ArrayLike,
    end: float,
    *,
    days: float = 30.0,
    cluster: ArrayLike | None = None,
    method: ShareMethod = "jeffreys",
    confidence: float = 0.95,
) -> Share:
    """The share of `first_time_fix` where it is known already after how many days each job came back (`returned`, NaN for
    none)."""
    jobs = _Jobs.known(closed_at, returned, end)
    return _share_of_fixed(jobs, visits, Groups.of(None, jobs.closed.size), cluster, end, days, method, confidence)[0]


def _share_of_fixed(
    jobs: _Jobs,
    visits: ArrayLike,
    groups: Groups,
    cluster: ArrayLike | None,
    end: float,
    days: float,
    method: ShareMethod,
    confidence: float,
) -> Share:
    times = as_floats(visits, "visits", least=0)
    if times.shape != jobs.closed.shape:
        raise ValueError(f"visits must hold one number per job ({jobs.closed.size}), not {times.size}")
    if not days > 0:
        raise ValueError(f"days must be above 0, not {days}")
    mature = (jobs.closed + days <= end) & (times > 0)
    fixed = mature & (times == 1) & ~(jobs.days <= days)
    share = shares(fixed[:, None], mature[:, None], jobs.done & (times > 0), groups, cluster, method, confidence)
    picked: dict[str, Any] = {
        name: getattr(share, name)[:, 0] for name in ("n", "value", "low", "high", "numerator", "denominator", "reason")
    }
    return Share(method=share.method, confidence=confidence, **picked)


@dataclass(frozen=True, eq=False, kw_only=True)
class NoFaultFoundChains(Result):
    """n: reports of no fault found with full follow-up.

    share: of those, how many were followed by a confirmed fault on the same asset within the window. expected: the
    share that chance alone would give. lift: share ÷ expected. median_days: to the confirmed fault, among those
    followed. chain: for each row the number of its chain, −1 for confirmed faults; chain_length: how many times in a
    row nothing was found; chain_confirmed: whether a confirmed fault ended it within the window.
    """

    share: Share
    expected: Values
    lift: Estimate
    median_days: Values
    chain: Ints
    chain_length: Ints
    chain_confirmed: Bools


def no_fault_found_chains(
    asset: ArrayLike,
    at: ArrayLike,
    no_fault_found: ArrayLike,
    *,
    start: ArrayLike,
    end: ArrayLike,
    days: float = 30.0,
    method: ShareMethod = "jeffreys",
    confidence: float = 0.95,
) -> NoFaultFoundChains:
    """Where nothing was found, was something there after all?

    One row per diagnosed report. asset: shape (n,), numbers 0 …; at: when; no_fault_found: False where the fault was
    confirmed. start, end: observation of all assets, or one of each asset, shape (assets,).

    Followed: a confirmed fault on the same asset later (strictly) by at most `days`; counted are reports at least
    `days` before the end. Chance: the probability that a confirmed fault follows within `days` of a random moment of
    the observation of the same asset, exactly: the share of its time that lies within `days` before any of its
    confirmed faults. That takes a bad asset for what it is, and counts the faults that followed too: the lift is rather
    too low. Its bounds are those of the share (assets are clusters, see `repeat_failures`) ÷ expected, taken as known:
    rather too wide, as what assets are known to differ by counts as chance in them.

    A chain: reports of nothing found on one asset, each at most `days` after the one before, with no confirmed fault
    between. O(n log n). Raises ValueError for times outside the observation and arrays of different length.
    """
    time, nothing = as_floats(at, "at"), np.asarray(no_fault_found, dtype=bool)
    if nothing.shape != time.shape:
        raise ValueError(f"no_fault_found must hold one value per report ({time.size}), not {nothing.size}")
    if not days > 0:
        raise ValueError(f"days must be above 0, not {days}")
    after = after_nothing_found(asset, time, nothing, start=start, end=end, days=days)
    found = followed_by_confirmed(after, method=method, confidence=confidence)
    groups, _, _ = observed_assets(asset, time, start, end)
    # Confirmed faults first where times are equal: what follows in the order is then strictly later.
    order = np.lexsort((nothing, time, groups.code))
    code, t, nff = groups.code[order], time[order], nothing[order]
    new = nff & ~np.append(False, nff[:-1] & (code[1:] == code[:-1]) & (t[1:] - t[:-1] <= days))[: t.size]
    chain_of = np.cumsum(new) - 1
    chain = np.full(t.size, -1, dtype=np.int64)
    chain[order[nff]] = chain_of[nff]
    count = int(new.sum())
    ended = np.zeros(count, dtype=bool)
    np.logical_or.at(ended, chain_of[nff], _ends_chain(code, t, nff, days)[nff])
    followed = after.mature & (after.days_to <= days)
    return NoFaultFoundChains(
        n=found.n,
        method=found.method,
        confidence=confidence,
        reason=found.reason,
        share=found.share,
        expected=found.expected,
        lift=found.lift,
        median_days=float(np.median(after.days_to[followed])) if followed.any() else None,
        chain=chain,
        chain_length=np.bincount(chain_of[nff], minlength=count),
        chain_confirmed=ended,
    )


@dataclass(frozen=True, eq=False)
class AfterNothing:
    """Reports of nothing found: the asset, whether there is full follow-up, the days to the next confirmed fault (NaN for
    none), and the probability that one follows within the window of a random moment of the asset's observation.

    row: which of the rows that were given each report is.
    """

    row: Ints | NDArray[np.int32]
    asset: Ints | NDArray[np.int32]
    mature: Bools
    days_to: Floats
    chance: Floats
    window: float

    def among(self, reports: Ints | Bools) -> AfterNothing:
        """Some of the reports."""
        return AfterNothing(
            self.row[reports],
            self.asset[reports],
            self.mature[reports],
            self.days_to[reports],
            self.chance[reports],
            self.window,
        )


def after_nothing_found(
    asset: ArrayLike, at: ArrayLike, no_fault_found: ArrayLike, *, start: ArrayLike, end: ArrayLike, days: float = 30.0
) -> AfterNothing:
    """What followed each report of nothing found: arguments as `no_fault_found_chains`, which says what is asked.

    For many selections of reports this need be found out only once.
    """
    time, nothing = as_floats(at, "at"), np.asarray(no_fault_found, dtype=bool)
    groups, begin, stop = observed_assets(asset, time, start, end)
    # Confirmed faults first where times are equal: what follows in the order is then strictly later.
    order = np.lexsort((nothing, time, groups.code))
    code, t, nff = groups.code[order], time[order], nothing[order]
    chance = _covered(code[~nff], t[~nff], begin, stop - days, days, groups.count)
    mature = t + days <= stop[code]
    return AfterNothing(
        order[nff], code[nff], mature[nff], _days_to_confirmed(code, t, nff)[nff], chance[code[nff]], days
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Followed(Result):
    """`share`, `expected` and `lift` of `NoFaultFoundChains`; n: reports with full follow-up."""

    share: Share
    expected: Values
    lift: Estimate


def followed_by_confirmed(
    after: AfterNothing, *, method: ShareMethod = "jeffreys", confidence: float = 0.95
) -> Followed:
    """How many of some reports of nothing found were followed by a confirmed fault, and how many by chance."""
    mature = after.mature
    followed = mature & (after.days_to <= after.window)
    one = Groups.of(None, mature.size)
    everything = np.ones(mature.size, dtype=bool)
    share = shares(followed[:, None], mature[:, None], everything, one, after.asset, method, confidence)[0]
    n = int(mature.sum())
    expected = float(after.chance[mature].mean()) if n else None
    value, low, high = (plain(v[0]) for v in (share.value, share.low, share.high))
    reason = plain(share.reason[0])
    return Followed(
        n=n,
        method="share followed, assets as clusters; chance from the asset's own confirmed faults",
        confidence=confidence,
        reason=reason,
        share=Share(
            n=n,
            method=share.method,
            confidence=confidence,
            reason=reason,
            value=value,
            low=low,
            high=high,
            numerator=int(followed.sum()),
            denominator=n,
        ),
        expected=expected,
        lift=Estimate(
            n=n,
            method="share ÷ share by chance",
            confidence=confidence,
            reason=Reason.NO_EVENTS if expected == 0 else reason,
            value=None if value is None or not expected else value / expected,
            low=None if low is None or not expected else low / expected,
            high=None if high is None or not expected else high / expected,
        ),
    )


def observed_assets(asset: ArrayLike, at: Floats, start: ArrayLike, end: ArrayLike) -> tuple[Groups, Floats, Floats]:
    """Rows by asset, and from when to when each asset was observed. Raises ValueError for rows outside of that."""
    begin, stop = np.broadcast_arrays(np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64))
    assets = Groups.of(asset, at.size, begin.size if begin.ndim else None)
    begin, stop = (np.broadcast_to(v, (assets.count,)) for v in (begin, stop))
    if not ((at >= begin[assets.code]) & (at <= stop[assets.code])).all():
        raise ValueError("at must lie between start and end of the observation of each asset")
    return assets, begin, stop


@dataclass(frozen=True, eq=False)
class _Jobs:
    """Jobs as they were known at the end of observation. `closed`, `days` NaN where not."""

    closed: Floats
    done: Bools
    following: Ints
    days: Floats

    @classmethod
    def of(cls, key: ArrayLike, opened_at: ArrayLike, closed_at: ArrayLike, end: float) -> _Jobs:
        if not np.isfinite(end):
            raise ValueError(f"end must be a moment, not {end}")
        keys, opened = np.asarray(key), as_floats(opened_at, "opened_at")
        closed = np.asarray(closed_at, dtype=np.float64)
        following = following_job(keys, opened, closed)
        done = (opened <= end) & (closed <= end)
        # The next job is the earliest one: where that was opened after the end, none was before.
        known = done & (following >= 0) & (opened[following] <= end)
        days = np.where(known, opened[following] - closed, np.nan)
        return cls(np.where(done, closed, np.nan), done, np.where(known, following, -1), days)

    @classmethod
    def known(cls, closed_at: ArrayLike, days: ArrayLike, end: float) -> _Jobs:
        """Of which it is known already when each came back, but not with which job."""
        if not np.isfinite(end):
            raise ValueError(f"end must be a moment, not {end}")
        closed, after = np.asarray(closed_at, dtype=np.float64), np.asarray(days, dtype=np.float64)
        if closed.shape != after.shape:
            raise ValueError(f"closed_at and days must be of one length, not {closed.shape} and {after.shape}")
        if (after <= 0).any():
            raise ValueError("days must be above 0: what was opened before a job was closed is no repeat of it")
        done = closed <= end
        seen = done & (closed + after <= end)
        return cls(np.where(done, closed, np.nan), done, np.full(closed.size, -1), np.where(seen, after, np.nan))


def _days_to_confirmed(code: Ints, t: Floats, nff: Bools) -> Floats:
    """In the order of (asset, time): from each row to the next confirmed fault after it; NaN where there is none."""
    rows = np.arange(t.size)
    later = np.append(np.minimum.accumulate(np.where(nff, t.size, rows)[::-1])[::-1][1:], t.size)
    found = later < t.size
    at = np.where(found, later, 0)
    found &= code[at] == code if t.size else found
    return np.where(found, (t[at] if t.size else t) - t, np.nan)


def _ends_chain(code: Ints, t: Floats, nff: Bools, days: float) -> Bools:
    """Rows of nothing found whose next row of the asset is a confirmed fault within the window."""
    close = (code[1:] == code[:-1]) & (t[1:] - t[:-1] <= days) & ~nff[1:]
    ends: Bools = nff & np.append(close, False)[: t.size]
    return ends


def _covered(code: Ints, t: Floats, begin: Floats, stop: Floats, days: float, count: int) -> Floats:
    """By asset: the share of [begin, stop] within `days` before an event. code and t ascend by (asset, time)."""
    before = np.append(-np.inf, np.where(code[1:] == code[:-1], t[:-1], -np.inf))[: t.size]
    low = np.maximum(np.maximum(t - days, before), begin[code])
    length = np.maximum(np.minimum(t, stop[code]) - low, 0.0)
    span = stop - begin
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(span > 0, np.bincount(code, weights=length, minlength=count) / span, 0.0)
