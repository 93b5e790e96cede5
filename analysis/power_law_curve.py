"""What every fit of a power-law process answers: β, the MTBF now and on average, where it goes, and the curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.result import Estimate, Floats, Reason, Result, Values
from analysis.trend import Direction


@dataclass(frozen=True, eq=False, kw_only=True)
class PowerLawCurve(Result):
    """A fitted power-law process. n: failures.

    beta: β with bounds. lambda_: λ, the failures of one system expected up to age 1. theta: λ^(−1/β), the age by which
    one is expected (what JMP, Minitab and mcotear print). growth_rate: 1 − β with bounds. age: the age that mtbf and
    intensity are for. mtbf, intensity: instantaneous, of one system. cumulative_mtbf, cumulative_intensity: time
    watched over failures expected in it. verdict: "improving" or "deteriorating" where the bounds of β exclude 1, else
    "no trend".
    """

    beta: Estimate
    lambda_: Values
    theta: Values
    growth_rate: Estimate
    age: Values
    mtbf: Estimate
    intensity: Estimate
    cumulative_mtbf: Estimate
    cumulative_intensity: Estimate
    verdict: Values

    def expected_failures(self, age: ArrayLike) -> Values:
        """Failures of one system expected up to an age, λt^β; differences of two ages give those between."""
        return self._at(age, lambda t, beta, lambda_: lambda_ * t**beta)

    def mtbf_at(self, age: ArrayLike) -> Values:
        """The instantaneous MTBF at an age, 1/(λβt^(β−1))."""
        return self._at(age, lambda t, beta, lambda_: t ** (1 - beta) / (lambda_ * beta))

    def cumulative_mtbf_at(self, age: ArrayLike) -> Values:
        """Age over the failures expected up to it, t^(1−β)/λ."""
        return self._at(age, lambda t, beta, lambda_: t ** (1 - beta) / lambda_)

    def age_of_mtbf(self, target: ArrayLike, *, cumulative: bool = False) -> Values:
        """The age at which the MTBF is `target` if the process goes on: (λβ · target)^(1/(1−β)), NaN where β = 1.

        It lies in the past where the target was already passed. cumulative: the cumulative MTBF instead, (λ ·
        target)^(1/(1−β)), which the Python library `reliability` means by its time to target.
        """

        def age(t: Floats, beta: Floats, lambda_: Floats) -> Floats:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                found = np.exp(np.log(lambda_ * (1.0 if cumulative else beta) * t) / (1 - beta))
            return np.where(np.equal(beta, 1), np.nan, found)

        return self._at(target, age)

    def _at(self, given: ArrayLike, formula: Callable[[Floats, Floats, Floats], Floats]) -> Values:
        values = np.asarray(given, dtype=np.float64)
        if not np.all(values > 0):
            raise ValueError("an age or a target must be above 0")
        if self.lambda_ is None:
            return None
        return formula(values, np.asarray(self.beta.value), np.asarray(self.lambda_))[()]


def curve(
    *, beta: Estimate, log_lambda: Floats, age: Floats, mtbf: Estimate, cumulative_mtbf: Estimate
) -> dict[str, Any]:
    """The fields of a `PowerLawCurve` that follow from these."""
    known = beta.reason == Reason.NONE
    with np.errstate(over="ignore", under="ignore"):
        lambda_, theta = np.exp(log_lambda), np.exp(-log_lambda / beta.value)
    return {
        "beta": beta,
        "lambda_": np.where(known, lambda_, np.nan),
        "theta": np.where(known, theta, np.nan),
        "growth_rate": replace(beta, value=1 - beta.value, low=1 - beta.high, high=1 - beta.low),
        "age": np.where(known, age, np.nan),
        "mtbf": mtbf,
        "intensity": _rate(mtbf),
        "cumulative_mtbf": cumulative_mtbf,
        "cumulative_intensity": _rate(cumulative_mtbf),
        "verdict": np.select(
            [np.isnan(beta.low), beta.low > 1, beta.high < 1],
            [Direction.UNKNOWN.value, Direction.DETERIORATING.value, Direction.IMPROVING.value],
            Direction.NONE.value,
        ),
    }


def _rate(mtbf: Estimate) -> Estimate:
    return replace(mtbf, value=1 / mtbf.value, low=1 / mtbf.high, high=1 / mtbf.low)
