"""Loss functions against published values, sums over the distribution, and the identities they must keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from analysis import loss_functions as lf

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"


def published(name: str) -> dict[str, Any]:
    """A worked example with its answer."""
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED.name} is not beside the project")
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    found: dict[str, Any] = next(e for e in examples if e["id"] == name)
    return found


def test_the_standard_normal_loss_is_the_published_one() -> None:
    example = published("normal_loss")
    loss, _ = lf.standard_normal_loss(example["data"]["z"])
    assert loss == pytest.approx(example["published"]["L"], rel=1e-13)


# Values with which the author of Snyder and Shen, Fundamentals of Supply Chain Theory (2nd ed., appendix C), checks the
# book's loss functions (stockpyl, tests of loss_functions): n(x) and its complement.
BOOK = [
    (lf.standard_normal_loss(-1.4), (1.436668142708465, 0.036668142708465)),
    (lf.standard_normal_loss(0.3), (0.266761242117210, 0.566761242117210)),
    (lf.standard_normal_second_loss(0.3), (0.151030102587942, 0.393969897412058)),
    (lf.normal_loss(10.5, 15, 5), (5.002155685433356, 0.502155685433356)),
    (lf.normal_second_loss(11, 8, 3), (0.339029025046969, 8.660970974953031)),
    (lf.lognormal_loss(0.5, 0.2, 0.1), (0.727525064963178, 0.0)),
    (lf.gamma_loss(1, 1, 5), (4.093653765389909, 0.093653765389909)),  # exponential
    (lf.gamma_loss(7, 9, 0.5), (0.057910792089881, 2.557910792089881)),
    (lf.gamma_second_loss(2.5, 1, 1), (0.082084998623899, 1.542915001376101)),
    (lf.gamma_second_loss(7, 9, 0.5), (0.050685800735730, 4.199314199264270)),
    (lf.gamma_second_loss(4, 2, 3), (10.280288386513346, 0.719711613486654)),
    (lf.poisson_loss(5, 7), (2.292600125697305, 0.292600125697305)),
    (lf.poisson_loss(50, 47), (1.514546939496945, 4.514546939496945)),
    (lf.poisson_second_loss(18, 15), (0.848340302917794, 12.651659697082206)),
    (lf.poisson_second_loss(50, 47), (5.192979532973098, 24.307020467026899)),
    (lf.standard_normal_loss(3.1), (2.672490952231408e-04, 3.100267249095223)),
    (lf.standard_normal_second_loss(-1.4), (1.465289370279040, 0.014710629720960)),
    (lf.standard_normal_second_loss(3.1), (6.956550901328958e-05, 5.304930434490987)),
    (lf.normal_loss(11, 8, 3), (0.249946411763059, 3.249946411763059)),
    (lf.normal_second_loss(10.5, 15, 5), (21.454098725390558, 1.170901274609442)),
    (lf.lognormal_loss(10, 2, 0.3), (0.283649738881062, 2.554491200971182)),
    (lf.lognormal_loss(2.5, 1, 0.5), (0.887025638033385, 0.306808789115353)),
    (lf.gamma_loss(2.5, 1, 1), (0.082084998623899, 1.582084998623899)),  # exponential
    (lf.gamma_second_loss(1, 1, 5), (20.468268826949540, 0.031731173050460)),
    (lf.gamma_loss(4, 2, 3), (2.635971381157268, 0.635971381157268)),
    (lf.gamma_second_loss(0.4, 0.5, 1.0), (0.226181566792298, 0.028818433207702)),
    (lf.poisson_loss(220, 200), (0.536005857158494, 20.536005857158482)),
    (lf.poisson_second_loss(220, 200), (2.923100096116592, 307.0768999038834)),
    (lf.poisson_second_loss(5, 7), (4.040829435261404, 0.459170564738597)),
    (lf.negative_binomial_second_loss(14, 16, 80), (30.877804945158992, 10.122195054841001)),
    (lf.negative_binomial_loss(5, 4, 20), (1.310720000000000, 2.310720000000000)),  # geometric, p = 0.2: 4 · 0.8⁶
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(BOOK)))
def test_the_losses_are_those_of_snyder_and_shen(row: int) -> None:
    found, expected = BOOK[row]
    assert found == pytest.approx(expected, rel=2e-12, abs=1e-13)


counts = st.tuples(st.floats(0.01, 300), st.floats(0, 20))


@settings(deadline=None)
@given(counts, st.integers(-3, 400))
def test_the_loss_falls_by_the_probability_of_more_demand(parameters: tuple[float, float], x: int) -> None:
    mean, excess = parameters
    variance = mean * (1 + excess)
    here, above = (lf.negative_binomial_loss(y, mean, variance)[0] for y in (x, x + 1))
    tail = lf.count_tail(np.array(float(x)), np.array(mean), np.array(variance / mean - 1))
    assert here - above == pytest.approx(tail, rel=1e-8, abs=1e-11)


@settings(deadline=None)
@given(counts, st.integers(-3, 400))
def test_the_second_loss_falls_by_the_first(parameters: tuple[float, float], x: int) -> None:
    mean, excess = parameters
    variance = mean * (1 + excess)
    here, above = (lf.negative_binomial_second_loss(y, mean, variance)[0] for y in (x, x + 1))
    assert here - above == pytest.approx(lf.negative_binomial_loss(x + 1, mean, variance)[0], rel=1e-7, abs=1e-8)


@pytest.mark.parametrize(("mean", "variance"), [(0.5, 0.5), (3, 3.1), (3, 7), (40, 41), (200, 200), (200, 900)])
def test_the_loss_of_counts_is_the_sum_over_the_distribution(mean: float, variance: float) -> None:
    k = np.arange(0, int(mean + 60 * np.sqrt(variance)))
    mass = stats.poisson.pmf(k, mean)
    if variance > mean:
        mass = stats.nbinom.pmf(k, mean**2 / (variance - mean), mean / variance)
    for x in (0, 1, int(mean), int(mean + 3 * np.sqrt(variance)), 1.5):
        assert lf.negative_binomial_loss(x, mean, variance)[0] == pytest.approx(
            float((np.maximum(k - x, 0) * mass).sum()), rel=1e-9
        )


def test_far_out_in_the_tail_the_loss_keeps_its_digits() -> None:
    # Σ (k − 8) e^−½ ½^k/k! over k > 8, where mean − s + Σ (s − k) p(k) keeps six digits of it.
    terms = [(k - 8) * np.exp(-0.5) * 0.5**k / np.prod(np.arange(1.0, k + 1)) for k in range(9, 30)]
    assert lf.poisson_loss(8, 0.5)[0] == pytest.approx(sum(terms), rel=1e-13)
    # 1/z² · φ(z) · (1 − 3/z² + 15/z⁴ − …) for large z
    z = 20.0
    series = stats.norm.pdf(z) / z**2 * (1 - 3 / z**2 + 15 / z**4 - 105 / z**6 + 945 / z**8)
    assert lf.standard_normal_loss(z)[0] == pytest.approx(series, rel=1e-7)


def test_hardly_more_spread_than_poisson_gives_hardly_another_loss() -> None:
    for excess in (1e-4, 1e-8, 1e-11, 1e-12, 1e-14):
        near = lf.negative_binomial_loss(9, 6, 6 * (1 + excess))[0]
        assert near == pytest.approx(lf.poisson_loss(9, 6)[0], rel=3 * excess + 1e-11)


@pytest.mark.parametrize("x", [0.0, 0.3, 2.0, 9.0])
def test_the_losses_of_measured_demand_are_integrals_of_their_tails(x: float) -> None:
    for first, second, distribution in (
        (lf.gamma_loss(x, 1.7, 2.0), lf.gamma_second_loss(x, 1.7, 2.0), stats.gamma(1.7, scale=2.0)),
        (lf.lognormal_loss(x, 0.4, 0.6), lf.lognormal_second_loss(x, 0.4, 0.6), stats.lognorm(0.6, scale=np.exp(0.4))),
        (lf.normal_loss(x, 3, 2), lf.normal_second_loss(x, 3, 2), stats.norm(3, 2)),
    ):
        tail = integrate.quad(distribution.sf, x, np.inf, epsabs=1e-12)[0]
        assert first[0] == pytest.approx(tail, rel=1e-8)
        again = integrate.quad(lambda t, d=distribution: (t - x) * d.sf(t), x, np.inf, epsabs=1e-12)[0]
        assert second[0] == pytest.approx(again, rel=1e-7)
        assert first[1] == pytest.approx(first[0] + x - distribution.mean())


def test_without_spread_the_loss_is_what_the_mean_exceeds_the_stock_by() -> None:
    loss, left = lf.normal_loss([3.0, 5.0, 8.0], 5.0, 0.0)
    assert loss.tolist() == [2.0, 0.0, 0.0]
    assert left.tolist() == [0.0, 0.0, 3.0]


def test_what_is_not_known_has_no_loss_and_does_not_touch_the_others() -> None:
    loss, _ = lf.poisson_loss(2, [np.nan, 3.0, 0.0])
    assert np.isnan(loss[0])
    assert loss[1] == lf.poisson_loss(2, 3.0)[0]
    assert loss[2] == 0.0


def test_impossible_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="mean must be at least 0"):
        lf.poisson_loss(1, -2.0)
    with pytest.raises(ValueError, match="x must be finite"):
        lf.normal_loss(np.inf, 1.0, 1.0)
    with pytest.raises(ValueError, match="variance must be at least the mean"):
        lf.negative_binomial_loss(1, 5.0, 4.0)
    with pytest.raises(ValueError, match="whole numbers"):
        lf.poisson_second_loss(1.5, 2.0)
    with pytest.raises(ValueError, match="shape must be above 0"):
        lf.gamma_loss(1, 0.0, 1.0)
