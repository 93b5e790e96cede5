"""Technicians: credit, like for like, and league tables, against arithmetic, coverage and simulated teams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.performance import credit_visit, observed_expected, shrunken_ranking, standardised_mean
from analysis.rates import poisson_rate, proportion
from analysis.shrinkage import beta_binomial, beta_posterior

NAN = float("nan")


def test_the_last_visit_finished_by_the_resolution_gets_the_credit() -> None:
    # Job 0: A (1), then B (2), resolved at 12; C comes on 15. Job 1: B, unfinished, then A. 2: open. 3: no visit.
    found = credit_visit(
        [0, 0, 0, 1, 1, 2],
        [1, 2, 3, 2, 1, 1],
        [11, 12, 15, NAN, 20, 5],
        [12, 21, NAN, 9],
        periods=[0, 10, 20, 30],
    )
    assert found.technician.tolist() == [2, 1, -1, -1]
    assert found.visit.tolist() == [1, 4, -1, -1]
    assert found.n.tolist() == [2, 1, 0, 0]
    assert found.period.tolist() == [1, 2, -1, 0]
    assert found.reason.tolist() == ["", "", "no_data", "no_data"]


def test_a_period_holds_its_first_moment_and_not_its_last() -> None:
    found = credit_visit([0, 1, 2], [0, 0, 0], [0, 0, 0], [0, 10, 20], periods=[0, 10, 20])
    assert found.period.tolist() == [0, 1, -1]
    assert (credit_visit([], [], [], [NAN]).technician == -1).all()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.one_of(st.none(), st.integers(0, 12))), max_size=20))
def test_credit_is_what_the_definition_says(rows: list[tuple[int, int, int | None]]) -> None:
    resolved = [5.0, 8.0, NAN, 0.0]
    job, who, done = (list(c) for c in zip(*rows, strict=True)) if rows else ([], [], [])
    found = credit_visit(job, who, [NAN if d is None else d for d in done], resolved)
    for j, at in enumerate(resolved):
        made = [(d, i) for i, (k, _, d) in enumerate(rows) if k == j and d is not None and d <= at]
        assert found.n[j] == len(made)
        assert found.visit[j] == (max(made)[1] if made else -1)
        assert found.technician[j] == (who[max(made)[1]] if made else -1)


# Two strata, three technicians: jobs and repeats of each.
JOBS = {(0, 0): (10, 2), (0, 1): (30, 3), (1, 0): (20, 8), (1, 2): (20, 4), (0, 2): (10, 1)}


def rows(table: dict[tuple[int, int], tuple[int, int]]) -> tuple[Any, Any, Any]:
    stratum = np.concatenate([np.full(n, s) for (s, _), (n, _) in table.items()])
    who = np.concatenate([np.full(n, t) for (_, t), (n, _) in table.items()])
    events = np.concatenate([np.arange(n) < x for n, x in table.values()])
    return events, stratum, who


def test_expected_is_what_the_others_would_have_had_with_the_same_jobs() -> None:
    found = observed_expected(*rows(JOBS))
    expected = [10 * 4 / 40 + 20 * 4 / 20, 30 * 3 / 20, 20 * 8 / 20 + 10 * 5 / 40]
    assert found.expected == pytest.approx(expected)
    assert found.observed.tolist() == [10, 3, 5]
    assert found.value == pytest.approx(np.array([10, 3, 5]) / expected)
    assert found.n.tolist() == [30, 30, 30]


def test_with_all_as_peers_observed_and_expected_agree_in_sum_and_bounds_are_clopper_and_pearsons() -> None:
    found = observed_expected(*rows(JOBS), leave_out=False)
    assert found.expected.tolist() == pytest.approx(
        [10 * 6 / 50 + 20 * 12 / 40, 30 * 6 / 50, 10 * 6 / 50 + 20 * 12 / 40]
    )
    assert found.expected.sum() == pytest.approx(found.observed.sum())
    exact = proportion(10, 30, method="clopper-pearson")
    assert (found.low[0], found.high[0]) == pytest.approx(
        (exact.low * 30 / found.expected[0], exact.high * 30 / found.expected[0])
    )


def test_counts_over_hours_have_exact_poisson_bounds() -> None:
    found = observed_expected([8, 2, 30], [0, 0, 0], [0, 1, 2], exposure=[10.0, 5, 85], leave_out=False)
    assert found.expected == pytest.approx([4, 2, 34])
    for i, x in enumerate((8, 2, 30)):
        smr = poisson_rate(x, found.expected[i])
        assert (found.value[i], found.low[i], found.high[i]) == pytest.approx((smr.value, smr.low, smr.high))


def test_against_endless_peers_the_bounds_are_those_of_a_known_expectation() -> None:
    found = observed_expected([8, 4e7], [0, 0], [0, 1], exposure=[10.0, 1e8])
    smr = poisson_rate(8, 4.0)
    assert (found.low[0], found.high[0]) == pytest.approx((smr.low, smr.high), rel=1e-3)


def test_two_technicians_in_one_stratum_are_nearly_the_exact_ratio_of_two_poisson_rates() -> None:
    # x of x + y is binomial: exact limits of the ratio by Clopper and Pearson.
    x, y = 12, 9
    found = observed_expected([x, y], [0, 0], [0, 1], exposure=[10.0, 20.0])
    exact = proportion(x, x + y, method="clopper-pearson")
    low, high = (p / (1 - p) * 20 / 10 for p in (exact.low, exact.high))
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=0.05)


def test_a_specialist_whom_nobody_can_be_compared_with_has_no_ratio() -> None:
    table = {(0, 0): (10, 2), (0, 1): (10, 1), (1, 2): (10, 9), (2, 0): (10, 9)}
    found = observed_expected(*rows(table))
    assert (found[2].value, found[2].reason) == (None, "no_peers")
    # Technician 0 is judged by stratum 0 alone.
    assert (found[0].observed, found[0].expected, found[0].n, found[0].left_out) == (2, 1, 10, 10)


def test_leaving_the_own_jobs_in_hides_who_does_most_of_the_work() -> None:
    events, stratum, who = rows({(0, 0): (500, 200), (0, 1): (500, 100)})
    assert observed_expected(events, stratum, who).value[0] == pytest.approx(2)
    assert observed_expected(events, stratum, who, leave_out=False).value[0] == pytest.approx(4 / 3)


def test_few_jobs_and_uneventful_peers_give_no_number() -> None:
    found = observed_expected(*rows(JOBS), minimum=31)
    assert found.reason.tolist() == ["too_few"] * 3
    assert np.isnan(found.value).all()
    found = observed_expected([1, 0, 0], [0, 0, 0], [0, 1, 1])
    assert found.reason.tolist() == ["no_events", ""]
    assert found.value[1] == 0
    assert found.low[1] == 0
    assert len(observed_expected([], [], [])) == 0


@given(st.integers(0, 1000))
@settings(max_examples=30)
def test_splitting_rows_or_strata_by_chance_alone_changes_nothing_it_should_not(seed: int) -> None:
    random = np.random.default_rng(seed)
    stratum, who = random.integers(0, 3, 60), random.integers(0, 4, 60)
    events, hours = random.poisson(2, 60), random.uniform(1, 5, 60)
    one = observed_expected(events, stratum, who, exposure=hours)
    half = np.tile(hours / 2, 2)
    split = observed_expected([*events, *np.zeros(60)], [*stratum, *stratum], [*who, *who], exposure=half)
    assert split.value == pytest.approx(one.value, nan_ok=True)
    assert split.high == pytest.approx(one.high, nan_ok=True)


def ratios_cover(leave_out: bool) -> float:
    """2,000 teams of three share two kinds of jobs: how often the first one's 90 % interval holds the true 1.5."""
    random = np.random.default_rng(12)
    covered = []
    for _ in range(2000):
        jobs = random.integers(30, 60, (2, 3))
        p = np.array([[0.15, 0.1, 0.1], [0.3, 0.2, 0.2]])
        x = random.binomial(jobs, p)
        table = {(s, t): (int(jobs[s, t]), int(x[s, t])) for s in range(2) for t in range(3)}
        found = observed_expected(*rows(table), leave_out=leave_out, confidence=0.9)
        covered.append(found.low[0] <= 1.5 <= found.high[0])
    return float(np.mean(covered))


