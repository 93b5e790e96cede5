"""The mean cumulative function against published tables, its definition, and the coverage of its bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.recurrence import (
    MeanCumulativeFunction,
    mcf_difference,
    mean_cumulative_function,
    mean_cumulative_function_by_group,
    recurrence_rate,
)
from analysis.result import Reason

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"
published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")


def example(name: str) -> dict[str, Any]:
    return next(e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"] if e["id"] == name)


def of(histories: list[list[float]], **options: Any) -> MeanCumulativeFunction:
    """From one list per system: the ages of its events, and last the age at which it was last seen."""
    times = [t for h in histories for t in h[:-1]]
    system = [i for i, h in enumerate(histories) for _ in h[:-1]]
    return mean_cumulative_function(times, system, [h[-1] for h in histories], **options)


def by_definition(
    times: Any, system: Any, end: Any, start: Any, weights: Any
) -> tuple[list[float], list[float], list[float]]:
    """Age, M and Lawless and Nadeau's variance, each system followed through all steps."""
    psi, m, found = np.zeros(len(end)), 0.0, []
    for t in np.unique(times):
        n = np.bincount(system[times == t], weights[times == t], len(end))
        at_risk = ((start < t) | (start == 0)) & (end >= t)
        mean = n.sum() / at_risk.sum()
        m += mean
        psi[at_risk] += (n[at_risk] - mean) / at_risk.sum()
        found.append((float(t), m, float((psi**2).sum())))
    return tuple(map(list, zip(*found, strict=True)))  # type: ignore[return-value]


# Six systems of the paper of Nelson (1988, J. Quality Technology 20:24) on repair costs, as SAS/QC's documentation of
# PROC RELIABILITY works them: (age in months, cost in $100) of repairs, and the age when last seen.
COSTS = [
    ([(19, 2), (39, 2)], 42),
    ([(8, 2), (14, 1), (26, 1)], 33),
    ([(18, 3)], 29),
    ([(2, 1), (8, 1), (16, 2)], 20),
    ([], 16),
    ([(5, 3), (12, 1)], 12),
]


@published
def test_the_five_systems_of_reliawiki_come_out_to_the_last_digit() -> None:
    e = example("rw_mcf_5")
    table = e["published"]
    found = of(e["data"]["histories_last_is_retirement"], variance="independent", confidence=0.90)
    # ReliaWiki lists each event on a line of its own; after all events of one age the lines agree with ours.
    last = [i for i, t in enumerate(table["time"]) if i + 1 == len(table["time"]) or table["time"][i + 1] != t]
    assert found.times.tolist() == [table["time"][i] for i in last]
    for ours, name in ((found.mcf, "mcf"), (found.variance, "variance"), (found.low, "lower"), (found.high, "upper")):
        assert ours.tolist() == pytest.approx([table[name][i] for i in last], rel=5e-6), name
    robust = e["recomputed"]["values"]["robust_lawless_nadeau"]
    assert of(e["data"]["histories_last_is_retirement"]).variance.tolist() == pytest.approx(robust["variance"])


@published
def test_the_valve_seats_have_the_mcf_and_the_robust_error_that_r_prints() -> None:
    e = example("valveseat_mcf")
    engine, time, status = (np.array(e["data"][k]) for k in ("id", "time", "status"))
    system = np.unique(engine, return_inverse=True)[1]
    end = np.zeros(41)
    np.maximum.at(end, system, time)
    found = mean_cumulative_function(time[status == 1], system[status == 1], end)
    assert found.times.tolist() == e["published"]["time"]
    assert found.mcf.tolist() == pytest.approx(e["published"]["mcf"], rel=1e-11)
    assert found.std_err.tolist() == pytest.approx(e["published"]["robust_se"], rel=1e-11)
    assert found.at_risk.tolist() == e["recomputed"]["values"]["n_at_risk"]
    # Until the first engine leaves, Nelson's variance is 41/40 of it; plain bounds may start below zero.
    nelson = mean_cumulative_function(time[status == 1], system[status == 1], end, variance="nelson", bounds="plain")
    assert (nelson.variance / found.variance)[:20] == pytest.approx(np.full(20, 41 / 40))
    assert (nelson.low[0].round(3), nelson.high[0].round(3)) == (-0.023, 0.072)


