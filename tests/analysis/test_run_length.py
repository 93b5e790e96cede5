"""Average run lengths against the tables that were published, and designs against the lengths they ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from analysis.run_length import (
    cusum_arl,
    decision_interval,
    ewma_arl,
    poisson_cusum_arl,
    poisson_decision_interval,
    siegmund_arl,
)


@pytest.mark.parametrize(
    ("shift", "plain", "head_start"),
    [
        (0.00, 168, 149), (0.25, 74.2, 62.7), (0.50, 26.6, 20.1), (0.75, 13.3, 8.97), (1.00, 8.38, 5.29),
        (1.50, 4.75, 2.86), (2.00, 3.34, 2.01), (2.50, 2.62, 1.59), (3.00, 2.19, 1.32), (4.00, 1.71, 1.07),
        (5.00, 1.31, 1.01),
    ],
)  # fmt: skip
def test_two_sided_cusums_with_and_without_head_start_run_as_lucas_and_crosier_print(
    shift: float, plain: float, head_start: float
) -> None:
    """Lucas and Crosier (1982), Technometrics 24:199, table 1: k = ½, h = 4, head start 2."""
    assert float(f"{cusum_arl(0.5, 4, shift=shift):.3g}") == pytest.approx(plain)
    assert cusum_arl(0.5, 4, shift=shift, head_start=2) == pytest.approx(head_start, rel=4.5e-3)


def test_one_sided_cusums_run_as_published() -> None:
    """Vance (1986), k = 0, h = 10; Brook and Evans (1972), k = ½, h = 3; Waldmann (1986)."""
    vance = {-0.125: 400.28, 0.0: 124.66, 0.125: 59.30, 0.25: 36.71, 0.5: 20.37, 0.75: 14.06, 1.0: 10.75}
    for shift, published in vance.items():
        assert cusum_arl(0, 10, shift=shift, sides=1) == pytest.approx(published, abs=0.0051)
    assert cusum_arl(0.5, 3, sides=1) == pytest.approx(117.59, abs=0.0100)
    assert cusum_arl(0.5, 3, shift=1.5, sides=1) == pytest.approx(3.75, abs=0.005)
    assert cusum_arl(0.5, 3, shift=-0.5, sides=1) == pytest.approx(1963, abs=0.51)
    assert cusum_arl(0.5, 3, shift=0.5, sides=1) == pytest.approx(17.35, abs=0.0051)


def test_run_lengths_agree_with_the_sas_manual() -> None:
    """SAS/QC: CUSUM k = ¼, h = 8, shift 2.5, plain, with head start 0.1, two-sided; EWMA λ = ¼, width 3, shift 1."""
    assert cusum_arl(0.25, 8, shift=2.5, sides=1) == pytest.approx(4.1500836, abs=5e-7)
    assert cusum_arl(0.25, 8, shift=2.5, sides=1, head_start=0.1) == pytest.approx(4.1061588, abs=5e-7)
    assert cusum_arl(0.25, 8, shift=2.5) == pytest.approx(4.150083, abs=1e-5)
    assert ewma_arl(0.25, 3, shift=1) == pytest.approx(11.154267016, abs=1e-8)


def test_siegmunds_approximation_is_what_montgomery_prints_beside_the_exact_465() -> None:
    """Montgomery, 7th ed., §9.1.3: one side 938.2, both 469.1, with a shift of 1 σ 10.34."""
    assert siegmund_arl(0.5, 5, sides=1) == pytest.approx(938.2, abs=0.05)
    assert siegmund_arl(0.5, 5) == pytest.approx(469.1, abs=0.05)
    assert siegmund_arl(0.5, 5, shift=1, sides=1) == pytest.approx(10.34, abs=0.005)
    assert siegmund_arl(0.5, 5, shift=0.5, sides=1) == pytest.approx((5 + 1.166) ** 2)
    assert cusum_arl(0.5, 5) == pytest.approx(465, abs=0.5)


@pytest.mark.parametrize(
    ("weight", "width", "shift", "published"),
    [
        (0.5, 3.071, 0, 500), (0.5, 3.071, 0.5, 88.8), (0.5, 3.071, 1, 17.5), (0.5, 3.071, 3, 1.93),
        (0.03, 2.437, 0, 500), (0.03, 2.437, 0.25, 76.7), (0.03, 2.437, 1, 12.6), (0.03, 2.437, 5, 2.55),
        (0.1, 2.814, 0, 500), (0.5, 2, 0, 26.45), (0.5, 2, 0.25, 20.12), (0.05, 2, 0, 127.53), (0.05, 2, 2, 4.04),
    ],
)  # fmt: skip
def test_ewma_charts_run_as_lucas_saccucci_and_crowder_print(
    weight: float, width: float, shift: float, published: float
) -> None:
    """Lucas and Saccucci (1990), Technometrics 32:1, table 3; Crowder (1987), table 1."""
    assert ewma_arl(weight, width, shift=shift) == pytest.approx(published, rel=3e-3)


def test_an_ewma_without_memory_is_a_shewhart_chart() -> None:
    assert ewma_arl(1.0, 3.0) == pytest.approx(370.398, abs=1e-3)
    assert ewma_arl(0.999, 3.0, shift=1) == pytest.approx(1 / (ndtr(-4) + ndtr(-2)), rel=0.01)


def test_poisson_cusums_run_as_lucas_prints() -> None:
    """Lucas (1985), Technometrics 27:129, tables 2 to 5, h = 10, k = ¼, mean ¼; R's IAcsSPCR: k = 2, h = 6."""
    assert poisson_cusum_arl(0.25, 0.25, 10) == pytest.approx(438, abs=0.5)
    assert poisson_cusum_arl(0.25, 0.25, 10, head_start=5) == pytest.approx(333, abs=0.5)
    assert poisson_cusum_arl(0.25, 0.25, 10, side="lower") == pytest.approx(437, abs=0.5)
    assert poisson_cusum_arl(0.25, 0.25, 10, head_start=5, side="lower") == pytest.approx(318, abs=0.5)
    assert poisson_cusum_arl(1.88, 2, 6) == pytest.approx(37.2, abs=0.005)
    assert poisson_cusum_arl(1.88, 2, 6, head_start=3) == pytest.approx(29.19, abs=0.005)
    worse = 1.88 + 0.9627 * np.sqrt(1.88)
    assert poisson_cusum_arl(worse, 2, 6) == pytest.approx(5.49, abs=0.005)
    assert poisson_cusum_arl(worse, 2, 6, head_start=3) == pytest.approx(3.33, abs=0.005)


