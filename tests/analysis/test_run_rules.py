"""Run rules: each pattern marks the point that completes it, and together they alarm as often as was published."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.run_rules import anhoej_rules, run_rules

WESTERN, NELSON = "western_electric", "nelson"

# Rule set, rule, and a pattern that ends where the rule must speak.
PATTERNS: list[tuple[str, int, list[float]]] = [
    (WESTERN, 1, [3.1]),
    (WESTERN, 1, [-3.1]),
    (WESTERN, 2, [2.1, 0.5, 2.1]),
    (WESTERN, 2, [-2.1, -2.5]),
    (WESTERN, 3, [1.1, 1.2, -0.3, 1.5, 1.1]),
    (WESTERN, 4, [0.5] * 8),
    (NELSON, 1, [3.1]),
    (NELSON, 2, [-0.5, -0.2] * 4 + [-0.4]),
    (NELSON, 3, [-0.9, -0.5, -0.1, 0.2, 0.6, 0.9]),
    (NELSON, 3, [0.9, 0.5, 0.1, -0.2, -0.6, -0.9]),
    (NELSON, 4, [1.5, -1.2] * 7),
    (NELSON, 5, [-2.2, 0.0, -2.2]),
    (NELSON, 6, [-1.1, -1.1, -1.1, -1.1]),
    (NELSON, 7, [0.5, 0.5, -0.5, -0.5] * 3 + [0.5, 0.5, -0.5]),
    (NELSON, 8, [1.5, -1.5, -1.4, 1.5] * 2),
]


def found(values: Any, rules: Any = NELSON, centre: float = 0.0, sigma: float = 1.0) -> list[tuple[int, ...]]:
    return run_rules(values, centre, sigma, rules=rules).broken_rules


@pytest.mark.parametrize(("rules", "rule", "pattern"), PATTERNS)
def test_a_pattern_marks_the_point_that_completes_it_and_not_the_one_before(
    rules: str, rule: int, pattern: list[float]
) -> None:
    marked = found(pattern, rules)
    assert rule in marked[-1]
    assert all(rule not in point for point in marked[:-1])
    assert all(rule not in point for point in found(pattern[1:], rules)) or rule in {1, 2, 3}


@pytest.mark.parametrize(("rules", "rule", "pattern"), PATTERNS)
def test_neither_unit_nor_level_matters(rules: str, rule: int, pattern: list[float]) -> None:
    moved = [50 + 4 * x for x in pattern]
    assert found(moved, rules, centre=50, sigma=4) == found(pattern, rules)


def test_the_last_point_must_belong_to_the_pattern() -> None:
    assert found([2.1, 2.1, 0.1], WESTERN)[1:] == [(2,), ()]


def test_points_on_the_centre_and_equal_points_interrupt() -> None:
    assert found([0.5] * 7 + [0.0, 0.5], WESTERN)[-1] == ()
    assert all(3 not in point for point in found([-1, -0.5, 0, 0, 0.2, 0.5, 0.9]))


def test_a_missing_point_interrupts_and_gives_no_signal() -> None:
    assert not run_rules([0.5] * 4 + [np.nan] + [0.5] * 4, 0.0, 1.0, rules=WESTERN).signal.any()
    assert found([9.0, np.nan], WESTERN) == [(1,), ()]


def test_without_spread_there_is_no_signal() -> None:
    assert not run_rules([5.0] * 20, 0.0, 0.0).signal.any()


@pytest.mark.slow
def test_the_rules_together_alarm_as_often_as_champ_and_woodall_found() -> None:
    """Champ and Woodall (1987), Technometrics 29:393, table 1: in-control average run lengths of rules 1 to 4."""
    rng = np.random.default_rng(3)
    published = {(1,): 370.40, (1, 2): 225.44, (1, 3): 166.05, (1, 4): 152.73, (1, 2, 3): 132.89, (1, 2, 3, 4): 91.75}
    lengths: dict[tuple[int, ...], list[float]] = {rules: [] for rules in published}
    width = 1000
    for _ in range(10):
        broken = run_rules(rng.standard_normal((1500, width)), 0.0, 1.0, rules=WESTERN).broken
        for rules, seen in lengths.items():
            any_of = broken[..., [r - 1 for r in rules]].any(axis=-1)
            first = np.where(any_of.any(axis=1), any_of.argmax(axis=1) + 1, width)
            # Beyond the end of the series the run goes on as it would anew: total length over number of signals.
            seen.append(first.sum() / any_of.any(axis=1).sum())
    for rules, seen in lengths.items():
        assert np.mean(seen) == pytest.approx(published[rules], rel=0.03), rules


def test_the_bounds_of_runs_and_crossings_are_the_published_ones() -> None:
    """Vignette of R's qicharts2, appendix (Anhøj and Olesen 2014): n, bound of the longest run and of crossings."""
    table = {10: (6, 2), 12: (7, 3), 14: (7, 4), 17: (7, 5), 19: (7, 6), 22: (7, 7), 23: (8, 7), 24: (8, 8)}
    table |= {27: (8, 9), 29: (8, 10), 30: (8, 10), 31: (8, 11), 34: (8, 12), 36: (8, 13)}
    for n, (longest, crossings) in table.items():
        rules = anhoej_rules(np.tile([1.0, -1.0], n)[:n], 0.0)
        assert (rules.n, rules.longest_run_most, rules.crossings_least) == (n, longest, crossings)


