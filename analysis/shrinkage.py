"""Empirical Bayes: what many units have in common says how far to trust the few events of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincc, betaincinv, digamma, gammaincc, gammaincinv, gammaln, polygamma, xlogy

from analysis.groups import Groups, as_floats, checked_confidence
from analysis.result import Bools, Floats, Reason, Result, Values, plain, reasons

PriorMethod: TypeAlias = Literal["mle", "moments"]

LEAST_UNITS = 3  # two units say nothing about how units differ


@dataclass(frozen=True, eq=False, kw_only=True)
class GammaPrior(Result):
    """How the rates of units are spread: Gamma with `shape` α and `rate` β, so the mean is α/β and the variance α/β².

    Where units do not differ more than chance makes them, shape and rate are infinite and `mean` is the common rate. n:
    units. `events`, `exposure`: totals. log_likelihood: of the counts given the exposures. `settled`: False where the
    likelihood could not be maximised and the estimate is that of moments.
    """

    shape: Values
    rate: Values
    mean: Values
    log_likelihood: Values
    events: Values
    exposure: Values
    settled: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class BetaPrior(Result):
    """How the shares of units are spread: Beta(`a`, `b`) with the mean a/(a + b); infinite where they do not differ.

    n: units. `successes`, `trials`: totals. The rest as in `GammaPrior`.
    """

    a: Values
    b: Values
    mean: Values
    log_likelihood: Values
    successes: Values
    trials: Values
    settled: Values


@dataclass(frozen=True, eq=False, kw_only=True)
class Posterior(Result):
    """What is believed of each unit's true rate or share after its own data: mean and equal-tailed interval.

    `first`, `second`: of Gamma(shape, rate) or Beta(a, b), told by `family`. Where units do not differ, the value is
    what they have in common and the interval that of the pooled data. n: each unit's events (gamma) or trials (beta).
    """

    value: Floats
    low: Floats
    high: Floats
    first: Floats
    second: Floats
    family: str

    def exceeds(self, threshold: ArrayLike) -> Floats:
        """The probability that each unit's true rate or share lies above a threshold (one, or one for each unit)."""
        at = np.asarray(threshold, dtype=np.float64)
        if self.family == "gamma":
            return np.asarray(gammaincc(self.first, self.second * np.maximum(at, 0.0)), dtype=np.float64)
        return np.asarray(betaincc(self.first, self.second, np.clip(at, 0.0, 1.0)), dtype=np.float64)

    def draw(self, random: np.random.Generator, size: int) -> Floats:
        """`size` draws for each unit, shape (size, units); every unit must have a posterior."""
        if self.family == "gamma":
            return random.standard_gamma(self.first, (size, self.first.size)) / self.second
        return random.beta(self.first, self.second, (size, self.first.size))


def gamma_poisson(
    events: ArrayLike,
    exposure: ArrayLike,
    *,
    group: ArrayLike | None = None,
    method: PriorMethod = "mle",
    times: ArrayLike | None = None,
) -> GammaPrior:
    """How much do units differ in their rate of failure, beyond what chance makes them differ?

    events, exposure: shape (units,): whole counts, and hours, kilometres or an expected count. Units without exposure
    (they must have no events) are left out. group: numbers of the peers that are compared among each other. times: how
    many units each row stands for, one by default: of very many units those that are alike need be looked at once.

    Assumes events ~ Poisson(rate × exposure), rates from one Gamma per group: counts are then negative binomial. "mle"
    maximises that likelihood exactly (Newton on log mean and log shape). "moments" is the global estimator of Marshall
    (1991, Applied Statistics 40:283): mean m = Σy/Σe, variance Σe(y/e − m)²/Σe − m/ē, which spdep::EBest prints as
    m and a (pysal's Empirical_Bayes is the posterior mean with them). Without overdispersion shape is infinite, shrinkage
    complete: for "mle" where Σ[(y − m·e)² − y] ≤ 0, when the likelihood falls as the units begin to differ; for "moments"
    where the variance is not positive. The posteriors take the prior as known (naive empirical Bayes): below some 20
    units their intervals are too narrow.

    No value below 3 units (TOO_FEW; NO_PEERS for one alone) and without events (NO_EVENTS). O(units log units).
    Raises ValueError for negative, missing or fractional counts and for events without exposure.
    """
    y, e = _events(events, exposure)
    groups = Groups.of(group, y.size)
    seen = e > 0
    stands_for = np.ones(y.size) if times is None else as_floats(times, "times", least=0)
    model = _NegativeBinomial(y[seen], e[seen], Groups(groups.code[seen], groups.count), stands_for[seen])
    problem = _problem(model.units, (model.total == 0, Reason.NO_EVENTS))
    fit = _fit(model, problem, method)
    return GammaPrior(
        n=_one(model.units, group),
        method=f"gamma-Poisson, {method}",
        reason=_one(fit.reason, group),
        shape=_one(fit.size, group),
        rate=_one(fit.size / np.where(fit.mean > 0, fit.mean, np.nan), group),
        mean=_one(fit.mean, group),
        log_likelihood=_one(fit.log_likelihood, group),
        events=_one(model.total, group),
        exposure=_one(model.exposure, group),
        settled=_one(fit.settled, group),
    )


