"""Empirical Bayes against published fits, the likelihood itself, and simulated fleets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.groups import Groups
from analysis.shrinkage import (
    _BetaBinomial,
    _NegativeBinomial,
    _Tally,
    beta_binomial,
    beta_posterior,
    gamma_poisson,
    gamma_posterior,
    james_stein,
)

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"

# Bliss and Fisher (1953), Biometrics 9:176: red mites on 150 apple leaves.
MITES = np.repeat(np.arange(8), [70, 38, 17, 10, 9, 3, 2, 1])
# Thyrion (1960); Efron and Hastie (2016), Computer Age Statistical Inference, table 6.1: claims of 9,461 car policies.
CLAIMS = np.repeat(np.arange(8), [7840, 1317, 239, 42, 14, 4, 4, 1])
# Geissler (1889); Lindsey and Altham (1998), Applied Statistics 47:149: boys among 12 children, 6,115 families.
BOYS = np.repeat(np.arange(13), [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7])
# Bortkiewicz (1898): deaths by horse kick, 200 corps-years: a variance below the mean.
HORSES = np.repeat(np.arange(5), [109, 65, 22, 3, 1])
# Efron and Morris (1977), Scientific American 236(5):119: hits of 18 players in their first 45 at bats.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])

# Homicides 1979–84 and population of 78 counties about St. Louis (Messner et al. 1999; stl_hom.csv of pysal).
HOMICIDES = [
    4, 19, 3, 2, 2, 28, 61, 3, 7, 3, 4, 0, 1, 12, 0, 2, 6, 6, 3, 4, 0, 2, 9, 2, 23, 5, 2, 2, 0, 2, 10, 4, 95, 8, 31,
    0, 407, 5, 10, 1238, 3, 14, 0, 2, 18, 369, 5, 0, 3, 0, 40, 9, 7, 1, 3, 2, 8, 5, 11, 12, 8, 10, 2, 8, 7, 25, 6,
    19, 6, 2, 2, 6, 9, 0, 1, 13, 3, 4,
]  # fmt: skip
PEOPLE = [
    189087, 425580, 69649, 88540, 33697, 774843, 1056438, 172182, 224033, 113497, 218510, 87628, 36354, 316661,
    53222, 141872, 103469, 193449, 295848, 99013, 34772, 65947, 155266, 123387, 612258, 135365, 133297, 186877,
    68404, 68779, 192789, 96686, 1480530, 92864, 905683, 93388, 5863876, 109086, 265200, 2658090, 199528, 347829,
    79838, 72381, 432159, 1605518, 110883, 48352, 121762, 92348, 891502, 225007, 113880, 46260, 108510, 55620,
    213680, 131792, 109953, 108864, 205880, 260154, 90841, 255875, 253540, 372227, 100389, 345641, 87410, 66694,
    64680, 127071, 107508, 43056, 61456, 353841, 47507, 68218,
]  # fmt: skip


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_collected_published_pumps_come_out() -> None:
    examples = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}
    pumps = examples["pumps_gamma_poisson"]
    y, t = pumps["data"]["failures"], pumps["data"]["exposure"]
    prior = gamma_poisson(y, t)
    exact = pumps["recomputed"]["values"]["exact_MLE"]
    assert (prior.shape, prior.rate) == pytest.approx((exact["alpha"], exact["beta"]), rel=5e-8)
    monte_carlo = pumps["published"]["nimble_mcem"]
    assert (prior.shape, prior.rate) == pytest.approx((monte_carlo["alpha"], monte_carlo["beta"]), rel=5e-3)
    means = pumps["recomputed"]["values"]["EB_posterior_mean"]
    assert gamma_posterior(prior, y, t).value.tolist() == pytest.approx(means, rel=5e-8)


def test_mites_on_apple_leaves_have_the_published_k() -> None:
    prior = gamma_poisson(MITES, np.ones(MITES.size))
    assert round(prior.shape, 5) == 1.02459
    assert prior.mean == pytest.approx(172 / 150, rel=1e-12)  # of equal exposures the mean is the plain one
    likelihood = stats.nbinom.logpmf(MITES, prior.shape, prior.rate / (1 + prior.rate)).sum()
    assert prior.log_likelihood == pytest.approx(likelihood, rel=1e-12)


def test_claims_of_car_policies_have_the_published_expectations() -> None:
    prior = gamma_poisson(CLAIMS, np.ones(CLAIMS.size))
    assert prior.shape == pytest.approx(0.701, abs=1e-3)
    assert 1 / prior.rate == pytest.approx(0.305, abs=1e-3)  # they print the scale
    expected = gamma_posterior(prior, np.arange(7), np.ones(7)).value
    assert expected == pytest.approx([0.164, 0.398, 0.633, 0.87, 1.10, 1.34, 1.57], abs=6e-3)


def test_boys_in_families_have_the_published_likelihood() -> None:
    prior = beta_binomial(BOYS, np.full(BOYS.size, 12))
    assert (prior.a, prior.b) == pytest.approx((34.1, 31.6), rel=2e-3)
    assert round(prior.log_likelihood, 1) == -12492.9
    assert round(4 - 2 * prior.log_likelihood, 2) == 24989.74  # AIC; of the plain binomial 25,070.34
    assert prior.log_likelihood == pytest.approx(stats.betabinom.logpmf(BOYS, 12, prior.a, prior.b).sum(), rel=1e-12)


def test_horse_kicks_do_not_differ_between_corps_so_shrinkage_is_complete() -> None:
    prior = gamma_poisson(HORSES, np.ones(200))
    assert (prior.shape, prior.rate, prior.mean) == (np.inf, np.inf, 0.61)
    assert prior.log_likelihood == pytest.approx(stats.poisson.logpmf(HORSES, 0.61).sum())
    posterior = gamma_posterior(prior, HORSES, np.ones(200))
    assert (posterior.value == 0.61).all()
    assert (posterior.low[0], posterior.high[0]) == pytest.approx(stats.gamma.ppf([0.025, 0.975], 122, scale=1 / 200))


def test_james_and_steins_batting_averages_are_those_of_efron_and_morris() -> None:
    y = HITS / 45
    drawn = james_stein(y, y.mean() * (1 - y.mean()) / 45)
    factor = (drawn[0] - drawn[-1]) / (y[0] - y[-1])
    assert (round(y.mean(), 3), round(factor, 3)) == (0.265, 0.212)
    # Efron and Morris (1975, JASA 70:311, table 1) take √45·arcsin(2y − 1), with variance 1: they shrink by 0.791.
    x = np.sqrt(45) * np.arcsin(2 * y - 1)
    drawn = james_stein(x, 1.0)
    assert x[[0, 1, -1]].round(2).tolist() == [-1.35, -1.66, -5.10]
    assert 1 - (drawn[0] - drawn[-1]) / (x[0] - x[-1]) == pytest.approx(0.791, abs=1e-3)


def test_marshalls_moments_are_his_formula() -> None:
    y, e = np.array([2.0, 0, 7, 3, 9, 30]), np.array([10.0, 4, 20, 30, 15, 50])
    mean = 51 / 129
    variance = (e * (y / e - mean) ** 2).sum() / 129 - mean / (129 / 6)
    prior = gamma_poisson(y, e, method="moments")
    assert (prior.mean, prior.shape / prior.rate**2) == pytest.approx((mean, variance))
    # His estimate is the linear form of the posterior mean.
    weight = variance / (variance + mean / e)
    assert gamma_posterior(prior, y, e).value == pytest.approx(mean + weight * (y / e - mean))


def test_marshalls_shrunken_rates_of_homicides_are_those_of_pysal() -> None:
    """pysal's esda, documentation of smoothing.Empirical_Bayes, the first ten counties."""
    prior = gamma_poisson(HOMICIDES, PEOPLE, method="moments")
    printed = [2.36718950e-05, 4.54539167e-05, 4.78114019e-05, 2.76907146e-05, 6.58989323e-05]
    printed += [3.66494122e-05, 5.79952721e-05, 2.03064590e-05, 3.31152999e-05, 3.02748380e-05]
    assert gamma_posterior(prior, HOMICIDES, PEOPLE).value[:10] == pytest.approx(printed, rel=2e-9)


