"""Did the action work when other things changed too: against an untreated group, and when units fail repeatedly.

Without an action the rate changes as well: seasons, mileage, wear. An untreated group shows by how much, and what the
action did is the ratio of the two rate ratios. And failures that come in clusters on single units break the Poisson
law that the exact interval rests on; then the units, not the failures, are the independent observations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtri, stdtrit

from analysis.effectiveness import Counts, RateRatio, checked_counts, checked_ratio
from analysis.elementwise import smallest
from analysis.groups import Groups, checked_confidence
from analysis.result import Bools, Estimate, Floats, Ints, Reason, Values, reasons

_BLOCK = 2_000_000  # terms that are summed at a time, to bound the memory


def ratio_of_rate_ratios(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    failures_after: ArrayLike,
    exposure_after: ArrayLike,
    *,
    untreated_failures_before: ArrayLike,
    untreated_exposure_before: ArrayLike,
    untreated_failures_after: ArrayLike,
    untreated_exposure_after: ArrayLike,
    null: ArrayLike = 1.0,
    midp: bool = False,
    confidence: float = 0.95,
) -> RateRatio:
    """By which factor did the action change the failure rate, beyond what an untreated group changed by itself?

    The rate ratio after/before of the treated over that of the untreated ("difference in differences" of log rates).
    Numbers for one action or arrays of shape (actions,); exposures in one unit within each group, which may differ
    between the groups. Assumes Poisson failures, and that without the action both groups had changed by the same factor.

    Given the totals of both groups and of both times, the treated failures after are of Fisher's noncentral
    hypergeometric distribution, its odds ratio being the ratio asked for times a factor of the exposures; so the
    interval is exact (Cornfield 1956; Breslow and Day 1980, §4.2; as R's fisher.test) and covers at least `confidence`.
    `midp` as in `rate_ratio`. The value is the plain ratio; fisher.test prints the conditional maximum of the likelihood,
    a little closer to 1, and bounds that are good to three digits, as its root finder stops early. p_minlike is its
    two-sided p-value, p_value is twice the smaller one-sided one, which agrees with the interval.

    Reasons: "no_peers" where the untreated group has no exposure on a side, "no_exposure" where the treated has none,
    "no_events" where a total is zero (the data then say nothing), "not_bounded" where no upper bound exists.
    Cost: grows with the square root of the counts. Raises as `rate_ratio`.
    """
    treated = checked_counts(failures_before, exposure_before, failures_after, exposure_after)
    untreated = checked_counts(
        untreated_failures_before, untreated_exposure_before, untreated_failures_after, untreated_exposure_after
    )
    size = max(treated.before.size, untreated.before.size)
    if min(treated.before.size, untreated.before.size) not in (1, size):
        raise ValueError(
            f"treated and untreated must be of one length, not {treated.before.size} and {untreated.before.size}"
        )
    tail = (1 - checked_confidence(confidence)) / 2
    table = _Table(
        *(np.broadcast_to(v, (size,)) for v in (treated.after, treated.before, untreated.after, untreated.before))
    )
    factor = np.broadcast_to(treated.factor / untreated.factor, (size,))
    exposed, peers = np.broadcast_to(treated.exposed, (size,)), np.broadcast_to(untreated.exposed, (size,))
    telling = exposed & peers & ~table.fixed
    result = _from_table(table, factor, telling, checked_ratio(null, "null", size), midp, tail)
    reason = reasons(
        size,
        (~exposed, Reason.NO_EXPOSURE),
        (~peers, Reason.NO_PEERS),
        (table.fixed, Reason.NO_EVENTS),
        (np.isnan(result["high"]), Reason.NOT_BOUNDED),
    )
    answer = RateRatio(
        n=table.n.astype(np.int64),
        method=f"{'mid-P' if midp else 'exact'} conditional (noncentral hypergeometric) interval of the ratio of rate ratios",
        confidence=confidence,
        reason=reason,
        **result,
    )
    return answer[0] if treated.single and untreated.single else answer


@dataclass(frozen=True, eq=False)
class _Table:
    """Failures of treated after (a) and before (b), of untreated after (c) and before (d), each of shape (actions,)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats

    @property
    def n(self) -> Floats:
        return self.a + self.b + self.c + self.d

    @property
    def fixed(self) -> Bools:
        """Where the totals leave only one table: nothing can be learned from it."""
        least = np.minimum(np.minimum(self.a + self.b, self.c + self.d), np.minimum(self.a + self.c, self.b + self.d))
        fixed: Bools = least == 0
        return fixed

    def of(self, rows: Ints | slice) -> _Table:
        return _Table(self.a[rows], self.b[rows], self.c[rows], self.d[rows])

    @property
    def turned(self) -> _Table:
        """After and before exchanged: the odds ratio becomes its reciprocal."""
        return _Table(self.b, self.a, self.d, self.c)


def _from_table(
    table: _Table, factor: Floats, telling: Bools, null: Floats, midp: bool, tail: float
) -> dict[str, Floats]:
    """Value, bounds and p-values by name; NaN where there is none."""
    names = ("value", "low", "high", "p_value", "p_less", "p_greater", "p_minlike")
    found = {name: np.full(telling.shape, np.nan) for name in names}
    rows = np.flatnonzero(telling)
    kept, scale = table.of(rows), factor[rows]
    for part in _blocks(kept, tail):
        at, block = rows[part], kept.of(part)
        support = _Support.of(block, np.log(null[at] / scale[part]), tail)
        found["low"][at] = scale[part] * np.exp(support.bound(tail, midp))
        mirrored = _Support.of(block.turned, -np.log(null[at] / scale[part]), tail)
        top = -mirrored.bound(tail, midp)
        found["high"][at] = np.where(np.isinf(top), np.nan, scale[part] * np.exp(np.where(np.isinf(top), 0.0, top)))
        less, greater, minlike = support.p_values(midp)
        found["p_less"][at], found["p_greater"][at], found["p_minlike"][at] = less, greater, minlike
        found["p_value"][at] = np.minimum(2 * np.minimum(less, greater), 1.0)
    below = kept.b * kept.c
    value = scale * kept.a * kept.d / np.where(below > 0, below, 1.0)
    found["value"][rows] = np.where(below > 0, value, np.nan)
    return found


def _blocks(table: _Table, tail: float) -> Iterator[Ints]:
    """Rows in parts whose sums fit into memory."""
    terms = np.cumsum(2 * _reach(table, tail) + 1)
    part = (terms // _BLOCK).astype(np.int64)
    for number in np.unique(part):
        yield np.flatnonzero(part == number)


def _reach(table: _Table, tail: float) -> Floats:
    """How far from the count seen terms still matter: nine standard deviations beyond the bound, and never under 50."""
    spread = np.sqrt(1 / sum(1 / (x + 0.5) for x in (table.a, table.b, table.c, table.d)))
    reach: Floats = np.ceil((9 - ndtri(tail)) * spread) + 50
    return reach


@dataclass(frozen=True, eq=False)
class _Support:
    """The possible counts k of treated failures after, row after row, with log weights log C(m, k) C(N − m, t − k).

    distance: k minus the count seen. start: where each row begins. at_null: the log odds that the p-values test.
    """

    distance: Floats
    weight: Floats
    row: Ints
    start: Ints
    lowest: Bools
    at_null: Floats

    @classmethod
    def of(cls, table: _Table, at_null: Floats, tail: float) -> _Support:
        """Of the whole support only the part around the count seen and around the most likely one at `at_null`."""
        a, b, c, d = table.a, table.b, table.c, table.d
        least, most = np.maximum(-a, -d), np.minimum(b, c)  # as distances from a
        odds = np.exp(np.clip(at_null, -700, 700))
        # The most likely count k: odds (m + 1 − k)(t + 1 − k) = k (N − m − t + k), its stable root.
        middle, last = odds * (2 * a + b + c + 2) + d - a, odds * (a + b + 1) * (a + c + 1)
        likely = np.floor(2 * last / (middle + np.sqrt(np.maximum(middle**2 - 4 * (odds - 1) * last, 0.0)))) - a
        reach = _reach(table, tail)
        low = np.maximum(least, np.minimum(-reach, likely - reach))
        high = np.minimum(most, np.maximum(reach, likely + reach))
        length = (high - low + 1).astype(np.int64)
        start = np.concatenate(([0], np.cumsum(length)[:-1]))
        row = np.repeat(np.arange(length.size), length)
        distance = np.arange(row.size, dtype=np.float64) - start[row] + low[row]
        weight = np.zeros(row.size)
        for cell, sign in ((a, 1), (b, -1), (c, -1), (d, 1)):
            weight -= gammaln(cell[row] + sign * distance + 1) - gammaln(cell + 1)[row]
        return cls(distance, weight, row, start, least == 0, at_null)

    def log_sums(self, log_odds: Floats, log_share: Floats | None = None) -> tuple[Floats, Floats]:
        """Per row (log Σ of the weights tilted by the odds, mean distance); log_share weighs the terms."""
        terms = self.weight + log_odds[self.row] * self.distance
        if log_share is not None:
            terms = terms + log_share
        most = np.maximum.reduceat(terms, self.start)
        sizes = np.exp(terms - most[self.row])
        total = np.add.reduceat(sizes, self.start)
        return most + np.log(total), np.add.reduceat(sizes * self.distance, self.start) / total

    def log_share(self, midp: bool) -> Floats:
        """0 where k is above the count seen, −∞ below it, and at it 0, or log ½ for mid-P."""
        at = np.log(0.5) if midp else 0.0
        return np.select([self.distance > 0, self.distance == 0], [0.0, at], -np.inf)

    def bound(self, tail: float, midp: bool) -> Floats:
        """The log odds at which the count seen or more has chance `tail`; −∞ where it is the least possible one.

        Newton steps on log chance, which is concave in the log odds: from anywhere the first step lands left of the root,
        and the next ones rise to it. Steps are cut at ±3, as the slope vanishes far to the right.
        """
        share = self.log_share(midp)
        log_odds = self.at_null * 0.0
        for _ in range(200):
            all_, mean = self.log_sums(log_odds)
            above, mean_above = self.log_sums(log_odds, share)
            slope = np.where(self.lowest, 1.0, np.maximum(mean_above - mean, 1e-300))
            step = np.where(self.lowest, 0.0, np.clip((np.log(tail) - (above - all_)) / slope, -3.0, 3.0))
            log_odds = log_odds + step
            if np.abs(step).max(initial=0) < 1e-12:
                break
        return np.where(self.lowest, -np.inf, log_odds)

    def p_values(self, midp: bool) -> tuple[Floats, Floats, Floats]:
        """(less, greater, no more likely than the count seen) at the null."""
        all_, _ = self.log_sums(self.at_null)
        chance = np.exp(self.weight + self.at_null[self.row] * self.distance - all_[self.row])
        seen = np.exp(-all_)
        half = seen / 2 if midp else 0.0
        less = np.add.reduceat(np.where(self.distance <= 0, chance, 0.0), self.start) - half
        greater = np.add.reduceat(np.where(self.distance >= 0, chance, 0.0), self.start) - half
        # As R does: outcomes equally likely but for the last bits count as equally likely.
        unlikely = chance <= seen[self.row] * (1 + 1e-7)
        minlike = np.add.reduceat(np.where(unlikely, chance, 0.0), self.start) - half
        return np.minimum(less, 1.0), np.minimum(greater, 1.0), np.minimum(minlike, 1.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class RateRatioByUnit(Estimate):
    """The rate ratio after/before from units that are each their own comparison. n: the units that say something.

    failures: of those units. dispersion: how much more the units differ than Poisson counts would, 1 for as much.
    """

    failures: Values
    dispersion: Values


def rate_ratio_by_unit(
    failures_before: ArrayLike,
    exposure_before: ArrayLike,
    failures_after: ArrayLike,
    exposure_after: ArrayLike,
    *,
    group: ArrayLike | None = None,
    confidence: float = 0.95,
) -> RateRatioByUnit:
    """How does the rate after the action compare with before, when the same units fail again and again?

    One row per unit (asset, train): its failures and exposure before and after. group: the action of each row, numbers
    0 … actions − 1. Units may have rates of their own: each is compared with itself, so differences between units that
    last, and units that are added or leave, do no harm. A unit without failures, or seen on one side only, says nothing.

    Value: the ρ for which Σ s = 0, with s = failures after − n ρA/(B + ρA) of a unit with n failures and exposures B, A
    (conditional Poisson likelihood; Farrington 1995, Biometrics 51:228). Interval: all ρ for which Σ s lies within t × its
    Poisson standard deviation × √dispersion. Dispersion is Σ s² over what Poisson counts would give, never taken below 1
    (a few units may agree by luck); t has (units − 1) degrees of freedom, units counted by weight, 1/Σ weight², as one
    big unit among small ones is little to learn from. That is the design effect of Rao and Scott (1992, Biometrics
    48:577), or the robust variance of Lawless and Nadeau (1995) in a score interval, with the small-sample correction of
    Bell and McCaffrey (2002). It holds however the failures of a unit cluster, where a quasi-Poisson dispersion needs the
    same clustering in units with few and with many failures, and a negative binomial needs gamma rates. In simulations
    with 3 to 30 units it covers its level or more, at worst 2 % less where rates of a unit jump between periods.

    Reasons: "no_events" where no unit says anything, "too_few" with one unit only (use `rate_ratio`), "not_bounded"
    where there are no failures before. Raises as `rate_ratio`.
    """
    counts = checked_counts(failures_before, exposure_before, failures_after, exposure_after)
    tail = (1 - checked_confidence(confidence)) / 2
    rows = counts.before.size
    groups = Groups.of(group, rows)
    telling = counts.exposed & (counts.before + counts.after > 0)
    units = _Units.of(counts, groups, telling)
    value, low, high, dispersion = units.interval(tail)
    none, one = units.count == 0, units.count == 1
    result = RateRatioByUnit(
        n=units.count.astype(np.int64),
        method="conditional by unit, score interval with the dispersion between units",
        confidence=confidence,
        reason=reasons(
            groups.count, (none, Reason.NO_EVENTS), (one, Reason.TOO_FEW), (np.isnan(high), Reason.NOT_BOUNDED)
        ),
        value=value,
        low=low,
        high=high,
        failures=groups.sum(np.where(telling, counts.before + counts.after, 0.0)).astype(np.int64),
        dispersion=dispersion,
    )
    return result[0] if group is None else result


@dataclass(frozen=True, eq=False)
class _Units:
    """The units that say something, with their groups: failures before and after, log exposure ratio after/before."""

    before: Floats
    after: Floats
    log_exposure: Floats
    groups: Groups
    count: Floats

    @classmethod
    def of(cls, counts: Counts, groups: Groups, telling: Bools) -> _Units:
        kept = Groups(groups.code[telling], groups.count)
        return cls(
            counts.before[telling],
            counts.after[telling],
            -np.log(counts.factor[telling]),
            kept,
            kept.size().astype(np.float64),
        )

    def scores(self, log_ratio: Floats) -> tuple[Floats, Floats]:
        """Per unit: (s, its variance if counts were Poisson)."""
        shift = log_ratio[self.groups.code] + self.log_exposure
        share, rest = 1 / (1 + np.exp(-shift)), 1 / (1 + np.exp(shift))
        return self.after * rest - self.before * share, (self.before + self.after) * share * rest

    def interval(self, tail: float) -> tuple[Floats, Floats, Floats, Floats]:
        """(value, low, high, dispersion) per group."""
        none_after, none_before = self.groups.sum(self.after) == 0, self.groups.sum(self.before) == 0
        # Beyond e^±60 of any exposure ratio lies nothing that data could say.
        reach = np.full(self.count.shape, 60 + np.abs(self.log_exposure).max(initial=0))
        centre = smallest(lambda x: self.groups.sum(self.scores(x)[0]) <= 0, -reach, reach, whole=False)
        dispersion, freedom = self.spread(centre)
        dispersion = np.where(none_after | none_before | (self.count < 2), np.nan, dispersion)
        width = stdtrit(freedom, 1 - tail) * np.sqrt(np.fmax(dispersion, 1.0))

        def within(log_ratio: Floats, sign: int) -> Bools:
            score, poisson = self.scores(log_ratio)
            inside: Bools = sign * self.groups.sum(score) <= width * np.sqrt(self.groups.sum(poisson))
            return inside

        low = smallest(lambda x: within(x, 1), -reach, np.where(none_before, reach, centre), whole=False)
        high = smallest(lambda x: ~within(x, -1), np.where(none_after, -reach, centre), reach, whole=False)
        few = self.count < 2
        return (
            np.where(none_before, np.nan, np.where(none_after, 0.0, np.exp(centre))),
            np.where(few, np.nan, np.where(none_after, 0.0, np.exp(low))),
            np.where(few | none_before, np.nan, np.exp(high)),
            dispersion,
        )

    def spread(self, log_ratio: Floats) -> tuple[Floats, Floats]:
        """(dispersion, degrees of freedom) per group: s² of each unit over the part of its variance that fitting ρ left."""
        score, poisson = self.scores(log_ratio)
        total = self.groups.sum(poisson)
        total = np.where(total > 0, total, 1.0)
        weight = poisson / total[self.groups.code]
        dispersion = self.groups.sum(score**2 / np.maximum(1 - weight, 1e-9)) / total
        squares = self.groups.sum(weight**2)
        return dispersion, np.maximum(1 / np.where(squares > 0, squares, 1.0) - 1, 1.0)