def test_the_six_systems_of_mettas_and_zhao_have_the_error_that_r_prints_however_few_are_left() -> None:
    # Mettas and Zhao (2005, RAMS); survfit(Surv(start, time, event) ~ 1, id = system) of R's survival 3.5: cumhaz and std.chaz at the ages of events.
    ends = [8760.0, 5000.0, 6200.0, 1300.0, 2650.0, 500.0]
    events = [
        [2227.08, 2733.229, 3524.214, 5568.634, 5886.165, 5946.301, 6018.219, 7202.724],
        [772.9542, 1034.458, 3011.114, 3121.458, 3624.158, 3758.296],
        [900.9855, 1289.95, 2689.878, 3928.824, 4328.317, 4704.24, 5052.586, 5473.171],
        [411.407, 1122.74],
        [688.897, 915.101],
        [105.824],
    ]
    found = of([[*e, end] for e, end in zip(events, ends, strict=True)])
    assert found.mcf[[0, 2, 9, -2, -1]] == pytest.approx(
        [0.166666666666667, 0.533333333333333, 1.98333333333333, 8.31666666666667, 9.31666666666667]
    )
    errors = [0.152145154862546, 0.192450089729875, 0.236016320841809, 0.241599607554256, 0.212219313534459]
    errors += [0.309360152094131, 0.361068373539376, 0.368379836179593, 0.371981680154239, 0.187737503899382]
    errors += [0.377694026664148, 0.27565578374326, 0.187737503899382, 0.377694026664148, 0.27565578374326]
    errors += [0.507412645282508, 0.766222697537878, 0.631037505488646, 0.597885936105368, 0.681817424242003]
    errors += [0.999103765048122, 1.33474404537599, 0.999103765048122, 0.681817424242003, 0.426077066581466]
    errors += [0.38497835436987, 0.38497835436987]
    assert found.std_err.tolist() == pytest.approx(errors)
    # With one system left nothing more is learnt of the spread: no bounds, whatever is printed of the error.
    assert found.at_risk[-1] == 1
    assert np.isnan([found.low[-1], found.high[-1]]).all()
    assert np.isfinite([found.low[-2], found.high[-2]]).all()


def test_the_mean_cumulative_cost_of_nelsons_six_systems() -> None:
    times = [t for repairs, _ in COSTS for t, _ in repairs]
    system = [i for i, (repairs, _) in enumerate(COSTS) for _ in repairs]
    cost = [c for repairs, _ in COSTS for _, c in repairs]
    found = mean_cumulative_function(times, system, [end for _, end in COSTS], weights=cost)
    assert found.times.tolist() == [2, 5, 8, 12, 14, 16, 18, 19, 26, 39]
    assert found.at_risk.tolist() == [6, 6, 6, 6, 5, 5, 4, 4, 3, 1]
    steps = [1 / 6, 3 / 6, 3 / 6, 1 / 6, 1 / 5, 2 / 5, 3 / 4, 2 / 4, 1 / 3, 2 / 1]
    assert found.mcf.tolist() == pytest.approx(np.cumsum(steps).tolist())
    assert found.events.tolist() == [1, 1, 2, 1, 1, 1, 1, 1, 1, 1]


