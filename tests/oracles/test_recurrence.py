"""The mean cumulative function and its robust variance against surpyval."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.recurrence import mean_cumulative_function

recurrent = pytest.importorskip("surpyval.recurrent")


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_systems_of_differing_ages_give_the_function_and_variance_of_surpyval(ties: bool, late: bool) -> None:
    rng = np.random.default_rng(4)
    start = rng.uniform(0, 5, 60) if late else np.zeros(60)
    end = start + rng.uniform(1, 20, 60)
    system = np.repeat(np.arange(60), rng.poisson(rng.gamma(1, 1, 60) * 6))
    times = start[system] + rng.random(system.size) * (end - start)[system]
    if ties:
        start, end, times = np.floor(start), np.ceil(end), np.ceil(times)
    ours = mean_cumulative_function(times, system, end, start=start)
    x, i = np.concatenate((times, end)), np.concatenate((system, np.arange(60)))
    c = np.repeat([0, 1], [times.size, 60])
    theirs = recurrent.NonParametricCounting.fit(x, i=i, c=c, tl=start[i]) if late else None
    theirs = theirs or recurrent.NonParametricCounting.fit(x, i=i, c=c)
    at = np.searchsorted(theirs.x, ours.times)
    assert ours.mcf == pytest.approx(theirs.mcf_hat[at], rel=1e-10)
    assert ours.variance == pytest.approx(theirs.var[at], rel=1e-9)
    bounds = theirs.mcf_cb(ours.times, alpha_ci=0.1)
    log = mean_cumulative_function(times, system, end, start=start, bounds="log", confidence=0.9)
    known = np.isfinite(log.low)
    assert known.sum() > 50 or ties
    assert log.low[known] == pytest.approx(bounds[known, 0], rel=1e-9)
    assert log.high[known] == pytest.approx(bounds[known, 1], rel=1e-9)
