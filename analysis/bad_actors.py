"""Bad actors: which units fail more often than the fleet, when some must do so by chance alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, gammainc

from analysis.groups import Groups, as_floats
from analysis.multiple import benjamini_hochberg
from analysis.result import Bools, Floats, Reason, Result
from analysis.shrinkage import GammaPrior, Posterior, gamma_poisson, gamma_posterior

Null: TypeAlias = Literal["poisson", "negative-binomial"]


@dataclass(frozen=True, eq=False, kw_only=True)
class BadActors(Result):
    """One row per unit, as they were given; `rank` 1 is the worst, 0 has no rank.

    ratio: the unit's own rate ÷ the fleet's (its peers', where groups were given), which is `fleet_rate`.
    posterior: the shrunken rate with its interval. probability: that the true rate exceeds threshold × the fleet's.
    expected_false: the share of units with no such rate among this one and all that are likelier, the Bayesian
    false-discovery rate at which it is selected. p, q: of the frequentist test and its Benjamini–Hochberg q-value.
    selected: expected_false ≤ fdr. n: events of each unit.
    """

    ratio: Floats
    fleet_rate: Floats
    posterior: Posterior
    probability: Floats
    expected_false: Floats
    p: Floats
    q: Floats
    rank: NDArray[np.int64]
    selected: Bools


def bad_actors(
    failures: ArrayLike,
    exposure: ArrayLike,
    *,
    group: ArrayLike | None = None,
    threshold: float = 1.0,
    fdr: float = 0.1,
    null: Null = "poisson",
    confidence: float = 0.95,
    times: ArrayLike | None = None,
) -> BadActors:
    """Which units truly fail more than `threshold` times as often as the fleet, and how many are named wrongly?

    failures, exposure: shape (units,): counts, and hours, kilometres or months. group: numbers of peers (models, say):
    each unit is then compared with the rate of its own group, and all units are still one family of tests. times: how many
    units each row stands for, one by default: of very many units most are alike. The answer then has one row for each of
    these rows, and `rank` is that of rows.

    Two answers, which rest on different assumptions. Bayesian: rates are Gamma-distributed (`gamma_poisson`), the
    posterior probability of each unit counts its own data and what its peers are like; units are taken from the top as
    long as the mean of 1 − probability among those taken is at most `fdr` (Newton et al. 2004, Biostatistics 5:155;
    Müller et al. 2006). It is what `selected` and `rank` follow, ties by the posterior mean. Frequentist: p = P(Y ≥ y)
    for the hypothesis that the unit's rate is threshold × the fleet's at most ("poisson"), or that the unit is an
    ordinary member of a fleet as varied as it is ("negative-binomial", tail of the marginal; takes no threshold), and q
    by Benjamini–Hochberg over all units; keep q ≤ fdr. p is exact, hence conservative for small counts.

    The fleet's rate is Σ failures ÷ Σ exposure, the units asked about included. Where the units do not differ beyond
    chance every posterior is the common rate and nobody exceeds it: probability 0. Units without exposure and groups
    without a prior (fewer than 3 units, no failures) have NaN and the reason, and are never selected; the Poisson p
    needs no prior. O(units log units). Raises ValueError as `gamma_poisson`, and for threshold ≤ 0 or fdr outside (0,
    1).
    """
    if not threshold > 0:
        raise ValueError(f"threshold must be above 0, not {threshold}")
    if not 0 < fdr < 1:
        raise ValueError(f"fdr must lie between 0 and 1, not {fdr}")
    if null not in get_args(Null):
        raise ValueError(f"null must be one of {', '.join(get_args(Null))}, not {null}")
    y, e = np.atleast_1d(np.asarray(failures, dtype=np.float64)), np.atleast_1d(np.asarray(exposure, dtype=np.float64))
    groups = Groups.of(group, y.size)
    stands_for = np.ones(y.size) if times is None else as_floats(times, "times", above=0)
    prior = gamma_poisson(y, e, group=groups.code, times=stands_for)
    posterior = gamma_posterior(prior, y, e, group=groups.code, confidence=confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        fleet = (groups.sum(y * stands_for) / groups.sum(e * stands_for))[groups.code]
        ratio = y / e / fleet
    reason = np.where(e > 0, posterior.reason, str(Reason.NO_EXPOSURE))
    alike = np.isinf(prior.shape)[groups.code]
    probability = np.where(alike, float(threshold < 1), posterior.exceeds(threshold * fleet))
    probability = np.where(reason == "", probability, np.nan)
    p = _upper_tail(y, e, threshold * fleet, prior, groups.code, null)
    order = np.lexsort((-posterior.value, -probability))
    rank = np.empty(y.size, dtype=np.int64)
    rank[order] = np.where(np.isnan(probability[order]), 0, np.arange(1, y.size + 1))
    expected_false = _expected_false(probability, stands_for)
    return BadActors(
        n=posterior.n,
        method=f"gamma-Poisson empirical Bayes with Bayesian false-discovery rate; {null} tail with Benjamini-Hochberg",
        confidence=confidence,
        reason=reason,
        ratio=ratio,
        fleet_rate=fleet,
        posterior=posterior,
        probability=probability,
        expected_false=expected_false,
        p=p,
        q=benjamini_hochberg(p, times=stands_for),
        rank=rank,
        selected=expected_false <= fdr,
    )


def _upper_tail(y: Floats, e: Floats, rate: Floats, prior: GammaPrior, code: NDArray[np.int64], null: Null) -> Floats:
    """P(Y ≥ y) for each unit; NaN where there is nothing to test."""
    some = np.maximum(y, 1.0)
    with np.errstate(invalid="ignore"):
        tail = gammainc(some, np.where(e > 0, rate * e, np.nan))
        if null == "negative-binomial":
            shape, beta = prior.shape[code], prior.rate[code]
            varied = betainc(some, shape, np.where(e > 0, e / (e + beta), np.nan))
            tail = np.where(np.isinf(shape), gammainc(some, prior.mean[code] * e), varied)
    tail = np.where(np.isnan(tail), np.nan, np.where(y > 0, tail, 1.0))
    return np.where(e > 0, tail, np.nan)


def _expected_false(probability: Floats, times: Floats) -> Floats:
    """The mean of 1 − probability over this unit and all that are at least as likely."""
    known = np.flatnonzero(~np.isnan(probability))
    error = 1 - probability[known]
    order = np.argsort(error, kind="stable")
    ranked = error[order]
    # Units of one probability stand or fall together.
    last = np.searchsorted(ranked, ranked, side="right") - 1
    units = times[known][order]
    mean = (np.cumsum(ranked * units) / np.cumsum(units))[last]
    found = np.full(probability.size, np.nan)
    found[known[order]] = mean
    return found