def test_with_equal_windows_the_variance_is_that_of_the_counts() -> None:
    # All four watched to 10: M = 7/4 and V = Σ (n − 7/4)² / 4², Nelson's Σ (n − 7/4)² / (4·3).
    histories = [[1, 2, 3, 10], [4, 5, 10], [6, 7, 10], [10]]
    squares = sum((n - 7 / 4) ** 2 for n in (3, 2, 2, 0))
    assert of(histories).variance[-1] == pytest.approx(squares / 16)
    assert of(histories, variance="nelson").variance[-1] == pytest.approx(squares / 12)
    assert of(histories, variance="poisson").variance[-1] == pytest.approx(7 / 16)
    assert of(histories, variance="independent").variance[-1] == pytest.approx(7 / 16 * 3 / 4)
    assert of(histories).effective[-1] == pytest.approx(4)


def test_systems_that_are_all_alike_have_no_variance_and_so_no_bounds_rather_than_certainty() -> None:
    alike = of([[1, 2, 9]] * 5)
    assert alike.variance.tolist() == [0, 0]
    assert np.isnan([alike.low, alike.high]).all()
    assert alike.at([5]).reason.tolist() == ["no_variation"]


def test_an_event_at_the_age_when_last_seen_counts_and_one_beyond_it_is_an_error() -> None:
    assert of([[5, 5], [8]]).mcf.tolist() == [0.5]
    with pytest.raises(ValueError, match="an event at age 6 lies outside"):
        of([[6, 5], [8]])


def test_what_is_dead_on_arrival_counts_for_a_system_watched_from_the_start_only() -> None:
    assert mean_cumulative_function([0], [0], [5, 5]).mcf.tolist() == [0.5]
    assert mean_cumulative_function([0], [0], [5, 5], start=[0, 2]).mcf.tolist() == [1.0]
    with pytest.raises(ValueError, match="an event at age 2 lies outside"):
        mean_cumulative_function([2], [0], [5, 5], start=2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"event_times": [-1.0]}, "at least 0"),
        ({"event_system": [2]}, "between 0 and 1"),
        ({"event_system": [0, 1]}, "one number per row"),
        ({"weights": [-1.0]}, "weights"),
        ({"start": [6.0, 0.0]}, "start must lie"),
        ({"confidence": 1.0}, "confidence"),
        ({"variance": "robust"}, "variance must be one of"),
        ({"bounds": "z"}, "bounds must be one of"),
    ],
)
def test_an_error_names_what_is_wrong(wrong: dict[str, Any], message: str) -> None:
    right: dict[str, Any] = {"event_times": [1.0], "event_system": [0], "end_times": [5.0, 5.0]}
    with pytest.raises(ValueError, match=message):
        mean_cumulative_function(**(right | wrong))


def test_no_systems_and_no_events_give_reasons() -> None:
    assert mean_cumulative_function([], [], []).reason == Reason.NO_DATA
    quiet = mean_cumulative_function([], [], [3.0, 5.0])
    assert (quiet.reason, quiet.n, quiet.mcf.size) == (Reason.NO_EVENTS, 2, 0)
    at = quiet.at([4.0, 6.0])
    assert at.reason.tolist() == ["no_events", "not_mature"]
    assert (at.value[0], at.low[0]) == (0, 0)
    assert np.isnan([at.high[0], at.value[1]]).all()


def test_between_events_the_function_is_level_and_beyond_the_oldest_it_is_not_known() -> None:
    at = of([[2, 4, 9], [6, 12]]).at([0, 1.9, 2, 5, 6, 12, 13])
    assert at.value[:6].tolist() == [0, 0, 0.5, 1, 1.5, 1.5]
    assert at.reason.tolist() == ["no_events", "no_events", "", "", "", "", "not_mature"]


histories = st.lists(
    st.tuples(
        st.integers(0, 8),  # start
        st.integers(0, 8),  # how long it was watched
        st.lists(st.tuples(st.integers(1, 8), st.integers(1, 3)), max_size=5),  # events after the start, with cost
        st.integers(0, 2),  # group
    ),
    min_size=1,
    max_size=8,
)


