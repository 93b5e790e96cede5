"""The rate ratio against statsmodels, whose exact conditional test is the same and whose intervals are approximations."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.effectiveness import rate_ratio

rates = pytest.importorskip("statsmodels.stats.rates")

TABLES = [(30, 54308.7, 60, 51477.5), (10, 20000, 2, 17877), (7, 3.0, 0, 2.0), (40, 1.0, 22, 2.5)]


@pytest.mark.parametrize(("b", "before", "a", "after"), TABLES)
@pytest.mark.parametrize("null", [1.0, 0.5])
def test_the_p_value_is_that_of_the_exact_conditional_test(
    b: int, before: float, a: int, after: float, null: float
) -> None:
    theirs = rates.test_poisson_2indep(a, after, b, before, value=null, method="exact-cond").pvalue
    assert rate_ratio(b, before, a, after, null=null).p_minlike == pytest.approx(theirs, rel=1e-9)


def test_with_many_failures_the_interval_is_that_of_the_score() -> None:
    b, a = 40_060, 15_778
    theirs = rates.confint_poisson_2indep(a, 2.0, b, 1.0, method="score", compare="ratio")
    ours = rate_ratio(b, 1.0, a, 2.0)
    assert np.log([ours.low, ours.high]) == pytest.approx(np.log(theirs), abs=1e-4)
