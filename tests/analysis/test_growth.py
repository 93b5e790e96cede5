"""The power-law process against published examples and tables, its laws, and how often its bounds hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import gammaln, ive
from scipy.stats import chi2

from analysis.cramer_von_mises import cramer_von_mises_critical, cramer_von_mises_p
from analysis.growth import CrowAmsaa, common_beta_test, crow_amsaa
from analysis.mtbf_factors import crow_mtbf_factors
from analysis.result import Reason
from analysis.trend import mil_hdbk_189_trend

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"
needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")

# Prototype tests of MIL-HDBK-189 (and C), time-truncated at 300 h.
HANDBOOK = [2.6, 16.5, 16.5, 17, 21.4, 29.1, 33.3, 56.5, 63.1, 70.6, 73, 77.7, 93.9, 95.5, 98.1, 101.1, 132, 142.2]
HANDBOOK += [147.7, 149, 167.2, 190.7, 193, 198.7, 251.9, 282.5, 286.1]

# ReliaWiki, "RGA Models for Repairable Systems Analysis": three systems, each watched from 0 to 2,000 h.
THREE = [
    [1.2, 55.6, 72.7, 111.9, 121.9, 303.6, 326.9, 1568.4, 1913.5],
    [1.4, 35.0, 46.8, 65.9, 181.1, 712.6, 1005.7, 1029.9, 1675.7, 1787.5, 1867.0],
    [0.3, 32.6, 33.4, 241.7, 396.2, 444.4, 480.8, 588.9, 1043.9, 1136.1, 1288.1, 1408.1, 1439.4, 1604.8],
]

# Thousands of hours at unscheduled maintenance, the last the end of watching.
HALFBEAK = [1.382, 2.990, 4.124, 6.827, 7.472, 7.567, 8.845, 9.450, 9.794, 10.848, 11.993, 12.300, 15.413, 16.497]
HALFBEAK += [17.352, 17.632, 18.122, 19.067, 19.172, 19.299, 19.360, 19.686, 19.940, 19.944, 20.121, 20.132, 20.431]
HALFBEAK += [20.525, 21.057, 21.061, 21.309, 21.310, 21.378, 21.391, 21.456, 21.461, 21.603, 21.658, 21.688, 21.750]
HALFBEAK += [21.815, 21.820, 21.822, 21.888, 21.930, 21.943, 21.946, 22.181, 22.311, 22.634, 22.635, 22.669, 22.691]
HALFBEAK += [22.846, 22.947, 23.149, 23.305, 23.491, 23.526, 23.774, 23.791, 23.822, 24.006, 24.286, 25.000, 25.010]
HALFBEAK += [25.048, 25.268, 25.400, 25.500, 25.518]

# Times between failures in the tests of the Python package `reliability` (ROCOF).
BETWEEN = np.array([104, 131, 1597, 59, 4, 503, 157, 6, 118, 173, 114, 62, 101, 216, 106])
BETWEEN = np.append(BETWEEN, [140, 1, 102, 3, 393, 96, 232, 89, 61, 37, 293, 7, 165, 87, 99])


def example(name: str) -> dict[str, Any]:
    return {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}[name]


def flat(systems: list[list[Any]]) -> tuple[list[Any], list[int]]:
    """Times and the code of the system that each belongs to."""
    return [t for s in systems for t in s], [i for i, s in enumerate(systems) for _ in s]


@needs_published
def test_the_failure_truncated_example_of_reliawiki() -> None:
    case = example("rw_crow_22")
    fit, printed = crow_amsaa(case["data"]["times"]), case["published"]
    assert fit.beta.value == pytest.approx(printed["beta7"], abs=5e-8)
    assert fit.lambda_ == pytest.approx(printed["lam7"], abs=5e-8)
    assert fit.growth_rate.value == pytest.approx(printed["growth_rate"], abs=5e-6)
    assert fit.mtbf.value == pytest.approx(printed["mtbf_i"], abs=5e-4)
    assert fit.cumulative_mtbf.value == pytest.approx(printed["mtbf_c"], abs=5e-6)
    assert fit.intensity.value == pytest.approx(printed["dfi_i"], abs=5e-7)
    assert fit.cumulative_intensity.value == pytest.approx(printed["dfi_c"], abs=5e-7)
    assert fit.age_of_mtbf(35, cumulative=True) == pytest.approx(printed["time_to_mtbf_35"], abs=5e-6)
    assert fit.mtbf_at(fit.age_of_mtbf(60)) == pytest.approx(60)
    assert (fit.n, fit.age, fit.verdict) == (22, 620, "improving")


@needs_published
def test_the_time_truncated_bounds_of_crow_are_those_of_the_nasa_memorandum() -> None:
    case = example("nasa_tm103511_23")
    fit, printed = crow_amsaa(case["data"]["times"], 500, confidence=0.8), case["published"]
    assert round(fit.mtbf.value, 1) == printed["mtbf_i"]
    assert (round(fit.mtbf.low, 1), round(fit.mtbf.high, 1)) == (printed["mtbf_lo"], printed["mtbf_hi"])
    factors = crow_mtbf_factors(23, confidence=0.8)
    assert [round(float(f), 4) for f in factors] == [printed["coef_lo"], printed["coef_hi"]]
    more = crow_mtbf_factors(27, confidence=0.9)
    assert [round(float(f), 7) for f in more] == [printed["n27_90_lo"], printed["n27_90_hi"]]


@needs_published
def test_the_modified_estimates_of_nist() -> None:
    case = example("nist_powerlaw")
    fit, printed = crow_amsaa(case["data"]["times"], 1500, unbiased=True), case["published"]
    assert fit.beta.value == pytest.approx(printed["b_modified"], abs=5e-7)
    assert fit.lambda_ == pytest.approx(printed["a_modified"], abs=5e-5)
    assert fit.mtbf.value == pytest.approx(printed["mtbf_end"], abs=5e-4)


@needs_published
def test_three_systems_give_what_mcotear_prints() -> None:
    case = example("mcotear_trend")
    printed = case["published"]
    times, system = flat(case["data"]["systems"])
    fit = crow_amsaa(times, case["data"]["T"], system=system)
    assert fit.beta.value == pytest.approx(printed["beta"], abs=5e-8)
    assert fit.lambda_ == pytest.approx(printed["lam"], abs=5e-8)
    assert fit.theta == pytest.approx(printed["theta"], abs=5e-8)
    assert fit.beta.low == pytest.approx(printed["beta95"]["lo"], abs=5e-8)
    assert fit.beta.high == pytest.approx(printed["beta95"]["hi"], abs=5e-8)
    # power_law_mcf of the same vignette, first and last rows.
    assert fit.expected_failures([0.1, 197.2]) == pytest.approx([0.1116703, 11.8963433], abs=5e-8)
    common = common_beta_test(times, case["data"]["T"], system=system)
    assert common.statistic == pytest.approx(printed["common_beta_stat"], abs=5e-7)
    assert common.p_value == pytest.approx(printed["common_beta_p"], abs=5e-8)
    assert common.uncorrected == pytest.approx(case["recomputed"]["values"]["common_beta_stat_without_bartlett"])
    assert (common.df, common.systems) == (2, 3)


def test_the_prototype_of_mil_hdbk_189() -> None:
    """Printed: β 0.716, λ 0.454, MTBF 15.5 h with 90 % bounds 9.9 and 26.1, Cramér–von Mises 0.091."""
    fit = crow_amsaa(HANDBOOK, 300, confidence=0.9)
    assert (round(fit.beta.value, 3), round(fit.lambda_, 3)) == (0.716, 0.454)
    assert [round(x, 1) for x in (fit.mtbf.value, fit.mtbf.low, fit.mtbf.high)] == [15.5, 9.9, 26.1]
    assert round(fit.fit.statistic, 3) == 0.091
    assert fit.fit.p_value > 0.2
    assert fit.fit.statistic < cramer_von_mises_critical(27, 0.1)


def test_the_three_repairable_systems_of_reliawiki() -> None:
    times, system = flat(THREE)
    fit = crow_amsaa(times, 2000, system=system)
    assert (round(fit.beta.value, 5), round(fit.lambda_, 5)) == (0.45300, 0.36224)
    assert (fit.n, fit.systems, fit.fit.n) == (34, 3, 34)


def test_the_submarine_and_the_generator_of_the_textbooks() -> None:
    """Figures from memory, confirmed by this recomputation.

    Main propulsion diesel of USS Halfbeak (Ascher and Feingold 1984), thousands of hours: Meeker and Escobar 1998, §16.7,
    and Rigdon and Basu 2000 print 2.76 and 5.45. Duane's aircraft generator, hours: Rigdon and Basu print 0.569.
    """
    submarine = crow_amsaa(HALFBEAK)
    assert (submarine.n, round(submarine.beta.value, 2), round(submarine.theta, 2)) == (71, 2.76, 5.45)
    hours = [55, 166, 205, 341, 488, 567, 731, 1308, 2050, 2453, 3115, 4017, 4596]
    assert round(crow_amsaa(hours).beta.value, 3) == 0.569
    assert crow_amsaa(hours, unbiased=True).beta.value == pytest.approx(11 / 13 * crow_amsaa(hours).beta.value)


def test_the_growth_example_of_the_package_reliability() -> None:
    """tests/test_Repairable_systems.py of the Python package `reliability`: failure-truncated, target cumulative."""
    fit = crow_amsaa([10400, 26900, 43400, 66400, 89400, 130400, 163400, 232000, 242000, 340700])
    assert fit.beta.value == pytest.approx(0.741656619656656, rel=1e-12)
    assert fit.lambda_ == pytest.approx(0.0007886414235385733, rel=1e-12)
    assert fit.mtbf.value == pytest.approx(45937.70094814556, rel=1e-12)
    assert fit.cumulative_mtbf.value == pytest.approx(34070, rel=1e-12)
    assert fit.age_of_mtbf(50000, cumulative=True) == pytest.approx(1503979.9172547427, rel=1e-9)
    assert crow_amsaa(BETWEEN.cumsum()).beta.value == pytest.approx(1.5880533880966818, rel=1e-12)


def test_the_factors_of_mil_hdbk_189() -> None:
    """Tables of the handbook: MTBF factors for n = 2 … 5, two-sided 80, 90, 95 and 98 %."""
    time = {0.8: [0.261, 0.333, 0.385, 0.426], 0.9: [0.2, 0.263, 0.312, 0.352], 0.95: [0.159, 0.217, 0.262, 0.3]}
    time_high = {
        0.8: [18.66, 6.326, 4.243, 3.386],
        0.9: [38.66, 9.736, 5.947, 4.517],
        0.98: [198.7, 24.1, 11.81, 8.043],
    }
    failure = {0.8: [0.8065, 0.6840, 0.6601, 0.6568], 0.9: [0.5552, 0.5137, 0.5174, 0.5290]}
    failure_high = {
        0.8: [33.76, 8.927, 5.328, 4.0],
        0.9: [72.67, 14.24, 7.651, 5.424],
        0.95: [151.5, 21.96, 10.65, 7.147],
    }
    n = [2, 3, 4, 5]
    for confidence, printed in time.items():
        assert crow_mtbf_factors(n, confidence=confidence)[0].tolist() == pytest.approx(printed, abs=6e-4)
    for confidence, printed in time_high.items():
        assert crow_mtbf_factors(n, confidence=confidence)[1].tolist() == pytest.approx(printed, rel=6e-4)
    for confidence, printed in failure.items():
        low, _ = crow_mtbf_factors(n, truncation="failure", confidence=confidence)
        assert low.tolist() == pytest.approx(printed, abs=6e-5)
    for confidence, printed in failure_high.items():
        _, high = crow_mtbf_factors(n, truncation="failure", confidence=confidence)
        assert high.tolist() == pytest.approx(printed, rel=6e-4)


def test_the_factors_approach_one_and_one_failure_has_no_upper_bound() -> None:
    for truncation in ("time", "failure"):
        low, high = crow_mtbf_factors([100, 10_000, 100_000], truncation=truncation)  # type: ignore[arg-type]
        assert np.all(np.diff(low) > 0)
        assert np.all(np.diff(high) < 0)
        # For many failures ln(MTBF estimated) has variance 2/n.
        assert np.log(high[-1]) == pytest.approx(1.96 * np.sqrt(2 / 100_000), rel=0.01)
    assert crow_mtbf_factors(1)[1] == np.inf
    assert crow_mtbf_factors([[2, 3], [3, 2]])[0].shape == (2, 2)
    for wrong in ({"failures": 1, "truncation": "failure"}, {"failures": 2.5}, {"failures": 2, "confidence": 1}):
        with pytest.raises(ValueError, match=r"failures|confidence"):
            crow_mtbf_factors(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("mean", "level"), [(5, 0.9557), (10, 0.9380), (30, 0.9240)])
def test_time_truncated_factors_hold_as_often_as_the_docstring_says(mean: int, level: float) -> None:
    """Over all numbers that may come, not given the one that came: see `crow_mtbf_factors`."""
    rng = np.random.default_rng(20)
    n = rng.poisson(mean, 100_000)
    n = n[n > 1]
    logs = rng.gamma(n)  # ΣΣ ln(T/t) with β = 1; the MTBF estimated over the true one is mean · logs / n²
    low, high = (factor * mean * logs / n**2 for factor in crow_mtbf_factors(n, confidence=0.9))
    held = (low <= 1) & (high >= 1)
    assert held.mean() == pytest.approx(level, abs=0.003)
    assert held[n == mean].mean() > 0.98


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95])
def test_time_truncated_factors_hold_at_least_at_their_level_whatever_the_mtbf(confidence: float) -> None:
    """The number of failures given ΣΣ ln(T/t) has the distribution of Bessel; its tails summed here by scipy's own."""
    n = np.arange(1, 400)
    low, high = crow_mtbf_factors(n, confidence=confidence)
    # The MTBF lies between its bounds where x² = 4n²/factor lies between these.
    least, most = np.where(np.isinf(high), 0.0, 4 * n**2 / high), 4 * n**2 / low
    for x in np.geomspace(0.05, 300, 200):
        log_p = (2 * n - 1) * np.log(x / 2) - gammaln(n + 1) - gammaln(n) - np.log(ive(1, x)) - x
        held = np.exp(log_p)[(least <= x**2) & (x**2 <= most)].sum()
        assert held >= confidence - 1e-9


