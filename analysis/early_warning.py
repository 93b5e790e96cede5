"""Which of very many cells (component × model × region) fail more lately than their own past, the season taken out?

The model of a cell's failures in a period: Poisson with the mean exposure × season × rate of the cell, varying more
than that from window to window (overdispersion), and the rates of cells that are peers come from one gamma
distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.special import betainc, betaincinv

from analysis.change import largest_ratio
from analysis.groups import Groups, checked_confidence
from analysis.multiple import benjamini_hochberg
from analysis.periods import Periods, anywhere
from analysis.result import Bools, Estimate, Floats, Ints, Reason, Result, Values, reasons

# Groups with fewer cells than this cannot tell their own spread: they take that of all cells together.
_CELLS_FOR_OWN_SPREAD = 10
_SEASON_STEPS = 20
_nodes, _weights = np.polynomial.hermite_e.hermegauss(5)
_NORMAL_NODES = _nodes, _weights / np.sqrt(2 * np.pi)


@dataclass(frozen=True, eq=False, kw_only=True)
class EarlyWarning(Result):
    """One row per cell; n is its number of failures in all periods, past and recent.

    observed, expected: failures in the recent window, and what the cell's own past, its peers and the season let
    expect; ratio = observed/expected with bounds that hold the uncertainty of both. p_value: the chance of that many
    (few) by chance; q_value: the false-discovery rate at which the cell is still a finding; signal: q at most the rate
    asked for. since: the position of the period in which the change most likely began, −1 without a signal. season:
    (season groups, cycle) factors with mean 1. overdispersion: by peer group, φ in variance = mean + φ·mean².
    """

    observed: Floats
    expected: Floats
    ratio: Estimate
    p_value: Floats
    q_value: Floats
    signal: Bools
    since: Ints
    season: Floats
    overdispersion: Floats

    @cached_property
    def ranking(self) -> Ints:
        """Cells from the strongest finding to the weakest; those without an answer last."""
        return np.lexsort((-np.abs(np.log(np.maximum(self.ratio.value, 1e-300))), self.p_value))


def early_warning(
    count: ArrayLike,
    exposure: ArrayLike | None = None,
    *,
    recent: int = 3,
    cycle: int | None = 12,
    season_group: ArrayLike | None = None,
    peer_group: ArrayLike | None = None,
    direction: Literal["up", "down"] = "up",
    false_discovery_rate: float = 0.1,
    confidence: float = 0.95,
    mid_p: bool = False,
) -> EarlyWarning:
    """In which cells do failures come more often lately than in their own past?

    count: failures, (cells, periods), equally spaced, the last is the latest; exposure: units in service (or None, a
    number, one per period, of the shape of count). Periods that are NaN or not exposed are left out. recent: how many
    of the last periods are judged; all before are the past. cycle: periods of a season (12 months); None for none.
    season_group: codes 0 … of cells that share a season (component, product group); peer_group: codes of cells whose
    rates are alike (default: the season groups). direction: "down" finds improvements instead. mid_p: count only half
    of the chance of exactly what was seen: more power with small counts, at the price of a false-discovery rate that
    may be a fifth too high.

    How: 1. seasonal factors per season group from the past, fitted together with the rates of the cells, each shrunk to
    the factor of all cells as far as chance explains the difference, and that to 1. 2. overdispersion per peer group,
    from sums over windows as long as the recent one, so that it includes what neighbouring periods share. 3. rates
    shrunk to their peers (empirical Bayes, gamma–Poisson). 4. p = P(at least the observed) by the negative binomial
    that holds Poisson noise and overdispersion, averaged over what remains uncertain of rate and season. 5. Benjamini
    and Hochberg (1995) over all cells.

    Small counts make the p-values too large, never too small, so of the signals at most `false_discovery_rate` are
    false on average. Assumes a past without trend (a slow rise counts as overdispersion), at least two seasons in it
    for factors that are more than last year's accidents, and groups of some tens of cells (smaller ones take the spread
    of all). A rise that everybody shares signals everywhere. Sources: Clayton and Kaldor (1987) for the shrinkage with
    moments; Noufaily et al. (2013), Statistics in Medicine 32:1206, for the kind of detection. Time and memory grow as
    cells × periods.

    Cells without exposure in the past or the recent window have no p-value (NO_EXPOSURE). Raises ValueError where the
    past is shorter than the cycle or than two windows, and for shapes and codes that do not fit.
    """
    periods = Periods.of(count, exposure)
    cells, width = periods.count.shape
    past = width - recent
    _check(recent, past, cycle, direction, false_discovery_rate, confidence)
    seasons = Groups.of(None if season_group is None else np.asarray(season_group), cells)
    peers = seasons if peer_group is None else Groups.of(np.asarray(peer_group), cells)
    factors = _Season.of(periods, past, cycle, seasons)
    phi = _overdispersion(_Windows.of(periods.count, factors.exposure(periods, factors.raw), past, recent), peers)
    season, season_cv2 = factors.shrunk(phi[peers.code], seasons)
    adjusted = factors.exposure(periods, season)
    windows = _Windows.of(periods.count, adjusted, past, recent)
    shape, counted, rate = _posterior(windows, peers, phi)
    now = adjusted[:, past:]
    exposed = now.sum(axis=1)
    observed = periods.count[:, past:].sum(axis=1)
    answer = (exposed > 0) & (windows.exposure > 0)
    expected = np.where(answer, rate * exposed, np.nan)
    varies = phi[peers.code] * np.maximum(_concentration(now, recent) / windows.concentration, 1.0)
    season_error = factors.of_window(now, exposed, season_cv2, past)
    p = _tail(observed, expected, *_spreads(shape, counted, varies, season_error), direction, mid_p)
    size = 1 / ((1 + varies) * (1 + 1 / shape) * (1 + season_error) - 1)
    q = benjamini_hochberg(p)
    signal = np.nan_to_num(q, nan=1.0) <= false_discovery_rate
    reason = reasons(cells, (~anywhere(periods.known), Reason.NO_DATA), (~answer, Reason.NO_EXPOSURE))
    n = periods.count.sum(axis=1).astype(np.int64)
    found = EarlyWarning(
        n=n, method=f"early warning, last {recent} of {width} periods, {direction}, false-discovery rate "
        f"{false_discovery_rate:g}", confidence=confidence, reason=reason,
        observed=observed, expected=expected, ratio=_ratio(observed, expected, size, confidence, n, reason),
        p_value=p, q_value=q, signal=signal, since=_since(periods.count, adjusted, signal, direction, recent),
        season=season, overdispersion=phi,
    )  # fmt: skip
    return found[0] if periods.single else found


def _check(
    recent: int, past: int, cycle: int | None, direction: str, false_discovery_rate: float, confidence: float
) -> None:
    if recent < 1:
        raise ValueError(f"recent must be at least 1, not {recent}")
    if cycle is not None and cycle < 2:
        raise ValueError(f"cycle must be at least 2 or None, not {cycle}")
    least = max(2 * recent, cycle or 0)
    if past < least:
        raise ValueError(f"count must have at least {least} periods before the {recent} recent ones, not {past}")
    if direction not in {"up", "down"}:
        raise ValueError(f"direction must be 'up' or 'down', not {direction!r}")
    if not 0 < false_discovery_rate < 1:
        raise ValueError(f"false_discovery_rate must lie between 0 and 1, not {false_discovery_rate}")
    checked_confidence(confidence)


@dataclass(frozen=True, eq=False)
class _Season:
    """Seasonal factors as observed, (groups, cycle), with the failures they were expected from."""

    raw: Floats
    expected: Floats  # Σ rate × exposure of the group in that phase
    concentration: Floats  # Σ (expected of a cell)² / (expected)²: 1/cells where all are alike
    code: Ints
    phase: Ints  # of every period

    @classmethod
    def of(cls, periods: Periods, past: int, cycle: int | None, groups: Groups) -> _Season:
        """Rates and factors fitted in turn to the totals of cells and of phases (iterative proportional fitting)."""
        cells, width = periods.count.shape
        length = cycle or 1
        count, exposure = (_by_phase(v[:, :past], length) for v in (periods.count, periods.exposure))
        member = csr_array((np.ones(cells), (groups.code, np.arange(cells))), shape=(groups.count, cells))
        seen, total = member @ count, count.sum(axis=1)
        factors = np.ones(seen.shape)
        for _ in range(_SEASON_STEPS if cycle else 1):
            weighted = np.einsum("ij,ij->i", exposure, factors[groups.code] if groups.count > 1 else factors)
            level = np.divide(total, weighted, out=np.zeros(cells), where=weighted > 0)
            expected = member @ (level[:, None] * exposure)
            if not cycle:
                break
            last, factors = factors, np.divide(seen, expected, out=np.ones(seen.shape), where=expected > 0)
            mean = factors.mean(axis=1, keepdims=True)
            factors = np.divide(factors, mean, out=np.ones(seen.shape), where=mean > 0)
            if np.abs(factors - last).max(initial=0.0) < 1e-6:
                break
        squares = member @ (level[:, None] * exposure) ** 2
        share = np.divide(squares, expected**2, out=np.zeros(seen.shape), where=expected > 0)
        return cls(factors, expected, share, groups.code, np.arange(width) % length)

    def exposure(self, periods: Periods, factors: Floats) -> Floats:
        """Exposure times the factor of its cell and period."""
        by_period = factors[:, self.phase]
        return periods.exposure * (by_period[self.code] if len(factors) > 1 else by_period)

    def shrunk(self, phi: Floats, groups: Groups) -> tuple[Floats, Floats]:
        """The factors of each group drawn to those of all cells and those to 1, and their squared relative errors."""
        if self.raw.shape[1] == 1:
            return self.raw, np.zeros(self.raw.shape)
        cells = np.maximum(groups.size(), 1)
        spread = (groups.sum(phi) / cells)[:, None] * self.concentration
        total = self.expected.sum(axis=0, keepdims=True)
        weights = np.divide(self.expected, total, out=np.zeros(self.raw.shape), where=total > 0)
        whole = (weights * self.raw).sum(axis=0, keepdims=True) + (total <= 0)
        common, error = _drawn(whole, np.ones(whole.shape), total, (weights**2 * spread).sum(axis=0, keepdims=True))
        if len(self.raw) == 1:
            return common, error / common**2
        own, error = _drawn(self.raw, np.broadcast_to(common, self.raw.shape), self.expected, spread)
        return own, error / own**2

    def of_window(self, now: Floats, exposed: Floats, cv2: Floats, past: int) -> Floats:
        """The squared relative error of Σ factor × exposure over the recent window of each cell."""
        share = np.divide(now, exposed[:, None], out=np.zeros(now.shape), where=exposed[:, None] > 0)
        by_period = cv2[:, self.phase[past:]]
        error: Floats = (share**2 * (by_period[self.code] if len(cv2) > 1 else by_period)).sum(axis=1)
        return error


def _by_phase(values: Floats, length: int) -> Floats:
    total = np.zeros((len(values), length))
    for start in range(0, values.shape[1], length):
        part = values[:, start : start + length]
        total[:, : part.shape[1]] += part
    return total


def _drawn(factor: Floats, toward: Floats, expected: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Factors drawn to others as far as noise explains the differences (moments), and their error variances.

    The noise of a factor s seen with `expected` failures at s = 1 is s/expected, and s²·spread of overdispersion.
    """
    seen = expected > 0
    noise = np.divide(toward, expected, out=np.full(factor.shape, np.inf), where=seen) + toward**2 * spread
    weight = np.where(seen, 1 / noise, 0.0)
    total = weight.sum()
    between = 0.0
    if total > 0:
        excess = (weight * np.where(seen, factor - toward, 0.0) ** 2).sum() - seen.sum()
        between = max(0.0, float(excess / (total - (weight**2).sum() / total + 1e-300)))
    pull = np.where(seen, between / (between + np.where(seen, noise, 1.0)), 0.0)
    drawn = np.maximum(toward + pull * (factor - toward), 1e-3)
    return drawn, np.where(seen, pull * np.where(seen, noise, 0.0), between)


