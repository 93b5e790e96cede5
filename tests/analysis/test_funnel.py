"""Funnel limits against the definition of Spiegelhalter (2005) and the false signals they give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.funnel import Kind, funnel_limits, funnel_plot
from analysis.rates import poisson_rate


def spiegelhalters_limit(distribution: Any, p: float) -> float:
    """Appendix A.1, read out: r the smallest count with P(R ≤ r) ≥ p, less α = (P(R ≤ r) − p)/P(R = r)."""
    r = 0
    while distribution.cdf(r) < p:
        r += 1
    return float(r - (distribution.cdf(r) - p) / distribution.pmf(r))


@pytest.mark.parametrize("n", [7, 40, 250, 1000])
@pytest.mark.parametrize("target", [0.02, 0.1, 0.5])
def test_limits_of_shares_are_the_published_interpolation(n: int, target: float) -> None:
    low, high = funnel_limits([n], target)
    for i, level in enumerate((0.95, 0.998)):
        for found, p in ((low[0, i], (1 - level) / 2), (high[0, i], (1 + level) / 2)):
            limit = spiegelhalters_limit(stats.binom(n, target), p) / n
            assert found == pytest.approx(max(limit, 0.0), abs=1e-12)


@pytest.mark.parametrize("expected", [0.8, 5, 40.5, 300])
def test_limits_of_ratios_are_the_published_interpolation(expected: float) -> None:
    low, high = funnel_limits([expected], 1.0, kind="ratio")
    for i, level in enumerate((0.95, 0.998)):
        for found, p in ((low[0, i], (1 - level) / 2), (high[0, i], (1 + level) / 2)):
            limit = spiegelhalters_limit(stats.poisson(expected), p) / expected
            assert found == pytest.approx(max(limit, 0.0), abs=1e-12)


def test_the_lines_of_funnelplotr_are_intervals_of_the_expected_count() -> None:
    """FunnelPlotR, test-poisson_limits: 95 and 99.8 % for 15, 20 and 30 expected."""
    expected = np.array([15, 20, 30])
    outer = poisson_rate(expected, expected, confidence=0.998)
    inner = poisson_rate(expected, expected)
    assert inner.low.round(7).tolist() == [0.5596924, 0.6108260, 0.6746958]
    assert inner.high.round(6).tolist() == [1.649348, 1.544419, 1.427562]
    assert outer.low.round(7).tolist() == [0.3862650, 0.4479107, 0.5289724]
    assert outer.high.round(6).tolist() == [2.082907, 1.902094, 1.702771]
    low, high = funnel_limits(expected, 1.0, kind="ratio")
    assert (high[:, 0] < inner.high).all()  # of the expected count itself the interpolated lines are narrower
    assert (low[:, 0] < inner.low).all()  # … above, and lie lower below


def test_normal_limits_are_target_and_standard_errors() -> None:
    low, high = funnel_limits([100], 0.1, method="normal")
    assert (low[0, 0], high[0, 0]) == pytest.approx((0.1 - 1.959964 * 0.03, 0.1 + 1.959964 * 0.03))
    assert high[0, 1] == pytest.approx(0.1 + 3.090232 * 0.03)
    low, high = funnel_limits([25.0], 1.0, kind="ratio", method="normal", dispersion=4.0)
    assert (low[0, 0], high[0, 0]) == pytest.approx((1 - 1.959964 * 0.4, 1 + 1.959964 * 0.4))


def test_the_funnel_narrows_and_stays_within_what_is_possible() -> None:
    n = np.arange(1, 400)
    low, high = funnel_limits(n, 0.03)
    assert ((low >= 0) & (low <= 0.03) & (high >= 0.03) & (high <= 1)).all()
    assert (high[::40][1:] < high[::40][:-1]).all()
    assert (low[:, 1] <= low[:, 0]).all()
    assert (high[:, 1] >= high[:, 0]).all()
    assert funnel_limits([1], 1e-9)[1].tolist() == [[1e-9, 1e-9]]


def test_a_worked_plot() -> None:
    found = funnel_plot([5, 12, 30, 0], [100, 100, 100, 0], target=0.1)
    assert found.value[:3].tolist() == [0.05, 0.12, 0.3]
    assert found.z[:3] == pytest.approx([-5 / 3, 2 / 3, 20 / 3])
    assert found.outside.tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]  # P(R ≤ 5) = 0.058
    nobody = found[3]
    assert (nobody.value, nobody.z, nobody.reason) == (None, None, "no_exposure")
    assert found.target == 0.1
    assert funnel_plot([5, 12, 30], [100, 100, 100]).target == pytest.approx(47 / 300)


def test_outside_is_decided_by_the_exact_tail() -> None:
    for y in range(25):
        found = funnel_plot([y], [8.0], kind="ratio", target=1.0)
        above, below = stats.poisson.sf(y - 1, 8), stats.poisson.cdf(y, 8)
        assert found.outside[0].tolist() == [int(above <= t) - int(below <= t) for t in (0.025, 0.001)]


def test_overdispersion_is_the_mean_square_of_winsorised_z() -> None:
    random = np.random.default_rng(0)
    n = random.integers(50, 500, 60)
    y = random.binomial(n, random.beta(8, 32, 60))
    found = funnel_plot(y, n, overdispersed=True)
    target = y.sum() / n.sum()
    z = (y / n - target) / np.sqrt(target * (1 - target) / n)
    phi = np.mean(np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2)
    assert found.dispersion == pytest.approx(phi)
    assert phi > 1.5
    assert found.z == pytest.approx(z / np.sqrt(phi))
    low, high = funnel_limits(n, target)
    assert found.high == pytest.approx(np.minimum(target + np.sqrt(phi) * (high - target), 1))
    assert found.low == pytest.approx(np.maximum(target + np.sqrt(phi) * (low - target), 0))
    assert found.dispersion_p < 1e-6
    assert np.abs(found.outside).sum() < np.abs(funnel_plot(y, n).outside).sum()


def test_dispersion_never_narrows_the_funnel() -> None:
    found = funnel_plot([10, 10, 10, 10], [100, 100, 100, 100], overdispersed=True)
    assert found.dispersion == 1
    assert found.dispersion_p == pytest.approx(1)


@pytest.mark.parametrize("kind", ["share", "ratio"])
def test_false_signals_are_at_most_as_many_as_stated_and_nearly_so_for_large_units(kind: Kind) -> None:
    random = np.random.default_rng(6)
    for size, least in ((20, 0.0), (400, 0.035)):
        n = random.integers(size, 2 * size, 100_000)
        y = random.binomial(n, 0.15) if kind == "share" else random.poisson(0.15 * n)
        found = funnel_plot(y, n, kind=kind, target=0.15)
        rate = np.abs(found.outside).mean(axis=0)
        assert least <= rate[0] <= 0.052
        assert rate[1] <= 0.0024


def test_with_overdispersion_allowed_for_a_varied_shop_raises_few_signals() -> None:
    random = np.random.default_rng(7)
    n = random.integers(100, 400, (60, 50))
    y = random.binomial(n, random.beta(30, 120, (60, 50)))
    plain = np.mean([np.abs(funnel_plot(a, b).outside[:, 1]).mean() for a, b in zip(y, n, strict=True)])
    allowed = np.mean(
        [np.abs(funnel_plot(a, b, overdispersed=True).outside[:, 1]).mean() for a, b in zip(y, n, strict=True)]
    )
    assert plain > 0.01
    assert allowed < plain / 3


@pytest.mark.parametrize(("y", "reason"), [([0, 0], "no_events"), ([4, 5], "no_variation")])
def test_none_and_all_have_no_funnel(y: list[int], reason: str) -> None:
    found = funnel_plot(y, [4, 5])
    assert found.reason.tolist() == [reason] * 2
    assert np.isnan(found.low).all()
    assert not found.outside.any()
    assert len(funnel_plot([], [])) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: funnel_plot([3], [2]), "not be more than the denominator"),
        (lambda: funnel_plot([3], [2, 3]), "one length"),
        (lambda: funnel_plot([1], [2], winsorise=0.5), "winsorise must be"),
        (lambda: funnel_limits([2], 1.0), "target must be above 0"),
        (lambda: funnel_plot([2], [3], target=1.2), "target must be above 0"),
        (lambda: funnel_plot([2], [3], target=0, kind="ratio"), "target must be above 0"),
        (lambda: funnel_limits([0], 0.5), "denominator must be above 0"),
        (lambda: funnel_limits([2], 0.5, levels=[1.0]), "levels must lie"),
        (lambda: funnel_limits([2], 0.5, dispersion=0), "dispersion must be above 0"),
        (lambda: funnel_limits([2], 0.5, method="bayes"), "method must be"),  # type: ignore[arg-type]
        (lambda: funnel_limits([2], 0.5, kind="mean"), "kind must be"),  # type: ignore[arg-type]
    ],
)
def test_mistakes_are_told(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