@pytest.mark.slow
def test_the_interval_holds_the_true_ratio_to_the_peers() -> None:
    held = ratios_cover(True)
    assert 0.89 <= held <= 0.95
    assert ratios_cover(False) < held - 0.02


def test_a_standardised_mean_is_own_sum_over_what_peers_take() -> None:
    # Stratum 0: technician 0 takes 2 and 4, the others 2, 4, 6; stratum 1: technician 0 takes 30, the others 10 and 30.
    values, stratum = [2, 4, 30, 2, 4, 6, 10, 30.0], [0, 0, 1, 0, 0, 0, 1, 1]
    found = standardised_mean(values, stratum, [0, 0, 0, 1, 1, 2, 2, 1])
    assert found.value[0] == pytest.approx(36 / (4 + 4 + 20))
    assert (found.mean[0], found.expected[0]) == pytest.approx((12, 28 / 3))
    assert found.n.tolist() == [3, 3, 2]
    logs = standardised_mean(values, stratum, [0, 0, 0, 1, 1, 2, 2, 1], scale="log")
    peers = np.log([2, 4, 6]).mean() * 2 + np.log([10, 30]).mean()
    assert logs.value[0] == pytest.approx(np.exp((np.log([2, 4, 30]).sum() - peers) / 3))


def test_two_technicians_in_one_stratum_on_the_log_scale_are_welchs_test() -> None:
    a, b = np.array([2.0, 3, 5, 9]), np.array([1.0, 2, 2, 4, 3])
    found = standardised_mean([*a, *b], np.zeros(9, dtype=int), [0] * 4 + [1] * 5, scale="log", confidence=0.9)
    welch = stats.ttest_ind(np.log(a), np.log(b), equal_var=False).confidence_interval(0.9)
    assert (found.low[0], found.high[0]) == pytest.approx((np.exp(welch.low), np.exp(welch.high)))