def rows(data: list[Any]) -> tuple[Any, ...]:
    start = np.array([s for s, _, _, _ in data], dtype=float)
    end = np.array([s + length for s, length, _, _ in data], dtype=float)
    events = [(s + t, i, w) for i, (s, length, each, _) in enumerate(data) for t, w in each if t <= length]
    times, system, weights = (np.array([e[k] for e in events]) for k in range(3))
    return times.astype(float), system.astype(int), end, start, weights.astype(float)


@given(histories)
def test_the_variance_is_what_following_each_system_through_gives(data: list[Any]) -> None:
    times, system, end, start, weights = rows(data)
    if not times.size:
        return
    found = mean_cumulative_function(times, system, end, start=start, weights=weights)
    ages, mcf, variance = by_definition(times, system, end, start, weights)
    assert found.times.tolist() == ages
    assert found.mcf.tolist() == pytest.approx(mcf)
    assert found.variance.tolist() == pytest.approx(variance, rel=1e-9, abs=1e-12)


@given(histories, st.randoms(use_true_random=False), st.sampled_from([0.25, 64.0]))
def test_neither_the_order_of_systems_and_events_nor_the_unit_of_age_matters(
    data: list[Any], chance: Any, scale: float
) -> None:
    shuffled = data[:]
    chance.shuffle(shuffled)
    times, system, end, start, weights = rows(data)
    one = mean_cumulative_function(times, system, end, start=start, weights=weights)
    times, system, end, start, weights = rows(shuffled)
    backwards = slice(None, None, -1)
    other = mean_cumulative_function(
        times[backwards] * scale, system[backwards], end * scale, start=start * scale, weights=weights[backwards]
    )
    assert other.times.tolist() == (one.times * scale).tolist()
    for a, b in ((one.mcf, other.mcf), (one.variance, other.variance), (one.low, other.low), (one.high, other.high)):
        assert b.tolist() == pytest.approx(a.tolist(), rel=1e-9, abs=1e-12, nan_ok=True)


@given(histories, st.sampled_from(["lawless_nadeau", "nelson", "poisson", "independent"]))
def test_each_of_many_groups_has_the_function_that_it_has_alone(data: list[Any], variance: Any) -> None:
    times, system, end, start, weights = rows(data)
    group = np.array([g for _, _, _, g in data])
    ages = np.array([0.0, 3.0, 7.5, 12.0, 40.0])
    options = {"start": start, "weights": weights, "variance": variance}
    many = mean_cumulative_function_by_group(times, system, end, group, at=ages, group_count=4, **options)
    assert many.reason[3].tolist() == ["no_data"] * 5
    for g in range(3):
        members = np.flatnonzero(group == g)
        own = np.isin(system, members)
        alone = mean_cumulative_function(
            times[own],
            np.searchsorted(members, system[own]),
            end[members],
            start=start[members],
            weights=weights[own],
            variance=variance,
        )
        at, one = alone.at(ages), many[g]
        assert one.n == len(members)
        assert one.reason.tolist() == at.reason.tolist()
        for a, b in ((one.value, at.value), (one.low, at.low), (one.high, at.high)):
            assert a.tolist() == pytest.approx(b.tolist(), rel=1e-9, abs=1e-9, nan_ok=True)


@given(histories, st.data())
def test_a_system_watched_for_longer_without_events_never_raises_the_function(
    data: list[Any], draw: st.DataObject
) -> None:
    times, system, end, start, weights = rows(data)
    longer = end.copy()
    longer[draw.draw(st.integers(0, len(data) - 1))] += draw.draw(st.integers(1, 9))
    before = mean_cumulative_function(times, system, end, start=start, weights=weights)
    after = mean_cumulative_function(times, system, longer, start=start, weights=weights)
    assert np.all(after.mcf <= before.mcf + 1e-12)


def test_one_group_asked_by_one_age_has_plain_shapes() -> None:
    found = mean_cumulative_function_by_group([1, 2], [0, 1], [5, 5, 5], [0, 0, 1], at=3.0)
    assert found.value.tolist() == [1.0, 0.0]
    assert found.n.tolist() == [2, 1]
    assert found.reason.tolist() == ["no_variation", "no_events"]


