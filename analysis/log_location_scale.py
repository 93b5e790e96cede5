"""Distributions of log t with a location and a scale, their likelihood for many groups at once, and its maximum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
from scipy.special import digamma, gammaln, log_ndtr, ndtri, polygamma

from analysis.groups import Groups
from analysis.life_data import LifeData
from analysis.result import Bools, Floats, Ints

# A log-density or log-probability at z with its first and second derivative.
Curve: TypeAlias = tuple[Floats, Floats, Floats]
# A log likelihood per group and its derivatives by a, b, aa, ab, bb.
Sums: TypeAlias = tuple[Floats, Floats, Floats, Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class Standard:
    """A distribution of z = (log t − μ)/σ, by logarithms: nothing underflows.

    density, survival, failure: log f, log S, log F with two derivatives. span: log(F(z₂) − F(z₁)). quantile: z by F.
    log_moment: log E exp(σz) by σ with two derivatives: the log of the mean life where μ is 0.
    The first four are concave (Burridge 1981, JRSS B 43:41), so that without truncation a likelihood has one maximum.
    """

    name: str
    density: Callable[[Floats], Curve]
    survival: Callable[[Floats], Curve]
    failure: Callable[[Floats], Curve]
    span: Callable[[Floats, Floats], Floats]
    quantile: Callable[[Any], Any]  # z by which a share p has failed
    log_moment: Callable[[Floats], Curve]
    hazard_is_z: bool = False  # log f − log S = z: failures add a linear term to what survivors do
    given_b: float | None = None  # 1/σ, where it is not to be estimated

    @property
    def one_parameter(self) -> bool:
        """σ is given, only μ is estimated."""
        return self.given_b is not None


def _extreme_density(z: Floats) -> Curve:
    e = np.exp(z)
    return z - e, 1 - e, -e


def _extreme_survival(z: Floats) -> Curve:
    e = np.exp(z)
    np.negative(e, out=e)
    return e, e, e


def _extreme_failure(z: Floats) -> Curve:
    e = np.exp(z)
    log_f = np.log(-np.expm1(-e))
    slope = np.exp(z - e - log_f)
    return log_f, slope, slope * (1 - e) - slope**2


def _extreme_span(z1: Floats, z2: Floats) -> Floats:
    e1 = np.exp(z1)
    span: Floats = -e1 + np.log(-np.expm1(e1 - np.exp(z2)))
    return span


def _normal_density(z: Floats) -> Curve:
    return -(z**2 + np.log(2 * np.pi)) / 2, -z, np.full_like(z, -1.0)


def _normal_tail(sign: int, z: Floats) -> Curve:
    log_p = log_ndtr(sign * z)
    slope = sign * np.exp(-(z**2 + np.log(2 * np.pi)) / 2 - log_p)
    return log_p, slope, -slope * (z + slope)


def _normal_span(z1: Floats, z2: Floats) -> Floats:
    # The tail in which both limits are small, where the difference keeps its digits.
    low, high = np.where(z1 > 0, -z2, z1), np.where(z1 > 0, -z1, z2)
    span: Floats = log_ndtr(high) + np.log(-np.expm1(log_ndtr(low) - log_ndtr(high)))
    return span


def _extreme_quantile(p: Any) -> Any:
    return np.log(-np.log1p(-p))


def _extreme_moment(sigma: Floats) -> Curve:
    return gammaln(1 + sigma), digamma(1 + sigma), polygamma(1, 1 + sigma)


def _normal_moment(sigma: Floats) -> Curve:
    return sigma**2 / 2, sigma, np.ones_like(sigma)


WEIBULL = Standard(
    "Weibull",
    _extreme_density,
    _extreme_survival,
    _extreme_failure,
    _extreme_span,
    _extreme_quantile,
    _extreme_moment,
    hazard_is_z=True,
)
EXPONENTIAL = replace(WEIBULL, name="exponential", given_b=1.0)
LOGNORMAL = Standard(
    "lognormal",
    _normal_density,
    partial(_normal_tail, -1),
    partial(_normal_tail, +1),
    _normal_span,
    ndtri,
    _normal_moment,
)


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of one kind of knowledge; `y` their log ages less the group's centre (for intervals the lower limit's)."""

    code: Ints
    size: int  # groups
    y: Floats
    weight: Floats | None  # None: all 1
    y2: Floats | None = None

    def rows(self, chosen: Bools) -> Part:
        """Some of the rows."""
        if chosen.all():
            return self
        if not chosen.any():
            return Part(self.code[:0], self.size, self.y[:0], None)
        weight = None if self.weight is None else self.weight[chosen]
        return Part(self.code[chosen], self.size, self.y[chosen], weight)

    def moved(self, centre: Floats) -> Part:
        """With log ages counted from each group's centre."""
        return replace(self, y=self.y - (centre if self.size == 1 else centre[self.code]))

    def take(self, groups: Bools) -> Part:
        """The rows of some groups, numbered anew."""
        rows = groups[self.code]
        number, size = np.cumsum(groups) - 1, int(groups.sum())
        y, weight, y2 = (None if x is None else x[rows] for x in (self.y, self.weight, self.y2))
        return Part(number[self.code[rows]], size, y, weight, y2)  # type: ignore[arg-type]  # y is never None

    def z(self, a: Floats, b: Floats, y: Floats | None = None) -> Floats:
        """b·y − a, each row with its group's."""
        one = self.size == 1
        z = (b if one else b[self.code]) * (self.y if y is None else y)
        z -= a if one else a[self.code]
        return z

    @cached_property
    def square(self) -> Floats:
        """y²."""
        return self.y**2

    def sum(self, *factors: Floats) -> Floats:
        """Per group, the sum over the rows of the product of weights and factors."""
        first, *others = factors if self.weight is None else (self.weight, *factors)
        if self.size == 1:
            for other in others[:-1]:
                first = first * other
            # Not np.dot: its threads cost more than they save.
            return np.atleast_1d(np.einsum("i,i->", first, others[-1]) if others else first.sum())
        for other in others:
            first = first * other
        return np.bincount(self.code, first, self.size).astype(np.float64, copy=False)

    def slope(self, curve: Curve) -> Sums:
        """Value and derivatives by a and b of Σ curve(b·y − a)."""
        value, first, second = curve
        v, s, sy = self.sum(value), self.sum(first), self.sum(first, self.y)
        # An extreme value's log S is its own derivative.
        b, by = (s, sy) if second is first else (self.sum(second), self.sum(second, self.y))
        return v, -s, sy, b, -by, self.sum(second, self.square)


