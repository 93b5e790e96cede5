"""Modes that go together: against Fisher's test, counts read out row by row, and fleets in which nothing is linked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.association import mode_association, mode_sequence


def row(found: Any, first: int, second: int) -> Any:
    return found[int(np.flatnonzero((found.first == first) & (found.second == second))[0])]


def test_a_pair_in_a_table_of_four_is_fishers_exact_test() -> None:
    # 3 jobs with both, 1 with A, 1 with B, 3 with C alone: Fisher's tea (1935, The Design of Experiments, ch. 2).
    job, mode = [0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7], [0, 1, 0, 1, 0, 1, 0, 1, 2, 2, 2]
    found = row(mode_association(job, mode), 0, 1)
    assert (found.observed, found.expected, found.lift) == (3, 4 * 4 / 8, 1.5)
    assert found.p == pytest.approx(17 / 70)
    assert found.n == 4


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), max_size=60), st.integers(13, 30))
def test_all_pairs_at_once_are_the_pairs_one_by_one(rows: list[tuple[int, int]], units: int) -> None:
    found = mode_association([u for u, _ in rows], [m for _, m in rows], unit_count=units)
    sets = {m: {u for u, k in rows if k == m} for m in range(5)}
    pairs = [(a, b) for a in range(5) for b in range(a + 1, 5) if sets[a] and sets[b]]
    assert found.pairs == len(pairs)
    expected = {}
    for a, b in pairs:
        both = len(sets[a] & sets[b])
        table = [[both, len(sets[a]) - both], [len(sets[b]) - both, units - len(sets[a] | sets[b])]]
        expected[a, b] = (both, stats.fisher_exact(table, alternative="greater").pvalue)
    assert len(found) == sum(1 for both, _ in expected.values() if both)
    q = (
        dict(zip(expected, stats.false_discovery_control([p for _, p in expected.values()]), strict=True))
        if pairs
        else {}
    )
    for i in range(len(found)):
        one = found[i]
        both, p = expected[one.first, one.second]
        assert (one.observed, one.p) == (both, pytest.approx(p, rel=1e-9))
        assert one.q == pytest.approx(q[one.first, one.second], rel=1e-9)
    assert (np.diff(found.p) >= 0).all()


def test_large_tables_have_the_tail_to_many_digits() -> None:
    # 30,000 and 20,000 of 100,000 units, 6,100 and 7,000 in common.
    for both in (5_900, 6_100, 7_000):
        unit = np.concatenate((np.arange(30_000), np.arange(30_000 - both, 50_000 - both)))
        found = mode_association(unit, np.repeat([0, 1], [30_000, 20_000]), unit_count=100_000)
        assert found.p[0] == pytest.approx(stats.hypergeom.sf(both - 1, 100_000, 30_000, 20_000), rel=1e-7)


def test_after_a_comes_b_more_often_than_chance_says() -> None:
    # Ten assets over 100 days, each with A on day 10 and, on assets 0 to 4, B on day 15; on 5 to 9 B on day 80.
    asset = np.tile(np.arange(10), 2)
    at = np.concatenate((np.full(10, 10.0), np.full(5, 15.0), np.full(5, 80.0)))
    found = mode_sequence(asset, np.repeat([0, 1], 10), at, start=0, end=100, days=20)
    ab = row(found, 0, 1)
    # Each asset has two failures: no weights. Of 1,000 asset-days 200 lie within 20 after an A.
    assert (ab.observed, ab.expected, ab.lift) == (5, pytest.approx(2), pytest.approx(2.5))
    assert ab.p == pytest.approx(stats.binom.sf(4, 10, 0.2))
    assert ab.q == pytest.approx(2 * ab.p)  # B then A was asked about too
    assert found.pairs == 2


def test_windows_end_with_the_observation_and_do_not_count_twice() -> None:
    # A on days 0 and 10, windows of 20: 30 days; A on day 95: 5 days, of 100.
    found = mode_sequence([0] * 4, [0, 0, 0, 1], [0, 10, 95, 5], start=0, end=100, days=20)
    assert row(found, 0, 1).expected == pytest.approx(0.35)
    assert row(found, 0, 1).observed == 1


def test_at_the_same_moment_neither_comes_after_the_other() -> None:
    assert len(mode_sequence([0, 0], [0, 1], [5, 5], start=0, end=100)) == 0
    found = mode_sequence([0, 0], [0, 1], [5, 35], start=0, end=100, days=30)
    assert found.observed.tolist() == [1]  # the window's last moment belongs to it
    assert len(mode_sequence([0, 1], [0, 1], [5, 15], start=0, end=100)) == 0  # nor on another asset


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 60)), max_size=40))
def test_followers_are_counted_as_the_definition_says(rows: list[tuple[int, int, int]]) -> None:
    a, m, t = (list(c) for c in zip(*rows, strict=True)) if rows else ([], [], [])
    found = mode_sequence(a, m, t, start=0, end=60.5, days=10)
    counted = {(x.first, x.second): x.observed for x in (found[i] for i in range(len(found)))}
    for first in range(4):
        for second in range(4):
            if first != second:
                n = sum(
                    any(b[0] == r[0] and b[1] == first and 0 < r[2] - b[2] <= 10 for b in rows)
                    for r in rows
                    if r[1] == second
                )
                assert counted.get((first, second), 0) == n


def fleet(seed: int, linked: bool) -> Any:
    """400 assets that differ much in their rates, 12 modes that do not know of each other (3 follows 2, if linked)."""
    random = np.random.default_rng(seed)
    asset = np.repeat(np.arange(400), random.poisson(random.gamma(0.8, 10, 400)))
    mode, at = random.integers(0, 12, asset.size), random.uniform(0, 1000, asset.size)
    if linked:
        after = (mode == 2) & (at < 980) & (random.random(asset.size) < 0.15)
        asset, mode = np.append(asset, asset[after]), np.append(mode, np.full(after.sum(), 3))
        at = np.append(at, at[after] + random.uniform(0, 20, after.sum()))
    return mode_sequence(asset, mode, at, start=np.zeros(400), end=1000, days=30)


def test_bad_assets_do_not_make_modes_look_linked() -> None:
    found = [fleet(seed, linked=False) for seed in range(40)]
    lift = np.sum([f.observed.sum() for f in found]) / np.sum([f.expected.sum() for f in found])
    assert lift == pytest.approx(1, abs=0.08)
    assert np.mean([(f.p <= 0.05).sum() / f.pairs for f in found]) <= 0.05
    assert np.mean([(f.q <= 0.1).any() for f in found]) <= 0.15


def test_a_mode_that_brings_another_is_found_and_is_the_first() -> None:
    found = fleet(1, linked=True)
    assert (found.first[0], found.second[0]) == (2, 3)
    assert found.q[0] < 0.01
    assert (found.q <= 0.1).sum() <= 2


def test_nothing_is_no_error() -> None:
    assert len(mode_association([], [])) == 0
    assert len(mode_sequence([], [], [], start=0, end=1)) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mode_association([0, 1], [0]), "one number per row"),
        (lambda: mode_association([0, 5], [0, 1], unit_count=3), "must lie between 0 and 2"),
        (lambda: mode_sequence([0], [0], [5], start=6, end=9), "between start and end"),
        (lambda: mode_sequence([0], [0], [5], start=0, end=9, days=0), "days must be above 0"),
        (lambda: mode_sequence([0], [0], [0], start=0, end=0), "end must lie after start"),
    ],
)
def test_mistakes_are_told(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