@dataclass(frozen=True, eq=False)
class _Windows:
    """The past in windows as long as the recent one: per cell Σ over windows."""

    count: Floats
    exposure: Floats
    square_share: Floats  # Σ w², w the shares of the windows in the exposure
    excess: Floats  # Σ (count − w·total)² less what Poisson counts have: what overdispersion has added
    scale: Floats  # what an overdispersion of 1 would have added
    concentration: Floats  # of the periods within the windows

    @classmethod
    def of(cls, count: Floats, exposure: Floats, past: int, recent: int) -> _Windows:
        """Windows end with the past; an incomplete one at its start is left out of the spread."""
        windows = past // recent
        start = past - windows * recent
        y, x = (v[:, start:past].reshape(len(v), windows, recent).sum(axis=2) for v in (count, exposure))
        total, exposed = y.sum(axis=1), x.sum(axis=1)
        w = np.divide(x, exposed[:, None], out=np.zeros(x.shape), where=exposed[:, None] > 0)
        squares = np.einsum("ij,ij->i", w, w)
        cubes = np.einsum("ij,ij,ij->i", w, w, w)
        gap = y - w * total[:, None]
        excess = np.einsum("ij,ij->i", gap, gap) - total * (1 - squares)
        scale = total * (total - 1) * (squares - 2 * cubes + squares**2)
        return cls(
            count[:, :past].sum(axis=1), exposure[:, :past].sum(axis=1), squares, excess, scale,
            _concentration(exposure[:, start:past], recent),
        )  # fmt: skip


