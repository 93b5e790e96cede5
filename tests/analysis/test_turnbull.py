"""Turnbull's estimate against published ones, closed forms, and the conditions of a maximum."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from analysis.result import Reason
from analysis.survival import kaplan_meier
from analysis.turnbull import Turnbull, turnbull

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"
INF = np.inf

# Months to cosmetic deterioration after radiotherapy alone (Finkelstein and Wolfe 1985, Biometrics 41:933; the data as
# Klein and Moeschberger 2003, table 1.18, print them): seen in (lower, upper], or not until the last look.
SEEN = [(0, 7), (0, 8), (0, 5), (4, 11), (5, 12), (5, 11), (6, 10), (7, 16), (7, 14), (11, 15), (11, 18), (17, 25)]
SEEN += [(17, 25), (19, 35), (18, 26), (25, 37), (26, 40), (27, 34), (36, 44), (36, 48), (37, 44)]
LAST_LOOK = [15, 17, 18, 22, 24, 24, 32, 33, 34, 36, 36, 37, 37, 37, 38, 40, 45, *[46] * 8]
RADIOTHERAPY = np.array(SEEN + [(look, INF) for look in LAST_LOOK], dtype=float)


def of(rows: object) -> Turnbull:
    table = np.array(rows, dtype=float)
    return turnbull(table[:, 0], table[:, 1])


def test_the_cosmetic_deterioration_after_radiotherapy_has_the_published_masses() -> None:
    # R's interval::icfit prints these for bcos, treatment = Rad.
    found = of(RADIOTHERAPY)
    assert list(zip(found.left, found.right, strict=True)) == [
        (4, 5),
        (6, 7),
        (7, 8),
        (11, 12),
        (24, 25),
        (33, 34),
        (38, 40),
        (46, 48),
    ]
    assert found.mass.round(4).tolist() == [0.0463, 0.0334, 0.0887, 0.0708, 0.0926, 0.0818, 0.1209, 0.4656]
    assert (found.n, found.reason) == (46, Reason.NONE)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_mixed_exact_and_censored_data_have_the_masses_of_rs_npsurv() -> None:
    # The data of a published example of Weibull fits; masses and log likelihood as R's npsurv 0.5 (cnm) gives them.
    examples = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}
    columns = examples["r_survreg_interval_null_weibull"]["data"]["columns"]
    upper = [INF if right is None else right for right in columns["right"]]
    found = turnbull(columns["left"], upper)
    assert found.left.tolist() == [1.5, 3.6, 3.7, 5.41, 5.65, 6.1, 6.42, 8.04, 8.13, 9.6, 9.7, 11.99, 13.7, 16.2]
    assert found.right.tolist() == [1.7, 3.7, 3.8, 5.41, 5.65, 6.2, 6.42, 8.04, 8.13, 9.7, 9.8, 11.99, 13.7, 16.3]
    masses = """0.0580757783973686 0.0617801156514238 0.0313240156899314 0.0621808174974118 0.0747587723019445
    0.0259860676423592 0.118706175178591 0.0707007059037832 0.0794283616718611 0.080073368605663 0.123848443587961
    0.10269513351994 0.0271089110184841 0.0833333333332769"""
    assert found.mass.tolist() == pytest.approx([float(m) for m in masses.split()], abs=1e-9)
    assert found.log_likelihood == pytest.approx(-115.733492708846, abs=1e-9)


def test_the_age_at_which_boys_first_used_marijuana_has_the_published_survival() -> None:
    """Turnbull and Weiss 1974; Klein and Moeschberger 2003, §5.2: exact, right- and left-censored (from memory, recomputed)."""
    ages = np.arange(10, 19)
    exact, not_yet, before = (
        [4, 12, 19, 24, 20, 13, 3, 1, 0],
        [0, 0, 2, 15, 24, 18, 14, 6, 0],
        [0, 0, 0, 1, 2, 3, 2, 3, 1],
    )
    lower = np.concatenate((ages, ages, np.zeros(9), [18]))
    upper = np.concatenate((ages, np.full(9, np.inf), ages, [np.inf]))
    found = turnbull(lower, upper, count=exact + not_yet + before + [4])
    lowest, highest = found.at(ages)
    assert lowest.round(3).tolist() == highest.round(3).tolist()
    assert lowest.round(3).tolist() == [0.977, 0.906, 0.794, 0.651, 0.516, 0.392, 0.345, 0.308, 0.308]


def test_three_overlapping_intervals_put_all_mass_where_they_overlap() -> None:
    found = of([(0, 5), (3, 8), (4, 9)])
    assert (found.left.tolist(), found.right.tolist(), found.mass.tolist()) == ([4], [5], [1])
    assert found.log_likelihood == 0.0


def test_two_disjoint_intervals_and_one_over_both_share_evenly() -> None:
    # L = p(1 − p)·1 is largest at p = 1/2, whatever the third says.
    found = of([(0, 1), (2, 3), (0, 3)])
    assert found.mass.tolist() == pytest.approx([0.5, 0.5])
    assert found.log_likelihood == pytest.approx(2 * np.log(0.5))


def test_an_end_known_exactly_lies_in_an_interval_that_ends_there_and_not_in_one_that_begins_there() -> None:
    assert of([(5, 5), (3, 5)]).mass.tolist() == [1]
    apart = of([(5, 5), (5, 7)])
    assert (apart.left.tolist(), apart.right.tolist(), apart.mass.tolist()) == ([5, 5], [5, 7], [0.5, 0.5])


def test_left_censored_is_an_interval_from_nothing() -> None:
    for lower in (0.0, -INF, np.nan):
        found = turnbull([lower, 4.0], [3.0, 6.0])
        assert (found.left.tolist(), found.right.tolist()) == ([0, 4], [3, 6])


def test_the_survival_within_an_interval_lies_between_its_ends() -> None:
    found = of([(0, 2), (4, 6), (5, 5), (7, INF)])  # 1/4 in (0, 2], 1/2 at 5, 1/4 beyond 7
    assert [values.tolist() for values in found.at([0, 1, 2, 4.5, 5, 7, 8])] == [
        pytest.approx([1, 3 / 4, 3 / 4, 3 / 4, 1 / 4, 1 / 4, 0]),
        pytest.approx([1, 1, 3 / 4, 3 / 4, 1 / 4, 1 / 4, 1 / 4]),
    ]
    simple = of([(0, 2), (4, 6)])
    assert [values.tolist() for values in simple.at([0, 1, 2, 3, 4, 5, 6])] == [
        [1, 0.5, 0.5, 0.5, 0.5, 0, 0],
        [1, 1, 0.5, 0.5, 0.5, 0.5, 0],
    ]


def test_a_quantile_is_an_interval_or_beyond_the_last_look() -> None:
    found = of(RADIOTHERAPY)
    assert found.quantile(0.25) == (24, 25)
    assert found.quantile(0.5) == (38, 40)
    assert of([(0, 3), (4, INF)]).quantile(0.75) is None


def test_what_was_never_seen_to_end_has_no_events() -> None:
    found = of([(3, INF), (5, INF)])
    assert (found.reason, found.at([5.0])[0].tolist()) == (Reason.NO_EVENTS, [1])


def test_nothing_at_all_is_no_error() -> None:
    found = turnbull([], [])
    assert (found.n, found.mass.size, found.reason) == (0, 0, Reason.NO_DATA)


def test_the_current_status_estimate_is_the_isotonic_regression_of_the_shares_found_ended() -> None:
    # Groeneboom and Wellner (1992, §II.1.1): looked at once, at `look`, and ended or not.
    rng = np.random.default_rng(3)
    look = rng.integers(1, 30, 500).astype(float)
    ended = rng.exponential(12, 500) <= look
    found = turnbull(np.where(ended, 0, look), np.where(ended, look, INF))
    ages, row = np.unique(look, return_inverse=True)
    seen = np.bincount(row)
    share = isotonic_regression(np.bincount(row, ended) / seen, weights=seen).x
    assert found.at(ages)[0].tolist() == pytest.approx((1 - share).tolist(), abs=1e-8)


@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=50))
def test_with_right_censored_data_it_is_kaplan_meier(rows: list[tuple[int, bool]]) -> None:
    ages, ended = np.array([t for t, _ in rows], dtype=float), np.array([e for _, e in rows])
    km = kaplan_meier(ages, ended)
    found = turnbull(ages, np.where(ended, ages, INF))
    lowest, highest = found.at(km.times)
    assert lowest.tolist() == pytest.approx(km.survival.tolist(), abs=1e-8)
    assert highest.tolist() == pytest.approx(km.survival.tolist(), abs=1e-8)


def test_with_late_entry_and_right_censoring_it_is_kaplan_meier_too() -> None:
    rng = np.random.default_rng(11)
    life, entry = rng.weibull(1.5, 800) * 10, np.where(rng.random(800) < 0.4, 0, rng.uniform(0, 12, 800))
    end = rng.uniform(0, 20, 800)
    watched = (life > entry) & (end > entry)
    ages, ended, entry = np.minimum(life, end)[watched], (life <= end)[watched], entry[watched]
    km = kaplan_meier(ages, ended, entry=entry)
    found = turnbull(ages, np.where(ended, ages, INF), entry=entry)
    assert found.at(km.times)[0].tolist() == pytest.approx(km.survival.tolist(), abs=1e-8)


def test_late_entry_does_not_bias_the_estimate_from_inspections() -> None:
    rng = np.random.default_rng(5)
    life, entry = rng.weibull(1.5, 20_000) * 10, np.where(rng.random(20_000) < 0.4, 0, rng.uniform(0, 12, 20_000))
    life, entry = life[life > entry], entry[life > entry]
    look = entry + rng.exponential(4, life.size)
    lower, upper = np.where(life > look, look, entry), np.where(life > look, INF, look)
    found = turnbull(lower, upper, entry=entry)
    true = np.exp(-((np.array([5.0, 10.0]) / 10) ** 1.5))
    assert np.mean(found.at([5.0, 10.0]), axis=0) == pytest.approx(true, abs=0.03)
    assert abs(np.mean(turnbull(lower, upper).at([5.0])) - true[0]) > 0.1  # entry left out


def test_where_the_few_that_entered_early_all_end_there_is_no_answer_rather_than_a_wrong_one() -> None:
    found = turnbull([1, 5, 6], [1, 5, 6], entry=[0, 2, 2])
    assert found.reason == Reason.NOT_CONVERGED
    assert np.isnan(found.mass).all()
    assert found.log_likelihood is None


intervals = st.lists(
    st.tuples(st.integers(0, 15), st.one_of(st.integers(0, 6), st.just(99))).filter(lambda r: r != (0, 0)),
    min_size=1,
    max_size=30,
)


def table(rows: list[tuple[int, int]]) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([(low, INF if width == 99 else low + width) for low, width in rows], dtype=float)


@settings(max_examples=60)
@given(intervals)
def test_no_interval_would_gain_from_more_mass(rows: list[tuple[int, int]]) -> None:
    """The conditions of a maximum, row by row and interval by interval, over all intervals and not only those kept."""
    data = table(rows)
    found = of(data)
    lower, upper = data.T
    points = np.unique(np.concatenate((lower, upper[np.isfinite(upper)], [200.0])))
    candidates = [(p, p) for p in points] + list(pairwise(points))

    def within(left: float, right: float) -> np.ndarray:  # type: ignore[type-arg]
        exact = (lower == upper) & (left == right) & (left == lower)
        between = (lower < upper) & (right <= upper) & ((left >= lower) if left < right else (left > lower))
        return exact | between

    share = sum(m * within(a, min(b, 200.0)) for a, b, m in zip(found.left, found.right, found.mass, strict=True))
    assert np.log(share).sum() == pytest.approx(found.log_likelihood, abs=1e-6)
    gains = [(within(a, b) / share).sum() / len(rows) for a, b in candidates]
    assert max(gains) <= 1 + 1e-6


@given(intervals, st.randoms(use_true_random=False), st.sampled_from([0.125, 8.0]))
def test_neither_order_nor_unit_matters(rows: list[tuple[int, int]], chance: object, scale: float) -> None:
    shuffled = rows[:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = of(table(rows)), of(table(shuffled) * scale)
    assert other.left.tolist() == (one.left * scale).tolist()
    assert other.mass.tolist() == pytest.approx(one.mass.tolist(), abs=1e-7)


@given(intervals, st.integers(2, 4))
def test_counting_rows_is_repeating_them(rows: list[tuple[int, int]], times: int) -> None:
    data = table(rows)
    counted = turnbull(data[:, 0], data[:, 1], count=np.full(len(rows), times))
    repeated = of(np.repeat(data, times, axis=0))
    assert counted.n == repeated.n
    assert counted.mass.tolist() == pytest.approx(repeated.mass.tolist(), abs=1e-9)


def test_a_row_that_stands_for_none_changes_nothing() -> None:
    found = turnbull([0, 3, 1], [2, 4, 3], count=[1, 1, 0])
    assert (found.left.tolist(), found.right.tolist(), found.n) == ([0, 3], [2, 4], 2)


def test_limits_the_wrong_way_round_are_an_error() -> None:
    with pytest.raises(ValueError, match="lower limits must not lie above"):
        turnbull([5.0], [3.0])


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_share_outside_zero_and_one_is_an_error(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        of(RADIOTHERAPY).quantile(p)