def test_the_bounds_of_beta_are_the_chi_square_pivot_of_each_truncation() -> None:
    times = np.array(HANDBOOK)
    for end, degrees in ((None, 2 * 26), (300.0, 2 * 27)):
        fit = crow_amsaa(times, end, confidence=0.9)
        twice = 2 * np.log((end or times.max()) / times).sum()
        assert (fit.beta.low, fit.beta.high) == pytest.approx(tuple(chi2.ppf([0.05, 0.95], degrees) / twice))


def test_unbiased_is_one_or_two_failures_less() -> None:
    n = len(HANDBOOK)
    for end, less in ((300.0, 1), (None, 2)):
        mle, unbiased = (crow_amsaa(HANDBOOK, end, unbiased=u) for u in (False, True))
        assert unbiased.beta.value == pytest.approx(mle.beta.value * (n - less) / n)
        assert (unbiased.beta.low, unbiased.mtbf.low) == (mle.beta.low, mle.mtbf.low)
        assert unbiased.expected_failures(unbiased.age) == pytest.approx(n)


def test_systems_of_differing_ends_and_starts_have_the_largest_likelihood() -> None:
    """By a general optimiser of Σ ln λβt^(β−1) − λ Σ (T^β − S^β)."""
    times, system = flat(THREE)
    end, start = np.array([2000.0, 1900, 1700]), np.array([0.0, 0.0, 0.2])
    for begin in (np.zeros(3), start):
        fit = crow_amsaa(times, end, system=system, start=begin)

        def cost(p: Any, begin: Any = begin) -> float:
            lam, beta = np.exp(p)
            grown = (end**beta - begin**beta).sum()
            return float(lam * grown - len(times) * np.log(lam * beta) - (beta - 1) * np.log(times).sum())

        best = np.exp(
            minimize(cost, np.log([0.3, 0.5]), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11}).x
        )
        assert (fit.lambda_, fit.beta.value) == pytest.approx(tuple(best), rel=1e-5)


