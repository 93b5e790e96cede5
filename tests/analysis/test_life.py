"""Life distributions against published fits, closed forms, and what must hold for any lives."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_ndtr, ndtri

from analysis import life
from analysis.life import (
    LifeData,
    choose_distribution,
    exponential_mle,
    lognormal_mle,
    weibayes,
    weibull_mle,
    weibull_mle_by_group,
)
from analysis.result import Reason

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"
FITS = {"Weibull": weibull_mle, "lognormal": lognormal_mle, "exponential": exponential_mle}

# NIST/SEMATECH e-Handbook 8.4.1.3: 20 units on test for 500 hours.
NIST = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386] + [500] * 10
NIST_FAILED = [True] * 10 + [False] * 10


def published(name: str) -> dict[str, Any]:
    if not PUBLISHED.exists():
        pytest.skip("the published examples are not beside the project")
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    example: dict[str, Any] = next(e for e in examples if e["id"] == name)
    return example


def digits(shown: float) -> float:
    """Half of the last digit printed."""
    text = repr(shown)
    return 0.5000001 * 10.0 ** -(len(text.partition(".")[2]) if "e" not in text else 0)


def test_the_nist_example_comes_out_as_nist_and_r_print_it() -> None:
    p = published("nist_weibull_20")["published"]
    fit, other = weibull_mle(NIST, NIST_FAILED), lognormal_mle(NIST, NIST_FAILED)
    found = {
        "eta": fit.scale, "beta": fit.shape, "loglik": fit.log_likelihood, "AIC": fit.aic, "lognormal_AIC": other.aic,
        "mean": fit.mean, "sd": fit.sd,
    }  # fmt: skip
    r = {
        "eta": fit.scale, "beta": fit.shape, "loglik": fit.log_likelihood, "se_mu": fit.se_mu,
        "se_log_sigma": fit.se_log_sigma, "ln_mu": other.mu, "ln_sigma": other.sigma, "ln_loglik": other.log_likelihood,
    }  # fmt: skip
    for ours, theirs in ((found, p), (r, p["R"])):
        for key, value in ours.items():
            assert value == pytest.approx(theirs[key], abs=digits(theirs[key])), key
    assert (fit.n, fit.failures) == (20, 10)


@pytest.mark.parametrize("name", ["weib_shockabsorber", "weib_bearingcage", "weib_heatexchanger"])
def test_the_data_sets_of_meeker_and_escobar_come_out_as_r_prints_them(name: str) -> None:
    example = published(name)
    d, p = example["data"], example["published"]
    if "lower" in d:
        data = LifeData.between(d["lower"], d["upper"], count=d["count"])
    else:
        data = LifeData.of(d["time"], 1 - np.array(d["censored"]), count=d["count"])
    fit, other = weibull_mle(data), lognormal_mle(data)
    found = {"mu": fit.mu, "sigma": fit.sigma, "eta": fit.scale, "beta": fit.shape, "loglik": fit.log_likelihood,
             "se_mu": fit.se_mu, "se_log_sigma": fit.se_log_sigma}  # fmt: skip
    ln = {"mu": other.mu, "sigma": other.sigma, "loglik": other.log_likelihood}
    for ours, theirs, prefix in ((found, p, ""), (ln, p["ln"], "ln.")):
        for key, value in ours.items():
            if prefix + key in example["agree"]:
                # R stops its iteration at 1e-9 of the log likelihood: of interval data 7 digits are settled.
                slack = 2e-7 if "lower" in d else 1e-8
                assert value == pytest.approx(theirs[key], rel=slack, abs=digits(theirs[key])), prefix + key


def test_intervals_survivors_and_exact_ages_together_come_out_as_r_prints_them() -> None:
    example = published("r_survreg_interval_null_weibull")
    columns = example["data"]["columns"]
    fit = weibull_mle(LifeData.between(columns["left"], columns["right"]))
    p = example["published"]
    assert (fit.mu, fit.sigma) == pytest.approx((p["coef"], p["scale"]), rel=2e-8)
    assert fit.log_likelihood == pytest.approx(p["loglik"], rel=1e-12)
    assert fit.covariance == pytest.approx(np.array(p["var"]), rel=1e-7)


def test_the_six_failures_of_reliawiki_by_maximum_likelihood() -> None:
    # ReliaWiki, The Weibull Distribution, MLE example: 16, 34, 53, 75, 93, 120 hours (after Kececioglu).
    fit = weibull_mle([16, 34, 53, 75, 93, 120])
    assert fit.shape == pytest.approx(1.933, abs=5e-4)
    assert fit.scale == pytest.approx(73.526, abs=5e-4)


def test_the_lognormal_example_of_reliawiki() -> None:
    # ReliaWiki, The Lognormal Distribution, MLE example: μ′ 3.516, σ′ 0.849, mean 48.25, variances 0.0515 and 0.0258
    # (of σ′, not of its log).
    fit = lognormal_mle([5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100])
    assert (fit.mu, fit.sigma) == pytest.approx((3.516, 0.849), abs=5e-4)
    assert fit.mean == pytest.approx(48.25, abs=5e-3)
    assert (fit.se_mu**2, fit.se_shape**2) == pytest.approx((0.0515, 0.0258), abs=6e-5)


def test_a_lognormal_with_survivors_has_the_variances_that_meeker_and_escobar_print() -> None:
    # Statistical Methods for Reliability Data, p. 199, after ReliaWiki's "Lognormal MLE Solution with Right Censored Data".
    fit = lognormal_mle([252, 315, 369, 403, 474, 500], [1, 1, 1, 1, 1, 0], count=[1, 1, 1, 1, 1, 15])
    by_sigma = np.array([1, fit.sigma])
    assert fit.mu == pytest.approx(6.564256, abs=5e-7)
    assert fit.covariance * np.outer(by_sigma, by_sigma) == pytest.approx(
        np.array([[0.0581, 0.0374], [0.0374, 0.0405]]), abs=7e-5
    )
    mu = fit.bounds("mu", kind="wald")
    assert (mu.low, mu.high) == pytest.approx((6.0918, 7.0366933), abs=1e-4)


def test_an_exponential_of_intervals_has_the_bounds_that_meeker_and_escobar_print() -> None:
    # Statistical Methods for Reliability Data, example 7.1 (200 alpha-particle times), after ReliaWiki.
    edges = [0, 100, 300, 500, 700, 1000, 2000, 4000]
    fit = exponential_mle(LifeData.between(edges[:-1], edges[1:], count=[41, 44, 24, 32, 29, 21, 9]))
    assert fit.scale == pytest.approx(572.3, abs=0.05)
    assert fit.se_scale == pytest.approx(41.72, abs=5e-3)
    for kind, low, high in (("wald", 496, 660), ("likelihood_ratio", 498, 662)):
        bound = fit.bounds("scale", kind=kind)
        assert (bound.low, bound.high) == pytest.approx((low, high), abs=0.5)
    with pytest.raises(ValueError, match="known ages"):
        fit.bounds("scale", kind="chi_square")


def test_failures_and_survivors_of_cars_come_out_as_lifelines_prints_them() -> None:
    # Values that surpyval's tests/univariate/parametric/test_real_data.py took from lifelines and `reliability`.
    failed = [5248, 7454, 16890, 17200, 38700, 45000, 49390, 69040, 72280, 131900]
    survived = [3961, 4007, 4734, 6054, 7298, 10190, 23060, 27160, 28690, 37100, 40060, 45670, 53000, 67000, 69630]
    data = LifeData.of(failed + survived, [True] * 10 + [False] * 15)
    w, ln, e = weibull_mle(data), lognormal_mle(data), exponential_mle(data)
    assert (w.scale, w.shape) == pytest.approx((76128.17306, 1.450233539), rel=1e-6)
    assert (ln.mu, ln.sigma) == pytest.approx((10.95718522, 1.084686899), rel=3e-6)
    assert 1 / e.scale == pytest.approx(1.135439801e-05, rel=1e-9)


def test_complete_lives_have_the_closed_forms_of_their_distributions() -> None:
    ages = np.array([3.0, 8.0, 20.0, 21.0, 60.0])
    logs = np.log(ages)
    ln, e = lognormal_mle(ages), exponential_mle(ages)
    assert (ln.mu, ln.sigma) == pytest.approx((logs.mean(), logs.std()))
    assert ln.log_likelihood == pytest.approx(-5 * np.log(logs.std() * np.sqrt(2 * np.pi)) - 2.5 - logs.sum())
    assert e.scale == pytest.approx(ages.mean())
    assert e.log_likelihood == pytest.approx(-5 * np.log(ages.mean()) - 5)
    assert e.se_mu == pytest.approx(1 / np.sqrt(5))
    assert (e.mean, e.sd, e.median) == pytest.approx((ages.mean(), ages.mean(), ages.mean() * np.log(2)))
    assert (ln.mean, ln.median) == pytest.approx((np.exp(ln.mu + ln.sigma**2 / 2), np.exp(ln.mu)))
    # scipy.stats.lognorm(s=σ, scale=exp μ).std()
    assert ln.sd == pytest.approx(ln.mean * np.sqrt(np.exp(ln.sigma**2) - 1))


def test_at_the_weibull_maximum_both_score_equations_hold() -> None:
    fit = weibull_mle(NIST, NIST_FAILED)
    t, b = np.array(NIST, dtype=float), fit.shape
    power = t**b
    assert fit.scale**b == pytest.approx(power.sum() / 10)
    mean_log = np.log(t[:10]).mean()
    assert 1 / b == pytest.approx((power * np.log(t)).sum() / power.sum() - mean_log)


def test_criteria_count_their_parameters() -> None:
    fit, one = weibull_mle(NIST, NIST_FAILED), exponential_mle(NIST, NIST_FAILED)
    assert fit.aicc == pytest.approx(fit.aic + 12 / 17)
    assert one.aicc == pytest.approx(2 - 2 * one.log_likelihood + 4 / 18)
    assert fit.bic == pytest.approx(2 * np.log(20) - 2 * fit.log_likelihood)
    assert weibull_mle([3, 8]).aicc is None


@pytest.mark.parametrize("distribution", FITS)
def test_the_age_of_entry_divides_the_likelihood_by_the_chance_to_reach_it(distribution: str) -> None:
    rng = np.random.default_rng(5)
    ages, entry = rng.weibull(2, 400) * 100, rng.uniform(0, 120, 400)
    seen = ages > entry
    ages, entry = ages[seen], entry[seen]
    fit = FITS[distribution](ages, entry=entry)

    def height(mu: float, sigma: float) -> float:
        z, z0 = ((np.log(x) - mu) / sigma for x in (ages, entry))
        if distribution == "lognormal":
            return float((-(z**2) / 2 - np.log(sigma * ages * np.sqrt(2 * np.pi)) - log_ndtr(-z0)).sum())
        return float((z - np.exp(z) - np.log(sigma * ages) + np.exp(z0)).sum())

    assert fit.log_likelihood == pytest.approx(height(fit.mu, fit.sigma), rel=1e-12)
    steps = [(d, 0.0) for d in (-1e-3, 1e-3)] + (
        [(0.0, d) for d in (-1e-3, 1e-3)] if distribution != "exponential" else []
    )
    for d_mu, d_sigma in steps:
        assert height(fit.mu + d_mu, fit.sigma + d_sigma) < fit.log_likelihood
    if distribution == "exponential":
        assert fit.scale == pytest.approx((ages - entry).mean())


@pytest.mark.parametrize("distribution", ["Weibull", "lognormal"])
@pytest.mark.parametrize("what", ["exact", "right", "left", "interval", "entry"])
def test_the_covariance_is_the_inverse_of_the_second_differences(distribution: str, what: str) -> None:
    rng = np.random.default_rng(6)
    ages = rng.weibull(1.7, 40) * 50
    count = rng.integers(1, 4, 40)
    low, high, entry = ages.copy(), ages.copy(), np.zeros(40)
    high[:13] = {"right": np.inf, "left": 1.3 * ages[:13], "interval": 1.3 * ages[:13]}.get(what, ages[:13])
    low[:13] = 0 if what == "left" else low[:13]
    entry[:13] = ages[:13] / 2 if what == "entry" else 0
    fit = FITS[distribution](LifeData.between(low, high, count=count, entry=entry))
    likelihood, centre, h = fit.likelihood, fit.likelihood.centre[0], 1e-4

    def height(d_mu: float, d_log: float) -> float:
        sigma = fit.sigma * np.exp(d_log)
        return float(likelihood.at(np.array([(fit.mu + d_mu - centre) / sigma]), np.array([1 / sigma])).value[0])

    def second(i: int, j: int) -> float:
        e = np.eye(2) * h
        return sum(s * u * height(*(s * e[i] + u * e[j])) for s in (1, -1) for u in (1, -1)) / (4 * h * h)

    information = -np.array([[second(0, 0), second(0, 1)], [second(0, 1), second(1, 1)]])
    assert fit.covariance == pytest.approx(np.linalg.inv(information), rel=1e-4)


# ── where there is no answer ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ages", "failed", "reason"),
    [
        ([], [], Reason.NO_DATA),
        ([5, 9], [0, 0], Reason.NO_EVENTS),
        ([5], [1], Reason.TOO_FEW),
        ([5, 5, 5], [1, 1, 1], Reason.NO_VARIATION),
        ([5, 5, 3], [1, 1, 0], Reason.NO_VARIATION),  # the survivor left before: an age of 5 explains it too
        ([5, 5, 5], [1, 1, 0], Reason.NO_VARIATION),
        ([5, 5, 9], [1, 1, 0], Reason.NONE),  # one outlived the failures: the spread has a maximum
    ],
)
def test_where_the_lives_support_no_fit_a_reason_stands_for_it(ages: Any, failed: Any, reason: Reason) -> None:
    for fit in (weibull_mle(ages, failed), lognormal_mle(ages, failed)):
        assert fit.reason == reason
        assert (fit.shape is None) == (reason != Reason.NONE)
        assert (fit.bounds("shape").low is None) == (reason != Reason.NONE)
        assert (fit.reliability(3).value is None) == (reason != Reason.NONE)
        assert (fit.mean is None, fit.aicc is None) == (fit.shape is None, fit.shape is None or fit.n < 4)


def test_limits_that_one_age_explains_have_no_spread() -> None:
    assert weibull_mle(LifeData.between([0, 0, 5], [5, 9, np.inf])).reason == Reason.NO_VARIATION
    assert exponential_mle(LifeData.between([0, 0], [5, 9])).reason == Reason.NO_VARIATION


def test_the_young_that_failed_beside_the_old_that_did_not_have_no_maximum() -> None:
    # Inspected once: at 1 and 2 all had failed, at 9 none. No life distribution does that; σ grows without end.
    fit = weibull_mle(LifeData.between([9, 9, 0, 0], [np.inf, np.inf, 1, 2]))
    assert (fit.reason, fit.mu) == (Reason.NOT_CONVERGED, None)


def test_what_tells_nothing_changes_nothing() -> None:
    fit = weibull_mle(NIST, NIST_FAILED)
    more = weibull_mle([*NIST, 0, 77], [*NIST_FAILED, False, True], count=[1] * 20 + [3, 0])
    assert (more.shape, more.scale, more.log_likelihood) == pytest.approx((fit.shape, fit.scale, fit.log_likelihood))
    assert (more.n, more.failures) == (23, 10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weibull_mle([0, 1]), "age 0 has no logarithm"),
        (lambda: weibull_mle([-1, 1]), "times must be at least 0"),
        (lambda: weibull_mle([1, 2], [1]), "failed must hold one value per time"),
        (lambda: weibull_mle([1, 2], [1, 2]), "True or False"),
        (lambda: weibull_mle([1, 2], count=[1]), "count must hold one number"),
        (lambda: weibull_mle([1, 2], entry=[0, 2]), "entry must come before"),
        (lambda: weibull_mle([1, 2], confidence=1), "confidence must lie"),
        (lambda: weibull_mle(LifeData.of([1, 2]), [1, 1]), "belong into the LifeData"),
        (lambda: weibull_mle([1, 2], least_failures=0), "least_failures"),
        (lambda: LifeData.between([3], [2]), "must not lie above"),
        (lambda: LifeData.between([3], [2, 4]), "one length"),
        (lambda: weibull_mle([1, 2]).bounds("beta"), "parameter must be"),
        (lambda: weibull_mle([1, 2]).bounds("shape", kind="fisher"), "kind must be"),
        (lambda: weibull_mle([1, 2]).bounds("scale", kind="chi_square"), "kind must be"),
        (lambda: exponential_mle([1, 2]).bounds("shape"), "shape was not estimated"),
        (lambda: weibayes([1, 2], shape=0), "shape must be above 0"),
        (lambda: weibull_mle([1, 2]).b_life(1), "p must lie"),
        (lambda: weibull_mle([1, 2]).reliability(-1), "t must be finite and not negative, found -1"),
        (lambda: weibull_mle([1, 2]).reliability(1, age=np.inf), "age must be finite"),
        (lambda: choose_distribution([1, 2], candidates=("gamma",)), "candidates must be"),
        (lambda: choose_distribution([1, 2], candidates=()), "candidates must be"),
    ],
)
def test_mistakes_are_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_new_thing_survives_no_time_at_all_for_certain() -> None:
    alive = weibull_mle(NIST, NIST_FAILED).reliability(0)
    assert (alive.value, alive.low, alive.high) == (1, 1, 1)


# ── many groups ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_group_is_fitted_as_it_would_be_alone() -> None:
    rng = np.random.default_rng(8)
    group = rng.integers(0, 50, 700)
    ages, left = (
        rng.weibull(rng.uniform(0.5, 6, 50)[group]) * 10.0 ** rng.uniform(-3, 6, 50)[group],
        rng.uniform(0, 3, 700),
    )
    ages_seen, failed = np.minimum(ages, left * np.median(ages)), ages <= left * np.median(ages)
    many = weibull_mle_by_group(ages_seen, failed, group, groups=52)
    assert many.reason[50:].tolist() == [Reason.NO_DATA] * 2
    b10, mean_life = many.b_life(0.1), many.bounds("scale")
    for g in range(50):
        here = group == g
        one = weibull_mle(ages_seen[here], failed[here], least_failures=3)
        assert many[g].reason == one.reason
        if one.reason:
            assert np.isnan(many.shape[g])
            continue
        assert (many.shape[g], many.scale[g], many.log_likelihood[g]) == pytest.approx(
            (one.shape, one.scale, one.log_likelihood), rel=1e-8
        )
        assert (many.se_mu[g], many[g].se_log_sigma) == pytest.approx((one.se_mu, one.se_log_sigma), rel=1e-6)
        alone = one.b_life(0.1)
        for found in (b10[g], many[g].b_life(0.1)):
            assert (found.low, found.high) == pytest.approx((alone.low, alone.high), rel=1e-6)
        assert mean_life[g].low == pytest.approx(one.bounds("scale").low, rel=1e-6)


def test_what_was_watched_from_an_age_on_cannot_have_failed_before_it() -> None:
    upper, entry = [40, 60, 90, 120, 70], [0, 20, 30, 0, 35]
    left = LifeData.between([0, 0, 0, 100, 70], upper, entry=entry)
    limits = LifeData.between([0, 20, 30, 100, 70], upper, entry=entry)
    assert weibull_mle(left).log_likelihood == pytest.approx(weibull_mle(limits).log_likelihood)
    assert left.lower.tolist() == limits.lower.tolist()


def test_groups_with_few_failures_are_not_fitted() -> None:
    fit = weibull_mle_by_group([1, 2, 3, 1, 2, 9, 4, 4], [1, 1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1, 2, 2])
    assert fit.reason.tolist() == ["", "too_few", "no_events"]
    assert (fit.n.tolist(), fit.failures.tolist()) == ([3, 3, 2], [3, 2, 0])
    assert weibull_mle([1, 2, 9], [1, 1, 0]).reason == ""


def test_a_group_of_one_hundred_thousand_is_fitted_in_the_time_of_a_blink() -> None:
    rng = np.random.default_rng(2)
    ages, left = rng.weibull(2, 100_000), rng.uniform(0, 1.2, 100_000)
    began = process_time()
    fit = weibull_mle(np.minimum(ages, left), ages <= left)
    assert process_time() - began < 0.2  # 6 ms on a quiet machine
    assert fit.shape == pytest.approx(2, abs=0.03)


# ── laws ────────────────────────────────────────────────────────────────────────────────────────────────────────────

lives = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=3, max_size=25)
distributions = st.sampled_from(["Weibull", "lognormal", "exponential"])


@settings(deadline=None, max_examples=60)
@given(lives, st.floats(1e-6, 1e6), distributions)
def test_the_unit_of_time_only_scales_ages(rows: list[tuple[int, bool]], unit: float, distribution: str) -> None:
    ages, failed = np.array([t for t, _ in rows], dtype=float), np.array([f for _, f in rows])
    one, two = FITS[distribution](ages, failed), FITS[distribution](ages * unit, failed)
    assert one.reason == two.reason
    if not one.reason:
        assert two.sigma == pytest.approx(one.sigma, rel=1e-6)
        assert two.mu == pytest.approx(one.mu + np.log(unit), abs=1e-6 * (1 + one.sigma))
        assert two.log_likelihood == pytest.approx(one.log_likelihood - failed.sum() * np.log(unit), abs=1e-6)
        for a, b in ((one.b_life(0.1), two.b_life(0.1)), (one.bounds("scale"), two.bounds("scale"))):
            assert (b.low, b.high) == pytest.approx((a.low * unit, a.high * unit), rel=1e-4)


@settings(deadline=None, max_examples=60)
@given(lives, st.randoms(use_true_random=False), distributions)
def test_order_and_counting_do_not_matter(rows: list[tuple[int, bool]], chance: Any, distribution: str) -> None:
    fit = FITS[distribution]([t for t, _ in rows], [f for _, f in rows])
    chance.shuffle(rows)
    counted = sorted(set(rows))
    again = FITS[distribution](
        [t for t, _ in counted], [f for _, f in counted], count=[rows.count(row) for row in counted]
    )
    assert (again.reason, again.n, again.failures) == (fit.reason, fit.n, fit.failures)
    if not fit.reason:
        assert (again.mu, again.sigma, again.log_likelihood) == pytest.approx((fit.mu, fit.sigma, fit.log_likelihood))


@settings(deadline=None, max_examples=40)
@given(lives, st.integers(0, 24))
def test_a_survivor_seen_for_longer_never_lowers_the_mean_of_an_exponential(
    rows: list[tuple[int, bool]], which: int
) -> None:
    ages, failed = np.array([t for t, _ in rows], dtype=float), np.array([f for _, f in rows])
    failed[which % len(rows)] = False
    later = ages.copy()
    later[which % len(rows)] += 10
    one, two = exponential_mle(ages, failed), exponential_mle(later, failed)
    if not one.reason:
        assert two.scale > one.scale


# ── choice ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_distribution_with_the_smallest_aicc_is_chosen() -> None:
    p = (np.arange(300) + 0.5) / 300
    for name, ages in (
        ("Weibull", (-np.log(p)) ** 0.25),
        ("lognormal", np.exp(ndtri(p))),
        ("exponential", -np.log(p)),
    ):
        choice = choose_distribution(ages)
        assert choice.best is not None
        assert choice.best.distribution == name
        assert choice.aicc.tolist() == sorted(f.aicc for f in choice.fits)
        assert choice.weights.sum() == pytest.approx(1)
        assert choice.weights[1] / choice.weights[0] == pytest.approx(np.exp((choice.aicc[0] - choice.aicc[1]) / 2))


def test_nothing_is_chosen_from_few_failures() -> None:
    choice = choose_distribution([1, 2, 4, 8], [1, 1, 1, 1])
    assert (choice.best, choice.reason, len(choice.fits)) == (None, Reason.TOO_FEW, 3)
    assert choose_distribution([], []).reason == Reason.NO_DATA
    assert choose_distribution([5, 6], [0, 0]).reason == Reason.NO_EVENTS


def test_nothing_is_chosen_where_one_of_the_candidates_has_no_maximum() -> None:
    # All failed at one age: an exponential has a maximum, and is the worst of the three descriptions.
    choice = choose_distribution([5.0] * 6)
    assert (choice.best, choice.reason) == (None, Reason.NO_VARIATION)
    assert [f.distribution for f in choice.fits] == ["exponential"]


def test_the_family_stands_complete_in_one_place() -> None:
    assert all(callable(getattr(life, name)) for name in life.__all__)
    assert {"kaplan_meier", "nelson_aalen", "turnbull"} <= set(life.__all__)