def beta_binomial(
    successes: ArrayLike, trials: ArrayLike, *, group: ArrayLike | None = None, method: PriorMethod = "mle"
) -> BetaPrior:
    """How much do units differ in their share (repaired at the first visit, say), beyond what chance makes them differ?

    successes, trials: shape (units,), whole counts; units without trials are left out. group: as in `gamma_poisson`.
    Assumes successes ~ Binomial(trials, share), shares from one Beta per group. "mle" maximises the beta-binomial
    likelihood exactly (Newton on logit mean and log(a + b)); "moments" is Kleinman's (1973, JASA 68:46) with weights
    proportional to the trials. Complete shrinkage as there, where the likelihood falls as units begin to differ:
    Σ[y(y−1)/p + (n−y)(n−y−1)/(1−p) − n(n−1)] ≤ 0 with the pooled p (the score of Tarone 1979).

    No value below 3 units (TOO_FEW, NO_PEERS), without a success (NO_EVENTS), with successes only (NO_VARIATION), and
    where every unit has all or none: the likelihood then grows for ever towards a = b = 0 (NOT_CONVERGED).
    """
    y, n = _successes(successes, trials)
    groups = Groups.of(group, y.size)
    seen = n > 0
    model = _BetaBinomial(y[seen], n[seen], Groups(groups.code[seen], groups.count))
    all_of_them = (model.total > 0) & (model.total == model.trials)
    problem = _problem(model.units, (model.total == 0, Reason.NO_EVENTS), (all_of_them, Reason.NO_VARIATION))
    fit = _fit(model, problem, method)
    return BetaPrior(
        n=_one(model.units, group),
        method=f"beta-binomial, {method}",
        reason=_one(fit.reason, group),
        a=_one(fit.size * fit.mean, group),
        b=_one(fit.size * (1 - fit.mean), group),
        mean=_one(fit.mean, group),
        log_likelihood=_one(fit.log_likelihood, group),
        successes=_one(model.total, group),
        trials=_one(model.trials, group),
        settled=_one(fit.settled, group),
    )


