"""How long a chart runs before it signals: the average run length (ARL) of CUSUM and EWMA, and limits for a wanted one.

With nothing changed the ARL is the time between false alarms; after a change it is the delay until the chart finds it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import poisson

from analysis.result import Floats, Ints

# Twice 0.583, what a normal random walk overshoots a boundary by on average (Siegmund 1985, §X.2): at 0 and at h.
_OVERSHOOT = 1.166
_STATES_AT_MOST = 2000
# The equations lose as many digits as the length has; from here on less than three would be left.
_LONGEST = 1e12


def cusum_arl(k: float, h: float, *, shift: float = 0.0, head_start: float = 0.0, sides: Literal[1, 2] = 2) -> float:
    """After how many values on average does a CUSUM of normal values signal, when the level is `shift` σ off target?

    k, h, head_start: in σ, as `cusum_chart`. sides: 2, or 1 for the upper sum alone. The integral equation of Page
    (1954), L(u) = 1 + L(0)Φ(k − u − δ) + ∫₀ʰ L(s) φ(s + k − u − δ) ds, solved on Gauss–Legendre nodes (Vance 1986):
    exact to about 10 digits, where the Markov chain of Brook and Evans (1972) is so to 3 (117.59 for 117.60 at k = ½, h
    = 3). Two sides: Lucas and Crosier (1982), exact since both have the same h.

    Raises ValueError for h ≤ 0, k < 0, a head start outside [0, h), and run lengths beyond 10¹².
    """
    if sides not in {1, 2}:
        raise ValueError(f"sides must be 1 or 2, not {sides}")
    if not h > 0 or not k >= 0 or not 0 <= head_start < h:
        raise ValueError(f"h must be above 0, k at least 0 and head_start within [0, h), not {h}, {k}, {head_start}")
    return _reported(_cusum_arl(k, h, shift, head_start, sides))


def _cusum_arl(k: float, h: float, shift: float, head_start: float, sides: Literal[1, 2]) -> float:
    """Infinite beyond what can be computed."""
    upper, upper_start = _one_sided(k, h, shift, head_start)
    if sides == 1:
        return upper_start
    lower, lower_start = _one_sided(k, h, -shift, head_start)
    if np.isinf(lower_start):  # the shift takes the lower sum away from its limit
        return upper_start
    if np.isinf(upper_start):
        return lower_start
    return (upper_start * lower + upper * lower_start - upper * lower) / (upper + lower)


def _one_sided(k: float, h: float, shift: float, head_start: float) -> tuple[float, float]:
    """ARL from 0 and from the head start."""
    x, w = np.polynomial.legendre.leggauss(30 + int(6 * h))
    nodes, weights = h * (x + 1) / 2, w * h / 2
    # Unknowns: L at 0, then at the nodes.
    at = np.concatenate(([0.0], nodes))
    to_zero = ndtr(k - at - shift)
    to_nodes = weights * _normal_density(nodes + k - at[:, None] - shift)
    lengths = np.linalg.solve(np.eye(len(at)) - np.column_stack((to_zero, to_nodes)), np.ones(len(at)))
    moves = np.concatenate(([ndtr(k - head_start - shift)], weights * _normal_density(nodes + k - head_start - shift)))
    return _length(float(lengths[0])), _length(float(1 + moves @ lengths))


def _length(computed: float) -> float:
    """The run length; infinite where nothing but rounding may be left of it."""
    return computed if 0.5 < computed < _LONGEST else np.inf


def _reported(length: float) -> float:
    if np.isinf(length):
        raise ValueError(
            f"the average run length is above {_LONGEST:g}, too long to be computed: make the limit smaller"
        )
    return length


def siegmund_arl(k: float, h: float, *, shift: float = 0.0, sides: Literal[1, 2] = 2) -> float:
    """`cusum_arl` by Siegmund's approximation, within some percent.

    (e^(−2Δb) + 2Δb − 1)/(2Δ²) for each side, Δ = shift − k, b = h + 1.166; the sides add up as rates of alarm.
    Siegmund (1985), Sequential Analysis; Montgomery, 7th ed., §9.1.3, prints 469 for k = ½, h = 5, where 465 is exact.
    """
    b = h + _OVERSHOOT
    lengths = []
    for d in (shift - k, -shift - k)[:sides]:
        lengths.append(b * b if abs(d * b) < 1e-4 else float((np.expm1(-2 * d * b) + 2 * d * b) / (2 * d * d)))
    return 1 / sum(1 / length for length in lengths)


def decision_interval(arl: float, k: float, *, sides: Literal[1, 2] = 2) -> float:
    """The h of a CUSUM of normal values with reference value k that gives a false alarm every `arl` values on average.

    Hawkins (1993) tabulates h = 4.77 for k = ½ and an ARL of 370. Raises ValueError for an ARL that no h above 0 has, or
    beyond 10¹².
    """
    low, high = 1e-6, 1.0
    least = cusum_arl(k, low, sides=sides)
    if not least < arl < _LONGEST:
        raise ValueError(f"arl must be above {least:.3g} for k = {k:g} and below {_LONGEST:g}, not {arl}")

    def excess(h: float) -> float:
        return float(np.log(min(_cusum_arl(k, h, 0.0, 0.0, sides), _LONGEST) / arl))

    while excess(high) < 0:
        high *= 2
    return float(brentq(excess, low, high, xtol=1e-10))


def ewma_arl(weight: float, width: float, *, shift: float = 0.0) -> float:
    """After how many values on average does an EWMA of normal values signal, when the level is `shift` σ off target?

    For limits at their steady state, ± width·√(λ/(2 − λ)); the exact limits of the first periods signal a little
    sooner. The integral equation of Crowder (1987), Technometrics 29:401, on Gauss–Legendre nodes. Lucas and Saccucci
    (1990): 500 for λ = 0.1 and width 2.814. Raises ValueError for λ outside (0, 1], a width not above 0, and run
    lengths beyond 10¹².
    """
    if not 0 < weight <= 1 or not width > 0:
        raise ValueError(f"weight must lie in (0, 1] and width be above 0, not {weight} and {width}")
    limit = width * np.sqrt(weight / (2 - weight))
    if weight == 1:
        return _reported(_length(float(1 / (ndtr(-limit - shift) + ndtr(-limit + shift)))))
    x, w = np.polynomial.legendre.leggauss(31 + 2 * int(5 * limit / weight))
    nodes = limit * x
    moves = limit * w / weight * _normal_density((nodes - (1 - weight) * nodes[:, None]) / weight - shift)
    lengths = np.linalg.solve(np.eye(len(nodes)) - moves, np.ones(len(nodes)))
    start = limit * w / weight * _normal_density(nodes / weight - shift)
    return _reported(_length(float(1 + start @ lengths)))


def poisson_cusum_arl(
    mean: float, k: float, h: float, *, head_start: float = 0.0, side: Literal["upper", "lower"] = "upper"
) -> float:
    """After how many periods on average does a CUSUM of Poisson counts with this mean per period signal?

    k, h, head_start: in counts per period, as `poisson_cusum_chart` (a signal is a sum of h or more); with exposures,
    take those of a typical period. Exact by Lucas's Markov chain for a k that is a fraction with a small denominator;
    others are rounded to one (2,000 states at most: the denominator is at most 2000/h). Lucas (1985), tables 2 to 5:
    438 for mean = k = ¼, h = 10. Raises ValueError as `cusum_arl` and for a mean not above 0.
    """
    if not mean > 0:
        raise ValueError(f"mean must be above 0, not {mean}")
    if not h > 0 or not k >= 0 or not 0 <= head_start < h:
        raise ValueError(f"h must be above 0, k at least 0 and head_start within [0, h), not {h}, {k}, {head_start}")
    step = Fraction(k).limit_denominator(max(1, int(_STATES_AT_MOST / h)))
    states = int(np.ceil(h * step.denominator - 1e-9))
    start = min(round(head_start * step.denominator), states - 1)
    return _reported(_length(float(_lattice_arls(mean, step, states, side)[start])))


def poisson_decision_interval(arl: float, mean: float, k: float, *, side: Literal["upper", "lower"] = "upper") -> float:
    """The smallest h of a CUSUM of Poisson counts whose false alarms come at least `arl` periods apart on average.

    mean: counts per period when nothing is wrong; k: as `poisson_cusum_chart`, best a simple fraction. Raises
    ValueError for an ARL that 2,000 states do not reach: then k is too near the mean, or its denominator too large.
    """
    if not mean > 0 or not k > 0:
        raise ValueError(f"mean and k must be above 0, not {mean} and {k}")
    step = Fraction(k).limit_denominator(100)
    low, high = 0, 1
    while _length(float(_lattice_arls(mean, step, high, side)[0])) < arl:
        if high >= _STATES_AT_MOST:
            raise ValueError(f"arl {arl:g} is not reached with k = {k:g}: choose k further from the mean {mean:g}")
        low, high = high, min(2 * high, _STATES_AT_MOST)
    while high - low > 1:
        middle = (low + high) // 2
        reached = _length(float(_lattice_arls(mean, step, middle, side)[0])) >= arl
        low, high = (low, middle) if reached else (middle, high)
    return high / step.denominator


def _lattice_arls(mean: float, k: Fraction, states: int, side: Literal["upper", "lower"]) -> Floats:
    """ARL from each sum i/d, i = 0 … states − 1; at states/d the chart signals."""
    if side not in {"upper", "lower"}:
        raise ValueError(f"side must be 'upper' or 'lower', not {side!r}")
    d, sign = k.denominator, 1 if side == "upper" else -1
    here = np.arange(states)
    # From i to j the count is (j − i)/d + k upward, k − (j − i)/d downward, where that is a whole number.
    counts: Ints = sign * (here - here[:, None]) + k.numerator
    moves = np.where(counts % d == 0, poisson.pmf(counts // d, mean), 0.0)
    # All that would end at or below 0 ends at 0.
    edge = k.numerator - sign * here
    moves[:, 0] = poisson.cdf(edge // d, mean) if side == "upper" else poisson.sf(-(-edge // d) - 1, mean)
    return np.asarray(np.linalg.solve(np.eye(states) - moves, np.ones(states)), dtype=np.float64)


def _normal_density(z: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi), dtype=np.float64)