def by_hand(values: list[float], centre: float) -> tuple[int, int, int]:
    """Useful points, longest run, crossings."""
    sides = [x > centre for x in values if x != centre]
    runs = [len(list(g)) for _, g in groupby(sides)]
    return len(sides), max(runs, default=0), max(len(runs) - 1, 0)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_runs_are_counted_as_by_hand_about_the_median(values: list[int]) -> None:
    rules = anhoej_rules(np.array(values, dtype=float))
    expected = by_hand([float(v) for v in values], float(np.median(values)))
    assert (rules.n, rules.longest_run, rules.crossings) == expected


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.data())
def test_missing_points_are_as_if_they_were_not_there(values: list[int], data: st.DataObject) -> None:
    holes = data.draw(st.lists(st.integers(0, len(values)), max_size=5))
    gappy: list[float] = [float(v) for v in values]
    for hole in holes:
        gappy.insert(hole, float("nan"))
    one, other = anhoej_rules(np.array(values, dtype=float)), anhoej_rules(gappy)
    assert (one.longest_run, one.crossings, one.signal) == (other.longest_run, other.crossings, other.signal)


def test_rows_of_a_matrix_are_judged_by_themselves() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 5, (20, 24)).astype(float)
    x[rng.random(x.shape) < 0.2] = np.nan
    x[3] = np.nan
    together = anhoej_rules(x)
    for i, row in enumerate(x):
        alone = anhoej_rules(row)
        assert (alone.longest_run, alone.crossings_least, alone.signal) == (
            together[i].longest_run, together[i].crossings_least, together[i].signal,
        )  # fmt: skip
    assert together[3].reason == "no_data"


@pytest.mark.parametrize("n", [12, 24, 60])
def test_about_one_stable_series_in_twenty_signals(n: int) -> None:
    share = anhoej_rules(np.random.default_rng(n).standard_normal((20_000, n)), 0.0).signal.mean()
    assert 0.02 < share < 0.09
    least = stats.binom.ppf(0.05, n - 1, 0.5)
    assert share >= stats.binom.cdf(least - 1, n - 1, 0.5) - 0.005


def test_many_series_have_no_one_list_of_rules() -> None:
    with pytest.raises(TypeError, match="take one"):
        _ = run_rules(np.zeros((2, 3)), 0.0, 1.0).broken_rules


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run_rules([1.0], 0.0, -1.0), "sigma must be at least 0"),
        (lambda: run_rules([1.0], [0.0, 1.0, 2.0], 1.0), "centre must be a number"),
        (lambda: run_rules(np.zeros((1, 1, 1)), 0.0, 1.0), "values must be a series or a matrix"),
        (lambda: anhoej_rules([1.0, 2.0], [0.0, 1.0]), "centre must be a number or one per cell"),
    ],
)
def test_what_cannot_be_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