def test_kleinmans_moments_are_his_formula() -> None:
    y, n = np.array([2.0, 0, 7, 3, 9]), np.array([10.0, 4, 20, 30, 15])
    p, total = 21 / 79, 79
    spread = (n * (y / n - p) ** 2).sum()
    correlation = (spread - p * (1 - p) * 4) / (p * (1 - p) * (total - (n**2).sum() / total - 4))
    prior = beta_binomial(y, n, method="moments")
    assert (prior.mean, 1 / (1 + prior.a + prior.b)) == pytest.approx((p, correlation))


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 30), st.floats(0.01, 100))
@settings(max_examples=60, deadline=None)
def test_no_other_prior_has_a_higher_likelihood(seed: int, shape: float, scale: float) -> None:
    random = np.random.default_rng(seed)
    e = random.uniform(0.1, 10, 40) / scale
    y = random.poisson(random.gamma(shape, scale / shape, 40) * e)
    prior = gamma_poisson(y, e)
    if prior.reason:
        return

    def likelihood(a: float, b: float) -> float:
        return float(stats.nbinom.logpmf(y, a, b / (b + e)).sum())

    if np.isinf(prior.shape):
        assert prior.log_likelihood >= likelihood(1e3, 1e3 / prior.mean) - 1e-9
        return
    assert prior.settled
    assert prior.log_likelihood == pytest.approx(likelihood(prior.shape, prior.rate), rel=1e-7)
    for da, db in ((1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99), (1.01, 1.01), (0.99, 0.99)):
        assert likelihood(prior.shape * da, prior.rate * db) <= prior.log_likelihood + 1e-7


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 30), st.floats(0.3, 30))
@settings(max_examples=60, deadline=None)
def test_no_other_beta_prior_has_a_higher_likelihood(seed: int, a: float, b: float) -> None:
    random = np.random.default_rng(seed)
    n = random.integers(1, 40, 40)
    y = random.binomial(n, random.beta(a, b, 40))
    prior = beta_binomial(y, n)
    if prior.reason or np.isinf(prior.a):
        return
    assert prior.settled
    for da, db in ((1, 1), (1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99), (1.01, 1.01), (0.99, 0.99)):
        other = stats.betabinom.logpmf(y, n, prior.a * da, prior.b * db).sum()
        assert other <= prior.log_likelihood + 1e-7