def gamma_posterior(
    prior: GammaPrior,
    events: ArrayLike,
    exposure: ArrayLike,
    *,
    group: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Posterior:
    """Each unit's rate after its own events: mean (α + y)/(β + e), between its own rate and the mean of its peers.

    prior: from `gamma_poisson` with the same groups; events, exposure, group as there. Units without exposure get the
    prior itself. Units of a group without a prior have its reason.
    """
    y, e = _events(events, exposure)
    code = Groups.of(group, y.size, np.size(prior.mean)).code
    shape, rate, mean, total, size = (
        np.atleast_1d(np.asarray(v, dtype=np.float64))[code]
        for v in (prior.shape, prior.rate, prior.mean, prior.events, prior.exposure)
    )
    alike = np.isinf(shape)
    first, second = np.where(alike, total, shape + y), np.where(alike, size, rate + e)
    checked_confidence(confidence)
    tail = (1 - confidence) / 2
    # Quantiles are slow to invert; units of one group with as many events share theirs, but for the scale.
    distinct, place = np.unique(first, return_inverse=True)
    return Posterior(
        n=y.astype(np.int64),
        method="gamma-Poisson empirical Bayes",
        confidence=confidence,
        reason=np.atleast_1d(np.asarray(prior.reason, dtype="U16"))[code],
        value=np.where(alike, mean, first / second),
        low=gammaincinv(distinct, tail)[place] / second,
        high=gammaincinv(distinct, 1 - tail)[place] / second,
        first=first,
        second=second,
        family="gamma",
    )


def beta_posterior(
    prior: BetaPrior,
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    group: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Posterior:
    """Each unit's share after its own trials: mean (a + y)/(a + b + n); all else as in `gamma_posterior`."""
    y, n = _successes(successes, trials)
    code = Groups.of(group, y.size, np.size(prior.mean)).code
    a, b, mean, total, size = (
        np.atleast_1d(np.asarray(v, dtype=np.float64))[code]
        for v in (prior.a, prior.b, prior.mean, prior.successes, prior.trials)
    )
    alike = np.isinf(a)
    first, second = np.where(alike, total, a + y), np.where(alike, size - total, b + n - y)
    checked_confidence(confidence)
    tail = (1 - confidence) / 2
    return Posterior(
        n=n.astype(np.int64),
        method="beta-binomial empirical Bayes",
        confidence=confidence,
        reason=np.atleast_1d(np.asarray(prior.reason, dtype="U16"))[code],
        value=np.where(alike, mean, first / (first + second)),
        low=betaincinv(first, second, tail),
        high=betaincinv(first, second, 1 - tail),
        first=first,
        second=second,
        family="beta",
    )


def james_stein(values: ArrayLike, variance: ArrayLike) -> Floats:
    """Means of one known variance, drawn towards their mean: ȳ + c(y − ȳ), c = 1 − (k − 3)·v/Σ(y − ȳ)² or 0.

    values: shape (k,), k ≥ 4; variance: one number. Less total squared error than the values themselves, whatever the
    truth. Efron and Morris (1975, JASA 70:311), who take arcsines of shares first to make the variance one number.
    """
    y = as_floats(values, "values")
    v = float(as_floats(variance, "variance", above=0)[0])
    if y.size < 4:
        raise ValueError(f"values must be at least 4, not {y.size}")
    away = y - y.mean()
    spread = float(away @ away)
    kept = max(0.0, 1 - (y.size - 3) * v / spread) if spread else 0.0
    drawn: Floats = y.mean() + kept * away
    return drawn


@dataclass(frozen=True, eq=False)
class _Fit:
    """By group: the prior's mean, and its weight as a number observed (α or a + b), infinite where units agree."""

    mean: Floats
    size: Floats
    log_likelihood: Floats
    settled: Bools
    reason: NDArray[np.str_]


class _Model(Protocol):
    """Counts of units by group under a prior with (mean, size); θ = (a transform of the mean, log size)."""

    mean: Floats  # pooled
    excess: Floats  # how fast the log-likelihood grows as units begin to differ
    moments: Floats  # size by moments, infinite where the variance is not positive, NaN where it is beyond what can be

    def from_mean(self, mean: Floats) -> Floats: ...
    def to_mean(self, theta: Floats) -> Floats: ...
    def log_likelihood(self, mean: Floats, size: Floats) -> Floats: ...
    def derivatives(self, theta: Floats) -> Floats: ...


def _fit(model: _Model, problem: NDArray[np.str_], method: PriorMethod) -> _Fit:
    if method not in get_args(PriorMethod):
        raise ValueError(f"method must be one of {', '.join(get_args(PriorMethod))}, not {method}")
    known = problem == ""
    mean = np.where(known, model.mean, np.nan)
    size, settled = np.where(known, model.moments, np.nan), known
    if method == "mle":
        differ = known & (model.excess > 0)
        safe = np.where(differ, model.mean, 0.5)
        start = np.stack(
            [model.from_mean(safe), np.log(np.clip(np.nan_to_num(model.moments, nan=0.01, posinf=1e4), 0.01, 1e4))]
        )
        theta, done = _maximise(model, start, differ)
        settled = known & (done | ~differ)
        found = differ & done
        mean = np.where(found, model.to_mean(theta[0]), mean)
        size = np.where(found, np.exp(theta[1]), np.where(known & ~differ, np.inf, size))
    problem = np.where(known & np.isnan(size), str(Reason.NOT_CONVERGED), problem)
    known = problem == ""
    mean = np.where(known, mean, np.nan)
    likelihood = model.log_likelihood(np.where(known, mean, 0.5), np.where(known, size, 1.0))
    return _Fit(mean, size, np.where(known, likelihood, np.nan), settled, problem)


def _maximise(model: _Model, start: Floats, active: Bools) -> tuple[Floats, Bools]:
    """Newton's method for two parameters, all groups at once; a step that makes things worse is taken back."""
    theta, radius = start, np.ones(start.shape[1])
    now = model.derivatives(theta)
    for _ in range(100):
        value, g1, g2, h11, h12, h22 = now
        determinant = h11 * h22 - h12**2
        peak = (h11 < 0) & (determinant > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = np.stack([h12 * g2 - h22 * g1, h12 * g1 - h11 * g2]) / np.where(peak, determinant, np.nan)
            uphill = np.stack([g1 / np.abs(h11), g2 / np.abs(h22)])
            step = np.nan_to_num(np.where(peak, newton, uphill), posinf=1.0, neginf=-1.0)
        length = np.abs(step).max(axis=0)
        # Newton squares the error, so the step that is still taken leaves none that a float could hold.
        settled = peak & (length < 1e-6)
        away = np.abs(theta - start).max(axis=0) >= 20
        if not (active & ~settled & ~away).any():
            break
        step = np.where(active, step, 0.0)
        # Where there is no maximum the walk has no end: it is over 20 logarithms from the start.
        trial = np.clip(theta + step * np.minimum(1.0, radius / np.maximum(length, 1e-300)), start - 20, start + 20)
        there = model.derivatives(trial)
        better = there[0] >= value - 1e-9 * (1 + np.abs(value))
        theta, now = np.where(better, trial, theta), np.where(better, there, now)
        radius = np.where(better, np.minimum(2 * radius, 2.0), radius / 4)
    return theta + np.where(settled, step, 0.0), settled


class _Tally:
    """How often each value occurs in each group: counts repeat, so log Γ is taken of few numbers."""

    def __init__(self, values: Floats, groups: Groups, times: Floats | None = None) -> None:
        order = np.lexsort((values, groups.code))
        code, value = groups.code[order], values[order]
        first = np.flatnonzero(np.append(True, (code[1:] != code[:-1]) | (value[1:] != value[:-1]))[: value.size])
        self.value, self.groups = value[first], Groups(code[first], groups.count)
        whole = np.diff(np.append(first, value.size))
        self.times = whole if times is None or not value.size else np.add.reduceat(times[order], first)

    def rising(self, start: Floats) -> tuple[Floats, Floats, Floats]:
        """Sums over units of log Γ(x + s) − log Γ(s) and of its first and second derivative in s, by group."""
        s, x = start[self.groups.code], self.value
        log = gammaln(x + s) - gammaln(s)
        # ψ(x + s) − ψ(s) loses its digits where s is large; the difference of the asymptotic series does not.
        far, t = s > 200, np.maximum(s, 200.0)
        series = np.log1p(x / t) + x / (2 * t * (x + t)) + (t**-2 - (x + t) ** -2) / 12 - (t**-4 - (x + t) ** -4) / 120
        slope = np.where(far, series, digamma(x + s) - digamma(s))
        bend = polygamma(1, x + s) - polygamma(1, s)
        total = self.groups.sum
        return total(self.times * log), total(self.times * slope), total(self.times * bend)


class _NegativeBinomial:
    """θ = (log mean, log shape)."""

    def __init__(self, y: Floats, e: Floats, groups: Groups, times: Floats | None = None) -> None:
        self.y, self.e, self.groups, self.tally = y, e, groups, _Tally(y, groups, times)
        self.times = np.ones(y.size) if times is None else times
        self.units = groups.sum(self.times).astype(np.int64)
        self.total, self.exposure = self.sum(y), self.sum(e)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.mean = self.total / self.exposure
            away = (y - self.mean[groups.code] * e) ** 2
            self.excess = self.sum(away - y)
            variance = (self.sum(away / e) - self.mean * self.units) / self.exposure
            self.moments = np.where(variance > 0, self.mean**2 / variance, np.inf)

    def sum(self, values: Floats) -> Floats:
        """Sums over units by group."""
        return self.groups.sum(self.times * values)

    def from_mean(self, mean: Floats) -> Floats:
        return np.log(mean)

    def to_mean(self, theta: Floats) -> Floats:
        return np.exp(theta)

    def derivatives(self, theta: Floats) -> Floats:
        a = np.exp(theta[1])
        log, slope, bend = self.tally.rising(a)
        m, s, y = np.exp(theta[0])[self.groups.code] * self.e, a[self.groups.code], self.y
        total, both = self.sum, m + s
        away = y - m
        down = np.log1p(m / s)
        in_shape = slope - total(down + away / both)
        bend = bend + total(m / (s * both) + away / both**2)
        return np.stack(
            [
                log + total(xlogy(y, m / both) - s * down),
                total(s * away / both),
                a * in_shape,
                -total(s * m * (s + y) / both**2),
                total(s * m * away / both**2),
                a * a * bend + a * in_shape,
            ]
        )

    def log_likelihood(self, mean: Floats, size: Floats) -> Floats:
        m = mean[self.groups.code] * self.e
        poisson = self.sum(xlogy(self.y, m) - m)
        finite = np.isfinite(size)
        theta = np.stack([np.log(np.where(mean > 0, mean, 1.0)), np.log(np.where(finite, size, 1.0))])
        return np.where(finite, self.derivatives(theta)[0], poisson) - self.sum(gammaln(self.y + 1))


class _BetaBinomial:
    """θ = (logit mean, log(a + b))."""

    def __init__(self, y: Floats, n: Floats, groups: Groups) -> None:
        self.y, self.n, self.groups = y, n, groups
        self.good, self.bad, self.all = _Tally(y, groups), _Tally(n - y, groups), _Tally(n, groups)
        self.units, self.total, self.trials = groups.size(), groups.sum(y), groups.sum(n)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = self.mean = self.total / self.trials
            spare = p * (1 - p)
            one = p[groups.code]
            self.excess = groups.sum(y * (y - 1) / one + (n - y) * (n - y - 1) / (1 - one) - n * (n - 1))
            chance = spare * (self.units - 1)
            spread = groups.sum((y - n * one) ** 2 / n)
            weight = self.trials - groups.sum(n * n) / self.trials - (self.units - 1)
            correlation = (spread - chance) / (spare * weight)
            size = np.where(correlation > 0, 1 / correlation - 1, np.inf)
            self.moments = np.where(size > 0, size, np.nan)

    def from_mean(self, mean: Floats) -> Floats:
        return np.log(mean) - np.log1p(-mean)

    def to_mean(self, theta: Floats) -> Floats:
        return 1 / (1 + np.exp(-theta))

    def derivatives(self, theta: Floats) -> Floats:
        p, size = self.to_mean(theta[0]), np.exp(theta[1])
        a, b = p * size, (1 - p) * size
        (la, ga, ha), (lb, gb, hb), (lc, gc, hc) = self.good.rising(a), self.bad.rising(b), self.all.rising(size)
        turn = size * p * (1 - p)
        in_size = a * ga + b * gb - size * gc
        return np.stack(
            [
                la + lb - lc,
                turn * (ga - gb),
                in_size,
                turn**2 * (ha + hb) + turn * (1 - 2 * p) * (ga - gb),
                turn * (a * ha - b * hb + ga - gb),
                a * a * ha + b * b * hb - size**2 * hc + in_size,
            ]
        )

    def log_likelihood(self, mean: Floats, size: Floats) -> Floats:
        p, y, n = mean[self.groups.code], self.y, self.n
        finite = np.isfinite(size)
        inner = np.where((mean > 0) & (mean < 1), mean, 0.5)
        theta = np.stack([self.from_mean(inner), np.log(np.where(finite, size, 1.0))])
        binomial = self.groups.sum(xlogy(y, p) + xlogy(n - y, 1 - p))
        ways = self.groups.sum(gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1))
        return np.where(finite, self.derivatives(theta)[0], binomial) + ways


def _events(events: ArrayLike, exposure: ArrayLike) -> tuple[Floats, Floats]:
    y, e = _counts(events, "events"), as_floats(exposure, "exposure", least=0)
    if y.shape != e.shape:
        raise ValueError(f"events and exposure must be of one length, not {y.size} and {e.size}")
    if (y[e == 0] > 0).any():
        raise ValueError("a unit without exposure must not have events")
    return y, e


def _successes(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    y, n = _counts(successes, "successes"), _counts(trials, "trials")
    if y.shape != n.shape:
        raise ValueError(f"successes and trials must be of one length, not {y.size} and {n.size}")
    if (y > n).any():
        raise ValueError("successes must not outnumber trials")
    return y, n


def _counts(values: ArrayLike, name: str) -> Floats:
    counts = as_floats(values, name, least=0)
    if (counts != np.floor(counts)).any():
        raise ValueError(f"{name} must be whole numbers, found {counts[counts != np.floor(counts)][0]:g}")
    return counts


def _problem(units: NDArray[np.int64], *cases: tuple[Bools, Reason]) -> NDArray[np.str_]:
    few = ((units == 0, Reason.NO_DATA), (units == 1, Reason.NO_PEERS), (units < LEAST_UNITS, Reason.TOO_FEW))
    return reasons(units.shape, *few, *cases)


def _one(by_group: NDArray[np.generic], group: ArrayLike | None) -> Values:
    return plain(by_group[0]) if group is None else by_group
