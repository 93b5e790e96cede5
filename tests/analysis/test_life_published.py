"""Published fits, bounds and rank regressions of life data, from tools and books other than those of test_life.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtri, digamma, gamma

from analysis.life import (
    LifeData,
    LifeFit,
    exponential_mle,
    lognormal_mle,
    median_rank_regression,
    weibayes,
    weibull_mle,
)
from analysis.result import Reason

FITS: dict[str, Callable[..., LifeFit]] = {
    "Weibull": weibull_mle,
    "lognormal": lognormal_mle,
    "exponential": exponential_mle,
}

# Nelson 1982, Applied Life Data Analysis, p. 318: 70 diesel engine fans, hours at failure and in service.
FAN_FAILED = [450, 1150, 1150, 1600, 2070, 2070, 2080, 3100, 3450, 4600, 6100, 8750]
FAN_SERVING = {
    460: 1, 1560: 1, 1660: 1, 1850: 5, 2030: 3, 2200: 1, 3000: 4, 3200: 1, 3750: 2, 4150: 4, 4300: 4, 4850: 4, 5000: 3,
    6100: 3, 6300: 1, 6450: 2, 6700: 1, 7450: 1, 7800: 2, 8100: 2, 8200: 1, 8500: 3, 8750: 2, 9400: 1, 9900: 1,
    10100: 3, 11500: 1,
}  # fmt: skip
FANS = LifeData.of(
    np.array([*FAN_FAILED, *FAN_SERVING]) / 1000,
    [True] * 12 + [False] * len(FAN_SERVING),
    count=[1] * 12 + list(FAN_SERVING.values()),
)

# Nelson 1982, p. 415: 167 turbine parts, looked at for cracks at eight ages (months).
LOOKS = [0, 6.12, 19.92, 29.64, 35.40, 39.72, 45.24, 52.32, 63.48, np.inf]
CRACKS = LifeData.between(LOOKS[:-1], LOOKS[1:], count=[5, 16, 12, 18, 18, 2, 6, 17, 73])

# Gehan 1965 (Lawless, Cox and Oakes): weeks in remission with 6-MP.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]

# Lieblein and Zelen 1956: millions of revolutions of 23 ball bearings.
BEARINGS = [
    17.88, 28.92, 33.00, 41.52, 42.12, 45.60, 48.48, 51.84, 51.96, 54.12, 55.56, 67.80,
    68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40,
]  # fmt: skip

# R's survival: ovarian.
OVARIAN = [59, 115, 156, 421, 431, 448, 464, 475, 477, 563, 638, 744, 769, 770, 803, 855, 1040, 1106, 1129, 1206, 1227]
OVARIAN += [268, 329, 353, 365, 377]
DIED = [1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0]


def ends(fit: LifeFit, parameter: str, kind: str | None = "wald") -> tuple[float, float]:
    bound = fit.bounds(parameter, kind=kind)
    return bound.low, bound.high


def test_the_diesel_fans_come_out_as_sas_prints_them() -> None:
    # SAS/QC, PROC RELIABILITY, "Right-Censored Data from a Single Population" (data from its page, figures from memory,
    # confirmed by recomputation).
    fit = weibull_mle(FANS)
    assert (fit.n, fit.failures) == (70, 12)
    assert (fit.mu, fit.se_mu) == pytest.approx((3.2694, 0.4659), abs=5e-5)
    assert (fit.sigma, fit.sigma * fit.se_log_sigma) == pytest.approx((0.9448, 0.2394), abs=5e-5)
    assert (fit.scale, fit.se_scale) == pytest.approx((26.2968, 12.2514), abs=6e-5)
    assert (fit.shape, fit.se_shape) == pytest.approx((1.0584, 0.2683), abs=6e-5)
    assert ends(fit, "mu") == pytest.approx((2.3563, 4.1826), abs=5e-5)
    assert ends(fit, "sigma") == pytest.approx((0.5749, 1.5526), abs=5e-5)
    assert ends(fit, "scale") == pytest.approx((10.5521, 65.5344), abs=6e-5)
    assert ends(fit, "shape") == pytest.approx((0.6441, 1.7394), abs=5e-5)
    assert (fit.mean, fit.median, fit.sd) == pytest.approx((25.7156, 18.6002, 24.3066), abs=5e-5)
    # SAS's likelihood is that of the log ages.
    assert fit.log_likelihood + np.log(np.array(FAN_FAILED) / 1000).sum() == pytest.approx(-42.248, abs=5e-4)


def test_the_exponential_of_the_fans_is_time_on_test_by_failures() -> None:
    # Nelson 1982: 12 failures in 344,440 hours, a mean of 28,700 hours.
    fit = exponential_mle(FANS)
    assert 1000 * fit.scale == pytest.approx(344_440 / 12)


def test_the_cracked_turbine_parts_come_out_as_sas_prints_them() -> None:
    # SAS/QC, PROC RELIABILITY, "Interval Data with Common Inspection Schedule" (data from its page, figures from memory,
    # confirmed by recomputation); ReliaWiki has the same data, β 1.485 and η 71.690.
    fit = weibull_mle(CRACKS)
    assert (fit.mu, fit.se_mu) == pytest.approx((4.2724, 0.0744), abs=5e-5)
    assert (fit.sigma, fit.sigma * fit.se_log_sigma) == pytest.approx((0.6732, 0.0664), abs=5e-5)
    assert (fit.scale, fit.se_scale) == pytest.approx((71.6904, 5.3335), abs=5e-5)
    assert (fit.shape, fit.se_shape) == pytest.approx((1.4854, 0.1465), abs=5e-5)


def test_the_relief_times_of_the_nag_library() -> None:
    # NAG g07be: γ 2.7870 (0.4273) and β −2.1073 (0.4627), its β being log λ = −μ/σ. Its data (minutes of relief, Gross and
    # Clark 1975) are from memory.
    fit = weibull_mle(
        [1.1, 1.4, 1.3, 1.7, 1.9, 1.8, 1.6, 2.2, 1.7, 2.7, 4.1, 1.8, 1.5, 1.2, 1.4, 3.0, 1.7, 2.3, 1.6, 2.0]
    )
    assert (fit.shape, fit.se_shape) == pytest.approx((2.7870, 0.4273), abs=5e-5)
    by = np.array([-1 / fit.sigma, fit.mu / fit.sigma])
    assert -fit.mu / fit.sigma == pytest.approx(-2.1073, abs=5e-5)
    assert np.sqrt(by @ fit.covariance @ by) == pytest.approx(0.4627, abs=5e-5)


def test_the_twenty_ages_of_altair_wblfit() -> None:
    # help.altair.com, wblfit: 10.411 (7.974 to 13.594) and 1.7397 (1.2667 to 2.3893), Wald bounds on the log scale.
    ages = [13.22, 9.41, 8.58, 7.98, 4.12, 16.1, 5.62, 2.28, 9.69, 28.2, 13.84, 5.62, 5.26, 6.91, 8.92, 9.07, 9.83]
    fit = weibull_mle([*ages, 1.86, 12.66, 5.44])
    assert (fit.scale, *ends(fit, "scale")) == pytest.approx((10.411, 7.974, 13.594), abs=5e-4)
    assert (fit.shape, *ends(fit, "shape")) == pytest.approx((1.7397, 1.2667, 2.3893), abs=5e-5)


def test_the_ovarian_data_of_survreg() -> None:
    # summary(survreg(Surv(futime, fustat) ~ 1, ovarian)): 7.111 (0.293), log(scale) −0.103 (0.254), scale 0.902,
    # log likelihood −98.0; with dist = "exponential" 7.17 and −98.0.
    fit = weibull_mle(OVARIAN, DIED)
    assert (fit.mu, fit.se_mu) == pytest.approx((7.111, 0.293), abs=5e-4)
    assert (np.log(fit.sigma), fit.se_log_sigma) == pytest.approx((-0.103, 0.254), abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-98.0, abs=0.05)
    assert exponential_mle(OVARIAN, DIED).mu == pytest.approx(7.17, abs=5e-3)


def test_remission_times_and_ball_bearings_of_the_textbooks() -> None:
    # Lawless, Statistical Models and Methods for Lifetime Data: figures from memory, confirmed by recomputation.
    fit, one = weibull_mle(WEEKS, RELAPSED), exponential_mle(WEEKS, RELAPSED)
    assert one.scale == pytest.approx(359 / 9)
    assert (fit.shape, fit.scale) == pytest.approx((1.354, 33.77), abs=5e-3)
    w, ln = weibull_mle(BEARINGS), lognormal_mle(BEARINGS)
    assert (w.shape, w.scale) == pytest.approx((2.102, 81.88), abs=5e-3)
    assert (ln.mu, ln.sigma) == pytest.approx((4.150, 0.522), abs=5e-4)
    assert (w.log_likelihood, ln.log_likelihood) == pytest.approx((-113.691, -113.129), abs=5e-4)
    # Mann and Fertig 1973: 13 aircraft components, the test stopped at the tenth failure; û 0.821 and b̂ 0.706.
    ages = [0.22, 0.50, 0.88, 1.00, 1.32, 1.33, 1.54, 1.76, 2.50, 3.00, 3.00]
    fit = weibull_mle(ages, [1] * 10 + [0], count=[1] * 10 + [3])
    assert (fit.mu, fit.sigma) == pytest.approx((0.821, 0.706), abs=6e-4)


def test_the_likelihood_ratio_examples_of_reliawiki() -> None:
    # ReliaWiki, Confidence Bounds (estimates from its text, bounds from memory, confirmed by recomputation).
    weibull = weibull_mle([10, 20, 30, 40, 50], confidence=0.90)
    assert weibull.shape == pytest.approx(2.2938, abs=5e-5)
    assert weibull.scale == pytest.approx(33.9428, abs=2e-4)  # 33.9429: its iteration stops a little early
    assert weibull.bounds("shape", kind="likelihood_ratio").low == pytest.approx(1.142, abs=5e-4)
    assert weibull.reliability(45).value == pytest.approx(0.14816, abs=5e-6)
    exponential = exponential_mle([20, 40, 60, 100, 150], confidence=0.85)
    mean, b10 = (
        ask(x, kind="likelihood_ratio") for ask, x in ((exponential.bounds, "mean"), (exponential.b_life, 0.1))
    )  # type: ignore[operator]
    assert (1 / mean.value, 1 / mean.high, 1 / mean.low) == pytest.approx((0.013514, 0.006572, 0.024172), abs=1e-6)
    assert (b10.value, b10.low, b10.high) == pytest.approx((7.797, 4.359, 16.033), abs=1e-3)
    lognormal = lognormal_mle([45, 60, 75, 90, 115], confidence=0.75)
    assert (lognormal.mu, lognormal.sigma) == pytest.approx((4.2926, 0.32361), abs=6e-5)
    b20 = lognormal.b_life(0.2, kind="likelihood_ratio")
    assert (b20.value, b20.low, b20.high) == pytest.approx((55.718, 43.634, 66.085), abs=1e-3)


def test_the_least_squares_example_of_the_reliability_package() -> None:
    # reliability's documentation, "How does Least Squares Estimation work": Benard's ranks, regression on y.
    line = median_rank_regression([25, 43, 53, 65, 76, 86, 95, 115, 132, 150], ranks="benard", regress="y_on_x")
    assert (line.shape, line.scale) == pytest.approx((2.02739072618974, 96.37348533880761), rel=1e-12)


@pytest.mark.parametrize(
    ("found", "mean", "error", "likelihood_ratio", "wald"),
    [
        ([3, 7, 4, 1, 3, 2, 0, 0], 440.2, 101, (289, 713), (281, 690)),
        ([41, 44, 24, 32, 29, 21, 9, 0], 572.3, 41.7, (498, 662), (496, 660)),
        ([292, 494, 332, 236, 261, 308, 73, 4], 612.8, 14.13, (586, 641), (586, 641)),
    ],
)
def test_alpha_particles_of_meeker_and_escobar(
    found: list[int], mean: float, error: float, likelihood_ratio: Any, wald: Any
) -> None:
    # Statistical Methods for Reliability Data, tables 7.1 and 7.2: 20, 200 and 2,000 times between arrivals (figures from
    # memory, confirmed by recomputation).
    edges = [0, 100, 300, 500, 700, 1000, 2000, 4000, np.inf]
    fit = exponential_mle(LifeData.between(edges[:-1], edges[1:], count=found))
    assert (fit.scale, fit.se_scale) == pytest.approx((mean, error), abs=0.06)
    assert ends(fit, "scale", "likelihood_ratio") == pytest.approx(likelihood_ratio, abs=0.5)
    assert ends(fit, "scale", "wald") == pytest.approx(wald, abs=0.5)


def test_eight_of_twelve_failed_in_the_example_of_lawless() -> None:
    # Lawless, §4.1.1: stopped at the eighth failure, θ̂ 632.9, 95 % bounds 351.0 and 1466 (figures from memory, confirmed
    # by recomputation).
    ages = [31, 58, 157, 185, 300, 470, 497, 673, 673]
    fit = exponential_mle(ages, [1] * 8 + [0], count=[1] * 8 + [4])
    assert fit.scale == pytest.approx(632.9, abs=0.05)
    assert ends(fit, "scale", None) == pytest.approx((351.0, 1466), abs=0.5)


# ── the mean life ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("distribution", FITS)
def test_wald_bounds_of_the_mean_life_are_those_of_the_delta_method(distribution: str) -> None:
    fit = FITS[distribution](FANS)
    by_log_sigma = {"Weibull": fit.sigma * digamma(1 + fit.sigma), "lognormal": fit.sigma**2, "exponential": 0}
    by = np.array([1, by_log_sigma[distribution]])
    half = 1.959963984540054 * np.sqrt(by @ fit.covariance @ by)
    bound = fit.bounds("mean", kind="wald")
    assert bound.value == pytest.approx(fit.mean)
    assert (bound.low, bound.high) == pytest.approx((fit.mean * np.exp(-half), fit.mean * np.exp(half)), rel=1e-6)


@pytest.mark.parametrize("distribution", ["Weibull", "lognormal"])
def test_the_best_likelihood_at_a_likelihood_ratio_bound_of_the_mean_is_at_the_limit(distribution: str) -> None:
    fit = FITS[distribution](BEARINGS)
    sigma = fit.sigma * np.exp(np.linspace(-1, 1, 4001))
    log_mean = sigma**2 / 2 if distribution == "lognormal" else np.log(gamma(1 + sigma))
    for end in ends(fit, "mean", "likelihood_ratio"):
        mu = np.log(end) - log_mean - fit.likelihood.centre[0]
        best = max(fit.likelihood.at(m / s, 1 / s).value[0] for m, s in zip(mu[:, None], sigma[:, None], strict=True))
        assert best == pytest.approx(fit.log_likelihood - chdtri(1, 0.05) / 2, abs=1e-5)


@pytest.mark.parametrize("n", [5, 30])
def test_default_bounds_of_the_mean_life_cover_what_they_say(n: int) -> None:
    rng, runs = np.random.default_rng(n), 2000
    ages = np.sort(rng.weibull(1.5, (runs, n)))
    stop = ages[:, n - n // 5 - 1 : n - n // 5]
    group = np.repeat(np.arange(runs), n)
    fit = weibull_mle(np.minimum(ages, stop).ravel(), (ages <= stop).ravel(), group=group, confidence=0.9)
    covered = []
    for kind in (None, "wald"):
        mean = fit.bounds("mean", kind=kind)
        covered.append(((mean.low <= gamma(1 + 1 / 1.5)) & (gamma(1 + 1 / 1.5) <= mean.high)).mean())
    assert 0.875 < covered[0] < 0.92
    if n == 5:
        assert covered[1] < 0.78


# ── Weibayes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_weibayes_is_the_closed_form_of_the_handbook() -> None:
    # Abernethy: η = (Σ tᵝ / r)^(1/β); 2 Σ tᵝ / ηᵝ is χ² with 2r degrees of freedom (2r + 2 below) in a test up to a time.
    ages, failed, beta = np.array([3.0, 5, 9, 9]), [True, True, False, False], 2.5
    fit, power = weibayes(ages, failed, shape=beta, confidence=0.9), float((ages**beta).sum())
    assert (fit.shape, fit.parameters, fit.distribution) == (2.5, 1, "Weibull")
    assert fit.bounds("mean").method == "Weibull of given shape, maximum likelihood, chi-square bounds"
    assert fit.scale == pytest.approx((power / 2) ** (1 / beta))
    assert fit.mean == pytest.approx(fit.scale * gamma(1.4))
    scale = fit.bounds("scale")
    low, high = (2 * power / chdtri([6, 4], [0.05, 0.95])) ** (1 / beta)
    assert (scale.value, scale.low, scale.high) == pytest.approx((fit.scale, low, high))
    assert fit.b_life(0.1).low == pytest.approx(low * (-np.log(0.9)) ** (1 / beta))
    assert fit.bounds("mean").high == pytest.approx(high * gamma(1.4))
    alive = fit.reliability(2, age=4)
    assert (alive.low, alive.high) == pytest.approx(tuple(np.exp((4**beta - 6**beta) / np.array([low, high]) ** beta)))
    with pytest.raises(ValueError, match="not estimated"):
        fit.bounds("shape")


@pytest.mark.parametrize("kind", [None, "wald", "likelihood_ratio", "modified_likelihood_ratio"])
def test_weibayes_is_an_exponential_in_the_power_of_age(kind: str | None) -> None:
    ages, failed, entry = np.array([30.0, 50, 90, 40]), [0, 1, 1, 0], np.array([0.0, 10, 20, 0])
    fit = weibayes(ages, failed, shape=3, entry=entry)
    other = exponential_mle(ages**3, failed, entry=entry**3)
    assert fit.scale**3 == pytest.approx(other.scale, rel=1e-8)
    for parameter in ("scale", "mean"):
        factor = gamma(4 / 3) ** 3 if parameter == "mean" else 1
        assert np.array(ends(fit, parameter, kind)) ** 3 == pytest.approx(
            factor * np.array(ends(other, "scale", kind)), rel=1e-7
        )
    assert fit.b_life(0.2, kind=kind).high ** 3 == pytest.approx(other.b_life(0.2, kind=kind).high, rel=1e-7)
    assert fit.reliability(50, kind=kind).low == pytest.approx(other.reliability(50**3, kind=kind).low, rel=1e-7)
    # Of the likelihood the factor dt³/dt of each failure.
    assert fit.log_likelihood == pytest.approx(other.log_likelihood + np.log(3 * ages[1:3] ** 2).sum())


def test_without_failures_weibayes_has_a_lower_bound() -> None:
    # Handbooks take r = 1: that is the one-sided bound at level 1 − 1/e.
    fit = weibayes([300, 500, 500], [0, 0, 0], shape=2, confidence=1 - 2 / np.e)
    scale = fit.bounds("scale")
    assert (scale.value, scale.high, scale.reason) == (None, None, Reason.NO_EVENTS)
    assert scale.low == pytest.approx(np.sqrt(300**2 + 500**2 + 500**2))
    assert fit.reliability(100).low == pytest.approx(np.exp(-(100**2) / 590_000))


def test_weibayes_needs_one_failure_and_takes_intervals() -> None:
    assert weibayes([5], shape=2).scale == pytest.approx(5)
    fit = weibayes(CRACKS, shape=weibull_mle(CRACKS).shape)
    assert fit.scale == pytest.approx(weibull_mle(CRACKS).scale, rel=1e-6)


def test_weibayes_by_group_is_weibayes_of_each() -> None:
    many = weibayes([5, 8, 3, 9, 4], [1, 0, 1, 1, 0], shape=1.7, group=[0, 0, 1, 1, 2])
    alone = [weibayes(t, f, shape=1.7) for t, f in (([5, 8], [1, 0]), ([3, 9], [1, 1]), ([4], [0]))]
    assert many.reason.tolist() == ["", "", "no_events"]
    assert many.scale[:2] == pytest.approx([f.scale for f in alone[:2]])
    low = many.bounds("scale").low
    assert low == pytest.approx([f.bounds("scale").low for f in alone])
    assert many[2].bounds("scale").low == pytest.approx(low[2])


# ── rank regression: ranks, ties, the exponential ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ranks", "expected"), [("hazen", [0.125, 0.375, 0.625, 0.875]), ("mean", [0.2, 0.4, 0.6, 0.8])]
)
def test_ranks_that_are_no_medians_are_those_of_their_formulas(ranks: str, expected: Any) -> None:
    assert median_rank_regression([4, 6, 7, 9], ranks=ranks).ranks.tolist() == pytest.approx(expected)


def test_grouped_failures_can_have_one_point_with_the_rank_of_the_last() -> None:
    ages, found = [100, 200, 300], [7, 5, 3]
    each = median_rank_regression([*ages, 400], [1, 1, 1, 0], count=[*found, 5])
    last = median_rank_regression([*ages, 400], [1, 1, 1, 0], count=[*found, 5], ties="last")
    assert (each.times.size, last.times.tolist()) == (15, ages)
    assert (each.failures, last.failures) == (15, 15)
    assert last.ranks.tolist() == each.ranks[[6, 11, 14]].tolist()
    z = np.log(-np.log1p(-last.ranks))
    assert (last.sigma, last.mu) == pytest.approx(tuple(np.polyfit(z, np.log(ages), 1)))
    assert median_rank_regression([5, 5, 5], ties="last").reason == Reason.NO_VARIATION
    assert median_rank_regression([], ties="last").reason == Reason.NO_DATA
    with pytest.raises(ValueError, match="ties must be"):
        median_rank_regression([1, 2], ties="first")


@pytest.mark.parametrize(
    ("ages", "count", "rate", "first", "rho"),
    [
        ([100, 200, 300, 400, 500, 600], [7, 5, 3, 2, 1, 2], 0.005392, 51.82, 0.9644),
        ([5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100], None, 0.0271, 10.1348, 0.9679),
    ],
)
def test_the_points_are_those_of_the_exponential_examples_of_reliawiki(
    ages: list[int], count: Any, rate: float, first: float, rho: float
) -> None:
    # ReliaWiki, The Exponential Distribution, regression on y with a threshold, of grouped and of single failures (the
    # first from memory, confirmed by recomputation).
    line = median_rank_regression(ages, count=count, distribution="exponential", ties="last")
    slope, intercept = np.polyfit(line.times, -np.log1p(-line.ranks), 1)
    assert (slope, -intercept / slope) == pytest.approx((rate, first), rel=2e-3 if rate == 0.0271 else 2e-4)
    assert line.rho == pytest.approx(rho, abs=6e-5)


def test_the_line_of_an_exponential_goes_through_the_origin() -> None:
    # ReliaWiki, The Exponential Distribution, probability plotting: six units; its line by eye has 1/λ = 833 hours.
    ages = np.array([96.0, 257, 498, 763, 1051, 1744])
    on_x = median_rank_regression(ages, distribution="exponential")
    on_y = median_rank_regression(ages, distribution="exponential", regress="y_on_x")
    h = -np.log1p(-on_x.ranks)
    assert on_x.scale == pytest.approx(np.linalg.lstsq(h[:, None], ages)[0][0])
    assert on_y.scale == pytest.approx(1 / np.linalg.lstsq(ages[:, None], h)[0][0])
    assert on_x.scale == pytest.approx(833, rel=0.05)
    assert (on_x.shape, on_x.sigma) == (1, 1)
    assert on_x.rho == pytest.approx(np.corrcoef(ages, h)[0, 1])
    assert on_x.scale is not None
    assert on_x.reliability(500) == pytest.approx(np.exp(-500 / on_x.scale))
    assert on_x.b_life(0.1) == pytest.approx(-on_x.scale * np.log(0.9))


# ── edges ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("distribution", FITS)
def test_survivors_of_one_greatest_age_may_be_rows_or_counts(distribution: str) -> None:
    rows = FITS[distribution]([5, 8, 20, 20, 20, 11], [1, 1, 0, 0, 1, 0])
    counted = FITS[distribution]([5, 8, 20, 20, 11], [1, 1, 0, 1, 0], count=[1, 1, 2, 1, 1])
    assert (rows.n, rows.failures) == (counted.n, counted.failures) == (6, 3)
    assert (rows.mu, rows.sigma, rows.log_likelihood) == pytest.approx(
        (counted.mu, counted.sigma, counted.log_likelihood)
    )
    grouped = FITS[distribution]([5, 8, 20, 20, 20, 11], [1, 1, 0, 0, 1, 0], group=[0] * 6)[0]
    assert (rows.bounds("mean").low, rows.aicc) == pytest.approx((grouped.bounds("mean").low, grouped.aicc))


@pytest.mark.parametrize("distribution", FITS)
@pytest.mark.parametrize(("ages", "failed", "count"), [([], [], None), ([5, 9], [0, 0], None), ([1, 2], None, [0, 0])])
def test_without_an_answer_everything_asked_is_none(distribution: str, ages: Any, failed: Any, count: Any) -> None:
    fit = FITS[distribution](ages, failed, count=count)
    assert fit.reason in (Reason.NO_DATA, Reason.NO_EVENTS)
    asked = (fit.mean, fit.sd, fit.median, fit.aic, fit.aicc, fit.bic, fit.se_scale)
    assert asked == (None,) * 7
    assert (fit.bounds("mean").value, fit.b_life(0.1).value, fit.reliability(3, age=2).value) == (None,) * 3


def test_the_smallest_shares_keep_their_digits() -> None:
    fit = weibull_mle(BEARINGS)
    for p in (1e-9, 1e-17):
        assert fit.b_life(p, kind="wald").value == pytest.approx(fit.scale * p ** (1 / fit.shape), rel=1e-8)


@pytest.mark.parametrize("unit", [1e-9, 1e12])
@pytest.mark.parametrize("distribution", FITS)
def test_units_however_large_change_no_bound(distribution: str, unit: float) -> None:
    ages = np.array([3.0, 5, 9, 14])
    one, two = FITS[distribution](ages), FITS[distribution](ages * unit)
    for kind in ("wald", "likelihood_ratio", "modified_likelihood_ratio"):
        assert np.array(ends(two, "mean", kind)) / unit == pytest.approx(ends(one, "mean", kind), rel=1e-6)
        a, b = one.reliability(6, age=2, kind=kind), two.reliability(6 * unit, age=2 * unit, kind=kind)
        assert (b.value, b.low, b.high) == pytest.approx((a.value, a.low, a.high), rel=1e-6)


def test_bounds_that_would_cross_say_nothing() -> None:
    # Few lives, most seen only from late on or within limits: the likelihood is not concave far from its top.
    lower = [10.181, 892.631, 75.731, 625.061, 920.351, 0, 0, 891.711]
    upper = [10.181, 892.631, 82.04868558, np.inf, 1375.50858691, 37.571, 29.421, np.inf]
    entry = [1.57837967, 448.76444366, 26.13735879, 357.04230997, 684.33675776, 0, 0, 36.75066959]
    fit = weibull_mle(LifeData.between(lower, upper, entry=entry), confidence=0.5)
    alive = fit.reliability(10.181, age=891.711)
    assert alive.value is not None
    assert (alive.low, alive.high) == (0, 1)


def test_ages_far_beyond_all_lives_raise_no_warning() -> None:
    for fit in (
        weibull_mle(BEARINGS),
        lognormal_mle(BEARINGS),
        lognormal_mle([5, 8, 12, 20], entry=[4.9, 7.9, 11.9, 19.9]),
    ):
        for kind in ("wald", "likelihood_ratio", "modified_likelihood_ratio"):
            assert fit.reliability(1e6, kind=kind).value == pytest.approx(0, abs=1e-12)
            assert fit.reliability(10, kind=kind).low is not None
