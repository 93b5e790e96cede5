"""A life distribution fitted by maximum likelihood, to one data set or to each of many groups, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from analysis.groups import Groups, checked_confidence
from analysis.life_bounds import (
    KINDS,
    FurtherLife,
    Interest,
    Level,
    LogAge,
    LogMean,
    LogShape,
    ZAtAge,
    bounds,
    stops_at_failures,
)
from analysis.life_data import LifeData
from analysis.log_location_scale import EXPONENTIAL, LOGNORMAL, WEIBULL, Likelihood, Part, Peak, Standard, maximise
from analysis.result import Bools, Estimate, Floats, Reason, Result, Values, plain, reasons

STANDARDS = {s.name: s for s in (WEIBULL, LOGNORMAL, EXPONENTIAL)}
_LARGEST_ERROR = 1e4  # of log σ and of μ/σ: a likelihood this flat has no maximum within reach


@dataclass(frozen=True, eq=False, kw_only=True)
class LifeFit(Result):
    """A life distribution: log t = μ + σ·(extreme value, or normal), as R's survreg has it.

    mu, sigma: μ and σ of log t (σ = 1 for the exponential). covariance: of (μ, log σ), from the observed information.
    log_likelihood: of the ages themselves, with the Jacobian 1/t of each exact failure, as R, NIST and ReliaSoft print
    it; SAS prints that of the log ages, larger by Σ log t of the exact failures.
    failures: failed lives, exactly known or within limits; n: all lives. Numbers for one data set (None without a
    value), arrays by group for many.
    """

    distribution: str
    failures: Values
    mu: Values
    sigma: Values
    log_likelihood: Values
    covariance: Values
    likelihood: Likelihood = field(repr=False)
    peak: Peak = field(repr=False)
    fitted: Bools = field(repr=False)

    def __getitem__(self, index: int) -> Self:
        """The fit of one group."""
        one = np.zeros(len(self), dtype=bool)
        one[index] = True
        return replace(
            super().__getitem__(index),
            likelihood=self.likelihood.only(one),
            peak=self.peak.only(one[self.fitted]),
            fitted=self.fitted[one],
        )

    @property
    def parameters(self) -> int:
        """How many were estimated."""
        return 1 if self._standard.one_parameter else 2

    @property
    def shape(self) -> Values:
        """β = 1/σ of a Weibull (1 for the exponential); σ of a lognormal, as in scipy.stats."""
        sigma = _array(self.sigma)
        return plain(sigma if self._is_lognormal else 1 / sigma)

    @property
    def scale(self) -> Values:
        """exp(μ): the characteristic life η of a Weibull (63.2 % failed), the mean of an exponential, the median of a
        lognormal."""
        return plain(_exp(_array(self.mu)))

    @property
    def se_mu(self) -> Values:
        """Standard error of μ."""
        return self._error(0)

    @property
    def se_log_sigma(self) -> Values:
        """Standard error of log σ, which is that of log β; 0 where it is given (exponential, Weibayes)."""
        return self._error(1)

    @property
    def se_shape(self) -> Values:
        """Standard error of the shape, by the delta method."""
        return plain(_array(self.shape) * _array(self.se_log_sigma))

    @property
    def se_scale(self) -> Values:
        """Standard error of the scale, by the delta method."""
        return plain(_array(self.scale) * _array(self.se_mu))

    @property
    def aic(self) -> Values:
        """Akaike's criterion, 2k − 2 log L."""
        return plain(2 * self.parameters - 2 * _array(self.log_likelihood))

    @property
    def aicc(self) -> Values:
        """AIC with its correction for small n (Hurvich and Tsai 1989), 2k(k + 1)/(n − k − 1); n counts survivors too."""
        k, spare = self.parameters, _array(self.n) - self.parameters - 1
        return plain(_array(self.aic) + np.where(spare > 0, 2 * k * (k + 1) / np.where(spare > 0, spare, 1), np.nan))

    @property
    def bic(self) -> Values:
        """Schwarz's criterion, k log n − 2 log L; n counts survivors too."""
        return plain(self.parameters * np.log(np.maximum(_array(self.n), 1)) - 2 * _array(self.log_likelihood))

    @property
    def mean(self) -> Values:
        """Mean life: η Γ(1 + 1/β), or exp(μ + σ²/2)."""
        return plain(_exp(_array(self.mu) + self._standard.log_moment(_array(self.sigma))[0]))

    @property
    def sd(self) -> Values:
        """Standard deviation of the lives."""
        first, second = (self._standard.log_moment(k * _array(self.sigma))[0] for k in (1, 2))
        spread = second - 2 * first  # log(1 + square of sd/mean)
        return plain(_exp(_array(self.mu) + second / 2 + np.log(-np.expm1(-spread)) / 2))

    @property
    def median(self) -> Values:
        """The age by which half have failed."""
        return plain(_exp(_array(self.mu) + _array(self.sigma) * self._standard.quantile(0.5)))

    def bounds(self, parameter: str, *, kind: str | None = None, confidence: float | None = None) -> Estimate:
        """A parameter with its bounds, "shape", "scale", "mu" or "sigma", or the "mean" life; two-sided.

        A one-sided bound at level c is the end on that side at confidence 2c − 1: for 95 % one-sided ask for 0.9.

        kind: "modified_likelihood_ratio" (the default; see `analysis.life_bounds`): likelihood ratio bounds corrected
        for few failures. Nominal 90 % covers 90 % in 5 complete lives, where "likelihood_ratio" covers 82 to 84 % and
        "wald" (Fisher matrix, on the log scale; what most programs print by default) 77 to 79 %; in 30, it is 90, 89 and
        88 %. Where the test stops at a time, with few failures by then, no bounds are exact: of 5 lives with 37 %
        survivors it covers 87 to 94 %, the others 80 to 91 %. lifelines takes z standard errors of the parameter itself
        (`se_scale`, `se_shape`) to both sides.

        Where σ is given (exponential, `weibayes`) the default is "chi_square": exact where all units ran to failure or
        left at one, otherwise with two degrees of freedom more for the lower bound of the scale (conservative), which exists
        without any failure too. A bound that the data do not give is None, with reason "not_bounded".
        """
        if parameter not in ("shape", "scale", "mu", "sigma", "mean"):
            raise ValueError(f'parameter must be "shape", "scale", "mu", "sigma" or "mean", not "{parameter}"')
        if parameter in ("shape", "sigma"):
            if self._standard.one_parameter:
                raise ValueError("the shape was not estimated: it has no bounds")
            inverse = parameter == "sigma" or self._is_lognormal
            (value, low, high), label = self._bounded(LogShape(), kind, confidence)
            logs = (-value, -high, -low) if inverse else (value, low, high)
            return self._estimate(tuple(map(_exp, logs)), label, confidence)
        ends, label = self._log_mean(kind, confidence) if parameter == "mean" else self._log_age(0.0, kind, confidence)
        return self._estimate(ends if parameter == "mu" else tuple(map(_exp, ends)), label, confidence)

    def b_life(self, p: float, *, kind: str | None = None, confidence: float | None = None) -> Estimate:
        """The age by which a share p has failed (B10: p = 0.1), with bounds of the same kinds as `bounds`."""
        if not 0 < p < 1:
            raise ValueError(f"p must lie between 0 and 1, not {p}")
        ends, label = self._log_age(float(self._standard.quantile(p)), kind, confidence)
        return self._estimate(tuple(map(_exp, ends)), label, confidence)

    def reliability(
        self, t: float, *, age: float = 0.0, kind: str | None = None, confidence: float | None = None
    ) -> Estimate:
        """The chance to survive a further t for what has reached `age` (0: new), with bounds as in `bounds`.

        Wald bounds are taken on the scale of z = (log t − μ)/σ for new things, as ReliaSoft and Minitab do, of
        log(−log R) for aged ones. For aged ones no bounds are exact; the default ones cover 85 to 88 % at nominal 90 %
        and 5 lives, 89 % at 30. For the share that fails within t, take 1 less each end.
        """
        for name, given in (("t", t), ("age", age)):
            if not (given >= 0 and np.isfinite(given)):
                raise ValueError(f"{name} must be finite and not negative, found {given:g}")
        if t == 0:
            one = np.where(self.fitted, 1.0, np.nan)
            return self._estimate((one, one, one), "certain", confidence)
        b = self._standard.given_b
        if b is not None:
            scale, label = self._log_age(0.0, kind, confidence)
            with np.errstate(divide="ignore", over="ignore"):
                # (age + t)^β − age^β, written so that no digits cancel.
                share = -np.expm1(-b * np.log1p(np.divide(t, age)))
                ends = tuple(np.exp(-np.exp(b * (np.log(age + t) - x)) * share) for x in scale)
            return self._estimate(ends, label, confidence)
        centre = self.peak.likelihood.centre
        if age == 0:
            interest: Interest = ZAtAge(np.log(t) - centre)
        else:
            interest = FurtherLife(self._standard, np.log(age) - centre, np.log(age + t) - centre)
        (value, low, high), label = self._bounded(interest, kind, confidence)
        with np.errstate(all="ignore"):
            if age == 0:
                ends = tuple(np.exp(self._standard.survival(z)[0]) for z in (value, high, low))
            else:
                ends = tuple(np.exp(-np.exp(psi)) for psi in (value, high, low))
        return self._estimate(ends, label, confidence)

    @property
    def _standard(self) -> Standard:
        return self.likelihood.standard

    @property
    def _is_lognormal(self) -> bool:
        return self._standard is LOGNORMAL

    def _error(self, which: int) -> Values:
        return plain(np.sqrt(_array(self.covariance)[..., which, which]))

    def _chi_square(self, kind: str | None) -> bool:
        kinds = (*KINDS, "chi_square") if self._standard.one_parameter else KINDS
        if kind is not None and kind not in kinds:
            raise ValueError(f'kind must be one of {", ".join(kinds)}, not "{kind}"')
        limits = self.likelihood.before.code.size + self.likelihood.within.code.size
        if kind == "chi_square" and limits:
            raise ValueError("chi-square bounds need failures at known ages, not within limits")
        return self._standard.one_parameter and kind in (None, "chi_square") and not limits

    def _bounded(
        self, interest: Interest, kind: str | None, confidence: float | None
    ) -> tuple[tuple[Floats, ...], str]:
        """ψ̂ with its bounds, by group (NaN where there is no fit), and what they are called."""
        self._chi_square(kind)
        kind = kind or "modified_likelihood_ratio"
        found = bounds(self.peak, interest, kind, self._level(confidence))
        return tuple(self._spread(x) for x in found), kind.replace("_", " ")

    def _log_age(self, z: float, kind: str | None, confidence: float | None) -> tuple[tuple[Floats, ...], str]:
        """The log age at which (log t − μ)/σ = z, with its bounds."""
        centre, b = self.likelihood.centre, self._standard.given_b
        if self._chi_square(kind):
            assert b is not None
            return tuple(x + z / b for x in self._by_chi_square(b, confidence)), "chi-square"
        if b is not None:
            found, label = self._bounded(Level(), kind, confidence)
            return tuple((x + z) / b + centre for x in found), label
        found, label = self._bounded(LogAge(np.full(self.peak.a.size, z)), kind, confidence)
        return tuple(x + centre for x in found), label

    def _log_mean(self, kind: str | None, confidence: float | None) -> tuple[tuple[Floats, ...], str]:
        """The log of the mean life with its bounds."""
        b = self._standard.given_b
        if b is not None:
            return self._log_age(b * float(self._standard.log_moment(_array(1 / b))[0]), kind, confidence)
        found, label = self._bounded(LogMean(self._standard), kind, confidence)
        return tuple(x + self.likelihood.centre for x in found), label

    def _by_chi_square(self, b: float, confidence: float | None) -> tuple[Floats, ...]:
        """log η with its bounds for a given β = b: 2Σtᵝ/ηᵝ has a χ² distribution (β = 1: T, the time on test)."""
        lik, level = self.likelihood, self._level(confidence)
        degrees = 2 * lik.failures
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            total = lik.survived.sum(np.exp(b * lik.survived.y)) - lik.entered.sum(np.exp(b * lik.entered.y))
            low = np.log(2 * total / chdtri(degrees + np.where(stops_at_failures(lik), 0, 2), (1 - level) / 2))
            high = np.log(2 * total / chdtri(degrees, (1 + level) / 2))
            value = np.log(total / lik.failures)
        value, high = (np.where(lik.failures > 0, x, np.nan) for x in (value, high))
        return tuple(x / b + lik.centre for x in (value, np.where(total > 0, low, np.nan), high))

    def _level(self, confidence: float | None) -> float:
        level = self.confidence if confidence is None else confidence
        assert level is not None
        return checked_confidence(level)

    def _spread(self, values: Floats) -> Floats:
        """From the groups that have a fit to all."""
        full = np.full(self.fitted.shape, np.nan)
        full[self.fitted] = values
        return full

    def _estimate(self, ends: tuple[Floats, ...], label: str, confidence: float | None) -> Estimate:
        value, low, high = (np.where(np.isfinite(x), x, np.nan) for x in ends)
        reason = np.atleast_1d(np.asarray(self.reason, dtype="U16"))
        open_ended = (reason == "") & (np.isnan(low) | np.isnan(high))
        estimate = Estimate(
            n=np.atleast_1d(self.n),
            value=value,
            low=low,
            high=high,
            method=f"{self.method}, {label} bounds",
            confidence=self._level(confidence),
            reason=np.where(open_ended, str(Reason.NOT_BOUNDED), reason),
        )
        return estimate if isinstance(self.n, np.ndarray) else estimate[0]


