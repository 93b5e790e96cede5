"""The rate ratio against published examples and exact sums, and the verdict in plain situations and in all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, nbinom, poisson

from analysis.effectiveness import Verdict, exposure_needed, interval_verdict, rate_ratio, rate_ratio_power, verdict
from analysis.result import Reason

counts = st.integers(0, 60)
exposures = st.floats(0.01, 1000)
RANK = {Verdict.EFFECTIVE: 0, Verdict.TOO_EARLY: 1, Verdict.NOT_EFFECTIVE: 2}


def test_the_example_of_rs_poisson_test_comes_out_as_r_prints_it() -> None:
    """R Manual, stats::poisson.test, poisson.test(c(11, 6+8+7), c(800, 1083+1050+878))."""
    found = rate_ratio(6 + 8 + 7, 1083 + 1050 + 878, 11, 800)
    assert (found.value, found.low, found.high) == pytest.approx((1.971488, 0.8584264, 4.2772659), abs=5e-7)
    assert found.p_minlike == pytest.approx(0.07967, abs=5e-6)
    assert (found.n, found.confidence, found.reason) == (32, 0.95, Reason.NONE)


def test_the_interval_can_hold_1_although_rs_p_value_is_below_5_percent() -> None:
    """The motivating example of exactci (Fay, vignette "exactci"): poisson.test(c(2, 10), c(17877, 20000))."""
    found = rate_ratio(10, 20000, 2, 17877)
    assert (found.value, found.low, found.high) == pytest.approx((0.2237512, 0.02383738, 1.04995468), abs=5e-8)
    assert found.p_minlike == pytest.approx(0.04213, abs=5e-6)
    assert found.p_value > 0.05


def test_the_example_of_rateratio_test_comes_out_as_printed() -> None:
    """Fay, vignette "rateratio.test", section 1."""
    found = rate_ratio(9, 16660, 2, 17877)
    assert found.value == pytest.approx(0.2070941557, abs=5e-11)
    assert (found.low, found.high) == pytest.approx((0.02177406, 1.00054910), abs=5e-9)
    assert found.p_value == pytest.approx(0.05011, abs=5e-6)


def test_breast_cancer_after_fluoroscopy_comes_out_as_stata_prints_it() -> None:
    """stata.com, "Incidence-rate ratio calculator": iri 41 15 28010 19017; the p-values there are mid-P."""
    exact, mid = (rate_ratio(15, 19017, 41, 28010, midp=m) for m in (False, True))
    assert (exact.value, exact.low) == pytest.approx((1.855759, 1.005684), abs=5e-7)
    assert exact.high == pytest.approx(3.6093, abs=5e-5)
    assert (mid.p_less, mid.p_greater, mid.p_value) == pytest.approx((0.9823, 0.0177, 0.0355), abs=5e-5)
    assert exact.low < mid.low < mid.value < mid.high < exact.high


def test_the_p_values_of_exactci_come_out_with_and_without_mid_p() -> None:
    """statsmodels' reference results from exactci: poisson.exact(c(60, 30), c(51477.5, 54308.7), tsmethod="minlike")."""
    exact, mid = (rate_ratio(30, 54308.7, 60, 51477.5, midp=m) for m in (False, True))
    assert exact.value == pytest.approx(2.10999757175465, rel=1e-13)
    assert exact.p_minlike == pytest.approx(0.000675182658686321, rel=1e-11)
    assert mid.p_minlike == pytest.approx(0.000557262406619052, rel=1e-11)
    against_1_2 = rate_ratio(30, 54308.7, 60, 51477.5, null=1.2, midp=True)
    assert against_1_2.p_less == pytest.approx(0.9949053964701466, rel=1e-12)
    assert against_1_2.p_greater == pytest.approx(0.005094603529853279, rel=1e-12)


def test_the_one_sided_p_values_of_gu_and_others_come_out() -> None:
    """Gu, Ng, Tang and Schucany (2008), Biometrical Journal 50:283 (of statsmodels, which exchanges C and M as we do)."""
    heart = [rate_ratio(30, 54308.7, 60, 51477.5, midp=m).p_greater for m in (False, True)]
    assert heart == pytest.approx([0.000428, 0.000310], abs=5e-7)
    breast = [rate_ratio(15, 19017, 41, 28010, null=1.5, midp=m).p_greater for m in (False, True)]
    assert breast == pytest.approx([0.2913, 0.2450], abs=5e-4)  # theirs are rounded on the way