# The slope between two ages.


def test_the_rate_is_the_rise_of_the_function_over_the_interval() -> None:
    data = [[2, 4, 9, 11, 20], [6, 15], [1, 14, 17, 20]]
    mcf = of(data)
    times = [t for h in data for t in h[:-1]]
    system = [i for i, h in enumerate(data) for _ in h[:-1]]
    rate = recurrence_rate(times, system, [h[-1] for h in data], edges=[0, 5, 10, 20])
    rise = np.diff(mcf.at([0, 5, 10, 20]).value)
    assert rate.value.tolist() == pytest.approx((rise / [5, 5, 10]).tolist())
    assert rate.n.tolist() == [3, 3, 3]


def test_the_variance_of_the_rate_is_that_of_the_counts_in_between() -> None:
    # Watched to 10 all of them; in (4, 10] they have 2, 1, 0 and 1 events.
    times, system = [1, 5, 6, 2, 7, 3, 9], [0, 0, 0, 1, 1, 2, 3]
    rate = recurrence_rate(times, system, [10] * 4, edges=[4, 10], bounds="plain")
    error = np.sqrt(sum((n - 1) ** 2 for n in (2, 1, 0, 1)) / 16)
    assert rate.value.tolist() == pytest.approx([1 / 6])
    assert rate.high.tolist() == pytest.approx([(1 + 1.959963984540054 * error) / 6])


def test_the_edges_belong_to_the_interval_that_they_end_and_age_zero_to_the_first() -> None:
    rate = recurrence_rate([0, 5, 10], [0, 0, 0], [10, 10], edges=[0, 5, 10])
    assert rate.value.tolist() == pytest.approx([2 / 2 / 5, 1 / 2 / 5])


def test_intervals_that_nobody_or_nobody_to_the_end_was_watched_in_have_no_rate() -> None:
    rate = recurrence_rate([1, 8], [0, 1], [3, 9], edges=[0, 3, 5, 10, 12], start=[0, 6])
    assert rate.reason.tolist() == ["too_few", "no_data", "not_mature", "no_data"]
    assert rate.value[0] == pytest.approx(1 / 3)
    assert np.isnan(rate.value[1:]).all()
    with pytest.raises(ValueError, match="each above the one before"):
        recurrence_rate([1], [0], [3], edges=[2, 2])


# Two functions.


def test_the_difference_has_the_variances_added() -> None:
    one, other = of([[1, 3, 9], [2, 9], [5, 7, 9]]), of([[4, 9], [9], [6, 8]])
    found = mcf_difference(one, other, [5, 7], bounds="plain")
    at = [np.flatnonzero(one.times <= 5)[-1], np.flatnonzero(one.times <= 7)[-1]]
    at2 = [np.flatnonzero(other.times <= 5)[-1], np.flatnonzero(other.times <= 7)[-1]]
    error = np.sqrt(one.variance[at] + other.variance[at2])
    assert found.value == pytest.approx(one.mcf[at] - other.mcf[at2])
    assert found.std_err == pytest.approx(error)
    assert found.high - found.value == pytest.approx(1.959963984540054 * error)


def test_the_difference_is_asked_at_all_steps_up_to_the_age_that_both_reach() -> None:
    found = mcf_difference(of([[1, 3, 20], [2, 15]]), of([[4, 10], [6, 12]]))
    assert found.times.tolist() == [1, 2, 3, 4, 6]
    assert mcf_difference(of([[1, 3, 20], [2, 15]]), of([[4, 10], [6, 12]]), [13.0]).reason.tolist() == ["not_mature"]
    with pytest.raises(ValueError, match="bounds must be"):
        mcf_difference(of([[1, 3]]), of([[1, 3]]), bounds="log")  # type: ignore[arg-type]


