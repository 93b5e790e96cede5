"""Kaplan–Meier and Nelson–Aalen against published tables, closed forms, and what must hold for any data."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.result import Reason
from analysis.survival import KaplanMeier, kaplan_meier, nelson_aalen
from analysis.survival_groups import survival_by_group

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
    assert [values.tolist() for values in km.at([0.0, km.last_seen])] == [[1.0, 1.0]] * 3


def test_a_share_that_the_curve_does_not_reach_has_no_value_and_says_why() -> None:
    ninety = curve([1], [2, 3, 4]).quantile(0.9)
    assert (ninety.value, ninety.reason) == (None, "not_reached")


def test_nothing_at_all_is_no_error() -> None:
    km = curve([])
    assert (km.n, km.quantile(0.5).reason) == (0, "no_data")


def test_one_thing_that_ended_is_its_own_median() -> None:
    km = curve([7])
    assert km.survival.tolist() == [0.0]
    assert km.quantile(0.5).value == 7
    assert 0 <= km.low[0] <= km.high[0] <= 1


def test_between_two_ends_the_curve_is_level() -> None:
    survival, low, high = curve([2, 4], [6]).at([0.0, 1.9, 2.0, 3.9, 4.0, 6.0])
    assert survival.tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3])
    assert (low[0], high[0]) == (1, 1)
    assert curve([2, 4], [6]).at(2)[0] == pytest.approx(2 / 3)


def test_beyond_the_last_one_watched_nothing_is_known_unless_all_have_ended() -> None:
    for known in (
        curve([2, 4], [6]).at([6, 6.1]),
        curve([], [6]).at([6, 6.1]),
        nelson_aalen([2, 6], [1, 0]).at([6, 7]),
    ):
        assert all(np.isnan(values).tolist() == [False, True] for values in known)
    assert curve([2, 4]).at([4, 99])[0].tolist() == [0, 0]


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
    longer, shorter = of_rows(later).at(days)[0], of_rows(rows).at(days)[0]
    both = ~np.isnan(shorter) & ~np.isnan(longer)
    assert np.all(longer[both] >= shorter[both] - 1e-12)


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
    with pytest.raises(ValueError, match="negative, missing or infinite"):
        kaplan_meier(np.array([1.0, bad]), np.array([True, True]))


def test_durations_and_ends_must_belong_together() -> None:
    with pytest.raises(ValueError, match="of one length"):
        kaplan_meier(np.array([1.0, 2.0]), np.array([True]))


def published_example(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of the data as arrays, and what was published of them."""
    example = next(e for e in json.loads(PUBLISHED.read_text(encoding="utf-8"))["examples"] if e["id"] == name)
    return {k: np.array(v) for k, v in example["data"]["columns"].items()}, example["published"]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_with_late_entries_the_curve_is_that_of_r() -> None:
    columns, published = published_example("r_km_left_truncation")
    km = kaplan_meier(columns["x"], columns["c"] == 0, entry=columns["tl"])
    assert km.at_risk.tolist() == published["n_risk"]
    for ours, name in (
        (km.times, "time"),
        (km.survival, "surv"),
        (km.std_err_log, "std_err"),
        (km.low, "lower"),
        (km.high, "upper"),
    ):
        assert ours.tolist() == pytest.approx(published[name], rel=1e-9), name


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_cumulative_hazard_and_its_error_are_those_of_r() -> None:
    columns, published = published_example("r_na_ties")
    ended = columns["c"] == 0
    na = nelson_aalen(columns["x"], ended)
    assert (na.times.tolist(), na.at_risk.tolist(), na.events.tolist()) == (
        published["time"],
        published["n_risk"],
        published["n_event"],
    )
    assert na.hazard.tolist() == pytest.approx(published["cumhaz"], rel=1e-12)
    assert na.std_err.tolist() == pytest.approx(published["std_chaz"], rel=1e-12)
    # The survival that R prints beside it is Kaplan–Meier's, with its default bounds on the log scale.
    km = kaplan_meier(columns["x"], ended, scale="log")
    for ours, name in ((km.survival, "surv"), (km.std_err_log, "std_err"), (km.low, "lower"), (km.high, "upper")):
        assert ours.tolist() == pytest.approx(published[name], rel=1e-12), name
    # R's ctype = 2 on the same data, first and last age.
    one_by_one = nelson_aalen(columns["x"], ended, ties="fleming-harrington")
    assert one_by_one.hazard[[0, -1]].tolist() == pytest.approx([0.0506410256410256, 1.24497825758135])
    assert one_by_one.std_err[[0, -1]].tolist() == pytest.approx([0.0358114813422139, 0.3914339157284])
    # print(survfit(...), rmean = 15) of R's survival 3.5.
    mean = km.restricted_mean(15)
    assert mean.value == pytest.approx(8.88676190506962, rel=1e-12)
    assert (mean.high - mean.value) / 1.959963984540054 == pytest.approx(0.93087639557616, rel=1e-9)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published examples are not beside the project")