@settings(deadline=None)
@given(counts, counts, st.floats(0.05, 20), st.floats(0.2, 5))
def test_the_p_values_are_those_of_the_binomial_test(b: int, a: int, exposure: float, null: float) -> None:
    if a + b == 0:
        return
    share = null * exposure / (1 + null * exposure)
    found = rate_ratio(b, 1.0, a, exposure, null=null)
    for ours, alternative in ((found.p_less, "less"), (found.p_greater, "greater"), (found.p_minlike, "two-sided")):
        assert ours == pytest.approx(binomtest(a, a + b, share, alternative).pvalue, rel=1e-9), alternative
    assert found.p_value == pytest.approx(min(1, 2 * min(found.p_less, found.p_greater)))


@settings(deadline=None)
@given(counts, counts, exposures, exposures, st.sampled_from([0.5, 0.9, 0.95, 0.999]), st.booleans())
def test_at_its_bounds_the_outcome_has_just_the_tail_that_is_allowed(
    b: int, a: int, before: float, after: float, confidence: float, midp: bool
) -> None:
    found = rate_ratio(b, before, a, after, midp=midp, confidence=confidence)
    for bound, sign in ((found.low, 1), (found.high, -1)):
        if not bound:
            continue
        share = bound * after / (before + bound * after)
        seen = binom.pmf(a, a + b, share) * (0.5 if midp else 1.0)
        beyond = binom.sf(a, a + b, share) if sign > 0 else binom.cdf(a - 1, a + b, share)
        assert seen + beyond == pytest.approx((1 - confidence) / 2, rel=1e-7)


@pytest.mark.parametrize("expected", [5, 10, 30])
@pytest.mark.parametrize("ratio", [0.35, 0.5, 1.0, 2.0])
def test_the_exact_interval_covers_at_least_and_mid_p_about_its_level(expected: float, ratio: float) -> None:
    """No simulation: the sum over all outcomes. `expected` failures on either side, exposures to match the ratio."""
    a, b = (axis.ravel() for axis in np.mgrid[0:100, 0:100])
    chance = poisson.pmf(a, expected) * poisson.pmf(b, expected)
    assert chance.sum() == pytest.approx(1, abs=1e-9)
    for midp, least, most in ((False, 0.90, 0.97), (True, 0.88, 0.92)):
        found = rate_ratio(b, 1.0, a, 1.0 / ratio, midp=midp, confidence=0.90)
        covered = ~(found.low > ratio) & ~(found.high < ratio)
        assert least <= chance[covered].sum() <= most, midp


def test_without_failures_after_the_ratio_is_0_and_has_an_upper_bound() -> None:
    found = rate_ratio(5, 10, 0, 10)
    assert (found.value, found.low, found.reason) == (0, 0, Reason.NONE)
    assert found.high == pytest.approx((1 - 0.025**0.2) / 0.025**0.2)


def test_without_failures_before_there_is_a_lower_bound_only() -> None:
    found = rate_ratio(0, 10, 5, 10)
    assert (found.value, found.high, found.reason) == (None, None, Reason.NOT_BOUNDED)
    assert found.low == pytest.approx(0.025**0.2 / (1 - 0.025**0.2))


def test_without_any_failure_or_exposure_there_is_no_number_and_a_reason() -> None:
    nothing = rate_ratio([0, 3, 3], [10, 0, 4], [0, 2, 2], [10, 4, 0])
    assert nothing.reason.tolist() == [Reason.NO_EVENTS, Reason.NO_EXPOSURE, Reason.NO_EXPOSURE]
    for name in ("value", "low", "high", "p_value", "p_less", "p_greater", "p_minlike"):
        assert np.isnan(getattr(nothing, name)).all(), name


@settings(deadline=None)
@given(counts, counts, exposures, exposures, st.booleans())
def test_swapping_before_and_after_turns_the_ratio_over(
    b: int, a: int, before: float, after: float, midp: bool
) -> None:
    there, back = rate_ratio(b, before, a, after, midp=midp), rate_ratio(a, after, b, before, midp=midp)
    if a and b:
        assert (there.value, there.low, there.high) == pytest.approx((1 / back.value, 1 / back.high, 1 / back.low))
    if a + b:
        assert (there.p_less, there.p_greater) == pytest.approx((back.p_greater, back.p_less))
        assert there.p_minlike == pytest.approx(back.p_minlike)


@settings(deadline=None)
@given(counts, counts, exposures, exposures, st.floats(1e-3, 1e6))
def test_the_unit_of_the_exposure_does_not_matter(b: int, a: int, before: float, after: float, unit: float) -> None:
    one, other = verdict(b, before, a, after), verdict(b, before * unit, a, after * unit)
    assert one.verdict == other.verdict
    assert other.power == pytest.approx(one.power)
    for name in ("value", "low", "high"):
        assert getattr(other.ratio, name) == pytest.approx(getattr(one.ratio, name)), name
    if one.exposure_needed is not None:
        assert other.exposure_needed == pytest.approx(one.exposure_needed * unit)