@pytest.mark.parametrize("model", ["gamma", "beta"])
@pytest.mark.parametrize("theta", [(-1.2, 0.3), (-0.4, 2.0), (-2.0, 6.5)])
def test_the_derivatives_are_those_of_the_likelihood(model: str, theta: tuple[float, float]) -> None:
    random = np.random.default_rng(1)
    y, n, one = random.integers(0, 6, 30).astype(float), random.uniform(6, 20, 30).round(), Groups.of(None, 30)
    of = _NegativeBinomial(y, n, one) if model == "gamma" else _BetaBinomial(y, n, one)

    def at(du: float, dv: float) -> np.ndarray:
        return of.derivatives(np.array([[theta[0] + du], [theta[1] + dv]]))[:, 0]

    h = 1e-5
    found, across, along = at(0, 0), (at(h, 0) - at(-h, 0)) / (2 * h), (at(0, h) - at(0, -h)) / (2 * h)
    assert found[[1, 2]] == pytest.approx([across[0], along[0]], rel=1e-5, abs=1e-5)
    assert found[[3, 4, 5]] == pytest.approx([across[1], across[2], along[2]], rel=1e-5, abs=1e-5)
    assert found[4] == pytest.approx(along[1], rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("start", [3.0, 199.0, 201.0, 1e5, 1e9])
def test_the_slope_of_log_gamma_keeps_its_digits_far_out(start: float) -> None:
    slope = _Tally(np.array([5.0]), Groups.of(None, 1)).rising(np.array([start]))[1]
    assert slope[0] == pytest.approx(sum(1 / (start + j) for j in range(5)), rel=1e-12)


def test_a_barely_varied_fleet_of_many_failures_keeps_its_digits() -> None:
    # Shape 20,000 and means of 1,000: a spread of 0.7 % on top of one of 3 %.
    random = np.random.default_rng(0)
    e = random.uniform(500, 1500, 3000)
    y = random.poisson(random.gamma(2e4, 1 / 2e4, 3000) * e)
    prior = gamma_poisson(y, e)
    assert prior.settled
    assert prior.shape == pytest.approx(2e4, rel=0.3)


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
@settings(max_examples=40, deadline=None)
def test_another_unit_of_time_another_order_and_other_groups_beside_it_change_nothing(seed: int, unit: float) -> None:
    random = np.random.default_rng(seed)
    e = random.uniform(1, 10, 30)
    y = random.poisson(random.gamma(1.0, 1.0, 30) * e)
    one = gamma_poisson(y, e)
    scaled = gamma_poisson(y, e * unit)
    order = random.permutation(60)
    group, twice = np.repeat([1, 3], 30)[order], np.tile(np.arange(30), 2)[order]
    many = gamma_poisson(y[twice], e[twice], group=group)
    assert len(many) == 4
    assert many[0].reason == many[2].reason == "no_data"
    for other, factor in ((scaled, unit), (many[1], 1), (many[3], 1)):
        assert other.reason == one.reason
        if not one.reason:
            assert (other.shape, other.rate) == pytest.approx((one.shape, one.rate * factor), rel=1e-6)
    first, again = gamma_posterior(one, y, e), gamma_posterior(many, y[twice], e[twice], group=group)
    assert again.value == pytest.approx(first.value[twice], rel=1e-6, nan_ok=True)


def test_a_posterior_mean_lies_between_the_own_rate_and_the_peers_mean() -> None:
    prior = gamma_poisson(MITES, np.ones(150))
    value = gamma_posterior(prior, MITES, np.ones(150)).value
    assert ((value - MITES) * (prior.mean - value) >= 0).all()


def test_a_unit_without_exposure_is_what_its_peers_are() -> None:
    y, e = [*MITES, 0], [*np.ones(150), 0]
    prior = gamma_poisson(y, e)
    assert prior.n == 150
    assert gamma_posterior(prior, y, e).value[-1] == pytest.approx(prior.mean)


@pytest.mark.parametrize(
    ("y", "e", "reason"),
    [
        ([], [], "no_data"),
        ([3], [2.0], "no_peers"),
        ([3, 1], [2.0, 1], "too_few"),
        ([0, 0, 0], [1.0, 1, 1], "no_events"),
    ],
)
def test_where_units_cannot_tell_how_units_differ_there_is_no_prior(y: list[int], e: list[float], reason: str) -> None:
    prior = gamma_poisson(y, e)
    assert (prior.shape, prior.mean, prior.reason) == (None, None, reason)
    posterior = gamma_posterior(prior, y, e)
    assert np.isnan(posterior.value).all()
    assert (posterior.reason == reason).all()
    assert beta_binomial(y, [4] * len(y)).reason == reason


def test_successes_only_have_no_variation() -> None:
    assert beta_binomial([3, 4, 5], [3, 4, 5]).reason == "no_variation"


def test_units_with_all_or_none_have_no_beta_prior() -> None:
    prior = beta_binomial([4, 0, 5, 0], [4, 4, 5, 5])
    assert (prior.a, prior.mean, prior.reason) == (None, None, "not_converged")
    assert beta_binomial([4, 0, 5, 0], [4, 4, 5, 5], method="moments").reason == "not_converged"


def test_units_of_one_trial_each_cannot_tell_that_they_differ() -> None:
    assert beta_binomial([1, 0, 1, 0, 0], [1] * 5).a == np.inf


@pytest.mark.parametrize("trials", [1, 2, 3, 40])
def test_thousands_of_small_groups_all_have_an_answer_or_a_reason(trials: int) -> None:
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(2000), 4)
    shares = beta_binomial(random.binomial(trials, 0.8, group.size), np.full(group.size, trials), group=group)
    rates = gamma_poisson(random.poisson(trials / 4, group.size), np.ones(group.size), group=group)
    for prior in (shares, rates):
        assert ((prior.reason == "") == ~np.isnan(prior.mean)).all()
        assert (prior.settled | (prior.reason != "")).mean() > 0.999
        assert set(np.unique(prior.reason)) <= {"", "no_events", "no_variation", "not_converged"}


