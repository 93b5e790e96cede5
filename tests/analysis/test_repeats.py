"""Repeats, first-time fixes and chains of nothing found: definitions read out row by row, and simulated shops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.rates import proportion
from analysis.repeats import first_time_fix, following_job, no_fault_found_chains, repeat_failures
from analysis.survival import kaplan_meier

NAN = float("nan")

# key, opened, and for how long (None: still open)
jobs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 12))), max_size=30)


def columns(rows: list[tuple[int, int, int | None]]) -> tuple[Any, Any, Any]:
    key, opened, took = (list(c) for c in zip(*rows, strict=True)) if rows else ([], [], [])
    closed = [NAN if d is None else o + d for o, d in zip(opened, took, strict=True)]
    return np.array(key, dtype=int), np.array(opened, dtype=float), np.array(closed, dtype=float)


def next_one(key: Any, opened: Any, closed: Any, i: int) -> int:
    """The definition, read out."""
    later = [j for j in range(len(key)) if key[j] == key[i] and opened[j] > closed[i]]
    return min(later, key=lambda j: (opened[j], j), default=-1)


def test_a_worked_example() -> None:
    # Asset 1: closed on 10, back on 25 (15 d), closed on 30, back on 130 (100 d), closed on 140. Asset 2: closed 170.
    found = repeat_failures([1, 1, 1, 2], [5, 25, 130, 160], [10, 30, 140, 170], 200.0)
    assert found.following.tolist() == [1, 2, -1, -1]
    assert found.days[:2].tolist() == [15, 100]
    # Mature at 7 and 30 d: all four; at 90: 10 and 30 (140 + 90 > 200); at 180: 10.
    assert found.share.denominator.tolist() == [4, 4, 2, 1]
    assert found.share.numerator.tolist() == [0, 1, 1, 1]
    assert found.share.value.tolist() == [0, 0.25, 0.5, 1]
    # Kaplan–Meier: back after 15 with 4 at risk; quiet for 30 and 60 days; back after 100, the only one then at risk.
    assert found.ended.value.tolist() == pytest.approx([0, 0.25, 0.25, 1])
    assert found.n == 4


def test_a_job_opened_before_or_when_the_earlier_one_was_closed_is_no_repeat_of_it() -> None:
    assert following_job([1, 1], [0, 4], [5, 6]).tolist() == [-1, -1]
    assert following_job([1, 1], [0, 5], [5, 6]).tolist() == [-1, -1]
    assert following_job([1, 1, 1], [0, 4, 8], [5, 6, 9]).tolist() == [2, 2, -1]  # both may have one next job
    assert following_job([1, 1], [5, 5], [5, 5]).tolist() == [-1, -1]  # nor are two rows of one moment of each other


@given(jobs)
def test_the_next_job_is_what_the_definition_says(rows: list[tuple[int, int, int | None]]) -> None:
    key, opened, closed = columns(rows)
    found = following_job(key, opened, closed)
    assert found.tolist() == [next_one(key, opened, closed, i) for i in range(len(rows))]


@given(jobs, st.integers(0, 45), st.integers(1, 20))
def test_the_share_counts_mature_jobs_and_only_what_was_known_at_the_end(
    rows: list[tuple[int, int, int | None]], end: int, window: int
) -> None:
    known = [(k, o, None if d is None or o + d > end else d) for k, o, d in rows if o <= end]
    key, opened, closed = columns(known)
    mature = [i for i in range(len(known)) if closed[i] + window <= end]
    following = {i: next_one(key, opened, closed, i) for i in mature}
    hits = sum(1 for i, j in following.items() if j >= 0 and opened[j] - closed[i] <= window)

    found = repeat_failures(*columns(rows), float(end), windows=[window])
    assert (found.share.numerator[0], found.share.denominator[0]) == (hits, len(mature))
    done = int((~np.isnan(closed)).sum())
    assert found.n == done
    # What came after the end changes nothing.
    then = repeat_failures(key, opened, closed, float(end), windows=[window])
    assert found.ended.value == pytest.approx(then.ended.value, nan_ok=True)
    if mature:
        assert found.share.value[0] == hits / len(mature)
        assert found.share.low[0] == pytest.approx(proportion(hits, len(mature)).low)
    else:
        assert np.isnan(found.share.value[0])
        assert found.share.reason[0] == ("not_mature" if done else "no_data")


@given(jobs)
def test_one_minus_kaplan_meier_is_that_of_the_waiting_times(rows: list[tuple[int, int, int | None]]) -> None:
    key, opened, closed = columns(rows)
    end = 100.0
    found = repeat_failures(key, opened, closed, end, windows=[5, 20])
    done = np.flatnonzero(~np.isnan(closed))
    if done.size == 0:
        assert np.isnan(found.ended.value).all()
        return
    following = np.array([next_one(key, opened, closed, i) for i in done])
    back = following >= 0
    waited = np.where(back, opened[following] - closed[done], end - closed[done])
    curve = kaplan_meier(waited, back)
    assert 1 - found.ended.value == pytest.approx(curve.at(np.array([5.0, 20.0]))[0])


def test_when_every_job_is_mature_both_rates_are_one() -> None:
    random = np.random.default_rng(1)
    opened = random.uniform(0, 300, 3000)
    found = repeat_failures(random.integers(0, 400, 3000), opened, opened + random.exponential(3, 3000), 1e4)
    assert found.ended.value == pytest.approx(found.share.value)


def test_groups_are_answered_as_each_alone_and_a_job_counts_for_who_closed_it() -> None:
    random = np.random.default_rng(2)
    n = 500
    key, opened = random.integers(0, 60, n), random.uniform(0, 300, n)
    closed = np.where(random.random(n) < 0.1, NAN, opened + random.exponential(4, n))
    group, asset = random.integers(0, 4, n), key // 3
    whole = repeat_failures(key, opened, closed, 300.0)
    many = repeat_failures(key, opened, closed, 300.0, group=group, cluster=asset)
    assert many.share.numerator.sum(axis=0).tolist() == whole.share.numerator.tolist()
    assert many.share.denominator.sum(axis=0).tolist() == whole.share.denominator.tolist()
    # Within group 2 the same rows, the next job still looked for among all.
    mine = (group == 2) & (closed + 30 <= 300)
    assert many[2].share.denominator[1] == mine.sum()
    assert many[2].share.numerator[1] == (whole.days[mine] <= 30).sum()
    assert many[2].n == ((group == 2) & (closed <= 300)).sum()
    assert many[2].ended.value.shape == (4,)


def test_without_jobs_there_is_no_rate() -> None:
    found = repeat_failures([], [], [], 100.0)
    assert (found.n, found.reason) == (0, "no_data")
    assert np.isnan(found.share.value).all()
    assert repeat_failures([1], [3], [NAN], 100.0).reason == "no_data"


def test_texts_may_be_keys() -> None:
    assert following_job(["b", "a", "b"], [0, 1, 5], [1, 2, 6]).tolist() == [2, -1, -1]


@given(st.floats(0.01, 1000), st.integers(0, 1000))
def test_days_or_hours_and_any_order_give_the_same_shares(unit: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 60
    key, opened = random.integers(0, 8, n), random.uniform(0, 100, n)
    closed = opened + random.exponential(2, n)
    order = random.permutation(n)
    one = repeat_failures(key, opened, closed, 120.0, windows=[7, 30])
    other = repeat_failures(
        key[order], opened[order] * unit, closed[order] * unit, 120.0 * unit, windows=[7 * unit, 30 * unit]
    )
    assert other.share.numerator.tolist() == one.share.numerator.tolist()
    assert other.ended.value == pytest.approx(one.ended.value)


def test_the_effective_number_of_clusters_is_korn_and_graubards() -> None:
    # Four assets with 4, 3, 2 and 1 mature jobs, of which 4, 0, 1 and 0 came back.
    asset, back = np.repeat([0, 1, 2, 3], [4, 3, 2, 1]), np.array([1, 1, 1, 1, 0, 0, 0, 1, 0, 0])
    key = np.arange(10)
    opened, closed = np.zeros(10), np.ones(10)
    again = np.flatnonzero(back)
    found = repeat_failures(
        np.concatenate((key, again)),
        np.concatenate((opened, np.full(5, 3.0))),
        np.concatenate((closed, np.full(5, NAN))),
        100.0,
        windows=[10],
        cluster=np.concatenate((asset, asset[again])),
    )
    y, m, p, total = np.array([4, 0, 1, 0]), np.array([4, 3, 2, 1]), 0.5, 10
    variance = 4 / 3 * ((y - p * m) ** 2).sum() / total**2
    number = p * (1 - p) / variance * (stats.t.ppf(0.025, 9) / stats.t.ppf(0.025, 3)) ** 2
    expected = stats.beta.ppf([0.025, 0.975], p * number + 0.5, (1 - p) * number + 0.5)
    assert (found.share.low[0], found.share.high[0]) == pytest.approx(tuple(expected))


def test_one_asset_alone_has_a_rate_but_no_bounds() -> None:
    found = repeat_failures([1, 1], [0, 5], [1, 6], 100.0, windows=[30], cluster=[7, 7])
    assert (found.share.value[0], found.share.reason[0]) == (0.5, "too_few")
    assert np.isnan(found.share.low[0])


def clustered_coverage(cluster: bool) -> float:
    """400 fleets of 60 unlike assets with 2 to 9 jobs each: how often the 90 % interval holds the rate."""
    random = np.random.default_rng(3)
    size = random.integers(2, 10, 400 * 60)
    asset = np.repeat(np.arange(size.size), size)
    back = random.random(asset.size) < random.beta(1.2, 4.8, size.size)[asset]
    key = np.arange(asset.size)
    again = key[back]
    found = repeat_failures(
        np.concatenate((key, again)),
        np.concatenate((np.zeros(key.size), np.full(again.size, 3.0))),
        np.concatenate((np.ones(key.size), np.full(again.size, NAN))),
        100.0,
        windows=[10],
        group=np.concatenate((asset, asset[again])) // 60,
        cluster=np.concatenate((asset, asset[again])) if cluster else None,
        confidence=0.9,
    )
    return float(((found.share.low <= 0.2) & (found.share.high >= 0.2)).mean())


def test_intervals_cover_when_assets_differ_only_if_assets_are_clusters() -> None:
    assert 0.87 <= clustered_coverage(True) <= 0.94
    assert clustered_coverage(False) < 0.82


def test_first_time_fix_takes_one_visit_and_no_return() -> None:
    # A: one visit, quiet. B: one, back after 20 d. C: two. D: by telephone. E: one, too young. B's return: too young.
    key, visits = ["A", "B", "C", "D", "E", "B"], [1, 1, 2, 0, 1, 1]
    found = first_time_fix(key, [0, 0, 0, 0, 80, 25], [5, 5, 5, 5, 85, 98], visits, 100.0)
    assert (found.numerator, found.denominator, found.n) == (1, 3, 3)
    assert found.value == pytest.approx(1 / 3)
    assert first_time_fix(key, [0, 0, 0, 0, 80, 25], [5, 5, 5, 5, 85, 98], visits, 100.0, days=10).numerator == 3
    by_group = first_time_fix(key, [0, 0, 0, 0, 80, 25], [5, 5, 5, 5, 85, 98], visits, 100.0, group=[0, 0, 1, 1, 2, 2])
    assert by_group.value[:2].tolist() == [0.5, 0]
    assert (by_group[2].value, by_group[2].reason) == (None, "not_mature")


def test_a_worked_chain() -> None:
    # Asset 0: nothing found on 10, 20, confirmed on 35, nothing on 80, nothing on 160. Asset 1: confirmed on 50.
    found = no_fault_found_chains(
        [0, 0, 0, 0, 0, 1], [10, 20, 35, 80, 160, 50], [1, 1, 0, 1, 1, 0], start=0, end=200, days=30
    )
    assert found.chain.tolist() == [0, 0, -1, 1, 2, -1]
    assert found.chain_length.tolist() == [2, 1, 1]
    assert found.chain_confirmed.tolist() == [True, False, False]
    assert (found.share.numerator, found.share.denominator) == (2, 4)  # 25 and 15 days
    assert found.median_days == 20
    # Of asset 0's days 0 to 170 the 30 before day 35 are followed by its confirmed fault.
    assert found.expected == pytest.approx(30 / 170)
    assert found.lift.value == pytest.approx(0.5 * 170 / 30)


def test_a_confirmed_fault_at_the_same_moment_does_not_follow() -> None:
    found = no_fault_found_chains([0, 0], [10, 10], [1, 0], start=0, end=100)
    assert (found.share.value, found.median_days) == (0, None)


def test_overlapping_windows_before_confirmed_faults_count_once() -> None:
    # Faults on 5, 40 and 50: days 0–5, 10–50 lie within 30 before one; of a random moment in 0–70, 45/70.
    found = no_fault_found_chains([0, 0, 0, 0], [5, 40, 50, 60], [0, 0, 0, 1], start=0, end=100)
    assert found.expected == pytest.approx(45 / 70)


def test_without_confirmed_faults_there_is_nothing_to_compare_with() -> None:
    found = no_fault_found_chains([0, 0], [5, 40], [1, 1], start=0, end=100)
    assert (found.share.value, found.expected, found.lift.value, found.lift.reason) == (0, 0, None, "no_events")
    young = no_fault_found_chains([0], [95], [1], start=0, end=100)
    assert (young.n, young.share.value, young.share.reason, young.expected) == (0, None, "not_mature", None)
    assert no_fault_found_chains([], [], [], start=0, end=100).reason == "no_data"


def nff_fleet(follow: float, seed: int) -> Any:
    """300 assets over 1000 days that differ in their rates; a share of the nothing-found reports announces a fault."""
    random = np.random.default_rng(seed)
    rate = random.gamma(1.0, 1 / 200, 300)
    asset = np.repeat(np.arange(300), random.poisson(rate * 1000))
    nothing = np.repeat(np.arange(300), random.poisson(rate * 500))
    at, when = random.uniform(0, 1000, asset.size), random.uniform(0, 1000, nothing.size)
    real = (random.random(nothing.size) < follow) & (when < 970)
    after = when[real] + random.uniform(0, 30, int(real.sum()))
    codes, times = np.concatenate((asset, nothing, nothing[real])), np.concatenate((at, when, after))
    nff = np.concatenate((np.zeros(asset.size), np.ones(nothing.size), np.zeros(after.size)))
    return no_fault_found_chains(codes, times, nff, start=0, end=np.full(300, 1000.0), confidence=0.9)


def test_reports_that_mean_nothing_are_followed_as_often_as_chance_says_though_assets_differ() -> None:
    found = [nff_fleet(0.0, seed) for seed in range(200)]
    assert np.mean([f.lift.value for f in found]) == pytest.approx(1, abs=0.02)
    # Too wide rather than too narrow: see the docstring.
    assert 0.88 <= np.mean([f.lift.low <= 1 <= f.lift.high for f in found]) < 1


def test_reports_that_announce_a_fault_stand_out() -> None:
    found = nff_fleet(0.3, 1)
    assert found.lift.low > 1.2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: repeat_failures([1], [5], [4], 10.0), "closed_at must not lie before opened_at"),
        (lambda: repeat_failures([1, 2], [5], [6], 10.0), "one length"),
        (lambda: repeat_failures([1], [5], [6], 10.0, windows=[0]), "windows must be above 0"),
        (lambda: repeat_failures([1], [5], [6], math.nan), "end must be a moment"),
        (lambda: repeat_failures([1], [5], [6], 10.0, cluster=[1, 2]), "cluster must hold"),
        (lambda: first_time_fix([1], [5], [6], [1, 2], 10.0), "visits must hold"),
        (lambda: first_time_fix([1], [5], [6], [1], 10.0, days=0), "days must be above 0"),
        (lambda: no_fault_found_chains([0], [5], [1], start=6, end=9), "between start and end"),
        (lambda: no_fault_found_chains([0], [5], [1, 0], start=0, end=9), "one value per report"),
        (lambda: no_fault_found_chains([0], [5], [1], start=0, end=9, days=-1), "days must be above 0"),
    ],
)
def test_mistakes_are_told(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
