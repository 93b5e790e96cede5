"""Bad actors: what the parts say, and how many of those named are named wrongly in simulated fleets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.bad_actors import bad_actors
from analysis.shrinkage import gamma_poisson

# Gaver and O'Muircheartaigh (1987), Technometrics 29:1: failures and thousands of hours of ten pumps.
PUMPS = [5, 1, 5, 14, 3, 19, 1, 1, 4, 22], [94.3, 15.7, 62.9, 126.0, 5.24, 31.4, 1.05, 1.05, 2.1, 10.5]


def test_the_parts_are_what_they_say_for_the_pumps() -> None:
    y, e = map(np.array, PUMPS)
    found = bad_actors(y, e, threshold=2)
    fleet = 75 / 350.24
    prior = gamma_poisson(y, e)
    assert found.fleet_rate == pytest.approx(fleet)
    assert found.ratio == pytest.approx(y / e / fleet)
    assert found.probability == pytest.approx(stats.gamma.sf(2 * fleet, prior.shape + y, scale=1 / (prior.rate + e)))
    assert found.p == pytest.approx(stats.poisson.sf(y - 1, 2 * fleet * e))
    assert found.q == pytest.approx(stats.false_discovery_control(found.p))
    assert found.rank.tolist()[-1] == 1
    order = np.argsort(found.rank)
    falsely = np.cumsum(1 - found.probability[order]) / np.arange(1, 11)
    # The fourth and fifth are alike: they stand or fall together.
    assert found.expected_false[order][:6] == pytest.approx(falsely[[0, 1, 2, 4, 4, 5]])
    assert (found.selected == (found.expected_false <= 0.1)).all()
    assert found[9].selected is True


def test_the_tail_of_a_fleet_as_varied_as_it_is_is_negative_binomial() -> None:
    y, e = map(np.array, PUMPS)
    prior = gamma_poisson(y, e)
    found = bad_actors(y, e, null="negative-binomial")
    assert found.p == pytest.approx(stats.nbinom.sf(y - 1, prior.shape, prior.rate / (prior.rate + e)))
    assert found.p.min() > 0.05  # among pumps that vary so much none is extraordinary


def test_in_a_fleet_of_alike_units_nobody_is_a_bad_actor() -> None:
    y = np.repeat(np.arange(5), [109, 65, 22, 3, 1])  # horse kicks, see test_shrinkage
    found = bad_actors(y, np.ones(200))
    assert found.probability.max() == 0
    assert not found.selected.any()
    assert found.q.min() > 0.1
    assert bad_actors(y, np.ones(200), null="negative-binomial").p == pytest.approx(stats.poisson.sf(y - 1, 0.61))


def test_units_that_were_never_used_are_not_judged() -> None:
    found = bad_actors([*PUMPS[0], 0], [*PUMPS[1], 0.0])
    unused = found[10]
    assert (unused.probability, unused.p, unused.q, unused.ratio) == (None, None, None, None)
    assert (unused.reason, unused.selected, unused.rank) == ("no_exposure", False, 0)
    assert found.q[:10] == pytest.approx(bad_actors(*PUMPS).q)


def test_without_peers_there_is_no_posterior_but_a_test() -> None:
    found = bad_actors([9, 1], [1.0, 2.0])
    assert found.reason.tolist() == ["too_few"] * 2
    assert np.isnan(found.probability).all()
    assert not found.selected.any()
    assert found.p[0] == pytest.approx(stats.poisson.sf(8, 10 / 3))


def test_units_are_compared_with_their_own_kind() -> None:
    random = np.random.default_rng(0)
    quick, slow = random.poisson(random.gamma(5, 2, 100)), random.poisson(random.gamma(5, 0.2, 100))
    found = bad_actors([*quick, *slow], np.ones(200), group=np.repeat([0, 1], 100))
    alone = bad_actors(slow, np.ones(100))
    assert found.probability[100:] == pytest.approx(alone.probability)
    assert found.fleet_rate[[0, 100]].tolist() == pytest.approx([quick.mean(), slow.mean()])


@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
@settings(max_examples=30, deadline=None)
def test_order_and_unit_of_exposure_change_nothing(seed: int, unit: float) -> None:
    random = np.random.default_rng(seed)
    e = random.uniform(1, 5, 40)
    y = random.poisson(random.gamma(1.5, 1, 40) * e)
    order = random.permutation(40)
    one, other = bad_actors(y, e), bad_actors(y[order], e[order] * unit)
    assert other.probability == pytest.approx(one.probability[order], rel=1e-6, abs=1e-9, nan_ok=True)
    assert other.q == pytest.approx(one.q[order], rel=1e-6)


def simulated(threshold: float) -> tuple[float, float, float]:
    """Of 100 fleets of 1,000 units: the share of false names, what was expected, and the share of bad units found."""
    random = np.random.default_rng(8)
    false, expected, hit = [], [], []
    for _ in range(100):
        rate, e = random.gamma(2, 0.5, 1000), random.uniform(1, 12, 1000)
        found = bad_actors(random.poisson(rate * e), e, threshold=threshold, fdr=0.1)
        bad, named = rate > threshold, found.selected
        false.append((named & ~bad).sum() / max(1, named.sum()))
        expected.append(found.expected_false[named].max(initial=0))
        hit.append((named & bad).sum() / bad.sum())
    return float(np.mean(false)), float(np.mean(expected)), float(np.mean(hit))


@pytest.mark.parametrize(("threshold", "power"), [(1.0, 0.5), (2.0, 0.3)])
def test_of_the_units_named_a_tenth_is_named_wrongly_as_asked(threshold: float, power: float) -> None:
    false, expected, hit = simulated(threshold)
    assert false == pytest.approx(0.1, abs=0.015)
    assert expected == pytest.approx(0.1, abs=0.01)
    assert hit > power


def test_the_frequentist_rule_keeps_its_rate_when_most_units_are_alike() -> None:
    random = np.random.default_rng(9)
    false = []
    for _ in range(200):
        bad = random.random(1000) < 0.05
        e = random.uniform(2, 10, 1000)
        y = random.poisson(np.where(bad, 4.0, 0.85) * e)  # the others below the fleet's rate: a true null
        named = bad_actors(y, e).q <= 0.1
        assert named[bad].mean() > 0.5
        false.append((named & ~bad).sum() / max(1, named.sum()))
    assert np.mean(false) <= 0.1


def test_naming_by_the_raw_rate_is_wrong_far_more_often() -> None:
    random = np.random.default_rng(10)
    rate, e = random.gamma(2, 0.5, 5000), random.uniform(0.3, 12, 5000)
    found = bad_actors(random.poisson(rate * e), e, threshold=2)
    named = int(found.selected.sum())
    raw = np.argsort(-found.ratio)[:named]
    assert (rate[raw] <= 2).mean() > 1.7 * (rate[found.selected] <= 2).mean()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bad_actors([1], [1], threshold=0), "threshold must be above 0"),
        (lambda: bad_actors([1], [1], fdr=1), "fdr must lie"),
        (lambda: bad_actors([1], [1], null="normal"), "null must be one of"),  # type: ignore[arg-type]
        (lambda: bad_actors([1], [0]), "without exposure"),
    ],
)
def test_mistakes_are_told(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
