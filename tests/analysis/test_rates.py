"""Shares and rates against published intervals, and the coverage that each method promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.rates import RateMethod, ShareMethod, poisson_rate, proportion
from analysis.result import Estimate


def limits(found: Estimate) -> tuple[float, float]:
    return found.low, found.high


# Newcombe (1998), Statistics in Medicine 17:857, table I.
@pytest.mark.parametrize(
    ("x", "n", "wilson", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_newcombes_table(x: int, n: int, wilson: tuple[float, float], exact: tuple[float, float]) -> None:
    for method, bounds in (("wilson", wilson), ("clopper-pearson", exact)):
        found = proportion(x, n, method=method)  # type: ignore[arg-type]
        assert (round(found.low, 4), round(found.high, 4)) == bounds
        assert found.value == x / n


# Haenszel, Loveland and Sirken (1962), J. Natl. Cancer Inst. 28:947, appendix C; Breslow and Day (1987), table 2.10.
@pytest.mark.parametrize(
    ("x", "low", "high"),
    [(1, 0.0253, 5.57), (2, 0.121, 3.61), (3, 0.206, 2.92), (4, 0.272, 2.56), (5, 0.324, 2.33), (20, 0.611, 1.54)],
)
def test_factors_for_the_limits_of_a_poisson_count(x: int, low: float, high: float) -> None:
    found = poisson_rate(x, x)
    assert found.low == pytest.approx(low, rel=3e-3)
    assert found.high == pytest.approx(high, rel=3e-3)


# Newcombe (1998), table I, method 6.
@pytest.mark.parametrize(
    ("x", "n", "bounds"),
    [
        (81, 263, (0.2544, 0.3658)),
        (15, 148, (0.0601, 0.1581)),
        (0, 20, (0.0, 0.1391)),
        (1, 29, (0.0017, 0.1585)),
    ],
)
def test_newcombes_mid_p_column(x: int, n: int, bounds: tuple[float, float]) -> None:
    found = proportion(x, n, method="mid-p")
    assert (round(found.low, 4), round(found.high, 4)) == bounds


def test_fifteen_events_of_400_have_the_bounds_of_r_packages() -> None:
    """statsmodels, test_rates_poisson: references from DescTools (exact) and ratesci (Jeffreys, upper mid-P)."""
    assert limits(poisson_rate(15, 400)) == pytest.approx((0.0209884653319583, 0.0618505471787146), rel=1e-12)
    jeffreys = poisson_rate(15, 400, method="jeffreys")
    assert limits(jeffreys) == pytest.approx((0.0219234232268444, 0.0602898619930649), rel=1e-12)
    assert poisson_rate(15, 400, method="mid-p").high == pytest.approx(0.0604627555786095, rel=1e-5)
    wilson = proportion(19, 38, method="wilson")
    assert limits(wilson) == pytest.approx((0.348499283643951, 0.651500716356049), rel=1e-12)


def test_an_smr_of_4_over_3_3_has_the_bounds_of_openepi() -> None:
    """The example of OpenEpi's SMR page (from memory, and recomputed)."""
    printed = {"exact": (0.3303, 3.104), "mid-p": (0.3851, 2.924), "byar": (0.3261, 3.103)}
    for method, bounds in printed.items():
        found = poisson_rate(4, 3.3, method=method)  # type: ignore[arg-type]
        assert found.value == pytest.approx(1.2121, abs=5e-5)
        assert limits(found) == pytest.approx(bounds, abs=5e-4)


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([0.8, 0.95]))
def test_mid_p_bounds_leave_the_tail_with_half_of_the_outcome_seen(x: int, more: int, confidence: float) -> None:
    tail = (1 - confidence) / 2
    n = x + more
    low, high = limits(proportion(x, n, method="mid-p", confidence=confidence))
    assert stats.binom.cdf(x - 1, n, high) + stats.binom.pmf(x, n, high) / 2 == pytest.approx(tail, rel=1e-8)
    if x:
        assert stats.binom.sf(x, n, low) + stats.binom.pmf(x, n, low) / 2 == pytest.approx(tail, rel=1e-8)
    low, high = limits(poisson_rate(x, method="mid-p", confidence=confidence))
    assert stats.poisson.cdf(x - 1, high) + stats.poisson.pmf(x, high) / 2 == pytest.approx(tail, rel=1e-8)
    if x:
        assert stats.poisson.sf(x, low) + stats.poisson.pmf(x, low) / 2 == pytest.approx(tail, rel=1e-8)


def test_garwoods_limits_are_chi_square_quantiles() -> None:
    for x in (1, 7, 100):
        found = poisson_rate(x, 2.0, confidence=0.9)
        assert found.low * 2 == pytest.approx(stats.chi2.ppf(0.05, 2 * x) / 2)
        assert found.high * 2 == pytest.approx(stats.chi2.ppf(0.95, 2 * x + 2) / 2)