def _concentration(exposure: Floats, recent: int) -> Floats:
    """Σ (period)² / Σ (window)² of the exposures: 1/recent where periods are alike, 1 where a window is one period.

    Periods that vary independently make a window vary in this proportion, so one with an unusual mix varies more.
    """
    periods = np.einsum("ij,ij->i", exposure, exposure)
    sums = exposure.reshape(len(exposure), exposure.shape[1] // recent, recent).sum(axis=2)
    windows = np.einsum("ij,ij->i", sums, sums)
    return np.asarray(np.divide(periods, windows, out=np.ones(len(exposure)), where=windows > 0))


def _overdispersion(windows: _Windows, peers: Groups) -> Floats:
    """φ per peer group by moments, given the totals of the cells: no rate need be known.

    E[total·(total − 1)] is (rate·exposure)²·(1 + φ Σw²), hence the second step. Cells count as their failures.
    """
    weight = np.divide(1.0, windows.count, out=np.zeros(windows.count.shape), where=windows.count > 0)
    found, possible = peers.sum(weight * windows.excess), peers.sum(weight * windows.scale)
    squares, counted = peers.sum(windows.square_share * windows.count), peers.sum(windows.count)

    def solved(excess: Floats, scale: Floats, share: Floats, n: Floats) -> Floats:
        ratio = np.divide(excess, scale, out=np.zeros(np.shape(scale)), where=scale > 0)
        mean = np.divide(share, n, out=np.zeros(np.shape(n)), where=n > 0)
        phi: Floats = np.maximum(ratio, 0.0) / np.maximum(1 - ratio * mean, 0.1)
        return phi

    own = solved(found, possible, squares, counted)
    everyone = solved(found.sum(), possible.sum(), squares.sum(), counted.sum())
    return np.where(peers.size() < _CELLS_FOR_OWN_SPREAD, everyone, own)


def _posterior(windows: _Windows, peers: Groups, phi: Floats) -> tuple[Floats, Floats, Floats]:
    """Of each cell's rate, given its past and its peers: the shape of its gamma distribution with and without the
    overdispersion of the past, and its mean."""
    x, y, squares = windows.exposure, windows.count, windows.square_share
    exposed = peers.sum(x)
    # Half a failure more: a group that never failed is not known never to fail.
    mean = np.divide(peers.sum(y) + 0.5, exposed, out=np.ones(peers.count), where=exposed > 0)
    gap = y - mean[peers.code] * x
    seen = x > 0
    found = peers.sum(np.divide(gap**2, x, out=np.zeros(x.shape), where=seen))
    noise = mean * (peers.sum(seen) - 1) + phi * mean**2 * peers.sum(x * squares)
    room = exposed - np.divide(peers.sum(x * x), exposed, out=np.zeros(peers.count), where=exposed > 0)
    room = room + phi * peers.sum(x * squares)
    # Squared relative spread of the rates within the group, and of all groups together.
    relative = np.divide(found - noise, room * mean**2, out=np.zeros(peers.count), where=room > 0)
    everyone = ((found - noise) / mean).sum() / max((room * mean).sum(), 1e-300)
    few = peers.sum(seen) < _CELLS_FOR_OWN_SPREAD
    relative = np.maximum(np.where(few, everyone, relative), 1 / (peers.sum(y) + 0.5))
    relative = np.where(peers.sum(seen) > 1, relative, 2.0)  # alone: as Jeffreys' half a failure
    prior, prior_exposure = (1 / relative)[peers.code], (1 / (relative * mean))[peers.code]
    level = (prior + y) / (prior_exposure + x)
    # Overdispersed counts tell less: as many as have the same variance.
    inflation = 1 + phi[peers.code] * level * x * squares
    shape = prior + y / inflation
    return shape, prior + y, shape / (prior_exposure + x / inflation)


def _spreads(shape: Floats, counted: Floats, phi: Floats, season: Floats) -> tuple[Floats, Floats]:
    """How uncertain the expected number is but for Poisson noise in the past, as standard deviation of its logarithm;
    and the size of the negative binomial of the observed number given that."""
    other = (1 + 1 / shape) * (1 + season) / (1 + 1 / counted)
    return np.sqrt(np.log(np.maximum(other, 1.0))), 1 / ((1 + phi) * (1 + 1 / counted) - 1)


def _tail(observed: Floats, expected: Floats, spread: Floats, size: Floats, direction: str, mid_p: bool) -> Floats:
    """P(at least (at most) as many) under the negative binomial with a mean that is lognormal; NaN without a mean.

    The lognormal has its median at the expected number: what gamma noise in the past makes of a rate is skewed like
    that.
    """
    tail = np.zeros(observed.shape)
    for z, weight in zip(*_NORMAL_NODES, strict=True):
        mean = expected * np.exp(spread * z + spread**2 / 2)
        share, rest = mean / (mean + size), size / (mean + size)
        if direction == "up":
            beyond = np.where(observed > 0, betainc(np.maximum(observed, 1), size, share), 1.0)
            further = betainc(observed + 1, size, share) if mid_p else beyond
        else:
            beyond = betainc(size, observed + 1, rest)
            further = np.where(observed > 0, betainc(size, np.maximum(observed, 1), rest), 0.0) if mid_p else beyond
        tail += weight * (beyond + further) / 2
    return np.clip(np.where(np.isnan(expected), np.nan, tail), 0.0, 1.0)


def _ratio(observed: Floats, expected: Floats, size: Floats, confidence: float, n: Values, reason: Values) -> Estimate:
    """Observed/expected with the bounds that invert the tail probabilities of one negative binomial for all noise.

    Where the noise is so large that it bounds nothing above, `high` is infinite.
    """
    half = (1 - confidence) / 2
    scale = np.divide(size, expected, out=np.full(size.shape, np.nan), where=expected > 0)
    low = betaincinv(np.maximum(observed, 1), size, half)
    high = betaincinv(observed + 1, size, 1 - half)
    return Estimate(
        n=n, method="negative binomial", confidence=confidence, reason=reason,
        value=observed / expected, low=np.where(observed > 0, scale * low / (1 - low), 0.0 * scale),
        high=scale * np.divide(high, 1 - high, out=np.full(high.shape, np.inf), where=high < 1),
    )  # fmt: skip


def _since(count: Floats, exposure: Floats, signal: Bools, direction: str, recent: int) -> Ints:
    """For the cells with a signal the place of the largest likelihood ratio of a change, not more than a year back."""
    since = np.full(len(count), -1)
    found = np.flatnonzero(signal)
    if found.size:
        earliest = max(1, count.shape[1] - max(12, 2 * recent))
        sought: Literal["rise", "fall"] = "rise" if direction == "up" else "fall"
        since[found] = largest_ratio(count[found], exposure[found], earliest, only=sought)[1]
    return since