@settings(deadline=None)
@given(st.lists(st.tuples(counts, exposures, counts, exposures), min_size=1, max_size=8), st.booleans())
def test_many_actions_at_once_are_the_single_ones(rows: list[tuple[int, float, int, float]], midp: bool) -> None:
    together = rate_ratio(*zip(*rows, strict=True), midp=midp)
    judged = verdict(*zip(*rows, strict=True))
    for i, row in enumerate(rows):
        alone, single = rate_ratio(*row, midp=midp), verdict(*row)
        for name in ("value", "low", "high", "p_value", "p_minlike", "n", "reason"):
            ours, theirs = getattr(together[i], name), getattr(alone, name)
            assert ours == (pytest.approx(theirs, rel=1e-12) if isinstance(theirs, float) else theirs), name
        assert (judged[i].verdict, judged[i].reason) == (single.verdict, single.reason)
        assert isinstance(judged[i].verdict, Verdict)
        assert judged[i].exposure_missing == single.exposure_missing
        assert judged[i].ratio.high == single.ratio.high


@settings(deadline=None)
@given(counts, counts, exposures, exposures)
def test_one_more_failure_after_raises_the_ratio_and_never_betters_the_verdict(
    b: int, a: int, before: float, after: float
) -> None:
    less, more = verdict(b, before, a, after), verdict(b, before, a + 1, after)
    assert RANK[less.verdict] <= RANK[more.verdict]
    if b:
        assert less.ratio.high < more.ratio.high
        assert less.ratio.low < more.ratio.low


@settings(deadline=None)
@given(counts, counts, exposures, exposures, st.floats(1, 100))
def test_more_exposure_without_another_failure_keeps_an_action_effective(
    b: int, a: int, before: float, after: float, longer: float
) -> None:
    if verdict(b, before, a, after).verdict is Verdict.EFFECTIVE:
        assert verdict(b, before, a, after * longer).verdict is Verdict.EFFECTIVE


def test_no_failures_after_is_too_early_with_little_exposure_and_effective_with_much() -> None:
    assert verdict(20, 10.0, 0, 0.5).verdict is Verdict.TOO_EARLY
    assert verdict(20, 10.0, 0, 10.0).verdict is Verdict.EFFECTIVE


def test_an_improvement_that_is_less_than_asked_for_is_not_effective() -> None:
    found = verdict(2000, 10.0, 1600, 10.0, goal=0.5)
    assert found.ratio.high < 1
    assert found.verdict is Verdict.NOT_EFFECTIVE
    assert verdict(2000, 10.0, 1600, 10.0, goal=0.8).verdict is Verdict.EFFECTIVE


def test_what_was_not_shown_although_it_would_have_been_is_not_effective() -> None:
    """60 failures before: an exposure of 0.91 is enough for power 0.8; a ratio of 0.7 there excludes neither 0.5 nor 1."""
    enough = exposure_needed(60, 1.0)
    short, long = (verdict(60, 1.0, round(60 * 0.7 * e), e) for e in (0.7 * enough, 1.01 * enough))
    for found in (short, long):
        assert found.ratio.low < 0.5
        assert found.ratio.high > 1
    assert (short.verdict, long.verdict) == (Verdict.TOO_EARLY, Verdict.NOT_EFFECTIVE)
    assert short.exposure_missing == pytest.approx(0.3 * enough)
    assert long.exposure_missing == 0


def test_with_few_failures_before_no_exposure_is_enough_and_the_verdict_says_so() -> None:
    found = verdict(6, 1.0, 3, 1.0)
    assert (found.verdict, found.exposure_needed, found.exposure_missing) == (Verdict.TOO_EARLY, None, None)
    assert found.reason is Reason.TOO_FEW
    assert verdict(6, 1.0, 3, 1e6).verdict is Verdict.EFFECTIVE


def test_on_the_night_it_was_implemented_an_action_is_too_early_to_judge() -> None:
    found = verdict(40, 100.0, 0, 0.0)
    assert (found.verdict, found.power, found.reason) == (Verdict.TOO_EARLY, 0, Reason.NO_EXPOSURE)
    assert found.exposure_missing == found.exposure_needed > 0


def test_the_demonstration_has_one_action_that_worked_and_one_that_did_not() -> None:
    after = 15_778 / 40_060 / 0.35
    found = verdict([40_060, 40_060], 1.0, [15_778, round(40_060 * after)], after)
    assert found.verdict.tolist() == [Verdict.EFFECTIVE, Verdict.NOT_EFFECTIVE]
    assert found.ratio.value == pytest.approx([0.35, 1.0], abs=1e-4)


