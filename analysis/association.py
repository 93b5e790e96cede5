"""Which failure modes go together: in one job or unit, or one after the other on the same asset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.special import bdtrc, gammaln

from analysis.groups import Groups, as_floats
from analysis.multiple import benjamini_hochberg
from analysis.repeats import observed_assets
from analysis.result import Floats, Ints, Result
from analysis.running import count_until, starts
from analysis.shrinkage import gamma_poisson, gamma_posterior


@dataclass(frozen=True, eq=False, kw_only=True)
class Associations(Result):
    """One row per pair of modes that occurred, the most significant first; pairs that never did have p = 1.

    first, second: the modes (`second` after `first` where there is an order). observed: how often; expected: by chance;
    lift: observed ÷ expected. p: of so many or more by chance; q: Benjamini–Hochberg over *all* pairs, `pairs` of
    them, those that never occurred included. n: occurrences of the rarer (or the second) mode.
    """

    first: Ints
    second: Ints
    observed: Ints
    expected: Floats
    lift: Floats
    p: Floats
    q: Floats
    pairs: int


def mode_association(unit: ArrayLike, mode: ArrayLike, *, unit_count: int | None = None) -> Associations:
    """Which failure modes occur in the same job, or on the same asset, more often than by chance?

    One row per finding: unit, shape (n,), the number 0 … of the job (or asset); mode, shape (n,), numbers 0 …. A mode
    found twice in a unit counts once. unit_count: how many units there are in all, those without a finding included; by
    default those with a finding, among which modes avoid each other: who has none of the others must have this one.

    Given how many units have each mode, a pair shares n_A·n_B/N units by chance; p is Fisher's exact one-sided p, P(X ≥
    observed) of the hypergeometric distribution. All pairs at once: a product of a sparse matrix with its transpose, so
    the cost grows with Σ (modes of a unit)². Raises ValueError for arrays of different length, and numbers below 0 or
    beyond unit_count.
    """
    units = Groups.of(unit, np.size(unit), unit_count)
    modes = Groups.of(mode, units.code.size)
    pair = np.unique(units.code * max(modes.count, 1) + modes.code)
    u, m = pair // max(modes.count, 1), pair % max(modes.count, 1)
    present = csr_array((np.ones(u.size, dtype=np.int64), (u, m)), shape=(units.count, modes.count))
    together = (present.T @ present).tocoo()
    a, b = together.coords
    upper = a < b
    a, b, observed = a[upper].astype(np.int64), b[upper].astype(np.int64), together.data[upper]
    having = np.bincount(m, minlength=modes.count)
    total = int(np.unique(u).size) if unit_count is None else unit_count
    p = _hypergeometric_tail(observed, having[a], having[b], total)
    number = int(np.count_nonzero(having))
    return _ranked(
        a,
        b,
        observed,
        having[a] * having[b] / max(total, 1),
        p,
        n=np.minimum(having[a], having[b]),
        pairs=number * (number - 1) // 2,
        method="Fisher's exact test, one-sided, Benjamini-Hochberg",
    )


def mode_sequence(
    asset: ArrayLike, mode: ArrayLike, at: ArrayLike, *, start: ArrayLike, end: ArrayLike, days: float = 30.0
) -> Associations:
    """After failure mode A, does B follow on the same asset within `days` more often than it comes anyway?

    One row per failure: asset, mode, shape (n,), numbers 0 …; at: when. start, end: observation of all assets, or one
    of each asset, shape (assets,) (assets that never failed may follow at the end). A mode after itself is a repeat,
    not a pair: see `repeat_failures`.

    Observed: failures B with at least one A on the asset in the `days` before (strictly before). Expected: B's number ×
    the share of the fleet's observation that lies within `days` after an A, each asset's time weighted with how often
    it fails altogether (empirical Bayes, `gamma_poisson`). Without that weight every pair looks linked, because bad
    assets have more of everything. p is the exact binomial tail given B's number; assumes that B comes at a constant
    rate on each asset, in proportion to the asset's rate of all failures. Ageing fleets and common bad weather also
    bring failures together.

    The cost grows with the number of pairs of failures of one asset within `days`. Raises ValueError for times
    outside the observation, days ≤ 0, arrays of different length.
    """
    time = as_floats(at, "at")
    modes = Groups.of(mode, time.size)
    if not days > 0:
        raise ValueError(f"days must be above 0, not {days}")
    assets, begin, stop = observed_assets(asset, time, start, end)
    weight = _proneness(assets, stop - begin)

    order = np.lexsort((time, assets.code))
    code, kind, t = assets.code[order], modes.code[order], time[order]
    observed = _preceded(code, kind, t, assets.count, modes.count, days).tocoo()
    a, b = observed.coords
    other = a != b
    a, b, seen = a[other].astype(np.int64), b[other].astype(np.int64), observed.data[other]
    after = _time_after(code, kind, t, stop, modes.count, days, weight)
    share = np.minimum(after / max(float(weight @ (stop - begin)), 1e-300), 1.0)
    times = modes.size()
    number = int(np.count_nonzero(times))
    return _ranked(
        a,
        b,
        seen,
        times[b] * share[a],
        bdtrc(seen - 1.0, times[b], share[a]),
        n=times[b],
        pairs=number * (number - 1),
        method="exact binomial tail given the second mode's number, Benjamini-Hochberg",
    )


def _proneness(assets: Groups, exposure: Floats) -> Floats:
    """By asset: its rate of all failures, drawn towards the fleet's; 1 for all where the fleet is too small to tell."""
    failures = assets.size()
    if not ((exposure > 0) | (failures == 0)).all():
        raise ValueError("end must lie after start for each asset that failed")
    prior = gamma_poisson(failures, exposure)
    if prior.reason:
        return np.ones(assets.count)
    return gamma_posterior(prior, failures, exposure).value


