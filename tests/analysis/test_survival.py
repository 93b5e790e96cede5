"""Kaplan–Meier against published tables, closed forms, and what must hold for any data."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.survival import KaplanMeier, kaplan_meier

PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_examples.json"

# Weeks in remission of 42 leukaemia patients (Freireich et al. 1963, Blood 21:699; the table of S(t) is the one that
# Kleinbaum and Klein, Survival Analysis, 3rd ed., ch. 2 print).
SIX_MP = [6, 6, 6, 7, 10, 13, 16, 22, 23]
SIX_MP_STILL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

# What R 4.3 prints for survfit(Surv(time, status) ~ 1, aml, subset = x == "Maintained", conf.type = "log-log"):
# time, number at risk, S, lower and upper 95 % bound.
AML_ENDED = [9, 13, 18, 23, 31, 34, 48]
AML_STILL = [13, 28, 45, 161]
AML_TABLE = [
    (9, 11, 0.9091, 0.5081, 0.987),
    (13, 10, 0.8182, 0.4474, 0.951),
    (18, 8, 0.7159, 0.3502, 0.899),
    (23, 7, 0.6136, 0.2658, 0.835),
    (31, 5, 0.4909, 0.1673, 0.753),
    (34, 4, 0.3682, 0.0928, 0.657),
    (48, 2, 0.1841, 0.0117, 0.525),
]


def curve(ended: list[Any], still: list[Any] = (), confidence: float = 0.95) -> KaplanMeier:  # type: ignore[assignment]
    """The estimate from durations that ended and durations that were still going on."""
    durations = np.array([*ended, *still], dtype=float)
    return kaplan_meier(durations, np.array([True] * len(ended) + [False] * len(still)), confidence)


def exactly(rows: list[tuple[int, bool]]) -> dict[int, Fraction]:
    """S after each time at which something ended, as the textbook's product of fractions."""
    s, found = Fraction(1), {}
    for t in sorted({t for t, ended in rows if ended}):
        deaths = sum(1 for u, ended in rows if ended and u == t)
        s *= 1 - Fraction(deaths, sum(1 for u, _ in rows if u >= t))
        found[t] = s
    return found


durations = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


def of_rows(rows: list[tuple[int, bool]]) -> KaplanMeier:
    return kaplan_meier(np.array([t for t, _ in rows], dtype=float), np.array([e for _, e in rows]))


def test_the_remission_times_under_6mp_give_the_published_curve() -> None:
    km = curve(SIX_MP, SIX_MP_STILL)
    assert km.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert km.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert km.survival.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert (km.n, km.events, km.censored) == (21, 9, 12)


def test_the_median_remission_is_the_published_one_with_an_upper_bound_that_the_data_do_not_reach() -> None:
    median = curve(SIX_MP, SIX_MP_STILL).quantile(0.5)
    assert (median.value, median.low, median.high) == (23, 13, None)


def test_the_median_remission_under_placebo_is_the_published_one() -> None:
    median = curve(PLACEBO).quantile(0.5)
    assert (median.value, median.low, median.high) == (8, 4, 11)


def test_the_bounds_are_those_that_r_prints_on_the_log_log_scale() -> None:
    km = curve(AML_ENDED, AML_STILL)
    table = list(zip(km.times, km.at_risk, km.survival, km.low, km.high, strict=True))
    for found, (t, n, s, low, high) in zip(table, AML_TABLE, strict=True):
        assert found[:2] == (t, n)
        assert found[2:] == pytest.approx((s, low, high), abs=6e-4)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_collected_published_examples_come_out_to_the_last_digit() -> None:
    examples = {e["id"]: e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"]}
    example = examples["r_km_aml_maintained"]
    columns = {k: np.array(v) for k, v in example["data"]["columns"].items()}
    kept = columns["maintained"] == 1
    km = kaplan_meier(columns["time"][kept].astype(float), columns["status"][kept] == 1)
    published = example["published"]
    for ours, theirs in (
        (km.times, "time"),
        (km.at_risk, "n_risk"),
        (km.survival, "surv"),
        (km.low, "lower"),
        (km.high, "upper"),
    ):
        assert ours.tolist() == pytest.approx(published[theirs], rel=1e-9), theirs


def test_things_that_ended_together_leave_together() -> None:
    assert curve([5, 5, 5], [9]).survival.tolist() == pytest.approx([1 / 4])


def test_what_is_censored_at_the_time_of_an_end_was_still_at_risk() -> None:
    km = curve([5], [5])
    assert km.at_risk.tolist() == [2]
    assert km.survival.tolist() == pytest.approx([1 / 2])


def test_without_an_end_there_is_no_curve_and_the_quantile_says_why() -> None:
    km = curve([], [3, 5, 8])
    assert (km.n, km.events, km.times.size) == (3, 0, 0)
    median = km.quantile(0.5)
    assert (median.value, median.low, median.high, median.reason) == (None, None, None, "no_events")
    assert km.at(np.array([0.0, 100.0]))[0].tolist() == [1.0, 1.0]


def test_a_share_that_the_curve_does_not_reach_has_no_value_and_says_why() -> None:
    ninety = curve([1], [2, 3, 4]).quantile(0.9)
    assert (ninety.value, ninety.reason) == (None, "not_reached")


def test_nothing_at_all_is_no_error() -> None:
    km = curve([])
    assert (km.n, km.quantile(0.5).reason) == (0, "no_events")


def test_one_thing_that_ended_is_its_own_median() -> None:
    km = curve([7])
    assert km.survival.tolist() == [0.0]
    assert km.quantile(0.5).value == 7
    assert 0 <= km.low[0] <= km.high[0] <= 1


def test_between_two_ends_the_curve_is_level() -> None:
    survival, low, high = curve([2, 4], [6]).at(np.array([0.0, 1.9, 2.0, 3.9, 4.0, 99.0]))
    assert survival.tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3])
    assert (low[0], high[0]) == (1, 1)


