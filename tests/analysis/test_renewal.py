"""The renewal function against closed forms, published tables and simulation."""

from __future__ import annotations

import json
from math import gamma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import renewal
from analysis.renewal import weibull_renewal_function

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_collected_values_come_out() -> None:
    examples = json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]
    given_ = next(e for e in examples if e["id"] == "renewal_weibull")
    t = given_["data"]["t"]
    assert weibull_renewal_function(t, 1).tolist() == given_["published"]["beta1"]
    for shape in (2, 3):
        # Recomputed there by midpoints, whose own error is some 1e-8.
        assert weibull_renewal_function(t, shape).tolist() == pytest.approx(
            given_["recomputed"]["values"][f"beta{shape}"], abs=1e-6
        )


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 50), st.floats(0.1, 1e4))
def test_with_constant_risk_failures_are_in_proportion_to_time(t: float, scale: float) -> None:
    assert weibull_renewal_function(t * scale, 1.0, scale) == pytest.approx(t, rel=1e-12)


@pytest.mark.parametrize("shape", [0.5, 0.8, 0.97, 1.03, 1.2, 1.5, 2.0, 3.5, 8.0])
def test_it_solves_the_renewal_equation(shape: float) -> None:
    # M(t) = F(t) + ∫ M(t − x) f(x) dx by Gauss-Legendre nodes, in x or (below 1, where f has a pole) in x^shape.
    nodes, weights = np.polynomial.legendre.leggauss(400)
    for t in (0.3, 1.0, 2.2):
        power = min(shape, 1.0)
        u = t**power * (nodes + 1) / 2
        x = u ** (1 / power)
        density = shape / power * x ** (shape - power) * np.exp(-(x**shape))  # of u
        renewed = weibull_renewal_function(t - x, shape) * density
        expected = 1 - np.exp(-(t**shape)) + t**power / 2 * weights @ renewed
        assert weibull_renewal_function(t, shape) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("shape", [0.6, 1.7, 4.0])
def test_it_counts_what_a_simulation_counts(shape: float) -> None:
    rng = np.random.default_rng(11)
    times = np.cumsum(rng.weibull(shape, (40_000, 40)), axis=1)
    for t in (0.5, 1.5, 4.0):
        counts = (times <= t).sum(axis=1)
        assert weibull_renewal_function(t, shape) == pytest.approx(counts.mean(), abs=4 * counts.std() / 200)


@pytest.mark.parametrize("shape", [0.7, 1.5, 3.0])
def test_in_the_long_run_it_is_time_by_mean_life_and_half_the_spread(shape: float) -> None:
    mean, square = gamma(1 + 1 / shape), gamma(1 + 2 / shape)
    assert weibull_renewal_function(30.0, shape) == pytest.approx(30 / mean + square / (2 * mean**2) - 1, abs=1e-4)


@pytest.mark.parametrize(
    ("shape", "change", "step"), [(0.7, 15 ** (1 / 0.7), 1e-5), (1.5, 10.0, 1e-6), (3.0, 10.0, 1e-6), (5.0, 15.0, 1e-5)]
)
def test_it_never_falls_and_has_no_step_where_the_method_changes(shape: float, change: float, step: float) -> None:
    found = weibull_renewal_function(change * np.linspace(0, 1.5, 1000), shape)
    assert (np.diff(found) > 0).all()
    before, after = weibull_renewal_function(change * np.array([1 - 1e-9, 1 + 1e-9]), shape)
    assert after == pytest.approx(before, abs=step)


def test_a_finer_grid_changes_less_than_a_millionth(monkeypatch: pytest.MonkeyPatch) -> None:
    t = np.linspace(0, 6, 50)
    shapes = (1.05, 1.3, 2.2, 4.0, 9.0)
    found = [weibull_renewal_function(t, shape) for shape in shapes]
    monkeypatch.setattr(renewal, "_STEPS", 720)
    monkeypatch.setattr(renewal, "_STEPS_PER_SHAPE", 90)
    for one, shape in zip(found, shapes, strict=True):
        assert weibull_renewal_function(t, shape) == pytest.approx(one, abs=1e-6), shape


def test_before_a_second_failure_is_likely_it_is_the_chance_of_the_first() -> None:
    assert weibull_renewal_function(0.05, 3.0) == pytest.approx(-np.expm1(-(0.05**3)), rel=1e-4)
    assert weibull_renewal_function(0.0, 3.0) == 0


def test_arguments_broadcast_and_what_is_not_known_stays_unknown() -> None:
    found = weibull_renewal_function([[100.0], [200.0]], [1.0, 2.0, np.nan], 100.0)
    assert found.shape == (2, 3)
    assert found[:, 0].tolist() == [1, 2]
    assert np.isnan(found[:, 2]).all()
    assert weibull_renewal_function(np.nan, 2.0) is None


@pytest.mark.parametrize(("arguments", "message"), [((-1, 2, 1), "t must not be negative"), ((1, 0, 1), "above 0")])
def test_mistakes_are_told_in_a_sentence(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weibull_renewal_function(*arguments)