def test_means_without_peers_or_too_few_jobs_are_hidden() -> None:
    found = standardised_mean([1, 2, 3, 4, 9, 9], [0, 0, 0, 0, 1, 1], [0, 1, 1, 1, 2, 2])
    assert found.reason.tolist() == ["too_few", "no_peers", "no_peers"]  # one job; peers of one job; none
    assert np.isnan(found.value).all()
    found = standardised_mean([0, 0, 1, 2], [0] * 4, [0, 0, 1, 1])
    assert found.reason.tolist() == ["no_variation"] * 2
    assert len(standardised_mean([], [], [])) == 0


@given(st.integers(0, 500), st.floats(0.01, 100), st.sampled_from(["mean", "log"]))
@settings(max_examples=30)
def test_hours_or_minutes_and_order_change_nothing(seed: int, unit: float, scale: Any) -> None:
    random = np.random.default_rng(seed)
    v, s, t = random.lognormal(1, 1, 50), random.integers(0, 3, 50), random.integers(0, 4, 50)
    order = random.permutation(50)
    one, other = (
        standardised_mean(v, s, t, scale=scale),
        standardised_mean(v[order] * unit, s[order], t[order], scale=scale),
    )
    for name in ("value", "low", "high"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), nan_ok=True)


@pytest.mark.parametrize("scale", ["log", "mean"])
def test_standardised_means_cover_the_true_ratio(scale: Any) -> None:
    random = np.random.default_rng(13)
    teams, each = 2000, 90
    stratum = random.integers(0, 3, teams * each)
    who = np.tile(np.repeat([0, 1, 2], each // 3), teams)
    team = np.repeat(np.arange(teams), each)
    v = random.lognormal(np.array([0.0, 1, 2])[stratum], 0.6) * np.where(who == 0, 1.3, 1.0)
    found = standardised_mean(v, team * 3 + stratum, team * 3 + who, scale=scale, confidence=0.9)
    covered = (found.low[::3] <= 1.3) & (found.high[::3] >= 1.3)
    assert 0.88 <= covered.mean() <= 0.92


def test_a_ranking_shows_posteriors_and_how_unsure_ranks_are() -> None:
    y, n = np.array([2, 30, 8, 15, 1]), np.array([20, 100, 60, 90, 3])
    found = shrunken_ranking(y, n, minimum=10, share=0.3)
    posterior = beta_posterior(beta_binomial(y, n), y, n)
    assert found.value[:4] == pytest.approx(posterior.value[:4])
    assert found.rank.tolist() == [*stats.rankdata(-posterior.value[:4]).astype(int), 0]
    hidden = found[4]
    assert (hidden.value, hidden.expected_rank, hidden.in_top, hidden.reason) == (None, None, None, "too_few")
    draws = posterior.draw(np.random.default_rng(99), 100_000)[:, :4]
    ranks = 4 - draws.argsort(axis=1).argsort(axis=1)
    assert found.expected_rank[:4] == pytest.approx(ranks.mean(axis=0), abs=0.05)
    assert found.in_top[:4] == pytest.approx((ranks == 1).mean(axis=0), abs=0.03)
    assert found.in_bottom[:4] == pytest.approx((ranks == 4).mean(axis=0), abs=0.03)
    assert (found.in_top[:4].sum(), found.in_bottom[:4].sum()) == pytest.approx((1, 1))
    assert ((found.rank_low <= found.expected_rank) & (found.expected_rank <= found.rank_high))[:4].all()


def test_one_seed_gives_one_ranking() -> None:
    y, n = [2, 30, 8, 15], [20, 100, 60, 90]
    a, b, c = (shrunken_ranking(y, n, seed=s) for s in (1, 1, 2))
    assert a.expected_rank.tolist() == b.expected_rank.tolist() != c.expected_rank.tolist()


def test_a_league_of_equals_has_no_first() -> None:
    found = shrunken_ranking([10] * 20, [100] * 20)
    assert found.value.tolist() == pytest.approx([0.1] * 20)
    assert found.in_top == pytest.approx(np.full(20, 0.1), abs=0.02)
    assert shrunken_ranking([0, 0, 0], [5, 6, 7]).reason.tolist() == ["no_events"] * 3
    assert len(shrunken_ranking([], [])) == 0


def test_shrunken_ranks_are_nearer_to_the_true_ones_than_raw_ranks() -> None:
    random = np.random.default_rng(14)
    raw, drawn, expected = [], [], []
    for _ in range(40):
        truth, n = random.beta(8, 72, 60), random.integers(3, 200, 60)
        y = random.binomial(n, truth)
        true_rank = stats.rankdata(-truth)
        found = shrunken_ranking(y, n, draws=1000)
        raw.append(((stats.rankdata(-y / n) - true_rank) ** 2).mean())
        drawn.append(((stats.rankdata(-found.value) - true_rank) ** 2).mean())
        expected.append(((found.expected_rank - true_rank) ** 2).mean())
    assert np.mean(drawn) < 0.93 * np.mean(raw)
    assert np.mean(expected) < np.mean(drawn)


def test_rank_intervals_hold_the_true_ranks() -> None:
    random = np.random.default_rng(15)
    covered = []
    for _ in range(40):
        truth, e = random.gamma(6, 1 / 6, 80), random.uniform(2, 40, 80)
        found = shrunken_ranking(random.poisson(truth * e), e, measure="rate", draws=1000, confidence=0.9)
        true_rank = stats.rankdata(-truth)
        covered.append((found.rank_low <= true_rank) & (true_rank <= found.rank_high))
    assert 0.87 <= np.mean(covered) <= 0.95


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: credit_visit([0], [1, 2], [3], [4]), "technician must hold"),
        (lambda: credit_visit([5], [1], [3], [4]), "group must lie"),
        (lambda: credit_visit([0], [1], [3], [4], periods=[2, 1]), "periods must be ascending"),
        (lambda: observed_expected([2], [0], [0]), "0 or 1"),
        (lambda: observed_expected([0.5], [0], [0]), "0 or 1"),
        (lambda: observed_expected([1], [0], [0], exposure=[1, 2]), "exposure must hold"),
        (lambda: observed_expected([1], [0, 1], [0]), "one number per row"),
        (lambda: standardised_mean([-1.0], [0], [0]), "values must be at least 0"),
        (lambda: standardised_mean([0.0], [0], [0], scale="log"), "values must be above 0"),
        (lambda: standardised_mean([1.0], [0], [0], scale="root"), "scale must be"),  # type: ignore[arg-type]
        (lambda: shrunken_ranking([1], [2], measure="mean"), "measure must be"),  # type: ignore[arg-type]
        (lambda: shrunken_ranking([1], [2], share=1), "share must lie"),
        (lambda: shrunken_ranking([1], [2], confidence=1), "confidence must lie"),
        (lambda: shrunken_ranking([1], [2], measure="rate", confidence=0), "confidence must lie"),
        (lambda: observed_expected([1], [0], [0], exposure=[1], confidence=2), "confidence must lie"),
        (lambda: standardised_mean([1], [0], [0], confidence=2), "confidence must lie"),
    ],
)
def test_mistakes_are_told(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
