"""Survival curves of further published data sets: remissions, transplants, shock absorbers, R's own tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.survival import KaplanMeier, kaplan_meier, nelson_aalen

# Weeks in remission under 6-MP (Freireich et al. 1963, Blood 21:699), relapsed and still in remission.
SIX_MP = [6, 6, 6, 7, 10, 13, 16, 22, 23]
SIX_MP_STILL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def curve(ended: list[int], still: list[int], **options: Any) -> KaplanMeier:
    """The estimate from durations that ended and durations that were still going on."""
    return kaplan_meier(ended + still, [True] * len(ended) + [False] * len(still), **options)


def test_the_mean_remission_within_35_weeks_is_the_published_one() -> None:
    # Klein and Moeschberger 2003, example 4.1 continued in §4.5: 23.287 with standard error 2.827 (quoted from memory).
    mean = curve(SIX_MP, SIX_MP_STILL).restricted_mean(35)
    assert round(mean.value, 3) == 23.287
    assert round((mean.high - mean.value) / 1.959964, 3) == 2.827


# Days to relapse or death of 38 patients with acute lymphoblastic leukaemia after a bone marrow transplant (Klein and
# Moeschberger 2003, table 1.3), ended and still free of it.
ALL = [
    1,
    55,
    74,
    86,
    104,
    107,
    109,
    110,
    122,
    122,
    129,
    172,
    192,
    194,
    230,
    276,
    332,
    383,
    418,
    466,
    487,
    526,
    609,
    662,
]
ALL_STILL = [226, 530, 996, 1111, 1167, 1182, 1199, 1330, 1377, 1433, 1462, 1496, 1602, 2081]


@pytest.mark.parametrize(
    ("scale", "low", "high", "median_low"),
    [("plain", 0.3900, 0.7084, 194), ("log-log", 0.3783, 0.6911, 192), ("arcsin", 0.3902, 0.7032, 194)],
)
def test_a_year_after_the_transplant(scale: Any, low: float, high: float, median_low: float) -> None:
    """§4.2–4.5 of the book: S(365) = 0.5492, median 418 days. Figures from memory, the bounds confirmed by its formulas."""
    km = curve(ALL, ALL_STILL, scale=scale)
    assert [round(float(value), 4) for value in km.at(365)] == [0.5492, low, high]
    median = km.quantile(0.5)
    assert (median.value, median.low, median.high) == (418, median_low, None)


def test_the_failures_of_shock_absorbers_have_the_curve_that_the_package_reliability_prints() -> None:
    # Krivtsov and Case 1999 (SAE 1999-01-3220), kilometres; the sums over all rows are those of the package's own tests.
    failed = [5248, 7454, 16890, 17200, 38700, 45000, 49390, 69040, 72280, 131900]
    still = [3961, 4007, 4734, 6054, 7298, 10190, 23060, 27160, 28690, 37100, 40060, 45670, 53000, 67000, 69630, 77350]
    still += [78470, 91680, 105700, 106300, 150400]
    everything = np.sort(failed + still)
    assert curve(failed, still).at(everything)[0].sum() == pytest.approx(22.999467075124368, rel=1e-12)
    hazard = nelson_aalen(failed + still, [1] * 10 + [0] * 21)
    assert np.exp(-hazard.at(everything)[0]).sum() == pytest.approx(23.29546519223915, rel=1e-12)


def test_the_middle_of_a_level_step_is_the_quantile_that_r_prints() -> None:
    # The test of quantile() in R's survival (tests/quantile.R), its default conf.type "log".
    km = kaplan_meier([9, 1, 1, 6, 6, 8, 10], [1, 1, 0, 1, 1, 0, 0], scale="log")
    found = [km.quantile(1 - s, middle=True) for s in (13 / 14, 6 / 7, 2 / 3, 1 / 2, 9 / 35, 0.1)]
    assert [q.value for q in found] == [1, 3.5, 6, 9, 9.5, None]
    assert [q.low for q in found] == [1, 1, 1, 6, 6, 9]
    assert all(q.high is None for q in found)
    assert curve([1, 2, 3, 4], []).quantile(0.5, middle=True).value == 2.5
    assert curve([1, 1, 1, 4], []).quantile(0.5, middle=True).value == 1