def fit_life(
    standard: Standard,
    data: LifeData,
    group: ArrayLike | None,
    groups: int | None,
    least_failures: int,
    confidence: float,
) -> LifeFit:
    """One fit, or one per group where `group` is given."""
    checked_confidence(confidence)
    if least_failures < 1:
        raise ValueError(f"least_failures must be at least 1, not {least_failures}")
    data = data.gathered() if group is None else data
    by = Groups.of(group, len(data), groups)
    likelihood = Likelihood.of(standard, data, by)
    lives = Part(by.code, by.count, data.count, None)
    n, failures = lives.sum(lives.y), lives.sum(lives.y, data.failed.astype(np.float64))
    why = reasons(
        by.count,
        (n == 0, Reason.NO_DATA),
        (failures == 0, Reason.NO_EVENTS),
        (failures < (1 if standard.one_parameter else least_failures), Reason.TOO_FEW),
        (_all_alike(data, by, standard), Reason.NO_VARIATION),
    )
    fitted = why == ""
    peak = maximise(likelihood.only(fitted))
    covariance = _covariance(peak)
    with np.errstate(invalid="ignore"):
        errors = np.stack([np.sqrt(covariance[:, 0, 0]) * peak.b, np.sqrt(covariance[:, 1, 1])])
        found = peak.found & (errors < _LARGEST_ERROR).all(axis=0)
    why[np.flatnonzero(fitted)[~found]] = str(Reason.NOT_CONVERGED)
    fitted = why == ""
    peak, covariance = peak.only(found), covariance[found]

    def spread(values: Floats) -> Floats:
        full = np.full((by.count, *values.shape[1:]), np.nan)
        full[fitted] = values
        return full

    fit = LifeFit(
        n=_whole(n),
        method=f"{standard.name}, maximum likelihood",
        confidence=confidence,
        reason=why,
        distribution=standard.name,
        failures=_whole(failures),
        mu=spread(peak.a / peak.b + peak.likelihood.centre),
        sigma=spread(1 / peak.b),
        log_likelihood=spread(peak.slope.value),
        covariance=spread(covariance),
        likelihood=likelihood,
        peak=peak,
        fitted=fitted,
    )
    return fit if group is not None else fit[0]


