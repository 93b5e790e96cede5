"""Early warning: what it must find, what it must not, the promised share of false findings, and closed forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.early_warning import _ratio, early_warning
from analysis.result import Reason

MONTHS = 36


@dataclass(frozen=True)
class Fleet:
    """Simulated failures of cells in groups with seasons of their own; some fail more in the last 3 months."""

    count: Any
    exposure: Any
    group: Any
    changed: Any


def fleet(
    seed: int,
    *,
    cells: int = 20_000,
    groups: int = 10,
    level: float = 1.0,
    summer: float = 7.0,
    overdispersion: float = 0.1,
    share: float = 0.05,
    times: float = 3.0,
) -> Fleet:
    """summer: the best month has this many times the failures of the worst; overdispersion: of each month of a cell."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, cells)
    rate = level * rng.lognormal(0, 0.8, cells) * rng.lognormal(0, 0.5, groups)[group]
    exposure = rng.gamma(4, 0.25, (cells, 1)) * np.linspace(1, 1.3, MONTHS)
    wave = np.cos(2 * np.pi * (np.arange(MONTHS) - rng.uniform(0, 12, (groups, 1))) / 12)
    mean = rate[:, None] * exposure * np.exp(np.log(summer) / 2 * wave)[group]
    changed = rng.random(cells) < share
    mean[changed, -3:] *= times
    if overdispersion:
        mean = mean * rng.gamma(1 / overdispersion, overdispersion, mean.shape)
    return Fleet(rng.poisson(mean).astype(float), exposure, group, changed)


def test_a_strong_season_alone_raises_no_alarm_and_its_shape_is_found() -> None:
    f = fleet(1, share=0.0, overdispersion=0.0, cells=5000)
    found = early_warning(f.count, f.exposure, season_group=f.group)
    assert found.signal.sum() <= 1
    assert found.season.max(axis=1) / found.season.min(axis=1) == pytest.approx(np.full(10, 7.0), rel=0.12)
    blind = early_warning(f.count, f.exposure, cycle=None)
    by_group = [np.bincount(f.group, w.observed) / np.bincount(f.group, w.expected) for w in (found, blind)]
    assert by_group[0] == pytest.approx(np.ones(10), abs=0.08)
    assert by_group[1].max() > 1.5


def test_one_cell_whose_failures_triple_is_found_first_and_since_when() -> None:
    f = fleet(2, share=0.0, cells=5000, level=4.0)
    quiet = np.argsort(np.abs(f.count.mean(axis=1) - 4))[0]
    count = f.count.copy()
    # Three times what is expected, a third of it in each of the three months.
    count[quiet, -3:] = np.round(early_warning(f.count, f.exposure, season_group=f.group).expected[quiet])
    found = early_warning(count, f.exposure, season_group=f.group)
    assert found.ranking[0] == quiet
    assert found.signal[quiet]
    assert found.since[quiet] == MONTHS - 3
    one = found[int(quiet)]
    assert one.ratio.value == pytest.approx(3, rel=0.1)
    assert 1 < one.ratio.low < 3 < one.ratio.high
    assert one.since == MONTHS - 3
    assert found.since[~found.signal].tolist() == [-1] * int((~found.signal).sum())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "overdispersion", "power"), [(1.0, 0.1, 0.4), (4.0, 0.3, 0.5), (10.0, 0.1, 0.9), (0.2, 0.0, 0.1)]
)
def test_of_the_findings_no_more_than_promised_are_false(level: float, overdispersion: float, power: float) -> None:
    """5 % of the cells really fail three times as often, in a season of 7 to 1 and with overdispersion."""
    false, share_found = [], []
    for seed in range(3):
        f = fleet(seed, level=level, overdispersion=overdispersion)
        found = early_warning(f.count, f.exposure, season_group=f.group, false_discovery_rate=0.1)
        false.append((found.signal & ~f.changed).sum() / max(1, found.signal.sum()))
        share_found.append(found.signal[f.changed].mean())
    assert np.mean(false) <= 0.105
    assert np.mean(share_found) >= power