@dataclass(frozen=True, eq=False)
class Slope:
    """A log likelihood per group with its derivatives by a = μ/σ and b = 1/σ."""

    value: Floats
    a: Floats
    b: Floats
    aa: Floats
    ab: Floats
    bb: Floats

    @property
    def determinant(self) -> Floats:
        """That of the matrix of second derivatives: positive at a maximum."""
        return self.aa * self.bb - self.ab**2


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log likelihood of each group by a = μ/σ and b = 1/σ, in which z = b·log t − a is linear.

    `centre` is subtracted from the log ages of each group, so that sums keep their digits; μ is to be read from there.
    """

    standard: Standard
    size: int
    centre: Floats
    failures: Floats  # known exactly
    failure_y: Floats  # Σ y of those
    exact: Part  # not kept where the sums above are all that is asked of it
    survived: Part  # where the hazard is z, exact failures too: they survived up to then
    before: Part
    within: Part
    entered: Part

    @classmethod
    def of(cls, standard: Standard, data: LifeData, groups: Groups) -> Likelihood:
        """From rows; those that tell nothing (survived from 0, or count 0) are left out."""
        seen, known = data.count > 0, data.lower > 0
        exact = data.exact & seen
        limits = data.failed & ~exact & seen
        survived = data.survived & seen & known
        with np.errstate(divide="ignore"):
            y = np.log(np.where(known, data.lower, data.upper))
        weight = None if (data.count == 1).all() else data.count
        lives = Part(groups.code, groups.count, y, weight)
        useful = exact | survived | limits
        if not useful.all():
            lives = lives.rows(useful)
            exact, survived, limits, known = (mask[useful] for mask in (exact, survived, limits, known))
        ones = np.ones_like(lives.y)
        centre = lives.sum(lives.y) / np.maximum(lives.sum(ones), 1e-300)
        lives = lives.moved(centre)
        died = exact.astype(np.float64)
        entries = Part(groups.code, groups.count, data.entry, weight).rows(seen & (data.entry > 0))
        entries = replace(entries, y=np.log(entries.y))
        within = limits & known
        spans = lives.rows(within)
        if spans.code.size:
            spans = replace(spans, y2=np.log(data.upper[useful][within]) - centre[spans.code])
        return cls(
            standard=standard,
            size=groups.count,
            centre=centre,
            failures=lives.sum(died),
            failure_y=lives.sum(died, lives.y),
            exact=lives.rows(exact & (not standard.hazard_is_z or standard.one_parameter)),
            survived=lives.rows(survived | exact if standard.hazard_is_z else survived),
            before=lives.rows(limits & ~known),
            within=spans,
            entered=entries.moved(centre),
        )

    def only(self, groups: Bools) -> Likelihood:
        """That of some of the groups, numbered anew."""
        if groups.all():
            return self
        parts = {
            name: getattr(self, name).take(groups) for name in ("exact", "survived", "before", "within", "entered")
        }
        picked = {name: getattr(self, name)[groups] for name in ("centre", "failures", "failure_y")}
        return replace(self, size=int(groups.sum()), **parts, **picked)

    def at(self, a: Floats, b: Floats, *, truncated: bool = True) -> Slope:
        """Value and derivatives at one (a, b) per group; `truncated=False` forgets the entries."""
        curves = self.standard
        zero = np.zeros(self.size)
        with np.errstate(all="ignore"):
            # Of each density the factor b/t, the same for all distributions.
            value = self.failures * (np.log(b) - self.centre) - self.failure_y
            terms: list[Sums] = [(value, zero, self.failures / b, zero, zero, -self.failures / b**2)]
            if curves.hazard_is_z:
                terms.append((b * self.failure_y - a * self.failures, -self.failures, self.failure_y, zero, zero, zero))
            elif self.exact.code.size:
                terms.append(self.exact.slope(curves.density(self.exact.z(a, b))))
            if self.survived.code.size:
                terms.append(self.survived.slope(curves.survival(self.survived.z(a, b))))
            if self.before.code.size:
                terms.append(self.before.slope(curves.failure(self.before.z(a, b))))
            if self.within.code.size:
                terms.append(self._within(a, b))
            if self.entered.code.size and truncated:
                entered = self.entered.slope(curves.survival(self.entered.z(a, b)))
                terms.append(tuple(-x for x in entered))  # type: ignore[arg-type]  # six of six
            return Slope(*map(sum, zip(*terms, strict=True)))  # type: ignore[arg-type]  # sums of arrays

    def _within(self, a: Floats, b: Floats) -> Sums:
        part = self.within
        y1, y2 = part.y, part.y2
        assert y2 is not None
        z1, z2 = part.z(a, b), part.z(a, b, y2)
        log_p = self.standard.span(z1, z2)
        (f1, psi1, _), (f2, psi2, _) = self.standard.density(z1), self.standard.density(z2)
        # Derivatives of log(F₂ − F₁) by z₁ and z₂; f′ = f ψ.
        g1, g2 = -np.exp(f1 - log_p), np.exp(f2 - log_p)
        h11, h22, h12 = g1 * psi1 - g1**2, g2 * psi2 - g2**2, -g1 * g2
        bb = h11 * y1**2 + 2 * h12 * y1 * y2 + h22 * y2**2
        ab = -(h11 * y1 + h12 * (y1 + y2) + h22 * y2)
        terms = (log_p, -(g1 + g2), g1 * y1 + g2 * y2, h11 + 2 * h12 + h22, ab, bb)
        return tuple(part.sum(t) for t in terms)  # type: ignore[return-value]  # six of six

    def start(self) -> tuple[Floats, Floats]:
        """Somewhere sensible to climb from: the spread of all ages, then the level that fits it."""
        parts = [p for p in (self.survived, self.before, self.within) if p.code.size]
        if not self.standard.hazard_is_z:
            parts.append(self.exact)
        ages = [part.y if part.y2 is None else (part.y + part.y2) / 2 for part in parts]
        zero = np.zeros(self.size)
        total = sum((part.sum(np.ones_like(part.y)) for part in parts), zero)
        spread = np.sqrt(sum((part.sum(y, y) for part, y in zip(parts, ages, strict=True)), zero) / total)
        spread = np.where(spread > 0, spread, 1.0)
        b = 1.2 / spread if self.standard.given_b is None else np.full(self.size, self.standard.given_b)
        # As if all had failed or survived at their age: Σ t^b / failures, the Weibull's closed form for its level.
        levels = (p.sum(np.exp(np.minimum(p.z(zero, b, y), 50.0))) for p, y in zip(parts, ages, strict=True))
        return np.log(sum(levels, zero) / self.failed), b

    @property
    def failed(self) -> Floats:
        """All failures, known exactly or within limits."""
        return self.failures + sum(p.sum(np.ones_like(p.y)) for p in (self.before, self.within))


@dataclass(frozen=True, eq=False)
class Peak:
    """The maximum of a likelihood: where, how high, how curved; `found` False where the climb did not settle."""

    likelihood: Likelihood
    a: Floats
    b: Floats
    slope: Slope
    found: Bools

    def only(self, groups: Bools) -> Peak:
        """That of some of the groups."""
        picked = {name: getattr(self.slope, name)[groups] for name in ("value", "a", "b", "aa", "ab", "bb")}
        return Peak(self.likelihood.only(groups), self.a[groups], self.b[groups], Slope(**picked), self.found[groups])


# A Newton step that promises to raise the log likelihood by less than this per failure is the last: it moves log σ by
# some 10⁻⁵, and what is left after it is about its square.
_SMALL = 1e-9
_STEPS = 100


def maximise(likelihood: Likelihood) -> Peak:
    """Newton's method in (a, b) with step halving for all groups at once; a handful of passes over the rows.

    Without truncation the likelihood is concave in (a, b) and the climb cannot fail where a maximum exists. With it the
    curvature may have the wrong sign far from the maximum: there the step is that of the data taken without truncation.
    """
    a, b = likelihood.start()
    slope = likelihood.at(a, b)
    settled, small = np.zeros(likelihood.size, dtype=bool), _SMALL * likelihood.failed
    for _ in range(_STEPS):
        da, db, gain = _step(likelihood, a, b, slope)
        # The last step is still taken: it costs nothing and is quadratically better.
        last = gain < small
        # As long a step as makes log b, not b, move by Newton's db/b: b stays positive, and the climb is shorter by one.
        relative = np.where(db == 0, 1e-9, np.minimum(db / b, 1.0))
        scale = np.where(settled, 0.0, np.expm1(relative) / relative)
        a, b, slope = _climb(likelihood, (a, b), (da, db), scale, slope)
        settled |= last
        if settled.all():
            break
    with np.errstate(invalid="ignore", over="ignore"):
        peaked = (slope.aa < 0) & ((slope.determinant > 0) | likelihood.standard.one_parameter)
    return Peak(likelihood, a, b, slope, settled & peaked)


def _step(likelihood: Likelihood, a: Floats, b: Floats, slope: Slope) -> tuple[Floats, Floats, Floats]:
    """Newton's step and what it promises to gain."""
    if likelihood.standard.one_parameter:
        with np.errstate(all="ignore"):
            da = np.where(slope.aa < 0, -slope.a / slope.aa, slope.a)
        return da, np.zeros_like(a), slope.a * da / 2
    with np.errstate(all="ignore"):
        uphill = (slope.aa < 0) & (slope.determinant > 0)
        if not uphill.all() and likelihood.entered.code.size:
            plain = likelihood.at(a, b, truncated=False)
            aa, ab, bb = (np.where(uphill, getattr(slope, n), getattr(plain, n)) for n in ("aa", "ab", "bb"))
            slope = replace(slope, aa=aa, ab=ab, bb=bb)
        determinant = slope.determinant
        da = (slope.ab * slope.b - slope.bb * slope.a) / determinant
        db = (slope.ab * slope.a - slope.aa * slope.b) / determinant
        return da, db, (slope.a * da + slope.b * db) / 2


def _climb(
    likelihood: Likelihood, at: tuple[Floats, Floats], step: tuple[Floats, Floats], scale: Floats, slope: Slope
) -> tuple[Floats, Floats, Slope]:
    """As much of the step as does not lead down: halved where it does, not taken where nothing helps."""
    slack = 1e-12 * np.maximum(1.0, np.abs(slope.value))  # rounding, near the top
    step = tuple(np.where(np.isfinite(s), s, 0.0) for s in step)  # type: ignore[assignment]
    for _ in range(40):
        a, b = (x + scale * dx for x, dx in zip(at, step, strict=True))
        new = likelihood.at(a, b)
        worse = ~(new.value >= slope.value - slack)
        if not worse.any():
            break
        scale = np.where(worse, scale / 2, scale)
    else:
        scale = np.where(worse, 0.0, scale)
        a, b = (x + scale * dx for x, dx in zip(at, step, strict=True))
        new = likelihood.at(a, b)
    return a, b, new
