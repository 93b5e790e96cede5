"""The log-rank test against R's survdiff, hypergeometric arithmetic, and its false-alarm rate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.logrank import log_rank
from analysis.result import Reason
from analysis.survival import kaplan_meier

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"

# Weeks in remission (Freireich et al. 1963, Blood 21:699).
SIX_MP = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
SIX_MP_ENDED = [True] * 9 + [False] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

# Ovarian cancer (Edmunson et al. 1979): R's data set survival::ovarian.
FUTIME = [59, 115, 156, 421, 431, 448, 464, 475, 477, 563, 638, 744, 769, 770, 803, 855, 1040, 1106, 1129, 1206, 1227]
FUTIME += [268, 329, 353, 365, 377]
FUSTAT = [1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0]
RX = [1, 1, 1, 2, 1, 1, 2, 2, 1, 2, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2, 2, 2]


def test_the_remission_times_give_the_published_statistic() -> None:
    # Kleinbaum and Klein, Survival Analysis, 3rd ed., ch. 2: log-rank 16.79, 9 and 21 relapses, 19.25 and 10.75 expected.
    found = log_rank(SIX_MP + PLACEBO, SIX_MP_ENDED + [True] * 21, [0] * 21 + [1] * 21)
    assert (round(found.chi2 or 0, 2), found.df) == (16.79, 1)
    assert found.observed.tolist() == [9, 21]
    assert found.expected.round(2).tolist() == [19.25, 10.75]
    assert found.covariance[0, 0] == pytest.approx(6.257, abs=5e-4)


def test_other_weights_give_the_remission_times_the_statistics_that_sas_prints() -> None:
    """SAS (PROC LIFETEST) 13.4579 for Wilcoxon, Stata 13.46 and 15.12 (wilcoxon, tware); from memory, and recomputed here."""
    both = SIX_MP + PLACEBO, SIX_MP_ENDED + [True] * 21, [0] * 21 + [1] * 21
    gehan, tarone = (log_rank(*both, weight=weight) for weight in ("wilcoxon", "tarone-ware"))  # type: ignore[arg-type]
    assert (round(gehan.chi2 or 0, 4), round(tarone.chi2 or 0, 2)) == (13.4579, 15.12)
    assert (gehan.method, tarone.method) == ("Gehan-Wilcoxon test", "Tarone-Ware test")
    # Gehan's statistic is the difference of pairs won and lost, of those that can be told.
    ages, ended = np.array(both[0]), np.array(both[1])
    won = (ages[:21, None] > ages[21:]) & ended[21:] | (ages[:21, None] == ages[21:]) & ended[21:] & ~ended[:21, None]
    lost = (ages[:21, None] < ages[21:]) & ended[:21, None] | (ages[:21, None] == ages[21:]) & ended[
        :21, None
    ] & ~ended[21:]
    assert (gehan.expected - gehan.observed)[0] == pytest.approx(won.sum() - lost.sum())


def test_a_group_gone_before_the_first_end_leaves_the_test_as_r_has_it() -> None:
    # tests/difftest.R of R's survival: aml, and with seven more censored early: 3.4 on 1 degree of freedom both times.
    ages = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]
    ended = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]
    group = [0] * 11 + [1] * 12
    alone = log_rank(ages, ended, group)
    more = log_rank([*ages, 1, 2, 2, 3, 3, 3, 4], [*ended, *[0] * 7], [*group, *[2] * 7])
    assert (more.chi2, more.df, more.expected[2]) == (pytest.approx(alone.chi2), 1, 0)
    assert round(alone.chi2 or 0, 1) == 3.4


def test_the_ovarian_trial_gives_what_r_prints() -> None:
    # survdiff(Surv(futime, fustat) ~ rx, ovarian): 7 and 5 observed, 5.23 and 6.77 expected, chisq 1.06, p 0.303.
    found = log_rank(FUTIME, FUSTAT, np.array(RX) - 1)
    assert found.observed.tolist() == [7, 5]
    assert found.expected.round(2).tolist() == [5.23, 6.77]
    assert round(found.chi2 or 0, 2) == 1.06
    assert round(found.p or 0, 3) == 0.303


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_collected_published_example_comes_out_to_the_last_digit() -> None:
    examples = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}
    columns = examples["r_logrank_aml"]["data"]["columns"]
    published = examples["r_logrank_aml"]["published"]
    found = log_rank(columns["time"], columns["status"], columns["maintained"])
    assert (found.chi2, found.df, found.p) == pytest.approx(
        (published["chisq"], published["df"], published["p"]), rel=1e-12
    )
    assert found.observed.tolist() == published["observed"]
    assert found.expected.tolist() == pytest.approx(published["expected"], rel=1e-12)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_many_ties_are_no_obstacle() -> None:
    # R 4.3, survdiff(Surv(x, status) ~ z1) on the data of a published example of the cumulative hazard.
    examples = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}
    columns = examples["r_na_ties"]["data"]["columns"]
    ended = np.array(columns["c"]) == 0
    found = log_rank(columns["x"], ended, columns["z1"])
    # The same by its definition, age by age.
    x, z = np.array(columns["x"]), np.array(columns["z1"])
    expected = variance = 0.0
    for age in np.unique(x[ended]):
        k, k1, d = (x >= age).sum(), ((x >= age) & (z == 1)).sum(), ((x == age) & ended).sum()
        expected += d * k1 / k
        variance += d * (k1 / k) * (1 - k1 / k) * (k - d) / (k - 1) if k > 1 else 0.0
    assert found.expected[1] == pytest.approx(expected)
    assert found.chi2 == pytest.approx((ended[z == 1].sum() - expected) ** 2 / variance)


def test_one_age_is_the_hypergeometric_distribution() -> None:
    # 3 of 5 of one group and 1 of 5 of the other end together: E = 4·5/10 = 2, V = 4·(5/10)·(5/10)·(10 − 4)/9 = 2/3.
    found = log_rank(
        [7] * 3 + [9] * 2 + [7] + [9] * 4, [True] * 3 + [False] * 2 + [True] + [False] * 4, [0] * 5 + [1] * 5
    )
    assert found.expected.tolist() == [2, 2]
    assert found.covariance[0, 0] == pytest.approx(2 / 3)
    assert found.chi2 == pytest.approx((3 - 2) ** 2 / (2 / 3))


def test_rho_weighs_each_end_with_the_survival_just_before_it() -> None:
    # Ends at 1 (group 0), 2 (1), 3 (0); one more of each still going on at 4. S before: 1, 4/5, 3/5.
    ages, ended, group = [1, 2, 3, 4, 4], [True, True, True, False, False], [0, 1, 0, 0, 1]
    found = log_rank(ages, ended, group, rho=1)
    assert found.observed.tolist() == pytest.approx([1 + 3 / 5, 4 / 5])
    assert found.expected.tolist() == pytest.approx(
        [3 / 5 + 4 / 5 * 2 / 4 + 3 / 5 * 2 / 3, 2 / 5 + 4 / 5 * 2 / 4 + 3 / 5 * 1 / 3]
    )
    variance = 1 * 6 / 25 + (4 / 5) ** 2 * 4 / 16 + (3 / 5) ** 2 * 2 / 9
    assert found.covariance[0, 0] == pytest.approx(variance)


def test_early_differences_weigh_more_with_rho() -> None:
    early = log_rank([1, 2, 3, 20, 21, 5, 6, 7, 20, 21], [True] * 10, [0] * 5 + [1] * 5)
    weighted = log_rank([1, 2, 3, 20, 21, 5, 6, 7, 20, 21], [True] * 10, [0] * 5 + [1] * 5, rho=1)
    assert (weighted.chi2 or 0) > (early.chi2 or 0)


def sample(seed: int, n: int = 60, groups: int = 3) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return rng.integers(1, 15, n).astype(float), rng.random(n) < 0.7, rng.integers(0, groups, n), rng.integers(0, 4, n)


@pytest.mark.parametrize("rho", [0.0, 1.0, 0.5])
def test_strata_add_up(rho: float) -> None:
    ages, ended, group, strata = sample(1)
    together = log_rank(ages, ended, group, strata=strata, rho=rho)
    parts = [log_rank(ages[strata == s], ended[strata == s], group[strata == s], rho=rho) for s in range(4)]
    assert together.observed == pytest.approx(sum(p.observed for p in parts))
    assert together.expected == pytest.approx(sum(p.expected for p in parts))
    difference = (together.observed - together.expected)[:2]
    covariance = sum(p.covariance for p in parts)[:2, :2]
    assert together.chi2 == pytest.approx(difference @ np.linalg.inv(covariance) @ difference)
    assert together.df == 2


def test_the_weight_is_that_of_kaplan_meier_with_late_entries_too() -> None:
    ages, ended, group, _ = sample(2)
    entry = np.minimum(np.random.default_rng(2).integers(-8, 8, 60), ages - 1).astype(float)
    found = log_rank(ages, ended, group, entry=entry, rho=1)
    km = kaplan_meier(ages, ended, entry=entry)
    before = np.concatenate(([1.0], km.survival))[np.searchsorted(km.times, ages[ended], side="left")]
    assert found.observed == pytest.approx(np.bincount(group[ended], before))
    at_risk = (entry[:, None] < km.times) & (ages[:, None] >= km.times)
    died = ((ages[:, None] == km.times) & ended[:, None]).sum(axis=0)
    weight = np.concatenate(([1.0], km.survival[:-1]))
    expected = [(weight * died * at_risk[group == g].sum(axis=0) / at_risk.sum(axis=0)).sum() for g in range(3)]
    assert found.expected == pytest.approx(expected)


rows = st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 2)), min_size=2, max_size=40)


@given(rows, st.sampled_from([0.0, 1.0]), st.randoms(use_true_random=False))
def test_order_unit_and_names_of_the_groups_do_not_matter(data: list[Any], rho: float, chance: Any) -> None:
    shuffled = data[:]
    chance.shuffle(shuffled)
    one = log_rank(*(list(c) for c in zip(*data, strict=True)), rho=rho)
    ages, ended, group = (np.array(c) for c in zip(*shuffled, strict=True))
    other = log_rank(ages * 24.0, ended, 2 - group, rho=rho)
    if one.chi2 is None:
        assert (other.chi2, other.reason) == (None, one.reason)
    else:
        assert other.chi2 == pytest.approx(one.chi2, abs=1e-9)
        assert (other.df, other.p) == pytest.approx((one.df, one.p))


@given(rows)
def test_as_many_are_expected_as_are_observed(data: list[Any]) -> None:
    found = log_rank(*(list(c) for c in zip(*data, strict=True)))
    assert found.observed.sum() == pytest.approx(found.expected.sum())
    assert found.covariance.sum(axis=0) == pytest.approx(np.zeros(len(found.size)), abs=1e-12)


@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_equal_groups_are_told_apart_in_five_of_a_hundred(rho: float) -> None:
    rng = np.random.default_rng(7)
    p = []
    for _ in range(2000):
        life, end = rng.exponential(10, 60), rng.uniform(0, 25, 60)
        found = log_rank(np.minimum(life, end), life <= end, np.repeat([0, 1, 2], 20), rho=rho)
        p.append(found.p)
    assert 0.035 < np.mean(np.array(p) < 0.05) < 0.065


def test_without_ends_or_data_or_peers_there_is_no_test() -> None:
    assert log_rank([], [], np.array([], dtype=int)).reason == Reason.NO_DATA
    assert log_rank([1, 2], [False, False], [0, 1]).reason == Reason.NO_EVENTS
    alone = log_rank([1, 2], [True, True], [0, 0])
    assert (alone.reason, alone.chi2, alone.p, alone.df) == (Reason.NO_PEERS, None, None, None)
    # The other group came under observation when all of the first had ended: never at risk together.
    apart = log_rank([1, 2, 8, 9], [True] * 4, [0, 0, 1, 1], entry=[0, 0, 5, 5])
    assert (apart.reason, apart.expected.tolist()) == (Reason.NO_PEERS, [2, 2])


def test_a_group_that_was_gone_before_the_first_end_takes_no_part() -> None:
    found = log_rank([1, 1, 5, 6, 7, 8], [False, False, True, True, True, True], [0, 0, 1, 1, 2, 2])
    assert found.df == 1
    assert found.chi2 == pytest.approx(log_rank([5, 6, 7, 8], [True] * 4, [0, 0, 1, 1]).chi2)


def test_an_error_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        log_rank([1.0], [True], [0.5])
    with pytest.raises(ValueError, match="negative, missing"):
        log_rank([-1.0], [True], [0])
    with pytest.raises(ValueError, match="weight must be one of"):
        log_rank([1.0], [True], [0], weight="gehan")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="rho is a power of the survival"):
        log_rank([1.0], [True], [0], rho=1, weight="wilcoxon")