def test_a_barely_late_start_or_a_barely_differing_end_changes_the_bounds_of_beta_barely() -> None:
    times, system = flat(THREE)
    exact = crow_amsaa(times, 2000, system=system)
    late = crow_amsaa(times, 2000, system=system, start=[0, 0, 1e-9])
    assert late.beta.method != exact.beta.method
    assert (late.beta.low, late.beta.high) == pytest.approx((exact.beta.low, exact.beta.high), rel=2e-3)
    other = crow_amsaa(times, [2000, 2000, 2000.001], system=system)
    assert other.mtbf.method == "r*"
    # Crow's bounds are those of a whole number, the others are not: they differ, but within Crow's.
    assert exact.mtbf.low < other.mtbf.low < exact.mtbf.low * 1.06
    assert exact.mtbf.high * 0.94 < other.mtbf.high < exact.mtbf.high


def test_the_mtbf_at_another_age_has_bounds_that_widen_away_from_the_data() -> None:
    fits = [crow_amsaa(HANDBOOK, 300, age=age) for age in (150, 300, 1000, 5000)]
    assert [f.mtbf.value for f in fits] == pytest.approx([f.mtbf_at(f.age) for f in fits])
    width = [np.log(f.mtbf.high / f.mtbf.low) for f in fits]
    assert width[1] < width[2] < width[3]
    stopped = [crow_amsaa(HANDBOOK, age=age) for age in (286.1, 286.1 * 1.0001)]
    assert stopped[0].mtbf.low == pytest.approx(stopped[1].mtbf.low, rel=1e-3)
    assert stopped[0].mtbf.high == pytest.approx(stopped[1].mtbf.high, rel=1e-3)