def posteriors_cover(family: str, units: int) -> float:
    """How often the 90 % interval holds the unit's true value, 400 fleets at once."""
    random = np.random.default_rng(11)
    group = np.repeat(np.arange(400), units)
    if family == "gamma":
        truth, e = random.gamma(2, 0.5, group.size), random.uniform(0.5, 6, group.size)
        y = random.poisson(truth * e)
        found = gamma_posterior(gamma_poisson(y, e, group=group), y, e, group=group, confidence=0.9)
    else:
        truth, n = random.beta(2, 10, group.size), random.integers(5, 60, group.size)
        y = random.binomial(n, truth)
        found = beta_posterior(beta_binomial(y, n, group=group), y, n, group=group, confidence=0.9)
    return float(((found.low <= truth) & (truth <= found.high)).mean())


@pytest.mark.parametrize("family", ["gamma", "beta"])
def test_the_posterior_interval_covers_as_it_says(family: str) -> None:
    assert 0.88 <= posteriors_cover(family, 200) <= 0.92


@pytest.mark.parametrize("family", ["gamma", "beta"])
def test_of_few_units_the_interval_is_somewhat_too_narrow_as_the_docstring_warns(family: str) -> None:
    assert 0.84 <= posteriors_cover(family, 30) <= 0.9