def test_the_hazard_of_the_maintained_patients_is_that_of_r() -> None:
    columns, published = published_example("r_km_aml_maintained")
    kept = columns["maintained"] == 1
    na = nelson_aalen(columns["time"][kept], columns["status"][kept] == 1)
    assert na.hazard.tolist() == pytest.approx(published["cumhaz"], rel=1e-12)
    assert na.std_err.tolist() == pytest.approx(published["std_chaz"], rel=1e-12)
    km = kaplan_meier(columns["time"][kept], columns["status"][kept] == 1)
    assert km.std_err_log.tolist() == pytest.approx(published["std_err"], rel=1e-12)


def test_the_errors_of_the_remission_times_are_greenwoods() -> None:
    # Collett, Modelling Survival Data, and R's summary print 0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346.
    km = curve(SIX_MP, SIX_MP_STILL)
    assert km.std_err.round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]


def test_the_hazard_of_the_remission_times_by_hand() -> None:
    na = nelson_aalen(SIX_MP + SIX_MP_STILL, [True] * 9 + [False] * 12)
    steps = [(3, 21), (1, 17), (1, 15), (1, 12), (1, 11), (1, 7), (1, 6)]
    assert na.hazard.tolist() == pytest.approx(np.cumsum([d / k for d, k in steps]).tolist())
    assert na.std_err.tolist() == pytest.approx(np.sqrt(np.cumsum([d / k**2 for d, k in steps])).tolist())
    assert na.survival[:2].round(4).tolist() == [0.8669, 0.8174]  # exp(−3/21), exp(−3/21 − 1/17)
    z = 1.959963984540054
    assert na.low[0] == pytest.approx(3 / 21 * np.exp(-z / np.sqrt(3)))  # se/H of three together is 1/√3
    plain = nelson_aalen(SIX_MP + SIX_MP_STILL, [True] * 9 + [False] * 12, scale="plain")
    assert plain.high[0] == pytest.approx(3 / 21 + z * np.sqrt(3) / 21)
    hazard, low, high = na.at([0, 6, 8])
    assert (hazard[0], low[0], high[0]) == (0, 0, 0)
    assert (hazard[2], low[2]) == (na.hazard[1], na.low[1])


def test_bounds_on_other_scales_by_hand() -> None:
    # One of four ended: S = 3/4, variance of log S = 1/(4·3).
    z, se = 1.959963984540054, np.sqrt(1 / 12)
    low = {
        "plain": 0.75 - z * 0.75 * se,
        "log": 0.75 * np.exp(-z * se),
        "log-log": 0.75 ** np.exp(z * se / -np.log(0.75)),
        "logit": 1 / (1 + np.exp(-np.log(3) + z * se / 0.25)),
        "arcsin": np.sin(np.pi / 3 - z / 2 * se * np.sqrt(3)) ** 2,
    }
    for scale, bound in low.items():
        km = kaplan_meier([1, 2, 2, 2], [True, False, False, False], scale=scale)  # type: ignore[arg-type]
        assert km.low[0] == pytest.approx(bound), scale
        assert km.high[0] <= 1


def test_an_entry_after_an_end_does_not_count_before_it_and_one_at_its_time_neither() -> None:
    km = kaplan_meier([3, 5, 6, 7], [True] * 4, entry=[0, 0, 3, 2])
    assert km.times.tolist() == [3, 5, 6, 7]
    assert km.at_risk.tolist() == [3, 3, 2, 1]


def test_where_all_that_entered_early_ended_the_curve_stays_at_zero() -> None:
    km = kaplan_meier([1, 5, 6], [True] * 3, entry=[0, 2, 2])
    assert km.survival.tolist() == [0, 0, 0]
    assert km.low.tolist() == [0, 0, 0]
    assert km.high.tolist() == [1, 1, 1]


@given(durations)
def test_entry_before_everything_changes_nothing(rows: list[tuple[int, bool]]) -> None:
    ages, ended = np.array([t for t, _ in rows], dtype=float), np.array([e for _, e in rows])
    one, other = kaplan_meier(ages, ended), kaplan_meier(ages, ended, entry=np.full(len(rows), -1.0))
    assert one.at_risk.tolist() == other.at_risk.tolist()
    assert one.high.tolist() == other.high.tolist()