def test_no_answer_where_the_data_have_none() -> None:
    assert crow_amsaa([]).reason == Reason.NO_DATA
    assert crow_amsaa([], 100).reason == Reason.NO_EVENTS
    assert crow_amsaa([5.0], 100).reason == Reason.TOO_FEW
    assert crow_amsaa([5.0, 9.0], unbiased=True).reason == Reason.TOO_FEW
    assert crow_amsaa([9.0, 9.0], 9.0).reason == Reason.NO_VARIATION
    assert crow_amsaa([11.0, 12.0, 13.0], 1000, start=10).reason == Reason.NOT_CONVERGED
    none = crow_amsaa([5.0], 100)
    assert (none.beta.value, none.mtbf.low, none.verdict, none.expected_failures(3)) == (None, None, "", None)
    many = crow_amsaa([5.0, 3, 4, 8], 10, group=[0, 2, 2, 2])
    assert many.reason.tolist() == ["too_few", "no_events", ""]
    assert np.isnan(many.mtbf.value[:2]).all()
    assert many[2].mtbf.value > 0
    assert common_beta_test([1.0, 2.0], 5, system=[0, 0]).reason == Reason.TOO_FEW


def test_mistakes_are_errors() -> None:
    for wrong, message in (
        ({"confidence": 90}, "confidence"),
        ({"age": -1}, "age"),
        ({"age": [1, 2]}, "age"),
        ({"end": 100}, "after the end"),
    ):
        with pytest.raises(ValueError, match=message):
            crow_amsaa(HANDBOOK, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above 0"):
        crow_amsaa(HANDBOOK, 300).age_of_mtbf(0)


def test_the_table_of_cramer_von_mises_is_that_of_mil_hdbk_189() -> None:
    """Critical values at 20, 15, 10 and 5 % (MIL-HDBK-189, from 15,000 samples)."""
    printed = {
        2: [0.138, 0.149, 0.162, 0.175],
        3: [0.121, 0.135, 0.154, 0.184],
        5: [0.121, 0.137, 0.160, 0.199],
        10: [0.125, 0.142, 0.167, 0.212],
        18: [0.127, 0.146, 0.171, 0.217],
        30: [0.128, 0.146, 0.172, 0.218],
        60: [0.128, 0.147, 0.173, 0.220],
        100: [0.129, 0.147, 0.173, 0.220],
    }
    for m, row in printed.items():
        assert cramer_von_mises_critical(m, [0.2, 0.15, 0.1, 0.05]).tolist() == pytest.approx(row, abs=2e-3)
        critical = cramer_von_mises_critical([m] * 3, [0.8, 0.1, 0.01])
        assert cramer_von_mises_p(critical, np.full(3, float(m))).tolist() == pytest.approx([0.8, 0.1, 0.01])
    with pytest.raises(ValueError, match="significance"):
        cramer_von_mises_critical(10, 0.0001)
    with pytest.raises(ValueError, match="at least 2"):
        cramer_von_mises_critical(1)


@pytest.mark.parametrize("m", [3, 9, 25, 70, 400])
def test_the_p_value_of_cramer_von_mises_is_uniform_under_the_model(m: int) -> None:
    rng = np.random.default_rng(m)
    groups = min(8000, 400_000 // m)
    times = rng.uniform(0, 1, (groups, m)) ** (1 / 0.7)
    p = crow_amsaa(times.ravel(), 1.0, group=np.repeat(np.arange(groups), m)).fit.p_value
    for level in (0.05, 0.2, 0.5, 0.9):
        assert np.mean(p <= level) == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / groups))