def _preceded(code: Ints, kind: Ints, t: Floats, assets: int, modes: int, days: float) -> csr_array:
    """(A, B) → failures B with an A in the `days` before. Rows in the order of (asset, time)."""
    n = t.size
    begin = starts(code, assets)[code]
    first = begin + count_until(code, t, code, t - days, inclusive=False, count=assets)
    last = begin + count_until(code, t, code, t, inclusive=False, count=assets)
    length = last - first
    pointer = np.concatenate(([0], np.cumsum(length)))
    earlier = np.arange(pointer[-1]) - np.repeat(pointer[:-1] - first, length)
    follows = csr_array((np.ones(earlier.size), earlier, pointer), shape=(n, n))
    is_mode = csr_array((np.ones(n), (np.arange(n), kind)), shape=(n, modes))
    before = follows @ is_mode
    before.data[:] = 1.0  # one A before is enough
    return (before.T @ is_mode).tocsr()


def _time_after(code: Ints, kind: Ints, t: Floats, stop: Floats, modes: int, days: float, weight: Floats) -> Floats:
    """By mode: the weighted time of all assets that lies within `days` after a failure of it."""
    order = np.lexsort((t, kind, code))
    c, k, s = code[order], kind[order], t[order]
    same = (c[1:] == c[:-1]) & (k[1:] == k[:-1])
    until = np.append(np.where(same, s[1:], np.inf), np.full(min(s.size, 1), np.inf))
    length = np.minimum(np.minimum(until, s + days), stop[c]) - s
    after: Floats = np.bincount(k, weights=length * weight[c], minlength=modes).astype(np.float64, copy=False)
    return after


def _hypergeometric_tail(x: Ints, a: Ints, b: Ints, total: int) -> Floats:
    """P(X ≥ x) when b units are drawn from `total` of which a have the mode.

    Summed from x away from the mean, each term from the one before, for all pairs at once; the number of steps grows
    with the standard deviation. Below the mean it is one minus the sum downwards.
    """
    above = x * total > a * b
    k = np.where(above, x, x - 1).astype(np.float64)
    lowest, highest = np.maximum(a + b - total, 0), np.minimum(a, b)
    log = _log_choose(a, k) + _log_choose(total - a, b - k) - _log_choose(np.full(x.size, total), b)
    term = np.where((k >= lowest) & (k <= highest), np.exp(log), 0.0)
    tail = term.copy()
    rows = np.flatnonzero(term > 0)
    while rows.size:
        i, ai, bi, up = k[rows], a[rows], b[rows], above[rows]
        growing = (ai - i) * (bi - i) / ((i + 1) * (total - ai - bi + i + 1))
        shrinking = i * (total - ai - bi + i) / ((ai - i + 1) * (bi - i + 1))
        term[rows] *= np.where(up, growing, shrinking)
        k[rows] += np.where(up, 1, -1)
        tail[rows] += term[rows]
        rows = rows[term[rows] > 1e-17 * tail[rows]]
    return np.clip(np.where(above, tail, 1 - tail), 0.0, 1.0)


def _log_choose(n: Floats | Ints, k: Floats | Ints) -> Floats:
    inside = np.clip(k, 0, n)
    return np.asarray(gammaln(n + 1.0) - gammaln(inside + 1.0) - gammaln(n - inside + 1.0))


def _ranked(
    a: Ints, b: Ints, observed: Floats, expected: Floats, p: Floats, *, n: Ints, pairs: int, method: str
) -> Associations:
    order = np.lexsort((b, a, -observed / np.maximum(expected, 1e-300), p))
    return Associations(
        n=n[order],
        method=method,
        first=a[order],
        second=b[order],
        observed=observed[order].astype(np.int64),
        expected=expected[order],
        lift=(observed / expected)[order],
        p=p[order],
        q=benjamini_hochberg(p, tests=pairs)[order],
        pairs=pairs,
    )
