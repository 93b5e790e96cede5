"""Technicians compared fairly: each job credited to who did it, against colleagues on the same kind of work."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from analysis.groups import Groups, as_floats, checked_confidence, distinct
from analysis.rates import count_bounds, proportion
from analysis.result import Estimate, Floats, Ints, Reason, Result, Values, reasons
from analysis.running import starts
from analysis.shrinkage import beta_binomial, beta_posterior, gamma_poisson, gamma_posterior

Scale: TypeAlias = Literal["mean", "log"]
Measure: TypeAlias = Literal["rate", "share"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CreditedJobs(Result):
    """One row per job. n: visits finished until it was resolved (1: resolved at the first visit).

    technician: who made the last of them, −1 where nobody did; visit: the row of that visit, −1; period: the number of
    the period in which the job was resolved, −1 where it was not, or in none of them.
    """

    technician: Ints
    visit: Ints
    period: Ints


def credit_visit(
    job: ArrayLike,
    technician: ArrayLike,
    finished_at: ArrayLike,
    resolved_at: ArrayLike,
    *,
    periods: ArrayLike | None = None,
) -> CreditedJobs:
    """Whose work was it that resolved the job, and in which month does it count?

    One row per visit: job, technician (numbers 0 …), finished_at (NaN where not finished). resolved_at: shape (jobs,),
    NaN where the job is open. periods: ascending edges; period i is [periods[i], periods[i + 1]).

    Credited is the last visit finished at or before the job was resolved: not the technician the ticket names now, nor
    who came back later to collect a signature. Of visits finished at one time the last row counts. A repeat, a rating,
    a duration of the job then counts for that technician, in the period of completion (not of the call). Jobs resolved
    without a visit belong to nobody (NO_DATA). O(visits log visits).
    """
    resolved = np.asarray(resolved_at, dtype=np.float64)
    finished = np.asarray(finished_at, dtype=np.float64)
    who = np.asarray(technician)
    jobs = Groups.of(job, finished.size, resolved.size)
    if who.shape != finished.shape:
        raise ValueError(f"technician must hold one number per visit ({finished.size}), not {who.shape}")
    order = np.lexsort((finished, jobs.code))  # stable, missing times last
    # In this order those finished by the resolution come first in each job; missing times are never.
    made = np.bincount(jobs.code[finished <= resolved[jobs.code]], minlength=jobs.count)
    some = made > 0
    visit = np.full(resolved.size, -1, dtype=np.int64)
    visit[some] = order[(starts(jobs.code, jobs.count)[:-1] + made - 1)[some]]
    period = np.full(resolved.size, -1, dtype=np.int64)
    if periods is not None:
        edges = as_floats(periods, "periods")
        if (np.diff(edges) <= 0).any():
            raise ValueError("periods must be ascending edges")
        within = (resolved >= edges[0]) & (resolved < edges[-1])
        period[within] = np.searchsorted(edges, resolved[within], side="right") - 1
    technicians = np.full(resolved.size, -1, dtype=np.int64)
    technicians[some] = who[visit[some]]
    return CreditedJobs(
        n=made,
        method="last visit finished by the resolution, period of completion",
        reason=reasons(resolved.shape, (~some, Reason.NO_DATA)),
        technician=technicians,
        visit=visit,
        period=period,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class ObservedExpected(Estimate):
    """value: observed ÷ expected. n: jobs that have peers (exposure, where given); left_out: those that have none."""

    observed: Floats
    expected: Floats
    left_out: Floats


def observed_expected(
    events: ArrayLike,
    stratum: ArrayLike,
    technician: ArrayLike,
    *,
    exposure: ArrayLike | None = None,
    leave_out: bool = True,
    minimum: float = 0.0,
    confidence: float = 0.95,
) -> ObservedExpected:
    """Has the technician more repeats than colleagues would have had with the same jobs? Indirect standardisation.

    One row per job (or any sum of jobs): events, 0 or 1 per job; stratum, the number 0 … of the case mix it belongs
    to (component × product line); technician, 0 …. With `exposure` (hours, kilometres) events are counts of any size.

    Expected: Σ over strata of own jobs × the peers' rate in the stratum. leave_out (default): peers are all others.
    With the own jobs among the peers (False, the textbook's internal standard, Σ observed = Σ expected) the ratio of
    who does a share s of the work is drawn to 1: r/(s·r + 1 − s), so a specialist compares with himself and is never
    found. Strata that nobody else works in compare with nobody: their jobs are left out (`left_out`), NO_PEERS where
    none is left.

    Bounds: exact Clopper–Pearson for shares (exact in one stratum; over several the sum of unlike jobs varies less than
    binomial, Hoeffding 1956, so they are conservative), exact Poisson for counts. Where peers are others, their rate is
    an estimate too: their own bounds (exact Poisson for their effective number of events, E²/Var E) are put together
    with those of the observed by Donner and Zou's method for ratios (2012, Statistical Methods in Medical Research
    21:347). With leave_out=False the expected number is taken as known, as Breslow and Day (1987) do. For given
    expected numbers use `poisson_rate(observed, expected)`.

    minimum: with fewer jobs (exposure) compared the number is hidden (TOO_FEW). NO_EVENTS where the peers had none.
    Arrays by technician. O(rows log rows).
    """
    checked_confidence(confidence)
    y = as_floats(events, "events", least=0)
    w = np.ones(y.size) if exposure is None else as_floats(exposure, "exposure", least=0)
    if w.shape != y.shape:
        raise ValueError(f"exposure must hold one number per row ({y.size}), not {w.size}")
    if exposure is None and not np.isin(y, (0.0, 1.0)).all():
        raise ValueError(
            f"events must be 0 or 1 for each job, found {y[~np.isin(y, (0, 1))][0]:g}; counts need exposure"
        )
    cells = _Cells.of(stratum, technician, y.size)
    own, size = cells.rows.sum(y), cells.rows.sum(w)
    peers, base = cells.peers(own, leave_out), cells.peers(size, leave_out)
    compared = base > 1e-12 * cells.stratum.sum(size)[cells.stratum.code]
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(compared, peers / base, 0.0)
        noise = np.where(compared, size**2 * rate * (1 - rate if exposure is None else 1.0) / base, 0.0)
    total = cells.owner.sum
    seen, expected, n = total(own * compared), total(size * rate), total(size * compared)
    if exposure is None:
        shares = proportion(seen, n, method="clopper-pearson", confidence=confidence)
        low, high = shares.low * n, shares.high * n
    else:
        low, high = count_bounds(seen, "exact", confidence)
    variance = total(noise) if leave_out else np.zeros(n.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = seen / expected
        low, high = _ratio_bounds((seen, low, high), _expected_bounds(expected, variance, confidence))
    reason = reasons(
        n.shape,
        (total(size) == 0, Reason.NO_DATA),
        (n == 0, Reason.NO_PEERS),
        (n < minimum, Reason.TOO_FEW),
        (expected == 0, Reason.NO_EVENTS),
    )
    fine = reason == ""
    return ObservedExpected(
        n=n,
        method=f"indirect standardisation, {'others' if leave_out else 'all'} as peers",
        confidence=confidence,
        reason=reason,
        value=np.where(fine, value, np.nan),
        low=np.where(fine, low, np.nan),
        high=np.where(fine, high, np.nan),
        observed=seen,
        expected=expected,
        left_out=total(size) - n,
    )


def _expected_bounds(expected: Floats, variance: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """The expected number and its bounds, as of a Poisson count with the same relative spread."""
    known = variance > 0
    count = np.where(known, expected**2 / np.where(known, variance, 1.0), 1.0)
    low, high = count_bounds(count, "exact", confidence)
    scale = np.where(known, expected / count, expected)
    return expected, np.where(known, scale * low, expected), np.where(known, scale * high, expected)


def _ratio_bounds(top: tuple[Floats, Floats, Floats], bottom: tuple[Floats, Floats, Floats]) -> tuple[Floats, Floats]:
    """Bounds of a ratio of independent estimates from the bounds of each (MOVER), so written that none divides by 0."""
    (a, a_low, a_high), (b, b_low, b_high) = top, bottom
    product = a * b
    below, above = a_low * (2 * a - a_low), b_low * (2 * b - b_low)
    low = below / (product + np.sqrt(np.maximum(product**2 - below * b_high * (2 * b - b_high), 0.0)))
    high = (product + np.sqrt(np.maximum(product**2 - a_high * (2 * a - a_high) * above, 0.0))) / above
    return np.where(a_low > 0, low, 0.0), high


@dataclass(frozen=True, eq=False, kw_only=True)
class StandardisedMean(Estimate):
    """value: own mean ÷ expected mean. n: jobs that have peers; left_out: those that have none.

    mean, expected: of those jobs, in the unit of the values; geometric means on the scale "log".
    """

    mean: Floats
    expected: Floats
    left_out: Ints


def standardised_mean(
    values: ArrayLike,
    stratum: ArrayLike,
    technician: ArrayLike,
    *,
    scale: Scale = "mean",
    leave_out: bool = True,
    minimum: int = 0,
    confidence: float = 0.95,
) -> StandardisedMean:
    """Does the technician take longer than colleagues would with the same jobs? Response hours or labour hours, say.

    values, stratum, technician: shape (n,), as in `observed_expected`; peers likewise (see there why the others).
    "mean": Σ own values ÷ Σ of the peers' means of the same strata, in the sense of the measures "mean response" and
    "MTTR", which are sums over numbers. "log": the ratio of geometric means, exp of the mean difference of logarithms
    within strata: what is typical, undisturbed by one job of three weeks; values must be above 0.

    Bounds are robust: variances from the spread about the strata's means as it is, not from a distribution; the peers'
    sampling error counts too; Student's t with Welch–Satterthwaite degrees of freedom (over own strata and peers), on
    the log scale of the ratio. Strata with fewer than 2 jobs of peers are left out. NO_PEERS where none is left,
    TOO_FEW below 2 jobs or `minimum`, NO_VARIATION where the expected mean or the own one is 0. Arrays by technician.
    O(rows log rows).
    """
    if scale not in get_args(Scale):
        raise ValueError(f"scale must be one of {', '.join(get_args(Scale))}, not {scale}")
    checked_confidence(confidence)
    v = as_floats(values, "values", least=0) if scale == "mean" else np.log(as_floats(values, "values", above=0))
    cells = _Cells.of(stratum, technician, v.size)
    n = cells.rows.sum(np.ones(v.size))
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (cells.stratum.sum(cells.rows.sum(v)) / cells.stratum.sum(n))[cells.stratum.code]
    off = v - middle[cells.rows.code]  # squares of values far from zero would lose digits
    peers, sums, squares = (cells.peers(x, leave_out) for x in (n, cells.rows.sum(off), cells.rows.sum(off**2)))
    compared = peers > 1.5
    some = np.where(compared, peers, 2.0)
    level = np.where(compared, middle + sums / some, 0.0)
    spread = np.where(compared, np.maximum(squares - sums**2 / some, 0.0) / (some - 1) / some, 0.0)
    total = cells.owner.sum
    size, mine, theirs = total(n * compared), total(cells.rows.sum(v) * compared), total(n * level)
    error = n**2 * spread if leave_out else np.zeros(n.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        if scale == "mean":
            slope, shift = mine / theirs, np.zeros(size.size)
            difference, unit_own, unit_peers = np.log(slope), mine**2, theirs**2
        else:
            slope, shift = np.ones(size.size), (mine - theirs) / size
            difference, unit_own, unit_peers = shift, size**2, size**2
        owner = cells.owner.code
        centre = (slope[owner] * level + shift[owner])[cells.rows.code]
        squared = np.where(compared, cells.rows.sum((v - centre) ** 2), 0.0)
        residual = total(squared)
        # The degrees of freedom are those of the strata that the spread comes from, not of all jobs alike.
        own_freedom = np.maximum(residual**2 / total(squared**2 / n) - 1, 1.0)
        variance_own = residual * size / (size - 1) / unit_own
        variance_peers = total(error) / unit_peers
        variance = variance_own + variance_peers
        spare = variance_own**2 / own_freedom + total(error**2 / (some - 1)) / unit_peers**2
        freedom = np.where(spare > 0, variance**2 / spare, 1.0)
        width = -stdtrit(freedom, (1 - confidence) / 2) * np.sqrt(variance)
        mean, expected = mine / size, theirs / size
    if scale == "log":
        mean, expected = np.exp(mean), np.exp(expected)
    reason = reasons(
        size.shape,
        (total(n) == 0, Reason.NO_DATA),
        (size == 0, Reason.NO_PEERS),
        (size < max(minimum, 2), Reason.TOO_FEW),
        (~np.isfinite(difference), Reason.NO_VARIATION),
    )
    fine = reason == ""
    difference, width = np.where(fine, difference, np.nan), np.where(fine, width, np.nan)
    return StandardisedMean(
        n=size.astype(np.int64),
        method=f"indirect standardisation, {'geometric means' if scale == 'log' else 'means'}, robust",
        confidence=confidence,
        reason=reason,
        value=np.exp(difference),
        low=np.exp(difference - width),
        high=np.exp(difference + width),
        mean=np.where(fine, mean, np.nan),
        expected=np.where(fine, expected, np.nan),
        left_out=(total(n) - size).astype(np.int64),
    )


@dataclass(frozen=True, eq=False)
class _Cells:
    """(stratum, technician) pairs that occur: rows to cells, cells to strata, cells to technicians."""

    rows: Groups
    stratum: Groups
    owner: Groups

    @classmethod
    def of(cls, stratum: ArrayLike, technician: ArrayLike, rows: int) -> _Cells:
        strata, owners = Groups.of(np.asarray(stratum), rows), Groups.of(np.asarray(technician), rows)
        width = max(owners.count, 1)
        pair, cell = distinct(strata.code * width + owners.code, strata.count * width)
        return cls(Groups(cell, pair.size), Groups(pair // width, strata.count), Groups(pair % width, owners.count))

    def peers(self, of_cell: Floats, leave_out: bool) -> Floats:
        """Sums over all of the stratum; without the cell's own where it is left out."""
        everyone: Floats = self.stratum.sum(of_cell)[self.stratum.code]
        return everyone - of_cell if leave_out else everyone


