"""Contributions: they add up to the change whatever the numbers, and say what a place itself and its size made."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from factories import warehouse
from hypothesis import given
from hypothesis import strategies as st

from warehouse.contributions import (
    BY,
    Cell,
    comes_apart,
    contributions,
    decompose,
    difference_of_shares,
    most_changed,
)
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate
from warehouse.reading import Reading

# Month 1 and month 2 of three regions; F says what failed.
TICKETS = """
ticket_id | region | product_line | customer_id | zone  | opened_at        | arrived_at       | resolved_at      | closed_at
A1        | north  | Doors        | C1          | urban | 2024-01-08 09:00 | 2024-01-08 10:00 | 2024-01-08 11:00 | 2024-01-09 09:00
A2        | north  | Doors        | C1          | urban | 2024-01-09 09:00 | 2024-01-09 11:00 | 2024-01-09 12:00 |
A3        | south  | Brakes       | C2          | urban | 2024-01-10 09:00 | 2024-01-15 10:00 | 2024-01-15 11:00 | 2024-01-16 09:00
B1        | north  | Doors        | C1          | urban | 2024-02-05 09:00 | 2024-02-05 10:00 | 2024-02-05 12:00 | 2024-02-06 09:00
B2        | south  | Brakes       | C2          | urban | 2024-02-06 09:00 | 2024-02-06 10:00 | 2024-02-06 11:00 | 2024-02-07 09:00
B3        | south  | Brakes       | C2          | urban | 2024-02-07 09:00 | 2024-02-14 10:00 |                  |
B4        | west   | Brakes       | C3          | urban | 2024-02-08 09:00 | 2024-02-08 10:00 | 2024-02-08 11:00 | 2024-02-08 12:00
B5        | west   | Doors        |             | urban | 2024-02-09 09:00 | 2024-02-09 12:00 |                  |
"""  # fmt: skip
FAULTS = """
fault_id | ticket_id | component | occurred_at
F1       | A1        | lock      | 2024-01-08 08:00
F2       | A3        | valve     | 2024-01-10 08:00
F3       | B1        | lock      | 2024-02-05 08:00
F4       | B2        | valve     | 2024-02-06 08:00
F5       | B3        | valve     | 2024-02-07 08:00
F6       | B4        | valve     | 2024-02-08 08:00
"""
JANUARY = Filters(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
FEBRUARY = Filters(dt.date(2024, 2, 1), dt.date(2024, 2, 29))
APART = [name for name, m in measures().items() if comes_apart(m, "region")]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    settings = {"holidays": "", "as_of": "2024-03-01T00:00Z"}
    return warehouse(tmp_path_factory.mktemp("contributions"), settings, ticket=TICKETS, fault=FAULTS)


COUNTED = st.integers(0, 10**6)


@st.composite
def cells(draw: st.DrawFn) -> dict[str, Cell]:
    """Shares or means of a few places, some of them of nothing."""
    places = draw(st.lists(st.sampled_from("abcdef"), unique=True))
    bottom = {place: draw(COUNTED) for place in places}
    return {p: Cell(draw(st.floats(0, 100)) * n if n else 0.0, float(n)) for p, n in bottom.items()}


@given(cells(), cells())
def test_the_parts_of_a_rate_add_up_to_its_change(before: dict[str, Cell], now: dict[str, Cell]) -> None:
    found = decompose("mttr_ticket", "region", before, now, is_share=False)
    has_both = all(sum(c.n for c in side.values()) for side in (before, now))
    assert (found is not None) == has_both
    if found is None:
        return
    assert sum(p.difference for p in found.parts) == pytest.approx(found.difference, rel=1e-9, abs=1e-7)


@given(st.dictionaries(st.sampled_from("abcdef"), COUNTED), st.dictionaries(st.sampled_from("abcdef"), COUNTED))
def test_the_parts_of_a_count_are_the_differences(before: dict[str, int], now: dict[str, int]) -> None:
    sides = [{place: Cell(float(n)) for place, n in side.items()} for side in (before, now)]
    found = decompose("opened", "region", *sides, is_share=False)
    if not before or not now:
        assert found is None
        return
    assert found is not None
    assert sum(p.difference for p in found.parts) == sum(now.values()) - sum(before.values())
    assert {p.place: p.difference for p in found.parts} == {
        p: now.get(p, 0) - before.get(p, 0) for p in {*before, *now} if now.get(p, 0) or before.get(p, 0)
    }


def test_a_place_that_only_grows_makes_a_mix_effect_and_one_that_only_worsens_a_rate_effect() -> None:
    # a is always at 1/2, b at 1/4; b grows from 20 to 60 of 100.
    grown = decompose(
        "closure_rate", "region",
        {"a": Cell(40, 80), "b": Cell(5, 20)}, {"a": Cell(20, 40), "b": Cell(15, 60)}, is_share=True,
    )  # fmt: skip
    assert grown is not None
    assert grown.difference == pytest.approx(0.35 - 0.45)
    middle = (0.45 + 0.35) / 2
    assert {p.place: (p.rate, round(p.mix, 12)) for p in grown.parts} == {
        "a": (0.0, round((0.5 - middle) * (0.4 - 0.8), 12)),
        "b": (0.0, round((0.25 - middle) * (0.6 - 0.2), 12)),
    }
    worse = decompose(
        "closure_rate", "region",
        {"a": Cell(40, 80), "b": Cell(10, 20)}, {"a": Cell(40, 80), "b": Cell(5, 20)}, is_share=True,
    )  # fmt: skip
    assert worse is not None
    assert [(p.place, p.mix) for p in worse.parts] == [("b", 0.0), ("a", 0.0)]
    assert worse.parts[0].rate == pytest.approx((0.25 - 0.5) * 0.2)


def test_a_place_that_is_new_or_gone_contributes_by_mix_alone() -> None:
    found = decompose(
        "closure_rate", "region", {"a": Cell(5, 10), "gone": Cell(2, 10)}, {"a": Cell(5, 10), "new": Cell(9, 10)},
        is_share=True,
    )  # fmt: skip
    assert found is not None
    assert all(p.rate == 0 for p in found.parts)
    assert sum(p.mix for p in found.parts) == pytest.approx(14 / 20 - 7 / 20)


def test_what_is_clear_allows_for_how_many_places_were_looked_at() -> None:
    # 2.5 standard errors: (225 − 175) / √400.
    pair = {"a": Cell(175.0), "b": Cell(1.0)}, {"a": Cell(225.0), "b": Cell(1.0)}
    alone = decompose("opened", "region", *pair, is_share=False)
    assert alone is not None
    assert (alone.parts[0].strength, alone.parts[0].is_clear) == (pytest.approx(2.5), True)
    many = {f"p{i}": Cell(1.0) for i in range(50)}
    among = decompose("opened", "region", pair[0] | many, pair[1] | many, is_share=False)
    assert among is not None
    assert among.parts[0].is_clear is False


def test_a_share_of_all_or_none_is_no_difference() -> None:
    assert difference_of_shares(1.0, 5, 1.0, 7) == 0


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("name", APART)
def test_the_parts_add_up_to_the_change_of_the_measure(reading: Reading, name: str, by: str) -> None:
    found = contributions(reading, name, JANUARY, FEBRUARY, by)
    before, now = (evaluate(reading, (name,), f)[name].value for f in (JANUARY, FEBRUARY))
    if before is None or now is None or not comes_apart(measures()[name], by):
        assert found is None
        return
    assert found is not None
    assert found.difference == pytest.approx(now - before)
    assert sum(p.difference for p in found.parts) == pytest.approx(now - before)


def test_a_ticket_counts_for_the_component_that_failed(reading: Reading) -> None:
    found = contributions(reading, "opened", JANUARY, FEBRUARY, "component")
    assert found is not None
    # A2 and B5 have no failure.
    assert {p.place: (p.before.value, p.now.value) for p in found.parts} == {
        "valve": (1, 3),
        "lock": (1, 1),
        "": (1, 1),
    }
    assert found.parts[0].place == "valve"


def test_two_places_are_held_against_each_other_as_two_periods_are(reading: Reading) -> None:
    north, south = (replace(FEBRUARY, region=(region,)) for region in ("north", "south"))
    found = contributions(reading, "opened", north, south, "component")
    assert found is not None
    assert {(p.place, p.before.value, p.now.value) for p in found.parts} == {("lock", 1, 0), ("valve", 0, 2)}
    # Nothing at all in one of the two: nothing to compare with.
    never = replace(JANUARY, start=dt.date(2023, 1, 1), end=dt.date(2023, 1, 31))
    assert contributions(reading, "opened", never, FEBRUARY, "component") is None


def test_a_median_does_not_come_apart(reading: Reading) -> None:
    assert contributions(reading, "time_to_close_median", JANUARY, FEBRUARY, "region") is None


def test_only_known_places_contribute(reading: Reading) -> None:
    with pytest.raises(ValueError, match="is none of"):
        contributions(reading, "opened", JANUARY, FEBRUARY, "ticket_id; DROP")


def test_the_measure_that_leaves_its_usual_movement_changed_most(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Ten days of five or six calls, then ten of ten or eleven; each answered after one hour or two in turns.
    tickets = []
    for day in range(20):
        for i in range((5 if day < 10 else 10) + day % 2):
            at = dt.datetime(2024, 3, 4) + dt.timedelta(days=day, hours=9)
            arrived = at + dt.timedelta(hours=1 + i % 2)
            tickets.append({"ticket_id": f"T{day}-{i}", "opened_at": str(at), "arrived_at": str(arrived)})
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "08:30-17:30")
    settings = {"holidays": "", "working_week": week}
    reading = warehouse(tmp_path_factory.mktemp("moved"), settings, ticket=tickets)
    before = Filters(dt.date(2024, 3, 4), dt.date(2024, 3, 13))
    now = Filters(dt.date(2024, 3, 14), dt.date(2024, 3, 23))
    ranked = most_changed(reading, ("response_time", "opened", "reopened"), before, now)
    assert [(m.measure, m.is_little) for m in ranked] == [("opened", False), ("response_time", True)]
    # Both means 5.5 and 10.5 rest on five days of each kind: variance 10 · 0.25 / 9.
    assert ranked[0].strength == pytest.approx(5 / (2 * (10 * 0.25 / 9) / 10) ** 0.5)