@pytest.mark.parametrize("n", range(1, 41))
def test_when_all_have_ended_the_quantiles_are_the_order_statistics(n: int) -> None:
    km = curve(list(range(1, n + 1)))
    assert [km.quantile(k / n).value for k in range(1, n)] == list(range(1, n))


@given(durations)
def test_the_curve_is_the_textbook_product(rows: list[tuple[int, bool]]) -> None:
    km, expected = of_rows(rows), exactly(rows)
    assert km.times.tolist() == list(expected)
    assert km.survival.tolist() == pytest.approx([float(s) for s in expected.values()], abs=1e-12)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_when_none_is_censored_the_curve_is_the_share_that_lasted_longer(ended: list[int]) -> None:
    km = curve(ended)
    assert km.survival.tolist() == pytest.approx([sum(t > u for t in ended) / len(ended) for u in km.times], abs=1e-12)


@given(durations, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[int, bool]], chance: Any) -> None:
    shuffled = rows[:]
    chance.shuffle(shuffled)
    one, other = of_rows(rows), of_rows(shuffled)
    assert one.times.tolist() == other.times.tolist()
    assert one.survival.tolist() == other.survival.tolist()
    assert one.low.tolist() == other.low.tolist()


@given(durations, st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_of_time_does_not_matter(rows: list[tuple[int, bool]], scale: float) -> None:
    one = of_rows(rows)
    other = kaplan_meier(np.array([t * scale for t, _ in rows]), np.array([e for _, e in rows]))
    assert other.times.tolist() == (one.times * scale).tolist()
    assert other.survival.tolist() == one.survival.tolist()


@given(durations, st.data())
def test_to_be_watched_for_longer_never_lowers_the_curve(rows: list[tuple[int, bool]], data: st.DataObject) -> None:
    still = [i for i, (_, ended) in enumerate(rows) if not ended]
    if not still:
        return
    i = data.draw(st.sampled_from(still))
    later = [(t + data.draw(st.integers(0, 30)), e) if j == i else (t, e) for j, (t, e) in enumerate(rows)]
    days = np.arange(0.0, 61.0)
    assert np.all(of_rows(later).at(days)[0] >= of_rows(rows).at(days)[0] - 1e-12)


@given(durations)
def test_the_curve_falls_from_one_towards_zero_between_its_bounds(rows: list[tuple[int, bool]]) -> None:
    km = of_rows(rows)
    assert np.all(np.diff(km.survival) < 0)
    for values in (km.survival, km.low, km.high):
        assert np.all((values >= 0) & (values <= 1))
    assert np.all((km.low <= km.survival + 1e-12) & (km.survival <= km.high + 1e-12))


@given(durations)
def test_a_quantile_is_the_first_time_by_which_that_share_has_ended(rows: list[tuple[int, bool]]) -> None:
    km, expected = of_rows(rows), exactly(rows)
    reached = [t for t, s in expected.items() if s <= Fraction(1, 2)]
    assert km.quantile(0.5).value == (reached[0] if reached else None)


def test_a_wider_confidence_gives_wider_bounds() -> None:
    narrow, wide = curve(SIX_MP, SIX_MP_STILL, 0.5), curve(SIX_MP, SIX_MP_STILL, 0.99)
    assert np.all(wide.low < narrow.low)
    assert np.all(wide.high > narrow.high)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.5])
def test_a_share_outside_zero_and_one_is_an_error(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        curve([1, 2]).quantile(p)


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_a_negative_or_missing_duration_is_an_error(bad: float) -> None:
    with pytest.raises(ValueError, match="negative or missing"):
        kaplan_meier(np.array([1.0, bad]), np.array([True, True]))


def test_durations_and_ends_must_belong_together() -> None:
    with pytest.raises(ValueError, match="of one length"):
        kaplan_meier(np.array([1.0, 2.0]), np.array([True]))