systems = st.lists(st.lists(st.integers(1, 1000), max_size=9).map(sorted), min_size=1, max_size=5)


def numbers(fit: CrowAmsaa) -> list[float]:
    """All numbers of a fit but those in units of time; NaN for none."""
    found = [fit.beta.value, fit.beta.low, fit.beta.high, fit.mtbf.value, fit.mtbf.low, fit.mtbf.high]
    found += [fit.cumulative_mtbf.low, fit.cumulative_mtbf.high, fit.fit.statistic, fit.fit.p_value]
    return [np.nan if x is None else x for x in found]


@settings(deadline=None)  # the machine may be busy
@given(systems, st.sampled_from(["time", "failure", "ends", "late"]), st.booleans())
def test_a_group_among_many_has_the_answer_that_it_has_alone(data: list[list[int]], kind: str, unbiased: bool) -> None:
    times, code = flat(data)
    ends = {"time": np.full(5, 1001.0), "failure": np.full(5, np.nan)}.get(kind, 1001.0 + np.arange(5) ** 2)[
        : len(data)
    ]
    starts = np.where((np.arange(5) % 2 == 0) & (kind == "late"), 0.5, 0.0)[: len(data)]
    group = np.arange(len(data)) % 2 if len(data) > 1 else np.zeros(1, dtype=int)
    together = crow_amsaa(times, ends, system=code, start=starts, group=group, unbiased=unbiased)
    for g in range(len(together)):
        mine = [i for i in range(len(data)) if group[i] == g]
        own_times, own_code = flat([data[i] for i in mine])
        alone = crow_amsaa(own_times, ends[mine], system=own_code, start=starts[mine], unbiased=unbiased)
        assert together[g].reason == alone.reason
        assert numbers(together[g]) == pytest.approx(numbers(alone), rel=1e-6, nan_ok=True)