@given(durations, st.lists(st.integers(1, 30), min_size=60, max_size=60))
def test_with_entries_the_curve_is_the_textbook_product(rows: list[tuple[int, bool]], lengths: list[int]) -> None:
    late = [(t - length, t, e) for (t, e), length in zip(rows, lengths, strict=False)]
    km = kaplan_meier([t for _, t, _ in late], [e for _, _, e in late], entry=[s for s, _, _ in late])
    s, expected = Fraction(1), []
    for t in sorted({t for _, t, e in late if e}):
        deaths = sum(e and u == t for _, u, e in late)
        s *= 1 - Fraction(deaths, sum(start < t <= u for start, u, _ in late))
        expected.append(float(s))
    assert km.survival.tolist() == pytest.approx(expected, abs=1e-12)


@given(durations, st.integers(2, 5))
def test_counting_rows_is_repeating_them(rows: list[tuple[int, bool]], times: int) -> None:
    ages, ended = np.array([t for t, _ in rows], dtype=float), np.array([e for _, e in rows])
    counted = kaplan_meier(ages, ended, count=np.full(len(rows), times))
    repeated = kaplan_meier(np.repeat(ages, times), np.repeat(ended, times))
    assert (counted.n, counted.survival.tolist()) == (repeated.n, repeated.survival.tolist())
    na = nelson_aalen(ages, ended, count=np.full(len(rows), times))
    assert na.hazard.tolist() == pytest.approx(nelson_aalen(ages, ended).hazard.tolist())


@given(durations)
def test_the_survival_of_the_hazard_lies_above_kaplan_meiers(rows: list[tuple[int, bool]]) -> None:
    km, ages, ended = of_rows(rows), [t for t, _ in rows], [e for _, e in rows]
    assert np.all(nelson_aalen(ages, ended).survival >= km.survival)


def test_when_all_have_ended_the_restricted_mean_is_the_mean_of_what_is_cut_off() -> None:
    ages = [2, 3, 3, 8, 14]
    mean = curve(ages).restricted_mean(10)
    cut = np.minimum(ages, 10)
    assert mean.value == pytest.approx(cut.mean())
    assert mean.high - mean.value == pytest.approx(1.959963984540054 * cut.std() / np.sqrt(5))
    whole = curve(ages).restricted_mean(50)
    assert (whole.value, whole.reason) == (pytest.approx(np.mean(ages)), Reason.NONE)


def test_the_restricted_mean_is_not_known_beyond_what_was_watched() -> None:
    km = curve([2], [5, 9])
    assert km.restricted_mean(9).reason == Reason.NONE
    beyond = km.restricted_mean(10)
    assert (beyond.value, beyond.low, beyond.reason) == (None, None, Reason.NOT_MATURE)
    assert curve([]).restricted_mean(1).reason == Reason.NO_DATA
    untouched = curve([], [5]).restricted_mean(4)
    assert (untouched.value, untouched.low, untouched.high, untouched.reason) == (4, None, None, Reason.NO_EVENTS)
    with pytest.raises(ValueError, match="above 0"):
        km.restricted_mean(0)


def test_the_hazard_of_nothing_is_no_error() -> None:
    assert nelson_aalen([], []).reason == Reason.NO_DATA
    assert nelson_aalen([3], [False]).reason == Reason.NO_EVENTS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"entry": [0.0]}, "same length"),
        ({"entry": [0.0, 2.0]}, "before the duration"),
        ({"entry": [0.0, np.nan]}, "before the duration"),
        ({"count": [1.5, 1.0]}, "whole numbers"),
        ({"count": [1, -1]}, "whole numbers"),
        ({"confidence": 1.0}, "confidence"),
        ({"ended": [1, 2]}, "True or False"),
        ({"ended": [1.0, np.nan]}, "True or False"),
        ({"durations": [1.0, np.inf]}, "infinite"),
    ],
)
def test_an_error_names_what_is_wrong(options: dict[str, Any], message: str) -> None:
    arguments = {"durations": [1.0, 2.0], "ended": [True, True]} | options
    with pytest.raises(ValueError, match=message):
        kaplan_meier(**arguments)
    with pytest.raises(ValueError, match=message):
        nelson_aalen(**arguments)


def test_an_unknown_scale_is_an_error() -> None:
    with pytest.raises(ValueError, match="scale must be one of"):
        kaplan_meier([1.0], [True], scale="probit")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="scale must be one of"):
        survival_by_group([1.0], [True], at=1, scale="probit")  # type: ignore[arg-type]


def test_unknown_ways_of_the_hazard_are_errors() -> None:
    with pytest.raises(ValueError, match="ties must be"):
        nelson_aalen([1.0], [True], ties="efron")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="scale must be"):
        nelson_aalen([1.0], [True], scale="log-log")  # type: ignore[arg-type]