def _all_alike(data: LifeData, by: Groups, standard: Standard) -> Bools:
    """Groups in which one and the same age would explain all rows: the likelihood grows without end as σ falls to 0.

    Where σ is given (1 for the exponential): those in which failing at once would explain all.
    """
    seen = data.count > 0
    low = np.where(seen, data.lower - data.entry if standard.one_parameter else data.lower, -np.inf)
    high = np.where(seen, data.upper, np.inf)
    if by.count == 1:
        lower, upper = np.array([low.max(initial=-np.inf)]), np.array([high.min(initial=np.inf)])
    else:
        lower, upper = np.full(by.count, -np.inf), np.full(by.count, np.inf)
        np.maximum.at(lower, by.code, low)
        np.minimum.at(upper, by.code, high)
    return lower <= (0 if standard.one_parameter else upper)


def _covariance(peak: Peak) -> Floats:
    """Of (μ, log σ), from second derivatives in (a, b): at a maximum they transform by the Jacobian alone."""
    s, a, b = peak.slope, peak.a, peak.b
    with np.errstate(all="ignore"):
        mu = -(b**2) * s.aa
        if peak.likelihood.standard.one_parameter:
            matrix = np.zeros((a.size, 2, 2))
            matrix[:, 0, 0] = 1 / mu
            return matrix
        # (a, b) = (μ, 1)·exp(−log σ), with μ counted from the centre.
        cross = b * (s.aa * a + s.ab * b)
        sigma = -(s.aa * a**2 + 2 * s.ab * a * b + s.bb * b**2)
        determinant = mu * sigma - cross**2
        return np.moveaxis(np.array([[sigma, -cross], [-cross, mu]]) / determinant, -1, 0)


def _array(values: Values) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _exp(values: Floats) -> Floats:
    """exp, infinite where it is too large for a double."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(values))


def _whole(values: Floats) -> Values:
    """Counts as whole numbers where they are."""
    rounded = np.rint(values)
    return rounded.astype(np.int64) if (rounded == values).all() else values
