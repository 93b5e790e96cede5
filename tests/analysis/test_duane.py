"""Duane's line against ReliaWiki's example and against points that lie on a line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.duane import duane
from analysis.result import Reason

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_line_is_the_one_that_reliawiki_prints() -> None:
    example = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}["rw_duane_23"]
    line, printed = duane(example["data"]["times"]), example["published"]
    assert line.n == 23
    assert line.alpha == pytest.approx(printed["alpha"], abs=5e-8)
    assert line.b == pytest.approx(printed["b"], abs=2e-7)  # printed from rounded sums
    # Printed from the rounded parameters.
    assert line.cumulative_mtbf(22_000) == pytest.approx(printed["mtbf_c_22000"], abs=5e-4)
    assert line.mtbf(22_000) == pytest.approx(printed["mtbf_i_22000"], abs=2e-3)


def test_the_line_is_the_one_that_the_package_reliability_prints() -> None:
    # tests/test_Repairable_systems.py of the Python package `reliability`; its A is 1/b.
    line = duane([10400, 26900, 43400, 66400, 89400, 130400, 163400, 232000, 242000, 340700])
    assert 1 / line.b == pytest.approx(0.002355878294089656, rel=1e-9)
    assert line.alpha == pytest.approx(0.33617199465228115, rel=1e-9)
    assert line.mtbf(340700) == pytest.approx(46304.175358824315, rel=1e-9)
    assert line.cumulative_mtbf(340700) == pytest.approx(30738.008367719336, rel=1e-9)


def test_points_on_a_line_give_it_back() -> None:
    """Cumulative MTBF 2 t^0.4 is t/N: the i-th failure comes at (2i)^(1/0.6)."""
    times = (2 * np.arange(1, 9)) ** (1 / 0.6)
    line = duane(times[::-1])
    assert (line.alpha, line.b, line.r_squared) == pytest.approx((0.4, 2, 1))


def test_counts_at_ages_are_as_good_as_the_failures_one_by_one() -> None:
    grouped = duane([10, 40, 90], [3, 0, 2])
    x, y = np.log([10, 40, 90]), np.log([10 / 3, 40 / 3, 90 / 5])
    slope, intercept = np.polyfit(x, y, 1)
    assert (grouped.alpha, np.log(grouped.b)) == pytest.approx((slope, intercept))


def test_one_point_is_no_line() -> None:
    assert duane([5.0]).reason == Reason.TOO_FEW
    assert duane([5.0, 5.0]).reason == Reason.NO_VARIATION
    assert duane([]).reason == Reason.NO_DATA
    assert duane([5.0]).mtbf(3) is None


@pytest.mark.parametrize(
    ("times", "failures", "message"),
    [
        ([0.0, 1], None, "above 0"),
        ([1, 2], [0, 3], "first age"),
        ([1, 2], [1], "one length"),
        ([1], [-1], "at least 0"),
    ],
)
def test_mistakes_are_errors(times: list[float], failures: list[float] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        duane(times, failures)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.lists(st.integers(1, 1000), min_size=2, max_size=8, unique=True), min_size=1, max_size=4))
def test_a_line_among_many_is_the_line_alone_and_the_unit_changes_only_b(systems: list[list[int]]) -> None:
    times = [t for s in systems for t in s]
    group = [i for i, s in enumerate(systems) for _ in s]
    together = duane(times, group=group)
    for i, ages in enumerate(systems):
        alone, scaled = duane(ages), duane(np.array(ages) * 24.0)
        if alone.alpha is None or scaled.alpha is None:
            continue  # an upright line, for which see below
        assert together[i].alpha == pytest.approx(alone.alpha, abs=1e-9)
        assert scaled.alpha == pytest.approx(alone.alpha, abs=1e-9)
        assert scaled.mtbf(24 * 50) == pytest.approx(24 * alone.mtbf(50))


def test_ages_that_lie_too_close_for_a_line_have_none() -> None:
    """Of 330 and 331 the slope is ln(½ · 331/330)/ln(331/330) = −228, and b = exp(228 · 5.8) is no number any more."""
    assert (duane([330, 331]).alpha, duane([330, 331]).reason) == (None, Reason.NO_VARIATION)
