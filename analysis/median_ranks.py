"""A life distribution by regression on median ranks: the straight line through the points of probability paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from analysis.groups import as_floats
from analysis.life_data import LifeData
from analysis.log_location_scale import EXPONENTIAL, LOGNORMAL, WEIBULL
from analysis.result import Bools, Floats, Reason, Result

_STANDARDS = {s.name: s for s in (WEIBULL, LOGNORMAL, EXPONENTIAL)}
_RANKS: dict[str, Callable[[Floats, int], Floats]] = {
    "exact": lambda i, n: betaincinv(i, n + 1 - i, 0.5),
    "benard": lambda i, n: (i - 0.3) / (n + 0.4),
    "hazen": lambda i, n: (i - 0.5) / n,
    "mean": lambda i, n: i / (n + 1),
}
_REGRESSIONS = ("x_on_y", "y_on_x")
_TIES = ("each", "last")


@dataclass(frozen=True, eq=False, kw_only=True)
class RankRegression(Result):
    """A line on probability paper: log t = mu + sigma·z.

    times, ranks: of the failures, ascending: the points on the paper. rho: their correlation on it, r_squared its square.
    shape and scale as in `LifeFit`: β and η of a Weibull, σ and the median of a lognormal, 1 and the mean of an
    exponential. None where there is a reason.
    """

    distribution: str
    failures: int
    times: Floats
    ranks: Floats
    mu: float | None
    sigma: float | None
    rho: float | None

    @property
    def shape(self) -> float | None:
        """β = 1/σ of a Weibull (1 for the exponential), σ of a lognormal."""
        return self.sigma if self.sigma is None or self.distribution == LOGNORMAL.name else 1 / self.sigma

    @property
    def scale(self) -> float | None:
        """η of a Weibull, the median of a lognormal, the mean of an exponential."""
        return None if self.mu is None else float(np.exp(self.mu))

    @property
    def r_squared(self) -> float | None:
        """The share of the spread that the line explains."""
        return None if self.rho is None else self.rho**2

    def b_life(self, p: float) -> float | None:
        """The age by which a share p has failed."""
        if not 0 < p < 1:
            raise ValueError(f"p must lie between 0 and 1, not {p}")
        if self.mu is None or self.sigma is None:
            return None
        return float(np.exp(self.mu + self.sigma * _STANDARDS[self.distribution].quantile(p)))

    def reliability(self, t: float) -> float | None:
        """The chance to survive an age t."""
        if not t >= 0:
            raise ValueError(f"t must not be negative, found {t:g}")
        if self.mu is None or self.sigma is None or t == 0:
            return None if self.mu is None else 1.0
        z = np.atleast_1d((np.log(t) - self.mu) / self.sigma)
        return float(np.exp(_STANDARDS[self.distribution].survival(z)[0][0]))


def median_ranks(failed: ArrayLike, *, ranks: str = "exact") -> Floats:
    """At which share of the population did each failure happen: the median rank, survivors taken into account.

    failed: shape (n,), in order of age, True for failures. ranks: "exact", the median of the beta distribution of the
    i-th of n, or "benard", its approximation (i − 0.3)/(n + 0.4). Two that are no medians, for comparison with papers
    that use them: "hazen", (i − 0.5)/n, and "mean", i/(n + 1) (Herd and Johnson). Survivors raise the order number i of
    later failures by Johnson's rule: each failure adds (n + 1 − previous i)/(1 + how many are left, itself included).

    Returns one rank per failure, in (0, 1). Johnson 1964, The Statistical Treatment of Fatigue Experiments; Abernethy, The
    New Weibull Handbook, 5th ed., §2. Meeker and Escobar (1998, §6.4) take the middle of each Kaplan–Meier step, as
    does Minitab where told to: among survivors that is not quite Hazen's formula with Johnson's order.
    """
    if ranks not in _RANKS:
        raise ValueError(f'ranks must be one of {", ".join(_RANKS)}, not "{ranks}"')
    ended = LifeData.of(np.arange(1.0, 1 + np.size(failed)), failed).exact
    n, left = ended.size, ended.size - np.flatnonzero(ended)
    # What is left of n + 1 after each failure: it shrinks by the factor 1 − 1/(1 + left).
    order = np.asarray((n + 1) * (1 - np.cumprod(left / (left + 1.0))), dtype=np.float64)
    return _RANKS[ranks](order, n)


def median_rank_regression(
    times: ArrayLike,
    failed: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    distribution: str = "Weibull",
    regress: str = "x_on_y",
    ranks: str = "exact",
    ties: str = "each",
) -> RankRegression:
    """How do these things age, by the line through their points on Weibull, lognormal or exponential paper.

    times, failed, count: as in `weibull_mle`, with ages known exactly. regress: "x_on_y", least squares of log age on the
    transformed rank (RRX, the habit of the trade: the ages are what scatters), or "y_on_x" (RRY). ranks: as in
    `median_ranks`; ReliaSoft has "exact", Minitab and many handbooks "benard".

    A count is that many lives of one age. ties: "each" failure of one age has a point of its own, or only the "last"
    has, the one of the highest rank (ReliaSoft's grouped data, where it stands for all found failed at one look). The
    line of an exponential goes through the origin of its paper, age against −log(1 − rank). Failures come before
    survivors of the same age. With fewer than two failures the reason is "too_few", with one age for all
    "no_variation". Few failures are seen better on paper than by likelihood; for bounds, and with many survivors, take
    `weibull_mle`: ranks do not use when the survivors left.
    """
    if distribution not in _STANDARDS:
        raise ValueError(f'distribution must be one of {", ".join(_STANDARDS)}, not "{distribution}"')
    if regress not in _REGRESSIONS:
        raise ValueError(f'regress must be one of {", ".join(_REGRESSIONS)}, not "{regress}"')
    if ties not in _TIES:
        raise ValueError(f'ties must be one of {", ".join(_TIES)}, not "{ties}"')
    ages, ended = _lives(times, failed, count)
    points, failures = ages[ended], int(ended.sum())
    rank = median_ranks(ended, ranks=ranks)
    if ties == "last":
        last = np.append(points[1:] > points[:-1], True)[: points.size]
        points, rank = points[last], rank[last]
    reason = Reason.NONE
    if not ages.size:
        reason = Reason.NO_DATA
    elif not failures:
        reason = Reason.NO_EVENTS
    elif failures < 2:
        reason = Reason.TOO_FEW
    elif points[0] == points[-1]:
        reason = Reason.NO_VARIATION
    mu = sigma = rho = None
    if not reason:
        line = _line_from_origin if distribution == EXPONENTIAL.name else _line
        mu, sigma, rho = line(np.log(points), _STANDARDS[distribution].quantile(rank), regress)
    return RankRegression(
        n=int(ages.size),
        method=f"{distribution}, {regress.replace('_', ' ')}, {ranks} ranks",
        reason=reason,
        distribution=distribution,
        failures=failures,
        times=points,
        ranks=rank,
        mu=mu,
        sigma=sigma,
        rho=rho,
    )


def _lives(times: ArrayLike, failed: ArrayLike | None, count: ArrayLike | None) -> tuple[Floats, Bools]:
    """Ages ascending, one per life, failures first among equals."""
    data = LifeData.of(times, failed, count=count)
    number = np.rint(as_floats(data.count, "count"))
    if (number != data.count).any():
        raise ValueError("count must hold whole numbers: each life has a rank")
    repeats = number.astype(np.int64)
    ages: Floats = np.repeat(data.lower, repeats)
    ended: Bools = np.repeat(data.exact, repeats)
    order = np.lexsort((np.logical_not(ended), ages))
    return ages[order], ended[order]


def _line(x: Floats, z: Floats, regress: str) -> tuple[float, float, float]:
    """mu, sigma and the correlation: x = mu + sigma·z, fitted in one direction or the other."""
    dx, dz = x - x.mean(), z - z.mean()
    xx, zz, xz = dx @ dx, dz @ dz, dx @ dz
    sigma = xz / zz if regress == "x_on_y" else xx / xz
    return float(x.mean() - sigma * z.mean()), float(sigma), float(xz / np.sqrt(xx * zz))


def _line_from_origin(x: Floats, z: Floats, regress: str) -> tuple[float, float, float]:
    """mu, 1 and the correlation: exp(x) = exp(mu)·exp(z), fitted in one direction or the other."""
    ages, hazards = np.exp(x - x.max()), np.exp(z)
    across = ages @ hazards
    mean = across / (hazards @ hazards) if regress == "x_on_y" else ages @ ages / across
    return float(np.log(mean) + x.max()), 1.0, float(np.corrcoef(ages, hazards)[0, 1])
