"""The sequential verdict: what it may never do more often than stated, summed exactly, and what it must do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import poisson

from analysis.effectiveness import Verdict, rate_ratio, rate_ratio_power
from analysis.result import Floats, Reason
from analysis.sequential import recurrence_alarm, sequential_boundary, sequential_verdict

NIGHTS = np.arange(1, 731) / 365  # two years, in units of the exposure before
steps = st.lists(st.tuples(st.integers(0, 5), st.floats(0.01, 2)), min_size=1, max_size=12)


def chance_of_ever(failures_before: int, rate: float, exposure: Floats, side: str) -> float:
    """The chance that a Poisson process of `rate` reaches the boundary at one of the looks: no simulation.

    The distribution of the count among those that have not reached it, from look to look.
    """
    boundary = sequential_boundary(failures_before, 1.0, exposure)
    most = int(poisson.ppf(1 - 1e-10, rate * exposure[-1])) + 1
    waiting = np.zeros(most + 1)
    waiting[0] = 1
    reached = 0.0
    for step, at_most, at_least in zip(
        np.diff(exposure, prepend=0.0), boundary.effective_at_most, boundary.not_effective_at_least, strict=True
    ):
        waiting = np.convolve(waiting, poisson.pmf(np.arange(most + 1), rate * step))[: most + 1]
        decided = np.zeros(most + 1, dtype=bool)
        if side == "effective" and not np.isnan(at_most):
            decided[: int(at_most) + 1] = True
        if side == "not_effective" and at_least <= most:
            decided[int(at_least) :] = True
        reached += waiting[decided].sum()
        waiting[decided] = 0
    return reached


def over_all_counts_before(expected: float, ratio: float, exposure: Floats, side: str) -> float:
    """That chance, with the failures before random too: Poisson, as in a period of given length."""
    before = np.arange(poisson.ppf(1e-5, expected), poisson.ppf(1 - 1e-5, expected) + 1).astype(int)
    chances = [chance_of_ever(int(b), expected * ratio, exposure, side) for b in before]
    return float(np.dot(poisson.pmf(before, expected), chances))


@pytest.mark.slow
@pytest.mark.parametrize(
    "expected", [0.7, pytest.param(3.0, marks=pytest.mark.matrix), pytest.param(10.0, marks=pytest.mark.matrix), 40.0]
)
@pytest.mark.parametrize(("ratio", "side"), [(1.0, "effective"), (0.5, "not_effective")])
def test_two_years_of_nightly_looks_keep_the_false_alarms_below_their_level(
    expected: float, ratio: float, side: str
) -> None:
    """An action that does nothing is called effective, and one that reaches its goal not effective, below 2.5 %."""
    nights = NIGHTS if expected < 5 else NIGHTS[::5]
    ever = over_all_counts_before(expected, ratio, nights, side)
    assert 0 < ever <= 0.025 / 2


@pytest.mark.slow
def test_twenty_times_the_exposure_before_keeps_them_too() -> None:
    exposure = np.geomspace(0.02, 20, 150)
    for ratio, side in ((1.0, "effective"), (0.5, "not_effective")):
        assert 0 < over_all_counts_before(8.0, ratio, exposure, side) <= 0.025


def test_looking_every_night_with_the_interval_of_one_look_would_raise_them() -> None:
    """Why all this: the exact interval of one look, looked at every night, calls far too many idle actions effective."""
    rng = np.random.default_rng(3)
    actions, looks = 700, NIGHTS[9::10]
    before = rng.poisson(40, actions)
    after = np.cumsum(rng.poisson(40 * looks[0], (actions, looks.size)), axis=1)
    nightly = rate_ratio(np.repeat(before, looks.size), 1.0, after.ravel(), np.tile(looks, actions))
    assert (nightly.high < 1).reshape(actions, -1).any(axis=1).mean() > 0.06
    sequential = sequential_verdict(before, 1.0, after[:, ::3], looks[None, ::3])
    assert (~np.isnan(sequential.effective_from)).mean() <= 0.025


def test_the_evidence_is_the_mean_likelihood_ratio_over_all_smaller_ratios() -> None:
    """By numerical integration of the definition; "more" takes one more failure before."""
    b, before, a, after = 30, 12.0, 9, 11.0
    found = sequential_verdict(b, before, [a], [after], goal=0.5, limit=0.9)

    def likelihood(ratio: float, failures: int) -> float:
        return float(a * np.log(ratio) - (a + failures) * np.log(before + ratio * after))

    fewer = quad(lambda r: np.exp(likelihood(0.9 * r, b) - likelihood(0.9, b)), 0, 1)[0]
    more = quad(lambda r: np.exp(likelihood(0.5 / r, b + 1) - likelihood(0.5, b + 1)), 0, 1)[0]
    assert found.evidence_effective[0] == pytest.approx(np.log(fewer), abs=1e-9)
    assert found.evidence_not_effective[0] == pytest.approx(np.log(more), abs=1e-9)
    assert found.threshold == pytest.approx(np.log(40))


def test_at_its_bounds_the_evidence_just_reaches_the_threshold() -> None:
    found = sequential_verdict(30, 12.0, [9], [11.0])
    at_high = sequential_verdict(30, 12.0, [9], [11.0], limit=found.high)
    at_low = sequential_verdict(30, 12.0, [9], [11.0], goal=found.low)
    assert at_high.evidence_effective[0] == pytest.approx(found.threshold, abs=1e-9)
    assert at_low.evidence_not_effective[0] == pytest.approx(found.threshold, abs=1e-9)


def test_all_intervals_of_a_watch_hold_the_ratio_together_with_their_level() -> None:
    rng = np.random.default_rng(11)
    actions, weeks = 600, np.arange(1, 27) / 13
    for ratio in (0.35, 1.0):
        after = np.cumsum(rng.poisson(25 * ratio / 13, (actions, weeks.size)), axis=1)
        found = sequential_verdict(rng.poisson(25, actions), 1.0, after, weeks[None, :], confidence=0.9)
        covered = ~(found.low > ratio) & ~(found.high < ratio) & (found.reason != Reason.TREND)
        assert covered.mean() >= 0.9


def test_an_action_that_works_is_shown_to_work_at_a_known_price() -> None:
    """At ratio 0.35 with 50 failures before: nearly always within twice the time before, later than one look at its best."""
    rng = np.random.default_rng(5)
    actions, looks = 500, np.arange(1, 53) / 26
    after = np.cumsum(rng.poisson(50 * 0.35 / 26, (actions, looks.size)), axis=1)
    found = sequential_verdict(np.full(actions, 50), 1.0, after, looks[None, :])
    shown = (found.effective_from[:, None] <= looks).mean(axis=0)
    once = rate_ratio_power(50, 1.0, looks, ratio=0.35)
    assert shown[-1] > 0.9
    assert (shown[looks < 1] <= np.maximum.accumulate(once)[looks < 1]).all()
    assert looks[np.argmax(shown > 0.8)] < 4 * looks[np.argmax(once > 0.8)]


def test_failures_in_clusters_raise_the_false_alarms_as_the_text_says() -> None:
    rng = np.random.default_rng(8)
    actions, looks = 400, np.arange(1, 53) / 26

    def failures(expected: float, shape: Any) -> Any:
        clusters = rng.poisson(expected / 4, shape)
        return clusters + rng.negative_binomial(np.maximum(clusters, 1), 1 / 4) * (clusters > 0)

    after = np.cumsum(failures(60 / 26, (actions, looks.size)), axis=1)
    found = sequential_verdict(failures(60, actions), 1.0, after, looks[None, :])
    assert (~np.isnan(found.effective_from)).mean() > 0.025


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.floats(0.1, 10), steps, st.floats(1e-3, 1e3))
def test_the_unit_of_the_exposure_does_not_matter(b: int, before: float, after: Any, unit: float) -> None:
    failures, exposure = (np.cumsum(column) for column in zip(*after, strict=True))
    one = sequential_verdict(b, before, failures, exposure)
    other = sequential_verdict(b, before * unit, failures, exposure * unit)
    assert one.evidence_effective == pytest.approx(other.evidence_effective, abs=1e-8)
    for name in ("value", "low", "high"):
        theirs = getattr(one, name)
        assert getattr(other, name) == (None if theirs is None else pytest.approx(theirs, rel=1e-7)), name


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.floats(0.1, 10), steps)
def test_a_night_without_exposure_or_a_look_twice_changes_nothing(b: int, before: float, after: Any) -> None:
    failures, exposure = (np.cumsum(column) for column in zip(*after, strict=True))
    one = sequential_verdict(b, before, failures, exposure)
    twice = sequential_verdict(b, before, np.repeat(failures, 2), np.repeat(exposure, 2))
    assert (one.verdict, one.low, one.high, one.effective_from) == (
        twice.verdict,
        twice.low,
        twice.high,
        twice.effective_from,
    )
    there, again = (
        recurrence_alarm(b, before, np.repeat(failures, k), np.repeat(exposure, k)).evidence for k in (1, 2)
    )
    assert again[1::2] == pytest.approx(there)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.floats(0.1, 10), steps)
def test_more_looks_never_take_back_what_was_shown_nor_widen_the_interval(b: int, before: float, after: Any) -> None:
    failures, exposure = (np.cumsum(column) for column in zip(*after, strict=True))
    all_looks = sequential_verdict(b, before, failures, exposure)
    half = sequential_verdict(b, before, failures[: len(after) // 2 + 1], exposure[: len(after) // 2 + 1])
    if half.effective_from is not None:
        assert all_looks.effective_from == half.effective_from
    if half.verdict is Verdict.NOT_EFFECTIVE:
        assert all_looks.verdict is Verdict.NOT_EFFECTIVE
    if all_looks.reason is Reason.NONE and half.high is not None:
        assert all_looks.high <= half.high * (1 + 1e-9)
        assert all_looks.low >= half.low * (1 - 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.floats(0.1, 10), st.floats(0.05, 10))
def test_the_boundary_is_where_the_verdict_changes(b: int, before: float, after: float) -> None:
    boundary = sequential_boundary(b, before, [after])
    at_most, at_least = boundary.effective_at_most[0], boundary.not_effective_at_least[0]
    if not np.isnan(at_most):
        assert sequential_verdict(b, before, [int(at_most)], [after]).verdict is Verdict.EFFECTIVE
        assert sequential_verdict(b, before, [int(at_most) + 1], [after]).verdict is not Verdict.EFFECTIVE
    else:
        assert sequential_verdict(b, before, [0], [after]).verdict is not Verdict.EFFECTIVE
    assert sequential_verdict(b, before, [int(at_least)], [after]).verdict is Verdict.NOT_EFFECTIVE
    assert sequential_verdict(b, before, [int(at_least) - 1], [after]).verdict is not Verdict.NOT_EFFECTIVE


def test_many_actions_at_once_are_the_single_ones() -> None:
    rng = np.random.default_rng(2)
    before, after = rng.poisson(20, 30), np.cumsum(rng.poisson(1, (30, 12)), axis=1)
    looks = np.linspace(0.1, 1.2, 12)
    together = sequential_verdict(before, 1.0, after, looks[None, :])
    alarms = recurrence_alarm(before, 1.0, after, looks[None, :])
    for i in range(30):
        alone = sequential_verdict(int(before[i]), 1.0, after[i], looks)
        for name in ("verdict", "n", "reason", "effective_from", "not_effective_from"):
            assert getattr(together[i], name) == getattr(alone, name), name
        assert (together[i].low, together[i].high) == pytest.approx((alone.low, alone.high), rel=1e-9)
        assert together[i].evidence_effective == pytest.approx(alone.evidence_effective)
        single = recurrence_alarm(int(before[i]), 1.0, after[i], looks)
        assert (alarms[i].alarm, alarms[i].alarm_from) == (single.alarm, single.alarm_from)


def test_no_failures_after_is_too_early_with_little_exposure_and_effective_with_much() -> None:
    found = sequential_verdict(20, 10.0, np.zeros(100), np.arange(1, 101) / 5)
    assert found.verdict is Verdict.EFFECTIVE
    assert sequential_verdict(20, 10.0, [0], [1.0]).verdict is Verdict.TOO_EARLY
    assert 1.0 < found.effective_from < 6.0


def test_the_demonstration_has_one_action_that_worked_and_one_that_did_not() -> None:
    worked = sequential_verdict(40_060, 1.0, [15_778], [15_778 / 40_060 / 0.35])
    failed = sequential_verdict(40_060, 1.0, [40_060], [1.0])
    assert (worked.verdict, failed.verdict) == (Verdict.EFFECTIVE, Verdict.NOT_EFFECTIVE)
    assert worked.low < 0.35 < worked.high < 1.2 * worked.low


def test_a_rate_after_that_is_not_constant_contradicts_itself_and_is_said_to() -> None:
    found = sequential_verdict(100, 1.0, [2, 400], [1.0, 2.0])
    assert (found.low, found.high, found.reason) == (None, None, Reason.TREND)


def test_the_reasons_say_why_there_is_no_number() -> None:
    unexposed = sequential_verdict(5, 0.0, [1, 9], [1.0, 2.0])
    assert (unexposed.verdict, unexposed.low, unexposed.reason) == (Verdict.TOO_EARLY, None, Reason.NO_EXPOSURE)
    nothing = sequential_verdict(0, 1.0, [0], [1.0])
    assert (nothing.value, nothing.low, nothing.high, nothing.reason) == (None, None, None, Reason.NO_EVENTS)
    open_above = sequential_verdict(0, 1.0, [4], [0.5])
    assert (open_above.value, open_above.high, open_above.reason) == (None, None, Reason.NOT_BOUNDED)
    assert open_above.low > 0


@pytest.mark.slow
@pytest.mark.parametrize("expected", [5, pytest.param(30, marks=pytest.mark.matrix), 200])
def test_an_action_that_stays_good_raises_the_alarm_no_more_often_than_stated(expected: float) -> None:
    """At the goal itself, the worst that is still good, over three years of looks every third night."""
    rng = np.random.default_rng(expected)
    actions, looks = 2000, np.arange(3, 1096, 3) / 365
    since = np.cumsum(rng.poisson(0.5 * expected * looks[0], (actions, looks.size)), axis=1)
    found = recurrence_alarm(rng.poisson(expected, actions), 1.0, since, looks[None, :], false_alarm=0.05)
    assert found.alarm.mean() <= 0.05


@pytest.mark.parametrize("returned_after", [0.0, 1.0, 3.0])
def test_failures_that_come_back_raise_the_alarm_even_after_years_of_quiet(returned_after: float) -> None:
    rng = np.random.default_rng(1)
    looks = np.arange(1, 251) / 50
    rate = np.where(looks <= returned_after, 0.3, 1.0) * 100 / 50
    since = np.cumsum(rng.poisson(rate, (300, looks.size)), axis=1)
    found = recurrence_alarm(np.full(300, 100), 1.0, since, looks[None, :])
    assert (found.alarm_from <= returned_after).mean() <= 0.01
    assert (found.alarm_from <= returned_after + 1.0).mean() >= 0.9


def test_the_evidence_for_a_return_is_the_mean_over_all_rises_and_times_of_change() -> None:
    """By hand for two looks: a change at the closing (weight ½), at the first look (½ · 0.5/(1 + 0.5)), or at neither."""
    found = recurrence_alarm(20, 1.0, [8, 15], [0.5, 0.8], goal=0.5)

    def more(r: float, failures: int, before: float, came: int, exposure: float) -> float:
        """Chance of what came at r times the rate of `failures` over `before`, over that at the same rate."""
        return r**came * ((before + exposure) / (before + r * exposure)) ** (failures + came)

    first = quad(lambda u: more(1 / u, 21, 1.0, 8, 0.25), 0, 1)[0]
    both = quad(lambda u: more(1 / u, 21, 1.0, 8, 0.25) * more(1 / u, 29, 1.25, 7, 0.15), 0, 1)[0]
    second = quad(lambda u: more(1 / u, 29, 1.25, 7, 0.15), 0, 1)[0]
    weight = 0.5 * 0.5 / 1.5
    expected = [0.5 * first + 0.5, 0.5 * both + weight * second + (0.5 - weight)]
    assert found.evidence == pytest.approx(np.log(expected), abs=1e-6)


def test_what_was_shown_at_one_look_counts_although_the_next_ones_are_less_clear() -> None:
    found = sequential_verdict(20, 1.0, [0, 9, 12], [0.6, 1.0, 1.2])
    assert found.evidence_effective[0] > found.threshold > found.evidence_effective[-1]
    assert (found.verdict, found.effective_from) == (Verdict.EFFECTIVE, 0.6)
    assert found.high == pytest.approx(sequential_verdict(20, 1.0, [0], [0.6]).high)
    relapse = sequential_verdict(20, 1.0, [12, 12], [0.2, 2.0])
    assert relapse.evidence_not_effective[0] > relapse.threshold > relapse.evidence_not_effective[-1]
    assert (relapse.verdict, relapse.not_effective_from) == (Verdict.NOT_EFFECTIVE, 0.2)


def test_the_alarm_stands_in_the_history_where_it_was_raised() -> None:
    found = recurrence_alarm(20, 1.0, [0, 1, 8, 16], [0.1, 0.2, 0.3, 0.4])
    assert (found.alarm, found.reason, found.confidence) == (True, Reason.NONE, 0.99)
    first = int(np.argmax(found.evidence >= found.threshold))
    assert found.alarm_from == found.exposure[first]
    quiet = recurrence_alarm(20, 1.0, [0, 1, 2, 3], [0.1, 0.2, 0.3, 0.4])
    assert (quiet.alarm, quiet.alarm_from) == (False, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, 1.0, [2, 1], [1.0, 2.0]), "failures_after must be running totals"),
        ((5, 1.0, [1, 2], [2.0, 1.0]), "exposure_after must be running totals"),
        ((5, 1.0, [1, 2], [1.0]), "must hold one total per look"),
        ((5, 1.0, 3, 1.0), "must hold one total per look"),
        ((5, 1.0, [], []), "must hold at least one look"),
        ((5, 1.0, [0.5], [1.0]), "failures_after must be whole numbers, found 0.5"),
        ((-5, 1.0, [1], [1.0]), "failures_before must be at least 0, found -5"),
        (([5, 6, 7], 1.0, [[1], [2]], [[1.0], [1.0]]), "must be of one number of actions"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sequential_verdict(*arguments)
    with pytest.raises(ValueError, match=message.replace("_after", "_since")):
        recurrence_alarm(*arguments)
    with pytest.raises(ValueError, match="false_alarm must lie between 0 and 1, not 0"):
        recurrence_alarm(5, 1.0, [1], [1.0], false_alarm=0)