@pytest.mark.parametrize("overdispersion", [0.0, 0.3])
def test_without_any_change_small_p_values_are_as_rare_as_they_say(overdispersion: float) -> None:
    f = fleet(5, share=0.0, level=5.0, overdispersion=overdispersion)
    for kwargs in ({}, {"direction": "down"}):
        p = early_warning(f.count, f.exposure, season_group=f.group, **kwargs).p_value  # type: ignore[arg-type]
        assert 0.04 < (p <= 0.1).mean() <= 0.105
        assert (p <= 0.01).mean() <= 0.0125
        assert (p <= 0.001).mean() <= 0.002


def test_the_overdispersion_of_windows_is_estimated() -> None:
    """Months that vary independently with φ = 0.3 make windows of three with φ = 0.1, where all are alike."""
    f = fleet(6, share=0.0, level=3.0, overdispersion=0.3, summer=1.0, groups=1)
    assert early_warning(f.count, f.exposure).overdispersion == pytest.approx([0.1], rel=0.1)
    f = fleet(6, share=0.0, level=3.0, overdispersion=0.0, summer=1.0, groups=1)
    assert early_warning(f.count, f.exposure).overdispersion == pytest.approx([0.0], abs=0.003)


def test_the_bounds_of_the_ratio_cover_the_true_ratio() -> None:
    f = fleet(7, share=0.5, level=2.0)
    found = early_warning(f.count, f.exposure, season_group=f.group, confidence=0.9)
    true = np.where(f.changed, 3.0, 1.0)
    assert 0.88 <= ((found.ratio.low <= true) & (true <= found.ratio.high)).mean() <= 0.96


def test_noise_that_bounds_nothing_above_gives_an_infinite_bound_and_none_gives_that_of_poisson() -> None:
    # Three seen, two expected; the negative binomial's size is next to nothing, and so large that it is Poisson.
    size = np.array([0.01, 1e9])
    found = _ratio(np.full(2, 3.0), np.full(2, 2.0), size, 0.95, np.full(2, 3), np.full(2, Reason.NONE))
    assert found.value.tolist() == [1.5, 1.5]
    assert found.high[0] == np.inf
    assert 0 < found.low[0] < 1.5
    # χ² bounds of a Poisson mean of which 3 were seen, over the 2 expected.
    assert found.low[1] == pytest.approx(stats.chi2.ppf(0.025, 6) / 2 / 2, rel=1e-6)
    assert found.high[1] == pytest.approx(stats.chi2.ppf(0.975, 8) / 2 / 2, rel=1e-6)


def test_improvements_are_found_when_asked_for() -> None:
    f = fleet(8, times=0.1, level=10.0)
    found = early_warning(f.count, f.exposure, season_group=f.group, direction="down")
    assert found.signal[f.changed].mean() > 0.8
    assert (found.signal & ~f.changed).sum() / found.signal.sum() <= 0.12
    assert not early_warning(f.count, f.exposure, season_group=f.group).signal[f.changed].any()


def test_the_shrinkage_to_peers_keeps_a_quiet_cell_from_expecting_nothing() -> None:
    """A cell that never failed, among peers that do, is expected to fail a little; alone it is not known never to."""
    count = np.random.default_rng(3).poisson(0.5, (200, 24)).astype(float)
    count[0] = 0
    found = early_warning(count, cycle=None)
    assert 0.3 < found.expected[0] / 1.5 < 1.05
    alone = early_warning(np.zeros(24), cycle=None)
    assert alone.expected > 0
    assert alone.p_value == 1.0


def test_cells_with_one_rate_and_no_season_are_expected_to_go_on_like_that() -> None:
    """Peers that differ by chance alone are pooled: the tail is that of a Poisson count with the common rate."""
    rng = np.random.default_rng(1)
    count = rng.poisson(2.0, (5000, 30)).astype(float)
    count[0, -3:] = 6
    found = early_warning(count, cycle=None)
    assert found.expected == pytest.approx(np.full(5000, 6.0), rel=0.05)
    assert found.p_value[0] == pytest.approx(stats.poisson.sf(17, 6.0), rel=0.5)