@settings(deadline=None)  # the machine may be busy
@given(systems, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_does_not_matter_and_the_unit_only_in_times(
    data: list[list[int]], stopped: bool, chance: Any
) -> None:
    times, code = flat(data)
    end = np.full(len(data), np.nan if stopped else 1001.0)
    one = crow_amsaa(times, end, system=code)
    assume(one.reason == "")
    rows, order = list(zip(times, code, strict=True)), list(range(len(data)))
    chance.shuffle(rows)
    chance.shuffle(order)
    other = crow_amsaa([t * 24 for t, _ in rows], end * 24, system=[order[c] for _, c in rows])
    scale = [1, 1, 1, 24, 24, 24, 24, 24, 1, 1]
    assert numbers(other) == pytest.approx(
        [x * k for x, k in zip(numbers(one), scale, strict=True)], rel=1e-7, nan_ok=True
    )
    assert other.verdict == one.verdict


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.integers(1, 99), min_size=2, max_size=12), st.integers(1, 99))
def test_a_system_watched_in_two_parts_has_the_likelihood_of_one(ages: list[int], cut: int) -> None:
    """The failures up to an age as of one system, those later as of another that is watched from that age on."""
    whole = crow_amsaa(ages, 100)
    parts = crow_amsaa(ages, [cut + 0.5, 100], system=[int(a > cut) for a in ages], start=[0, cut + 0.5])
    assert parts.beta.value == pytest.approx(whole.beta.value, rel=1e-7)
    assert parts.lambda_ == pytest.approx(whole.lambda_, rel=1e-7)
    assert parts.cumulative_mtbf.low == pytest.approx(whole.cumulative_mtbf.low)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.integers(1, 99), min_size=3, max_size=12), st.sampled_from([None, 100.0]))
def test_the_verdict_is_that_of_the_trend_test(ages: list[int], end: float | None) -> None:
    """For one system the bounds of β exclude 1 just when the MIL-HDBK-189 test rejects."""
    fit, trend = crow_amsaa(ages, end), mil_hdbk_189_trend(ages, end)
    assume(fit.reason == "" and trend.reason == "")
    assert fit.verdict == trend.verdict