def test_a_decision_interval_gives_the_run_length_asked_for() -> None:
    """Hawkins (1993), J. Quality Technology 25:248: k = ½ needs h = 4.774 for 370, k = ¼ h = 8.01."""
    assert decision_interval(370, 0.5) == pytest.approx(4.774, abs=0.0006)
    assert decision_interval(370, 0.25) == pytest.approx(8.01, abs=0.006)
    assert cusum_arl(0.3, decision_interval(1000, 0.3, sides=1), sides=1) == pytest.approx(1000, rel=1e-8)


@pytest.mark.parametrize(
    ("mean", "k", "step"), [(0.25, 0.25, 0.25), (2.0, 2.5, 0.5), (10.0, 12.0, 1.0), (0.1, 0.15, 0.05)]
)
def test_a_poisson_decision_interval_is_the_smallest_that_keeps_the_promise(mean: float, k: float, step: float) -> None:
    h = poisson_decision_interval(430, mean, k)
    assert poisson_cusum_arl(mean, k, h) >= 430
    assert poisson_cusum_arl(mean, k, h - step) < 430


def test_large_counts_are_nearly_normal() -> None:
    mean, sigma = 900.0, 30.0
    normal = cusum_arl(0.5, 3, sides=1)
    assert poisson_cusum_arl(mean, mean + 0.5 * sigma, 3 * sigma) == pytest.approx(normal, rel=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cusum_arl(0.5, 0.0), "h must be above 0"),
        (lambda: ewma_arl(0.0, 3.0), "weight must lie"),
        (lambda: poisson_cusum_arl(0.0, 1, 1), "mean must be above 0"),
        (lambda: poisson_cusum_arl(1.0, 1, 1, head_start=1), "head_start within"),
        (lambda: poisson_cusum_arl(1.0, 1, 1, side="both"), "side must be"),  # type: ignore[arg-type]
        (lambda: decision_interval(1.0, 0.5), "arl must be above"),
        (lambda: poisson_decision_interval(1e9, 5.0, 0.5), "is not reached"),
        (lambda: poisson_decision_interval(100, 5.0, 0.0), "mean and k must be above 0"),
    ],
)
def test_what_cannot_be_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