def test_half_of_the_chance_of_what_was_seen_makes_smaller_p_values() -> None:
    f = fleet(4, cells=1000)
    plain, mid = (early_warning(f.count, f.exposure, mid_p=m).p_value for m in (False, True))
    assert np.all(mid < plain)
    up, down = (early_warning(f.count, f.exposure, mid_p=True, direction=d).p_value for d in ("up", "down"))  # type: ignore[arg-type]
    assert up + down == pytest.approx(np.ones(1000))


def test_periods_that_are_missing_or_not_exposed_are_left_out() -> None:
    f = fleet(9, cells=500, level=5.0, summer=1.0)
    gone = np.random.default_rng(1).random(f.count.shape) < 0.1
    missing = early_warning(np.where(gone, np.nan, f.count), f.exposure)
    unexposed = early_warning(f.count, np.where(gone, 0.0, f.exposure))
    assert missing.p_value == pytest.approx(unexposed.p_value)
    whole = early_warning(f.count, f.exposure)
    assert missing.expected.sum() / whole.expected.sum() == pytest.approx(0.9, abs=0.02)


def test_a_cell_without_a_past_or_without_a_present_has_no_answer_and_takes_none_from_others() -> None:
    f = fleet(10, cells=300)
    exposure = np.array(f.exposure)
    exposure[0, :-3] = 0
    exposure[1, -3:] = 0
    found = early_warning(f.count, exposure)
    assert found.reason[:3].tolist() == ["no_exposure", "no_exposure", ""]
    assert np.isnan(found.p_value[:2]).all()
    assert not found.signal[:2].any()
    assert set(found.ranking[-2:]) == {0, 1}
    assert found[0].p_value is None
    assert early_warning(np.full((1, 24), np.nan), cycle=None).reason.tolist() == ["no_data"]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.001, 1000))
def test_neither_the_unit_of_exposure_nor_the_order_of_the_cells_matters(seed: int, unit: float) -> None:
    f = fleet(seed, cells=120, groups=3)
    one = early_warning(f.count, f.exposure, season_group=f.group)
    scaled = early_warning(f.count, f.exposure * unit, season_group=f.group)
    assert scaled.p_value == pytest.approx(one.p_value, rel=1e-6)
    order = np.random.default_rng(seed).permutation(120)
    other = early_warning(f.count[order], f.exposure[order], season_group=f.group[order])
    assert other.p_value == pytest.approx(one.p_value[order], rel=1e-6)


def test_more_failures_in_the_recent_window_never_make_a_cell_less_suspicious() -> None:
    f = fleet(3, cells=200)
    ps = []
    for more in range(6):
        count = f.count.copy()
        count[7, -1] += more
        ps.append(early_warning(count, f.exposure).p_value[7])
    assert np.all(np.diff(ps) < 0)


def test_small_peer_groups_take_the_spread_of_all_cells() -> None:
    f = fleet(12, cells=400, groups=1, level=4.0, overdispersion=0.3)
    peers = np.where(np.arange(400) < 3, 0, 1)
    found = early_warning(f.count, f.exposure, peer_group=peers)
    assert found.overdispersion[0] == pytest.approx(found.overdispersion[1], rel=0.2)


def test_no_cells_are_no_error() -> None:
    found = early_warning(np.zeros((0, 24)), cycle=None)
    assert len(found) == 0


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"recent": 0}, "recent must be at least 1"),
        ({"cycle": 1}, "cycle must be at least 2"),
        ({"recent": 13}, "count must have at least 26 periods before the 13 recent ones, not 11"),
        ({"direction": "both"}, "direction must be"),
        ({"false_discovery_rate": 0.0}, "false_discovery_rate must lie"),
        ({"confidence": 1.0}, "confidence must lie"),
        ({"season_group": [0, 1]}, "one number per row"),
        ({"exposure": [1.0, 2.0]}, "exposure must be a number or have the shape"),
    ],
)
def test_what_cannot_be_is_named(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        early_warning(np.ones((3, 24)), **kwargs)