def test_the_window_that_set_the_action_off_is_left_out_of_before() -> None:
    whole = verdict(30, 12.0, 12, 12.0)
    without = verdict(30, 12.0, 12, 12.0, trigger_failures=18, trigger_exposure=2.0)
    assert whole.verdict is Verdict.EFFECTIVE
    assert without.verdict is not Verdict.EFFECTIVE
    assert without.ratio.value == pytest.approx((12 / 12) / (12 / 10))
    assert without.ratio.high == rate_ratio(12, 10.0, 12, 12.0).high


def test_the_power_is_the_chance_that_the_upper_bound_falls_below_the_limit() -> None:
    """Given b before, the failures after are negative binomial; the sum over them of all that would be shown."""
    for b, exposure, ratio, limit in (
        (15, 2.0, 0.3, 1.0),
        (40, 1.0, 0.5, 1.0),
        (40, 0.7, 0.5, 0.9),
        (400, 0.3, 0.8, 1.0),
    ):
        after = np.arange(3000)
        shown = rate_ratio(b, 1.0, after, exposure).high < limit
        chance = nbinom.pmf(after, b, 1 / (1 + ratio * exposure))
        found = rate_ratio_power(b, 1.0, exposure, ratio=ratio, limit=limit)
        assert found == pytest.approx(chance[shown].sum(), abs=1e-12)
        assert found > 0


def test_an_action_that_does_nothing_is_shown_to_work_no_more_often_than_the_level_allows() -> None:
    exposure = np.linspace(0.1, 5, 50)
    power = rate_ratio_power(40, 1.0, exposure, ratio=1.0)
    assert power.max() <= 0.025
    assert power.max() > 0.02


@pytest.mark.parametrize(
    ("b", "ratio", "limit", "power"), [(19, 0.5, 1.0, 0.8), (60, 0.5, 1.0, 0.8), (30, 0.3, 0.9, 0.9)]
)
def test_from_the_exposure_needed_on_the_power_is_there_and_just_before_it_is_not(
    b: int, ratio: float, limit: float, power: float
) -> None:
    needed = exposure_needed(b, 1.0, ratio=ratio, limit=limit, power=power)
    later = rate_ratio_power(b, 1.0, needed * np.geomspace(1.000001, 20, 5000), ratio=ratio, limit=limit)
    assert later.min() >= power
    assert rate_ratio_power(b, 1.0, needed * 0.999999, ratio=ratio, limit=limit) < power


def test_18_failures_before_are_too_few_to_show_a_halving_ever() -> None:
    assert exposure_needed(18, 1.0) is None
    assert rate_ratio_power(18, 1.0, 1e7) < 0.8
    assert np.isnan(exposure_needed([18, 0], 1.0)).all()


def test_an_interval_from_elsewhere_is_judged_by_the_same_rule() -> None:
    assert interval_verdict(0.2, 0.9) is Verdict.EFFECTIVE
    assert interval_verdict(0.6, 0.9) is Verdict.NOT_EFFECTIVE
    assert interval_verdict(0.4, None) is Verdict.TOO_EARLY
    judged = interval_verdict([0.2, 0.6, np.nan], [0.9, 2.0, np.nan], goal=0.5)
    assert judged.tolist() == [Verdict.EFFECTIVE, Verdict.NOT_EFFECTIVE, Verdict.TOO_EARLY]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((-1, 1, 1, 1), {}, "failures_before must be at least 0, found -1"),
        ((1.5, 1, 1, 1), {}, "failures_before must be whole numbers, found 1.5"),
        ((1, 1, 1, -2), {}, "exposure_after must be at least 0, found -2"),
        ((1, float("nan"), 1, 1), {}, "exposure_before must not hold missing"),
        (([1, 2], 1, [1, 2, 3], 1), {}, "must be of one length, not 2, 1, 3, 1"),
        ((1, 1, 1, 1), {"confidence": 1.0}, "confidence must lie between 0 and 1, not 1.0"),
        ((1, 1, 1, 1), {"goal": 1.0}, "goal must be below limit, found 1"),
        ((1, 1, 1, 1), {"goal": 0.0}, "goal must be above 0, found 0"),
        ((1, 1, 1, 1), {"goal": [0.5, 0.6]}, "goal must be one number or 1, not 2"),
        ((1, 1, 1, 1), {"power": 0}, "power must lie between 0 and 1, not 0"),
        ((1, 1, 1, 1), {"trigger_failures": 2}, "must lie within the time before it"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        verdict(*arguments, **options)