def test_byars_approximation_is_his_formula_and_close_from_ten_events() -> None:
    z, x = stats.norm.ppf(0.975), 10
    found = poisson_rate(x, method="byar")
    assert found.low == pytest.approx(x * (1 - 1 / (9 * x) - z / (3 * x**0.5)) ** 3)
    assert found.high == pytest.approx((x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * (x + 1) ** 0.5)) ** 3)
    exact = poisson_rate(x)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=3e-3)


@pytest.mark.parametrize("method", ["exact", "byar", "jeffreys"])
def test_without_events_the_rate_is_0_and_has_an_upper_bound_only(method: RateMethod) -> None:
    found = poisson_rate(0, 50.0, method=method)
    assert (found.value, found.low) == (0, 0)
    assert found.high > 0
    assert poisson_rate(0, 1).high == pytest.approx(-np.log(0.025))  # e^(−μ) = α/2


@pytest.mark.parametrize("method", ["jeffreys", "wilson", "clopper-pearson"])
def test_none_and_all_are_mirror_images_with_bounds_at_the_edge(method: ShareMethod) -> None:
    none, every = proportion(0, 9, method=method), proportion(9, 9, method=method)
    assert (none.low, every.high) == pytest.approx((0, 1))
    assert none.high == pytest.approx(1 - every.low)


def test_fractions_of_an_event_have_bounds_about_them() -> None:
    for method in ("exact", "mid-p", "byar", "jeffreys"):
        found = poisson_rate(0.4, method=method)  # type: ignore[arg-type]
        assert 0 <= found.low < 0.4 < found.high
        assert found.low < poisson_rate(1, method=method).low  # type: ignore[arg-type]
        assert found.n == 0.4


def test_nothing_at_all_has_no_share_and_no_rate() -> None:
    many = proportion([0, 1], [0, 2])
    assert (many[0].value, many[0].low, many[0].high, many[0].reason) == (None, None, None, "no_data")
    assert many[1].value == 0.5
    assert (poisson_rate(0, 0).value, poisson_rate(0, 0).reason) == (None, "no_exposure")


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from(["jeffreys", "wilson", "clopper-pearson"]))
def test_the_share_lies_between_its_bounds_and_a_higher_level_is_wider(x: int, more: int, method: ShareMethod) -> None:
    if x + more:
        narrow, wide = (proportion(x, x + more, method=method, confidence=c) for c in (0.8, 0.99))
        assert 0 <= wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high <= 1


def coverage(n: int, method: ShareMethod) -> np.ndarray:
    """By true share, exactly: the probability that the 90 % interval of n trials holds it."""
    p = np.linspace(0.0005, 0.9995, 2000)
    found = proportion(np.arange(n + 1), np.full(n + 1, n), method=method, confidence=0.9)
    inside = (found.low <= p[:, None]) & (p[:, None] <= found.high)
    return (inside * stats.binom.pmf(np.arange(n + 1), n, p[:, None])).sum(axis=1)


@pytest.mark.parametrize("n", [5, 10, 30, 100])
def test_jeffreys_covers_as_it_says_on_average_and_clopper_pearson_never_less(n: int) -> None:
    assert coverage(n, "jeffreys").mean() == pytest.approx(0.9, abs=0.015)
    assert coverage(n, "wilson").mean() == pytest.approx(0.9, abs=0.02)
    assert coverage(n, "clopper-pearson").min() >= 0.9


@pytest.mark.parametrize(("method", "least", "mean"), [("exact", 0.9, 0.95), ("jeffreys", 0.6, 0.9)])
def test_poisson_limits_cover_as_they_say(method: RateMethod, least: float, mean: float) -> None:
    mu, x = np.linspace(0.5, 15, 400), np.arange(80)
    found = poisson_rate(x, method=method, confidence=0.9)
    inside = (found.low <= mu[:, None]) & (mu[:, None] <= found.high)
    covered = (inside * stats.poisson.pmf(x, mu[:, None])).sum(axis=1)
    assert covered.min() >= least
    assert covered.mean() == pytest.approx(mean, abs=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: proportion(3, 2), "between 0 and n"),
        (lambda: proportion(-1, 2), "between 0 and n"),
        (lambda: proportion(1, 2, confidence=1), "confidence must lie"),
        (lambda: proportion(1, 2, method="wald"), "method must be one of"),  # type: ignore[arg-type]
        (lambda: poisson_rate(-1, 2), "events must be at least 0"),
        (lambda: poisson_rate(1, -2), "exposure must be at least 0"),
        (lambda: poisson_rate([1, 2], [1, 2, 3]), "events and exposure must be of one shape"),
        (lambda: proportion([1, 2], [1, 2, 3]), "successes and n must be of one shape"),
        (lambda: poisson_rate(1, 2, method="wald"), "method must be one of"),  # type: ignore[arg-type]
    ],
)
def test_mistakes_are_told(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()