def time_truncated(beta: float, mean: float, ends: list[float], starts: list[float], seed: int) -> Any:
    """Simulated groups of systems and what is true of them: arguments of crow_amsaa, MTBF at age 1, cumulative MTBF."""
    rng = np.random.default_rng(seed)
    groups, k = 5000, len(ends)
    end, start = np.tile(ends, groups), np.tile(starts, groups)
    lam = mean / (np.array(ends) ** beta - np.array(starts) ** beta).sum()
    grown = end**beta - start**beta
    n = rng.poisson(lam * grown)
    system = np.repeat(np.arange(groups * k), n)
    times = (start[system] ** beta + rng.uniform(size=n.sum()) * grown[system]) ** (1 / beta)
    arguments = {"times": times, "end": end, "system": system, "start": start, "group": np.arange(groups * k) // k}
    return arguments, 1 / (lam * beta), (end - start)[:k].sum() / mean


def holds(found: Any, truth: Any) -> float:
    """How often bounds hold, of those that there are."""
    known = ~np.isnan(found.low)
    return float(np.mean(((found.low <= truth) & (truth <= found.high))[known]))


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.6, 1.5])
@pytest.mark.parametrize("mean", [5, pytest.param(10, marks=pytest.mark.matrix), 30])
@pytest.mark.parametrize(
    ("ends", "starts"),
    [([1.0], [0.0]), ([1.0, 1.0], [0.0, 0.0]), ([1.0, 0.5, 0.2], [0.0] * 3), ([1.0, 0.8], [0.0, 0.3])],
)
def test_time_truncated_ninety_percent_bounds_hold_in_ninety_percent(
    beta: float, mean: float, ends: list[float], starts: list[float]
) -> None:
    """5,000 groups. Bounds of a whole number (Crow's, Garwood's) hold more often, the more so the fewer failures."""
    arguments, mtbf, cumulative = time_truncated(beta, mean, ends, starts, seed=12)
    found = crow_amsaa(**arguments, confidence=0.9)
    assert 0.88 < holds(found.beta, beta) < 0.92
    exact = len(set(ends)) == 1
    assert (0.89 if exact else 0.88) < holds(found.mtbf, mtbf) < (0.965 if exact else 0.925)
    assert 0.89 < holds(found.cumulative_mtbf, cumulative) < 0.975


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.6, 1.5])
@pytest.mark.parametrize("failures", [[5], [10], [30], [2, 3], [3, 3, 4], [10, 10, 10]])
def test_failure_truncated_ninety_percent_bounds_hold_in_ninety_percent(beta: float, failures: list[int]) -> None:
    rng = np.random.default_rng(13)
    groups, k = 5000, len(failures)
    n = np.tile(failures, groups)
    system = np.repeat(np.arange(groups * k), n)
    steps = np.cumsum(rng.standard_exponential(n.sum()))
    before = np.concatenate(([0.0], steps))[np.concatenate(([0], np.cumsum(n)))[:-1]]
    times = (steps - before[system]) ** (1 / beta)
    found = crow_amsaa(times, system=system, group=np.arange(groups * k) // k, confidence=0.9)
    assert 0.885 < holds(found.beta, beta) < 0.915
    assert 0.885 < holds(found.mtbf, found.age ** (1 - beta) / beta) < 0.915
    expected = (np.maximum.reduceat(times, np.cumsum(np.append(0, n[:-1]))).reshape(groups, k)) ** beta
    total = np.maximum.reduceat(times, np.cumsum(np.append(0, n[:-1]))).reshape(groups, k).sum(axis=1)
    assert 0.885 < holds(found.cumulative_mtbf, total / expected.sum(axis=1)) < 0.915


@pytest.mark.slow
def test_rates_that_differ_between_systems_leave_the_bounds_of_beta_right() -> None:
    rng = np.random.default_rng(14)
    groups, ends = 5000, np.tile([1.0, 0.4, 0.7], 5000)
    n = rng.poisson(np.tile([2.0, 10.0, 4.0], groups))
    system = np.repeat(np.arange(3 * groups), n)
    times = ends[system] * rng.uniform(size=n.sum()) ** (1 / 0.8)
    found = crow_amsaa(times, ends, system=system, group=np.arange(3 * groups) // 3, confidence=0.9)
    assert 0.885 < holds(found.beta, 0.8) < 0.915


@pytest.mark.slow
def test_systems_that_share_beta_are_told_apart_in_five_of_a_hundred() -> None:
    rng = np.random.default_rng(15)
    groups = 8000
    n = rng.poisson(np.tile([4.0, 9.0, 6.0], groups))
    system = np.repeat(np.arange(3 * groups), n)
    times = rng.uniform(size=n.sum()) ** (1 / 0.8)
    p = common_beta_test(times, 1.0, system=system, group=np.arange(3 * groups) // 3).p_value
    assert 0.043 < np.mean(p[~np.isnan(p)] <= 0.05) < 0.06
