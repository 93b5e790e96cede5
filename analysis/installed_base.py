"""How many parts the units in the field will need: their ages, how they are used, and how long such a part lasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc

from analysis.demand_distributions import NegativeBinomialDemand
from analysis.elementwise import smallest
from analysis.groups import Groups, as_floats
from analysis.renewal import renewals
from analysis.result import Floats, Ints, Reason, Result, Values, reasons

# Ages and usages are brought to so many values; fleets with fewer different ones are computed as they are.
_AGES = 257
_USAGES = 25

# Steps of the integrals over the horizon.
_STEPS = 480


@dataclass(frozen=True, eq=False, kw_only=True)
class InstalledBaseDemand(Result):
    """The demand of a fleet, shape (periods,) or (groups × periods); n counts the units.

    mean, variance: of the demand in each period. total_mean, total_variance: of the demand from now to the end of each
    period, as over a lead time. first: how many units are expected to fail at all until then (risk without replacement).
    """

    mean: Floats
    variance: Floats
    total_mean: Floats
    total_variance: Floats
    first: Floats

    def quantile(self, level: float) -> Floats:
        """The smallest stock that covers the demand of each period alone with probability `level`."""
        return counted_quantile(self.mean, self.variance, level)

    def total_quantile(self, level: float) -> Floats:
        """The smallest stock that covers the demand from now to the end of each period with probability `level`."""
        return counted_quantile(self.total_mean, self.total_variance, level)


def conditional_failure_probability(age: ArrayLike, ahead: ArrayLike, shape: ArrayLike, scale: ArrayLike) -> Values:
    """How likely does a part of this age fail within the usage ahead? 1 − S(age + ahead)/S(age) of the Weibull distribution.

    All broadcast; age, ahead and scale in one unit (hours, kilometres, days). Summed over a fleet it is the risk analysis of
    Abernethy, The New Weibull Handbook, §4. Raises ValueError for negative ages or usage, or parameters not above 0.
    """
    a, x, beta, eta = (np.asarray(v, dtype=np.float64) for v in (age, ahead, shape, scale))
    if (a < 0).any() or (x < 0).any():
        raise ValueError("age and ahead must not be negative")
    if (beta <= 0).any() or (eta <= 0).any():
        raise ValueError("shape and scale must be above 0")
    found: Floats = -np.expm1((a / eta) ** beta - ((a + x) / eta) ** beta)
    return found if found.ndim else (None if np.isnan(found) else float(found))


def installed_base_demand(
    ages: ArrayLike,
    *,
    shape: ArrayLike,
    scale: ArrayLike,
    usage: ArrayLike,
    periods: int = 12,
    host_survival: ArrayLike | None = None,
    group: ArrayLike | None = None,
) -> InstalledBaseDemand:
    """How many of a part will the installed base need in each of the next periods?

    ages: (units,), how long the part in each unit has been used, in hours, kilometres or days. shape, scale: of its
    Weibull distribution, scale in the same unit; one, or one per group. usage: how much each unit is used per period, one or
    (units,). host_survival: (periods,), the share of units still in the field at the end of each period: the base that
    shrinks (None: all stay). group: (units,) of 0, 1, …; None is one fleet.

    A failed part is replaced by a new one at once and fails again by the same distribution: the first failure follows the
    conditional Weibull distribution given the age, what comes after it the renewal function (`weibull_renewal_function`).
    With G(x) the expected failures of a unit up to usage x ahead and M that of a new part, the variance follows from
    E[N(N − 1)] = 2 ∫ M(x − u) dG(u) (Cox 1962, Renewal Theory, §4.5). Units fail independently and host survival is
    independent of the part; that shape and scale are themselves estimates is not in the variance.

    Ages (and usages, where they differ) are brought to at most 257 (25) values by linear weights between neighbours: a
    million units cost one pass, and the integrals are done once per value. Cost besides: per group.
    Raises ValueError for negative ages or usage, or parameters not above 0. An empty group has no answer ("no_data").
    """
    age = as_floats(ages, "ages", least=0.0)
    used = np.broadcast_to(as_floats(usage, "usage", least=0.0), age.shape)
    if periods < 1:
        raise ValueError(f"periods must be at least 1, not {periods}")
    alive = np.ones(periods) if host_survival is None else as_floats(host_survival, "host_survival", least=0.0)
    if alive.shape != (periods,) or (alive > 1).any() or (np.diff(alive) > 0).any():
        raise ValueError(f"host_survival must hold {periods} shares that do not rise, one per period")
    groups = Groups.of(group, age.size)
    betas, etas = (
        np.broadcast_to(as_floats(v, name, above=0.0), groups.count) for v, name in ((shape, "shape"), (scale, "scale"))
    )
    order, start = groups.order(np.zeros(age.size))
    found = np.full((5, groups.count, periods), np.nan)
    for g in range(groups.count):
        these = order[start[g] : start[g + 1]]
        if these.size:
            found[:, g] = _fleet(age[these] / etas[g], used[these] / etas[g], float(betas[g]), alive)
    size = groups.size()
    result = InstalledBaseDemand(
        n=size,
        method="conditional Weibull with renewal",
        reason=reasons(groups.count, (size == 0, Reason.NO_DATA)),
        mean=found[0],
        variance=found[1],
        total_mean=found[2],
        total_variance=found[3],
        first=found[4],
    )
    return result[0] if group is None else result


def _fleet(age: Floats, used: Floats, shape: float, alive: Floats) -> Floats:
    """Mean, variance, total mean, total variance and first failures per period of one fleet, times in units of the scale."""
    age_at, age_low, age_weight = _nodes(age, _AGES, power=2.0)
    used_at, used_low, used_weight = _nodes(used, _USAGES, power=1.0)
    # How much of the fleet is at each pair of an age and a usage: each unit is shared out among its four neighbours.
    share = np.zeros((age_at.size + 1) * (used_at.size + 1))
    for i in (0, 1):
        for j in (0, 1):
            weight = np.abs(1 - i - age_weight) * np.abs(1 - j - used_weight)
            share += np.bincount((age_low + i) * (used_at.size + 1) + used_low + j, weight, share.size)
    units = share.reshape(age_at.size + 1, -1)[: age_at.size, : used_at.size]
    each = max(-(-_STEPS // alive.size), 8)
    steps = np.arange(each * alive.size + 1) / each
    renewed = renewals((used_at[:, None] * steps).ravel(), shape).reshape(used_at.size, -1)
    total = np.zeros((5, alive.size))
    for one, again, fleet in zip(used_at, renewed, units.T, strict=True):
        if fleet.any():
            total += fleet @ _per_unit(age_at, one * steps, again, shape, alive)
    return total


def _nodes(values: Floats, most: int, *, power: float) -> tuple[Floats, Ints, Floats]:
    """Values that stand for all, the one below each, and the weight of the one above; denser near 0 by `power`."""
    distinct, index = np.unique(values, return_inverse=True)
    if distinct.size <= most:
        return distinct, index.astype(np.int64), np.zeros(values.size)
    low, span = distinct[0], distinct[-1] - distinct[0]
    nodes = low + span * np.linspace(0.0, 1.0, most) ** power
    below = np.clip(np.searchsorted(nodes, values, side="right") - 1, 0, most - 2)
    return nodes, below, (values - nodes[below]) / (nodes[below + 1] - nodes[below])


def _per_unit(ages: Floats, ahead: Floats, renewed: Floats, shape: float, alive: Floats) -> Floats:
    """The five figures for a unit of each age, shape (5, ages, periods).

    ahead: the usage at the steps of the horizon, 0 first. renewed: expected failures of a new part up to there.
    """
    steps, periods = ahead.size - 1, alive.size
    ends = np.arange(1, periods + 1) * (steps // periods) - 1
    first = -np.expm1(ages[:, None] ** shape - (ages[:, None] + ahead) ** shape)
    middle = (renewed[1:] + renewed[:-1]) / 2.0
    lag = np.arange(steps) - np.arange(steps)[:, None]
    # again[j, i]: expected failures up to the end of step i after a replacement in step j.
    again = np.where(lag >= 0, middle[np.maximum(lag, 0)], 0.0)
    # Expected failures up to each step: the first, and what follows it.
    expected = first[:, 1:] + np.diff(first, axis=1) @ again
    failing = np.diff(expected, axis=1, prepend=0.0)
    until = expected[:, ends]
    mean = np.diff(until, axis=1, prepend=0.0)
    # Pairs of failures of one unit: both until the end of each period, and both within it.
    together = 2.0 * failing @ again[:, ends]
    same = np.arange(steps)[:, None] // (steps // periods) == np.arange(periods)
    within = 2.0 * failing @ np.where(same, again[:, ends], 0.0)
    # Only units still in the field need parts; the later failure of a pair decides.
    there = (np.append(1.0, alive[:-1]) + alive) / 2.0
    mean, within = mean * there, within * there
    until, together = np.cumsum(mean, axis=1), np.cumsum(np.diff(together, axis=1, prepend=0.0) * there, axis=1)
    struck = np.cumsum(np.diff(first[:, 1:][:, ends], axis=1, prepend=0.0) * there, axis=1)
    return np.array([mean, within + mean - mean**2, until, together + until - until**2, struck])


def counted_quantile(mean: ArrayLike, variance: ArrayLike, level: float) -> Floats:
    """The smallest count that is not exceeded with probability `level`, from its mean and variance.

    A sum over units scatters less than a Poisson count when each unit fails about once: then binomial with the same
    mean and variance (its n need not be whole); otherwise negative binomial or Poisson. NaN where the mean is not known.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    m, v = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(mean, variance))
    wide: Floats = NegativeBinomialDemand(m, np.maximum(v, 0.0)).quantile(level)
    narrow = (m > 0) & (v < m * (1.0 - 1e-9))
    if not narrow.any():
        return wide
    average, chance = m[narrow], np.minimum(1.0 - np.maximum(v[narrow], 0.0) / m[narrow], 1.0 - 1e-12)
    size = average / chance

    def holds(count: Floats) -> Values:
        left = np.maximum(size - count, 1e-300)
        return np.where(count >= size, 1.0, betainc(left, count + 1.0, 1.0 - chance)) >= level * (1.0 - 1e-12)

    found = wide.copy()
    found[narrow] = smallest(holds, np.full(size.shape, -1.0), np.ceil(size), whole=True)
    return found