def test_swapped_fleets_give_the_negative_difference() -> None:
    one, other = of([[1, 3, 9], [2, 9], [5, 7, 9]]), of([[4, 9], [9], [6, 8]])
    there, back = mcf_difference(one, other), mcf_difference(other, one)
    assert there.value == pytest.approx(-back.value)
    assert there.low[3:] == pytest.approx(-back.high[3:])


# Coverage. Systems fail as Poisson processes whose rates differ by a gamma factor of the variance stated.


def simulated(seed: int, fleets: int, systems: int, mean: float, frailty: float, *, late: bool) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    count = fleets * systems
    end = rng.uniform(0.2, 2.0, count) if late else np.ones(count)
    rate = mean * (rng.gamma(1 / frailty, frailty, count) if frailty else 1.0)
    system = np.repeat(np.arange(count), rng.poisson(rate * end))
    return rng.random(system.size) * end[system], system, end, np.repeat(np.arange(fleets), systems)


def covered(estimate: Any, true: float) -> float:
    answered = np.isfinite(estimate.high)
    return float(np.mean(((estimate.low <= true) & (true <= estimate.high))[answered]))


@pytest.mark.parametrize("systems", [5, 10, pytest.param(30, marks=pytest.mark.matrix)])
@pytest.mark.parametrize("frailty", [0.0, 0.5])
@pytest.mark.parametrize("late", [False, True])
def test_ninety_percent_bounds_cover_ninety_percent(systems: int, frailty: float, late: bool) -> None:
    times, system, end, group = simulated(systems, 6000, systems, 5.0, frailty, late=late)
    found = mean_cumulative_function_by_group(times, system, end, group, at=1.0, confidence=0.9)
    # Where windows differ, fleets of five may have one system left at that age; those have no bounds.
    assert np.mean(np.isfinite(found.high)) > 0.85
    tolerance = 0.02 if systems > 5 or not late else 0.03
    assert covered(found, 5.0) == pytest.approx(0.9, abs=tolerance)


def test_bounds_that_take_events_for_independent_fail_where_systems_differ() -> None:
    times, system, end, group = simulated(1, 4000, 30, 5.0, 1.0, late=False)
    options = {"at": 1.0, "confidence": 0.9}
    for variance in ("poisson", "independent"):
        naive = mean_cumulative_function_by_group(times, system, end, group, variance=variance, **options)  # type: ignore[arg-type]
        assert covered(naive, 5.0) < 0.6
    assert covered(mean_cumulative_function_by_group(times, system, end, group, **options), 5.0) > 0.87  # type: ignore[arg-type]


def test_bounds_with_the_normal_quantile_cover_too_little_in_small_fleets() -> None:
    times, system, end, group = simulated(2, 4000, 5, 5.0, 0.5, late=False)
    found = mean_cumulative_function_by_group(times, system, end, group, at=1.0, confidence=0.9, bounds="log")
    assert covered(found, 5.0) < 0.82


def test_the_bounds_of_the_difference_cover_ninety_percent() -> None:
    hits = []
    for seed in range(600):
        times, system, end, _ = simulated(seed, 1, 10, 5.0, 0.5, late=False)
        one = mean_cumulative_function(times, system, end)
        times, system, end, _ = simulated(10_000 + seed, 1, 15, 3.0, 0.5, late=False)
        found = mcf_difference(one, mean_cumulative_function(times, system, end), [1.0], confidence=0.9)
        hits.append(found.low[0] <= 2.0 <= found.high[0])
    assert np.mean(hits) == pytest.approx(0.9, abs=0.035)


def test_the_bounds_of_the_rate_cover_ninety_percent() -> None:
    hits = []
    for seed in range(600):
        times, system, end, _ = simulated(seed, 1, 20, 5.0, 0.5, late=True)
        found = recurrence_rate(times, system, end, edges=[0.4, 1.0], confidence=0.9)
        hits.append(found.low[0] <= 5.0 <= found.high[0])
    assert np.mean(hits) == pytest.approx(0.9, abs=0.035)
