"""The likelihood of the power-law process of many groups at once: its maximum, and bounds where none are exact.

A system of age t fails with intensity λβt^(β−1). With ages divided by a reference age of the group, t₀, and φ = λβt₀^β
(the intensity at t₀, times t₀), the log-likelihood of N failures at ages t is

    N ln φ + (β − 1) Σ ln t − φ B(β),   B(β) = Σ over systems of ∫ t^(β−1) dt while watched.

Time-truncated this is an exponential family in (ln φ, β) with the statistics N and Σ ln t, for which the modified
signed root r* = r + ln(q/r)/r of Barndorff-Nielsen (1986, Biometrika 73) is nearly standard normal, also for very few
failures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammainc, gammainccinv, gammaincinv, ndtr, ndtri

from analysis.groups import Groups
from analysis.repairable import Systems
from analysis.result import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Watched:
    """By system that was watched at all: the logarithm of its end, and how far that of its start lies below."""

    log_end: Floats
    depth: Floats  # ln(end/start), infinite for a start at age 0
    group: Groups

    def only(self, some: Bools) -> Watched:
        """Some of the systems."""
        return Watched(self.log_end[some], self.depth[some], Groups(self.group.code[some], self.group.count))

    def log_integral(self, beta: Floats) -> tuple[Floats, Floats, Floats]:
        """By system: ln ∫ t^(β−1) dt over the ages watched, and its first two derivatives in β."""
        b = beta[self.group.code]
        x = b * self.depth
        small = np.abs(x) < 1e-4
        x = np.where(small, 1.0, x)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            grown = np.expm1(x)
            value = np.where(small, np.log(self.depth) - b * self.depth / 2, np.log(-np.expm1(-x) / b))
            # An infinite depth has an infinite `grown`: both terms with it vanish.
            far = np.where(np.isinf(grown), 0.0, x / grown)
            first = np.where(small, -self.depth / 2 + b * self.depth**2 / 12, (far - 1) / b)
            second = np.where(small, self.depth**2 / 12, (1 - far * (far + x * np.isfinite(grown))) / b**2)
        second = np.where(np.isinf(self.depth), 1 / b**2, second)
        return value + b * self.log_end, first + self.log_end, second

    def total(self, beta: Floats, scale: Floats | None = None) -> tuple[Floats, Floats, Floats]:
        """By group: B(β) and its first two derivatives, ages divided by e^scale."""
        value, first, second = self.log_integral(beta)
        if scale is not None:
            shift = scale[self.group.code]
            value, first = value - beta[self.group.code] * shift, first - shift
        weight = np.exp(value)
        sums = self.group.sum
        return sums(weight), sums(weight * first), sums(weight * (first**2 + second))


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """What the likelihood needs of the data, by group."""

    data: Systems

    @cached_property
    def watched(self) -> Watched:
        """The systems that were watched for any time, ages divided by the largest age of their group."""
        start, end = self.data.start, self.data.end
        some = end > start
        code = self.data.group.code[some]
        with np.errstate(divide="ignore"):
            depth = np.log(end[some] / start[some])
        return Watched(np.log(end[some]) - self.log_oldest[code], depth, Groups(code, self.data.group.count))

    @cached_property
    def oldest(self) -> Floats:
        """By group: the largest age watched; 1 where nothing was watched."""
        oldest = np.zeros(self.data.group.count)
        np.maximum.at(oldest, self.data.group.code, self.data.end)
        return np.where(oldest > 0, oldest, 1.0)

    @cached_property
    def log_oldest(self) -> Floats:
        """By group: its logarithm."""
        return np.log(self.oldest)

    @cached_property
    def n(self) -> Floats:
        """Failures by group."""
        return self.data.group.sum(self.data.failures)

    @cached_property
    def counted(self) -> Floats:
        """By group: failures that say when failures come; see `Systems.counted`."""
        return self.data.rows.sum(self.data.counted)

    @cached_property
    def log_sum(self) -> Floats:
        """By group: Σ ln t, ages divided by the largest age."""
        code = self.data.rows.code
        return self.data.rows.sum(np.log(self.data.times) - self.log_oldest[code])

    @cached_property
    def log_ratio_sum(self) -> Floats:
        """By group: ΣΣ ln(T/t), T the end of the failure's own system; 2β times it is χ² where all starts are 0."""
        ratio = np.log(self.data.end[self.data.system] / self.data.times)
        return self.data.rows.sum(np.where(self.data.counted, ratio, 0.0))

    @cached_property
    def late_start(self) -> Bools:
        """By group: whether a system was not watched from age 0 on."""
        return self.data.group.sum(self.data.start > 0) > 0

    @cached_property
    def one_end(self) -> Bools:
        """By group: whether all systems that were watched were watched to the same age, from age 0."""
        shortest = np.full(self.data.group.count, np.inf)
        np.minimum.at(shortest, self.watched.group.code, self.watched.log_end)
        return np.asarray((shortest == 0) & ~self.late_start)

    def beta(self) -> Floats:
        """By group: the β of largest likelihood, NaN where there is none. Closed where all systems end at the same age.

        Else Newton's steps on ln β. The likelihood is concave in β, so that a step at most e-fold always arrives.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = self.n / self.log_ratio_sum
        open_ = (self.n > 0) & np.isfinite(beta) & ~(self.one_end)
        beta = np.where(np.isfinite(beta), beta, 1.0)
        for _ in range(60):
            with np.errstate(divide="ignore", invalid="ignore"):
                b, b1, b2 = self.watched.total(beta)
                slope = self.log_sum - self.n * b1 / b
                bend = self.n * (b2 / b - (b1 / b) ** 2)
                step = np.where(open_, newton_in_log(slope, bend, beta), 0.0)
            beta = beta * np.exp(step)
            if np.abs(step).max(initial=0.0) < 1e-13:
                break
        return np.where((self.n > 0) & (self.log_ratio_sum > 0) & (beta > 1e-6) & (beta < 1e6), beta, np.nan)

    def beta_bounds(self, confidence: float, groups: Bools) -> tuple[Floats, Floats]:
        """Bounds of β > 0 for the groups asked about, NaN for others and where the data speak against any β > 0."""
        low, high, _ = self.conditional_bounds(confidence, groups)
        return np.maximum(low, 0.0), np.where(high > 0, high, np.nan)

    def conditional_bounds(self, confidence: float, groups: Bools) -> tuple[Floats, Floats, Bools]:
        """Bounds of β for the groups asked about by r*, given how often each system failed: rates may differ.

        Given the counts, the ages of the failures of a system have density t^(β−1)/∫t^(β−1): a family of the one
        parameter β, which may be of any sign where all systems that failed were watched from a late start. There bounds
        are looked for on the scale of β, otherwise on that of ln β; the third answer says where.
        """
        where = np.flatnonzero(groups)
        part = PowerLaw(_only(self.data, groups))
        counts = np.bincount(part.data.system[part.data.counted], minlength=part.data.end.size).astype(np.float64)
        m = counts[part.data.end > part.data.start]
        watched, m = part.watched.only(m > 0), m[m > 0]
        positive = watched.group.sum(np.isinf(watched.depth)) > 0
        code = part.data.rows.code
        logs = np.log(part.data.times) - part.log_oldest[code]
        total = part.data.rows.sum(np.where(part.data.counted, logs, 0.0))

        def family(beta: Floats) -> tuple[Floats, Floats, Floats]:
            value, first, second = watched.log_integral(beta)
            sums = watched.group.sum
            return beta * total - sums(m * value), total - sums(m * first), sums(m * second)

        best = np.ones(total.size)
        for _ in range(60):
            with np.errstate(all="ignore"):
                _, slope, bend = family(best)
                step = np.clip(np.nan_to_num(slope / bend), -2 / np.sqrt(bend), 2 / np.sqrt(bend))
                new = np.where(positive, best * np.exp(newton_in_log(slope, bend, best)), best + step)
            settled = np.abs(new - best).max(initial=0.0) < 1e-12
            best = new
            if settled:
                break
        peak, _, information = family(best)

        def beta_at(place: Floats) -> Floats:
            return np.where(positive, np.exp(place), place)

        def root(place: Floats) -> Floats:
            height, _, _ = family(beta_at(place))
            return _modified(peak - height, (best - beta_at(place)) * np.sqrt(information))

        z = float(ndtri(0.5 + confidence / 2))
        low, high = np.full(groups.size, np.nan), np.full(groups.size, np.nan)
        with np.errstate(all="ignore"):
            center = np.where(positive, np.log(best), best)
            spread = 1 / (np.where(positive, best, 1.0) * np.sqrt(information))
            low[where] = beta_at(falling_root(root, center - z * spread, spread, z))
            high[where] = beta_at(falling_root(root, center + z * spread, spread, -z))
        above_zero = np.zeros(groups.size, dtype=bool)
        above_zero[where] = positive
        return low, high, above_zero

    def log_intensity_bounds(
        self, beta: Floats, log_age: Floats, confidence: float, groups: Bools
    ) -> tuple[Floats, Floats]:
        """Bounds of ln φ, φ = λβt₀^β, by r* for the groups asked about; NaN for others."""
        where = np.flatnonzero(groups)
        part = PowerLaw(_only(self.data, groups))
        scale = (log_age - self.log_oldest)[where]
        best, n = beta[where], part.n
        logs = part.log_sum - n * scale
        with np.errstate(all="ignore"):
            b, b1, b2 = part.watched.total(best, scale)
            center = np.log(n / b)
            peak = n * center + best * logs - n
            information = (n / b) ** 2 * (b * b2 - b1**2)
            spread = np.sqrt(b2 * (n / b) / information)
        state = best.copy()

        def root(psi: Floats) -> Floats:
            nonlocal state
            for _ in range(25):
                _, first, second = part.watched.total(state, scale)
                step = newton_in_log(logs * np.exp(-psi) - first, second, state)
                state = state * np.exp(step)
                if np.abs(step).max(initial=0.0) < 1e-10:
                    break
            b, _, b2 = part.watched.total(state, scale)
            height = n * psi + state * logs - np.exp(psi) * b
            return _modified(peak - height, (center - psi) * np.sqrt(information / (np.exp(psi) * b2)))

        z = float(ndtri(0.5 + confidence / 2))
        low, high = np.full(groups.size, np.nan), np.full(groups.size, np.nan)
        with np.errstate(all="ignore"):
            for bound, side in ((low, 1), (high, -1)):
                state = best.copy()
                bound[where] = falling_root(root, center - side * z * spread, spread, side * z)
        return low, high

    def beta_pivot(self, groups: Bools, nodes: int = 32) -> tuple[Floats, Floats]:
        """β as its pivot places it, for the groups asked about: values of shape (nodes, groups), weights that sum to 1.

        βΣΣ ln(T/t) is gamma-distributed with as many degrees as failures counted; over ln β its density falls off on
        both sides, so that equal steps integrate it to rounding. With late starts ln β (or β, where it may be of any
        sign) is taken as normal, between its bounds by r*.
        """
        m, logs = self.counted[groups], self.log_ratio_sum[groups]
        late = self.late_start[groups]
        share = np.linspace(0, 1, nodes)[:, None]
        with np.errstate(all="ignore"):
            first, last = np.log(gammaincinv(m, 1e-9)), np.log(gammainccinv(m, 1e-9))
            log_y = first + (last - first) * share
            weight = np.exp(m * (log_y - np.log(m)) - np.exp(log_y) + m)
            beta = np.exp(log_y - np.log(logs))
        if late.any():
            normal = -6 + 12 * share
            low, high, above_zero = self.conditional_bounds(2 * float(ndtr(1.0)) - 1, groups & self.late_start)
            with np.errstate(all="ignore"):
                low, high = (np.where(above_zero, np.log(bound), bound)[groups] for bound in (low, high))
                place = (low + high) / 2 + normal * (high - low) / 2
                beta = np.where(late, np.where(above_zero[groups], np.exp(place), place), beta)
            weight = np.where(late, np.exp(-(normal**2) / 2), weight)
        return beta, weight / weight.sum(axis=0)

    def log_intensity_pivot(self, log_age: Floats, confidence: float, groups: Bools) -> tuple[Floats, Floats]:
        """Bounds of ln φ at an age where each system stopped with its last failure; NaN for groups not asked about.

        λΣT^β is gamma-distributed with n degrees, β as its pivot places it: exact for one system at its end, and a
        generalised pivot (Weerahandi 1993) for several.
        """
        part = PowerLaw(_only(self.data, groups))
        scale = (log_age - self.log_oldest)[groups]
        beta, weight = part.beta_pivot(np.ones(scale.size, dtype=bool))
        integral = np.array([part.watched.total(row, scale)[0] for row in beta])
        mean = np.log(part.n) - (weight * np.log(integral)).sum(axis=0)
        spread = np.sqrt(1 / part.n + 1 / part.counted)

        def normal_score(psi: Floats) -> Floats:
            below = (weight * gammainc(part.n, np.exp(psi) * integral)).sum(axis=0)
            return np.asarray(-ndtri(np.clip(below, 1e-12, 1 - 1e-12)))

        z = float(ndtri(0.5 + confidence / 2))
        low, high = np.full(groups.size, np.nan), np.full(groups.size, np.nan)
        low[groups] = falling_root(normal_score, mean - z * spread, spread, z)
        high[groups] = falling_root(normal_score, mean + z * spread, spread, -z)
        return low, high


def _only(data: Systems, groups: Bools) -> Systems:
    """The data of some groups, which are numbered anew."""
    keep = groups[data.group.code]
    new_group, new_system = np.cumsum(groups) - 1, np.cumsum(keep) - 1
    rows = keep[data.system]
    return Systems(
        data.times[rows],
        new_system[data.system[rows]],
        data.start[keep],
        data.end[keep],
        data.stopped[keep],
        Groups(new_group[data.group.code[keep]], int(groups.sum())),
    )


def newton_in_log(slope: Floats, bend: Floats, at: Floats) -> Floats:
    """The step of ln β towards a slope of 0, where the slope falls by `bend`; at most e-fold."""
    return np.clip(np.nan_to_num(slope / (bend * at)), -1.0, 1.0)


def _modified(fall: Floats, q: Floats) -> Floats:
    """r* of the fall of the log-likelihood from its peak, with the sign of q."""
    r = np.sign(q) * np.sqrt(2 * np.maximum(fall, 1e-12))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(r + np.log(q / r) / r)


def falling_root(
    f: Callable[[Floats], Floats], start: Floats, spread: Floats, target: float, steps: int = 25
) -> Floats:
    """Where a nearly straight falling function has a value; NaN where the search does not settle."""
    x0, x1 = start, start - 0.1 * spread * np.sign(target)
    y0, y1 = f(x0) - target, f(x1) - target
    for _ in range(steps):
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.clip(np.nan_to_num(-y1 * (x1 - x0) / (y1 - y0)), -2 * spread, 2 * spread)
        step[np.abs(y1) < 1e-9] = 0.0
        x0, y0, x1 = x1, y1, x1 + step
        y1 = f(x1) - target
        if np.abs(y1).max(initial=0.0) < 1e-9:
            break
    return np.where(np.abs(y1) < 1e-6, x1, np.nan)


def systems_by_group(data: Systems) -> Ints:
    """How many systems of each group were watched for any time."""
    return np.bincount(data.group.code, weights=data.end > data.start, minlength=data.group.count).astype(np.int64)