def test_shrunken_rates_have_less_than_half_the_error_of_raw_rates() -> None:
    random = np.random.default_rng(2)
    truth, e = random.gamma(4, 0.25, 2000), random.uniform(0.5, 4, 2000)
    y = random.poisson(truth * e)
    drawn = gamma_posterior(gamma_poisson(y, e), y, e).value
    assert ((drawn - truth) ** 2).mean() < 0.5 * ((y / e - truth) ** 2).mean()


def test_the_probability_to_exceed_is_the_tail_of_the_posterior() -> None:
    y, e = [5, 1, 5, 14], [10.0, 12, 3, 11]
    found = gamma_posterior(gamma_poisson(y, e), y, e)
    assert found.exceeds(0.7) == pytest.approx(stats.gamma.sf(0.7, found.first, scale=1 / found.second))
    found = beta_posterior(beta_binomial(y, [20, 20, 20, 20]), y, [20, 20, 20, 20])
    assert found.exceeds([0.1, 0.2, 0.3, 2]) == pytest.approx(
        stats.beta.sf([0.1, 0.2, 0.3, 2], found.first, found.second)
    )
    draws = found.draw(np.random.default_rng(0), 20_000)
    assert draws.mean(axis=0) == pytest.approx(found.value, abs=4e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gamma_poisson([1.5], [1]), "events must be whole numbers"),
        (lambda: gamma_poisson([-1], [1]), "events must be at least 0"),
        (lambda: gamma_poisson([1, 2], [1]), "one length"),
        (lambda: gamma_poisson([1, 2], [1, 0]), "without exposure"),
        (lambda: gamma_poisson([1, 2, 3], [1, 1, 1], method="magic"), "method must be"),  # type: ignore[arg-type]
        (lambda: beta_binomial([3], [2]), "must not outnumber"),
        (lambda: gamma_posterior(gamma_poisson([1, 2, 9], [1, 1, 1]), [1, 2], [1]), "one length"),
        (lambda: gamma_posterior(gamma_poisson([1, 2, 9], [1, 1, 1]), [1, 2], [1, 1], group=[0, 1]), "group must lie"),
        (lambda: beta_posterior(beta_binomial([1, 2, 9], [9, 9, 9]), [3], [2]), "must not outnumber"),
        (lambda: james_stein([1, 2, 3], 1), "at least 4"),
    ],
)
def test_mistakes_are_told(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()
