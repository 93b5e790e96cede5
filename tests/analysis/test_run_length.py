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


def test_two_sided_cusums_run_as_montgomery_prints() -> None:
    """Montgomery, 7th ed., table 9.3 (from Lucas 1976): k = ½, h = 5."""
    printed = {0: 465, 0.25: 139, 0.5: 38.0, 0.75: 17.0, 1: 10.4, 1.5: 5.75, 2: 4.01, 2.5: 3.11, 3: 2.57, 4: 2.01}
    for shift, published in printed.items():
        assert cusum_arl(0.5, 5, shift=shift) == pytest.approx(published, rel=5e-3)


def test_one_sided_cusums_run_as_published() -> None:
    """Vance (1986), k = 0, h = 10; Brook and Evans (1972), k = ½, h = 3; Waldmann (1986)."""
    assert cusum_arl(0, 10, shift=-0.25, sides=1) == pytest.approx(2071.51, abs=0.07)
    assert cusum_arl(0.6, 3, shift=-0.2) == pytest.approx(65.4, abs=0.07)  # two sides, Waldmann, table 6
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


@pytest.mark.parametrize(
    ("weight", "width", "published"),
    [
        (0.40, 3.054, [500, 224, 71.2, 28.4, 14.3, 5.9, 3.5, 2.5, 2.0, 1.4]),
        (0.25, 2.998, [500, 170, 48.2, 20.1, 11.1, 5.5, 3.6, 2.7, 2.3, 1.7]),
        (0.20, 2.962, [500, 150, 41.8, 18.2, 10.5, 5.5, 3.7, 2.9, 2.4, 1.9]),
        (0.10, 2.814, [500, 106, 31.3, 15.9, 10.3, 6.1, 4.4, 3.4, 2.9, 2.2]),
        (0.05, 2.615, [500, 84.1, 28.8, 16.4, 11.4, 7.1, 5.2, 4.2, 3.5, 2.7]),
    ],
)
def test_ewma_charts_run_as_montgomery_prints(weight: float, width: float, published: list[float]) -> None:
    """Montgomery, 7th ed., table 9.11, after Lucas and Saccucci 1990 (figures from memory, and recomputed)."""
    shifts = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4]
    lengths = [ewma_arl(weight, width, shift=shift) for shift in shifts]
    assert lengths == pytest.approx(published, rel=3.5e-3, abs=0.06)


@pytest.mark.parametrize(
    ("weight", "published"),
    [
        (0.5, [26.45, 20.12, 11.89, 7.29, 4.91, 3.59, 2.80, 2.29, 1.94, 1.70, 1.51, 1.37, 1.26, 1.18, 1.12, 1.08, 1.05]),
        (0.05, [127.53, 43.94, 18.97, 11.64, 8.38, 6.56, 5.41, 4.62, 4.04, 3.61, 3.26, 2.99, 2.76, 2.56, 2.39, 2.26, 2.15]),
    ],
)  # fmt: skip
def test_ewma_charts_run_as_all_of_crowders_table(weight: float, published: list[float]) -> None:
    """Crowder (1987), table 1, width 2, shifts 0, ¼ … 4. He prints 3.95 for 3.59, digits exchanged."""
    lengths = [ewma_arl(weight, 2, shift=i / 4) for i in range(17)]
    assert lengths == pytest.approx(published, abs=0.0061)


def test_ewma_limits_are_those_of_crowder_and_waldmann() -> None:
    """Crowder (1989): width for an ARL of 250; Waldmann (1986), table 1: limits of twice √((2 − λ)/λ)."""
    for weight, width in {0.05: 2.32, 0.1: 2.55, 0.15: 2.65, 0.2: 2.72, 0.25: 2.76}.items():
        assert ewma_arl(weight, width - 0.005) < 250 < ewma_arl(weight, width + 0.005)
    assert ewma_arl(0.75, 2 * (1.25 / 0.75) ** 0.5) == pytest.approx(104.0, abs=0.05)
    assert ewma_arl(0.5, 2 * 3**0.5) == pytest.approx(1952, abs=0.5)


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
    # His whole table, as Montgomery prints it (table 9.4).
    for k, h in {0.25: 8.01, 0.5: 4.77, 0.75: 3.34, 1.0: 2.52, 1.25: 1.99, 1.5: 1.61}.items():
        assert decision_interval(370, k) == pytest.approx(h, abs=0.0065)
    assert cusum_arl(0.5, decision_interval(1e9, 0.5)) == pytest.approx(1e9, rel=1e-5)
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
        (lambda: cusum_arl(0.5, 5, sides=3), "sides must be 1 or 2"),  # type: ignore[arg-type]
        (lambda: cusum_arl(0.5, 60), "too long to be computed"),
        (lambda: ewma_arl(0.1, 8), "too long to be computed"),
        (lambda: decision_interval(1e13, 0.5), "arl must be above"),
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
