"""Trend tests and the power-law process against surpyval: pooled systems, late starts, differing ends."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("surpyval")
recurrent = pytest.importorskip("surpyval.recurrent")

from analysis.growth import crow_amsaa  # noqa: E402
from analysis.trend import laplace_trend, mil_hdbk_189_trend  # noqa: E402

rng = np.random.default_rng(18)
SYSTEM = np.repeat([0, 1, 2], [9, 14, 6])
END = np.array([900.0, 1500.0, 700.0])
START = np.array([0.0, 200.0, 50.0])
TIMES = START[SYSTEM] + (END - START)[SYSTEM] * rng.uniform(size=SYSTEM.size)


@pytest.mark.parametrize("truncated", [True, False])
def test_the_pooled_trend_tests_agree(truncated: bool) -> None:
    end, theirs = (END, END) if truncated else (None, None)
    for ours, other in ((laplace_trend, recurrent.laplace), (mil_hdbk_189_trend, recurrent.mil_hdbk_189c)):
        found, expected = ours(TIMES, end, system=SYSTEM), other(TIMES, SYSTEM, theirs)
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
        assert found.p_value == pytest.approx(expected.p_value, rel=1e-6)


def test_late_starts_agree() -> None:
    found = laplace_trend(TIMES, END, system=SYSTEM, start=START)
    expected = recurrent.laplace(TIMES, SYSTEM, END, tl=START)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)


@pytest.mark.parametrize("ends", [END, np.array([1500.0] * 3)])
def test_the_fit_to_several_systems_agrees(ends: np.ndarray) -> None:
    x, i = np.concatenate((TIMES, ends)), np.concatenate((SYSTEM, [0, 1, 2]))
    model = recurrent.CrowAMSAA.fit(x, i=i, c=np.concatenate((np.zeros(TIMES.size), np.ones(3))))
    found = crow_amsaa(TIMES, ends, system=SYSTEM)
    expected = float(model.cif(np.array([1000.0]))[0])
    assert found.expected_failures(1000.0) == pytest.approx(expected, rel=1e-4)
    beta = np.log(float(model.cif(np.array([1000.0]))[0]) / float(model.cif(np.array([100.0]))[0])) / np.log(10)
    assert found.beta.value == pytest.approx(beta, rel=1e-4)