@dataclass(frozen=True, eq=False, kw_only=True)
class ShrunkenRanking(Estimate):
    """value, low, high: the shrunken rate or share. n: jobs (or exposure) of each; rank 1 is the highest value.

    rank: of the posterior means among those shown, 0 where hidden. expected_rank: mean of the rank over the posterior;
    rank_low, rank_high: its interval; in_top, in_bottom: probability of being among the highest and lowest share
    `share`.
    """

    rank: Ints
    expected_rank: Floats
    rank_low: Floats
    rank_high: Floats
    in_top: Floats
    in_bottom: Floats
    share: Values


def shrunken_ranking(
    observed: ArrayLike,
    denominator: ArrayLike,
    *,
    measure: Measure = "share",
    share: float = 0.1,
    minimum: float = 0.0,
    draws: int = 4000,
    seed: int = 0,
    confidence: float = 0.95,
) -> ShrunkenRanking:
    """Who is first, and how sure is that? A league table that says how little most of it means.

    observed, denominator: shape (units,): so many of so many jobs ("share", beta-binomial), or events and exposure or
    expected number ("rate", gamma-Poisson): with observed and expected of `observed_expected` it ranks for like work.
    share: what counts as top and bottom, at least one unit. minimum: units with a smaller denominator are hidden
    (TOO_FEW) and take no rank, yet help to tell how units differ.

    Raw rates rank those with few jobs first and last, by chance; the posterior of `gamma_poisson` or `beta_binomial`
    does not. Ranks are simulated from it (Goldstein and Spiegelhalter 1996, JRSS A 159:385): `draws` draws, the same
    for one `seed`; probabilities carry an error of about 0.5/√draws. Cost and memory grow with draws × units: meant for
    hundreds of technicians, not for 100,000 assets (`bad_actors`). Where units do not differ beyond chance all ranks
    are equally likely and `rank` says nothing. Reasons of the prior where there is none (fewer than 3 units, nothing
    happened).
    """
    if measure not in get_args(Measure):
        raise ValueError(f"measure must be one of {', '.join(get_args(Measure))}, not {measure}")
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    y, n = as_floats(observed, "observed", least=0), as_floats(denominator, "denominator", least=0)
    if measure == "share":
        posterior = beta_posterior(beta_binomial(y, n), y, n, confidence=confidence)
    else:
        posterior = gamma_posterior(gamma_poisson(y, n), y, n, confidence=confidence)
    hidden = (n == 0) | (n < minimum)
    no_prior = posterior.reason != ""
    reason = np.where(hidden & ~no_prior, np.where(n == 0, str(Reason.NO_DATA), str(Reason.TOO_FEW)), posterior.reason)
    shown = np.flatnonzero(reason == "")
    ranks = _ranks(posterior.draw(np.random.default_rng(seed), draws)[:, shown]) if shown.size else np.empty((1, 0))
    edge = max(1, round(share * shown.size))
    tail = (1 - confidence) / 2
    # Where units are alike the draws do not tell them apart: any order is as good.
    low, high = _quantiles(ranks, (tail, 1 - tail))
    rank = np.zeros(y.size, dtype=np.int64)
    rank[shown[np.argsort(-posterior.value[shown], kind="stable")]] = np.arange(1, shown.size + 1)

    def spread(values: Floats) -> Floats:
        filled = np.full(y.size, np.nan)
        filled[shown] = values
        return filled

    return ShrunkenRanking(
        n=n,
        method=f"{posterior.method}, ranks of {draws} draws",
        confidence=confidence,
        reason=reason,
        value=spread(posterior.value[shown]),
        low=spread(posterior.low[shown]),
        high=spread(posterior.high[shown]),
        rank=rank,
        expected_rank=spread(ranks.mean(axis=0)),
        rank_low=spread(low),
        rank_high=spread(high),
        in_top=spread((ranks <= edge).mean(axis=0)),
        in_bottom=spread((ranks > shown.size - edge).mean(axis=0)),
        share=share,
    )


def _ranks(draws: Floats) -> NDArray[Any]:
    """Rank of each column within each row, 1 for the highest."""
    units = draws.shape[1]
    ranks = np.empty(draws.shape, dtype=np.min_scalar_type(units))
    np.put_along_axis(ranks, np.argsort(draws, axis=1), np.arange(units, 0, -1, dtype=ranks.dtype)[None, :], axis=1)
    return ranks


def _quantiles(ranks: NDArray[Any], levels: tuple[float, ...]) -> NDArray[Any]:
    """The smallest rank of each column that a share of its rows does not exceed: whole numbers sort in a blink."""
    ordered = np.sort(ranks.T, axis=1)
    return ordered[:, [max(ceil(level * len(ranks)) - 1, 0) for level in levels]].T
